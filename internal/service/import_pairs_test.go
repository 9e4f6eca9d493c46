package service_test

import (
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// What an import notices stands in the queue of pairs and says where it comes from; the nightly search leaves it there, an undo takes it out.
func TestImportQueuesPairs(t *testing.T) {
	o := testkit.Service(t)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	old := o.Family(t, 4, place.Egypt, registry.Approved)
	var number, phone string
	o.View(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, old)
		if err == nil {
			number, phone = f.Record.Lead.IDNumber, f.Record.Lead.Phones[0].Number
		}
		return err
	})
	// The key is the sender's file number: so the person enters a second time, and the row beside her has her phone.
	v := staged(t, o, worker, roster(row(31, "lead.id_number", number, "case.file_no", "77"), row(32, "lead.phones.number", phone, "case.file_no", "78")),
		func(m *sheet.SheetMap) { m.Key = "case.file_no" })
	v = confirmed(t, o, worker, v.ID)
	queue := func() map[string]*service.PairView {
		list, err := o.Duplicates.List(background, reviewer, store.PairOpen, 0)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]*service.PairView{}
		for i := range list.Pairs {
			p := &list.Pairs[i]
			for _, h := range p.Hints {
				if p.A != old || h.SourceID != v.ID {
					t.Errorf("a pair of %d with hint %+v", p.A, h)
				}
				out[h.Reason] = p
			}
		}
		return out
	}
	q := queue()
	if len(q) != 2 || q["eg_nid"] == nil || q["phone"] == nil {
		t.Fatalf("the queue has %v of import %d (%+v)", q, v.ID, v.Counts)
	}
	if same, near := q["eg_nid"], q["phone"]; same.Probability <= near.Probability || len(same.Parts) == 0 || same.Weight == 0 {
		t.Errorf("weights: %+v, %+v", same.DuplicatePair, near.DuplicatePair)
	}
	pair, err := o.Duplicates.Pair(background, reviewer, o.Families, q["eg_nid"].ID)
	if err != nil || len(pair.Hints) != 1 {
		t.Errorf("the pair says %+v, %v", pair, err)
	}
	searchDuplicates(t, o, reviewer)
	if queue()["eg_nid"] == nil {
		t.Error("the search of the night took the pair of one identity number out of the queue")
	}
	if err := o.Imports.Undo(background, worker, v.ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	v = worked(t, o, worker, v.ID, service.ImportUndone)
	if q := queue(); v.Counts.Undone != 2 || len(q) != 0 {
		t.Errorf("after the undo of %d families the queue has %v", v.Counts.Undone, q)
	}
	if dups, err := o.Imports.Duplicates(background, worker, v.ID, 10); err != nil || len(dups) != 2 || !strings.HasPrefix(string(dups[0].Number), "EG") {
		t.Errorf("the import forgot what it noticed: %+v, %v", dups, err)
	}
}
