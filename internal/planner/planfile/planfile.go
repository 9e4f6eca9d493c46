// Package planfile reads and writes the JSON files in which the planner speaks with other tools: strictly, with messages that say what is wrong and where.
package planfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxBytes is the largest file that is read.
const MaxBytes = 256 << 20

// Decode reads one JSON object of the format named into v. Unknown keys, anything behind the object, a wrong "format" and every value of a wrong type are
// refused, with the line.
func Decode(data []byte, format string, v any) error {
	if len(data) > MaxBytes {
		return fmt.Errorf("the file has %d bytes; %d are taken", len(data), MaxBytes)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return explain(data, err)
	}
	if head.Format != format {
		return fmt.Errorf("format: it is %q, not %q", head.Format, format)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return explain(data, err)
	}
	return nil // what follows the object was found above
}

func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(int(max(offset, 0)), len(data))], []byte("\n"))
}

func explain(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return errors.New("the file is empty")
	case errors.As(err, &syntax) && int(syntax.Offset) >= len(bytes.TrimRight(data, " \r\n\t")) && strings.Contains(err.Error(), "end of JSON"),
		errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("line %d: the file ends in the middle: it was cut off", line(data, int64(len(data))))
	case errors.As(err, &syntax) && strings.Contains(err.Error(), "after top-level value"):
		return fmt.Errorf("line %d: something follows the end of the object", line(data, syntax.Offset))
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: this is no JSON: %w", line(data, syntax.Offset), err)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s: a %s is not taken here, a %s is", line(data, kind.Offset), kind.Field, kind.Value, kindName(kind))
	}
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "json: "))
}

func kindName(e *json.UnmarshalTypeError) string {
	switch k := e.Type.Kind().String(); {
	case strings.HasPrefix(k, "int"):
		return "whole number"
	case k == "slice":
		return "list"
	case k == "struct", k == "map":
		return "object"
	default:
		return k
	}
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
