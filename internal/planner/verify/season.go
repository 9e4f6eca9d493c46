package verify

import (
	"fmt"
	"slices"

	"muntija/internal/planner/season"
)

// Season checks the plan of a season against its problem: that every placement is possible, that no rule that blocks is broken, that the cost is what is claimed,
// and that bound and gap can be. It returns what is wrong, nothing if all is well.
//
// It goes through the days one by one and shares no code with package season, only its files' structures. What [SeasonBound] does not prove of the
// bound it takes on trust: that part comes from a search. What a clash claims is checked by solving again, which is the solver's.
func Season(p *season.Problem, r *season.Result) []string {
	if r.Hash != p.Hash() {
		return []string{"hash: the result is of another problem"}
	}
	if !r.Intact() {
		return []string{"sum: the result was changed after it was written"}
	}
	if r.Objective == nil {
		if len(r.Assignment) > 0 || r.Status == "optimal" || r.Status == "feasible" {
			return []string{"objective: it is missing"}
		}
		return nil
	}
	cost, found := SeasonCost(p, r.Assignment)
	if len(found) > 0 {
		return found
	}
	c := &seasonCheck{p: p}
	sessions := map[string]int{}
	for _, q := range r.Assignment {
		sessions[q.Exhibition]++
	}
	for _, x := range p.Exhibitions {
		if (sessions[x.ID] < max(x.Count, 1)) != slices.Contains(r.Unplaced, x.ID) {
			c.say("unplaced: %q is there or not, and should not be", x.ID)
		}
	}
	if cost != *r.Objective {
		c.say("objective: it is given as %d and is %d", *r.Objective, cost)
	}
	switch {
	case r.Bound == nil || r.Gap == nil:
		c.say("bound: it is missing")
	case *r.Bound > *r.Objective || *r.Bound < 0:
		c.say("bound: %d cannot be one of the objective %d", *r.Bound, *r.Objective)
	case r.Status == "optimal" && *r.Bound != *r.Objective:
		c.say("bound: the plan is called optimal at %d with the bound %d", *r.Objective, *r.Bound)
	case *r.Gap != share(*r.Bound, *r.Objective):
		c.say("gap: it is %g", *r.Gap)
	}
	return c.found
}

// SeasonCost returns what a plan costs, and the rules that block and that it breaks.
func SeasonCost(p *season.Problem, plan []season.Placement) (int64, []string) {
	c := &seasonCheck{p: p, set: map[season.Rule]season.Setting{}}
	for rule, s := range season.Defaults {
		c.set[rule] = s
	}
	for rule, s := range p.Rules {
		c.set[rule] = s
	}
	for i, q := range plan {
		c.place(i, q)
	}
	c.sessions()
	c.days()
	c.sums()
	return c.cost, c.found
}

type sessionDays struct {
	e, v        int
	open, taken [2]int // first day and last day, both included
}

type seasonCheck struct {
	p     *season.Problem
	set   map[season.Rule]season.Setting
	list  []sessionDays
	cost  int64
	found []string
}

func (c *seasonCheck) say(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// pay counts n breaches of a rule.
func (c *seasonCheck) pay(rule season.Rule, n int, format string, args ...any) {
	switch s := c.set[rule]; {
	case n <= 0 || s.Mode == season.Ignore:
	case s.Mode == season.Warn:
		c.cost += int64(n) * s.Cost
	default:
		c.say("%s: %s", rule, fmt.Sprintf(format, args...))
	}
}

// daysOf returns the first and the last day of a period.
func (c *seasonCheck) daysOf(q season.Period) [2]int {
	if q.FirstWeek != nil {
		return [2]int{*q.FirstWeek * 7, *q.LastWeek*7 + 6}
	}
	return [2]int{int(q.From - c.p.Start), int(q.To - c.p.Start)}
}

func (c *seasonCheck) anyDay(of [2]int, list []season.Period) bool {
	for _, q := range list {
		for d, w := of[0], c.daysOf(q); d <= of[1]; d++ {
			if d >= w[0] && d <= w[1] {
				return true
			}
		}
	}
	return false
}

// within reports whether one of the periods holds all the days.
func (c *seasonCheck) within(of [2]int, list []season.Period) bool {
	return slices.ContainsFunc(list, func(q season.Period) bool { w := c.daysOf(q); return w[0] <= of[0] && of[1] <= w[1] })
}

func (c *seasonCheck) place(i int, q season.Placement) {
	p := c.p
	e := slices.IndexFunc(p.Exhibitions, func(x season.Exhibition) bool { return x.ID == q.Exhibition })
	v := slices.IndexFunc(p.Venues, func(x season.Venue) bool { return x.ID == q.Venue })
	if e < 0 || v < 0 {
		c.say("assignment[%d]: there is no such exhibition or venue", i)
		return
	}
	x, u := &p.Exhibitions[e], &p.Venues[v]
	days := x.Days
	if days == 0 {
		days = 7
	}
	first := q.Week*7 + x.OpensOn
	s := sessionDays{e, v, [2]int{first, first + days - 1}, [2]int{first - x.BuildDays, first + days - 1 + x.DismantleDays}}
	c.list = append(c.list, s)
	at := func(text string) string { return fmt.Sprintf("%q at %q in week %d %s", x.ID, u.ID, q.Week, text) }
	one := func(rule season.Rule, broken bool, text string) {
		if broken {
			c.pay(rule, 1, "%s", at(text))
		}
	}
	if s.taken[0] < 0 || s.taken[1] >= 7*p.Weeks || q.Week < 0 || q.Week >= p.Weeks {
		c.say("fits: %s", at("lies outside of the season"))
		return
	}
	if x.Pin != nil {
		one(season.Pinned, x.Pin.Venue != "" && x.Pin.Venue != u.ID || x.Pin.Week != nil && *x.Pin.Week != q.Week, "is pinned elsewhere")
	}
	one(season.Window, len(x.Windows) > 0 && !c.within(s.open, x.Windows), "is outside of its windows")
	one(season.Unavailable, c.anyDay(s.open, x.Unavailable), "is unavailable")
	one(season.Closed, c.anyDay(s.taken, u.Unavailable), "finds its venue closed")
	one(season.Capacity, x.Size > u.Capacity, "is too large")
	one(season.Features, slices.ContainsFunc(x.Needs, func(f string) bool { return !slices.Contains(u.Features, f) }), "lacks what it needs")
	one(season.Host, x.Host != "" && x.Host != u.Party, "is hosted by the other party")
	one(season.Allowed, len(x.Venues) > 0 && !slices.Contains(x.Venues, u.ID), "may not use the venue")
	holidays := 0
	for d := s.open[0]; d <= s.open[1]; d++ {
		if slices.ContainsFunc(x.Calendars, func(name string) bool { return c.anyDay([2]int{d, d}, p.Calendars[name]) }) {
			holidays++
		}
	}
	c.pay(season.Holidays, holidays, "%s", at("is open on holidays"))
	fasting := c.anyDay(s.open, p.Ramadan)
	one(season.Ramadan, x.Ramadan == "ban" && fasting, "is open in Ramadan")
	one(season.Wish, x.Ramadan == "wish" && len(p.Ramadan) > 0 && !fasting, "is not open in Ramadan")
	for _, person := range p.People {
		if slices.Contains(x.People, person.ID) && c.anyDay(s.open, person.Unavailable) {
			one(season.Absent, true, "misses somebody")
			break
		}
	}
	c.held(s, x, u, at)
	if n := len(x.Likes); n > 0 {
		rank := slices.Index(x.Likes, u.ID)
		if rank < 0 {
			rank = n
		}
		c.pay(season.Liked, rank, "%s", at("is not at the venue that it likes best"))
	}
	if len(x.Prefer) > 0 {
		best := int64(-1)
		for _, w := range x.Prefer {
			if c.within(s.open, []season.Period{w}) && (best < 0 || w.Cost < best) {
				best = w.Cost
			}
		}
		one(season.Prefer, best < 0, "is outside of its preferred periods")
		if c.set[season.Prefer].Mode != season.Ignore {
			c.cost += max(best, 0)
		}
	}
}

func (c *seasonCheck) held(s sessionDays, x *season.Exhibition, u *season.Venue, at func(string) string) {
	own, worst, strongest := 1<<30, 0, 1<<30
	inside := 1 << 30
	for _, h := range c.p.Holds {
		if !h.Expires.IsZero() && h.Expires < c.p.Today {
			continue
		}
		meets := h.Venue == u.ID && c.anyDay(s.taken, []season.Period{h.Period})
		if h.Exhibition == x.ID {
			worst = max(worst, h.Rank)
			if meets {
				own = min(own, h.Rank)
			}
			if meets && c.within(s.taken, []season.Period{h.Period}) {
				inside = min(inside, h.Rank)
			}
		} else if meets {
			strongest = min(strongest, h.Rank)
		}
	}
	if strongest <= own && strongest < 1<<30 {
		c.pay(season.Held, 1, "%s", at("stands where another has a hold"))
	}
	if worst > 0 {
		c.pay(season.HoldRank, min(inside, worst+1)-1, "%s", at("is not at its best hold"))
	}
}

func (c *seasonCheck) sessions() {
	for e := range c.p.Exhibitions {
		x := &c.p.Exhibitions[e]
		missing := max(x.Count, 1)
		for _, s := range c.list {
			if s.e == e {
				missing--
			}
		}
		if missing < 0 {
			c.say("scheduled: %q takes place too often", x.ID)
		}
		if missing > 0 && x.Weight > 0 && c.set[season.Scheduled].Mode == season.Warn {
			c.cost += int64(missing) * x.Weight
			continue
		}
		c.pay(season.Scheduled, missing, "%q lacks %d sessions", x.ID, missing)
	}
}

// days counts, day by day, who meets whom.
func (c *seasonCheck) days() {
	p := c.p
	over := func(n, most int) int { return max(0, n-most) }
	gap := 0
	for _, s := range p.Series {
		gap = max(gap, s.GapDays)
	}
	pairs := map[[2]string]bool{}
	for _, q := range p.Conflicts {
		pairs[[2]string{min(q[0], q[1]), max(q[0], q[1])}] = true
	}
	for day := range 7*p.Weeks + gap {
		venue, person, series, own, all := map[int]int{}, map[string]int{}, map[string]int{}, map[string]int{}, 0
		for _, s := range c.list {
			x := &p.Exhibitions[s.e]
			if s.taken[0] <= day && day <= s.taken[1] {
				venue[s.v]++
			}
			if g := slices.IndexFunc(p.Series, func(q season.Series) bool { return q.ID == x.Series }); g >= 0 && s.open[0] <= day && day <= s.open[1]+p.Series[g].GapDays {
				series[x.Series]++
			}
			if s.open[0] <= day && day <= s.open[1] {
				all++
				own[x.ID]++
				for _, k := range x.People {
					person[k]++
				}
			}
		}
		for v, n := range venue {
			c.pay(season.Occupied, over(n, 1), "%d exhibitions at %q on day %d", n, p.Venues[v].ID, day)
		}
		for k, n := range person {
			c.pay(season.Busy, over(n, 1), "%q is at %d exhibitions on day %d", k, n, day)
		}
		for k, n := range series {
			c.pay(season.Gap, over(n, 1), "editions of %q are too close on day %d", k, day)
		}
		for k, n := range own {
			if n > 1 {
				c.say("itself: %q has %d sessions on day %d", k, n, day)
			}
		}
		for q := range pairs {
			c.pay(season.Busy, over(own[q[0]]+own[q[1]], 1), "%q and %q are open on day %d", q[0], q[1], day)
		}
		if p.MaxParallel > 0 {
			c.pay(season.Parallel, over(all, p.MaxParallel), "%d are open on day %d", all, day)
		}
	}
}

func (c *seasonCheck) sums() {
	p := c.p
	for _, g := range p.Budgets {
		sum := int64(0)
		for _, s := range c.list {
			if u := p.Venues[s.v]; u.Party == g.Party && u.Currency == g.Currency {
				sum += u.RentPerDay * int64(s.taken[1]-s.taken[0]+1)
			}
		}
		if sum > g.Amount {
			c.pay(season.Budget, 1, "%s spends %d of %d %s", g.Party, sum, g.Amount, g.Currency)
		}
	}
	if p.MaxDifference == nil {
		return
	}
	hosts := map[string]int{}
	for _, v := range p.Venues {
		hosts[v.Party] += 0
	}
	for _, s := range c.list {
		hosts[p.Venues[s.v].Party]++
	}
	worst := 0
	for _, a := range hosts {
		for _, b := range hosts {
			worst = max(worst, a-b)
		}
	}
	c.pay(season.Balance, worst-*p.MaxDifference, "the parties' exhibitions differ by %d", worst)
}
