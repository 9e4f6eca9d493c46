package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/testkit"
	"muntija/internal/web"
	"muntija/internal/web/schema"
)

// client is a program with a token.
type client struct {
	t    testing.TB
	site *testkit.Site
	key  string
	doc  *document
	down bool // the office is out of order: 500 and 503 are what is asked for
}

// answer is what a program got.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   any
}

func (a *answer) at(path ...any) any {
	v := a.json
	for _, p := range path {
		switch k := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[k]
		case int:
			l, _ := v.([]any)
			if k >= len(l) {
				return nil
			}
			v = l[k]
		}
	}
	return v
}

// document is the OpenAPI document, as a client reads it.
type document struct {
	set  *schema.Set
	raw  map[string]any
	seen map[string]bool // "operation status" of every answer that was held to it
}

// readDocument fetches the document and makes its components into a set that answers are held to.
func readDocument(t testing.TB, s *testkit.Site) *document {
	t.Helper()
	resp, err := s.App.Test(httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	d := &document{set: schema.New(nil), seen: map[string]bool{}}
	if err := json.NewDecoder(resp.Body).Decode(&d.raw); err != nil {
		t.Fatal(err)
	}
	defs := d.raw["components"].(map[string]any)["schemas"].(map[string]any)
	for name, def := range defs {
		d.set.Defs[name] = asSchema(def).(map[string]any)
	}
	return d
}

// asSchema turns decoded numbers and lists of a schema into what package schema compares with.
func asSchema(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = asSchema(x)
		}
		if list, ok := v["required"].([]any); ok {
			var names []string
			for _, x := range list {
				names = append(names, x.(string))
			}
			v["required"] = names
		}
	case []any:
		for i, x := range v {
			v[i] = asSchema(x)
		}
	case float64:
		return int(v)
	}
	return v
}

// tokenFor makes a token of a person through the use-case.
func tokenFor(t testing.TB, s *testkit.Site, actor auth.Actor, areas []string, scopes ...auth.TokenScope) *client {
	t.Helper()
	if scopes == nil {
		scopes = auth.ScopesOf(actor)
	}
	form := &intake.Token{Name: "برنامج", Days: "30", Areas: areas}
	for _, x := range scopes {
		form.Scopes = append(form.Scopes, string(x))
	}
	made, err := s.Tokens.Make(t.Context(), actor, form, testkit.Write(0))
	if err != nil {
		t.Fatalf("making a token: %v", err)
	}
	return &client{t: t, site: s, key: made.Key}
}

// do sends a request and holds the answer to the document if there is one.
func (c *client) do(method, path string, body any, headers ...string) *answer {
	c.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req := httptest.NewRequest(method, "/api/v1"+path, in)
	req.Header.Set("Accept-Language", "en")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	if method != http.MethodGet {
		req.Header.Set("Idempotency-Key", testkit.Key())
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := c.site.App.Test(req, -1)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, body: raw}
	if len(raw) > 0 {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&a.json); err != nil {
			c.t.Fatalf("%s %s: %v: %.300s", method, path, err, raw)
		}
	}
	if a.status >= 500 && !c.down {
		c.t.Errorf("%s %s: %d %s", method, path, a.status, raw)
	}
	if len(resp.Header.Values("Set-Cookie")) > 0 {
		c.t.Errorf("%s %s sets a cookie", method, path)
	}
	c.hold(method, path, a)
	return a
}

// hold checks an answer against the document: the status is one of the operation's, and the body keeps to the schema and names nothing else.
func (c *client) hold(method, path string, a *answer) {
	if c.doc == nil {
		return
	}
	c.t.Helper()
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if _, err := strconv.ParseInt(p, 10, 64); err == nil {
			parts[i] = "{id}"
		}
	}
	item, _ := c.doc.raw["paths"].(map[string]any)[strings.Join(parts, "/")].(map[string]any)
	op, _ := item[strings.ToLower(method)].(map[string]any)
	if op == nil {
		if a.status != 404 && a.status != 405 {
			c.t.Errorf("%s %s is not in the document and answers %d", method, path, a.status)
		}
		return
	}
	said, _ := op["responses"].(map[string]any)[strconv.Itoa(a.status)].(map[string]any)
	if said == nil {
		c.t.Errorf("%s %s answers %d, which its document does not name: %s", method, path, a.status, a.body)
		return
	}
	c.doc.seen[op["operationId"].(string)+" "+strconv.Itoa(a.status)] = true
	kind := "application/json"
	if a.status >= 400 {
		kind = "application/problem+json"
		ref := strings.TrimPrefix(said["$ref"].(string), "#/components/responses/")
		said = c.doc.raw["components"].(map[string]any)["responses"].(map[string]any)[ref].(map[string]any)
	}
	if a.status == 304 {
		return
	}
	if got, _, _ := strings.Cut(a.header.Get("Content-Type"), ";"); got != kind {
		c.t.Errorf("%s %s: content type %q, want %s", method, path, got, kind)
	}
	body := said["content"].(map[string]any)[kind].(map[string]any)["schema"].(map[string]any)
	for _, f := range c.doc.set.Check(body, a.json) {
		c.t.Errorf("%s %s (%d): %s %s %v: %.400s", method, path, a.status, f.Path, f.Rule, f.Arg, a.body)
	}
	if open := unnamed(c.doc.set, body, a.json, ""); len(open) > 0 {
		c.t.Errorf("%s %s: the document does not name %v", method, path, open)
	}
}

// unnamed returns properties of an answer that its schema does not name.
func unnamed(set *schema.Set, s map[string]any, v any, path string) (out []string) {
	if ref, ok := s["$ref"].(string); ok {
		return unnamed(set, set.Defs[strings.TrimPrefix(ref, schema.Prefix)], v, path)
	}
	switch v := v.(type) {
	case []any:
		items, _ := s["items"].(map[string]any)
		for _, x := range v {
			out = append(out, unnamed(set, items, x, path+"[]")...)
		}
	case map[string]any:
		props, _ := s["properties"].(map[string]any)
		for k, x := range v {
			p, ok := props[k].(map[string]any)
			if !ok {
				out = append(out, path+"."+k)
				continue
			}
			out = append(out, unnamed(set, p, x, path+"."+k)...)
		}
	}
	return out
}

func wantStatus(t testing.TB, a *answer, status int) *answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// TestAPIDocument holds the document and the routes to each other: each route with all of its statuses is in it, and each operation of it is a route.
func TestAPIDocument(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	d := readDocument(t, s)
	if d.raw["openapi"] != "3.1.0" {
		t.Errorf("openapi %v", d.raw["openapi"])
	}
	ops := map[string]bool{}
	for path, item := range d.raw["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			id := op.(map[string]any)["operationId"].(string)
			if ops[id] {
				t.Errorf("two operations are named %s", id)
			}
			ops[id] = true
			found := slices.ContainsFunc(web.APIRoutes(), func(r [3]string) bool {
				return r[2] == id && strings.EqualFold(r[0], method) && strings.NewReplacer(":id", "{id}").Replace(r[1]) == "/api/v1"+path
			})
			if !found {
				t.Errorf("%s %s (%s) is no route", method, path, id)
			}
			answers := op.(map[string]any)["responses"].(map[string]any)
			if answers["500"] == nil || answers["429"] == nil || len(answers) < 4 {
				t.Errorf("%s: answers %v", id, answers)
			}
		}
	}
	for _, r := range web.APIRoutes() {
		if !ops[r[2]] {
			t.Errorf("%s %s (%s) is not in the document", r[0], r[1], r[2])
		}
	}
	if len(ops) < 25 {
		t.Errorf("only %d operations", len(ops))
	}
	checkRefs(t, d.raw, d.raw)
}

func checkRefs(t *testing.T, root map[string]any, v any) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			var at any = root
			for p := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := at.(map[string]any)
				at = m[p]
			}
			if at == nil {
				t.Errorf("%s leads nowhere", ref)
			}
		}
		for _, x := range v {
			checkRefs(t, root, x)
		}
	case []any:
		for _, x := range v {
			checkRefs(t, root, x)
		}
	}
}

// TestAPIFamilies walks a registration from a draft to the list, as a reviewer's program would.
func TestAPIFamilies(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	c := tokenFor(t, s, testkit.Actor(auth.Reviewer, place.Egypt), nil)
	c.doc = readDocument(t, s)
	me := wantStatus(t, c.do("GET", "/me", nil), 200)
	if me.at("role") != "reviewer" || me.header.Get("RateLimit") == "" || me.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s %v", me.body, me.header)
	}
	form := testkit.Form(60, place.Egypt)
	key := testkit.Key()
	made := wantStatus(t, c.do("POST", "/families", map[string]any{"form": form}, "Idempotency-Key", key), 201)
	at := strings.TrimPrefix(made.header.Get("Location"), "/api/v1")
	again := wantStatus(t, c.do("POST", "/families", map[string]any{"form": form}, "Idempotency-Key", key), 201)
	if again.header.Get("Location") != made.header.Get("Location") || made.at("state") != "draft" {
		t.Errorf("sent twice: %s and %s, state %v", made.header.Get("Location"), again.header.Get("Location"), made.at("state"))
	}
	if other := c.do("POST", "/families", map[string]any{"form": testkit.Form(61, place.Egypt)}, "Idempotency-Key", key); other.status != 422 || other.at("code") != "error.api.reused" {
		t.Errorf("the same key with another body: %d %s", other.status, other.body)
	}

	f := wantStatus(t, c.do("GET", at+"/form", nil), 200)
	tag := f.header.Get("ETag")
	if f.at("form", "lead", "given_name") != form.Lead.GivenName {
		t.Errorf("form %s", f.body)
	}
	form.Project.Name = "مشروع الواجهة"
	wantStatus(t, c.do("PUT", at+"/form", map[string]any{"form": form}), 428)
	saved := wantStatus(t, c.do("PUT", at+"/form", map[string]any{"form": form}, "If-Match", tag), 200)
	wantStatus(t, c.do("PUT", at+"/form", map[string]any{"form": form}, "If-Match", tag), 412)
	wantStatus(t, c.do("POST", at+"/submission", nil, "If-Match", tag), 412)
	done := wantStatus(t, c.do("POST", at+"/submission", nil, "If-Match", saved.header.Get("ETag")), 200)
	if done.at("state") != "submitted" || done.at("project") != "مشروع الواجهة" {
		t.Errorf("handed in: %s", done.body)
	}
	got := wantStatus(t, c.do("GET", at, nil), 200)
	wantStatus(t, c.do("GET", at, nil, "If-None-Match", got.header.Get("ETag")), 304)
	if strings.Contains(string(got.body), form.Lead.IDNumber) || !strings.Contains(string(got.body), form.Lead.IDNumber[10:]) {
		t.Error("the identity number must stand there masked")
	}
	m := wantStatus(t, c.do("GET", at+"/members", nil), 200)
	if m.at("items", 0, "name") != form.Household.Members[0].Name {
		t.Errorf("members %s", m.body)
	}
	for _, path := range []string{"/project", "/events", "/assessment", "/products"} {
		wantStatus(t, c.do("GET", at+path, nil), 200)
	}

	for i := range 3 {
		s.Family(t, 70+i, place.Egypt, registry.Approved)
	}
	seen := map[string]bool{}
	path := "/families?limit=2"
	for range 5 {
		p := wantStatus(t, c.do("GET", path, nil), 200)
		for _, x := range p.at("items").([]any) {
			id := fmt.Sprint(x.(map[string]any)["id"])
			if seen[id] {
				t.Errorf("family %s twice", id)
			}
			seen[id] = true
		}
		next, _ := p.at("page", "next").(string)
		if next == "" {
			break
		}
		path = "/families?limit=2&cursor=" + next
	}
	if len(seen) != 4 {
		t.Errorf("got %d families in pages, want 4", len(seen))
	}
}

// TestAPIRefusals holds what a program must not do to its answer.
func TestAPIRefusals(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	c := tokenFor(t, s, testkit.Actor(auth.Reviewer, place.Egypt), nil)
	c.doc = readDocument(t, s)
	qatar := s.Family(t, 1, place.Qatar, registry.Approved)
	mine := s.Family(t, 2, place.Egypt, registry.Approved)
	other := "/families/" + strconv.FormatInt(qatar, 10)
	at := "/families/" + strconv.FormatInt(mine, 10)
	before := rowsOf(t, s)
	good := map[string]any{"form": testkit.Form(9, place.Egypt)}
	for _, x := range []struct {
		method, path string
		body         any
		headers      []string
		status       int
		code, field  string
	}{
		{"GET", other, nil, nil, 404, "error.not_found", ""},
		{"GET", other + "/members", nil, nil, 404, "error.not_found", ""},
		{"GET", other + "/form", nil, nil, 404, "error.not_found", ""},
		{"POST", other + "/amendment", nil, nil, 404, "error.not_found", ""},
		{"GET", "/families/0", nil, nil, 404, "error.not_found", ""},
		{"GET", "/families/x", nil, nil, 404, "error.not_found", ""},
		{"GET", "/nothing", nil, nil, 404, "error.not_found", ""},
		{"DELETE", at, nil, nil, 405, "error.api.method", ""},
		{"GET", "/families", nil, []string{"Authorization", ""}, 401, "error.token.missing", ""},
		{"GET", "/families", nil, []string{"Authorization", "Basic eDp5"}, 401, "error.token.missing", ""},
		{"GET", "/families", nil, []string{"Authorization", "Bearer muntija_x"}, 401, "error.token.invalid", ""},
		{"GET", "/families?colour=red", nil, nil, 400, "error.api.query", "colour"},
		{"GET", "/families?limit=0", nil, nil, 400, "error.api.query", "limit"},
		{"GET", "/families?limit=10&limit=20", nil, nil, 400, "error.api.query", "limit"},
		{"GET", "/families?state=sleeping", nil, nil, 400, "error.api.query", "state"},
		{"GET", "/families?from=yesterday", nil, nil, 400, "error.api.query", "from"},
		{"GET", "/families?cursor=AAAA", nil, nil, 400, "error.api.query", "cursor"},
		{"GET", "/exhibitions?cursor=AAAA", nil, nil, 400, "error.api.query", "cursor"},
		{"GET", "/products?cursor=AAAA", nil, nil, 400, "error.api.query", "cursor"},
		{"GET", "/catalogue/products?cursor=AAAA", nil, nil, 400, "error.api.query", "cursor"},
		{"POST", "/families", good, []string{"Idempotency-Key", ""}, 400, "error.api.key", ""},
		{"POST", "/families", good, []string{"Idempotency-Key", strings.Repeat("k", 65)}, 400, "error.api.key", ""},
		{"POST", "/families", good, []string{"Content-Type", "text/plain"}, 415, "error.api.type", ""},
		{"POST", "/families", good, []string{"Content-Type", ""}, 415, "error.api.type", ""},
		{"POST", "/families", good, []string{"Origin", "https://elsewhere.example"}, 403, "error.csrf", ""},
		{"POST", "/families", `{"form": `, nil, 400, "error.api.json", ""},
		{"POST", "/families", `{"form": {}} {}`, nil, 400, "error.api.json", ""},
		{"POST", "/families", `[]`, nil, 422, "error.invalid", ""},
		{"POST", "/families", `{}`, nil, 422, "error.invalid", "form"},
		{"POST", "/families", `{"form": {"lead": {"given_name": 5}}}`, nil, 422, "error.invalid", "form.lead.given_name"},
		{"POST", "/families", `{"form": {"lead": {"shoe_size": "40"}}}`, nil, 422, "error.invalid", "form.lead.shoe_size"},
		{"POST", "/families", `{"form": {"household": {"members": [{"name": null}]}}}`, nil, 422, "error.invalid", "form.household.members[0].name"},
		{"POST", "/families", `{"submit": true, "form": {"case": {}, "lead": {}, "guardian": {}, "household": {}, "address": {}, "project": {}, "skills": {}, "finance": {}}}`, nil, 422, "error.invalid", "form.consents"},
		{"POST", "/families", `{"form": {}, "pad": "` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, "error.too_large", ""},
		{"POST", at + "/amendment", `{}`, nil, 400, "error.api.no_body", ""},
		{"PUT", at + "/form", good, []string{"If-Match", `"x"`}, 412, "error.stale", ""},
	} {
		a := c.do(x.method, x.path, x.body, x.headers...)
		name := fmt.Sprintf("%s %.60s %.60v %v", x.method, x.path, x.body, x.headers)
		if a.status != x.status || a.at("code") != x.code {
			t.Errorf("%s: got %d %v, want %d %s", name, a.status, a.at("code"), x.status, x.code)
		}
		if x.field != "" && !strings.Contains(string(a.body), `"field":"`+x.field+`"`) {
			t.Errorf("%s: no problem of %s: %s", name, x.field, a.body)
		}
		if d, _ := a.at("detail").(string); d == "" || strings.Contains(d, "⟦") || strings.Contains(d, "error.") {
			t.Errorf("%s: detail %q", name, d)
		}
	}
	if after := rowsOf(t, s); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	arabic := c.do("GET", other, nil, "Accept-Language", "ar")
	if title, _ := arabic.at("title").(string); title != "غير موجود" {
		t.Errorf("title in Arabic: %q", title)
	}
	// A session's cookie opens nothing here.
	req := httptest.NewRequest(http.MethodGet, "/api/v1/families", nil)
	b := s.As(t, auth.Reviewer, place.Egypt)
	if p := b.Do(req); p.Status != 401 {
		t.Errorf("a cookie was taken: %d", p.Status)
	}
}

// TestAPIToken: a token does no more than its owner may today, inside its scopes and areas, until it ends.
func TestAPIToken(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	here := s.Family(t, 1, place.Egypt, registry.Approved)
	area := testkit.Form(1, place.Egypt).Address.Area
	path := "/families/" + strconv.FormatInt(here, 10)

	narrow := tokenFor(t, s, reviewer, []string{"EG-MT"}, auth.ScopeFamiliesRead)
	wantStatus(t, narrow.do("GET", path, nil), 404)
	if l := narrow.do("GET", "/families", nil); fmt.Sprint(l.at("page", "total")) != "0" {
		t.Errorf("outside of its areas: %s", l.body)
	}
	wide := tokenFor(t, s, reviewer, []string{area, "EG-MT"}, auth.ScopeFamiliesRead)
	wantStatus(t, wide.do("GET", path, nil), 200)
	wantStatus(t, wide.do("GET", "/products", nil), 403)
	wantStatus(t, wide.do("POST", "/families", map[string]any{"form": testkit.Form(5, place.Egypt)}), 403)

	all := tokenFor(t, s, reviewer, nil)
	s.Change(t, reviewer, func(u *auth.User) { u.Areas = auth.SomeAreas("EG-MT") })
	wantStatus(t, all.do("GET", path, nil), 404)
	wantStatus(t, wide.do("GET", path, nil), 404)
	s.Change(t, reviewer, func(u *auth.User) { u.Areas = auth.AllAreas() })
	wantStatus(t, all.do("GET", path, nil), 200)
	s.Change(t, reviewer, func(u *auth.User) { u.Role = auth.FieldWorker })
	wantStatus(t, all.do("GET", path, nil), 401)
	s.Change(t, reviewer, func(u *auth.User) { u.Role = auth.Administrator })
	wantStatus(t, wide.do("GET", path, nil), 401) // an administrator's reach is the country: a token of two areas would lie
	s.Change(t, reviewer, func(u *auth.User) { u.Role, u.Active = auth.Reviewer, false })
	wantStatus(t, all.do("GET", path, nil), 401)
	s.Change(t, reviewer, func(u *auth.User) { u.Active = true })

	list, err := s.Tokens.List(t.Context(), reviewer)
	if err != nil || len(list) != 3 || list[0].UsedAt.IsZero() {
		t.Fatalf("%v %+v", err, list)
	}
	stranger := testkit.Actor(auth.Reviewer, place.Qatar)
	if err := s.Tokens.Revoke(t.Context(), stranger, list[0].ID, testkit.Write(0)); err == nil {
		t.Error("the other country revoked a token")
	}
	if err := s.Tokens.Revoke(t.Context(), testkit.SecondActor(auth.Reviewer, place.Egypt), list[0].ID, testkit.Write(0)); err == nil {
		t.Error("a colleague revoked a token")
	}
	if err := s.Tokens.Revoke(t.Context(), testkit.Actor(auth.Administrator, place.Egypt), list[0].ID, testkit.Write(0)); err != nil {
		t.Errorf("the administrator: %v", err)
	}
	wantStatus(t, all.do("GET", path, nil), 401)
	s.Clock.Advance(31 * 24 * time.Hour)
	wantStatus(t, wide.do("GET", path, nil), 401)

	for _, x := range []struct {
		actor auth.Actor
		form  intake.Token
		field string
	}{
		{reviewer, intake.Token{Name: "x", Days: "367", Scopes: []string{"families:read"}}, "days"},
		{reviewer, intake.Token{Days: "3", Scopes: []string{"families:read"}}, "name"},
		{reviewer, intake.Token{Name: "x", Days: "3"}, "scopes"},
		{reviewer, intake.Token{Name: "x", Days: "3", Scopes: []string{"applications:write"}}, "scopes"},
		{reviewer, intake.Token{Name: "x", Days: "3", Scopes: []string{"everything"}}, "scopes"},
		{reviewer, intake.Token{Name: "x", Days: "3", Scopes: []string{"families:read"}, Areas: []string{"QA-DA"}}, "areas"},
		{testkit.Actor(auth.Administrator, place.Egypt), intake.Token{Name: "x", Days: "3", Scopes: []string{"families:read"}, Areas: []string{"EG-GZ"}}, "areas"},
	} {
		_, err := s.Tokens.Make(t.Context(), x.actor, &x.form, testkit.Write(0))
		if err == nil || !strings.Contains(fmt.Sprintf("%+v", problemsOf(err)), "Field:"+x.field+" ") {
			t.Errorf("%+v: got %v, want a problem of %s", x.form, problemsOf(err), x.field)
		}
	}
	if _, err := s.Tokens.Make(t.Context(), testkit.Actor(auth.FieldWorker, place.Egypt), &intake.Token{Name: "x", Days: "3", Scopes: []string{"families:read"}}, testkit.Write(0)); err == nil {
		t.Error("a field worker made a token")
	}
}

// TestAPILimit: a token that asks too often waits.
func TestAPILimit(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	c := tokenFor(t, s, testkit.Actor(auth.Analyst, place.Egypt), nil)
	c.doc = readDocument(t, s)
	for i := range 600 {
		if a := c.do("GET", "/me", nil); a.status != 200 {
			t.Fatalf("request %d: %d", i, a.status)
		}
	}
	a := wantStatus(t, c.do("GET", "/me", nil), 429)
	if a.header.Get("Retry-After") != "60" || a.header.Get("RateLimit") != `"token";r=0;t=60` || a.header.Get("RateLimit-Policy") != `"token";q=600;w=60` {
		t.Errorf("headers %v", a.header)
	}
	s.Clock.Advance(time.Minute)
	wantStatus(t, c.do("GET", "/me", nil), 200)
	bad := &client{t: t, site: s, key: "muntija_wrong"}
	last := 0
	for range 40 {
		last = bad.do("GET", "/me", nil).status
	}
	if last != 429 {
		t.Errorf("guessing tokens: %d", last)
	}
}

// TestAPIPermission tries every operation as every role on a family of the party, of an area that is not the token's, and of the other country, and compares the
// answers with testdata/api.golden. No request is whole, so nothing may change.
func TestAPIPermission(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	doc := readDocument(t, s)
	own, foreign := s.Family(t, 1, place.Egypt, registry.Approved), s.Family(t, 3, place.Qatar, registry.Approved)
	before := rowsOf(t, s)
	roles := []auth.Role{auth.Reviewer, auth.Coordinator, auth.Analyst, auth.Administrator}
	var b strings.Builder
	b.WriteString("# answers to: no token | reviewer | coordinator | analyst | administrator; each token has all scopes that its owner may have\n")
	for _, r := range web.APIRoutes() {
		for i, sub := range []string{"own", "other area", "other country"} {
			if i > 0 && !strings.Contains(r[1], "/families/:id") {
				break
			}
			id := own
			if sub == "other country" {
				id = foreign
			}
			answers := []string{}
			for _, role := range append([]auth.Role{""}, roles...) {
				c := &client{t: t, site: s, doc: doc}
				if role != "" {
					actor := testkit.Actor(role, place.Egypt)
					var areas []string
					if sub == "other area" && role != auth.Administrator {
						areas = []string{"EG-MT"}
					}
					c = tokenFor(t, s, actor, areas)
					c.doc = doc
				}
				path := strings.Replace(strings.TrimPrefix(r[1], "/api/v1"), ":id", strconv.FormatInt(id, 10), 1)
				var body any
				if r[0] != "GET" && r[2] != "amendFamily" && r[2] != "submitFamily" {
					body = `{"nothing": true}`
				}
				s.Clock.Advance(time.Minute) // a new window for the address without a token
				a := c.do(r[0], path, body, "If-Match", `"99"`)
				answers = append(answers, strconv.Itoa(a.status))
				if role != "" {
					list, err := s.Tokens.List(t.Context(), testkit.Actor(role, place.Egypt))
					if err != nil {
						t.Fatal(err)
					}
					if err := s.Tokens.Revoke(t.Context(), testkit.Actor(role, place.Egypt), list[0].ID, testkit.Write(0)); err != nil {
						t.Fatal(err)
					}
				}
				if sub == "other country" && role != "" && a.status == 200 {
					t.Errorf("%s sees a family of the other country by %s", role, r[2])
				}
			}
			fmt.Fprintf(&b, "%-4s %-44s %-16s %s\n", r[0], r[1], "["+sub+"]", strings.Join(answers, " "))
		}
	}
	if after := rowsOf(t, s); after != before && !strings.Contains(b.String(), "amendment") {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	sameAsGolden(t, "api.golden", b.String())
}

// TestAPIFields plants values of protected classes and looks for them in each answer to each role: the same table holds as on the pages.
func TestAPIFields(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	form := testkit.Form(41, place.Egypt)
	form.Household.Members[0].Name, form.Address.Street = "علامة-فرد", "علامة-شارع"
	id, err := s.Families.Register(t.Context(), testkit.Actor(auth.FieldWorker, place.Egypt), form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	at := "/families/" + strconv.FormatInt(id, 10)
	markers := map[string]auth.Class{form.Lead.IDNumber: auth.ClassIdentity, strings.TrimPrefix(form.Lead.Phones[0].Number, "+20"): auth.ClassPhone,
		"علامة-فرد": auth.ClassHousehold, "علامة-شارع": auth.ClassAddress}
	seen := map[auth.Class]bool{}
	for _, party := range place.Countries() {
		for _, role := range []auth.Role{auth.Reviewer, auth.Coordinator, auth.Analyst, auth.Administrator} {
			c := tokenFor(t, s, testkit.Actor(role, party), nil)
			for _, path := range []string{at, at + "/members", at + "/project", at + "/events", at + "/assessment", "/families", "/products", "/figures"} {
				text := string(c.do("GET", path, nil).body)
				for marker, class := range markers {
					if !strings.Contains(text, marker) {
						continue
					}
					seen[class] = true
					if party != place.Egypt || auth.View(role, class) != auth.Shown {
						t.Errorf("%s of %s sees %s (%s) in %s", role, party, marker, class, path)
					}
				}
			}
		}
	}
	if !seen[auth.ClassHousehold] || !seen[auth.ClassAddress] || seen[auth.ClassIdentity] || seen[auth.ClassPhone] {
		t.Errorf("seen %v", seen)
	}
}

// FuzzAPIBody looks for a body that breaks the reader, or that is taken and does not come back as it went in.
func FuzzAPIBody(f *testing.F) {
	f.Add([]byte(`{"form": {"lead": {"given_name": "منى"}}, "submit": true}`))
	f.Add([]byte(`{"form": {"household": {"members": [{"name": "x"}, {}]}}}`))
	f.Add([]byte(`{"form": {"consents": [{"scope": "catalogue"}]}, "FORM": 1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := web.DecodeAPIBody(reflect.TypeFor[struct {
			Form   intake.Registration `json:"form"`
			Submit bool                `json:"submit,omitempty"`
		}](), body)
		if err == nil && v == nil {
			t.Error("nothing and no error")
		}
	})
}

func problemsOf(err error) fault.Problems {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Problems
	}
	return nil
}

// The page that explains the interface stays light on a phone's line.
func TestAPIDocsAreLight(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	if n := len(s.Visitor(t).Get("/api/docs").Want(200).Body); n > 60_000 {
		t.Errorf("%d bytes of HTML", n)
	}
}
