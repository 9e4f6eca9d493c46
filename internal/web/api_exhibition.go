package web

import (
	"reflect"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/store"
)

// apiExhibition is one exhibition as the party sees it.
type apiExhibition struct {
	ID       int64    `json:"id" example:"5"`
	Version  int64    `json:"version"`
	Status   string   `json:"status" ar:"الحالة" example:"agreed"`
	Name     string   `json:"name"`
	NameEN   string   `json:"name_en,omitempty"`
	Series   string   `json:"series,omitempty"`
	Edition  int64    `json:"edition,omitempty"`
	Theme    string   `json:"theme,omitempty"`
	Host     string   `json:"host" enum:"EG|QA"`
	Parties  []string `json:"parties" enum:"EG|QA"`
	City     string   `json:"city,omitempty"`
	Venue    string   `json:"venue,omitempty"`
	First    string   `json:"first" format:"date"`
	Last     string   `json:"last" format:"date"`
	Capacity int64    `json:"capacity" doc:"Exhibitors at a time."`
	Call     *apiCall `json:"call,omitempty" doc:"The call of the token's party, if there is one."`
}

type apiCall struct {
	Opens  string `json:"opens" format:"date"`
	Closes string `json:"closes" format:"date"`
	Open   bool   `json:"open" doc:"Applications are taken today."`
}

type apiExhibitionList struct {
	Items []apiExhibition `json:"items"`
	Page  apiPage         `json:"page"`
}

// apiParticipation is one exhibitor in one exhibition: an application, an invitation, its answer.
type apiParticipation struct {
	ID           int64  `json:"id"`
	Version      int64  `json:"version"`
	ExhibitionID int64  `json:"exhibition_id"`
	ExhibitorID  int64  `json:"exhibitor_id"`
	FamilyID     int64  `json:"family_id,omitempty" doc:"Missing for an association."`
	Name         string `json:"name"`
	State        string `json:"state" enum:"applied|eligible|refused|waiting|invited|accepted|declined|expired|withdrawn"`
	Wave         int64  `json:"wave"`
	Area         string `json:"area,omitempty"`
	Craft        string `json:"craft,omitempty"`
	Rank         int64  `json:"rank,omitempty" doc:"Place on the waiting list, 1 first."`
	InvitedAt    string `json:"invited_at,omitempty" format:"date-time"`
	Deadline     string `json:"deadline,omitempty" format:"date-time" doc:"The last moment to answer an invitation."`
	AnsweredAt   string `json:"answered_at,omitempty" format:"date-time"`
	CreatedAt    string `json:"created_at" format:"date-time"`
}

type apiParticipationList struct {
	Items []apiParticipation `json:"items"`
	Page  apiPage            `json:"page"`
}

type apiApplication struct {
	FamilyID int64    `json:"family_id" doc:"The family that applies." example:"1042"`
	Wave     string   `json:"wave,omitempty" validate:"omitempty,max=5"`
	Products string   `json:"products" validate:"required,max=1000" doc:"What it will show."`
	Sign     string   `json:"sign" validate:"required,max=40" doc:"The name above the booth."`
	SignEN   string   `json:"sign_en,omitempty" validate:"omitempty,max=40"`
	Size     string   `json:"size" validate:"required,max=20" doc:"A code of the reference list size."`
	Needs    []string `json:"needs,omitempty" validate:"max=10,dive,max=20" enum:"power|water|extraction|loading|accessible|live|lodging|transport"`
	People   int64    `json:"people" doc:"How many will stand there."`
	Note     string   `json:"note,omitempty" validate:"omitempty,max=1000"`
}

type apiReply struct {
	Accept bool `json:"accept" doc:"true takes the place, false declines it."`
}

var participationStates = []string{"applied", "eligible", "refused", "waiting", "invited", "accepted", "declined", "expired", "withdrawn"}

var apiExhibitionRoutes = []apiRoute{
	{method: "GET", path: "/exhibitions", id: "listExhibitions", tag: "exhibitions", title: "List exhibitions", ar: "قائمة المعارض", scope: auth.ScopeExhibitionsRead, status: 200,
		text:   "By first day, the latest first.",
		params: []apiParam{{name: "from", text: "Exhibitions that touch this day or a later one."}, {name: "to", text: "Exhibitions that touch this day or an earlier one."}, apiCursor, apiLimit},
		result: reflect.TypeFor[apiExhibitionList](), handle: (*Server).apiExhibitions},
	{method: "GET", path: "/exhibitions/:id", id: "getExhibition", tag: "exhibitions", title: "One exhibition", ar: "معرض", scope: auth.ScopeExhibitionsRead, status: 200, tagged: true,
		result: reflect.TypeFor[apiExhibition](), handle: (*Server).apiGetExhibition},
	{method: "GET", path: "/exhibitions/:id/participations", id: "listParticipations", tag: "exhibitions", title: "Applications and invitations", ar: "الطلبات والدعوات",
		scope: auth.ScopeExhibitionsRead, status: 200, text: "Exhibitors of the token's reach in the exhibition; never those of the other party.",
		params: []apiParam{{name: "state", many: true, text: "State of the participation.", enum: participationStates}, apiCursor, apiLimit}, more: []int{403},
		result: reflect.TypeFor[apiParticipationList](), handle: (*Server).apiParticipations},
	{method: "POST", path: "/exhibitions/:id/applications", id: "apply", tag: "exhibitions", title: "Apply for a family", ar: "تقديم طلب مشاركة", scope: auth.ScopeApplicationsWrite, status: 201, tagged: true,
		text: "As an officer would, while the call is open.", body: reflect.TypeFor[apiApplication](), result: reflect.TypeFor[apiParticipation](), more: []int{403, 409}, handle: (*Server).apiApply},
	{method: "GET", path: "/participations/:id", id: "getParticipation", tag: "exhibitions", title: "One application or invitation", ar: "طلب أو دعوة", scope: auth.ScopeExhibitionsRead, status: 200, tagged: true,
		more: []int{403}, result: reflect.TypeFor[apiParticipation](), handle: (*Server).apiGetParticipation},
	{method: "POST", path: "/participations/:id/answer", id: "answerInvitation", tag: "exhibitions", title: "Answer an invitation", ar: "الرد على دعوة", scope: auth.ScopeApplicationsWrite, status: 200, tagged: true,
		match: true, body: reflect.TypeFor[apiReply](), result: reflect.TypeFor[apiParticipation](), more: []int{403, 409}, handle: (*Server).apiAnswerInvitation},
}

func apiExhibitionOf(e *exhibition.Exhibition) apiExhibition {
	t := &e.Terms
	return apiExhibition{ID: e.ID, Version: e.Version, Status: string(e.Status), Name: t.Name, NameEN: t.NameEN, Series: t.Series, Edition: int64(t.Edition), Theme: t.Theme, Host: string(t.Host),
		Parties: asTexts(t.Parties), City: t.City, Venue: t.Venue, First: t.First.String(), Last: t.Last.String(), Capacity: int64(t.Capacity)}
}

// page cuts one page out of a whole list: places count from 1.
func page[T any](q *apiRequest, all []T) ([]T, apiPage, error) {
	from, err := q.openCursor()
	if err != nil {
		return nil, apiPage{}, err
	}
	limit, err := q.limit()
	if err != nil {
		return nil, apiPage{}, err
	}
	out := apiPage{Total: int64(len(all))}
	rest := all[min(int(from), len(all)):]
	if len(rest) > limit {
		rest = rest[:limit]
		out.Next = q.closeCursor(from + int64(limit))
	}
	return rest, out, nil
}

func (q *apiRequest) day(name string) (calendar.Date, error) {
	text := q.one(name)
	if text == "" {
		return 0, nil
	}
	d, err := calendar.Parse(text)
	if err != nil {
		return 0, badParam(name, "problem.json.date")
	}
	return d, nil
}

func (s *Server) apiExhibitions(q *apiRequest) (*apiAnswer, error) {
	var find store.ExhibitionQuery
	var err error
	if find.From, err = q.day("from"); err != nil {
		return nil, err
	}
	if find.To, err = q.day("to"); err != nil {
		return nil, err
	}
	all, err := s.svc.Exhibitions.List(q.ctx(), q.actor, find)
	if err != nil {
		return nil, err
	}
	rows, at, err := page(q, all)
	if err != nil {
		return nil, err
	}
	out := apiExhibitionList{Items: []apiExhibition{}, Page: at}
	for i := range rows {
		out.Items = append(out.Items, apiExhibitionOf(&rows[i]))
	}
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiGetExhibition(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	v, err := s.svc.Exhibitions.View(q.ctx(), q.actor, id)
	if err != nil {
		return nil, err
	}
	out := apiExhibitionOf(&v.Exhibition)
	if c := v.Call; c != nil {
		out.Call = &apiCall{Opens: c.Opens.String(), Closes: c.Closes.String(), Open: c.OpenOn(v.Today)}
	}
	return &apiAnswer{body: out, version: v.Version}, nil
}

func apiParticipationOf(p *exhibition.Participation) apiParticipation {
	return apiParticipation{ID: p.ID, Version: p.Version, ExhibitionID: p.ExhibitionID, ExhibitorID: p.ExhibitorID, FamilyID: p.FamilyID, Name: p.Name, State: string(p.State), Wave: int64(p.Wave),
		Area: p.Traits.Area, Craft: p.Traits.Craft, Rank: int64(p.Rank), InvitedAt: apiInstant(p.InvitedAt), Deadline: apiInstant(p.Deadline), AnsweredAt: apiInstant(p.AnsweredAt), CreatedAt: apiInstant(p.CreatedAt)}
}

func (s *Server) apiParticipations(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	texts, err := q.choices("state")
	if err != nil {
		return nil, err
	}
	var states []exhibition.State
	for _, t := range texts {
		states = append(states, exhibition.State(t))
	}
	v, err := s.svc.Exhibitions.Selecting(q.ctx(), q.actor, id, states)
	if err != nil {
		return nil, err
	}
	rows, at, err := page(q, v.Rows)
	if err != nil {
		return nil, err
	}
	out := apiParticipationList{Items: []apiParticipation{}, Page: at}
	for i := range rows {
		out.Items = append(out.Items, apiParticipationOf(&rows[i].Participation))
	}
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiParticipationAt(q *apiRequest, id int64) (*apiAnswer, error) {
	v, err := s.svc.Exhibitions.Participant(q.ctx(), q.actor, id)
	if err != nil {
		return nil, err
	}
	return &apiAnswer{body: apiParticipationOf(&v.Participation), version: v.Version}, nil
}

func (s *Server) apiGetParticipation(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return s.apiParticipationAt(q, id)
}

func (s *Server) apiApply(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	in := q.body.(*apiApplication)
	form := &intake.Application{Family: strconv.FormatInt(in.FamilyID, 10), Wave: in.Wave, Products: in.Products, Sign: in.Sign, SignEN: in.SignEN, Size: in.Size, Needs: in.Needs,
		People: strconv.FormatInt(in.People, 10), Note: in.Note}
	made, err := s.svc.Exhibitions.Apply(q.ctx(), q.actor, id, form, q.write())
	if err != nil {
		return nil, err
	}
	a, err := s.apiParticipationAt(q, made)
	if err != nil {
		return nil, err
	}
	a.location = "/participations/" + strconv.FormatInt(made, 10)
	return a, nil
}

func (s *Server) apiAnswerInvitation(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	if _, err := s.svc.Exhibitions.Answer(q.ctx(), q.actor, id, q.body.(*apiReply).Accept, q.write()); err != nil {
		return nil, err
	}
	return s.apiParticipationAt(q, id)
}

var apiFigureRoute = apiRoute{method: "GET", path: "/figures", id: "getFigures", tag: "figures", title: "Figures", ar: "الأرقام", scope: auth.ScopeFiguresRead, status: 200,
	text:   "Counts of the families in the token's reach; of the other country sums only, with small cells hidden, for roles that work with it.",
	result: reflect.TypeFor[apiFigures](), handle: (*Server).apiFiguresOf}

type apiCount struct {
	Code   string `json:"code,omitempty"`
	N      int64  `json:"n"`
	Women  int64  `json:"women" doc:"Of them led by a woman; 0 where split is false."`
	Hidden bool   `json:"hidden,omitempty" doc:"Too few to be shown: n and women are 0."`
	Split  bool   `json:"split,omitempty" doc:"women may be shown."`
}

type apiMonth struct {
	Month     string `json:"month" example:"2026-03"`
	Submitted int64  `json:"submitted"`
	Decided   int64  `json:"decided"`
}

type apiFigures struct {
	Party       string           `json:"party" enum:"EG|QA"`
	Total       int64            `json:"total"`
	Registered  apiCount         `json:"registered" doc:"Approved."`
	Waiting     int64            `json:"waiting" doc:"For a decision."`
	MedianDays  int64            `json:"median_days" doc:"From handing in to the decision; -1 without any."`
	States      []apiCount       `json:"states"`
	Areas       []apiCount       `json:"areas"`
	Crafts      []apiCount       `json:"crafts"`
	Protections []apiCount       `json:"protections,omitempty"`
	Months      []apiMonth       `json:"months"`
	Other       *apiOtherFigures `json:"other,omitempty"`
}

type apiOtherFigures struct {
	Party      string     `json:"party" enum:"EG|QA"`
	Registered apiCount   `json:"registered"`
	Areas      []apiCount `json:"areas"`
	Crafts     []apiCount `json:"crafts"`
}

func (s *Server) apiFiguresOf(q *apiRequest) (*apiAnswer, error) {
	f, err := s.svc.Families.Figures(q.ctx(), q.actor)
	if err != nil {
		return nil, err
	}
	return &apiAnswer{body: apiFiguresFrom(f)}, nil
}

func apiFiguresFrom(f *service.Figures) apiFigures {
	out := apiFigures{Party: string(f.Party), Total: int64(f.Total), Registered: apiCountOf(f.Registered), Waiting: int64(f.Waiting), MedianDays: int64(f.Median), States: apiCounts(f.States),
		Areas: apiCounts(f.Areas), Crafts: apiCounts(f.Crafts), Months: []apiMonth{}}
	if f.Protections != nil {
		out.Protections = apiCounts(f.Protections)
	}
	for _, m := range f.Months {
		out.Months = append(out.Months, apiMonth{Month: strconv.Itoa(m.Year) + "-" + strconv.Itoa(100 + m.Month)[1:], Submitted: int64(m.Submitted), Decided: int64(m.Decided)})
	}
	if o := f.Other; o != nil {
		out.Other = &apiOtherFigures{Party: string(o.Party), Registered: apiCountOf(o.Registered), Areas: apiCounts(o.Areas), Crafts: apiCounts(o.Crafts)}
	}
	return out
}
