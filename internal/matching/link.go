package matching

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"muntija/internal/fault"
)

// DefaultThreshold is the probability from which a pair of the registry is taken for the same person when nobody says otherwise.
const DefaultThreshold = 0.75

// Without a threshold a pair is taken from the probability on at which, by the estimate, no more than mostWrong of all that are taken are wrong: Fellegi and Sunter's own rule, which bounds the share of
// errors and not the odds of a single pair. Of a file whose pairs are nearly all certain the doubtful ones may be taken too; of one with two poor columns they may not.
const mostWrong, leastThreshold, mostThreshold = .012, .65, .8

// Options of a run. The zero value is the default.
type Options struct {
	Threshold float64 // pairs below this probability are left out; 0: what the estimate says, see mostWrong
	Threads   int     // 0: as many as there are cores
	// Fresh says which records are new: pairs of two others are not looked at. nil: all are.
	Fresh []bool
	// Progress is told how many of the passes are done. nil: nobody.
	Progress func(done, of int)
}

// Pair is two records that may be the same person.
type Pair struct {
	A, B        string // ids, A before B in the set
	Weight      float64
	Probability float64
	Reasons     []Reason
	i, j        int
}

// Reason is the part of one field in the weight of a pair.
type Reason struct {
	Field Field
	Level string  // see LevelName; "household" for what the two would share also as two people of one home
	Bits  float64 // log2(m/u), with the frequency of the value; the parts of a pair add up to its weight
}

// HouseholdReason is the Level of the part that takes back what two people of one household have in common anyway.
const HouseholdReason = "household"

// Result is what Link found.
type Result struct {
	Pairs     []Pair     // likeliest first
	Clusters  [][]string // ids of records that belong together, two or more each, in the order of the set
	Compared  int        // pairs that were looked at
	Threshold float64
	Share     float64 // estimated share of all pairs that match
	Params    *Params // what the estimate found, for comparisons of a few with all
}

// Link compares the records of the set. The error is the context's, or fault.Invalid for options out of range.
func (s *Set) Link(ctx context.Context, o Options) (*Result, error) {
	if o.Threshold < 0 || o.Threshold > 1 || math.IsNaN(o.Threshold) {
		return nil, fault.New(fault.Invalid, "matching.threshold")
	}
	if o.Fresh != nil && len(o.Fresh) != len(s.people) {
		return nil, fmt.Errorf("matching: %d marks of fresh records for %d records", len(o.Fresh), len(s.people))
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	out := &Result{Threshold: cmp.Or(o.Threshold, DefaultThreshold)}
	if len(s.people) < 2 {
		return out, nil
	}
	md := s.newModel()
	ps, compared, err := s.candidates(ctx, md, o)
	if err != nil {
		return nil, err
	}
	out.Compared = compared
	md.estimate(ps)
	out.Share, out.Params = md.share.match, md.params(len(s.people))
	t := md.tables()
	if o.Threshold == 0 {
		o.Threshold = t.threshold(ps)
		out.Threshold = o.Threshold
	}
	c := &comparer{s, newMemory(), md.many}
	for i := range ps {
		x := &ps[i]
		p, _ := t.posterior(x)
		if p < o.Threshold {
			continue
		}
		out.Pairs = append(out.Pairs, t.pair(c, x, p))
	}
	slices.SortFunc(out.Pairs, byWeight)
	var together [][]int
	out.Clusters, together = s.clusters(out.Pairs, t, c)
	if chained := s.chains(out.Pairs, together, t, c, o); len(chained) > 0 {
		out.Pairs = append(out.Pairs, chained...)
		slices.SortFunc(out.Pairs, byWeight)
	}
	return out, nil
}

// threshold is the least probability from which on no more than mostWrong of the pairs are wrong by the estimate, in steps of a hundredth.
func (t *tables) threshold(ps []scored) float64 {
	const steps = 100
	var count, wrong [steps + 1]float64
	for i := range ps {
		if p, _ := t.posterior(&ps[i]); p >= leastThreshold {
			count[int(p*steps)]++
			wrong[int(p*steps)] += 1 - p
		}
	}
	best, n, bad := mostThreshold, 0.0, 0.0
	for at := steps; at >= int(leastThreshold*steps); at-- {
		n, bad = n+count[at], bad+wrong[at]
		if p := float64(at) / steps; p < mostThreshold && bad <= mostWrong*n {
			best = p
		}
	}
	return best
}

func byWeight(a, b Pair) int {
	return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j))
}

// ChainReason is the Level of the part that other records of the same cluster add: if A is B and B is C, then A is C.
const ChainReason = "chain"

// Chains are looked for in clusters of at most so many records, between pairs that by themselves are not less likely than so, or of which what is known does not speak against one person.
const mostChained, leastChained, leastChainedBits = 32, 0.1, -1

// chains returns the pairs inside clusters that are too poor in facts to be seen by themselves, and whose records both are the person that a third record is: one of two
// that knows name and number, and one that knows name and street, through the record that knows all three. The chance that at least one of the chains of
// two links holds, for which the best of them stands since they are not independent, adds to the chance of the pair's own; a pair that speaks against itself stays out.
func (s *Set) chains(pairs []Pair, clusters [][]int, t *tables, c *comparer, o Options) []Pair {
	known := make(map[[2]int]float64, len(pairs))
	for _, p := range pairs {
		known[[2]int{p.i, p.j}] = p.Probability
	}
	at := func(i, j int) float64 { return known[[2]int{min(i, j), max(i, j)}] }
	var out []Pair
	for _, members := range clusters {
		if len(members) < 3 || len(members) > mostChained {
			continue
		}
		for x, i := range members {
			for _, j := range members[x+1:] {
				if at(i, j) > 0 || o.Fresh != nil && !o.Fresh[i] && !o.Fresh[j] {
					continue
				}
				p := scored{i: uint32(i), j: uint32(j)}
				p.levels = c.compare(&s.people[i], &s.people[j])
				p.given, p.rest = c.rarity(&s.people[i], &s.people[j], p.levels)
				own, _ := t.posterior(&p)
				pair := t.pair(c, &p, 0)
				if own < leastChained && pair.Weight < leastChainedBits {
					continue
				}
				through := 0.0
				for _, k := range members {
					if k != i && k != j {
						through = max(through, at(i, k)*at(k, j))
					}
				}
				not := (1 - own) * (1 - through)
				if 1-not < o.Threshold {
					continue
				}
				pair.Probability = 1 - not
				odds := func(p float64) float64 { return math.Log2(max(p, 1e-9) / max(1-p, 1e-9)) }
				if bits := odds(1-not) - odds(own); bits > 0.05 {
					pair.Weight += bits
					pair.Reasons = append(pair.Reasons, Reason{Field: Household, Level: ChainReason, Bits: bits})
				}
				out = append(out, pair)
			}
		}
	}
	return out
}

// floor is how many bits below even odds a pair may lie under the first model to be kept for the estimate. The first model knows nothing of how many records are copies: where most are,
// the odds of a pair are far better than it thinks, and of a small set all that may be of use is kept.
func (s *Set) floor() float64 {
	if s.room() > blockWhole {
		return 15
	}
	return 10
}

// heap is pairs in parts: one slice that grows would stand twice while it is copied, with room for a quarter more.
type heap [][]scored

func (h *heap) add(x scored) {
	const part = 1 << 16
	if n := len(*h); n == 0 || len((*h)[n-1]) == part {
		*h = append(*h, make([]scored, 0, part))
	}
	last := &(*h)[len(*h)-1]
	*last = append(*last, x)
}

func (h heap) len() int {
	n := 0
	for _, part := range h {
		n += len(part)
	}
	return n
}

// candidates compares what blocking proposes and keeps what could be a match or a household, by record.
func (s *Set) candidates(ctx context.Context, md *model, o Options) ([]scored, int, error) {
	b := &blocks{Set: s, keys: make([][passes]uint64, len(s.people))}
	parallel(o.Threads, len(s.people), func(_, from, to int) {
		for i := from; i < to; i++ {
			b.keys[i] = s.keysOf(&s.people[i])
		}
	})
	t, floor := md.tables(), s.floor()
	found := make([]heap, o.Threads)
	counts := make([]int, o.Threads)
	comparers := make([]*comparer, o.Threads)
	for i := range comparers {
		comparers[i] = &comparer{s, newMemory(), md.many}
	}
	for at := range s.passes() {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		es := b.entries(at)
		runs := b.runs(at, es, o.Fresh)
		parallel(o.Threads, len(runs), func(worker, from, to int) {
			c := comparers[worker]
			b.propose(at, es, runs[from:to], o.Fresh, func(i, j uint32) {
				counts[worker]++
				x := scored{i: i, j: j}
				p, q := &s.people[i], &s.people[j]
				x.levels = c.person2(p, q)
				if c.hopeless(t, p, q, x.levels, floor) {
					return
				}
				x.levels = c.places2(p, q, x.levels)
				x.given, x.rest = c.rarity(p, q, x.levels)
				if match, home, none := t.bits(&x); max(match, home) > none-floor {
					found[worker].add(x)
				}
			})
		})
		if o.Progress != nil {
			o.Progress(int(at)+1, int(s.passes()))
		}
	}
	b.keys = nil
	total := 0
	for _, f := range found {
		total += f.len()
	}
	all := make([]scored, 0, total)
	for i := range found {
		for j, part := range found[i] { // one after another, so that not all stands twice
			all = append(all, part...)
			found[i][j] = nil
		}
	}
	slices.SortFunc(all, func(x, y scored) int { return cmp.Or(cmp.Compare(x.i, y.i), cmp.Compare(x.j, y.j)) })
	all = slices.CompactFunc(all, func(x, y scored) bool { return x.i == y.i && x.j == y.j })
	n := 0
	for _, c := range counts {
		n += c
	}
	return all, n, nil
}

// parallel cuts n into shares and waits for all of them.
func parallel(threads, n int, do func(worker, from, to int)) {
	const chunk = 512
	var mu sync.Mutex
	next := 0
	var wg sync.WaitGroup
	for w := range threads {
		wg.Go(func() {
			for {
				mu.Lock()
				from := next
				next += chunk
				mu.Unlock()
				if from >= n {
					return
				}
				do(w, from, min(n, from+chunk))
			}
		})
	}
	wg.Wait()
}

// pair explains a scored pair.
func (t *tables) pair(c *comparer, x *scored, p float64) Pair {
	out := Pair{A: c.ids[x.i], B: c.ids[x.j], i: int(x.i), j: int(x.j), Probability: p}
	home := t.home + float64(x.rest) - t.none
	parts := c.frequencies(&c.people[x.i], &c.people[x.j], x.levels)
	for f := range Field(fields) {
		l := x.levels.at(f)
		if l == Missing {
			continue
		}
		bits := t.m[f][l] - t.u[f][l] + float64(parts[f])
		home += t.h[f][l] - t.u[f][l]
		out.Weight += bits
		out.Reasons = append(out.Reasons, Reason{Field: f, Level: LevelName(f, l), Bits: bits})
	}
	if back := -math.Log2(1 + math.Exp2(min(home, 1000))); back < -0.05 {
		out.Weight += back
		out.Reasons = append(out.Reasons, Reason{Field: Household, Level: HouseholdReason, Bits: back})
	}
	return out
}

// clusters joins pairs, the strongest first. Two clusters are not joined if most records of one speak against those of the other, or all together do: a chain of alike
// sisters would otherwise end in one person.
func (s *Set) clusters(pairs []Pair, t *tables, c *comparer) (named [][]string, numbers [][]int) {
	parent := map[int]int{}
	members := map[int][]int{}
	find := func(i int) int {
		for {
			p, ok := parent[i]
			if !ok || p == i {
				return i
			}
			i = p
		}
	}
	const mostSaid = 12 // bits of one pair, for or against
	says := func(i, j int) (bits float64, against bool) {
		x := scored{i: uint32(i), j: uint32(j)}
		x.levels = c.compare(&s.people[i], &s.people[j])
		x.given, x.rest = c.rarity(&s.people[i], &s.people[j], x.levels)
		match, home, none := t.bits(&x)
		p, _ := t.posterior(&x)
		return min(max(match-t.match-max(home-t.home, none-t.none), -mostSaid), mostSaid), p < 0.01
	}
	const most = 64 // pairs looked at when two clusters meet
	for _, p := range pairs {
		a, b := find(p.i), find(p.j)
		if a == b {
			continue
		}
		ma, mb := members[a], members[b]
		if ma == nil {
			ma = []int{a}
		}
		if mb == nil {
			mb = []int{b}
		}
		no, looked, said := 0, 0, 0.0
	meet:
		for _, i := range ma {
			for _, j := range mb {
				if looked++; looked > most {
					break meet
				}
				bits, against := says(i, j)
				no += bit(against)
				said += bits
			}
		}
		if no*2 > min(looked, most) || said < 0 {
			continue
		}
		root, other := min(a, b), max(a, b)
		parent[root], parent[other] = root, root
		members[root] = append(ma, mb...)
		delete(members, other)
	}
	roots := make([]int, 0, len(members))
	for r := range members {
		roots = append(roots, r)
	}
	slices.Sort(roots)
	out := make([][]string, 0, len(roots))
	for _, r := range roots {
		m := members[r]
		slices.Sort(m)
		ids := make([]string, len(m))
		for k, i := range m {
			ids[k] = s.ids[i]
		}
		out = append(out, ids)
		numbers = append(numbers, m)
	}
	return out, numbers
}
