package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var participationRoutes = []route{
	{method: "GET", path: "/exhibitions/:id/call", access: permit, action: auth.CallManage, handle: (*Server).callForm},
	{method: "POST", path: "/exhibitions/:id/call", access: permit, action: auth.CallManage, handle: (*Server).callSave},
	{method: "POST", path: "/exhibitions/:id/call/close", access: permit, action: auth.CallManage, handle: (*Server).callClose},
	{method: "GET", path: "/exhibitions/:id/apply", access: permit, action: auth.ApplicationEnter, handle: (*Server).applyForm},
	{method: "POST", path: "/exhibitions/:id/apply", access: permit, action: auth.ApplicationEnter, handle: (*Server).apply},
	{method: "POST", path: "/exhibitions/:id/links", access: permit, action: auth.ApplicationEnter, handle: (*Server).applyLink},
	{method: "GET", path: "/exhibitions/:id/applications", access: permit, action: auth.ExhibitorView, handle: (*Server).selecting},
	{method: "POST", path: "/exhibitions/:id/invite", access: permit, action: auth.SelectionDecide, handle: (*Server).inviteAll},
	{method: "GET", path: "/participations/:id", access: permit, action: auth.ExhibitorView, handle: (*Server).participant},
	{method: "POST", path: "/participations/:id/screen", access: permit, action: auth.SelectionDecide, handle: (*Server).screen},
	{method: "POST", path: "/participations/:id/queue", access: permit, action: auth.SelectionDecide, handle: (*Server).queueOne},
	{method: "POST", path: "/participations/:id/invite", access: permit, action: auth.SelectionDecide, handle: (*Server).inviteOne},
	{method: "POST", path: "/participations/:id/answer", access: permit, action: auth.InvitationAnswer, handle: (*Server).answerFor},
	{method: "POST", path: "/participations/:id/withdraw", access: permit, action: auth.InvitationAnswer, handle: (*Server).withdraw},
	{method: "POST", path: "/participations/:id/link", access: permit, action: auth.InvitationAnswer, handle: (*Server).answerLink},
	{method: "GET", path: "/exhibitors", access: permit, action: auth.ExhibitorView, handle: (*Server).exhibitorList},
	{method: "GET", path: "/exhibitors/new", access: permit, action: auth.ExhibitorManage, handle: (*Server).associationNew},
	{method: "POST", path: "/exhibitors", access: permit, action: auth.ExhibitorManage, handle: (*Server).associationSave},
	{method: "GET", path: "/exhibitors/:id", access: permit, action: auth.ExhibitorView, handle: (*Server).exhibitorShow},
	{method: "POST", path: "/exhibitors/:id", access: permit, action: auth.ExhibitorManage, handle: (*Server).associationSave},
	{method: "POST", path: "/exhibitors/:id/travel", access: permit, action: auth.ExhibitorManage, handle: (*Server).travelNote},
}

func participationURL(id int64) string { return "/participations/" + strconv.FormatInt(id, 10) }

// callPage is the Body of exhibition/call.
type callPage struct {
	ID      int64
	Name    string
	Call    *exhibition.Call
	Version int64
	Open    bool
	Refused string
}

func (s *Server) drawCall(r *request, status int, form *render.Form, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	if !v.Open() || !v.Has(r.actor.Party) {
		return fault.New(fault.State, "error.exhibition.not_open", v.Status.Title())
	}
	b := &callPage{ID: id, Name: r.words().show(v.Terms.Name, v.Terms.NameEN), Call: v.Call, Refused: refused}
	if v.Call != nil {
		b.Version, b.Open = v.Call.Version, v.Call.OpenOn(v.Today)
		if form == nil {
			form = &render.Form{Values: map[string]string{"opens": v.Call.Opens.String(), "closes": v.Call.Closes.String(), "rules": v.Call.Rules}}
		}
	}
	if form == nil {
		form = &render.Form{Values: map[string]string{"opens": v.Today.String(), "closes": v.Terms.First.AddDays(-21).String(), "rules": v.Terms.Rules}}
	}
	return r.page(status, "exhibition/call", form, b)
}

func (s *Server) callForm(r *request) error { return s.drawCall(r, 0, nil, "") }

func (s *Server) callSave(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeCall(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.Exhibitions.PutCall(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawCall(r, 422, &render.Form{Values: in.Values(), Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawCall(r, 409, &render.Form{Values: in.Values()}, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(exhibitionURL(id), "success", "flash.call_saved")
}

func (s *Server) callClose(r *request) error {
	return s.exhibitionStep(r, "flash.call_closed", s.svc.Exhibitions.CloseCall)
}

// applyPage is the Body of exhibition/apply and guest/apply.
type applyPage struct {
	ID       int64
	Name     string
	Call     *exhibition.Call
	Closed   string // why nothing can be handed in
	Families []render.Option
	Groups   []render.Option
	Waves    []render.Option
	Sizes    []exhibition.Size
	Needs    []render.Option
	People   []render.Option
	Search   string
	Token    string // of a family's link
	Family   string // its name
	Refused  string
	Given    bool // handed in before
	Rules    string
	First    any
	Last     any
	Where    string
}

func (r *request) applyPage(e *exhibition.Exhibition, call *exhibition.Call) *applyPage {
	w := r.words()
	b := &applyPage{ID: e.ID, Name: w.show(e.Terms.Name, e.Terms.NameEN), Call: call, Sizes: exhibition.Sizes(), Rules: e.Terms.Rules, First: e.Terms.First, Last: e.Terms.Last}
	b.Where = w.country(string(e.Terms.Host))
	if e.Terms.City != "" {
		b.Where = e.Terms.City + w.comma() + b.Where
	}
	if call != nil && call.Rules != "" {
		b.Rules = call.Rules
	}
	for i, x := range e.Terms.Waves {
		b.Waves = append(b.Waves, render.Option{Value: strconv.Itoa(i), Label: w.waveName(&e.Terms, i) + " · " + w.Date(x.First) + " – " + w.Date(x.Last)})
	}
	for _, n := range intake.NeedCodes() {
		b.Needs = append(b.Needs, render.Option{Value: n, Label: w.T("need." + n)})
	}
	for n := range 6 {
		b.People = append(b.People, render.Option{Value: strconv.Itoa(n + 1), Label: w.Num(int64(n + 1))})
	}
	return b
}

func (s *Server) drawApply(r *request, status int, form *render.Form, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	search := ""
	if q := r.query()["q"]; len(q) == 1 {
		search = intake.SearchText(q[0])
	}
	a, err := s.svc.Exhibitions.Applying(r.ctx(), r.actor, id, search)
	if err != nil {
		return err
	}
	w := r.words()
	b := r.applyPage(a.Exhibition, a.Call)
	b.Search, b.Refused = search, refused
	switch {
	case a.Call == nil:
		b.Closed = w.T("error.call.none")
	case a.Call.Take(a.Today) != nil:
		b.Closed, _ = r.refusal(a.Call.Take(a.Today))
	}
	for _, f := range a.Families {
		b.Families = append(b.Families, render.Option{Value: strconv.FormatInt(f.ID, 10), Label: f.Name + " · " + w.craft(f.Craft) + " · " + w.area(f.Area)})
	}
	for _, g := range a.Groups {
		b.Groups = append(b.Groups, render.Option{Value: strconv.FormatInt(g.ID, 10), Label: g.Name})
	}
	if form == nil {
		form = &render.Form{Values: map[string]string{"people": "1", "size": "2x2"}}
	}
	return r.page(status, "exhibition/apply", form, b)
}

func (s *Server) applyForm(r *request) error { return s.drawApply(r, 0, nil, "") }

// apply hands an application in. A call that closed while the form was open refuses it and keeps what was typed.
func (s *Server) apply(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeApplication(r.values())
	done := int64(0)
	if err = bad.Err(); err == nil {
		done, err = s.svc.Exhibitions.Apply(r.ctx(), r.actor, id, in, r.write())
	}
	form := &render.Form{Values: in.Values(), Lists: in.Sets()}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawApply(r, 422, form, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawApply(r, 409, form, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(participationURL(done), "success", "flash.applied")
}

// linkShown is the Body of exhibition/link: a link that is shown once.
type linkShown struct {
	Title, Text string // message keys
	Address     string
	ViewBox     string
	Path        string
	Back        string
}

func (r *request) showLink(title, text, path, back string) error {
	address := r.s.baseURL(r.c) + path
	qr, err := media.QR(address)
	if err != nil {
		return err
	}
	r.c.Set("Cache-Control", "no-store")
	return r.page(0, "exhibition/link", nil, linkShown{title, text, address, qr.ViewBox(), qr.SVGPath(), back})
}

func (s *Server) applyLink(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	family, err := strconv.ParseInt(r.value("family"), 10, 64)
	if err != nil || family < 1 {
		var ps fault.Problems
		ps.Add("family", "problem.participation.family")
		return s.drawApply(r, 422, &render.Form{Problems: ps, Values: map[string]string{"people": "1", "size": "2x2"}}, "")
	}
	token, err := s.svc.Exhibitions.ApplyLink(r.ctx(), r.actor, id, family, r.write())
	if text, ok := r.refusal(err); ok {
		return s.drawApply(r, 409, nil, text)
	}
	if err != nil {
		return err
	}
	return r.showLink("link.apply_title", "link.apply_text", "/apply/"+token, exhibitionURL(id)+"/apply")
}

// selectingPage is the Body of exhibition/applications.
type selectingPage struct {
	*service.Selecting
	ID       int64
	Name     string
	Quotas   []quotaTable
	Filter   exhibition.State
	States   []stateCount
	Rows     []selectingRow
	Eligible int
	Refused  string
	CanApply bool
	Warned   int  // rows in view with papers that will not do
	Abroad   bool // the host is the other country
	Last     any  // the last day, through which papers must be valid
	Pager    pager
}

type stateCount struct {
	State exhibition.State
	N     int
}

type selectingRow struct {
	service.ParticipationRow
	Craft, Area, Wave string
	Warnings          []paperView
}

func (s *Server) selecting(r *request) error { return s.drawSelecting(r, 0, nil, "") }

func (s *Server) drawSelecting(r *request, status int, form *render.Form, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.Selecting(r.ctx(), r.actor, id, nil)
	if err != nil {
		return err
	}
	w := r.words()
	b := &selectingPage{Selecting: v, ID: id, Name: w.show(v.Exhibition.Terms.Name, v.Exhibition.Terms.NameEN), Quotas: r.quotaTables(&v.Exhibition.Terms, v.Tallies), Refused: refused}
	if q := r.query()["state"]; len(q) == 1 && slices.Contains(exhibition.States(), exhibition.State(q[0])) {
		b.Filter = exhibition.State(q[0])
	}
	b.Abroad, b.Last = v.Exhibition.Terms.Host != r.actor.Party, v.Exhibition.Terms.Last
	counts := map[exhibition.State]int{}
	var list []service.ParticipationRow
	for _, x := range v.Rows {
		counts[x.State]++
		if b.Filter == "" || x.State == b.Filter {
			list = append(list, x)
		}
	}
	list, b.Pager = paged(r, list, func(page int) string {
		q := url.Values{"page": {strconv.Itoa(page)}}
		if b.Filter != "" {
			q.Set("state", string(b.Filter))
		}
		return exhibitionURL(id) + "/applications?" + q.Encode()
	})
	if err := s.svc.Exhibitions.Warn(r.ctx(), r.actor, v.Exhibition, list); err != nil {
		return err
	}
	for _, x := range list {
		row := selectingRow{ParticipationRow: x, Craft: w.craft(x.Traits.Craft), Area: w.area(x.Traits.Area)}
		row.Warnings = w.papers(x.Papers)
		if len(x.Papers) > 0 {
			b.Warned++
		}
		if len(v.Exhibition.Terms.Waves) > 0 {
			row.Wave = w.waveName(&v.Exhibition.Terms, x.Wave)
		}
		b.Rows = append(b.Rows, row)
	}
	for _, st := range exhibition.States() {
		if counts[st] > 0 {
			b.States = append(b.States, stateCount{st, counts[st]})
		}
	}
	b.Eligible = counts[exhibition.Eligible]
	b.CanDecide = v.CanDecide && v.Exhibition.Open()
	b.CanApply = v.CanEnter && v.Call != nil && v.Call.OpenOn(v.Today) && v.Exhibition.Open()
	if form == nil {
		form = &render.Form{Values: map[string]string{"deadline": min(v.Today.AddDays(7), v.Exhibition.Terms.First.AddDays(-1)).String()}}
	}
	return r.page(status, "exhibition/applications", form, b)
}

// maxRows is how many rows a list without pages shows; the page stays light, and the file has all.
const maxRows = 150

func (s *Server) inviteAll(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeInvite(r.values())
	var invited, queued int
	if err = bad.Err(); err == nil {
		invited, queued, err = s.svc.Exhibitions.InviteAll(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawSelecting(r, 422, &render.Form{Values: in.Values(), Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawSelecting(r, 409, &render.Form{Values: in.Values()}, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(exhibitionURL(id)+"/applications", "success", "flash.invited_all", strconv.Itoa(invited), strconv.Itoa(queued))
}

// participantPage is the Body of exhibition/participant.
type participantPage struct {
	*service.Participant
	Name, Craft, Area, Wave string
	Stand                   standView
	Papers                  []paperView
	Reasons                 []exhibition.Reason
	Agains                  []string
	Marks                   []render.Option
	Currency                string
	SaleTotal               int64
	SaleDays                []saleDay
	Packing                 []packingRow
	Refused                 string
	CanScreen, CanQueue     bool
	CanInvite, CanAnswer    bool
	CanWithdraw, CanSell    bool
	CanPack, CanEvaluate    bool
	Section                 string // which form has problems
	HasLetter               bool   // an allocation decided, and the actor may read why
	Outcomes, Purposes      []render.Option
	Abroad                  bool // the host is the other country: the note on travel counts
	LastDay                 any
	NeedsText               string
	FeeText                 string
	Pays                    *feeLine // nil: no incentive bears a part
	SeeGrant                bool
}

type paperView struct {
	Name    string
	Expires any
	Missing bool
}

// papers puts what is missing or ends too early into words.
func (w words) papers(list []exhibition.PaperProblem) []paperView {
	var out []paperView
	for _, p := range list {
		out = append(out, paperView{w.code("document_type", string(p.Type)), p.Expires, p.Expires.IsZero()})
	}
	return out
}

// needs is what an application asks for, in words.
func (w words) needs(a *exhibition.Application) string {
	var out []string
	for _, n := range intake.NeedsOf(a) {
		out = append(out, w.T("need."+n))
	}
	return w.join(out)
}

type saleDay struct {
	Day   any
	ISO   string
	Came  bool
	Sale  *exhibition.Sale
	Typed string // its sum as it may be typed again
	Next  bool   // not yet
}

type packingRow struct {
	exhibition.PackingItem
	Kilos string
}

func (s *Server) participant(r *request) error { return s.drawParticipant(r, 0, nil, "", "") }

func (s *Server) drawParticipant(r *request, status int, form *render.Form, section, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.Participant(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	t := &v.Exhibition.Terms
	b := &participantPage{Participant: v, Name: w.show(t.Name, t.NameEN), Craft: w.craft(v.Traits.Craft), Area: w.area(v.Traits.Area), Stand: w.stand(v.Stand), Reasons: exhibition.Reasons(), Agains: exhibition.Agains(),
		Currency: t.Currency(), Refused: refused, Section: section}
	if b.HasLetter, err = s.svc.Allocations.HasLetter(r.ctx(), r.actor, id); err != nil {
		return err
	}
	if len(t.Waves) > 0 {
		b.Wave = w.waveName(t, v.Wave)
	}
	b.Papers, b.Abroad, b.LastDay = w.papers(v.Papers), t.Host != r.actor.Party, t.Last
	if _, last, ok := t.Run(v.Wave); ok {
		b.LastDay = last
	}
	b.NeedsText = w.needs(&v.Application)
	b.FeeText, b.Pays = w.fee(v.Fee.Fee), w.feeLine(v.Fee)
	b.SeeGrant = auth.Can(r.actor, auth.GrantView)
	for n := range 5 {
		b.Marks = append(b.Marks, render.Option{Value: strconv.Itoa(n + 1), Label: w.T("mark." + strconv.Itoa(n+1))})
	}
	b.Outcomes = []render.Option{{Value: "fit", Label: w.T("screening.fit")}, {Value: "refuse", Label: w.T("screening.refuse")}}
	b.Purposes = []render.Option{{Value: "sale", Label: w.T("packing.sale")}, {Value: "display", Label: w.T("packing.display")}}
	came, sold := map[string]bool{}, map[string]*exhibition.Sale{}
	for _, d := range v.Days {
		came[d.Day.String()] = true
	}
	for i := range v.Sales {
		sold[v.Sales[i].Day.String()] = &v.Sales[i]
		b.SaleTotal += v.Sales[i].Amount // all of one currency: the rule keeps others out
	}
	first, last, ok := t.Run(v.Wave)
	for d := first; ok && !d.After(last) && len(b.SaleDays) < 70; d = d.AddDays(1) {
		x := saleDay{Day: d, ISO: d.String(), Came: came[d.String()], Sale: sold[d.String()], Next: d.After(v.Today)}
		if x.Sale != nil {
			x.Typed = plainMoney(x.Sale.Amount)
		}
		b.SaleDays = append(b.SaleDays, x)
	}
	for _, i := range v.Packing {
		b.Packing = append(b.Packing, packingRow{i, kilos(i.Weight())})
	}
	open := v.Exhibition.Open()
	st := v.State
	b.CanScreen = open && v.Can[auth.SelectionDecide] && (st == exhibition.Applied || st == exhibition.Eligible || st == exhibition.Refused)
	b.CanQueue = open && v.Can[auth.SelectionDecide] && (st == exhibition.Eligible || st == exhibition.Declined || st == exhibition.Expired)
	b.CanInvite = open && v.Can[auth.SelectionDecide] && (st == exhibition.Eligible || st == exhibition.Waiting)
	b.CanAnswer = open && v.Can[auth.InvitationAnswer] && st == exhibition.Invited
	b.CanWithdraw = open && v.Can[auth.InvitationAnswer] && !st.Ended()
	b.CanSell = open && v.Can[auth.SaleRecord] && (st == exhibition.Accepted || st == exhibition.Withdrawn && !v.AnsweredAt.IsZero()) && v.Today >= first
	b.CanPack = open && v.Can[auth.PackingEdit] && st == exhibition.Accepted
	b.CanEvaluate = v.Can[auth.EvaluationRecord] && (st == exhibition.Accepted || st == exhibition.Withdrawn) && v.Today >= first
	offered := map[string]string{"deadline": min(v.Today.AddDays(7), t.First.AddDays(-1)).String(), "shipment": "1", "purpose": "sale"}
	if e := v.Evaluation; e != nil {
		offered["quality"], offered["service"], offered["kept_rules"], offered["again"], offered["note"] = mark(e.Quality), mark(e.Service), mark(e.Rules), e.Again, e.Note
	}
	if form == nil {
		form = &render.Form{}
	}
	for name, typed := range form.Values { // the other forms of the page keep what they offer
		offered[name] = typed
	}
	form.Values = offered
	return r.page(status, "exhibition/participant", form, b)
}

func mark(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// kilos is a weight in kilograms, with three decimals at most.
func kilos(grams int64) string { return strconv.FormatFloat(float64(grams)/1000, 'f', -1, 64) }

// onParticipant ends a change of a participation: back to its page, or the page again with what is wrong.
func (s *Server) onParticipant(r *request, id int64, section, flash string, form *render.Form, err error) error {
	if err == nil {
		return r.redirect(participationURL(id), "success", flash)
	}
	if form == nil {
		form = &render.Form{}
	}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawParticipant(r, 422, form, section, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawParticipant(r, 409, form, section, text)
	}
	return err
}

// feeLine is what an incentive bears of a fee, in words.
type feeLine struct {
	*service.FeeView
	Label     string // whether it bears it, or would
	BorneText string
}

func (w words) feeLine(v *service.FeeView) *feeLine {
	if v.Grant == 0 {
		return nil
	}
	l := &feeLine{FeeView: v, Label: w.T("fee.would_bear"), BorneText: w.Money(v.Borne, v.In)}
	if v.Taken {
		l.Label = w.T("fee.borne")
	}
	if v.Kind == "share" { // how much is known when the sales are
		l.BorneText = w.T("fee.up_to", w.Money(v.Most, v.In))
	}
	return l
}

// onForm reads the form of a change of one participation and does it; what was typed stays on the page when it is refused.
func onForm[F interface{ Values() map[string]string }](s *Server, r *request, decode func(map[string][]string) (F, fault.Problems), section, flash string,
	do func(context.Context, auth.Actor, int64, F, service.Write) error) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := decode(r.values())
	if err = bad.Err(); err == nil {
		err = do(r.ctx(), r.actor, id, in, r.write())
	}
	return s.onParticipant(r, id, section, flash, &render.Form{Values: in.Values()}, err)
}

func (s *Server) screen(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeScreening(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.Exhibitions.Screen(r.ctx(), r.actor, id, in, r.write())
	}
	return s.onParticipant(r, id, "screen", "flash.screened", &render.Form{Values: in.Values(), Lists: map[string][]string{"reasons": in.Reasons}}, err)
}

func (s *Server) queueOne(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.onParticipant(r, id, "queue", "flash.queued", nil, s.svc.Exhibitions.Queue(r.ctx(), r.actor, id, r.write()))
}

func (s *Server) inviteOne(r *request) error {
	return onForm(s, r, intake.DecodeInvite, "invite", "flash.invited", s.svc.Exhibitions.Invite)
}

func (s *Server) answerFor(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	answer := r.value("answer")
	if answer != "accept" && answer != "decline" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	state, err := s.svc.Exhibitions.Answer(r.ctx(), r.actor, id, answer == "accept", r.write())
	if err == nil && state == exhibition.Waiting { // the last place went to somebody else
		return r.redirect(participationURL(id), "warning", "flash.last_taken")
	}
	return s.onParticipant(r, id, "answer", "flash.answered", nil, err)
}

func (s *Server) withdraw(r *request) error {
	return onForm(s, r, intake.DecodeWords, "withdraw", "flash.withdrawn", s.svc.Exhibitions.Withdraw)
}

func (s *Server) answerLink(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	token, err := s.svc.Exhibitions.AnswerLink(r.ctx(), r.actor, id, r.write())
	if err != nil {
		return s.onParticipant(r, id, "answer", "", nil, err)
	}
	return r.showLink("link.answer_title", "link.answer_text", "/answer/"+token, participationURL(id))
}

// exhibitorListPage is the Body of exhibitor/list.
type exhibitorListPage struct {
	Rows      []exhibitorRow
	CanManage bool
	Pager     pager
	Most      int // how many the list holds, if there may be more; else 0
}

type exhibitorRow struct {
	exhibition.Exhibitor
	Craft, Area string
}

func (s *Server) exhibitorList(r *request) error {
	list, more, err := s.svc.Exhibitions.Exhibitors(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	b := exhibitorListPage{CanManage: auth.Can(r.actor, auth.ExhibitorManage)}
	if more {
		b.Most = service.MostExhibitors
	}
	list, b.Pager = paged(r, list, func(page int) string { return "/exhibitors?page=" + strconv.Itoa(page) })
	for _, x := range list {
		b.Rows = append(b.Rows, exhibitorRow{x, w.craft(x.Craft), w.area(x.Area)})
	}
	return r.page(0, "exhibitor/list", nil, b)
}

// exhibitorPage is the Body of exhibitor/show.
type exhibitorPage struct {
	*service.ExhibitorView
	Craft, Area string
	Lists       []exhibition.TravelList
	Refused     string
}

func (s *Server) exhibitorShow(r *request) error { return s.drawExhibitor(r, 0, nil, "") }

func (s *Server) drawExhibitor(r *request, status int, form *render.Form, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.Exhibitor(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := exhibitorPage{v, w.craft(v.Exhibitor.Craft), w.area(v.Exhibitor.Area), exhibition.TravelLists(), refused}
	if form == nil {
		form = &render.Form{Values: map[string]string{"travel_list": string(v.Travel), "note": v.TravelNote}}
	}
	return r.page(status, "exhibitor/show", form, b)
}

func (s *Server) travelNote(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeTravelNote(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.Exhibitions.NoteTravel(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawExhibitor(r, 422, &render.Form{Values: in.Values(), Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawExhibitor(r, 409, &render.Form{Values: in.Values()}, text)
	}
	if err != nil {
		return err
	}
	return r.redirect("/exhibitors/"+strconv.FormatInt(id, 10), "success", "flash.travel_noted")
}

// associationPage is the Body of exhibitor/form.
type associationPage struct {
	ID      int64 // 0: a new one
	Name    string
	Clash   []clashLine
	Version int64
	Areas   []render.Option
	Crafts  []render.Option
}

func (s *Server) associationNew(r *request) error {
	return s.drawAssociation(r, 0, nil, 0, nil)
}

func (s *Server) associationSave(r *request) error {
	id, err := r.idOrNew()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeAssociation(r.values())
	err = bad.Err()
	done := id
	if err == nil {
		done, err = s.svc.Exhibitions.PutAssociation(r.ctx(), r.actor, id, in, r.write())
	}
	form := &render.Form{Values: in.Values()}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawAssociation(r, 422, form, id, nil)
	}
	if stale(err) && id != 0 {
		return s.drawAssociation(r, 409, form, id, in)
	}
	if err != nil {
		return err
	}
	return r.redirect("/exhibitors/"+strconv.FormatInt(done, 10), "success", "flash.exhibitor_saved")
}
