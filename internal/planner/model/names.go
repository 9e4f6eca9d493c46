package model

import (
	"hash/maphash"
	"strings"
)

// Names holds many short ids in one piece of memory.
type Names struct {
	text []byte
	end  []uint32
}

// Len is how many there are.
func (n *Names) Len() int { return len(n.end) }

// At returns id k.
func (n *Names) At(k int) string { return string(n.bytes(k)) }

func (n *Names) bytes(k int) []byte {
	from := uint32(0)
	if k > 0 {
		from = n.end[k-1]
	}
	return n.text[from:n.end[k]]
}

// Append adds an id.
func (n *Names) Append(id string) {
	n.text = append(n.text, id...)
	n.end = append(n.end, uint32(len(n.text)))
}

func (n *Names) appendBytes(id []byte) {
	n.text = append(n.text, id...)
	n.end = append(n.end, uint32(len(n.text)))
}

// Index returns the position of each id, for callers that look many up.
func (n *Names) Index() map[string]int32 {
	out := make(map[string]int32, n.Len())
	for k := range n.end {
		out[n.At(k)] = int32(k)
	}
	return out
}

// String is for logs: the first few.
func (n *Names) String() string {
	var b strings.Builder
	for k := range min(n.Len(), 5) {
		b.WriteString(n.At(k) + " ")
	}
	return strings.TrimSpace(b.String())
}

// duplicate returns the position of an id that was there before, -1 if all differ. It works on 64-bit hashes in an open table and compares the text only
// when two hashes meet.
func (n *Names) duplicate() int {
	size := 16
	for size < 2*n.Len() {
		size *= 2
	}
	table := make([]int32, size)
	seed := maphash.MakeSeed()
	for k := range n.end {
		id := n.bytes(k)
		at := maphash.Bytes(seed, id) & uint64(size-1)
		for table[at] != 0 {
			if string(n.bytes(int(table[at]-1))) == string(id) {
				return k
			}
			at = (at + 1) & uint64(size-1)
		}
		table[at] = int32(k + 1)
	}
	return -1
}
