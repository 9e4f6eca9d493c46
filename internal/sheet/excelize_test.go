package sheet

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// The scanner gives the raw text of every cell that excelize gives, over many generated workbooks and all fixtures. Two differences are known:
// excelize leaves 1 and 0 for raw booleans; and it leaves escapes in the texts of formulas and an _x005F_ before what is no escape, which
// ECMA-376 (part 1, 22.9.2.19) and Excel do not.
func TestScanAgreesWithExcelize(t *testing.T) {
	files := map[string][]byte{}
	for seed := range uint64(60) {
		files[fmt.Sprint("seed ", seed)] = shuffled(t, seed)
	}
	for name := range fixtures() {
		b, err := os.ReadFile(filepath.Join(fixtureDir, name+".xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	files["written by excelize"] = excelizeFile(t)
	compared := 0
	for name, b := range files {
		x, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		book := open(t, b)
		for _, info := range book.Sheets() {
			want, err := x.GetRows(info.Name, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			got := make([][]string, len(want))
			for i := range want {
				got[i] = make([]string, len(want[i]))
			}
			s := book.Scan(info.Index)
			for s.Next() {
				for _, c := range s.Cells() {
					if c.Kind == Blank {
						continue
					}
					if s.Row() > len(got) || c.Col >= len(got[s.Row()-1]) {
						t.Errorf("%s: %s%d holds %q, which excelize does not see", name, Letter(c.Col), s.Row(), c.Text)
						continue
					}
					got[s.Row()-1][c.Col] = c.Text
					if c.Kind == Bool {
						got[s.Row()-1][c.Col] = fmt.Sprint(c.Num)
						if c.Text == "TRUE" != (c.Num == 1) {
							t.Errorf("%s: %s%d is %q and %v", name, Letter(c.Col), s.Row(), c.Text, c.Num)
						}
					}
				}
			}
			if s.Err() != nil {
				t.Fatalf("%s: %v", name, s.Err())
			}
			for i := range want {
				for j := range want[i] {
					compared++
					if got[i][j] != want[i][j] && got[i][j] != string(unescape([]byte(want[i][j]))) {
						t.Errorf("%s: %s%d: got %q, excelize %q", name, Letter(j), i+1, got[i][j], want[i][j])
					}
				}
			}
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	if compared < 20_000 {
		t.Errorf("compared %d cells only", compared)
	}
}

func excelizeFile(t *testing.T) []byte {
	x := excelize.NewFile()
	sw, err := x.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		row := []any{"نص " + fmt.Sprint(i), i, float64(i) / 7, i%2 == 0, time.Date(2026, 3, 1+i, 10, 30, 0, 0, time.UTC), nil, "a_x000D_b", "=x", excelize.Cell{Formula: "SUM(1,2)", Value: 3}}
		if err := sw.SetRow(fmt.Sprint("A", i+1), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := sw.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := x.SetCellRichText("Sheet1", "F1", []excelize.RichTextRun{{Text: "غ"}, {Text: "ني", Font: &excelize.Font{Bold: true}}}); err != nil {
		t.Fatal(err)
	}
	b, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Serial numbers are the days that excelize takes them for, in both systems.
func TestSerialDates(t *testing.T) {
	for _, date1904 := range []bool{false, true} {
		for n := 1; n < 80_000; n += 7 {
			if n == 60 {
				continue
			}
			serial := float64(n) + float64(n%1440)/1440
			want, err := excelize.ExcelDateToTime(serial, date1904)
			if err != nil {
				t.Fatal(err)
			}
			want = want.Round(time.Second)
			d, sec, ok := serialDate(serial, date1904)
			got := d.Time(time.UTC).Add(time.Duration(sec) * time.Second)
			if n < 60 && !date1904 {
				want = want.Round(time.Second) // excelize counts these as Excel does, too
			}
			if !ok || !got.Equal(want) {
				t.Fatalf("serial %v (1904: %v): got %s, want %s", serial, date1904, got, want)
			}
		}
	}
	for _, n := range []float64{-1, 60, 2958466, 1e300} {
		if d, _, ok := serialDate(n, false); ok {
			t.Errorf("serial %v is %s", n, d)
		}
	}
	if d, sec, ok := serialDate(0.75, true); !ok || !d.IsZero() || sec != 64800 {
		t.Errorf("0.75 is %s %d %v", d, sec, ok)
	}
	if d, sec, ok := serialDate(45000.9999999, false); !ok || d.String() != "2023-03-16" || sec != 0 {
		t.Errorf("a moment before midnight is %s %d", d, sec)
	}
}

func TestDateFormats(t *testing.T) {
	for code, want := range map[string]bool{
		"General": false, "general": false, "0.00": false, "#,##0.00": false, "0.00E+00": false, "@": false, "": false, `"day" 0`: false, `0\d`: false, "[Red]0": false, "0;[Red]-0": false,
		`#,##0.00\ "ج.م."`: false, "_(* #,##0_)": false, "[$-1000000]0": false, `General" يوم"`: false, `[>=100]0;0`: false, "??/??": false,
		"dd/mm/yyyy": true, "yyyy-mm-dd": true, "[$-C01]d mmmm yyyy": true, "[$-2060401]B2dd/mm/yyyy;@": true, "h:mm": true, "[h]:mm:ss": true, "[mm]:ss": true, "mmm-yy": true, `d\-m\-yyyy`: true,
		`[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`: true, "m/d/yy h:mm AM/PM": true, `"في" d`: true, `"unclosed`: false, "[unclosed": false,
	} {
		if got := dateFormat(code); got != want {
			t.Errorf("dateFormat(%q) = %v", code, got)
		}
	}
	for code, want := range map[string]look{"0%": lookPercent, "0.00%": lookPercent, `0"%"`: lookPlain, `0\%`: lookPlain, "0": lookPlain, "d/m": lookDate, `"x`: lookPlain} {
		if got := lookOf(code); got != want {
			t.Errorf("lookOf(%q) = %d", code, got)
		}
	}
	if builtinLook(9) != lookPercent || builtinLook(10) != lookPercent || builtinLook(14) != lookDate || builtinLook(2) != lookPlain {
		t.Error("builtinLook")
	}
	for id := range 100 {
		want := id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58 || id >= 71 && id <= 81
		if builtinDate(id) != want {
			t.Errorf("builtinDate(%d)", id)
		}
	}
}
