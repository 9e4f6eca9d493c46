package programme

import (
	"math/rand/v2"
	"testing"
)

func TestSuppress(t *testing.T) {
	for _, c := range []struct {
		name   string
		cells  []Count
		hidden []bool
		split  []bool
	}{
		{"all large", []Count{{Code: "a", N: 20, Women: 10}, {Code: "b", N: 9, Women: 9}}, []bool{false, false}, []bool{true, true}},
		{"nothing is no secret", []Count{{Code: "a", N: 20, Women: 10}, {Code: "b"}}, []bool{false, false}, []bool{true, true}},
		{"two small ones", []Count{{Code: "a", N: 4, Women: 2}, {Code: "b", N: 1}, {Code: "c", N: 30, Women: 20}}, []bool{true, true, false}, []bool{false, false, true}},
		{"one small one takes the next smallest with it", []Count{{Code: "a", N: 4}, {Code: "b", N: 60, Women: 30}, {Code: "c", N: 30, Women: 20}}, []bool{true, false, true}, []bool{false, true, false}},
		{"one alone", []Count{{Code: "a", N: 4}}, []bool{true}, []bool{false}},
		{"few men in two cells", []Count{{Code: "a", N: 30, Women: 28}, {Code: "b", N: 20, Women: 17}, {Code: "c", N: 40, Women: 20}}, []bool{false, false, false}, []bool{false, false, true}},
		{"few men in one cell", []Count{{Code: "a", N: 30, Women: 28}, {Code: "b", N: 20, Women: 10}, {Code: "c", N: 40, Women: 20}}, []bool{false, false, false}, []bool{false, false, true}},
	} {
		got := Suppress(c.cells)
		for i, g := range got {
			if g.Hidden != c.hidden[i] || g.Split != c.split[i] || (g.Hidden && (g.N != 0 || g.Women != 0)) || (!g.Split && g.Women != 0) {
				t.Errorf("%s: cell %s: %+v", c.name, g.Code, g)
			}
		}
	}
}

// Nobody can compute a hidden cell from the total: one that is hidden has company, unless it is alone in the table.
func TestSuppressedStays(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 5000 {
		cells := make([]Count, 1+r.IntN(8))
		some := 0
		for i := range cells {
			cells[i].N = r.IntN(12)
			cells[i].Women = r.IntN(cells[i].N + 1)
			if cells[i].N > 0 {
				some++
			}
		}
		hidden := 0
		for i, c := range Suppress(cells) {
			switch {
			case c.Hidden:
				hidden++
			case c.N != cells[i].N || (c.N > 0 && c.N < SmallCell) || (c.Split && c.Women != cells[i].Women):
				t.Fatalf("%+v of %+v", c, cells[i])
			}
		}
		if hidden == 1 && some > 1 {
			t.Fatalf("one of %d cells is hidden: %+v", some, cells)
		}
	}
}
