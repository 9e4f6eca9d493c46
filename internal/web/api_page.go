package web

import (
	"encoding/json"
	"reflect"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// apiPageRoutes are the pages about the programming interface, for people.
var apiPageRoutes = []route{
	{method: "GET", path: "/tokens", access: permit, action: auth.TokenManage, handle: (*Server).tokens},
	{method: "POST", path: "/tokens", access: permit, action: auth.TokenManage, handle: (*Server).makeToken},
	{method: "POST", path: "/tokens/:id/revoke", access: permit, action: auth.TokenManage, handle: (*Server).revokeToken},
	{method: "GET", path: "/api/docs", handle: (*Server).apiDocs},
}

// tokensPage is the Body of api/tokens.
type tokensPage struct {
	Rows   []tokenRow
	Scopes []render.Option
	Areas  []render.Option // nil for who may not narrow a token
	Many   bool            // those of others stand there too

	Refused string
}

type tokenRow struct {
	service.TokenView
	State  string
	May    []string
	InArea []string
}

func (s *Server) tokens(r *request) error {
	return s.drawTokens(r, 0, &render.Form{Values: map[string]string{"days": "90"}}, "")
}

func (s *Server) drawTokens(r *request, status int, form *render.Form, refused string) error {
	list, err := s.svc.Tokens.List(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	b := tokensPage{Refused: refused, Many: auth.Can(r.actor, auth.TokenOversee)}
	for _, t := range list {
		row := tokenRow{TokenView: t, State: "good", InArea: r.areaNames(t.Areas)}
		switch {
		case !t.RevokedAt.IsZero():
			row.State = "revoked"
		case !t.Good:
			row.State = "ended"
		}
		for _, x := range t.Scopes {
			row.May = append(row.May, w.code("token_scope", string(x)))
		}
		b.Rows = append(b.Rows, row)
	}
	b.Scopes = optionsOf(w, "token_scope", asTexts(auth.ScopesOf(r.actor)))
	if r.actor.Role != auth.Administrator {
		for _, a := range place.Areas(r.actor.Party) {
			if r.actor.Areas.Has(a.Code) {
				b.Areas = append(b.Areas, render.Option{Value: a.Code, Label: w.area(a.Code)})
			}
		}
	}
	return r.page(status, "api/tokens", form, b)
}

// madeTokenPage is the Body of api/token.
type madeTokenPage struct {
	Key, Try string
	Name     string
}

// makeToken shows the key in the answer itself and nowhere again.
func (s *Server) makeToken(r *request) error {
	in, bad := intake.DecodeToken(r.values())
	err := bad.Err()
	var made *service.MadeToken
	if err == nil {
		made, err = s.svc.Tokens.Make(r.ctx(), r.actor, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawTokens(r, 422, &render.Form{Values: in.Values(), Lists: in.Sets(), Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawTokens(r, 409, &render.Form{Values: in.Values(), Lists: in.Sets()}, text)
	}
	if err != nil {
		return err
	}
	return r.page(0, "api/token", nil, madeTokenPage{Key: made.Key, Name: made.Token.Name, Try: "curl -H 'Authorization: Bearer " + made.Key + "' " + s.baseURL(r.c) + apiRoot + "/me"})
}

func (s *Server) revokeToken(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Tokens.Revoke(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/tokens", "success", "flash.token_revoked")
}

// docsPage is the Body of api/docs.
type docsPage struct {
	Groups   []docsGroup
	Problems []string // kinds
	Base     string
	Curl     string
	Events   []string
	Sample   string // of an event
}

type docsGroup struct {
	ID, Title  string
	Operations []docsOperation
}

type docsOperation struct {
	Method, Path, ID string
	Title, Text      string
	Scope            string
	Open, Match      bool
	Writes           bool
	Query            []docsParam
	Sends, Gives     string // examples, as JSON
	Answers          []int
}

type docsParam struct {
	Name, Text string
	Values     string
}

// problemKinds are the anchors that problem documents point to, in the order of the page.
var problemKinds = []string{"invalid", "unauthenticated", "forbidden", "not_found", "method", "stale", "duplicate", "state", "too_large", "unsupported", "limited", "unavailable", "internal"}

// apiDocs is the page that explains the interface, made from the same table.
func (s *Server) apiDocs(r *request) error {
	en := r.words().Lang() == "en"
	b := docsPage{Problems: problemKinds, Base: s.baseURL(r.c) + apiRoot}
	b.Curl = "curl -H 'Authorization: Bearer " + auth.TokenPrefix + "…' '" + b.Base + "/families?state=approved&limit=10'"
	for _, t := range apiTags {
		g := docsGroup{ID: t[0], Title: t[2]}
		if en {
			g.Title = t[1]
		}
		for i := range s.api {
			if a := &s.api[i]; a.tag == t[0] {
				g.Operations = append(g.Operations, s.docsOf(a, en))
			}
		}
		b.Groups = append(b.Groups, g)
	}
	return r.page(0, "api/docs", nil, b)
}

func (s *Server) docsOf(a *apiRoute, en bool) docsOperation {
	o := docsOperation{Method: a.method, Path: openapiPath(a.path), ID: a.id, Title: a.ar, Scope: string(a.scope), Open: a.open, Match: a.match, Writes: a.writes(), Answers: a.statuses(), Gives: s.sample(a.result)}
	if en {
		o.Title, o.Text = a.title, a.text
	}
	if a.body != nil {
		o.Sends = s.sample(a.body)
	}
	for _, p := range a.params {
		x := docsParam{Name: p.name, Values: strings.Join(p.enum, " · ")}
		if en {
			x.Text = p.text
		}
		o.Query = append(o.Query, x)
	}
	return o
}

// sample writes an example of a type from its schema.
func (s *Server) sample(t reflect.Type) string {
	b, err := json.MarshalIndent(sampleOf(s, s.apiSchemas.Of(t, false), 0), "", " ")
	if err != nil {
		return ""
	}
	return string(b)
}

func sampleOf(s *Server, schema map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		return sampleOf(s, s.apiSchemas.Defs[ref[strings.LastIndexByte(ref, '/')+1:]], depth)
	}
	if ex, ok := schema["examples"].([]any); ok {
		return ex[0]
	}
	if list, ok := schema["enum"].([]any); ok {
		return list[0]
	}
	switch schema["type"] {
	case "integer":
		return 1
	case "boolean":
		return true
	case "array":
		items, _ := schema["items"].(map[string]any)
		if depth > 3 {
			return []any{}
		}
		return []any{sampleOf(s, items, depth+1)}
	case "object":
		out := map[string]any{}
		props, _ := schema["properties"].(map[string]any)
		for name, p := range props {
			if depth < 3 {
				out[name] = sampleOf(s, p.(map[string]any), depth+1)
			}
		}
		return out
	}
	switch schema["format"] {
	case "date":
		return "2026-03-02"
	case "date-time":
		return "2026-03-02T09:00:00Z"
	}
	return "…"
}
