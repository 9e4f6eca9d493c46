package exhibition

import (
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
)

// State is where an exhibitor stands in one exhibition. Its text is stored.
type State string

// The states. Applied → Eligible or Refused (screening); Eligible → Invited or Waiting; Invited → Accepted, Declined or Expired; Accepted → Withdrawn.
// A waiting one is invited when a place in its cell is given back.
const (
	Applied   State = "applied"
	Eligible  State = "eligible"
	Refused   State = "refused"
	Waiting   State = "waiting"
	Invited   State = "invited"
	Accepted  State = "accepted"
	Declined  State = "declined"
	Expired   State = "expired"
	Withdrawn State = "withdrawn"
)

// States returns the states in the order of display.
func States() []State {
	return []State{Applied, Eligible, Refused, Waiting, Invited, Accepted, Declined, Expired, Withdrawn}
}

// Title is the message key of a state.
func (s State) Title() fault.Key { return fault.Key("enum.participation_state." + string(s)) }

// Holds reports whether a place is held: numbers on every line are taken.
func (s State) Holds() bool { return s == Accepted }

// Ended reports whether the exhibitor will not come.
func (s State) Ended() bool {
	return s == Refused || s == Declined || s == Expired || s == Withdrawn
}

// Participation is one exhibitor in one exhibition and wave: what was applied for, the selection, the place and the sign. Version counts saves from 1.
type Participation struct {
	ID, Version  int64
	ExhibitionID int64
	Wave         int // index into Terms.Waves, 0 if there are none
	ExhibitorID  int64
	FamilyID     int64 // 0 for an association
	State        State
	Traits       Traits // as they were at the application
	Name, NameEN string // on rosters
	Application  Application
	Reasons      []Reason  // of a refusal
	Note         string    // beside the reasons, or why it was withdrawn
	Rank         int       // order on the waiting list, 1 first; 0: not on it
	InvitedAt    time.Time // of the last invitation
	Deadline     time.Time // last moment to answer it
	AnsweredAt   time.Time
	Seats        []Seat // places held
	EnteredBy    int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Seat is a numbered place on a line.
type Seat struct {
	Line   string `json:"line"`
	Number int    `json:"number"`
}

// Reason is why an application is refused: a code of the list "refusal".
type Reason string

// Reasons are the reasons of screening, in the order of display.
func Reasons() []Reason {
	return []Reason{"documents", "quality", "not_own_product", "craft_not_shown", "exclusion", "incomplete", "other_wave", "other"}
}

func (p *Participation) state(step string) error {
	return fault.New(fault.State, "error.participation."+step, p.State.Title())
}

// Screen lets an application through, or refuses it with reasons. It may be done again while nobody is invited.
func (p *Participation) Screen(at time.Time, fit bool, reasons []Reason, note string) error {
	if p.State != Applied && p.State != Eligible && p.State != Refused {
		return p.state("screen")
	}
	if !fit && len(reasons) == 0 {
		var ps fault.Problems
		ps.Add("reasons", "problem.reason_required")
		return ps.Err()
	}
	if slices.Contains(reasons, "other") && note == "" {
		var ps fault.Problems
		ps.Add("note", "problem.note_required")
		return ps.Err()
	}
	p.State, p.Reasons, p.Note, p.UpdatedAt = Eligible, nil, note, at
	if !fit {
		p.State, p.Reasons = Refused, reasons
	}
	return nil
}

// Queue puts an eligible one, or one whose invitation ended, at the end of the waiting list, whose last rank is given.
func (p *Participation) Queue(at time.Time, last int) error {
	if p.State != Eligible && p.State != Declined && p.State != Expired {
		return p.state("queue")
	}
	p.State, p.Rank, p.UpdatedAt = Waiting, last+1, at
	return nil
}

// Invite asks an eligible or waiting exhibitor, up to a deadline. Whether the quotas allow it is for [Terms.MayInvite].
func (p *Participation) Invite(at, deadline time.Time) error {
	if p.State != Eligible && p.State != Waiting {
		return p.state("invite")
	}
	if !deadline.After(at) {
		var ps fault.Problems
		ps.Add("deadline", "problem.participation.deadline")
		return ps.Err()
	}
	p.State, p.Rank, p.InvitedAt, p.Deadline, p.AnsweredAt, p.UpdatedAt = Invited, 0, at, deadline, time.Time{}, at
	return nil
}

// Accept takes up an invitation in time. The seats are those that the store gave.
func (p *Participation) Accept(at time.Time, seats []Seat) error {
	if p.State != Invited {
		return p.state("accept")
	}
	if at.After(p.Deadline) {
		return fault.New(fault.State, "error.participation.late", calendar.Of(p.Deadline).String())
	}
	p.State, p.Seats, p.AnsweredAt, p.UpdatedAt = Accepted, seats, at, at
	return nil
}

// TooLate puts one who answered in time but found the last place gone at the head of the waiting list.
func (p *Participation) TooLate(at time.Time) {
	p.State, p.Rank, p.AnsweredAt, p.UpdatedAt = Waiting, 0, at, at
}

// Decline turns an invitation down.
func (p *Participation) Decline(at time.Time, note string) error {
	if p.State != Invited {
		return p.state("decline")
	}
	p.State, p.Note, p.AnsweredAt, p.UpdatedAt = Declined, note, at, at
	return nil
}

// Expire ends an invitation whose deadline has passed.
func (p *Participation) Expire(at time.Time) error {
	if p.State != Invited || !at.After(p.Deadline) {
		return p.state("expire")
	}
	p.State, p.UpdatedAt = Expired, at
	return nil
}

// Withdraw gives up a place, or leaves before there was one. Sales and days already on file stay with it.
func (p *Participation) Withdraw(at time.Time, note string) error {
	if p.State.Ended() {
		return p.state("withdraw")
	}
	p.State, p.Note, p.Rank, p.Seats, p.UpdatedAt = Withdrawn, note, 0, nil, at
	return nil
}
