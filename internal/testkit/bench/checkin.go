package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/store"
)

const (
	doorPeople = 1_200 // exhibitors of the exhibition at whose door is checked in
	doorBooths = 300   // of its hall; that many of them have a booth
)

// doorOf makes a folder with an exhibition that is on today, and returns it and the codes of its exhibitors' badges.
func doorOf(ctx context.Context, dir string) (id int64, codes []string, err error) {
	_ = os.RemoveAll(dir)
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return 0, nil, err
	}
	defer o.db.Close()
	plan := exhibition.NewPlan(90_000, 120_000)
	if _, _, err := plan.AddGrid(exhibition.Grid{X: 4000, Y: 5000, Type: exhibition.Stand3x3, Rows: doorBooths / 20, Columns: 20, Aisle: 4000, BackToBack: true, Numbering: exhibition.ByRow}); err != nil {
		return 0, nil, err
	}
	id, _, list, err := fairIn(ctx, o, plan, doorPeople, func(int) string { return "TX" })
	for _, p := range list {
		codes = append(codes, service.BadgeCode(p))
	}
	return id, codes, err
}

// fairIn stores an exhibition that is on today, its hall drawn and its exhibitors holding their places, as many of them in booths as there are; it returns the exhibition, the
// hall and the participations.
func fairIn(ctx context.Context, o *office, plan *exhibition.Plan, people int, craft func(i int) string) (id, hallID int64, list []int64, err error) {
	body, err := plan.JSON()
	if err != nil {
		return 0, 0, nil, err
	}
	now := time.Now().UTC()
	e := &exhibition.Exhibition{Status: exhibition.Agreed, Proposer: place.Egypt, CreatedAt: now, UpdatedAt: now, Terms: exhibition.Terms{Name: "معرض القياس", Parties: []place.Country{place.Egypt}, Host: place.Egypt,
		First: o.today().AddDays(-1), Last: o.today().AddDays(1), Capacity: people}}
	hall := &exhibition.Hall{Party: place.Egypt, Name: exhibition.Label{AR: "القاعة"}, CreatedAt: now, UpdatedAt: now}
	row := &store.HallPlan{Party: place.Egypt, Booths: len(plan.Booths), AreaM2: plan.AreaM2(), Body: body, CreatedAt: now}
	err = o.db.Update(ctx, func(tx *store.Tx) error {
		v := &exhibition.Venue{Party: place.Egypt, Area: "EG-C", Name: exhibition.Label{AR: "أرض المعارض"}, City: exhibition.Label{AR: "القاهرة"}, Setting: exhibition.Indoor, CreatedAt: now, UpdatedAt: now}
		if err := tx.InsertVenue(v); err != nil {
			return err
		}
		hall.VenueID = v.ID
		if err := tx.InsertHall(hall); err != nil {
			return err
		}
		row.HallID = hall.ID
		if err := tx.InsertPlan(row); err != nil {
			return err
		}
		if err := tx.ReleasePlan(row, 0, now); err != nil {
			return err
		}
		if err := tx.InsertExhibition(e); err != nil {
			return err
		}
		return tx.PutExhibitionHall(&store.ExhibitionHall{ExhibitionID: e.ID, HallID: hall.ID, PlanID: row.ID, AddedAt: now})
	})
	if err != nil {
		return 0, 0, nil, err
	}
	err = o.db.Update(ctx, func(tx *store.Tx) error {
		list = list[:0]
		for i := range people {
			x := &exhibition.Exhibitor{Party: place.Egypt, Kind: exhibition.Association, Name: "جمعية " + strconv.Itoa(i+1), Area: "EG-C", Craft: craft(i), CreatedAt: now, UpdatedAt: now}
			if err := tx.InsertExhibitor(x); err != nil {
				return err
			}
			p := &exhibition.Participation{ExhibitionID: e.ID, ExhibitorID: x.ID, State: exhibition.Accepted, Traits: x.Traits(true), Name: x.Name, CreatedAt: now, UpdatedAt: now,
				Application: exhibition.Application{Sign: x.Name, People: 2, Channel: exhibition.ByOfficer}}
			if err := tx.InsertParticipation(p); err != nil {
				return err
			}
			list = append(list, p.ID)
			if i >= len(plan.Booths) {
				continue
			}
			if err := tx.InsertPlacement(&exhibition.Placement{ExhibitionID: e.ID, HallID: hall.ID, Booth: plan.Booths[i].ID, ParticipationID: p.ID, At: now}); err != nil {
				return err
			}
		}
		return nil
	})
	return e.ID, hall.ID, list, err
}

// benchCheckIn checks exhibitors in at 50 a second over HTTP, as phones at several doors do; every tenth badge is shown twice.
func benchCheckIn(ctx context.Context) error {
	dir := filepath.Join(*dirFlag, "checkin")
	id, codes, err := doorOf(ctx, dir)
	if err != nil {
		return err
	}
	if err := dayWorked(ctx, dir); err != nil { // the doors open by day
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"))
	if err != nil {
		return err
	}
	defer s.stop()
	c, err := s.signIn(benchEmail)
	if err != nil {
		return err
	}
	path := fmt.Sprintf("/exhibitions/%d/checkin", id)
	if status, _, err := c.get(path); err != nil || status != 200 {
		return fmt.Errorf("the page of the door: %d, %w", status, err)
	}
	const rate, seconds = 50, 20
	var mu sync.Mutex
	var wg sync.WaitGroup
	all, bad := spread{}, 0
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for i := range rate * seconds {
		<-tick.C
		code := codes[i%len(codes)]
		if i%10 == 9 {
			code = codes[i-1]
		}
		due := time.Now()
		wg.Go(func() {
			status, err := c.postAs(path, url.Values{"code": {code}}.Encode(), "", "application/json")
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || status != 200 {
				bad++
				return
			}
			all = append(all, took)
		})
	}
	wg.Wait()
	fmt.Printf("checkin: %d exhibitors, %d booths, %d check-ins a second for %d s, %s, %d answers were bad; server peak memory %d MB; target p99 < 100 ms: %s\n\n", doorPeople, doorBooths, rate, seconds, all.String(), bad,
		peakMB(s.cmd.Process.Pid), verdict(bad == 0 && all.at(.99) < 100*time.Millisecond))
	return nil
}
