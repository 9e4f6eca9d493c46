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
	core, err := x.relaxed(all)
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
	r, err := x.s.Solve(x.ctx, &x.m, Params{TimeLimit: limit, Seed: x.p.Seed, AbsGap: Inf, RelGap: Inf})
	if err != nil {
		if fault.Is(err, fault.Unavailable) && x.ctx.Err() != nil {
			return unknown, nil
		}
		return unknown, err
	}
	x.ray = r.Ray
	switch {
	case r.HasValues:
		return yes, nil
	case r.Status == Infeasible, r.Status == Ambiguous: // without costs nothing is unbounded
		return no, nil
	}
	return unknown, nil
}

// relaxed returns the groups that a proof for the linear relaxation needs, all if there is no such proof.
func (x *explainer) relaxed(all []int) ([]int, error) {
	integer, integers := x.m.integer, x.m.integers
	x.m.integer, x.m.integers = make([]int32, len(integer)), 0
	feasible, err := x.check(all)
	ray := x.ray
	x.m.integer, x.m.integers = integer, integers
	if err != nil || feasible != no || ray == nil {
		return all, err
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
	if feasible, err = x.check(core); err != nil || feasible != no {
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
