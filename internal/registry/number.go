package registry

import (
	"fmt"
	"strconv"
	"strings"

	"muntija/internal/place"
)

// Number is a registration number: country, year of first submission, serial within country and year, and two check digits, shown as
// "EG-2026-000123-45". The zero value is "no number yet". The check digits are ISO 7064 MOD 97-10 over country, year and serial with the
// letters as two digits (A = 10), as in an IBAN, so that every single wrong digit and every swap of neighbours is caught.
type Number string

// MakeNumber returns the registration number of a country, a year and a serial from 1.
func MakeNumber(party place.Country, year int, serial int64) Number {
	return Number(fmt.Sprintf("%s-%04d-%06d-%02d", party, year, serial, checkDigits(string(party), year, serial)))
}

func checkDigits(party string, year int, serial int64) int {
	r := 0
	feed := func(d int) { r = (r*10 + d) % 97 }
	for i := 0; i < len(party); i++ {
		v := int(party[i]-'A') + 10
		feed(v / 10)
		feed(v % 10)
	}
	for _, c := range fmt.Sprintf("%04d%06d", year, serial) {
		feed(int(c - '0'))
	}
	feed(0)
	feed(0)
	return 98 - r
}

// numberMarks takes out what people type between the parts of a number.
var numberMarks = strings.NewReplacer("-", "", " ", "", "_", "", "/", "")

// ParseNumber reads a registration number as people type it: ASCII digits, any case, with spaces, dashes or nothing between the parts.
// It reports whether the text is a number with right check digits.
func ParseNumber(s string) (Number, bool) {
	s = strings.ToUpper(numberMarks.Replace(s))
	if len(s) < 2+4+6+2 || len(s) > 2+4+12+2 {
		return "", false
	}
	party := place.Country(s[:2])
	if party != "EG" && party != "QA" {
		return "", false
	}
	for _, c := range s[2:] {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	year, err1 := strconv.Atoi(s[2:6])
	serial, err2 := strconv.ParseInt(s[6:len(s)-2], 10, 64)
	if err1 != nil || err2 != nil || serial < 1 {
		return "", false
	}
	n := MakeNumber(party, year, serial)
	if !strings.HasSuffix(string(n), "-"+s[len(s)-2:]) {
		return "", false
	}
	return n, true
}
