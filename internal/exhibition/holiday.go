package exhibition

import (
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Holiday is a public holiday of one party, of one year. Hijri days are expected until they are announced: Egypt goes by sighting and may differ from Qatar by
// a day (Eid al-Fitr 2025: 30 March in Qatar, 31 March in Egypt), and a decree may move a midweek holiday to Thursday.
type Holiday struct {
	ID, Version int64
	Party       place.Country
	Code        string // of the rule it was made from, with its year; "" if entered by hand
	Name        string
	NameEN      string
	First, Last calendar.Date
	Expected    bool // by the calendar of Umm al-Qura, not announced yet
	Source      string
	By          int64
	UpdatedAt   time.Time
}

// Check returns what is wrong with a holiday.
func (h *Holiday) Check() fault.Problems {
	var ps fault.Problems
	switch {
	case h.Name == "":
		ps.Add("name", "problem.required")
	case h.First.IsZero():
		ps.Add("first", "problem.required")
	case h.Last.IsZero():
		ps.Add("last", "problem.required")
	case h.Last.Before(h.First) || calendar.DaysBetween(h.First, h.Last) > 30:
		ps.Add("last", "problem.exhibition.backwards")
	}
	return ps
}

// Rule says on which days of a year a holiday falls. Exactly one of the four ways is used.
type Rule struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	NameEN string `json:"name_en"`
	Source string `json:"source"`
	// A day of the Gregorian year.
	Month int `json:"month,omitempty"`
	Day   int `json:"day,omitempty"`
	// The Nth weekday of Month, such as the second Tuesday of February.
	Nth     int    `json:"nth,omitempty"`
	Weekday string `json:"weekday,omitempty"`
	// A day of the Hijri year, as many days before or after as Days.
	HijriMonth int `json:"hijri_month,omitempty"`
	HijriDay   int `json:"hijri_day,omitempty"`
	UntilMonth int `json:"until_month,omitempty"` // its last day, where the length hangs on the length of a month; 0: by Days
	UntilDay   int `json:"until_day,omitempty"`
	// Days after Orthodox Easter.
	Easter int `json:"easter,omitempty"`
	Days   int `json:"days,omitempty"` // how long; 0 is one
}

// weekdays by their English names.
var weekdays = map[string]time.Weekday{"sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6}

// In returns the holidays that the rule gives in a Gregorian year: none, one, or two where a Hijri day comes twice.
func (r Rule) In(party place.Country, year int) []Holiday {
	var firsts, lasts []calendar.Date
	expected := false
	switch {
	case r.Weekday != "":
		if d, err := calendar.New(year, r.Month, 1); err == nil {
			d = d.AddDays((int(weekdays[r.Weekday]) - int(d.Weekday()) + 7) % 7)
			firsts = append(firsts, d.AddDays(7*(r.Nth-1)))
		}
	case r.Easter != 0:
		firsts = append(firsts, OrthodoxEaster(year).AddDays(r.Easter))
	case r.HijriMonth != 0:
		expected = true
		for h := calendar.MinHijriYear; h <= calendar.MaxHijriYear; h++ {
			d, err := calendar.Hijri{Year: h, Month: r.HijriMonth, Day: r.HijriDay}.Date()
			if err != nil || d.Year() != year {
				continue
			}
			last := d.AddDays(max(1, r.Days) - 1)
			if r.UntilMonth != 0 {
				if last, err = (calendar.Hijri{Year: h, Month: r.UntilMonth, Day: r.UntilDay}).Date(); err != nil {
					continue
				}
			}
			firsts, lasts = append(firsts, d), append(lasts, last)
		}
	default:
		if d, err := calendar.New(year, r.Month, r.Day); err == nil {
			firsts = append(firsts, d)
		}
	}
	var out []Holiday
	for i, d := range firsts {
		code := r.Code + "-" + d.String()[:4]
		if i > 0 {
			code += "b"
		}
		last := d.AddDays(max(1, r.Days) - 1)
		if i < len(lasts) {
			last = lasts[i]
		}
		out = append(out, Holiday{Party: party, Code: code, Name: r.Name, NameEN: r.NameEN, First: d, Last: last, Expected: expected, Source: r.Source})
	}
	return out
}

// OrthodoxEaster is the day of Easter of the churches that reckon by the Julian calendar, as the Gregorian one names it (Meeus, Astronomical Algorithms, 1991,
// chapter 8). The difference of thirteen days holds from 1900 to 2099. Sham el-Nessim is the Monday after.
func OrthodoxEaster(year int) calendar.Date {
	a, b, c := year%4, year%7, year%19
	d := (19*c + 15) % 30
	e := (2*a + 4*b - d + 34) % 7
	month, day := (d+e+114)/31, (d+e+114)%31+1
	date, err := calendar.New(year, month, day)
	if err != nil {
		return 0
	}
	return date.AddDays(13)
}
