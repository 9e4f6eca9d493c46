package allocation

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"sync"

	"muntija/internal/planner/model"
)

// columns is the other relaxation of an assignment problem: what is priced is each exhibitor's one place, and each exhibition fills its room with the best set of
// exhibitors at these prices, a knapsack that is solved exactly (Fisher, Jaikumar and Van Wassenhove 1986). With
//
//	bound = Σ price of each exhibitor + Σ value of each exhibition's best set at these prices
//
// it is never worse than prices of room, whose sets may cut exhibitors into pieces, and the fewer exhibitors there are in each exhibition, the better it is.
type columns struct {
	e     *engine
	scale int64
	least int64       // no price is below: what nobody placed is worth, in 1/scale
	unit  []int64     // sizes at an exhibition are multiples of it
	room  []int64     // of each exhibition, in units
	item  [][]item    // of each exhibition
	price []int64     // of each exhibitor, in 1/scale, at the lowest bound
	bound int64       // the lowest, in 1/scale
	work  []*knapsack // one of each thread
	sets  [][]int32   // of each exhibition: items of its best set at the prices of the last evaluation
	value []int64     // and its value
	cost  int64       // operations of one evaluation, more or less
	sum4  int64       // a fourth of the entries of all tables
	big   int         // the largest exhibition if all have the same items, so that its table answers for all of them; else -1
}

// item is a pair in its exhibition.
type item struct {
	i, o  int32
	size  int64 // in units of the exhibition
	value int64 // as maximised, in 1/scale
}

// Limits up to which knapsacks are solved exactly: entries of the largest table, and a fourth of those of all that are filled in one evaluation.
const (
	mostTable    = 16 << 20
	mostKnapsack = 400 << 20
	mostProof    = 100 << 20 // of what a verifier is asked to recompute, in fourths
)

// newColumns makes the relaxation ready, nil if rooms are too large for exact knapsacks or numbers too large to be added.
func (r *run) newColumns() *columns {
	e := r.e
	p := e.p
	c := &columns{e: e, scale: e.scale, unit: make([]int64, e.j), room: make([]int64, e.j), item: make([][]item, e.j), price: make([]int64, e.n), sets: make([][]int32, e.j),
		value: make([]int64, e.j)}
	if p.MustPlace {
		c.least = -e.penalty * e.scale
	}
	most := int64(0)
	for i := range int32(e.n) {
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			j := p.Exh[o]
			if s := p.SizeOf(o); s <= e.limit[j] {
				c.item[j] = append(c.item[j], item{i, o, s, e.value(o) * e.scale})
				most = max(most, abs(e.value(o)))
			}
		}
	}
	if hi, lo := bits.Mul64(uint64(most+e.penalty), uint64(e.scale)*uint64(2*e.n+1)); hi != 0 || lo > math.MaxInt64/8 {
		return nil
	}
	for j := range c.item {
		all, unit := int64(0), int64(0)
		for _, x := range c.item[j] {
			unit = gcd(unit, x.size)
			all += x.size
		}
		unit = max(unit, 1)
		c.unit[j], c.room[j] = unit, min(e.limit[j], all)/unit
		for k := range c.item[j] {
			c.item[j][k].size /= unit
		}
		c.cost += c.room[j] * int64(len(c.item[j])) / 4
		if (c.room[j]+1)*int64(len(c.item[j])+1) > mostTable {
			return nil
		}
	}
	c.sum4 = c.cost
	if c.big = -1; e.alike() && !p.MustPlace {
		for j := range c.room {
			if c.big < 0 || e.limit[j] > e.limit[c.big] {
				c.big = j
			}
		}
		for j := range c.room { // what does not fit into a smaller room is left out there by the table
			c.room[j] = min(e.limit[j]/c.unit[c.big], c.room[c.big])
		}
		c.cost /= int64(e.j)
	}
	if c.cost > mostKnapsack {
		return nil
	}
	for range e.threads {
		c.work = append(c.work, &knapsack{})
	}
	return c
}

func abs(v int64) int64 { return max(v, -v) }

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// knapsack solves one exhibition.
type knapsack struct {
	table []int64 // value of the best set by things looked at and room
	able  []int32 // items worth taking, their sizes and
	size  []int32
	gain  []int64 // what they are worth at the prices
	took  []int32
	top   int64
}

// fill returns the value of the best set of an exhibition at prices, and its items in the order of the exhibition.
func (k *knapsack) fill(items []item, room int64, price []int64, out []int32) (int64, []int32) {
	size, sum := k.worth(items, price)
	free := out[:0]
	if size <= room {
		return sum, append(free, k.able...)
	}
	for _, x := range k.solve(k.size, k.gain, room) {
		free = append(free, k.able[x])
	}
	return k.top, free
}

// worth lists who is worth taking at prices, and returns the size and worth of all of them.
func (k *knapsack) worth(items []item, price []int64) (size, sum int64) {
	k.able, k.size, k.gain = k.able[:0], k.size[:0], k.gain[:0]
	for x := range items {
		it := &items[x]
		if g := it.value - price[it.i]; g > 0 {
			k.able, k.size, k.gain = append(k.able, int32(x)), append(k.size, int32(it.size)), append(k.gain, g)
			size += it.size
			sum += g
		}
	}
	return size, sum
}

// solve returns which things make the best set in a room, in order, each with a size and a gain above 0, and sets top to its value. The slice is valid until the next call.
func (k *knapsack) solve(size []int32, gain []int64, room int64) []int32 {
	n, width := len(size), int(room)+1
	if cap(k.table) < (n+1)*width {
		k.table = make([]int64, (n+1)*width+1024)
	}
	table := k.table[:(n+1)*width]
	clear(table[:width])
	for x, s := range size {
		g, old, now := gain[x], table[x*width:(x+1)*width], table[(x+1)*width:(x+2)*width]
		copy(now[:s], old)
		out, in := old[s:], now[s:]
		in = in[:len(out)]
		for c, v := range old[:len(out)] { // without a branch, which would be guessed wrong every other time
			in[c] = max(out[c], v+g)
		}
	}
	k.took = k.took[:0]
	c := int(room)
	for x := n - 1; x >= 0; x-- {
		if table[(x+1)*width+c] != table[x*width+c] {
			k.took = append(k.took, int32(x))
			c -= int(size[x])
		}
	}
	slices.Reverse(k.took)
	k.top = table[n*width+int(room)]
	return k.took
}

// evaluate solves all knapsacks at prices, and returns the bound and how many sets each exhibitor is in.
func (c *columns) evaluate(price []int64, count []int32) int64 {
	if c.big >= 0 {
		c.fillAlike(price)
		return c.sum(price, count)
	}
	var wg sync.WaitGroup
	for t, k := range c.work {
		wg.Go(func() {
			for j := t; j < len(c.item); j += len(c.work) {
				c.value[j], c.sets[j] = k.fill(c.item[j], c.room[j], price, c.sets[j])
			}
		})
	}
	wg.Wait()
	return c.sum(price, count)
}

// fillAlike fills all exhibitions by the table of the largest.
func (c *columns) fillAlike(price []int64) {
	k, room := c.work[0], c.room[c.big]
	k.worth(c.item[c.big], price)
	k.solve(k.size, k.gain, room)
	width := int(room) + 1
	for j := range c.room {
		at := int(c.room[j])
		c.value[j], c.sets[j] = k.table[len(k.size)*width+at], c.sets[j][:0]
		for x := len(k.size) - 1; x >= 0 && at > 0; x-- {
			if k.table[(x+1)*width+at] != k.table[x*width+at] {
				c.sets[j] = append(c.sets[j], k.able[x])
				at -= int(k.size[x])
			}
		}
	}
}

// sum is the bound at prices, from what the exhibitions are filled with.
func (c *columns) sum(price []int64, count []int32) int64 {
	clear(count)
	sum := int64(0)
	for _, u := range price {
		sum += u
	}
	for j, set := range c.sets {
		sum += c.value[j]
		items := c.item[j]
		if c.big >= 0 {
			items = c.item[c.big]
		}
		for _, x := range set {
			count[items[x].i]++
		}
	}
	return sum
}

// descend lowers the bound by the subgradient method with the direction smoothed (Camerini, Fratta and Maffioli 1975), towards a value in 1/scale.
func (c *columns) descend(rounds int, target int64, over func() bool) {
	n := len(c.price)
	x, dir := make([]float64, n), make([]float64, n)
	price, count := make([]int64, n), make([]int32, n)
	for i, u := range c.price {
		x[i] = float64(u)
	}
	pace, vain := 1.0, 0
	for round := 0; round < rounds && !over(); round++ {
		for i := range price {
			price[i] = max(int64(math.Round(x[i])), c.least)
		}
		bound := c.evaluate(price, count)
		if bound < c.bound {
			if c.bound-bound > (c.bound-target)/2000 {
				vain = 0
			}
			c.bound = bound
			copy(c.price, price)
		}
		if vain++; vain > 25 {
			if pace /= 2; pace < 1e-4 {
				return
			}
			vain = 0
			for i, u := range c.price {
				x[i], dir[i] = float64(u), 0
			}
			continue
		}
		if bound <= target {
			return
		}
		norm := 0.0
		for i := range dir {
			g := float64(count[i] - 1)
			if x[i] <= float64(c.least) && g < 0 {
				g = 0
			}
			dir[i] = 0.6*dir[i] + g
			norm += dir[i] * dir[i]
		}
		if norm == 0 {
			return
		}
		step := pace * float64(bound-target) / norm
		for i := range x {
			x[i] = max(x[i]+step*dir[i], float64(c.least))
		}
	}
}

// tighten lowers the bound of an assignment problem by exact knapsacks, beginning at what the prices of room say each exhibitor is worth.
func (r *run) tighten(c *columns, rounds int) {
	e := r.e
	if c.bound == 0 {
		ch := newChooser(e)
		for i := range e.n {
			v, _ := ch.choose(r.best, i)
			c.price[i] = max(v, c.least)
		}
		if c.big >= 0 {
			c.evenPrices()
		}
		c.bound = math.MaxInt64
	}
	target := r.value * e.scale
	if !r.planned {
		t := new(big.Int).Set(r.bound)
		target = t.Int64() - abs(t.Int64())/100
	}
	c.descend(rounds, target, func() bool { return r.ctx.Err() != nil })
	if b := floorDiv(c.bound, e.scale); b < r.floor() {
		r.searched, r.proof = b, model.ProofSearch
		if c.sum4 <= mostProof {
			r.places, r.placeBound = slices.Clone(c.price), b
		}
	}
}

// evenPrices are those of places when a unit of room costs the same everywhere, what the first exhibitor is worth that finds no room in the order of worth for size.
func (c *columns) evenPrices() {
	list, room := slices.Clone(c.item[c.big]), int64(0)
	for _, r := range c.room {
		room += r
	}
	slices.SortStableFunc(list, func(a, b item) int {
		return cmp.Compare(float64(b.value)*float64(a.size), float64(a.value)*float64(b.size))
	})
	clear(c.price)
	for k, x := range list {
		if room -= x.size; room < 0 {
			for _, y := range list[:k] {
				c.price[y.i] = max(0, y.value-int64(float64(x.value)/float64(x.size)*float64(y.size)))
			}
			return
		}
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
