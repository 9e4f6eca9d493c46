package season

import (
	"fmt"
	"math"

	"muntija/internal/calendar"
	"muntija/internal/planner/planfile"
)

// Limits of what is taken.
const (
	maxWeeks       = 2000
	maxExhibitions = 20000
	maxVenues      = 5000
	maxDays        = 7 * maxWeeks
	maxCost        = 1_000_000_000 // of one rule, period or weight
	maxTotal       = 1 << 50       // of an objective: exact in a float64, with room
)

// Decode reads a problem from its file format (see Schema) and checks it. What is refused is named with its place.
func Decode(data []byte) (*Problem, error) {
	p := new(Problem)
	if err := planfile.Decode(data, Format, p); err != nil {
		return nil, err
	}
	return p, p.Check()
}

// Hash returns the SHA-256 of the problem, in hexadecimal.
func (p *Problem) Hash() string { return planfile.Hash(p) }

// Check says what is wrong with the problem, if anything: the first mistake, with its place.
func (p *Problem) Check() error {
	if p.Weeks < 1 || p.Weeks > maxWeeks {
		return planfile.At("weeks", "planfile.not_between", p.Weeks, 1, maxWeeks)
	}
	if len(p.Exhibitions) == 0 || len(p.Exhibitions) > maxExhibitions {
		return planfile.At("exhibitions", "planfile.count_between", len(p.Exhibitions), maxExhibitions)
	}
	if len(p.Venues) == 0 || len(p.Venues) > maxVenues {
		return planfile.At("venues", "planfile.count_between", len(p.Venues), maxVenues)
	}
	c := &checker{p: p, venue: map[string]int{}, person: map[string]int{}, series: map[string]int{}, exhibition: map[string]int{}, party: map[string]bool{}}
	c.rules()
	c.things()
	for i := range p.Exhibitions {
		c.one(i)
	}
	c.pairs()
	if c.err == nil && c.total() > maxTotal {
		c.fail("rules", "planfile.costs_large")
	}
	return c.err
}

type checker struct {
	p                                 *Problem
	venue, person, series, exhibition map[string]int
	party                             map[string]bool
	err                               error
}

func (c *checker) fail(at, key string, args ...any) {
	if c.err == nil {
		c.err = planfile.At(at, key, args...)
	}
}

func (c *checker) id(m map[string]int, at, id string, i int) {
	switch {
	case id == "":
		c.fail(at, "planfile.no_id")
	case len(id) > 200:
		c.fail(at, "planfile.id_long")
	default:
		if j, ok := m[id]; ok {
			c.fail(at, "planfile.id_twice", id, j)
		}
		m[id] = i
	}
}

func (c *checker) within(at string, v, lo, hi int64) {
	if v < lo || v > hi {
		c.fail(at, "planfile.not_between", v, lo, hi)
	}
}

func (c *checker) periods(at string, list []Period) {
	for i, q := range list {
		at := fmt.Sprintf("%s[%d]", at, i)
		c.period(at, q)
	}
}

func (c *checker) period(at string, q Period) {
	dates, weeks := !q.From.IsZero() || !q.To.IsZero(), q.FirstWeek != nil || q.LastWeek != nil
	switch {
	case dates == weeks:
		c.fail(at, "planfile.period_either")
	case dates && (q.From.IsZero() || q.To.IsZero()):
		c.fail(at, "planfile.period_dates")
	case dates && q.To < q.From:
		c.fail(at, "planfile.period_turned", q.To, q.From)
	case dates && c.p.Start.IsZero():
		c.fail(at, "planfile.period_start")
	case weeks && (q.FirstWeek == nil || q.LastWeek == nil):
		c.fail(at, "planfile.period_weeks")
	case weeks && (*q.FirstWeek < 0 || *q.LastWeek < *q.FirstWeek || *q.LastWeek > maxWeeks):
		c.fail(at, "planfile.period_stretch", *q.FirstWeek, *q.LastWeek)
	}
	c.within(at+".cost", q.Cost, 0, maxCost)
}

func (c *checker) rules() {
	for name, s := range c.p.Rules {
		at := fmt.Sprintf("rules.%s", name)
		if _, ok := Defaults[name]; !ok {
			c.fail(at, "planfile.no_rule")
		}
		if s.Mode != Ignore && s.Mode != Warn && s.Mode != Block {
			c.fail(at+".mode", "planfile.mode", s.Mode)
		}
		c.within(at+".cost", s.Cost, 0, maxCost)
	}
}

func (c *checker) things() {
	p := c.p
	if !p.Start.IsZero() && p.Start.AddDays(7*p.Weeks) == calendar.Date(0) {
		c.fail("start", "planfile.year")
	}
	for name, list := range p.Calendars {
		c.periods("calendars."+name, list)
	}
	c.periods("ramadan", p.Ramadan)
	for i, v := range p.Venues {
		at := fmt.Sprintf("venues[%d]", i)
		c.id(c.venue, at, v.ID, i)
		c.within(at+".capacity", v.Capacity, 0, maxCost)
		c.within(at+".rent_per_day", v.RentPerDay, 0, 1<<40)
		if v.RentPerDay > 0 && v.Currency == "" {
			c.fail(at+".currency", "planfile.rent_currency")
		}
		c.periods(at+".unavailable", v.Unavailable)
		c.party[v.Party] = true
	}
	for i, x := range p.People {
		at := fmt.Sprintf("people[%d]", i)
		c.id(c.person, at, x.ID, i)
		c.periods(at+".unavailable", x.Unavailable)
	}
	for i, s := range p.Series {
		at := fmt.Sprintf("series[%d]", i)
		c.id(c.series, at, s.ID, i)
		c.within(at+".gap_days", int64(s.GapDays), 0, maxDays)
	}
	if p.MaxDifference != nil {
		c.within("max_difference", int64(*p.MaxDifference), 0, maxExhibitions)
	}
	c.within("max_parallel", int64(p.MaxParallel), 0, maxExhibitions)
}

func (c *checker) one(i int) {
	p, e := c.p, &c.p.Exhibitions[i]
	at := fmt.Sprintf("exhibitions[%d]", i)
	c.id(c.exhibition, at, e.ID, i)
	c.within(at+".count", int64(e.Count), 0, int64(p.Weeks))
	c.within(at+".days", int64(e.Days), 0, maxDays)
	c.within(at+".opens_on", int64(e.OpensOn), 0, 6)
	c.within(at+".build_days", int64(e.BuildDays), 0, 365)
	c.within(at+".dismantle_days", int64(e.DismantleDays), 0, 365)
	c.within(at+".size", e.Size, 0, maxCost)
	c.within(at+".weight", e.Weight, 0, maxCost)
	c.known(at+".venues", "planfile.word_venue", c.venue, e.Venues)
	c.known(at+".likes", "planfile.word_venue", c.venue, e.Likes)
	c.known(at+".people", "planfile.word_person", c.person, e.People)
	if e.Series != "" {
		c.known(at+".series", "planfile.word_series", c.series, []string{e.Series})
	}
	for _, name := range e.Calendars {
		if _, ok := p.Calendars[name]; !ok {
			c.fail(at+".calendars", "planfile.no_calendar", name)
		}
	}
	if e.Host != "" && !c.party[e.Host] {
		c.fail(at+".host", "planfile.no_party", e.Host)
	}
	if e.Ramadan != "" && e.Ramadan != "ban" && e.Ramadan != "wish" {
		c.fail(at+".ramadan", "planfile.ramadan", e.Ramadan)
	}
	c.periods(at+".windows", e.Windows)
	c.periods(at+".unavailable", e.Unavailable)
	c.periods(at+".prefer", e.Prefer)
	if e.Pin != nil {
		if e.Pin.Venue != "" {
			c.known(at+".pin.venue", "planfile.word_venue", c.venue, []string{e.Pin.Venue})
		}
		if e.Pin.Week != nil {
			c.within(at+".pin.week", int64(*e.Pin.Week), 0, int64(p.Weeks-1))
			if e.Count > 1 {
				c.fail(at+".pin.week", "planfile.pin_sessions", e.Count)
			}
		}
	}
}

func (c *checker) known(at string, what planfile.Word, m map[string]int, ids []string) {
	seen := map[string]bool{}
	for i, id := range ids {
		if _, ok := m[id]; !ok {
			c.fail(fmt.Sprintf("%s[%d]", at, i), "planfile.no_such", what, id)
		}
		if seen[id] {
			c.fail(fmt.Sprintf("%s[%d]", at, i), "planfile.such_twice", what, id)
		}
		seen[id] = true
	}
}

func (c *checker) pairs() {
	p := c.p
	for i, h := range p.Holds {
		at := fmt.Sprintf("holds[%d]", i)
		c.known(at+".venue", "planfile.word_venue", c.venue, []string{h.Venue})
		c.known(at+".exhibition", "planfile.word_exhibition", c.exhibition, []string{h.Exhibition})
		c.within(at+".rank", int64(h.Rank), 1, 100)
		c.period(at+".period", h.Period)
		if !h.Expires.IsZero() && p.Today.IsZero() {
			c.fail(at+".expires", "planfile.hold_today")
		}
	}
	for i, q := range p.Conflicts {
		at := fmt.Sprintf("conflicts[%d]", i)
		for j, id := range q {
			if _, ok := c.exhibition[id]; !ok {
				c.fail(fmt.Sprintf("%s[%d]", at, j), "planfile.no_exhibition", id)
			}
		}
		if q[0] == q[1] {
			c.fail(at, "planfile.itself", q[0])
		}
	}
	seen := map[[2]string]bool{}
	for i, b := range p.Budgets {
		at := fmt.Sprintf("budgets[%d]", i)
		if !c.party[b.Party] {
			c.fail(at+".party", "planfile.no_party", b.Party)
		}
		if b.Currency == "" {
			c.fail(at+".currency", "planfile.missing")
		}
		if seen[[2]string{b.Party, b.Currency}] {
			c.fail(at, "planfile.budget_twice", b.Party, b.Currency)
		}
		seen[[2]string{b.Party, b.Currency}] = true
		c.within(at+".amount", b.Amount, 0, 1<<50)
	}
}

// total is an upper bound of what any plan could cost, for the check of overflow. It is counted in float64: it need not be exact.
func (c *checker) total() float64 {
	sum := 0.0
	for i := range c.p.Exhibitions {
		e := &c.p.Exhibitions[i]
		one := float64(e.Weight)
		for name := range Defaults {
			times := 1.0
			switch name {
			case Holidays:
				times = float64(e.days())
			case Liked:
				times = float64(len(e.Likes))
			case HoldRank:
				times = 100
			case Budget:
				continue // its unit is money: see solve
			}
			one += times * float64(c.p.setting(name).Cost)
		}
		for _, q := range e.Prefer {
			one += float64(q.Cost)
		}
		sum += one * float64(e.count())
	}
	return math.Abs(sum)
}

func (p *Problem) setting(r Rule) Setting {
	if s, ok := p.Rules[r]; ok {
		return s
	}
	if s, ok := Defaults[r]; ok {
		return s
	}
	return Setting{Block, 0} // Fits and Itself are always kept
}

func (e *Exhibition) days() int {
	if e.Days == 0 {
		return 7
	}
	return e.Days
}

func (e *Exhibition) count() int { return max(e.Count, 1) }
