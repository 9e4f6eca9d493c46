package web

import (
	"errors"
	"net/url"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var seriesRoutes = []route{
	{method: "GET", path: "/seasons/:id", access: permit, action: auth.ExhibitionView, handle: (*Server).seasonShow},
	{method: "POST", path: "/seasons/:id", access: permit, action: auth.ExhibitionEdit, handle: (*Server).seasonEdit},
	{method: "GET", path: "/series", access: permit, action: auth.ExhibitionView, handle: (*Server).seriesList},
	{method: "GET", path: "/series/one", access: permit, action: auth.ExhibitionView, handle: (*Server).seriesShow},
	{method: "POST", path: "/series/one", access: permit, action: auth.ExhibitionEdit, handle: (*Server).seriesSave},
	{method: "GET", path: "/exhibitors/:id/edit", access: permit, action: auth.ExhibitorManage, handle: (*Server).associationEdit},
}

func seasonURL(id int64) string { return "/seasons/" + strconv.FormatInt(id, 10) }

// seriesURL is the page of a series: its name is typed text and stands in the query.
func seriesURL(name string) string { return "/series/one?name=" + url.QueryEscape(name) }

// clashLine is a field in which what was typed differs from what somebody else stored meanwhile.
type clashLine struct{ Label, Mine, Theirs string }

// clash compares a form that came too late with what is on file now. words puts a value into words; nil leaves it. Nothing is overwritten unseen: the page shows
// these lines, and its form then goes by the version that is on file.
func (w words) clash(mine, theirs map[string]string, label map[string]string, say func(field, value string) string) []clashLine {
	var fields []string
	for f := range mine {
		fields = append(fields, f)
	}
	for f := range theirs {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	slices.Sort(fields)
	var out []clashLine
	for _, f := range fields {
		if mine[f] == theirs[f] {
			continue
		}
		key := "field." + f
		if k := label[f]; k != "" {
			key = k
		}
		line := clashLine{w.T(key), mine[f], theirs[f]}
		if say != nil {
			line.Mine, line.Theirs = say(f, line.Mine), say(f, line.Theirs)
		}
		out = append(out, line)
	}
	return out
}

// stale reports whether somebody else was faster.
func stale(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.Stale
}

// seasonPage is the Body of calendar/season.
type seasonPage struct {
	*service.SeasonView
	Title   string
	Party   string
	Rows    []exhibitionCard
	Clashes []calendarClash
	Clash   []clashLine
	CanPlan bool // sees the plan of the season
}

func (s *Server) seasonShow(r *request) error { return s.drawSeason(r, 0, nil, nil) }

// drawSeason draws a season. mine is what was typed when somebody else was faster.
func (s *Server) drawSeason(r *request, status int, form *render.Form, mine *intake.Span) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.Season(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := &seasonPage{SeasonView: v, Title: w.show(v.Name, v.NameEN), Party: w.country(string(v.Party)), CanPlan: auth.Can(r.actor, auth.SeasonPlanView)}
	names := map[int64]string{}
	for _, e := range v.Exhibitions {
		names[e.ID] = w.show(e.Terms.Name, e.Terms.NameEN)
		b.Rows = append(b.Rows, r.exhibitionCard(e))
	}
	b.Clashes = w.clashes(v.Clashes, names)
	stored := intake.FromSeason(&v.Season)
	if mine != nil {
		b.Clash = w.clash(mine.Values(), stored.Values(), map[string]string{"name": "field.season_name", "name_en": "field.exhibition_name_en"}, nil)
	}
	if form == nil {
		form = &render.Form{Values: stored.Values()}
	}
	return r.page(status, "calendar/season", form, b)
}

func (s *Server) seasonEdit(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeSpan(r.values())
	if err = bad.Err(); err == nil {
		_, err = s.svc.Exhibitions.PutSeason(r.ctx(), r.actor, id, in, r.write())
	}
	form := &render.Form{Values: in.Values()}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawSeason(r, 422, form, nil)
	}
	if stale(err) {
		return s.drawSeason(r, 409, form, in)
	}
	if err != nil {
		return err
	}
	return r.redirect(seasonURL(id), "success", "flash.season_saved")
}

// clashes puts clashes of exhibitions into words and links.
func (w words) clashes(list []exhibition.Clash, names map[int64]string) []calendarClash {
	var out []calendarClash
	for _, c := range list {
		x := calendarClash{Clash: c, Name: names[c.Exhibition], URL: exhibitionURL(c.Exhibition), With: w.show(c.Holiday, c.HolidayEN)}
		if c.Other != 0 {
			x.With, x.WithURL = names[c.Other], exhibitionURL(c.Other)
		}
		out = append(out, x)
	}
	return out
}

// seriesListPage is the Body of series/list.
type seriesListPage struct {
	Rows    []seriesRow
	CanEdit bool
}

type seriesRow struct {
	exhibition.SeriesLine
	Title, URL, Hosts string
}

func (r *request) seriesRow(l exhibition.SeriesLine) seriesRow {
	w := r.words()
	var hosts []string
	for _, p := range l.Hosts {
		hosts = append(hosts, w.country(string(p)))
	}
	return seriesRow{l, w.show(l.Name, l.NameEN), seriesURL(l.Name), w.join(hosts)}
}

func (s *Server) seriesList(r *request) error {
	list, err := s.svc.Exhibitions.Series(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	b := seriesListPage{CanEdit: auth.Can(r.actor, auth.ExhibitionEdit)}
	for _, l := range list[:min(len(list), maxRows)] {
		b.Rows = append(b.Rows, r.seriesRow(l))
	}
	return r.page(0, "series/list", nil, b)
}

// seriesPage is the Body of series/show.
type seriesPage struct {
	*service.SeriesView
	Row      seriesRow
	Text     string // what is said of it, in the reader's language if there is such a text
	Editions []exhibitionCard
	Clash    []clashLine
}

func (s *Server) seriesShow(r *request) error {
	name := ""
	if q := r.query()["name"]; len(q) == 1 {
		name = q[0]
	}
	return s.drawSeries(r, 0, name, nil, nil)
}

func (s *Server) drawSeries(r *request, status int, name string, form *render.Form, mine *intake.Series) error {
	v, err := s.svc.Exhibitions.SeriesOf(r.ctx(), r.actor, name)
	if err != nil {
		return err
	}
	w := r.words()
	b := &seriesPage{SeriesView: v, Row: r.seriesRow(v.SeriesLine), Text: w.show(v.About, v.AboutEN)}
	for _, e := range v.List {
		b.Editions = append(b.Editions, r.exhibitionCard(e))
	}
	stored := intake.FromSeries(&v.Series)
	if mine != nil {
		b.Clash = w.clash(mine.Values(), stored.Values(), map[string]string{"name_en": "field.exhibition_name_en"}, nil)
	}
	if form == nil {
		form = &render.Form{Values: stored.Values()}
	}
	return r.page(status, "series/show", form, b)
}

func (s *Server) seriesSave(r *request) error {
	name := r.value("name")
	in, bad := intake.DecodeSeries(without(r.values(), "name"))
	err := bad.Err()
	if err == nil {
		err = s.svc.Exhibitions.PutSeries(r.ctx(), r.actor, name, in, r.write())
	}
	form := &render.Form{Values: in.Values()}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawSeries(r, 422, name, form, nil)
	}
	if stale(err) {
		return s.drawSeries(r, 409, name, form, in)
	}
	if err != nil {
		return err
	}
	return r.redirect(seriesURL(name), "success", "flash.series_saved")
}

// without returns the values of a form without one of its fields, which is no part of what was typed.
func without(values map[string][]string, field string) map[string][]string {
	out := make(map[string][]string, len(values))
	for k, v := range values {
		if k != field {
			out[k] = v
		}
	}
	return out
}

// associationEdit draws the form of an association that is on file.
func (s *Server) associationEdit(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawAssociation(r, 0, nil, id, nil)
}

// drawAssociation draws the form of a new association (id 0), or of one on file. mine is what was typed when somebody else was faster.
func (s *Server) drawAssociation(r *request, status int, form *render.Form, id int64, mine *intake.Association) error {
	w := r.words()
	b := associationPage{ID: id, Areas: r.areaOptions(r.actor.Party)}
	if id != 0 {
		v, err := s.svc.Exhibitions.Exhibitor(r.ctx(), r.actor, id)
		if err != nil {
			return err
		}
		if v.Kind != exhibition.Association || !v.CanManage {
			return fault.New(fault.NotFound, "error.not_found")
		}
		b.Version, b.Name = v.Version, v.Name
		stored := intake.FromAssociation(&v.Exhibitor, v.Families)
		if mine != nil {
			b.Clash = w.clash(mine.Values(), stored.Values(), map[string]string{"name": "field.exhibitor_name", "name_en": "field.exhibition_name_en", "area": "roster.area"}, func(field, v string) string {
				switch field {
				case "area":
					return w.area(v)
				case "craft":
					return w.craft(v)
				case "for_disability":
					return w.code("tri", v)
				}
				return v
			})
		} else if form == nil {
			form = &render.Form{Values: stored.Values()}
		} else if given := r.version(); given > 0 {
			b.Version = given // the problems are mended on the version that was seen
		}
	}
	if form == nil {
		form = &render.Form{}
	}
	for _, c := range exhibitedCrafts() {
		b.Crafts = append(b.Crafts, render.Option{Value: c, Label: w.craft(c)})
	}
	return r.page(status, "exhibitor/form", form, b)
}

// familyShow is an exhibition on the page of a family that applied for it.
type familyShow struct {
	service.FamilyShow
	Title, URL string
	Warnings   []paperView
}

func (s *Server) familyShows(r *request, family int64) ([]familyShow, error) {
	list, err := s.svc.Exhibitions.OfFamily(r.ctx(), r.actor, family)
	if err != nil {
		return nil, err
	}
	w := r.words()
	var out []familyShow
	for _, x := range list[:min(len(list), 20)] {
		out = append(out, familyShow{x, w.show(x.Terms.Name, x.Terms.NameEN), participationURL(x.ID), w.papers(x.Papers)})
	}
	return out, nil
}
