package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var userWorkRoutes = []route{
	{method: "GET", path: "/users/:id/work", access: permit, action: auth.WorkHandOver, handle: (*Server).userWork},
	{method: "POST", path: "/users/:id/work", access: permit, action: auth.WorkHandOver, handle: (*Server).handOver},
	{method: "POST", path: "/users/:id/reviews", access: permit, action: auth.WorkHandOver, handle: (*Server).releaseReviews},
}

// noArea is the value of a tick for drafts that name no area yet: an empty value could not be told from no value.
const noArea = "none"

// receiversMost is how many colleagues a page offers, who covers most first.
const receiversMost = 40

// workBody is the Body of user/work, the first of two pages: what a person would leave behind, and which of it is meant.
type workBody struct {
	*service.OpenWork
	Badge       render.Badge
	Groups      []service.HeapGroup
	Rows        []workRow
	Total       int
	What, Areas []render.Option
}

// workRow is what a person looks after in one area.
type workRow struct {
	Area    string
	Counts  []int // by group
	Outside bool  // the person can no longer reach some of it
}

// handBody is the Body of user/hand, the second page: who takes the chosen files.
type handBody struct {
	*service.OpenWork
	Chosen    int
	What      string // titles, with commas
	Where     string
	Choice    service.Choice
	Receivers []render.Option
	Covers    []service.Receiver // of Receivers
	More      int                // colleagues beyond receiversMost, none of whom covers more
	Back      string
}

// AreaValues are the chosen areas as the form sends them.
func (b handBody) AreaValues() []string {
	var out []string
	for _, a := range b.Choice.Areas {
		if a == "" {
			a = noArea
		}
		out = append(out, a)
	}
	return out
}

// choiceOf reads which files are meant. What no page offers is left out.
func choiceOf(values map[string][]string) service.Choice {
	var c service.Choice
	for _, g := range service.HeapGroups() {
		if slices.Contains(values["what"], string(g)) {
			c.Groups = append(c.Groups, g)
		}
	}
	for _, a := range values["area"] {
		if a == "" || len(c.Areas) == 64 {
			continue
		}
		if a == noArea {
			a = ""
		}
		if !slices.Contains(c.Areas, a) {
			c.Areas = append(c.Areas, a)
		}
	}
	return c
}

// userWork shows what a person looks after; with a choice in the address, who may take it.
func (s *Server) userWork(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	q := r.query()
	if len(q["next"]) == 0 {
		return s.drawWork(r, 0, id, nil)
	}
	choice := choiceOf(q)
	if ps, ok := problems(choice.Check()); ok {
		return s.drawWork(r, 422, id, &render.Form{Lists: map[string][]string{"what": q["what"], "area": q["area"]}, Problems: ps})
	}
	return s.drawHand(r, 0, id, choice, &render.Form{})
}

func (s *Server) drawWork(r *request, status int, id int64, form *render.Form) error {
	w, err := s.svc.People.OpenWork(r.ctx(), r.actor, id, service.Choice{})
	if err != nil {
		return err
	}
	words := r.words()
	body := workBody{OpenWork: w, Badge: r.accountBadge(&w.Account), Groups: service.HeapGroups()}
	byGroup := make([]int, len(body.Groups))
	for _, e := range w.Entries { // by area, then state
		if n := len(body.Rows); n == 0 || body.Rows[n-1].Area != e.Area {
			body.Rows = append(body.Rows, workRow{Area: e.Area, Counts: make([]int, len(body.Groups))})
		}
		row := &body.Rows[len(body.Rows)-1]
		for i, g := range body.Groups {
			if slices.Contains(g.States(), e.State) {
				row.Counts[i] += e.Count
				byGroup[i] += e.Count
			}
		}
		row.Outside = row.Outside || e.Outside
		body.Total += e.Count
	}
	for i := range body.Rows {
		row := &body.Rows[i]
		value, n := row.Area, 0
		if value == "" {
			value = noArea
		}
		for _, c := range row.Counts {
			n += c
		}
		row.Area = r.placeName(row.Area)
		body.Areas = append(body.Areas, render.Option{Value: value, Label: row.Area, Hint: words.N("handing.files", n), Selected: form == nil})
	}
	for i, g := range body.Groups {
		if byGroup[i] > 0 {
			body.What = append(body.What, render.Option{Value: string(g), Label: words.T("enum.heap_group." + string(g)), Hint: words.N("handing.files", byGroup[i]), Selected: form == nil})
		}
	}
	if form == nil {
		form = &render.Form{}
	}
	return r.page(status, "user/work", form, body)
}

// placeName names an area, or says that a draft names none.
func (r *request) placeName(code string) string {
	if code == "" {
		return r.words().T("handing.no_area")
	}
	return r.words().area(code)
}

func (s *Server) drawHand(r *request, status int, id int64, choice service.Choice, form *render.Form) error {
	w, err := s.svc.People.OpenWork(r.ctx(), r.actor, id, choice)
	if err != nil {
		return err
	}
	words := r.words()
	body := handBody{OpenWork: w, Choice: choice}
	var what, where []string
	back := url.Values{"next": {"yes"}}
	for _, g := range choice.Groups {
		what = append(what, words.T("enum.heap_group."+string(g)))
		back.Add("what", string(g))
	}
	choice.Areas = slices.DeleteFunc(slices.Clone(choice.Areas), func(area string) bool { // nothing lies there (any more)
		return !slices.ContainsFunc(w.Entries, func(e service.WorkCount) bool { return e.Area == area })
	})
	for _, a := range choice.Areas {
		where = append(where, r.placeName(a))
	}
	body.Choice.Areas = choice.Areas
	for _, e := range w.Entries {
		if choice.Holds(e.Heap) {
			body.Chosen += e.Count
		}
	}
	if body.Chosen == 0 {
		return fault.New(fault.State, "handing.gone")
	}
	body.What, body.Where = words.join(what), words.join(where)
	for _, c := range w.Receivers {
		if len(body.Receivers) == receiversMost || c.Covers == 0 {
			body.More++
			continue
		}
		areas := r.areaNames(c.Areas)
		hint := words.T("field.all_areas")
		if len(areas) > 3 {
			hint = words.N("users.areas", len(areas))
		} else if len(areas) > 0 {
			hint = words.join(areas)
		}
		hint += " · " + words.N("handing.covers", c.Covers, body.Chosen)
		body.Receivers = append(body.Receivers, render.Option{Value: strconv.FormatInt(c.ID, 10), Label: c.Name, Hint: hint})
		body.Covers = append(body.Covers, c)
	}
	return r.page(status, "user/hand", form, body)
}

// handOver moves the chosen files. How many the receiver was shown to cover is the version that the change is made on.
func (s *Server) handOver(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	choice, receiver := choiceOf(r.values()), r.value("receiver")
	to, _ := strconv.ParseInt(receiver, 10, 64) // 0 is nobody: a problem of the field
	w := r.write()
	w.Version = -1
	if n, err := strconv.ParseInt(r.value("covers."+receiver), 10, 64); err == nil && n >= 0 {
		w.Version = n
	}
	done, err := s.svc.People.HandOver(r.ctx(), r.actor, id, to, choice, w)
	if ps, ok := problems(err); ok {
		if len(choice.Groups) == 0 || len(choice.Areas) == 0 {
			return s.drawWork(r, 422, id, &render.Form{Lists: map[string][]string{"what": r.values()["what"], "area": r.values()["area"]}, Problems: ps})
		}
		return s.drawHand(r, 422, id, choice, &render.Form{Values: map[string]string{"receiver": receiver}, Problems: ps})
	} else if fault.Is(err, fault.Stale) {
		form := &render.Form{Values: map[string]string{"receiver": receiver}}
		form.Problems.Add("receiver", "handing.stale")
		return s.drawHand(r, 409, id, choice, form)
	} else if err != nil {
		return err
	}
	words := r.words()
	if done.Left > 0 {
		r.flash("warning", "flash.handed_some", words.N("handing.files", done.Moved), words.N("handing.files", done.Left))
	} else {
		r.flash("success", "flash.handed_all", words.N("handing.files", done.Moved))
	}
	return r.redirect("/users/"+strconv.FormatInt(id, 10)+"/work", "", "")
}

// releaseReviews gives what a person has under review back to the queue.
func (s *Server) releaseReviews(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := s.svc.People.ReleaseReviews(r.ctx(), r.actor, id, r.write())
	if err != nil {
		return err
	}
	return r.redirect("/users/"+strconv.FormatInt(id, 10)+"/work", "success", "flash.reviews_released", strings.TrimSpace(r.words().N("handing.files", n)))
}
