package exhibition

import (
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Attendance is one exhibitor's presence on one day. There is at most one for each day.
type Attendance struct {
	ParticipationID int64
	Day             calendar.Date
	At              time.Time // when the badge was seen, by the device's own clock if it was offline
	By              int64
	Way             string // "camera", "code"
	Offline         bool   // seen without signal and sent later
}

// MayCheckIn returns nil if an exhibitor may be checked in on a day: it holds a place and the day belongs to its wave.
func (t *Terms) MayCheckIn(p *Participation, d calendar.Date) error {
	if p.State != Accepted {
		return fault.New(fault.State, "error.checkin.no_place", p.State.Title())
	}
	first, last, ok := t.Run(p.Wave)
	if !ok || d.Before(first) || d.After(last) {
		return fault.New(fault.State, "error.checkin.day", first.String(), last.String())
	}
	return nil
}

// Sale is what an exhibitor sold on one day, in minor units of the exhibition's currency. Individual sales are hard to measure, organisers say; the day's sum
// is what is asked. A later entry replaces the sum, and the log keeps both.
type Sale struct {
	ParticipationID int64
	Version         int64
	Day             calendar.Date
	Amount          int64
	Currency        string
	Pieces          int // 0: not said
	Best            string
	By              int64
	At              time.Time
}

// MayRecord returns nil if a sum may be entered for an exhibitor. One who withdrew keeps what was sold up to then, and may still hand in those days.
func (t *Terms) MayRecord(p *Participation, s Sale, today calendar.Date) error {
	var ps fault.Problems
	if s.Currency != t.Currency() {
		ps.Add("currency", "problem.sale.currency", fault.Key("currency."+t.Currency()))
	}
	first, last, ok := t.Run(p.Wave)
	if !ok || s.Day.Before(first) || s.Day.After(last) {
		ps.Add("day", "problem.sale.day")
	} else if s.Day.After(today) {
		ps.Add("day", "problem.date_future")
	}
	if s.Amount < 0 {
		ps.Add("amount", "problem.money")
	}
	if err := ps.Err(); err != nil {
		return err
	}
	switch {
	case p.State == Accepted:
	case p.State == Withdrawn && !p.AnsweredAt.IsZero() && !s.Day.After(calendar.Of(p.UpdatedAt.Add(3*time.Hour))):
	default:
		return fault.New(fault.State, "error.sale.no_place", p.State.Title())
	}
	return nil
}

// Incident is something that happened and must be remembered.
type Incident struct {
	ID              int64
	ExhibitionID    int64
	Party           place.Country
	ParticipationID int64 // 0: not about one exhibitor
	Kind            string
	Text            string
	At              time.Time
	By              int64
}

// IncidentKinds are the kinds of incident, in the order of display.
func IncidentKinds() []string {
	return []string{"safety", "health", "theft", "goods", "dispute", "venue", "rules", "other"}
}

// Evaluation is how an exhibitor's part went: marks from 1 to 5, 0 if not given.
type Evaluation struct {
	ParticipationID int64
	Version         int64
	Quality         int // of the products
	Service         int // of the stand and its people
	Rules           int // kept
	Again           string
	Note            string
	By              int64
	At              time.Time
}

// Agains are the answers to "invite again?".
func Agains() []string { return []string{"yes", "later", "no"} }

// PackingItem is one line of a shipment's packing list: goods for sale need an import, goods for display may go under an ATA carnet and must come back.
type PackingItem struct {
	ID              int64
	ParticipationID int64
	Shipment        int // number of the shipment, from 1
	Text            string
	TextEN          string
	HSCode          string // six digits, World Customs Organization
	Quantity        int
	Unit            string
	Value           int64 // of one, minor units of Currency
	Currency        string
	Grams           int64 // of one
	ForSale         bool  // else for display, and goes back
	Handmade        bool
	By              int64
	At              time.Time
}

// Total is the value of the line.
func (i PackingItem) Total() int64 { return i.Value * int64(i.Quantity) }

// Weight is the weight of the line in grams.
func (i PackingItem) Weight() int64 { return i.Grams * int64(i.Quantity) }
