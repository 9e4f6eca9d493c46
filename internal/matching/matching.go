// Package matching finds records that probably are the same person twice, and says why.
//
// # Design
//
// It is probabilistic record linkage after Fellegi and Sunter (A Theory for Record Linkage, JASA 64, 1969). Two records are compared field by field; each
// comparison ends in one of a few levels (given name: same, one slip, alike, different, missing). A level is evidence of log2(m/u) bits: m is how often
// two records of one person are at that level, u how often two records of different people are. The bits add up to the weight of a pair, and with the
// share of pairs that match they give a probability.
//
//   - [NewSet] makes the records comparable: words become numbers of a vocabulary, names their keys (package arabic), dates numbers.
//   - Blocking (block.go) proposes pairs by several keys, in bounded time: what shares no key is never compared, and a key that very many share is
//     compared in a sorted window. The smaller the set the more of it is compared, a small one whole.
//   - The model (model.go) takes u from the records themselves and m and the share of matches from expectation–maximisation over all proposed pairs
//     (Winkler, Using the EM Algorithm for Weight Computation in the Fellegi–Sunter Model, 1988). No labelled pairs are needed. A value's own frequency counts:
//     two called محمد share less than two called خولة (Winkler, Frequency-Based Matching, 2000).
//   - There are three classes, not two: the same person, two people of one household, and strangers (Larsen and Rubin, Iterative Automated Record
//     Linkage Using Mixture Models, JASA 96, 2001). Sisters share father, home and phone, three fields that say the same thing. In the model
//     of two classes that alone would merge them.
//   - [Set.Link] returns the pairs with the parts of their weight and the clusters they make. A pair proposes; a person decides.
//     Without a threshold the estimate says from which probability on few enough of the pairs are wrong.
//
// Names may be Arabic, Latin or both: words of the two scripts are compared by their consonants (Mohamed, محمد).
//
// Everything is deterministic: the same records in the same order give the same answer, whatever the number of threads.
//
// # Limits
//
// Transliteration by consonants takes Nour and Noura for alike. Estimates from fewer than some hundred records lean on the defaults of model.go. Records
// without a name are compared by what they have, and a lone phone is no proof of a person: it may be the household's.
package matching

import (
	"muntija/internal/calendar"
)

// Record is what is known of one person. Empty fields count as unknown, never as different.
type Record struct {
	ID        string // the caller's name for it, unique
	Given     string // may be compound: محمد علي
	Rest      string // father, grandfather, family; or a surname
	Full      string // the whole name where it was not typed apart; used if Given and Rest are empty
	Birth     Birth
	Sex       string // any words; the first letter or أنثى/ذكر counts
	IDNumber  string
	Phones    []string
	Email     string
	Area      string // governorate, municipality, state, city
	Locality  string // village, suburb, district
	Street    string // and house number
	Postcode  string
	Household string    // who share one are of one household
	Other     [2]string // anything else that describes a person and rarely changes: occupation, place of birth
}

// Birth is a date of birth of which parts may be unknown (0).
type Birth struct{ Year, Month, Day int }

// BirthOn returns the whole date.
func BirthOn(d calendar.Date) Birth {
	if d.IsZero() {
		return Birth{}
	}
	y, m, day := d.YMD()
	return Birth{y, m, day}
}

// Field is one thing that is compared.
type Field uint8

// The fields, in the order of explanations.
const (
	Name Field = iota // given name
	Rest              // the rest of the name
	Born
	Sex
	IDNumber
	Phone
	Email
	Area
	Locality
	Street
	Postcode
	Household
	Other1
	Other2
	fields = iota
)

var fieldNames = [fields]string{"given_name", "rest_of_name", "birth_date", "sex", "id_number", "phone", "email", "area", "locality", "street",
	"postcode", "household", "other_1", "other_2"}

func (f Field) String() string { return fieldNames[f] }

// MarshalText writes the field's name, which is also the end of its message key.
func (f Field) MarshalText() ([]byte, error) { return []byte(fieldNames[f]), nil }

// Level is the outcome of comparing one field of two records.
type Level uint8

// Levels that every field has; the others are the field's own, better ones higher.
const (
	Missing Level = 0
	Differs Level = 1
)

// Levels of the single fields.
const (
	NameAlike Level = 2 // an initial, one part of a compound name, or alike by Jaro–Winkler
	NameSlip  Level = 3 // one slip of the hand, another spelling, another script, or given name and surname exchanged
	NameSame  Level = 4

	RestOne   Level = 2 // one word in its place: father's name or family name
	RestMost  Level = 3 // the same words in order, some left out or misspelt
	RestFirst Level = 4 // as before, and the first words agree: father's name, or the middle name
	RestSame  Level = 5

	BornYear  Level = 2
	BornTwo   Level = 3 // day and month, but not the year
	BornPart  Level = 4 // the year, and month or day
	BornSlip  Level = 5 // day and month exchanged, one digit wrong, or two neighbours exchanged
	BornSame  Level = 6
	SexSame   Level = 2
	IDNear    Level = 2 // two slips
	IDSlip    Level = 3 // one digit wrong, missing or exchanged with its neighbour
	IDSame    Level = 4
	PhoneSlip Level = 2
	PhoneSame Level = 3
	EmailNear Level = 2 // the same before the @, or one slip
	EmailSame Level = 3
	PlaceNear Level = 2 // area, locality, street, postcode
	PlaceSame Level = 3
	HomeSame  Level = 2
	OtherSame Level = 2
	Implied   Level = 6 // area, locality, postcode: the same, as they must be where a narrower place is; it says nothing more
	levels          = 7
)

var levelNames = [fields][levels]string{
	Name:      {"missing", "differs", "alike", "slip", "same"},
	Rest:      {"missing", "differs", "one_word", "most", "most_first", "same"},
	Born:      {"missing", "differs", "year", "two_parts", "year_part", "slip", "same"},
	Sex:       {"missing", "differs", "same"},
	IDNumber:  {"missing", "differs", "near", "slip", "same"},
	Phone:     {"missing", "differs", "slip", "same"},
	Email:     {"missing", "differs", "near", "same"},
	Area:      {"missing", "differs", "near", "same", Implied: "same"},
	Locality:  {"missing", "differs", "near", "same", Implied: "same"},
	Street:    {"missing", "differs", "near", "same"},
	Postcode:  {"missing", "differs", "near", "same", Implied: "same"},
	Household: {"missing", "differs", "same"},
	Other1:    {"missing", "differs", "same"},
	Other2:    {"missing", "differs", "same"},
}

// LevelName returns the word for a level of a field, which is also a part of its message key.
func LevelName(f Field, l Level) string { return levelNames[f][l] }

// shared reports whether people of one household have the field in common.
func (f Field) shared() bool {
	switch f {
	case Rest, Phone, Area, Locality, Street, Postcode, Household:
		return true
	}
	return false
}

// pattern is the level of each field, three bits each.
type pattern uint64

func (p pattern) at(f Field) Level { return Level(p >> (3 * f) & 7) }

func (p *pattern) set(f Field, l Level) { *p |= pattern(l) << (3 * f) }
