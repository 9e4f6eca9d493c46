package web_test

import (
	"bytes"
	"encoding/csv"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// A reviewer exports the list as it is filtered: the page says what, the file holds it, and a chosen set of columns is kept under a name.
func TestExportPages(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	s.Family(t, 1, place.Egypt, registry.Approved)
	s.Family(t, 2, place.Egypt, registry.Submitted)
	b := s.As(t, auth.Reviewer, place.Egypt)

	if list := b.Get("/families?state=approved").Want(200).Check(); !strings.Contains(string(list.Body), `href="/families/export?state=approved"`) {
		t.Error("the list has no way out with its filter")
	}
	page := b.Get("/families/export?state=approved").Want(200).Check()
	if len(page.Body) > 60<<10 {
		t.Errorf("the page has %d bytes", len(page.Body))
	}
	page.Has("أسرة واحدة", "معتمد", "نماذج فارغة")
	form := url.Values{"query": {"state=approved"}, "kind": {"families"}, "columns": {"number", "lead.given_name", "lead.id_number", "state"}, "lang": {"ar"}, "format": {"csv"}}
	file := b.Post("/families/export", form).Want(200)
	if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="muntija-families-`) || !strings.HasSuffix(got, `.csv"`) {
		t.Errorf("disposition %q", got)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.Body, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[0]) != 4 || rows[0][0] != "رقم التسجيل" || strings.Trim(rows[1][2], "•*0123456789") == rows[1][2] || len(rows[1][2]) == 14 {
		t.Errorf("rows %q, %v", rows, err)
	}
	form.Set("format", "xlsx")
	form.Set("lang", "en")
	form.Set("extras", "yes")
	file = b.Post("/families/export", form).Want(200)
	book, err := sheet.Open(bytes.NewReader(file.Body), int64(len(file.Body)))
	if err != nil {
		t.Fatal(err)
	}
	if sheets := book.Sheets(); sheets[0].Name != "About this file" || sheets[1].Name != "Productive families" || len(sheets) < 7 {
		t.Errorf("sheets: %+v", sheets)
	}

	// Columns under a name.
	form.Set("idempotency_key", testkit.Key())
	form.Set("_save", "yes")
	form.Set("layout", "كشف <b>المعرض</b>")
	kept := b.Post("/families/export", form).Want(303).Follow().Want(200).Check()
	kept.Has("كشف <b>المعرض</b>", "حُفظت الأعمدة")
	if got := kept.Fields("/families/export")["columns"]; strings.Join(got, " ") != "number state lead.given_name lead.id_number" {
		t.Errorf("the layout chooses %v", got)
	}
	forget := b.Get("/families/export?state=approved").Fields("/families/export/layouts/1/delete")
	if to := b.Post("/families/export/layouts/1/delete", forget).Want(303).Header.Get("Location"); to != "/families/export?kind=families&state=approved" {
		t.Errorf("forgetting a layout forgets the list that was to be exported: %s", to)
	}
	form.Set("layout", "")
	b.Post("/families/export", form).Want(422).Check()
	form.Del("_save")
	form["columns"] = []string{"nonsense"}
	b.Post("/families/export", form).Want(422).Check()

	// Everybody's empty list, and what is not theirs.
	b.Get("/exports").Want(200).Check()
	b.Get("/exports/1").Want(404)
	b.Get("/exports/1/file").Want(404)
	b.Get("/families/export?kind=nonsense").Want(404)
	s.As(t, auth.Coordinator, place.Egypt).Get("/families/export?kind=members").Want(404)
	for _, role := range auth.Roles() {
		for _, kind := range []string{"", "?kind=families", "?kind=documents", "?kind=assessments", "?kind=members"} {
			if p := s.As(t, role, place.Qatar).Get("/families/export" + kind); p.Status != 404 {
				p.Want(200).Check()
			}
		}
	}
}

// A long list is made by a job; its page shows how far it is, and the file comes in pieces to its owner alone.
func TestLargeExportPages(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	now := s.Clock.Now()
	job := &store.Job{Kind: service.JobExport, Party: place.Egypt, By: reviewer.UserID, CreatedAt: now, Total: 9000}
	file := &store.ExportFile{UserID: reviewer.UserID, Party: place.Egypt, Kind: "families", Spec: []byte(`{"kind":"families","format":"xlsx"}`), CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	s.Update(t, func(tx *store.Tx) error {
		if err := tx.InsertJob(job); err != nil {
			return err
		}
		file.JobID = job.ID
		return tx.InsertExport(file)
	})
	b, id := s.As(t, auth.Reviewer, place.Egypt), strconv.FormatInt(file.ID, 10)
	if page := b.Get("/exports/" + id).Want(200).Check(); !strings.Contains(string(page.Body), `data-poll="/exports/`+id+`"`) {
		t.Error("the page of a waiting export does not ask again")
	}
	b.Get("/exports").Want(200).Check().Has("الأسر المنتجة")
	b.Get("/exports/" + id + "/file").Want(409)
	s.Update(t, func(tx *store.Tx) error {
		claimed, err := tx.ClaimJob(now, time.Minute)
		if err != nil {
			return err
		}
		for n, piece := range []string{"first ", "second"} {
			if err := tx.PutExportBlock(file.ID, int64(n), []byte(piece)); err != nil {
				return err
			}
		}
		file.Rows, file.Size, file.SHA256 = 9000, 12, "x"
		if err := tx.FinishExport(file); err != nil {
			return err
		}
		return tx.FinishJob(claimed, store.JobDone, now)
	})
	b.Get("/exports/" + id).Want(200).Check().Has("تنزيل الملف")
	if got := b.Get("/exports/" + id + "/file").Want(200); string(got.Body) != "first second" || !strings.Contains(got.Header.Get("Content-Disposition"), "muntija-families-") {
		t.Errorf("the file is %q with %v", got.Body, got.Header)
	}
	s.SignedIn(t, testkit.SecondActor(auth.Reviewer, place.Egypt)).Get("/exports/" + id + "/file").Want(404)
	s.As(t, auth.Administrator, place.Egypt).Get("/exports/" + id).Want(404)
	b.Post("/exports/"+id+"/cancel", url.Values{"idempotency_key": {testkit.Key()}}).Want(303)
}

// The blank templates open in the person's language or the one asked for.
func TestTemplatePages(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	b := s.As(t, auth.FieldWorker, place.Egypt)
	for path, want := range map[string]string{"/templates/families": "الأسر المنتجة", "/templates/members?lang=en": "Household members", "/templates/families?lang=<x>": "الأسر المنتجة"} {
		file := b.Get(path).Want(200)
		book, err := sheet.Open(bytes.NewReader(file.Body), int64(len(file.Body)))
		if err != nil {
			t.Fatal(err)
		}
		if got := book.Sheets()[1].Name; got != want {
			t.Errorf("%s: the sheet is %q, want %q", path, got, want)
		}
	}
}
