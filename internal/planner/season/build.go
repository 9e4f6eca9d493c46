package season

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"muntija/internal/highs"
)

// cell is a column: a session of an exhibition at a class of venues in a week.
type cell struct {
	e, class, week int
	cost           int64
}

// built is the programme of a problem, with what is needed to read its solution and to explain why there is none.
type built struct {
	b       *Board
	m       *highs.Model
	classes [][]int // venues that no rule and no cost tells apart, in order
	cells   []cell
	cols    []highs.Col // of the cells
	of      [][]int     // exhibition → its cells
	demands []Demand    // what may clash
	rows    [][]highs.Row
	soft    []softRow
	limits  []limit // the rows of demands on several that say how many cells may hold
}

// softRow is a demand that may be broken: its column counts the breaches.
type softRow struct {
	demand Demand
	col    highs.Col
	cost   int64
}

// buildOptions choose a part of the problem, for explanations.
type buildOptions struct {
	only  []int                // exhibitions; nil: all
	drop  func(Rule, int) bool // demands on one exhibition that are given up
	give  func(d Demand) bool  // demands on several that are given up
	apart bool                 // the rules on one exhibition become rows of their own, which can clash, instead of forbidding columns
	pairs bool                 // every pair in conflict is a demand of its own
	keep  func(d Demand) bool  // with apart: the demands on several that are wanted
}

// classesOf groups venues. Venues of one class have the same party, size, features, rent and blackouts, no hold and no exhibition that speaks of them: of several
// such halls it does not matter which one is taken, and a programme that need not choose is solved much faster. Sessions of a class are intervals, so they can
// be shared out to its venues afterwards if no day has more of them than venues.
func (b *Board) classesOf() [][]int {
	named := map[int]bool{}
	for e := range b.exhibitions {
		x := &b.exhibitions[e]
		if x.pinVenue >= 0 {
			named[x.pinVenue] = true
		}
		for v := range x.likes {
			named[v] = true
		}
		for v, ok := range x.allowed {
			if ok {
				named[v] = true
			}
		}
	}
	byKey := map[string]int{}
	var out [][]int
	for v := range b.p.Venues {
		u := &b.p.Venues[v]
		features := slices.Sorted(slices.Values(u.Features))
		key := fmt.Sprint(u.Party, "\x00", u.Capacity, "\x00", strings.Join(features, "\x01"), "\x00", u.RentPerDay, u.Currency, "\x00", union(slices.Clone(b.closed[v])))
		if named[v] || len(b.holds[v]) > 0 || b.set[Occupied].Mode == Warn {
			key = fmt.Sprint("\x02", v)
		}
		c, ok := byKey[key]
		if !ok {
			c = len(out)
			byKey[key] = c
			out = append(out, nil)
		}
		out[c] = append(out[c], v)
	}
	return out
}

func (b *Board) build(o buildOptions) *built {
	n := len(b.exhibitions)
	u := &built{b: b, classes: b.classesOf(), of: make([][]int, n)}
	if o.only == nil {
		o.only = make([]int, n)
		for e := range o.only {
			o.only[e] = e
		}
	}
	u.addCells(o)
	u.m = highs.NewModel(highs.Minimize, len(u.cells)+n, len(u.cells)/2, 4*len(u.cells))
	for _, c := range u.cells {
		u.cols = append(u.cols, u.m.AddBool(float64(c.cost)))
	}
	if o.apart {
		u.addApart(o)
	}
	u.addScheduled(o)
	u.addTogether(o)
	u.addSums(o)
	return u
}

// addCells finds the columns. The rules on time are looked at once per week, those on the venue once per class, and only those on both for each pair.
func (u *built) addCells(o buildOptions) {
	b := u.b
	drop := o.drop
	if o.apart {
		drop = func(r Rule, _ int) bool { return r != Fits }
	}
	for _, e := range o.only {
		first := len(u.cells)
		type option struct {
			at   int
			cost int64
		}
		var weeks, places []option
		for w := range b.p.Weeks {
			if cost, ok := b.costs(timeRules, e, 0, w, drop); ok {
				weeks = append(weeks, option{w, cost})
			}
		}
		for c, venues := range u.classes {
			if cost, ok := b.costs(placeRules, e, venues[0], 0, drop); ok {
				places = append(places, option{c, cost})
			}
		}
		for _, c := range places {
			for _, w := range weeks {
				if cost, ok := b.costs(bothRules, e, u.classes[c.at][0], w.at, drop); ok {
					u.cells = append(u.cells, cell{e, c.at, w.at, cost + c.cost + w.cost})
				}
			}
		}
		if o.apart {
			u.cells = u.undominated(first, o)
		}
		for c := first; c < len(u.cells); c++ {
			u.of[e] = append(u.of[e], c)
		}
	}
}

// undominated returns the cells without those, from first on, of which another of the same exhibition and week breaks no more rules and takes part in the same demands on several
// exhibitions: an explanation has no use for them, and is found much faster.
func (u *built) undominated(first int, o buildOptions) []cell {
	b := u.b
	wanted := func(d Demand) bool { return o.keep == nil || o.keep(d) }
	type key struct {
		week, class int
	}
	money := wanted(Demand{Rule: Balance})
	for _, g := range b.p.Budgets {
		money = money || wanted(Demand{Rule: Budget, Party: g.Party, Currency: g.Currency})
	}
	best := map[key][]uint32{}
	keys := make([]key, 0, len(u.cells)-first)
	masks := make([]uint32, 0, len(u.cells)-first)
	for _, c := range u.cells[first:] {
		v, k, mask := u.classes[c.class][0], key{week: c.week, class: -1}, uint32(0)
		if money || wanted(u.occupied(c.class)) {
			k.class = c.class
		}
		for n, r := range cellRules {
			if b.set[r].Mode == Block && b.breach(r, c.e, v, c.week) > 0 {
				mask |= 1 << n
			}
		}
		keys, masks = append(keys, k), append(masks, mask)
		best[k] = append(best[k], mask)
	}
	out := u.cells[:first]
	used := map[key][]uint32{}
	for i, c := range u.cells[first:] {
		k, mask := keys[i], masks[i]
		if slices.ContainsFunc(best[k], func(m uint32) bool { return m != mask && m&mask == m }) || slices.Contains(used[k], mask) {
			continue
		}
		used[k] = append(used[k], mask)
		out = append(out, c)
	}
	return out
}

func (u *built) occupied(class int) Demand {
	venues := u.classes[class]
	return Demand{Rule: Occupied, Venue: u.b.p.Venues[venues[0]].ID, Alike: len(venues) - 1}
}

// demand adds a demand that can clash, with its rows.
func (u *built) demand(d Demand, rows []highs.Row) {
	if len(rows) > 0 {
		d.Blocks = true
		u.demands = append(u.demands, d)
		u.rows = append(u.rows, rows)
	}
}

func (u *built) terms(cells []int) []highs.Term {
	out := make([]highs.Term, len(cells), len(cells)+1)
	for i, c := range cells {
		out[i] = highs.Term{Col: u.cols[c], Coef: 1}
	}
	return out
}

func (u *built) addApart(o buildOptions) {
	for _, e := range o.only {
		for _, r := range cellRules {
			if u.b.set[r].Mode != Block || r == Fits {
				continue
			}
			var bad []int
			for _, c := range u.of[e] {
				if u.b.breach(r, e, u.classes[u.cells[c].class][0], u.cells[c].week) > 0 {
					bad = append(bad, c)
				}
			}
			if len(bad) > 0 {
				u.demand(Demand{Rule: r, Exhibition: u.b.exhibitions[e].ID}, []highs.Row{u.m.AddRow(0, 0, u.terms(bad)...)})
			}
		}
	}
}

// addScheduled demands the sessions of each exhibition.
func (u *built) addScheduled(o buildOptions) {
	s := u.b.set[Scheduled]
	for _, e := range o.only {
		x := &u.b.exhibitions[e]
		count := float64(x.count())
		row, d := u.terms(u.of[e]), Demand{Rule: Scheduled, Exhibition: x.ID}
		switch {
		case s.Mode == Block && (o.drop == nil || !o.drop(Scheduled, e)):
			u.demand(d, []highs.Row{u.m.AddRow(count, count, row...)})
		case s.Mode == Block || s.Mode == Ignore:
			u.m.AddRow(0, count, row...)
		default:
			cost := cmp.Or(x.Weight, s.Cost)
			col := u.m.AddInt(float64(cost), 0, count)
			u.m.AddRow(count, count, append(row, highs.Term{Col: col, Coef: 1})...)
			u.soft = append(u.soft, softRow{d, col, cost})
		}
		if x.count() > 1 {
			u.together(Demand{Rule: Itself, Exhibition: x.ID}, u.of[e], 1, func(c cell) span { return u.b.open(c.e, c.week) }, o)
		}
	}
}

// addTogether demands that no day has too many: at a venue, for a person, for a series, in the season.
func (u *built) addTogether(o buildOptions) {
	b := u.b
	open := func(c cell) span { return b.open(c.e, c.week) }
	byClass := make([][]int, len(u.classes))
	for c := range u.cells {
		byClass[u.cells[c].class] = append(byClass[u.cells[c].class], c)
	}
	for k, venues := range u.classes {
		u.together(u.occupied(k), byClass[k], len(venues), func(c cell) span { return b.taken(c.e, c.week) }, o)
	}
	members := make([][]int, len(b.p.People))
	series := make([][]int, len(b.p.Series))
	for e := range b.exhibitions {
		for _, q := range b.exhibitions[e].people {
			members[q] = append(members[q], e)
		}
		if s := b.exhibitions[e].series; s >= 0 {
			series[s] = append(series[s], e)
		}
	}
	for q, list := range members {
		u.together(Demand{Rule: Busy, Person: b.p.People[q].ID}, u.cellsOf(list), 1, open, o)
	}
	for _, list := range b.cliques(b.set[Busy].Mode == Block && !o.pairs) {
		d := Demand{Rule: Busy, Exhibition: b.exhibitions[list[0]].ID, Other: b.exhibitions[list[1]].ID}
		u.together(d, u.cellsOf(list), 1, open, o)
	}
	for s, list := range series {
		gap := b.gap[s]
		u.together(Demand{Rule: Gap, Series: b.p.Series[s].ID}, u.cellsOf(list), 1, func(c cell) span { s := open(c); return span{s.from, s.to + gap} }, o)
	}
	if b.p.MaxParallel > 0 {
		all := make([]int, len(u.cells))
		for c := range all {
			all[c] = c
		}
		u.together(Demand{Rule: Parallel}, all, b.p.MaxParallel, open, o)
	}
}

func (u *built) cellsOf(exhibitions []int) []int {
	if len(exhibitions) < 2 {
		return nil // sessions of one exhibition are kept apart by Itself
	}
	var out []int
	for _, e := range exhibitions {
		out = append(out, u.of[e]...)
	}
	return out
}

// cliques covers the conflicts by sets of exhibitions that are all in conflict with one another: one row for many pairs, and a tighter one. Without merging each
// pair stands alone.
func (b *Board) cliques(merge bool) [][]int {
	var out [][]int
	covered := map[[2]int]bool{}
	for _, q := range b.p.Conflicts {
		i, j := b.exhibitAt[q[0]], b.exhibitAt[q[1]]
		i, j = min(i, j), max(i, j)
		if covered[[2]int{i, j}] {
			continue
		}
		set := []int{i, j}
		if merge {
			for _, k := range sortedKeys(b.conflicts[i]) {
				if !slices.Contains(set, k) && !slices.ContainsFunc(set, func(l int) bool { return !b.conflicts[k][l] }) {
					set = append(set, k)
				}
			}
		}
		for x := range set {
			for y := range x {
				covered[[2]int{min(set[x], set[y]), max(set[x], set[y])}] = true
			}
		}
		out = append(out, set)
	}
	return out
}

func sortedKeys(m map[int]bool) []int {
	out := make([]int, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// together demands that on no day more than most of the cells hold. Under Block only days on which a stretch is about to end are looked at: the cells of every
// other day are among theirs. Under Warn every stretch of days with the same cells counts its days.
func (u *built) together(d Demand, cells []int, most int, of func(cell) span, o buildOptions) {
	mode := u.b.set[d.Rule]
	if mode.Mode == Ignore || o.give != nil && o.give(d) || o.keep != nil && d.Rule != Itself && !o.keep(d) {
		return
	}
	spans := make(map[int]span, len(cells))
	for _, c := range cells {
		spans[c] = of(u.cells[c])
	}
	order := slices.Clone(cells)
	slices.SortStableFunc(order, func(a, b int) int { return spans[a].from - spans[b].from })
	var points []int
	for _, c := range order {
		points = append(points, spans[c].from)
		if mode.Mode == Warn {
			points = append(points, spans[c].to)
		}
	}
	slices.Sort(points)
	points = slices.Compact(points)
	var active []int
	var rows []highs.Row
	for i, day := range points {
		active = slices.DeleteFunc(active, func(c int) bool { return spans[c].to <= day })
		for len(order) > 0 && spans[order[0]].from == day {
			active = append(active, order[0])
			order = order[1:]
		}
		last := i+1 == len(points)
		if mode.Mode == Block && !last && !slices.ContainsFunc(active, func(c int) bool { return spans[c].to <= points[i+1] }) {
			continue
		}
		slices.Sort(active)
		if !u.more(active, most) {
			continue
		}
		row := u.terms(active)
		if mode.Mode == Warn && !last {
			cost := mode.Cost * int64(points[i+1]-day)
			col := u.m.AddInt(float64(cost), 0, float64(len(active)))
			u.soft = append(u.soft, softRow{d, col, cost})
			u.m.AddRow(-highs.Inf, float64(most), append(row, highs.Term{Col: col, Coef: -1})...)
		} else if mode.Mode == Block {
			rows = append(rows, u.m.AddRow(-highs.Inf, float64(most), row...))
			u.limits = append(u.limits, limit{slices.Clone(active), most})
		}
	}
	if d.Rule != Itself {
		u.demand(d, rows)
	}
}

// more reports whether more than most of the cells could hold at once: of one exhibition with one session only one can.
func (u *built) more(cells []int, most int) bool {
	seen, last := 0, -1
	for _, c := range cells { // in order of exhibitions
		if e := u.cells[c].e; e != last || u.b.exhibitions[e].count() > 1 {
			seen++
			last = e
		}
		if seen > most {
			return true
		}
	}
	return false
}

// addSums demands budgets and balance.
func (u *built) addSums(o buildOptions) {
	b := u.b
	wanted := func(d Demand) bool {
		return b.set[d.Rule].Mode != Ignore && (o.give == nil || !o.give(d)) && (o.keep == nil || o.keep(d))
	}
	for _, g := range b.p.Budgets {
		d := Demand{Rule: Budget, Party: g.Party, Currency: g.Currency}
		if !wanted(d) {
			continue
		}
		var row []highs.Term
		total := int64(0)
		for i, c := range u.cells {
			if rent := b.rent(c.e, u.classes[c.class][0], g); rent > 0 {
				row = append(row, highs.Term{Col: u.cols[i], Coef: float64(rent)})
			}
		}
		for e := range u.of {
			most := int64(0)
			for _, c := range u.of[e] {
				most = max(most, b.rent(e, u.classes[u.cells[c].class][0], g))
			}
			total += most * int64(b.exhibitions[e].count())
		}
		if total <= g.Amount {
			continue // it cannot be passed
		}
		if s := b.set[Budget]; s.Mode == Warn {
			col := u.m.AddBool(float64(s.Cost))
			u.soft = append(u.soft, softRow{d, col, s.Cost})
			u.m.AddRow(-highs.Inf, float64(g.Amount), append(row, highs.Term{Col: col, Coef: -float64(total - g.Amount)})...)
			continue
		}
		u.demand(d, []highs.Row{u.m.AddRow(-highs.Inf, float64(g.Amount), row...)})
	}
	if b.p.MaxDifference == nil || !wanted(Demand{Rule: Balance}) {
		return
	}
	var rows []highs.Row
	parties := b.parties()
	sessions := 0.0
	for e := range b.exhibitions {
		sessions += float64(b.exhibitions[e].count())
	}
	s, excess := b.set[Balance], highs.Col(0)
	if s.Mode == Warn {
		excess = u.m.AddInt(float64(s.Cost), 0, sessions)
		u.soft = append(u.soft, softRow{Demand{Rule: Balance}, excess, s.Cost})
	}
	for i, p := range parties {
		for j, q := range parties {
			if i == j {
				continue
			}
			var row []highs.Term
			for k, c := range u.cells {
				switch b.p.Venues[u.classes[c.class][0]].Party {
				case p:
					row = append(row, highs.Term{Col: u.cols[k], Coef: 1})
				case q:
					row = append(row, highs.Term{Col: u.cols[k], Coef: -1})
				}
			}
			if s.Mode == Warn {
				row = append(row, highs.Term{Col: excess, Coef: -1})
			}
			rows = append(rows, u.m.AddRow(-highs.Inf, float64(*b.p.MaxDifference), row...))
		}
	}
	if s.Mode == Block {
		u.demand(Demand{Rule: Balance}, rows)
	}
}

// rent is what a session at a venue takes of a budget.
func (b *Board) rent(e, v int, g PartyBudget) int64 {
	u, x := &b.p.Venues[v], &b.exhibitions[e]
	if u.Party != g.Party || u.Currency != g.Currency {
		return 0
	}
	return u.RentPerDay * int64(x.BuildDays+x.days()+x.DismantleDays)
}

// parties are those of the venues, in order of appearance.
func (b *Board) parties() []string {
	var out []string
	for _, v := range b.p.Venues {
		if !slices.Contains(out, v.Party) {
			out = append(out, v.Party)
		}
	}
	return out
}
