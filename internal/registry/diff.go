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
	walk(reflect.ValueOf(r).Elem(), "", "", &out)
	return out
}

// Diff returns what differs between two records, in the order of the form: first leaves of the new record, then those that vanished.
func Diff(old, new *Record) []Change {
	before := old.Values()
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

func walk(v reflect.Value, path, class string, out *[]Value) {
	if isStringer(v.Type()) {
		if !v.IsZero() {
			*out = append(*out, Value{path, class, v.Interface().(fmt.Stringer).String()})
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			walk(v.Field(f.index), join(path, f.name), f.class, out)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), path+"["+strconv.Itoa(i)+"]", class, out)
		}
	case reflect.String:
		if s := v.String(); s != "" {
			*out = append(*out, Value{path, class, s})
		}
	case reflect.Int, reflect.Int64:
		if n := v.Int(); n != 0 {
			*out = append(*out, Value{path, class, strconv.FormatInt(n, 10)})
		}
	case reflect.Bool:
		if v.Bool() {
			*out = append(*out, Value{path, class, "yes"})
		}
	default:
		panic(fmt.Sprintf("registry: record leaf %s has kind %s", path, v.Kind()))
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
