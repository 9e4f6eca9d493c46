package layout

import (
	"math/rand/v2"
	"slices"
)

// beginnings bounds the tries to give every group a region.
const beginnings = 60

// begin returns a layout to begin with: every group in a region of its own that is connected and holds booths for all its members, all others by matching. If no
// try gives each group its region, the groups are left to the search and matched like the others. matched is a layout that meets all needs.
func (h *hall) begin(rng *rand.Rand, matched []int) []int {
	if len(h.groups) > 0 {
		for range beginnings {
			if at := h.regions(rng); at != nil {
				return h.fill(at)
			}
		}
	}
	return h.fill(matched)
}

// fill gives the booths that are left to nobodies.
func (h *hall) fill(somebody []int) []int {
	at, taken := append([]int(nil), somebody...), make([]bool, h.n)
	for _, a := range somebody {
		taken[a] = true
	}
	for a := range h.n {
		if !taken[a] {
			at = append(at, a)
		}
	}
	return at
}

// regions grows a region for each group, the largest first, and matches inside of it. It returns nil if a group finds none.
func (h *hall) regions(rng *rand.Rand) []int {
	at := make([]int, h.m)
	for i := range at {
		at[i] = -1
	}
	used := make([]bool, h.n)
	var order []int
	for g := range h.groups {
		if h.groups[g].inside < 0 {
			order = append(order, g)
		}
	}
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	slices.SortStableFunc(order, func(x, y int) int { return len(h.groups[y].members) - len(h.groups[x].members) })
	for _, g := range order {
		var members []int
		for _, i := range h.groups[g].members {
			if at[i] < 0 {
				members = append(members, i)
			}
		}
		if len(members) == 0 {
			continue // an association whose members came with their pavilions
		}
		if !h.region(rng, g, members, used, at) {
			return nil
		}
	}
	var rest []int
	for i := range h.m {
		if at[i] < 0 {
			rest = append(rest, i)
		}
	}
	got := h.match(rest, func(a int) bool { return !used[a] })
	for k, i := range rest {
		if got[k] < 0 {
			return nil
		}
		at[i] = got[k]
	}
	return at
}

// region grows a region among the booths that are not used, tries several places, and puts the members of a group there, associations inside of it first.
func (h *hall) region(rng *rand.Rand, g int, members []int, used []bool, at []int) bool {
	able := make([]bool, h.n) // booths that one of the members can take
	var seeds []int
	for _, i := range members {
		for _, a := range h.free[i] {
			if !able[a] && !used[a] {
				able[a] = true
				seeds = append(seeds, a)
			}
		}
	}
	for range min(12, len(seeds)) {
		grown := h.grow(rng, h.beside(g), seeds[rng.IntN(len(seeds))], len(members), able, used)
		if grown == nil {
			continue
		}
		inside := make([]bool, h.n)
		for _, a := range grown {
			inside[a] = true
		}
		outside := make([]bool, h.n)
		for a := range outside {
			outside[a] = !inside[a]
		}
		trial := append([]int(nil), at...)
		ok := true
		for k := range h.groups {
			if h.groups[k].inside == g && len(h.groups[k].members) > 1 && ok {
				ok = h.region(rng, k, h.groups[k].members, outside, trial)
			}
		}
		if !ok {
			continue
		}
		var rest []int
		for _, i := range members {
			if trial[i] < 0 {
				rest = append(rest, i)
			}
		}
		for k, a := range h.match(rest, func(a int) bool { return !outside[a] }) {
			if ok = ok && a >= 0; ok {
				trial[rest[k]] = a
			}
		}
		if ok {
			copy(at, trial)
			for _, a := range grown {
				used[a] = true
			}
			return true
		}
	}
	return false
}

// grow returns size connected booths around a seed, each next one with the fewest free booths beside it, so that no holes are left behind.
func (h *hall) grow(rng *rand.Rand, next [][]int, seed, size int, able, used []bool) []int {
	grown, in := []int{seed}, make([]bool, h.n)
	in[seed] = true
	for len(grown) < size {
		best, least, ties := -1, 0, 0
		seen := map[int]bool{}
		for _, a := range grown {
			for _, b := range next[a] {
				if in[b] || used[b] || !able[b] || seen[b] {
					continue
				}
				seen[b] = true
				open := 0
				for _, c := range next[b] {
					if !in[c] && !used[c] {
						open++
					}
				}
				switch {
				case best < 0 || open < least:
					best, least, ties = b, open, 1
				case open == least:
					if ties++; rng.IntN(ties) == 0 {
						best = b
					}
				}
			}
		}
		if best < 0 {
			return nil
		}
		in[best] = true
		grown = append(grown, best)
	}
	return grown
}
