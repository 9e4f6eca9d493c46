package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlanSchemaExamples: each example of a schema is accepted, planned and, for allocations, verified.
func TestPlanSchemaExamples(t *testing.T) {
	dir := t.TempDir()
	want := map[string][]int64{"allocation": {21 + 12 + 6, 60 + 50 + 30}, "layout": {72}, "season": {0}}
	for kind, objectives := range want {
		var schema struct{ Examples []json.RawMessage }
		if err := json.Unmarshal([]byte(run(t, 0, "plan", "schema", kind)), &schema); err != nil {
			t.Fatal(err)
		}
		if len(schema.Examples) != len(objectives) {
			t.Errorf("%s has %d examples, want %d", kind, len(schema.Examples), len(objectives))
			continue
		}
		for k, example := range schema.Examples {
			in, out := filepath.Join(dir, "p.json"), filepath.Join(dir, "r.json")
			if err := os.WriteFile(in, example, 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, 0, "plan", kind, "--in", in, "--out", out, "--time", "5s")
			text, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Objective *int64
				Status    string
				Plan      struct {
					Objective *int64
					Status    string
				}
			}
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if kind == "allocation" {
				got.Objective, got.Status = got.Plan.Objective, got.Plan.Status
			}
			if said := run(t, 0, "plan", "verify", "--in", in, out); !strings.Contains(said, "Verified") {
				t.Errorf("%s %d: verify says %q", kind, k, said)
			}
			bad := bytes.Replace(text, fmt.Appendf(nil, `"objective": %d`, objectives[k]), fmt.Appendf(nil, `"objective": %d`, objectives[k]+1), 1)
			if err := os.WriteFile(out, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, 3, "plan", "verify", "--in", in, out)
			if got.Objective == nil || *got.Objective != objectives[k] || got.Status == "infeasible" {
				t.Errorf("%s %d: %s, objective %v, want %d:\n%s", kind, k, got.Status, got.Objective, objectives[k], text)
			}
		}
	}
}
