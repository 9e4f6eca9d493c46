package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/locale"
	"muntija/internal/metrics"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
	"muntija/internal/web"
	"muntija/static"
)

// productJSON is a product as a program sends it.
const productJSON = `{"name_ar": "كليم", "craft": "CK", "materials": "صوف", "handmade": "90", "unit": "piece", "price": "250", "currency": "EGP", "weight": "2500", "made_in": "yes"}`

// neverGiven are the statuses that the document names and that no request of TestAPIStatuses gets, with the reason.
var neverGiven = map[string]string{
	"listAreas 500": "its answer is made of what is compiled in", "listAreas 503": "its answer is made of what is compiled in",
	"listReferences 500": "its answer is made of what is compiled in", "listReferences 503": "its answer is made of what is compiled in",
}

// TestAPIStatuses makes every operation answer with every status that the document names for it, and holds each answer to the document: a status that is given and not
// named fails in hold, one that is named and not given fails at the end.
func TestAPIStatuses(t *testing.T) {
	t.Parallel()
	s := newFair(t)
	doc := readDocument(t, s.Site)
	tokens := map[auth.Role]*client{}
	for _, role := range []auth.Role{auth.Reviewer, auth.Coordinator, auth.Administrator} {
		tokens[role] = tokenFor(t, s.Site, testkit.Actor(role, place.Egypt), nil)
		tokens[role].doc = doc
	}
	anyone := &client{t: t, site: s.Site, doc: doc}
	owner := func(scope auth.TokenScope) *client { // who may use it: exhibitions are a coordinator's
		for _, role := range []auth.Role{auth.Reviewer, auth.Coordinator, auth.Administrator} {
			if scope == auth.ScopeExhibitionsRead {
				role = auth.Coordinator
			}
			if slices.Contains(auth.ScopesOf(testkit.Actor(role, place.Egypt)), scope) {
				return tokens[role]
			}
		}
		return tokens[auth.Reviewer]
	}
	r, co := tokens[auth.Reviewer], tokens[auth.Coordinator]
	ask := func(c *client, want int, method, path string, body any, headers ...string) *answer {
		t.Helper()
		a := c.do(method, path, body, headers...)
		if a.status != want {
			t.Errorf("%s %s %v: got %d, want %d: %.300s", method, path, headers, a.status, want, a.body)
		}
		return a
	}

	// What every operation refuses alike.
	stamp, some := "1", map[string]any{"createFamily": map[string]any{"form": testkit.Form(31, place.Egypt)}, "putForm": map[string]any{"form": testkit.Form(31, place.Egypt)},
		"createProduct": productJSON, "putProduct": productJSON, "apply": fmt.Sprintf(`{"family_id": %d, "products": "كليم", "sign": "نسيج", "size": "2x3", "people": 2}`, s.family[place.Egypt]),
		"answerInvitation": `{"accept": true}`}
	narrow := map[auth.TokenScope]*client{}
	for _, op := range web.APIOperations() {
		path := strings.Replace(op.Path, ":id", "999999", 1)
		c := owner(op.Scope)
		var match []string
		if op.Match {
			match = []string{"If-Match", `"` + stamp + `"`}
		}
		body := some[op.ID]
		s.Clock.Advance(time.Minute) // a new window
		ask(c, 400, op.Method, path+"?colour=red", body, match...)
		if strings.Contains(op.Path, ":id") {
			ask(c, 404, op.Method, path, body, match...)
		}
		if op.Open {
			ask(anyone, 400, op.Method, path+"?colour=red", nil)
			continue
		}
		ask(anyone, 401, op.Method, path, body, match...)
		if op.Scope != "" {
			if narrow[op.Scope] == nil {
				have := slices.DeleteFunc(auth.ScopesOf(testkit.Actor(auth.Reviewer, place.Egypt)), func(x auth.TokenScope) bool { return x == op.Scope })
				narrow[op.Scope] = tokenFor(t, s.Site, testkit.Actor(auth.Reviewer, place.Egypt), nil, have...)
				narrow[op.Scope].doc = doc
			}
			if a := ask(narrow[op.Scope], 403, op.Method, path, body, match...); !strings.Contains(a.header.Get("WWW-Authenticate"), string(op.Scope)) {
				t.Errorf("%s: the scope that is missing is not named: %v", op.ID, a.header)
			}
		}
		if op.Match {
			ask(c, 428, op.Method, path, body)
		}
		if op.Body {
			ask(c, 413, op.Method, path, `"`+strings.Repeat("x", 1<<20)+`"`, match...)
			ask(c, 415, op.Method, path, body, append(match, "Content-Type", "text/plain")...)
			ask(c, 422, op.Method, path, `{"nothing": true}`, match...)
		}
	}

	// Families.
	s.Clock.Advance(time.Minute)
	family := ask(r, 201, "POST", "/families", some["createFamily"])
	at := strings.TrimPrefix(family.header.Get("Location"), "/api/v1")
	ask(r, 409, "POST", "/families", map[string]any{"form": testkit.Form(1, place.Egypt), "submit": true}) // is on file
	approved := "/families/" + itoa(s.family[place.Egypt])
	ask(r, 200, "GET", "/families", nil)
	for _, sub := range []string{"", "/members", "/project", "/events", "/assessment", "/products"} {
		ask(r, 200, "GET", approved+sub, nil)
	}
	form := ask(r, 200, "GET", at+"/form", nil)
	ask(r, 304, "GET", at+"/form", nil, "If-None-Match", form.header.Get("ETag"))
	ask(r, 304, "GET", at, nil, "If-None-Match", ask(r, 200, "GET", at, nil).header.Get("ETag"))
	ask(r, 409, "GET", approved+"/form", nil)
	saved := ask(r, 200, "PUT", at+"/form", some["putForm"], "If-Match", form.header.Get("ETag"))
	for _, tag := range []string{form.header.Get("ETag"), "*", "W/" + saved.header.Get("ETag"), `"99999999999999999999"`} {
		ask(r, 412, "PUT", at+"/form", some["putForm"], "If-Match", tag)
	}
	ask(r, 409, "PUT", approved+"/form", some["putForm"], "If-Match", `"1"`)
	ask(r, 409, "POST", at+"/amendment", nil)
	ask(r, 412, "POST", at+"/submission", nil, "If-Match", form.header.Get("ETag"))
	empty := ask(r, 201, "POST", "/families", map[string]any{"form": map[string]any{"case": map[string]any{}, "lead": map[string]any{"given_name": "منى"}, "guardian": map[string]any{}, "household": map[string]any{},
		"address": map[string]any{}, "project": map[string]any{}, "skills": map[string]any{}, "finance": map[string]any{}, "consents": []any{}}})
	ask(r, 422, "POST", strings.TrimPrefix(empty.header.Get("Location"), "/api/v1")+"/submission", nil, "If-Match", empty.header.Get("ETag"))
	ask(r, 200, "POST", at+"/submission", nil, "If-Match", saved.header.Get("ETag"))
	ask(r, 409, "POST", at+"/submission", nil, "If-Match", saved.header.Get("ETag"))
	key := testkit.Key()
	ask(r, 200, "POST", approved+"/amendment", nil, "Idempotency-Key", key)
	ask(r, 422, "POST", at+"/amendment", nil, "Idempotency-Key", key)

	// Products.
	ask(r, 200, "GET", "/products", nil)
	made := ask(r, 201, "POST", approved+"/products", productJSON)
	ask(r, 409, "POST", "/families/"+itoa(s.Family(t, 11, place.Egypt, registry.Withdrawn))+"/products", productJSON)
	product := strings.TrimPrefix(made.header.Get("Location"), "/api/v1")
	ask(r, 304, "GET", product, nil, "If-None-Match", ask(r, 200, "GET", product, nil).header.Get("ETag"))
	ask(r, 200, "PUT", product, strings.Replace(productJSON, `"250"`, `"260"`, 1), "If-Match", made.header.Get("ETag"))
	ask(r, 412, "PUT", product, productJSON, "If-Match", made.header.Get("ETag"))
	s.withdrawProduct(t, product)
	ask(r, 409, "PUT", product, productJSON, "If-Match", ask(r, 200, "GET", product, nil).header.Get("ETag"))

	// Exhibitions.
	show := "/exhibitions/" + itoa(s.id)
	ask(co, 200, "GET", "/exhibitions", nil)
	ask(co, 304, "GET", show, nil, "If-None-Match", ask(co, 200, "GET", show, nil).header.Get("ETag"))
	ask(co, 200, "GET", show+"/participations", nil)
	ask(co, 409, "POST", show+"/applications", some["apply"]) // there is no call
	part := "/participations/" + itoa(s.at[place.Egypt])
	tag := ask(co, 200, "GET", part, nil).header.Get("ETag")
	ask(co, 304, "GET", part, nil, "If-None-Match", tag)
	ask(co, 409, "POST", part+"/answer", `{"accept": true}`, "If-Match", tag) // accepted already
	s.Update(t, func(tx *store.Tx) error {
		p, err := tx.ParticipationByID(place.Egypt, s.at[place.Egypt])
		if err != nil {
			return err
		}
		p.State, p.InvitedAt, p.Deadline = exhibition.Invited, s.Clock.Now(), s.Clock.Now().Add(72*time.Hour)
		return tx.UpdateParticipation(p)
	})
	ask(co, 412, "POST", part+"/answer", `{"accept": true}`, "If-Match", `"999"`)
	ask(co, 200, "POST", part+"/answer", `{"accept": true}`, "If-Match", ask(co, 200, "GET", part, nil).header.Get("ETag"))
	today := s.Clock.Today()
	pressOn(t, formsAs(t, s.Site, auth.Coordinator, place.Egypt), s.url("/call"), s.url("/call"), url.Values{"opens": {today.String()}, "closes": {today.AddDays(5).String()}}).Want(303)
	other := s.Family(t, 9, place.Egypt, registry.Approved)
	ask(co, 201, "POST", show+"/applications", strings.Replace(some["apply"].(string), itoa(s.family[place.Egypt]), itoa(other), 1))

	// What needs no token, and what a token is.
	for _, path := range []string{"/areas", "/reference", "/catalogue/products", "/catalogue/products/" + itoa(s.product[place.Egypt])} {
		ask(anyone, 200, "GET", path, nil)
	}
	ask(r, 200, "GET", "/me", nil)
	ask(r, 200, "GET", "/figures", nil)

	// A window that is used up, then an office that has no time, then one that breaks down.
	s.Clock.Advance(time.Minute)
	for _, c := range []*client{r, co, tokens[auth.Administrator]} {
		quiet := &client{t: t, site: s.Site, key: c.key}
		for quiet.do("HEAD", "/me", nil).status != 429 {
		}
	}
	for quiet := (&client{t: t, site: s.Site}); quiet.do("HEAD", "/areas", nil).status != 429; {
	}
	each := func(want int, skip map[string]string) {
		t.Helper()
		for _, op := range web.APIOperations() {
			if skip[op.ID+" "+strconv.Itoa(want)] != "" {
				continue
			}
			c := *owner(op.Scope)
			c.down, c.site = want >= 500, s.Site
			var headers []string
			if op.Match {
				headers = []string{"If-Match", `"1"`}
			}
			a := ask(&c, want, op.Method, strings.Replace(op.Path, ":id", itoa(s.family[place.Egypt]), 1), some[op.ID], headers...)
			if want != 500 && a.header.Get("Retry-After") == "" {
				t.Errorf("%s: %d without Retry-After", op.ID, want)
			}
		}
	}
	each(429, nil)
	s.App = outOfOrder(t, s.Service, time.Nanosecond)
	each(503, neverGiven)
	broken := *s.Service // each use-case breaks down, which must end in an answer too
	broken.Tokens, broken.Catalogue = nil, nil
	s.App = outOfOrder(t, &broken, time.Minute)
	each(500, neverGiven)

	for path, item := range doc.raw["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			id := op.(map[string]any)["operationId"].(string)
			for status := range op.(map[string]any)["responses"].(map[string]any) {
				if name := id + " " + status; doc.seen[name] == (neverGiven[name] != "") {
					t.Errorf("%s %s: %s is in the document; given: %v, said to be never given: %v", method, path, name, doc.seen[name], !doc.seen[name])
				}
			}
		}
	}
}

// outOfOrder is a second door to an office, whose own errors are not logged.
func outOfOrder(t testing.TB, svc *service.Service, timeout time.Duration) testkit.App {
	t.Helper()
	pages, err := sitePages()
	if err != nil {
		t.Fatal(err)
	}
	s, err := web.New(web.Options{Service: svc, Pages: pages, Assets: familyAssets{static.Files()}, Bundle: locale.Default(), Metrics: metrics.New("test"), Log: slog.New(slog.DiscardHandler), RequestTimeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return s.App()
}

// withdrawProduct puts a product where its form is closed.
func (s *fair) withdrawProduct(t testing.TB, path string) {
	t.Helper()
	id, err := strconv.ParseInt(path[strings.LastIndexByte(path, '/')+1:], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	s.Update(t, func(tx *store.Tx) error {
		p, err := tx.ProductByID(store.Scope{Party: place.Egypt}, id)
		if err != nil {
			return err
		}
		p.Status.State = registry.ProductWithdrawn
		return tx.UpdateProduct(p)
	})
}

// TestAPIWire sends what no client library sends, over a connection: each answer is a problem in the language that is asked for, never a page, and nothing is saved.
func TestAPIWire(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	c := tokenFor(t, s, testkit.Actor(auth.Reviewer, place.Egypt), nil)
	app, ok := s.App.(interface{ Listener(net.Listener) error })
	if !ok {
		t.Fatal("the site cannot be listened for")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(ln) }()
	t.Cleanup(func() { ln.Close() })
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(bytes.Repeat([]byte(" "), 64<<20)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	before := rowsOf(t, s)
	for _, x := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		kind                     string
	}{
		{"unknown route", "GET", "/nothing", "", nil, 404, "not_found"},
		{"the root", "GET", "", "", nil, 404, "not_found"},
		{"method", "DELETE", "/families", "", nil, 405, "method"},
		{"method of the document", "POST", "/openapi.json", "", nil, 405, "method"},
		{"options", "OPTIONS", "/families", "", nil, 405, "method"},
		{"packed", "POST", "/families", packed.String(), []string{"Content-Encoding", "gzip"}, 415, "unsupported"},
		{"packed twice", "POST", "/families", packed.String(), []string{"Content-Encoding", "gzip, br"}, 415, "unsupported"},
		{"form", "POST", "/families", "form=1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported"},
		{"over the limit of any request", "POST", "/families", strings.Repeat("x", 34<<20), nil, 413, "too_large"},
		{"over the limit", "POST", "/families", strings.Repeat("x", 2<<20), nil, 413, "too_large"},
		{"not JSON", "POST", "/families", "<form/>", nil, 400, "invalid"},
		{"nothing", "POST", "/families", "", nil, 400, "invalid"},
		{"deep", "POST", "/families", strings.Repeat("[", 400_000), nil, 400, "invalid"},
		{"deep and closed", "POST", "/families", strings.Repeat(`{"form":`, 9_000) + "1" + strings.Repeat("}", 9_000), nil, 422, "invalid"},
		{"UTF-16", "POST", "/families", "\xff\xfe{\x00}\x00", nil, 400, "invalid"},
		{"not UTF-8", "POST", "/families", `{"form": {"lead": {"given_name": "` + "\xc3\x28" + `"}}}`, nil, 400, "invalid"},
		{"a byte order mark", "POST", "/families", "\xef\xbb\xbf{}", nil, 400, "invalid"},
		{"a name twice", "POST", "/families", `{"form": {}, "form": {}}`, nil, 400, "invalid"},
		{"a name twice, written otherwise", "POST", "/families", `{"form": {"lead": {"given_name": "a", "given_n\u0061me": "b"}}}`, nil, 400, "invalid"},
		{"a huge number", "POST", "/families", `{"form": 1` + strings.Repeat("0", 100_000) + `}`, nil, 422, "invalid"},
		{"a huge exponent", "POST", "/families", `{"submit": 1e999999999}`, nil, 422, "invalid"},
		{"a bad query", "GET", "/families?%zz=1", "", nil, 400, "invalid"},
		{"NUL in the query", "GET", "/families?q=%00", "", nil, 400, "invalid"},
		{"not UTF-8 in the query", "GET", "/families?q=%ff%fe", "", nil, 400, "invalid"},
		{"a huge id", "GET", "/families/99999999999999999999", "", nil, 404, "not_found"},
		{"a negative id", "GET", "/families/-1", "", nil, 404, "not_found"},
		{"a forged cursor", "GET", "/families?cursor=" + strings.Repeat("A", 4_000), "", nil, 400, "invalid"},
	} {
		for lang, title := range map[string]string{"ar": "api.problem." + x.kind, "en": "api.problem." + x.kind} {
			if len(x.body) > 1<<20 && lang == "en" {
				continue
			}
			s.Clock.Advance(time.Minute)
			conn, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			head := fmt.Sprintf("%s /api/v1%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: text/html\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\nAccept-Language: %s\r\nContent-Length: %d\r\n", x.method, x.path, c.key, testkit.Key(), lang, len(x.body))
			if !slices.Contains(x.headers, "Content-Type") {
				head += "Content-Type: application/json\r\n"
			}
			for i := 0; i+1 < len(x.headers); i += 2 {
				head += x.headers[i] + ": " + x.headers[i+1] + "\r\n"
			}
			go func() { _, _ = io.WriteString(conn, head+"\r\n"+x.body) }()
			raw, err := io.ReadAll(conn)
			conn.Close()
			top, body, _ := strings.Cut(string(raw), "\r\n\r\n")
			if len(raw) == 0 {
				t.Errorf("%s: no answer: %v", x.name, err)
				continue
			}
			if got := strings.Fields(top)[1]; got != strconv.Itoa(x.status) {
				t.Errorf("%s: %s, want %d: %.300s", x.name, got, x.status, body)
			}
			words := locale.Default().For(lang).T(title)
			for _, want := range []string{`"type":"/api/docs#problem-` + x.kind + `"`, `"title":"` + words + `"`, `"status":` + strconv.Itoa(x.status), `"instance":"urn:muntija:request:`} {
				if !strings.Contains(body, want) {
					t.Errorf("%s (%s): no %s in %.400s", x.name, lang, want, body)
				}
			}
			if !strings.Contains(strings.ToLower(top), "content-type: application/problem+json") || strings.Contains(body, "⟦") {
				t.Errorf("%s: %s\n%.300s", x.name, top, body)
			}
			if x.status == 405 && !strings.Contains(top, "Allow: GET, HEAD") {
				t.Errorf("%s: no Allow: %s", x.name, top)
			}
		}
	}
	if after := rowsOf(t, s); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

// TestAPISentTwice: a key belongs to a person; two requests at once with one key make one thing; HEAD answers as GET without a body; a cursor opens nothing of somebody else.
func TestAPISentTwice(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	doc := readDocument(t, s)
	eg, qa := tokenFor(t, s, testkit.Actor(auth.Reviewer, place.Egypt), nil), tokenFor(t, s, testkit.Actor(auth.Reviewer, place.Qatar), nil)
	second := tokenFor(t, s, testkit.Actor(auth.Reviewer, place.Egypt), nil)
	for _, c := range []*client{eg, qa, second} {
		c.doc = doc
	}
	key, body := testkit.Key(), map[string]any{"form": testkit.Form(60, place.Egypt)}
	var all sync.WaitGroup
	answers := make([]*answer, 4)
	for i := range answers {
		c := *eg
		c.doc = nil
		if i%2 == 1 {
			c.key = second.key
		}
		all.Go(func() { answers[i] = c.do("POST", "/families", body, "Idempotency-Key", key) })
	}
	all.Wait()
	for _, a := range answers {
		if a.status != 201 || a.header.Get("Location") != answers[0].header.Get("Location") {
			t.Errorf("at once: %d %s, %s", a.status, a.header.Get("Location"), a.body)
		}
	}
	theirs := wantStatus(t, qa.do("POST", "/families", map[string]any{"form": testkit.Form(61, place.Qatar)}, "Idempotency-Key", key), 201)
	if theirs.header.Get("Location") == answers[0].header.Get("Location") {
		t.Error("a key of another person opened their thing")
	}
	for i := range 3 {
		s.Family(t, 70+2*i, place.Egypt, registry.Submitted)
		s.Family(t, 71+2*i, place.Qatar, registry.Submitted)
	}
	next, _ := wantStatus(t, eg.do("GET", "/families?limit=1", nil), 200).at("page", "next").(string)
	page := wantStatus(t, qa.do("GET", "/families?limit=50&cursor="+next, nil), 200)
	for _, x := range page.at("items").([]any) {
		if party := x.(map[string]any)["party"]; party != nil && party != "QA" {
			t.Errorf("a cursor of Egypt shows Qatar %v", x)
		}
	}
	wantStatus(t, eg.do("GET", "/products?cursor="+next, nil), 400) // of another list
	at := strings.TrimPrefix(answers[0].header.Get("Location"), "/api/v1")
	get := eg.do("GET", at, nil)
	eg.doc = nil // it names what has a body
	head := eg.do("HEAD", at, nil)
	if head.status != 200 || len(head.body) != 0 || head.header.Get("ETag") != get.header.Get("ETag") || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
		t.Errorf("HEAD: %d %v", head.status, head.header)
	}
	nul := testkit.Form(62, place.Egypt)
	nul.Project.Name, nul.Lead.GivenName = "a\x00b", "من\x00ى"
	if a := eg.do("POST", "/families", map[string]any{"form": nul, "submit": true}); a.status != 422 && a.status != 201 {
		t.Errorf("NUL in a field: %d %s", a.status, a.body)
	}
}
