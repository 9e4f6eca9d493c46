package lexicon

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"muntija/internal/arabic"
)

// Limits of a query.
const (
	MostTerms  = 8
	mostRunes  = 40  // of a word
	mostTyped  = 400 // bytes of a query that are read
	mostForms  = 6
	leastStem  = 3 // letters behind an article or a first part
	leastWhole = 5 // letters of a word with its article
)

// Term is one word of a query with the forms that stand for it.
type Term struct {
	Typed string // flat
	// Forms are the ways in which the term may stand in a text; all words of a form must be there. The first one is what was typed.
	Forms [][]string
}

// Query is what somebody looks for: all its terms. The zero value looks for nothing.
type Query struct {
	Terms []Term
	memo  *memo
}

// memo is what a query has compared already. The texts that one search looks at share their words: most people found bear the name that was typed.
type memo struct {
	mu    sync.Mutex
	ears  map[string]ears
	close map[[2]string]Closeness // of what was typed and a word
}

// mostClose bounds the memory of a query that is put to very many texts.
const mostClose = 4096

// compare is [Compare], once for each pair.
func (m *memo) compare(typed, word string) Closeness {
	if m == nil {
		return Compare(typed, word)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	pair := [2]string{typed, word}
	c, ok := m.close[pair]
	if ok {
		return c
	}
	heard, ok := m.ears[typed]
	if !ok {
		heard = listen(typed)
		m.ears[typed] = heard
	}
	c = heard.compare(word)
	if len(m.close) < mostClose {
		m.close[pair] = c
	}
	return c
}

// Empty reports whether there is nothing to look for.
func (q Query) Empty() bool { return len(q.Terms) == 0 }

// Flat takes the seats of hamzas from a key of arabic.Fold, in place: مؤمن is مومن, عائشه is عايشه.
func Flat(word []byte) []byte {
	out := word[:0]
	for i := 0; i < len(word); i++ {
		if word[i] == 0xD8 && i+1 < len(word) {
			switch word[i+1] {
			case 0xA1: // ء
				i++
				continue
			case 0xA4: // ؤ
				out = append(out, 0xD9, 0x88)
				i++
				continue
			case 0xA6: // ئ
				out = append(out, 0xD9, 0x8A)
				i++
				continue
			}
			out = append(out, word[i], word[i+1])
			i++
			continue
		}
		out = append(out, word[i])
	}
	return out
}

// Words returns the flat words of a text, nil if there are none.
func Words(text string) []string {
	var out []string
	for _, w := range arabic.Tokens(text) {
		if w = string(Flat([]byte(w))); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// particles say whose child somebody is, and nothing of their own.
var particles = map[string]bool{"بن": true, "ابن": true, "بنت": true, "bin": true, "ben": true, "ibn": true, "bint": true}

// articles stand alone where a name was split.
var articles = map[string]bool{"ال": true, "al": true, "el": true, "ul": true}

// firsts begin a compound name; lasts end one.
var (
	firsts = map[string]bool{"عبد": true, "ابو": true, "ام": true, "abd": true, "abdel": true, "abdul": true, "abdal": true, "abu": true, "abou": true, "abo": true,
		"om": true, "um": true, "umm": true}
	lasts = map[string]bool{"الله": true, "الدين": true, "allah": true, "eldin": true, "eldeen": true, "aldin": true, "uddin": true}
)

// Parse reads what was typed. It takes any text, in bounded time.
func Parse(text string) Query {
	if len(text) > mostTyped {
		n := mostTyped
		for !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	words := Words(text)
	for i, w := range words {
		words[i] = w[:byteAt(w, mostRunes)]
	}
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return particles[w] || articles[w] })
	if len(kept) > 0 {
		words = kept
	}
	q := Query{memo: &memo{ears: map[string]ears{}, close: map[[2]string]Closeness{}}}
	for i := 0; i < len(words) && len(q.Terms) < MostTerms; i++ {
		w := words[i]
		switch {
		case firsts[w] && i+1 < len(words):
			q.add(pair(w, words[i+1]))
			i++
		case i+1 < len(words) && lasts[words[i+1]]:
			q.add(pair(w, words[i+1]))
			i++
		default:
			q.add(single(w))
		}
	}
	return q
}

func (q *Query) add(t Term) {
	if !slices.ContainsFunc(q.Terms, func(x Term) bool { return x.Typed == t.Typed }) {
		q.Terms = append(q.Terms, t)
	}
}

func (t *Term) form(words ...string) {
	if len(t.Forms) < mostForms && !slices.ContainsFunc(t.Forms, func(f []string) bool { return slices.Equal(f, words) }) {
		t.Forms = append(t.Forms, words)
	}
}

// pair is a compound name that was typed as two words.
func pair(first, second string) Term {
	t := Term{Typed: first + second}
	t.form(first + second)
	t.form(first, second)
	if isArabic(first) && isArabic(second) {
		if stem, ok := withoutArticle(second); ok {
			t.form(first + stem)
		} else if first == "عبد" && second != "الله" {
			t.form(first + "ال" + second)
		}
	}
	return t
}

// single is a word, which may be a compound that was typed as one.
func single(w string) Term {
	t := Term{Typed: w}
	t.form(w)
	if !isArabic(w) {
		t.latinForms(w)
		return t
	}
	for _, first := range []string{"عبد", "ابو"} {
		if rest, ok := strings.CutPrefix(w, first); ok && utf8.RuneCountInString(rest) >= leastStem {
			t.form(first, rest)
		}
	}
	for last := range lasts {
		if rest, ok := strings.CutSuffix(w, last); ok && isArabic(last) && utf8.RuneCountInString(rest) >= 2 {
			t.form(rest, last)
		}
	}
	slices.SortStableFunc(t.Forms[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) }) // lasts is a map
	if stem, ok := withoutArticle(w); ok {
		t.form(stem)
	} else if utf8.RuneCountInString(w) >= 2 {
		t.form("ال" + w)
	}
	return t
}

// latinForms are the forms of a compound that was typed as one Latin word.
func (t *Term) latinForms(w string) {
	for _, name := range knownNames[w] {
		if rest, ok := strings.CutPrefix(name, "عبد"); ok && rest != "ه" {
			t.form("عبد", rest)
		}
	}
	for _, tail := range [...][2]string{{"allah", "الله"}, {"ullah", "الله"}, {"eldin", "الدين"}, {"aldin", "الدين"}, {"eddin", "الدين"}, {"uddin", "الدين"}, {"eldeen", "الدين"},
		{"eddine", "الدين"}, {"eldine", "الدين"}} {
		if rest, ok := strings.CutSuffix(w, tail[0]); ok && len(rest) >= leastStem && rest != "abd" {
			if tail[1] == "الله" {
				rest = strings.TrimSuffix(rest, "t") // Hebatallah
			}
			t.form(rest, tail[1])
		}
	}
	rest, ok := strings.CutPrefix(w, "abd")
	switch {
	case ok && len(rest) >= 2+leastStem && (rest[1] == 'l' || rest[1] == rest[2]): // Abdulaziz, Abderrahman
		t.form("عبد", rest[2:])
	case ok && len(rest) >= leastStem:
		t.form("عبد", rest)
	}
	for _, first := range []string{"abou", "abu"} {
		if rest, ok := strings.CutPrefix(w, first); ok && len(rest) >= leastStem {
			t.form("ابو", rest)
		}
	}
}

func withoutArticle(w string) (string, bool) {
	stem, ok := strings.CutPrefix(w, "ال")
	return stem, ok && w != "الله" && utf8.RuneCountInString(w) >= leastWhole
}

func isArabic(w string) bool {
	for _, r := range w {
		if r >= 0x620 && r <= 0x64A {
			return true
		}
	}
	return false
}
