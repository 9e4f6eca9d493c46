package criteria

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"muntija/internal/calendar"
	"muntija/internal/registry"
)

// maxPapers bounds the document types, whose presence is one word of bits.
const maxPapers = 32

// maxCount is the largest number a vector holds either way; larger ones are clamped, so that no arithmetic on facts overflows.
const maxCount = 1 << 52

// Facts is everything a rule can read about one family, as one flat vector of integers: cheap to copy, to change and to store. A fact that
// was never set is missing, which is not the same as false, zero or an empty set. Papers are always known: one that is not set is not on
// file. The zero Facts is ready to use. Facts are comparable; equal facts give equal assessments.
type Facts struct {
	known uint64
	n     [numFacts]int64
	held  uint32
	until [maxPapers]int32
}

// Known reports whether a fact is set, or a document type is on file.
func (f *Facts) Known(r Ref) bool {
	if i, ok := r.paper(); ok {
		return f.held>>i&1 == 1
	}
	return r < numFacts && f.known>>r&1 == 1
}

// Clear makes a fact missing, or takes a paper off the file.
func (f *Facts) Clear(r Ref) {
	if i, ok := r.paper(); ok {
		f.held &^= 1 << i
		f.until[i] = 0
	} else if r < numFacts {
		f.known &^= 1 << r
		f.n[r] = 0
	}
}

func (f *Facts) set(r Ref, n int64) {
	f.known |= 1 << r
	f.n[r] = n
}

// get returns the raw number of a fact, or the last valid day of a paper.
func (f *Facts) get(r Ref) (int64, bool) {
	if r < numFacts {
		return f.n[r], f.known>>r&1 == 1
	}
	if i, ok := r.paper(); ok && f.held>>i&1 == 1 {
		return int64(f.until[i]), true
	}
	return 0, false
}

func (f *Facts) put(r Ref, n int64, known bool) {
	switch i, ok := r.paper(); {
	case !known:
		f.Clear(r)
	case ok:
		f.held |= 1 << i
		f.until[i] = int32(min(max(n, minDay), maxDay))
	case r < numFacts:
		f.set(r, schema[r].clamp(n))
	}
}

// clamp brings a raw number into the range of the fact.
func (f *Fact) clamp(n int64) int64 {
	switch f.Kind {
	case Bool:
		return n & 1
	case Date:
		return min(max(n, minDay), maxDay)
	case Multi:
		return n & (1<<len(f.Values) - 1)
	case Enum:
		if n < 0 || n >= int64(len(f.Values)) {
			return 0
		}
		return n
	case Code:
		return n
	}
	return min(max(n, -maxCount), maxCount)
}

// SetBool sets an answer. Like the other setters it panics if r is a fact of another kind, which is a mistake of the program.
func (f *Facts) SetBool(r Ref, v bool) {
	r.must(Bool, Bool)
	n := int64(0)
	if v {
		n = 1
	}
	f.set(r, n)
}

// SetAnswer sets an answer of the form, or leaves the fact missing if there is none.
func (f *Facts) SetAnswer(r Ref, v registry.Tri) {
	if b, known := v.Bool(); known {
		f.SetBool(r, b)
	}
}

// SetInt sets a number or an amount in minor units.
func (f *Facts) SetInt(r Ref, v int64) {
	r.must(Int, Money)
	f.set(r, min(max(v, -maxCount), maxCount))
}

// SetDate sets a date; the zero date leaves the fact missing.
func (f *Facts) SetDate(r Ref, v calendar.Date) {
	r.must(Date, Date)
	if d, ok := dayOf(v); ok {
		f.set(r, d)
	}
}

// SetCode sets a value of a list or a short code; one that is empty or not listed leaves the fact missing.
func (f *Facts) SetCode(r Ref, v string) {
	r.must(Enum, Code)
	if n, ok := schema[r].codeOf(v); ok {
		f.set(r, n)
	}
}

// SetSet sets a set, which may be empty; values that are not listed are dropped.
func (f *Facts) SetSet(r Ref, vs ...string) {
	r.must(Multi, Multi)
	var mask int64
	for _, v := range vs {
		if i, ok := codeIndex[r][v]; ok {
			mask |= 1 << i
		}
	}
	f.set(r, mask)
}

// AddPaper puts a paper on file, valid until a day (inclusive) or for ever if that is zero. Of two papers of one type the longer counts.
func (f *Facts) AddPaper(t registry.DocumentType, validUntil calendar.Date) {
	i, ok := paperByName[string(t)]
	if !ok {
		return
	}
	d, dated := dayOf(validUntil)
	if !dated {
		d = noExpiry
	}
	if old, held := f.get(i); !held || d > old {
		f.put(i, d, true)
	}
}

func (r Ref) must(a, b Kind) {
	if r >= numFacts || schema[r].Kind != a && schema[r].Kind != b {
		panic(fmt.Sprintf("criteria: fact %d is not of kind %v", r, a))
	}
}

// encodingVersion opens each stored vector. Version 1: the known bits as 8 bytes, then for each known fact in order a zig-zag varint, then
// the held papers as a varint and for each of them the last day as a varint. A vector of fewer facts than today's schema decodes: new
// facts are missing in it.
const encodingVersion = 1

var errEncoding = errors.New("criteria: not a facts vector")

// AppendBinary appends the compact stored form, about 80 bytes for a full registration.
func (f *Facts) AppendBinary(b []byte) []byte {
	b = append(b, encodingVersion)
	b = binary.LittleEndian.AppendUint64(b, f.known)
	for k := f.known; k != 0; k &= k - 1 {
		b = binary.AppendVarint(b, f.n[bits.TrailingZeros64(k)])
	}
	b = binary.AppendUvarint(b, uint64(f.held))
	for h := f.held; h != 0; h &= h - 1 {
		b = binary.AppendVarint(b, int64(f.until[bits.TrailingZeros32(h)]))
	}
	return b
}

// Decode replaces f by a stored vector. It refuses bytes that AppendBinary cannot have written.
func (f *Facts) Decode(b []byte) error {
	if len(b) < 10 || b[0] != encodingVersion {
		return errEncoding
	}
	known := binary.LittleEndian.Uint64(b[1:])
	if known>>numFacts != 0 {
		return fmt.Errorf("%w: facts of a newer version", errEncoding)
	}
	*f = Facts{known: known}
	b = b[9:]
	for k := known; k != 0; k &= k - 1 {
		i := bits.TrailingZeros64(k)
		n, size := varint(b)
		if size <= 0 || n != schema[i].clamp(n) {
			return errEncoding
		}
		f.n[i] = n
		b = b[size:]
	}
	held, size := binary.Uvarint(b)
	if size <= 0 || held>>len(documentsFact.Values) != 0 {
		return errEncoding
	}
	f.held, b = uint32(held), b[size:]
	for h := f.held; h != 0; h &= h - 1 {
		n, size := varint(b)
		if size <= 0 || n < minDay || n > maxDay {
			return errEncoding
		}
		f.until[bits.TrailingZeros32(h)], b = int32(n), b[size:]
	}
	if len(b) != 0 {
		return errEncoding
	}
	return nil
}

// varint is binary.Varint with the one-byte case in line: most facts are answers and list positions.
func varint(b []byte) (int64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		u := b[0]
		return int64(u>>1) ^ -int64(u&1), 1
	}
	return binary.Varint(b)
}

// appendValue appends the JSON value of a raw number of r.
func (r Ref) appendValue(b []byte, n int64) []byte {
	f := r.fact()
	switch f.Kind {
	case Bool:
		return strconv.AppendBool(b, n != 0)
	case Date:
		b = append(b, '"')
		return append(appendDay(b, n), '"')
	case Papers:
		if n == noExpiry {
			return append(b, "true"...)
		}
		b = append(b, '"')
		return append(appendDay(b, n), '"')
	case Enum, Code:
		b = append(b, '"')
		if f.Kind == Enum {
			b = append(b, f.Values[n].Code...)
		} else {
			for s := 56; s >= 0; s -= 8 {
				if c := byte(n >> s); c != 0 {
					b = append(b, c)
				}
			}
		}
		return append(b, '"')
	case Multi:
		b = append(b, '[')
		for m, first := uint64(n), true; m != 0; m &= m - 1 {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, '"')
			b = append(b, f.Values[bits.TrailingZeros64(m)].Code...)
			b = append(b, '"')
		}
		return append(b, ']')
	}
	return strconv.AppendInt(b, n, 10)
}

// parseValue is the inverse of appendValue; null and, for papers, false mean missing.
func (r Ref) parseValue(raw []byte) (n int64, known bool, err error) {
	f := r.fact()
	raw = bytes.TrimSpace(raw)
	if string(raw) == "null" || f.Kind == Papers && string(raw) == "false" {
		return 0, false, nil
	}
	bad := func() (int64, bool, error) {
		return 0, false, fmt.Errorf("criteria: %s cannot be %.40q", r.Name(), raw)
	}
	switch f.Kind {
	case Bool:
		switch string(raw) {
		case "true":
			return 1, true, nil
		case "false":
			return 0, true, nil
		}
		return bad()
	case Int, Money:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || n > maxCount || n < -maxCount {
			return bad()
		}
		return n, true, nil
	case Multi:
		var vs []string
		if json.Unmarshal(raw, &vs) != nil {
			return bad()
		}
		for _, v := range vs {
			i, ok := codeIndex[r][v]
			if !ok {
				return bad()
			}
			n |= 1 << i
		}
		return n, true, nil
	case Papers:
		if string(raw) == "true" {
			return noExpiry, true, nil
		}
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return bad()
	}
	var ok bool
	if f.Kind == Date || f.Kind == Papers {
		n, ok = parseDay(s)
	} else {
		n, ok = f.codeOf(s)
	}
	if !ok {
		return bad()
	}
	return n, true, nil
}

// MarshalJSON writes the known facts by name in the order of the schema, papers as "documents.<type>": last day, or true if it never expires.
func (f *Facts) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for r := Ref(0); r < papersBase+Ref(len(documentsFact.Values)); r++ {
		n, ok := f.get(r)
		if !ok {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, r.Name()...)
		b = append(b, '"', ':')
		b = r.appendValue(b, n)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON replaces f by what MarshalJSON wrote. Unknown names and values are errors.
func (f *Facts) UnmarshalJSON(data []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	*f = Facts{}
	for name, raw := range m {
		r, ok := RefByName(name)
		if _, paper := r.paper(); !ok || r >= numFacts && !paper {
			return fmt.Errorf("criteria: no fact is called %.40q", name)
		}
		n, known, err := r.parseValue(raw)
		if err != nil {
			return err
		}
		f.put(r, n, known)
	}
	return nil
}

// Reading is one fact as a rule saw it.
type Reading struct {
	Ref   Ref
	Known bool
	n     int64
}

// Read returns a fact as a reading.
func (f *Facts) Read(r Ref) Reading {
	n, ok := f.get(r)
	return Reading{Ref: r, Known: ok, n: n}
}

// Number returns the value as a number, of an Enum its place in its list from 0; 0 if it is missing.
func (r Reading) Number() int64 { return r.n }

// Date returns the day of a Date; zero if it is missing.
func (r Reading) Date() calendar.Date {
	if !r.Known {
		return 0
	}
	return calendar.Date(r.n)
}

// Text returns the value in words, "" if it is missing. Digits are ASCII; the caller's page changes them if the person likes others.
func (r Reading) Text(lang string) string {
	if !r.Known {
		return ""
	}
	return r.Ref.text(r.n, lang)
}

// text returns a raw number of r in words.
func (r Ref) text(n int64, lang string) string {
	f := r.fact()
	switch f.Kind {
	case Bool:
		return pick(lang, map[bool]Text{true: {"نعم", "yes"}, false: {"لا", "no"}}[n != 0])
	case Date:
		return dayText(n)
	case Papers:
		if n == noExpiry {
			return pick(lang, Text{"محفوظ في الملف", "on file"})
		}
		return pick(lang, Text{"سارٍ حتى ", "valid until "}) + dayText(n)
	case Enum, Code:
		return f.valueTitle(f.code(n), lang)
	case Multi:
		var out []string
		for m := uint64(n); m != 0; m &= m - 1 {
			out = append(out, f.valueTitle(f.Values[bits.TrailingZeros64(m)].Code, lang))
		}
		if out == nil {
			return pick(lang, Text{"لا شيء", "none"})
		}
		return strings.Join(out, pick(lang, Text{"، ", ", "}))
	case Money:
		return money(n)
	}
	return strconv.FormatInt(n, 10)
}

func pick(lang string, t Text) string { return t.In(lang) }

// money writes minor units with two decimals and thousands separators: both currencies have hundredths.
func money(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n/100, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if c := n % 100; c != 0 {
		s += fmt.Sprintf(".%02d", c)
	}
	return sign + s
}
