package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// The activities of the memorandum, and the joint report of a year.
var activityRoutes = []route{
	{method: "GET", path: "/activities", access: permit, action: auth.ActivityView, handle: (*Server).activityList},
	{method: "GET", path: "/activities/new", access: permit, action: auth.ActivityEdit, handle: (*Server).activityNew},
	{method: "GET", path: "/activities/report", access: permit, action: auth.ActivityView, handle: (*Server).activityReport},
	{method: "GET", path: "/activities/report.xlsx", access: permit, action: auth.ActivityView, handle: (*Server).activityBook},
	{method: "POST", path: "/activities", access: permit, action: auth.ActivityEdit, handle: (*Server).activitySave},
	{method: "GET", path: "/activities/:id", access: permit, action: auth.ActivityView, handle: (*Server).activityShow},
	{method: "GET", path: "/activities/:id/edit", access: permit, action: auth.ActivityEdit, handle: (*Server).activityEdit},
	{method: "POST", path: "/activities/:id/edit", access: permit, action: auth.ActivityEdit, handle: (*Server).activitySave},
	{method: "POST", path: "/activities/:id/agree", access: permit, action: auth.ActivityEdit, handle: activityStep(service.ActivityAgree)},
	{method: "POST", path: "/activities/:id/hold", access: permit, action: auth.ActivityEdit, handle: activityStep(service.ActivityHold)},
	{method: "POST", path: "/activities/:id/cancel", access: permit, action: auth.ActivityEdit, handle: activityStep(service.ActivityCancel)},
	{method: "POST", path: "/activities/:id/followups/:n", access: permit, action: auth.ActivityEdit, handle: (*Server).activityFollowUp},
	{method: "POST", path: "/activities/:id/papers", access: permit, action: auth.ActivityEdit, upload: true, handle: (*Server).paperAdd},
	{method: "GET", path: "/activities/:id/papers/:n", access: permit, action: auth.ActivityView, handle: (*Server).paperShow},
	{method: "POST", path: "/activities/:id/papers/:n/remove", access: permit, action: auth.ActivityEdit, handle: (*Server).paperRemove},
}

func activityURL(id int64) string { return "/activities/" + strconv.FormatInt(id, 10) }

// activityRow is an activity in a list.
type activityRow struct {
	programme.Activity
	Title    string
	URL      string
	Progress programme.ActivityStatus
	Waits    bool // for the yes of the reader's party
	Strands  []string
	Host     string
	Minutes  bool // it is the minutes of a meeting
	Open     int  // follow-ups
}

func (w words) activityRow(l *service.ActivityList, i int, own place.Country) activityRow {
	a := &l.Activities[i]
	row := activityRow{Activity: *a, Title: w.show(a.Title, a.TitleEN), URL: activityURL(a.ID), Progress: a.Progress(l.Today), Waits: l.CanEdit && a.Waits(own), Host: w.country(string(a.Host)),
		Open: a.OpenOf(place.Egypt) + a.OpenOf(place.Qatar)}
	for _, s := range a.Strands() {
		row.Strands = append(row.Strands, w.T(string(s.Title())))
	}
	if m := l.Meetings[i]; m != 0 {
		row.URL, row.Minutes, row.Waits = meetingURL(m), true, false
	}
	return row
}

// activityListPage is the Body of activity/list.
type activityListPage struct {
	Rows    []activityRow
	More    int // rows that are not drawn
	Matrix  []strandRow
	Years   []yearCell // of all strands
	Filter  activityFilter
	Strands []render.Option
	Kinds   []render.Option
	States  []render.Option
	CanEdit bool
	Any     bool
}

// strandRow is a strand of the memorandum with what was done in each year.
type strandRow struct {
	Name  string
	URL   string
	Years []yearCell
}

type yearCell struct {
	Year          int
	Planned, Held int
	Late          int
	URL           string
}

// activityFilter is what of the list is asked for; everything when empty. What is no value of its list is left out.
type activityFilter struct {
	Year   int
	Strand programme.Strand
	Kind   programme.ActivityKind
	State  programme.ActivityStatus
}

func readActivityFilter(q map[string][]string) (f activityFilter) {
	one := func(name string) string {
		if v := q[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	if y, err := strconv.Atoi(one("year")); err == nil && y >= programme.FirstYear && y <= programme.LastYear {
		f.Year = y
	}
	f.Strand = among(one("strand"), programme.Strands())
	f.Kind = among(one("kind"), programme.ActivityKinds())
	f.State = among(one("state"), programme.ActivityStatuses())
	return f
}

// among returns a value of a list, else "".
func among[T ~string](s string, list []T) T {
	if slices.Contains(list, T(s)) {
		return T(s)
	}
	return ""
}

func (f activityFilter) keeps(r *activityRow) bool {
	return (f.Year == 0 || r.First.Year() == f.Year) && (f.Kind == "" || r.Kind == f.Kind) && (f.State == "" || r.Progress == f.State) &&
		(f.Strand == "" || slices.Contains(r.Activity.Strands(), f.Strand))
}

// mostActivities is how many rows one page draws; the filter finds the others.
const mostActivities = 60

func (s *Server) activityList(r *request) error {
	l, err := s.svc.Activities.List(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	b := activityListPage{CanEdit: l.CanEdit, Any: len(l.Activities) > 0, Filter: readActivityFilter(r.query())}
	for i := range l.Activities {
		row := w.activityRow(l, i, r.actor.Party)
		switch {
		case !b.Filter.keeps(&row):
		case len(b.Rows) == mostActivities:
			b.More++
		default:
			b.Rows = append(b.Rows, row)
		}
	}
	joint := map[int]*programme.Joint{}
	for y := programme.FirstYear; y <= programme.LastYear; y++ {
		joint[y] = l.Joint(y)
		b.Years = append(b.Years, cellOf(y, &joint[y].Total, ""))
	}
	for _, st := range programme.Strands() {
		row := strandRow{Name: w.T(string(st.Title())), URL: "/activities?strand=" + string(st)}
		for y := programme.FirstYear; y <= programme.LastYear; y++ {
			row.Years = append(row.Years, cellOf(y, joint[y].Strands[st], fmt.Sprintf("%s&year=%d", row.URL, y)))
		}
		b.Matrix = append(b.Matrix, row)
		b.Strands = append(b.Strands, render.Option{Value: string(st), Label: row.Name, Selected: st == b.Filter.Strand})
	}
	for _, k := range programme.ActivityKinds() {
		b.Kinds = append(b.Kinds, render.Option{Value: string(k), Label: w.T("enum.activity_kind." + string(k)), Selected: k == b.Filter.Kind})
	}
	for _, st := range programme.ActivityStatuses() {
		b.States = append(b.States, render.Option{Value: string(st), Label: w.T("enum.activity_status." + string(st)), Selected: st == b.Filter.State})
	}
	return r.page(0, "activity/list", nil, b)
}

func cellOf(year int, t *programme.Tally, url string) yearCell {
	return yearCell{Year: year, Planned: t.Planned, Held: t.Held, Late: t.Late, URL: url}
}

// activityPage is the Body of activity/show and activity/form.
type activityPage struct {
	*service.ActivityView
	Title    string
	Progress programme.ActivityStatus
	Strands  []clauseGroup // of the activity, with its clauses
	Groups   []clauseGroup // all, to choose from
	Keys     []keyLine
	People   []attendeeView
	Sides    []sideView
	Todo     []followUpView
	Files    []paperLine
	Host     string
	Lead     string
	MayAgree bool
	MayHold  bool
	MayStop  bool
	Refused  string
	Clash    []clashLine
	MaxMB    int

	Kinds   []render.Option
	Parties []render.Option
	Choices []render.Option // owners of follow-ups
	Rows    []int           // indexes of rows of the form
	Acts    []int
	Twins   []int
}

type clauseGroup struct {
	Name    string
	Options []render.Option
	Open    bool // one of them is ticked, or it is the strand that this program exists for
}

type keyLine struct {
	Party string
	By    string
	At    string // RFC 3339; "": not yet
}

type sideView struct{ Name, Party string }

type followUpView struct {
	programme.FollowUp
	Party, Owner string
	Late, Mine   bool
}

type paperLine struct {
	programme.Paper
	From, By string
	Mine     bool
}

func (r *request) activityPage(v *service.ActivityView) *activityPage {
	w := r.words()
	b := &activityPage{ActivityView: v, Title: w.show(v.Activity.Title, v.TitleEN), Progress: v.Progress(v.Today), Host: w.country(string(v.Host)), Lead: w.country(string(v.Lead)), MaxMB: int(media.DefaultLimits().Bytes >> 20)}
	for _, st := range programme.Strands() {
		all, own := clauseGroup{Name: w.T(string(st.Title()))}, clauseGroup{Name: w.T(string(st.Title()))}
		for _, c := range programme.Clauses(st) {
			o := render.Option{Value: strconv.Itoa(c), Label: w.T(string(programme.ClauseTitle(c)))}
			all.Options = append(all.Options, o)
			if slices.Contains(v.Clauses, c) {
				own.Options = append(own.Options, o)
			}
		}
		b.Groups = append(b.Groups, all)
		if len(own.Options) > 0 {
			b.Strands = append(b.Strands, own)
		}
	}
	for _, p := range place.Countries() {
		line := keyLine{Party: w.country(string(p))}
		for _, k := range v.Activity.Keys {
			if k.Party == p {
				line.By, line.At = v.Names[k.By], w.Date(calendar.Of(k.At.In(zoneOf(r.actor.Party))).String())
			}
		}
		b.Keys = append(b.Keys, line)
		b.Parties = append(b.Parties, render.Option{Value: string(p), Label: line.Party})
	}
	for _, a := range v.Delegates {
		b.People = append(b.People, attendeeView{a, w.country(string(a.Party))})
	}
	for _, x := range v.Institutions {
		b.Sides = append(b.Sides, sideView{x.Name, w.country(string(x.Party))})
	}
	for _, f := range v.FollowUps {
		b.Todo = append(b.Todo, followUpView{f, w.country(string(f.Party)), v.Names[f.OwnerID], f.Late(v.Today), f.Party == v.Own && v.CanEdit})
	}
	for _, p := range v.Papers {
		b.Files = append(b.Files, paperLine{p, w.country(string(p.From)), v.Names[p.By], p.Party == v.Own && v.CanEdit})
	}
	for _, k := range programme.ActivityKinds() {
		b.Kinds = append(b.Kinds, render.Option{Value: string(k), Label: w.T("enum.activity_kind." + string(k))})
	}
	for _, o := range v.Owners {
		b.Choices = append(b.Choices, render.Option{Value: strconv.FormatInt(o.ID, 10), Label: o.Name + " · " + w.country(string(o.Party))})
	}
	b.MayAgree = v.CanEdit && v.Waits(v.Own)
	b.MayHold = v.CanEdit && v.Status == programme.ActivityAgreed && !v.First.After(v.Today)
	b.MayStop = v.CanEdit && (v.Status == programme.ActivityAgreed || v.Status == programme.ActivityProposed)
	return b
}

func (s *Server) activityShow(r *request) error {
	return s.drawActivity(r, 0, nil, "")
}

func (s *Server) drawActivity(r *request, status int, form *render.Form, refused string) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Activities.Activity(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	b := r.activityPage(v)
	b.Refused = refused
	return r.page(status, "activity/show", form, b)
}

func (s *Server) activityNew(r *request) error {
	in := &intake.Activity{First: r.today().String(), Host: string(r.actor.Party)}
	if st := readActivityFilter(r.query()).Strand; st != "" {
		in.Clauses = []string{strconv.Itoa(programme.Clauses(st)[0])}
	}
	return s.drawActivityForm(r, 0, 0, in, nil, "", false)
}

func (s *Server) activityEdit(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Activities.Activity(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	return s.drawActivityForm(r, 0, id, intake.FromActivity(&v.Activity), nil, "", false)
}

// drawActivityForm draws the form of an activity. late: somebody else saved meanwhile, and what was typed is shown beside what is on file.
func (s *Server) drawActivityForm(r *request, status int, id int64, in *intake.Activity, form *render.Form, refused string, late bool) error {
	v, err := s.svc.Activities.Activity(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	b := r.activityPage(v)
	b.Refused = refused
	if late {
		b.Clash = r.words().activityClash(in, intake.FromActivity(&v.Activity))
	}
	rows := func(n, more, most int) (out []int) {
		for i := range min(most, n+more) {
			out = append(out, i)
		}
		return out
	}
	b.Rows, b.Acts, b.Twins = rows(len(in.Delegates), 4, 60), rows(len(in.FollowUps), 3, 40), rows(len(in.Institutions), 2, 10)
	for i, st := range programme.Strands() {
		g := &b.Groups[i]
		g.Open = st == programme.Families
		for k := range g.Options {
			g.Options[k].Selected = slices.Contains(in.Clauses, g.Options[k].Value)
			g.Open = g.Open || g.Options[k].Selected
		}
	}
	if form == nil {
		form = &render.Form{}
	}
	form.Values, form.Lists = in.Values(), in.Sets()
	return r.page(status, "activity/form", form, b)
}

// activityClash compares what was typed with what is on file, field by field; rows under the title of their list.
func (w words) activityClash(mine, theirs *intake.Activity) []clashLine {
	label := map[string]string{}
	flat := func(a *intake.Activity) map[string]string {
		out := a.Values()
		out["clauses"] = strings.Join(a.Clauses, ", ")
		for f := range out {
			name, _, _ := strings.Cut(f, "[")
			label[f] = "activity.form." + name
		}
		return out
	}
	return w.clash(flat(mine), flat(theirs), label, nil)
}

func (s *Server) activitySave(r *request) error {
	id, err := r.idOrNew()
	if err != nil {
		return err
	}
	in, bad := intake.DecodeActivity(r.values())
	err = bad.Err()
	done := id
	if err == nil {
		done, err = s.svc.Activities.Put(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawActivityForm(r, 422, id, in, &render.Form{Problems: p}, "", false)
	}
	if text, ok := r.refusal(err); ok {
		return s.drawActivityForm(r, 409, id, in, nil, text, stale(err))
	}
	if err != nil {
		return err
	}
	return r.redirect(activityURL(done), "success", "flash.activity_saved")
}

func activityStep(step service.ActivityStep) func(*Server, *request) error {
	return func(s *Server, r *request) error {
		id, err := r.id("id")
		if err != nil {
			return err
		}
		err = s.svc.Activities.Step(r.ctx(), r.actor, id, step, strings.TrimSpace(r.value("text")), r.write())
		if p, ok := problems(err); ok {
			return s.drawActivity(r, 422, &render.Form{Problems: p}, "")
		}
		if text, ok := r.refusal(err); ok {
			return s.drawActivity(r, 409, nil, text)
		}
		if err != nil {
			return err
		}
		return r.redirect(activityURL(id), "success", "flash.activity_"+string(step))
	}
}

func (s *Server) activityFollowUp(r *request) error {
	id, n, err := r.ids("id", "n")
	if err != nil {
		return err
	}
	if err := s.svc.Activities.DoFollowUp(r.ctx(), r.actor, id, int(n), r.value("done") == "yes", r.write()); err != nil {
		return err
	}
	return r.redirect(activityURL(id), "success", "flash.action_done")
}

// ids reads two ids of the path.
func (r *request) ids(first, second string) (a, b int64, err error) {
	if a, err = r.id(first); err == nil {
		b, err = r.id(second)
	}
	return a, b, err
}

func (s *Server) paperAdd(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, ps := intake.DecodePaper(r.values())
	_, more := in.Check(r.intakeContext(0))
	ps = append(ps, more...)
	redraw := func(status int) error {
		return s.drawActivity(r, status, &render.Form{Values: in.Values(), Problems: ps}, "")
	}
	head, err := r.c.FormFile("file")
	if err != nil || head.Size == 0 {
		ps.Add("file", "problem.required")
	}
	if ps.Err() != nil {
		return redraw(fiber.StatusUnprocessableEntity)
	}
	src, err := head.Open()
	if err != nil {
		return fmt.Errorf("opening an upload: %w", err)
	}
	defer src.Close()
	file, err := media.Process(r.ctx(), src, head.Filename, media.DefaultLimits())
	if status, ok := ofFile(err, &ps); ok {
		return redraw(status)
	}
	if err == nil {
		err = s.svc.Activities.AddPaper(r.ctx(), r.actor, id, in, file, r.write())
	}
	if text, ok := r.refusal(err); ok {
		return s.drawActivity(r, 409, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(activityURL(id), "success", "flash.document_added")
}

func (s *Server) paperShow(r *request) error {
	id, n, err := r.ids("id", "n")
	if err != nil {
		return err
	}
	p, body, err := s.svc.Activities.Paper(r.ctx(), r.actor, id, n)
	if err != nil {
		return err
	}
	return r.sendPaper(p.MediaType, p.FileName, body)
}

func (s *Server) paperRemove(r *request) error {
	id, n, err := r.ids("id", "n")
	if err != nil {
		return err
	}
	if err := s.svc.Activities.RemovePaper(r.ctx(), r.actor, id, n, r.write()); err != nil {
		return err
	}
	return r.redirect(activityURL(id), "success", "flash.document_removed")
}
