package web

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/planner/explain"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/web/render"
)

// runPage is the Body of allocation/run: a run at work, or what it came to.
type runPage struct {
	ID, N   int64
	Run     *service.RunView
	Name    string
	Asked   string
	Elapsed string
	Chart   chart
	Gap     string
	Percent int64
	Error   string
	Result  *service.AllocationResult
	Halls   []hallRow
	Gauges  []gaugeGroup
	Travel  []travelRow
	Keys    []keyRow
	MayTake bool // the actor's party may sign
	MayBack bool // and may take its key back
	Compare []render.Option
	Forced  string
	Cost    string
	Gain    string
	Refused string
	Holds   bool // the run that holds
	Cancel  bool
}

// Moving reports whether the page is to ask again.
func (p *runPage) Moving() bool { return p.Run.State.Moving() }

// chart is the course of a run as lines in a box of 600 by 160: bound above, best plan below.
type chart struct {
	Bound, Value string // points of an SVG polyline
	Top, Bottom  string // the largest and smallest value
	Last         string // time of the last point
	LastX        int
	BoundY       int
	ValueY       int
}

type hallRow struct {
	service.ResultHall
	Name    string
	Percent int
	More    string // what one place more would gain
	URL     string
}

type gaugeGroup struct {
	Name  string
	Lines []gaugeRow
}

type gaugeRow struct {
	service.Gauge
	Name   string
	Over   string // of a quota over several exhibitions
	Bounds string
	Cost   string
	Cause  string
	Full   bool
}

type travelRow struct {
	service.TravelGauge
	Name, Spent, Of string
	Cost            string
}

type keyRow struct {
	Party string
	Name  string
	At    any
}

func (r *request) runIDs() (id, run int64, err error) {
	if id, err = r.id("id"); err != nil {
		return 0, 0, err
	}
	run, err = r.id("n")
	return id, run, err
}

func (s *Server) runShow(r *request) error { return s.drawRun(r, 0, "") }

func (s *Server) drawRun(r *request, status int, refused string) error {
	id, run, err := r.runIDs()
	if err != nil {
		return err
	}
	a, v, err := s.svc.Allocations.Run(r.ctx(), r.actor, id, run)
	if err != nil {
		return err
	}
	w := r.words()
	b := &runPage{ID: id, N: run, Run: v, Refused: refused, Chart: w.chart(v.Body.Points), Percent: int64(v.Body.Done * 100), Holds: a.Accepted == run, Cancel: v.State.Moving()}
	if v.Body.Error != "" {
		b.Error = w.T(v.Body.Error, service.SaidArgs(v.Body.ErrorArgs)...)
	}
	if v.State == exhibition.RunDone {
		if err := s.fillRun(r, w, b, a); err != nil {
			return err
		}
	}
	if r.isHTMX() {
		return r.fragment(0, "allocation/run", "run-body", nil, b)
	}
	return r.page(status, "allocation/run", nil, b)
}

// fillRun puts the result of a run on its page.
func (s *Server) fillRun(r *request, w words, b *runPage, a *exhibition.Allocation) error {
	res, err := s.svc.Allocations.Result(r.ctx(), r.actor, b.ID, b.N, service.ResultFilter{})
	if err != nil {
		return err
	}
	body := &b.Run.Body
	b.Result, b.Name, b.Gap = res, w.show(res.Season.Name, res.Season.NameEN), w.permille(body.Gap)
	for _, h := range res.Halls {
		row := hallRow{ResultHall: h, Name: w.slot(res.Shows, h.Exhibition, h.Wave), Percent: 100 * h.Places / max(1, h.Room), URL: runURL(b.ID, b.N) + "/list?exhibition=" + strconv.FormatInt(h.Exhibition, 10)}
		if row.More = w.oneMore(h.More); res.Draw {
			row.More = "–"
		}
		b.Halls = append(b.Halls, row)
	}
	for _, t := range res.Travel {
		cur := exhibition.CurrencyOf(t.Party)
		row := travelRow{TravelGauge: t, Name: w.country(string(t.Party)), Spent: w.Money(int64(t.Spent)*100, cur), Of: w.Money(int64(t.Budget)*100, cur)}
		if !t.More.Nothing() {
			row.Cost = w.T("allocation.cost_travel", w.oneMore(t.More))
		}
		b.Travel = append(b.Travel, row)
	}
	var last *service.Gauge
	for i := range res.Gauges {
		g := res.Gauges[i]
		if last == nil || g.Whole != last.Whole || g.Slot != last.Slot {
			b.Gauges = append(b.Gauges, gaugeGroup{Name: w.gaugeOf(g, res.Shows)})
		}
		last = &g
		group := &b.Gauges[len(b.Gauges)-1]
		line := w.gauge(g, res.Shows)
		if res.Draw {
			line.Cost = "–"
		}
		group.Lines = append(group.Lines, line)
	}
	for _, k := range body.Keys {
		b.Keys = append(b.Keys, keyRow{w.country(string(k.Party)), res.Names[k.By], k.At})
	}
	open := b.Run.Sound() && a.Dropped.IsZero() && b.N > a.Accepted && (a.Accepted == 0 || b.Run.Kind == exhibition.RunReplan)
	b.MayTake = open && res.CanSign && !b.Run.Signed(r.actor.Party)
	b.MayBack = open && res.CanSign && b.Run.Signed(r.actor.Party)
	if b.Run.Kind == exhibition.RunOverride {
		b.Cost = w.worth(service.WorthOf(body.Ask.Cost))
		if res.Forced != nil {
			b.Forced = res.Forced.Name
		}
	}
	if b.Run.Kind == exhibition.RunReplan {
		b.Gain = w.worth(service.WorthOf(body.Gain))
	}
	v, err := s.svc.Allocations.View(r.ctx(), r.actor, b.ID)
	if err != nil {
		return err
	}
	b.Asked = w.asked(&body.Ask, &v.Terms, w.allocationNames(v))
	for _, x := range v.Runs {
		if x.ID != b.N && x.State == exhibition.RunDone {
			b.Compare = append(b.Compare, render.Option{Value: strconv.FormatInt(x.ID, 10), Label: w.T("allocation.run_n", w.Num(x.ID)) + " · " + w.code("run_kind", string(x.Kind))})
		}
	}
	return nil
}

// oneMore is what one more of something would gain, in words; "" if nothing.
func (w words) oneMore(m service.OneMore) string {
	var out []string
	if m.Short > 0 {
		out = append(out, w.N("allocation.worth_short", int(m.Short)))
	}
	switch worth := service.WorthOf(m.Gain); {
	case m.Gain > 0:
		out = append(out, w.worth(worth))
	case m.Gain < 0:
		worth = service.WorthOf(-m.Gain)
		out = append(out, w.T("allocation.worth_less", w.worth(worth)))
	}
	text := strings.Join(out, w.comma())
	if text != "" && !m.Known {
		return w.T("allocation.at_most", text)
	}
	return text
}

// slot is the name of an exhibition, with its wave if it has more than one.
func (w words) slot(shows map[int64]*exhibition.Exhibition, id int64, wave int) string {
	e := shows[id]
	name := w.show(e.Terms.Name, e.Terms.NameEN)
	if len(e.Terms.Waves) > 1 {
		name += " · " + w.waveName(&e.Terms, wave)
	}
	return name
}

// gaugeOf says of what a quota is: an exhibition, or several together.
func (w words) gaugeOf(g service.Gauge, shows map[int64]*exhibition.Exhibition) string {
	if g.Whole {
		return w.T("allocation.several")
	}
	return w.slot(shows, g.Exhibition, g.Wave)
}

// gauge is a quota in words, with what it costs the plan and why its minimum is not met.
func (w words) gauge(g service.Gauge, shows map[int64]*exhibition.Exhibition) gaugeRow {
	upper := "∞"
	if g.Quota.Max > 0 {
		upper = w.Num(int64(g.Quota.Max))
	}
	row := gaugeRow{Gauge: g, Name: w.quotaName(g.Quota), Bounds: w.Num(int64(g.Quota.Min)) + " – " + upper, Full: g.Quota.Max > 0 && g.Held+g.Used >= g.Quota.Max}
	if g.Whole {
		row.Over = w.together(g.In, w.showNames(shows))
	}
	switch {
	case !g.Most.Nothing():
		row.Cost = w.T("allocation.cost_max", w.oneMore(g.Most))
	case !g.Least.Nothing():
		row.Cost = w.T("allocation.cost_min", w.oneMore(g.Least))
	case g.Missing > 0: // the cause stands beside it
		row.Cost = "–"
	}
	if g.Cause == nil && len(g.Blocks) == 0 {
		return row
	}
	if g.Cause != nil && g.Cause.None {
		row.Cause = w.T("allocation.cause_none", g.Missing, g.Cause.Applicants)
		return row
	}
	var why []string
	for _, b := range g.Blocks {
		text := w.why(b.Rule, b.Quota, shows[b.At])
		if b.Count > 0 {
			text = w.T("allocation.cause_block", b.Count, text)
		}
		why = append(why, text)
	}
	row.Cause = w.T("allocation.cause_blocked", g.Missing, strings.Join(why, w.comma()))
	return row
}

func (w words) showNames(shows map[int64]*exhibition.Exhibition) map[int64]string {
	out := map[int64]string{}
	for id, e := range shows {
		out[id] = w.show(e.Terms.Name, e.Terms.NameEN)
	}
	return out
}

// why is the rule that kept somebody out, in words.
func (w words) why(rule explain.Rule, q *exhibition.Quota, at *exhibition.Exhibition) string {
	switch {
	case rule == explain.QuotaFull && q != nil:
		return w.T("allocation.why_quota", w.quotaName(*q), q.Max)
	case rule == explain.Conflict && at != nil:
		return w.T("allocation.why_conflict", w.show(at.Terms.Name, at.Terms.NameEN))
	}
	return w.code("why", string(rule))
}

// chart draws the course of a run.
func (w words) chart(points []service.RunPoint) chart {
	c := chart{}
	if len(points) == 0 {
		return c
	}
	lo, hi := points[len(points)-1].Bound, points[len(points)-1].Bound
	for _, p := range points {
		if p.Bound != 0 || p.Known {
			lo, hi = min(lo, p.Bound), max(hi, p.Bound)
		}
		if p.Plan {
			lo, hi = min(lo, p.Value), max(hi, p.Value)
		}
	}
	span, end := max(1, hi-lo), max(1, points[len(points)-1].At)
	x := func(p service.RunPoint) int { return int(10 + 580*p.At/end) }
	y := func(v int64) int { return int(150 - 140*(v-lo)/span) }
	var bound, value []string
	for _, p := range points {
		if p.Bound != 0 || p.Known {
			bound = append(bound, fmt.Sprintf("%d,%d", x(p), y(p.Bound)))
			c.BoundY = y(p.Bound)
		}
		if p.Plan {
			value = append(value, fmt.Sprintf("%d,%d", x(p), y(p.Value)))
			c.ValueY = y(p.Value)
		}
		c.LastX = x(p)
	}
	if len(bound) == 1 {
		bound = append([]string{fmt.Sprintf("10,%d", c.BoundY)}, bound...)
	}
	if len(value) == 1 {
		value = append([]string{fmt.Sprintf("10,%d", c.ValueY)}, value...)
	}
	c.Bound, c.Value, c.Top, c.Bottom = strings.Join(bound, " "), strings.Join(value, " "), w.Num(hi), w.Num(lo)
	c.Last = w.T("allocation.seconds", w.Num((end+500)/1000))
	return c
}

func (s *Server) runStep(r *request, flash string, do func(id, run int64) error) error {
	id, run, err := r.runIDs()
	if err != nil {
		return err
	}
	err = do(id, run)
	if text, ok := r.refusal(err); ok {
		return s.drawRun(r, 409, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(runURL(id, run), "success", flash)
}

func (s *Server) runCancel(r *request) error {
	return s.runStep(r, "flash.run_cancelled", func(id, run int64) error { return s.svc.Allocations.Cancel(r.ctx(), r.actor, id, run, r.write()) })
}

func (s *Server) runUnsign(r *request) error {
	return s.runStep(r, "flash.run_unsigned", func(id, run int64) error { return s.svc.Allocations.Unsign(r.ctx(), r.actor, id, run, r.write()) })
}

func (s *Server) runSign(r *request) error {
	id, run, err := r.runIDs()
	if err != nil {
		return err
	}
	accepted, err := s.svc.Allocations.Sign(r.ctx(), r.actor, id, run, r.write())
	if text, ok := r.refusal(err); ok {
		return s.drawRun(r, 409, text)
	}
	if err != nil {
		return err
	}
	if accepted {
		return r.redirect(allocationURL(id), "success", "flash.run_accepted")
	}
	return r.redirect(runURL(id, run), "success", "flash.run_signed")
}

// runListPage is the Body of allocation/list.
type runListPage struct {
	*service.AllocationResult
	ID, N  int64
	Name   string
	Filter service.ResultFilter
	Where  []render.Option
	Areas  []render.Option
	Crafts []render.Option
	States []runState
	Rows   []resultRow
	URL    string
	Pager  pager
}

type runState struct {
	State string
	N     int
	URL   string
}

type resultRow struct {
	service.ResultRow
	Craft, Area, Where string
	Why                string
	Chance             string
	Letter             bool
	Force              string // where forcing in is asked
}

func (s *Server) runList(r *request) error {
	id, run, err := r.runIDs()
	if err != nil {
		return err
	}
	q := func(name string) string {
		if v := r.query()[name]; len(v) == 1 {
			return intake.SearchText(v[0])
		}
		return ""
	}
	f := service.ResultFilter{Area: q("area"), Craft: q("craft"), State: q("state")}
	f.Exhibition, _ = strconv.ParseInt(q("exhibition"), 10, 64)
	f.Page, _ = strconv.Atoi(q("page"))
	if !slices.Contains([]string{"chosen", "waiting", "not"}, f.State) {
		f.State = ""
	}
	v, err := s.svc.Allocations.Result(r.ctx(), r.actor, id, run, f)
	if err != nil {
		return err
	}
	w := r.words()
	b := &runListPage{AllocationResult: v, ID: id, N: run, Name: w.show(v.Season.Name, v.Season.NameEN), Filter: f, URL: runURL(id, run) + "/list"}
	b.Where = []render.Option{{Value: "", Label: w.T("allocation.everywhere")}}
	for _, e := range v.Terms.Exhibitions {
		b.Where = append(b.Where, render.Option{Value: strconv.FormatInt(e, 10), Label: w.slot(v.Shows, e, 0), Selected: e == f.Exhibition})
	}
	b.Areas = []render.Option{{Value: "", Label: w.T("allocation.all_areas")}}
	for _, x := range v.Areas {
		b.Areas = append(b.Areas, render.Option{Value: x, Label: w.area(x), Selected: x == f.Area})
	}
	b.Crafts = []render.Option{{Value: "", Label: w.T("allocation.all_crafts")}}
	for _, x := range v.Crafts {
		b.Crafts = append(b.Crafts, render.Option{Value: x, Label: w.craft(x), Selected: x == f.Craft})
	}
	at := func(state string, page int) string {
		u := b.URL + "?"
		for _, p := range [][2]string{{"exhibition", optional(f.Exhibition)}, {"area", f.Area}, {"craft", f.Craft}, {"state", state}, {"page", optional(int64(page))}} {
			if p[1] != "" {
				u += p[0] + "=" + p[1] + "&"
			}
		}
		return strings.TrimRight(u, "?&")
	}
	for _, st := range []string{"chosen", "waiting", "not"} {
		if n := v.Counts[st]; n > 0 {
			b.States = append(b.States, runState{st, n, at(st, 0)})
		}
	}
	b.Pager = newPager(v.Page, v.Pages, func(page int) string { return at(f.State, page) })
	for _, x := range v.Rows {
		b.Rows = append(b.Rows, w.resultRow(x, v, run))
	}
	return r.page(0, "allocation/list", nil, b)
}

func optional(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (w words) resultRow(x service.ResultRow, v *service.AllocationResult, run int64) resultRow {
	row := resultRow{ResultRow: x, Craft: w.craft(x.Craft), Area: w.area(x.Area), Where: w.slot(v.Shows, x.Exhibition, x.Wave), Letter: x.Own && v.Accepted == run}
	if x.Own && x.State != "chosen" {
		row.Why = w.code("why", string(x.Reason.Rule))
	}
	if x.Own && v.Draw {
		row.Chance = w.permille(x.Chance)
	}
	if x.Own && x.State != "chosen" && v.CanRun && v.Accepted == 0 && !v.Draw && v.Run.Sound() {
		row.Force = runURL(v.ID, run) + "/force/" + strconv.FormatInt(x.Participation, 10)
	}
	return row
}

// runFile is the list of a run as an Excel workbook, with its exhibitions and quotas.
func (s *Server) runFile(r *request) error {
	id, run, err := r.runIDs()
	if err != nil {
		return err
	}
	w := r.words()
	v, err := s.svc.Allocations.Whole(r.ctx(), r.actor, id, run)
	if err != nil {
		return err
	}
	now := s.svc.Now().In(zoneOf(r.actor.Party))
	var out bytes.Buffer
	err = sheet.Write(&out, sheet.Workbook{Lang: w.Lang(), Say: w.T, Title: w.T("allocation.title") + " · " + w.show(v.Season.Name, v.Season.NameEN), Author: r.actor.Name, At: now, Sheets: w.runSheets(v, run),
		Cover: []sheet.Line{{Name: w.T("allocation.run"), Text: strconv.FormatInt(run, 10)}, {Name: w.T("allocation.hash"), Text: v.Run.Body.Hash}}})
	if err != nil {
		return err
	}
	r.saveAs("muntija-plan-"+strconv.FormatInt(run, 10)+".xlsx", "xlsx")
	return r.c.Send(out.Bytes())
}

// runSheets are the sheets of a run's workbook.
func (w words) runSheets(v *service.AllocationResult, run int64) []sheet.Sheet {
	text, whole := sheet.TextValue, func(n int) sheet.Value { return sheet.IntValue(int64(n)) }
	list := sheet.Sheet{Name: w.T("allocation.list"), Count: len(v.Rows), Columns: []sheet.OutColumn{{Title: w.T("allocation.exhibition")}, {Title: w.T("field.exhibitor_name")}, {Title: w.T("field.craft")},
		{Title: w.T("roster.area")}, {Title: w.T("allocation.outcome")}, {Title: w.T("allocation.waiting_place"), Kind: sheet.OutInt}, {Title: w.T("allocation.reason")}, {Title: w.T("allocation.points"), Kind: sheet.OutInt},
		{Title: w.T("allocation.band"), Kind: sheet.OutInt}, {Title: w.T("allocation.pseudonym"), Kind: sheet.OutID}},
		Rows: func(yield func([]sheet.Value) error) error {
			for _, x := range v.Rows {
				row := w.resultRow(x, v, run)
				cells := []sheet.Value{text(row.Where), text(x.Name), text(row.Craft), text(row.Area), text(w.code("placing_outcome", x.State))}
				if x.Own {
					waits := sheet.Value{}
					if x.Reason.Waiting > 0 {
						waits = whole(x.Reason.Waiting)
					}
					cells = append(cells, waits, text(row.Why), whole(int(x.Reason.Own.Points)), whole(x.Reason.Own.Band+1), text(x.Pseudonym))
				}
				if err := yield(cells); err != nil {
					return err
				}
			}
			return nil
		}}
	halls := sheet.Sheet{Name: w.T("allocation.exhibitions"), Count: len(v.Halls), Columns: []sheet.OutColumn{{Title: w.T("allocation.exhibition")}, {Title: w.T("allocation.room"), Kind: sheet.OutInt},
		{Title: w.T("allocation.places"), Kind: sheet.OutInt}, {Title: w.T("allocation.candidates"), Kind: sheet.OutInt}},
		Rows: func(yield func([]sheet.Value) error) error {
			for _, h := range v.Halls {
				if err := yield([]sheet.Value{text(w.slot(v.Shows, h.Exhibition, h.Wave)), whole(h.Room), whole(h.Places), whole(h.Applicants)}); err != nil {
					return err
				}
			}
			return nil
		}}
	quotas := sheet.Sheet{Name: w.T("allocation.quotas"), Count: len(v.Gauges), Columns: []sheet.OutColumn{{Title: w.T("allocation.exhibition")}, {Title: w.T("exhibition.group")}, {Title: w.T("allocation.min"), Kind: sheet.OutInt},
		{Title: w.T("allocation.max"), Kind: sheet.OutInt}, {Title: w.T("allocation.places"), Kind: sheet.OutInt}, {Title: w.T("allocation.cause")}},
		Rows: func(yield func([]sheet.Value) error) error {
			for _, g := range v.Gauges {
				row := w.gauge(g, v.Shows)
				upper := sheet.Value{}
				if g.Quota.Max > 0 {
					upper = whole(g.Quota.Max)
				}
				where := w.gaugeOf(g, v.Shows)
				if g.Whole {
					where = row.Over
				}
				if err := yield([]sheet.Value{text(where), text(row.Name), whole(g.Quota.Min), upper, whole(g.Held + g.Used), text(row.Cause)}); err != nil {
					return err
				}
			}
			return nil
		}}
	return []sheet.Sheet{list, halls, quotas}
}

// comparePage is the Body of allocation/compare.
type comparePage struct {
	*service.Compared
	ID, N, Other int64
	Name         string
	First        string
	Second       string
	Facts        []compareRow
	Halls        []compareRow
	Quotas       []compareRow
	Lost, Won    []resultRow
}

type compareRow struct {
	Name, A, B string
	Differ     bool
}

func (s *Server) runCompare(r *request) error {
	id, run, err := r.runIDs()
	if err != nil {
		return err
	}
	other := int64(0)
	if v := r.query()["with"]; len(v) == 1 {
		other, _ = strconv.ParseInt(v[0], 10, 64)
	}
	if other < 1 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	c, err := s.svc.Allocations.Compare(r.ctx(), r.actor, id, run, other)
	if err != nil {
		return err
	}
	w := r.words()
	b := &comparePage{Compared: c, ID: id, N: run, Other: other, Name: w.show(c.Season.Name, c.Season.NameEN), First: w.T("allocation.run_n", w.Num(run)), Second: w.T("allocation.run_n", w.Num(other))}
	x, y := &c.Run.Body, &c.Other.Run.Body
	row := func(name, a, c string) compareRow { return compareRow{name, a, c, a != c} }
	b.Facts = []compareRow{row(w.T("allocation.kind"), w.code("run_kind", string(c.Run.Kind)), w.code("run_kind", string(c.Other.Run.Kind))),
		row(w.T("allocation.places"), w.Num(int64(x.Places)), w.Num(int64(y.Places))), row(w.T("allocation.objective"), w.Num(x.Objective), w.Num(y.Objective)),
		row(w.T("allocation.bound"), w.Num(x.Bound), w.Num(y.Bound)), row(w.T("allocation.short"), w.Num(x.Short), w.Num(y.Short))}
	type key struct {
		id   int64
		wave int
		line string
	}
	pair := func(names []key, title map[key]string, a, c map[key]string) (out []compareRow) {
		for _, k := range names {
			left, right := a[k], c[k]
			if left == "" {
				left = "–"
			}
			if right == "" {
				right = "–"
			}
			out = append(out, row(title[k], left, right))
		}
		return out
	}
	var halls, quotas []key
	title, left, right := map[key]string{}, map[key]string{}, map[key]string{}
	for i, v := range []*service.AllocationResult{c.AllocationResult, c.Other} {
		cell := []map[key]string{left, right}[i]
		for _, h := range v.Halls {
			k := key{h.Exhibition, h.Wave, ""}
			if title[k] == "" {
				halls, title[k] = append(halls, k), w.slot(v.Shows, h.Exhibition, h.Wave)
			}
			cell[k] = w.T("allocation.of", w.Num(int64(h.Places)), w.Num(int64(h.Room)))
		}
		for _, g := range v.Gauges {
			k := key{g.Exhibition, g.Wave, exhibition.SeasonQuota{Quota: g.Quota, In: g.In}.String()}
			if title[k] == "" {
				of := w.gaugeOf(g, v.Shows)
				if g.Whole {
					of = w.together(g.In, w.showNames(v.Shows))
				}
				quotas, title[k] = append(quotas, k), of+": "+w.quotaName(g.Quota)
			}
			cell[k] = w.Num(int64(g.Held + g.Used))
		}
	}
	b.Halls, b.Quotas = pair(halls, title, left, right), pair(quotas, title, left, right)
	for _, x := range c.Lost {
		b.Lost = append(b.Lost, w.resultRow(x, c.AllocationResult, run))
	}
	for _, x := range c.Won {
		b.Won = append(b.Won, w.resultRow(x, c.Other, other))
	}
	return r.page(0, "allocation/compare", nil, b)
}

// forcePage is the Body of allocation/force.
type forcePage struct {
	*service.ForceView
	ID, N   int64
	Row     resultRow
	Cost    string
	Dropped []resultRow
	Ways    []forceWay
	Refused string
}

type forceWay struct {
	Index int
	Cost  string
	Rows  []resultRow
}

func (s *Server) forceShow(r *request) error { return s.drawForce(r, 0, nil, "") }

func (s *Server) drawForce(r *request, status int, form *render.Form, refused string) error {
	id, run, err := r.runIDs()
	if err != nil {
		return err
	}
	who, err := r.id("who")
	if err != nil {
		return err
	}
	v, err := s.svc.Allocations.Force(r.ctx(), r.actor, id, run, who)
	if err != nil {
		return err
	}
	w := r.words()
	b := &forcePage{ForceView: v, ID: id, N: run, Row: w.resultRow(v.Row, v.AllocationResult, run), Cost: w.worth(v.Cost), Refused: refused}
	for _, x := range v.Dropped {
		b.Dropped = append(b.Dropped, w.resultRow(x, v.AllocationResult, run))
	}
	for i, x := range v.Ways {
		way := forceWay{Index: i, Cost: w.worth(x.Cost)}
		for _, y := range x.Rows {
			way.Rows = append(way.Rows, w.resultRow(y, v.AllocationResult, run))
		}
		b.Ways = append(b.Ways, way)
	}
	if form == nil {
		form = &render.Form{Values: map[string]string{"way": "0"}}
	}
	return r.page(status, "allocation/force", form, b)
}

func (s *Server) forceDo(r *request) error {
	id, run, err := r.runIDs()
	if err != nil {
		return err
	}
	who, err := r.id("who")
	if err != nil {
		return err
	}
	way, err := strconv.Atoi(r.value("way"))
	if err != nil || way < 0 || way > 9 {
		way = -1
	}
	in, bad := intake.DecodeWords(r.values())
	made := int64(0)
	if err = bad.Err(); err == nil {
		made, err = s.svc.Allocations.Override(r.ctx(), r.actor, id, run, who, way, in, r.write())
	}
	form := &render.Form{Values: in.Values()}
	form.Values["way"] = strconv.Itoa(max(0, way))
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawForce(r, 422, form, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawForce(r, 409, form, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(runURL(id, made), "success", "flash.overridden")
}
