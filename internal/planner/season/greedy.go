package season

import (
	"math/rand/v2"
	"slices"
)

// The plans that are tried without a solver are bounded by a number and by the checks that they may take, not by time, so that the same problem and seed give the
// same plan.
const (
	greedyRounds = 40
	greedyChecks = 60_000_000
)

// unproven fills the result by a greedy plan.
func (b *Board) unproven(r *Result, u *built, o Params) *Result {
	r.Status, r.Stop, r.Solver = "none", "no_solver", "greedy"
	rng := rand.New(rand.NewPCG(uint64(o.Seed), 0x5ea50))
	var order []int
	for e := range b.exhibitions {
		for range b.exhibitions[e].count() {
			order = append(order, e)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return len(u.of[x]) - len(u.of[y]) })
	var best []placed
	bestCost, found := int64(0), false
	rounds := min(greedyRounds, 1+greedyChecks/(1+len(order)*len(order)*len(u.cells)/len(b.exhibitions)))
	for range rounds {
		plan, failed := b.construct(u, order)
		if cost, ok := b.cost(plan); ok && (!found || cost < bestCost) {
			best, bestCost, found = plan, cost, true
		}
		// Who found no place comes first next time (Joslin and Clements, "squeaky wheel", 1999), and chance changes a few others.
		if failed >= 0 {
			e := order[failed]
			order = slices.Insert(slices.Delete(order, failed, failed+1), 0, e)
		}
		for k := 1; k < len(order); k++ {
			if rng.IntN(6) == 0 {
				order[k-1], order[k] = order[k], order[k-1]
			}
		}
	}
	if !found {
		return r
	}
	bound := int64(0) // each exhibition on its own takes its cheapest cells
	if b.set[Scheduled].Mode == Block {
		for e := range u.of {
			var costs []int64
			for _, c := range u.of[e] {
				costs = append(costs, u.cells[c].cost)
			}
			slices.Sort(costs)
			for _, c := range costs[:min(len(costs), b.exhibitions[e].count())] {
				bound += c
			}
		}
	}
	r.Status, r.Bound = "feasible", &bound
	b.fill(r, best, bestCost)
	return r
}

// construct places one session after another at its cheapest cell that nothing blocks, and returns the place in order of the first that found none, or -1.
func (b *Board) construct(u *built, order []int) (plan []placed, failed int) {
	failed = -1
	for k, e := range order {
		cells := slices.Clone(u.of[e])
		slices.SortStableFunc(cells, func(x, y int) int { return int(u.cells[x].cost - u.cells[y].cost) })
		at := placed{e: -1}
	search:
		for _, c := range cells {
			for _, v := range u.classes[u.cells[c].class] {
				if q := (placed{e, v, u.cells[c].week}); len(b.check(nil, plan, q, true)) == 0 && !slices.Contains(plan, q) {
					at = q
					break search
				}
			}
		}
		if at.e >= 0 {
			plan = append(plan, at)
		} else if failed < 0 {
			failed = k
		}
	}
	return plan, failed
}
