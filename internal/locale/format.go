package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"muntija/internal/calendar"
)

// digits writes the ASCII digits of s as the person chose. ASCII separators become the Arabic ones with Arabic digits.
func (l *Locale) digits(s string) string {
	if !l.arabDigits {
		return s
	}
	var b strings.Builder
	b.Grow(2 * len(s))
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune('٠' + r - '0')
		case r == ',':
			b.WriteRune('٬')
		case r == '.':
			b.WriteRune('٫')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Num writes a whole number with groups of three: 12,500.
func (l *Locale) Num(n int64) string {
	return l.digits(group(strconv.FormatInt(n, 10)))
}

// Percent writes a share of a hundred: 40%.
func (l *Locale) Percent(n int64) string {
	if l.arabDigits {
		return l.Num(n) + "٪"
	}
	return l.Num(n) + "%"
}

func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if len(s) <= 3 {
		return sign + s
	}
	var b strings.Builder
	b.WriteString(sign)
	head := len(s) % 3
	b.WriteString(s[:head])
	for i := head; i < len(s); i += 3 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}

// Money writes an amount in minor units (piastres, dirhams; both currencies have 100) with its currency's name from the catalogue
// (currency.EGP): "1,250.50 ج.م." or "EGP 1,250.50". Whole amounts lose the ".00".
func (l *Locale) Money(minor int64, currency string) string {
	sign := ""
	u := uint64(minor) //nolint:gosec // the magnitude is taken below
	if minor < 0 {
		sign, u = "-", -u
	}
	s := group(strconv.FormatUint(u/100, 10))
	if u%100 != 0 {
		s += fmt.Sprintf(".%02d", u%100)
	}
	s = l.digits(sign + s)
	if currency == "" {
		return s
	}
	name := currency
	if l.Has("currency." + currency) {
		name = l.T("currency." + currency)
	}
	if l.lang == "ar" {
		return s + "\u00a0" + name
	}
	return name + "\u00a0" + s
}

// civil reads a date from what templates hold: a calendar.Date, a time.Time or "2026-03-02". Not ok for an empty or zero date.
func civil(v any) (y, m, d int, ok bool) {
	switch v := v.(type) {
	case calendar.Date:
		if v.IsZero() {
			return
		}
		y, m, d = v.YMD()
		return y, m, d, true
	case time.Time:
		if v.IsZero() {
			return
		}
		return v.Year(), int(v.Month()), v.Day(), true
	case string:
		if day, err := calendar.Parse(v); err == nil && !day.IsZero() {
			y, m, d = day.YMD()
			return y, m, d, true
		}
	}
	return
}

// Date writes a Gregorian date with the month's name as Egypt and Qatar both say it: "2 مارس 2026", "2 March 2026". It takes a calendar.Date, a
// time.Time or "2026-03-02" and gives "" for none.
func (l *Locale) Date(v any) string {
	y, m, d, ok := civil(v)
	if !ok {
		return ""
	}
	return l.date(y, m, d)
}

func (l *Locale) date(y, m, d int) string {
	return l.digits(strconv.Itoa(d)) + "\u00a0" + l.T("month."+strconv.Itoa(m)) + "\u00a0" + l.digits(strconv.Itoa(y))
}

// Weekday writes the day of the week of a date, "" for none.
func (l *Locale) Weekday(v any) string {
	y, m, d, ok := civil(v)
	if !ok {
		return ""
	}
	return l.T("weekday." + strconv.Itoa(int(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Weekday())))
}

// DateTime writes an instant in the given zone: "2 مارس 2026، 14:05". Nil means UTC.
func (l *Locale) DateTime(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone)
	return l.T("date.at", Raw(l.Date(t)), Raw(l.digits(t.Format("15:04"))))
}

// Raw is an argument of a message that is put in as it is, without isolation.
type Raw string

// String returns it unchanged.
func (r Raw) String() string { return string(r) }

// Relative says how long before now an instant was: "الآن", "قبل 3 دقائق", "قبل يومين", and the date itself after a month. An instant ahead of
// now (clocks differ a little) is now.
func (l *Locale) Relative(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	switch d := now.Sub(t); {
	case d < time.Minute:
		return l.T("ago.now")
	case d < time.Hour:
		return l.N("ago.minutes", int(d/time.Minute))
	case d < 24*time.Hour:
		return l.N("ago.hours", int(d/time.Hour))
	case d < 31*24*time.Hour:
		return l.N("ago.days", int(d/(24*time.Hour)))
	}
	return l.Date(t)
}

// Bytes writes a size of a file in KB or MB (of 1,024).
func (l *Locale) Bytes(n int64) string {
	if n < 1<<20 {
		return l.T("size.kb", (n+1023)/1024)
	}
	return l.T("size.mb", Raw(l.digits(strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64))))
}
