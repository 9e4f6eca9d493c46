package matching_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muntija/internal/matching"
)

// TestBeside: who is typed, beside people of a registry of a million in which محمد and أحمد are common.
func TestBeside(t *testing.T) {
	registry := matching.Registry{People: 1_000_000, Having: map[string]int{"فاطمه": 30_000, "محمد": 250_000, "احمد": 180_000, "السيد": 60_000, "محمود": 70_000, "زينب": 20_000, "خوله": 300,
		"الدمرداش": 400, "حسن": 60_000}}
	base := matching.Record{Given: "فاطمة", Rest: "محمود حسن الدمرداش", Birth: matching.Birth{Year: 1988, Month: 3, Day: 7}, Sex: "f", Area: "EG-SHG", Locality: "أخميم الكوثر", Phones: []string{"+201001234567"}}
	with := func(change func(r *matching.Record)) matching.Record {
		r := base
		change(&r)
		return r
	}
	for _, c := range []struct {
		name       string
		other      matching.Record
		atLeast    float64
		below      float64
		say, never []matching.Remark
	}{
		{"the same", base, .99, 2, []matching.Remark{matching.SameName, matching.SameBirth, matching.SamePhone}, nil},
		{"day and month swapped", with(func(r *matching.Record) { r.Birth.Month, r.Birth.Day, r.Phones = 7, 3, nil }), .9, 2, []matching.Remark{matching.SameName, matching.SwappedBirth},
			[]matching.Remark{matching.SameBirth, matching.OtherBirth}},
		{"one digit, another spelling, family name left out", with(func(r *matching.Record) {
			r.Given, r.Rest, r.Birth.Day, r.Phones = "فاطمه", "محمود حسن", 8, nil
		}), .1, 2,
			[]matching.Remark{matching.SameGiven, matching.SameFatherAndHis, matching.SlippedBirth}, nil},
		{"a slip in the given name", with(func(r *matching.Record) { r.Given = "فاطنة" }), .9, 2, []matching.Remark{matching.SpeltGiven, matching.SameFatherAndHis, matching.SameFamilyName}, nil},
		{"a sister", with(func(r *matching.Record) {
			r.Given, r.Birth = "زينب", matching.Birth{Year: 1991, Month: 10, Day: 21}
		}), 0, .1,
			[]matching.Remark{matching.SameFatherAndHis, matching.SamePhone, matching.OtherBirth}, []matching.Remark{matching.SameGiven}},
		{"the same common names and nothing else", matching.Record{Given: "فاطمة", Rest: "محمود", Area: "EG-C"}, 0, .05, []matching.Remark{matching.SameFather}, []matching.Remark{matching.SameBirth}},
		{"a stranger", matching.Record{Given: "خولة", Rest: "أحمد السيد", Birth: matching.Birth{Year: 1970, Month: 1, Day: 2}, Sex: "f", Area: "EG-C"}, 0, .001, []matching.Remark{matching.OtherBirth}, nil},
		{"in Latin letters", with(func(r *matching.Record) {
			r.Given, r.Rest, r.Full, r.Phones = "", "", "Fatma Mahmoud Hassan Eldemerdash", nil
		}), .5, 2, []matching.Remark{matching.SpeltGiven, matching.SameBirth}, nil},
		{"nothing known", matching.Record{}, 0, .01, nil, []matching.Remark{matching.OtherBirth, matching.SameBirth}},
	} {
		c.other.ID = "x"
		got, err := matching.Beside(base, []matching.Record{c.other}, registry)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", c.name, got, err)
		}
		if p := got[0].Probability; p < c.atLeast || p >= c.below {
			t.Errorf("%s: probability %.3f, want %v to %v; %v", c.name, p, c.atLeast, c.below, got[0].Remarks)
		}
		for _, r := range c.say {
			if !slices.Contains(got[0].Remarks, r) {
				t.Errorf("%s: %q is not said: %v", c.name, r, got[0].Remarks)
			}
		}
		for _, r := range append(c.never, "") {
			if slices.Contains(got[0].Remarks, r) {
				t.Errorf("%s: %q is said", c.name, r)
			}
		}
	}
}

// TestBesideHostile: bounded time for whatever is typed.
func TestBesideHostile(t *testing.T) {
	long := strings.Repeat("محمد ", 200)
	var others []matching.Record
	for i := range 80 {
		others = append(others, matching.Record{ID: strconv.Itoa(i), Given: long, Rest: long, Locality: long, Street: long})
	}
	begun := time.Now()
	for _, r := range []matching.Record{{}, {Given: "م"}, {Given: long, Rest: long}, {Given: "😀", Rest: "\u202e"}, {Given: "a\x00b"}} {
		got, err := matching.Beside(r, others, matching.Registry{})
		if err != nil || len(got) != len(others) {
			t.Errorf("%.20q: %d, %v", r.Given, len(got), err)
		}
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("%v", took)
	}
}
