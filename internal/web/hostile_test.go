package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
	"muntija/internal/web"
)

func loanOf(lender string) intake.Loan { return intake.Loan{Lender: lender, State: "paid"} }

func formalOf(kind, number string) intake.FormalItem {
	return intake.FormalItem{Kind: kind, Number: number, State: "valid"}
}

// hostile are values that somebody sends on purpose or a phone by mistake.
var hostile = []string{"\x00", "a\x00b", "\u202eابجد", "\u2066x", "\xff\xfe", "<script>alert(1)</script>", "' OR 1=1 --", "{{.}}", "%00", "=1+1", strings.Repeat("أ", 3_000), "-1",
	"99999999999999999999", "1e309", "NaN", "../../etc/passwd", "\r\nSet-Cookie: x=1", "٣٥٥٥٥٥٥٥٥٥٥٥٥٥٥٥", "🧵🧵", "31/02/2020", "0000-00-00"}

// TestHostileForms sends every hostile value in every field of the registration form at once, and each field alone with some of them: an answer below 500
// with a message, and nothing saved. That each field refuses or cleans each value is held where forms are read, without a page (package intake).
func TestHostileForms(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	worker := s.As(t, auth.FieldWorker, place.Egypt)
	form := testkit.Form(60, place.Egypt)
	whole := url.Values{"submit": {"1"}}
	for k, v := range form.Values() {
		whole.Set(k, v)
	}
	for k, v := range form.Sets() {
		whole[k] = v
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(whole)), func(name string) bool { return name == "submit" })
	if len(names) < 60 {
		t.Fatalf("only %d fields", len(names))
	}
	before := rowsOf(t, s)
	post := func(what, h string, change func(bad url.Values)) {
		t.Helper()
		bad := maps.Clone(whole)
		change(bad)
		p := worker.Post("/registrations", bad)
		if p.Status != 422 && p.Status != 303 && (p.Status != 413 || len(h) < 1_000) { // the long one in every field is more than a form may weigh
			t.Errorf("%s = %.30q: %d", what, h, p.Status)
		}
		if h != "" && p.Status == 303 {
			t.Errorf("%s = %.30q is accepted", what, h)
		}
		if strings.Contains(string(p.Body), "<script>alert(1)</script>") {
			t.Errorf("%s = %.30q comes back unescaped", what, h)
		}
	}
	for _, h := range hostile {
		post("every field", h, func(bad url.Values) {
			for _, name := range names {
				bad[name] = []string{h}
			}
		})
	}
	for i, name := range names {
		for j := range 3 { // each value meets a seventh of the fields
			h := hostile[(3*i+j)%len(hostile)]
			if !taken(name, h) {
				post(name, h, func(bad url.Values) { bad[name] = []string{h} })
			}
		}
	}
	if after := rowsOf(t, s); after != before {
		t.Errorf("something was saved:\n%s\n%s", before, after)
	}
	for _, name := range names {
		post(name+" twice", "", func(bad url.Values) { bad[name] = []string{whole[name][0], whole[name][0]} })
	}
}

// textual names the fields whose text may be anything that can be cleaned; "" for all others.
func textual(name string) string {
	k := registry.KindOf(name)
	if k.Type == "text" {
		return name
	}
	return ""
}

// taken reports whether a value is honest for its field, so that the form may be accepted with it.
func taken(name, value string) bool { return textual(name) != "" && len(value) < 200 }

// TestHostileAddresses tries odd ids, methods and bodies on every route: never 500.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	s.Family(t, 5, place.Egypt, registry.Submitted)
	admin, reviewer, worker := s.As(t, auth.Administrator, place.Egypt), s.As(t, auth.Reviewer, place.Egypt), s.As(t, auth.FieldWorker, place.Egypt)
	before := rowsOf(t, s)
	for _, route := range web.Routes() {
		for _, id := range []string{"0", "-1", "9223372036854775807", "99999999999999999999", "abc", "%D9%A3", "1%00", "..%2f1", "%ff"} {
			if !strings.Contains(route[1], ":") {
				continue
			}
			parts := strings.Split(route[1], "/")
			for i, p := range parts {
				if strings.HasPrefix(p, ":") {
					parts[i] = id
				}
			}
			for _, b := range []*testkit.Browser{admin, reviewer, worker} {
				if p := send(b, t, route[0], strings.Join(parts, "/")); p.Status >= 500 {
					t.Errorf("%s %s: %d", route[0], strings.Join(parts, "/"), p.Status)
				}
			}
		}
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH"} {
			req, _ := http.NewRequest(method, "http://example.com"+strings.NewReplacer(":id", "1", ":step", "lead", ":n", "1", ":token", "x").Replace(route[1]), strings.NewReader(`{"a":`))
			req.Header.Set("Content-Type", "application/json")
			if p := admin.Do(req); p.Status >= 500 {
				t.Errorf("%s %s with JSON: %d", method, route[1], p.Status)
			}
		}
	}
	for _, q := range hostile[:10] {
		for _, name := range []string{"q", "state", "area", "from", "after", "before", "sort", "limit", "entered_by"} {
			if p := reviewer.Get("/families?" + url.Values{name: {q}}.Encode()); p.Status >= 500 {
				t.Errorf("/families?%s=%.20q: %d", name, q, p.Status)
			}
		}
	}
	if after := rowsOf(t, s); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

// TestForgedRequests: without the form token, with another session's, or from another site, nothing is done.
func TestForgedRequests(t *testing.T) {
	s := familySite(t)
	id := s.Family(t, 6, place.Egypt, registry.Submitted)
	a, b := s.As(t, auth.Reviewer, place.Egypt), s.SignedIn(t, testkit.SecondActor(auth.Reviewer, place.Egypt))
	post := func(token string, header map[string]string) int {
		req, _ := http.NewRequest("POST", "http://example.com"+at(id, "/do/take"), strings.NewReader(url.Values{"csrf": {token}, "idempotency_key": {testkit.Key()}, "version": {"1"}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range header {
			req.Header.Set(k, v)
		}
		return a.Do(req).Status
	}
	for name, got := range map[string]int{"none": post("", nil), "garbage": post("AAAA", nil), "another session's": post(b.CSRF(), nil),
		"another origin": post(a.CSRF(), map[string]string{"Origin": "https://evil.example"}), "another site": post(a.CSRF(), map[string]string{"Sec-Fetch-Site": "cross-site"})} {
		if got != http.StatusForbidden {
			t.Errorf("token %s: %d, want 403", name, got)
		}
	}
	if f := s.Load(t, place.Egypt, id); f.Status.State != registry.Submitted {
		t.Errorf("state = %s", f.Status.State)
	}
	if got := post(a.CSRF(), nil); got != http.StatusSeeOther {
		t.Errorf("the honest one: %d, want 303", got)
	}
}

// TestSameSubmissionFiveTimes: five copies of one submission at the same time make one family, and all get the same answer.
func TestSameSubmissionFiveTimes(t *testing.T) {
	s := familySite(t)
	form := testkit.Form(70, place.Egypt)
	body := url.Values{"submit": {"1"}, "idempotency_key": {"the-same-key-0001"}}
	for k, v := range form.Values() {
		body.Set(k, v)
	}
	for k, v := range form.Sets() {
		body[k] = v
	}
	browser := s.As(t, auth.FieldWorker, place.Egypt)
	body.Set("csrf", browser.CSRF())
	answers := make([]string, 5)
	var wg sync.WaitGroup
	for i := range answers {
		req, _ := http.NewRequest("POST", "http://example.com/registrations", strings.NewReader(body.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range browser.Cookies {
			req.AddCookie(&http.Cookie{Name: k, Value: v})
		}
		wg.Go(func() {
			resp, err := s.App.Test(req, -1)
			if err != nil {
				answers[i] = err.Error()
				return
			}
			defer resp.Body.Close()
			answers[i] = resp.Status + " " + resp.Header.Get("Location")
		})
	}
	wg.Wait()
	for _, a := range answers {
		if a != answers[0] || !strings.HasPrefix(a, "303") {
			t.Fatalf("answers: %q", answers)
		}
	}
	var n int
	s.View(t, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(store.Scope{Party: place.Egypt}, store.FamilyQuery{})
		n = len(page.Rows)
		return err
	})
	if n != 1 {
		t.Errorf("%d families, want 1", n)
	}
}
