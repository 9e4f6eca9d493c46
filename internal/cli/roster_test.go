package cli_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
)

const importer = "importer@test.example"

// importOffice makes a data folder with one field worker and the criteria, and returns it. dsn is its database, "" for one in the folder.
func importOffice(t *testing.T, dsn string) string {
	t.Helper()
	dir := t.TempDir()
	run(t, 0, "migrate", "--data", dir, "--db", dsn)
	withOffice(t, dir, dsn, func(db *store.DB, svc *service.Service) {
		if _, err := svc.People.Invite(t.Context(), auth.SystemActor(place.Egypt), &intake.User{Email: importer, Name: "باحثة", Role: "field_worker", Party: "EG", All: "yes"}, service.Write{}); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

func withOffice(t *testing.T, dir, dsn string, fn func(*store.DB, *service.Service)) {
	t.Helper()
	db, keys := reopened(t, dir, dsn)
	defer db.Close()
	fn(db, service.New(service.Deps{DB: db, Keys: keys}))
}

// reopened opens the database that a program left behind, under dir or at dsn, with the keys under dir. The caller closes it.
func reopened(t *testing.T, dir, dsn string) (*store.DB, *seal.Keyring) {
	t.Helper()
	keys, err := seal.OpenExisting(filepath.Join(dir, "muntija.keys"))
	if err != nil {
		t.Fatal(err)
	}
	if dsn == "" {
		dsn = filepath.Join(dir, "muntija.db")
	}
	db, err := store.Open(t.Context(), dsn, keys, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db, keys
}

// rosterFile writes a roster of n families and the map of its columns. product: with a product in every third row.
func rosterFile(t *testing.T, n int, product bool) (file, mapping string) {
	t.Helper()
	header := slices.Clone(testkit.RosterHeader)
	if product {
		header = append(header, "اسم المنتج", "سعر المنتج", "وحدة البيع", "نسبة العمل اليدوي", "خامات المنتج")
	}
	rows := [][]string{header}
	for i := range n {
		r := testkit.RosterRow(i)
		if i%50 == 7 {
			r[slices.Index(testkit.RosterFields, "lead.phones.number")] = "5"
		}
		if product && i%3 == 0 {
			r = append(r, "كليم", strconv.Itoa(100+i), "قطعة", "90", "صوف")
		}
		rows = append(rows, r)
	}
	dir := t.TempDir()
	file, mapping = filepath.Join(dir, "كشف.xlsx"), filepath.Join(dir, "map.json")
	if err := os.WriteFile(file, testkit.Workbook(testkit.RosterSheet{Name: "الأسر", Rows: rows}), 0o600); err != nil {
		t.Fatal(err)
	}
	sm := sheet.SheetMap{Name: "الأسر", Kind: sheet.Families, Key: "lead.id_number", Columns: map[string]string{}}
	for i, h := range testkit.RosterHeader {
		sm.Columns[h] = testkit.RosterFields[i]
	}
	body, err := json.Marshal(sheet.Mapping{Sheets: []sheet.SheetMap{sm}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mapping, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, mapping
}

// printed is the JSON that a command printed, before what it said on standard error.
func printed(t *testing.T, out string) (r struct {
	Number   int64
	State    string
	Counts   service.ImportCounts
	Problems []struct{ Sheet, Cell, Message string }
	Kept     []struct {
		Row    int
		Family int64
	}
}) {
	t.Helper()
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return r
}

// What is wrong with a member is said where it stands: on the sheet of members.
func TestImportNamesTheSheetOfAMember(t *testing.T) {
	dir := importOffice(t, "")
	r := testkit.RosterRow(1)
	r[slices.Index(testkit.RosterFields, "household.size")] = "6"
	id := r[slices.Index(testkit.RosterFields, "lead.id_number")]
	file, mapping := filepath.Join(t.TempDir(), "كشف.xlsx"), filepath.Join(t.TempDir(), "map.json")
	body := testkit.Workbook(testkit.RosterSheet{Name: "الأسر", Rows: [][]string{testkit.RosterHeader, r}},
		testkit.RosterSheet{Name: "الأفراد", Rows: [][]string{{"الرقم القومي", "اسم الفرد", "سنة الميلاد"}, {id, "ليلى", "2012"}, {id, "هدى", "قديم"}}})
	families := sheet.SheetMap{Name: "الأسر", Kind: sheet.Families, Key: "lead.id_number", Columns: map[string]string{}}
	for i, h := range testkit.RosterHeader {
		families.Columns[h] = testkit.RosterFields[i]
	}
	members := sheet.SheetMap{Name: "الأفراد", Kind: sheet.Members, Key: "lead.id_number", Columns: map[string]string{"الرقم القومي": "lead.id_number",
		"اسم الفرد": "household.members.name", "سنة الميلاد": "household.members.birth_year"}}
	m, err := json.Marshal(sheet.Mapping{Sheets: []sheet.SheetMap{families, members}})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{file: body, mapping: m} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"import", "families", file, "--map", mapping, "--dry-run", "--data", dir, "--as", importer}
	got := printed(t, run(t, 3, append(args, "--json")...))
	where := func(cell string) bool {
		return slices.ContainsFunc(got.Problems, func(p struct{ Sheet, Cell, Message string }) bool {
			return p.Sheet == "الأفراد" && p.Cell == cell
		})
	}
	if got.Counts.Of(service.RowProblem) != 1 || !where("C3") {
		t.Errorf("got %+v", got)
	}
	if out := run(t, 3, args...); !strings.Contains(out, "الأفراد!C3: ") || !strings.Contains(out, "ينتظر التأكيد") {
		t.Errorf("got %s", out)
	}
	if out := run(t, 3, append(args, "--lang", "en")...); !strings.Contains(out, "الأفراد!C3: ") || !strings.Contains(out, "Waits for confirmation") {
		t.Errorf("got %s", out)
	}
	run(t, 2, append(args, "--lang", "fr")...)
}

// Members of registered families come in by themselves; what is wrong with a file is said in the language that was asked for.
func TestImportMembersCommand(t *testing.T) {
	dir := importOffice(t, "")
	command := func(args ...string) []string {
		return append(append([]string{"import"}, args...), "--data", dir, "--as", importer)
	}
	file, mapping := rosterFile(t, 3, false)
	run(t, 0, command("families", file, "--map", mapping, "--drafts")...)
	id := testkit.RosterRow(1)[slices.Index(testkit.RosterFields, "lead.id_number")]
	members := filepath.Join(t.TempDir(), "أفراد.xlsx")
	body := testkit.Workbook(testkit.RosterSheet{Name: "الأفراد", Rows: [][]string{{"الرقم القومي لرب الأسرة", "اسم الفرد", "صلة القرابة", "سنة الميلاد"}, {id, "ليلى", "ابنة", "2012"}}})
	if err := os.WriteFile(members, body, 0o600); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "report.xlsx")
	if r := printed(t, run(t, 0, command("members", members, "--dry-run", "--json", "--lang", "en", "--report", report)...)); r.State != "ready" || r.Counts.Writes() != 1 {
		t.Errorf("the dry run says %+v", r)
	}
	if _, err := os.Stat(report); err != nil {
		t.Error(err)
	}
	if r := printed(t, run(t, 0, command("members", members, "--json")...)); r.State != "done" || r.Counts.Writes() != 1 {
		t.Errorf("the import says %+v", r)
	}
	if r := printed(t, run(t, 0, command("members", members, "--json")...)); r.Counts.Writes() != 0 {
		t.Errorf("the second import says %+v", r)
	}
	pdf := filepath.Join(t.TempDir(), "كشف.xlsx")
	if err := os.WriteFile(pdf, []byte("%PDF-1.7"), 0o600); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"ar": "هذا ملف PDF", "en": "This is a PDF"} {
		if out := run(t, 1, command("members", pdf, "--lang", lang)...); !strings.Contains(out, want) {
			t.Errorf("%s: got %s", lang, out)
		}
	}
}

func TestImportCommands(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { importCommands(t, "") })
	t.Run("postgres", func(t *testing.T) { importCommands(t, storetest.PostgresDSN(t)) })
}

func importCommands(t *testing.T, dsn string) {
	dir := importOffice(t, dsn)
	file, mapping := rosterFile(t, 60, false)
	report := filepath.Join(t.TempDir(), "report.xlsx")
	at := []string{"--data", dir, "--db", dsn, "--as", importer}
	command := func(args ...string) []string { return append(append([]string{"import"}, args...), at...) }
	r := printed(t, run(t, 3, command("families", file, "--map", mapping, "--dry-run", "--json", "--report", report)...))
	if r.State != "ready" || r.Counts.Of(service.RowNew) != 58 || len(r.Problems) != 2 || r.Problems[0].Cell != "F9" {
		t.Errorf("the dry run says %+v", r)
	}
	body, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sheet.Open(bytes.NewReader(body), int64(len(body))); err != nil {
		t.Errorf("the report: %v", err)
	}
	r = printed(t, run(t, 3, command("families", file, "--map", mapping, "--json")...))
	if r.State != "done" || r.Counts.Of(service.RowNew) != 58 {
		t.Errorf("the import says %+v", r)
	}
	r = printed(t, run(t, 3, command("families", file, "--json")...)) // the map is remembered
	if r.State != "done" || r.Counts.Of(service.RowUnchanged) != 58 || r.Counts.Writes() != 0 {
		t.Errorf("the second import says %+v", r)
	}
	if out := run(t, 0, command("list")...); strings.Count(out, "كشف.xlsx") != 3 {
		t.Errorf("the list says %s", out)
	}
	var kept int64
	withOffice(t, dir, dsn, func(db *store.DB, svc *service.Service) {
		actor, err := svc.People.ActorByEmail(t.Context(), auth.SystemActor(""), importer)
		if err != nil {
			t.Fatal(err)
		}
		var page store.FamilyPage
		err = db.View(t.Context(), func(tx *store.Tx) error {
			page, err = tx.ListFamilies(store.Scope{Party: place.Egypt}, store.FamilyQuery{Limit: 1, Sort: store.SortOldest})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		kept = page.Rows[0].ID
		if err := svc.Families.Do(t.Context(), actor, kept, registry.StepWithdraw, intake.Decision{Reasons: []string{"family_request"}}, testkit.Write(page.Rows[0].Version)); err != nil {
			t.Fatal(err)
		}
	})
	r = printed(t, run(t, 3, command("undo", "2", "--json")...))
	if r.State != "undone" || r.Counts.Undone != 57 || len(r.Problems) != 0 || len(r.Kept) != 1 || r.Kept[0].Family != kept || r.Kept[0].Row < 2 {
		t.Errorf("the undo says %+v", r)
	}
	run(t, 1, command("undo", "2")...)
	run(t, 1, command("undo", "77")...)
	run(t, 2, command("undo", "x")...)
	run(t, 2, command("families")...)
	run(t, 1, "import", "list", "--data", dir, "--db", dsn, "--as", "nobody@test.example")
	fresh := filepath.Join(t.TempDir(), "new.json")
	if out := run(t, 1, command("families", file, "--map", fresh)...); !strings.Contains(out, "was not there") {
		t.Errorf("a map that is not there: %s", out)
	}
	run(t, 3, command("families", file, "--map", fresh)...)
	run(t, 0, "audit", "verify", "--data", dir, "--db", dsn)
	run(t, 0, "doctor", "--data", dir, "--db", dsn)
}

// A program that is killed in the middle of an import leaves nothing but its database behind, and the next one goes on: the registry is the same as
// after an import that nobody disturbed.
func TestImportKilled(t *testing.T) {
	const rows = 3200 // more than one transaction of them
	file, mapping := rosterFile(t, rows, true)
	whole, killed := importOffice(t, ""), importOffice(t, "")
	run(t, 3, "import", "families", file, "--map", mapping, "--data", whole, "--as", importer)

	temp := t.TempDir()
	cmd := exec.Command(os.Args[0], "import", "families", file, "--map", mapping, "--data", killed, "--as", importer)
	cmd.Env = append(os.Environ(), "MUNTIJA_TEST_RUN=1", "TMPDIR="+temp)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(killed, "muntija.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	done := int64(0)
	for end := time.Now().Add(60 * time.Second); done == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		_ = db.QueryRow(`SELECT coalesce(max(done_seq), 0) FROM sheet_import`).Scan(&done)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if done == 0 || done >= rows {
		t.Fatalf("killed after row %d: the test proves nothing", done)
	}
	for _, place := range []string{temp, killed} {
		entries, err := os.ReadDir(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if n := e.Name(); !strings.HasPrefix(n, "muntija.db") && n != "muntija.keys" {
				t.Errorf("left behind in %s: %s", place, n)
			}
		}
	}
	// A dead runner is noticed after half a minute without a sign of life; the test does not wait.
	if _, err := db.Exec(`UPDATE job SET heartbeat_at = '2026-01-01T00:00:00.000000Z' WHERE state = 'running'`); err != nil {
		t.Fatal(err)
	}
	r := printed(t, run(t, 3, "import", "resume", "1", "--json", "--data", killed, "--as", importer))
	if r.State != "done" || r.Counts.Of(service.RowNew) != rows-rows/50 || r.Counts.Of(service.RowProblem) != rows/50 || r.Counts.ProductsNew == 0 {
		t.Errorf("after the resume: %+v", r)
	}
	got, want := strings.Split(tableOf(t, killed), "\n"), strings.Split(tableOf(t, whole), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("the registry, of %d lines, differs from one that nobody disturbed, of %d, first in line %d:\n%.300s\n%.300s", len(got), len(want), i+1,
				strings.Join(got[min(i, len(got)):min(i+1, len(got))], ""), strings.Join(want[min(i, len(want)):min(i+1, len(want))], ""))
		}
	}
	run(t, 0, "audit", "verify", "--data", killed)
	run(t, 0, "doctor", "--data", killed)
}

// tableOf is all that an import leaves in the registry, but for the times.
func tableOf(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	withOffice(t, dir, "", func(db *store.DB, _ *service.Service) {
		err := db.View(t.Context(), func(tx *store.Tx) error {
			for id := int64(1); ; id++ {
				f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
				if err != nil {
					fmt.Fprintln(&b, id)
					return nil
				}
				events, err := tx.EventsOf(id)
				if err != nil {
					return err
				}
				products, err := tx.ProductsOf(id)
				if err != nil {
					return err
				}
				fmt.Fprintln(&b, id, f.Version, f.Status.State, f.Status.Number, len(events), f.Record.Values())
				for _, p := range products {
					fmt.Fprintln(&b, p.ID, p.Version, p.Status.State, p.Record)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	return b.String()
}
