package arabic

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean returns what is stored of a single-line input: letters, hamzas, vowel signs and digits as the person typed them, in NFC, with
// the ends trimmed and each run of spaces and line breaks as one space. NUL and other control characters, direction marks and characters
// that show nothing (zero-width, soft hyphen, Hangul fillers …) are removed: they hide differences and turn the line that is shown.
// Invalid UTF-8 becomes U+FFFD, so that the loss is seen. Clean(Clean(s)) == Clean(s).
func Clean(s string) string {
	if IsClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s { // an invalid byte ranges as U+FFFD
		switch {
		case lineBreak(r) || unicode.IsSpace(r):
			space = b.Len() > 0
		case blank(r):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// CleanText is Clean for a text of several lines: line breaks stay, as "\n" and at most two in a row, and so do the joiners and the
// left-to-right and right-to-left marks, which prose may need. Embeddings, overrides and isolates are removed: pages isolate typed text
// themselves.
func CleanText(s string) string {
	if IsClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space, breaks := false, 0
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for _, r := range s {
		switch {
		case lineBreak(r):
			space = false
			if b.Len() > 0 {
				breaks++
			}
		case unicode.IsSpace(r):
			space = b.Len() > 0 && breaks == 0
		case blank(r) && r != 0x200C && r != 0x200D && r != 0x200E && r != 0x200F:
		default:
			for range min(breaks, 2) {
				b.WriteByte('\n')
			}
			breaks = 0
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// IsClean reports whether [Clean] and [CleanText] leave s as it is for certain, looking no further than ASCII and the letters and digits of the Arabic block. Of what people
// type in a form that is nearly all.
func IsClean(s string) bool {
	space := true // a space now would be leading
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ':
			if space {
				return false
			}
			space = true
			continue
		case c > ' ' && c < 0x7F:
		case c >= 0xD8 && c <= 0xDB && i+1 < len(s) && s[i+1]&0xC0 == 0x80:
			i++
			p := rune(c&0x03)<<6 | rune(s[i]&0x3F)
			if p < 0x0C || light.block[p] == drop {
				return false // a mark, which NFC may compose or reorder, or a format character
			}
		default:
			return false
		}
		space = false
	}
	return !space || s == ""
}

func lineBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// blank reports whether r shows nothing: control and format characters, fillers and joiners. Spaces are not meant. The Arabic number
// signs (U+0600–0605, U+06DD, U+0890–0891, U+08E2) are format characters that show.
func blank(r rune) bool {
	switch {
	case r < ' ' || r >= 0x7F && r <= 0x9F:
		return r != '\t' && !lineBreak(r)
	case r >= 0x600 && r <= 0x605, r == 0x6DD, r == 0x890, r == 0x891, r == 0x8E2:
		return false
	case r == 0x34F, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x2800, r == 0x3164, r == 0xFFA0:
		return true
	}
	return r >= utf8.RuneSelf && unicode.Is(unicode.Cf, r)
}

// HasBidiControl reports whether s holds a character that changes the direction of text (ALM, LRM, RLM, embeddings, overrides, isolates).
// No id, code, phone number or e-mail address needs one, so strict fields may refuse it instead of cleaning it away.
func HasBidiControl(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case 0xD8: // U+061C
			if i+1 < len(s) && s[i+1] == 0x9C {
				return true
			}
		case 0xE2: // U+200E, U+200F, U+202A–202E, U+2066–2069
			if i+2 >= len(s) {
				return false
			}
			a, b := s[i+1], s[i+2]
			if a == 0x80 && (b == 0x8E || b == 0x8F || b >= 0xAA && b <= 0xAE) || a == 0x81 && b >= 0xA6 && b <= 0xA9 {
				return true
			}
		}
	}
	return false
}
