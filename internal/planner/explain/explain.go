// Package explain turns a plan into reasons: arithmetic that anybody can repeat from the stored problem and plan, never a text made up afterwards.
//
// [New] reads a problem and its plan. [Book.Family] is the data of the letter to one family; [Book.Exhibitions], [Book.Quotas] and [Book.Unmet] that of the
// officials' pages; [Book.Force] says what forcing a family in costs and whom it displaces. Words are the caller's: every reason is a [Rule] with the ids and
// numbers that belong to it.
//
// # Design
//
// A cell is one exhibition and one type: all groups that a quota or budget counts. Two applicants of a cell are alike to every rule but the order, so the cut-off
// of a cell is the last place in the order that has a seat. Why a pair was not chosen is one rule, the first that holds of: the family's own limit; a conflict with
// a place that it has; room, quota or budget that is used up. Of several that are used up, the one that decides is named: the one without whose price the pair
// would have paid all the others (a quota before a budget before room, when each alone would do), else the one with the highest price.
//
// What a quota costs is its price in the proof of the bound: what one place more (or one place less of a minimum) would be worth to the plan. It is exact for
// small changes at the optimum of the relaxed problem, and marked as such.
package explain

import (
	"cmp"
	"slices"

	"muntija/internal/planner/model"
)

// Rule is why a pair was not chosen.
type Rule string

// The rules.
const (
	Placed    Rule = "placed"   // it was
	AtMost    Rule = "at_most"  // the family has as many places as it may
	Conflict  Rule = "conflict" // it has a place at another exhibition at that time
	Capacity  Rule = "capacity" // all booths are given to others
	Metres    Rule = "metres"   // all square metres are given to others
	QuotaFull Rule = "quota"    // a quota that it counts for is used up
	Budget    Rule = "budget"   // a travel budget that it counts for is used up
	NoGain    Rule = "no_gain"  // it would add nothing to the plan
	Open      Rule = "open"     // nothing stands against it: a plan that was cut short, or a place that came free
)

// Reason is what became of one family at one exhibition where it is eligible.
type Reason struct {
	Exhibition uint16
	Rule       Rule
	Other      uint16 // Conflict: the exhibition where it has a place
	Index      int32  // QuotaFull, Budget: which
	Seats      int    // of the cell
	Applicants int    // of the cell, eligible and within their own limits
	Waiting    int    // place on the cell's waiting list, from 1; 0 if placed or not waiting
	CutOff     *Mark  // the last of the cell with a seat; nil if the cell has none
	Own        Mark
	Enough     *Enough
}

// Mark is a place in the order.
type Mark struct {
	Value  int32 // what the plan adds up
	Points int32 // of merit, under a policy
	Class  int
	Band   int
	Key    uint64
}

// Enough is the nearest change that would have been enough: a band, or a value, other things being equal.
type Enough struct {
	Band   int   // under a policy; -1: no band would have been, the class decides
	Points int32 // lowest points of that band
	Value  int32 // without a policy
}

// Book is a plan made ready for questions.
type Book struct {
	P  *model.Problem
	Pl *model.Plan

	of     []int32
	has    map[int32]bool
	placed []int32 // places of each exhibitor
	rows   tally
	cells  map[[2]int32][]int32 // pairs of a cell in the order of the rule, built on demand
	owner  []int32              // exhibitor of each pair
	queues map[[2]int32]*queue
	turn   []int32 // place of each pair on its cell's waiting list, from 1, 0: none; of cells that have a queue
}

// queue is what a cell's pairs share.
type queue struct {
	seats, applicants int
	last              int32 // pair with a seat that is last in the order, -1: none
}

// tally is the use of every limit.
type tally struct {
	booths, metres, quota, budget []int64
}

// New reads a plan.
func New(p *model.Problem, pl *model.Plan) *Book {
	b := &Book{P: p, Pl: pl, of: pl.Of(p), has: make(map[int32]bool, len(pl.Chosen)), placed: make([]int32, p.N())}
	b.rows = tally{make([]int64, p.J()), make([]int64, p.J()), make([]int64, len(p.Quotas)), make([]int64, len(p.Budgets))}
	for k, o := range pl.Chosen {
		b.has[o] = true
		b.placed[b.of[k]]++
		b.count(b.of[k], o, 1)
	}
	return b
}

// counts reports whether a pair counts for a set of exhibitions and a group.
func (b *Book) counts(i, o int32, set []uint16, group int32) bool {
	_, in := slices.BinarySearch(set, b.P.Exh[o])
	return in && b.P.In(b.P.Type[i], group)
}

func (b *Book) count(i, o int32, sign int64) {
	p := b.P
	b.rows.booths[p.Exh[o]] += sign * p.SizeOf(o)
	b.rows.metres[p.Exh[o]] += sign * p.MetresOf(o)
	for q, x := range p.Quotas {
		if b.counts(i, o, x.Exhibitions, x.Group) {
			b.rows.quota[q] += sign
		}
	}
	for k, x := range p.Budgets {
		if b.counts(i, o, x.Exhibitions, x.Group) {
			b.rows.budget[k] += sign * p.CostOf(o)
		}
	}
}

// block is one rule that stands against a pair, with its price.
type block struct {
	rule  Rule
	index int32
	other uint16
	price int64
}

// own returns the family's own rule against a pair, Open if there is none.
func (b *Book) own(i, o int32) block {
	p := b.P
	for x := p.Start[i]; x < p.Start[i+1]; x++ {
		if b.has[x] && p.Clash(p.Exh[x], p.Exh[o]) {
			return block{rule: Conflict, other: p.Exh[x]}
		}
	}
	if int(b.placed[i]) >= p.LimitOf(int(i)) {
		return block{rule: AtMost}
	}
	return block{rule: Open}
}

// full returns the shared limits that stand against a pair, the one that decides first.
func (b *Book) full(i, o int32) []block {
	p, pr := b.P, b.Pl.Prices
	var out []block
	j := p.Exh[o]
	if b.rows.booths[j]+p.SizeOf(o) > p.Exhibitions[j].Capacity {
		out = append(out, block{rule: Capacity, price: pr.Booths[j] * p.SizeOf(o)})
	}
	if p.Metres != nil && b.rows.metres[j]+p.MetresOf(o) > p.Exhibitions[j].Metres {
		out = append(out, block{rule: Metres, price: pr.Metres[j] * p.MetresOf(o)})
	}
	for q, x := range p.Quotas {
		if x.Max < model.Unlimited && b.rows.quota[q]+1 > x.Max && b.counts(i, o, x.Exhibitions, x.Group) {
			out = append(out, block{rule: QuotaFull, index: int32(q), price: pr.QuotaMax[q]})
		}
	}
	for k, x := range p.Budgets {
		if b.rows.budget[k]+p.CostOf(o) > x.Amount && b.counts(i, o, x.Exhibitions, x.Group) {
			out = append(out, block{rule: Budget, index: int32(k), price: pr.Budgets[k] * p.CostOf(o)})
		}
	}
	left := b.left(i, o)
	rank := map[Rule]int{QuotaFull: 0, Budget: 1, Metres: 2, Capacity: 3}
	slices.SortStableFunc(out, func(x, y block) int {
		a, c := left+x.price > 0, left+y.price > 0
		switch {
		case a && c:
			return cmp.Or(cmp.Compare(rank[x.rule], rank[y.rule]), cmp.Compare(y.price, x.price))
		case a:
			return -1
		case c:
			return 1
		}
		return cmp.Compare(y.price, x.price)
	})
	return out
}

// left is what remains of a pair's value after it paid the prices of all its limits, in 1/scale.
func (b *Book) left(i, o int32) int64 {
	p, pr := b.P, b.Pl.Prices
	j := p.Exh[o]
	v := int64(p.Sense)*int64(p.Value[o])*pr.Scale - p.SizeOf(o)*pr.Booths[j] - p.MetresOf(o)*pr.Metres[j]
	for q, x := range p.Quotas {
		if pr.QuotaMax[q] != pr.QuotaMin[q] && b.counts(i, o, x.Exhibitions, x.Group) {
			v -= pr.QuotaMax[q] - pr.QuotaMin[q]
		}
	}
	for k, x := range p.Budgets {
		if pr.Budgets[k] != 0 && b.counts(i, o, x.Exhibitions, x.Group) {
			v -= pr.Budgets[k] * p.CostOf(o)
		}
	}
	return v
}

// why returns the single rule that kept a pair out.
func (b *Book) why(i, o int32) block {
	if b.has[o] {
		return block{rule: Placed}
	}
	if own := b.own(i, o); own.rule != Open {
		return own
	}
	if full := b.full(i, o); len(full) > 0 {
		return full[0]
	}
	if int64(b.P.Sense)*int64(b.P.Value[o]) <= 0 && !b.P.MustPlace {
		return block{rule: NoGain}
	}
	return block{rule: Open}
}

// Family returns the reasons of one exhibitor, one for each exhibition where it is eligible.
func (b *Book) Family(i int) []Reason {
	p := b.P
	var out []Reason
	for o := p.Start[i]; o < p.Start[i+1]; o++ {
		w := b.why(int32(i), o)
		r := Reason{Exhibition: p.Exh[o], Rule: w.rule, Other: w.other, Index: w.index, Own: b.mark(int32(i), o)}
		b.standing(int32(i), o, &r)
		out = append(out, r)
	}
	return out
}

func (b *Book) mark(i, o int32) Mark {
	p := b.P
	m := Mark{Value: p.Value[o]}
	if p.Policy != nil {
		pl := p.Place(int(i), o)
		m.Points, m.Class, m.Band, m.Key = p.Policy.Points[o], pl.Class, pl.Band, pl.Key
	}
	return m
}

// cell returns the pairs of a pair's cell, the first in the order first.
func (b *Book) cell(i, o int32) []int32 {
	p := b.P
	if b.cells == nil {
		b.cells = map[[2]int32][]int32{}
		b.owner = make([]int32, len(p.Exh))
		for x := range int32(p.N()) {
			for y := p.Start[x]; y < p.Start[x+1]; y++ {
				key := [2]int32{int32(p.Exh[y]), p.Type[x]}
				b.cells[key] = append(b.cells[key], y)
				b.owner[y] = x
			}
		}
		for _, list := range b.cells {
			slices.SortFunc(list, func(x, y int32) int {
				switch {
				case b.ahead(x, y):
					return -1
				case b.ahead(y, x):
					return 1
				}
				return int(x - y)
			})
		}
	}
	return b.cells[[2]int32{int32(p.Exh[o]), p.Type[i]}]
}

// ahead reports whether pair x stands before pair y of the same cell.
func (b *Book) ahead(x, y int32) bool {
	p := b.P
	if p.Policy != nil {
		return p.Place(int(b.owner[x]), x).Before(p.Place(int(b.owner[y]), y))
	}
	return int64(p.Sense)*int64(p.Value[x]) > int64(p.Sense)*int64(p.Value[y])
}

// queue returns the queue of a pair's cell.
func (b *Book) queue(i, o int32) *queue {
	key := [2]int32{int32(b.P.Exh[o]), b.P.Type[i]}
	if q := b.queues[key]; q != nil {
		return q
	}
	if b.queues == nil {
		b.queues, b.turn = map[[2]int32]*queue{}, make([]int32, len(b.P.Exh))
	}
	q := &queue{last: -1}
	waiting := int32(0)
	for _, x := range b.cell(i, o) {
		switch {
		case b.has[x]:
			q.seats++
			q.applicants++
			q.last = x
		case b.own(b.owner[x], x).rule == Open:
			q.applicants++
			waiting++
			b.turn[x] = waiting
		}
	}
	b.queues[key] = q
	return q
}

// standing fills in where a pair stands in its cell.
func (b *Book) standing(i, o int32, r *Reason) {
	q := b.queue(i, o)
	r.Seats, r.Applicants, r.Waiting = q.seats, q.applicants, int(b.turn[o])
	last := q.last
	if last >= 0 {
		m := b.mark(b.owner[last], last)
		r.CutOff = &m
	}
	if last >= 0 && !b.has[o] && r.Rule != AtMost && r.Rule != Conflict {
		r.Enough = b.enough(i, o, last)
	}
}

// enough finds the least change of a pair that would have put it before the last one with a seat.
func (b *Book) enough(i, o, last int32) *Enough {
	p := b.P
	if p.Policy == nil {
		return &Enough{Value: p.Value[last] + int32(p.Sense)}
	}
	own, other := p.Place(int(i), o), p.Place(int(b.owner[last]), last)
	if own.Class < other.Class || (p.Policy.Rule != model.RuleFair && p.Policy.Rule != model.RulePoints) {
		return &Enough{Band: -1}
	}
	band := other.Band
	// in the same band the drawer, the travel and the key decide, which points do not change
	if rest := int32(1<<8*16 - 1); own.Weight&rest < other.Weight&rest || (own.Weight&rest == other.Weight&rest && own.Key <= other.Key) {
		band++
	}
	if band > len(p.Policy.Bands) || band == 0 {
		return &Enough{Band: -1}
	}
	return &Enough{Band: band, Points: p.Policy.Bands[band-1]}
}
