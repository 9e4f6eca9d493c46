package web

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var placeRoutes = []route{
	{method: "GET", path: "/exhibitions/:id/halls", access: permit, action: auth.PlaceView, handle: (*Server).floorShow},
	{method: "POST", path: "/exhibitions/:id/halls", access: permit, action: auth.PlaceEdit, handle: (*Server).floorUse},
	{method: "POST", path: "/exhibitions/:id/halls/:hall/drop", access: permit, action: auth.PlaceEdit, handle: (*Server).floorDrop},
	{method: "GET", path: "/exhibitions/:id/halls/:hall", access: permit, action: auth.PlaceView, handle: (*Server).placeShow},
	{method: "GET", path: "/exhibitions/:id/halls/:hall/state", access: permit, action: auth.PlaceView, handle: (*Server).placeState},
	{method: "GET", path: "/exhibitions/:id/halls/:hall/judge", access: permit, action: auth.PlaceView, handle: (*Server).placeJudge},
	{method: "GET", path: "/exhibitions/:id/halls/:hall/drawing.svg", access: permit, action: auth.PlaceView, handle: (*Server).placeSVG},
	{method: "GET", path: "/exhibitions/:id/halls/:hall/print", access: permit, action: auth.PlaceView, handle: (*Server).placePrint},
	{method: "POST", path: "/exhibitions/:id/halls/:hall/place", access: permit, action: auth.PlaceEdit, handle: (*Server).placePut},
	{method: "POST", path: "/exhibitions/:id/halls/:hall/clear", access: permit, action: auth.PlaceEdit, handle: (*Server).placeClear},
	{method: "POST", path: "/exhibitions/:id/halls/:hall/lock", access: permit, action: auth.PlaceEdit, handle: (*Server).placeLock},
}

func hallsURL(id int64) string           { return "/exhibitions/" + itoa(id) + "/halls" }
func hallPlaceURL(id, hall int64) string { return hallsURL(id) + "/" + itoa(hall) }

// floorPage is the Body of place/halls.
type floorPage struct {
	*service.PlaceFloor
	Lang    string
	Choices []render.Option
}

// Name is the exhibition's name in the reader's language.
func (p floorPage) Name() string { return termsName(&p.Exhibition.Terms, p.Lang) }

func termsName(t *exhibition.Terms, lang string) string {
	if lang == "en" && t.NameEN != "" {
		return t.NameEN
	}
	return t.Name
}

func (s *Server) floorShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	f, err := s.svc.Places.Floor(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	body := floorPage{PlaceFloor: f, Lang: r.lang()}
	used := map[int64]bool{}
	for _, h := range f.Halls {
		used[h.PlanID] = true
	}
	w := r.words()
	for _, c := range f.Choices {
		if !used[c.PlanID] {
			body.Choices = append(body.Choices, render.Option{Value: itoa(c.PlanID), Label: w.T("place.choice", c.Venue, c.Hall.In(r.lang()), c.Number, c.Booths)})
		}
	}
	return r.page(0, "place/halls", nil, body)
}

func (s *Server) floorUse(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	plan, err := strconv.ParseInt(r.value("plan"), 10, 64)
	if err != nil || plan < 1 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if err := s.svc.Places.UsePlan(r.ctx(), r.actor, id, plan, r.write()); err != nil {
		return err
	}
	return r.redirect(hallsURL(id), "success", "flash.place.hall")
}

func (s *Server) floorDrop(r *request) error {
	id, hall, err := r.hallOf()
	if err != nil {
		return err
	}
	if err := s.svc.Places.DropHall(r.ctx(), r.actor, id, hall, r.write()); err != nil {
		return err
	}
	return r.redirect(hallsURL(id), "success", "flash.place.dropped")
}

func (r *request) hallOf() (id, hall int64, err error) {
	if id, err = r.id("id"); err == nil {
		hall, err = r.id("hall")
	}
	return id, hall, err
}

// placeView reads the hall and wave of the address; the wave is in the query, from 1 for people, the first if there is none.
func (s *Server) placeView(r *request) (*service.PlaceView, error) {
	id, hall, err := r.hallOf()
	if err != nil {
		return nil, err
	}
	text := ""
	if q := r.query()["wave"]; len(q) > 0 {
		text = q[0]
	}
	wave, err := waveOf(text)
	if err != nil {
		return nil, err
	}
	return s.svc.Places.View(r.ctx(), r.actor, id, hall, wave)
}

// placePage is the Body of place/show.
type placePage struct {
	*service.PlaceView
	Lang     string
	Name     string
	Number   int // of the wave, from 1
	Waves    []int
	Tray     []shownPerson // without a booth
	Placed   []shownPerson // in this hall, by booth
	Away     int           // in other halls
	Free     []render.Option
	Findings []shownVerdict
	Blocked  int
	URL      string
	Ask      *layoutAsk      // nil: may not place
	Every    []render.Option // booths that somebody may be moved into, also taken ones
	Refused  string
}

type shownPerson struct {
	*service.PlacePerson
	Title, Craft, Area, Code string
	Needs                    string
}

type shownVerdict struct {
	Block      bool
	Code, Name string
	Text       string
}

// person puts an exhibitor into words.
func (r *request) person(v *service.PlaceView, p *service.PlacePerson) shownPerson {
	w := r.words()
	x := shownPerson{PlacePerson: p, Title: p.Name, Craft: w.craft(p.Craft), Area: w.area(p.Area)}
	if r.lang() == "en" && p.NameEN != "" {
		x.Title = p.NameEN
	}
	var needs []string
	if p.AreaDM2 > 0 {
		needs = append(needs, w.square(p.AreaDM2))
	}
	for _, n := range []struct {
		is  bool
		key string
	}{{p.PowerW > 0, "editor.power"}, {p.Water, "editor.water"}, {p.Accessible, "field.booth.accessible"}, {p.Extraction, "editor.extraction"}, {p.Heavy, "place.heavy"}, {p.Live, "place.live"}} {
		if n.is {
			needs = append(needs, w.T(n.key))
		}
	}
	x.Needs = w.join(needs)
	if p.Placement != nil && p.Placement.HallID == v.Hall.ID {
		if b := v.Plan.BoothByID(p.Placement.Booth); b != nil {
			x.Code = b.Code
		}
	}
	return x
}

func (s *Server) placePageOf(r *request, v *service.PlaceView) placePage {
	w := r.words()
	body := placePage{PlaceView: v, Lang: r.lang(), Name: termsName(&v.Exhibition.Terms, r.lang()), Number: v.Wave + 1, URL: hallPlaceURL(v.Exhibition.ID, v.Hall.ID)}
	for i := range v.Exhibition.Terms.WaveCount() {
		body.Waves = append(body.Waves, i+1)
	}
	names := map[int64]string{}
	inHere := map[int]*service.PlacePerson{}
	for i := range v.People {
		p := &v.People[i]
		x := r.person(v, p)
		names[p.ID] = x.Title
		switch {
		case p.Placement == nil:
			body.Tray = append(body.Tray, x)
		case p.Placement.HallID == v.Hall.ID:
			inHere[p.Placement.Booth] = p
		default:
			body.Away++
		}
	}
	for i := range v.Plan.Booths {
		b := &v.Plan.Booths[i]
		if p := inHere[b.ID]; p != nil {
			body.Placed = append(body.Placed, r.person(v, p))
		} else {
			body.Free = append(body.Free, render.Option{Value: strconv.Itoa(b.ID), Label: b.Code + " · " + w.T("enum.booth_type."+string(b.Type))})
		}
	}
	for i := range v.Findings {
		f := &v.Findings[i]
		b := v.Plan.BoothByID(f.Booth)
		x := shownVerdict{Block: f.Severity == fault.Blocking, Name: names[f.Occupant], Text: w.verdict(v.Plan, f)}
		if b != nil {
			x.Code = b.Code
		}
		if x.Block {
			body.Blocked++
		}
		body.Findings = append(body.Findings, x)
	}
	return body
}

// maxTray and the like keep the page of a large exhibition under 60 KB; the drawing has them all, and the filter finds the others.
const maxTray = 40

func (s *Server) placeShow(r *request) error {
	v, err := s.placeView(r)
	if err != nil {
		return err
	}
	return s.drawPlaceView(r, 0, v, nil, "")
}

// drawPlace draws the placing of a wave with a form that was refused.
func (s *Server) drawPlace(r *request, status, wave int, form *render.Form, refused string) error {
	id, hall, err := r.hallOf()
	if err != nil {
		return err
	}
	v, err := s.svc.Places.View(r.ctx(), r.actor, id, hall, wave)
	if err != nil {
		return err
	}
	return s.drawPlaceView(r, status, v, form, refused)
}

func (s *Server) drawPlaceView(r *request, status int, v *service.PlaceView, form *render.Form, refused string) error {
	body := s.placePageOf(r, v)
	body.Refused = refused
	if v.CanPlace {
		body.Ask = s.layoutAskOf(r, v)
		if form == nil {
			form = &render.Form{Values: layoutAsked(v).Values()}
		}
		for i := range v.Plan.Booths {
			b := &v.Plan.Booths[i]
			body.Every = append(body.Every, render.Option{Value: strconv.Itoa(b.ID), Label: b.Code})
		}
		body.Every = body.Every[:min(len(body.Every), 400)] // the drawing has them all
	}
	if q := r.query()["q"]; len(q) > 0 && q[0] != "" {
		kept := body.Tray[:0]
		for _, x := range body.Tray {
			if strings.Contains(strings.ToLower(x.Title+" "+x.Craft+" "+x.Area), strings.ToLower(q[0])) {
				kept = append(kept, x)
			}
		}
		body.Tray = kept
	}
	return r.page(status, "place/show", form, body)
}

// Shown returns the first exhibitors of a list.
func (p placePage) Shown(list []shownPerson) []shownPerson { return list[:min(len(list), maxTray)] }

// Movable returns exhibitors of the hall that the person may move, as many as a form takes.
func (p placePage) Movable() []shownPerson {
	var out []shownPerson
	for _, x := range p.Placed {
		if x.Mine && !x.Placement.Locked && len(out) < 4*maxTray {
			out = append(out, x)
		}
	}
	return out
}

// Rest returns how many exhibitors of a list are not shown.
func (p placePage) Rest(list []shownPerson) int { return max(0, len(list)-maxTray) }

// Warned returns the first findings.
func (p placePage) Warned() []shownVerdict { return p.Findings[:min(len(p.Findings), 30)] }

// Height is the height of the drawing as a picture of pictureWidth.
func (p placePage) Height() int { return pictureHeight(p.Plan) }

// placedPerson is an exhibitor as the drawing reads it.
type placedPerson struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Craft   string `json:"craft"`
	Area    string `json:"area"`
	Needs   string `json:"needs,omitempty"`
	Party   string `json:"party"`
	Booth   int    `json:"booth,omitempty"`
	Away    bool   `json:"away,omitempty"` // in another hall
	Version int64  `json:"version"`
	Locked  bool   `json:"locked,omitempty"`
	Mine    bool   `json:"mine,omitempty"`
}

// placeState is what the drawing of the placing page reads: the plan, and who stands where.
func (s *Server) placeState(r *request) error {
	v, err := s.placeView(r)
	if err != nil {
		return err
	}
	people := make([]placedPerson, 0, len(v.People))
	for i := range v.People {
		p := &v.People[i]
		x := r.person(v, p)
		q := placedPerson{ID: p.ID, Name: x.Title, Craft: x.Craft, Area: x.Area, Needs: x.Needs, Party: string(p.Party), Mine: p.Mine}
		if p.Placement != nil {
			q.Version, q.Locked = p.Placement.Version, p.Placement.Locked
			if p.Placement.HallID == v.Hall.ID {
				q.Booth = p.Placement.Booth
			} else {
				q.Away = true
			}
		}
		people = append(people, q)
	}
	return r.c.JSON(fiber.Map{"plan": v.Plan, "people": people, "may": v.CanPlace})
}

// placeJudge says for one exhibitor what speaks against every booth of the hall.
func (s *Server) placeJudge(r *request) error {
	v, err := s.placeView(r)
	if err != nil {
		return err
	}
	var id int64
	if q := r.query()["participation"]; len(q) > 0 {
		id, err = strconv.ParseInt(q[0], 10, 64)
	}
	if err != nil || id < 1 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	type verdict struct {
		Block []string `json:"block,omitempty"`
		Warn  []string `json:"warn,omitempty"`
	}
	judged, err := v.Judge(r.actor.Party, id)
	if err != nil {
		return err
	}
	w := r.words()
	out := map[int]*verdict{}
	for booth, found := range judged {
		x := &verdict{}
		for i := range found {
			if text := w.verdict(v.Plan, &found[i]); found[i].Severity == fault.Blocking {
				x.Block = append(x.Block, text)
			} else {
				x.Warn = append(x.Warn, text)
			}
		}
		out[booth] = x
	}
	return r.c.JSON(out)
}

// boothNames are the exhibitors of a hall by booth.
func (s *Server) boothNames(r *request, v *service.PlaceView) map[int]string {
	out := map[int]string{}
	for i := range v.People {
		if p := v.People[i].Placement; p != nil && p.HallID == v.Hall.ID {
			out[p.Booth] = r.person(v, &v.People[i]).Title
		}
	}
	return out
}

func (s *Server) placeSVG(r *request) error {
	v, err := s.placeView(r)
	if err != nil {
		return err
	}
	return r.svg(v.Plan, s.boothNames(r, v), nil)
}

func (s *Server) placePrint(r *request) error {
	v, err := s.placeView(r)
	if err != nil {
		return err
	}
	return r.page(0, "place/print", nil, s.placePageOf(r, v))
}

// placing reads the numbers of a change: an exhibitor, and for place a booth.
func (r *request) placing(booth bool) (participation int64, n int, err error) {
	participation, err = strconv.ParseInt(r.value("participation"), 10, 64)
	if err == nil && booth {
		n, err = strconv.Atoi(r.value("booth"))
	}
	if err != nil || participation < 1 || booth && n < 1 {
		return 0, 0, fault.New(fault.Invalid, "error.place.choose")
	}
	return participation, n, nil
}

// placed answers a change: a script gets 204 and reads the state again, a form goes back to the page.
func (s *Server) placed(r *request, id, hall int64, key string, err error) error {
	if err != nil {
		return err
	}
	if r.wantsJSON() {
		return r.c.SendStatus(fiber.StatusNoContent)
	}
	to := hallPlaceURL(id, hall)
	if wave := r.value("wave"); wave != "" && wave != "1" {
		if n, err := strconv.Atoi(wave); err == nil {
			to += "?wave=" + strconv.Itoa(n)
		}
	}
	return r.redirect(to, "success", key)
}

func (s *Server) placePut(r *request) error {
	id, hall, err := r.hallOf()
	if err != nil {
		return err
	}
	participation, booth, err := r.placing(true)
	if err == nil {
		err = s.svc.Places.Place(r.ctx(), r.actor, id, hall, participation, booth, r.write())
	}
	return s.placed(r, id, hall, "flash.place.placed", err)
}

func (s *Server) placeClear(r *request) error {
	id, hall, err := r.hallOf()
	if err != nil {
		return err
	}
	participation, _, err := r.placing(false)
	if err == nil {
		err = s.svc.Places.Clear(r.ctx(), r.actor, id, hall, participation, r.write())
	}
	return s.placed(r, id, hall, "flash.place.cleared", err)
}

func (s *Server) placeLock(r *request) error {
	id, hall, err := r.hallOf()
	if err != nil {
		return err
	}
	participation, _, err := r.placing(false)
	locked := r.value("locked") == "yes"
	key := "flash.place.unlocked"
	if locked {
		key = "flash.place.locked"
	}
	if err == nil {
		err = s.svc.Places.Lock(r.ctx(), r.actor, id, hall, participation, locked, r.write())
	}
	return s.placed(r, id, hall, key, err)
}
