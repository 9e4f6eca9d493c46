// Package lexicon tells which words somebody means who types a word: the same in another spelling, its beginning, a slip of the hand, the other script.
//
// # Design
//
// A [Query] is what was typed, as [Term]s: package arabic has folded it, particles (بن، بنت) are gone, and each term has the forms in which it may stand in a
// text: joined and split (عبدالله, عبد الله), with and without the article. A [Lexicon] is the vocabulary of a registry: some ten thousand words, however
// many people bear them. A form is looked up by one pass over all words, which first compares eight bytes, a set of letters and a length, and looks closer
// only at what is left (0.2 ms for 50,000 words): so there is no index that could be wrong, and a new word costs an append.
//
// [Compare] says how close two words are, [Query.Marks] which words of an original text a query found, so that what is marked on the screen is the text as it
// was typed, and for the same reasons for which it was found.
//
// Words of two scripts are compared by ear (sound.go): their consonants in one alphabet, and then whether the vowels that are written fit. A table has the
// names that no rule explains (name.go).
//
// Words are flat: keys of arabic.Fold without the seat of a hamza ([Flat]), so that عائشة is عايشة.
//
// # Limits
//
// A query has at most [MostTerms] terms of at most 40 letters; what goes beyond is not looked for. One slip is forgiven, in words of four letters or more; in
// words of three only two exchanged neighbours.
package lexicon

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Closeness says how sure a word is what was typed.
type Closeness uint8

// The degrees, better ones higher.
const (
	No     Closeness = iota
	Slip             // one letter more, less, wrong, or exchanged with its neighbour; also in the beginning of a word
	Alike            // by ear, where a short vowel may stand for a long one
	Prefix           // the word begins so
	Sound            // by ear
	Same
)

// entry is one word, with what tells most others from it without looking at their letters.
type entry struct {
	head  uint64 // its first eight bytes
	word  string
	mask  uint32 // of its letters
	runes uint8
}

// Lexicon is a vocabulary. Words have numbers from 0 in the order in which they came. It may be read by many at once while nobody adds.
type Lexicon struct {
	index   map[string]uint32
	entries []entry
	sounds  []heard
}

// heard is one way to hear a word.
type heard struct{ key, word uint32 }

// Len returns the number of words.
func (l *Lexicon) Len() int { return len(l.entries) }

// Word returns a word by its number.
func (l *Lexicon) Word(n uint32) string { return l.entries[n].word }

// Add returns the number of a flat word and whether it is new. The word is copied if it is.
func (l *Lexicon) Add(word []byte) (n uint32, fresh bool) {
	if n, ok := l.index[string(word)]; ok {
		return n, false
	}
	if l.index == nil {
		l.index = map[string]uint32{}
	}
	n = uint32(len(l.entries))
	w := string(word)
	l.index[w] = n
	l.entries = append(l.entries, entryOf(w))
	for _, k := range keysOf(w) {
		l.sounds = append(l.sounds, heard{k, n})
	}
	return n, true
}

// Number returns the number of a word that is in the vocabulary.
func (l *Lexicon) Number(word string) (uint32, bool) {
	n, ok := l.index[word]
	return n, ok
}

func entryOf(w string) entry {
	e := entry{head: head(w), word: w}
	n := 0
	for _, r := range w {
		e.mask |= letter(r)
		n++
	}
	e.runes = uint8(min(n, 255))
	return e
}

// head packs the first eight bytes of a word.
func head(w string) uint64 {
	var b [8]byte
	copy(b[:], w)
	return binary.BigEndian.Uint64(b[:])
}

// letter is the bit of a letter. Letters of the Arabic block have bits of their own but for a few rare ones.
func letter(r rune) uint32 { return 1 << (uint32(r) % 32) }

// Each calls fn for every word that a typed flat word may mean, with how close it is; slips only if asked for. It never calls fn with No.
func (l *Lexicon) Each(typed string, slips bool, fn func(n uint32, c Closeness)) {
	if typed == "" {
		return
	}
	t := entryOf(typed)
	width := min(len(typed), 8)
	mask := ^uint64(0) << (64 - 8*width)
	slips = slips && t.runes >= 3 && (typed[0] < '0' || typed[0] > '9') // a number is right or another one
	ears := listen(typed)
	for i := range l.entries {
		e := &l.entries[i]
		if e.head&mask == t.head && strings.HasPrefix(e.word, typed) {
			if len(e.word) == len(typed) {
				fn(uint32(i), Same)
			} else {
				fn(uint32(i), Prefix)
			}
			continue
		}
		if slips && near(&t, e) && slipped(typed, e.word, int(t.runes), int(e.runes)) {
			fn(uint32(i), Slip)
		}
	}
	if len(ears.keys) == 0 {
		return
	}
	var some uint64
	for _, k := range ears.keys {
		some |= 1 << (k % 64)
	}
	for _, h := range l.sounds {
		if some>>(h.key%64)&1 == 0 || !has(ears.keys, h.key) {
			continue
		}
		if w := l.entries[h.word].word; w != typed {
			if c := ears.like(w); c > Slip || c == Slip && slips {
				fn(h.word, c)
			}
		}
	}
}

func has(keys []uint32, k uint32) bool {
	for _, x := range keys {
		if x == k {
			return true
		}
	}
	return false
}

// near reports whether a slip could lie between two words, by length and letters.
func near(t, e *entry) bool {
	if t.runes == 3 {
		return e.runes == 3 && t.mask == e.mask
	}
	if e.runes+1 < t.runes {
		return false
	}
	if bits.OnesCount32(t.mask&^e.mask) > 1 {
		return false
	}
	// A beginning with a slip in it has its first letter right: else a quarter of all words would have to be looked at closely.
	return e.runes <= t.runes+1 && bits.OnesCount32(e.mask&^t.mask) <= 1 || t.runes >= 5 && t.head>>48 == e.head>>48
}

// Compare says how close a word is to what was typed.
func Compare(typed, word string) Closeness {
	if typed == word && typed != "" { // most often
		return Same
	}
	heard := listen(typed)
	return heard.compare(word)
}

func (e *ears) compare(word string) Closeness {
	typed := e.typed
	switch {
	case typed == "" || word == "":
		return No
	case typed == word:
		return Same
	}
	c := e.like(word)
	if c == Sound {
		return c
	}
	if strings.HasPrefix(word, typed) {
		return Prefix
	}
	t, w := entryOf(typed), entryOf(word)
	if c == No && t.runes >= 3 && near(&t, &w) && slipped(typed, word, int(t.runes), int(w.runes)) {
		return Slip
	}
	return c
}

// slipped reports whether one slip lies between what was typed and a word, or the beginning of a word if five letters or more were typed. n and m are their
// lengths in letters.
func slipped(typed, word string, n, m int) bool {
	if n == 3 {
		return m == 3 && typed != word && oneSlip(typed, word)
	}
	if n < 3 {
		return false
	}
	if m-n <= 1 && n-m <= 1 && oneSlip(typed, word) {
		return true
	}
	if n < 5 || m <= n || head(typed)>>48 != head(word)>>48 {
		return false
	}
	for k := n - 1; k <= n+1 && k < m; k++ {
		if oneSlip(typed, word[:byteAt(word, k)]) {
			return true
		}
	}
	return false
}

// byteAt returns where the letter with a number begins.
func byteAt(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// oneSlip reports whether two words differ in one letter that is more, less, wrong, or in two neighbours exchanged.
func oneSlip(a, b string) bool {
	for { // what both begin with
		r, n := utf8.DecodeRuneInString(a)
		if s, m := utf8.DecodeRuneInString(b); n == 0 || m == 0 || r != s {
			break
		}
		a, b = a[n:], b[n:]
	}
	if a == b {
		return false
	}
	_, n := utf8.DecodeRuneInString(a)
	_, m := utf8.DecodeRuneInString(b)
	if a[n:] == b || a == b[m:] || a[n:] == b[m:] {
		return true
	}
	r1, n1 := utf8.DecodeRuneInString(a)
	r2, n2 := utf8.DecodeRuneInString(a[n1:])
	s1, m1 := utf8.DecodeRuneInString(b)
	s2, m2 := utf8.DecodeRuneInString(b[m1:])
	return n2 > 0 && m2 > 0 && r1 == s2 && r2 == s1 && a[n1+n2:] == b[m1+m2:]
}
