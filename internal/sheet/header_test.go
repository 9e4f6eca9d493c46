package sheet

import (
	"strconv"
	"strings"
	"testing"

	"muntija/internal/arabic"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/registry"
)

// The first two headers of a plain form field are its labels in the catalogues, and each header that a language has for a field leads to it.
func TestHeadersAreTheLabels(t *testing.T) {
	ar, en := locale.Default().For(locale.Arabic), locale.Default().For(locale.English)
	for kind, lex := range lexicons() {
		for _, field := range lex.order {
			if !ValidField(field) {
				t.Errorf("%s: %q is no field", kind, field)
				continue
			}
			for i, lang := range []string{"ar", "en"} {
				header := HeaderFor(kind, field, lang)
				if got, how, _ := lex.match(header); got != field || how != HowExact && field != FieldIgnore {
					t.Errorf("%s: the %s header %q of %q leads to %q (%s)", kind, lang, header, field, got, how)
				}
				if kind == Families && strings.HasPrefix(field, "product.") || kind == Products && !strings.HasPrefix(field, "product.") || field == FieldProduct || strings.Contains(field, "[") || !strings.Contains(field, ".") || field == FieldName || strings.HasPrefix(field, "household.benefits.") || kind == Members && !strings.HasPrefix(field, "household.") {
					continue
				}
				l := []*locale.Locale{ar, en}[i]
				if label := l.T("field." + field); label != header {
					t.Errorf("%s: the %s header of %q is %q, its label %q", kind, lang, field, header, label)
				}
			}
		}
	}
	for line := range strings.Lines(strings.TrimSpace(leafHeaders)) {
		path, words, _ := strings.Cut(strings.TrimSpace(line), " = ")
		if want := ar.T("field."+path) + " | " + en.T("field."+path); words != want {
			t.Errorf("the headers of %s are %q, its labels %q", path, words, want)
		}
	}
	for _, f := range []string{"formal[tax_card].issuer", "formal[tax_card].number", "household.benefits[karama].status", "skills.training[course].centre", "consents[catalogue].given", "lead.phones[1].number", "lead.phones[3].number", "household.members[4].name", "finance.loans[1].amount", "finance.loans[0].year", "product[1].price", "product[4].name_ar"} {
		for _, lang := range []string{"ar", "en"} {
			lex, header := lexicons()[Families], HeaderFor(Families, f, lang)
			if strings.HasPrefix(f, "household.members") {
				if header != "" {
					t.Errorf("a roster of families has the header %q for %s", header, f)
				}
				continue
			}
			if got, _, _ := lex.match(header); got != f {
				t.Errorf("the %s header %q of %q leads to %q", lang, header, f, got)
			}
		}
	}
}

func TestEachFieldHasATitle(t *testing.T) {
	for _, name := range []string{locale.Arabic, locale.English} {
		l := locale.Default().For(name)
		for kind, lex := range lexicons() {
			for _, field := range append(lex.order[:len(lex.order):len(lex.order)], "lead.phones[2].number", "formal[tax_card].kind", "nonsense") {
				key, args := FieldTitle(field)
				if !l.Has(key) {
					t.Errorf("%s: the title of %q is the message %q, which there is not", kind, field, key)
				}
				if s := l.T(key, args...); s == "" || strings.Contains(s, "field.") || strings.Contains(s, "enum.") {
					t.Errorf("%s: %q is called %q", kind, field, s)
				}
			}
		}
	}
}

func TestHeaderMatch(t *testing.T) {
	for _, c := range []struct{ header, want string }{
		{"الرقم القومى", "lead.id_number"}, {"رقم البطاقة", "lead.id_number"}, {"الرقم القومي للمستفيدة", "lead.id_number"}, {"الرقم  القـومي (14 رقم)", "lead.id_number"},
		{"اسم المستفيدة", FieldName}, {"الاسم رباعيا", FieldName}, {"اسم صاحبة المشروع", FieldName}, {"اسم المنتِج/ة الرئيسي/ة", FieldName}, {"NAME", FieldName},
		{"ت. الميلاد", "lead.birth_date"}, {"تاريخ الميلاد (يوم/شهر/سنة)", "lead.birth_date"}, {"تاريخ ميلاد المستفيدة", "lead.birth_date"}, {"DOB", "lead.birth_date"}, {"birth_date", "lead.birth_date"},
		{"تاريح الميلاد", "lead.birth_date"}, // a slip of the finger
		{"موبايل", phoneField}, {"م/تليفون", phoneField}, {"رقم الموبايل *", phoneField}, {"رقم موبايل صاحبة المشروع", phoneField}, {"موبايل 2", "lead.phones[1].number"}, {"رقم الهاتف (٣)", "lead.phones[2].number"},
		{"القرية/العزبة", "address.village"}, {"القرية أو العزبة", ""}, {"المركز/القسم", "address.district"}, {"محافظة", "address.area"}, {"العنوان / محل الإقامة", "address.text"},
		{"النشاط", "project.activity"}, {"نوع المشروع", "project.activity"}, {"الحرفه", "project.craft"}, {"القيمة التقديرية للمشروع", "finance.est_value"},
		{"م", FieldIgnore}, {"#", FieldIgnore}, {"السن", FieldIgnore}, {"العمر", FieldIgnore},
		{"الرقم القومي للزوج", ""}, {"اسم الزوج", ""}, {"كلام آخر تماما", ""}, {"", ""}, {" \u200f ", ""},
		{"الاسم / الرقم القومي", ""}, // two things
		{"اسم المنتج", "product.name_ar"}, {"سعر المنتج 2", "product[1].price"}, {"السعر", "product.price"}, {"المنتج", "project.activity"}, {"اسم المنتج (٣)", "product[2].name_ar"},
		{"رقم السجل التجاري", "formal[commercial_register].number"}, {"س.ت", "formal[commercial_register].number"},
	} {
		if got, how, score := lexicons()[Families].match(c.header); got != c.want {
			t.Errorf("%q leads to %q (%s, %.2f), want %q", c.header, got, how, score, c.want)
		}
	}
}

func TestParseField(t *testing.T) {
	for path, want := range map[string]bool{
		"lead.id_number": true, "lead.phones.number": true, "lead.phones[5].number": true, "lead.phones[6].number": false, "lead.phones[01].number": false,
		"formal[tax_card].number": true, "formal[nonsense].number": false, "lead.phones[own].number": false, "formal.number": true, "formal": false,
		"lead": false, "": false, "lead.nonsense": false, "formal[": false, "formal[]": false, "formal[tax_card]": false, "formal[tax_card].nonsense": false,
		"household.members[29].name": true, "household.members[30].name": false, "project.channels": true, FieldName: true, FieldNumber: true, FieldIgnore: true,
		"product.price": true, "product[19].price": true, "product[20].price": false, "product[x].price": false, "product.handmade_given": false, "product.id": true, "product[1].id": false, "product": false,
		"lead[0].id_number": false, "consents[own_ministry].given": true,
	} {
		if got := ValidField(path); got != want {
			t.Errorf("ValidField(%q) = %v", path, got)
		}
	}
}

// Every title of a code list, in both languages, and the code itself are read as the code.
func TestChoicesAreTheTitles(t *testing.T) {
	n := 0
	check := func(list, code, text string) {
		n++
		if got := choice(list, arabic.Fold(text)); got != code {
			t.Errorf("%s: %q is read as %q, want %q", list, text, got, code)
		}
	}
	inRosters := map[string]bool{"product_unit": true, "allergen": true} // and the lists of a family's record; papers and visits have others
	for path := range registry.Paths() {
		inRosters[registry.KindOf(path).List] = true
	}
	for _, l := range registry.Lists() {
		if !inRosters[l.Name] {
			continue
		}
		for _, code := range l.Values {
			check(l.Name, code, code)
			for _, lang := range []string{locale.Arabic, locale.English} {
				check(l.Name, code, locale.Default().For(lang).T("enum."+l.Name+"."+code))
			}
		}
	}
	for _, code := range intake.IDTypes() {
		check("id_type", code, locale.Default().For(locale.Arabic).T("enum.id_type."+code))
	}
	for _, c := range registry.Crafts() {
		check("craft", c.Code, c.NameAR)
		check("craft", c.Code, c.NameEN)
	}
	if n < 300 {
		t.Errorf("checked %d titles only", n)
	}
	for list, words := range choiceTables() {
		for label, code := range words {
			if list != "craft" && list != "id_type" && !registry.InList(list, code) {
				t.Errorf("%s: %q is read as %q, which is not in the list", list, label, code)
			}
		}
	}
}

func TestMappingCheck(t *testing.T) {
	ok := SheetMap{Shape: "x", Kind: Families, Key: "lead.id_number", Columns: map[string]string{"أ": "lead.id_number", "ب": FieldIgnore, "ج": ""}}
	with := func(change func(*SheetMap)) Mapping {
		s := ok
		s.Columns = map[string]string{"أ": "lead.id_number", "ب": FieldIgnore, "ج": ""}
		change(&s)
		return Mapping{Sheets: []SheetMap{s}}
	}
	for _, c := range []struct {
		name string
		m    Mapping
		want string
	}{
		{"sound", with(func(*SheetMap) {}), ""},
		{"unknown field", with(func(s *SheetMap) { s.Columns["ج"] = "lead.x" }), "sheets[0].columns[ج] sheet.problem.unknown_field"},
		{"twice", with(func(s *SheetMap) { s.Columns["ج"] = "lead.id_number" }), "sheets[0].columns[ج] sheet.problem.field_twice"},
		{"key without column", with(func(s *SheetMap) { s.Key = FieldNumber }), "sheets[0].key sheet.problem.key_column"},
		{"no key field", with(func(s *SheetMap) { s.Key = "lead.sex" }), "sheets[0].key problem.choice"},
		{"members without key", with(func(s *SheetMap) { s.Kind, s.Key = Members, "" }), "sheets[0].key sheet.problem.members_key"},
		{"a family's field among members", with(func(s *SheetMap) { s.Kind, s.Columns["ج"] = Members, "project.craft" }), "sheets[0].columns[ج] sheet.problem.unknown_field"},
		{"nobody", with(func(s *SheetMap) { s.Key, s.Columns = "", map[string]string{"أ": "lead.sex"} }), "sheets[0].columns sheet.problem.no_person"},
		{"constant", with(func(s *SheetMap) { s.Constants = map[string]string{"number": "1"} }), "sheets[0].constants sheet.problem.unknown_field"},
		{"order", with(func(s *SheetMap) { s.DateOrder = "ymd" }), "sheets[0].date_order problem.choice"},
		{"skipped", with(func(s *SheetMap) { s.Skip, s.Key = true, "nonsense" }), ""},
	} {
		got := ""
		for _, p := range c.m.Check(nil) {
			got += p.Field + " " + p.Key
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if ps := (Mapping{}).Check([]Roster{{Name: "كشف"}}); len(ps) != 1 || ps[0].Key != "sheet.problem.unmapped_sheet" {
		t.Errorf("a roster that no map is for: %v", ps)
	}
}

func TestCutName(t *testing.T) {
	for _, c := range []struct{ name, given, rest string }{
		{"فاطمة محمود علي السيد", "فاطمة", "محمود علي السيد"}, {"عبد الرحمن محمد علي", "عبد الرحمن", "محمد علي"}, {"نور الدين حسن", "نور الدين", "حسن"},
		{"هبة الله أحمد سعد", "هبة الله", "أحمد سعد"}, {"أم كلثوم إبراهيم", "أم كلثوم", "إبراهيم"}, {"عبدالله سالم", "عبدالله", "سالم"}, {"منى", "منى", ""},
		{"عبد الله", "عبد", "الله"}, {"محمد علي حسن", "محمد", "علي حسن"}, {"أبو بكر الصديق علي", "أبو بكر", "الصديق علي"}, {"", "", ""},
	} {
		if given, rest := cutName(c.name); given != c.given || rest != c.rest {
			t.Errorf("cutName(%q) = %q, %q; want %q, %q", c.name, given, rest, c.given, c.rest)
		}
	}
}

func TestWithoutCourtesy(t *testing.T) {
	for name, want := range map[string]string{
		"السيدة/ فاطمة محمود علي": "فاطمة محمود علي", "السيدة / فاطمة محمود": "فاطمة محمود", "أ/ منى علي": "منى علي", "د. هدى حسن": "هدى حسن", "السيدة/ الحاجة/ فاطمة": "فاطمة", "Mrs. Fatma Ali": "Fatma Ali",
		"السيد محمود علي": "السيد محمود علي", "فاطمة محمود": "فاطمة محمود", "أم/ محمد": "أم/ محمد", "ناهد/نهى علي": "ناهد/نهى علي", "السيدة/": "السيدة/", "/ منى": "/ منى", "": "",
	} {
		if got := withoutCourtesy(name); got != want {
			t.Errorf("withoutCourtesy(%q) = %q, want %q", name, got, want)
		}
	}
}

// A survey has a hundred questions beside the few columns that are known. Two tables side by side are not one woman with two phones.
func TestWideAndSideBySide(t *testing.T) {
	row := func(texts ...string) headRow {
		r := headRow{n: 1, cells: map[int]Cell{}, width: len(texts)}
		for i, s := range texts {
			r.cells[i] = Cell{Col: i, Kind: Text, Text: s}
		}
		return r
	}
	fields := func(r headRow) (string, int) {
		h := readHeader(newMatchers()[Families], []headRow{r}, 0, 0)
		var out []string
		for _, c := range h.columns[:min(len(h.columns), 10)] {
			out = append(out, c.Field)
		}
		return strings.Join(out, " "), int(h.score)
	}
	wide := []string{"الاسم رباعي", "الرقم القومي", "رقم الموبايل", "المحافظة", "القرية"}
	for i := range 300 {
		wide = append(wide, "سؤال "+strconv.Itoa(i))
	}
	if _, score := fields(row(wide...)); score < 4 {
		t.Errorf("a header of five known columns among 305 scores %d", score)
	}
	for _, c := range []struct{ headers, want string }{
		{"الاسم,الرقم القومي,الموبايل,المحافظة,م,الاسم,الرقم القومي,الموبايل,المحافظة", "lead.name lead.id_number lead.phones.number address.area -    "},
		{"الاسم,الرقم القومي,الموبايل,الموبايل", "lead.name lead.id_number lead.phones.number lead.phones[1].number"},
	} {
		if got, _ := fields(row(strings.Split(c.headers, ",")...)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.headers, got, c.want)
		}
	}
}

func FuzzHeader(f *testing.F) {
	for _, s := range []string{"الرقم القومى", "القرية/العزبة", "موبايل 2", "تاريخ الميلاد (يوم/شهر/سنة)", "formal[tax_card].number", "lead.phones[1].number", "(((", "#", "ال", "رخصة منزلية: الرقم"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for kind, lex := range lexicons() {
			if field, how, score := lex.match(s); (field == "") != (how == "") || field != "" && (!ValidField(field) || score <= 0 || score > 1) {
				t.Errorf("%s: %q leads to %q (%s, %v)", kind, s, field, how, score)
			}
		}
		if k := headerKey(s); headerKey(k) == "" && k != "" {
			t.Errorf("the key of the key %q of %q is empty", k, s)
		}
		if ValidField(s) {
			if key, _ := FieldTitle(s); key == "" {
				t.Errorf("%q has no title", s)
			}
		}
	})
}
