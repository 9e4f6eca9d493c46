package sheet

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"muntija/internal/arabic"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
)

// The table of a plan's booths: one row for each, lengths in metres, types by their codes, which a list in the column offers. What is written is read back alike.

type boothColumn struct {
	field, ar, en string
	width         float64
}

var boothColumns = []boothColumn{
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
	f := excelize.NewFile()
	defer f.Close()
	const name = "booths"
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return fmt.Errorf("naming the sheet: %w", err)
	}
	// Right to left, then the dimension, then the rows: in another order right-to-left is lost.
	rtl := lang != "en"
	if err := f.SetSheetView(name, 0, &excelize.ViewOptions{RightToLeft: &rtl}); err != nil {
		return fmt.Errorf("turning the sheet: %w", err)
	}
	if err := f.SetSheetDimension(name, fmt.Sprintf("A1:%s%d", Letter(len(boothColumns)-1), len(booths)+1)); err != nil {
		return fmt.Errorf("sizing the sheet: %w", err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("making a style: %w", err)
	}
	var types []string
	for _, k := range exhibition.BoothKinds() {
		types = append(types, string(k.Type))
	}
	list := excelize.NewDataValidation(true)
	list.Sqref = fmt.Sprintf("B2:B%d", MaxBoothRows+1)
	if err := list.SetDropList(types); err != nil {
		return fmt.Errorf("making the list of types: %w", err)
	}
	if err := f.AddDataValidation(name, list); err != nil {
		return fmt.Errorf("adding the list of types: %w", err)
	}
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("opening the sheet: %w", err)
	}
	head := make([]any, len(boothColumns))
	for i, c := range boothColumns {
		head[i] = excelize.Cell{StyleID: bold, Value: map[bool]string{true: c.ar, false: c.en}[rtl]}
		if err := out.SetColWidth(i+1, i+1, c.width); err != nil {
			return fmt.Errorf("sizing a column: %w", err)
		}
	}
	if err := out.SetRow("A1", head); err != nil {
		return fmt.Errorf("writing the head: %w", err)
	}
	m := func(mm int) float64 { return float64(mm) / 1000 }
	for i, b := range booths {
		row := []any{b.Code, string(b.Type), m(b.X), m(b.Y), m(b.Width), m(b.Depth), b.Angle, b.Open.String(), b.PowerW, yes(b.Water), yes(b.Accessible), yes(b.Extraction), yes(b.Shaded)}
		if err := out.SetRow("A"+strconv.Itoa(i+2), row); err != nil {
			return fmt.Errorf("writing booth %s: %w", b.Code, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the sheet: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("writing the workbook: %w", err)
	}
	return nil
}

// ReadBooths reads a table of booths in either language; columns may stand in any order. The first sheet counts. The error is a *[fault.Error]; what is wrong in cells
// is in its problems, with the cell as the field: "B7".
func ReadBooths(r io.ReaderAt, size int64) ([]exhibition.Booth, error) {
	book, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	sheets := book.Sheets()
	if len(sheets) == 0 {
		return nil, fault.New(fault.Invalid, "sheet.problem.empty")
	}
	s := book.Scan(sheets[0].Index)
	defer s.Close()
	known := map[string]string{}
	for _, c := range boothColumns {
		known[arabic.Fold(c.ar)], known[arabic.Fold(c.en)], known[c.field] = c.field, c.field, c.field
	}
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
