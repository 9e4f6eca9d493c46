package registry

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/fault"
)

// Side says whose value a field of a merged record takes.
type Side string

// The sides. Only lists can be joined.
const (
	KeepA    Side = "a"    // of the family that stays
	KeepB    Side = "b"    // of the family that is merged into it
	KeepBoth Side = "both" // the rows of both, alike ones once
)

// MergeField is one choice of a merge: a field, fields that are one thing (an identity number with its kind and expiry), or a list.
type MergeField struct {
	Key    string // of the choice: the path of the field, of the first field, or of the list
	A, B   []Value
	List   bool
	Same   bool
	Choose Side // what the program proposes
}

// mergeGroups are fields of which a record of two halves would say something that nobody said.
var mergeGroups = map[string]string{
	"lead.id_number": "lead.id_type", "lead.id_expiry": "lead.id_type", "lead.literacy_by": "lead.literacy", "lead.disability_card": "lead.disability",
	"guardian.relation": "guardian.name", "guardian.id_type": "guardian.name", "guardian.id_number": "guardian.name", "guardian.phone": "guardian.name", "guardian.proof": "guardian.name",
	"address.district": "address.area", "address.village": "address.area", "address.zone": "address.area",
	"address.building": "address.street", "address.lon": "address.lat", "address.accuracy": "address.lat",
	"finance.currency": "finance.est_value",
}

// mergeKey is the choice that a path belongs to.
func mergeKey(path string) string {
	if i := strings.IndexByte(path, '['); i >= 0 {
		return path[:i]
	}
	if g := mergeGroups[path]; g != "" {
		return g
	}
	return path
}

// MergeFields lays two records side by side, in the order of the form. A field that only one has is proposed from that one; of two different values, that
// of the family that stays; of lists, the rows of both.
func MergeFields(a, b *Record) []MergeField {
	var out []MergeField
	at := map[string]int{}
	put := func(values []Value, side Side) {
		for _, v := range values {
			key := mergeKey(v.Path)
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, MergeField{Key: key, List: strings.Contains(v.Path, "[") || isList(key)})
			}
			if side == KeepA {
				out[i].A = append(out[i].A, v)
			} else {
				out[i].B = append(out[i].B, v)
			}
		}
	}
	put(a.Values(), KeepA)
	put(b.Values(), KeepB)
	order := fieldOrder()
	slices.SortStableFunc(out, func(x, y MergeField) int { return order[x.Key] - order[y.Key] })
	for i := range out {
		f := &out[i]
		f.Same = slices.Equal(f.A, f.B)
		switch {
		case f.Same, len(f.B) == 0:
			f.Choose = KeepA
		case len(f.A) == 0:
			f.Choose = KeepB
		case f.List:
			f.Choose = KeepBoth
		default:
			f.Choose = KeepA
		}
	}
	return out
}

func isList(path string) bool {
	_, ok := listPaths()[path]
	return ok
}

// listPaths are the lists of a record, and fieldOrder the place of each choice in the form.
func listPaths() map[string]bool {
	out := map[string]bool{}
	eachPlan(recordPlan(), func(n *planNode) {
		if n.kind == reflect.Slice {
			out[n.path] = true
		}
	})
	return out
}

func fieldOrder() map[string]int {
	out := map[string]int{}
	eachPlan(recordPlan(), func(n *planNode) { out[n.path] = len(out) })
	return out
}

func eachPlan(n *planNode, do func(*planNode)) {
	if n.stringer || n.kind != reflect.Struct {
		do(n)
		return
	}
	for i := range n.fields {
		eachPlan(&n.fields[i], do)
	}
}

// MergeRecords makes the record of two. choose says whose value each choice of [MergeFields] takes; what it does not name is taken as proposed. A choice that does not
// exist, and rows beyond what a list may have, are problems.
func MergeRecords(a, b *Record, choose map[string]Side) (Record, fault.Problems) {
	var ps fault.Problems
	out := a.Clone()
	take := map[string]Side{}
	for _, f := range MergeFields(a, b) {
		take[f.Key] = f.Choose
		side, ok := choose[f.Key]
		if !ok {
			continue
		}
		if side != KeepA && side != KeepB && (side != KeepBoth || !f.List) {
			ps.Add(f.Key, "merge.choose")
			continue
		}
		take[f.Key] = side
	}
	other := b.Clone()
	mergeInto(recordPlan(), reflect.ValueOf(&out).Elem(), reflect.ValueOf(&other).Elem(), take)
	if take["finance.own_share"] == KeepB {
		out.Finance.OwnShareGiven = b.Finance.OwnShareGiven
	}
	if len(out.Household.Members) > MaxMembers {
		ps.Add("household.members", "merge.too_many", MaxMembers)
	}
	return out, ps
}

func mergeInto(n *planNode, a, b reflect.Value, take map[string]Side) {
	if n.kind == reflect.Struct && !n.stringer {
		for i := range n.fields {
			f := &n.fields[i]
			mergeInto(f, a.Field(f.index), b.Field(f.index), take)
		}
		return
	}
	switch take[mergeKey(n.path)] {
	case KeepB:
		a.Set(b)
	case KeepBoth:
		if n.kind == reflect.Slice {
			a.Set(joined(a, b))
		}
	}
}

// joined is the rows of both lists. A row that is in the first list already, or that tells of the same thing (a phone, a programme, a member's name), is not
// taken again.
func joined(a, b reflect.Value) reflect.Value {
	out := a
	for i := range b.Len() {
		row, known := b.Index(i), false
		for j := 0; j < a.Len() && !known; j++ {
			known = rowKey(a.Index(j)) == rowKey(row)
		}
		if !known {
			out = reflect.Append(out, row)
		}
	}
	return out
}

func rowKey(v reflect.Value) string {
	switch r := v.Interface().(type) {
	case Phone:
		return r.Number
	case Member:
		return strings.Join(strings.Fields(r.Name), " ") + "/" + strconv.Itoa(r.BirthYear)
	case Benefit:
		return string(r.Programme)
	case FormalItem:
		return string(r.Kind) + "/" + r.Number
	case Consent:
		return string(r.Scope)
	case SaleChannel:
		return string(r)
	}
	b, _ := json.Marshal(v.Interface()) // texts and numbers cannot fail
	return string(b)
}

// Clone returns a copy that shares nothing with r.
func (r *Record) Clone() Record {
	out := *r
	out.Lead.Phones = slices.Clone(r.Lead.Phones)
	out.Household.Members = slices.Clone(r.Household.Members)
	out.Household.Benefits = slices.Clone(r.Household.Benefits)
	out.Project.Channels = slices.Clone(r.Project.Channels)
	out.Skills.Training = slices.Clone(r.Skills.Training)
	out.Formal = slices.Clone(r.Formal)
	out.Finance.Loans = slices.Clone(r.Finance.Loans)
	out.Consents = slices.Clone(r.Consents)
	return out
}

// Later is a field that was changed after a merge: it stands in the way of an exact undo, and a person says which value stays.
type Later struct {
	Key                string
	Before, After, Now []Value // as it was before the merge, as the merge made it, as it is now
}

// UndoMerge takes the merge out of a record: each choice that still is as the merge made it (after) becomes what it was (before). Of what was changed since, keep
// names the choices whose value of today stays; the others go back too. It returns the record and all choices that were changed since.
func UndoMerge(before, after, now *Record, keep map[string]bool) (Record, []Later) {
	group := func(r *Record) map[string][]Value {
		out := map[string][]Value{}
		for _, v := range r.Values() {
			k := mergeKey(v.Path)
			out[k] = append(out[k], v)
		}
		return out
	}
	was, made, is := group(before), group(after), group(now)
	var later []Later
	take := map[string]Side{}
	eachPlan(recordPlan(), func(n *planNode) {
		k := mergeKey(n.path)
		if take[k] != "" {
			return
		}
		take[k] = KeepB
		if slices.Equal(made[k], is[k]) || slices.Equal(was[k], is[k]) {
			return
		}
		later = append(later, Later{k, was[k], made[k], is[k]})
		if keep[k] {
			take[k] = KeepA
		}
	})
	out, old := now.Clone(), before.Clone()
	mergeInto(recordPlan(), reflect.ValueOf(&out).Elem(), reflect.ValueOf(&old).Elem(), take)
	if take["finance.own_share"] == KeepB {
		out.Finance.OwnShareGiven = before.Finance.OwnShareGiven
	}
	return out, later
}

// Mergeable reports whether two registrations may become one, f the one that stays: both of one party, in states that go on, and the one that stays not behind
// the other. The error says what to do.
func (f *Family) Mergeable(away *Family) error {
	switch {
	case f.Party != away.Party, f.ID == away.ID:
		return fault.New(fault.NotFound, "error.not_found")
	case f.Status.State == Merged || away.Status.State == Merged:
		return fault.New(fault.State, "error.merge.merged")
	case !f.Status.State.Editable() && !f.Status.State.Amendable() && f.Status.State != Submitted && f.Status.State != UnderReview:
		return fault.New(fault.State, "error.merge.stays", f.Status.State.Title())
	case away.Status.State == Graduated:
		return fault.New(fault.State, "error.merge.graduated")
	case away.Status.State.Amendable() && !f.Status.State.Amendable():
		return fault.New(fault.State, "error.merge.other_way")
	case f.Status.Amendment || away.Status.Amendment:
		return fault.New(fault.State, "error.merge.amendment")
	}
	return nil
}

// MergeInto ends a registration because another one of the same person stays.
func (f *Family) MergeInto(by int64, at time.Time) Event {
	e := Event{FamilyID: f.ID, At: at, By: by, Step: StepMerge, From: f.Status.State, To: Merged}
	f.Status.State, f.Status.UpdatedAt = Merged, at
	return e
}

// Unmerge gives a merged registration its life back, as it stood before.
func (f *Family) Unmerge(by int64, at time.Time, before Registration) (Event, error) {
	if f.Status.State != Merged {
		return Event{}, fault.New(fault.State, "error.merge.not_merged")
	}
	f.Status = before
	return Event{FamilyID: f.ID, At: at, By: by, Step: StepUnmerge, From: Merged, To: before.State}, nil
}
