package planfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// Scanner reads JSON strictly from memory, without building a tree: one pass, no allocation for a number or a plain string. Its errors name the line,
// the column and the path.
type Scanner struct {
	Data []byte
	At   int    // of the byte that is read next
	Path []byte // of the value there, such as .exhibitors[12].value
}

// ErrFile is the kind of every error of a file: what stands in it cannot be asked.
var ErrFile = errors.New("the problem is not well formed")

// SyntaxError is a fault of a file.
type SyntaxError struct {
	Line, Column int
	Path         string // such as exhibitors[12].value
	Text         string
}

func (e *SyntaxError) Error() string {
	where := fmt.Sprintf("line %d, column %d", e.Line, e.Column)
	if e.Path != "" {
		where += ", " + e.Path
	}
	return where + ": " + e.Text
}

// Unwrap makes it an [ErrFile].
func (e *SyntaxError) Unwrap() error { return ErrFile }

// Fail is an error at the place where the scanner stands.
func (s *Scanner) Fail(format string, args ...any) error { return s.FailAt(s.At, format, args...) }

// FailAt is an error at a byte.
func (s *Scanner) FailAt(at int, format string, args ...any) error {
	at = min(at, len(s.Data))
	before := s.Data[:at]
	line := 1 + bytes.Count(before, []byte{'\n'})
	col := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	path := string(bytes.TrimPrefix(s.Path, []byte(".")))
	return &SyntaxError{Line: line, Column: col, Path: path, Text: fmt.Sprintf(format, args...)}
}

func (s *Scanner) space() {
	for s.At < len(s.Data) {
		switch s.Data[s.At] {
		case ' ', '\n', '\t', '\r':
			s.At++
		default:
			return
		}
	}
}

// Next skips space and returns the byte there, 0 at the end.
func (s *Scanner) Next() byte {
	if s.At < len(s.Data) {
		if c := s.Data[s.At]; c > ' ' {
			return c
		}
	}
	s.space()
	if s.At == len(s.Data) {
		return 0
	}
	return s.Data[s.At]
}

func (s *Scanner) expect(c byte, what string) error {
	switch got := s.Next(); got {
	case c:
		s.At++
		return nil
	case 0:
		if s.At < len(s.Data) {
			return s.Fail("%s was expected, not a byte of 0: is this text?", what)
		}
		return s.Fail("the file ends here, where %s was expected: it is cut off", what)
	default:
		if s.At == 0 && len(s.Data) > 1 && (s.Data[0] == 0xff && s.Data[1] == 0xfe || s.Data[0] == 0xfe && s.Data[1] == 0xff) {
			return s.Fail("the file is in UTF-16; UTF-8 is read")
		}
		return s.Fail("%s was expected, not %q", what, rune(got))
	}
}

// Object calls f for each key with the Scanner on its value.
func (s *Scanner) Object(f func(key []byte) error) error {
	if err := s.expect('{', "an object {…}"); err != nil {
		return err
	}
	if s.Next() == '}' {
		s.At++
		return nil
	}
	for {
		key, err := s.Str()
		if err != nil {
			return err
		}
		if err := s.expect(':', "a colon"); err != nil {
			return err
		}
		mark := len(s.Path)
		s.Path = append(append(s.Path, '.'), key...)
		s.Next()
		if err := f(key); err != nil {
			return err
		}
		s.Path = s.Path[:mark]
		switch s.Next() {
		case ',':
			s.At++
			s.Next()
		case '}':
			s.At++
			return nil
		case 0:
			return s.Fail("the file ends inside of an object: it is cut off")
		default:
			return s.Fail("a comma or } was expected, not %q", rune(s.Data[s.At]))
		}
	}
}

// Array calls f for each element with the Scanner on it.
func (s *Scanner) Array(f func(k int) error) error {
	if err := s.expect('[', "a list […]"); err != nil {
		return err
	}
	if s.Next() == ']' {
		s.At++
		return nil
	}
	mark := len(s.Path)
	for k := 0; ; k++ {
		s.Path = append(strconv.AppendInt(append(s.Path, '['), int64(k), 10), ']')
		s.Next()
		if err := f(k); err != nil {
			return err
		}
		s.Path = s.Path[:mark]
		switch s.Next() {
		case ',':
			s.At++
		case ']':
			s.At++
			return nil
		case 0:
			return s.Fail("the file ends inside of a list: it is cut off")
		default:
			return s.Fail("a comma or ] was expected, not %q", rune(s.Data[s.At]))
		}
	}
}

// Str reads a string. The result lies in the file's memory unless the string has escapes.
func (s *Scanner) Str() ([]byte, error) {
	s.Next()
	start := s.At
	if err := s.expect('"', "a text in quotes"); err != nil {
		return nil, err
	}
	from := s.At
	for s.At < len(s.Data) {
		switch c := s.Data[s.At]; {
		case c == '"':
			out := s.Data[from:s.At]
			s.At++
			if !utf8.Valid(out) {
				return nil, s.FailAt(from, "the text is not UTF-8")
			}
			return out, nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return nil, s.Fail("a control character stands inside of a text")
		}
		s.At++
	}
	return nil, s.Fail("the file ends inside of a text: it is cut off")
}

func (s *Scanner) escaped(start int) ([]byte, error) {
	for s.At = start + 1; s.At < len(s.Data); s.At++ {
		switch s.Data[s.At] {
		case '\\':
			s.At++
		case '"':
			s.At++
			var out string
			if err := json.Unmarshal(s.Data[start:s.At], &out); err != nil {
				return nil, s.FailAt(start, "the text is not valid JSON")
			}
			return []byte(out), nil
		}
	}
	return nil, s.Fail("the file ends inside of a text: it is cut off")
}

// Integer reads a whole number with an absolute value of at most limit.
func (s *Scanner) Integer(limit int64) (int64, error) {
	s.Next()
	start := s.At
	neg := false
	if s.At < len(s.Data) && s.Data[s.At] == '-' {
		neg = true
		s.At++
	}
	digits := s.At
	var v uint64
	for s.At < len(s.Data) {
		d := s.Data[s.At] - '0'
		if d > 9 {
			break
		}
		if v < math.MaxUint64/16 {
			v = v*10 + uint64(d)
		}
		s.At++
	}
	if s.At == digits {
		return 0, s.notNumber(start)
	}
	if s.Data[digits] == '0' && s.At > digits+1 {
		return 0, s.FailAt(start, "a number does not begin with 0")
	}
	if s.At < len(s.Data) && (s.Data[s.At] == '.' || s.Data[s.At] == 'e' || s.Data[s.At] == 'E') {
		return s.fraction(start, limit)
	}
	if v > uint64(limit) {
		return 0, s.FailAt(start, "%s is larger than %d in absolute value", s.Data[start:s.At], limit)
	}
	if neg {
		return -int64(v), nil
	}
	return int64(v), nil
}

// fraction takes 12.0 and 1.2e3, which are whole, and refuses 0.5.
func (s *Scanner) fraction(start int, limit int64) (int64, error) {
	for s.At < len(s.Data) && bytes.IndexByte([]byte("0123456789.eE+-"), s.Data[s.At]) >= 0 {
		s.At++
	}
	text := string(s.Data[start:s.At])
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case !json.Valid([]byte(text)) || (err != nil && f == 0):
		return 0, s.FailAt(start, "%q is not a number", text)
	case math.Abs(f) > float64(limit):
		return 0, s.FailAt(start, "%s is larger than %d in absolute value", text, limit)
	case f != math.Trunc(f):
		return 0, s.FailAt(start, "%s is not a whole number; multiply all of them by the same power of ten", text)
	}
	return int64(f), nil
}

func (s *Scanner) notNumber(start int) error {
	s.At = start
	if s.At >= len(s.Data) {
		return s.Fail("the file ends here, where a number was expected: it is cut off")
	}
	end := start
	for end < len(s.Data) && end < start+12 && bytes.IndexByte([]byte(" ,}]\n\t\r"), s.Data[end]) < 0 {
		end++
	}
	return s.Fail("a whole number was expected, not %s", s.Data[start:end])
}

// Boolean reads true or false.
func (s *Scanner) Boolean() (bool, error) {
	s.Next()
	switch {
	case bytes.HasPrefix(s.Data[s.At:], []byte("true")):
		s.At += 4
		return true, nil
	case bytes.HasPrefix(s.Data[s.At:], []byte("false")):
		s.At += 5
		return false, nil
	}
	return false, s.Fail("true or false was expected")
}

// Skip passes over a value, checking its form.
func (s *Scanner) Skip(depth int) error {
	if depth > 64 {
		return s.Fail("values are nested more than 64 deep")
	}
	switch c := s.Next(); {
	case c == '{':
		return s.Object(func([]byte) error { return s.Skip(depth + 1) })
	case c == '[':
		return s.Array(func(int) error { return s.Skip(depth + 1) })
	case c == '"':
		_, err := s.Str()
		return err
	case c == 0:
		return s.Fail("the file ends here: it is cut off")
	}
	start := s.At
	for s.At < len(s.Data) && bytes.IndexByte([]byte(" ,}]\n\t\r"), s.Data[s.At]) < 0 {
		s.At++
	}
	if !json.Valid(s.Data[start:s.At]) {
		s.At = start
		return s.notNumber(start)
	}
	return nil
}
