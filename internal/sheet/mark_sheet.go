package sheet

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
)

// sheetMarker patches the XML of one sheet while it passes by.
type sheetMarker struct {
	*marker
	roster       *Roster
	rows         []RowMark
	cells        []CellMark
	status, note int    // columns
	width        int    // columns in use, the two included
	last         int    // row with a value
	drawing      string // relationship of the comments' shapes, "" if the sheet has one already or needs none
	tables       bool   // it has Excel tables

	w      io.Writer
	x      *xmlReader
	buf    []byte
	prefix string // of the names: "", "x:"
	cols   []colStyle
	header int // style of the header's last cell
}

// colStyle is what a <col> says, for the two columns and for blank cells that are coloured.
type colStyle struct {
	from, to, style int
	rest            string // its other attributes as they are written
}

// edit is what happens to one cell of a row.
type edit struct {
	col   int
	text  string // written in its place, if own
	own   bool
	style int      // of an own cell, -1 for the header's
	kind  MarkKind // of a coloured one
}

func (s *sheetMarker) flush() error {
	_, err := s.w.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}

func (s *sheetMarker) put(b []byte) { s.buf = append(s.buf, b...) }
func (s *sheetMarker) add(parts ...string) {
	for _, p := range parts {
		s.buf = append(s.buf, p...)
	}
}

// tag writes the name of an element with the prefix of the part.
func (s *sheetMarker) tag(name string) string { return "<" + s.prefix + name }
func (s *sheetMarker) end(name string) string { return "</" + s.prefix + name + ">" }

// behindRows are the elements behind the rows in their order (CT_Worksheet, ECMA-376 part 1, 18.3.1.99).
var behindRows = strings.Fields(`sheetData sheetCalcPr sheetProtection protectedRanges scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting
	dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF
	drawingHF picture oleObjects controls webPublishItems tableParts extLst`)

// stream copies the sheet with its marks.
func (s *sheetMarker) stream(w io.Writer, e *entry) error {
	r, err := s.book.zip.open(e)
	if err != nil {
		return err
	}
	ahead := newPipe(r)
	defer ahead.close()
	s.w, s.x, s.buf = w, newXML(ahead), make([]byte, 0, 2*flushAt)
	s.x.all = true
	x := s.x
	depth, cols, filter, drawing := 0, false, false, s.drawing == ""
	last := 0 // row
	for {
		kind := x.next()
		if len(s.buf) >= flushAt {
			if err := s.flush(); err != nil {
				return err
			}
		}
		switch kind {
		case tokEOF:
			if x.fail != nil {
				return x.fail
			}
			return s.flush()
		case tokEnd:
			depth--
			if depth == 0 && string(x.name) == "worksheet" {
				if !filter {
					s.filter()
				}
				if !drawing {
					s.legacy()
				}
			}
			s.put(x.raw)
		case tokStart:
			name := string(x.name)
			if depth == 0 {
				s.prefix = prefixOf(x.raw, "worksheet")
			}
			if depth == 1 {
				at := slices.Index(behindRows, name)
				if !filter && at > slices.Index(behindRows, "autoFilter") {
					filter = true
					s.filter()
				}
				if !drawing && at > slices.Index(behindRows, "legacyDrawing") {
					drawing = true
					s.legacy()
				}
				switch name {
				case "dimension":
					s.dimension()
					if !x.empty {
						depth++
					}
					continue
				case "cols":
					cols = true
					if err := s.columnLooks(); err != nil {
						return err
					}
					continue
				case "sheetData":
					if !cols {
						s.writeCols()
					}
					if x.empty {
						s.add(s.tag("sheetData"), ">")
					} else {
						s.put(x.raw)
						if last, err = s.data(); err != nil {
							return err
						}
					}
					if err := s.blankRows(last, maxRows+1); err != nil {
						return err
					}
					s.add(s.end("sheetData"))
					continue
				case "autoFilter":
					filter = true
					s.widen()
					if !x.empty {
						depth++
					}
					continue
				}
			}
			if !x.empty {
				depth++
			}
			s.put(x.raw)
		default:
			s.put(x.raw)
		}
	}
}

// dimension writes how far the sheet reaches now.
func (s *sheetMarker) dimension() {
	from, to, two := strings.Cut(strings.ReplaceAll(s.x.attr("ref"), "$", ""), ":")
	if !two {
		to = from
	}
	c1, r1, ok1 := cellRef([]byte(from))
	c2, r2, ok2 := cellRef([]byte(to))
	if !ok1 || !ok2 || r1 == 0 || r2 == 0 {
		s.put(s.x.raw)
		return
	}
	s.setAttr("ref", Letter(c1)+strconv.Itoa(r1)+":"+Letter(max(c2, s.width-1))+strconv.Itoa(max(r2, s.last)))
}

// setAttr writes the start tag at hand with another value of an attribute, or with one more.
func (s *sheetMarker) setAttr(name, value string) {
	raw, attrs := s.x.raw, s.x.attrs
	at := len(raw) - 1 - len(attrs)
	if s.x.empty {
		at--
	}
	for b := attrs; len(b) > 0; {
		n, v, rest, ok := nextAttr(b)
		if !ok {
			break
		}
		b = rest
		if string(n) == name {
			from := at + len(attrs) - len(rest) - len(v) - 1
			s.put(raw[:from])
			s.add(value)
			s.put(raw[from+len(v):])
			return
		}
	}
	at += len(bytes.TrimRight(attrs, " \t\r\n"))
	s.put(raw[:at])
	s.add(" ", name, `="`, value, `"`)
	s.put(raw[at:])
}

// columnLooks reads the <cols> at hand and writes them with the two columns in them.
func (s *sheetMarker) columnLooks() error {
	x := s.x
	if !x.empty {
		for open := true; open; {
			switch x.next() {
			case tokEOF:
				return cmpErr(x.fail)
			case tokEnd:
				open = string(x.name) != "cols"
			case tokStart:
				if string(x.name) != "col" {
					continue
				}
				c := colStyle{}
				var rest strings.Builder
				for b := x.attrs; len(b) > 0; {
					n, v, more, ok := nextAttr(b)
					if !ok {
						break
					}
					b = more
					switch string(n) {
					case "min":
						c.from, _ = atoi(v)
					case "max":
						c.to, _ = atoi(v)
					default:
						if string(n) == "style" {
							c.style, _ = atoi(v)
						}
						rest.WriteString(" " + string(n) + `="` + string(v) + `"`)
					}
				}
				c.rest = rest.String()
				if c.from > 0 && c.to >= c.from {
					s.cols = append(s.cols, c)
				}
			}
		}
	}
	s.writeCols()
	return nil
}

func cmpErr(err error) error {
	if err == nil {
		return errXML
	}
	return err
}

// writeCols writes the <cols>: as they were, but for the two columns, which are cut out of a range that holds them unless they were there before.
func (s *sheetMarker) writeCols() {
	type own struct {
		at    int
		width string
	}
	wide := []own{}
	for _, c := range s.roster.Columns {
		if c.Field == FieldStatus || c.Field == FieldMessage {
			wide = append(wide, own{c.Index + 1, ""})
		}
	}
	for _, o := range []own{{s.status + 1, "16"}, {s.note + 1, "60"}} {
		if !slices.ContainsFunc(wide, func(w own) bool { return w.at == o.at }) {
			wide = append(wide, o)
		}
	}
	var out []colStyle
	for _, c := range s.cols {
		for _, o := range wide {
			if o.width == "" || o.at < c.from || o.at > c.to {
				continue
			}
			if c.from < o.at {
				out = append(out, colStyle{c.from, o.at - 1, c.style, c.rest})
			}
			c.from = o.at + 1
		}
		if c.from <= c.to {
			out = append(out, c)
		}
	}
	for _, o := range wide {
		if o.width != "" {
			out = append(out, colStyle{o.at, o.at, 0, ` width="` + o.width + `" customWidth="1"`})
		}
	}
	if len(out) == 0 {
		return
	}
	slices.SortFunc(out, func(a, b colStyle) int { return a.from - b.from })
	s.add(s.tag("cols"), ">")
	for _, c := range out {
		s.add(s.tag("col"), ` min="`, strconv.Itoa(c.from), `" max="`, strconv.Itoa(c.to), `"`, c.rest, `/>`)
	}
	s.add(s.end("cols"))
}

// data copies the rows up to the end tag of them, which is left to the caller, and returns the last row.
func (s *sheetMarker) data() (int, error) {
	x := s.x
	last := 0
	for {
		if len(s.buf) >= flushAt {
			if err := s.flush(); err != nil {
				return 0, err
			}
		}
		switch x.next() {
		case tokEOF:
			return 0, cmpErr(x.fail)
		case tokEnd:
			if string(x.name) == "sheetData" {
				return last, nil
			}
			s.put(x.raw)
		case tokStart:
			if string(x.name) != "row" {
				s.put(x.raw)
				continue
			}
			n := last + 1
			if r, ok := atoi(attrOf(x.attrs, "r")); ok {
				n = r
			}
			if n <= last || n > maxRows {
				return 0, errXML
			}
			if n > last+1 {
				// The start tag at hand must stay whole while rows before it are written.
				raw, attrs, empty := bytes.Clone(x.raw), bytes.Clone(x.attrs), x.empty
				if err := s.blankRows(last, n); err != nil {
					return 0, err
				}
				x.raw, x.attrs, x.empty = raw, attrs, empty
			}
			last = n
			if err := s.row(n); err != nil {
				return 0, err
			}
		default:
			s.put(x.raw)
		}
	}
}

// attrOf is the raw value of an attribute, nil if there is none.
func attrOf(attrs []byte, want string) []byte {
	for b := attrs; ; {
		name, value, rest, ok := nextAttr(b)
		if !ok {
			return nil
		}
		if string(name) == want {
			return value
		}
		b = rest
	}
}

// blankRows writes rows that the sheet does not have between two of it and that are marked.
func (s *sheetMarker) blankRows(after, before int) error {
	for {
		n := before
		if len(s.rows) > 0 {
			n = min(n, s.rows[0].Row)
		}
		if len(s.cells) > 0 {
			n = min(n, s.cells[0].Row)
		}
		if n >= before {
			return nil
		}
		edits := s.edits(n)
		if n <= after {
			continue // out of order: it was written already
		}
		s.add(s.tag("row"), ` r="`, strconv.Itoa(n), `">`)
		for _, e := range edits {
			s.edited(n, e)
		}
		s.add(s.end("row"))
	}
}

// edits takes what happens to the cells of a row off the lists, by column.
func (s *sheetMarker) edits(n int) []edit {
	var out []edit
	if n == s.roster.HeaderTo {
		for _, h := range [...]struct {
			col   int
			field string
		}{{s.status, FieldStatus}, {s.note, FieldMessage}} {
			out = append(out, edit{col: h.col, own: true, style: -1, text: HeaderFor(s.roster.Kind, h.field, s.marks.Lang)})
		}
	}
	for ; len(s.rows) > 0 && s.rows[0].Row <= n; s.rows = s.rows[1:] {
		if r := s.rows[0]; r.Row == n && len(out) == 0 {
			out = append(out, edit{col: s.status, own: true, text: r.Status, style: s.styles.status(r.Kind)}, edit{col: s.note, own: true, text: r.Note, style: s.styles.note()})
		}
	}
	for ; len(s.cells) > 0 && s.cells[0].Row <= n; s.cells = s.cells[1:] {
		if c := s.cells[0]; c.Row == n && c.Col != s.status && c.Col != s.note {
			out = append(out, edit{col: c.Col, kind: c.Kind})
		}
	}
	slices.SortFunc(out, func(a, b edit) int { return a.col - b.col })
	return out
}

// edited writes a cell that is new.
func (s *sheetMarker) edited(n int, e edit) {
	ref := Letter(e.col) + strconv.Itoa(n)
	if !e.own {
		style := 0
		for _, c := range s.cols {
			if e.col+1 >= c.from && e.col+1 <= c.to {
				style = c.style
			}
		}
		s.add(s.tag("c"), ` r="`, ref, `" s="`, strconv.Itoa(s.styles.marked(style, e.kind)), `"/>`)
		return
	}
	style := e.style
	if style < 0 {
		style = s.header
	}
	s.add(s.tag("c"), ` r="`, ref, `" s="`, strconv.Itoa(style), `"`)
	if e.text == "" {
		s.add("/>")
		return
	}
	s.add(` t="inlineStr">`, s.tag("is"), ">", s.tag("t"), ` xml:space="preserve">`)
	s.buf = appendEscaped(s.buf, cleanText(e.text), true)
	s.add(s.end("t"), s.end("is"), s.end("c"))
}

// row copies the row whose start tag is at hand, with its edits.
func (s *sheetMarker) row(n int) error {
	x := s.x
	edits := s.edits(n)
	if len(edits) == 0 && (!s.styles.any || x.empty) {
		s.put(x.raw)
		if x.empty {
			return nil
		}
		if rest, ok := x.restTo(s.end("row")); ok {
			s.put(rest)
			return nil
		}
		return s.copyOut("row")
	}
	s.openRow(len(edits) > 0)
	if x.empty {
		if len(edits) == 0 {
			return nil
		}
		for _, e := range edits {
			s.edited(n, e)
		}
		s.add(s.end("row"))
		return nil
	}
	if len(edits) == 2 && edits[0].own && edits[0].col >= s.width-2 && n != s.roster.HeaderTo && !s.styles.any && edits[1].own && s.fresh2() {
		if rest, ok := x.restTo(s.end("row")); ok {
			s.put(rest[:len(rest)-len(s.end("row"))])
			s.edited(n, edits[0])
			s.edited(n, edits[1])
			s.add(s.end("row"))
			return nil
		}
	}
	return s.rowCells(n, edits)
}

// fresh2 reports whether the two columns are new, so that no cell of a row stands in or behind them.
func (s *sheetMarker) fresh2() bool {
	return !slices.ContainsFunc(s.roster.Columns, func(c Column) bool { return c.Field == FieldStatus || c.Field == FieldMessage })
}

// openRow writes the start tag of a row that gets cells: it is open, and its spans, which are only a hint, go.
func (s *sheetMarker) openRow(open bool) {
	x := s.x
	if !open {
		s.put(x.raw)
		return
	}
	head := len(x.raw) - len(x.attrs) - 1
	if x.empty {
		head--
	}
	s.put(x.raw[:head])
	for b := x.attrs; ; {
		name, value, rest, ok := nextAttr(b)
		if !ok {
			break
		}
		b = rest
		if string(name) != "spans" {
			s.add(" ")
			s.put(name)
			s.add(`="`)
			s.put(bytes.ReplaceAll(value, []byte(`"`), []byte("&quot;")))
			s.add(`"`)
		}
	}
	s.add(">")
}

// rowCells copies the cells of a row one by one, up to and with the row's end tag.
func (s *sheetMarker) rowCells(n int, edits []edit) error {
	x := s.x
	col := 0
	emit := func(before int) {
		for len(edits) > 0 && edits[0].col < before {
			s.edited(n, edits[0])
			edits = edits[1:]
		}
	}
	for {
		switch x.next() {
		case tokEOF:
			return cmpErr(x.fail)
		case tokEnd:
			if string(x.name) == "row" {
				emit(maxCols)
				s.put(x.raw)
				return nil
			}
			s.put(x.raw)
		case tokStart:
			if string(x.name) != "c" {
				emit(maxCols)
				s.put(x.raw)
				if !x.empty {
					if err := s.copyOut(string(x.name)); err != nil {
						return err
					}
				}
				continue
			}
			if c, _, ok := cellRef(attrOf(x.attrs, "r")); ok {
				col = c
			}
			style, _ := atoi(attrOf(x.attrs, "s"))
			if len(edits) > 0 && edits[0].col <= col {
				raw, attrs, empty := bytes.Clone(x.raw), bytes.Clone(x.attrs), x.empty
				emit(col)
				x.raw, x.attrs, x.empty = raw, attrs, empty
			}
			if n == s.roster.HeaderTo && col != s.status && col != s.note {
				s.header = style
			}
			here := len(edits) > 0 && edits[0].col == col
			switch {
			case here && edits[0].own:
				if !x.empty {
					if _, ok := x.restTo(s.end("c")); !ok {
						x.skip()
					}
				}
				s.edited(n, edits[0])
				edits = edits[1:]
				col++
				continue
			case here:
				s.setAttr("s", strconv.Itoa(s.styles.marked(style, edits[0].kind)))
				edits = edits[1:]
			case s.styles.any && s.styles.isMark(style):
				s.setAttr("s", strconv.Itoa(s.styles.plain(style)))
			default:
				s.put(x.raw)
			}
			col++
			if x.empty {
				continue
			}
			if rest, ok := x.restTo(s.end("c")); ok {
				s.put(rest)
				continue
			}
			if err := s.copyOut("c"); err != nil {
				return err
			}
		default:
			s.put(x.raw)
		}
	}
}

// copyOut copies the rest of the element whose start tag was written.
func (s *sheetMarker) copyOut(name string) error {
	for depth := 1; depth > 0; {
		switch s.x.next() {
		case tokEOF:
			return cmpErr(s.x.fail)
		case tokStart:
			if !s.x.empty {
				depth++
			}
		case tokEnd:
			depth--
		}
		s.put(s.x.raw)
	}
	return nil
}

// filter writes a filter over the header, if the sheet has none.
func (s *sheetMarker) filter() {
	if !s.tables {
		s.add(s.tag("autoFilter"), ` ref="`, s.filterRef(), `"/>`)
	}
}

func (s *sheetMarker) filterRef() string {
	from := 0
	if len(s.roster.Columns) > 0 {
		from = min(s.roster.Columns[0].Index, s.status)
	}
	return Letter(from) + strconv.Itoa(s.roster.HeaderTo) + ":" + Letter(max(s.status, s.note)) + strconv.Itoa(max(s.last, s.roster.HeaderTo+1))
}

// wider is a range of a filter with the two columns in it; false if it does not lie over this header.
func (s *sheetMarker) wider(ref string) (string, bool) {
	from, to, ok := strings.Cut(strings.ReplaceAll(ref, "$", ""), ":")
	c1, r1, ok1 := cellRef([]byte(from))
	c2, r2, ok2 := cellRef([]byte(to))
	if !ok || !ok1 || !ok2 || r1 != s.roster.HeaderTo {
		return "", false
	}
	return Letter(c1) + strconv.Itoa(r1) + ":" + Letter(max(c2, s.status, s.note)) + strconv.Itoa(max(r2, s.last)), true
}

// widen writes the filter that the sheet has.
func (s *sheetMarker) widen() {
	if ref, ok := s.wider(s.x.attr("ref")); ok {
		s.setAttr("ref", ref)
	} else {
		s.put(s.x.raw)
	}
}

// legacy names the shapes of the comments.
func (s *sheetMarker) legacy() {
	s.add(s.tag("legacyDrawing"), ` xmlns:r="`, nsRels, `" r:id="`, s.drawing, `"/>`)
}
