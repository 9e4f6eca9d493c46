package explain

import (
	"cmp"
	"slices"
)

// Hall is the state of one exhibition.
type Hall struct {
	Exhibition         uint16
	Places             int
	Booths, Metres     int64 // used
	Applicants         int
	BoothPrice, Metric float64 // what one booth, one square metre more would be worth
}

// Exhibitions returns each exhibition's state.
func (b *Book) Exhibitions() []Hall {
	p := b.P
	out := make([]Hall, p.J())
	scale := float64(b.Pl.Prices.Scale)
	for j := range out {
		out[j] = Hall{Exhibition: uint16(j), Booths: b.rows.booths[j], Metres: b.rows.metres[j], BoothPrice: float64(b.Pl.Prices.Booths[j]) / scale,
			Metric: float64(b.Pl.Prices.Metres[j]) / scale}
	}
	for _, j := range p.Exh {
		out[j].Applicants++
	}
	for _, o := range b.Pl.Chosen {
		out[p.Exh[o]].Places++
	}
	return out
}

// Gauge is the state of one quota.
type Gauge struct {
	Quota    int32
	Used     int64
	MaxPrice float64 // what one place more of its maximum would be worth to the plan
	MinPrice float64 // what one place less of its minimum would
}

// Quotas returns each quota's state and cost.
func (b *Book) Quotas() []Gauge {
	out := make([]Gauge, len(b.P.Quotas))
	scale := float64(b.Pl.Prices.Scale)
	for q := range out {
		out[q] = Gauge{Quota: int32(q), Used: b.rows.quota[q], MaxPrice: float64(b.Pl.Prices.QuotaMax[q]) / scale, MinPrice: float64(b.Pl.Prices.QuotaMin[q]) / scale}
	}
	return out
}

// Spend is the state of one budget.
type Spend struct {
	Used  int64
	Price float64 // what one unit of money more would be worth to the plan
}

// Budgets returns each budget's state and cost.
func (b *Book) Budgets() []Spend {
	out := make([]Spend, len(b.P.Budgets))
	for k := range out {
		out[k] = Spend{b.rows.budget[k], float64(b.Pl.Prices.Budgets[k]) / float64(b.Pl.Prices.Scale)}
	}
	return out
}

// Cause is why a minimum is not met.
type Cause struct {
	Quota      int32
	Missing    int64
	Applicants int     // eligible pairs that count for it
	None       bool    // there are too few applicants, whatever else
	Blocks     []Block // what stands against those without a place, the most frequent first
}

// Block is a rule that stands against a number of applicants.
type Block struct {
	Rule  Rule
	Index int32 // quota or budget
	At    uint16
	Count int
}

// Unmet returns each unmet minimum with its cause.
func (b *Book) Unmet() []Cause {
	var out []Cause
	p := b.P
	for _, s := range b.Pl.Shortfalls {
		c := Cause{Quota: s.Quota, Missing: s.Missing}
		count := map[Block]int{}
		var could int64 // places that the applicants could fill at most, each within its own limit
		for i := range int32(p.N()) {
			mine := 0
			for o := p.Start[i]; o < p.Start[i+1]; o++ {
				if s.Quota >= 0 {
					if q := p.Quotas[s.Quota]; !b.counts(i, o, q.Exhibitions, q.Group) {
						continue
					}
				} else if b.placed[i] > 0 {
					continue
				}
				c.Applicants++
				mine++
				if b.has[o] {
					continue
				}
				if w := b.why(i, o); w.rule != Placed {
					k := Block{Rule: w.rule, Index: w.index}
					if w.rule == Capacity || w.rule == Metres || w.rule == Conflict {
						k.At = p.Exh[o]
						if w.rule == Conflict {
							k.At = w.other
						}
					}
					count[k]++
				}
			}
			could += int64(min(mine, p.LimitOf(int(i))))
		}
		if s.Quota >= 0 {
			c.None = could < p.Quotas[s.Quota].Min
		} else {
			c.None = c.Applicants == 0
		}
		for k, n := range count {
			k.Count = n
			c.Blocks = append(c.Blocks, k)
		}
		slices.SortFunc(c.Blocks, func(x, y Block) int {
			return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Index, y.Index), cmp.Compare(x.At, y.At))
		})
		out = append(out, c)
	}
	return out
}

// Forced is what it would cost to force one family into one exhibition.
type Forced struct {
	Cost     int64   // of value, by the cheapest way found; negative if the plan would gain
	Dropped  []int32 // pairs of the family itself that would go
	Displace []Way   // ways to make room, the cheapest first, at most five; none needed if empty and Possible
	Possible bool
}

// Way is one exchange that makes room.
type Way struct {
	Pairs []int32 // pairs of others that lose their place
	Cost  int64
}

// Force says what forcing pair o of exhibitor i in costs at least when nobody else moves, and whom it displaces: "it costs 43 and displaces one of these two".
// One or two others lose their places; minima that this would break are counted at the price of a shortfall.
func (b *Book) Force(i int, o int32) Forced {
	p := b.P
	me := int32(i)
	out := Forced{}
	if b.has[o] {
		out.Possible = true
		return out
	}
	sign := int64(p.Sense)
	before := b.short()
	// the family's own places that cannot stand beside it
	keep := int(b.placed[i])
	for x := p.Start[i]; x < p.Start[i+1]; x++ {
		if b.has[x] && p.Clash(p.Exh[x], p.Exh[o]) {
			out.Dropped = append(out.Dropped, x)
			keep--
		}
	}
	if keep >= p.LimitOf(i) {
		worst := int32(-1)
		for x := p.Start[i]; x < p.Start[i+1]; x++ {
			if b.has[x] && !slices.Contains(out.Dropped, x) && (worst < 0 || sign*int64(p.Value[x]) < sign*int64(p.Value[worst])) {
				worst = x
			}
		}
		if worst >= 0 {
			out.Dropped = append(out.Dropped, worst)
		}
	}
	base := -sign * int64(p.Value[o])
	for _, x := range out.Dropped {
		b.count(me, x, -1)
		base += sign * int64(p.Value[x])
	}
	b.count(me, o, 1)
	defer func() {
		b.count(me, o, -1)
		for _, x := range out.Dropped {
			b.count(me, x, 1)
		}
	}()
	penalty := p.ShortfallPrice()
	if !b.broken() {
		out.Possible, out.Cost = true, base+(b.short()-before)*penalty
		return out
	}
	out.Displace = b.ways(me, o, base, before, penalty)
	if len(out.Displace) > 0 {
		out.Possible, out.Cost = true, out.Displace[0].Cost
	}
	return out
}

// ways tries all single pairs, then pairs of two cheap ones, whose loss makes every limit hold.
func (b *Book) ways(me, o int32, base, before, penalty int64) []Way {
	p := b.P
	sign := int64(p.Sense)
	type victim struct {
		i, o int32
	}
	var cheap []victim
	for k, x := range b.Pl.Chosen {
		if b.of[k] != me && b.shares(b.of[k], x, me, o) {
			cheap = append(cheap, victim{b.of[k], x})
		}
	}
	slices.SortFunc(cheap, func(x, y victim) int {
		return cmp.Or(cmp.Compare(sign*int64(p.Value[x.o]), sign*int64(p.Value[y.o])), cmp.Compare(x.o, y.o))
	})
	var out []Way
	note := func(pairs ...int32) {
		cost := base + (b.short()-before)*penalty
		for _, x := range pairs {
			cost += sign * int64(p.Value[x])
		}
		out = append(out, Way{Pairs: pairs, Cost: cost})
	}
	for _, v := range cheap {
		b.count(v.i, v.o, -1)
		if !b.broken() {
			note(v.o)
		}
		b.count(v.i, v.o, 1)
	}
	if len(out) == 0 {
		few := cheap[:min(len(cheap), 40)]
		for a, v := range few {
			b.count(v.i, v.o, -1)
			for _, w := range few[:a] {
				b.count(w.i, w.o, -1)
				if !b.broken() {
					note(w.o, v.o)
				}
				b.count(w.i, w.o, 1)
			}
			b.count(v.i, v.o, 1)
		}
	}
	slices.SortFunc(out, func(x, y Way) int { return cmp.Or(cmp.Compare(x.Cost, y.Cost), slices.Compare(x.Pairs, y.Pairs)) })
	return out[:min(len(out), 5)]
}

// shares reports whether a chosen pair uses a limit that is over because of pair o.
func (b *Book) shares(i, x, me, o int32) bool {
	p := b.P
	if p.Exh[x] == p.Exh[o] {
		return true
	}
	for q, y := range p.Quotas {
		if b.rows.quota[q] > y.Max && b.counts(i, x, y.Exhibitions, y.Group) {
			return true
		}
	}
	for k, y := range p.Budgets {
		if b.rows.budget[k] > y.Amount && b.counts(i, x, y.Exhibitions, y.Group) {
			return true
		}
	}
	return false
}

// broken reports whether a hard limit does not hold.
func (b *Book) broken() bool {
	p := b.P
	for j, e := range p.Exhibitions {
		if b.rows.booths[j] > e.Capacity || b.rows.metres[j] > e.Metres {
			return true
		}
	}
	for q, x := range p.Quotas {
		if b.rows.quota[q] > x.Max {
			return true
		}
	}
	for k, x := range p.Budgets {
		if b.rows.budget[k] > x.Amount {
			return true
		}
	}
	return false
}

// short is the number of places that minima are short of.
func (b *Book) short() int64 {
	var n int64
	for q, x := range b.P.Quotas {
		n += max(0, x.Min-b.rows.quota[q])
	}
	return n
}

// CellSeats counts the seats of each cell, by exhibition and type: what a decline is filled from.
func (b *Book) CellSeats() map[[2]int32]int {
	out := map[[2]int32]int{}
	for k, o := range b.Pl.Chosen {
		out[[2]int32{int32(b.P.Exh[o]), b.P.Type[b.of[k]]}]++
	}
	return out
}
