package allocation

import (
	"cmp"
	"context"
	"slices"
)

// state is a plan under construction. It never breaks a hard row between moves; minima and MustPlace may be short, at their penalty.
type state struct {
	e     *engine
	of    []int32 // how many places each exhibitor has
	taken []uint64
	used  []int64
	value int64 // penalised objective as it is maximised
	free  int64 // exhibitors without a place, counted with MustPlace only
	log   []change
	ticks int64     // work done since it was last handed over
	near  [][]entry // per exhibition: pairs near the edge of being chosen, by margin, descending
}

type change struct {
	i, o  int32
	added bool
}

// entry is a pair near the edge.
type entry struct {
	margin int64
	i, o   int32
}

func newState(e *engine) *state {
	s := &state{e: e, of: make([]int32, e.n), taken: make([]uint64, (len(e.p.Exh)+63)/64), used: make([]int64, e.rows)}
	for q := range e.p.Quotas {
		s.value -= e.limit[e.quotaMin+q] * e.penalty
	}
	if e.p.MustPlace {
		s.free = int64(e.n)
		s.value -= s.free * e.penalty
	}
	return s
}

func (s *state) has(o int32) bool { return s.taken[o>>6]>>(o&63)&1 == 1 }

// add and drop change the plan and note it in the log.
func (s *state) add(i, o int32) {
	e := s.e
	s.taken[o>>6] |= 1 << (o & 63)
	s.log = append(s.log, change{i, o, true})
	s.value += e.value(o)
	j, base := int(e.p.Exh[o]), int(e.p.Type[i])*e.j
	for _, q := range e.list[e.byCell[base+j]:e.byCell[base+j+1]] {
		if r := e.quotaMin + int(q); s.used[r] < e.limit[r] {
			s.value += e.penalty
		}
	}
	e.use(s.used, base, o, 1)
	if s.of[i]++; s.of[i] == 1 && e.p.MustPlace {
		s.free--
		s.value += e.penalty
	}
}

func (s *state) drop(i, o int32) {
	e := s.e
	s.taken[o>>6] &^= 1 << (o & 63)
	s.log = append(s.log, change{i, o, false})
	s.value -= e.value(o)
	j, base := int(e.p.Exh[o]), int(e.p.Type[i])*e.j
	e.use(s.used, base, o, -1)
	for _, q := range e.list[e.byCell[base+j]:e.byCell[base+j+1]] {
		if r := e.quotaMin + int(q); s.used[r] < e.limit[r] {
			s.value -= e.penalty
		}
	}
	if s.of[i]--; s.of[i] == 0 && e.p.MustPlace {
		s.free++
		s.value -= e.penalty
	}
}

// undo takes back everything since a mark of the log.
func (s *state) undo(mark int) {
	for len(s.log) > mark {
		c := s.log[len(s.log)-1]
		if c.added {
			s.drop(c.i, c.o)
		} else {
			s.add(c.i, c.o)
		}
		s.log = s.log[:len(s.log)-2] // the change and its reversal
	}
}

// over returns the first hard row that is over its limit among those of a pair, -1 if none.
func (s *state) over(i, o int32) int {
	e := s.e
	j, base := int(e.p.Exh[o]), int(e.p.Type[i])*e.j
	if s.used[j] > e.limit[j] {
		return j
	}
	if e.hasMetres && s.used[e.j+j] > e.limit[e.j+j] {
		return e.j + j
	}
	for _, q := range e.list[e.byCell[base+j]:e.byCell[base+j+1]] {
		if r := e.quotaMax + int(q); s.used[r] > e.limit[r] {
			return r
		}
	}
	if e.hasCost {
		for _, b := range e.budList[e.budCell[base+j]:e.budCell[base+j+1]] {
			if r := e.budgets + int(b); s.used[r] > e.limit[r] {
				return r
			}
		}
	}
	return -1
}

// fits reports whether a pair that is not taken could be added without breaking a row.
func (s *state) fits(i, o int32) bool {
	e := s.e
	j, base := int(e.p.Exh[o]), int(e.p.Type[i])*e.j
	if s.used[j]+e.p.SizeOf(o) > e.limit[j] || (e.hasMetres && s.used[e.j+j]+int64(e.p.Metres[o]) > e.limit[e.j+j]) {
		return false
	}
	for _, q := range e.list[e.byCell[base+j]:e.byCell[base+j+1]] {
		if r := e.quotaMax + int(q); s.used[r] >= e.limit[r] {
			return false
		}
	}
	if e.hasCost {
		for _, b := range e.budList[e.budCell[base+j]:e.budCell[base+j+1]] {
			if r := e.budgets + int(b); s.used[r]+int64(e.p.Cost[o]) > e.limit[r] {
				return false
			}
		}
	}
	return true
}

// gain is what adding a pair would add to the penalised objective.
func (s *state) gain(i, o int32) int64 {
	e := s.e
	g := e.value(o)
	j, base := int(e.p.Exh[o]), int(e.p.Type[i])*e.j
	for _, q := range e.list[e.byCell[base+j]:e.byCell[base+j+1]] {
		if r := e.quotaMin + int(q); s.used[r] < e.limit[r] {
			g += e.penalty
		}
	}
	if e.p.MustPlace && s.of[i] == 0 {
		g += e.penalty
	}
	return g
}

// open reports whether the exhibitor has room for the pair beside what it has.
func (s *state) open(i, o int32) bool {
	p := s.e.p
	if int(s.of[i]) >= p.LimitOf(int(i)) {
		return false
	}
	if s.of[i] == 0 || len(p.Conflicts) == 0 {
		return true
	}
	for x := p.Start[i]; x < p.Start[i+1]; x++ {
		if s.has(x) && p.Clash(p.Exh[x], p.Exh[o]) {
			return false
		}
	}
	return true
}

// construct makes a plan from prices: everybody gets its choice at the prices; of rows that are then over, those with the least to lose go; what is free
// is filled by the best margin.
func (s *state) construct(ctx context.Context, pr *prices, width int64) {
	e := s.e
	s.near = make([][]entry, e.j)
	chunks := (e.n + chunkSize - 1) / chunkSize
	parts := make([][]int32, chunks)
	e.evaluate(ctx, pr, 1, func(c int, chosen []int32) { parts[c] = slices.Clone(chosen) })
	if ctx.Err() != nil {
		return
	}
	var ch = newChooser(e)
	var doubtful []entry
	i := int32(0)
	for _, part := range parts {
		for _, o := range part {
			for e.p.Start[i+1] <= o {
				i++
			}
			s.add(i, o)
		}
	}
	s.log = s.log[:0]
	for i := range int32(e.n) {
		s.margins(pr, ch, i, func(o int32, margin int64, in bool) {
			if margin > -width && margin < width {
				j := e.p.Exh[o]
				s.near[j] = append(s.near[j], entry{margin, i, o})
			}
			if in && s.over(i, o) >= 0 {
				doubtful = append(doubtful, entry{margin, i, o})
			}
		})
	}
	slices.SortFunc(doubtful, byMargin)
	for k := len(doubtful) - 1; k >= 0; k-- {
		if d := doubtful[k]; s.over(d.i, d.o) >= 0 {
			s.drop(d.i, d.o)
		}
	}
	s.log = s.log[:0]
	for j := range s.near {
		slices.SortFunc(s.near[j], byMargin)
	}
}

func byMargin(a, b entry) int {
	if c := cmp.Compare(b.margin, a.margin); c != 0 {
		return c
	}
	return cmp.Compare(a.o, b.o)
}

// margins calls f for each pair of an exhibitor with how much its adjusted value could fall before it is not chosen (positive, of what is chosen
// now), or must rise before it is.
func (s *state) margins(pr *prices, ch *chooser, i int32, f func(o int32, margin int64, in bool)) {
	e := s.e
	p := e.p
	from, to := p.Start[i], p.Start[i+1]
	base := int(p.Type[i]) * e.j
	k := p.LimitOf(int(i))
	if k == 0 || from == to {
		return
	}
	nothing := int64(0)
	if p.MustPlace {
		nothing = -e.penalty * e.scale
	}
	_, set := ch.choose(pr, int(i))
	if k == 1 {
		best, second, at := nothing, nothing, int32(-1)
		for o := from; o < to; o++ {
			if v := e.adjusted(pr, base, o); v > best {
				best, second, at = v, best, o
			} else if v > second {
				second = v
			}
		}
		for o := from; o < to; o++ {
			if o == at {
				f(o, best-second, s.has(o))
			} else {
				f(o, e.adjusted(pr, base, o)-best, s.has(o))
			}
		}
		return
	}
	floor := nothing
	if len(set) == k {
		floor = int64(1) << 62
		for _, o := range set {
			floor = min(floor, e.adjusted(pr, base, o))
		}
	}
	outsider := nothing // the best that waits outside
	for o := from; o < to; o++ {
		if !slices.Contains(set, o) {
			v := e.adjusted(pr, base, o)
			need := floor
			clash := int64(0)
			for _, x := range set {
				if p.Clash(p.Exh[x], p.Exh[o]) {
					clash += e.adjusted(pr, base, x)
				}
			}
			if clash > 0 {
				need = clash
			} else {
				outsider = max(outsider, v)
			}
			f(o, v-need, s.has(o))
		}
	}
	for _, o := range set {
		f(o, e.adjusted(pr, base, o)-outsider, s.has(o))
	}
}

// fill adds what fits, best margin first, over all exhibitions' near lists.
func (s *state) fill() {
	var all []entry
	for j := range s.near {
		for _, n := range s.near[j] {
			if !s.has(n.o) && s.open(n.i, n.o) && s.fits(n.i, n.o) {
				all = append(all, n)
			}
		}
	}
	slices.SortFunc(all, byMargin)
	for _, n := range all {
		if !s.has(n.o) && s.gain(n.i, n.o) > 0 && s.open(n.i, n.o) && s.fits(n.i, n.o) {
			s.add(n.i, n.o)
		}
	}
	s.log = s.log[:0]
}

// scanDepth is how many entries of a near list a move looks at.
const scanDepth = 48

// fillAt adds the best waiting pair that fits at an exhibition, once.
func (s *state) fillAt(j uint16) bool {
	seen := 0
	for _, n := range s.near[j] {
		if s.has(n.o) {
			continue
		}
		s.ticks++
		if seen++; seen > scanDepth {
			return false
		}
		if s.gain(n.i, n.o) > 0 && s.open(n.i, n.o) && s.fits(n.i, n.o) {
			s.add(n.i, n.o)
			return true
		}
	}
	return false
}

// relieve drops pairs with the least margin until the row of the pair o, just added, is within its limit. It reports whether it could.
func (s *state) relieve(i, o int32, r int) bool {
	e := s.e
	sets := []uint16{e.p.Exh[o]}
	var group int32 = -1
	inQuota, inBudget := r >= e.quotaMax && r < e.quotaMin, r >= e.budgets
	if inQuota {
		sets, group = e.p.Quotas[r-e.quotaMax].Exhibitions, e.p.Quotas[r-e.quotaMax].Group
	}
	if inBudget {
		sets, group = e.p.Budgets[r-e.budgets].Exhibitions, e.p.Budgets[r-e.budgets].Group
	}
	for tries := 0; s.used[r] > e.limit[r]; tries++ {
		if tries == 4 {
			return false
		}
		best := entry{margin: 1 << 62, o: -1}
		for _, j := range sets {
			list := s.near[j]
			seen := 0
			for k := len(list) - 1; k >= 0 && seen < scanDepth; k-- {
				n := list[k]
				if n.o == o || !s.has(n.o) {
					continue
				}
				seen++
				s.ticks++
				if n.margin >= best.margin {
					break
				}
				if (inQuota || inBudget) && !e.p.In(e.p.Type[n.i], group) {
					continue
				}
				best = n
			}
		}
		if best.o < 0 {
			return false
		}
		s.drop(best.i, best.o)
	}
	return true
}

// try gives exhibitor i the pair o, makes room for it, and fills what that opened. It keeps the result if the penalised objective rose.
func (s *state) try(i, o int32) bool {
	before, mark := s.value, len(s.log)
	if !s.place(i, o) || s.value <= before {
		s.undo(mark)
		return false
	}
	return true
}

// place gives exhibitor i the pair o: it drops what clashes with it, makes room in each row that is then over, and fills what that opened. When it reports
// false the plan is broken, and the caller undoes it.
func (s *state) place(i, o int32) bool {
	e := s.e
	p := e.p
	mark := len(s.log)
	s.ticks += 16
	worst, least := int32(-1), int64(1)<<62
	for x := p.Start[i]; x < p.Start[i+1]; x++ {
		if !s.has(x) {
			continue
		}
		if p.Clash(p.Exh[x], p.Exh[o]) {
			s.drop(i, x)
		} else if v := e.value(x); v < least {
			worst, least = x, v
		}
	}
	if int(s.of[i]) >= p.LimitOf(int(i)) {
		if worst < 0 {
			return false
		}
		s.drop(i, worst)
	}
	s.add(i, o)
	for r := s.over(i, o); r >= 0; r = s.over(i, o) {
		if !s.relieve(i, o, r) {
			return false
		}
	}
	for k := mark; k < len(s.log) && k < mark+12; k++ {
		if c := s.log[k]; !c.added {
			s.refill(c.i, o)
			for s.fillAt(p.Exh[c.o]) {
			}
		}
	}
	return true
}

// refill gives an exhibitor that lost a place the best other one that fits.
func (s *state) refill(i, except int32) {
	p := s.e.p
	best, at := int64(0), int32(-1)
	s.ticks += int64(p.Start[i+1] - p.Start[i])
	for o := p.Start[i]; o < p.Start[i+1]; o++ {
		if o == except || s.has(o) {
			continue
		}
		if g := s.gain(i, o); g > best && s.open(i, o) && s.fits(i, o) {
			best, at = g, o
		}
	}
	if at >= 0 {
		s.add(i, at)
	}
}

// exchange tries every pair of the near lists that is not taken and whose margin is within the limit, those with the best margin first. It returns how
// many it kept; goOn is asked now and then whether to continue.
func (s *state) exchange(ctx context.Context, limit int64, goOn func() bool) int {
	var all []entry
	for j := range s.near {
		for _, n := range s.near[j] {
			if !s.has(n.o) && n.margin > -limit {
				all = append(all, n)
			}
		}
	}
	slices.SortFunc(all, byMargin)
	found := 0
	for k, n := range all {
		if k&63 == 0 {
			s.e.work.Add(s.ticks)
			s.ticks = 0
			if ctx.Err() != nil || !goOn() {
				break
			}
		}
		if !s.has(n.o) && s.try(n.i, n.o) {
			found++
			s.log = s.log[:0]
		}
	}
	return found
}
