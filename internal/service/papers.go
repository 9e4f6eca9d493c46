package service

import (
	"context"
	"fmt"
	"time"

	"muntija/internal/store"
)

// papersBatch is how many families are looked through in one transaction.
const papersBatch = 200

// lookAtPapers queues a job if there are families for which nobody has written down yet when their papers end: those that were entered by an older version.
func (j *Jobs) lookAtPapers(ctx context.Context) error {
	if j.noBacklog {
		return nil
	}
	now := j.now()
	return j.db.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.CountBacklog()
		if err != nil {
			return err
		}
		if j.noBacklog = n == 0; n == 0 {
			return nil
		}
		jobs, err := tx.ListJobs("", jobListLen)
		if err != nil {
			return err
		}
		for _, x := range jobs {
			if x.Kind == JobPapers && (x.State == store.JobQueued || x.State == store.JobRunning) {
				return nil
			}
		}
		return tx.InsertJob(&store.Job{Kind: JobPapers, CreatedAt: now, Total: n})
	})
}

// papers works the backlog off. What it did is no longer on it, so that the job needs no cursor to go on. It rests twice as long as it works: nobody waits for
// it, and while it reads and seals without a break it fills the heap faster than all who search.
func (j *Jobs) papers(ctx context.Context, job *store.Job) error {
	for {
		began := time.Now()
		var ids []int64
		err := j.db.View(ctx, func(tx *store.Tx) (err error) {
			ids, err = tx.Backlog(papersBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("reading the backlog: %w", err)
		}
		if len(ids) == 0 {
			job.Total = job.Done
			return j.finish(ctx, job, store.JobDone, nil)
		}
		next := *job
		err = j.db.Update(ctx, func(tx *store.Tx) error {
			next = *job
			if err := tx.WorkBacklog(ids); err != nil {
				return err
			}
			next.Done += int64(len(ids))
			next.Total = max(next.Total, next.Done)
			return tx.ProgressJob(&next, j.now())
		})
		if err != nil {
			return err
		}
		*job = next
		if len(ids) < papersBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(2*time.Since(began), time.Second)):
		}
	}
}
