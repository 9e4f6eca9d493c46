// Package planner is the planner of joint exhibitions: seasons, allocations and booth layouts that are proven, explained and repeatable.
//
// [Allocate] answers who goes to which exhibition. The parts: model is the immutable snapshot of a question and its answer; allocation solves it, explain
// gives reasons, verify checks plans and shares no code with what made them; instance makes problems for tests and benchmarks.
//
// # Design
//
// A question is read into a snapshot first and solved off it, in a job that may be cancelled; the answer is written in one transaction. Every plan carries its
// objective, its bound, the gap, the seed, the versions and why the solver stopped, and prices from which the bound can be recomputed. A plan that does
// not pass verify never leaves this package.
package planner

import (
	"context"
	"fmt"

	"muntija/internal/planner/allocation"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
)

// Allocate solves an allocation and checks the answer.
func Allocate(ctx context.Context, p *model.Problem, o allocation.Options) (*model.Plan, error) {
	plan, err := allocation.Solve(ctx, p, o)
	if err != nil {
		return nil, err
	}
	if found := verify.Allocation(p, plan); len(found) > 0 {
		return nil, fmt.Errorf("the plan does not pass its own check: %s", found[0])
	}
	return plan, nil
}
