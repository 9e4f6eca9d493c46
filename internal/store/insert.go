package store

import (
	"database/sql"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"sync"
	"unsafe"
)

// cells are values of rows, one row after the other, for a statement that inserts many. An import hands five million of them over, most of which say what the row
// before says: so a value is put into the box that a driver takes only when it is known to be needed.
type cells []cell

// cell is a text, a number or bytes.
type cell struct {
	kind cellKind
	n    int64
	s    string // text, or bytes: then it is their memory, which must not change until the statement has run
}

type cellKind uint8

const (
	textCell cellKind = iota
	numCell
	bytesCell
)

func (c *cells) text(s string) { *c = append(*c, cell{s: s}) }
func (c *cells) num(n int64)   { *c = append(*c, cell{kind: numCell, n: n}) }
func (c *cells) bytes(b []byte) {
	*c = append(*c, cell{kind: bytesCell, s: unsafe.String(unsafe.SliceData(b), len(b))})
}

// value is the cell as a driver takes it.
func (c *cell) value() any {
	switch c.kind {
	case numCell:
		return c.n
	case bytesCell:
		if c.s == "" {
			return []byte{}
		}
		return unsafe.Slice(unsafe.StringData(c.s), len(c.s))
	}
	return c.s
}

// values are all cells as a driver takes them.
func (c cells) values() []any {
	out := make([]any, len(c))
	for i := range c {
		out[i] = c[i].value()
	}
	return out
}

// perStatement is how many of so many rows of so many values the next statement inserts: a power of two, so that few texts are prepared, and no more than
// that the cost of a statement does not show.
func perStatement(values, rows int) int {
	n := 1
	for 2*n <= rows && 2*n*values <= 1700 && n < 64 {
		n *= 2
	}
	return n
}

// insertMany inserts rows by statements of many rows each, with tail at the end of each. row adds the values of a row; ids, if not nil, takes the ids in the order of the
// rows. Handing a value to a statement costs half as much as storing it, and in an import most columns say the same in every row, or count on from it: such a column is
// handed over once for a statement.
func (tx *Tx) insertMany(table, names, tail string, values, rows int, row func(i int, c *cells), ids func(id int64)) error {
	last := ids != nil && tx.db.d.lastID
	if ids != nil && !last {
		tail = " RETURNING id"
	}
	all := make(cells, 0, perStatement(values, rows)*values)
	sent := make([]any, 0, cap(all))
	for from, n := 0, 0; from < rows; from += n {
		n = perStatement(values, rows-from)
		all = all[:0]
		for i := from; i < from+n; i++ {
			row(i, &all)
		}
		shape := all.shape(table, tail, values)
		query := shape.query(names, values)
		sent = shape.pick(sent[:0], all, values)
		if ids == nil || last {
			id, err := tx.bulk(query, sent)
			if err != nil {
				return fmt.Errorf("inserting into %s: %w", table, err)
			}
			for i := id - int64(n) + 1; last && i <= id; i++ {
				ids(i)
			}
			continue
		}
		if err := tx.insertReturning(query, sent, n, ids); err != nil {
			return fmt.Errorf("inserting into %s: %w", table, err)
		}
	}
	return nil
}

// insertReturning runs a statement that inserts n rows and hands their ids back.
func (tx *Tx) insertReturning(query string, args []any, n int, ids func(id int64)) error {
	got := make([]int64, 0, n)
	err := tx.each(func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		got = append(got, id)
		return err
	}, query, args...)
	if err != nil {
		return err
	}
	if len(got) != n {
		return fmt.Errorf("%d of %d ids came back", len(got), n)
	}
	slices.Sort(got) // the engine numbers the rows of a statement as they stand, and does not promise to hand the numbers back so
	for _, id := range got {
		ids(id)
	}
	return nil
}

// insertShape is what a statement that inserts rows depends on. Its sets are of columns.
type insertShape struct {
	table, tail string
	rows        int
	same        uint64 // whose value in the first row is that of all rows
	twin        uint64 // whose value in every row is that of the column before
	step        uint64 // whose number goes up by one from row to row
}

const (
	fewRows   = 16 // below it too much is alike by chance
	fewShapes = 6  // sets of columns that are remembered for a table and a number of rows: each is a statement
)

// shape finds what need not be handed over.
func (c cells) shape(table, tail string, values int) insertShape {
	s := insertShape{table: table, tail: tail, rows: len(c) / values}
	if s.rows < fewRows || values > 64 {
		return s
	}
	var same uint64
	for col := range values {
		if c.all(col, values, func(i int) bool { return c[i] == c[col] }) {
			same |= 1 << col
		}
	}
	s.same = knownSame(table, s.rows, same)
	for col := range values {
		switch {
		case s.same>>col&1 == 1 || c[col].kind != numCell:
		case col > 0 && c.all(col, values, func(i int) bool { return c[i] == c[i-1] }):
			s.twin |= 1 << col
		case c.all(col, values, func(i int) bool { return c[i].kind == numCell && c[i].n == c[col].n+int64(i/values) }):
			s.step |= 1 << col
		}
	}
	return s
}

// all reports whether every cell of a column is so.
func (c cells) all(col, values int, so func(i int) bool) bool {
	for i := col; i < len(c); i += values {
		if !so(i) {
			return false
		}
	}
	return true
}

var (
	shapesMu sync.Mutex
	shapes   = map[insertShape][]uint64{}
)

// knownSame is a remembered set of columns that are all in same: few texts are prepared, whatever is alike by chance.
func knownSame(table string, rows int, same uint64) uint64 {
	if same == 0 {
		return 0
	}
	shapesMu.Lock()
	defer shapesMu.Unlock()
	key := insertShape{table: table, rows: rows}
	best := uint64(0)
	for _, s := range shapes[key] {
		if s&same == s && bits.OnesCount64(s) > bits.OnesCount64(best) {
			best = s
		}
	}
	if len(shapes[key]) < fewShapes && bits.OnesCount64(same) > bits.OnesCount64(best) {
		shapes[key] = append(shapes[key], same)
		best = same
	}
	return best
}

// pick appends the values that are handed over.
func (s insertShape) pick(sent []any, c cells, values int) []any {
	once := s.same | s.step
	for i := range c {
		if col := i % values; s.twin>>col&1 == 0 && (i < values || once>>col&1 == 0) {
			sent = append(sent, c[i].value())
		}
	}
	return sent
}

// query is kept for each shape: the texts are as few as the statements that are prepared.
func (s insertShape) query(names string, values int) string {
	if text, ok := insertTexts.Load(s); ok {
		return text.(string)
	}
	text := s.write(names, values)
	insertTexts.Store(s, text)
	return text
}

var insertTexts sync.Map // insertShape → string

func (s insertShape) write(names string, values int) string {
	b := make([]byte, 0, 64+s.rows*values*6)
	b = append(b, "INSERT INTO "+s.table+" ("+names+") VALUES "...)
	n := 0
	at := make([]int, values) // where the value of a column stands among those that are handed over
	for i := range s.rows {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, '(')
		for j := range values {
			if j > 0 {
				b = append(b, ", "...)
			}
			switch {
			case s.twin>>j&1 == 1:
				at[j] = at[j-1]
			case i == 0 || (s.same|s.step)>>j&1 == 0:
				n++
				at[j] = n
			}
			place := "$" + strconv.Itoa(at[j])
			if s.counts(j) {
				place = "CAST(" + place + " AS BIGINT) + " + strconv.Itoa(i) // PostgreSQL would take the sum of a number and a placeholder for a short one
			}
			b = append(b, place...)
		}
		b = append(b, ')')
	}
	return string(append(b, s.tail...))
}

// counts reports whether a column is written as the number of the first row and how much further its row is.
func (s insertShape) counts(col int) bool {
	for s.twin>>col&1 == 1 {
		col--
	}
	return s.step>>col&1 == 1
}
