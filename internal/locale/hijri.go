package locale

import (
	"strconv"

	"muntija/internal/calendar"
)

// Hijri writes a date in the Umm al-Qura calendar, "13 رمضان 1447 هـ", and "" for none or one outside the calendar's table. It takes what
// [Locale.Date] takes.
func (l *Locale) Hijri(v any) string {
	y, m, d, ok := civil(v)
	if !ok {
		return ""
	}
	day, err := calendar.New(y, m, d)
	if err != nil {
		return ""
	}
	h, err := day.Hijri()
	if err != nil {
		return ""
	}
	return l.T("hijri.date", Raw(l.digits(strconv.Itoa(h.Day))), Raw(l.T("hijri_month."+strconv.Itoa(h.Month))), Raw(l.digits(strconv.Itoa(h.Year))))
}

// Both writes a date in both calendars, "2 مارس 2026 (13 رمضان 1447 هـ)", or the Gregorian alone outside the table.
func (l *Locale) Both(v any) string {
	date, hijri := l.Date(v), l.Hijri(v)
	if hijri == "" {
		return date
	}
	return l.T("date.both", Raw(date), Raw(hijri))
}

// EchoDate says how a typed date was understood, in both calendars; "" for what is no date.
func (l *Locale) EchoDate(typed string) string {
	if typed == "" {
		return ""
	}
	d, _, err := calendar.ParseTyped(typed)
	if err != nil {
		return ""
	}
	return l.Both(d)
}
