package planner_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"muntija/internal/planner"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
)

// small is a generalised assignment or a multiple knapsack problem of a few exhibitors, in either sense, sometimes with less room than everybody needs.
func small(r *rand.Rand) *model.Problem {
	p := &model.Problem{Sense: model.Max, AtMost: 1, Types: [][]int32{{}}, Start: []int32{0}}
	if r.IntN(2) == 0 {
		p.Sense = model.Min
	}
	p.MustPlace = p.Sense == model.Min || r.IntN(2) == 0
	rooms, same := 1+r.IntN(3), r.IntN(3) == 0
	for j := range rooms {
		p.Exhibitions = append(p.Exhibitions, model.Exhibition{ID: string(rune('a' + j)), Capacity: int64(8 + r.IntN(25)), Metres: model.Unlimited})
	}
	for i := range 4 + r.IntN(3) {
		v, s := int32(r.IntN(40)), int32(1+r.IntN(14))
		for j := range rooms {
			if !same {
				if r.IntN(8) == 0 {
					continue
				}
				v, s = int32(r.IntN(40)), int32(1+r.IntN(14))
			}
			p.Exh, p.Value, p.Size = append(p.Exh, uint16(j)), append(p.Value, v), append(p.Size, s)
		}
		p.Start = append(p.Start, int32(len(p.Exh)))
		p.Type = append(p.Type, 0)
		p.IDs.Append(string(rune('A' + i)))
	}
	return p
}

// TestAssignmentAgainstExhaustion: small assignment and knapsack problems are solved to the optimum and proven without HiGHS.
func TestAssignmentAgainstExhaustion(t *testing.T) {
	proven, asked := 0, 0
	for seed := range uint64(150) {
		p := small(rand.New(rand.NewPCG(seed, 11)))
		if err := p.Freeze(); err != nil {
			continue
		}
		want := best(p)
		pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: time.Second, Until: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if pl.Penalised != want || int64(p.Sense)*pl.Bound < int64(p.Sense)*want {
			t.Errorf("seed %d: %d, bound %d, the optimum is %d", seed, pl.Penalised, pl.Bound, want)
		}
		if asked++; pl.Bound == want {
			proven++
		}
	}
	if asked < 100 || proven*10 < asked*9 {
		t.Errorf("%d of %d were proven, want nine tenths of a hundred and more", proven, asked)
	}
}

// TestMultipleKnapsack holds multiple knapsacks to the bound of all rooms as one.
func TestMultipleKnapsack(t *testing.T) {
	for _, kind := range []byte{'U', 'W', 'S'} {
		p := instance.Knapsacks(kind, 10, 100, 1)
		pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: 2 * time.Second, Until: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		if pl.Gap() > 0.0005 {
			t.Errorf("%c: %d, bound %d, gap %.4f %%", kind, pl.Penalised, pl.Bound, pl.Gap()*100)
		}
	}
}

// TestManyKnapsacks: of many exhibitions that are all alike none is left out of sight, and sets find their way from one full one to another.
func TestManyKnapsacks(t *testing.T) {
	p := instance.Knapsacks('W', 40, 160, 1)
	pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: 250 * time.Millisecond, Until: time.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	used := map[uint16]bool{}
	for _, o := range pl.Chosen {
		used[p.Exh[o]] = true
	}
	if pl.Gap() > 0.03 || len(used) < 40 {
		t.Errorf("%d, bound %d, gap %.4f %%, %d knapsacks used", pl.Penalised, pl.Bound, pl.Gap()*100, len(used))
	}
}

// TestHugeNumbers: values and sizes of thousands of millions are decided and proven exactly, with a place for everybody if there is one.
func TestHugeNumbers(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 21))
		p := small(r)
		for o := range p.Value {
			p.Value[o] = p.Value[o]*25_000_000 + int32(r.IntN(1000))
			p.Size[o] = p.Size[o]*60_000_000 + int32(r.IntN(1000))
		}
		for j := range p.Exhibitions {
			p.Exhibitions[j].Capacity *= 60_000_300
		}
		if err := p.Freeze(); err != nil {
			continue
		}
		want := best(p)
		pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: time.Second, Until: time.Now().Add(time.Minute), Gap: 1e-12})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if pl.Penalised != want || pl.Bound != want {
			t.Errorf("seed %d: %d, bound %d, the optimum is %d", seed, pl.Penalised, pl.Bound, want)
		}
		if pl.Status == model.Infeasible && !pl.Impossible(p) {
			t.Errorf("seed %d: %v places are missing, and nothing proves that they must", seed, pl.Shortfalls)
		}
	}
}

// TestPricesOfPlaces: the bound of an assignment problem that exact knapsacks prove is in the plan with its prices, and the verifier recomputes it.
func TestPricesOfPlaces(t *testing.T) {
	for _, p := range []*model.Problem{instance.Assignment('D', 8, 60, 3), instance.Knapsacks('W', 30, 90, 1)} {
		pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: 200 * time.Millisecond, Until: time.Now().Add(time.Minute), Gap: 1e-9})
		if err != nil {
			t.Fatal(err)
		}
		if pl.Places == nil {
			t.Fatalf("%s: no prices of places", pl.Status)
		}
		for name, change := range map[string]func(x *model.Plan){
			"a stronger bound": func(x *model.Plan) { x.PlaceBound -= int64(p.Sense) },
			"a weaker bound":   func(x *model.Plan) { x.PlaceBound += int64(p.Sense) * 1000 },
			"another price":    func(x *model.Plan) { x.Places = slices.Clone(x.Places); x.Places[3] -= x.Prices.Scale * 500 },
			"one too few":      func(x *model.Plan) { x.Places = x.Places[1:] },
		} {
			x := *pl
			if change(&x); len(verify.Allocation(p, &x)) == 0 {
				t.Errorf("%s is not found", name)
			}
		}
	}
}

// TestRenaming: exhibitions in another order give a plan of the same value, proven.
func TestRenaming(t *testing.T) {
	ctx := context.Background()
	p := instance.Assignment('E', 5, 25, 3)
	order := []int{3, 0, 4, 1, 2}
	q := &model.Problem{Sense: p.Sense, MustPlace: true, AtMost: 1, Types: [][]int32{{}}, Start: []int32{0}}
	for _, j := range order {
		q.Exhibitions = append(q.Exhibitions, p.Exhibitions[j])
	}
	for i := range p.N() {
		for k, j := range order {
			o := p.Pair(i, uint16(j))
			q.Exh, q.Value, q.Size = append(q.Exh, uint16(k)), append(q.Value, p.Value[o]), append(q.Size, p.Size[o])
		}
		q.Start, q.Type = append(q.Start, int32(len(q.Exh))), append(q.Type, 0)
		q.IDs.Append(p.IDs.At(i))
	}
	if err := q.Freeze(); err != nil {
		t.Fatal(err)
	}
	values := make([]int64, 2)
	for k, x := range []*model.Problem{p, q} {
		pl, err := planner.Allocate(ctx, x, allocation.Options{Time: 3 * time.Second, Until: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		if pl.Status != model.Optimal {
			t.Errorf("not proven: %d, bound %d", pl.Penalised, pl.Bound)
		}
		values[k] = pl.Penalised
	}
	if !slices.Equal(values[:1], values[1:]) {
		t.Errorf("the value depends on the order of the exhibitions: %v", values)
	}
}
