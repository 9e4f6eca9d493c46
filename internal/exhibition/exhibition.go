// Package exhibition holds the exhibitions of the two parties: what they agree on, who takes part, and what happens on the floor.
//
// A newcomer starts at [Exhibition]: its [Terms] are proposed by one party and agreed by both, each with the key of one coordinator. A [Call] opens it to
// exhibitors; a [Participation] is one exhibitor in one exhibition and wave, from the application to the last day; [Quota] says how many places there are
// for whom. [Season] gathers exhibitions, [Meeting] is where the two ministries decide, [Holiday] is what the calendar warns of.
//
// # Design
//
// The package is pure: no SQL, no HTTP, no clock. A state changes by a method that returns an error of package fault, with the state's title as its argument.
//
// What was agreed is never edited: [Exhibition.Propose] lays new terms beside the old ones, and [Exhibition.Agree] takes them once every party has turned its
// key on exactly these terms. Any other wish to change drops the keys turned so far, so that nobody agrees to what they did not read.
//
// A place is not a counter but a numbered seat on each line of the quotas that an exhibitor counts to ([Terms.Lines]). The database holds one exhibitor for each
// seat, so that the last place is given once, whoever comes first.
//
// # Limits
//
// Two parties, as in the memorandum. One currency for each exhibition's sales, the host's. Halls, booths and their placing stand in the files venue.go, hall.go,
// booth.go, plan.go and place.go and know nothing of applications.
package exhibition

import (
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Status is where an exhibition is in its life. Its text is stored.
type Status string

// The statuses. That an exhibition is on today is not a status but its days: [Exhibition.Phase].
const (
	Draft     Status = "draft"     // only the proposing party sees it
	Proposed  Status = "proposed"  // both see it; keys are being turned
	Agreed    Status = "agreed"    // every party's key is turned
	Closed    Status = "closed"    // over, its report is filed
	Cancelled Status = "cancelled" // will not take place
)

// Statuses returns the statuses in the order of an exhibition's life.
func Statuses() []Status { return []Status{Draft, Proposed, Agreed, Closed, Cancelled} }

// Title is the message key of a status.
func (s Status) Title() fault.Key { return fault.Key("enum.exhibition_status." + string(s)) }

// Key is one party's agreement to terms.
type Key struct {
	Party place.Country `json:"party"`
	By    int64         `json:"by"`
	At    time.Time     `json:"at"`
}

// Change is a wish to change agreed terms that waits for the other party.
type Change struct {
	Terms  Terms         `json:"terms"`
	Reason string        `json:"reason,omitempty"`
	Party  place.Country `json:"party"` // who asked; its key is turned by asking
	By     int64         `json:"by"`
	At     time.Time     `json:"at"`
	Keys   []Key         `json:"keys,omitempty"`
}

// Exhibition is one fair, of one party or of both. Version counts saves from 1.
type Exhibition struct {
	ID, Version int64
	Status      Status
	Proposer    place.Country // the party that entered it
	EnteredBy   int64
	Terms       Terms
	Keys        []Key   // turned on Terms
	Pending     *Change // nil: nothing waits
	Report      string  // the organisers' words on the whole, filed at the end
	Reason      string  // why it was cancelled
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Joint reports whether both parties take part: then nothing is agreed without both.
func (e *Exhibition) Joint() bool { return len(e.Terms.Parties) > 1 }

// Has reports whether a party takes part.
func (e *Exhibition) Has(p place.Country) bool { return slices.Contains(e.Terms.Parties, p) }

// VisibleTo reports whether a party may see that the exhibition exists: its own always, a joint one from the proposal on. A pending change that would invite
// the other party shows nothing before both have agreed; one that would leave it out shows it until then.
func (e *Exhibition) VisibleTo(p place.Country) bool {
	return p == e.Proposer || e.Has(p) && e.Status != Draft
}

// Open reports whether exhibitors may apply, be invited and come: it is agreed and not over.
func (e *Exhibition) Open() bool { return e.Status == Agreed }

// Turned reports whether a party has turned its key on the present terms.
func (e *Exhibition) Turned(p place.Country) bool {
	return slices.ContainsFunc(e.Keys, func(k Key) bool { return k.Party == p })
}

func (e *Exhibition) missing(keys []Key) (out []place.Country) {
	for _, p := range e.Terms.Parties {
		if !slices.ContainsFunc(keys, func(k Key) bool { return k.Party == p }) {
			out = append(out, p)
		}
	}
	return out
}

// Waiting returns the parties whose key is still missing, on the present terms or on the pending change.
func (e *Exhibition) Waiting() []place.Country {
	switch {
	case e.Status == Proposed:
		return e.missing(e.Keys)
	case e.Pending != nil:
		return e.missing(e.Pending.Keys)
	}
	return nil
}

func (e *Exhibition) state(step string) error {
	return fault.New(fault.State, "error.exhibition."+step, e.Status.Title())
}

// Edit replaces the terms before they are agreed. Keys that were turned fall: they were turned on other terms. Only the party that entered a draft may edit
// it; what is proposed is edited by either.
func (e *Exhibition) Edit(by place.Country, at time.Time, t Terms) error {
	if e.Status == Draft && by != e.Proposer {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if e.Status != Draft && e.Status != Proposed {
		return e.state("edit")
	}
	if e.Status == Proposed && !slices.Contains(t.Parties, by) {
		var p fault.Problems
		p.Add("parties", "problem.exhibition.own_party")
		return p.Err()
	}
	if err := e.sound(t); err != nil {
		return err
	}
	e.Terms, e.Keys, e.UpdatedAt = t, nil, at
	return nil
}

func (e *Exhibition) sound(t Terms) error {
	ps := t.Check()
	if !slices.Contains(t.Parties, e.Proposer) {
		ps.Add("parties", "problem.exhibition.own_party")
	}
	return ps.Err()
}

// Submit shows a draft to the other party, and turns the key of the one who proposes. An exhibition of one party is agreed by it.
func (e *Exhibition) Submit(party place.Country, by int64, at time.Time) error {
	if e.Status != Draft {
		return e.state("submit")
	}
	if party != e.Proposer {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if err := e.sound(e.Terms); err != nil {
		return err
	}
	e.Status, e.UpdatedAt = Proposed, at
	return e.turn(party, by, at)
}

// Agree turns a party's key: on a proposal, or on the pending change of what was agreed. With the last key the terms hold.
func (e *Exhibition) Agree(party place.Country, by int64, at time.Time) error {
	if !e.Has(party) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	switch {
	case e.Status == Proposed:
		return e.turn(party, by, at)
	case e.Status == Agreed && e.Pending != nil:
		if slices.ContainsFunc(e.Pending.Keys, func(k Key) bool { return k.Party == party }) {
			return fault.New(fault.State, "error.exhibition.key_turned")
		}
		e.Pending.Keys = append(e.Pending.Keys, Key{party, by, at})
		e.UpdatedAt = at
		e.settle()
		return nil
	}
	return e.state("agree")
}

func (e *Exhibition) turn(party place.Country, by int64, at time.Time) error {
	if e.Turned(party) {
		return fault.New(fault.State, "error.exhibition.key_turned")
	}
	e.Keys = append(e.Keys, Key{party, by, at})
	e.UpdatedAt = at
	if len(e.missing(e.Keys)) == 0 {
		e.Status = Agreed
	}
	return nil
}

// settle takes a pending change over when every party has agreed to it. Who takes part now decides, not who would.
func (e *Exhibition) settle() {
	if c := e.Pending; c != nil && len(e.missing(c.Keys)) == 0 {
		e.Terms, e.Keys, e.Pending = c.Terms, c.Keys, nil
	}
}

// Propose asks to change what was agreed. The asking party's key is turned by asking; an exhibition of one party changes at once. A second wish while one
// waits replaces it and drops the keys turned on it.
func (e *Exhibition) Propose(party place.Country, by int64, at time.Time, t Terms, reason string) error {
	if e.Status != Agreed {
		return e.state("change")
	}
	if !e.Has(party) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if len(Compare(&e.Terms, &t)) == 0 {
		return fault.New(fault.State, "error.exhibition.no_change")
	}
	if err := e.sound(t); err != nil {
		return err
	}
	e.Pending = &Change{Terms: t, Reason: reason, Party: party, By: by, At: at, Keys: []Key{{party, by, at}}}
	e.UpdatedAt = at
	e.settle()
	return nil
}

// Refuse turns a proposal back into the proposer's draft, or drops a pending change: what was agreed holds.
func (e *Exhibition) Refuse(party place.Country, at time.Time) error {
	switch {
	case !e.Has(party):
		return fault.New(fault.NotFound, "error.not_found")
	case e.Status == Proposed:
		e.Status, e.Keys = Draft, nil
	case e.Status == Agreed && e.Pending != nil:
		e.Pending = nil
	default:
		return e.state("refuse")
	}
	e.UpdatedAt = at
	return nil
}

// Cancel says that the exhibition will not take place, and why. A ministry cannot be made to exhibit, so one party is enough, up to the closing.
func (e *Exhibition) Cancel(party place.Country, at time.Time, reason string) error {
	if e.Status == Closed || e.Status == Cancelled {
		return e.state("cancel")
	}
	if !e.Has(party) && party != e.Proposer || e.Status == Draft && party != e.Proposer {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if reason == "" {
		var p fault.Problems
		p.Add("reason", "problem.required")
		return p.Err()
	}
	e.Status, e.Reason, e.Pending, e.UpdatedAt = Cancelled, reason, nil, at
	return nil
}

// Close files the organisers' words on an exhibition whose days are over. From then on nothing of it changes.
func (e *Exhibition) Close(party place.Country, at time.Time, today calendar.Date, report string) error {
	switch {
	case !e.Has(party):
		return fault.New(fault.NotFound, "error.not_found")
	case e.Status != Agreed:
		return e.state("close")
	case !today.After(e.Terms.Last):
		return fault.New(fault.State, "error.exhibition.not_over")
	}
	e.Status, e.Report, e.Pending, e.UpdatedAt = Closed, report, nil, at
	return nil
}

// Phase is where today lies to the days of an agreed exhibition.
type Phase string

// The phases; "" of one that is not agreed.
const (
	PhaseUpcoming Phase = "upcoming"
	PhaseRunning  Phase = "running"
	PhaseOver     Phase = "over"
)

// Phase returns where a day lies to the exhibition's.
func (e *Exhibition) Phase(on calendar.Date) Phase {
	switch {
	case e.Status != Agreed:
		return ""
	case on.Before(e.Terms.First):
		return PhaseUpcoming
	case on.After(e.Terms.Last):
		return PhaseOver
	}
	return PhaseRunning
}
