package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/planner/season"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var seasonPlanRoutes = []route{
	{method: "GET", path: "/seasons/:id/plan", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonPlan},
	{method: "POST", path: "/seasons/:id/plan/start", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonPlanStart},
	{method: "GET", path: "/seasons/:id/plan/rules", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonRules},
	{method: "POST", path: "/seasons/:id/plan/rules", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonRulesSave},
	{method: "POST", path: "/seasons/:id/plan/budget", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonBudgetSave},
	{method: "GET", path: "/seasons/:id/plan/exhibitions/:n", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonShowForm},
	{method: "POST", path: "/seasons/:id/plan/exhibitions/:n", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonShowSave},
	{method: "GET", path: "/seasons/:id/plan/venues/:n", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonVenueForm},
	{method: "POST", path: "/seasons/:id/plan/venues/:n", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonVenueSave},
	{method: "GET", path: "/seasons/:id/plan/people/new", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonPersonNew},
	{method: "POST", path: "/seasons/:id/plan/people", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonPersonAdd},
	{method: "GET", path: "/seasons/:id/plan/people/:n", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonPersonForm},
	{method: "POST", path: "/seasons/:id/plan/people/:n", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonPersonSave},
	{method: "POST", path: "/seasons/:id/plan/drafts", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonDraftBegin},
	{method: "GET", path: "/seasons/:id/plan/drafts/:n", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonBoard},
	{method: "GET", path: "/seasons/:id/plan/drafts/:n/judge", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonJudge},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/move", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonMove},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/clear", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonClear},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/lock", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonLock},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/solve", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonSolve},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/restore", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonRestore},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/drop", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonDrop},
	{method: "GET", path: "/seasons/:id/plan/drafts/:n/changes", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonChanges},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/sign", access: permit, action: auth.SeasonPlanSign, handle: (*Server).seasonSign},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/unsign", access: permit, action: auth.SeasonPlanSign, handle: (*Server).seasonUnsign},
	{method: "GET", path: "/seasons/:id/plan/drafts/:n/plan.xlsx", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonFile},
	{method: "GET", path: "/seasons/:id/plan/drafts/:n/compare", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonCompare},
	{method: "GET", path: "/seasons/:id/plan/drafts/:n/runs/:run", access: permit, action: auth.SeasonPlanView, handle: (*Server).seasonRun},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/runs/:run/cancel", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonRunCancel},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/runs/:run/take", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonRunTake},
	{method: "POST", path: "/seasons/:id/plan/drafts/:n/runs/:run/relax", access: permit, action: auth.SeasonPlanEdit, handle: (*Server).seasonRelax},
}

func seasonPlanURL(id int64) string { return seasonURL(id) + "/plan" }

func seasonDraftURL(id, draft int64) string { return seasonPlanURL(id) + "/drafts/" + itoa(draft) }

func seasonRunURL(id, draft, run int64) string {
	return seasonDraftURL(id, draft) + "/runs/" + itoa(run)
}

// ids reads the season and a second number from the path.
func (r *request) seasonIDs() (id, n int64, err error) {
	if id, err = r.id("id"); err == nil {
		n, err = r.id("n")
	}
	return id, n, err
}

// seasonWords says what stands in a season's book in one language.
type seasonWords struct {
	words
	b     *service.SeasonBook
	party place.Country
}

func (w seasonWords) entry(e *service.SeasonEntry) string {
	return w.words.show(e.Terms.Name, e.Terms.NameEN)
}

// named is the name of an exhibition by its number, "" if it is not planned here.
func (w seasonWords) named(id int64) string {
	if e := w.b.Entry(id); e != nil {
		return w.entry(e)
	}
	return ""
}

func (w seasonWords) venue(code string) string {
	p := w.b.Place(code)
	if p == nil {
		return ""
	}
	return w.site(p.Name, p.City)
}

// site is a venue with its city, as far as the name does not say it.
func (w words) site(name, city exhibition.Label) string {
	out, c := name.In(w.Lang()), city.In(w.Lang())
	switch {
	case out == "":
		return c
	case c != "" && c != out:
		out += w.comma() + c
	}
	return out
}

// person is the name of a person, or whose party it is of: the other party's people are not named.
func (w seasonWords) person(code string) string {
	for _, p := range w.b.People {
		if "p"+itoa(p.ID) == code {
			if p.Party == w.party {
				return p.Name
			}
			return w.T("season_plan.person_of", w.country(string(p.Party)))
		}
	}
	return ""
}

// demand says a demand: how is "breach" (what is in the way) or "clash" (what is asked).
func (w seasonWords) demand(how string, d *season.Demand) string {
	rule := string(d.Rule)
	if d.Rule == season.Busy && d.Person == "" {
		rule = "apart"
	}
	party := d.Party
	if party != "" {
		party = w.country(party)
	}
	return w.T("season_plan."+how+"."+rule, w.named(idOf(d.Exhibition)), w.named(idOf(d.Other)), w.venue(d.Venue), w.person(d.Person), d.Series, party)
}

func idOf(code string) int64 {
	n, _ := strconv.ParseInt(code, 10, 64)
	return n
}

// relaxed says what a draft has given up.
func (w seasonWords) relaxed(x *exhibition.SeasonRelax) string {
	return w.demand("given", &season.Demand{Rule: season.Rule(x.Rule), Exhibition: x.Exhibition, Other: x.Other, Person: x.Person, Series: x.Series, Party: x.Party})
}

// form is where a demand can be changed.
func (w seasonWords) form(d *season.Demand) string {
	at := seasonPlanURL(w.b.Season.ID)
	switch d.Rule {
	case season.Closed, season.Held, season.HoldRank, season.Occupied:
		if p := w.b.Place(d.Venue); p != nil && p.Word == 0 && p.Party == w.party {
			return at + "/venues/" + p.Code
		}
	case season.Absent, season.Busy:
		for _, p := range w.b.People {
			if "p"+itoa(p.ID) == d.Person && p.Party == w.party {
				return at + "/people/" + itoa(p.ID)
			}
		}
	case season.Gap, season.Balance, season.Budget, season.Parallel, season.Holidays:
		return at + "/rules"
	}
	if id := idOf(d.Exhibition); id != 0 {
		return at + "/exhibitions/" + itoa(id)
	}
	return at + "/rules"
}

// seasonPlanPage is the Body of season/plan.
type seasonPlanPage struct {
	*service.SeasonOverview
	Name    string
	Shows   []seasonShowRow
	Venues  []seasonVenueRow
	Staff   []seasonStaffRow
	Others  int // people of the other party
	Drafts  []seasonDraftRow
	Rules   []string // that differ from the planner's own settings
	Budget  string
	Money   string // currency of the budget
	Ready   bool   // there is something to plan
	Refused string
	Working string // the page of the run at work, if it is of this season
}

type seasonShowRow struct {
	*service.SeasonEntry
	Name, Where string
	Wishes      []string
	URL         string
}

type seasonVenueRow struct {
	*service.SeasonPlace
	Name  string
	Facts []string
	URL   string // where the own party changes it
}

type seasonStaffRow struct {
	service.SeasonStaff
	Away []string
}

type seasonDraftRow struct {
	exhibition.SeasonDraft
	ByName  string
	Run     *service.SeasonRunView
	RunURL  string
	URL     string
	Placed  int
	Planned int
	Signed  []string
	Holds   bool
}

func (s *Server) seasonPlan(r *request) error { return s.drawSeasonPlan(r, 0, nil, "") }

func (s *Server) drawSeasonPlan(r *request, status int, form *render.Form, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.SeasonPlans.Overview(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := seasonWords{r.words(), v.SeasonBook, r.actor.Party}
	b := &seasonPlanPage{SeasonOverview: v, Name: w.words.show(v.Season.Name, v.Season.NameEN), Refused: refused, Money: exhibition.CurrencyOf(r.actor.Party)}
	for i := range v.Entries {
		e := &v.Entries[i]
		b.Shows = append(b.Shows, seasonShowRow{e, w.entry(e), w.venue(e.Terms.VenueCode(e.ID)), w.wishes(e), seasonPlanURL(id) + "/exhibitions/" + itoa(e.ID)})
		b.Ready = b.Ready || e.Planned()
	}
	for i := range v.Places {
		p := &v.Places[i]
		if p.Word != 0 {
			continue
		}
		row := seasonVenueRow{SeasonPlace: p, Name: w.site(p.Name, p.City), Facts: w.venueFacts(p)}
		if p.Party == r.actor.Party {
			row.URL = seasonPlanURL(id) + "/venues/" + p.Code
		}
		b.Venues = append(b.Venues, row)
	}
	for _, p := range v.People {
		switch {
		case p.Party != r.actor.Party:
			b.Others++
		case !p.Gone:
			b.Staff = append(b.Staff, seasonStaffRow{p, w.spans(p.Away)})
		}
	}
	for _, name := range service.SeasonRuleNames() {
		if set := v.RuleSetting(name); set != season.Defaults[season.Rule(name)] {
			b.Rules = append(b.Rules, w.code("season_rule", name)+": "+w.code("season_mode", string(set.Mode)))
		}
	}
	if m := v.Budgets[r.actor.Party]; m != nil && m.Amount > 0 {
		b.Budget = w.Money(m.Amount, b.Money)
	}
	planned := 0
	for i := range v.Entries {
		if v.Entries[i].Planned() {
			planned++
		}
	}
	for _, d := range v.Drafts {
		row := seasonDraftRow{SeasonDraft: d, ByName: v.Names[d.By], Run: v.Runs[d.ID], URL: seasonDraftURL(id, d.ID), Placed: len(d.Spots), Planned: planned, Holds: v.Plan != nil && v.Plan.ID == d.ID}
		if row.Run != nil {
			row.RunURL = seasonRunURL(id, d.ID, row.Run.ID)
			if v.AtWork != nil && v.AtWork.ID == row.Run.ID {
				b.Working = row.RunURL
			}
		}
		for _, k := range d.Keys {
			row.Signed = append(row.Signed, w.country(string(k.Party)))
		}
		b.Drafts = append(b.Drafts, row)
	}
	if form == nil {
		form = &render.Form{Values: map[string]string{}}
		if m := v.Budgets[r.actor.Party]; m != nil {
			form.Values = intake.FromSeasonBudget(&m.SeasonBudget).Values()
		}
	}
	return r.page(status, "season/plan", form, b)
}

// spans are stretches of days in words.
func (w words) spans(list []exhibition.Days) []string {
	var out []string
	for _, d := range list {
		text := w.Date(d.First)
		if d.Last != d.First {
			text += " – " + w.Date(d.Last)
		}
		if d.Note != "" {
			text += " (" + d.Note + ")"
		}
		out = append(out, text)
	}
	return out
}

// wishes is what is wanted of an exhibition, beyond its terms.
func (w seasonWords) wishes(e *service.SeasonEntry) []string {
	var out []string
	add := func(key string, args ...any) { out = append(out, w.T("season_plan.wish_"+key, args...)) }
	x := &e.Wish
	switch {
	case e.Outside:
		add("outside")
	case x.Skip:
		add("skip")
	case e.Begun:
		add("begun")
	case e.Fixed && e.Called && x.Fixed == "":
		add("called")
	case e.Fixed:
		add("fixed")
	}
	if e.Fixed || x.Skip {
		return out
	}
	for _, q := range []struct {
		key  string
		list []exhibition.Days
	}{{"windows", x.Windows}, {"prefer", x.Prefer}, {"unavailable", x.Unavailable}} {
		if len(q.list) > 0 {
			add(q.key, w.join(w.spans(q.list)))
		}
	}
	if len(x.Likes) > 0 {
		var list []string
		for _, id := range x.Likes {
			if p := w.b.Place(itoa(id)); p != nil {
				list = append(list, w.site(p.Name, p.City))
			}
		}
		add("likes", w.join(list))
	}
	if x.AnyHost {
		add("any_host")
	}
	if x.Ramadan != "" {
		out = append(out, w.code("season_ramadan", x.Ramadan))
	}
	if len(x.Needs) > 0 {
		var list []string
		for _, n := range x.Needs {
			list = append(list, w.code("season_feature", n))
		}
		add("needs", w.join(list))
	}
	if n := len(x.Venues); n > 0 {
		out = append(out, w.N("season_plan.wish_venues", n))
	}
	if n := len(x.People); n > 0 {
		out = append(out, w.N("season_plan.wish_people", n))
	}
	if n := len(x.Apart); n > 0 {
		out = append(out, w.N("season_plan.wish_apart", n))
	}
	return out
}

// venueFacts is what is known of a venue for the season.
func (w seasonWords) venueFacts(p *service.SeasonPlace) []string {
	var out []string
	if p.Hidden {
		out = append(out, w.T("season_plan.venue_out"))
	}
	if p.Booths > 0 {
		out = append(out, w.N("season_plan.booths", p.Booths))
	}
	for _, f := range p.Features {
		out = append(out, w.code("season_feature", f))
	}
	if p.Said.Rent > 0 {
		out = append(out, w.T("season_plan.rent", w.Money(p.Said.Rent, exhibition.CurrencyOf(p.Party))))
	}
	if n := len(p.Said.Blackouts) + len(p.Taken); n > 0 {
		out = append(out, w.N("season_plan.blackouts_n", n))
	}
	if n := len(p.Said.Holds); n > 0 {
		out = append(out, w.N("season_plan.holds_n", n))
	}
	return out
}

func (s *Server) seasonPlanStart(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	draft, run, err := s.svc.SeasonPlans.Plan(r.ctx(), r.actor, id, r.write())
	if text, ok := r.refusal(err); ok {
		return s.drawSeasonPlan(r, 409, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(seasonRunURL(id, draft, run), "info", "flash.season_plan.started")
}

func (s *Server) seasonBudgetSave(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSeasonBudget(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.SeasonPlans.PutBudget(r.ctx(), r.actor, id, in, r.write())
	}
	form := &render.Form{Values: in.Values()}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawSeasonPlan(r, 422, form, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawSeasonPlan(r, 409, form, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(seasonPlanURL(id), "success", "flash.season_plan.saved")
}

func (s *Server) seasonDraftBegin(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	from := int64(0) // to be filled by hand
	if text := r.value("from"); text != "" {
		if from = idOf(text); from < 1 {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	draft, err := s.svc.SeasonPlans.Begin(r.ctx(), r.actor, id, from, r.write())
	if err != nil {
		return err
	}
	return r.redirect(seasonDraftURL(id, draft), "success", "flash.season_plan.begun")
}

// seasonFormPage is the Body of the forms of a season's plan.
type seasonFormPage struct {
	*service.SeasonBook
	ID      int64
	Title   string
	Name    string
	Version int64
	URL     string
	CanEdit bool
	Refused string
	Rules   []seasonRuleRow
	Entry   *service.SeasonEntry
	Place   *service.SeasonPlace
	Options map[string][]render.Option
	Rows    map[string][]int // how many rows each group shows
	Facts   []string
	Clash   []clashLine
}

type seasonRuleRow struct {
	Index             int
	Rule, Name, About string
	Modes             []render.Option
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// moreRows is how many empty rows a group shows below those that are filled in.
const moreRows = 2

// seasonForm draws a form of the plan: fill puts in what it needs, values what stands if nothing was typed.
func (s *Server) seasonForm(r *request, status int, page string, form *render.Form, refused string, fill func(w seasonWords, b *seasonFormPage) (*render.Form, error)) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	book, err := s.svc.SeasonPlans.Book(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := seasonWords{r.words(), book, r.actor.Party}
	b := &seasonFormPage{SeasonBook: book, ID: id, Name: w.words.show(book.Season.Name, book.Season.NameEN), Refused: refused, CanEdit: auth.Can(r.actor, auth.SeasonPlanEdit), Options: map[string][]render.Option{},
		Rows: map[string][]int{}}
	stored, err := fill(w, b)
	if err != nil {
		return err
	}
	if form == nil {
		form = stored
	} else if status == 409 { // what was typed beside what is on file
		labels := map[string]string{}
		for _, values := range []map[string]string{form.Values, stored.Values} {
			for f := range values {
				labels[f] = w.fieldKey(f)
			}
		}
		b.Clash = w.clash(form.Values, stored.Values, labels, nil)
	}
	form.Disabled = !b.CanEdit
	return r.page(status, page, form, b)
}

// fieldKey is the message key of a field's label in the forms of the plan.
func (w seasonWords) fieldKey(name string) string {
	name = render.LabelKey(name)
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	switch name {
	case "exhibition", "mode", "cost", "rule":
		return "season_plan." + name
	case "name":
		return "season_plan.field.person"
	}
	return "season_plan.field." + name
}

// seasonSaved answers the saving of a form.
func (s *Server) seasonSaved(r *request, err error, form *render.Form, draw func(status int, form *render.Form, refused string) error) error {
	if p, ok := problems(err); ok {
		form.Problems = p
		return draw(422, form, "")
	}
	if text, ok := r.refusal(err); ok {
		return draw(409, form, text)
	}
	if err != nil {
		return err
	}
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.redirect(seasonPlanURL(id), "success", "flash.season_plan.saved")
}

func (s *Server) seasonRules(r *request) error { return s.drawSeasonRules(r, 0, nil, "") }

func (s *Server) drawSeasonRules(r *request, status int, form *render.Form, refused string) error {
	return s.seasonForm(r, status, "season/rules", form, refused, func(w seasonWords, b *seasonFormPage) (*render.Form, error) {
		b.Version, b.URL, b.Title = b.RulesVersion, seasonPlanURL(b.ID)+"/rules", w.T("season_plan.rules")
		whole := b.wholeRules()
		for i, name := range service.SeasonRuleNames() {
			row := seasonRuleRow{Index: i, Rule: name, Name: w.code("season_rule", name), About: w.code("season_rule_text", name)}
			for _, m := range []string{"ignore", "warn", "block"} {
				row.Modes = append(row.Modes, render.Option{Value: m, Label: w.code("season_mode", m)})
			}
			b.Rules = append(b.Rules, row)
		}
		return &render.Form{Values: intake.FromSeasonRules(&whole).Values()}, nil
	})
}

// wholeRules are the rules of the season with every rule that can be set, for the form.
func (b *seasonFormPage) wholeRules() exhibition.SeasonRules {
	out := b.SeasonBook.Rules
	out.Rules = nil
	for _, name := range service.SeasonRuleNames() {
		set := b.RuleSetting(name)
		out.Rules = append(out.Rules, exhibition.SeasonRule{Rule: name, Mode: string(set.Mode), Cost: int(set.Cost)})
	}
	return out
}

func (s *Server) seasonRulesSave(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSeasonRules(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.SeasonPlans.PutRules(r.ctx(), r.actor, id, in, r.write())
	}
	return s.seasonSaved(r, err, &render.Form{Values: in.Values()}, func(status int, form *render.Form, refused string) error {
		return s.drawSeasonRules(r, status, form, refused)
	})
}

func (s *Server) seasonShowForm(r *request) error { return s.drawSeasonShow(r, 0, nil, "") }

func (s *Server) drawSeasonShow(r *request, status int, form *render.Form, refused string) error {
	_, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	return s.seasonForm(r, status, "season/show", form, refused, func(w seasonWords, b *seasonFormPage) (*render.Form, error) {
		e := b.SeasonBook.Entry(n)
		if e == nil {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		b.Entry, b.Version, b.URL, b.Title = e, e.Version, seasonPlanURL(b.ID)+"/exhibitions/"+itoa(n), w.entry(e)
		b.Facts = w.wishes(e)
		o := b.Options
		for _, x := range []string{"yes", "no"} {
			o["fixed"] = append(o["fixed"], render.Option{Value: x, Label: w.code("season_fixed", x)})
		}
		for _, d := range intake.SeasonWeekdays() {
			o["weekday"] = append(o["weekday"], render.Option{Value: d, Label: w.T("weekday." + d)})
		}
		for _, x := range []string{"ban", "wish"} {
			o["ramadan"] = append(o["ramadan"], render.Option{Value: x, Label: w.code("season_ramadan", x)})
		}
		for _, f := range exhibition.ShowFeatures() {
			o["needs"] = append(o["needs"], render.Option{Value: f, Label: w.code("season_feature", f)})
		}
		for i := range b.Places {
			p := &b.Places[i]
			said := slices.Contains(e.Wish.Venues, p.ID) || slices.Contains(e.Wish.Likes, p.ID)
			if p.Word == 0 && (said || !p.Hidden && (e.Wish.AnyHost || p.Party == e.Terms.Host)) {
				o["venues"] = append(o["venues"], render.Option{Value: p.Code, Label: w.site(p.Name, p.City)})
			}
		}
		for _, p := range b.People {
			if p.Party == r.actor.Party && !p.Gone {
				o["people"] = append(o["people"], render.Option{Value: itoa(p.ID), Label: p.Name})
			}
		}
		for i := range b.Entries {
			if x := &b.Entries[i]; x.ID != n {
				o["apart"] = append(o["apart"], render.Option{Value: itoa(x.ID), Label: w.entry(x)})
			}
		}
		in := intake.FromSeasonShow(&e.Wish)
		for _, g := range []struct {
			name string
			n    int
		}{{"windows", len(e.Wish.Windows)}, {"prefer", len(e.Wish.Prefer)}, {"unavailable", len(e.Wish.Unavailable)}} {
			b.Rows[g.name] = indices(r.rows(g.name, g.n))
		}
		return &render.Form{Values: in.Values(), Lists: in.Lists()}, nil
	})
}

// rows is how many rows a group shows: those on file or those that were sent, and some empty ones.
func (r *request) rows(group string, stored int) int {
	n := stored
	for i := range 20 {
		if _, sent := r.values()[fmt.Sprintf("%s[%d].first", group, i)]; sent {
			n = max(n, i+1-moreRows)
		}
	}
	return min(20, n+moreRows)
}

func (s *Server) seasonShowSave(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSeasonShow(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.SeasonPlans.PutShow(r.ctx(), r.actor, id, n, in, r.write())
	}
	return s.seasonSaved(r, err, &render.Form{Values: in.Values(), Lists: in.Lists()}, func(status int, form *render.Form, refused string) error {
		return s.drawSeasonShow(r, status, form, refused)
	})
}

func (s *Server) seasonVenueForm(r *request) error { return s.drawSeasonVenue(r, 0, nil, "") }

func (s *Server) drawSeasonVenue(r *request, status int, form *render.Form, refused string) error {
	_, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	return s.seasonForm(r, status, "season/venue", form, refused, func(w seasonWords, b *seasonFormPage) (*render.Form, error) {
		p := b.SeasonBook.Place(itoa(n))
		if p == nil || p.Party != r.actor.Party {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		b.Place, b.Version, b.URL, b.Title, b.Facts = p, p.Version, seasonPlanURL(b.ID)+"/venues/"+p.Code, w.site(p.Name, p.City), w.venueFacts(p)
		for _, f := range exhibition.ShowFeatures()[2:] { // the first two follow from the venue's setting
			b.Options["features"] = append(b.Options["features"], render.Option{Value: f, Label: w.code("season_feature", f)})
		}
		for i := range b.Entries {
			x := &b.Entries[i]
			b.Options["exhibition"] = append(b.Options["exhibition"], render.Option{Value: itoa(x.ID), Label: w.entry(x)})
		}
		in := intake.FromSeasonVenue(&p.Said)
		b.Rows["blackouts"], b.Rows["holds"] = indices(r.rows("blackouts", len(p.Said.Blackouts))), indices(r.rows("holds", len(p.Said.Holds)))
		return &render.Form{Values: in.Values(), Lists: map[string][]string{"features": in.Features}}, nil
	})
}

func (s *Server) seasonVenueSave(r *request) error {
	id, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSeasonVenue(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.SeasonPlans.PutVenue(r.ctx(), r.actor, id, n, in, r.write())
	}
	return s.seasonSaved(r, err, &render.Form{Values: in.Values(), Lists: map[string][]string{"features": in.Features}}, func(status int, form *render.Form, refused string) error {
		return s.drawSeasonVenue(r, status, form, refused)
	})
}

func (s *Server) seasonPersonNew(r *request) error { return s.drawSeasonPerson(r, 0, 0, nil, "") }

func (s *Server) seasonPersonForm(r *request) error {
	_, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	return s.drawSeasonPerson(r, 0, n, nil, "")
}

func (s *Server) drawSeasonPerson(r *request, status int, n int64, form *render.Form, refused string) error {
	return s.seasonForm(r, status, "season/person", form, refused, func(w seasonWords, b *seasonFormPage) (*render.Form, error) {
		b.URL, b.Title = seasonPlanURL(b.ID)+"/people", w.T("season_plan.person_new")
		b.Rows["away"] = indices(r.rows("away", 0))
		if n == 0 {
			return &render.Form{Values: map[string]string{}}, nil
		}
		i := slices.IndexFunc(b.People, func(p service.SeasonStaff) bool { return p.ID == n && p.Party == r.actor.Party })
		if i < 0 {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		p := &b.People[i]
		b.URL, b.Title, b.Version = b.URL+"/"+itoa(n), p.Name, p.Version
		b.Rows["away"] = indices(r.rows("away", len(p.Away)))
		return &render.Form{Values: intake.FromSeasonPerson(&p.SeasonPerson).Values()}, nil
	})
}

func (s *Server) seasonPersonAdd(r *request) error { return s.seasonPersonPut(r, 0) }

func (s *Server) seasonPersonSave(r *request) error {
	_, n, err := r.seasonIDs()
	if err != nil {
		return err
	}
	return s.seasonPersonPut(r, n)
}

func (s *Server) seasonPersonPut(r *request, n int64) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSeasonPerson(r.values())
	if err = bad.Err(); err == nil {
		_, err = s.svc.SeasonPlans.PutPerson(r.ctx(), r.actor, id, n, in, r.write())
	}
	return s.seasonSaved(r, err, &render.Form{Values: in.Values()}, func(status int, form *render.Form, refused string) error {
		return s.drawSeasonPerson(r, status, n, form, refused)
	})
}

// weekName is a week by its first day.
func (w words) weekName(first calendar.Date) string { return w.T("season_plan.week_of", w.Date(first)) }
