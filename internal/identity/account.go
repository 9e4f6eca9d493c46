package identity

import (
	"strings"

	"muntija/internal/place"
)

// IBAN is an international bank account number of Egypt or Qatar.
type IBAN struct{ secret }

const ibanLength = 29 // of both countries

// ParseIBAN reads an IBAN of Egypt (EG, 27 digits) or Qatar (QA, two digits, four letters of the bank, 21 letters or digits); both have 29
// characters. The check is ISO 7064 MOD 97-10.
func ParseIBAN(raw string) (IBAN, error) {
	s, ok := compact(raw)
	switch {
	case !ok:
		return IBAN{}, invalid("identity.iban.characters")
	case s == "":
		return IBAN{}, invalid("identity.empty")
	case !strings.HasPrefix(s, string(place.Egypt)) && !strings.HasPrefix(s, string(place.Qatar)):
		return IBAN{}, invalid("identity.iban.country")
	case len(s) != ibanLength:
		return IBAN{}, invalid("identity.iban.length", ibanLength, len(s))
	case !ibanForm(s):
		return IBAN{}, invalid("identity.iban.form")
	case ibanRemainder(s) != 1:
		return IBAN{}, invalid("identity.iban.check")
	}
	return IBAN{secret{s}}, nil
}

// ibanForm reports whether the characters after the country stand where the country's format wants them.
func ibanForm(s string) bool {
	for i, c := range []byte(s[2:]) {
		digit := c <= '9'
		switch {
		case s[:2] == string(place.Egypt), i < 2:
			if !digit {
				return false
			}
		case i < 6:
			if digit {
				return false
			}
		}
	}
	return s[2:4] >= "02" && s[2:4] <= "98" // the only values that MOD 97-10 gives
}

// ibanRemainder returns the number that the IBAN spells, country and check digits last and letters as 10 to 35, modulo 97.
func ibanRemainder(s string) int {
	rest := 0
	for _, c := range []byte(s[4:] + s[:4]) {
		if c <= '9' {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest
}

// Country returns the country of the account, "" for the zero value.
func (v IBAN) Country() place.Country {
	if v.s == "" {
		return ""
	}
	return place.Country(v.s[:2])
}

// Groups returns the IBAN as it is printed, in groups of four.
func (v IBAN) Groups() string {
	var b strings.Builder
	for i := 0; i < len(v.s); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(v.s[i:min(i+4, len(v.s))])
	}
	return b.String()
}

// TIN is an Egyptian tax registration number: nine digits, without a public check digit.
type TIN struct{ secret }

// ParseTIN reads an Egyptian tax registration number, often printed 3-3-3.
func ParseTIN(raw string) (TIN, error) {
	s, err := digits(raw, "identity.tin", 9)
	if err != nil {
		return TIN{}, err
	}
	if s == "000000000" {
		return TIN{}, invalid("identity.tin.zero")
	}
	return TIN{secret{s}}, nil
}

// Groups returns the number as it is printed, 3-3-3.
func (v TIN) Groups() string {
	if len(v.s) != 9 {
		return ""
	}
	return v.s[:3] + "-" + v.s[3:6] + "-" + v.s[6:]
}
