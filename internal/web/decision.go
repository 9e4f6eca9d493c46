package web

import (
	"errors"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// stepPage is how one step in the life of a registration is asked for.
type stepPage struct {
	icon, tone string            // of its button
	flash      string            // said when it is done
	reasons    []registry.Reason // offered; nil: none are asked
	required   bool              // at least one reason
	note       bool              // a note may be written
	atOnce     bool              // needs no page of its own: the button on the family's page takes it
	checklist  bool              // the criteria stand beside the form
}

var (
	returnReasons = []registry.Reason{"missing_document", "unclear_document", "wrong_data", "expired_document", "product_not_approved", "other"}
	rejectReasons = []registry.Reason{"criteria_not_met", "not_eligible", "duplicate", "not_active", "false_statement", "product_not_approved", "moved_away", "deceased", "other"}
	stopReasons   = []registry.Reason{"not_active", "expired_document", "licence_lost", "false_statement", "moved_away", "other"}
	leaveReasons  = []registry.Reason{"family_request", "moved_away", "not_active", "deceased", "duplicate", "other"}
)

// stepPages are the steps that people take; "submit" and "amend" are taken from the form, "expire" by the calendar.
var stepPages = map[registry.Step]stepPage{
	registry.StepTake:            {icon: "file-search", tone: "btn-primary", flash: "flash.step_take", atOnce: true},
	registry.StepRelease:         {icon: "inbox", flash: "flash.step_release", atOnce: true},
	registry.StepReturn:          {icon: "arrow-back-up", flash: "flash.step_return", reasons: returnReasons, required: true, note: true, checklist: true},
	registry.StepApprove:         {icon: "circle-check", tone: "btn-success", flash: "flash.step_approve", note: true, checklist: true},
	registry.StepReject:          {icon: "circle-x", tone: "btn-danger", flash: "flash.step_reject", reasons: rejectReasons, required: true, note: true, checklist: true},
	registry.StepSuspend:         {icon: "player-pause", flash: "flash.step_suspend", reasons: stopReasons, required: true, note: true},
	registry.StepResume:          {icon: "player-play", tone: "btn-primary", flash: "flash.step_resume", note: true},
	registry.StepRenew:           {icon: "refresh", tone: "btn-primary", flash: "flash.step_renew"},
	registry.StepWithdraw:        {icon: "logout", flash: "flash.step_withdraw", reasons: leaveReasons, note: true},
	registry.StepGraduate:        {icon: "award", flash: "flash.step_graduate", note: true},
	registry.StepReopen:          {icon: "lock-open", flash: "flash.step_reopen"},
	registry.StepAmendmentAccept: {icon: "circle-check", tone: "btn-success", flash: "flash.step_amendment_accept", note: true},
	registry.StepAmendmentReturn: {icon: "arrow-back-up", flash: "flash.step_amendment_return", reasons: returnReasons, required: true, note: true},
}

// stepLink is a step as a button of the family's page.
type stepLink struct {
	Step             registry.Step
	Key, Icon, Class string
	AtOnce           bool
	URL              string
}

func stepLinks(v *service.FamilyView) []stepLink {
	var out []stepLink
	for _, step := range v.Steps {
		p, ok := stepPages[step]
		if !ok {
			continue
		}
		out = append(out, stepLink{Step: step, Key: "step." + string(step), Icon: p.icon, Class: p.tone, AtOnce: p.atOnce, URL: familyURL(v.ID) + "/do/" + string(step)})
	}
	return out
}

func familyURL(id int64) string { return "/families/" + strconv.FormatInt(id, 10) }

// stepBody is the Body of family/step.
type stepBody struct {
	*familyPage
	Step        registry.Step
	Title, Text string // message keys
	Icon, Tone  string
	Reasons     []registry.Reason
	Required    bool
	Note        bool
	ShowList    bool   // the checklist
	Refused     string // why the step cannot be taken, in words; the form is then left out if Gone
	Gone        bool   // the step is not this person's to take any more
	Clash       *stepClash
	Seen        int64 // the newest event when the page was drawn
}

// stepClash is what happened while the person looked at an older version.
type stepClash struct {
	Was, Now registry.State
	News     []eventView
	Mine     string // what the person had chosen
	Reasons  string
}

// readStep reads the step and the family of the address.
func (s *Server) readStep(r *request) (*service.FamilyView, registry.Step, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, "", err
	}
	step := registry.Step(r.c.Params("step"))
	if _, ok := stepPages[step]; !ok {
		return nil, "", fault.New(fault.NotFound, "error.not_found")
	}
	v, err := s.svc.Families.View(r.ctx(), r.actor, id)
	return v, step, err
}

// stepForm asks for one step: what the criteria say, the reasons to choose from, a note.
func (s *Server) stepForm(r *request) error {
	v, step, err := s.readStep(r)
	if err != nil {
		return err
	}
	if !slices.Contains(v.Steps, step) {
		return stepRefusal(v, step)
	}
	return r.page(0, "family/step", &render.Form{}, r.stepBody(v, step))
}

// stepRefusal says why a step is not offered: another state, an own entry, or not this person's to take.
func stepRefusal(v *service.FamilyView, step registry.Step) error {
	amendment := step == registry.StepAmendmentAccept || step == registry.StepAmendmentReturn
	switch {
	case amendment && !v.Status.Amendment:
		return fault.New(fault.State, "error.no_amendment")
	case !amendment && !v.Status.State.Allows(step):
		return fault.New(fault.State, "error.state."+string(step), v.Status.State.Title())
	case v.OwnEntry:
		return fault.New(fault.Forbidden, "error.four_eyes")
	case step == registry.StepRenew && v.Can[auth.FamilyRenew]:
		return fault.New(fault.State, "error.state.renew", v.Status.State.Title())
	}
	return fault.New(fault.Forbidden, "auth.forbidden")
}

func (r *request) stepBody(v *service.FamilyView, step registry.Step) *stepBody {
	p := stepPages[step]
	b := &stepBody{familyPage: r.familyPage(v), Step: step, Title: "step." + string(step), Text: "step.text." + string(step), Icon: p.icon, Tone: p.tone,
		Reasons: p.reasons, Required: p.required, Note: p.note, ShowList: p.checklist, Gone: !slices.Contains(v.Steps, step)}
	if b.Tone == "" {
		b.Tone = "btn-primary"
	}
	for _, e := range v.Events {
		b.Seen = max(b.Seen, e.ID)
	}
	if step == registry.StepApprove && b.Checklist != nil {
		switch b.Checklist.Overall { // the use-case refuses these too: better said before than after
		case criteria.NotEligible:
			b.Refused = r.words().T("error.not_eligible")
		case criteria.Incomplete:
			b.Refused = r.words().T("error.facts_missing")
		}
	}
	return b
}

// takeStep takes one step. Problems and refusals draw the page again with what was typed; so does a clash, with what changed meanwhile: the
// person then chooses again on what stands now.
func (s *Server) takeStep(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	step := registry.Step(r.c.Params("step"))
	page, ok := stepPages[step]
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	d, bad := intake.DecodeDecision(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.Families.Do(r.ctx(), r.actor, id, step, *d, r.write())
	}
	if err == nil {
		return r.redirect(familyURL(id), "success", page.flash)
	}
	form := &render.Form{Values: d.Values(), Lists: map[string][]string{"reasons": d.Reasons}}
	status := 409
	p, invalid := problems(err)
	if invalid {
		form.Problems, status = p, 422
	} else if !fault.Is(err, fault.Stale) && !fault.Is(err, fault.State) {
		return err
	}
	v, viewErr := s.svc.Families.View(r.ctx(), r.actor, id)
	if viewErr != nil {
		return viewErr
	}
	if invalid && !slices.Contains(v.Steps, step) {
		return stepRefusal(v, step)
	}
	b := r.stepBody(v, step)
	w := r.words()
	switch {
	case fault.Is(err, fault.Stale):
		b.Clash = clashIn(w, v, r, step, d)
	case fault.Is(err, fault.State):
		var f *fault.Error
		if errors.As(err, &f) {
			b.Refused = w.T(f.Key, f.Args...)
		}
	}
	return r.page(status, "family/step", form, b)
}

// clashIn compares what the person saw (hidden fields of the form) with what stands now.
func clashIn(w words, v *service.FamilyView, r *request, step registry.Step, d *intake.Decision) *stepClash {
	c := &stepClash{Now: v.Status.State, Mine: w.T("step." + string(step))}
	if was := registry.State(r.value("seen_state")); slices.Contains(registry.States(), was) {
		c.Was = was
	}
	var chosen []registry.Reason
	for _, x := range d.Reasons {
		if registry.InList("reason", x) {
			chosen = append(chosen, registry.Reason(x))
		}
	}
	c.Reasons = reasonsIn(w, chosen)
	seen, err := strconv.ParseInt(r.value("seen_event"), 10, 64)
	if err != nil {
		return c
	}
	for _, e := range v.Events {
		if e.ID > seen {
			c.News = append(c.News, eventIn(w, e, false))
		}
	}
	return c
}

// waiverBody is the Body of family/waive.
type waiverBody struct {
	*familyPage
	Criteria   []render.Option
	Exceptions []render.Option
	Papers     []render.Option
	Chosen     *criterionView // the criterion the person came from
}

// waiverForm asks for the waiver of one criterion.
func (s *Server) waiverForm(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	criterion := ""
	if q := r.query()["criterion"]; len(q) == 1 {
		criterion = q[0]
	}
	return s.drawWaiver(r, 0, id, &render.Form{Values: map[string]string{"criterion": criterion}})
}

func (s *Server) drawWaiver(r *request, status int, id int64, form *render.Form) error {
	v, err := s.svc.Families.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	switch {
	case v.OwnEntry:
		return fault.New(fault.Forbidden, "error.four_eyes")
	case v.Status.State != registry.UnderReview:
		return fault.New(fault.State, "error.state.waive", v.Status.State.Title())
	case v.Checklist == nil:
		return fault.New(fault.State, "error.no_criteria")
	}
	w := r.words()
	b := &waiverBody{familyPage: r.familyPage(v)}
	list := b.familyPage.Checklist
	for i := range list.Open {
		c := &list.Open[i]
		if !c.Waives {
			continue
		}
		b.Criteria = append(b.Criteria, render.Option{Value: c.Code, Label: c.Title})
		if c.Code == form.Value("criterion") {
			b.Chosen = c
		}
	}
	for _, o := range b.Criteria {
		rule, ok := v.Checklist.Set.Criterion(o.Value)
		if !ok || (b.Chosen != nil && b.Chosen.Code != o.Value) {
			continue
		}
		for _, x := range rule.Exceptions {
			b.Exceptions = append(b.Exceptions, render.Option{Value: x.Code, Label: w.T("waive.exception", x.Title.In(w.Lang()), w.code("document_type", string(x.Proof)))})
		}
	}
	for _, d := range v.Documents {
		if d.ID != 0 && d.RemovedAt.IsZero() {
			b.Papers = append(b.Papers, render.Option{Value: strconv.FormatInt(d.ID, 10), Label: w.T("waive.paper", w.code("document_type", string(d.Type)), d.ID)})
		}
	}
	return r.page(status, "family/waive", form, b)
}

// waive records a waiver.
func (s *Server) waive(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeWaiver(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.Families.Waive(r.ctx(), r.actor, id, *in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawWaiver(r, 422, id, &render.Form{Values: in.Values(), Problems: p})
	}
	if err != nil {
		return err
	}
	return r.redirect(familyURL(id), "success", "flash.waived")
}

// revokeWaiver takes a waiver back.
func (s *Server) revokeWaiver(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	waiver, err := r.id("waiver")
	if err != nil {
		return err
	}
	if err := s.svc.Families.RevokeWaiver(r.ctx(), r.actor, id, waiver, r.write()); err != nil {
		return err
	}
	return r.redirect(familyURL(id), "success", "flash.waiver_revoked")
}
