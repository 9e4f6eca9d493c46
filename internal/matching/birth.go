package matching

import (
	"strconv"
	"strings"
	"time"

	"muntija/internal/arabic"
)

// order of day and month in dates like 03/04/1990
type order uint8

const (
	dayFirst order = iota
	monthFirst
)

// dateOrder finds out which of the first two numbers of a date is the day: the one that is more often over 12. Both countries write the day first.
func dateOrder(dates []string) order {
	day, month := 0, 0
	for _, d := range dates {
		if p := numbers(d); len(p) == 3 && p[0] < 32 {
			day += bit(p[0] > 12)
			month += bit(p[1] > 12)
		}
	}
	if month > day {
		return monthFirst
	}
	return dayFirst
}

// numbers returns the runs of digits of a date, at most four; a trailing time of day is left out.
func numbers(s string) []int {
	s = arabic.Digits(cut(s))
	if at := strings.IndexAny(s, "T"); at > 0 {
		s = s[:at]
	}
	var out []int
	for i := 0; i < len(s) && len(out) < 4; {
		j := i
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		if j > i {
			n, err := strconv.Atoi(s[i:j])
			if err != nil {
				return nil
			}
			out = append(out, n)
			i = j
			continue
		}
		i++
	}
	return out
}

// monthNames are the beginnings of the months' names, folded: English by three letters, Arabic as Egypt and the Gulf write them, and as the Levant does.
var monthNames = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
	"يناير": 1, "فبراير": 2, "مارس": 3, "ابريل": 4, "مايو": 5, "يونيو": 6, "يونيه": 6, "يوليو": 7, "يوليه": 7, "اغسطس": 8, "سبتمبر": 9, "اكتوبر": 10, "نوفمبر": 11, "ديسمبر": 12,
	"كانون": 0, "شباط": 2, "اذار": 3, "نيسان": 4, "ايار": 5, "حزيران": 6, "تموز": 7, "اب": 8, "ايلول": 9}

// namedMonth returns the month whose name stands in a date, 0 if there is none.
func namedMonth(s string) int {
	for _, w := range arabic.Tokens(cut(s)) {
		w = strings.TrimFunc(w, func(r rune) bool { return r >= '0' && r <= '9' }) // 4mar1990
		if len(w) >= 3 && w[0] >= 'a' && w[0] <= 'z' {
			w = w[:3]
		}
		if m := monthNames[w]; m != 0 {
			return m
		}
	}
	return 0
}

// Days since 30 December 1899, which is how spreadsheets keep dates: 1910 to 2064. Numbers outside are no birth date of theirs.
const firstSerial, lastSerial = 3654, 60000

// parseBirth reads a date in one of the usual forms: 1990-03-04, 19900304, 04031990, 4/3/1990, 4 March 1990, March 4, 1990, 1990, 1990-03, and the number of a day in a
// spreadsheet. What it cannot read is unknown.
func parseBirth(s string, o order) Birth {
	p := numbers(s)
	if m := namedMonth(s); m != 0 && len(p) >= 1 {
		switch {
		case len(p) == 1 && p[0] > 31:
			return whole(longYear(p[0]), m, 0)
		case len(p) >= 2 && p[0] > 31:
			return whole(longYear(p[0]), m, p[1])
		case len(p) >= 2:
			return whole(longYear(p[1]), m, p[0])
		}
		return Birth{}
	}
	if len(p) > 3 {
		p = p[:3] // a time of day
	}
	switch len(p) {
	case 1:
		switch n := p[0]; {
		case len(strings.TrimSpace(s)) == 8 && n/10000 >= 1800 && n/10000 <= 2100:
			return whole(n/10000, n/100%100, n%100)
		case len(strings.TrimSpace(s)) == 8 && n%10000 >= 1800 && n%10000 <= 2100: // day and month first
			d, m := n/1000000, n/10000%100
			if o == monthFirst || m > 12 && d <= 12 {
				m, d = d, m
			}
			return whole(n%10000, m, d)
		case n >= 1000_01_01 && n <= 9999_12_31:
			return whole(n/10000, n/100%100, n%100)
		case n >= 1000 && n <= 2999:
			return Birth{Year: n}
		case n >= firstSerial && n <= lastSerial:
			return serialDay(n)
		}
	case 2:
		switch {
		case p[0] > 999 && p[1] >= 1 && p[1] <= 12:
			return Birth{Year: p[0], Month: p[1]}
		case p[1] > 999 && p[0] >= 1 && p[0] <= 12:
			return Birth{Year: p[1], Month: p[0]}
		case p[0] >= firstSerial && p[0] <= lastSerial && strings.Contains(s, "."):
			return serialDay(p[0])
		}
	case 3:
		if p[0] > 31 {
			return whole(p[0], p[1], p[2])
		}
		y, m, d := longYear(p[2]), p[1], p[0]
		if o == monthFirst {
			m, d = d, m
		}
		if m > 12 && d <= 12 {
			m, d = d, m
		}
		return whole(y, m, d)
	}
	return Birth{}
}

// longYear reads a year of two digits as one of the hundred years up to 2029: whoever is registered is not older.
func longYear(y int) int {
	switch {
	case y < 30:
		return y + 2000
	case y < 100:
		return y + 1900
	}
	return y
}

func serialDay(n int) Birth {
	t := time.Date(1899, time.December, 30+n, 0, 0, 0, 0, time.UTC)
	return Birth{t.Year(), int(t.Month()), t.Day()}
}

func whole(y, m, d int) Birth {
	switch {
	case y < 1 || y > 9999:
		return Birth{}
	case m < 1 || m > 12:
		return Birth{Year: y}
	case d < 1 || d > 31:
		return Birth{Year: y, Month: m}
	}
	return Birth{y, m, d}
}

// ageEra is the year in which somebody of age 0 was born where only ages are known, and not when they were asked: nobody else is born near it.
const ageEra = 6000

// oldest is the highest age that counts as one.
const oldest = 120

// bornAged is what an age says of a date of birth.
func bornAged(age int) Birth {
	if age < 1 || age > oldest {
		return Birth{}
	}
	return Birth{Year: ageEra + age}
}
