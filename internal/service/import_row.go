package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// rowBody is what the journal says of a row, beside its outcome.
type rowBody struct {
	Name     string            `json:"n,omitempty"`
	Problems []rowProblem      `json:"p,omitempty"`
	Changes  []registry.Change `json:"c,omitempty"`
	Before   *beforeRow        `json:"b,omitempty"`
	Products []productLine     `json:"g,omitempty"`
	Joined   []joinedRow       `json:"j,omitempty"` // rows that go on with it
}

// joinedRow is a row that goes on with a record: its number, and, where it stands on another sheet, that sheet's index + 1 above the bits of a number.
type joinedRow int64

func joinedAt(sheet, n int) joinedRow { return joinedRow(sheet+1)<<(rowBits+1) | joinedRow(n) }

// place is its sheet, own if it stands beside the record, and its number.
func (j joinedRow) place(own int) (sheet, n int) {
	if other := int(j >> (rowBits + 1)); other > 0 {
		own = other - 1
	}
	return own, int(j & (1<<(rowBits+1) - 1))
}

// beforeRow is a family as it was before an import changed it.
type beforeRow struct {
	Record registry.Record       `json:"record"`
	Status registry.Registration `json:"status"`
	Form   json.RawMessage       `json:"form,omitempty"` // the draft form, if one was open
	Amend  bool                  `json:"amend,omitempty"`
}

// rowProblem is a problem of a cell as the journal keeps it.
type rowProblem struct {
	Col     int      `json:"col"` // -1: of the whole row
	Field   string   `json:"f,omitempty"`
	Key     string   `json:"k"`
	Args    []rowArg `json:"a,omitempty"`
	Warning bool     `json:"w,omitempty"`
	Row     int      `json:"r,omitempty"` // of the cell, if it is not that of the record
	Sheet   int      `json:"s,omitempty"` // of the cell, its index + 1, if it is not that of the record
}

// rowArg is an argument of a message. Messages know texts, keys, whole numbers and dates.
type rowArg struct {
	Text string        `json:"s,omitempty"`
	Key  fault.Key     `json:"k,omitempty"`
	Num  *int64        `json:"i,omitempty"`
	Date calendar.Date `json:"d,omitempty"`
}

func argOf(v any) rowArg {
	num := func(n int64) rowArg { return rowArg{Num: &n} }
	switch v := v.(type) {
	case fault.Key:
		return rowArg{Key: v}
	case int:
		return num(int64(v))
	case int64:
		return num(v)
	case calendar.Date:
		return rowArg{Date: v}
	case string:
		return rowArg{Text: v}
	}
	return rowArg{Text: fmt.Sprint(v)}
}

func (a rowArg) value() any {
	switch {
	case a.Key != "":
		return a.Key
	case a.Num != nil:
		return *a.Num
	case !a.Date.IsZero():
		return a.Date
	}
	return a.Text
}

func rowProblems(ps []sheet.CellProblem) []rowProblem {
	out := make([]rowProblem, 0, len(ps))
	for _, p := range ps {
		rp := rowProblem{Col: p.Col, Field: p.Field, Key: p.Key, Warning: p.Severity == fault.Warning, Row: p.Row, Sheet: p.Sheet}
		for _, a := range p.Args {
			rp.Args = append(rp.Args, argOf(a))
		}
		out = append(out, rp)
	}
	return out
}

func (p rowProblem) cell() sheet.CellProblem {
	out := sheet.CellProblem{Col: p.Col, Problem: fault.Problem{Field: p.Field, Key: p.Key}, Row: p.Row, Sheet: p.Sheet}
	for _, a := range p.Args {
		out.Args = append(out.Args, a.value())
	}
	if p.Warning {
		out.Severity = fault.Warning
	}
	return out
}

// ImportRow is a line of the journal as its sender sees it.
type ImportRow struct {
	Seq      int64
	Sheet    string
	SheetAt  int // sheet.Info index
	Row      int
	Name     string
	Outcome  Outcome
	FamilyID int64
	Conflict bool                // an undo left it alone
	Problems []sheet.CellProblem // columns by their place
	Changes  []registry.Change   // as the sender may see them

	names map[int]string // of the sheets, by index
}

// Cell names the cell of a problem, "" for the whole row; one of another sheet as formulas do: "الأفراد!C7".
func (r ImportRow) Cell(p sheet.CellProblem) string {
	name, _, cell := r.Place(p)
	if p.Sheet > 0 {
		return sheetCell(name, p)
	}
	return cell
}

// Place says where a problem stands: the sheet, the row of it, and the cell, "" for the whole row.
func (r ImportRow) Place(p sheet.CellProblem) (name string, row int, cell string) {
	name, row = r.Sheet, r.Row
	if p.Row > 0 {
		row = p.Row
	}
	if p.Sheet > 0 {
		name = r.names[p.Sheet-1]
	}
	if p.Col >= 0 {
		cell = sheet.Letter(p.Col) + strconv.Itoa(row)
	}
	return name, row, cell
}

// sheetCell names a cell of another sheet than the record's, or a whole row of it.
func sheetCell(name string, p sheet.CellProblem) string {
	cell := strconv.Itoa(p.Row)
	if p.Col >= 0 {
		cell = sheet.Letter(p.Col) + cell
	}
	return name + "!" + cell
}

// ImportRows is one page of the journal.
type ImportRows struct {
	Import *ImportView
	Rows   []ImportRow
	Next   int64 // for after; 0 at the end
}

// RowFilter chooses lines of the journal.
type RowFilter string

// The filters.
const (
	RowsProblem   RowFilter = "problem"
	RowsDraft     RowFilter = "draft"
	RowsCheck     RowFilter = "check"   // nothing keeps them out, and something is to be looked at
	RowsChanged   RowFilter = "changed" // changed and amended
	RowsDuplicate RowFilter = "duplicate"
	RowsConflict  RowFilter = "conflict"
)

// RowFilters returns all filters in the order of display.
func RowFilters() []RowFilter {
	return []RowFilter{RowsProblem, RowsDraft, RowsCheck, RowsChanged, RowsDuplicate, RowsConflict}
}

func (f RowFilter) query() (store.ImportRowQuery, bool) {
	q := store.ImportRowQuery{Bodies: true}
	switch f {
	case RowsProblem, RowsDraft, RowsDuplicate:
		q.Outcomes = []string{string(f)}
	case RowsCheck:
		q.Outcomes, q.WithBody = []string{string(RowNew)}, true
	case RowsChanged:
		q.Outcomes = []string{string(RowChanged), string(RowAmended), string(RowProducts)}
	case RowsConflict:
		q.Undo = []string{undoConflict}
	default:
		return q, false
	}
	return q, true
}

// Rows returns lines of the journal with what is wrong or new in them, in the order of the file.
func (s *Imports) Rows(ctx context.Context, actor auth.Actor, id int64, filter RowFilter, after int64, limit int) (*ImportRows, error) {
	q, ok := filter.query()
	if !ok {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	q.After, q.Limit = after, limit+1
	names, err := s.sheetNames(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	out := &ImportRows{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		m, _, err := loadImport(tx, actor, auth.ImportView, id)
		if err != nil {
			return err
		}
		if out.Import, err = s.view(tx, actor, m); err != nil {
			return err
		}
		out.Rows, out.Next = nil, 0
		for q := q; ; {
			rows, err := tx.ImportRows(m, q)
			if err != nil {
				return err
			}
			for i := range rows {
				r, err := seenRow(actor, &rows[i])
				if err != nil {
					return err
				}
				if filter == RowsCheck && len(r.Problems) == 0 { // its line says which rows go on with it
					continue
				}
				if len(out.Rows) == limit {
					out.Next = out.Rows[limit-1].Seq
					return nil
				}
				r.Sheet, r.names = names[r.SheetAt], names
				out.Rows = append(out.Rows, r)
			}
			if len(rows) < q.Limit {
				return nil
			}
			q.After = rows[len(rows)-1].Seq
		}
	})
	return out, err
}

func seenRow(actor auth.Actor, r *store.ImportRow) (ImportRow, error) {
	out := ImportRow{Seq: r.Seq, SheetAt: r.Sheet, Row: r.Row, Outcome: Outcome(r.Outcome), FamilyID: r.FamilyID, Conflict: r.Undo == undoConflict}
	b, err := bodyOf(r)
	if err != nil {
		return out, err
	}
	out.Name, out.Changes = b.Name, seenChanges(actor, b.Changes)
	for _, p := range b.Problems {
		out.Problems = append(out.Problems, p.cell())
	}
	return out, nil
}

func bodyOf(r *store.ImportRow) (rowBody, error) {
	var b rowBody
	if len(r.Body) == 0 {
		return b, nil
	}
	if err := json.Unmarshal(r.Body, &b); err != nil {
		return b, fmt.Errorf("reading row %d of an import: %w", r.Seq, err)
	}
	return b, nil
}

// sheetNames returns the names of the sheets of an import's file by their index.
func (s *Imports) sheetNames(ctx context.Context, actor auth.Actor, id int64) (map[int]string, error) {
	_, words, _, err := s.head(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return words, nil
}

func (s *Imports) head(ctx context.Context, actor auth.Actor, id int64) (*store.Import, map[int]string, *importWords, error) {
	m, words, body, err := s.file(ctx, actor, auth.ImportView, id)
	if err != nil {
		return nil, nil, nil, err
	}
	rosters, err := rostersIn(body, words)
	names := map[int]string{}
	for _, r := range rosters {
		names[r.Sheet] = r.Name
	}
	return m, names, words, err
}

// missing are the problems of a row that only lacks something: it becomes a draft. Every other blocking problem keeps the row out.
var missing = map[string]bool{"problem.required": true, "problem.phone_needed": true, "problem.consent_needed": true, "problem.guardian_needed": true,
	"problem.food_required": true, "problem.food_allergens": true}

// sound reports whether a row may be taken at all, and whole whether it may be handed in.
func sound(ps []sheet.CellProblem) (ok, whole bool) {
	ok, whole = true, true
	for _, p := range ps {
		if p.Severity != fault.Blocking {
			continue
		}
		whole = false
		ok = ok && missing[p.Key]
	}
	return ok, whole
}

// KeepsOut reports whether a problem of the row is one for which it was not taken. What a row only lacks is a warning beside such a one; see lackLess.
func (r ImportRow) KeepsOut(p sheet.CellProblem) bool {
	return p.Severity == fault.Blocking && (r.Outcome == RowProblem || r.Outcome == RowDuplicate)
}

// Lacks reports whether a problem only says that something is missing: it makes the row a draft, or would if nothing else kept it out.
func (r ImportRow) Lacks(p sheet.CellProblem) bool { return missing[p.Key] && !r.KeepsOut(p) }

// DuplicateRow is a pair in the queue as the sender of the import sees it.
type DuplicateRow struct {
	store.DuplicateHint
	Number  registry.Number // of the family that it looks like; "" if the sender may not open it
	Name    string
	State   registry.State
	Area    string
	Visible bool

	Row, OtherRow int // of the sheet; 0: not known
}

// Duplicates returns the pairs that an import queued. Of a family out of the sender's reach, area and state alone.
func (s *Imports) Duplicates(ctx context.Context, actor auth.Actor, id int64, limit int) ([]DuplicateRow, error) {
	var out []DuplicateRow
	err := s.db.View(ctx, func(tx *store.Tx) error {
		m, _, err := loadImport(tx, actor, auth.ImportView, id)
		if err != nil {
			return err
		}
		reach, err := auth.ReachOf(actor, auth.FamilyView)
		if err != nil {
			return err
		}
		hints, err := tx.DuplicateHintsOf("import", m.ID, limit)
		if err != nil {
			return err
		}
		places, err := placesOf(tx, m, hints)
		if err != nil {
			return err
		}
		out = out[:0]
		for _, h := range hints {
			d := DuplicateRow{DuplicateHint: h, Row: places[h.Seq], OtherRow: places[h.OtherSeq]}
			if h.OtherID != 0 {
				f, err := tx.FamilyByID(store.Scope{Party: m.Party}, h.OtherID)
				if err != nil {
					return err
				}
				d.State, d.Area = f.Status.State, f.Record.Address.Area
				if d.Visible = reach.Holds(subjectOf(f)); d.Visible {
					d.Number, d.Name = f.Status.Number, f.Record.Lead.DisplayName()
				}
			}
			out = append(out, d)
		}
		return nil
	})
	return out, err
}

// placesOf returns the rows of the records that hints are about. A dry run keeps no line of a record of which there is nothing to say; its row is known from
// the one that repeats it.
func placesOf(tx *store.Tx, m *store.Import, hints []store.DuplicateHint) (map[int64]int, error) {
	var seqs []int64
	for _, h := range hints {
		seqs = append(seqs, h.Seq)
		if h.OtherSeq != 0 {
			seqs = append(seqs, h.OtherSeq)
		}
	}
	out := map[int64]int{}
	if len(seqs) == 0 {
		return out, nil
	}
	rows, err := tx.ImportRows(m, store.ImportRowQuery{Seqs: seqs, Bodies: true})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		out[rows[i].Seq] = rows[i].Row
		b, err := bodyOf(&rows[i])
		if err != nil {
			return nil, err
		}
		for _, p := range b.Problems {
			c := p.cell()
			if row, seq, ok := earlierRow(&c); ok {
				out[seq] = row
			}
		}
	}
	return out, nil
}

// kindsShared are the identifiers that tell families apart; a file number does not.
func tells(kind string) bool { return kind != "file_no" && kind != "number" }

// nameOf is the name on a row, for lists.
func nameOf(r *registry.Record) string { return strings.TrimSpace(r.Lead.DisplayName()) }

func cellProblem(col int, field, key string, args ...any) sheet.CellProblem {
	return sheet.CellProblem{Col: col, Problem: fault.Problem{Field: field, Key: key, Args: args}}
}

func blocking(ps []sheet.CellProblem) bool {
	return slices.ContainsFunc(ps, func(p sheet.CellProblem) bool { return p.Severity == fault.Blocking })
}
