package season

import (
	"math/rand/v2"
	"slices"
)

// limit is a row of the programme: of some cells no more than most may hold.
type limit struct {
	cells []int
	most  int
}

// walk is a local search for a plan that breaks no row, whatever it costs: every session stands in a cell, and as long as rows are broken, a session of one of them moves to the
// cell where it breaks least (Minton and others 1992). A cell that a session has left is closed to it for some moves; where no move mends anything, the broken rows grow
// heavier (Morris, "The breakout method", 1993). A course timetable of the size of a faculty takes it a moment, and an exact solver minutes.
type walk struct {
	u      *built
	rng    *rand.Rand
	of     []int     // session → exhibition
	at     []int     // session → cell, -1: none
	rows   [][]int32 // cell → limits that it is in
	in     [][]int32 // limit → sessions in it
	weight []int64
	broken []int32 // limits with too many sessions, in any order
	place  []int32 // limit → place in broken, -1: not broken
	until  []map[int]int
	steps  int
}

// effortPerSecond is how many rows a second of the time limit lets a walk look at.
const effortPerSecond = 40_000_000

// feasible looks for a plan that breaks no row, for so many looks at rows, and returns the value of each column; nil if it finds none.
func (u *built) feasible(seed int32, effort int, over func() bool) []float64 {
	w := &walk{u: u, rng: rand.New(rand.NewPCG(uint64(seed), 0x3a1c)), rows: make([][]int32, len(u.cells)), in: make([][]int32, len(u.limits)),
		weight: make([]int64, len(u.limits)), place: make([]int32, len(u.limits))}
	for r := range u.limits {
		w.weight[r], w.place[r] = 1, -1
		for _, c := range u.limits[r].cells {
			w.rows[c] = append(w.rows[c], int32(r))
		}
	}
	for e := range u.of {
		for range u.b.exhibitions[e].count() {
			w.of = append(w.of, e)
		}
	}
	slices.SortStableFunc(w.of, func(a, b int) int { return len(u.of[a]) - len(u.of[b]) })
	w.at, w.until = make([]int, len(w.of)), make([]map[int]int, len(w.of))
	for s := range w.at {
		w.at[s], w.until[s] = -1, map[int]int{}
	}
	for s := range w.at {
		c, _ := w.least(s)
		w.move(s, c)
	}
	for spent := 0; len(w.broken) > 0; {
		if spent > effort || over() {
			return nil
		}
		for range 200 {
			if len(w.broken) == 0 {
				break
			}
			r := w.broken[w.rng.IntN(len(w.broken))]
			s := int(w.in[r][w.rng.IntN(len(w.in[r]))])
			from := w.at[s]
			before := w.breaks(from)
			w.move(s, -1)
			c, after := w.least(s)
			w.move(s, c)
			w.steps++
			w.until[s][from] = w.steps + 5 + w.rng.IntN(10) + len(w.broken)/2
			spent += 4 * len(u.of[w.of[s]])
			if after >= before {
				for _, r := range w.broken {
					w.weight[r]++
				}
			}
		}
	}
	x := make([]float64, u.m.Cols())
	for _, c := range w.at {
		x[u.cols[c]]++
	}
	return x
}

// breaks is the weight of the rows that are broken at a cell.
func (w *walk) breaks(c int) int64 {
	sum := int64(0)
	for _, r := range w.rows[c] {
		if len(w.in[r]) > w.u.limits[r].most {
			sum += w.weight[r]
		}
	}
	return sum
}

// least is the cell where a session that stands nowhere breaks least, of several one by chance.
func (w *walk) least(s int) (int, int64) {
	best, least, ties := -1, int64(0), 0
	closed := w.until[s]
	for _, c := range w.u.of[w.of[s]] {
		sum := int64(0)
		for _, r := range w.rows[c] {
			if len(w.in[r]) >= w.u.limits[r].most {
				if sum += w.weight[r]; best >= 0 && sum > least {
					break
				}
			}
		}
		if best >= 0 && sum > least || sum > 0 && closed[c] > w.steps {
			continue
		}
		if best < 0 || sum < least {
			best, least, ties = c, sum, 1
		} else if ties++; w.rng.IntN(ties) == 0 {
			best = c
		}
	}
	if best < 0 {
		of := w.u.of[w.of[s]]
		best = of[w.rng.IntN(len(of))]
		for _, r := range w.rows[best] {
			if len(w.in[r]) >= w.u.limits[r].most {
				least += w.weight[r]
			}
		}
	}
	return best, least
}

// move puts a session into a cell, or nowhere with -1.
func (w *walk) move(s, c int) {
	if old := w.at[s]; old >= 0 {
		for _, r := range w.rows[old] {
			k := slices.Index(w.in[r], int32(s))
			w.in[r] = slices.Delete(w.in[r], k, k+1)
			w.mark(r)
		}
	}
	if w.at[s] = c; c >= 0 {
		for _, r := range w.rows[c] {
			w.in[r] = append(w.in[r], int32(s))
			w.mark(r)
		}
	}
}

// mark keeps the list of broken limits.
func (w *walk) mark(r int32) {
	switch k := w.place[r]; {
	case len(w.in[r]) > w.u.limits[r].most && k < 0:
		w.place[r] = int32(len(w.broken))
		w.broken = append(w.broken, r)
	case len(w.in[r]) <= w.u.limits[r].most && k >= 0:
		last := w.broken[len(w.broken)-1]
		w.broken[k], w.place[last] = last, k
		w.broken, w.place[r] = w.broken[:len(w.broken)-1], -1
	}
}
