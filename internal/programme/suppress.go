package programme

// Count is a cell of a table of figures: how many there are, and how many of them are led by a woman.
type Count struct {
	Code   string
	N      int
	Women  int
	Hidden bool // too few to be shown to the other country: N and Women are 0
	Split  bool // Women may be shown
}

// SmallCell is the least number that is shown of the other country's people. Fewer could be somebody's neighbours.
const SmallCell = 5

// Suppress hides what would give people away in a table whose total is shown: cells of 1 to SmallCell-1, and, where only one is hidden, the next smallest
// too, because the total would give it back (primary and complementary suppression: Hundepool et al., Statistical Disclosure Control, 2012, 4.2–4.3). The share of
// women is shown only where neither they nor the men are so few.
func Suppress(cells []Count) []Count {
	out := append([]Count(nil), cells...)
	hidden := 0
	for i := range out {
		c := &out[i]
		c.Split = true
		if c.N > 0 && c.N < SmallCell {
			*c = Count{Code: c.Code, Hidden: true}
			hidden++
		}
	}
	if hidden == 1 {
		least := -1
		for i, c := range out {
			if !c.Hidden && c.N > 0 && (least < 0 || c.N < out[least].N) {
				least = i
			}
		}
		if least >= 0 {
			out[least] = Count{Code: out[least].Code, Hidden: true}
			hidden++
		}
	}
	// The same for the women of the cells that are shown: their sum is shown as well.
	few := func(n int) bool { return n > 0 && n < SmallCell }
	closed := 0
	for i := range out {
		if c := &out[i]; !c.Hidden && (few(c.Women) || few(c.N-c.Women)) {
			c.Split, c.Women = false, 0
			closed++
		}
	}
	if closed == 1 && hidden == 0 {
		least := -1
		for i, c := range out {
			if c.Split && c.N > 0 && (least < 0 || c.N < out[least].N) {
				least = i
			}
		}
		if least >= 0 {
			out[least].Split, out[least].Women = false, 0
		}
	}
	return out
}
