package criteria

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"muntija/internal/calendar"
)

// ChangeOp says how a fact would have to change.
type ChangeOp string

// The ways to change.
const (
	ToValue ChangeOp = "set"      // exactly to the value; for a paper: put on file, renewed or taken off
	AtLeast ChangeOp = "at_least" // to the value or above; a date on it or later
	AtMost  ChangeOp = "at_most"  // to the value or below; a date on it or earlier
	Other   ChangeOp = "other"    // to any value but today's; the value is one such
)

// Change is one fact of the smallest change that would alter an outcome.
type Change struct {
	Ref   Ref
	Op    ChangeOp
	Age   int  // the age reached on the date, if Ref is a named date and the rule measures age; else 0
	Known bool // false: the paper is taken off the file
	n     int64
}

// Date returns the value of a change of a date.
func (c Change) Date() (calendar.Date, bool) {
	if c.Known && c.Ref.fact().Kind == Date {
		return calendar.Date(c.n), true
	}
	return 0, false
}

// Apply makes the changes.
func (f *Facts) Apply(changes []Change) {
	for _, c := range changes {
		f.put(c.Ref, c.n, c.Known)
	}
}

// The search below is exact on the number of facts changed. Every condition of the language splits the values of one fact, the others
// held, into finitely many cells (below, at, above each number it is compared with; each listed value, and any other; each subset of the
// bits asked for; a paper absent, expired, in force). One value of each cell is a candidate, so trying all candidates of all sets of k
// facts, for k = 1, 2, …, finds a change of the fewest facts if there is one. Two facts compared with each other have cells that depend
// on the other's value; they are computed when the other is set, and each also takes the cells of the other. Expressions left to CEL have cells guessed from their literals.

const (
	maxChanged  = 8    // facts in one change
	maxTries    = 6000 // evaluations before giving up: the sheet then says that several facts are wrong
	maxSlotBits = 5    // bits of a set whose subsets are all tried
)

// goal is a condition whose truth we want to turn, with what it can be turned by.
type goal struct {
	tree     *node
	slots    []slot
	disjoint map[*node]bool // "and"/"or" whose parts share no fact: their needs add up
	asks     []Ref          // what an answer depends on
	known    []atomic.Pointer[answer]
}

type slot struct {
	ref    Ref
	weight int64
	cands  []int64 // cells known beforehand
	other  int64   // the candidate that stands for "any other value" of a list
	hasOth bool
	mask   int64   // Set: bits asked for
	dyn    []probe // cells that depend on other facts
}

// probe is a comparison of two things that vary: the slot's fact stands in side.
type probe struct {
	side, against *node // against nil: k
	k             int64
}

func newGoal(tree *node, ageOn Ref) goal {
	g := goal{tree: tree, disjoint: map[*node]bool{}}
	g.collect(tree, ageOn)
	g.spread()
	for i := range g.slots {
		s := &g.slots[i]
		f := s.ref.fact()
		switch {
		case f.NamedDay:
			s.weight = 3
		case f.Fixed:
			s.weight = 5
		default:
			s.weight = 1
		}
		if f.Kind == Enum || f.Kind == Code {
			s.addOther(f)
		}
	}
	slices.SortStableFunc(g.slots, func(a, b slot) int { return int(a.weight - b.weight) })
	g.ask(ageOn)
	return g
}

// spread gives two facts that are compared with each other the cells of each other.
func (g *goal) spread() {
	for range g.slots {
		for i := range g.slots {
			s := &g.slots[i]
			for _, p := range s.dyn {
				if p.against != nil && p.side.op == opVal && p.against.op == opVal && p.against.ref < papersBase && s.ref < papersBase {
					s.add(g.slot(p.against.ref).cands...)
				}
			}
		}
	}
}

func (s *slot) add(vs ...int64) {
	for _, v := range vs {
		if !slices.Contains(s.cands, v) {
			s.cands = append(s.cands, v)
		}
	}
}

func (s *slot) addOther(f *Fact) {
	if f.Kind == Code {
		for _, code := range []string{"ZZ", "ZY", "ZX"} {
			if n, _ := f.codeOf(code); !slices.Contains(s.cands, n) {
				s.other, s.hasOth = n, true
				break
			}
		}
	} else {
		for n := range int64(len(f.Values)) {
			if !slices.Contains(s.cands, n) {
				s.other, s.hasOth = n, true
				break
			}
		}
	}
	if s.hasOth {
		s.cands = append(s.cands, s.other)
	}
}

func (g *goal) slot(r Ref) *slot {
	for i := range g.slots {
		if g.slots[i].ref == r {
			return &g.slots[i]
		}
	}
	g.slots = append(g.slots, slot{ref: r})
	return &g.slots[len(g.slots)-1]
}

func (g *goal) collect(n *node, ageOn Ref) {
	switch n.op {
	case opConst:
	case opFact:
		g.slot(n.ref).add(1, 0)
	case opHasAny, opHasAll:
		g.slot(n.ref).mask |= n.k
	case opHeld:
		g.slot(n.ref)
	case opHeldOn:
		s := g.slot(n.ref)
		s.dyn = append(s.dyn, probe{side: &node{op: opVal, ref: n.ref}, against: n.kids[0]})
		for _, r := range valueRefs(n.kids[0], nil) {
			s := g.slot(r)
			s.dyn = append(s.dyn, probe{side: n.kids[0], against: &node{op: opVal, ref: n.ref}})
		}
	case opIn:
		for _, k := range n.list {
			g.compare(n.kids[0], &node{op: opNum, k: k}, n.fact)
		}
		if len(n.list) == 0 {
			g.compare(n.kids[0], &node{op: opNum}, n.fact)
		}
	case opEq, opNe, opLt, opLe, opGt, opGe:
		g.compare(n.kids[0], n.kids[1], n.fact)
	case opSlow:
		g.guess(n.slow)
	default:
		if n.op == opAnd || n.op == opOr {
			var seen []Ref
			g.disjoint[n] = true
			for _, k := range n.kids {
				mine := nodeRefs(k, nil)
				if slices.ContainsFunc(mine, func(r Ref) bool { return slices.Contains(seen, r) }) {
					g.disjoint[n] = false
				}
				seen = append(seen, mine...)
			}
		}
		for _, k := range n.kids {
			g.collect(k, ageOn)
		}
	}
}

func (g *goal) compare(a, b *node, f *Fact) {
	for range 2 {
		switch {
		case a.op == opVal && b.op == opNum && f != nil:
			g.slot(a.ref).add(b.k)
		case a.op == opVal && b.op == opNum:
			g.slot(a.ref).add(b.k, b.k-1, b.k+1)
		default:
			for _, r := range valueRefs(a, nil) {
				s := g.slot(r)
				s.dyn = append(s.dyn, probe{side: a, against: b})
			}
		}
		a, b = b, a
	}
}

// guess takes the cells of an expression that CEL evaluates from the literals in its text.
func (g *goal) guess(s *slow) {
	for _, r := range s.refs {
		if r == Age {
			continue
		}
		sl := g.slot(r)
		switch f := r.fact(); f.Kind {
		case Bool:
			sl.add(1, 0)
		case Enum, Code:
			for _, v := range s.lits.texts {
				if n, ok := f.codeOf(v); ok {
					sl.add(n)
				}
			}
		case Multi:
			for _, v := range s.lits.texts {
				if i, ok := codeIndex[r][v]; ok {
					sl.mask |= 1 << i
				}
			}
		case Date:
			for _, v := range s.lits.texts {
				if d, ok := parseDay(v); ok {
					sl.add(d, d-1, d+1)
				}
			}
			if slices.Contains(s.refs, Age) && (r == BirthDate || r == s.ageOn) {
				a := &node{op: opAge, kids: []*node{{op: opVal, ref: BirthDate}, {op: opVal, ref: s.ageOn}}}
				for _, k := range s.lits.numbers {
					sl.dyn = append(sl.dyn, probe{side: a, k: k})
				}
			}
		case Papers:
			for _, v := range s.lits.texts {
				if d, ok := parseDay(v); ok {
					sl.add(d, d-1)
				}
			}
		default:
			for _, k := range s.lits.numbers {
				sl.add(k, k-1, k+1)
			}
			sl.add(0, 1)
		}
	}
}

func valueRefs(n *node, out []Ref) []Ref {
	if n.op == opVal && !slices.Contains(out, n.ref) {
		out = append(out, n.ref)
	}
	for _, k := range n.kids {
		out = valueRefs(k, out)
	}
	return out
}

func nodeRefs(n *node, out []Ref) []Ref {
	switch n.op {
	case opFact, opHasAny, opHasAll, opHeld, opHeldOn, opVal:
		out = append(out, n.ref)
	case opSlow:
		out = append(out, n.slow.refs...)
	}
	for _, k := range n.kids {
		out = nodeRefs(k, out)
	}
	return out
}

// bound is a lower bound on the facts to change until n is as wanted.
func (g *goal) bound(n *node, want tri, f *Facts) int {
	switch n.op {
	case opNot:
		if want == yes {
			return g.bound(n.kids[0], no, f)
		}
		return g.bound(n.kids[0], yes, f)
	case opAnd, opOr:
		if (n.op == opAnd) == (want == yes) { // every part must be as wanted
			sum, most := 0, 0
			for _, k := range n.kids {
				b := g.bound(k, want, f)
				sum, most = sum+b, max(most, b)
			}
			if g.disjoint[n] {
				return sum
			}
			return most
		}
		least := 1 << 20
		for _, k := range n.kids {
			least = min(least, g.bound(k, want, f))
			if least == 0 {
				break
			}
		}
		return least
	}
	if n.truth(f) == want {
		return 0
	}
	return 1
}

// Changes returns the smallest change that would alter the outcome of one criterion, which the facts give: also of one that is met or not
// applicable, which an assessment does not hold.
func (p *Program) Changes(code string, f *Facts) []Change {
	r := p.rule(code)
	if r == nil {
		return nil
	}
	g := *f
	o, _ := r.outcome(&g, p.ageOn, nil, nil)
	return r.changes(&g, o, nil)
}

// changes appends the smallest change that alters an outcome. f is changed during the search and is as before when it returns.
func (r *rule) changes(f *Facts, o Outcome, out []Change) []Change {
	g, want := &r.met, yes
	switch o {
	case Met:
		g, want = &r.undone, no
	case NotApplicable:
		g = &r.applicable
	case NeedsReview:
		g = &r.reviewed
	case FactsMissing:
		if r.applies != nil && r.applies.root.truth(f) != yes {
			g = &r.void
		}
	}
	return g.search(f, want, out)
}

func (g *goal) search(f *Facts, want tri, out []Change) []Change {
	if g.known == nil {
		return g.find(f, want, out)
	}
	key := g.keyOf(f, want)
	at := &g.known[key.hash()%uint64(len(g.known))]
	if have := at.Load(); have != nil && have.key == key {
		return append(out, have.changes...)
	}
	n := len(out)
	out = g.find(f, want, out)
	at.Store(&answer{key, slices.Clone(out[n:])})
	return out
}

// answer is what a search found before. Families lack the same papers and have the same answers: a run over many asks the same thing again and again.
type answer struct {
	key     question
	changes []Change
}

// question is everything that a search depends on: the facts of its slots and those that it reads by itself.
type question struct {
	want  tri
	known uint32
	n     [maxAsked]int64
}

const (
	maxAsked = 10  // facts of a goal whose answers are remembered; one that reads more is searched anew each time
	answers  = 128 // that a goal remembers at a time
)

// ask sets which facts the answers depend on.
func (g *goal) ask(ageOn Ref) {
	for i := range g.slots {
		g.asks = append(g.asks, g.slots[i].ref)
	}
	for _, r := range [3]Ref{Today, BirthDate, ageOn} {
		if !slices.Contains(g.asks, r) {
			g.asks = append(g.asks, r)
		}
	}
	for _, r := range nodeRefs(g.tree, nil) {
		if !slices.Contains(g.asks, r) {
			g.asks = append(g.asks, r)
		}
	}
	if len(g.asks) <= maxAsked {
		g.known = make([]atomic.Pointer[answer], answers)
	}
}

func (g *goal) keyOf(f *Facts, want tri) question {
	q := question{want: want}
	for i, r := range g.asks {
		n, known := f.get(r)
		if known {
			q.known |= 1 << i
			q.n[i] = n
		}
	}
	return q
}

func (q *question) hash() uint64 {
	h := uint64(q.known)<<8 ^ uint64(q.want)
	for _, n := range q.n {
		h = (h ^ uint64(n)) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	return h
}

func (g *goal) find(f *Facts, want tri, out []Change) []Change {
	s := searches.Get().(*search)
	defer func() {
		s.g, s.f = nil, nil
		searches.Put(s)
	}()
	s.g, s.f, s.want, s.tries, s.n = g, f, want, 0, 0
	for k := max(1, g.bound(g.tree, want, f)); k <= min(maxChanged, len(g.slots)); k++ {
		if k == 1 {
			if s.one() {
				return s.result(out)
			}
			continue
		}
		if s.combos(k, 0) {
			return s.result(out)
		}
		if s.tries > maxTries {
			break
		}
	}
	return out
}

type search struct {
	g     *goal
	f     *Facts
	want  tri
	tries int
	pick  [maxChanged]int // chosen slots
	n     int             // how many
	val   [maxChanged]int64
	buf   [maxChanged][]int64
}

// searches are used again with their buffers: a run over a whole country makes a million.
var searches = sync.Pool{New: func() any { return new(search) }}

func (s *search) hit() bool {
	s.tries++
	return s.g.tree.truth(s.f) == s.want
}

// gone is the candidate that takes a paper off the file; no day is that small.
const gone = -1

// candidates returns the values to try for a slot, in the order of preference when the fact is missing.
func (s *search) candidates(sl *slot, buf []int64) []int64 {
	f := s.f
	buf = append(buf[:0], sl.cands...)
	switch fact := sl.ref.fact(); fact.Kind {
	case Multi:
		cur, _ := f.get(sl.ref)
		if bits.OnesCount64(uint64(sl.mask)) <= maxSlotBits {
			for sub := sl.mask; ; sub = (sub - 1) & sl.mask { // all subsets
				buf = append(buf, cur&^sl.mask|sub)
				if sub == 0 {
					break
				}
			}
		} else {
			buf = append(buf, cur&^sl.mask, cur|sl.mask)
			for m := uint64(sl.mask); m != 0; m &= m - 1 {
				buf = append(buf, cur^int64(m&-m), cur&^sl.mask|int64(m&-m))
			}
		}
		slices.SortStableFunc(buf, func(a, b int64) int {
			return bits.OnesCount64(uint64(a^cur)) - bits.OnesCount64(uint64(b^cur))
		})
	case Papers:
		buf = append(buf, noExpiry, gone)
	}
	for _, p := range sl.dyn {
		target, ok := p.k, true
		if p.against != nil {
			if p.against.op == opVal && p.against.ref >= papersBase {
				target, ok = f.get(p.against.ref)
			} else {
				target, ok = p.against.value(f)
			}
		}
		if !ok {
			if target, ok = f.get(Today); !ok {
				target = day(2026, 1, 1)
			}
		}
		for _, t := range [3]int64{target, target - 1, target + 1} {
			if x, ok := solve(p.side, sl.ref, t, f); ok {
				buf = append(buf, x, x-1, x+1)
			}
		}
	}
	return buf
}

// solve returns a value of r at which n is (about) t: exact up to a day, so its neighbours are candidates too.
func solve(n *node, r Ref, t int64, f *Facts) (int64, bool) {
	switch n.op {
	case opVal:
		return t, n.ref == r
	case opAddDay:
		return solve(n.kids[0], r, t-n.k, f)
	case opAddYear:
		return solve(n.kids[0], r, addYears(t, -n.k), f)
	case opDays, opAge:
		i := 0
		if slices.Contains(valueRefs(n.kids[1], nil), r) {
			i = 1
		}
		o, ok := n.kids[1-i].value(f)
		if !ok {
			if o, ok = f.get(Today); !ok {
				o = day(2026, 1, 1)
			}
		}
		switch {
		case n.op == opDays && i == 1:
			return solve(n.kids[1], r, o+t, f)
		case n.op == opDays:
			return solve(n.kids[0], r, o-t, f)
		case t < -maxShiftYears*4 || t > maxShiftYears*4:
			return 0, false
		case i == 1:
			return solve(n.kids[1], r, addYears(o, t), f)
		}
		return solve(n.kids[0], r, addYears(o, -t), f)
	}
	return 0, false
}

// allowed reports whether a candidate is a change, and a possible one: a named date only moves forward.
func (s *search) allowed(sl *slot, c, cur int64, known bool) bool {
	f := sl.ref.fact()
	switch f.Kind {
	case Date:
		return c >= minDay && c <= maxDay && (!known || c != cur && (!f.NamedDay || c > cur))
	case Papers:
		if c == gone {
			return known
		}
		return c >= minDay && c <= maxDay && (!known || c != cur)
	case Int, Money:
		return c >= 0 && c <= maxCount && (!known || c != cur) // every number of the schema is a count, a percentage or an amount
	}
	return !known || c != cur
}

func distance(f *Fact, c, cur int64, known bool) int64 {
	switch {
	case f.Kind == Papers && c == gone:
		return 8 << 40 // losing a paper is the last thing to suggest
	case !known:
		return 0
	case f.Kind == Multi:
		return int64(bits.OnesCount64(uint64(c ^ cur)))
	case f.Kind == Int || f.Kind == Money || f.Kind == Date:
		return min(max(c-cur, cur-c), 1<<39)
	}
	return 0
}

func (s *search) try(sl *slot, c int64) {
	s.f.put(sl.ref, c, c != gone || sl.ref < papersBase)
}

// one finds the best change of one fact: by weight, then by the smallest step.
func (s *search) one() bool {
	best := int64(-1)
	for i := range s.g.slots {
		sl := &s.g.slots[i]
		fact := sl.ref.fact()
		weight := sl.weight
		if s.want == no && fact.NamedDay {
			weight = 0 // what is met stays so until a day: that is the natural way to lose it
		}
		if best >= 0 && weight<<40 > best {
			continue
		}
		cur, known := s.f.get(sl.ref)
		s.buf[0] = s.candidates(sl, s.buf[0])
		for _, c := range s.buf[0] {
			if !s.allowed(sl, c, cur, known) {
				continue
			}
			cost := weight<<40 + distance(fact, c, cur, known)
			if best >= 0 && cost >= best {
				continue
			}
			s.try(sl, c)
			if s.hit() {
				best = cost
				s.n, s.pick[0], s.val[0] = 1, i, c
			}
		}
		s.f.put(sl.ref, cur, known)
	}
	return best >= 0
}

// combos goes through the sets of k slots in the order of the slots.
func (s *search) combos(k, from int) bool {
	if k == 0 {
		return s.assignAll()
	}
	for i := from; i <= len(s.g.slots)-k && s.tries <= maxTries; i++ {
		s.pick[s.n] = i
		s.n++
		if s.combos(k-1, i+1) {
			return true
		}
		s.n--
	}
	return false
}

func (s *search) assignAll() bool {
	// Papers first: they are never unknown, so the pruning below can only look at what follows them.
	chosen := s.pick
	slices.SortStableFunc(s.pick[:s.n], func(a, b int) int {
		pa, pb := s.g.slots[a].ref >= papersBase, s.g.slots[b].ref >= papersBase
		switch {
		case pa == pb:
			return 0
		case pa:
			return -1
		}
		return 1
	})
	var old [maxChanged]int64
	var known [maxChanged]bool
	for i := range s.n {
		r := s.g.slots[s.pick[i]].ref
		old[i], known[i] = s.f.get(r)
		if r < papersBase {
			s.f.Clear(r)
		}
	}
	ok := s.assign(0, &old, &known)
	for i := range s.n {
		s.f.put(s.g.slots[s.pick[i]].ref, old[i], known[i])
	}
	if !ok {
		s.pick = chosen
	}
	return ok
}

func (s *search) assign(i int, old *[maxChanged]int64, known *[maxChanged]bool) bool {
	if i == s.n {
		return s.hit()
	}
	if s.tries > maxTries {
		return false
	}
	sl := &s.g.slots[s.pick[i]]
	if sl.ref < papersBase { // the rest is unknown: a definite wrong answer stays wrong whatever the rest becomes
		s.tries++
		if t := s.g.tree.truth(s.f); t != s.want && t != unknowable && t != broken {
			return false
		}
	}
	cur, has := old[i], known[i]
	if has { // candidates look at the fact's own value
		s.f.put(sl.ref, cur, true)
	}
	s.buf[i] = s.candidates(sl, s.buf[i])
	if f := sl.ref.fact(); has && (f.Kind == Int || f.Kind == Money || f.Kind == Date) {
		slices.SortStableFunc(s.buf[i], func(a, b int64) int {
			return int(distance(f, a, cur, true) - distance(f, b, cur, true))
		})
	}
	for _, c := range s.buf[i] {
		if !s.allowed(sl, c, cur, has) {
			continue
		}
		s.try(sl, c)
		s.val[i] = c
		if s.assign(i+1, old, known) {
			return true
		}
	}
	if sl.ref < papersBase {
		s.f.Clear(sl.ref)
	} else {
		s.f.put(sl.ref, cur, has)
	}
	return false
}

// result says how each chosen fact may move beyond the value found, and puts the changes in the order of the slots.
func (s *search) result(out []Change) []Change {
	var old [maxChanged]int64
	var known [maxChanged]bool
	for i := range s.n {
		sl := &s.g.slots[s.pick[i]]
		old[i], known[i] = s.f.get(sl.ref)
		s.try(sl, s.val[i])
	}
	for i := range s.n {
		sl := &s.g.slots[s.pick[i]]
		c := Change{Ref: sl.ref, Op: ToValue, n: s.val[i], Known: true}
		switch f := sl.ref.fact(); f.Kind {
		case Int, Money, Date:
			below := false
			if f.Kind == Date || c.n > 0 {
				s.try(sl, c.n-1)
				below = s.hit()
			}
			s.try(sl, c.n+1)
			above := s.hit()
			s.try(sl, c.n)
			switch {
			case above && !below, above && f.NamedDay:
				c.Op = AtLeast
			case below && !above:
				c.Op = AtMost
			}
			if birth, ok := s.f.get(BirthDate); ok && f.NamedDay && slices.ContainsFunc(sl.dyn, measuresAge) {
				c.Age = int(ageOn(birth, c.n))
			}
		case Enum, Code:
			if known[i] && sl.hasOth && c.n == sl.other {
				c.Op = Other
			}
		case Papers:
			if c.n == gone {
				c.n, c.Known = 0, false
			}
		}
		out = append(out, c)
	}
	for i := range s.n {
		s.f.put(s.g.slots[s.pick[i]].ref, old[i], known[i])
	}
	return out
}

func measuresAge(p probe) bool { return p.side.op == opAge }
