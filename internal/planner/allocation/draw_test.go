package allocation

import (
	"math"
	"math/rand/v2"
	"testing"

	"muntija/internal/planner/instance"
	"muntija/internal/planner/model"
)

// TestDrawChances draws many times and compares how often each cell is served with its chance; each draw keeps every quota.
func TestDrawChances(t *testing.T) {
	p := instance.Single(600, 40, 3)
	c, err := Leximin(p)
	if err != nil {
		t.Fatal(err)
	}
	seed := make([]byte, 32)
	const rounds = 200
	got := make([]float64, len(c.Cells))
	for k := range rounds {
		seed[0], seed[1] = byte(k), byte(k>>8)
		chosen := c.Draw(seed)
		used := make([]int64, len(p.Quotas))
		for _, o := range chosen {
			i := int(o) // one pair each
			got[c.Of[p.Type[i]]]++
			for q, x := range p.Quotas {
				if p.In(p.Type[i], x.Group) {
					used[q]++
				}
			}
		}
		if int64(len(chosen)) > p.Exhibitions[0].Capacity {
			t.Fatalf("draw %d: %d places of %d", k, len(chosen), p.Exhibitions[0].Capacity)
		}
		for q, x := range p.Quotas {
			short := int64(0)
			for _, s := range c.Unmet {
				if s.Quota == int32(q) {
					short = s.Missing
				}
			}
			if used[q] > x.Max || used[q] < x.Min-short {
				t.Fatalf("draw %d: quota %s has %d, bounds %d to %d", k, x.ID, used[q], x.Min-short, x.Max)
			}
		}
	}
	for k, x := range c.Cells {
		want := float64(x.Share) / One
		if mean := got[k] / rounds; math.Abs(mean-want) > 5*math.Sqrt(0.25/rounds)+1e-9 {
			t.Errorf("cell %d: %.3f places a draw, expected %.3f", k, mean, want)
		}
	}
}

// TestLeximinSmall has an answer that is worked out by hand.
func TestLeximinSmall(t *testing.T) {
	p := twoByTwo(t, []int{8, 2, 3, 5}, 6, 3, 4)
	c, err := Leximin(p)
	if err != nil {
		t.Fatal(err)
	}
	// A (8+2 candidates) has at most 3 places, X (8+3) at most 4, 6 places in all: A and B share 3 each at best.
	levels := c.Levels()
	total := 0.0
	for _, x := range c.Cells {
		total += float64(x.Share) / One
	}
	if math.Abs(total-6) > 1e-6 {
		t.Errorf("%.6f places are given, want 6", total)
	}
	if levels[0].Chance < 0.3-1e-6 || levels[0].Chance > 0.3+1e-6 {
		t.Errorf("smallest chance %.6f, want 0.3 (3 places for 10 candidates of A)", levels[0].Chance)
	}
	if last := levels[len(levels)-1]; math.Abs(last.Chance-0.375) > 1e-6 {
		t.Errorf("largest chance %.6f, want 0.375 (3 places for 8 candidates of B)", last.Chance)
	}
}

// twoByTwo is an exhibition with areas A, B and crafts X, Y: counts of AX, AY, BX, BY, the places, the most of A and of X.
func twoByTwo(t *testing.T, counts []int, places, mostA, mostX int64) *model.Problem {
	t.Helper()
	p := &model.Problem{Sense: model.Max, AtMost: 1, Exhibitions: []model.Exhibition{{ID: "e", Capacity: places, Metres: model.Unlimited}}, Groups: []string{"A", "X"},
		Quotas: []model.Quota{{ID: "A", Exhibitions: []uint16{0}, Group: 0, Max: mostA}, {ID: "X", Exhibitions: []uint16{0}, Group: 1, Max: mostX}},
		Types:  [][]int32{{0, 1}, {0}, {1}, {}}, Start: []int32{0}}
	r := rand.New(rand.NewPCG(1, 2))
	for k, n := range counts {
		for range n {
			p.Type = append(p.Type, int32(k))
			p.IDs.Append("f" + string(rune('a'+len(p.Type))))
			p.Exh, p.Value = append(p.Exh, 0), append(p.Value, 1+int32(r.IntN(100)))
			p.Start = append(p.Start, int32(len(p.Exh)))
		}
	}
	if err := p.Freeze(); err != nil {
		t.Fatal(err)
	}
	return p
}
