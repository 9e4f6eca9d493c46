package sheet

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muntija/internal/fault"
	"muntija/internal/locale"
)

// raw writes a zip file byte by byte, so that it can lie.
type raw struct {
	body, dir bytes.Buffer
	n         int
}

type lie struct {
	unpacked uint32 // in the directory, 0 for the truth
	crc      uint32
	flags    uint16
	offset   *uint32
}

func (z *raw) add(name string, method uint16, packed []byte, unpacked int, sum uint32, l lie) uint32 {
	at := uint32(z.body.Len())
	if l.offset != nil {
		at = *l.offset
	} else {
		h := make([]byte, 30)
		binary.LittleEndian.PutUint32(h, sigLocal)
		binary.LittleEndian.PutUint16(h[8:], method)
		binary.LittleEndian.PutUint16(h[26:], uint16(len(name)))
		z.body.Write(h)
		z.body.WriteString(name)
		z.body.Write(packed)
	}
	if l.unpacked == 0 {
		l.unpacked = uint32(unpacked)
	}
	if l.crc == 0 {
		l.crc = sum
	}
	d := make([]byte, 46)
	binary.LittleEndian.PutUint32(d, sigDirectory)
	binary.LittleEndian.PutUint16(d[8:], l.flags)
	binary.LittleEndian.PutUint16(d[10:], method)
	binary.LittleEndian.PutUint32(d[16:], l.crc)
	binary.LittleEndian.PutUint32(d[20:], uint32(len(packed)))
	binary.LittleEndian.PutUint32(d[24:], l.unpacked)
	binary.LittleEndian.PutUint16(d[28:], uint16(len(name)))
	binary.LittleEndian.PutUint32(d[42:], at)
	z.dir.Write(d)
	z.dir.WriteString(name)
	z.n++
	return at
}

func (z *raw) store(name, body string) uint32 {
	return z.add(name, 0, []byte(body), len(body), crc32.ChecksumIEEE([]byte(body)), lie{})
}

func (z *raw) bytes(count int) []byte {
	e := make([]byte, 22)
	binary.LittleEndian.PutUint32(e, sigEnd)
	binary.LittleEndian.PutUint16(e[8:], uint16(count))
	binary.LittleEndian.PutUint16(e[10:], uint16(count))
	binary.LittleEndian.PutUint32(e[12:], uint32(z.dir.Len()))
	binary.LittleEndian.PutUint32(e[16:], uint32(z.body.Len()))
	return slices.Concat(z.body.Bytes(), z.dir.Bytes(), e)
}

// honest is a raw zip of a small workbook, with parts replaced.
func honest(change map[string]string) *raw {
	files := parts{sheet: `<row r="1"><c t="inlineStr"><is><t>الاسم</t></is></c></row>`}.files()
	maps.Copy(files, change)
	z := &raw{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if files[name] != "" {
			z.store(name, files[name])
		}
	}
	return z
}

func compoundFile(stream string) []byte {
	b := make([]byte, 2048)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	binary.LittleEndian.PutUint16(b[30:], 9)
	binary.LittleEndian.PutUint32(b[48:], 1) // the directory is the second sector after the header
	for i, c := range stream {
		binary.LittleEndian.PutUint16(b[1024+128+2*i:], uint16(c))
	}
	return b
}

// deflated packs what write writes, quickly.
func deflated(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err == nil {
		err = write(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// same is n times a byte.
func same(n int, c byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(bytes.Repeat([]byte{c}, n))
		return err
	}
}

// use opens a file and reads it as an upload is read: rosters, then rows. It returns the first error.
func use(b []byte) error {
	book, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	rosters, err := book.FindRosters()
	if err != nil {
		return err
	}
	for _, info := range book.Sheets() {
		s := book.Scan(info.Index)
		for s.Next() {
		}
		if s.Err() != nil {
			return s.Err()
		}
	}
	_ = rosters
	return nil
}

// Every hostile or wrong file is refused within 200 ms and 60 MB, with a message that says what to do.
func TestHostileFiles(t *testing.T) {
	bomb := &raw{}
	packed := deflated(t, same(32<<20, ' '))
	*bomb = *honest(map[string]string{"xl/worksheets/sheet1.xml": ""})
	bomb.add("xl/worksheets/sheet1.xml", 8, packed, 32<<20, 0, lie{})

	liar := honest(map[string]string{"xl/worksheets/sheet1.xml": ""}) // says 1,000 bytes and unpacks to 32 MB
	liar.add("xl/worksheets/sheet1.xml", 8, packed, 1000, 0, lie{})

	texts := honest(map[string]string{"xl/sharedStrings.xml": ""})
	texts.add("xl/sharedStrings.xml", 8, deflated(t, same(16<<20, 'x')), 16<<20, 0, lie{})

	overlap := honest(nil)
	big := strings.Repeat("x", 50_000)
	first := overlap.store("x0", big)
	for i := range 200 {
		overlap.add(fmt.Sprint("x", i+1), 0, []byte(big), len(big), 0, lie{offset: &first})
	}

	many, lying := &raw{}, honest(nil)
	for i := range 100_000 {
		many.add(fmt.Sprintf("x%05d", i), 0, nil, 0, 0, lie{})
	}
	for i := range 3000 {
		lying.add(fmt.Sprint("x", i), 0, nil, 0, 0, lie{})
	}
	encrypted := honest(map[string]string{"xl/styles.xml": ""})
	encrypted.add("xl/styles.xml", 0, []byte("x"), 1, 0, lie{flags: 1})
	twice := honest(nil)
	twice.store("XL/Workbook.xml", "<workbook/>")
	corrupt := honest(map[string]string{"xl/worksheets/sheet1.xml": ""})
	corrupt.add("xl/worksheets/sheet1.xml", 0, []byte("<worksheet><sheetData></sheetData></worksheet>"), 46, 1, lie{crc: 1})

	named := func(name string) []byte {
		z := honest(nil)
		z.store(name, "x")
		return z.bytes(z.n)
	}
	with := func(change map[string]string) []byte {
		z := honest(change)
		return z.bytes(z.n)
	}
	sheet := func(body string) []byte { return with(map[string]string{"xl/worksheets/sheet1.xml": body}) }
	entities := `<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>`
	good := with(nil)
	deep := dcl + "<worksheet " + ns + "><sheetData>" + strings.Repeat("<row>", 100_000)

	for _, c := range []struct {
		name string
		file []byte
		key  string
	}{
		{"bomb", bomb.bytes(bomb.n), "sheet.problem.bomb"},
		{"a size that lies", liar.bytes(liar.n), "sheet.problem.broken"},
		{"bomb of strings", texts.bytes(texts.n), "sheet.problem.bomb"},
		{"entries that share their bytes", overlap.bytes(overlap.n), "sheet.problem.bomb"},
		{"100,000 entries", many.bytes(100_000 % 65536), "sheet.problem.many_parts"},
		{"100,000 entries that say they are 10", many.bytes(10), "sheet.problem.many_parts"},
		{"100,000 entries and no 64-bit record", many.bytes(65535), "sheet.problem.many_parts"},
		{"more entries than it says", lying.bytes(5), "sheet.problem.broken"},
		{"an encrypted entry", encrypted.bytes(encrypted.n), "sheet.problem.password"},
		{"an entry twice", twice.bytes(twice.n), "sheet.problem.broken"},
		{"a wrong checksum", corrupt.bytes(corrupt.n), "sheet.problem.broken"},
		{"out of the archive", named("../../etc/passwd"), "sheet.problem.hostile"},
		{"out of the archive, Windows", named(`xl\..\..\x`), "sheet.problem.hostile"},
		{"a drive", named("C:/x"), "sheet.problem.hostile"},
		{"a NUL", named("xl/x\x00.xml"), "sheet.problem.hostile"},
		{"entity bomb in the sheet", sheet(dcl + entities + `<worksheet><sheetData><row><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>`), "sheet.problem.hostile"},
		{"entity bomb in the workbook", with(map[string]string{"xl/workbook.xml": dcl + entities + "<workbook/>"}), "sheet.problem.hostile"},
		{"external entity", with(map[string]string{"xl/sharedStrings.xml": dcl + `<!DOCTYPE x SYSTEM "file:///etc/passwd"><sst/>`}), "sheet.problem.hostile"},
		{"UTF-16", sheet("\xff\xfe<\x00w\x00"), "sheet.problem.broken"},
		{"another encoding", sheet(`<?xml version="1.0" encoding="windows-1256"?><worksheet/>`), "sheet.problem.broken"},
		{"cut in the middle", good[:len(good)/2], "sheet.problem.truncated"},
		{"cut at the end", good[:len(good)-10], "sheet.problem.truncated"},
		{"rows without end", sheet(dcl + "<worksheet " + ns + "><sheetData><row r=\"1\"><c><v>1</v></c>"), "sheet.problem.broken"},
		{"rows in rows", sheet(deep), "sheet.problem.broken"},
		{"a tag without end", sheet(dcl + "<worksheet " + ns + "><sheetData><row " + strings.Repeat("a=", 100)), "sheet.problem.broken"},
		{"a tag of 8 MB", sheet(dcl + "<worksheet a=\"" + strings.Repeat("a", 8<<20) + `">`), "sheet.problem.too_large"},
		{"a text of 8 MB", sheet(dcl + "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>" + strings.Repeat("a", 8<<20)), "sheet.problem.too_large"},
		{"no sheet", with(map[string]string{"xl/workbook.xml": dcl + "<workbook><sheets/></workbook>"}), "sheet.problem.no_sheets"},
		{"a sheet that is not there", with(map[string]string{"xl/worksheets/sheet1.xml": ""}), "sheet.problem.broken"},
		{"no header", good, "sheet.problem.no_header"},
		{"a million painted rows", paintedRows(t, 1<<20), "sheet.problem.no_header"},
		{"password", compoundFile("EncryptedPackage"), "sheet.problem.password"},
		{".xls", compoundFile("Workbook"), "sheet.problem.xls"},
		{"half an .xls", compoundFile("Workbook")[:100], "sheet.problem.truncated"},
		{"PDF", []byte("%PDF-1.7\n%âãÏÓ"), "sheet.problem.pdf"},
		{"a web page", []byte("\xef\xbb\xbf\n<HTML><table>"), "sheet.problem.web_page"},
		{"CSV", []byte("الاسم,الرقم القومي\n"), "sheet.problem.csv"}, {"UTF-16 text", []byte("\xff\xfeا\x00"), "sheet.problem.csv"}, {"a text in Windows-1256", []byte("\xc7\xe1\xc7\xd3\xe3;\xd1\xde\xe3\r\n"), "sheet.problem.csv"}, {"some words", []byte("no roster"), "sheet.problem.not_excel"},
		{"nothing", nil, "sheet.problem.empty"},
		{".xlsb", zipped(t, map[string]string{"xl/workbook.bin": "x"}), "sheet.problem.xlsb"},
		{".ods", zipped(t, map[string]string{"mimetype": "x", "content.xml": "<x/>"}), "sheet.problem.ods"},
		{".docx", zipped(t, map[string]string{"word/document.xml": "<x/>"}), "sheet.problem.not_excel"},
		{"an empty zip", (&raw{}).bytes(0), "sheet.problem.not_excel"},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		err := use(c.file)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		var f *fault.Error
		if !errors.As(err, &f) || f.Key != c.key {
			t.Errorf("%s: got %v, want %s", c.name, err, c.key)
			continue
		}
		if f.Kind == fault.Internal || !locale.Default().For(locale.Arabic).Has(f.Key) {
			t.Errorf("%s: kind %s, key %s", c.name, f.Kind, f.Key)
		}
		if took > 200*time.Millisecond {
			t.Errorf("%s took %s", c.name, took)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 60<<20 { // all that was ever allocated, so more than the peak
			t.Errorf("%s allocated %d MB", c.name, grown>>20)
		}
	}
}

// paintedRows is a sheet of rows that have a style and no value.
func paintedRows(t testing.TB, n int) []byte {
	b := []byte(dcl + "<worksheet " + ns + "><sheetData>")
	for i := 1; i <= n; i++ {
		b = append(strconv.AppendInt(append(b, `<row r="`...), int64(i), 10), `" s="1" customFormat="1"/>`...)
	}
	b = append(b, "</sheetData></worksheet>"...)
	z := honest(map[string]string{"xl/worksheets/sheet1.xml": ""})
	z.add("xl/worksheets/sheet1.xml", 8, deflated(t, func(w io.Writer) error { _, err := w.Write(b); return err }), len(b), crc32.ChecksumIEEE(b), lie{})
	return z.bytes(z.n)
}

// Rows of megabytes do not stay in memory while a table is looked for.
func TestLongTexts(t *testing.T) {
	body := []byte(dcl + "<worksheet " + ns + "><sheetData>")
	long := strings.Repeat("ط", 1<<20) // 2 MB
	for r := 1; r <= 100; r++ {
		body = fmt.Appendf(body, `<row r="%d"><c t="inlineStr"><is><t>%s</t></is></c></row>`, r, long)
	}
	body = append(body, "</sheetData></worksheet>"...)
	z := honest(map[string]string{"xl/worksheets/sheet1.xml": ""})
	z.add("xl/worksheets/sheet1.xml", 0, body, len(body), crc32.ChecksumIEEE(body), lie{})
	b := open(t, z.bytes(z.n))
	body = nil
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := b.Scan(0)
	var kept []string
	for s.Next() {
		kept = append(kept, head(s.Cells()[0].Text))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if s.Err() != nil || len(kept) != 100 || len(kept[0]) != 2*maxHeader {
		t.Fatalf("%d rows, %v", len(kept), s.Err())
	}
	if after.HeapAlloc > before.HeapAlloc+30<<20 {
		t.Errorf("100 rows keep %d MB", (after.HeapAlloc-before.HeapAlloc)>>20)
	}
	if got := head("aطط"); got != "aطط" {
		t.Errorf("head cuts a short text to %q", got)
	}
}

// Sheets full of texts that might be headers are looked through once.
func TestManyHeaders(t *testing.T) {
	var f fixture
	for i := range 6 {
		s := fixtureSheet{name: fmt.Sprint("s", i)}
		for r := range 60 {
			row := make([]any, 200)
			for c := range row {
				row[c] = inline(fmt.Sprintf("عمود مجهول رقم %d %d %d من الكشف", i, r, c))
			}
			s.rows = append(s.rows, row)
		}
		f.sheets = append(f.sheets, s)
	}
	b := open(t, f.bytes(t))
	words := newMatchers()
	for i := range maxMatched + 10 {
		words[Families].match(fmt.Sprint("نص ", i))
	}
	if n := len(words[Families].seen); n != maxMatched {
		t.Errorf("%d texts are remembered", n)
	}
	if field, _, _ := words[Families].match("الرقم القومي"); field != "" {
		t.Errorf("a text past the limit leads to %q", field)
	}
	words[Families].left = 9
	row := headRow{n: 1, cells: map[int]Cell{}, width: 10}
	if h := readHeader(words[Families], []headRow{row}, 0, 0); len(h.columns) != 0 || words[Families].left >= 0 {
		t.Errorf("a row past the limit is read as %+v", h)
	}
	if _, err := b.FindRosters(); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}

// A 64-bit directory, which Excel writes for nothing but which other writers use, is read.
func TestZip64(t *testing.T) {
	z := honest(nil)
	end := z.bytes(z.n)
	plain := end[:len(end)-22]
	rec := make([]byte, 56)
	binary.LittleEndian.PutUint32(rec, sigEnd64)
	binary.LittleEndian.PutUint64(rec[24:], uint64(z.n))
	binary.LittleEndian.PutUint64(rec[32:], uint64(z.n))
	binary.LittleEndian.PutUint64(rec[40:], uint64(z.dir.Len()))
	binary.LittleEndian.PutUint64(rec[48:], uint64(z.body.Len()))
	loc := make([]byte, 20)
	binary.LittleEndian.PutUint32(loc, sigLocator64)
	binary.LittleEndian.PutUint64(loc[8:], uint64(len(plain)))
	tail := bytes.Clone(end[len(end)-22:])
	for i := 8; i < 20; i++ {
		tail[i] = 0xff
	}
	b := open(t, slices.Concat(plain, rec, loc, tail))
	if got := scanAll(t, b, 0); got != "1: A=text:\"الاسم\"\n" {
		t.Errorf("got %q", got)
	}
}

func TestSheets(t *testing.T) {
	f := fixtures()["sheets"]
	var got []string
	for _, s := range open(t, f.bytes(t)).Sheets() {
		got = append(got, fmt.Sprintf("%d %s %s", s.Index, s.Name, s.Hidden))
	}
	if want := []string{"0 تعليمات ", "1 الأسر ", "2 أفراد الأسر ", "3 قوائم hidden"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s := open(t, f.bytes(t)).Scan(9)
	if s.Next() || fault.KindOf(s.Err()) != fault.NotFound {
		t.Errorf("a sheet that is not there: %v", s.Err())
	}
}

// A scan that is left early leaves no goroutine behind.
func TestCloseEndsTheGoroutine(t *testing.T) {
	file := bigFile(t, 5_000, true)
	before := runtime.NumGoroutine()
	for range 10 {
		s := openFile(t, file).Scan(0)
		for range 1500 { // past what is read without the goroutine
			s.Next()
		}
		s.Close()
		if s.Next() {
			t.Fatal("Next after Close")
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func FuzzOpen(f *testing.F) {
	f.Add(honest(nil).bytes(7))
	for name := range fixtures() {
		b, err := os.ReadFile(filepath.Join(fixtureDir, name+".xlsx"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(compoundFile("Workbook"))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := use(b); err != nil {
			if e := (*fault.Error)(nil); !errors.As(err, &e) || e.Kind == fault.Internal {
				t.Errorf("an error without a message: %v", err)
			}
		}
	})
}

// FuzzScan feeds the scanner any sheet, table of strings and styles. Whatever comes out keeps to the contract.
func FuzzScan(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>45000.5</v></c><c t="b"><v>1</v></c></row>`, `<si><t>a</t></si><si><r><t>b</t></r></si>`, "yyyy-mm-dd")
	f.Add(`<row><c t="inlineStr"><is><t>_x000D_&amp;&#x41;</t></is></c></row><row r="9"/>`, ``, `"d"0.00`)
	f.Add(`<x:row r='4'><x:c r="XFD4" t="e"><x:v>#N/A</x:v></x:c></x:row><!-- -->`, `<si/>`, "[h]:mm")
	f.Add(`<row r="1"><c r="A1"><f>1+1</f></c><c t="d"><v>2026-03-01T10:00:00</v></c></row>`, `<si><t><![CDATA[x]]></t></si>`, "General;@")
	f.Fuzz(func(t *testing.T, sheet, table, format string) {
		var z raw
		files := parts{sheet: sheet, strings: table, xfs: `<xf numFmtId="0"/><xf numFmtId="170"/>`}.files()
		files["xl/styles.xml"] = strings.Replace(files["xl/styles.xml"], "<numFmts></numFmts>", `<numFmts><numFmt numFmtId="170" formatCode="`+strings.NewReplacer(`"`, "&quot;", "<", "&lt;", "&", "&amp;").Replace(format)+`"/></numFmts>`, 1)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			z.store(name, files[name])
		}
		b := z.bytes(z.n)
		book, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		s := book.Scan(0)
		for last := 0; s.Next(); {
			if s.Row() <= last || s.Row() > maxRows || len(s.Cells()) == 0 {
				t.Fatalf("row %d after %d with %d cells", s.Row(), last, len(s.Cells()))
			}
			last = s.Row()
			for _, c := range s.Cells() {
				if c.Col < 0 || c.Col >= maxCols || c.Kind == Date && c.Date.IsZero() && c.Num >= 1 || c.Kind == Blank && !c.Formula {
					t.Fatalf("cell %+v", c)
				}
				shown(c)
			}
		}
		if err := s.Err(); err != nil {
			if e := (*fault.Error)(nil); !errors.As(err, &e) || e.Kind == fault.Internal {
				t.Errorf("an error without a message: %v", err)
			}
		}
	})
}

// FuzzConvert feeds any text to every field: nothing panics, and what is taken for a value needs no second reading.
func FuzzConvert(f *testing.F) {
	for _, s := range []string{"١٥/٣/١٩٩٠", "29003151234567", "2.9E+13", "+20 100 123 4567 / 01112345678", "نعم", "منسوجات", "12,500 جنيه", "سوهاج", "ﻣﻨﻰ", "عبد الرحمن علي", "=1+1", "\u202e", "1e400", "-", "E5", "0020", "3/15/1990 10:00"} {
		f.Add(s)
	}
	ros := Roster{Kind: Families}
	m := SheetMap{Kind: Families, Columns: map[string]string{}}
	for i, field := range Fields(Families) {
		ros.Columns = append(ros.Columns, Column{Index: i, Header: fmt.Sprint("h", i)})
		m.Columns[fmt.Sprint("h", i)] = field
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, order := range []DateOrder{DayFirst, MonthFirst} {
			m.DateOrder = order
			rd, err := newReader(ros, m, "EG")
			if err != nil {
				t.Fatal(err)
			}
			var cells []Cell
			for i := range ros.Columns {
				cells = append(cells, Cell{Col: i, Kind: Text, Text: s})
			}
			row := rd.read(2, cells)
			if row == nil || row.Skip != "" {
				return
			}
			for field, v := range row.Values {
				if len(v) == 0 || v[0] == "" {
					t.Errorf("%s is taken as %q", field, v)
				}
			}
			row.Form()
		}
	})
}

// shuffled is a workbook with one of everything a cell can be, by a seed.
func shuffled(t testing.TB, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	texts := []string{"فاطمة", " a ", "a&b<c>", "_x000D_", "x_x005F_y", "سطر\nثان", "", "123", "TRUE", "=1+1", "é", "😀", "a\tb"}
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	var table, sheet strings.Builder
	for range 20 {
		s := escape.Replace(texts[r.IntN(len(texts))])
		switch r.IntN(4) {
		case 0:
			fmt.Fprintf(&table, `<si><r><t xml:space="preserve">%s</t></r><r><rPr><b/><sz val="11"/></rPr><t xml:space="preserve">%s</t></r></si>`, s, escape.Replace(texts[r.IntN(len(texts))]))
		case 1:
			fmt.Fprintf(&table, `<si><t xml:space="preserve">%s</t><rPh sb="0" eb="1"><t>ルビ</t></rPh><phoneticPr fontId="1"/></si>`, s)
		default:
			fmt.Fprintf(&table, `<si><t xml:space="preserve">%s</t></si>`, s)
		}
	}
	row := 0
	for range 30 {
		row += 1 + r.IntN(3)
		fmt.Fprintf(&sheet, `<row r="%d">`, row)
		for col := range 12 {
			ref := fmt.Sprintf(`<c r="%s%d" s="%d"`, Letter(col), row, r.IntN(9))
			switch r.IntN(10) {
			case 0, 1:
				fmt.Fprintf(&sheet, `%s t="s"><v>%d</v></c>`, ref, r.IntN(20))
			case 2:
				fmt.Fprintf(&sheet, `%s t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, ref, escape.Replace(texts[r.IntN(len(texts))]))
			case 3:
				fmt.Fprintf(&sheet, `%s t="b"><v>%d</v></c>`, ref, r.IntN(2))
			case 4:
				sheet.WriteString(ref + ` t="e"><v>#DIV/0!</v></c>`)
			case 5:
				fmt.Fprintf(&sheet, `%s t="str"><f>A1&amp;"x"</f><v>%s</v></c>`, ref, escape.Replace(texts[r.IntN(len(texts))]))
			case 6:
				fmt.Fprintf(&sheet, `%s><f>B%d*2</f><v>%d</v></c>`, ref, row, r.IntN(1e6))
			case 7:
				fmt.Fprintf(&sheet, `%s><v>%d.%d</v></c>`, ref, 1+r.IntN(60000), r.IntN(1000))
			case 8:
				sheet.WriteString(ref + "/>")
			default:
				fmt.Fprintf(&sheet, `%s><v>%d</v></c>`, ref, r.Int64N(1e15))
			}
		}
		sheet.WriteString("</row>")
	}
	book := ""
	if seed%2 == 1 {
		book = `date1904="1"`
	}
	return parts{sheet: sheet.String(), strings: table.String(), book: book, formats: fixtureFormats + `<numFmt numFmtId="168" formatCode="[h]:mm:ss"/>`,
		xfs: fixtureXfs + `<xf numFmtId="45"/><xf numFmtId="168"/>`}.bytes(t)
}
