package exhibition

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func entry(t testing.TB, summary string) Entry {
	return Entry{UID: "exhibition-7@muntija", First: date(t, "2027-01-05"), Last: date(t, "2027-01-11"), Summary: summary, Place: "القاهرة؛ أرض المعارض, مدينة نصر", Text: "سطر\nسطر", Stamp: noon, Sequence: 12}
}

func TestICalendar(t *testing.T) {
	got := string(ICalendar("معارض", []Entry{entry(t, "بيت العرب: معرض الأسر المنتجة المشترك بين مصر وقطر في دورته الأولى بالقاهرة"), {UID: "no days"}}))
	const want = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Muntija//Exhibitions//AR\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:معارض\r\nBEGIN:VEVENT\r\n" +
		"UID:exhibition-7@muntija\r\nDTSTAMP:20261101T090000Z\r\nDTSTART;VALUE=DATE:20270105\r\nDTEND;VALUE=DATE:20270112\r\nSEQUENCE:12\r\n" +
		"SUMMARY:بيت العرب: معرض الأسر المنتجة المشتر\r\n ك بين مصر وقطر في دورته الأولى بالقاهرة\r\n" +
		"LOCATION:القاهرة؛ أرض المعارض\\, مدينة نصر\r\nDESCRIPTION:سطر\\nسطر\r\nSTATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	if got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// FuzzICalendar: whatever is typed, no line is longer than 75 octets, none breaks a character, and unfolding gives one line for each property.
func FuzzICalendar(f *testing.F) {
	for _, s := range []string{"", "معرض", strings.Repeat("ا", 200), "a\r\nBEGIN:VEVENT", "x;y,z\\", "\x00\xff", strings.Repeat("x", 74) + "é", "🧵" + strings.Repeat("🧵", 40)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(ICalendar(s, []Entry{entry(t, s)}))
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		body, ok := strings.CutSuffix(got, "\r\n")
		if !ok {
			t.Fatal("no end of line at the end")
		}
		for _, line := range strings.Split(body, "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
				t.Fatalf("bad line of %d octets: %q", len(line), line)
			}
		}
		if n := strings.Count(strings.ReplaceAll(got, "\r\n ", ""), "\r\n"); n != 19 {
			t.Errorf("got %d lines when unfolded, want 19:\n%s", n, got)
		}
	})
}
