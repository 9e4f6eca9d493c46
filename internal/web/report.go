package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

// Reports that are made again and again: what they hold, when, and what they said each time.
var reportRoutes = []route{
	{method: "GET", path: "/reports", access: permit, action: auth.ReportList, handle: (*Server).reports},
	{method: "POST", path: "/reports", access: permit, action: auth.ReportPlan, handle: (*Server).createReport},
	{method: "GET", path: "/reports/:id", access: permit, action: auth.ReportList, handle: (*Server).showReport},
	{method: "POST", path: "/reports/:id", access: permit, action: auth.ReportPlan, handle: (*Server).editReport},
	{method: "POST", path: "/reports/:id/run", access: permit, action: auth.ReportPlan, handle: (*Server).runReport},
	{method: "GET", path: "/reports/editions/:id", access: permit, action: auth.ReportList, handle: (*Server).edition},
	{method: "GET", path: "/reports/editions/:id/print", access: permit, action: auth.ReportTake, handle: (*Server).editionPrint},
	{method: "GET", path: "/reports/editions/:id/pdf", access: permit, action: auth.ReportTake, handle: (*Server).editionPDF},
	{method: "GET", path: "/reports/editions/:id/sheet", access: permit, action: auth.ReportTake, handle: (*Server).editionSheet},
	{method: "GET", path: "/reports/editions/:id/json", access: permit, action: auth.ReportTake, handle: (*Server).editionJSON},
}

// reportsPage is the Body of report/list and report/show.
type reportsPage struct {
	Plans    []reportPlanView
	Plan     *reportPlanView
	CanPlan  bool
	CanPrint bool
	Sections []render.Option
	Areas    []render.Option
	Spans    []render.Option
	Every    []render.Option
	Langs    []render.Option
	Moving   bool
}

type reportPlanView struct {
	service.ReportPlan
	What  string // its parts
	When  string
	About string // period and area
	Runs  []editionLine
}

type editionLine struct {
	store.ReportEdition
	Period string
}

func (w words) planView(p service.ReportPlan) reportPlanView {
	v := reportPlanView{ReportPlan: p}
	var parts []string
	for _, s := range p.Sections {
		parts = append(parts, w.T("dash.view."+s))
	}
	v.What, v.About = w.join(parts), w.T("dash.span."+p.Span)
	if p.Area != "" {
		v.About += " · " + w.area(p.Area)
	}
	v.When = w.T("reports.every." + everyWord(p.Every))
	if !p.Active {
		v.When = w.T("reports.stopped")
	}
	for _, e := range p.Editions {
		v.Runs = append(v.Runs, editionLine{e, w.spanText(monthOf(e.First), monthOf(e.Last))})
	}
	return v
}

func everyWord(s string) string {
	if s == "" {
		return "asked"
	}
	return s
}

func (s *Server) reportsPage(r *request) *reportsPage {
	w := r.words()
	p := &reportsPage{CanPlan: auth.Can(r.actor, auth.ReportPlan), CanPrint: s.svc.Reports.CanPrint()}
	for _, v := range service.ReportViews() {
		p.Sections = append(p.Sections, render.Option{Value: string(v), Label: w.T("dash.view." + string(v))})
	}
	for _, a := range place.Areas(r.actor.Party) {
		p.Areas = append(p.Areas, render.Option{Value: a.Code, Label: w.area(a.Code)})
	}
	for _, x := range service.ReportSpans() {
		p.Spans = append(p.Spans, render.Option{Value: string(x), Label: w.T("dash.span." + string(x))})
	}
	for _, x := range []string{"", "month", "quarter"} {
		p.Every = append(p.Every, render.Option{Value: x, Label: w.T("reports.every." + everyWord(x))})
	}
	p.Langs = []render.Option{{Value: "ar", Label: "العربية"}, {Value: "en", Label: "English"}}
	return p
}

func (s *Server) reports(r *request) error {
	return s.drawReports(r, 0, &render.Form{Values: map[string]string{"span": "last_quarter", "every": "quarter"}, Lists: map[string][]string{"sections": {"registrations", "decisions"}, "langs": {"ar", "en"}}})
}

func (s *Server) drawReports(r *request, status int, form *render.Form) error {
	plans, err := s.svc.Reports.Plans(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	p := s.reportsPage(r)
	for _, x := range plans {
		p.Plans = append(p.Plans, r.words().planView(x))
	}
	return r.page(status, "report/list", form, p)
}

// reportForm reads what was typed.
func (r *request) reportForm() (service.ReportForm, *render.Form) {
	v := r.values()
	f := service.ReportForm{Name: r.value("name"), Sections: v["sections"], Area: r.value("area"), Span: r.value("span"), Langs: v["langs"], Every: r.value("every"), Active: r.value("stopped") == ""}
	return f, &render.Form{Values: map[string]string{"name": f.Name, "area": f.Area, "span": f.Span, "every": f.Every, "stopped": r.value("stopped")}, Lists: map[string][]string{"sections": f.Sections, "langs": f.Langs}}
}

func (s *Server) createReport(r *request) error {
	f, form := r.reportForm()
	id, err := s.svc.Reports.Create(r.ctx(), r.actor, f, r.write())
	if ps, ok := problems(err); ok {
		form.Problems = ps
		return s.drawReports(r, fiber.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return r.redirect("/reports/"+itoa(id), "success", "flash.report.created")
}

func (s *Server) showReport(r *request) error { return s.drawReport(r, 0, nil) }

func (s *Server) drawReport(r *request, status int, form *render.Form) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	plan, err := s.svc.Reports.Plan(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	p := s.reportsPage(r)
	v := r.words().planView(*plan)
	p.Plan, p.Moving = &v, len(plan.Jobs) > 0
	if form == nil {
		form = &render.Form{Values: map[string]string{"name": plan.Name, "area": plan.Area, "span": plan.Span, "every": plan.Every}, Lists: map[string][]string{"sections": plan.Sections, "langs": plan.Langs}}
		if !plan.Active {
			form.Values["stopped"] = "yes"
		}
	}
	if r.isHTMX() {
		return r.fragment(0, "report/show", "report-runs", form, p)
	}
	return r.page(status, "report/show", form, p)
}

func (s *Server) editReport(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	f, form := r.reportForm()
	err = s.svc.Reports.Edit(r.ctx(), r.actor, id, f, r.write())
	if ps, ok := problems(err); ok {
		form.Problems = ps
		return s.drawReport(r, fiber.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return r.redirect("/reports/"+itoa(id), "success", "flash.report.saved")
}

func (s *Server) runReport(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if _, err := s.svc.Reports.Run(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/reports/"+itoa(id), "info", "flash.report.running")
}

// editionPage is the Body of report/edition and report/print.
type editionPage struct {
	ID, PlanID int64
	Name       string
	Number     int
	Party      string
	Area       string
	Period     string
	Day        any
	MadeAt     time.Time
	SHA256     string
	PDFs       []string
	Sections   []editionSection
	CanTake    bool
	Compared   bool
	Screen     bool            // printed by a person's own browser
	Turn       []render.Option // addresses of the sections, on the screen
	Lang       string
}

type editionSection struct {
	ID, Title string
	Tiles     []editionTile
	Panels    []editionPanel
	Bare      bool // there is nothing in any panel
}

type editionTile struct{ Title, Text, Change string }

// editionPanel is a panel with its picture for paper.
type editionPanel struct {
	panelView
	Bars *printChart
	Key  []string // the series that the picture shows
}

func (s *Server) editionOf(r *request, w words) (*service.PlannedEdition, *editionPage, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, nil, err
	}
	e, err := s.svc.Reports.Edition(r.ctx(), r.actor, id)
	if err != nil {
		return nil, nil, err
	}
	p := editionIn(w, e)
	p.CanTake = auth.Can(r.actor, auth.ReportTake)
	return e, p, nil
}

// editionIn puts an edition into the words of a language.
func editionIn(w words, e *service.PlannedEdition) *editionPage {
	b := &e.Body
	p := &editionPage{ID: e.Edition.ID, PlanID: e.Plan.ID, Name: b.Name, Number: e.Edition.Number, Party: w.country(string(b.Party)), Period: w.spanText(b.First, b.Last), Day: b.Day, MadeAt: e.Edition.MadeAt,
		SHA256: e.Edition.SHA256, PDFs: e.Edition.PDFs, Compared: e.Before != nil, Lang: w.Lang()}
	if b.Area != "" {
		p.Area = w.area(b.Area)
	}
	for _, sec := range b.Sections {
		out := editionSection{ID: string(sec.View), Title: w.T("dash.view." + string(sec.View))}
		for _, t := range sec.Tiles {
			x := editionTile{Title: w.tileTitle(t.Key), Text: w.panelText(t.Value, t.Unit)}
			if d, ok := e.Change(sec.View, t.Key, "", "", "", ""); ok && d != 0 {
				x.Change = w.signed(d)
			}
			out.Tiles = append(out.Tiles, x)
		}
		out.Bare = true
		for i := range sec.Panels {
			v := w.panel(&sec.Panels[i], b.Criteria, service.BoardQuery{View: sec.View})
			v.ID = string(sec.View) + "-" + v.ID
			v.Excel = ""
			x := editionPanel{panelView: v, Bars: printBars(&v)}
			if x.Key = v.Series; x.Bars != nil && !v.summed() {
				x.Key = v.Series[:1]
			}
			out.Bare = out.Bare && v.Empty && !v.Withheld
			out.Panels = append(out.Panels, x)
		}
		p.Sections = append(p.Sections, out)
	}
	return p
}

// edition shows one section of an edition: all of them are for paper.
func (s *Server) edition(r *request) error {
	_, p, err := s.editionOf(r, r.words())
	if err != nil {
		return err
	}
	at := 0
	if q := r.query()["section"]; len(q) > 0 {
		at = slices.IndexFunc(p.Sections, func(x editionSection) bool { return x.ID == q[0] })
		if at < 0 || len(q) > 1 {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	for i, x := range p.Sections {
		p.Turn = append(p.Turn, render.Option{Value: "/reports/editions/" + itoa(p.ID) + "?section=" + x.ID, Label: x.Title, Selected: i == at})
	}
	p.Sections = p.Sections[at : at+1]
	return r.page(0, "report/edition", nil, p)
}

// printLang is the language that a printed form is asked in.
func (r *request) printLang() (string, error) {
	q := r.query()["lang"]
	if len(q) == 0 {
		return r.locale, nil
	}
	if len(q) > 1 || !slices.Contains([]string{"ar", "en"}, q[0]) {
		return "", fault.New(fault.NotFound, "error.not_found")
	}
	return q[0], nil
}

func (s *Server) editionPrint(r *request) error {
	lang, err := r.printLang()
	if err != nil {
		return err
	}
	r.locale = lang
	e, p, err := s.editionOf(r, r.words())
	if err != nil {
		return err
	}
	if err := s.svc.Dashboards.Took(r.ctx(), r.actor, auth.ReportTake, e.Edition.ID, "print "+lang); err != nil {
		return err
	}
	p.Screen = true
	return r.publicPage("report/print", p)
}

func (s *Server) editionPDF(r *request) error {
	lang, err := r.printLang()
	if err != nil {
		return err
	}
	id, err := r.id("id")
	if err != nil {
		return err
	}
	body, err := s.svc.Reports.PDF(r.ctx(), r.actor, id, lang)
	if err != nil {
		return err
	}
	r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return r.attachment(fmt.Sprintf("report-%d-%s.pdf", id, lang), media.PDF, body)
}

func (s *Server) editionSheet(r *request) error {
	w := r.words()
	e, p, err := s.editionOf(r, w)
	if err != nil {
		return err
	}
	var panels []service.Panel
	var views []panelView
	for i, sec := range e.Body.Sections {
		for j := range sec.Panels {
			panels, views = append(panels, sec.Panels[j]), append(views, p.Sections[i].Panels[j].panelView)
		}
	}
	cover := []sheet.Line{{Name: w.T("dash.party"), Text: p.Party}, {Name: w.T("dash.period"), Text: p.Period}, {Name: "SHA-256", Text: p.SHA256}}
	out, err := s.panelBook(r, p.Name, cover, panels, views)
	if err != nil {
		return err
	}
	if err := s.svc.Dashboards.Took(r.ctx(), r.actor, auth.ReportTake, e.Edition.ID, "xlsx"); err != nil {
		return err
	}
	r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return r.attachment(fmt.Sprintf("report-%d.xlsx", e.Edition.ID), xlsxType, out)
}

// editionJSON gives the bytes that the hash is of.
func (s *Server) editionJSON(r *request) error {
	e, _, err := s.editionOf(r, r.words())
	if err != nil {
		return err
	}
	if err := s.svc.Dashboards.Took(r.ctx(), r.actor, auth.ReportTake, e.Edition.ID, "json"); err != nil {
		return err
	}
	if !json.Valid(e.Edition.Body) {
		return fault.New(fault.Internal, "error.internal")
	}
	r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return r.attachment(fmt.Sprintf("report-%d.json", e.Edition.ID), "application/json", e.Edition.Body)
}

// printReport makes the PDF of an edition, as printBook does that of a catalogue.
func (s *Server) printReport(ctx context.Context, e *service.PlannedEdition, lang string) ([]byte, error) {
	w := words{s.pages.Locale(lang), e.Body.Party}
	var page bytes.Buffer
	if err := s.pages.Render(&page, lang, "report/print", &render.Page{Now: s.svc.Now(), Body: editionIn(w, e)}); err != nil {
		return nil, err
	}
	return s.printPage(ctx, page.Bytes())
}

// printPage prints a page that needs style and fonts alone: a listener of its own on the loopback, under a random path, gives Chromium these and nothing else.
func (s *Server) printPage(ctx context.Context, page []byte) ([]byte, error) {
	var secret [16]byte
	_, _ = rand.Read(secret[:])
	path := "/" + hex.EncodeToString(secret[:])
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'")
		_, _ = rw.Write(page)
	})
	mux.HandleFunc("GET /static/{name...}", s.printStatic)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the printer: %w", err)
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()
	return s.chromium(ctx, "http://"+ln.Addr().String()+path)
}

// printStatic gives the printer styles and fonts, no scripts.
func (s *Server) printStatic(rw http.ResponseWriter, req *http.Request) {
	a, ok := s.assets.Asset(req.PathValue("name"))
	if !ok || strings.HasSuffix(a.Type, "javascript") {
		http.NotFound(rw, req)
		return
	}
	rw.Header().Set("Content-Type", a.Type)
	_, _ = rw.Write(a.Body)
}
