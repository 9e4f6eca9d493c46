package planner_test

import (
	"bytes"
	"strings"
	"testing"

	"muntija/internal/planner"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/model"
)

// TestDrawFile: the file of a draw passes from its text alone, and one in which anything that decides was touched does not.
func TestDrawFile(t *testing.T) {
	var problem, file bytes.Buffer
	if err := model.WriteProblem(&problem, instance.Single(200, 20, 3)); err != nil {
		t.Fatal(err)
	}
	p, err := model.Decode(problem.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	seed := bytes.Repeat([]byte{5}, 32)
	d, err := planner.Draw(p, seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := planner.WriteDraw(&file, p, seed, d, problem.Bytes()); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	if !planner.IsDraw(file.Bytes()) || planner.IsDraw(problem.Bytes()) {
		t.Error("a draw is not told from a problem")
	}
	if _, places, found, err := planner.CheckDraw(file.Bytes()); err != nil || len(found) > 0 || places != len(d.Chosen) {
		t.Fatalf("%d places, %v, %v", places, found, err)
	}
	of := (&model.Plan{Chosen: d.Chosen}).Of(p)
	drawn := map[int32]bool{}
	for _, i := range of {
		drawn[i] = true
	}
	other := int32(0)
	for drawn[other] {
		other++
	}
	named, head := p.IDs.At(int(of[0])), strings.Index(text, `"drawn"`)
	for name, bad := range map[string]string{
		"another seed":    strings.Replace(text, `"seed": "0505`, `"seed": "0605`, 1),
		"another drawn":   text[:head] + strings.Replace(text[head:], `"`+named+`"`, `"`+p.IDs.At(int(other))+`"`, 1),
		"another hash":    strings.Replace(text, `"problem_sha256": "`, `"problem_sha256": "0`, 1),
		"another chance":  strings.Replace(text, `"chance": `, `"chance": 0`, 1),
		"another promise": strings.Replace(text, `"commitment": "`, `"commitment": "00`, 1),
	} {
		if bad == text {
			t.Fatalf("%s: nothing was touched", name)
		}
		if _, _, found, err := planner.CheckDraw([]byte(bad)); err == nil && len(found) == 0 {
			t.Errorf("%s was not found", name)
		}
	}
}
