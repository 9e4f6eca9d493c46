package storetest

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/store"
)

// Hall returns a hall of a new venue of a party with an empty draft, stored.
func Hall(t testing.TB, db *store.DB, v *exhibition.Venue) (*exhibition.Hall, *store.HallPlan) {
	t.Helper()
	h := &exhibition.Hall{Party: v.Party, Name: exhibition.Label{AR: "القاعة الكبرى", EN: "Great hall"}, CreatedBy: 3, CreatedAt: Noon, UpdatedAt: Noon}
	p := &store.HallPlan{Party: v.Party, Booths: 2, AreaM2: 1200, Blocked: 1, Warned: 4, Body: []byte(`{"a":1}`), CreatedBy: 3, CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error {
		if v.ID == 0 {
			if err := tx.InsertVenue(v); err != nil {
				return err
			}
		}
		h.VenueID = v.ID
		if err := tx.InsertHall(h); err != nil {
			return err
		}
		p.HallID = h.ID
		return tx.InsertPlan(p)
	})
	return h, p
}

func testVenue(t *testing.T, db *store.DB) {
	v := &exhibition.Venue{Party: "EG", Area: "EG-C", Name: exhibition.Label{AR: "أرض المعارض", EN: "Exhibition Ground"}, City: exhibition.Label{AR: "القاهرة", EN: "Cairo"},
		Setting: exhibition.Indoor, FloorM2: 5000, Notes: exhibition.Label{AR: "ملاحظة"}, CreatedBy: 3, CreatedAt: Noon, UpdatedAt: Noon}
	h, p := Hall(t, db, v)
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.VenueByID("EG", v.ID)
		if err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, v)
		}
		hall, err := tx.HallByID("EG", h.ID)
		if err != nil || !reflect.DeepEqual(hall, h) {
			t.Errorf("got %+v, %v\nwant %+v", hall, err, h)
		}
		plan, err := tx.PlanByID("EG", p.ID)
		if err != nil || !reflect.DeepEqual(plan, p) || p.Number != 1 || p.State != exhibition.PlanDraft {
			t.Errorf("got %+v, %v\nwant %+v", plan, err, p)
		}
		_, err = tx.VenueByID("QA", v.ID)
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.HallByID("QA", h.ID)
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.PlanByID("QA", p.ID)
		wantKind(t, err, fault.NotFound, "")
		for party, want := range map[place.Country]int{"EG": 1, "QA": 0} {
			venues, err := tx.ListVenues(party)
			if err != nil || len(venues) != want {
				t.Errorf("%s: got %d venues, %v, want %d", party, len(venues), err, want)
			}
		}
		halls, err := tx.ListHalls("EG", v.ID)
		if err != nil || len(halls) != 1 || halls[0] != *h {
			t.Errorf("got %+v, %v", halls, err)
		}
		return nil
	})
	same := *v
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertVenue(&same) })
	wantKind(t, err, fault.Duplicate, "error.duplicate_venue")
	twin := *h
	err = db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertHall(&twin) })
	wantKind(t, err, fault.Duplicate, "error.duplicate_hall")

	mine, theirs := *v, *v
	theirs.Name.EN, theirs.UpdatedAt = "Fair ground", Noon.Add(time.Hour)
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateVenue(&theirs) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateVenue(&mine) }), fault.Stale, "error.stale")
	hall := *h
	hall.Name.AR = "القاعة الصغرى"
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateHall(&hall) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateHall(h) }), fault.Stale, "error.stale")
}

func testPlan(t *testing.T, db *store.DB) {
	v := &exhibition.Venue{Party: "QA", Area: "QA-DA", Name: exhibition.Label{AR: "مركز الدوحة"}, City: exhibition.Label{AR: "الدوحة"}, Setting: exhibition.Indoor, CreatedAt: Noon}
	_, p := Hall(t, db, v)
	another := *p
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertPlan(&another) })
	wantKind(t, err, fault.Duplicate, "error.plan.has_draft")

	// Two who save the same version: one is told.
	var wg sync.WaitGroup
	results := make([]error, 16)
	for i := range results {
		wg.Go(func() {
			mine := *p
			mine.Body, mine.UpdatedBy, mine.UpdatedAt = fmt.Appendf(nil, `{"a":%d}`, i), int64(i), Noon
			results[i] = db.Update(context.Background(), func(tx *store.Tx) error { q := mine; return tx.UpdatePlan(&q) })
		})
	}
	wg.Wait()
	saved := 0
	for _, err := range results {
		if err == nil {
			saved++
		} else {
			wantKind(t, err, fault.Stale, "error.stale")
		}
	}
	if saved != 1 {
		t.Fatalf("%d of 16 saved the same version, want 1", saved)
	}
	stale := *p
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.ReleasePlan(&stale, 4, Noon) }), fault.Stale, "error.stale")
	p.Version = 2
	released := *p
	Update(t, db, func(tx *store.Tx) error { released = *p; return tx.ReleasePlan(&released, 4, Noon) })
	gone := released
	for name, do := range map[string]func(tx *store.Tx) error{
		"update": func(tx *store.Tx) error { q := gone; return tx.UpdatePlan(&q) }, "release": func(tx *store.Tx) error { q := gone; return tx.ReleasePlan(&q, 4, Noon) },
		"delete": func(tx *store.Tx) error { q := gone; return tx.DeletePlan(&q) },
	} {
		t.Run(name+" of a released plan", func(t *testing.T) {
			wantKind(t, db.Update(t.Context(), do), fault.State, "error.plan.released")
		})
	}
	second := &store.HallPlan{HallID: p.HallID, Party: "QA", BasedOn: 1, Body: []byte(`{}`), CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertPlan(second) })
	third := *second
	Update(t, db, func(tx *store.Tx) error { third = *second; return tx.ReleasePlan(&third, 4, Noon) })
	View(t, db, func(tx *store.Tx) error {
		list, err := tx.ListPlans("QA", p.HallID)
		if err != nil || len(list) != 2 || list[0].State != exhibition.PlanReleased || list[1].State != exhibition.PlanRetired || list[0].Number != 2 || list[0].Body != nil {
			t.Errorf("got %+v, %v, want a released second and a retired first", list, err)
		}
		return nil
	})
	fourth := &store.HallPlan{HallID: p.HallID, Party: "QA", BasedOn: 2, Body: []byte(`{}`), CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertPlan(fourth) })
	Update(t, db, func(tx *store.Tx) error { return tx.DeletePlan(fourth) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.DeletePlan(fourth) }), fault.NotFound, "")
}
