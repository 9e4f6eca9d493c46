package exhibition

import (
	"cmp"
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Season is a stretch of time whose exhibitions are planned together. Both parties see it.
type Season struct {
	ID, Version int64
	Name        string
	NameEN      string
	First, Last calendar.Date
	Party       place.Country // of who entered it
	By          int64
	CreatedAt   time.Time
}

// Check returns what is wrong with a season.
func (s *Season) Check() fault.Problems {
	var ps fault.Problems
	switch {
	case s.Name == "":
		ps.Add("name", "problem.required")
	case s.First.IsZero():
		ps.Add("first", "problem.required")
	case s.Last.IsZero():
		ps.Add("last", "problem.required")
	case s.Last.Before(s.First):
		ps.Add("last", "problem.exhibition.backwards")
	case calendar.DaysBetween(s.First, s.Last) > 3*366:
		ps.Add("last", "problem.season.too_long")
	}
	return ps
}

// ClashKind is what two things in the calendar do to each other.
type ClashKind string

// The kinds of clash. None of them forbids anything: a bazaar on a feast may be wanted.
const (
	ClashOverlap ClashKind = "overlap" // two exhibitions of one party at the same time
	ClashVenue   ClashKind = "venue"   // the same place at the same time
	ClashHoliday ClashKind = "holiday" // a public holiday of the host
	ClashOutside ClashKind = "outside" // not within its season
)

// Clash is one conflict in the calendar.
type Clash struct {
	Kind        ClashKind
	Exhibition  int64
	Other       int64  // exhibition or meeting
	Holiday     string // its names
	HolidayEN   string
	First, Last calendar.Date // the days concerned
	Expected    bool          // rests on a Hijri day that is not announced yet
}

// Clashes finds the conflicts of exhibitions with each other, with holidays of their host and with their season. Cancelled ones clash with nothing.
func Clashes(list []Exhibition, seasons []Season, holidays []Holiday) []Clash {
	var out []Clash
	for i := range list {
		a := &list[i]
		if a.Status == Cancelled || a.Terms.First.IsZero() {
			continue
		}
		for j := i + 1; j < len(list); j++ {
			b := &list[j]
			first, last := max(a.Terms.First, b.Terms.First), min(a.Terms.Last, b.Terms.Last)
			if b.Status == Cancelled || b.Terms.First.IsZero() || last.Before(first) {
				continue
			}
			kind := ClashKind("")
			for _, p := range a.Terms.Parties {
				if b.Has(p) {
					kind = ClashOverlap
				}
			}
			if a.Terms.Venue != "" && a.Terms.Venue == b.Terms.Venue && a.Terms.City == b.Terms.City {
				kind = ClashVenue
			}
			if kind != "" {
				out = append(out, Clash{Kind: kind, Exhibition: a.ID, Other: b.ID, First: first, Last: last})
			}
		}
		for _, h := range holidays {
			first, last := max(a.Terms.First, h.First), min(a.Terms.Last, h.Last)
			if h.Party == a.Terms.Host && !last.Before(first) {
				out = append(out, Clash{Kind: ClashHoliday, Exhibition: a.ID, Holiday: h.Name, HolidayEN: h.NameEN, First: first, Last: last, Expected: h.Expected})
			}
		}
		for _, s := range seasons {
			if s.ID == a.Terms.SeasonID && (a.Terms.First.Before(s.First) || a.Terms.Last.After(s.Last)) {
				out = append(out, Clash{Kind: ClashOutside, Exhibition: a.ID, First: a.Terms.First, Last: a.Terms.Last})
			}
		}
	}
	slices.SortStableFunc(out, func(x, y Clash) int {
		return cmp.Or(cmp.Compare(x.First, y.First), cmp.Compare(x.Exhibition, y.Exhibition))
	})
	return out
}
