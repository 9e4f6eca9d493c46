package web

import (
	"strings"
	"testing"
	"unicode/utf8"

	"muntija/fixtures"
	"muntija/internal/criteria"
	"muntija/internal/locale"
	"muntija/internal/place"
)

// FuzzBuilder presses the builder's buttons with any text in any field: no panic, and a condition that it writes from lines can be taken apart into them again.
func FuzzBuilder(f *testing.F) {
	body, err := fixtures.Criteria("EG")
	if err != nil {
		f.Fatal(err)
	}
	set, problems := criteria.ParseSet(body)
	if set == nil {
		f.Fatal(problems)
	}
	w := words{locale.Default().For(locale.Arabic), place.Egypt}
	f.Add("age >= params.min_age", "build", "_keep", "1", "own_share", "ge", "25", "", "-1")
	f.Add("age >= 18 && food", "build", "_open", "1", "", "", "", "", "")
	f.Add("age >= 18 || food", "build", "_drop", "0", "benefits", "has_any", "takaful karama", "", "0")
	f.Add("literacy", "build", "_keep", "1", "id_valid_until", "ge", "application_date", "", "0")
	f.Add("literacy", "build", "_keep", "1", "documents", "valid_on", "id_card", "today", "-1")
	f.Add("(age > 3 || food) && literacy", "text", "_build", "1", "", "", "", "", "")
	f.Add("\xff", "build", "_fact", "", "age", "in", "١ ٢", "nowhere", "99999999999999999999")
	f.Add("", "build", "_join", "1", "area", "in", "EG-C، EG-GZ", "", "-7")
	f.Fuzz(func(t *testing.T, condition, mode, button, pressed, fact, op, value, on, index string) {
		in := typed{"rule.condition": {condition}, "rule.mode": {mode}, button: {pressed}, "clause.fact": {fact}, "clause.op": {op}, "clause.typed": {value}, "clause.values": {value},
			"clause.on": {on}, "clause.index": {index}}
		b := builder{set: set, lang: "ar", words: w, condition: cleanExpr(in.text("rule.condition")), text: in.get("rule.mode") == "text", all: in.get("rule.join") != "any"}
		b.read()
		before := b.condition
		changed, found := b.step(in)
		if found.Err() != nil && b.condition != before {
			t.Errorf("a refusal changed %q into %q", before, b.condition)
		}
		for _, r := range b.rows {
			b.say(r)
		}
		if changed && b.condition != before && b.condition != "" {
			rows, _, ok := criteria.Rows(b.condition, set.Params)
			if len(criteria.CheckCondition(b.condition, set.Params)) == 0 && (!ok || len(rows) != len(b.rows)) {
				t.Errorf("%q of %d lines is taken apart into %d, %v", b.condition, len(b.rows), len(rows), ok)
			}
		}
		c := newExprCheck(set, "rule.condition", b.condition, "ar")
		for _, p := range c.Problems {
			if s := p.Before + p.At + p.After; !strings.Contains(b.condition, s) || utf8.RuneCountInString(s) > 3*24+1 {
				t.Errorf("%q is said to be in %q", s, b.condition)
			}
		}
		if _, found := in.criterion(); found.Err() == nil {
			in.rows()
			in.form(nil)
		}
	})
}
