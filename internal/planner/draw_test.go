package planner_test

import (
	"slices"
	"testing"

	"muntija/internal/planner/allocation"
	"muntija/internal/planner/instance"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
)

// TestDrawVerified: a draw passes from what is published, and a draw that was touched does not.
func TestDrawVerified(t *testing.T) {
	p := instance.Single(900, 60, 11)
	c, err := allocation.Leximin(p)
	if err != nil {
		t.Fatal(err)
	}
	seed := make([]byte, 32)
	for k := range 20 {
		seed[3] = byte(k)
		drawn := c.Draw(seed)
		if found := verify.Draw(p, seed, model.Commit(seed), drawn, c.Shares(), c.Unmet); len(found) > 0 {
			t.Fatalf("draw %d: %v", k, found)
		}
		other := slices.Clone(seed)
		other[9]++
		if len(verify.Draw(p, other, model.Commit(seed), drawn, c.Shares(), c.Unmet)) == 0 {
			t.Fatalf("draw %d: another seed was not found", k)
		}
		// somebody's place is given to another of the same groups
		touched := false
		for x, o := range drawn {
			for i := range int32(p.N()) {
				if i != o && p.Type[i] == p.Type[o] && !slices.Contains(drawn, i) {
					swapped := slices.Clone(drawn)
					swapped[x] = i
					slices.Sort(swapped)
					touched = true
					if len(verify.Draw(p, seed, model.Commit(seed), swapped, c.Shares(), c.Unmet)) == 0 {
						t.Fatalf("draw %d: a place that was given to another was not found", k)
					}
					break
				}
			}
			if touched {
				break
			}
		}
		if !touched {
			t.Fatal("no place could be given to another: the test tests nothing")
		}
	}
}

// TestDrawCrossing: quotas in three directions are refused with a reason.
func TestDrawCrossing(t *testing.T) {
	p := instance.Season(50, 3, 1)
	if _, err := allocation.Leximin(p); err == nil {
		t.Error("a draw for a season was made")
	}
}
