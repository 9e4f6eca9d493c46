package intake

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

func TestCheckCompleteForms(t *testing.T) {
	rec, ps := check(t, "EG", egypt())
	if got, want := says(ps), []string{}; !slices.Equal(got, want) {
		t.Fatalf("Egypt: problems %q, want none", got)
	}
	got := map[string]string{}
	for _, v := range rec.Values() {
		got[v.Path] = v.Text
	}
	for path, want := range map[string]string{
		"case.application_date": "2026-03-01", "case.round": "2026-1", "lead.given_name": "هبة الله", "lead.id_number": "29003152601245", "lead.birth_date": "1990-03-15",
		"lead.phones[0].number": "+201001234567", "lead.phones[0].whatsapp": "yes", "lead.phones[1].number": "+201112345678", "household.size": "6",
		"household.members[0].birth_year": "1985", "household.benefits[0].since": "2020-01-01", "address.lat": "26.562346", "address.accuracy": "12.4", "address.building": "12",
		"address.text": "خلف المدرسة\nالدور الأول", "project.channels[2]": "exhibition", "skills.training[0].date": "2026-02-27", "formal[0].number": "123456789",
		"finance.est_value": "125050", "finance.currency": "EGP", "finance.own_share": "25", "finance.loans[0].amount": "2000000", "finance.loans[0].currency": "EGP",
		"consents[0].given": "yes", "consents[0].version": registry.ConsentVersion, "consents[1].version": "2026-1",
	} {
		if got[path] != want {
			t.Errorf("%s: got %q, want %q", path, got[path], want)
		}
	}
	rec, ps = check(t, "QA", qatar())
	if got := says(ps); len(got) > 0 {
		t.Errorf("Qatar: problems %q, want none", got)
	}
	if got, want := rec.Lead.Phones[0].Number, "+97433123456"; got != want {
		t.Errorf("Qatari phone: got %q, want %q", got, want)
	}
	if got, want := rec.Lead.Nationality+" "+rec.Finance.Currency+" "+rec.Address.Zone, "QA QAR 52"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// One change to a complete form, and what it must lead to.
func TestCheckProblems(t *testing.T) {
	for _, c := range []struct {
		name   string
		party  place.Country
		values map[string][]string
		want   []string
	}{
		{"nothing typed but ticks", "EG", map[string][]string{"lead.phones[0].whatsapp": {"yes"}}, []string{"case.channel problem.required", "case.application_date problem.required",
			"lead.given_name problem.required", "lead.rest_of_name problem.required", "lead.id_type problem.required", "lead.id_number problem.required", "lead.birth_date problem.required",
			"lead.sex problem.required", "lead.nationality problem.required", "lead.phones[0].number problem.required", "household.size problem.required", "address.area problem.required",
			"address.district problem.required", "project.craft problem.required", "project.activity problem.required", "project.stage problem.required", "consents problem.consent_needed"}},
		{"wrong choice", "EG", with(egypt(), "lead.sex", "x", "case.channel", "<script>"), []string{"case.channel problem.choice", "lead.sex problem.choice"}},
		{"programme of the other country", "EG", with(egypt(), "household.benefits[0].programme", "social_security_qa"), []string{"household.benefits[0].programme problem.choice"}},
		{"area of the other country", "EG", with(egypt(), "address.area", "QA-DA"), []string{"address.area problem.choice"}},
		{"currency of the other country", "EG", with(egypt(), "finance.currency", "QAR"), []string{"finance.currency problem.currency"}},
		{"set with a wrong value", "EG", func() map[string][]string { m := egypt(); m["project.channels"] = []string{"home", "moon"}; return m }(), []string{"project.channels problem.choice"}},
		{"dates", "EG", with(egypt(), "case.application_date", "31/2/2026", "lead.birth_date", "15/3/90", "household.benefits[0].since", "3/3/2026", "formal[0].expires_on", "1/1/2024"),
			[]string{"case.application_date calendar.day", "lead.birth_date calendar.short_year", "household.benefits[0].since problem.date_future", "formal[0].expires_on problem.expiry_before_issue", "formal[0].expires_on problem.valid_but_expired?"}},
		{"too old a date", "EG", with(egypt(), "lead.birth_date", "1/1/1880"), []string{"lead.birth_date problem.date_early"}},
		{"born after the application", "EG", with(egypt(), "lead.birth_date", "2026-03-02", "lead.id_type", "passport", "lead.id_number", "A1234567"),
			[]string{"lead.birth_date problem.born_after_application", "guardian.name problem.guardian_needed"}},
		{"number against birth date, sex and nationality", "EG", with(egypt(), "lead.birth_date", "1990-03-16", "lead.sex", "m", "lead.nationality", "QA"),
			[]string{"lead.birth_date identity.hint.birth_date?", "lead.sex identity.hint.sex?", "lead.nationality identity.hint.nid_nationality?"}},
		{"short id number", "EG", with(egypt(), "lead.id_number", "123"), []string{"lead.id_number identity.nid.length"}},
		{"expired id", "EG", with(egypt(), "lead.id_expiry", "1/1/2026"), []string{"lead.id_expiry problem.id_expired?"}},
		{"phone", "EG", with(egypt(), "lead.phones[1].number", "01001234567"), []string{"lead.phones[1].number problem.twice"}},
		{"no phone", "EG", without(egypt(), "lead.phones"), []string{"lead.phones problem.phone_needed"}},
		{"young without guardian", "EG", with(egypt(), "lead.birth_date", "2006-03-15", "lead.id_number", "30603152601245"), []string{"guardian.name problem.guardian_needed"}},
		{"half a guardian", "EG", with(egypt(), "guardian.name", "سعيد حسن"), []string{"guardian.relation problem.required", "guardian.id_number problem.required", "guardian.proof problem.required"}},
		{"guardian is the applicant", "EG", with(egypt(), "guardian.name", "سعيد حسن", "guardian.relation", "father", "guardian.proof", "court_order", "guardian.id_type", "eg_nid", "guardian.id_number", "29003152601245"),
			[]string{"guardian.id_number problem.guardian_is_lead"}},
		{"household too small", "EG", with(egypt(), "household.size", "5"), []string{"household.size problem.household_size"}},
		{"all dependents", "EG", with(egypt(), "household.dependents", "6"), []string{"household.dependents problem.dependents"}},
		{"no number", "EG", with(egypt(), "household.size", "six", "project.workers_family", "101", "household.members[0].birth_year", "1405"),
			[]string{"household.members[0].birth_year problem.year", "household.size problem.whole_number", "project.workers_family problem.range"}},
		{"nameless member", "EG", with(egypt(), "household.members[1].name", ""), []string{"household.members[1].name problem.required"}},
		{"digits in a name", "EG", with(egypt(), "lead.given_name", "منى 2", "lead.rest_of_name", "<b>"), []string{"lead.given_name problem.name", "lead.rest_of_name problem.name"}},
		{"Arabic in the Latin name", "EG", with(egypt(), "lead.name_en", "منى"), []string{"lead.name_en problem.latin"}},
		{"e-mail", "EG", with(egypt(), "lead.email", "heba@"), []string{"lead.email problem.email"}},
		{"disability without card", "EG", with(egypt(), "lead.disability", "vision"), []string{"lead.disability_card problem.disability_card?"}},
		{"card without disability", "EG", with(egypt(), "lead.disability_card", "77123"), []string{"lead.disability problem.disability_kind"}},
		{"literacy attested by nobody", "EG", with(egypt(), "lead.literacy_by", ""), []string{"lead.literacy_by problem.literacy_by?"}},
		{"position", "EG", with(egypt(), "address.lat", "31.745", "address.lon", "26.56"), []string{}},
		{"position of the other country", "QA", with(qatar(), "address.lat", "30.04", "address.lon", "31.23"), []string{"address.lat problem.outside_country", "address.lon problem.outside_country"}},
		{"half a position", "QA", with(qatar(), "address.lat", "25.3"), []string{"address.lon problem.both_degrees"}},
		{"position in words", "QA", with(qatar(), "address.lat", "0x19", "address.lon", "1e1", "address.accuracy", "-1"), []string{"address.lat problem.degrees", "address.lon problem.degrees", "address.accuracy problem.accuracy"}},
		{"money", "EG", with(egypt(), "finance.est_value", "1,25", "finance.own_share", "101%", "finance.loans[0].amount", "99999999999999"),
			[]string{"finance.est_value problem.money", "finance.own_share problem.range", "finance.loans[0].amount problem.money_max"}},
		{"guarantee of no kind", "EG", with(egypt(), "finance.guarantee", "none"), []string{"finance.guarantee problem.guarantee_kind"}},
		{"licence without number", "QA", with(qatar(), "formal[0].number", ""), []string{"formal[0].number problem.required"}},
		{"tax number", "EG", with(egypt(), "formal[0].number", "12"), []string{"formal[0].number identity.tin.length"}},
		{"IBAN", "QA", with(qatar(), "formal[1].kind", "bank_account", "formal[1].state", "valid", "formal[1].number", "qa00 1234"), []string{"formal[1].number identity.iban.length"}},
		{"no consent", "EG", with(egypt(), "consents[0].given", ""), []string{"consents[0].given problem.consent_needed"}},
		{"consent without date and manner", "EG", with(egypt(), "consents[0].date", "", "consents[0].how", ""), []string{"consents[0].date problem.required", "consents[0].how problem.required"}},
		{"consent to a text of the future", "EG", with(egypt(), "consents[0].version", "2027-1"), []string{"consents[0].version problem.consent_version"}},
		{"the same consent twice", "EG", with(egypt(), "consents[1].scope", "own_ministry"), []string{"consents[1].scope problem.twice", "consents[1].given problem.consent_needed"}},
		{"the same programme twice", "EG", with(egypt(), "household.benefits[7].programme", "takaful", "household.benefits[7].status", "ended"), []string{"household.benefits[1].programme problem.twice"}},
	} {
		_, ps := check(t, c.party, c.values)
		if got := says(ps); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestGuardianAge(t *testing.T) {
	young := with(egypt(), "lead.birth_date", "2003-03-01", "lead.id_number", "30303012601245") // 23 on the day of the application
	for age, want := range map[int]int{0: 0, 21: 0, 23: 0, 24: 1, 25: 1} {
		r, _ := Decode(young)
		ctx := testContext(t, "EG")
		ctx.GuardianAge = age
		_, ps := r.Check(ctx)
		if got := len(ps.On("guardian.name")); got != want {
			t.Errorf("limit %d: got %d problems on the guardian, want %d", age, got, want)
		}
	}
}

func TestCheckDigitHintIsASetting(t *testing.T) {
	r, _ := Decode(with(egypt(), "lead.id_number", "29003152601246")) // 5 is what the rule gives
	ctx := testContext(t, "EG")
	for _, want := range [][]string{{}, {"lead.id_number identity.hint.check_digit?"}} {
		_, ps := r.Check(ctx)
		if got := says(ps); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		ctx.CheckDigit = true
	}
}

// No problem may hold what was typed in a protected field.
func TestProblemsHoldNoValues(t *testing.T) {
	for field := range registry.Paths() {
		const secret = "9876543210987"
		values := with(egypt(), withRow(field), secret)
		_, ps := check(t, "EG", values)
		for _, p := range ps {
			for _, a := range p.Args {
				if s, ok := a.(string); ok && strings.Contains(s, secret) {
					t.Errorf("%s: the problem %s holds the value", p.Field, p.Key)
				}
			}
		}
	}
}

// withRow puts the index of the first row into a path.
func withRow(path string) string {
	for list := range RowLimits() {
		if rest, ok := strings.CutPrefix(path, list+"."); ok {
			return list + "[0]." + rest
		}
	}
	return path
}

func TestDecodeHostile(t *testing.T) {
	long := strings.Repeat("ا", 5000)
	for _, c := range []struct {
		name   string
		values map[string][]string
		want   []string
		keeps  map[string]string
	}{
		{"unknown and confused names", map[string][]string{"lead": {"x"}, "lead[given_name]": {"x"}, "lead.given_name[0]": {"x"}, "lead.given_name.x": {"x"}, "household.members": {"x"}, "household.members.name": {"x"},
			"household.members[0]": {"x"}, "household.members[-1].name": {"x"}, "household.members[01].name": {"x"}, "household.members[1e3].name": {"x"}, "household.members[99999].name": {"x"},
			"household.members[٣].name": {"x"}, "household[0].members.name": {"x"}, "household.members[NEW].name": {"x"}, "": {"x"}, "[": {"x"}, "]": {"x"}, "[]": {"x"}, "constructor.prototype": {"x"},
			"formal[0]kind": {"x"}, "formal[0][1].kind": {"x"}, strings.Repeat("a[0]", 2000): {"x"}, "case.channel": {}}, []string{}, map[string]string{}},
		{"repeated", map[string][]string{"lead.sex": {"f", "m"}, "formal[3].kind": {"a", "b"}}, []string{"lead.sex problem.repeated", "formal[0].kind problem.repeated"}, map[string]string{"lead.sex": "f", "formal[0].kind": "a"}},
		{"too long", map[string][]string{"lead.given_name": {long}, "household.members[4].name": {long}, "project.channels": {"home", long}},
			[]string{"lead.given_name problem.too_long", "household.members[0].name problem.too_long", "project.channels problem.too_long"},
			map[string]string{"lead.given_name": long[:240], "household.members[0].name": long[:240], "project.channels[0]": "home", "project.channels[1]": long[:80]}},
		{"cut before a space", map[string][]string{"case.round": {strings.Repeat("a", 39) + " " + "b"}}, []string{"case.round problem.too_long"}, map[string]string{"case.round": strings.Repeat("a", 39)}},
		{"megabytes of nothing", map[string][]string{"lead.email": {strings.Repeat("\u200f", 1<<20)}}, []string{"lead.email problem.too_long"}, map[string]string{}},
		{"control characters", map[string][]string{"lead.given_name": {"من\x00ى"}, "lead.rest_of_name": {"\x1b[31m"}, "project.activity": {"a\u0085b\tc\r\nd"}, "address.text": {"one\r\ntwo\x7f"}},
			[]string{"lead.given_name problem.control", "lead.rest_of_name problem.control", "address.text problem.control"},
			map[string]string{"lead.given_name": "منى", "lead.rest_of_name": "[31m", "project.activity": "a b c d", "address.text": "one\ntwo"}},
		{"direction marks go in silence", map[string][]string{"lead.phones[0].number": {"\u202a+20 100\u202c"}, "lead.given_name": {"\u202eمنى\u2069"}}, []string{}, map[string]string{"lead.phones[0].number": "+20 100", "lead.given_name": "منى"}},
		{"not UTF-8", map[string][]string{"lead.given_name": {"\xff\xfe"}}, []string{"lead.given_name problem.encoding"}, map[string]string{"lead.given_name": "\ufffd\ufffd"}},
		{"gaps are closed", map[string][]string{"formal[9].kind": {"wallet"}, "formal[2].kind": {"tax_card"}, "formal[4].state": {""}}, []string{}, map[string]string{"formal[0].kind": "tax_card", "formal[2].kind": "wallet"}},
		{"hostile text is only text", map[string][]string{"project.name": {`"><img src=x onerror=alert(1)>'; DROP TABLE families;-- {{.}} ${7*7} =1+1`}}, []string{},
			map[string]string{"project.name": `"><img src=x onerror=alert(1)>'; DROP TABLE families;-- {{.}} ${7*7} =1+1`}},
	} {
		r, ps := Decode(c.values)
		if got := says(ps); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
		if got := r.Values(); !maps.Equal(got, c.keeps) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.keeps)
		}
	}
}

// Every field of both forms against every odd value: the problem is at the field, or the field is text and the value has become a text that can be kept.
func TestEveryFieldAgainstOddValues(t *testing.T) {
	odd := []string{"\x00", "a\x00b", "\u202eابجد", "\u2066x", "\xff\xfe", "<script>alert(1)</script>", "' OR 1=1 --", "{{.}}", "%00", "=1+1", strings.Repeat("أ", 3_000), "-1",
		"99999999999999999999", "1e309", "NaN", "../../etc/passwd", "\r\nSet-Cookie: x=1", "٣٥٥٥٥٥٥٥٥٥٥٥٥٥٥٥", "🧵🧵", "31/02/2020", "0000-00-00"}
	tried := 0
	for party, values := range map[place.Country]map[string][]string{"EG": egypt(), "QA": qatar()} {
		for name := range values {
			kind := registry.KindOf(name)
			for _, value := range odd {
				bad := maps.Clone(values)
				bad[name] = []string{value}
				in, ps := Decode(bad)
				record, more := in.Check(testContext(t, party))
				ps = append(ps, more...)
				tried++
				path := strings.TrimSuffix(name, "[0]")
				if kind.Type != "text" && !slices.ContainsFunc(ps, func(p fault.Problem) bool { return strings.HasPrefix(p.Field, path) }) {
					if got := in.Values()[name]; got != "" && !(name == "finance.own_share" && value == "%00") { // that is nought per cent; and nothing is left of a mark that cannot be seen
						t.Errorf("%s = %.30q: no problem, and %q is kept", name, value, got)
					}
				}
				for field, text := range FromRecord(&record).Values() {
					if strings.ContainsAny(text, "\x00\u202e\u2066") || !utf8.ValidString(text) || len(text) > 4_000 {
						t.Errorf("%s = %.30q: %s would be stored as %.60q", name, value, field, text)
					}
				}
			}
		}
	}
	if tried < 2_500 {
		t.Errorf("only %d tries", tried)
	}
}

func TestDecodeCaps(t *testing.T) {
	many := map[string][]string{}
	for i := range MaxFields + 1 {
		many["x"+strconv.Itoa(i)] = []string{"y"}
	}
	many["lead.given_name"] = []string{"منى"}
	r, ps := Decode(many)
	if got, want := says(ps), []string{" problem.too_many_fields"}; !slices.Equal(got, want) || !reflect.DeepEqual(r, &Registration{}) {
		t.Errorf("got %q and %v, want %q and nothing", got, r, want)
	}
	for list, max := range RowLimits() {
		leaf := form().byList[list].leaves[0]
		values := map[string][]string{}
		for i := range max + 3 {
			values[at(list, i*2, leaf.name())] = []string{strconv.Itoa(i)}
		}
		r, ps := Decode(values)
		if got, want := says(ps), []string{list + " problem.too_many_rows"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", list, got, want)
		}
		if got := r.Rows()[list]; got != max {
			t.Errorf("%s: got %d rows, want %d", list, got, max)
		}
		if got, want := r.Values()[at(list, max-1, leaf.name())], strconv.Itoa(max-1); got != want {
			t.Errorf("%s: the last row holds %q, want %q", list, got, want)
		}
	}
	// What did not come through Decode is bounded by Check.
	r = &Registration{Household: Household{Members: make([]Member, 100_000)}, Project: Project{Equipment: strings.Repeat("x", 5000)}}
	if got := says(r.CheckDraft(testContext(t, "EG"))); !slices.Equal(got, []string{"household.members problem.too_many_rows", "project.equipment problem.too_long"}) {
		t.Errorf("got %q", got)
	}
	if len(r.Household.Members) != 100_000 {
		t.Error("Check changed its input")
	}
}

// Decode, Values, Sets and JSON keep everything that was typed.
func TestDraftKeepsWhatWasTyped(t *testing.T) {
	for _, values := range []map[string][]string{egypt(), qatar()} {
		r, _ := Decode(values)
		back := r.Values()
		for name, v := range values {
			if name == "project.channels" {
				if got := r.Sets()[name]; !slices.Equal(got, v) {
					t.Errorf("%s: got %q, want %q", name, got, v)
				}
				continue
			}
			if back[name] != v[0] {
				t.Errorf("%s: got %q, want %q", name, back[name], v[0])
			}
		}
		again := map[string][]string{}
		for k, v := range back {
			again[k] = []string{v}
		}
		if r2, _ := Decode(again); !reflect.DeepEqual(r2, r) {
			t.Error("Decode(Values) is another form")
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var r3 Registration
		if err := json.Unmarshal(raw, &r3); err != nil || !reflect.DeepEqual(&r3, r) {
			t.Errorf("JSON gives another form (%v)", err)
		}
		if got := says(r.CheckDraft(testContext(t, "EG"))); len(got) > 0 && values["case.channel"][0] == "social_unit" {
			t.Errorf("a sound draft has problems %q", got)
		}
	}
}

func TestDraftNeedsNothingButShape(t *testing.T) {
	r, _ := Decode(map[string][]string{"lead.id_number": {"123"}, "lead.birth_date": {"15/"}, "lead.sex": {"x"}, "formal[0].kind": {"household_licence"}})
	if got, want := says(r.CheckDraft(testContext(t, "EG"))), []string{"lead.sex problem.choice", "formal[0].kind problem.choice"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMerge(t *testing.T) {
	draft, _ := Decode(egypt())
	before, _ := Decode(egypt())
	household, _ := StepNamed("household")
	merged, ps := Merge(draft, household, map[string][]string{"household.size": {"3"}, "household.members[5].name": {"سعاد"}, "household.income_band": {"none"}, "lead.given_name": {"other"}})
	if len(ps) > 0 {
		t.Errorf("problems %q", says(ps))
	}
	want, _ := Decode(egypt())
	want.Household = Household{Size: "3", Members: []Member{{Name: "سعاد"}}, IncomeBand: "below_half", Benefits: want.Household.Benefits} // the band is of another step
	if !reflect.DeepEqual(merged, want) {
		t.Errorf("got %+v\nwant %+v", merged.Household, want.Household)
	}
	if !reflect.DeepEqual(draft, before) {
		t.Error("Merge changed the draft")
	}
	project, _ := StepNamed("project")
	merged, _ = Merge(draft, project, map[string][]string{"project.craft": {"CK"}})
	if got, want := merged.Project, (Project{Craft: "CK"}); !reflect.DeepEqual(got, want) {
		t.Errorf("unticked boxes: got %+v, want %+v", got, want)
	}
	many := map[string][]string{}
	for i := range MaxFields + 1 {
		many[strconv.Itoa(i)] = nil
	}
	if merged, ps := Merge(draft, project, many); len(ps) != 1 || !reflect.DeepEqual(merged, draft) {
		t.Errorf("a flood must leave the draft as it was: %q", says(ps))
	}
	if merged, _ := Merge(draft, Step{Name: "nowhere"}, egypt()); !reflect.DeepEqual(merged, draft) {
		t.Error("an unknown step changed the draft")
	}
}

// Merging every step of one form into an empty draft gives the form.
func TestStepsCoverTheForm(t *testing.T) {
	whole, _ := Decode(egypt())
	draft := &Registration{}
	for _, s := range Steps("EG") {
		draft, _ = Merge(draft, s, egypt())
	}
	if !reflect.DeepEqual(draft, whole) {
		t.Error("the steps together are not the form")
	}
	for _, l := range form().leaves {
		if StepOf(l.path) == "" {
			t.Errorf("%s stands on no step", l.path)
		}
	}
	for field, want := range map[string]string{"household.members[2].name": "household", "household.benefits": "protection", "household.benefits[0].since": "protection", "household.income_band": "protection",
		"household.size": "household", "formal[11].number": "formal", "casex": "", "": "", "lead": "lead"} {
		if got := StepOf(field); got != want {
			t.Errorf("StepOf(%q) = %q, want %q", field, got, want)
		}
	}
}

func TestCheckStep(t *testing.T) {
	r, _ := Decode(with(egypt(), "household.size", "2", "household.income_band", "x", "lead.sex", ""))
	for step, want := range map[string][]string{"household": {"household.size problem.household_size", "household.dependents problem.dependents"}, "protection": {"household.income_band problem.choice"},
		"lead": {"lead.sex problem.required"}, "project": {}} {
		s, ok := StepNamed(step)
		if got := says(r.CheckStep(testContext(t, "EG"), s)); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", step, got, want)
		}
	}
}

func TestRows(t *testing.T) {
	r := &Registration{}
	for i := range 6 {
		if !r.AddRow("lead.phones") {
			t.Fatalf("row %d refused", i)
		}
	}
	if r.AddRow("lead.phones") || r.AddRow("lead") || r.AddRow("project.channels") {
		t.Error("a row too many was added")
	}
	for i := range r.Lead.Phones {
		r.Lead.Phones[i].Number = strconv.Itoa(i)
	}
	before := slices.Clone(r.Lead.Phones)
	kept := r.Lead.Phones
	if !r.RemoveRow("lead.phones", 2) || r.RemoveRow("lead.phones", 5) || r.RemoveRow("lead.phones", -1) || r.RemoveRow("x", 0) {
		t.Error("RemoveRow reports wrongly")
	}
	if got, want := r.Lead.Phones, []Phone{{Number: "0"}, {Number: "1"}, {Number: "3"}, {Number: "4"}, {Number: "5"}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !slices.Equal(kept, before) {
		t.Error("rows that others hold were changed")
	}
	for s, want := range map[string]int{"household.members[2]": 2, "formal[0]": 0, "formal[x]": -1, "formal[]": -1, "formal": -1, "nope[1]": -1, "formal[0].kind": -1, "formal[99999]": -1} {
		list, i, ok := ParseRow(s)
		if !ok {
			i = -1
		}
		if i != want {
			t.Errorf("ParseRow(%q) = %q, %d, %v; want %d", s, list, i, ok, want)
		}
	}
	// Blank rows stay for the page and are no rows of the record; problems keep the row of the page.
	r, _ = Decode(with(egypt(), "household.members[0].name", "", "household.members[0].relation", "", "household.members[0].sex", "", "household.members[0].birth_year", "", "household.members[1].name", "7"))
	rec, ps := r.Check(testContext(t, "EG"))
	if got, want := says(ps), []string{"household.members[1].name problem.name"}; !slices.Equal(got, want) || len(rec.Household.Members) != 4 || r.Rows()["household.members"] != 5 {
		t.Errorf("got %q and %d members, want %q and 4", got, len(rec.Household.Members), want)
	}
}

func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 600 {
		party := place.Countries()[i%2]
		ctx := testContext(t, party)
		ctx.GuardianAge = 0
		rec := random(rnd, party, ctx.Today)
		got, ps := FromRecord(&rec).Check(ctx)
		if p := ps.Blocking(); len(p) > 0 {
			t.Fatalf("%d: problems %q of %+v", i, says(p), rec)
		}
		if !reflect.DeepEqual(got, rec) {
			t.Fatalf("%d: another record: %v", i, registry.Diff(&rec, &got))
		}
	}
}

// The struct of strings and the record have the same leaves.
func TestLeavesAreTheRecords(t *testing.T) {
	paths := registry.Paths()
	for path := range form().byPath {
		if _, ok := paths[path]; !ok {
			t.Errorf("%s is no leaf of a record", path)
		}
	}
	for path := range paths {
		if _, ok := form().byPath[path]; !ok {
			t.Errorf("%s is no field of the form", path)
		}
	}
	for party, fields := range required {
		for _, f := range fields {
			if l := form().byPath[f]; l == nil || l.list != nil || !Required(party, f) {
				t.Errorf("%s: required field %s", party, f)
			}
		}
	}
	for _, f := range requiredInRow {
		if l := form().byPath[f]; l == nil || l.list == nil {
			t.Errorf("%s is required in a row and in none", f)
		}
	}
	if Required("EG", "address.zone") || !Required("QA", "address.zone") || !Required("EG", "lead.phones[3].number") || Required("", "lead.sex") {
		t.Error("Required is wrong")
	}
	if got := MaxLength("household.members[3].name"); got != 120 {
		t.Errorf("MaxLength: got %d", got)
	}
}

func TestSummary(t *testing.T) {
	r, _ := Decode(with(egypt(), "address.area", "QA-DA", "lead.sex", "z"))
	got := r.Summary(testContext(t, "EG"))
	if want := (Summary{Name: "هبة الله محمود علي السيد", Craft: "TX", Project: "نسيج أخميم"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	r, _ = Decode(egypt())
	if got := r.Summary(testContext(t, "EG")); got.Area != "EG-SHG" || got.Sex != registry.Female {
		t.Errorf("got %+v", got)
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int64
		ok   bool
	}{
		{"1250", 125000, true}, {"1,250.50", 125050, true}, {"١٬٢٥٠٫٥٠", 125050, true}, {"١،٢٥٠", 125000, true}, {"1 250,5", 0, false}, {"1.5", 150, true}, {"0", 0, true}, {".5", 0, false}, {"5.", 0, false},
		{"1,25", 0, false}, {"1250,50", 0, false}, {"1.250,50", 0, false}, {"12,345,678.09", 1234567809, true}, {"1234,567", 0, false}, {"-5", 0, false}, {"1e3", 0, false}, {"0x10", 0, false}, {"1.234", 0, false},
		{"500 جنيه", 50000, true}, {"EGP 500", 50000, true}, {"۵۰۰ ريال", 50000, true}, {"", 0, false}, {"99999999999999999999999", 0, false}, {"1'000", 100000, true}, {",100", 0, false}, {"NaN", 0, false},
	} {
		got, ok := parseMoney(c.in)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("parseMoney(%q) = %d, %v; want %d, %v", c.in, got, ok, c.want, c.ok)
		}
		if ok {
			if back, ok := parseMoney(formatMoney(got)); !ok || back != got {
				t.Errorf("%q becomes %q and then %d", c.in, formatMoney(got), back)
			}
		}
	}
}

func TestSmallInputs(t *testing.T) {
	one := func(pairs ...string) map[string][]string { return with(map[string][]string{}, pairs...) }
	ctx := testContext(t, "EG")
	collect := func(name string, got fault.Problems, want ...string) {
		t.Helper()
		if s := says(got); !slices.Equal(s, append([]string{}, want...)) {
			t.Errorf("%s: got %q, want %q", name, s, want)
		}
	}

	d, ps := DecodeDecision(map[string][]string{"reasons": {"missing_document", "other", "other"}, "note": {"نقص\nالبطاقة"}, "version": {"3"}})
	v, more := d.Check()
	collect("decision", append(ps, more...))
	if want := (registry.Verdict{Reasons: []registry.Reason{"missing_document", "other"}, Note: "نقص\nالبطاقة"}); !reflect.DeepEqual(v, want) {
		t.Errorf("decision: got %+v, want %+v", v, want)
	}
	d, _ = DecodeDecision(map[string][]string{"reasons": {"other", "nonsense"}})
	_, ps = d.Check()
	collect("bad decision", ps, "reasons problem.choice", "note problem.note_required")

	version, key, ps := Stamp(one("version", "7", "key", "abcdefgh-1"))
	collect("stamp", ps)
	if version != 7 || key != "abcdefgh-1" {
		t.Errorf("stamp: got %d, %q", version, key)
	}
	_, _, ps = Stamp(map[string][]string{"version": {"x"}, "key": {"abcdefgh", "abcdefgh"}})
	collect("bad stamp", ps, " problem.broken_form", " problem.broken_form")

	visit, _ := DecodeVisit(one("date", "١/٣/٢٠٢٦", "kind", "activity", "finding", "active", "lat", "26.5", "lon", "31.7"))
	got, ps := visit.Check(ctx)
	collect("visit", ps)
	if got.Date != date(t, "2026-03-01") || got.Lat != "26.5" || got.Finding != "active" {
		t.Errorf("visit: got %+v", got)
	}
	visit, _ = DecodeVisit(one("date", "1/4/2026", "finding", "moved", "lon", "31.7"))
	_, ps = visit.Check(ctx)
	collect("bad visit", ps, "date problem.date_future", "kind problem.required", "note problem.visit_note", "lat problem.both_degrees")

	doc, _ := DecodeDocument(one("type", "id_card", "number", "a ١٢٣", "issued_on", "1/1/2020", "valid_until", "1/1/2025"))
	gotDoc, ps := doc.Check(ctx)
	collect("document", ps, "valid_until problem.document_expired?")
	if gotDoc.Number != "A123" || gotDoc.ValidUntil != date(t, "2025-01-01") {
		t.Errorf("document: got %+v", gotDoc)
	}
	doc, _ = DecodeDocument(one("type", "x", "number", "**", "issued_on", "1/1/2020", "valid_until", "1/1/2019"))
	_, ps = doc.Check(ctx)
	collect("bad document", ps, "type problem.choice", "number problem.number", "valid_until problem.expiry_before_issue", "valid_until problem.document_expired?")

	w, _ := DecodeWaiver(one("criterion", "EG-3", "exception", "graduate", "reason", "خريجة مركز إعداد", "document_id", "12"))
	gotW, ps := w.Check()
	collect("waiver", ps)
	if want := (registry.Waiver{Criterion: "EG-3", Exception: "graduate", Reason: "خريجة مركز إعداد", DocumentID: 12}); gotW != want {
		t.Errorf("waiver: got %+v, want %+v", gotW, want)
	}
	w, _ = DecodeWaiver(one("criterion", "../x y", "reason", "قصير", "document_id", "-1"))
	_, ps = w.Check()
	collect("bad waiver", ps, "criterion problem.choice", "reason problem.reason_short", "document_id problem.choice")

	roles, locales := []string{"field_worker", "reviewer"}, []string{"ar", "en"}
	u, _ := DecodeUser(map[string][]string{"name": {"منى حسن"}, "email": {"Mona@Example.ORG"}, "role": {"reviewer"}, "areas": {"eg-c", "EG-GZ", "EG-C"}})
	gotU, ps := u.Check(ctx, roles, locales)
	collect("user", ps)
	if want := (CheckedUser{Name: "منى حسن", Email: "mona@example.org", Role: "reviewer", Party: "EG", Areas: []string{"EG-C", "EG-GZ"}, Locale: "ar"}); !reflect.DeepEqual(gotU, want) {
		t.Errorf("user: got %+v, want %+v", gotU, want)
	}
	u, _ = DecodeUser(map[string][]string{"name": {"1"}, "email": {"x"}, "role": {"king"}, "party": {"QA"}, "locale": {"fr"}, "areas": {"QA-DA"}})
	_, ps = u.Check(ctx, roles, locales)
	collect("bad user", ps, "name problem.name", "email problem.email", "role problem.choice", "party problem.choice", "areas problem.choice", "locale problem.choice")
	u, _ = DecodeUser(one("name", "منى", "email", "a@b.org", "role", "reviewer", "all_areas", "yes"))
	if gotU, ps := u.Check(ctx, roles, locales); len(ps) > 0 || !gotU.AllAreas {
		t.Errorf("user of all areas: %+v %q", gotU, says(ps))
	}

	p, _ := DecodePasswordChange(one("current_password", " old one ", "new_password", " new\u200f one ", "repeat_password", " new\u200f one "))
	collect("password", p.Check(ctx))
	if p.New != " new\u200f one " || len(valuesOf(p)) != 0 {
		t.Errorf("a password was changed or shown again: %q", p.New)
	}
	p, _ = DecodePasswordChange(one("current_password", "same", "new_password", "same", "repeat_password", "sam"))
	collect("bad password", p.Check(ctx), "new_password problem.password_same", "repeat_password problem.password_differs")
	n, ps := DecodeNewPassword(one("new_password", "a\x00b"))
	collect("new password", append(ps, n.Check(ctx)...), "new_password problem.control", "repeat_password problem.required")

	s, _ := DecodeSignIn(one("email", " Mona@Example.org\u200f", "password", "x", "next", "/families/7?tab=2"))
	email, next, ps := s.Check(ctx)
	collect("sign-in", ps)
	if email != "mona@example.org" || next != "/families/7?tab=2" || s.Values()["password"] != "" {
		t.Errorf("sign-in: got %q, %q", email, next)
	}
	for _, bad := range []string{"", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/ا", "javascript:alert(1)", "\\/evil.example"} {
		if got := LocalPath(bad); got != "/" {
			t.Errorf("LocalPath(%q) = %q", bad, got)
		}
	}

	for in, want := range map[string]string{"١٢٣ ٤٥٦": "123456 true", "abcd-EF12": "ABCDEF12 false", "12345": "12345 false", "12345678": "12345678 false"} {
		f, _ := DecodeSecondFactor(one("code", in))
		code, oneTime, _ := f.Check(ctx)
		if got := code + " " + strconv.FormatBool(oneTime); got != want {
			t.Errorf("second factor %q: got %q, want %q", in, got, want)
		}
	}
	f, _ := DecodeSecondFactor(one("code", "12345!"))
	_, _, ps = f.Check(ctx)
	collect("bad second factor", ps, "code problem.code")
}

func TestFamilyFilter(t *testing.T) {
	ctx := testContext(t, "EG")
	f, ps := DecodeFamilyFilter(map[string][]string{"q": {" هبة  ٢٩٠ "}, "state": {"draft", "returned", "draft"}, "area": {"EG-C"}, "craft": {"TX"}, "sex": {"f"}, "protection": {"none"}, "overall": {"incomplete"},
		"entered_by": {"me"}, "reviewer": {"12"}, "amendment": {"yes"}, "from": {"١/١/٢٠٢٦"}, "to": {"2026-02-01"}, "sort": {"name"}, "after": {"abc_-."}, "limit": {"100"}})
	got, more := f.Check(ctx)
	if ps = append(ps, more...); len(ps) > 0 {
		t.Errorf("problems %q", says(ps))
	}
	want := CheckedFilter{Text: "هبة 290", States: []registry.State{"draft", "returned"}, Areas: []string{"EG-C"}, Crafts: []string{"TX"}, Sexes: []registry.Sex{"f"}, Protections: []registry.Protection{"none"},
		Overalls: []string{"incomplete"}, Mine: true, Reviewer: 12, Amendment: true, DateField: "created", From: date(t, "2026-01-01"), To: date(t, "2026-02-01"), Sort: "name", After: "abc_-.", Limit: 100}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	again, _ := DecodeFamilyFilter(got.Query())
	back, _ := again.Check(ctx)
	want.After = ""
	if !reflect.DeepEqual(back, want) {
		t.Errorf("Query gives another filter: %+v\nwant %+v", back, want)
	}
	f, _ = DecodeFamilyFilter(map[string][]string{"state": {"dead"}, "area": {"QA-DA"}, "craft": {"ZZ"}, "entered_by": {"-1"}, "from": {"2026-02-01"}, "to": {"2026-01-01"}, "sort": {"x"}, "limit": {"9999"}, "after": {"'; --"}})
	got, ps = f.Check(ctx)
	if len(ps.Blocking()) > 0 || len(ps) != 8 {
		t.Errorf("got %q, want eight warnings", says(ps))
	}
	if want := (CheckedFilter{DateField: "created", From: date(t, "2026-02-01"), Sort: "newest", Limit: 50}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("lead.given_name", "منى", "household.members[3].name", "x")
	f.Add("formal[1].number", "EG38 0019", "formal[1].kind", "bank_account")
	f.Add("project.channels[1]", "home", "project.channels", "\xff\x00")
	f.Add("lead[given_name]", "\u202e", "consents[0]", "[[")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		r, ps := Decode(map[string][]string{k1: {v1, v2}, k2: {v2}, k1 + k2: {v1}})
		for _, p := range ps {
			if p.Severity != fault.Blocking {
				t.Errorf("Decode warns: %+v", p)
			}
		}
		for name, v := range r.Values() {
			if max := MaxLength(name); max == 0 || len([]rune(v)) > max {
				t.Errorf("%s holds %d characters of %d", name, len([]rune(v)), max)
			}
		}
		again := map[string][]string{}
		for list, n := range r.Rows() { // blank rows have no values, but a page sends their fields
			for i := range n {
				again[at(list, i, form().byList[list].leaves[0].name())] = []string{""}
			}
		}
		for name, v := range r.Values() {
			again[name] = []string{v}
		}
		if r2, ps := Decode(again); len(ps) > 0 || !maps.Equal(r2.Values(), r.Values()) {
			t.Errorf("decoding again: %q\n%q\n%q", says(ps), r.Values(), r2.Values())
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add("lead.given_name", "منى", "finance.est_value", "1,250", true)
	f.Add("formal[1].number", "E G 12 345", "formal[1].kind", "bank_account", true)
	f.Add("address.lat", "29.99999999", "address.lon", "31", true)
	f.Add("lead.birth_date", "1/9/1410", "lead.id_type", "passport", false)
	f.Add("project.equipment", "\u0958\u0958\n\n\n", "project.name", "\u0344", true)
	f.Add("finance.own_share", "٪", "finance.loans[4].amount", "0.00", false)
	f.Add("consents[0].version", "2025-12", "formal[0].number", "ABC ١", false)
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string, eg bool) {
		party, values := place.Country("QA"), qatar()
		if eg {
			party, values = "EG", egypt()
		}
		values = with(values, k1, v1, k2, v2)
		r, shape := Decode(values)
		ctx := testContext(t, party)
		r.CheckDraft(ctx)
		rec, ps := r.Check(ctx)
		for i := 1; i < len(ps); i++ {
			a, b := form().position(ps[i-1].Field), form().position(ps[i].Field)
			if slices.Compare(a[:], b[:]) > 0 {
				t.Errorf("problems out of order: %q", says(ps))
			}
		}
		if len(shape) > 0 || len(ps.Blocking()) > 0 {
			return
		}
		again, more := FromRecord(&rec).Check(ctx)
		if b := more.Blocking(); len(b) > 0 || !reflect.DeepEqual(again, rec) {
			t.Errorf("the record does not survive: %q %v", says(b), registry.Diff(&rec, &again))
		}
	})
}

func BenchmarkDecodeCheck(b *testing.B) {
	values := egypt()
	ctx := testContext(b, "EG")
	b.Logf("%d fields", len(values))
	b.ReportAllocs()
	for b.Loop() {
		r, ps := Decode(values)
		_, more := r.Check(ctx)
		if len(ps)+len(more) > 0 {
			b.Fatal(says(more))
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	values := egypt()
	b.ReportAllocs()
	for b.Loop() {
		Decode(values)
	}
}

func BenchmarkShape(b *testing.B) {
	r, _ := Decode(egypt())
	b.ReportAllocs()
	for b.Loop() {
		r.shaped(Context{Party: "EG"})
	}
}

// TestEmptyRowsOfTerms: what is wrong with a quota is said by its row, so that rows left empty before it must not be drawn again.
func TestEmptyRowsOfTerms(t *testing.T) {
	in, ps := DecodeExhibition(map[string][]string{"waves[1].first": {"2027-01-01"}, "quotas[1].line": {"party:EG"}, "quotas[1].max": {"7"}, "quotas[3].line": {"first_time:"}, "quotas[3].min": {"2"}})
	if len(ps) > 0 || len(in.Waves) != 1 || len(in.Quotas) != 2 || in.Values()["quotas[1].min"] != "2" {
		t.Fatalf("%v %+v %+v", ps, in.Waves, in.Quotas)
	}
}
