package registry

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// Value is one leaf of a record: its path (the form name, such as "household.members[2].name"), the permission class of the value, and the
// value as text: codes and numbers as stored, dates as YYYY-MM-DD, booleans as "yes" or "no", "" for none.
type Value struct {
	Path  string
	Class string
	Text  string
}

// Change is one difference between two records. An added or removed leaf has "" on the other side.
type Change struct {
	Path  string `json:"p"`
	Class string `json:"c"`
	Old   string `json:"o,omitempty"`
	New   string `json:"n,omitempty"`
}

// Values returns every leaf of the record that holds something, in the order of the form.
func (r *Record) Values() []Value {
	out := make([]Value, 0, 96)
	recordPlan().walk(reflect.ValueOf(r).Elem(), "", func(v Value) { out = append(out, v) })
	return out
}

// AppendNew appends what [Diff] says of a record before which there was none.
func AppendNew(out []Change, r *Record) []Change {
	recordPlan().walk(reflect.ValueOf(r).Elem(), "", func(v Value) { out = append(out, Change{Path: v.Path, Class: v.Class, New: v.Text}) })
	return out
}

// Diff returns what differs between two records, in the order of the form: first leaves of the new record, then those that vanished.
func Diff(old, new *Record) []Change {
	before := old.Values()
	if len(before) == 0 { // all is new
		return AppendNew(make([]Change, 0, 96), new)
	}
	at := make(map[string]int, len(before))
	for i, v := range before {
		at[v.Path] = i
	}
	var out []Change
	for _, v := range new.Values() {
		i, ok := at[v.Path]
		if !ok {
			out = append(out, Change{Path: v.Path, Class: v.Class, New: v.Text})
			continue
		}
		if before[i].Text != v.Text {
			out = append(out, Change{Path: v.Path, Class: v.Class, Old: before[i].Text, New: v.Text})
		}
		before[i].Path = ""
	}
	for _, v := range before {
		if v.Path != "" {
			out = append(out, Change{Path: v.Path, Class: v.Class, Old: v.Text})
		}
	}
	return out
}

// ClassOf returns the permission class of a form path, with or without indexes; "" if the record has no such leaf.
func ClassOf(path string) string { return classes()[StripIndex(path)] }

// Paths returns every leaf path of a record with [] for indexes taken out, such as "household.members.name", and its class.
func Paths() map[string]string { return classes() }

// StripIndex takes the indexes out of a form path: "household.members[2].name" → "household.members.name".
func StripIndex(path string) string {
	if !strings.Contains(path, "[") {
		return path
	}
	var b strings.Builder
	for len(path) > 0 {
		i := strings.IndexByte(path, '[')
		if i < 0 {
			break
		}
		b.WriteString(path[:i])
		j := strings.IndexByte(path[i:], ']')
		if j < 0 {
			return b.String()
		}
		path = path[i+j+1:]
	}
	b.WriteString(path)
	return b.String()
}

var classes = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, 128)
	var visit func(t reflect.Type, path, class string)
	visit = func(t reflect.Type, path, class string) {
		switch {
		case isStringer(t):
			m[path] = class
		case t.Kind() == reflect.Struct:
			for _, f := range fieldsOf(t) {
				visit(t.Field(f.index).Type, join(path, f.name), f.class)
			}
		case t.Kind() == reflect.Slice:
			visit(t.Elem(), path, class)
		default:
			m[path] = class
		}
	}
	visit(reflect.TypeFor[Record](), "", "")
	return m
})

type field struct {
	index int
	name  string
	class string
}

var fieldCache sync.Map // reflect.Type → []field

func fieldsOf(t reflect.Type) []field {
	if v, ok := fieldCache.Load(t); ok {
		return v.([]field)
	}
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		class := f.Tag.Get("class")
		if name == "" || name == "-" || class == "-" {
			continue
		}
		out = append(out, field{i, name, class})
	}
	fieldCache.Store(t, out)
	return out
}

func isStringer(t reflect.Type) bool { return t.Implements(stringerType) }

var stringerType = reflect.TypeFor[fmt.Stringer]()

// planNode is a type inside a record with its paths put together once: a save compares two records of some 90 leaves.
type planNode struct {
	path, class string
	stringer    bool
	kind        reflect.Kind
	fields      []planNode // of a struct, with their paths below it
	index       int        // in the struct that it is a field of
	elem        *planNode  // of a slice; its paths begin behind the row's
	rows        []planNode // of a slice: the first rows with their whole paths
}

// plannedRows is how many rows of a list have their paths put together beforehand; few families have more.
const plannedRows = 6

var recordPlan = sync.OnceValue(func() *planNode {
	n := planOf(reflect.TypeFor[Record](), "", "")
	return &n
})

func planOf(t reflect.Type, path, class string) planNode {
	n := planNode{path: path, class: class, stringer: isStringer(t), kind: t.Kind()}
	switch {
	case n.stringer:
	case n.kind == reflect.Struct:
		for _, f := range fieldsOf(t) {
			child := planOf(t.Field(f.index).Type, join(path, f.name), f.class)
			child.index = f.index
			n.fields = append(n.fields, child)
		}
	case n.kind == reflect.Slice:
		elem := planOf(t.Elem(), "", class)
		n.elem = &elem
		if path != "" {
			for i := range plannedRows {
				n.rows = append(n.rows, planOf(t.Elem(), path+"["+strconv.Itoa(i)+"]", class))
			}
		}
	}
	return n
}

// walk calls leaf for each leaf of a value that holds something; prefix is the row that it lies in.
func (n *planNode) walk(v reflect.Value, prefix string, leaf func(Value)) {
	if n.stringer {
		if !v.IsZero() {
			leaf(Value{n.at(prefix), n.class, v.Interface().(fmt.Stringer).String()})
		}
		return
	}
	switch n.kind {
	case reflect.Struct:
		for i := range n.fields {
			f := &n.fields[i]
			f.walk(v.Field(f.index), prefix, leaf)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if prefix == "" && i < len(n.rows) {
				n.rows[i].walk(v.Index(i), "", leaf)
				continue
			}
			n.elem.walk(v.Index(i), n.at(prefix)+"["+strconv.Itoa(i)+"]", leaf)
		}
	case reflect.String:
		if s := v.String(); s != "" {
			leaf(Value{n.at(prefix), n.class, s})
		}
	case reflect.Int, reflect.Int64:
		if i := v.Int(); i != 0 {
			leaf(Value{n.at(prefix), n.class, strconv.FormatInt(i, 10)})
		}
	case reflect.Bool:
		if v.Bool() {
			leaf(Value{n.at(prefix), n.class, "yes"})
		}
	default:
		panic(fmt.Sprintf("registry: record leaf %s has kind %s", n.at(prefix), n.kind))
	}
}

func (n *planNode) at(prefix string) string {
	switch {
	case prefix == "":
		return n.path
	case n.path == "":
		return prefix
	}
	return prefix + "." + n.path
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
