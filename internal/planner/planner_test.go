package planner_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/highs"
	"muntija/internal/planner"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/explain"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
)

var solver = highs.New(highs.Options{CacheDir: highs.UserCache()})

// random makes a small problem with every kind of rule.
func random(r *rand.Rand) *model.Problem {
	n, j := 2+r.IntN(5), 1+r.IntN(3)
	p := &model.Problem{Sense: model.Max, AtMost: int32(1 + r.IntN(2)), Groups: []string{"a", "b"}, Types: [][]int32{{}, {0}, {1}, {0, 1}}, Start: []int32{0}}
	if r.IntN(4) == 0 {
		p.Sense = model.Min
		p.MustPlace = true
	}
	for e := range j {
		x := model.Exhibition{ID: fmt.Sprint("e", e), Capacity: int64(1 + r.IntN(4)), Metres: model.Unlimited}
		if r.IntN(2) == 0 {
			x.Metres = int64(2 + r.IntN(8))
		}
		p.Exhibitions = append(p.Exhibitions, x)
	}
	for a := range j {
		for b := range a {
			if r.IntN(4) == 0 {
				p.Conflicts = append(p.Conflicts, [2]uint16{uint16(b), uint16(a)})
			}
		}
	}
	set := func() []uint16 {
		var out []uint16
		for e := range j {
			if r.IntN(2) == 0 {
				out = append(out, uint16(e))
			}
		}
		if out == nil {
			out = []uint16{uint16(r.IntN(j))}
		}
		return out
	}
	for q := range r.IntN(4) {
		x := model.Quota{ID: fmt.Sprint("q", q), Exhibitions: set(), Group: int32(r.IntN(3) - 1), Max: model.Unlimited}
		if r.IntN(2) == 0 {
			x.Max = int64(1 + r.IntN(3))
		}
		if r.IntN(3) == 0 {
			x.Min = int64(r.IntN(3))
		}
		x.Min = min(x.Min, x.Max)
		p.Quotas = append(p.Quotas, x)
	}
	if r.IntN(3) == 0 {
		p.Budgets = append(p.Budgets, model.Budget{ID: "b0", Exhibitions: set(), Group: int32(r.IntN(3) - 1), Amount: int64(r.IntN(12))})
	}
	sizes, metres, costs := r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0
	for i := range n {
		p.IDs.Append(fmt.Sprint("f", i))
		p.Type = append(p.Type, int32(r.IntN(4)))
		for e := range j {
			if r.IntN(4) == 0 {
				continue
			}
			p.Exh, p.Value = append(p.Exh, uint16(e)), append(p.Value, int32(r.IntN(40)-4))
			if sizes {
				p.Size = append(p.Size, int32(1+r.IntN(3)))
			}
			if metres {
				p.Metres = append(p.Metres, int32(r.IntN(4)))
			}
			if costs {
				p.Cost = append(p.Cost, int32(r.IntN(6)))
			}
		}
		p.Start = append(p.Start, int32(len(p.Exh)))
	}
	return p
}

// best is the best penalised objective by trying every choice.
func best(p *model.Problem) int64 {
	top := int64(math.MinInt64)
	var chosen []int32
	empty := &model.Plan{Bound: math.MaxInt64}
	allowed := func() bool {
		booths, metres := map[uint16]int64{}, map[uint16]int64{}
		places := map[int32]int{}
		quota, budget := make([]int64, len(p.Quotas)), make([]int64, len(p.Budgets))
		of := (&model.Plan{Chosen: chosen}).Of(p)
		for k, o := range chosen {
			booths[p.Exh[o]] += p.SizeOf(o)
			metres[p.Exh[o]] += p.MetresOf(o)
			places[of[k]]++
			for q, x := range p.Quotas {
				if slices.Contains(x.Exhibitions, p.Exh[o]) && p.In(p.Type[of[k]], x.Group) {
					quota[q]++
				}
			}
			for b, x := range p.Budgets {
				if slices.Contains(x.Exhibitions, p.Exh[o]) && p.In(p.Type[of[k]], x.Group) {
					budget[b] += p.CostOf(o)
				}
			}
			for m := range k {
				if of[m] == of[k] && slices.Contains(p.Conflicts, [2]uint16{p.Exh[chosen[m]], p.Exh[o]}) {
					return false
				}
			}
		}
		for j, e := range p.Exhibitions {
			if booths[uint16(j)] > e.Capacity || metres[uint16(j)] > e.Metres {
				return false
			}
		}
		for i, n := range places {
			if n > p.LimitOf(int(i)) {
				return false
			}
		}
		for q, x := range p.Quotas {
			if quota[q] > x.Max {
				return false
			}
		}
		for b, x := range p.Budgets {
			if budget[b] > x.Amount {
				return false
			}
		}
		return true
	}
	var walk func(o int32)
	walk = func(o int32) {
		if !allowed() {
			return // every rule but the minima is monotone
		}
		if int(o) == len(p.Exh) {
			top = max(top, int64(p.Sense)*allocation.Rate(p, chosen, empty).Penalised)
			return
		}
		walk(o + 1)
		chosen = append(chosen, o)
		walk(o + 1)
		chosen = chosen[:len(chosen)-1]
	}
	walk(0)
	return int64(p.Sense) * top
}

// TestAgainstExhaustion solves small random problems and compares with every choice: the plan is allowed, the bound is never crossed, and with the searcher
// the optimum is found and proven.
func TestAgainstExhaustion(t *testing.T) {
	ctx := context.Background()
	cases := 240
	if testing.Short() {
		cases = 80
	}
	if err := solver.Warm(ctx); err != nil {
		t.Fatal(err)
	}
	exact, asked := 0, 0
	for seed := range cases {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		p := random(r)
		if err := p.Freeze(); err != nil {
			continue // such as a minimum above the room
		}
		want := best(p)
		o := allocation.Options{Time: 20 * time.Second, Seed: 1}
		if seed%8 == 0 {
			o.Search = allocation.WithHighs(solver)
		}
		pl, err := planner.Allocate(ctx, p, o)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		sign := int64(p.Sense)
		if sign*pl.Bound < sign*want {
			t.Errorf("seed %d: bound %d is past the optimum %d", seed, pl.Bound, want)
		}
		if sign*pl.Penalised > sign*want {
			t.Errorf("seed %d: the plan's %d is better than the optimum %d", seed, pl.Penalised, want)
		}
		if pl.Penalised == want {
			exact++
		}
		asked++
		if o.Search != nil && (pl.Penalised != want || pl.Bound != want) {
			t.Errorf("seed %d: with search %d, bound %d (%s), want %d", seed, pl.Penalised, pl.Bound, pl.Stop, want)
		}
	}
	t.Logf("%d of %d optimal", exact, asked)
	if exact*100 < asked*90 {
		t.Errorf("only %d of %d plans are optimal", exact, asked)
	}
}

// TestSameBytes: the plan does not depend on threads, and the order of the file only names the exhibitors.
func TestSameBytes(t *testing.T) {
	ctx := context.Background()
	p := instance.Season(700, 10, 4)
	a, err := planner.Allocate(ctx, p, allocation.Options{Time: 10 * time.Minute, Threads: 1, Gap: 0.002})
	if err != nil {
		t.Fatal(err)
	}
	b, err := planner.Allocate(ctx, p, allocation.Options{Time: 10 * time.Minute, Threads: 2, Gap: 0.002})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Chosen, b.Chosen) || !slices.Equal(a.Prices.Booths, b.Prices.Booths) {
		t.Error("one thread and two make different plans")
	}
	var plans [2][]int32
	for k := range plans {
		pl, err := planner.Allocate(ctx, instance.Assignment('D', 10, 60, 4), allocation.Options{Time: 250 * time.Millisecond, Until: time.Now().Add(10 * time.Minute), Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		plans[k] = pl.Chosen
	}
	if !slices.Equal(plans[0], plans[1]) {
		t.Error("the same assignment problem, seed and threads make different plans")
	}
}

// TestOrderOfTheFile: exhibitors in another order get the same places.
func TestOrderOfTheFile(t *testing.T) {
	lines := make([]string, 60)
	r := rand.New(rand.NewPCG(1, 1))
	for k := range lines {
		lines[k] = fmt.Sprintf(`{"id":"f%02d","groups":["g%d"],"value":{"a":%d,"b":%d}}`, k, k%3, 10+r.IntN(5), 10+r.IntN(5)) // many ties
	}
	solve := func() map[string][]string {
		p, err := model.Decode([]byte(`{"exhibitions":[{"id":"a","capacity":9},{"id":"b","capacity":7}],"conflicts":[["a","b"]],
			"quotas":[{"id":"q","group":"g1","max":4}],"exhibitors":[` + strings.Join(lines, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]string{}
		for k, i := range pl.Of(p) {
			id := p.IDs.At(int(i))
			out[id] = append(out[id], p.Exhibitions[p.Exh[pl.Chosen[k]]].ID)
		}
		return out
	}
	want := solve()
	for range 3 {
		r.Shuffle(len(lines), func(a, b int) { lines[a], lines[b] = lines[b], lines[a] })
		if got := solve(); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order of the file gives %v, want %v", got, want)
		}
	}
}

// TestGap holds the heuristics to their figures on a middle season and on assignment problems, without the searcher.
func TestGap(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		p    *model.Problem
		most float64
	}{{"season 1200 × 15", instance.Season(1200, 15, 2), 0.004}, {"GAP C 10 × 100", instance.Assignment('C', 10, 100, 2), 0.025},
		{"GAP E 10 × 100", instance.Assignment('E', 10, 100, 2), 0.02}, {"GAP D 10 × 100", instance.Assignment('D', 10, 100, 2), 0.012},
		{"GAP D 20 × 200", instance.Assignment('D', 20, 200, 2), 0.007}} {
		// the work of a little more than a second, which a busy machine may take longer for
		pl, err := planner.Allocate(ctx, c.p, allocation.Options{Time: 1200 * time.Millisecond, Until: time.Now().Add(time.Minute), Gap: c.most / 2})
		if err != nil {
			t.Fatal(err)
		}
		if pl.Status == model.Infeasible || pl.Gap() > c.most {
			t.Errorf("%s: %s, gap %.3f %%, want at most %.3f %%", c.name, pl.Status, pl.Gap()*100, c.most*100)
		}
	}
}

// fair is one exhibition under the fair rule.
func fair(n, places int, seed uint64, raise int, points, class int) (*model.Problem, error) {
	p := instance.Single(n, places, seed)
	q, err := p.With(func(q *model.Problem) {
		r := rand.New(rand.NewPCG(seed, 99))
		y := &model.Policy{Rule: model.RuleFair, Bands: []int32{400, 600, 800}, Seed: make([]byte, 32)}
		y.Seed[0] = byte(seed)
		y.Commitment = model.Commit(y.Seed)
		q.Value = make([]int32, n)
		for i := range n {
			q.Value[i] = int32(r.IntN(1000))
			y.Class = append(y.Class, uint8(r.IntN(3)))
		}
		if raise >= 0 {
			q.Value[raise] = min(1000, q.Value[raise]+int32(points))
			y.Class[raise] = min(model.MaxClass, y.Class[raise]+uint8(class))
		}
		if err := q.Apply(y); err != nil {
			panic(err)
		}
	})
	return q, err
}

// TestRaisingNeverRemoves: a family that has a place keeps it when its points or its class rise, and verify finds no envy.
func TestRaisingNeverRemoves(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(6) {
		p, err := fair(300, 30, seed, -1, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		before, err := planner.Allocate(ctx, p, allocation.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if before.Bound != before.Penalised {
			t.Fatalf("seed %d: one exhibition with two trees is not exact: %d, bound %d", seed, before.Penalised, before.Bound)
		}
		for k, o := range before.Chosen {
			if k%3 != 0 {
				continue
			}
			q, err := fair(300, 30, seed, int(o), 250, k%2)
			if err != nil {
				t.Fatal(err)
			}
			after, err := planner.Allocate(ctx, q, allocation.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(after.Chosen, o) {
				t.Errorf("seed %d: exhibitor %s lost its place by rising", seed, p.IDs.At(int(o)))
			}
		}
	}
}

// TestVerifierFinds breaks a plan in every way and expects a finding.
func TestVerifierFinds(t *testing.T) {
	p, err := fair(400, 40, 3, -1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	good, err := planner.Allocate(context.Background(), p, allocation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	outside := int32(0)
	for slices.Contains(good.Chosen, outside) {
		outside++
	}
	for name, spoil := range map[string]func(*model.Plan){
		"other problem":    func(x *model.Plan) { x.Problem[0]++ },
		"objective":        func(x *model.Plan) { x.Objective++ },
		"penalised":        func(x *model.Plan) { x.Penalised-- },
		"bound":            func(x *model.Plan) { x.Bound-- },
		"price bound":      func(x *model.Plan) { x.PriceBound-- },
		"price":            func(x *model.Plan) { x.Prices.Booths[0] += 1000 },
		"negative price":   func(x *model.Plan) { x.Prices.Booths[0] = -1 },
		"twice":            func(x *model.Plan) { x.Chosen[1] = x.Chosen[0] },
		"one more":         func(x *model.Plan) { x.Chosen = append(x.Chosen, outside); slices.Sort(x.Chosen) },
		"somebody else":    func(x *model.Plan) { x.Chosen[0] = outside; slices.Sort(x.Chosen) },
		"hidden shortfall": func(x *model.Plan) { x.Shortfalls = append(x.Shortfalls, model.Shortfall{Quota: 0, Missing: 1}) },
		"status":           func(x *model.Plan) { x.Status = model.Infeasible },
		"version":          func(x *model.Plan) { x.Version = "allocation/0" },
	} {
		bad := *good
		prices := *good.Prices
		prices.Booths = slices.Clone(prices.Booths)
		bad.Prices, bad.Chosen = &prices, slices.Clone(good.Chosen)
		spoil(&bad)
		if len(verify.Allocation(p, &bad)) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
	p.Policy.Key[5]++
	if len(verify.Allocation(p, good)) == 0 {
		t.Error("a changed lottery key was not found")
	}
}

// TestReasons recomputes from problem and plan what each reason says.
func TestReasons(t *testing.T) {
	seen := map[explain.Rule]int{}
	reasonsOf(t, instance.Season(800, 10, 5), seen)
	one, err := fair(600, 40, 2, -1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasonsOf(t, one, seen)
	for _, rule := range []explain.Rule{explain.Placed, explain.Conflict, explain.Capacity, explain.QuotaFull} {
		if seen[rule] == 0 {
			t.Errorf("no pair has the reason %s: the test tests nothing of it; %v", rule, seen)
		}
	}
}

func reasonsOf(t *testing.T, p *model.Problem, seen map[explain.Rule]int) {
	t.Helper()
	pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: 5 * time.Second, Gap: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	b := explain.New(p, pl)
	booths := make([]int64, p.J())
	for _, o := range pl.Chosen {
		booths[p.Exh[o]] += p.SizeOf(o)
	}
	for i := range p.N() {
		mine := 0
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			if slices.Contains(pl.Chosen, o) {
				mine++
			}
		}
		for k, r := range b.Family(i) {
			o := p.Start[i] + int32(k)
			seen[r.Rule]++
			_, placed := slices.BinarySearch(pl.Chosen, o)
			switch {
			case (r.Rule == explain.Placed) != placed:
				t.Fatalf("%s at %d: %s, placed %v", p.IDs.At(i), r.Exhibition, r.Rule, placed)
			case r.Rule == explain.AtMost && mine < p.LimitOf(i):
				t.Fatalf("%s has %d of %d places, the reason is its limit", p.IDs.At(i), mine, p.LimitOf(i))
			case r.Rule == explain.Conflict && (!p.Clash(r.Other, r.Exhibition) || p.Pair(i, r.Other) < 0 || !slices.Contains(pl.Chosen, p.Pair(i, r.Other))):
				t.Fatalf("%s: the conflict with %d is none", p.IDs.At(i), r.Other)
			case r.Rule == explain.Capacity && booths[r.Exhibition]+p.SizeOf(o) <= p.Exhibitions[r.Exhibition].Capacity:
				t.Fatalf("%s: exhibition %d has room", p.IDs.At(i), r.Exhibition)
			case r.Rule == explain.QuotaFull && b.Quotas()[r.Index].Used < p.Quotas[r.Index].Max:
				t.Fatalf("%s: quota %d has room", p.IDs.At(i), r.Index)
			case r.Waiting > r.Applicants || r.Seats > r.Applicants:
				t.Fatalf("%s: place %d of %d applicants, %d seats", p.IDs.At(i), r.Waiting, r.Applicants, r.Seats)
			}
		}
	}
}

// TestForce: carrying out what Force says keeps every rule and costs what it said.
func TestForce(t *testing.T) {
	p := instance.Season(600, 8, 6)
	pl, err := planner.Allocate(context.Background(), p, allocation.Options{Time: 5 * time.Second, Gap: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	b := explain.New(p, pl)
	forced := 0
	for i := 0; i < p.N(); i += 7 {
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			f := b.Force(i, o)
			if !f.Possible || slices.Contains(pl.Chosen, o) {
				continue
			}
			gone := slices.Clone(f.Dropped)
			if len(f.Displace) > 0 {
				gone = append(gone, f.Displace[0].Pairs...)
			}
			chosen := slices.DeleteFunc(slices.Clone(pl.Chosen), func(x int32) bool { return slices.Contains(gone, x) })
			chosen = append(chosen, o)
			slices.Sort(chosen)
			re := allocation.Rate(p, chosen, pl)
			if got := pl.Penalised - re.Penalised; got != f.Cost {
				t.Fatalf("forcing %s costs %d, it was said %d", p.IDs.At(i), got, f.Cost)
			}
			if found := verify.Allocation(p, re); len(found) > 0 {
				t.Fatalf("forcing %s breaks a rule: %v", p.IDs.At(i), found)
			}
			forced++
		}
	}
	if forced < 50 {
		t.Errorf("only %d pairs could be forced", forced)
	}
}

// TestDecline fills declined places until nobody waits; every plan in between passes.
func TestDecline(t *testing.T) {
	p, err := fair(500, 40, 8, -1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	pl, err := planner.Allocate(context.Background(), p, allocation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[int32]bool{}
	chosen := pl.Chosen
	same := 0
	for range 15 {
		leaving := chosen[len(chosen)/2]
		out[leaving] = true
		f, err := allocation.Fill(p, chosen, leaving, out)
		if err != nil {
			t.Fatal(err)
		}
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(x int32) bool { return x == leaving })
		if f.Pair < 0 {
			continue
		}
		if f.SameCell {
			same++
		}
		chosen = append(chosen, f.Pair)
		slices.Sort(chosen)
		re := allocation.Rate(p, chosen, pl)
		for _, x := range verify.Allocation(p, re) {
			if x.Where != "status" && !out[int32(p.IDs.Index()[x.Where[len("exhibitor "):]])] {
				t.Errorf("after a decline: %v", x)
			}
		}
	}
	if same < 5 {
		t.Errorf("only %d of 15 places were filled from the same cell", same)
	}
	if _, err := allocation.Fill(p, chosen, 0, out); err == nil && !slices.Contains(chosen, 0) {
		t.Error("a place that nobody has was filled")
	}
}

// TestReplan keeps pins and the cap on changes; what if there were more room shows that it is worth something.
func TestReplan(t *testing.T) {
	ctx := context.Background()
	p := instance.Season(300, 6, 9)
	o := allocation.Options{Time: 3 * time.Second, Gap: 0.003}
	pl, err := planner.Allocate(ctx, p, o)
	if err != nil {
		t.Fatal(err)
	}
	q, err := p.With(func(q *model.Problem) { q.Exhibitions[0].Capacity += 20; q.Exhibitions[0].Metres += 100 })
	if err != nil {
		t.Fatal(err)
	}
	re, err := allocation.Replan(ctx, q, pl.Chosen, pl.Chosen[:5], 8, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(re.Changes) > 8 {
		t.Errorf("%d changes, at most 8 were allowed", len(re.Changes))
	}
	for _, pin := range pl.Chosen[:5] {
		if !slices.Contains(re.Plan.Chosen, pin) {
			t.Error("a pinned place was taken away")
		}
	}
	if found := verify.Allocation(q, re.Plan); len(found) > 0 {
		t.Errorf("the new plan: %v", found[0])
	}
	if re.Plan.Penalised <= pl.Penalised || re.Gain < 0 {
		t.Errorf("20 booths more: %d after %d, full re-optimisation would gain %d", re.Plan.Penalised, pl.Penalised, re.Gain)
	}
	w, err := allocation.Suppose(ctx, p, pl, func(q *model.Problem) { q.Exhibitions[1].Capacity += 20; q.Exhibitions[1].Metres += 100 }, o)
	if err != nil {
		t.Fatal(err)
	}
	if w.Gain <= 0 || len(w.Changes) == 0 {
		t.Errorf("what if 20 booths more: gain %d with %d changes", w.Gain, len(w.Changes))
	}
}
