package allocation

import (
	"math/bits"
	"math/rand/v2"
	"slices"
)

func trailing(w uint64) int { return bits.TrailingZeros64(w) }

// shake goes on from a plan that no exchange improves, while work is left: it forces a few pairs near the edge in, at the best exhibitions' cost, repairs by
// exchanges among the neighbours, and returns to the best plan when that did not pay (iterated local search).
func (r *run) shake(s *state, width int64) {
	e := r.e
	if r.near(s.value) || len(e.p.Exh) > 2_000_000 {
		return
	}
	random := rand.New(rand.NewPCG(r.seed, 0x5b4e))
	for quiet := 0; quiet < min(3000, 10*len(e.p.Exh)) && r.ctx.Err() == nil && r.left() > 0 && !r.near(s.value); quiet++ {
		limit := min(width, (r.floor()-s.value+1)*e.scale)
		before, mark := s.value, len(s.log)
		touched := map[uint16]bool{}
		for range 1 + random.IntN(3) {
			j := random.IntN(e.j)
			list := s.near[j]
			if len(list) == 0 {
				continue
			}
			n := list[s.edge(list, random)]
			if s.has(n.o) {
				s.drop(n.i, n.o)
			} else if n.margin > -limit {
				s.force(n.i, n.o)
			}
			touched[uint16(j)] = true
		}
		for k := mark; k < len(s.log); k++ {
			touched[e.p.Exh[s.log[k].o]] = true
		}
		around := make([]uint16, 0, len(touched))
		for j := range touched {
			around = append(around, j)
		}
		slices.Sort(around)
		s.polish(around, limit)
		e.work.Add(200 + s.ticks)
		s.ticks = 0
		if s.value > before {
			s.log = s.log[:0]
			quiet = 0
			r.take(s)
			r.report("exchange")
			continue
		}
		if s.value < before || random.IntN(2) == 0 {
			s.undo(mark)
		}
		if len(s.log) > 10000 {
			s.log = s.log[:0]
		}
	}
}

// edge picks an entry near the place in the list where pairs stop being taken.
func (s *state) edge(list []entry, random *rand.Rand) int {
	at, _ := slices.BinarySearchFunc(list, int64(0), func(n entry, zero int64) int {
		if n.margin > zero {
			return -1
		}
		return 1
	})
	at += int(random.NormFloat64() * 12)
	return min(max(at, 0), len(list)-1)
}

// polish exchanges among the lists of some exhibitions until nothing more is found. Unlike exchange it leaves the log whole, so that all can be undone.
func (s *state) polish(around []uint16, limit int64) {
	for range 3 {
		found := false
		for _, j := range around {
			for s.fillAt(j) {
				found = true
			}
			list := s.near[j]
			from, _ := slices.BinarySearchFunc(list, int64(0), func(n entry, zero int64) int {
				if n.margin > zero {
					return -1
				}
				return 1
			})
			for k := max(0, from-24); k < min(len(list), from+40); k++ {
				n := list[k]
				if n.margin > -limit && !s.has(n.o) && s.try(n.i, n.o) {
					found = true
				}
			}
		}
		if !found {
			return
		}
	}
}

// force is try without a look at the objective.
func (s *state) force(i, o int32) {
	mark := len(s.log)
	if !s.place(i, o) {
		s.undo(mark)
	}
}
