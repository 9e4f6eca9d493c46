package programme

import (
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Benefit is what an incentive (حافز) gives; its title is the message "enum.benefit.<code>".
type Benefit string

// Benefits returns all benefits in the order of display (domain notes 5.3).
func Benefits() []Benefit {
	return []Benefit{FeeWaiver, SubsidisedBooth, "lodging", "tool_kit", "loan_referral", "training_seat", "points", "certificate"}
}

// FeeWaiver and SubsidisedBooth bear the fee of a place at an exhibition, see [Offer.Bears].
const (
	FeeWaiver       Benefit = "fee_waiver"
	SubsidisedBooth Benefit = "subsidised_booth"
)

// Free reports whether the benefit costs the scheme nothing: a referral, points, a sheet of paper.
func (b Benefit) Free() bool { return b == "loan_referral" || b == "points" || b == "certificate" }

// SchemeState is where a scheme stands; its title is "enum.scheme_state.<state>".
type SchemeState string

// The states of a scheme.
const (
	SchemeDraft     SchemeState = "draft"
	SchemePublished SchemeState = "published" // frozen: what families were promised does not change
	SchemeClosed    SchemeState = "closed"    // nothing new is granted; what was approved is still delivered
)

// Order says who comes first when more families qualify than the budget covers; its title is "enum.grant_order.<order>". Equal ones are taken by the day of
// their application, then by the number under which they were entered.
type Order string

// The orders.
const (
	ByNeed   Order = "need"   // the lowest income band first, then most points
	ByPoints Order = "points" // most points by the scheme's own criteria first
	ByDate   Order = "date"   // the earliest application for registration first
)

// Orders returns all orders in the order of display.
func Orders() []Order { return []Order{ByNeed, ByPoints, ByDate} }

// Offer is one line of a scheme: a benefit, what one of it costs, and how many there are.
type Offer struct {
	N        int // from 1, within the scheme; grants refer to it
	Kind     Benefit
	Name     string // what it is, such as "ماكينة خياطة كهربائية"
	UnitCost int64  // minor units of the scheme's currency
	Most     int    // of it in all; 0: as the budget allows
	Each     int    // for one grant at most; 1 or more
}

// Bears is how much of a fee one unit of the offer bears, both in minor units of the scheme's currency: what it costs the scheme, and never more than is due. Other
// benefits than a fee waiver and a subsidised booth bear none.
func (o *Offer) Bears(due int64) int64 {
	if o.Kind != FeeWaiver && o.Kind != SubsidisedBooth {
		return 0
	}
	return min(max(due, 0), o.UnitCost)
}

// Maximum numbers of a scheme.
const (
	MaxOffers = 8
	MaxEach   = 99
)

// Scheme is an incentive scheme of one party (آلية تحفيز): a budget for a time, offers, and who may have them.
type Scheme struct {
	ID, Version  int64
	Party        place.Country
	State        SchemeState
	Edition      int   // 1, or one more than the scheme it replaces
	Follows      int64 // the scheme it replaces when published; 0: none
	Name, NameEN string
	Text         string // for the families, in plain words
	Currency     string // of the party: two currencies are never added
	Budget       int64  // minor units
	First, Last  calendar.Date
	Areas        []string // nil: the whole party
	Once         bool     // a family has each offer once in the scheme's time
	Order        Order
	Offers       []Offer
	Rules        []byte // JSON of criteria.Set: who may have it; package criteria reads it
	CreatedBy    int64  // who made the draft or changed it last, and therefore never publishes it
	CreatedAt    time.Time
	UpdatedAt    time.Time
	PublishedBy  int64
	PublishedAt  time.Time
	ClosedBy     int64
	ClosedAt     time.Time
	Reason       string // why it was closed
}

// Offer returns the line with a number.
func (s *Scheme) Offer(n int) (Offer, bool) {
	for _, o := range s.Offers {
		if o.N == n {
			return o, true
		}
	}
	return Offer{}, false
}

// In reports whether the scheme is for families of an area.
func (s *Scheme) In(area string) bool { return len(s.Areas) == 0 || slices.Contains(s.Areas, area) }

// Open reports whether something can be granted on a day.
func (s *Scheme) Open(today calendar.Date) bool {
	return s.State == SchemePublished && !today.Before(s.First) && !today.After(s.Last)
}

// Number gives lines their numbers, which stay with a line while the draft is edited: a line without one gets the next.
func (s *Scheme) Number() {
	next := 0
	for _, o := range s.Offers {
		next = max(next, o.N)
	}
	for i := range s.Offers {
		if s.Offers[i].N == 0 {
			next++
			s.Offers[i].N = next
		}
	}
}

// Check returns what stands in the way of a sound scheme, with the fields of its form. Its rules are for package criteria.
func (s *Scheme) Check() fault.Problems {
	var p fault.Problems
	if s.Last.Before(s.First) {
		p.Add("last", "problem.scheme.period")
	}
	if len(s.Offers) == 0 {
		p.Add("offers", "problem.scheme.no_offer")
	}
	if len(s.Offers) > MaxOffers {
		p.Add("offers", "problem.scheme.offers", MaxOffers)
	}
	costs := false
	for _, o := range s.Offers {
		costs = costs || o.UnitCost > 0
		if o.UnitCost > s.Budget {
			p.Add("budget", "problem.scheme.dear", o.Name)
		}
	}
	if costs && s.Budget <= 0 {
		p.Add("budget", "problem.scheme.budget")
	}
	return p
}

// Publish freezes a draft. Who publishes is another person than who made it (package auth).
func (s *Scheme) Publish(by int64, at time.Time, today calendar.Date) error {
	if s.State != SchemeDraft {
		return fault.New(fault.State, "error.scheme.published")
	}
	if ps := s.Check(); ps.Err() != nil {
		return fault.New(fault.State, "error.scheme.incomplete")
	}
	if s.Last.Before(today) {
		return fault.New(fault.State, "error.scheme.over")
	}
	s.State, s.PublishedBy, s.PublishedAt, s.UpdatedAt = SchemePublished, by, at, at
	return nil
}

// Close ends a published scheme: nothing new is proposed or approved.
func (s *Scheme) Close(by int64, at time.Time, reason string) error {
	if s.State != SchemePublished {
		return fault.New(fault.State, "error.scheme.not_open")
	}
	s.State, s.ClosedBy, s.ClosedAt, s.UpdatedAt, s.Reason = SchemeClosed, by, at, at, reason
	return nil
}

// Edit returns a draft that may be edited, or why not.
func (s *Scheme) Edit() error {
	if s.State != SchemeDraft {
		return fault.New(fault.State, "error.scheme.published")
	}
	return nil
}

// Successor is a draft that replaces the scheme when it is published. Its budget is its own: what the old one has spent is not in it.
func (s *Scheme) Successor(by int64, at time.Time) *Scheme {
	n := *s
	n.ID, n.Version, n.State, n.Edition, n.Follows = 0, 0, SchemeDraft, s.Edition+1, s.ID
	n.Offers, n.Areas = slices.Clone(s.Offers), slices.Clone(s.Areas)
	n.CreatedBy, n.CreatedAt, n.UpdatedAt = by, at, at
	n.PublishedBy, n.PublishedAt, n.ClosedBy, n.ClosedAt, n.Reason = 0, time.Time{}, 0, time.Time{}, ""
	return &n
}

// Purse is the money of a scheme in minor units of its currency. Reserved is for what was approved and not delivered yet; the database holds
// Reserved + Spent ≤ Budget.
type Purse struct {
	Budget, Reserved, Spent int64
	Asked                   int64 // for what is proposed and not decided: no claim on the budget
}

// Left is what can still be approved.
func (p Purse) Left() int64 { return p.Budget - p.Reserved - p.Spent }

// Percent is the share of the budget that an amount is, rounded down; 0 of no budget.
func (p Purse) Percent(amount int64) int {
	if p.Budget <= 0 {
		return 0
	}
	return int(amount * 100 / p.Budget)
}

// Stock is how much of an offer is taken.
type Stock struct {
	Reserved, Delivered int
}

// Covers returns how many grants of one piece of an offer the budget and the stock still cover beside what is asked for already; -1: no bound.
func Covers(p Purse, o Offer, st Stock, asked int) int {
	n := -1
	if o.UnitCost > 0 {
		n = int(max(0, p.Left()-p.Asked) / o.UnitCost)
	}
	if o.Most > 0 {
		if left := max(0, o.Most-st.Reserved-st.Delivered-asked); n < 0 || left < n {
			n = left
		}
	}
	return n
}

// Candidate is a family that qualifies, with what the order looks at.
type Candidate struct {
	Family  int64
	Area    string
	Need    int // place of the income band, from 0 for the lowest; unknown ones last
	Points  int
	Applied calendar.Date // zero last
}

// Rank puts candidates in the order of a scheme. The same families give the same order on every machine.
func Rank(order Order, list []Candidate) {
	day := func(d calendar.Date) int64 {
		if d.IsZero() {
			return 1 << 40
		}
		return int64(d)
	}
	slices.SortFunc(list, func(a, b Candidate) int {
		var c int
		switch order {
		case ByNeed:
			if c = a.Need - b.Need; c == 0 {
				c = b.Points - a.Points
			}
		case ByPoints:
			c = b.Points - a.Points
		}
		switch {
		case c != 0:
			return c
		case day(a.Applied) != day(b.Applied):
			return int(min(1, max(-1, day(a.Applied)-day(b.Applied))))
		case a.Family < b.Family:
			return -1
		case a.Family > b.Family:
			return 1
		}
		return 0
	})
}
