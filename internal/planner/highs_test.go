package planner_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"muntija/internal/highs"
	"muntija/internal/planner"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/model"
)

// programme is the whole problem as a programme for HiGHS, built from the definition in package model and not from the solver's own rows.
func programme(p *model.Problem) *highs.Model {
	sense := highs.Maximize
	if p.Sense == model.Min {
		sense = highs.Minimize
	}
	m := highs.NewModel(sense, len(p.Exh), p.N()+p.J(), 4*len(p.Exh))
	var cols []highs.Col
	for _, v := range p.Value {
		cols = append(cols, m.AddBool(float64(v)))
	}
	price := float64(p.ShortfallPrice()) * float64(-p.Sense)
	booths, metres := make([][]highs.Term, p.J()), make([][]highs.Term, p.J())
	for i := range p.N() {
		var places []highs.Term
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			places = append(places, highs.Term{Col: cols[o], Coef: 1})
			booths[p.Exh[o]] = append(booths[p.Exh[o]], highs.Term{Col: cols[o], Coef: float64(p.SizeOf(o))})
			metres[p.Exh[o]] = append(metres[p.Exh[o]], highs.Term{Col: cols[o], Coef: float64(p.MetresOf(o))})
			for x := p.Start[i]; x < o; x++ {
				if p.Clash(p.Exh[x], p.Exh[o]) {
					m.AddRow(-highs.Inf, 1, highs.Term{Col: cols[x], Coef: 1}, highs.Term{Col: cols[o], Coef: 1})
				}
			}
		}
		least := -highs.Inf
		if p.MustPlace {
			least = 1
			places = append(places, highs.Term{Col: m.AddBool(price), Coef: 1})
		}
		m.AddRow(least, float64(p.LimitOf(i)), places...)
	}
	limit := func(most int64, terms []highs.Term) {
		if most < model.Unlimited && len(terms) > 0 {
			m.AddRow(-highs.Inf, float64(most), terms...)
		}
	}
	for j, e := range p.Exhibitions {
		limit(e.Capacity, booths[j])
		limit(e.Metres, metres[j])
	}
	counted := func(set []uint16, group int32, coef func(o int32) float64) (terms []highs.Term) {
		in := map[uint16]bool{}
		for _, j := range set {
			in[j] = true
		}
		for i := range p.N() {
			for o := p.Start[i]; o < p.Start[i+1]; o++ {
				if in[p.Exh[o]] && p.In(p.Type[i], group) {
					terms = append(terms, highs.Term{Col: cols[o], Coef: coef(o)})
				}
			}
		}
		return terms
	}
	for _, q := range p.Quotas {
		terms := counted(q.Exhibitions, q.Group, func(int32) float64 { return 1 })
		limit(q.Max, terms)
		if q.Min > 0 {
			m.AddRow(float64(q.Min), highs.Inf, append(terms, highs.Term{Col: m.AddCol(price, 0, float64(q.Min)), Coef: 1})...)
		}
	}
	for _, b := range p.Budgets {
		limit(b.Amount, counted(b.Exhibitions, b.Group, func(o int32) float64 { return float64(p.CostOf(o)) }))
	}
	return m
}

// knapsack is a multiple knapsack problem.
func knapsack(items, sacks int, seed uint64) *model.Problem {
	r := rand.New(rand.NewPCG(seed, 0x5ac))
	p := &model.Problem{Sense: model.Max, AtMost: 1, Types: [][]int32{{}}, Start: []int32{0}}
	total := int64(0)
	for i := range items {
		size := int32(10 + r.IntN(90))
		value := size + int32(r.IntN(30))
		total += int64(size)
		for j := range sacks {
			p.Exh, p.Value, p.Size = append(p.Exh, uint16(j)), append(p.Value, value), append(p.Size, size)
		}
		p.Start, p.Type = append(p.Start, int32(len(p.Exh))), append(p.Type, 0)
		p.IDs.Append(string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	for j := range sacks {
		p.Exhibitions = append(p.Exhibitions, model.Exhibition{ID: string(rune('A' + j)), Capacity: total / 2 / int64(sacks), Metres: model.Unlimited})
	}
	if err := p.Freeze(); err != nil {
		panic(err)
	}
	return p
}

// TestAgainstHighs: middle problems, which HiGHS can solve alone when it is given the whole: the plan is not worse, and the bounds of the two do not cross the plans.
func TestAgainstHighs(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		p    *model.Problem
		most float64 // share by which the plan may be worse than that of HiGHS
	}{
		{"season 60 × 5", instance.Season(60, 5, 1), 0}, {"assignment C 4 × 24", instance.Assignment('C', 4, 24, 3), 0},
		{"assignment E 4 × 24", instance.Assignment('E', 4, 24, 3), 0.001},
		{"multiple knapsack 24 × 3", knapsack(24, 3, 1), 0.002},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			got, err := planner.Allocate(ctx, c.p, allocation.Options{Time: 600 * time.Millisecond, Until: time.Now().Add(time.Minute), Gap: 1e-9, Search: allocation.WithHighs(solver)})
			if err != nil {
				t.Fatal(err)
			}
			want, err := solver.Solve(ctx, programme(c.p), highs.Params{Nodes: 150})
			if err != nil {
				t.Fatal(err)
			}
			if !want.HasValues {
				t.Fatalf("%s: HiGHS finds nothing (%v)", c.name, want.Status)
			}
			t.Logf("%s: %d (%s), HiGHS alone %.0f, bound %.1f; %s", c.name, got.Penalised, got.Stop, want.Objective, want.Bound, time.Since(began))
			sign, mine := float64(c.p.Sense), float64(got.Penalised)
			if sign*(want.Objective-mine) > c.most*math.Abs(want.Objective)+1e-6 {
				t.Errorf("%s: %d, HiGHS alone finds %.0f", c.name, got.Penalised, want.Objective)
			}
			if slack := 1e-6 * math.Abs(mine); sign*(mine-want.Bound) > slack {
				t.Errorf("%s: the plan's %d is past the bound %.2f of HiGHS", c.name, got.Penalised, want.Bound)
			}
			if sign*(want.Objective-float64(got.Bound)) > 1e-6*math.Abs(want.Objective) {
				t.Errorf("%s: HiGHS's %.0f is past the bound %d", c.name, want.Objective, got.Bound)
			}
		})
	}
}

// TestKnapsackWithoutSearch: prices of sacks that are all alike are found, and the plan is near the bound that they prove.
func TestKnapsackWithoutSearch(t *testing.T) {
	pl, err := planner.Allocate(context.Background(), knapsack(80, 6, 2), allocation.Options{Time: time.Second, Until: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if pl.Gap() > 0.01 {
		t.Errorf("value %d, bound %d", pl.Penalised, pl.Bound)
	}
}

// TestMustPlaceImpossible: jobs that do not all fit are left out, as few as can be, and the bound says so.
func TestMustPlaceImpossible(t *testing.T) {
	p := instance.Assignment('C', 4, 24, 5)
	q, err := p.With(func(q *model.Problem) {
		for j := range q.Exhibitions {
			q.Exhibitions[j].Capacity /= 2
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, search := range []allocation.Searcher{nil, allocation.WithHighs(solver)} {
		pl, err := planner.Allocate(context.Background(), q, allocation.Options{Time: 300 * time.Millisecond, Until: time.Now().Add(time.Minute), Search: search})
		if err != nil {
			t.Fatal(err)
		}
		want, err := solver.Solve(context.Background(), programme(q), highs.Params{})
		if err != nil {
			t.Fatal(err)
		}
		if pl.Status != model.Infeasible || len(pl.Shortfalls) != 1 || float64(pl.Penalised) > want.Objective*1.02 || float64(pl.Bound) > want.Objective+1e-6 {
			t.Errorf("%s with shortfalls %v, value %d, bound %d, HiGHS alone %.0f", pl.Status, pl.Shortfalls, pl.Penalised, pl.Bound, want.Objective)
		}
	}
}
