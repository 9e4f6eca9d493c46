package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/web/schema"
)

// apiTags are the groups of the document, in its order.
var apiTags = [][3]string{
	{"token", "Token", "المفتاح"}, {"families", "Families, members, projects, decisions", "الأسر والأفراد والمشروعات والقرارات"}, {"products", "Products", "المنتجات"},
	{"exhibitions", "Exhibitions, applications, invitations", "المعارض والطلبات والدعوات"}, {"figures", "Figures", "الأرقام"},
	{"reference", "Reference data (no token)", "البيانات المرجعية (بلا مفتاح)"}, {"catalogue", "Public catalogue (no token)", "دليل المنتجات (بلا مفتاح)"},
}

// openapiName is a type's name in the document: those of this package without "api", those of package intake (what is typed) with "Form".
func openapiName(t reflect.Type) string {
	name := t.Name()
	switch {
	case strings.HasSuffix(t.PkgPath(), "/intake") && name == "Registration":
		return "RegistrationForm"
	case strings.HasSuffix(t.PkgPath(), "/intake"):
		return "Form" + name
	}
	if name = strings.TrimPrefix(name, "api"); name == "ProblemBody" {
		return "Problem"
	}
	return name
}

// statuses returns every status that a route can answer with, success first.
func (r *apiRoute) statuses() []int {
	out := []int{r.status}
	if r.tagged && !r.writes() {
		out = append(out, 304)
	}
	more := append([]int{400, 429, 500, 503}, r.more...) // 400: a parameter that is not known
	if !r.open {
		more = append(more, 401)
	}
	if r.scope != "" {
		more = append(more, 403)
	}
	if strings.Contains(r.path, ":") {
		more = append(more, 404)
	}
	if r.writes() {
		more = append(more, 409, 422)
	}
	if r.match {
		more = append(more, 412, 428)
	}
	if r.body != nil {
		more = append(more, 413, 415)
	}
	slices.Sort(more)
	return append(out, slices.Compact(more)...)
}

// openAPI makes the document from the table, and the schemas that bodies are held to.
func (s *Server) openAPI() ([]byte, *schema.Set) {
	set := schema.New(openapiName)
	for _, r := range s.api { // first the requests: what goes in is closed, also where it comes out again
		if r.body != nil {
			set.Of(r.body, true)
		}
	}
	problem := set.Of(reflect.TypeFor[apiProblemBody](), false)
	paths := map[string]any{}
	for i := range s.api {
		r := &s.api[i]
		item, _ := paths[openapiPath(r.path)].(map[string]any)
		if item == nil {
			item = map[string]any{}
			paths[openapiPath(r.path)] = item
		}
		item[strings.ToLower(r.method)] = r.operation(set)
	}
	var tags []any
	for _, t := range apiTags {
		tags = append(tags, map[string]any{"name": t[0], "description": t[1], "x-title-ar": t[2]})
	}
	responses := map[string]any{}
	for _, status := range []int{400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 503} {
		answer := map[string]any{"description": statusWords[status], "content": map[string]any{"application/problem+json": map[string]any{"schema": problem}}}
		if status == 429 || status == 503 {
			answer["headers"] = map[string]any{"Retry-After": map[string]any{"description": "Seconds to wait.", "schema": map[string]any{"type": "integer"}}}
		}
		responses["E"+strconv.Itoa(status)] = answer
	}
	var scopes []string
	for _, x := range auth.TokenScopes() {
		scopes = append(scopes, string(x))
	}
	doc := map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{"title": "Muntija", "version": "1", "x-title-ar": "منتجة", "summary": "The registry of productive families of Egypt and Qatar, for programs.",
			"description": apiIntroduction},
		"servers": []any{map[string]any{"url": apiRoot}}, "tags": tags, "paths": paths, "security": []any{map[string]any{"token": []string{}}},
		"components": map[string]any{"schemas": set.Defs, "responses": responses,
			"securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer", "description": "A token made on the page /tokens. Scopes: " + strings.Join(scopes, ", ") + "."}},
			"parameters": map[string]any{
				"IdempotencyKey": map[string]any{"name": "Idempotency-Key", "in": "header", "required": true, "description": "Unique per intended change, 1 to 64 visible ASCII characters. The same request sent again has no second effect; the same key with another body is refused.", "schema": map[string]any{"type": "string", "minLength": 1, "maxLength": 64}, "example": "8f14e45f-ceea-467f"},
				"IfMatch":        map[string]any{"name": "If-Match", "in": "header", "required": true, "description": "The ETag that the change was made on. * and weak tags give 412: a change without a version would overwrite what its maker never saw.", "schema": map[string]any{"type": "string"}, "example": `"3"`},
				"AcceptLanguage": map[string]any{"name": "Accept-Language", "in": "header", "description": "ar (default) or en, for titles and problems.", "schema": map[string]any{"type": "string"}},
			}},
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(doc); err != nil {
		panic("web: the OpenAPI document: " + err.Error()) // made of plain values only
	}
	return out.Bytes(), set
}

const apiIntroduction = `JSON over HTTPS. A program acts for the person who made its token, and may do no more than that person may today, inside the scopes and areas of the token.

Lists are read page by page: pass page.next as cursor. Every change carries an Idempotency-Key; every update an If-Match with the ETag that it was made on, and gives 412 if the thing was changed meanwhile. Errors are problem details (RFC 9457) with a problem per field. What a role may not see is left out or masked, as on the pages. People of the other country do not exist here.

Within version 1 answers may gain fields, and lists of codes may gain codes; a request with a field that is not known is refused, with its name.`

var statusWords = map[int]string{400: "The request cannot be read: JSON, a parameter of the query, or a header.", 401: "No token, or one that opens nothing (any more).", 403: "The token or its owner may not do this.",
	404: "There is no such thing, or not for this token.", 409: "The state of the thing does not allow this, or it is on file already.", 412: "It was changed meanwhile: read it again.", 413: "The body is over 1 MB.",
	415: "The body is not application/json.", 422: "Fields are wrong; errors says which.", 428: "If-Match is missing.", 429: "Too many requests in this minute.", 500: "An error of ours; it was logged.", 503: "Busy or shutting down: the same request may work later."}

func openapiPath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func (r *apiRoute) operation(set *schema.Set) map[string]any {
	ref := func(kind, name string) map[string]any {
		return map[string]any{"$ref": "#/components/" + kind + "/" + name}
	}
	op := map[string]any{"operationId": r.id, "summary": r.title, "x-title-ar": r.ar, "tags": []string{r.tag}}
	if r.text != "" {
		op["description"] = r.text
	}
	switch {
	case r.open:
		op["security"] = []any{}
	case r.scope != "":
		op["x-scope"] = string(r.scope)
		op["security"] = []any{map[string]any{"token": []string{string(r.scope)}}}
	}
	params := []any{ref("parameters", "AcceptLanguage")}
	for p := range strings.SplitSeq(r.path, "/") {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			params = append(params, map[string]any{"name": name, "in": "path", "required": true, "schema": map[string]any{"type": "integer", "minimum": 1}, "example": 1042})
		}
	}
	for _, p := range r.params {
		value := map[string]any{"type": "string"}
		if p.enum != nil {
			value["enum"] = p.enum
		}
		if p.name == "limit" {
			value = map[string]any{"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
		}
		x := map[string]any{"name": p.name, "in": "query", "description": p.text, "schema": value}
		if p.many {
			x["schema"], x["explode"] = map[string]any{"type": "array", "items": value}, true
		}
		params = append(params, x)
	}
	if r.writes() {
		params = append(params, ref("parameters", "IdempotencyKey"))
	}
	if r.match {
		params = append(params, ref("parameters", "IfMatch"))
	}
	op["parameters"] = params
	if r.body != nil {
		op["requestBody"] = map[string]any{"required": true, "content": map[string]any{"application/json": map[string]any{"schema": set.Of(r.body, true)}}}
	}
	answers := map[string]any{}
	for _, status := range r.statuses() {
		if status >= 400 {
			answers[strconv.Itoa(status)] = ref("responses", "E"+strconv.Itoa(status))
			continue
		}
		a := map[string]any{"description": http.StatusText(status)}
		headers := map[string]any{}
		if status != 304 {
			a["content"] = map[string]any{"application/json": map[string]any{"schema": set.Of(r.result, false)}}
			headers["RateLimit"] = map[string]any{"description": "What is left in this minute.", "schema": map[string]any{"type": "string"}, "example": `"token";r=599;t=60`}
		}
		if r.tagged {
			headers["ETag"] = map[string]any{"description": "The version.", "schema": map[string]any{"type": "string"}, "example": `"3"`}
		}
		if status == 201 {
			headers["Location"] = map[string]any{"description": "Where the new thing stands.", "schema": map[string]any{"type": "string"}}
		}
		if len(headers) > 0 {
			a["headers"] = headers
		}
		answers[strconv.Itoa(status)] = a
	}
	op["responses"] = answers
	return op
}

// apiDocument sends the OpenAPI document.
func (s *Server) apiDocument(c *fiber.Ctx) error {
	c.Locals(localRoute, apiRoot+"/openapi.json")
	if err := s.limits.take(c, "open", s.clientAddress(c), openLimit); err != nil {
		return err
	}
	sum := sha256.Sum256(s.apiDoc)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	c.Set("ETag", tag)
	c.Set("Cache-Control", "public, max-age=300")
	c.Set("Content-Type", "application/json; charset=utf-8")
	if etagMatches(c.Get("If-None-Match"), tag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return c.Send(s.apiDoc)
}
