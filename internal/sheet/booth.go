package sheet

import (
	"io"
	"math"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
)

// The table of a plan's booths: one row for each, lengths in metres, types by their codes, which a list in the column offers. What is written is read back alike.

var boothColumns = []tableColumn{
	{"code", "رمز الجناح", "Code", 12}, {"type", "النوع", "Type", 16}, {"x", "س (م)", "x (m)", 10}, {"y", "ص (م)", "y (m)", 10}, {"w", "الواجهة (م)", "Front (m)", 12},
	{"d", "العمق (م)", "Depth (m)", 12}, {"angle", "الدوران °", "Turned °", 10}, {"open", "الجوانب المفتوحة", "Open sides", 16}, {"power", "كهرباء (وات)", "Power (W)", 14},
	{"water", "ماء", "Water", 8}, {"accessible", "مهيأ لكرسي متحرك", "Wheelchair", 16}, {"extraction", "شفط", "Extraction", 12}, {"shaded", "مظلل", "Shaded", 10},
}

// MaxBoothRows is how many rows of a table of booths are read.
const MaxBoothRows = exhibition.MaxBooths

func yes(is bool) string {
	if is {
		return "1"
	}
	return ""
}

// WriteBooths writes the table of booths as a workbook, right to left in Arabic.
func WriteBooths(w io.Writer, booths []exhibition.Booth, lang string) error {
	t := smallTable{name: "booths", rtl: lang != "en", columns: boothColumns, field: "type", most: MaxBoothRows}
	for _, k := range exhibition.BoothKinds() {
		t.words = append(t.words, string(k.Type))
	}
	m := func(mm int) float64 { return float64(mm) / 1000 }
	return t.write(w, len(booths), func(i int) []any {
		b := booths[i]
		return []any{b.Code, string(b.Type), m(b.X), m(b.Y), m(b.Width), m(b.Depth), b.Angle, b.Open.String(), b.PowerW, yes(b.Water), yes(b.Accessible), yes(b.Extraction), yes(b.Shaded)}
	})
}

var auditColumns = []tableColumn{{"rule", "القاعدة", "Rule", 44}, {"value", "المقيس", "Measured", 26}, {"limit", "الحد", "Limit", 22}, {"verdict", "الحكم", "Verdict", 16},
	{"where", "الأجنحة", "Booths", 24}, {"source", "المصدر", "Source", 60}}

// WriteAudit writes the safety audit of a plan, a row for each rule in the order of the columns, right to left in Arabic.
func WriteAudit(w io.Writer, rows [][]string, lang string) error {
	t := smallTable{name: "audit", rtl: lang != "en", columns: auditColumns, most: len(rows)}
	return t.write(w, len(rows), func(i int) []any {
		out := make([]any, len(rows[i]))
		for k, text := range rows[i] {
			out[k] = text
		}
		return out
	})
}

// firstSheet opens a workbook of a table of our own and scans its first sheet. Close the scanner.
func firstSheet(r io.ReaderAt, size int64) (*Scanner, error) {
	book, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	sheets := book.Sheets()
	if len(sheets) == 0 {
		return nil, fault.New(fault.Invalid, "sheet.problem.empty")
	}
	return book.Scan(sheets[0].Index), nil
}

// ReadBooths reads a table of booths in either language; columns may stand in any order. The first sheet counts. The error is a *[fault.Error]; what is wrong in cells
// is in its problems, with the cell as the field: "B7".
func ReadBooths(r io.ReaderAt, size int64) ([]exhibition.Booth, error) {
	s, err := firstSheet(r, size)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	known := titlesOf(boothColumns)
	fields := map[int]string{}
	var out []exhibition.Booth
	var ps fault.Problems
	for s.Next() {
		if len(fields) == 0 {
			for _, c := range s.Cells() {
				if field, ok := known[arabic.Fold(strings.TrimSpace(c.Text))]; ok {
					fields[c.Col] = field
				}
			}
			if fields[-1] = ""; len(fields) < 5 { // a title above the table
				clear(fields)
			}
			continue
		}
		b, used := readBooth(s, fields, &ps)
		if !used {
			continue
		}
		if len(out) >= MaxBoothRows {
			ps.Add("A"+strconv.Itoa(s.Row()), "problem.plan.too_many", MaxBoothRows)
			break
		}
		if len(ps) > 50 {
			break
		}
		out = append(out, b)
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, fault.New(fault.Invalid, "error.plan.table")
	}
	if ps.Err() != nil {
		return nil, ps.Err()
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "error.plan.table")
	}
	return out, nil
}

// readBooth reads one row; used is false for an empty one.
func readBooth(s *Scanner, fields map[int]string, ps *fault.Problems) (b exhibition.Booth, used bool) {
	b.Open = exhibition.Front
	for _, c := range s.Cells() {
		field := fields[c.Col]
		text := strings.TrimSpace(arabic.Digits(arabic.Clean(c.Text)))
		if field == "" || text == "" {
			continue
		}
		used = true
		cell := Letter(c.Col) + strconv.Itoa(s.Row())
		number := func(scale float64) int {
			v, err := strconv.ParseFloat(strings.NewReplacer("٫", ".", ",", ".").Replace(text), 64)
			if err != nil || math.IsNaN(v) || math.Abs(v) > 1e7 {
				ps.Add(cell, "problem.plan.metres")
				return 0
			}
			return int(math.Round(v * scale))
		}
		tick := func() bool {
			switch strings.ToLower(text) {
			case "0", "no", "false", "لا", "x":
				return false
			}
			return true
		}
		switch field {
		case "code":
			b.Code = text
		case "type":
			b.Type = exhibition.BoothType(text)
			if _, ok := b.Type.Kind(); !ok {
				ps.Add(cell, "problem.choice")
			}
		case "x":
			b.X = number(1000)
		case "y":
			b.Y = number(1000)
		case "w":
			b.Width = number(1000)
		case "d":
			b.Depth = number(1000)
		case "angle":
			b.Angle = number(1)
		case "open":
			open, ok := exhibition.ParseFaces(strings.ToUpper(text))
			if !ok {
				ps.Add(cell, "problem.plan.faces")
			}
			b.Open = open
		case "power":
			b.PowerW = number(1)
		case "water":
			b.Water = tick()
		case "accessible":
			b.Accessible = tick()
		case "extraction":
			b.Extraction = tick()
		case "shaded":
			b.Shaded = tick()
		}
	}
	if kind, ok := b.Type.Kind(); ok {
		if b.Width == 0 {
			b.Width = kind.Width
		}
		if b.Depth == 0 {
			b.Depth = kind.Depth
		}
	}
	return b, used
}
