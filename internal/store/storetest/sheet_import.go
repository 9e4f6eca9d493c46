package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// FillImport puts something into every table of imports; secret stands where a file, a mapping or a row may hold something personal.
func FillImport(tx *store.Tx, party place.Country, user, family int64, secret string) error {
	m := &store.Import{Party: party, By: user, State: "mapping", SHA256: "00", Words: []byte(`{"name":"` + secret + `"}`), CreatedAt: Noon}
	if err := tx.InsertImport(m, []byte("file of "+secret)); err != nil {
		return err
	}
	return errors.Join(
		tx.PutImportRows(m, []store.ImportRow{{Seq: 1, Row: 7, Outcome: "problem", Body: []byte(`{"n":"` + secret + `"}`)}, {Seq: 2, Row: 8, Outcome: "new", FamilyID: family, FamilyVersion: 1}}),
		tx.PutMapping(user, fmt.Sprint("shape", family), []byte(`{"constants":{"case.association":"`+secret+`"}}`), Noon),
		tx.PutDuplicateHints([]store.DuplicateHint{{Party: party, Source: "import", SourceID: m.ID, Seq: 2, FamilyID: family, OtherID: family, Reason: "phone", CreatedAt: Noon}}))
}

func testImport(t *testing.T, db *store.DB) {
	file := bytes.Repeat([]byte("0123456789abcdef"), 80_000) // three pieces
	m := &store.Import{Party: "EG", By: 3, State: "mapping", SHA256: "ab", Words: []byte(`{"name":"كشف"}`), CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertImport(m, file) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ImportByID("EG", m.ID)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(got, m) {
			t.Errorf("got %+v\nwant %+v", got, m)
		}
		body, err := tx.ImportFile(got)
		if err != nil || !bytes.Equal(body, file) {
			t.Errorf("got %d bytes, %v, want %d", len(body), err, len(file))
		}
		if _, err := tx.ImportByID("QA", m.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the other party: got %v", err)
		}
		if list, err := tx.ListImports("EG", 4, 10); len(list) != 0 || err != nil {
			t.Errorf("somebody else's: got %d, %v", len(list), err)
		}
		same, err := tx.ImportsOfFile("EG", "ab")
		if len(same) != 1 || err != nil {
			t.Errorf("of the same bytes: got %d, %v", len(same), err)
		}
		return err
	})
	stale := *m
	m.State, m.DoneSeq, m.JobID, m.ConfirmedAt, m.Counts = "running", 2, 9, Noon, []byte(`{"rows":2}`)
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateImport(m) })
	wantKind(t, db.Update(context.Background(), func(tx *store.Tx) error { return tx.UpdateImport(&stale) }), fault.Stale, "error.stale")

	rows := make([]store.ImportRow, 40)
	for i := range rows {
		rows[i] = store.ImportRow{Seq: int64(i + 1), Row: i + 2, Outcome: []string{"new", "problem"}[i%2], FamilyID: int64(i % 2)}
		if i%2 == 1 {
			rows[i].Body = []byte(fmt.Sprint("body ", i))
		}
	}
	Update(t, db, func(tx *store.Tx) error { return tx.PutImportRows(m, rows) })
	rows[4].Undo, rows[4].FamilyVersion = "undone", 3
	Update(t, db, func(tx *store.Tx) error { return tx.PutImportRows(m, rows[4:5]) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ImportRows(m, store.ImportRowQuery{Bodies: true})
		if err != nil || !reflect.DeepEqual(got, rows) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, rows)
		}
		page, err := tx.ImportRows(m, store.ImportRowQuery{Outcomes: []string{"problem"}, After: 10, Limit: 3})
		if err != nil || len(page) != 3 || page[0].Seq != 12 || page[0].Body != nil {
			t.Errorf("got %+v, %v", page, err)
		}
		back, err := tx.ImportRows(m, store.ImportRowQuery{Outcomes: []string{"new"}, Undo: []string{""}, Before: 9, Limit: 2, Descended: true})
		if err != nil || len(back) != 2 || back[0].Seq != 7 || back[1].Seq != 3 {
			t.Errorf("got %+v, %v, want rows 7 and 3", back, err)
		}
		return nil
	})
	Update(t, db, func(tx *store.Tx) error { return tx.ForgetImportRows(m) }) // what is in the registry stays in the journal
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ImportRows(m, store.ImportRowQuery{})
		if len(got) != 2 || err != nil {
			t.Errorf("got %d rows, %v, want 2", len(got), err)
		}
		return nil
	})
	for _, body := range []string{"first", "second"} {
		Update(t, db, func(tx *store.Tx) error { return tx.PutMapping(3, "shape", []byte(body), Noon) })
	}
	hint := store.DuplicateHint{Party: "EG", Source: "import", SourceID: m.ID, Seq: 1, OtherID: 5, Reason: "phone", CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.PutDuplicateHints([]store.DuplicateHint{hint, hint}[:1]) })
	hint.FamilyID = 8
	Update(t, db, func(tx *store.Tx) error { return tx.PutDuplicateHints([]store.DuplicateHint{hint}) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.MappingOf(3, "shape")
		if string(got) != "second" || err != nil {
			t.Errorf("got mapping %q, %v", got, err)
		}
		if got, err = tx.MappingOf(4, "shape"); got != nil || err != nil {
			t.Errorf("somebody else's mapping: %q, %v", got, err)
		}
		hints, err := tx.DuplicateHintsOf("import", m.ID, 10)
		if len(hints) != 1 || hints[0].FamilyID != 8 || err != nil {
			t.Errorf("got %+v, %v", hints, err)
		}
		return nil
	})
}

// testBulk holds many families at once to what one after the other leaves behind.
func testBulk(t *testing.T, db *store.DB) {
	const n = 70
	var ready []*store.ReadyFamily
	var want []*registry.Family
	for i := range n {
		f := Family("EG", i)
		want = append(want, f)
		r := &store.ReadyFamily{Family: f, Event: registry.Event{At: Noon, By: 2, Step: registry.StepCreate, To: registry.Draft, Note: fmt.Sprint("حدث ", i)},
			Audit: store.AuditEntry{At: Noon, ActorID: 2, ActorName: "باحثة", Role: "field_worker", Party: "EG", Action: "family.create", Entity: "family", Area: f.Record.Address.Area, Note: "import:1"}}
		if i%2 == 0 {
			submit(t, f, int64(i+1))
			f.Status.Number = ""
			r.Assessment = &store.Assessment{SetID: 1, SetVersion: 1, At: Noon, By: 2, Cause: "submit", Overall: "eligible", Points: i, Body: []byte(fmt.Sprint("{}", i))}
		}
		if err := db.ReadyFamily(r, store.FamilyExtra{Facts: []byte(fmt.Sprint("facts ", i)), Overall: "eligible", Points: i}); err != nil {
			t.Fatal(err)
		}
		ready = append(ready, r)
	}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertCriteriaSet(&store.CriteriaSet{Party: "EG", Body: []byte("{}")}); err != nil {
			return err
		}
		first, err := tx.NextSerials("EG", 2026, n/2)
		if err != nil || first != 1 {
			t.Errorf("got the first serial %d, %v", first, err)
		}
		for i := 0; i < n; i += 2 {
			ready[i].Number = registry.MakeNumber("EG", 2026, first+int64(i/2))
		}
		return tx.InsertFamilies(ready)
	})
	for i, f := range want {
		f.ID, f.Version, f.Status.Number = ready[i].ID, 1, ready[i].Number
	}
	View(t, db, func(tx *store.Tx) error {
		for i, f := range want {
			got, err := tx.FamilyByID(All("EG"), f.ID)
			if err != nil || !reflect.DeepEqual(got, f) {
				t.Fatalf("family %d: got %+v, %v\nwant %+v", i, got, err, f)
			}
			x, err := tx.FamilyExtraOf(f.ID)
			if err != nil || string(x.Facts) != fmt.Sprint("facts ", i) {
				t.Errorf("got %+v, %v", x, err)
			}
			events, err := tx.EventsOf(f.ID)
			if err != nil || len(events) != 1 || events[0].Note != fmt.Sprint("حدث ", i) {
				t.Errorf("got %+v, %v", events, err)
			}
			a, err := tx.LatestAssessment(f.ID)
			if err != nil || (a != nil) != (i%2 == 0) || a != nil && (string(a.Body) != fmt.Sprint("{}", i) || events[0].AssessmentID != a.ID) {
				t.Errorf("family %d: got assessment %+v, %v", i, a, err)
			}
			log, err := tx.ListAudit(All("EG"), store.AuditQuery{Entity: "family", EntityID: f.ID})
			if err != nil || len(log) != 1 || log[0].Note != "import:1" {
				t.Errorf("got %+v, %v", log, err)
			}
		}
		id := store.Identifier{Kind: "eg_nid", Value: want[3].Record.Lead.IDNumber}
		file := store.FileNo(want[5].Record.Case.FileNo)
		found, err := tx.MatchBlinds("EG", []string{db.Blind(id), db.Blind(file), db.Blind(store.Identifier{Kind: "phone", Value: "+1"})})
		if err != nil || len(found) != 2 || found[db.Blind(id)][0].FamilyID != want[3].ID || found[db.Blind(file)][0].Kind != "file_no" {
			t.Errorf("got %+v, %v", found, err)
		}
		if found, err = tx.MatchBlinds("QA", []string{db.Blind(id)}); len(found) != 0 || err != nil {
			t.Errorf("the other party: got %+v, %v", found, err)
		}
		numbers, err := tx.FamiliesByNumber("EG", []string{string(want[0].Status.Number), "EG-2026-999999-00"})
		if err != nil || len(numbers) != 1 || numbers[string(want[0].Status.Number)].FamilyID != want[0].ID {
			t.Errorf("got %+v, %v", numbers, err)
		}
		return nil
	})
	page := 0
	View(t, db, func(tx *store.Tx) error {
		p, err := tx.ListFamilies(All("EG"), store.FamilyQuery{Limit: 200})
		page = len(p.Rows)
		return err
	})
	if page != n {
		t.Errorf("the list has %d families, want %d", page, n)
	}
	findings, err := db.Doctor(context.Background())
	if err != nil || slices.ContainsFunc(findings, func(f store.Finding) bool { return f.Severity == store.SeverityError }) {
		t.Errorf("doctor: %+v, %v", findings, err)
	}
	// An identity number that is held keeps the whole batch out.
	held := Family("EG", 900)
	submit(t, held, 900)
	held.Record.Lead.IDNumber = want[0].Record.Lead.IDNumber
	r := &store.ReadyFamily{Family: held, Event: registry.Event{At: Noon}, Audit: store.AuditEntry{At: Noon, Entity: "family"}}
	if err := db.ReadyFamily(r, store.FamilyExtra{}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, db.Update(context.Background(), func(tx *store.Tx) error { return tx.InsertFamilies([]*store.ReadyFamily{r}) }), fault.Duplicate, "error.duplicate_identity")
}

// testClaimByID claims one job among several.
func testClaimByID(t *testing.T, db *store.DB) {
	var first, second store.Job
	Update(t, db, func(tx *store.Tx) error {
		first, second = store.Job{Kind: "a", Party: "EG", CreatedAt: Noon}, store.Job{Kind: "b", Party: "EG", CreatedAt: Noon}
		return errors.Join(tx.InsertJob(&first), tx.InsertJob(&second))
	})
	Update(t, db, func(tx *store.Tx) error {
		j, err := tx.ClaimJobByID(second.ID, Noon, 0)
		if err != nil || j == nil || j.Kind != "b" {
			t.Errorf("got %+v, %v", j, err)
		}
		if j, err = tx.ClaimJobByID(second.ID, Noon, 1<<40); j != nil || err != nil {
			t.Errorf("claimed twice: %+v, %v", j, err)
		}
		ended, err := tx.JobEnded(second.ID)
		if ended || err != nil {
			t.Errorf("a running job has ended: %v", err)
		}
		return err
	})
}
