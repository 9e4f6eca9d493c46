// Package locale says things in the language of the person: sentences from catalogues, plurals, numbers, money and dates.
//
// # Design
//
// The catalogues are TOML files, one per area of the program and language: messages/ar/auth.toml and messages/en/auth.toml hold the
// same keys with the same placeholders, which [Load] checks, so a program with a hole in a language does not start. A message is
//
//	"family.saved" = "حُفظت بيانات {{.A0}}"
//
// with arguments by position ({{.A0}}, {{.A1}}, …), or a plural with the forms that CLDR gives its language (six in Arabic, two in English):
//
//	["family.count"]
//	zero = "لا أسر"
//	one = "أسرة واحدة"
//	two = "أسرتان"
//	few = "{{.Count}} أسر"
//	many = "{{.Count}} أسرة"
//	other = "{{.Count}} أسرة"
//
// A [Locale] is a language with a way of writing digits: "ar", "ar-u-nu-arab" (the same with ٠١٢…) and "en". Latin digits are the rule in
// Arabic too, because the same ids and amounts are read aloud between officials of both languages; the person may choose otherwise.
//
// To add a sentence: put the key into both files of your area, use it as {{t "area.key"}} in a template or as the key of a fault; the tests
// of this package find keys that are used but missing, and keys that nobody uses.
//
// # Why not go-i18n
//
// Its localizer runs a text/template over a map at each call: 2.4 µs and 11 allocations for a message with two arguments, 2.0 µs for a plural,
// against 0.25 µs and 0.19 µs here (BenchmarkT); a page says hundreds of sentences. Messages here are cut at their placeholders when loaded and put
// together without reflection; the choice of the plural form is left to golang.org/x/text, which carries the CLDR rules.
package locale

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"muntija/internal/calendar"
)

//go:embed messages
var messages embed.FS

// Names of the locales, as they stand in a user's record and in <html lang>.
const (
	Arabic       = "ar"           // Arabic with the digits 0-9
	ArabicDigits = "ar-u-nu-arab" // Arabic with the digits ٠-٩
	English      = "en"
)

// Names returns the names of all locales, the default first.
func Names() []string { return []string{Arabic, ArabicDigits, English} }

// languages are the catalogues' folders with the plural forms each must give (CLDR 45, Language Plural Rules, cardinal).
var languages = map[string]struct {
	tag   language.Tag
	forms []string
}{
	"ar": {language.Arabic, []string{"zero", "one", "two", "few", "many", "other"}},
	"en": {language.English, []string{"one", "other"}},
}

// Bundle is all catalogues. It does not change after Load and is safe for concurrent use.
type Bundle struct {
	locales map[string]*Locale
	keys    []string
}

// Locale is one language and one way of writing digits.
type Locale struct {
	name, lang string
	tag        language.Tag
	arabDigits bool
	messages   map[string]*message
}

// message is cut at its placeholders; a plural has a text for each form.
type message struct {
	plain  text
	plural map[plural.Form]text
}

type text []segment

// segment is a literal, or, where lit is "", an argument by number (countArg for the count).
type segment struct {
	lit string
	arg int
}

const countArg = -1

var forms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// Default returns the embedded catalogues. It panics if they are not well formed, which the package's tests show first.
var Default = sync.OnceValue(func() *Bundle {
	sub, err := fs.Sub(messages, "messages")
	if err == nil {
		var b *Bundle
		if b, err = Load(sub); err == nil {
			return b
		}
	}
	panic(err)
})

// Load reads ar/*.toml and en/*.toml from fsys. It fails, naming file and key, if a file is not well formed, if a key stands twice, is
// missing in a language, differs in its placeholders between languages, or lacks a plural form.
func Load(fsys fs.FS) (*Bundle, error) {
	byLang := map[string]map[string]*message{}
	for lang, l := range languages {
		files, err := fs.Glob(fsys, lang+"/*.toml")
		if err != nil {
			return nil, fmt.Errorf("listing the catalogues of %s: %w", lang, err)
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("no catalogues for %s", lang)
		}
		byLang[lang] = map[string]*message{}
		for _, file := range files {
			if err := readCatalogue(fsys, file, l.forms, byLang[lang]); err != nil {
				return nil, err
			}
		}
	}
	if err := compare(byLang["ar"], byLang["en"]); err != nil {
		return nil, err
	}
	b := &Bundle{locales: map[string]*Locale{}}
	for _, name := range Names() {
		lang := name[:2]
		b.locales[name] = &Locale{name: name, lang: lang, tag: languages[lang].tag, arabDigits: name == ArabicDigits, messages: byLang[lang]}
	}
	for k := range byLang["ar"] {
		b.keys = append(b.keys, k)
	}
	sort.Strings(b.keys)
	return b, nil
}

func readCatalogue(fsys fs.FS, file string, want []string, into map[string]*message) error {
	raw, err := fs.ReadFile(fsys, file)
	if err != nil {
		return fmt.Errorf("reading the catalogue %s: %w", file, err)
	}
	var entries map[string]any
	if _, err := toml.Decode(string(raw), &entries); err != nil {
		return fmt.Errorf("reading the catalogue %s: %w", file, err)
	}
	for key, v := range entries {
		if into[key] != nil {
			return fmt.Errorf("%s: the key %q stands in another catalogue too", file, key)
		}
		m := &message{}
		switch v := v.(type) {
		case string:
			if m.plain, err = cut(v, false); err != nil {
				return fmt.Errorf("%s: %q: %w", file, key, err)
			}
		case map[string]any:
			m.plural = map[plural.Form]text{}
			for form, s := range v {
				str, ok := s.(string)
				if !ok || !slices.Contains(want, form) {
					return fmt.Errorf("%s: %q: %q is not a plural form of this language (a key with dots needs quotes)", file, key, form)
				}
				if m.plural[forms[form]], err = cut(str, true); err != nil {
					return fmt.Errorf("%s: %q: %w", file, key, err)
				}
			}
			if len(v) != len(want) {
				return fmt.Errorf("%s: %q has %d plural forms, want %s", file, key, len(v), strings.Join(want, ", "))
			}
		default:
			return fmt.Errorf("%s: %q is neither a text nor a table of plural forms", file, key)
		}
		into[key] = m
	}
	return nil
}

// cut splits a message at its placeholders.
func cut(s string, counts bool) (text, error) {
	var out text
	for s != "" {
		lit, rest, found := strings.Cut(s, "{{")
		if lit != "" {
			out = append(out, segment{lit: lit})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}}")
		name = strings.TrimSpace(name)
		switch {
		case !closed:
			return nil, fmt.Errorf("an open {{ without }}")
		case name == ".Count" && counts:
			out = append(out, segment{arg: countArg})
		case len(name) == 3 && strings.HasPrefix(name, ".A") && name[2] >= '0' && name[2] <= '9':
			out = append(out, segment{arg: int(name[2] - '0')})
		default:
			return nil, fmt.Errorf("the placeholder {{%s}} is not one of {{.A0}} … {{.A9}}, or {{.Count}} in a plural", name)
		}
		s = after
	}
	return out, nil
}

// args returns the set of arguments a message uses, as bits.
func (m *message) args() (bits uint16) {
	texts := []text{m.plain}
	for _, t := range m.plural {
		texts = append(texts, t)
	}
	for _, t := range texts {
		for _, s := range t {
			if s.lit == "" && s.arg >= 0 {
				bits |= 1 << s.arg
			}
		}
	}
	return bits
}

func compare(ar, en map[string]*message) error {
	var bad []string
	for key, m := range ar {
		other := en[key]
		switch {
		case other == nil:
			bad = append(bad, key+": missing in English")
		case (m.plural == nil) != (other.plural == nil):
			bad = append(bad, key+": a plural in one language only")
		case m.args() != other.args():
			bad = append(bad, key+": other placeholders in Arabic than in English")
		}
	}
	for key := range en {
		if ar[key] == nil {
			bad = append(bad, key+": missing in Arabic")
		}
	}
	if len(bad) > 0 {
		sort.Strings(bad)
		return fmt.Errorf("the catalogues differ:\n  %s", strings.Join(bad, "\n  "))
	}
	return nil
}

// Keys returns every key, sorted.
func (b *Bundle) Keys() []string { return slices.Clone(b.keys) }

// For returns the locale of that name, Arabic for a name we do not have.
func (b *Bundle) For(name string) *Locale {
	if l := b.locales[name]; l != nil {
		return l
	}
	return b.locales[Arabic]
}

// Match returns the name of the locale that best answers an Accept-Language header: English only if it is asked for before Arabic.
func Match(acceptLanguage string) string {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Arabic
	}
	for _, t := range tags {
		switch base, _ := t.Base(); base.String() {
		case "ar":
			return Arabic
		case "en":
			return English
		}
	}
	return Arabic
}

// Valid reports whether name is one of [Names].
func Valid(name string) bool { return slices.Contains(Names(), name) }

// Name returns the locale's name, one of [Names].
func (l *Locale) Name() string { return l.name }

// Lang returns the language, "ar" or "en", for the lang attribute.
func (l *Locale) Lang() string { return l.lang }

// Dir returns "rtl" or "ltr", for the dir attribute.
func (l *Locale) Dir() string {
	if l.lang == "ar" {
		return "rtl"
	}
	return "ltr"
}

// Has reports whether there is a message of this key.
func (l *Locale) Has(key string) bool { return l.messages[key] != nil }

// T returns the message of a key with its arguments put in. Numbers are written as [Locale.Num] does, instants and dates as dates, a
// value with a method MessageKey() string as the message of that key, one with Message() (key, args) as that message with its
// arguments, one with In(lang) as its name in this language. A missing key gives ⟦key⟧, so that it is seen.
func (l *Locale) T(key string, args ...any) string {
	m := l.messages[key]
	if m == nil {
		return "⟦" + key + "⟧"
	}
	if m.plural != nil {
		// A plural asked for without a count: its first whole number counts.
		for _, a := range args {
			if n, ok := integer(a); ok {
				return l.join(m.plural[l.form(n)], n, args)
			}
		}
		return l.join(m.plural[plural.Other], 0, args)
	}
	return l.join(m.plain, 0, args)
}

// N returns the message of a key in the plural form that count asks for, with {{.Count}} and the further arguments put in.
func (l *Locale) N(key string, count int, args ...any) string {
	m := l.messages[key]
	if m == nil {
		return "⟦" + key + "⟧"
	}
	if m.plural == nil {
		return l.join(m.plain, int64(count), args)
	}
	return l.join(m.plural[l.form(int64(count))], int64(count), args)
}

func (l *Locale) form(n int64) plural.Form {
	if n < 0 {
		n = -n
	}
	if n > 1_000_000 {
		n = 1_000_000 + n%1_000_000 // the rules look at the last digits only; x/text counts in int
	}
	f := plural.Cardinal.MatchPlural(l.tag, int(n), 0, 0, 0, 0)
	if l.lang == "en" && f != plural.One {
		return plural.Other
	}
	return f
}

func (l *Locale) join(t text, count int64, args []any) string {
	if len(t) == 1 && t[0].lit != "" {
		return t[0].lit
	}
	var b strings.Builder
	for _, s := range t {
		switch {
		case s.lit != "":
			b.WriteString(s.lit)
		case s.arg == countArg:
			b.WriteString(l.Num(count))
		case s.arg < len(args):
			b.WriteString(l.value(args[s.arg]))
		default:
			b.WriteString("⟦" + strconv.Itoa(s.arg) + "⟧")
		}
	}
	return b.String()
}

// value writes an argument as a reader of this locale expects it.
func (l *Locale) value(a any) string {
	if n, ok := integer(a); ok {
		return l.Num(n)
	}
	switch a := a.(type) {
	case nil:
		return ""
	case Raw:
		return string(a)
	case string:
		return l.isolate(a)
	case float64:
		return l.digits(strconv.FormatFloat(a, 'f', -1, 64))
	case time.Time:
		return l.DateTime(a, time.UTC)
	case interface{ Message() (string, []any) }:
		key, args := a.Message()
		return l.T(key, args...)
	case interface{ MessageKey() string }:
		return l.T(a.MessageKey())
	case interface{ In(lang string) string }:
		return l.isolate(a.In(l.lang))
	case calendar.Date:
		return l.Date(a)
	case fmt.Stringer:
		return l.isolate(a.String())
	case error:
		return l.isolate(a.Error())
	default:
		return l.isolate(fmt.Sprint(a))
	}
}

func integer(a any) (int64, bool) {
	switch a := a.(type) {
	case int:
		return int64(a), true
	case int64:
		return a, true
	case int32:
		return int64(a), true
	case int8:
		return int64(a), true
	case int16:
		return int64(a), true
	case uint8:
		return int64(a), true
	case uint16:
		return int64(a), true
	case uint32:
		return int64(a), true
	case uint:
		return int64(a), true //nolint:gosec // counts of things on a screen
	case uint64:
		return int64(a), true //nolint:gosec // as above
	}
	return 0, false
}

// isolate puts U+2068 … U+2069 around a run that would disturb the order of the sentence it stands in: Latin letters, digits or signs in an
// Arabic sentence, Arabic letters in an English one (Unicode Standard Annex 9, section 2.7).
func (l *Locale) isolate(s string) string {
	foreign := strings.ContainsFunc(s, func(r rune) bool {
		if l.lang == "ar" {
			return r < 0x600 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("+-/@#%", r))
		}
		return unicode.Is(unicode.Arabic, r) || unicode.Is(unicode.Hebrew, r)
	})
	if !foreign {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// MessageFiles returns the names of the embedded catalogue files of one language, for tests and tools.
func MessageFiles(lang string) []string {
	files, err := fs.Glob(messages, path.Join("messages", lang, "*.toml"))
	if err != nil {
		return nil // the pattern is constant and good
	}
	return files
}
