package allocation

import (
	"cmp"
	"math"
	"slices"
)

// Limits of exhaustion: options of all exhibitors together, and nodes.
const (
	mostExhausted = 400
	mostNodes     = 400_000
)

// exhaust looks at every plan of a small assignment problem that can be better than the present one: depth first, those first whose second choice loses most, given up as
// soon as the losses at the prices are more than what the bound leaves. It works with numbers of any size, which tables and a solver in floating point do not.
func (r *run) exhaust(l *losses) {
	e := r.e
	if len(l.option) > mostExhausted || e.j+1 > mostOptions {
		return
	}
	order := make([]int32, e.n)
	for i := range order {
		order[i] = int32(i)
	}
	second := func(i int32) float64 {
		if l.from[i+1]-l.from[i] < 2 {
			return math.Inf(1)
		}
		return l.option[l.from[i]+1].loss
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(second(b), second(a)) })
	bound := toFloat(r.bound) / float64(e.scale)
	slack := 1e-9 * max(1e3, math.Abs(bound))
	reach, value := math.Inf(1), int64(math.MinInt64)
	if r.planned {
		value = r.value
		reach = bound - float64(value) - 1 + slack
	}
	room, at, best := slices.Clone(l.room), make([]int32, e.n), []int32(nil)
	nodes := 0
	var deeper func(k int, lost float64, sum int64)
	deeper = func(k int, lost float64, sum int64) {
		if k == len(order) {
			if sum > value {
				value, best = sum, append(best[:0], at...)
				reach = bound - float64(value) - 1 + slack
			}
			return
		}
		i := order[k]
		for o := l.from[i]; o < l.from[i+1]; o++ {
			x := &l.option[o]
			if nodes++; nodes > mostNodes || lost+x.loss > reach {
				return
			}
			if x.size <= room[x.j] {
				room[x.j] -= x.size
				at[i] = o
				deeper(k+1, lost+x.loss, sum+x.value)
				room[x.j] += x.size
			}
		}
	}
	deeper(0, 0, 0)
	if best != nil {
		s := newState(e)
		for i, o := range best {
			if p := l.option[o].o; p >= 0 {
				s.add(int32(i), p)
			}
		}
		r.take(s)
	}
	if nodes <= mostNodes && r.planned {
		r.prove(r.value)
	}
}
