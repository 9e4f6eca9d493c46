package layout

import (
	"fmt"
	"slices"
)

// hall is a problem with places for ids. Booths without an exhibitor are given to nobodies, who have no needs and cost nothing, so that a layout is a permutation.
type hall struct {
	p       *Problem
	n, m    int // booths; exhibitors that are somebody
	w       weights
	allowed [][]bool // somebody → booth
	free    [][]int  // somebody → allowed booths
	next    [][]int  // booth → neighbours
	joint   [][]int  // booth → neighbours and links: what makes a pavilion one piece
	close   [][]tie  // booth → booths that Keep names
	near    [][]int  // booth → booths within the crowd radius
	kind    []int    // craft and place together, -1: none
	cat     []int    // category, -1: none
	apart   [][]bool // category × category
	pull    []int64
	linear  [][]int64 // somebody → booth → cost, nil: none
	flow    [][]int64 // nil: none
	dist    [][]int64 // nil: from coordinates
	groups  []group
	of      [][]int // somebody → groups
	hasHard bool
}

// tie is a booth that is too close for what a rule of Keep keeps apart.
type tie struct{ booth, rule int }

// group is a pavilion or an association: its members stand in a connected set of booths.
type group struct {
	rule, name string
	members    []int
	inside     int // the pavilion that all members of an association are in, -1: none
}

func newHall(p *Problem) *hall {
	h := &hall{p: p, n: len(p.Booths), m: len(p.Exhibitors), w: p.weights(), flow: p.Flows, dist: p.Distances}
	at := map[string]int{}
	for a, b := range p.Booths {
		at[b.ID] = a
	}
	h.next, h.joint = make([][]int, h.n), make([][]int, h.n)
	beside := func(list [][]int, q [2]string) {
		if a, b := at[q[0]], at[q[1]]; !slices.Contains(list[a], b) {
			list[a], list[b] = append(list[a], b), append(list[b], a)
		}
	}
	for _, q := range p.Neighbours {
		beside(h.next, q)
		beside(h.joint, q)
	}
	for _, q := range p.Links {
		beside(h.joint, q)
	}
	h.close = make([][]tie, h.n)
	for k := range p.Keep {
		for _, q := range p.Keep[k].Close {
			if a, b := at[q[0]], at[q[1]]; !slices.Contains(h.close[a], tie{b, k}) {
				h.close[a], h.close[b] = append(h.close[a], tie{b, k}), append(h.close[b], tie{a, k})
			}
		}
		h.hasHard = h.hasHard || len(p.Keep[k].Close) > 0 // not necessarily hard, but on several exhibitors in a way that tabu search does not know
	}
	kinds, cats := map[[2]string]int{}, map[string]int{}
	number := func(s string) int {
		if s == "" {
			return -1
		}
		if _, ok := cats[s]; !ok {
			cats[s] = len(cats)
		}
		return cats[s]
	}
	alike := map[string]int{} // who asks for the same has the same booths: computed once
	for i := range p.Exhibitors {
		x := &p.Exhibitors[i]
		asks := fmt.Sprint(x.Size, x.Pin, x.Needs, x.Booths)
		if j, ok := alike[asks]; ok {
			h.allowed, h.free = append(h.allowed, h.allowed[j]), append(h.free, h.free[j])
		} else {
			alike[asks] = i
			allowed := make([]bool, h.n)
			var free []int
			for a := range p.Booths {
				if allowed[a] = fits(x, &p.Booths[a]); allowed[a] {
					free = append(free, a)
				}
			}
			h.allowed, h.free = append(h.allowed, allowed), append(h.free, free)
		}
		kind := -1
		if k := [2]string{x.Craft, x.Place}; x.Craft != "" && x.Place != "" {
			if _, ok := kinds[k]; !ok {
				kinds[k] = len(kinds)
			}
			kind = kinds[k]
		}
		h.kind, h.cat, h.pull = append(h.kind, kind), append(h.cat, number(x.Category)), append(h.pull, x.Pull)
	}
	h.apart = make([][]bool, len(cats))
	for c := range h.apart {
		h.apart[c] = make([]bool, len(cats))
	}
	for _, q := range p.Apart {
		a, okA := cats[q[0]]
		b, okB := cats[q[1]]
		if okA && okB {
			h.apart[a][b], h.apart[b][a] = true, true
			h.hasHard = true
		}
	}
	h.costs(at)
	h.gather()
	return h
}

// fits reports whether the booth has what the exhibitor needs.
func fits(x *Exhibitor, b *Booth) bool {
	if b.Size < x.Size || x.Pin != "" && x.Pin != b.ID || len(x.Booths) > 0 && !slices.Contains(x.Booths, b.ID) {
		return false
	}
	for _, f := range x.Needs {
		if !slices.Contains(b.Features, f) {
			return false
		}
	}
	return true
}

func (h *hall) costs(at map[string]int) {
	if h.w.flow == 0 {
		h.flow = nil
	}
	h.near = make([][]int, h.n)
	switch {
	case h.w.crowd == 0:
	case len(h.p.Near) > 0:
		seen := map[[2]int]bool{}
		for _, q := range h.p.Near {
			a, b := at[q[0]], at[q[1]]
			if k := [2]int{min(a, b), max(a, b)}; !seen[k] {
				seen[k] = true
				h.near[a], h.near[b] = append(h.near[a], b), append(h.near[b], a)
			}
		}
	case h.p.CrowdRadius > 0:
		for a := range h.n {
			for b := range h.n {
				if a != b && min(h.way(a, b), h.way(b, a)) < h.p.CrowdRadius {
					h.near[a] = append(h.near[a], b)
				}
			}
		}
	}
	if slices.ContainsFunc(h.p.Exhibitors, func(x Exhibitor) bool {
		return h.w.heavy > 0 && x.Heavy > 0 || h.w.move > 0 && x.Home != "" || len(x.Costs) > 0
	}) {
		h.own(at)
	}
}

// own fills what each exhibitor costs in each booth by itself.
func (h *hall) own(at map[string]int) {
	rows := map[string][]int64{}
	for _, c := range h.p.Costs {
		row := make([]int64, h.n)
		for id, v := range c.Booths {
			row[at[id]] = v
		}
		rows[c.ID] = row
	}
	alike := map[string][]int64{} // who has the same goods and wishes shares a row, but for the way from home
	for i := range h.m {
		x := &h.p.Exhibitors[i]
		key := fmt.Sprint(x.Heavy, x.Costs)
		row := alike[key]
		if row == nil {
			row = make([]int64, h.n)
			for a := range row {
				row[a] = h.w.heavy * x.Heavy * h.p.Booths[a].Loading
			}
			for _, id := range x.Costs {
				for a, v := range rows[id] {
					row[a] += v
				}
			}
			alike[key] = row
		}
		if x.Home != "" && h.w.move > 0 {
			row = slices.Clone(row)
			for a := range row {
				if at[x.Home] != a {
					row[a] += h.w.move
				}
			}
		}
		h.linear = append(h.linear, row)
	}
}

// kept is what a rule of Keep says of two exhibitors who are too close by it.
func (h *hall) kept(i, j, rule int) (cost int64, hard int) {
	if i >= h.m || j >= h.m {
		return 0, 0
	}
	k, x, y := &h.p.Keep[rule], h.p.Exhibitors[i].Category, h.p.Exhibitors[j].Category
	switch {
	case (k.A != x || k.B != y) && (k.A != y || k.B != x):
		return 0, 0
	case k.Cost == 0:
		return 0, 1
	}
	return k.Cost, 0
}

// beside is what joins the members of a group.
func (h *hall) beside(g int) [][]int {
	if h.groups[g].rule == "pavilion" {
		return h.joint
	}
	return h.next
}

// way is the distance from booth a to booth b.
func (h *hall) way(a, b int) int64 {
	if h.dist != nil {
		return h.dist[a][b]
	}
	x, y := h.p.Booths[a].X-h.p.Booths[b].X, h.p.Booths[a].Y-h.p.Booths[b].Y
	return (max(x, -x) + max(y, -y)) / 100
}

func (h *hall) gather() {
	h.of = make([][]int, h.m)
	add := func(rule string, name func(x *Exhibitor) string) {
		byName := map[string]int{}
		for i := range h.p.Exhibitors {
			id := name(&h.p.Exhibitors[i])
			if id == "" {
				continue
			}
			g, ok := byName[id]
			if !ok {
				g = len(h.groups)
				byName[id] = g
				h.groups = append(h.groups, group{rule: rule, name: id, inside: -1})
			}
			h.groups[g].members = append(h.groups[g].members, i)
			h.of[i] = append(h.of[i], g)
		}
	}
	add("pavilion", func(x *Exhibitor) string { return x.Pavilion })
	add("association", func(x *Exhibitor) string { return x.Association })
	for g := range h.groups {
		if k := &h.groups[g]; k.rule == "association" {
			h.hasHard = h.hasHard || len(k.members) > 1
			first := h.p.Exhibitors[k.members[0]].Pavilion
			if first != "" && !slices.ContainsFunc(k.members, func(i int) bool { return h.p.Exhibitors[i].Pavilion != first }) {
				k.inside = h.of[k.members[0]][0]
			}
		} else {
			h.hasHard = h.hasHard || len(k.members) > 1
		}
	}
}

// pair is what two exhibitors cost as neighbours, and whether they may not be.
func (h *hall) pair(i, j int) (cost int64, hard int) {
	if i >= h.m || j >= h.m {
		return 0, 0
	}
	if h.kind[i] >= 0 && h.kind[i] == h.kind[j] {
		cost = h.w.same
	}
	if h.p.Aversions != nil {
		cost += h.w.aversion * (h.p.Aversions[i][j] + h.p.Aversions[j][i])
	}
	if h.cat[i] >= 0 && h.cat[j] >= 0 && h.apart[h.cat[i]][h.cat[j]] {
		hard = 1
	}
	return cost, hard
}

// match gives somebody of the list each a booth of those offered, as many as can be (Hopcroft and Karp would be faster; Kuhn's augmenting paths take milliseconds here). It
// returns the booth of each, -1 for none.
func (h *hall) match(list []int, offered func(a int) bool) []int {
	owner := make([]int, h.n) // place in list + 1
	got := make([]int, len(list))
	for k := range got {
		got[k] = -1
	}
	seen := make([]int, h.n)
	var try func(k, round int) bool
	try = func(k, round int) bool {
		for _, a := range h.free[list[k]] {
			if seen[a] == round || !offered(a) {
				continue
			}
			seen[a] = round
			if owner[a] == 0 || try(owner[a]-1, round) {
				owner[a], got[k] = k+1, a
				return true
			}
		}
		return false
	}
	order := make([]int, len(list))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(x, y int) int { return len(h.free[list[x]]) - len(h.free[list[y]]) })
	for r, k := range order {
		// The cheap case first: a booth that nobody has.
		for _, a := range h.free[list[k]] {
			if owner[a] == 0 && offered(a) {
				owner[a], got[k] = k+1, a
				break
			}
		}
		if got[k] < 0 {
			try(k, r+1)
		}
	}
	return got
}

// shortage returns the proof that somebody finds no booth: from one who has none all who could change places with them are reached, and all their booths are taken by them.
func (h *hall) shortage(got []int) *Shortage {
	owner := make([]int, h.n)
	for a := range owner {
		owner[a] = -1
	}
	for i, a := range got {
		if a >= 0 {
			owner[a] = i
		}
	}
	start := slices.Index(got, -1)
	people, booths := map[int]bool{start: true}, map[int]bool{}
	queue := []int{start}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, a := range h.free[i] {
			booths[a] = true
			if j := owner[a]; !people[j] {
				people[j] = true
				queue = append(queue, j)
			}
		}
	}
	s := &Shortage{Exhibitors: []string{}, Booths: []string{}}
	for i := range h.m {
		if people[i] {
			s.Exhibitors = append(s.Exhibitors, h.p.Exhibitors[i].ID)
		}
	}
	for a := range h.n {
		if booths[a] {
			s.Booths = append(s.Booths, h.p.Booths[a].ID)
		}
	}
	s.Sentence = shortageSentence(len(s.Exhibitors), len(s.Booths))
	return s
}
