package sheet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// RosterKind is what the rows of a roster are.
type RosterKind string

// The kinds.
const (
	Families RosterKind = "families" // a row is a family, with all that its form holds
	Members  RosterKind = "members"  // a row is a household member, with the key of the family
	Products RosterKind = "products" // a row is a product, with the key of the family or the product's own number
)

// Kinds returns all kinds in the order of display.
func Kinds() []RosterKind { return []RosterKind{Families, Members, Products} }

// Roster is a table found in a sheet.
type Roster struct {
	Sheet      int        // [Info] index
	Name       string     // of the sheet
	Kind       RosterKind //
	HeaderFrom int        // first and last row of the header, from 1
	HeaderTo   int        //
	First      int        // first row of the data
	Columns    []Column   // from the left; columns without a header and without data are left out
	Titles     []string   // what stands above the header, a text for each row: the name of an association, a governorate, a date
	Shape      string     // the same for all rosters with the same headers: what a mapping is remembered by
	DateOrder  DateOrder  // how the sender seems to write dates as text
	LastRow    int        // as the sheet says, for showing progress; 0 if it does not, and it may lie
}

// Column is a column of a roster and what it was taken for.
type Column struct {
	Index   int      // 0 is A
	Letter  string   //
	Header  string   // as it is written; that of two rows with " / " between; a second column of the same name has " #2" behind it
	Hidden  bool     // in the sheet
	Field   string   // where its values go, see [Fields]; "" if nobody knows yet
	How     How      //
	Score   float64  // 0 to 1
	Samples []string // up to five values, for the page that asks
}

// DateOrder is the order of day and month in dates that are text. A date that is a date needs none.
type DateOrder string

// The orders.
const (
	DayFirst   DateOrder = "dmy" // the default, and what every office of both countries writes
	MonthFirst DateOrder = "mdy" // an American export
)

// Mapping says how the rosters of a workbook are read. It is what a person confirmed: remembered for the sender and the shape of the headers, and the
// map file of the command line.
type Mapping struct {
	Sheets []SheetMap `json:"sheets"`
}

// SheetMap says how rosters of one shape are read.
type SheetMap struct {
	Shape       string            `json:"shape"`
	Name        string            `json:"name,omitempty"` // of the sheet it was made for; for people
	Skip        bool              `json:"skip,omitempty"` // such a sheet is not read
	Kind        RosterKind        `json:"kind"`
	Key         string            `json:"key,omitempty"` // the field by which families are found in the registry: number, lead.id_number or case.file_no
	DateOrder   DateOrder         `json:"date_order,omitempty"`
	BlankErases bool              `json:"blank_erases,omitempty"` // a blank cell empties what the registry holds, but of a list
	Columns     map[string]string `json:"columns"`                // header → field; "" or "-" for a column that is not taken
	Constants   map[string]string `json:"constants,omitempty"`    // field → value of every row that has none of its own, as it would be typed
}

// Keys returns the fields by which a family can be found, the surest first.
func Keys() []string { return []string{FieldNumber, "lead.id_number", "case.file_no"} }

// shapeOf is the shape of a row of headers.
func shapeOf(kind RosterKind, columns []Column) string {
	h := sha256.New()
	h.Write([]byte(kind))
	for _, c := range columns {
		if c.Field != FieldStatus && c.Field != FieldMessage { // a workbook that comes back marked has the shape it was sent with
			h.Write([]byte("\x1f" + headerKey(c.Header)))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// analysisHeaders are the headers by which the sheet for pivot tables of an export is known: it has many rows of each family.
var analysisHeaders = [2][3]string{{"البند", "القيمة", "العدد"}, {"Subject", "Value", "Count"}}

// people reports whether a roster says whom its rows are about. The summaries of an export do not, nor do those that a sender adds.
func (r *Roster) people() bool {
	if r.Kind != Families {
		return true
	}
	for _, words := range analysisHeaders {
		if !slices.ContainsFunc(words[:], func(w string) bool {
			return !slices.ContainsFunc(r.Columns, func(c Column) bool { return c.Header == w })
		}) {
			return false
		}
	}
	return slices.ContainsFunc(r.Columns, func(c Column) bool {
		return c.Field == FieldName || c.Field == "lead.given_name" || c.Field == "lead.id_number" || c.Field == FieldNumber || c.Field == "case.file_no"
	})
}

// Suggest returns the mapping that follows from what was found: the columns as they were matched, and the surest key among them. Beside a sheet with people in its
// rows, one without is left out.
func Suggest(rosters []Roster) Mapping {
	var m Mapping
	some := slices.ContainsFunc(rosters, func(r Roster) bool { return r.people() })
	for _, r := range rosters {
		if slices.ContainsFunc(m.Sheets, func(s SheetMap) bool { return s.Shape == r.Shape }) {
			continue
		}
		s := SheetMap{Shape: r.Shape, Name: r.Name, Kind: r.Kind, DateOrder: r.DateOrder, Columns: map[string]string{}, Skip: some && !r.people()}
		for _, c := range r.Columns {
			s.Columns[c.Header] = c.Field
		}
		for _, k := range Keys() {
			if s.Key == "" && slices.ContainsFunc(r.Columns, func(c Column) bool { return c.Field == k }) {
				s.Key = k
			}
		}
		if r.Kind == Families && !slices.ContainsFunc(r.Columns, func(c Column) bool { return c.Field == "address.area" }) {
			if area := titledArea(r.Titles); area != "" {
				s.Constants = map[string]string{"address.area": area}
			}
		}
		m.Sheets = append(m.Sheets, s)
	}
	return m
}

// Only leaves the sheets of other kinds out; a sheet that can be read as one of this kind is.
func (m *Mapping) Only(kind RosterKind, rosters []Roster) {
	for i := range m.Sheets {
		s := &m.Sheets[i]
		if s.Kind == kind {
			continue
		}
		s.Skip = true
		j := slices.IndexFunc(rosters, func(r Roster) bool { return r.Shape == s.Shape })
		if j < 0 {
			continue
		}
		r := rosters[j]
		r.Columns = slices.Clone(r.Columns)
		r.ReadAs(kind)
		if as := Suggest([]Roster{r}).Sheets[0]; (Mapping{Sheets: []SheetMap{as}}).Check(nil).Err() == nil {
			*s = as
		}
	}
}

// titledArea is the area that the titles above a table name after its kind: "كشف الأسر المنتجة بمحافظة سوهاج". "" if none or two are.
func titledArea(titles []string) string {
	found := ""
	for _, t := range titles {
		words := arabic.Tokens(t)
		for i, w := range words {
			switch bare(w) {
			case "محافظه", "بمحافظه", "بلديه", "ببلديه", "مديريه", "بمديريه", "governorate", "municipality":
			default:
				continue
			}
			for n := min(3, len(words)-i-1); n > 0; n-- {
				a, ok := place.AreaByFolded("", strings.Join(words[i+1:i+1+n], " "))
				if !ok {
					continue
				}
				if found != "" && found != a.Code {
					return ""
				}
				found = a.Code
				break
			}
		}
	}
	return found
}

// For returns the map for a roster's shape.
func (m Mapping) For(r *Roster) (SheetMap, bool) {
	for _, s := range m.Sheets {
		if s.Shape == r.Shape {
			return s, true
		}
	}
	return SheetMap{}, false
}

// Remember sets the columns of a roster by what a person said earlier about rosters of this shape. It reports whether anything was remembered.
func (r *Roster) Remember(m Mapping) bool {
	s, ok := m.For(r)
	if !ok {
		return false
	}
	for i := range r.Columns {
		c := &r.Columns[i]
		if field, ok := s.Columns[c.Header]; ok && (field == "" || ValidField(field)) {
			c.Field, c.How, c.Score = field, HowRemembered, 1
		}
	}
	r.Kind = s.Kind
	if s.DateOrder != "" {
		r.DateOrder = s.DateOrder
	}
	return true
}

// ReadAs takes a roster for another kind: its headers are looked at anew. Its shape stays, since that is what it is known by.
func (r *Roster) ReadAs(kind RosterKind) {
	m := newMatchers()[kind]
	r.Kind = kind
	for i := range r.Columns {
		c := &r.Columns[i]
		if c.Field == FieldStatus || c.Field == FieldMessage {
			continue
		}
		header := c.Header
		if j := strings.LastIndex(header, " #"); j > 0 {
			header = header[:j]
		}
		if up, low, two := strings.Cut(header, " / "); two && r.HeaderTo > r.HeaderFrom {
			_, c.Field, c.How, c.Score = m.matchTwo(up, up, low)
		} else {
			c.Field, c.How, c.Score = m.match(header)
		}
	}
	settle(kind, r.Columns)
}

// Check returns what is wrong with a mapping for these rosters. The field of a problem is "sheets[i]" with ".key" or ".columns[header]" behind it.
func (m Mapping) Check(rosters []Roster) fault.Problems {
	var ps fault.Problems
	for i, s := range m.Sheets {
		at := "sheets[" + strconv.Itoa(i) + "]"
		if s.Skip {
			continue
		}
		if !slices.Contains(Kinds(), s.Kind) {
			ps.Add(at+".kind", "problem.choice")
		}
		if s.DateOrder != "" && s.DateOrder != DayFirst && s.DateOrder != MonthFirst {
			ps.Add(at+".date_order", "problem.choice")
		}
		seen := map[string]bool{}
		headers := make([]string, 0, len(s.Columns))
		for h := range s.Columns {
			headers = append(headers, h)
		}
		slices.Sort(headers)
		for _, h := range headers {
			switch field := s.Columns[h]; {
			case field == "" || field == FieldIgnore:
			case !ValidField(field):
				ps.Add(at+".columns["+h+"]", "sheet.problem.unknown_field")
			case s.Kind == Members && !memberField(field), s.Kind == Products && !productField(field):
				ps.Add(at+".columns["+h+"]", "sheet.problem.unknown_field")
			case seen[field]:
				ps.Add(at+".columns["+h+"]", "sheet.problem.field_twice")
			default:
				seen[field] = true
			}
		}
		for field := range s.Constants {
			if p, ok := parseField(field); !ok || p.leaf == field && !strings.Contains(field, ".") || field == FieldName {
				ps.Add(at+".constants", "sheet.problem.unknown_field")
			}
		}
		switch {
		case s.Key == "" && s.Kind == Members, s.Key == "" && s.Kind == Products && !seen[FieldProduct]:
			ps.Add(at+".key", "sheet.problem.members_key")
		case s.Key != "" && !slices.Contains(Keys(), s.Key):
			ps.Add(at+".key", "problem.choice")
		case s.Key != "" && !seen[s.Key]:
			ps.Add(at+".key", "sheet.problem.key_column")
		}
		if s.Kind == Products && !seen[FieldProduct] && !seen["product.name_ar"] {
			ps.Add(at+".columns", "sheet.problem.no_product")
		}
		if s.Kind == Families && !seen[FieldName] && !seen["lead.given_name"] && !seen["lead.id_number"] && !seen[FieldNumber] && !seen["case.file_no"] {
			ps.Add(at+".columns", "sheet.problem.no_person")
		}
	}
	for i := range rosters {
		if _, ok := m.For(&rosters[i]); !ok {
			ps.Add("sheets", "sheet.problem.unmapped_sheet", rosters[i].Name)
		}
	}
	return ps
}

func memberField(field string) bool {
	return field == FieldStatus || field == FieldMessage || slices.Contains(Keys(), field) || strings.HasPrefix(field, "household.members.")
}

func productField(field string) bool {
	return field == FieldStatus || field == FieldMessage || slices.Contains(Keys(), field) || strings.HasPrefix(field, "product.")
}

// Reading is what the rows of a roster are read with.
type Reading struct {
	Party   place.Country // whose form the values are for: its areas, its choices, its currency
	Mapping Mapping
}

// Rows reads the records of a roster, from the first row under the header to the end of the sheet, and calls fn for each row with a value in a column
// that is taken, in order. What is no record (a total, a note, the header again) is passed with Skip set. The row and all it holds belong to Rows and
// change at the next call of fn; texts may be kept. It stops at the first error of fn or of ctx.
func (b *Book) Rows(ctx context.Context, ros Roster, with Reading, fn func(*Row) error) error {
	m, ok := with.Mapping.For(&ros)
	if !ok {
		return fault.New(fault.Invalid, "sheet.problem.unmapped_sheet", ros.Name)
	}
	if m.Skip {
		return nil
	}
	rd, err := newReader(ros, m, with.Party)
	if err != nil {
		return err
	}
	if rd.merged, err = b.mergesOf(ros.Sheet); err != nil {
		return err
	}
	rd.date1904 = b.date1904
	s := b.Scan(ros.Sheet)
	ahead := scanAhead(ctx, s, ros.First)
	defer ahead.close()
	for block := range ahead.full {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, at := range block.rows {
			row := rd.read(at.n, block.cells[at.from:at.to])
			if row == nil {
				continue
			}
			row.Hidden = at.hidden
			if err := fn(row); err != nil {
				return err
			}
		}
		ahead.free <- block
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.Err(); err != nil {
		return err
	}
	if why, last := s.Stopped(); why == StoppedBlank && rd.rows > 0 {
		rd.row.reset(last)
		rd.row.Skip = SkipEnd
		return fn(&rd.row)
	}
	return nil
}

// rowBlock is a stretch of rows between the scanner and the reader, with their cells one after the other.
type rowBlock struct {
	rows  []blockRow
	cells []Cell
}

type blockRow struct {
	n, from, to int
	hidden      bool
}

// What a block holds at most: enough that handing it over costs nothing, little enough that rows of megabytes do not pile up.
const (
	blockRows  = 128
	blockCells = 4000
	blockText  = 1 << 20
)

// ahead scans a sheet in a goroutine of its own, some blocks before its reader: turning cells into values takes as long as scanning them.
type ahead struct {
	full, free chan *rowBlock
	stop       chan struct{}
	scanner    *Scanner
}

// scanAhead begins to scan from a row on. The scanner belongs to it until full is closed.
func scanAhead(ctx context.Context, s *Scanner, first int) *ahead {
	a := &ahead{full: make(chan *rowBlock, 2), free: make(chan *rowBlock, 4), stop: make(chan struct{}), scanner: s}
	for range cap(a.free) {
		a.free <- &rowBlock{}
	}
	go func() {
		defer close(a.full)
		for {
			var b *rowBlock
			select {
			case b = <-a.free:
			case <-a.stop:
				return
			}
			b.rows, b.cells = b.rows[:0], b.cells[:0]
			more := b.fill(s, first)
			if ctx.Err() != nil {
				return
			}
			select {
			case a.full <- b:
			case <-a.stop:
				return
			}
			if !more {
				return
			}
		}
	}()
	return a
}

// fill takes rows until the block is full. It reports false at the end of the sheet.
func (b *rowBlock) fill(s *Scanner, first int) bool {
	text := 0
	for len(b.rows) < blockRows && len(b.cells) < blockCells && text < blockText {
		if !s.Next() {
			return false
		}
		if s.Row() < first {
			continue
		}
		at := blockRow{n: s.Row(), from: len(b.cells), hidden: s.Hidden()}
		b.cells = append(b.cells, s.Cells()...)
		at.to = len(b.cells)
		for i := at.from; i < at.to; i++ {
			text += len(b.cells[i].Text)
		}
		b.rows = append(b.rows, at)
	}
	return true
}

// close ends the scan, wherever it is, and waits for it.
func (a *ahead) close() {
	close(a.stop)
	for range a.full { // until the goroutine has left the scanner
	}
	a.scanner.Close()
}
