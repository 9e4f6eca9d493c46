package layout_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"muntija/internal/planner/layout"
	"muntija/internal/planner/verify"
)

// without returns the problem without one exhibitor.
func without(p *layout.Problem, id string) *layout.Problem {
	q := *p
	q.Exhibitors = slices.DeleteFunc(slices.Clone(p.Exhibitors), func(x layout.Exhibitor) bool { return x.ID == id })
	return &q
}

// Somebody who had no booth is dragged: the cost claimed is the difference of two layouts that the verifier computes, and only those named have moved.
func TestDragFromOutside(t *testing.T) {
	p := layout.Generate(60, 55, 7)
	r := rand.New(rand.NewPCG(3, 3))
	free, taken := 0, 0
	for round := range 40 {
		id := p.Exhibitors[r.IntN(55)].ID
		q := without(p, id)
		before := solve(t, q, layout.Params{Work: 20 * time.Millisecond, Seed: 1, Threads: 1})
		booth := p.Booths[r.IntN(60)].ID
		if round%4 == 0 { // the first free one
			booth = p.Booths[slices.IndexFunc(p.Booths, func(b layout.Booth) bool {
				return !slices.ContainsFunc(before.Assignment, func(x layout.Placement) bool { return x.Booth == b.ID })
			})].ID
		}
		m, err := layout.Drag(p, before.Assignment, id, booth)
		if err != nil {
			t.Fatal(err)
		}
		if !m.Possible {
			continue
		}
		cost, hard, wrong := verify.LayoutCost(p, m.Assignment)
		if len(wrong) > 0 || cost-*before.Objective != m.Cost || hard-before.Hard != m.Hard {
			t.Fatalf("got %+d with %+d hard breaches, the verifier says %+d, %+d, %v", m.Cost, m.Hard, cost-*before.Objective, hard-before.Hard, wrong)
		}
		moved := map[string]string{id: booth}
		for _, x := range m.Repaired {
			moved[x.Exhibitor] = x.Booth
		}
		for _, x := range m.Assignment {
			was := slices.IndexFunc(before.Assignment, func(y layout.Placement) bool { return y.Exhibitor == x.Exhibitor })
			if to, ok := moved[x.Exhibitor]; ok && to != x.Booth || !ok && before.Assignment[was].Booth != x.Booth {
				t.Fatalf("%s stands in %s; moved are %v", x.Exhibitor, x.Booth, moved)
			}
		}
		if len(m.Repaired) == 0 {
			free++
		} else {
			taken++
		}
	}
	if free < 1 || taken < 5 {
		t.Errorf("%d times the booth was free, %d times taken: the test does not test both", free, taken)
	}
}

// Measure agrees with the verifier on whole layouts, and what is not placed costs nothing.
func TestMeasure(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	hard := 0
	for round := range 200 {
		p := random(r)
		var plan []layout.Placement
		for i, a := range r.Perm(len(p.Booths))[:len(p.Exhibitors)] {
			plan = append(plan, layout.Placement{Exhibitor: p.Exhibitors[i].ID, Booth: p.Booths[a].ID})
		}
		m, err := layout.Measure(p, plan)
		if err != nil {
			t.Fatal(err)
		}
		cost, breaches, wrong := verify.LayoutCost(p, plan)
		if m.Soft != cost || m.Hard != breaches || len(m.Unsuited) != len(wrong) {
			t.Fatalf("round %d: got %d, %d, %v; the verifier says %d, %d, %v", round, m.Soft, m.Hard, m.Unsuited, cost, breaches, wrong)
		}
		hard += breaches
		if m, err = layout.Measure(p, plan[:0]); err != nil || m.Soft != 0 || m.Hard != 0 || m.Exhibited != 0 {
			t.Fatalf("nobody placed: %+v, %v", m, err)
		}
	}
	if hard == 0 {
		t.Error("no layout broke a hard rule: the test does not test them")
	}
}

func TestSeatless(t *testing.T) {
	p := &layout.Problem{Booths: []layout.Booth{{ID: "a", Features: []string{"water"}}, {ID: "b", Features: []string{"water"}}, {ID: "c"}}}
	for i, needs := range [][]string{{"water"}, nil, {"water"}, {"water"}, nil} {
		p.Exhibitors = append(p.Exhibitors, layout.Exhibitor{ID: fmt.Sprint("x", i), Needs: needs})
	}
	if got := fmt.Sprint(layout.Seatless(p)); got != "[x3 x4]" {
		t.Errorf("got %s; of those with water the third, of all the last is left over", got)
	}
}
