package storetest

import (
	"errors"
	"testing"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// FillMerge stores a merge of the first two families with a text that must not be readable at rest.
func FillMerge(t testing.TB, db *store.DB, secret string) {
	Update(t, db, func(tx *store.Tx) error {
		m := &store.Merge{Party: "EG", Survivor: 1, Away: 2, By: 1, At: Noon}
		m.Body.After.Project.Name = secret
		return tx.InsertMerge(m)
	})
}

// testMerge moves what hangs beside a family to another and back: exhibitions that both take part in, memberships, decided pairs.
func testMerge(t *testing.T, db *store.DB) {
	a, b, c := Family("EG", 1), Family("EG", 2), Family("EG", 3)
	Insert(t, db, a, b, c)
	over, coming, alone := Exhibition(1, 5), Exhibition(2, 5), Exhibition(3, 5)
	var association int64
	Update(t, db, func(tx *store.Tx) error {
		union := &exhibition.Exhibitor{Party: "EG", Kind: exhibition.Association, Name: "جمعية", Members: []int64{a.ID, b.ID}, CreatedAt: Noon, UpdatedAt: Noon}
		err := errors.Join(tx.InsertExhibition(over), tx.InsertExhibition(coming), tx.InsertExhibition(alone), tx.InsertExhibitor(union))
		if err != nil {
			return err
		}
		association = union.ID
		// In the first both were refused or are invited, the other way round in the second; the third is b's alone.
		for i, e := range []*exhibition.Exhibition{over, coming, alone} {
			for j, f := range []*registry.Family{a, b} {
				if i == 2 && j == 0 {
					continue
				}
				state := exhibition.Invited
				if i == j {
					state = exhibition.Refused
				}
				var err error
				if i == 0 {
					_, err = Take(tx, e, f.ID, "EG", state)
				} else {
					var x *exhibition.Exhibitor
					if x, err = tx.ExhibitorOfFamily("EG", f.ID); err == nil {
						err = tx.InsertParticipation(&exhibition.Participation{ExhibitionID: e.ID, ExhibitorID: x.ID, FamilyID: f.ID, State: state, Traits: x.Traits(true), Name: x.Name,
							CreatedAt: Noon, UpdatedAt: Noon})
					}
				}
				if err != nil {
					return err
				}
			}
		}
		return tx.FindPairs("EG", []store.DuplicatePair{{A: b.ID, B: c.ID, Probability: .9}, {A: a.ID, B: b.ID, Probability: .9}}, Noon)
	})
	dump := func() (out string) {
		View(t, db, func(tx *store.Tx) error {
			out = ""
			for _, f := range []*registry.Family{a, b, c} {
				d, err := tx.DumpFamily(f.ID, nil)
				if err != nil {
					return err
				}
				out += string(d)
			}
			return nil
		})
		return out
	}
	before := dump()
	m := &store.Merge{Party: "EG", Survivor: a.ID, Away: b.ID, Number: "EG-26-0000001-1", By: 1, At: Noon}
	Update(t, db, func(tx *store.Tx) error {
		if clashes, err := tx.MergeClashes("EG", a.ID, b.ID); err != nil || len(clashes) != 0 {
			t.Errorf("clashes %+v, %v", clashes, err)
		}
		m.Body = store.MergeBody{}
		return errors.Join(tx.MarkHigh(&m.Body), tx.MoveBeside("EG", b.ID, a.ID, &m.Body), tx.InsertMerge(m))
	})
	if dump() == before {
		t.Fatal("nothing moved")
	}
	View(t, db, func(tx *store.Tx) error {
		for _, e := range []*exhibition.Exhibition{over, coming, alone} {
			list, err := tx.Participations(e.ID, store.ParticipationQuery{Party: "EG", States: []exhibition.State{exhibition.Invited}})
			if err != nil {
				return err
			}
			if len(list) != 1 || list[0].FamilyID != a.ID {
				t.Errorf("invited to exhibition %d: %+v, want family %d alone", e.ID, list, a.ID)
			}
		}
		x, err := tx.ExhibitorByID("EG", association)
		if err != nil {
			return err
		}
		if len(x.Members) != 1 || x.Members[0] != a.ID {
			t.Errorf("members %v", x.Members)
		}
		survivor, err := tx.SurvivorOf(b.ID)
		if survivor != a.ID {
			t.Errorf("family %d stands for %d", survivor, b.ID)
		}
		changed, gone, err2 := tx.ChangedSince(m)
		if len(changed)+len(gone) != 0 {
			t.Errorf("changed %v, gone %v", changed, gone)
		}
		return errors.Join(err, err2)
	})
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		twice := *m
		return tx.InsertMerge(&twice)
	})
	if err == nil {
		t.Error("one family was merged twice")
	}
	Update(t, db, func(tx *store.Tx) error {
		again, err := tx.MergeByID("EG", m.ID)
		if err != nil {
			return err
		}
		exact := true
		again.Body.Exact = &exact
		return errors.Join(tx.MoveBack(again), tx.EndMerge(again, 2, Noon.Add(time.Hour)))
	})
	if after := dump(); after != before {
		t.Errorf("moved there and back:\n%s\nwant\n%s", after, before)
	}
	View(t, db, func(tx *store.Tx) error {
		_, err := tx.MergeOf("EG", b.ID)
		wantKind(t, err, fault.NotFound, "error.not_found")
		last, err := tx.LastMergeOf("EG", b.ID, a.ID)
		if err == nil && (last == nil || last.UndoneBy != 2 || !*last.Body.Exact) {
			t.Errorf("the last merge: %+v", last)
		}
		return err
	})
}
