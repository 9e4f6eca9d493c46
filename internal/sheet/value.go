package sheet

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Skip says why a row of a roster is no record.
type Skip string

// The reasons. The zero value is a record.
const (
	SkipTotal   Skip = "total"   // الإجمالي
	SkipNote    Skip = "note"    // a text below or between the rows, a signature
	SkipHeader  Skip = "header"  // the header once more, on each printed page, or a row that numbers the columns
	SkipExample Skip = "example" // the example of a template
	SkipDone    Skip = "done"    // a marked workbook that came back: this row was taken before
	SkipGone    Skip = "gone"    // an export that came back: a registration that was withdrawn before it had a number; it is not entered anew
	SkipEnd     Skip = "end"     // no row: the sheet was left after 1,000 blank rows below this one
)

// Row is a row of a roster.
type Row struct {
	N        int                 // number in the sheet, from 1
	Skip     Skip                // "" for a record
	Hidden   bool                // hidden in the sheet, by hand or by a filter; it is a record all the same
	Key      string              // the value of the key's column, canonical: what the family is looked up by; "" without one
	Values   map[string][]string // the fields as a form would send them: what intake.Decode takes
	Cells    map[string]Ref      // field → the cell that it came from, for every column that is taken, blank cells included
	Derived  []string            // fields that stand in no column: read out of the identity number (birth date, sex, nationality, kind of document)
	Problems []CellProblem       // what could not be turned into a value; a field with a blocking one is not in Values

	lists map[string]int // rows of each list so far, and which row a code or a place has
}

// Ref is the cell of a field.
type Ref struct {
	Col int    // 0 is A
	Raw string // as the sheet shows it, cut to 200 characters; "" if it is blank
}

// CellProblem is what is wrong with a cell. Col is -1 for a problem of the whole row.
type CellProblem struct {
	Col int
	fault.Problem
	Row   int // the cell stands on another row than the record: one that goes on with it, or a row of another sheet; 0 on its own
	Sheet int // the cell stands on another sheet than the record: its [Info] index + 1; 0 on its own
}

// Form decodes the row's values into the form; see [intake.Decode]. The problems are of shape only and belong to Merge.
func (r *Row) Form() (*intake.Registration, fault.Problems) { return intake.Decode(r.Values) }

// Product is one product of a row, as it would be typed.
type Product struct {
	ID       string // its number, "" without one
	Type     string // of the party's taxonomy, by its name as a rule: to be found there before it is put into the form
	Form     *intake.Product
	Cells    map[string]Ref // field of the product's form → the cell that it came from, blank cells included
	Problems []CellProblem  // of its cells; fields as in Row
	Index    int            // "product[Index]" in the names of fields
	Row      int            // number in the sheet, from 1
	Weak     []string       // fields that stand in no cell: constants of the mapping
	Blanks   []string       // fields whose cells are empty, in order
}

// Products decodes the products of the row, in the order of their columns. Their problems are taken out of those of the row.
func (r *Row) Products() []Product {
	n := r.lists[productList]
	if n == 0 {
		return nil
	}
	out := make([]Product, n)
	values := make([]map[string][]string, n)
	at := func(name string) (int, string, bool) {
		rest, ok := strings.CutPrefix(name, productList+"[")
		num, leaf, closed := strings.Cut(rest, "].")
		i, err := strconv.Atoi(num)
		return i, leaf, ok && closed && err == nil && i < n
	}
	for i := range out {
		out[i].Index, out[i].Cells, values[i] = i, map[string]Ref{}, map[string][]string{}
	}
	for name, v := range r.Values {
		if i, leaf, ok := at(name); ok {
			values[i][leaf] = v
		}
	}
	for name, ref := range r.Cells {
		if i, leaf, ok := at(name); ok {
			out[i].Cells[leaf] = ref
		}
	}
	kept := r.Problems[:0:0]
	for _, p := range r.Problems {
		if i, _, ok := at(p.Field); ok {
			out[i].Problems = append(out[i].Problems, p)
		} else {
			kept = append(kept, p)
		}
	}
	r.Problems = kept
	for i := range out {
		p := &out[i]
		if id := values[i]["id"]; len(id) > 0 {
			p.ID = id[0]
		}
		if t := values[i]["type"]; len(t) > 0 {
			p.Type = t[0]
			delete(values[i], "type")
		}
		for leaf, ref := range p.Cells {
			if ref.Raw == "" && values[i][leaf] == nil && (leaf != "type" || p.Type == "") {
				p.Blanks = append(p.Blanks, leaf)
			}
		}
		for leaf := range values[i] {
			if ref, ok := p.Cells[leaf]; !ok || ref.Raw == "" {
				p.Weak = append(p.Weak, leaf)
			}
		}
		slices.Sort(p.Blanks)
		p.Row = r.N
		var shape fault.Problems
		p.Form, shape = intake.DecodeProduct(values[i])
		p.Add(shape)
	}
	return out
}

// Moved is the product as another one of its row: "product[i]" in the names of fields.
func (p Product) Moved(i int) Product {
	from, to := productList+"["+strconv.Itoa(p.Index)+"]", productList+"["+strconv.Itoa(i)+"]"
	p.Problems = slices.Clone(p.Problems)
	for j := range p.Problems {
		p.Problems[j].Field = strings.Replace(p.Problems[j].Field, from, to, 1)
	}
	p.Index = i
	return p
}

// Add adds the problems that a check of the product's form found, each at its cell; see [Row.Merge].
func (p *Product) Add(ps fault.Problems) {
	row := Row{Cells: map[string]Ref{}, Problems: p.Problems}
	prefix := productList + "[" + strconv.Itoa(p.Index) + "]."
	for leaf, ref := range p.Cells {
		row.Cells[prefix+leaf] = ref
	}
	for _, x := range ps {
		x.Field = prefix + x.Field
		row.Merge(fault.Problems{x})
	}
	p.Problems = row.Problems
}

// Blank reports whether a field's column is taken and its cell is empty.
func (r *Row) Blank(field string) bool {
	ref, ok := r.Cells[field]
	return ok && ref.Raw == ""
}

// Merge adds the problems that a check of the form found, each at its column. A field that the cell itself has a blocking problem with gets no second
// one: that it is "required" follows from the first.
func (r *Row) Merge(ps fault.Problems) {
	for _, p := range ps {
		if slices.ContainsFunc(r.Problems, func(have CellProblem) bool { return have.Severity == fault.Blocking && have.Field == p.Field }) {
			continue
		}
		col := -1
		if ref, ok := r.Cells[p.Field]; ok {
			col = ref.Col
		}
		r.Problems = append(r.Problems, CellProblem{Col: col, Problem: p})
	}
}

// Blocked reports whether a problem stops the row.
func (r *Row) Blocked() bool {
	return slices.ContainsFunc(r.Problems, func(p CellProblem) bool { return p.Severity == fault.Blocking })
}

func (r *Row) reset(n int) {
	r.N, r.Skip, r.Key, r.Hidden = n, "", "", false
	r.Derived, r.Problems = r.Derived[:0], r.Problems[:0]
	if r.Values == nil {
		r.Values, r.Cells, r.lists = map[string][]string{}, map[string]Ref{}, map[string]int{}
	}
	clear(r.Values)
	clear(r.Cells)
	clear(r.lists)
}

// target is a column that is taken.
type target struct {
	col    int
	field  string
	path   columnPath
	kind   registry.Kind
	header string // as the sheet has it, the lower of two
	group  string // the upper of two
	slot   string // which row of its list: the list with a code or a place
	lines  bool   // the field takes several lines
	names  []string
	seen   map[string]seenText // what its texts are, as far as they say it by themselves; nil: they are looked at each time
}

// seenText is what a text of a column came to, without a problem.
type seenText struct {
	raw, value string
	missing    bool
}

// maxSeen bounds the texts that a column remembers, and maxSeenLen their length in bytes: a list of choices, of places or of days has fewer and shorter ones.
const (
	maxSeen    = 4096
	maxSeenLen = 64
)

// remembers reports whether the texts of a column come again and again, and mean the same wherever they stand.
func (t *target) remembers() bool {
	if t.field == "project.channels" || t.path.list == "household.benefits" || t.path.list == productList {
		return false
	}
	switch t.kind.Type {
	case "date", "bool", "list", "craft", "id_type", "area", "country", "currency", "money", "int":
		return true
	}
	return false
}

// keep remembers what a text is. The texts of a row may be gone after it.
func (t *target) keep(text, raw, value string, none bool) {
	if len(t.seen) == maxSeen || len(text) > maxSeenLen {
		return
	}
	text = strings.Clone(text)
	s := seenText{text, value, none}
	if raw != text {
		s.raw = strings.Clone(raw)
	}
	if value != "" {
		s.value = strings.Clone(value)
	}
	t.seen[text] = s
}

// at is the form name of the target's leaf in a row of its list.
func (t *target) at(i int) string {
	for len(t.names) <= i {
		t.names = append(t.names, t.path.list+"["+strconv.Itoa(len(t.names))+"]."+t.path.leaf)
	}
	return t.names[i]
}

// reader turns the cells of a roster into rows.
type reader struct {
	party    place.Country
	m        SheetMap
	targets  []target
	at       []int // by column: its target, or noTarget
	status   int   // column, -1
	state    int   // column of an export that says where a family's registration stands, -1
	merged   merges
	carried  map[int]carriedCell
	row      Row
	rows     int // records so far
	cells    []*Cell
	keyField string
	date1904 bool
	texts    []string // the values of the row, one after the other

	constants []string // fields of the mapping's constants, in order
	said      []string // their values
}

type carriedCell struct {
	row  int
	cell Cell
}

// meant is a constant as the form has it: what is written as cells are becomes the code that a cell would.
func meant(field, value string, party place.Country) string {
	k := registry.KindOf(field)
	list := k.List
	switch k.Type {
	case "area":
		if a, ok := place.AreaByFolded(party, arabic.Fold(value)); ok {
			return a.Code
		}
	case "craft", "id_type":
		list = k.Type
	case "bool":
		list = "tri"
	}
	if code := CodeOf(list, value); code != "" {
		return code
	}
	return value
}

func newReader(ros Roster, m SheetMap, party place.Country) (*reader, error) {
	if ps := (Mapping{Sheets: []SheetMap{m}}).Check(nil); ps.Err() != nil {
		return nil, fault.Wrap(ps.Err(), fault.Invalid, "sheet.problem.mapping")
	}
	rd := &reader{party: party, m: m, status: -1, state: -1, carried: map[int]carriedCell{}, keyField: m.Key,
		constants: slices.Sorted(maps.Keys(m.Constants))}
	for _, field := range rd.constants {
		rd.said = append(rd.said, meant(field, m.Constants[field], party))
	}
	for _, c := range ros.Columns {
		field, ok := m.Columns[c.Header]
		if !ok {
			field = c.Field // a header that the mapping does not name is taken as it was found
		}
		switch p, ok := parseField(field); {
		case field == FieldStatus:
			rd.status = c.Index
		case !ok || field == FieldIgnore || field == FieldMessage:
			if isState(c.Header) {
				rd.state = c.Index
			}
		default:
			header, group := c.Header, ""
			if i := strings.Index(header, " / "); i >= 0 && ros.HeaderTo > ros.HeaderFrom {
				header, group = header[i+3:], header[:i]
			}
			t := target{col: c.Index, field: field, path: p, header: header, group: group, kind: registry.KindOf(field),
				lines: intake.Lines(field) || p.list == productList && intake.ProductLines(p.leaf)}
			if p.list != "" {
				t.slot = p.list + "[" + p.code
				if p.code == "" {
					t.slot += strconv.Itoa(max(p.index, 0))
				}
			}
			if t.remembers() {
				t.seen = map[string]seenText{}
			}
			for len(rd.at) <= c.Index {
				rd.at = append(rd.at, noTarget)
			}
			rd.at[c.Index] = len(rd.targets)
			rd.targets = append(rd.targets, t)
		}
	}
	rd.cells = make([]*Cell, len(rd.targets))
	return rd, nil
}

const noTarget = -1

// target returns the target of a column.
func (rd *reader) target(col int) int {
	if col < len(rd.at) {
		return rd.at[col]
	}
	return noTarget
}

// read turns a row into a record, or says why it is none. It returns nil for a row with nothing in a column that is taken.
func (rd *reader) read(n int, cells []Cell) *Row {
	r := &rd.row
	r.reset(n)
	rd.texts = rd.texts[:0]
	clear(rd.cells)
	filled := 0
	done, gone := false, false
	for i := range cells {
		c := &cells[i]
		if c.Kind == Text {
			c.Text = letters(c.Text)
		}
		if c.Col == rd.state {
			gone = c.Kind == Text && isWithdrawn(c.Text)
		}
		if c.Col == rd.status {
			done = c.Kind == Text && statusDone(c.Text)
			continue
		}
		t := rd.target(c.Col)
		if t == noTarget || c.Kind == Blank && !c.Formula || c.Kind == Text && blankText(c.Text) {
			continue
		}
		rd.cells[t] = c
		filled++
	}
	if filled == 0 {
		if note := rd.stray(cells); note != "" && rd.rows > 0 {
			r.Skip = SkipNote
			return r
		}
		return nil
	}
	rd.fillMerged(n)
	if r.Skip = rd.skip(cells, filled, done); r.Skip == SkipDone { // by its key a later row is known to repeat it
		for i := range rd.targets {
			if t := &rd.targets[i]; rd.cells[i] != nil && (slices.Contains(Keys(), t.field) || t.field == "lead.id_type" || t.field == FieldProduct || t.field == "product.name_ar") {
				rd.take(t, rd.cells[i])
			}
		}
		rd.finish()
	}
	if r.Skip == "" && gone && !rd.hasNumber() {
		r.Skip = SkipGone
	}
	if r.Skip != "" {
		return r
	}
	rd.rows++
	for i := range rd.targets {
		t := &rd.targets[i]
		c := rd.cells[i]
		if c == nil {
			rd.blank(t)
			continue
		}
		rd.take(t, c)
	}
	rd.finish()
	return r
}

// The column of an export that says where a registration stands, and what it says of one that was withdrawn, in both languages.
var (
	stateHeaders   = foldAll("حالة التسجيل", "State of registration")
	withdrawnWords = foldAll("منسحب", "Withdrawn")
)

func isState(header string) bool { return slices.Contains(stateHeaders, arabic.Fold(header)) }

func isWithdrawn(s string) bool { return slices.Contains(withdrawnWords, arabic.Fold(s)) }

// hasNumber reports whether the row has a registration number.
func (rd *reader) hasNumber() bool {
	for i := range rd.targets {
		if rd.targets[i].field == FieldNumber {
			return rd.cells[i] != nil
		}
	}
	return false
}

// stray is the text of a row that stands beside all columns that are taken.
func (rd *reader) stray(cells []Cell) string {
	for i := range cells {
		if cells[i].Kind == Text && len([]rune(arabic.Clean(cells[i].Text))) > 3 && cells[i].Col != rd.status {
			return cells[i].Text
		}
	}
	return ""
}

// fillMerged gives cells that are merged downwards the value of their first row.
func (rd *reader) fillMerged(n int) {
	if len(rd.merged) == 0 {
		return
	}
	for i := range rd.targets {
		t := &rd.targets[i]
		first := rd.merged.first(t.col, n)
		switch c := rd.cells[i]; {
		case c != nil:
			if first == n && len(rd.merged[t.col]) > 0 {
				rd.carried[t.col] = carriedCell{n, *c}
			}
		case first != n:
			if from, ok := rd.carried[t.col]; ok && from.row == first {
				copied := from.cell
				rd.cells[i] = &copied
			}
		}
	}
}

// Words at the head of a row that is no record.
var (
	totalWords = foldAll("الإجمالي", "إجمالي", "الاجمالى", "المجموع", "مجموع", "الجملة", "جملة", "المتوسط", "total", "sum", "grand total", "العدد الكلي", "إجمالي عدد")
	noteWords  = foldAll("ملاحظة", "ملاحظات", "ملحوظة", "ملحوظه", "تنبيه", "note", "notes", "التوقيع", "توقيع", "يعتمد", "اعتماد", "معتمد", "مدير", "رئيس", "إعداد", "اعداد", "مراجعة", "المصدر", "تحريرا", "الختم", "مسئول", "المسئول")
	examples   = foldAll(ExampleWord("ar"), ExampleWord("en"))
)

func foldAll(words ...string) []string {
	for i, w := range words {
		words[i] = arabic.Fold(w)
	}
	return words
}

func begins(folded string, words []string) bool {
	for _, w := range words {
		if rest, ok := strings.CutPrefix(folded, w); ok && (rest == "" || rest[0] == ' ') {
			return true
		}
	}
	return false
}

// DoneWord is what the status column ([FieldStatus], its header from [HeaderFor]) of a marked workbook says of a row that was taken, in a language
// ("ar" or "en"): when the workbook comes back, such a row is passed over as [SkipDone]. Every other word leaves the row to be read.
func DoneWord(lang string) string {
	if lang == "en" {
		return "Imported"
	}
	return "تم الاستيراد"
}

// ExampleWord begins the first text of a row that only shows how a row is filled in, in a template; reading passes such a row over as [SkipExample].
func ExampleWord(lang string) string {
	if lang == "en" {
		return "Example"
	}
	return "مثال"
}

// statusDone reports whether the status column of a marked workbook says that a row was taken.
func statusDone(s string) bool { return slices.Contains(doneWords, arabic.Fold(s)) }

var doneWords = foldAll(DoneWord("ar"), DoneWord("en"), "تم")

// skip says why a row is no record.
func (rd *reader) skip(cells []Cell, filled int, done bool) Skip {
	if done {
		return SkipDone
	}
	first := ""
	for i := range cells {
		if c := &cells[i]; c.Kind == Text && c.Col != rd.status && !blankText(c.Text) {
			first = arabic.Fold(c.Text)
			break
		}
	}
	switch {
	case begins(first, examples):
		return SkipExample
	case begins(first, totalWords) && filled*2 <= len(rd.targets)+1 && !rd.identified():
		return SkipTotal
	}
	headers, counters := 0, 0
	for i, c := range rd.cells {
		switch {
		case c == nil:
		case c.Kind == Text:
			if t := &rd.targets[i]; isTitle(c.Text, t.header) || isTitle(c.Text, t.group) {
				headers++
			}
		case c.Kind == Number && c.Num >= 1 && c.Num <= 400 && c.Num == math.Trunc(c.Num):
			counters++
		}
	}
	switch {
	case headers*2 > filled && headers > 1:
		return SkipHeader
	case counters == filled && filled >= 4 && rd.rows == 0 && rd.ascending():
		return SkipHeader
	case filled > 3 || rd.identified(): // notes are short
		return ""
	case filled == 1 && len(rd.targets) >= 3 && !rd.counted(cells):
		return SkipNote
	case filled <= 3 && filled*2 < len(rd.targets) && begins(first, noteWords):
		return SkipNote
	}
	return ""
}

// isTitle reports whether a text is a column's title, with any space around it. Nearly all are not, and show it with their first letters.
func isTitle(s, title string) bool {
	if title == "" || len(s) < len(title) {
		return false
	}
	if c := s[0]; c > ' ' && c != 0xC2 && (c < 0xE1 || c > 0xE3) { // it does not begin with a space, of whatever kind
		return strings.HasPrefix(s, title) && strings.TrimSpace(s) == title
	}
	return strings.TrimSpace(s) == title
}

// counted reports whether a column that is not taken holds a number: the counter of who made the list, for whom the row is a record.
func (rd *reader) counted(cells []Cell) bool {
	for i := range cells {
		if rd.target(cells[i].Col) == noTarget && cells[i].Kind == Number {
			return true
		}
	}
	return false
}

// identified reports whether the row holds a number that is a person's or a family's.
func (rd *reader) identified() bool {
	for i, c := range rd.cells {
		if c == nil || c.Kind == ErrorValue || c.Kind == Blank {
			continue
		}
		switch f := rd.targets[i].field; {
		case f == FieldProduct, f == "product.name_ar" && rd.m.Kind == Products: // a product of few words is no note
			if len([]rune(shown(*c))) > 0 && rd.priced() {
				return true
			}
		case f == FieldNumber, f == "lead.id_number":
			if d := digitsOnly(shown(*c)); len(d) >= 8 || f == FieldNumber && len(arabic.Clean(c.Text)) >= 8 {
				return true
			}
		}
	}
	return false
}

// priced reports whether the row says more of a product than its name.
func (rd *reader) priced() bool {
	n := 0
	for i, c := range rd.cells {
		if c != nil && strings.HasPrefix(rd.targets[i].field, "product.") {
			n++
		}
	}
	return n > 1
}

// ascending reports whether the cells count the columns: 1, 2, 3 …
func (rd *reader) ascending() bool {
	type at struct {
		col int
		n   float64
	}
	var s []at
	for i, c := range rd.cells {
		if c != nil {
			s = append(s, at{rd.targets[i].col, c.Num})
		}
	}
	slices.SortFunc(s, func(a, b at) int { return cmp.Compare(a.col, b.col) })
	for i := 1; i < len(s); i++ {
		if s[i].n <= s[i-1].n {
			return false
		}
	}
	return true
}

// blankText reports whether a text shows nothing, or is what people type where there is nothing.
func blankText(s string) bool {
	if len(s) > 24 {
		return false
	}
	if len(s) > 1 { // nearly every text begins with a letter or a digit
		switch c, d := s[0], s[1]; {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z', c == 0xD8 && d >= 0xA0, c == 0xD9 && d >= 0x81 && d <= 0xA9:
			return false
		}
	}
	switch s = arabic.Clean(s); s {
	case "", "-", "--", "---", "—", "–", "_", "__", ".", "..", "…", "/", "//", "\\", "*", "×", "#", "ـ", "؟", "?":
		return true
	}
	return false
}

// name is the form name of a target's field in this row. Rows of lists are counted as they come.
func (rd *reader) name(t *target) string {
	r := &rd.row
	if t.path.list == "" {
		return t.field
	}
	key := t.slot
	i, ok := r.lists[key]
	if !ok {
		i = r.lists[t.path.list]
		r.lists[t.path.list]++
		r.lists[key] = i
		if t.path.code != "" {
			d := discriminators[t.path.list]
			name := t.path.list + "[" + strconv.Itoa(i) + "]." + d[0]
			rd.set(name, t.path.code)
			r.Cells[name] = Ref{Col: t.col, Raw: t.path.code}
		}
	}
	return t.at(i)
}

func (rd *reader) set(name, value string) {
	if value != "" {
		rd.texts = append(rd.texts, value)
		n := len(rd.texts)
		rd.row.Values[name] = rd.texts[n-1 : n : n]
	}
}

// blank notes that a field's cell is empty.
func (rd *reader) blank(t *target) {
	if t.path.list == "" {
		rd.row.Cells[t.field] = Ref{Col: t.col}
	}
}

func (rd *reader) problem(t *target, name, key string, args ...any) {
	rd.row.Problems = append(rd.row.Problems, CellProblem{Col: t.col, Problem: fault.Problem{Field: name, Key: key, Args: args}})
}

func (rd *reader) warn(t *target, name, key string, args ...any) {
	rd.row.Problems = append(rd.row.Problems, CellProblem{Col: t.col, Problem: fault.Problem{Field: name, Key: key, Args: args, Severity: fault.Warning}})
}

const maxRaw = 200

// take turns one cell into the value of its field.
func (rd *reader) take(t *target, c *Cell) {
	again := t.seen != nil && c.Kind == Text
	if again {
		if s, ok := t.seen[c.Text]; ok {
			name := t.field
			if t.path.list != "" && !s.missing {
				name = rd.name(t)
			}
			rd.ref(t, name, s.raw)
			rd.set(name, s.value)
			return
		}
	}
	raw := shown(*c)
	switch {
	case c.Kind == Text && strings.HasPrefix(raw, identity.Masked): // an export to somebody who may not see the whole number: it says nothing, and erases nothing
		rd.ref(t, t.field, raw)
		rd.warn(t, t.field, "sheet.problem.masked")
		return
	case c.Kind == ErrorValue:
		rd.ref(t, t.field, raw)
		rd.problem(t, t.field, "sheet.problem.error_value", c.Text)
		return
	case c.Kind == Blank:
		rd.ref(t, t.field, raw)
		rd.problem(t, t.field, "sheet.problem.formula_without_value")
		return
	case t.path.list != "" && t.path.index < 0 && t.path.code == "" && t.path.leaf != "" && rd.several(t, c, raw):
		return
	case t.field == "project.channels", t.path.list == productList && t.path.leaf == "allergens":
		rd.set2(t, raw)
		return
	case t.field == FieldName, t.field == FieldNumber:
		s := arabic.Clean(raw)
		if t.field == FieldName {
			s = withoutCourtesy(s)
		}
		if t.field == FieldNumber {
			if missing(raw) {
				rd.blank(t)
				return
			}
			if n, ok := registry.ParseNumber(arabic.Digits(s)); ok {
				s = string(n)
			} else {
				rd.ref(t, t.field, raw)
				rd.problem(t, t.field, "sheet.problem.number")
				return
			}
		}
		rd.ref(t, t.field, raw)
		rd.set(t.field, s)
		return
	}
	if t.path.code != "" && t.path.list == "household.benefits" && t.path.leaf == "programme" {
		rd.benefit(t, raw)
		return
	}
	name, none, problems := t.field, t.path.list != "" && missing(raw), len(rd.row.Problems)
	if t.path.list != "" && !none {
		name = rd.name(t)
	}
	rd.ref(t, name, raw)
	value := rd.convert(t, name, c, raw)
	rd.set(name, value)
	if again && len(rd.row.Problems) == problems {
		t.keep(c.Text, raw, value, none)
	}
}

func (rd *reader) ref(t *target, name, raw string) {
	if _, ok := rd.row.Cells[name]; !ok {
		if len(raw) > maxRaw {
			if r := []rune(raw); len(r) > maxRaw {
				raw = string(r[:maxRaw])
			}
		}
		rd.row.Cells[name] = Ref{Col: t.col, Raw: raw}
	}
}

// missing reports whether a text says that there is nothing: for numbers, phones and dates, where it can be no value.
func missing(s string) bool {
	if s != "" && (s[0] >= '0' && s[0] <= '9' || s[0] == '+') {
		return false
	}
	switch arabic.Fold(s) {
	case "لا يوجد", "لا توجد", "لايوجد", "لاتوجد", "بدون", "غير متاح", "غير متوفر", "غير معروف", "n a", "na", "none", "null", "nil", "لا شيء":
		return true
	}
	return false
}

// several reads a cell that holds several rows of a list: two phones, three programmes. It reports false for lists that are read as one row.
func (rd *reader) several(t *target, c *Cell, raw string) bool {
	if t.field != phoneField && t.field != "household.benefits.programme" {
		return false
	}
	if missing(raw) {
		rd.row.Cells[t.field] = Ref{Col: t.col, Raw: raw}
		return true
	}
	parts := []string{raw}
	if t.field != phoneField || strings.Trim(raw, "+0123456789") != "" { // most phones are digits alone
		parts = splitList(raw, t.field == phoneField)
	}
	for n, part := range parts {
		i := rd.row.lists[t.path.list]
		first, begun := rd.row.lists[t.slot]
		switch {
		case n == 0 && begun: // a column of the first row's other fields came before
			i = first
		case i == rowLimits()[t.path.list]:
			rd.problem(t, t.field, "problem.too_many_rows", i)
			return true
		default:
			rd.row.lists[t.path.list]++
			if n == 0 {
				rd.row.lists[t.slot] = i
			}
		}
		name := t.at(i)
		rd.ref(t, name, raw)
		cell := *c
		if len(part) != len(raw) {
			cell = Cell{Kind: Text, Text: part}
		}
		rd.set(name, rd.convert(t, name, &cell, part))
		if t.field == "household.benefits.programme" {
			status := t.path.list + "[" + strconv.Itoa(i) + "].status"
			rd.ref(t, status, raw)
			if rd.row.Values[status] == nil {
				rd.set(status, "current")
			}
		}
	}
	return true
}

var rowLimits = sync.OnceValue(intake.RowLimits)

// splitList cuts a cell at commas, slashes and line breaks; one of phones also between two whole numbers.
func splitList(s string, phones bool) []string {
	parts := strings.FieldsFunc(s, func(r rune) bool {
		return r == ',' || r == '،' || r == ';' || r == '؛' || r == '\n' || r == '/' || r == '\\' || r == '|' || r == '+' && !phones || r == '&'
	})
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		if phones {
			if words := strings.Fields(p); len(words) == 2 && len(digitsOnly(words[0])) >= 8 && len(digitsOnly(words[1])) >= 8 {
				out = append(out, words...)
				continue
			}
			if a, b, ok := twoPhones(p); ok {
				out = append(out, a, b)
				continue
			}
		} else if rest, ok := strings.CutPrefix(p, "و "); ok {
			p = rest
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return []string{s}
	}
	return out
}

// twoPhones cuts "01012345678 - 01112345678" and "01012345678 أو 01112345678".
func twoPhones(s string) (a, b string, ok bool) {
	for _, word := range []string{" - ", " أو ", " او ", " و ", " or ", " and "} {
		if a, b, ok = strings.Cut(s, word); ok && len(digitsOnly(a)) >= 8 && len(digitsOnly(b)) >= 8 {
			return strings.TrimSpace(a), strings.TrimSpace(b), true
		}
	}
	return "", "", false
}

// set2 reads a cell of several choices into a set.
func (rd *reader) set2(t *target, raw string) {
	none, _ := rd.choose(t, raw) // of allergens, nothing is an answer
	if missing(raw) && none == "" {
		rd.ref(t, t.field, raw)
		return
	}
	name := t.field
	if t.path.list != "" {
		name = rd.name(t)
	}
	rd.ref(t, name, raw)
	var codes []string
	for _, part := range splitList(raw, false) {
		code, exact := rd.choose(t, part)
		switch {
		case code == "":
			rd.problem(t, name, "sheet.problem.choice", part)
			return
		case !exact:
			rd.warn(t, name, "sheet.problem.choice_guess", part, fault.Key("enum."+t.kind.List+"."+code))
		}
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	rd.row.Values[name] = codes
}

// benefit reads a column of its own for one programme: "تكافل: نعم".
func (rd *reader) benefit(t *target, raw string) {
	switch choice("tri", arabic.Fold(raw)) {
	case "yes":
		i := rd.row.lists[t.path.list]
		rd.row.lists[t.path.list]++
		name := t.path.list + "[" + strconv.Itoa(i) + "]."
		rd.ref(t, name+"programme", raw)
		rd.ref(t, name+"status", raw)
		rd.set(name+"programme", t.path.code)
		rd.set(name+"status", "current")
	case "no":
	default:
		rd.ref(t, t.field, raw)
		rd.problem(t, t.field, "sheet.problem.yes_no")
	}
}

// convert returns what a person would type into the field. A value that cannot be is left out and said to be a problem; what package intake checks
// itself is passed as it stands.
func (rd *reader) convert(t *target, name string, c *Cell, raw string) string {
	switch t.kind.Type {
	case "date":
		return rd.date(t, name, c, raw)
	case "bool":
		if t.path.list == productList {
			return rd.yes(t, name, raw, "yes", "no")
		}
		return rd.yes(t, name, raw, "yes", "")
	case "list":
		if t.kind.List == "tri" {
			return rd.yes(t, name, raw, "yes", "no")
		}
		return rd.code(t, name, raw)
	case "craft", "id_type":
		return rd.code(t, name, raw)
	case "area":
		return rd.area(t, name, raw)
	case "country":
		if n, ok := place.NationByFolded(arabic.Fold(raw)); ok {
			return n.Code
		}
		return raw
	case "currency":
		switch f := arabic.Fold(raw); {
		case strings.Contains(f, "جنيه") || f == "egp" || f == "ج م" || f == "le" || f == "l e":
			return "EGP"
		case strings.Contains(f, "ريال") || f == "qar" || f == "ر ق":
			return "QAR"
		}
		return raw
	case "money":
		return rd.money(t, name, c, raw)
	case "int":
		return rd.whole(t, name, c, raw)
	}
	switch {
	case numbered(t):
		return rd.digits(t, name, c, raw)
	case c.Kind == Date: // "1/2026" and "12/3", that Excel took for days
		rd.problem(t, name, "sheet.problem.became_date")
		return ""
	case c.Kind == Text && t.lines:
		return arabic.CleanText(c.Text)
	}
	return raw
}

// numbered reports whether a text field holds a number whose every digit counts.
func numbered(t *target) bool {
	switch t.field {
	case "lead.id_number", "guardian.id_number", "guardian.phone", "lead.disability_card", FieldProduct:
		return true
	}
	return t.path.leaf == "number" || t.path.list == productList && t.path.leaf == "hs_code"
}

// digits reads an identity number, a phone or the number of a paper.
func (rd *reader) digits(t *target, name string, c *Cell, raw string) string {
	if missing(raw) {
		return ""
	}
	switch c.Kind {
	case Number:
		s, ok := plainNumber(c.Text)
		switch {
		case !ok || strings.ContainsAny(s, ".-"):
			rd.problem(t, name, "sheet.problem.not_a_number")
			return ""
		case len(s) > 15:
			rd.problem(t, name, "sheet.problem.digits_lost") // Excel keeps 15 and writes zeros for the rest
			return ""
		}
		if t.path.code == "tax_card" && len(s) < 9 && len(s) >= 6 {
			s = strings.Repeat("0", 9-len(s)) + s
			rd.warn(t, name, "sheet.problem.zeros_restored", 9)
		}
		if t.path.leaf == "hs_code" && len(s) == 5 { // chapters 01 to 09 begin with a zero
			s = "0" + s
			rd.warn(t, name, "sheet.problem.zeros_restored", 6)
		}
		return s
	case Date:
		rd.problem(t, name, "sheet.problem.became_date")
		return ""
	}
	s := strings.TrimSpace(arabic.Digits(raw))
	if i := strings.IndexAny(s, "eE"); i > 0 && looksScientific(s) {
		whole, ok := plainNumber(s)
		if !ok || strings.ContainsAny(whole, ".-") || len(strings.TrimRight(whole, "0")) < len(whole)-2 {
			rd.problem(t, name, "sheet.problem.scientific")
			return ""
		}
		return whole
	}
	if whole, zeros, ok := strings.Cut(s, "."); ok && len(digitsOnly(whole)) == len(whole) && strings.Trim(zeros, "0") == "" && zeros != "" {
		return whole // 29003151234567.0, as other programs export numbers
	}
	return strings.TrimPrefix(s, "'")
}

func looksScientific(s string) bool {
	mantissa, exp, ok := strings.Cut(strings.ToLower(s), "e")
	exp = strings.TrimPrefix(exp, "+")
	return ok && mantissa != "" && exp != "" && strings.Trim(mantissa, "0123456789.,") == "" && strings.Trim(exp, "0123456789") == ""
}

// plainNumber writes a number without an exponent and without zeros behind the point, from its text and so with every digit that it has.
func plainNumber(s string) (string, bool) {
	mantissa, exp, scientific := strings.Cut(strings.ToLower(s), "e")
	mantissa = strings.ReplaceAll(mantissa, ",", ".")
	sign := ""
	if rest, ok := strings.CutPrefix(mantissa, "-"); ok {
		sign, mantissa = "-", rest
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	if whole == "" && frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return "", false
	}
	if scientific {
		n, err := strconv.Atoi(strings.TrimPrefix(exp, "+"))
		if err != nil || n > 40 || n < -40 {
			return "", false
		}
		for ; n > 0; n-- {
			digit := "0"
			if frac != "" {
				digit, frac = frac[:1], frac[1:]
			}
			whole += digit
		}
		for ; n < 0; n++ {
			digit := "0"
			if whole != "" {
				digit, whole = whole[len(whole)-1:], whole[:len(whole)-1]
			}
			frac = digit + frac
		}
	}
	whole = strings.TrimLeft(whole, "0")
	if frac = strings.TrimRight(frac, "0"); frac != "" {
		frac = "." + frac
	}
	if whole == "" {
		whole = "0"
	}
	if whole == "0" && frac == "" {
		sign = ""
	}
	return sign + whole + frac, true
}

// date reads a date in any of the ways that people and programs write one. A year alone and an age are no dates.
func (rd *reader) date(t *target, name string, c *Cell, raw string) string {
	if missing(raw) {
		return ""
	}
	switch c.Kind {
	case Date:
		if c.Date.IsZero() {
			rd.problem(t, name, "sheet.problem.time_alone")
			return ""
		}
		return c.Date.String()
	case Bool:
		rd.problem(t, name, "sheet.problem.not_a_date")
		return ""
	}
	s := strings.TrimSpace(arabic.Digits(raw))
	if digits := digitsOnly(s); digits == s && s != "" {
		n, err := strconv.Atoi(s)
		switch {
		case err != nil:
		case n >= 1 && n <= 120:
			rd.problem(t, name, "sheet.problem.age_not_date")
			return ""
		case n >= 1300 && n <= 2100:
			rd.problem(t, name, "sheet.problem.year_alone")
			return ""
		case len(s) == 8:
			for _, cut := range [...][3]string{{s[:4], s[4:6], s[6:]}, {s[4:], s[2:4], s[:2]}} { // 19900315, 15031990
				if d, err := calendar.Parse(cut[0] + "-" + cut[1] + "-" + cut[2]); err == nil && d.Year() >= 1900 && d.Year() <= 2100 {
					return d.String()
				}
			}
		case n >= 3000 && n <= 80000: // a date that lost its format
			if d, _, ok := serialDate(float64(n), rd.date1904); ok {
				rd.warn(t, name, "sheet.problem.serial_date")
				return d.String()
			}
		}
		rd.problem(t, name, "sheet.problem.not_a_date")
		return ""
	}
	s = beforeTime(s)
	if rd.m.DateOrder == MonthFirst {
		s = dayFirst(s)
	}
	d, _, err := calendar.ParseTyped(s)
	if err == nil {
		return d.String()
	}
	if e := (*calendar.Error)(nil); errors.As(err, &e) {
		key, args := e.MessageKey()
		rd.problem(t, name, key, args...)
		return ""
	}
	rd.problem(t, name, "sheet.problem.not_a_date")
	return ""
}

// beforeTime drops a time of day behind a date: "2026-03-01 00:00:00", "1/3/2026 12:00 ص".
func beforeTime(s string) string {
	i := strings.IndexByte(s, ':')
	if i < 0 {
		return s
	}
	j := strings.LastIndexAny(s[:i], " T")
	if j < 6 {
		return s
	}
	return strings.TrimSpace(s[:j])
}

// dayFirst turns 3/15/1990 into 15/3/1990, and leaves what is no such date.
func dayFirst(s string) string {
	if slashed.MatchString(s) {
		sep := strings.IndexAny(s, "/-.")
		next := sep + 1 + strings.IndexAny(s[sep+1:], "/-.")
		return s[sep+1:next] + s[sep:sep+1] + s[:sep] + s[next:]
	}
	return s
}

func (rd *reader) yes(t *target, name, raw, yes, no string) string {
	switch strings.TrimSpace(raw) {
	case "✓", "✔", "√", "☑", "✅":
		return yes
	case "✗", "✘", "☒", "❌":
		return no
	}
	if missing(raw) {
		if t.kind.Type == "bool" {
			return no
		}
	}
	switch choice("tri", arabic.Fold(raw)) {
	case "yes":
		return yes
	case "no":
		return no
	}
	rd.problem(t, name, "sheet.problem.yes_no")
	return ""
}

// choose returns the code that a text means in the list of a field, and whether the text is one of the known ones.
func (rd *reader) choose(t *target, raw string) (code string, exact bool) {
	list := t.kind.List
	switch t.kind.Type {
	case "craft", "id_type":
		list = t.kind.Type
	}
	folded := arabic.Fold(raw)
	if folded == "دبلوم" && list == "education" { // a school's in Egypt, a college's in Qatar
		if rd.party == place.Qatar {
			return "diploma", true
		}
		return "technical", true
	}
	code, exact = choice(list, folded), true
	if code == "" {
		code = choice(list, strings.TrimPrefix(folded, "ال"))
	}
	if code == "" {
		code, exact = nearChoice(list, folded), false
	}
	switch {
	case code != "":
	case list == "craft":
		if code = craftOf(folded); code != "" {
			exact = true
		} else {
			code = craftWithin(folded)
		}
	default:
		code = choiceBefore(list, folded)
	}
	return code, exact
}

// choiceBefore finds the one value that a text begins with, other words behind it: "بكالوريوس تجارة", "متزوجة وتعول". A text with a word of another
// value means neither.
func choiceBefore(list, folded string) string {
	words := strings.Fields(folded)
	found := ""
	for n := len(words) - 1; n > 0; n-- {
		if found = choice(list, strings.Join(words[:n], " ")); found != "" {
			for _, w := range words[n:] {
				if other := choice(list, w); other != "" && other != found {
					return ""
				}
			}
			break
		}
	}
	return found
}

// craftOf finds the craft whose name has exactly these words, in whatever order: "أغذية محفوظة وجافة".
func craftOf(folded string) string {
	words := func(s string) []string {
		out := strings.Fields(s)
		for i, w := range out {
			if rest, ok := strings.CutPrefix(w, "و"); ok && len([]rune(rest)) > 3 {
				out[i] = rest
			}
		}
		slices.Sort(out)
		return out
	}
	have := words(folded)
	if len(have) < 2 {
		return ""
	}
	for _, c := range registry.Crafts() {
		if slices.Equal(have, words(arabic.Fold(c.NameAR))) {
			return c.Code
		}
	}
	return ""
}

// craftWithin finds the one craft that a text names with other words around it: "مشغولات خوص", "كليم يدوي".
func craftWithin(folded string) string {
	found := ""
	for _, w := range strings.Fields(folded) {
		if code := choice("craft", strings.TrimPrefix(w, "ال")); code != "" && len([]rune(w)) > 2 && code != found {
			if found != "" {
				return ""
			}
			found = code
		}
	}
	return found
}

// code reads one value of a code list.
func (rd *reader) code(t *target, name, raw string) string {
	code, exact := rd.choose(t, raw)
	list := cmp.Or(t.kind.List, t.kind.Type)
	switch {
	case code == "" && missing(raw):
		return ""
	case code == "":
		rd.problem(t, name, "sheet.problem.choice", raw)
		return ""
	case !exact && list == "craft":
		c, _ := registry.CraftByCode(code)
		rd.warn(t, name, "sheet.problem.choice_guess", raw, c.NameAR)
	case !exact:
		rd.warn(t, name, "sheet.problem.choice_guess", raw, fault.Key("enum."+list+"."+code))
	}
	return code
}

func (rd *reader) area(t *target, name, raw string) string {
	folded := arabic.Fold(raw)
	if a, ok := place.AreaByFolded(rd.party, folded); ok {
		return a.Code
	}
	if a, ok := place.AreaByFolded(rd.party.Other(), folded); ok {
		rd.problem(t, name, "sheet.problem.other_country", a.NameAr)
		return ""
	}
	found := place.Area{}
	for _, a := range place.Areas(rd.party) {
		for _, alias := range a.Aliases {
			if len([]rune(alias)) >= 5 && near(folded, alias) && found.Code != a.Code {
				if found.Code != "" {
					found.Code = "two"
					continue
				}
				found = a
			}
		}
	}
	if found.Code != "" && found.Code != "two" {
		rd.warn(t, name, "sheet.problem.choice_guess", raw, found.NameAr)
		return found.Code
	}
	rd.problem(t, name, "sheet.problem.area", raw)
	return ""
}

// money reads an amount. A number that is a fraction by the way computers count is rounded to two decimals.
func (rd *reader) money(t *target, name string, c *Cell, raw string) string {
	if missing(raw) {
		return ""
	}
	if c.Kind == Number {
		if c.Num < 0 {
			rd.problem(t, name, "problem.money")
			return ""
		}
		cents := math.Round(c.Num * 100)
		if c.Num < 1e12 && math.Abs(c.Num*100-cents) < 1e-4 {
			return strings.TrimSuffix(strconv.FormatFloat(cents/100, 'f', 2, 64), ".00")
		}
		return raw
	}
	s := strings.TrimSpace(arabic.Digits(raw))
	folded := arabic.Fold(s)
	if t.path.list == productList && c.Kind == Text { // sold abroad, it may be in the other party's: the form says which
		return s
	}
	own := intake.Currency(rd.party)
	for word, currency := range map[string]string{"جنيه": "EGP", "ريال": "QAR", "egp": "EGP", "qar": "QAR", "دولار": "USD", "usd": "USD"} {
		if strings.Contains(folded, word) && currency != own {
			rd.problem(t, name, "problem.currency", own)
			return ""
		}
	}
	// What stands around the number goes: "جنيه مصري", "ج.م", "/-", "فقط".
	from := strings.IndexAny(s, "0123456789")
	to := strings.LastIndexAny(s, "0123456789") + 1
	if from < 0 {
		rd.problem(t, name, "problem.money")
		return ""
	}
	for _, around := range []string{s[:from], s[to:]} {
		for _, w := range arabic.Tokens(around) {
			switch strings.TrimPrefix(w, "ال") {
			case "جنيه", "جنيها", "جنيهات", "مصري", "مصريا", "ريال", "ريالا", "ريالات", "قطري", "قطريا", "egp", "qar", "le", "l", "e", "ج", "م", "ر", "ق", "فقط", "غير", "لا", "مبلغ":
			default:
				rd.problem(t, name, "problem.money")
				return ""
			}
		}
	}
	if strings.HasSuffix(strings.TrimSpace(s[:from]), "-") {
		rd.problem(t, name, "problem.money")
		return ""
	}
	return s[from:to]
}

// whole reads a whole number. "٣ أفراد" is three; a year of birth is taken out of a date.
func (rd *reader) whole(t *target, name string, c *Cell, raw string) string {
	if missing(raw) {
		return ""
	}
	if (t.field == "finance.own_share" || t.path.leaf == "handmade") && c.Kind == Number && (c.Percent || c.Num > 0 && c.Num < 1) {
		if n := math.Round(c.Num * 100); math.Abs(c.Num*100-n) < 1e-6 {
			return strconv.Itoa(int(n))
		}
	}
	if t.path.leaf == "handmade" {
		raw = strings.Trim(raw, "%٪ ")
	}
	if t.path.leaf == "weight" {
		if g, ok := grams(raw); ok {
			return g
		}
	}
	year := strings.HasSuffix(t.field, "birth_year")
	if year && c.Kind == Date && !c.Date.IsZero() {
		return strconv.Itoa(c.Date.Year())
	}
	s := strings.TrimSpace(arabic.Digits(raw))
	if year && len(s) != 4 {
		if d, _, err := calendar.ParseTyped(beforeTime(s)); err == nil {
			return strconv.Itoa(d.Year())
		}
		if n, err := strconv.Atoi(s); err == nil && n < 121 {
			rd.problem(t, name, "sheet.problem.age_not_year")
			return ""
		}
	}
	if whole, zeros, ok := strings.Cut(s, "."); ok && strings.Trim(zeros, "0") == "" {
		s = whole
	}
	if words := strings.Fields(s); len(words) == 2 && strings.Trim(words[0], "0123456789") == "" && !strings.ContainsAny(words[1], "0123456789") {
		switch arabic.Fold(words[1]) {
		case "افراد", "فرد", "اشخاص", "شخص", "عامل", "عمال", "ابناء", "اطفال", "سنه", "سنوات":
			return words[0]
		}
	}
	if n, ok := smallNumbers[arabic.Fold(s)]; ok {
		return n
	}
	return s
}

// grams reads a weight with its unit: "1.5 كجم", "٢٥٠ جم", "2 kg".
func grams(raw string) (string, bool) {
	s := strings.TrimSpace(strings.ReplaceAll(arabic.Digits(raw), "٫", "."))
	i := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if i <= 0 {
		return "", false
	}
	n, err := strconv.ParseFloat(s[:i], 64)
	if err != nil {
		return "", false
	}
	switch arabic.Fold(s[i:]) {
	case "كجم", "كج", "ك", "كيلو", "كيلوجرام", "كيلو جرام", "كيلوغرام", "كغ", "كغم", "kg", "kilo":
		n *= 1000
	case "جم", "ج", "جرام", "غرام", "غ", "غم", "g", "gm", "gram", "grams":
	default:
		return "", false
	}
	if n != math.Trunc(n) || n > 1e7 {
		return "", false
	}
	return strconv.Itoa(int(n)), true
}

var smallNumbers = map[string]string{"واحد": "1", "واحده": "1", "اثنان": "2", "اثنين": "2", "اتنين": "2", "ثلاثه": "3", "تلاته": "3", "اربعه": "4", "خمسه": "5",
	"سته": "6", "سبعه": "7", "ثمانيه": "8", "تمانيه": "8", "تسعه": "9", "عشره": "10", "صفر": "0"}

// finish fills in what follows from the cells: the parts of a name, the kind of an identity number and what it says, what a list's row needs, the
// constants of the mapping, the key.
func (rd *reader) finish() {
	r := &rd.row
	rd.splitName()
	if r.lists[productList] > 0 {
		rd.blankProducts()
	}
	for i, field := range rd.constants {
		if leaf, ok := strings.CutPrefix(field, productList+"."); ok { // of every product of the row
			for n := range r.lists[productList] {
				if name := productList + "[" + strconv.Itoa(n) + "]." + leaf; r.Values[name] == nil {
					rd.set(name, rd.said[i])
				}
			}
			continue
		}
		if _, ok := r.Values[field]; !ok {
			rd.set(field, rd.said[i])
		}
	}
	if rd.m.Kind == Families {
		rd.derive()
		for i := range r.lists["formal"] {
			at := "formal[" + strconv.Itoa(i) + "]."
			if _, ok := r.Values[at+"number"]; ok && r.Values[at+"state"] == nil {
				rd.set(at+"state", "valid")
			}
		}
	}
	if v := r.Values[rd.keyField]; len(v) > 0 && rd.keyField != "" {
		r.Key = v[0]
	}
	switch rd.keyField {
	case "lead.id_number":
		typ := identity.TypeEgyptianNID
		if t := r.Values["lead.id_type"]; len(t) > 0 {
			typ = identity.Type(t[0])
		} else {
			typ = idType(r.Key, rd.party)
		}
		if n, err := identity.Parse(typ, r.Key, 0); err == nil {
			r.Key = n.Canonical
		}
	case "case.file_no":
		r.Key = arabic.Digits(arabic.Clean(r.Key))
	}
	if (rd.m.Kind == Members || rd.m.Kind == Products && !rd.numbered()) && r.Key == "" && !slices.ContainsFunc(r.Problems, func(p CellProblem) bool { return p.Field == rd.keyField && p.Severity == fault.Blocking }) {
		col := -1
		if ref, ok := r.Cells[rd.keyField]; ok {
			col = ref.Col
		}
		r.Problems = append(r.Problems, CellProblem{Col: col, Problem: fault.Problem{Field: rd.keyField, Key: "sheet.problem.no_key"}})
	}
	delete(r.Values, FieldNumber) // a key, no field of the form
	delete(r.Values, FieldName)
}

// blankProducts notes the empty cells of the products that the row has.
func (rd *reader) blankProducts() {
	for i := range rd.targets {
		t := &rd.targets[i]
		if t.path.list != productList || rd.cells[i] != nil {
			continue
		}
		if n, ok := rd.row.lists[t.slot]; ok {
			if name := t.at(n); rd.row.Cells[name] == (Ref{}) {
				rd.row.Cells[name] = Ref{Col: t.col}
			}
		}
	}
}

// numbered reports whether the row names its product by the product's own number.
func (rd *reader) numbered() bool { return len(rd.row.Values["product[0].id"]) > 0 }

// idType is the kind of document that a number can only be.
func idType(number string, party place.Country) identity.Type {
	d := digitsOnly(number)
	switch {
	case len(d) == 14 && (d[0] == '2' || d[0] == '3'):
		return identity.TypeEgyptianNID
	case len(d) == 11 && (d[0] == '2' || d[0] == '3'):
		return identity.TypeQatariID
	case d == "" && number != "":
		return identity.TypePassport
	case party == place.Qatar:
		return identity.TypeQatariID
	}
	return identity.TypeEgyptianNID
}

// derive reads the identity number as the web form does when it is typed: it fills what stands empty and overrules nothing.
func (rd *reader) derive() {
	r := &rd.row
	id := r.Values["lead.id_number"]
	if len(id) == 0 {
		return
	}
	fill := func(field, value string) {
		if value == "" || r.Values[field] != nil || slices.ContainsFunc(r.Problems, func(p CellProblem) bool { return p.Field == field }) {
			return
		}
		r.Values[field] = []string{value}
		r.Derived = append(r.Derived, field)
		if ref, ok := r.Cells[field]; !ok || ref.Raw == "" {
			r.Cells[field] = Ref{Col: r.Cells["lead.id_number"].Col}
		}
	}
	typ := idType(id[0], rd.party)
	if t := r.Values["lead.id_type"]; t != nil {
		typ = identity.Type(t[0])
	}
	fill("lead.id_type", string(typ))
	switch typ {
	case identity.TypeEgyptianNID:
		if n, err := identity.ParseEgyptianNID(id[0], 0); err == nil {
			fill("lead.birth_date", n.BirthDate().String())
			fill("lead.sex", n.Sex())
			fill("lead.nationality", "EG")
		}
	case identity.TypeQatariID:
		if n, err := identity.ParseQatariID(id[0], 0); err == nil {
			if nation, ok := n.Nationality(); ok {
				fill("lead.nationality", nation.Code)
			}
		}
	}
}

// splitName cuts a whole name after the first name.
func (rd *reader) splitName() {
	r := &rd.row
	whole := r.Values[FieldName]
	if len(whole) == 0 {
		return
	}
	ref := r.Cells[FieldName]
	given, rest := cutName(whole[0])
	if own := r.Values["lead.given_name"]; len(own) > 0 {
		if after, ok := strings.CutPrefix(whole[0], own[0]+" "); ok {
			rest = strings.TrimSpace(after)
		}
	} else {
		rd.set("lead.given_name", given)
		r.Cells["lead.given_name"] = ref
	}
	if own := r.Values["lead.rest_of_name"]; len(own) > 0 {
		if !strings.HasSuffix(" "+rest, " "+own[0]) { // "الاسم" and "اللقب": the family name stands apart
			r.Values["lead.rest_of_name"] = []string{strings.TrimSpace(rest + " " + own[0])}
		} else {
			r.Values["lead.rest_of_name"] = []string{rest}
		}
		return
	}
	rd.set("lead.rest_of_name", rest)
	r.Cells["lead.rest_of_name"] = ref
}

// courtesies are the words of address that rosters put before a name, with a stroke or a point behind them.
var courtesies = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("سيدة سيد أستاذة أستاذ أ م د حاجة حاج مهندسة مهندس دكتورة دكتور آنسة مدام شيخة شيخ فاضلة فاضل مواطنة مواطن mr mrs ms miss dr eng") {
		m[arabic.Fold(w)] = true
	}
	return m
}()

// withoutCourtesy is a name without "السيدة/" or "د." before it. Without the stroke the word stays: السيد is a name too.
func withoutCourtesy(name string) string {
	for {
		i := strings.IndexAny(name, "/.")
		if i < 0 || i > 2*12 || !courtesies[bare(arabic.Fold(name[:i]))] {
			return name
		}
		rest := strings.TrimSpace(name[i+1:])
		if rest == "" {
			return name
		}
		name = rest
	}
}

// cutName cuts a name after the first name, which may be a compound that shows itself: عبد الرحمن, أبو بكر, أم كلثوم, نور الدين, هبة الله, آل.
func cutName(name string) (given, rest string) {
	words := strings.Fields(name)
	if len(words) < 2 {
		return name, ""
	}
	n := 1
	switch arabic.Fold(words[0]) {
	case "عبد", "ابو", "ابي", "ام", "امه", "بنت", "سيف", "ست":
		n = 2
	}
	if n < len(words) {
		switch f := arabic.Fold(words[n]); f {
		case "الله", "الدين", "الاسلام", "الرسول", "النبي", "الهدي", "الزهراء":
			n++
		}
	}
	if n >= len(words) {
		n = 1
	}
	return strings.Join(words[:n], " "), strings.Join(words[n:], " ")
}
