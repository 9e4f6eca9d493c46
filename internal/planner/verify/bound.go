package verify

import (
	"math"
	"slices"

	"muntija/internal/planner/layout"
	"muntija/internal/planner/season"
)

// mostBooths is up to how many booths the flows count in a layout's bound.
const mostBooths = 400

// LayoutBound recomputes what no layout costs less than (Gilmore 1962, Lawler 1963): an exhibitor in a booth pays at least for the booth itself and for its flows if the
// largest went the shortest ways, and no two stand in one booth. With a price v ≤ 0 of each booth
//
//	bound = Σ_i min_a (cost(i,a) − v(a)) + Σ_a v(a)
//
// which holds whatever the prices are (weak duality); good ones come from an assignment of exhibitors to booths.
func LayoutBound(p *layout.Problem) int64 {
	cost := booths(p)
	if len(p.Booths) > mostBooths || len(cost) > len(p.Booths) {
		return priced(cost, make([]int64, len(p.Booths)))
	}
	if p.Flows != nil {
		flows(p, cost)
	}
	return priced(cost, boothPrices(cost, len(p.Booths)))
}

// never is the cost of a booth that does not suit.
const never = math.MaxInt64

// booths is what each exhibitor pays in each booth if it were alone.
func booths(p *layout.Problem) [][]int64 {
	weight := func(v *int64, other int64) int64 {
		if v == nil {
			return other
		}
		return *v
	}
	costs := map[string]map[string]int64{}
	for _, c := range p.Costs {
		costs[c.ID] = c.Booths
	}
	out := make([][]int64, len(p.Exhibitors))
	for i, x := range p.Exhibitors {
		out[i] = make([]int64, len(p.Booths))
		for a, b := range p.Booths {
			if !suits(x, b) {
				out[i][a] = never
				continue
			}
			sum := weight(p.Weights.Heavy, 1) * x.Heavy * b.Loading
			if x.Home != "" && x.Home != b.ID {
				sum += weight(p.Weights.Move, 0)
			}
			for _, id := range x.Costs {
				sum += costs[id][b.ID]
			}
			out[i][a] = sum
		}
	}
	return out
}

// flows adds the least that the flows of each exhibitor can cost in each booth.
func flows(p *layout.Problem, cost [][]int64) {
	w, n := int64(1), len(p.Booths)
	if p.Weights.Flow != nil {
		w = *p.Weights.Flow
	}
	way := func(a, b int) int64 {
		if p.Distances != nil {
			return p.Distances[a][b]
		}
		x, y := p.Booths[a].X-p.Booths[b].X, p.Booths[a].Y-p.Booths[b].Y
		return (max(x, -x) + max(y, -y)) / 100
	}
	ways := make([][]int64, n)
	for a := range n {
		for b := range n {
			if a != b {
				ways[a] = append(ways[a], way(a, b))
			}
		}
		slices.Sort(ways[a])
	}
	for i := range cost {
		out := slices.Delete(slices.Clone(p.Flows[i]), i, i+1)
		slices.Sort(out)
		slices.Reverse(out)
		for a := range n {
			if cost[i][a] == never {
				continue
			}
			sum := p.Flows[i][i] * way(a, a)
			for k, f := range out {
				sum += f * ways[a][k]
			}
			cost[i][a] += w * sum
		}
	}
}

// priced is the bound that prices of booths prove.
func priced(cost [][]int64, price []int64) int64 {
	sum := int64(0)
	for _, v := range price {
		sum += v
	}
	for _, row := range cost {
		least := int64(never)
		for a, c := range row {
			if c != never {
				least = min(least, c-price[a])
			}
		}
		if least == never {
			return 0 // somebody suits no booth: there is no layout, and nothing to bound
		}
		sum += least
	}
	return sum
}

// boothPrices finds prices, none above 0, by adding one exhibitor after the other to an assignment, along a shortest path (Jonker and Volgenant 1987). Nobody relies on their being
// the best ones.
func boothPrices(cost [][]int64, n int) []int64 {
	price := make([]int64, n)
	holder := make([]int, n) // exhibitor in a booth, -1: none
	for a := range holder {
		holder[a] = -1
	}
	base := make([]int64, len(cost)) // of an exhibitor that has a booth: its cost there less the price
	far, from, done := make([]int64, n), make([]int, n), make([]bool, n)
	for i := range cost {
		for a := range n {
			far[a], from[a], done[a] = never, -1, false
		}
		reach := func(who, via int, at int64) {
			for a, c := range cost[who] {
				if d := at + c - price[a] - base[who]; c != never && !done[a] && d < far[a] {
					far[a], from[a] = d, via
				}
			}
		}
		reach(i, -1, 0)
		end := -1
		for end < 0 {
			next := -1
			for a := range n {
				if !done[a] && far[a] != never && (next < 0 || far[a] < far[next]) {
					next = a
				}
			}
			if next < 0 {
				return make([]int64, n) // there is no layout
			}
			done[next] = true
			if holder[next] < 0 {
				end = next
				break
			}
			reach(holder[next], next, far[next])
		}
		for a := range n {
			if done[a] && a != end {
				price[a] += far[a] - far[end]
			}
		}
		for a := end; a >= 0; { // shift along the path
			via := from[a]
			if via < 0 {
				holder[a] = i
			} else {
				holder[a] = holder[via]
			}
			a = via
		}
		for a, who := range holder {
			if who >= 0 {
				base[who] = cost[who][a] - price[a]
			}
		}
	}
	return price
}

// mostCells is up to how many placements are looked at for a season's bound.
const mostCells = 400_000

// SeasonBound recomputes what no plan of a season costs less than, from each exhibition by itself: its cheapest placements, or what it costs not to take place. What
// exhibitions cost each other counts nothing, so that a search may have proven more. It is 0 for a season that is too large to be gone through.
func SeasonBound(p *season.Problem) int64 {
	if len(p.Exhibitions)*len(p.Venues)*p.Weeks > mostCells {
		return 0
	}
	set := map[season.Rule]season.Setting{}
	for rule, s := range season.Defaults {
		set[rule] = s
	}
	for rule, s := range p.Rules {
		set[rule] = s
	}
	sum := int64(0)
	for _, x := range p.Exhibitions {
		sum += leastOf(p, set, &x)
	}
	return sum
}

// leastOf is the least that the sessions of one exhibition cost.
func leastOf(p *season.Problem, set map[season.Rule]season.Setting, x *season.Exhibition) int64 {
	n := max(x.Count, 1)
	missing := int64(never)
	switch s := set[season.Scheduled]; {
	case s.Mode == season.Ignore:
		return 0
	case s.Mode == season.Warn && x.Weight > 0:
		missing = x.Weight
	case s.Mode == season.Warn:
		missing = s.Cost
	}
	list := make([]int64, n) // the cheapest so far, none above what it costs not to take place
	for k := range list {
		list[k] = missing
	}
	for _, v := range p.Venues {
		for week := range p.Weeks {
			c := &seasonCheck{p: p, set: set}
			if c.place(0, season.Placement{Exhibition: x.ID, Venue: v.ID, Week: week}); len(c.found) > 0 || c.cost >= list[n-1] {
				continue
			}
			k, _ := slices.BinarySearch(list, c.cost+1)
			list = slices.Insert(list, k, c.cost)[:n]
			if list[n-1] == 0 {
				return 0
			}
		}
	}
	sum := int64(0)
	for _, c := range list {
		if c == never {
			return 0 // it cannot take place: there is no plan, and nothing to bound
		}
		sum += c
	}
	return sum
}
