package criteria

import (
	"time"

	"muntija/internal/calendar"
)

// A facts vector holds a date as the day number of calendar.Date, so rules compare integers. Dates are accepted from minDay to maxDay;
// noExpiry is how a paper that never expires is held, so that "valid on" is one comparison.
var (
	minDay   = day(1800, 1, 1)
	maxDay   = day(2400, 12, 31)
	unixDay  = day(1970, 1, 1)
	noExpiry = maxDay
)

func day(y, m, d int) int64 {
	date, err := calendar.New(y, m, d)
	if err != nil {
		panic(err) // constants of this file only
	}
	return int64(date)
}

// dayOf returns the day of a date, and whether there is one in range.
func dayOf(d calendar.Date) (int64, bool) {
	n := int64(d)
	return n, n >= minDay && n <= maxDay
}

// ageOn is the age in full years on a day, -1 before birth.
func ageOn(birth, on int64) int64 {
	return int64(calendar.AgeOn(calendar.Date(birth), calendar.Date(on)))
}

// addYears moves a day by whole years, so that addYears(birth, n) is the day of age n.
func addYears(day, n int64) int64 { return int64(calendar.Date(day).AddYears(int(n))) }

// appendDay appends a day as YYYY-MM-DD.
func appendDay(b []byte, day int64) []byte {
	y, m, d := calendar.Date(day).YMD()
	return append(b, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+d/10), byte('0'+d%10))
}

func dayText(day int64) string { return string(appendDay(nil, day)) }

// parseDay reads YYYY-MM-DD: a day that exists, between minDay and maxDay.
func parseDay(s string) (int64, bool) {
	d, err := calendar.Parse(s)
	if err != nil {
		return 0, false
	}
	return dayOf(d)
}

// timeOf returns the instant by which CEL knows a day: midnight UTC.
func timeOf(day int64) time.Time { return time.Unix((day-unixDay)*86400, 0).UTC() }

// dayOfTime is the day of an instant in UTC.
func dayOfTime(t time.Time) int64 {
	s := t.Unix()
	if s < 0 {
		s -= 86399
	}
	return s/86400 + unixDay
}
