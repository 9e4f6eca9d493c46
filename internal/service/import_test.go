package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// roster is a workbook of families under the header of the testkit.
func roster(rows ...[]string) []byte {
	return testkit.Workbook(testkit.RosterSheet{Name: "الأسر", Rows: append([][]string{testkit.RosterHeader}, rows...)})
}

// row is a row of the testkit with some fields changed, in pairs.
func row(i int, change ...string) []string {
	r := testkit.RosterRow(i)
	for j := 0; j < len(change); j += 2 {
		r[slices.Index(testkit.RosterFields, change[j])] = change[j+1]
	}
	return r
}

// byID maps the columns of the testkit, with the identity number as the key.
func byID(m *sheet.SheetMap) { m.Key = "lead.id_number" }

// staged uploads a roster, maps it and runs the dry run.
func staged(t *testing.T, o *testkit.Office, actor auth.Actor, body []byte, change func(*sheet.SheetMap)) *service.ImportView {
	t.Helper()
	id, err := o.Imports.Stage(background, actor, `C:\كشوف\كشف مارس.xlsx`, body, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := o.Imports.Columns(background, actor, id)
	if err != nil {
		t.Fatal(err)
	}
	m := c.Mapping
	for i := range m.Sheets {
		for j, h := range testkit.RosterHeader {
			if _, ok := m.Sheets[i].Columns[h]; ok && m.Sheets[i].Kind == sheet.Families {
				m.Sheets[i].Columns[h] = testkit.RosterFields[j]
			}
		}
		change(&m.Sheets[i])
	}
	if err := o.Imports.Map(background, actor, id, m, testkit.Write(0)); err != nil {
		var f *fault.Error
		errors.As(err, &f)
		t.Fatalf("%v: %+v", err, f.Problems)
	}
	return worked(t, o, actor, id, service.ImportReady)
}

// worked runs the job of an import to its end.
func worked(t *testing.T, o *testkit.Office, actor auth.Actor, id int64, want service.ImportState) *service.ImportView {
	t.Helper()
	v, err := o.Imports.Import(background, actor, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Jobs.Work(background, v.JobID); err != nil {
		t.Fatal(err)
	}
	if v, err = o.Imports.Import(background, actor, id); err != nil || v.State != want {
		t.Fatalf("import %d is %s (%s), %v, want %s", id, v.State, v.ErrorKey, err, want)
	}
	return v
}

func confirmed(t *testing.T, o *testkit.Office, actor auth.Actor, id int64) *service.ImportView {
	t.Helper()
	if err := o.Imports.Confirm(background, actor, id, true, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	return worked(t, o, actor, id, service.ImportDone)
}

func wantCounts(t *testing.T, v *service.ImportView, want string) {
	t.Helper()
	var b strings.Builder
	for _, o := range service.Outcomes() {
		if n := v.Counts.Of(o); n > 0 {
			fmt.Fprintf(&b, "%s %d ", o, n)
		}
	}
	if got := strings.TrimSpace(b.String()); got != want {
		t.Fatalf("import %d: got %q, want %q", v.ID, got, want)
	}
}

// families lists all families of Egypt with what an import decides about.
func families(t testing.TB, o *testkit.Office) string {
	t.Helper()
	var b strings.Builder
	o.View(t, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(store.Scope{Party: place.Egypt}, store.FamilyQuery{Limit: 200, Sort: store.SortOldest})
		if err != nil {
			return err
		}
		for _, r := range page.Rows {
			f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, r.ID)
			if err != nil {
				return err
			}
			x, err := tx.FamilyExtraOf(r.ID)
			if err != nil {
				return err
			}
			events, err := tx.EventsOf(r.ID)
			if err != nil {
				return err
			}
			assessments, err := tx.AssessmentsOf(r.ID)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%d v%d %s %s %q %s events %d assessments %d %s %v\n", f.ID, f.Version, f.Status.State, f.Status.Number, f.Record.Lead.DisplayName(), x.Overall, len(events),
				len(assessments), f.Status.SubmittedAt.Format(time.RFC3339), f.Record.Values())
		}
		return nil
	})
	return b.String()
}

func wantWholeAudit(t *testing.T, o *testkit.Office) {
	t.Helper()
	findings, err := o.DB.Doctor(background)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Severity != store.SeverityOK {
			t.Errorf("doctor: %+v", f)
		}
	}
}

// A roster goes in once: what it would do is said first, what it did is what was said, and a second time it does nothing.
func TestImportFamilies(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	draft := testkit.Form(7, place.Egypt)
	draft.Consents = nil
	id, err := o.Families.Create(background, worker, draft, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	body := roster(
		row(1),
		row(2, "consents[own_ministry].given", "", "consents[own_ministry].date", "", "consents[own_ministry].how", ""),
		row(3, "lead.id_number", "123"),
		row(1, "household.size", "9"),
		row(7, "household.size", "5", "consents[own_ministry].given", "", "consents[own_ministry].date", "", "consents[own_ministry].how", ""),
		[]string{"الإجمالي", "", "", "", "", "", "20"},
	)
	before := families(t, o)
	v := staged(t, o, worker, body, byID)
	wantCounts(t, v, "new 1 draft 1 changed 1 problem 1 duplicate 1")
	if v.Name != "كشف مارس.xlsx" || v.Counts.Rows != 5 || v.Counts.Skipped != 1 {
		t.Errorf("got %+v", v)
	}
	if after := families(t, o); after != before {
		t.Fatalf("the dry run changed the registry:\n%s", after)
	}
	problems, err := o.Imports.Rows(background, worker, v.ID, service.RowsProblem, 0, 10)
	if err != nil || len(problems.Rows) != 1 || problems.Rows[0].Row != 4 || problems.Rows[0].Sheet != "الأسر" {
		t.Fatalf("got %+v, %v", problems, err)
	}
	if p := problems.Rows[0].Problems; len(p) == 0 || problems.Rows[0].Cell(p[0]) != "E4" {
		t.Errorf("the problem is at %+v, want column E", p)
	}
	twice := func(when string) {
		t.Helper()
		rows, err := o.Imports.Rows(background, worker, v.ID, service.RowsDuplicate, 0, 10)
		if err != nil || len(rows.Rows) != 1 || len(rows.Rows[0].Problems) != 1 || rows.Rows[0].Problems[0].Key != "import.problem.row_twice_at" ||
			fmt.Sprint(rows.Rows[0].Problems[0].Args) != "[2 1]" {
			t.Errorf("%s: got repeated rows %+v, %v", when, rows, err)
		}
		dups, err := o.Imports.Duplicates(background, worker, v.ID, 10)
		if err != nil || len(dups) != 1 || dups[0].Seq != 4 || dups[0].OtherSeq != 1 || dups[0].Row != 5 || dups[0].OtherRow != 2 {
			t.Errorf("%s: got duplicates %+v, %v", when, dups, err)
		}
	}
	twice("dry run")
	changed, err := o.Imports.Rows(background, worker, v.ID, service.RowsChanged, 0, 10)
	if err != nil || len(changed.Rows) != 1 || changed.Rows[0].FamilyID != id {
		t.Fatalf("got %+v, %v", changed, err)
	}
	if c := changed.Rows[0].Changes; !slices.ContainsFunc(c, func(c registry.Change) bool { return c.Path == "household.size" && c.Old == "3" && c.New == "5" }) {
		t.Errorf("got changes %+v", c)
	}

	v = confirmed(t, o, worker, v.ID)
	wantCounts(t, v, "new 1 draft 1 changed 1 problem 1 duplicate 1")
	all := families(t, o)
	for _, want := range []string{"submitted EG-2026-", "incomplete", "draft", "household.size"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if n := strings.Count(all, "\n"); n != 3 {
		t.Errorf("got %d families, want 3:\n%s", n, all)
	}
	twice("done")
	h, err := o.Audit.History(background, worker, id, 0)
	if err != nil || len(h.Entries) == 0 || h.Entries[0].Note != fmt.Sprintf("import:%d", v.ID) {
		t.Errorf("the history says %+v, %v", h, err)
	}
	wantWholeAudit(t, o)

	again := staged(t, o, worker, body, byID)
	wantCounts(t, again, "unchanged 3 problem 1 duplicate 1")
	if len(again.Before) != 1 || again.Before[0] != v.ID {
		t.Errorf("it does not say that the file was imported before: %+v", again.Before)
	}
	again = confirmed(t, o, worker, again.ID)
	if again.Counts.Writes() != 0 || families(t, o) != all {
		t.Errorf("the same file changed something: %+v", again.Counts)
	}
	if v, err = o.Imports.Import(background, worker, v.ID); err != nil || len(v.Before) != 0 {
		t.Errorf("the first one says that the second came before it: %+v, %v", v.Before, err)
	}
}

// A blank cell changes nothing, unless it is asked to empty what the registry has: then it empties that field, and not what is read out of the identity number.
func TestImportBlankCells(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	lacks := []string{"consents[own_ministry].given", "", "consents[own_ministry].date", "", "consents[own_ministry].how", ""} // so that it stays a draft
	confirmed(t, o, worker, staged(t, o, worker, roster(row(1, lacks...)), byID).ID)
	blank := roster(row(1, append(lacks, "address.district", "", "case.application_date", "")...))
	wantCounts(t, staged(t, o, worker, blank, byID), "unchanged 1")
	v := staged(t, o, worker, blank, func(m *sheet.SheetMap) {
		m.Key, m.BlankErases, m.Constants = "lead.id_number", true, map[string]string{"case.application_date": "2026-03-01"}
	})
	wantCounts(t, v, "changed 1")
	rows, err := o.Imports.Rows(background, worker, v.ID, service.RowsChanged, 0, 10)
	if err != nil || len(rows.Rows) != 1 {
		t.Fatalf("got %+v, %v", rows, err)
	}
	if got := fmt.Sprint(rows.Rows[0].Changes); got != "[{address.district district مركز أخميم }]" {
		t.Errorf("got %s", got)
	}
	id, err := o.Imports.Stage(background, worker, "x.xlsx", blank, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := o.Imports.Columns(background, worker, id)
	if err != nil || c.Mapping.Sheets[0].Key != "lead.id_number" || c.Mapping.Sheets[0].BlankErases {
		t.Errorf("of the mapping, that blank cells erase is remembered, or nothing: %+v, %v", c.Mapping, err)
	}

	// What follows from the headers, or is read as another list once, is nobody's word about the file.
	known := c.Mapping
	known.Sheets = slices.Clone(known.Sheets)
	known.Sheets[0].Key = "case.file_no"
	if err := o.Imports.MapAsKnown(background, worker, id, known, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if id, err = o.Imports.Stage(background, worker, "x.xlsx", blank, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if c, err = o.Imports.Columns(background, worker, id); err != nil || c.Mapping.Sheets[0].Key != "lead.id_number" {
		t.Errorf("what nobody said is remembered: %+v, %v", c.Mapping, err)
	}
}

// The sender's own workbook comes back with marks; corrected and sent as it is, it brings in what was left.
func TestImportMarkedComesBack(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	v := staged(t, o, worker, roster(row(1), row(2, "lead.id_number", "290031526"), row(3)), byID)
	l := locale.Default().For(locale.Arabic)
	var out bytes.Buffer
	if _, err := o.Imports.Marked(background, worker, v.ID, "ar", l.T, &out); err != nil {
		t.Fatal(err)
	}
	dry := staged(t, o, worker, out.Bytes(), byID) // marked by the dry run and sent again instead of confirmed: nothing was taken, and nothing is passed over
	wantCounts(t, dry, "new 2 problem 1")
	out.Reset()
	v = confirmed(t, o, worker, v.ID)
	wantCounts(t, v, "new 2 problem 1")
	name, err := o.Imports.Marked(background, worker, v.ID, "ar", l.T, &out)
	if err != nil || name != "كشف مارس - marked.xlsx" {
		t.Fatalf("got %q, %v", name, err)
	}
	v = staged(t, o, worker, out.Bytes(), byID)
	wantCounts(t, v, "problem 1")
	if v.Counts.Passed != 2 {
		t.Errorf("got %d rows that were taken before, want 2", v.Counts.Passed)
	}
}

// What a row only lacks is not what kept it out when something else did; in the marked workbook the error is red and stands first, the rest amber.
func TestImportSaysWhatKeepsARowOut(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	v := staged(t, o, worker, roster(row(1, "lead.id_number", "290031526", "household.size", ""), row(2, "household.size", "")), byID)
	wantCounts(t, v, "draft 1 problem 1")
	rows, err := o.Imports.Rows(background, worker, v.ID, service.RowsProblem, 0, 10)
	if err != nil || len(rows.Rows) != 1 {
		t.Fatalf("got %+v, %v", rows, err)
	}
	var out []string
	for _, p := range rows.Rows[0].Problems {
		if rows.Rows[0].KeepsOut(p) {
			out = append(out, p.Field)
		}
	}
	lacking := slices.ContainsFunc(rows.Rows[0].Problems, rows.Rows[0].Lacks)
	if !slices.Equal(out, []string{"lead.id_number"}) || !lacking {
		t.Errorf("%q of %+v keep the row out", out, rows.Rows[0].Problems)
	}
	l := locale.Default().For(locale.Arabic)
	var marked bytes.Buffer
	if _, err := o.Imports.Marked(background, worker, v.ID, "ar", l.T, &marked); err != nil {
		t.Fatal(err)
	}
	sheets := strings.Join(parts(t, marked.Bytes(), "xl/worksheets/sheet"), "\n")
	_, note, _ := strings.Cut(sheets, l.T("import.status.problem"))
	if id, size := strings.Index(note, l.T("field.lead.id_number")), strings.Index(note, l.T("field.household.size")); id < 0 || size < id {
		t.Errorf("the note of the row does not begin with its error: %d, %d", id, size)
	}
}

// A family whose record stands is changed by an amendment; one that is with a reviewer, not at all.
func TestImportChangesAsTheFormDoes(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	approved := o.Family(t, 1, place.Egypt, registry.Approved)
	o.Family(t, 2, place.Egypt, registry.UnderReview)
	body := roster(row(1, "household.size", "7"), row(2, "household.size", "7"))
	v := staged(t, o, worker, body, byID)
	wantCounts(t, v, "amended 1 problem 1")
	v = confirmed(t, o, worker, v.ID)
	wantCounts(t, v, "amended 1 problem 1")
	view, err := o.Families.View(background, worker, approved)
	if err != nil || view.Status.State != registry.Approved || !view.Status.Amendment {
		t.Fatalf("got %+v, %v", view, err)
	}
	again := staged(t, o, worker, body, byID)
	wantCounts(t, again, "unchanged 1 problem 1")
	if err := o.Imports.Undo(background, worker, v.ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	v = worked(t, o, worker, v.ID, service.ImportUndone)
	if view, err = o.Families.View(background, worker, approved); err != nil || view.Status.Amendment || v.Counts.Undone != 1 {
		t.Fatalf("after the undo: %+v, %v, %+v", view.Status, err, v.Counts)
	}
}

// Each row is held to the sender's areas and to what they may do; nobody else sees an import.
func TestImportPermissions(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	o.Change(t, worker, func(u *auth.User) { u.Areas = auth.SomeAreas("EG-SHG") })
	worker.Areas = auth.SomeAreas("EG-SHG")
	second := testkit.SecondActor(auth.FieldWorker, place.Egypt)
	if _, err := o.Families.Register(background, second, testkit.Form(9, place.Egypt), testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	v := staged(t, o, worker, roster(row(1), row(2, "address.area", "القاهرة"), row(9, "household.size", "8")), byID)
	wantCounts(t, v, "new 1 problem 2")
	for _, x := range []struct {
		actor auth.Actor
		kind  fault.Kind
	}{{second, fault.NotFound}, {testkit.Actor(auth.Reviewer, place.Egypt), fault.NotFound}, {testkit.Actor(auth.Administrator, place.Egypt), fault.Forbidden},
		{testkit.Actor(auth.Analyst, place.Egypt), fault.Forbidden}, {testkit.Actor(auth.FieldWorker, place.Qatar), fault.NotFound}} {
		if _, err := o.Imports.Rows(background, x.actor, v.ID, service.RowsProblem, 0, 10); !fault.Is(err, x.kind) {
			t.Errorf("%s of %s: got %v, want %v", x.actor.Role, x.actor.Party, err, x.kind)
		}
		if err := o.Imports.Confirm(background, x.actor, v.ID, true, testkit.Write(0)); err == nil {
			t.Errorf("%s confirmed it", x.actor.Role)
		}
	}
	admin, err := o.Imports.Import(background, testkit.Actor(auth.Administrator, place.Egypt), v.ID)
	if err != nil || admin.Name != "" || admin.Own || admin.CanUndo || admin.Counts.Rows != 3 {
		t.Errorf("an administrator sees %+v, %v", admin, err)
	}
	if _, err := o.Imports.Stage(background, testkit.Actor(auth.Analyst, place.Egypt), "x.xlsx", roster(row(1)), testkit.Write(0)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an analyst uploads: got %v", err)
	}
}

// Members stand on rows of their own, below their family or on another sheet.
func TestImportMembers(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	header := append(slices.Clone(testkit.RosterHeader), "اسم الفرد", "صلة القرابة")
	more := func(i int, name, relation string) []string { return append(testkit.RosterRow(i), name, relation) }
	id := testkit.Form(2, place.Egypt).Lead.IDNumber
	body := testkit.Workbook(
		testkit.RosterSheet{Name: "الأسر", Rows: [][]string{header, more(1, "أحمد", "زوج"), more(1, "ليلى", "ابنة"), more(2, "", "")}},
		testkit.RosterSheet{Name: "الأفراد", Rows: [][]string{{"الرقم القومي", "اسم الفرد", "صلة القرابة", "النوع"}, {id, "محمد", "ابن", "ذكر"}, {id, "سارة", "ابنة", "أنثى"}, {id, "هدى", "ابنة", "أنثى"}}},
	)
	v := staged(t, o, worker, body, func(m *sheet.SheetMap) {
		m.Key = "lead.id_number"
		m.Columns["الرقم القومي"] = "lead.id_number"
		m.Columns["اسم الفرد"], m.Columns["صلة القرابة"] = "household.members.name", "household.members.relation"
	})
	problems, err := o.Imports.Rows(background, worker, v.ID, service.RowsProblem, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range problems.Rows {
		t.Logf("%+v", r)
	}
	wantCounts(t, v, "new 1 problem 1")
	_ = confirmed(t, o, worker, v.ID)
	if all := families(t, o); !strings.Contains(all, "أحمد") || !strings.Contains(all, "ليلى") {
		t.Errorf("no members in\n%s", all)
	}
}

// An undo takes back what the import did; what somebody saved since is kept and named.
func TestImportUndo(t *testing.T) {
	o := testkit.Service(t)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	draft := testkit.Form(7, place.Egypt)
	id, err := o.Families.Create(background, worker, draft, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	v := staged(t, o, worker, roster(row(1), row(2), row(7, "household.size", "6")), byID)
	wantCounts(t, v, "new 2 changed 1")
	v = confirmed(t, o, worker, v.ID)
	var second int64
	o.View(t, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(store.Scope{Party: place.Egypt}, store.FamilyQuery{States: []string{"submitted"}, Sort: store.SortOldest, Limit: 10})
		if err == nil {
			second = page.Rows[len(page.Rows)-1].ID
		}
		return err
	})
	o.Do(t, reviewer, second, registry.StepTake)
	if err := o.Imports.Undo(background, reviewer, v.ID, testkit.Write(0)); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else undoes it: %v", err)
	}
	if err := o.Imports.Undo(background, worker, v.ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	v = worked(t, o, worker, v.ID, service.ImportUndone)
	if v.Counts.Undone != 2 || v.Counts.Conflicts != 1 {
		t.Errorf("got %+v, want 2 undone and 1 kept", v.Counts)
	}
	kept, err := o.Imports.Rows(background, worker, v.ID, service.RowsConflict, 0, 10)
	if err != nil || len(kept.Rows) != 1 || kept.Rows[0].FamilyID != second || !kept.Rows[0].Conflict {
		t.Errorf("got %+v, %v", kept, err)
	}
	o.View(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
		if err == nil && (f.Record.Household.Size != 3 || f.Status.State != registry.Draft) {
			t.Errorf("the changed family has %d people and is %s", f.Record.Household.Size, f.Status.State)
		}
		return err
	})
	wantWholeAudit(t, o)
	// What was undone can be imported again.
	v = staged(t, o, worker, roster(row(1)), byID)
	wantCounts(t, v, "new 1")
}

// Stopped after any batch and taken up again, by the same program or another one, an import leaves the same tables.
func TestImportResumes(t *testing.T) {
	var rows [][]string
	for i := range 23 {
		r := row(i)
		switch i {
		case 4, 9:
			r = row(i, "consents[own_ministry].given", "")
		case 6:
			r = row(2, "household.size", "4") // repeated
		case 11:
			r = row(i, "lead.phones.number", "5")
		case 15, 16, 17:
			r = row(i, "lead.phones.number", "01012345678") // a phone of three families
		}
		rows = append(rows, r)
	}
	body := roster(rows...)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	run := func(stopAfter int) string {
		o := testkit.Service(t)
		o.Imports.SetBatch(5, nil)
		v := staged(t, o, worker, body, byID)
		if err := o.Imports.Confirm(background, worker, v.ID, true, testkit.Write(0)); err != nil {
			t.Fatal(err)
		}
		if stopAfter > 0 {
			ctx, stop := context.WithCancel(background)
			n := 0
			o.Imports.SetBatch(5, func() {
				if n++; n == stopAfter {
					stop()
				}
			})
			view, err := o.Imports.Import(background, worker, v.ID)
			if err != nil {
				t.Fatal(err)
			}
			_ = o.Jobs.Work(ctx, view.JobID)
			stop()
			o.Imports.SetBatch(5, nil)
			o.Clock.Advance(time.Hour)
		}
		v = worked(t, o, worker, v.ID, service.ImportDone)
		wantWholeAudit(t, o)
		journal := ""
		for _, f := range service.RowFilters() {
			rows, err := o.Imports.Rows(background, worker, v.ID, f, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows.Rows {
				journal += fmt.Sprintf("%s %+v\n", f, r)
			}
		}
		return fmt.Sprint(v.Counts) + "\n" + families(t, o) + journal
	}
	want := run(0)
	for n := 1; n <= 4; n++ {
		if got := run(n); got != want {
			t.Fatalf("stopped after batch %d:\n%s\nwant\n%s", n, got, want)
		}
	}
}
