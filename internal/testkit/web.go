package testkit

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/store"
)

// App answers requests without a network, as Fiber's application does. A negative timeout is none.
type App interface {
	Test(req *http.Request, timeout ...int) (*http.Response, error)
}

// Site is an office with its pages.
type Site struct {
	*Office
	App App
}

// Web returns a new office with the pages that open builds over its service. This package does not import package web, so that tests inside web can use it
// and a page that does not compile yet stops no other test:
//
//	func site(t *testing.T) *testkit.Site {
//		return testkit.Web(t, func(svc *service.Service) (testkit.App, error) {
//			s, err := New(Options{Service: svc, Views: views.Files, …})
//			if err != nil {
//				return nil, err
//			}
//			return s.App(), nil
//		})
//	}
func Web(t testing.TB, open func(svc *service.Service) (App, error)) *Site {
	t.Helper()
	o := Service(t)
	app, err := open(o.Service)
	if err != nil {
		t.Fatal("testkit: opening the pages: ", err)
	}
	return &Site{Office: o, App: app}
}

// Browser is one person's browser: it keeps cookies and sends the form token and an idempotency key with every change, as the pages do. It follows no redirect by itself.
type Browser struct {
	t       testing.TB
	site    *Site
	Cookies map[string]string
	Header  http.Header // sent with every request
}

// Visitor returns a browser in which nobody is signed in.
func (s *Site) Visitor(t testing.TB) *Browser {
	token, _ := auth.NewToken()
	return &Browser{t: t, site: s, Cookies: map[string]string{"guest": token}, Header: http.Header{"Sec-Fetch-Site": {"same-origin"}}}
}

// SignedIn returns a browser in which the actor has a whole session. Of the actor only the id counts: role and areas are read from the account, so change the
// account ([Office.Change]) to give it other areas. Signing in through the page itself is tested where it is written.
func (s *Site) SignedIn(t testing.TB, actor auth.Actor) *Browser {
	t.Helper()
	b := s.Visitor(t)
	token, hash := auth.NewToken()
	now := s.Clock.Now()
	s.Update(t, func(tx *store.Tx) error {
		return tx.InsertSession(&auth.Session{Hash: hash, UserID: actor.UserID, CreatedAt: now, SeenAt: now, Address: "0.0.0.0", Agent: "testkit"})
	})
	b.Cookies["session"] = token
	return b
}

// As is SignedIn for the first person of a role in a party.
func (s *Site) As(t testing.TB, role auth.Role, party place.Country) *Browser {
	t.Helper()
	return s.SignedIn(t, Actor(role, party))
}

// Change changes an account in the store behind everybody's back: its areas, language, activity.
func (o *Office) Change(t testing.TB, actor auth.Actor, fn func(u *auth.User)) {
	t.Helper()
	o.Update(t, func(tx *store.Tx) error {
		u, err := tx.UserByID(actor.UserID)
		if err != nil {
			return err
		}
		fn(u)
		return tx.UpdateUser(u)
	})
}

// CSRF returns the form token of the browser's session, or of the visitor's cookie.
func (b *Browser) CSRF() string {
	token := b.Cookies["session"]
	if token == "" {
		token = b.Cookies["guest"]
	}
	hash, ok := auth.HashToken(token)
	if !ok {
		return ""
	}
	return auth.CSRFToken(b.site.CSRFKey(), hash)
}

// Get asks for a page.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.Do(httptest.NewRequest(http.MethodGet, path, nil))
}

// Post sends a form. "csrf" and "key" are added if they are missing; give them as empty strings to leave them empty.
func (b *Browser) Post(path string, form url.Values) *Page {
	b.t.Helper()
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(b.filled(form).Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(req)
}

// Upload sends a form with one file.
func (b *Browser) Upload(path string, form url.Values, field, name string, body []byte) *Page {
	b.t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for k, vs := range b.filled(form) {
		for _, v := range vs {
			b.must(w.WriteField(k, v))
		}
	}
	part, err := w.CreateFormFile(field, name)
	b.must(err)
	_, err = part.Write(body)
	b.must(err)
	b.must(w.Close())
	req := httptest.NewRequest(http.MethodPost, path, &buf)
	req.Header.Set("Content-Type", w.FormDataContentType())
	return b.Do(req)
}

func (b *Browser) filled(form url.Values) url.Values {
	out := url.Values{"csrf": {b.CSRF()}, "key": {Key()}}
	for k, v := range form {
		out[k] = v
	}
	return out
}

func (b *Browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// Do sends any request with the browser's cookies and headers, and keeps the cookies of the answer. An answer of 500 and more fails the test: no input may
// bring one about.
func (b *Browser) Do(req *http.Request) *Page {
	b.t.Helper()
	for name, value := range b.Cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for k, vs := range b.Header {
		if req.Header.Get(k) == "" {
			req.Header[k] = vs
		}
	}
	resp, err := b.site.App.Test(req, -1)
	if err != nil {
		b.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	b.must(err)
	for _, c := range resp.Cookies() {
		if c.MaxAge < 0 || c.Value == "" || !c.Expires.IsZero() && c.Expires.Before(time.Unix(1<<20, 0)) {
			delete(b.Cookies, c.Name)
			continue
		}
		b.Cookies[c.Name] = c.Value
	}
	if resp.StatusCode >= 500 {
		b.t.Errorf("%s %s: status %d: %.600s", req.Method, req.URL.Path, resp.StatusCode, body)
	}
	return &Page{b: b, Path: req.URL.RequestURI(), Status: resp.StatusCode, Header: resp.Header, Body: body}
}

// Page is an answer.
type Page struct {
	b      *Browser
	doc    *html.Node
	Path   string
	Status int
	Header http.Header
	Body   []byte
}

// Want fails the test if the status is another one, and returns the page.
func (p *Page) Want(status int) *Page {
	p.b.t.Helper()
	if p.Status != status {
		p.b.t.Fatalf("%s: got status %d, want %d: %.1500s", p.Path, p.Status, status, p.Text())
	}
	return p
}

// Follow goes where a redirect leads.
func (p *Page) Follow() *Page {
	p.b.t.Helper()
	if p.Status < 300 || p.Status > 399 {
		p.b.t.Fatalf("%s: got status %d, want a redirect: %.1500s", p.Path, p.Status, p.Text())
	}
	return p.b.Get(p.Header.Get("Location"))
}

// Doc returns the parsed page.
func (p *Page) Doc() *html.Node {
	p.b.t.Helper()
	if p.doc == nil {
		doc, err := html.Parse(bytes.NewReader(p.Body))
		p.b.must(err)
		p.doc = doc
	}
	return p.doc
}

// Text returns what a person reads on the page, with single spaces.
func (p *Page) Text() string {
	p.b.t.Helper()
	return Text(p.Doc())
}

// Has reports whether every text can be read on the page.
func (p *Page) Has(texts ...string) bool {
	p.b.t.Helper()
	all := p.Text()
	for _, s := range texts {
		if !strings.Contains(all, strings.Join(strings.Fields(s), " ")) {
			return false
		}
	}
	return true
}

// Fields returns what a browser would send of the form with an action ("" for the first that posts), untouched: to change a field and post it.
func (p *Page) Fields(action string) url.Values {
	p.b.t.Helper()
	for _, f := range Find(p.Doc(), "form") {
		if action == "" && strings.EqualFold(Attr(f, "method"), "post") || action != "" && Attr(f, "action") == action {
			return fields(f)
		}
	}
	p.b.t.Fatalf("%s: no form with action %q", p.Path, action)
	return nil
}

// Forms returns what a browser would send of every form that posts, by where it goes.
func (p *Page) Forms() map[string]url.Values {
	p.b.t.Helper()
	out := map[string]url.Values{}
	for _, f := range Find(p.Doc(), "form") {
		if !strings.EqualFold(Attr(f, "method"), "post") {
			continue
		}
		action := Attr(f, "action")
		if action == "" {
			action = p.Path
		}
		if _, known := out[action]; !known {
			out[action] = fields(f)
		}
	}
	return out
}

// Check fails the test with every fault that [CheckHTML] finds on the page.
func (p *Page) Check() *Page {
	p.b.t.Helper()
	for _, c := range CheckHTML(p.Body) {
		p.b.t.Errorf("%s: %s", p.Path, c)
	}
	return p
}
