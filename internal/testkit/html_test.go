package testkit_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/testkit"
)

const goodPage = `<!doctype html><html lang="ar" dir="rtl"><head><title>عمل</title><link rel="stylesheet" href="/static/a.css"></head><body><main><h1>عملي</h1>
<form method="post" action="/x"><input type="hidden" name="csrf" value="t"><label for="a">اسم</label><input id="a" name="a" value="1" aria-describedby="h"><p id="h">?</p>
<label>نعم <input type="checkbox" name="b" value="yes" checked></label><select name="c" aria-label="ج"><option value="">-</option><option value="2" selected>٢</option></select>
<textarea name="d" title="د">
سطر</textarea><button>حفظ</button></form><table><tr><th scope="col">ع</th></tr></table><img src="/p" alt="" width="1" height="1"><a href="/y">ي</a></main></body></html>`

func TestCheckHTML(t *testing.T) {
	if got := testkit.CheckHTML([]byte(goodPage)); len(got) != 0 {
		t.Fatalf("a good page has faults: %q", got)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"inline style":       {`<h1>`, `<h1 style="color:red">`, "inline style"},
		"inline handler":     {`<h1>`, `<h1 onclick="x()">`, "inline script"},
		"htmx handler":       {`<h1>`, `<h1 hx-on:click="x()">`, "inline script"},
		"script":             {`</main>`, `<script>alert(1)</script></main>`, "a script in the page"},
		"style element":      {`</head>`, `<style>a{}</style></head>`, "style element"},
		"two h1":             {`</main>`, `<h1>x</h1></main>`, "2 h1"},
		"no h1":              {`<h1>عملي</h1>`, ``, "0 h1"},
		"direction":          {`dir="rtl"`, `dir="ltr"`, "direction"},
		"direction en":       {`lang="ar"`, `lang="en"`, "direction"},
		"no language":        {`lang="ar"`, ``, "no language"},
		"twice":              {`<p id="h">`, `<p id="h"></p><p id="h">`, "stands 2 times"},
		"no label":           {`<label for="a">اسم</label>`, ``, "no label"},
		"blank label":        {`for="a">اسم<`, `for="a"><`, "no label"},
		"dangling for":       {`for="a"`, `for="z"`, "points at nothing"},
		"dangling described": {`aria-describedby="h"`, `aria-describedby="z"`, "points at nothing"},
		"no token":           {`name="csrf" value="t"`, `name="csrf" value=""`, "without a token"},
		"blank button":       {`<button>حفظ</button>`, `<button><svg aria-hidden="true"></svg></button>`, "button without words"},
		"blank link":         {`<a href="/y">ي</a>`, `<a href="/y"></a>`, "link without words"},
		"off site":           {`src="/p"`, `src="https://example.org/p"`, "leads off the site"},
		"javascript":         {`href="/y"`, `href="javascript:alert(1)"`, "leads off the site"},
		"protocol relative":  {`href="/static/a.css"`, `href="//example.org/a.css"`, "leads off the site"},
		"no alt":             {`alt=""`, ``, "without alt"},
		"shift":              {`width="1"`, ``, "moves the page"},
		"head":               {`scope="col"`, ``, "without scope"},
		"no doctype":         {`<!doctype html>`, ``, "no doctype"},
		"no title":           {`<title>عمل</title>`, ``, "no title"},
		"no main":            {`<main>`, `<div>`, "0 main"},
		"size":               {`</main>`, strings.Repeat("م", testkit.MaxPage/2) + `</main>`, "at most"},
	} {
		if !strings.Contains(goodPage, c.from) {
			t.Fatalf("%s: the good page has no %q", name, c.from)
		}
		got := strings.Join(testkit.CheckHTML([]byte(strings.Replace(goodPage, c.from, c.to, 1))), "; ")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want something with %q", name, got, c.want)
		}
	}
}

// echo is a site of one page that says how it was asked.
type echo struct{ svc *service.Service }

func (e echo) Test(req *http.Request, _ ...int) (*http.Response, error) {
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}
	who := "nobody"
	if c, err := req.Cookie("session"); err == nil {
		actor, session, err := e.svc.People.Authenticate(req.Context(), c.Value, "0.0.0.0")
		if err != nil {
			return nil, err
		}
		who = actor.Name
		if req.Method == http.MethodPost && !auth.CheckCSRF(e.svc.CSRFKey(), session.Hash, req.PostFormValue("csrf")) {
			resp.StatusCode = http.StatusForbidden
		}
	}
	if req.Method == http.MethodPost && resp.StatusCode == http.StatusOK {
		resp.StatusCode = http.StatusSeeOther
		resp.Header.Set("Location", "/done?a="+url.QueryEscape(req.PostFormValue("a"))+"&key="+req.PostFormValue("key"))
		resp.Header.Add("Set-Cookie", "flash=1; Path=/")
	}
	if req.URL.Path == "/out" {
		resp.Header.Add("Set-Cookie", "session=; Path=/; Max-Age=0")
	}
	body := strings.Replace(goodPage, "عملي", who+" "+req.URL.Query().Get("a"), 1)
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp, nil
}

func TestBrowser(t *testing.T) {
	site := testkit.Web(t, func(svc *service.Service) (testkit.App, error) { return echo{svc}, nil })
	worker := testkit.Actor(auth.FieldWorker, place.Qatar)
	b := site.SignedIn(t, worker)
	page := b.Get("/").Want(200).Check()
	if !page.Has(worker.Name) {
		t.Errorf("got %q, want the worker's name in it", page.Text())
	}
	form := page.Fields("/x")
	want := url.Values{"csrf": {"t"}, "a": {"1"}, "b": {"yes"}, "c": {"2"}, "d": {"سطر"}}
	if got := form.Encode(); got != want.Encode() {
		t.Errorf("got fields %q, want %q", got, want.Encode())
	}
	if got := b.Post("/x", form).Status; got != http.StatusForbidden {
		t.Errorf("another token: got status %d, want 403", got)
	}
	form.Del("csrf")
	form.Set("a", "قيمة")
	if done := b.Post("/x", form).Follow(); !done.Has("قيمة") || b.Cookies["flash"] != "1" {
		t.Errorf("got %q and cookies %v", done.Text(), b.Cookies)
	}
	b.Get("/out")
	if _, left := b.Cookies["session"]; left {
		t.Error("a cookie that the site took away is kept")
	}
	if page := site.Visitor(t).Get("/"); !page.Has("nobody") {
		t.Errorf("got %q, want nobody signed in", page.Text())
	}
}

func TestFind(t *testing.T) {
	doc, err := html.Parse(strings.NewReader(goodPage))
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{"input": 3, "input type=checkbox": 1, "input checked": 1, "input type=radio": 0, "option selected value=2": 1} {
		parts := strings.Fields(query)
		if got := len(testkit.Find(doc, parts[0], parts[1:]...)); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
}
