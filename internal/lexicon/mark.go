package lexicon

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"muntija/internal/arabic"
)

// Span is a part of a text, in bytes.
type Span struct{ From, To int }

// Marked is how a text answers a query.
type Marked struct {
	Spans []Span // the words of the text that were found, in its order, as they stand there
	Terms int    // how many terms were found
	First bool   // the first term is the first word
	Words int    // of the text
	// Cost grows with what is between the query and the text: 0 if every term stands there as it was typed.
	Cost int
}

// cost of a term by how close it came. Three slips are dearer than a term that is missing would be cheap.
var costs = [...]int{No: 60, Slip: 20, Alike: 14, Prefix: 8, Sound: 5, Same: 0}

// textWord is a word of a text and where it stands.
type textWord struct {
	flat string
	Span
}

// split cuts a text into its words as arabic.Fold does.
func split(text string) []textWord {
	var out []textWord
	from := -1
	end := func(to int) {
		if from < 0 {
			return
		}
		for _, w := range Words(text[from:to]) {
			out = append(out, textWord{w, Span{from, to}})
		}
		from = -1
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError, !inWord(r):
			end(i)
		case from < 0 && (unicode.IsLetter(r) || unicode.IsNumber(r)):
			from = i
		}
		i += n
	}
	end(len(text))
	return out
}

// inWord reports whether a rune does not end a word: package arabic drops it or keeps it.
func inWord(r rune) bool {
	switch {
	case r >= 0x620 && r <= 0x64A, r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		return true
	case r == ' ':
		return false
	}
	return arabic.Fold("ب"+string(r)+"ب") != "ب ب"
}

// Marks finds the query in a text and says which words of the text it found, where, and how well. Each term has words of its own.
func (q Query) Marks(text string) Marked {
	words := split(text)
	m := Marked{Words: len(words)}
	hit := make([]bool, len(words))
	var list [MostTerms]found
	for i, f := range q.find(words, hit, list[:len(q.Terms)]) {
		m.Cost += costs[f.near]
		if f.near == No {
			continue
		}
		m.Terms++
		for _, k := range f.at {
			hit[k] = true
			m.First = m.First || i == 0 && k == 0
		}
	}
	for i, h := range hit {
		if !h {
			continue
		}
		if n := len(m.Spans); n > 0 && m.Spans[n-1].To >= words[i].From {
			m.Spans[n-1].To = max(m.Spans[n-1].To, words[i].To)
			continue
		}
		m.Spans = append(m.Spans, words[i].Span)
	}
	return m
}

// found is where a term stands among the words of a text.
type found struct {
	near Closeness
	at   []int
}

// find finds each term. Where two are nearest to one word, the nearer one has it, and the other one what is next best for it among the words that are left.
// taken is room for a mark on each word, out for each term.
func (q Query) find(words []textWord, taken []bool, out []found) []found {
	clash := false
	for i := range q.Terms {
		out[i].near, out[i].at = q.Terms[i].in(words, nil, q.memo)
		clash = take(taken, out[i].at) || clash
	}
	if !clash {
		return out
	}
	clear(taken)
	order := make([]int, len(out))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(out[j].near, out[i].near) })
	out = q.share(words, order)
	if k := slices.IndexFunc(order, func(i int) bool { return out[i].near == No }); k > 0 { // it may have had no choice, where the other one had
		first := order[k]
		order = slices.Insert(slices.Delete(order, k, k+1), 0, first)
		if other := q.share(words, order); cost(other) < cost(out) {
			return other
		}
	}
	return out
}

// share gives the words to the terms in an order.
func (q Query) share(words []textWord, order []int) []found {
	out := make([]found, len(q.Terms))
	taken := make([]bool, len(words))
	for _, i := range order {
		out[i].near, out[i].at = q.Terms[i].in(words, taken, q.memo)
		take(taken, out[i].at)
	}
	return out
}

// take marks words as taken and reports whether one was.
func take(taken []bool, at []int) (clash bool) {
	for _, k := range at {
		clash = clash || taken[k]
	}
	for _, k := range at { // a form may stand on one word twice
		taken[k] = true
	}
	return clash
}

func cost(list []found) (sum int) {
	for _, f := range list {
		sum += costs[f.near]
	}
	return sum
}

// in finds the term's best form among words that are not taken, and where; nil: none is.
func (t *Term) in(words []textWord, taken []bool, m *memo) (best Closeness, at []int) {
	for _, form := range t.Forms {
		c, where := Same, []int(nil)
		for _, w := range form {
			near, k := No, -1
			for i := range words {
				if taken != nil && taken[i] {
					continue
				}
				if x := m.compare(w, words[i].flat); x > near {
					near, k = x, i
				}
				if near == Same {
					break
				}
			}
			c = min(c, near)
			if near == No {
				break
			}
			where = append(where, k)
		}
		if c > best {
			best, at = c, where
		}
		if best == Same {
			break
		}
	}
	// A name that the text has joined and the query has not, the other way round from its forms: عبد الله in the text.
	if best < Prefix {
		for i := 0; i+1 < len(words); i++ {
			if taken != nil && (taken[i] || taken[i+1]) {
				continue
			}
			if c := m.compare(t.Typed, words[i].flat+words[i+1].flat); c > best && c != Prefix {
				best, at = c, []int{i, i + 1}
			}
		}
	}
	return best, at
}
