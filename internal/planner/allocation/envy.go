package allocation

import (
	"slices"

	"muntija/internal/planner/model"
)

// seat is an applicant in a cell: one exhibition, and all groups that any quota or budget counts.
type seat struct {
	place model.Place
	i, o  int32
}

// calm exchanges applicants of one cell until nobody has justified envy: who stands before somebody that has a place, could take it without breaking a rule of
// its own, and asks for no more room or travel, takes it. Every exchange raises the sum of weights, or keeps it and raises a key, so it ends.
func (s *state) calm() {
	e := s.e
	p := e.p
	if p.Policy == nil {
		return
	}
	cells := map[[2]int32][]seat{}
	for i := range int32(e.n) {
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			key := [2]int32{int32(p.Exh[o]), p.Type[i]}
			cells[key] = append(cells[key], seat{p.Place(int(i), o), i, o})
		}
	}
	keys := make([][2]int32, 0, len(cells))
	for k, list := range cells {
		keys = append(keys, k)
		slices.SortFunc(list, func(a, b seat) int {
			switch {
			case a.place.Before(b.place):
				return -1
			case b.place.Before(a.place):
				return 1
			}
			return int(a.o - b.o)
		})
	}
	slices.SortFunc(keys, func(a, b [2]int32) int {
		if a[0] != b[0] {
			return int(a[0] - b[0])
		}
		return int(a[1] - b[1])
	})
	for changed := true; changed; {
		changed = false
		for _, k := range keys {
			for s.calmCell(cells[k]) {
				changed = true
			}
		}
	}
	s.log = s.log[:0]
}

// calmCell makes one exchange in a cell, if there is cause for one.
func (s *state) calmCell(list []seat) bool {
	p := s.e.p
	last := len(list) - 1
	for last >= 0 && !s.has(list[last].o) {
		last--
	}
	for a := 0; a < last; a++ {
		w := list[a]
		if s.has(w.o) || !s.open(w.i, w.o) {
			continue
		}
		for b := last; b > a; b-- {
			x := list[b]
			if s.has(x.o) && p.SizeOf(w.o) <= p.SizeOf(x.o) && p.MetresOf(w.o) <= p.MetresOf(x.o) && p.CostOf(w.o) <= p.CostOf(x.o) {
				s.drop(x.i, x.o)
				s.add(w.i, w.o)
				return true
			}
		}
	}
	return false
}

// settle ends a run under a published rule: the plan is calmed.
func (r *run) settle() {
	if r.e.p.Policy == nil || !r.planned {
		return
	}
	s := newState(r.e)
	s.load(r.chosen)
	s.calm()
	r.planned = false
	r.take(s)
}
