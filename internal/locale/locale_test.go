package locale

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"muntija/internal/calendar"
)

func TestDefaultLoads(t *testing.T) {
	sub, err := fs.Sub(messages, "messages")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(sub); err != nil {
		t.Fatal(err)
	}
	ar, en := MessageFiles("ar"), MessageFiles("en")
	for i := range ar {
		ar[i] = filepath.Base(ar[i])
	}
	for i := range en {
		en[i] = filepath.Base(en[i])
	}
	if !slices.Equal(ar, en) {
		t.Errorf("areas in Arabic %v, in English %v, want the same", ar, en)
	}
}

const fewForms = `zero="z"
one="o"
two="t"
few="f {{.Count}}"
many="m {{.Count}}"
other="x {{.Count}} {{.A0}}"
`

func TestLoadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ ar, en, want string }{
		"missing in English":  {`"a.b" = "x"`, ``, "a.b: missing in English"},
		"missing in Arabic":   {``, `"a.b" = "x"`, "a.b: missing in Arabic"},
		"other placeholders":  {`"a.b" = "{{.A0}}"`, `"a.b" = "{{.A1}}"`, "other placeholders"},
		"plural in one":       {"[\"a.b\"]\n" + strings.Replace(fewForms, " {{.A0}}", "", 1), `"a.b" = "x"`, "a plural in one language only"},
		"a form missing":      {"[\"a.b\"]\none=\"x\"\nother=\"y\"", "[\"a.b\"]\none=\"x\"\nother=\"y\"", "plural forms, want"},
		"unknown form":        {"[\"a.b\"]\nlots=\"x\"", ``, "not a plural form"},
		"key without quotes":  {`a.b.c = "x"`, `a.b.c = "x"`, "needs quotes"},
		"unknown placeholder": {`"a.b" = "{{.Name}}"`, `"a.b" = "{{.Name}}"`, "placeholder"},
		"count in a text":     {`"a.b" = "{{.Count}}"`, `"a.b" = "{{.Count}}"`, "placeholder"},
		"open":                {`"a.b" = "{{.A0"`, `"a.b" = "x"`, "without }}"},
		"number":              {`"a.b" = 1`, `"a.b" = 1`, "neither a text"},
		"bad TOML":            {`"a.b" = `, ``, "reading the catalogue ar/x.toml"},
	} {
		_, err := Load(fstest.MapFS{"ar/x.toml": {Data: []byte(c.ar)}, "en/x.toml": {Data: []byte(c.en)}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Load gave %v, want an error with %q", name, err, c.want)
		}
	}
	twice := fstest.MapFS{"ar/x.toml": {Data: []byte(`"k"="a"`)}, "ar/y.toml": {Data: []byte(`"k"="b"`)}, "en/x.toml": {Data: []byte(`"k"="a"`)}}
	if _, err := Load(twice); err == nil || !strings.Contains(err.Error(), "another catalogue") {
		t.Errorf("a key in two files: Load gave %v, want an error", err)
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("no files: Load gave no error")
	}
}

func TestPlurals(t *testing.T) {
	ar, en := Default().For(Arabic), Default().For(English)
	for n, want := range map[int]string{
		0: "لا نتائج", 1: "نتيجة واحدة", 2: "نتيجتان", 3: "3 نتائج", 10: "10 نتائج", 11: "11 نتيجة", 99: "99 نتيجة", 100: "100 نتيجة",
		102: "102 نتيجة", 103: "103 نتائج", 1000: "1,000 نتيجة", 1000003: "1,000,003 نتائج",
	} {
		if got := ar.N("pager.total", n); got != want {
			t.Errorf("N(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 results", 1: "one result", 2: "2 results", 11: "11 results", 1000001: "1,000,001 results"} {
		if got := en.N("pager.total", n); got != want {
			t.Errorf("N(%d) = %q, want %q", n, got, want)
		}
	}
	if got, want := ar.T("pager.total", 5), "5 نتائج"; got != want {
		t.Errorf("T with a count = %q, want %q", got, want)
	}
	// The form that other texts than the count depend on is chosen for each of CLDR's six classes.
	b, err := Load(fstest.MapFS{"ar/x.toml": {Data: []byte("[\"k\"]\n" + fewForms)}, "en/x.toml": {Data: []byte("[\"k\"]\none=\"1\"\nother=\"{{.A0}}\"")}})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{0: "z", 1: "o", 2: "t", 7: "f 7", 25: "m 25", 200: "x 200 أ"} {
		if got := b.For(Arabic).N("k", n, "أ"); got != want {
			t.Errorf("N(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestNumbersAndMoney(t *testing.T) {
	ar, arab, en := Default().For(Arabic), Default().For(ArabicDigits), Default().For(English)
	for _, c := range []struct{ got, want string }{
		{ar.Num(0), "0"}, {ar.Num(999), "999"}, {ar.Num(1000), "1,000"}, {ar.Num(-1234567), "-1,234,567"}, {ar.Num(123456), "123,456"},
		{arab.Num(12500), "١٢٬٥٠٠"}, {arab.Percent(40), "٤٠٪"}, {en.Percent(40), "40%"},
		{ar.Money(125050, "EGP"), "1,250.50\u00a0ج.م."}, {ar.Money(125000, "QAR"), "1,250\u00a0ر.ق."}, {en.Money(125005, "EGP"), "EGP\u00a01,250.05"},
		{arab.Money(125050, "EGP"), "١٬٢٥٠٫٥٠\u00a0ج.م."}, {en.Money(-5, "QAR"), "QAR\u00a0-0.05"}, {en.Money(-9223372036854775808, ""), "-92,233,720,368,547,758.08"},
		{ar.Money(100, "XXX"), "1\u00a0XXX"}, {en.Bytes(1), "1 KB"}, {en.Bytes(10 << 20), "10.0 MB"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	ar, arab, en := Default().For(Arabic), Default().For(ArabicDigits), Default().For(English)
	day, err := calendar.New(2026, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	instant := time.Date(2026, 3, 2, 22, 5, 0, 0, time.UTC)
	doha := time.FixedZone("Doha", 3*3600)
	for _, c := range []struct{ got, want string }{
		{ar.Date(day), "2\u00a0مارس\u00a02026"}, {en.Date("2026-03-02"), "2\u00a0March\u00a02026"}, {arab.Date(day), "٢\u00a0مارس\u00a0٢٠٢٦"},
		{ar.Hijri(day), "13 رمضان 1447 هـ"}, {en.Hijri(day), "13 Ramadan 1447 AH"}, {en.Both(day), "2\u00a0March\u00a02026 (13 Ramadan 1447 AH)"},
		{en.Both("1890-01-01"), "1\u00a0January\u00a01890"}, {en.Date(calendar.Date(0)), ""}, {en.Date(""), ""}, {en.Date("2026-13-40"), ""}, {en.Hijri(""), ""}, {en.Date(nil), ""},
		{en.EchoDate("13/9/1447"), "2\u00a0March\u00a02026 (13 Ramadan 1447 AH)"}, {en.EchoDate("٢/٣/٢٠٢٦"), "2\u00a0March\u00a02026 (13 Ramadan 1447 AH)"}, {en.EchoDate("soon"), ""},
		{en.DateTime(instant, doha), "3\u00a0March\u00a02026, 01:05"}, {en.DateTime(time.Time{}, doha), ""}, {ar.Weekday(day), "الاثنين"},
		{ar.Relative(instant, instant.Add(30*time.Second)), "الآن"}, {ar.Relative(instant, instant.Add(3*time.Minute)), "قبل 3 دقائق"}, {arab.Relative(instant, instant.Add(3*time.Minute)), "قبل ٣ دقائق"},
		{ar.Relative(instant, instant.Add(2*time.Hour)), "قبل ساعتين"}, {ar.Relative(instant, instant.Add(26*time.Hour)), "أمس"}, {en.Relative(instant, instant.Add(-time.Hour)), "now"},
		{en.Relative(instant, instant.Add(40*24*time.Hour)), "2\u00a0March\u00a02026"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestMessages(t *testing.T) {
	ar, en := Default().For(Arabic), Default().For(English)
	for _, c := range []struct{ got, want string }{
		{ar.T("no.such.key"), "⟦no.such.key⟧"}, {ar.N("no.such.key", 3), "⟦no.such.key⟧"},
		{ar.T("progress.of", 3, 12000), "3 من 12,000"},
		{ar.T("progress.of", 3), "3 من ⟦1⟧"},
		{ar.T("invitation.text", "Mona"), "\u2068Mona\u2069، اختر كلمة مرور لحسابك كي تبدأ العمل. هذا الرابط يصلح مرة واحدة."},
		{ar.T("invitation.text", "منى"), "منى، اختر كلمة مرور لحسابك كي تبدأ العمل. هذا الرابط يصلح مرة واحدة."},
		{en.T("progress.of", "منى", Raw("x")), "\u2068منى\u2069 of x"},
		{Default().For("xx").Name(), Arabic}, {Default().For(English).Dir(), "ltr"}, {ar.Dir(), "rtl"}, {Default().For(ArabicDigits).Lang(), "ar"},
		{Match("en-GB,en;q=0.9,ar;q=0.8"), English}, {Match("ar-EG"), Arabic}, {Match("fr"), Arabic}, {Match(""), Arabic}, {Match("\x00;;;q"), Arabic},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// dynamic are the prefixes of keys that the program puts together (field. + name, enum. + list + value), so no literal names them.
var dynamic = []string{"activity.clause.", "activity.strand.", "activity.form.", "flash.activity_", "api.problem.", "api.about.", "problem.json.", "json.type.", "placeholder.", "problem.hook.", "merge.move.", "merge.table.", "merge.group.", "merge.row.", "duplicate.bulk_say.", "duplicate.group_say.", "duplicate.source.", "ladder.", "exhibition.event.", "need.", "exhibition.site_", "report.by_", "report.first_", "mark.",
	"duplicate.state.", "duplicate.say.", "duplicate.none.", "duplicate.field.", "duplicate.level.", "field.", "hint.", "enum.", "month.", "hijri_month.", "weekday.", "country.", "currency.", "status.", "row.", "add.", "role.", "error.",
	"nav.", "fact.", "action.", "audit.", "step.", "doc.", "setting.", "auth.action.", "auth.class.", "auth.role.", "auth.scope.",
	"editor.", "placing.", "audit_plan.rule.", "audit_plan.source.", "audit_plan.unsaid.", "audit_plan.verdict.", "layout.stay.", "layout.ways.", "layout.clash.", "layout.rule.", "layout.broken.", "layout.stop.", "layout.weight.",
	"season_plan.breach.", "season_plan.clash.", "season_plan.given.", "season_plan.wish_", "season_plan.sum.", "season_plan.clash_kind.", "season_plan.field.",
	"search.kind.", "likely.remark.", "development.show.",
	"criteria.", "store.doctor.", "identity.", "calendar.", "job.kind.", "ruleset.hint.", "registration.outcome.", "registration.duplicate.", "import.outcome.", "import.doing.",
	"dash.", "reports.every.",
	"import.kind.", "import.key.", "import.dates.", "import.rows.", "import.shared.", "catalogue.made_in.", "product.origin"}

// Where a key is named: t and n in templates, faults and problems in Go. The first group is the key.
var (
	inTemplate = regexp.MustCompile(`\b(?:t|n|submit")\s+"([a-z][a-z0-9_]*(?:\.[a-zA-Z0-9_]+)+)"`)
	inGo       = []*regexp.Regexp{
		regexp.MustCompile(`"(planfile\.[a-z0-9_]+)"`),
		regexp.MustCompile(`\bfault\.New\(\s*fault\.\w+,\s*"([^"]+)"`),
		regexp.MustCompile(`\bfault\.Wrap\([^,\n]+,\s*fault\.\w+,\s*"([^"]+)"`),
		regexp.MustCompile(`\.(?:Add|Warn)\(\s*[^,\n]+,\s*"([a-z_]+(?:\.[a-z0-9_]+)+)"`),
		regexp.MustCompile(`fault\.Problem\{[^}]*Key:\s*"([^"]+)"`),
	}
)

// Every key that a template or a fault names exists, and every key is named somewhere.
func TestKeysAreUsedAndExist(t *testing.T) {
	root := "../.."
	keys := map[string]bool{}
	for _, k := range Default().Keys() {
		keys[k] = true
	}
	var sources strings.Builder
	check := func(file, key string) {
		if strings.HasSuffix(key, ".") { // put together: some message must begin so
			if !slices.ContainsFunc(Default().Keys(), func(k string) bool { return strings.HasPrefix(k, key) }) {
				t.Errorf("%s names messages that begin with %q, and there are none", file, key)
			}
			return
		}
		if !keys[key] {
			t.Errorf("%s names the message %q, which is in no catalogue", file, key)
		}
	}
	for _, dir := range []string{"internal", "views", "cmd", "fixtures"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(file string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			ext := filepath.Ext(file)
			if d.IsDir() || strings.HasSuffix(file, "_test.go") || (ext != ".go" && ext != ".html") {
				return nil
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			sources.Write(raw)
			if ext == ".html" {
				for _, m := range inTemplate.FindAllSubmatch(raw, -1) {
					check(file, string(m[1]))
				}
				return nil
			}
			for _, re := range inGo {
				for _, m := range re.FindAllSubmatch(raw, -1) {
					check(file, string(m[1]))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	all := sources.String()
	for k := range keys {
		if slices.ContainsFunc(dynamic, func(p string) bool { return strings.HasPrefix(k, p) }) || strings.Contains(all, `"`+k+`"`) || strings.Contains(all, `=`+k+`"`) {
			continue
		}
		t.Errorf("nobody uses the message %q", k)
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"", "x", "{{.A0}}", "a {{ .A9 }} b", "{{", "}}", "{{.Count}}", "{{.A}}", "{{.A10}}", "{{{.A0}}}"} {
		f.Add(s)
	}
	l := Default().For(Arabic)
	f.Fuzz(func(t *testing.T, s string) {
		parts, err := cut(s, true)
		if err != nil {
			return
		}
		if got := l.join(parts, 3, []any{"x", 2}); !strings.Contains(s, "{{") && got != s {
			t.Errorf("join(cut(%q)) = %q", s, got)
		}
	})
}

func BenchmarkT(b *testing.B) {
	l := Default().For(Arabic)
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.T("nav.skip")
		}
	})
	b.Run("arguments", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.T("progress.of", 3, 1200)
		}
	})
	b.Run("plural", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.N("pager.total", 25)
		}
	})
}
