package demo

import (
	"muntija/internal/calendar"
	"muntija/internal/place"
)

// The numbers of the demo are made up, but have the structure of real ones, so that they pass every check: see package identity.

// nidWeights are those of variant A of the reconstructed check digit of the Egyptian national id.
var nidWeights = [13]int{2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}

func put(b []byte, n int) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = '0' + byte(n%10)
		n /= 10
	}
}

func centuryDigit(year int) byte {
	if year >= 2000 {
		return '3'
	}
	return '2'
}

// EgyptianNID returns a national id for somebody born on a day in the governorate with a birth code ("01" … "35", "88"). The serial counts people of
// one sex, day and governorate: 0–4999.
func EgyptianNID(birth calendar.Date, birthCode string, serial int, female bool) string {
	var b [14]byte
	y, m, d := birth.YMD()
	b[0] = centuryDigit(y)
	put(b[1:3], y%100)
	put(b[3:5], m)
	put(b[5:7], d)
	copy(b[7:9], birthCode)
	n := serial % 5000 * 2
	if !female {
		n++ // the 13th digit is odd for men
	}
	put(b[9:13], n)
	sum := 0
	for i, w := range nidWeights {
		sum += w * int(b[i]-'0')
	}
	b[13] = '0' + byte((11-sum%11)%10)
	return string(b[:])
}

// QatariID returns a Qatari id for somebody born in a year, of a nationality given by its ISO 3166-1 numeric code ("634"). Serial: 0–99999.
func QatariID(year int, nationality string, serial int) string {
	var b [11]byte
	b[0] = centuryDigit(year)
	put(b[1:3], year%100)
	copy(b[3:6], nationality)
	put(b[6:], serial%100_000)
	return string(b[:])
}

// Mobile returns a mobile number of a country in E.164, different for each n below 40 million (Egypt) or 3 million (Qatar).
func Mobile(party place.Country, n int) string {
	if party == place.Qatar {
		b := [12]byte{'+', '9', '7', '4', "356"[n%3]}
		put(b[5:], n/3%10_000_000)
		return string(b[:])
	}
	b := [13]byte{'+', '2', '0', '1', "0125"[n%4]}
	put(b[5:], n/4%100_000_000)
	return string(b[:])
}

// IBAN returns an account number of a country with right check digits (ISO 7064 MOD 97-10). The bank is a made-up one.
func IBAN(party place.Country, n int) string {
	var b [29]byte
	copy(b[:], party)
	b[2], b[3] = '0', '0'
	for i := 4; i < len(b); i++ {
		b[i] = '0'
	}
	if party == place.Qatar {
		copy(b[4:8], "DEMO")
	} else {
		copy(b[4:8], "0099")
	}
	put(b[19:], n)
	rest := 0
	feed := func(c byte) {
		if c <= '9' {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	for _, c := range b[4:] {
		feed(c)
	}
	for _, c := range b[:4] {
		feed(c)
	}
	put(b[2:4], 98-rest)
	return string(b[:])
}
