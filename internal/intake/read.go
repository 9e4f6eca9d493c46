package intake

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/fault"
)

// checker gathers the problems of one input. Within a repeatable row, list and row say which; problem fields are put together only when there
// is a problem.
type checker struct {
	Context
	ps   fault.Problems
	list string
	row  int
}

func (c *checker) in(list string, row int) { c.list, c.row = list, row }
func (c *checker) out()                    { c.list = "" }

func (c *checker) field(name string) string {
	if c.list == "" {
		return name
	}
	return at(c.list, c.row, name)
}

func (c *checker) add(name, key string, args ...any)  { c.ps.Add(c.field(name), key, args...) }
func (c *checker) warn(name, key string, args ...any) { c.ps.Warn(c.field(name), key, args...) }

func (c *checker) fail(name string, err error) {
	key, args := messageOf(err)
	c.add(name, key, args...)
}

func (c *checker) need(name, value string) bool {
	if value == "" {
		c.add(name, "problem.required")
		return false
	}
	return true
}

// code returns a value of a list that the party's form offers, else "": the shape check has said what is wrong.
func code[T ~string](c *checker, list, value string) T {
	if value == "" || !choices()[c.Party][list][value] {
		return ""
	}
	return T(value)
}

// earliest is the first day that a form takes: no living person and no paper of one is older.
var earliest = func() calendar.Date {
	d, err := calendar.New(1900, 1, 1)
	if err != nil {
		panic(err)
	}
	return d
}()

// date reads a date typed in either calendar; zero if there is none or it cannot be read.
func (c *checker) date(name, s string) calendar.Date {
	if s == "" {
		return 0
	}
	if len(s) == 10 && (s[0] == '1' && s[1] == '9' || s[0] == '2' && s[1] == '0') && s[4] == '-' { // as stored: the quick way
		if d, err := calendar.Parse(s); err == nil {
			return d
		}
	}
	d, _, err := calendar.ParseTyped(s)
	if err != nil {
		c.fail(name, err)
		return 0
	}
	if d.Before(earliest) {
		c.add(name, "problem.date_early")
		return 0
	}
	return d
}

// past is date for a day that cannot lie ahead.
func (c *checker) past(name, s string) calendar.Date {
	d := c.date(name, s)
	if !d.IsZero() && d.After(c.Today) {
		c.add(name, "problem.date_future")
		return 0
	}
	return d
}

// whole reads a whole number in any digits between min and max; 0 if there is none or it cannot be read.
func (c *checker) whole(name, s string, min, max int) int {
	if s == "" {
		return 0
	}
	s = strings.TrimSpace(arabic.Digits(s))
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || n > 1_000_000 {
			c.add(name, "problem.whole_number")
			return 0
		}
		n = n*10 + int(s[i]-'0')
	}
	if s == "" || n < min || n > max {
		c.add(name, "problem.range", min, max)
		return 0
	}
	return n
}

// year is whole without grouping in its messages: a year is written 1990, not 1,990.
func (c *checker) year(name, s string, min, max int) int {
	if s == "" {
		return 0
	}
	s = strings.TrimSpace(arabic.Digits(s))
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 4 || n < min || n > max {
		c.add(name, "problem.year", strconv.Itoa(min), strconv.Itoa(max))
		return 0
	}
	return n
}

// yes reads a tick. A browser sends "yes" (or its own "on"), a workbook what people write.
func (c *checker) yes(name, s string) bool {
	switch strings.ToLower(s) {
	case "yes", "on", "true", "1", "نعم":
		return true
	case "", "no", "off", "false", "0", "لا":
		return false
	}
	c.add(name, "problem.choice")
	return false
}

// percent reads 0 to 100 with or without a sign, and whether anything was typed.
func (c *checker) percent(name, s string) (int, bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r == '%' || r == '٪' || r == ' ' })
	if s == "" {
		return 0, false
	}
	before := len(c.ps)
	n := c.whole(name, s, 0, 100)
	return n, len(c.ps) == before
}

// maxMoney is the largest amount a form takes, in minor units: ten thousand million pounds or riyals. More is a slip of the finger.
const maxMoney = 10_000_000_000 * 100

// money reads an amount into minor units: "1,250.50", "١٬٢٥٠٫٥٠", "1250". Groups must be of three, decimals at most two; a comma before anything but
// a group is refused, because it may be meant as a decimal sign.
func (c *checker) money(name, s string) int64 {
	if s == "" {
		return 0
	}
	n, ok := parseMoney(s)
	if !ok {
		c.add(name, "problem.money")
		return 0
	}
	if n > maxMoney {
		c.add(name, "problem.money_max")
		return 0
	}
	return n
}

var currencyWords = []string{"egp", "qar", "l.e.", "le", "ج.م.", "ج.م", "ر.ق.", "ر.ق", "جنيها", "جنيه", "جم", "ريال", "ريالا"}

var separators = strings.NewReplacer("٬", ",", "،", ",", "٫", ".", "'", ",", " ", ",")

func parseMoney(s string) (int64, bool) {
	s = strings.ToLower(strings.TrimSpace(arabic.Digits(s)))
	for _, w := range currencyWords {
		if t, ok := strings.CutSuffix(s, w); ok {
			s = strings.TrimSpace(t)
			break
		}
		if t, ok := strings.CutPrefix(s, w); ok {
			s = strings.TrimSpace(t)
			break
		}
	}
	s = separators.Replace(s)
	units, cents, decimal := strings.Cut(s, ".")
	if decimal && (len(cents) == 0 || len(cents) > 2) {
		return 0, false
	}
	groups := strings.Split(units, ",")
	n := int64(0)
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && (len(g) == 0 || len(groups) > 1 && len(g) > 3) {
			return 0, false
		}
		for j := range len(g) {
			if g[j] < '0' || g[j] > '9' || n > math.MaxInt64/10_000 {
				return 0, false
			}
			n = n*10 + int64(g[j]-'0')
		}
	}
	n *= 100
	for j := range len(cents) {
		if cents[j] < '0' || cents[j] > '9' {
			return 0, false
		}
		d := int64(cents[j] - '0')
		if j == 0 {
			d *= 10
		}
		n += d
	}
	return n, true
}

// formatMoney is what parseMoney reads back: "1250.50", "1250".
func formatMoney(n int64) string {
	s := strconv.FormatInt(n/100, 10)
	if cents := n % 100; cents != 0 {
		s += "." + string([]byte{'0' + byte(cents/10), '0' + byte(cents%10)})
	}
	return s
}

// degrees reads a latitude or longitude into text with at most six decimals (a tenth of a metre).
func (c *checker) degrees(name, s string, min, max float64) string {
	if s == "" {
		return ""
	}
	v, ok := decimal(s)
	if !ok {
		c.add(name, "problem.degrees")
		return ""
	}
	if v < min || v > max {
		c.add(name, "problem.outside_country")
		return ""
	}
	return shortest(v, 6)
}

var degreeSigns = strings.NewReplacer("٫", ".", ",", ".", "−", "-", "°", "")

func decimal(s string) (float64, bool) {
	s = degreeSigns.Replace(strings.TrimSpace(arabic.Digits(s)))
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' && s[i] != '-' { // no exponent, no hexadecimal, no infinity
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

func shortest(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// personName checks a name of a person as on a card: letters, and what joins them.
func (c *checker) personName(name, s string) string {
	if s == "" {
		return ""
	}
	letters := 0
	for i, r := range s {
		switch {
		case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'), r >= 'ء' && r <= 'ي', unicode.IsLetter(r):
			letters++
		case r == ' ', r == '-', r == '.', r == '\'', r == '’', r == 'ـ', r == '/', r == '(', r == ')', r == 0x200C, unicode.Is(unicode.M, r) && i > 0:
		default:
			c.add(name, "problem.name")
			return ""
		}
	}
	if letters < 2 {
		c.add(name, "problem.name")
		return ""
	}
	return s
}

// latin checks a text that is printed in Latin letters: on a passport or an English sign.
func (c *checker) latin(name, s string) string {
	letter := false
	for _, r := range s {
		if r == utf8.RuneError || r > 0x24F && r != '’' && r != '–' {
			c.add(name, "problem.latin")
			return ""
		}
		letter = letter || unicode.IsLetter(r)
	}
	if s != "" && !letter {
		c.add(name, "problem.latin")
		return ""
	}
	return s
}

// number reads the number of a paper: capital letters, Arabic letters and ASCII digits, with - / and . inside. Spaces go.
func (c *checker) number(name, s string) string {
	if s == "" {
		return ""
	}
	var b strings.Builder
	digit := false
	for _, r := range arabic.Digits(s) {
		switch {
		case unicode.IsSpace(r):
		case r >= '0' && r <= '9':
			digit = true
			b.WriteRune(r)
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z', r == '-', r == '/', r == '.', r >= 'ء' && r <= 'ي' && r != 'ـ':
			b.WriteRune(r)
		default:
			c.add(name, "problem.number")
			return ""
		}
	}
	if !digit || b.Len() > 60 {
		c.add(name, "problem.number")
		return ""
	}
	return b.String()
}

// currency is the party's own: a registry never mixes two.
func (c *checker) currency(name, s string, amount bool) string {
	own := Currency(c.Party)
	switch strings.ToUpper(s) {
	case own:
		return own
	case "":
		if amount {
			return own
		}
		return ""
	}
	c.add(name, "problem.currency", own)
	return ""
}

// codes returns the values of a set that the party's form offers.
func codes[T ~string](c *checker, list string, set []string) []T {
	var out []T
	for _, s := range set {
		if v := code[T](c, list, s); v != "" {
			out = append(out, v)
		}
	}
	return out
}
