package programme

import (
	"math/rand/v2"
	"testing"
)

func TestSuppress(t *testing.T) {
	for _, c := range []struct {
		name   string
		in     []Count
		hidden []bool
		total  bool
	}{
		{"nothing small", []Count{{N: 9, Women: 0}, {N: 30, Women: 15}}, []bool{false, false}, true},
		{"none is no secret", []Count{{N: 0}, {N: 30, Women: 15}}, []bool{false, false}, true},
		{"one small cell takes the next with it", []Count{{N: 3, Women: 1}, {N: 8}, {N: 30}}, []bool{true, true, false}, true},
		{"two of one would be known by their sum", []Count{{N: 1}, {N: 1}, {N: 40}, {N: 50}}, []bool{true, true, true, false}, true},
		{"two of four are not", []Count{{N: 4}, {N: 4}, {N: 40}}, []bool{true, true, false}, true},
		{"nobody else to hide behind", []Count{{N: 2}, {N: 1}, {N: 2}}, []bool{true, true, true}, false},
		{"a table of one cell is its total", []Count{{N: 3}}, []bool{true}, false},
	} {
		total, out := Suppress(c.in)
		for i, x := range out[0] {
			if x.Hidden != c.hidden[i] {
				t.Errorf("%s: cell %d hidden: got %v, want %v", c.name, i, x.Hidden, c.hidden[i])
			}
			if x.Hidden && (x.N != 0 || x.Women != 0 || x.Split) || !x.Split && x.Women != 0 {
				t.Errorf("%s: cell %d still says %+v", c.name, i, x)
			}
		}
		if total.Hidden == c.total {
			t.Errorf("%s: total hidden: got %v, want %v", c.name, total.Hidden, !c.total)
		}
	}
}

// The total is hidden in all tables if one of them cannot bear it.
func TestSuppressTogether(t *testing.T) {
	total, out := Suppress([]Count{{Code: "a", N: 30}, {Code: "b", N: 3}, {Code: "c", N: 7}}, []Count{{Code: "x", N: 38}, {Code: "y", N: 2}})
	if total.Hidden || !out[1][1].Hidden || !out[1][0].Hidden {
		t.Errorf("got %+v %+v: the two cells of the second table must go together", total, out)
	}
	total, _ = Suppress([]Count{{N: 3}, {N: 2}}, []Count{{N: 5}})
	if !total.Hidden {
		t.Errorf("got %+v: the first table cannot bear its total", total)
	}
}

// TestSuppressHolds lets somebody who knows the rules and all that is shown try every table that agrees with it: no small cell may be left with fewer than
// SmallCell possible numbers, and the women of no cell either.
func TestSuppressHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	checked, shut := 0, 0
	for range 400 {
		cells := make([]Count, 2+rng.IntN(2))
		for i := range cells {
			cells[i].N = rng.IntN(9)
			cells[i].Women = rng.IntN(cells[i].N + 1)
		}
		total, tables := Suppress(cells)
		out := tables[0]
		seenN, seenW := make([]map[int]bool, len(cells)), make([]map[int]bool, len(cells))
		for i := range cells {
			seenN[i], seenW[i] = map[int]bool{}, map[int]bool{}
		}
		sumN, sumW := 0, 0
		for _, c := range cells {
			sumN, sumW = sumN+c.N, sumW+c.Women
		}
		try := make([]Count, len(cells))
		var walk func(i, n, w int)
		walk = func(i, n, w int) {
			if i == len(cells) {
				if (total.Hidden || n == sumN) && (!total.Split || w == sumW) {
					for j, c := range try {
						seenN[j][c.N], seenW[j][c.Women] = true, true
					}
				}
				return
			}
			lowN, highN := out[i].N, out[i].N
			if out[i].Hidden {
				lowN, highN = 1, 12
			}
			for a := lowN; a <= highN && (total.Hidden || n+a <= sumN); a++ {
				lowW, highW := 0, a
				if out[i].Split {
					lowW, highW = out[i].Women, out[i].Women
				}
				for b := lowW; b <= highW; b++ {
					try[i] = Count{N: a, Women: b}
					walk(i+1, n+a, w+b)
				}
			}
		}
		walk(0, 0, 0)
		for i, c := range cells {
			switch {
			case few(c.N):
				checked++
				if len(seenN[i]) < SmallCell {
					t.Fatalf("%+v is shown as %+v %+v: cell %d can only be %v", cells, total, out, i, seenN[i])
				}
			case few(c.Women) || few(c.N-c.Women):
				shut++
				if len(seenW[i]) < SmallCell {
					t.Fatalf("%+v is shown as %+v %+v: the women of cell %d can only be %v", cells, total, out, i, seenW[i])
				}
			}
		}
	}
	if checked < 100 || shut < 40 {
		t.Errorf("only %d small cells and %d small halves were tried", checked, shut)
	}
}

func TestSuppressAlone(t *testing.T) {
	out := SuppressAlone([]Count{{N: 3, Women: 2}, {N: 20, Women: 2}, {N: 20, Women: 10}, {N: 0}})
	want := []Count{{Hidden: true}, {N: 20}, {N: 20, Women: 10, Split: true}, {Split: true}}
	for i := range want {
		if out[i] != want[i] {
			t.Errorf("cell %d: got %+v, want %+v", i, out[i], want[i])
		}
	}
}

// Where a hidden cell stands says nothing of its size.
func TestHiddenLast(t *testing.T) {
	for _, cells := range [][]Count{{{Code: "c", N: 40}, {Code: "b", N: 4}, {Code: "a", N: 3}}, {{Code: "c", N: 40}, {Code: "a", N: 4}, {Code: "b", N: 3}}} {
		_, out := Suppress(cells)
		HiddenLast(out[0])
		if out[0][0].Code != "c" || out[0][1].Code != "a" || out[0][2].Code != "b" {
			t.Errorf("%+v stands as %+v", cells, out[0])
		}
	}
}
