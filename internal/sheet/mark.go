package sheet

import (
	"archive/zip"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Marks are what [Book.Mark] writes into a sender's workbook.
type Marks struct {
	Lang   string // of the headers of the two columns: "ar" or "en"
	Say    Say
	At     time.Time // of the parts that are new
	Sheets []SheetMarks
}

// SheetMarks are the marks of one roster.
type SheetMarks struct {
	Roster Roster
	Rows   []RowMark  // rows that are not named keep what their status column says, if there is one
	Cells  []CellMark // marks of one cell are joined
}

// RowMark is what the two columns of a row say: its status, a word of a few that one can filter by, and what there is to do.
type RowMark struct {
	Row    int
	Kind   MarkKind
	Status string // [DoneWord] for a row that was taken: it is passed over when the workbook comes back
	Note   string
}

// CellMark is what is wrong with a cell and how to mend it. The cell is coloured and has the text as a comment.
type CellMark struct {
	Row, Col int // 1 and 0 are A1
	Kind     MarkKind
	Text     string
}

// MarkKind is how a mark looks.
type MarkKind uint8

// The kinds.
const (
	MarkDone    MarkKind = iota // green
	MarkWarning                 // amber: taken, to be looked at
	MarkProblem                 // red: not taken
)

// Mark writes the workbook back with the marks in it, and otherwise as it was sent: the same sheets, styles, formulas, widths, pictures, macros.
//
// Only the parts that change are written anew, and they are patched as text while they pass by: the marked sheets (coloured cells, the two columns
// "status" and "notes" at the right end with a filter over the header), the styles, the comments, the name of the filter. All other parts are copied as they are packed, byte by byte.
// Marks of an earlier time are taken back: their comments and colours go, the status columns are written over. A cell's own colour comes back when it was a plain one.
//
// A sheet whose table is an Excel table keeps the filter of that table: it can have no second one over it.
func (b *Book) Mark(w io.Writer, m Marks) error {
	z, err := zip.NewReader(b.zip.r, b.zip.size)
	if err != nil {
		return problemOf(fmt.Errorf("reading the archive to mark it: %w", err))
	}
	k := &marker{book: b, marks: m, out: newOutZip(w, m.At), files: z.File, parts: map[string]func(io.Writer) error{}}
	if err := k.run(); err != nil {
		k.out.abort()
		return problemOf(fmt.Errorf("marking a workbook: %w", err))
	}
	return nil
}

// marker writes one marked workbook.
type marker struct {
	book   *Book
	marks  Marks
	out    *outZip
	files  []*zip.File
	styles *stylePatch
	rels   map[string]string                // parts of relationships as they are now
	vml    bool                             // there is a new part of boxes
	shapes int                              // sheets with boxes so far
	types  []string                         // additions to [Content_Types].xml, without prefix
	parts  map[string]func(io.Writer) error // what is written in the place of a part, by its name in lower case
	added  []string                         // names of parts that are new, in order
	late   []string                         // names of parts that are written last, since they depend on others
}

// part sets what is written in the place of a part, or as a new one.
func (k *marker) part(name string, write func(io.Writer) error) {
	key := strings.ToLower(name)
	if k.book.zip.find(name) == nil && k.parts[key] == nil {
		k.added = append(k.added, name)
	}
	k.parts[key] = write
}

// text sets a part that is known already.
func (k *marker) text(name, content string) {
	k.part(name, func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
}

// fresh is a name that no part of the workbook has: with %d for a number.
func (k *marker) fresh(pattern string) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf(pattern, n)
		if k.book.zip.find(name) == nil && k.parts[strings.ToLower(name)] == nil {
			return name
		}
	}
}

func (k *marker) run() error {
	if err := k.loadStyles(); err != nil {
		return err
	}
	var marked []*sheetMarker
	for i := range k.marks.Sheets {
		s, err := k.sheet(&k.marks.Sheets[i])
		if err != nil {
			return err
		}
		marked = append(marked, s)
	}
	if err := k.filterNames(marked); err != nil {
		return err
	}
	if err := k.contentTypes(); err != nil {
		return err
	}
	for _, f := range k.files {
		key := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		write := k.parts[key]
		switch {
		case write == nil:
			if err := k.out.copy(f); err != nil {
				return err
			}
		case slices.ContainsFunc(k.late, func(name string) bool { return strings.EqualFold(name, key) }):
		default:
			if err := k.write(f.Name, write); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Concat(k.added, k.late) {
		if err := k.write(name, k.parts[strings.ToLower(name)]); err != nil {
			return err
		}
	}
	return k.out.close()
}

func (k *marker) write(name string, write func(io.Writer) error) error {
	w, err := k.out.create(name)
	if err != nil {
		return err
	}
	return write(w)
}

// sheet prepares the parts of one marked sheet.
func (k *marker) sheet(m *SheetMarks) (*sheetMarker, error) {
	i := slices.IndexFunc(k.book.sheets, func(p part) bool { return p.Index == m.Roster.Sheet })
	if i < 0 {
		return nil, fmt.Errorf("sheet %d: %w", m.Roster.Sheet, errXML)
	}
	e := k.book.sheets[i].entry
	s := &sheetMarker{marker: k, roster: &m.Roster, status: -1, note: -1, rows: slices.Clone(m.Rows), cells: joinMarks(m.Cells)}
	slices.SortStableFunc(s.rows, func(a, b RowMark) int { return a.Row - b.Row })
	if err := s.columns(); err != nil {
		return nil, err
	}
	if err := s.comments(e.name); err != nil {
		return nil, err
	}
	k.part(e.name, func(w io.Writer) error { return s.stream(w, e) })
	return s, nil
}

// joinMarks sorts marks by their place, those of one cell as one.
func joinMarks(cells []CellMark) []CellMark {
	cells = slices.Clone(cells)
	slices.SortStableFunc(cells, func(a, b CellMark) int {
		return cmp.Or(a.Row-b.Row, a.Col-b.Col)
	})
	out := cells[:0]
	for _, c := range cells {
		if c.Row < 1 || c.Row > maxRows || c.Col < 0 || c.Col >= maxCols {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Row == c.Row && out[n-1].Col == c.Col {
			last := &out[n-1]
			last.Kind = max(last.Kind, c.Kind)
			if !strings.Contains(last.Text, c.Text) {
				last.Text += "\n" + c.Text
			}
			continue
		}
		out = append(out, c)
	}
	return out
}

// columns finds where the status and the notes stand: where they stood before, or behind everything that the sheet holds.
func (s *sheetMarker) columns() error {
	for _, c := range s.roster.Columns {
		switch c.Field {
		case FieldStatus:
			s.status = c.Index
		case FieldMessage:
			s.note = c.Index
		}
		s.width = max(s.width, c.Index+1)
	}
	s.last = s.roster.HeaderTo
	scan := s.book.Scan(s.roster.Sheet)
	defer scan.Close()
	for scan.Next() {
		cells := scan.Cells()
		s.width = max(s.width, cells[len(cells)-1].Col+1)
		s.last = max(s.last, scan.Row())
	}
	if err := scan.Err(); err != nil {
		return err
	}
	if s.status >= 0 && s.note >= 0 {
		return nil
	}
	if s.status < 0 {
		s.status = s.width
		s.width++
	}
	if s.note < 0 {
		s.note = s.width
		s.width++
	}
	if s.width > maxCols {
		return fmt.Errorf("no room for the status column: %w", errTooLarge)
	}
	return nil
}
