// Package season plans dates and venues: which exhibition opens where and in which week.
//
// [Decode] reads a [Problem] and checks it, [Solve] returns a [Result]: a plan that is proven to be the cheapest, or the best found with the bound that is
// proven, or a minimal set of demands that cannot hold together. [Board] answers for one placement, at once, what it would break.
//
// # Design
//
// A rule is set to ignore, warn or block. Days count from the first day of the season. Every exhibition, class of venues that nothing tells apart, and week in
// which a session may open makes one column that is 0 or 1: a time-indexed programme (Dyer and Wolsey 1990), whose linear relaxation is strong. What blocks one
// placement makes no column; what costs is in its cost; venues, people and series give one row for each day on which a stretch is about to end. HiGHS solves it.
// All costs are whole numbers, so the bound is rounded up to the next one.
//
// A clash is looked for in two steps: first among the demands on several exhibitions, which names few exhibitions; then among all demands on those, with the
// rules that had forbidden placements as rows. If the time is too short for the second, the result has the first, and says so (ClashOutline).
//
// A course timetable in its hard constraints is a season without dates: a period is a week, a lecture a session, a room a venue, a teacher or curriculum a person.
//
// # Limits
//
// Weeks are the grain in which exhibitions begin; days that in which they last. One exhibition uses one venue. Without HiGHS (package highs says when) the plan
// is a greedy one, with the bound of each exhibition on its own.
package season

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"muntija/internal/fault"
	"muntija/internal/highs"
)

// Params are the parameters of a run.
type Params struct {
	TimeLimit time.Duration // of the whole run, explanation included; 0: none
	Work      time.Duration // how much a walk without HiGHS does, TimeLimit unless said: the same amount, the same plan
	Seed      int32
	Threads   int // noted in the result; HiGHS uses one
	Progress  func(highs.Progress)
}

// Solve plans a season that Check has passed. An ended context or the time limit gives the best plan and bound so far. Without a solver (nil, or one that
// cannot run here) the plan is made without proof. The error is a fault.
func Solve(ctx context.Context, s *highs.Solver, p *Problem, o Params) (*Result, error) {
	began := time.Now()
	b := NewBoard(p)
	r := &Result{Format: ResultFormat, Seed: int64(o.Seed), Threads: o.Threads, Solver: "HiGHS " + highs.Version, Hash: p.Hash()}
	left := func() time.Duration {
		if o.TimeLimit == 0 {
			return 0
		}
		return max(o.TimeLimit-time.Since(began), time.Millisecond)
	}
	u := b.build(buildOptions{})
	if empty := u.without(); empty != nil { // no need to ask a solver
		if b.uncovered(r, empty[0]) {
			return r, b.tell(ctx, s, r, o, left)
		}
		return r, b.explain(ctx, s, r, o, left, empty)
	}
	if s == nil {
		return b.unproven(r, u, o), nil
	}
	res, err := u.optimise(ctx, s, o, left)
	if fault.Is(err, fault.Unavailable) && ctx.Err() == nil || fault.Is(err, fault.TooLarge) {
		b.unproven(r, u, o)
		if errors.Is(err, context.DeadlineExceeded) { // the solver was not ready in time
			r.Stop = "time_limit"
		}
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	switch res.status {
	case highs.Optimal:
		r.Status, r.Stop = "optimal", "proven"
	case highs.Infeasible, highs.Ambiguous: // no column is unbounded
		r.Status, r.Stop = "infeasible", "proven"
		return r, b.explain(ctx, s, r, o, left, nil)
	case highs.TimeLimit:
		r.Status, r.Stop = "feasible", "time_limit"
	case highs.Interrupted:
		r.Status, r.Stop = "feasible", "interrupted"
	default:
		r.Status, r.Stop = "feasible", "gap"
	}
	if !math.IsInf(res.bound, 0) && res.bound > -1 {
		bound := int64(math.Ceil(math.Max(res.bound, 0) - 1e-6))
		r.Bound = &bound
	}
	if res.x == nil {
		// The time was over before there was a plan: one that is made quickly is better than none.
		bound, stop := r.Bound, r.Stop
		b.unproven(r, u, o)
		if r.Stop = stop; bound != nil {
			r.bound(max(*bound, *cmp.Or(r.Bound, bound)))
		}
		return r, nil
	}
	return r, b.read(r, u, res.x)
}

// without returns the exhibitions that must take place and have fewer cells than sessions, nil if there is none.
func (u *built) without() []int {
	if u.b.set[Scheduled].Mode != Block {
		return nil
	}
	for e := range u.of {
		if len(u.of[e]) < u.b.exhibitions[e].count() {
			return []int{e}
		}
	}
	return nil
}

// read fills the result from the values of the columns.
func (b *Board) read(r *Result, u *built, x []float64) error {
	model := int64(0)
	var chosen []cell
	for i, c := range u.cells {
		if x[u.cols[i]] > 0.5 {
			model += c.cost
			chosen = append(chosen, c)
		}
	}
	for _, q := range u.soft {
		model += q.cost * int64(math.Round(x[q.col]))
	}
	plan := b.share(u, chosen)
	cost, ok := b.cost(plan)
	if !ok || cost > model {
		return fmt.Errorf("planning the season: the plan of the programme costs %d by it and %d by the rules (kept: %v)", model, cost, ok)
	}
	b.fill(r, plan, cost) // a plan that was cut off may have counted breaches that it does not make
	return nil
}

// share gives each session of a class one of the class's venues, in order of time: as no day has more sessions than venues, there always is one.
func (b *Board) share(u *built, chosen []cell) []placed {
	slices.SortStableFunc(chosen, func(x, y cell) int { return b.taken(x.e, x.week).from - b.taken(y.e, y.week).from })
	until := make([]int, len(b.p.Venues)) // day from which the venue is free
	for v := range until {
		until[v] = math.MinInt
	}
	plan := make([]placed, 0, len(chosen))
	for _, c := range chosen {
		taken, at := b.taken(c.e, c.week), u.classes[c.class][0]
		for _, v := range u.classes[c.class] {
			if until[v] <= taken.from {
				at = v
				break
			}
		}
		until[at] = max(until[at], taken.to)
		plan = append(plan, placed{c.e, at, c.week})
	}
	return plan
}

func (b *Board) fill(r *Result, plan []placed, cost int64) {
	slices.SortFunc(plan, func(x, y placed) int { return cmp.Or(x.e-y.e, x.week-y.week, x.v-y.v) })
	sessions := make([]int, len(b.exhibitions))
	for i, q := range plan {
		sessions[q.e]++
		r.Assignment = append(r.Assignment, Placement{b.p.Exhibitions[q.e].ID, b.p.Venues[q.v].ID, q.week})
		for _, d := range b.check(nil, plan[:i], q, false) { // each pair once
			d.Sentence = d.sentence()
			r.Reasons = append(r.Reasons, d)
		}
	}
	for e, n := range sessions {
		if n < b.exhibitions[e].count() {
			r.Unplaced = append(r.Unplaced, b.exhibitions[e].ID)
		}
	}
	r.Objective = &cost
	bound := int64(0)
	if r.Bound != nil {
		bound = *r.Bound
	}
	r.bound(bound)
}

// bound sets the bound and the gap that follows from it.
func (r *Result) bound(v int64) {
	if r.Objective == nil {
		r.Bound = &v
		return
	}
	v = min(v, *r.Objective)
	gap := float64(*r.Objective-v) / math.Max(1, float64(*r.Objective))
	r.Bound, r.Gap = &v, &gap
}
