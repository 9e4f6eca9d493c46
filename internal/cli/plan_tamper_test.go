package cli_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muntija/internal/planner/instance"
	"muntija/internal/planner/layout"
	"muntija/internal/planner/model"
	"muntija/internal/planner/season"
)

// TestPlanTampered: one byte of a plan that is changed is found, whatever it says: hash, seed, objective, bound, gap, status, who goes where. Where the sum of the file was made anew
// too, all that can be computed is found to be wrong nevertheless. What was not checked is said to be so.
func TestPlanTampered(t *testing.T) {
	dir := t.TempDir()
	in := func(kind string) string { return filepath.Join(dir, kind+".json") }
	var problem bytes.Buffer
	if err := model.WriteProblem(&problem, instance.Season(200, 8, 1)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in("allocation"), problem.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for kind, p := range map[string]any{"season": season.Generate(12, 8, 26, 1, false), "layout": layout.GenerateQAP(4, 3, 1)} {
		from, _ := planFiles(t, p)
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(in(kind), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unsealed := regexp.MustCompile(`"sum": "[0-9a-f]*"`)
	for kind, verdict := range map[string]string{"allocation": "Bound not checked: .* recomputed, prove", "season": "below 8 was recomputed", "layout": "recomputed"} {
		out := filepath.Join(dir, kind+"-plan.json")
		run(t, 0, "plan", kind, "--in", in(kind), "--out", out, "--time", "20s", "--seed", "7")
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		said := run(t, 0, "plan", "verify", "--in", in(kind), out)
		if !regexp.MustCompile(verdict).MatchString(said) || !strings.HasPrefix(said, "Verified: ") {
			t.Errorf("%s: the verdict is %q", kind, said)
		}
		if said := run(t, 0, "plan", "verify", "--lang", "ar", "--in", in(kind), out); !strings.HasPrefix(said, "تم التحقق: ") || strings.Contains(said, "Bound") {
			t.Errorf("%s: the verdict in Arabic is %q", kind, said)
		}
		for _, c := range []struct {
			field string // the byte behind this is changed
			again bool   // it can be computed again: found without the sum too
		}{
			{`"(?:hash|problem_sha256)": "`, true}, {`"seed": `, false}, {`"objective": `, true}, {`"bound": `, true}, {`"status": "`, false}, {`"stop": "`, false},
			{`"(?:exhibitor|exhibition)": "`, true}, {`"(?:exhibitions|venue|booth)": \[?"`, true}, {`"sum": "`, false},
		} {
			at := regexp.MustCompile(c.field).FindIndex(text)
			if at == nil {
				t.Fatalf("%s has no %s", kind, c.field)
			}
			changed := bytes.Clone(text)
			if b := changed[at[1]]; b >= '0' && b <= '9' {
				changed[at[1]] = '0' + (b-'0'+1)%10
			} else {
				changed[at[1]] = b ^ 1
			}
			for _, anew := range []bool{false, true} {
				if anew {
					if !c.again {
						continue
					}
					changed = unsealed.ReplaceAll(changed, []byte(`"sum": ""`))
				}
				bad := filepath.Join(dir, "bad.json")
				if err := os.WriteFile(bad, changed, 0o600); err != nil {
					t.Fatal(err)
				}
				if said := run(t, 3, "plan", "verify", "--in", in(kind), bad); strings.Contains(said, "Verified") || said == "" {
					t.Errorf("%s with another %s (sum left out: %v): %q", kind, c.field, anew, said)
				}
			}
		}
		if sum := unsealed.Find(text); len(sum) != len(`"sum": ""`)+hex.EncodedLen(32) {
			t.Errorf("%s has the sum %s", kind, sum)
		}
	}
}

// TestPlanVerifyTrust: of a bound that comes from two exhibitions in each other's way only a search knows, and the verdict says so.
func TestPlanVerifyTrust(t *testing.T) {
	in, out := planFiles(t, map[string]any{"format": season.Format, "weeks": 2, "venues": []any{map[string]any{"id": "hall"}}, "exhibitions": []any{
		map[string]any{"id": "a", "prefer": []any{map[string]any{"first_week": 0, "last_week": 0}}}, map[string]any{"id": "b", "prefer": []any{map[string]any{"first_week": 0, "last_week": 0}}}}})
	run(t, 0, "plan", "season", "--in", in, "--out", out)
	for lang, want := range map[string]string{"en": "Bound not checked: that no plan is below", "ar": "لم يُتحقق من الحد"} {
		if said := run(t, 0, "plan", "verify", "--lang", lang, "--in", in, out); !strings.Contains(said, want) {
			t.Errorf("the verdict is %q, want …%s…", said, want)
		}
	}
}
