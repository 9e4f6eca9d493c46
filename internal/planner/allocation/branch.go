package allocation

import (
	"math"
	"slices"
)

// branch is an exact search over the exhibitors of a few exhibitions, all else staying as it is: depth first, one exhibitor placed at a time, bounded by the
// prices of places with exact knapsacks (Savelsbergh 1997 branches on the same relaxation). Its answer is the best that these exhibitions can make of their
// exhibitors, unless its work ran out.
type branch struct {
	c     *columns
	k     knapsack
	who   []int32     // exhibitors
	in    []int32     // exhibitions
	item  [][]chip    // of each exhibition
	of    [][]chip    // of each exhibitor, by exhibition
	none  int64       // value of no place
	u     [][]int64   // prices, by depth
	share [][]float64 // how often each exhibitor is in each exhibition's set, by depth
	value []int64     // of each exhibition's best set, and
	sets  [][]int32   // its exhibitors

	room []int64 // left at each exhibition on the way down
	out  []bool  // exhibitors that are placed
	at   []int32 // exhibition of each exhibitor, -1: no place
	sum  int64   // value of what is placed

	best         []int32
	top          int64 // value of best
	found        bool  // something better than the beginning
	ticks, limit int64 // work done, and most of it, in entries of knapsacks
	over         func() bool
	stopped      bool // by one of the two
}

// chip is a pair in a branch.
type chip struct {
	i, j  int32 // exhibitor and exhibition of the branch
	size  int64
	value int64 // as maximised
}

// newBranch frees some exhibitors at some exhibitions, for the pairs that l lists.
func (c *columns) newBranch(l *losses, in []int32, who []int32) *branch {
	b := &branch{c: c, who: who, in: in, none: c.least / c.scale}
	local := map[int32]int32{}
	for k, i := range who {
		local[i] = int32(k)
	}
	b.item, b.of = make([][]chip, len(in)), make([][]chip, len(who))
	b.room, b.out, b.at = make([]int64, len(in)), make([]bool, len(who)), make([]int32, len(who))
	b.value, b.sets = make([]int64, len(in)), make([][]int32, len(in))
	for k, j := range in {
		b.room[k] = c.room[j]
		items := c.item[j]
		for _, i := range who {
			at, ok := slices.BinarySearchFunc(items, i, func(x item, i int32) int { return int(x.i - i) })
			if ok && l.find(i, j) >= 0 {
				x := chip{local[i], int32(k), items[at].size, items[at].value / c.scale}
				b.item[k] = append(b.item[k], x)
				b.of[x.i] = append(b.of[x.i], x)
			}
		}
	}
	return b
}

// level returns the prices of a depth.
func (b *branch) level(depth int) ([]int64, []float64) {
	for len(b.u) <= depth {
		b.u = append(b.u, make([]int64, len(b.who)))
		b.share = append(b.share, make([]float64, len(b.who)*len(b.in)))
	}
	return b.u[depth], b.share[depth]
}

// fill is the best set of an exhibition at prices among those who are not placed, but one.
func (b *branch) fill(k int32, room int64, u []int64, but int32, set []int32) (int64, []int32) {
	set = set[:0]
	q := &b.k
	q.able, q.size, q.gain = q.able[:0], q.size[:0], q.gain[:0]
	size, sum, scale := int64(0), int64(0), b.c.scale
	for _, x := range b.item[k] {
		if g := x.value*scale - u[x.i]; g > 0 && x.size <= room && !b.out[x.i] && x.i != but {
			q.able, q.size, q.gain = append(q.able, x.i), append(q.size, int32(x.size)), append(q.gain, g)
			size += x.size
			sum += g
		}
	}
	b.ticks += int64(2 * len(b.item[k]))
	if size <= room {
		return sum, append(set, q.able...)
	}
	b.ticks += int64(len(q.able)) * room
	for _, x := range q.solve(q.size, q.gain, room) {
		set = append(set, q.able[x])
	}
	return q.top, set
}

// run searches from a plan (exhibition of the branch of each exhibitor, -1 for none) and prices of the exhibitors, and reports whether it went through all.
func (b *branch) run(at []int32, price []int64, limit int64, over func() bool) bool {
	b.limit, b.over, b.ticks, b.sum, b.found, b.stopped = limit, over, 0, 0, false, false
	b.best = append(b.best[:0], at...)
	b.top = 0
	for i, j := range at {
		b.top += b.worth(int32(i), j)
	}
	u, _ := b.level(0)
	copy(u, price)
	for i := range b.out {
		b.out[i] = false
	}
	b.node(0, len(b.who), 40)
	return !b.stopped
}

func (b *branch) worth(i, j int32) int64 {
	for _, x := range b.of[i] {
		if x.j == j {
			return x.value
		}
	}
	return b.none
}

// node searches all ways to place the exhibitors that are not.
func (b *branch) node(depth, left, rounds int) {
	if b.stopped = b.stopped || b.ticks >= b.limit || b.over(); b.stopped {
		return
	}
	if left == 0 {
		if b.sum > b.top {
			b.top, b.found = b.sum, true
			b.best = append(b.best[:0], b.at...)
		}
		return
	}
	scale := b.c.scale
	u, share := b.level(depth)
	n, m := len(b.who), len(b.in)
	clear(share)
	need := (b.top + 1 - b.sum) * scale
	x := make([]float64, n)
	dir := make([]float64, n)
	now := make([]int64, n)
	count := make([]int8, n)
	for i := range x {
		x[i] = float64(u[i])
	}
	copy(now, u)
	low := int64(math.MaxInt64)
	weight := 0.0
	pace := 1.0
	for round := 0; round < rounds; round++ {
		bound := int64(0)
		for i := range n {
			if count[i] = 0; !b.out[i] {
				bound += now[i]
			}
		}
		for k := range m {
			b.value[k], b.sets[k] = b.fill(int32(k), b.room[k], now, -1, b.sets[k])
			bound += b.value[k]
			for _, i := range b.sets[k] {
				count[i]++
			}
		}
		if bound < low {
			low = bound
			copy(u, now)
		} else {
			pace *= 0.85
		}
		if low < need {
			return
		}
		if b.stopped = b.stopped || b.ticks >= b.limit; b.stopped {
			return
		}
		weight = weight*0.85 + 1
		norm := 0.0
		for i := range n {
			if b.out[i] {
				continue
			}
			g := float64(count[i] - 1)
			if now[i] <= b.c.least && g < 0 {
				g = 0
			}
			dir[i] = 0.5*dir[i] + g
			norm += dir[i] * dir[i]
		}
		for k := range share {
			share[k] *= 0.85
		}
		for k := range m {
			for _, i := range b.sets[k] {
				share[int(i)*m+k]++
			}
		}
		if norm == 0 { // every exhibitor is in one set, or in none at the price of none: this is the best there is
			break
		}
		step := pace * float64(bound-need+scale) / norm
		for i := range n {
			if !b.out[i] {
				x[i] = max(float64(now[i])+step*dir[i], float64(b.c.least))
				now[i] = int64(math.Round(x[i]))
			}
		}
	}
	// whom to place: who is torn between two
	pick, most := int32(-1), -1.0
	for i := range n {
		if b.out[i] {
			continue
		}
		a1, a2 := 0.0, 0.0
		for k := range m {
			switch v := share[i*m+k] / weight; {
			case v > a1:
				a1, a2 = v, a1
			case v > a2:
				a2 = v
			}
		}
		if none := 1 - a1 - a2; none > a1 {
			a1, a2 = none, a1
		} else if none > a2 {
			a2 = none
		}
		if s := a2*a1 + 1e-3*a1; s > most {
			pick, most = int32(i), s
		}
	}
	// what the others are worth without it
	without := int64(0)
	for i := range n {
		if !b.out[i] && int32(i) != pick {
			without += u[i]
		}
	}
	value := make([]int64, m)
	for k := range m {
		value[k], b.sets[k] = b.fill(int32(k), b.room[k], u, pick, b.sets[k])
		without += value[k]
	}
	type child struct {
		chip
		bound int64
		share float64
	}
	var children []child
	for _, x := range b.of[pick] {
		if x.size <= b.room[x.j] {
			v, set := b.fill(x.j, b.room[x.j]-x.size, u, pick, b.sets[x.j])
			b.sets[x.j] = set
			if bound := without - value[x.j] + v + x.value*scale; bound >= need {
				children = append(children, child{x, bound, share[int(pick)*m+int(x.j)]})
			}
		}
	}
	if bound := without + b.none*scale; bound >= need {
		children = append(children, child{chip{pick, -1, 0, b.none}, bound, 0})
	}
	slices.SortFunc(children, func(x, y child) int {
		switch {
		case x.bound > y.bound:
			return -1
		case x.bound < y.bound:
			return 1
		}
		return int(x.j - y.j)
	})
	for _, x := range children {
		if x.bound < (b.top+1-b.sum)*scale {
			continue
		}
		next, _ := b.level(depth + 1)
		copy(next, u)
		b.out[pick], b.at[pick] = true, x.j
		b.sum += x.value
		if x.j >= 0 {
			b.room[x.j] -= x.size
		}
		b.node(depth+1, left-1, 8)
		if x.j >= 0 {
			b.room[x.j] += x.size
		}
		b.sum -= x.value
		b.out[pick] = false
		if b.stopped {
			return
		}
	}
}

// mender improves the plan of one walk by branches: a few exhibitions by chance, and who is there or nowhere.
type mender struct {
	part int   // exhibitions of the next branch: more as long as branches are soon done, fewer when their work runs out
	work int64 // of one branch at most: more as long as none finds anything
	vain int   // branches since the last that did
	all  bool  // a branch over all exhibitions went through: the plan is the best there is
}

// Work of a branch, in entries of knapsacks, and after how many branches in vain it grows.
const (
	leastWork = 8_000_000
	mostWork  = 400_000_000
	mostVain  = 24
)

// improve makes parts of a plan as good as they can be, for so much work. at is the exhibition of each exhibitor, e.j for no place; it returns what is gained.
func (m *mender) improve(c *columns, l *losses, at []int32, next func() uint64, work int64, over func() bool) (gain int64) {
	none := int32(c.e.j)
	order := make([]int32, none)
	for j := range order {
		order[j] = int32(j)
	}
	if m.part == 0 {
		m.part, m.work = 2, leastWork
	}
	for work > 0 && !m.all && !over() {
		m.part = min(max(m.part, 2), len(order))
		for k := range m.part {
			o := k + below(next(), len(order)-k)
			order[k], order[o] = order[o], order[k]
		}
		in := slices.Sorted(slices.Values(order[:m.part]))
		var who, nowhere []int32
		for i, j := range at {
			if j == none {
				nowhere = append(nowhere, int32(i))
			} else if _, ok := slices.BinarySearch(in, j); ok {
				who = append(who, int32(i))
			}
		}
		if m.part < len(order) && len(nowhere) > 8+len(who) { // a few of them, by chance
			for k := range 8 + len(who) {
				o := k + below(next(), len(nowhere)-k)
				nowhere[k], nowhere[o] = nowhere[o], nowhere[k]
			}
			nowhere = nowhere[:8+len(who)]
		}
		if who = append(who, nowhere...); len(who) == 0 {
			return gain
		}
		slices.Sort(who)
		b := c.newBranch(l, in, who)
		now, price := make([]int32, len(who)), make([]int64, len(who))
		before := int64(0)
		for k, i := range who {
			now[k] = -1
			if x, ok := slices.BinarySearch(in, at[i]); ok {
				now[k] = int32(x)
			}
			price[k] = c.price[i]
			before += b.worth(int32(k), now[k])
		}
		whole := b.run(now, price, min(m.work, work), over)
		work -= b.ticks + int64(len(at))
		m.vain++
		if b.found {
			gain += b.top - before
			m.vain = 0
			for k, i := range who {
				at[i] = none
				if b.best[k] >= 0 {
					at[i] = in[b.best[k]]
				}
			}
		}
		if m.vain >= mostVain {
			m.vain, m.work = 0, min(m.work*2, mostWork)
		}
		switch {
		case whole && m.part == len(order):
			m.all = len(order) < mostOptions // else pairs were left out
		case whole && b.ticks < m.work/8:
			m.part++
		case !whole && b.ticks >= m.work:
			m.part--
		}
	}
	return gain
}
