package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// request is one request as handlers see it.
type request struct {
	c       *fiber.Ctx
	s       *Server
	route   route
	actor   auth.Actor    // zero if nobody is signed in
	session *auth.Session // nil if there is none; it may be pending
	token   string        // of the session
	guest   auth.TokenHash
	locale  string
	form    map[string][]string
}

// ctx is the context for everything below a handler.
func (r *request) ctx() context.Context { return r.c.UserContext() }

func (s *Server) cookieName(name string) string {
	if s.o.Secure {
		return "__Host-" + name // only over https, only this host, whole site (RFC 6265bis)
	}
	return name
}

func (s *Server) setCookie(c *fiber.Ctx, name, value string, life time.Duration) {
	ck := &fiber.Cookie{Name: s.cookieName(name), Value: value, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: s.o.Secure}
	switch {
	case life < 0:
		ck.Expires, ck.MaxAge = time.Unix(1, 0), -1
	case life > 0:
		ck.MaxAge = int(life / time.Second)
	}
	c.Cookie(ck)
}

func (r *request) cookie(name string) string { return r.c.Cookies(r.s.cookieName(name)) }

const (
	sessionCookie = "session"
	guestCookie   = "guest"
	flashCookie   = "flash"
)

// authenticate finds out who asks. A bad or ended session is no session.
func (r *request) authenticate() error {
	r.locale = localeOf(r.c)
	if token := r.cookie(sessionCookie); token != "" {
		actor, session, err := r.s.svc.People.Authenticate(r.ctx(), token, r.s.clientAddress(r.c))
		switch {
		case err == nil:
			r.session, r.token = session, token
			if !session.Pending {
				r.actor, r.locale = *actor, actor.Locale
			}
			return nil
		case fault.Is(err, fault.Unauthenticated):
			r.s.setCookie(r.c, sessionCookie, "", -1)
		default:
			return err
		}
	}
	return nil
}

// bind returns what form tokens are bound to: the session, or for a visitor a random cookie.
func (r *request) bind() auth.TokenHash {
	if r.session != nil {
		return r.session.Hash
	}
	if r.guest != (auth.TokenHash{}) {
		return r.guest
	}
	if hash, ok := auth.HashToken(r.cookie(guestCookie)); ok {
		r.guest = hash
		return hash
	}
	token, hash := auth.NewToken()
	r.s.setCookie(r.c, guestCookie, token, 0)
	r.guest = hash
	return hash
}

// checkCSRF refuses a change that does not carry the token of this session.
func (r *request) checkCSRF() error {
	token := r.c.Get("X-CSRF-Token")
	if token == "" {
		token = r.value("csrf")
	}
	if r.session == nil {
		if _, ok := auth.HashToken(r.cookie(guestCookie)); !ok {
			return fault.New(fault.Forbidden, "error.csrf")
		}
	}
	if !auth.CheckCSRF(r.s.csrfKey, r.bind(), token) {
		return fault.New(fault.Forbidden, "error.csrf")
	}
	return nil
}

// values returns the posted form, url-encoded or multipart without its files.
func (r *request) values() map[string][]string {
	if r.form != nil {
		return r.form
	}
	r.form = map[string][]string{}
	ct := r.c.Get("Content-Type")
	switch {
	case strings.HasPrefix(ct, "multipart/form-data"):
		if f, err := r.c.MultipartForm(); err == nil {
			r.form = f.Value
		}
	case strings.HasPrefix(ct, "application/x-www-form-urlencoded"):
		args := r.c.Request().PostArgs()
		args.VisitAll(func(k, v []byte) {
			key := string(k)
			r.form[key] = append(r.form[key], string(v))
		})
	}
	return r.form
}

// value returns one posted field, "" if it is missing.
func (r *request) value(name string) string {
	if v := r.values()[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// query returns the query of the address.
func (r *request) query() map[string][]string {
	q := map[string][]string{}
	r.c.Request().URI().QueryArgs().VisitAll(func(k, v []byte) {
		key := string(k)
		q[key] = append(q[key], string(v))
	})
	return q
}

// id reads a positive number from the path; anything else is a page that does not exist.
func (r *request) id(name string) (int64, error) {
	n, err := strconv.ParseInt(r.c.Params(name), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "error.not_found")
	}
	return n, nil
}

// idOrNew is the id of the address, or 0 where the address is that of a new thing.
func (r *request) idOrNew() (int64, error) {
	if r.c.Params("id") == "" {
		return 0, nil
	}
	return r.id("id")
}

// write returns the idempotency key and the version that came with the request: headers of a script, or hidden fields of a form.
func (r *request) write() service.Write {
	w := service.Write{Key: r.c.Get("Idempotency-Key"), Version: r.version()}
	if w.Key == "" {
		w.Key = r.value("idempotency_key")
	}
	return w
}

func (r *request) version() int64 {
	text := strings.Trim(r.c.Get("If-Match"), `"`)
	if text == "" {
		text = r.value("version")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return -1 // never the version of anything
	}
	return n
}

// wantsJSON reports whether a script asks, not a person following a link.
func (r *request) wantsJSON() bool { return wantsJSON(r.c) }

func wantsJSON(c *fiber.Ctx) bool {
	accept := c.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// isHTMX reports whether htmx asks for a fragment.
func (r *request) isHTMX() bool { return r.c.Get("HX-Request") == "true" }

func (r *request) toSignIn() error {
	if r.wantsJSON() || r.isHTMX() {
		return fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	to := "/signin"
	if r.c.Method() == fiber.MethodGet && r.c.Path() != "/" {
		to += "?next=" + url.QueryEscape(r.c.OriginalURL())
	}
	return r.c.Redirect(to, fiber.StatusSeeOther)
}

// localPath returns a path of this site that may be redirected to, or fallback: no other host, no scheme, no backslash, no control character.
func localPath(p, fallback string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t\x00") {
		return fallback
	}
	u, err := url.Parse(p)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return fallback
	}
	return p
}

// page draws a whole page. status 0 is 200.
func (r *request) page(status int, name string, form *render.Form, body any) error {
	p := r.newPage(form, body)
	return r.send(status, name, "", p, p)
}

// fragment draws one block of a page for htmx. data is what the block expects; nil gives it the page.
func (r *request) fragment(status int, name, block string, form *render.Form, body any) error {
	p := r.newPage(form, body)
	return r.send(status, name, block, p, p)
}

func (r *request) newPage(form *render.Form, body any) *render.Page {
	p := &render.Page{CSRF: auth.CSRFToken(r.s.csrfKey, r.bind()), Key: NewKey(), Path: r.c.OriginalURL(), Now: r.s.svc.Now(), Form: form, Body: body, Demo: r.s.o.Demo != nil}
	p.Flash = r.takeFlash()
	if r.actor.UserID != 0 {
		p.Actor = &render.Person{Name: r.actor.Name, Role: "auth.role." + string(r.actor.Role), Party: string(r.actor.Party)}
		p.Zone = zoneOf(r.actor.Party)
		p.Nav = r.nav()
		if auth.Can(r.actor, auth.FamilyList) {
			p.Search = &render.Search{Action: "/search", Suggest: "/search/suggest"}
		}
	}
	return p
}

var zones = map[place.Country]*time.Location{place.Egypt: loadZone("Africa/Cairo", 2), place.Qatar: loadZone("Asia/Qatar", 3)}

func loadZone(name string, hours int) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.FixedZone(name, hours*3600)
}

func zoneOf(p place.Country) *time.Location {
	if z, ok := zones[p]; ok {
		return z
	}
	return time.UTC
}

func (r *request) send(status int, name, block string, p *render.Page, data any) error {
	if status != 0 {
		r.c.Status(status)
	}
	r.c.Set("Content-Type", "text/html; charset=utf-8")
	w := r.c.Response().BodyWriter()
	if block != "" {
		return r.s.pages.Fragment(w, r.locale, name, block, data)
	}
	return r.s.pages.Render(w, r.locale, name, p)
}

// redirect goes on to another page after a change, with a message shown there once. key "" is no message.
func (r *request) redirect(to, kind, key string, args ...string) error {
	if key != "" {
		r.flash(kind, key, args...)
	}
	if r.isHTMX() {
		r.c.Set("HX-Redirect", to)
		return r.c.SendStatus(fiber.StatusNoContent)
	}
	return r.c.Redirect(to, fiber.StatusSeeOther)
}

type flash struct {
	Kind string   `json:"k"`
	Key  string   `json:"m"`
	Args []string `json:"a,omitempty"`
}

func (r *request) flash(kind, key string, args ...string) {
	b, err := json.Marshal(flash{kind, key, args})
	if err != nil {
		return
	}
	r.s.setCookie(r.c, flashCookie, base64.RawURLEncoding.EncodeToString(b), time.Minute)
}

// takeFlash reads the message that the last step left. A cookie is the client's: only known kinds and keys "flash.*" are shown.
func (r *request) takeFlash() []render.Flash {
	text := r.cookie(flashCookie)
	if text == "" {
		return nil
	}
	r.s.setCookie(r.c, flashCookie, "", -1)
	b, err := base64.RawURLEncoding.DecodeString(text)
	var f flash
	if err != nil || json.Unmarshal(b, &f) != nil || !strings.HasPrefix(f.Key, "flash.") || !r.s.pages.Locale(r.locale).Has(f.Key) || len(f.Args) > 4 {
		return nil
	}
	switch f.Kind {
	case "success", "info", "warning", "danger":
	default:
		return nil
	}
	out := render.Flash{Kind: f.Kind, Key: f.Key}
	for _, a := range f.Args {
		out.Args = append(out.Args, a)
	}
	return []render.Flash{out}
}

// NewKey returns a fresh idempotency key.
func NewKey() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// problems returns the field problems of an Invalid error, and whether it is one.
func problems(err error) (fault.Problems, bool) {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid && len(f.Problems) > 0 {
		return f.Problems, true
	}
	return nil, false
}

// nav is the places in the bar that the actor may go to.
func (r *request) nav() []render.NavItem {
	all := []struct {
		key, path, icon string
		action          auth.Action
	}{
		{"nav.work", "/", "home", auth.WorkView},
		{"nav.families", "/families", "users-group", auth.FamilyList},
		{"nav.register", "/registrations/new", "user-plus", auth.FamilyCreate},
		{"nav.imports", "/imports", "upload", auth.ImportList},
		{"nav.products", "/products", "shopping-bag", auth.ProductView},
		{"nav.duplicates", "/duplicates", "copy", auth.DuplicateReview},
		{"nav.exhibitions", "/exhibitions", "building-store", auth.ExhibitionView},
		{"nav.calendar", "/calendar", "calendar", auth.ExhibitionView},
		{"nav.dashboard", "/dashboard", "chart-bar", auth.DashboardView},
		{"nav.schemes", "/schemes", "award", auth.SchemeView},
		{"nav.developments", "/developments", "checklist", auth.PlanView},
		{"nav.meetings", "/meetings", "heart-handshake", auth.MeetingView},
		{"nav.activities", "/activities", "world", auth.ActivityView},
		{"nav.criteria", "/criteria", "list-check", auth.CriteriaView},
		{"nav.venues", "/venues", "building-store", auth.VenueView},
		{"nav.tokens", "/tokens", "key", auth.TokenManage},
		{"nav.hooks", "/hooks", "link", auth.HookManage},
		{"nav.messages", "/messages", "send", auth.MessageManage},
		{"nav.users", "/users", "user-shield", auth.UserList},
		{"nav.audit", "/audit", "history", auth.AuditView},
		{"nav.jobs", "/jobs", "clock-hour-4", auth.JobView},
	}
	var out []render.NavItem
	path := r.c.Path()
	for _, n := range all {
		if !auth.Can(r.actor, n.action) {
			continue
		}
		active := path == n.path || (n.path != "/" && strings.HasPrefix(path, n.path+"/")) || n.path == "/venues" && strings.HasPrefix(path, "/plans/")
		out = append(out, render.NavItem{Key: n.key, Path: n.path, Icon: n.icon, Active: active})
	}
	return out
}
