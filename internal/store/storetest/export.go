package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// testExportRows holds what an export reads to what the lists and the pages of families read.
func testExportRows(t *testing.T, db *store.DB) {
	var all []*registry.Family
	for i := range 30 {
		f := Family([...]place.Country{"EG", "EG", "QA"}[i%3], i)
		if i%2 == 1 { // handed in, and some of them approved
			st := &f.Status
			st.State, st.Number = registry.Submitted, registry.MakeNumber(f.Party, 2026, int64(40-i))
			st.SubmittedAt, st.SubmittedBy, st.ReviewerID = st.CreatedAt.AddDate(0, i%5, 0), st.EnteredBy, int64(i%3)
			if i%4 == 3 {
				st.State, st.DecidedAt, st.ValidUntil, st.Amendment = registry.Approved, st.SubmittedAt.AddDate(0, 0, i), date(2026+i%4, 1+i%12, 1), i%8 == 3
			}
		}
		all = append(all, f)
	}
	Insert(t, db, all...)
	merged := Family("EG", 77)
	merged.Status.State = registry.Merged
	Insert(t, db, merged)
	testScan(t, db)
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

// testScan: a program that has not read the lists selects the same families in the same order as one that has.
func testScan(t *testing.T, db *store.DB) {
	day := func(s string) calendar.Date {
		d, err := calendar.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	scopes := []store.Scope{All("EG"), All("QA"), {Party: "EG", Areas: []string{"EG-C", "EG-SHG"}}, {Party: "EG", Areas: []string{}}}
	queries := []store.FamilyQuery{{}, {States: []string{"submitted", "approved"}}, {Areas: []string{"EG-C"}}, {Crafts: []string{"TX", "PT"}, Sexes: []string{"f"}}, {Overalls: []string{""}},
		{Protections: []string{"none"}}, {EnteredBy: 1}, {EnteredBy: 99}, {NotEnteredBy: 1}, {ReviewerID: 2}, {Amendment: true}, {Text: "EG-2026-0000001"}, {Text: "29801010100014", TextIDs: true},
		{From: day("2026-01-01")}, {To: day("2026-01-01")}, {To: day("9999-12-31")}}
	for _, field := range []store.DateField{store.DateCreated, store.DateSubmitted, store.DateDecided, store.DateValidUntil} {
		queries = append(queries, store.FamilyQuery{DateField: field, From: day("2025-01-01"), To: day("2026-11-01")}, store.FamilyQuery{DateField: field, To: day("2027-01-01")},
			store.FamilyQuery{DateField: field, From: day("2020-01-01")})
	}
	type key struct {
		scope, query int
		sort         store.Sort
	}
	cold := map[key][]int64{}
	each := func(f func(k key, ids []int64)) {
		View(t, db, func(tx *store.Tx) error {
			for i, s := range scopes {
				for j, q := range queries {
					for _, q.Sort = range []store.Sort{store.SortNewest, store.SortOldest, store.SortName, store.SortNumber, store.SortSubmitted, store.SortValidUntil} {
						ids, err := tx.FamilyIDs(s, q)
						if err != nil {
							return err
						}
						f(key{i, j, q.Sort}, ids)
					}
				}
			}
			return nil
		})
	}
	each(func(k key, ids []int64) { cold[k] = ids })
	if err := db.WarmLists(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := map[int]bool{}
	each(func(k key, ids []int64) {
		if !slices.Equal(ids, cold[k]) {
			t.Errorf("query %d %+v by %s: got %v without the lists, want %v", k.query, queries[k.query], k.sort, cold[k], ids)
		}
		found[len(ids)] = true
	})
	if len(found) < 4 {
		t.Errorf("the queries find only %v families", found)
	}
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
