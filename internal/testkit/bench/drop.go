package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// benchDrop measures what the placing page waits for when an exhibitor is held over a booth: the cost by rule, and the best way to make room, of a hall of 1,000 booths with 950
// exhibitors, read from the database each time.
func benchDrop(ctx context.Context) error {
	dir := filepath.Join(*dirFlag, "drop")
	_ = os.RemoveAll(dir)
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return err
	}
	defer o.db.Close()
	plan := exhibition.NewPlan(170_000, 136_000)
	for i := range 8 {
		plan.Doors = append(plan.Doors, exhibition.Door{ID: i + 1, Kind: exhibition.BothWays, At: exhibition.Point{X: 10_000 + 20_000*i}, Width: 4000},
			exhibition.Door{ID: i + 21, Kind: exhibition.Loading, At: exhibition.Point{X: 10_000 + 20_000*i, Y: 136_000}, Width: 4000})
	}
	if _, _, err := plan.AddGrid(exhibition.Grid{X: 4000, Y: 5000, Type: exhibition.Stand3x3, Rows: 25, Columns: 40, Aisle: 4000, BackToBack: true, Block: 10, Corners: true,
		Numbering: exhibition.ByRow}); err != nil {
		return err
	}
	crafts := []string{"TX", "FD", "PT", "WD", "EM", "AR", "KH"}
	id, hall, people, err := fairIn(ctx, o, plan, 950, func(i int) string { return crafts[i%len(crafts)] })
	if err != nil {
		return err
	}
	actor := auth.Actor{UserID: 1, Role: auth.Coordinator, Party: place.Egypt, Areas: auth.AllAreas(), Locale: "ar"}
	var all spread
	first, possible := time.Duration(0), 0
	for i := range 300 {
		began := time.Now()
		d, err := o.svc.Layouts.Drag(ctx, actor, id, hall, people[(i*37)%950], plan.Booths[(i*101)%1000].ID)
		if err != nil && !fault.Is(err, fault.State) {
			return err
		}
		if err == nil && d.Possible {
			possible++
		}
		if i == 0 {
			first = time.Since(began) // measures the ways through the hall, once
			continue
		}
		all = append(all, time.Since(began))
	}
	fmt.Printf("layout-drop: 1000 booths, 950 exhibitors, the first of all %s; %s, %d of 300 possible; peak memory %d MB; target p99 < 50 ms: %s\n\n", first.Round(time.Millisecond), all.String(), possible, peakMB(os.Getpid()),
		verdict(all.at(.99) < 50*time.Millisecond))
	return nil
}
