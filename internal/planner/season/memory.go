package season

// Bytes that a run takes, found by measuring: the solver's code and heap, and a column with its entries in rows, here and in the solver.
const (
	solverBytes = 256 << 20
	cellBytes   = 4200
)

// mostCounted is up to how many columns the estimate of the memory counts them; of larger seasons it counts those of a few exhibitions.
const mostCounted = 2_000_000

// Memory is an estimate of the bytes that planning a season that Check has passed needs.
func Memory(p *Problem) int64 {
	b := NewBoard(p)
	u := &built{b: b, classes: b.classesOf(), of: make([][]int, len(b.exhibitions))}
	step := 1 + len(b.exhibitions)*len(u.classes)*p.Weeks/mostCounted
	var only []int
	for e := 0; e < len(b.exhibitions); e += step {
		only = append(only, e)
	}
	u.addCells(buildOptions{only: only})
	return solverBytes + int64(len(u.cells))*int64(len(b.exhibitions))/int64(len(only))*cellBytes
}
