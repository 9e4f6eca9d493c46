package allocation

import (
	"math"
	"slices"
)

// walker is a local search over assignments that passes through plans that are over capacity. The room that stays empty and what is over capacity cost little at first and
// their full price in the end: at the full price from the beginning, hardly any exchange keeps every exhibition as full as it was, and the walk stands still.
type walker struct {
	*losses
	at     []int32   // option of each exhibitor
	load   []int64   // of each exhibition
	empty  []float64 // present price of a unit of room, and
	over   []float64 // of a unit over capacity
	full   []float64 // least price of a unit over capacity in the end
	in     [][]int32 // exhibitors at each exhibition, in any order
	pos    []int32   // position of each exhibitor there
	random uint64
	ticks  int64 // options looked at, more or less
	excess int64 // of all exhibitions over their capacities
	sum    int64 // value of the present assignment
	best   []int32
	value  int64 // of best
	has    bool
}

func newWalker(l *losses, seed, number uint64) *walker {
	n, j := l.e.n, l.e.j
	w := &walker{losses: l, at: make([]int32, n), load: make([]int64, j+1), empty: make([]float64, j+1), over: make([]float64, j+1), full: make([]float64, j+1), in: make([][]int32, j+1), pos: make([]int32, n),
		random: (seed+1)*0x9e3779b97f4a7c15 ^ (number+1)*0xd1b54a32d192ed03}
	mean := 0.0
	for _, v := range l.price {
		mean += v / float64(j)
	}
	if mean == 0 {
		mean = l.spread / float64(max(1, averageSize(l)))
	}
	for k := range j {
		w.full[k] = max(l.price[k], mean/4)
	}
	for i := range n {
		w.at[i] = -1
		w.set(int32(i), l.from[i])
	}
	return w
}

func averageSize(l *losses) int64 {
	sum := int64(0)
	for _, x := range l.option {
		sum += x.size
	}
	return sum / int64(len(l.option))
}

// next is a random number (Steele, Lea and Flood 2014, "SplitMix").
func (w *walker) next() uint64 {
	w.random += 0x9e3779b97f4a7c15
	z := w.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a random number from 0 to n-1, made of 32 bits of one.
func below(bits uint64, n int) int { return int(uint64(uint32(bits)) * uint64(n) >> 32) }

// patience holds −ln of evenly spread numbers: what costs less than one of them times the temperature is taken.
var patience = func() (t [4096]float64) {
	for k := range t {
		t[k] = -math.Log((float64(k) + 0.5) / float64(len(t)))
	}
	return t
}()

// set gives exhibitor i an option.
func (w *walker) set(i, to int32) {
	x := &w.option[to]
	if old := w.at[i]; old >= 0 {
		y := &w.option[old]
		w.carry(y.j, -y.size)
		list := w.in[y.j]
		last := list[len(list)-1]
		list[w.pos[i]] = last
		w.pos[last] = w.pos[i]
		w.in[y.j] = list[:len(list)-1]
		w.sum -= y.value
	}
	w.at[i] = to
	w.carry(x.j, x.size)
	w.pos[i] = int32(len(w.in[x.j]))
	w.in[x.j] = append(w.in[x.j], i)
	w.sum += x.value
}

// carry changes the load of an exhibition.
func (w *walker) carry(j int32, by int64) {
	limit := w.room[j]
	w.excess += max(0, w.load[j]+by-limit) - max(0, w.load[j]-limit)
	w.load[j] += by
}

// pay is what an exhibition costs at a load: room that stays empty at its price, what is over at another.
func (w *walker) pay(j int32, load int64) float64 {
	left := w.room[j] - load
	if left >= 0 {
		return float64(left) * w.empty[j]
	}
	return float64(-left) * w.over[j]
}

// note keeps the assignment if it is within capacity and better than the best.
func (w *walker) note() {
	if w.excess == 0 && (!w.has || w.sum > w.value) {
		w.has, w.value = true, w.sum
		w.best = append(w.best[:0], w.at...)
	}
}

// take makes the assignment another one.
func (w *walker) take(at []int32) {
	for i, k := range at {
		if w.at[i] != k {
			w.set(int32(i), k)
		}
	}
}

// Limits of a chain.
const (
	mostLinks = 8
	widthLink = 32 // how many exhibitors of one place are looked at
)

// chain lets exhibitor i leave its place for another, where somebody leaves in turn for whom it makes room, and so on, until the last one fills the place that i left or fits
// somewhere (Yagiura, Ibaraki and Glover 2004). What is gained and lost is known at each link but for the first place, which pays nothing at best; a chain that has lost more
// than limit and that is given up. It reports whether a chain was made.
func (w *walker) chain(i int32, limit float64) bool {
	var who, to [mostLinks + 1]int32
	k := w.at[i]
	start := w.option[k].j
	begin := w.pay(start, w.load[start])
	hole := w.load[start] - w.option[k].size
	sum := -w.option[k].loss - begin
	depth := 0
	for x := i; ; {
		// x has no place now, and all else is as sum says
		from, count := w.from[x], int(w.from[x+1]-w.from[x])
		old := w.at[x]
		if depth > 0 { // does x fill the hole?
			if o := w.find(x, start); o >= 0 && sum+w.option[o].loss+w.pay(start, hole+w.option[o].size) <= limit {
				who[depth], to[depth] = x, o
				depth++
				break
			}
		}
		budget := limit - sum
		able := 0
		for able < count && w.option[from+int32(able)].loss <= budget {
			able++
		}
		w.ticks += 2
		if able == 0 || depth >= mostLinks {
			return false
		}
		z := w.next()
		o := from + int32(below(z, able))
		if o == old {
			if able == 1 {
				return false
			}
			o = from + int32((int(o-from)+1)%able)
		}
		y := &w.option[o]
		for d := range depth {
			if w.option[to[d]].j == y.j {
				return false // each place once
			}
		}
		if y.j == start {
			return false
		}
		who[depth], to[depth] = x, o
		depth++
		sum += y.loss
		room := w.load[y.j] + y.size
		now := w.pay(y.j, w.load[y.j])
		if end := sum + w.pay(y.j, room) - now + w.pay(start, hole); end <= limit {
			break
		}
		list := w.in[y.j]
		next, ties := int32(-1), uint64(0)
		var after float64
		z >>= 32
		at, n := 0, len(list)
		if n > widthLink {
			at, n = below(z, n), widthLink
		}
		w.ticks += int64(n)
		for range n {
			if at == len(list) {
				at = 0
			}
			v := &w.option[w.at[list[at]]]
			if g := sum + w.pay(y.j, room-v.size) - now - v.loss; g <= limit {
				ties++
				if z = z*0x9e3779b97f4a7c15 + 1; (z>>32)*ties>>32 == 0 {
					next, after = list[at], g
				}
			}
			at++
		}
		if next < 0 {
			return false
		}
		x, sum = next, after
	}
	for d := range depth {
		w.set(who[d], to[d])
	}
	return true
}

// Temperatures of annealing as shares of the spread of losses, and prices of room and overload as shares of those in the end.
const (
	hot, cold  = 0.3, 0.05
	cheap      = 0.03 // of the first round
	cheapAgain = 0.1  // of the others, which begin at a good plan
	steep      = 20   // how many times its least price a unit over capacity costs in the end
)

// anneal is simulated annealing over chains while the prices of room and overload rise from a share of them to the whole.
func (w *walker) anneal(length int64, from float64, over func() bool) {
	for start := w.ticks; w.ticks-start < length && !over(); {
		share := float64(w.ticks-start) / float64(length)
		w.dear(from, share)
		temperature := w.spread * hot * math.Pow(cold/hot, share)
		for range 1000 {
			z := w.next()
			if w.chain(int32(below(z, len(w.at))), temperature*patience[z>>32&4095]) {
				w.note()
			}
		}
	}
	w.mend()
}

// dear sets the prices of room and overload at a share of a round.
func (w *walker) dear(from, share float64) {
	t := math.Pow(from, max(0, 1-1.1*share))
	f := 1.5 * math.Pow(steep/1.5, max(0, 1.2*share-0.2))
	for j := range w.e.j {
		w.empty[j], w.over[j] = w.price[j]*t, w.full[j]*t*f
	}
}

// mend takes exhibitors away from where there are too many, the smallest one that is enough or else the largest, and gives those without a place the best that fits.
func (w *walker) mend() {
	if w.excess == 0 && len(w.in[w.e.j]) == 0 {
		return
	}
	if w.excess > 0 && w.has && w.sum <= w.value {
		return
	}
	none := int32(w.e.j)
	for j := range none {
		for w.load[j] > w.room[j] {
			who, size := int32(-1), int64(0)
			for _, i := range w.in[j] {
				s := w.option[w.at[i]].size
				enough := s >= w.load[j]-w.room[j]
				if who < 0 || enough && (size < w.load[j]-w.room[j] || s < size) || !enough && s > size {
					who, size = i, s
				}
			}
			w.set(who, w.find(who, none))
		}
	}
	for _, i := range slices.Sorted(slices.Values(w.in[none])) {
		for k := w.from[i]; k < w.from[i+1] && w.option[k].j != none; k++ {
			if x := &w.option[k]; w.load[x.j]+x.size <= w.room[x.j] {
				w.set(i, k)
				break
			}
		}
	}
	w.note()
}
