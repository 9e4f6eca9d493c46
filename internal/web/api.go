package web

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/service"
	"muntija/internal/web/schema"
)

// The programming interface: JSON under /api/v1, for programs that act for a person by a token. It has its own table of routes, from which the routes, the
// OpenAPI document (api_openapi.go) and the page that explains it (api_page.go) are made, and its own middle: bearer tokens and no cookies, limits per
// token, an Idempotency-Key with every change, If-Match with every update, answers to errors as RFC 9457 says. Behind it stand the same use-cases as behind
// the pages, so that a program sees and does what its owner may and nothing else.

// apiRoot is what the addresses of the interface begin with.
const apiRoot = "/api/v1"

// apiRoute is one line of the table. English words are for the document, Arabic ones for titles.
type apiRoute struct {
	method, path string // below apiRoot; parameters are ids unless a param says otherwise
	id           string // operationId: a verb and what it is done to
	tag          string
	title, ar    string
	text         string
	open         bool            // needs no token
	scope        auth.TokenScope // "": any token
	params       []apiParam      // of the query
	body, result reflect.Type    // nil: none
	status       int             // of success
	tagged       bool            // the answer carries an ETag with the version
	match        bool            // asks for If-Match
	more         []int           // statuses of errors beside those that follow from the above
	handle       func(s *Server, q *apiRequest) (*apiAnswer, error)
}

// apiParam is one parameter of a query. many: may stand several times.
type apiParam struct {
	name, text string
	many       bool
	enum       []string
}

// apiRequest is one request of a program.
type apiRequest struct {
	*request
	spec    *apiRoute
	body    any // a pointer to spec.body's type
	version int64
}

// apiAnswer is what a handler gives back: a body to be encoded, the version of the thing, and where it stands if it is new.
type apiAnswer struct {
	body     any
	version  int64
	location string
}

// apiError is an error that has a status of its own here, which the kind of the fault does not say.
type apiError struct {
	status int
	why    *fault.Error
}

// Error implements error.
func (e *apiError) Error() string { return strconv.Itoa(e.status) + ": " + e.why.Error() }

// Unwrap gives the fault.
func (e *apiError) Unwrap() error { return e.why }

func apiRefuse(status int, key string, args ...any) error {
	return &apiError{status, fault.New(fault.Invalid, key, args...)}
}

// apiTable returns all routes of the interface.
func apiTable() []apiRoute {
	return slices.Concat(apiMetaRoutes, apiFamilyRoutes, apiProductRoutes, apiExhibitionRoutes, apiOpenRoutes)
}

func (s *Server) mountAPI() {
	s.api = apiTable()
	s.apiDoc, s.apiSchemas = s.openAPI()
	s.limits = newLimiter(s.svc.Now)
	for i := range s.api {
		spec := &s.api[i]
		serve := func(c *fiber.Ctx) error { return s.serveAPI(c, spec) }
		s.app.Add(spec.method, apiRoot+spec.path, serve)
		if !spec.writes() { // RFC 9110, 9.1: whoever takes GET takes HEAD
			s.app.Add(fiber.MethodHead, apiRoot+spec.path, serve)
		}
	}
	s.app.Get(apiRoot+"/openapi.json", s.apiDocument)
}

// APIRoutes returns method, path and operation of every route of the interface, for tests.
func APIRoutes() [][3]string {
	var out [][3]string
	for _, r := range apiTable() {
		out = append(out, [3]string{r.method, apiRoot + r.path, r.id})
	}
	return out
}

func (r *apiRoute) writes() bool { return r.method != fiber.MethodGet }

// serveAPI runs one route: token, limit, form of the request, handler, answer.
func (s *Server) serveAPI(c *fiber.Ctx, spec *apiRoute) error {
	c.Locals(localRoute, apiRoot+spec.path)
	c.Set("Vary", "Authorization, Accept-Language")
	q := &apiRequest{request: &request{c: c, s: s, locale: locale.Match(c.Get("Accept-Language"))}, spec: spec}
	if err := q.admit(); err != nil {
		return err
	}
	if err := q.read(); err != nil {
		return err
	}
	a, err := spec.handle(s, q)
	if err != nil {
		return err
	}
	if spec.tagged {
		tag := `"` + strconv.FormatInt(a.version, 10) + `"`
		c.Set("ETag", tag)
		if !spec.writes() && etagMatches(c.Get("If-None-Match"), tag) {
			return c.SendStatus(fiber.StatusNotModified)
		}
	}
	if a.location != "" {
		c.Set("Location", apiRoot+a.location)
	}
	c.Status(spec.status)
	if a.body == nil {
		return nil
	}
	return c.JSON(a.body)
}

func etagMatches(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			return true
		}
	}
	return false
}

// admit finds out who asks and counts the request. A request without a good token counts to its address, and so do those that need none.
func (q *apiRequest) admit() error {
	s, c := q.s, q.c
	address := s.clientAddress(c)
	if q.spec.open {
		return s.limits.take(c, "open", address, openLimit)
	}
	key, bearer := strings.CutPrefix(c.Get("Authorization"), "Bearer ")
	var caller *service.Caller
	err := error(fault.New(fault.Unauthenticated, "error.token.missing"))
	if bearer {
		caller, err = s.svc.Tokens.Authenticate(q.ctx(), strings.TrimSpace(key), address)
	}
	if fault.Is(err, fault.Unauthenticated) {
		c.Set("WWW-Authenticate", `Bearer realm="muntija"`)
		if limited := s.limits.take(c, "refused", address, refusedLimit); limited != nil {
			return limited
		}
		return err
	}
	if err != nil {
		return err
	}
	q.actor = caller.Actor
	if err := s.limits.take(c, "token", strconv.FormatInt(caller.Token.ID, 10), tokenLimit); err != nil {
		return err
	}
	if !caller.Token.Has(q.spec.scope) {
		c.Set("WWW-Authenticate", `Bearer realm="muntija", error="insufficient_scope", scope="`+string(q.spec.scope)+`"`)
		return fault.New(fault.Forbidden, "error.token.scope", string(q.spec.scope))
	}
	return nil
}

// read takes the request apart: the query by names that are known, and of a change the key, the version and the body.
func (q *apiRequest) read() error {
	var unknown fault.Problems
	for name, values := range q.query() {
		i := slices.IndexFunc(q.spec.params, func(p apiParam) bool { return p.name == name })
		switch {
		case i < 0:
			unknown.Add(clipped(name), "problem.json.unknown")
		case len(values) > 1 && !q.spec.params[i].many:
			unknown.Add(name, "problem.json.twice")
		}
	}
	if len(unknown) > 0 {
		f := fault.New(fault.Invalid, "error.api.query")
		f.Problems = unknown
		return &apiError{fiber.StatusBadRequest, f}
	}
	if !q.spec.writes() {
		return nil
	}
	if key := q.c.Get("Idempotency-Key"); key == "" || len(key) > 64 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return apiRefuse(fiber.StatusBadRequest, "error.api.key")
	}
	if q.spec.match {
		tag := strings.TrimSpace(q.c.Get("If-Match"))
		if tag == "" {
			return apiRefuse(fiber.StatusPreconditionRequired, "error.api.match")
		}
		n, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
		if err != nil || n < 0 {
			return apiRefuse(fiber.StatusPreconditionFailed, "error.stale")
		}
		q.version = n
	}
	if q.spec.body == nil {
		if len(q.c.Body()) > 0 {
			return apiRefuse(fiber.StatusBadRequest, "error.api.no_body")
		}
		return nil
	}
	if len(q.c.Body()) > formLimit {
		return fault.New(fault.TooLarge, "error.too_large")
	}
	if kind, _, err := mime.ParseMediaType(q.c.Get("Content-Type")); err != nil || kind != "application/json" {
		return fault.New(fault.Unsupported, "error.api.type")
	}
	var err error
	q.body, err = decodeBody(q.s.apiSchemas, q.spec.body, q.c.Body())
	return err
}

// decodeBody reads one JSON value of a type. What the type does not name, or names otherwise, is refused with its place.
func decodeBody(set *schema.Set, t reflect.Type, body []byte) (any, error) {
	// A name that stands twice would be read as one thing by one reader and as another by the next (RFC 8259, 4), and letters that are none would be replaced.
	if !utf8.Valid(body) || doubledNames(body) {
		return nil, apiRefuse(fiber.StatusBadRequest, "error.api.json")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, apiRefuse(fiber.StatusBadRequest, "error.api.json")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, apiRefuse(fiber.StatusBadRequest, "error.api.json")
	}
	var ps fault.Problems
	for _, f := range set.Check(set.Of(t, true), v) {
		ps.Add(f.Path, "problem.json."+f.Rule, jsonArgs(f)...)
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	out := reflect.New(t)
	if err := json.Unmarshal(body, out.Interface()); err != nil { // two fields that differ in case only
		return nil, apiRefuse(fiber.StatusBadRequest, "error.api.json")
	}
	return out.Interface(), nil
}

// doubledNames reports whether an object of a JSON text has two members of one name. A text that cannot be read has none.
func doubledNames(text []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(text))
	type open struct {
		names map[string]bool // nil: a list
		value bool            // what comes next is the value of a name
	}
	var stack []open
	for {
		t, err := dec.Token()
		if err != nil {
			return false
		}
		if t == json.Delim('}') || t == json.Delim(']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if n := len(stack); n > 0 && stack[n-1].names != nil {
			top := &stack[n-1]
			if name, ok := t.(string); ok && !top.value {
				if top.names[name] {
					return true
				}
				top.names[name], top.value = true, true
				continue
			}
			top.value = false
		}
		switch t {
		case json.Delim('{'):
			stack = append(stack, open{names: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, open{})
		}
	}
}

func jsonArgs(f schema.Fault) []any {
	switch f.Rule {
	case "type":
		return []any{fault.Key("json.type." + fmt.Sprint(f.Arg))}
	case "long", "many", "low", "high":
		return []any{f.Arg}
	}
	return nil
}

// write is what the use-case is told beside a change.
func (q *apiRequest) write() service.Write {
	return service.Write{Key: q.c.Get("Idempotency-Key"), Version: q.version}
}

// apiProblemBody is an error as RFC 9457 writes it.
type apiProblemBody struct {
	Type     string            `json:"type" doc:"A page that explains this kind of error." example:"/api/docs#problem-invalid"`
	Title    string            `json:"title" doc:"What went wrong, the same for all errors of the type."`
	Status   int64             `json:"status" doc:"The HTTP status."`
	Detail   string            `json:"detail,omitempty" doc:"What went wrong this time, in the language of Accept-Language (ar or en)."`
	Instance string            `json:"instance" doc:"The number of this request, by which the office finds it in its log." example:"urn:muntija:request:3q2-7wECAwQF"`
	Code     string            `json:"code" doc:"A stable name for programs." example:"error.invalid"`
	Errors   []apiFieldProblem `json:"errors,omitempty" doc:"What is wrong field by field."`
}

type apiFieldProblem struct {
	Field   string `json:"field" doc:"The field, by its place in the body or its name in the query." example:"form.lead.id_number"`
	Pointer string `json:"pointer,omitempty" doc:"The same place as a JSON Pointer (RFC 6901)." example:"#/form/lead/id_number"`
	Code    string `json:"code" example:"problem.required"`
	Detail  string `json:"detail"`
	Warning bool   `json:"warning,omitempty" doc:"Does not stop the save."`
}

// isAPI reports whether a request is one of a program.
func isAPI(c *fiber.Ctx) bool { return strings.HasPrefix(c.Path(), apiRoot+"/") || c.Path() == apiRoot }

// apiProblem answers an error of the interface.
func (s *Server) apiProblem(c *fiber.Ctx, err error, status int, key string, args []any) error {
	var own *apiError
	var f *fault.Error
	kind := "internal"
	if errors.As(err, &f) {
		kind = f.Kind.String()
		switch {
		case f.Key == "error.idempotency_reuse": // The Idempotency-Key HTTP Header Field, draft 06, 2.6
			kind, status, key = fault.Invalid.String(), fiber.StatusUnprocessableEntity, "error.api.reused"
		case f.Kind == fault.Stale:
			status = fiber.StatusPreconditionFailed
		}
	}
	if errors.As(err, &own) {
		if status = own.status; status == fiber.StatusPreconditionFailed {
			kind = fault.Stale.String()
		}
	}
	switch {
	case f == nil && status == fiber.StatusMethodNotAllowed:
		kind, key = "method", "error.api.method"
	case f == nil && status == fiber.StatusRequestEntityTooLarge: // over the limit of any request: the server stopped reading
		kind, key = fault.TooLarge.String(), "error.too_large"
	case f == nil && status < 500:
		kind, key = "invalid", "error.api.json"
	case status == 503:
		kind = fault.Unavailable.String()
	}
	loc := s.pages.Locale(locale.Match(c.Get("Accept-Language")))
	id, _ := c.Locals(localRequestID).(string)
	body := apiProblemBody{Type: "/api/docs#problem-" + kind, Title: loc.T("api.problem." + kind), Status: int64(status), Detail: loc.T(key, args...), Instance: "urn:muntija:request:" + id, Code: key}
	if f != nil {
		body.Errors = apiProblems(loc, f.Problems)
	}
	c.Response().ResetBody()
	c.Status(status)
	if err := c.JSON(body); err != nil {
		return err
	}
	c.Set("Content-Type", "application/problem+json")
	return nil
}

func apiProblems(loc *locale.Locale, ps fault.Problems) []apiFieldProblem {
	var out []apiFieldProblem
	for _, p := range ps {
		x := apiFieldProblem{Field: p.Field, Code: p.Key, Detail: loc.T(p.Key, p.Args...), Warning: p.Severity == fault.Warning}
		if p.Field != "" {
			x.Pointer = "#/" + strings.NewReplacer("~", "~0", "/", "~1", "].", "/", "]", "", "[", "/", ".", "/").Replace(p.Field)
		}
		out = append(out, x)
	}
	return out
}

// under moves problems of a form to where the form stands in a body.
func under(err error, prefix string) error {
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Problems) == 0 {
		return err
	}
	moved := *f
	moved.Problems = nil
	for _, p := range f.Problems {
		if p.Field != "" {
			p.Field = prefix + "." + p.Field
		}
		moved.Problems = append(moved.Problems, p)
	}
	return &moved
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// cursorMAC is how many bytes of its signature a cursor carries.
const cursorMAC = 12

// closeCursor writes a place in the list of an operation for the next request; it is signed, so that what comes back is what was given out.
func (q *apiRequest) closeCursor(place int64) string {
	text := q.spec.id + ":" + strconv.FormatInt(place, 10)
	return base64.RawURLEncoding.EncodeToString(append(q.cursorSum(text), text...))
}

// openCursor reads the cursor of the query; 0 if there is none.
func (q *apiRequest) openCursor() (int64, error) {
	given := q.one("cursor")
	if given == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(given)
	if err == nil && len(b) > cursorMAC && hmac.Equal(q.cursorSum(string(b[cursorMAC:])), b[:cursorMAC]) {
		if n, ok := strings.CutPrefix(string(b[cursorMAC:]), q.spec.id+":"); ok {
			if place, err := strconv.ParseInt(n, 10, 64); err == nil && place > 0 {
				return place, nil
			}
		}
	}
	return 0, badParam("cursor", "error.cursor")
}

func (q *apiRequest) cursorSum(text string) []byte {
	h := hmac.New(sha256.New, q.s.svc.CursorKey())
	h.Write([]byte(text))
	return h.Sum(nil)[:cursorMAC]
}

// one returns a parameter of the query, "" if it is missing.
func (q *apiRequest) one(name string) string {
	if v := q.query()[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// limit is how many rows of a list are asked for: 1 to 200, 50 by default.
func (q *apiRequest) limit() (int, error) {
	text := q.one("limit")
	if text == "" {
		return 50, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 200 {
		return 0, badParam("limit", "problem.range", 1, 200)
	}
	return n, nil
}

// choices refuses values of a parameter that are none of its own.
func (q *apiRequest) choices(name string) ([]string, error) {
	values := q.query()[name]
	for _, p := range q.spec.params {
		for _, v := range values {
			if p.name == name && p.enum != nil && !slices.Contains(p.enum, v) {
				return nil, badParam(name, "problem.choice")
			}
		}
	}
	return values, nil
}

func badParam(name, key string, args ...any) error {
	f := fault.New(fault.Invalid, "error.api.query")
	f.Problems.Add(name, key, args...)
	return &apiError{fiber.StatusBadRequest, f}
}
