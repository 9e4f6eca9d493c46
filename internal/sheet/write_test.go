package sheet_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"muntija/internal/calendar"
	"muntija/internal/locale"
	"muntija/internal/sheet"
)

// madeAt is when the workbooks of the tests are made.
var madeAt = time.Date(2026, 3, 1, 10, 30, 0, 0, time.FixedZone("UTC+3", 3*3600))

// nasty are texts that a workbook could change on the way: formulas, escapes, white space, characters that XML cannot hold.
var nasty = []string{"=1+1", "+20100", "-5", "@SUM(A1)", "\t=1", "＝1", "_x000D_", "_x005F_", "a\rb", "a\nb", " ends ", "a  b", "<&>\"'", "\x01\x1f", "\uFFFE", "٣ أفراد", "عبد\u200cالله", "0012", "1e5", "=HYPERLINK(\"http://x\",\"y\")", "_x00", "\U0001F9F5"}

func sampleColumns() []sheet.OutColumn {
	return []sheet.OutColumn{
		{Title: "الاسم", Kind: sheet.OutText, Required: true, Note: "الاسم كما في البطاقة"}, {Title: "رقم الهوية", Kind: sheet.OutID}, {Title: "عدد الأفراد", Kind: sheet.OutInt},
		{Title: "القيمة", Kind: sheet.OutMoney}, {Title: "تاريخ الميلاد", Kind: sheet.OutDate}, {Title: "وقت التسجيل", Kind: sheet.OutInstant},
		{Title: "النوع", Kind: sheet.OutChoice, Choices: []string{"ذكر", "أنثى"}, Strict: true}, {Title: "عائل", Kind: sheet.OutBool},
	}
}

func sampleWorkbook(lang string, rows int, texts func(i int) string) sheet.Workbook {
	return sheet.Workbook{Lang: lang, Say: locale.Default().For(lang).T, Title: "الأسر المنتجة", Author: "منى <& سالم>", At: madeAt,
		Cover: []sheet.Line{{Name: "التصفية", Text: "المحافظة: سوهاج"}},
		Sheets: []sheet.Sheet{{Name: "الأسر", Columns: sampleColumns(), Count: rows, Spare: 10, Rows: func(yield func([]sheet.Value) error) error {
			for i := range rows {
				err := yield([]sheet.Value{sheet.TextValue(texts(i)), sheet.TextValue(fmt.Sprintf("2900315260%04d", i)), sheet.IntValue(int64(i % 9)), sheet.MoneyValue(int64(i) * 12345),
					sheet.DateValue(calendar.Of(madeAt).AddDays(-i)), sheet.InstantValue(madeAt.Add(time.Duration(i) * time.Minute)), sheet.TextValue([]string{"ذكر", "أنثى"}[i%2]), sheet.BoolValue(i%3 == 0)})
				if err != nil {
					return err
				}
			}
			return nil
		}}},
		Summaries: []sheet.Summary{
			{Name: "حسب المحافظة", Title: "الأسر حسب المحافظة", Label: "المحافظة", Series: []string{"نساء", "رجال"}, Rows: []sheet.SummaryRow{{Label: "القاهرة", Counts: []int64{40, 12}}, {Label: "سوهاج", Counts: []int64{25, 9}}, {Label: "قنا", Counts: []int64{11, 3}}}},
			{Name: "حسب الحالة", Title: "الأسر حسب حالة التسجيل", Label: "الحالة", Series: []string{"نساء", "رجال"}, Chart: sheet.ChartColumns, Rows: []sheet.SummaryRow{{Label: "معتمدة", Counts: []int64{40, 12}}, {Label: "مقدمة", Counts: []int64{25, 9}}}},
			{Name: "حسب النوع", Title: "الأسر حسب النوع", Label: "النوع", Series: []string{"الأسر"}, Chart: sheet.ChartRing, Rows: []sheet.SummaryRow{{Label: "نساء", Counts: []int64{40}}, {Label: "رجال", Counts: []int64{12}}}},
		}}
}

func written2(t testing.TB, w sheet.Workbook) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sheet.Write(&b, w); err != nil {
		t.Fatal(err)
	}
	keep(t, b.Bytes())
	return b.Bytes()
}

// keep writes a workbook into the folder that MUNTIJA_TEST_KEEP names, to be opened by other programs.
func keep(t testing.TB, b []byte) {
	t.Helper()
	if path := os.Getenv("MUNTIJA_TEST_KEEP"); path != "" {
		if err := os.WriteFile(filepath.Join(path, strings.ReplaceAll(t.Name(), "/", "_")+".xlsx"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func opened(t testing.TB, b []byte) *sheet.Book {
	t.Helper()
	book, err := sheet.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// What is written is read back as it was, by our scanner and by excelize: texts of every kind, numbers, dates, right-to-left.
func TestWrittenComesBack(t *testing.T) {
	b := written2(t, sampleWorkbook("ar", len(nasty), func(i int) string { return nasty[i] }))
	book := opened(t, b)
	if got := len(book.Sheets()); got != 6 {
		t.Fatalf("%d sheets, want the cover, the rows, three summaries and the lists", got)
	}
	s := book.Scan(book.Sheets()[1].Index)
	for i := -1; s.Next(); i++ {
		if i < 0 {
			continue
		}
		c := s.Cells()
		if len(c) != 8 || c[0].Text != nasty[i] || c[0].Kind != sheet.Text || c[0].Formula {
			t.Fatalf("row %d is %+v, want %q", i, c, nasty[i])
		}
		if want := calendar.Of(madeAt).AddDays(-i); c[4].Kind != sheet.Date || c[4].Date != want || c[4].Seconds != 0 {
			t.Errorf("row %d: date %v, want %v", i, c[4], want)
		}
		at := madeAt.Add(time.Duration(i) * time.Minute)
		if c[5].Date != calendar.Of(at) || int(c[5].Seconds) != at.Hour()*3600+at.Minute()*60 {
			t.Errorf("row %d: instant %+v, want %v", i, c[5], at)
		}
		if want := float64(i*12345) / 100; c[3].Kind != sheet.Number || c[3].Num < want-1e-9 || c[3].Num > want+1e-9 {
			t.Errorf("row %d: %v, want %v", i, c[3].Num, want)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	verified, err := book.Verify()
	if err != nil || len(verified) != 1 || !verified[0].Same || verified[0].Rows != len(nasty) {
		t.Errorf("verified: %+v, %v", verified, err)
	}

	x, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	rows, err := x.GetRows("الأسر")
	if err != nil || len(rows) != len(nasty)+1 {
		t.Fatalf("excelize: %d rows, %v", len(rows), err)
	}
	for i, want := range nasty {
		if want == "\x01\x1f" || want == "\uFFFE" {
			continue // excelize leaves the escapes of these as they are written
		}
		if got := rows[i+1][0]; got != want {
			t.Errorf("excelize reads %q, want %q", got, want)
		}
		if typ, err := x.GetCellType("الأسر", fmt.Sprintf("A%d", i+2)); err != nil || typ == excelize.CellTypeFormula {
			t.Errorf("%q is a %v, %v", want, typ, err)
		}
	}
	for _, name := range x.GetSheetList() {
		view, err := x.GetSheetView(name, 0)
		if err != nil || view.RightToLeft == nil || !*view.RightToLeft {
			t.Errorf("%s is not right-to-left: %v", name, err)
		}
	}
	if v, err := x.GetDataValidations("الأسر"); err != nil || len(v) != 3 || v[1].Formula1 != "list_1" || v[1].Sqref != fmt.Sprintf("G2:G%d", len(nasty)+11) {
		t.Errorf("drop-downs: %+v, %v", v, err)
	}
	if panes, err := x.GetPanes("الأسر"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes: %+v, %v", panes, err)
	}
	if visible, err := x.GetSheetVisible("القوائم"); err != nil || visible {
		t.Errorf("the lists are shown: %v", err)
	}
}

// The same workbook gives the same bytes, and English opens left-to-right.
func TestWrittenTwice(t *testing.T) {
	plain := func(i int) string { return "name" }
	a, b := written2(t, sampleWorkbook("en", 3, plain)), written2(t, sampleWorkbook("en", 3, plain))
	if !bytes.Equal(a, b) {
		t.Error("two writings differ")
	}
	x, err := excelize.OpenReader(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if view, err := x.GetSheetView("الأسر", 0); err != nil || view.RightToLeft != nil && *view.RightToLeft {
		t.Errorf("English opens right-to-left: %v", err)
	}
}

// Rows beyond the limit go on on another sheet with a name and a checksum of its own; a count that was wrong is an error and not a broken file.
func TestWrittenSplits(t *testing.T) {
	w := sampleWorkbook("ar", 25, func(i int) string { return "س" })
	w.RowsPerSheet = 10
	book := opened(t, written2(t, w))
	v, err := book.Verify()
	if err != nil || len(v) != 3 || v[0].Rows != 10 || v[2].Rows != 5 || v[2].Sheet != "الأسر (3)" || !v[0].Same || !v[1].Same || !v[2].Same {
		t.Errorf("%+v, %v", v, err)
	}
	w.Sheets[0].Count = 26
	if err := sheet.Write(io.Discard, w); err == nil {
		t.Error("a wrong count passed")
	}
}

// What a sheet's name may not hold becomes one space.
func TestSheetNames(t *testing.T) {
	w := sampleWorkbook("ar", 1, func(int) string { return "x" })
	w.Sheets[0].Name = "رسم: العارضون [1/2]"
	if got := opened(t, written2(t, w)).Sheets()[1].Name; got != "رسم العارضون 1 2" {
		t.Errorf("got %q", got)
	}
}

// A failing reader of the file ends the writing, and no goroutine stays behind.
func TestWriterFails(t *testing.T) {
	before := runtime.NumGoroutine()
	w := sampleWorkbook("ar", 60_000, func(i int) string { return fmt.Sprint("نص رقم ", i*7919) })
	if err := sheet.Write(&failing{left: 100_000}, w); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("got %v", err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

type failing struct{ left int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, fmt.Errorf("the disk is full")
	}
	return len(b), nil
}

func day2(y, m, d int) calendar.Date {
	return calendar.Of(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC))
}
