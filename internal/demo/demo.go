// Package demo makes families that do not exist, and fills an empty registry with them through the real use-cases.
//
// [Generator] makes records: the same seed and number give the same record on every machine. Crafts fit their places (weaving in Akhmim, pottery in
// Fustat, bukhoor in Al Rayyan), numbers of documents have the structure of real ones. [Load] enters 400 families with people of every role over the
// last fourteen months of a simulated clock, so that the audit log, the histories and the assessments of a demo are genuine.
package demo

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"muntija/fixtures"
	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// name is a name in Arabic and Latin letters.
type name [2]string

// where is an area with what is typical of it.
type where struct {
	Weight           int      // how many of a hundred or so families live there
	Birth            string   // birth code of national ids (Egypt)
	Lat, Lon         float64  // somewhere in it
	Districts        []string // Egypt
	Villages, Crafts []string
	code             string
}

type words struct {
	Female, Male, Family  []name
	FemaleQA              []name `json:"female_qa"`
	MaleQA                []name `json:"male_qa"`
	FamilyQA              []name `json:"family_qa"`
	Places                map[string]*where
	Brands                map[string]name
	Associations, Centres []string
	Streets               []string
	byParty               map[place.Country][]*where
	weight                map[place.Country]int
}

var lists = sync.OnceValue(func() *words {
	raw, err := fs.ReadFile(fixtures.Demo(), "words.json")
	if err != nil {
		panic(err)
	}
	w := &words{byParty: map[place.Country][]*where{}, weight: map[place.Country]int{}}
	if err := json.Unmarshal(raw, w); err != nil {
		panic(fmt.Errorf("the demo's words: %w", err))
	}
	for _, party := range place.Countries() {
		for _, a := range place.Areas(party) {
			p := w.Places[a.Code]
			if p == nil {
				panic("the demo's words lack " + a.Code)
			}
			p.code = a.Code
			w.byParty[party] = append(w.byParty[party], p)
			w.weight[party] += p.Weight
		}
	}
	return w
})

// Generator makes records from a seed.
type Generator struct{ Seed uint64 }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true in n of 100 cases.
func chance(r *rand.Rand, n int) bool { return r.IntN(100) < n }

func weighted(r *rand.Rand, pairs ...any) string {
	total := 0
	for i := 1; i < len(pairs); i += 2 {
		total += pairs[i].(int)
	}
	n := r.IntN(total)
	for i := 0; i < len(pairs); i += 2 {
		if n -= pairs[i+1].(int); n < 0 {
			return pairs[i].(string)
		}
	}
	panic("unreachable")
}

func yesNo(b bool) registry.Tri {
	if b {
		return registry.Yes
	}
	return registry.No
}

func day(y, m, d int) calendar.Date {
	date, err := calendar.New(y, m, d)
	if err != nil {
		panic(err)
	}
	return date
}

// Record returns the i-th family of a party as it applied on a day. It passes the checks of the form as of that day.
func (g Generator) Record(i int, party place.Country, applied calendar.Date) registry.Record {
	r := rand.New(rand.NewPCG(g.Seed, uint64(i)*2+uint64(len(party))+uint64(party[0])))
	w := lists()
	at := w.byParty[party][0]
	n := r.IntN(w.weight[party])
	for _, p := range w.byParty[party] {
		if n -= p.Weight; n < 0 {
			at = p
			break
		}
	}
	var rec registry.Record
	g.lead(r, w, &rec, i, party, at, applied)
	g.rest(r, w, &rec, i, party, at, applied)
	return rec
}

func (g Generator) lead(r *rand.Rand, w *words, rec *registry.Record, i int, party place.Country, at *where, applied calendar.Date) {
	female, male, family := w.Female, w.Male, w.Family
	if party == place.Qatar {
		female, male, family = w.FemaleQA, w.MaleQA, w.FamilyQA
	}
	l := &rec.Lead
	woman := chance(r, 85)
	given, father, grand, last := pick(r, male), pick(r, male), pick(r, male), pick(r, family)
	l.Sex = registry.Male
	if woman {
		given, l.Sex = pick(r, female), registry.Female
	}
	l.GivenName, l.RestOfName = given[0], father[0]+" "+grand[0]+" "+last[0]
	l.NameEN = given[1] + " " + father[1] + " " + last[1]
	year := applied.Year() - 22 - r.IntN(44)
	switch {
	case party == place.Egypt && chance(r, 2): // graduates of centres begin early
		year = applied.Year() - 17
	case party == place.Egypt && chance(r, 2):
		year = applied.Year() - 19
	}
	birth := day(year, 1+r.IntN(12), 1+r.IntN(28))
	l.BirthDate, l.Nationality = birth, string(party)
	if party == place.Qatar {
		l.IDType, l.IDNumber = "qid", QatariID(year, "634", i)
	} else {
		l.IDType = "eg_nid"
		// Serials of one day repeat after 5,000; the day of birth moves with the number so that a million people stay apart.
		birth = birth.AddDays(i / 5000 % 28)
		l.BirthDate = birth
		l.IDNumber = EgyptianNID(birth, at.Birth, i, woman)
	}
	l.IDExpiry = applied.AddDays(200 + r.IntN(2000))
	if chance(r, 3) {
		l.IDExpiry = applied.AddDays(20)
	}
	age := calendar.AgeOn(birth, applied)
	if age < 20 {
		l.MaritalStatus = "single"
	} else {
		l.MaritalStatus = registry.MaritalStatus(weighted(r, "married", 62, "widowed", 16, "divorced", 11, "single", 9, "deserted", 2))
	}
	l.Breadwinner = yesNo(l.MaritalStatus == "widowed" || l.MaritalStatus == "divorced" || chance(r, 30))
	l.Education = registry.Education(weighted(r, "none", 8, "reads_writes", 16, "primary", 12, "preparatory", 14, "technical", 26, "secondary", 9, "diploma", 6, "university", 9))
	l.Literacy = yesNo(l.Education != "none" || chance(r, 50))
	if l.Literacy == registry.Yes && chance(r, 92) {
		l.LiteracyBy = pick(r, female)[0] + " " + pick(r, family)[0]
	}
	l.Disability = "none"
	if chance(r, 6) {
		l.Disability = registry.Disability(weighted(r, "mobility", 4, "hearing", 2, "vision", 2, "multiple", 1))
		if party == place.Egypt {
			l.DisabilityCard = "KH" + strconv.Itoa(100000+i)
		}
	}
	l.Phones = []registry.Phone{{Number: Mobile(party, 2_000_000+i), Use: registry.PhoneUse(weighted(r, "own", 78, "spouse", 14, "relative", 8)), WhatsApp: chance(r, 70)}}
	if age < 21 && party == place.Egypt {
		f := pick(r, male)
		rec.Guardian = registry.Guardian{Name: father[0] + " " + grand[0] + " " + f[0], Relation: "father", IDType: "eg_nid",
			IDNumber: EgyptianNID(day(year-28, 3, 1+i%28), at.Birth, i, false), Phone: Mobile(party, 30_000_000+i), Proof: "birth_certificate"}
	}
	rec.Household.Members = members(r, male, female, l, applied, age)
}

func members(r *rand.Rand, male, female []name, l *registry.LeadProducer, applied calendar.Date, age int) []registry.Member {
	var out []registry.Member
	if l.MaritalStatus == "married" {
		m := registry.Member{Name: pick(r, male)[0], Relation: "husband", Sex: registry.Male, BirthYear: applied.Year() - age - 4}
		if l.Sex == registry.Male {
			m = registry.Member{Name: pick(r, female)[0], Relation: "wife", Sex: registry.Female, BirthYear: applied.Year() - age + 3}
		}
		m.Works = chance(r, 25)
		out = append(out, m)
	}
	if age >= 23 && l.MaritalStatus != "single" {
		for range r.IntN(5) {
			m := registry.Member{Name: pick(r, male)[0], Relation: "son", Sex: registry.Male}
			if chance(r, 50) {
				m = registry.Member{Name: pick(r, female)[0], Relation: "daughter", Sex: registry.Female}
			}
			old := r.IntN(max(1, age-20))
			m.BirthYear, m.Works = applied.Year()-old, old > 14 && chance(r, 40)
			out = append(out, m)
		}
	}
	if chance(r, 12) {
		out = append(out, registry.Member{Name: pick(r, female)[0], Relation: "mother", Sex: registry.Female, BirthYear: applied.Year() - age - 24})
	}
	return out
}

func (g Generator) rest(r *rand.Rand, w *words, rec *registry.Record, i int, party place.Country, at *where, applied calendar.Date) {
	h := &rec.Household
	h.Size = len(h.Members) + 1
	h.Dependents = max(0, h.Size-1-r.IntN(2))
	h.IncomeBand = registry.IncomeBand(weighted(r, "none", 8, "below_half", 34, "half_to_one", 36, "one_to_two", 18, "above_two", 4))
	h.Tenure = registry.Tenure(weighted(r, "owned", 40, "rented", 26, "family_home", 26, "owner_consent", 8))
	if chance(r, 46) {
		b := registry.Benefit{Programme: "takaful", Status: "current", Since: applied.AddDays(-200 - r.IntN(2000))}
		if party == place.Qatar {
			b.Programme = "social_security_qa"
		} else if rec.Lead.Disability != "none" {
			b.Programme = "karama"
		} else {
			b.Programme = registry.Programme(weighted(r, "takaful", 60, "social_pension", 14, "health_insurance", 14, "social_insurance", 12))
		}
		h.Benefits = []registry.Benefit{b}
	}
	c := &rec.Case
	c.Channel = registry.Channel(weighted(r, "social_unit", 55, "association", 25, "field_visit", 20))
	c.ApplicationDate, c.Round = applied, strconv.Itoa(applied.Year())+"-1"
	c.FileNo = strconv.Itoa(i+1) + "/" + strconv.Itoa(applied.Year())
	a := &rec.Address
	a.Area = at.code
	offset := func(v float64) string {
		return strconv.FormatFloat(float64(int(v*1e5)+r.IntN(4000)-2000)/1e5, 'f', -1, 64)
	}
	a.Lat, a.Lon, a.Accuracy = offset(at.Lat), offset(at.Lon), strconv.Itoa(5+r.IntN(40))
	a.Building = strconv.Itoa(1 + r.IntN(120))
	if party == place.Egypt {
		a.District, a.Village, a.Street = pick(r, at.Districts), pick(r, at.Villages), pick(r, w.Streets)
		c.SocialUnit = "وحدة " + a.Village
		if c.Channel == "association" || chance(r, 60) {
			c.Association = pick(r, w.Associations)
		}
	} else {
		a.Zone, a.Street = strconv.Itoa(1+r.IntN(98)), strconv.Itoa(100+r.IntN(900))
		c.Channel = registry.Channel(weighted(r, "online", 60, "ministry_office", 40))
	}
	g.project(r, w, rec, i, party, at, applied)
	if chance(r, 92) {
		rec.Consents = append(rec.Consents, registry.Consent{Scope: registry.ConsentOtherMinistry, Version: registry.ConsentVersion, Given: chance(r, 88), Date: applied, How: "signature"})
	}
	rec.Consents = slices.Insert(rec.Consents, 0, registry.Consent{Scope: registry.ConsentOwnMinistry, Version: registry.ConsentVersion, Given: true, Date: applied,
		How: registry.ConsentHow(weighted(r, "signature", 70, "thumbprint", 30))})
	if chance(r, 80) {
		rec.Consents = append(rec.Consents, registry.Consent{Scope: registry.ConsentCatalogue, Version: registry.ConsentVersion, Given: true, Date: applied, How: "signature"})
	}
	for i := range rec.Consents { // what was not given has no day
		if !rec.Consents[i].Given {
			rec.Consents[i].Date, rec.Consents[i].How = 0, ""
		}
	}
}

func (g Generator) project(r *rand.Rand, w *words, rec *registry.Record, i int, party place.Country, at *where, applied calendar.Date) {
	p := &rec.Project
	p.Craft = pick(r, at.Crafts)
	craft, _ := registry.CraftByCode(p.Craft)
	if ex := craft.Examples(party); len(ex) > 0 {
		p.Activity = pick(r, ex)
	} else {
		p.Activity = craft.NameAR
	}
	b := w.Brands[p.Craft]
	owner := rec.Lead
	p.Name, p.NameEN = b[0]+" "+owner.GivenName, b[1]+" "+firstWord(owner.NameEN)
	p.Stage = registry.Stage(weighted(r, "operating", 70, "growing", 20, "idea", 10))
	p.AtHome = yesNo(chance(r, 95))
	p.WorkersFamily, p.WorkersOther = 1+r.IntN(4), r.IntN(3)
	if party == place.Qatar {
		p.WorkersOther = 0
	}
	p.Capacity = strconv.Itoa(10+r.IntN(90)) + " قطعة"
	p.SalesBand = registry.SalesBand(weighted(r, "none", 10, "low", 44, "medium", 32, "high", 12, "very_high", 2))
	p.Channels = []registry.SaleChannel{"home"}
	if chance(r, 55) {
		p.Channels = append(p.Channels, "market")
	}
	if chance(r, 45) {
		p.Channels = append(p.Channels, "exhibition")
	}
	if chance(r, 50) {
		p.Channels = append(p.Channels, "social_media")
	}
	p.ProductReview = registry.Review(weighted(r, "pending", 30, "approved", 65, "refused", 5))
	if chance(r, 40) {
		p.Equipment, p.Materials = "أدوات يدوية", "خامات محلية"
	}
	s := &rec.Skills
	age := calendar.AgeOn(rec.Lead.BirthDate, applied)
	s.CentreGraduate = yesNo(age < 18 || chance(r, 22))
	s.CraftProof = registry.CraftProof(weighted(r, "centre_certificate", 24, "association_letter", 30, "sample_seen", 40, "none", 6))
	if chance(r, 88) {
		result := registry.TrainingResult(weighted(r, "passed", 90, "attending", 7, "failed", 3))
		s.Training = []registry.Training{{Kind: registry.TrainingKind(weighted(r, "course", 55, "aptitude_test", 45)), Title: "دورة " + craft.NameAR, Centre: pick(r, w.Centres),
			Date: applied.AddDays(-20 - r.IntN(600)), Result: result}}
	}
	issued := applied.AddDays(-30 - r.IntN(250))
	if party == place.Qatar {
		rec.Formal = append(rec.Formal, registry.FormalItem{Kind: "household_licence", Number: "HL-" + strconv.Itoa(100000+i), Issuer: "وزارة التجارة والصناعة", IssuedOn: issued,
			ExpiresOn: issued.AddDays(364), State: "valid"})
	} else if chance(r, 24) {
		rec.Formal = append(rec.Formal, registry.FormalItem{Kind: "temporary_licence", Number: "TL-" + strconv.Itoa(100000+i), Issuer: "جهاز تنمية المشروعات", IssuedOn: issued,
			ExpiresOn: issued.AddYears(5), State: "valid"})
	}
	if chance(r, 40) {
		rec.Formal = append(rec.Formal, registry.FormalItem{Kind: "bank_account", Number: IBAN(party, 7_000_000+i), State: "valid"})
	}
	if craft.Food && chance(r, 85) {
		rec.Formal = append(rec.Formal, registry.FormalItem{Kind: "food_permit", Number: "FP-" + strconv.Itoa(100000+i), IssuedOn: issued, ExpiresOn: issued.AddDays(364), State: "valid"})
	}
	f := &rec.Finance
	f.Currency, f.EstValue = "EGP", int64(4000+r.IntN(60)*500)*100
	f.OwnShare, f.OwnShareGiven = r.IntN(11)*5, true
	if party == place.Qatar {
		f.Currency = "QAR"
		f.OwnShare = 100
		return
	}
	f.Guarantee = registry.Guarantee(weighted(r, "collective", 48, "trust_receipt", 24, "postal_cheques", 12, "government_employee", 12, "none", 4))
	f.GuaranteeAccepted = yesNo(f.Guarantee != "none" && chance(r, 95))
	f.ContractAccepted = yesNo(chance(r, 96))
	if chance(r, 22) {
		f.Loans = []registry.Loan{{Lender: "قرض مستورة", Amount: int64(4000+r.IntN(16)*1000) * 100, Currency: "EGP", Year: applied.Year() - 1 - r.IntN(4),
			State: registry.LoanState(weighted(r, "paid", 60, "running", 36, "late", 4))}}
	}
}

func firstWord(s string) string {
	for i, c := range s {
		if c == ' ' {
			return s[:i]
		}
	}
	return s
}
