package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/fault"
	"muntija/internal/locale"
)

var baseRoutes = []route{
	{method: "GET", path: "/healthz", handle: (*Server).healthz},
	{method: "GET", path: "/readyz", handle: (*Server).readyz},
	{method: "GET", path: "/robots.txt", handle: (*Server).robots},
	{method: "GET", path: "/favicon.ico", handle: (*Server).favicon},
	{method: "GET", path: "/.well-known/security.txt", handle: (*Server).securityTxt},
	{method: "POST", path: "/locale", handle: (*Server).setLocale},
}

// healthz says that the process answers.
func (s *Server) healthz(r *request) error { return r.c.SendString("ok\n") }

// readyz says that the database answers too.
func (s *Server) readyz(r *request) error {
	if err := s.svc.Ready(r.ctx()); err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return r.c.SendString("ready\n")
}

// robots lets search engines into the catalogue and keeps them away from everything else.
func (s *Server) robots(r *request) error {
	return r.c.SendString("User-agent: *\nAllow: /catalogue\nAllow: /static/\nDisallow: /catalogue/print\nDisallow: /\nSitemap: " + s.baseURL(r.c) + "/sitemap.xml\n")
}

func (s *Server) favicon(r *request) error {
	return r.c.Redirect(s.assets.Path("img/favicon.svg"), fiber.StatusFound)
}

// securityTxt is RFC 9116: where to report a hole.
func (s *Server) securityTxt(r *request) error {
	if s.o.SecurityContact == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	expires := s.svc.Now().AddDate(0, 6, 0).Truncate(24 * time.Hour).Format(time.RFC3339)
	return r.c.SendString("Contact: " + s.o.SecurityContact + "\nExpires: " + expires + "\nPreferred-Languages: ar, en\nCanonical: " +
		s.baseURL(r.c) + "/.well-known/security.txt\n")
}

// setLocale changes the language of the person, or of the visitor's browser, and goes back to where they were.
func (s *Server) setLocale(r *request) error {
	l := r.value("locale")
	if !locale.Valid(l) {
		return fault.New(fault.Invalid, "error.invalid")
	}
	if r.actor.UserID != 0 {
		if err := s.svc.People.SetLocale(r.ctx(), r.actor, l); err != nil {
			return err
		}
	}
	c := &fiber.Cookie{Name: "locale", Value: l, Path: "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode, Secure: s.o.Secure, MaxAge: 365 * 24 * 3600}
	r.c.Cookie(c)
	return r.c.Redirect(localPath(r.value("next"), "/"), fiber.StatusSeeOther)
}
