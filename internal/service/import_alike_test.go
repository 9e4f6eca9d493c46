package service_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/testkit"
)

// Two rows of one file that are one woman under two file numbers are told in the dry run, on the page and in the workbook, and stop nothing. What the dry run
// says is what happens.
func TestImportAlikeRows(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	byFile := func(m *sheet.SheetMap) { m.Key = "case.file_no" }
	phone := row(1)[5]
	body := roster(row(1), row(2), row(3, "lead.id_number", row(1)[4], "lead.given_name", row(1)[2]), row(4, "lead.phones.number", phone), row(5), row(6, "lead.id_number", "123", "lead.phones.number", phone))

	told := func(v *service.ImportView) string {
		t.Helper()
		var b strings.Builder
		for _, f := range []service.RowFilter{service.RowsProblem, service.RowsDraft, service.RowsCheck} {
			rows, err := o.Imports.Rows(background, worker, v.ID, f, 0, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows.Rows {
				for _, p := range r.Problems {
					if p.Key == "problem.required" {
						continue
					}
					fmt.Fprintf(&b, "%s %s %s%v\n", f, r.Cell(p), strings.TrimPrefix(p.Key, "import.problem."), p.Args)
				}
			}
		}
		dups, err := o.Imports.Duplicates(background, worker, v.ID, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dups {
			fmt.Fprintf(&b, "%d %s %d %v\n", d.Row, d.Reason, d.OtherRow, d.OtherID != 0)
		}
		return b.String()
	}

	v := staged(t, o, worker, body, byFile)
	wantCounts(t, v, "new 4 draft 1 problem 1")
	if got, want := told(v), `problem E7 identity.nid.length[14 3]
problem F7 row_shares[2 1]
draft E4 row_shares[2 1]
draft E4 id_held_in_sheet[]
check F5 row_shares[2 1]
4 eg_nid 2 false
5 phone 2 false
7 phone 2 false
`; got != want {
		t.Errorf("dry run: got\n%swant\n%s", got, want)
	}
	if v.Counts.Duplicates != 3 {
		t.Errorf("got %d rows that look like another, want 3", v.Counts.Duplicates)
	}
	var marked bytes.Buffer
	if _, err := o.Imports.Marked(background, worker, v.ID, "en", locale.Default().For("en").T, &marked); err != nil {
		t.Fatal(err)
	}
	book, err := zip.NewReader(bytes.NewReader(marked.Bytes()), int64(marked.Len()))
	if err != nil {
		t.Fatal(err)
	}
	comments, err := fs.ReadFile(book, "xl/comments1.xml")
	if _, said, _ := strings.Cut(string(comments), `ref="F5"`); err != nil || !strings.Contains(said, "Row 2 has the same number") {
		t.Errorf("the workbook says of F5 %q, %v", said, err)
	}

	v = confirmed(t, o, worker, v.ID)
	wantCounts(t, v, "new 4 draft 1 problem 1")
	if got, want := told(v), `problem E7 identity.nid.length[14 3]
draft E4 family_shares[]
draft E4 id_held[]
check F5 family_shares[]
4 eg_nid 0 true
5 phone 0 true
`; got != want {
		t.Errorf("done: got\n%swant\n%s", got, want)
	}

	v = staged(t, o, worker, body, byFile) // what is there says nothing new, and is no duplicate of itself
	wantCounts(t, v, "unchanged 5 problem 1")
	if v.Counts.Duplicates != 0 {
		t.Errorf("got %d rows that look like another, want none", v.Counts.Duplicates)
	}
}
