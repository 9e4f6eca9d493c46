package programme

import (
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// GrantState is where a grant stands; its title is "enum.grant_state.<state>".
type GrantState string

// The states of a grant. Money is reserved from Approved to Delivered, and spent from then on.
const (
	GrantProposed  GrantState = "proposed"  // applied for, or proposed by the program
	GrantApproved  GrantState = "approved"  // by another person; its money is reserved
	GrantDelivered GrantState = "delivered" // with proof
	GrantRefused   GrantState = "refused"
	GrantWithdrawn GrantState = "withdrawn" // its money is free again
)

// GrantStates returns all states in the order of display.
func GrantStates() []GrantState {
	return []GrantState{GrantProposed, GrantApproved, GrantDelivered, GrantRefused, GrantWithdrawn}
}

// Live reports whether the family has the benefit or may still get it.
func (s GrantState) Live() bool {
	return s == GrantProposed || s == GrantApproved || s == GrantDelivered
}

// Source says how a grant came up; its title is "enum.grant_source.<source>".
type Source string

// The sources of a grant.
const (
	Applied   Source = "applied"   // a person entered it for the family
	Automatic Source = "automatic" // the program found that the family qualifies
)

// Proof is how a delivery is proven; its title is "enum.grant_proof.<proof>".
type Proof string

// Proofs returns the proofs in the order of display.
func Proofs() []Proof { return []Proof{"signature", "photo", "document"} }

// Delivery is what was handed over, when, to whom, and how it is proven.
type Delivery struct {
	On       calendar.Date
	Quantity int
	Receiver string // who took it; sealed
	Proof    Proof
	Document int64 // the paper or picture of the family's file
	Note     string
}

// Grant is one benefit for one family (منحة حافز).
type Grant struct {
	ID, Version int64
	Party       place.Country
	SchemeID    int64
	Offer       int // its number in the scheme
	FamilyID    int64
	Claimant    int64 // the family it was asked for: the same, until two registrations become one
	Once        bool  // as the scheme had it
	State       GrantState
	Quantity    int
	Amount      int64 // minor units of the scheme's currency: what it costs, or cost
	Source      Source
	Note        string // of who asked
	ProposedBy  int64  // 0 for the program at nobody's request
	ProposedAt  time.Time
	DecidedBy   int64
	DecidedAt   time.Time
	Reason      string // why it was refused or withdrawn
	Delivery    Delivery
	DeliveredBy int64
	UpdatedAt   time.Time
}

// Approve lets the grant be delivered. The person is not the one who proposed it.
func (g *Grant) Approve(by int64, at time.Time) error {
	if g.State != GrantProposed {
		return fault.New(fault.State, "error.grant.state")
	}
	if by == g.ProposedBy {
		return fault.New(fault.Forbidden, "error.four_eyes")
	}
	g.State, g.DecidedBy, g.DecidedAt, g.UpdatedAt = GrantApproved, by, at, at
	return nil
}

// Refuse says no, with a reason.
func (g *Grant) Refuse(by int64, at time.Time, reason string) error {
	if g.State != GrantProposed {
		return fault.New(fault.State, "error.grant.state")
	}
	if by == g.ProposedBy {
		return fault.New(fault.Forbidden, "error.four_eyes")
	}
	g.State, g.DecidedBy, g.DecidedAt, g.UpdatedAt, g.Reason = GrantRefused, by, at, at, reason
	return nil
}

// Deliver notes what was handed over. Less than was approved may be; the rest of its money is free again.
func (g *Grant) Deliver(by int64, at time.Time, d Delivery, unitCost int64) error {
	if g.State != GrantApproved {
		return fault.New(fault.State, "error.grant.deliver")
	}
	var p fault.Problems
	if d.Quantity < 1 || d.Quantity > g.Quantity {
		p.Add("quantity", "problem.range", 1, g.Quantity)
	}
	if d.On.Before(calendar.Of(g.DecidedAt)) {
		p.Add("on", "problem.grant.before")
	}
	if err := p.Err(); err != nil {
		return err
	}
	g.State, g.Delivery, g.DeliveredBy, g.UpdatedAt = GrantDelivered, d, by, at
	g.Amount = unitCost * int64(d.Quantity)
	return nil
}

// Withdraw takes back what was not delivered.
func (g *Grant) Withdraw(by int64, at time.Time, reason string) error {
	if g.State != GrantProposed && g.State != GrantApproved {
		return fault.New(fault.State, "error.grant.withdraw")
	}
	if g.DecidedBy == 0 {
		g.DecidedBy, g.DecidedAt = by, at
	}
	g.State, g.UpdatedAt, g.Reason = GrantWithdrawn, at, reason
	return nil
}
