package matching

import (
	"math"
	"strings"
)

// Registry is what is known of the registry as a whole when one person is compared with a few of it: the estimates of a run over all need all.
type Registry struct {
	People int
	Having map[string]int // how many bear a word of a name, by the word (arabic.NameKey); words that are missing are rare
}

// Remark says in what two people agree, or do not, as people say it. It is the end of a message key.
type Remark string

// The remarks, in the order in which they are told.
const (
	SameID           Remark = "id_same"
	NearID           Remark = "id_slip"
	SameName         Remark = "name_same" // all of it
	SameGiven        Remark = "given_same"
	SpeltGiven       Remark = "given_spelt"
	SameFatherAndHis Remark = "father_grandfather_same"
	SameFather       Remark = "father_same"
	SameFamilyName   Remark = "family_same"
	MostOfName       Remark = "rest_most"
	SameBirth        Remark = "born_same"
	SwappedBirth     Remark = "born_swapped"
	SlippedBirth     Remark = "born_slip"
	NearBirth        Remark = "born_two"
	SameYear         Remark = "born_year"
	SamePhone        Remark = "phone_same"
	NearPhone        Remark = "phone_slip"
	SameStreet       Remark = "street_same"
	OtherID          Remark = "id_differs"
	OtherBirth       Remark = "born_differs"
	typed                   = "\x00typed" // the id of who is being typed
	priorSame               = 0.05        // that somebody who is entered is in the registry already
	priorHome               = 0.5         // people of the same home in the registry
	usualGiven              = 0.005       // chance that two strangers share a given name, and a word of the rest, as defaultU counts them
	usualRest               = 0.025
	trustNames              = 200 // people whose names count as usual ones: a small registry does not know how rare a name is
)

// Remarks returns all remarks.
func Remarks() []Remark {
	return []Remark{SameID, NearID, SameName, SameGiven, SpeltGiven, SameFatherAndHis, SameFather, SameFamilyName, MostOfName, SameBirth, SwappedBirth, SlippedBirth, NearBirth,
		SameYear, SamePhone, NearPhone, SameStreet, OtherID, OtherBirth}
}

// Comparison is one of the others beside who is being typed.
type Comparison struct {
	Index       int // in others
	Probability float64
	Weight      float64 // bits
	Reasons     []Reason
	Remarks     []Remark
}

// Beside compares one person with others and returns one comparison for each, in their order. It takes the weights of [Set.Link] at their defaults, and the
// frequencies of names from the registry: among a few who were picked because their names are alike, nothing could be estimated.
func Beside(p Record, others []Record, r Registry) ([]Comparison, error) {
	records := make([]Record, 0, len(others)+1)
	p.ID = typed
	s, err := NewSet(append(append(records, p), others...))
	if err != nil {
		return nil, err
	}
	people := float64(max(r.People, 2))
	rarity := func(w string, usual float64) float32 {
		share := (float64(r.Having[w]) + trustNames*usual) / (people + trustNames)
		return float32(min(max(math.Log2(usual/share), leastRarity), mostRarity))
	}
	for w, n := range s.names.index {
		s.names.words[n].gain = [roles]float32{asValue: rarity(w, usualGiven), asRest: rarity(w, usualRest)}
	}
	md := &model{m: defaultM, u: defaultU}
	md.h = homeDefault(&md.u)
	md.share.match, md.share.home = priorSame/max(people, trustNames), priorHome/max(people, trustNames)
	t := md.tables()
	c := &comparer{s, &memory{make([]uint64, fewSlots)}, usualWords}
	out := make([]Comparison, 0, len(others))
	for j := 1; j < len(s.people); j++ {
		a, b := &s.people[0], &s.people[j]
		x := scored{i: 0, j: uint32(j), levels: c.compare(a, b)}
		x.given, x.rest = c.rarity(a, b, x.levels)
		same, _ := t.posterior(&x)
		pair := t.pair(c, &x, same)
		out = append(out, Comparison{Index: j - 1, Probability: same, Weight: pair.Weight, Reasons: pair.Reasons, Remarks: c.remarks(a, b, x.levels)})
	}
	return out, nil
}

// remarks puts the levels of a pair into words, what speaks for one person first.
func (c *comparer) remarks(a, b *person, p pattern) (out []Remark) {
	say := func(yes bool, r Remark) {
		if yes {
			out = append(out, r)
		}
	}
	say(p.at(IDNumber) == IDSame, SameID)
	say(p.at(IDNumber) == IDSlip, NearID)
	name, rest := p.at(Name), p.at(Rest)
	if name == NameSame && rest == RestSame {
		out = append(out, SameName)
	} else {
		say(name == NameSame, SameGiven)
		say(name == NameSlip || name == NameAlike, SpeltGiven)
		like := func(i, j uint8) bool { return c.memory.like(c.names, kindNames, a.rest[i], b.rest[j]) >= slip }
		father := a.nrest > 0 && b.nrest > 0 && like(0, 0)
		grandfather := father && a.nrest > 1 && b.nrest > 1 && like(1, 1)
		switch {
		case grandfather:
			out = append(out, SameFatherAndHis)
		case father:
			out = append(out, SameFather)
		case rest == RestMost || rest == RestFirst:
			out = append(out, MostOfName)
		}
		last := a.nrest > 0 && b.nrest > 0 && like(a.nrest-1, b.nrest-1)
		say(last && !(grandfather && a.nrest == 2 && b.nrest == 2) && !(father && a.nrest == 1 && b.nrest == 1) && rest != RestMost && rest != RestFirst, SameFamilyName)
	}
	switch p.at(Born) {
	case BornSame:
		out = append(out, SameBirth)
	case BornSlip:
		_, ma, da := split(a.birth)
		_, mb, db := split(b.birth)
		if ma == db && da == mb {
			out = append(out, SwappedBirth)
		} else {
			out = append(out, SlippedBirth)
		}
	case BornTwo, BornPart:
		out = append(out, NearBirth)
	case BornYear:
		out = append(out, SameYear)
	}
	say(p.at(Phone) == PhoneSame, SamePhone)
	say(p.at(Phone) == PhoneSlip, NearPhone)
	say(p.at(Street) == PlaceSame, SameStreet)
	say(p.at(IDNumber) == Differs || p.at(IDNumber) == IDNear, OtherID)
	say(p.at(Born) == Differs, OtherBirth)
	return out
}

// NameWords returns the words of a name by which [Registry] counts.
func NameWords(given, rest string) []string {
	out := nameWords(given)
	if len(out) > 1 {
		out = append(out, strings.Join(out, "")) // a compound given name counts whole
	}
	return append(out, nameWords(rest)...)
}
