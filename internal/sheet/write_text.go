package sheet

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// cutUnits cuts a text to a number of UTF-16 units, which is how the format counts, without cutting a character.
func cutUnits(s string, n int) string {
	if len(s) <= n {
		return s
	}
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(max(r, 0)); units > n {
			return s[:i]
		}
	}
	return s
}

// cleanText makes a text fit for a cell: valid UTF-8 and no longer than Excel takes.
func cleanText(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if len(s) > maxText {
		s = cutUnits(s, maxText)
	}
	return s
}

// dangerous reports whether a spreadsheet could take a text for a formula: by its first character once a person edits the cell, or a program reads it
// from CSV (OWASP, CSV injection). Full-width forms count: some programs narrow them.
func dangerous(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	}
	for _, p := range [...]string{"＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// preserved reports whether a reader would change a text without xml:space: white space at an end, or more than one in a row.
func preserved(s string) bool {
	if s == "" {
		return false
	}
	if s[0] <= ' ' || s[len(s)-1] <= ' ' {
		return true
	}
	for i := 1; i < len(s); i++ {
		if s[i] < ' ' || s[i] == ' ' && s[i-1] == ' ' {
			return true
		}
	}
	return false
}

const hexDigits = "0123456789ABCDEF"

// appendEscaped writes a text as XML. In the text of a cell the characters that XML cannot hold are written _xHHHH_, and an underscore that would read
// as the beginning of such an escape is written so itself (ECMA-376 part 1, 22.9.2.19), so that every text comes back as it was; in an attribute they
// are left out.
func appendEscaped(b []byte, s string, cell bool) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c > '>' && c < 0x7f && c != '_' || c >= ' ' && c < '"' || c > '"' && c < '&' || c > '\'' && c < '<' || c == '=' {
			continue
		}
		with := ""
		n := 1
		switch {
		case c == '&':
			with = "&amp;"
		case c == '<':
			with = "&lt;"
		case c == '>':
			with = "&gt;"
		case c == '"' && !cell:
			with = "&quot;"
		case c == '\t' || c == '\n':
			if cell {
				continue
			}
			with = "&#" + string('0'+c/10) + string('0'+c%10) + ";"
			if c == '\t' {
				with = "&#9;"
			}
		case c < ' ':
			if cell {
				with = "_x00" + string(hexDigits[c>>4]) + string(hexDigits[c&15]) + "_"
			}
		case c == '_' && cell:
			if _, ok := escapeAt([]byte(s[i:min(len(s), i+7)])); !ok {
				continue
			}
			with = "_x005F_"
		case c == 0xef && (strings.HasPrefix(s[i:], "\uFFFE") || strings.HasPrefix(s[i:], "\uFFFF")):
			n = 3
			if cell {
				with = "_xFFF" + string(hexDigits[s[i+2]&15]) + "_"
			}
		default:
			continue
		}
		b = append(append(b, s[from:i]...), with...)
		i += n - 1
		from = i + 1
	}
	return append(b, s[from:]...)
}
