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
	for _, k := range [][5]int{{30, 160, 6, 30, 14}, {54, 152, 9, 36, 139}, {88, 218, 11, 36, 150}, {131, 434, 20, 30, 77}} {
		p := season.GenerateTimetable(k[0], k[1], k[2], k[3], k[4], 1)
		began := time.Now()
		r, err := season.Solve(ctx, solver, p, season.Params{TimeLimit: 30 * time.Second})
		if err != nil {
			return err
		}
		took := time.Since(began)
		if wrong := verify.Season(p, r); len(wrong) > 0 {
			return fmt.Errorf("timetable: %s", wrong[0])
		}
		fmt.Printf("timetable of %d courses, %d lectures, %d rooms, %d periods, %d curricula: %s in %s; goal 5s, every lecture placed: %s\n", k[0], k[1], k[2], k[3], k[4], r.Status,
			took.Round(time.Millisecond), verdict(r.Status == "optimal" && took <= 5*time.Second))
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
	return benchQuadratic(ctx)
}

// benchQuadratic compares quadratic assignment with robust tabu search as it is published, on one thread, in the same time, on families of the library of such problems.
func benchQuadratic(ctx context.Context) error {
	const most = 5 * time.Second
	ours, theirs, worst := 0.0, 0.0, 0.0
	for _, k := range []struct {
		family string
		n      int
	}{{"tai-a", 30}, {"tai-a", 80}, {"tai-b", 50}, {"tai-b", 80}, {"sko", 64}, {"sko", 100}} {
		p := layout.GenerateQAPLike(k.family, k.n, 1)
		began := time.Now()
		r, err := layout.Solve(ctx, p, layout.Params{TimeLimit: most, Seed: 1, Threads: 2})
		if err != nil {
			return err
		}
		took := time.Since(began)
		if wrong := verify.Layout(p, r); len(wrong) > 0 {
			return fmt.Errorf("quadratic assignment: %s", wrong[0])
		}
		other := robustTabu(p.Flows, p.Distances, 1, time.Now().Add(took))
		ratio := float64(*r.Objective)/float64(other) - 1
		ours, theirs, worst = ours+ratio, theirs+1, max(worst, ratio)
		fmt.Printf("quadratic assignment like %s, %d places: cost %d, robust tabu search %d (%+.3f %%), bound %d, in %s\n", k.family, k.n, *r.Objective, other, 100*ratio, *r.Bound,
			took.Round(10*time.Millisecond))
	}
	fmt.Printf("quadratic assignment: %+.3f %% on average, %+.3f %% at worst; goal: not above robust tabu search on average: %s\n\n", 100*ours/theirs, 100*worst, verdict(ours <= 0))
	return nil
}
