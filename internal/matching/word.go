package matching

import (
	"math"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// word is one word of the vocabulary. The vocabulary is per kind of field, so that frequencies are of names among names.
type word struct {
	code  []byte // one byte a letter: what distances are measured on
	bones uint64 // hash of its consonants in one alphabet for both scripts; 0 if it has none
	arab  bool
	count [roles]uint32
	gain  [roles]float32 // bits that its frequency adds when two share it; see rarity
}

// role is what a word is used as: محمد is less rare as a father than as a daughter.
type role uint8

const (
	asValue role = iota // a given name, or anything that is no name
	asRest              // in the rest of a name
	roles
	asPart // a part of a compound name, which is counted whole
)

// vocabulary gives words numbers from 1; 0 is "no word".
type vocabulary struct {
	index map[string]uint32
	words []word
	total [roles]float64 // uses of all words
	same  [roles]float64 // chance that two random uses are the same word: the sum of squared shares
}

func newVocabulary() *vocabulary {
	return &vocabulary{index: map[string]uint32{}, words: make([]word, 1)}
}

func (v *vocabulary) add(s string, as role) uint32 {
	if s == "" {
		return 0
	}
	n, ok := v.index[s]
	if !ok {
		n = uint32(len(v.words))
		s = strings.Clone(s)
		code, arab := encode(s)
		v.index[s] = n
		v.words = append(v.words, word{code: code, arab: arab, bones: hashBytes(bones(s))})
	}
	if as < roles {
		v.words[n].count[as]++
	}
	return n
}

// close computes the frequencies when all words are in.
func (v *vocabulary) close() {
	v.index = nil // no word comes any more
	for as := range roles {
		for i := range v.words {
			v.total[as] += float64(v.words[i].count[as])
		}
		if v.total[as] < 2 {
			v.total[as], v.same[as] = 2, 1
			continue
		}
		for i := range v.words {
			c := float64(v.words[i].count[as])
			v.same[as] += c * (c - 1) / (v.total[as] * (v.total[as] - 1))
		}
		v.same[as] = max(v.same[as], 1/(v.total[as]*v.total[as]))
		v.weigh(as)
	}
}

// weigh sets the bits of the words from how often they and all are used.
func (v *vocabulary) weigh(as role) {
	for i := range v.words {
		bits := math.Log2(v.same[as] / v.share(uint32(i), as))
		v.words[i].gain[as] = float32(min(max(bits, leastRarity), mostRarity))
	}
}

// share returns how often the word is used among all, never less than of a word used twice: both records of a pair use it.
func (v *vocabulary) share(n uint32, as role) float64 {
	return max(2, float64(v.words[n].count[as])) / v.total[as]
}

// fixed seeds, so that the same records give the same blocks in every run
func hashBytes(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	h := uint64(0xcbf29ce484222325) // FNV-1a, 64 bits
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return mix(h)
}

// mix spreads the bits of a number (the finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func join(a, b uint64) uint64 { return mix(a*0x9e3779b97f4a7c15 + bits.RotateLeft64(b, 31)) }

// encode turns a key of package arabic into one byte a letter. Letters of other scripts share bytes, which only makes rare words a little more alike.
func encode(s string) (code []byte, arab bool) {
	code = make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			code = append(code, byte(r))
		case r >= 0x620 && r <= 0x64a:
			code, arab = append(code, byte(0x80+r-0x620)), true
		default:
			if base, ok := plainLatin[r]; ok {
				code = append(code, base...)
				continue
			}
			code = append(code, byte(0xc0|r&0x3f))
		}
	}
	return code, arab
}

// plainLatin maps letters with marks to those without, as people type them on another keyboard.
var plainLatin = map[rune]string{'à': "a", 'á': "a", 'â': "a", 'ã': "a", 'ä': "a", 'å': "a", 'æ': "ae", 'ç': "c", 'è': "e", 'é': "e", 'ê': "e", 'ë': "e",
	'ì': "i", 'í': "i", 'î': "i", 'ï': "i", 'ñ': "n", 'ò': "o", 'ó': "o", 'ô': "o", 'õ': "o", 'ö': "o", 'ø': "o", 'ù': "u", 'ú': "u", 'û': "u", 'ü': "u",
	'ý': "y", 'ÿ': "y", 'ß': "ss", 'š': "s", 'ž': "z", 'č': "c", 'ć': "c", 'ł': "l", 'đ': "d", 'ğ': "g", 'ş': "s", 'ı': "i", 'ń': "n", 'ę': "e", 'ą': "a"}

// Bones returns the consonants of a word in one alphabet for both scripts: محمد, Mohamed and Muhammad give "mhmd". It is a key for search and blocking: many
// words share one. The word is a key of package arabic (Fold or NameKey).
func Bones(word string) string { return string(bones(word)) }

// bones maps Arabic letters and what they are usually written as in Latin letters (Egyptian and Gulf habits: ج g or j, ق q or k or g) to one sign, drops
// vowels, و and ي inside a word, ع, a final ه, the article, and doubled letters.
func bones(s string) []byte {
	s = strings.TrimPrefix(s, "ال")
	if len(s) > 4 && (strings.HasPrefix(s, "el") || strings.HasPrefix(s, "al")) {
		s = s[2:]
	}
	rs := []rune(s)
	out := make([]byte, 0, len(rs))
	put := func(c byte) {
		if c != 0 && (len(out) == 0 || out[len(out)-1] != c) {
			out = append(out, c)
		}
	}
	for i := 0; i < len(rs); i++ {
		r := rs[i]
		var next rune
		if i+1 < len(rs) {
			next = rs[i+1]
		}
		last := i == len(rs)-1
		switch r {
		case 'h', 'ه', 'ة', 'ح':
			if !last || r == 'ح' {
				put('h')
			}
		case 'w', 'و', 'y', 'ي':
			if i == 0 {
				if r == 'w' || r == 'و' {
					put('w')
				} else {
					put('y')
				}
			}
		case 's', 'c', 'k', 'g', 't', 'd', 'p', 'z':
			if next == 'h' {
				c := map[rune]byte{'s': 'c', 'c': 'c', 'k': 'x', 'g': 'g', 't': 't', 'd': 'd', 'p': 'f', 'z': 'z'}[r]
				put(c)
				i++
				continue
			}
			switch r {
			case 'c':
				if next == 'e' || next == 'i' || next == 'y' {
					put('s')
				} else {
					put('k')
				}
			case 'g':
				put('j')
			case 'p':
				put('b')
			default:
				put(byte(r))
			}
		case 'q':
			put('k')
		case 'v':
			put('f')
		case 'x':
			put('k')
			put('s')
		case 'a', 'e', 'i', 'o', 'u':
		default:
			if c, ok := boneOf[r]; ok {
				put(c)
			} else if r < utf8.RuneSelf {
				put(byte(r))
			}
		}
	}
	return out
}

var boneOf = map[rune]byte{'ا': 0, 'آ': 0, 'ع': 0, 'ء': 0, 'ب': 'b', 'ت': 't', 'ث': 't', 'ج': 'j', 'خ': 'x', 'د': 'd', 'ذ': 'd', 'ر': 'r', 'ز': 'z', 'س': 's',
	'ش': 'c', 'ص': 's', 'ض': 'd', 'ط': 't', 'ظ': 'z', 'غ': 'g', 'ف': 'f', 'ق': 'k', 'ك': 'k', 'ل': 'l', 'م': 'm', 'ن': 'n'}

// likeness is how alike two words are.
type likeness uint8

const (
	unlike likeness = iota
	alike           // an initial, or Jaro–Winkler at least 0.88
	slip            // one slip (two in long words), or the same consonants in the other script
	same
)

// like compares two words of one vocabulary.
func (v *vocabulary) like(a, b uint32) likeness {
	if a == b {
		return same
	}
	if a == 0 || b == 0 {
		return unlike
	}
	x, y := &v.words[a], &v.words[b]
	if x.arab != y.arab {
		if x.bones != 0 && x.bones == y.bones {
			return slip
		}
		return unlike
	}
	return likeCodes(x.code, y.code, x.bones != 0 && x.bones == y.bones)
}

func likeCodes(a, b []byte, sameBones bool) likeness {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return unlike
	}
	if len(a) == 1 {
		if a[0] == b[0] {
			return alike
		}
		return unlike
	}
	d := distance(a, b, 2)
	switch {
	case d == 1 && len(b) >= 4, d == 2 && len(a) >= 8:
		return slip
	case d == 1 && len(b) == 3, d == 2 && (len(b) >= 5 && sameBones || len(b) >= 6):
		return alike
	}
	if jaroWinkler(a, b) >= 0.88 {
		return alike
	}
	return unlike
}

// distance is the number of slips between two words: a letter more, less, wrong, or exchanged with its neighbour (optimal string alignment); most+1 as soon
// as it must be more than most.
func distance(a, b []byte, most int) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > most {
		return most + 1
	}
	for len(a) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 {
		return len(b)
	}
	const longest = 64
	if len(b) > longest { // nobody's name; bounded time matters more
		return most + 1
	}
	var rows [3][longest + 1]int
	for j := range len(b) + 1 {
		rows[1][j] = j
	}
	before, prev, cur := &rows[0], &rows[1], &rows[2]
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			c := prev[j-1]
			if a[i-1] != b[j-1] {
				c++
			}
			c = min(c, prev[j]+1, cur[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				c = min(c, before[j-2]+1)
			}
			cur[j] = c
			least = min(least, c)
		}
		if least > most {
			return most + 1
		}
		before, prev, cur = prev, cur, before
	}
	return min(prev[len(b)], most+1)
}

// jaroWinkler is the measure of Winkler (1990), between 0 and 1. Only the first 64 letters count.
func jaroWinkler(a, b []byte) float64 {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	reach := max(len(a), len(b))/2 - 1
	if reach < 0 {
		reach = 0
	}
	var inA, inB uint64
	found := 0
	for i, c := range a {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if inB>>j&1 == 0 && b[j] == c {
				inA |= 1 << i
				inB |= 1 << j
				found++
				break
			}
		}
	}
	if found == 0 {
		return 0
	}
	moved, j := 0, 0
	for i := range a {
		if inA>>i&1 == 0 {
			continue
		}
		for inB>>j&1 == 0 {
			j++
		}
		if a[i] != b[j] {
			moved++
		}
		j++
	}
	m := float64(found)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(moved)/2)/m) / 3
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return jaro + float64(prefix)*0.1*(1-jaro)
}

// memory remembers likenesses of word pairs; one for each goroutine. A full slot is overwritten.
type memory struct {
	slots []uint64 // a power of two
}

const (
	memorySlots = 1 << 18
	fewSlots    = 1 << 10 // for one person and some dozen others: making more would take longer than comparing
)

func newMemory() *memory { return &memory{slots: make([]uint64, memorySlots)} }

// like is v.like remembered. kind tells vocabularies apart (at most 3).
func (m *memory) like(v *vocabulary, kind uint64, a, b uint32) likeness {
	if a == b {
		return same
	}
	if a > b {
		a, b = b, a
	}
	if a == 0 {
		return unlike
	}
	if b >= 1<<29 || a >= 1<<29 {
		return v.like(a, b)
	}
	key := uint64(a)<<33 | uint64(b)<<4 | kind<<2
	slot := &m.slots[mix(key)&uint64(len(m.slots)-1)]
	if *slot>>2 == key>>2 {
		return likeness(*slot & 3)
	}
	l := v.like(a, b)
	*slot = key | uint64(l)
	return l
}
