package sheet_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"muntija/internal/locale"
	"muntija/internal/sheet"
)

// wideWorkbook has 25 columns of Arabic texts, ids, dates and choices.
func wideWorkbook(rows int) sheet.Workbook {
	w := sampleWorkbook("ar", 0, nil)
	areas := []string{"القاهرة", "الجيزة", "سوهاج", "قنا", "المنيا", "أسيوط", "الأقصر", "أسوان"}
	var cols []sheet.OutColumn
	for i := range 25 {
		c := sheet.OutColumn{Title: fmt.Sprint("العمود ", i+1)}
		switch {
		case i < 2 || i == 24:
			c.Kind = sheet.OutID
		case i < 6:
			c.Kind, c.Choices = sheet.OutChoice, areas
		case i < 8:
			c.Kind = sheet.OutDate
		case i < 10:
			c.Kind = sheet.OutInt
		case i == 10:
			c.Kind = sheet.OutMoney
		}
		cols = append(cols, c)
	}
	names := make([]string, 5000)
	for i := range names {
		names[i] = fmt.Sprintf("فاطمة عبد الرحمن السيد محمد %d", i*7919)
	}
	d := sheet.DateValue(day2(2026, 3, 1))
	w.Sheets = []sheet.Sheet{{Name: "الأسر", Columns: cols, Count: rows, Rows: func(yield func([]sheet.Value) error) error {
		row := make([]sheet.Value, len(cols))
		for i := range rows {
			for c := range cols {
				switch cols[c].Kind {
				case sheet.OutID:
					row[c] = sheet.TextValue(fmt.Sprintf("29003152%06d", i))
				case sheet.OutChoice:
					row[c] = sheet.TextValue(areas[(i+c)%len(areas)])
				case sheet.OutDate:
					row[c] = d
				case sheet.OutInt:
					row[c] = sheet.IntValue(int64(i % 11))
				case sheet.OutMoney:
					row[c] = sheet.MoneyValue(int64(i) * 125)
				default:
					row[c] = sheet.TextValue(names[(i*31+c*977)%len(names)])
				}
			}
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	}}}
	w.Say = locale.Default().For(locale.Arabic).T
	return w
}

func BenchmarkWrite(b *testing.B) {
	const rows = 100_000
	b.ReportAllocs()
	for b.Loop() {
		if err := sheet.Write(io.Discard, wideWorkbook(rows)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// A sender's workbook of 100,000 rows and 25 columns with 5 % bad rows.
func BenchmarkMark(b *testing.B) {
	const rows = 100_000
	var buf bytes.Buffer
	w := wideWorkbook(rows)
	w.Cover, w.Summaries = nil, nil
	for i, f := range sheet.Fields(sheet.Families)[1:26] {
		w.Sheets[0].Columns[i].Title = sheet.HeaderFor(sheet.Families, f, "ar")
	}
	if err := sheet.Write(&buf, w); err != nil {
		b.Fatal(err)
	}
	book := opened(b, buf.Bytes())
	rosters, err := book.FindRosters()
	if err != nil {
		b.Fatal(err)
	}
	m := sheet.SheetMarks{Roster: rosters[0]}
	for i := range rows {
		r := sheet.RowMark{Row: i + 2, Kind: sheet.MarkDone, Status: sheet.DoneWord("ar")}
		if i%20 == 7 {
			r = sheet.RowMark{Row: i + 2, Kind: sheet.MarkProblem, Status: "لم يُستورد", Note: "الرقم القومي: اكتب الرقم كاملًا"}
			m.Cells = append(m.Cells, sheet.CellMark{Row: i + 2, Col: 0, Kind: sheet.MarkProblem, Text: "اكتب الرقم كاملًا، 14 رقمًا"}, sheet.CellMark{Row: i + 2, Col: 11, Kind: sheet.MarkWarning, Text: "راجع الاسم"})
		}
		m.Rows = append(m.Rows, r)
	}
	marks := sheet.Marks{Lang: "ar", Say: w.Say, At: madeAt, Sheets: []sheet.SheetMarks{m}}
	b.ReportAllocs()
	for b.Loop() {
		if err := book.Mark(io.Discard, marks); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
