package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muntija/internal/cli"
)

const planProblem = `{"format":"muntija.allocation/1","sense":"max","at_most":1,
 "exhibitions":[{"id":"cairo","capacity":2},{"id":"doha","capacity":1}],
 "quotas":[{"id":"qatar at cairo","exhibitions":["cairo"],"group":"QA","max":1},{"id":"first","group":"first-timer","min":1}],
 "exhibitors":[
  {"id":"f1","groups":["QA"],"value":{"cairo":9,"doha":3}},
  {"id":"f2","groups":["QA"],"value":{"cairo":8}},
  {"id":"f3","groups":["EG"],"value":{"cairo":2,"doha":1}},
  {"id":"f4","groups":["EG","first-timer"],"value":{"doha":1}}]}`

// TestPlanAllocation solves a problem from a file, twice with the same bytes, verifies it, and finds what was changed.
func TestPlanAllocation(t *testing.T) {
	dir := t.TempDir()
	in, out, again := filepath.Join(dir, "p.json"), filepath.Join(dir, "r.json"), filepath.Join(dir, "r2.json")
	if err := os.WriteFile(in, []byte(planProblem), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, 0, "plan", "allocation", "--in", in, "--out", out, "--bundle")
	run(t, 0, "plan", "allocation", "--in", in, "--out", again, "--threads", "1")
	read := func(name string) (text []byte, plan map[string]json.RawMessage) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &plan); err != nil {
			t.Fatal(err)
		}
		return text, plan
	}
	text, plan := read(out)
	_, second := read(again)
	if !bytes.Equal(plan["plan"], second["plan"]) {
		t.Error("the same problem and seed give other bytes")
	}
	var got struct {
		Status     string
		Objective  int64
		Bound      int64
		Gap        float64
		Assignment []struct {
			Exhibitor   string
			Exhibitions []string
		}
	}
	if err := json.Unmarshal(plan["plan"], &got); err != nil {
		t.Fatal(err)
	}
	// f1 and f3 at cairo and the first-timer f4 at doha: 9 + 2 + 1
	if got.Status != "optimal" || got.Objective != 12 || got.Bound != 12 || fmt.Sprint(got.Assignment) != "[{f1 [cairo]} {f3 [cairo]} {f4 [doha]}]" {
		t.Errorf("got %+v", got)
	}
	for _, want := range []string{`"detail":"qatar at cairo"`, `"rule":"at_most"`, `"one_more_is_worth"`} {
		if !bytes.Contains(plan["reasons"], []byte(want)) {
			t.Errorf("the reasons lack %s:\n%s", want, plan["reasons"])
		}
	}
	if said := run(t, 0, "plan", "verify", out); !strings.Contains(said, "Verified: 3 places, objective 12") {
		t.Errorf("verify says %q", said)
	}
	run(t, 0, "plan", "verify", "--in", in, again)
	run(t, 2, "plan", "verify", again) // it holds no problem
	for name, change := range map[string][2]string{"objective": {`"objective": 12`, `"objective": 13`}, "exhibitor": {`{"exhibitor": "f3"`, `{"exhibitor": "f2"`},
		"problem": {`"capacity":2`, `"capacity":3`}, "unknown": {`{"exhibitor": "f3"`, `{"exhibitor": "f9"`}} {
		bad := filepath.Join(dir, "bad.json")
		if !bytes.Contains(text, []byte(change[0])) {
			t.Fatalf("%s: the plan has no %s", name, change[0])
		}
		if err := os.WriteFile(bad, bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, 3, "plan", "verify", bad)
	}
}

// TestPlanAllocationRefuses: what cannot be asked is one line that names what and where, and writes nothing.
func TestPlanAllocationRefuses(t *testing.T) {
	for _, c := range []struct {
		code int
		text string
		args []string
		want string
	}{
		{1, strings.Replace(planProblem, `"max":1}`, `"min":2,"max":1}`, 1), nil, `"qatar at cairo" contradicts itself`},
		{1, planProblem[:300], nil, "cut off"},
		{1, strings.Replace(planProblem, `"capacity":1`, `"capacity":0`, 1), nil, `"doha": its capacity is 0`},
		{1, strings.Replace(planProblem, `{"cairo":8}`, `{"giza":8}`, 1), nil, `line 6, column`},
		{1, planProblem, []string{"--memory", "1"}, "does not fit into memory"},
		{2, planProblem, []string{"--threads", "0"}, "--threads"},
		{2, planProblem, []string{"--gap", "-1"}, "--gap"},
		{2, planProblem, []string{"--reasons", "some"}, "--reasons"},
	} {
		var out, errw bytes.Buffer
		args := append([]string{"muntija", "plan", "allocation", "--in", "-", "--out", "-", "--no-search"}, c.args...)
		code := cli.Run(context.Background(), args, func(string) string { return "" }, strings.NewReader(c.text), &out, &errw)
		if code != c.code || !strings.Contains(errw.String(), c.want) || out.Len() > 0 {
			t.Errorf("%q: exit %d, said %q, wrote %d bytes; want exit %d and %q", c.args, code, errw.String(), out.Len(), c.code, c.want)
		}
	}
	for _, name := range []string{"allocation", "allocation-plan"} {
		if s := run(t, 0, "plan", "schema", name); !json.Valid([]byte(s)) {
			t.Errorf("schema %s is no JSON", name)
		}
	}
	run(t, 2, "plan", "schema", "nothing")
}
