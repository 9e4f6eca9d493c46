package arabic

import (
	"strings"
	"unicode/utf8"
)

// SortKey returns a key whose byte order is the order of an Arabic dictionary: ا ب ت … ه و ي, blind to vowel signs, to the seat of a
// hamza and to the article ال of each word. Latin names come before Arabic ones, shorter before longer.
//
// It is made from Fold rather than by a collation library. After folding, the code points of the Arabic letters stand in alphabetical
// order already; the key is plain text, so both database engines sort it alike without a collation of their own; and no collation
// table ignores the article. The Persian letters of Gulf and Egyptian spelling (پ چ ژ ڤ گ) sort just after the letter they are written on.
//
// The article is told from a name that begins with the same letters (إلهام, ألفت) by the hamza, if it was typed, and by a short list of
// such names if it was not.
func SortKey(s string) string {
	buf := make([]byte, 0, len(s)+8)
	for word := range strings.FieldsSeq(Clean(s)) {
		folded := Fold(word)
		if len(folded) > len("الxx") && strings.HasPrefix(folded, "ال") && plainAlef(word) && !notArticle[folded] {
			folded = folded[len("ال"):]
		}
		if folded == "" {
			continue
		}
		if len(buf) > 0 {
			buf = append(buf, ' ')
		}
		for _, r := range folded {
			switch r {
			case 'ؤ':
				r = 'و'
			case 'ئ':
				r = 'ي'
			case 'پ':
				buf = append(buf, "ب"...)
				r = after
			case 'چ':
				buf = append(buf, "ج"...)
				r = after
			case 'ژ':
				buf = append(buf, "ز"...)
				r = after
			case 'ڤ':
				buf = append(buf, "ف"...)
				r = after
			case 'گ':
				buf = append(buf, "ك"...)
				r = after
			}
			buf = utf8.AppendRune(buf, r)
		}
	}
	if string(buf) == s {
		return s
	}
	return string(buf)
}

// after is the last letter of the Arabic block: base letter + after sorts behind all words with the base letter alone.
const after = 'ۿ'

// notArticle holds folded words in which ال belongs to the word, for people who type them without the hamza.
var notArticle = map[string]bool{
	"الله": true, "الهام": true, "الفت": true, "الياس": true, "اليسار": true, "الاء": true, "الين": true, "اليانا": true, "اليزابيث": true, "الطاف": true,
	"الماس": true, "الفريد": true, "البرت": true, "الكسندرا": true, "الكترونيات": true, "الكتروني": true, "الكترونيه": true, "المانيا": true, "الف": true,
}

// plainAlef reports whether the first letter of a word that folds to ا… was typed as a bare alef.
func plainAlef(word string) bool {
	for _, r := range word {
		switch r {
		case 'ا', 'ٱ':
			return true
		case 'أ', 'إ', 'آ':
			return false
		}
	}
	return true // presentation forms
}
