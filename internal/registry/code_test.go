package registry

import (
	"regexp"
	"slices"
	"testing"
)

func TestListsAreSound(t *testing.T) {
	word := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	names := map[string]bool{}
	for _, l := range Lists() {
		if names[l.Name] || !word.MatchString(l.Name) {
			t.Errorf("list %q stands twice or is no word", l.Name)
		}
		names[l.Name] = true
		seen := map[string]bool{}
		for _, v := range l.Values {
			if seen[v] || !word.MatchString(v) {
				t.Errorf("%s: %q stands twice or is no word", l.Name, v)
			}
			seen[v] = true
			if !InList(l.Name, v) {
				t.Errorf("%s: InList does not know %q", l.Name, v)
			}
			if !slices.Contains(CodesFor(l.Name, "EG"), v) && !slices.Contains(CodesFor(l.Name, "QA"), v) {
				t.Errorf("%s: %q is used in no country", l.Name, v)
			}
		}
	}
	if InList("sex", "x") || InList("nope", "f") || Codes("nope") != nil {
		t.Error("what is in no list is known")
	}
	if slices.Contains(CodesFor("programme", "QA"), "takaful") || slices.Contains(CodesFor("programme", "EG"), "social_security_qa") ||
		slices.Contains(CodesFor("formal_kind", "EG"), "household_licence") || slices.Contains(CodesFor("formal_kind", "QA"), "temporary_licence") {
		t.Error("a country is offered what only the other has")
	}
	for _, only := range []string{"programme:takaful", "formal_kind:household_licence"} {
		if onlyIn[only] == "" {
			t.Errorf("%s is not limited to a country", only)
		}
	}
	for key := range onlyIn {
		list, value, _ := cutKey(key)
		if !InList(list, value) {
			t.Errorf("%s limits a value that is in no list", key)
		}
	}
}

func cutKey(key string) (list, value string, ok bool) {
	for i := range key {
		if key[i] == ':' {
			return key[:i], key[i+1:], true
		}
	}
	return "", "", false
}

func TestProtection(t *testing.T) {
	for _, c := range []struct {
		name string
		h    Household
		want Protection
	}{
		{"not asked", Household{}, ProtectionUnknown},
		{"asked, none", Household{IncomeBand: "none"}, ProtectionNone},
		{"refused is no protection", Household{Benefits: []Benefit{{Programme: "takaful", Status: "refused"}}}, ProtectionNone},
		{"a loan is no protection", Household{Benefits: []Benefit{{Programme: "mastoura", Status: "current"}}}, ProtectionNone},
		{"health only", Household{Benefits: []Benefit{{Programme: "health_insurance", Status: "current"}}}, ProtectionHealth},
		{"the strongest counts", Household{Benefits: []Benefit{{Programme: "health_insurance", Status: "current"}, {Programme: "karama", Status: "current"}, {Programme: "social_insurance", Status: "current"}}}, ProtectionCash},
		{"an ended one does not", Household{Benefits: []Benefit{{Programme: "karama", Status: "ended"}, {Programme: "social_insurance", Status: "current"}}}, ProtectionInsurance},
		{"Qatar's social security", Household{Benefits: []Benefit{{Programme: "social_security_qa", Status: "current"}}}, ProtectionCash},
	} {
		if got := c.h.Protection(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		if !slices.Contains(Protections(), c.want) {
			t.Errorf("%s is not among the protections", c.want)
		}
	}
}

func TestCrafts(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Crafts() {
		if seen[c.Code] || len(c.Code) != 2 || c.NameAR == "" || c.NameEN == "" {
			t.Errorf("craft %+v is not sound", c)
		}
		seen[c.Code] = true
		if got, ok := CraftByCode(c.Code); !ok || got.NameAR != c.NameAR || got.Name("en") != c.NameEN || got.Name("ar") != c.NameAR {
			t.Errorf("CraftByCode(%q) = %+v, %v", c.Code, got, ok)
		}
	}
	if got, want := len(seen), 23; got != want { // the taxonomy of the domain
		t.Errorf("%d crafts, want %d", got, want)
	}
	for code, want := range map[string][3]bool{"FD": {true, false, true}, "FF": {true, false, true}, "PF": {false, true, true}, "CO": {false, true, true}, "SV": {}, "LV": {}, "TX": {false, false, true}} { // food, cosmetic, exhibited
		if c, _ := CraftByCode(code); [3]bool{c.Food, c.Cosmetic, c.Exhibited} != want {
			t.Errorf("%s: got %v %v %v, want %v", code, c.Food, c.Cosmetic, c.Exhibited, want)
		}
	}
	if c, _ := CraftByCode("TX"); !slices.Contains(c.Examples("QA"), "سدو") || !slices.Contains(c.Examples("EG"), "نسيج أخميم") {
		t.Error("the examples are of the wrong country")
	}
	if _, ok := CraftByCode("ZZ"); ok {
		t.Error("ZZ is a craft")
	}
}

func TestTriAndNames(t *testing.T) {
	for tri, want := range map[Tri][2]bool{Yes: {true, true}, No: {false, true}, "": {false, false}, "maybe": {false, false}} {
		if v, known := tri.Bool(); [2]bool{v, known} != want {
			t.Errorf("%q: got %v %v, want %v", tri, v, known, want)
		}
	}
	for want, l := range map[string]LeadProducer{"هبة الله محمود": {GivenName: "هبة الله", RestOfName: "محمود"}, "هبة": {GivenName: "هبة"}, "محمود": {RestOfName: "محمود"}, "": {}} {
		if got := l.DisplayName(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
