package store_test

import (
	"errors"
	"testing"

	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

// TestFiguresOfAnEarlierRelease opens a database whose sums were counted by a release that counted neither grants nor development plans, and lets the sums follow: they
// must be those of a full count, though no family has changed since.
func TestFiguresOfAnEarlierRelease(t *testing.T) {
	dsns(t, func(t *testing.T, dsn string) {
		const families = 300 // more than one step reads at once
		day := calendar.Of(storetest.Noon)
		db := storetest.OpenAt(t, dsn, storetest.Keys(t))
		for i := range families {
			storetest.Insert(t, db, storetest.Family(place.Egypt, i))
		}
		follow := func() {
			t.Helper()
			for more := true; more; {
				var err error
				if more, err = db.CountOn(t.Context(), day, 100); err != nil {
					t.Fatal(err)
				}
			}
		}
		check := func() (differ int64, example string, behind bool) {
			t.Helper()
			storetest.View(t, db, func(tx *store.Tx) (err error) {
				differ, example, behind, err = tx.CheckFigures()
				return err
			})
			return differ, example, behind
		}
		follow()
		s := storetest.Scheme(place.Egypt, 100_000_000, 0)
		storetest.Update(t, db, func(tx *store.Tx) error {
			if err := errors.Join(tx.InsertScheme(s), tx.OpenPurse(s)); err != nil {
				return err
			}
			for id := int64(1); id <= families; id++ {
				if id%10 != 0 {
					if err := tx.InsertGrant(storetest.Grant(s, id), "tool_kit"); err != nil {
						return err
					}
					continue
				}
				p := &programme.Plan{Party: place.Egypt, FamilyID: id, State: programme.PlanOpen, Goal: "ورشة", Started: day, OwnerID: 1, CreatedAt: storetest.Noon, UpdatedAt: storetest.Noon}
				if err := tx.InsertDevelopment(p); err != nil {
					return err
				}
			}
			return nil
		})
		// The earlier release had followed every change and knew no other note.
		behindBack := raw(t, dsn)
		as := func(late string) {
			t.Helper()
			if _, err := behindBack.Exec(`UPDATE figure_clock SET late = $1, seq = (SELECT coalesce(max(seq), 0) FROM family_change)`, late); err != nil {
				t.Fatal(err)
			}
		}
		as(`{"helped": -1}`) // as if this release had counted them: the sums lack them, or the rest of the test says nothing
		if differ, _, behind := check(); differ == 0 || behind {
			t.Fatalf("sums without grants and plans: %d differ (behind: %v), want some", differ, behind)
		}
		as(`{}`)
		if _, _, behind := check(); !behind {
			t.Error("sums of an earlier release pass for complete")
		}
		follow()
		if differ, example, behind := check(); differ != 0 || behind {
			t.Errorf("after the upgrade %d sums differ (behind: %v): %s", differ, behind, example)
		}
	})
}
