package web

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var layoutRoutes = []route{
	{method: "POST", path: "/exhibitions/:id/halls/:hall/layouts", access: permit, action: auth.PlaceEdit, handle: (*Server).layoutStart},
	{method: "GET", path: "/exhibitions/:id/halls/:hall/layouts/:n", access: permit, action: auth.PlaceEdit, handle: (*Server).layoutShow},
	{method: "GET", path: "/exhibitions/:id/halls/:hall/layouts/:n/drawing.svg", access: permit, action: auth.PlaceEdit, handle: (*Server).layoutSVG},
	{method: "POST", path: "/exhibitions/:id/halls/:hall/layouts/:n/cancel", access: permit, action: auth.PlaceEdit, handle: (*Server).layoutCancel},
	{method: "POST", path: "/exhibitions/:id/halls/:hall/layouts/:n/accept", access: permit, action: auth.PlaceEdit, handle: (*Server).layoutAccept},
	{method: "GET", path: "/exhibitions/:id/halls/:hall/drag", access: permit, action: auth.PlaceEdit, handle: (*Server).dragShow},
	{method: "POST", path: "/exhibitions/:id/halls/:hall/arrange", access: permit, action: auth.PlaceEdit, handle: (*Server).placeArrange},
}

func layoutURL(id, hall, run int64) string { return hallPlaceURL(id, hall) + "/layouts/" + itoa(run) }

// layoutAsk is the part of the placing page that asks for a proposal.
type layoutAsk struct {
	Stays []render.Option
	Ways  []render.Option
	Past  []layoutRow
}

type layoutRow struct {
	service.LayoutView
	URL  string
	Text string
}

func (s *Server) layoutAskOf(r *request, v *service.PlaceView) *layoutAsk {
	w := r.words()
	a := &layoutAsk{}
	for _, x := range exhibition.Stays() {
		a.Stays = append(a.Stays, render.Option{Value: string(x), Label: w.T("layout.stay." + string(x))})
	}
	for _, x := range intake.Ways() {
		a.Ways = append(a.Ways, render.Option{Value: x, Label: w.T("layout.ways." + x)})
	}
	for _, x := range v.Layouts {
		row := layoutRow{LayoutView: x, URL: layoutURL(v.Exhibition.ID, v.Hall.ID, x.ID)}
		if x.Sound() {
			row.Text = w.T("layout.went", x.Body.After.Placed, x.Body.Before.Soft, x.Body.After.Soft)
		} else if len(x.Body.Clashes) > 0 {
			row.Text = w.shortOf(x.Body.Clashes[0])
		}
		a.Past = append(a.Past, row)
	}
	return a
}

// layoutAsked is the form of the last proposal, or of the usual terms.
func layoutAsked(v *service.PlaceView) *intake.Layout {
	t := exhibition.DefaultLayout()
	if len(v.Layouts) > 0 {
		t = v.Layouts[0].Body.Ask
	}
	return intake.FromLayout(&t)
}

func (s *Server) layoutStart(r *request) error {
	id, hall, err := r.hallOf()
	if err != nil {
		return err
	}
	wave, err := waveOf(r.value("wave"))
	if err != nil {
		return err
	}
	in, bad := intake.DecodeLayout(r.values())
	run := int64(0)
	if err = bad.Err(); err == nil {
		run, err = s.svc.Layouts.Start(r.ctx(), r.actor, id, hall, wave, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawPlace(r, 422, wave, &render.Form{Values: in.Values(), Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawPlace(r, 409, wave, &render.Form{Values: in.Values()}, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(layoutURL(id, hall, run), "info", "flash.layout_started")
}

// waveOf reads a wave as people count them, from 1; the first if there is none.
func waveOf(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		return 0, fault.New(fault.NotFound, "error.not_found")
	}
	return n - 1, nil
}

// layoutPage is the Body of place/layout: a proposal at work, or what it came to.
type layoutPage struct {
	*service.LayoutProposal
	Lang    string
	Name    string
	URL     string // of the proposal
	Back    string // to the placing
	Drawing string // of the hall as it stands
	Number  int    // of the wave
	Height  int
	Percent int64
	Error   string
	Clashes []string
	Out     []shownPerson // who finds no booth
	Rows    []layoutSumRow
	Asked   []layoutFact
	Broken  []string
	Chart   layoutChart
	Shown   []shownStep
	Page    int
	Pages   int
	Left    int // steps that are not taken over
	Moved   int // exhibitors who had a booth and would change it
	Refused string
}

// Moving reports whether the page is to ask again.
func (p *layoutPage) Moving() bool { return p.State.Moving() }

type layoutFact struct{ Name, Value string }

type layoutSumRow struct {
	Name          string
	Before, After int64
	Better, Worse bool
}

type shownStep struct {
	service.LayoutStep
	Lines []bookedMove
}

type bookedMove struct {
	Title, Craft, From, To string
}

// layoutChart is the course of a search as a line in a box of 600 by 160.
type layoutChart struct {
	Line, Top, Bottom, Last string
	X, Y                    int
}

const layoutSteps = 40 // on one page

func (s *Server) layoutRun(r *request) (id, hall, run int64, err error) {
	if id, hall, err = r.hallOf(); err == nil {
		run, err = r.id("n")
	}
	return id, hall, run, err
}

func (s *Server) layoutShow(r *request) error { return s.drawLayout(r, 0, "") }

func (s *Server) drawLayout(r *request, status int, refused string) error {
	id, hall, run, err := s.layoutRun(r)
	if err != nil {
		return err
	}
	p, err := s.svc.Layouts.Proposal(r.ctx(), r.actor, id, hall, run)
	if err != nil {
		return err
	}
	w := r.words()
	v, body := p.Place, &p.Body
	b := &layoutPage{LayoutProposal: p, Lang: r.lang(), Name: termsName(&v.Exhibition.Terms, r.lang()), URL: layoutURL(id, hall, run), Number: v.Wave + 1, Height: pictureHeight(v.Plan),
		Percent: int64(100 * body.Done), Refused: refused, Asked: w.layoutAsked(&body.Ask), Chart: w.layoutChart(body.Points)}
	b.Back, b.Drawing = hallPlaceURL(id, hall)+"?wave="+strconv.Itoa(b.Number), hallPlaceURL(id, hall)+"/drawing.svg?wave="+strconv.Itoa(b.Number)
	if body.Error != "" {
		b.Error = w.T(body.Error, service.SaidArgs(body.ErrorArgs)...)
	}
	for _, c := range body.Clashes {
		b.Clashes = append(b.Clashes, w.shortOf(c))
	}
	for _, x := range p.Left {
		b.Out = append(b.Out, r.person(v, x))
	}
	for _, rule := range body.Broken {
		b.Broken = append(b.Broken, w.T("layout.broken."+rule))
	}
	b.Rows = w.sums(&body.Before, &body.After)
	s.fillSteps(r, b)
	if r.isHTMX() {
		return r.fragment(0, "place/layout", "layout-body", nil, b)
	}
	return r.page(status, "place/layout", nil, b)
}

// fillSteps puts one page of the changes into words.
func (s *Server) fillSteps(r *request, b *layoutPage) {
	for _, step := range b.Steps {
		if !step.Taken {
			b.Left++
		}
		for _, m := range step.Moves {
			if m.From != "" {
				b.Moved++
			}
		}
	}
	b.Page, b.Pages = 1, max(1, (len(b.Steps)+layoutSteps-1)/layoutSteps)
	if q := r.query()["page"]; len(q) == 1 {
		if n, err := strconv.Atoi(q[0]); err == nil {
			b.Page = min(max(1, n), b.Pages)
		}
	}
	for _, step := range b.Steps[(b.Page-1)*layoutSteps : min(len(b.Steps), b.Page*layoutSteps)] {
		x := shownStep{LayoutStep: step}
		for _, m := range step.Moves {
			line := bookedMove{From: m.From, To: m.To}
			if m.Person != nil {
				p := r.person(b.Place, m.Person)
				line.Title, line.Craft = p.Title, p.Craft
			}
			x.Lines = append(x.Lines, line)
		}
		b.Shown = append(b.Shown, x)
	}
}

// shortOf is what stands against placing everybody, in words.
func (w words) shortOf(c service.LayoutClash) string {
	switch exhibition.PlaceRule(c.Rule) {
	case exhibition.PlacePower:
		return w.T("layout.clash.power", c.People, w.quantity(c.Limit, exhibition.Watts), c.Booths)
	case exhibition.PlaceSize:
		return w.T("layout.clash.size", c.People, w.square(c.Limit), c.Booths)
	}
	return w.T("layout.clash."+c.Rule, c.People, c.Booths)
}

// layoutRules are the soft rules in the order of display.
var layoutRules = []string{"same_craft", "crowd", "heavy", "keep", "fresh_food", "extraction", "wall", "zone_area", "zone_kept", "out_pavilion", "spare", "move"}

// sums lays the costs of two placings side by side.
func (w words) sums(before, after *service.LayoutSum) []layoutSumRow {
	var out []layoutSumRow
	add := func(name string, a, b int64) {
		out = append(out, layoutSumRow{name, a, b, b < a, b > a})
	}
	for _, rule := range layoutRules {
		if a, b := before.Cost[rule], after.Cost[rule]; a != 0 || b != 0 {
			add(w.T("layout.rule."+rule), a, b)
		}
	}
	return out
}

// layoutAsked is what a proposal was asked, as facts.
func (w words) layoutAsked(t *exhibition.LayoutTerms) []layoutFact {
	ways := "straight"
	if t.Walked {
		ways = "walked"
	}
	facts := []layoutFact{{w.T("layout.stay"), w.T("layout.stay." + string(t.Stay))}, {w.T("layout.ways"), w.T("layout.ways."+ways) + " · " + w.metre(t.Radius*1000)}}
	for _, x := range []struct {
		key string
		n   int
	}{{"same_craft", t.SameCraft}, {"crowd", t.Crowd}, {"heavy", t.Heavy}, {"goods", t.Goods}, {"wishes", t.Wishes}, {"move", t.Move}} {
		facts = append(facts, layoutFact{w.T("layout.weight." + x.key), w.Num(int64(x.n))})
	}
	return facts
}

func (w words) layoutChart(points []service.LayoutPoint) layoutChart {
	var c layoutChart
	if len(points) == 0 {
		return c
	}
	lo, hi := points[0].Cost, points[0].Cost
	for _, p := range points {
		lo, hi = min(lo, p.Cost), max(hi, p.Cost)
	}
	end := max(1, points[len(points)-1].At)
	var line []string
	for _, p := range points {
		c.X, c.Y = int(10+580*p.At/end), int(150-140*(p.Cost-lo)/max(1, hi-lo))
		line = append(line, strconv.Itoa(c.X)+","+strconv.Itoa(c.Y))
	}
	if len(line) == 1 {
		line = append([]string{"10," + strconv.Itoa(c.Y)}, line...)
	}
	c.Line, c.Top, c.Bottom, c.Last = strings.Join(line, " "), w.Num(hi), w.Num(lo), w.T("allocation.seconds", w.Num((end+500)/1000))
	return c
}

// layoutSVG draws the hall as proposed; booths that get somebody else are framed.
func (s *Server) layoutSVG(r *request) error {
	id, hall, run, err := s.layoutRun(r)
	if err != nil {
		return err
	}
	p, err := s.svc.Layouts.Proposal(r.ctx(), r.actor, id, hall, run)
	if err != nil {
		return err
	}
	names, changed := map[int]string{}, map[int]bool{}
	at := map[int64]*service.PlacePerson{}
	for i := range p.Place.People {
		at[p.Place.People[i].ID] = &p.Place.People[i]
	}
	for booth, who := range p.Then {
		if x := at[who]; x != nil {
			names[booth] = r.person(p.Place, x).Title
		}
	}
	for _, step := range p.Steps {
		for _, m := range step.Moves {
			changed[m.Booth] = true
		}
	}
	return r.svg(p.Place.Plan, names, changed)
}

func (s *Server) layoutStep(r *request, flash string, do func(id, hall, run int64) error) error {
	id, hall, run, err := s.layoutRun(r)
	if err != nil {
		return err
	}
	err = do(id, hall, run)
	if text, ok := r.refusal(err); ok {
		return s.drawLayout(r, 409, text)
	}
	if fault.Is(err, fault.Invalid) {
		return s.drawLayout(r, 422, r.words().T("error.layout.none"))
	}
	if err != nil {
		return err
	}
	return r.redirect(layoutURL(id, hall, run), "success", flash)
}

func (s *Server) layoutCancel(r *request) error {
	return s.layoutStep(r, "flash.layout_cancelled", func(id, hall, run int64) error {
		return s.svc.Layouts.Cancel(r.ctx(), r.actor, id, hall, run, r.write())
	})
}

func (s *Server) layoutAccept(r *request) error {
	return s.layoutStep(r, "flash.layout_taken", func(id, hall, run int64) error {
		var keys []int64
		for _, x := range r.values()["step"] {
			n, err := strconv.ParseInt(x, 10, 64)
			if err != nil || len(keys) > exhibition.MaxBooths {
				return fault.New(fault.Invalid, "error.layout.none")
			}
			keys = append(keys, n)
		}
		return s.svc.Layouts.Accept(r.ctx(), r.actor, id, hall, run, keys, r.value("all") == "yes", r.write())
	})
}

// dragPage is the Body of place/drag.
type dragPage struct {
	*service.DragCost
	Lang  string
	Name  string
	Title string
	Back  string
	Wave  int
	Do    string
	Rows  []layoutSumRow
	Why   []string
	Steps []bookedMove
	Codes []string // what the form sends: participation:booth:version
	Total string
}

// dragShow says what it costs to put an exhibitor into a booth, and who makes room: as a page, or as JSON for the drawing.
func (s *Server) dragShow(r *request) error {
	id, hall, err := r.hallOf()
	if err != nil {
		return err
	}
	q := r.query()
	number := func(name string) (n int64) {
		if x := q[name]; len(x) == 1 {
			n, _ = strconv.ParseInt(x[0], 10, 64)
		}
		return n
	}
	participation, booth := number("participation"), number("booth")
	if participation < 1 || booth < 1 || booth > 1<<30 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	d, err := s.svc.Layouts.Drag(r.ctx(), r.actor, id, hall, participation, int(booth))
	if text, ok := r.refusal(err); ok && r.wantsJSON() {
		return r.c.JSON(fiber.Map{"why": []string{text}})
	}
	if err != nil {
		return err
	}
	w := r.words()
	b := &dragPage{DragCost: d, Lang: r.lang(), Name: termsName(&d.Place.Exhibition.Terms, r.lang()), Title: r.person(d.Place, d.Person).Title, Wave: d.Place.Wave + 1,
		Back: hallPlaceURL(id, hall) + "?wave=" + strconv.Itoa(d.Place.Wave+1), Do: hallPlaceURL(id, hall) + "/arrange"}
	for i := range d.Blocks {
		b.Why = append(b.Why, w.verdict(d.Place.Plan, &d.Blocks[i]))
	}
	switch {
	case d.Possible:
		b.Rows, b.Total = w.sums(&d.Before, &d.After), w.change(d)
	case len(b.Why) == 0:
		b.Why = []string{w.T("layout.no_room")}
	}
	for _, m := range d.Moves {
		b.Steps = append(b.Steps, bookedMove{r.person(d.Place, m.Person).Title, "", m.From, m.To})
		b.Codes = append(b.Codes, itoa(m.Participation)+":"+strconv.Itoa(m.Booth)+":"+itoa(m.Version))
	}
	if !r.wantsJSON() {
		return r.page(0, "place/drag", nil, b)
	}
	room, parts := []string{}, []string{} // lists also when empty: a script reads them
	for _, m := range b.Steps[min(1, len(b.Steps)):] {
		room = append(room, w.T("layout.room", m.Title, locale.Raw(m.To)))
	}
	for _, x := range b.Rows {
		if x.Better || x.Worse {
			parts = append(parts, x.Name+" "+w.signed(x.After-x.Before))
		}
	}
	return r.c.JSON(fiber.Map{"possible": d.Possible, "why": b.Why, "cost": b.Total, "parts": parts, "room": room, "moves": b.Codes})
}

// signed is a change with its sign, kept in the direction of numbers.
func (w words) signed(n int64) string {
	if n > 0 {
		return "\u2066+" + w.Num(n) + "\u2069"
	}
	return "\u2066" + w.Num(n) + "\u2069"
}

// change is what a drag costs in all, in words.
func (w words) change(d *service.DragCost) string {
	soft, hard := d.After.Soft-d.Before.Soft, d.After.Hard-d.Before.Hard
	switch {
	case hard > 0:
		return w.T("layout.change_breaks", hard, w.signed(soft))
	case hard < 0:
		return w.T("layout.change_mends", -hard, w.signed(soft))
	case soft > 0:
		return w.T("layout.change_worse", w.signed(soft))
	case soft < 0:
		return w.T("layout.change_better", w.signed(soft))
	}
	return w.T("layout.change_none")
}

// placeArrange puts several exhibitors into booths at once: what a drag with its repair proposed.
func (s *Server) placeArrange(r *request) error {
	id, hall, err := r.hallOf()
	if err != nil {
		return err
	}
	wave, err := waveOf(r.value("wave"))
	if err != nil {
		return err
	}
	var moves []service.PlaceMove
	for _, text := range r.values()["move"] {
		m, ok := readMove(text)
		if !ok || len(moves) >= exhibition.MaxBooths {
			return fault.New(fault.Invalid, "error.place.choose")
		}
		moves = append(moves, m)
	}
	return s.placed(r, id, hall, "flash.place.arranged", s.svc.Places.Arrange(r.ctx(), r.actor, id, hall, wave, moves, r.write()))
}

// readMove reads "participation:booth:version".
func readMove(text string) (m service.PlaceMove, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return m, false
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseInt(p, 10, 64)
		if err != nil || v < 0 || i < 2 && v < 1 || v > 1<<50 {
			return m, false
		}
		n[i] = v
	}
	return service.PlaceMove{Participation: n[0], Booth: int(n[1]), Version: n[2]}, true
}
