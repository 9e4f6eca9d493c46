package intake

import (
	"fmt"
	"slices"
	"strconv"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
)

// DayRow is a stretch of days as typed; a row in which nothing was typed is left out.
type DayRow struct {
	First string `json:"first,omitempty" validate:"omitempty,max=40"`
	Last  string `json:"last,omitempty" validate:"omitempty,max=40"`
	Note  string `json:"note,omitempty" validate:"omitempty,max=120"`
}

// dayRows reads the rows of a group; a stretch without a last day is one day.
func (c *checker) dayRows(group string, rows []DayRow) []exhibition.Days {
	var out []exhibition.Days
	for i, r := range rows {
		c.in(group, i)
		if r == (DayRow{}) || !c.need("first", r.First) {
			continue
		}
		d := exhibition.Days{First: c.date("first", r.First), Last: c.date("last", r.Last), Note: r.Note}
		if r.Last == "" {
			d.Last = d.First
		}
		out = append(out, d)
	}
	c.out()
	return out
}

func fromDays(list []exhibition.Days) []DayRow {
	var out []DayRow
	for _, d := range list {
		out = append(out, DayRow{day(d.First), day(d.Last), d.Note})
	}
	return out
}

// limit is a whole number in which nothing typed means something else than 0.
func (c *checker) limit(name, s string, most int) int {
	if s == "" {
		return exhibition.NoLimit
	}
	return c.whole(name, s, 0, most)
}

func fromLimit(n int) string {
	if n == exhibition.NoLimit {
		return ""
	}
	return strconv.Itoa(n)
}

func (c *checker) refs(name string, list []string) []int64 {
	var out []int64
	for _, x := range list {
		if id := c.ref(name, x); id != 0 && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

func fromRefs(list []int64) []string {
	var out []string
	for _, id := range list {
		out = append(out, strconv.FormatInt(id, 10))
	}
	return out
}

// SeasonRules are the rules of a season as typed. Which there are, is for the caller to say.
type SeasonRules struct {
	Rules      []SeasonRule `json:"rules,omitempty" validate:"max=60,dive"`
	Build      string       `json:"build,omitempty" validate:"omitempty,max=10"`
	Dismantle  string       `json:"dismantle,omitempty" validate:"omitempty,max=10"`
	Gap        string       `json:"gap,omitempty" validate:"omitempty,max=10"`
	Lead       string       `json:"lead,omitempty" validate:"omitempty,max=10"`
	Difference string       `json:"difference,omitempty" validate:"omitempty,max=10"`
	Parallel   string       `json:"parallel,omitempty" validate:"omitempty,max=10"`
	Seconds    string       `json:"seconds,omitempty" validate:"omitempty,max=10"`
	HostOnly   string       `json:"host_only,omitempty" validate:"omitempty,max=10"`
}

// SeasonRule is one row of the rules.
type SeasonRule struct {
	Rule string `json:"rule,omitempty" validate:"omitempty,max=40"`
	Mode string `json:"mode,omitempty" validate:"omitempty,max=10"`
	Cost string `json:"cost,omitempty" validate:"omitempty,max=10"`
}

// DecodeSeasonRules reads the form of the rules.
func DecodeSeasonRules(values map[string][]string) (*SeasonRules, fault.Problems) {
	return decodeInto[SeasonRules](values)
}

// Values returns the fields by their form names.
func (r *SeasonRules) Values() map[string]string { return valuesOf(r) }

// FromSeasonRules is the form that describes rules.
func FromSeasonRules(r *exhibition.SeasonRules) *SeasonRules {
	out := &SeasonRules{Build: strconv.Itoa(r.Build), Dismantle: strconv.Itoa(r.Dismantle), Gap: strconv.Itoa(r.Gap), Lead: strconv.Itoa(r.Lead), Difference: fromLimit(r.Difference),
		Parallel: number(r.Parallel), Seconds: number(r.Seconds)}
	if !r.HolidayDays {
		out.HostOnly = "yes"
	}
	for _, x := range r.Rules {
		out.Rules = append(out.Rules, SeasonRule{x.Rule, x.Mode, strconv.Itoa(x.Cost)})
	}
	return out
}

// maxRuleCost bounds what a breach may cost: thousands of them still add up exactly.
const maxRuleCost = 100_000

// Check returns the rules. names are those that can be set.
func (r *SeasonRules) Check(ctx Context, names []string) (exhibition.SeasonRules, fault.Problems) {
	in, c := shapedSmall(ctx, r)
	out := exhibition.SeasonRules{Build: c.whole("build", in.Build, 0, 60), Dismantle: c.whole("dismantle", in.Dismantle, 0, 60), Gap: c.whole("gap", in.Gap, 0, 730), Lead: c.whole("lead", in.Lead, 0, 365),
		Difference: c.limit("difference", in.Difference, 200), Parallel: c.whole("parallel", in.Parallel, 0, 200), Seconds: c.whole("seconds", in.Seconds, 1, exhibition.MaxSeconds),
		HolidayDays: !c.yes("host_only", in.HostOnly)}
	if in.Seconds == "" {
		out.Seconds = exhibition.DefaultSeasonRules().Seconds
	}
	for i, x := range in.Rules {
		c.in("rules", i)
		if x.Rule == "" {
			continue
		}
		rule := exhibition.SeasonRule{Rule: c.oneOf("rule", x.Rule, names), Mode: c.oneOf("mode", x.Mode, []string{"ignore", "warn", "block"}), Cost: c.whole("cost", x.Cost, 0, maxRuleCost)}
		c.need("mode", x.Mode)
		if slices.ContainsFunc(out.Rules, func(o exhibition.SeasonRule) bool { return o.Rule == rule.Rule }) {
			c.add("rule", "problem.twice")
		}
		out.Rules = append(out.Rules, rule)
	}
	c.out()
	ps := c.sorted(planFor[SeasonRules]())
	if ps.Err() == nil {
		ps = append(ps, out.Check()...)
	}
	return out, ps
}

// SeasonShow is what is wanted of one exhibition, as typed.
type SeasonShow struct {
	Skip        string   `json:"skip,omitempty" validate:"omitempty,max=10"`
	Fixed       string   `json:"fixed,omitempty" validate:"omitempty,max=10"`
	Days        string   `json:"days,omitempty" validate:"omitempty,max=10"`
	Weekday     string   `json:"weekday,omitempty" validate:"omitempty,max=10"`
	Build       string   `json:"build,omitempty" validate:"omitempty,max=10"`
	Dismantle   string   `json:"dismantle,omitempty" validate:"omitempty,max=10"`
	AnyHost     string   `json:"any_host,omitempty" validate:"omitempty,max=10"`
	Venues      []string `json:"venues,omitempty" validate:"max=200,dive,max=20"`
	Like1       string   `json:"like_1,omitempty" validate:"omitempty,max=20"`
	Like2       string   `json:"like_2,omitempty" validate:"omitempty,max=20"`
	Like3       string   `json:"like_3,omitempty" validate:"omitempty,max=20"`
	Needs       []string `json:"needs,omitempty" validate:"max=20,dive,max=20"`
	Ramadan     string   `json:"ramadan,omitempty" validate:"omitempty,max=10"`
	Windows     []DayRow `json:"windows,omitempty" validate:"max=20,dive"`
	Unavailable []DayRow `json:"unavailable,omitempty" validate:"max=20,dive"`
	Prefer      []DayRow `json:"prefer,omitempty" validate:"max=20,dive"`
	People      []string `json:"people,omitempty" validate:"max=60,dive,max=20"`
	Apart       []string `json:"apart,omitempty" validate:"max=60,dive,max=20"`
}

// SeasonWeekdays are the days on which an exhibition may open, in the order of the office's week.
func SeasonWeekdays() []string { return []string{"6", "0", "1", "2", "3", "4", "5"} }

// DecodeSeasonShow reads the form of an exhibition's wishes.
func DecodeSeasonShow(values map[string][]string) (*SeasonShow, fault.Problems) {
	return decodeInto[SeasonShow](values)
}

// Values returns the fields by their form names.
func (s *SeasonShow) Values() map[string]string { return valuesOf(s) }

// Lists returns the sets of ticks by their form names.
func (s *SeasonShow) Lists() map[string][]string {
	return map[string][]string{"venues": s.Venues, "needs": s.Needs, "people": s.People, "apart": s.Apart}
}

// FromSeasonShow is the form that describes wishes.
func FromSeasonShow(s *exhibition.SeasonShow) *SeasonShow {
	out := &SeasonShow{Fixed: s.Fixed, Days: number(s.Days), Weekday: s.Weekday, Build: fromLimit(s.Build), Dismantle: fromLimit(s.Dismantle), Venues: fromRefs(s.Venues), Needs: s.Needs, Ramadan: s.Ramadan,
		Windows: fromDays(s.Windows), Unavailable: fromDays(s.Unavailable), Prefer: fromDays(s.Prefer), People: fromRefs(s.People), Apart: fromRefs(s.Apart)}
	for i, to := range []*string{&out.Like1, &out.Like2, &out.Like3} {
		if i < len(s.Likes) {
			*to = strconv.FormatInt(s.Likes[i], 10)
		}
	}
	for _, x := range []struct {
		is bool
		to *string
	}{{s.Skip, &out.Skip}, {s.AnyHost, &out.AnyHost}} {
		if x.is {
			*x.to = "yes"
		}
	}
	return out
}

// Check returns the wishes. Whether there are such venues, people and exhibitions is for the caller to say.
func (s *SeasonShow) Check(ctx Context) (exhibition.SeasonShow, fault.Problems) {
	in, c := shapedSmall(ctx, s)
	out := exhibition.SeasonShow{Skip: c.yes("skip", in.Skip), Fixed: c.oneOf("fixed", in.Fixed, []string{"yes", "no"}), Days: c.whole("days", in.Days, 1, 120), Weekday: c.oneOf("weekday", in.Weekday, SeasonWeekdays()),
		Build: c.limit("build", in.Build, 60), Dismantle: c.limit("dismantle", in.Dismantle, 60), AnyHost: c.yes("any_host", in.AnyHost), Venues: c.refs("venues", in.Venues),
		Ramadan: c.oneOf("ramadan", in.Ramadan, []string{"ban", "wish"}), Windows: c.dayRows("windows", in.Windows), Unavailable: c.dayRows("unavailable", in.Unavailable),
		Prefer: c.dayRows("prefer", in.Prefer), People: c.refs("people", in.People), Apart: c.refs("apart", in.Apart)}
	for _, x := range in.Needs {
		out.Needs = append(out.Needs, c.oneOf("needs", x, exhibition.ShowFeatures()))
	}
	for i, text := range []string{in.Like1, in.Like2, in.Like3} {
		if text == "" {
			continue
		}
		for _, id := range c.refs(fmt.Sprintf("like_%d", i+1), []string{text}) {
			if slices.Contains(out.Likes, id) {
				c.add(fmt.Sprintf("like_%d", i+1), "problem.season_plan.liked_twice")
			}
			out.Likes = append(out.Likes, id)
		}
	}
	ps := c.sorted(planFor[SeasonShow]())
	if ps.Err() == nil {
		ps = append(ps, out.Check()...)
	}
	return out, ps
}

// SeasonVenue is what a party says of a venue, as typed.
type SeasonVenue struct {
	Out       string       `json:"out,omitempty" validate:"omitempty,max=10"`
	Booths    string       `json:"booths,omitempty" validate:"omitempty,max=10"`
	Features  []string     `json:"features,omitempty" validate:"max=20,dive,max=20"`
	Rent      string       `json:"rent,omitempty" validate:"omitempty,max=24"`
	Blackouts []DayRow     `json:"blackouts,omitempty" validate:"max=20,dive"`
	Holds     []SeasonHold `json:"holds,omitempty" validate:"max=20,dive"`
}

// SeasonHold is one row of holds.
type SeasonHold struct {
	Exhibition string `json:"exhibition,omitempty" validate:"omitempty,max=20"`
	First      string `json:"first,omitempty" validate:"omitempty,max=40"`
	Last       string `json:"last,omitempty" validate:"omitempty,max=40"`
	Rank       string `json:"rank,omitempty" validate:"omitempty,max=10"`
	Expires    string `json:"expires,omitempty" validate:"omitempty,max=40"`
}

// DecodeSeasonVenue reads the form of a venue.
func DecodeSeasonVenue(values map[string][]string) (*SeasonVenue, fault.Problems) {
	return decodeInto[SeasonVenue](values)
}

// Values returns the fields by their form names.
func (v *SeasonVenue) Values() map[string]string { return valuesOf(v) }

// FromSeasonVenue is the form that describes what was said of a venue.
func FromSeasonVenue(v *exhibition.SeasonVenue) *SeasonVenue {
	out := &SeasonVenue{Booths: number(v.Booths), Features: v.Features, Rent: money(v.Rent), Blackouts: fromDays(v.Blackouts)}
	if v.Out {
		out.Out = "yes"
	}
	for _, h := range v.Holds {
		out.Holds = append(out.Holds, SeasonHold{strconv.FormatInt(h.Exhibition, 10), day(h.First), day(h.Last), strconv.Itoa(h.Rank), day(h.Expires)})
	}
	return out
}

// Check returns what was said.
func (v *SeasonVenue) Check(ctx Context) (exhibition.SeasonVenue, fault.Problems) {
	in, c := shapedSmall(ctx, v)
	out := exhibition.SeasonVenue{Out: c.yes("out", in.Out), Booths: c.whole("booths", in.Booths, 1, 20_000), Rent: c.money("rent", in.Rent), Blackouts: c.dayRows("blackouts", in.Blackouts)}
	for _, x := range in.Features {
		out.Features = append(out.Features, c.oneOf("features", x, exhibition.ShowFeatures()))
	}
	for i, h := range in.Holds {
		c.in("holds", i)
		if h.Exhibition == "" && h.First == "" && h.Last == "" {
			continue
		}
		c.need("exhibition", h.Exhibition)
		c.need("first", h.First)
		c.need("last", h.Last)
		hold := exhibition.SeasonHold{Exhibition: c.ref("exhibition", h.Exhibition), First: c.date("first", h.First), Last: c.date("last", h.Last), Rank: c.whole("rank", h.Rank, 1, 9), Expires: c.date("expires", h.Expires)}
		if h.Rank == "" {
			hold.Rank = 1
		}
		out.Holds = append(out.Holds, hold)
	}
	c.out()
	ps := c.sorted(planFor[SeasonVenue]())
	if ps.Err() == nil {
		ps = append(ps, out.Check()...)
	}
	return out, ps
}

// SeasonPerson is a person as typed.
type SeasonPerson struct {
	Name string   `json:"name,omitempty" validate:"required,max=120"`
	Away []DayRow `json:"away,omitempty" validate:"max=20,dive"`
	Gone string   `json:"gone,omitempty" validate:"omitempty,max=10"`
}

// DecodeSeasonPerson reads the form of a person.
func DecodeSeasonPerson(values map[string][]string) (*SeasonPerson, fault.Problems) {
	return decodeInto[SeasonPerson](values)
}

// Values returns the fields by their form names.
func (p *SeasonPerson) Values() map[string]string { return valuesOf(p) }

// FromSeasonPerson is the form that describes a person.
func FromSeasonPerson(p *exhibition.SeasonPerson) *SeasonPerson {
	out := &SeasonPerson{Name: p.Name, Away: fromDays(p.Away)}
	if p.Gone {
		out.Gone = "yes"
	}
	return out
}

// Check returns the person.
func (p *SeasonPerson) Check(ctx Context) (exhibition.SeasonPerson, fault.Problems) {
	in, c := shapedSmall(ctx, p)
	out := exhibition.SeasonPerson{Name: in.Name, Away: c.dayRows("away", in.Away), Gone: c.yes("gone", in.Gone)}
	ps := c.sorted(planFor[SeasonPerson]())
	if ps.Err() == nil {
		ps = append(ps, out.Check()...)
	}
	return out, ps
}

// SeasonBudget is a party's budget as typed.
type SeasonBudget struct {
	Amount string `json:"amount,omitempty" validate:"omitempty,max=24"`
}

// DecodeSeasonBudget reads the form of a budget.
func DecodeSeasonBudget(values map[string][]string) (*SeasonBudget, fault.Problems) {
	return decodeInto[SeasonBudget](values)
}

// Values returns the fields by their form names.
func (b *SeasonBudget) Values() map[string]string { return valuesOf(b) }

// FromSeasonBudget is the form that describes a budget.
func FromSeasonBudget(b *exhibition.SeasonBudget) *SeasonBudget {
	return &SeasonBudget{Amount: money(b.Amount)}
}

// Check returns the budget.
func (b *SeasonBudget) Check(ctx Context) (exhibition.SeasonBudget, fault.Problems) {
	in, c := shapedSmall(ctx, b)
	return exhibition.SeasonBudget{Amount: c.money("amount", in.Amount)}, c.sorted(planFor[SeasonBudget]())
}

// SeasonMove is where an exhibition is put on the board, as typed or sent by a script.
type SeasonMove struct {
	Exhibition string `json:"exhibition,omitempty" validate:"required,max=20"`
	Venue      string `json:"venue,omitempty" validate:"omitempty,max=24"`
	Week       string `json:"week,omitempty" validate:"omitempty,max=10"` // from 0
}

// DecodeSeasonMove reads a move.
func DecodeSeasonMove(values map[string][]string) (*SeasonMove, fault.Problems) {
	return decodeInto[SeasonMove](values)
}

// Values returns the fields by their form names.
func (m *SeasonMove) Values() map[string]string { return valuesOf(m) }

// maxSeasonWeeks is more than a season may last: three years.
const maxSeasonWeeks = 160

// Check returns the move; placed says that venue and week are needed.
func (m *SeasonMove) Check(ctx Context, placed bool) (exhibition.SeasonSpot, fault.Problems) {
	in, c := shapedSmall(ctx, m)
	out := exhibition.SeasonSpot{Exhibition: c.ref("exhibition", in.Exhibition)}
	if placed {
		c.need("venue", in.Venue)
		c.need("week", in.Week)
		out.Venue, out.Week = in.Venue, c.whole("week", in.Week, 0, maxSeasonWeeks)
	}
	return out, c.sorted(planFor[SeasonMove]())
}
