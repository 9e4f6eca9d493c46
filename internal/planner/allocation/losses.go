package allocation

import (
	"math"
	"slices"
)

// losses are the pairs of an assignment problem by what choosing them loses at prices: an exhibitor's best pair loses nothing. As
//
//	value of a plan within capacity = bound − Σ losses − Σ price·room left
//
// exactly, searching for a good plan is searching for one that loses little and leaves little room. To have no place is an option in a place of its own.
type losses struct {
	e      *engine
	from   []int32  // options of exhibitor i are option[from[i]:from[i+1]], the least loss first
	option []option // of the pairs that are worth a look
	slot   []uint8  // place of the option of (exhibitor, exhibition) among its exhibitor's, plus 1; nil for many pairs
	price  []float64
	room   []int64 // capacity of each exhibition; the last is "no place"
	spread float64 // what the third best option of the middle exhibitor loses
}

type option struct {
	loss  float64 // in values
	value int64   // as maximised, penalty included
	size  int64
	o     int32 // pair, -1 for none
	j     int32
}

// Options of an exhibitor that are looked at; where all exhibitions are alike to it, none of them can be left out.
const (
	mostOptions = 24
	mostAlike   = 250 // as slots are bytes
)

// newLosses lists the options at the best prices.
func (r *run) newLosses() *losses {
	e := r.e
	p := e.p
	l := &losses{e: e, from: make([]int32, 1, e.n+1), price: make([]float64, e.j+1), room: make([]int64, e.j+1)}
	for j := range e.j {
		l.price[j], l.room[j] = float64(r.best.row[j])/float64(e.scale), e.limit[j]
	}
	l.room[e.j] = math.MaxInt64 / 4
	if e.n*(e.j+1) <= 64<<20 {
		l.slot = make([]uint8, e.n*(e.j+1))
	}
	most := mostOptions
	if e.alike() {
		most = mostAlike
	}
	var all []candidate
	var third []float64
	for i := range e.n {
		base := int(p.Type[i]) * e.j
		all = all[:0]
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			if p.SizeOf(o) <= e.limit[p.Exh[o]] {
				all = append(all, candidate{e.adjusted(r.best, base, o), o})
			}
		}
		nothing := int64(0)
		if p.MustPlace {
			nothing = -e.penalty
		}
		all = append(all, candidate{nothing * e.scale, -1})
		slices.SortFunc(all, func(a, b candidate) int {
			switch {
			case a.adj > b.adj:
				return -1
			case a.adj < b.adj:
				return 1
			}
			return int(a.o - b.o)
		})
		if len(all) > most {
			none := slices.IndexFunc(all, func(c candidate) bool { return c.o < 0 })
			if none >= most {
				all = append(all[:most-1], all[none])
			} else {
				all = all[:most]
			}
		}
		for k, c := range all {
			x := option{loss: float64(all[0].adj-c.adj) / float64(e.scale), value: nothing, o: c.o, j: int32(e.j)}
			if c.o >= 0 {
				x.value, x.size, x.j = e.value(c.o), p.SizeOf(c.o), int32(p.Exh[c.o])
			}
			if l.slot != nil {
				l.slot[i*(e.j+1)+int(x.j)] = uint8(k + 1)
			}
			l.option = append(l.option, x)
		}
		l.from = append(l.from, int32(len(l.option)))
		if len(all) > 2 {
			third = append(third, float64(all[0].adj-all[2].adj)/float64(e.scale))
		}
	}
	slices.Sort(third)
	if len(third) > 0 {
		l.spread = third[len(third)/2]
	}
	l.spread = max(l.spread, 1e-3*e.typical()/float64(e.scale))
	return l
}

// find returns the option of exhibitor i at exhibition j, -1 if there is none.
func (l *losses) find(i, j int32) int32 {
	if l.slot != nil {
		if s := l.slot[int(i)*(l.e.j+1)+int(j)]; s > 0 {
			return l.from[i] + int32(s) - 1
		}
		return -1
	}
	for k := l.from[i]; k < l.from[i+1]; k++ {
		if l.option[k].j == j {
			return k
		}
	}
	return -1
}
