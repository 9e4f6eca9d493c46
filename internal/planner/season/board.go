package season

import (
	"slices"
)

// span is a stretch of days, from the first to behind the last, counted from the first day of the season.
type span struct{ from, to int }

func (s span) meets(o span) bool { return s.from < o.to && o.from < s.to }

func (s span) inside(o span) bool { return o.from <= s.from && s.to <= o.to }

// common returns the days that both have.
func (s span) common(o span) int { return max(0, min(s.to, o.to)-max(s.from, o.from)) }

type hold struct {
	exhibition, rank int
	span             span
}

type preference struct {
	span span
	cost int64
}

// exhibition is an Exhibition with places for ids and spans for periods.
type exhibition struct {
	*Exhibition
	people      []int
	series      int // -1: none
	allowed     []bool
	likes       map[int]int // rank by venue, from 0; nil: none is liked better than another
	windows     []span
	unavailable []span
	prefer      []preference
	holidays    []span
	pinVenue    int // -1: none
	pinWeek     int
	held        bool // it has a live hold
	worst       int  // the worst rank of its live holds
}

// Board answers at once what a placement breaks: it is what a planning board asks while somebody drags an exhibition over venues and weeks. It does not change
// and is safe for concurrent use.
type Board struct {
	p           *Problem
	exhibitions []exhibition
	closed      [][]span // by venue
	holds       [][]hold // by venue, live ones
	absent      [][]span // by person
	gap         []int    // by series
	ramadan     []span
	conflicts   []map[int]bool // by exhibition
	venueAt     map[string]int
	exhibitAt   map[string]int
	set         map[Rule]Setting
}

// NewBoard returns the board of a problem that Check has passed.
func NewBoard(p *Problem) *Board {
	b := &Board{p: p, venueAt: map[string]int{}, exhibitAt: map[string]int{}, set: map[Rule]Setting{}}
	for r := range Defaults {
		b.set[r] = p.setting(r)
	}
	b.set[Fits], b.set[Itself] = Setting{Mode: Block}, Setting{Mode: Block}
	person, series := map[string]int{}, map[string]int{}
	for i, v := range p.Venues {
		b.venueAt[v.ID] = i
		b.closed = append(b.closed, b.spans(v.Unavailable))
	}
	for i, x := range p.People {
		person[x.ID] = i
		b.absent = append(b.absent, b.spans(x.Unavailable))
	}
	for i, s := range p.Series {
		series[s.ID] = i
		b.gap = append(b.gap, s.GapDays)
	}
	b.ramadan = b.spans(p.Ramadan)
	for i := range p.Exhibitions {
		b.exhibitAt[p.Exhibitions[i].ID] = i
		b.exhibitions = append(b.exhibitions, b.exhibition(&p.Exhibitions[i], person, series))
	}
	b.holds = make([][]hold, len(p.Venues))
	for _, h := range p.Holds {
		if !h.Expires.IsZero() && h.Expires < p.Today {
			continue
		}
		v, e := b.venueAt[h.Venue], b.exhibitAt[h.Exhibition]
		b.holds[v] = append(b.holds[v], hold{e, h.Rank, b.span(h.Period)})
		b.exhibitions[e].held = true
		b.exhibitions[e].worst = max(b.exhibitions[e].worst, h.Rank)
	}
	b.conflicts = make([]map[int]bool, len(p.Exhibitions))
	for _, q := range p.Conflicts {
		i, j := b.exhibitAt[q[0]], b.exhibitAt[q[1]]
		for _, k := range [][2]int{{i, j}, {j, i}} {
			if b.conflicts[k[0]] == nil {
				b.conflicts[k[0]] = map[int]bool{}
			}
			b.conflicts[k[0]][k[1]] = true
		}
	}
	return b
}

func (b *Board) exhibition(e *Exhibition, person, series map[string]int) exhibition {
	x := exhibition{Exhibition: e, series: -1, pinVenue: -1, pinWeek: -1, windows: b.spans(e.Windows), unavailable: b.spans(e.Unavailable)}
	for _, id := range e.People {
		x.people = append(x.people, person[id])
	}
	if e.Series != "" {
		x.series = series[e.Series]
	}
	if len(e.Venues) > 0 {
		x.allowed = make([]bool, len(b.p.Venues))
		for _, id := range e.Venues {
			x.allowed[b.venueAt[id]] = true
		}
	}
	for rank, id := range e.Likes {
		if x.likes == nil {
			x.likes = map[int]int{}
		}
		x.likes[b.venueAt[id]] = rank
	}
	for _, q := range e.Prefer {
		x.prefer = append(x.prefer, preference{b.span(q), q.Cost})
	}
	for _, name := range e.Calendars {
		x.holidays = append(x.holidays, b.spans(b.p.Calendars[name])...)
	}
	x.holidays = union(x.holidays)
	if e.Pin != nil {
		if e.Pin.Venue != "" {
			x.pinVenue = b.venueAt[e.Pin.Venue]
		}
		if e.Pin.Week != nil {
			x.pinWeek = *e.Pin.Week
		}
	}
	return x
}

func (b *Board) span(q Period) span {
	if q.FirstWeek != nil {
		return span{7 * *q.FirstWeek, 7 * (*q.LastWeek + 1)}
	}
	return span{int(q.From) - int(b.p.Start), int(q.To) - int(b.p.Start) + 1}
}

func (b *Board) spans(list []Period) []span {
	var out []span
	for _, q := range list {
		out = append(out, b.span(q))
	}
	return out
}

// union merges spans that meet, so that a day which is a holiday in both calendars counts once.
func union(list []span) []span {
	slices.SortFunc(list, func(a, b span) int { return a.from - b.from })
	var out []span
	for _, s := range list {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// open returns the days on which exhibition e is open when it is placed in a week, taken the days on which it has its venue.
func (b *Board) open(e, week int) span {
	x := &b.exhibitions[e]
	from := 7*week + x.OpensOn
	return span{from, from + x.days()}
}

func (b *Board) taken(e, week int) span {
	s, x := b.open(e, week), &b.exhibitions[e]
	return span{s.from - x.BuildDays, s.to + x.DismantleDays}
}

// cellRules are the rules about one exhibition at one venue in one week, in the order in which they are told.
var cellRules = []Rule{Fits, Pinned, Window, Unavailable, Closed, Capacity, Features, Host, Allowed, Holidays, Ramadan, Held, Absent, Wish, HoldRank, Prefer, Liked}

// timeRules are those of cellRules that do not look at the venue, placeRules those that do not look at the week; bothRules look at both.
var (
	timeRules  = []Rule{Fits, Window, Unavailable, Holidays, Ramadan, Absent, Wish, Prefer}
	placeRules = []Rule{Capacity, Features, Host, Allowed, Liked}
	bothRules  = []Rule{Pinned, Closed, Held, HoldRank}
)

// breach is how often a placement breaks a rule: 0 if it keeps it.
func (b *Board) breach(r Rule, e, v, week int) int64 {
	x, open := &b.exhibitions[e], b.open(e, week)
	meets := func(list []span) int64 {
		for _, s := range list {
			if open.meets(s) {
				return 1
			}
		}
		return 0
	}
	no := func(ok bool) int64 {
		if ok {
			return 0
		}
		return 1
	}
	switch r {
	case Fits:
		return no(b.taken(e, week).inside(span{0, 7 * b.p.Weeks}))
	case Pinned:
		return no((x.pinVenue < 0 || x.pinVenue == v) && (x.pinWeek < 0 || x.pinWeek == week))
	case Window:
		return no(len(x.windows) == 0 || slices.ContainsFunc(x.windows, open.inside))
	case Unavailable:
		return meets(x.unavailable)
	case Closed:
		return no(!slices.ContainsFunc(b.closed[v], b.taken(e, week).meets))
	case Capacity:
		return no(b.p.Venues[v].Capacity >= x.Size)
	case Features:
		for _, f := range x.Needs {
			if !slices.Contains(b.p.Venues[v].Features, f) {
				return 1
			}
		}
	case Host:
		return no(x.Host == "" || x.Host == b.p.Venues[v].Party)
	case Allowed:
		return no(x.allowed == nil || x.allowed[v])
	case Liked:
		if rank, ok := x.likes[v]; ok || x.likes == nil {
			return int64(rank)
		}
		return int64(len(x.likes))
	case Holidays:
		days := 0
		for _, s := range x.holidays {
			days += open.common(s)
		}
		return int64(days)
	case Ramadan:
		if x.Ramadan == "ban" {
			return meets(b.ramadan)
		}
	case Wish:
		if x.Ramadan == "wish" && len(b.ramadan) > 0 {
			return 1 - meets(b.ramadan)
		}
	case Absent:
		for _, q := range x.people {
			if n := meets(b.absent[q]); n > 0 {
				return n
			}
		}
	case Held:
		taken, own := b.taken(e, week), 1000
		for _, h := range b.holds[v] {
			if h.exhibition == e && taken.meets(h.span) {
				own = min(own, h.rank)
			}
		}
		for _, h := range b.holds[v] {
			if h.exhibition != e && h.rank <= own && taken.meets(h.span) {
				return 1
			}
		}
	case HoldRank:
		if !x.held {
			return 0
		}
		best, taken := x.worst+1, b.taken(e, week)
		for _, h := range b.holds[v] {
			if h.exhibition == e && taken.inside(h.span) {
				best = min(best, h.rank)
			}
		}
		return int64(best - 1)
	case Prefer:
		return no(len(x.prefer) == 0 || slices.ContainsFunc(x.prefer, func(q preference) bool { return open.inside(q.span) }))
	}
	return 0
}

// preferred is what the cheapest preferred period that holds the placement costs, 0 outside of all.
func (b *Board) preferred(e, week int) int64 {
	open, best := b.open(e, week), int64(-1)
	for _, q := range b.exhibitions[e].prefer {
		if open.inside(q.span) && (best < 0 || q.cost < best) {
			best = q.cost
		}
	}
	return max(best, 0)
}

// costs returns what a placement costs by the rules given, and false if one of them that blocks and that is not dropped forbids it.
func (b *Board) costs(rules []Rule, e, v, week int, drop func(Rule, int) bool) (cost int64, ok bool) {
	for _, r := range rules {
		s := b.set[r]
		if s.Mode == Ignore {
			continue
		}
		if n := b.breach(r, e, v, week); n > 0 {
			switch {
			case s.Mode == Warn:
				cost += n * s.Cost
			case drop == nil || !drop(r, e):
				return 0, false
			}
		}
		if r == Prefer {
			cost += b.preferred(e, week)
		}
	}
	return cost, true
}

// placed is a Placement with places for ids.
type placed struct{ e, v, week int }

// place resolves the ids of a plan; what the problem does not know is left out.
func (b *Board) place(plan []Placement) []placed {
	out := make([]placed, 0, len(plan))
	for _, q := range plan {
		e, okE := b.exhibitAt[q.Exhibition]
		v, okV := b.venueAt[q.Venue]
		if okE && okV {
			out = append(out, placed{e, v, q.Week})
		}
	}
	return out
}

// Check returns what a placement breaks beside the plan, without the plan's own placement of an exhibition with one session: nothing if it may stand there and costs
// nothing. It takes microseconds.
func (b *Board) Check(plan []Placement, move Placement) []Demand {
	at := b.place([]Placement{move})
	if len(at) == 0 {
		return []Demand{{Rule: Fits, Exhibition: move.Exhibition, Venue: move.Venue, Blocks: true}}
	}
	return b.check(nil, b.place(plan), at[0], false)
}

// check appends to out what Check says, of places. With blocking it is the first demand that blocks and nothing else.
func (b *Board) check(out []Demand, plan []placed, move placed, blocking bool) []Demand {
	x := &b.exhibitions[move.e]
	add := func(d Demand, n int64) bool {
		s := b.set[d.Rule]
		if n == 0 || s.Mode == Ignore || blocking && s.Mode == Warn {
			return false
		}
		d.Exhibition, d.Blocks = x.ID, s.Mode == Block
		if !d.Blocks {
			d.Cost = n * s.Cost
		}
		out = append(out, d)
		return blocking
	}
	venue := b.p.Venues[move.v].ID
	for _, r := range cellRules {
		if add(Demand{Rule: r, Venue: venue}, b.breach(r, move.e, move.v, move.week)) {
			return out
		}
	}
	open, taken := b.open(move.e, move.week), b.taken(move.e, move.week)
	for _, q := range plan {
		if q.e == move.e && x.count() == 1 || q == move {
			continue
		}
		if b.together(move, q, open, taken, add) {
			return out
		}
	}
	return out
}

// together tells add what two placements break together, until add returns true.
func (b *Board) together(move, q placed, open, taken span, add func(Demand, int64) bool) bool {
	x, other := &b.exhibitions[move.e], &b.exhibitions[q.e]
	theirs := b.open(q.e, q.week)
	if q.e == move.e && open.meets(theirs) && add(Demand{Rule: Itself}, 1) {
		return true
	}
	if n := taken.common(b.taken(q.e, q.week)); q.v == move.v && n > 0 && add(Demand{Rule: Occupied, Venue: b.p.Venues[q.v].ID, Other: other.ID}, int64(n)) {
		return true
	}
	if q.e == move.e {
		return false
	}
	if n := int64(open.common(theirs)); n > 0 {
		if b.conflicts[move.e][q.e] && add(Demand{Rule: Busy, Other: other.ID}, n) {
			return true
		}
		for _, person := range x.people {
			if slices.Contains(other.people, person) && add(Demand{Rule: Busy, Other: other.ID, Person: b.p.People[person].ID}, n) {
				return true
			}
		}
	}
	if x.series >= 0 && x.series == other.series {
		g := b.gap[x.series]
		if n := (span{open.from, open.to + g}).common(span{theirs.from, theirs.to + g}); n > 0 {
			return add(Demand{Rule: Gap, Other: other.ID, Series: x.Series}, int64(n))
		}
	}
	return false
}

// Cells returns what Check does of an exhibition that the problem knows in every cell of the board, by venue and week; of one that it does not know, nil.
func (b *Board) Cells(plan []Placement, exhibition string) [][][]Demand {
	e, known := b.exhibitAt[exhibition]
	if !known {
		return nil
	}
	places := b.place(plan)
	var found []Demand
	out := make([][][]Demand, len(b.p.Venues))
	for v := range out {
		out[v] = make([][]Demand, b.p.Weeks)
		for w := range out[v] {
			found = b.check(found[:0], places, placed{e, v, w}, false)
			if len(found) > 0 {
				out[v][w] = slices.Clone(found)
			}
		}
	}
	return out
}

// Impossible returns for an exhibition, by venue and week, whether a rule that blocks forbids to place it there beside the plan: the cells that a board greys.
func (b *Board) Impossible(plan []Placement, exhibition string) [][]bool {
	places := b.place(plan)
	e, known := b.exhibitAt[exhibition]
	out := make([][]bool, len(b.p.Venues))
	for v := range out {
		out[v] = make([]bool, b.p.Weeks)
		for w := range out[v] {
			out[v][w] = !known || len(b.check(nil, places, placed{e, v, w}, true)) > 0
		}
	}
	return out
}
