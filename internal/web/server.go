// Package web is the pages: Fiber, the routes, the forms. It is the only door to Fiber.
//
// # Design
//
// One file per resource (family.go, registration.go, criteria.go, …). A handler takes a [request], binds what was sent with package intake, calls one
// use-case of package service, and redirects, or draws the form again with the problems (status 422). Any other error goes up to the one
// error handler (errors.go): kind → status → page in the person's language.
//
// routes.go is the table of all routes; each names the permission it needs at least, so that a test can try every role on every route. The
// use-case checks again with the thing itself in hand.
//
// Below a handler only the request's context goes on, with its deadline; never Fiber's own.
//
// # Limits
//
// No Prefork: the store's writer is one per process.
package web

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/locale"
	"muntija/internal/metrics"
	"muntija/internal/service"
	"muntija/internal/web/render"
	"muntija/internal/web/schema"
)

// Asset is one static file as the server sends it.
type Asset struct {
	Body, Gzip []byte // Gzip is nil where compressing gains nothing
	Type, ETag string
}

// Assets is the set of static files (package static, which this package does not import).
type Assets interface {
	Path(name string) string
	Asset(hashed string) (Asset, bool)
}

// Options is what a Server stands on.
type Options struct {
	Service         *service.Service
	Pages           *render.Engine
	Assets          Assets
	Bundle          *locale.Bundle
	Metrics         *metrics.Metrics
	Log             *slog.Logger
	BaseURL         string // without a slash at the end
	Secure          bool   // people reach the server over https
	TrustedProxies  []string
	SecurityContact string
	RequestTimeout  time.Duration
	Chromium        string               // path of the program that makes PDFs; "": none, people print by their own browser
	Demo            []render.DemoAccount // shown on the sign-in page of a demo; nil otherwise
}

// Server is the pages, ready to be listened for.
type Server struct {
	app     *fiber.App
	svc     *service.Service
	pages   *render.Engine
	assets  Assets
	metrics *metrics.Metrics
	log     *slog.Logger
	csrfKey []byte
	trusted []netip.Prefix
	routes  []route
	o       Options

	api        []apiRoute
	apiDoc     []byte // the OpenAPI document
	apiSchemas *schema.Set
	limits     *limiter
}

// bodyLimit is the largest request: a roster of 100,000 families. Routes that take no file take formLimit.
const (
	bodyLimit = 33 << 20
	formLimit = 1 << 20
)

// New returns a Server with all routes. It fails if an option cannot be read.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 20 * time.Second
	}
	s := &Server{svc: o.Service, pages: o.Pages, assets: o.Assets, metrics: o.Metrics, log: o.Log, csrfKey: o.Service.CSRFKey(), o: o}
	o.Service.Jobs.SetPaperNames(func(kind, lang string) string { return paperName(words{Locale: o.Pages.Locale(lang)}, kind) })
	for _, p := range o.TrustedProxies {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			addr, err := netip.ParseAddr(p)
			if err != nil {
				return nil, fmt.Errorf("trusted proxy %q: %w", p, err)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		s.trusted = append(s.trusted, prefix.Masked())
	}
	s.app = fiber.New(fiber.Config{
		AppName:               "Muntija",
		DisableStartupMessage: true,
		Immutable:             true, // without it a kept form value changed under its owner
		BodyLimit:             bodyLimit,
		// Otherwise files of more than 16 MB would be written, in the clear, to the folder for temporary files, and stay there when the program is killed.
		DisablePreParseMultipartForm: true,
		ReadTimeout:                  30 * time.Second,
		WriteTimeout:                 60 * time.Second,
		IdleTimeout:                  90 * time.Second,
		ReadBufferSize:               16 << 10, // long filter queries
		ErrorHandler:                 s.handleError,
		StrictRouting:                false,
		CaseSensitive:                true,
		ServerHeader:                 "",
	})
	s.app.Use(s.observe, s.guard)
	s.mountAPI()
	s.mount()
	if o.Chromium != "" {
		o.Service.Jobs.SetPrinter(s.printBook)
		o.Service.Reports.SetPrinter(s.printReport)
	}
	return s, nil
}

// Serve answers requests on ln until Shutdown.
func (s *Server) Serve(ln net.Listener) error { return s.app.Listener(ln) }

// Shutdown stops taking requests and waits for those under way, at most for the given time.
func (s *Server) Shutdown(grace time.Duration) error { return s.app.ShutdownWithTimeout(grace) }

// App returns the Fiber application, for tests.
func (s *Server) App() *fiber.App { return s.app }

// baseURL is what absolute links begin with.
func (s *Server) baseURL(c *fiber.Ctx) string {
	if s.o.BaseURL != "" {
		return s.o.BaseURL
	}
	return strings.TrimSuffix(c.BaseURL(), "/")
}
