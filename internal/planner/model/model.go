// Package model is what the allocation solvers read and what they answer: the immutable snapshot of one question ([Problem]), with integer ids and a
// hash, and the answer with its proof ([Plan]). Package allocation solves, explain gives reasons, verify checks; all three stand on this package
// and nothing else, so that the checker shares no code with what it checks.
//
// Start with [Decode] (the file format of "muntija plan allocation") or [Builder] (from the tables of the program); both end in [Problem.Freeze],
// which checks the whole and computes the hash. After that nothing may change.
//
// # Design
//
// The question: exhibitors i, exhibitions j, a value v(i,j) for each pair that is eligible, and a choice x(i,j) in {0,1} such that
//
//	Σ_i size(i,j)·x(i,j)   ≤ capacity(j)       booths (or any unit)
//	Σ_i metres(i,j)·x(i,j) ≤ metres(j)         where metres are limited
//	Σ_{i in group, j in set} x(i,j)  in [min, max]     each quota
//	Σ_{i in group, j in set} cost(i,j)·x(i,j) ≤ amount each budget
//	Σ_j x(i,j) ≤ at_most(i);  x(i,j)+x(i,j') ≤ 1 for conflicting j, j' (overlapping dates, too little rest)
//	Σ_j x(i,j) = 1 for each i when MustPlace
//
// with Σ v·x as large (or as small) as possible. A generalised assignment problem is MustPlace with sense min; a multiple knapsack is AtMost 1 with
// equal values in each exhibition.
//
// Minima and MustPlace are elastic: what cannot be met is counted as a shortfall at a price ([Problem.ShortfallPrice]) that no sum of gains of one
// exchange reaches, so that there is always a plan, and its [Plan.Shortfalls] are what to mend. Everything else is never broken.
//
// All numbers are integers. Pairs are stored as columns (CSR), twenty million of them in 200 MB. Exhibitors with the same groups share a type, and a
// quota is a set of types times a set of exhibitions.
//
// # Limits
//
// 65,535 exhibitions, 2^31 pairs, values and sizes up to 10⁹ in absolute value. Groups that no quota and no budget names are dropped.
package model

import (
	"math"
	"math/bits"
	"slices"

	"muntija/internal/planner/planfile"
)

// Version names the meaning of the rules that a plan was made under. It changes when the same problem may have another answer.
const Version = "allocation/1"

// MaxNumber is the largest absolute value of one value, size, cost or count of the input.
const MaxNumber = 1_000_000_000

// Sense says whether the sum of values is to be large or small.
type Sense int8

// The senses.
const (
	Max Sense = 1
	Min Sense = -1
)

// String is the sense in the file format.
func (s Sense) String() string {
	if s == Min {
		return "min"
	}
	return "max"
}

// Everybody is the group of a quota or budget that counts every exhibitor.
const Everybody = -1

// Unlimited is the absence of a maximum.
const Unlimited = math.MaxInt64

// Exhibition is one exhibition of the season.
type Exhibition struct {
	ID       string
	Capacity int64 // in units of size, mostly booths
	Metres   int64 // in square metres, Unlimited if they do not matter
	FirstDay int32 // days since 1970-01-01; both 0 when dates are not given
	LastDay  int32
}

// Quota bounds the number of places that a group has in a set of exhibitions.
type Quota struct {
	ID          string
	Exhibitions []uint16 // sorted
	Group       int32    // index in Groups, or Everybody
	Min, Max    int64    // Max is Unlimited if there is none
}

// Budget bounds the travel cost that a group causes in a set of exhibitions, in any one currency.
type Budget struct {
	ID          string
	Exhibitions []uint16
	Group       int32
	Amount      int64
}

// Problem is one question. Read only after Freeze.
type Problem struct {
	Sense     Sense
	MustPlace bool
	AtMost    int32 // places per exhibitor where Limit is nil

	Exhibitions []Exhibition
	Conflicts   [][2]uint16 // pairs j < j', sorted, each once
	RestDays    int32       // days that must lie between two exhibitions of one exhibitor, for exhibitions with dates
	Quotas      []Quota
	Budgets     []Budget
	Groups      []string
	Types       [][]int32 // each a sorted list of groups

	IDs   Names   // of the exhibitors
	Type  []int32 // index in Types, per exhibitor
	Limit []int32 // places per exhibitor; nil: AtMost for all

	// Pairs, in CSR: those of exhibitor i are Start[i] to Start[i+1], sorted by exhibition.
	Start  []int32
	Exh    []uint16
	Value  []int32
	Size   []int32 // nil: 1 for all
	Metres []int32 // nil: none
	Cost   []int32 // nil: none

	Policy *Policy // how the values came about, if by a published rule

	clash  []uint64 // bit matrix of conflicts, words per row
	words  int
	hash   [32]byte
	frozen bool
}

// N is the number of exhibitors.
func (p *Problem) N() int { return len(p.Type) }

// J is the number of exhibitions.
func (p *Problem) J() int { return len(p.Exhibitions) }

// SizeOf is the size of a pair.
func (p *Problem) SizeOf(o int32) int64 {
	if p.Size == nil {
		return 1
	}
	return int64(p.Size[o])
}

// MetresOf is the square metres of a pair.
func (p *Problem) MetresOf(o int32) int64 {
	if p.Metres == nil {
		return 0
	}
	return int64(p.Metres[o])
}

// CostOf is the travel cost of a pair.
func (p *Problem) CostOf(o int32) int64 {
	if p.Cost == nil {
		return 0
	}
	return int64(p.Cost[o])
}

// LimitOf is how many places an exhibitor may have.
func (p *Problem) LimitOf(i int) int {
	if p.MustPlace {
		return 1
	}
	if p.Limit == nil {
		return int(p.AtMost)
	}
	return int(p.Limit[i])
}

// Clash reports whether one exhibitor cannot be at both exhibitions.
func (p *Problem) Clash(a, b uint16) bool {
	return p.words > 0 && p.clash[int(a)*p.words+int(b)>>6]>>(b&63)&1 == 1
}

// ClashRow returns the exhibitions that clash with a as a bit set; nil if no two clash.
func (p *Problem) ClashRow(a uint16) []uint64 {
	if p.words == 0 {
		return nil
	}
	return p.clash[int(a)*p.words : (int(a)+1)*p.words]
}

// Pair returns the pair of an exhibitor and an exhibition, -1 if it is not eligible there.
func (p *Problem) Pair(i int, j uint16) int32 {
	s, e := p.Start[i], p.Start[i+1]
	k, ok := slices.BinarySearch(p.Exh[s:e], j)
	if !ok {
		return -1
	}
	return s + int32(k)
}

// In reports whether a type has a group.
func (p *Problem) In(t, group int32) bool {
	if group == Everybody {
		return true
	}
	_, ok := slices.BinarySearch(p.Types[t], group)
	return ok
}

// Hash is the SHA-256 of everything that decides.
func (p *Problem) Hash() [32]byte { return p.hash }

// ShortfallPrice is what one missing place of a minimum, and one exhibitor of MustPlace without a place, costs in the penalised objective, in units
// of value: more than twice the spread of all values; with MustPlace more than all others together could gain by it, as far as the numbers can be added.
func (p *Problem) ShortfallPrice() int64 {
	var lo, hi int64
	for k, v := range p.Value {
		if v := int64(v); k == 0 {
			lo, hi = v, v
		} else {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	spread := max(hi-lo, hi, -lo) + 1
	if p.MustPlace {
		n := int64(p.N())
		return max(8, min(n, (1<<50)/spread/(n+1))) * spread
	}
	return 4 * spread
}

// ErrProblem is the kind of every error of Freeze and Decode: the question cannot be asked like this.
var ErrProblem = planfile.ErrFile

// bad is a fault of the problem as a whole, told by a message of the catalogue.
func bad(key string, args ...any) error { return planfile.At("", key, args...) }

// Freeze checks the problem, puts the exhibitors into the order of their ids, so that the answer does not depend on the order of the file, derives conflicts
// from dates, and computes the hash.
func (p *Problem) Freeze() error {
	if p.frozen {
		return nil
	}
	for _, check := range []func() error{p.checkShape, p.sortByID, p.checkExhibitions, p.checkQuotas, p.checkPairs, p.deriveConflicts, p.checkMinima} {
		if err := check(); err != nil {
			return err
		}
	}
	p.hash = p.sum()
	p.frozen = true
	return nil
}

func (p *Problem) checkShape() error {
	n, m := len(p.Type), len(p.Exh)
	switch {
	case p.Sense != Max && p.Sense != Min:
		return bad("planfile.sense_none")
	case len(p.Exhibitions) == 0:
		return bad("planfile.exhibitions_none")
	case len(p.Exhibitions) > math.MaxUint16:
		return bad("planfile.exhibitions_many", len(p.Exhibitions), math.MaxUint16)
	case n == 0:
		return bad("planfile.exhibitors_none")
	case len(p.Start) != n+1 || p.IDs.Len() != n || len(p.Value) != m || (p.Size != nil && len(p.Size) != m) || (p.Metres != nil && len(p.Metres) != m) ||
		(p.Cost != nil && len(p.Cost) != m) || (p.Limit != nil && len(p.Limit) != n) || int(p.Start[n]) != m:
		return bad("planfile.columns")
	case m == 0:
		return bad("planfile.none_eligible")
	case p.AtMost < 1 && p.Limit == nil:
		return bad("planfile.at_most", p.AtMost)
	}
	return nil
}

func (p *Problem) checkExhibitions() error {
	seen := map[string]bool{}
	for _, e := range p.Exhibitions {
		switch {
		case e.ID == "":
			return bad("planfile.exhibitions_no_id")
		case seen[e.ID]:
			return bad("planfile.exhibition_named_twice", e.ID)
		case e.Capacity == 0:
			return bad("planfile.capacity_zero", e.ID)
		case e.Capacity < 0 || e.Metres < 0:
			return bad("planfile.capacity_negative", e.ID)
		case e.LastDay < e.FirstDay:
			return bad("planfile.days_turned", e.ID)
		}
		seen[e.ID] = true
	}
	for _, c := range p.Conflicts {
		if c[0] == c[1] {
			return bad("planfile.conflicts_itself", p.Exhibitions[c[0]].ID)
		}
	}
	return nil
}

func (p *Problem) checkQuotas() error {
	seen := map[string]bool{}
	check := func(what planfile.Word, id string, set []uint16, group int32) error {
		switch {
		case id == "" || seen[id]:
			return bad("planfile.line_id", what, id)
		case len(set) == 0:
			return bad("planfile.line_empty", what, id)
		case group != Everybody && (group < 0 || int(group) >= len(p.Groups)):
			return bad("planfile.line_group", what, id)
		}
		seen[id] = true
		for k, j := range set {
			if int(j) >= len(p.Exhibitions) || (k > 0 && set[k-1] >= j) {
				return bad("planfile.line_set", what, id)
			}
		}
		return nil
	}
	for _, q := range p.Quotas {
		if err := check("planfile.word_quota", q.ID, q.Exhibitions, q.Group); err != nil {
			return err
		}
		if q.Min < 0 || q.Max < 0 {
			return bad("planfile.quota_negative", q.ID)
		}
		if q.Min > q.Max {
			return bad("planfile.quota_itself", q.ID, q.Min, q.Max)
		}
	}
	for _, b := range p.Budgets {
		if err := check("planfile.word_budget", b.ID, b.Exhibitions, b.Group); err != nil {
			return err
		}
		if b.Amount < 0 {
			return bad("planfile.budget_negative", b.ID)
		}
	}
	return nil
}

func (p *Problem) checkPairs() error {
	for i := range p.Type {
		s, e := p.Start[i], p.Start[i+1]
		if s > e || int(p.Type[i]) >= len(p.Types) || p.Type[i] < 0 {
			return bad("planfile.exhibitor_columns", p.IDs.At(i))
		}
		if p.Limit != nil && (p.Limit[i] < 0 || p.Limit[i] > 1000) {
			return bad("planfile.exhibitor_at_most", p.IDs.At(i), p.Limit[i])
		}
		for o := s; o < e; o++ {
			if int(p.Exh[o]) >= len(p.Exhibitions) || (o > s && p.Exh[o-1] >= p.Exh[o]) {
				return bad("planfile.exhibitor_set", p.IDs.At(i))
			}
			if v := p.Value[o]; v > MaxNumber || v < -MaxNumber {
				return p.badPair(i, o, "value", int64(v))
			}
			if s := p.SizeOf(o); s < 0 || s > MaxNumber {
				return p.badPair(i, o, "size", s)
			}
			if s := p.MetresOf(o); s < 0 || s > MaxNumber {
				return p.badPair(i, o, "metres", s)
			}
			if s := p.CostOf(o); s < 0 || s > MaxNumber {
				return p.badPair(i, o, "cost", s)
			}
		}
	}
	return p.checkOverflow()
}

func (p *Problem) badPair(i int, o int32, what string, v int64) error {
	return bad("planfile.pair_number", p.IDs.At(i), p.Exhibitions[p.Exh[o]].ID, what, v, MaxNumber)
}

// checkOverflow refuses what no sum of 63 bits could hold: the objective of every exhibitor at its limit, shortfalls included.
func (p *Problem) checkOverflow() error {
	most := uint64(0)
	for i := range p.Type {
		most += uint64(p.LimitOf(i))
	}
	most = min(most, uint64(len(p.Exh)))
	for _, q := range p.Quotas {
		most += uint64(min(q.Min, int64(len(p.Exh))))
	}
	if hi, lo := bits.Mul64(most+uint64(p.N()), uint64(p.ShortfallPrice())); hi != 0 || lo > math.MaxInt64/4 {
		return bad("planfile.too_large", most, p.ShortfallPrice())
	}
	return nil
}

// deriveConflicts adds the pairs of exhibitions whose dates overlap or leave less than RestDays between, and builds the bit matrix.
func (p *Problem) deriveConflicts() error {
	for a := range p.Exhibitions {
		for b := a + 1; b < len(p.Exhibitions); b++ {
			x, y := p.Exhibitions[a], p.Exhibitions[b]
			if (x.FirstDay == 0 && x.LastDay == 0) || (y.FirstDay == 0 && y.LastDay == 0) {
				continue
			}
			if x.FirstDay <= y.LastDay+p.RestDays && y.FirstDay <= x.LastDay+p.RestDays {
				p.Conflicts = append(p.Conflicts, [2]uint16{uint16(a), uint16(b)})
			}
		}
	}
	for k, c := range p.Conflicts {
		if c[0] > c[1] {
			p.Conflicts[k] = [2]uint16{c[1], c[0]}
		}
		if int(max(c[0], c[1])) >= len(p.Exhibitions) {
			return bad("planfile.conflicts_unknown")
		}
	}
	slices.SortFunc(p.Conflicts, func(a, b [2]uint16) int { return (int(a[0])-int(b[0]))*65536 + int(a[1]) - int(b[1]) })
	p.Conflicts = slices.Compact(p.Conflicts)
	p.words, p.clash = 0, nil
	if len(p.Conflicts) == 0 {
		return nil
	}
	p.words = (len(p.Exhibitions) + 63) / 64
	p.clash = make([]uint64, p.words*len(p.Exhibitions))
	for _, c := range p.Conflicts {
		p.clash[int(c[0])*p.words+int(c[1])>>6] |= 1 << (c[1] & 63)
		p.clash[int(c[1])*p.words+int(c[0])>>6] |= 1 << (c[0] & 63)
	}
	return nil
}

// checkMinima refuses minima that contradict a maximum whatever the applicants: a quota inside another of the same exhibitions.
func (p *Problem) checkMinima() error {
	for _, q := range p.Quotas {
		if q.Min == 0 {
			continue
		}
		var room int64
		if p.Size == nil {
			for _, j := range q.Exhibitions {
				room += min(p.Exhibitions[j].Capacity, MaxNumber)
			}
			if q.Min > room {
				return bad("planfile.quota_room", q.ID, q.Min, room)
			}
		}
		for _, o := range p.Quotas {
			wider := o.Group == Everybody || o.Group == q.Group
			if o.ID != q.ID && wider && o.Max < q.Min && subset(q.Exhibitions, o.Exhibitions) {
				return bad("planfile.quotas_contradict", q.ID, o.ID, q.Min, o.Max)
			}
		}
	}
	return nil
}

// subset reports whether every element of the sorted a is in the sorted b.
func subset(a, b []uint16) bool {
	k := 0
	for _, x := range a {
		for k < len(b) && b[k] < x {
			k++
		}
		if k == len(b) || b[k] != x {
			return false
		}
	}
	return true
}

// With returns a changed copy, frozen. Exhibitions, quotas, budgets and limits are copied; columns are shared, so change replaces a column rather than writing
// into it. Exhibitors and pairs stay as they are.
func (p *Problem) With(change func(*Problem)) (*Problem, error) {
	q := *p
	q.frozen = false
	q.Exhibitions, q.Quotas, q.Budgets = slices.Clone(p.Exhibitions), slices.Clone(p.Quotas), slices.Clone(p.Budgets)
	q.Conflicts = slices.Clone(p.Conflicts)
	change(&q)
	if err := q.Freeze(); err != nil {
		return nil, err
	}
	return &q, nil
}
