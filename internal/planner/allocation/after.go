package allocation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"muntija/internal/planner/model"
)

// Filled is who takes a place that was declined.
type Filled struct {
	Pair      int32 // -1: nobody
	Exhibitor int32
	SameCell  bool // from the waiting list of the same cell; else the next of the exhibition whom every rule allows
}

// ErrNotPlaced says that a pair that should be given back is not in the plan.
var ErrNotPlaced = errors.New("the exhibitor has no place there")

// Fill finds who takes the place of a pair that was declined: the first of the waiting list of its cell (the same exhibition and the same groups, so that
// every quota stays as it is), else the first of the exhibition whom all limits allow. It changes nothing else and takes milliseconds. out are exhibitors that
// are no longer candidates, the one who declined among them.
func Fill(p *model.Problem, chosen []int32, declined int32, out map[int32]bool) (Filled, error) {
	at, ok := slices.BinarySearch(chosen, declined)
	if !ok {
		return Filled{Pair: -1}, ErrNotPlaced
	}
	rest := slices.Delete(slices.Clone(chosen), at, at+1)
	leaver := ownerOf(p, declined)
	j, cellType := p.Exh[declined], p.Type[leaver]
	u := tallyOf(p, rest)
	best := Filled{Pair: -1}
	for i := range int32(p.N()) {
		if out[i] || i == leaver {
			continue
		}
		o := p.Pair(int(i), j)
		if o < 0 {
			continue
		}
		same := p.Type[i] == cellType
		if best.Pair >= 0 && (best.SameCell && !same || best.SameCell == same && !ahead(p, i, o, best.Exhibitor, best.Pair)) {
			continue
		}
		if _, has := slices.BinarySearch(rest, o); has || int64(p.Sense)*int64(p.Value[o]) <= 0 || !u.free(p, rest, i, o) || !u.fits(p, i, o) {
			continue
		}
		best = Filled{Pair: o, Exhibitor: i, SameCell: same}
	}
	return best, nil
}

// ahead reports whether pair x of a stands before pair y of b in the order of the rule, or of the values when there is none.
func ahead(p *model.Problem, a, x, b, y int32) bool {
	if p.Policy != nil {
		return p.Place(int(a), x).Before(p.Place(int(b), y))
	}
	return int64(p.Sense)*int64(p.Value[x]) > int64(p.Sense)*int64(p.Value[y])
}

func ownerOf(p *model.Problem, o int32) int32 {
	i, found := slices.BinarySearch(p.Start, o)
	if !found {
		i--
	}
	for p.Start[i+1] <= o { // exhibitors without pairs share their start
		i++
	}
	return int32(i)
}

// usage is the use of the limits by a list of pairs.
type usage struct{ booths, metres, quota, budget []int64 }

func tallyOf(p *model.Problem, chosen []int32) *usage {
	u := &usage{make([]int64, p.J()), make([]int64, p.J()), make([]int64, len(p.Quotas)), make([]int64, len(p.Budgets))}
	// count by type and exhibition first: quotas then need a look per cell, not per place
	count := map[[2]int32][2]int64{} // places, cost
	i := int32(0)
	for _, o := range chosen {
		for p.Start[i+1] <= o {
			i++
		}
		u.booths[p.Exh[o]] += p.SizeOf(o)
		u.metres[p.Exh[o]] += p.MetresOf(o)
		k := [2]int32{p.Type[i], int32(p.Exh[o])}
		c := count[k]
		count[k] = [2]int64{c[0] + 1, c[1] + p.CostOf(o)}
	}
	for k, c := range count {
		for q, x := range p.Quotas {
			if covers(p, x.Exhibitions, x.Group, k[0], uint16(k[1])) {
				u.quota[q] += c[0]
			}
		}
		for b, x := range p.Budgets {
			if covers(p, x.Exhibitions, x.Group, k[0], uint16(k[1])) {
				u.budget[b] += c[1]
			}
		}
	}
	return u
}

func covers(p *model.Problem, set []uint16, group, t int32, j uint16) bool {
	_, in := slices.BinarySearch(set, j)
	return in && p.In(t, group)
}

// free reports whether the exhibitor's own rules allow one more pair.
func (u *usage) free(p *model.Problem, chosen []int32, i, o int32) bool {
	from, _ := slices.BinarySearch(chosen, p.Start[i])
	n := 0
	for k := from; k < len(chosen) && chosen[k] < p.Start[i+1]; k++ {
		if p.Clash(p.Exh[chosen[k]], p.Exh[o]) {
			return false
		}
		n++
	}
	return n < p.LimitOf(int(i))
}

func (u *usage) fits(p *model.Problem, i, o int32) bool {
	j := p.Exh[o]
	if u.booths[j]+p.SizeOf(o) > p.Exhibitions[j].Capacity || u.metres[j]+p.MetresOf(o) > p.Exhibitions[j].Metres {
		return false
	}
	for q, x := range p.Quotas {
		if u.quota[q]+1 > x.Max && covers(p, x.Exhibitions, x.Group, p.Type[i], j) {
			return false
		}
	}
	for b, x := range p.Budgets {
		if u.budget[b]+p.CostOf(o) > x.Amount && covers(p, x.Exhibitions, x.Group, p.Type[i], j) {
			return false
		}
	}
	return true
}

// Change is a place that one plan has and another has not.
type Change struct {
	Exhibitor  int32
	Exhibition uint16
	Added      bool
}

// Compare lists what a second plan of the same exhibitors and exhibitions changes, by exhibitor. p and q may differ in limits and values.
func Compare(p *model.Problem, a []int32, q *model.Problem, b []int32) []Change {
	var out []Change
	x, y := 0, 0
	for i := range int32(p.N()) {
		var left, right []uint16
		for ; x < len(a) && a[x] < p.Start[i+1]; x++ {
			left = append(left, p.Exh[a[x]])
		}
		for ; y < len(b) && b[y] < q.Start[i+1]; y++ {
			right = append(right, q.Exh[b[y]])
		}
		for _, j := range left {
			if !slices.Contains(right, j) {
				out = append(out, Change{i, j, false})
			}
		}
		for _, j := range right {
			if !slices.Contains(left, j) {
				out = append(out, Change{i, j, true})
			}
		}
	}
	return out
}

// Replanned is an answer of Replan.
type Replanned struct {
	Plan    *model.Plan
	Changes []Change // against the plan before
	Full    *model.Plan
	Gain    int64 // what the full re-optimisation would gain on this plan: shown, never applied
}

// Replan looks for a better plan that keeps the pinned pairs and changes at most most places of the plan before. What could be had without pins and cap is
// returned beside it.
//
// Keeping is a bonus on the values of the pairs of the old plan; the smallest bonus that keeps the number of changes within the cap is found by halving.
func Replan(ctx context.Context, p *model.Problem, before []int32, pins []int32, most int, o Options) (*Replanned, error) {
	full, err := Solve(ctx, p, o)
	if err != nil {
		return nil, err
	}
	top := min(4*p.ShortfallPrice(), model.MaxNumber/2)
	for _, pin := range pins {
		if _, ok := slices.BinarySearch(before, pin); !ok {
			return nil, fmt.Errorf("pin: %w", ErrNotPlaced)
		}
	}
	var best *model.Plan
	var changes []Change
	try := func(bonus int64) (bool, error) {
		q, err := p.With(func(q *model.Problem) {
			q.Policy = nil
			q.Value = slices.Clone(p.Value)
			for _, x := range before {
				q.Value[x] = clampValue(int64(q.Value[x]) + int64(p.Sense)*bonus)
			}
			for _, x := range pins {
				q.Value[x] = clampValue(int64(p.Value[x]) + int64(p.Sense)*top)
			}
		})
		if err != nil {
			return false, err
		}
		pl, err := Solve(ctx, q, o)
		if err != nil {
			return false, err
		}
		diff := Compare(p, before, p, pl.Chosen)
		for _, pin := range pins {
			if _, ok := slices.BinarySearch(pl.Chosen, pin); !ok {
				return false, nil
			}
		}
		if len(diff) > most {
			return false, nil
		}
		re := Rate(p, pl.Chosen, full)
		if best == nil || int64(p.Sense)*re.Penalised > int64(p.Sense)*best.Penalised {
			best, changes = re, diff
		}
		return true, nil
	}
	low, high := int64(-1), top
	if ok, err := try(0); err != nil {
		return nil, err
	} else if ok {
		high = 0
	}
	for k := 0; k < 10 && high > 0 && high-low > max(1, high/8); k++ {
		mid := low + (high-low)/2
		if k == 0 {
			mid = top / 64
		}
		ok, err := try(mid)
		if err != nil {
			return nil, err
		}
		if ok {
			high = mid
		} else {
			low = mid
		}
	}
	if best == nil {
		best = Rate(p, before, full)
		changes = nil
	}
	return &Replanned{Plan: best, Changes: changes, Full: full, Gain: int64(p.Sense) * (full.Penalised - best.Penalised)}, nil
}

func clampValue(v int64) int32 { return int32(min(max(v, -model.MaxNumber), model.MaxNumber)) }

// Rate makes a plan of chosen pairs with the bound of another plan of the same problem, such as one that was made by hand or kept.
func Rate(p *model.Problem, chosen []int32, proof *model.Plan) *model.Plan {
	pl := *proof
	pl.Chosen, pl.Objective, pl.Shortfalls = slices.Clone(chosen), 0, nil
	u := tallyOf(p, chosen)
	for _, o := range chosen {
		pl.Objective += int64(p.Value[o])
	}
	missing := int64(0)
	for q, x := range p.Quotas {
		if m := x.Min - u.quota[q]; m > 0 {
			pl.Shortfalls = append(pl.Shortfalls, model.Shortfall{Quota: int32(q), Missing: m})
			missing += m
		}
	}
	if m := int64(p.N() - len(chosen)); p.MustPlace && m > 0 {
		pl.Shortfalls = append(pl.Shortfalls, model.Shortfall{Quota: -1, Missing: m})
		missing += m
	}
	pl.Penalised = pl.Objective - int64(p.Sense)*missing*p.ShortfallPrice()
	switch {
	case missing > 0:
		pl.Status = model.Infeasible
	case pl.Bound == pl.Penalised:
		pl.Status = model.Optimal
	default:
		pl.Status = model.Feasible
	}
	return &pl
}

// WhatIf is two answers side by side.
type WhatIf struct {
	Problem *model.Problem
	Plan    *model.Plan
	Changes []Change
	Gain    int64 // of the objective
}

// Suppose solves a changed problem, such as one with twenty booths more or without a quota, and compares the answer with a plan.
func Suppose(ctx context.Context, p *model.Problem, plan *model.Plan, change func(*model.Problem), o Options) (*WhatIf, error) {
	q, err := p.With(change)
	if err != nil {
		return nil, err
	}
	pl, err := Solve(ctx, q, o)
	if err != nil {
		return nil, err
	}
	return &WhatIf{Problem: q, Plan: pl, Changes: Compare(p, plan.Chosen, q, pl.Chosen), Gain: int64(p.Sense) * (pl.Objective - plan.Objective)}, nil
}
