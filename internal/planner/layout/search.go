package layout

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// effort is how much work a search may do: counted, so that the same seed does the same work on every machine, and a deadline beside it for slow ones.
type effort struct {
	ctx   context.Context
	until time.Time // zero: none
	late  bool      // the deadline or the context ended it

	tell       func(done float64, hard int, soft int64) // nil: nobody listens
	begun, all int                                      // exchanges of earlier searches; of all of them
}

// say tells how far a search has come, now and then.
func (e *effort) say(k, hard int, soft int64) {
	if e.tell != nil && k%(1<<14) == 0 {
		e.tell(min(1, float64(e.begun+k)/float64(max(e.all, 1))), hard, soft)
	}
}

func (e *effort) over() bool {
	if !e.late && (e.ctx.Err() != nil || !e.until.IsZero() && !time.Now().Before(e.until)) {
		e.late = true
	}
	return e.late
}

// better reports whether one layout is better than another: hard breaches first.
func better(hard int, soft int64, thanHard int, thanSoft int64) bool {
	return hard < thanHard || hard == thanHard && soft < thanSoft
}

// loose is up to how many booths annealing may break hard rules while it is hot: in a small hall whole groups must change places, which no single exchange does.
const loose = 60

// anneal improves a layout by moves exchanges of two places (Kirkpatrick, Gelatt and Vecchi 1983): what costs more is taken with a chance that falls from a
// temperature at which half of the average worsening is taken to a two-hundredth of it. What is broken is mended before and after, by repair.
func anneal(h *hall, rng *rand.Rand, begin []int, moves int, e *effort) ([]int, int64, int) {
	s := newState(h, begin)
	s.repair(rng, e)
	best, bestSoft, bestHard := append([]int(nil), s.at...), s.soft, s.hard
	cool := math.Pow(0.005, 1/float64(max(moves, 1)))
	t := s.temperature(rng)
	for k := range moves {
		if k%256 == 0 {
			if e.say(k, bestHard, bestSoft); e.over() {
				break
			}
		}
		t *= cool
		i, j := s.propose(rng)
		if i < 0 {
			continue
		}
		soft, hard := s.swap(i, j)
		var take bool
		switch {
		case hard < 0:
			take = true
		case hard == 0:
			take = soft <= 0 || rng.Float64() < math.Exp(-float64(soft)/t)
		case h.n <= loose:
			take = rng.Float64() < math.Exp(-float64(hard)*(1.5+12*float64(k)/float64(moves)))
		}
		if !take {
			s.undo(i, j, soft, hard)
		} else if better(s.hard, s.soft, bestHard, bestSoft) {
			bestSoft, bestHard = s.soft, s.hard
			copy(best, s.at)
		}
	}
	s = newState(h, best)
	s.repair(rng, e)
	s.descend(e)
	return s.at, s.soft, s.hard
}

// repairs bounds the exchanges of repair.
const repairs = 400

// repair mends hard breaches: somebody who has part in one makes the best exchange there is, even one that mends nothing, and may not be exchanged again for some rounds
// (Minton and others 1992, with a tabu list). It ends with the layout that has the fewest breaches.
func (s *state) repair(rng *rand.Rand, e *effort) {
	if s.hard == 0 {
		return
	}
	h := s.h
	best, bestHard, bestSoft := append([]int(nil), s.at...), s.hard, s.soft
	until := make([]int, h.n)
	for round := 1; round <= repairs && s.hard > 0 && !e.over(); round++ {
		list := s.guilty()
		i := list[rng.IntN(len(list))]
		to, least, leastSoft := -1, 0, int64(0)
		for _, a := range h.free[i] {
			j := s.who[a]
			if j == i || !s.may(i, j) || until[j] > round && j < h.m {
				continue
			}
			soft, hard := s.swap(i, j)
			if to < 0 || better(hard, soft, least, leastSoft) {
				to, least, leastSoft = j, hard, soft
			}
			s.undo(i, j, soft, hard)
		}
		if to < 0 {
			continue
		}
		s.swap(i, to)
		until[i], until[to] = round+4+rng.IntN(6), round+4+rng.IntN(6)
		if better(s.hard, s.soft, bestHard, bestSoft) {
			bestHard, bestSoft = s.hard, s.soft
			copy(best, s.at)
		}
	}
	if better(bestHard, bestSoft, s.hard, s.soft) {
		*s = *newState(h, best)
	}
}

// guilty lists who has part in a hard breach.
func (s *state) guilty() []int {
	h := s.h
	var out []int
	for g, n := range s.part {
		if n > 1 {
			out = append(out, h.groups[g].members...)
		}
	}
	for a := range h.n {
		for _, b := range h.next[a] {
			if _, hard := h.pair(s.who[a], s.who[b]); hard > 0 {
				out = append(out, s.who[a])
			}
		}
		for _, t := range h.close[a] {
			if _, hard := h.kept(s.who[a], s.who[t.booth], t.rule); hard > 0 {
				out = append(out, s.who[a])
			}
		}
	}
	return out
}

// propose picks two exhibitors who can change places, -1 if the one it picked cannot. Half of the time they are of one group, whose region stays whole.
func (s *state) propose(rng *rand.Rand) (int, int) {
	h := s.h
	i := rng.IntN(h.m)
	var j int
	if g := h.of[i]; len(g) > 0 && rng.IntN(2) == 0 {
		members := h.groups[g[rng.IntN(len(g))]].members
		j = members[rng.IntN(len(members))]
	} else {
		j = s.who[h.free[i][rng.IntN(len(h.free[i]))]]
	}
	if i == j || !s.may(i, j) {
		return -1, -1
	}
	return i, j
}

// temperature is the average worsening of a few hundred exchanges.
func (s *state) temperature(rng *rand.Rand) float64 {
	sum, n := 0.0, 0
	for range 400 {
		i, j := s.propose(rng)
		if i < 0 {
			continue
		}
		soft, hard := s.swap(i, j)
		s.undo(i, j, soft, hard)
		if soft > 0 && hard <= 0 {
			sum += float64(soft)
			n++
		}
	}
	return max(0.5*sum/float64(max(n, 1)), 0.1)
}

// descend takes every exchange that improves, until none does.
func (s *state) descend(e *effort) {
	for improved := true; improved; {
		improved = false
		for i := range s.h.m {
			if e.over() {
				return
			}
			for _, a := range s.h.free[i] {
				j := s.who[a]
				if j == i || j < i && j < s.h.m || !s.may(i, j) {
					continue
				}
				soft, hard := s.swap(i, j)
				if hard < 0 || hard == 0 && soft < 0 {
					improved = true
					continue
				}
				s.undo(i, j, soft, hard)
			}
		}
	}
}

// layer is a part of the cost that is a quadratic assignment: Σ f(i,j)·d(at(i), at(j)) over all ordered pairs.
type layer struct{ f, d [][]int64 }

// layers writes all costs of pairs as quadratic assignments on n exhibitors, nobodies included.
func (h *hall) layers() []layer {
	matrix := func(v func(i, j int) int64) [][]int64 {
		out := make([][]int64, h.n)
		for i := range out {
			out[i] = make([]int64, h.n)
			for j := range out[i] {
				out[i][j] = v(i, j)
			}
		}
		return out
	}
	within := func(list [][]int) func(a, b int) int64 {
		in := make([]map[int]bool, h.n)
		for a := range in {
			in[a] = map[int]bool{}
			for _, b := range list[a] {
				in[a][b] = true
			}
		}
		return func(a, b int) int64 {
			if a < b && in[a][b] {
				return 1 // each pair of booths once
			}
			return 0
		}
	}
	somebody := func(v func(i, j int) int64) func(i, j int) int64 {
		return func(i, j int) int64 {
			if i >= h.m || j >= h.m {
				return 0
			}
			return v(i, j)
		}
	}
	var out []layer
	if h.flow != nil {
		out = append(out, layer{matrix(somebody(func(i, j int) int64 { return h.w.flow * h.flow[i][j] })), matrix(h.way)})
	}
	if len(h.p.Neighbours) > 0 {
		out = append(out, layer{matrix(somebody(func(i, j int) int64 { c, _ := h.pair(i, j); return c })), matrix(within(h.next))})
	}
	if h.w.crowd > 0 && (h.p.CrowdRadius > 0 || len(h.p.Near) > 0) {
		out = append(out, layer{matrix(somebody(func(i, j int) int64 { return h.w.crowd * h.pull[i] * h.pull[j] })), matrix(within(h.near))})
	}
	return out
}
