package season

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"muntija/internal/highs"
)

// Sizes of the sifting.
const (
	directCells = 3000 // programmes up to this many columns are given to HiGHS whole
	fewVenues   = 3    // classes of venues per exhibition and week to begin with
	siftRounds  = 40
)

// answer is what the optimisation of a programme gave, whole or sifted.
type answer struct {
	status highs.Status
	x      []float64 // of all columns, nil if there are no values
	value  float64
	bound  float64
}

// optimise solves the programme. A large one has many columns that differ by the venue only and cost the same, most of which no plan needs. So the relaxation is solved on a
// part of the columns, to which those are added that its prices say would help; its prices then bound every plan (weak duality, on all columns). A plan made of
// few promising columns is mostly as cheap as that bound, rounded up, and so proven. If not, all columns whose reduced cost allows a better plan are given to
// HiGHS, and no others: what it proves for these is proven for all (reduced cost fixing; Dantzig, Fulkerson and Johnson 1954).
func (u *built) optimise(ctx context.Context, s *highs.Solver, o Params, left func() time.Duration) (answer, error) {
	if a, ok := u.settled(ctx, o, left); ok {
		return a, nil
	}
	if len(u.cells) <= directCells {
		return u.direct(ctx, s, o, left)
	}
	bound, reduced, lp, err := u.relaxation(ctx, s, o, left)
	if err != nil {
		return answer{}, err
	}
	if lp == nil && math.IsInf(bound, 1) {
		return answer{status: highs.Infeasible}, nil
	}
	if lp == nil || math.IsInf(bound, -1) {
		return u.direct(ctx, s, o, left) // no relaxation, or none in time
	}
	if o.Progress != nil {
		o.Progress(highs.Progress{Best: highs.Inf, Bound: bound})
	}
	lowest := math.Ceil(bound - 1e-6)
	promising := u.few(reduced, math.Max(3, lowest/50), lp)
	first, err := u.part(ctx, s, o, left, promising, nil)
	if err != nil {
		return answer{}, err
	}
	if first.x == nil {
		if first.status != highs.Infeasible {
			first.bound = lowest
			return first, nil
		}
		return u.direct(ctx, s, o, left)
	}
	if first.value <= lowest+1e-6 {
		first.status, first.bound = highs.Optimal, lowest
		return first, nil
	}
	if first.status == highs.Interrupted || first.status == highs.TimeLimit {
		first.bound = lowest
		return first, nil
	}
	var able []highs.Col
	for c := range reduced {
		if reduced[c] <= first.value-1-bound+1e-6 || first.x[c] != 0 || c >= len(u.cells) {
			able = append(able, highs.Col(c))
		}
	}
	second, err := u.part(ctx, s, o, left, able, first.x)
	if err != nil {
		return answer{}, err
	}
	second.bound = math.Max(lowest, math.Min(second.bound, first.value))
	if second.x == nil || second.value > first.value {
		second.x, second.value = first.x, first.value
	}
	return second, nil
}

// settled looks for a plan where all plans cost the same, such as a timetable in its hard constraints: one that breaks nothing is the best.
func (u *built) settled(ctx context.Context, o Params, left func() time.Duration) (answer, bool) {
	if len(u.soft) > 0 || u.b.set[Scheduled].Mode != Block {
		return answer{}, false
	}
	value := 0.0
	for e, cells := range u.of {
		for _, c := range cells {
			if u.cells[c].cost != u.cells[cells[0]].cost {
				return answer{}, false
			}
		}
		if len(cells) > 0 {
			value += float64(u.cells[cells[0]].cost) * float64(u.b.exhibitions[e].count())
		}
	}
	seconds := 10.0
	if len(u.cells) <= 4*directCells {
		seconds = 3 // HiGHS decides these soon, also that there is no plan
	}
	if o.TimeLimit > 0 {
		seconds = min(seconds, cmp.Or(o.Work, o.TimeLimit).Seconds()*0.4)
	}
	over := func() bool { return ctx.Err() != nil || o.TimeLimit > 0 && left() < o.TimeLimit/2 }
	x := u.feasible(o.Seed, int(seconds*effortPerSecond), over)
	if x == nil {
		return answer{}, false
	}
	if _, ok := u.m.Value(x, 1e-6); !ok {
		return answer{}, false // a budget or a balance that the walk does not know
	}
	return answer{highs.Optimal, x, value, value}, true
}

// direct gives the whole programme to HiGHS.
func (u *built) direct(ctx context.Context, s *highs.Solver, o Params, left func() time.Duration) (answer, error) {
	// The relaxation takes a moment and is often whole, or has no solution: then all is known.
	r, err := s.Solve(ctx, u.m.Relaxed(), highs.Params{TimeLimit: left(), Seed: o.Seed, NoPresolve: true})
	if err != nil {
		return answer{}, err
	}
	if r.Status == highs.Infeasible {
		return answer{status: highs.Infeasible}, nil
	}
	if r.Status == highs.Optimal && r.HasValues {
		if v, ok := u.m.Value(r.X, 1e-6); ok {
			return answer{highs.Optimal, r.X, v, r.Bound}, nil
		}
	}
	if r, err = s.Solve(ctx, u.m, highs.Params{TimeLimit: left(), Seed: o.Seed, Progress: o.Progress}); err != nil {
		return answer{}, err
	}
	return answer{r.Status, r.X, r.Objective, r.Bound}, nil
}

// part gives some columns to HiGHS.
func (u *built) part(ctx context.Context, s *highs.Solver, o Params, left func() time.Duration, cols []highs.Col, start []float64) (answer, error) {
	p := highs.Params{TimeLimit: left(), Seed: o.Seed, Progress: o.Progress}
	if start != nil {
		for _, c := range cols {
			p.Start = append(p.Start, start[c])
		}
	}
	r, err := s.Solve(ctx, u.m.Select(cols), p)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: r.Status, value: r.Objective, bound: r.Bound}
	if r.HasValues {
		a.x = u.spread(cols, r.X)
	}
	return a, nil
}

func (u *built) spread(cols []highs.Col, x []float64) []float64 {
	out := make([]float64, u.m.Cols())
	for i, c := range cols {
		out[c] = x[i]
	}
	return out
}

// relaxation solves the linear relaxation by adding columns, and returns the bound that its prices prove, the reduced costs and its values: no values if the
// time was over, and a bound of +Inf if it has no solution.
func (u *built) relaxation(ctx context.Context, s *highs.Solver, o Params, left func() time.Duration) (bound float64, reduced, x []float64, err error) {
	cost := make([]float64, u.m.Cols())
	for i, c := range u.cells {
		cost[u.cols[i]] = float64(c.cost)
	}
	cols := u.few(cost, math.Inf(1), nil)
	in := make([]bool, u.m.Cols())
	for _, c := range cols {
		in[c] = true
	}
	bound = math.Inf(-1)
	for range siftRounds {
		r, err := s.Solve(ctx, u.m.Select(cols).Relaxed(), highs.Params{TimeLimit: left(), Seed: o.Seed, NoPresolve: true})
		if err == nil && r.Status == highs.Infeasible {
			if len(cols) == u.m.Cols() {
				return highs.Inf, nil, nil, nil
			}
			cols = cols[:0] // the columns left out may be needed
			for c := range u.m.Cols() {
				cols = append(cols, highs.Col(c))
				in[c] = true
			}
			continue
		}
		if err != nil || r.Status != highs.Optimal {
			return bound, reduced, nil, err
		}
		b, d := u.m.DualBound(r.Duals)
		if b > bound {
			bound, reduced = b, d
		}
		var better []highs.Col
		for c := range d {
			if !in[c] && d[c] < -1e-7 {
				better = append(better, highs.Col(c))
			}
		}
		if len(better) == 0 || bound >= r.Objective-1e-6*math.Max(1, math.Abs(r.Objective)) {
			return bound, reduced, u.spread(cols, r.X), nil
		}
		slices.SortStableFunc(better, func(a, b highs.Col) int { return cmp.Compare(d[a], d[b]) })
		for _, c := range better[:min(len(better), max(1000, len(better)/3))] {
			cols = append(cols, c)
			in[c] = true
		}
	}
	return bound, reduced, nil, nil
}

// few returns the columns of price at most most, of each exhibition and week only the fewVenues cheapest ones, and besides them all that the relaxation uses and
// all that are no cells. Of equally cheap venues each exhibition and week begins with another, so that all venues are offered about equally often.
func (u *built) few(price []float64, most float64, used []float64) []highs.Col {
	var out []highs.Col
	for e := range u.of {
		cells := slices.Clone(u.of[e])
		turn := func(c int) int {
			k := &u.cells[c]
			return (k.class + 7*k.e + 3*k.week) % len(u.classes)
		}
		slices.SortFunc(cells, func(a, b int) int {
			return cmp.Or(u.cells[a].week-u.cells[b].week, cmp.Compare(math.Round(price[u.cols[a]]*1e6), math.Round(price[u.cols[b]]*1e6)), turn(a)-turn(b), a-b)
		})
		week, n := -1, 0
		for _, c := range cells {
			if u.cells[c].week != week {
				week, n = u.cells[c].week, 0
			}
			col := u.cols[c]
			if n < fewVenues && price[col] <= most || used != nil && used[col] > 1e-9 {
				out = append(out, col)
				n++
			}
		}
	}
	for c := len(u.cells); c < u.m.Cols(); c++ {
		out = append(out, highs.Col(c))
	}
	return out
}
