package service_test

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/testkit"
)

// What is wrong with a cell of a sheet of members keeps their family out, and is said, and marked, at that cell of that sheet.
func TestImportMembersOnTheirOwnSheet(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	first, second := testkit.Form(1, place.Egypt).Lead.IDNumber, testkit.Form(2, place.Egypt).Lead.IDNumber
	book := func(year, relation string) []byte {
		return testkit.Workbook(
			testkit.RosterSheet{Name: "الأسر", Rows: [][]string{testkit.RosterHeader, row(1, "household.size", "6"), row(2, "household.size", "6"), row(3)}},
			testkit.RosterSheet{Name: "الأفراد", Rows: [][]string{{"الرقم القومي", "اسم الفرد", "صلة القرابة", "سنة الميلاد"},
				{second, "محمد", "ابن", "2010"}, {first, "ليلى", "ابنة", "2012"}, {second, "سارة", relation, "2014"}, {first, "هدى", "ابنة", year}}},
		)
	}
	mapped := func(m *sheet.SheetMap) {
		m.Key = "lead.id_number"
		if m.Kind == sheet.Members {
			m.Columns = map[string]string{"الرقم القومي": "lead.id_number", "اسم الفرد": "household.members.name", "صلة القرابة": "household.members.relation",
				"سنة الميلاد": "household.members.birth_year"}
		}
	}
	v := staged(t, o, worker, book("العام الماضي", "جارة الخال"), mapped)
	wantCounts(t, v, "new 1 problem 2")
	problems, err := o.Imports.Rows(background, worker, v.ID, service.RowsProblem, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range problems.Rows {
		for _, p := range r.Problems {
			name, n, cell := r.Place(p)
			got = append(got, r.Cell(p)+" "+p.Field)
			if r.Sheet != "الأسر" || name != "الأفراد" || r.Cell(p) != name+"!"+cell || n == r.Row {
				t.Errorf("row %d of %s: the problem stands on %s, row %d, %s", r.Row, r.Sheet, name, n, cell)
			}
		}
	}
	if want := []string{"الأفراد!D5 household.members[1].birth_year", "الأفراد!C4 household.members[1].relation"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	v = confirmed(t, o, worker, v.ID)
	wantCounts(t, v, "new 1 problem 2")
	if all := families(t, o); strings.Count(all, "\n") != 1 {
		t.Errorf("a family was taken without what its members say:\n%s", all)
	}
	l := locale.Default().For(locale.Arabic)
	var out bytes.Buffer
	if _, err := o.Imports.Marked(background, worker, v.ID, locale.Arabic, l.T, &out); err != nil {
		t.Fatal(err)
	}
	comments := parts(t, out.Bytes(), "xl/comments")
	if len(comments) != 1 || !strings.Contains(comments[0], `ref="D5"`) || !strings.Contains(comments[0], `ref="C4"`) || strings.Count(comments[0], "<comment ") != 2 {
		t.Errorf("got comments %q", comments)
	}
	sheets := strings.Join(parts(t, out.Bytes(), "xl/worksheets/sheet"), "\n") + strings.Join(parts(t, out.Bytes(), "xl/sharedStrings"), "\n")
	if !strings.Contains(sheets, "الأفراد!D5") || !strings.Contains(sheets, "الأفراد!C4") {
		t.Error("the notes of the families do not name the cells of their members")
	}
	if !strings.Contains(sheets, l.T("import.note.family", "الأسر!2")) {
		t.Error("a member's row does not say where its family stands")
	}
	if n := strings.Count(sheets, ">"+l.T("import.status.problem")+"<"); n != 6 {
		t.Errorf("%d rows are filtered as kept out, want two families and their four members", n)
	}

	v = staged(t, o, worker, typedOver(t, out.Bytes(), ">العام الماضي<", ">2016<", ">جارة الخال<", ">ابنة<"), mapped)
	wantCounts(t, v, "new 2")
	if v.Counts.Passed != 1 {
		t.Errorf("got %d rows that were taken before, want 1", v.Counts.Passed)
	}
	confirmed(t, o, worker, v.ID)
	all := families(t, o)
	for _, want := range []string{"محمد", "ليلى", "سارة", "هدى", "2016"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}

	// Members alone are added to the family that is there, and held to the same.
	more := func(year string) []byte {
		return testkit.Workbook(testkit.RosterSheet{Name: "الأفراد", Rows: [][]string{{"الرقم القومي", "اسم الفرد", "صلة القرابة", "سنة الميلاد"},
			{first, "هدى", "ابنة", "2016"}, {first, "يوسف", "ابن", year}}})
	}
	before := families(t, o)
	v = staged(t, o, worker, more("من زمان"), mapped)
	wantCounts(t, v, "problem 1")
	if problems, err = o.Imports.Rows(background, worker, v.ID, service.RowsProblem, 0, 10); err != nil {
		t.Fatal(err)
	}
	if r := problems.Rows[0]; r.Row != 2 || len(r.Problems) != 1 || r.Cell(r.Problems[0]) != "D3" {
		t.Errorf("got %+v", r)
	}
	out.Reset()
	if _, err := o.Imports.Marked(background, worker, v.ID, locale.Arabic, l.T, &out); err != nil {
		t.Fatal(err)
	}
	sheets = strings.Join(parts(t, out.Bytes(), "xl/worksheets/sheet"), "\n") + strings.Join(parts(t, out.Bytes(), "xl/sharedStrings"), "\n")
	if n := strings.Count(sheets, ">"+l.T("import.status.problem")+"<"); n != 2 || !strings.Contains(sheets, "\u2068D3\u2069: ") {
		t.Errorf("%d rows are filtered as kept out, want 2, and the cell named", n)
	}
	confirmed(t, o, worker, v.ID)
	if after := families(t, o); after != before {
		t.Errorf("a member was taken without the year of birth:\n%s", after)
	}
	v = staged(t, o, worker, more("2090"), mapped)
	if problems, err = o.Imports.Rows(background, worker, v.ID, service.RowsProblem, 0, 10); err != nil || len(problems.Rows) != 1 {
		t.Fatalf("got %+v, %v", problems, err)
	}
	if r := problems.Rows[0]; r.Cell(r.Problems[0]) != "D3" {
		t.Errorf("a year to come: got %+v", r.Problems)
	}
}

// What is wrong with a member on a row below the family stands on that row.
func TestImportMembersBelowTheirFamily(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	header := append(slices.Clone(testkit.RosterHeader), "اسم الفرد", "سنة الميلاد للفرد")
	more := func(name, year string) []string { return append(row(1, "household.size", "6"), name, year) }
	body := testkit.Workbook(testkit.RosterSheet{Name: "الأسر", Rows: [][]string{header, more("أحمد", "2010"), more("ليلى", "2090")}})
	v := staged(t, o, worker, body, func(m *sheet.SheetMap) {
		m.Key = "lead.id_number"
		m.Columns["اسم الفرد"], m.Columns["سنة الميلاد للفرد"] = "household.members.name", "household.members.birth_year"
	})
	problems, err := o.Imports.Rows(background, worker, v.ID, service.RowsProblem, 0, 10)
	if err != nil || len(problems.Rows) != 1 {
		t.Fatalf("got %+v, %v", problems, err)
	}
	want := sheet.Letter(len(testkit.RosterHeader)+1) + "3"
	r := problems.Rows[0]
	if !slices.ContainsFunc(r.Problems, func(p sheet.CellProblem) bool {
		return p.Field == "household.members[1].birth_year" && r.Cell(p) == want
	}) {
		t.Errorf("got %+v, want a problem at %s", r.Problems, want)
	}
}

// Members that are laid over those of a family stand at other places there: what is wrong with one is said at its own cell still.
func TestImportMembersOverThoseThatAreThere(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	draft := testkit.Form(7, place.Egypt)
	draft.Household.Size = "6"
	draft.Household.Members = []intake.Member{{Name: "سارة", Relation: "daughter"}, {Name: "أمل", Relation: "daughter"}}
	if _, err := o.Families.Create(background, worker, draft, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	id := draft.Lead.IDNumber
	body := testkit.Workbook(testkit.RosterSheet{Name: "الأفراد", Rows: [][]string{{"الرقم القومي", "اسم الفرد", "صلة القرابة"},
		{id, "يوسف", ""}, {id, "أمل", "ابنة"}}})
	v := staged(t, o, worker, body, func(m *sheet.SheetMap) {
		m.Key = "lead.id_number"
		m.Columns = map[string]string{"الرقم القومي": "lead.id_number", "اسم الفرد": "household.members.name", "صلة القرابة": "household.members.relation"}
	})
	wantCounts(t, v, "changed 1")
	changed, err := o.Imports.Rows(background, worker, v.ID, service.RowsChanged, 0, 10)
	if err != nil || len(changed.Rows) != 1 {
		t.Fatalf("got %+v, %v", changed, err)
	}
	r := changed.Rows[0]
	if len(r.Problems) != 1 || r.Problems[0].Field != "household.members[0].relation" || r.Cell(r.Problems[0]) != "C2" {
		t.Errorf("got %+v, want a problem at C2", r.Problems)
	}
}

// typedOver is a workbook with texts of its sheets replaced, in pairs.
func typedOver(t *testing.T, body []byte, pairs ...string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		text := parts(t, body, f.Name)[0]
		if strings.HasPrefix(f.Name, "xl/worksheets/") || strings.HasPrefix(f.Name, "xl/sharedStrings") {
			text = strings.NewReplacer(pairs...).Replace(text)
		}
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(to, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// parts reads the parts of a workbook whose names start so.
func parts(t *testing.T, body []byte, prefix string) []string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, prefix) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}
