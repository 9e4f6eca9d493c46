package planner_test

import (
	"context"
	"testing"
	"time"

	"muntija/internal/fault"
	"muntija/internal/highs"
	"muntija/internal/planner"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/layout"
	"muntija/internal/planner/model"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
)

// TestWithoutHighs: with a solver that cannot run (no memory for its module, or closed) an allocation, a season and a layout are planned all the same, pass the check, and
// say that nothing but prices, or nothing at all, proves them.
func TestWithoutHighs(t *testing.T) {
	ctx := context.Background()
	closed := highs.New(highs.Options{})
	if err := closed.Close(ctx); err != nil {
		t.Fatal(err)
	}
	poor := highs.New(highs.Options{MemoryMiB: 1})
	defer poor.Close(ctx)
	for name, broken := range map[string]*highs.Solver{"no memory": poor, "closed": closed} {
		m := highs.NewModel(highs.Minimize, 1, 0, 0)
		m.AddCol(1, 0, 1)
		if _, err := broken.Solve(ctx, m, highs.Params{}); !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.TooLarge) {
			t.Fatalf("%s: the solver runs (%v)", name, err)
		}
		for _, p := range []*model.Problem{instance.Season(300, 8, 1), instance.Assignment('C', 4, 24, 5)} {
			pl, err := planner.Allocate(ctx, p, allocation.Options{Time: time.Second, Until: time.Now().Add(time.Minute), Search: allocation.WithHighs(broken)})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if pl.Status == model.Infeasible || len(pl.Chosen) == 0 || pl.Gap() > 0.05 {
				t.Errorf("%s: %s with %d places, gap %.3f", name, pl.Status, len(pl.Chosen), pl.Gap())
			}
		}
		p := season.Generate(12, 8, 26, 1, false)
		r, err := season.Solve(ctx, broken, p, season.Params{TimeLimit: time.Minute, Work: time.Second})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Status == "optimal" || r.Stop != "no_solver" || len(r.Assignment) == 0 {
			t.Errorf("%s: the season is %s (%s) with %d sessions", name, r.Status, r.Stop, len(r.Assignment))
		}
		if wrong := verify.Season(p, r); len(wrong) > 0 {
			t.Errorf("%s: %v", name, wrong)
		}
	}
	hall := layout.Generate(30, 25, 1)
	r, err := layout.Solve(ctx, hall, layout.Params{Work: 200 * time.Millisecond, Seed: 1, Threads: 2})
	if err != nil || r.Objective == nil {
		t.Fatalf("layout: %v", err)
	}
	if wrong := verify.Layout(hall, r); len(wrong) > 0 {
		t.Error(wrong)
	}
}
