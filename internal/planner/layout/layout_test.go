package layout_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"muntija/internal/locale"
	"muntija/internal/planner/layout"
	"muntija/internal/planner/planfile"
	"muntija/internal/planner/verify"
)

func solve(t *testing.T, p *layout.Problem, o layout.Params) *layout.Result {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := layout.Solve(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := verify.Layout(p, r); len(wrong) > 0 {
		t.Fatalf("the verifier: %s", strings.Join(wrong, "; "))
	}
	return r
}

func TestThousandBooths(t *testing.T) {
	p := layout.Generate(1000, 950, 1)
	began := time.Now()
	r := solve(t, p, layout.Params{TimeLimit: 20 * time.Second, Seed: 1, Threads: 2})
	if r.Status != "feasible" || r.Hard != 0 {
		t.Errorf("got %s with %d hard breaches", r.Status, r.Hard)
	}
	for _, b := range r.Reasons {
		if b.Hard {
			t.Log(b)
		}
	}
	t.Log(r.Status, r.Stop, *r.Objective, time.Since(began))
}

// random makes up a hall that is small enough to go through all its layouts.
func random(r *rand.Rand) *layout.Problem {
	n := 3 + r.IntN(4)
	m := n - r.IntN(2)
	p := &layout.Problem{Format: layout.Format, CrowdRadius: int64(r.IntN(6)), Apart: [][2]string{{"food", "oud"}}}
	for a := range n {
		b := layout.Booth{ID: fmt.Sprint("b", a), Size: int64(1 + r.IntN(3)), X: int64(200 * r.IntN(5)), Y: int64(200 * r.IntN(3)), Loading: int64(r.IntN(5))}
		if r.IntN(3) > 0 {
			b.Features = []string{"power"}
		}
		p.Booths = append(p.Booths, b)
		if a > 0 && r.IntN(5) > 0 {
			p.Neighbours = append(p.Neighbours, [2]string{fmt.Sprint("b", a-1), b.ID})
		}
	}
	for i := range m {
		x := layout.Exhibitor{ID: fmt.Sprint("x", i), Size: int64(r.IntN(3)), Craft: []string{"", "pottery"}[r.IntN(2)], Place: "Fayoum", Pull: int64(r.IntN(3)), Heavy: int64(r.IntN(3))}
		if r.IntN(4) == 0 {
			x.Needs = []string{"power"}
		}
		if r.IntN(3) == 0 {
			x.Category = []string{"food", "oud"}[r.IntN(2)]
		}
		if r.IntN(3) == 0 {
			x.Pavilion = "Egypt"
		} else if r.IntN(3) == 0 {
			x.Association = "Sinai"
		}
		p.Exhibitors = append(p.Exhibitors, x)
	}
	matrix := func(k int) [][]int64 {
		var out [][]int64
		for range k {
			row := make([]int64, k)
			for j := range row {
				row[j] = int64(r.IntN(6))
			}
			out = append(out, row)
		}
		return out
	}
	if r.IntN(2) == 0 {
		p.Flows = matrix(m)
	}
	if r.IntN(2) == 0 {
		p.Distances = matrix(n)
	}
	if r.IntN(2) == 0 {
		p.Aversions = matrix(m)
	}
	if r.IntN(2) == 0 {
		two := func() [2]string {
			a := r.IntN(n - 1)
			return [2]string{fmt.Sprint("b", a), fmt.Sprint("b", a+1+r.IntN(n-1-a))}
		}
		if r.IntN(2) == 0 {
			p.Near = [][2]string{two(), two()}
		}
		p.Links = append(p.Links, two())
		p.Keep = append(p.Keep, layout.Keep{A: "food", B: "oud", Close: [][2]string{two(), two(), two()}, Cost: int64(r.IntN(3))})
		move := int64(r.IntN(4))
		p.Weights.Move = &move
		p.Costs = []layout.BoothCosts{{ID: "wall", Booths: map[string]int64{"b0": 2, "b1": 5}}}
		for i := range p.Exhibitors {
			if r.IntN(2) == 0 {
				p.Exhibitors[i].Home, p.Exhibitors[i].Costs = fmt.Sprint("b", r.IntN(n)), []string{"wall"}
			}
		}
	}
	if r.IntN(2) == 0 { // without hard rules on several: tabu search
		p.Keep = nil
		p.Apart = nil
		for i := range p.Exhibitors {
			p.Exhibitors[i].Pavilion, p.Exhibitors[i].Association = "", ""
		}
	}
	return p
}

// exhaust goes through all layouts and returns the least hard breaches, the least cost with them, and whether the needs can be met.
func exhaust(p *layout.Problem) (hard int, cost int64, found bool) {
	plan := make([]layout.Placement, 0, len(p.Exhibitors))
	used := make([]bool, len(p.Booths))
	var walk func(i int)
	walk = func(i int) {
		if i == len(p.Exhibitors) {
			c, h, wrong := verify.LayoutCost(p, plan)
			if len(wrong) == 0 && (!found || h < hard || h == hard && c < cost) {
				hard, cost, found = h, c, true
			}
			return
		}
		for a := range p.Booths {
			if !used[a] {
				used[a] = true
				plan = append(plan, layout.Placement{Exhibitor: p.Exhibitors[i].ID, Booth: p.Booths[a].ID})
				walk(i + 1)
				plan, used[a] = plan[:i], false
			}
		}
	}
	walk(0)
	return hard, cost, found
}

func TestAgainstEveryLayout(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	shortages, broken, tabu := 0, 0, 0
	for round := range 120 {
		p := random(r)
		hard, cost, found := exhaust(p)
		got := solve(t, p, layout.Params{Work: 500 * time.Millisecond, Seed: int64(round), Threads: 1})
		switch {
		case !found && got.Shortage == nil, found && got.Shortage != nil:
			t.Fatalf("round %d: a layout is there: %v, the result says %s", round, found, got.Status)
		case !found:
			shortages++
		case got.Hard != hard || *got.Objective != cost:
			b, _ := json.Marshal(p)
			t.Errorf("round %d: got %d with %d hard breaches, by going through all layouts %d with %d (%s)\n%s", round, *got.Objective, got.Hard, cost, hard, got.Method, b)
		default:
			if hard > 0 {
				broken++
			}
			if got.Method == "tabu" {
				tabu++
			}
		}
	}
	if shortages < 5 || broken < 3 || tabu < 20 {
		t.Errorf("%d shortages, %d broken, %d by tabu search: the test does not test all", shortages, broken, tabu)
	}
}

// Nine places on a grid of three by three, against all 362,880 layouts in the plain formula of Koopmans and Beckmann.
func TestQuadraticAssignment(t *testing.T) {
	for seed := range uint64(3) {
		p := layout.GenerateQAP(3, 3, seed)
		n := len(p.Booths)
		best := int64(1) << 60
		perm := make([]int, 0, n)
		used := make([]bool, n)
		var walk func(cost int64)
		walk = func(cost int64) {
			i := len(perm)
			if cost >= best {
				return
			}
			if i == n {
				best = cost
				return
			}
			for a := range n {
				if used[a] {
					continue
				}
				add := p.Flows[i][i] * p.Distances[a][a]
				for j, b := range perm {
					add += p.Flows[i][j]*p.Distances[a][b] + p.Flows[j][i]*p.Distances[b][a]
				}
				used[a] = true
				perm = append(perm, a)
				walk(cost + add)
				perm, used[a] = perm[:i], false
			}
		}
		walk(0)
		r := solve(t, p, layout.Params{Work: time.Second, Seed: 1, Threads: 2})
		if *r.Objective != best || *r.Bound > best || *r.Bound < best/2 {
			t.Errorf("seed %d: got %d with the bound %d, the least is %d", seed, *r.Objective, *r.Bound, best)
		}
	}
}

// In a problem with a known best layout (ways and flows that match in order on a line) tabu search must find it.
func TestKnownOptimum(t *testing.T) {
	n := 24
	p := &layout.Problem{Format: layout.Format}
	perm := rand.New(rand.NewPCG(3, 3)).Perm(n)
	for a := range n {
		p.Booths = append(p.Booths, layout.Booth{ID: fmt.Sprint("b", a), X: int64(100 * a)})
		p.Exhibitors = append(p.Exhibitors, layout.Exhibitor{ID: fmt.Sprint("x", a)})
		p.Flows = append(p.Flows, make([]int64, n))
	}
	for k := range n - 1 { // a chain: in order every flow goes one step
		p.Flows[perm[k]][perm[k+1]] = 7
	}
	if r := solve(t, p, layout.Params{Work: time.Second, Seed: 1, Threads: 2}); *r.Objective != int64(7*(n-1)) {
		t.Errorf("got %d, the best is %d", *r.Objective, 7*(n-1))
	}
}

func TestSameBytes(t *testing.T) {
	for _, p := range []*layout.Problem{layout.Generate(120, 110, 2), layout.GenerateQAP(4, 4, 2)} {
		var first []byte
		for range 2 {
			b, err := planfile.Encode(solve(t, p, layout.Params{Work: 100 * time.Millisecond, Seed: 5, Threads: 2}))
			if err != nil {
				t.Fatal(err)
			}
			if first != nil && !bytes.Equal(first, b) {
				t.Error("two runs on the same hall differ")
			}
			first = b
		}
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		rename := func(b []byte) []byte {
			for i := 130; i >= 0; i-- {
				for _, k := range []string{"b", "x"} {
					b = bytes.ReplaceAll(b, fmt.Appendf(nil, "\"%s%d\"", k, i), fmt.Appendf(nil, "\"جناح %s%d\"", k, 997-i))
				}
			}
			return b
		}
		q, err := layout.Decode(rename(raw))
		if err != nil {
			t.Fatal(err)
		}
		var want layout.Result
		if err := json.Unmarshal(rename(first), &want); err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(want.Assignment)
		b, _ := json.Marshal(solve(t, q, layout.Params{Work: 100 * time.Millisecond, Seed: 5, Threads: 2}).Assignment)
		if !bytes.Equal(a, b) {
			t.Error("renaming exhibitors and booths changes the layout")
		}
	}
}

func TestShortage(t *testing.T) {
	p := &layout.Problem{Format: layout.Format, Booths: []layout.Booth{{ID: "a", Features: []string{"water"}}, {ID: "b"}, {ID: "c"}},
		Exhibitors: []layout.Exhibitor{{ID: "fish", Needs: []string{"water"}}, {ID: "dates", Needs: []string{"water"}}, {ID: "oud"}}}
	r := solve(t, p, layout.Params{})
	if r.Status != "infeasible" || fmt.Sprint(r.Shortage.Exhibitors, r.Shortage.Booths) != "[fish dates] [a]" {
		t.Errorf("got %s, %+v; want fish and dates for booth a", r.Status, r.Shortage)
	}
}

func TestDrag(t *testing.T) {
	p := layout.Generate(200, 185, 4)
	r := solve(t, p, layout.Params{Work: 300 * time.Millisecond, Seed: 1, Threads: 2})
	rng := rand.New(rand.NewPCG(1, 1))
	possible := 0
	for range 60 {
		x, b := p.Exhibitors[rng.IntN(185)].ID, p.Booths[rng.IntN(200)].ID
		began := time.Now()
		m, err := layout.Drag(p, r.Assignment, x, b)
		if err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d > time.Second {
			t.Errorf("dragging one booth took %v", d)
		}
		if !m.Possible {
			continue
		}
		possible++
		cost, hard, wrong := verify.LayoutCost(p, m.Assignment)
		if len(wrong) > 0 || cost != *r.Objective+m.Cost || hard != r.Hard+m.Hard {
			t.Fatalf("dragging %s to %s: cost %d (claimed %+d), hard %d (claimed %+d), %v", x, b, cost-*r.Objective, m.Cost, hard-r.Hard, m.Hard, wrong)
		}
	}
	if possible < 10 {
		t.Errorf("%d moves were possible", possible)
	}
	if _, err := layout.Drag(p, r.Assignment, "nobody", "b1"); err == nil {
		t.Error("an unknown exhibitor was dragged")
	}
}

func TestDecode(t *testing.T) {
	good := `{"format":"muntija.layout/1","booths":[{"id":"a"},{"id":"b"}],"exhibitors":[{"id":"x"},{"id":"y"}]}`
	if _, err := layout.Decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	with := func(more string) string { return strings.TrimSuffix(good, "}") + "," + more + "}" }
	for text, want := range map[string]string{
		good[:40]:                                  "cut off",
		with(`"flows":[[0,1]]`):                    "flows: it has 1 rows and needs 2",
		with(`"flows":[[0,1],[0]]`):                "flows[1]: it has 1 columns and needs 2",
		with(`"flows":[[0,-1],[0,0]]`):             "flows[0][1]: -1 is not between",
		with(`"flows":[[0,NaN],[0,0]]`):            "flows[0][1]: a whole number was expected, not NaN",
		with(`"distances":[[0,2000000000],[0,0]]`): "distances[0][1]: 2000000000",
		with(`"flows":[[0,1000000000],[0,0]],"distances":[[0,1000000000],[0,0]]`): "the cost could pass 2^60",
		with(`"neighbours":[["a","a"]]`):                                          `neighbours[0]: the booth "a" is its own neighbour`,
		with(`"neighbours":[["a","c"]]`):                                          `neighbours[0][1]: there is no booth "c"`,
		with(`"weights":{"crowd":-1}`):                                            "weights.crowd: -1",
		with(`"colour":1`):                                                        `colour: there is no key "colour"`,
		strings.Replace(good, `{"id":"y"}`, `{"id":"x"}`, 1):                      `exhibitors[1].id: "x" is the id of number 0 too`,
		strings.Replace(good, `{"id":"y"}`, `{"id":"y","pin":"z"}`, 1):            `exhibitors[1].pin: there is no booth "z"`,
		strings.Replace(good, `{"id":"y"}`, `{"id":"y","pull":101}`, 1):           "exhibitors[1].pull: 101",
		strings.Replace(good, `{"id":"a"},{"id":"b"}`, ``, 1):                     "booths: 0 of them",
		strings.Replace(good, `{"id":"x"},{"id":"y"}`, ``, 1):                     "exhibitors: there is none",
	} {
		if _, err := layout.Decode([]byte(text)); err == nil || !strings.Contains(said(err), want) {
			t.Errorf("%s\n got %s\nwant …%s…", text, said(err), want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, p := range []*layout.Problem{layout.Generate(12, 8, 1), layout.GenerateQAP(2, 2, 1)} {
		b, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := layout.Decode(data)
		if err != nil || len(p.Booths) > 20 {
			return
		}
		r, err := layout.Solve(t.Context(), p, layout.Params{TimeLimit: 2 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if wrong := verify.Layout(p, r); len(wrong) > 0 {
			t.Error(wrong)
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
