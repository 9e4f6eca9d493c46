// Package pack makes bytes smaller: short documents against a dictionary of the words that all of them say ([Dict]), and streams ([Writer], [NewReader]).
//
// # Design
//
// It is the door to klauspost/compress: its S2 blocks for documents and its DEFLATE, several times as fast as the standard library's, for the parts of workbooks.
//
// S2's own writer is made for files. Before each block it clears a table of 64 KB, which for a document of a kilobyte takes half as long as packing it and throws out of the processor what the import works with; an import
// packs three documents for each row. So [Dict.Append] writes the same format itself with a table of 4 KB. What it writes S2 reads, and it reads what S2 wrote.
//
// # Limits
//
// A document and its dictionary that are longer than 64 KB together are packed by S2.
package pack

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/s2"
)

// Dict packs documents against a dictionary, which must not change as long as anything is to be read that was packed by it. It is safe for concurrent use.
type Dict struct {
	s2    *s2.Dict
	words []byte
	at    [1 << dictBits]uint16 // where six bytes stand in words, by their hash
}

const (
	dictBits = 14
	docBits  = 11
	reach    = 1<<16 - 1 // the farthest that a copy of three bytes looks back
	least    = 6         // what a copy out of the dictionary must save
)

// NewDict returns the dictionary of some words, of 16 bytes to 64 KB.
func NewDict(words []byte) *Dict {
	d := &Dict{s2: s2.NewDict(append([]byte{0}, words...)), words: words} // the number before them: a document is first looked for at their beginning
	if d.s2 == nil {
		panic("pack: a dictionary has 16 bytes to 64 KB")
	}
	for i := 0; i+8 <= len(words) && i <= reach; i++ {
		d.at[hash(load(words, i), dictBits)] = uint16(i)
	}
	return d
}

// Append appends a packed document to b.
func (d *Dict) Append(b, doc []byte) []byte {
	if len(doc)+len(d.words) > reach {
		n := len(b)
		b = slices.Grow(b, s2.MaxEncodedLen(len(doc)))
		return b[:n+len(d.s2.Encode(b[n:cap(b)], doc))]
	}
	b = binary.AppendUvarint(b, uint64(len(doc)))
	var seen [1 << docBits]uint16 // where six bytes of the document stood last, by their hash
	done := 0                     // what is written
	last := len(d.words)          // how far back the copy before this one looked; the reader begins there, too
	for s := 0; s+8 <= len(doc); {
		now := load(doc, s)
		if from := s + len(d.words) - last; last > s && from+4 <= len(d.words) && uint32(now) == word(d.words, from) ||
			last <= s && uint32(now) == word(doc, s-last) {
			n := 4
			if last > s {
				n += alike(doc[s+n:], d.words[from+n:])
			} else {
				n += alike(doc[s+n:], doc[s-last+n:])
			}
			b = again(literal(b, doc[done:s]), n)
			s += n
			done = s
			continue
		}
		h := hash(now, docBits)
		from := int(seen[h])
		seen[h] = uint16(s)
		if from < s && uint32(now) == word(doc, from) {
			for s > done && from > 0 && doc[s-1] == doc[from-1] {
				s, from = s-1, from-1
			}
			n := 4 + alike(doc[s+4:], doc[from+4:])
			last = s - from
			b = copyOf(literal(b, doc[done:s]), last, n)
			s += n
			done = s
			continue
		}
		if from = int(d.at[hash(now, dictBits)]); (now^load(d.words, from))<<(64-8*least) == 0 {
			for s > done && from > 0 && doc[s-1] == d.words[from-1] {
				s, from = s-1, from-1
			}
			n := least + alike(doc[s+least:], d.words[from+least:])
			last = s + len(d.words) - from
			b = copyOf(literal(b, doc[done:s]), last, n)
			s += n
			done = s
			continue
		}
		s += 2 + (s-done)>>4 // what cannot be packed is soon gone through; a copy that begins between is found from its second byte
	}
	return literal(b, doc[done:])
}

// Decode returns the document that was packed.
func (d *Dict) Decode(packed []byte) ([]byte, error) { return d.s2.Decode(nil, packed) }

func load(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
func word(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }

// hash is of the six bytes that stand first in v.
func hash(v uint64, n int) uint64 { return v << 16 * 0x9e3779b97f4a7c15 >> (64 - n) }

// alike is how many bytes a and b begin with together.
func alike(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if diff := load(a, i) ^ load(b, i); diff != 0 {
			return i + bits.TrailingZeros64(diff)>>3
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// The parts of an S2 block; see "S2 format" and the Snappy format description. The two lowest bits of the first byte say what it is.
const (
	isLiteral = 0
	isNear    = 1 // 4 to 11 bytes, at most 2047 back; 0 back is: as far as before
	isFar     = 2 // 1 to 64 bytes, at most 65535 back
)

// literal is bytes as they are.
func literal(b, text []byte) []byte {
	switch n := len(text) - 1; {
	case n < 0:
		return b
	case n < 60:
		b = append(b, byte(n)<<2|isLiteral)
	case n < 1<<8:
		b = append(b, 60<<2|isLiteral, byte(n))
	default:
		b = append(b, 61<<2|isLiteral, byte(n), byte(n>>8))
	}
	return append(b, text...)
}

// copyOf is n bytes, at least 4, that stood so far back.
func copyOf(b []byte, back, n int) []byte {
	if n <= 11 && back < 1<<11 {
		return append(b, byte(back>>8)<<5|byte(n-4)<<2|isNear, byte(back))
	}
	first := n
	if n > 64 {
		first = min(64, n-4) // what is left must be a copy again
	}
	b = append(b, byte(first-1)<<2|isFar, byte(back), byte(back>>8))
	if n == first {
		return b
	}
	return again(b, n-first)
}

// again is n bytes, at least 4, from as far back as the copy before.
func again(b []byte, n int) []byte {
	switch n -= 4; {
	case n <= 4:
		return append(b, byte(n)<<2|isNear, 0)
	case n < 4+1<<8:
		return append(b, 5<<2|isNear, 0, byte(n-4))
	default: // at most 64 KB
		n -= 1 << 8
		return append(b, 6<<2|isNear, 0, byte(n), byte(n>>8))
	}
}
