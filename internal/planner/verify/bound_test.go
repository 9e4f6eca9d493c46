package verify_test

import (
	"testing"
	"time"

	"muntija/internal/planner/layout"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
)

// TestLayoutBound: the bound that is recomputed is the one that the solver claims, and no layout of small halls, all of which are tried, costs less.
func TestLayoutBound(t *testing.T) {
	for name, p := range map[string]*layout.Problem{"hall": layout.Generate(60, 50, 1), "hall 2": layout.Generate(200, 190, 2), "large hall": layout.Generate(500, 450, 3), "grid": layout.GenerateQAP(6, 6, 1),
		"tai-a": layout.GenerateQAPLike("tai-a", 20, 1), "tai-b": layout.GenerateQAPLike("tai-b", 20, 1), "sko": layout.GenerateQAPLike("sko", 25, 1)} {
		r, err := layout.Solve(t.Context(), p, layout.Params{Work: time.Second / 100, Seed: 1})
		if err != nil || r.Bound == nil {
			t.Fatal(name, err)
		}
		if got := verify.LayoutBound(p); got != *r.Bound {
			t.Errorf("%s: the recomputed bound is %d, the solver's %d", name, got, *r.Bound)
		}
	}
	for seed := range uint64(20) {
		p := layout.GenerateQAP(3, 2, seed)
		p.Exhibitors = p.Exhibitors[:5] // one booth stays empty
		p.Flows = p.Flows[:5]
		for i := range p.Flows {
			p.Flows[i] = p.Flows[i][:5]
		}
		best, bound := int64(-1), verify.LayoutBound(p)
		var try func(plan []layout.Placement, used int)
		try = func(plan []layout.Placement, used int) {
			if len(plan) == len(p.Exhibitors) {
				if cost, _, wrong := verify.LayoutCost(p, plan); len(wrong) == 0 && (best < 0 || cost < best) {
					best = cost
				}
				return
			}
			for a, b := range p.Booths {
				if used>>a&1 == 0 {
					try(append(plan, layout.Placement{Exhibitor: p.Exhibitors[len(plan)].ID, Booth: b.ID}), used|1<<a)
				}
			}
		}
		try(nil, 0)
		if bound > best || bound < best/4 {
			t.Errorf("seed %d: the bound is %d, the best layout costs %d", seed, bound, best)
		}
	}
}

// TestSeasonBound: what each exhibition costs by itself is added up. That it is never above the cheapest plan of all is held where all plans are gone through, in package season.
func TestSeasonBound(t *testing.T) {
	cost := int64(7)
	p := &season.Problem{Format: season.Format, Weeks: 3, Venues: []season.Venue{{ID: "v", Capacity: 10}}, Exhibitions: []season.Exhibition{
		{ID: "a", Size: 20, Count: 2}, {ID: "b", Prefer: []season.Period{{FirstWeek: new(int), LastWeek: new(int), Cost: 4}}}, {ID: "c", Size: 20, Weight: 3}},
		Rules: map[season.Rule]season.Setting{season.Capacity: {Mode: season.Warn, Cost: cost}, season.Scheduled: {Mode: season.Warn, Cost: 100}}}
	if got := verify.SeasonBound(p); got != 2*cost+4+3 {
		t.Errorf("the bound is %d, want %d: two sessions in too small a venue, the one that is wished for in its week, one that does not take place", got, 2*cost+4+3)
	}
}
