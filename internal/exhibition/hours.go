package exhibition

import (
	"fmt"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
)

// Minute is a time of day in minutes from midnight. A closing after midnight is above 1440: 27:00 is three in the morning of the next day (Diyarna Arabiya
// was open to 03:00 in Ramadan 2023).
type Minute int

// String returns "HH:MM", hours past 24 as they are.
func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60) }

// Clock returns the time as a clock shows it: 27:00 is 03:00.
func (m Minute) Clock() string { return Minute(int(m) % (24 * 60)).String() }

// Span is from one time of day to another. The zero Span is none.
type Span struct {
	From Minute `json:"from"`
	To   Minute `json:"to"`
}

// None reports whether there is no such span.
func (s Span) None() bool { return s == Span{} }

// Hours is the timetable. Ramadan is not a closed season but another timetable. The Friday break is the noon prayer: in Qatar shops close for 90 minutes from
// the first call (Law 5/2015).
type Hours struct {
	Daily   Span `json:"daily"`
	Friday  Span `json:"friday"`  // closed in it, on Fridays
	Ramadan Span `json:"ramadan"` // instead of Daily in the month of Ramadan; none: Daily
}

// String is the timetable as one line of codes.
func (h Hours) String() string {
	s := func(x Span) string {
		if x.None() {
			return "-"
		}
		return x.From.String() + "–" + x.To.String()
	}
	return s(h.Daily) + " ق " + s(h.Friday) + " ر " + s(h.Ramadan)
}

func (h Hours) check(ps *fault.Problems) {
	for _, x := range []struct {
		name string
		span Span
	}{{"daily", h.Daily}, {"friday", h.Friday}, {"ramadan", h.Ramadan}} {
		if x.span.None() {
			continue
		}
		if x.span.From < 0 || x.span.From >= 24*60 || x.span.To <= x.span.From || x.span.To > x.span.From+24*60 {
			ps.Add("hours."+x.name+"_to", "problem.exhibition.hours")
		}
	}
}

// Day is the timetable of one day.
type Day struct {
	Date    calendar.Date
	Spans   []Span // open in these, in order; none: not said
	Ramadan bool
	Friday  bool
}

// On returns the timetable of a day: by Ramadan of Umm al-Qura, which is expected only until the month is announced.
func (h Hours) On(d calendar.Date) Day {
	out := Day{Date: d, Friday: d.Weekday() == time.Friday}
	if hd, err := d.Hijri(); err == nil && hd.Month == ramadan {
		out.Ramadan = true
	}
	open := h.Daily
	if out.Ramadan && !h.Ramadan.None() {
		open = h.Ramadan
	}
	switch b := h.Friday; {
	case open.None():
	case !out.Friday || b.None() || b.To <= open.From || b.From >= open.To:
		out.Spans = []Span{open}
	default:
		if b.From > open.From {
			out.Spans = append(out.Spans, Span{open.From, b.From})
		}
		if b.To < open.To {
			out.Spans = append(out.Spans, Span{b.To, open.To})
		}
	}
	return out
}

const ramadan = 9
