package storetest

import (
	"bytes"
	"testing"

	"muntija/internal/calendar"
	"muntija/internal/demo"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/store"
)

// FillSeason stores a season with exhibitions, open calls and applicants that passed screening: see package demo.
func FillSeason(tx *store.Tx, day calendar.Date, exhibitions, applicants int, seed uint64) (*exhibition.Season, []*exhibition.Exhibition, error) {
	return demo.FillSeason(tx, day, exhibitions, applicants, seed)
}

// FillAllocations stores an allocation with a run, whose seed must not be readable at rest.
func FillAllocations(t testing.TB, db *store.DB, seed string) {
	Update(t, db, func(tx *store.Tx) error {
		s, shows, err := FillSeason(tx, date(2026, 3, 1), 1, 2, 1)
		if err != nil {
			return err
		}
		a := Allocation(s, shows...)
		if err := tx.InsertAllocation(a, []byte(seed)); err != nil {
			return err
		}
		return tx.InsertRun(&store.AllocationRun{AllocationID: a.ID, Kind: exhibition.RunPlan, State: exhibition.RunDone, CreatedAt: Noon, Body: []byte("{}"), Problem: []byte("{}"), Plan: []byte("{}")})
	})
}

// Allocation is an allocation of exhibitions of a season, by the default policy.
func Allocation(s *exhibition.Season, shows ...*exhibition.Exhibition) *exhibition.Allocation {
	a := &exhibition.Allocation{SeasonID: s.ID, Parties: []place.Country{"EG", "QA"}, Terms: exhibition.DefaultAllocation(), Party: "EG", By: 1, CreatedAt: Noon}
	for _, e := range shows {
		a.Terms.Exhibitions = append(a.Terms.Exhibitions, e.ID)
	}
	return a
}

// testAllocations holds that one living allocation decides on an exhibition, that one run is at work, that a party sees only what it takes part in, and that a
// waiting list is read in its order.
func testAllocations(t *testing.T, db *store.DB) {
	var s *exhibition.Season
	var shows []*exhibition.Exhibition
	Update(t, db, func(tx *store.Tx) (err error) {
		s, shows, err = FillSeason(tx, date(2026, 3, 1), 2, 30, 1)
		return err
	})
	seed := bytes.Repeat([]byte{7}, 32)
	a := Allocation(s, shows...)
	Update(t, db, func(tx *store.Tx) error { return tx.InsertAllocation(a, seed) })
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertAllocation(Allocation(s, shows[1]), seed) })
	if !fault.Is(err, fault.Duplicate) {
		t.Errorf("a second allocation of an exhibition: got %v, want a duplicate", err)
	}
	alone := Allocation(s)
	alone.Parties = []place.Country{"QA"}
	run := &store.AllocationRun{AllocationID: a.ID, Kind: exhibition.RunPlan, State: exhibition.RunQueued, CreatedAt: Noon, Body: []byte(`{"x":1}`)}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertAllocation(alone, seed); err != nil {
			return err
		}
		return tx.InsertRun(run)
	})
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		return tx.InsertRun(&store.AllocationRun{AllocationID: alone.ID, Kind: exhibition.RunPlan, State: exhibition.RunQueued, CreatedAt: Noon})
	})
	if !fault.Is(err, fault.Duplicate) {
		t.Errorf("a second run at work: got %v, want a duplicate", err)
	}
	run.State, run.Problem, run.Plan = exhibition.RunDone, []byte("problem"), []byte("plan")
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateRun(run) })
	Update(t, db, func(tx *store.Tx) error {
		return tx.InsertRun(&store.AllocationRun{AllocationID: alone.ID, Kind: exhibition.RunWhatIf, State: exhibition.RunDone, CreatedAt: Noon, Body: []byte("{}")})
	})
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.AllocationSeed(a.ID)
		if err != nil || !bytes.Equal(got, seed) {
			t.Errorf("the seed: %x, %v", got, err)
		}
		if _, err := tx.AllocationByID("EG", alone.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the other party's allocation: %v, want not found", err)
		}
		mine, err := tx.Allocations("EG", s.ID)
		if err != nil || len(mine) != 1 || mine[0].ID != a.ID || mine[0].Terms.AtMost != 2 {
			t.Errorf("the allocations of a party: %+v, %v", mine, err)
		}
		if of, err := tx.AllocationOf(shows[0].ID); err != nil || of == nil || of.ID != a.ID {
			t.Errorf("the allocation of an exhibition: %+v, %v", of, err)
		}
		whole, err := tx.RunByID(a.ID, run.ID)
		if err != nil || string(whole.Plan) != "plan" || whole.State != exhibition.RunDone || string(whole.Body) != `{"x":1}` {
			t.Errorf("the run: %+v, %v", whole, err)
		}
		if _, err := tx.RunByID(alone.ID, run.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the run under another allocation: %v, want not found", err)
		}
		if busy, err := tx.RunAtWork(); busy != nil || err != nil {
			t.Errorf("a run at work: %+v, %v, want none", busy, err)
		}
		return nil
	})
	a.Dropped = Noon
	again := Allocation(s, shows[0])
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.UpdateAllocation(a); err != nil {
			return err
		}
		if err := tx.InsertAllocation(again, seed); err != nil { // a dropped one lets its exhibitions go
			return err
		}
		list, err := tx.Participations(shows[0].ID, store.ParticipationQuery{})
		if err != nil {
			return err
		}
		for i := range list {
			p := &list[i]
			if err := p.Stand(Noon, 1+(i*7)%len(list)); err != nil {
				return err
			}
			if err := tx.UpdateParticipation(p); err != nil {
				return err
			}
		}
		rank, id, seen := -1, int64(0), 0
		for {
			part, err := tx.WaitingAfter(shows[0].ID, 0, rank, id, 3)
			if err != nil || len(part) == 0 {
				if seen != len(list) {
					t.Errorf("%d of %d on the waiting list were read", seen, len(list))
				}
				return err
			}
			for _, p := range part {
				if p.Rank < rank {
					t.Errorf("rank %d behind %d", p.Rank, rank)
				}
				rank, id = p.Rank, p.ID
				seen++
			}
		}
	})
}
