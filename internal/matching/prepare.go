package matching

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/fault"
)

// Limits of what is read of one field; more of it says nothing more of a person.
const (
	mostRest   = 6
	mostStreet = 5
	mostPhones = 3
	longest    = 200 // bytes
)

// person is a record made comparable. 0 is "unknown" everywhere.
type person struct {
	given    uint32 // in Set.names, compound names joined
	first    uint32 // the first part of a compound name; 0 if it is not one
	formal   uint32 // what the name is a pet name of; 0 if it is none
	rest     [mostRest]uint32
	nrest    uint8
	sex      uint8
	birth    uint32 // year·10000 + month·100 + day, parts may be 0
	round    bool   // 1 January, where that stands for a day that nobody knew
	id       uint32 // in Set.codes
	phones   [mostPhones]uint32
	email    uint32
	mailbox  uint32 // before the @
	area     uint32 // in Set.places
	locality uint32
	street   [mostStreet]uint32 // sorted
	telling  uint32             // the longest of the street's words
	house    uint32             // the number among the street's words
	postcode uint32             // in Set.codes
	home     uint32
	other    [2]uint32
}

// Set is records made comparable with each other. It is read-only once it is made, and safe for concurrent use.
type Set struct {
	ids     []string
	people  []person
	names   *vocabulary // given names and all other names
	places  *vocabulary // areas, localities, streets
	codes   *vocabulary // id numbers, phones, postcodes, e-mail addresses
	others  *vocabulary
	latin   bool              // no name is Arabic
	gains   [fields][]float32 // bits that the frequency of a place adds when two share it, by its number
	implied [fields]pattern   // the fields that a narrower one settles, as a pattern of Implied
}

// NewSet makes the records comparable. Ids must be there and differ: else the error is fault.Invalid and names the first that does not.
func NewSet(records []Record) (*Set, error) {
	s := &Set{ids: make([]string, 0, len(records)), names: newVocabulary(), places: newVocabulary(),
		codes: newVocabulary(), others: newVocabulary(), latin: true}
	seen := make(map[string]struct{}, len(records))
	for i := range records {
		r := &records[i]
		if r.ID == "" {
			return nil, fault.New(fault.Invalid, "matching.no_id", i+1)
		}
		if _, double := seen[r.ID]; double {
			return nil, fault.New(fault.Invalid, "matching.double_id", fmt.Sprintf("%.60q", r.ID))
		}
		seen[r.ID] = struct{}{}
		s.ids = append(s.ids, r.ID)
	}
	s.people = make([]person, len(records))
	var both sync.WaitGroup
	both.Go(func() { // each has vocabularies of its own
		for i := range records {
			s.prepareName(&s.people[i], &records[i])
		}
	})
	for i := range records {
		s.prepareRest(&s.people[i], &records[i])
	}
	both.Wait()
	for _, v := range []*vocabulary{s.names, s.places, s.codes, s.others} {
		v.close()
	}
	for _, w := range s.names.words {
		if w.arab {
			s.latin = false
			break
		}
	}
	s.roundBirths()
	s.weighPlaces()
	return s, nil
}

// roundBirths finds out whether 1 January stands for "some day of that year", as it does in registers that had to have a date: if it is five times as
// frequent as other days. Then it counts as the year alone.
func (s *Set) roundBirths() {
	whole, first := 0, 0
	for i := range s.people {
		if s.people[i].birth%100 != 0 {
			whole++
			first += bit(s.people[i].birth%10000 == 101)
		}
	}
	if first < 5 || first*365 < 5*whole {
		return
	}
	for i := range s.people {
		s.people[i].round = s.people[i].birth%10000 == 101
	}
}

// Len returns the number of records.
func (s *Set) Len() int { return len(s.people) }

func (s *Set) prepareName(p *person, r *Record) {
	given, rest := nameWords(r.Given), nameWords(r.Rest)
	if len(given) == 0 && len(rest) == 0 {
		full := r.Full
		if last, first, ok := strings.Cut(strings.ReplaceAll(cut(full), "،", ","), ","); ok {
			full = first + " " + last // Smith, John
		}
		if given = nameWords(full); len(given) > 1 {
			given, rest = given[:1], given[1:]
		}
	}
	if len(given) > 0 {
		p.given = s.names.add(strings.Join(given, ""), asValue)
		if len(given) > 1 {
			p.first = s.names.add(given[0], asPart)
		}
		p.formal = s.names.add(formalName[given[0]], asPart)
	}
	for _, w := range rest {
		if int(p.nrest) == mostRest {
			p.rest[mostRest-1] = s.names.add(w, asRest) // the family name comes last
			continue
		}
		p.rest[p.nrest] = s.names.add(w, asRest)
		p.nrest++
	}
}

func (s *Set) prepareRest(p *person, r *Record) {
	p.birth, p.sex = birthNumber(r.Birth), sexOf(r.Sex)
	if id := codeKey(r.IDNumber); !allAlike(id) {
		p.id = s.codes.add(id, asValue)
	}
	for i, n := 0, 0; i < len(r.Phones) && n < mostPhones; i++ {
		if c := phoneKey(r.Phones[i]); c != "" {
			p.phones[n] = s.codes.add(c, asValue)
			n++
		}
	}
	if mail := strings.ToLower(cut(strings.TrimSpace(r.Email))); strings.Contains(mail, "@") {
		box, _, _ := strings.Cut(mail, "@")
		p.email, p.mailbox = s.codes.add(mail, asValue), s.codes.add(box, asValue)
	}
	p.area = s.places.add(strings.ReplaceAll(arabic.Fold(cut(r.Area)), " ", ""), asValue)
	p.locality = s.places.add(strings.ReplaceAll(arabic.Fold(cut(r.Locality)), " ", ""), asValue)
	most := 0
	for i, w := range words(r.Street, mostStreet) {
		n := s.places.add(w, asValue)
		p.street[i] = n
		if w[0] >= '0' && w[0] <= '9' {
			if p.house == 0 {
				p.house = n
			}
		} else if len(w) > most {
			p.telling, most = n, len(w)
		}
	}
	sortWords(&p.street)
	p.postcode = s.codes.add(codeKey(r.Postcode), asValue)
	p.home = s.others.add(cut(strings.TrimSpace(r.Household)), asValue)
	for i, o := range r.Other {
		p.other[i] = s.others.add(strings.ReplaceAll(arabic.Fold(cut(o)), " ", ""), asValue)
	}
}

func sortWords(a *[mostStreet]uint32) {
	for i := 1; i < len(a); i++ {
		for j := i; j > 0 && a[j] != 0 && (a[j-1] == 0 || a[j-1] > a[j]); j-- {
			a[j-1], a[j] = a[j], a[j-1]
		}
	}
}

// cut bounds a text at a rune.
func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	n := longest
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func words(s string, most int) []string {
	t := arabic.Tokens(cut(s))
	return t[:min(len(t), most)]
}

// latinJoins are the first words of compound names in Latin letters, as step 10 of package arabic has them in Arabic ones.
var latinJoins = map[string]bool{"abd": true, "abdel": true, "abdul": true, "abdal": true, "abou": true, "abu": true, "el": true, "al": true, "um": true, "umm": true}

// noNames are what stands in a name's cell where nobody knew it.
var noNames = map[string]bool{"unknown": true, "nan": true, "null": true, "none": true, "na": true, "mr": true, "mrs": true, "ms": true, "miss": true, "dr": true, "prof": true, "sir": true, "jr": true, "sr": true, "ii": true, "iii": true,
	"السيد/ة": true, "مجهول": true}

func nameWords(s string) []string {
	if s == "" {
		return nil
	}
	t := arabic.NameTokens(cut(s))
	out := t[:0]
	glue := ""
	for i, w := range t {
		if noNames[w] {
			continue
		}
		if latinJoins[w] && i+1 < len(t) {
			glue += w
			continue
		}
		out = append(out, glue+w)
		glue = ""
	}
	return out
}

// codeKey keeps the letters and digits of a number on paper: ASCII digits, lower case.
func codeKey(s string) string {
	s = strings.ReplaceAll(arabic.Fold(cut(s)), " ", "")
	for _, c := range s {
		if c != '0' {
			return s
		}
	}
	return "" // nothing, or zeros in its place
}

// phoneKey keeps the last nine digits, which are the same with and without a country's code. Fewer than six are no phone.
func phoneKey(s string) string {
	var b strings.Builder
	for _, c := range arabic.Digits(cut(s)) {
		if c >= '0' && c <= '9' {
			b.WriteRune(c)
		}
	}
	d := strings.TrimLeft(b.String(), "0")
	if len(d) < 6 || allAlike(d) {
		return ""
	}
	return d[max(0, len(d)-9):]
}

// allAlike reports a number that stands for none: 999999999.
func allAlike(s string) bool { return len(s) >= 6 && strings.Trim(s, s[:1]) == "" }

func birthNumber(b Birth) uint32 {
	if b.Year < 1 || b.Year > 9999 || b.Month < 0 || b.Month > 12 || b.Day < 0 || b.Day > 31 {
		return 0
	}
	return uint32(b.Year*10000 + b.Month*100 + b.Day)
}

// sexOf returns 1 for a woman, 2 for a man, 0 for unknown.
func sexOf(s string) uint8 {
	switch arabic.Fold(cut(s)) {
	case "f", "female", "woman", "w", "انثي", "امراه", "سيده", "ا", "girl":
		return 1
	case "m", "male", "man", "ذكر", "رجل", "ذ", "boy":
		return 2
	}
	return 0
}
