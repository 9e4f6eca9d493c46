package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/service"
)

// countedRegistry returns the large registry with its sums counted. The first time they are counted from the beginning.
func countedRegistry(ctx context.Context) (string, error) {
	dir, err := largeRegistry(ctx)
	if err != nil {
		return "", err
	}
	if err := dayWorked(ctx, dir); err != nil {
		return "", err
	}
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return "", err
	}
	defer o.db.Close()
	for start, n := time.Now(), 0; ; n++ {
		more, err := o.svc.Dashboards.CountOn(ctx, 50_000)
		if err != nil {
			return "", err
		}
		if !more {
			if n > 0 {
				fmt.Printf("dashboard: the sums of %d families counted in %s, %.0f families/s\n", *families, time.Since(start).Round(time.Second), float64(*families)/time.Since(start).Seconds())
			}
			return dir, nil
		}
	}
}

// benchDashboard asks for each page of the dashboard over HTTP, with everything in it: sums, panels, tables.
func benchDashboard(ctx context.Context) error {
	dir, err := countedRegistry(ctx)
	if err != nil {
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"))
	if err != nil {
		return err
	}
	defer s.stop()
	peak := 0
	for _, x := range []struct {
		email string
		views []service.View
	}{{benchEmail, []service.View{service.ViewMine}}, {benchReviewer, []service.View{service.ViewDecisions}},
		{benchAdmin, []service.View{service.ViewRegistrations, service.ViewPeople, service.ViewLadder, service.ViewExhibitions, service.ViewBoth}}} {
		c, err := s.ready(x.email)
		if err != nil {
			return err
		}
		for _, v := range x.views {
			var times spread
			for range 200 {
				start := time.Now()
				status, body, err := c.get("/dashboard?span=24m&view=" + string(v))
				if err != nil || status != 200 {
					return fmt.Errorf("the dashboard %s: %d, %w", v, status, err)
				}
				if len(body) < 2_000 {
					return errors.New("an empty dashboard")
				}
				times = append(times, time.Since(start))
			}
			peak = max(peak, peakMB(s.cmd.Process.Pid))
			text := times.String() // sorts them
			fmt.Printf("dashboard %s, %d families: %s; target p99 < 200 ms: %s\n", v, *families, text, verdict(times.at(.99) < 200*time.Millisecond))
		}
	}
	fmt.Printf("dashboard: peak %d MB\n\n", peak)
	return nil
}

// benchReport makes an edition with all sections; its printed form is made by section print alike where Chromium is.
func benchReport(ctx context.Context) error {
	dir, err := countedRegistry(ctx)
	if err != nil {
		return err
	}
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return err
	}
	form := service.ReportForm{Name: "Quarterly", Span: "12m", Langs: []string{"ar", "en"}, Active: true}
	for _, v := range service.ReportViews() {
		form.Sections = append(form.Sections, string(v))
	}
	actor := auth.Actor{UserID: o.user[benchAdmin], Name: "bench", Role: auth.Administrator, Party: place.Egypt, Areas: auth.AllAreas()}
	id, err := o.svc.Reports.Create(ctx, actor, form, service.Write{Key: fmt.Sprint("report-", time.Now().UnixNano())})
	if err := errors.Join(err, o.db.Close()); err != nil {
		return err
	}
	s, err := startServer(dir, filepath.Join(dir, "muntija.db"))
	if err != nil {
		return err
	}
	defer s.stop()
	c, err := s.ready(benchAdmin)
	if err != nil {
		return err
	}
	page := fmt.Sprintf("/reports/%d", id)
	if _, _, err := c.get(page); err != nil {
		return err
	}
	start := time.Now()
	if status, err := c.post(page+"/run", "", fmt.Sprint("run-", start.UnixNano())); err != nil || status != 303 {
		return fmt.Errorf("asking for an edition: %d, %w", status, err)
	}
	steps := 0
	for time.Since(start) < 3*time.Minute {
		_, body, err := c.get(page)
		if err != nil {
			return err
		}
		text := string(body)
		if strings.Contains(text, "<progress") {
			steps++
		}
		if strings.Contains(text, "/reports/editions/") && !strings.Contains(text, "data-poll") {
			took := time.Since(start)
			fmt.Printf("report: %d sections of %d families, printed in two languages where Chromium is, in %s, progress seen %d times; target < 30 s: %s\n\n", len(form.Sections), *families,
				took.Round(100*time.Millisecond), steps, verdict(took < 30*time.Second))
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return errors.New("no edition after three minutes")
}
