package web

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/fault"
	"muntija/internal/web/render"
)

// statuses maps the kinds of error to HTTP, once.
var statuses = map[fault.Kind]int{
	fault.Internal: 500, fault.Invalid: 422, fault.NotFound: 404, fault.Forbidden: 403, fault.Unauthenticated: 401, fault.Stale: 409,
	fault.Duplicate: 409, fault.State: 409, fault.TooLarge: 413, fault.Unsupported: 415, fault.Limited: 429, fault.Unavailable: 503,
}

// missing answers what no route takes: 405 with the methods that the address has (RFC 9110, 15.5.6), else 404.
func (s *Server) missing(c *fiber.Ctx) error {
	var allow []string
	add := func(method, path string) {
		if !fiber.RoutePatternMatch(c.Path(), path) || slices.Contains(allow, method) {
			return
		}
		if allow = append(allow, method); method == fiber.MethodGet {
			allow = append(allow, fiber.MethodHead)
		}
	}
	for _, r := range s.routes {
		add(r.method, r.path)
	}
	for _, r := range s.api {
		add(r.method, apiRoot+r.path)
	}
	add(fiber.MethodGet, apiRoot+"/openapi.json")
	if len(allow) == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	c.Set("Allow", strings.Join(allow, ", "))
	return fiber.ErrMethodNotAllowed
}

// handleError answers every error: kind → status → a page in the person's language, or JSON for a script. What is ours is logged, once, here.
func (s *Server) handleError(c *fiber.Ctx, err error) error {
	status, key, args := 500, "error.internal", []any(nil)
	var f *fault.Error
	var fe *fiber.Error
	switch {
	case errors.As(err, &f):
		status, key, args = statuses[f.Kind], f.Key, f.Args
		c.Locals(localKind, f.Kind.String())
		s.metrics.Fault(f.Kind.String())
	case errors.As(err, &fe):
		status, key = fe.Code, ""
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		status, key = 503, "error.unavailable"
	default:
		s.metrics.Fault(fault.Internal.String())
	}
	id, _ := c.Locals(localRequestID).(string)
	if status >= 500 {
		route, _ := c.Locals(localRoute).(string)
		s.log.LogAttrs(c.UserContext(), slog.LevelError, "request failed", slog.String("request", id), slog.String("route", route), slog.Any("error", err))
	}
	if (status == 429 || status == 503) && len(c.Response().Header.Peek("Retry-After")) == 0 {
		c.Set("Retry-After", "5")
	}
	if isAPI(c) {
		return s.apiProblem(c, err, status, key, args)
	}
	r := &request{c: c, s: s, locale: localeOf(c)}
	if aerr := r.authenticate(); aerr != nil { // the database may be what failed: then the page has no name in its bar
		r.session = nil
	}
	loc := s.pages.Locale(r.locale)
	body := render.NewFault(loc, status, id, key, args...)
	body.State = f != nil && f.Kind == fault.State
	c.Status(body.Status)
	if wantsJSON(c) {
		return c.JSON(fiber.Map{"status": body.Status, "title": loc.T("status." + body.Words() + ".title"), "detail": body.Text, "request": id})
	}
	c.Response().ResetBody()
	if err := r.page(body.Status, "errors/error", nil, body); err != nil {
		s.log.Error("the error page failed", "request", id, "error", err)
		return c.Status(500).SendString("500")
	}
	return nil
}
