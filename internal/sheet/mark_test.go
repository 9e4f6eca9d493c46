package sheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"muntija/internal/locale"
	"muntija/internal/sheet"
)

func markedFile(t testing.TB, src []byte, lang string, marks ...sheet.SheetMarks) []byte {
	t.Helper()
	var b bytes.Buffer
	err := opened(t, src).Mark(&b, sheet.Marks{Lang: lang, Say: locale.Default().For(lang).T, At: madeAt, Sheets: marks})
	if err != nil {
		t.Fatal(err)
	}
	keep(t, b.Bytes())
	return b.Bytes()
}

func firstRoster(t testing.TB, b []byte) sheet.Roster {
	t.Helper()
	rosters, err := opened(t, b).FindRosters()
	if err != nil {
		t.Fatal(err)
	}
	return rosters[0]
}

// unpacked is each part of a workbook.
func unpacked(t testing.TB, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(body)
	}
	return out
}

// senders is a workbook as somebody made it with care: colours, widths, a formula, a chart, a picture's place, a comment, a drop-down, a filter,
// conditional colours, a hidden sheet, a name.
func senders(t testing.TB, filter bool) []byte {
	t.Helper()
	x := excelize.NewFile()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	const name = "Sheet1"
	must(x.SetCellStr(name, "A1", "كشف الأسر المنتجة بمحافظة سوهاج"))
	for c, h := range []string{"م", "الاسم رباعي", "الرقم القومي", "رقم التليفون", "المحافظة", "الإجمالي"} {
		must(x.SetCellStr(name, sheet.Letter(c)+"3", h))
	}
	head, err := x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F4E78"}}})
	must(err)
	must(x.SetCellStyle(name, "A3", "F3", head))
	green, err := x.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E2EFDA"}}, NumFmt: 49})
	must(err)
	must(x.SetCellStyle(name, "C4", "C9", green))
	for r := 4; r < 10; r++ {
		must(x.SetCellInt(name, fmt.Sprint("A", r), int64(r-3)))
		must(x.SetCellStr(name, fmt.Sprint("B", r), fmt.Sprint("منى أحمد علي ", r)))
		must(x.SetCellStr(name, fmt.Sprint("C", r), fmt.Sprintf("2900315260%04d", r)))
		must(x.SetCellStr(name, fmt.Sprint("D", r), "0100123456"+fmt.Sprint(r)))
		must(x.SetCellStr(name, fmt.Sprint("E", r), "سوهاج"))
		must(x.SetCellFormula(name, fmt.Sprint("F", r), fmt.Sprintf("A%d*2", r)))
	}
	must(x.SetCellStr(name, "E6", "")) // a cell that is missing where a mark will be
	must(x.SetColWidth(name, "B", "B", 33))
	must(x.SetRowHeight(name, 3, 28))
	must(x.AddComment(name, excelize.Comment{Cell: "B5", Author: "سلوى", Text: "راجعوا الاسم"}))
	must(x.AddComment(name, excelize.Comment{Cell: "D8", Author: "سلوى", Text: "رقم الأخت"}))
	dv := excelize.NewDataValidation(true)
	dv.Sqref = "E4:E9"
	must(dv.SetDropList([]string{"سوهاج", "قنا"}))
	must(x.AddDataValidation(name, dv))
	must(x.MergeCell(name, "A1", "F1"))
	if filter {
		must(x.AutoFilter(name, "A3:F9", nil))
	}
	must(x.SetDefinedName(&excelize.DefinedName{Name: "الأسماء", RefersTo: "Sheet1!$B$4:$B$9"}))
	_, err = x.NewSheet("مخفي")
	must(err)
	must(x.SetCellStr("مخفي", "A1", "سر"))
	must(x.SetSheetVisible("مخفي", false))
	must(x.AddChart("مخفي", "C2", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{Name: "س", Categories: "Sheet1!$B$4:$B$9", Values: "Sheet1!$A$4:$A$9"}}}))
	rtl := true
	must(x.SetSheetView(name, 0, &excelize.ViewOptions{RightToLeft: &rtl}))
	b, err := x.WriteToBuffer()
	must(err)
	return b.Bytes()
}

func senderMarks(r sheet.Roster) sheet.SheetMarks {
	m := sheet.SheetMarks{Roster: r}
	for row := 4; row < 10; row++ {
		switch row {
		case 5:
			m.Rows = append(m.Rows, sheet.RowMark{Row: row, Kind: sheet.MarkProblem, Status: "لم يُستورد", Note: "الاسم: اكتب الاسم رباعيًا"})
			m.Cells = append(m.Cells, sheet.CellMark{Row: row, Col: 1, Kind: sheet.MarkProblem, Text: "اكتب الاسم رباعيًا"}, sheet.CellMark{Row: row, Col: 2, Kind: sheet.MarkProblem, Text: "رقم غير صحيح"})
		case 6:
			m.Rows = append(m.Rows, sheet.RowMark{Row: row, Kind: sheet.MarkWarning, Status: "تم الاستيراد", Note: "راجع المحافظة"})
			m.Cells = append(m.Cells, sheet.CellMark{Row: row, Col: 4, Kind: sheet.MarkWarning, Text: "فارغة"})
		default:
			m.Rows = append(m.Rows, sheet.RowMark{Row: row, Kind: sheet.MarkDone, Status: sheet.DoneWord("ar")})
		}
	}
	return m
}

// The sender's workbook comes back as it was, but for the marks: every part that is not concerned byte by byte, every cell with its value, style and
// formula, the sender's comments. A second mark takes the first one back.
func TestMarkKeepsTheWorkbook(t *testing.T) {
	for _, filter := range []bool{false, true} {
		src := senders(t, filter)
		roster := firstRoster(t, src)
		if roster.HeaderTo != 3 || len(roster.Columns) != 6 {
			t.Fatalf("roster: %+v", roster)
		}
		out := markedFile(t, src, "ar", senderMarks(roster))
		before, after := unpacked(t, src), unpacked(t, out)
		changed := []string{}
		for _, name := range slices.Sorted(maps.Keys(before)) {
			if before[name] != after[name] {
				changed = append(changed, name)
			}
		}
		want := []string{"xl/comments1.xml", "xl/drawings/vmlDrawing1.vml", "xl/styles.xml", "xl/worksheets/sheet1.xml"}
		if filter {
			want = slices.Insert(want, 3, "xl/workbook.xml") // the name of the filter
			if !strings.Contains(after["xl/workbook.xml"], "!$A$3:$H$9</definedName>") {
				t.Errorf("the filter's name: %s", after["xl/workbook.xml"])
			}
		}
		if !slices.Equal(changed, want) || len(after) != len(before) {
			t.Errorf("changed: %v, want %v; %d parts, %d before", changed, want, len(after), len(before))
		}

		x, err := excelize.OpenReader(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		old, err := excelize.OpenReader(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		for r := 1; r < 10; r++ {
			for c := range 6 {
				at := sheet.Letter(c) + fmt.Sprint(r)
				a, _ := old.GetCellValue("Sheet1", at)
				b, _ := x.GetCellValue("Sheet1", at)
				fa, _ := old.GetCellFormula("Sheet1", at)
				fb, _ := x.GetCellFormula("Sheet1", at)
				if a != b || fa != fb {
					t.Errorf("%s: %q %q, was %q %q", at, b, fb, a, fa)
				}
				sa, _ := old.GetCellStyle("Sheet1", at)
				sb, _ := x.GetCellStyle("Sheet1", at)
				if marked := at == "B5" || at == "C5" || at == "E6"; marked == (sa == sb) {
					t.Errorf("%s: style %d, was %d", at, sb, sa)
				}
			}
		}
		for at, want := range map[string]string{"G3": "حالة الاستيراد", "H3": "ملاحظات الاستيراد", "G4": "تم الاستيراد", "G5": "لم يُستورد", "H5": "الاسم: اكتب الاسم رباعيًا"} {
			if got, _ := x.GetCellValue("Sheet1", at); got != want {
				t.Errorf("%s is %q, want %q", at, got, want)
			}
		}
		style, err := x.GetCellStyle("Sheet1", "C5")
		if err != nil {
			t.Fatal(err)
		}
		if full, err := x.GetStyle(style); err != nil || full.NumFmt != 49 || len(full.Fill.Color) == 0 || full.Fill.Color[0] != "FFC9CB" {
			t.Errorf("the style of C5: %+v, %v", full, err)
		}
		comments, err := x.GetComments("Sheet1")
		if err != nil || len(comments) != 4 {
			t.Fatalf("%d comments, %v", len(comments), err)
		}
		for _, c := range comments {
			text := c.Text
			for _, p := range c.Paragraph {
				text += p.Text
			}
			switch c.Cell {
			case "B5":
				if c.Author != "سلوى" || !strings.Contains(text, "راجعوا الاسم") || !strings.Contains(text, "اكتب الاسم رباعيًا") {
					t.Errorf("B5: %q by %s", text, c.Author)
				}
			case "C5":
				if c.Author != "منتجة" || !strings.Contains(text, "رقم غير صحيح") {
					t.Errorf("C5: %q by %s", text, c.Author)
				}
			}
		}
		if !strings.Contains(after["xl/worksheets/sheet1.xml"], `<autoFilter ref="A3:H9"`) || strings.Count(after["xl/worksheets/sheet1.xml"], "<autoFilter") != 1 {
			t.Errorf("no one filter over the columns: %s", after["xl/worksheets/sheet1.xml"])
		}
		if n := strings.Count(after["xl/drawings/vmlDrawing1.vml"], "<v:shape "); n != 4 {
			t.Errorf("%d boxes, want 4", n)
		}

		// It comes back with one row mended: the rows that are done are passed over, the marks of the others are new.
		again := firstRoster(t, out)
		if again.Shape != roster.Shape {
			t.Error("a marked workbook has another shape")
		}
		clean := markedFile(t, out, "ar", sheet.SheetMarks{Roster: again, Rows: []sheet.RowMark{{Row: 5, Kind: sheet.MarkDone, Status: sheet.DoneWord("ar")}}})
		y, err := excelize.OpenReader(bytes.NewReader(clean))
		if err != nil {
			t.Fatal(err)
		}
		comments, err = y.GetComments("Sheet1")
		if err != nil || len(comments) != 2 || comments[0].Author != "سلوى" || comments[1].Author != "سلوى" {
			t.Errorf("comments after the second mark: %+v, %v", comments, err)
		}
		for _, c := range comments {
			for _, p := range c.Paragraph {
				if strings.Contains(p.Text, "منتجة") {
					t.Errorf("the mark stayed in the sender's comment: %q", p.Text)
				}
			}
		}
		style, _ = y.GetCellStyle("Sheet1", "C5")
		if full, err := y.GetStyle(style); err != nil || len(full.Fill.Color) == 0 || full.Fill.Color[0] != "E2EFDA" {
			t.Errorf("C5 did not get its colour back: %+v, %v", full, err)
		}
		style, _ = y.GetCellStyle("Sheet1", "E6")
		if full, err := y.GetStyle(style); err != nil || len(full.Fill.Color) != 0 {
			t.Errorf("E6 stayed coloured: %+v, %v", full, err)
		}
		if got, _ := y.GetCellValue("Sheet1", "G5"); got != sheet.DoneWord("ar") {
			t.Errorf("G5 is %q", got)
		}
		if got, _ := y.GetCellValue("Sheet1", "I3"); got != "" {
			t.Errorf("a second pair of columns: %q", got)
		}
		if n := strings.Count(unpacked(t, clean)["xl/drawings/vmlDrawing1.vml"], "<v:shape "); n != 2 {
			t.Errorf("%d boxes after the second mark, want 2", n)
		}
	}
}

// Each of the offices' rosters can be marked on every row and some cells: the rows are then read as before.
func TestMarkFixtures(t *testing.T) {
	files, err := filepath.Glob("../../fixtures/import/*.xlsx")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			book := opened(t, src)
			rosters, err := book.FindRosters()
			if err != nil {
				t.Fatal(err)
			}
			var marks []sheet.SheetMarks
			var owns []func(sheet.Cell) bool
			for _, r := range rosters {
				m := sheet.SheetMarks{Roster: r}
				own := func(c sheet.Cell) bool {
					return slices.ContainsFunc(r.Columns, func(col sheet.Column) bool {
						return col.Index == c.Col && (col.Field == sheet.FieldStatus || col.Field == sheet.FieldMessage)
					})
				}
				for s := book.Scan(r.Sheet); s.Next(); {
					row := s.Row()
					if row < r.First {
						continue
					}
					m.Rows = append(m.Rows, sheet.RowMark{Row: row, Kind: sheet.MarkProblem, Status: "Not imported", Note: "=bad & <wrong>"})
					m.Cells = append(m.Cells, sheet.CellMark{Row: row, Col: r.Columns[0].Index, Kind: sheet.MarkWarning, Text: "a\nb"}, sheet.CellMark{Row: row, Col: 9, Kind: sheet.MarkProblem, Text: "c"})
				}
				marks = append(marks, m)
				owns = append(owns, own)
			}
			out := markedFile(t, src, "en", marks...)
			if x, err := excelize.OpenReader(bytes.NewReader(out)); err != nil {
				t.Error(err)
			} else {
				x.Close()
			}
			again := opened(t, out)
			for i, r := range rosters {
				a, b := book.Scan(r.Sheet), again.Scan(r.Sheet)
				for a.Next() {
					if !b.Next() || a.Row() != b.Row() {
						t.Fatalf("sheet %d: row %d became %d, %v", i, a.Row(), b.Row(), b.Err())
					}
					cells := slices.DeleteFunc(slices.Clone(a.Cells()), owns[i])
					if got := b.Cells(); len(got) < len(cells) || !slices.Equal(got[:len(cells)], cells) {
						t.Errorf("sheet %d row %d:\ngot  %+v\nwant %+v", i, a.Row(), got, cells)
					}
				}
				a.Close()
				b.Close()
			}
		})
	}
}

// A workbook without styles and without anything else that is optional, with prefixes on all its names, rows without numbers and empty rows, is marked too.
func TestMarkBareWorkbook(t *testing.T) {
	const ns = `xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	cell := func(s string) string { return `<x:c t="inlineStr"><x:is><x:t>` + s + `</x:t></x:is></x:c>` }
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/s.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<x:workbook ` + ns + `><x:sheets><x:sheet name="a" sheetId="1" r:id="q"/></x:sheets></x:workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="q" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/s.xml"/></Relationships>`},
		{"xl/worksheets/s.xml", `<x:worksheet ` + ns + `><x:cols><x:col min="1" max="9" width="20"/></x:cols><x:sheetData><x:row spans="1:3">` + cell("الاسم") + cell("الرقم القومي") + cell("المحافظة") + `</x:row><x:row>` + cell("منى") + cell("29003152601234") + cell("قنا") +
			`</x:row><x:row/><x:row>` + cell("هدى") + `<!-- x --><x:c/>` + cell("قنا") + `</x:row></x:sheetData><x:pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/></x:worksheet>`},
	} {
		w, err := z.Create(p[0])
		if err == nil {
			_, err = io.WriteString(w, p[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r := firstRoster(t, b.Bytes())
	out := markedFile(t, b.Bytes(), "en", sheet.SheetMarks{Roster: r,
		Rows:  []sheet.RowMark{{Row: 4, Kind: sheet.MarkProblem, Status: "Not imported", Note: "n"}, {Row: 2, Kind: sheet.MarkDone, Status: "Imported"}, {Row: 7, Status: "blank"}},
		Cells: []sheet.CellMark{{Row: 4, Col: 1, Kind: sheet.MarkProblem, Text: "missing"}, {Row: 3, Col: 0, Kind: sheet.MarkProblem, Text: "blank row"}, {Row: 4, Col: 2, Kind: sheet.MarkWarning, Text: "w"}}})
	got := unpacked(t, out)["xl/worksheets/s.xml"]
	want := `<x:cols><x:col min="1" max="3" width="20"/><x:col min="4" max="4" width="16" customWidth="1"/><x:col min="5" max="5" width="60" customWidth="1"/><x:col min="6" max="9" width="20"/></x:cols><x:sheetData><x:row>` +
		cell("الاسم") + cell("الرقم القومي") + cell("المحافظة") + `<x:c r="D1" s="0" t="inlineStr"><x:is><x:t xml:space="preserve">Import status</x:t></x:is></x:c><x:c r="E1" s="0" t="inlineStr"><x:is><x:t xml:space="preserve">Import notes</x:t></x:is></x:c></x:row>`
	if !strings.Contains(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, want := range []string{`<x:row><x:c r="A3" s="`, `<!-- x --><x:c s="`, `<x:row r="7"><x:c r="D7"`, `<x:autoFilter ref="A1:E4"/><x:pageMargins`, `/><x:legacyDrawing xmlns:r=`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	x, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if c, err := x.GetComments("a"); err != nil || len(c) != 3 {
		t.Errorf("%d comments, %v", len(c), err)
	}
}
