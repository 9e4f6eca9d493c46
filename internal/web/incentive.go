package web

import (
	"fmt"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var incentiveRoutes = []route{
	{method: "GET", path: "/schemes", access: permit, action: auth.SchemeView, handle: (*Server).schemeList},
	{method: "GET", path: "/schemes/new", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeNew},
	{method: "POST", path: "/schemes", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeSave},
	{method: "GET", path: "/schemes/:id", access: permit, action: auth.SchemeView, handle: (*Server).schemeShow},
	{method: "GET", path: "/schemes/:id/edit", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeEdit},
	{method: "POST", path: "/schemes/:id/edit", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeSave},
	{method: "POST", path: "/schemes/:id/delete", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeDelete},
	{method: "POST", path: "/schemes/:id/check", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeRuleCheck},
	{method: "GET", path: "/schemes/:id/criteria/:n/edit", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeRuleEdit},
	{method: "POST", path: "/schemes/:id/criteria/:n/edit", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeRuleSave},
	{method: "POST", path: "/schemes/:id/criteria/:n/remove", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeRuleRemove},
	{method: "POST", path: "/schemes/:id/publish", access: permit, action: auth.SchemePublish, handle: (*Server).schemePublish},
	{method: "POST", path: "/schemes/:id/close", access: permit, action: auth.SchemePublish, handle: (*Server).schemeClose},
	{method: "POST", path: "/schemes/:id/successor", access: permit, action: auth.SchemeEdit, handle: (*Server).schemeSuccessor},
	{method: "POST", path: "/schemes/:id/count", access: permit, action: auth.SchemeCount, handle: (*Server).schemeCount},
	{method: "POST", path: "/schemes/:id/approve", access: permit, action: auth.GrantDecide, handle: (*Server).schemeApprove},
	{method: "GET", path: "/grants", access: permit, action: auth.GrantView, handle: (*Server).grantList},
	{method: "GET", path: "/grants/:id", access: permit, action: auth.GrantView, handle: (*Server).grantShow},
	{method: "POST", path: "/grants/:id/decide", access: permit, action: auth.GrantDecide, handle: (*Server).grantDecide},
	{method: "POST", path: "/grants/:id/deliver", access: permit, action: auth.GrantDeliver, upload: true, handle: (*Server).grantDeliver},
	{method: "POST", path: "/grants/:id/withdraw", access: permit, action: auth.GrantView, handle: (*Server).grantWithdraw},
	{method: "GET", path: "/families/:id/grants", access: permit, action: auth.GrantView, handle: (*Server).familyGrants},
	{method: "POST", path: "/families/:id/grants", access: permit, action: auth.GrantPropose, handle: (*Server).familyApply},
	{method: "GET", path: "/families/:id/schemes/:n", access: permit, action: auth.GrantView, handle: (*Server).familyScheme},
}

func schemeURL(id int64) string { return "/schemes/" + strconv.FormatInt(id, 10) }
func grantURL(id int64) string  { return "/grants/" + strconv.FormatInt(id, 10) }

// gauge is where the money of a scheme stands, in hundredths of the budget, for a bar and its words.
type gauge struct {
	Budget, Spent, Reserved, Asked, Left int64
	SpentPart, ReservedPart              int // percent
	Currency                             string
}

func gaugeOf(s *programme.Scheme, p programme.Purse) gauge {
	g := gauge{Budget: p.Budget, Spent: p.Spent, Reserved: p.Reserved, Asked: p.Asked, Left: p.Left(), Currency: s.Currency}
	g.SpentPart, g.ReservedPart = p.Percent(p.Spent), p.Percent(p.Spent+p.Reserved)-p.Percent(p.Spent)
	return g
}

// schemeListPage is the Body of scheme/list.
type schemeListPage struct {
	Rows    []schemeRow
	CanEdit bool
	Grants  bool
}

type schemeRow struct {
	service.SchemeRow
	Title    string
	Gauge    gauge
	Benefits string
}

func (s *Server) schemeList(r *request) error {
	list, err := s.svc.Incentives.Schemes(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	b := schemeListPage{CanEdit: auth.Can(r.actor, auth.SchemeEdit), Grants: auth.Can(r.actor, auth.GrantView)}
	for _, x := range list {
		row := schemeRow{SchemeRow: x, Title: w.show(x.Name, x.NameEN), Gauge: gaugeOf(&x.Scheme, x.Account.Purse)}
		var kinds []string
		for _, o := range x.Offers {
			kinds = append(kinds, w.code("benefit", string(o.Kind)))
		}
		row.Benefits = w.join(kinds)
		b.Rows = append(b.Rows, row)
	}
	return r.page(0, "scheme/list", nil, b)
}

// schemePage is the Body of scheme/show.
type schemePage struct {
	*service.SchemeView
	Title    string
	AreaList string // "" for the whole party
	Gauge    gauge
	Lines    []offerLine
	Rules    []shownRule
	Counted  *countView
	Grants   []store.GrantRow // the first that wait, to be approved together
	MoreWait int              // that are not in Grants
	Offers   []render.Option
	Refused  string
	Lang     string
}

type offerLine struct {
	programme.Offer
	Benefit string
	Stock   programme.Stock
	Asked   int
}

// countView is a count in words.
type countView struct {
	*service.CountView
	Currency string
	Areas    []areaLine
	LastIn   string
	FirstOut string
	Short    bool // the budget does not reach all
}

type areaLine struct {
	Name             string
	Qualify, Covered int
}

func (s *Server) schemeShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawScheme(r, 0, id, "")
}

func (s *Server) drawScheme(r *request, status int, id int64, refused string) error {
	v, err := s.svc.Incentives.Scheme(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := &schemePage{SchemeView: v, Title: w.show(v.Name, v.NameEN), Gauge: gaugeOf(&v.Scheme, v.Account.Purse), Refused: refused, Lang: w.Lang()}
	var areas []string
	for _, a := range v.Areas {
		areas = append(areas, w.area(a))
	}
	b.AreaList = w.join(areas)
	for _, o := range v.Offers {
		b.Lines = append(b.Lines, offerLine{o, w.code("benefit", string(o.Kind)), v.Account.Stock[o.N], v.Account.Asked[o.N]})
		b.Offers = append(b.Offers, render.Option{Value: strconv.Itoa(o.N), Label: o.Name})
	}
	for i := range v.Set.Criteria {
		b.Rules = append(b.Rules, r.shownRule(v.Set, i))
	}
	if v.Count != nil {
		b.Counted = w.counted(v.Count, v.Currency, v.Order)
	}
	if auth.Can(r.actor, auth.GrantDecide) {
		p, err := s.svc.Incentives.Grants(r.ctx(), r.actor, service.GrantQuery{Scheme: id, State: programme.GrantProposed, Limit: 25})
		if err != nil {
			return err
		}
		b.Grants, b.MoreWait = p.Rows, p.Total-len(p.Rows)
	}
	if r.isHTMX() {
		return r.fragment(0, "scheme/show", "scheme-count", nil, b)
	}
	return r.page(status, "scheme/show", nil, b)
}

func (w words) counted(v *service.CountView, currency string, order programme.Order) *countView {
	c := &countView{CountView: v, Currency: currency, Short: v.Result.FirstOut != nil}
	for _, a := range v.Result.ByArea {
		c.Areas = append(c.Areas, areaLine{w.areaOrNone(a.Area), a.Qualify, a.Covered})
	}
	c.LastIn, c.FirstOut = w.border(v.Result.LastIn, order), w.border(v.Result.FirstOut, order)
	return c
}

// border says of somebody at the end of the budget what the order looks at.
func (w words) border(b *service.Border, order programme.Order) string {
	if b == nil {
		return ""
	}
	var parts []string
	if order == programme.ByNeed {
		band := w.T("scheme.band_unknown")
		if list := registry.Codes("income_band"); b.Need >= 0 && b.Need < len(list) {
			band = w.code("income_band", list[b.Need])
		}
		parts = append(parts, band)
	}
	if order != programme.ByDate && b.Points > 0 {
		parts = append(parts, w.N("scheme.points_n", b.Points))
	}
	if b.Applied != "" {
		parts = append(parts, w.T("scheme.applied_on", w.Date(b.Applied)))
	}
	return w.join(parts)
}

// schemeForm is the Body of scheme/form.
type schemeForm struct {
	ID, Version int64
	Orders      []programme.Order
	Benefits    []programme.Benefit
	Areas       []render.Option
	Rows        []int
	Currency    string
	Refused     string
}

func (s *Server) schemeNew(r *request) error {
	year := r.today().Year()
	in := &intake.Scheme{Order: string(programme.ByNeed), Once: "yes", First: r.today().String(), Last: fmt.Sprintf("%d-12-31", year)}
	return s.drawSchemeForm(r, 0, 0, 0, in, nil, "")
}

func (s *Server) schemeEdit(r *request) error {
	v, err := s.editableScheme(r)
	if err != nil {
		return err
	}
	return s.drawSchemeForm(r, 0, v.ID, v.Version, intake.FromScheme(&v.Scheme), nil, "")
}

func (s *Server) drawSchemeForm(r *request, status int, id, version int64, in *intake.Scheme, form *render.Form, refused string) error {
	w := r.words()
	b := schemeForm{ID: id, Version: version, Orders: programme.Orders(), Benefits: programme.Benefits(), Currency: w.T("currency." + intake.Currency(r.actor.Party)), Refused: refused}
	for _, a := range place.Areas(r.actor.Party) {
		b.Areas = append(b.Areas, render.Option{Value: a.Code, Label: w.area(a.Code)})
	}
	for i := range min(programme.MaxOffers, len(in.Offers)+2) {
		b.Rows = append(b.Rows, i)
	}
	if form == nil {
		form = &render.Form{}
	}
	form.Values, form.Lists = in.Values(), in.Sets()
	return r.page(status, "scheme/form", form, b)
}

func (s *Server) schemeSave(r *request) error {
	id, err := r.idOrNew()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeScheme(r.values())
	err = bad.Err()
	done := id
	if err == nil {
		done, err = s.svc.Incentives.PutScheme(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems_(err); ok {
		return s.drawSchemeForm(r, 422, id, r.version(), in, &render.Form{Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawSchemeForm(r, 409, id, r.version(), in, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(schemeURL(done), "success", "flash.scheme_saved")
}

// editableScheme reads a draft that may be edited.
func (s *Server) editableScheme(r *request) (*service.SchemeView, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, err
	}
	v, err := s.svc.Incentives.Scheme(r.ctx(), r.actor, id)
	if err != nil {
		return nil, err
	}
	if !v.CanEdit {
		return nil, fault.New(fault.State, "error.scheme.published")
	}
	return v, nil
}

func (s *Server) schemeEditor(r *request) (*ruleEditor, error) {
	v, err := s.editableScheme(r)
	if err != nil {
		return nil, err
	}
	return &ruleEditor{base: schemeURL(v.ID), back: "scheme.back_one", version: v.Version, set: v.Set, save: func(at int, c criteria.Criterion) error {
		return s.svc.Incentives.SaveRule(r.ctx(), r.actor, v.ID, at, c, r.write())
	}}, nil
}

func (s *Server) schemeRuleEdit(r *request) error {
	ed, err := s.schemeEditor(r)
	if err != nil {
		return err
	}
	return s.editRule(r, ed)
}

func (s *Server) schemeRuleSave(r *request) error {
	ed, err := s.schemeEditor(r)
	if err != nil {
		return err
	}
	return s.saveRule(r, ed)
}

func (s *Server) schemeRuleCheck(r *request) error {
	ed, err := s.schemeEditor(r)
	if err != nil {
		return err
	}
	return s.checkRule(r, ed)
}

func (s *Server) schemeRuleRemove(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := r.place()
	if err != nil {
		return err
	}
	if err := s.svc.Incentives.RemoveRule(r.ctx(), r.actor, id, n-1, r.write()); err != nil {
		if ps, ok := problems(err); ok { // the last one, mostly
			return fault.New(fault.State, ps[0].Key, ps[0].Args...)
		}
		return err
	}
	return r.redirect(schemeURL(id), "success", "flash.ruleset.removed")
}

// schemeDo does one step of a scheme; a refusal stands on its page.
func (s *Server) schemeDo(r *request, flash string, do func(id int64) (to string, err error)) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	to, err := do(id)
	if text, ok := r.refusal(err); ok {
		return s.drawScheme(r, 409, id, text)
	}
	if p, ok := problems_(err); ok {
		return s.drawScheme(r, 422, id, r.words().T(p[0].Key, p[0].Args...))
	}
	if err != nil {
		return err
	}
	if to == "" {
		to = schemeURL(id)
	}
	return r.redirect(to, "success", flash)
}

func (s *Server) schemeDelete(r *request) error {
	return s.schemeDo(r, "flash.scheme_deleted", func(id int64) (string, error) {
		return "/schemes", s.svc.Incentives.Discard(r.ctx(), r.actor, id, r.write())
	})
}

func (s *Server) schemePublish(r *request) error {
	return s.schemeDo(r, "flash.scheme_published", func(id int64) (string, error) {
		return "", s.svc.Incentives.Publish(r.ctx(), r.actor, id, r.write())
	})
}

func (s *Server) schemeClose(r *request) error {
	return s.schemeDo(r, "flash.scheme_closed", func(id int64) (string, error) {
		in, bad := intake.DecodeWords(r.values())
		if bad.Err() != nil {
			return "", bad.Err()
		}
		return "", s.svc.Incentives.Close(r.ctx(), r.actor, id, in, r.write())
	})
}

func (s *Server) schemeSuccessor(r *request) error {
	return s.schemeDo(r, "flash.scheme_successor", func(id int64) (string, error) {
		n, err := s.svc.Incentives.Successor(r.ctx(), r.actor, id, r.write())
		return schemeURL(n), err
	})
}

func (s *Server) schemeCount(r *request) error {
	return s.schemeDo(r, "flash.scheme_count", func(id int64) (string, error) {
		offer, err := strconv.Atoi(r.value("offer"))
		if err != nil {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		_, err = s.svc.Incentives.Count(r.ctx(), r.actor, id, offer, r.value("propose") == "yes", r.write())
		return schemeURL(id) + "#count", err
	})
}

// schemeApprove approves the grants that are ticked, as far as the budget goes.
func (s *Server) schemeApprove(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	var ids []int64
	for _, v := range r.values()["grant"] {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 0 {
			ids = append(ids, n)
		}
	}
	done, left, err := s.svc.Incentives.ApproveMany(r.ctx(), r.actor, id, ids, r.write())
	if text, ok := r.refusal(err); ok {
		return s.drawScheme(r, 409, id, text)
	}
	if err != nil {
		return err
	}
	if left > 0 {
		return r.redirect(schemeURL(id), "warning", "flash.grants_some", strconv.Itoa(done), strconv.Itoa(left))
	}
	return r.redirect(schemeURL(id), "success", "flash.grants_approved", strconv.Itoa(done))
}

// grantListPage is the Body of grant/list.
type grantListPage struct {
	Rows   []grantRow
	Total  int
	States []chipLink
	Scheme *service.SchemeView // of which; nil: of all
	Title  string
	First  string
	Next   string
	Export string
}

type chipLink struct {
	Label, URL string
	Active     bool
}

type grantRow struct {
	store.GrantRow
	SchemeName, AreaName string
	Uses                 []grantUse
}

// grantUse is a place whose fee a grant bears, in words.
type grantUse struct {
	service.GrantUse
	Exhibition string
	URL        string // of the place; "" for who may not open it
}

func (r *request) grantUses(list []service.GrantUse) (out []grantUse) {
	w := r.words()
	for _, u := range list {
		x := grantUse{GrantUse: u, Exhibition: w.show(u.Name, u.NameEN)}
		if auth.Can(r.actor, auth.ExhibitorView) {
			x.URL = participationURL(u.Participation)
		}
		out = append(out, x)
	}
	return out
}

func (w words) grantRow(g store.GrantRow) grantRow {
	return grantRow{GrantRow: g, SchemeName: w.show(g.Scheme, g.SchemeEN), AreaName: w.area(g.Area)}
}

func (s *Server) grantList(r *request) error {
	q := r.query()
	first := func(name string) string {
		if v := q[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	w := r.words()
	gq := service.GrantQuery{Limit: 50}
	for _, st := range programme.GrantStates() {
		if first("state") == string(st) {
			gq.State = st
		}
	}
	gq.Scheme, _ = strconv.ParseInt(first("scheme"), 10, 64)
	gq.After, _ = strconv.ParseInt(first("after"), 10, 64)
	if gq.Scheme < 0 || gq.After < 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	b := &grantListPage{}
	if gq.Scheme > 0 {
		v, err := s.svc.Incentives.Scheme(r.ctx(), r.actor, gq.Scheme)
		if err != nil {
			return err
		}
		b.Scheme, b.Title = v, w.show(v.Name, v.NameEN)
	}
	p, err := s.svc.Incentives.Grants(r.ctx(), r.actor, gq)
	if err != nil {
		return err
	}
	b.Total = p.Total
	for _, g := range p.Rows {
		b.Rows = append(b.Rows, w.grantRow(g))
	}
	link := func(state string, after int64) string {
		v := map[string][]string{}
		if gq.Scheme > 0 {
			v["scheme"] = []string{itoa(gq.Scheme)}
		}
		if state != "" {
			v["state"] = []string{state}
		}
		if after > 0 {
			v["after"] = []string{itoa(after)}
		}
		return withQuery("/grants", v)
	}
	b.States = append(b.States, chipLink{w.T("grant.any_state"), link("", 0), gq.State == ""})
	for _, st := range programme.GrantStates() {
		b.States = append(b.States, chipLink{w.code("grant_state", string(st)), link(string(st), 0), gq.State == st})
	}
	if gq.After > 0 {
		b.First = link(string(gq.State), 0)
	}
	if p.Next > 0 {
		b.Next = link(string(gq.State), p.Next)
	}
	if auth.Can(r.actor, auth.ExportRun) {
		b.Export = "/families/export?kind=grants"
	}
	return r.page(0, "grant/list", nil, b)
}

// grantPage is the Body of grant/show.
type grantPage struct {
	*service.GrantView
	SchemeName, AreaName, Benefit string
	Proofs                        []programme.Proof
	BearsFees                     bool // of places at exhibitions
	Places                        []grantUse
	Refused                       string
}

func (s *Server) grantShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawGrant(r, 0, id, nil, "")
}

func (s *Server) drawGrant(r *request, status int, id int64, form *render.Form, refused string) error {
	v, err := s.svc.Incentives.Grant(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	if form == nil {
		form = &render.Form{Values: map[string]string{"on": r.today().String(), "quantity": strconv.Itoa(v.Quantity), "proof": "signature", "receiver": ""}}
	}
	b := &grantPage{GrantView: v, SchemeName: w.show(v.Scheme, v.SchemeEN), AreaName: w.area(v.Area), Benefit: w.code("benefit", string(v.Kind)), Proofs: programme.Proofs(), BearsFees: v.Offer.Bears(1) > 0 && v.State.Live(), Places: r.grantUses(v.Uses), Refused: refused}
	return r.page(status, "grant/show", form, b)
}

// grantDid answers a step of a grant.
func (s *Server) grantDid(r *request, id int64, err error, form *render.Form, flash string) error {
	if p, ok := problems_(err); ok {
		if form == nil {
			return s.drawGrant(r, 422, id, nil, r.words().T(p[0].Key, p[0].Args...))
		}
		form.Problems = p
		return s.drawGrant(r, 422, id, form, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawGrant(r, 409, id, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(grantURL(id), "success", flash)
}

func (s *Server) grantDecide(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if r.value("approve") == "yes" {
		return s.grantDid(r, id, s.svc.Incentives.Decide(r.ctx(), r.actor, id, true, "", r.write()), nil, "flash.grant_approved")
	}
	in, bad := intake.DecodeWords(r.values())
	err = bad.Err()
	if err == nil {
		err = s.svc.Incentives.Decide(r.ctx(), r.actor, id, false, in.Text, r.write())
	}
	return s.grantDid(r, id, err, nil, "flash.grant_refused")
}

func (s *Server) grantWithdraw(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeWords(r.values())
	err = bad.Err()
	if err == nil {
		err = s.svc.Incentives.Withdraw(r.ctx(), r.actor, id, in, r.write())
	}
	return s.grantDid(r, id, err, nil, "flash.grant_withdrawn")
}

// grantDeliver stores the proof among the papers of the family, then notes the delivery that it proves.
func (s *Server) grantDeliver(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Incentives.Grant(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	if !v.CanDeliver && v.State != programme.GrantDelivered {
		return fault.New(fault.State, "error.grant.deliver")
	}
	in, ps := intake.DecodeDelivery(r.values())
	_, more := in.Check(r.intakeContext(0))
	ps = append(ps, more...)
	form := &render.Form{Values: in.Values()}
	file, status, err := r.paper(&ps)
	if err != nil {
		return err
	}
	if ps.Err() != nil {
		form.Problems = ps
		return s.drawGrant(r, status, id, form, "")
	}
	write := r.write()
	document, err := s.svc.Families.AddDocument(r.ctx(), r.actor, v.FamilyID, intake.Document{Type: "other"}, file, service.Write{Key: write.Key})
	if err == nil {
		err = s.svc.Incentives.Deliver(r.ctx(), r.actor, id, in, document, write)
	}
	return s.grantDid(r, id, err, form, "flash.grant_delivered")
}

// familyGrantsPage is the Body of family/grants.
type familyGrantsPage struct {
	*service.FamilyView
	Craft, Area string
	Grants      []grantRow
	Offers      []offerChoice
	Choices     []render.Option
	CanApply    bool
	Refused     string
}

// offerChoice is one offer in words, with what stands in the way.
type offerChoice struct {
	service.MayOffer
	SchemeName, Benefit string
	Why                 string // the criteria in the way
	NoMoney             bool
}

func (w words) offers(list []service.MayOffer) []offerChoice {
	var out []offerChoice
	for _, o := range list {
		c := offerChoice{MayOffer: o, SchemeName: w.show(o.Scheme.Name, o.Scheme.NameEN), Benefit: w.code("benefit", string(o.Offer.Kind)), NoMoney: o.Left == 0}
		if !o.Fits {
			var why []string
			for _, row := range o.Program.Sheet(o.Result, w.Lang()) {
				if openOutcomes[row.Outcome] && row.Weight == criteria.Hard {
					why = append(why, row.Title)
				}
			}
			c.Why = w.join(why)
		}
		out = append(out, c)
	}
	return out
}

func (s *Server) familyGrants(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawFamilyGrants(r, 0, id, &render.Form{Values: map[string]string{"quantity": "1"}}, "")
}

func (s *Server) drawFamilyGrants(r *request, status int, id int64, form *render.Form, refused string) error {
	g, err := s.svc.Incentives.OfFamily(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	v, err := s.svc.Families.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := &familyGrantsPage{FamilyView: v, Craft: w.craft(v.Craft), Area: w.area(v.Area), Offers: w.offers(g.Offers), CanApply: g.CanApply, Refused: refused}
	for _, x := range g.Grants {
		row := w.grantRow(x.GrantRow)
		row.Uses = r.grantUses(x.Uses)
		b.Grants = append(b.Grants, row)
	}
	for _, o := range b.Offers {
		if o.Fits && !o.Holds {
			b.Choices = append(b.Choices, render.Option{Value: itoa(o.Scheme.ID) + "/" + strconv.Itoa(o.Offer.N), Label: o.Offer.Name + " · " + o.SchemeName})
		}
	}
	return r.page(status, "family/grants", form, b)
}

func (s *Server) familyApply(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeGrantAsk(r.values())
	err = bad.Err()
	var grant int64
	if err == nil {
		grant, err = s.svc.Incentives.Apply(r.ctx(), r.actor, id, in, r.write())
	}
	form := &render.Form{Values: in.Values()}
	if p, ok := problems_(err); ok {
		form.Problems = p
		return s.drawFamilyGrants(r, 422, id, form, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawFamilyGrants(r, 409, id, form, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(grantURL(grant), "success", "flash.grant_applied")
}

// familySchemePage is the Body of family/scheme: the decision sheet of a family for a scheme.
type familySchemePage struct {
	*service.Eligibility
	SchemeName string
	Overall    criteria.Overall
	Rows       []sheetRow
}

func (s *Server) familyScheme(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := r.id("n")
	if err != nil {
		return err
	}
	e, err := s.svc.Incentives.Assess(r.ctx(), r.actor, n, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := &familySchemePage{Eligibility: e, SchemeName: w.show(e.Scheme.Name, e.Scheme.NameEN), Overall: e.Result.Overall}
	for _, row := range e.Program.Sheet(e.Result, w.Lang()) {
		b.Rows = append(b.Rows, sheetRow{criterionIn(w, row), changeKeys[row.Outcome]})
	}
	return r.page(0, "family/scheme", nil, b)
}
