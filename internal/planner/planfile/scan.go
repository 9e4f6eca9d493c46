package planfile

import (
	"bytes"
	"encoding/json"
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

// Fail is a fault at the place where the scanner stands.
func (s *Scanner) Fail(key string, args ...any) error { return s.FailAt(s.At, key, args...) }

// FailAt is a fault at a byte.
func (s *Scanner) FailAt(at int, key string, args ...any) error {
	at = min(at, len(s.Data))
	before := s.Data[:at]
	f := At(string(bytes.TrimPrefix(s.Path, []byte("."))), key, args...)
	f.Line = 1 + bytes.Count(before, []byte{'\n'})
	f.Column = utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return f
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

func (s *Scanner) expect(c byte, what Word) error {
	switch got := s.Next(); got {
	case c:
		s.At++
		return nil
	case 0:
		if s.At < len(s.Data) {
			return s.Fail("planfile.zero_byte", what)
		}
		return s.Fail("planfile.cut_where", what)
	default:
		if s.At == 0 && len(s.Data) > 1 && (s.Data[0] == 0xff && s.Data[1] == 0xfe || s.Data[0] == 0xfe && s.Data[1] == 0xff) {
			return s.Fail("planfile.utf16")
		}
		return s.Fail("planfile.expected", what, string(rune(got)))
	}
}

// Object calls f for each key with the Scanner on its value.
func (s *Scanner) Object(f func(key []byte) error) error {
	if err := s.expect('{', Word("planfile.word_object")); err != nil {
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
		if err := s.expect(':', Word("planfile.word_colon")); err != nil {
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
			return s.Fail("planfile.cut_object")
		default:
			return s.Fail("planfile.comma_brace", string(rune(s.Data[s.At])))
		}
	}
}

// Array calls f for each element with the Scanner on it.
func (s *Scanner) Array(f func(k int) error) error {
	if err := s.expect('[', Word("planfile.word_list")); err != nil {
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
			return s.Fail("planfile.cut_list")
		default:
			return s.Fail("planfile.comma_bracket", string(rune(s.Data[s.At])))
		}
	}
}

// Str reads a string. The result lies in the file's memory unless the string has escapes.
func (s *Scanner) Str() ([]byte, error) {
	s.Next()
	start := s.At
	if err := s.expect('"', Word("planfile.word_text")); err != nil {
		return nil, err
	}
	from := s.At
	for s.At < len(s.Data) {
		switch c := s.Data[s.At]; {
		case c == '"':
			out := s.Data[from:s.At]
			s.At++
			if !utf8.Valid(out) {
				return nil, s.FailAt(from, "planfile.not_utf8")
			}
			return out, nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			if c == '\n' && len(bytes.TrimSpace(s.Data[s.At:])) == 0 {
				return nil, s.Fail("planfile.cut_text")
			}
			return nil, s.Fail("planfile.control")
		}
		s.At++
	}
	return nil, s.Fail("planfile.cut_text")
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
				return nil, s.FailAt(start, "planfile.not_json")
			}
			return []byte(out), nil
		}
	}
	return nil, s.Fail("planfile.cut_text")
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
		return 0, s.FailAt(start, "planfile.leading_zero")
	}
	if s.At < len(s.Data) && (s.Data[s.At] == '.' || s.Data[s.At] == 'e' || s.Data[s.At] == 'E') {
		return s.fraction(start, limit)
	}
	if v > uint64(limit) {
		return 0, s.FailAt(start, "planfile.number_large", s.Data[start:s.At], limit)
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
		return 0, s.FailAt(start, "planfile.not_number", text)
	case math.Abs(f) > float64(limit):
		return 0, s.FailAt(start, "planfile.number_large", text, limit)
	case f != math.Trunc(f):
		return 0, s.FailAt(start, "planfile.fraction", text)
	}
	return int64(f), nil
}

func (s *Scanner) notNumber(start int) error {
	s.At = start
	if s.At >= len(s.Data) {
		return s.Fail("planfile.cut_number")
	}
	end := start
	for end < len(s.Data) && end < start+12 && bytes.IndexByte([]byte(" ,}]\n\t\r"), s.Data[end]) < 0 {
		end++
	}
	return s.Fail("planfile.whole", s.Data[start:end])
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
	return false, s.Fail("planfile.boolean")
}

// Skip passes over a value, checking its form.
func (s *Scanner) Skip(depth int) error {
	if depth > mostNested {
		return s.Fail("planfile.nested", mostNested)
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
		return s.Fail("planfile.cut")
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
