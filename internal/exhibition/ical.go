package exhibition

import (
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/calendar"
)

// Entry is one event of a calendar feed: whole days, as exhibitions and holidays are.
type Entry struct {
	UID         string // stays the same for the same thing
	First, Last calendar.Date
	Summary     string
	Place       string
	Text        string
	URL         string
	Stamp       time.Time
	Tentative   bool // not agreed yet, or an expected holiday
	Cancelled   bool
	Sequence    int64
}

// ICalendar writes entries as an iCalendar object (RFC 5545): lines end in CRLF and are folded at 75 octets, never inside a character; texts are escaped;
// DTEND is the day after the last one (section 3.6.1).
func ICalendar(name string, entries []Entry) []byte {
	var b icalendar
	b.line("BEGIN", "VCALENDAR")
	b.line("VERSION", "2.0")
	b.line("PRODID", "-//Muntija//Exhibitions//AR")
	b.line("CALSCALE", "GREGORIAN")
	b.line("METHOD", "PUBLISH")
	b.text("X-WR-CALNAME", name)
	for _, e := range entries {
		if e.First.IsZero() || e.Last.Before(e.First) {
			continue
		}
		b.line("BEGIN", "VEVENT")
		b.text("UID", e.UID)
		b.line("DTSTAMP", e.Stamp.UTC().Format("20060102T150405Z"))
		b.line("DTSTART;VALUE=DATE", compact(e.First))
		b.line("DTEND;VALUE=DATE", compact(e.Last.AddDays(1)))
		b.line("SEQUENCE", decimal(e.Sequence))
		b.text("SUMMARY", e.Summary)
		if e.Place != "" {
			b.text("LOCATION", e.Place)
		}
		if e.Text != "" {
			b.text("DESCRIPTION", e.Text)
		}
		if e.URL != "" {
			b.line("URL", e.URL)
		}
		switch {
		case e.Cancelled:
			b.line("STATUS", "CANCELLED")
		case e.Tentative:
			b.line("STATUS", "TENTATIVE")
		default:
			b.line("STATUS", "CONFIRMED")
		}
		b.line("TRANSP", "TRANSPARENT")
		b.line("END", "VEVENT")
	}
	b.line("END", "VCALENDAR")
	return []byte(b.String())
}

func compact(d calendar.Date) string { return strings.ReplaceAll(d.String(), "-", "") }

func decimal(n int64) string {
	if n <= 0 {
		return "0"
	}
	var digits []byte
	for ; n > 0; n /= 10 {
		digits = append(digits, byte('0'+n%10))
	}
	for i, j := 0, len(digits)-1; i < j; i, j = i+1, j-1 {
		digits[i], digits[j] = digits[j], digits[i]
	}
	return string(digits)
}

type icalendar struct{ strings.Builder }

// text writes a property of type TEXT, escaped (section 3.3.11).
func (b *icalendar) text(name, value string) {
	value = strings.ToValidUTF8(value, "")
	value = strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n").Replace(value)
	b.line(name, strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, value))
}

// foldAt is the longest line in octets, without its end (section 3.1).
const foldAt = 75

func (b *icalendar) line(name, value string) {
	rest := name + ":" + value
	room := foldAt
	for len(rest) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(rest[cut]) {
			cut--
		}
		b.WriteString(rest[:cut])
		b.WriteString("\r\n ")
		rest, room = rest[cut:], foldAt-1
	}
	b.WriteString(rest)
	b.WriteString("\r\n")
}
