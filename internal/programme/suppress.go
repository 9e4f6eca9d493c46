package programme

import (
	"slices"
	"strings"
)

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

// few reports whether a number would give somebody away; none gives nobody away.
func few(n int) bool { return n > 0 && n < SmallCell }

// SuppressAlone hides the cells of a table whose total is nowhere shown, such as a course by months: each stands for itself, so that what is hidden does not depend on
// which of them are asked for, and no two questions give away the difference.
func SuppressAlone(cells []Count) []Count {
	out := append([]Count(nil), cells...)
	for i := range out {
		c := &out[i]
		c.Split = !few(c.Women) && !few(c.N-c.Women)
		if few(c.N) {
			*c = Count{Code: c.Code, Hidden: true}
		}
		if !c.Split {
			c.Women = 0
		}
	}
	return out
}

// Suppress hides what would give people away in tables of the same people that are shown together with their total (primary and complementary suppression: Hundepool
// et al., Statistical Disclosure Control, 2012, 4.2–4.3). Cells of 1 to SmallCell-1 are hidden, and then the smallest of the others, until the hidden ones
// of a table, whose sum the total gives back, could each be anything from 1 to SmallCell. The women of a cell are shown only where neither they nor the men are so few,
// and as many other cells go without, until what the sum of all women gives back leaves each of them room for SmallCell different numbers. Where even that is not enough the
// total itself, or its women, is hidden. Each table has only the total in common with the others, so that no two of them say more than one.
func Suppress(tables ...[]Count) (total Count, out [][]Count) {
	if len(tables) > 0 {
		for _, c := range tables[0] {
			total.N += c.N
			total.Women += c.Women
		}
	}
	total.Split = !few(total.Women) && !few(total.N-total.Women)
	hide, closed := few(total.N), !total.Split
	for _, t := range tables {
		cells, safe, split := suppress(t)
		hide, closed = hide || !safe, closed || !split
		out = append(out, cells)
	}
	if hide {
		total = Count{Hidden: true}
	}
	if closed {
		total.Women, total.Split = 0, false
	}
	return total, out
}

// suppress hides cells of one table. safe says whether the total may stand beside it, split whether the women of the total may.
func suppress(cells []Count) (out []Count, safe, split bool) {
	hidden := make([]bool, len(cells))
	for i, c := range cells {
		hidden[i] = few(c.N)
	}
	safe = widen(cells, hidden, func() bool {
		k, sum := 0, 0
		for i, c := range cells {
			if hidden[i] {
				k, sum = k+1, sum+c.N
			}
		}
		return k == 0 || sum-(k-1) >= SmallCell && k > 1
	})
	closed := make([]bool, len(cells))
	for i, c := range cells {
		closed[i] = !hidden[i] && (few(c.Women) || few(c.N-c.Women))
	}
	split = widen(cells, closed, func() bool { return womenSafe(cells, hidden, closed) })
	for i, c := range cells {
		switch {
		case hidden[i]:
			c = Count{Code: c.Code, Hidden: true}
		case closed[i]:
			c.Women = 0
		default:
			c.Split = true
		}
		out = append(out, c)
	}
	return out, safe, split
}

// widen marks the smallest cell that is not marked, again and again, until enough says so; false if there is none left.
func widen(cells []Count, marked []bool, enough func() bool) bool {
	for !enough() {
		least := -1
		for i, c := range cells {
			if !marked[i] && c.N > 0 && (least < 0 || c.N < cells[least].N) {
				least = i
			}
		}
		if least < 0 {
			return false
		}
		marked[least] = true
	}
	return true
}

// womenSafe reports whether the sum of all women and the shown ones leave the others enough room. Whoever knows the rules knows of a closed cell its N, and of the hidden ones
// together theirs.
func womenSafe(cells []Count, hidden, closed []bool) bool {
	left, room, group, groupWomen := 0, 0, 0, 0 // women not shown; the most that they could be; the hidden cells' sums
	for i, c := range cells {
		switch {
		case hidden[i]:
			left, room, group, groupWomen = left+c.Women, room+c.N, group+c.N, groupWomen+c.Women
		case closed[i]:
			left, room = left+c.Women, room+c.N
		}
	}
	wide := func(n int) bool { return min(n, left)-max(0, left-(room-n)) >= SmallCell-1 }
	if (few(groupWomen) || few(group-groupWomen)) && !wide(group) {
		return false
	}
	for i, c := range cells {
		if closed[i] && !hidden[i] && !wide(c.N) {
			return false
		}
	}
	return true
}

// HiddenLast puts the hidden cells of a list that is ordered by size behind the others, by their codes: where they stood would say which of them is the larger.
func HiddenLast(cells []Count) {
	slices.SortStableFunc(cells, func(a, b Count) int {
		switch {
		case a.Hidden && b.Hidden:
			return strings.Compare(a.Code, b.Code)
		case a.Hidden:
			return 1
		case b.Hidden:
			return -1
		}
		return 0
	})
}
