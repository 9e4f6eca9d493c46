package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/store"
)

func admin(o *office) auth.Actor {
	return auth.Actor{UserID: o.user[benchAdmin], Name: "admin", Role: auth.Administrator, Party: place.Egypt, Areas: auth.AllAreas(), Locale: "ar"}
}

// hundred returns an office with 100,000 families, in the usual states or only in those that new criteria could matter to.
func hundred(ctx context.Context, weighed bool) (*office, error) {
	dir := filepath.Join(*dirFlag, "registry-100000")
	_ = os.RemoveAll(dir)
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return nil, err
	}
	return o, o.fill(ctx, 100_000, weighed)
}

// twelve makes and publishes a version of the criteria with twelve of them, in force from today.
func twelve(ctx context.Context, o *office, change func(*criteria.Set)) (int64, error) {
	sets, err := o.svc.Criteria.List(ctx, admin(o))
	if err != nil {
		return 0, err
	}
	id, err := o.svc.Criteria.NewDraft(ctx, admin(o), sets[0].ID, service.Write{Key: fmt.Sprint("draft", time.Now().UnixNano())})
	if err != nil {
		return 0, err
	}
	v, err := o.svc.Criteria.Set(ctx, admin(o), id)
	if err != nil {
		return 0, err
	}
	change(v.Set)
	v.Set.Criteria = v.Set.Criteria[:12]
	return id, o.svc.Criteria.SaveDraft(ctx, admin(o), id, v.Set, service.Write{Key: fmt.Sprint("save", time.Now().UnixNano()), Version: v.Row.Version})
}

func publish(ctx context.Context, o *office, id int64) error {
	p, err := o.svc.Criteria.Preview(ctx, admin(o), id, service.PreviewQuery{Page: 1})
	if err != nil {
		return err
	}
	from := p.Set.ValidFrom
	if today := o.today(); from.Before(today) {
		from = today
	}
	return o.svc.Criteria.Publish(ctx, admin(o), id, service.Publication{ValidFrom: from, Token: p.Token}, service.Write{Key: fmt.Sprint("pub", time.Now().UnixNano()), Version: p.Row.Version})
}

// benchAssess times the re-check job: 100,000 families, all of them weighed, × 12 criteria, every assessment stored with its reasons.
func benchAssess(ctx context.Context) error {
	o, err := hundred(ctx, true)
	if err != nil {
		return err
	}
	defer o.db.Close()
	id, err := twelve(ctx, o, func(*criteria.Set) {})
	if err != nil {
		return err
	}
	if err := publish(ctx, o, id); err != nil {
		return err
	}
	start := time.Now()
	job, err := o.svc.Criteria.Recheck(ctx, admin(o), id, service.Write{Key: "recheck"})
	if err != nil {
		return err
	}
	if err := o.svc.Jobs.Start(ctx); err != nil {
		return err
	}
	defer o.svc.Jobs.Stop()
	for {
		v, err := o.svc.Jobs.Job(ctx, admin(o), job)
		if err != nil {
			return err
		}
		if v.Ended() {
			if v.State != store.JobDone {
				return fmt.Errorf("the re-check ended as %s (%s)", v.State, v.ErrorKey)
			}
			took := v.FinishedAt.Sub(v.StartedAt)
			fmt.Printf("assess: %d families × 12 criteria, reasons stored: %s (%.0f families/s), with waiting for the runner %s; peak memory %d MB; target 3 s: %s\n\n",
				v.Done, took.Round(time.Millisecond), float64(v.Done)/took.Seconds(), time.Since(start).Round(time.Millisecond), peakMB(os.Getpid()), verdict(took <= 3*time.Second && v.Done == 100_000))
			return nil
		}
		if time.Since(start) > 2*time.Minute {
			return fmt.Errorf("the re-check did not end: %d of %d", v.Done, v.Total)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// benchPreview times who enters and who leaves, on 100,000 families.
func benchPreview(ctx context.Context) error {
	o, err := hundred(ctx, false)
	if err != nil {
		return err
	}
	defer o.db.Close()
	// The families of the large registry have no papers: a version that asks for none lets many in, and its age keeps some of them out.
	id, err := twelve(ctx, o, func(s *criteria.Set) {
		s.Criteria = slices.DeleteFunc(s.Criteria, func(c criteria.Criterion) bool {
			return strings.Contains(c.Condition, "document_") || strings.Contains(c.Condition, "_document")
		})
		for i := range s.Criteria {
			s.Criteria[i].Evidence = nil
			if s.Criteria[i].Code == "age" {
				s.Criteria[i].Condition = "age >= 30"
			}
		}
	})
	if err != nil {
		return err
	}
	var times spread
	var last *service.Preview
	for range 12 {
		runtime.GC()
		start := time.Now()
		if last, err = o.svc.Criteria.Preview(ctx, admin(o), id, service.PreviewQuery{Page: 1, Fresh: true}); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	fmt.Printf("preview: %d families of 100,000 weighed, %d enter, %d leave: %s; peak memory %d MB; target 1 s: %s\n\n", last.Total, last.Entered, last.Left, times, peakMB(os.Getpid()),
		verdict(times.at(.99) <= time.Second && last.Total >= 80_000 && last.Entered > 0))
	return nil
}
