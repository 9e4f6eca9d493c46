package storetest

import (
	"testing"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// testFair holds what the public sees of exhibitions: agreed ones only, the families behind who holds a place (also those that an association stands for), their products while
// the catalogue shows them, and a number that moves with each of these.
func testFair(t *testing.T, db *store.DB) {
	eg, member, quiet := approved(Family("EG", 61)), approved(Family("EG", 62)), Family("EG", 63)
	quiet.Status.State = registry.Approved // without the consent
	Insert(t, db, eg, member, quiet)
	for n, f := range []*registry.Family{eg, member, quiet} {
		for k := range 2 {
			p := Product(f, 10*n+k)
			p.Status.State, p.Status.DecidedAt = registry.ProductApproved, Noon
			Update(t, db, func(tx *store.Tx) error { return tx.InsertProduct(p) })
		}
	}
	e, draft := Exhibition(3, 9), Exhibition(4, 9)
	draft.Status = exhibition.Draft
	var own *exhibition.Participation
	Update(t, db, func(tx *store.Tx) error {
		for _, x := range []*exhibition.Exhibition{e, draft} {
			if err := tx.InsertExhibition(x); err != nil {
				return err
			}
		}
		var err error
		if own, err = Take(tx, e, eg.ID, "EG", exhibition.Accepted); err != nil {
			return err
		}
		if _, err := Take(tx, e, quiet.ID, "EG", exhibition.Accepted); err != nil {
			return err
		}
		for _, state := range []exhibition.State{exhibition.Accepted, exhibition.Invited} {
			x := &exhibition.Exhibitor{Party: "EG", Kind: exhibition.Association, Name: "جمعية " + string(state), Area: "EG-C", Craft: "TX", Members: []int64{member.ID}, CreatedAt: Noon, UpdatedAt: Noon}
			if err := tx.InsertExhibitor(x); err != nil {
				return err
			}
			p := &exhibition.Participation{ExhibitionID: e.ID, ExhibitorID: x.ID, State: state, Traits: x.Traits(true), Name: x.Name, CreatedAt: Noon, UpdatedAt: Noon}
			if err := tx.InsertParticipation(p); err != nil {
				return err
			}
		}
		return nil
	})
	var before int64
	View(t, db, func(tx *store.Tx) error {
		list, err := tx.PublicFairs(e.Terms.Last, 10)
		if err != nil || len(list) != 1 || list[0].ID != e.ID {
			t.Errorf("got %d exhibitions, %v, want the agreed one", len(list), err)
		}
		if list, err = tx.PublicFairs(e.Terms.Last.AddDays(1), 10); err != nil || len(list) != 0 {
			t.Errorf("after its last day: %d, %v", len(list), err)
		}
		_, err = tx.PublicFair(draft.ID)
		wantKind(t, err, fault.NotFound, "")
		makers, err := tx.FairMakers(e.ID)
		if err != nil || len(makers) != 3 {
			t.Errorf("got %+v, %v, want three families", makers, err)
		}
		faces, err := tx.PublicMakers([]int64{member.ID, quiet.ID, eg.ID})
		if err != nil || len(faces) != 2 || faces[0].Family != member.ID || faces[1].Family != eg.ID || faces[0].Count != 2 {
			t.Errorf("got %+v, %v, want two faces in the order asked for", faces, err)
		}
		for _, f := range []int64{eg.ID, member.ID} {
			found, err := tx.FairsOf(f, e.Terms.First)
			if err != nil || len(found) != 1 || found[0].ExhibitionID != e.ID || found[0].Family != f {
				t.Errorf("family %d stands in %+v, %v", f, found, err)
			}
		}
		list2, err := tx.ListCatalogue(store.CatalogueQuery{Chosen: true, Families: []int64{eg.ID, quiet.ID}})
		if err != nil || list2.Total != 2 {
			t.Errorf("got %d products, %v, want the two of the family with consent", list2.Total, err)
		}
		if list2, err = tx.ListCatalogue(store.CatalogueQuery{Chosen: true}); err != nil || list2.Total != 0 {
			t.Errorf("of no family: %d products, %v", list2.Total, err)
		}
		keys, err := tx.PublicKeys("EG", "", "", []int64{member.ID})
		if err != nil || len(keys) != 2 {
			t.Errorf("got %+v, %v", keys, err)
		}
		_, before, err = tx.PublicSeqs()
		return err
	})
	own.State = exhibition.Withdrawn
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateParticipation(own) })
	View(t, db, func(tx *store.Tx) error {
		_, after, err := tx.PublicSeqs()
		if err != nil || after <= before {
			t.Errorf("the number is %d after %d, %v", after, before, err)
		}
		makers, err := tx.FairMakers(e.ID)
		if err != nil || len(makers) != 2 {
			t.Errorf("after a withdrawal: %+v, %v", makers, err)
		}
		found, err := tx.FairsOf(eg.ID, e.Terms.First)
		if err != nil || len(found) != 0 {
			t.Errorf("after a withdrawal the family still stands in %+v, %v", found, err)
		}
		return nil
	})
}
