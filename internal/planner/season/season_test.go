package season_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/highs"
	"muntija/internal/locale"
	"muntija/internal/planner/planfile"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
)

var solver *highs.Solver

func TestMain(m *testing.M) {
	solver = highs.New(highs.Options{CacheDir: highs.UserCache()})
	code := m.Run()
	_ = solver.Close(context.Background())
	os.Exit(code)
}

func solve(t *testing.T, s *highs.Solver, p *season.Problem) *season.Result {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := season.Solve(t.Context(), s, p, season.Params{TimeLimit: time.Minute, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if wrong := verify.Season(p, r); len(wrong) > 0 {
		t.Fatalf("the verifier: %s", strings.Join(wrong, "; "))
	}
	return r
}

func weeks(first, last int) season.Period { return season.Period{FirstWeek: &first, LastWeek: &last} }

// random makes up a season that is small enough to go through all its plans.
func random(r *rand.Rand) *season.Problem {
	n := 4 + r.IntN(2)
	some := func() []season.Period {
		var out []season.Period
		for range r.IntN(3) {
			a := r.IntN(n)
			q := weeks(a, min(n-1, a+r.IntN(2)))
			q.Cost = int64(r.IntN(4))
			out = append(out, q)
		}
		return out
	}
	p := &season.Problem{Format: season.Format, Weeks: n, Calendars: map[string][]season.Period{"EG": some()}, Ramadan: some(), Rules: map[season.Rule]season.Setting{},
		People: []season.Person{{ID: "p", Unavailable: some()}, {ID: "q"}}, Series: []season.Series{{ID: "s", GapDays: r.IntN(10)}}}
	for v := range 2 + r.IntN(2) {
		x := season.Venue{ID: fmt.Sprint("v", v), Party: []string{"EG", "QA"}[r.IntN(2)], Capacity: int64(r.IntN(3)), RentPerDay: int64(r.IntN(3)), Currency: "EGP", Unavailable: some()}
		if r.IntN(3) > 0 {
			x.Features = []string{"power"}
		}
		if r.IntN(2) == 0 {
			x.Unavailable, x.RentPerDay, x.Capacity = nil, 1, 2 // so that venues are alike now and then
		}
		p.Venues = append(p.Venues, x)
	}
	for e := range 2 + r.IntN(2) {
		x := season.Exhibition{ID: fmt.Sprint("e", e), Days: 1 + r.IntN(9), OpensOn: r.IntN(3), BuildDays: r.IntN(3), DismantleDays: r.IntN(2), Size: int64(r.IntN(3)),
			Ramadan: []string{"", "ban", "wish"}[r.IntN(3)], Windows: some(), Unavailable: some(), Prefer: some(), Calendars: []string{"EG"}, Weight: int64(r.IntN(20))}
		if r.IntN(3) == 0 {
			x.Needs = []string{"power"}
		}
		if r.IntN(3) == 0 {
			x.Host = p.Venues[0].Party
		}
		if r.IntN(3) == 0 {
			x.Venues = []string{"v1"}
		}
		if r.IntN(2) == 0 {
			x.Likes = []string{"v1", "v0"}[:1+r.IntN(2)]
		}
		if r.IntN(2) == 0 {
			x.People = []string{"p", "q"}[:1+r.IntN(2)]
		}
		if r.IntN(2) == 0 {
			x.Series = "s"
		}
		if r.IntN(6) == 0 {
			x.Pin = &season.Pin{Venue: "v0"}
		} else if r.IntN(6) == 0 {
			x.Count = 2
		}
		p.Exhibitions = append(p.Exhibitions, x)
	}
	if r.IntN(2) == 0 {
		p.Holds = []season.Hold{{Venue: "v0", Exhibition: "e0", Rank: 1 + r.IntN(2), Period: weeks(0, 2)}, {Venue: "v0", Exhibition: "e1", Rank: 1 + r.IntN(2), Period: weeks(1, 3)}}
	}
	if r.IntN(2) == 0 {
		p.Conflicts = [][2]string{{"e0", "e1"}}
	}
	if r.IntN(2) == 0 {
		p.Budgets = []season.PartyBudget{{Party: p.Venues[0].Party, Currency: "EGP", Amount: int64(r.IntN(40))}}
	}
	if d := r.IntN(3); d < 2 {
		p.MaxDifference = &d
	}
	p.MaxParallel = r.IntN(3)
	for rule := range season.Defaults {
		p.Rules[rule] = season.Setting{Mode: []season.Mode{season.Ignore, season.Warn, season.Block, season.Block}[r.IntN(4)], Cost: int64(1 + r.IntN(12))}
	}
	return p
}

// exhaust goes through all plans of a season and returns the least cost, and whether there is a plan.
func exhaust(p *season.Problem) (int64, bool) {
	best, found := int64(0), false
	fits := map[season.Placement]bool{}
	for _, x := range p.Exhibitions {
		for k := range p.Weeks * len(p.Venues) {
			q := season.Placement{Exhibition: x.ID, Venue: p.Venues[k%len(p.Venues)].ID, Week: k / len(p.Venues)}
			_, broken := verify.SeasonCost(&season.Problem{Start: p.Start, Weeks: p.Weeks, Venues: p.Venues, Exhibitions: p.Exhibitions, Rules: onlyFits}, []season.Placement{q})
			fits[q] = len(broken) == 0
		}
	}
	var plan []season.Placement
	var walk func(e, session, from int)
	walk = func(e, session, from int) {
		if e == len(p.Exhibitions) {
			if cost, broken := verify.SeasonCost(p, plan); len(broken) == 0 && (!found || cost < best) {
				best, found = cost, true
			}
			return
		}
		x := &p.Exhibitions[e]
		walk(e+1, 0, 0) // no more sessions of this one
		if session == max(x.Count, 1) {
			return
		}
		for k := from; k < p.Weeks*len(p.Venues); k++ {
			q := season.Placement{Exhibition: x.ID, Venue: p.Venues[k%len(p.Venues)].ID, Week: k / len(p.Venues)}
			if fits[q] {
				plan = append(plan, q)
				walk(e, session+1, k+1)
				plan = plan[:len(plan)-1]
			}
		}
	}
	walk(0, 0, 0)
	return best, found
}

// onlyFits ignores everything that can be ignored.
var onlyFits = func() map[season.Rule]season.Setting {
	out := map[season.Rule]season.Setting{}
	for r := range season.Defaults {
		out[r] = season.Setting{Mode: season.Ignore}
	}
	return out
}()

func TestAgainstEveryPlan(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	feasible, clashes := 0, 0
	for round := range 20 {
		p := random(r)
		want, found := exhaust(p)
		got := solve(t, solver, p)
		switch {
		case found && (got.Status != "optimal" || *got.Objective != want || *got.Bound != want):
			b, _ := json.Marshal(p)
			t.Fatalf("round %d: got %s %v, by going through all plans %d\n%s", round, got.Status, got.Objective, want, b)
		case !found && got.Status != "infeasible":
			t.Fatalf("round %d: got %s, and there is no plan", round, got.Status)
		case !found:
			clashes++
			if got.Clash != "minimal" || len(got.Reasons) == 0 {
				t.Errorf("round %d: clash %q with %d reasons, want a minimal one", round, got.Clash, len(got.Reasons))
			}
		default:
			feasible++
			if bound := verify.SeasonBound(p); bound > want {
				t.Errorf("round %d: each exhibition by itself costs %d, the optimum is %d", round, bound, want)
			}
			if greedy := solve(t, nil, p); greedy.Objective != nil && (*greedy.Objective < want || *greedy.Bound > want) {
				t.Errorf("round %d: without a solver %d with the bound %d, the optimum is %d", round, *greedy.Objective, *greedy.Bound, want)
			}
		}
	}
	if feasible < 5 || clashes < 5 {
		t.Errorf("%d seasons with a plan and %d without: the test does not test both", feasible, clashes)
	}
}

// Two exhibitions want the one venue with power in the one week that both windows leave; the third has no part in it.
func TestClash(t *testing.T) {
	p := &season.Problem{Format: season.Format, Weeks: 10,
		Venues: []season.Venue{{ID: "Nasr City", Party: "EG", Features: []string{"power"}}, {ID: "Katara", Party: "QA"}},
		Exhibitions: []season.Exhibition{
			{ID: "crafts", Needs: []string{"power"}, Windows: []season.Period{weeks(3, 3)}},
			{ID: "food", Needs: []string{"power"}, Windows: []season.Period{weeks(3, 3)}},
			{ID: "oud", Windows: []season.Period{weeks(3, 3)}},
		}}
	r := solve(t, solver, p)
	got := map[string]bool{}
	for _, d := range r.Reasons {
		got[string(d.Rule)+" "+d.Exhibition+d.Venue] = d.Enough
	}
	want := []string{"scheduled crafts", "scheduled food", "window crafts", "window food", "features crafts", "features food", "occupied Nasr City"}
	for _, k := range want {
		if enough, ok := got[k]; r.Status != "infeasible" || r.Clash != "minimal" || len(got) != len(want) || !ok {
			t.Fatalf("%s, clash %s: %v; want %v", r.Status, r.Clash, got, want)
		} else if giving := k != "features crafts" && k != "features food"; enough != giving {
			t.Errorf("giving up %q: enough = %v, want %v (Katara is wanted by oud)", k, enough, giving)
		}
	}
}

// timetable is a course timetable: 12 courses in 3 rooms over 10 periods, two curricula, one teacher of two courses who is away at first.
func timetable() *season.Problem {
	p := &season.Problem{Format: season.Format, Weeks: 10, Venues: []season.Venue{{ID: "A", Capacity: 30}, {ID: "B", Capacity: 60}, {ID: "C", Capacity: 60}},
		People: []season.Person{{ID: "teacher", Unavailable: []season.Period{weeks(0, 4)}}, {ID: "first year"}, {ID: "second year"}}}
	for c := range 12 {
		x := season.Exhibition{ID: fmt.Sprint("course", c), Count: 1 + c%3, Size: int64(20 + 20*(c%3))}
		if c < 4 {
			x.People = []string{"first year"}
		} else if c < 8 {
			x.People = []string{"second year"}
		}
		if c == 0 || c == 4 {
			x.People = append(x.People, "teacher")
		}
		p.Exhibitions = append(p.Exhibitions, x)
	}
	return p
}

func TestTimetable(t *testing.T) {
	p := timetable()
	r := solve(t, solver, p)
	if r.Status != "optimal" || len(r.Assignment) != 24 {
		t.Fatalf("got %s with %d lectures, want 24", r.Status, len(r.Assignment))
	}
	p.Weeks = 8 // 24 lectures would fit into 24 places, but rooms B and C must take 16 of more than 30 in 16 places and A the rest
	p.Exhibitions[1].Size = 100
	if r = solve(t, solver, p); r.Status != "infeasible" || len(r.Reasons) != 2 {
		t.Errorf("a course larger than every room: got %s with %v", r.Status, r.Reasons)
	}
	p.Exhibitions[1].Count = 1
	if r = solve(t, nil, p); r.Clash != season.ClashMinimal || len(r.Reasons) != 2 || r.Reasons[0].Rule != season.Capacity {
		t.Errorf("without a solver: got clash %q with %v", r.Clash, r.Reasons)
	}
}

// Timetables of the size of the competition of 2007 that have a solution are solved, without HiGHS too.
func TestTimetables(t *testing.T) {
	for _, k := range [][5]int{{30, 160, 6, 30, 14}, {80, 280, 16, 25, 60}, {130, 434, 20, 36, 70}} {
		for seed := range uint64(2) {
			p := season.GenerateTimetable(k[0], k[1], k[2], k[3], k[4], seed)
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			r := solve(t, solver, p)
			if r.Status != "optimal" || len(r.Assignment) != k[1] {
				t.Errorf("%v, seed %d: %s with %d lectures in %s", k, seed, r.Status, len(r.Assignment), time.Since(began))
			}
			t.Logf("%v seed %d: %s", k, seed, time.Since(began))
		}
	}
}

func TestSameBytes(t *testing.T) {
	p := season.Generate(30, 12, 40, 3, true)
	render := func(p *season.Problem) []byte {
		b, err := planfile.Encode(solve(t, solver, p))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := render(p)
	if again := render(p); !bytes.Equal(first, again) {
		t.Error("two runs on the same season differ")
	}
	// Other names of the same things give the same plan under those names.
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	rename := func(b []byte) []byte {
		for _, k := range []string{"e", "v"} {
			for i := 39; i >= 0; i-- {
				b = bytes.ReplaceAll(b, fmt.Appendf(nil, "%q", fmt.Sprint(k, i)), fmt.Appendf(nil, "%q", fmt.Sprint("معرض ", k, 97-i)))
			}
		}
		return b
	}
	q, err := season.Decode(rename(raw))
	if err != nil {
		t.Fatal(err)
	}
	other := solve(t, solver, q)
	var want season.Result
	if err := json.Unmarshal(rename(first), &want); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(want.Assignment)
	b, _ := json.Marshal(other.Assignment)
	if !bytes.Equal(a, b) {
		t.Error("renaming exhibitions and venues changes the plan")
	}
}

func TestSifted(t *testing.T) {
	p := season.Generate(40, 30, 52, 2, false)
	if r := solve(t, solver, p); r.Status != "optimal" {
		t.Errorf("got %s, want optimal", r.Status)
	}
}

func TestInTime(t *testing.T) {
	p := season.Generate(60, 40, 80, 1, false)
	r, err := season.Solve(t.Context(), solver, p, season.Params{TimeLimit: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if wrong := verify.Season(p, r); len(wrong) > 0 {
		t.Fatalf("the verifier: %v", wrong)
	}
	if r.Stop != "time_limit" || r.Status != "feasible" && r.Status != "none" {
		t.Errorf("got %s, stopped by %s", r.Status, r.Stop)
	}
}

func TestBoard(t *testing.T) {
	p := season.Generate(200, 60, 156, 1, true)
	b := season.NewBoard(p)
	r := solve(t, nil, p)
	began := time.Now()
	grey := b.Impossible(r.Assignment, "e7")
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("greying the cells of one exhibition took %v", d)
	}
	cells := b.Cells(r.Assignment, "e7")
	free, blocked := 0, 0
	for v := range grey {
		for w := range grey[v] {
			blocks, found := false, b.Check(r.Assignment, season.Placement{Exhibition: "e7", Venue: p.Venues[v].ID, Week: w})
			if !slices.Equal(cells[v][w], found) {
				t.Fatalf("venue %d week %d: %+v of all cells at once, %+v of this one", v, w, cells[v][w], found)
			}
			for _, d := range found {
				blocks = blocks || d.Blocks
			}
			if blocks != grey[v][w] {
				t.Fatalf("venue %d week %d: grey %v, Check blocks %v", v, w, grey[v][w], blocks)
			}
			if blocks {
				blocked++
			} else {
				free++
			}
		}
	}
	if free == 0 || blocked == 0 {
		t.Errorf("%d cells are free, %d blocked", free, blocked)
	}
	if d := b.Check(nil, season.Placement{Exhibition: "nobody", Venue: "v0"}); len(d) != 1 || !d[0].Blocks {
		t.Errorf("an unknown exhibition: %v", d)
	}
	if all := b.Cells(r.Assignment, "nobody"); all != nil {
		t.Errorf("the cells of an unknown exhibition: %v", all)
	}
}

func TestDecode(t *testing.T) {
	good := `{"format":"muntija.season/1","weeks":4,"start":"2026-01-04","venues":[{"id":"v"}],"exhibitions":[{"id":"e"}]}`
	if _, err := season.Decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	with := func(more string) string { return strings.TrimSuffix(good, "}") + "," + more + "}" }
	for text, want := range map[string]string{
		"":                                  "the file is empty",
		good[:60]:                           "cut off",
		good + "x":                          "follows",
		`{"format":"x"}`:                    `not "muntija.season/1"`,
		with(`"colour":1`):                  `colour: there is no key "colour"`,
		with(`"weeks":5`):                   "weeks: the key is there twice",
		with(`"max_parallel":NaN`):          "column 125, max_parallel: a whole number was expected, not NaN",
		with(`"conflicts":[["e","e","e"]]`): "conflicts[0][2]: the list may have 2 elements only",
		strings.Replace(good, `"weeks":4`, `"Weeks":4`, 1):                                                `there is no key "Weeks"`,
		strings.Replace(good, `"weeks":4`, `"weeks":0`, 1):                                                "weeks: 0 is not between",
		strings.Replace(good, `"weeks":4`, `"weeks":4.5`, 1):                                              "weeks: 4.5 is not a whole number",
		strings.Replace(good, `{"id":"v"}`, `{"id":"v"},{"id":"v"}`, 1):                                   `venues[1]: the id "v" is that of number 0 too`,
		strings.Replace(good, `{"id":"v"}`, ``, 1):                                                        "venues: 0 of them",
		strings.Replace(good, `{"id":"e"}`, `{"id":"e","venues":["w"]}`, 1):                               `exhibitions[0].venues[0]: there is no venue "w"`,
		strings.Replace(good, `{"id":"e"}`, `{"id":"e","people":["w"]}`, 1):                               `there is no person "w"`,
		strings.Replace(good, `{"id":"e"}`, `{"id":"e","series":"w"}`, 1):                                 `there is no series "w"`,
		strings.Replace(good, `{"id":"e"}`, `{"id":"e","host":"XX"}`, 1):                                  `no venue is of the party "XX"`,
		strings.Replace(good, `{"id":"e"}`, `{"id":"e","weight":2000000000}`, 1):                          "exhibitions[0].weight: 2000000000 is not between",
		strings.Replace(good, `{"id":"e"}`, `{"id":"e","ramadan":"no"}`, 1):                               "it is ban or wish",
		strings.Replace(good, `{"id":"e"}`, `{"id":"e","windows":[{}]}`, 1):                               "windows[0]: it needs either",
		with(`"conflicts":[["e","e"]]`):                                                                   `conflicts[0]: the exhibition "e" is in conflict with itself`,
		with(`"conflicts":[["e","f"]]`):                                                                   `conflicts[0][1]: there is no exhibition "f"`,
		with(`"rules":{"window":{"mode":"maybe"}}`):                                                       "rules.window.mode",
		with(`"rules":{"fits":{"mode":"ignore"}}`):                                                        "rules.fits: there is no rule",
		with(`"ramadan":[{"from":"2026-02-20","to":"2026-02-01"}]`):                                       "it ends (2026-02-01) before it begins",
		with(`"ramadan":[{"from":"2026-02-31","to":"2026-03-01"}]`):                                       "2026-02-31",
		with(`"holds":[{"venue":"v","exhibition":"e","rank":0,"period":{"first_week":0,"last_week":1}}]`): "holds[0].rank: 0",
	} {
		_, err := season.Decode([]byte(text))
		if err == nil || !strings.Contains(said(err), want) {
			t.Errorf("%s\n got %s\nwant …%s…", text, said(err), want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	b, err := json.Marshal(season.Generate(3, 2, 12, 1, true))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"format":"muntija.season/1","weeks":4,"venues":[{"id":"v"}],"exhibitions":[{"id":"e","count":2,"days":0}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := season.Decode(data)
		if err != nil || len(p.Exhibitions)*len(p.Venues)*p.Weeks > 200 {
			return
		}
		r, err := season.Solve(t.Context(), nil, p, season.Params{})
		if err != nil {
			t.Fatal(err)
		}
		if wrong := verify.Season(p, r); len(wrong) > 0 {
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
