package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/locale"
)

// Keys of values that middleware leaves for the handlers of the same request.
const (
	localRequestID = "request-id"
	localRoute     = "route"
	localKind      = "fault-kind"
)

// observe gives each request an id, a deadline and security headers, contains panics, and writes the log line and the metrics. The log names
// the route's pattern, never the address: tokens and searches stand in addresses.
func (s *Server) observe(c *fiber.Ctx) (err error) {
	start := time.Now()
	end := s.metrics.Begin()
	id := requestID()
	c.Locals(localRequestID, id)
	ctx, cancel := context.WithTimeout(context.Background(), s.o.RequestTimeout)
	c.SetUserContext(ctx)
	defer cancel()
	s.headers(c)
	defer func() {
		if p := recover(); p != nil {
			s.metrics.Panic()
			s.log.Error("panic", "request", id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = nil
			if e := s.handleError(c, fault.New(fault.Internal, "error.internal")); e != nil {
				err = e
			}
		}
		end()
		route, _ := c.Locals(localRoute).(string)
		if route == "" {
			route = "other"
		}
		took := time.Since(start)
		s.metrics.Request(route, c.Method(), c.Response().StatusCode(), took)
		s.log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("request", id), slog.String("method", c.Method()), slog.String("route", route),
			slog.Int("status", c.Response().StatusCode()), slog.Duration("took", took.Round(time.Microsecond)))
	}()
	if err := c.Next(); err != nil {
		return s.handleError(c, err)
	}
	return nil
}

func requestID() string {
	var b [9]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// headers are OWASP ASVS 5.0 chapter 3.4: a strict policy without inline script or style, no framing, no sniffing, no referrer, nothing cached.
func (s *Server) headers(c *fiber.Ctx) {
	c.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'")
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("X-Frame-Options", "DENY")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()")
	c.Set("Cache-Control", "no-store")
	if s.o.Secure {
		c.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// guard refuses what a browser would not send from our own pages: changes from another site, and packed bodies.
func (s *Server) guard(c *fiber.Ctx) error {
	// Fiber unpacks such a body when it is looked at, without any limit: 1 MB on the wire could become 1 GB here (OWASP ASVS 5.0, 5.2.3).
	if coding := c.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		c.Set("Accept-Encoding", "identity")
		return fault.New(fault.Unsupported, "error.encoding")
	}
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return fault.New(fault.Forbidden, "error.csrf")
	}
	if origin := c.Get("Origin"); origin != "" && origin != "null" {
		u, err := url.Parse(origin)
		if err != nil || (!strings.EqualFold(u.Host, string(c.Request().Host())) && origin != s.o.BaseURL) {
			return fault.New(fault.Forbidden, "error.csrf")
		}
	}
	return c.Next()
}

// serve runs one route of the table: session, permission, token against forged requests, handler.
func (s *Server) serve(c *fiber.Ctx, rt route) error {
	c.Locals(localRoute, rt.path)
	if !rt.upload && len(c.Body()) > formLimit {
		return fault.New(fault.TooLarge, "error.too_large")
	}
	r := &request{c: c, s: s, route: rt}
	if err := r.authenticate(); err != nil {
		return err
	}
	if rt.access != public {
		if r.session == nil {
			return r.toSignIn()
		}
		if r.session.Pending {
			if r.wantsJSON() {
				return fault.New(fault.Unauthenticated, "error.unauthenticated")
			}
			return c.Redirect("/signin/second", fiber.StatusSeeOther)
		}
		if rt.access == permit && !auth.Can(r.actor, rt.action) {
			return fault.New(fault.Forbidden, "auth.forbidden")
		}
	}
	if rt.method != fiber.MethodGet {
		if err := r.checkCSRF(); err != nil {
			return err
		}
	}
	return rt.handle(s, r)
}

// static sends an asset by its hashed name.
func (s *Server) static(c *fiber.Ctx) error {
	c.Locals(localRoute, "/static/*")
	name := c.Params("*")
	a, ok := s.assets.Asset(name)
	if !ok {
		return fault.New(fault.NotFound, "error.not_found")
	}
	c.Set("Cache-Control", "public, max-age=31536000, immutable")
	c.Set("ETag", a.ETag)
	c.Set("Content-Type", a.Type)
	c.Set("Vary", "Accept-Encoding")
	if c.Get("If-None-Match") == a.ETag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	if a.Gzip != nil && strings.Contains(c.Get("Accept-Encoding"), "gzip") {
		c.Set("Content-Encoding", "gzip")
		return c.Send(a.Gzip)
	}
	return c.Send(a.Body)
}

// clientAddress is the address of the person's device: the peer's, or, behind trusted proxies, the last one they did not make up. The left end
// of X-Forwarded-For is whatever the client wrote there, so it is read from the right.
func (s *Server) clientAddress(c *fiber.Ctx) string {
	peer := c.Context().RemoteIP().String()
	addr, err := netip.ParseAddr(peer)
	if err != nil {
		return peer
	}
	addr = addr.Unmap()
	if !s.trusts(addr) {
		return addr.String()
	}
	hops := strings.Split(c.Get("X-Forwarded-For"), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
		if !s.trusts(addr) {
			break
		}
	}
	return addr.String()
}

func (s *Server) trusts(a netip.Addr) bool {
	for _, p := range s.trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// localeOf is the language of a visitor without a session: the cookie, else what the browser asks for, else Arabic.
func localeOf(c *fiber.Ctx) string {
	if l := c.Cookies("locale"); locale.Valid(l) {
		return l
	}
	return locale.Match(c.Get("Accept-Language"))
}
