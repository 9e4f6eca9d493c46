package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// scanner reads JSON strictly from memory, without building a tree: one pass, no allocation for a number or a plain string. Its errors name the line,
// the column and the path.
type scanner struct {
	data []byte
	at   int
	path []byte
}

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

// Unwrap makes it an ErrProblem.
func (e *SyntaxError) Unwrap() error { return ErrProblem }

func (s *scanner) fail(format string, args ...any) error { return s.failAt(s.at, format, args...) }

func (s *scanner) failAt(at int, format string, args ...any) error {
	at = min(at, len(s.data))
	before := s.data[:at]
	line := 1 + bytes.Count(before, []byte{'\n'})
	col := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	path := string(bytes.TrimPrefix(s.path, []byte(".")))
	return &SyntaxError{Line: line, Column: col, Path: path, Text: fmt.Sprintf(format, args...)}
}

func (s *scanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return
		}
	}
}

// next skips space and returns the byte there, 0 at the end.
func (s *scanner) next() byte {
	if s.at < len(s.data) {
		if c := s.data[s.at]; c > ' ' {
			return c
		}
	}
	s.space()
	if s.at == len(s.data) {
		return 0
	}
	return s.data[s.at]
}

func (s *scanner) expect(c byte, what string) error {
	switch got := s.next(); got {
	case c:
		s.at++
		return nil
	case 0:
		return s.fail("the file ends here, where %s was expected: it is cut off", what)
	default:
		return s.fail("%s was expected, not %q", what, rune(got))
	}
}

// object calls f for each key with the scanner on its value.
func (s *scanner) object(f func(key []byte) error) error {
	if err := s.expect('{', "an object {…}"); err != nil {
		return err
	}
	if s.next() == '}' {
		s.at++
		return nil
	}
	for {
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':', "a colon"); err != nil {
			return err
		}
		mark := len(s.path)
		s.path = append(append(s.path, '.'), key...)
		s.next()
		if err := f(key); err != nil {
			return err
		}
		s.path = s.path[:mark]
		switch s.next() {
		case ',':
			s.at++
			s.next()
		case '}':
			s.at++
			return nil
		case 0:
			return s.fail("the file ends inside of an object: it is cut off")
		default:
			return s.fail("a comma or } was expected, not %q", rune(s.data[s.at]))
		}
	}
}

// array calls f for each element with the scanner on it.
func (s *scanner) array(f func(k int) error) error {
	if err := s.expect('[', "a list […]"); err != nil {
		return err
	}
	if s.next() == ']' {
		s.at++
		return nil
	}
	mark := len(s.path)
	for k := 0; ; k++ {
		s.path = append(strconv.AppendInt(append(s.path, '['), int64(k), 10), ']')
		s.next()
		if err := f(k); err != nil {
			return err
		}
		s.path = s.path[:mark]
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		case 0:
			return s.fail("the file ends inside of a list: it is cut off")
		default:
			return s.fail("a comma or ] was expected, not %q", rune(s.data[s.at]))
		}
	}
}

// str reads a string. The result lies in the file's memory unless the string has escapes.
func (s *scanner) str() ([]byte, error) {
	s.next()
	start := s.at
	if err := s.expect('"', "a text in quotes"); err != nil {
		return nil, err
	}
	from := s.at
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '"':
			out := s.data[from:s.at]
			s.at++
			if !utf8.Valid(out) {
				return nil, s.failAt(from, "the text is not UTF-8")
			}
			return out, nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return nil, s.fail("a control character stands inside of a text")
		}
		s.at++
	}
	return nil, s.fail("the file ends inside of a text: it is cut off")
}

func (s *scanner) escaped(start int) ([]byte, error) {
	for s.at = start + 1; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			var out string
			if err := json.Unmarshal(s.data[start:s.at], &out); err != nil {
				return nil, s.failAt(start, "the text is not valid JSON")
			}
			return []byte(out), nil
		}
	}
	return nil, s.fail("the file ends inside of a text: it is cut off")
}

// integer reads a whole number with an absolute value of at most limit.
func (s *scanner) integer(limit int64) (int64, error) {
	s.next()
	start := s.at
	neg := false
	if s.at < len(s.data) && s.data[s.at] == '-' {
		neg = true
		s.at++
	}
	digits := s.at
	var v uint64
	for s.at < len(s.data) {
		d := s.data[s.at] - '0'
		if d > 9 {
			break
		}
		if v < math.MaxUint64/16 {
			v = v*10 + uint64(d)
		}
		s.at++
	}
	if s.at == digits {
		return 0, s.notNumber(start)
	}
	if s.data[digits] == '0' && s.at > digits+1 {
		return 0, s.failAt(start, "a number does not begin with 0")
	}
	if s.at < len(s.data) && (s.data[s.at] == '.' || s.data[s.at] == 'e' || s.data[s.at] == 'E') {
		return s.fraction(start, limit)
	}
	if v > uint64(limit) {
		return 0, s.failAt(start, "%s is larger than %d in absolute value", s.data[start:s.at], limit)
	}
	if neg {
		return -int64(v), nil
	}
	return int64(v), nil
}

// fraction takes 12.0 and 1.2e3, which are whole, and refuses 0.5.
func (s *scanner) fraction(start int, limit int64) (int64, error) {
	for s.at < len(s.data) && bytes.IndexByte([]byte("0123456789.eE+-"), s.data[s.at]) >= 0 {
		s.at++
	}
	text := string(s.data[start:s.at])
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case !json.Valid([]byte(text)) || (err != nil && f == 0):
		return 0, s.failAt(start, "%q is not a number", text)
	case math.Abs(f) > float64(limit):
		return 0, s.failAt(start, "%s is larger than %d in absolute value", text, limit)
	case f != math.Trunc(f):
		return 0, s.failAt(start, "%s is not a whole number; multiply all of them by the same power of ten", text)
	}
	return int64(f), nil
}

func (s *scanner) notNumber(start int) error {
	s.at = start
	if s.at >= len(s.data) {
		return s.fail("the file ends here, where a number was expected: it is cut off")
	}
	end := start
	for end < len(s.data) && end < start+12 && bytes.IndexByte([]byte(" ,}]\n\t\r"), s.data[end]) < 0 {
		end++
	}
	return s.fail("a whole number was expected, not %s", s.data[start:end])
}

func (s *scanner) boolean() (bool, error) {
	s.next()
	switch {
	case bytes.HasPrefix(s.data[s.at:], []byte("true")):
		s.at += 4
		return true, nil
	case bytes.HasPrefix(s.data[s.at:], []byte("false")):
		s.at += 5
		return false, nil
	}
	return false, s.fail("true or false was expected")
}

// skip passes over a value, checking its form.
func (s *scanner) skip(depth int) error {
	if depth > 64 {
		return s.fail("values are nested more than 64 deep")
	}
	switch c := s.next(); {
	case c == '{':
		return s.object(func([]byte) error { return s.skip(depth + 1) })
	case c == '[':
		return s.array(func(int) error { return s.skip(depth + 1) })
	case c == '"':
		_, err := s.str()
		return err
	case c == 0:
		return s.fail("the file ends here: it is cut off")
	}
	start := s.at
	for s.at < len(s.data) && bytes.IndexByte([]byte(" ,}]\n\t\r"), s.data[s.at]) < 0 {
		s.at++
	}
	if !json.Valid(s.data[start:s.at]) {
		s.at = start
		return s.notNumber(start)
	}
	return nil
}
