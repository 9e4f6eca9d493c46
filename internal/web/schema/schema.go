// Package schema describes Go types as JSON Schema (draft 2020-12, the dialect of OpenAPI 3.1) and holds JSON values to such a description.
//
// # Design
//
// A [Set] collects the schemas of named struct types under their names, as components of one document. The same schema that is published is what a
// request's body is checked against ([Set.Check]), and what tests hold the answers to, so that the document cannot say something else than the program does.
//
// A field's JSON name, and whether it may be missing ("omitempty"), come from the json tag. Further tags: doc (a description in English), ar (a title in
// Arabic), enum ("a|b"), format, example. Of package intake's validate tag are read: required, max, and code, the reference list that a text belongs to.
//
// # Limits
//
// Of the vocabulary only what [Set.Of] writes is known: $ref, type, properties, required, additionalProperties, items, enum, maxLength, maxItems, minimum
// and description. A test holds that a schema has nothing else.
package schema

import (
	"encoding/json"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Schema is one JSON Schema, ready to be encoded.
type Schema = map[string]any

// Prefix is what a reference to a component begins with.
const Prefix = "#/components/schemas/"

// Set is the schemas of one document. Name gives a type its name there; the type's own when nil. The zero value is not ready: use [New].
type Set struct {
	Defs map[string]Schema
	name func(reflect.Type) string
	done map[reflect.Type]string
}

// New returns an empty set.
func New(name func(reflect.Type) string) *Set {
	return &Set{Defs: map[string]Schema{}, name: name, done: map[reflect.Type]string{}}
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)

// Of returns the schema of a type. closed: objects take no property that is not named, as a request's body must not; a type that was described before stays
// as it was, so describe requests first.
func (s *Set) Of(t reflect.Type, closed bool) Schema {
	switch {
	case t == timeType:
		return Schema{"type": "string", "format": "date-time"}
	case t == rawType:
		return Schema{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.Of(t.Elem(), closed)
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint32, reflect.Uint64:
		return Schema{"type": "integer"}
	case reflect.Float64:
		return Schema{"type": "number"}
	case reflect.Slice:
		return Schema{"type": "array", "items": s.Of(t.Elem(), closed)}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": s.Of(t.Elem(), closed)}
	case reflect.Struct:
		return s.object(t, closed)
	}
	panic("schema: no description of " + t.String())
}

func (s *Set) object(t reflect.Type, closed bool) Schema {
	if name, ok := s.done[t]; ok {
		return Schema{"$ref": Prefix + name}
	}
	name := t.Name()
	if s.name != nil {
		name = s.name(t)
	}
	if _, taken := s.Defs[name]; taken {
		panic("schema: two types are named " + name)
	}
	s.done[t] = name
	def := Schema{"type": "object"}
	s.Defs[name] = def // before its fields: a type may hold itself
	props := map[string]any{}
	required := []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		key, rest, _ := strings.Cut(tag, ",")
		if key == "-" || !f.IsExported() {
			continue
		}
		if key == "" {
			panic("schema: " + t.String() + "." + f.Name + " has no JSON name")
		}
		p := s.Of(f.Type, closed)
		must := describe(p, f.Tag)
		props[key] = p
		if must || !strings.Contains(rest, "omit") {
			required = append(required, key)
		}
	}
	def["properties"] = props
	if len(required) > 0 {
		sort.Strings(required)
		def["required"] = required
	}
	if closed {
		def["additionalProperties"] = false
	}
	return Schema{"$ref": Prefix + name}
}

// describe adds what the tags of a field say to its schema, and reports whether they require it.
func describe(p Schema, tag reflect.StructTag) (required bool) {
	words := tag.Get("doc")
	for rule := range strings.SplitSeq(tag.Get("validate"), ",") {
		key, value, _ := strings.Cut(rule, "=")
		switch key {
		case "required":
			required = true
		case "max":
			n, err := strconv.Atoi(value)
			if err != nil {
				continue
			}
			if p["type"] == "array" && p["maxItems"] == nil {
				p["maxItems"] = n
			} else if p["type"] == "array" {
				p["items"].(Schema)["maxLength"] = n
			} else {
				p["maxLength"] = n
			}
		case "code":
			words = strings.TrimSpace(words + " A code of the reference list " + value + ".")
		}
	}
	if words != "" {
		p["description"] = words
	}
	for from, to := range map[string]string{"ar": "title", "format": "format"} {
		if v := tag.Get(from); v != "" {
			p[to] = v
		}
	}
	if v := tag.Get("enum"); v != "" {
		values := []any{}
		for x := range strings.SplitSeq(v, "|") {
			values = append(values, x)
		}
		if p["type"] == "array" {
			p["items"].(Schema)["enum"] = values
		} else {
			p["enum"] = values
		}
	}
	if v := tag.Get("example"); v != "" {
		var ex any = v
		if p["type"] == "integer" {
			ex, _ = strconv.ParseInt(v, 10, 64)
		}
		p["examples"] = []any{ex}
	}
	return required
}

// Fault is where a value does not keep to its schema. Path is written as a form's field, such as "form.household.members[2].name".
type Fault struct {
	Path string
	Rule string // "unknown", "required", "type", "enum", "long", "many", "low", "high"
	Arg  any    // the type, the limit
}

// Check holds a value, as encoding/json decodes it with UseNumber, to a schema. At most 50 faults are told, in the order of the paths.
func (s *Set) Check(schema Schema, v any) []Fault {
	var out []Fault
	s.check(schema, v, "", &out)
	slices.SortStableFunc(out, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	return out[:min(len(out), 50)]
}

func (s *Set) check(schema Schema, v any, path string, out *[]Fault) {
	if len(*out) > 200 {
		return
	}
	add := func(path, rule string, arg any) { *out = append(*out, Fault{path, rule, arg}) }
	if ref, ok := schema["$ref"].(string); ok {
		s.check(s.Defs[strings.TrimPrefix(ref, Prefix)], v, path, out)
		return
	}
	typ, _ := schema["type"].(string)
	if !hasType(typ, v) {
		add(path, "type", typ)
		return
	}
	if list, ok := schema["enum"].([]any); ok && !slices.Contains(list, v) {
		add(path, "enum", nil)
	}
	switch v := v.(type) {
	case string:
		if n, ok := schema["maxLength"].(int); ok && utf8.RuneCountInString(v) > n {
			add(path, "long", n)
		}
	case json.Number:
		n, err := v.Int64()
		if low, ok := schema["minimum"].(int); ok && (err != nil || n < int64(low)) {
			add(path, "low", low)
		}
		if high, ok := schema["maximum"].(int); ok && (err != nil || n > int64(high)) {
			add(path, "high", high)
		}
	case []any:
		if n, ok := schema["maxItems"].(int); ok && len(v) > n {
			add(path, "many", n)
			return
		}
		items, _ := schema["items"].(Schema)
		for i, x := range v {
			s.check(items, x, path+"["+strconv.Itoa(i)+"]", out)
		}
	case map[string]any:
		props, _ := schema["properties"].(map[string]any)
		for key, x := range v {
			if p, ok := props[key].(Schema); ok {
				s.check(p, x, join(path, key), out)
				continue
			}
			switch more := schema["additionalProperties"].(type) {
			case bool:
				add(join(path, clip(key)), "unknown", nil)
			case Schema:
				s.check(more, x, join(path, clip(key)), out)
			}
		}
		for _, key := range required(schema) {
			if _, ok := v[key]; !ok {
				add(join(path, key), "required", nil)
			}
		}
	}
}

func required(schema Schema) []string {
	list, _ := schema["required"].([]string)
	return list
}

// hasType reports whether a decoded value is of a schema's type. null is of none: what is not known is left out.
func hasType(typ string, v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return typ == "string" || typ == ""
	case bool:
		return typ == "boolean" || typ == ""
	case json.Number:
		if typ == "integer" {
			_, err := v.Int64()
			return err == nil
		}
		return typ == "number" || typ == ""
	case []any:
		return typ == "array" || typ == ""
	case map[string]any:
		return typ == "object" || typ == ""
	}
	return false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// clip keeps a name that somebody else chose short enough to be said back.
func clip(key string) string {
	if r := []rune(key); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return key
}
