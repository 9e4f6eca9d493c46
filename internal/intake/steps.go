package intake

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Step is one page of the registration form.
type Step struct {
	Name   string   // as in its URL
	Title  string   // message key
	Fields []string // the prefixes of its fields; a longer prefix of another step takes its fields out
}

var steps = []Step{
	{"case", "group.case", []string{"case"}},
	{"lead", "group.lead", []string{"lead"}},
	{"guardian", "group.guardian", []string{"guardian"}},
	{"household", "group.household", []string{"household"}},
	{"protection", "group.protection", []string{"household.income_band", "household.benefits"}},
	{"address", "group.address", []string{"address"}},
	{"project", "group.project", []string{"project"}},
	{"skills", "group.skills", []string{"skills"}},
	{"formal", "group.formal", []string{"formal"}},
	{"finance", "group.finance", []string{"finance"}},
	{"consents", "group.consents", []string{"consents"}},
}

// Steps returns the pages of a party's form in their order. Both parties have the same pages; what a page asks may differ.
func Steps(place.Country) []Step { return slices.Clone(steps) }

// StepNamed returns the step of a name.
func StepNamed(name string) (Step, bool) {
	for _, s := range steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// StepOf returns the step that a field stands on: the field of a problem, with or without indexes. A field of no step gives "".
func StepOf(field string) string {
	if i := stepOf(registry.StripIndex(field)); i >= 0 {
		return steps[i].Name
	}
	return ""
}

func stepOf(path string) int {
	best, length := -1, 0
	for i, s := range steps {
		for _, p := range s.Fields {
			rest, ok := strings.CutPrefix(path, p)
			if ok && len(p) > length && (rest == "" || rest[0] == '.') {
				best, length = i, len(p)
			}
		}
	}
	return best
}

// form is the plan of a Registration, with the step of each field.
var form = sync.OnceValue(func() *plan {
	pl := planFor[Registration]()
	for _, l := range pl.leaves {
		l.step = stepOf(l.path)
	}
	for _, l := range pl.lists {
		l.step = stepOf(l.path)
	}
	return pl
})

// Decode reads a registration form. The result is never nil; problems are of shape only, and all of them block.
func Decode(values map[string][]string) (*Registration, fault.Problems) {
	r := registrations.Get().(*Registration)
	ps := form().decode(reflect.ValueOf(r).Elem(), values, nil)
	return r, ps
}

var registrations = sync.Pool{New: func() any { return new(Registration) }}

// Recycle gives a form back that nobody uses any more, so that [Decode] makes the next one of it. Nothing must be done with it afterwards. It is for runs over
// many rows; nobody else needs it.
func Recycle(r *Registration) {
	if r != nil {
		*r = Registration{}
		registrations.Put(r)
	}
}

// Merge replaces the fields of one step in a draft by what that step's page sent, and keeps all others. A field that the page did not send is
// empty afterwards: an unticked box sends nothing. Fields of other steps are ignored. The draft itself is not changed.
func Merge(draft *Registration, step Step, values map[string][]string) (*Registration, fault.Problems) {
	merged := *draft
	if len(values) > MaxFields {
		var ps fault.Problems
		ps.Add("", "problem.too_many_fields", MaxFields)
		return &merged, ps
	}
	pl := form()
	here := slices.IndexFunc(steps, func(s Step) bool { return s.Name == step.Name })
	root := reflect.ValueOf(&merged).Elem()
	for _, l := range pl.leaves {
		if l.list == nil && l.step == here {
			root.FieldByIndex(l.index).SetZero()
		}
	}
	for _, l := range pl.lists {
		if l.step == here {
			root.FieldByIndex(l.index).SetZero()
		}
	}
	ps := pl.decode(root, values, func(step int) bool { return step == here })
	return &merged, ps
}

// Values returns the fields that hold something by their form names, to draw the form again.
func (r *Registration) Values() map[string]string { return form().values(reflect.ValueOf(r).Elem()) }

// Sets returns the ticks of the check-box sets by their form names ("project.channels").
func (r *Registration) Sets() map[string][]string { return form().sets(reflect.ValueOf(r).Elem()) }

// Rows returns how many rows each list has, blank ones included, by the list's name.
func (r *Registration) Rows() map[string]int {
	m := map[string]int{}
	for _, l := range form().lists {
		if n := reflect.ValueOf(r).Elem().FieldByIndex(l.index).Len(); n > 0 {
			m[l.path] = n
		}
	}
	return m
}

// RowLimits returns the most rows of each list, by its name.
func RowLimits() map[string]int {
	m := map[string]int{}
	for _, l := range form().lists {
		m[l.path] = l.max
	}
	return m
}

// MaxLength returns the most characters a field takes, 0 for a field that there is not.
func MaxLength(field string) int {
	if l := form().byPath[registry.StripIndex(field)]; l != nil {
		return l.max
	}
	return 0
}

// Lines reports whether a field takes several lines.
func Lines(field string) bool {
	l := form().byPath[registry.StripIndex(field)]
	return l != nil && l.kind == text
}

// AddRow appends a blank row to a list, such as "household.members". It reports whether there is such a list and room in it.
func (r *Registration) AddRow(list string) bool {
	l := form().byList[list]
	if l == nil {
		return false
	}
	f := reflect.ValueOf(r).Elem().FieldByIndex(l.index)
	if f.Len() >= l.max {
		return false
	}
	n := f.Len()
	rows := reflect.MakeSlice(f.Type(), n+1, n+1)
	reflect.Copy(rows, f)
	f.Set(rows)
	return true
}

// RemoveRow takes a row out of a list. It reports whether there was one.
func (r *Registration) RemoveRow(list string, index int) bool {
	l := form().byList[list]
	if l == nil {
		return false
	}
	f := reflect.ValueOf(r).Elem().FieldByIndex(l.index)
	n := f.Len()
	if index < 0 || index >= n {
		return false
	}
	if n == 1 {
		f.SetZero()
		return true
	}
	rows := reflect.MakeSlice(f.Type(), n-1, n-1)
	reflect.Copy(rows, f.Slice(0, index))
	reflect.Copy(rows.Slice(index, n-1), f.Slice(index+1, n))
	f.Set(rows)
	return true
}

// ParseRow reads the value of a row button: "household.members[2]" is the list "household.members" and 2.
func ParseRow(s string) (list string, index int, ok bool) {
	list, rest, found := strings.Cut(s, "[")
	num, closed := strings.CutSuffix(rest, "]")
	if !found || !closed || len(num) > 4 || form().byList[list] == nil {
		return "", 0, false
	}
	n, err := strconv.ParseUint(num, 10, 16)
	if err != nil {
		return "", 0, false
	}
	return list, int(n), true
}
