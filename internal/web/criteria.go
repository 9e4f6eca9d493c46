package web

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var criteriaRoutes = []route{
	{method: "GET", path: "/criteria", access: permit, action: auth.CriteriaView, handle: (*Server).criteriaList},
	{method: "POST", path: "/criteria/new", access: permit, action: auth.CriteriaEdit, handle: (*Server).criteriaNew},
	{method: "GET", path: "/criteria/:id", access: permit, action: auth.CriteriaView, handle: (*Server).criteriaShow},
	{method: "GET", path: "/criteria/:id/edit", access: permit, action: auth.CriteriaEdit, handle: (*Server).criteriaEdit},
	{method: "POST", path: "/criteria/:id/edit", access: permit, action: auth.CriteriaEdit, handle: (*Server).criteriaSave},
	{method: "POST", path: "/criteria/:id/delete", access: permit, action: auth.CriteriaEdit, handle: (*Server).criteriaDelete},
	{method: "POST", path: "/criteria/:id/check", access: permit, action: auth.CriteriaEdit, handle: (*Server).criteriaCheck},
	{method: "GET", path: "/criteria/:id/criteria/:n/edit", access: permit, action: auth.CriteriaEdit, handle: (*Server).criterionEdit},
	{method: "POST", path: "/criteria/:id/criteria/:n/edit", access: permit, action: auth.CriteriaEdit, handle: (*Server).criterionSave},
	{method: "POST", path: "/criteria/:id/criteria/:n/move", access: permit, action: auth.CriteriaEdit, handle: (*Server).criterionMove},
	{method: "POST", path: "/criteria/:id/criteria/:n/remove", access: permit, action: auth.CriteriaEdit, handle: (*Server).criterionRemove},
	{method: "GET", path: "/criteria/:id/preview", access: permit, action: auth.CriteriaPreview, handle: (*Server).criteriaPreview},
	{method: "POST", path: "/criteria/:id/publish", access: permit, action: auth.CriteriaPublish, handle: (*Server).criteriaPublish},
	{method: "POST", path: "/criteria/:id/recheck", access: permit, action: auth.RecheckRun, handle: (*Server).criteriaRecheck},
	{method: "GET", path: "/jobs", access: permit, action: auth.JobView, handle: (*Server).jobList},
	{method: "GET", path: "/jobs/:id", access: permit, action: auth.JobView, handle: (*Server).jobShow},
	{method: "POST", path: "/jobs/:id/cancel", access: permit, action: auth.RecheckRun, handle: (*Server).jobCancel},
}

func (r *request) lang() string { return r.s.pages.Locale(r.locale).Lang() }

func setURL(id int64) string { return "/criteria/" + strconv.FormatInt(id, 10) }

// criteriaListPage is the body of criteria/list.
type criteriaListPage struct {
	Sets     []service.SetSummary
	Lang     string
	CanDraft bool
	From     int64 // what a new draft is copied from: the set in force, else the newest
}

func (s *Server) criteriaList(r *request) error {
	sets, err := s.svc.Criteria.List(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	body := criteriaListPage{Sets: sets, Lang: r.lang(), CanDraft: len(sets) > 0 && auth.Can(r.actor, auth.CriteriaEdit)}
	for _, x := range sets {
		if body.From == 0 || x.InForce {
			body.From = x.ID
		}
	}
	return r.page(0, "criteria/list", nil, body)
}

func (s *Server) criteriaNew(r *request) error {
	from, err := strconv.ParseInt(r.value("from"), 10, 64)
	if err != nil || from < 1 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	id, err := s.svc.Criteria.NewDraft(r.ctx(), r.actor, from, r.write())
	if err != nil {
		return err
	}
	return r.redirect(setURL(id), "success", "flash.ruleset.drafted")
}

// shownRule is one criterion in words.
type shownRule struct {
	N                                      int
	Code, Title, Citation, Note            string
	Weight                                 criteria.Weight
	Points                                 int
	Applies, Condition, Review             string // plain words
	AppliesText, ConditionText, ReviewText string // as stored
	Evidence                               []string
	Exceptions                             []shownException
	Confirmed, Attestation, First, Last    bool
}

type shownException struct {
	Title, When, Proof string
}

// criteriaPage is the body of criteria/show.
type criteriaPage struct {
	*service.SetView
	Lang            string
	Title, Citation string
	Rules           []shownRule
	Hard, Soft      int
	Points          int // the most points that a family can have
	Unconfirmed     int
}

func (s *Server) criteriaShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Criteria.Set(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	lang := r.lang()
	body := criteriaPage{SetView: v, Lang: lang, Title: v.Set.Title.In(lang), Citation: v.Set.Citation.In(lang)}
	for i := range v.Set.Criteria {
		x := r.shownRule(v.Set, i)
		body.Rules = append(body.Rules, x)
		body.Points += x.Points
		switch x.Weight {
		case criteria.Hard:
			body.Hard++
		case criteria.Soft:
			body.Soft++
		}
		if !x.Confirmed {
			body.Unconfirmed++
		}
	}
	return r.page(0, "criteria/show", nil, body)
}

func (r *request) shownRule(set *criteria.Set, i int) shownRule {
	c, lang, w := &set.Criteria[i], r.lang(), r.words()
	say := func(expr string) string {
		if expr == "" {
			return ""
		}
		return criteria.Describe(expr, set, lang)
	}
	x := shownRule{N: i + 1, Code: c.Code, Title: c.Title.In(lang), Citation: c.Citation.In(lang), Note: c.Note.In(lang), Weight: c.Weight, Points: c.Points,
		Applies: say(c.AppliesWhen), Condition: say(c.Condition), Review: say(c.NeedsReview), AppliesText: c.AppliesWhen, ConditionText: c.Condition,
		ReviewText: c.NeedsReview, Confirmed: c.Confirmed, Attestation: c.Attestation, First: i == 0, Last: i == len(set.Criteria)-1}
	for _, t := range c.Evidence {
		x.Evidence = append(x.Evidence, w.code("document_type", string(t)))
	}
	for _, e := range c.Exceptions {
		x.Exceptions = append(x.Exceptions, shownException{e.Title.In(lang), say(e.When), w.code("document_type", string(e.Proof))})
	}
	return x
}

// criteriaEditPage is the body of criteria/edit.
type criteriaEditPage struct {
	ID, Version int64
	Number      int
	AgeOns      []criteria.AgeOn
	CanDelete   bool
	Params      []criteria.Param // as they are stored
	Lang        string
}

// Choices returns the values that sources allow for a parameter, each with its source; nil if any value goes.
func (p criteriaEditPage) Choices(name string) []render.Option {
	var out []render.Option
	for _, x := range p.Params {
		for _, a := range x.Alternatives {
			if x.Name == name {
				value := strconv.FormatInt(a.Value, 10)
				out = append(out, render.Option{Value: value, Label: value, Hint: a.Source.In(p.Lang)})
			}
		}
	}
	return out
}

// editable reads a draft that may be edited; a published one is a state in which nothing is edited.
func (s *Server) editable(r *request) (*service.SetView, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, err
	}
	v, err := s.svc.Criteria.Set(r.ctx(), r.actor, id)
	if err != nil {
		return nil, err
	}
	if !v.Editable {
		return nil, fault.New(fault.State, "error.criteria_published")
	}
	return v, nil
}

func (s *Server) criteriaEdit(r *request) error {
	v, err := s.editable(r)
	if err != nil {
		return err
	}
	return s.drawHead(r, 0, v, headForm(v.Set))
}

func (s *Server) drawHead(r *request, status int, v *service.SetView, form *render.Form) error {
	return r.page(status, "criteria/edit", form, criteriaEditPage{ID: v.Row.ID, Version: v.Row.Version, Number: v.Row.Number, AgeOns: criteria.AgeOns(), CanDelete: true,
		Params: v.Set.Params, Lang: r.lang()})
}

func (s *Server) criteriaSave(r *request) error {
	v, err := s.editable(r)
	if err != nil {
		return err
	}
	in := typed(r.values())
	if in.rows() { // a row is added or removed: drawn again, nothing is saved
		return s.drawHead(r, 0, v, in.form(nil))
	}
	head, found := in.head(v.Set)
	if found.Err() != nil {
		return s.drawHead(r, 422, v, in.form(found))
	}
	err = s.svc.Criteria.SaveHead(r.ctx(), r.actor, v.Row.ID, head, r.write())
	if found, ok := problems_(err); ok {
		return s.drawHead(r, 422, v, in.form(headProblems(found, v.Set, r.lang())))
	}
	if err != nil {
		return err
	}
	return r.redirect(setURL(v.Row.ID), "success", "flash.ruleset.saved")
}

// problems_ is problems for an error that may be nil.
func problems_(err error) (fault.Problems, bool) {
	if err == nil {
		return nil, false
	}
	return problems(err)
}

func (s *Server) criteriaDelete(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Criteria.DeleteDraft(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/criteria", "success", "flash.ruleset.deleted")
}

// exprCheck is what stands under an expression: that it holds and what it means, or where it does not.
type exprCheck struct {
	ID       string // of the element
	Empty    bool
	Words    string
	Problems []exprProblem
}

type exprProblem struct {
	Before, At, After string // the text cut at the place
	Says              render.Flash
}

// newExprCheck checks an expression in the set's terms.
func newExprCheck(set *criteria.Set, name, expr, lang string) exprCheck {
	c := exprCheck{ID: checkID(name), Empty: strings.TrimSpace(expr) == ""}
	if c.Empty {
		return c
	}
	ps := criteria.CheckCondition(expr, set.Params)
	if len(ps) == 0 {
		c.Words = criteria.Describe(expr, set, lang)
		return c
	}
	for _, p := range ps {
		c.Problems = append(c.Problems, cutAt(expr, p))
	}
	return c
}

// cutAt shows where in a text a problem is: some letters before, the word, some after.
func cutAt(expr string, p criteria.ExprProblem) exprProblem {
	const around = 24
	text := []rune(expr)
	at := min(max(p.Offset, 0), len(text))
	end := at
	for end < len(text) && text[end] != ' ' && end-at < around {
		end++
	}
	if end == at && end < len(text) {
		end++
	}
	from, to := max(0, at-around), min(len(text), end+around)
	return exprProblem{string(text[from:at]), string(text[at:end]), string(text[end:to]),
		render.Flash{Key: p.Key, Args: append([]any{p.Offset + 1}, p.Args...)}}
}

func checkID(name string) string { return "check-" + strings.ReplaceAll(name, ".", "-") }

// criteriaCheck is the answer to a condition while it is typed: one fragment, 200 whether it holds or not.
func (s *Server) criteriaCheck(r *request) error {
	ed, err := s.criteriaEditor(r)
	if err != nil {
		return err
	}
	return s.checkRule(r, ed)
}

func (s *Server) checkRule(r *request, ed *ruleEditor) error {
	name := r.value("expr")
	if _, ok := exprFields[name]; !ok {
		return fault.New(fault.Invalid, "error.invalid")
	}
	c := newExprCheck(ed.set, name, cleanExpr(r.value(name)), r.lang())
	return r.s.pages.Fragment(r.html(), r.locale, "criteria/criterion", "expr-check", c)
}

// previewPage is the body of criteria/preview.
type previewPage struct {
	*service.Preview
	ID, Version int64
	Title       string
	Moves       []string
	Move        string
	Area        string
	AreaName    string
	Areas       []shownArea
	Rows        []shownMove
	NextURL     string
	FirstURL    string
}

type shownArea struct {
	service.AreaMoves
	Name string
}

type shownMove struct {
	service.Moved
	AreaName string
	Causes   []shownCause
	More     int // causes that are not named
}

// maxCauses is how many reasons of one family are named: a draft that changes everything would else make a heavy page, and says nothing more with the tenth.
const maxCauses = 4

// shownCause is one criterion for which a family would move, in words. Words and no badges: fifty families with their reasons are to stay a light page.
type shownCause struct {
	N               int
	Title, From, To string
}

// causes are the reasons of one family. What a criterion decides is said where it differs, and where it is not the usual: required.
func (r *request) causes(why []service.Cause) []shownCause {
	w := r.words()
	say := func(s, other service.Standing, absent string) string {
		switch {
		case s.Outcome == "":
			return w.T(absent)
		case s.Weight == criteria.Hard && (other.Outcome == "" || other.Weight == criteria.Hard):
			return w.T("criteria.outcome." + string(s.Outcome))
		}
		return w.T("ruleset.cause_weight", w.T("criteria.outcome."+string(s.Outcome)), w.T("criteria.weight."+string(s.Weight)))
	}
	out := make([]shownCause, 0, len(why))
	for _, c := range why {
		out = append(out, shownCause{c.N, c.Title.In(w.Lang()), say(c.From, c.To, "ruleset.cause_new"), say(c.To, c.From, "ruleset.cause_gone")})
	}
	return out
}

var moves = map[string]criteria.Move{"entered": criteria.Entered, "left": criteria.Left}

func (s *Server) criteriaPreview(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawPreview(r, 0, id, nil)
}

func (s *Server) drawPreview(r *request, status int, id int64, form *render.Form) error {
	query := r.query()
	first := func(name string) string {
		if v := query[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	q := service.PreviewQuery{Move: moves[first("move")], Page: 1, Fresh: first("fresh") != ""}
	if a, ok := place.HistoricArea(first("area")); ok && a.Country == r.actor.Party {
		q.Area = a.Code
	}
	if n, err := strconv.Atoi(first("page")); err == nil {
		q.Page = n
	}
	p, err := s.svc.Criteria.Preview(r.ctx(), r.actor, id, q)
	if err != nil {
		return err
	}
	w := r.words()
	body := previewPage{Preview: p, ID: id, Version: p.Row.Version, Title: p.Set.Title.In(r.lang()), Area: q.Area}
	if q.Move != criteria.Unchanged {
		body.Move = first("move")
	}
	if q.Area != "" {
		body.AreaName = w.area(q.Area)
	}
	for _, a := range p.ByArea {
		body.Areas = append(body.Areas, shownArea{a, w.area(a.Area)})
	}
	for _, m := range p.Names {
		named := m.Why[:min(len(m.Why), maxCauses)]
		body.Rows = append(body.Rows, shownMove{m, w.area(m.Area), r.causes(named), len(m.Why) - len(named)})
	}
	link := func(page int) string {
		v := url.Values{}
		for name, value := range map[string]string{"move": body.Move, "area": q.Area} {
			if value != "" {
				v.Set(name, value)
			}
		}
		if page > 1 {
			v.Set("page", strconv.Itoa(page))
		}
		to := setURL(id) + "/preview"
		if len(v) > 0 {
			to += "?" + v.Encode()
		}
		return to + "#names"
	}
	if p.Page > 1 {
		body.FirstURL = link(1)
	}
	if p.Page < p.Pages {
		body.NextURL = link(p.Page + 1)
	}
	if form == nil {
		day := s.svc.Now()
		from := p.Set.ValidFrom
		if today := calendar.Of(day.In(zoneOf(r.actor.Party))); from.Before(today) {
			from = today
		}
		form = &render.Form{Values: map[string]string{"publish.valid_from": from.String()}}
	}
	return r.page(status, "criteria/preview", form, body)
}

func (s *Server) criteriaPublish(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in := typed(r.values())
	var problems fault.Problems
	day := in.date(&problems, "publish.valid_from")
	if problems == nil {
		err = s.svc.Criteria.Publish(r.ctx(), r.actor, id, service.Publication{ValidFrom: day, Token: r.value("token")}, r.write())
		problems, _ = problems_(err)
		if err != nil && problems == nil {
			return err
		}
	}
	if problems != nil {
		return s.drawPreview(r, 422, id, in.form(problems))
	}
	return r.redirect(setURL(id), "success", "flash.ruleset.published")
}

func (s *Server) criteriaRecheck(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	job, err := s.svc.Criteria.Recheck(r.ctx(), r.actor, id, r.write())
	if err != nil {
		return err
	}
	return r.redirect("/jobs/"+strconv.FormatInt(job, 10), "success", "flash.ruleset.recheck")
}

// place returns the number of a criterion in the address, from 1.
func (r *request) place() (int, error) {
	n, err := r.id("n")
	if err != nil || n > criteria.MaxCriteria+1 {
		return 0, fault.New(fault.NotFound, "error.not_found")
	}
	return int(n), nil
}

func (s *Server) criterionMove(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := r.place()
	if err != nil {
		return err
	}
	by, err := strconv.Atoi(r.value("by"))
	if err != nil {
		return fault.New(fault.Invalid, "error.invalid")
	}
	if err := s.svc.Criteria.MoveCriterion(r.ctx(), r.actor, id, n-1, by, r.write()); err != nil {
		return err
	}
	return r.redirect(fmt.Sprintf("%s#c%d", setURL(id), max(1, n+by)), "", "")
}

func (s *Server) criterionRemove(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := r.place()
	if err != nil {
		return err
	}
	if err := s.svc.Criteria.RemoveCriterion(r.ctx(), r.actor, id, n-1, r.write()); err != nil {
		if ps, ok := problems(err); ok { // the last criterion, mostly
			return fault.New(fault.State, ps[0].Key, ps[0].Args...)
		}
		return err
	}
	return r.redirect(setURL(id), "success", "flash.ruleset.removed")
}

// ruleEditor is whose rules are edited: a draft of registration criteria, or a draft of an incentive scheme.
type ruleEditor struct {
	base    string // address of the draft
	back    string // message key of the way back to it
	version int64
	set     *criteria.Set
	save    func(at int, c criteria.Criterion) error
}

func (s *Server) criteriaEditor(r *request) (*ruleEditor, error) {
	v, err := s.editable(r)
	if err != nil {
		return nil, err
	}
	return &ruleEditor{base: setURL(v.Row.ID), back: "ruleset.back_one", version: v.Row.Version, set: v.Set,
		save: func(at int, c criteria.Criterion) error {
			return s.svc.Criteria.SaveCriterion(r.ctx(), r.actor, v.Row.ID, at, c, r.write())
		}}, nil
}

// criterionPage is the body of criteria/criterion.
type criterionPage struct {
	Base, Back string // of the draft, and the message key of the way there
	Version    int64
	N          int
	New        bool
	Title      string
	Weights    []criteria.Weight
	Documents  []render.Option
	Params     []criteria.Param
	Lang       string
	Text       bool // the condition is typed, not built
	Simple     bool // the builder can show it
	Condition  string
	Rows       []shownClause
	All        bool
	Open       *openRow
	Checks     map[string]exprCheck
	Facts      []factGroup // what a typed expression may name
}

type shownClause struct {
	Index int
	Text  string
}

func (s *Server) criterionEdit(r *request) error {
	ed, err := s.criteriaEditor(r)
	if err != nil {
		return err
	}
	return s.editRule(r, ed)
}

// editRule draws the form of the rule that the address names; the place behind the last is a new one.
func (s *Server) editRule(r *request, ed *ruleEditor) error {
	n, err := r.place()
	if err != nil || n > len(ed.set.Criteria)+1 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	var c criteria.Criterion
	if n <= len(ed.set.Criteria) {
		c = ed.set.Criteria[n-1]
	} else {
		c = criteria.Criterion{Weight: criteria.Hard}
	}
	form := ruleForm(&c)
	b := builder{set: ed.set, lang: r.lang(), words: r.words(), all: true, condition: c.Condition}
	b.read()
	if c.Condition == "" {
		b.open = b.blank(-1)
	}
	return s.drawCriterion(r, 0, ed, n, form, b)
}

func (s *Server) drawCriterion(r *request, status int, ed *ruleEditor, n int, form *render.Form, b builder) error {
	w, lang := r.words(), r.lang()
	page := criterionPage{Base: ed.base, Back: ed.back, Version: ed.version, N: n, New: n > len(ed.set.Criteria), Lang: lang,
		Weights: []criteria.Weight{criteria.Hard, criteria.Soft, criteria.Points}, Params: ed.set.Params, Text: b.text, Simple: b.simple, Condition: b.condition,
		All: b.all, Open: b.open, Checks: map[string]exprCheck{}}
	if !page.New {
		page.Title = ed.set.Criteria[n-1].Title.In(lang)
	}
	for _, code := range registry.Codes("document_type") {
		if _, ok := criteria.PaperRef(registry.DocumentType(code)); ok {
			page.Documents = append(page.Documents, render.Option{Value: code, Label: w.code("document_type", code)})
		}
	}
	for i := range b.rows {
		page.Rows = append(page.Rows, shownClause{i, b.say(b.rows[i])})
	}
	if form.Values == nil {
		form.Values = map[string]string{}
	}
	form.Values["rule.condition"] = b.condition
	for name := range exprFields {
		page.Checks[name] = newExprCheck(ed.set, name, form.Values[name], lang)
	}
	if b.text {
		page.Facts = factGroups(w, lang, "")
	}
	return r.page(status, "criteria/criterion", form, page)
}

func (s *Server) criterionSave(r *request) error {
	ed, err := s.criteriaEditor(r)
	if err != nil {
		return err
	}
	return s.saveRule(r, ed)
}

// saveRule does what a button of the builder asks, or stores the rule.
func (s *Server) saveRule(r *request, ed *ruleEditor) error {
	n, err := r.place()
	if err != nil || n > len(ed.set.Criteria)+1 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	in := typed(r.values())
	b := builder{set: ed.set, lang: r.lang(), words: r.words(), condition: cleanExpr(in.text("rule.condition")), text: in.get("rule.mode") == "text", all: in.get("rule.join") != "any"}
	b.read()
	changed, found := b.step(in)
	changed = in.rows() || changed
	if found.Err() != nil {
		return s.drawCriterion(r, 422, ed, n, in.form(found), b)
	}
	if changed {
		return s.drawCriterion(r, 0, ed, n, in.form(nil), b)
	}
	in["rule.condition"] = []string{b.condition}
	c, found := in.criterion()
	if found.Err() == nil {
		err = ed.save(n-1, c)
		var ok bool
		if found, ok = problems_(err); !ok && err != nil {
			return err
		} else if ok {
			found = ruleProblems(found, n-1, ed.set, r.lang())
		}
	}
	if found.Err() != nil {
		return s.drawCriterion(r, 422, ed, n, in.form(found), b)
	}
	return r.redirect(fmt.Sprintf("%s#c%d", ed.base, n), "success", "flash.ruleset.saved")
}
