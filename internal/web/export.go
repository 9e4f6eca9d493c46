package web

import (
	"bufio"
	"bytes"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var exportRoutes = []route{
	{method: "GET", path: "/families/export", access: permit, action: auth.ExportRun, handle: (*Server).exportForm},
	{method: "POST", path: "/families/export", access: permit, action: auth.ExportRun, handle: (*Server).export},
	{method: "POST", path: "/families/export/layouts/:id/delete", access: permit, action: auth.ExportRun, handle: (*Server).deleteLayout},
	{method: "GET", path: "/exports", access: permit, action: auth.ExportRun, handle: (*Server).exportList},
	{method: "GET", path: "/exports/:id", access: permit, action: auth.ExportRun, handle: (*Server).exportShow},
	{method: "GET", path: "/exports/:id/file", access: permit, action: auth.ExportRun, handle: (*Server).exportFile},
	{method: "POST", path: "/exports/:id/cancel", access: permit, action: auth.ExportRun, handle: (*Server).exportCancel},
	{method: "GET", path: "/templates/families", access: permit, action: auth.ExportRun, handle: func(s *Server, r *request) error { return s.template(r, sheet.Families) }},
	{method: "GET", path: "/templates/members", access: permit, action: auth.ExportRun, handle: func(s *Server, r *request) error { return s.template(r, sheet.Members) }},
	{method: "GET", path: "/templates/products", access: permit, action: auth.ExportRun, handle: func(s *Server, r *request) error { return s.template(r, sheet.Products) }},
}

// exportPage is the Body of export/form.
type exportPage struct {
	Total   int
	Chips   []string
	Query   string // of the filter
	List    string // the list with this filter
	Kind    string
	Kinds   []kindView
	Layouts []savedView
	Groups  []columnGroup
	Langs   []render.Option
	Formats []render.Option
	CanFull bool
	Full    bool
	Extras  bool // the kind has them
	Extra   bool // they are asked for
}

type kindView struct {
	Name, URL string
	Active    bool
}

// columnGroup is the columns of one step of the form, or those of where the registration stands (Key "").
type columnGroup struct {
	Title   string
	Options []render.Option
	Chosen  int
}

// exportForm asks what of the list goes out, and how.
func (s *Server) exportForm(r *request) error {
	q := r.query()
	first := func(name string) string {
		if v := q[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	kind, layout := first("kind"), first("layout")
	for _, own := range []string{"kind", "layout"} {
		delete(q, own)
	}
	return s.drawExport(r, 0, q, service.ExportSpec{Kind: kind, Lang: r.words().Lang(), Format: "xlsx", Extras: true}, layout, &render.Form{Values: map[string]string{}})
}

func (s *Server) drawExport(r *request, status int, query map[string][]string, spec service.ExportSpec, layout string, form *render.Form) error {
	w := r.words()
	kinds := s.svc.Exports.Kinds(r.actor)
	if spec.Kind == "" {
		spec.Kind = kinds[0]
	}
	offer, err := s.svc.Exports.Offer(r.ctx(), r.actor, spec.Kind, w.Lang())
	if err != nil {
		return err
	}
	_, f, _ := readFilter(r.actor.Party, calendar.Of(s.svc.Now().In(zoneOf(r.actor.Party))), query)
	count := f
	count.After, count.Before, count.Limit = "", "", 10
	list, err := s.svc.Families.List(r.ctx(), r.actor, count.store(r.actor))
	if err != nil {
		return err
	}
	p := &exportPage{Total: list.Page.Total, Query: f.query().Encode(), List: listURL(f), Kind: spec.Kind, CanFull: offer.CanFull, Full: spec.Full, Extras: offer.Extras, Extra: spec.Extras}
	for _, c := range f.chips(w, list.Names) {
		p.Chips = append(p.Chips, c.Text)
	}
	address := func(more url.Values) string {
		q := f.query()
		for k, v := range more {
			q[k] = v
		}
		return withQuery("/families/export", q)
	}
	for _, k := range kinds {
		p.Kinds = append(p.Kinds, kindView{Name: k, URL: address(url.Values{"kind": {k}}), Active: k == spec.Kind})
	}
	chosen := spec.Columns
	for _, l := range offer.Layouts {
		on := itoa(l.ID) == layout
		if on && chosen == nil {
			chosen = l.Fields
			form.Values["layout"] = l.Name
		}
		p.Layouts = append(p.Layouts, savedView{ID: l.ID, Name: l.Name, URL: address(url.Values{"kind": {spec.Kind}, "layout": {itoa(l.ID)}}), Active: on})
	}
	if chosen == nil {
		chosen = offer.Default
	}
	p.Groups = columnGroups(w, offer.Columns, chosen)
	p.Langs = []render.Option{{Value: "ar", Label: w.T("export.lang.ar"), Selected: spec.Lang != "en"}, {Value: "en", Label: w.T("export.lang.en"), Selected: spec.Lang == "en"}}
	p.Formats = []render.Option{{Value: "xlsx", Label: w.T("export.format.xlsx"), Selected: spec.Format != "csv"}, {Value: "csv", Label: w.T("export.format.csv"), Selected: spec.Format == "csv"}}
	return r.page(status, "export/form", form, p)
}

// columnGroups puts the columns under the steps of the form they belong to.
func columnGroups(w words, columns []sheet.OutColumn, chosen []string) []columnGroup {
	var out []columnGroup
	at := map[string]int{}
	for _, c := range columns {
		title := w.T("export.group.status")
		if strings.HasPrefix(c.Key, "product.") {
			title = w.T("export.group.product")
		}
		if step := intake.StepOf(c.Key); step != "" && strings.Contains(c.Key, ".") {
			title = w.T("group." + step)
		}
		i, ok := at[title]
		if !ok {
			i = len(out)
			at[title] = i
			out = append(out, columnGroup{Title: title})
		}
		on := slices.Contains(chosen, c.Key)
		out[i].Options = append(out[i].Options, render.Option{Value: c.Key, Label: c.Title, Selected: on})
		if on {
			out[i].Chosen++
		}
	}
	return out
}

// readExport reads the posted form: the filter and what goes out of it.
func (s *Server) readExport(r *request) (url.Values, service.ExportSpec) {
	values, err := url.ParseQuery(r.value("query"))
	if err != nil {
		values = url.Values{}
	}
	_, f, _ := readFilter(r.actor.Party, calendar.Of(s.svc.Now().In(zoneOf(r.actor.Party))), values)
	f.After, f.Before = "", ""
	spec := service.ExportSpec{Kind: r.value("kind"), Query: f.store(r.actor), Filter: f.query().Encode(), Columns: r.values()["columns"], Lang: r.value("lang"), Format: r.value("format"),
		Full: r.value("full") == "yes", Extras: r.value("extras") == "yes"}
	if spec.Kind == "" {
		spec.Kind = s.svc.Exports.Kinds(r.actor)[0]
	}
	if spec.Lang == "" {
		spec.Lang = r.words().Lang()
	}
	if spec.Format == "" {
		spec.Format = "xlsx"
	}
	if spec.Lang == "ar" || spec.Lang == "en" {
		w := words{s.pages.Locale(spec.Lang), r.actor.Party}
		for _, c := range f.chips(w, nil) {
			name, text, _ := strings.Cut(c.Text, ": ")
			spec.Words = append(spec.Words, sheet.Line{Name: name, Text: text})
		}
	}
	return f.query(), spec
}

// export keeps a layout, or makes the file: a small one is the answer, a large one becomes a job with a page of its own.
func (s *Server) export(r *request) error {
	query, spec := s.readExport(r)
	form := &render.Form{Values: map[string]string{"layout": r.value("layout")}}
	again := func(p fault.Problems) error {
		form.Problems = p
		return s.drawExport(r, 422, query, spec, "", form)
	}
	if r.value("_save") != "" {
		name := arabic.Clean(r.value("layout"))
		err := s.svc.Exports.SaveLayout(r.ctx(), r.actor, spec.Kind, name, spec.Columns, r.write())
		if p, ok := problems(err); ok {
			return again(p)
		}
		if err != nil {
			return err
		}
		query.Set("kind", spec.Kind)
		if offer, err := s.svc.Exports.Offer(r.ctx(), r.actor, spec.Kind, "ar"); err == nil {
			for _, l := range offer.Layouts {
				if l.Name == name {
					query.Set("layout", itoa(l.ID))
				}
			}
		}
		return r.redirect(withQuery("/families/export", query), "success", "flash.layout_saved", name)
	}
	id, err := s.svc.Exports.Ask(r.ctx(), r.actor, spec, r.write())
	if p, ok := problems(err); ok {
		return again(p)
	}
	if err != nil {
		return err
	}
	if id != 0 {
		return r.redirect("/exports/"+itoa(id), "info", "flash.export_begun")
	}
	var b bytes.Buffer
	if _, err := s.svc.Exports.Write(r.ctx(), r.actor, spec, &b); err != nil {
		return err
	}
	r.saveAs(r.exportName(spec), spec.Format)
	return r.c.Send(b.Bytes())
}

func (r *request) exportName(spec service.ExportSpec) string {
	return "muntija-" + spec.Kind + "-" + r.s.svc.Now().In(zoneOf(r.actor.Party)).Format("2006-01-02") + "." + spec.Format
}

// saveAs says that the answer is a file to be kept, which no browser opens by itself.
func (r *request) saveAs(name, format string) {
	kind := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	if format == "csv" {
		kind = "text/csv; charset=utf-8"
	}
	r.c.Set("Content-Type", kind)
	r.c.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	r.c.Set("Cache-Control", "no-store")
}

func (s *Server) deleteLayout(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Exports.DeleteLayout(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	query, err := url.ParseQuery(r.value("query")) // the list that the person was about to export
	if err != nil {
		query = url.Values{}
	}
	if kind := r.value("kind"); kind != "" {
		query.Set("kind", kind)
	}
	return r.redirect(withQuery("/families/export", query), "success", "flash.layout_deleted")
}

// exportListPage is the Body of export/list.
type exportListPage struct{ Rows []service.ExportView }

func (s *Server) exportList(r *request) error {
	rows, err := s.svc.Exports.List(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	return r.page(0, "export/list", nil, exportListPage{rows})
}

// exportShowPage is the Body of export/show.
type exportShowPage struct {
	*service.ExportView
	Moving    bool
	CanCancel bool
}

// exportShow shows how far a large export has come. Asked by a script for what changes, it answers with that part alone.
func (s *Server) exportShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exports.File(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	p := exportShowPage{ExportView: v}
	p.Moving = v.Job.State == store.JobQueued || v.Job.State == store.JobRunning
	p.CanCancel = p.Moving && !v.Job.Cancel
	if r.isHTMX() {
		return r.fragment(0, "export/show", "export-state", nil, p)
	}
	return r.page(0, "export/show", nil, p)
}

// fetchTime is how long the sending of a large file may take; a slow line gets it in pieces, each with a minute of its own.
const (
	fetchTime  = 30 * time.Minute
	fetchPiece = time.Minute
)

// exportFile sends the file piece by piece. The request's own deadline ends before, so that the sending has another.
func (s *Server) exportFile(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	v, send, err := s.svc.Exports.Fetch(ctx, r.actor, id)
	if err != nil {
		cancel()
		return err
	}
	r.saveAs(r.exportName(v.Spec), v.Spec.Format)
	conn, log := r.c.Context().Conn(), s.log
	r.c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer cancel()
		if err := send(&patient{w, conn}); err != nil {
			log.Warn("sending an export", "export", id, "error", err)
		}
	})
	return nil
}

// patient gives each piece of a file a minute to be sent.
type patient struct {
	w    *bufio.Writer
	conn interface{ SetWriteDeadline(time.Time) error }
}

func (p *patient) Write(b []byte) (int, error) {
	if p.conn != nil {
		if err := p.conn.SetWriteDeadline(time.Now().Add(fetchPiece)); err != nil {
			return 0, err
		}
	}
	n, err := p.w.Write(b)
	if err == nil {
		err = p.w.Flush()
	}
	return n, err
}

func (s *Server) exportCancel(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Exports.Cancel(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/exports/"+itoa(id), "info", "flash.export_cancelled")
}

// template sends the blank workbook of an import, in the language that is asked for or the person's own.
func (s *Server) template(r *request, kind sheet.RosterKind) error {
	lang := r.c.Query("lang")
	if lang != "ar" && lang != "en" {
		lang = r.words().Lang()
	}
	var b bytes.Buffer
	if err := s.svc.Exports.Template(r.ctx(), r.actor, string(kind), lang, &b); err != nil {
		return err
	}
	r.saveAs("muntija-template-"+string(kind)+"-"+lang+".xlsx", "xlsx")
	return r.c.Send(b.Bytes())
}
