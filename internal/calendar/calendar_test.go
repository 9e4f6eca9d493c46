package calendar

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"testing"
	"time"
	_ "time/tzdata" // the test of midnight needs Cairo
)

func date(t *testing.T, s string) Date {
	t.Helper()
	if s == "" {
		return 0
	}
	d, err := Parse(s)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return d
}

func key(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Key
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestEveryDay walks all days of four centuries and the ends of the range beside package time.
func TestEveryDay(t *testing.T) {
	for at := time.Date(1799, 12, 30, 0, 0, 0, 0, time.UTC); at.Year() < 2201; at = at.AddDate(0, 0, 1) {
		d := Of(at)
		if got, want := d.String(), at.Format(time.DateOnly); got != want {
			t.Fatalf("String = %s, want %s", got, want)
		}
		if got := d.Time(time.UTC); !got.Equal(at) {
			t.Fatalf("%s: Time = %v", d, got)
		}
		if got, want := d.Weekday(), at.Weekday(); got != want {
			t.Fatalf("%s: Weekday = %v, want %v", d, got, want)
		}
		if back, err := Parse(d.String()); back != d || err != nil {
			t.Fatalf("Parse(%s) = %v, %v", d, back, err)
		}
		if got := d.AddDays(1); got != d+1 || DaysBetween(d, got) != 1 {
			t.Fatalf("%s: AddDays(1) = %v", d, got)
		}
	}
	for s, want := range map[string]Date{"0001-01-01": 1, "9999-12-31": maxDate} {
		if got := date(t, s); got != want || got.String() != s {
			t.Errorf("%s = %d (%s), want %d", s, got, got, want)
		}
	}
}

func TestNoDate(t *testing.T) {
	var none Date
	d := date(t, "2026-01-31")
	for name, got := range map[string]bool{
		"String": none.String() == "", "IsZero": none.IsZero() && !d.IsZero(), "Before": none.Before(d) && !d.Before(none), "After": d.After(none),
		"AddDays": none.AddDays(5) == 0, "AddYears": none.AddYears(5) == 0, "AgeOn birth": AgeOn(none, d) == -1, "AgeOn on": AgeOn(d, none) == -1,
		"DaysBetween": DaysBetween(none, d) == 0, "Time": none.Time(time.UTC).IsZero(), "over": maxDate.AddDays(1) == 0, "under": Date(1).AddDays(-1) == 0,
		"year over": maxDate.AddYears(1) == 0, "out of range": Date(-5).String() == "" && (maxDate+1).String() == "", "zero time": Of(time.Time{}) == 1,
		"parts": none.Year() == 0 && none.Month() == 0 && none.Day() == 0 && d.Year() == 2026 && d.Month() == time.January && d.Day() == 31,
	} {
		if !got {
			t.Errorf("%s is wrong for no date", name)
		}
	}
	if _, err := none.Hijri(); key(err) != "calendar.hijri_range" {
		t.Errorf("Hijri of no date: %v", err)
	}
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		birth, on string
		want      int
	}{
		{"1990-03-05", "2026-03-04", 35}, {"1990-03-05", "2026-03-05", 36}, {"1990-03-05", "1990-03-05", 0}, {"1990-03-05", "1990-03-04", -1},
		{"2004-02-29", "2022-02-28", 17}, {"2004-02-29", "2022-03-01", 18}, {"2004-02-29", "2024-02-28", 19}, {"2004-02-29", "2024-02-29", 20},
		{"1990-12-31", "2026-01-01", 35},
	} {
		if got := AgeOn(date(t, c.birth), date(t, c.on)); got != c.want {
			t.Errorf("AgeOn(%s, %s) = %d, want %d", c.birth, c.on, got, c.want)
		}
	}
	for d := date(t, "1999-12-31"); d < date(t, "2005-01-02"); d++ {
		for n := range 120 {
			if got := AgeOn(d, d.AddYears(n)); got != n {
				t.Fatalf("AgeOn(%s, %s) = %d, want %d", d, d.AddYears(n), got, n)
			}
			if n > 0 && AgeOn(d, d.AddYears(n)-1) != n-1 {
				t.Fatalf("%s is %d already the day before %s", d, n, d.AddYears(n))
			}
		}
	}
	if got := date(t, "2024-02-29").AddYears(1).String(); got != "2025-03-01" {
		t.Errorf("29 February and a year = %s", got)
	}
}

func TestParse(t *testing.T) {
	for s, want := range map[string]string{
		"2026-02-28": "", "2026-02-29": "calendar.day", "2026-13-01": "calendar.month", "0000-01-01": "calendar.year", "2026-2-1": "calendar.form",
		"": "calendar.form", "2026/02/01": "calendar.form", "+026-02-01": "calendar.form", "٢٠٢٦-01-01": "calendar.form", "2026-02-01 ": "calendar.form",
	} {
		if _, err := Parse(s); key(err) != want {
			t.Errorf("Parse(%q): %q, want %q", s, key(err), want)
		}
	}
}

func TestJSON(t *testing.T) {
	type form struct {
		Birth  Date          `json:"birth"`
		Expiry Date          `json:"expiry,omitempty"`
		By     map[Date]bool `json:"by,omitempty"`
	}
	for _, c := range []struct {
		in   form
		want string
	}{
		{form{}, `{"birth":""}`},
		{form{Birth: date(t, "1990-03-05"), Expiry: date(t, "2030-01-01"), By: map[Date]bool{date(t, "2026-01-01"): true}},
			`{"birth":"1990-03-05","expiry":"2030-01-01","by":{"2026-01-01":true}}`},
	} {
		got, err := json.Marshal(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("Marshal = %s, %v, want %s", got, err, c.want)
		}
		var back form
		if err := json.Unmarshal(got, &back); err != nil || back.Birth != c.in.Birth || back.Expiry != c.in.Expiry || len(back.By) != len(c.in.By) {
			t.Errorf("Unmarshal = %+v, %v", back, err)
		}
	}
	var f form
	if err := json.Unmarshal([]byte(`{"birth":"1990-02-30"}`), &f); key(err) != "calendar.day" {
		t.Errorf("a day that does not exist: %v", err)
	}
}

func TestTimeWhereMidnightIsSkipped(t *testing.T) {
	cairo, err := time.LoadLocation("Africa/Cairo")
	if err != nil {
		t.Fatal(err)
	}
	d := date(t, "2024-04-26") // clocks went from 00:00 to 01:00
	at := d.Time(cairo)
	if Of(at) != d || at.Hour() != 1 {
		t.Errorf("first instant of %s in Cairo = %v", d, at)
	}
}

// TestUmmAlQura checks the table of the research (computed from ICU data) and both ends of the calendar.
func TestUmmAlQura(t *testing.T) {
	for h, g := range map[Hijri]string{
		{1446, 9, 1}: "2025-03-01", {1446, 10, 1}: "2025-03-30", {1446, 12, 10}: "2025-06-06", {1446, 1, 1}: "2024-07-07", {1446, 3, 12}: "2024-09-15",
		{1447, 9, 1}: "2026-02-18", {1447, 10, 1}: "2026-03-20", {1447, 12, 10}: "2026-05-27", {1447, 1, 1}: "2025-06-26", {1447, 3, 12}: "2025-09-04",
		{1448, 9, 1}: "2027-02-08", {1448, 10, 1}: "2027-03-09", {1448, 12, 10}: "2027-05-16", {1448, 1, 1}: "2026-06-16", {1448, 3, 12}: "2026-08-25",
		{1449, 9, 1}: "2028-01-28", {1449, 10, 1}: "2028-02-26", {1449, 12, 10}: "2028-05-05", {1449, 1, 1}: "2027-06-06", {1449, 3, 12}: "2027-08-14",
		{1450, 9, 1}: "2029-01-16", {1450, 10, 1}: "2029-02-14", {1450, 12, 10}: "2029-04-24", {1450, 1, 1}: "2028-05-25", {1450, 3, 12}: "2028-08-03",
		{1356, 1, 1}: "1937-03-14", {1500, 12, 30}: "2077-11-16",
	} {
		got, err := h.Date()
		if err != nil || got.String() != g {
			t.Errorf("%s = %s, %v, want %s", h, got, err, g)
		}
		back, err := date(t, g).Hijri()
		if err != nil || back != h {
			t.Errorf("%s = %s, %v, want %s", g, back, err, h)
		}
	}
}

// TestEveryHijriDay walks the whole table both ways: each day follows the one before, months have 29 or 30 days, years 354 or
// 355. The printed calendars of 1356 and 1401 have 353 days, and Sha'ban 1364 has 28.
func TestEveryHijriDay(t *testing.T) {
	prev := Hijri{1355, 12, 30}
	yearDays := 0
	for d := MinHijri; d <= MaxHijri; d++ {
		h, err := d.Hijri()
		if err != nil {
			t.Fatalf("%s: %v", d, err)
		}
		next := Hijri{prev.Year, prev.Month, prev.Day + 1}
		if h.Day == 1 {
			next = Hijri{prev.Year, prev.Month + 1, 1}
			if prev.Day != 29 && prev.Day != 30 && prev != (Hijri{1364, 8, 28}) {
				t.Fatalf("a month ends with %s", prev)
			}
			if prev.Month == 12 {
				next = Hijri{prev.Year + 1, 1, 1}
				if d > MinHijri && yearDays != 354 && yearDays != 355 && (yearDays != 353 || prev.Year != 1356 && prev.Year != 1401) {
					t.Fatalf("year %d has %d days", prev.Year, yearDays)
				}
				yearDays = 0
			}
		}
		yearDays++
		if h != next {
			t.Fatalf("after %s comes %s, want %s", prev, h, next)
		}
		if back, err := h.Date(); back != d || err != nil {
			t.Fatalf("%s back = %s, %v, want %s", h, back, err, d)
		}
		prev = h
	}
	for _, d := range []Date{MinHijri - 1, MaxHijri + 1, maxDate} {
		if _, err := d.Hijri(); key(err) != "calendar.hijri_range" {
			t.Errorf("%s: %v", d, err)
		}
	}
	for h, want := range map[Hijri]string{
		{1355, 12, 30}: "calendar.hijri_range", {1501, 1, 1}: "calendar.hijri_range", {1447, 0, 1}: "calendar.month", {1447, 13, 1}: "calendar.month",
		{1447, 1, 0}: "calendar.day", {1447, 1, 31}: "calendar.day", {1447, 8, 30}: "calendar.day", {}: "calendar.hijri_range",
	} {
		if _, err := h.Date(); key(err) != want {
			t.Errorf("%s: %q, want %q", h, key(err), want)
		}
	}
	if got := (Hijri{1447, 8, 1}).MonthDays() + (Hijri{1447, 9, 1}).MonthDays(); got != 59 { // Sha'ban 29, Ramadan 30
		t.Errorf("Sha'ban and Ramadan 1447 have %d days", got)
	}
	if got := (Hijri{1600, 1, 1}).MonthDays(); got != 0 {
		t.Errorf("a month outside the table has %d days", got)
	}
}

func TestParseTyped(t *testing.T) {
	for s, want := range map[string]string{
		"5/3/1990": "1990-03-05", "05/03/1990": "1990-03-05", "٥/٣/١٩٩٠": "1990-03-05", "۵-۳-۱۹۹۰": "1990-03-05", "5.3.1990": "1990-03-05", "5 3 1990": "1990-03-05",
		"1990-03-05": "1990-03-05", "1990/3/5": "1990-03-05", "٥\u200f/٣\u200f/١٩٩٠": "1990-03-05", " 5 / 3 / 1990 م": "1990-03-05", "5،3،1990": "1990-03-05",
		"5/3/1990م": "1990-03-05", "5/3/1990 ميلادية": "1990-03-05", "5 مارس 1990": "1990-03-05", "٥ آذار ١٩٩٠": "1990-03-05", "5مارس1990": "1990-03-05",
		"5 March 1990": "1990-03-05", "March 5, 1990": "1990-03-05", "1990 مارس 5": "1990-03-05", "5 من مارس 1990": "1990-03-05",
		"1 كانون الثاني 2001": "2001-01-01", "1 تشرين الأول 2001": "2001-10-01", "1 ابريل 2001": "2001-04-01", "29/2/2024": "2024-02-29",
		"1/9/1447": "2026-02-18", "١/٩/١٤٤٧ هـ": "2026-02-18", "1/9/1447ه": "2026-02-18", "1447/9/1": "2026-02-18", "1447-09-01 هـ": "2026-02-18", "1/9/1447هـ.": "2026-02-18",
		"1 رمضان 1447": "2026-02-18", "١ رمضان ١٤٤٧ هجري": "2026-02-18", "1 شهر رمضان المبارك 1447": "2026-02-18", "12 ربيع الأول 1447": "2025-09-04", "12 ربيع اول 1447 هجرية": "2025-09-04",
		"10 ذو الحجة 1447": "2026-05-27", "10 ذي الحجه 1447هـ": "2026-05-27", "1 محرم 1356": "1937-03-14", "1 جمادى الآخرة 1447": "2025-11-22", "1 Ramadan 1447 AH": "2026-02-18",
	} {
		d, k, err := ParseTyped(s)
		if err != nil || d.String() != want {
			t.Errorf("ParseTyped(%q) = %s, %v, want %s", s, d, err, want)
			continue
		}
		wantKind := KindGregorian
		if h, _ := d.Hijri(); h.Year >= 1300 && !contains(s, want[:4]) {
			wantKind = KindHijri
		}
		if k != wantKind {
			t.Errorf("ParseTyped(%q) is %s, want %s", s, k, wantKind)
		}
	}
}

func contains(s, year string) bool {
	items, _ := scan(s)
	for _, it := range items {
		if it.digits == 4 && it.number == int(year[0]-'0')*1000+int(year[1]-'0')*100+int(year[2]-'0')*10+int(year[3]-'0') {
			return true
		}
	}
	return false
}

func TestParseTypedRefuses(t *testing.T) {
	for s, want := range map[string]string{
		"": "calendar.empty", "  \u200f ": "calendar.empty", "غدا": "calendar.form", "5/3": "calendar.form", "5/3/90": "calendar.short_year", "90/3/5": "calendar.short_year",
		"5 مارس 90": "calendar.short_year", "5/3/199": "calendar.form", "31/4/1990": "calendar.day", "29/2/2023": "calendar.day", "0/3/1990": "calendar.day", "5/0/1990": "calendar.month",
		"3/15/1990": "calendar.swapped", "1990/15/3": "calendar.swapped", "40/40/1990": "calendar.month", "5/3/1700": "calendar.year", "5/3/3000": "calendar.year", "5/3/1600 هـ": "calendar.hijri_range",
		"30/9/1448": "calendar.day", "31/1/1447": "calendar.day", "1/1/1340": "calendar.hijri_range", "1 رمضان 1990": "calendar.mixed", "5 مارس 1447": "calendar.mixed", "5/3/1990 هـ": "calendar.mixed",
		"1/9/1447 م": "calendar.mixed", "5 مارس 1447 هـ": "calendar.mixed", "1 رمضان 1447 م": "calendar.mixed", "5 فبرايرر 1990": "calendar.month_name", "5/3/1990 ق.م": "calendar.form",
		"5/1990/3": "calendar.form", "05031990": "calendar.form", "5:3:1990": "calendar.form", "-5/3/1990": "calendar.form", "=5/3/1990": "calendar.form", "5/3/1990 10:00": "calendar.form",
		"1/2/3/1990": "calendar.form", "1990-03-05T00:00:00Z": "calendar.form", "مارس 1990": "calendar.form", "<b>5/3/1990": "calendar.form", "1 2 3 4 5": "calendar.form", "مارس مارس 1990": "calendar.form",
	} {
		d, k, err := ParseTyped(s)
		if got := key(err); got != want || d != 0 || k != 0 {
			t.Errorf("ParseTyped(%q) = %s, %s, %q, want %q", s, d, k, got, want)
		}
	}
}

func FuzzParseTyped(f *testing.F) {
	for _, s := range []string{"5/3/1990", "٥ مارس ١٩٩٠", "1 رمضان 1447 هـ", "30/12/1500", "1447/12/30", "\xff", "5\u200f/3/1990", "9999/99/99", "١٢٣٤", "ه", "1 ه 1447"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, k, err := ParseTyped(s)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || d != 0 || k != 0 {
				t.Fatalf("ParseTyped(%q) = %v, %v, %v", s, d, k, err)
			}
			return
		}
		if y := d.Year(); y < minTypedYear || y > maxTypedYear || k != KindGregorian && k != KindHijri {
			t.Fatalf("ParseTyped(%q) = %v, %v", s, d, k)
		}
		// What is shown of a date is read back as the same date, in either calendar.
		again, k2, err := ParseTyped(d.String())
		if err != nil || again != d || k2 != KindGregorian {
			t.Fatalf("ParseTyped(%q) = %v, %v, %v", d.String(), again, k2, err)
		}
		if h, err := d.Hijri(); err == nil {
			if again, _, err := ParseTyped(h.String()); err != nil || again != d {
				t.Fatalf("ParseTyped(%q) = %v, %v, want %v", h.String(), again, err, d)
			}
		}
	})
}

func BenchmarkParseTyped(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ParseTyped("٥/٣/١٩٩٠"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHijri(b *testing.B) {
	d := ymd(2026, 2, 18)
	for b.Loop() {
		if _, err := d.Hijri(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestKeysAreInTheCatalogues reads the package's own sources, so that a new key without its two messages is found here.
func TestKeysAreInTheCatalogues(t *testing.T) {
	keys := map[string]bool{}
	for _, file := range []string{"date.go", "hijri.go", "typed.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`bad\("(calendar\.[a-z_]+)"`).FindAllStringSubmatch(string(src), -1) {
			keys[m[1]] = true
		}
	}
	for _, lang := range []string{"ar", "en"} {
		toml, err := os.ReadFile("../locale/messages/" + lang + "/calendar.toml")
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^"([^"]+)" = ".+"$`).FindAllStringSubmatch(string(toml), -1) {
			found[m[1]] = true
			if !keys[m[1]] {
				t.Errorf("%s: %s is used nowhere", lang, m[1])
			}
		}
		for k := range keys {
			if !found[k] {
				t.Errorf("%s: %s is missing", lang, k)
			}
		}
	}
}
