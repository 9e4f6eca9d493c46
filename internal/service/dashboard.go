package service

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Dashboards shows what the registry amounts to, from sums that are kept ([store.Tx.Tally]): in time that does not grow with the registry.
type Dashboards struct {
	core
	criteria *Criteria
}

// Panel is one table of figures, and the chart of it.
type Panel struct {
	Key    string        `json:"key"`             // of the message "dash.panel.<key>"
	Party  place.Country `json:"party,omitempty"` // whose figures, where the two stand side by side
	Chart  string        `json:"chart"`           // "bars" (lying), "columns" (by month), "lines"
	By     string        `json:"by"`              // what the codes of the lines are: "month", "area", "craft", …
	Series []string      `json:"series"`          // of the messages "dash.series.<name>"
	Unit   string        `json:"unit,omitempty"`  // "" how many, "days", or a currency (minor units)
	Lines  []PanelLine   `json:"lines"`
	Total  *PanelLine    `json:"total,omitempty"` // nil where a sum says nothing
	Small  bool          `json:"small,omitempty"` // of the other country: small numbers are hidden
}

// PanelLine is a line of a panel: a number for each series.
type PanelLine struct {
	Code   string       `json:"code"`
	Name   string       `json:"name,omitempty"` // where the code is a number
	NameEN string       `json:"name_en,omitempty"`
	Values []PanelValue `json:"values"`
}

// PanelValue is one number; Hidden where it is too small to be shown, None where there is nothing to be counted.
type PanelValue struct {
	N      int64 `json:"n"`
	Hidden bool  `json:"hidden,omitempty"`
	None   bool  `json:"none,omitempty"`
}

// Tile is a figure of its own.
type Tile struct {
	Key   string             `json:"key"`            // of the message "dash.tile.<key>"
	Unit  string             `json:"unit,omitempty"` // as of a panel
	Value PanelValue         `json:"value"`
	Query *store.FamilyQuery `json:"-"` // the list behind it
}

// View is a page of the dashboard. Its text stands in addresses and in saved reports.
type View string

// The views.
const (
	ViewMine          View = "mine"          // a field worker's own families
	ViewRegistrations View = "registrations" // handing in, states, areas, crafts
	ViewDecisions     View = "decisions"     // the queue, time, reasons, criteria
	ViewPeople        View = "people"        // women, breadwinners, widows, disability, protection
	ViewLadder        View = "ladder"        // rungs and moves
	ViewProgramme     View = "programme"     // incentives and development plans
	ViewExhibitions   View = "exhibitions"   // places, sales, first-timers, balance
	ViewBoth          View = "both"          // both countries side by side
)

// ViewsOf returns the views of an actor, the most wanted first.
func ViewsOf(actor auth.Actor) []View {
	var out []View
	switch actor.Role {
	case auth.FieldWorker:
		return []View{ViewMine}
	case auth.Reviewer:
		out = []View{ViewDecisions, ViewRegistrations, ViewPeople, ViewLadder, ViewProgramme}
	case auth.Coordinator:
		out = []View{ViewExhibitions, ViewProgramme, ViewRegistrations, ViewDecisions, ViewPeople, ViewLadder}
	default:
		out = []View{ViewRegistrations, ViewDecisions, ViewPeople, ViewLadder, ViewProgramme, ViewExhibitions}
	}
	if auth.Can(actor, auth.FiguresOther) {
		out = append(out, ViewBoth)
	}
	return out
}

// Span is a period of months by name.
type Span string

// Spans returns the periods that may be asked for.
func Spans() []Span {
	return []Span{"12m", "24m", "quarter", "last_quarter", "year", "last_year", "last_month"}
}

// Months returns the first and the last month of a span on a day.
func (s Span) Months(today calendar.Date) (first, last programme.Month, ok bool) {
	now := programme.MonthOf(today)
	quarter, year := now-now%3, now-now%12
	switch s {
	case "12m":
		return now - 11, now, true
	case "24m":
		return now - 23, now, true
	case "quarter":
		return quarter, quarter + 2, true
	case "last_quarter":
		return quarter - 3, quarter - 1, true
	case "year":
		return year, year + 11, true
	case "last_year":
		return year - 12, year - 1, true
	case "last_month":
		return now - 1, now - 1, true
	}
	return 0, 0, false
}

// BoardQuery is what somebody wants to see. Zero values: the first view, twelve months, the whole reach.
type BoardQuery struct {
	View View
	Span Span
	Area string
	On   calendar.Date // the day from which Span counts; zero: today
}

// Board is a page of the dashboard.
type Board struct {
	Party place.Country
	Views []View
	BoardQuery
	First    programme.Month
	Last     programme.Month
	Areas    []place.Area // among which may be chosen
	At       time.Time
	State    store.TallyState
	Tiles    []Tile
	Panels   []Panel
	Criteria map[string]criteria.Text // titles by code
}

// lateAfter is how many days a registration waits before it counts as late.
const lateAfter = 30

// Board returns a view of what the actor may count.
func (s *Dashboards) Board(ctx context.Context, actor auth.Actor, q BoardQuery) (*Board, error) {
	reach, err := auth.ReachOf(actor, auth.DashboardView)
	if err != nil {
		return nil, err
	}
	b := &Board{Party: actor.Party, Views: ViewsOf(actor), BoardQuery: q, At: s.now()}
	if b.View == "" {
		b.View = b.Views[0]
	}
	if b.Span == "" {
		b.Span = "12m"
	}
	today := s.today()
	if b.On == 0 {
		b.On = today
	}
	var ok bool
	if b.First, b.Last, ok = b.Span.Months(b.On); !ok || !slices.Contains(b.Views, b.View) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	scope := scopeOf(reach, 0)
	for _, a := range place.Areas(actor.Party) {
		if reach.Areas.Has(a.Code) {
			b.Areas = append(b.Areas, a)
		}
	}
	if b.Area != "" {
		if !slices.ContainsFunc(b.Areas, func(a place.Area) bool { return a.Code == b.Area }) {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		scope.Areas = []string{b.Area}
	}
	x := &boardMaker{b: b, actor: actor, scope: scope, today: today}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		b.Tiles, b.Panels, b.Criteria = nil, nil, map[string]criteria.Text{}
		x.tx = tx
		if b.View == ViewMine {
			return x.mine(scopeOf(reach, actor.UserID))
		}
		if x.tally, b.State, err = tx.Tally(scope, b.First, b.Last, today); err != nil {
			return err
		}
		switch b.View {
		case ViewRegistrations:
			return x.registrations()
		case ViewDecisions:
			x.decisions()
			return s.titles(tx, actor.Party, today, b)
		case ViewPeople:
			x.people()
		case ViewLadder:
			x.ladder()
		case ViewProgramme:
			return x.programme()
		case ViewExhibitions:
			return x.exhibitions()
		case ViewBoth:
			return x.both()
		}
		return nil
	})
	return b, err
}

// CountOn brings the kept sums on by about so many families and reports whether there is more to do.
func (s *Dashboards) CountOn(ctx context.Context, most int) (more bool, err error) {
	return s.db.CountOn(ctx, s.today(), most)
}

// titles names the criteria that stand in a board: of the set in force, for one that is gone its code has to do.
func (s *Dashboards) titles(tx *store.Tx, party place.Country, today calendar.Date, b *Board) error {
	set, _, _, err := s.criteria.on(tx, party, today)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.State) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, c := range set.Criteria {
		b.Criteria[c.Code] = c.Title
	}
	return nil
}

// boardMaker makes the panels of one board.
type boardMaker struct {
	tx    *store.Tx
	b     *Board
	actor auth.Actor
	scope store.Scope
	today calendar.Date
	tally store.Tally
}

// bySex are the series of a panel of people.
var bySex = []string{"women", "men", "unsaid"}

func sexIndex(sex string) int {
	switch sex {
	case "f":
		return 0
	case "m":
		return 1
	}
	return 2
}

// shrink leaves the series of who did not say out where it is empty.
func (p *Panel) shrink() {
	if len(p.Series) != 3 || p.Series[2] != "unsaid" {
		return
	}
	for _, l := range p.Lines {
		if l.Values[2].N != 0 {
			return
		}
	}
	p.Series = p.Series[:2]
	for i := range p.Lines {
		p.Lines[i].Values = p.Lines[i].Values[:2]
	}
	if p.Total != nil {
		p.Total.Values = p.Total.Values[:2]
	}
}

// sum adds a line of totals.
func (p *Panel) sum() {
	t := PanelLine{Values: make([]PanelValue, len(p.Series))}
	for _, l := range p.Lines {
		for i, v := range l.Values {
			t.Values[i].N += v.N
		}
	}
	p.Total = &t
}

// codes makes a panel of the codes of a measure by sex, most first, or in the order given.
func codes(t store.Tally, key, by string, order []string, keep func(store.TallyKey) (code string, ok bool)) Panel {
	p := Panel{Key: key, Chart: "bars", By: by, Series: slices.Clone(bySex)}
	at := map[string]int{}
	line := func(code string) *PanelLine {
		i, ok := at[code]
		if !ok {
			i = len(p.Lines)
			at[code] = i
			p.Lines = append(p.Lines, PanelLine{Code: code, Values: make([]PanelValue, 3)})
		}
		return &p.Lines[i]
	}
	for _, code := range order {
		line(code)
	}
	for k, n := range t {
		if code, ok := keep(k); ok {
			line(code).Values[sexIndex(k.Sex)].N += int64(n)
		}
	}
	if order == nil {
		slices.SortFunc(p.Lines, func(a, b PanelLine) int {
			return cmp.Or(cmp.Compare(lineSum(b), lineSum(a)), cmp.Compare(a.Code, b.Code))
		})
	} else {
		rank := map[string]int{}
		for i, c := range order {
			rank[c] = i
		}
		slices.SortStableFunc(p.Lines, func(a, b PanelLine) int {
			i, ok := rank[a.Code]
			j, also := rank[b.Code]
			if !ok || !also {
				return cmp.Or(boolRank(also)-boolRank(ok), cmp.Compare(a.Code, b.Code))
			}
			return i - j
		})
		p.Lines = slices.DeleteFunc(p.Lines, func(l PanelLine) bool { return by != "month" && lineSum(l) == 0 })
	}
	p.sum()
	p.shrink()
	return p
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func lineSum(l PanelLine) (n int64) {
	for _, v := range l.Values {
		n += v.N
	}
	return n
}

// standing keeps the codes of a measure that stands for now.
func standing(m programme.Measure) func(store.TallyKey) (string, bool) {
	return func(k store.TallyKey) (string, bool) { return k.Code, k.Measure == m && k.Month == 0 }
}

// months are the codes of the board's months, oldest first.
func (x *boardMaker) months() []string {
	var out []string
	for m := x.b.First; m <= x.b.Last && m <= programme.MonthOf(x.today); m++ {
		out = append(out, m.String())
	}
	return out
}

// monthly makes a panel of a measure by month and sex; code "" takes all.
func (x *boardMaker) monthly(t store.Tally, key string, m programme.Measure, code string) Panel {
	p := codes(t, key, "month", x.months(), func(k store.TallyKey) (string, bool) {
		return k.Month.String(), k.Measure == m && k.Month >= x.b.First && k.Month <= x.b.Last && (code == "" || k.Code == code)
	})
	p.Chart = "columns"
	return p
}

func (x *boardMaker) add(p Panel) { x.b.Panels = append(x.b.Panels, p) }

func (x *boardMaker) tile(key string, n int64, q *store.FamilyQuery) {
	x.b.Tiles = append(x.b.Tiles, Tile{Key: key, Value: PanelValue{N: n}, Query: q})
}

// count sums what a filter keeps.
func count(t store.Tally, keep func(store.TallyKey) bool) (n int64) {
	for k, v := range t {
		if keep(k) {
			n += int64(v)
		}
	}
	return n
}

func inState(states ...registry.State) func(store.TallyKey) bool {
	return func(k store.TallyKey) bool {
		return k.Measure == programme.ByState && slices.Contains(states, registry.State(k.Code))
	}
}

func stateNames(states ...registry.State) []string {
	var out []string
	for _, s := range states {
		out = append(out, string(s))
	}
	return out
}

func (x *boardMaker) query(states ...registry.State) *store.FamilyQuery {
	q := &store.FamilyQuery{States: stateNames(states...)}
	if x.b.Area != "" {
		q.Areas = []string{x.b.Area}
	}
	return q
}

// mine is what a field worker entered: drafts, what came back, what waits too long.
func (x *boardMaker) mine(scope store.Scope) (err error) {
	b := x.b
	if x.tally, err = x.tx.OwnTally(scope, x.actor.UserID, x.today); err != nil {
		return err
	}
	b.State.Ready = true
	own := func(states ...registry.State) *store.FamilyQuery {
		q := x.query(states...)
		q.EnteredBy = x.actor.UserID
		return q
	}
	x.tile("own", count(x.tally, func(k store.TallyKey) bool { return k.Measure == programme.ByState }), own())
	x.tile("drafts", count(x.tally, inState(registry.Draft)), own(registry.Draft))
	x.tile("returned", count(x.tally, inState(registry.Returned)), own(registry.Returned))
	late := own(registry.Submitted, registry.UnderReview)
	late.DateField, late.To = store.DateSubmitted, x.today.AddDays(-lateAfter-1)
	x.tile("late", x.late(), late)
	x.add(codes(x.tally, "states", "state", stateNames(registry.States()...), standing(programme.ByState)))
	x.add(x.ages())
	x.add(x.monthly(x.tally, "handed", programme.ByHandedIn, ""))
	x.ownProgramme()
	return nil
}

func (x *boardMaker) late() int64 {
	return count(x.tally, func(k store.TallyKey) bool { return k.Measure == programme.ByWaiting && x.age(k.Code) > lateAfter })
}

func (x *boardMaker) age(day string) int {
	d, err := calendar.Parse(day)
	if err != nil {
		return 0
	}
	return max(0, calendar.DaysBetween(d, x.today))
}

// ageBands are the last days of the bands of waiting; "" is longer.
var ageBands = []struct {
	code string
	upTo int
}{{"7", 7}, {"14", 14}, {"30", 30}, {"60", 60}, {"more", 1 << 30}}

// ages is how long what waits for a decision has waited.
func (x *boardMaker) ages() Panel {
	var order []string
	for _, a := range ageBands {
		order = append(order, a.code)
	}
	return codes(x.tally, "ages", "age", order, func(k store.TallyKey) (string, bool) {
		if k.Measure != programme.ByWaiting {
			return "", false
		}
		for _, a := range ageBands {
			if x.age(k.Code) <= a.upTo {
				return a.code, true
			}
		}
		return "", false
	})
}

func (x *boardMaker) registrations() error {
	t := x.tally
	x.tile("registered", count(t, inState(registry.Approved)), x.query(registry.Approved))
	x.tile("women", count(t, func(k store.TallyKey) bool { return inState(registry.Approved)(k) && k.Sex == "f" }), nil)
	x.tile("waiting", count(t, inState(registry.Submitted, registry.UnderReview)), x.query(registry.Submitted, registry.UnderReview))
	x.tile("handed", count(t, func(k store.TallyKey) bool { return k.Measure == programme.ByHandedIn }), nil)
	x.add(x.monthly(t, "handed", programme.ByHandedIn, ""))
	x.add(x.monthly(t, "approved", programme.ByDecided, string(registry.StepApprove)))
	x.add(codes(t, "states", "state", stateNames(registry.States()...), standing(programme.ByState)))
	areas, err := x.areas(x.scope)
	if err != nil {
		return err
	}
	x.add(areas)
	x.add(codes(t, "crafts", "craft", nil, standing(programme.ByCraft)))
	return nil
}

// areas is where the registered families live.
func (x *boardMaker) areas(scope store.Scope) (Panel, error) {
	by, err := x.tx.TallyByArea(scope, programme.ByState, string(registry.Approved), x.today)
	if err != nil {
		return Panel{}, err
	}
	return codes(by, "areas", "area", nil, standing(programme.ByState)), nil
}

func (x *boardMaker) decisions() {
	t := x.tally
	x.tile("waiting", count(t, inState(registry.Submitted, registry.UnderReview)), x.query(registry.Submitted, registry.UnderReview))
	late := x.query(registry.Submitted, registry.UnderReview)
	late.DateField, late.To = store.DateSubmitted, x.today.AddDays(-lateAfter-1)
	x.tile("late", x.late(), late)
	median, p90, n := timesOf(t, func(k store.TallyKey) bool { return true })
	x.tile("decided", int64(n), nil)
	x.b.Tiles = append(x.b.Tiles, Tile{Key: "median", Value: PanelValue{N: int64(median), None: n == 0}}, Tile{Key: "p90", Value: PanelValue{N: int64(p90), None: n == 0}})
	x.add(x.ages())
	x.add(x.times(t))
	x.add(codes(t, "outcomes", "step", []string{"approve", "reject", "return"}, func(k store.TallyKey) (string, bool) { return k.Code, k.Measure == programme.ByDecided }))
	x.add(x.reasons(t))
	failing := codes(t, "failing", "criterion", nil, standing(programme.ByFailing))
	failing.Lines, failing.Total = failing.Lines[:min(len(failing.Lines), 15)], nil // a family may fail several
	x.add(failing)
}

func (x *boardMaker) reasons(t store.Tally) Panel {
	p := codes(t, "reasons", "reason", nil, func(k store.TallyKey) (string, bool) { return k.Code, k.Measure == programme.ByReason })
	p.Total = nil // a rejection may have several
	return p
}

// times is how long decisions took, by the month in which they were taken.
func (x *boardMaker) times(t store.Tally) Panel {
	p := Panel{Key: "times", Chart: "lines", By: "month", Series: []string{"median", "p90", "median_women", "median_men"}, Unit: "days"}
	for _, m := range x.months() {
		l := PanelLine{Code: m}
		for _, sex := range []string{"", "f", "m"} {
			median, p90, n := timesOf(t, func(k store.TallyKey) bool { return k.Month.String() == m && (sex == "" || k.Sex == sex) })
			l.Values = append(l.Values, PanelValue{N: int64(median), None: n == 0})
			if sex == "" {
				l.Values = append(l.Values, PanelValue{N: int64(p90), None: n == 0})
			}
		}
		p.Lines = append(p.Lines, l)
	}
	return p
}

// timesOf returns within how many days half of the decisions were taken, and nine of ten.
func timesOf(t store.Tally, keep func(store.TallyKey) bool) (median, p90, n int) {
	var days [1000]int
	for k, v := range t {
		if k.Measure == programme.ByTook && len(k.Code) == 3 && keep(k) {
			d := int(k.Code[0]-'0')*100 + int(k.Code[1]-'0')*10 + int(k.Code[2]-'0')
			if d >= 0 && d < len(days) {
				days[d] += v
				n += v
			}
		}
	}
	seen, median, p90 := 0, -1, -1
	for d, v := range days {
		seen += v
		if median < 0 && n > 0 && 2*seen >= n {
			median = d
		}
		if p90 < 0 && n > 0 && 10*seen >= 9*n {
			p90 = d
		}
	}
	return median, p90, n
}

func (x *boardMaker) people() {
	t := x.tally
	approved := inState(registry.Approved)
	x.tile("registered", count(t, approved), x.query(registry.Approved))
	x.tile("women", count(t, func(k store.TallyKey) bool { return approved(k) && k.Sex == "f" }), nil)
	of := func(m programme.Measure, code, sex string) int64 {
		return count(t, func(k store.TallyKey) bool { return k.Measure == m && k.Code == code && (sex == "" || k.Sex == sex) })
	}
	x.tile("breadwinners", of(programme.ByBreadwinner, "yes", "f"), nil)
	x.tile("widows", of(programme.ByMarital, "widowed", "f"), nil)
	x.add(codes(t, "breadwinner", "answer", []string{"yes", "no", ""}, standing(programme.ByBreadwinner)))
	if x.sees(auth.ClassHousehold) {
		x.add(codes(t, "marital", "marital_status", nil, standing(programme.ByMarital)))
	}
	if x.sees(auth.ClassHealth) {
		x.tile("disability", of(programme.ByDisability, "yes", ""), nil)
		x.add(codes(t, "disability", "disabled", []string{"yes", "none", ""}, standing(programme.ByDisability)))
	}
	if x.sees(auth.ClassProtection) {
		x.add(codes(t, "protection", "protection", nil, standing(programme.ByProtection)))
	}
	x.add(codes(t, "crafts", "craft", nil, standing(programme.ByCraft)))
}

// sees reports whether the actor's role is shown a class of values at all; sums of what it is not shown are not shown either.
func (x *boardMaker) sees(c auth.Class) bool { return auth.View(x.actor.Role, c) != auth.Hidden }

func rungCodes() []string {
	var out []string
	for _, r := range programme.Rungs() {
		out = append(out, r.Code())
	}
	return out
}

func (x *boardMaker) ladder() {
	t := x.tally
	x.add(codes(t, "rungs", "rung", rungCodes(), standing(programme.ByRung)))
	flow := Panel{Key: "moves", Chart: "columns", By: "month", Series: []string{"up_women", "up_men", "down_women", "down_men"}}
	up, down := int64(0), int64(0)
	at := map[string]int{}
	for i, m := range x.months() {
		at[m] = i
		flow.Lines = append(flow.Lines, PanelLine{Code: m, Values: make([]PanelValue, 4)})
	}
	for k, n := range t {
		i, ok := at[k.Month.String()]
		if k.Measure != programme.ByMove || !ok || k.Sex == "" {
			continue
		}
		series := sexIndex(k.Sex)
		if falls(k.Code) {
			series += 2
			down += int64(n)
		} else {
			up += int64(n)
		}
		flow.Lines[i].Values[series].N += int64(n)
	}
	flow.sum()
	x.tile("up", up, nil)
	x.tile("down", down, nil)
	x.add(flow)
	x.add(codes(t, "pairs", "move", nil, func(k store.TallyKey) (string, bool) { return k.Code, k.Measure == programme.ByMove }))
}

// falls reports whether a move "from>to" leads down.
func falls(code string) bool {
	order := rungCodes()
	for i, c := range code {
		if c == '>' {
			return slices.Index(order, code[:i]) > slices.Index(order, code[i+1:])
		}
	}
	return false
}

// shows reads the exhibitions of the board's months with the sums of a scope.
func (x *boardMaker) shows(scope store.Scope) ([]exhibition.Exhibition, []store.ShowSum, error) {
	from, to := firstOf(x.b.First), firstOf(x.b.Last+1).AddDays(-1)
	list, err := x.tx.Exhibitions(x.actor.Party, store.ExhibitionQuery{From: from, To: to, Statuses: []exhibition.Status{exhibition.Agreed, exhibition.Closed}, Limit: maxShows})
	if err != nil {
		return nil, nil, err
	}
	slices.Reverse(list)
	sums, err := x.tx.ShowSums(scope, from, to)
	return list, sums, err
}

// firstOf is the first day of a month.
func firstOf(m programme.Month) calendar.Date {
	y, month := m.YM()
	return calendar.Of(time.Date(y, time.Month(month), 1, 0, 0, 0, 0, time.UTC))
}

// maxShows is how many exhibitions a panel lists.
const maxShows = 60

// showPanel makes a panel with a line for each exhibition.
func showPanel(key, unit string, list []exhibition.Exhibition, series []string, value func(e *exhibition.Exhibition) []PanelValue) Panel {
	p := Panel{Key: key, Chart: "bars", By: "show", Series: slices.Clone(series), Unit: unit}
	for i := range list {
		e := &list[i]
		if v := value(e); v != nil {
			p.Lines = append(p.Lines, PanelLine{Code: strconv.FormatInt(e.ID, 10), Name: e.Terms.Name, NameEN: e.Terms.NameEN, Values: v})
		}
	}
	return p
}

// sexSums sums what a filter keeps of an exhibition by sex.
func sexSums(sums []store.ShowSum, id int64, keep func(*store.ShowSum) bool, value func(*store.ShowSum) int64) []PanelValue {
	v := make([]PanelValue, 3)
	for i := range sums {
		if s := &sums[i]; s.ExhibitionID == id && keep(s) {
			v[sexIndex(s.Sex)].N += value(s)
		}
	}
	return v
}

func came(s *store.ShowSum) bool   { return s.State == store.Came }
func heads(s *store.ShowSum) int64 { return int64(s.N) }

func (x *boardMaker) exhibitions() error {
	list, sums, err := x.shows(x.scope)
	if err != nil {
		return err
	}
	x.b.State.Ready = true
	all, first, women := int64(0), int64(0), int64(0)
	for i := range sums {
		if s := &sums[i]; came(s) {
			all += int64(s.N)
			if s.FirstTime {
				first += int64(s.N)
			}
			if s.Sex == "f" {
				women += int64(s.N)
			}
		}
	}
	x.tile("shows", int64(len(list)), nil)
	x.tile("exhibitors", all, nil)
	x.tile("women_exhibitors", women, nil)
	x.tile("first_time", first, nil)
	take := func(p Panel) {
		p.sum()
		p.shrink()
		x.add(p)
	}
	take(showPanel("exhibitors", "", list, bySex, func(e *exhibition.Exhibition) []PanelValue { return sexSums(sums, e.ID, came, heads) }))
	take(showPanel("first_timers", "", list, bySex, func(e *exhibition.Exhibition) []PanelValue {
		return sexSums(sums, e.ID, func(s *store.ShowSum) bool { return came(s) && s.FirstTime }, heads)
	}))
	states := Panel{Key: "applications", Chart: "bars", By: "participation_state", Series: slices.Clone(bySex)}
	for _, st := range append([]string{store.Came}, participationStates()...) {
		l := PanelLine{Code: st, Values: make([]PanelValue, 3)}
		for i := range sums {
			if s := &sums[i]; s.State == st {
				l.Values[sexIndex(s.Sex)].N += int64(s.N)
			}
		}
		if lineSum(l) > 0 {
			states.Lines = append(states.Lines, l)
		}
	}
	take(states)
	for _, party := range place.Countries() { // what is sold in two currencies is two tables
		currency := exhibition.CurrencyOf(party)
		p := showPanel("sales", currency, list, bySex, func(e *exhibition.Exhibition) []PanelValue {
			if e.Terms.Currency() != currency {
				return nil
			}
			return sexSums(sums, e.ID, came, func(s *store.ShowSum) int64 { return s.Amount })
		})
		if p.Party = party; len(p.Lines) > 0 {
			take(p)
		}
	}
	if !auth.Can(x.actor, auth.RosterView) || !auth.Can(x.actor, auth.FiguresOther) {
		return nil
	}
	// Places and who has them. The roster of an agreed exhibition is known to both sides, so that its length is no secret.
	ours, theirs, err := x.bothSums()
	if err != nil {
		return err
	}
	headsOf := func(sums []store.ShowSum, id int64) PanelValue {
		n := int64(0)
		for _, v := range sexSums(sums, id, came, heads) {
			n += v.N
		}
		return PanelValue{N: n}
	}
	balance := showPanel("balance", "", list, []string{"EG", "QA", "free"}, func(e *exhibition.Exhibition) []PanelValue {
		a, b := headsOf(ours, e.ID), headsOf(theirs, e.ID)
		if x.actor.Party != place.Egypt {
			a, b = b, a
		}
		return []PanelValue{a, b, {N: max(0, int64(e.Terms.Capacity*e.Terms.WaveCount())-a.N-b.N)}}
	})
	balance.sum()
	x.add(balance)
	return nil
}

func participationStates() []string {
	var out []string
	for _, st := range exhibition.States() {
		if st != exhibition.Accepted {
			out = append(out, string(st))
		}
	}
	return out
}

// Took notes in the audit log that figures went out as a file; what says which.
func (s *Dashboards) Took(ctx context.Context, actor auth.Actor, action auth.Action, id int64, what string) error {
	if !auth.Can(actor, action) {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		return audit(tx, actor, now, string(action), store.AuditEntry{Entity: "report", EntityID: id, Note: what})
	})
}
