package service

import (
	"fmt"
	"testing"

	"muntija/internal/planner/allocation"
	"muntija/internal/planner/explain"
	"muntija/internal/planner/model"
)

// TestWorthOfOneMore has an exhibition and a quota that are full together. One more of either alone gains nothing, although the prices of the proof must say of
// at least one of them that it is worth a place; of two exhibitions one of which is full one place more gains what it holds.
func TestWorthOfOneMore(t *testing.T) {
	search := allocation.Searcher(nil)
	of := func(capacity, most int64) (*book, map[string]OneMore) {
		p := &model.Problem{Sense: model.Max, AtMost: 1, Start: []int32{0}, Groups: []string{"all"}, Types: [][]int32{{0}},
			Exhibitions: []model.Exhibition{{ID: "a", Capacity: capacity, Metres: model.Unlimited, FirstDay: 1, LastDay: 2}},
			Quotas:      []model.Quota{{ID: "q", Exhibitions: []uint16{0}, Group: 0, Max: most}}}
		for i := range 5 {
			p.IDs.Append(fmt.Sprint(i))
			p.Type, p.Exh, p.Value, p.Start = append(p.Type, 0), append(p.Exh, 0), append(p.Value, int32(100-i)), append(p.Start, int32(i+1))
		}
		if err := p.Freeze(); err != nil {
			t.Fatal(err)
		}
		pl, err := allocation.Solve(t.Context(), p, allocation.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b := &book{p: p, pl: pl, ex: explain.New(p, pl)}
		got, err := b.worthOf(t.Context(), b.limits(func(string) int64 { return 0 }), search)
		if err != nil {
			t.Fatal(err)
		}
		return b, got
	}
	b, got := of(2, 2)
	most := OneMore{}
	for _, x := range b.limits(func(string) int64 { return 0 }) {
		m := b.atMost(x)
		most.Gain += m.Gain
	}
	if h, q := got["h0"], got["x0"]; len(got) != 2 || h != (OneMore{Known: true}) || q != (OneMore{Known: true}) || most.Gain < 98 {
		t.Errorf("full together: %+v; by the prices at most %+v", got, most)
	}
	if _, got := of(2, 3); len(got) != 1 || got["h0"] != (OneMore{Known: true, Gain: 98}) {
		t.Errorf("a full exhibition: %+v", got)
	}
	if _, got := of(3, 2); len(got) != 1 || got["x0"] != (OneMore{Known: true, Gain: 98}) {
		t.Errorf("a full quota: %+v", got)
	}
}
