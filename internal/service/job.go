package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/store"
)

// The kinds of job. Their text is stored.
const (
	JobRecheck = "recheck" // checks the families of a party with the set in force
	JobExpire  = "expire"  // ends approvals whose last day has passed; once a day for each party
	JobExport  = "export"  // makes a large workbook for a person
	JobInvite  = "invite"  // ends invitations whose deadline has passed, and lets waiting lists move; when there are some, of no party
	JobPapers  = "papers"  // writes when the papers of families end that were entered before that was kept; when there are some, of no party
	JobPurge   = "purge"   // forgets sessions, failed sign-ins and answers to old submissions; once a day, of no party
)

const (
	jobStale   = 30 * time.Second // a runner without a sign of life for so long is dead
	jobPoll    = 5 * time.Second  // how soon a job that another process queued, or left, is taken up
	jobTries   = 5                // claims after which a job that finds the database busy is given up
	jobGrace   = 5 * time.Second  // for giving a job back when the program stops
	jobBatch   = 500              // families in one transaction: about 15 ms during which saves wait
	jobListLen = 100
	nightEnds  = 5 // o'clock at the office: what weighs on the whole machine is queued before
)

// Jobs runs and shows long work. Each job is a row; what it has done stands in the row's cursor, written in the transaction of the work itself, so that a job
// that was killed goes on where it stopped and its result is the same. One goroutine works through them, oldest first.
type Jobs struct {
	core
	criteria *Criteria
	imports  *Imports
	printer  Printer
	exports  *Exports
	batch    int
	onBatch  func() // after each stored batch; for tests that stop in the middle

	linkageFrom int // families from which a party is compared by sketches; 0: the usual number

	allocations *Allocations
	layouts     *Layouts
	seasons     *SeasonPlans
	exhibitions *Exhibitions
	reports     *Reports
	incentives  *Incentives
	names       func(kind, lang string) string // of papers, see SetPaperNames
	looked      time.Time                      // when invitations were last looked at, of the runner only
	noBacklog   bool                           // there are no families left for JobPapers, of the runner only

	mu   sync.Mutex
	stop context.CancelFunc
	done chan struct{}
	wake chan struct{}

	// of the runner only: the day whose daily jobs are queued, and the one whose nightly jobs are
	planned, plannedNight calendar.Date
}

// JobView is a job as its page shows it.
type JobView struct {
	store.Job
	ByName    string // "" for the program
	SetID     int64  // of a re-check
	SetNumber int
	Recheck   *RecheckResult // of a re-check, as far as it has come
	Expired   int64          // of an expiry: registrations ended
	Pairs     int64          // of a search for duplicates: pairs found
	CanCancel bool
}

// Ended reports whether nothing will change any more.
func (v *JobView) Ended() bool { return v.State != store.JobQueued && v.State != store.JobRunning }

func newJobs(c core, cr *Criteria) *Jobs {
	return &Jobs{core: c, criteria: cr, batch: jobBatch, wake: make(chan struct{}, 1)}
}

// Start begins to run jobs, until Stop is called or ctx ends. It fails if they run already.
func (j *Jobs) Start(ctx context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stop != nil {
		return errors.New("the jobs run already")
	}
	ctx, j.stop = context.WithCancel(ctx)
	j.done = make(chan struct{})
	go j.loop(ctx, j.done)
	return nil
}

// Stop ends the running of jobs and waits until the batch at hand is stored and its job given back for the next start.
func (j *Jobs) Stop() {
	j.mu.Lock()
	stop, done := j.stop, j.done
	j.stop, j.done = nil, nil
	j.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
}

// nudge tells the runner that there is something new to do.
func (j *Jobs) nudge() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *Jobs) loop(ctx context.Context, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(jobPoll)
	defer tick.Stop()
	for {
		if err := j.plan(ctx); err != nil && ctx.Err() == nil {
			j.log.Error("planning the daily jobs", "error", err)
		}
		if err := j.lookAtPapers(ctx); err != nil && ctx.Err() == nil {
			j.log.Error("looking for families without their days", "error", err)
		}
		if err := j.lookAtInvitations(ctx); err != nil && ctx.Err() == nil {
			j.log.Error("looking for late invitations", "error", err)
		}
		for ctx.Err() == nil {
			ran, err := j.next(ctx)
			if err != nil && ctx.Err() == nil {
				j.log.Error("taking up a job", "error", err)
			}
			if !ran || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-j.wake:
		case <-tick.C:
		}
	}
}

// plan queues the daily jobs of today, unless this or another process has.
func (j *Jobs) plan(ctx context.Context) error {
	now := j.now()
	day := officeDay(now)
	night := now.In(zone).Hour() < nightEnds
	if j.planned == day && (!night || j.plannedNight == day) {
		return nil
	}
	err := j.db.Update(ctx, func(tx *store.Tx) error {
		type daily struct {
			kind  string
			party place.Country
		}
		due := []daily{{JobExpire, place.Egypt}, {JobExpire, place.Qatar}, {JobPurge, ""}}
		if night {
			due = append(due, daily{JobDuplicates, place.Egypt}, daily{JobDuplicates, place.Qatar})
		}
		for _, x := range due {
			jobs, err := tx.ListJobs(x.party, jobListLen)
			if err != nil {
				return err
			}
			queued := false
			for _, old := range jobs {
				queued = queued || old.Kind == x.kind && !officeDay(old.CreatedAt).Before(day)
			}
			if queued {
				continue
			}
			if err := tx.InsertJob(&store.Job{Kind: x.kind, Party: x.party, CreatedAt: now}); err != nil {
				return err
			}
		}
		return j.reports.planned(tx, now)
	})
	if err == nil {
		j.planned = day
		if night {
			j.plannedNight = day
		}
	}
	return err
}

// next claims one job and works it off. It reports whether there was one.
func (j *Jobs) next(ctx context.Context) (bool, error) {
	now := j.now()
	var job *store.Job
	err := j.db.Update(ctx, func(tx *store.Tx) error {
		var err error
		job, err = tx.ClaimJob(now, jobStale)
		return err
	})
	if err != nil || job == nil {
		return false, err
	}
	return true, j.settle(ctx, job, j.run(ctx, job))
}

// run works a claimed job off. job follows what is stored. A panic is an error.
func (j *Jobs) run(ctx context.Context, job *store.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in job %d: %v\n%s", job.ID, p, debug.Stack())
		}
	}()
	if job.Cancel && (job.Kind == JobRecheck || job.Kind == JobCatalogue) { // asked for while its runner was dead; the others have an own state to end
		return j.finish(ctx, job, store.JobCancelled, nil)
	}
	switch job.Kind {
	case JobRecheck:
		return j.recheck(ctx, job)
	case JobExpire:
		return j.expire(ctx, job)
	case JobInvite:
		return j.endInvitations(ctx, job)
	case JobPurge:
		return j.purge(ctx, job)
	case JobCatalogue:
		return j.print(ctx, job)
	case JobImportCheck:
		return j.imports.importCheck(ctx, job)
	case JobImport:
		return j.imports.importRun(ctx, job)
	case JobImportUndo:
		return j.imports.importUndo(ctx, job)
	case JobDuplicates:
		return j.duplicates(ctx, job)
	case JobExport:
		return j.exports.run(ctx, job)
	case JobIncentive:
		return j.incentives.run(ctx, job)
	case JobPapers:
		return j.papers(ctx, job)
	case JobAllocate:
		return j.allocate(ctx, job)
	case JobLayout:
		return j.layouts.run(ctx, job)
	case JobSeason:
		return j.season(ctx, job)
	case JobReport:
		return j.reports.make(ctx, job)
	}
	return fault.New(fault.Internal, "error.job.kind")
}

// Work works one job off in the caller's goroutine, if it waits, and else waits until whoever has it has ended it: for the command line, beside which a server
// may be running.
func (j *Jobs) Work(ctx context.Context, id int64) error {
	for {
		now := j.now()
		var job *store.Job
		var ended bool
		err := j.db.Update(ctx, func(tx *store.Tx) error {
			var err error
			if job, err = tx.ClaimJobByID(id, now, jobStale); err != nil || job != nil {
				return err
			}
			ended, err = tx.JobEnded(id)
			return err
		})
		if err != nil || ended {
			return err
		}
		if job != nil {
			if err := j.settle(ctx, job, j.run(ctx, job)); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(workPoll):
		}
	}
}

// workPoll is how often Work looks whether another process has ended its job.
const workPoll = 300 * time.Millisecond

// settle ends a job that could not be worked off, or leaves it for later.
func (j *Jobs) settle(ctx context.Context, job *store.Job, err error) error {
	switch {
	case err == nil:
		return nil
	case fault.Is(err, fault.Stale): // another process has it
		j.log.Warn("job was taken over", "job", job.ID, "kind", job.Kind)
		return nil
	case ctx.Err() != nil: // the program stops: whoever starts next takes it at once
		free, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobGrace)
		defer cancel()
		return j.db.Update(free, func(tx *store.Tx) error {
			back := *job
			return tx.ProgressJob(&back, j.now().Add(-jobStale-time.Second))
		})
	case fault.Is(err, fault.Unavailable) && job.Attempt < jobTries: // taken up again when its heartbeat is old
		j.log.Warn("job waits for the database", "job", job.ID, "kind", job.Kind, "error", err)
		return nil
	}
	key := "error.job.failed"
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Internal {
		key = f.Key
	}
	j.log.Error("job failed", "job", job.ID, "kind", job.Kind, "error", err)
	failed := *job
	failed.ErrorKey = key
	return j.finish(ctx, &failed, store.JobFailed, nil)
}

// finish ends a job and writes it to the log; also, if not nil, runs in the same transaction.
func (j *Jobs) finish(ctx context.Context, job *store.Job, state store.JobState, also func(*store.Tx) error) error {
	now := j.now()
	return j.db.Update(ctx, func(tx *store.Tx) error {
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		end := *job
		if err := tx.FinishJob(&end, state, now); err != nil {
			return err
		}
		if job.Kind != JobRecheck {
			return nil // the daily ones write an entry for each family
		}
		return audit(tx, auth.SystemActor(job.Party), now, "job."+string(state), store.AuditEntry{Entity: "job", EntityID: job.ID, Note: string(job.Result)})
	})
}

// List returns the newest jobs of the actor's party.
func (j *Jobs) List(ctx context.Context, actor auth.Actor) ([]JobView, error) {
	if err := auth.Allow(actor, auth.JobView, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	var out []JobView
	err := j.db.View(ctx, func(tx *store.Tx) error {
		jobs, err := tx.ListJobs(actor.Party, jobListLen)
		if err != nil {
			return err
		}
		out = make([]JobView, 0, len(jobs))
		ids := []int64{}
		for i := range jobs {
			out = append(out, view(actor, &jobs[i]))
			ids = append(ids, jobs[i].By)
		}
		return j.complete(tx, actor, out, ids)
	})
	return out, err
}

// Job returns one job of the actor's party.
func (j *Jobs) Job(ctx context.Context, actor auth.Actor, id int64) (*JobView, error) {
	if err := auth.Allow(actor, auth.JobView, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	out := make([]JobView, 1)
	err := j.db.View(ctx, func(tx *store.Tx) error {
		job, err := tx.JobByID(actor.Party, id)
		if err != nil {
			return err
		}
		out[0] = view(actor, job)
		return j.complete(tx, actor, out, []int64{job.By})
	})
	if err != nil {
		return nil, err
	}
	return &out[0], nil
}

// Cancel asks a re-check to stop: what it has assessed stays. The daily jobs are duties and cannot be cancelled.
func (j *Jobs) Cancel(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	if err := auth.Allow(actor, auth.RecheckRun, auth.Subject{Party: actor.Party}); err != nil {
		return err
	}
	now := j.now()
	_, err := j.once(ctx, actor, "job.cancel", w, id, func(tx *store.Tx) (string, error) {
		job, err := tx.JobByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		if v := view(actor, job); !v.CanCancel {
			return "", fault.New(fault.State, "error.job.cancel")
		}
		if err := tx.CancelJob(actor.Party, id, now); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, "job.cancel", store.AuditEntry{Entity: "job", EntityID: id})
	})
	return err
}

func view(actor auth.Actor, job *store.Job) JobView {
	v := JobView{Job: *job}
	v.CanCancel = job.Kind == JobRecheck && !v.Ended() && !job.Cancel && auth.Can(actor, auth.RecheckRun)
	return v
}

// complete fills in names and what parameters and results say.
func (j *Jobs) complete(tx *store.Tx, actor auth.Actor, jobs []JobView, ids []int64) error {
	names, err := userNames(tx, ids...)
	if err != nil {
		return err
	}
	numbers := map[int64]int{}
	for i := range jobs {
		v := &jobs[i]
		v.ByName = names[v.By]
		switch v.Kind {
		case JobRecheck:
			var p recheckParams
			v.Recheck = new(RecheckResult)
			if err := readJob(v.Params, &p); err != nil {
				return err
			}
			if err := readJob(v.Result, v.Recheck); err != nil {
				return err
			}
			v.SetID = p.Set
			if _, ok := numbers[p.Set]; !ok {
				row, err := tx.CriteriaSetByID(actor.Party, p.Set)
				if err != nil && !fault.Is(err, fault.NotFound) {
					return err
				}
				if row != nil {
					numbers[p.Set] = row.Number
				}
			}
			v.SetNumber = numbers[p.Set]
		case JobExpire:
			v.Expired = v.Done
		case JobDuplicates:
			var r DuplicatesResult
			if err := readJob(v.Result, &r); err != nil {
				return err
			}
			v.Pairs = r.Pairs
		}
	}
	return nil
}

// readJob reads parameters, cursor or result of a job; none is the zero value.
func readJob(b json.RawMessage, to any) error {
	if len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, to); err != nil {
		return fmt.Errorf("reading a job: %w", err)
	}
	return nil
}

func writeJob(v any) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing a job: %w", err)
	}
	return b, nil
}
