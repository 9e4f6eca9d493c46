package registry

import (
	"slices"

	"muntija/internal/fault"
)

// AllRows is the choice of a list that takes the rows of all records, alike ones once.
const AllRows = -1

// ManyField is one choice where more than two records become one.
type ManyField struct {
	Key    string
	Values [][]Value // of each record
	List   bool
	Same   bool
	Choose int // what the program proposes: the index of a record, or AllRows
}

// MergeManyFields lays records side by side, in the order of the form. The first one is the one that stays. Proposed is, as of two records: its value, else that of the first one
// that has any; of lists, the rows of all.
func MergeManyFields(records []*Record) []ManyField {
	var out []ManyField
	for i, r := range records[1:] {
		for _, f := range MergeFields(records[0], r) {
			at := slices.IndexFunc(out, func(m ManyField) bool { return m.Key == f.Key })
			if at < 0 {
				at = len(out)
				out = append(out, ManyField{Key: f.Key, List: f.List, Values: make([][]Value, len(records))})
			}
			out[at].Values[0], out[at].Values[i+1] = f.A, f.B
		}
	}
	order := fieldOrder()
	slices.SortStableFunc(out, func(x, y ManyField) int { return order[x.Key] - order[y.Key] })
	for i := range out {
		f := &out[i]
		f.Same = true
		f.Choose = slices.IndexFunc(f.Values, func(v []Value) bool { return len(v) > 0 })
		for _, v := range f.Values {
			f.Same = f.Same && slices.Equal(v, f.Values[0])
			if f.List && len(v) > 0 && !slices.Equal(v, f.Values[f.Choose]) {
				f.Choose = AllRows
				break
			}
		}
		f.Same = f.Same && f.Choose != AllRows
	}
	return out
}

// MergeSteps says of each further record whose values its merge into the first one takes, so that after the last of them each choice has the value that was chosen: an index
// or AllRows by key; what is not named is taken as proposed.
func MergeSteps(records []*Record, choose map[string]int) ([]map[string]Side, fault.Problems) {
	var ps fault.Problems
	steps := make([]map[string]Side, len(records)-1)
	for i := range steps {
		steps[i] = map[string]Side{}
	}
	for _, f := range MergeManyFields(records) {
		c, ok := choose[f.Key]
		if !ok {
			c = f.Choose
		}
		if c < AllRows || c >= len(records) || c == AllRows && !f.List {
			ps.Add(f.Key, "merge.choose")
			continue
		}
		for i := range steps {
			switch {
			case c == AllRows:
				steps[i][f.Key] = KeepBoth
			case c == i+1:
				steps[i][f.Key] = KeepB
			default:
				steps[i][f.Key] = KeepA
			}
		}
	}
	return steps, ps
}
