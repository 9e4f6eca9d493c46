package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// parts makes a workbook of raw parts: what a test wants to say about the XML, it says itself.
type parts struct {
	sheet   string // the content of <sheetData>, or the whole worksheet if it begins with <
	before  string // between <worksheet> and <sheetData>
	after   string
	strings string // the content of <sst>
	formats string // the content of <numFmts>
	xfs     string // the content of <cellXfs>
	book    string // attributes of <workbookPr>
}

const (
	ns  = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	dcl = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

func (p parts) files() map[string]string {
	if p.xfs == "" {
		p.xfs = `<xf numFmtId="0"/>`
	}
	return map[string]string{
		"[Content_Types].xml": dcl + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
			`<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`,
		"_rels/.rels":                dcl + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + rel + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            dcl + `<workbook ` + ns + `><workbookPr ` + p.book + `/><sheets><sheet name="كشف" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": dcl + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + rel + `worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + rel + `styles" Target="styles.xml"/><Relationship Id="rId3" Type="` + rel + `sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml":              dcl + `<styleSheet ` + ns + `><numFmts>` + p.formats + `</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>` + p.xfs + `</cellXfs></styleSheet>`,
		"xl/sharedStrings.xml":       dcl + `<sst ` + ns + `>` + p.strings + `</sst>`,
		"xl/worksheets/sheet1.xml":   dcl + `<worksheet ` + ns + `>` + p.before + `<sheetData>` + p.sheet + `</sheetData>` + p.after + `</worksheet>`,
	}
}

func (p parts) bytes(t testing.TB) []byte { return zipped(t, p.files()) }

func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, b []byte) *Book {
	t.Helper()
	book, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return book
}

// scanAll renders a sheet as lines "row: A=kind:text …".
func scanAll(t testing.TB, b *Book, sheet int) string {
	t.Helper()
	s := b.Scan(sheet)
	defer s.Close()
	var out strings.Builder
	for s.Next() {
		fmt.Fprintf(&out, "%d:", s.Row())
		for _, c := range s.Cells() {
			fmt.Fprintf(&out, " %s=%s:%q", Letter(c.Col), c.Kind, c.Text)
			if c.Kind == Date {
				fmt.Fprintf(&out, "(%s)", clock(c.Date, c.Seconds))
			}
			if c.Formula {
				out.WriteString("f")
			}
		}
		out.WriteByte('\n')
	}
	if err := s.Err(); err != nil {
		fmt.Fprintf(&out, "error %v\n", err)
	}
	return out.String()
}

func TestScanCells(t *testing.T) {
	p := parts{
		strings: `<si><t>فاطمة</t></si><si><t xml:space="preserve"> a </t></si><si><r><rPr><b/></rPr><t>من</t></r><r><t>ى &amp; x</t></r></si>` +
			`<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si><si><t>a_x000D_b_x005F_x000D_</t></si><si/><si><t/></si>`,
		formats: `<numFmt numFmtId="164" formatCode="dd/mm/yyyy;@"/><numFmt numFmtId="165" formatCode="#,##0.00\ &quot;ج.م.&quot;"/><numFmt numFmtId="166" formatCode="[$-2060401]B2yyyy/mm/dd"/>`,
		xfs:     `<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="20"/><xf numFmtId="49"/>`,
	}
	for _, c := range []struct{ name, sheet, want string }{
		{"shared", `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c><c r="D1" t="s"><v>2</v></c><c r="E1" t="s"><v>3</v></c></row>`,
			`1: A=text:"فاطمة" C=text:" a " D=text:"منى & x" E=text:"東京"`},
		{"escapes", `<row r="1"><c r="A1" t="s"><v>4</v></c><c r="B1" t="s"><v>5</v></c><c r="C1" t="s"><v>6</v></c></row>`, `1: A=text:"a\rb_x000D_"`},
		{"inline", `<row r="2"><c r="A2" t="inlineStr"><is><t>٣ &#x645;&#1606;</t></is></c><c r="B2" t="inlineStr"><is><r><t>x</t></r><r><t>y</t></r></is></c></row>`,
			`2: A=text:"٣ من" B=text:"xy"`},
		{"numbers", `<row r="1"><c r="A1"><v>29003151234567</v></c><c r="B1" t="n"><v>1.5E-2</v></c><c r="C1"><v>-3</v></c><c r="D1" s="3"><v>1250.5</v></c><c r="E1" s="99"><v>7</v></c></row>`,
			`1: A=number:"29003151234567" B=number:"1.5E-2" C=number:"-3" D=number:"1250.5" E=number:"7"`},
		{"dates", `<row r="1"><c r="A1" s="1"><v>32947</v></c><c r="B1" s="2"><v>32947.5</v></c><c r="C1" s="4"><v>45292</v></c><c r="D1" s="5"><v>0.25</v></c><c r="E1" t="d"><v>2026-03-01T08:30:00Z</v></c><c r="F1" s="1"><v>60</v></c><c r="G1" s="1"><v>-1</v></c></row>`,
			`1: A=date:"32947"(1990-03-15) B=date:"32947.5"(1990-03-15 12:00:00) C=date:"45292"(2024-01-01) D=date:"0.25"(06:00:00) E=date:"2026-03-01T08:30:00Z"(2026-03-01 08:30:00) F=number:"60" G=number:"-1"`},
		{"others", `<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c><c r="C1" t="e"><v>#N/A</v></c><c r="D1" t="str"><f>A1&amp;"x"</f><v>ok_x0041_</v></c><c r="E1"><f>SUM(1,2)</f><v>3</v></c><c r="F1"><f>X()</f></c></row>`,
			`1: A=bool:"TRUE" B=bool:"FALSE" C=error:"#N/A" D=text:"okA"f E=number:"3"f F=blank:""f`},
		{"no references", `<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>`, "1: A=number:\"1\" B=number:\"2\"\n2: B=number:\"3\""},
		{"blank rows", `<row r="1"/><row r="3" s="1" customFormat="1"><c r="A3" s="1"/></row><row r="5"><c r="B5"><v>1</v></c></row>`, `5: B=number:"1"`},
		{"prefixes, comments, CDATA, quotes", `<!-- <row> --><x:row xmlns:x="u" r='4' a="x>y"><x:c r="A4" t='inlineStr'><x:is><x:t><![CDATA[<b>&amp;]]> z</x:t></x:is></x:c><x:extLst><x:c><x:v>9</x:v></x:c></x:extLst></x:row>`,
			`4: A=text:"<b>&amp; z"`},
		{"rows out of order", `<row r="5"><c><v>1</v></c></row><row r="4"><c><v>1</v></c></row>`, "5: A=number:\"1\"\nerror invalid: sheet.problem.broken: the XML is broken"},
		{"string that is not there", `<row r="5"><c t="s"><v>77</v></c></row>`, "error invalid: sheet.problem.broken: the XML is broken"},
	} {
		p.sheet = c.sheet
		if got := strings.TrimSuffix(scanAll(t, open(t, p.bytes(t)), 0), "\n"); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestBlankRowsEndASheet(t *testing.T) {
	row := func(n int) string { return fmt.Sprintf(`<row r="%d"><c><v>1</v></c></row>`, n) }
	for _, c := range []struct {
		sheet string
		rows  int
		why   Stopped
		last  int
	}{
		{row(1) + row(1001), 2, "", 1001},
		{row(1) + row(1002), 1, StoppedBlank, 1},
		{row(1) + strings.Repeat("<row/>", 1000) + row(1002), 1, StoppedBlank, 1},
		{row(1) + strings.Repeat("<row/>", 999) + row(1001), 2, "", 1001},
	} {
		s := open(t, parts{sheet: c.sheet}.bytes(t)).Scan(0)
		n := 0
		for s.Next() {
			n++
		}
		if why, last := s.Stopped(); n != c.rows || why != c.why || last != c.last || s.Err() != nil {
			t.Errorf("%.60s…: got %d rows, %q at %d, %v; want %d, %q at %d", c.sheet, n, why, last, s.Err(), c.rows, c.why, c.last)
		}
	}
}

// bigFile writes a workbook of 25 Arabic columns: 15 of text, an id and two phones as text, three dates, a number, an amount, two choices.
func bigFile(t testing.TB, rows int, inline bool) string {
	t.Helper()
	words := strings.Fields("فاطمة محمود علي السيد أحمد حسن إبراهيم خديجة مركز أخميم شارع النيل نسيج يدوي من القطن سوهاج قرية الكوثر جمعية تنمية الحرف")
	file := filepath.Join(t.TempDir(), "big.xlsx")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	seed := uint32(7)
	next := func(n int) int { seed = seed*1664525 + 1013904223; return int(seed>>8) % n }
	phrase := func() string {
		return words[next(len(words))] + " " + words[next(len(words))] + " " + words[next(len(words))]
	}
	headers := strings.Split("م|الرقم القومي|الاسم الأول|باقي الاسم|تاريخ الميلاد|النوع|الموبايل|المحافظة|المركز|القرية|الشارع|رقم المبنى|العنوان بالتفصيل|علامة مميزة|الحرفة|النشاط|اسم المشروع|مرحلة المشروع|عدد أفراد الأسرة|القيمة التقديرية|تاريخ تقديم الطلب|الوحدة الاجتماعية|الجمعية المنفذة|رقم الملف|الحالة الاجتماعية", "|")
	var table strings.Builder
	index := map[string]int{}
	files := parts{xfs: `<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="49"/>`}.files()
	delete(files, "xl/worksheets/sheet1.xml")
	delete(files, "xl/sharedStrings.xml")
	for name, body := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	text := func(col, row int, s string) {
		if inline {
			fmt.Fprintf(&b, `<c r="%s%d" s="2" t="inlineStr"><is><t>%s</t></is></c>`, Letter(col), row, s)
			return
		}
		i, ok := index[s]
		if !ok {
			i = len(index)
			index[s] = i
			table.WriteString("<si><t>" + s + "</t></si>")
		}
		fmt.Fprintf(&b, `<c r="%s%d" s="2" t="s"><v>%d</v></c>`, Letter(col), row, i)
	}
	fmt.Fprintf(&b, dcl+`<worksheet %s><dimension ref="A1:Y%d"/><sheetData><row r="1">`, ns, rows+1)
	for i, h := range headers {
		text(i, 1, h)
	}
	b.WriteString("</row>")
	for r := 2; r <= rows+1; r++ {
		fmt.Fprintf(&b, `<row r="%d">`, r)
		for c := range headers {
			switch c {
			case 0, 18, 19:
				fmt.Fprintf(&b, `<c r="%s%d"><v>%d</v></c>`, Letter(c), r, []int{r, 1 + next(9), 500 + next(90000)}[min(c, c%17)])
			case 1:
				text(c, r, fmt.Sprintf("2%02d%02d%02d26%05d", 50+next(50), 1+next(12), 1+next(28), r%100000))
			case 4, 20:
				fmt.Fprintf(&b, `<c r="%s%d" s="1"><v>%d</v></c>`, Letter(c), r, []int{20000 + next(15000), 45000 + next(1000)}[c/20])
			case 5:
				text(c, r, []string{"أنثى", "ذكر"}[next(2)])
			case 6:
				text(c, r, fmt.Sprintf("010%08d", next(100000000)))
			case 7:
				text(c, r, "سوهاج")
			case 14:
				text(c, r, []string{"منسوجات يدوية", "سجاد وكليم", "تطريز"}[next(3)])
			case 17:
				text(c, r, []string{"قائم", "فكرة", "في توسع"}[next(3)])
			case 24:
				text(c, r, []string{"متزوجة", "أرملة", "عزباء", "مطلقة"}[next(4)])
			default:
				text(c, r, phrase())
			}
		}
		b.WriteString("</row>")
		if b.Len() > 1<<20 {
			if _, err := w.Write(b.Bytes()); err != nil {
				t.Fatal(err)
			}
			b.Reset()
		}
	}
	b.WriteString("</sheetData></worksheet>")
	if _, err := w.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if w, err = z.Create("xl/sharedStrings.xml"); err == nil {
		_, err = w.Write([]byte(dcl + "<sst " + ns + ">" + table.String() + "</sst>"))
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func openFile(t testing.TB, file string) *Book {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(f, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkScan(b *testing.B) {
	const rows = 100_000
	for _, inline := range []bool{false, true} {
		b.Run(map[bool]string{false: "shared", true: "inline"}[inline], func(b *testing.B) {
			file := bigFile(b, rows, inline)
			b.ReportAllocs()
			for b.Loop() {
				s := openFile(b, file).Scan(0)
				n, cells := 0, 0
				for s.Next() {
					n++
					cells += len(s.Cells())
				}
				if n != rows+1 || cells != 25*(rows+1) || s.Err() != nil {
					b.Fatalf("got %d rows, %d cells, %v", n, cells, s.Err())
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkFindRosters(b *testing.B) {
	file := bigFile(b, 1000, false)
	for b.Loop() {
		if r, err := openFile(b, file).FindRosters(); err != nil || len(r) != 1 {
			b.Fatal(err)
		}
	}
}
