package registry

import (
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// State of a registration (حالة التسجيل).
type State string

// The states of a registration. Moves between them are the methods of Family below and no others.
const (
	Draft       State = "draft"        // being entered; may be incomplete
	Submitted   State = "submitted"    // waits for a reviewer
	UnderReview State = "under_review" // a reviewer has taken it
	Returned    State = "returned"     // back to the field worker with reasons
	Approved    State = "approved"     // registered, until ValidUntil
	Rejected    State = "rejected"     // refused with reasons
	Suspended   State = "suspended"    // approved, but stopped for a while with reasons
	Expired     State = "expired"      // the term ended without renewal
	Withdrawn   State = "withdrawn"    // at the family's own wish
	Graduated   State = "graduated"    // left the programme upwards
	Merged      State = "merged"       // the same person's other registration stays; kept, in no list and no figure, see merge.go
)

// States returns every state that lists and figures know, in the order of display.
func States() []State {
	return []State{Draft, Submitted, UnderReview, Returned, Approved, Rejected, Suspended, Expired, Withdrawn, Graduated}
}

// Title is the state's title as an argument of a message.
func (s State) Title() fault.Key { return fault.Key("enum.state." + string(s)) }

// Active reports whether a registration in this state holds the person's identity number: one active registration per person.
func (s State) Active() bool { return s != Rejected && s != Withdrawn && s != Merged && s != "" }

// Step is a move in the life of a registration, or another dated thing that its history shows.
type Step string

// The steps.
const (
	StepCreate          Step = "create"
	StepSubmit          Step = "submit"
	StepTake            Step = "take" // a reviewer takes it into review
	StepRelease         Step = "release"
	StepReturn          Step = "return"
	StepApprove         Step = "approve"
	StepReject          Step = "reject"
	StepSuspend         Step = "suspend"
	StepResume          Step = "resume"
	StepExpire          Step = "expire"
	StepRenew           Step = "renew"
	StepWithdraw        Step = "withdraw"
	StepGraduate        Step = "graduate"
	StepReopen          Step = "reopen" // a rejected or withdrawn one is entered again
	StepAmend           Step = "amend"  // changes to an approved family are handed in
	StepAmendmentAccept Step = "amendment_accept"
	StepAmendmentReturn Step = "amendment_return"
	StepMerge           Step = "merge"   // another registration of the same person was merged into it, or it into another
	StepUnmerge         Step = "unmerge" // the merge was undone
	StepRecall          Step = "recall"  // the import that handed it in was undone
)

var moves = map[Step]struct {
	from []State
	to   State
}{
	StepSubmit:   {[]State{Draft, Returned}, Submitted},
	StepTake:     {[]State{Submitted}, UnderReview},
	StepRelease:  {[]State{UnderReview}, Submitted},
	StepReturn:   {[]State{UnderReview}, Returned},
	StepApprove:  {[]State{UnderReview}, Approved},
	StepReject:   {[]State{UnderReview}, Rejected},
	StepSuspend:  {[]State{Approved}, Suspended},
	StepResume:   {[]State{Suspended}, Approved},
	StepExpire:   {[]State{Approved, Suspended}, Expired},
	StepRenew:    {[]State{Approved, Expired}, Approved},
	StepWithdraw: {[]State{Draft, Submitted, UnderReview, Returned, Approved, Suspended, Expired}, Withdrawn},
	StepGraduate: {[]State{Approved, Suspended, Expired}, Graduated},
	StepReopen:   {[]State{Rejected, Withdrawn}, Draft},
	StepRecall:   {[]State{Submitted}, Draft},
}

// Steps returns the moves that a registration in state s allows, in the order of the life.
func (s State) Steps() []Step {
	var out []Step
	for _, step := range []Step{StepSubmit, StepTake, StepRelease, StepReturn, StepApprove, StepReject, StepSuspend, StepResume,
		StepExpire, StepRenew, StepWithdraw, StepGraduate, StepReopen} {
		if allowed(step, s) {
			out = append(out, step)
		}
	}
	return out
}

func allowed(step Step, from State) bool {
	for _, f := range moves[step].from {
		if f == from {
			return true
		}
	}
	return false
}

// Allows reports whether a registration in state s can take the step.
func (s State) Allows(step Step) bool { return allowed(step, s) }

// RenewalWindow is how many days before the end of its term an approval may be renewed: 30, as Qatar's Law 5/2015 asks of home licences.
const RenewalWindow = 30

// TermMonths is how long an approval holds in a country. Qatar: 12, the term of a household licence (Law 5/2015). Egypt: 36, the rhythm of
// the re-examination of Takaful and Karama (Law 12/2025); the published conditions name no term.
func TermMonths(party place.Country) int {
	if party == "QA" {
		return 12
	}
	return 36
}

func (f *Family) move(step Step, at time.Time) (Event, error) {
	m := moves[step]
	if !allowed(step, f.Status.State) {
		return Event{}, fault.New(fault.State, "error.state."+string(step), f.Status.State.Title())
	}
	e := Event{FamilyID: f.ID, At: at, Step: step, From: f.Status.State, To: m.to}
	f.Status.State = m.to
	f.Status.UpdatedAt = at
	return e, nil
}

// Submit hands a draft or a returned registration in. The checks of the form come before it (package intake).
func (f *Family) Submit(by int64, at time.Time) (Event, error) {
	e, err := f.move(StepSubmit, at)
	if err != nil {
		return e, err
	}
	e.By = by
	f.Status.SubmittedAt, f.Status.SubmittedBy = at, by
	f.Status.Reasons, f.Status.Note, f.Status.ReviewerID = nil, "", 0
	return e, nil
}

// OwnEntry reports whether a person entered or handed in this registration: then they may not decide on it (four eyes).
func (f *Family) OwnEntry(user int64) bool {
	return user != 0 && (f.Status.EnteredBy == user || f.Status.SubmittedBy == user)
}

func (f *Family) fourEyes(by int64) error {
	if f.OwnEntry(by) {
		return fault.New(fault.Forbidden, "error.four_eyes")
	}
	return nil
}

// Take puts a submitted registration into review by one reviewer.
func (f *Family) Take(by int64, at time.Time) (Event, error) {
	if err := f.fourEyes(by); err != nil {
		return Event{}, err
	}
	e, err := f.move(StepTake, at)
	if err != nil {
		return e, err
	}
	e.By = by
	f.Status.ReviewerID = by
	return e, nil
}

// Release gives a registration under review back to the queue, for another reviewer.
func (f *Family) Release(by int64, at time.Time) (Event, error) {
	e, err := f.move(StepRelease, at)
	if err != nil {
		return e, err
	}
	e.By = by
	f.Status.ReviewerID = 0
	return e, nil
}

// Verdict is the reviewer's word beside a step: reasons from the code list and a free note.
type Verdict struct {
	Reasons []Reason
	Note    string
}

func (f *Family) decide(step Step, by int64, at time.Time, v Verdict, needReason bool) (Event, error) {
	if err := f.fourEyes(by); err != nil {
		return Event{}, err
	}
	if needReason && len(v.Reasons) == 0 {
		var p fault.Problems
		p.Add("reasons", "problem.reason_required")
		return Event{}, p.Err()
	}
	e, err := f.move(step, at)
	if err != nil {
		return e, err
	}
	e.By, e.Reasons, e.Note = by, v.Reasons, v.Note
	f.Status.Reasons, f.Status.Note = v.Reasons, v.Note
	f.Status.DecidedAt, f.Status.DecidedBy = at, by
	return e, nil
}

// Return sends a registration under review back to the field worker, with reasons.
func (f *Family) Return(by int64, at time.Time, v Verdict) (Event, error) {
	return f.decide(StepReturn, by, at, v, true)
}

// Reject refuses a registration under review, with reasons.
func (f *Family) Reject(by int64, at time.Time, v Verdict) (Event, error) {
	return f.decide(StepReject, by, at, v, true)
}

// Approve registers the family for the country's term from today. It refuses the person who entered it and a registration that is not
// under review. Whether the criteria are met is the caller's question: it holds the assessment.
func (f *Family) Approve(by int64, at time.Time, today calendar.Date, v Verdict) (Event, error) {
	e, err := f.decide(StepApprove, by, at, v, false)
	if err != nil {
		return e, err
	}
	f.Status.ValidUntil = today.AddMonths(TermMonths(f.Party)).AddDays(-1)
	return e, nil
}

// Suspend stops an approved registration for a while, with reasons.
func (f *Family) Suspend(by int64, at time.Time, v Verdict) (Event, error) {
	return f.decide(StepSuspend, by, at, v, true)
}

// Resume lifts a suspension; a term that ended meanwhile is not lengthened.
func (f *Family) Resume(by int64, at time.Time, v Verdict) (Event, error) {
	return f.decide(StepResume, by, at, v, false)
}

// Expire ends an approval whose last day has passed.
func (f *Family) Expire(at time.Time, today calendar.Date) (Event, error) {
	if f.Status.ValidUntil.IsZero() || !f.Status.ValidUntil.Before(today) {
		return Event{}, fault.New(fault.State, "error.state.expire", f.Status.State.Title())
	}
	return f.move(StepExpire, at)
}

// Renewable reports whether an approval may be renewed today: from RenewalWindow days before its last day, or after it expired.
func (f *Family) Renewable(today calendar.Date) bool {
	if f.Status.State == Expired {
		return true
	}
	return f.Status.State == Approved && !f.Status.ValidUntil.IsZero() && !today.Before(f.Status.ValidUntil.AddDays(-RenewalWindow))
}

// Renew lengthens an approval by one term, counted from the old last day or from today, whichever is later. It needs evidence of activity:
// a visit of the last twelve months that found the family producing (Bahrain found 133 of 1,413 registrations really active).
func (f *Family) Renew(by int64, at time.Time, today calendar.Date, lastActive calendar.Date) (Event, error) {
	if err := f.fourEyes(by); err != nil { // a renewal is a decision like an approval
		return Event{}, err
	}
	if !f.Renewable(today) {
		return Event{}, fault.New(fault.State, "error.state.renew", f.Status.State.Title())
	}
	if lastActive.IsZero() || lastActive.Before(today.AddMonths(-12)) {
		return Event{}, fault.New(fault.State, "error.renew_needs_visit")
	}
	start := f.Status.ValidUntil.AddDays(1)
	if start.Before(today) {
		start = today
	}
	e, err := f.move(StepRenew, at)
	if err != nil {
		return e, err
	}
	e.By = by
	f.Status.ValidUntil = start.AddMonths(TermMonths(f.Party)).AddDays(-1)
	f.Status.DecidedAt, f.Status.DecidedBy = at, by
	f.Status.Reasons, f.Status.Note = nil, ""
	return e, nil
}

// Withdraw ends a registration at the family's own wish. It is no decision of the office, so four eyes do not apply.
func (f *Family) Withdraw(by int64, at time.Time, v Verdict) (Event, error) {
	e, err := f.move(StepWithdraw, at)
	if err != nil {
		return e, err
	}
	e.By, e.Reasons, e.Note = by, v.Reasons, v.Note
	f.Status.Reasons, f.Status.Note, f.Status.Amendment = v.Reasons, v.Note, false
	return e, nil
}

// Graduate ends a registration because the family no longer needs the programme.
func (f *Family) Graduate(by int64, at time.Time, v Verdict) (Event, error) {
	return f.decide(StepGraduate, by, at, v, false)
}

// Reopen makes a rejected or withdrawn registration a draft again, so that the family can apply anew under the same number.
func (f *Family) Reopen(by int64, at time.Time) (Event, error) {
	e, err := f.move(StepReopen, at)
	if err != nil {
		return e, err
	}
	e.By = by
	f.Status.EnteredBy = by
	f.Status.Reasons, f.Status.Note, f.Status.ReviewerID = nil, "", 0
	return e, nil
}

// Recall takes back what an import handed in, while no reviewer has taken it: the registration is again as it stood before the import. It is no step that
// anybody takes on a page.
func (f *Family) Recall(by int64, at time.Time, before Registration) (Event, error) {
	if !before.State.Editable() {
		return Event{}, fault.New(fault.State, "error.state.submit", before.State.Title())
	}
	e, err := f.move(StepRecall, at)
	if err != nil {
		return e, err
	}
	e.By, e.To = by, before.State
	s := &f.Status
	s.State, s.SubmittedAt, s.SubmittedBy = before.State, before.SubmittedAt, before.SubmittedBy
	s.Reasons, s.Note, s.ReviewerID = before.Reasons, before.Note, before.ReviewerID
	return e, nil
}

// Editable reports whether the record itself is open to the field worker.
func (s State) Editable() bool { return s == Draft || s == Returned }

// Amendable reports whether changes can be handed in for a reviewer to accept, while the record stands.
func (s State) Amendable() bool { return s == Approved || s == Suspended || s == Expired }
