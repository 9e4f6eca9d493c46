// Package identity holds the numbers that name a person or an account: the Egyptian national id, the Qatari id, passports, phones, IBANs
// and tax numbers, as value types that exist only when they are well formed.
//
// Every Parse function takes what a person typed or a sheet held: Arabic-Indic and Persian digits, spaces, dashes and invisible marks are
// accepted. It returns a canonical ASCII value or a *fault.Error of kind Invalid whose key says what is wrong.
//
// # Design
//
// The values keep their digits to themselves: String, every verb of fmt and log/slog all show the mask (the last four), and only Canonical gives the
// number. No error, hint or message argument holds a number or a part of one.
//
// Hard rules refuse; everything that may be the document's or a clerk's fault is a [Hint], a warning that blocks nothing. The check digit
// of the Egyptian id is the clearest case: its rule was never published and the reconstructed one fails for real cards, so it only asks
// to read the card again. A wrong hint costs a glance; a wrong refusal loses a family.
//
// # Limits
//
// Nothing here asks an authority whether a number was issued. Sex and governorate of birth in the id are what was registered at birth.
package identity

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Type is a kind of identity document. The values are stable: the database and the forms hold them.
type Type string

// The kinds of document.
const (
	TypeEgyptianNID Type = "eg_nid"   // الرقم القومي
	TypeQatariID    Type = "qid"      // الرقم الشخصي القطري
	TypePassport    Type = "passport" // جواز السفر
)

// Types returns the kinds of document in the order of the form.
func Types() []Type { return []Type{TypeEgyptianNID, TypeQatariID, TypePassport} }

// Valid reports whether t is a known kind.
func (t Type) Valid() bool { return t == TypeEgyptianNID || t == TypeQatariID || t == TypePassport }

// Number is the number of an identity document of any kind. The zero value is none.
type Number struct {
	Type      Type
	Canonical string // ASCII, no separators; secret: show Mask instead
}

// Parse reads the number of a document of the given kind. today bounds dates of birth. The error is a *fault.Error of kind Invalid.
func Parse(t Type, raw string, today calendar.Date) (Number, error) {
	var canonical string
	switch t {
	case TypeEgyptianNID:
		n, err := ParseEgyptianNID(raw, today)
		if err != nil {
			return Number{}, err
		}
		canonical = n.Canonical()
	case TypeQatariID:
		n, err := ParseQatariID(raw, today)
		if err != nil {
			return Number{}, err
		}
		canonical = n.Canonical()
	case TypePassport:
		n, err := ParsePassport(raw)
		if err != nil {
			return Number{}, err
		}
		canonical = n.Canonical()
	default:
		return Number{}, invalid("identity.type")
	}
	return Number{Type: t, Canonical: canonical}, nil
}

// IsZero reports whether n is no number.
func (n Number) IsZero() bool { return n == Number{} }

// Mask returns the number with all but its last four characters hidden.
func (n Number) Mask() string { return Mask(n.Canonical) }

// String returns the mask.
func (n Number) String() string { return n.Mask() }

// Format writes the mask whatever the verb, so that %#v or a wrong verb shows no number either.
func (n Number) Format(f fmt.State, _ rune) { io.WriteString(f, n.Mask()) }

// LogValue returns the mask.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.Mask()) }

// Masked is what hides a character of a masked number.
const Masked = "•"

// Mask returns s with all but its last four characters as bullets, and nothing but bullets if s has fewer than eight: four of seven would
// give too much away.
func Mask(s string) string {
	n := utf8.RuneCountInString(s)
	hide := n - 4
	if n < 8 {
		hide = n
	}
	var b strings.Builder
	b.Grow(hide*len(Masked) + 4)
	for _, r := range s {
		if hide > 0 {
			r = '•'
			hide--
		}
		b.WriteRune(r)
	}
	return b.String()
}

// secret is a canonical number that shows itself masked. The value types embed it.
type secret struct{ s string }

// Canonical returns the number in its stored form: ASCII, without separators. "" for the zero value.
func (v secret) Canonical() string { return v.s }

// IsZero reports whether there is no number.
func (v secret) IsZero() bool { return v.s == "" }

// Mask returns the number with all but its last four characters hidden.
func (v secret) Mask() string { return Mask(v.s) }

// String returns the mask.
func (v secret) String() string { return v.Mask() }

// Format writes the mask whatever the verb, so that %#v or a wrong verb shows no number either.
func (v secret) Format(f fmt.State, _ rune) { io.WriteString(f, v.Mask()) }

// LogValue returns the mask.
func (v secret) LogValue() slog.Value { return slog.StringValue(v.Mask()) }

func invalid(key string, args ...any) error { return fault.New(fault.Invalid, key, args...) }

// maxRaw bounds what is looked at, in bytes: an IBAN of Arabic digits with spaces and marks fits well.
const maxRaw = 160

// compact returns raw in upper-case ASCII without spaces, dashes, dots, slashes and invisible marks. ok is false if anything else than
// ASCII letters and digits is left, or if raw is beyond all length.
func compact(raw string) (s string, ok bool) {
	if len(raw) > maxRaw {
		return "", false
	}
	if !strings.ContainsFunc(raw, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) {
		return raw, true
	}
	out := make([]byte, 0, len(raw))
	for _, r := range arabic.Digits(arabic.Clean(raw)) {
		switch {
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			out = append(out, byte(r))
		case r >= 'a' && r <= 'z':
			out = append(out, byte(r)-'a'+'A')
		case unicode.Is(unicode.Pd, r), r == '.', r == '/', r == ' ', r == 0x640, r == 0x2212:
		default:
			return "", false
		}
	}
	return string(out), true
}

// digits is compact for numbers of n digits under keys that begin with prefix.
func digits(raw, prefix string, n int) (string, error) {
	s, ok := compact(raw)
	if ok && s == "" {
		return "", invalid("identity.empty")
	}
	if !ok || strings.ContainsFunc(s, func(r rune) bool { return r > '9' }) {
		return "", invalid(prefix+".digits", n)
	}
	if len(s) != n {
		return "", invalid(prefix+".length", n, len(s))
	}
	return s, nil
}

func atoi(s string) int {
	n := 0
	for _, c := range []byte(s) {
		n = n*10 + int(c-'0')
	}
	return n
}

// century returns the first year of the century that the first digit of an Egyptian or Qatari id number stands for.
func century(digit byte) (int, bool) {
	switch digit {
	case '2':
		return 1900, true
	case '3':
		return 2000, true
	}
	return 0, false
}

// Stated is what a person or a form says beside the number. Zero fields are not compared.
type Stated struct {
	BirthDate   calendar.Date
	Sex         string // Male or Female
	BirthArea   string // governorate of birth, ISO 3166-2; "abroad" for a birth outside Egypt
	Nationality string // ISO 3166-1 alpha-2

	// CheckDigit also looks at the check digit of the Egyptian id. It is a setting of the office.
	CheckDigit bool
}

// The sexes as stored, and the stated birth area of who was born outside Egypt.
const (
	Male        = "m"
	Female      = "f"
	BornAbroad  = "abroad"
	fieldNumber = "id_number"
)

// Hint is a warning about a number that is well formed but does not go with what else is stated. It never blocks.
type Hint struct {
	Field string // which of the stated things to look at: "birth_date", "sex", "birth_area", "nationality", or "id_number" itself
	Key   string // message key
	Args  []any  // arguments of the message; never a protected value
}

// CrossCheck compares a number with what is stated beside it. A passport number says nothing about its holder.
func CrossCheck(n Number, stated Stated) []Hint {
	switch n.Type {
	case TypeEgyptianNID:
		if v := (EgyptianNID{secret{n.Canonical}}); v.wellFormed() {
			return v.CrossCheck(stated)
		}
	case TypeQatariID:
		if v := (QatariID{secret{n.Canonical}}); v.wellFormed() {
			return v.CrossCheck(stated)
		}
	}
	return nil
}

func allDigits(s string, n int) bool {
	return len(s) == n && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// EgyptianNID is an Egyptian national id (الرقم القومي): C YYMMDD GG SSSS K, 14 digits.
type EgyptianNID struct{ secret }

// ParseEgyptianNID reads an Egyptian national id. It must have 14 digits, the century 2 (1900s) or 3 (2000s), a birth date that exists and
// is not after today (not looked at if today is no date) and the code of a governorate or 88. The check digit is not looked at.
func ParseEgyptianNID(raw string, today calendar.Date) (EgyptianNID, error) {
	s, err := digits(raw, "identity.nid", 14)
	if err != nil {
		return EgyptianNID{}, err
	}
	base, ok := century(s[0])
	if !ok {
		return EgyptianNID{}, invalid("identity.nid.century")
	}
	birth, err := calendar.New(base+atoi(s[1:3]), atoi(s[3:5]), atoi(s[5:7]))
	switch {
	case err != nil:
		return EgyptianNID{}, invalid("identity.nid.date")
	case !today.IsZero() && birth.After(today):
		return EgyptianNID{}, invalid("identity.nid.future")
	case !place.ValidBirthCode(s[7:9]):
		return EgyptianNID{}, invalid("identity.nid.governorate")
	}
	return EgyptianNID{secret{s}}, nil
}

func (n EgyptianNID) wellFormed() bool { return allDigits(n.s, 14) }

// BirthDate returns the date of birth in the number, no date for the zero value.
func (n EgyptianNID) BirthDate() calendar.Date {
	if !n.wellFormed() {
		return 0
	}
	base, _ := century(n.s[0])
	d, err := calendar.New(base+atoi(n.s[1:3]), atoi(n.s[3:5]), atoi(n.s[5:7]))
	if err != nil {
		return 0
	}
	return d
}

// Sex returns Male if the 13th digit is odd, Female if it is even, "" for the zero value.
func (n EgyptianNID) Sex() string {
	switch {
	case !n.wellFormed():
		return ""
	case n.s[12]%2 == 1:
		return Male
	}
	return Female
}

// BirthCode returns the two digits of the governorate of birth registration, "88" for a birth abroad, "" for the zero value.
func (n EgyptianNID) BirthCode() string {
	if !n.wellFormed() {
		return ""
	}
	return n.s[7:9]
}

// BirthGovernorate returns the governorate of birth registration, false for a birth abroad. Qena may mean Luxor for those born before 2009:
// see place.AreaByBirthCode.
func (n EgyptianNID) BirthGovernorate() (place.Area, bool) {
	return place.AreaByBirthCode(n.BirthCode())
}

// CheckDigitPlausible reports whether the 14th digit is what the reconstructed rule (variant A: weights 2 7 6 5 4 3 2 7 6 5 4 3 2, 11 minus
// the sum modulo 11, then modulo 10) gives. The rule is not official and is known to fail for real cards: a hint, never a reason to refuse,
// never a means to find duplicates.
func (n EgyptianNID) CheckDigitPlausible() bool {
	if !n.wellFormed() {
		return false
	}
	const weights = "2765432765432"
	sum := 0
	for i := range weights {
		sum += int(weights[i]-'0') * int(n.s[i]-'0')
	}
	return int(n.s[13]-'0') == (11-sum%11)%10
}

// CrossCheck compares the number with what is stated. A stated nationality other than Egyptian is a hint too: only Egyptians hold one.
func (n EgyptianNID) CrossCheck(stated Stated) []Hint {
	var hints []Hint
	add := func(field, key string) { hints = append(hints, Hint{Field: field, Key: key}) }
	if !stated.BirthDate.IsZero() && stated.BirthDate != n.BirthDate() {
		add("birth_date", "identity.hint.birth_date")
	}
	if stated.Sex != "" && stated.Sex != n.Sex() {
		add("sex", "identity.hint.sex")
	}
	if stated.BirthArea != "" && !place.BornIn(n.BirthCode(), stated.BirthArea) &&
		(stated.BirthArea != BornAbroad || n.BirthCode() != place.BirthAbroad) {
		add("birth_area", "identity.hint.birth_area")
	}
	if stated.Nationality != "" && stated.Nationality != string(place.Egypt) {
		add("nationality", "identity.hint.nid_nationality")
	}
	if stated.CheckDigit && !n.CheckDigitPlausible() {
		add(fieldNumber, "identity.hint.check_digit")
	}
	return hints
}

// QatariID is a Qatari id number (QID): the century, two digits of the birth year, the ISO 3166-1 numeric code of the nationality and a
// serial of five digits; 11 digits, without a check digit. The first digit is the century and says nothing about citizenship.
type QatariID struct{ secret }

// ParseQatariID reads a Qatari id number. It must have 11 digits, the century 2 or 3 and a birth year that is not after today's (not looked
// at if today is no date). The nationality is not looked at: codes change, see CrossCheck.
func ParseQatariID(raw string, today calendar.Date) (QatariID, error) {
	s, err := digits(raw, "identity.qid", 11)
	if err != nil {
		return QatariID{}, err
	}
	base, ok := century(s[0])
	if !ok {
		return QatariID{}, invalid("identity.qid.century")
	}
	if !today.IsZero() && base+atoi(s[1:3]) > today.Year() {
		return QatariID{}, invalid("identity.qid.future")
	}
	return QatariID{secret{s}}, nil
}

func (n QatariID) wellFormed() bool { return allDigits(n.s, 11) }

// BirthYear returns the year of birth in the number, 0 for the zero value.
func (n QatariID) BirthYear() int {
	if !n.wellFormed() {
		return 0
	}
	base, _ := century(n.s[0])
	return base + atoi(n.s[1:3])
}

// Nationality returns the country in the number, false if its code is unknown. It is the nationality when the number was given.
func (n QatariID) Nationality() (place.Nation, bool) {
	if !n.wellFormed() {
		return place.Nation{}, false
	}
	return place.NationByNumeric(n.s[3:6])
}

// CrossCheck compares the number with what is stated.
func (n QatariID) CrossCheck(stated Stated) []Hint {
	var hints []Hint
	if !stated.BirthDate.IsZero() && stated.BirthDate.Year() != n.BirthYear() {
		hints = append(hints, Hint{Field: "birth_date", Key: "identity.hint.birth_year"})
	}
	nation, ok := n.Nationality()
	switch {
	case !ok:
		hints = append(hints, Hint{Field: fieldNumber, Key: "identity.hint.qid_unknown_nation"})
	case stated.Nationality != "" && stated.Nationality != nation.Code:
		hints = append(hints, Hint{Field: "nationality", Key: "identity.hint.qid_nationality"})
	}
	return hints
}

// Passport is a passport number. Countries differ; it is 5 to 15 ASCII letters and digits with at least one digit (ICAO Doc 9303 allows
// nine in the machine-readable zone and longer ones by overflow).
type Passport struct{ secret }

// ParsePassport reads a passport number; lower case becomes upper case.
func ParsePassport(raw string) (Passport, error) {
	s, ok := compact(raw)
	switch {
	case !ok:
		return Passport{}, invalid("identity.passport.characters")
	case s == "":
		return Passport{}, invalid("identity.empty")
	case len(s) < 5 || len(s) > 15:
		return Passport{}, invalid("identity.passport.length", 5, 15)
	case !strings.ContainsAny(s, "0123456789"):
		return Passport{}, invalid("identity.passport.no_digit")
	}
	return Passport{secret{s}}, nil
}
