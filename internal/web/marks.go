package web

import (
	"strings"
	"unicode/utf8"
)

// stretch is a stretch of a text, and whether the other text has it otherwise.
type stretch struct {
	Text   string
	Differ bool
}

// mostMarked bounds the words that are compared one by one; longer texts are marked whole.
const mostMarked = 60

// marks cuts two texts into stretches that are alike and stretches that differ: word by word, and inside a word that stands for another one letter by letter from both
// ends. Both are nil where nothing differs.
func marks(a, b string) (x, y []stretch) {
	if a == b {
		return nil, nil
	}
	wa, wb := strings.Fields(a), strings.Fields(b)
	if len(wa) == 0 || len(wb) == 0 || len(wa) > mostMarked || len(wb) > mostMarked {
		return []stretch{{a, a != ""}}, []stretch{{b, b != ""}}
	}
	// the longest common subsequence of words, from the end so that it is read off from the start
	longest := make([][]int, len(wa)+1)
	for i := range longest {
		longest[i] = make([]int, len(wb)+1)
	}
	for i := len(wa) - 1; i >= 0; i-- {
		for j := len(wb) - 1; j >= 0; j-- {
			if wa[i] == wb[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	put := func(to *[]stretch, text string, differ bool) {
		if text == "" {
			return
		}
		if n := len(*to); n > 0 && (*to)[n-1].Differ == differ {
			(*to)[n-1].Text += text
			return
		}
		*to = append(*to, stretch{text, differ})
	}
	space := func(to *[]stretch) {
		if len(*to) > 0 {
			put(to, " ", false)
		}
	}
	for i, j := 0, 0; i < len(wa) || j < len(wb); {
		switch {
		case i < len(wa) && j < len(wb) && wa[i] == wb[j]:
			space(&x)
			space(&y)
			put(&x, wa[i], false)
			put(&y, wb[j], false)
			i, j = i+1, j+1
		case i < len(wa) && j < len(wb) && longest[i+1][j+1] == longest[i][j]: // one word stands for another
			space(&x)
			space(&y)
			head, tail := commonEnds(wa[i], wb[j])
			for _, side := range []struct {
				to   *[]stretch
				word string
			}{{&x, wa[i]}, {&y, wb[j]}} {
				put(side.to, side.word[:head], false)
				put(side.to, side.word[head:len(side.word)-tail], true)
				put(side.to, side.word[len(side.word)-tail:], false)
			}
			i, j = i+1, j+1
		case i < len(wa) && (j == len(wb) || longest[i+1][j] >= longest[i][j+1]):
			space(&x)
			put(&x, wa[i], true)
			i++
		default:
			space(&y)
			put(&y, wb[j], true)
			j++
		}
	}
	return x, y
}

// commonEnds returns how many bytes two words have in common at their beginning and at their end.
func commonEnds(a, b string) (head, tail int) {
	for head < len(a) && head < len(b) {
		r, n := utf8.DecodeRuneInString(a[head:])
		if q, m := utf8.DecodeRuneInString(b[head:]); q != r || m != n {
			break
		}
		head += n
	}
	for tail < len(a)-head && tail < len(b)-head {
		r, n := utf8.DecodeLastRuneInString(a[:len(a)-tail])
		if q, m := utf8.DecodeLastRuneInString(b[:len(b)-tail]); q != r || m != n || tail+n > len(a)-head || tail+n > len(b)-head {
			break
		}
		tail += n
	}
	return head, tail
}
