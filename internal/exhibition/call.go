package exhibition

import (
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Call is one party's call for exhibitors to an exhibition: a window of days and its rules. Each party calls its own.
type Call struct {
	ID, Version  int64
	ExhibitionID int64
	Party        place.Country
	Opens        calendar.Date
	Closes       calendar.Date // the last day
	Rules        string        // what is asked, in words; "filling in the form is not acceptance" stands on every form
	ClosedAt     time.Time     // closed by hand before its last day; zero: not
	By           int64
	CreatedAt    time.Time
}

// OpenOn reports whether applications are taken on a day.
func (c *Call) OpenOn(d calendar.Date) bool {
	return c.ClosedAt.IsZero() && !d.Before(c.Opens) && !d.After(c.Closes)
}

// Take returns nil if an application may be handed in on a day, and else why not. What was typed is the caller's to keep.
func (c *Call) Take(d calendar.Date) error {
	switch {
	case c.OpenOn(d):
		return nil
	case d.Before(c.Opens) && c.ClosedAt.IsZero():
		return fault.New(fault.State, "error.call.not_yet", c.Opens.String())
	}
	return fault.New(fault.State, "error.call.closed", c.Closes.String())
}

// Check returns what is wrong with a call to an exhibition.
func (c *Call) Check(t *Terms) fault.Problems {
	var ps fault.Problems
	switch {
	case c.Opens.IsZero():
		ps.Add("opens", "problem.required")
	case c.Closes.IsZero():
		ps.Add("closes", "problem.required")
	case c.Closes.Before(c.Opens):
		ps.Add("closes", "problem.exhibition.backwards")
	case !c.Closes.Before(t.Last):
		ps.Add("closes", "problem.call.after_exhibition")
	}
	return ps
}

// Close ends a call before its last day.
func (c *Call) Close(at time.Time, today calendar.Date) error {
	if !c.ClosedAt.IsZero() || today.After(c.Closes) {
		return fault.New(fault.State, "error.call.closed", c.Closes.String())
	}
	c.ClosedAt = at
	return nil
}
