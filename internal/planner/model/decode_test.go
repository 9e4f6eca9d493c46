package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muntija/internal/locale"
	"muntija/internal/planner/planfile"
)

const sample = `{
 "format": "muntija.allocation/1", "sense": "max", "at_most": 2, "rest_days": 2,
 "exhibitions": [
  {"id": "cairo", "capacity": 10, "metres": 60, "first_day": "2027-03-01", "last_day": "2027-03-07"},
  {"id": "doha", "capacity": 5, "first_day": "2027-03-09", "last_day": "2027-03-12"},
  {"id": "minya", "capacity": 4, "first_day": "2027-05-01", "last_day": "2027-05-03"}],
 "conflicts": [["minya", "doha"]],
 "quotas": [{"id": "qatar", "exhibitions": ["doha", "cairo"], "group": "QA", "min": 1, "max": 3}, {"max": 12}],
 "budgets": [{"id": "travel", "group": "EG", "amount": 900}],
 "exhibitors": [
  {"id": "ليلى", "groups": ["EG", "food"], "value": {"cairo": 70, "minya": 60}, "size": 2, "metres": {"cairo": 9, "minya": 6}, "cost": 20},
  {"id": "f\u0032", "groups": ["QA"], "value": {"doha": 9e1, "cairo": 80.0}, "at_most": 1}]
}`

func TestDecode(t *testing.T) {
	p, err := Decode([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	i, j := int(p.IDs.Index()["ليلى"]), int(p.IDs.Index()["f2"])
	if p.N() != 2 || p.J() != 3 || j != 0 || i != 1 {
		t.Fatalf("%d exhibitors in the order %s, %d exhibitions", p.N(), p.IDs.String(), p.J())
	}
	if o := p.Pair(i, 0); p.Value[o] != 70 || p.SizeOf(o) != 2 || p.MetresOf(o) != 9 || p.CostOf(o) != 20 {
		t.Errorf("the first at cairo: %d %d %d %d", p.Value[o], p.SizeOf(o), p.MetresOf(o), p.CostOf(o))
	}
	if p.Pair(i, 1) != -1 || p.LimitOf(i) != 2 || p.LimitOf(j) != 1 {
		t.Errorf("doha %d, limits %d and %d", p.Pair(i, 1), p.LimitOf(i), p.LimitOf(j))
	}
	if want := [][2]uint16{{0, 1}, {1, 2}}; !slices.Equal(p.Conflicts, want) {
		t.Errorf("conflicts %v, want %v (dates with rest, and the one that is named)", p.Conflicts, want)
	}
	if q := p.Quotas[0]; !slices.Equal(q.Exhibitions, []uint16{0, 1}) || q.Min != 1 || q.Max != 3 || !p.In(p.Type[j], q.Group) || p.In(p.Type[i], q.Group) {
		t.Errorf("quota %+v", q)
	}
	if q := p.Quotas[1]; q.Group != Everybody || len(q.Exhibitions) != 3 || q.Min != 0 || q.Max != 12 {
		t.Errorf("quota without a group %+v", q)
	}
	other, err := Decode([]byte(strings.Replace(sample, `"minya": 60`, `"minya": 61`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if other.Hash() == p.Hash() {
		t.Error("another value has the same hash")
	}
}

// TestDecodeKeyOrder: the list of exhibitors may stand anywhere.
func TestDecodeKeyOrder(t *testing.T) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(sample), &keys); err != nil {
		t.Fatal(err)
	}
	want, err := Decode([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range [][]string{
		{"exhibitors", "quotas", "exhibitions", "conflicts", "budgets", "rest_days", "at_most"},
		{"exhibitions", "exhibitors", "at_most", "rest_days", "quotas", "budgets", "conflicts"},
		{"at_most", "rest_days", "quotas", "budgets", "conflicts", "exhibitions", "exhibitors"},
	} {
		var b bytes.Buffer
		for k, key := range order {
			b.WriteString(map[bool]string{true: "{", false: ","}[k == 0] + `"` + key + `":` + string(keys[key]))
		}
		b.WriteString("}")
		p, err := Decode(b.Bytes())
		if err != nil {
			t.Errorf("%v: %v", order, err)
		} else if p.Hash() != want.Hash() {
			t.Errorf("%v: another problem", order)
		}
	}
}

// TestDecodeGroups: a list of groups that was read before is known by its text, and by nothing less.
func TestDecodeGroups(t *testing.T) {
	lists := []string{`["g","h"]`, `["h", "g"]`, `["g","h"]`, `["g"]`, `[]`, `["g]","h"]`, `["g]","h"]`, `["g]"]`, `["other","h","h"]`, `["h"]`, `["\u0067"]`}
	want := [][]string{{"g", "h"}, {"g", "h"}, {"g", "h"}, {"g"}, {}, {"g]", "h"}, {"g]", "h"}, {"g]"}, {"h"}, {"h"}, {"g"}}
	text := `{"exhibitions":[{"id":"a","capacity":1}],"quotas":[{"group":"g","max":9},{"group":"h","max":9},{"group":"g]","max":9}],"exhibitors":[`
	for k, list := range lists {
		text += fmt.Sprintf(`{"id":"f%02d","groups":%s,"value":{"a":1}},`, k, list)
	}
	p, err := Decode([]byte(strings.TrimSuffix(text, ",") + "]}"))
	if err != nil {
		t.Fatal(err)
	}
	for k := range lists {
		got := []string{}
		for _, g := range p.Types[p.Type[k]] {
			got = append(got, p.Groups[g])
		}
		slices.Sort(got)
		if !slices.Equal(got, want[k]) {
			t.Errorf("%s gives the groups %q, want %q", lists[k], got, want[k])
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	change := func(from, to string) string {
		if !strings.Contains(sample, from) {
			t.Fatalf("the sample has no %s", from)
		}
		return strings.Replace(sample, from, to, 1)
	}
	for _, c := range []struct{ name, text, want string }{
		{"empty", ``, "cut off"},
		{"truncated", sample[:len(sample)-40], "cut off"},
		{"truncated in a list", sample[:400], "cut off"},
		{"something behind", sample + `{}`, "follows"},
		{"unknown key", change(`"at_most": 2,`, `"atmost": 2,`), `no key "atmost"`},
		{"key twice", change(`"at_most": 2,`, `"at_most": 2, "at_most": 2,`), "twice"},
		{"NaN", change(`"cairo": 70`, `"cairo": NaN`), "whole number was expected, not NaN"},
		{"null", change(`"cairo": 70`, `"cairo": null`), "not null"},
		{"fraction", change(`"cairo": 70`, `"cairo": 70.5`), "not a whole number"},
		{"too large", change(`"cairo": 70`, `"cairo": 70000000000`), "larger than 1000000000"},
		{"huge exponent", change(`"cairo": 70`, `"cairo": 1e999`), "larger than 1000000000"},
		{"text for a number", change(`"cairo": 70`, `"cairo": "70"`), `not "70"`},
		{"capacity 0", change(`"capacity": 5`, `"capacity": 0`), `"doha": its capacity is 0`},
		{"capacity missing", change(`"capacity": 5, `, ``), `"doha" has no capacity`},
		{"conflict with itself", change(`["minya", "doha"]`, `["doha", "doha"]`), `"doha" is in conflict with itself`},
		{"conflict of three", change(`["minya", "doha"]`, `["minya", "doha", "cairo"]`), "two exhibitions, not 3"},
		{"unknown exhibition", change(`["minya", "doha"]`, `["minya", "giza"]`), `no exhibition "giza"`},
		{"unknown exhibition of a value", change(`"cairo": 70`, `"giza": 70`), `no exhibition "giza"`},
		{"contradictory quota", change(`"min": 1, "max": 3`, `"min": 4, "max": 3`), `"qatar" contradicts itself: its minimum 4 is above its maximum 3`},
		{"contradictory quotas", change(`{"max": 12}`, `{"id": "all", "max": 0}`), `"qatar" and "all" contradict each other`},
		{"negative size", change(`"size": 2`, `"size": -2`), "negative"},
		{"metres missing", change(`{"cairo": 9, "minya": 6}`, `{"cairo": 9}`), "has a value has none here"},
		{"nobody eligible", `{"exhibitions":[{"id":"a","capacity":1}],"exhibitors":[{"id":"f","value":{}}]}`, "none of them is eligible"},
		{"no exhibitor", `{"exhibitions":[{"id":"a","capacity":1}],"exhibitors":[]}`, "there is none"},
		{"no exhibition", `{"exhibitions":[],"exhibitors":[{"id":"f","value":{}}]}`, "exhibitions: there is none"},
		{"groups twice", `{"exhibitions":[{"id":"a","capacity":1}],"exhibitors":[{"id":"f","groups":["g"],"groups":["h"],"value":{"a":1}}]}`, "groups: the key is there twice"},
		{"groups cut off", `{"exhibitions":[{"id":"a","capacity":1}],"exhibitors":[{"id":"f","groups":["g"],"value":{"a":1}},{"id":"e","groups":["g"`, "cut off"},
		{"exhibitor twice", change(`"id": "ليلى"`, `"id": "f2"`), `"f2" is there twice`},
		{"no id", change(`"id": "ليلى", `, ``), "has no id"},
		{"day", change(`2027-03-01`, `2027-02-30`), "not a date"},
		{"days turned", change(`2027-03-01`, `2027-03-08`), "last day is before its first"},
		{"one day", change(`"first_day": "2027-03-01", `, ``), "only one of first_day"},
		{"bad sense", change(`"max",`, `"most",`), "sense is max or min"},
		{"bad format", change(`allocation/1`, `allocation/9`), "the format is"},
		{"UTF-8", change(`ليلى`, "\xff"), "not UTF-8"},
		{"deep", `{"exhibitors":` + strings.Repeat("[", 100) + `}`, "nested"},
		{"policy with must_place", change(`"at_most": 2,`, `"must_place": true, "policy": {"seed": "`+strings.Repeat("ab", 32)+`"},`), "goes with sense max"},
		{"seed", change(`"at_most": 2,`, `"policy": {"seed": "abc"},`), "64 hexadecimal digits"},
		{"commitment", change(`"at_most": 2,`, `"policy": {"seed": "`+strings.Repeat("ab", 32)+`", "commitment": "`+strings.Repeat("cd", 32)+`"},`), "not the one that was committed to"},
	} {
		_, err := Decode([]byte(c.text))
		if err == nil || !strings.Contains(said(err), c.want) {
			t.Errorf("%s: got %s, want %q", c.name, said(err), c.want)
		}
		if err != nil && !errors.Is(err, ErrProblem) {
			t.Errorf("%s: %v is no ErrProblem", c.name, err)
		}
	}
}

// TestSchemas: both schemas are JSON, and that of the problem names every key that Decode takes.
func TestSchemas(t *testing.T) {
	for name, s := range map[string][]byte{"problem": Schema, "plan": PlanSchema} {
		var v map[string]any
		if err := json.Unmarshal(s, &v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, key := range []string{"format", "sense", "must_place", "at_most", "rest_days", "exhibitions", "conflicts", "quotas", "budgets", "policy", "exhibitors", "metres", "cost", "class", "commitment"} {
		if !bytes.Contains(Schema, []byte(`"`+key+`"`)) {
			t.Errorf("the schema has no %q", key)
		}
	}
}

// FuzzDecode: no input makes it panic, and what is taken is well formed.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"exhibitions":[{"id":"a","capacity":1}],"exhibitors":[{"id":"f","value":{"a":1},"size":{"a":2}}],"title":"x"}`))
	f.Add([]byte(`{"exhibitors":[{"value":{"a":1},"id":"f"}],"exhibitions":[{"id":"a","capacity":1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data)
		if err != nil {
			if !errors.Is(err, ErrProblem) {
				t.Errorf("%v is no ErrProblem", err)
			}
			return
		}
		if !json.Valid(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))) {
			t.Error("what is no JSON was taken")
		}
		if p.N() == 0 || p.J() == 0 || len(p.Start) != p.N()+1 {
			t.Error("a broken problem was taken")
		}
	})
}

// said is what an error says in English.
func said(err error) string {
	var f *planfile.Fault
	if !errors.As(err, &f) {
		return "no fault of a file"
	}
	key, args := f.Message()
	return locale.Default().For(locale.English).T(key, args...)
}
