package sheet

import (
	"math"
	"strings"

	"muntija/internal/calendar"
)

// builtinDate reports whether one of the number formats that files do not spell out shows a date or a time (ECMA-376 part 1, 18.8.30, with the
// East Asian and Thai ones, that Excel uses for its own dates in those settings).
func builtinDate(id int) bool {
	switch {
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58, id >= 71 && id <= 81:
		return true
	}
	return false
}

// percentFormat reports whether a number format shows a hundredth as 1 %: built-in 9 and 10, or a % outside quotes and escapes.
func percentFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			j := strings.IndexByte(code[i+1:], '"')
			if j < 0 {
				return false
			}
			i += j + 1
		case '\\', '_', '*':
			i++
		case '%':
			return true
		}
	}
	return false
}

// dateFormat reports whether a number format shows a date or a time: whether y, m, d, h or s stands in its first section outside quotes,
// brackets and escapes. [h], [mm] and [ss] are durations of time and count; a B1 or B2 before the code is the choice between the calendars.
func dateFormat(code string) bool {
	if strings.EqualFold(code, "general") {
		return false
	}
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			j := strings.IndexByte(code[i+1:], '"')
			if j < 0 {
				return false
			}
			i += j + 1
		case '\\', '_', '*':
			i++
		case '[':
			j := strings.IndexByte(code[i:], ']')
			if j < 0 {
				return false
			}
			if in := strings.ToLower(code[i+1 : i+j]); in != "" && (strings.Trim(in, "h") == "" || strings.Trim(in, "m") == "" || strings.Trim(in, "s") == "") {
				return true
			}
			i += j
		case ';':
			return false
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S':
			return true
		case 'G', 'g': // General in a section: its letters are not a date's
			if len(code) >= i+7 && strings.EqualFold(code[i:i+7], "general") {
				i += 6
			}
		case 'E', 'e': // 0.00E+00
			if i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') {
				return false
			}
		}
	}
	return false
}

var (
	epoch1900 = day(1899, 12, 30) // for serials from 61 on; Excel counts a 29 February 1900 that never was
	epoch1904 = day(1904, 1, 1)
)

func day(y, m, d int) calendar.Date {
	date, err := calendar.New(y, m, d)
	if err != nil {
		panic(err)
	}
	return date
}

const maxSerial = 2958465 // 31 December 9999

// serialDate returns the day and the second of a serial number. A number below 1 is a time of day without a date. It reports
// false for what no calendar holds: negative numbers, days after 9999, and 29 February 1900.
func serialDate(n float64, date1904 bool) (calendar.Date, int32, bool) {
	if !(n >= 0) || n > maxSerial+1 {
		return 0, 0, false
	}
	days, frac := math.Modf(n)
	seconds := int32(math.Round(frac * 86400))
	if seconds == 86400 {
		days, seconds = days+1, 0
	}
	whole := int(days)
	switch {
	case whole == 0:
		return 0, seconds, true
	case date1904:
		if whole > maxSerial-1462 {
			return 0, 0, false
		}
		return epoch1904.AddDays(whole), seconds, true
	case whole == 60 || whole > maxSerial:
		return 0, 0, false
	case whole < 60:
		return epoch1900.AddDays(whole + 1), seconds, true
	}
	return epoch1900.AddDays(whole), seconds, true
}

// isoDate reads the dates of t="d" cells: 2026-03-01, 2026-03-01T10:30:00(.000)(Z).
func isoDate(s string) (calendar.Date, int32, bool) {
	d, clock, timed := strings.Cut(strings.TrimSuffix(s, "Z"), "T")
	date, err := calendar.Parse(d)
	if err != nil {
		return 0, 0, false
	}
	if !timed {
		return date, 0, true
	}
	seconds := int32(0)
	parts := strings.Split(clock, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, 0, false
	}
	for i, p := range parts {
		p, _, _ = strings.Cut(p, ".")
		if len(p) != 2 || p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9' {
			return 0, 0, false
		}
		n := int32(p[0]-'0')*10 + int32(p[1]-'0')
		if n > 59 || i == 0 && n > 23 {
			return 0, 0, false
		}
		seconds += n * [...]int32{3600, 60, 1}[i]
	}
	return date, seconds, true
}
