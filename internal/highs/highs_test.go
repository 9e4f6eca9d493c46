package highs_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"muntija/internal/fault"
	"muntija/internal/highs"
)

var solver *highs.Solver

func TestMain(m *testing.M) {
	// The workers of the fuzzer share the compiled code: each is given ten seconds for its first input.
	solver = highs.New(highs.Options{MemoryMiB: 512, Solves: 2, CacheDir: highs.UserCache()})
	code := m.Run()
	_ = solver.Close(context.Background())
	os.Exit(code)
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Max(1, math.Abs(b)) }

func solve(t *testing.T, m *highs.Model, p highs.Params) *highs.Result {
	t.Helper()
	r, err := solver.Solve(t.Context(), m, p)
	if err != nil {
		t.Fatalf("Solve: %v", err)
	}
	return r
}

// A farm: 110 acres, 4,000 of water, 120 of storage. The optimum by hand is the corner of land and storage; duals are the prices of the two.
func TestLinear(t *testing.T) {
	m := highs.NewModel(highs.Maximize, 2, 3, 6)
	x, y := m.AddCol(143, 0, highs.Inf), m.AddCol(60, 0, highs.Inf)
	m.AddRow(-highs.Inf, 15000, highs.Term{Col: x, Coef: 120}, highs.Term{Col: y, Coef: 210})
	m.AddRow(-highs.Inf, 4000, highs.Term{Col: x, Coef: 110}, highs.Term{Col: y, Coef: 30})
	m.AddRow(-highs.Inf, 75, highs.Term{Col: x, Coef: 1}, highs.Term{Col: y, Coef: 1})
	r := solve(t, m, highs.Params{})
	if r.Status != highs.Optimal || !near(r.Objective, 6315.625) || !near(r.Bound, 6315.625) || r.Gap != 0 {
		t.Fatalf("got %v, objective %v, bound %v, gap %v; want optimal 6315.625", r.Status, r.Objective, r.Bound, r.Gap)
	}
	if !near(r.X[0], 21.875) || !near(r.X[1], 53.125) {
		t.Errorf("values = %v, want 21.875 and 53.125", r.X)
	}
	// Dual prices: 110a + b = 143 and 30a + b = 60.
	if want := []float64{0, 1.0375, 28.875}; len(r.Duals) != 3 || !near(r.Duals[1], want[1]) || !near(r.Duals[2], want[2]) {
		t.Errorf("duals = %v, want %v", r.Duals, want)
	}
	if len(r.Reduced) != 2 || !near(r.Reduced[0], 0) {
		t.Errorf("reduced costs = %v, want zeros", r.Reduced)
	}
}

func knapsack() *highs.Model {
	m := highs.NewModel(highs.Maximize, 4, 1, 4)
	var row []highs.Term
	for _, i := range [][2]float64{{8, 5}, {11, 7}, {6, 4}, {4, 3}} {
		row = append(row, highs.Term{Col: m.AddBool(i[0]), Coef: i[1]})
	}
	m.AddRow(-highs.Inf, 14, row...)
	return m
}

func TestWholeNumbers(t *testing.T) {
	m := knapsack()
	r := solve(t, m, highs.Params{})
	if r.Status != highs.Optimal || r.Objective != 21 || r.Bound != 21 || !slices.Equal(r.X, []float64{0, 1, 1, 1}) {
		t.Fatalf("got %v %v bound %v at %v; want optimal 21 at [0 1 1 1]", r.Status, r.Objective, r.Bound, r.X)
	}
	if v, ok := m.Value(r.X, 1e-9); !ok || v != 21 {
		t.Errorf("Value = %v, %v; want 21, true", v, ok)
	}
	if _, ok := m.Value([]float64{1, 1, 1, 0}, 1e-9); ok {
		t.Error("Value took 16 of 14")
	}
}

func TestNoValues(t *testing.T) {
	for name, integer := range map[string]bool{"linear": false, "whole": true} {
		add := func(m *highs.Model, cost, lo, hi float64) highs.Col {
			if integer {
				return m.AddInt(cost, lo, hi)
			}
			return m.AddCol(cost, lo, hi)
		}
		m := highs.NewModel(highs.Minimize, 1, 2, 2)
		x := add(m, 1, 0, 10)
		m.AddRow(4, highs.Inf, highs.Term{Col: x, Coef: 1})
		m.AddRow(-highs.Inf, 3, highs.Term{Col: x, Coef: 1})
		if r := solve(t, m, highs.Params{}); r.Status != highs.Infeasible || r.HasValues {
			t.Errorf("%s: got %v, values %v; want infeasible without values", name, r.Status, r.HasValues)
		}
		m = highs.NewModel(highs.Minimize, 1, 0, 0)
		add(m, -1, 0, highs.Inf)
		if r := solve(t, m, highs.Params{}); r.Status != highs.Unbounded && r.Status != highs.Ambiguous || r.HasValues {
			t.Errorf("%s: got %v, values %v; want unbounded without values", name, r.Status, r.HasValues)
		}
	}
	// 2x = 3 has a linear solution and no whole one.
	m := highs.NewModel(highs.Minimize, 1, 1, 1)
	m.AddRow(3, 3, highs.Term{Col: m.AddInt(0, 0, 10), Coef: 2})
	if r := solve(t, m, highs.Params{}); r.Status != highs.Infeasible {
		t.Errorf("2x = 3: got %v, want infeasible", r.Status)
	}
}

func TestEmpty(t *testing.T) {
	r := solve(t, highs.NewModel(highs.Minimize, 0, 0, 0), highs.Params{})
	if r.Status != highs.Optimal || r.Objective != 0 {
		t.Errorf("got %v %v, want optimal 0", r.Status, r.Objective)
	}
}

// hard returns a market-split problem (Cornuéjols and Dawande 1998), which no branch and bound decides soon; points of little cost are easy to find.
func hard(rows, cols int) *highs.Model {
	r := rand.New(rand.NewPCG(7, 7))
	m := highs.NewModel(highs.Minimize, cols+2*rows, rows, (cols+2)*rows)
	for range cols {
		m.AddBool(0)
	}
	for range rows {
		var row []highs.Term
		sum := 0
		for c := range cols {
			a := r.IntN(100)
			sum += a
			row = append(row, highs.Term{Col: highs.Col(c), Coef: float64(a)})
		}
		over, under := m.AddCol(1, 0, highs.Inf), m.AddCol(1, 0, highs.Inf)
		row = append(row, highs.Term{Col: over, Coef: -1}, highs.Term{Col: under, Coef: 1})
		m.AddRow(float64(sum/2), float64(sum/2), row...)
	}
	return m
}

func TestTimeLimit(t *testing.T) {
	m := hard(5, 40)
	began := time.Now()
	var last highs.Progress
	calls := 0
	r := solve(t, m, highs.Params{TimeLimit: time.Second, Progress: func(p highs.Progress) { last = p; calls++ }})
	if r.Status != highs.TimeLimit || !r.HasValues || r.Gap <= 0 {
		t.Fatalf("got %v, values %v, gap %v; want the time limit, values and a gap", r.Status, r.HasValues, r.Gap)
	}
	if d := time.Since(began); d > 15*time.Second {
		t.Errorf("a limit of one second took %v", d)
	}
	if _, ok := m.Value(r.X, 1e-5); !ok || r.Bound > r.Objective {
		t.Errorf("values break a row, or the bound %v is above %v", r.Bound, r.Objective)
	}
	if calls == 0 || last.Bound > last.Best {
		t.Errorf("%d calls of progress, the last %+v", calls, last)
	}
}

func TestCancel(t *testing.T) {
	if err := solver.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	r, err := solver.Solve(ctx, hard(5, 40), highs.Params{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != highs.Interrupted || !r.HasValues {
		t.Errorf("got %v, values %v; want interrupted with the best values", r.Status, r.HasValues)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("a cancelled solve went on for %v", d)
	}
	if _, err := solver.Solve(ctx, knapsack(), highs.Params{}); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a context that had ended: got %v, want unavailable", err)
	}
}

func TestStart(t *testing.T) {
	m := hard(4, 30)
	first := solve(t, m, highs.Params{TimeLimit: 2 * time.Second})
	best := math.Inf(1)
	solve(t, m, highs.Params{Start: first.X, TimeLimit: 500 * time.Millisecond, Progress: func(p highs.Progress) { best = math.Min(best, p.Best) }})
	if best > first.Objective+1e-6 {
		t.Errorf("began with %v, reported at best %v", first.Objective, best)
	}
}

func TestSameBytes(t *testing.T) {
	m := hard(2, 16)
	a, b := solve(t, m, highs.Params{Seed: 3}), solve(t, m, highs.Params{Seed: 3})
	if !slices.Equal(a.X, b.X) || a.Objective != b.Objective || a.Nodes != b.Nodes {
		t.Errorf("two solves of one model differ: %v and %v", a.Objective, b.Objective)
	}
}

func TestRefused(t *testing.T) {
	one := func(f func(m *highs.Model)) *highs.Model {
		m := highs.NewModel(highs.Minimize, 1, 1, 1)
		m.AddCol(1, 0, 1)
		f(m)
		return m
	}
	nan, inf := math.NaN(), math.Inf(1)
	for name, m := range map[string]*highs.Model{
		"cost NaN":            one(func(m *highs.Model) { m.AddCol(nan, 0, 1) }),
		"cost infinite":       one(func(m *highs.Model) { m.AddCol(inf, 0, 1) }),
		"cost huge":           one(func(m *highs.Model) { m.AddCol(1e16, 0, 1) }),
		"bounds NaN":          one(func(m *highs.Model) { m.AddCol(0, nan, 1) }),
		"bounds crossed":      one(func(m *highs.Model) { m.AddCol(0, 2, 1) }),
		"lower bound +Inf":    one(func(m *highs.Model) { m.AddCol(0, inf, inf) }),
		"row crossed":         one(func(m *highs.Model) { m.AddRow(2, 1, highs.Term{Col: 0, Coef: 1}) }),
		"coefficient NaN":     one(func(m *highs.Model) { m.AddRow(0, 1, highs.Term{Col: 0, Coef: nan}) }),
		"coefficient inf":     one(func(m *highs.Model) { m.AddRow(0, 1, highs.Term{Col: 0, Coef: -inf}) }),
		"unknown column":      one(func(m *highs.Model) { m.AddRow(0, 1, highs.Term{Col: 1, Coef: 1}) }),
		"negative column":     one(func(m *highs.Model) { m.AddRow(0, 1, highs.Term{Col: -1, Coef: 1}) }),
		"column twice":        one(func(m *highs.Model) { m.AddRow(0, 1, highs.Term{Col: 0, Coef: 1}, highs.Term{Col: 0, Coef: 1}) }),
		"unknown row changed": one(func(m *highs.Model) { m.SetRow(0, 0, 1) }),
	} {
		if _, err := solver.Solve(t.Context(), m, highs.Params{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want an invalid fault", name, err)
		}
	}
	good := one(func(*highs.Model) {})
	for name, p := range map[string]highs.Params{"start short": {Start: []float64{}}, "start NaN": {Start: []float64{nan}}, "gap": {RelGap: -1}, "time": {TimeLimit: -1}} {
		if _, err := solver.Solve(t.Context(), good, p); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want an invalid fault", name, err)
		}
	}
}

func TestMemory(t *testing.T) {
	small := highs.New(highs.Options{MemoryMiB: 40})
	defer small.Close(context.Background())
	if _, err := small.Solve(t.Context(), hard(50, 3000), highs.Params{}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("got %v, want too large", err)
	}
}

// TestAgainstEnumeration solves small random problems and compares them with every point.
func TestAgainstEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 40 {
		n := 2 + r.IntN(6)
		m := highs.NewModel(highs.Maximize, n, 3, 3*n)
		for range n {
			m.AddInt(float64(r.IntN(21)-10), 0, 2)
		}
		for range 1 + r.IntN(3) {
			var row []highs.Term
			for c := range n {
				row = append(row, highs.Term{Col: highs.Col(c), Coef: float64(r.IntN(11) - 4)})
			}
			lo := float64(r.IntN(8) - 4)
			m.AddRow(lo, lo+float64(r.IntN(5)), row...)
		}
		best, found := math.Inf(-1), false
		x := make([]float64, n)
		var walk func(i int)
		walk = func(i int) {
			if i == n {
				if v, ok := m.Value(x, 1e-9); ok {
					best, found = math.Max(best, v), true
				}
				return
			}
			for v := range 3 {
				x[i] = float64(v)
				walk(i + 1)
			}
		}
		walk(0)
		got := solve(t, m, highs.Params{Seed: int32(round)})
		if found != got.HasValues || found && (got.Status != highs.Optimal || !near(got.Objective, best)) || !found && got.Status != highs.Infeasible {
			t.Errorf("round %d: got %v %v, by enumeration %v %v", round, got.Status, got.Objective, found, best)
		}
	}
}

// FuzzModel builds models of any bytes: none may crash the builder, and what it takes HiGHS must take.
func FuzzModel(f *testing.F) {
	f.Add([]byte{3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add([]byte{1, 255, 0, 128})
	numbers := []float64{0, 1, -1, 2.5, 1e9, -1e9, 1e15, 1e-9, math.Inf(1), math.Inf(-1), math.NaN(), 1e300, 7}
	if err := solver.Warm(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		next := func() int {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return int(b)
		}
		number := func() float64 { return numbers[next()%len(numbers)] }
		m := highs.NewModel(highs.Minimize, 0, 0, 0)
		for range next() % 5 {
			if next()%2 == 0 {
				m.AddCol(number(), number(), number())
			} else {
				m.AddInt(number(), number(), number())
			}
		}
		for range next() % 5 {
			var row []highs.Term
			for range next() % 5 {
				row = append(row, highs.Term{Col: highs.Col(next()%7 - 1), Coef: number()})
			}
			m.AddRow(number(), number(), row...)
		}
		r, err := solver.Solve(t.Context(), m, highs.Params{TimeLimit: time.Second})
		if m.Err() != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("the builder says %v, Solve %v", m.Err(), err)
			}
			return
		}
		if err == nil && r.Status == highs.Optimal && m.Rows() > 0 && !r.HasValues {
			t.Errorf("optimal without values")
		}
	})
}

// Three families want two booths, and two of three rows would be enough without the third; the fourth row has no part in it.
func TestClash(t *testing.T) {
	for name, integer := range map[string]bool{"linear": false, "whole": true} {
		m := highs.NewModel(highs.Minimize, 3, 5, 12)
		for range 3 {
			if integer {
				m.AddBool(1)
			} else {
				m.AddCol(1, 0, 1)
			}
		}
		term := func(c int) highs.Term { return highs.Term{Col: highs.Col(c), Coef: 1} }
		groups := [][]highs.Row{
			{m.AddRow(0, 1, term(0))},
			{m.AddRow(1, 1, term(0)), m.AddRow(1, 1, term(1))},
			{m.AddRow(0, 3, term(0), term(1), term(2))},
			{m.AddRow(1, 1, term(2))},
			{m.AddRow(0, 2, term(0), term(1), term(2))},
		}
		c, err := solver.Clash(t.Context(), m, groups, highs.Params{})
		if err != nil {
			t.Fatal(err)
		}
		if !c.Decided || !c.Minimal || !slices.Equal(c.Groups, []int{1, 3, 4}) {
			t.Errorf("%s: got %+v, want the groups 1, 3 and 4", name, c)
		}
		c, err = solver.Clash(t.Context(), m, groups[:4], highs.Params{})
		if err != nil {
			t.Fatal(err)
		}
		if !c.Decided || c.Groups == nil {
			t.Errorf("%s: a row in no group always holds, got %+v", name, c)
		}
		m.SetRow(groups[4][0], 0, 3)
		if c, err = solver.Clash(t.Context(), m, groups, highs.Params{}); err != nil || !c.Decided || len(c.Groups) != 0 {
			t.Errorf("%s: all can hold: got %+v, %v", name, c, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := solver.Clash(ctx, knapsack(), nil, highs.Params{}); err != nil || c.Decided {
		t.Errorf("an ended context: got %+v, %v; want not decided", c, err)
	}
}
