package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"muntija/internal/calendar"
	"muntija/internal/registry"
)

// codec writes and reads the JSON of documents of one type by a plan that is made once. It writes byte for byte what encoding/json writes; it reads what it
// wrote, with the keys in their order and without blanks, several times as fast, and leaves everything else to encoding/json: an export of a whole
// country spent half of its time on reading records.
//
// A plan knows structs, slices, strings, booleans, int, int64 and dates. Texts that are read are parts of the document, which is
// therefore kept as long as one of them is.
type codec[T any] struct{ root codecNode }

// The documents that there are most of.
var (
	recordCodec  = newCodec[sealedRecord]()
	changesCodec = newCodec[sealedChanges]()
)

func newCodec[T any]() *codec[T] { return &codec[T]{codecOf(reflect.TypeFor[T]())} }

// append appends the JSON of v to b.
func (c *codec[T]) append(b []byte, v *T) ([]byte, error) {
	return c.root.append(b, unsafe.Pointer(v))
}

// read reads a document into v, which must be zero. The document must not change afterwards.
func (c *codec[T]) read(doc []byte, v *T) error {
	r := codecReader{s: unsafe.String(unsafe.SliceData(doc), len(doc))}
	if c.root.read(&r, unsafe.Pointer(v)) && r.i == len(r.s) {
		return nil
	}
	*v = *new(T)
	return json.Unmarshal(doc, v)
}

// codecNode is a type inside a document. Values are reached by where they stand in memory: to ask package reflect for each takes as long as to write it.
type codecNode struct {
	kind   reflect.Kind
	date   bool
	fields []codecField
	list   reflect.Type // of a slice
	elem   *codecNode   // of a slice
}

type codecField struct {
	offset uintptr
	key    string // `"given_name":`
	omit   bool   // left out while it is empty
	node   codecNode
}

// sliceMemory is what stands in memory for a slice of any type.
type sliceMemory struct {
	data     unsafe.Pointer
	len, cap int
}

// codecOf panics over a type that it does not know: the plans are made when the program starts.
func codecOf(t reflect.Type) codecNode {
	n := codecNode{kind: t.Kind()}
	if t == reflect.TypeFor[calendar.Date]() {
		n.date = true
		return n
	}
	switch n.kind {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
	case reflect.Slice:
		elem := codecOf(t.Elem())
		n.elem, n.list = &elem, t
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || options != "" && options != "omitempty" || f.Anonymous {
				panic(fmt.Sprintf("store: a document cannot hold the field %s of %s", f.Name, t))
			}
			n.fields = append(n.fields, codecField{f.Offset, `"` + name + `":`, options != "", codecOf(f.Type)})
		}
	default:
		panic(fmt.Sprintf("store: a document cannot hold a %s", t))
	}
	return n
}

func (n *codecNode) append(b []byte, p unsafe.Pointer) (_ []byte, err error) {
	if n.date {
		b, err = (*calendar.Date)(p).AppendText(append(b, '"'))
		return append(b, '"'), err
	}
	switch n.kind {
	case reflect.String:
		return appendJSONText(b, *(*string)(p))
	case reflect.Bool:
		return strconv.AppendBool(b, *(*bool)(p)), nil
	case reflect.Int:
		return strconv.AppendInt(b, int64(*(*int)(p)), 10), nil
	case reflect.Int64:
		return strconv.AppendInt(b, *(*int64)(p), 10), nil
	case reflect.Slice:
		s := (*sliceMemory)(p)
		if s.data == nil {
			return append(b, "null"...), nil
		}
		size := n.list.Elem().Size()
		b = append(b, '[')
		for i := range s.len {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = n.elem.append(b, unsafe.Add(s.data, uintptr(i)*size)); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
	b = append(b, '{')
	first := true
	for i := range n.fields {
		f := &n.fields[i]
		x := unsafe.Add(p, f.offset)
		if f.omit && f.node.empty(x) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		if b, err = f.node.append(append(b, f.key...), x); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// empty is what "omitempty" leaves out.
func (n *codecNode) empty(p unsafe.Pointer) bool {
	switch {
	case n.date:
		return *(*calendar.Date)(p) == 0
	case n.kind == reflect.String:
		return *(*string)(p) == ""
	case n.kind == reflect.Slice:
		return (*sliceMemory)(p).len == 0
	case n.kind == reflect.Bool:
		return !*(*bool)(p)
	case n.kind == reflect.Int:
		return *(*int)(p) == 0
	case n.kind == reflect.Int64:
		return *(*int64)(p) == 0
	}
	return false
}

// appendJSONText writes a text as encoding/json does; the few with something to escape are left to it.
func appendJSONText(b []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); {
		n := plainBytes[s[i]]
		if n == 0 || n == 2 && (i+1 == len(s) || s[i+1]&0xc0 != 0x80) {
			if n == 0 && plainRest(s[i:]) {
				break
			}
			quoted, err := json.Marshal(s)
			return append(b, quoted...), err
		}
		i += int(n)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"'), nil
}

// plainBytes is how many bytes a character has that begins with this one and that encoding/json writes as it is: Latin and Arabic letters. 0: look closer.
var plainBytes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&':
			t[c] = 1
		case c >= 0xc2 && c <= 0xdf:
			t[c] = 2
		}
	}
	return t
}()

// plainRest reports whether encoding/json writes a text as it is that has characters of more than two bytes. U+2028 and U+2029 begin with E2.
func plainRest(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x80 && plainBytes[c] == 0 || c == 0xe2 {
			return false
		}
	}
	return utf8.ValidString(s)
}

// codecReader reads a document from its front. A read that returns false has found something that encoding/json is to look at.
type codecReader struct {
	s string
	i int
}

func (r *codecReader) at(c byte) bool {
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (n *codecNode) read(r *codecReader, p unsafe.Pointer) bool {
	switch {
	case n.date:
		s, ok := r.text()
		if s == "" {
			return ok
		}
		d, err := calendar.Parse(s)
		*(*calendar.Date)(p) = d
		return err == nil
	case n.kind == reflect.String:
		s, ok := r.text()
		*(*string)(p) = s
		return ok
	case n.kind == reflect.Bool:
		if strings.HasPrefix(r.s[r.i:], "true") {
			r.i += len("true")
			*(*bool)(p) = true
			return true
		}
		ok := strings.HasPrefix(r.s[r.i:], "false")
		r.i += len("false")
		return ok
	case n.kind == reflect.Int64:
		x, ok := r.number()
		*(*int64)(p) = x
		return ok
	case n.kind == reflect.Int:
		x, ok := r.number()
		*(*int)(p) = int(x)
		return ok && int64(int(x)) == x
	case n.kind == reflect.Slice:
		return n.readList(r, reflect.NewAt(n.list, p).Elem())
	}
	if !r.at('{') {
		return false
	}
	if r.at('}') {
		return true
	}
	next := 0 // keys come in the order of the fields
	for {
		for ; next < len(n.fields) && !strings.HasPrefix(r.s[r.i:], n.fields[next].key); next++ {
		}
		if next == len(n.fields) {
			return false
		}
		f := &n.fields[next]
		r.i += len(f.key)
		if !f.node.read(r, unsafe.Add(p, f.offset)) {
			return false
		}
		if next++; !r.at(',') {
			return r.at('}')
		}
	}
}

func (n *codecNode) readList(r *codecReader, v reflect.Value) bool {
	if !r.at('[') {
		return false
	}
	if r.at(']') {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return true
	}
	for k := 0; ; k++ {
		if k == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(k + 1)
		if !n.elem.read(r, v.Index(k).Addr().UnsafePointer()) {
			return false
		}
		if !r.at(',') {
			return r.at(']')
		}
	}
}

// text reads a text; one with an escape in it is read by encoding/json.
func (r *codecReader) text() (string, bool) {
	if !r.at('"') {
		return "", false
	}
	end := strings.IndexByte(r.s[r.i:], '"')
	if end < 0 {
		return "", false
	}
	if s := r.s[r.i : r.i+end]; strings.IndexByte(s, '\\') < 0 {
		r.i += end + 1
		return s, true
	}
	for j := r.i; j < len(r.s); j++ {
		switch r.s[j] {
		case '\\':
			j++
		case '"':
			var s string
			err := json.Unmarshal([]byte(r.s[r.i-1:j+1]), &s)
			r.i = j + 1
			return s, err == nil
		}
	}
	return "", false
}

// number reads a whole number as strconv writes it.
func (r *codecReader) number() (int64, bool) {
	from := r.i
	r.at('-')
	for r.i < len(r.s) && r.s[r.i]-'0' <= 9 {
		r.i++
	}
	s := r.s[from:r.i]
	x, err := strconv.ParseInt(s, 10, 64)
	return x, err == nil && strconv.FormatInt(x, 10) == s
}

// writeRecord is the document of a family.
func writeRecord(f *registry.Family) ([]byte, error) { return appendRecord(make([]byte, 0, 2048), f) }

func appendRecord(b []byte, f *registry.Family) ([]byte, error) {
	b, err := recordCodec.append(b, &sealedRecord{f.Record, f.Status.Reasons, f.Status.Note})
	if err != nil {
		return b, fmt.Errorf("writing record: %w", err)
	}
	return b, nil
}

// readRecord reads what writeRecord wrote.
func readRecord(id int64, doc []byte, r *sealedRecord) error {
	if err := recordCodec.read(doc, r); err != nil {
		return fmt.Errorf("reading record of family %d: %w", id, err)
	}
	return nil
}

// writeChanges is the document of an audit entry. It writes what changesCodec would write, without asking what a change is made of: a new family has fifty of them.
func writeChanges(e *AuditEntry) (b []byte, err error) {
	b = make([]byte, 0, 512)
	always := func(key, text string) {
		if err == nil {
			b, err = appendJSONText(append(b, key...), text)
		}
	}
	member := func(key, text string) {
		if text != "" {
			always(key, text)
		}
	}
	b = append(b, '{')
	for i := range e.Changes {
		c := &e.Changes[i]
		if i == 0 {
			b = append(b, `"c":[`...)
		} else {
			b = append(b, ',')
		}
		always(`{"p":`, c.Path)
		always(`,"c":`, c.Class)
		member(`,"o":`, c.Old)
		member(`,"n":`, c.New)
		b = append(b, '}')
	}
	switch {
	case len(e.Changes) == 0:
		member(`"n":`, e.Note)
	default:
		b = append(b, ']')
		member(`,"n":`, e.Note)
	}
	if err != nil {
		return b, fmt.Errorf("writing audit changes: %w", err)
	}
	return append(b, '}'), nil
}
