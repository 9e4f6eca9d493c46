package service

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// File returns the bytes of an import as they were sent, and the file's name. Handing it out is written to the audit log.
func (s *Imports) File(ctx context.Context, actor auth.Actor, id int64) (name string, body []byte, err error) {
	m, words, body, err := s.file(ctx, actor, auth.ImportView, id)
	if err != nil {
		return "", nil, err
	}
	return words.Name, body, s.noteFile(ctx, actor, m, "import.file")
}

func (s *Imports) noteFile(ctx context.Context, actor auth.Actor, m *store.Import, action string) error {
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error { return importAudit(tx, actor, now, action, m, "") })
}

// statusKeys are the words of the status column. A row that was taken whole says [sheet.DoneWord]: it is passed over when the workbook comes back. All
// others are read again.
var statusKeys = map[Outcome]string{RowDraft: "import.status.draft", RowProblem: "import.status.problem", RowDuplicate: "import.status.duplicate"}

// Marked writes the sender's workbook back with its cells marked and a status for each row: what the import made of it, or, before it is confirmed, what it would.
// say puts a message into the sender's language.
func (s *Imports) Marked(ctx context.Context, actor auth.Actor, id int64, lang string, say sheet.Say, w io.Writer) (name string, err error) {
	m, words, body, err := s.file(ctx, actor, auth.ImportView, id)
	if err != nil {
		return "", err
	}
	book, err := sheet.Open(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return "", err
	}
	rosters, err := rostersIn(body, words)
	if err != nil {
		return "", err
	}
	marks := sheet.Marks{Lang: lang, Say: say, At: s.now()}
	at, names := map[int]int{}, map[int]string{}
	for _, r := range rosters {
		names[r.Sheet] = r.Name
		if sm, ok := words.Mapping.For(&r); ok && !sm.Skip {
			at[r.Sheet] = len(marks.Sheets)
			marks.Sheets = append(marks.Sheets, sheet.SheetMarks{Roster: r})
		}
	}
	for after := int64(0); ; {
		var rows []store.ImportRow
		err := s.db.View(ctx, func(tx *store.Tx) error {
			rows, err = tx.ImportRows(m, store.ImportRowQuery{After: after, Limit: 5000, Bodies: true})
			return err
		})
		if err != nil {
			return "", err
		}
		for i := range rows {
			of := func(index int) *sheet.SheetMarks {
				if n, ok := at[index]; ok {
					return &marks.Sheets[n]
				}
				return nil
			}
			taken := !m.ConfirmedAt.IsZero() && rows[i].Seq <= m.DoneSeq
			if err := markRow(of, names, &rows[i], taken, lang, say); err != nil {
				return "", err
			}
		}
		if len(rows) < 5000 {
			break
		}
		after = rows[len(rows)-1].Seq
	}
	if err := book.Mark(w, marks); err != nil {
		return "", err
	}
	return markedName(words.Name), s.noteFile(ctx, actor, m, "import.marked")
}

// markRow adds the marks of one row: to its own sheet, and to those that cells of its members stand on. of gives the marks of a sheet by its index, nil
// for one that is passed over. A row that the import has not come to, or only looked at in the dry run, is not said to be taken: the workbook may come back instead of a
// confirmation, and then it is read.
func markRow(of func(index int) *sheet.SheetMarks, names map[int]string, r *store.ImportRow, taken bool, lang string, say sheet.Say) error {
	own := of(r.Sheet)
	if own == nil {
		return nil
	}
	b, err := bodyOf(r)
	if err != nil {
		return err
	}
	mark := sheet.RowMark{Row: r.Row, Kind: sheet.MarkDone, Status: sheet.DoneWord(lang)}
	switch o := Outcome(r.Outcome); {
	case r.Undo == undoDone:
		mark.Kind, mark.Status = sheet.MarkWarning, say("import.status.undone")
	case o == RowProblem || o == RowDuplicate:
		mark.Kind, mark.Status = sheet.MarkProblem, say(statusKeys[o])
	case o == RowDraft && len(b.Problems) > 0 || stillMissing(b.Problems): // a draft that lacks nothing was kept as one by choice
		mark.Kind, mark.Status = sheet.MarkWarning, say(statusKeys[RowDraft])
	case !taken:
		mark.Status = say("import.status.ready")
	}
	var notes, first []string     // what keeps the row out stands first
	here := map[[2]int][]string{} // of rows of other sheets
	seen := ImportRow{Outcome: Outcome(r.Outcome)}
	for _, p := range b.Problems {
		c := p.cell()
		out := seen.KeepsOut(c)
		text := say(c.Key, c.Args...)
		if sheet.ValidField(c.Field) {
			key, args := sheet.FieldTitle(c.Field)
			text = say("import.field_problem", say(key, args...), text)
		}
		to := own
		if c.Sheet > 0 {
			place := [2]int{c.Sheet - 1, c.Row}
			here[place] = append(here[place], text)
			text = say("import.field_problem", sheetCell(names[c.Sheet-1], c), text)
			to = of(c.Sheet - 1)
		} else if c.Row > 0 && c.Col >= 0 {
			text = say("import.field_problem", sheet.Letter(c.Col)+strconv.Itoa(c.Row), text)
		}
		if out {
			first = append(first, text)
		} else {
			notes = append(notes, text)
		}
		if c.Col < 0 || to == nil {
			continue
		}
		look := sheet.MarkWarning
		if out {
			look = sheet.MarkProblem
		}
		row := r.Row
		if c.Row > 0 {
			row = c.Row
		}
		to.Cells = append(to.Cells, sheet.CellMark{Row: row, Col: c.Col, Kind: look, Text: say(c.Key, c.Args...)})
	}
	mark.Note = strings.Join(append(first, notes...), " • ")
	own.Rows = append(own.Rows, mark)
	whole := mark.Note
	for _, j := range b.Joined {
		at, n := j.place(r.Sheet)
		if mark.Row, mark.Note = n, whole; at != r.Sheet && whole != "" { // a row of another sheet says what is wrong with itself, or where to look
			mark.Note = strings.Join(here[[2]int{at, n}], " • ")
			if mark.Note == "" {
				mark.Note = say("import.note.family", names[r.Sheet]+"!"+strconv.Itoa(r.Row))
			}
		}
		if to := of(at); to != nil {
			to.Rows = append(to.Rows, mark)
		}
	}
	return nil
}

// stillMissing reports whether a changed family still lacks what handing in demands.
func stillMissing(ps []rowProblem) bool {
	for _, p := range ps {
		if !p.Warning && missing[p.Key] {
			return true
		}
	}
	return false
}

// markedName is the name of a marked workbook: that of the sender's file.
func markedName(name string) string {
	base := strings.TrimSuffix(strings.TrimSuffix(name, ".xlsx"), ".xlsm")
	if base == "" {
		base = "roster"
	}
	if strings.HasSuffix(name, ".xlsm") {
		return base + " - marked.xlsm"
	}
	return base + " - marked.xlsx"
}
