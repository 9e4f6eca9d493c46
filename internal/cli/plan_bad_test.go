package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muntija/internal/cli"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/layout"
)

// Problems that are well formed, into which the table below puts one mistake each.
const (
	goodAllocation = `{"format":"muntija.allocation/1","sense":"min","must_place":true,
 "exhibitions":[{"id":"a","capacity":10},{"id":"b","capacity":8}],
 "quotas":[{"id":"q","group":"g","min":0,"max":2}],"conflicts":[["a","b"]],
 "exhibitors":[
  {"id":"x","groups":["g"],"value":{"a":17,"b":21},"size":{"a":8,"b":5}},
  {"id":"y","value":{"a":12,"b":9},"size":3}]}`
	goodSeason = `{"format":"muntija.season/1","weeks":4,
 "venues":[{"id":"room","capacity":40}],"people":[{"id":"ann"}],"conflicts":[["c","d"]],
 "exhibitions":[
  {"id":"c","count":2,"size":30,"people":["ann"],"unavailable":[{"first_week":0,"last_week":0}]},
  {"id":"d","count":1,"size":20,"weight":5}]}`
	goodLayout = `{"format":"muntija.layout/1",
 "booths":[{"id":"1","size":90},{"id":"2","size":90}],
 "exhibitors":[{"id":"x","size":60},{"id":"y"}],
 "distances":[[0,5],[5,0]],"flows":[[0,3],[3,0]]}`
)

// TestPlanBadInput: what cannot be asked is refused with exit code 1 and one line that names the file, what is wrong and where, and nothing is written. What can be asked and
// has no plan is answered with exit code 3 and the reason.
func TestPlanBadInput(t *testing.T) {
	good := map[string]string{"allocation": goodAllocation, "season": goodSeason, "layout": goodLayout}
	for kind, text := range good {
		if code, said, _ := planText(t, kind, text); code != 0 {
			t.Fatalf("the good %s: exit %d, %s", kind, code, said)
		}
		for _, c := range []struct{ name, text, want string }{
			{"empty", "", "empty|ends here"},
			{"spaces", " \n\t", "empty|ends here"},
			{"truncated", text[:len(text)*2/3], "cut off"},
			{"no object", "[]", "an object"},
			{"null", "null", "format|an object"},
			{"nested deeply", strings.Repeat(`{"a":`, 100_000), `no key "a"`},
			{"lists nested deeply", strings.Repeat("[", 100_000), "an object"},
			{"unknown key", strings.Replace(text, `"format"`, `"colour":1,"format"`, 1), `line 1, column 11, colour: there is no key "colour"`},
			{"key twice", strings.Replace(text, `"exhib`, `"title":"","title":"","exhib`, 1), "title: the key is there twice"},
			{"something behind", text + "{}", "something follows the end"},
			{"another version", strings.Replace(text, "/1", "/2", 1), "/2"},
			{"bytes", "\x00\x01\x02", "not a byte of 0"},
			{"UTF-16", "\xff\xfe{\x00", "UTF-16"},
		} {
			planRefused(t, kind, c.name, c.text, c.want)
		}
		for other, wrong := range good {
			if other != kind {
				planRefused(t, kind, "a file of "+other, wrong, "muntija."+kind+"/1")
			}
		}
	}
	for _, c := range []struct{ kind, from, to, want string }{
		{"allocation", `"a":17`, `"a":NaN`, "line 5, column 41, exhibitors[0].value.a: a whole number was expected, not NaN"},
		{"allocation", `"a":17`, `"a":"NaN"`, `exhibitors[0].value.a: a whole number was expected, not "NaN"`},
		{"allocation", `"a":17`, `"a":1e999`, "1e999 is larger than"},
		{"allocation", `"a":17`, `"a":17.5`, "17.5 is not a whole number"},
		{"allocation", `"a":17`, `"a":1000000001`, "1000000001 is larger than 1000000000"},
		{"allocation", `"a":17`, `"z":17`, `exhibitors[0].value.z: there is no exhibition "z"`},
		{"allocation", `"a":8,`, ``, `exhibitors[0].size`},
		{"allocation", `"capacity":10`, `"capacity":0`, `"a": its capacity is 0`},
		{"allocation", `"capacity":10`, `"capacity":-1`, `exhibition "a" has no capacity`},
		{"allocation", `["a","b"]`, `["a","a"]`, `exhibition "a" is in conflict with itself`},
		{"allocation", `"min":0`, `"min":3`, `quota "q" contradicts itself: its minimum 3 is above its maximum 2`},
		{"allocation", `"max":2}`, `"max":2},{"id":"r","group":"g","min":3}`, `quotas "r" and "q" contradict each other|quotas "q" and "r" contradict each other`},
		{"allocation", `"id":"y"`, `"id":"x"`, `exhibitor "x" is there twice`},
		{"allocation", `"id":"b"`, `"id":"a"`, `exhibition "a" is named twice`},
		{"allocation", `"sense":"min"`, `"sense":"least"`, `not "least"`},
		{"season", `"size":30`, `"size":NaN`, "exhibitions[0].size: a whole number was expected, not NaN"},
		{"season", `"size":30`, `"size":1e999`, "1e999 is larger than"},
		{"season", `"size":30`, `"size":"30"`, `not "30"`},
		{"season", `"size":30`, `"size":2000000000`, "exhibitions[0].size: 2000000000 is not between"},
		{"season", `"weight":5`, `"weight":1000000001`, "exhibitions[1].weight: 1000000001 is not between 0 and 1000000000"},
		{"season", `["c","d"]`, `["c","c"]`, `conflicts[0]: the exhibition "c" is in conflict with itself`},
		{"season", `["c","d"]`, `["c","d","c"]`, "the list may have 2 elements only"},
		{"season", `["ann"]`, `["bob"]`, `exhibitions[0].people[0]: there is no person "bob"`},
		{"season", `"id":"d"`, `"id":"c"`, `the id "c"`},
		{"season", `"weeks":4`, `"weeks":1000000000`, "weeks: 1000000000 is not between 1 and 2000"},
		{"season", `"venues":[{"id":"room","capacity":40}]`, `"venues":[]`, "venues: 0 of them"},
		{"layout", `[0,5]`, `[0,NaN]`, "distances[0][1]: a whole number was expected, not NaN"},
		{"layout", `[0,5]`, `[0,1e999]`, "1e999 is larger than"},
		{"layout", `[0,5]`, `[0]`, "distances[0]: it has 1 columns and needs 2"},
		{"layout", `[0,5]`, `[0,1000000001]`, "distances[0][1]: 1000000001 is not between"},
		{"layout", `[[0,5],[5,0]],"flows":[[0,3],[3,0]]`, `[[0,1000000000],[5,0]],"flows":[[0,1000000000],[3,0]]`, "2^60"},
		{"layout", `{"id":"y"}`, `{"id":"y","pin":"3"}`, `exhibitors[1].pin: there is no booth "3"`},
		{"layout", `{"id":"y"}`, `{"id":"x"}`, `"x" is the id of number 0 too`},
	} {
		text := strings.Replace(good[c.kind], c.from, c.to, 1)
		if text == good[c.kind] {
			t.Fatalf("%s has no %s", c.kind, c.from)
		}
		planRefused(t, c.kind, c.to, text, c.want)
	}
	for _, c := range []struct{ kind, from, to, want string }{
		{"allocation", `{"a":17,"b":21}`, `{}`, "infeasible"}, // nobody eligible
		{"allocation", `{"a":17,"b":21}`, `{}`, "could not be placed: 1 (x)"},
		{"allocation", `{"a":8,"b":5}`, `1000000000`, "could not be placed: 1 (x)"},
		{"season", `"capacity":40`, `"capacity":25`, `exhibition "c" needs a venue that is large enough`},
		{"season", `"weeks":4`, `"weeks":2`, "clash"},
		{"layout", `"size":60`, `"size":91`, "infeasible (proven): these 1 exhibitors can stand in these 0 booths only: at least 1 of them cannot be placed (x)"},
	} {
		text := strings.Replace(good[c.kind], c.from, c.to, 1)
		if c.to == `"weeks":2` {
			text = strings.Replace(text, `"count":2`, `"count":1`, 1)
			text = strings.Replace(text, `"count":1,"size":20`, `"count":2,"size":20`, 1)
		}
		if code, said, wrote := planText(t, c.kind, text); code != 3 || !strings.Contains(said, c.want) || wrote == 0 {
			t.Errorf("%s with %s: exit %d, wrote %d bytes, said %q, want exit 3 and …%s…", c.kind, c.to, code, wrote, said, c.want)
		}
	}
	for _, kind := range []string{"season", "layout", "allocation"} {
		code, said, wrote := planText(t, kind, good[kind], "--memory", "1")
		if kind == "allocation" && (code != 1 || !strings.Contains(said, "does not fit into memory") || wrote > 0) {
			t.Errorf("%s: exit %d, %q", kind, code, said)
		}
	}
}

// planText runs a planner on a text, with time enough for the solver to be compiled under the race detector, and returns the exit code, what it said and how much it wrote.
func planText(t *testing.T, kind, text string, more ...string) (int, string, int) {
	t.Helper()
	var out, errw bytes.Buffer
	args := append([]string{"muntija", "plan", kind, "--in", "-", "--out", "-", "--time", "5m"}, more...)
	code := cli.Run(t.Context(), args, func(string) string { return "" }, strings.NewReader(text), &out, &errw)
	return code, errw.String(), out.Len()
}

func planRefused(t *testing.T, kind, name, text, want string) {
	t.Helper()
	code, said, wrote := planText(t, kind, text)
	ok := false
	for _, w := range strings.Split(want, "|") {
		ok = ok || strings.Contains(said, w)
	}
	if code != 1 || !ok || wrote > 0 || strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "muntija: -: ") {
		t.Errorf("%s with %s: exit %d, wrote %d bytes, said %q, want exit 1 and one line with …%s…", kind, name, code, wrote, said, want)
	}
	// In Arabic it names the same ids, places and numbers, and nothing is left in English.
	code, arabic, wrote := planText(t, kind, text, "--lang", "ar")
	plain := strings.NewReplacer("\u2068", "", "\u2069", "").Replace(arabic)
	if code != 1 || wrote > 0 || strings.Count(arabic, "\n") != 1 || !strings.HasPrefix(arabic, "muntija: -: ") || strings.Contains(arabic, "⟦") || englishWord.MatchString(plain) {
		t.Errorf("%s with %s: exit %d, wrote %d bytes, said %q, want exit 1 and one line in Arabic", kind, name, code, wrote, arabic)
	}
	for _, m := range namedThing.FindAllStringSubmatch(said, -1) {
		if thing := m[1] + m[2] + m[3]; !strings.Contains(plain, thing) {
			t.Errorf("%s with %s: %q does not name %q as %q does", kind, name, plain, thing, said)
		}
	}
}

// namedThing finds what a message names: a thing in quotes, a path, a number. englishWord is a word that no file holds.
var (
	namedThing  = regexp.MustCompile(`"([^"]+)"|([a-z_]+\[[0-9][^:]*):|\b([0-9]+)\b`)
	englishWord = regexp.MustCompile(`\b(is|was|are|not|there|the|its|and|than|at least|line|column|quota|it)\b`)
)

// TestPlanLanguage: "plan" speaks the language of --lang, of the environment without it, else English.
func TestPlanLanguage(t *testing.T) {
	for _, c := range []struct {
		lang, env, want string
		code            int
	}{
		{"", "", "the file is empty", 1}, {"", "ar_EG.UTF-8", "الملف فارغ", 1}, {"", "ar", "الملف فارغ", 1}, {"", "de_DE", "the file is empty", 1},
		{"ar", "en_GB.UTF-8", "الملف فارغ", 1}, {"en", "ar_QA", "the file is empty", 1}, {"fr", "", "--lang is ar or en", 2},
	} {
		for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
			args := []string{"muntija", "plan", "season", "--in", "-"}
			if c.lang != "" {
				args = append(args, "--lang", c.lang)
			}
			var errw bytes.Buffer
			code := cli.Run(t.Context(), args, func(s string) string {
				if s == name {
					return c.env
				}
				return ""
			}, strings.NewReader(""), &bytes.Buffer{}, &errw)
			if code != c.code || !strings.Contains(errw.String(), c.want) {
				t.Errorf("--lang %q, %s=%q: exit %d, %q, want %q", c.lang, name, c.env, code, errw.String(), c.want)
			}
		}
	}
}

// TestPlanWholeNumbers: other tools write 12.0 for 12.
func TestPlanWholeNumbers(t *testing.T) {
	for kind, text := range map[string]string{"allocation": strings.Replace(goodAllocation, "17", "17.0", 1), "season": strings.Replace(goodSeason, `"weeks":4`, `"weeks":0.4e1`, 1),
		"layout": strings.Replace(goodLayout, "[0,5]", "[0.0,5e0]", 1)} {
		if code, said, _ := planText(t, kind, text); code != 0 {
			t.Errorf("%s: exit %d, %s", kind, code, said)
		}
	}
}

// TestPlanInterrupted: SIGINT, which ends the context, gives the best plan so far with its bound, and says so.
func TestPlanInterrupted(t *testing.T) {
	gap := instance.Assignment('D', 8, 60, 1)
	type exhibition struct {
		ID       string `json:"id"`
		Capacity int64  `json:"capacity"`
	}
	type exhibitor struct {
		ID    string           `json:"id"`
		Value map[string]int32 `json:"value"`
		Size  map[string]int64 `json:"size"`
	}
	var p struct {
		Sense       string       `json:"sense"`
		MustPlace   bool         `json:"must_place"`
		Exhibitions []exhibition `json:"exhibitions"`
		Exhibitors  []exhibitor  `json:"exhibitors"`
	}
	p.Sense, p.MustPlace = "min", true
	for _, e := range gap.Exhibitions {
		p.Exhibitions = append(p.Exhibitions, exhibition{e.ID, e.Capacity})
	}
	for i := range gap.N() {
		x := exhibitor{gap.IDs.At(i), map[string]int32{}, map[string]int64{}}
		for o := gap.Start[i]; o < gap.Start[i+1]; o++ {
			id := gap.Exhibitions[gap.Exh[o]].ID
			x.Value[id], x.Size[id] = gap.Value[o], gap.SizeOf(o)
		}
		p.Exhibitors = append(p.Exhibitors, x)
	}
	for kind, problem := range map[string]any{"allocation": p, "layout": layout.GenerateQAP(6, 6, 1)} {
		in, out := planFiles(t, problem)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		var errw bytes.Buffer
		began := time.Now()
		code := cli.Run(ctx, []string{"muntija", "plan", kind, "--in", in, "--out", out, "--time", "100s", "--gap", "0"}[:map[string]int{"allocation": 11, "layout": 9}[kind]],
			func(string) string { return "" }, strings.NewReader(""), &bytes.Buffer{}, &errw)
		cancel()
		text, err := os.ReadFile(out)
		if code != 0 || err != nil || time.Since(began) > 20*time.Second {
			t.Errorf("%s: exit %d after %s, %v: %s", kind, code, time.Since(began), err, errw.String())
			continue
		}
		var got struct {
			Stop             string
			Objective, Bound int64
			Plan             struct {
				Stop             string
				Objective, Bound int64
			}
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		stop, objective, bound := got.Stop+got.Plan.Stop, got.Objective+got.Plan.Objective, got.Bound+got.Plan.Bound
		if stop != "cancelled" && stop != "interrupted" || objective < bound || bound <= 0 {
			t.Errorf("%s: stop %s, objective %d, bound %d", kind, stop, objective, bound)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(out), ".muntija-plan-*")); err != nil || len(left) > 0 {
			t.Errorf("%s: %v was left behind", kind, left)
		}
	}
}
