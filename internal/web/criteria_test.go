package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// draftPage makes a draft of Egypt's criteria through the pages and returns its address.
func draftPage(t *testing.T, b *testkit.Browser) string {
	t.Helper()
	list := b.Get("/criteria").Want(200)
	p := b.Post("/criteria/new", list.Fields("/criteria/new")).Want(303)
	return p.Header.Get("Location")
}

// stored reads a draft from the store.
func stored(t *testing.T, s *testkit.Site, base string) *service.SetView {
	t.Helper()
	id, err := strconv.ParseInt(strings.TrimPrefix(base, "/criteria/"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Criteria.Set(context.Background(), testkit.Actor(auth.Administrator, place.Egypt), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// editor is the form of the page on which something is edited: the one with a version and no address of its own.
func editor(t *testing.T, p *testkit.Page) url.Values {
	t.Helper()
	for _, f := range testkit.Find(p.Doc(), "form", "method=post", "data-dirty") {
		out := url.Values{}
		for _, tag := range []string{"input", "textarea", "select"} {
			for _, n := range testkit.Find(f, tag, "name") {
				if inTemplate(n) {
					continue
				}
				name, value := testkit.Attr(n, "name"), testkit.Attr(n, "value")
				switch {
				case tag == "textarea":
					value = ""
					if n.FirstChild != nil {
						value = strings.TrimPrefix(n.FirstChild.Data, "\n")
					}
					out.Add(name, value)
				case tag == "select":
					chosen := testkit.Find(n, "option", "selected")
					if options := testkit.Find(n, "option"); len(chosen) == 0 && !has(n, "multiple") && len(options) > 0 {
						chosen = options[:1]
					}
					for _, o := range chosen {
						out.Add(name, testkit.Attr(o, "value"))
					}
				case testkit.Attr(n, "type") == "radio" || testkit.Attr(n, "type") == "checkbox":
					if has(n, "checked") {
						out.Add(name, value)
					}
				default:
					out.Add(name, value)
				}
			}
		}
		return out
	}
	t.Fatalf("%s: no editor on the page: %.300s", p.Path, p.Text())
	return nil
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func inTemplate(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "template" {
			return true
		}
	}
	return false
}

// press sends a form as it stands with one button and some fields changed.
func press(b *testkit.Browser, path string, form url.Values, changes ...string) *testkit.Page {
	out := url.Values{}
	for k, v := range form {
		out[k] = v
	}
	for i := 0; i+1 < len(changes); i += 2 {
		out.Set(changes[i], changes[i+1])
	}
	return b.Post(path, out)
}

// clauses are the lines of the builder as the page says them.
func clauses(p *testkit.Page) []string {
	var out []string
	for _, n := range testkit.Find(p.Doc(), "span", "class=clause-words") {
		out = append(out, testkit.Text(n))
	}
	return out
}

// The whole life of a condition in the builder: a line is added, joined by all or any, changed, dropped, written as text and built again, and saved.
func TestBuilder(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	for _, lang := range []string{locale.Arabic, locale.English} {
		s.Change(t, testkit.Actor(auth.Administrator, place.Egypt), func(u *auth.User) { u.Locale = lang })
		b := s.As(t, auth.Administrator, place.Egypt)
		base := draftPage(t, b)
		path := base + "/criteria/4/edit"
		step := func(p *testkit.Page, status int, changes ...string) *testkit.Page {
			t.Helper()
			q := press(b, path, editor(t, p), changes...).Want(status).Check()
			whole(t, q, auth.Administrator, lang)
			return q
		}
		want := func(p *testkit.Page, condition string, lines int) {
			t.Helper()
			if got := editor(t, p).Get("rule.condition"); got != condition || len(clauses(p)) != lines {
				t.Fatalf("got %q in %q, want %q in %d lines", got, clauses(p), condition, lines)
			}
		}
		p := b.Get(path).Want(200).Check()
		whole(t, p, auth.Administrator, lang)
		want(p, "age >= params.min_age", 1)
		p = step(p, 200, "_new", "1")
		p = step(p, 200, "_fact", "1", "clause.fact", "own_share")
		p = step(p, 422, "_keep", "1", "clause.op", "ge", "clause.typed", "many") // not a number: the line stays open
		want(p, "age >= params.min_age", 1)
		if got := editor(t, p); got.Get("clause.fact") != "own_share" || got.Get("clause.op") != "ge" {
			t.Errorf("the open line is lost: %v", got)
		}
		p = step(p, 200, "_keep", "1", "clause.op", "ge", "clause.typed", "٢٥")
		want(p, "age >= params.min_age && own_share >= 25", 2)
		p = step(p, 200, "_join", "1")
		want(p, "age >= params.min_age || own_share >= 25", 2)
		p = step(p, 200, "_open", "1")
		if got := editor(t, p); got.Get("clause.fact") != "own_share" || got.Get("clause.typed") != "25" || got.Get("clause.index") != "1" {
			t.Errorf("an opened line: got %v", got)
		}
		p = step(p, 422, "_keep", "1", "clause.op", "gt", "clause.typed", "30 40") // one too many: the line is as it was
		if got := clauses(p); len(got) != 2 || !strings.Contains(got[1], "25") {
			t.Errorf("after a change that was refused: got %q", got)
		}
		p = step(p, 200, "_keep", "1", "clause.op", "gt", "clause.typed", "30")
		want(p, "age >= params.min_age || own_share > 30", 2)
		p = step(p, 200, "_new", "1", "clause.fact", "")
		p = step(p, 200, "_fact", "1", "clause.fact", "benefits")
		form := editor(t, p)
		form["clause.values"] = []string{"takaful", "karama"}
		p = press(b, path, form, "_keep", "1", "clause.op", "has_any").Want(200).Check()
		want(p, "age >= params.min_age || own_share > 30 || has_any(benefits, ['takaful', 'karama'])", 3)
		p = step(p, 200, "_drop", "0")
		want(p, "own_share > 30 || has_any(benefits, ['takaful', 'karama'])", 2)
		p = step(p, 200, "_join", "1")
		p = step(p, 200, "_text", "1")
		if got := editor(t, p); got.Get("rule.mode") != "text" || got.Get("rule.condition") != "own_share > 30 && has_any(benefits, ['takaful', 'karama'])" {
			t.Fatalf("as text: got %v", got)
		}
		p = step(p, 422, "_build", "1", "rule.condition", "(age > 3 || literacy) && own_share > 1") // more than lines can show
		if got := editor(t, p).Get("rule.condition"); got != "(age > 3 || literacy) && own_share > 1" {
			t.Errorf("what cannot be built is lost: %q", got)
		}
		p = step(p, 200, "_build", "1", "rule.condition", "own_share > ١٥ && literacy")
		want(p, "own_share > 15 && literacy", 2)
		// Saving with a line open takes the line too.
		p = step(p, 200, "_new", "1")
		p = step(p, 200, "_fact", "1", "clause.fact", "food")
		form = editor(t, p)
		p = press(b, path, form, "clause.op", "is_false").Want(303)
		if got := p.Header.Get("Location"); got != base+"#c4" {
			t.Errorf("got %s", got)
		}
		c := stored(t, s, base).Set.Criteria[3]
		if c.Condition != "own_share > 15 && literacy && !food" || c.Code != "age" || len(c.Exceptions) != 1 || c.Exceptions[0].When != "centre_graduate" {
			t.Errorf("got %+v", c)
		}
		// A criterion more, by its exceptions' row buttons too.
		n := len(stored(t, s, base).Set.Criteria)
		path = fmt.Sprintf("%s/criteria/%d/edit", base, n+1)
		p = b.Get(path).Want(200).Check()
		whole(t, p, auth.Administrator, lang)
		p = step(p, 422, "rule.title.ar", "حرفة في البيت") // no condition, no code
		p = step(p, 200, "_fact", "1", "clause.fact", "at_home")
		p = step(p, 200, "_keep", "1", "clause.op", "is_true")
		p = step(p, 200, "_add", "exceptions")
		p = step(p, 200, "_add", "exceptions", "exceptions[0].code", "first", "exceptions[0].title.ar", "الأول", "exceptions[0].proof", "contract")
		p = step(p, 200, "_remove", "exceptions[0]", "exceptions[1].code", "second", "exceptions[1].title.ar", "الثاني", "exceptions[1].proof", "id_card")
		if got := editor(t, p); got.Get("exceptions[0].code") != "second" || got.Has("exceptions[1].code") {
			t.Fatalf("after a row was removed: %v", got)
		}
		press(b, path, editor(t, p), "rule.code", "at_home_again", "rule.weight", "points", "rule.points", "٧").Want(303)
		set := stored(t, s, base).Set
		if c := set.Criteria[n]; c.Condition != "at_home" || c.Weight != criteria.Points || c.Points != 7 || len(c.Exceptions) != 1 || c.Exceptions[0].Code != "second" {
			t.Errorf("the new criterion: got %+v", c)
		}
		// Typed text keeps its lines.
		p = b.Get(path).Want(200)
		press(b, path, editor(t, p), "rule.mode", "text", "rule.condition", "at_home\r\n  && literacy").Want(303)
		if got := stored(t, s, base).Set.Criteria[n].Condition; got != "at_home\n&& literacy" {
			t.Errorf("text of two lines: got %q", got)
		}
		// Moved and removed.
		show := b.Get(base).Want(200).Check()
		whole(t, show, auth.Administrator, lang)
		version := url.Values{"version": {strconv.FormatInt(stored(t, s, base).Row.Version, 10)}, "idempotency_key": {testkit.Key()}, "by": {"-1"}}
		b.Post(fmt.Sprintf("%s/criteria/%d/move", base, n+1), version).Want(303)
		if got := stored(t, s, base).Set.Criteria[n-1].Code; got != "at_home_again" {
			t.Errorf("moved up: got %s there", got)
		}
		version = url.Values{"version": {strconv.FormatInt(stored(t, s, base).Row.Version, 10)}, "idempotency_key": {testkit.Key()}}
		b.Post(fmt.Sprintf("%s/criteria/%d/remove", base, n), version).Want(303)
		if got := stored(t, s, base).Set.Criteria; len(got) != n || slices.ContainsFunc(got, func(c criteria.Criterion) bool { return c.Code == "at_home_again" }) {
			t.Errorf("removed: got %d criteria", len(got))
		}
	}
}

// badExpressions cannot be conditions; each is refused with a message.
var badExpressions = map[string]string{
	"empty": "", "blank": " \n\t ", "not closed": "age > (", "unknown fact": "shoe_size > 40", "unknown value": "sex == 'x'", "unknown paper": "has_document('moon_card')",
	"unknown parameter": "age > params.nobody", "number": "age + 1", "text": "'yes'", "types": "age == 'old'", "date": "application_date > date('31/02/2026')",
	"too long": strings.Repeat("literacy && ", 200) + "literacy", "far too long": strings.Repeat("x", 60_000), "deep brackets": strings.Repeat("(", 950) + "true" + strings.Repeat(")", 950),
	"deep nots": strings.Repeat("!(", 600) + "food" + strings.Repeat(")", 600), "deep lists": strings.Repeat("[", 600) + strings.Repeat("]", 600), "deep choice": strings.Repeat("food ? true : (", 120) + "true" + strings.Repeat(")", 120),
	"loop": "[1, 2, 3].all(x, x > 0)", "function": "size('x') > 0 && system('ls')", "NUL": "age\x00 > 3 &&", "bidi": "\u202eage > 3 && sex", "script": "<script>alert(1)</script>",
	"SQL": "' OR 1=1 --", "template": "{{.}}", "bad UTF-8": "age > \xff\xfe3", "emoji": "🧵 > 3", "division": "age / 0 > 1 /", "two": "true; false", "assignment": "age = 18", "huge number": "age > 99999999999999999999999999",
	"comment": "// nothing", "only operators": "&& ||", "Arabic words": "السن أكبر من 18", "regular expression": "area.matches('(a+)+$') &&", "unknown method": "area.explode()",
}

// A bad condition, typed, is refused with a message beside the field, on the page and while it is typed; nothing is saved and what was typed stands there.
func TestBadExpressions(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	for _, lang := range []string{locale.Arabic, locale.English} {
		s.Change(t, testkit.Actor(auth.Administrator, place.Egypt), func(u *auth.User) { u.Locale = lang })
		b := s.As(t, auth.Administrator, place.Egypt)
		base := draftPage(t, b)
		path := base + "/criteria/4/edit"
		form := editor(t, b.Get(path).Want(200))
		before := string(stored(t, s, base).Row.Body)
		for i, name := range slices.Sorted(maps.Keys(badExpressions)) {
			expr := badExpressions[name]
			for _, field := range []string{"rule.condition", "rule.applies_when", "rule.needs_review"} {
				if strings.TrimSpace(strings.Trim(expr, " \n\t")) == "" && field != "rule.condition" {
					continue
				}
				for _, mode := range []string{"text", "build"} {
					if lang == locale.English && (mode != "text" || field != "rule.condition") {
						continue // the messages are the other ones, the ways are the same
					}
					if field != "rule.condition" && (mode == "text") != (i%2 == 0) {
						continue // the three fields are read alike; both ways are tried for the first
					}
					p := press(b, path, form, "rule.mode", mode, field, expr, "idempotency_key", testkit.Key())
					if p.Status != 422 {
						t.Errorf("%s in %s (%s): got status %d, want 422", name, field, mode, p.Status)
						continue
					}
					if len(expr) < 10_000 { // what was typed comes back whole, whatever the page weighs then
						p.Check()
					}
					whole(t, p, auth.Administrator, lang)
					if len(testkit.Find(p.Doc(), "div", "role=alert"))+len(testkit.Find(p.Doc(), "section", "role=alert")) == 0 && !strings.Contains(string(p.Body), "is-invalid") {
						t.Errorf("%s in %s (%s): no message", name, field, mode)
					}
					if strings.Contains(string(p.Body), "<script>alert") {
						t.Errorf("%s in %s comes back unescaped", name, field)
					}
				}
				// While it is typed: a fragment that says what is wrong.
				c := b.Post(base+"/check", url.Values{"expr": {field}, field: {expr}}).Want(200)
				if strings.Contains(string(c.Body), "<html") || strings.Contains(string(c.Body), "<script>alert") || strings.TrimSpace(strings.Trim(expr, " \n\t")) != "" && c.Text() == "" {
					t.Errorf("checking %s: got %.200s", name, c.Body)
				}
			}
			p := press(b, path, form, "exceptions[0].when", expr, "idempotency_key", testkit.Key())
			if p.Status != 422 && strings.TrimSpace(expr) != "" {
				t.Errorf("%s as an exception: got status %d, want 422", name, p.Status)
			}
			if p.Status == 303 { // an exception without a condition: its proof is enough
				before = string(stored(t, s, base).Row.Body)
				form.Set("version", strconv.FormatInt(stored(t, s, base).Row.Version, 10))
			}
		}
		if after := string(stored(t, s, base).Row.Body); after != before {
			t.Error("a bad condition changed the draft")
		}
		good := b.Post(base+"/check", url.Values{"expr": {"rule.condition"}, "rule.condition": {"age >= params.min_age"}}).Want(200)
		if !strings.ContainsAny(good.Text(), "0123456789") && !good.Has("18") {
			t.Errorf("a good condition in words: got %q", good.Text())
		}
		for _, v := range []url.Values{{"expr": {"rule.nothing"}, "rule.nothing": {"true"}}, {}, {"expr": {"rule.condition", "x"}}} {
			if p := b.Post(base+"/check", v); p.Status >= 500 {
				t.Errorf("checking %v: got %d", v, p.Status)
			}
		}
	}
}

// What no page sends: each answer is a page below 500, and the draft still holds.
func TestHostileEditors(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	b := s.As(t, auth.Administrator, place.Egypt)
	base := draftPage(t, b)
	rule, head := base+"/criteria/4/edit", base+"/edit"
	ruleForm, headForm := editor(t, b.Get(rule).Want(200)), editor(t, b.Get(head).Want(200))
	before := string(stored(t, s, base).Row.Body)
	odd := append([]string{"-5", "0", "3", "1e3", "params[0]", "exceptions[-1]", "exceptions[99]", "nobody[0]", "own_share", "in", strings.Repeat("EG ", 400)}, hostile...)
	tried := 0
	for i, name := range []string{"_new", "_fact", "_keep", "_open", "_drop", "_text", "_build", "_join", "_add", "_remove", "clause.index", "clause.fact", "clause.op", "clause.values", "clause.typed", "clause.on",
		"rule.mode", "rule.join", "rule.weight", "rule.points", "rule.evidence", "rule.code"} {
		for j, v := range odd {
			if (i+j)%3 > 0 { // each value meets a third of the fields, each field a third of the values
				continue
			}
			p := press(b, rule, ruleForm, name, v, "idempotency_key", testkit.Key(), "clause.fact", "own_share", "version", "77")
			tried++
			if p.Status != 200 && p.Status != 422 && p.Status != 409 { // 409: it was fine, and 77 is no version
				t.Errorf("%s = %.20q: got status %d", name, v, p.Status)
			}
		}
	}
	for i, name := range slices.Sorted(maps.Keys(headForm)) {
		if name == "csrf" || name == "idempotency_key" {
			continue
		}
		for j, v := range odd {
			if (i+j)%3 > 0 {
				continue
			}
			p := press(b, head, headForm, name, v, "idempotency_key", testkit.Key())
			tried++
			if p.Status == 303 { // a text may be strange; it was cleaned
				if got := string(stored(t, s, base).Row.Body); strings.ContainsAny(got, "\x00\u202e\u2066") || strings.Contains(got, `\u202e`) || strings.Contains(got, `\u0000`) {
					t.Errorf("%s = %.20q is stored as it came", name, v)
				}
				headForm.Set("version", strconv.FormatInt(stored(t, s, base).Row.Version, 10))
				continue
			}
			if p.Status != 422 && p.Status != 409 {
				t.Errorf("%s = %.20q: got status %d", name, v, p.Status)
			}
		}
	}
	// Each field three times, a field missing.
	for name := range ruleForm {
		if name == "csrf" || name == "idempotency_key" {
			continue
		}
		thrice, without := url.Values{"version": {"77"}}, url.Values{}
		for k, v := range ruleForm {
			thrice[k], without[k] = v, v
		}
		thrice[name], without["version"] = []string{ruleForm.Get(name), "x", "\x00"}, []string{"77"}
		delete(without, name)
		for _, f := range []url.Values{thrice, without} {
			if p := press(b, rule, f, "idempotency_key", testkit.Key()); p.Status >= 500 || p.Status == 303 {
				t.Errorf("%s: got status %d", name, p.Status)
			}
		}
	}
	if tried < 350 {
		t.Errorf("only %d tries", tried)
	}
	if v := stored(t, s, base); v.Problems.Err() != nil || v.Set.Criteria[3].Condition != "age >= params.min_age" {
		t.Errorf("the draft: got %+v, %v; was %.80s", v.Set.Criteria[3], v.Problems, before)
	}
	// More lines than the builder takes.
	lines := strings.Repeat("literacy && ", criteria.MaxClauses-1) + "literacy"
	p := press(b, rule, ruleForm, "rule.condition", lines, "_keep", "1", "clause.fact", "food", "clause.op", "is_true", "clause.index", "-1")
	if p.Status != 422 || !p.Has(strconv.Itoa(criteria.MaxClauses)) {
		t.Errorf("a line too many: got %d, %.300s", p.Status, p.Text())
	}
	whole(t, p, auth.Administrator, locale.Arabic)
}

// The head of a set: parameters with sources keep them, rows are added and removed, a clash of two editors is said, a published set is not edited.
func TestEditTheHead(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	b := s.As(t, auth.Administrator, place.Egypt)
	base := draftPage(t, b)
	path := base + "/edit"
	p := b.Get(path).Want(200).Check()
	whole(t, p, auth.Administrator, locale.Arabic)
	form := editor(t, p)
	if form.Get("params[1].name") != "guardian_age" || form.Get("params[1].value") != "21" {
		t.Fatalf("got %v", form)
	}
	if p := press(b, path, form, "params[1].value", "22"); p.Status != 422 { // the law says 21, the ministry 25
		t.Errorf("a value that no source gives: got %d", p.Status)
	}
	if p := press(b, path, form, "set.valid_from", "31/02/2026"); p.Status != 422 {
		t.Errorf("no such day: got %d", p.Status)
	}
	for name, value := range map[string]string{"set.valid_to": "31/02/2030", "params[2].value": "a year"} { // neither is taken for nothing, or for zero
		if p := press(b, path, form, name, value).Want(422); editor(t, p).Get(name) != value || !strings.Contains(string(p.Body), "is-invalid") {
			t.Errorf("%s = %s: got %v", name, value, editor(t, p))
		}
	}
	if p := press(b, path, form, "_remove", "params[1]").Want(200).Check(); editor(t, p).Get("params[1].name") != "visit_days" {
		t.Errorf("a parameter removed: got %v", editor(t, p))
	} else if q := press(b, path, editor(t, p)); q.Status != 422 || !q.Has(stored(t, s, base).Set.Criteria[4].Title.AR) {
		t.Errorf("a parameter that a criterion names is gone: got %d, want the criterion named", q.Status)
	}
	p = press(b, path, form, "_add", "params").Want(200).Check()
	press(b, path, editor(t, p), "params[1].value", "25", "params[3].name", "max_share", "params[3].title.ar", "أقصى نصيب", "params[3].value", "٨٠", "set.valid_to", "١٤٥٠/٠١/٠١").Want(303)
	set := stored(t, s, base).Set
	if len(set.Params) != 4 || set.Params[1].Value != 25 || len(set.Params[1].Alternatives) != 2 || set.Params[3].Value != 80 || set.ValidTo.IsZero() {
		t.Errorf("got %+v to %s", set.Params, set.ValidTo)
	}
	if p := press(b, path, form, "set.title.ar", "عنوان قديم", "idempotency_key", testkit.Key()); p.Status != 409 {
		t.Errorf("a form that was open meanwhile: got %d, want 409", p.Status)
	}
	if got := stored(t, s, base).Set; got.Title.AR == "عنوان قديم" {
		t.Error("the stale form was saved")
	}
	for _, page := range []string{"/criteria/1/edit", "/criteria/1/criteria/1/edit", "/criteria/1/preview"} {
		if p := b.Get(page); p.Status != 409 {
			t.Errorf("%s of a published set: got %d, want 409", page, p.Status)
		}
	}
	b.Post(base+"/delete", url.Values{"version": {strconv.FormatInt(stored(t, s, base).Row.Version, 10)}, "idempotency_key": {testkit.Key()}}).Want(303)
	b.Get(base).Want(404)
}

var cause = regexp.MustCompile(`\d+\. [^:]+: .+ [←→] .+`)

// The preview says for whom and why, in both languages, on a page that stays light; the draft is published from it, and then families are re-checked.
func TestPreviewAndPublish(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	for i := range 60 {
		s.Family(t, i, place.Egypt, registry.UnderReview)
	}
	b := s.As(t, auth.Administrator, place.Egypt)
	base := draftPage(t, b)
	v := stored(t, s, base)
	// Two reasons for everybody: a condition that changed, and a criterion more. A third criterion goes, for which nobody moves.
	v.Set.Criteria[6].Condition = "contract_accepted && own_share > 25"
	v.Set.Criteria = append(v.Set.Criteria, criteria.Criterion{Code: "big", Title: criteria.Text{AR: "مشروع كبير <b>", EN: "A big project <b>"}, Weight: criteria.Hard,
		Condition: "project_value > 9000000", Citation: v.Set.Citation})
	v.Set.Criteria = slices.Delete(v.Set.Criteria, 1, 2)
	if err := s.Criteria.SaveDraft(context.Background(), admin, v.Row.ID, v.Set, testkit.Write(v.Row.Version)); err != nil {
		t.Fatal(err)
	}
	n := len(v.Set.Criteria)
	advice := slices.IndexFunc(v.Set.Criteria, func(c criteria.Criterion) bool { return c.Code == "active" })
	for lang, want := range map[string][]string{
		locale.Arabic: {"السبب", fmt.Sprintf("6. %s: مستوفى ← غير مستوفى", v.Set.Criteria[5].Title.AR), fmt.Sprintf("%d. مشروع كبير <b>: لم يكن معيارًا ← غير مستوفى", n), "60 ← 0"},
		locale.English: {"Why", fmt.Sprintf("6. %s: Met → Not met", v.Set.Criteria[5].Title.EN),
			fmt.Sprintf("%d. A big project <b>: was not a criterion → Not met", n), "60 → 0"},
	} {
		s.Change(t, admin, func(u *auth.User) { u.Locale = lang })
		p := b.Get(base + "/preview").Want(200).Check()
		whole(t, p, auth.Administrator, lang)
		if !p.Has(want...) {
			t.Errorf("%s: got %.1500s, want %q", lang, p.Text(), want)
		}
		reasons := 0
		for _, cell := range testkit.Find(p.Doc(), "td", "data-label="+want[0]) {
			items := testkit.Find(cell, "li")
			for _, li := range items {
				if !cause.MatchString(testkit.Text(li)) {
					t.Errorf("%s: a reason reads %q", lang, testkit.Text(li))
				}
			}
			if len(items) != 2 {
				t.Errorf("%s: got %d reasons, want 2: %s", lang, len(items), testkit.Text(cell))
			}
			reasons += len(items)
		}
		if reasons != 2*service.PreviewPageSize {
			t.Errorf("%s: got %d reasons, want two for each of %d names", lang, reasons, service.PreviewPageSize)
		}
		if len(p.Body) >= 60<<10 {
			t.Errorf("%s: the page has %d bytes", lang, len(p.Body))
		}
		q := b.Get(base + "/preview?page=2&move=left&area=EG-SHG").Want(200).Check()
		if got := len(testkit.Find(q.Doc(), "td", "data-label="+want[0])); got != 60-service.PreviewPageSize {
			t.Errorf("%s: got %d names on the second page", lang, got)
		}
		for _, odd := range []string{"page=-1", "page=99999999999999999999", "page=2&page=3", "move=sideways", "area=QA-RA", "area=%00", "move=entered", "fresh=%ff"} {
			b.Get(base + "/preview?" + odd).Want(200).Check()
		}
	}
	// A version that is published for later: who begins before it does away with it, and is told so.
	next := draftPage(t, b)
	later := stored(t, s, next)
	s.Change(t, admin, func(u *auth.User) { u.Locale = locale.English })
	q := b.Get(next + "/preview").Want(200)
	if q.Has("never come into force") {
		t.Error("nothing is published for later yet")
	}
	press(b, next+"/publish", q.Fields(next+"/publish"), "publish.valid_from", s.Clock.Today().AddDays(40).String()).Want(303)
	if q := b.Get(base + "/preview").Want(200).Check(); !q.Has(fmt.Sprintf("Version %d is published and begins on", later.Row.Number)) {
		t.Errorf("got %.1500s, want that version %d will never come into force", q.Text(), later.Row.Number)
	}

	// A draft that changes everything: the first reasons are named, the others counted, and the page is still light.
	s.Change(t, admin, func(u *auth.User) { u.Locale = locale.Arabic })
	v = stored(t, s, base)
	for i := range 11 {
		v.Set.Criteria[advice].Weight, v.Set.Criteria[advice].Condition = criteria.Hard, "visits > 9"
		c := v.Set.Criteria[n-1]
		c.Code, c.Title.AR = fmt.Sprintf("big_%d", i), fmt.Sprintf("معيار جديد من معايير تسجيل الأسر المنتجة، وهو رقم %d", i)
		v.Set.Criteria = append(v.Set.Criteria, c)
	}
	if err := s.Criteria.SaveDraft(context.Background(), admin, v.Row.ID, v.Set, testkit.Write(v.Row.Version)); err != nil {
		t.Fatal(err)
	}
	p := b.Get(base + "/preview").Want(200).Check()
	whole(t, p, auth.Administrator, locale.Arabic)
	for _, cell := range testkit.Find(p.Doc(), "td", "data-label=السبب") {
		if items := testkit.Find(cell, "li"); len(items) != 5 || testkit.Text(items[4]) != "و10 معايير أخرى" ||
			!strings.HasSuffix(testkit.Text(items[1]), ": مستوفى (معيار استرشادي) ← غير مستوفى (شرط لازم)") {
			t.Fatalf("got %s, want four reasons and how many more", testkit.Text(cell))
		}
	}
	form := p.Fields(base + "/publish")
	if p := press(b, base+"/publish", form, "token", ""); p.Status != 409 {
		t.Errorf("without the token of the preview: got %d, want 409", p.Status)
	}
	if p := press(b, base+"/publish", form, "version", "1"); p.Status != 409 {
		t.Errorf("at another version: got %d, want 409", p.Status)
	}
	for _, day := range []string{"", "2020-01-01", "2099-01-01", "31/02/2026", "\x00", "غدًا", strings.Repeat("9", 3000)} {
		q := press(b, base+"/publish", form, "publish.valid_from", day, "idempotency_key", testkit.Key())
		if q.Status != 422 || !strings.Contains(string(q.Body), "is-invalid") {
			t.Errorf("from %.20q: got %d, want 422 and the field marked", day, q.Status)
		}
		q.Check()
		whole(t, q, auth.Administrator, locale.Arabic)
	}
	if stored(t, s, base).Row.Status != store.SetDraft {
		t.Fatal("a refused publication published")
	}
	q = press(b, base+"/publish", form).Want(303).Follow().Want(200).Check()
	whole(t, q, auth.Administrator, locale.Arabic)
	press(b, base+"/publish", form).Want(303) // the same press again has the same answer
	if v, w := stored(t, s, base), stored(t, s, next); !v.InForce || !v.Row.ValidTo.IsZero() || w.Row.Status != store.SetRetired {
		t.Errorf("got %+v and %+v", v.Row, w.Row)
	}

	// The re-check, its page, its list, and its part that is asked for again.
	where := press(b, base+"/recheck", q.Fields(base+"/recheck")).Want(303).Header.Get("Location")
	for _, lang := range []string{locale.Arabic, locale.English} {
		s.Change(t, admin, func(u *auth.User) { u.Locale = lang })
		for _, page := range []string{"/jobs", where} {
			whole(t, b.Get(page).Want(200).Check(), auth.Administrator, lang)
		}
	}
	if p := b.Get(where); !strings.Contains(string(p.Body), "data-poll") || !p.Has("60") {
		t.Errorf("a job that waits: got %.600s", p.Text())
	}
	if err := s.Jobs.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.Header.Set("HX-Request", "true")
	var part *testkit.Page
	for range 500 {
		if part = b.Get(where).Want(200); !strings.Contains(string(part.Body), "data-poll") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Jobs.Stop()
	b.Header.Del("HX-Request")
	if strings.Contains(string(part.Body), "<html") || strings.Contains(string(part.Body), "data-poll") || !part.Has("60 of 60") {
		t.Errorf("a job that is done: got %.600s", part.Text())
	}
	if p := b.Post(where+"/cancel", url.Values{"idempotency_key": {testkit.Key()}}); p.Status != 409 {
		t.Errorf("cancelling what is done: got %d, want 409", p.Status)
	}
	where = press(b, base+"/recheck", q.Fields(base+"/recheck"), "idempotency_key", testkit.Key()).Want(303).Header.Get("Location")
	if p := b.Post(where+"/cancel", b.Get(where).Fields(where+"/cancel")).Want(303).Follow().Want(200).Check(); len(testkit.Find(p.Doc(), "form", "action="+where+"/cancel")) != 0 {
		t.Error("a cancelled job can be cancelled")
	}
	for _, page := range []string{where, base + "/preview", base} {
		if p := s.As(t, auth.Administrator, place.Qatar).Get(page); p.Status != http.StatusNotFound {
			t.Errorf("%s for Qatar's administrator: got %d, want 404", page, p.Status)
		}
	}
}
