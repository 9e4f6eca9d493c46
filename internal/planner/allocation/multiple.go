package allocation

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Limits of the sum of all rooms as one knapsack: bits of its table, its room, and entries of the tables that all attempts to share its set out may fill together.
const (
	mostSum   = 1 << 28
	mostTotal = 1 << 24
	shareRate = 150_000_000 // per second of the time limit
)

// thing is an exhibitor of a multiple knapsack problem.
type thing struct {
	i     int32
	size  int64
	value int64
}

// multiple answers a multiple knapsack problem, in which an exhibitor has the same size and value everywhere and need not be placed: all rooms together are one knapsack,
// whose best set bounds every plan (Pisinger 1999), and its sets for all room, for one unit less and so on are shared out to the exhibitions, each filled as full as it
// can be by what is left, the larger exhibitors first. It does nothing if the problem is another one or too large.
func (r *run) multiple() {
	e := r.e
	p := e.p
	if p.MustPlace {
		return
	}
	unit := int64(0)
	things := make([]thing, 0, e.n)
	for i := range int32(e.n) {
		from, to := p.Start[i], p.Start[i+1]
		if to == from {
			continue
		}
		if int(to-from) != e.j {
			return
		}
		x := thing{i, p.SizeOf(from), e.value(from)}
		for o := from + 1; o < to; o++ {
			if p.SizeOf(o) != x.size || e.value(o) != x.value {
				return
			}
		}
		if unit = gcd(unit, x.size); x.value > 0 {
			things = append(things, x)
		}
	}
	if len(things) == 0 || unit == 0 {
		return
	}
	room, most := make([]int64, e.j), int64(0)
	total, all := int64(0), int64(0)
	for j := range room {
		room[j] = e.limit[j] / unit
		most = max(most, room[j])
	}
	things = slices.DeleteFunc(things, func(x thing) bool { return x.size/unit > most })
	for k := range things {
		things[k].size /= unit
		all += things[k].size
	}
	for _, c := range room {
		if total += c; c < 0 || total > math.MaxInt64/2-mostSum {
			return
		}
	}
	total = min(total, all)
	if len(things) == 0 || total > mostTotal || total*int64(len(things)) > mostSum {
		return
	}
	best, took := oneKnapsack(things, total)
	r.prove(best[total])
	random := rand.New(rand.NewPCG(r.seed, 0x3b1a))
	work := int64(r.o.Time.Seconds() * shareRate)
	// The most room whose set can be shared out is looked for: in growing steps down until one is, then between the last two again and again.
	low, high := int64(-1), total+1 // was shared out, was not
	for step, at := int64(1), total; work > 0 && r.ctx.Err() == nil && at >= 0 && best[at] > r.value; {
		for at > 0 && best[at-1] == best[at] {
			at--
		}
		set := setOf(things, took, total, at)
		whole := false
		for range 6 {
			s := newState(e)
			left := shareOut(set, room, random, &work, func(x thing, j int) { s.add(x.i, p.Start[x.i]+int32(j)) })
			if whole = len(left) == 0; !whole {
				s.insert(things)
			}
			if r.take(s); whole || work <= 0 || r.ctx.Err() != nil {
				break
			}
		}
		switch {
		case whole:
			low = at
		default:
			high = at
		}
		if low < 0 {
			step *= 2
			at = max(at-step, 0)
			if high == 0 {
				break
			}
			continue
		}
		if high-low <= 1 || best[high-1] == best[low] { // once more, with other choices by chance
			high = min(total+1, high+max(4, total/2000))
		}
		at = low + (high-low)/2
		if best[at] <= r.value {
			at = high - 1
		}
	}
}

// alike reports whether each exhibitor has one value and one size in all exhibitions.
func (e *engine) alike() bool {
	p := e.p
	for i := range e.n {
		from, to := p.Start[i], p.Start[i+1]
		if int(to-from) != e.j {
			return false
		}
		for o := from + 1; o < to; o++ {
			if p.Value[o] != p.Value[from] || p.SizeOf(o) != p.SizeOf(from) {
				return false
			}
		}
	}
	return true
}

// setOf is the best set for a room, from the bits of oneKnapsack.
func setOf(things []thing, took []uint64, total, room int64) (set []thing) {
	for k := len(things) - 1; k >= 0; k-- {
		if at := int64(k)*(total+1) + room; took[at>>6]&(1<<(at&63)) != 0 {
			set = append(set, things[k])
			room -= things[k].size
		}
	}
	return set
}

// insert puts whoever fits somewhere there, the most valuable for their size first.
func (s *state) insert(things []thing) {
	rest := slices.Clone(things)
	slices.SortStableFunc(rest, func(a, b thing) int {
		return cmp.Compare(float64(b.value)*float64(a.size), float64(a.value)*float64(b.size))
	})
	for _, x := range rest {
		for j := int32(0); j < int32(s.e.j) && s.of[x.i] == 0; j++ {
			if o := s.e.p.Start[x.i] + j; s.fits(x.i, o) {
				s.add(x.i, o)
			}
		}
	}
}

// oneKnapsack returns the value of the best set for each room, and as bits at k·(room+1)+c whether thing k is the last one of that of room c among the first k+1.
func oneKnapsack(things []thing, room int64) (best []int64, took []uint64) {
	best = make([]int64, room+1)
	took = make([]uint64, (int64(len(things))*(room+1)+63)/64)
	for k, x := range things {
		base := int64(k) * (room + 1)
		for c := room; c >= x.size; c-- {
			if v := best[c-x.size] + x.value; v > best[c] {
				best[c] = v
				at := base + c
				took[at>>6] |= 1 << (at & 63)
			}
		}
	}
	return best, took
}

// shareOut puts things into rooms, the smaller rooms first, each filled as full as it can be. It returns what found no room.
func shareOut(set []thing, room []int64, random *rand.Rand, work *int64, put func(x thing, j int)) []thing {
	order := make([]int, len(room))
	for j := range order {
		order[j] = j
	}
	random.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	slices.SortStableFunc(order, func(a, b int) int { return int(room[a] - room[b]) })
	// the larger ones first, more or less: the smaller ones fill what is left in the end
	weight := map[int32]float64{}
	for _, x := range set {
		weight[x.i] = float64(x.size) * (0.7 + 0.6*random.Float64())
	}
	left := slices.Clone(set)
	slices.SortFunc(left, func(a, b thing) int {
		switch {
		case weight[a.i] > weight[b.i]:
			return -1
		case weight[a.i] < weight[b.i]:
			return 1
		}
		return int(a.i - b.i)
	})
	var first []int32 // of each sum, the thing that reached it first, plus 1
	for n, j := range order {
		c := room[j]
		if n == len(order)-1 || len(left) == 0 {
			sum := int64(0)
			kept := left[:0]
			for _, x := range left {
				if sum+x.size <= c {
					sum += x.size
					put(x, j)
				} else {
					kept = append(kept, x)
				}
			}
			left = kept
			continue
		}
		if int64(len(first)) < c+1 {
			first = make([]int32, c+1)
		}
		clear(first[:c+1])
		reach := int64(0)
		for k, x := range left {
			top := min(reach+x.size, c)
			for s := top; s >= x.size; s-- {
				if first[s] == 0 && (s == x.size || first[s-x.size] > 0 && first[s-x.size] <= int32(k)) {
					first[s] = int32(k) + 1
				}
			}
			*work -= max(0, top-x.size)
			if reach = top; first[c] > 0 {
				break
			}
		}
		s := c
		for s > 0 && first[s] == 0 {
			s--
		}
		for s > 0 {
			k := first[s] - 1
			put(left[k], j)
			s -= left[k].size
			left[k].i = -1
		}
		left = slices.DeleteFunc(left, func(x thing) bool { return x.i < 0 })
	}
	return left
}
