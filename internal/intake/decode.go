package intake

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// plan is the table of an input struct's fields, made once from its type.
type plan struct {
	leaves []*leaf
	lists  []*list
	byPath map[string]*leaf // without indexes
	byList map[string]*list
}

// leaf is one field that a form sends.
type leaf struct {
	path  string // without indexes
	list  *list  // nil: not in a repeatable row
	index []int  // of reflect.Value.FieldByIndex, from the input or from the row
	// offset is where the field stands in the input or in the row: to find it by index takes longer than to clean it, and a form has 130 of them, most empty.
	offset uintptr
	order  int
	kind   kind
	multi  bool // a set of check boxes: the field is sent once for each tick
	step   int  // of steps; Registration only
	rules
}

// rules are what a tag says of a field's shape.
type rules struct {
	max      int // characters, or rows of a list
	required bool
	code     map[place.Country]map[string]bool // the values it takes
	format   string                            // what else the validator is asked
}

// list is one group of repeatable rows.
type list struct {
	path   string
	index  []int
	slot   int // in plan.lists
	order  int // of its first leaf
	max    int // rows
	leaves []*leaf
	step   int
}

type kind uint8

const (
	line   kind = iota
	text        // several lines
	secret      // never cleaned: a password is what was typed
)

// planOf makes the table of an input struct. A wrong tag is a mistake of ours and panics at the first use.
func planOf(t reflect.Type) *plan {
	pl := &plan{byPath: map[string]*leaf{}, byList: map[string]*list{}}
	pl.add(t, "", nil, 0, nil)
	return pl
}

func (pl *plan) add(t reflect.Type, prefix string, index []int, offset uintptr, in *list) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		path := prefix + name
		at := append(slices.Clone(index), i)
		switch {
		case f.Type.Kind() == reflect.Struct:
			pl.add(f.Type, path+".", at, offset+f.Offset, in)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			l := &list{path: path, index: at, slot: len(pl.lists), order: len(pl.leaves), max: rulesOf(path, f.Tag).max}
			pl.lists = append(pl.lists, l)
			pl.byList[path] = l
			pl.add(f.Type.Elem(), path+".", nil, 0, l)
		default:
			l := &leaf{path: path, list: in, index: at, offset: offset + f.Offset, order: len(pl.leaves), rules: rulesOf(path, f.Tag)}
			switch f.Type.Kind() {
			case reflect.String:
			case reflect.Slice: // of strings: of each tick; no code is longer
				l.multi, l.max = true, 40
			default:
				panic(fmt.Sprintf("intake: %s is a %s; inputs hold texts only", path, f.Type))
			}
			switch f.Tag.Get("in") {
			case "text":
				l.kind = text
			case "secret":
				l.kind = secret
			}
			pl.leaves = append(pl.leaves, l)
			pl.byPath[path] = l
			if in != nil {
				in.leaves = append(in.leaves, l)
			}
		}
	}
}

// rulesOf reads a validate tag. It is in the validator's own language, so that a new format is a word in a tag; length, code list and
// presence are checked here, in the pass that cleans: with the validator walking over it too, that pass took 60 µs and 232 allocations for a
// whole registration, without it 12 µs and 27 (BenchmarkShape).
func rulesOf(path string, tag reflect.StructTag) rules {
	var r rules
	for part := range strings.SplitSeq(tag.Get("validate"), ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "max":
			n, err := strconv.Atoi(value)
			if err != nil {
				panic("intake: " + path + ": " + err.Error())
			}
			if r.max == 0 { // a list's own max comes before that of what it holds
				r.max = n
			}
		case "code":
			r.code = map[place.Country]map[string]bool{}
			for _, party := range place.Countries() {
				if r.code[party] = choices()[party][value]; r.code[party] == nil {
					panic("intake: " + path + ": no code list " + value)
				}
			}
		case "required":
			r.required = true
		case "omitempty", "dive":
		default:
			if r.format = part; formatProblems[part] == "" {
				panic("intake: " + path + ": no message for the format " + part)
			}
		}
	}
	if r.max == 0 {
		panic("intake: " + path + " has no max")
	}
	return r
}

// formatProblems are the message keys of the validator's formats.
var formatProblems = map[string]string{"email": "problem.email"}

// field is the form name of the leaf, in a row if it is a list's.
func (l *leaf) field(row int) string {
	if l.list == nil {
		return l.path
	}
	return at(l.list.path, row, l.name())
}

// in is the field of a leaf that is one text, in the input or row that begins at base.
func (l *leaf) in(base unsafe.Pointer) *string { return (*string)(unsafe.Add(base, l.offset)) }

// name is the leaf's name inside its row.
func (l *leaf) name() string { return l.path[len(l.list.path)+1:] }

func at(list string, row int, name string) string {
	b := make([]byte, 0, len(list)+len(name)+6)
	b = append(append(b, list...), '[')
	b = append(strconv.AppendInt(b, int64(row), 10), ']', '.')
	return string(append(b, name...))
}

// lookup finds the leaf of a form name, and the index in it or -1. An index is canonical ASCII below 10,000.
func (pl *plan) lookup(name string) (*leaf, int) {
	i := strings.IndexByte(name, '[')
	if i < 0 {
		if l := pl.byPath[name]; l != nil && l.list == nil {
			return l, -1
		}
		return nil, -1
	}
	j := strings.IndexByte(name, ']')
	if len(name) > 64 || j < i+2 || j > i+5 {
		return nil, -1
	}
	n := 0
	for _, c := range []byte(name[i+1 : j]) {
		if c < '0' || c > '9' {
			return nil, -1
		}
		n = n*10 + int(c-'0')
	}
	if name[i+1] == '0' && j > i+2 {
		return nil, -1
	}
	var buf [64]byte
	path := append(append(buf[:0], name[:i]...), name[j+1:]...)
	l := pl.byPath[string(path)]
	switch {
	case l == nil:
		return nil, -1
	case l.multi && l.list == nil:
		return l, n
	case l.list == nil || len(l.list.path) != i:
		return nil, -1
	}
	return l, n
}

// position is where a field stands in the form: by group, row and leaf. The whole form comes first, an unknown field last.
func (pl *plan) position(field string) [3]int {
	if field == "" {
		return [3]int{-1}
	}
	if l, ok := pl.byList[field]; ok {
		return [3]int{l.order, -1}
	}
	l, n := pl.lookup(field)
	switch {
	case l == nil:
		return [3]int{len(pl.leaves)}
	case l.list == nil:
		return [3]int{l.order, n, l.order}
	}
	return [3]int{l.list.order, n, l.order}
}

// decode reads form values into the struct that root holds. Only the leaves that want accepts (nil: all) are touched.
func (pl *plan) decode(root reflect.Value, values map[string][]string, want func(step int) bool) fault.Problems {
	var ps fault.Problems
	if len(values) > MaxFields {
		ps.Add("", "problem.too_many_fields", MaxFields)
		return ps
	}
	work := decodings.Get().(*decoding)
	defer work.drop()
	rows := slices.Grow(work.rows[:0], len(pl.lists))[:len(pl.lists)]
	for i := range rows {
		rows[i] = rows[i][:0]
	}
	inRows, ticks := work.inRows[:0], work.ticks[:0]
	defer func() { work.rows, work.inRows, work.ticks = rows, inRows, ticks }()
	base := root.Addr().UnsafePointer()
	for name, v := range values {
		l, n := pl.lookup(name)
		if l == nil || len(v) == 0 || want != nil && !want(l.step) {
			continue
		}
		switch {
		case l.multi:
			ticks = append(ticks, sent{l, n, v})
		case l.list != nil:
			s := rows[l.list.slot]
			if i, found := slices.BinarySearch(s, n); !found {
				rows[l.list.slot] = slices.Insert(s, i, n)
			}
			inRows = append(inRows, sent{l, n, v})
		default:
			*l.in(base) = l.take(0, v, &ps)
		}
	}
	for i, l := range pl.lists {
		n := len(rows[i])
		if n == 0 {
			continue
		}
		if n > l.max {
			ps.Add(l.path, "problem.too_many_rows", l.max)
			n = l.max
			rows[i] = rows[i][:n]
		}
		f := root.FieldByIndex(l.index)
		f.Set(reflect.MakeSlice(f.Type(), n, n))
	}
	for _, s := range inRows {
		row, found := slices.BinarySearch(rows[s.leaf.list.slot], s.row)
		if !found {
			continue // past the most rows
		}
		v := s.leaf.take(row, s.values, &ps)
		*s.leaf.in(root.FieldByIndex(s.leaf.list.index).Index(row).Addr().UnsafePointer()) = v
	}
	slices.SortFunc(ticks, func(a, b sent) int { return a.row - b.row }) // by index; the plain name, -1, first
	for _, s := range ticks {
		f := root.FieldByIndex(s.leaf.index)
		set := f.Interface().([]string)
		for _, v := range s.values {
			v = s.leaf.clean(0, v, &ps)
			if v == "" || slices.Contains(set, v) {
				continue
			}
			if len(set) == maxTicks {
				ps.Add(s.leaf.path, "problem.too_many_rows", maxTicks)
				break
			}
			set = append(set, v)
		}
		f.Set(reflect.ValueOf(set))
	}
	return pl.sortProblems(ps)
}

// decoding is what decode notes on its way; it is used again.
type decoding struct {
	rows          [][]int // of each list: the indexes that were sent, in order
	inRows, ticks []sent
}

// sent is what a form sends of a leaf.
type sent struct {
	leaf   *leaf
	row    int
	values []string
}

var decodings = sync.Pool{New: func() any { return new(decoding) }}

func (d *decoding) drop() {
	clear(d.inRows[:cap(d.inRows)]) // the texts are somebody's
	clear(d.ticks[:cap(d.ticks)])
	decodings.Put(d)
}

const maxTicks = 60 // no set has more boxes; the areas of a user are the most

// take reads a field that a form sends once.
func (l *leaf) take(row int, values []string, ps *fault.Problems) string {
	if len(values) > 1 {
		ps.Add(l.field(row), "problem.repeated")
	}
	return l.clean(row, values[0], ps)
}

// clean returns what is kept of a typed value, and says what is wrong with its characters.
func (l *leaf) clean(row int, s string, ps *fault.Problems) string {
	if arabic.IsClean(s) && (len(s) <= l.max || utf8.RuneCountInString(s) <= l.max) { // as most are
		return s
	}
	long := false
	if most := l.max*utf8.UTFMax + 64; len(s) > most { // do not normalise a megabyte to throw it away
		for most > 0 && !utf8.RuneStart(s[most]) {
			most--
		}
		s, long = s[:most], true
	}
	if !utf8.ValidString(s) {
		ps.Add(l.field(row), "problem.encoding")
	}
	if control(s) {
		ps.Add(l.field(row), "problem.control")
	}
	s = l.tidy(s)
	if len(s) > l.max && utf8.RuneCountInString(s) > l.max {
		n := 0
		for i := range s {
			if n == l.max {
				s, long = l.tidy(s[:i]), true // a space may end it now
				break
			}
			n++
		}
	}
	if long {
		ps.Add(l.field(row), "problem.too_long", l.max)
	}
	return s
}

func (l *leaf) tidy(s string) string {
	switch l.kind {
	case text:
		return arabic.CleanText(s)
	case secret:
		return s
	}
	return arabic.Clean(s)
}

// control reports whether s holds a control character that no keyboard types into a form. Line breaks and tabs are typed; direction marks and
// the like, which phones paste unasked, are cleaned away in silence.
func control(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7F {
			return true
		}
		if c == 0xC2 && i+1 < len(s) && s[i+1] >= 0x80 && s[i+1] < 0xA0 && s[i+1] != 0x85 { // U+0080 to U+009F but the line break
			return true
		}
	}
	return false
}

// shape cleans every leaf of the struct in place, for inputs that did not come through Decode, cuts lists to their most rows and sets to their most
// ticks, and returns what is wrong with the shape of the party's form. The rows are copied: the caller's stay as they are.
func (pl *plan) shape(root reflect.Value, party place.Country) fault.Problems {
	var ps fault.Problems
	for _, l := range pl.lists {
		f := root.FieldByIndex(l.index)
		if f.Len() > l.max {
			ps.Add(l.path, "problem.too_many_rows", l.max)
		}
		n := min(f.Len(), l.max)
		if n == 0 {
			f.SetZero()
			continue
		}
		rows := reflect.MakeSlice(f.Type(), n, n)
		reflect.Copy(rows, f)
		f.Set(rows)
		for i := range n {
			base := rows.Index(i).Addr().UnsafePointer()
			for _, x := range l.leaves {
				x.shape(base, i, party, &ps)
			}
		}
	}
	base := root.Addr().UnsafePointer()
	for _, l := range pl.leaves {
		if l.list == nil {
			l.shape(base, 0, party, &ps)
		}
	}
	return ps
}

// shape cleans one leaf, in place, and checks it by its rules. The input or the row begins at base.
func (l *leaf) shape(base unsafe.Pointer, row int, party place.Country, ps *fault.Problems) {
	if l.multi {
		ticks := (*[]string)(unsafe.Add(base, l.offset))
		var set []string
		for _, s := range *ticks {
			s = l.tidy(s)
			if s == "" || slices.Contains(set, s) {
				continue
			}
			if len(set) == maxTicks {
				ps.Add(l.path, "problem.too_many_rows", maxTicks)
				break
			}
			set = append(set, s)
			l.rules.check(l, row, s, party, ps)
		}
		if l.required && len(set) == 0 {
			ps.Add(l.path, "problem.required")
		}
		*ticks = set
		return
	}
	at := l.in(base)
	s := *at
	if !arabic.IsClean(s) {
		s = l.tidy(s)
		*at = s
	}
	if s != "" {
		l.rules.check(l, row, s, party, ps)
	} else if l.required {
		ps.Add(l.field(row), "problem.required")
	}
}

// check says the first thing that is wrong with a value.
func (r *rules) check(l *leaf, row int, s string, party place.Country, ps *fault.Problems) {
	switch {
	case len(s) > r.max && utf8.RuneCountInString(s) > r.max:
		ps.Add(l.field(row), "problem.too_long", r.max)
	case r.code != nil && !r.code[party][s]:
		ps.Add(l.field(row), "problem.choice")
	case r.format != "":
		if err := validate().Var(s, r.format); err != nil {
			ps.Add(l.field(row), formatProblems[r.format])
		}
	}
}

// values puts every field that holds something into m, by its form name.
func (pl *plan) values(root reflect.Value) map[string]string {
	m := make(map[string]string, 128)
	for _, l := range pl.leaves {
		switch {
		case l.list != nil:
		case l.multi:
			for i, s := range root.FieldByIndex(l.index).Interface().([]string) {
				m[l.path+"["+strconv.Itoa(i)+"]"] = s
			}
		case l.kind == secret: // never drawn again
		default:
			if s := root.FieldByIndex(l.index).String(); s != "" {
				m[l.path] = s
			}
		}
	}
	for _, l := range pl.lists {
		f := root.FieldByIndex(l.index)
		for i := range f.Len() {
			for _, x := range l.leaves {
				if s := f.Index(i).FieldByIndex(x.index).String(); s != "" {
					m[at(l.path, i, x.name())] = s
				}
			}
		}
	}
	return m
}

// sets returns the ticks of every set of check boxes, by form name.
func (pl *plan) sets(root reflect.Value) map[string][]string {
	m := map[string][]string{}
	for _, l := range pl.leaves {
		if l.multi {
			if set := root.FieldByIndex(l.index).Interface().([]string); len(set) > 0 {
				m[l.path] = slices.Clone(set)
			}
		}
	}
	return m
}

// planFor returns the plan of an input type, made at the first use.
func planFor[T any]() *plan {
	t := reflect.TypeFor[T]()
	if pl, ok := plans.Load(t); ok {
		return pl.(*plan)
	}
	pl, _ := plans.LoadOrStore(t, planOf(t))
	return pl.(*plan)
}

var plans sync.Map // reflect.Type → *plan

// decodeInto is Decode of the small inputs.
func decodeInto[T any](values map[string][]string) (*T, fault.Problems) {
	in := new(T)
	ps := planFor[T]().decode(reflect.ValueOf(in).Elem(), values, nil)
	return in, ps
}

// valuesOf is Values of the small inputs.
func valuesOf[T any](in *T) map[string]string { return planFor[T]().values(reflect.ValueOf(in).Elem()) }
