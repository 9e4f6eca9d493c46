package calendar

import (
	"fmt"
	"time"

	ummalqura "github.com/hablullah/go-hijri"
)

// The Hijri years of the Umm al-Qura table.
const (
	MinHijriYear = 1356
	MaxHijriYear = 1500
)

// The first and the last day of the Umm al-Qura table.
var (
	MinHijri = ymd(1937, 3, 14)
	MaxHijri = ymd(2077, 11, 16)
)

// Hijri is a day of the Umm al-Qura calendar. The zero value is no date.
type Hijri struct {
	Year, Month, Day int
}

// Hijri returns the day in the Umm al-Qura calendar. The error, for a day outside MinHijri to MaxHijri, is a *Error.
func (d Date) Hijri() (Hijri, error) {
	if d < MinHijri || d > MaxHijri {
		return Hijri{}, bad("calendar.hijri_range", MinHijriYear, MaxHijriYear)
	}
	h, err := ummalqura.CreateUmmAlQuraDate(d.Time(time.UTC))
	if err != nil {
		return Hijri{}, fmt.Errorf("converting to the Hijri calendar: %w", err)
	}
	return Hijri{Year: int(h.Year), Month: int(h.Month), Day: int(h.Day)}, nil
}

// Date returns the Gregorian date. The error, for a year outside the table or a day that the month does not have, is a *Error.
func (h Hijri) Date() (Date, error) {
	switch {
	case h.Year < MinHijriYear || h.Year > MaxHijriYear:
		return 0, bad("calendar.hijri_range", MinHijriYear, MaxHijriYear)
	case h.Month < 1 || h.Month > 12:
		return 0, bad("calendar.month", h.Month)
	case h.Day < 1 || h.Day > 30:
		return 0, bad("calendar.day", h.Day, 30)
	}
	date, ok := h.lookup()
	if !ok {
		return 0, bad("calendar.day", h.Day, h.MonthDays())
	}
	return date, nil
}

// lookup converts a day whose year, month and day are in bounds. It is false if the month is too short: the library counts such a day
// on into the next month.
func (h Hijri) lookup() (Date, bool) {
	date := Of(ummalqura.UmmAlQuraDate{Year: int64(h.Year), Month: int64(h.Month), Day: int64(h.Day)}.ToGregorian())
	back, err := date.Hijri()
	return date, err == nil && back == h
}

// MonthDays returns the length of the month that h is in, 29 or 30 (28 once, in 1364), and 0 outside the table.
func (h Hijri) MonthDays() int {
	if h.Year < MinHijriYear || h.Year > MaxHijriYear || h.Month < 1 || h.Month > 12 {
		return 0
	}
	n := 30
	for n > 28 {
		if _, ok := (Hijri{h.Year, h.Month, n}).lookup(); ok {
			break
		}
		n--
	}
	return n
}

// String returns "1447-09-01", "" for no date.
func (h Hijri) String() string {
	if h == (Hijri{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", h.Year, h.Month, h.Day)
}
