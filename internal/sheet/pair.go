package sheet

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/fault"
)

// The queue of families that may be one, as a workbook: a row for each pair with both families and the reasons, and a column for the decision, which offers its words in a
// list. What comes back is held against the version that the row was written from.

// PairRow is one pair. Decision is "", "same", "different" or "later".
type PairRow struct {
	ID, Version    int64
	Group          int // rows of one number are about registrations that hang together; 0: a pair by itself
	Percent        int
	A, B           [3]string // number, name, place
	Reasons        string
	Decision, Note string
}

// MaxPairRows is how many pairs a workbook holds.
const MaxPairRows = 500

var pairColumns = []tableColumn{
	{"pair", "رمز الحالة", "Pair", 14}, {"group", "المجموعة", "Group", 10}, {"percent", "الاحتمال ٪", "Probability %", 12}, {"a_number", "رقم الأول", "First number", 20}, {"a_name", "اسم الأول", "First name", 30},
	{"a_place", "منطقة الأول", "First place", 16}, {"b_number", "رقم الثاني", "Second number", 20}, {"b_name", "اسم الثاني", "Second name", 30}, {"b_place", "منطقة الثاني", "Second place", 16},
	{"reasons", "الأسباب", "Reasons", 50}, {"decision", "القرار", "Decision", 18}, {"note", "ملاحظة", "Note", 30},
}

var pairDecisions = []struct{ code, ar, en string }{{"same", "أسرة واحدة", "same"}, {"different", "مختلفتان", "different"}, {"later", "لاحقًا", "later"}}

// WritePairs writes pairs as a workbook, right to left in Arabic.
func WritePairs(w io.Writer, rows []PairRow, lang string) error {
	t := smallTable{name: "pairs", rtl: lang != "en", columns: pairColumns, field: "decision", most: MaxPairRows}
	for _, d := range pairDecisions {
		t.words = append(t.words, map[bool]string{true: d.ar, false: d.en}[t.rtl])
	}
	return t.write(w, len(rows), func(i int) []any {
		r := rows[i]
		decision := ""
		for k, d := range pairDecisions {
			if d.code == r.Decision {
				decision = t.words[k]
			}
		}
		group := any("")
		if r.Group > 0 {
			group = r.Group
		}
		return []any{pairCode(r.ID, r.Version), group, r.Percent, r.A[0], r.A[1], r.A[2], r.B[0], r.B[1], r.B[2], r.Reasons, decision, r.Note}
	})
}

// pairCode names a pair and the version that its row was written from: "P12-3".
func pairCode(id, version int64) string { return fmt.Sprintf("P%d-%d", id, version) }

func parsePairCode(s string) (id, version int64, ok bool) {
	a, b, dash := strings.Cut(strings.TrimPrefix(strings.ToUpper(s), "P"), "-")
	id, err1 := strconv.ParseInt(a, 10, 64)
	version, err2 := strconv.ParseInt(b, 10, 64)
	return id, version, dash && err1 == nil && err2 == nil && id > 0 && version > 0
}

// ReadPairs reads the decisions of a workbook that [WritePairs] wrote, in either language; columns may stand in any order, and rows without a decision are left out. The
// error is a *[fault.Error]; what is wrong in cells is in its problems, with the cell as the field: "J7".
func ReadPairs(r io.ReaderAt, size int64) ([]PairRow, error) {
	s, err := firstSheet(r, size)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	known := titlesOf(pairColumns)
	decisions := map[string]string{}
	for _, d := range pairDecisions {
		decisions[arabic.Fold(d.ar)], decisions[arabic.Fold(d.en)], decisions[d.code] = d.code, d.code, d.code
	}
	fields := map[int]string{}
	seen := map[int64]bool{}
	var out []PairRow
	var ps fault.Problems
	for s.Next() && len(ps) < 50 {
		if len(fields) == 0 {
			for _, c := range s.Cells() {
				if field, ok := known[arabic.Fold(strings.TrimSpace(c.Text))]; ok {
					fields[c.Col] = field
				}
			}
			if len(fields) < 3 { // a title above the table
				clear(fields)
			}
			continue
		}
		var row PairRow
		code, codeAt := "", "A"+strconv.Itoa(s.Row())
		for _, c := range s.Cells() {
			text := strings.TrimSpace(arabic.Clean(c.Text))
			cell := Letter(c.Col) + strconv.Itoa(s.Row())
			switch fields[c.Col] {
			case "pair":
				code, codeAt = arabic.Digits(text), cell
			case "decision":
				if row.Decision = decisions[arabic.Fold(text)]; row.Decision == "" && text != "" {
					ps.Add(cell, "problem.choice")
				}
			case "note":
				row.Note = text
				if len([]rune(text)) > 500 {
					ps.Add(cell, "problem.too_long", 500)
				}
			}
		}
		if row.Decision == "" {
			continue
		}
		var ok bool
		if row.ID, row.Version, ok = parsePairCode(code); !ok || seen[row.ID] {
			ps.Add(codeAt, "problem.choice")
			continue
		}
		seen[row.ID] = true
		if len(out) == MaxPairRows {
			return nil, fault.New(fault.Invalid, "duplicate.sheet_long", MaxPairRows)
		}
		out = append(out, row)
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "duplicate.sheet_none")
	}
	return out, nil
}
