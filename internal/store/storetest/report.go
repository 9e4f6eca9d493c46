package storetest

import (
	"fmt"
	"sync"
	"testing"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// FillReports orders a report, stores an edition with its printed form, and counts the figures.
func FillReports(t testing.TB, db *store.DB) {
	t.Helper()
	Update(t, db, func(tx *store.Tx) error {
		p := &store.ReportPlan{Party: place.Egypt, Name: "تقرير", Sections: []string{"registrations"}, Span: "last_quarter", Langs: []string{"ar"}, Every: "quarter", Active: true, CreatedAt: Noon, UpdatedAt: Noon}
		if err := tx.InsertReportPlan(p); err != nil {
			return err
		}
		e := &store.ReportEdition{PlanID: p.ID, Party: p.Party, First: 24310, Last: 24312, MadeAt: Noon, JobID: 1, Body: []byte("{}")}
		if err := tx.InsertReportEdition(e); err != nil {
			return err
		}
		return tx.InsertReportPDF(e.ID, "ar", []byte("%PDF-"))
	})
	for {
		more, err := db.CountOn(t.Context(), calendar.Of(Noon), 1_000)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// testTally lets many writers change families while the sums follow, and holds them to a full count; a reader has what the sums will hold.
func testTally(t *testing.T, db *store.DB) {
	ids := make([]*registry.Family, 40)
	for i := range ids {
		ids[i] = Family(place.Countries()[i%2], i)
		Insert(t, db, ids[i])
	}
	day := calendar.Of(Noon)
	read := func() (out string) {
		View(t, db, func(tx *store.Tx) error {
			a, _, err := tx.Tally(All(place.Egypt), 0, 12*3000, day)
			if err != nil {
				return err
			}
			b, _, err := tx.Tally(store.Scope{Party: place.Qatar, Areas: []string{"QA-DA", "QA-RA"}}, 0, 12*3000, day)
			out = fmt.Sprint(a, b)
			return err
		})
		return out
	}
	follow := func() {
		t.Helper()
		for {
			more, err := db.CountOn(t.Context(), day, 7)
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
		}
		View(t, db, func(tx *store.Tx) error {
			differ, example, behind, err := tx.CheckFigures()
			if differ != 0 || behind {
				t.Errorf("%d sums differ (behind: %v): %s", differ, behind, example)
			}
			return err
		})
	}
	follow()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := w; i < len(ids); i += 4 {
				f := ids[i]
				f.Record.Project.Craft = []string{"CL", "PT", "WV"}[i%3]
				if i%5 == 0 {
					f.Record.Lead.Sex = "m"
				}
				err := db.Update(t.Context(), func(tx *store.Tx) error {
					g := *f
					x, err := tx.FamilyExtraOf(f.ID)
					if err != nil {
						return err
					}
					return tx.UpdateFamily(&g, x)
				})
				if err != nil {
					t.Error(err)
				}
				if i%8 == 0 {
					if _, err := db.CountOn(t.Context(), day, 5); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	before := read()
	follow()
	if after := read(); before != after {
		t.Errorf("a reader had\n%s\nand the sums hold\n%s", before, after)
	}
	if err := db.RecountFigures(t.Context()); err != nil {
		t.Fatal(err)
	}
	follow()
	if again := read(); before != again {
		t.Errorf("counted anew\n%s\nwas\n%s", again, before)
	}
	// A report says what it said.
	FillReports(t, db)
	View(t, db, func(tx *store.Tx) error {
		plans, err := tx.ReportPlans(place.Egypt)
		if err != nil || len(plans) != 1 {
			t.Fatalf("got %v, %v", plans, err)
		}
		list, err := tx.ReportEditions(place.Egypt, plans[0].ID, 10)
		if err != nil || len(list) != 1 || list[0].Number != 1 || len(list[0].PDFs) != 1 {
			t.Fatalf("got %+v, %v", list, err)
		}
		e, err := tx.ReportEditionByID(place.Egypt, list[0].ID)
		if err != nil || string(e.Body) != "{}" {
			t.Errorf("got %+v, %v", e, err)
		}
		_, err = tx.ReportEditionByID(place.Qatar, list[0].ID)
		wantKind(t, err, fault.NotFound, "")
		return nil
	})
}
