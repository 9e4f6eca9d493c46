package verify

import (
	"fmt"
	"math"
	"slices"

	"muntija/internal/planner/layout"
)

// Layout checks a layout against its problem: that everybody has one booth that meets the needs, that the hard breaches and the cost are what is claimed, and that
// the bound is one, by computing it anew. It returns what is wrong, nothing if all is well. It shares no code with package layout, only its files' structures.
func Layout(p *layout.Problem, r *layout.Result) []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if r.Hash != p.Hash() {
		return []string{"hash: the result is of another problem"}
	}
	if !r.Intact() {
		return []string{"sum: the result was changed after it was written"}
	}
	if r.Shortage != nil {
		return shortage(p, r.Shortage)
	}
	if r.Objective == nil || r.Bound == nil || r.Gap == nil {
		return []string{"objective: it or the bound or the gap is missing"}
	}
	cost, hard, wrong := LayoutCost(p, r.Assignment)
	if len(wrong) > 0 {
		return wrong
	}
	if cost != *r.Objective || hard != r.Hard {
		say("objective: it is given as %d with %d hard breaches and is %d with %d", *r.Objective, r.Hard, cost, hard)
	}
	if *r.Bound < 0 || *r.Bound > cost || *r.Gap != share(*r.Bound, cost) {
		say("bound: %d with the gap %g cannot be that of the cost %d", *r.Bound, *r.Gap, cost)
	}
	if *r.Bound > 0 {
		if proven := LayoutBound(p); *r.Bound > proven {
			say("bound: %d is claimed, and what is proven is %d", *r.Bound, proven)
		}
	}
	if r.Status == "optimal" && (*r.Bound != cost || hard > 0) || (r.Status == "broken") != (hard > 0) {
		say("status: it is %q", r.Status)
	}
	return found
}

// share is the gap between a bound and a cost.
func share(bound, cost int64) float64 { return float64(cost-bound) / math.Max(1, float64(cost)) }

// suits reports whether a booth meets the needs of an exhibitor.
func suits(x layout.Exhibitor, b layout.Booth) bool {
	ok := x.Size <= b.Size && (x.Pin == "" || x.Pin == b.ID) && (len(x.Booths) == 0 || slices.Contains(x.Booths, b.ID))
	for _, need := range x.Needs {
		ok = ok && slices.Contains(b.Features, need)
	}
	return ok
}

// shortage checks the proof that there is no layout: those named must be more than all booths that suit any of them.
func shortage(p *layout.Problem, s *layout.Shortage) []string {
	var people []layout.Exhibitor
	for _, x := range p.Exhibitors {
		if slices.Contains(s.Exhibitors, x.ID) {
			people = append(people, x)
		}
	}
	booths := 0
	for _, b := range p.Booths {
		if slices.ContainsFunc(people, func(x layout.Exhibitor) bool { return suits(x, b) }) {
			booths++
			if !slices.Contains(s.Booths, b.ID) {
				return []string{fmt.Sprintf("shortage: booth %q suits one of them and is not named", b.ID)}
			}
		}
	}
	if booths >= len(people) || len(people) != len(s.Exhibitors) {
		return []string{fmt.Sprintf("shortage: %d exhibitors have %d booths: that proves nothing", len(people), booths)}
	}
	return nil
}

// LayoutCost returns what a layout costs, how many hard rules on several exhibitors it breaks, and what is wrong with it altogether.
func LayoutCost(p *layout.Problem, plan []layout.Placement) (cost int64, hard int, wrong []string) {
	at := map[string]layout.Booth{} // exhibitor → booth
	who := map[string]layout.Exhibitor{}
	for i, q := range plan {
		e := slices.IndexFunc(p.Exhibitors, func(x layout.Exhibitor) bool { return x.ID == q.Exhibitor })
		b := slices.IndexFunc(p.Booths, func(x layout.Booth) bool { return x.ID == q.Booth })
		if e < 0 || b < 0 {
			return 0, 0, []string{fmt.Sprintf("assignment[%d]: there is no such exhibitor or booth", i)}
		}
		_, twice := at[q.Exhibitor]
		if _, taken := who[q.Booth]; taken || twice {
			return 0, 0, []string{fmt.Sprintf("assignment[%d]: the booth is taken, or the exhibitor has one", i)}
		}
		if !suits(p.Exhibitors[e], p.Booths[b]) {
			wrong = append(wrong, fmt.Sprintf("assignment[%d]: booth %q does not meet the needs of %q", i, q.Booth, q.Exhibitor))
		}
		at[q.Exhibitor], who[q.Booth] = p.Booths[b], p.Exhibitors[e]
	}
	if len(plan) != len(p.Exhibitors) {
		return 0, 0, []string{fmt.Sprintf("assignment: %d of %d exhibitors have a booth", len(plan), len(p.Exhibitors))}
	}
	weight := func(v *int64, other int64) int64 {
		if v == nil {
			return other
		}
		return *v
	}
	w := p.Weights
	index := map[string]int{}
	for a, b := range p.Booths {
		index[b.ID] = a
	}
	way := func(a, b layout.Booth) int64 {
		if p.Distances != nil {
			return p.Distances[index[a.ID]][index[b.ID]]
		}
		abs := func(v int64) int64 { return max(v, -v) }
		return (abs(a.X-b.X) + abs(a.Y-b.Y)) / 100
	}
	pair := func(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }
	sides, joint := map[[2]string]bool{}, map[[2]string]bool{}
	for _, q := range p.Neighbours {
		sides[pair(q[0], q[1])], joint[pair(q[0], q[1])] = true, true
	}
	for _, q := range p.Links {
		joint[pair(q[0], q[1])] = true
	}
	crowd := map[[2]string]bool{}
	for _, q := range p.Near {
		crowd[pair(q[0], q[1])] = true
	}
	for _, k := range p.Keep {
		seen := map[[2]string]bool{}
		for _, q := range k.Close {
			x, okX := who[q[0]]
			y, okY := who[q[1]]
			if seen[pair(q[0], q[1])] || !okX || !okY {
				continue
			}
			seen[pair(q[0], q[1])] = true
			if x.Category == k.A && y.Category == k.B || x.Category == k.B && y.Category == k.A {
				if cost += k.Cost; k.Cost == 0 {
					hard++
				}
			}
		}
	}
	for _, x := range p.Exhibitors {
		if x.Home != "" && x.Home != at[x.ID].ID {
			cost += weight(w.Move, 0)
		}
		for _, id := range x.Costs {
			for _, c := range p.Costs {
				if c.ID == id {
					cost += c.Booths[at[x.ID].ID]
				}
			}
		}
	}
	for i, x := range p.Exhibitors {
		cost += weight(w.Heavy, 1) * x.Heavy * at[x.ID].Loading
		for j, y := range p.Exhibitors {
			a, b := at[x.ID], at[y.ID]
			if p.Flows != nil {
				cost += weight(w.Flow, 1) * p.Flows[i][j] * way(a, b)
			}
			if i >= j {
				continue
			}
			if crowd[pair(a.ID, b.ID)] || len(p.Near) == 0 && p.CrowdRadius > 0 && min(way(a, b), way(b, a)) < p.CrowdRadius {
				cost += weight(w.Crowd, 1) * x.Pull * y.Pull
			}
			if !sides[[2]string{min(a.ID, b.ID), max(a.ID, b.ID)}] {
				continue
			}
			if x.Craft != "" && x.Place != "" && x.Craft == y.Craft && x.Place == y.Place {
				cost += weight(w.SameCraft, 100)
			}
			if p.Aversions != nil {
				cost += weight(w.Aversion, 1) * (p.Aversions[i][j] + p.Aversions[j][i])
			}
			if slices.ContainsFunc(p.Apart, func(q [2]string) bool {
				return q == [2]string{x.Category, y.Category} || q == [2]string{y.Category, x.Category}
			}) {
				hard++
			}
		}
	}
	together := func(name func(x layout.Exhibitor) string, sides map[[2]string]bool) {
		sets := map[string][]string{}
		for _, x := range p.Exhibitors {
			if name(x) != "" {
				sets[name(x)] = append(sets[name(x)], at[x.ID].ID)
			}
		}
		for _, booths := range sets {
			hard += pieces(booths, sides) - 1
		}
	}
	together(func(x layout.Exhibitor) string { return x.Pavilion }, joint)
	together(func(x layout.Exhibitor) string { return x.Association }, sides)
	return cost, hard, wrong
}

// pieces counts the connected pieces of a set of booths by joining neighbours.
func pieces(booths []string, sides map[[2]string]bool) int {
	name := map[string]string{}
	for _, b := range booths {
		name[b] = b
	}
	n := len(booths)
	for q := range sides {
		a, okA := name[q[0]]
		b, okB := name[q[1]]
		if okA && okB && a != b {
			n--
			for k, v := range name {
				if v == b {
					name[k] = a
				}
			}
		}
	}
	return n
}
