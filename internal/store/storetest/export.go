package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// testExportRows holds what an export reads to what the lists and the pages of families read.
func testExportRows(t *testing.T, db *store.DB) {
	var all []*registry.Family
	for i := range 30 {
		all = append(all, Family([...]place.Country{"EG", "EG", "QA"}[i%3], i))
	}
	Insert(t, db, all...)
	for _, sort := range []store.Sort{store.SortNewest, store.SortOldest, store.SortName, store.SortNumber, store.SortSubmitted, store.SortValidUntil} {
		View(t, db, func(tx *store.Tx) error {
			q := store.FamilyQuery{Sort: sort, Limit: 200}
			page, err := tx.ListFamilies(All("EG"), q)
			if err != nil {
				return err
			}
			ids, err := tx.FamilyIDs(All("EG"), q)
			if err != nil {
				return err
			}
			var want []int64
			for _, r := range page.Rows {
				want = append(want, r.ID)
			}
			if !slices.Equal(ids, want) || len(ids) != 20 {
				t.Errorf("%s: got %v, want %v", sort, ids, want)
			}
			return nil
		})
	}
	View(t, db, func(tx *store.Tx) error {
		ids, err := tx.FamilyIDs(All("EG"), store.FamilyQuery{})
		if err != nil {
			return err
		}
		ids = append(ids, all[2].ID, 1<<40) // the other party's, and nobody's
		families, err := tx.FamiliesByID(All("EG"), ids)
		if err != nil {
			return err
		}
		if len(families) != 20 {
			t.Fatalf("%d families, want 20", len(families))
		}
		for i, f := range families {
			if err := f.Open(); err != nil {
				return err
			}
			want, err := tx.FamilyByID(All("EG"), ids[i])
			if err != nil {
				return err
			}
			if !reflect.DeepEqual(&f.Family, want) {
				t.Errorf("got %+v\nwant %+v", f.Family, want)
			}
		}
		some, err := tx.FamiliesByID(store.Scope{Party: "EG", Areas: []string{}}, ids)
		if err != nil || len(some) != 0 {
			t.Errorf("no areas give %d families, %v", len(some), err)
		}
		made, err := tx.LatestAssessments(ids)
		if err != nil {
			return err
		}
		for id, a := range made {
			want, err := tx.LatestAssessment(id)
			if err != nil {
				return err
			}
			if !reflect.DeepEqual(a, want) {
				t.Errorf("got %+v\nwant %+v", a, want)
			}
		}
		_, err = tx.DocumentsIn(ids)
		return err
	})
	wantKind(t, db.View(t.Context(), func(tx *store.Tx) error {
		_, err := tx.FamilyIDs(All("EG"), store.FamilyQuery{Sort: "nonsense"})
		return err
	}), fault.Invalid, "")
}

// testExportFiles is the life of a made file and of layouts: kept sealed, read by their owner, forgotten after their time.
func testExportFiles(t *testing.T, db *store.DB) {
	var owner, other int64
	Update(t, db, func(tx *store.Tx) error {
		for i, id := range []*int64{&owner, &other} {
			u := &auth.User{Email: fmt.Sprintf("u%d@example.org", i), Party: "EG", Role: auth.Reviewer, Areas: auth.AllAreas(), CreatedAt: Noon}
			if err := tx.InsertUser(u); err != nil {
				return err
			}
			*id = u.ID
		}
		return nil
	})
	job := &store.Job{Kind: "export", Party: "EG", By: owner, CreatedAt: Noon}
	f := &store.ExportFile{UserID: owner, Party: "EG", Kind: "families", Spec: []byte(`{"q":"29001010100015"}`), CreatedAt: Noon, ExpiresAt: Noon.Add(time.Hour)}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertJob(job); err != nil {
			return err
		}
		f.JobID = job.ID
		if err := tx.InsertExport(f); err != nil {
			return err
		}
		for n, piece := range []string{"one", "two"} {
			if err := tx.PutExportBlock(f.ID, int64(n), []byte(piece)); err != nil {
				return err
			}
		}
		f.Rows, f.Size, f.SHA256, f.ExpiresAt = 7, 6, "abc", Noon.Add(2*time.Hour)
		return tx.FinishExport(f)
	})
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ExportOf(owner, f.ID, Noon)
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, f)
		}
		byJob, err := tx.ExportByJob(job.ID)
		if err != nil || byJob.ID != f.ID {
			t.Errorf("by its job: %+v, %v", byJob, err)
		}
		if list, err := tx.ExportsOf(owner, Noon, 10); err != nil || len(list) != 1 {
			t.Errorf("%d exports, %v", len(list), err)
		}
		if list, err := tx.ExportsOf(other, Noon, 10); err != nil || len(list) != 0 {
			t.Errorf("another has %d exports, %v", len(list), err)
		}
		if b, err := tx.ExportBlock(f.ID, 1); err != nil || string(b) != "two" {
			t.Errorf("the second piece is %q, %v", b, err)
		}
		_, err = tx.ExportBlock(f.ID, 2)
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.ExportOf(other, f.ID, Noon)
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.ExportOf(owner, f.ID, Noon.Add(3*time.Hour))
		wantKind(t, err, fault.NotFound, "")
		return nil
	})
	Update(t, db, func(tx *store.Tx) error {
		if n, err := tx.PurgeExports(Noon); err != nil || n != 0 {
			t.Errorf("%d forgotten too early, %v", n, err)
		}
		n, err := tx.PurgeExports(Noon.Add(3 * time.Hour))
		if n != 1 {
			t.Errorf("%d forgotten, want 1", n)
		}
		return err
	})

	l := &store.Layout{UserID: owner, Kind: "families", Name: "كشف", Fields: []string{"number", "lead.sex"}, CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.PutLayout(l) })
	again := &store.Layout{UserID: owner, Kind: "families", Name: "كشف", Fields: []string{"state"}, CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.PutLayout(again) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.LayoutsOf(owner, "families")
		if err != nil || len(got) != 1 || !reflect.DeepEqual(&got[0], again) || again.ID != l.ID {
			t.Errorf("layouts: %+v, %v", got, err)
		}
		return nil
	})
	Update(t, db, func(tx *store.Tx) error {
		wantKind(t, tx.DeleteLayout(other, l.ID), fault.NotFound, "")
		return tx.DeleteLayout(owner, l.ID)
	})
}

// FillExport puts a layout and a made file of a user into the database; the secret stands in what was asked and in the file.
func FillExport(tx *store.Tx, user int64, party place.Country, secret string) error {
	job := &store.Job{Kind: "export", Party: party, By: user}
	if err := tx.InsertJob(job); err != nil {
		return err
	}
	f := &store.ExportFile{JobID: job.ID, UserID: user, Party: party, Kind: "families", Spec: []byte(`{"q":"` + secret + `"}`)}
	if err := tx.InsertExport(f); err != nil {
		return err
	}
	if err := tx.PutExportBlock(f.ID, 0, []byte("a file with "+secret)); err != nil {
		return err
	}
	return tx.PutLayout(&store.Layout{UserID: user, Kind: "families", Name: "x", Fields: []string{"number"}})
}
