package highs

import (
	"fmt"
	"math"

	"muntija/internal/fault"
)

// Col is a column (a variable) of a model, Row a row (a constraint): their places, from 0.
type (
	Col int
	Row int
)

// Inf is the bound that bounds nothing.
var Inf = math.Inf(1)

// maxNumber is the largest coefficient, cost or finite bound that is taken. Beyond 2^53 a whole number has no exact float64; HiGHS itself takes 1e15 as infinite.
const maxNumber = 1e15

// maxEntries keeps all offsets inside the 32-bit memory of the module.
const maxEntries = 50_000_000

// Sense is the direction of the objective.
type Sense int32

// The senses.
const (
	Minimize Sense = 1
	Maximize Sense = -1
)

// Model is a linear programme, with whole-numbered columns if any is said to be so. It is built column by column and row by row; the first mistake is kept and
// returned by Err and by Solve, so that a builder reads as a list of statements. The zero value is an empty model that minimises.
type Model struct {
	sense    Sense
	cost     []float64
	lower    []float64
	upper    []float64
	integer  []int32
	integers int
	rowLower []float64
	rowUpper []float64
	start    []int32
	index    []int32
	value    []float64
	seen     []int32 // column → last row that named it, + 1
	err      error
}

// NewModel returns an empty model with room for cols columns, rows rows and entries coefficients.
func NewModel(sense Sense, cols, rows, entries int) *Model {
	return &Model{sense: sense, cost: make([]float64, 0, cols), lower: make([]float64, 0, cols), upper: make([]float64, 0, cols), integer: make([]int32, 0, cols),
		seen: make([]int32, 0, cols), rowLower: make([]float64, 0, rows), rowUpper: make([]float64, 0, rows), start: make([]int32, 0, rows),
		index: make([]int32, 0, entries), value: make([]float64, 0, entries)}
}

func (m *Model) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fault.Wrap(fmt.Errorf(format, args...), fault.Invalid, "error.solver_model")
	}
}

// Err returns the first mistake of the builder, an Invalid fault.
func (m *Model) Err() error { return m.err }

// Cols returns the number of columns.
func (m *Model) Cols() int { return len(m.cost) }

// Rows returns the number of rows.
func (m *Model) Rows() int { return len(m.rowLower) }

// Entries returns the number of coefficients.
func (m *Model) Entries() int { return len(m.value) }

// Integers returns the number of whole-numbered columns.
func (m *Model) Integers() int { return m.integers }

// Memory estimates the bytes that solving the model takes, from trials: about 400 per coefficient and 2,000 per column or row, over 32 MiB of the module itself.
func (m *Model) Memory() int64 {
	return 32<<20 + 400*int64(len(m.value)) + 2000*int64(len(m.cost)+len(m.rowLower))
}

// AddCol adds a column with its cost and bounds. The bounds may be -Inf and Inf.
func (m *Model) AddCol(cost, lower, upper float64) Col {
	c := Col(len(m.cost))
	if math.IsNaN(cost) || math.Abs(cost) > maxNumber {
		m.fail("column %d: cost %v is not a number below 1e15", c, cost)
	}
	m.checkBounds("column", int(c), lower, upper)
	m.cost, m.lower, m.upper = append(m.cost, cost), append(m.lower, lower), append(m.upper, upper)
	m.integer, m.seen = append(m.integer, 0), append(m.seen, 0)
	return c
}

// AddInt adds a whole-numbered column.
func (m *Model) AddInt(cost, lower, upper float64) Col {
	c := m.AddCol(cost, lower, upper)
	m.integer[c] = 1
	m.integers++
	return c
}

// AddBool adds a column that is 0 or 1.
func (m *Model) AddBool(cost float64) Col { return m.AddInt(cost, 0, 1) }

// Term is a coefficient of a row.
type Term struct {
	Col  Col
	Coef float64
}

// AddRow adds lower ≤ Σ coef·col ≤ upper. A column may stand in it once.
func (m *Model) AddRow(lower, upper float64, terms ...Term) Row {
	r := Row(len(m.rowLower))
	m.checkBounds("row", int(r), lower, upper)
	m.rowLower, m.rowUpper = append(m.rowLower, lower), append(m.rowUpper, upper)
	m.start = append(m.start, int32(len(m.index)))
	if len(m.index)+len(terms) > maxEntries {
		m.fail("row %d: the model would have more than %d coefficients", r, maxEntries)
		return r
	}
	for _, t := range terms {
		switch {
		case t.Col < 0 || int(t.Col) >= len(m.cost):
			m.fail("row %d: there is no column %d", r, t.Col)
			continue
		case math.IsNaN(t.Coef) || math.Abs(t.Coef) > maxNumber:
			m.fail("row %d: coefficient %v of column %d is not a number below 1e15", r, t.Coef, t.Col)
		case m.seen[t.Col] == int32(r)+1:
			m.fail("row %d: column %d stands in it twice", r, t.Col)
		}
		m.seen[t.Col] = int32(r) + 1
		m.index, m.value = append(m.index, int32(t.Col)), append(m.value, t.Coef)
	}
	return r
}

// SetRow changes the bounds of a row.
func (m *Model) SetRow(r Row, lower, upper float64) {
	if r < 0 || int(r) >= len(m.rowLower) {
		m.fail("there is no row %d", r)
		return
	}
	m.checkBounds("row", int(r), lower, upper)
	m.rowLower[r], m.rowUpper[r] = lower, upper
}

// SetCol changes the bounds of a column.
func (m *Model) SetCol(c Col, lower, upper float64) {
	if c < 0 || int(c) >= len(m.cost) {
		m.fail("there is no column %d", c)
		return
	}
	m.checkBounds("column", int(c), lower, upper)
	m.lower[c], m.upper[c] = lower, upper
}

func (m *Model) checkBounds(what string, i int, lower, upper float64) {
	switch {
	case math.IsNaN(lower), math.IsNaN(upper), math.IsInf(lower, 1), math.IsInf(upper, -1),
		!math.IsInf(lower, 0) && math.Abs(lower) > maxNumber, !math.IsInf(upper, 0) && math.Abs(upper) > maxNumber:
		m.fail("%s %d: bounds %v and %v are not bounds", what, i, lower, upper)
	case lower > upper:
		m.fail("%s %d: the lower bound %v is above the upper bound %v", what, i, lower, upper)
	}
}

// Value returns the objective of a point, and whether the point keeps every bound, row and whole number within tol.
func (m *Model) Value(x []float64, tol float64) (float64, bool) {
	if len(x) != len(m.cost) {
		return 0, false
	}
	sum := 0.0
	for c, v := range x {
		sum += m.cost[c] * v
		if !(v >= m.lower[c]-tol && v <= m.upper[c]+tol) || m.integer[c] == 1 && math.Abs(v-math.Round(v)) > tol {
			return sum, false
		}
	}
	for r := range m.rowLower {
		a := 0.0
		for k := m.start[r]; k < m.end(r); k++ {
			a += m.value[k] * x[m.index[k]]
		}
		if a < m.rowLower[r]-tol || a > m.rowUpper[r]+tol {
			return sum, false
		}
	}
	return sum, true
}

// Relaxed returns the model without its whole numbers. It shares the columns and rows.
func (m *Model) Relaxed() *Model {
	out := *m
	out.integer, out.integers = make([]int32, len(m.integer)), 0
	return &out
}

// Select returns the model with the columns named alone, in that order, all others being 0. A column whose bounds exclude 0 must be among them.
func (m *Model) Select(cols []Col) *Model {
	at := make([]int32, len(m.cost))
	out := NewModel(m.sense, len(cols), len(m.rowLower), len(m.value)/2)
	out.err = m.err
	for i, c := range cols {
		at[c] = int32(i) + 1
		out.cost, out.lower, out.upper = append(out.cost, m.cost[c]), append(out.lower, m.lower[c]), append(out.upper, m.upper[c])
		out.integer, out.seen = append(out.integer, m.integer[c]), append(out.seen, 0)
		out.integers += int(m.integer[c])
	}
	for c := range m.cost {
		if at[c] == 0 && (m.lower[c] > 0 || m.upper[c] < 0) {
			out.fail("column %d cannot be 0 and was left out", c)
		}
	}
	for r := range m.rowLower {
		out.rowLower, out.rowUpper = append(out.rowLower, m.rowLower[r]), append(out.rowUpper, m.rowUpper[r])
		out.start = append(out.start, int32(len(out.index)))
		for k := m.start[r]; k < m.end(r); k++ {
			if i := at[m.index[k]]; i > 0 {
				out.index, out.value = append(out.index, i-1), append(out.value, m.value[k])
			}
		}
	}
	return out
}

func (m *Model) end(r int) int32 {
	if r+1 < len(m.start) {
		return m.start[r+1]
	}
	return int32(len(m.index))
}

// DualBound returns what any multipliers of the rows prove about a minimum: no point has a lower objective (weak duality; it needs no optimal multipliers, which
// are only the best ones). It also returns the reduced costs of the columns. The bound is -Inf if the multipliers prove nothing.
func (m *Model) DualBound(duals []float64) (bound float64, reduced []float64) {
	reduced = append([]float64(nil), m.cost...)
	for r, y := range duals {
		limit := m.rowLower[r]
		if y < 0 {
			limit = m.rowUpper[r]
		}
		if math.Abs(y) < 1e-11 || math.IsInf(limit, 0) { // a multiplier of the wrong sign is dropped: any multipliers will do
			continue
		}
		bound += y * limit
		for k := m.start[r]; k < m.end(r); k++ {
			reduced[m.index[k]] -= y * m.value[k]
		}
	}
	for c, d := range reduced {
		switch {
		case d > 0 && m.lower[c] != 0:
			bound += d * m.lower[c]
		case d < 0 && !math.IsInf(m.upper[c], 0):
			bound += d * m.upper[c]
		case d < -1e-9:
			return math.Inf(-1), reduced
		}
	}
	return bound, reduced
}
