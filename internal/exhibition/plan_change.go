package exhibition

import (
	"cmp"
	"slices"
)

// BoothChange is what became of one booth between two versions of a plan. From is nil for a new one, To for one that is gone.
type BoothChange struct {
	ID       int
	From, To *Booth
}

// BoothChanges compares two versions of a plan by the numbers of their booths, in the order of the numbers.
func BoothChanges(from, to *Plan) []BoothChange {
	before := make(map[int]*Booth, len(from.Booths))
	for i := range from.Booths {
		before[from.Booths[i].ID] = &from.Booths[i]
	}
	var out []BoothChange
	for i := range to.Booths {
		b := &to.Booths[i]
		old := before[b.ID]
		delete(before, b.ID)
		if old == nil || *old != *b {
			out = append(out, BoothChange{b.ID, old, b})
		}
	}
	for id, old := range before {
		out = append(out, BoothChange{id, old, nil})
	}
	slices.SortFunc(out, func(a, b BoothChange) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
