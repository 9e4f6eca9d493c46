package service

import (
	"context"
	"errors"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// JobCatalogue makes a PDF of the catalogue. Its text is stored.
const JobCatalogue = "catalogue"

const (
	printLimit = 2 * time.Minute // the longest that one catalogue may take
	printBeat  = time.Second     // how often its progress is stored
	keptPrints = 10              // PDFs of a party that stay
)

// PrintParams is what a printed catalogue holds, and in which language.
type PrintParams struct {
	Selection
	Lang string // "ar" or "en"
}

// Printer turns a selection into a PDF and reports how far it is. Package web gives it, because the pages are there; without one nothing is printed
// but by people's own browsers.
type Printer func(ctx context.Context, actor auth.Actor, p PrintParams, progress func(done, total int)) ([]byte, error)

// SetPrinter says who makes PDFs. It is called once, before Start.
func (j *Jobs) SetPrinter(p Printer) { j.printer = p }

// CanPrint reports whether PDFs can be made here.
func (j *Jobs) CanPrint() bool { return j.printer != nil }

// PrintView is a job that makes a PDF.
type PrintView struct {
	store.Job
	Params PrintParams
	Fair   *Fair // of an exhibition's catalogue
	Size   int64 // bytes of the PDF; 0 if it is not ready or no longer kept
	ByName string
}

// Ended reports whether nothing will change any more.
func (v *PrintView) Ended() bool { return v.State != store.JobQueued && v.State != store.JobRunning }

// Check leaves of a selection what means something.
func (p PrintParams) Check() (PrintParams, error) {
	var ps fault.Problems
	if p.Lang != "ar" && p.Lang != "en" {
		ps.Add("lang", "problem.choice")
	}
	if p.Party != "" && !p.Party.Valid() {
		ps.Add("party", "problem.choice")
	}
	if _, ok := registry.CraftByCode(p.Craft); p.Craft != "" && !ok {
		ps.Add("craft", "problem.choice")
	}
	if _, ok := place.AreaByCode(p.Area); p.Area != "" && !ok {
		ps.Add("area", "problem.choice")
	}
	if p.Exhibition < 0 {
		ps.Add("exhibition", "problem.choice")
	}
	if p.Volume < 0 || p.Volume > 1_000 {
		ps.Add("volume", "problem.range", 1, 1_000)
	}
	return p, ps.Err()
}

// Print queues a PDF of the catalogue and returns the job's id.
func (j *Jobs) Print(ctx context.Context, actor auth.Actor, p PrintParams, w Write) (int64, error) {
	if err := auth.Allow(actor, auth.CataloguePrint, auth.Subject{Party: actor.Party}); err != nil {
		return 0, err
	}
	if !j.CanPrint() {
		return 0, fault.New(fault.State, "error.catalogue.no_printer")
	}
	p, err := p.Check()
	if err != nil {
		return 0, err
	}
	params, err := writeJob(p)
	if err != nil {
		return 0, err
	}
	now := j.now()
	res, err := j.once(ctx, actor, "catalogue.print", w, p, func(tx *store.Tx) (string, error) {
		if p.Exhibition != 0 {
			if _, err := tx.PublicFair(p.Exhibition); err != nil {
				var ps fault.Problems
				ps.Add("exhibition", "problem.choice")
				return "", ps.Err()
			}
		}
		job := store.Job{Kind: JobCatalogue, Party: actor.Party, Params: params, By: actor.UserID, CreatedAt: now}
		if err := tx.InsertJob(&job); err != nil {
			return "", err
		}
		return strconv.FormatInt(job.ID, 10), audit(tx, actor, now, string(auth.CataloguePrint), store.AuditEntry{Entity: "job", EntityID: job.ID})
	})
	if err != nil {
		return 0, err
	}
	j.nudge()
	return strconv.ParseInt(res, 10, 64)
}

// CancelPrint stops the making of a PDF of the actor's party. One that ended meanwhile stays as it is.
func (j *Jobs) CancelPrint(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	if err := auth.Allow(actor, auth.CataloguePrint, auth.Subject{Party: actor.Party}); err != nil {
		return err
	}
	now := j.now()
	_, err := j.once(ctx, actor, "catalogue.cancel", w, id, func(tx *store.Tx) (string, error) {
		job, err := tx.JobByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		if job.Kind != JobCatalogue {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		if err := tx.CancelJob(actor.Party, id, now); err != nil && !fault.Is(err, fault.NotFound) {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.CataloguePrint), store.AuditEntry{Entity: "job", EntityID: id, Note: "cancel"})
	})
	return err
}

// Prints returns the newest PDFs of the actor's party, made or being made.
func (j *Jobs) Prints(ctx context.Context, actor auth.Actor) (out []PrintView, err error) {
	if err := auth.Allow(actor, auth.CataloguePrint, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	err = j.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		jobs, err := tx.ListJobs(actor.Party, jobListLen)
		if err != nil {
			return err
		}
		sizes, err := tx.PrintSizes(actor.Party)
		if err != nil {
			return err
		}
		var ids []int64
		for _, job := range jobs {
			if job.Kind != JobCatalogue || len(out) >= keptPrints {
				continue
			}
			v := PrintView{Job: job, Size: sizes[job.ID]}
			if err := readJob(job.Params, &v.Params); err != nil {
				return err
			}
			if id := v.Params.Exhibition; id != 0 {
				e, err := tx.PublicFair(id)
				if err == nil {
					fair := fairOf(e, j.today())
					v.Fair = &fair
				} else if !fault.Is(err, fault.NotFound) { // it was cancelled since
					return err
				}
			}
			out, ids = append(out, v), append(ids, job.By)
		}
		names, err := userNames(tx, ids...)
		for i := range out {
			out[i].ByName = names[out[i].By]
		}
		return err
	})
	return out, err
}

// PrintedPDF returns the PDF that a job made.
func (j *Jobs) PrintedPDF(ctx context.Context, actor auth.Actor, id int64) (body []byte, err error) {
	if err := auth.Allow(actor, auth.CataloguePrint, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	err = j.db.View(ctx, func(tx *store.Tx) error {
		body, err = tx.PrintBody(actor.Party, id)
		return err
	})
	return body, err
}

// print makes the PDF of a job. A print that was interrupted begins anew: there is nothing half of it to keep.
func (j *Jobs) print(ctx context.Context, job *store.Job) error {
	if !j.CanPrint() {
		return fault.New(fault.State, "error.catalogue.no_printer")
	}
	var p PrintParams
	if err := readJob(job.Params, &p); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, printLimit)
	defer cancel()
	type step struct{ done, total int }
	steps := make(chan step, 1)
	type answer struct {
		body []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		actor := auth.Actor{UserID: max(job.By, 1), Role: auth.Coordinator, Party: job.Party, Areas: auth.AllAreas(), Locale: p.Lang}
		body, err := j.printer(limited, actor, p, func(done, total int) {
			select {
			case <-steps: // only the newest matters
			default:
			}
			select {
			case steps <- step{done, total}:
			default:
			}
		})
		answers <- answer{body, err}
	}()
	tick := time.NewTicker(printBeat)
	defer tick.Stop()
	for {
		select {
		case a := <-answers:
			switch {
			case job.Cancel:
				return j.finish(ctx, job, store.JobCancelled, nil)
			case a.err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded):
				return fault.Wrap(a.err, fault.State, "error.catalogue.print_time")
			case a.err != nil:
				return a.err
			}
			job.Done, job.Total = max(job.Total, 1), max(job.Total, 1)
			return j.finish(ctx, job, store.JobDone, func(tx *store.Tx) error { return tx.InsertPrint(job.Party, job.ID, a.body, keptPrints, j.now()) })
		case <-tick.C:
			next := *job
			select {
			case s := <-steps:
				next.Done, next.Total = int64(s.done), int64(s.total)
			default:
			}
			err := j.db.Update(ctx, func(tx *store.Tx) error {
				n := next
				err := tx.ProgressJob(&n, j.now())
				if err == nil {
					*job = n
				}
				return err
			})
			if err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
				cancel()
				<-answers
				return err
			}
			if job.Cancel {
				cancel()
			}
		}
	}
}
