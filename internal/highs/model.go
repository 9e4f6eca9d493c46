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
		end := len(m.index)
		if r+1 < len(m.start) {
			end = int(m.start[r+1])
		}
		a := 0.0
		for k := int(m.start[r]); k < end; k++ {
			a += m.value[k] * x[m.index[k]]
		}
		if a < m.rowLower[r]-tol || a > m.rowUpper[r]+tol {
			return sum, false
		}
	}
	return sum, true
}
