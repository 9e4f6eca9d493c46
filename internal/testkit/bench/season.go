package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"muntija/internal/highs"
	"muntija/internal/planner/layout"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
)

// benchSeason measures dates and venues: time to proven optimality, to a minimal clash, and of the checks of a planning board.
func benchSeason(ctx context.Context) error {
	solver := highs.New(highs.Options{MemoryMiB: 2048})
	defer solver.Close(ctx)
	began := time.Now()
	if err := solver.Warm(ctx); err != nil {
		return err
	}
	fmt.Printf("season: HiGHS %s compiled in %s\n", highs.Version, time.Since(began).Round(10*time.Millisecond))
	var last *season.Problem
	var plan *season.Result
	for _, k := range []struct {
		exhibitions, venues, weeks int
		crowded                    bool
		limit                      time.Duration
	}{{60, 40, 52, false, 2 * time.Second}, {60, 40, 52, true, 2 * time.Second}, {200, 60, 156, false, 20 * time.Second}, {200, 60, 156, true, 20 * time.Second}} {
		p := season.Generate(k.exhibitions, k.venues, k.weeks, 1, k.crowded)
		began := time.Now()
		r, err := season.Solve(ctx, solver, p, season.Params{TimeLimit: 2 * time.Minute})
		if err != nil {
			return err
		}
		took := time.Since(began)
		if wrong := verify.Season(p, r); len(wrong) > 0 {
			return fmt.Errorf("season: %s", wrong[0])
		}
		fmt.Printf("season %d × %d × %d, crowded %v: %s in %s, peak %d MB; goal %s: %s\n", k.exhibitions, k.venues, k.weeks, k.crowded, r.Status,
			took.Round(10*time.Millisecond), peakMB(os.Getpid()), k.limit, verdict(r.Status == "optimal" && took <= k.limit))
		last, plan = p, r
	}
	for _, k := range [][3]int{{60, 6, 52}, {60, 14, 52}} {
		p := season.Generate(k[0], k[1], k[2], 2, true)
		began := time.Now()
		r, err := season.Solve(ctx, solver, p, season.Params{TimeLimit: 10 * time.Second})
		if err != nil {
			return err
		}
		took := time.Since(began)
		fmt.Printf("season %d × %d × %d that cannot be planned: %d demands clash (%s) in %s; goal 10s: %s\n", k[0], k[1], k[2], len(r.Reasons), r.Clash,
			took.Round(10*time.Millisecond), verdict(r.Status == "infeasible" && took < 11*time.Second))
	}
	board := season.NewBoard(last)
	var checks, greys spread
	for i := range 500 {
		began := time.Now()
		board.Check(plan.Assignment, season.Placement{Exhibition: last.Exhibitions[i%200].ID, Venue: last.Venues[i%60].ID, Week: i % 156})
		checks = append(checks, time.Since(began))
		if i < 50 {
			began = time.Now()
			board.Impossible(plan.Assignment, last.Exhibitions[i].ID)
			greys = append(greys, time.Since(began))
		}
	}
	fmt.Printf("season board 200 × 60 × 156: check of a drop %v; all cells of an exhibition %v; goal 50ms: %s\n", checks, greys, verdict(checks.at(.99) < 50*time.Millisecond))
	return nil
}

// benchLayout measures booths: a hall of a thousand, dragging one, and quadratic assignment.
func benchLayout(ctx context.Context) error {
	p := layout.Generate(1000, 950, 1)
	began := time.Now()
	r, err := layout.Solve(ctx, p, layout.Params{TimeLimit: 5 * time.Second, Seed: 1, Threads: 2})
	if err != nil {
		return err
	}
	took := time.Since(began)
	if wrong := verify.Layout(p, r); len(wrong) > 0 {
		return fmt.Errorf("layout: %s", wrong[0])
	}
	fmt.Printf("layout of 1,000 booths, 950 exhibitors: %d hard breaches, cost %d (%s) in %s, peak %d MB; goal 5s, none: %s\n", r.Hard, *r.Objective, r.Stop,
		took.Round(10*time.Millisecond), peakMB(os.Getpid()), verdict(r.Hard == 0 && took < 5500*time.Millisecond))
	var drags spread
	for i := range 100 {
		began := time.Now()
		if _, err := layout.Drag(p, r.Assignment, p.Exhibitors[(i*37)%950].ID, p.Booths[(i*101)%1000].ID); err != nil {
			return err
		}
		drags = append(drags, time.Since(began))
	}
	fmt.Printf("layout of 1,000 booths, dragging one with the best repair: %v\n", drags)
	for _, k := range [][2]int{{6, 5}, {10, 10}} {
		p := layout.GenerateQAP(k[0], k[1], 1)
		var costs []int64
		for _, work := range []time.Duration{time.Second, 5 * time.Second} {
			r, err := layout.Solve(ctx, p, layout.Params{TimeLimit: work, Seed: 1, Threads: 2})
			if err != nil {
				return err
			}
			costs = append(costs, *r.Objective, *r.Bound)
		}
		fmt.Printf("quadratic assignment %d × %d: cost %d after 1s, %d after 5s, bound %d\n", k[0], k[1], costs[0], costs[2], costs[3])
	}
	return nil
}
