package lexicon

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode/utf8"
)

// Two spellings are compared by ear in two steps. First the consonants, in one alphabet for both scripts, in every way in which the letters can be read (g is
// ج in Cairo and ق in Doha; th is ث, or ت before ه; Osman is عثمان). Then the gaps between them: a long vowel that Arabic writes (ا و ي) must be heard in the
// Latin spelling, and a strong vowel of the Latin one (oo, w, y) must be written in Arabic: Mohamed is محمد and not محمود.

// gap is what stands between two consonants.
type gap uint8

const (
	hasA   gap = 1 << iota // ا; a
	hasI                   // ي; i, y, e
	hasU                   // و; o, u, w
	strong                 // Latin: a vowel that Arabic would write: oo, ou, ee, w, y
	free                   // ع or a hamza in it: any vowel
	final                  // ه or ة at the end; a Latin h there
	onlyE                  // Latin: a lone e
	long                   // Latin: more than one letter
)

// reading is one way to read a word: consonants, and the gaps before, between and after them.
type reading struct {
	bones []byte
	gaps  []gap
}

const mostReadings = 12

// readings is a word in all its readings while it is read.
type readings struct{ all []reading }

func (r *readings) vowel(g gap) {
	for i := range r.all {
		gs := r.all[i].gaps
		at := &gs[len(gs)-1]
		if g&(hasA|hasI|hasU) != 0 && *at&(hasA|hasI|hasU) != 0 {
			*at |= long
		}
		if g != onlyE {
			*at &^= onlyE
		}
		*at |= g
	}
}

// consonant appends a consonant that can be read in several ways; a way may be two consonants.
func (r *readings) consonant(ways ...string) {
	var out []reading
	for _, x := range r.all {
		for i, w := range ways {
			if len(out) >= mostReadings {
				break
			}
			y := x
			if i < len(ways)-1 {
				y = reading{append([]byte(nil), x.bones...), append([]gap(nil), x.gaps...)}
			}
			for j := range len(w) {
				y.bones = append(y.bones, w[j])
				y.gaps = append(y.gaps, 0)
			}
			out = append(out, y)
		}
	}
	r.all = out
}

// lastH is a Latin h at the end behind a vowel: silent in Fatimah, heard in Salah.
func (r *readings) lastH() {
	for _, x := range r.all {
		if len(r.all) >= mostReadings {
			break
		}
		r.all = append(r.all, reading{append(append([]byte(nil), x.bones...), 'h'), append(append([]gap(nil), x.gaps...), 0)})
		at := &x.gaps[len(x.gaps)-1]
		*at = *at&^onlyE | final
	}
}

// arabicBones are the consonants of Arabic letters.
var arabicBones = map[rune][]string{'ب': {"b"}, 'پ': {"b"}, 'ت': {"t"}, 'ث': {"t", "s"}, 'ج': {"j"}, 'چ': {"j"}, 'ح': {"h"}, 'ه': {"h"}, 'خ': {"x"}, 'د': {"d"},
	'ذ': {"d", "z"}, 'ر': {"r"}, 'ز': {"z"}, 'س': {"s"}, 'ش': {"c"}, 'ص': {"s"}, 'ض': {"d"}, 'ط': {"t"}, 'ظ': {"z", "d"}, 'غ': {"g"}, 'ف': {"f"}, 'ڤ': {"f"},
	'ق': {"k"}, 'ك': {"k"}, 'گ': {"j"}, 'ل': {"l"}, 'م': {"m"}, 'ن': {"n"}}

// sun are the letters that take the ل of the article before them.
const sun = "تثدذرزسشصضطظلن"

func readArabic(w string) []reading {
	r := readings{all: []reading{{gaps: []gap{0}}}}
	rs := []rune(w)
	inner := -1 // where a compound has its article
	for _, tail := range []string{"الدين", "الله"} {
		if len(w) > len(tail) && strings.HasSuffix(w, tail) {
			inner = len(rs) - utf8.RuneCountInString(tail)
		}
	}
	if strings.HasPrefix(w, "عبدال") {
		inner = 3
	}
	for i, c := range rs {
		last := i == len(rs)-1
		switch c {
		case 'ا', 'آ', 'أ', 'إ':
			if i == inner { // Abdul, Abdel, Abdal
				r.vowel(free)
			} else {
				r.vowel(hasA)
			}
		case 'و':
			r.vowel(hasU)
		case 'ي':
			r.vowel(hasI)
		case 'ع', 'ء', 'ؤ', 'ئ':
			r.vowel(free)
		case 'ه':
			if last {
				r.vowel(final)
			} else if i+1 == inner { // هبة الله: Hebatallah
				r.consonant("t", "h")
			} else {
				r.consonant("h")
			}
		case 'ل':
			switch {
			case i > 0 && rs[i-1] == 'ل': // الله, عبداللطيف: written twice, often typed once
				r.consonant("", "l")
			case i > 1 && i-1 == inner && !last && strings.ContainsRune(sun, rs[i+1]): // نورالدين: Noureddin
				r.consonant("l", "")
			default:
				r.consonant("l")
			}
		default:
			if b, ok := arabicBones[c]; ok {
				if i > 0 && rs[i-1] == c {
					r.consonant(b[0], "")
				} else {
					r.consonant(b...)
				}
			}
		}
	}
	return r.all
}

// digraphs are pairs of Latin letters with what they can be.
var digraphs = map[string][]string{"sh": {"c", "sh"}, "ch": {"c", "x", "k"}, "kh": {"x", "kh"}, "gh": {"g"}, "th": {"t", "th", "s"}, "dh": {"d", "z", "dh"}, "ph": {"f"},
	"ck": {"k"}, "zh": {"j"}, "dj": {"j"}, "tch": {"c"}}

var latinBones = map[byte][]string{'b': {"b"}, 'p': {"b"}, 't': {"t"}, 'd': {"d"}, 'j': {"j"}, 'g': {"j", "k", "g"}, 'h': {"h"}, 'k': {"k"}, 'q': {"k"}, 'l': {"l"}, 'm': {"m"},
	'n': {"n"}, 'r': {"r"}, 's': {"s"}, 'z': {"z"}, 'f': {"f"}, 'v': {"f"}, 'x': {"ks"}, '5': {"x"}, '6': {"t"}, '7': {"h"}, '9': {"s", "k"}}

// plainLatin are letters with marks as people type them on another keyboard.
var plainLatin = strings.NewReplacer("à", "a", "á", "a", "â", "a", "ä", "a", "ā", "a", "ç", "s", "è", "e", "é", "e", "ê", "e", "ë", "e", "ē", "e", "ì", "i", "í", "i", "î", "i", "ï", "i",
	"ī", "i", "ò", "o", "ó", "o", "ô", "o", "ö", "o", "ō", "o", "ù", "u", "ú", "u", "û", "u", "ü", "u", "ū", "u", "ş", "sh", "š", "sh", "ğ", "g", "ḥ", "h", "ṣ", "s", "ṭ", "t", "ḍ", "d", "ẓ", "z")

func readLatin(w string) []reading {
	w = plainLatin.Replace(w)
	r := readings{all: []reading{{gaps: []gap{0}}}}
	for i := 0; i < len(w); i++ {
		c := w[i]
		rest := w[i:]
		if ways, ok := digraphs[rest[:min(len(rest), 3)]]; ok && len(rest) >= 3 {
			r.consonant(ways...)
			i += 2
			continue
		}
		if ways, ok := digraphs[rest[:min(len(rest), 2)]]; ok && len(rest) >= 2 {
			r.consonant(ways...)
			i++
			continue
		}
		doubled := i+1 < len(w) && w[i+1] == c
		if c == 'g' && len(rest) > 2 && rest[1] == 'u' && (rest[2] == 'e' || rest[2] == 'i') {
			r.consonant(latinBones['g']...)
			i++
			continue
		}
		switch c {
		case 'a':
			r.vowel(hasA)
		case 'e':
			if doubled {
				r.vowel(hasI | strong)
				i++
			} else {
				r.vowel(hasI | onlyE)
			}
		case 'i':
			r.vowel(hasI)
		case 'y':
			r.vowel(hasI | strong)
		case 'o', 'u':
			if doubled || c == 'o' && i+1 < len(w) && w[i+1] == 'u' {
				r.vowel(hasU | strong)
				i++
			} else {
				r.vowel(hasU)
			}
		case 'w':
			r.vowel(hasU | strong)
		case '2', '3': // Arabic chat letters: ء and ع
			r.vowel(free)
		case 'h':
			if i == len(w)-1 && i > 0 && strings.IndexByte("aeiou", w[i-1]) >= 0 {
				r.lastH()
				continue
			}
			r.consonant("h")
		case 'c':
			if next := rest[min(1, len(rest)):]; next != "" && strings.IndexByte("eiy", next[0]) >= 0 {
				r.consonant("s")
			} else {
				r.consonant("k")
			}
		default:
			ways, ok := latinBones[c]
			if !ok {
				return nil // no letter of a name: nothing to hear
			}
			r.consonant(ways...)
			if doubled {
				i++
			}
		}
	}
	return r.all
}

// ears is a typed word in all its readings.
type ears struct {
	typed    string
	arab     bool
	readings []reading
	keys     []uint32
	known    []string // what the table of names says it is
}

// readingsOf reads a flat word, also without its article.
func readingsOf(w string) (all []reading, arab bool) {
	if n := utf8.RuneCountInString(w); n < 2 || n > mostRunes {
		return nil, false
	}
	if isArabic(w) {
		all = readArabic(w)
		if stem, ok := withoutArticle(w); ok {
			all = append(all, readArabic(stem)...)
		}
		return all, true
	}
	all = readLatin(w)
	if len(w) > 4 && (strings.HasPrefix(w, "el") || strings.HasPrefix(w, "al")) {
		all = append(all, readLatin(w[2:])...)
	}
	return all, false
}

func listen(typed string) ears {
	all, arab := readingsOf(typed)
	e := ears{typed: typed, arab: arab, readings: all, known: knownNames[typed]}
	e.keys = keys(all)
	e.keys = append(e.keys, nameKeys(typed)...)
	return e
}

// keysOf returns the keys under which a word can be heard.
func keysOf(w string) []uint32 {
	all, _ := readingsOf(w)
	return append(keys(all), nameKeys(w)...)
}

func keys(all []reading) []uint32 {
	var out []uint32
	for i := range all {
		if len(all[i].bones) == 0 {
			continue
		}
		h := fnv.New32a()
		h.Write(all[i].bones)
		if k := h.Sum32(); !has(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// nameKeys are the keys of the table's names that a word is or stands for, beside those of its readings.
func nameKeys(w string) []uint32 {
	names := knownNames[w]
	if tableNames[w] {
		names = []string{w}
	}
	out := make([]uint32, len(names))
	for i, name := range names {
		h := fnv.New32a()
		h.Write([]byte{0})
		h.Write([]byte(name))
		out[i] = h.Sum32()
	}
	return out
}

// god is the second half of compound names. It has an article that is no article and a long vowel that is not written: by its letters it would sound like العلي and الآية.
const god = "الله"

// like says how a word sounds beside the typed one: Sound; Alike if a short vowel may be a long one; Slip if one vowel does not fit; or No.
func (e *ears) like(word string) Closeness {
	if slices.Contains(e.known, word) || e.arab && slices.Contains(knownNames[word], e.typed) {
		return Sound
	}
	if len(e.readings) == 0 {
		return No
	}
	all, arab := readingsOf(word)
	if e.arab && arab && (e.typed == god) != (word == god) {
		return No
	}
	best := No
	for i := range e.readings {
		for j := range all {
			a, b := &e.readings[i], &all[j]
			if len(a.bones) == 0 || string(a.bones) != string(b.bones) {
				continue
			}
			var cost int
			switch {
			case e.arab && arab:
				cost = bothArabic(a.gaps, b.gaps)
			case e.arab:
				cost = across(b.gaps, a.gaps)
			case arab:
				cost = across(a.gaps, b.gaps)
			default:
				cost = bothLatin(a.gaps, b.gaps)
			}
			switch {
			case cost == 0:
				return Sound
			case len(e.known) > 0 && arab: // it is one of those names, and no neighbour of theirs
			case cost == 1:
				best = Alike
			case cost == 2:
				best = max(best, Slip)
			}
		}
	}
	return best
}

const unheard = 100

// bothArabic compares the gaps of two Arabic spellings: the same long vowels, but at the end any.
func bothArabic(a, b []gap) int {
	const written = hasA | hasI | hasU
	for i := range a {
		x, y := a[i]&written, b[i]&written
		if i == len(a)-1 {
			open := func(g gap) bool { return g&(hasA|hasI|final) != 0 }
			if x&hasU != y&hasU || open(a[i]) != open(b[i]) {
				return unheard
			}
			continue
		}
		if x != y {
			return unheard
		}
	}
	return 0
}

// bothLatin compares the gaps of two Latin spellings of one name: Mohamed and Muhammad, not Mahmoud.
func bothLatin(a, b []gap) int {
	cost := 0
	for i := range a {
		x, y := a[i], b[i]
		ends := i == 0 || i == len(a)-1
		none := func(g gap) bool { return g&(hasA|hasI|hasU|final|free) == 0 }
		switch {
		case ends && none(x) != none(y):
			return unheard
		case x&strong != y&strong && (none(x) || none(y) || x&(hasA|hasI|hasU)&y == 0):
			return unheard
		case x&strong != y&strong:
			cost++
		case x&(hasA|hasI|hasU) != y&(hasA|hasI|hasU) && ends:
			cost++
		}
	}
	return min(cost, unheard)
}

// across compares the gaps of a Latin spelling with those of an Arabic one.
func across(latin, written []gap) int {
	cost, short := 0, false
	for i := range latin {
		l, w := latin[i], written[i]
		first, last := i == 0, i == len(latin)-1
		heard := l & (hasA | hasI | hasU)
		any := w&free != 0
		switch {
		case w&hasU != 0 && l&hasU == 0:
			return unheard
		case w&hasI != 0 && l&hasI == 0 && !(last && l&hasA != 0) && !(first && w&hasA != 0 && heard != 0):
			return unheard
		case w&hasA != 0 && w&(hasI|hasU) == 0 && !any && !first && l&(hasA|hasI) == 0:
			return unheard
		case w&hasA != 0 && first && heard == 0:
			return unheard
		case w&final != 0 && l&(hasA|hasI|final) == 0, any && w&hasA != 0 && l&hasA == 0:
			return unheard
		}
		if any {
			if l&hasI != 0 && l&onlyE == 0 && w&hasI == 0 && w&hasA != 0 {
				cost++
			}
			continue
		}
		if w&(hasA|hasI|hasU|final) == 0 {
			switch {
			case first && heard != 0:
				return unheard
			case last && heard != 0:
				if l&(onlyE|strong) != onlyE || l&long != 0 {
					return unheard
				}
				cost++
			case l&strong != 0 && l&hasU != 0:
				cost++ // Boutros
			case l&strong != 0, l&long != 0:
				cost += 2
			case l&hasI != 0 && l&onlyE == 0 && !short:
				short = true // a short i is often typed and never written; twice is no worse than once
				cost++
			}
			continue
		}
		switch {
		case l&strong != 0 && l&hasU != 0 && w&hasU == 0 && !(first && w&hasA != 0):
			cost++
		case l&strong != 0 && l&hasI != 0 && w&hasI == 0:
			cost++
		case last && w&(hasA|final) != 0 && w&hasI == 0 && l&hasA == 0 && l&final == 0 && heard == hasI && l&onlyE == 0: // Nadi is no نادا
			cost += 2
		}
	}
	return cost
}
