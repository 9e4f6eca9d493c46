package criteria

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/registry"
)

func mustDate(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func seed(t testing.TB, country string) *Set {
	t.Helper()
	data, err := os.ReadFile("../../fixtures/criteria/" + country + ".json")
	if err != nil {
		t.Fatal(err)
	}
	s, problems := ParseSet(data)
	if len(problems) > 0 {
		t.Fatalf("seed %s has problems: %v", country, problems)
	}
	return s
}

func program(t testing.TB, s *Set) *Program {
	t.Helper()
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// goodFamily is a family of Egypt that meets every hard criterion, with its papers and a visit.
func goodFamily(t testing.TB) (*registry.Family, []registry.Document, []registry.Visit) {
	f := &registry.Family{Party: "EG", Record: registry.Record{
		Case: registry.Case{ApplicationDate: mustDate(t, "2026-10-01"), Channel: "social_unit", SocialUnit: "u1", Association: "a1"},
		Lead: registry.LeadProducer{IDType: "eg_nid", IDExpiry: mustDate(t, "2030-01-01"), BirthDate: mustDate(t, "1990-05-05"), Sex: "f",
			Nationality: "EG", MaritalStatus: "widowed", Breadwinner: "yes", Education: "technical", Literacy: "yes", LiteracyBy: "worker",
			Disability: "none"},
		Household: registry.Household{Size: 4, Dependents: 2, IncomeBand: "below_half", Tenure: "rented",
			Benefits: []registry.Benefit{{Programme: "karama", Status: "ended"}, {Programme: "takaful", Status: "current"}}},
		Address: registry.Address{Area: "EG-C"},
		Project: registry.Project{Craft: "EM", Stage: "operating", AtHome: "yes", WorkersFamily: 2},
		Skills:  registry.Skills{CentreGraduate: "no", Training: []registry.Training{{Kind: "course", Result: "failed"}, {Kind: "aptitude_test", Result: "passed", Date: mustDate(t, "2026-09-01")}}},
		Finance: registry.Finance{EstValue: 2_000_000, Currency: "EGP", OwnShare: 10, Guarantee: "trust_receipt", GuaranteeAccepted: "yes",
			ContractAccepted: "yes"},
		Consents: []registry.Consent{{Scope: "own_ministry", Given: true}, {Scope: "catalogue"}},
	}}
	var papers []registry.Document
	for _, ty := range []registry.DocumentType{"id_card", "guarantee", "contract", "aptitude_result", "craft_proof", "application_form"} {
		papers = append(papers, registry.Document{Type: ty})
	}
	papers = append(papers, registry.Document{Type: "centre_certificate", RemovedAt: time.Unix(1, 0)})
	visits := []registry.Visit{{Date: mustDate(t, "2026-09-20"), Finding: "active"}, {Date: mustDate(t, "2026-10-20"), Finding: "not_home"}}
	return f, papers, visits
}

func goodFacts(t testing.TB) *Facts {
	f, papers, visits := goodFamily(t)
	v := FactsOf(f, papers, visits, mustDate(t, "2026-11-24"))
	v.Cross(0, 0, 0)
	return v
}

func TestSeedsCompileToTheFastEvaluator(t *testing.T) {
	for _, country := range []string{"eg", "qa"} {
		s := seed(t, country)
		if len(s.Criteria) < 12 {
			t.Errorf("%s: %d criteria, want at least 12", country, len(s.Criteria))
		}
		p := program(t, s)
		for _, r := range p.rules {
			if !r.cond.fast() || r.applies != nil && !r.applies.fast() || r.review != nil && !r.review.fast() {
				t.Errorf("%s: criterion %s is left to CEL", country, r.c.Code)
			}
			if country == "qa" && r.c.Confirmed {
				t.Errorf("qa: criterion %s is marked as confirmed", r.c.Code)
			}
		}
		data, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, problems := ParseSet(data)
		if len(problems) > 0 || !reflect.DeepEqual(again, s) {
			t.Errorf("%s: not the same set after writing and reading: %v", country, problems)
		}
	}
}

func TestEgyptAssessment(t *testing.T) {
	p := program(t, seed(t, "eg"))
	day := func(s string) calendar.Date { return mustDate(t, s) }
	waiver := []registry.Waiver{{ID: 7, Criterion: "training", By: 3, At: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), Reason: "ماهرة «جدًّا»", DocumentID: 5}}
	tests := []struct {
		name    string
		change  func(*Facts)
		waivers []registry.Waiver
		code    string
		want    Outcome
		overall Overall
		text    string // part of the English change
	}{
		{"all in order", func(*Facts) {}, nil, "nationality", Met, Eligible, "expiry of: identity document"},
		{"another nationality", func(f *Facts) { f.SetCode(Nationality, "SD") }, nil, "nationality", NotMet, NotEligible, "nationality is Egypt"},
		{"no id copy", func(f *Facts) { f.Clear(paperByName["id_card"]) }, nil, "nationality", FactsMissing, Incomplete, "providing: identity document"},
		{"expired id", func(f *Facts) { f.SetDate(IDValidUntil, day("2026-09-30")) }, nil, "id_valid", NotMet, NotEligible, "identity document expiry is not before 2026-10-01"},
		{"literacy not attested", func(f *Facts) { f.Clear(LiteracyAttested) }, nil, "literacy", FactsMissing, Incomplete, "literacy is attested"},
		{"seventeen", func(f *Facts) { f.SetDate(BirthDate, day("2009-03-02")) }, nil, "age", NotMet, NotEligible, "application date: 2027-03-02 or later, when the age reaches 18 years"},
		{"birthday on the day", func(f *Facts) { f.SetDate(BirthDate, day("2008-10-01")) }, nil, "age", Met, Incomplete, ""},
		{"born on 29 February", func(f *Facts) { f.SetDate(BirthDate, day("2012-02-29")) }, nil, "age", NotMet, NotEligible, "2030-03-01"},
		{"seventeen but a graduate", func(f *Facts) {
			f.SetDate(BirthDate, day("2009-03-02"))
			f.SetBool(CentreGraduate, true)
			f.AddPaper("centre_certificate", 0)
			f.SetBool(GuardianNamed, true)
			f.SetBool(GuardianProven, true)
			f.AddPaper("guardianship", 0)
		}, nil, "age", Met, Eligible, ""},
		{"graduate without the paper", func(f *Facts) {
			f.SetDate(BirthDate, day("2009-03-02"))
			f.SetBool(CentreGraduate, true)
		}, nil, "age", NotMet, NotEligible, "providing: certificate of a preparation"},
		{"over the guardian's age", func(*Facts) {}, nil, "guardian", NotApplicable, Eligible, ""},
		{"under the guardian's age", func(f *Facts) { f.SetDate(BirthDate, day("2006-01-01")) }, nil, "guardian", FactsMissing, Incomplete, ""},
		{"no birth date", func(f *Facts) { f.Clear(BirthDate) }, nil, "age", FactsMissing, Incomplete, "birth date"},
		{"training failed", func(f *Facts) { f.SetCode(TrainingResult, "failed") }, nil, "training", NotMet, NotEligible, "passed"},
		{"training waived", func(f *Facts) { f.SetCode(TrainingResult, "failed") }, waiver, "training", Waived, Eligible, "passed"},
		{"waiver revoked", func(f *Facts) { f.SetCode(TrainingResult, "failed") },
			[]registry.Waiver{{Criterion: "training", RevokedAt: time.Unix(9, 0)}}, "training", NotMet, NotEligible, "passed"},
		{"second registration", func(f *Facts) { f.Cross(1, 0, 0) }, nil, "one_registration", NotMet, NotEligible, "same person is 0"},
		{"second in the household", func(f *Facts) { f.Cross(0, 1, 0) }, nil, "one_registration", NeedsReview, ReviewNeeded, "same household is 0"},
		{"food without certificate", func(f *Facts) { f.SetBool(Food, true) }, nil, "food_health", FactsMissing, Incomplete, "providing: food handler's health certificate"},
		{"food with expired certificate", func(f *Facts) {
			f.SetBool(Food, true)
			f.AddPaper("health_certificate", day("2026-11-23"))
		}, nil, "food_health", FactsMissing, Incomplete, "renewing: food handler's health certificate"},
		{"food with certificate of the day", func(f *Facts) {
			f.SetBool(Food, true)
			f.AddPaper("health_certificate", day("2026-11-24"))
		}, nil, "food_health", Met, Eligible, "the date of assessment: 2026-11-25 or later"},
		{"no share", func(f *Facts) { f.SetInt(OwnShare, 0) }, nil, "own_share", NotMet, Eligible, "family's share of the cost is at least 1%"},
		{"nothing known", func(f *Facts) { *f = Facts{} }, nil, "guarantee", FactsMissing, Incomplete, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := goodFacts(t)
			test.change(f)
			before := *f
			a := p.Assess(f, test.waivers)
			if *f != before {
				t.Error("Assess changed the facts")
			}
			r, ok := a.Result(test.code)
			if !ok {
				t.Fatalf("no result for %s", test.code)
			}
			if r.Outcome != test.want || a.Overall != test.overall {
				t.Errorf("got %s, overall %s, want %s, %s", r.Outcome, a.Overall, test.want, test.overall)
			}
			if got := p.Overall(f, test.waivers); got != a.Overall {
				t.Errorf("Overall alone says %s, want %s", got, a.Overall)
			}
			for _, row := range p.Sheet(a, "en") {
				if got := row.Change; row.Code == test.code && !strings.Contains(got, test.text) {
					t.Errorf("change %q, want %q in it", got, test.text)
				}
			}
			if test.want == FactsMissing && len(r.Missing) == 0 || test.want == Waived && r.Waiver.Reason != test.waivers[0].Reason {
				t.Errorf("reasons are not kept: %+v", r)
			}
			checkStored(t, p, a)
			checkSheet(t, p, a)
			checkFlips(t, p, f, a)
		})
	}
}

// checkStored holds that an assessment reads back as it was written.
func checkStored(t *testing.T, p *Program, a *Assessment) {
	t.Helper()
	data := p.AppendJSON(nil, a)
	if !json.Valid(data) {
		t.Fatalf("stored form is not JSON: %s", data)
	}
	b, err := DecodeAssessment(data)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range p.Sheet(a, "ar") {
		if got := p.Sheet(b, "ar")[i]; fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) && want.Waiver == nil {
			t.Errorf("the sheet of the stored assessment differs:\n got %+v\nwant %+v", got, want)
		}
	}
	if again := p.AppendJSON(nil, b); !bytes.Equal(again, data) {
		t.Errorf("got  %s\nwant %s", again, data)
	}
}

func checkSheet(t *testing.T, p *Program, a *Assessment) {
	t.Helper()
	for _, lang := range []string{"ar", "en"} {
		for _, row := range p.Sheet(a, lang) {
			all := fmt.Sprintf("%s|%s|%s|%v|%v", row.Title, row.Limit, row.Change, row.Values, row.Missing)
			if row.Title == "" || row.Limit == "" || strings.Contains(all, "%!") {
				t.Errorf("%s %s: %s", lang, row.Code, all)
			}
			if lang == "en" && strings.ContainsFunc(row.Limit+row.Change, func(r rune) bool { return r >= 0x600 && r < 0x700 }) {
				t.Errorf("Arabic in the English row: %s", all)
			}
		}
	}
}

// checkFlips holds that the change found does alter the outcome, and to the better where it was not met.
func checkFlips(t *testing.T, p *Program, f *Facts, a *Assessment) {
	t.Helper()
	for _, r := range a.Results {
		changes := p.Changes(r.Code, f)
		if len(changes) == 0 || r.Outcome == Waived {
			continue
		}
		g := *f
		g.Apply(changes)
		b, _ := p.Assess(&g, nil).Result(r.Code)
		ok := b.Outcome != r.Outcome
		if r.Outcome == NotMet || r.Outcome == FactsMissing {
			ok = b.Outcome == Met || b.Outcome == NeedsReview || b.Outcome == NotApplicable
		}
		if !ok {
			t.Errorf("%s: %s stays %s after %s", r.Code, r.Outcome, b.Outcome, r.ChangeText("en"))
		}
	}
}

func TestGuardianThresholdIsAParameter(t *testing.T) {
	s := seed(t, "eg")
	f := goodFacts(t)
	f.SetDate(BirthDate, mustDate(t, "2003-01-01")) // 23
	if r, _ := program(t, s).Assess(f, nil).Result("guardian"); r.Outcome != NotApplicable {
		t.Errorf("under 21: got %s, want not applicable", r.Outcome)
	}
	for i := range s.Params {
		if s.Params[i].Name == "guardian_age" {
			if len(s.Params[i].Alternatives) != 2 {
				t.Error("both sources must be kept")
			}
			s.Params[i].Value = 25
		}
	}
	if r, _ := program(t, s).Assess(f, nil).Result("guardian"); r.Outcome != FactsMissing {
		t.Errorf("under 25: got %s, want facts missing", r.Outcome)
	}
	s.Params[1].Value = 23
	if got := s.Check().On("params[1].value"); len(got) != 1 {
		t.Errorf("a value that no source gives passes: %v", s.Check())
	}
}

func TestCheck(t *testing.T) {
	params := []Param{{Name: "min_age", Value: 18}}
	tests := []struct {
		src, typ, key string
		offset        int
	}{
		{"age >= 18", "bool", "", 0},
		{"age_on(today)", "int", "", 0},
		{"add_years(birth_date, params.min_age)", "date", "", 0},
		{"nationality", "text", "", 0},
		{"benefits", "list", "", 0},
		{"documents", "other", "", 0},
		{"", "", "criteria.expr.empty", 0},
		{"age >=", "", "criteria.expr.syntax", 6},
		{"literacy && nope", "", "criteria.expr.unknown_name", 12},
		{"age >= '18'", "", "criteria.expr.wrong_types", 4},
		{"literacy &&\n  nationality == 'XX'", "", "criteria.expr.unknown_value", 29},
		{"'karma' in benefits", "", "criteria.expr.unknown_value", 0},
		{"has_any(benefits, ['karama', 'x'])", "", "criteria.expr.unknown_value", 29},
		{"has_document('visa')", "", "criteria.expr.unknown_value", 13},
		{"today >= date('2026-02-30')", "", "criteria.expr.bad_date", 14},
		{"age >= params.max_age", "", "criteria.expr.unknown_param", 13},
		{"[1,2].all(x, x > 0)", "", "criteria.expr.unknown_name", 0},
		{strings.Repeat("x", 2001), "", "criteria.expr.too_long", 2000},
		{strings.Repeat("(", 300) + "food" + strings.Repeat(")", 300), "", "criteria.expr.too_complex", 0},
		{strings.Repeat("!(", 20) + "food" + strings.Repeat(")", 20), "bool", "", 0},
		{"food\x00", "", "criteria.expr.syntax", 0},
	}
	for _, test := range tests {
		typ, problems := Check(test.src, params)
		key, offset := "", 0
		if len(problems) > 0 {
			key, offset = problems[0].Key, problems[0].Offset
		}
		if typ != test.typ || key != test.key || test.key != "criteria.expr.too_complex" && test.key != "criteria.expr.unknown_name" && offset != test.offset {
			t.Errorf("Check(%.60q) = %q, %s at %d, want %q, %s at %d", test.src, typ, key, offset, test.typ, test.key, test.offset)
		}
	}
	if got := CheckCondition("age", nil); len(got) != 1 || got[0].Key != "criteria.expr.not_bool" {
		t.Errorf("a number passes as a condition: %v", got)
	}
}

func TestSetProblems(t *testing.T) {
	s := seed(t, "eg")
	s.Party, s.Version, s.AgeOn = "XX", 0, "birth"
	s.ValidTo = mustDate(t, "2019-12-31")
	s.Criteria[1].Code = "nationality"
	s.Criteria[2].Condition = "literacy &&"
	s.Criteria[3].Exceptions[0].Proof = "nothing"
	s.Criteria[4].AppliesWhen = "age"
	s.Criteria[5].Points = 3
	s.Criteria[6].Title = Text{}
	s.Criteria[7].Evidence = []registry.DocumentType{"contract", "contract"}
	s.Criteria[8].Weight = "iron"
	var got []string
	for _, p := range s.Check() {
		got = append(got, p.Field+" "+p.Key)
	}
	for _, want := range []string{"party criteria.set.party", "version criteria.set.version", "age_on criteria.set.age_on", "valid_to criteria.set.period",
		"criteria[1].code criteria.set.code_twice", "criteria[2].condition criteria.expr.syntax", "criteria[3].exceptions[0].proof criteria.set.document",
		"criteria[4].applies_when criteria.expr.not_bool", "criteria[5].points criteria.set.points_unused", "criteria[6].title.ar problem.required",
		"criteria[7].evidence[1] criteria.set.document", "criteria[8].weight criteria.set.weight"} {
		if !slices.Contains(got, want) {
			t.Errorf("no problem %q in %q", want, got)
		}
	}
	if _, err := Compile(s); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Compile of a bad set: %v", err)
	}
	for _, bad := range []string{``, `{`, `{"party":"EG"} x`, `{"partei":"EG"}`, `{"version":"one"}`, `[]`, `null`} {
		if s, problems := ParseSet([]byte(bad)); s != nil || len(problems) == 0 {
			t.Errorf("ParseSet(%q) passes", bad)
		}
	}
}

func TestValueTitles(t *testing.T) {
	for _, f := range Schema() {
		if f.Title.AR == "" || f.Title.EN == "" || f.Kind == Bool && (f.Yes.AR == "" || f.No.AR == "" || f.Yes.EN == "" || f.No.EN == "") {
			t.Errorf("%s has no words", f.Name)
		}
		if len(f.Values) > 63 || f.Kind == Papers && len(f.Values) > maxPapers {
			t.Errorf("%s has too many values for a vector", f.Name)
		}
		for _, v := range f.Values {
			if v.Title.AR == "" || v.Title.EN == "" {
				t.Errorf("%s %s has no title", f.Name, v.Code)
			}
		}
		for _, o := range f.Options() {
			if !f.knows(o.Code) {
				t.Errorf("%s offers %s, which rules refuse", f.Name, o.Code)
			}
		}
	}
	if numFacts > Age {
		t.Error("facts run into the computed references")
	}
}

func TestDescribe(t *testing.T) {
	s := seed(t, "eg")
	tests := []struct{ src, ar, en string }{
		{"age >= params.min_age", "السن في تاريخ تقديم الطلب لا يقل عن 18 سنة", "age on the application date is at least 18 years"},
		{"18 <= age_on(today)", "السن في تاريخ التقييم لا يقل عن 18 سنة", "age on the date of assessment is at least 18 years"},
		{"!(nationality == 'EG')", "الجنسية ليست مصر", "nationality is not Egypt"},
		{"food || !at_home && household_size > 3", "المنتج غذائي، أو (الإنتاج لا يتم في المنزل، وعدد أفراد الأسرة المعيشية يزيد على 3 أفراد)",
			"the product is food, or (production is not at home, and household size is more than 3 people)"},
		{"!has_any(benefits, ['takaful', 'karama'])", "برامج الحماية الاجتماعية الحالية لا تشمل أيًّا من: تكافل، كرامة",
			"current protection programmes include none of: Takaful, Karama"},
		{"document_valid('health_certificate', today)", "يوجد في الملف وسارٍ في تاريخ التقييم: الشهادة الصحية لمتداول الأغذية",
			"on file and valid on the date of assessment: food handler's health certificate"},
		{"today <= add_days(last_active_visit, 10)", "تاريخ التقييم ليس بعد مرور 10 أيام على تاريخ آخر زيارة أثبتت النشاط",
			"the date of assessment is not after 10 days after last visit that found activity"},
		{"project_value <= 150000050", "القيمة التقديرية للمشروع لا تزيد على 1,500,000.50", "estimated project value is at most 1,500,000.50"},
		{"household_size * 2 > 7", "«household_size * 2 > 7»", "«household_size * 2 > 7»"},
	}
	for _, test := range tests {
		if got := Describe(test.src, s, "ar"); got != test.ar {
			t.Errorf("Describe(%s)\n got %s\nwant %s", test.src, got, test.ar)
		}
		if got := Describe(test.src, s, "en"); got != test.en {
			t.Errorf("Describe(%s)\n got %s\nwant %s", test.src, got, test.en)
		}
	}
}

func TestCompare(t *testing.T) {
	old := seed(t, "eg")
	next := seed(t, "eg")
	next.Version = 2
	if !Compare(program(t, old), program(t, next)).Same() {
		t.Error("two equal versions differ")
	}
	next.Params[1].Value = 25
	next.Criteria[5].Weight = Soft
	next.Criteria = slices.Delete(next.Criteria, 8, 9)
	next.Criteria[0].Condition = "nationality in ['EG', 'SD']"
	extra := next.Criteria[0]
	extra.Code, extra.Condition, extra.Evidence = "own_share_hard", "own_share >= 5", nil
	next.Criteria = append(next.Criteria, extra)
	a, b := program(t, old), program(t, next)
	c := Compare(a, b)
	if c.Same() {
		t.Fatal("different versions are the same")
	}
	r := rand.New(rand.NewPCG(1, 2))
	counts := map[Move]int{}
	for range 20_000 {
		f := population(r)
		var ws []registry.Waiver
		if r.IntN(4) == 0 {
			ws = []registry.Waiver{{Criterion: "training"}, {Criterion: "nationality"}}
		}
		from, to, m := c.Of(&f, ws)
		if wantFrom, wantTo := a.Assess(&f, ws).Overall, b.Assess(&f, ws).Overall; from != wantFrom || to != wantTo {
			t.Fatalf("got %s → %s, want %s → %s", from, to, wantFrom, wantTo)
		}
		counts[m]++
	}
	if counts[Entered] == 0 || counts[Left] == 0 || counts[Unchanged] == 0 {
		t.Errorf("the population does not try every move: %v", counts)
	}
}

// population draws a family whose facts mostly meet Egypt's criteria.
func population(r *rand.Rand) Facts {
	var f Facts
	today, _ := calendar.Parse("2026-11-24")
	for i := range schema {
		if r.IntN(200) == 0 {
			continue // missing
		}
		switch s := &schema[i]; s.Kind {
		case Bool:
			f.set(s.Ref, 1)
		case Int:
			f.set(s.Ref, int64(r.IntN(12)))
		case Money:
			f.set(s.Ref, int64(r.IntN(5_000_000)))
		case Date:
			f.set(s.Ref, int64(today)-int64(r.IntN(60)))
		case Enum:
			f.set(s.Ref, int64(r.IntN(len(s.Values))))
		case Multi:
			f.set(s.Ref, s.clamp(r.Int64()))
		}
	}
	f.SetCode(Nationality, []string{"EG", "EG", "EG", "EG", "EG", "EG", "EG", "EG", "SD", "SY"}[r.IntN(10)])
	f.SetCode(Area, []string{"EG-C", "EG-ALX", "EG-GZ"}[r.IntN(3)])
	f.SetCode(IDType, "eg_nid")
	f.set(IDValidUntil, int64(today)+int64(r.IntN(2000))-60)
	f.set(BirthDate, int64(today)-int64(16*365+r.IntN(30*365)))
	f.SetCode(TrainingResult, []string{"passed", "passed", "passed", "passed", "passed", "passed", "failed"}[r.IntN(7)])
	f.SetBool(Food, r.IntN(4) == 0)
	f.SetBool(GuaranteeAccepted, r.IntN(12) != 0)
	f.Cross(0, r.IntN(30)/29, 0)
	f.SetSet(Consents, "own_ministry")
	for i, v := range documentsFact.Values {
		if r.IntN(25) != 0 {
			f.put(papersBase+Ref(i), noExpiry, true)
		}
		_ = v
	}
	return f
}

func randomFacts(r *rand.Rand) Facts {
	var f Facts
	for i := range schema {
		if r.IntN(3) == 0 {
			continue
		}
		switch s := &schema[i]; s.Kind {
		case Bool:
			f.set(s.Ref, int64(r.IntN(2)))
		case Int, Money:
			f.set(s.Ref, int64(r.IntN(9)-1))
		case Date:
			f.set(s.Ref, day(2020, 2, 27)+int64(r.IntN(5))-365*int64(r.IntN(30)))
		case Enum:
			f.set(s.Ref, int64(r.IntN(len(s.Values))))
		case Multi:
			f.set(s.Ref, s.clamp(r.Int64()&r.Int64()))
		case Code:
			n, _ := s.codeOf([]string{"EG", "QA", "EG-C"}[r.IntN(3)])
			f.set(s.Ref, n)
		}
	}
	for i := range documentsFact.Values {
		if r.IntN(2) == 0 {
			f.put(papersBase+Ref(i), day(2020, 2, 27)+int64(r.IntN(5)), true)
		}
	}
	return f
}

func TestFactsEncodings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		f := randomFacts(r)
		var g, h Facts
		b := f.AppendBinary(nil)
		if err := g.Decode(b); err != nil || g != f {
			t.Fatalf("binary: got %+v, %v, want %+v", g, err, f)
		}
		for cut := range b {
			if h.Decode(b[:cut]) == nil {
				t.Fatalf("a vector cut at %d of %d decodes", cut, len(b))
			}
		}
		j, err := json.Marshal(&f)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(j, &h); err != nil || h != f {
			t.Fatalf("JSON: got %+v, %v, want %+v", h, err, f)
		}
	}
}

func TestFactsOf(t *testing.T) {
	f := goodFacts(t)
	want := `{"today":"2026-11-24","application_date":"2026-10-01","nationality":"EG","birth_date":"1990-05-05","sex":"f","marital_status":"widowed",` +
		`"breadwinner":true,"education":"technical","literacy":true,"literacy_attested":true,"disability":"none","id_type":"eg_nid",` +
		`"id_valid_until":"2030-01-01","household_size":4,"dependents":2,"income_band":"below_half","tenure":"rented","benefits":["takaful"],` +
		`"channel":"social_unit","social_unit":true,"association":true,"area":"EG-C","craft":"EM","food":false,"cosmetic":false,"stage":"operating",` +
		`"at_home":true,"workers_family":2,"workers_other":0,"project_value":2000000,"own_share":10,"centre_graduate":false,` +
		`"training_result":"passed","training_date":"2026-09-01","formal":[],"guarantee":"trust_receipt","guarantee_accepted":true,` +
		`"contract_accepted":true,"running_loans":0,"consents":["own_ministry"],"visits":2,"last_active_visit":"2026-09-20",` +
		`"other_active_person":0,"other_active_household":0,"other_active_licence":0,"documents.id_card":true,"documents.application_form":true,` +
		`"documents.craft_proof":true,"documents.aptitude_result":true,"documents.guarantee":true,"documents.contract":true}`
	got, err := json.Marshal(f)
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	empty := FactsOf(&registry.Family{}, nil, nil, mustDate(t, "2026-11-24"))
	if got, _ := json.Marshal(empty); string(got) != `{"today":"2026-11-24","formal":[],"running_loans":0,"visits":0}` {
		t.Errorf("an empty draft knows %s", got)
	}
	licensed := FactsOf(&registry.Family{Record: registry.Record{Formal: []registry.FormalItem{
		{Kind: "household_licence", ExpiresOn: mustDate(t, "2026-11-24")}, {Kind: "tax_card", State: "applied"}, {Kind: "insurance", ExpiresOn: mustDate(t, "2026-11-23")},
	}}}, nil, nil, mustDate(t, "2026-11-24"))
	if got, _ := json.Marshal(licensed); string(got) != `{"today":"2026-11-24","formal":["household_licence"],"household_licence_until":"2026-11-24","running_loans":0,"visits":0}` {
		t.Errorf("licences: %s", got)
	}
}

// TestStoredPositions holds the order of facts and of their values to what stored vectors hold: both may only grow at their end. After
// such a growth, write the new golden text from the failure; after any other change, give encodingVersion a new number first.
func TestStoredPositions(t *testing.T) {
	var b strings.Builder
	for _, f := range append(schema[:], documentsFact) {
		fmt.Fprintf(&b, "%d %s %s", f.Ref, f.Name, f.Kind)
		for _, v := range f.Values {
			b.WriteString(" " + v.Code)
		}
		b.WriteByte('\n')
	}
	want, err := os.ReadFile("testdata/positions.golden")
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
