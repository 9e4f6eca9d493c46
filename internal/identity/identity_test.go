package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

func day(s string) calendar.Date {
	d, err := calendar.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

var today = day("2026-06-15")

// key returns the message key of an error, and fails the test if the error is not an Invalid fault.
func key(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid {
		t.Errorf("error %v is no Invalid fault", err)
		return err.Error()
	}
	return e.Key
}

// The id numbers of these tests are made up.
func TestParseEgyptianNID(t *testing.T) {
	for raw, want := range map[string]string{
		"29801010123456": "", "٢٩٨٠١٠١٠١٢٣٤٥٦": "", "۲۹۸۰۱۰۱۰۱۲۳۴۵۶": "", " 2 980101 01 2345 6 ": "", "2980101-01-23456": "", "\u200f29801010123456\u202c": "",
		"30402292701238": "", "32606158801238": "", "29802298801238": "identity.nid.date", "32606168801238": "identity.nid.future", "39912318801238": "identity.nid.future",
		"2980101012345": "identity.nid.length", "298010101234567": "identity.nid.length", "": "identity.empty", "  -  ": "identity.empty",
		"49801010123456": "identity.nid.century", "19801010123456": "identity.nid.century", "29813010123456": "identity.nid.date", "29800010123456": "identity.nid.date", "29801320123456": "identity.nid.date",
		"29801010523456": "identity.nid.governorate", "29801019923456": "identity.nid.governorate", "29801012023456": "identity.nid.governorate",
		"2980101O123456": "identity.nid.digits", "2.98E+13": "identity.nid.digits", "29801010123456;--": "identity.nid.digits", "رقم": "identity.nid.digits", "\xff": "identity.nid.digits",
		strings.Repeat("2", 500): "identity.nid.digits",
	} {
		n, err := ParseEgyptianNID(raw, today)
		if got := key(t, err); got != want {
			t.Errorf("ParseEgyptianNID(%q): %q, want %q", raw, got, want)
		}
		if (err == nil) == n.IsZero() || err == nil && len(n.Canonical()) != 14 {
			t.Errorf("ParseEgyptianNID(%q) = %q, %v", raw, n.Canonical(), err)
		}
	}
	if n, err := ParseEgyptianNID("39912318801238", 0); err != nil || n.BirthDate() != day("2099-12-31") {
		t.Errorf("without a day: %v, %v", n.BirthDate(), err)
	}
}

func TestEgyptianNID(t *testing.T) {
	for _, c := range []struct {
		raw, birth, sex, code, area string
		plausible                   bool
	}{
		// Weighted sum of the first by hand: 2·2+9·7+8·6+0·5+1·4+0·3+1·2+0·7+1·6+2·5+3·4+4·3+5·2 = 171 = 15·11+6, and 11-6 = 5.
		{"29801010123455", "1998-01-01", Male, "01", "EG-C", true},
		{"29801010123456", "1998-01-01", Male, "01", "EG-C", false},
		{"30402292701242", "2004-02-29", Female, "27", "EG-KN", false},
		{"26507048800021", "1965-07-04", Female, "88", "", true},
	} {
		n, err := ParseEgyptianNID(c.raw, today)
		if err != nil {
			t.Fatalf("%s: %v", c.raw, err)
		}
		a, ok := n.BirthGovernorate()
		if n.BirthDate().String() != c.birth || n.Sex() != c.sex || n.BirthCode() != c.code || a.Code != c.area || ok != (c.area != "") || n.CheckDigitPlausible() != c.plausible {
			t.Errorf("%s: born %s, sex %q, code %s, area %q, plausible %v", c.raw, n.BirthDate(), n.Sex(), n.BirthCode(), a.Code, n.CheckDigitPlausible())
		}
	}
	var none EgyptianNID
	if _, ok := none.BirthGovernorate(); ok || !none.BirthDate().IsZero() || none.Sex() != "" || none.BirthCode() != "" || none.CheckDigitPlausible() || none.Mask() != "" {
		t.Error("the zero value says something")
	}
}

// TestCheckDigit computes variant A as it is written down, on numbers of all remainders.
func TestCheckDigit(t *testing.T) {
	seen := map[int]bool{}
	for serial := range 2000 {
		s := fmt.Sprintf("2980101%02d%04d", 1, serial)
		sum := 0
		for i, w := range []int{2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2} {
			sum += w * int(s[i]-'0')
		}
		k := 11 - sum%11
		seen[k] = true
		switch k {
		case 10:
			k = 0
		case 11:
			k = 1
		}
		for last := range 10 {
			n, err := ParseEgyptianNID(fmt.Sprint(s, last), today)
			if err != nil {
				t.Fatal(err)
			}
			if got := n.CheckDigitPlausible(); got != (last == k) {
				t.Fatalf("%s%d: plausible = %v, k = %d", s, last, got, k)
			}
		}
	}
	if len(seen) != 11 {
		t.Errorf("only %d remainders seen", len(seen))
	}
}

func hintKeys(hints []Hint) (out []string) {
	for _, h := range hints {
		out = append(out, h.Field+" "+strings.TrimPrefix(h.Key, "identity.hint."))
	}
	return out
}

func TestCrossCheck(t *testing.T) {
	nid := Number{TypeEgyptianNID, "29801012723455"} // Qena, male
	abroad := Number{TypeEgyptianNID, "29801018823455"}
	qid := Number{TypeQatariID, "29863412345"}
	for _, c := range []struct {
		name   string
		n      Number
		stated Stated
		want   []string
	}{
		{"nothing stated", nid, Stated{}, nil},
		{"all fits", nid, Stated{BirthDate: day("1998-01-01"), Sex: Male, BirthArea: "EG-KN", Nationality: "EG"}, nil},
		{"Luxor with Qena's code", nid, Stated{BirthArea: "EG-LX"}, nil},
		{"nothing fits", nid, Stated{BirthDate: day("1998-01-02"), Sex: Female, BirthArea: "EG-C", Nationality: "QA"},
			[]string{"birth_date birth_date", "sex sex", "birth_area birth_area", "nationality nid_nationality"}},
		{"check digit", nid, Stated{CheckDigit: true}, []string{"id_number check_digit"}},
		{"check digit fits", Number{TypeEgyptianNID, "29801010123455"}, Stated{CheckDigit: true}, nil},
		{"born abroad", abroad, Stated{BirthArea: BornAbroad}, nil},
		{"born abroad, area stated", abroad, Stated{BirthArea: "EG-C"}, []string{"birth_area birth_area"}},
		{"born in Qena, abroad stated", nid, Stated{BirthArea: BornAbroad}, []string{"birth_area birth_area"}},
		{"QID fits", qid, Stated{BirthDate: day("1998-12-31"), Sex: Female, Nationality: "QA", CheckDigit: true}, nil},
		{"QID does not fit", qid, Stated{BirthDate: day("1999-01-01"), Nationality: "EG"}, []string{"birth_date birth_year", "nationality qid_nationality"}},
		{"QID of an unknown country", Number{TypeQatariID, "29800012345"}, Stated{Nationality: "EG"}, []string{"id_number qid_unknown_nation"}},
		{"old code of Sudan", Number{TypeQatariID, "29873612345"}, Stated{Nationality: "SD"}, nil},
		{"passport", Number{TypePassport, "A12345678"}, Stated{Sex: Male, Nationality: "EG"}, nil},
		{"not well formed", Number{TypeEgyptianNID, "123"}, Stated{Sex: Male}, nil},
		{"no number", Number{}, Stated{Sex: Male}, nil},
	} {
		if got := hintKeys(CrossCheck(c.n, c.stated)); !slices.Equal(got, c.want) {
			t.Errorf("%s: hints %q, want %q", c.name, got, c.want)
		}
	}
}

func TestParseQatariID(t *testing.T) {
	for raw, want := range map[string]string{
		"29863412345": "", "٢٩٨٦٣٤١٢٣٤٥": "", "298 634 12345": "", "32663400001": "", "32763400001": "identity.qid.future", "39963400001": "identity.qid.future",
		"2986341234": "identity.qid.length", "298634123456": "identity.qid.length", "19863412345": "identity.qid.century", "": "identity.empty", "2986341234x": "identity.qid.digits",
	} {
		n, err := ParseQatariID(raw, today)
		if got := key(t, err); got != want {
			t.Errorf("ParseQatariID(%q): %q, want %q", raw, got, want)
		}
		if err == nil && len(n.Canonical()) != 11 {
			t.Errorf("ParseQatariID(%q) = %q", raw, n.Canonical())
		}
	}
	n, _ := ParseQatariID("28581812345", today)
	if nation, ok := n.Nationality(); !ok || nation.Code != "EG" || n.BirthYear() != 1985 {
		t.Errorf("QID of an Egyptian: %v, %d", nation.Code, n.BirthYear())
	}
	var none QatariID
	if _, ok := none.Nationality(); ok || none.BirthYear() != 0 {
		t.Error("the zero value says something")
	}
}

func TestParsePassport(t *testing.T) {
	for raw, want := range map[string]string{
		"a12345678": "A12345678", "A 1234-5678": "A12345678", "A١٢٣٤٥٦٧٨": "A12345678", "12345": "12345", "ABCDE1234567890": "ABCDE1234567890",
		"": "!identity.empty", "A123": "!identity.passport.length", "A123456789012345": "!identity.passport.length", "ABCDEFG": "!identity.passport.no_digit",
		"ج12345678": "!identity.passport.characters", "A1234<5678": "!identity.passport.characters", "Á1234567": "!identity.passport.characters",
	} {
		p, err := ParsePassport(raw)
		if got := p.Canonical(); err == nil && got != want || err != nil && "!"+key(t, err) != want {
			t.Errorf("ParsePassport(%q) = %q, %v, want %q", raw, got, err, want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		typ       Type
		raw       string
		canonical string
		key       string
	}{
		{TypeEgyptianNID, "٢٩٨٠١٠١٠١٢٣٤٥٦", "29801010123456", ""}, {TypeQatariID, "298-634-12345", "29863412345", ""}, {TypePassport, "a1234567", "A1234567", ""},
		{TypeEgyptianNID, "29863412345", "", "identity.nid.length"}, {TypeQatariID, "x", "", "identity.qid.digits"}, {TypePassport, "x", "", "identity.passport.length"},
		{"", "29801010123456", "", "identity.type"}, {"ssn", "1", "", "identity.type"},
	} {
		n, err := Parse(c.typ, c.raw, today)
		if n.Canonical != c.canonical || key(t, err) != c.key || n.IsZero() != (err != nil) || err == nil && n.Type != c.typ {
			t.Errorf("Parse(%q, %q) = %q, %v", c.typ, c.raw, n.Canonical, err)
		}
	}
	for _, typ := range Types() {
		if !typ.Valid() {
			t.Errorf("%q is not valid", typ)
		}
	}
	if Type("").Valid() || Type("EG_NID").Valid() {
		t.Error("an unknown type is valid")
	}
}

func TestParsePhone(t *testing.T) {
	for _, c := range []struct {
		country place.Country
		raw     string
		want    string // or "!" and the key
	}{
		{"EG", "01001234567", "+201001234567"}, {"EG", "٠١٠٠١٢٣٤٥٦٧", "+201001234567"}, {"EG", "010 0123-4567", "+201001234567"}, {"EG", "1001234567", "+201001234567"},
		{"EG", "201001234567", "+201001234567"}, {"EG", "+20 100 123 4567", "+201001234567"}, {"EG", "00201001234567", "+201001234567"}, {"EG", "+20 (0)10 0123 4567", "+201001234567"},
		{"EG", "201001234567+", "+201001234567"}, {"EG", "\u202a+201001234567\u202c", "+201001234567"}, {"EG", "01112345678", "+201112345678"}, {"EG", "01212345678", "+201212345678"}, {"EG", "01512345678", "+201512345678"},
		{"EG", "0223456789", "+20223456789"}, {"EG", "03-4567890", "+2034567890"}, {"EG", "0132345678", "+20132345678"}, {"EG", "040 3345678", "+20403345678"}, {"EG", "+20403345678", "+20403345678"},
		{"EG", "932345603", "+20932345603"}, {"EG", "223456789", "+20223456789"}, {"EG", "132345678", "+20132345678"}, {"EG", "203456789", "!identity.phone.egypt"},
		{"EG", "+97455123456", "+97455123456"}, {"EG", "97455123456", "+97455123456"}, {"EG", "+966501234567", "+966501234567"}, {"EG", "00966501234567", "+966501234567"},
		{"EG", "01301234567", "!identity.phone.egypt"}, {"EG", "0100123456", "!identity.phone.egypt"}, {"EG", "010012345678", "!identity.phone.egypt"}, {"EG", "55123456", "!identity.phone.egypt"},
		{"EG", "+2001", "!identity.phone.egypt"}, {"EG", "19123", "!identity.phone.egypt"}, {"EG", "0723456789", "!identity.phone.egypt"}, {"EG", "022345678", "!identity.phone.egypt"}, {"EG", "+201301234567", "!identity.phone.egypt"},
		{"QA", "55123456", "+97455123456"}, {"QA", "٥٥١٢٣٤٥٦", "+97455123456"}, {"QA", "33123456", "+97433123456"}, {"QA", "66123456", "+97466123456"}, {"QA", "7712 3456", "+97477123456"}, {"QA", "44123456", "+97444123456"},
		{"QA", "0097455123456", "+97455123456"}, {"QA", "+974 5512 3456", "+97455123456"}, {"QA", "97455123456", "+97455123456"}, {"QA", "+201001234567", "+201001234567"}, {"QA", "201001234567", "+201001234567"},
		{"QA", "055123456", "!identity.phone.qatar"}, {"QA", "5512345", "!identity.phone.qatar"}, {"QA", "88123456", "!identity.phone.qatar"}, {"QA", "01001234567", "!identity.phone.qatar"}, {"QA", "+97425123456", "!identity.phone.qatar"},
		{"", "+966501234567", "+966501234567"}, {"", "01001234567", "!identity.phone.international"}, {"", "+0123456789", "!identity.phone.international"}, {"", "+1234567", "!identity.phone.international"},
		{"", "+1234567890123456", "!identity.phone.international"}, {"EG", "", "!identity.empty"}, {"EG", "  ", "!identity.empty"}, {"EG", "+", "!identity.phone.characters"}, {"EG", "--", "!identity.phone.characters"},
		{"EG", "010O1234567", "!identity.phone.characters"}, {"EG", "0100+1234567", "!identity.phone.characters"}, {"EG", "++201001234567", "!identity.phone.characters"}, {"EG", "01001234567 / 01112345678", "!identity.phone.egypt"},
		{"EG", strings.Repeat("0", 300), "!identity.phone.characters"}, {"EG", "1.00E+09", "!identity.phone.characters"}, {"EG", "=cmd|' /C calc'!A0", "!identity.phone.characters"},
	} {
		p, err := ParsePhone(c.raw, c.country)
		if got := p.Canonical(); err == nil && got != c.want || err != nil && "!"+key(t, err) != c.want {
			t.Errorf("ParsePhone(%q, %q) = %q, %v, want %q", c.raw, c.country, got, err, c.want)
		}
	}
	for raw, want := range map[string]string{
		"+201001234567": "EG true 01001234567", "+20223456789": "EG false 0223456789", "+20132345678": "EG false 0132345678", "+97455123456": "QA true 55123456", "+97444123456": "QA false 44123456",
		"+966501234567": " false +966501234567",
	} {
		p, err := ParsePhone(raw, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(p.Country(), " ", p.Mobile(), " ", p.National()); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	var none Phone
	if none.Country() != "" || none.Mobile() || none.National() != "" {
		t.Error("the zero value says something")
	}
}

// withCheck returns an IBAN with its check digits, found by trying all.
func withCheck(t testing.TB, country, rest string) string {
	for k := 2; k <= 98; k++ {
		if s := fmt.Sprintf("%s%02d%s", country, k, rest); ibanRemainder(s) == 1 {
			return s
		}
	}
	t.Fatalf("no check digits for %s", rest)
	return ""
}

func TestParseIBAN(t *testing.T) {
	// The examples of the IBAN registry, so that the remainder is not only checked against itself.
	eg, qa := "EG380019000500000000263180002", "QA58DOHB00001234567890ABCDEFG"
	arabicDigits := "EG٣٨ ٠٠١٩ ٠٠٠٥ ٠٠٠٠ ٠٠٠٠ ٢٦٣١ ٨٠٠٠ ٢"
	for raw, want := range map[string]string{
		eg: "", qa: "", strings.ToLower(qa): "", arabicDigits: "", "EG38 0019 0005 0000 0000 2631 8000 2": "", withCheck(t, "QA", "QNBA000000000000123456789"): "",
		"": "identity.empty", "EG390019000500000000263180002": "identity.iban.check", "EG380019000500000000263180020": "identity.iban.check", eg[:28]: "identity.iban.length", eg + "0": "identity.iban.length",
		"SA0380000000608010167519": "identity.iban.country", "EG38001900050000000026318000A": "identity.iban.form", "QA58D0HB00001234567890ABCDEFG": "identity.iban.form", "QAA8DOHB00001234567890ABCDEFG": "identity.iban.form",
		"QA01DOHB00001234567890ABCDEFG": "identity.iban.form", "EG38!": "identity.iban.characters", "حساب": "identity.iban.characters",
	} {
		v, err := ParseIBAN(raw)
		if got := key(t, err); got != want {
			t.Errorf("ParseIBAN(%q): %q, want %q", raw, got, want)
		}
		if err == nil && (len(v.Canonical()) != 29 || string(v.Country()) != v.Canonical()[:2]) {
			t.Errorf("ParseIBAN(%q) = %q", raw, v.Canonical())
		}
	}
	v, _ := ParseIBAN(eg)
	if got, want := v.Groups(), "EG38 0019 0005 0000 0000 2631 8000 2"; got != want {
		t.Errorf("Groups = %q, want %q", got, want)
	}
	if none := (IBAN{}); none.Country() != "" || none.Groups() != "" {
		t.Error("the zero value says something")
	}
	// MOD 97-10 finds every single wrong digit and every two neighbours exchanged.
	for i := 4; i < len(eg); i++ {
		for d := byte('0'); d <= '9'; d++ {
			wrong := []byte(eg)
			if wrong[i] = d; string(wrong) != eg {
				if _, err := ParseIBAN(string(wrong)); err == nil {
					t.Errorf("a wrong digit at %d passes", i)
				}
			}
		}
		if i+1 < len(eg) && eg[i] != eg[i+1] {
			wrong := []byte(eg)
			wrong[i], wrong[i+1] = wrong[i+1], wrong[i]
			if _, err := ParseIBAN(string(wrong)); err == nil {
				t.Errorf("neighbours exchanged at %d pass", i)
			}
		}
	}
}

func TestParseTIN(t *testing.T) {
	for raw, want := range map[string]string{
		"123456789": "", "123-456-789": "", "١٢٣ ٤٥٦ ٧٨٩": "", "012345678": "", "12345678": "identity.tin.length", "1234567890": "identity.tin.length", "12345678a": "identity.tin.digits", "": "identity.empty",
		"000000000": "identity.tin.zero",
	} {
		v, err := ParseTIN(raw)
		if got := key(t, err); got != want {
			t.Errorf("ParseTIN(%q): %q, want %q", raw, got, want)
		}
		if err == nil && len(v.Groups()) != 11 {
			t.Errorf("Groups = %q", v.Groups())
		}
	}
	if got := (TIN{}).Groups(); got != "" {
		t.Errorf("Groups of none = %q", got)
	}
}

func TestMask(t *testing.T) {
	for s, want := range map[string]string{"": "", "1234": "••••", "1234567": "•••••••", "12345678": "••••5678", "29801010123456": "••••••••••3456", "+201001234567": "•••••••••4567"} {
		if got := Mask(s); got != want {
			t.Errorf("Mask(%q) = %q, want %q", s, got, want)
		}
	}
}

// TestNumbersStayHidden prints every value in every way that a careless line might.
func TestNumbersStayHidden(t *testing.T) {
	nid, _ := ParseEgyptianNID("29801010123456", today)
	qid, _ := ParseQatariID("29863412345", today)
	passport, _ := ParsePassport("A12345678")
	phone, _ := ParsePhone("01001234567", "EG")
	iban, _ := ParseIBAN("EG380019000500000000263180002")
	tin, _ := ParseTIN("123456789")
	number := Number{TypeEgyptianNID, nid.Canonical()}
	for _, v := range []interface {
		Mask() string
		String() string
	}{nid, qid, passport, phone, iban, tin, number} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		wrapped := struct{ V any }{v}
		for _, out := range []string{v.String(), fmt.Sprint(v), fmt.Sprintf("%s %v %+v %#v %d %x %q", v, v, v, v, v, v, v), fmt.Sprintf("%+v %#v", wrapped, wrapped), log.String()} {
			if regexp.MustCompile(`[0-9]{5,}|[0-9a-f]{20,}`).MatchString(strings.ReplaceAll(regexp.MustCompile(`"time":"[^"]*"`).ReplaceAllString(out, ""), v.Mask(), "")) || !strings.Contains(out, v.Mask()) {
				t.Errorf("%T shows itself: %s", v, out)
			}
		}
	}
	for _, v := range []any{nid, qid, passport, phone, iban, tin} {
		if b, err := json.Marshal(v); err != nil || string(b) != "{}" {
			t.Errorf("%T in JSON = %s, %v", v, b, err)
		}
	}
}

// TestKeysAreInTheCatalogues reads the package's own sources, so that a new key without its two messages is found here.
func TestKeysAreInTheCatalogues(t *testing.T) {
	keys := map[string]bool{"identity.nid.digits": true, "identity.nid.length": true, "identity.qid.digits": true, "identity.qid.length": true, "identity.tin.digits": true, "identity.tin.length": true}
	for _, file := range []string{"identity.go", "account.go", "phone.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(identity\.[a-z_.]+)"`).FindAllStringSubmatch(string(src), -1) {
			if k := m[1]; k != "identity.nid" && k != "identity.qid" && k != "identity.tin" {
				keys[k] = true
			}
		}
	}
	for _, lang := range []string{"ar", "en"} {
		toml, err := os.ReadFile("../locale/messages/" + lang + "/identity.toml")
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

func FuzzParse(f *testing.F) {
	for _, s := range []string{"29801010123456", "٢٩٨٠١٠١٠١٢٣٤٥٦", "29863412345", "a1234567", "+20 (0)10 0123 4567", "974 5512 3456+", "EG380019000500000000263180002", "QA58DOHB00001234567890ABCDEFG", "123-456-789", "\xff\x00", "30000000000000", "２９８", "0020", "+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		check := func(name, canonical string, err error, again func(string) (string, error), form string) {
			t.Helper()
			if err != nil {
				var e *fault.Error
				if canonical != "" || !errors.As(err, &e) || e.Kind != fault.Invalid || !strings.HasPrefix(e.Key, "identity.") {
					t.Errorf("%s(%q) = %q, %v", name, raw, canonical, err)
				}
				if len(raw) >= 5 && strings.Contains(fmt.Sprint(err), raw) && !strings.Contains("invalid: identity.", raw) && strings.ContainsAny(raw, "0123456789") {
					t.Errorf("%s(%q): the error shows the input: %v", name, raw, err)
				}
				return
			}
			if !regexp.MustCompile(form).MatchString(canonical) {
				t.Errorf("%s(%q) = %q", name, raw, canonical)
			}
			if twice, err := again(canonical); err != nil || twice != canonical {
				t.Errorf("%s(%q) = %q, but again %q, %v", name, raw, canonical, twice, err)
			}
		}
		for typ, form := range map[Type]string{TypeEgyptianNID: `^[23]\d{13}$`, TypeQatariID: `^[23]\d{10}$`, TypePassport: `^[A-Z0-9]{5,15}$`} {
			parse := func(s string) (string, error) {
				n, err := Parse(typ, s, today)
				return n.Canonical, err
			}
			canonical, err := parse(raw)
			check(string(typ), canonical, err, parse, form)
			if err == nil {
				CrossCheck(Number{typ, canonical}, Stated{BirthDate: today, Sex: Male, BirthArea: "EG-C", Nationality: "EG", CheckDigit: true})
			}
		}
		for _, c := range []place.Country{"EG", "QA", ""} {
			parse := func(s string) (string, error) {
				n, err := ParsePhone(s, c)
				return n.Canonical(), err
			}
			canonical, err := parse(raw)
			check("phone of "+string(c), canonical, err, parse, `^\+[1-9]\d{7,14}$`)
			if err == nil { // and as it is written at home, in its own country
				n := Phone{secret{canonical}}
				if home, err := ParsePhone(n.National(), n.Country()); err != nil || home != n {
					t.Errorf("ParsePhone(%q, %q) = %q, %v, want %q", n.National(), n.Country(), home.Canonical(), err, canonical)
				}
			}
		}
		iban := func(s string) (string, error) { n, err := ParseIBAN(s); return n.Canonical(), err }
		canonical, err := iban(raw)
		check("IBAN", canonical, err, iban, `^(EG\d{27}|QA\d\d[A-Z]{4}[A-Z0-9]{21})$`)
		tin := func(s string) (string, error) { n, err := ParseTIN(s); return n.Canonical(), err }
		canonical, err = tin(raw)
		check("TIN", canonical, err, tin, `^\d{9}$`)
	})
}

func BenchmarkParseEgyptianNID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEgyptianNID("29801010123456", today); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParsePhone(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePhone("٠١٠٠١٢٣٤٥٦٧", place.Egypt); err != nil {
			b.Fatal(err)
		}
	}
}
