package sheet

import (
	"io"
	"math"
	"strconv"

	"muntija/internal/calendar"
)

// maxBlankRows is how many rows without a value end a sheet: a sheet whose million rows were only painted is not read to its end.
const maxBlankRows = 1000

// Stopped says why a scan ended before the end of the sheet.
type Stopped string

// The reasons. The zero value is a sheet read to its end.
const (
	StoppedBlank Stopped = "blank_rows" // 1,000 blank rows in a row; what stands below them was not read
)

// Scanner reads the rows of a sheet, one at a time, in the memory of one row.
//
//	s := book.Scan(0)
//	defer s.Close()
//	for s.Next() {
//		use(s.Row(), s.Cells())
//	}
//	err := s.Err()
type Scanner struct {
	x      *xmlReader
	pipe   *pipe
	book   *Book
	texts  *texts
	err    error
	why    Stopped
	opened bool // the rows have begun
	done   bool

	row    int // of the current row; of the last one seen, blank or not, in last
	last   int
	filled int // the last row with a value
	hidden bool
	cells  []Cell
	spans  []span
	arena  []byte

	info sheetInfo
}

// span is where a cell's text stands in the arena until the row is whole.
type span struct{ cell, from, to int32 }

// sheetInfo is what stands before the rows of a sheet.
type sheetInfo struct {
	lastRow int        // as the sheet says; 0 if it does not
	hidden  []colRange // columns
}

type colRange struct{ from, to int }

func (s *Scanner) failed(err error) bool {
	if err != nil && s.err == nil {
		s.err = problemOf(err)
	}
	s.Close()
	return false
}

// Close ends the reading early. A scanner that came to its end is closed already.
func (s *Scanner) Close() {
	s.done = true
	if s.pipe != nil {
		s.pipe.close()
		s.pipe = nil
	}
}

// Err returns what stopped the scan, a *[fault.Error] that says what to do; nil after a sheet read to its end, and after 1,000 blank rows.
func (s *Scanner) Err() error { return s.err }

// Stopped returns why the scan ended before the end of the sheet, "" if it did not, and the last row that was read.
func (s *Scanner) Stopped() (Stopped, int) { return s.why, s.last }

// Row returns the number of the current row, from 1.
func (s *Scanner) Row() int { return s.row }

// Hidden reports whether the current row is hidden, by hand or by a filter.
func (s *Scanner) Hidden() bool { return s.hidden }

// Cells returns the cells of the current row that hold something, in the order of the file. The slice holds until Next; the texts in it stay.
func (s *Scanner) Cells() []Cell { return s.cells }

// preamble reads up to the first row.
func (s *Scanner) preamble() bool {
	s.opened = true
	root := false
	for {
		switch s.x.next() {
		case tokEOF:
			if s.x.fail != nil {
				return s.failed(s.x.fail)
			}
			if !root {
				return s.failed(errXML)
			}
			return s.failed(nil) // a sheet without rows at all
		case tokStart:
			switch string(s.x.name) {
			case "worksheet":
				root = true
			case "dimension":
				s.dimension(s.x.attr("ref"))
			case "col":
				s.column()
			case "sheetData":
				if s.x.empty {
					return s.failed(nil)
				}
				return true
			}
			if !root {
				return s.failed(errXML)
			}
		}
	}
}

func (s *Scanner) dimension(ref string) {
	for i := len(ref) - 1; i >= 0; i-- {
		if ref[i] == ':' {
			ref = ref[i+1:]
			break
		}
	}
	if _, row, ok := cellRef([]byte(ref)); ok {
		s.info.lastRow = row
	}
}

func (s *Scanner) column() {
	if h := s.x.attr("hidden"); h != "1" && h != "true" {
		return
	}
	from, err1 := strconv.Atoi(s.x.attr("min"))
	to, err2 := strconv.Atoi(s.x.attr("max"))
	if err1 == nil && err2 == nil && from > 0 && to >= from && len(s.info.hidden) < maxCols {
		s.info.hidden = append(s.info.hidden, colRange{from - 1, min(to, maxCols) - 1})
	}
}

func (i *sheetInfo) hiddenCol(col int) bool {
	for _, r := range i.hidden {
		if col >= r.from && col <= r.to {
			return true
		}
	}
	return false
}

// Next moves to the next row with a value. It reports false at the end, at an error and after 1,000 blank rows.
func (s *Scanner) Next() bool {
	if s.done {
		return false
	}
	if !s.opened && !s.preamble() {
		return false
	}
	x := s.x
	for {
		switch x.next() {
		case tokEOF:
			if x.fail == nil {
				x.fail = errXML // the rows have no end
			}
			return s.failed(x.fail)
		case tokEnd:
			if string(x.name) == "sheetData" {
				for x.next() != tokEOF { // to the end, where the checksum is
				}
				return s.failed(x.fail)
			}
		case tokStart:
			if string(x.name) != "row" {
				x.skip()
				continue
			}
			if !s.readRow() {
				return s.failed(x.fail)
			}
			blanks := s.row - s.filled
			if len(s.cells) > 0 {
				blanks--
			}
			switch {
			case blanks >= maxBlankRows:
				s.why, s.last, s.cells = StoppedBlank, s.filled, s.cells[:0]
				return s.failed(nil)
			case len(s.cells) > 0:
				s.filled = s.row
				return true
			}
		}
	}
}

// readRow reads the row whose start tag was the last token. Without an error of the XML it sets the row's number and its cells.
func (s *Scanner) readRow() bool {
	x := s.x
	s.cells, s.spans, s.arena, s.hidden = s.cells[:0], s.spans[:0], s.arena[:0], false
	row := s.last + 1
	for b := x.attrs; ; {
		name, value, rest, ok := nextAttr(b)
		if !ok {
			break
		}
		b = rest
		switch string(name) {
		case "r":
			n, ok := atoi(value)
			if !ok || n <= s.last || n > maxRows {
				x.fail = errXML // rows out of order: no mark could be put beside the right one
				return false
			}
			row = n
		case "hidden":
			s.hidden = len(value) > 0 && (value[0] == '1' || value[0] == 't')
		}
	}
	if row > maxRows {
		x.fail = errXML
		return false
	}
	s.row, s.last = row, row
	if x.empty {
		return true
	}
	next := 0
	for {
		switch x.next() {
		case tokEOF:
			if x.fail == nil {
				x.fail = errXML
			}
			return false
		case tokEnd:
			if string(x.name) != "row" {
				continue
			}
			if len(s.spans) > 0 { // one string for all texts of the row
				all := string(s.arena)
				for _, p := range s.spans {
					s.cells[p.cell].Text = all[p.from:p.to]
				}
			}
			return true
		case tokStart:
			if string(x.name) != "c" {
				x.skip()
				continue
			}
			if next = s.readCell(next); next < 0 {
				return false
			}
		}
	}
}

func atoi(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > maxFormats<<10 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

type cellType uint8

const (
	typeNumber cellType = iota
	typeShared
	typeInline
	typeFormula
	typeBool
	typeError
	typeISO
)

func typeOf(b []byte) cellType {
	switch string(b) {
	case "s":
		return typeShared
	case "inlineStr":
		return typeInline
	case "str":
		return typeFormula
	case "b":
		return typeBool
	case "e":
		return typeError
	case "d":
		return typeISO
	}
	return typeNumber
}

// readCell reads the cell whose start tag was the last token and returns the column after it, or -1.
func (s *Scanner) readCell(col int) int {
	x := s.x
	style, typ := 0, typeNumber
	for b := x.attrs; len(b) > 0; {
		name, value, rest, ok := nextAttr(b)
		if !ok {
			break
		}
		b = rest
		if len(name) != 1 {
			continue
		}
		switch name[0] {
		case 'r':
			c, _, ok := cellRef(value)
			if !ok {
				x.fail = errXML
				return -1
			}
			col = c
		case 's':
			style, _ = atoi(value)
		case 't':
			typ = typeOf(value)
		}
	}
	if col >= maxCols || len(s.cells) >= maxCols {
		x.fail = errXML
		return -1
	}
	if x.empty {
		return col + 1
	}
	from := len(s.arena)
	formula, inValue, escaped := false, false, false
	open := true
	if raw, ok := x.quick("<v>", "</v></c>"); ok {
		s.arena, open = append(s.arena, raw...), false
	} else if typ == typeInline {
		if raw, ok := x.quick("<is><t>", "</t></is></c>"); ok {
			s.arena, open = append(s.arena, raw...), false
		}
	}
	for open {
		switch x.next() {
		case tokEOF:
			if x.fail == nil {
				x.fail = errXML
			}
			return -1
		case tokStart:
			switch string(x.name) {
			case "v":
				inValue = !x.empty
			case "is":
				if !x.empty {
					var ok bool
					if s.arena, ok = readRich(x, s.arena, "is"); !ok {
						return -1
					}
				}
			case "f":
				formula = true
				x.skip()
			default:
				x.skip()
			}
		case tokEnd:
			switch string(x.name) {
			case "v":
				inValue = false
			case "c":
				open = false
			}
		case tokText:
			if inValue {
				s.arena, escaped = x.appendTo(s.arena, escaped)
			}
		}
		if len(s.arena) > windowMax {
			x.fail = errTooLarge
			return -1
		}
	}
	if escaped && typ == typeFormula {
		s.arena = append(s.arena[:from], unescape(s.arena[from:])...)
	}
	s.cells = append(s.cells, Cell{Col: col, Formula: formula})
	c := &s.cells[len(s.cells)-1]
	raw := s.arena[from:]
	if len(raw) == 0 {
		if !formula {
			s.cells = s.cells[:len(s.cells)-1]
		}
		return col + 1
	}
	if !s.value(c, raw, typ, style) {
		return -1
	}
	switch {
	case typ == typeShared || typ == typeBool: // the text stands elsewhere
		s.arena = s.arena[:from]
		if c.Kind == Text && c.Text == "" && !formula {
			s.cells = s.cells[:len(s.cells)-1]
		}
	default:
		s.spans = append(s.spans, span{int32(len(s.cells) - 1), int32(from), int32(len(s.arena))})
	}
	return col + 1
}

// value says what a cell's raw value is. Texts of the arena are set when the row is whole.
func (s *Scanner) value(c *Cell, raw []byte, typ cellType, style int) bool {
	switch typ {
	case typeShared:
		i, ok := atoi(raw)
		if !ok {
			s.x.fail = errXML
			return false
		}
		if c.Text, ok = s.texts.at(i); !ok {
			s.x.fail = errXML
			return false
		}
		c.Kind = Text
	case typeInline, typeFormula:
		c.Kind = Text
	case typeBool:
		c.Kind, c.Text = Bool, "FALSE"
		if raw[0] == '1' || raw[0] == 't' {
			c.Num, c.Text = 1, "TRUE"
		}
	case typeError:
		c.Kind = ErrorValue
	case typeISO:
		c.Kind = Text
		if d, sec, ok := isoDate(string(raw)); ok {
			c.Kind, c.Date, c.Seconds = Date, d, sec
		}
	default:
		n, ok := number(raw)
		if !ok {
			c.Kind = Text // some writers forget to say that it is one
			return true
		}
		c.Kind, c.Num = Number, n
		switch s.book.styles.at(style) {
		case lookDate:
			if d, sec, ok := serialDate(n, s.book.date1904); ok {
				c.Kind, c.Date, c.Seconds = Date, d, sec
			}
		case lookPercent:
			c.Percent = true
		}
	}
	return true
}

// number reads a number as XML spells it: 12, -0.5, 2.9E+13. No infinities, no hexadecimal.
func number(b []byte) (float64, bool) {
	if len(b) <= 15 {
		n, i := int64(0), 0
		for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
			n = n*10 + int64(b[i]-'0')
		}
		if i == len(b) {
			return float64(n), len(b) > 0
		}
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(string(b), 64)
	return n, err == nil && !math.IsInf(n, 0)
}

// pipe unpacks ahead of its reader, in a goroutine of its own, once more was read than a look at the head of a sheet needs: unpacking and reading
// XML take about the same time.
type pipe struct {
	r      io.Reader
	direct int // bytes that are still read without the goroutine
	blocks chan block
	free   chan []byte
	quit   chan struct{}
	cur    block
	at     int
}

type block struct {
	b   []byte
	err error
}

const (
	pipeBlock  = 128 << 10
	pipeDirect = 1 << 20
)

func newPipe(r io.Reader) *pipe { return &pipe{r: r, direct: pipeDirect} }

func (p *pipe) Read(b []byte) (int, error) {
	if p.direct > 0 {
		n, err := p.r.Read(b[:min(len(b), p.direct)])
		p.direct -= n
		return n, err
	}
	if p.blocks == nil {
		p.start()
	}
	for p.at == len(p.cur.b) {
		if p.cur.err != nil {
			return 0, p.cur.err
		}
		if p.cur.b != nil {
			p.free <- p.cur.b[:cap(p.cur.b)]
		}
		p.cur, p.at = <-p.blocks, 0
	}
	n := copy(b, p.cur.b[p.at:])
	p.at += n
	return n, nil
}

func (p *pipe) start() {
	const ahead = 3
	p.blocks, p.free, p.quit = make(chan block, ahead), make(chan []byte, ahead+1), make(chan struct{})
	for range ahead {
		p.free <- make([]byte, pipeBlock)
	}
	go func(r io.Reader, blocks chan<- block, free <-chan []byte, quit <-chan struct{}) {
		for {
			var b []byte
			select {
			case b = <-free:
			case <-quit:
				return
			}
			n, err := io.ReadFull(r, b)
			if err == io.ErrUnexpectedEOF { // ReadFull's own word for a short last block; a broken stream comes wrapped
				err = io.EOF
			}
			select {
			case blocks <- block{b[:n], err}:
			case <-quit:
				return
			}
			if err != nil {
				return
			}
		}
	}(p.r, p.blocks, p.free, p.quit)
}

// close ends the goroutine. It does not wait for it: what it still unpacks, it drops.
func (p *pipe) close() {
	if p.quit != nil {
		close(p.quit)
		p.quit = nil
	}
}

// clock is the time of day of a cell as hours and minutes, for texts.
func clock(d calendar.Date, seconds int32) string {
	s := d.String()
	if seconds == 0 && s != "" {
		return s
	}
	b := []byte(s)
	if len(b) > 0 {
		b = append(b, ' ')
	}
	for i, n := range [...]int32{seconds / 3600, seconds / 60 % 60, seconds % 60} {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, byte('0'+n/10), byte('0'+n%10))
	}
	return string(b)
}
