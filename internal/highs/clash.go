package highs

import (
	"context"
	"math"
	"slices"
	"time"

	"muntija/internal/fault"
)

// Clash is a set of groups of rows that cannot hold together.
type Clash struct {
	Decided bool  // false: the time was over before it was known whether all groups can hold together
	Groups  []int // places of the groups that clash, in order; empty if all can hold
	Minimal bool  // each of Groups is needed: without any one of them the others can hold
	Checks  int   // solves that it took
}

// Clash looks for a minimal set of groups of rows that cannot hold together with the rows that are in no group and with the bounds of the columns. A proof that
// the linear relaxation has no solution names the groups of its multipliers, which is mostly few; what remains is divided by QuickXplain (Junker, AAAI 2004).
// When ctx ends or p.TimeLimit is over the smallest set so far is returned, or Decided is false.
func (s *Solver) Clash(ctx context.Context, m *Model, groups [][]Row, p Params) (*Clash, error) {
	if err := m.Err(); err != nil {
		return nil, err
	}
	x := &explainer{s: s, ctx: ctx, groups: groups, p: p, minimal: true}
	if p.TimeLimit > 0 {
		x.until = time.Now().Add(p.TimeLimit)
	}
	x.m = *m
	x.m.cost = make([]float64, len(m.cost)) // any point will do
	x.m.rowLower, x.m.rowUpper = slices.Clone(m.rowLower), slices.Clone(m.rowUpper)
	x.lower, x.upper = m.rowLower, m.rowUpper
	all := make([]int, len(groups))
	for g := range all {
		all[g] = g
	}
	switch feasible, err := x.check(all); {
	case err != nil:
		return nil, err
	case feasible == yes:
		return &Clash{Decided: true, Minimal: true, Checks: x.checks}, nil
	case feasible == unknown:
		return &Clash{Checks: x.checks}, nil
	}
	core, err := x.core(all)
	if err != nil {
		return nil, err
	}
	if core, err = x.explain(nil, false, core); err != nil {
		return nil, err
	}
	slices.Sort(core)
	return &Clash{Decided: true, Groups: core, Minimal: x.minimal, Checks: x.checks}, nil
}

type answer uint8

const (
	unknown answer = iota
	yes
	no
)

type explainer struct {
	s            *Solver
	ctx          context.Context
	m            Model // a copy of the model whose row bounds change
	lower, upper []float64
	groups       [][]Row
	p            Params
	until        time.Time
	minimal      bool
	checks       int
	ray          []float64
}

// check says whether the groups named can hold together.
func (x *explainer) check(active []int) (answer, error) {
	limit := time.Duration(0)
	if !x.until.IsZero() {
		if limit = time.Until(x.until); limit <= 0 {
			return unknown, nil
		}
		if x.checks > 0 { // one hard question may not take the time of all others
			limit = max(limit/6, 20*time.Millisecond)
		}
	}
	if x.ctx.Err() != nil && x.checks > 0 {
		return unknown, nil
	}
	on := make([]bool, len(x.groups))
	for _, g := range active {
		on[g] = true
	}
	for g, rows := range x.groups {
		for _, r := range rows {
			if x.m.rowLower[r], x.m.rowUpper[r] = math.Inf(-1), Inf; on[g] {
				x.m.rowLower[r], x.m.rowUpper[r] = x.lower[r], x.upper[r]
			}
		}
	}
	x.checks++
	// The linear relaxation first, without presolve: most sets clash there already, and it says so in a fraction of the time.
	x.ray = nil
	for _, m := range []*Model{x.m.Relaxed(), &x.m} {
		r, err := x.s.Solve(x.ctx, m, Params{TimeLimit: limit, Seed: x.p.Seed, AbsGap: Inf, RelGap: Inf, NoPresolve: m != &x.m})
		if err != nil {
			if fault.Is(err, fault.Unavailable) && x.ctx.Err() != nil {
				return unknown, nil
			}
			return unknown, err
		}
		switch {
		case r.Status == Infeasible, r.Status == Ambiguous: // without costs nothing is unbounded
			x.ray = r.Ray
			return no, nil
		case r.HasValues && x.m.whole(r.X):
			return yes, nil
		}
	}
	return unknown, nil
}

// whole reports whether the whole-numbered columns have whole values.
func (m *Model) whole(x []float64) bool {
	for c, v := range x {
		if m.integer[c] == 1 && math.Abs(v-math.Round(v)) > 1e-6 {
			return false
		}
	}
	return true
}

// core returns the groups that the proof of the last check needs, all if there is no such proof or if without rounding it is none.
func (x *explainer) core(all []int) ([]int, error) {
	ray := x.ray
	if ray == nil {
		return all, nil
	}
	var core []int
	for _, g := range all {
		if slices.ContainsFunc(x.groups[g], func(r Row) bool { return math.Abs(ray[r]) > 1e-9 }) {
			core = append(core, g)
		}
	}
	if len(core) == len(all) {
		return all, nil
	}
	if feasible, err := x.check(core); err != nil || feasible != no {
		return all, err
	}
	return core, nil
}

// explain returns a minimal part of set that clashes together with background. changed says that background has grown since it was last checked.
func (x *explainer) explain(background []int, changed bool, set []int) ([]int, error) {
	if changed {
		feasible, err := x.check(background)
		if err != nil {
			return nil, err
		}
		if feasible == no {
			return nil, nil
		}
		if feasible == unknown {
			x.minimal = false // taken for feasible: the set stays a clash, and may be larger than it needs to be
		}
	}
	if len(set) <= 1 {
		return set, nil
	}
	half := len(set) / 2
	first, second := set[:half], set[half:]
	b, err := x.explain(slices.Concat(background, first), len(first) > 0, second)
	if err != nil {
		return nil, err
	}
	a, err := x.explain(slices.Concat(background, b), len(b) > 0, first)
	return slices.Concat(a, b), err
}
