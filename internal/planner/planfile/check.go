package planfile

import (
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// checker walks a file beside the type that it is to become, before encoding/json reads it: that package takes a key twice, a key in other capitals and a list
// that is too long for its array in silence, and does not say where in a list something is wrong.
type checker struct {
	Scanner
	edits []edit
}

// edit writes a whole number that stands as 12.0 or 1.2e1 as encoding/json takes it.
type edit struct {
	from, to int
	text     string
}

// mostNested is how deep values may be nested.
const mostNested = 64

var (
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonType = reflect.TypeFor[json.Unmarshaler]()
	keysOf   sync.Map // of a struct type, map[string]reflect.Type
)

// keys returns the keys that an object of a type may have.
func keys(t reflect.Type) map[string]reflect.Type {
	if got, ok := keysOf.Load(t); ok {
		return got.(map[string]reflect.Type)
	}
	out := map[string]reflect.Type{}
	for k := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(k).Tag.Get("json"), ","); name != "-" && name != "" {
			out[name] = t.Field(k).Type
		}
	}
	keysOf.Store(t, out)
	return out
}

// value checks the value at hand.
func (c *checker) value(t reflect.Type, depth int) error {
	if depth > mostNested {
		return c.Fail("planfile.nested", mostNested)
	}
	first := c.Next()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if p := reflect.PointerTo(t); p.Implements(jsonType) || p.Implements(textType) {
		start := c.At
		if err := c.Skip(depth); err != nil {
			return err
		}
		if err := json.Unmarshal(c.Data[start:c.At], reflect.New(t).Interface()); err != nil {
			return c.FailAt(start, "planfile.value", c.Data[start:c.At], err)
		}
		return nil
	}
	switch kind := t.Kind(); kind {
	case reflect.Struct:
		known, seen := keys(t), map[string]bool{}
		return c.Object(func(key []byte) error {
			field, ok := known[string(key)]
			switch {
			case !ok:
				return c.Fail("planfile.no_key", key)
			case seen[string(key)]:
				return c.Fail("planfile.key_twice")
			}
			seen[string(key)] = true
			return c.value(field, depth+1)
		})
	case reflect.Map:
		if first == 'n' {
			return c.Skip(depth)
		}
		seen := map[string]bool{}
		return c.Object(func(key []byte) error {
			if seen[string(key)] {
				return c.Fail("planfile.key_twice")
			}
			seen[string(key)] = true
			return c.value(t.Elem(), depth+1)
		})
	case reflect.Slice, reflect.Array:
		if first == 'n' && kind == reflect.Slice { // no list is an empty one
			return c.Skip(depth)
		}
		n := 0
		if err := c.Array(func(int) error {
			if n++; kind == reflect.Array && n > t.Len() {
				return c.Fail("planfile.list_long", t.Len())
			}
			return c.value(t.Elem(), depth+1)
		}); err != nil {
			return err
		}
		if kind == reflect.Array && n < t.Len() {
			return c.Fail("planfile.list_short", n, t.Len())
		}
		return nil
	case reflect.String:
		_, err := c.Str()
		return err
	case reflect.Bool:
		_, err := c.Boolean()
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return c.whole(int64(math.MaxInt64) >> (64 - t.Bits()))
	}
	return c.Skip(depth)
}

// whole checks a whole number.
func (c *checker) whole(limit int64) error {
	start := c.At
	v, err := c.Integer(limit)
	if err != nil {
		return err
	}
	for _, b := range c.Data[start:c.At] {
		if b == '.' || b == 'e' || b == 'E' {
			c.edits = append(c.edits, edit{start, c.At, strconv.FormatInt(v, 10)})
			break
		}
	}
	return nil
}

// edited is the file with its edits.
func (c *checker) edited() []byte {
	if len(c.edits) == 0 {
		return c.Data
	}
	out := make([]byte, 0, len(c.Data))
	at := 0
	for _, e := range c.edits {
		out = append(append(out, c.Data[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, c.Data[at:]...)
}
