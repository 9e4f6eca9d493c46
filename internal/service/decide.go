package service

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// stepAction names the permission that each step needs.
var stepAction = map[registry.Step]auth.Action{
	registry.StepTake: auth.ReviewTake, registry.StepRelease: auth.ReviewRelease, registry.StepReturn: auth.ReviewReturn,
	registry.StepApprove: auth.ReviewApprove, registry.StepReject: auth.ReviewReject, registry.StepSuspend: auth.FamilySuspend,
	registry.StepResume: auth.FamilyResume, registry.StepRenew: auth.FamilyRenew, registry.StepWithdraw: auth.FamilyWithdraw,
	registry.StepGraduate: auth.FamilyGraduate, registry.StepReopen: auth.FamilyReopen,
	registry.StepAmendmentAccept: auth.AmendDecide, registry.StepAmendmentReturn: auth.AmendDecide,
}

// Decisions are the steps whose event keeps the assessment that the person had before them.
var decisions = map[registry.Step]bool{registry.StepReturn: true, registry.StepApprove: true, registry.StepReject: true, registry.StepSuspend: true,
	registry.StepRenew: true, registry.StepAmendmentAccept: true}

// Do takes one step in the life of a registration: take, release, return, approve, reject, suspend, resume, renew, withdraw, graduate, reopen,
// amendment_accept or amendment_return. w.Version is the version of the family that the person saw; another one is Stale. A decision stores
// the assessment it stood on, and never changes an older one.
func (s *Families) Do(ctx context.Context, actor auth.Actor, id int64, step registry.Step, d intake.Decision, w Write) error {
	action, ok := stepAction[step]
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	verdict, problems := d.Check()
	if err := problems.Err(); err != nil {
		return err
	}
	now := s.now()
	type content struct {
		ID      int64
		Step    registry.Step
		Verdict registry.Verdict
	}
	_, err := s.once(ctx, actor, "family."+string(step), w, content{id, step, verdict}, func(tx *store.Tx) (string, error) {
		f, err := load(tx, actor, action, id)
		if err != nil {
			return "", err
		}
		if f.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		if err := notTheEnterer(tx, actor, f, action); err != nil {
			return "", err
		}
		before := f.Record
		event, err := s.take(tx, actor, f, step, verdict, now)
		if err != nil {
			return "", err
		}
		u, err := s.reassess(tx, f, now)
		if err != nil {
			return "", err
		}
		if step == registry.StepApprove {
			if err := approvable(u); err != nil {
				return "", err
			}
		}
		if decisions[step] {
			if event.AssessmentID, err = u.keep(tx, f, actor.UserID, now, string(step)); err != nil {
				return "", err
			}
		}
		if err := tx.UpdateFamily(f, u.extra()); err != nil {
			return "", err
		}
		event.FamilyID = f.ID
		if err := tx.InsertEvent(&event); err != nil {
			return "", err
		}
		changes := append(registry.Diff(&before, &f.Record), lifeChanges(&event)...)
		return "", familyAudit(tx, actor, now, string(action), f, changes, string(step))
	})
	return err
}

// lifeChanges is a step as the audit log shows it: old state → new state, and the words beside it.
func lifeChanges(e *registry.Event) []registry.Change {
	var out []registry.Change
	if e.From != e.To {
		out = append(out, registry.Change{Path: "state", Class: string(auth.ClassDecision), Old: string(e.From), New: string(e.To)})
	}
	if len(e.Reasons) > 0 {
		var r []string
		for _, x := range e.Reasons {
			r = append(r, string(x))
		}
		out = append(out, registry.Change{Path: "reasons", Class: string(auth.ClassDecision), New: strings.Join(r, ",")})
	}
	if e.Note != "" {
		out = append(out, registry.Change{Path: "note", Class: string(auth.ClassDecision), New: e.Note})
	}
	return out
}

// hadInHand reports whether who took the step could type into the entry.
func hadInHand(step registry.Step) bool {
	return step == registry.StepCreate || step == StepHandOver || step == registry.StepSubmit
}

// notTheEnterer holds four eyes also against everybody who ever had the entry in hand: who began it, who took it over, who handed it in.
func notTheEnterer(tx *store.Tx, actor auth.Actor, f *registry.Family, action auth.Action) error {
	if !auth.FourEyes(action) {
		return nil
	}
	events, err := tx.EventsOf(f.ID)
	if err != nil {
		return err
	}
	for _, e := range events {
		if actor.SamePerson(e.By) && hadInHand(e.Step) {
			return fault.New(fault.Forbidden, "error.four_eyes")
		}
		if action == auth.AmendDecide && actor.SamePerson(e.By) && e.Step == registry.StepAmend {
			return fault.New(fault.Forbidden, "error.four_eyes")
		}
	}
	return nil
}

// take applies the domain's rule of a step to f.
func (s *Families) take(tx *store.Tx, actor auth.Actor, f *registry.Family, step registry.Step, v registry.Verdict, now time.Time) (registry.Event, error) {
	by, today := actor.UserID, officeDay(now)
	switch step {
	case registry.StepTake:
		return f.Take(by, now)
	case registry.StepRelease:
		return f.Release(by, now)
	case registry.StepReturn:
		return f.Return(by, now, v)
	case registry.StepReject:
		return f.Reject(by, now, v)
	case registry.StepApprove:
		return f.Approve(by, now, today, v)
	case registry.StepSuspend:
		return f.Suspend(by, now, v)
	case registry.StepResume:
		return f.Resume(by, now, v)
	case registry.StepWithdraw:
		e, err := f.Withdraw(by, now, v)
		if err != nil {
			return e, err
		}
		return e, dropDraft(tx, f.ID)
	case registry.StepGraduate:
		e, err := f.Graduate(by, now, v)
		if err != nil {
			return e, err
		}
		f.Status.Amendment = false
		return e, dropDraft(tx, f.ID)
	case registry.StepReopen:
		return f.Reopen(by, now)
	case registry.StepRenew:
		last, err := lastActive(tx, f.ID)
		if err != nil {
			return registry.Event{}, err
		}
		return f.Renew(by, now, today, last)
	case registry.StepAmendmentAccept, registry.StepAmendmentReturn:
		return s.decideAmendment(tx, actor, f, step, v, now)
	}
	return registry.Event{}, fmt.Errorf("no rule for step %q", step)
}

// dropDraft removes what was being typed about a family, if anything.
func dropDraft(tx *store.Tx, id int64) error {
	d, err := tx.DraftOf(id)
	if err != nil || d == nil {
		return err
	}
	return tx.DeleteDraft(id)
}

// lastActive returns the day of the newest visit that found the family producing; zero if there is none.
func lastActive(tx *store.Tx, id int64) (calendar.Date, error) {
	visits, err := tx.VisitsOf(id)
	if err != nil {
		return 0, err
	}
	var last calendar.Date
	for _, v := range visits {
		if (v.Finding == "active" || v.Finding == "partly_active") && v.Date.After(last) {
			last = v.Date
		}
	}
	return last, nil
}

// decideAmendment accepts waiting changes, so that they become the record, or returns them to the field worker's form with reasons.
func (s *Families) decideAmendment(tx *store.Tx, actor auth.Actor, f *registry.Family, step registry.Step, v registry.Verdict, now time.Time) (registry.Event, error) {
	e := registry.Event{FamilyID: f.ID, At: now, By: actor.UserID, Step: step, From: f.Status.State, To: f.Status.State, Reasons: v.Reasons, Note: v.Note}
	d, err := tx.DraftOf(f.ID)
	if err != nil {
		return e, err
	}
	if d == nil || d.Kind != store.DraftAmendment || d.SubmittedAt.IsZero() {
		return e, fault.New(fault.State, "error.no_amendment")
	}
	f.Status.Amendment, f.Status.UpdatedAt = false, now
	if step == registry.StepAmendmentReturn {
		if len(v.Reasons) == 0 {
			var p fault.Problems
			p.Add("reasons", "problem.reason_required")
			return e, p.Err()
		}
		d.SubmittedAt = time.Time{}
		return e, tx.PutDraft(d)
	}
	form, err := readDraft(d)
	if err != nil {
		return e, err
	}
	set, _, _, err := s.criteria.on(tx, f.Party, ruleDay(&f.Record, officeDay(now)))
	if err != nil {
		return e, err
	}
	record, problems := s.check(form, f.Party, now, set)
	if err := problems.Err(); err != nil { // a date that was in order when it was handed in may have passed since
		return e, err
	}
	if err := auth.Allow(actor, auth.AmendDecide, auth.Subject{Party: f.Party, Area: record.Address.Area, EnteredBy: f.Status.EnteredBy}); err != nil {
		return e, err
	}
	f.Record = record
	return e, tx.DeleteDraft(f.ID)
}

// reassess reads the facts of a stored family anew and checks them against the criteria of its application date.
func (s *Families) reassess(tx *store.Tx, f *registry.Family, now time.Time) (*understood, error) {
	u := &understood{record: f.Record}
	var err error
	if u.set, u.program, u.setID, err = s.criteria.on(tx, f.Party, ruleDay(&f.Record, officeDay(now))); err != nil {
		return nil, err
	}
	return u, s.assess(tx, u, f, now)
}

// approvable refuses an approval that the criteria do not carry: what is not met must be waived or the registration refused, what is missing must
// be asked for. "Needs review" is what a reviewer is for.
func approvable(u *understood) error {
	if u.program == nil {
		return fault.New(fault.State, "error.no_criteria")
	}
	switch u.checklist.Overall {
	case criteria.NotEligible:
		return fault.New(fault.State, "error.not_eligible")
	case criteria.Incomplete:
		return fault.New(fault.State, "error.facts_missing")
	}
	return nil
}
