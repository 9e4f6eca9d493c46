package web

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var allocationRoutes = []route{
	{method: "GET", path: "/seasons/:id/allocations", access: permit, action: auth.AllocationView, handle: (*Server).allocationSetup},
	{method: "POST", path: "/seasons/:id/allocations", access: permit, action: auth.AllocationRun, handle: (*Server).allocationCreate},
	{method: "GET", path: "/allocations/:id", access: permit, action: auth.AllocationView, handle: (*Server).allocationShow},
	{method: "POST", path: "/allocations/:id/drop", access: permit, action: auth.AllocationRun, handle: (*Server).allocationDrop},
	{method: "POST", path: "/allocations/:id/runs", access: permit, action: auth.AllocationRun, handle: (*Server).allocationStart},
	{method: "GET", path: "/allocations/:id/runs/:n", access: permit, action: auth.AllocationView, handle: (*Server).runShow},
	{method: "POST", path: "/allocations/:id/runs/:n/cancel", access: permit, action: auth.AllocationRun, handle: (*Server).runCancel},
	{method: "POST", path: "/allocations/:id/runs/:n/sign", access: permit, action: auth.AllocationSign, handle: (*Server).runSign},
	{method: "POST", path: "/allocations/:id/runs/:n/unsign", access: permit, action: auth.AllocationSign, handle: (*Server).runUnsign},
	{method: "GET", path: "/allocations/:id/runs/:n/list", access: permit, action: auth.AllocationView, handle: (*Server).runList},
	{method: "GET", path: "/allocations/:id/runs/:n/list.xlsx", access: permit, action: auth.AllocationView, handle: (*Server).runFile},
	{method: "GET", path: "/allocations/:id/runs/:n/compare", access: permit, action: auth.AllocationView, handle: (*Server).runCompare},
	{method: "GET", path: "/allocations/:id/runs/:n/force/:who", access: permit, action: auth.AllocationRun, handle: (*Server).forceShow},
	{method: "POST", path: "/allocations/:id/runs/:n/force/:who", access: permit, action: auth.AllocationRun, handle: (*Server).forceDo},
	{method: "GET", path: "/allocations/:id/letters", access: permit, action: auth.LetterView, handle: (*Server).lettersShow},
	{method: "GET", path: "/allocations/:id/letters/print", access: permit, action: auth.LetterView, handle: (*Server).lettersPrinted},
	{method: "GET", path: "/participations/:id/letter", access: permit, action: auth.LetterView, handle: (*Server).letterShow},
	{method: "GET", path: "/draws", handle: (*Server).publicDraws},
	{method: "GET", path: "/draws/:id", handle: (*Server).publicDraw},
	{method: "GET", path: "/draws/:id/file.json", handle: (*Server).publicDrawFile},
}

func allocationURL(id int64) string { return "/allocations/" + strconv.FormatInt(id, 10) }

func runURL(id, run int64) string { return allocationURL(id) + "/runs/" + strconv.FormatInt(run, 10) }

// allocationSetupPage is the Body of allocation/setup.
type allocationSetupPage struct {
	*service.AllocationSetup
	ID      int64
	Name    string
	Choices []render.Option
	Floors  []floorField
	Quotas  []quotaRow
	Rules   []render.Option
	Refused string

	OpenQuotas, OpenLimits bool // something is typed there, or wrong
}

// floorField is the square metres of one exhibition, as a row of the form.
type floorField struct {
	Prefix string
	ID     int64
	Name   string
}

func (s *Server) allocationSetup(r *request) error { return s.drawSetup(r, 0, nil, nil, "") }

func (s *Server) drawSetup(r *request, status int, in *intake.Allocation, ps fault.Problems, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Allocations.Setup(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := &allocationSetupPage{AllocationSetup: v, ID: id, Name: w.show(v.Season.Name, v.Season.NameEN), Refused: refused}
	if in == nil {
		terms := exhibition.DefaultAllocation()
		in = intake.FromAllocation(&terms)
		for _, e := range v.Shows {
			in.Exhibitions = append(in.Exhibitions, strconv.FormatInt(e.ID, 10))
		}
	}
	for i, e := range v.Shows {
		name := w.show(e.Terms.Name, e.Terms.NameEN)
		b.Choices = append(b.Choices, render.Option{Value: strconv.FormatInt(e.ID, 10), Label: w.T("allocation.dated", name, w.Date(e.Terms.First))})
		b.Floors = append(b.Floors, floorField{"metres[" + strconv.Itoa(i) + "]", e.ID, name})
	}
	for _, rule := range exhibition.AllocationRules() {
		b.Rules = append(b.Rules, render.Option{Value: string(rule), Label: w.code("allocation_rule", string(rule)), Hint: w.code("allocation_rule_text", string(rule))})
	}
	for i, p := range ps { // what the rule of a quota calls by its number has a name here
		if id, ok := firstArg(p).(int64); ok && p.Key == "problem.allocation.quota_where" {
			ps[i].Args = []any{w.T("allocation.number_n", strconv.FormatInt(id, 10))}
			if at := slices.IndexFunc(b.Choices, func(o render.Option) bool { return o.Value == strconv.FormatInt(id, 10) }); at >= 0 {
				ps[i].Args = []any{w.T("allocation.quoted", b.Choices[at].Label)}
			}
		}
	}
	lines := w.quotaLines()
	for i := range min(len(in.Quotas)+3, exhibition.MaxSeasonQuotas) {
		b.Quotas = append(b.Quotas, quotaRow{i, lines})
	}
	under := func(names ...string) bool {
		return slices.ContainsFunc(ps, func(p fault.Problem) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(p.Field, n) })
		})
	}
	b.OpenQuotas, b.OpenLimits = len(in.Quotas) > 0 || under("quotas"), under("budget_", "each_", "metres")
	form := &render.Form{Values: in.Values(), Lists: map[string][]string{"exhibitions": in.Exhibitions}, Problems: ps}
	for i, q := range in.Quotas {
		form.Lists[fmt.Sprintf("quotas[%d].where", i)] = q.Places()
	}
	return r.page(status, "allocation/setup", form, b)
}

// firstArg is the first argument of a problem's message, nil if it has none.
func firstArg(p fault.Problem) any {
	if len(p.Args) == 0 {
		return nil
	}
	return p.Args[0]
}

func (s *Server) allocationCreate(r *request) error {
	season, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeAllocation(r.values())
	id := int64(0)
	if err = bad.Err(); err == nil {
		id, err = s.svc.Allocations.Create(r.ctx(), r.actor, season, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawSetup(r, 422, in, p, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawSetup(r, 409, in, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(allocationURL(id), "success", "flash.allocation_made")
}

// allocationPage is the Body of allocation/show.
type allocationPage struct {
	*service.AllocationView
	Name       string
	Rule       string
	Bands      string
	Travel     []string
	Quotas     []string // over several exhibitions
	Commitment string
	Rows       []allocationShowRow
	Runs       []runRow
	More       []render.Option // exhibitions for a what-if
	Drops      []render.Option // quotas for a what-if
	Refused    string
	Section    string // of the form with problems
}

type allocationShowRow struct {
	service.AllocationShow
	Name   string
	Open   bool
	Fit    int // screened: eligible or waiting
	Closes []string
}

type runRow struct {
	service.RunView
	ByName string
	What   string
	Signed []string
	Now    bool // the one that holds
}

func (s *Server) allocationShow(r *request) error { return s.drawAllocation(r, 0, nil, "", "") }

func (s *Server) drawAllocation(r *request, status int, form *render.Form, section, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Allocations.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := &allocationPage{AllocationView: v, Name: w.show(v.Season.Name, v.Season.NameEN), Rule: w.code("allocation_rule", string(v.Terms.Rule)), Bands: w.bands(v.Terms.Bands),
		Commitment: hex.EncodeToString(v.Commitment[:]), Refused: refused, Section: section, Travel: w.travel(&v.Terms)}
	names := w.allocationNames(v)
	b.Quotas = w.seasonQuotas(&v.Terms, names)
	for _, x := range v.Shows {
		row := allocationShowRow{AllocationShow: x, Name: names[x.ID], Open: x.Taking(v.Today),
			Fit: x.Counts[exhibition.Eligible] + x.Counts[exhibition.Waiting]}
		for _, c := range x.Calls {
			row.Closes = append(row.Closes, w.country(string(c.Party))+" "+w.Date(c.Closes))
		}
		b.Rows = append(b.Rows, row)
		b.More = append(b.More, render.Option{Value: strconv.FormatInt(x.ID, 10), Label: row.Name})
		for _, q := range x.Terms.Quotas {
			b.Drops = append(b.Drops, render.Option{Value: service.DropCode(x.ID, q.Line()), Label: row.Name + ": " + w.quotaText(q.String())})
		}
	}
	for i, text := range b.Quotas {
		b.Drops = append(b.Drops, render.Option{Value: service.DropCode(0, strconv.Itoa(i)), Label: text})
	}
	for _, x := range v.Runs {
		row := runRow{RunView: x, ByName: v.Names[x.Body.By], What: w.asked(&x.Body.Ask, &v.Terms, names), Now: x.ID == v.Accepted}
		for _, k := range x.Body.Keys {
			row.Signed = append(row.Signed, w.country(string(k.Party)))
		}
		b.Runs = append(b.Runs, row)
	}
	if form == nil {
		form = &render.Form{Values: map[string]string{"changes": "10", "keep_invited": "yes"}}
	}
	return r.page(status, "allocation/show", form, b)
}

// bands are the edges of the bands of merit in words: "50, 60, 70".
func (w words) bands(list []int) string {
	var out []string
	for _, b := range list {
		out = append(out, w.Num(int64(b)))
	}
	return strings.Join(out, w.comma())
}

// seasonQuotas are the quotas over several exhibitions in words, one line for each: "Women producers 40–90 in all exhibitions together".
func (w words) seasonQuotas(t *exhibition.AllocationTerms, names map[int64]string) []string {
	var out []string
	for _, q := range t.Quotas {
		out = append(out, w.T("allocation.quota_line", w.quotaName(q.Quota), w.bounds(q.Quota), w.together(q.In, names)))
	}
	return out
}

// together names the exhibitions that a quota is over.
func (w words) together(in []int64, names map[int64]string) string {
	if len(in) == 0 {
		return w.T("allocation.all_together")
	}
	var out []string
	for _, id := range in {
		out = append(out, w.T("allocation.quoted", names[id]))
	}
	return strings.Join(out, w.comma())
}

// bounds are the least and the most places of a quota in words.
func (w words) bounds(q exhibition.Quota) string {
	switch {
	case q.Max == 0:
		return w.T("allocation.bounds_min", w.Num(int64(q.Min)))
	case q.Min == 0:
		return w.T("allocation.bounds_max", w.Num(int64(q.Max)))
	}
	return w.T("allocation.bounds_both", w.Num(int64(q.Min)), w.Num(int64(q.Max)))
}

// travel are the limits of journeys in words, one line for each party.
func (w words) travel(t *exhibition.AllocationTerms) []string {
	var out []string
	for _, x := range t.Travel {
		cur := exhibition.CurrencyOf(x.Party)
		out = append(out, w.T("allocation.travel_line", w.country(string(x.Party)), w.Money(int64(x.Budget)*100, cur), w.Money(int64(x.Each)*100, cur)))
	}
	return out
}

// allocationNames are the names of an allocation's exhibitions.
func (w words) allocationNames(v *service.AllocationView) map[int64]string {
	names := map[int64]string{}
	for _, x := range v.Shows {
		names[x.ID] = w.show(x.Terms.Name, x.Terms.NameEN)
	}
	return names
}

// asked is what a run was asked, in words. names are those of the exhibitions.
func (w words) asked(a *service.RunAsk, t *exhibition.AllocationTerms, names map[int64]string) string {
	var out []string
	switch a.Kind {
	case exhibition.RunWhatIf:
		if a.More > 0 {
			out = append(out, w.T("allocation.asked_more", a.More, names[a.Exhibition]))
		}
		for _, d := range a.Drop {
			id, line, _ := strings.Cut(d, " ")
			n, _ := strconv.ParseInt(id, 10, 64)
			if i, err := strconv.Atoi(line); n == 0 && err == nil && i >= 0 && i < len(t.Quotas) {
				out = append(out, w.T("allocation.asked_drop", w.quotaName(t.Quotas[i].Quota), w.together(t.Quotas[i].In, names)))
				continue
			}
			by, value, _ := strings.Cut(line, ":")
			out = append(out, w.T("allocation.asked_drop", w.quotaName(exhibition.Quota{By: exhibition.Dimension(by), Value: value}), names[n]))
		}
	case exhibition.RunReplan:
		out = append(out, w.T("allocation.asked_changes", a.Changes))
	case exhibition.RunOverride:
		out = append(out, w.T("allocation.asked_forced", w.Num(a.Base), a.Reason))
	}
	return strings.Join(out, w.comma())
}

func (s *Server) allocationDrop(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	err = s.svc.Allocations.Drop(r.ctx(), r.actor, id, r.write())
	if text, ok := r.refusal(err); ok {
		return s.drawAllocation(r, 409, nil, "", text)
	}
	if err != nil {
		return err
	}
	return r.redirect(allocationURL(id), "info", "flash.allocation_dropped")
}

func (s *Server) allocationStart(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeRunAsk(r.values())
	run := int64(0)
	if err = bad.Err(); err == nil {
		run, err = s.svc.Allocations.Start(r.ctx(), r.actor, id, in, r.write())
	}
	form := &render.Form{Values: in.Values(), Lists: map[string][]string{"drop": in.Drop}}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawAllocation(r, 422, form, in.Kind, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawAllocation(r, 409, form, in.Kind, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(runURL(id, run), "info", "flash.run_started")
}

// drawListPage is the Body of draw/list.
type drawListPage struct{ Rows []drawListRow }

type drawListRow struct {
	service.PublicDraw
	Name  string
	Shows []string
}

// publicDraws shows every allocation to everybody: what was promised, and where it can be checked.
func (s *Server) publicDraws(r *request) error {
	list, err := s.svc.Allocations.Draws(r.ctx())
	if err != nil {
		return err
	}
	w := r.words()
	b := drawListPage{}
	for _, d := range list {
		row := drawListRow{PublicDraw: d, Name: w.show(d.Season.Name, d.Season.NameEN)}
		for _, x := range d.Shows {
			row.Shows = append(row.Shows, w.show(x.Name, x.NameEN))
		}
		b.Rows = append(b.Rows, row)
	}
	return r.page(0, "draw/list", nil, b)
}

// drawPage is the Body of draw/show.
type drawPage struct {
	*service.PublicDraw
	Name       string
	Commitment string
	SeedHex    string
	Bands      string
	Quotas     []string
	Shows      []drawShowRow
	Rows       []drawRow
	Overrides  []drawOverride
	Pager      pager
	File       string
}

type drawShowRow struct {
	service.PublicShow
	Title string
}

type drawRow struct {
	service.PublicRow
	Title  string
	KeyHex string
	Chance string
}

type drawOverride struct{ Pseudonym, Cost string }

// publicDraw is where anybody checks a draw. It shows no name: pseudonyms are known to the families themselves, by their letters.
func (s *Server) publicDraw(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	q := r.query()
	find, page := "", 1
	if v := q["find"]; len(v) == 1 {
		find = intake.SearchText(v[0])
	}
	if v := q["page"]; len(v) == 1 {
		page, _ = strconv.Atoi(v[0])
	}
	d, err := s.svc.Allocations.Draw(r.ctx(), id, find, page)
	if err != nil {
		return err
	}
	w := r.words()
	b := drawPage{PublicDraw: d, Name: w.show(d.Season.Name, d.Season.NameEN), Commitment: hex.EncodeToString(d.Created.Commitment[:]), SeedHex: hex.EncodeToString(d.Seed),
		Bands: w.bands(d.Terms.Bands), File: "muntija-draw-" + strconv.FormatInt(id, 10) + ".json"}
	names := map[int64]string{}
	for _, x := range d.Shows {
		names[x.ID] = w.show(x.Name, x.NameEN)
		b.Shows = append(b.Shows, drawShowRow{x, names[x.ID]})
	}
	b.Quotas = w.seasonQuotas(&d.Terms, names)
	for _, x := range d.Rows {
		row := drawRow{PublicRow: x, Title: names[x.Exhibition], KeyHex: strconv.FormatUint(x.Key, 16)}
		if x.Wave > 0 {
			row.Title += " · " + w.T("exhibition.wave", x.Wave+1)
		}
		if d.Draw {
			row.Chance = w.permille(x.Chance)
		}
		b.Rows = append(b.Rows, row)
	}
	for _, o := range d.Overrides {
		b.Overrides = append(b.Overrides, drawOverride{o.Pseudonym, w.worth(o.Cost)})
	}
	b.Pager = newPager(d.Page, d.Pages, func(page int) string { return "/draws/" + strconv.FormatInt(id, 10) + "?page=" + strconv.Itoa(page) })
	return r.page(0, "draw/show", nil, b)
}

// publicDrawFile is the file by which anybody checks a draw on their own computer.
func (s *Server) publicDrawFile(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	file, err := s.svc.Allocations.DrawFile(r.ctx(), id)
	if err != nil {
		return err
	}
	r.c.Set("Content-Type", "application/json; charset=utf-8")
	r.c.Set("Content-Disposition", `attachment; filename="muntija-draw-`+strconv.FormatInt(id, 10)+`.json"`)
	return r.c.Send(file)
}

// permille is a share of one in words, with one decimal: "12.5 %".
func (w words) permille(share float64) string {
	n := int64(share*1000 + 0.5)
	if n%10 == 0 {
		return w.Percent(n / 10)
	}
	return w.T("allocation.tenths", w.Num(n/10), w.Num(n%10))
}

// worth is a value of a plan in words: "1 place, 2 bands of merit".
func (w words) worth(x service.Worth) string {
	var out []string
	sign := int64(1)
	if x.Total < 0 {
		sign = -1
	}
	for _, y := range []struct {
		key string
		n   int64
	}{{"allocation.worth_places", x.Places}, {"allocation.worth_turns", x.Turns}, {"allocation.worth_bands", x.Bands}, {"allocation.worth_rest", x.Rest}} {
		if y.n != 0 {
			out = append(out, w.N(y.key, int(sign*y.n)))
		}
	}
	switch {
	case len(out) == 0:
		return w.T("allocation.worth_nothing")
	case sign < 0:
		return w.T("allocation.worth_gain", strings.Join(out, w.comma()))
	}
	return strings.Join(out, w.comma())
}
