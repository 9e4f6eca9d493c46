package calendar

import (
	"strings"
	"unicode"

	"muntija/internal/arabic"
)

// Kind is the calendar that a typed date was written in.
type Kind uint8

// The calendars. The zero value stands with an error.
const (
	KindGregorian Kind = iota + 1
	KindHijri
)

// String returns "gregorian" or "hijri", "" for the zero value.
func (k Kind) String() string {
	switch k {
	case KindGregorian:
		return "gregorian"
	case KindHijri:
		return "hijri"
	}
	return ""
}

// The Gregorian years that a person may type. Nothing in a registry of living people is older; a year beyond is a slip of the finger.
const (
	minTypedYear = 1850
	maxTypedYear = 2150
)

const maxTyped = 80 // bytes; the longest sensible date is far below

// ParseTyped reads a date as people write it, and says in which calendar it was written:
//
//   - day/month/year, day-month-year, year-month-day, also with dots, spaces or Arabic commas: 5/3/1990, ٥‏/٣‏/١٩٩٠, 1990-03-05
//   - day, month name, year: ٥ مارس ١٩٩٠, 12 رمضان 1447, 5 March 1990 (Egyptian and Levantine Arabic, and English, month names)
//   - a Hijri date is told by its year, 1300 to 1500, or by هـ / هجري after it, or by its month name; م / ميلادي marks a Gregorian one
//
// Nothing is guessed: a year of two digits, month and day in the American order, a month of one calendar with the year of the other
// and a day that does not exist are errors of type *Error, each with its own key. An empty text is an error too ("calendar.empty"):
// whether a date is required is the form's business.
func ParseTyped(s string) (Date, Kind, error) {
	items, err := scan(s)
	if err != nil {
		return 0, 0, err
	}
	t, err := arrange(items)
	if err != nil {
		return 0, 0, err
	}
	return t.date()
}

// item is a number or a run of words. Words are folded and written together: ربيعالاول.
type item struct {
	word   string
	number int
	digits int // how many; 0 for a word
}

// scan splits a typed date into at most four items.
func scan(s string) ([]item, error) {
	if len(s) > maxTyped {
		return nil, bad("calendar.form")
	}
	s = arabic.Clean(s)
	if s == "" {
		return nil, bad("calendar.empty")
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(" /-.،,ـ٫–", r) {
			return nil, bad("calendar.form")
		}
	}
	if first := s[0]; first == '-' || first == '/' || first == '.' {
		return nil, bad("calendar.form") // "-5/3/1990" is not the fifth
	}
	var items []item
	last := func() *item {
		if len(items) == 0 {
			return &item{}
		}
		return &items[len(items)-1]
	}
	inNumber := false
	for _, r := range arabic.Fold(s) {
		switch {
		case r == ' ':
			inNumber = false
			continue
		case r >= '0' && r <= '9':
			if !inNumber {
				items = append(items, item{})
			}
			p := last()
			if p.digits++; p.digits > 4 {
				return nil, bad("calendar.form")
			}
			p.number = p.number*10 + int(r-'0')
			inNumber = true
		default:
			inNumber = false
			if len(items) == 0 || last().digits > 0 {
				items = append(items, item{})
			}
			last().word += string(r)
		}
		if len(items) > 4 {
			return nil, bad("calendar.form")
		}
	}
	return items, nil
}

// typed is a date as written, before it is known to exist.
type typed struct {
	year, month, day int
	kind             Kind // zero: to be told by the year
}

// merge notes that something says the date is of kind k.
func (t *typed) merge(k Kind) error {
	if t.kind != 0 && k != 0 && t.kind != k {
		return bad("calendar.mixed")
	}
	if k != 0 {
		t.kind = k
	}
	return nil
}

// arrange finds year, month and day among the items.
func arrange(items []item) (typed, error) {
	var t typed
	if n := len(items); n == 4 {
		k, ok := suffixes[items[n-1].word]
		if !ok {
			return t, bad("calendar.form")
		}
		t.kind = k
		items = items[:n-1]
	}
	if len(items) != 3 {
		return t, bad("calendar.form")
	}
	a, b, c := items[0], items[1], items[2]
	if b.digits == 0 || a.digits == 0 { // 5 مارس 1990, March 5 1990
		if a.digits == 0 {
			a, b = b, a
		}
		m, ok := monthOf(b.word)
		if !ok {
			return t, bad("calendar.month_name")
		}
		if err := t.merge(m.kind); err != nil {
			return t, err
		}
		if a.digits == 4 { // 1990 مارس 5
			a, c = c, a
		}
		t.day, t.month, t.year = a.number, m.number, c.number
		return t, lengths(a, c)
	}
	if a.digits == 4 {
		t.year, t.month, t.day = a.number, b.number, c.number
		if b.digits > 2 {
			return t, bad("calendar.form")
		}
		return t, lengths(c, a)
	}
	t.day, t.month, t.year = a.number, b.number, c.number
	if b.digits > 2 {
		return t, bad("calendar.form")
	}
	return t, lengths(a, c)
}

// lengths checks that a day was written with one or two digits and a year with four.
func lengths(day, year item) error {
	switch {
	case day.digits == 0 || day.digits > 2:
		return bad("calendar.form")
	case year.digits > 0 && year.digits <= 2:
		return bad("calendar.short_year")
	case year.digits != 4:
		return bad("calendar.form")
	}
	return nil
}

// date decides the calendar and makes the date.
func (t typed) date() (Date, Kind, error) {
	hijriYear := t.year >= 1300 && t.year <= 1500
	gregorianYear := t.year >= minTypedYear && t.year <= maxTypedYear
	switch {
	case t.kind == KindHijri && gregorianYear, t.kind == KindGregorian && hijriYear:
		return 0, 0, bad("calendar.mixed")
	case t.kind == 0 && hijriYear:
		t.kind = KindHijri
	case t.kind == 0:
		t.kind = KindGregorian
	}
	if t.kind == KindGregorian && !gregorianYear {
		return 0, 0, bad("calendar.year")
	}
	if t.month > 12 && t.month <= 31 && t.day >= 1 && t.day <= 12 {
		return 0, 0, bad("calendar.swapped")
	}
	var d Date
	var err error
	if t.kind == KindHijri {
		d, err = Hijri{t.year, t.month, t.day}.Date()
	} else {
		d, err = New(t.year, t.month, t.day)
	}
	if err != nil {
		return 0, 0, err
	}
	return d, t.kind, nil
}

// suffixes are the folded words that may follow the year.
var suffixes = map[string]Kind{
	"ه": KindHijri, "هجري": KindHijri, "هجريه": KindHijri, "ah": KindHijri, "h": KindHijri, "hijri": KindHijri,
	"م": KindGregorian, "ميلادي": KindGregorian, "ميلاديه": KindGregorian, "ad": KindGregorian, "ce": KindGregorian,
}

type month struct {
	kind   Kind
	number int
}

// monthOf looks a folded word up, also after شهر (month) and من (of).
func monthOf(word string) (month, bool) {
	for _, prefix := range []string{"", "من", "شهر", "منشهر", "of"} {
		rest, ok := strings.CutPrefix(word, prefix)
		if !ok {
			continue
		}
		if m, ok := monthNames[rest]; ok {
			return m, true
		}
	}
	return month{}, false
}

// monthNames are the month names, folded and without spaces.
var monthNames = func() map[string]month {
	names := make(map[string]month)
	add := func(k Kind, list ...string) {
		for i, same := range list {
			for name := range strings.SplitSeq(same, "|") {
				names[strings.ReplaceAll(arabic.Fold(name), " ", "")] = month{k, i + 1}
			}
		}
	}
	add(KindGregorian, "يناير|كانون الثاني|january|jan", "فبراير|شباط|february|feb", "مارس|آذار|march|mar", "أبريل|ابريل|نيسان|april|apr",
		"مايو|أيار|may", "يونيو|يونيه|حزيران|june|jun", "يوليو|يوليه|تموز|july|jul", "أغسطس|آب|august|aug",
		"سبتمبر|أيلول|september|sep|sept", "أكتوبر|تشرين الأول|october|oct", "نوفمبر|تشرين الثاني|november|nov", "ديسمبر|كانون الأول|december|dec")
	add(KindHijri, "محرم|المحرم|محرم الحرام|muharram", "صفر|صفر الخير|safar", "ربيع الأول|ربيع أول|rabi al awwal", "ربيع الآخر|ربيع الثاني|ربيع آخر|ربيع ثاني|rabi al thani",
		"جمادى الأولى|جمادى الأول|جماد الأول|جماد أول|jumada al ula", "جمادى الآخرة|جمادى الثانية|جمادى الآخر|جمادى الثاني|جماد الآخر|جماد الثاني|جماد ثاني|jumada al akhirah",
		"رجب|رجب الفرد|rajab", "شعبان|shaban", "رمضان|رمضان المبارك|ramadan", "شوال|shawwal",
		"ذو القعدة|ذي القعدة|ذا القعدة|القعدة|dhu al qadah|dhu al qidah", "ذو الحجة|ذي الحجة|ذا الحجة|الحجة|dhu al hijjah|dhu al hijja")
	return names
}()
