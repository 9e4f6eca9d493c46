// Package planfile reads and writes the JSON files in which the planner speaks with other tools: strictly, with messages that say what is wrong and where.
// They are keys with arguments, a [Fault]: this package speaks no language.
//
// [Scanner] reads JSON from memory without building a tree; [Decode] uses it to hold a file to the type that it is to become.
package planfile

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// MaxBytes is the largest file that is read.
const MaxBytes = 256 << 20

// Decode reads one JSON object of the format named into v, a pointer to a struct. Unknown keys, keys that are there twice, anything behind the object, a wrong
// "format" and every value of a wrong type are refused, with line, column and path. Whole numbers may be written as 12.0. What is wrong is told by a [Fault].
func Decode(data []byte, format string, v any) error {
	if len(data) > MaxBytes {
		return At("", "planfile.bytes", len(data), MaxBytes)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(data)) == 0 {
		return At("", "planfile.empty")
	}
	var head struct {
		Format *string `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err == nil { // another kind of file has other keys, which are not what is wrong with it
		switch {
		case head.Format == nil:
			return At("format", "planfile.format_missing", format)
		case *head.Format != format:
			return At("format", "planfile.format_other", *head.Format, format)
		}
	}
	c := &checker{Scanner: Scanner{Data: data}}
	if err := c.value(reflect.TypeOf(v).Elem(), 0); err != nil {
		return err
	}
	if c.Next() != 0 {
		return c.Fail("planfile.behind")
	}
	if err := json.Unmarshal(c.edited(), v); err != nil {
		return At("", "planfile.json", err)
	}
	return nil
}

// Encode writes v as indented JSON that ends with a newline. The same value gives the same bytes.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
