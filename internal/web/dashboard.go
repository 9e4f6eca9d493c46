package web

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/web/render"
)

var dashboardRoutes = []route{
	{method: "GET", path: "/dashboard", access: permit, action: auth.DashboardView, handle: (*Server).dashboard},
	{method: "GET", path: "/dashboard/sheet", access: permit, action: auth.DashboardView, handle: (*Server).dashboardSheet},
}

// dashboardPage is the Body of dashboard/show.
type dashboardPage struct {
	*service.Board
	Views  []render.Option
	Spans  []render.Option
	Places []render.Option
	Fixed  bool // the view has its own period
	Tiles  []tileView
	Panels []panelView
	Map    *figureMap
	Excel  string
	More   string // the page of the registry's figures
	Note   string
	Can    struct{ Reports bool }
}

// pageShows is how many exhibitions a panel of a page lists, the last ones: a year of sixty would be twice the weight that a page may have. The workbook and the report have all.
const pageShows = 8

type tileView struct {
	Title, Text, URL string
}

// panelView is a panel in words: the table that stands behind its chart, from which the browser draws it.
type panelView struct {
	ID, Title, Hint, Alt string
	Chart, Unit          string
	Head                 string // of the column of names
	Series               []string
	Tones                []string
	Lines                []panelLine
	Total                *panelLine
	Excel                string
	Small                bool
	Money                bool // in the currency Unit
	Empty                bool
	Withheld             bool // Empty, because every number of the other country is too small to be shown
	Cut                  int  // the lines that the page shows, where there are more
	Stack                bool // more columns than a phone is wide: cells below each other, each with its label
}

type panelLine struct {
	Name  string
	Cells []panelCell
	Sum   string // over the series; "" where it says nothing
}

type panelCell struct {
	Label, Text string
	N           string // the number for the chart; "" where there is none
	Raw         service.PanelValue
}

// summed reports whether the series of a panel are parts of a whole.
func summed(p *service.Panel) bool {
	return p.Chart != "lines" && len(p.Series) > 1 && p.Key != "balance" && p.Series[0] != "all"
}

func (r *request) boardQuery() (service.BoardQuery, error) {
	var q service.BoardQuery
	for name, values := range r.query() {
		if len(values) > 1 {
			return q, fault.New(fault.NotFound, "error.not_found")
		}
		switch name {
		case "view":
			q.View = service.View(values[0])
		case "span":
			q.Span = service.Span(values[0])
		case "area":
			q.Area = values[0]
		}
	}
	return q, nil
}

func boardURL(path string, q service.BoardQuery, more ...string) string {
	v := url.Values{"view": {string(q.View)}}
	if q.Span != "" && q.Span != "12m" {
		v.Set("span", string(q.Span))
	}
	if q.Area != "" {
		v.Set("area", q.Area)
	}
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] != "" {
			v.Set(more[i], more[i+1])
		}
	}
	return path + "?" + v.Encode()
}

func (s *Server) dashboard(r *request) error {
	q, err := r.boardQuery()
	if err != nil {
		return err
	}
	b, err := s.svc.Dashboards.Board(r.ctx(), r.actor, q)
	if err != nil {
		return err
	}
	return r.page(0, "dashboard/show", nil, r.words().boardPage(r.actor, b))
}

// boardPage puts a view into words.
func (w words) boardPage(actor auth.Actor, b *service.Board) *dashboardPage {
	p := &dashboardPage{Board: b, Fixed: b.View == service.ViewBoth || b.View == service.ViewMine, Excel: boardURL("/dashboard/sheet", b.BoardQuery)}
	for _, v := range b.Views {
		p.Views = append(p.Views, render.Option{Value: boardURL("/dashboard", service.BoardQuery{View: v, Span: b.Span, Area: b.Area}), Label: w.T("dash.view." + string(v)), Selected: v == b.View})
	}
	for _, x := range service.Spans() {
		p.Spans = append(p.Spans, render.Option{Value: string(x), Label: w.T("dash.span." + string(x)), Selected: x == b.Span})
	}
	for _, a := range b.Areas {
		p.Places = append(p.Places, render.Option{Value: a.Code, Label: w.area(a.Code), Selected: a.Code == b.Area})
	}
	for _, t := range b.Tiles {
		x := tileView{Title: w.tileTitle(t.Key), Text: w.panelText(t.Value, t.Unit)}
		if t.Query != nil && auth.Can(actor, auth.FamilyList) {
			x.URL = listURL(filterOf(actor, *t.Query))
		}
		p.Tiles = append(p.Tiles, x)
	}
	for i := range b.Panels {
		v := w.panel(&b.Panels[i], b.Criteria, b.BoardQuery)
		if n := len(v.Lines) - pageShows; b.Panels[i].By == "show" && n > 0 {
			v.Lines, v.Cut = v.Lines[n:], pageShows
		}
		p.Panels = append(p.Panels, v)
		if b.Panels[i].Key == "areas" && b.View == service.ViewRegistrations {
			m := mapOf(w, b.Party, areaCounts(&b.Panels[i]))
			p.Map = &m
		}
	}
	if auth.Can(actor, auth.FiguresView) {
		p.More = "/figures"
	}
	p.Can.Reports = auth.Can(actor, auth.ReportList)
	switch {
	case !b.State.Ready:
		p.Note = w.T("dash.building")
	case b.State.Behind > 0:
		p.Note = w.T("dash.behind", b.State.Behind)
	}
	return p
}

func areaCounts(p *service.Panel) []programme.Count {
	var out []programme.Count
	for _, l := range p.Lines {
		c := programme.Count{Code: l.Code}
		for i, v := range l.Values {
			c.N += int(v.N)
			if i == 0 {
				c.Women = int(v.N)
			}
		}
		out = append(out, c)
	}
	return out
}

func (w words) tileTitle(key string) string {
	if name, party, ok := strings.Cut(key, "_"); ok && place.Country(party).Valid() {
		return w.T("dash.tile."+name) + " · " + w.country(party)
	}
	return w.T("dash.tile." + key)
}

// panelText is a number in words.
func (w words) panelText(v service.PanelValue, unit string) string {
	switch {
	case v.Hidden:
		return w.T("dash.hidden")
	case v.None:
		return "—"
	case unit == "" || unit == "days":
		return w.Num(v.N)
	}
	return w.Money(v.N, unit)
}

// lineName is what a line of a panel is called.
func (w words) lineName(p *service.Panel, l *service.PanelLine, titles map[string]criteria.Text) string {
	if l.Name != "" {
		return w.show(l.Name, l.NameEN)
	}
	switch p.By {
	case "month":
		year, month, ok := strings.Cut(l.Code, "-")
		if m, err := strconv.Atoi(month); ok && err == nil {
			return w.T("month."+strconv.Itoa(m)) + " " + year
		}
	case "area":
		return w.areaOrNone(l.Code)
	case "craft":
		return w.craftOrNone(l.Code)
	case "criterion":
		if t, ok := titles[l.Code]; ok {
			return t.In(w.Lang())
		}
	case "rung":
		return w.T("ladder.rung." + l.Code)
	case "move":
		from, to, _ := strings.Cut(l.Code, ">")
		return w.T("dash.move", w.T("ladder.rung."+from), w.T("ladder.rung."+to))
	case "age", "step", "answer", "disabled", "plan_action", "income":
		if l.Code != "" {
			return w.T("dash." + p.By + "." + l.Code)
		}
	case "participation_state":
		if l.Code == "came" {
			return w.T("dash.came")
		}
		return w.code(p.By, l.Code)
	default:
		if l.Code != "" {
			return w.code(p.By, l.Code)
		}
	}
	if l.Code == "" {
		return w.T("figures.none")
	}
	return l.Code
}

func (w words) series(name string) string {
	if place.Country(name).Valid() {
		return w.country(name)
	}
	return w.T("dash.series." + name)
}

// panel puts a panel into words.
func (w words) panel(p *service.Panel, titles map[string]criteria.Text, q service.BoardQuery) panelView {
	title := w.T("dash.panel." + p.Key)
	id := p.Key
	switch {
	case p.Key == "sales" && q.View == service.ViewBoth:
		title = w.T("dash.panel.sales") + " · " + w.country(string(p.Party)) + " · " + w.T("currency."+p.Unit)
		id += "-" + p.Unit
	case p.Key == "sales":
		title = w.T("dash.panel.sales") + " · " + w.T("currency."+p.Unit)
		id += "-" + p.Unit
	case p.Party != "":
		title += " · " + w.country(string(p.Party))
	}
	if p.Party != "" {
		id += "-" + string(p.Party)
	}
	v := panelView{ID: id, Title: title, Chart: p.Chart, Unit: p.Unit, Head: w.T("dash.by." + p.By), Small: p.Small, Excel: boardURL("/dashboard/sheet", q, "panel", id)}
	if key := "dash.hint." + p.Key; w.Has(key) {
		v.Hint = w.T(key)
	}
	for _, s := range p.Series {
		v.Series = append(v.Series, w.series(s))
		v.Tones = append(v.Tones, s)
	}
	v.Money = p.Unit != "" && p.Unit != "days"
	v.Stack = len(p.Series) > 2 || v.Money && len(p.Series) > 1
	sum := summed(p)
	top, most, hidden := "", int64(0), false
	line := func(l *service.PanelLine, name string) panelLine {
		x := panelLine{Name: name}
		n := int64(0)
		for i, c := range l.Values {
			cell := panelCell{Label: v.Series[i], Text: w.panelText(c, p.Unit), Raw: c}
			if !c.Hidden && !c.None {
				cell.N = itoa(c.N)
				n += c.N
			}
			x.Cells = append(x.Cells, cell)
		}
		if sum {
			x.Sum = w.panelText(service.PanelValue{N: n}, p.Unit)
		}
		return x
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		x := line(l, w.lineName(p, l, titles))
		for _, c := range l.Values {
			hidden = hidden || c.Hidden
			if c.N > most {
				most, top = c.N, x.Name
			}
		}
		v.Lines = append(v.Lines, x)
	}
	if p.Total != nil {
		x := line(p.Total, w.T("dash.total"))
		v.Total = &x
	}
	v.Empty = most == 0
	v.Withheld = v.Empty && hidden
	v.Alt = w.T("dash.alt", v.Title)
	if most > 0 {
		v.Alt = w.T("dash.alt_top", v.Title, top, w.panelText(service.PanelValue{N: most}, p.Unit))
	}
	return v
}

// dashboardSheet is a view as a workbook with a chart for each panel; panel names one of them alone.
func (s *Server) dashboardSheet(r *request) error {
	q, err := r.boardQuery()
	if err != nil {
		return err
	}
	b, err := s.svc.Dashboards.Board(r.ctx(), r.actor, q)
	if err != nil {
		return err
	}
	w := r.words()
	only := ""
	if x := r.query()["panel"]; len(x) == 1 {
		only = x[0]
	}
	var panels []service.Panel
	var views []panelView
	for i := range b.Panels {
		if v := w.panel(&b.Panels[i], b.Criteria, b.BoardQuery); only == "" || v.ID == only {
			panels, views = append(panels, b.Panels[i]), append(views, v)
		}
	}
	if len(panels) == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	title := w.T("dash.view." + string(b.View))
	if only != "" {
		title = views[0].Title
	}
	cover := []sheet.Line{{Name: w.T("dash.party"), Text: w.country(string(b.Party))}, {Name: w.T("dash.period"), Text: w.spanText(b.First, b.Last)}}
	if b.Area != "" {
		cover = append(cover, sheet.Line{Name: w.T("dash.area"), Text: w.area(b.Area)})
	}
	out, err := s.panelBook(r, title, cover, panels, views)
	if err != nil {
		return err
	}
	if err := s.svc.Dashboards.Took(r.ctx(), r.actor, auth.DashboardView, 0, string(b.View)+" "+only); err != nil {
		return err
	}
	r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return r.attachment("muntija-"+string(b.View)+".xlsx", xlsxType, out)
}

func (w words) spanText(first, last programme.Month) string {
	name := func(m programme.Month) string {
		y, n := m.YM()
		return w.T("month."+strconv.Itoa(n)) + " " + strconv.Itoa(y)
	}
	if first == last {
		return name(first)
	}
	return name(first) + " – " + name(last)
}

// panelBook writes panels as a workbook: a sheet with a table for each, and its chart.
func (s *Server) panelBook(r *request, title string, cover []sheet.Line, panels []service.Panel, views []panelView) ([]byte, error) {
	w := r.words()
	book := sheet.Workbook{Lang: w.Lang(), Say: w.T, Title: title, Author: r.actor.Name, At: s.svc.Now().In(zoneOf(r.actor.Party)), Cover: cover}
	for i := range panels {
		p, v := &panels[i], &views[i]
		columns := []sheet.OutColumn{{Title: v.Head, Kind: sheet.OutText, Width: 34}}
		for _, name := range v.Series {
			kind := sheet.OutInt
			if v.Money {
				kind = sheet.OutMoney
			}
			columns = append(columns, sheet.OutColumn{Title: name, Kind: kind, Width: 16})
		}
		hidden := false
		rows := make([][]sheet.Value, len(p.Lines))
		chart := sheet.Summary{Name: v.Title, Title: v.Title, Label: v.Head, Series: v.Series, Chart: sheet.ChartColumns}
		if p.Chart == "bars" {
			chart.Chart = sheet.ChartBars
		}
		for j, l := range v.Lines {
			rows[j] = []sheet.Value{sheet.TextValue(l.Name)}
			line := sheet.SummaryRow{Label: l.Name}
			for _, c := range l.Cells {
				hidden = hidden || c.Raw.Hidden
				switch {
				case c.N == "":
					rows[j] = append(rows[j], sheet.Value{})
				case v.Money:
					rows[j] = append(rows[j], sheet.MoneyValue(c.Raw.N))
				default:
					rows[j] = append(rows[j], sheet.IntValue(c.Raw.N))
				}
				n := c.Raw.N
				if v.Money {
					n /= 100 // charts of counts: whole units
				}
				line.Counts = append(line.Counts, n)
			}
			chart.Rows = append(chart.Rows, line)
		}
		if hidden {
			book.Cover = append(book.Cover, sheet.Line{Name: v.Title, Text: w.T("figures.their_rule")})
		}
		book.Sheets = append(book.Sheets, sheet.Sheet{Name: v.Title, Columns: columns, Count: len(rows), Rows: func(yield func([]sheet.Value) error) error {
			for _, row := range rows {
				if err := yield(row); err != nil {
					return err
				}
			}
			return nil
		}})
		if len(rows) > 0 && !v.Empty && p.Chart != "lines" && len(chart.Rows) <= 60 {
			chart.Name = w.T("fair.chart") + " " + v.Title
			book.Summaries = append(book.Summaries, chart)
		}
	}
	var out bytes.Buffer
	err := sheet.Write(&out, book)
	return out.Bytes(), err
}
