package service

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/planfile"
	"muntija/internal/store"
)

// solver is one run of a planner at work: an allocation's, a season's or a layout's. [Jobs.workOff] takes it from its job to its end, so that what holds for a stop, a dead
// process and a busy solver holds for all three.
type solver interface {
	// prepare reads the run and stores what it is asked; false if the run has ended.
	prepare(ctx context.Context) (moving bool, err error)
	// solve asks the planner and keeps the answer.
	solve(ctx context.Context) error
	watched
	// end stores how the run ended: done, with the answer, or cancelled, of which nothing is kept.
	end(tx *store.Tx, state exhibition.RunState) error
	// fail stores that the run failed, with a message.
	fail(tx *store.Tx, why refusal) error
}

// watched tells its pages how far it has come.
type watched interface {
	// gather takes over what the planner has said since.
	gather()
	// show stores how far the run has come, and hears whether it is to stop.
	show(ctx context.Context) error
}

// workOff works the job of a run off. problem is the message if the planner refuses the question.
func (j *Jobs) workOff(ctx context.Context, job *store.Job, x solver, problem string) error {
	moving, err := x.prepare(ctx)
	if err == nil && !moving { // cancelled before it began
		return j.finish(ctx, job, store.JobCancelled, nil)
	}
	if err == nil && !job.Cancel {
		if j.onBatch != nil {
			j.onBatch()
		}
		err = x.solve(ctx)
	}
	if err == nil && !job.Cancel { // what was asked while it was ending counts
		err = x.show(ctx)
	}
	if ctx.Err() != nil || fault.Is(err, fault.Stale) || fault.Is(err, fault.Unavailable) && !job.Cancel { // a solver that is stopped may say it was busy
		return errors.Join(err, ctx.Err())
	}
	switch {
	case job.Cancel && moving:
		return j.finish(ctx, job, store.JobCancelled, func(tx *store.Tx) error { return x.end(tx, exhibition.RunCancelled) })
	case err != nil:
		why := refusedBy(err, problem)
		if why.key == "" || errors.Is(err, planfile.ErrFile) { // the program should not have asked this
			j.log.Error("a planner failed", "kind", job.Kind, "job", job.ID, "error", err)
		}
		job.ErrorKey = "error.job.failed"
		return j.finish(ctx, job, store.JobFailed, func(tx *store.Tx) error {
			why.key = cmp.Or(why.key, "error.job.failed")
			return x.fail(tx, why)
		})
	}
	return j.finish(ctx, job, store.JobDone, func(tx *store.Tx) error {
		job.Done, job.Total = 1, 1
		return x.end(tx, exhibition.RunDone)
	})
}

// faultKeys are the messages of what a planner says of a problem that is well formed.
var faultKeys = []struct {
	kind error
	key  string
}{{allocation.ErrMemory, "error.allocation.memory"}, {allocation.ErrCrossing, "error.allocation.crossing"}}

// watch runs a planner in a goroutine of its own and tells the pages about it until it answers. A run that is to stop is stopped, and its answer waited for.
func watch[T any](ctx context.Context, job *store.Job, x watched, plan func(ctx context.Context) (T, error)) (T, error) {
	work, stop := context.WithCancel(ctx)
	defer stop()
	type outcome struct {
		answer T
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if e := recover(); e != nil {
				done <- outcome{err: fault.New(fault.Internal, "error.job.failed")}
			}
		}()
		answer, err := plan(work)
		done <- outcome{answer, err}
	}()
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case o := <-done:
			x.gather()
			return o.answer, o.err
		case <-t.C:
			x.gather()
			if err := x.show(ctx); err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
				stop()
				<-done
				var none T
				return none, err
			}
			if job.Cancel {
				stop()
			}
		}
	}
}

// showRun stores the body of a run at work, by set, and the sign of life of its job.
func (c *core) showRun(ctx context.Context, job *store.Job, body any, set func(tx *store.Tx, text json.RawMessage) error) error {
	text, err := writeJob(body)
	if err != nil {
		return err
	}
	now := c.now()
	return c.db.Update(ctx, func(tx *store.Tx) error {
		if err := set(tx, text); err != nil {
			return err
		}
		return tx.ProgressJob(job, now)
	})
}
