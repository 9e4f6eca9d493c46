package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"time"

	urfave "github.com/urfave/cli/v3"

	"muntija/fixtures"
	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/demo"
	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/metrics"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/web"
	"muntija/internal/web/render"
	"muntija/static"
	"muntija/views"
)

func (p *program) serveCommand() *urfave.Command {
	return &urfave.Command{Name: "serve", Usage: "serve the pages until SIGINT or SIGTERM",
		Flags: []urfave.Flag{&urfave.BoolFlag{Name: "demo", Usage: "fill an empty database with made-up families and users, and show the sign-ins"}},
		Action: func(ctx context.Context, cmd *urfave.Command) error {
			o, err := p.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer o.close()
			return p.serve(ctx, o, cmd.Bool("demo"))
		}}
}

// assets gives package web the files of package static, which it does not import.
type assets struct{ *static.Set }

// Asset returns a file by its hashed name.
func (a assets) Asset(hashed string) (web.Asset, bool) {
	f, ok := a.Open(hashed)
	return web.Asset{Body: f.Body, Gzip: f.Gzip, Type: f.Type, ETag: f.ETag}, ok
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}

func (p *program) serve(ctx context.Context, o *opened, withDemo bool) error {
	// The heap is small beside what one request makes and drops: collecting at twice the live heap costs a sixth of the time of a save. The limit
	// keeps a burst (photographs, password hashes) from growing it.
	debug.SetGCPercent(300)
	debug.SetMemoryLimit(heapLimit / 2)
	var accounts []render.DemoAccount
	if withDemo {
		fmt.Fprintln(p.out, "Loading the demo …")
		people, err := demo.Load(ctx, o.db, o.keys, o.log)
		if err != nil {
			return fmt.Errorf("loading the demo: %w", err)
		}
		if o.cfg.MessageDir == "" { // so that the demo's messages go somewhere: beside its data
			o.svc.Couriers.SetSender(courier.SMS, courier.Folder(filepath.Join(o.cfg.Data, "messages")))
		}
		for _, a := range people {
			accounts = append(accounts, render.DemoAccount{Role: "auth.role." + string(a.Role), Party: string(a.Party), Email: a.Email, Password: a.Password})
		}
	}
	if err := seedCriteria(ctx, o.svc); err != nil {
		return err
	}
	if err := seedHolidays(ctx, o.svc); err != nil {
		return err
	}
	go keepLists(ctx, o)
	go keepFigures(ctx, o)
	ln, err := net.Listen("tcp", o.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", o.cfg.Addr, err)
	}
	address := o.cfg.BaseURL
	if address == "" {
		address = "http://" + ln.Addr().String()
	}
	m := metrics.New(version())
	files, bundle := assets{static.Files()}, locale.Default()
	pages, err := render.New(views.Files, files, bundle)
	if err != nil {
		return fmt.Errorf("loading the pages: %w", err)
	}
	srv, err := web.New(web.Options{Service: o.svc, Pages: pages, Assets: files, Bundle: bundle, Metrics: m, Log: o.log, BaseURL: o.cfg.BaseURL,
		Secure: o.cfg.Secure(), TrustedProxies: o.cfg.TrustedProxies, SecurityContact: o.cfg.SecurityContact, RequestTimeout: o.cfg.RequestTimeout, Demo: accounts,
		Chromium: web.FindChromium(o.cfg.Chromium)})
	if err != nil {
		return err
	}
	stopMetrics, err := p.serveMetrics(ctx, o, m)
	if err != nil {
		return err
	}
	defer stopMetrics()
	if err := o.svc.Jobs.Start(ctx); err != nil {
		return fmt.Errorf("starting the jobs: %w", err)
	}
	defer o.svc.Jobs.Stop()
	if err := o.svc.Couriers.Start(ctx); err != nil {
		return fmt.Errorf("starting the couriers: %w", err)
	}
	defer o.svc.Couriers.Stop()
	go o.svc.Allocations.Warm(ctx) // the first compile takes seconds: not those of whoever solves first

	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	if err := p.greet(ctx, o, address, accounts); err != nil {
		return err
	}
	select {
	case err := <-done:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	o.log.Info("stopping", "grace", o.cfg.ShutdownGrace)
	if err := srv.Shutdown(o.cfg.ShutdownGrace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}

// heapLimit is where collecting becomes eager, in bytes. What the lists hold outside of the heap is taken from it, down to a half.
const heapLimit = 192 << 20

// keepLists reads the registry for its lists at the start, and then takes in what other programs commit, so that a reader after a quiet time does not
// wait for it.
func keepLists(ctx context.Context, o *opened) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for first := true; ; first = false {
		if err := o.db.WarmLists(ctx); err != nil && ctx.Err() == nil {
			o.log.WarnContext(ctx, "bringing the lists up to date failed", "error", err)
		}
		if first {
			// Reading a million families leaves as much garbage as list, so until here the limit is the lower one.
			debug.SetMemoryLimit(max(heapLimit-o.db.ListMemory(), heapLimit/2))
			debug.FreeOSMemory()
			go keepMembers(ctx, o)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keepMembers reads the names of household members for the search, and then those that changed. It rests nine times as long as it works: there are a million
// records, and who searches comes first.
func keepMembers(ctx context.Context, o *opened) {
	for {
		began, pause := time.Now(), time.Second
		more, err := o.db.ReadMembers(ctx)
		if err != nil && ctx.Err() == nil {
			o.log.WarnContext(ctx, "reading the members of households failed", "error", err)
		}
		if more && err == nil {
			pause = min(9*time.Since(began), pause)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// keepFigures brings the sums of the dashboards on. Saves come first: while some wait for the writer it waits too, a minute at most; a reader adds the newest changes itself.
func keepFigures(ctx context.Context, o *opened) {
	const step, idle, busy, patience = 2048, 15 * time.Second, 5 * time.Second, 12
	for waited := 0; ; {
		pause := idle
		if waited < patience && o.db.Stats(ctx).WriteQueue > 0 {
			waited, pause = waited+1, busy
		} else {
			waited = 0
			began := time.Now()
			more, err := o.svc.Dashboards.CountOn(ctx, step)
			if err != nil && ctx.Err() == nil {
				o.log.WarnContext(ctx, "bringing the figures up to date failed", "error", err)
			}
			if more {
				pause = 2 * time.Since(began)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// seedCriteria publishes the criteria that come with the program for a party that has none, so that a new registry can decide. The ministry makes
// its next version from there; what it has not confirmed is marked so.
func seedCriteria(ctx context.Context, svc *service.Service) error {
	for _, party := range place.Countries() {
		body, err := fixtures.Criteria(string(party))
		if err != nil {
			return err
		}
		if _, err := svc.Criteria.Seed(ctx, auth.SystemActor(party), body); err != nil {
			return fmt.Errorf("seeding the criteria of %s: %w", party, err)
		}
	}
	return nil
}

// seedHolidays fills the tables of public holidays for this year and the next ones; what a ministry changed or removed is left alone.
func seedHolidays(ctx context.Context, svc *service.Service) error {
	if err := svc.Exhibitions.SeedHolidays(ctx, auth.SystemActor(""), fixtures.Holidays()); err != nil {
		return fmt.Errorf("seeding the holidays: %w", err)
	}
	return nil
}

// greet prints the address, and what a person at the terminal needs to get in.
func (p *program) greet(ctx context.Context, o *opened, address string, accounts []render.DemoAccount) error {
	fmt.Fprintf(p.out, "Muntija is at %s\n", address)
	if len(accounts) > 0 {
		fmt.Fprintln(p.out, "\nDemo sign-ins (made-up people, one password):")
		for _, a := range accounts {
			fmt.Fprintf(p.out, "  %-2s  %-20s %-40s %s\n", a.Party, a.Role[len("auth.role."):], a.Email, a.Password)
		}
	}
	needed, err := o.svc.People.SetupNeeded(ctx)
	if err != nil || !needed {
		return err
	}
	link, err := o.svc.People.SetupLink(ctx)
	if fault.Is(err, fault.State) { // the command line has made an account meanwhile
		return nil
	}
	if err != nil {
		return fmt.Errorf("making the set-up link: %w", err)
	}
	fmt.Fprintf(p.out, "\nNobody can sign in yet. Make the first administrator within 24 hours, once, at\n  %s/setup/%s\n", address, link.Token)
	return nil
}

// serveMetrics serves /metrics on its own listener, if the settings name one.
func (p *program) serveMetrics(ctx context.Context, o *opened, m *metrics.Metrics) (stop func(), err error) {
	if o.cfg.MetricsAddr == "" {
		return func() {}, nil
	}
	ln, err := net.Listen("tcp", o.cfg.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s for metrics: %w", o.cfg.MetricsAddr, err)
	}
	gauge := func(name, help string, value func() float64) { m.Gauge(name, help, value) }
	gauge("muntija_store_updates_total", "Updates committed since the start.", func() float64 { return float64(o.db.Stats(ctx).Updates) })
	gauge("muntija_store_commits_total", "Commits since the start; updates share them.", func() float64 { return float64(o.db.Stats(ctx).Commits) })
	gauge("muntija_store_retries_total", "Transactions run again after a clash.", func() float64 { return float64(o.db.Stats(ctx).Retries) })
	gauge("muntija_store_write_queue", "Updates that wait for the writer.", func() float64 { return float64(o.db.Stats(ctx).WriteQueue) })
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	fmt.Fprintf(p.out, "Metrics are at http://%s/metrics\n", ln.Addr())
	return func() { _ = srv.Close() }, nil
}
