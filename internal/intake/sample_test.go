package intake

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func testContext(t testing.TB, party place.Country) Context {
	return Context{Party: party, Today: date(t, "2026-03-02"), GuardianAge: 21}
}

// egypt is a complete form, typed as people type: Arabic digits, a Hijri date, separators, a phone without country code. The numbers are made up.
func egypt() map[string][]string {
	return form1(map[string]string{
		"case.channel": "social_unit", "case.application_date": "١/٣/٢٠٢٦", "case.round": "٢٠٢٦-١", "case.social_unit": "وحدة أخميم", "case.association": "جمعية الأسر المنتجة",
		"case.file_no": "٤٥/٢٠٢٦", "lead.given_name": "هبة الله", "lead.rest_of_name": "محمود علي السيد", "lead.name_en": "Hebatallah Mahmoud", "lead.id_type": "eg_nid",
		"lead.id_number": "٢٩٠٠٣١٥٢٦٠١٢٤٥", "lead.id_expiry": "2030-01-01", "lead.birth_date": "15/3/1990", "lead.sex": "f", "lead.nationality": "EG",
		"lead.marital_status": "married", "lead.breadwinner": "yes", "lead.education": "technical", "lead.literacy": "yes", "lead.literacy_by": "منى حسن",
		"lead.disability": "none", "lead.email": "heba@example.org",
		"lead.phones[0].number": "٠١٠٠١٢٣٤٥٦٧", "lead.phones[0].use": "own", "lead.phones[0].whatsapp": "yes", "lead.phones[1].number": "+201112345678", "lead.phones[1].use": "spouse",
		"household.members[0].name": "أحمد سعيد", "household.members[0].relation": "husband", "household.members[0].sex": "m", "household.members[0].birth_year": "١٩٨٥",
		"household.members[1].name": "سعاد أحمد", "household.members[1].relation": "daughter", "household.members[1].sex": "f", "household.members[1].birth_year": "2012", "household.members[1].works": "yes",
		"household.members[2].name": "علي أحمد", "household.members[2].relation": "son", "household.members[2].sex": "m", "household.members[2].birth_year": "2015",
		"household.members[3].name": "منى أحمد", "household.members[3].relation": "daughter", "household.members[3].sex": "f",
		"household.members[4].name": "زينب علي", "household.members[4].relation": "mother", "household.members[4].sex": "f",
		"household.size": "٦", "household.dependents": "4", "household.income_band": "below_half", "household.tenure": "family_home",
		"household.benefits[0].programme": "takaful", "household.benefits[0].status": "current", "household.benefits[0].since": "1/1/2020",
		"address.area": "EG-SHG", "address.district": "مركز أخميم", "address.village": "الكوثر", "address.street": "شارع النيل", "address.building": "١٢", "address.text": "خلف المدرسة\nالدور الأول",
		"address.landmark": "المسجد الكبير", "address.lat": "٢٦٫٥٦٢٣٤٥٦٧", "address.lon": "31.745", "address.accuracy": "12.44",
		"project.name": "نسيج أخميم", "project.name_en": "Akhmim Weaving", "project.craft": "TX", "project.activity": "نسيج يدوي من القطن", "project.stage": "operating", "project.at_home": "yes",
		"project.workers_family": "2", "project.workers_other": "0", "project.capacity": "٢٠ قطعة", "project.sales_band": "low", "project.social": "@akhmim", "project.equipment": "نول", "project.materials": "قطن",
		"project.product_review": "pending", "skills.centre_graduate": "no", "skills.craft_proof": "sample_seen",
		"skills.training[0].kind": "aptitude_test", "skills.training[0].title": "اختبار صلاحية", "skills.training[0].centre": "مركز سوهاج", "skills.training[0].date": "10/9/1447", "skills.training[0].result": "passed",
		"formal[0].kind": "tax_card", "formal[0].number": "123-456-789", "formal[0].issuer": "مصلحة الضرائب", "formal[0].issued_on": "2/2/2024", "formal[0].expires_on": "2/2/2029", "formal[0].state": "valid",
		"finance.est_value": "١٬٢٥٠٫٥٠", "finance.own_share": "٢٥٪", "finance.guarantee": "collective", "finance.guarantee_accepted": "yes", "finance.contract_accepted": "yes",
		"finance.loans[0].lender": "بنك ناصر الاجتماعي", "finance.loans[0].amount": "20,000", "finance.loans[0].year": "2022", "finance.loans[0].state": "paid",
		"consents[0].scope": "own_ministry", "consents[0].given": "yes", "consents[0].date": "2026-03-01", "consents[0].how": "thumbprint",
		"consents[1].scope": "catalogue", "consents[1].version": "2026-1",
	}, "project.channels", "home", "market", "exhibition")
}

func qatar() map[string][]string {
	return form1(map[string]string{
		"case.channel": "online", "case.application_date": "2026-02-20", "lead.given_name": "مريم", "lead.rest_of_name": "علي ناصر المسند", "lead.id_type": "qid",
		"lead.id_number": "28563412345", "lead.birth_date": "1985-07-01", "lead.sex": "f", "lead.nationality": "qa", "lead.phones[0].number": "٣٣١٢٣٤٥٦",
		"household.size": "4", "address.area": "QA-RA", "address.zone": "٥٢", "project.craft": "PF", "project.activity": "بخور ودخون", "project.stage": "growing",
		"formal[0].kind": "household_licence", "formal[0].number": "HL-2025/77", "formal[0].state": "valid", "formal[0].issued_on": "2025-06-01", "formal[0].expires_on": "2026-06-01",
		"finance.est_value": "15000", "consents[0].scope": "own_ministry", "consents[0].given": "on", "consents[0].date": "2026-02-20", "consents[0].how": "signature",
	}, "project.channels", "social_media")
}

func form1(single map[string]string, set string, ticks ...string) map[string][]string {
	m := map[string][]string{set: ticks}
	for k, v := range single {
		m[k] = []string{v}
	}
	return m
}

func with(base map[string][]string, pairs ...string) map[string][]string {
	m := maps.Clone(base)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = []string{pairs[i+1]}
	}
	return m
}

func without(base map[string][]string, prefixes ...string) map[string][]string {
	m := maps.Clone(base)
	for k := range m {
		for _, p := range prefixes {
			if strings.HasPrefix(k, p) {
				delete(m, k)
			}
		}
	}
	return m
}

// says writes problems as "field key", warnings with a question mark, without arguments.
func says(ps fault.Problems) []string {
	out := []string{}
	for _, p := range ps {
		s := p.Field + " " + p.Key
		if p.Severity == fault.Warning {
			s += "?"
		}
		out = append(out, s)
	}
	return out
}

func check(t testing.TB, party place.Country, values map[string][]string) (registry.Record, fault.Problems) {
	t.Helper()
	r, ps := Decode(values)
	rec, more := r.Check(testContext(t, party))
	return rec, append(ps, more...)
}

// random makes a record as Check could have given it, with every list in use.
func random(rnd *rand.Rand, party place.Country, today calendar.Date) registry.Record {
	one := func(list string) string {
		c := Choices(list, party)
		return c[rnd.IntN(len(c))]
	}
	maybe := func(s string) string {
		if rnd.IntN(3) == 0 {
			return ""
		}
		return s
	}
	words := []string{"منى", "حسن", "سعاد", "ناصر", "هبة الله", "عبد الرحمن", "آل ثاني", "Layla", "O'Neil", "مُنى"}
	word := func() string { return words[rnd.IntN(len(words))] + " " + words[rnd.IntN(len(words))] }
	before := func() calendar.Date { return today.AddDays(-rnd.IntN(5000)) }
	nid := func() (string, calendar.Date) {
		birth := today.AddDays(-rnd.IntN(12000) - 8000)
		y, m, d := birth.YMD()
		if party == "QA" {
			return fmt.Sprintf("%d%02d634%05d", y/100-17, y%100, rnd.IntN(100000)), birth
		}
		return fmt.Sprintf("%d%02d%02d%02d%02d%05d", y/100-17, y%100, m, d, 1+rnd.IntN(4), rnd.IntN(100000)), birth
	}
	phone := func() string {
		if party == "QA" {
			return fmt.Sprintf("+9743%07d", rnd.IntN(10_000_000))
		}
		return fmt.Sprintf("+2010%08d", rnd.IntN(100_000_000))
	}
	idType := map[place.Country]string{"EG": "eg_nid", "QA": "qid"}[party]
	number, birth := nid()
	areas := place.Areas(party)
	rec := registry.Record{
		Case: registry.Case{Channel: registry.Channel(one("channel")), ApplicationDate: today.AddDays(-rnd.IntN(300)), Round: maybe("2026-1"), FileNo: maybe("45/2026"), SocialUnit: maybe(word())},
		Lead: registry.LeadProducer{GivenName: word(), RestOfName: word(), NameEN: maybe("Mona Hassan"), IDType: idType, IDNumber: number, IDExpiry: today.AddDays(rnd.IntN(2000) - 200),
			BirthDate: birth, Sex: registry.Sex(one("sex")), Nationality: string(party), MaritalStatus: registry.MaritalStatus(maybe(one("marital_status"))),
			Education: registry.Education(maybe(one("education"))), Literacy: registry.Tri(maybe(one("tri"))), Disability: registry.Disability(maybe(one("disability"))), Email: maybe("a@example.org")},
		Household: registry.Household{Size: 8, Dependents: rnd.IntN(8), IncomeBand: registry.IncomeBand(maybe(one("income_band"))), Tenure: registry.Tenure(maybe(one("tenure")))},
		Address:   registry.Address{Area: areas[rnd.IntN(len(areas))].Code, District: "مركز", Zone: "52", Text: maybe("سطر\nسطر"), Landmark: maybe(word())},
		Project: registry.Project{Name: maybe(word()), Craft: one("craft"), Activity: word(), Stage: registry.Stage(one("stage")), AtHome: registry.Tri(maybe(one("tri"))), WorkersFamily: rnd.IntN(5),
			SalesBand: registry.SalesBand(maybe(one("sales_band"))), Equipment: maybe("نول\n\nمغزل"), ProductReview: registry.Review(maybe(one("review")))},
		Skills:  registry.Skills{CentreGraduate: registry.Tri(maybe(one("tri"))), CraftProof: registry.CraftProof(maybe(one("craft_proof")))},
		Finance: registry.Finance{EstValue: rnd.Int64N(1_000_000_00), Currency: Currency(party), Guarantee: "collective", GuaranteeAccepted: registry.Tri(maybe(one("tri")))},
	}
	if rnd.IntN(2) == 0 {
		rec.Finance.OwnShare, rec.Finance.OwnShareGiven = rnd.IntN(101), true
	}
	if rnd.IntN(2) == 0 {
		g, _ := nid()
		rec.Guardian = registry.Guardian{Name: word(), Relation: registry.Relation(one("relation")), IDType: idType, IDNumber: g, Phone: maybe(phone()), Proof: registry.GuardianProof(one("guardian_proof"))}
	}
	for range 1 + rnd.IntN(3) {
		rec.Lead.Phones = append(rec.Lead.Phones, registry.Phone{Number: phone(), Use: registry.PhoneUse(maybe(one("phone_use"))), WhatsApp: rnd.IntN(2) == 0})
	}
	for range rnd.IntN(7) {
		rec.Household.Members = append(rec.Household.Members, registry.Member{Name: word(), Relation: registry.Relation(one("relation")), Sex: registry.Sex(maybe(one("sex"))),
			BirthYear: rnd.IntN(2) * (1950 + rnd.IntN(70)), Works: rnd.IntN(2) == 0})
	}
	for _, p := range Choices("programme", party) {
		if rnd.IntN(3) == 0 {
			rec.Household.Benefits = append(rec.Household.Benefits, registry.Benefit{Programme: registry.Programme(p), Status: registry.BenefitStatus(one("benefit_status")), Since: before()})
		}
	}
	for _, c := range Choices("sale_channel", party) {
		if rnd.IntN(2) == 0 {
			rec.Project.Channels = append(rec.Project.Channels, registry.SaleChannel(c))
		}
	}
	for range rnd.IntN(3) {
		rec.Skills.Training = append(rec.Skills.Training, registry.Training{Kind: registry.TrainingKind(one("training_kind")), Title: maybe(word()), Date: before(), Result: registry.TrainingResult(maybe(one("training_result")))})
	}
	for i, k := range Choices("formal_kind", party) {
		if rnd.IntN(2) == 0 {
			continue
		}
		issued := before()
		item := registry.FormalItem{Kind: registry.FormalKind(k), Number: "AB-" + strconv.Itoa(i+100000), Issuer: maybe(word()), IssuedOn: issued, ExpiresOn: issued.AddDays(1 + rnd.IntN(4000)), State: registry.FormalState(one("formal_state"))}
		switch k {
		case "tax_card":
			item.Number = "123456789"
		case "wallet":
			item.Number = phone()
		}
		rec.Formal = append(rec.Formal, item)
	}
	for range rnd.IntN(3) {
		rec.Finance.Loans = append(rec.Finance.Loans, registry.Loan{Lender: word(), Amount: rnd.Int64N(10_000_00), Currency: Currency(party), Year: rnd.IntN(2) * 2020, State: registry.LoanState(maybe(one("loan_state")))})
	}
	for _, s := range Choices("consent_scope", party) {
		rec.Consents = append(rec.Consents, registry.Consent{Scope: registry.ConsentScope(s), Version: registry.ConsentVersion, Given: true, Date: before(), How: registry.ConsentHow(one("consent_how"))})
	}
	return rec
}
