package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/exhibition"
	"muntija/internal/highs"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/seal"
	"muntija/internal/service"
	"muntija/internal/store"
)

// benchAnswer plans a season of 12 exhibitions with 3,000 applicants through the use-cases, has both parties sign, and measures what follows: an invitation is
// declined, and the next of the same cell is invited in the same transaction.
func benchAnswer(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "muntija-fill")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	keys, err := seal.Open(filepath.Join(dir, "keys"))
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, filepath.Join(dir, "fill.db"), keys, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now := time.Now().UTC()
	svc := service.New(service.Deps{DB: db, Keys: keys, Clock: func() time.Time { return now }, PlanCache: highs.UserCache()})
	form := intake.FromAllocation(&exhibition.AllocationTerms{Rule: exhibition.RuleFair, Bands: []int{50, 70}, AtMost: 2, RestDays: 3, Seconds: 60})
	var season int64
	actors := map[place.Country]auth.Actor{}
	err = db.Update(ctx, func(tx *store.Tx) error {
		for _, p := range place.Countries() {
			u := auth.User{Email: string(p) + "@muntija.example", Name: string(p), Role: auth.Coordinator, Party: p, Areas: auth.AllAreas(), Locale: "ar", Active: true, CreatedAt: now}
			if err := tx.InsertUser(&u); err != nil {
				return err
			}
			actors[p] = auth.Actor{UserID: u.ID, Name: u.Name, Role: u.Role, Party: p, Areas: u.Areas}
		}
		s, shows, err := demo.FillSeason(tx, calendar.Of(now), 12, 3000, 1)
		if err != nil {
			return err
		}
		season = s.ID
		for _, e := range shows {
			form.Exhibitions = append(form.Exhibitions, fmt.Sprint(e.ID))
		}
		return nil
	})
	if err != nil {
		return err
	}
	key := 0
	write := func(version int64) service.Write {
		key++
		return service.Write{Key: fmt.Sprint("fill-", key), Version: version}
	}
	id, err := svc.Allocations.Create(ctx, actors["EG"], season, form, write(0))
	if err != nil {
		return err
	}
	now = now.AddDate(0, 0, 9)
	run, err := svc.Allocations.Start(ctx, actors["EG"], id, &intake.RunAsk{}, write(0))
	if err != nil {
		return err
	}
	_, r, err := svc.Allocations.Run(ctx, actors["EG"], id, run)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := svc.Jobs.Work(ctx, r.JobID); err != nil {
		return err
	}
	solved := time.Since(start)
	if _, r, err = svc.Allocations.Run(ctx, actors["EG"], id, run); err != nil {
		return err
	}
	if !r.Sound() {
		return fmt.Errorf("the run is %s: %s %v", r.State, r.Body.Error, r.Body.Findings)
	}
	fmt.Printf("answer: season of 12 exhibitions, %d applicants, %d applications: solved and checked in %s, %s, gap %.4f %%, %d places\n", r.Body.Candidates, r.Body.Pairs, solved.Round(time.Millisecond),
		r.Body.Status, 100*r.Body.Gap, r.Body.Places)
	start = time.Now()
	for _, p := range place.Countries() {
		if _, r, err = svc.Allocations.Run(ctx, actors[p], id, run); err != nil {
			return err
		}
		if _, err := svc.Allocations.Sign(ctx, actors[p], id, run, write(r.Version)); err != nil {
			return err
		}
	}
	fmt.Printf("answer: signed by both: invitations and waiting lists written in %s\n", time.Since(start).Round(time.Millisecond))
	var invited []exhibition.Participation
	err = db.View(ctx, func(tx *store.Tx) (err error) {
		invited, err = tx.Participations(0, store.ParticipationQuery{States: []exhibition.State{exhibition.Invited}, Limit: 200})
		return err
	})
	if err != nil {
		return err
	}
	times := make([]time.Duration, 0, len(invited))
	for _, p := range invited {
		start := time.Now()
		if _, err := svc.Exhibitions.Answer(ctx, actors[p.Traits.Party], p.ID, false, write(p.Version)); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	left := 0
	err = db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Participations(0, store.ParticipationQuery{States: []exhibition.State{exhibition.Invited}, Limit: 1 << 20})
		left = len(list)
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(times)
	at := func(q float64) time.Duration { return times[int(q*float64(len(times)-1))].Round(10 * time.Microsecond) }
	const target = 50 * time.Millisecond
	fmt.Printf("answer: a place is declined and filled from the same cell: %.0f/s, p50 %s, p99 %s, %d of %d filled; peak memory %d MB; target p99 %s: %s\n\n", 1/at(.5).Seconds(), at(.5), at(.99),
		left-(r.Body.Places-len(times)), len(times), peakMB(os.Getpid()), target, verdict(at(.99) <= target))
	return nil
}
