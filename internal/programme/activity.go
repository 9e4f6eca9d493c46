package programme

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// ActivityKind is what the two ministries do together. The memorandum asks for the same few things in every strand.
type ActivityKind string

// The kinds of activities.
const (
	KindMeeting  ActivityKind = "meeting"  // a bilateral meeting
	KindWorkshop ActivityKind = "workshop" // a bilateral workshop
	KindVisit    ActivityKind = "visit"    // specialists or makers of policy see how the other country works
	KindTwinning ActivityKind = "twinning" // two institutions, one of each country, and their agreement
	KindSeminar  ActivityKind = "seminar"  // seminars, conferences, study days
	KindExchange ActivityKind = "exchange" // documents, studies, experience
)

// ActivityKinds returns all kinds.
func ActivityKinds() []ActivityKind {
	return []ActivityKind{KindMeeting, KindWorkshop, KindVisit, KindTwinning, KindSeminar, KindExchange}
}

// ActivityStatus is how far an activity has come by what people said; whether it is late follows from the day, see [Activity.Progress].
type ActivityStatus string

// The states of an activity.
const (
	ActivityProposed  ActivityStatus = "proposed"  // one party has said yes
	ActivityAgreed    ActivityStatus = "agreed"    // both have
	ActivityHeld      ActivityStatus = "held"      // it took place
	ActivityCancelled ActivityStatus = "cancelled" // with a reason; it stays on file
)

// ActivityLate is the progress of an activity whose last day passed without anybody saying that it was held.
const ActivityLate ActivityStatus = "late"

// ActivityStatuses returns all states, with late among them.
func ActivityStatuses() []ActivityStatus {
	return []ActivityStatus{ActivityProposed, ActivityAgreed, ActivityLate, ActivityHeld, ActivityCancelled}
}

// Activity is one thing that both ministries do under the memorandum. What it is, when and where ([Activity.Terms]) holds when both have agreed on it; what is
// prepared and what came of it, either party writes.
type Activity struct {
	ID, Version int64
	ActivityTerms
	Lead         place.Country // who proposed and prepares it
	Status       ActivityStatus
	Keys         []exhibition.Key // of the parties that said yes to the terms as they stand
	Agenda       string
	Delegates    []exhibition.Attendee
	Institutions []Institution // that are twinned, or visited
	Outputs      string        // what came of it: decisions, recommendations, an agreement
	FollowUps    []FollowUp
	Reason       string // why it was cancelled
	By           int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// ActivityTerms are what both parties agree on.
type ActivityTerms struct {
	Kind        ActivityKind
	Clauses     []int // of the memorandum, ascending, see [Clauses]
	Title       string
	TitleEN     string
	First, Last calendar.Date
	Host        place.Country // whose guests the others are
	Place       string
	Purpose     string
}

func (t *ActivityTerms) equal(o *ActivityTerms) bool {
	return t.Kind == o.Kind && slices.Equal(t.Clauses, o.Clauses) && t.Title == o.Title && t.TitleEN == o.TitleEN && t.First == o.First && t.Last == o.Last && t.Host == o.Host &&
		t.Place == o.Place && t.Purpose == o.Purpose
}

// Institution is one side of a twinning, or the place of a visit.
type Institution struct {
	Name  string        `json:"name"`
	Party place.Country `json:"party"`
}

// FollowUp is what somebody of one party has to do by a day, as agreed in an activity. No is its number within the activity, given once.
type FollowUp struct {
	No      int
	Text    string
	Party   place.Country
	OwnerID int64
	Due     calendar.Date
	DoneAt  time.Time
	DoneBy  int64
}

// Open reports whether it is still to be done.
func (f *FollowUp) Open() bool { return f.DoneAt.IsZero() }

// Late reports whether it should have been done before today.
func (f *FollowUp) Late(today calendar.Date) bool { return f.Open() && f.Due.Before(today) }

// OpenOf returns how many follow-ups a party has still to do; none of a cancelled activity.
func (a *Activity) OpenOf(party place.Country) int {
	n := 0
	for i := range a.FollowUps {
		if a.Status != ActivityCancelled && a.FollowUps[i].Party == party && a.FollowUps[i].Open() {
			n++
		}
	}
	return n
}

// Progress is the state of an activity on a day.
func (a *Activity) Progress(today calendar.Date) ActivityStatus {
	if (a.Status == ActivityProposed || a.Status == ActivityAgreed) && a.Last.Before(today) {
		return ActivityLate
	}
	return a.Status
}

// Strands returns the strands of the memorandum that the activity serves, in their order.
func (a *Activity) Strands() []Strand { return strandsOf(a.Clauses) }

// Waits reports whether the yes of a party is missing.
func (a *Activity) Waits(party place.Country) bool {
	return a.Status == ActivityProposed && !slices.ContainsFunc(a.Keys, func(k exhibition.Key) bool { return k.Party == party })
}

// The memorandum holds for three years; its activities are of these.
const (
	FirstYear = 2024
	LastYear  = 2026
)

// Term returns the first and the last day of the memorandum.
func Term() (from, to calendar.Date) {
	return calendar.Of(time.Date(FirstYear, time.January, 1, 0, 0, 0, 0, time.UTC)), calendar.Of(time.Date(LastYear, time.December, 31, 0, 0, 0, 0, time.UTC))
}

// Check returns what is wrong with what was written about an activity.
func (a *Activity) Check() fault.Problems {
	var ps fault.Problems
	if len(a.Clauses) == 0 {
		ps.Add("clauses", "problem.required")
	}
	for _, c := range a.Clauses {
		if c < 1 || c > len(clauses) {
			ps.Add("clauses", "problem.choice")
			break
		}
	}
	if !a.First.IsZero() && (a.First.Year() < FirstYear || a.First.Year() > LastYear) {
		ps.Add("first", "problem.activity.term", FirstYear, LastYear)
	}
	if !a.First.IsZero() && !a.Last.IsZero() && a.Last.Before(a.First) {
		ps.Add("last", "problem.exhibition.backwards")
	}
	if a.Kind == KindTwinning {
		var of [2]bool
		for _, in := range a.Institutions {
			if i := slices.Index(place.Countries(), in.Party); i >= 0 && i < 2 {
				of[i] = true
			}
		}
		if len(a.Institutions) > 0 && of != [2]bool{true, true} {
			ps.Add("institutions", "problem.activity.twins")
		}
	}
	for i := range a.FollowUps {
		if a.FollowUps[i].Due.IsZero() {
			ps.Add(fmt.Sprintf("followups[%d].due", i), "problem.required")
		}
	}
	return ps
}

// Revise writes what a party says of an activity now. Other terms are a new proposal of that party: its own yes stands, the other's falls. Of one that was held or cancelled
// the terms stay; what came of a held one is written still.
func (a *Activity) Revise(now Activity, by exhibition.Key) error {
	moved := !a.equal(&now.ActivityTerms)
	switch {
	case a.Status == ActivityCancelled:
		return fault.New(fault.State, "error.activity.closed")
	case moved && a.Status == ActivityHeld:
		return fault.New(fault.State, "error.activity.held")
	case moved:
		a.Status, a.Keys = ActivityProposed, []exhibition.Key{by}
	}
	next := 0
	for _, f := range a.FollowUps {
		next = max(next, f.No)
	}
	kept := map[int]bool{}
	list := slices.Clone(now.FollowUps)
	for i := range list {
		f := &list[i]
		old := slices.IndexFunc(a.FollowUps, func(o FollowUp) bool { return o.No == f.No })
		if f.No == 0 || old < 0 || kept[f.No] {
			next++
			f.No = next
		} else {
			f.DoneAt, f.DoneBy = a.FollowUps[old].DoneAt, a.FollowUps[old].DoneBy
		}
		kept[f.No] = true
	}
	for _, f := range a.FollowUps { // what was done stays, whoever deletes its row
		if !f.Open() && !kept[f.No] {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(x, y FollowUp) int { return cmp.Compare(x.Due, y.Due) })
	a.ActivityTerms, a.Agenda, a.Delegates, a.Institutions, a.Outputs, a.FollowUps, a.UpdatedAt = now.ActivityTerms, now.Agenda, now.Delegates, now.Institutions, now.Outputs, list, by.At
	return nil
}

// Agree adds the yes of a party to the terms as they stand.
func (a *Activity) Agree(k exhibition.Key) error {
	if a.Status != ActivityProposed {
		return fault.New(fault.State, "error.activity.state")
	}
	if !a.Waits(k.Party) {
		return fault.New(fault.State, "error.exhibition.key_turned")
	}
	a.Keys, a.UpdatedAt = append(a.Keys, k), k.At
	if len(a.Keys) == len(place.Countries()) {
		a.Status = ActivityAgreed
	}
	return nil
}

// Hold says that an activity took place. It must be agreed, and begun.
func (a *Activity) Hold(today calendar.Date, at time.Time) error {
	if a.Status != ActivityAgreed {
		return fault.New(fault.State, "error.activity.not_agreed")
	}
	if a.First.After(today) {
		return fault.New(fault.State, "error.activity.not_begun")
	}
	a.Status, a.UpdatedAt = ActivityHeld, at
	return nil
}

// Cancel calls off an activity that was not held.
func (a *Activity) Cancel(reason string, at time.Time) error {
	if a.Status != ActivityProposed && a.Status != ActivityAgreed {
		return fault.New(fault.State, "error.activity.closed")
	}
	a.Status, a.Reason, a.UpdatedAt = ActivityCancelled, reason, at
	return nil
}

// Done marks a follow-up as done, or as open again. Only its own party may.
func (a *Activity) Done(no int, done bool, by exhibition.Key) error {
	i := slices.IndexFunc(a.FollowUps, func(f FollowUp) bool { return f.No == no })
	if i < 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if a.FollowUps[i].Party != by.Party {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	a.FollowUps[i].DoneAt, a.FollowUps[i].DoneBy = time.Time{}, 0
	if done {
		a.FollowUps[i].DoneAt, a.FollowUps[i].DoneBy = by.At, by.By
	}
	a.UpdatedAt = by.At
	return nil
}

// Paper is a document of an activity: an agenda, a study that one ministry gives to the other, a signed agreement.
type Paper struct {
	ID, ActivityID int64
	Title          string
	From           place.Country // whose document it is
	FileName       string
	MediaType      string
	Size           int64
	SHA256         string
	By             int64
	Party          place.Country // of who entered it
	At             time.Time
	RemovedAt      time.Time
}

// ClauseTitle is the message that names a clause of the memorandum.
func ClauseTitle(n int) fault.Key { return fault.Key("activity.clause." + strconv.Itoa(n)) }
