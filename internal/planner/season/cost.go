package season

import (
	"cmp"
	"slices"
)

// cost is what a plan costs, and false if a rule that blocks is broken.
func (b *Board) cost(plan []placed) (int64, bool) {
	total, ok := int64(0), true
	pay := func(r Rule, n int64) {
		switch s := b.set[r]; {
		case n <= 0 || s.Mode == Ignore:
		case s.Mode == Block:
			ok = false
		default:
			total += n * s.Cost
		}
	}
	sessions := make([]int, len(b.exhibitions))
	for _, q := range plan {
		sessions[q.e]++
		for _, r := range cellRules {
			pay(r, b.breach(r, q.e, q.v, q.week))
		}
		if b.set[Prefer].Mode != Ignore {
			total += b.preferred(q.e, q.week)
		}
	}
	for e, n := range sessions {
		missing := b.exhibitions[e].count() - n
		if s := b.set[Scheduled]; missing > 0 && s.Mode == Warn {
			total += int64(missing) * cmp.Or(b.exhibitions[e].Weight, s.Cost)
			continue
		}
		pay(Scheduled, int64(missing))
		ok = ok && missing >= 0
	}
	b.crowds(plan, pay)
	for _, g := range b.p.Budgets {
		sum := int64(0)
		for _, q := range plan {
			sum += b.rent(q.e, q.v, g)
		}
		if sum > g.Amount {
			pay(Budget, 1)
		}
	}
	if b.p.MaxDifference != nil {
		hosted := map[string]int{}
		for _, q := range plan {
			hosted[b.p.Venues[q.v].Party]++
		}
		var counts []int
		for _, p := range b.parties() {
			counts = append(counts, hosted[p])
		}
		pay(Balance, int64(slices.Max(counts)-slices.Min(counts)-*b.p.MaxDifference))
	}
	return total, ok
}

// crowds pays for the days on which there are too many: at a venue, of a person, of a pair in conflict, of a series, of one exhibition, in the season.
func (b *Board) crowds(plan []placed, pay func(Rule, int64)) {
	venues, people, series, own := map[int][]span{}, map[int][]span{}, map[int][]span{}, map[int][]span{}
	var all []span
	for _, q := range plan {
		x, open := &b.exhibitions[q.e], b.open(q.e, q.week)
		venues[q.v] = append(venues[q.v], b.taken(q.e, q.week))
		own[q.e] = append(own[q.e], open)
		for _, k := range x.people {
			people[k] = append(people[k], open)
		}
		if x.series >= 0 {
			series[x.series] = append(series[x.series], span{open.from, open.to + b.gap[x.series]})
		}
		all = append(all, open)
	}
	for _, k := range []struct {
		rule Rule
		of   map[int][]span
	}{{Occupied, venues}, {Busy, people}, {Gap, series}, {Itself, own}} {
		for _, list := range k.of {
			pay(k.rule, excess(list, 1))
		}
	}
	if b.p.MaxParallel > 0 {
		pay(Parallel, excess(all, b.p.MaxParallel))
	}
	for i := range b.conflicts {
		for j := range b.conflicts[i] {
			if i < j {
				pay(Busy, excess(slices.Concat(own[i], own[j]), 1))
			}
		}
	}
}

// excess is the sum over all days of the stretches on that day beyond most.
func excess(list []span, most int) int64 {
	var points []int
	for _, s := range list {
		points = append(points, s.from, s.to)
	}
	slices.Sort(points)
	points = slices.Compact(points)
	sum := 0
	for i := 0; i+1 < len(points); i++ {
		n := 0
		for _, s := range list {
			if s.from <= points[i] && points[i] < s.to {
				n++
			}
		}
		sum += max(0, n-most) * (points[i+1] - points[i])
	}
	return int64(sum)
}
