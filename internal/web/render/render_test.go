package render

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/static"
	"muntija/views"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The hostile string of the escaping tests: it would leave an attribute, a text, a title, a textarea and a script.
const hostile = `'"></textarea></title></script><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}&amp;`

// componentViews is the real layout and partials with the page of all components in place of the real pages.
func componentViews(t testing.TB) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	for _, src := range []fs.FS{views.Files, os.DirFS("testdata/views")} {
		err := fs.WalkDir(src, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || (src == fs.FS(views.Files) && strings.HasPrefix(name, "page/")) {
				return err
			}
			data, err := fs.ReadFile(src, name)
			out[name] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func newEngine(t testing.TB, v fs.FS) *Engine {
	t.Helper()
	e, err := New(v, static.Files(), locale.Default())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// componentEngine renders the page of all components with the words of this package's own areas and of testdata, so that the golden text does not
// change when another area gains a word.
func componentEngine(t testing.TB) *Engine {
	t.Helper()
	words := fstest.MapFS{}
	for _, lang := range []string{"ar", "en"} {
		for name, file := range map[string]string{
			lang + "/common.toml": "../../locale/messages/" + lang + "/common.toml", lang + "/dates.toml": "../../locale/messages/" + lang + "/dates.toml", lang + "/test.toml": "testdata/messages/" + lang + "/test.toml",
		} {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			words[name] = &fstest.MapFile{Data: data}
		}
	}
	bundle, err := locale.Load(words)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(componentViews(t), static.Files(), bundle)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

type components struct {
	ID         int64
	Hostile    string
	OfflineKey string
	Minor      int64
	Areas      []Option
	Parties    []string
	States     []string
	Steps      []Step
	Sort       Sort
	Pager      Pager
	Empty      Empty
	Progress   Progress
}

func componentPage(typed string) *Page {
	form := &Form{
		Values: map[string]string{"lead.given_name": typed, "lead.id_number": "29001011234567", "lead.birth_date": "1/1/1990", "lead.area": "EG-C", "lead.party": "EG",
			"lead.literacy": "no", "project.value": "1500", "address.text": typed, "household.members[0].name": typed, "household.members[1].birth_year": "2001"},
		Lists: map[string][]string{"household.benefits": {"QA"}},
	}
	form.Problems.Add("lead.given_name", "error.invalid")
	form.Problems.Add("household.members[1].name", "error.invalid")
	form.Problems.Add("lead.party", "error.invalid")
	form.Problems.Add("", "error.stale")
	form.Problems.Warn("lead.id_number", "error.duplicate")
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	return &Page{
		Actor: &Person{Name: "منى عبد الرحمن", Role: "nav.account", Party: "EG"}, CSRF: "token", Path: "/families?x=1", Now: now, Demo: true, Form: form,
		Flash:  []Flash{{Kind: "success", Key: "autosave.restored"}},
		Nav:    []NavItem{{Key: "status.home", Path: "/", Icon: "home", Active: true}, {Key: "nav.main", Path: "/families", Icon: "users-group", Count: 12}, {Key: "search.go", Path: "/criteria", Icon: "checklist"}},
		Search: &Search{Action: "/families", Value: typed},
		Body: components{ID: 1042, Hostile: typed, OfflineKey: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", Minor: 125050, Areas: []Option{{Value: "EG-C", Label: "القاهرة"}, {Value: "EG-GZ", Label: typed}}, Parties: []string{"EG", "QA"},
			States: []string{"draft", "submitted", "under_review", "returned", "approved", "rejected", "suspended", "expired", "withdrawn", "graduated"},
			Steps:  []Step{{"country.EG", "/a", "done", 0}, {"country.QA", "/b", "current", 0}, {"nav.menu", "/c", "todo", 2}},
			Sort:   Sort{"field.email", "/families?sort=email", "asc"}, Pager: Pager{First: "/families", Next: "/families?after=9", Total: 400},
			Empty: Empty{Icon: "inbox", Title: "status.404.title", Text: "status.404.advice", Action: "status.home", Path: "/"}, Progress: Progress{Key: "autosave.saving", Done: 30, Total: 100}},
	}
}

func render(t testing.TB, e *Engine, loc, page string, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := e.Render(&b, loc, page, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every page that exists parses in every locale, or the program does not start.
func TestEveryPageParses(t *testing.T) {
	e := newEngine(t, views.Files)
	if len(e.Pages()) < 5 {
		t.Errorf("pages = %v, want at least the five of sign-in and errors", e.Pages())
	}
}

func TestOwnPages(t *testing.T) {
	e := newEngine(t, views.Files)
	for _, loc := range locale.Names() {
		l := e.Locale(loc)
		pages := map[string]func() *Page{
			"auth/signin": func() *Page {
				return &Page{Form: &Form{Values: map[string]string{"email": "a@b"}, Problems: fault.Problems{{Field: "email", Key: "error.invalid"}}}, Body: &SignIn{Demo: []DemoAccount{{"nav.account", "EG", "a@example.org", "x y z"}}}}
			},
			"auth/second":     func() *Page { return &Page{} },
			"auth/setup":      func() *Page { return &Page{Body: Setup{Parties: []string{"EG", "QA"}}} },
			"auth/invitation": func() *Page { return &Page{Body: Invitation{Name: "Mona", Email: "mona@example.org"}} },
		}
		for name, make := range pages {
			checkPage(t, loc+" "+name, render(t, e, loc, name, make()), l)
		}
		checkPage(t, "signin without a body", render(t, e, loc, "auth/signin", &Page{}), l)
		checkPage(t, "reset", render(t, e, loc, "auth/invitation", &Page{Body: Invitation{Reset: true}}), l)
		for _, status := range Statuses() {
			out := render(t, e, loc, "errors/error", &Page{Path: "/x", Body: NewFault(l, status, "req-1", "")})
			checkPage(t, fmt.Sprintf("%s error %d", loc, status), out, l)
			signedIn := render(t, e, loc, "errors/error", &Page{Path: "/x", Actor: &Person{Name: "x", Role: "nav.account", Party: "QA"}, Body: NewFault(l, status, "", "error.stale")})
			checkPage(t, fmt.Sprintf("%s error %d signed in", loc, status), signedIn, l)
		}
	}
	if got := NewFault(e.Locale("en"), 418, "", "no.such").Status; got != 400 {
		t.Errorf("NewFault(418).Status = %d, want 400", got)
	}
	if got := NewFault(e.Locale("en"), 507, "", "").Status; got != 500 {
		t.Errorf("NewFault(507).Status = %d, want 500", got)
	}
}

// checkPage holds a page to what every page must be: no missing word, one h1, the language, unique ids, each control named, each described-by id there, each
// label and summary link leading somewhere, and nothing inline.
func checkPage(t *testing.T, what, page string, l *locale.Locale) {
	t.Helper()
	if i := strings.Index(page, "⟦"); i >= 0 {
		t.Errorf("%s: a word is missing: %s", what, page[i:min(len(page), i+60)])
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	ids, refs, labelled := map[string]int{}, map[string]string{}, map[string]bool{}
	count := map[string]int{}
	var controls []*html.Node
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			count[n.Data]++
			a := attrs(n)
			if a["id"] != "" {
				ids[a["id"]]++
			}
			for k := range a {
				if strings.HasPrefix(k, "on") || k == "style" || strings.HasPrefix(k, "hx-on") {
					t.Errorf("%s: <%s %s> is inline", what, n.Data, k)
				}
			}
			for _, id := range strings.Fields(a["aria-describedby"] + " " + a["aria-labelledby"]) {
				refs[id] = n.Data + " described by"
			}
			switch n.Data {
			case "html":
				if a["lang"] != l.Lang() || a["dir"] != l.Dir() {
					t.Errorf("%s: lang %q dir %q, want %q %q", what, a["lang"], a["dir"], l.Lang(), l.Dir())
				}
			case "style":
				t.Errorf("%s: an inline style sheet", what)
			case "script":
				if a["src"] == "" {
					t.Errorf("%s: an inline script", what)
				}
			case "label":
				if a["for"] != "" {
					refs[a["for"]] = "label for"
					labelled[a["for"]] = true
				}
			case "a":
				if id, ok := strings.CutPrefix(a["href"], "#"); ok {
					refs[id] = "link to"
				}
			case "input", "select", "textarea":
				if a["type"] != "hidden" {
					controls = append(controls, n)
				}
			case "img":
				if _, ok := a["alt"]; !ok || a["width"] == "" || a["height"] == "" {
					t.Errorf("%s: an image without alt or size", what)
				}
			case "button":
				if a["aria-label"] == "" && strings.TrimSpace(textOf(n)) == "" {
					t.Errorf("%s: a button without words", what)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	for _, once := range []string{"h1", "main", "header", "footer", "title"} {
		if count[once] != 1 {
			t.Errorf("%s: %d <%s>, want 1", what, count[once], once)
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s: id %q stands %d times", what, id, n)
		}
	}
	for id, by := range refs {
		if ids[id] == 0 {
			t.Errorf("%s: %s #%s leads nowhere", what, by, id)
		}
	}
	for _, c := range controls {
		a := attrs(c)
		if !labelled[a["id"]] && a["aria-label"] == "" && (c.Parent == nil || c.Parent.Data != "label") {
			t.Errorf("%s: <%s name=%q> has no label", what, c.Data, a["name"])
		}
		if a["type"] == "number" {
			t.Errorf("%s: %s: a number field refuses Arabic digits", what, a["name"])
		}
	}
	if len(page) > 60<<10 {
		t.Errorf("%s: %d bytes of HTML, want under 60 KB", what, len(page))
	}
}

func attrs(n *html.Node) map[string]string {
	m := map[string]string{}
	for _, a := range n.Attr {
		m[a.Key] = a.Val
	}
	return m
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}

var assetHash = regexp.MustCompile(`\.[0-9a-f]{12}\.`)

// The components as HTML, in both languages. After a wanted change: go test ./internal/web/render -update, and read the difference.
func TestComponentsGolden(t *testing.T) {
	e := componentEngine(t)
	for _, loc := range []string{"ar", "en"} {
		out := render(t, e, loc, "test/components", componentPage("أم محمد & Co"))
		checkPage(t, loc+" components", out, e.Locale(loc))
		got := assetHash.ReplaceAllString(out, ".HASH.")
		file := filepath.Join("testdata", "components."+loc+".golden.html")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from the page; -update writes it anew", file)
		}
	}
}

// What people type never becomes markup, in any component.
func TestEscaping(t *testing.T) {
	e := componentEngine(t)
	for _, loc := range []string{"ar", "en"} {
		p := componentPage(hostile)
		p.Actor.Name, p.Path, p.CSRF = hostile, hostile, hostile
		p.Form.Values["household.members[2]."+hostile] = hostile
		p.Form.Problems.Add("lead.area", "invitation.text", hostile)
		out := render(t, e, loc, "test/components", p)
		calm := render(t, e, loc, "test/components", componentPage("calm"))
		doc, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		var walk func(n *html.Node)
		seen := 0
		walk = func(n *html.Node) {
			if n.Type == html.ElementNode {
				a := attrs(n)
				if n.Data == "script" && a["src"] == "" || n.Data == "img" && a["src"] == "x" || a["onerror"] != "" {
					t.Errorf("%s: the typed text became <%s>", loc, n.Data)
				}
				for _, v := range a {
					if v == hostile {
						seen++
					}
				}
			}
			if n.Type == html.TextNode && strings.Contains(n.Data, "alert(1)") {
				seen++
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(doc)
		if seen < 10 {
			t.Errorf("%s: the typed text shows %d times, want it in at least 10 places, as text", loc, seen)
		}
		if got, want := strings.Count(out, "<script"), strings.Count(calm, "<script"); got != want {
			t.Errorf("%s: %d scripts, want %d", loc, got, want)
		}
	}
}

// forbidden in the text of any template: what the Content-Security-Policy would block at once.
var forbidden = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|<script(?:\s+[a-z]+(?:="[^"]*")?)*\s*>\s*[^<\s]`)

func TestNothingInline(t *testing.T) {
	err := fs.WalkDir(views.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(views.Files, name)
		if m := forbidden.Find(data); m != nil {
			t.Errorf("%s: %q is not allowed by the Content-Security-Policy", name, m)
		}
		if regexp.MustCompile(`<script(?:\s+[a-z]+)*\s*>`).Match(data) {
			t.Errorf("%s: a script without src", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{`<p style="x">`, `<a onclick=x>`, `<style>`, `<b hx-on:click=x>`, `<script>x()</script>`, `<a href="javascript:x">`} {
		if !forbidden.MatchString(bad) {
			t.Errorf("the test does not see %s", bad)
		}
	}
}

var classIn = regexp.MustCompile(`class="([^"]*)"`)
var action = regexp.MustCompile(`\{\{[^}]*\}\}`)

// Every class and icon that a template names exists: vendor.mjs cuts Tabler to what we use, and this shows a cut too many.
func TestClassesAndIconsExist(t *testing.T) {
	defined := map[string]bool{}
	for _, name := range []string{"vendor/tabler/tabler.css", "vendor/tabler/tabler.rtl.css", "css/app.css", "css/catalogue.css", "css/report.css"} {
		seen := map[string]bool{}
		for _, m := range regexp.MustCompile(`\.(-?[_a-zA-Z][\w-]*)`).FindAllSubmatch(open(t, name).Body, -1) {
			seen[string(m[1])] = true
		}
		for c := range seen {
			defined[c] = true
		}
	}
	// Names for scripts or for the reader only, without a rule.
	plain := map[string]bool{"demo-accounts": true, "field-date": true, "field-money": true, "field-check": true, "icon-dir": true, "step-todo": true, "step-name": true, "locale": true, "field-choices": true,
		"crit-title": true, "fam-head": true, "reg-head": true, "idcard-project": true, "life-what": true, "list-card": true, "sb-traybox": true}
	sprite := string(open(t, "vendor/icons/icons.svg").Body)
	iconIn := regexp.MustCompile(`\biconc? "([a-z0-9-]+)"`)
	for _, b := range badges {
		if !strings.Contains(sprite, `id="`+b.icon+`"`) {
			t.Errorf("a badge names the icon %q, which icons.txt does not have", b.icon)
		}
	}
	for _, f := range faults {
		if !strings.Contains(sprite, `id="`+f.icon+`"`) {
			t.Errorf("a status names the icon %q, which icons.txt does not have", f.icon)
		}
	}
	err := fs.WalkDir(views.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".html" {
			return err
		}
		data, err := fs.ReadFile(views.Files, name)
		for _, m := range iconIn.FindAllSubmatch(data, -1) {
			if !strings.Contains(sprite, `id="`+string(m[1])+`"`) {
				t.Errorf("%s: there is no icon %q; add it to static/icons.txt and run make assets", name, m[1])
			}
		}
		text := action.ReplaceAllStringFunc(string(data), func(a string) string {
			if strings.HasPrefix(a, "{{if") || strings.HasPrefix(a, "{{else") || strings.HasPrefix(a, "{{end") {
				return " "
			}
			return "§"
		})
		for _, m := range classIn.FindAllStringSubmatch(text, -1) {
			for _, c := range strings.Fields(m[1]) {
				if !strings.Contains(c, "§") && !defined[c] && !plain[c] {
					t.Errorf("%s: the class %q is in no style sheet", name, c)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, name string) static.Asset {
	t.Helper()
	a, ok := static.Files().Open(strings.TrimPrefix(static.Files().Path(name), static.Prefix))
	if !ok {
		t.Fatalf("no asset %s", name)
	}
	return a
}

// ownPages are scripts and styles that only their own page loads: the plan of a hall, the placing, the check-in at the door with its reader of codes, the order of photographs, charts; and the style of reports on paper.
var ownPages = []string{"js/chart", "vendor/echarts", "css/report", "js/plan", "js/place", "js/checkin", "vendor/jsqr", "js/photos"}

// The first view: one style sheet of Tabler, ours, the letters, the scripts a form loads, the icons: under 240 KB compressed, which leaves 60 KB of the 300
// for the page itself.
func TestFirstViewWeight(t *testing.T) {
	for _, sheet := range []string{"vendor/tabler/tabler.rtl.css", "vendor/tabler/tabler.css"} {
		total := 0
		names := []string{sheet}
		for _, n := range static.Files().Names() {
			if !strings.HasPrefix(n, "vendor/tabler/") && !slices.ContainsFunc(ownPages, func(p string) bool { return strings.HasPrefix(n, p) }) {
				names = append(names, n)
			}
		}
		sort.Strings(names)
		for _, n := range names {
			a := open(t, n)
			size := len(a.Body)
			if a.Gzip != nil {
				size = len(a.Gzip)
			}
			total += size
			if testing.Verbose() {
				t.Logf("%7d %s", size, n)
			}
		}
		t.Logf("first view with %s: %d bytes", sheet, total)
		if total > 240<<10 {
			t.Errorf("first view with %s: %d bytes, want at most %d", sheet, total, 240<<10)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := func() fstest.MapFS {
		return fstest.MapFS{"layout/a.html": {Data: []byte(`{{define "layout"}}<p>{{template "main" .}}{{end}}{{define "title"}}{{end}}`)}, "page/x/y.html": {Data: []byte(`{{define "main"}}ok{{end}}`)}}
	}
	if _, err := New(good(), static.Files(), locale.Default()); err != nil {
		t.Fatalf("the good set: %v", err)
	}
	for name, page := range map[string]string{
		"no main":          `{{define "other"}}{{end}}`,
		"unknown function": `{{define "main"}}{{nosuch 1}}{{end}}`,
		"missing partial":  `{{define "main"}}{{template "nosuch"}}{{end}}`,
		"bad place":        `{{define "main"}}<a href="{{if .}}'{{end}}{{end}}`,
		"bad fragment":     `{{define "main"}}ok{{end}}{{define "part"}}{{template "nosuch"}}{{end}}`,
	} {
		v := good()
		v["page/x/y.html"] = &fstest.MapFile{Data: []byte(page)}
		if _, err := New(v, static.Files(), locale.Default()); err == nil {
			t.Errorf("%s: New took it, want an error", name)
		}
	}
	if _, err := New(fstest.MapFS{}, static.Files(), locale.Default()); err == nil {
		t.Error("no layouts: New took it, want an error")
	}
}

type failing struct{ wrote int }

func (w *failing) Write(p []byte) (int, error) {
	w.wrote += len(p)
	return 0, errors.New("broken pipe")
}

func TestRenderErrors(t *testing.T) {
	e := newEngine(t, views.Files)
	if err := e.Render(io.Discard, "ar", "no/page", &Page{}); err == nil {
		t.Error("an unknown page rendered")
	}
	// The invitation page needs a body: the error comes before anything is written.
	w := &failing{}
	if err := e.Render(w, "ar", "auth/invitation", &Page{Body: 3}); err == nil || w.wrote != 0 {
		t.Errorf("a page with a wrong body: %v after %d bytes, want an error after none", err, w.wrote)
	}
	if err := e.Render(w, "ar", "auth/signin", &Page{}); err == nil {
		t.Error("a failing writer gave no error")
	}
	var b bytes.Buffer
	if err := e.Fragment(&b, "en", "auth/signin", "problems", &Form{Problems: fault.Problems{{Field: "email", Key: "error.invalid"}}}); err != nil || strings.Contains(b.String(), "<html") || !strings.Contains(b.String(), `href="#f-email"`) {
		t.Errorf("fragment = %q, %v", b.String(), err)
	}
}

func TestFieldNames(t *testing.T) {
	for _, c := range []struct{ name, id, label string }{
		{"lead.given_name", "f-lead-given_name", "lead.given_name"}, {"household.members[12].name", "f-household-members-12-name", "household.members.name"},
		{"", "form", ""}, {`x"><y`, "f-x-y", `x"><y`}, {"a[0].b[1].c", "f-a-0-b-1-c", "a.b.c"},
	} {
		if got := FieldID(c.name); got != c.id {
			t.Errorf("FieldID(%q) = %q, want %q", c.name, got, c.id)
		}
		if got := LabelKey(c.name); got != c.label {
			t.Errorf("LabelKey(%q) = %q, want %q", c.name, got, c.label)
		}
	}
	l := locale.Default().For("en")
	f := &Form{Values: map[string]string{"m[3].x": "", "m[999999999999999999999].x": "", "m[-1].x": "", "m[500].x": "", "mm[9].x": "", "m[": ""}, Rows: map[string]int{"m": 2}}
	if got := len(rows(l, f, "m", 1)); got != 4 {
		t.Errorf("rows = %d, want 4", got)
	}
	if got := len(rows(l, nil, "m", 0)); got != 0 {
		t.Errorf("rows of no form = %d, want 0", got)
	}
	if _, err := field(l, nil, "x", "requird"); err == nil {
		t.Error("a misspelt option was taken")
	}
	if got, err := query("/a?b=1", "c", "أ&", "d", ""); err != nil || got != "/a?b=1&c=%D8%A3%26" {
		t.Errorf("query = %q, %v", got, err)
	}
	if got := join("/families/", 12, "a/b"); got != "/families/12/a%2Fb" {
		t.Errorf("join = %q", got)
	}
}

func BenchmarkRender(b *testing.B) {
	e := componentEngine(b)
	p := componentPage("منى")
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Render(io.Discard, "ar", "test/components", p); err != nil {
			b.Fatal(err)
		}
	}
}
