package service

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/planner"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/explain"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
	"muntija/internal/store"
)

// JobAllocate solves one run of an allocation. Its text is stored.
const JobAllocate = "allocate"

// RunAsk is what a run was asked.
type RunAsk struct {
	Kind        exhibition.RunKind `json:"kind"`
	Exhibition  int64              `json:"exhibition,omitempty"` // of a what-if: where there are More places
	More        int                `json:"more,omitempty"`
	Drop        []string           `json:"drop,omitempty"`    // quotas left out: "12 party:EG"
	Changes     int                `json:"changes,omitempty"` // of a re-planning: at most so many places come or go
	KeepInvited bool               `json:"keep_invited,omitempty"`
	Base        int64              `json:"base,omitempty"`   // of an override: the run that it changes
	Forced      int64              `json:"forced,omitempty"` // the participation that was forced in
	Cost        int64              `json:"cost,omitempty"`   // what that costs, in the plan's own value
	Displaced   []int64            `json:"displaced,omitempty"`
	Reason      string             `json:"reason,omitempty"`
}

func (a *RunAsk) more(exhibitionID int64) int {
	if a.Kind == exhibition.RunWhatIf && a.Exhibition == exhibitionID {
		return a.More
	}
	return 0
}

func (a *RunAsk) drops(exhibitionID int64, line string) bool {
	return a.Kind == exhibition.RunWhatIf && slices.Contains(a.Drop, DropCode(exhibitionID, line))
}

// DropCode names a quota that a what-if leaves out: a line of an exhibition, or, of exhibition 0, one over several by its place in the terms.
func DropCode(exhibitionID int64, line string) string {
	return strconv.FormatInt(exhibitionID, 10) + " " + line
}

// RunPoint is where a run stood at one moment: milliseconds from its start, the best plan's value and the bound.
type RunPoint struct {
	At    int64 `json:"t"`
	Bound int64 `json:"b"`
	Value int64 `json:"v,omitempty"`
	Plan  bool  `json:"p,omitempty"` // there is a plan
	Known bool  `json:"k,omitempty"` // a bound of 0 is one
}

// RunBody is what the pages of a run show.
type RunBody struct {
	Ask        RunAsk             `json:"ask"`
	Party      place.Country      `json:"party"`
	By         int64              `json:"by"`
	Phase      string             `json:"phase,omitempty"` // of the solver: bound, plan, exchange, core
	Done       float64            `json:"done,omitempty"`  // share of the work allotted
	Points     []RunPoint         `json:"points,omitempty"`
	Candidates int                `json:"candidates,omitempty"`
	Pairs      int                `json:"pairs,omitempty"`
	Left       int                `json:"left,omitempty"` // screened applications that are no candidates
	Hash       string             `json:"hash,omitempty"` // SHA-256 of the problem
	Status     model.Status       `json:"status,omitempty"`
	Stop       model.Stop         `json:"stop,omitempty"`
	Proof      model.Proof        `json:"proof,omitempty"`
	Places     int                `json:"places,omitempty"`
	Objective  int64              `json:"objective,omitempty"`
	Penalised  int64              `json:"penalised,omitempty"`
	Bound      int64              `json:"bound,omitempty"`
	Gap        float64            `json:"gap,omitempty"`
	Seconds    float64            `json:"seconds,omitempty"`
	Short      int64              `json:"short,omitempty"` // places that minima are short of
	Checked    bool               `json:"checked,omitempty"`
	Findings   []string           `json:"findings,omitempty"` // of the independent check; none: it passed
	Gain       int64              `json:"gain,omitempty"`     // of a re-planning: what a full one would gain, never applied
	Changes    int                `json:"changes,omitempty"`  // of a re-planning: places that come or go
	Worth      map[string]OneMore `json:"worth,omitempty"`    // of what the plan uses up, by limitKey: what one more would gain
	Error      string             `json:"error,omitempty"`    // message key
	ErrorArgs  []Said             `json:"error_args,omitempty"`
	Keys       []exhibition.Key   `json:"keys,omitempty"`
}

// RunView is a run as its pages show it.
type RunView struct {
	store.AllocationRun
	Body RunBody
}

// Sound reports whether the run may be signed: done, passed by the independent check, and no mere question.
func (r *RunView) Sound() bool {
	return r.State == exhibition.RunDone && r.Kind != exhibition.RunWhatIf && r.Body.Checked && len(r.Body.Findings) == 0
}

// Signed reports whether a party has signed the run.
func (r *RunView) Signed(p place.Country) bool {
	return slices.ContainsFunc(r.Body.Keys, func(k exhibition.Key) bool { return k.Party == p })
}

func readRun(r *store.AllocationRun) (*RunView, error) {
	v := &RunView{AllocationRun: *r}
	return v, readJob(r.Body, &v.Body)
}

func (r *RunView) pack() error {
	text, err := writeJob(&r.Body)
	r.AllocationRun.Body = text
	return err
}

type allocateParams struct {
	Allocation int64 `json:"allocation"`
	Run        int64 `json:"run"`
}

// Start queues a run and returns its id. One run is at work at a time, of whatever allocation.
func (s *Allocations) Start(ctx context.Context, actor auth.Actor, id int64, form *intake.RunAsk, w Write) (int64, error) {
	asked, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "allocation.run", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		a, err := loadAllocation(tx, actor, auth.AllocationRun, id)
		if err != nil {
			return "", err
		}
		if err := s.mayStart(tx, a, &asked, now); err != nil {
			return "", err
		}
		job := &store.Job{Kind: JobAllocate, Party: actor.Party, By: actor.UserID, CreatedAt: now}
		r := &RunView{AllocationRun: store.AllocationRun{AllocationID: id, Kind: asked.Kind, State: exhibition.RunQueued, CreatedAt: now}}
		r.Body = RunBody{Party: actor.Party, By: actor.UserID, Ask: RunAsk{Kind: asked.Kind, Exhibition: asked.Exhibition, More: asked.More, Drop: asked.Drop, Changes: asked.Changes,
			KeepInvited: asked.KeepInvited}}
		if err := r.pack(); err != nil {
			return "", err
		}
		if err := tx.InsertRun(&r.AllocationRun); err != nil {
			return "", err
		}
		if job.Params, err = writeJob(allocateParams{id, r.ID}); err != nil {
			return "", err
		}
		if err := tx.InsertJob(job); err != nil {
			return "", err
		}
		r.JobID = job.ID
		if err := tx.UpdateRun(&r.AllocationRun); err != nil {
			return "", err
		}
		return strconv.FormatInt(r.ID, 10), s.audit(tx, actor, a, string(auth.AllocationRun), "run "+string(asked.Kind))
	})
	if fault.Is(err, fault.Duplicate) {
		return 0, fault.New(fault.State, "error.allocation.busy")
	}
	if err != nil {
		return 0, err
	}
	s.jobs.nudge()
	return strconv.ParseInt(res, 10, 64)
}

// mayStart refuses a run at the wrong time, and frees the place of a run whose job ended without a word.
func (s *Allocations) mayStart(tx *store.Tx, a *exhibition.Allocation, asked *intake.Asked, now time.Time) error {
	open, err := callsOpen(tx, a, officeDay(now))
	if err != nil {
		return err
	}
	switch {
	case !a.Dropped.IsZero():
		return fault.New(fault.State, "error.allocation.dropped")
	case open:
		return fault.New(fault.State, "error.allocation.open")
	case asked.Kind == exhibition.RunPlan && a.Accepted != 0:
		return fault.New(fault.State, "error.allocation.accepted")
	case asked.Kind == exhibition.RunReplan && (a.Accepted == 0 || a.Terms.Rule == exhibition.RuleEqual):
		return fault.New(fault.State, "error.allocation.replan")
	}
	if asked.Exhibition != 0 && !a.Has(asked.Exhibition) {
		var ps fault.Problems
		ps.Add("exhibition", "problem.choice")
		return ps.Err()
	}
	if err := stillAgree(tx, a); err != nil {
		return err
	}
	if err := othersAtWork(tx, JobAllocate); err != nil {
		return err
	}
	need, err := allocationMemory(tx, a)
	if err != nil {
		return err
	}
	if err := s.fits(need); err != nil {
		return err
	}
	busy, err := tx.RunAtWork()
	if err != nil || busy == nil {
		return err
	}
	ended, err := tx.JobEnded(busy.JobID)
	if err != nil {
		return err
	}
	if !ended {
		return fault.New(fault.State, "error.allocation.busy")
	}
	return s.fail(tx, busy.AllocationID, busy.ID, refusal{key: "error.job.failed"})
}

// stillAgree refuses a run whose quotas contradict what the exhibitions became since the set-up, naming the first that does.
func stillAgree(tx *store.Tx, a *exhibition.Allocation) error {
	if len(a.Terms.Quotas) == 0 {
		return nil
	}
	var shows []*exhibition.Exhibition
	for _, id := range a.Terms.Exhibitions {
		e, err := tx.ExhibitionByID("", id)
		if err != nil {
			return err
		}
		if e.Open() {
			shows = append(shows, e)
		}
	}
	ps := a.Terms.Against(shows)
	if len(ps) == 0 {
		return nil
	}
	i := 0
	if _, err := fmt.Sscanf(ps[0].Field, "quotas[%d].", &i); err != nil {
		return err
	}
	q := a.Terms.Quotas[i]
	return fault.New(fault.State, "error.allocation.contradict", fault.Key("enum.quota."+string(q.By)), q.Value, q.Min, q.Max)
}

// fail ends a run with a message.
func (s *Allocations) fail(tx *store.Tx, id, run int64, why refusal) error {
	whole, err := tx.RunByID(id, run)
	if err != nil {
		return err
	}
	r, err := readRun(whole)
	if err != nil {
		return err
	}
	r.State, r.Body.Error, r.Body.ErrorArgs = exhibition.RunFailed, why.key, why.args
	if err := r.pack(); err != nil {
		return err
	}
	return tx.UpdateRun(&r.AllocationRun)
}

// Cancel asks a run to stop. Nothing of it is kept.
func (s *Allocations) Cancel(ctx context.Context, actor auth.Actor, id, run int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "allocation.cancel", w, []int64{id, run}, func(tx *store.Tx) (string, error) {
		a, err := loadAllocation(tx, actor, auth.AllocationRun, id)
		if err != nil {
			return "", err
		}
		head, err := tx.RunByID(id, run)
		if err != nil {
			return "", err
		}
		r, err := readRun(head)
		if err != nil {
			return "", err
		}
		if !r.State.Moving() {
			return "", fault.New(fault.State, "error.job.cancel")
		}
		if r.State == exhibition.RunQueued { // its job finds it ended and does nothing
			r.State = exhibition.RunCancelled
			if err := tx.UpdateRun(&r.AllocationRun); err != nil {
				return "", err
			}
		}
		if err := tx.CancelJob(r.Body.Party, r.JobID, now); err != nil && !fault.Is(err, fault.NotFound) {
			return "", err
		}
		return "", s.audit(tx, actor, a, string(auth.AllocationRun), "cancel")
	})
	return err
}

// Run returns one run of an allocation of the actor's party, without its plan.
func (s *Allocations) Run(ctx context.Context, actor auth.Actor, id, run int64) (*exhibition.Allocation, *RunView, error) {
	var a *exhibition.Allocation
	var r *RunView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if a, err = loadAllocation(tx, actor, auth.AllocationView, id); err != nil {
			return err
		}
		head, err := tx.RunHead(id, run)
		if err != nil {
			return err
		}
		r, err = readRun(head)
		return err
	})
	return a, r, err
}

// solving is one run at work. It belongs to one goroutine but for point.
type solving struct {
	s       *Allocations
	job     *store.Job
	params  allocateParams
	a       *exhibition.Allocation
	r       *RunView
	seed    []byte
	who     *members
	problem *model.Problem
	began   time.Time
	found   *answered

	mu    sync.Mutex
	last  allocation.Progress
	fresh bool
	since []RunPoint
}

// allocate works the job of a run off. What it was asked is stored first, so that a run whose process died is solved again from the same problem, with the same
// answer; what it answers is stored in one transaction.
func (j *Jobs) allocate(ctx context.Context, job *store.Job) error {
	var params allocateParams
	if err := readJob(job.Params, &params); err != nil {
		return err
	}
	return j.workOff(ctx, job, &solving{s: j.allocations, job: job, params: params, began: time.Now()}, "error.allocation.problem")
}

// prepare reads the run and stores what it is asked, unless an earlier attempt did.
func (x *solving) prepare(ctx context.Context) (bool, error) {
	now, params := x.s.now(), x.params
	err := x.s.db.Update(ctx, func(tx *store.Tx) error {
		x.r = nil
		whole, err := tx.RunByID(params.Allocation, params.Run)
		if err != nil {
			return err
		}
		r, err := readRun(whole)
		if err != nil || !r.State.Moving() {
			return err
		}
		if x.a, err = tx.AllocationByID("", params.Allocation); err != nil {
			return err
		}
		if x.seed, err = tx.AllocationSeed(x.a.ID); err != nil {
			return err
		}
		x.who = &members{}
		if len(r.Problem) == 0 {
			n := &snapshot{s: x.s, tx: tx, a: x.a, ask: &r.Body.Ask, seed: x.seed}
			if r.Problem, x.who, err = n.problem(); err != nil {
				return err
			}
			if r.Members, err = writeJob(x.who); err != nil {
				return err
			}
			r.State, r.Body.Candidates, r.Body.Left = exhibition.RunRunning, len(x.who.People), len(x.who.Left)
			if err := r.pack(); err != nil {
				return err
			}
			if err := tx.UpdateRun(&r.AllocationRun); err != nil {
				return err
			}
		} else if err := readJob(r.Members, x.who); err != nil {
			return err
		}
		x.r = r
		return tx.ProgressJob(x.job, now)
	})
	return x.r != nil, err
}

// tick is how often a run at work shows how far it has come, and looks whether it is to stop.
const tick = 500 * time.Millisecond

// answered is what a run answers.
type answered struct {
	plan    []byte
	result  *model.Plan // nil of a draw
	chosen  int
	checked []verify.Finding
	gain    int64
	changes int
	worth   map[string]OneMore
	seconds float64
	unmet   int64
}

func (x *solving) solve(ctx context.Context) error {
	p, err := model.Decode(x.r.Problem)
	if err != nil {
		return err
	}
	x.problem = p
	h := p.Hash()
	x.r.Body.Hash, x.r.Body.Pairs = hex.EncodeToString(h[:]), len(p.Exh)
	x.found, err = watch(ctx, x.job, x, x.answer)
	return err
}

// point takes what the solver says. It is called from the solver's goroutine.
func (x *solving) point(p allocation.Progress) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.last, x.fresh = p, true
	x.since = append(x.since, RunPoint{At: time.Since(x.began).Milliseconds(), Bound: p.Bound, Value: p.Value, Plan: p.HasPlan})
}

// maxPoints bounds what is kept of a run's course.
const maxPoints = 240

// thinned leaves every second point of the older half away, if there are too many.
func thinned[P any](points []P) []P {
	if len(points) <= maxPoints {
		return points
	}
	keep := points[:0]
	for i, p := range points {
		if i%2 == 0 || i > len(points)/2 {
			keep = append(keep, p)
		}
	}
	return keep
}

// gather moves what the solver said into the body.
func (x *solving) gather() {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := &x.r.Body
	b.Points = append(b.Points, x.since...)
	x.since = x.since[:0]
	b.Points = thinned(b.Points)
	if x.fresh {
		b.Phase, b.Done, x.fresh = x.last.Phase, x.last.Done, false
	}
}

func (x *solving) show(ctx context.Context) error {
	return x.s.showRun(ctx, x.job, &x.r.Body, func(tx *store.Tx, text json.RawMessage) error { return tx.SetRunBody(x.r.ID, text) })
}

func (x *solving) fail(tx *store.Tx, why refusal) error {
	return x.s.fail(tx, x.params.Allocation, x.params.Run, why)
}

// proveUpTo is up to how many candidates a run goes on until its plan is proven best; larger ones stop at a ten thousandth.
const proveUpTo = 3000

// answer asks the planner and checks what it says.
func (x *solving) answer(ctx context.Context) (*answered, error) {
	if x.a.Terms.Rule == exhibition.RuleEqual {
		return x.draw()
	}
	p := x.problem
	o := allocation.Options{Time: time.Duration(x.a.Terms.Seconds) * time.Second, Seed: 1, Search: allocation.WithHighs(x.s.solver), Progress: x.point}
	if p.N() > proveUpTo {
		o.Gap = 0.0001
	}
	out := &answered{}
	var err error
	if x.r.Kind == exhibition.RunReplan {
		var again *allocation.Replanned
		if again, err = allocation.Replan(ctx, p, x.pairsOf(x.who.Before), x.pairsOf(x.who.Pins), x.r.Body.Ask.Changes, o); err == nil {
			out.result, out.gain, out.changes = again.Plan, again.Gain, len(again.Changes)
		}
	} else {
		out.result, err = allocation.Solve(ctx, p, o)
	}
	if err != nil {
		return nil, err
	}
	if out.result.Stop == model.StopCancelled {
		return nil, context.Canceled
	}
	out.seconds = time.Since(x.began).Seconds()
	if out.checked, err = checkPlan(p, out.result, x.r.Kind); err != nil {
		return nil, err
	}
	out.chosen = len(out.result.Chosen)
	for _, s := range out.result.Shortfalls {
		out.unmet += s.Missing
	}
	var file bytes.Buffer
	if err := model.WritePlan(&file, p, out.result, model.Run{Seconds: out.seconds, Threads: 2, Solver: "muntija " + model.Version}, nil, x.r.Problem); err != nil {
		return nil, err
	}
	out.plan = file.Bytes()
	if x.r.Kind == exhibition.RunPlan || x.r.Kind == exhibition.RunWhatIf {
		pl := out.result
		x.point(allocation.Progress{Phase: "worth", Bound: pl.Bound, Value: pl.Penalised, HasPlan: true, Done: 1})
		b := &book{p: p, pl: pl, ex: explain.New(p, pl)}
		if out.worth, err = b.worthOf(ctx, b.limits(journeyOf(&x.a.Terms)), o.Search); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkPlan has the independent checker look at a plan. Where people departed from the order of the rule (an override, a mended plan) room, quotas, objective and
// bound are checked, and that nobody is passed over is not asked.
func checkPlan(p *model.Problem, pl *model.Plan, kind exhibition.RunKind) ([]verify.Finding, error) {
	if kind == exhibition.RunPlan || kind == exhibition.RunWhatIf {
		return verify.Allocation(p, pl), nil
	}
	q, err := p.With(func(q *model.Problem) { q.Policy = nil })
	if err != nil {
		return nil, err
	}
	plain := *pl
	plain.Problem = q.Hash()
	return verify.Allocation(q, &plain), nil
}

// draw makes an equal-chance draw.
func (x *solving) draw() (*answered, error) {
	d, err := planner.Draw(x.problem, x.seed)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := planner.WriteDraw(&file, x.problem, x.seed, d, x.r.Problem); err != nil {
		return nil, err
	}
	out := &answered{plan: file.Bytes(), chosen: len(d.Chosen), seconds: time.Since(x.began).Seconds()}
	for _, s := range d.Unmet {
		out.unmet += s.Missing
	}
	return out, nil
}

// pairsOf finds the problem's pairs of participations.
func (x *solving) pairsOf(participations []int64) []int32 {
	at := map[int64]int32{}
	for i, who := range x.who.People {
		for k, id := range who.Pairs {
			at[id] = x.problem.Start[i] + int32(k)
		}
	}
	var out []int32
	for _, id := range participations {
		if o, ok := at[id]; ok {
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return out
}

// end stores how a run ended; of one that was cancelled nothing is kept. The first one that is done makes the seed public.
func (x *solving) end(tx *store.Tx, state exhibition.RunState) error {
	whole, err := tx.RunByID(x.r.AllocationID, x.r.ID)
	if err != nil {
		return err
	}
	r := &RunView{AllocationRun: *whole, Body: x.r.Body}
	r.State, r.Body.Phase, r.Body.Done = state, "", 0
	if state == exhibition.RunCancelled {
		b := &x.r.Body
		r.Problem, r.Members, r.Body = nil, nil, RunBody{Ask: b.Ask, Party: b.Party, By: b.By, Candidates: b.Candidates, Left: b.Left}
	}
	if state == exhibition.RunDone {
		r.Plan = x.found.plan
		x.found.describe(&r.Body)
	}
	if err := r.pack(); err != nil {
		return err
	}
	if err := tx.UpdateRun(&r.AllocationRun); err != nil {
		return err
	}
	if state != exhibition.RunDone {
		return nil
	}
	now := x.s.now()
	al, err := tx.AllocationByID("", x.a.ID)
	if err != nil {
		return err
	}
	if al.Revealed.IsZero() {
		al.Revealed = now
		if err := tx.UpdateAllocation(al); err != nil {
			return err
		}
	}
	return audit(tx, auth.SystemActor(x.job.Party), now, "allocation.solved", store.AuditEntry{Entity: "allocation", EntityID: al.ID, Note: r.Body.Hash})
}

// describe puts an answer into the body of its run.
func (a *answered) describe(b *RunBody) {
	b.Places, b.Seconds, b.Short, b.Gain, b.Changes, b.Worth, b.Checked = a.chosen, a.seconds, a.unmet, a.gain, a.changes, a.worth, true
	for _, f := range a.checked {
		b.Findings = append(b.Findings, f.String())
	}
	b.Findings = b.Findings[:min(len(b.Findings), 20)]
	if pl := a.result; pl != nil {
		b.Status, b.Stop, b.Proof, b.Objective, b.Penalised, b.Bound, b.Gap = pl.Status, pl.Stop, pl.Proof, pl.Objective, pl.Penalised, pl.Bound, pl.Gap()
		b.Points = append(b.Points, RunPoint{At: int64(a.seconds * 1000), Bound: pl.Bound, Value: pl.Penalised, Plan: true})
	} else {
		b.Status, b.Stop = model.Optimal, model.StopProven
		if a.unmet > 0 {
			b.Status = model.Infeasible
		}
	}
}
