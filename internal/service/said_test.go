package service

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/layout"
	"muntija/internal/planner/model"
	"muntija/internal/planner/planfile"
	"muntija/internal/planner/season"
)

// TestRefusedNamesWhatAndWhere: what a planner refuses is kept with its run as a message with arguments, and its page names what is wrong and where in both languages.
func TestRefusedNamesWhatAndWhere(t *testing.T) {
	solve := func(text string) error {
		p, err := model.Decode([]byte(text))
		if err == nil {
			_, err = allocation.Solve(t.Context(), p, allocation.Options{Memory: 1})
		}
		return err
	}
	problem := func(exhibitions, more, value string) string {
		return `{"format":"muntija.allocation/1","exhibitions":` + exhibitions + `,` + more + `"exhibitors":[{"id":"x","groups":["g"],"value":` + value + `}]}`
	}
	one := `[{"id":"12.2","capacity":4}]`
	laid := func(text string) error {
		_, err := layout.Decode([]byte(text))
		return err
	}
	book := &SeasonBook{Entries: []SeasonEntry{{}}, Places: []SeasonPlace{{Code: "7", Name: exhibition.Label{AR: "أرض المعارض", EN: "Fairground"}}}}
	book.Entries[0].ID, book.Entries[0].Terms.Name, book.Entries[0].Terms.NameEN = 31, "معرض ديارنا", "Diarna"
	planned := func(change func(p *season.Problem)) error {
		p := &season.Problem{Format: season.Format, Weeks: 4, Venues: []season.Venue{{ID: "7"}}, Exhibitions: []season.Exhibition{{ID: "31"}}}
		change(p)
		err := p.Check()
		if err == nil {
			return nil
		}
		return fault.Wrap(err, fault.State, "error.season_plan.problem", book.about(p, err))
	}
	for _, c := range []struct {
		name, key string
		err       error
		ar, en    []string
	}{
		{"contradictory quotas", "error.allocation.problem", solve(problem(one, `"quotas":[{"id":"q01","group":"g","min":3},{"id":"q02","group":"g","max":2}],`, `{"12.2":1}`)),
			[]string{"«q01»", "«q02»", "متناقضتان", "3"}, []string{`"q01"`, "contradict", "3"}},
		{"a quota against itself", "error.allocation.problem", solve(problem(one, `"quotas":[{"id":"q01","group":"g","min":3,"max":2}],`, `{"12.2":1}`)), []string{"«q01»", "تناقض نفسها"}, []string{`"q01"`, "above its maximum 2"}},
		{"nobody eligible", "error.allocation.problem", solve(problem(one, ``, `{}`)), []string{"لا عارض منهم مؤهل"}, []string{"none of them is eligible"}},
		{"capacity 0", "error.allocation.problem", solve(problem(`[{"id":"12.2","capacity":0}]`, ``, `{"12.2":1}`)), []string{"12.2", "سعته 0"}, []string{`"12.2"`, "capacity is 0"}},
		{"conflict with itself", "error.allocation.problem", solve(problem(one, `"conflicts":[["12.2","12.2"]],`, `{"12.2":1}`)), []string{"12.2", "متعارض مع نفسه"}, []string{"in conflict with itself"}},
		{"NaN", "error.allocation.problem", solve(problem(one, ``, `{"12.2":NaN}`)), []string{"exhibitors[0].value.12.2", "NaN"}, []string{"exhibitors[0].value.12.2", "not NaN"}},
		{"weights of more than 10⁹", "error.allocation.problem", solve(problem(one, ``, `{"12.2":1000000001}`)), []string{"1000000001"}, []string{"1000000001 is larger than 1000000000"}},
		{"unknown id", "error.allocation.problem", solve(problem(one, ``, `{"13":1}`)), []string{"exhibitors[0].value.13"}, []string{`no exhibition "13"`}},
		{"truncated", "error.allocation.problem", solve(problem(one, ``, `{"12`)[:70]), []string{"السطر", "مبتور"}, []string{"line 1", "cut off"}},
		{"memory", "error.allocation.memory", solve(problem(one, ``, `{"12.2":1}`)), []string{"ميجابايت"}, []string{"would take about"}},
		{"a pin to no booth", "error.layout.problem", laid(`{"format":"muntija.layout/1","booths":[{"id":"1"}],"exhibitors":[{"id":"x","pin":"3"}]}`), []string{"exhibitors[0].pin", "«3»"}, []string{"exhibitors[0].pin", `"3"`}},
		{"a season's window", "error.season_plan.problem", planned(func(p *season.Problem) { p.Exhibitions[0].Windows = []season.Period{{}} }), []string{"معرض ديارنا", "windows[0]"}, []string{"Diarna", "windows[0]", "either from and to"}},
		{"a season's venue", "error.season_plan.problem", planned(func(p *season.Problem) { p.Venues[0].Capacity = -1 }), []string{"أرض المعارض", "capacity"}, []string{"Fairground", "-1 is not between"}},
		{"a season's conflict", "error.season_plan.problem", planned(func(p *season.Problem) { p.Conflicts = [][2]string{{"31", "31"}} }), []string{"معرض ديارنا", "متعارض مع نفسه"}, []string{"Diarna", "in conflict with itself"}},
		{"a season's weight", "error.season_plan.problem", planned(func(p *season.Problem) { p.Exhibitions[0].Weight = 2_000_000_000 }), []string{"معرض ديارنا", "2000000000"}, []string{"Diarna", "2000000000"}},
		{"the solver's memory", "error.solver_memory", fmt.Errorf("planning: %w", fault.New(fault.TooLarge, "error.solver_memory", 900, 400)), []string{"900", "400"}, []string{"900 MiB", "400 MiB"}},
		{"a mistake of the program", "", fmt.Errorf("no fault"), nil, nil},
	} {
		why := refusedBy(c.err, map[bool]string{true: "error.layout.problem", false: "error.allocation.problem"}[strings.HasPrefix(c.key, "error.layout")])
		if why.key != c.key {
			t.Errorf("%s: the key is %q (%v)", c.name, why.key, c.err)
			continue
		}
		text, err := json.Marshal(why.args)
		if err != nil {
			t.Fatal(err)
		}
		var kept []Said
		if err := json.Unmarshal(text, &kept); err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[string][]string{locale.Arabic: c.ar, locale.English: c.en} {
			said := locale.Default().For(lang).T(why.key, SaidArgs(kept)...)
			plain := strings.NewReplacer("\u2068", "", "\u2069", "").Replace(said)
			for _, w := range want {
				if !strings.Contains(plain, w) || strings.Contains(plain, "⟦") {
					t.Errorf("%s in %s: %q does not say %q", c.name, lang, plain, w)
				}
			}
		}
	}
	if _, ok := book.about(&season.Problem{}, planfile.At("weeks", "planfile.missing")).(*planfile.Fault); !ok {
		t.Error("what is about no exhibition was given one's name")
	}
}
