package identity

import (
	"strings"
	"unicode"

	"muntija/internal/arabic"
	"muntija/internal/place"
)

// Phone is a phone number in the form of E.164: "+", country code and national number, as in +201001234567.
type Phone struct{ secret }

// ParsePhone reads a phone number. A number without + or 00 is one of the given country; with "" for the country it must be international.
//
// Egypt: mobiles 010, 011, 012, 015 with 8 digits, also without the zero that sheets lose; landlines with their area code (02 with
// 8 digits, 03 and the others with 7), those of nine digits also without the zero. Qatar: 8 digits, mobiles from 3, 5, 6 or 7, landlines from 4; there is no trunk zero. The country
// code may stand without + (201001234567, 97455123456 of the right length), a trunk zero after it is dropped (+20 010…), and a + that a
// right-to-left field has moved to the end counts as leading. Other countries: E.164 only, 8 to 15 digits.
func ParsePhone(raw string, country place.Country) (Phone, error) {
	if len(raw) > maxRaw {
		return Phone{}, invalid("identity.phone.characters")
	}
	buf := make([]byte, 0, 16)
	plus := 0
	text := arabic.Digits(arabic.Clean(raw))
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			buf = append(buf, byte(r))
		case r == '+', r == '＋':
			plus++
		case unicode.Is(unicode.Pd, r), strings.ContainsRune(" ()./", r), r == 0x2212:
		default:
			return Phone{}, invalid("identity.phone.characters")
		}
	}
	s := string(buf)
	leading := strings.HasPrefix(strings.TrimLeft(text, "( "), "+") || strings.HasPrefix(text, "＋")
	trailing := strings.HasSuffix(text, "+") || strings.HasSuffix(text, "＋")
	switch {
	case text == "":
		return Phone{}, invalid("identity.empty")
	case plus > 1 || plus == 1 && !leading && !trailing:
		return Phone{}, invalid("identity.phone.characters")
	case s == "":
		return Phone{}, invalid("identity.phone.characters")
	case plus == 1:
		return international(s)
	case strings.HasPrefix(s, "00"):
		return international(s[2:])
	}
	switch country {
	case place.Egypt:
		if n, ok := egyptian(s); ok {
			return n, nil
		}
		if strings.HasPrefix(s, "20") {
			if n, ok := egyptian("0" + strings.TrimPrefix(s[2:], "0")); ok {
				return n, nil
			}
		}
		if strings.HasPrefix(s, "974") && len(s) == 11 {
			if n, ok := qatari(s[3:]); ok {
				return n, nil
			}
		}
		return Phone{}, invalid("identity.phone.egypt")
	case place.Qatar:
		if n, ok := qatari(s); ok {
			return n, nil
		}
		if strings.HasPrefix(s, "974") {
			if n, ok := qatari(s[3:]); ok {
				return n, nil
			}
		}
		if len(s) == 12 && strings.HasPrefix(s, "201") {
			if n, ok := egyptian(s[2:]); ok {
				return n, nil
			}
		}
		return Phone{}, invalid("identity.phone.qatar")
	}
	return Phone{}, invalid("identity.phone.international")
}

// international reads the digits after + or 00.
func international(s string) (Phone, error) {
	if rest, ok := strings.CutPrefix(s, "20"); ok {
		if n, ok := egyptian("0" + strings.TrimPrefix(rest, "0")); ok {
			return n, nil
		}
		return Phone{}, invalid("identity.phone.egypt")
	}
	if rest, ok := strings.CutPrefix(s, "974"); ok {
		if n, ok := qatari(rest); ok {
			return n, nil
		}
		return Phone{}, invalid("identity.phone.qatar")
	}
	if len(s) < 8 || len(s) > 15 || s[0] == '0' {
		return Phone{}, invalid("identity.phone.international")
	}
	return Phone{secret{"+" + s}}, nil
}

// egyptian reads an Egyptian number with its trunk zero; a mobile may have lost it, and so may a landline of nine digits, which no number within a
// governorate has. (Alexandria's, with eight, is also one of Cairo's without its code.)
func egyptian(s string) (Phone, bool) {
	switch {
	case len(s) == 10 && s[0] == '1' && strings.IndexByte("0125", s[1]) >= 0, len(s) == 9 && s[0] != '0' && s[1] != '0':
		s = "0" + s
	}
	if len(s) < 9 || s[0] != '0' {
		return Phone{}, false
	}
	national := s[1:]
	ok := false
	switch national[0] {
	case '1':
		// 013 and 015 with seven digits are the landlines of Qalyubia and 10th of Ramadan.
		ok = len(national) == 10 && strings.IndexByte("0125", national[1]) >= 0 || len(national) == 9 && (national[1] == '3' || national[1] == '5')
	case '2':
		ok = len(national) == 9
	case '3':
		ok = len(national) == 8
	case '4', '5', '6', '8', '9':
		ok = len(national) == 9
	}
	return Phone{secret{"+20" + national}}, ok
}

// qatari reads the eight digits of a Qatari number.
func qatari(s string) (Phone, bool) {
	return Phone{secret{"+974" + s}}, len(s) == 8 && strings.IndexByte("34567", s[0]) >= 0
}

// Country returns the country of the number if it is one of the two parties, else "".
func (v Phone) Country() place.Country {
	switch {
	case strings.HasPrefix(v.s, "+20"):
		return place.Egypt
	case strings.HasPrefix(v.s, "+974"):
		return place.Qatar
	}
	return ""
}

// Mobile reports whether the number is a mobile of one of the two parties, so that it can take a text message.
func (v Phone) Mobile() bool {
	switch v.Country() {
	case place.Egypt:
		return len(v.s) == len("+201001234567") && v.s[3] == '1'
	case place.Qatar:
		return v.s[4] != '4'
	}
	return false
}

// National returns the number as it is dialled and written at home, 01001234567 or 55123456, and in E.164 for other countries.
func (v Phone) National() string {
	switch v.Country() {
	case place.Egypt:
		return "0" + v.s[3:]
	case place.Qatar:
		return v.s[4:]
	}
	return v.s
}
