package web_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/locale"
	"muntija/internal/metrics"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/testkit"
	"muntija/internal/web"
	"muntija/static"
)

// What every answer says to the browser (OWASP ASVS 5.0, 3.2 to 3.4): pages, errors and files alike; over https also that it stays there, and cookies that
// no other host can set.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		s := testkit.Web(t, func(svc *service.Service) (testkit.App, error) {
			pages, err := sitePages()
			if err != nil {
				return nil, err
			}
			site, err := web.New(web.Options{Service: svc, Pages: pages, Assets: familyAssets{static.Files()}, Bundle: locale.Default(), Metrics: metrics.New("test"),
				Log: slog.New(slog.DiscardHandler), RequestTimeout: time.Minute, Secure: secure})
			if err != nil {
				return nil, err
			}
			return site.App(), nil
		})
		signedIn := s.As(t, auth.Reviewer, place.Egypt)
		if secure {
			signedIn.Cookies["__Host-session"] = signedIn.Cookies["session"]
		}
		for path, status := range map[string]int{"/signin": 200, "/families": 200, "/no-such-page": 404, "/users": 403, "/robots.txt": 200, "/healthz": 200} {
			p := signedIn.Get(path)
			if path == "/signin" {
				p = s.Visitor(t).Get(path)
			}
			if p.Status != status {
				t.Errorf("%s: got %d, want %d", path, p.Status, status)
			}
			csp := p.Header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
				if !strings.Contains(csp, want) {
					t.Errorf("%s: the policy %q lacks %s", path, csp, want)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http:") || strings.Contains(csp, "*") {
				t.Errorf("%s: a loose policy: %s", path, csp)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
				if got := p.Header.Get(name); got != want {
					t.Errorf("%s: %s: got %q, want %q", path, name, got, want)
				}
			}
			if got := p.Header.Get("Strict-Transport-Security"); strings.HasPrefix(got, "max-age=") != secure {
				t.Errorf("%s, secure %v: Strict-Transport-Security: got %q", path, secure, got)
			}
			if !slices.Contains([]string{"/robots.txt", "/healthz"}, path) && p.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: a page that may be kept: %q", path, p.Header.Get("Cache-Control"))
			}
			if got := p.Header.Get("Server"); got != "" {
				t.Errorf("%s: the server says that it is %q", path, got)
			}
			for _, c := range (&http.Response{Header: p.Header}).Cookies() {
				if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Domain != "" || c.Path != "/" || strings.HasPrefix(c.Name, "__Host-") != secure {
					t.Errorf("%s, secure %v: the cookie %s", path, secure, c.Raw)
				}
			}
		}
	}
}
