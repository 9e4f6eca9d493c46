package service_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// quarterly orders a report by quarter.
func quarterly(t *testing.T, o *testkit.Office) int64 {
	t.Helper()
	id, err := o.Reports.Create(background, testkit.Actor(auth.Coordinator, place.Egypt), service.ReportForm{Name: "تقرير ربع سنوي", Sections: []string{"registrations", "decisions", "both"}, Span: "last_quarter",
		Langs: []string{"ar"}, Every: "quarter", Active: true}, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// workQueued works off every job of Egypt of a kind that waits, in the order in which they were queued, and returns how many.
func workQueued(t *testing.T, o *testkit.Office, kind string) int {
	t.Helper()
	var waiting []int64
	o.View(t, func(tx *store.Tx) error {
		jobs, err := tx.ListJobs(place.Egypt, 100)
		waiting = nil
		for _, j := range jobs {
			if j.Kind == kind && j.State == store.JobQueued {
				waiting = append(waiting, j.ID)
			}
		}
		return err
	})
	slices.Sort(waiting)
	for _, id := range waiting {
		if err := o.Jobs.Work(background, id); err != nil {
			t.Fatal(err)
		}
	}
	return len(waiting)
}

// handed is how many families an edition says were handed in in its period.
func handed(t *testing.T, o *testkit.Office, edition int64) (e *service.PlannedEdition, n int64) {
	t.Helper()
	e, err := o.Reports.Edition(background, testkit.Actor(auth.Coordinator, place.Egypt), edition)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range e.Body.Sections[0].Panels {
		if p.Key != "handed" {
			continue
		}
		for _, l := range p.Lines {
			for _, v := range l.Values {
				n += v.N
			}
		}
	}
	return e, n
}

// TestReportIsKept makes the same report before and after a change: the first edition, that of an empty registry, stays what it was to the byte, the second says what is new and
// is compared with it.
func TestReportIsKept(t *testing.T) {
	o := testkit.Service(t)
	coordinator := testkit.Actor(auth.Coordinator, place.Egypt)
	plan := quarterly(t, o)
	run := func() *service.PlannedEdition {
		t.Helper()
		if _, err := o.Reports.Run(background, coordinator, plan, testkit.Write(0)); err != nil {
			t.Fatal(err)
		}
		if n := workQueued(t, o, service.JobReport); n != 1 {
			t.Fatalf("%d reports were waiting", n)
		}
		v, err := o.Reports.Plan(background, coordinator, plan)
		if err != nil {
			t.Fatal(err)
		}
		e, _ := handed(t, o, v.Editions[0].ID)
		return e
	}
	first := run()
	sum := sha256.Sum256(first.Edition.Body)
	if first.Before != nil || first.Edition.Number != 1 || first.Edition.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the first edition: number %d, before %v, checksum %s", first.Edition.Number, first.Before, first.Edition.SHA256)
	}
	o.Family(t, 1, place.Egypt, registry.Approved)
	again, _ := handed(t, o, first.Edition.ID)
	if !bytes.Equal(again.Edition.Body, first.Edition.Body) {
		t.Error("an edition has changed")
	}
	second := run()
	if bytes.Equal(second.Edition.Body, first.Edition.Body) || second.Edition.Number != 2 || second.Before == nil {
		t.Errorf("the second edition says nothing new: number %d", second.Edition.Number)
	}
	if d, ok := second.Change("registrations", "registered", "", "", "", ""); !ok || d != 1 {
		t.Errorf("one family more is a change of %d (%v)", d, ok)
	}
	if again, _ := handed(t, o, first.Edition.ID); !bytes.Equal(again.Edition.Body, first.Edition.Body) {
		t.Error("a new edition changed the old one")
	}
	if _, err := o.Reports.Edition(background, testkit.Actor(auth.Coordinator, place.Qatar), first.Edition.ID); err == nil {
		t.Error("the other ministry reads it")
	}
}

// TestReportsMissed lets nobody be there for two quarters: each of them gets an edition of its own, with what happened in it, in their order and once.
func TestReportsMissed(t *testing.T) {
	o := testkit.Service(t)
	plan := quarterly(t, o)
	if err := o.Jobs.Plan(background); err != nil || workQueued(t, o, service.JobReport) != 0 {
		t.Fatalf("a report of before its making is made by itself: %v", err)
	}
	o.Family(t, 1, place.Egypt, registry.Submitted) // in March, the first quarter
	o.Clock.Set(time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC))
	o.Family(t, 2, place.Egypt, registry.Submitted) // in the second
	o.Family(t, 3, place.Egypt, registry.Submitted)
	o.Clock.Set(time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)) // nothing in the third
	if err := o.Jobs.Plan(background); err != nil {
		t.Fatal(err)
	}
	if n := workQueued(t, o, service.JobReport); n != 3 {
		t.Errorf("%d quarters were made up for, want 3", n)
	}
	o.Clock.Set(time.Date(2026, 10, 6, 9, 0, 0, 0, time.UTC))
	if err := o.Jobs.Plan(background); err != nil || workQueued(t, o, service.JobReport) != 0 {
		t.Errorf("a quarter is made twice: %v", err)
	}
	v, err := o.Reports.Plan(background, testkit.Actor(auth.Coordinator, place.Egypt), plan)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(v.Editions)
	for i, want := range []struct {
		first, last string
		handed      int64
	}{{"2026-01", "2026-03", 1}, {"2026-04", "2026-06", 2}, {"2026-07", "2026-09", 0}} {
		if i >= len(v.Editions) {
			break
		}
		e, n := handed(t, o, v.Editions[i].ID)
		if e.Body.First.String() != want.first || e.Body.Last.String() != want.last || n != want.handed {
			t.Errorf("edition %d: got %s to %s with %d handed in, want %+v", i+1, e.Body.First, e.Body.Last, n, want)
		}
	}
}
