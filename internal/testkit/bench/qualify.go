package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/store"
)

// benchQualify counts who of a large registry qualifies for a new scheme, as its page asks for it.
func benchQualify(ctx context.Context) error {
	dir, err := largeRegistry(ctx)
	if err != nil {
		return err
	}
	if err := dayWorked(ctx, dir); err != nil {
		return err
	}
	o, err := openOffice(ctx, dir, "")
	if err != nil {
		return err
	}
	defer o.db.Close()
	now := time.Now()
	key := func(what string) string { return fmt.Sprint(what, now.UnixNano()) }
	by := func(email string, role auth.Role) auth.Actor {
		return auth.Actor{UserID: o.user[email], Name: "bench", Role: role, Party: place.Egypt, Areas: auth.AllAreas()}
	}
	author := by(benchReviewer, auth.Coordinator) // whoever writes a scheme does not publish it
	form := &intake.Scheme{Name: "حقيبة أدوات", NameEN: "Tool kit", Budget: "3000000", First: now.Format(time.DateOnly), Last: now.AddDate(0, 3, 0).Format(time.DateOnly), Once: "yes", Order: "points",
		Offers: []intake.Offer{{Kind: "tool_kit", Name: "ماكينة خياطة", Cost: "300", Each: "1"}}}
	id, err := o.svc.Incentives.PutScheme(ctx, author, 0, form, service.Write{Key: key("put")})
	if err != nil {
		return err
	}
	if err := o.svc.Incentives.Publish(ctx, by(benchAdmin, auth.Administrator), id, service.Write{Key: key("publish"), Version: 1}); err != nil {
		return err
	}
	start := time.Now()
	job, err := o.svc.Incentives.Count(ctx, author, id, 1, false, service.Write{Key: key("count")})
	if err != nil {
		return err
	}
	if err := o.svc.Jobs.Work(ctx, job); err != nil {
		return err
	}
	took := time.Since(start)
	v, err := o.svc.Incentives.Scheme(ctx, author, id)
	if err != nil {
		return err
	}
	if v.Count == nil || v.Count.Job.State != store.JobDone || v.Count.Result.Qualify == 0 {
		return errors.New("nothing was counted")
	}
	fmt.Printf("qualify: %d of %d families would qualify, %d weighed, in %s, %.0f families/s, peak %d MB\n\n", v.Count.Result.Qualify, *families, v.Count.Result.Weighed,
		took.Round(100*time.Millisecond), float64(v.Count.Result.Weighed)/took.Seconds(), peakMB(os.Getpid()))
	return nil
}
