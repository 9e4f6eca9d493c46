package web

import (
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var meetingRoutes = []route{
	{method: "GET", path: "/meetings", access: permit, action: auth.MeetingView, handle: (*Server).meetingList},
	{method: "GET", path: "/meetings/new", access: permit, action: auth.MeetingEdit, handle: (*Server).meetingNew},
	{method: "POST", path: "/meetings", access: permit, action: auth.MeetingEdit, handle: (*Server).meetingSave},
	{method: "GET", path: "/meetings/:id", access: permit, action: auth.MeetingView, handle: (*Server).meetingShow},
	{method: "GET", path: "/meetings/:id/edit", access: permit, action: auth.MeetingEdit, handle: (*Server).meetingEdit},
	{method: "POST", path: "/meetings/:id/edit", access: permit, action: auth.MeetingEdit, handle: (*Server).meetingSave},
	{method: "POST", path: "/meetings/:id/actions/:n", access: permit, action: auth.MeetingEdit, handle: (*Server).meetingAction},
}

func meetingURL(id int64) string { return "/meetings/" + strconv.FormatInt(id, 10) }

// meetingListPage is the Body of meeting/list.
type meetingListPage struct {
	Rows    []meetingRow
	CanEdit bool
}

type meetingRow struct {
	exhibition.Meeting
	Party string
	Open  int
}

func (s *Server) meetingList(r *request) error {
	list, err := s.svc.Exhibitions.Meetings(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	b := meetingListPage{CanEdit: auth.Can(r.actor, auth.MeetingEdit)}
	for _, m := range list {
		row := meetingRow{Meeting: m, Party: r.words().country(string(m.Party))}
		for _, a := range m.Actions {
			if a.Open() {
				row.Open++
			}
		}
		b.Rows = append(b.Rows, row)
	}
	return r.page(0, "meeting/list", nil, b)
}

// meetingPage is the Body of meeting/show and meeting/form.
type meetingPage struct {
	*service.MeetingView
	People  []attendeeView
	Todo    []actionView
	About   []aboutView
	Choices []render.Option
	Owners  []render.Option
	Parties []render.Option
	Rows    []int // indexes of rows of attendees
	Acts    []int
	Refused string
}

type attendeeView struct {
	exhibition.Attendee
	Party string
}

type actionView struct {
	exhibition.Action
	Party, Owner string
	Late, Mine   bool
}

type aboutView struct{ Name, URL string }

func (r *request) meetingPage(v *service.MeetingView) *meetingPage {
	w := r.words()
	b := &meetingPage{MeetingView: v}
	for _, a := range v.Attendees {
		b.People = append(b.People, attendeeView{a, w.country(string(a.Party))})
	}
	for _, a := range v.Actions {
		b.Todo = append(b.Todo, actionView{a, w.country(string(a.Party)), v.Names[a.OwnerID], a.Late(v.Today), a.Party == r.actor.Party && v.CanEdit})
	}
	for _, id := range v.Exhibitions {
		if name, ok := v.Shows[id]; ok { // one that is only a draft of the other party is not named
			b.About = append(b.About, aboutView{name, exhibitionURL(id)})
		}
	}
	for _, e := range v.Choices {
		b.Choices = append(b.Choices, render.Option{Value: strconv.FormatInt(e.ID, 10), Label: w.show(e.Terms.Name, e.Terms.NameEN)})
	}
	for _, o := range v.Owners {
		b.Owners = append(b.Owners, render.Option{Value: strconv.FormatInt(o.ID, 10), Label: o.Name + " · " + w.country(string(o.Party))})
	}
	for _, p := range []string{"EG", "QA"} {
		b.Parties = append(b.Parties, render.Option{Value: p, Label: w.country(p)})
	}
	return b
}

func (s *Server) meetingShow(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.Meeting(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	return r.page(0, "meeting/show", nil, r.meetingPage(v))
}

func (s *Server) meetingNew(r *request) error {
	in := &intake.Meeting{Day: r.today().String()}
	if q := r.query()["exhibition"]; len(q) == 1 {
		in.Exhibitions = q
	}
	return s.drawMeeting(r, 0, 0, in, nil, "")
}

func (s *Server) meetingEdit(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Exhibitions.Meeting(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	return s.drawMeeting(r, 0, id, intake.FromMeeting(&v.Meeting), nil, "")
}

func (s *Server) drawMeeting(r *request, status int, id int64, in *intake.Meeting, form *render.Form, refused string) error {
	v, err := s.svc.Exhibitions.Meeting(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	b := r.meetingPage(v)
	b.Refused = refused
	for i := range min(40, len(in.Attendees)+4) {
		b.Rows = append(b.Rows, i)
	}
	for i := range min(40, len(in.Actions)+3) {
		b.Acts = append(b.Acts, i)
	}
	if form == nil {
		form = &render.Form{}
	}
	form.Values, form.Lists = in.Values(), in.Sets()
	return r.page(status, "meeting/form", form, b)
}

func (s *Server) meetingSave(r *request) error {
	id, err := r.idOrNew()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeMeeting(r.values())
	err = bad.Err()
	done := id
	if err == nil {
		done, err = s.svc.Exhibitions.PutMeeting(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawMeeting(r, 422, id, in, &render.Form{Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawMeeting(r, 409, id, in, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(meetingURL(done), "success", "flash.meeting_saved")
}

func (s *Server) meetingAction(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := r.id("n")
	if err != nil {
		return err
	}
	if err := s.svc.Exhibitions.DoAction(r.ctx(), r.actor, id, n, r.value("done") == "yes", r.write()); err != nil {
		return err
	}
	return r.redirect(meetingURL(id), "success", "flash.action_done")
}
