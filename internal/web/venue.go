package web

import (
	"math"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var venueRoutes = []route{
	{method: "GET", path: "/venues", access: permit, action: auth.VenueView, handle: (*Server).venueList},
	{method: "GET", path: "/venues/new", access: permit, action: auth.VenueEdit, handle: (*Server).venueNew},
	{method: "POST", path: "/venues/new", access: permit, action: auth.VenueEdit, handle: (*Server).venueAdd},
	{method: "POST", path: "/venues/seed", access: permit, action: auth.VenueEdit, handle: (*Server).venueSeed},
	{method: "GET", path: "/venues/:id", access: permit, action: auth.VenueView, handle: (*Server).venueShow},
	{method: "GET", path: "/venues/:id/edit", access: permit, action: auth.VenueEdit, handle: (*Server).venueEdit},
	{method: "POST", path: "/venues/:id/edit", access: permit, action: auth.VenueEdit, handle: (*Server).venueSave},
	{method: "POST", path: "/venues/:id/halls", access: permit, action: auth.VenueEdit, handle: (*Server).hallAdd},
	{method: "GET", path: "/halls/:id/name", access: permit, action: auth.VenueEdit, handle: (*Server).hallEdit},
	{method: "POST", path: "/halls/:id/name", access: permit, action: auth.VenueEdit, handle: (*Server).hallRename},
}

// mmOf reads a length typed in metres ("2.5", "٢٫٥", "2,5") as whole mm; an empty field is 0. What is no length is a problem of the field.
func (t typed) mmOf(ps *fault.Problems, name string) int {
	text := strings.TrimSpace(arabic.Digits(t.get(name)))
	if text == "" {
		return 0
	}
	text = strings.NewReplacer("٫", ".", ",", ".", "،", ".", "−", "-", "\u200e", "", "\u200f", "").Replace(text)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e6 {
		ps.Add(name, "problem.plan.metres")
		return 0
	}
	return int(math.Round(v * 1000))
}

// metres is a length in mm as it stands in a field: "2.5".
func metres(mm int) string {
	return strconv.FormatFloat(float64(mm)/1000, 'f', -1, 64)
}

func (t typed) ticked(name string) bool { return t.get(name) == "yes" }

// whole reads a number from 0 on; an empty field is 0.
func (t typed) whole(ps *fault.Problems, name string) int {
	if strings.TrimSpace(t.get(name)) == "" {
		return 0
	}
	n, err := strconv.Atoi(arabic.Digits(t.get(name)))
	if err != nil || n < 0 || n > 1<<30 {
		ps.Add(name, "problem.whole_number")
		return 0
	}
	return n
}

func (t typed) label(name string) exhibition.Label {
	return exhibition.Label{AR: t.text(name + ".ar"), EN: t.text(name + ".en")}
}

func venueURL(id int64) string { return "/venues/" + itoa(id) }

// venueListPage is the Body of venue/list.
type venueListPage struct {
	Venues  []shownVenue
	CanEdit bool
	CanSeed bool // nothing is there yet
}

type shownVenue struct {
	service.VenueView
	AreaName string
}

func (s *Server) venueList(r *request) error {
	list, err := s.svc.Venues.List(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	body := venueListPage{CanEdit: auth.Can(r.actor, auth.VenueEdit)}
	body.CanSeed = body.CanEdit && len(list) == 0
	for _, v := range list {
		body.Venues = append(body.Venues, shownVenue{v, r.words().area(v.Area)})
	}
	return r.page(0, "venue/list", nil, body)
}

func (s *Server) venueSeed(r *request) error {
	if _, err := s.svc.Venues.Seed(r.ctx(), r.actor); err != nil {
		return err
	}
	return r.redirect("/venues", "success", "flash.venue.seeded")
}

// venueFormPage is the Body of venue/form.
type venueFormPage struct {
	ID, Version int64 // 0: a new one
	Settings    []exhibition.Setting
	Areas       []render.Option
	Clash       []shownChange
}

func (r *request) drawVenue(status int, id, version int64, form *render.Form) error {
	body := venueFormPage{ID: id, Version: version, Settings: exhibition.Settings()}
	for _, a := range place.Areas(r.actor.Party) {
		body.Areas = append(body.Areas, render.Option{Value: a.Code, Label: r.words().area(a.Code)})
	}
	return r.page(status, "venue/form", form, body)
}

func (t typed) venue() (exhibition.Venue, fault.Problems) {
	var ps fault.Problems
	v := exhibition.Venue{Area: t.get("venue.area"), Name: t.label("venue.name"), City: t.label("venue.city"), Setting: exhibition.Setting(t.get("venue.setting")),
		FloorM2: t.whole(&ps, "venue.floor"), Notes: t.label("venue.notes"), Archived: t.ticked("venue.archived")}
	return v, ps
}

func venueForm(v *exhibition.Venue) *render.Form {
	f := &render.Form{Values: map[string]string{"venue.name.ar": v.Name.AR, "venue.name.en": v.Name.EN, "venue.city.ar": v.City.AR, "venue.city.en": v.City.EN,
		"venue.area": v.Area, "venue.setting": string(v.Setting), "venue.notes.ar": v.Notes.AR, "venue.notes.en": v.Notes.EN}}
	if v.FloorM2 > 0 {
		f.Values["venue.floor"] = strconv.Itoa(v.FloorM2)
	}
	if v.Archived {
		f.Values["venue.archived"] = "yes"
	}
	return f
}

func (s *Server) venueNew(r *request) error { return r.drawVenue(0, 0, 0, nil) }

func (s *Server) venueAdd(r *request) error {
	in := typed(r.values())
	v, ps := in.venue()
	var id int64
	if ps == nil {
		var err error
		id, err = s.svc.Venues.Add(r.ctx(), r.actor, v, r.write())
		if ps, err = fieldProblems(err, "venue.name.ar"); err != nil {
			return err
		}
	}
	if ps != nil {
		return r.drawVenue(422, 0, 0, in.form(ps))
	}
	return r.redirect(venueURL(id), "success", "flash.venue.saved")
}

// fieldProblems returns the problems of an error that a form shows: its own, or, for a name that is taken, one beside the named field. Any other error is handed back.
func fieldProblems(err error, name string) (fault.Problems, error) {
	if err == nil {
		return nil, nil
	}
	if ps, ok := problems(err); ok {
		return ps, nil
	}
	if f := (*fault.Error)(nil); fault.Is(err, fault.Duplicate) && asFault(err, &f) && name != "" {
		var ps fault.Problems
		ps.Add(name, f.Key, f.Args...)
		return ps, nil
	}
	return nil, err
}

func (s *Server) venueEdit(r *request) error {
	v, err := s.venue(r)
	if err != nil {
		return err
	}
	return r.drawVenue(0, v.ID, v.Version, venueForm(&v.Venue))
}

func (s *Server) venue(r *request) (*service.VenueView, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, err
	}
	return s.svc.Venues.Venue(r.ctx(), r.actor, id)
}

func (s *Server) venueSave(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in := typed(r.values())
	v, ps := in.venue()
	v.ID = id
	if ps == nil {
		err := s.svc.Venues.Save(r.ctx(), r.actor, v, r.write())
		if ps, err = fieldProblems(err, "venue.name.ar"); err != nil {
			return err
		}
	}
	if ps != nil {
		return r.drawVenue(422, id, r.version(), in.form(ps))
	}
	return r.redirect(venueURL(id), "success", "flash.venue.saved")
}

// venuePage is the Body of venue/show.
type venuePage struct {
	shownVenue
	Lang string
}

func (s *Server) venueShow(r *request) error { return s.drawVenuePage(r, 0, nil) }

func (s *Server) drawVenuePage(r *request, status int, form *render.Form) error {
	v, err := s.venue(r)
	if err != nil {
		return err
	}
	return r.page(status, "venue/show", form, venuePage{shownVenue{*v, r.words().area(v.Area)}, r.lang()})
}

// hallAdd draws a rectangular hall and goes on to its plan.
func (s *Server) hallAdd(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in := typed(r.values())
	var ps fault.Problems
	width, depth := in.mmOf(&ps, "hall.width"), in.mmOf(&ps, "hall.depth")
	var plan int64
	if ps == nil {
		plan, err = s.svc.Venues.AddHall(r.ctx(), r.actor, id, in.label("hall.name"), width, depth, r.write())
		if ps, err = fieldProblems(err, "hall.name.ar"); err != nil {
			return err
		}
	}
	if ps != nil {
		return s.drawVenuePage(r, 422, in.form(ps))
	}
	return r.redirect(planURL(plan), "", "")
}

// hallNamePage is the Body of venue/hall.
type hallNamePage struct {
	ID, Version, VenueID int64
}

func (s *Server) hallEdit(r *request) error {
	h, err := s.hall(r)
	if err != nil {
		return err
	}
	form := &render.Form{Values: map[string]string{"hall.name.ar": h.Name.AR, "hall.name.en": h.Name.EN}}
	return r.page(0, "venue/hall", form, hallNamePage{h.ID, h.Version, h.VenueID})
}

func (s *Server) hall(r *request) (*exhibition.Hall, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, err
	}
	return s.svc.Venues.Hall(r.ctx(), r.actor, id)
}

func (s *Server) hallRename(r *request) error {
	h, err := s.hall(r)
	if err != nil {
		return err
	}
	in := typed(r.values())
	err = s.svc.Venues.RenameHall(r.ctx(), r.actor, h.ID, in.label("hall.name"), r.write())
	ps, err := fieldProblems(err, "hall.name.ar")
	if err != nil {
		return err
	}
	if ps != nil {
		return r.page(422, "venue/hall", in.form(ps), hallNamePage{h.ID, r.version(), h.VenueID})
	}
	return r.redirect(venueURL(h.VenueID), "success", "flash.hall.saved")
}
