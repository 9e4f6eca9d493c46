package service

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/highs"
	"muntija/internal/place"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
	"muntija/internal/store"
)

// JobSeason plans a season for a draft. Its text is stored.
const JobSeason = "season"

// SeasonRunBody is what the page of a run shows.
type SeasonRunBody struct {
	Season       int64         `json:"season"`
	Party        place.Country `json:"party"`
	By           int64         `json:"by"`
	DraftVersion int64         `json:"draft_version"` // the version of the draft that the run began from
	KeepLocked   bool          `json:"keep_locked,omitempty"`
	Began        bool          `json:"began,omitempty"`
	Limit        int           `json:"limit"` // seconds
	Points       []RunPoint    `json:"points,omitempty"`
	Hash         string        `json:"hash,omitempty"` // SHA-256 of the problem
	Status       string        `json:"status,omitempty"`
	Stop         string        `json:"stop,omitempty"`
	Objective    int64         `json:"objective,omitempty"`
	Bound        int64         `json:"bound,omitempty"`
	Gap          float64       `json:"gap,omitempty"`
	HasPlan      bool          `json:"has_plan,omitempty"`
	Placed       int           `json:"placed,omitempty"`
	Shows        int           `json:"shows,omitempty"`
	Venues       int           `json:"venues,omitempty"`
	Clash        string        `json:"clash,omitempty"`
	Seconds      float64       `json:"seconds,omitempty"`
	Checked      bool          `json:"checked,omitempty"`
	Findings     []string      `json:"findings,omitempty"` // of the independent check; none: it passed
	Taken        bool          `json:"taken,omitempty"`    // stands on the board
	Error        string        `json:"error,omitempty"`
	ErrorArgs    []Said        `json:"error_args,omitempty"`
}

// SeasonRunView is a run as its page shows it.
type SeasonRunView struct {
	store.SeasonRun
	Body SeasonRunBody
}

// Sound reports whether the run's plan may stand on the board: it is done, there is one, and it passed the independent check.
func (r *SeasonRunView) Sound() bool {
	return r.State == exhibition.RunDone && r.Body.HasPlan && r.Body.Checked && len(r.Body.Findings) == 0
}

// Answer is what the planner answered, nil before it has.
func (r *SeasonRunView) Answer() (*season.Result, error) {
	if len(r.Result) == 0 {
		return nil, nil
	}
	out := new(season.Result)
	if err := json.Unmarshal(r.Result, out); err != nil {
		return nil, fmt.Errorf("reading the result of run %d: %w", r.ID, err)
	}
	return out, nil
}

func readSeasonRun(r *store.SeasonRun) (*SeasonRunView, error) {
	v := &SeasonRunView{SeasonRun: *r}
	return v, readJob(r.Body, &v.Body)
}

func (r *SeasonRunView) pack() error {
	text, err := writeJob(&r.Body)
	r.SeasonRun.Body = text
	return err
}

type seasonJob struct {
	Season int64 `json:"season"`
	Draft  int64 `json:"draft"`
	Run    int64 `json:"run"`
}

// Plan begins a draft and starts the planner on it: a first plan by one press. It returns both.
func (s *SeasonPlans) Plan(ctx context.Context, actor auth.Actor, id int64, w Write) (draft, run int64, err error) {
	res, err := s.once(ctx, actor, "season_plan.plan", w, id, func(tx *store.Tx) (string, error) {
		d, err := s.begin(tx, actor, id, nil)
		if err != nil {
			return "", err
		}
		n, err := s.queue(tx, actor, d, true)
		return fmt.Sprintf("%d %d", d.ID, n), err
	})
	if err = busy(err); err != nil {
		return 0, 0, err
	}
	s.jobs.nudge()
	_, err = fmt.Sscanf(res, "%d %d", &draft, &run)
	return draft, run, err
}

// Start has the planner fill a draft. What is locked stays, unless all may move; what is fixed by the terms stays always.
func (s *SeasonPlans) Start(ctx context.Context, actor auth.Actor, id, draft int64, keepLocked bool, w Write) (int64, error) {
	res, err := s.once(ctx, actor, "season_plan.start", w, []any{id, draft, keepLocked}, func(tx *store.Tx) (string, error) {
		d, err := s.loadDraft(tx, actor, auth.SeasonPlanEdit, id, draft)
		if err != nil {
			return "", err
		}
		if d.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		if d.State != exhibition.SeasonDrafted {
			return "", fault.New(fault.State, "error.season_plan.not_draft")
		}
		n, err := s.queue(tx, actor, d, keepLocked)
		return strconv.FormatInt(n, 10), err
	})
	if err = busy(err); err != nil {
		return 0, err
	}
	s.jobs.nudge()
	return strconv.ParseInt(res, 10, 64)
}

// busy is what a second run beside one at work is told.
func busy(err error) error {
	if fault.Is(err, fault.Duplicate) {
		return fault.New(fault.State, "error.season_plan.busy")
	}
	return err
}

// queue stores a run of a draft and its job. One run is at work at a time, of whatever season, and none beside an allocation's or a layout's: see othersAtWork.
func (s *SeasonPlans) queue(tx *store.Tx, actor auth.Actor, d *exhibition.SeasonDraft, keepLocked bool) (int64, error) {
	if err := s.mayQueue(tx); err != nil {
		return 0, err
	}
	b, err := seasonBook(tx, d.SeasonID, s.today())
	if err != nil {
		return 0, err
	}
	p, err := b.Problem(d, lockedSpots(d, keepLocked))
	if err != nil {
		return 0, err
	}
	if err := s.fits(season.Memory(p)); err != nil {
		return 0, err
	}
	now := s.now()
	job := &store.Job{Kind: JobSeason, Party: actor.Party, By: actor.UserID, CreatedAt: now}
	r := &SeasonRunView{SeasonRun: store.SeasonRun{DraftID: d.ID, State: exhibition.RunQueued, CreatedAt: now}}
	r.Body = SeasonRunBody{Season: d.SeasonID, Party: actor.Party, By: actor.UserID, DraftVersion: d.Version, KeepLocked: keepLocked, Limit: b.Rules.Seconds}
	if err := r.pack(); err != nil {
		return 0, err
	}
	if err := tx.InsertSeasonRun(&r.SeasonRun); err != nil {
		return 0, err
	}
	if job.Params, err = writeJob(seasonJob{d.SeasonID, d.ID, r.ID}); err != nil {
		return 0, err
	}
	if err := tx.InsertJob(job); err != nil {
		return 0, err
	}
	r.JobID = job.ID
	if err := tx.UpdateSeasonRun(&r.SeasonRun); err != nil {
		return 0, err
	}
	return r.ID, s.audit(tx, actor, d.SeasonID, auth.SeasonPlanEdit, seasonNote("run", strconv.FormatInt(r.ID, 10)))
}

// mayQueue refuses a run beside another, and frees the place of one whose job ended without a word.
func (s *SeasonPlans) mayQueue(tx *store.Tx) error {
	if err := othersAtWork(tx, JobSeason); err != nil {
		return err
	}
	at, err := tx.SeasonRunAtWork()
	if err != nil || at == nil {
		return err
	}
	ended, err := tx.JobEnded(at.JobID)
	if err != nil {
		return err
	}
	if !ended {
		return fault.New(fault.State, "error.season_plan.busy")
	}
	r, err := readSeasonRun(at)
	if err != nil {
		return err
	}
	return endSeasonRun(tx, r, exhibition.RunFailed, refusal{key: "error.job.failed"})
}

func endSeasonRun(tx *store.Tx, r *SeasonRunView, state exhibition.RunState, why refusal) error {
	r.State, r.Body.Error, r.Body.ErrorArgs = state, why.key, why.args
	if err := r.pack(); err != nil {
		return err
	}
	return tx.UpdateSeasonRun(&r.SeasonRun)
}

func lockedSpots(d *exhibition.SeasonDraft, keep bool) []exhibition.SeasonSpot {
	if !keep {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.Spots), func(s exhibition.SeasonSpot) bool { return !s.Locked })
}

// CancelRun asks a run to stop. Nothing of it is kept.
func (s *SeasonPlans) CancelRun(ctx context.Context, actor auth.Actor, id, draft, run int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "season_plan.cancel", w, []int64{id, draft, run}, func(tx *store.Tx) (string, error) {
		r, err := s.loadRun(tx, actor, auth.SeasonPlanEdit, id, draft, run)
		if err != nil {
			return "", err
		}
		if !r.State.Moving() {
			return "", fault.New(fault.State, "error.job.cancel")
		}
		if r.State == exhibition.RunQueued { // its job finds it ended and does nothing
			if err := endSeasonRun(tx, r, exhibition.RunCancelled, refusal{}); err != nil {
				return "", err
			}
		}
		if err := tx.CancelJob(r.Body.Party, r.JobID, now); err != nil && !fault.Is(err, fault.NotFound) {
			return "", err
		}
		return "", s.audit(tx, actor, id, auth.SeasonPlanEdit, seasonNote("cancel", strconv.FormatInt(run, 10)))
	})
	return err
}

func (s *SeasonPlans) loadRun(tx *store.Tx, actor auth.Actor, action auth.Action, id, draft, run int64) (*SeasonRunView, error) {
	if _, err := s.loadDraft(tx, actor, action, id, draft); err != nil {
		return nil, err
	}
	r, err := tx.SeasonRunByID(draft, run)
	if err != nil {
		return nil, err
	}
	return readSeasonRun(r)
}

// SeasonRunPage is a run with what its page needs to put it into words.
type SeasonRunPage struct {
	*SeasonBook
	Draft   *exhibition.SeasonDraft
	Run     *SeasonRunView
	Result  *season.Result // nil before it has ended
	CanEdit bool
	Party   place.Country
}

// Run returns one run of a draft.
func (s *SeasonPlans) Run(ctx context.Context, actor auth.Actor, id, draft, run int64) (*SeasonRunPage, error) {
	v := &SeasonRunPage{CanEdit: auth.Can(actor, auth.SeasonPlanEdit), Party: actor.Party}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if v.Run, err = s.loadRun(tx, actor, auth.SeasonPlanView, id, draft, run); err != nil {
			return err
		}
		if v.Draft, err = tx.SeasonDraftByID(id, draft); err != nil {
			return err
		}
		if v.SeasonBook, err = seasonBook(tx, id, s.today()); err != nil {
			return err
		}
		v.hideOthers(actor.Party)
		v.Result, err = v.Run.Answer()
		return err
	})
	return v, err
}

// Take puts the plan of a run on the board of its draft, where the board was changed while the run was at work.
func (s *SeasonPlans) Take(ctx context.Context, actor auth.Actor, id, draft, run int64, w Write) error {
	return s.change(ctx, actor, id, draft, "season_plan.take", run, w, func(tx *store.Tx, b *SeasonBook, d *exhibition.SeasonDraft) (string, error) {
		r, err := s.loadRun(tx, actor, auth.SeasonPlanEdit, id, draft, run)
		if err != nil {
			return "", err
		}
		if !r.Sound() {
			return "", fault.New(fault.State, "error.season_plan.unsound")
		}
		if err := takeRun(d, r, s.now()); err != nil {
			return "", err
		}
		r.Body.Taken = true
		if err := r.pack(); err != nil {
			return "", err
		}
		return seasonNote("take", strconv.FormatInt(run, 10)), tx.UpdateSeasonRun(&r.SeasonRun)
	})
}

func takeRun(d *exhibition.SeasonDraft, r *SeasonRunView, at time.Time) error {
	res, err := r.Answer()
	if err != nil {
		return err
	}
	var spots []exhibition.SeasonSpot
	for _, q := range res.Assignment {
		spots = append(spots, exhibition.SeasonSpot{Exhibition: showID(q.Exhibition), Venue: q.Venue, Week: q.Week})
	}
	return d.Take(spots, r.ID, at)
}

// seasonSolving is one run at work.
type seasonSolving struct {
	s       *SeasonPlans
	job     *store.Job
	params  seasonJob
	r       *SeasonRunView
	problem *season.Problem
	began   time.Time
	found   *season.Result

	mu    sync.Mutex
	since []RunPoint
}

// season works the job of a run off. What it was asked is stored first, so that a run whose process died is solved again from the same problem.
func (j *Jobs) season(ctx context.Context, job *store.Job) error {
	var params seasonJob
	if err := readJob(job.Params, &params); err != nil {
		return err
	}
	return j.workOff(ctx, job, &seasonSolving{s: j.seasons, job: job, params: params, began: time.Now()}, "error.season_plan.problem")
}

// prepare reads the run and stores what it is asked, unless an earlier attempt did.
func (x *seasonSolving) prepare(ctx context.Context) (bool, error) {
	now, params := x.s.now(), x.params
	err := x.s.db.Update(ctx, func(tx *store.Tx) error {
		x.r = nil
		head, err := tx.SeasonRunByID(params.Draft, params.Run)
		if err != nil {
			return err
		}
		r, err := readSeasonRun(head)
		if err != nil || !r.State.Moving() {
			return err
		}
		if len(r.Problem) > 0 {
			if x.problem, err = season.Decode(r.Problem); err != nil {
				return err
			}
			x.r = r
			return tx.ProgressJob(x.job, now)
		}
		d, err := tx.SeasonDraftByID(params.Season, params.Draft)
		if err != nil {
			return err
		}
		b, err := seasonBook(tx, params.Season, officeDay(now))
		if err != nil {
			return err
		}
		if x.problem, err = b.Problem(d, lockedSpots(d, r.Body.KeepLocked)); err != nil {
			return err
		}
		if r.Problem, err = json.Marshal(x.problem); err != nil {
			return fmt.Errorf("writing the problem of season %d: %w", params.Season, err)
		}
		r.State, r.Body.DraftVersion = exhibition.RunRunning, d.Version
		r.Body.Hash, r.Body.Shows, r.Body.Venues, r.Body.Limit = x.problem.Hash(), len(x.problem.Exhibitions), len(x.problem.Venues), b.Rules.Seconds
		if err := r.pack(); err != nil {
			return err
		}
		if err := tx.UpdateSeasonRun(&r.SeasonRun); err != nil {
			return err
		}
		x.r = r
		return tx.ProgressJob(x.job, now)
	})
	return x.r != nil, err
}

// point takes what the solver says. It is called from the solver's goroutine.
func (x *seasonSolving) point(p highs.Progress) {
	at := RunPoint{At: time.Since(x.began).Milliseconds()}
	if !math.IsInf(p.Bound, 0) && !math.IsNaN(p.Bound) {
		at.Bound, at.Known = int64(math.Ceil(max(p.Bound, 0)-1e-6)), true
	}
	if !math.IsInf(p.Best, 0) && !math.IsNaN(p.Best) {
		at.Value, at.Plan = int64(math.Round(p.Best)), true
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.since = append(x.since, at)
}

// gather moves what the solver said into the body.
func (x *seasonSolving) gather() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.r.Body.Points = thinned(append(x.r.Body.Points, x.since...))
	x.since = x.since[:0]
}

func (x *seasonSolving) solve(ctx context.Context) (err error) {
	x.found, err = watch(ctx, x.job, x, func(ctx context.Context) (*season.Result, error) {
		return season.Solve(ctx, x.s.solver, x.problem, season.Params{TimeLimit: time.Duration(x.r.Body.Limit) * time.Second, Seed: 1, Threads: 1, Progress: x.point})
	})
	return err
}

func (x *seasonSolving) show(ctx context.Context) error {
	return x.s.showRun(ctx, x.job, &x.r.Body, func(tx *store.Tx, text json.RawMessage) error { return tx.SetSeasonRunBody(x.r.ID, text) })
}

func (x *seasonSolving) fail(tx *store.Tx, why refusal) error {
	head, err := tx.SeasonRunByID(x.params.Draft, x.params.Run)
	if err != nil {
		return err
	}
	r, err := readSeasonRun(head)
	if err != nil {
		return err
	}
	return endSeasonRun(tx, r, exhibition.RunFailed, why)
}

// end stores how a run ended; of one that was cancelled nothing is kept. A sound plan stands on the board at once if nobody changed the board meanwhile; else it waits to be taken.
func (x *seasonSolving) end(tx *store.Tx, state exhibition.RunState) error {
	params, res := x.params, x.found
	head, err := tx.SeasonRunByID(params.Draft, params.Run)
	if err != nil {
		return err
	}
	r := &SeasonRunView{SeasonRun: *head, Body: x.r.Body}
	r.State = state
	if state == exhibition.RunCancelled {
		b := &x.r.Body
		r.Problem, r.Body = nil, SeasonRunBody{Season: b.Season, Party: b.Party, By: b.By, DraftVersion: b.DraftVersion, KeepLocked: b.KeepLocked, Began: b.Began, Limit: b.Limit, Shows: b.Shows, Venues: b.Venues}
	}
	now := x.s.now()
	if state == exhibition.RunDone {
		if r.Result, err = json.Marshal(res); err != nil {
			return fmt.Errorf("writing the result of run %d: %w", r.ID, err)
		}
		r.Body.describe(x.problem, res, time.Since(x.began))
		d, err := tx.SeasonDraftByID(params.Season, params.Draft)
		if err != nil {
			return err
		}
		if r.Sound() && d.State == exhibition.SeasonDrafted && d.Version == r.Body.DraftVersion {
			if err := takeRun(d, r, now); err != nil {
				return err
			}
			if err := tx.UpdateSeasonDraft(d); err != nil {
				return err
			}
			r.Body.Taken = true
		}
	}
	if err := r.pack(); err != nil {
		return err
	}
	if err := tx.UpdateSeasonRun(&r.SeasonRun); err != nil {
		return err
	}
	return audit(tx, auth.SystemActor(x.job.Party), now, "season.solved", store.AuditEntry{Entity: "season", EntityID: params.Season, Note: seasonNote(string(state), r.Body.Status, r.Body.Hash)})
}

// describe puts an answer into the body of its run, with the verdict of the independent check.
func (b *SeasonRunBody) describe(p *season.Problem, r *season.Result, took time.Duration) {
	b.Status, b.Stop, b.Clash, b.Seconds, b.Placed = r.Status, r.Stop, r.Clash, took.Seconds(), len(r.Assignment)
	b.Checked, b.Findings = true, verify.Season(p, r)
	b.Findings = b.Findings[:min(len(b.Findings), 20)]
	last := RunPoint{At: took.Milliseconds()}
	if r.Bound != nil {
		b.Bound, last.Bound, last.Known = *r.Bound, *r.Bound, true
	}
	if r.Objective != nil {
		b.HasPlan, b.Objective = true, *r.Objective
		last.Value, last.Plan = *r.Objective, true
	}
	if r.Gap != nil {
		b.Gap = *r.Gap
	}
	b.Points = append(b.Points, last)
}

// SeasonDemand is a demand of the planner: what a clash is made of, and what speaks against a place.
type SeasonDemand = season.Demand
