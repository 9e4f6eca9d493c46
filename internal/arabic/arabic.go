// Package arabic derives what the registry compares from what people type.
//
// A text is stored as the person typed it (after [Clean]); keys stand beside it and are never shown:
//
//   - [Fold] is the light key, for search: spelling habits are gone (أحمد = احمد = أَحْمَد, فاطمة = فاطمه, ٣ = 3), words stay words.
//   - [NameKey] is the heavy key, for finding the same person twice: it also joins compound names (عبد الرحمن = عبدالرحمن), drops the
//     particles بن، ابن، بنت and the seat of a hamza (مؤمن = مومن).
//   - [SortKey] puts lists in the order of an Arabic dictionary under plain byte comparison.
//
// # Design
//
// The baseline is Lucene's Arabic normaliser, with the steps that Egyptian and Qatari data need on top:
//
//  1. NFKC on the key, so that presentation forms pasted from a PDF (ﻻ, ﷲ) become letters
//  2. invisible and direction marks are removed, a no-break space is a space
//  3. vowel signs, Quranic marks and the tatweel are removed
//  4. أ إ آ ٱ → ا
//  5. ى ی → ي, ک → ك
//  6. ة → ه
//  7. ؤ → و, ئ → ي, ء is dropped (heavy key only)
//  8. Arabic-Indic and Persian digits → 0-9
//  9. apostrophes are dropped; all other punctuation, symbols and spaces become one space, so that dropping never glues two words
//  10. عبد، أبو، أم، ال + word and word + الله، الدين are joined (heavy key only, after step 11)
//  11. the particles بن، ابن، بنت (bin, ben, ibn, bint) are removed (heavy key only)
//
// Latin letters become lower case, so that an English name is found in any case. The clan word آل stays a token of its own, spelt آل,
// in the heavy key: after step 4 it would otherwise be the article. All keys are idempotent.
//
// Nearly all texts are ASCII and the basic Arabic block; those take one table-driven pass over a buffer on the stack and allocate the
// result only, or nothing when the text is its own key. Everything else passes through NFKC first.
//
// # Limits
//
// رؤوف and رءوف have different heavy keys, as have رضا and راضي: pairs like the first are left to a similarity measure. "ال ثاني", typed
// without the madda, is read as the article.
package arabic

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the light key of s, for search: steps 1–6, 8 and 9 of the package comment. It is made of letters, digits and single inner
// spaces only, so it is safe to hand to a full-text index. Invalid UTF-8 counts as a space.
func Fold(s string) string {
	var stack [192]byte
	return key(stack[:0], s, &light, false)
}

// NameKey returns the heavy key of a person's name, for finding duplicates: all steps of the package comment. Two different people may
// well share a key; it proposes candidates and decides nothing.
func NameKey(s string) string {
	var stack [192]byte
	return key(stack[:0], s, &heavy, true)
}

// Tokens returns the words of Fold(s), nil if there are none.
func Tokens(s string) []string { return words(Fold(s)) }

// NameTokens returns the words of NameKey(s), nil if there are none.
func NameTokens(s string) []string { return words(NameKey(s)) }

func words(key string) []string {
	if key == "" {
		return nil
	}
	return strings.Split(key, " ")
}

// The tables map a code point to what the key holds of it. drop and a space are the special values.
const drop rune = -1

type table struct {
	ascii [128]rune
	block [256]rune // U+0600 to U+06FF
}

var light, heavy = tables()

func tables() (light, heavy table) {
	for r := range rune(128) {
		switch {
		case '0' <= r && r <= '9' || 'a' <= r && r <= 'z':
			light.ascii[r] = r
		case 'A' <= r && r <= 'Z':
			light.ascii[r] = r + 'a' - 'A'
		default:
			light.ascii[r] = other(r)
		}
	}
	for i := range light.block {
		r := rune(0x600 + i)
		to := r
		switch {
		case r >= 0x610 && r <= 0x61A, r >= 0x64B && r <= 0x65F, r >= 0x6D6 && r <= 0x6ED, r == 0x670, r == 0x640, r == 0x674:
			to = drop // marks, tatweel, high hamza
		case r >= '٠' && r <= '٩':
			to = r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			to = r - '۰' + '0'
		case unicode.IsLetter(r):
			switch r {
			case 'أ', 'إ', 'آ', 'ٱ':
				to = 'ا'
			case 'ى', 'ی':
				to = 'ي'
			case 'ک':
				to = 'ك'
			case 'ة', 'ۃ', 'ه', 'ە', 'ہ', 'ھ', 'ۀ', 'ۂ':
				to = 'ه'
			}
		default:
			to = other(r)
		}
		light.block[i] = to
	}
	heavy = light
	heavy.block['آ'-0x600] = 'آ' // told from ا until the tokens are known; see tokens
	heavy.block['ؤ'-0x600] = 'و'
	heavy.block['ئ'-0x600] = 'ي'
	heavy.block['ء'-0x600] = drop
	return light, heavy
}

// other says what a key holds of a rune outside the tables, or of one that is no letter.
func other(r rune) rune {
	switch r {
	case '\'', '`', '´', '‘', '’', 'ʼ', 'ʾ', 'ʿ', '٬':
		return drop // inside a word (Qur'an), or grouping a number
	case '\t', '\n', '\v', '\f', '\r', 0x85:
		return ' '
	}
	switch {
	case blank(r):
		return drop
	case unicode.IsLetter(r):
		return unicode.ToLower(r)
	case unicode.IsNumber(r):
		return r
	case unicode.Is(unicode.M, r):
		if unicode.Is(unicode.Arabic, r) {
			return drop // the marks of the extended blocks
		}
		return r
	}
	return ' '
}

// key appends the key of s to buf and returns it as a string, which is s itself when s is its own key.
func key(buf []byte, s string, t *table, tokens bool) string {
	buf, plain := pass(buf, s, t)
	if !plain {
		return slow(s, t, tokens)
	}
	if tokens {
		buf = joinTokens(dropParticles(clanOnly(buf)))
	}
	if string(buf) == s {
		return s
	}
	return string(buf)
}

// slow is key for a text that must be normalised. Removing a character can let its neighbours compose, so the passes run until nothing
// changes; each pass after the first only shortens, and two or three do.
func slow(s string, t *table, tokens bool) string {
	for {
		n := norm.NFKC.String(s)
		buf, _ := pass(make([]byte, 0, len(n)), n, t)
		if tokens {
			buf = joinTokens(dropParticles(clanOnly(buf)))
		}
		if string(buf) == s {
			return s
		}
		s = string(buf)
	}
}

// pass appends the letters, digits and single spaces of s under t to dst. plain is false as soon as NFKC might have changed s; dst
// is then of use only if s is in NFKC already.
func pass(dst []byte, s string, t *table) (_ []byte, plain bool) {
	plain = true
	space := false
	for i := 0; i < len(s); {
		var r rune
		n := 1
		switch c := s[i]; {
		case c < utf8.RuneSelf:
			r = t.ascii[c]
		case c >= 0xD8 && c <= 0xDB && i+1 < len(s) && s[i+1]&0xC0 == 0x80: // U+0600 to U+06FF
			n = 2
			p := rune(c&0x03)<<6 | rune(s[i+1]&0x3F)
			if p >= 0x53 && p <= 0x55 || p >= 0x75 && p <= 0x78 {
				plain = false // combining madda and hamza, letters with a compatibility form
			}
			r = t.block[p]
		default:
			r, n = utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError, r == 0xA0:
				r = ' '
			case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
				r = drop
			default:
				plain = false
				r = other(r)
			}
		}
		i += n
		switch r {
		case drop:
		case ' ':
			space = len(dst) > 0
		default:
			if space {
				dst = append(dst, ' ')
				space = false
			}
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst, plain
}

const clan = "آل" // as it stands in the heavy key

// clanOnly turns آ into ا except in the word آل. Both letters are two bytes, so it works in place.
func clanOnly(buf []byte) []byte {
	eachToken(buf, func(token []byte) {
		if string(token) == clan {
			return
		}
		for i := 0; i+1 < len(token); i++ {
			if token[i] == 0xD8 && token[i+1] == 0xA2 {
				token[i+1] = 0xA7
			}
		}
	})
	return buf
}

// eachToken calls f for each space-separated token of buf.
func eachToken(buf []byte, f func(token []byte)) {
	for start := 0; start < len(buf); {
		end := tokenEnd(buf, start)
		f(buf[start:end])
		start = end + 1
	}
}

func tokenEnd(buf []byte, start int) int {
	for start < len(buf) && buf[start] != ' ' {
		start++
	}
	return start
}

func particle(token []byte) bool {
	switch string(token) {
	case "بن", "ابن", "بنت", "bin", "ben", "ibn", "bint":
		return true
	}
	return false
}

// dropParticles removes the particles in place. A text of particles alone is kept, or else it would share the empty key.
func dropParticles(buf []byte) []byte {
	found, others := false, false
	eachToken(buf, func(token []byte) {
		if particle(token) {
			found = true
		} else {
			others = true
		}
	})
	if !found || !others {
		return buf
	}
	out := buf[:0]
	eachToken(buf, func(token []byte) {
		if particle(token) {
			return
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = append(out, token...)
	})
	return out
}

// joinTokens joins the parts of compound names in place: a token of the first kind to the next, one of the second kind to the one before.
func joinTokens(buf []byte) []byte {
	out := buf[:0]
	glue := false // the token before takes this one
	clanBefore := false
	for start := 0; start < len(buf); {
		end := tokenEnd(buf, start)
		token := buf[start:end]
		var next []byte
		if end < len(buf) {
			next = buf[end+1 : tokenEnd(buf, end+1)]
		}
		isClan := string(token) == clan
		suffix := false
		takesNext := false
		switch string(token) {
		case "الله", "الدين":
			suffix = true
		case "ال":
			// نور ال دين is نور الدين: the article makes the second kind first.
			suffix = string(next) == "له" || string(next) == "دين"
			takesNext = true
		case "عبد", "ابو", "ام":
			takesNext = true
		}
		takesNext = takesNext && len(next) > 0 && string(next) != clan
		if len(out) > 0 && !glue && (!suffix || clanBefore) {
			out = append(out, ' ')
		}
		out = append(out, token...)
		glue, clanBefore = takesNext, isClan
		start = end + 1
	}
	return out
}

// Digits returns s with Arabic-Indic (٠-٩) and Persian (۰-۹) digits as ASCII digits. Nothing else changes.
func Digits(s string) string {
	first := -1
	for i := 0; i+1 < len(s); i++ {
		if digit(s[i], s[i+1]) >= 0 {
			first = i
			break
		}
	}
	if first < 0 {
		return s
	}
	out := make([]byte, first, len(s))
	copy(out, s)
	for i := first; i < len(s); i++ {
		if i+1 < len(s) {
			if d := digit(s[i], s[i+1]); d >= 0 {
				out = append(out, byte('0'+d))
				i++
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// digit returns the value of the digit whose UTF-8 is a, b: U+0660–0669 is D9 A0–A9, U+06F0–06F9 is DB B0–B9; else -1.
func digit(a, b byte) int {
	switch {
	case a == 0xD9 && b >= 0xA0 && b <= 0xA9:
		return int(b - 0xA0)
	case a == 0xDB && b >= 0xB0 && b <= 0xB9:
		return int(b - 0xB0)
	}
	return -1
}
