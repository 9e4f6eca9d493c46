package service

import (
	"bytes"
	"context"
	"slices"
	"time"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

type recheckParams struct {
	Set int64 `json:"set"`
}

type recheckCursor struct {
	After int64 `json:"after"` // every family up to this id is done
}

// RecheckResult is what a re-check found so far.
type RecheckResult struct {
	Assessed int64            `json:"assessed"`
	Changed  int64            `json:"changed"` // another outcome than before
	Entered  int64            `json:"entered"` // became eligible
	Left     int64            `json:"left"`    // ceased to be
	Overall  map[string]int64 `json:"overall"` // by outcome
}

// assessed is one family's new assessment, ready to be stored, with what it was made from.
type assessed struct {
	row     store.FactsRow
	waivers []registry.Waiver
	out     store.SealedAssessment
}

// batchOf is a stretch of families, made ready outside the transaction that stores it.
type batchOf struct {
	after, upto int64
	families    map[int64]*assessed
	err         error
}

// checker assesses families for one job. It belongs to one goroutine.
type checker struct {
	db      *store.DB
	job     *store.Job
	set     *store.CriteriaSet
	program *criteria.Program
	facts   criteria.Facts
	result  criteria.Assessment
	body    []byte
}

// assess checks one family. Its day and time are the job's, so that the result does not depend on when the job came to it or how often it was interrupted.
func (c *checker) assess(row store.FactsRow, waivers []registry.Waiver) (*assessed, error) {
	if err := c.facts.Decode(row.Facts); err != nil {
		return nil, err
	}
	c.facts.SetDate(criteria.Today, officeDay(c.job.CreatedAt))
	c.program.AssessInto(&c.result, &c.facts, waivers)
	c.body = c.program.AppendJSON(c.body[:0], &c.result)
	a := store.Assessment{FamilyID: row.ID, SetID: c.set.ID, SetVersion: c.set.Number, At: c.job.CreatedAt, By: c.job.By, Cause: JobRecheck,
		Overall: string(c.result.Overall), Points: c.result.Points, Body: c.body}
	return &assessed{row, waivers, c.db.SealAssessment(a)}, nil
}

// recheck assesses the weighed families anew. Two goroutines share the work: this one stores a batch while the other reads, assesses and seals the next. Inside
// the transaction the facts are read again: a family that was saved meanwhile is assessed there, as it is then.
func (j *Jobs) recheck(ctx context.Context, job *store.Job) error {
	var params recheckParams
	var cursor recheckCursor
	result := RecheckResult{Overall: map[string]int64{}}
	for _, x := range []struct {
		from []byte
		to   any
	}{{job.Params, &params}, {job.Cursor, &cursor}, {job.Result, &result}} {
		if err := readJob(x.from, x.to); err != nil {
			return err
		}
	}
	c := checker{db: j.db, job: job}
	err := j.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if c.set, err = tx.CriteriaSetByID(job.Party, params.Set); err != nil {
			return err
		}
		if c.set.Status == store.SetDraft {
			return fault.New(fault.State, "error.ruleset.not_in_force")
		}
		c.program, err = j.criteria.program(c.set)
		return err
	})
	if err != nil {
		return err
	}
	ahead, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan *batchOf, 1)
	seen := *job // what the other goroutine reads of the job does not change; job does
	prepare := checker{db: j.db, job: &seen, set: c.set, program: c.program}
	go func() {
		defer close(batches)
		for after := cursor.After; ; {
			b := j.ready(ahead, &prepare, after)
			if b == nil {
				return
			}
			after = b.upto
			select {
			case batches <- b:
			case <-ahead.Done():
				return
			}
			if b.err != nil {
				return
			}
		}
	}()
	for b := range batches {
		if b.err != nil {
			return b.err
		}
		if err := j.store(ctx, &c, b, &result); err != nil {
			return err
		}
		if j.onBatch != nil {
			j.onBatch()
		}
		if job.Cancel {
			return j.finish(ctx, job, store.JobCancelled, nil)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	job.Total = job.Done // families that left the states meanwhile were not there to be done
	if job.Result == nil {
		if job.Result, err = writeJob(result); err != nil {
			return err
		}
	}
	return j.finish(ctx, job, store.JobDone, nil)
}

// ready reads and assesses the next stretch of families; nil if there is none.
func (j *Jobs) ready(ctx context.Context, c *checker, after int64) *batchOf {
	b := &batchOf{after: after, families: make(map[int64]*assessed, j.batch)}
	b.err = j.db.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.FactsBetween(c.job.Party, weighed, after, 0, j.batch)
		if err != nil || len(rows) == 0 {
			return err
		}
		b.upto = rows[len(rows)-1].ID
		waivers, err := tx.WaiversBetween(c.job.Party, after, b.upto)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if b.families[r.ID], err = c.assess(r, waivers[r.ID]); err != nil {
				return err
			}
		}
		return nil
	})
	if b.err == nil && len(b.families) == 0 {
		return nil
	}
	return b
}

// store writes one batch with the job's cursor. c.job and result take the new values only when it is committed: the function may run twice.
func (j *Jobs) store(ctx context.Context, c *checker, b *batchOf, result *RecheckResult) error {
	now := j.now()
	next, sum := *c.job, *result
	err := j.db.Update(ctx, func(tx *store.Tx) error {
		next, sum = *c.job, result.copy()
		rows, err := tx.FactsBetween(next.Party, weighed, b.after, b.upto, 0)
		if err != nil {
			return err
		}
		waivers, err := tx.WaiversBetween(next.Party, b.after, b.upto)
		if err != nil {
			return err
		}
		out := make([]store.SealedAssessment, 0, len(rows))
		for _, r := range rows {
			a := b.families[r.ID]
			if a == nil || !bytes.Equal(a.row.Facts, r.Facts) || !slices.Equal(a.waivers, waivers[r.ID]) {
				if a, err = c.assess(r, waivers[r.ID]); err != nil {
					return err
				}
			}
			out = append(out, a.out)
			sum.add(r.Overall, a.out.Overall)
			if r.Overall != a.out.Overall || r.Points != a.out.Points {
				if err := tx.SetOverall(r.ID, a.out.Overall, a.out.Points); err != nil {
					return err
				}
			}
		}
		if err := tx.InsertAssessments(out); err != nil {
			return err
		}
		next.Done += int64(len(rows))
		next.Total = max(next.Total, next.Done)
		if next.Cursor, err = writeJob(recheckCursor{b.upto}); err != nil {
			return err
		}
		if next.Result, err = writeJob(sum); err != nil {
			return err
		}
		return tx.ProgressJob(&next, now)
	})
	if err != nil {
		return err
	}
	*c.job, *result = next, sum
	return nil
}

func (r *RecheckResult) copy() RecheckResult {
	c := *r
	c.Overall = map[string]int64{}
	for k, n := range r.Overall {
		c.Overall[k] = n
	}
	return c
}

func (r *RecheckResult) add(from, to string) {
	r.Assessed++
	r.Overall[to]++
	if from == to {
		return
	}
	r.Changed++
	switch string(criteria.Eligible) {
	case to:
		r.Entered++
	case from:
		r.Left++
	}
}

// expireBatch is small: each ending writes the family, an event and an audit entry.
const expireBatch = 50

// expire ends the approvals of a party whose last day has passed. It is a date, not a decision: the event is the program's. What it did is no longer approved,
// so that the job needs no cursor to go on.
func (j *Jobs) expire(ctx context.Context, job *store.Job) error {
	today := officeDay(j.now())
	system := auth.SystemActor(job.Party)
	for {
		now := j.now()
		scope := store.Scope{Party: job.Party}
		var due store.FamilyPage
		err := j.db.View(ctx, func(tx *store.Tx) (err error) {
			due, err = tx.ListFamilies(scope, store.FamilyQuery{States: []string{string(registry.Approved)}, DateField: store.DateValidUntil,
				To: today.AddDays(-1), Limit: expireBatch})
			return err
		})
		if err != nil {
			return err
		}
		next := *job
		err = j.db.Update(ctx, func(tx *store.Tx) error {
			next = *job
			ended := 0
			for _, r := range due.Rows {
				f, err := tx.FamilyByID(scope, r.ID)
				if err != nil {
					return err
				}
				// Somebody may have renewed or ended it since it was listed.
				if f.Status.State != registry.Approved || f.Status.ValidUntil >= today {
					continue
				}
				if err := expireFamily(tx, system, f, now); err != nil {
					return err
				}
				ended++
			}
			next.Done += int64(ended)
			next.Total = next.Done
			return tx.ProgressJob(&next, now)
		})
		if err != nil {
			return err
		}
		*job = next
		if j.onBatch != nil {
			j.onBatch()
		}
		if len(due.Rows) < expireBatch {
			break
		}
	}
	if err := j.remind(ctx, job); err != nil {
		return err
	}
	return j.finish(ctx, job, store.JobDone, nil)
}

// keepTries is how long failed sign-ins are kept; they count for a day.
const keepTries = 2 * 24 * time.Hour

// purge forgets what serves nothing after its time: ended sessions, expired exports, rosters that nobody confirmed, failed sign-ins, answers to old submissions, what was sent long ago.
func (j *Jobs) purge(ctx context.Context, job *store.Job) error {
	now := j.now()
	return j.finish(ctx, job, store.JobDone, func(tx *store.Tx) error {
		job.Done = 0
		for _, forget := range []func() (int64, error){
			func() (int64, error) { return tx.PurgeSessions(auth.ExpiredBefore(now)) },
			func() (int64, error) { return tx.PurgeTries(now.Add(-keepTries)) },
			func() (int64, error) { return tx.PurgeIdempotency(now.Add(-store.IdempotencyLife)) },
			func() (int64, error) { return tx.PurgeExports(now) },
			func() (int64, error) { return tx.PurgeOutbox(now.Add(-keepOutbox)) },
			func() (int64, error) { return j.imports.expire(tx, now) },
			tx.ForgetChanges,
		} {
			n, err := forget()
			if err != nil {
				return err
			}
			job.Done += n
		}
		job.Total = job.Done
		return nil
	})
}

// expireFamily ends the approval of a family whose last day has passed.
func expireFamily(tx *store.Tx, actor auth.Actor, f *registry.Family, now time.Time) error {
	if err := auth.Allow(actor, auth.FamilyExpire, subjectOf(f)); err != nil {
		return err
	}
	event, err := f.Expire(now, officeDay(now))
	if err != nil {
		return err
	}
	extra, err := tx.FamilyExtraOf(f.ID)
	if err != nil {
		return err
	}
	if err := tx.UpdateFamily(f, extra); err != nil {
		return err
	}
	event.FamilyID = f.ID
	if err := tx.InsertEvent(&event); err != nil {
		return err
	}
	return familyAudit(tx, actor, now, string(auth.FamilyExpire), f, lifeChanges(&event), "")
}

// Expire ends one approval whose last day has passed, as the daily job does for all.
func (s *Families) Expire(ctx context.Context, actor auth.Actor, id int64) error {
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		f, err := load(tx, actor, auth.FamilyExpire, id)
		if err != nil {
			return err
		}
		return expireFamily(tx, actor, f, now)
	})
}

// inviteEvery is how often deadlines of invitations are looked at: they end at midnight, and a place should not stand empty for long after it.
const inviteEvery = 10 * time.Minute

// lookAtInvitations queues a job if a deadline has passed, so that the list of jobs holds only those that did something.
func (j *Jobs) lookAtInvitations(ctx context.Context) error {
	now := j.now()
	if now.Sub(j.looked) < inviteEvery {
		return nil
	}
	due := 0
	err := j.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Participations(0, store.ParticipationQuery{DueBefore: now, Limit: 1})
		due = len(list)
		return err
	})
	if err != nil {
		return err
	}
	j.looked = now
	if due == 0 {
		return nil
	}
	return j.db.Update(ctx, func(tx *store.Tx) error { return tx.InsertJob(&store.Job{Kind: JobInvite, CreatedAt: now}) })
}

// endInvitations ends the invitations whose deadline has passed. What it did is no longer invited, so that the job needs no cursor to go on.
func (j *Jobs) endInvitations(ctx context.Context, job *store.Job) error {
	n, err := j.exhibitions.expireInvitations(ctx)
	if err != nil {
		return err
	}
	return j.finish(ctx, job, store.JobDone, func(*store.Tx) error {
		job.Done, job.Total = n, n
		return nil
	})
}
