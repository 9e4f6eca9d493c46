package allocation

import (
	"cmp"
	"math"
	"slices"
)

// packer improves a plan of a multiple knapsack problem by emptying a few exhibitions and filling them anew, one after the other, each by the exact best set at values that
// are shaken a little; what is worse is taken as in annealing (large neighbourhood search: Shaw 1998; Pisinger and Ropke 2010). Exchanges of single exhibitors find no way
// from one full exhibition to another full one, sets do.
type packer struct {
	things []thing // the most valuable for its size first
	room   []int64 // of each exhibition, in units
	at     []int32 // exhibition of each thing, -1 if none
	in     [][]int32
	left   []int64 // room left
	value  int64
	mean   float64 // value of the mean thing
	best   []int32
	top    int64 // value of best
	k      knapsack
	tree   tree
	mark   []bool
	list   []int32
	able   []int32
	size   []int32
	gain   []int64
	all    []int32 // things of the emptied exhibitions, and
	old    []int32 // where they were
}

// Limits of repacking: the largest table, how many exhibitions are emptied, and how many of those without a place are looked at.
const (
	mostTableRepack = 120_000

	fewSacks    = 2
	mostSacks   = 5
	poolSample  = 28
	repackGrain = 1 << 12 // a value's part that shaking changes
)

// newPacker makes a packer, nil if the problem is another one or its rooms are too large.
func (r *run) newPacker() *packer {
	e := r.e
	p := e.p
	if p.MustPlace || !e.alike() || e.j < 2 {
		return nil
	}
	k := &packer{in: make([][]int32, e.j)}
	unit, most := int64(0), int64(0)
	for i := range int32(e.n) {
		o := p.Start[i]
		if unit = gcd(unit, p.SizeOf(o)); e.value(o) > 0 && p.SizeOf(o) > 0 {
			k.things = append(k.things, thing{i, p.SizeOf(o), e.value(o)})
			k.mean += float64(e.value(o))
		}
	}
	if len(k.things) == 0 {
		return nil
	}
	for j := range e.j {
		k.room = append(k.room, e.limit[j]/unit)
		most = max(most, e.limit[j]/unit)
	}
	if most > math.MaxInt32 {
		return nil
	}
	for x := range k.things {
		k.things[x].size /= unit
	}
	k.things = slices.DeleteFunc(k.things, func(x thing) bool { return x.size > most })
	slices.SortStableFunc(k.things, func(a, b thing) int {
		return cmp.Compare(float64(b.value)*float64(a.size), float64(a.value)*float64(b.size))
	})
	k.mean /= float64(max(1, len(k.things)))
	k.at, k.mark, k.left = make([]int32, len(k.things)), make([]bool, len(k.things)), slices.Clone(k.room)
	return k
}

// begin takes a plan: the exhibition of each exhibitor, another number if none.
func (k *packer) begin(at func(i int32) int32) {
	copy(k.left, k.room)
	for j := range k.in {
		k.in[j] = k.in[j][:0]
	}
	k.value = 0
	for x, t := range k.things {
		k.at[x] = -1
		if j := at(t.i); j >= 0 && int(j) < len(k.room) {
			k.put(int32(x), j)
		}
	}
	k.best, k.top = append(k.best[:0], k.at...), k.value
}

func (k *packer) put(x, j int32) {
	k.at[x] = j
	k.in[j] = append(k.in[j], x)
	k.left[j] -= k.things[x].size
	k.value += k.things[x].value
}

// clear empties an exhibition.
func (k *packer) clear(j int32) {
	for _, x := range k.in[j] {
		k.at[x] = -1
		k.left[j] += k.things[x].size
		k.value -= k.things[x].value
	}
	k.in[j] = k.in[j][:0]
}

// search repacks until its work, in entries of tables, is done.
func (k *packer) search(next func() uint64, work int64, over func() bool) {
	if len(k.things) == 0 {
		return
	}
	var sacks []int32
	for left := work; left > 0 && !over(); {
		temperature := k.mean * 0.03 * math.Pow(0.03, 1-float64(left)/float64(work))
		count := min(len(k.room), fewSacks+below(next(), mostSacks-fewSacks+1))
		sacks = sacks[:0]
		for len(sacks) < count {
			z := next()
			a, b := int32(below(z, len(k.room))), int32(below(z>>32, len(k.room)))
			if len(sacks) == 0 && k.left[b] > k.left[a] { // one with room left
				a = b
			}
			if !slices.Contains(sacks, a) {
				sacks = append(sacks, a)
			}
		}
		before := k.value
		k.list, k.old = k.list[:0], k.old[:0]
		for _, j := range sacks {
			k.list = append(k.list, k.in[j]...)
			for _, x := range k.in[j] {
				k.old, k.mark[x] = append(k.old, j), true
			}
			k.clear(j)
		}
		taken := len(k.list)
		for range 2 * poolSample {
			z := next()
			f := float64(z>>11) / (1 << 53)
			if x := int32(float64(len(k.things)) * f * f); k.at[x] < 0 && !k.mark[x] && len(k.list) < taken+poolSample {
				k.mark[x] = true
				k.list = append(k.list, x)
			}
		}
		for _, x := range k.list {
			k.mark[x] = false
		}
		k.all = append(k.all[:0], k.list[:taken]...)
		shaken := k.mean * [4]float64{0.02, 0.1, 0.3, 1}[next()&3]
		for n := len(sacks) - 1; n > 0; n-- {
			m := below(next(), n+1)
			sacks[n], sacks[m] = sacks[m], sacks[n]
		}
		for n, j := range sacks {
			left -= k.fill(j, n == len(sacks)-1, shaken, next)
		}
		if d := float64(k.value - before); d < 0 && -d > temperature*patience[next()&4095] {
			for _, j := range sacks {
				k.clear(j)
			}
			for n, x := range k.all {
				k.put(x, k.old[n])
			}
		} else if k.value > k.top {
			k.top = k.value
			copy(k.best, k.at)
		}
	}
}

// fill gives an empty exhibition the best set of the list, at shaken values unless it is the last one, and takes it off the list. It returns the work.
func (k *packer) fill(j int32, last bool, shaken float64, next func() uint64) int64 {
	k.size, k.gain, k.able = k.size[:0], k.gain[:0], k.able[:0]
	rest := k.list[:0]
	for _, x := range k.list {
		t := &k.things[x]
		if t.size > k.room[j] {
			rest = append(rest, x)
			continue
		}
		g := t.value * repackGrain
		if !last {
			g += int64(shaken * float64(next()&(repackGrain-1)))
		}
		k.able, k.size, k.gain = append(k.able, x), append(k.size, int32(t.size)), append(k.gain, g)
	}
	work := int64(len(k.able)+8) * (k.room[j] + 64)
	if work <= mostTableRepack {
		for _, q := range k.k.solve(k.size, k.gain, k.room[j]) {
			k.put(k.able[q], j)
		}
	} else {
		for _, x := range k.tree.solve(k.able, k.size, k.gain, k.room[j]) {
			k.put(x, j)
		}
		work = 10 * k.tree.nodes
	}
	for _, x := range k.able {
		if k.at[x] < 0 {
			rest = append(rest, x)
		}
	}
	k.list = rest
	return work
}

// tree fills a room too large for a table by depth-first search, the most valuable for their size first, as far as its nodes reach (Horowitz and Sahni 1974).
type tree struct {
	chips []chipOf
	path  []int32
	best  []int32
	top   int64
	nodes int64
}

type chipOf struct {
	x          int32
	size, gain int64
	rate       float64
}

// mostTreeNodes bounds one search.
const mostTreeNodes = 6000

func (t *tree) solve(able, size []int32, gain []int64, room int64) []int32 {
	t.chips = t.chips[:0]
	for n, x := range able {
		t.chips = append(t.chips, chipOf{x, int64(size[n]), gain[n], float64(gain[n]) / float64(size[n])})
	}
	slices.SortFunc(t.chips, func(a, b chipOf) int { return cmp.Or(cmp.Compare(b.rate, a.rate), cmp.Compare(a.x, b.x)) })
	t.path, t.best, t.top, t.nodes = t.path[:0], t.best[:0], -1, 0
	t.deeper(0, room, 0)
	return t.best
}

func (t *tree) deeper(from int, room, sum int64) {
	if sum > t.top {
		t.top = sum
		t.best = append(t.best[:0], t.path...)
	}
	for n := from; n < len(t.chips); n++ {
		c := &t.chips[n]
		if t.nodes++; t.nodes > mostTreeNodes || sum+int64(float64(room)*c.rate) <= t.top {
			return
		}
		if c.size <= room {
			t.path = append(t.path, c.x)
			t.deeper(n+1, room-c.size, sum+c.gain)
			t.path = t.path[:len(t.path)-1]
		}
	}
}
