package exhibition

import (
	"fmt"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Meeting is a bilateral meeting: what it is about, who came, what was decided, and who does what by when. Both parties read and write its minutes.
type Meeting struct {
	ID, Version int64
	Title       string
	Day         calendar.Date
	Place       string
	Agenda      string
	Attendees   []Attendee
	Decisions   string
	Exhibitions []int64 // that it concerned
	Actions     []Action
	Party       place.Country // of who entered it
	By          int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Attendee is who took part, by name as given for the minutes.
type Attendee struct {
	Name  string        `json:"name"`
	Duty  string        `json:"duty,omitempty"`
	Party place.Country `json:"party"`
}

// Action is what somebody of one party has to do by a day.
type Action struct {
	ID        int64
	MeetingID int64
	Text      string
	Party     place.Country
	OwnerID   int64 // a coordinator of the party; 0: not named yet
	Due       calendar.Date
	DoneAt    time.Time
	DoneBy    int64
}

// Open reports whether the action is still to be done.
func (a Action) Open() bool { return a.DoneAt.IsZero() }

// Late reports whether it should have been done before today.
func (a Action) Late(today calendar.Date) bool { return a.Open() && a.Due.Before(today) }

// Check returns what is wrong with a meeting.
func (m *Meeting) Check() fault.Problems {
	var ps fault.Problems
	if m.Title == "" {
		ps.Add("title", "problem.required")
	}
	if m.Day.IsZero() {
		ps.Add("day", "problem.required")
	}
	for i, a := range m.Attendees {
		if a.Name == "" {
			ps.Add(fmt.Sprintf("attendees[%d].name", i), "problem.required")
		}
	}
	for i, a := range m.Actions {
		if a.Text == "" {
			ps.Add(fmt.Sprintf("actions[%d].text", i), "problem.required")
		}
		if a.Due.IsZero() {
			ps.Add(fmt.Sprintf("actions[%d].due", i), "problem.required")
		}
	}
	return ps
}
