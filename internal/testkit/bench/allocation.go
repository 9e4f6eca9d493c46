package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"muntija/internal/highs"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/model"
)

// benchAllocation times the allocation solvers on instances of the generator. Those with a file go through the real binary, loading and writing included; the
// others run in a process of their own, so that the peak of memory is theirs.
func benchAllocation(ctx context.Context) error {
	if err := benchAllocationFile(ctx); err != nil {
		return err
	}
	for _, c := range []string{
		"season,10000,50,0.001,2", "season,100000,100,0.0001,15", "season,1000000,200,0.0005,90", "season,3000,30,0,30",
		// types of generalised assignment: shares above the bound that is proven, which is that of exact knapsacks
		"A,200,20,0,30", "B,200,20,0.001,30", "C,200,20,0.002,30", "D,100,10,0.003,30", "D,100,20,0.006,30", "D,200,20,0.004,30", "E,100,20,0.0005,30", "E,200,20,0.0005,30", "C,400,40,0.002,30",
		"D,400,40,0.004,30", "E,400,40,0.001,30", "C,1600,80,0.002,30", "D,1600,80,0.003,30", "E,1600,80,0.001,30",
		// multiple knapsacks
		"KU,300,50,0.0005,30", "KW,100,10,0.0005,30", "KS,300,50,0.0005,30",
	} {
		cmd := exec.CommandContext(ctx, os.Args[0], "allocate:"+c)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("allocation %s: %w", c, err)
		}
	}
	if err := benchDecline(ctx); err != nil {
		return err
	}
	return benchDraw()
}

// benchAllocationFile is one exhibition of a million applicants with two trees of quotas, from a file.
func benchAllocationFile(ctx context.Context) error {
	if err := os.MkdirAll(*dirFlag, 0o700); err != nil {
		return err
	}
	in, out := filepath.Join(*dirFlag, "single.json"), filepath.Join(*dirFlag, "single-plan.json")
	f, err := os.Create(in)
	if err != nil {
		return err
	}
	if err := model.WriteProblem(f, instance.Single(1_000_000, 500, 1)); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	defer os.Remove(in)
	defer os.Remove(out)
	var times spread
	peak := 0
	for range 5 {
		cmd := exec.CommandContext(ctx, *serverFlag, "plan", "allocation", "--in", in, "--out", out, "--reasons", "none")
		start := time.Now()
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		most, err := runMeasured(cmd)
		if err != nil {
			return fmt.Errorf("%w: %s", err, said.String())
		}
		times, peak = append(times, time.Since(start)), max(peak, most)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	var plan struct {
		Plan struct {
			Status string
			Bound  int64
			Value  int64 `json:"objective"`
		}
	}
	if err := json.Unmarshal(data, &plan); err != nil {
		return err
	}
	exact := plan.Plan.Status == "optimal" && plan.Plan.Bound == plan.Plan.Value
	fmt.Printf("allocation of one exhibition, 1,000,000 applicants × 500 places × two quota trees, from a file of %d MB, checked and written: %s; %s; peak memory %d MB; target 1 s, exact: %s\n\n",
		info.Size()>>20, times, plan.Plan.Status, peak, verdict(exact && times.at(.5) <= time.Second))
	return nil
}

// allocateOne is the child of benchAllocation: kind, exhibitors, exhibitions, gap, seconds.
func allocateOne(ctx context.Context, spec string) error {
	f := strings.Split(spec, ",")
	if len(f) != 5 {
		return fmt.Errorf("%q has %d parts", spec, len(f))
	}
	n, _ := strconv.Atoi(f[1])
	j, _ := strconv.Atoi(f[2])
	gap, _ := strconv.ParseFloat(f[3], 64)
	seconds, _ := strconv.ParseFloat(f[4], 64)
	var p *model.Problem
	aim := gap
	switch {
	case f[0] == "season":
		p = instance.Season(n, j, 1)
	case f[0][0] == 'K':
		p, aim = instance.Knapsacks(f[0][1], j, n, 1), 0
	default:
		p, aim = instance.Assignment(f[0][0], j, n, 1), 0
	}
	solver := highs.New(highs.Options{CacheDir: filepath.Join(*dirFlag, "highs")})
	if err := solver.Warm(ctx); err != nil {
		return err
	}
	start := time.Now()
	pl, err := allocation.Solve(ctx, p, allocation.Options{Time: time.Duration(seconds * float64(time.Second)), Threads: 2, Gap: aim, Search: allocation.WithHighs(solver)})
	if err != nil {
		return err
	}
	took := time.Since(start)
	fmt.Printf("allocation %s %d × %d (%d pairs): %s, value %d, bound %d, gap %.5f %%, stop %s, %s; peak memory %d MB; target %.3g %% in %g s: %s\n\n", f[0], n, j, len(p.Exh),
		pl.Status, pl.Penalised, pl.Bound, pl.Gap()*100, pl.Stop, took.Round(time.Millisecond), peakMB(os.Getpid()), gap*100, seconds,
		verdict(pl.Status != model.Infeasible && pl.Gap() <= gap && took.Seconds() <= seconds*1.02+0.05))
	return nil
}

// benchDecline times filling a place that was declined, in a season of 100,000 × 100.
func benchDecline(ctx context.Context) error {
	p := instance.Season(100_000, 100, 1)
	pl, err := allocation.Solve(ctx, p, allocation.Options{Time: 15 * time.Second, Gap: 0.001})
	if err != nil {
		return err
	}
	var times spread
	filled := 0
	for k := range 50 {
		declined := pl.Chosen[k*len(pl.Chosen)/50]
		start := time.Now()
		f, err := allocation.Fill(p, pl.Chosen, declined, nil)
		if err != nil {
			return err
		}
		times = append(times, time.Since(start))
		if f.Pair >= 0 {
			filled++
		}
	}
	fmt.Printf("decline: %d of 50 places filled in a season of 100,000 × 100: %s; target 50 ms: %s\n\n", filled, times, verdict(times.at(.99) <= 50*time.Millisecond))
	return nil
}

// benchDraw times an equal-chance draw among a million candidates.
func benchDraw() error {
	p := instance.Single(1_000_000, 500, 1)
	var chances, draws spread
	cells := 0
	for range 5 {
		start := time.Now()
		c, err := allocation.Leximin(p)
		if err != nil {
			return err
		}
		chances = append(chances, time.Since(start))
		start = time.Now()
		c.Draw(make([]byte, 32))
		draws = append(draws, time.Since(start))
		cells = len(c.Cells)
	}
	fmt.Printf("draw: equal chances of 1,000,000 candidates of %d types: %s; the draw with a million lottery keys: %s; target 0.2 s for the chances: %s\n\n", cells, chances, draws,
		verdict(chances.at(.5) <= 200*time.Millisecond))
	return nil
}
