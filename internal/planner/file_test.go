package planner_test

import (
	"bytes"
	"context"
	"testing"

	"muntija/internal/planner"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
)

// TestFiles: a problem that is written and read again has the same optimum and passes with the plan that was written beside it.
func TestFiles(t *testing.T) {
	rule, err := fair(200, 20, 4, -1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*model.Problem{"season": instance.Season(300, 6, 1), "assignment": instance.Assignment('C', 4, 20, 1), "fair": rule} {
		var text, file bytes.Buffer
		if err := model.WriteProblem(&text, p); err != nil {
			t.Fatal(err)
		}
		q, err := model.Decode(text.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pl, err := planner.Allocate(context.Background(), q, allocation.Options{Time: 1e9, Gap: 0.05})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := model.WritePlan(&file, q, pl, model.Run{}, nil, text.Bytes()); err != nil {
			t.Fatal(err)
		}
		read, err := model.ReadPlan(file.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := model.Decode(read.Problem)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		back, err := read.For(again)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if found := verify.Allocation(again, back); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		if q.N() != p.N() || len(q.Exh) != len(p.Exh) || len(q.Conflicts) != len(p.Conflicts) {
			t.Errorf("%s: %d exhibitors, %d pairs, %d conflicts; before %d, %d, %d", name, q.N(), len(q.Exh), len(q.Conflicts), p.N(), len(p.Exh), len(p.Conflicts))
		}
	}
}
