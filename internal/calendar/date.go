// Package calendar holds civil dates, the Umm al-Qura Hijri calendar and the dates that people type.
//
// [Date] is a day without a clock or a zone: births, expiries, visits. Instants are time.Time and not of this package. [Hijri] is the
// same day in the calendar of Umm al-Qura. [ParseTyped] takes what a person writes in either calendar, with any digits.
//
// # Design
//
// One date is stored, the Gregorian one; the Hijri date is computed when it is shown. Errors are of type [*Error]: a message key and its
// arguments, which the form puts beside the field.
//
// # Limits
//
// Umm al-Qura is known from 1 Muharram 1356 (14 March 1937) to 30 Dhu al-Hijja 1500 (16 November 2077). Qatar usually follows it; Egypt
// goes by sighting and may differ by a day, so a computed feast is "expected" until it is announced.
//
// The table is R. H. van Gent's (Utrecht), by way of go-hijri, whose only door this package is. Up to 1419 (April 1999) it gives the
// calendar as it was printed at the time, which is what stands on papers of those years; browsers and ICU compute those years anew by
// today's rule and differ by a day in many months. From April 1999 to July 2029 they agree day by day; after that both are forecasts.
package calendar

import (
	"fmt"
	"time"
)

// Date is a civil day of the Gregorian calendar: the number of days since 31 December of the year 0. The zero value is no date. Dates
// compare with ==, < and >, no date being before all others, and "omitempty" leaves no date out. As text and in JSON it is "2006-01-02",
// no date "".
type Date int32

// The years that a Date can hold.
const (
	MinYear = 1
	MaxYear = 9999
)

const maxDate Date = 3652059 // 9999-12-31

// Error says why a text or a triple of numbers is no date.
type Error struct {
	Key  string // message key in the catalogues, such as "calendar.day"
	Args []any  // arguments of the message, in its order
}

// Error returns the technical text for the log: the key alone, for a date of birth is personal data.
func (e *Error) Error() string { return "invalid date: " + e.Key }

// MessageKey returns the message key and the arguments of the message.
func (e *Error) MessageKey() (string, []any) { return e.Key, e.Args }

func bad(key string, args ...any) error { return &Error{Key: key, Args: args} }

// New returns the date of a year (1 to 9999), a month (1 to 12) and a day of the month.
func New(year, month, day int) (Date, error) {
	switch {
	case year < MinYear || year > MaxYear:
		return 0, bad("calendar.year")
	case month < 1 || month > 12:
		return 0, bad("calendar.month", month)
	case day < 1 || day > MonthDays(year, month):
		return 0, bad("calendar.day", day, MonthDays(year, month))
	}
	return ymd(year, month, day), nil
}

// Of returns the day of an instant in the instant's own location.
func Of(t time.Time) Date {
	y, m, d := t.Date()
	date, err := New(y, int(m), d)
	if err != nil {
		return 0
	}
	return date
}

// ymd counts the days to a valid date, in a year that starts with March so that the leap day is last.
func ymd(y, m, d int) Date {
	if m <= 2 {
		y--
		m += 12
	}
	return Date(365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 306)
}

// YMD returns the year, the month (1 to 12) and the day of the month, 0, 0, 0 for no date.
func (d Date) YMD() (year, month, day int) {
	if !d.valid() {
		return 0, 0, 0
	}
	n := int(d) + 305 // days since 1 March of the year 0
	era := n / 146097
	n -= era * 146097
	y := (n - n/1460 + n/36524 - n/146096) / 365
	n -= 365*y + y/4 - y/100
	m := (5*n + 2) / 153
	day = n - (153*m+2)/5 + 1
	year = y + era*400
	month = m + 3
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// Year returns the year, 0 for no date.
func (d Date) Year() int { y, _, _ := d.YMD(); return y }

// Month returns the month, 0 for no date.
func (d Date) Month() time.Month { _, m, _ := d.YMD(); return time.Month(m) }

// Day returns the day of the month, 0 for no date.
func (d Date) Day() int { _, _, day := d.YMD(); return day }

// Weekday returns the day of the week, Sunday for no date.
func (d Date) Weekday() time.Weekday { return time.Weekday(((int(d) % 7) + 7) % 7) }

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == 0 }

func (d Date) valid() bool { return d > 0 && d <= maxDate }

// Before reports whether d is a day before other. No date is before every date.
func (d Date) Before(other Date) bool { return d < other }

// After reports whether d is a day after other.
func (d Date) After(other Date) bool { return d > other }

// AddDays returns the date n days later, or no date if d is none or the result is outside the years 1 to 9999.
func (d Date) AddDays(n int) Date {
	if sum := int(d) + n; d.valid() && sum > 0 && sum <= int(maxDate) {
		return Date(sum)
	}
	return 0
}

// AddYears returns the same day n years later. 29 February becomes 1 March in a common year, which is the day on which AgeOn counts the
// year as full, so AgeOn(d, d.AddYears(n)) == n. The result is no date if d is none or if it is outside the years 1 to 9999.
func (d Date) AddYears(n int) Date {
	y, m, day := d.YMD()
	if y == 0 || y+n < MinYear || y+n > MaxYear {
		return 0
	}
	if m == 2 && day == 29 && !leap(y+n) {
		m, day = 3, 1
	}
	return ymd(y+n, m, day)
}

// DaysBetween returns the number of days from a to b, negative if b is before a, and 0 if either is no date.
func DaysBetween(a, b Date) int {
	if !a.valid() || !b.valid() {
		return 0
	}
	return int(b) - int(a)
}

// AgeOn returns the full years from birth to on. A year is full on the birthday; who was born on 29 February is a year older on 1 March
// in common years. The result is -1 if either is no date or if on is before birth: such a pair meets no age limit from below, and the
// caller that has an upper limit looks at birth first.
func AgeOn(birth, on Date) int {
	if !birth.valid() || !on.valid() || on < birth {
		return -1
	}
	by, bm, bd := birth.YMD()
	y, m, d := on.YMD()
	age := y - by
	if m < bm || m == bm && d < bd {
		age--
	}
	return age
}

// Time returns the first instant of the day in loc, and the zero time for no date. Where clocks skip midnight (Cairo's summer time
// begins at 00:00 on a Friday) it is the instant they jump to.
func (d Date) Time(loc *time.Location) time.Time {
	y, m, day := d.YMD()
	if y == 0 {
		return time.Time{}
	}
	t := time.Date(y, time.Month(m), day, 0, 0, 0, 0, loc)
	if t.Day() != day {
		t = t.Add(time.Hour) // time.Date chose the offset before the gap
	}
	return t
}

// String returns "2006-01-02", "" for no date.
func (d Date) String() string {
	b, _ := d.AppendText(nil)
	return string(b)
}

// AppendText appends what String returns to b. It never fails.
func (d Date) AppendText(b []byte) ([]byte, error) {
	y, m, day := d.YMD()
	if y == 0 {
		return b, nil
	}
	return append(b, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10)), nil
}

// MarshalText returns what String returns.
func (d Date) MarshalText() ([]byte, error) { return d.AppendText(make([]byte, 0, 10)) }

// UnmarshalText takes what MarshalText gives, "" included.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	date, err := Parse(string(text))
	if err != nil {
		return fmt.Errorf("reading a date: %w", err)
	}
	*d = date
	return nil
}

// Parse reads "2006-01-02" and nothing else: the form that is stored. What people type goes to ParseTyped.
func Parse(s string) (Date, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, bad("calendar.form")
	}
	var n [3]int
	for i, part := range [3]string{s[:4], s[5:7], s[8:]} {
		for _, c := range []byte(part) {
			if c < '0' || c > '9' {
				return 0, bad("calendar.form")
			}
			n[i] = n[i]*10 + int(c-'0')
		}
	}
	return New(n[0], n[1], n[2])
}

// MonthDays returns the number of days of a Gregorian month (1 to 12).
func MonthDays(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	}
	return 31
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }
