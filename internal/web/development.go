package web

import (
	"maps"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var developmentRoutes = []route{
	{method: "GET", path: "/developments", access: permit, action: auth.PlanView, handle: (*Server).developmentList},
	{method: "GET", path: "/developments/:id", access: permit, action: auth.PlanView, handle: (*Server).developmentShow},
	{method: "GET", path: "/developments/:id/edit", access: permit, action: auth.PlanEdit, handle: (*Server).developmentEdit},
	{method: "POST", path: "/developments/:id/edit", access: permit, action: auth.PlanEdit, handle: (*Server).developmentSave},
	{method: "POST", path: "/developments/:id/actions/:n", access: permit, action: auth.PlanAct, handle: (*Server).developmentTick},
	{method: "GET", path: "/developments/:id/measure", access: permit, action: auth.PlanEdit, handle: (*Server).developmentMeasureForm},
	{method: "POST", path: "/developments/:id/measure", access: permit, action: auth.PlanEdit, handle: (*Server).developmentMeasure},
	{method: "POST", path: "/developments/:id/end", access: permit, action: auth.PlanEdit, handle: (*Server).developmentEnd},
	{method: "GET", path: "/families/:id/developments/new", access: permit, action: auth.PlanEdit, handle: (*Server).developmentNew},
	{method: "POST", path: "/families/:id/developments", access: permit, action: auth.PlanEdit, handle: (*Server).developmentSave},
}

func developmentURL(id int64) string { return "/developments/" + strconv.FormatInt(id, 10) }

// developmentListPage is the Body of development/list.
type developmentListPage struct {
	Rows   []developmentRow
	Areas  []developmentArea
	Sum    programme.Progress
	Plans  int
	Chips  []chipLink
	First  string
	Next   string
	Export string
}

type developmentRow struct {
	store.DevelopmentRow
	AreaName, CraftName string
	ReviewDue           bool
	NextDue             any
}

type developmentArea struct {
	store.AreaPlans
	Name, URL string
}

func (s *Server) developmentList(r *request) error {
	q := r.query()
	first := func(name string) string {
		if v := q[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	show := first("show")
	pq := service.PlanQuery{Limit: 25, Late: show == "late", Due: show == "due"}
	for _, st := range programme.PlanStates() {
		if show == string(st) {
			pq.State = st
		}
	}
	if a, ok := place.HistoricArea(first("area")); ok && a.Country == r.actor.Party {
		pq.Area = a.Code
	}
	if pq.Before, _ = strconv.ParseInt(first("before"), 10, 64); pq.Before < 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	list, err := s.svc.Plans.List(r.ctx(), r.actor, pq)
	if err != nil {
		return err
	}
	w := r.words()
	b := &developmentListPage{}
	for _, p := range list.Rows {
		row := developmentRow{DevelopmentRow: p, AreaName: w.area(p.Area), CraftName: w.craft(p.Craft), ReviewDue: p.ReviewDue(list.Today)}
		if n := p.Next(); n != nil && p.State == programme.PlanOpen {
			row.NextDue = n.Due
		}
		b.Rows = append(b.Rows, row)
	}
	link := func(show, area string, before int64) string {
		v := map[string][]string{}
		for name, value := range map[string]string{"show": show, "area": area} {
			if value != "" {
				v[name] = []string{value}
			}
		}
		if before > 0 {
			v["before"] = []string{itoa(before)}
		}
		return withQuery("/developments", v)
	}
	for _, a := range list.Areas {
		b.Areas = append(b.Areas, developmentArea{a, w.areaOrNone(a.Area), link(show, a.Area, 0)})
		b.Sum.Done, b.Sum.Late, b.Sum.Open, b.Plans = b.Sum.Done+a.Done, b.Sum.Late+a.Late, b.Sum.Open+a.Open, b.Plans+a.Plans
	}
	for _, c := range []string{"", "late", "due", "open", "done", "stopped"} {
		key := "development.show." + c
		if c == "" {
			key = "development.show.all"
		}
		b.Chips = append(b.Chips, chipLink{w.T(key), link(c, pq.Area, 0), c == show})
	}
	if pq.Area != "" {
		b.Chips = append(b.Chips, chipLink{w.area(pq.Area) + " ×", link(show, "", 0), true})
	}
	if pq.Before > 0 {
		b.First = link(show, pq.Area, 0)
	}
	if list.Next > 0 {
		b.Next = link(show, pq.Area, list.Next)
	}
	if auth.Can(r.actor, auth.ExportRun) {
		b.Export = "/families/export?kind=developments"
	}
	return r.page(0, "development/list", nil, b)
}

// developmentPage is the Body of development/show.
type developmentPage struct {
	*service.DevelopmentView
	AreaName, CraftName string
	NeedList            string
	Currency            string
	Todo                []todoView
	Changes             []measureChange
	Table               measureTable
	Due                 bool // it is to be measured again
	Refused             string
}

type todoView struct {
	programme.PlanAction
	Owner, NeedName, SourceName, Grant string
	Late, Done, Mine                   bool
}

// measureChange is one measure at the beginning and last, in words.
type measureChange struct {
	Name, From, To, Change string
	Better                 bool // it went up
	Worse                  bool
}

type measureTable struct {
	Heads []measureHead
	Rows  []measureLine
}

type measureHead struct {
	On any
	By string
}

type measureLine struct {
	Name  string
	Cells []string
}

func (w words) measure(k programme.MeasureKey, v int64, currency string) string {
	if k.Money() {
		return w.Money(v, currency)
	}
	return w.Num(v)
}

func (s *Server) developmentShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawDevelopment(r, 0, id, "")
}

func (s *Server) drawDevelopment(r *request, status int, id int64, refused string) error {
	v, err := s.svc.Plans.Plan(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := &developmentPage{DevelopmentView: v, AreaName: w.area(v.Area), CraftName: w.craft(v.Craft), Currency: intake.Currency(v.Party), Due: v.ReviewDue(v.Today), Refused: refused}
	var needs []string
	for _, n := range v.Needs {
		needs = append(needs, w.code("development_need", string(n)))
	}
	b.NeedList = w.join(needs)
	for _, a := range v.Actions {
		t := todoView{PlanAction: a, Owner: v.Names[a.OwnerID], NeedName: w.code("development_need", string(a.Need)), Late: a.Late(v.Today) && v.State == programme.PlanOpen, Done: !a.DoneOn.IsZero(), Mine: v.CanAct[a.ID]}
		if a.Source != "" {
			t.SourceName = w.code("development_source", string(a.Source))
		}
		if g, ok := v.Grants[a.GrantID]; ok {
			t.Grant = w.show(g.Scheme, g.SchemeEN)
		}
		b.Todo = append(b.Todo, t)
	}
	for _, d := range v.Differences {
		c := measureChange{Name: w.code("development_measure", string(d.Key))}
		if d.HasFrom {
			c.From = w.measure(d.Key, d.From, b.Currency)
		}
		if d.Both || !d.HasFrom {
			c.To = w.measure(d.Key, d.To, b.Currency)
		}
		if d.Both {
			c.Better, c.Worse = d.Change() > 0, d.Change() < 0
			c.Change = w.measure(d.Key, d.Change(), b.Currency)
			if n, ok := d.Percent(); ok {
				c.Change = w.T("development.change", c.Change, w.Percent(int64(n)))
			}
		}
		b.Changes = append(b.Changes, c)
	}
	for _, m := range v.Measures {
		b.Table.Heads = append(b.Table.Heads, measureHead{m.On, v.Names[m.By]})
	}
	for _, k := range programme.MeasureKeys() {
		line, any := measureLine{Name: w.code("development_measure", string(k))}, false
		for _, m := range v.Measures {
			cell := ""
			if x, ok := m.Values[k]; ok {
				cell, any = w.measure(k, x, b.Currency), true
			}
			line.Cells = append(line.Cells, cell)
		}
		if any {
			b.Table.Rows = append(b.Table.Rows, line)
		}
	}
	return r.page(status, "development/show", nil, b)
}

// developmentForm is the Body of development/form.
type developmentForm struct {
	*service.PlanForm
	ID        int64
	Templates []render.Option
	Needs     []programme.Need
	Sources   []programme.Funding
	OwnerList []render.Option
	GrantList []render.Option
	Rows      []int
	Currency  string
	Chosen    string // template
	Refused   string
}

func (s *Server) developmentNew(r *request) error {
	family, err := r.id("id")
	if err != nil {
		return err
	}
	f, _, err := s.svc.Plans.Form(r.ctx(), r.actor, family, 0)
	if err != nil {
		return err
	}
	craft := f.Craft
	if v := r.query()["template"]; len(v) == 1 {
		if _, ok := registry.CraftByCode(v[0]); ok {
			craft = v[0]
		}
	}
	in := intake.FromTemplate(craft, r.words().Lang(), r.actor.UserID, r.today())
	return s.drawDevelopmentForm(r, 0, family, 0, in, &intake.Measure{On: r.today().String()}, nil, "")
}

func (s *Server) developmentEdit(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	_, p, err := s.svc.Plans.Form(r.ctx(), r.actor, 0, id)
	if err != nil {
		return err
	}
	return s.drawDevelopmentForm(r, 0, 0, id, intake.FromDevelopment(p), nil, nil, "")
}

func (s *Server) drawDevelopmentForm(r *request, status int, family, id int64, in *intake.Development, base *intake.Measure, form *render.Form, refused string) error {
	f, p, err := s.svc.Plans.Form(r.ctx(), r.actor, family, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := developmentForm{PlanForm: f, ID: id, Needs: programme.Needs(), Sources: programme.Fundings(), Currency: w.T("currency." + intake.Currency(r.actor.Party)), Chosen: in.Template, Refused: refused}
	if status != 0 {
		b.Version = r.version()
	} else if p != nil {
		b.Version = p.Version
	}
	for _, c := range registry.Crafts() {
		b.Templates = append(b.Templates, render.Option{Value: c.Code, Label: c.Name(w.Lang()), Selected: c.Code == in.Template})
	}
	for _, o := range f.Owners {
		b.OwnerList = append(b.OwnerList, render.Option{Value: itoa(o.ID), Label: o.Name})
	}
	for _, g := range f.Grants {
		b.GrantList = append(b.GrantList, render.Option{Value: itoa(g.ID), Label: w.show(g.Scheme, g.SchemeEN) + " · " + w.code("benefit", string(g.Kind))})
	}
	for i := range min(programme.MaxActions, len(in.Actions)+2) {
		b.Rows = append(b.Rows, i)
	}
	if form == nil {
		form = &render.Form{}
	}
	form.Values, form.Lists = in.Values(), in.Sets()
	if base != nil {
		maps.Copy(form.Values, base.Values())
	}
	return r.page(status, "development/form", form, b)
}

func (s *Server) developmentSave(r *request) error {
	number, err := r.id("id")
	if err != nil {
		return err
	}
	family, id := int64(0), number
	if r.route.path == "/families/:id/developments" {
		family, id = number, 0
	}
	plan, measures := split(r.values())
	in, bad := intake.DecodeDevelopment(plan)
	var base *intake.Measure
	if id == 0 {
		var more fault.Problems
		base, more = intake.DecodeMeasure(measures)
		bad = append(bad, more...)
	}
	err = bad.Err()
	done := id
	if err == nil {
		done, err = s.svc.Plans.Put(r.ctx(), r.actor, family, id, in, base, r.write())
	}
	if p, ok := problems_(err); ok {
		return s.drawDevelopmentForm(r, 422, family, id, in, base, &render.Form{Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok && id != 0 {
		return s.drawDevelopmentForm(r, 409, family, id, in, base, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(developmentURL(done), "success", "flash.development_saved")
}

// measureFields are the fields of a measuring in the form of a new plan.
var measureFields = map[string]bool{"on": true, "income": true, "sales": true, "production": true, "workers_family": true, "workers_other": true, "products": true, "channels": true, "quality": true, "note": true}

// split takes the fields of the baseline out of a form.
func split(values map[string][]string) (plan, measures map[string][]string) {
	plan, measures = map[string][]string{}, map[string][]string{}
	for name, v := range values {
		if measureFields[name] {
			measures[name] = v
		} else {
			plan[name] = v
		}
	}
	return plan, measures
}

func (s *Server) developmentTick(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := r.id("n")
	if err != nil {
		return err
	}
	err = s.svc.Plans.Tick(r.ctx(), r.actor, id, n, r.value("done") == "yes", r.write())
	if text, ok := r.refusal(err); ok {
		return s.drawDevelopment(r, 409, id, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(developmentURL(id), "success", "flash.action_done")
}

// measurePage is the Body of development/measure.
type measurePage struct {
	*service.PlanForm
	ID       int64
	Last     []measureChange // what was measured last
	Currency string
	Refused  string
}

func (s *Server) developmentMeasureForm(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in := &intake.Measure{On: r.today().String()}
	return s.drawMeasure(r, 0, id, &render.Form{Values: in.Values()}, "")
}

func (s *Server) drawMeasure(r *request, status int, id int64, form *render.Form, refused string) error {
	f, p, err := s.svc.Plans.Form(r.ctx(), r.actor, 0, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := measurePage{PlanForm: f, ID: id, Currency: w.T("currency." + intake.Currency(r.actor.Party)), Refused: refused}
	if status != 0 {
		b.Version = r.version()
	}
	if n := len(p.Measures); n > 0 {
		for _, k := range programme.MeasureKeys() {
			if v, ok := p.Measures[n-1].Values[k]; ok {
				b.Last = append(b.Last, measureChange{Name: w.code("development_measure", string(k)), From: w.measure(k, v, intake.Currency(r.actor.Party))})
			}
		}
	}
	return r.page(status, "development/measure", form, b)
}

func (s *Server) developmentMeasure(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeMeasure(r.values())
	err = bad.Err()
	if err == nil {
		err = s.svc.Plans.Measure(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems_(err); ok {
		return s.drawMeasure(r, 422, id, &render.Form{Values: in.Values(), Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawDevelopment(r, 409, id, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(developmentURL(id), "success", "flash.development_measured")
}

func (s *Server) developmentEnd(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeWords(r.values())
	err = bad.Err()
	if err == nil {
		err = s.svc.Plans.End(r.ctx(), r.actor, id, programme.PlanState(r.value("state")), in, r.write())
	}
	if p, ok := problems_(err); ok {
		return s.drawDevelopment(r, 422, id, r.words().T(p[0].Key, p[0].Args...))
	}
	if text, ok := r.refusal(err); ok {
		return s.drawDevelopment(r, 409, id, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(developmentURL(id), "success", "flash.development_ended")
}
