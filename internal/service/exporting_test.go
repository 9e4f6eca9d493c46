package service_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// offered are all columns that a person may have of a kind.
func offered(t *testing.T, o *testkit.Office, actor auth.Actor, kind string) []string {
	t.Helper()
	offer, err := o.Exports.Offer(background, actor, kind, "ar")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range offer.Columns {
		if c.Title == "" || strings.HasPrefix(c.Title, "⟦") {
			t.Errorf("%s: the column %s has no title: %q", kind, c.Key, c.Title)
		}
		out = append(out, c.Key)
	}
	return out
}

func exportOf(t *testing.T, o *testkit.Office, actor auth.Actor, spec service.ExportSpec) ([]byte, service.Exported) {
	t.Helper()
	if spec.Lang == "" {
		spec.Lang = "ar"
	}
	if spec.Format == "" {
		spec.Format = "xlsx"
	}
	var b bytes.Buffer
	done, err := o.Exports.Write(background, actor, spec, &b)
	if err != nil {
		t.Fatal(err)
	}
	if done.Size != int64(b.Len()) {
		t.Errorf("%d bytes, said %d", b.Len(), done.Size)
	}
	return b.Bytes(), done
}

func readable(t *testing.T, b []byte) *sheet.Book {
	t.Helper()
	book, err := sheet.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// marked registers a family with a marker in a value of each protected class.
func marked(t *testing.T, o *testkit.Office) (int64, map[string]auth.Class) {
	t.Helper()
	form := testkit.Form(40, place.Egypt)
	form.Lead.LiteracyBy, form.Guardian.Name, form.Guardian.Relation = "علامة-شاهد", "علامة-ولي", "father"
	form.Guardian.IDType, form.Guardian.IDNumber, form.Guardian.Proof = "eg_nid", "26001010100015", "court_order"
	form.Lead.Disability, form.Lead.DisabilityCard = "mobility", "KH77665544"
	form.Household.Members[0].Name = "علامة-فرد"
	form.Address.Street, form.Address.Village, form.Address.Landmark = "علامة-شارع", "علامة-قرية", "علامة-معلم"
	form.Finance.Loans = []intake.Loan{{Lender: "علامة-مقرض", Amount: "5000", Currency: "EGP", Year: "2024", State: "running"}}
	form.Formal = append(form.Formal, intake.FormalItem{Kind: "bank_account", Number: "EG800002000156789012345180002", State: "valid"})
	id, err := o.Families.Register(background, testkit.Actor(auth.FieldWorker, place.Egypt), form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	r := o.Load(t, place.Egypt, id).Record
	return id, map[string]auth.Class{r.Lead.IDNumber: auth.ClassIdentity, "26001010100015": auth.ClassIdentity, strings.TrimPrefix(r.Lead.Phones[0].Number, "+20"): auth.ClassPhone,
		"EG800002000156789012345180002": auth.ClassBank, "علامة-ولي": auth.ClassGuardian, "KH77665544": auth.ClassHealth, "علامة-فرد": auth.ClassHousehold, "علامة-شارع": auth.ClassAddress,
		"علامة-معلم": auth.ClassAddress, "علامة-قرية": auth.ClassDistrict, r.Address.Lat: auth.ClassGPS, "علامة-مقرض": auth.ClassFinance, "علامة-شاهد": auth.ClassDemographic,
		r.Lead.BirthDate.String(): auth.ClassBirth}
}

// A workbook holds no more than the pages: each role's every kind with every column it is offered, masked and whole, against the table of classes. Neither
// country ever exports the other's families.
func TestExportsKeepToTheTableOfClasses(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	_, markers := marked(t, o)
	seen := map[auth.Class]bool{}
	for _, party := range place.Countries() {
		for _, role := range auth.Roles() {
			actor := testkit.Actor(role, party)
			for _, kind := range o.Exports.Kinds(actor) {
				columns := offered(t, o, actor, kind)
				for _, full := range []bool{false, true} {
					spec := service.ExportSpec{Kind: kind, Columns: columns, Full: full, Format: "csv", Lang: "ar"}
					var b bytes.Buffer
					if _, err := o.Exports.Write(background, actor, spec, &b); err != nil {
						if full && fault.Is(err, fault.Forbidden) && !auth.Can(actor, auth.ExportFull) {
							continue
						}
						t.Fatalf("%s %s: %v", role, kind, err)
					}
					for marker, class := range markers {
						if !strings.Contains(b.String(), marker) {
							continue
						}
						seen[class] = true
						sight := auth.View(role, class)
						switch {
						case party != place.Egypt:
							t.Errorf("%s of the other country exports %s (%s)", role, class, kind)
						case sight == auth.Shown:
						case sight == auth.Revealable && full && auth.Can(actor, auth.ExportFull):
						default:
							t.Errorf("%s exports %s %q (%s, full %v), and the table says %s", role, class, marker, kind, full, sight)
						}
					}
				}
			}
		}
	}
	for marker, class := range markers {
		if !seen[class] {
			t.Errorf("nobody exports %s %q: the marker does not reach a file", class, marker)
		}
	}
}

// An export with all columns is read by the import as it is and gives the records that are on file; so do its cover and its summaries not disturb it.
func TestExportedListComesBack(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	var ids []int64
	for i, state := range []registry.State{registry.Approved, registry.Submitted, registry.Draft, registry.Returned} {
		ids = append(ids, o.Family(t, i+1, place.Egypt, state))
	}
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	columns := offered(t, o, reviewer, "families")
	b, done := exportOf(t, o, reviewer, service.ExportSpec{Kind: "families", Columns: columns, Full: true, Extras: true, Query: store.FamilyQuery{Sort: store.SortOldest}})
	if done.Rows != int64(len(ids)) {
		t.Fatalf("%d rows, want %d", done.Rows, len(ids))
	}
	book := readable(t, b)
	verified, err := book.Verify()
	if err != nil || len(verified) != 2 || !verified[0].Same || !verified[1].Same {
		t.Errorf("checksums: %+v, %v", verified, err)
	}
	rosters, err := book.FindRosters()
	if err != nil {
		t.Fatal(err)
	}
	var families []sheet.Roster
	for _, r := range rosters {
		if r.Sheet == 1 {
			families = append(families, r)
		}
	}
	if len(families) != 1 || families[0].Kind != sheet.Families {
		t.Fatalf("rosters: %+v", rosters)
	}
	for _, c := range families[0].Columns {
		key := columns[c.Index]
		if strings.Contains(key, ".") && key != "lead.age" && key != "lead.has_disability" && key != "household.members_count" || key == sheet.FieldNumber {
			continue // TestRecordsComeBack holds these to their fields
		}
		if c.Field != "" && c.Field != sheet.FieldIgnore {
			t.Errorf("%q (%s) would be imported into %s", c.Header, key, c.Field)
		}
	}
	n := 0
	ctx := intake.Context{Party: place.Egypt, Today: calendar.Of(testkit.Start)}
	err = book.Rows(background, families[0], sheet.Reading{Party: place.Egypt, Mapping: sheet.Suggest(families)}, func(row *sheet.Row) error {
		form, problems := row.Form()
		row.Merge(problems)
		if len(row.Problems) > 0 {
			t.Errorf("row %d: %v", row.N, row.Problems)
		}
		f := o.Load(t, place.Egypt, ids[n])
		if want := string(f.Status.Number); row.Key != want {
			t.Errorf("row %d: key %q, want %q", row.N, row.Key, want)
		}
		got, _ := form.Check(ctx)
		want := f.Record
		want.Household.Members = nil
		sortRecord(&got)
		sortRecord(&want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("row %d: %v", row.N, registry.Diff(&want, &got))
		}
		n++
		return nil
	})
	if err != nil || n != len(ids) {
		t.Errorf("%d rows, %v", n, err)
	}
}

// An export with its sheets for pivot tables and charts goes through an import as it is, without a question and without a change; and what was withdrawn before it had a
// number is not entered anew.
func TestExportWithSummariesComesBack(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	for i, state := range []registry.State{registry.Approved, registry.Submitted, registry.Draft, registry.Withdrawn} {
		o.Family(t, i+1, place.Egypt, state)
	}
	o.Do(t, worker, o.Family(t, 5, place.Egypt, registry.Draft), registry.StepWithdraw, "family_request")
	for _, lang := range []string{locale.Arabic, locale.English} {
		b, _ := exportOf(t, o, worker, service.ExportSpec{Kind: "families", Columns: offered(t, o, worker, "families"), Lang: lang, Extras: true})
		v := staged(t, o, worker, b, func(*sheet.SheetMap) {})
		wantCounts(t, v, "unchanged 4")
		if v.Counts.Skipped != 1 {
			t.Errorf("%s: %d rows are no records, want the one that was withdrawn", lang, v.Counts.Skipped)
		}
	}
}

func sortRecord(r *registry.Record) {
	slices.SortFunc(r.Formal, func(a, b registry.FormalItem) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	slices.SortFunc(r.Household.Benefits, func(a, b registry.Benefit) int { return strings.Compare(string(a.Programme), string(b.Programme)) })
	slices.SortFunc(r.Skills.Training, func(a, b registry.Training) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	slices.SortFunc(r.Consents, func(a, b registry.Consent) int { return strings.Compare(string(a.Scope), string(b.Scope)) })
}

// The filter, the order and the reach of a person decide which rows there are; members, criteria and papers have a row each.
func TestExportRows(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	approved := o.Family(t, 1, place.Egypt, registry.Approved)
	o.Family(t, 2, place.Egypt, registry.Submitted)
	o.Family(t, 3, place.Qatar, registry.Approved)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	rows := func(actor auth.Actor, spec service.ExportSpec) [][]string {
		spec.Format = "csv"
		b, done := exportOf(t, o, actor, spec)
		all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(all)) != done.Rows+1 {
			t.Errorf("%d rows, said %d", len(all)-1, done.Rows)
		}
		return all[1:]
	}
	if got := rows(reviewer, service.ExportSpec{Kind: "families", Query: store.FamilyQuery{States: []string{"approved"}}, Columns: []string{"number"}}); len(got) != 1 ||
		got[0][0] != string(o.Load(t, place.Egypt, approved).Status.Number) {
		t.Errorf("filtered: %v", got)
	}
	if got := rows(testkit.SecondActor(auth.FieldWorker, place.Egypt), service.ExportSpec{Kind: "families"}); len(got) != 0 {
		t.Errorf("a worker exports what a colleague entered: %v", got)
	}
	if got := rows(testkit.Actor(auth.Reviewer, place.Egypt, "EG-MT"), service.ExportSpec{Kind: "families"}); len(got) != 0 {
		t.Errorf("another area: %v", got)
	}
	members := 0
	for _, id := range []int64{approved} {
		members += len(o.Load(t, place.Egypt, id).Record.Household.Members)
	}
	if got := rows(reviewer, service.ExportSpec{Kind: "members", Query: store.FamilyQuery{States: []string{"approved"}}}); len(got) != members || members == 0 {
		t.Errorf("%d members, want %d", len(got), members)
	}
	if got := rows(reviewer, service.ExportSpec{Kind: "assessments", Query: store.FamilyQuery{States: []string{"approved"}}}); len(got) < 5 || slices.Contains(got[0], "") {
		t.Errorf("criteria: %v", got)
	}
	o.Clock.Advance(5 * 365 * 24 * time.Hour)
	if got := rows(reviewer, service.ExportSpec{Kind: "documents", Query: store.FamilyQuery{States: []string{"approved"}}}); len(got) == 0 || !strings.HasPrefix(got[0][len(got[0])-1], "-") {
		t.Errorf("papers that ran out years ago: %v", got)
	}
}

// What a person may not have is refused, and a spec that makes no sense is a problem.
func TestExportRefusals(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	for name, c := range map[string]struct {
		actor auth.Actor
		spec  service.ExportSpec
		want  fault.Kind
	}{
		"nobody":        {auth.Actor{}, service.ExportSpec{Kind: "families", Lang: "ar", Format: "xlsx"}, fault.Forbidden},
		"whole numbers": {worker, service.ExportSpec{Kind: "families", Lang: "ar", Format: "xlsx", Full: true}, fault.Forbidden},
		"no such kind":  {reviewer, service.ExportSpec{Kind: "../etc", Lang: "ar", Format: "xlsx"}, fault.NotFound},
		"hidden kind":   {testkit.Actor(auth.Coordinator, place.Egypt), service.ExportSpec{Kind: "members", Lang: "ar", Format: "xlsx"}, fault.NotFound},
		"language":      {reviewer, service.ExportSpec{Kind: "families", Lang: "fr", Format: "xlsx"}, fault.Invalid},
		"format":        {reviewer, service.ExportSpec{Kind: "families", Lang: "ar", Format: "exe"}, fault.Invalid},
		"columns":       {reviewer, service.ExportSpec{Kind: "families", Lang: "ar", Format: "xlsx", Columns: []string{"nonsense"}}, fault.Invalid},
	} {
		var b bytes.Buffer
		if _, err := o.Exports.Write(background, c.actor, c.spec, &b); !fault.Is(err, c.want) || b.Len() > 0 {
			t.Errorf("%s: %v and %d bytes, want %v", name, err, b.Len(), c.want)
		}
	}
}

// A large export is a job: its owner alone fetches the file, each fetching is noted, and after three days it is gone.
func TestLargeExportIsAJob(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	for i := range 4 {
		o.Family(t, i+1, place.Egypt, registry.Submitted)
	}
	o.Exports.JobFrom(2)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	spec := service.ExportSpec{Kind: "families", Lang: "ar", Format: "xlsx", Full: true, Filter: "state=submitted"}
	w := testkit.Write(0)
	id, err := o.Exports.Ask(background, reviewer, spec, w)
	if err != nil || id == 0 {
		t.Fatalf("export %d, %v", id, err)
	}
	if again, err := o.Exports.Ask(background, reviewer, spec, w); err != nil || again != id {
		t.Errorf("sent again it is another export: %d, %v", again, err)
	}
	if _, _, err := o.Exports.Fetch(background, reviewer, id); !fault.Is(err, fault.State) {
		t.Errorf("fetched before it is made: %v", err)
	}
	runJobs(t, o)
	v, send, err := o.Exports.Fetch(background, reviewer, id)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := send(&b); err != nil {
		t.Fatal(err)
	}
	if verified, err := readable(t, b.Bytes()).Verify(); err != nil || len(verified) != 1 || verified[0].Rows != 4 || !verified[0].Same || int64(b.Len()) != v.Size || v.Rows != 4 {
		t.Errorf("the file: %+v, %v", verified, err)
	}
	for name, actor := range map[string]auth.Actor{"colleague": testkit.SecondActor(auth.Reviewer, place.Egypt), "administrator": testkit.Actor(auth.Administrator, place.Egypt),
		"other country": testkit.Actor(auth.Reviewer, place.Qatar)} {
		if _, _, err := o.Exports.Fetch(background, actor, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if list, err := o.Exports.List(background, actor); err != nil || len(list) != 0 {
			t.Errorf("%s lists %d exports, %v", name, len(list), err)
		}
	}
	var actions []string
	o.View(t, func(tx *store.Tx) error {
		entries, err := tx.ListAudit(store.Scope{Party: place.Egypt}, store.AuditQuery{Limit: 20})
		for _, e := range entries {
			if e.Entity == "export" {
				actions = append(actions, e.Action)
				if e.Action == "export.full" && (!strings.Contains(e.Note, v.SHA256) || !strings.Contains(e.Note, " 4 ") || !strings.Contains(e.Note, "?state=submitted")) {
					t.Errorf("the entry says %q", e.Note)
				}
			}
		}
		return err
	})
	if slices.Sort(actions); !slices.Equal(actions, []string{"export.fetch", "export.full"}) {
		t.Errorf("audit entries: %v", actions)
	}
	o.Clock.Advance(4 * 24 * time.Hour)
	if _, err := o.Exports.File(background, reviewer, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("after four days: %v", err)
	}
	o.Update(t, func(tx *store.Tx) error {
		n, err := tx.PurgeExports(o.Clock.Now())
		if n != 1 {
			t.Errorf("%d exports forgotten", n)
		}
		return err
	})
	o.View(t, func(tx *store.Tx) error {
		if _, err := tx.ExportBlock(id, 0); !fault.Is(err, fault.NotFound) {
			t.Errorf("a piece stayed behind: %v", err)
		}
		return nil
	})
}

// runJobs runs what is queued.
func runJobs(t *testing.T, o *testkit.Office) {
	t.Helper()
	if err := o.Jobs.Start(background); err != nil {
		t.Fatal(err)
	}
	defer o.Jobs.Stop()
	for range 500 {
		waiting := 0
		o.View(t, func(tx *store.Tx) error {
			for _, party := range append(place.Countries(), "") { // "" has the purge
				jobs, err := tx.ListJobs(party, 50)
				if err != nil {
					return err
				}
				for _, j := range jobs {
					if j.State == store.JobQueued || j.State == store.JobRunning {
						waiting++
					}
				}
			}
			return nil
		})
		if waiting == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the jobs do not end")
}

// A layout is kept under its name, replaced under the same name, and nobody else's.
func TestExportLayouts(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	for _, columns := range [][]string{{"number", "state"}, {"number", "nonsense", "lead.sex", "number"}} {
		if err := o.Exports.SaveLayout(background, reviewer, "families", "  كشف   المعرض ", columns, testkit.Write(0)); err != nil {
			t.Fatal(err)
		}
	}
	layouts := func(actor auth.Actor) []store.Layout {
		offer, err := o.Exports.Offer(background, actor, "families", "ar")
		if err != nil {
			t.Fatal(err)
		}
		return offer.Layouts
	}
	got := layouts(reviewer)
	if len(got) != 1 || got[0].Name != "كشف المعرض" || !slices.Equal(got[0].Fields, []string{"number", "lead.sex"}) {
		t.Fatalf("layouts: %+v", got)
	}
	other := testkit.SecondActor(auth.Reviewer, place.Egypt)
	if len(layouts(other)) != 0 {
		t.Error("a colleague has the layout")
	}
	if err := o.Exports.DeleteLayout(background, other, got[0].ID, testkit.Write(0)); !fault.Is(err, fault.NotFound) {
		t.Errorf("a colleague deletes it: %v", err)
	}
	for name, c := range map[string]struct {
		name    string
		columns []string
	}{"no name": {" ", []string{"number"}}, "long name": {strings.Repeat("س", 61), []string{"number"}}, "no columns": {"x", nil}, "hidden": {"x", []string{"nonsense"}}} {
		if err := o.Exports.SaveLayout(background, reviewer, "families", c.name, c.columns, testkit.Write(0)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := o.Exports.DeleteLayout(background, reviewer, got[0].ID, testkit.Write(0)); err != nil || len(layouts(reviewer)) != 0 {
		t.Errorf("deleting: %v", err)
	}
}

// An export that is cut off ends with its context and leaves no goroutine that reads on.
func TestExportEndsWithItsContext(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	for i := range 3 {
		o.Family(t, i+1, place.Egypt, registry.Submitted)
	}
	ctx, cancel := context.WithCancel(background)
	spec := service.ExportSpec{Kind: "families", Lang: "ar", Format: "csv"}
	_, err := o.Exports.Write(ctx, testkit.Actor(auth.Reviewer, place.Egypt), spec, writerFunc(func(p []byte) (int, error) {
		cancel()
		return 0, fmt.Errorf("the line is gone")
	}))
	if err == nil {
		t.Error("a broken line is no error")
	}
	cancel()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
