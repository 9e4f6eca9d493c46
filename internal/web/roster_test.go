package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// rosterOf is a workbook of families under the header of the testkit.
func rosterOf(rows ...[]string) []byte {
	return testkit.Workbook(testkit.RosterSheet{Name: "الأسر", Rows: append([][]string{testkit.RosterHeader}, rows...)})
}

// uploaded sends a roster and returns where its page is.
func uploaded(t *testing.T, b *testkit.Browser, body []byte) string {
	t.Helper()
	p := b.Upload("/imports", url.Values{"idempotency_key": {testkit.Key()}}, "file", "كشف.xlsx", body).Want(http.StatusSeeOther)
	at, ok := strings.CutSuffix(p.Header.Get("Location"), "/columns")
	if !ok {
		t.Fatalf("the upload leads to %s", p.Header.Get("Location"))
	}
	return at
}

// worked runs the job that an import waits for.
func worked(t *testing.T, s *testkit.Site, at string, actor auth.Actor) {
	t.Helper()
	id, err := strconv.ParseInt(strings.TrimPrefix(at, "/imports/"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Imports.Import(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Jobs.Work(t.Context(), v.JobID); err != nil {
		t.Fatal(err)
	}
}

// filled is what a browser sends of the columns' page when the person fills in what it lacks.
func filled(p *testkit.Page, at string) url.Values {
	form := p.Fields(at + "/columns")
	form.Set("s0.key", "lead.id_number")
	return form
}

// A roster goes through its pages: upload, columns, dry run, rows, confirmation, marked workbook, undo, without a script.
func TestImportPages(t *testing.T) {
	s := familySite(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	b := s.As(t, auth.FieldWorker, place.Egypt)
	b.Get("/imports").Want(200).Check()
	bad := testkit.RosterRow(3)
	bad[4] = "12"
	at := uploaded(t, b, rosterOf(testkit.RosterRow(1), testkit.RosterRow(2), bad))
	columns := b.Get(at + "/columns").Want(200).Check()
	if !columns.Has("الرقم القومي", "منى") {
		t.Errorf("no samples on %s", columns.Text())
	}
	wrong := filled(columns, at)
	wrong.Set("s0.c2", "لا حقل بهذا الاسم")
	page := b.Post(at+"/columns", wrong).Want(422).Check()
	if page.Fields(at+"/columns").Get("s0.c2") != "لا حقل بهذا الاسم" {
		t.Error("what was typed is gone")
	}
	b.Post(at+"/columns", filled(columns, at)).Want(303)
	b.Get(at).Want(200).Check()
	worked(t, s, at, worker)
	preview := b.Get(at).Want(200).Check()
	if !preview.Has("ما سيحدث عند التأكيد") {
		t.Errorf("no preview: %s", preview.Text())
	}
	rows := b.Get(at + "/rows?show=problem").Want(200).Check()
	if !rows.Has("صف 4", "E4") {
		t.Errorf("no problem: %s", rows.Text())
	}
	b.Get(at + "/rows?show=nothing").Want(404)
	b.Get(at + "/rows?show=problem&after=-1").Want(404)
	b.Post(at+"/confirm", preview.Fields(at+"/confirm")).Want(303)
	worked(t, s, at, worker)
	done := b.Get(at).Want(200).Check()
	marked := b.Get(at + "/marked").Want(200)
	if _, err := sheet.Open(bytes.NewReader(marked.Body), int64(len(marked.Body))); err != nil || !strings.Contains(marked.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the marked workbook: %v, %s", err, marked.Header)
	}
	b.Get(at + "/file").Want(200)
	b.Get("/imports").Want(200).Check()
	if b.Post(at+"/confirm", url.Values{"idempotency_key": {testkit.Key()}}).Want(303); !b.Get(at).Want(200).Has("تغيّر حال هذا الاستيراد") {
		t.Error("a confirmation that came late is not said to have done nothing")
	}
	b.Post(at+"/undo", done.Fields(at+"/undo")).Want(303)
	worked(t, s, at, worker)
	if p := b.Get(at).Want(200).Check(); !p.Has("عادت أسرتان") {
		t.Errorf("the undo says %s", p.Text())
	}
}

// What is no roster is refused beside the field, with what to do; nothing is kept.
func TestImportRefusesFiles(t *testing.T) {
	s := familySite(t)
	b := s.As(t, auth.FieldWorker, place.Egypt)
	for name, body := range map[string][]byte{"pdf": []byte("%PDF-1.7 …"), "empty": {}, "truncated": rosterOf(testkit.RosterRow(1))[:300], "xls": []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("x", 2000)),
		"no header": testkit.Workbook(testkit.RosterSheet{Name: "x", Rows: [][]string{{"1", "2"}}})} {
		p := b.Upload("/imports", url.Values{"idempotency_key": {testkit.Key()}}, "file", "x.xlsx", body)
		if p.Status != 422 && p.Status != 415 || !p.Has("خطأ واحد يحتاج إلى تصحيح") {
			t.Errorf("%s: status %d: %s", name, p.Status, p.Text())
		}
	}
	list, err := s.Imports.List(t.Context(), testkit.Actor(auth.FieldWorker, place.Egypt))
	if err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v", list, err)
	}
}

// An import is its sender's: each route of it as each other person, with a whole request. Nothing changes and nothing is told.
func TestImportBelongsToItsSender(t *testing.T) {
	s := familySite(t)
	b := s.As(t, auth.FieldWorker, place.Egypt)
	at := uploaded(t, b, rosterOf(testkit.RosterRow(1)))
	b.Post(at+"/columns", filled(b.Get(at+"/columns"), at)).Want(303)
	worked(t, s, at, testkit.Actor(auth.FieldWorker, place.Egypt))
	before := rowsOf(t, s)
	routes := []struct{ method, path string }{{"GET", ""}, {"GET", "/columns"}, {"POST", "/columns"}, {"GET", "/rows?show=problem"}, {"GET", "/file"}, {"GET", "/marked"}, {"POST", "/confirm"}, {"POST", "/cancel"}, {"POST", "/undo"}}
	for _, party := range place.Countries() {
		for _, role := range auth.Roles() {
			actor := testkit.Actor(role, party)
			if role == auth.FieldWorker && party == place.Egypt {
				actor = testkit.SecondActor(role, party)
			}
			browser := s.SignedIn(t, actor)
			for _, r := range routes {
				p := send(browser, t, r.method, at+r.path, url.Values{"idempotency_key": {testkit.Key()}, "s0.kind": {"families"}, "s0.key": {"lead.id_number"}})
				seen := role == auth.Administrator && party == place.Egypt && r.method == "GET" && r.path == ""
				if seen && (p.Status != 200 || p.Has("كشف.xlsx") || len(testkit.Find(p.Doc(), "form")) > 4) {
					t.Errorf("an administrator sees status %d: %s", p.Status, p.Text())
				}
				if !seen && p.Status != 404 && p.Status != 403 {
					t.Errorf("%s of %s: %s %s: %d", role, party, r.method, r.path, p.Status)
				}
			}
		}
	}
	if after := rowsOf(t, s); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	s.View(t, func(tx *store.Tx) error {
		m, err := tx.ImportByID(place.Egypt, 1)
		if err == nil && m.State != string(service.ImportReady) {
			t.Errorf("the import is %s", m.State)
		}
		return err
	})
}
