package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"muntija/internal/exhibition"
)

// benchPlan measures what an editor and a placing page wait for: the checks of a hall with 1,000 booths, and the verdicts on all of them for one exhibitor.
func benchPlan() error {
	p := exhibition.NewPlan(170_000, 136_000)
	for i := range 8 {
		p.Doors = append(p.Doors, exhibition.Door{ID: i + 1, Kind: exhibition.BothWays, At: exhibition.Point{X: 10_000 + 20_000*i}, Width: 4000},
			exhibition.Door{ID: i + 21, Kind: exhibition.Exit, At: exhibition.Point{X: 10_000 + 20_000*i, Y: 136_000}, Width: 4000})
	}
	added, _, err := p.AddGrid(exhibition.Grid{X: 4000, Y: 5000, Type: exhibition.Stand3x3, Rows: 25, Columns: 40, Aisle: 4000, BackToBack: true, Block: 10, Corners: true,
		Numbering: exhibition.ByRow})
	if err != nil {
		return err
	}
	s := exhibition.Placing{Plan: p, Booth: map[int64]int{}}
	crafts := []string{"TX", "FD", "PF", "PT", "WD", "EM", "AR"}
	for i := range 900 {
		s.Occupants = append(s.Occupants, exhibition.Occupant{ID: int64(i + 1), Party: "EG", Area: "EG-C", Craft: crafts[i%len(crafts)]})
		if i > 0 {
			s.Booth[int64(i+1)] = p.Booths[i].ID
		}
	}
	s.JudgeAll(1) // the distances of a plan are measured once
	for _, work := range []struct {
		name   string
		target time.Duration
		do     func()
	}{{"checks", 50 * time.Millisecond, func() { p.Check() }}, {"verdicts for one exhibitor among 900", 50 * time.Millisecond, func() { s.JudgeAll(1) }}} {
		times := make([]time.Duration, 60)
		for i := range times {
			start := time.Now()
			work.do()
			times[i] = time.Since(start)
		}
		slices.Sort(times)
		at := func(q float64) time.Duration { return times[int(q*float64(len(times)-1))].Round(10 * time.Microsecond) }
		fmt.Printf("plan: %s of %d booths: %.0f/s, p50 %s, p99 %s; peak memory %d MB; target %s: %s\n", work.name, added, 1/at(.5).Seconds(), at(.5), at(.99), peakMB(os.Getpid()),
			work.target, verdict(at(.5) <= work.target))
	}
	fmt.Println()
	return nil
}
