package web

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// The registration form. Each step of package intake is one page with its own address; documents, visits and the review follow them. A step is
// saved as it is, because it is a draft: problems are told, and a second press of the same button goes on with them.

var registrationRoutes = []route{
	{method: "GET", path: "/registrations/new", access: permit, action: auth.FamilyCreate, handle: (*Server).newRegistration},
	{method: "POST", path: "/registrations", access: permit, action: auth.FamilyCreate, handle: (*Server).createRegistration},
	{method: "GET", path: "/registrations/districts", access: permit, action: auth.FamilyCreate, handle: (*Server).districts},
	{method: "GET", path: "/registrations/:id/edit", access: permit, action: auth.FamilyEdit, handle: (*Server).editRegistration},
	{method: "GET", path: "/registrations/:id/review", access: permit, action: auth.FamilyEdit, handle: (*Server).reviewRegistration},
	{method: "POST", path: "/registrations/known", access: permit, action: auth.FamilyCreate, handle: (*Server).knownNew},
	{method: "POST", path: "/registrations/:id/known", access: permit, action: auth.FamilyEdit, handle: (*Server).knownStep},
	{method: "POST", path: "/registrations/:id/submit", access: permit, action: auth.FamilySubmit, handle: (*Server).submitRegistration},
	{method: "POST", path: "/registrations/:id/discard", access: permit, action: auth.FamilyAmend, handle: (*Server).discardDraft},
	{method: "POST", path: "/registrations/:id/checklist", access: permit, action: auth.FamilyEdit, handle: (*Server).liveChecklist},
	{method: "GET", path: "/registrations/:id/documents", access: permit, action: auth.DocumentView, handle: (*Server).listDocuments},
	{method: "POST", path: "/registrations/:id/documents", access: permit, action: auth.DocumentAdd, upload: true, handle: (*Server).addDocument},
	{method: "POST", path: "/registrations/:id/documents/:document/remove", access: permit, action: auth.DocumentRemove, handle: (*Server).removeDocument},
	{method: "GET", path: "/registrations/:id/visits", access: permit, action: auth.VisitRecord, handle: (*Server).listVisits},
	{method: "POST", path: "/registrations/:id/visits", access: permit, action: auth.VisitRecord, handle: (*Server).recordVisit},
	{method: "GET", path: "/registrations/:id/:step", access: permit, action: auth.FamilyEdit, handle: (*Server).showStep},
	{method: "POST", path: "/registrations/:id/:step", access: permit, action: auth.FamilyEdit, handle: (*Server).saveStep},
	{method: "PUT", path: "/registrations/:id/:step", access: permit, action: auth.FamilyEdit, handle: (*Server).autosaveStep},
	{method: "POST", path: "/families/:id/amend", access: permit, action: auth.FamilyAmend, handle: (*Server).amendFamily},
	{method: "GET", path: "/documents/:id", access: permit, action: auth.DocumentView, handle: (*Server).showDocument},
	{method: "GET", path: "/documents/:id/thumb", access: permit, action: auth.DocumentView, handle: (*Server).showThumb},
}

// firstStep is the name of the page that begins a registration: the case and the essentials of the lead producer, enough to find duplicates.
const firstStep = "start"

// intakeContext is what checks of the actor's forms need to know. guardianAge may be 0.
func (r *request) intakeContext(guardianAge int) intake.Context {
	now := r.s.svc.Now()
	return intake.Context{Party: r.actor.Party, Today: calendar.Of(now.In(zoneOf(r.actor.Party))), GuardianAge: guardianAge, Now: now}
}

// newRegistration shows the first page of a registration.
func (s *Server) newRegistration(r *request) error {
	form := &intake.Registration{}
	form.Case.ApplicationDate = typedDay(r.intakeContext(0).Today)
	form.Lead.IDType, form.Lead.Nationality = string(idTypeOf(r.actor.Party)), string(r.actor.Party)
	if codes := r.actor.Areas.Codes(); len(codes) == 1 {
		form.Address.Area = codes[0]
	}
	return r.drawNew(0, form, nil, false)
}

// idTypeOf is the identity paper that the people of a country carry.
func idTypeOf(party place.Country) identity.Type {
	if party == place.Qatar {
		return identity.TypeQatariID
	}
	return identity.TypeEgyptianNID
}

// typedDay writes a day as a person of the office would type it.
func typedDay(d calendar.Date) string {
	y, m, day := d.YMD()
	return strconv.Itoa(day) + "/" + strconv.Itoa(m) + "/" + strconv.Itoa(y)
}

func (r *request) drawNew(status int, form *intake.Registration, ps fault.Problems, whole bool) error {
	p := r.newFormPage(form, whole)
	return r.page(status, "registration/form", p.form(form, ps), p)
}

// askFirst puts families with the same numbers on a first page and reports whether the person has yet to see them: then nothing is saved.
func (r *request) askFirst(p *formPage, known []service.Duplicate) bool {
	p.Duplicates = duplicatesOf(r, known, "lead")
	p.Seen = seenHash(nil, p.Duplicates)
	p.Ask = p.Seen != "" && p.Seen != r.value("_seen")
	return p.Ask
}

func (r *request) newFormPage(form *intake.Registration, whole bool) *formPage {
	p := r.blankPage()
	p.Step, p.Show = firstStep, []string{firstStep}
	if whole {
		p.Step, p.Show = "", nil
		for _, st := range intake.Steps(r.actor.Party) {
			p.Show = append(p.Show, st.Name)
		}
	}
	p.options(r, form)
	return p
}

// createRegistration begins a draft with what was typed; with submit=1 it takes the whole form and hands it in at once, which is what a field worker's
// outbox sends when the signal is back: created once, answered with a redirect and nothing else.
func (s *Server) createRegistration(r *request) error {
	values := r.values()
	whole := r.value("submit") == "1"
	form, shape := intake.Decode(values)
	if add, remove := r.value("_add"), r.value("_remove"); add != "" || remove != "" {
		if list, i, ok := intake.ParseRow(remove); ok {
			form.RemoveRow(list, i)
		}
		form.AddRow(add)
		return r.drawNew(0, form, nil, whole)
	}
	if len(shape.Blocking()) > 0 {
		return r.drawNew(fiber.StatusUnprocessableEntity, form, append(shape, r.checked(form, whole)...), whole)
	}
	if whole {
		id, err := s.svc.Families.Register(r.ctx(), r.actor, form, r.write())
		if ps, ok := problems(err); ok {
			return r.drawNew(fiber.StatusUnprocessableEntity, form, ps, true)
		}
		if refused, ok := wholeForm(err); ok {
			return r.drawNew(statuses[fault.KindOf(err)], form, refused, true)
		}
		if err != nil {
			return err
		}
		return r.redirect("/families/"+itoa(id), "success", "flash.submitted")
	}
	read := prefill(form, r.intakeContext(0).Today)
	known, err := s.svc.Families.Known(r.ctx(), r.actor, form, r.write())
	if refused, ok := wholeForm(err); ok {
		return r.drawNew(statuses[fault.KindOf(err)], form, refused, false)
	}
	if err != nil {
		return err
	}
	if p := r.newFormPage(form, false); r.askFirst(p, known) {
		return r.page(fiber.StatusConflict, "registration/form", p.form(form, nil), p)
	}
	id, err := s.svc.Families.Create(r.ctx(), r.actor, form, r.write())
	if ps, ok := problems(err); ok {
		return r.drawNew(fiber.StatusUnprocessableEntity, form, ps, false)
	}
	if refused, ok := wholeForm(err); ok {
		return r.drawNew(statuses[fault.KindOf(err)], form, refused, false)
	}
	if err != nil {
		return err
	}
	if r.value("_go") == "leave" {
		return r.redirect("/", "success", "flash.draft_saved")
	}
	if read {
		return r.redirect(stepURL(id, "lead"), "info", "flash.read_from_id")
	}
	return r.redirect(stepURL(id, "lead"), "success", "flash.draft_begun")
}

// checked returns the problems that a whole form would have if it were handed in; none for a first page.
func (r *request) checked(form *intake.Registration, whole bool) fault.Problems {
	if !whole {
		return nil
	}
	_, ps := form.Check(r.intakeContext(0))
	return ps
}

// wholeForm turns an error that is about what was typed, but about no one field, into a problem at the head of the form: the identity number is on
// file already, the area is not the person's.
func wholeForm(err error) (fault.Problems, bool) {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil, false
	}
	switch f.Kind {
	case fault.Duplicate:
		return fault.Problems{{Field: "lead.id_number", Key: f.Key, Args: f.Args}}, true
	case fault.Forbidden:
		return fault.Problems{{Field: "address.area", Key: f.Key, Args: f.Args}}, true
	}
	return nil, false
}

// prefill takes birth date, sex and nationality from a sound identity number where nothing was typed, and reports whether it took anything. What was typed
// is never changed: the number may be the wrong one.
func prefill(form *intake.Registration, today calendar.Date) bool {
	l := &form.Lead
	took := false
	set := func(field *string, value string) {
		if *field == "" && value != "" {
			*field, took = value, true
		}
	}
	switch identity.Type(l.IDType) {
	case identity.TypeEgyptianNID:
		n, err := identity.ParseEgyptianNID(l.IDNumber, today)
		if err != nil {
			return false
		}
		set(&l.BirthDate, typedDay(n.BirthDate()))
		set(&l.Sex, n.Sex())
		set(&l.Nationality, string(place.Egypt))
	case identity.TypeQatariID:
		n, err := identity.ParseQatariID(l.IDNumber, today)
		if err != nil {
			return false
		}
		if nation, ok := n.Nationality(); ok {
			set(&l.Nationality, nation.Code)
		}
	}
	return took
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// stepURL is the address of a page of a registration.
func stepURL(id int64, page string) string { return "/registrations/" + itoa(id) + "/" + page }

// editRegistration goes to the first step that has something to mend, or to the review.
func (s *Server) editRegistration(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	for _, st := range intake.Steps(r.actor.Party) {
		if slices.ContainsFunc(ed.Problems, func(p fault.Problem) bool { return p.Severity == fault.Blocking && intake.StepOf(p.Field) == st.Name }) {
			return r.c.Redirect(stepURL(id, st.Name), fiber.StatusSeeOther)
		}
	}
	return r.c.Redirect(stepURL(id, "review"), fiber.StatusSeeOther)
}

func (r *request) step() (id int64, st intake.Step, err error) {
	if id, err = r.id("id"); err != nil {
		return 0, st, err
	}
	st, ok := intake.StepNamed(r.c.Params("step"))
	if !ok {
		return 0, st, fault.New(fault.NotFound, "error.not_found")
	}
	return id, st, nil
}

// showStep shows one step of a draft. What is merely missing is not called a problem on a page that the person has not finished yet; ?check=1, the
// links of the review page, tell everything.
func (s *Server) showStep(r *request) error {
	id, st, err := r.step()
	if err != nil {
		return err
	}
	ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	p := r.stepPage(ed, st.Name)
	ps := ofStep(ed.Problems, st.Name)
	if r.c.Query("check") == "1" {
		p.Seen = seenHash(ps, p.Duplicates)
	} else {
		ps = slices.DeleteFunc(ps, func(p fault.Problem) bool { return missingKeys[p.Key] })
	}
	if add := r.c.Query("add"); intake.StepOf(add) == st.Name {
		ed.Form.AddRow(add)
	}
	return r.page(0, "registration/form", p.form(ed.Form, ps), p)
}

// missingKeys are the problems that only say that something is not there yet.
var missingKeys = map[string]bool{"problem.required": true, "problem.phone_needed": true, "problem.consent_needed": true, "problem.guardian_needed": true}

// ofStep returns the problems of one step in a slice of their own.
func ofStep(ps fault.Problems, step string) fault.Problems {
	var out fault.Problems
	for _, p := range ps {
		if intake.StepOf(p.Field) == step {
			out = append(out, p)
		}
	}
	return out
}

// stepValues returns the posted fields of a step without those of the page, with the choices of a clash applied and a row removed. Only they
// are what a request means: the same values sent twice are the same request.
func (s *Server) stepValues(r *request, id int64, st intake.Step) (map[string][]string, error) {
	values := map[string][]string{}
	for name, v := range r.values() {
		if intake.StepOf(name) == st.Name {
			values[name] = v
		}
	}
	if list, i, ok := intake.ParseRow(r.value("_remove")); ok && intake.StepOf(list) == st.Name {
		row := list + "[" + strconv.Itoa(i) + "]."
		maps.DeleteFunc(values, func(name string, _ []string) bool { return strings.HasPrefix(name, row) })
	}
	if st.Name == "consents" {
		undecided(values)
	}
	return values, s.choose(r, id, values)
}

// undecided drops the date that a consent's card offers where the consent is not given: nothing happened on that day.
func undecided(values map[string][]string) {
	for i := range intake.RowLimits()["consents"] {
		row := "consents[" + strconv.Itoa(i) + "]."
		if len(values[row+"given"]) == 0 {
			delete(values, row+"date")
			delete(values, row+"how")
		}
	}
}

// saveStep saves a step. It stays where a row was added or removed and, once, where there is something to look at; else it goes on.
func (s *Server) saveStep(r *request) error {
	id, st, err := r.step()
	if err != nil {
		return err
	}
	values, err := s.stepValues(r, id, st)
	if err != nil {
		return err
	}
	read := false
	if st.Name == "lead" && r.value("_add") == "" && r.value("_remove") == "" {
		read = prefillValues(values, r.intakeContext(0).Today)
	}
	saved, err := s.save(r, id, st, values)
	var stale *service.StaleDraft
	if errors.As(err, &stale) {
		return s.drawClash(r, id, st, values, stale)
	}
	if refused, ok := wholeForm(err); ok {
		ed, err2 := s.svc.Families.Edit(r.ctx(), r.actor, id)
		if err2 != nil {
			return err
		}
		ed.Form, _ = intake.Merge(ed.Form, st, values)
		p := r.stepPage(ed, st.Name)
		return r.page(statuses[fault.KindOf(err)], "registration/form", p.form(ed.Form, refused), p)
	}
	if err != nil {
		return err
	}
	if list := r.value("_add"); intake.RowLimits()[list] > 0 && intake.StepOf(list) == st.Name {
		n := rowsSent(values, list)
		return r.redirect(stepURL(id, st.Name)+"?add="+url.QueryEscape(list)+"#"+render.FieldID(list+"["+strconv.Itoa(n)+"]"), "", "")
	}
	if list, _, ok := intake.ParseRow(r.value("_remove")); ok {
		return r.redirect(stepURL(id, st.Name)+"#"+render.FieldID(list+"[0]"), "", "")
	}
	if to := r.value("_go"); to != "" {
		if to == "leave" {
			return r.redirect("/", "success", "flash.draft_saved")
		}
		if isPage(to) {
			return r.redirect(stepURL(id, to), "", "")
		}
	}
	duplicates := duplicatesOf(r, saved.Duplicates, st.Name)
	seen := seenHash(saved.Problems, duplicates)
	if seen != "" && seen != r.value("_seen") {
		return s.drawSaved(r, id, st, saved, seen)
	}
	ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	key := "flash.draft_saved"
	if read {
		key = "flash.read_from_id"
	}
	return r.redirect(stepURL(id, r.nextPage(ed, st.Name)), "success", key)
}

// drawSaved shows a step that was saved and has something to look at. What blocks the handing in is 422, as for any form, although the draft is safe.
func (s *Server) drawSaved(r *request, id int64, st intake.Step, saved *service.Saved, seen string) error {
	ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	p := r.stepPage(ed, st.Name)
	p.Seen, p.Stay = seen, true
	status := fiber.StatusOK
	if len(saved.Problems.Blocking()) > 0 {
		status = fiber.StatusUnprocessableEntity
	}
	return r.page(status, "registration/form", p.form(ed.Form, saved.Problems), p)
}

// save saves a step on the version that the form names. A page whose own autosave overtook it holds the same values: then there is nothing to choose, and
// the version on file is taken.
func (s *Server) save(r *request, id int64, st intake.Step, values map[string][]string) (*service.Saved, error) {
	w := r.write()
	saved, err := s.svc.Families.SaveStep(r.ctx(), r.actor, id, st.Name, values, w)
	var stale *service.StaleDraft
	if errors.As(err, &stale) && len(stale.Theirs) == 0 {
		w.Version = stale.Version
		saved, err = s.svc.Families.SaveStep(r.ctx(), r.actor, id, st.Name, values, w)
	}
	return saved, err
}

// autosaveStep keeps a draft while it is typed; the contract stands on top of static/js/autosave.js.
func (s *Server) autosaveStep(r *request) error {
	id, st, err := r.step()
	if err != nil {
		return err
	}
	values, err := s.stepValues(r, id, st)
	if err != nil {
		return err
	}
	saved, err := s.save(r, id, st, values)
	var stale *service.StaleDraft
	switch {
	case errors.As(err, &stale):
		theirs, err := s.theirs(r, id, stale)
		if err != nil {
			return err
		}
		return r.c.Status(fiber.StatusConflict).JSON(fiber.Map{"version": stale.Version, "theirs": theirs})
	case fault.Is(err, fault.State): // handed in elsewhere meanwhile: not a clash of values, nothing to choose
		return fault.Wrap(err, fault.Invalid, "error.state")
	case err != nil:
		return err
	}
	type problem struct {
		Field    string `json:"field"`
		Text     string `json:"text"`
		Blocking bool   `json:"blocking"`
	}
	loc := s.pages.Locale(r.locale)
	ps := []problem{}
	for _, p := range saved.Problems {
		ps = append(ps, problem{p.Field, loc.T(p.Key, p.Args...), p.Severity == fault.Blocking})
	}
	return r.c.JSON(fiber.Map{"version": saved.Version, "saved_at": saved.SavedAt, "problems": ps})
}

// theirs is what stands on file, as the script compares it: the ticks of a set under one name.
func (s *Server) theirs(r *request, id int64, stale *service.StaleDraft) (map[string]string, error) {
	out := map[string]string{}
	sets := map[string]bool{}
	for name, v := range stale.Theirs {
		if path, ok := setName(name); ok {
			sets[path] = true
			continue
		}
		out[name] = v
	}
	if len(sets) == 0 {
		return out, nil
	}
	ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
	if err != nil {
		return nil, err
	}
	for path := range sets {
		out[path] = strings.Join(ed.Form.Sets()[path], ", ")
	}
	return out, nil
}

// setName tells the set that a value like "project.channels[1]" belongs to; a field in a row of a list has something after its index.
func setName(name string) (string, bool) {
	if !strings.HasSuffix(name, "]") {
		return "", false
	}
	path, _, ok := strings.Cut(name, "[")
	return path, ok
}

func prefillValues(values map[string][]string, today calendar.Date) bool {
	form, _ := intake.Decode(values)
	if !prefill(form, today) {
		return false
	}
	for name, v := range map[string]string{"lead.birth_date": form.Lead.BirthDate, "lead.sex": form.Lead.Sex, "lead.nationality": form.Lead.Nationality} {
		if v != "" && len(values[name]) <= 1 {
			values[name] = []string{v}
		}
	}
	return true
}

// rowsSent counts the rows of a list that a form sent.
func rowsSent(values map[string][]string, list string) int {
	seen := map[string]bool{}
	for name := range values {
		if rest, ok := strings.CutPrefix(name, list+"["); ok {
			i, _, _ := strings.Cut(rest, "]")
			seen[i] = true
		}
	}
	return len(seen)
}

// stepFields are the draft that a script asks about, the step in view and the fields of that step as they stand, not yet saved.
func (r *request) stepFields() (id int64, step string, values map[string][]string, err error) {
	if id, err = r.id("id"); err != nil {
		return 0, "", nil, err
	}
	st, ok := intake.StepNamed(r.value("_step"))
	if !ok {
		return 0, "", nil, fault.New(fault.NotFound, "error.not_found")
	}
	values = map[string][]string{}
	for name, v := range r.values() {
		if intake.StepOf(name) == st.Name {
			values[name] = v
		}
	}
	return id, st.Name, values, nil
}

// liveChecklist assesses the draft as if the fields stood saved as they are, for the list beside them.
func (s *Server) liveChecklist(r *request) error {
	id, step, values, err := r.stepFields()
	if err != nil {
		return err
	}
	a, set, err := s.svc.Families.Checklist(r.ctx(), r.actor, id, step, values)
	if err != nil {
		return err
	}
	view := r.checklist(id, step, a, set)
	view.Swap = true
	return r.fragment(0, "registration/form", "checklist-live", nil, view)
}

// districts gives the names of districts on file in an area as suggestions.
func (s *Server) districts(r *request) error {
	area := r.c.Query("address.area")
	if a, ok := place.AreaByCode(area); !ok || a.Country != r.actor.Party {
		area = ""
	}
	var names []string
	if area != "" {
		var err error
		if names, err = s.svc.Families.Districts(r.ctx(), r.actor, area); err != nil {
			return err
		}
	}
	return r.fragment(0, "registration/form", "districts-live", nil, names)
}

// submitRegistration hands a draft in. What stops it is shown on the review page.
func (s *Server) submitRegistration(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	err = s.svc.Families.Submit(r.ctx(), r.actor, id, r.write())
	if err == nil {
		return r.redirect("/families/"+itoa(id), "success", "flash.submitted")
	}
	_, invalid := problems(err)
	switch kind := fault.KindOf(err); {
	case invalid, kind == fault.Stale, kind == fault.Duplicate:
		return s.drawReview(r, id, statuses[kind], err)
	case kind == fault.State: // an amendment without a change; if the draft is gone, the page that says so
		if err2 := s.drawReview(r, id, statuses[kind], err); err2 == nil {
			return nil
		}
	}
	return err
}

// amendFamily opens an amendment of an approved family and goes to its form.
func (s *Server) amendFamily(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Families.Amend(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect(stepURL(id, "review"), "info", "flash.amendment_open")
}

// discardDraft throws an amendment away.
func (s *Server) discardDraft(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Families.DiscardDraft(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/families/"+itoa(id), "success", "flash.amendment_discarded")
}

// consentScopes is the order of the consents on their page.
var consentScopes = []registry.ConsentScope{registry.ConsentOwnMinistry, registry.ConsentOtherMinistry, registry.ConsentCatalogue}
