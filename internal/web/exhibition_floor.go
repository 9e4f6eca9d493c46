package web

import (
	"errors"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var floorRoutes = []route{
	{method: "GET", path: "/exhibitions/:id/roster", access: permit, action: auth.RosterView, handle: (*Server).roster},
	{method: "GET", path: "/exhibitions/:id/badges", access: permit, action: auth.InvitationAnswer, handle: (*Server).badges},
	{method: "GET", path: "/exhibitions/:id/packing", access: permit, action: auth.PackingEdit, handle: (*Server).packing},
	{method: "GET", path: "/exhibitions/:id/floor", access: permit, action: auth.RosterView, handle: (*Server).floor},
	{method: "GET", path: "/exhibitions/:id/checkin", access: permit, action: auth.CheckInRecord, handle: (*Server).checkInPage},
	{method: "POST", path: "/exhibitions/:id/checkin", access: permit, action: auth.CheckInRecord, handle: (*Server).checkIn},
	{method: "POST", path: "/exhibitions/:id/incidents", access: permit, action: auth.IncidentRecord, handle: (*Server).incident},
	{method: "POST", path: "/participations/:id/sales", access: permit, action: auth.SaleRecord, handle: (*Server).recordSale},
	{method: "POST", path: "/participations/:id/evaluation", access: permit, action: auth.EvaluationRecord, handle: (*Server).evaluate},
	{method: "POST", path: "/participations/:id/packing", access: permit, action: auth.PackingEdit, handle: (*Server).packingAdd},
	{method: "POST", path: "/participations/:id/packing/:n/remove", access: permit, action: auth.PackingEdit, handle: (*Server).packingDrop},
	{method: "GET", path: "/exhibitions/:id/report", access: permit, action: auth.ReportView, handle: (*Server).report},
}

func exhibitedCrafts() []string {
	var out []string
	for _, c := range registry.Crafts() {
		if c.Exhibited {
			out = append(out, c.Code)
		}
	}
	return out
}

// rosterPage is the Body of exhibition/roster.
type rosterPage struct {
	Exhibition *exhibition.Exhibition
	ID         int64
	Name       string
	Rows       []rosterRow
	Own        int
	Others     int
	Waves      bool
	Closed     bool
	FeeIn      string // the currency of the own exhibitors' fees; "" where no fee is shown
}

type rosterRow struct {
	service.RosterRow
	Craft, Area, Party, Wave string
	Stand                    standView
	Link                     bool
}

// standView is where an exhibitor stands, in the reader's language; no Code: nowhere yet.
type standView struct{ Code, Hall string }

func (w words) stand(s service.Stand) standView { return standView{s.Code, s.Hall.In(w.Lang())} }

func (s *Server) readRoster(r *request) (*rosterPage, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, err
	}
	e, rows, err := s.svc.Exhibitions.Roster(r.ctx(), r.actor, id)
	if err != nil {
		return nil, err
	}
	w := r.words()
	b := &rosterPage{Exhibition: e, ID: id, Name: w.show(e.Terms.Name, e.Terms.NameEN), Waves: len(e.Terms.Waves) > 0}
	for _, x := range rows {
		row := rosterRow{RosterRow: x, Craft: w.craft(x.Participation.Traits.Craft), Party: w.country(string(x.Participation.Traits.Party)), Stand: w.stand(x.Stand)}
		if x.Own {
			row.Area = w.area(x.Participation.Traits.Area)
			row.Link = x.Participation.ExhibitorID != 0
			if x.Fee != nil {
				_, b.FeeIn = e.Terms.FeeOf(r.actor.Party).Due(0, e.Terms.Currency())
			}
			b.Own++
		} else {
			b.Others++
		}
		if b.Waves {
			row.Wave = w.waveName(&e.Terms, x.Participation.Wave)
		}
		b.Rows = append(b.Rows, row)
	}
	return b, nil
}

func (s *Server) roster(r *request) error {
	b, err := s.readRoster(r)
	if err != nil {
		return err
	}
	if len(b.Rows) > maxRows {
		b.Rows, b.Closed = b.Rows[:maxRows], true
	}
	return r.page(0, "exhibition/roster", nil, b)
}

// badgePage is the Body of exhibition/badges.
type badgePage struct {
	ID     int64
	Name   string
	Badges []badgeView
	First  any
	Last   any
	Page   int
	Pages  int
}

// badgesOnPage keeps a sheet of badges under 60 KB: a code is 2 KB.
const badgesOnPage = 18

type badgeView struct {
	service.Badge
	Craft, Party  string
	ViewBox, Path string
	Stand         standView
}

func (s *Server) badges(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	e, list, err := s.svc.Exhibitions.Badges(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	b := badgePage{ID: id, Name: w.show(e.Terms.Name, e.Terms.NameEN), First: e.Terms.First, Last: e.Terms.Last, Page: 1, Pages: max(1, (len(list)+badgesOnPage-1)/badgesOnPage)}
	if q := r.query()["page"]; len(q) == 1 {
		if n, err := strconv.Atoi(q[0]); err == nil {
			b.Page = min(max(1, n), b.Pages)
		}
	}
	for _, x := range list[(b.Page-1)*badgesOnPage : min(len(list), b.Page*badgesOnPage)] {
		qr, err := media.QR(x.Token)
		if err != nil {
			return err
		}
		b.Badges = append(b.Badges, badgeView{x, w.craft(x.Participation.Traits.Craft), w.country(string(x.Participation.Traits.Party)), qr.ViewBox(), qr.SVGPath(), w.stand(x.Stand)})
	}
	return r.page(0, "exhibition/badges", nil, b)
}

// packingPage is the Body of exhibition/packing.
type packingPage struct {
	Exhibition *exhibition.Exhibition
	ID         int64
	Name       string
	Shipments  []shipmentView
}

type shipmentView struct {
	Number           int
	Rows             []packingLine
	Sale, Display    int64 // of Currency
	Currency, Weight string
	Pieces           int
}

type packingLine struct {
	exhibition.PackingItem
	Exhibitor string
	Kilos     string
	Stand     standView
}

func (s *Server) readPacking(r *request) (*packingPage, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, err
	}
	e, items, packers, err := s.svc.Exhibitions.Packing(r.ctx(), r.actor, id)
	if err != nil {
		return nil, err
	}
	w := r.words()
	b := &packingPage{Exhibition: e, ID: id, Name: w.show(e.Terms.Name, e.Terms.NameEN)}
	grams := map[int]int64{}
	for _, i := range items {
		n := len(b.Shipments)
		if n == 0 || b.Shipments[n-1].Number != i.Shipment {
			b.Shipments = append(b.Shipments, shipmentView{Number: i.Shipment, Currency: i.Currency})
			n++
		}
		x := &b.Shipments[n-1]
		x.Rows = append(x.Rows, packingLine{i, packers[i.ParticipationID].Name, kilos(i.Weight()), w.stand(packers[i.ParticipationID].Stand)})
		x.Pieces += i.Quantity
		grams[i.Shipment] += i.Weight()
		x.Weight = kilos(grams[i.Shipment])
		if i.ForSale { // of one party's money, so that they may be added
			x.Sale += i.Total()
		} else {
			x.Display += i.Total()
		}
	}
	return b, nil
}

func (s *Server) packing(r *request) error {
	b, err := s.readPacking(r)
	if err != nil {
		return err
	}
	return r.page(0, "exhibition/packing", nil, b)
}

// plainMoney is an amount as a spreadsheet reads it: "1250.50".
func plainMoney(minor int64) string { return strconv.FormatFloat(float64(minor)/100, 'f', 2, 64) }

// dayPage is the Body of exhibition/floor.
type dayPage struct {
	*service.Floor
	Name     string
	Date     calendar.Date
	Prev     string
	Next     string
	Hours    string
	Ramadan  bool
	Rows     []floorRow
	Kinds    []string
	Choices  []render.Option
	Expected int
	Refused  string
	ID       int64
}

type floorRow struct {
	service.FloorRow
	Craft, Party string
	Stand        standView
}

func (s *Server) floor(r *request) error { return s.drawFloor(r, 0, nil, "") }

func (s *Server) drawFloor(r *request, status int, form *render.Form, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	day := calendar.Date(0)
	if q := r.query()["day"]; len(q) == 1 {
		if d, err := calendar.Parse(q[0]); err == nil {
			day = d
		}
	}
	v, err := s.svc.Exhibitions.Floor(r.ctx(), r.actor, id, day)
	if err != nil {
		return err
	}
	w := r.words()
	t := &v.Exhibition.Terms
	b := &dayPage{Floor: v, ID: id, Name: w.show(t.Name, t.NameEN), Date: v.Day, Kinds: exhibition.IncidentKinds(), Refused: refused, Ramadan: v.Hours.Ramadan}
	var spans []string
	for _, x := range v.Hours.Spans {
		spans = append(spans, w.span(x))
	}
	b.Hours = w.join(spans)
	if v.Day.After(t.First) {
		b.Prev = v.Day.AddDays(-1).String()
	}
	if v.Day.Before(t.Last) {
		b.Next = v.Day.AddDays(1).String()
	}
	for _, x := range v.Rows {
		b.Expected++
		b.Choices = append(b.Choices, render.Option{Value: strconv.FormatInt(x.Participation.ID, 10), Label: x.Participation.Name})
		if len(b.Rows) < maxRows {
			b.Rows = append(b.Rows, floorRow{x, w.craft(x.Participation.Traits.Craft), w.country(string(x.Participation.Traits.Party)), w.stand(x.Stand)})
		}
	}
	if form == nil {
		form = &render.Form{}
	}
	return r.page(status, "exhibition/floor", form, b)
}

func (s *Server) incident(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeIncident(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.Exhibitions.RecordIncident(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawFloor(r, 422, &render.Form{Values: in.Values(), Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawFloor(r, 409, &render.Form{Values: in.Values()}, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(exhibitionURL(id)+"/floor", "success", "flash.incident")
}

// checkInBody is the Body of exhibition/checkin.
type checkInBody struct {
	ID      int64
	Name    string
	Day     calendar.Date
	Present int
	Of      int
	Done    *service.CheckedIn
	Craft   string
	Stand   standView
	Refused string
	Offline string // key under which this device keeps what it could not send
}

func (s *Server) checkInPage(r *request) error { return s.drawCheckIn(r, 0, nil, "") }

func (s *Server) drawCheckIn(r *request, status int, done *service.CheckedIn, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.Floor(r.ctx(), r.actor, id, 0)
	if err != nil {
		return err
	}
	if !v.CanCheck {
		return fault.New(fault.State, "error.exhibition.not_open", v.Exhibition.Status.Title())
	}
	w := r.words()
	b := checkInBody{ID: id, Name: w.show(v.Exhibition.Terms.Name, v.Exhibition.Terms.NameEN), Day: v.Day, Present: v.Present, Of: len(v.Rows), Done: done, Refused: refused}
	if done != nil {
		b.Craft, b.Stand = w.craft(done.Craft), w.stand(done.Stand)
	}
	return r.page(status, "exhibition/checkin", &render.Form{}, b)
}

// checkIn notes that an exhibitor came: for a script that reads badges with the camera, or a form with the typed code. The answer of a script is small.
func (s *Server) checkIn(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	seen := time.Time{}
	if text := r.value("seen"); text != "" {
		if seen, err = time.Parse(time.RFC3339, text); err != nil {
			return fault.New(fault.Invalid, "error.invalid")
		}
	}
	done, err := s.svc.Exhibitions.CheckIn(r.ctx(), r.actor, id, r.value("code"), seen)
	if r.wantsJSON() {
		w := r.words()
		if err == nil {
			stand := w.stand(done.Stand)
			return r.c.JSON(fiber.Map{"booth": stand.Code, "hall": stand.Hall, "name": done.Name, "craft": w.craft(done.Craft), "party": w.country(string(done.Party)), "again": done.Again, "at": w.DateTime(done.At, zoneOf(r.actor.Party))})
		}
		var f *fault.Error
		if errors.As(err, &f) && (f.Kind == fault.State || f.Kind == fault.NotFound) {
			r.c.Status(statuses[f.Kind])
			return r.c.JSON(fiber.Map{"refused": w.T(f.Key, f.Args...)})
		}
		return err
	}
	var f *fault.Error
	if errors.As(err, &f) && (f.Kind == fault.State || f.Key == "error.checkin.unknown") {
		return s.drawCheckIn(r, 409, nil, r.words().T(f.Key, f.Args...))
	}
	if err != nil {
		return err
	}
	return s.drawCheckIn(r, 0, done, "")
}

func (s *Server) recordSale(r *request) error {
	return onForm(s, r, intake.DecodeSale, "sale", "flash.sale", s.svc.Exhibitions.RecordSale)
}

func (s *Server) evaluate(r *request) error {
	return onForm(s, r, intake.DecodeEvaluation, "evaluation", "flash.evaluated", s.svc.Exhibitions.Evaluate)
}

func (s *Server) packingAdd(r *request) error {
	return onForm(s, r, intake.DecodePackingItem, "packing", "flash.packed", s.svc.Exhibitions.AddPacking)
}

func (s *Server) packingDrop(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	item, err := r.id("n")
	if err != nil {
		return err
	}
	return s.onParticipant(r, id, "packing", "flash.unpacked", nil, s.svc.Exhibitions.DropPacking(r.ctx(), r.actor, id, item, r.write()))
}

// reportPage is the Body of exhibition/report.
type reportPage struct {
	*service.Report
	ID     int64
	Name   string
	Groups []reportGroup
	Charts []dayChart
	Rows   []reportRow
	More   bool
}

type reportGroup struct {
	Title string
	Lines []reportLine
	Chart lineChart
}

// reportLine is a line of a table.
type reportLine struct {
	service.ReportLine
	Name string
}

type reportRow struct {
	service.ReportExhibitor
	Craft, Area string
	Stand       standView
}

func (s *Server) readReport(r *request) (*reportPage, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, err
	}
	v, err := s.svc.Exhibitions.Report(r.ctx(), r.actor, id)
	if err != nil {
		return nil, err
	}
	w := r.words()
	b := &reportPage{Report: v, ID: id, Name: w.show(v.Exhibition.Terms.Name, v.Exhibition.Terms.NameEN)}
	for _, g := range v.Groups {
		x := reportGroup{Title: "report.by_" + g.By}
		for _, l := range g.Lines {
			name := l.Value
			switch g.By {
			case "craft":
				name = w.craft(l.Value)
			case "area":
				name = w.area(l.Value)
			case "sex":
				name = w.code("sex", l.Value)
			case "first_time":
				name = w.T("report.first_" + l.Value)
			}
			x.Lines = append(x.Lines, reportLine{l, name})
		}
		x.Chart = r.lines(x.Lines, v.Currency)
		b.Groups = append(b.Groups, x)
	}
	b.Charts = []dayChart{
		r.chartOf(w.T("report.present_by_day"), w.T("report.present_alt"), "a", v.Days, func(d service.ReportDay) int64 { return int64(d.Present) }, w.Num),
		r.chartOf(w.T("report.sales_by_day", w.T("currency."+v.Currency)), w.T("report.sales_alt"), "b", v.Days, func(d service.ReportDay) int64 { return (d.Sales + 99) / 100 }, w.Num),
	}
	for _, x := range v.Roster {
		b.Rows = append(b.Rows, reportRow{x, w.craft(x.Traits.Craft), w.area(x.Traits.Area), w.stand(x.Stand)})
	}
	return b, nil
}

func (s *Server) report(r *request) error {
	b, err := s.readReport(r)
	if err != nil {
		return err
	}
	if len(b.Rows) > maxRows {
		b.Rows, b.More = b.Rows[:maxRows], true
	}
	return r.page(0, "exhibition/report", nil, b)
}
