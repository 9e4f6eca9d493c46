package storetest

import (
	"testing"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/store"
)

// FillSeasonPlan stores what was said for a season's plan, a draft and a run. The person's name must not be readable at rest.
func FillSeasonPlan(t testing.TB, db *store.DB, name string) {
	Update(t, db, func(tx *store.Tx) error {
		s, _, err := FillSeason(tx, date(2026, 5, 1), 1, 2, 2)
		if err != nil {
			return err
		}
		if err := tx.PutSeasonPart(&store.SeasonPart{SeasonID: s.ID, Kind: "person", Ref: 1, Party: "EG", Body: []byte(`{"name":"` + name + `"}`)}); err != nil {
			return err
		}
		d := &exhibition.SeasonDraft{SeasonID: s.ID, State: exhibition.SeasonDrafted, Party: "EG", By: 1, CreatedAt: Noon}
		if err := tx.InsertSeasonDraft(d); err != nil {
			return err
		}
		r := &store.SeasonRun{DraftID: d.ID, State: exhibition.RunQueued, CreatedAt: Noon, Body: []byte("{}")}
		if err := tx.InsertSeasonRun(r); err != nil {
			return err
		}
		r.State, r.Problem, r.Result = exhibition.RunDone, []byte("{}"), []byte("{}")
		return tx.UpdateSeasonRun(r)
	})
}

// testSeasonPlans holds that a thing is spoken of once, that nobody overwrites what they did not read, that one plan of a season holds, and that one run is at work.
func testSeasonPlans(t *testing.T, db *store.DB) {
	var s *exhibition.Season
	var shows []*exhibition.Exhibition
	Update(t, db, func(tx *store.Tx) (err error) {
		s, shows, err = FillSeason(tx, date(2026, 3, 1), 2, 4, 1)
		return err
	})
	wish := &store.SeasonPart{SeasonID: s.ID, Kind: "exhibition", Ref: shows[0].ID, Body: []byte(`{"skip":true}`)}
	Update(t, db, func(tx *store.Tx) error { return tx.PutSeasonPart(wish) })
	again := &store.SeasonPart{SeasonID: s.ID, Kind: "exhibition", Ref: shows[0].ID, Body: []byte(`{}`)}
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutSeasonPart(again) }); !fault.Is(err, fault.Stale) {
		t.Errorf("a second first word on an exhibition: %v, want stale", err)
	}
	old := *wish
	wish.Body = []byte(`{"skip":false}`)
	Update(t, db, func(tx *store.Tx) error { return tx.PutSeasonPart(wish) })
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutSeasonPart(&old) }); !fault.Is(err, fault.Stale) {
		t.Errorf("an older version: %v, want stale", err)
	}
	View(t, db, func(tx *store.Tx) error {
		parts, err := tx.SeasonParts(s.ID)
		if err != nil || len(parts) != 1 || parts[0].Version != 2 || string(parts[0].Body) != `{"skip":false}` || parts[0].Ref != shows[0].ID {
			t.Errorf("what was said: %+v, %v", parts, err)
		}
		called, err := tx.SeasonCalls(s.ID)
		if err != nil || !called[shows[0].ID] || !called[shows[1].ID] {
			t.Errorf("exhibitions with calls: %v, %v", called, err)
		}
		return nil
	})

	var drafts [2]*exhibition.SeasonDraft
	for i := range drafts {
		drafts[i] = &exhibition.SeasonDraft{SeasonID: s.ID, State: exhibition.SeasonDrafted, Party: "EG", By: 1, CreatedAt: Noon, Spots: []exhibition.SeasonSpot{{Exhibition: shows[0].ID, Venue: "1", Week: 3}}}
		Update(t, db, func(tx *store.Tx) error { return tx.InsertSeasonDraft(drafts[i]) })
	}
	drafts[0].State = exhibition.SeasonReleased
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateSeasonDraft(drafts[0]) })
	second := *drafts[1]
	second.State = exhibition.SeasonReleased
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateSeasonDraft(&second) }); !fault.Is(err, fault.Duplicate) {
		t.Errorf("a second plan that holds: %v, want a duplicate", err)
	}
	run := &store.SeasonRun{DraftID: drafts[1].ID, State: exhibition.RunQueued, CreatedAt: Noon, Body: []byte(`{"x":1}`)}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertSeasonRun(run) })
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		return tx.InsertSeasonRun(&store.SeasonRun{DraftID: drafts[0].ID, State: exhibition.RunQueued, CreatedAt: Noon, Body: []byte("{}")})
	}); !fault.Is(err, fault.Duplicate) {
		t.Errorf("a second run at work: %v, want a duplicate", err)
	}
	View(t, db, func(tx *store.Tx) error {
		plan, err := tx.SeasonPlan(s.ID)
		if err != nil || plan == nil || plan.ID != drafts[0].ID || len(plan.Spots) != 1 {
			t.Errorf("the plan that holds: %+v, %v", plan, err)
		}
		if _, err := tx.SeasonDraftByID(s.ID+1000, drafts[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a draft under another season: %v, want not found", err)
		}
		at, err := tx.SeasonRunAtWork()
		if err != nil || at == nil || at.ID != run.ID {
			t.Errorf("the run at work: %+v, %v", at, err)
		}
		if _, err := tx.SeasonRunByID(drafts[0].ID, run.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a run under another draft: %v, want not found", err)
		}
		return nil
	})
	run.State, run.Result = exhibition.RunDone, []byte("{}")
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.UpdateSeasonRun(run); err != nil {
			return err
		}
		return tx.InsertSeasonRun(&store.SeasonRun{DraftID: drafts[0].ID, State: exhibition.RunQueued, CreatedAt: Noon, Body: []byte("{}")})
	})
}
