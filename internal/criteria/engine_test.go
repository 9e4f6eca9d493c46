package criteria

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var testScope = scope{params: map[string]int64{"min_age": 18, "two": 2}, ageOn: ApplicationDate}

var testParams = []Param{{Name: "min_age", Value: 18}, {Name: "two", Value: 2}}

// randomExpr writes a condition of every construct of the fast subset, and of some that are left to CEL.
func randomExpr(r *rand.Rand, depth int) string {
	if depth > 0 {
		a, b := randomExpr(r, depth-1), randomExpr(r, depth-1)
		switch r.IntN(6) {
		case 0, 1:
			return "(" + a + " && " + b + ")"
		case 2, 3:
			return "(" + a + " || " + b + ")"
		case 4:
			return "!(" + a + ")"
		default:
			return "(" + a + " ? " + b + " : " + randomExpr(r, depth-1) + ")"
		}
	}
	one := func(xs ...string) string { return xs[r.IntN(len(xs))] }
	num := func() string {
		return one("household_size", "dependents", "own_share", "age", "age_on(today)", "age_on(round_closing)", "days_between(today, application_date)",
			"params.two", fmt.Sprint(r.IntN(8)-1), "age_between(birth_date, training_date)", "project_value")
	}
	date := func() string {
		return one("today", "application_date", "birth_date", "id_valid_until", "date('2020-02-29')", "add_days(last_active_visit, 2)",
			"add_years(birth_date, params.min_age)", "add_years(date('2000-02-29'), 20)")
	}
	cmp := func() string { return one(" == ", " != ", " < ", " <= ", " > ", " >= ") }
	switch r.IntN(16) {
	case 0:
		return one("food", "literacy", "breadwinner", "true", "false", "contract_accepted")
	case 1, 2:
		return num() + cmp() + num()
	case 3, 4:
		return date() + cmp() + date()
	case 5:
		return one("nationality == 'EG'", "'QA' != nationality", "sex == 'f'", "marital_status in ['single', 'widowed']", "area in ['EG-C', 'QA-DA']")
	case 6:
		return num() + one(" in [1, 2, 3]", " in [params.two]", " in []")
	case 7:
		return one("'takaful' in benefits", "has_any(benefits, ['takaful', 'karama'])", "has_all(consents, ['own_ministry', 'catalogue'])",
			"has_any(formal, [])", "has_all(benefits, [])")
	case 8:
		return one("has_document('contract')", "document_valid('id_card', today)", "document_valid('contract', add_days(application_date, 1))")
	case 9:
		return one("food == true", "false != literacy", "breadwinner == (household_size > 2)")
	case 10: // left to CEL
		return one("household_size * 2 > 7", "own_share / dependents > 1", "size(benefits) > 1", "sex == marital_status", "nationality.startsWith('E')",
			"documents['contract'] > today", "today - application_date < duration('48h')", "household_size + 9223372036854775807 > 0")
	default:
		return date() + cmp() + date()
	}
}

// TestFastEvaluatorAgreesWithCEL runs random rules on random facts through both evaluators.
func TestFastEvaluatorAgreesWithCEL(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fast, seen := 0, map[tri]int{}
	for range 1500 {
		src := randomExpr(r, r.IntN(4))
		x, s := bothEvaluators(t, src)
		if x.fast() {
			fast++
		}
		for range 25 {
			f := randomFacts(r)
			got, want := x.root.truth(&f), s.truth(&f)
			if got != want {
				t.Fatalf("%s on %+v: got %d, want %d by CEL", src, f, got, want)
			}
			seen[got]++
		}
	}
	if fast < 700 || fast == 1500 || len(seen) != 4 {
		t.Errorf("%d of 1500 rules ran fast, truths seen %v", fast, seen)
	}
}

func bothEvaluators(t testing.TB, src string) (*expr, *slow) {
	t.Helper()
	x, err := compile(src, testScope)
	if err != nil {
		t.Fatal(err)
	}
	tree, problems := parse(src, testScope.params)
	if problems != nil {
		t.Fatal(problems)
	}
	s, err := newSlow(tree, src, testScope)
	if err != nil {
		t.Fatal(err)
	}
	return x, s
}

func FuzzEvaluators(f *testing.F) {
	for i := range uint64(40) {
		f.Add(randomExpr(rand.New(rand.NewPCG(i, 1)), 2), i)
	}
	f.Fuzz(func(t *testing.T, src string, seed uint64) {
		if CheckCondition(src, testParams) != nil {
			return
		}
		x, s := bothEvaluators(t, src)
		r := rand.New(rand.NewPCG(seed, 2))
		for range 8 {
			v := randomFacts(r)
			if got, want := x.root.truth(&v), s.truth(&v); got != want {
				t.Fatalf("%q on %+v: got %d, want %d by CEL", src, v, got, want)
			}
		}
		Describe(src, nil, "ar")
	})
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"age >= 18", "has_any(benefits, ['x'])", "((((", "params['two'] > 1", "documents.contract > today", "\u202e && \x00", "'\\u0000' in documents"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		typ, problems := Check(src, testParams)
		if (typ == "") != (len(problems) > 0) {
			t.Fatalf("type %q with problems %v", typ, problems)
		}
		for _, p := range problems {
			if p.Offset < 0 || p.Offset > utf8.RuneCountInString(src) || !strings.HasPrefix(p.Key, "criteria.expr.") {
				t.Fatalf("problem outside the text: %+v", p)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		v := randomFacts(r)
		f.Add(v.AppendBinary(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v, w Facts
		if v.Decode(b) != nil {
			return
		}
		if err := w.Decode(v.AppendBinary(nil)); err != nil || v != w {
			t.Fatalf("decoded %+v does not encode: %v", v, err)
		}
		j, err := v.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.UnmarshalJSON(j); err != nil {
			// a code of odd bytes is all that the vector holds and JSON does not
			if n, ok := v.get(Nationality); ok && !plainCode(n) {
				return
			}
			if n, ok := v.get(Area); ok && !plainCode(n) {
				return
			}
			t.Fatalf("%s: %v", j, err)
		}
	})
}

func plainCode(n int64) bool {
	f := &schema[Nationality]
	m, ok := f.codeOf(f.code(n))
	return ok && m == n
}

func FuzzParseSet(f *testing.F) {
	for _, c := range []string{"eg", "qa"} {
		s := seed(f, c)
		s.Criteria = s.Criteria[:3]
		data, err := s.JSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"criteria":[{"condition":"food"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, problems := ParseSet(data)
		if s == nil {
			if len(problems) == 0 {
				t.Fatal("refused without a reason")
			}
			return
		}
		if _, err := Compile(s); err != nil {
			t.Fatalf("a checked set does not compile: %v", err)
		}
	})
}

func FuzzDecodeAssessment(f *testing.F) {
	p := program(f, seed(f, "eg"))
	r := rand.New(rand.NewPCG(9, 9))
	for range 5 {
		v := population(r)
		f.Add(p.AppendJSON(nil, p.Assess(&v, nil)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, err := DecodeAssessment(data); err == nil {
			p.Sheet(a, "ar")
		}
	})
}

func TestRows(t *testing.T) {
	tests := []struct {
		src  string
		rows []Clause
		all  bool
	}{
		{"age >= params.min_age && !food", []Clause{{Fact: "age", Op: Ge, Values: []string{"params.min_age"}}, {Fact: "food", Op: IsFalse}}, true},
		{"age_on(today) < 60 || 'takaful' in benefits", []Clause{{Fact: "age", Op: Lt, Values: []string{"60"}, On: "today"}, {Fact: "benefits", Op: Has, Values: []string{"takaful"}}}, false},
		{"!(nationality in ['EG', 'QA']) && id_valid_until >= application_date && training_date > date('2026-01-01')", []Clause{
			{Fact: "nationality", Op: NotIn, Values: []string{"EG", "QA"}}, {Fact: "id_valid_until", Op: Ge, Values: []string{"application_date"}},
			{Fact: "training_date", Op: Gt, Values: []string{"2026-01-01"}}}, true},
		{"document_valid('id_card', today) && !has_document('contract')", []Clause{
			{Fact: "documents", Op: ValidOn, Values: []string{"id_card"}, On: "today"}, {Fact: "documents", Op: NotFile, Values: []string{"contract"}}}, true},
		{"!has_any(benefits, ['takaful', 'karama'])", []Clause{{Fact: "benefits", Op: HasNone, Values: []string{"takaful", "karama"}}}, true},
		{"(food && literacy) || at_home", nil, false},
		{"household_size * 2 > 3", nil, false},
		{"food ? literacy : at_home", nil, false},
	}
	for _, test := range tests {
		rows, all, ok := Rows(test.src, testParams)
		if !reflect.DeepEqual(rows, test.rows) || ok != (test.rows != nil) || ok && all != test.all {
			t.Errorf("Rows(%s) = %+v, %v, %v, want %+v", test.src, rows, all, ok, test.rows)
		}
		if !ok {
			continue
		}
		if got, err := Build(rows, all); err != nil || got != test.src {
			t.Errorf("Build = %q, %v, want %q", got, err, test.src)
		}
	}
	for _, bad := range []Clause{{}, {Fact: "age"}, {Fact: "age", Op: Ge}, {Fact: "age", Op: Ge, Values: []string{"x"}}, {Fact: "food", Op: Ge, Values: []string{"1"}},
		{Fact: "nationality", Op: Eq, Values: []string{"' || true || '"}}, {Fact: "documents", Op: ValidOn, Values: []string{"contract"}},
		{Fact: "age", Op: Ge, Values: []string{"1"}, On: "food"}, {Fact: "household_size", Op: Ge, Values: []string{"1"}, On: "today"}} {
		if s, err := Build([]Clause{bad}, true); err == nil {
			t.Errorf("Build(%+v) = %q, want an error", bad, s)
		}
	}
}

// FuzzRows holds that what the builder shows means what the expression said.
func FuzzRows(f *testing.F) {
	for i := range uint64(60) {
		f.Add(randomExpr(rand.New(rand.NewPCG(i, 3)), int(i%2)))
	}
	f.Fuzz(func(t *testing.T, src string) {
		rows, all, ok := Rows(src, testParams)
		if !ok || CheckCondition(src, testParams) != nil {
			return
		}
		built, err := Build(rows, all)
		if err != nil {
			t.Fatalf("%q gives rows that do not build: %v", src, err)
		}
		a, err := compile(src, testScope)
		if err != nil {
			t.Fatal(err)
		}
		b, err := compile(built, testScope)
		if err != nil {
			t.Fatalf("%q becomes %q: %v", src, built, err)
		}
		r := rand.New(rand.NewPCG(1, 1))
		for range 8 {
			v := randomFacts(r)
			if got, want := b.root.truth(&v), a.root.truth(&v); got != want {
				t.Fatalf("%q becomes %q: %d, want %d", src, built, got, want)
			}
		}
	})
}

// TestSmallestChange compares the search with trying everything: every value of small domains, on every set of facts.
func TestSmallestChange(t *testing.T) {
	on := day(2026, 10, 1)
	var births []int64
	for n := int64(16); n <= 22; n++ {
		births = append(births, addYears(on, -n)-1, addYears(on, -n), addYears(on, -n)+1)
	}
	var days []int64
	for n := int64(-9); n < 9; n++ {
		days = append(days, on+365*n, on+365*n+180)
	}
	small := []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	const absent = gone
	domains := map[Ref][]int64{Food: {0, 1}, Literacy: {0, 1}, AtHome: {0, 1}, HouseholdSize: small, Dependents: small,
		Sex: {0, 1}, Stage: {0, 1, 2}, Consents: {0, 1, 2, 3, 4, 5, 6, 7}, BirthDate: births, ApplicationDate: days,
		paperByName["contract"]: {absent, on - 1, on, noExpiry}}
	atoms := []string{"food", "literacy", "at_home", "household_size >= 3", "household_size < 5", "household_size == 2", "dependents <= 2", "dependents != 1",
		"household_size in [1, 4]", "household_size > dependents", "sex == 'f'", "stage in ['idea', 'growing']", "stage != 'idea'",
		"'own_ministry' in consents", "has_all(consents, ['own_ministry', 'catalogue'])", "has_any(consents, ['catalogue', 'other_ministry'])",
		"age >= 18", "age < 21", "age <= 19", "has_document('contract')", "document_valid('contract', date('2026-10-01'))"}
	r := rand.New(rand.NewPCG(11, 12))
	found := map[int]int{}
	for round := range 1200 {
		parts := make([]string, 1+r.IntN(4))
		for i := range parts {
			parts[i] = atoms[r.IntN(len(atoms))]
			if r.IntN(4) == 0 {
				parts[i] = "!(" + parts[i] + ")"
			}
		}
		src := parts[0]
		for _, p := range parts[1:] {
			src = "(" + src + []string{" && ", " || "}[r.IntN(2)] + p + ")"
		}
		x, err := compile(src, testScope)
		if err != nil {
			t.Fatal(err)
		}
		g := newGoal(x.root, ApplicationDate)
		if len(g.slots) > 4 {
			continue
		}
		var f Facts
		for _, ref := range slices.Sorted(maps.Keys(domains)) {
			if r.IntN(4) != 0 {
				v := domains[ref][r.IntN(min(len(domains[ref]), 8))]
				if ref == ApplicationDate {
					v = on
				}
				f.put(ref, v, v != absent || ref < papersBase)
			}
		}
		want := yes
		if x.root.truth(&f) == yes {
			want = no
		}
		before := f
		changes := g.search(&f, want, nil)
		if f != before {
			t.Fatal("the search left the facts changed")
		}
		least := bruteForce(x.root, f, want, g.slots, domains)
		if len(changes) != least {
			t.Fatalf("round %d: %s\n on %+v: %d changes %+v, want %d", round, src, f, len(changes), changes, least)
		}
		found[least]++
		if least == 0 {
			continue
		}
		h := f
		h.Apply(changes)
		if x.root.truth(&h) != want {
			t.Fatalf("%s stays as it is after %+v", src, changes)
		}
		for _, c := range changes { // what the operation promises beyond the value
			step := map[ChangeOp]int64{AtLeast: 1, AtMost: -1}[c.Op]
			k := h
			n, _ := h.get(c.Ref)
			k.put(c.Ref, n+step, c.Known)
			if x.root.truth(&k) != want {
				t.Fatalf("%s: %+v does not hold one further", src, c)
			}
		}
	}
	if found[1] < 300 || found[2] < 50 || found[3] == 0 || found[0] == 0 {
		t.Errorf("the rounds do not try every size: %v", found)
	}
}

// bruteForce returns the fewest facts that turn a condition, 0 if none do.
func bruteForce(n *node, f Facts, want tri, slots []slot, domains map[Ref][]int64) int {
	best := 0
	var try func(i, changed int, f Facts)
	try = func(i, changed int, f Facts) {
		if best > 0 && changed >= best {
			return
		}
		if n.truth(&f) == want && changed > 0 {
			best = changed
			return
		}
		if i == len(slots) {
			return
		}
		try(i+1, changed, f)
		ref := slots[i].ref
		cur, known := f.get(ref)
		for _, v := range domains[ref] {
			if known && (v == cur || ref == ApplicationDate && v < cur) || v == gone && ref >= papersBase && !known {
				continue
			}
			g := f
			g.put(ref, v, v != gone || ref < papersBase)
			try(i+1, changed+1, g)
		}
	}
	try(0, 0, f)
	return best
}
