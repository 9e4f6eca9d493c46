package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

const (
	worker   = 1 // entered and handed in
	reviewer = 2
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func day(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// in makes a family in a state, entered and handed in by the worker, whose term (if any) ends soon.
func in(t testing.TB, s State) *Family {
	f := &Family{ID: 7, Party: place.Egypt, Status: Registration{State: s, EnteredBy: worker, SubmittedBy: worker}}
	switch s {
	case Approved, Suspended:
		f.Status.ValidUntil = day(t, "2026-03-20")
	case Expired:
		f.Status.ValidUntil = day(t, "2026-02-20")
	}
	return f
}

var why = Verdict{Reasons: []Reason{"wrong_data"}, Note: "note"}

// run takes a step on a family as the given person.
func run(t testing.TB, f *Family, step Step, by int64) (Event, error) {
	today := day(t, "2026-03-02")
	switch step {
	case StepSubmit:
		return f.Submit(by, noon)
	case StepTake:
		return f.Take(by, noon)
	case StepRelease:
		return f.Release(by, noon)
	case StepReturn:
		return f.Return(by, noon, why)
	case StepApprove:
		return f.Approve(by, noon, today, why)
	case StepReject:
		return f.Reject(by, noon, why)
	case StepSuspend:
		return f.Suspend(by, noon, why)
	case StepResume:
		return f.Resume(by, noon, why)
	case StepExpire:
		return f.Expire(noon, day(t, "2026-04-01"))
	case StepRenew:
		return f.Renew(by, noon, today, today.AddDays(-10))
	case StepWithdraw:
		return f.Withdraw(by, noon, why)
	case StepGraduate:
		return f.Graduate(by, noon, why)
	case StepReopen:
		return f.Reopen(by, noon)
	}
	t.Fatalf("no step %q", step)
	return Event{}, nil
}

var life = []Step{StepSubmit, StepTake, StepRelease, StepReturn, StepApprove, StepReject, StepSuspend, StepResume, StepExpire, StepRenew, StepWithdraw, StepGraduate, StepReopen}

// The whole table of the life: each state, each step, and where it leads.
func TestLifecycleTable(t *testing.T) {
	want := map[State]string{
		Draft:       "submit→submitted withdraw→withdrawn",
		Submitted:   "take→under_review withdraw→withdrawn",
		UnderReview: "release→submitted return→returned approve→approved reject→rejected withdraw→withdrawn",
		Returned:    "submit→submitted withdraw→withdrawn",
		Approved:    "suspend→suspended expire→expired renew→approved withdraw→withdrawn graduate→graduated",
		Rejected:    "reopen→draft",
		Suspended:   "resume→approved expire→expired withdraw→withdrawn graduate→graduated",
		Expired:     "renew→approved withdraw→withdrawn graduate→graduated",
		Withdrawn:   "reopen→draft",
		Graduated:   "",
	}
	if got := len(States()); got != len(want) {
		t.Fatalf("%d states, the table has %d", got, len(want))
	}
	for _, s := range States() {
		var got []string
		for _, step := range life {
			f := in(t, s)
			before := *f
			e, err := run(t, f, step, reviewer)
			if s.Allows(step) != (err == nil) {
				t.Errorf("%s, %s: Allows says %v, the step %v", s, step, s.Allows(step), err)
			}
			if err != nil {
				if !fault.Is(err, fault.State) {
					t.Errorf("%s, %s: %v, want a fault of kind state", s, step, err)
				}
				if fmt.Sprint(*f) != fmt.Sprint(before) {
					t.Errorf("%s, %s: refused, but the family changed", s, step)
				}
				continue
			}
			got = append(got, string(step)+"→"+string(f.Status.State))
			if e.Step != step || e.From != s || e.To != f.Status.State || !e.At.Equal(noon) || e.FamilyID != 7 || step != StepExpire && e.By != reviewer {
				t.Errorf("%s, %s: event %+v", s, step, e)
			}
			if !f.Status.UpdatedAt.Equal(noon) {
				t.Errorf("%s, %s: not marked as updated", s, step)
			}
		}
		if got := strings.Join(got, " "); got != want[s] {
			t.Errorf("%s:\n got %s\nwant %s", s, got, want[s])
		}
		if got, steps := len(got), s.Steps(); got != len(steps) {
			t.Errorf("%s: Steps gives %q", s, steps)
		}
	}
}

// Nobody decides on what they entered or handed in.
func TestFourEyes(t *testing.T) {
	decisions := map[Step]State{StepTake: Submitted, StepReturn: UnderReview, StepApprove: UnderReview, StepReject: UnderReview, StepSuspend: Approved, StepResume: Suspended,
		StepRenew: Approved, StepGraduate: Approved}
	for step, s := range decisions {
		for _, own := range []Registration{{State: s, EnteredBy: worker}, {State: s, EnteredBy: 9, SubmittedBy: worker}} {
			f := in(t, s)
			own.ValidUntil = f.Status.ValidUntil
			f.Status = own
			_, err := run(t, f, step, worker)
			if !fault.Is(err, fault.Forbidden) || f.Status.State != s {
				t.Errorf("%s by who entered or handed in: %v, state %s", step, err, f.Status.State)
			}
		}
	}
	for _, step := range []Step{StepSubmit, StepWithdraw, StepReopen} { // no decisions of the office
		s := map[Step]State{StepSubmit: Draft, StepWithdraw: Approved, StepReopen: Rejected}[step]
		if _, err := run(t, in(t, s), step, worker); err != nil {
			t.Errorf("%s by the worker: %v", step, err)
		}
	}
	if in(t, Draft).OwnEntry(0) {
		t.Error("nobody (0) owns an entry")
	}
}

func TestReasonsAreNeeded(t *testing.T) {
	for name, step := range map[string]func(*Family) error{
		"return":  func(f *Family) error { _, err := f.Return(reviewer, noon, Verdict{Note: "only a note"}); return err },
		"reject":  func(f *Family) error { _, err := f.Reject(reviewer, noon, Verdict{}); return err },
		"suspend": func(f *Family) error { _, err := f.Suspend(reviewer, noon, Verdict{}); return err },
	} {
		s := UnderReview
		if name == "suspend" {
			s = Approved
		}
		f := in(t, s)
		err := step(f)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Problems.On("reasons")) != 1 || f.Status.State != s {
			t.Errorf("%s without reasons: %v, state %s", name, err, f.Status.State)
		}
	}
	f := in(t, UnderReview)
	e, err := f.Return(reviewer, noon, why)
	if err != nil || !slices.Equal(e.Reasons, why.Reasons) || !slices.Equal(f.Status.Reasons, why.Reasons) || f.Status.Note != "note" || f.Status.DecidedBy != reviewer || !f.Status.DecidedAt.Equal(noon) {
		t.Errorf("return: %v, event %+v, status %+v", err, e, f.Status)
	}
	if _, err := f.Submit(worker, noon); err != nil || f.Status.Reasons != nil || f.Status.Note != "" || f.Status.SubmittedBy != worker || f.Status.ReviewerID != 0 {
		t.Errorf("handing in again must clear the reasons: %v, %+v", err, f.Status)
	}
}

func TestTerms(t *testing.T) {
	for _, c := range []struct {
		party place.Country
		today string
		want  string
	}{
		{place.Egypt, "2026-03-02", "2029-03-01"}, {place.Qatar, "2026-03-02", "2027-03-01"}, {place.Qatar, "2024-02-29", "2025-02-27"}, {place.Egypt, "2026-01-01", "2028-12-31"},
	} {
		f := in(t, UnderReview)
		f.Party = c.party
		if _, err := f.Approve(reviewer, noon, day(t, c.today), Verdict{}); err != nil || f.Status.ValidUntil != day(t, c.want) {
			t.Errorf("%s approved on %s holds until %s (%v), want %s", c.party, c.today, f.Status.ValidUntil, err, c.want)
		}
	}
	for _, c := range []struct {
		name        string
		state       State
		until       string
		today, seen string
		want        string // last day, or the key of the refusal
	}{
		{"in the window, counted from the old end", Approved, "2026-03-20", "2026-03-02", "2026-02-01", "2027-03-20"},
		{"first day of the window", Approved, "2026-04-01", "2026-03-02", "2026-02-01", "2027-04-01"},
		{"a day too early", Approved, "2026-04-02", "2026-03-02", "2026-02-01", "error.state.renew"},
		{"long expired, counted from today", Expired, "2025-01-01", "2026-03-02", "2026-02-01", "2027-03-01"},
		{"never visited", Approved, "2026-03-20", "2026-03-02", "", "error.renew_needs_visit"},
		{"visited a year ago", Approved, "2026-03-20", "2026-03-02", "2025-03-02", "2027-03-20"},
		{"visited longer ago", Approved, "2026-03-20", "2026-03-02", "2025-03-01", "error.renew_needs_visit"},
		{"suspended", Suspended, "2026-03-20", "2026-03-02", "2026-02-01", "error.state.renew"},
	} {
		f := in(t, c.state)
		f.Party, f.Status.ValidUntil = place.Qatar, day(t, c.until)
		var seen calendar.Date
		if c.seen != "" {
			seen = day(t, c.seen)
		}
		_, err := f.Renew(reviewer, noon, day(t, c.today), seen)
		var e *fault.Error
		got := f.Status.ValidUntil.String()
		if errors.As(err, &e) {
			got = e.Key
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	f := in(t, Approved)
	if _, err := f.Expire(noon, day(t, "2026-03-20")); !fault.Is(err, fault.State) {
		t.Errorf("the last day still holds: %v", err)
	}
	if _, err := f.Expire(noon, day(t, "2026-03-21")); err != nil || f.Status.State != Expired {
		t.Errorf("the day after: %v", err)
	}
}

func TestStatesSay(t *testing.T) {
	for s, want := range map[State]string{Draft: "active editable", Submitted: "active", UnderReview: "active", Returned: "active editable", Approved: "active amendable", Rejected: "",
		Suspended: "active amendable", Expired: "active amendable", Withdrawn: "", Graduated: "active", "": ""} {
		var got []string
		for word, is := range map[string]bool{"active": s.Active(), "amendable": s.Amendable(), "editable": s.Editable()} {
			if is {
				got = append(got, word)
			}
		}
		slices.Sort(got)
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}
