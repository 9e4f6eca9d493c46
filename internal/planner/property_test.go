package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/planner"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
)

// placesOf counts the places of an exhibitor.
func placesOf(p *model.Problem, pl *model.Plan, i int) int {
	n := 0
	for _, who := range pl.Of(p) {
		if int(who) == i {
			n++
		}
	}
	return n
}

// TestRaisingInASeason: with several exhibitions and every kind of rule, an exhibitor whose values all rise by the same has no fewer places than before: if A is best before, with
// a places of it, and B after the values rose by d, with b, then v(A) ≥ v(B) and v(B) + d·b ≥ v(A) + d·a, so that b ≥ a.
func TestRaisingInASeason(t *testing.T) {
	ctx := context.Background()
	solve := func(p *model.Problem) *model.Plan {
		pl, err := planner.Allocate(ctx, p, allocation.Options{Time: time.Second, Until: time.Now().Add(time.Minute), Gap: 1e-12})
		if err != nil {
			t.Fatal(err)
		}
		return pl
	}
	asked, more := 0, 0
	for seed := uint64(0); asked < 150; seed++ {
		r := rand.New(rand.NewPCG(seed, 31))
		p := random(r)
		if p.Sense != model.Max || p.MustPlace || p.Freeze() != nil {
			continue
		}
		before := solve(p)
		if before.Penalised != before.Bound || len(before.Shortfalls) > 0 {
			continue
		}
		i, rise := r.IntN(p.N()), int32(1+r.IntN(30))
		q, err := p.With(func(q *model.Problem) {
			q.Value = slices.Clone(q.Value)
			for o := q.Start[i]; o < q.Start[i+1]; o++ {
				q.Value[o] += rise
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		after := solve(q)
		if after.Penalised != after.Bound || len(after.Shortfalls) > 0 {
			continue
		}
		asked++
		a, b := placesOf(p, before, i), placesOf(q, after, i)
		if b < a {
			t.Errorf("seed %d: exhibitor %s has %d places, and %d when its values are %d more", seed, p.IDs.At(i), a, b, rise)
		}
		if b > a {
			more++
		}
	}
	if more < 10 {
		t.Errorf("rising gave %d of %d exhibitors a place", more, asked)
	}
}

// TestPermutingIDs: exhibitors who change their ids change their places with them. Values are such that one plan alone is best.
func TestPermutingIDs(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 41))
		const n = 80
		lines, id := make([]string, n), r.Perm(n)
		for k := range lines {
			lines[k] = fmt.Sprintf(`"groups":["g%d"],"value":{"a":%d,"b":%d}}`, r.IntN(3), r.IntN(900_000_000), r.IntN(900_000_000))
		}
		places := func(id []int) map[string]string { // line → exhibitions
			var file []string
			for k, line := range lines {
				file = append(file, fmt.Sprintf(`{"id":"f%02d",%s`, id[k], line))
			}
			p, err := model.Decode([]byte(`{"exhibitions":[{"id":"a","capacity":11},{"id":"b","capacity":8}],"conflicts":[["a","b"]],
				"quotas":[{"id":"q","group":"g1","max":5},{"id":"r","exhibitions":["b"],"group":"g2","min":4}],"exhibitors":[` + strings.Join(file, ",") + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: 2 * time.Second, Until: time.Now().Add(time.Minute), Gap: 1e-12, Search: allocation.WithHighs(solver)})
			if err != nil {
				t.Fatal(err)
			}
			if pl.Status != model.Optimal {
				t.Fatalf("seed %d: %s, %d, bound %d", seed, pl.Status, pl.Penalised, pl.Bound)
			}
			got := map[string]string{}
			for k, i := range pl.Of(p) {
				got[p.IDs.At(int(i))] += p.Exhibitions[p.Exh[pl.Chosen[k]]].ID
			}
			out := map[string]string{}
			for k, line := range lines {
				out[line] = got[fmt.Sprintf("f%02d", id[k])]
			}
			return out
		}
		first := make([]int, n)
		for k := range first {
			first[k] = k
		}
		want, got := places(first), places(id)
		for _, line := range lines {
			if got[line] != want[line] {
				t.Errorf("seed %d: {%s has %q, and %q under another id", seed, line, want[line], got[line])
			}
		}
	}
}

// TestEnvyIsFound: a plan in which somebody stands before another of the same cell without a place is found, even if all its sums are right.
func TestEnvyIsFound(t *testing.T) {
	swaps := 0
	for seed := range uint64(5) {
		p, err := fair(300, 30, seed, -1, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		good, err := planner.Allocate(context.Background(), p, allocation.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for k, o := range good.Chosen {
			w := envier(p, good, o)
			if w < 0 {
				continue
			}
			swaps++
			bad := *good
			bad.Chosen = slices.Clone(good.Chosen)
			bad.Chosen[k] = w
			slices.Sort(bad.Chosen)
			lost := int64(p.Value[o]) - int64(p.Value[w])
			bad.Objective, bad.Penalised = bad.Objective-lost, bad.Penalised-lost
			if bad.Penalised != bad.Bound {
				bad.Status = model.Feasible
			}
			found := verify.Allocation(p, &bad)
			mine := func(f verify.Finding) bool { return f.Where == "exhibitor "+p.IDs.At(int(o)) }
			other := func(f verify.Finding) bool { return !strings.Contains(f.What, "stands before") } // who stands between the two has envy too
			if !slices.ContainsFunc(found, mine) || slices.ContainsFunc(found, other) {
				t.Errorf("%s lost its place to %s, and %v was found", p.IDs.At(int(o)), p.IDs.At(int(w)), found)
			}
		}
	}
	if swaps < 10 {
		t.Errorf("%d swaps were possible", swaps)
	}
}

// envier is the last in the cell of a chosen exhibitor who has no place and could have that one's in the same way, -1 if there is none. Of one exhibition the pair of an exhibitor is its
// number.
func envier(p *model.Problem, pl *model.Plan, o int32) int32 {
	last := int32(-1)
	for w := range int32(p.N()) {
		if p.Type[w] == p.Type[o] && !slices.Contains(pl.Chosen, w) && p.CostOf(w) >= p.CostOf(o) && (last < 0 || p.Value[w] < p.Value[last]) {
			last = w
		}
	}
	return last
}
