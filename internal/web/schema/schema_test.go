package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

type leaf struct {
	Name string   `json:"name,omitempty" validate:"required,max=5" doc:"What it is called." ar:"الاسم"`
	Tags []string `json:"tags,omitempty" validate:"max=2,dive,max=3"`
	Kind string   `json:"kind,omitempty" enum:"a|b"`
}

type tree struct {
	ID     int64            `json:"id"`
	Leaves []leaf           `json:"leaves,omitempty" validate:"max=2,dive"`
	Sums   map[string]int64 `json:"sums,omitempty"`
	Good   bool             `json:"good,omitempty"`
	Left   *tree            `json:"left,omitempty"`
}

func decode(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCheck(t *testing.T) {
	s := New(nil)
	root := s.Of(reflect.TypeFor[tree](), true)
	for _, c := range []struct{ in, want string }{
		{`{"id": 1}`, ``},
		{`{"id": 1, "leaves": [{"name": "نخلة", "tags": ["x"], "kind": "a"}], "sums": {"EG": 3}, "good": true, "left": {"id": 2}}`, ``},
		{`{}`, `id required`},
		{`{"id": null}`, `id type`},
		{`{"id": 1.5}`, `id type`},
		{`{"id": "1", "good": 1}`, `good type; id type`},
		{`{"id": 1, "colour": "red", "left": {"id": 2, "shape": {}}}`, `colour unknown; left.shape unknown`},
		{`{"id": 1, "leaves": [{"name": "too long"}, {"kind": "c"}]}`, `leaves[0].name long; leaves[1].kind enum; leaves[1].name required`},
		{`{"id": 1, "leaves": [{"name": "a", "tags": ["long", "x", "y"]}]}`, `leaves[0].tags many`},
		{`{"id": 1, "leaves": [{"name": "a", "tags": ["long"]}]}`, `leaves[0].tags[0] long`},
		{`{"id": 1, "leaves": [{}, {}, {}]}`, `leaves many`},
		{`{"id": 1, "sums": {"EG": "3"}}`, `sums.EG type`},
		{`[]`, ` type`},
		{`"x"`, ` type`},
	} {
		var got []string
		for _, f := range s.Check(root, decode(t, c.in)) {
			got = append(got, f.Path+" "+f.Rule)
		}
		if g := strings.Join(got, "; "); g != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.in, g, c.want)
		}
	}
	text, err := json.Marshal(s.Defs["leaf"])
	want := `{"additionalProperties":false,"properties":{"kind":{"enum":["a","b"],"type":"string"},"name":{"description":"What it is called.","maxLength":5,"title":"الاسم",` +
		`"type":"string"},"tags":{"items":{"maxLength":3,"type":"string"},"maxItems":2,"type":"array"}},"required":["name"],"type":"object"}`
	if err != nil || string(text) != want {
		t.Errorf("got  %s %v\nwant %s", text, err, want)
	}
}

// FuzzCheck looks for a value that breaks the walk, and for one that passes and does not decode.
func FuzzCheck(f *testing.F) {
	f.Add(`{"id": 1, "leaves": [{"name": "a", "tags": ["x"]}]}`)
	f.Add(`{"id": 9007199254740993, "left": {"id": -1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		s := New(nil)
		root := s.Of(reflect.TypeFor[tree](), true)
		if len(s.Check(root, v)) > 0 {
			return
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var out tree
		if err := json.Unmarshal(again, &out); err != nil {
			t.Fatal(fmt.Errorf("%s passes and does not decode: %w", again, err))
		}
	})
}
