package web

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var exhibitionRoutes = []route{
	{method: "GET", path: "/exhibitions", access: permit, action: auth.ExhibitionView, handle: (*Server).exhibitionList},
	{method: "GET", path: "/exhibitions/new", access: permit, action: auth.ExhibitionEdit, handle: (*Server).exhibitionNew},
	{method: "POST", path: "/exhibitions", access: permit, action: auth.ExhibitionEdit, handle: (*Server).exhibitionCreate},
	{method: "GET", path: "/exhibitions/:id", access: permit, action: auth.ExhibitionView, handle: (*Server).exhibitionShow},
	{method: "GET", path: "/exhibitions/:id/edit", access: permit, action: auth.ExhibitionEdit, handle: (*Server).exhibitionEdit},
	{method: "POST", path: "/exhibitions/:id/edit", access: permit, action: auth.ExhibitionEdit, handle: (*Server).exhibitionSave},
	{method: "POST", path: "/exhibitions/:id/submit", access: permit, action: auth.ExhibitionAgree, handle: (*Server).exhibitionSubmit},
	{method: "POST", path: "/exhibitions/:id/agree", access: permit, action: auth.ExhibitionAgree, handle: (*Server).exhibitionAgree},
	{method: "POST", path: "/exhibitions/:id/refuse", access: permit, action: auth.ExhibitionAgree, handle: (*Server).exhibitionRefuse},
	{method: "POST", path: "/exhibitions/:id/cancel", access: permit, action: auth.ExhibitionAgree, handle: (*Server).exhibitionCancel},
	{method: "POST", path: "/exhibitions/:id/close", access: permit, action: auth.ExhibitionEdit, handle: (*Server).exhibitionClose},
	{method: "POST", path: "/exhibitions/:id/comments", access: permit, action: auth.ExhibitionEdit, handle: (*Server).exhibitionComment},
}

func exhibitionURL(id int64) string { return "/exhibitions/" + strconv.FormatInt(id, 10) }

// show returns the name of what both languages may name: the English one if there is one and English is spoken.
func (w words) show(name, nameEN string) string {
	if w.Lang() == "en" && nameEN != "" {
		return nameEN
	}
	return name
}

// exhibitionCard is one exhibition in a list.
type exhibitionCard struct {
	exhibition.Exhibition
	Phase exhibition.Phase
	Title string
	Where string
	Joint bool
	Waits bool // for the reader's party
}

func (r *request) exhibitionCard(e exhibition.Exhibition) exhibitionCard {
	w := r.words()
	c := exhibitionCard{Exhibition: e, Phase: e.Phase(r.today()), Title: w.show(e.Terms.Name, e.Terms.NameEN), Joint: e.Joint()}
	c.Where = w.country(string(e.Terms.Host))
	if e.Terms.City != "" {
		c.Where = e.Terms.City + w.comma() + c.Where
	}
	for _, p := range e.Waiting() {
		c.Waits = c.Waits || p == r.actor.Party
	}
	return c
}

// exhibitionListPage is the Body of exhibition/list.
type exhibitionListPage struct {
	Groups  []exhibitionGroup
	CanEdit bool
	Any     bool
}

// exhibitionGroup is what is on now, what comes, what is being talked about, what is over.
type exhibitionGroup struct {
	Title string
	Rows  []exhibitionCard
}

func (s *Server) exhibitionList(r *request) error {
	list, err := s.svc.Exhibitions.List(r.ctx(), r.actor, store.ExhibitionQuery{})
	if err != nil {
		return err
	}
	now, next, talk, past := exhibitionGroup{Title: "exhibitions.now"}, exhibitionGroup{Title: "exhibitions.next"}, exhibitionGroup{Title: "exhibitions.talk"}, exhibitionGroup{Title: "exhibitions.past"}
	for _, e := range list {
		c := r.exhibitionCard(e)
		switch {
		case c.Phase == exhibition.PhaseRunning:
			now.Rows = append(now.Rows, c)
		case c.Phase == exhibition.PhaseUpcoming:
			next.Rows = append([]exhibitionCard{c}, next.Rows...) // the nearest first
		case e.Status == exhibition.Draft || e.Status == exhibition.Proposed:
			talk.Rows = append(talk.Rows, c)
		default:
			past.Rows = append(past.Rows, c)
		}
	}
	body := exhibitionListPage{CanEdit: auth.Can(r.actor, auth.ExhibitionEdit), Any: len(list) > 0}
	for _, g := range []exhibitionGroup{now, next, talk, past} {
		if len(g.Rows) > 0 {
			body.Groups = append(body.Groups, g)
		}
	}
	return r.page(0, "exhibition/list", nil, body)
}

// diffView is one difference of terms in words.
type diffView struct {
	Label    string
	Old, New string
}

// diffs puts differences of terms into words.
func (w words) diffs(list []exhibition.Diff, seasons map[string]string) []diffView {
	var out []diffView
	text := func(field, v string) string {
		if v == "" {
			return ""
		}
		switch field {
		case "first", "last":
			return w.Date(v)
		case "parties":
			return w.each(v, ",", w.country)
		case "host":
			return w.country(v)
		case "lodging", "travel":
			return w.code(field, v)
		case "documents":
			return w.codes("document_type", v)
		case "quotas":
			return w.each(v, "; ", w.quotaText)
		case "fees":
			return w.each(v, "; ", w.feeText)
		case "season":
			return seasons[v]
		case "site":
			kind, _, _ := cutFirst(v, ":")
			return w.T("exhibition.site_" + kind)
		case "waves":
			return w.days(v)
		case "hours":
			return w.hoursText(v)
		}
		return v
	}
	for _, d := range list {
		out = append(out, diffView{w.T("field." + d.Field), text(d.Field, d.Old), text(d.Field, d.New)})
	}
	return out
}

func (w words) each(list, by string, fn func(string) string) string {
	var out []string
	for _, part := range splitOn(list, by) {
		out = append(out, fn(part))
	}
	return w.join(out)
}

// exhibitionPage is the Body of exhibition/show.
type exhibitionPage struct {
	*service.ExhibitionView
	Title    string
	Where    string
	Parties  []partyKey
	Waiting  string // whose key is missing, in words
	Changes  []diffView
	Events   []exhibitionEvent
	Quotas   []quotaTable
	Fees     []feeView
	Hours    []hoursLine
	Clashes  []clashView
	Papers   []string
	Can      exhibitionCan
	ByName   string // who asked for the pending change
	CallOpen bool
	SeasonIn string
	CanPlan  bool // sees allocations of the season
	Rows     int  // exhibitors of the own party, in every state

	SeriesURL string
}

// exhibitionCan is what the reader may do on the page.
type exhibitionCan struct {
	Edit, Submit, Agree, Refuse, Change, Cancel, Close, Comment, Call, Apply, Select, Roster, Floor, Report, Badges, Halls, Meetings, Meet bool
}

type partyKey struct {
	Name string
	By   string
	At   any
	Done bool
}

type exhibitionEvent struct {
	service.ExhibitionEventView
	Title, Party string
	Diffs        []diffView
}

type quotaTable struct {
	Wave  string
	Lines []quotaLine
}

type quotaLine struct {
	Name string
	exhibition.Tally
	Percent int // of Max, of Min if there is no Max
}

type feeView struct {
	Party string
	exhibition.Fee
	Text string
}

type hoursLine struct{ Title, Text string }

type clashView struct {
	exhibition.Clash
	Name string
	URL  string
}

// quotaName is the group of a quota line in words: "EG" → the country, "area:EG-MT" → the governorate.
func (w words) quotaName(q exhibition.Quota) string {
	switch q.By {
	case "":
		return w.T("enum.quota.all")
	case exhibition.ByParty:
		return w.country(q.Value)
	case exhibition.ByArea:
		return w.area(q.Value)
	case exhibition.ByCraft:
		return w.craft(q.Value)
	}
	return w.T("enum.quota." + string(q.By))
}

// quotaLines are the groups that a quota may be of.
func (w words) quotaLines() []render.Option {
	var out []render.Option
	for _, d := range exhibition.Dimensions() {
		if !d.Valued() {
			out = append(out, render.Option{Value: string(d), Label: w.T("enum.quota." + string(d))})
		}
	}
	for _, p := range place.Countries() {
		out = append(out, render.Option{Value: "party:" + string(p), Label: w.country(string(p))})
	}
	for _, c := range registry.Crafts() {
		if c.Exhibited {
			out = append(out, render.Option{Value: "craft:" + c.Code, Label: c.Name(w.Lang())})
		}
	}
	for _, p := range place.Countries() {
		for _, a := range place.Areas(p) {
			out = append(out, render.Option{Value: "area:" + a.Code, Label: w.area(a.Code)})
		}
	}
	return out
}

// quotaText is a stored line "party:EG 0–70" in words.
func (w words) quotaText(s string) string {
	line, bounds, _ := cutLast(s, " ")
	by, value, _ := cutFirst(line, ":")
	return w.quotaName(exhibition.Quota{By: exhibition.Dimension(by), Value: value}) + " " + bounds
}

func (w words) fee(f exhibition.Fee) string {
	text := w.code("fee_kind", string(f.Kind))
	switch f.Kind {
	case "fixed":
		text += " " + w.Money(f.Amount, f.Currency)
	case "share":
		text += " " + w.Percent(int64(f.Percent))
	}
	if f.Deposit > 0 {
		text += w.comma() + w.T("exhibition.deposit", w.Money(f.Deposit, f.Currency))
	}
	if f.Subsidy > 0 {
		text += w.comma() + w.T("exhibition.subsidy", w.Percent(int64(f.Subsidy)))
	}
	return text
}

// feeText is a stored fee in words.
func (w words) feeText(s string) string {
	var f exhibition.Fee
	var a, b, c, d int64
	var party, kind string
	if n, _ := fmt.Sscanf(s, "%s %s %d.%d/%d%% +%d.%d -%d%% %s", &party, &kind, &a, &b, &f.Percent, &c, &d, &f.Subsidy, &f.Currency); n < 9 {
		return s
	}
	f.Party, f.Kind, f.Amount, f.Deposit = place.Country(party), exhibition.FeeKind(kind), a*100+b, c*100+d
	return w.country(party) + ": " + w.fee(f)
}

func (w words) span(s exhibition.Span) string {
	if s.None() {
		return ""
	}
	return s.From.Clock() + " – " + s.To.Clock()
}

func (w words) hours(h exhibition.Hours) []hoursLine {
	var out []hoursLine
	for _, x := range []struct {
		key  string
		span exhibition.Span
	}{{"exhibition.daily", h.Daily}, {"exhibition.friday", h.Friday}, {"exhibition.ramadan", h.Ramadan}} {
		if !x.span.None() {
			out = append(out, hoursLine{x.key, w.span(x.span)})
		}
	}
	return out
}

// hoursText is a stored timetable in words: "10:00–22:00 ق 11:30–13:00 ر -".
func (w words) hoursText(s string) string {
	daily, rest, ok := cutFirst(s, " ق ")
	friday, ramadan, ok2 := cutFirst(rest, " ر ")
	if !ok || !ok2 {
		return s
	}
	var out []string
	for _, x := range [][2]string{{"exhibition.daily", daily}, {"exhibition.friday", friday}, {"exhibition.ramadan", ramadan}} {
		if x[1] != "-" {
			out = append(out, w.T(x[0])+" \u2066"+x[1]+"\u2069") // the times are a left-to-right island inside of the line
		}
	}
	return w.join(out)
}

func (r *request) quotaTables(t *exhibition.Terms, tallies [][]exhibition.Tally) []quotaTable {
	w := r.words()
	var out []quotaTable
	for i, list := range tallies {
		q := quotaTable{}
		if len(t.Waves) > 0 {
			q.Wave = w.waveName(t, i)
		}
		for _, y := range list {
			line := quotaLine{Name: w.quotaName(y.Quota), Tally: y}
			if of := max(y.Max, y.Min); of > 0 {
				line.Percent = min(100, y.Held*100/of)
			}
			q.Lines = append(q.Lines, line)
		}
		out = append(out, q)
	}
	return out
}

func (w words) waveName(t *exhibition.Terms, i int) string {
	if i < len(t.Waves) && t.Waves[i].Name != "" {
		return t.Waves[i].Name
	}
	return w.T("exhibition.wave", i+1)
}

func (s *Server) exhibitionShow(r *request) error { return s.drawExhibition(r, 0, nil, "") }

// drawExhibition draws the page of an exhibition; refused says why what was asked was not done, in words.
func (s *Server) drawExhibition(r *request, status int, form *render.Form, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	card := r.exhibitionCard(v.Exhibition)
	b := &exhibitionPage{ExhibitionView: v, Title: card.Title, Where: card.Where, Hours: w.hours(v.Terms.Hours), Quotas: r.quotaTables(&v.Terms, v.Tallies), CanPlan: v.Can[auth.AllocationView]}
	seasons := map[string]string{}
	if v.Season != nil {
		b.SeasonIn = w.show(v.Season.Name, v.Season.NameEN)
		seasons[strconv.FormatInt(v.Season.ID, 10)] = b.SeasonIn
	}
	b.SeriesURL = seriesURL(v.Terms.Series)
	b.Changes = w.diffs(v.Changes, seasons)
	var waiting []string
	for _, p := range v.Waiting() {
		waiting = append(waiting, w.country(string(p)))
	}
	b.Waiting = w.join(waiting)
	keys := v.Keys
	if v.Pending != nil {
		keys, b.ByName = v.Pending.Keys, v.Names[v.Pending.By]
	}
	for _, p := range v.Terms.Parties {
		k := partyKey{Name: w.country(string(p))}
		for _, x := range keys {
			if x.Party == p {
				k.By, k.At, k.Done = v.Names[x.By], x.At, true
			}
		}
		b.Parties = append(b.Parties, k)
	}
	for i := len(v.Events) - 1; i >= 0; i-- { // the newest first
		x := v.Events[i]
		b.Events = append(b.Events, exhibitionEvent{x, w.T("exhibition.event." + x.Step), w.country(string(x.Party)), w.diffs(x.Diffs, seasons)})
	}
	for _, p := range v.Terms.Parties {
		f := v.Terms.FeeOf(p)
		b.Fees = append(b.Fees, feeView{w.country(string(p)), f, w.fee(f)})
	}
	for _, c := range v.Clashes {
		x := clashView{Clash: c, Name: w.show(c.Holiday, c.HolidayEN)}
		if c.Other != 0 {
			x.Name, x.URL = v.Others[c.Other], exhibitionURL(c.Other)
		}
		b.Clashes = append(b.Clashes, x)
	}
	for _, d := range v.Terms.Documents {
		b.Papers = append(b.Papers, w.code("document_type", string(d)))
	}
	b.CallOpen = v.Call != nil && v.Call.OpenOn(v.Today)
	for _, n := range v.Counts {
		b.Rows += n
	}
	own := v.Has(r.actor.Party)
	can := func(a auth.Action) bool { return v.Can[a] }
	open := v.Open() && own
	b.Can = exhibitionCan{
		Edit: can(auth.ExhibitionEdit) && (v.Status == exhibition.Draft && v.Proposer == r.actor.Party || v.Status == exhibition.Proposed && own), Submit: can(auth.ExhibitionAgree) && v.Status == exhibition.Draft,
		Agree: v.CanAgree, Refuse: can(auth.ExhibitionAgree) && own && (v.Status == exhibition.Proposed || v.Pending != nil), Change: can(auth.ExhibitionEdit) && open,
		Cancel: can(auth.ExhibitionAgree) && v.Status != exhibition.Closed && v.Status != exhibition.Cancelled, Close: can(auth.ExhibitionEdit) && own && v.Phase == exhibition.PhaseOver,
		Comment: can(auth.ExhibitionEdit), Call: can(auth.CallManage) && open, Apply: can(auth.ApplicationEnter) && open && b.CallOpen, Select: can(auth.ExhibitorView) && own && v.Status != exhibition.Draft && v.Status != exhibition.Proposed,
		Roster: can(auth.RosterView) && (v.Status == exhibition.Agreed || v.Status == exhibition.Closed), Report: can(auth.ReportView) && (v.Status == exhibition.Agreed || v.Status == exhibition.Closed),
		Halls:  can(auth.PlaceView),
		Badges: can(auth.InvitationAnswer) && open,
	}
	b.Can.Floor, b.Can.Meetings, b.Can.Meet = b.Can.Roster, can(auth.MeetingView), can(auth.MeetingEdit)
	if form == nil {
		form = &render.Form{}
	}
	return r.page(status, "exhibition/show", form, struct {
		*exhibitionPage
		Refused string
	}{b, refused})
}

// after ends a change of an exhibition: back to its page, or the page again with what is wrong.
func (s *Server) after(r *request, err error, to, flash string, values map[string]string) error {
	if err == nil {
		return r.redirect(to, "success", flash)
	}
	form := &render.Form{Values: values}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawExhibition(r, 422, form, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawExhibition(r, 409, form, text)
	}
	return err
}

// refusal is the message of an error that the person can do something about.
func (r *request) refusal(err error) (string, bool) {
	var f *fault.Error
	if errors.As(err, &f) && (f.Kind == fault.State || f.Kind == fault.Stale || f.Kind == fault.Duplicate) {
		return r.words().T(f.Key, f.Args...), true
	}
	return "", false
}

func (s *Server) exhibitionSubmit(r *request) error {
	return s.exhibitionStep(r, "flash.exhibition_submit", s.svc.Exhibitions.Submit)
}

func (s *Server) exhibitionAgree(r *request) error {
	return s.exhibitionStep(r, "flash.exhibition_agree", s.svc.Exhibitions.Agree)
}

func (s *Server) exhibitionStep(r *request, flash string, do stepDo) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.after(r, do(r.ctx(), r.actor, id, r.write()), exhibitionURL(id), flash, nil)
}

func (s *Server) exhibitionRefuse(r *request) error {
	return s.exhibitionWords(r, "flash.exhibition_refuse", s.svc.Exhibitions.Refuse)
}

func (s *Server) exhibitionCancel(r *request) error {
	return s.exhibitionWords(r, "flash.exhibition_cancel", s.svc.Exhibitions.Cancel)
}

func (s *Server) exhibitionClose(r *request) error {
	return s.exhibitionWords(r, "flash.exhibition_close", s.svc.Exhibitions.Close)
}

func (s *Server) exhibitionComment(r *request) error {
	return s.exhibitionWords(r, "flash.exhibition_comment", s.svc.Exhibitions.Comment)
}

func (s *Server) exhibitionWords(r *request, flash string, do wordsDo) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeWords(r.values())
	if err = bad.Err(); err == nil {
		err = do(r.ctx(), r.actor, id, in, r.write())
	}
	return s.after(r, err, exhibitionURL(id), flash, in.Values())
}

// exhibitionForm is the Body of exhibition/form.
type exhibitionForm struct {
	ID       int64
	Version  int64
	Change   bool // of agreed terms: both parties must agree again
	Name     string
	Parties  []render.Option
	Seasons  []render.Option
	Places   []render.Option // venues and halls of the own registry, and the one that stands
	Lines    []render.Option
	Papers   []render.Option
	Waves    []int // indexes of rows
	Quotas   []quotaRow
	Fees     []feeRow
	Lodgings []exhibition.Lodging
	Travels  []exhibition.Travel
	FeeKinds []exhibition.FeeKind
	Series   []string // names that series have
	Clash    []clashLine
	Refused  string
}

// quotaRow is a row of the quotas. One that names its group offers only that group and none, so that many rows stay a light page; another group is named in a free row.
type quotaRow struct {
	Index int
	Lines []render.Option
}

type feeRow struct {
	Index    int
	Party    place.Country
	Name     string
	Currency string
}

func (s *Server) exhibitionNew(r *request) error {
	return s.drawExhibitionForm(r, 0, &exhibitionForm{}, &intake.Exhibition{Parties: []string{string(r.actor.Party)}, Host: string(r.actor.Party)}, nil)
}

func (s *Server) drawExhibitionForm(r *request, status int, b *exhibitionForm, in *intake.Exhibition, ps fault.Problems) error {
	w := r.words()
	seasons, err := s.svc.Exhibitions.Seasons(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	for _, x := range seasons {
		b.Seasons = append(b.Seasons, render.Option{Value: strconv.FormatInt(x.ID, 10), Label: w.show(x.Name, x.NameEN)})
	}
	if b.Places, err = s.placeOptions(r, in); err != nil {
		return err
	}
	series, err := s.svc.Exhibitions.Series(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	for _, x := range series {
		b.Series = append(b.Series, x.Name)
	}
	b.Lines = w.quotaLines()
	for _, p := range place.Countries() {
		b.Parties = append(b.Parties, render.Option{Value: string(p), Label: w.country(string(p))})
		b.Fees = append(b.Fees, feeRow{len(b.Fees), p, w.country(string(p)), w.T("currency." + exhibition.CurrencyOf(p))})
	}
	b.Papers = optionsOf(w, "document_type", []string{"id_card", "health_certificate", "household_licence", "commercial_register", "tax_card", "craft_proof", "product_photo", "disability_card"})
	// The fee of each party stands in its own row, whatever the order on file.
	fees := make([]intake.Fee, len(place.Countries()))
	for i, p := range place.Countries() {
		fees[i].Party = string(p)
		for _, f := range in.Fees {
			if f.Party == string(p) {
				fees[i] = f
			}
		}
	}
	drawn := *in
	drawn.Fees = fees
	for i := range len(drawn.Waves) + 2 {
		if i < 12 {
			b.Waves = append(b.Waves, i)
		}
	}
	for i := range len(drawn.Quotas) + 3 {
		if i >= 60 {
			break
		}
		row := quotaRow{i, b.Lines}
		if i < len(drawn.Quotas) {
			line := drawn.Quotas[i].Line
			if at := slices.IndexFunc(b.Lines, func(o render.Option) bool { return o.Value == line }); at >= 0 && len(ps.On(fmt.Sprintf("quotas[%d].line", i))) == 0 {
				row.Lines = b.Lines[at : at+1]
			}
		}
		b.Quotas = append(b.Quotas, row)
	}
	b.Lodgings, b.Travels, b.FeeKinds = exhibition.Lodgings(), exhibition.Travels(), exhibition.FeeKinds()
	return r.page(status, "exhibition/form", &render.Form{Values: drawn.Values(), Lists: drawn.Sets(), Problems: ps}, b)
}

// placeOptions are the venues of the own party and their halls, to choose the place of an exhibition from. What the other party chose from its own stands as it is.
func (s *Server) placeOptions(r *request, in *intake.Exhibition) ([]render.Option, error) {
	venues, err := s.svc.Venues.List(r.ctx(), r.actor)
	if err != nil {
		return nil, err
	}
	lang := r.lang()
	var out []render.Option
	known := in.Site == ""
	add := func(kind string, id int64, label string) {
		o := render.Option{Value: kind + ":" + itoa(id), Label: label}
		known = known || o.Value == in.Site
		out = append(out, o)
	}
	for _, v := range venues {
		if v.Archived {
			continue
		}
		add("venue", v.ID, v.Name.In(lang))
		for _, h := range v.Halls {
			add("hall", h.ID, v.Name.In(lang)+" · "+h.Name.In(lang))
		}
	}
	if !known {
		out = append(out, render.Option{Value: in.Site, Label: in.Venue})
	}
	return out, nil
}

func (s *Server) exhibitionCreate(r *request) error {
	in, bad := intake.DecodeExhibition(r.values())
	err := bad.Err()
	id := int64(0)
	if err == nil {
		id, err = s.svc.Exhibitions.Create(r.ctx(), r.actor, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawExhibitionForm(r, 422, &exhibitionForm{}, in, p)
	}
	if err != nil {
		return err
	}
	return r.redirect(exhibitionURL(id), "success", "flash.exhibition_created")
}

// exhibitionEdit draws the form of the terms: to edit them, or to propose a change of what was agreed.
func (s *Server) exhibitionEdit(r *request) error {
	b, v, err := s.readExhibitionForm(r)
	if err != nil {
		return err
	}
	t := v.Terms
	if v.Pending != nil && b.Change {
		t = v.Pending.Terms
	}
	return s.drawExhibitionForm(r, 0, b, intake.FromTerms(&t), nil)
}

func (s *Server) readExhibitionForm(r *request) (*exhibitionForm, *service.ExhibitionView, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, nil, err
	}
	v, err := s.svc.Exhibitions.View(r.ctx(), r.actor, id)
	if err != nil {
		return nil, nil, err
	}
	if v.Status == exhibition.Closed || v.Status == exhibition.Cancelled {
		return nil, nil, fault.New(fault.State, "error.exhibition.change", v.Status.Title())
	}
	return &exhibitionForm{ID: id, Version: v.Version, Change: v.Status == exhibition.Agreed, Name: r.words().show(v.Terms.Name, v.Terms.NameEN)}, v, nil
}

// termsClash compares what was typed with the terms that somebody else stored meanwhile; nil if they are the same, or what was typed makes no terms.
func (s *Server) termsClash(r *request, v *service.ExhibitionView, in *intake.Exhibition) []clashLine {
	mine, ps := in.Check(intake.Context{Party: r.actor.Party, Today: r.today(), Now: s.svc.Now()})
	if ps.Err() != nil {
		return nil
	}
	theirs := v.Terms
	if v.Pending != nil {
		theirs = v.Pending.Terms
	}
	seasons := map[string]string{}
	if list, err := s.svc.Exhibitions.Seasons(r.ctx(), r.actor); err == nil {
		for _, x := range list {
			seasons[strconv.FormatInt(x.ID, 10)] = r.words().show(x.Name, x.NameEN)
		}
	}
	var out []clashLine
	for _, d := range r.words().diffs(exhibition.Compare(&theirs, &mine), seasons) {
		out = append(out, clashLine{d.Label, d.New, d.Old})
	}
	return out
}

func (s *Server) exhibitionSave(r *request) error {
	b, v, err := s.readExhibitionForm(r)
	if err != nil {
		return err
	}
	in, bad := intake.DecodeExhibition(r.values())
	flash := "flash.exhibition_saved"
	if err = bad.Err(); err == nil {
		if b.Change {
			err = s.svc.Exhibitions.Propose(r.ctx(), r.actor, v.ID, in, r.write())
			if flash = "flash.exhibition_change"; !v.Joint() {
				flash = "flash.exhibition_saved"
			}
		} else {
			err = s.svc.Exhibitions.Edit(r.ctx(), r.actor, v.ID, in, r.write())
		}
	}
	if p, ok := problems(err); ok {
		return s.drawExhibitionForm(r, 422, b, in, p)
	}
	if text, ok := r.refusal(err); ok {
		if stale(err) {
			b.Clash = s.termsClash(r, v, in)
		}
		if b.Clash == nil {
			b.Refused = text
		}
		return s.drawExhibitionForm(r, 409, b, in, nil)
	}
	if err != nil {
		return err
	}
	return r.redirect(exhibitionURL(v.ID), "success", flash)
}
