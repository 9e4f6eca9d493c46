package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muntija/internal/planner/layout"
	"muntija/internal/planner/season"
)

// planFiles writes a problem and returns its name and that of a result beside it.
func planFiles(t *testing.T, problem any) (in, out string) {
	t.Helper()
	b, err := json.Marshal(problem)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in, out = filepath.Join(dir, "p.json"), filepath.Join(dir, "r.json")
	if err := os.WriteFile(in, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return in, out
}

func TestPlan(t *testing.T) {
	pinned := 3
	tight := season.Generate(6, 4, 20, 1, false)
	tight.Exhibitions[0].Pin, tight.Exhibitions[0].Windows = &season.Pin{Week: &pinned}, []season.Period{{FirstWeek: new(int), LastWeek: new(int)}}
	for _, k := range []struct {
		kind    string
		problem any
		exit    int
		status  string
	}{
		{"season", season.Generate(12, 8, 26, 1, false), 0, `"status": "optimal"`},
		{"season", tight, 3, `"clash": "minimal"`},
		{"layout", layout.GenerateQAP(3, 2, 1), 0, `"method": "tabu"`},
		{"layout", &layout.Problem{Format: layout.Format, Booths: []layout.Booth{{ID: "b"}}, Exhibitors: []layout.Exhibitor{{ID: "x", Size: 1}}}, 3, `"shortage"`},
	} {
		in, out := planFiles(t, k.problem)
		said := run(t, k.exit, "plan", k.kind, "--in", in, "--out", out, "--time", "20s", "--seed", "1", "--threads", "2", "--no-seconds")
		first, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(first), k.status) || !strings.Contains(said, "seconds, seed 1, 2 threads") {
			t.Errorf("%s: %s\n%s\nwant %s", k.kind, said, first, k.status)
		}
		run(t, k.exit, "plan", k.kind, "--in", in, "--out", out, "--time", "20s", "--seed", "1", "--threads", "2", "--no-seconds")
		if again, err := os.ReadFile(out); err != nil || !bytes.Equal(first, again) {
			t.Errorf("%s: two runs differ (%v)", k.kind, err)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(out), ".muntija-plan-*")); err != nil || len(left) > 0 {
			t.Errorf("%s: %v was left behind", k.kind, left)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	in, out := planFiles(t, map[string]any{"format": season.Format, "weeks": 0})
	for _, k := range []struct {
		exit int
		want string
		args []string
	}{
		{1, "weeks: 0 is not between", []string{"season", "--in", in, "--out", out}},
		{1, `not "muntija.layout/1"`, []string{"layout", "--in", in, "--out", out}},
		{1, "no such file", []string{"season", "--in", in + "x", "--out", out}},
		{1, "the file is empty", []string{"season", "--in", "-", "--out", out}},
		{2, "--time", []string{"season", "--in", in, "--time", "-1s"}},
		{2, "--seed", []string{"season", "--in", in, "--seed", "-1"}},
		{2, "in", []string{"season", "--out", out}},
		{2, "--threads", []string{"layout", "--in", in, "--threads", "0"}},
		{2, "takes no word", []string{"season", "--in", in, "more"}},
		{2, "there is no schema", []string{"schema", "hall"}},
	} {
		if said := run(t, k.exit, append([]string{"plan"}, k.args...)...); !strings.Contains(said, k.want) {
			t.Errorf("plan %v: %q, want …%s…", k.args, said, k.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("plan %v wrote a result", k.args)
		}
	}
	for _, format := range []string{"season", "layout", "season-plan", "layout-plan"} {
		var schema struct {
			ID string `json:"$id"`
		}
		if err := json.Unmarshal([]byte(run(t, 0, "plan", "schema", format)), &schema); err != nil || schema.ID != "muntija."+format+"/1" {
			t.Errorf("schema %s: %v, $id %q", format, err, schema.ID)
		}
	}
}
