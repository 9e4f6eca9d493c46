package web

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
)

// apiPage is what every list has beside its rows.
type apiPage struct {
	Total int64  `json:"total" doc:"Rows of all pages."`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; missing on the last one."`
}

// apiFamilyRow is one family in a list. What the role may not see is left out.
type apiFamilyRow struct {
	ID          int64  `json:"id" example:"1042"`
	Version     int64  `json:"version"`
	Number      string `json:"number,omitempty" doc:"Registration number, once handed in." ar:"رقم التسجيل" example:"EG-2026-000042-7"`
	Name        string `json:"name,omitempty" doc:"The lead producer's name." ar:"المنتِج/ة الرئيسي/ة"`
	Project     string `json:"project,omitempty" ar:"المشروع"`
	State       string `json:"state" doc:"A code of the reference list state." ar:"الحالة" example:"approved"`
	Area        string `json:"area,omitempty" doc:"ISO 3166-2." ar:"المحافظة أو البلدية" example:"EG-GZ"`
	District    string `json:"district,omitempty"`
	Craft       string `json:"craft,omitempty" doc:"A code of the reference list craft." ar:"الحرفة"`
	Sex         string `json:"sex,omitempty"`
	Protection  string `json:"protection,omitempty"`
	Overall     string `json:"overall,omitempty" doc:"Outcome of the last assessment: eligible, not_eligible, incomplete, needs_review."`
	IDNumber    string `json:"id_number,omitempty" doc:"Masked: the last four digits." example:"••••1234"`
	Amendment   bool   `json:"amendment,omitempty" doc:"Changes wait for a reviewer."`
	CreatedAt   string `json:"created_at" format:"date-time"`
	SubmittedAt string `json:"submitted_at,omitempty" format:"date-time"`
	DecidedAt   string `json:"decided_at,omitempty" format:"date-time"`
	ValidUntil  string `json:"valid_until,omitempty" format:"date"`
}

type apiFamilyList struct {
	Items []apiFamilyRow `json:"items"`
	Page  apiPage        `json:"page"`
}

// apiField is one value of a family as far as the role sees its class.
type apiField struct {
	Path  string `json:"path" doc:"Its place in the form." example:"lead.given_name"`
	Class string `json:"class" doc:"What kind of thing it tells about a person; permissions go by it." example:"name"`
	Kind  string `json:"kind" doc:"How to read the value." enum:"text|int|money|date|bool|list|area|craft|country|id_type|currency"`
	List  string `json:"list,omitempty" doc:"The reference list of a value of kind list."`
	Value string `json:"value" doc:"As stored: codes, ISO dates, amounts in minor units. Of a masked field what the mask leaves."`
	Sight string `json:"sight" doc:"shown, or masked; a revealable value is shown whole only to people, on the pages." enum:"masked|revealable|shown"`
}

// apiFamily is one family.
type apiFamily struct {
	ID          int64      `json:"id" example:"1042"`
	Version     int64      `json:"version"`
	Party       string     `json:"party" enum:"EG|QA"`
	Number      string     `json:"number,omitempty" ar:"رقم التسجيل"`
	Name        string     `json:"name,omitempty"`
	Project     string     `json:"project,omitempty"`
	Craft       string     `json:"craft,omitempty"`
	Area        string     `json:"area,omitempty"`
	State       string     `json:"state" ar:"الحالة"`
	Reasons     []string   `json:"reasons,omitempty" doc:"Of the last decision: codes of the reference list reason."`
	Note        string     `json:"note,omitempty"`
	Amendment   bool       `json:"amendment,omitempty" doc:"Changes wait for a reviewer."`
	Draft       string     `json:"draft,omitempty" doc:"What is open in a form." enum:"entry|amendment"`
	SubmittedAt string     `json:"submitted_at,omitempty" format:"date-time"`
	DecidedAt   string     `json:"decided_at,omitempty" format:"date-time"`
	ValidUntil  string     `json:"valid_until,omitempty" format:"date"`
	MergedInto  int64      `json:"merged_into,omitempty" doc:"The family that stands for this one after a merge."`
	Fields      []apiField `json:"fields"`
}

type apiMember struct {
	Name      string `json:"name,omitempty"`
	Relation  string `json:"relation,omitempty"`
	Sex       string `json:"sex,omitempty"`
	BirthYear string `json:"birth_year,omitempty"`
	Works     string `json:"works,omitempty"`
}

type apiMembers struct {
	Sight string      `json:"sight" doc:"hidden: the role sees nothing of households; masked: only how many they are." enum:"hidden|masked|shown"`
	Count int64       `json:"count"`
	Items []apiMember `json:"items"`
}

type apiProject struct {
	FamilyID int64      `json:"family_id"`
	Fields   []apiField `json:"fields"`
}

// apiNewFamily is the body of a new registration.
type apiNewFamily struct {
	Form   intake.Registration `json:"form"`
	Submit bool                `json:"submit,omitempty" doc:"Hand it in at once; problems that block then refuse it. Else it is a draft, which may be incomplete."`
}

// apiForm is a draft's form. Its version is the draft's, not the family's.
type apiForm struct {
	FamilyID int64               `json:"family_id"`
	Version  int64               `json:"version" doc:"Of the draft; it is the ETag."`
	Kind     string              `json:"kind" enum:"entry|amendment"`
	Form     intake.Registration `json:"form"`
	Problems []apiFieldProblem   `json:"problems,omitempty" doc:"What would refuse it, and warnings."`
}

type apiPutForm struct {
	Form intake.Registration `json:"form"`
}

type apiSavedForm struct {
	FamilyID int64             `json:"family_id"`
	Version  int64             `json:"version"`
	Problems []apiFieldProblem `json:"problems,omitempty"`
}

type apiCriterion struct {
	Code      string `json:"code"`
	Title     string `json:"title" doc:"In the language of Accept-Language."`
	Outcome   string `json:"outcome" enum:"met|not_met|facts_missing|needs_review|waived|not_applicable"`
	Points    int64  `json:"points,omitempty"`
	Exception string `json:"exception,omitempty"`
}

type apiAssessment struct {
	ID         int64          `json:"id"`
	FamilyID   int64          `json:"family_id"`
	SetVersion int64          `json:"set_version" doc:"Number of the version of the registration criteria."`
	At         string         `json:"at" format:"date-time"`
	Cause      string         `json:"cause" example:"submit"`
	Overall    string         `json:"overall" enum:"eligible|not_eligible|incomplete|needs_review"`
	Points     int64          `json:"points"`
	MaxPoints  int64          `json:"max_points"`
	Results    []apiCriterion `json:"results"`
}

type apiEvent struct {
	ID      int64    `json:"id"`
	At      string   `json:"at" format:"date-time"`
	Step    string   `json:"step" example:"approve"`
	From    string   `json:"from,omitempty"`
	To      string   `json:"to,omitempty"`
	By      string   `json:"by,omitempty" doc:"The officer; missing for the program."`
	Reasons []string `json:"reasons,omitempty"`
	Note    string   `json:"note,omitempty"`
}

type apiEvents struct {
	Items []apiEvent `json:"items"`
}

var (
	apiCursor = apiParam{name: "cursor", text: "page.next of the answer before."}
	apiLimit  = apiParam{name: "limit", text: "Rows of a page, 1 to 200; 50 when missing."}
)

func codesOf(list string) []string { return registry.Codes(list) }

func craftCodes() []string {
	var out []string
	for _, c := range registry.Crafts() {
		out = append(out, c.Code)
	}
	return out
}

var apiFamilyRoutes = []apiRoute{
	{method: "GET", path: "/families", id: "listFamilies", tag: "families", title: "List families", ar: "قائمة الأسر", scope: auth.ScopeFamiliesRead, status: 200,
		text: "The families within the reach of the token, newest first unless sort says otherwise. Conditions are joined by \"and\", values of one parameter by \"or\".",
		params: []apiParam{{name: "q", text: "Words over names, project and place, in any Arabic spelling; or a registration number."},
			{name: "state", many: true, text: "State of the registration.", enum: asTexts(registry.States())}, {name: "area", many: true, text: "ISO 3166-2 code."},
			{name: "craft", many: true, text: "Craft group.", enum: craftCodes()}, {name: "sex", many: true, text: "Of the lead producer.", enum: codesOf("sex")},
			{name: "protection", many: true, text: "Social protection.", enum: asTexts(registry.Protections())}, {name: "overall", many: true, text: "Outcome of the assessment.", enum: intake.Overalls()},
			{name: "date_field", text: "What from and to bound.", enum: intake.DateFields()}, {name: "from", text: "First day, YYYY-MM-DD."}, {name: "to", text: "Last day, YYYY-MM-DD."},
			{name: "sort", text: "The order.", enum: intake.Sorts()}, apiCursor, apiLimit},
		result: reflect.TypeFor[apiFamilyList](), handle: (*Server).apiFamilies},
	{method: "POST", path: "/families", id: "createFamily", tag: "families", title: "Register a family", ar: "تسجيل أسرة", scope: auth.ScopeFamiliesWrite, status: 201, tagged: true,
		text: "Begins a draft, or hands the registration in at once. Fields are as on the pages: dates Gregorian or Hijri, digits of three scripts, codes of the reference lists.",
		body: reflect.TypeFor[apiNewFamily](), result: reflect.TypeFor[apiFamily](), more: []int{403, 409}, handle: (*Server).apiCreateFamily},
	{method: "GET", path: "/families/:id", id: "getFamily", tag: "families", title: "One family", ar: "أسرة", scope: auth.ScopeFamiliesRead, status: 200, tagged: true,
		text: "The record, field by field, by the same table of classes as the pages.", result: reflect.TypeFor[apiFamily](), handle: (*Server).apiGetFamily},
	{method: "GET", path: "/families/:id/members", id: "listMembers", tag: "families", title: "Household members", ar: "أفراد الأسرة المعيشية", scope: auth.ScopeFamiliesRead, status: 200,
		result: reflect.TypeFor[apiMembers](), handle: (*Server).apiMembersOf},
	{method: "GET", path: "/families/:id/project", id: "getProject", tag: "families", title: "The project", ar: "المشروع", scope: auth.ScopeFamiliesRead, status: 200,
		result: reflect.TypeFor[apiProject](), handle: (*Server).apiProjectOf},
	{method: "GET", path: "/families/:id/events", id: "listEvents", tag: "families", title: "Decisions and other steps", ar: "القرارات والخطوات", scope: auth.ScopeFamiliesRead, status: 200,
		text: "What happened to the registration, newest first.", result: reflect.TypeFor[apiEvents](), handle: (*Server).apiEventsOf},
	{method: "GET", path: "/families/:id/assessment", id: "getAssessment", tag: "families", title: "The latest assessment", ar: "آخر تقييم للمعايير", scope: auth.ScopeFamiliesRead, status: 200,
		text: "Each registration criterion with its outcome.", result: reflect.TypeFor[apiAssessment](), more: []int{403}, handle: (*Server).apiAssessmentOf},
	{method: "GET", path: "/families/:id/form", id: "getForm", tag: "families", title: "The form of a draft", ar: "نموذج المسودة", scope: auth.ScopeFamiliesWrite, status: 200, tagged: true,
		text:   "Shows protected numbers, so each reading is written to the audit log. The ETag is the draft's version.",
		result: reflect.TypeFor[apiForm](), more: []int{403, 409}, handle: (*Server).apiGetForm},
	{method: "PUT", path: "/families/:id/form", id: "putForm", tag: "families", title: "Save the form of a draft", ar: "حفظ نموذج المسودة", scope: auth.ScopeFamiliesWrite, status: 200, tagged: true, match: true,
		text: "Replaces the whole form. A draft may be incomplete: problems are told and do not refuse it. A form that was changed meanwhile gives 412 and is never overwritten.",
		body: reflect.TypeFor[apiPutForm](), result: reflect.TypeFor[apiSavedForm](), more: []int{403, 409}, handle: (*Server).apiPutForm},
	{method: "POST", path: "/families/:id/submission", id: "submitFamily", tag: "families", title: "Hand a draft in", ar: "تقديم المسودة", scope: auth.ScopeFamiliesWrite, status: 200, tagged: true, match: true,
		text: "If-Match is the draft's version. An amendment waits for a reviewer beside the standing record.", result: reflect.TypeFor[apiFamily](), more: []int{403, 409, 422}, handle: (*Server).apiSubmit},
	{method: "POST", path: "/families/:id/amendment", id: "amendFamily", tag: "families", title: "Open an amendment", ar: "فتح تعديل", scope: auth.ScopeFamiliesWrite, status: 200, tagged: true,
		text: "Opens the form of an approved family for changes, or gives the one that is open.", result: reflect.TypeFor[apiForm](), more: []int{403, 409}, handle: (*Server).apiAmend},
}

func apiInstant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func apiDay(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func (s *Server) apiFamilies(q *apiRequest) (*apiAnswer, error) {
	for _, name := range []string{"state", "craft", "sex", "protection", "overall", "date_field", "sort"} {
		if _, err := q.choices(name); err != nil {
			return nil, err
		}
	}
	limit, err := q.limit()
	if err != nil {
		return nil, err
	}
	values := q.query()
	delete(values, "limit")
	if c := values["cursor"]; c != nil {
		values["after"] = c
		delete(values, "cursor")
	}
	today := calendar.Of(s.svc.Now().In(zoneOf(q.actor.Party)))
	in, ps := intake.DecodeFamilyFilter(values)
	f, more := in.Check(intake.Context{Party: q.actor.Party, Today: today})
	// The pages leave out of an old bookmark what is no longer known; a program that meant something else must hear of it.
	if ps = append(ps, more...); len(ps) > 0 {
		e := fault.New(fault.Invalid, "error.api.query")
		for _, p := range ps {
			e.Problems.Add(p.Field, p.Key, p.Args...)
		}
		return nil, &apiError{400, e}
	}
	f.Limit = limit
	list, err := s.svc.Families.List(q.ctx(), q.actor, service.FamilyQueryOf(f, q.actor.UserID))
	if err != nil {
		return nil, q.cursorRefused(err)
	}
	out := apiFamilyList{Items: []apiFamilyRow{}, Page: apiPage{Total: int64(list.Page.Total), Next: list.Page.Next}}
	for _, r := range list.Page.Rows {
		out.Items = append(out.Items, apiRowOf(q.actor, r))
	}
	return &apiAnswer{body: out}, nil
}

func apiRowOf(actor auth.Actor, r store.FamilyRow) apiFamilyRow {
	return apiFamilyRow{ID: r.ID, Version: r.Version, Number: string(r.Number), Name: r.Name, Project: r.Project, State: string(r.State), Area: r.Area, District: r.District, Craft: r.Craft,
		Sex: string(r.Sex), Protection: string(r.Protection), Overall: r.Overall, IDNumber: r.IDNumber, Amendment: r.Amendment, CreatedAt: apiInstant(r.CreatedAt),
		SubmittedAt: apiInstant(r.SubmittedAt), DecidedAt: apiInstant(r.DecidedAt), ValidUntil: apiDay(r.ValidUntil)}
}

// apiFamilyAt answers with a family as it stands now.
func (s *Server) apiFamilyAt(q *apiRequest, id int64) (*apiAnswer, error) {
	v, err := s.svc.Families.View(q.ctx(), q.actor, id)
	if err != nil {
		return nil, err
	}
	out := apiFamily{ID: v.ID, Version: v.Version, Party: string(v.Party), Number: string(v.Number), Name: v.Name, Project: v.Project, Craft: v.Craft, Area: v.Area, State: string(v.Status.State),
		Reasons: asTexts(v.Status.Reasons), Note: v.Status.Note, Amendment: v.Status.Amendment, Draft: string(v.Drafting), SubmittedAt: apiInstant(v.Status.SubmittedAt),
		DecidedAt: apiInstant(v.Status.DecidedAt), ValidUntil: apiDay(v.Status.ValidUntil), Fields: fieldsUnder(v, "")}
	if v.MergedInto != nil {
		out.MergedInto = v.MergedInto.FamilyID
	}
	return &apiAnswer{body: out, version: v.Version}, nil
}

// fieldsUnder are the values of a family whose paths begin so.
func fieldsUnder(v *service.FamilyView, prefix string) []apiField {
	out := []apiField{}
	for _, g := range v.Groups {
		for _, x := range g.Values {
			if strings.HasPrefix(x.Path, prefix) {
				out = append(out, apiField{Path: x.Path, Class: string(x.Class), Kind: x.Kind.Type, List: x.Kind.List, Value: x.Text, Sight: x.Sight.String()})
			}
		}
	}
	return out
}

func (s *Server) apiGetFamily(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return s.apiFamilyAt(q, id)
}

// apiView reads the family of the address.
func (s *Server) apiView(q *apiRequest) (*service.FamilyView, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return s.svc.Families.View(q.ctx(), q.actor, id)
}

func (s *Server) apiMembersOf(q *apiRequest) (*apiAnswer, error) {
	v, err := s.apiView(q)
	if err != nil {
		return nil, err
	}
	out := apiMembers{Sight: "hidden", Items: []apiMember{}}
	if sight := auth.View(q.actor.Role, auth.ClassHousehold); sight != auth.Hidden {
		out.Sight = sight.String()
	}
	for _, f := range fieldsUnder(v, "household.members") {
		if f.Path == "household.members_count" {
			if out.Count, err = strconv.ParseInt(f.Value, 10, 64); err != nil {
				return nil, err
			}
			continue
		}
		row, name, ok := strings.Cut(strings.TrimPrefix(f.Path, "household.members["), "].")
		n, err := strconv.Atoi(row)
		if !ok || err != nil {
			continue
		}
		for len(out.Items) <= n {
			out.Items = append(out.Items, apiMember{})
		}
		m := &out.Items[n]
		switch name {
		case "name":
			m.Name = f.Value
		case "relation":
			m.Relation = f.Value
		case "sex":
			m.Sex = f.Value
		case "birth_year":
			m.BirthYear = f.Value
		case "works":
			m.Works = f.Value
		}
	}
	out.Count = max(out.Count, int64(len(out.Items)))
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiProjectOf(q *apiRequest) (*apiAnswer, error) {
	v, err := s.apiView(q)
	if err != nil {
		return nil, err
	}
	return &apiAnswer{body: apiProject{FamilyID: v.ID, Fields: fieldsUnder(v, "project.")}}, nil
}

func (s *Server) apiEventsOf(q *apiRequest) (*apiAnswer, error) {
	v, err := s.apiView(q)
	if err != nil {
		return nil, err
	}
	out := apiEvents{Items: []apiEvent{}}
	for _, e := range v.Events {
		out.Items = append(out.Items, apiEvent{ID: e.ID, At: apiInstant(e.At), Step: string(e.Step), From: string(e.From), To: string(e.To), By: e.Name, Reasons: asTexts(e.Reasons), Note: e.Note})
	}
	slices.SortFunc(out.Items, func(a, b apiEvent) int { return int(b.ID - a.ID) })
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiAssessmentOf(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	sheet, err := s.svc.Families.Sheet(q.ctx(), q.actor, id, 0)
	if err != nil {
		return nil, err
	}
	a := sheet.Assessment
	out := apiAssessment{ID: a.ID, FamilyID: id, SetVersion: int64(a.SetVersion), At: apiInstant(a.At), Cause: a.Cause, Overall: string(a.Result.Overall), Points: int64(a.Result.Points),
		MaxPoints: int64(a.Result.MaxPoints), Results: []apiCriterion{}}
	for _, x := range a.Result.Results {
		c := apiCriterion{Code: x.Code, Outcome: string(x.Outcome), Points: int64(x.Points), Exception: x.Exception}
		if rule, ok := a.Set.Criterion(x.Code); ok {
			c.Title = rule.Title.In(q.words().Lang())
		}
		out.Results = append(out.Results, c)
	}
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiCreateFamily(q *apiRequest) (*apiAnswer, error) {
	in := q.body.(*apiNewFamily)
	make := s.svc.Families.Create
	if in.Submit {
		make = s.svc.Families.Register
	}
	id, err := make(q.ctx(), q.actor, &in.Form, q.write())
	if err != nil {
		return nil, under(err, "form")
	}
	a, err := s.apiFamilyAt(q, id)
	if err != nil {
		return nil, err
	}
	a.location = familyURL(id)
	return a, nil
}

// apiFormAt answers with the form that is open on a family.
func (s *Server) apiFormAt(q *apiRequest, id int64) (*apiAnswer, error) {
	ed, err := s.svc.Families.Edit(q.ctx(), q.actor, id)
	if err != nil {
		return nil, err
	}
	out := apiForm{FamilyID: id, Version: ed.Version, Kind: string(ed.Kind), Form: *ed.Form, Problems: q.formProblems(ed.Problems)}
	return &apiAnswer{body: out, version: ed.Version}, nil
}

func (q *apiRequest) formProblems(ps fault.Problems) []apiFieldProblem {
	var moved fault.Problems
	for _, p := range ps {
		p.Field = "form." + p.Field
		moved = append(moved, p)
	}
	return apiProblems(q.s.pages.Locale(q.locale), moved)
}

func (s *Server) apiGetForm(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return s.apiFormAt(q, id)
}

func (s *Server) apiPutForm(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	version, ps, err := s.svc.Families.Replace(q.ctx(), q.actor, id, &q.body.(*apiPutForm).Form, q.write())
	if err != nil {
		return nil, under(err, "form")
	}
	return &apiAnswer{body: apiSavedForm{FamilyID: id, Version: version, Problems: q.formProblems(ps)}, version: version}, nil
}

func (s *Server) apiSubmit(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	if err := s.svc.Families.Submit(q.ctx(), q.actor, id, q.write()); err != nil {
		return nil, under(err, "form")
	}
	return s.apiFamilyAt(q, id)
}

func (s *Server) apiAmend(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	if err := s.svc.Families.Amend(q.ctx(), q.actor, id, q.write()); err != nil {
		return nil, err
	}
	return s.apiFormAt(q, id)
}
