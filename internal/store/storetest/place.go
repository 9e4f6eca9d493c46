package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/store"
)

// accepted returns an exhibition with exhibitors who hold places, and a hall of it.
func accepted(t testing.TB, db *store.DB, n, people int) (*exhibition.Exhibition, []*exhibition.Participation, *exhibition.Hall) {
	t.Helper()
	e := Exhibition(n, people)
	list := make([]*exhibition.Participation, people)
	for i := range list {
		f := Family("EG", n*1000+i)
		Insert(t, db, f)
		Update(t, db, func(tx *store.Tx) error {
			if i == 0 {
				if err := tx.InsertExhibition(e); err != nil {
					return err
				}
			}
			var err error
			list[i], err = Take(tx, e, f.ID, "EG", exhibition.Accepted)
			return err
		})
	}
	v := &exhibition.Venue{Party: "EG", Area: "EG-C", Name: exhibition.Label{AR: "أرض المعارض"}, City: exhibition.Label{AR: "القاهرة"}, Setting: exhibition.Indoor, CreatedAt: Noon}
	h, p := Hall(t, db, v)
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.ReleasePlan(p, 3, Noon); err != nil {
			return err
		}
		return tx.PutExhibitionHall(&store.ExhibitionHall{ExhibitionID: e.ID, HallID: h.ID, PlanID: p.ID, AddedBy: 3, AddedAt: Noon})
	})
	return e, list, h
}

// FillPlaces puts something into every table of venues and places.
func FillPlaces(t testing.TB, db *store.DB) {
	e, people, h := accepted(t, db, 9, 1)
	Update(t, db, func(tx *store.Tx) error {
		r := layoutRun(e.ID, h.ID)
		return errors.Join(tx.InsertPlacement(&exhibition.Placement{ExhibitionID: e.ID, HallID: h.ID, Booth: 1, ParticipationID: people[0].ID, By: 3, At: Noon}), tx.InsertLayout(&r))
	})
}

func layoutRun(e, h int64) store.LayoutRun {
	return store.LayoutRun{Party: "EG", ExhibitionID: e, HallID: h, State: exhibition.RunQueued, CreatedAt: Noon, Body: []byte(`{"x":1}`)}
}

// testLayout holds that one proposal for booths is at work at a time, that a party sees its own, and that one which two change is changed by one.
func testLayout(t *testing.T, db *store.DB) {
	e, _, h := accepted(t, db, 3, 1)
	first, second := layoutRun(e.ID, h.ID), layoutRun(e.ID, h.ID)
	Update(t, db, func(tx *store.Tx) error { return tx.InsertLayout(&first) })
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertLayout(&second) }); !fault.Is(err, fault.Duplicate) {
		t.Errorf("a second proposal at work: got %v, want a duplicate", err)
	}
	Update(t, db, func(tx *store.Tx) error { return tx.SetLayoutBody(first.ID, []byte(`{"x":2}`)) })
	old := first
	first.State, first.Body, first.Problem, first.Plan, first.Members = exhibition.RunDone, []byte(`{"x":3}`), []byte("problem"), []byte("plan"), []byte("members")
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateLayout(&first) })
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateLayout(&old) }); !fault.Is(err, fault.Stale) {
		t.Errorf("a change of an old version: got %v, want stale", err)
	}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertLayout(&second) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.LayoutByID("EG", first.ID)
		if err != nil || got.State != exhibition.RunDone || got.Version != 2 || string(got.Body)+string(got.Problem)+string(got.Plan)+string(got.Members) != `{"x":3}problemplanmembers` {
			t.Errorf("the proposal: %+v, %v", got, err)
		}
		if _, err := tx.LayoutByID("QA", first.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the other party's proposal: got %v, want not found", err)
		}
		list, err := tx.Layouts("EG", e.ID, h.ID, 0)
		if err != nil || len(list) != 2 || list[0].ID != second.ID {
			t.Errorf("the proposals of a hall: %+v, %v", list, err)
		}
		if other, err := tx.Layouts("EG", e.ID, h.ID, 1); err != nil || len(other) != 0 {
			t.Errorf("the proposals of another wave: %+v, %v", other, err)
		}
		busy, err := tx.LayoutAtWork()
		if err != nil || busy == nil || busy.ID != second.ID {
			t.Errorf("at work: %+v, %v", busy, err)
		}
		return nil
	})
}

// testPlacement holds that a booth is given once: 64 clients put 64 exhibitors into one booth, and one exhibitor into 64 booths, at the same moment.
func testPlacement(t *testing.T, db *store.DB) {
	const clients = 64
	e, people, h := accepted(t, db, 7, clients)
	at := func(who, booth int) exhibition.Placement {
		return exhibition.Placement{ExhibitionID: e.ID, HallID: h.ID, Booth: booth, ParticipationID: people[who].ID, By: 3, At: Noon}
	}
	race := func(key string, place func(i int) exhibition.Placement) {
		var wg sync.WaitGroup
		var done atomic.Int64
		failures := make([]error, clients)
		for i := range clients {
			wg.Go(func() {
				err := db.Update(context.Background(), func(tx *store.Tx) error { p := place(i); return tx.InsertPlacement(&p) })
				if err == nil {
					done.Add(1)
				}
				failures[i] = err
			})
		}
		wg.Wait()
		if done.Load() != 1 {
			t.Fatalf("%s: %d of %d clients placed, want 1", key, done.Load(), clients)
		}
		for _, err := range failures {
			if err != nil {
				wantKind(t, err, fault.Duplicate, "")
			}
		}
	}
	race("one booth", func(i int) exhibition.Placement { return at(i, 1) })
	var winner exhibition.Placement
	View(t, db, func(tx *store.Tx) error {
		list, err := tx.Placements(e.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("got %+v, %v, want one placement", list, err)
		}
		winner = list[0]
		return nil
	})
	other := 0
	if people[0].ID == winner.ParticipationID {
		other = 1
	}
	race("one exhibitor", func(i int) exhibition.Placement { return at(other, 100+i) })

	// The messages tell which of the two it was.
	third := 2
	if people[third].ID == winner.ParticipationID {
		third = 3
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error { p := at(third, 1); return tx.InsertPlacement(&p) })
	wantKind(t, err, fault.Duplicate, "error.place.taken")

	// A move onto a taken booth is refused, one on an older version is stale.
	mine := winner
	mine.Booth = 2
	Update(t, db, func(tx *store.Tx) error { p := mine; return tx.UpdatePlacement(&p) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { p := mine; return tx.UpdatePlacement(&p) }), fault.Stale, "error.stale")
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { p := winner; return tx.DeletePlacement(&p) }), fault.Stale, "error.stale")

	// Who withdraws leaves an empty booth, which another may have.
	Update(t, db, func(tx *store.Tx) error {
		p, err := tx.ParticipationByID("EG", winner.ParticipationID)
		if err != nil {
			return err
		}
		p.State = exhibition.Withdrawn
		return tx.UpdateParticipation(p)
	})
	Update(t, db, func(tx *store.Tx) error {
		if list, err := tx.Placements(e.ID); err != nil || len(list) != 1 {
			t.Errorf("got %+v, %v, want the other exhibitor alone", list, err)
		}
		p := at(third, 2)
		return errors.Join(tx.ClearBooth(e.ID, 0, h.ID, 2), tx.InsertPlacement(&p))
	})
	View(t, db, func(tx *store.Tx) error {
		p, err := tx.PlacementOf(people[third].ID)
		if err != nil || p.Booth != 2 || p.Version != 1 || p.Locked {
			t.Errorf("got %+v, %v", p, err)
		}
		halls, err := tx.ExhibitionHalls(e.ID)
		if err != nil || len(halls) != 1 {
			t.Errorf("got %+v, %v", halls, err)
		}
		free, err := tx.ReleasedPlans("EG")
		if err != nil || len(free) != 1 || free[0].PlanID != halls[0].PlanID || free[0].Venue != "أرض المعارض" {
			t.Errorf("got %+v, %v", free, err)
		}
		none, err := tx.ReleasedPlans("QA")
		if err != nil || len(none) != 0 {
			t.Errorf("the other party: got %+v, %v", none, err)
		}
		return nil
	})
}
