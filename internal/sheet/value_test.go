package sheet

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// reading reads one cell into one field and returns the field's value, or "! " and the keys of the problems behind it.
func reading(t *testing.T, party place.Country, m SheetMap, field string, c Cell) string {
	t.Helper()
	m.Kind, m.Columns = Families, map[string]string{"a": field, "b": "lead.given_name"}
	if field == "lead.given_name" {
		m.Columns["b"] = ""
	}
	rd, err := newReader(Roster{Kind: Families, Columns: []Column{{Index: 0, Header: "a"}, {Index: 1, Header: "b"}}}, m, party)
	if err != nil {
		t.Fatal(err)
	}
	row := rd.read(2, []Cell{c, {Col: 1, Kind: Text, Text: "منى"}})
	if row == nil || row.Skip != "" {
		return "skipped"
	}
	var out []string
	plain := registry.StripIndex(field)
	for _, name := range slices.Sorted(maps.Keys(row.Values)) {
		if registry.StripIndex(name) == plain {
			out = append(out, strings.Join(row.Values[name], "+"))
		}
	}
	for _, p := range row.Problems {
		out = append(out, "! "+p.Key)
	}
	return strings.Join(out, " ")
}

func text(s string) Cell { return Cell{Kind: Text, Text: s} }
func number2(s string) Cell {
	n, _ := number([]byte(s))
	return Cell{Kind: Number, Text: s, Num: n}
}

func TestConvert(t *testing.T) {
	dated := Cell{Kind: Date, Text: "32947", Num: 32947, Date: day(1990, 3, 15)}
	for _, c := range []struct {
		field string
		cell  Cell
		want  string
	}{
		// dates
		{"lead.birth_date", dated, "1990-03-15"}, {"lead.birth_date", text("15/3/1990"), "1990-03-15"}, {"lead.birth_date", text("1990-03-15 00:00:00"), "1990-03-15"},
		{"lead.birth_date", text("1990-03-15T00:00:00"), "1990-03-15"}, {"lead.birth_date", text("٥ مارس ١٩٩٠"), "1990-03-05"}, {"lead.birth_date", text("18/8/1410"), "1990-03-15"},
		{"lead.birth_date", number2("32947"), "1990-03-15 ! sheet.problem.serial_date"}, {"lead.birth_date", text("15031990"), "1990-03-15"},
		{"lead.birth_date", number2("35"), "! sheet.problem.age_not_date"}, {"lead.birth_date", text("٣٥"), "! sheet.problem.age_not_date"}, {"lead.birth_date", text("1990"), "! sheet.problem.year_alone"},
		{"lead.birth_date", text("3/15/1990"), "! calendar.swapped"}, {"lead.birth_date", text("قريبا"), "! calendar.form"}, {"lead.birth_date", Cell{Kind: Bool, Text: "TRUE"}, "! sheet.problem.not_a_date"},
		{"lead.birth_date", Cell{Kind: Date, Seconds: 60}, "! sheet.problem.time_alone"}, {"lead.birth_date", number2("99999999999"), "! sheet.problem.not_a_date"}, {"lead.birth_date", number2("0.5"), "! calendar.form"},
		{"lead.id_expiry", text("لا يوجد"), ""}, {"lead.id_expiry", text("-"), ""},
		// numbers of papers and people
		{"lead.id_number", number2("29003151234567"), "29003151234567"}, {"lead.id_number", number2("2.9003151234567E+13"), "29003151234567"}, {"lead.id_number", text("2.9003151234567E+13"), "29003151234567"},
		{"lead.id_number", text("2.9E+13"), "! sheet.problem.scientific"}, {"lead.id_number", text("29003151234567.0"), "29003151234567"}, {"lead.id_number", text("'29003151234567"), "29003151234567"},
		{"lead.id_number", number2("1234567890123456"), "! sheet.problem.digits_lost"}, {"lead.id_number", number2("12.5"), "! sheet.problem.not_a_number"}, {"lead.id_number", number2("-5"), "! sheet.problem.not_a_number"},
		{"lead.id_number", dated, "! sheet.problem.became_date"}, {"lead.id_number", text("A12345678"), "A12345678"}, {"lead.id_number", text("لا يوجد"), ""}, {"lead.id_number", text("E1234567"), "E1234567"},
		{"formal[tax_card].number", number2("12345678"), "012345678 ! sheet.problem.zeros_restored"}, {"formal[commercial_register].number", text("س/123"), "س/123"},
		{phoneField, text("01001234567 / 01112345678"), "01001234567 01112345678"},
		// choices
		{"lead.sex", text("انثى"), "f"}, {"lead.sex", text("F"), "f"}, {"lead.sex", text("ذكر"), "m"}, {"lead.sex", text("ذكر/أنثى"), "! sheet.problem.choice"},
		{"lead.marital_status", text("أرملة"), "widowed"}, {"lead.marital_status", text("متزوجة وتعول"), "married ! sheet.problem.choice_guess"}, {"lead.marital_status", text("متزوجه"), "married"}, {"lead.marital_status", text("متزوجاة"), "married ! sheet.problem.choice_guess"},
		{"lead.education", text("دبلوم"), "technical"}, {"lead.education", text("مؤهل عال"), "university"}, {"lead.education", text("x"), "! sheet.problem.choice"},
		{"lead.disability", text("لا يوجد"), "none"}, {"lead.disability", text("سليمة"), "none"}, {"lead.disability", text("نعم"), "! sheet.problem.choice"},
		{"project.craft", text("منسوجات يدوية"), "TX"}, {"project.craft", text("tx"), "TX"}, {"project.craft", text("كليم يدوي من الصوف"), "CK ! sheet.problem.choice_guess"}, {"project.craft", text("أغذية"), "! sheet.problem.choice"},
		{"project.channels", text("المعارض، فيسبوك، فيسبوك"), "exhibition+social_media"}, {"project.channels", text("سوق - غير معلوم"), "market ! sheet.problem.choice_guess"},
		{"lead.literacy", text("نعم"), "yes"}, {"lead.literacy", text("✓"), "yes"}, {"lead.literacy", text("لا"), "no"}, {"lead.literacy", Cell{Kind: Bool, Text: "TRUE", Num: 1}, "yes"}, {"lead.literacy", text("ربما"), "! sheet.problem.yes_no"},
		{"lead.nationality", text("مصرية"), "EG"}, {"lead.nationality", text("Egypt"), "EG"}, {"lead.nationality", text("المريخ"), "المريخ"}, // the form's own check refuses it
		{"address.area", text("محافظة سوهاج"), "EG-SHG"}, {"address.area", text("Sohag"), "EG-SHG"}, {"address.area", text("الريان"), "! sheet.problem.other_country"}, {"address.area", text("؟؟؟"), "! sheet.problem.area"},
		// amounts and counts
		{"finance.est_value", number2("1250.5"), "1250.50"}, {"finance.est_value", number2("1250.1000000000001"), "1250.10"}, {"finance.est_value", number2("9000"), "9000"}, {"finance.est_value", text("١٢٬٥٠٠ جنيه مصري فقط لا غير"), "12٬500"},
		{"finance.est_value", text("5,000 ج.م"), "5,000"}, {"finance.est_value", text("EGP 5000"), "5000"}, {"finance.est_value", text("5000 ريال"), "! problem.currency"}, {"finance.est_value", text("5 آلاف"), "! problem.money"}, {"finance.est_value", text("-500"), "! problem.money"}, {"finance.est_value", number2("-500"), "! problem.money"},
		{"finance.est_value", number2("33.333333"), "33.333333"}, {"finance.est_value", text("كثير"), "! problem.money"},
		{"household.size", number2("5"), "5"}, {"household.size", text("٤ أفراد"), "4"}, {"household.size", text("خمسة"), "5"}, {"household.size", number2("5.0"), "5"}, {"household.size", text("4 أو 5"), "4 أو 5"},
		{"household.members[0].birth_year", dated, "1990"}, {"household.members[0].birth_year", text("1/7/1990"), "1990"}, {"household.members[0].birth_year", number2("12"), "! sheet.problem.age_not_year"},
		{"finance.own_share", Cell{Kind: Number, Text: "0.25", Num: 0.25, Percent: true}, "25"}, {"finance.own_share", Cell{Kind: Number, Text: "1", Num: 1, Percent: true}, "100"}, {"finance.own_share", number2("1"), "1"},
		{"finance.own_share", number2("0.1"), "10"}, {"finance.own_share", text("25٪"), "25٪"},
		// everything else
		{"case.file_no", dated, "! sheet.problem.became_date"}, {"case.file_no", number2("123.0"), "123"}, {"address.building", dated, "! sheet.problem.became_date"},
		{"project.activity", number2("12"), "12"}, {"project.activity", Cell{Kind: ErrorValue, Text: "#REF!"}, "! sheet.problem.error_value"}, {"project.activity", Cell{Kind: Blank, Formula: true}, "! sheet.problem.formula_without_value"},
		{"project.activity", text("ﻣﻨﺴﻮﺟﺎت"), "منسوجات"}, {"finance.currency", text("جنيه"), "EGP"}, {"finance.currency", text("ريال قطري"), "QAR"},
		{"consents[own_ministry].given", text("موافقة"), "yes"}, {"household.benefits[takaful].programme", text("نعم"), "takaful"}, {"household.benefits[takaful].programme", text("لا"), ""},
	} {
		if got := reading(t, place.Egypt, SheetMap{}, c.field, c.cell); got != c.want {
			t.Errorf("%s ← %s %q: got %q, want %q", c.field, c.cell.Kind, c.cell.Text, got, c.want)
		}
	}
	if got := reading(t, place.Egypt, SheetMap{DateOrder: MonthFirst}, "lead.birth_date", text("3/15/1990")); got != "1990-03-15" {
		t.Errorf("months first: %q", got)
	}
	if got := reading(t, place.Qatar, SheetMap{}, "lead.education", text("دبلوم")); got != "diploma" {
		t.Errorf("a Qatari diploma: %q", got)
	}
}

func TestPlainNumber(t *testing.T) {
	for s, want := range map[string]string{
		"12": "12", "0012": "12", "12.50": "12.5", "1.5E3": "1500", "1.5E-3": "0.0015", "-0": "0", "-1.0": "-1", "0": "0", ".5": "0.5", "2.9003151234567E13": "29003151234567", "1e40": "1" + strings.Repeat("0", 40),
		"": "!", "x": "!", "1e41": "!", "1e": "!", "1.2.3": "!", "--1": "!", "Infinity": "!", ".": "!",
	} {
		got, ok := plainNumber(s)
		if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("plainNumber(%q) = %q, want %q", s, got, want)
		}
	}
}

// Every presentation form becomes the letters that it folds to.
func TestLetters(t *testing.T) {
	n := 0
	for r := rune(0xFB50); r <= 0xFEFC; r++ {
		s := string(r)
		got := letters(s)
		if got == s {
			continue
		}
		n++
		if strings.ContainsFunc(got, func(r rune) bool { return r >= 0xFB50 }) || arabic.Fold(got) != arabic.Fold(s) {
			t.Errorf("%U becomes %q", r, got)
		}
	}
	if n < 200 {
		t.Errorf("%d forms only", n)
	}
	for _, s := range []string{"", "منى", "abc", "\ufeffx", "a\uf8ff"} {
		if got := letters(s); got != s {
			t.Errorf("letters(%q) = %q", s, got)
		}
	}
}

func TestSplitList(t *testing.T) {
	for _, c := range []struct {
		s      string
		phones bool
		want   string
	}{
		{"01001234567", true, "01001234567"}, {"01001234567/01112345678", true, "01001234567|01112345678"}, {"01001234567 01112345678", true, "01001234567|01112345678"}, {"010 0123 4567", true, "010 0123 4567"},
		{"+20 100 123 4567", true, "+20 100 123 4567"}, {"01001234567 - 01112345678", true, "01001234567|01112345678"}, {"010-0123-4567", true, "010-0123-4567"}, {"01001234567 أو 01112345678", true, "01001234567|01112345678"}, {"تكافل، كرامة", false, "تكافل|كرامة"}, {"تكافل + تأمين صحي", false, "تكافل|تأمين صحي"},
		{"،،", false, "،،"},
	} {
		if got := strings.Join(splitList(c.s, c.phones), "|"); got != c.want {
			t.Errorf("splitList(%q) = %q, want %q", c.s, got, c.want)
		}
	}
}

func TestNear(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"abcd", "abcd", true}, {"abcd", "abxd", true}, {"abcd", "abd", true}, {"abd", "abcd", true}, {"abcd", "acbd", true}, {"abcd", "ab", false}, {"abcd", "axxd", false}, {"abcd", "badc", false}, {"", "a", true}, {"ميلاد", "ميلأد", true}} {
		if got := near(c.a, c.b); got != c.want {
			t.Errorf("near(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		d    calendar.Date
		sec  int32
		want string
	}{{day(2026, 3, 1), 0, "2026-03-01"}, {day(2026, 3, 1), 3661, "2026-03-01 01:01:01"}, {0, 86399, "23:59:59"}, {0, 0, "00:00:00"}} {
		if got := clock(c.d, c.sec); got != c.want {
			t.Errorf("clock(%s, %d) = %q, want %q", c.d, c.sec, got, c.want)
		}
	}
}

func TestReferences(t *testing.T) {
	for ref, want := range map[string][3]int{"A1": {0, 1, 1}, "XFD1048576": {16383, 1048576, 1}, "ab12": {27, 12, 1}, "C": {2, 0, 1}, "XFE1": {}, "A1048577": {}, "1": {}, "": {}, "A1A": {}, "A-1": {}} {
		col, row, ok := cellRef([]byte(ref))
		if want[2] == 0 && ok || want[2] == 1 && (!ok || col != want[0] || row != want[1]) {
			t.Errorf("cellRef(%q) = %d, %d, %v", ref, col, row, ok)
		}
	}
	for col, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD", -1: ""} {
		if got := Letter(col); got != want {
			t.Errorf("Letter(%d) = %q, want %q", col, got, want)
		}
	}
}
