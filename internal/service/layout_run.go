package service

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/planner/layout"
	"muntija/internal/planner/verify"
	"muntija/internal/store"
)

// JobLayout makes one proposal for the booths of a hall. Its text is stored.
const JobLayout = "layout"

// laying is one proposal at work. It belongs to one goroutine but for point.
type laying struct {
	s     *Layouts
	job   *store.Job
	id    int64
	r     *LayoutView
	q     *layoutQuestion
	began time.Time

	mu    sync.Mutex
	done  float64
	since []LayoutPoint
}

// run works the job of a proposal off; what it answers is stored in one transaction. A proposal whose process died is asked again, of the hall as it is then.
func (s *Layouts) run(ctx context.Context, job *store.Job) error {
	var params layoutParams
	if err := readJob(job.Params, &params); err != nil {
		return err
	}
	return s.jobs.workOff(ctx, job, &laying{s: s, job: job, id: params.Layout, began: time.Now()}, "error.layout.problem")
}

// prepare reads the hall into a question.
func (x *laying) prepare(ctx context.Context) (bool, error) {
	now := x.s.now()
	err := x.s.db.Update(ctx, func(tx *store.Tx) error {
		x.r = nil
		whole, err := tx.LayoutByID("", x.id)
		if err != nil {
			return err
		}
		r, err := readLayout(whole)
		if err != nil || !r.State.Moving() {
			return err
		}
		u, err := tx.UserByID(r.Body.By)
		if err != nil {
			return err
		}
		actor := auth.Actor{UserID: u.ID, Name: u.Name, Role: u.Role, Party: u.Party, Areas: u.Areas, Locale: u.Locale}
		v, err := x.s.places.view(tx, actor, r.ExhibitionID, r.HallID, r.Wave)
		if err != nil {
			return err
		}
		x.q = v.question(actor, &r.Body.Ask, 0)
		r.State, r.Body.People, r.Body.Booths = exhibition.RunRunning, len(x.q.problem.Exhibitors), len(x.q.problem.Booths)
		if r.Members, err = writeJob(x.q.seats); err != nil {
			return err
		}
		if err := r.pack(); err != nil {
			return err
		}
		if err := tx.UpdateLayout(&r.LayoutRun); err != nil {
			return err
		}
		x.r = r
		return tx.ProgressJob(x.job, now)
	})
	return x.r != nil, err
}

// layoutThreads is how many threads search: a machine has two.
const layoutThreads = 2

func (x *laying) solve(ctx context.Context) error {
	b, p := &x.r.Body, x.q.problem
	if len(p.Exhibitors) == 0 {
		return fault.New(fault.State, "error.layout.nobody")
	}
	before, err := layout.Measure(p, x.q.now)
	if err != nil {
		return err
	}
	b.Before = sumOf(before)
	if lost := layout.Seatless(p); len(lost) > 0 {
		if err := x.short(ctx, lost); err != nil || b.Status != "" {
			return err
		}
		p = x.q.problem
	}
	if err := p.Check(); err != nil {
		return err
	}
	b.Hash = p.Hash()
	limit := time.Duration(b.Ask.Seconds) * time.Second
	r, err := watch(ctx, x.job, x, func(ctx context.Context) (*layout.Result, error) {
		return layout.Solve(ctx, p, layout.Params{TimeLimit: 4 * limit, Work: limit, Seed: 1, Threads: layoutThreads, Progress: x.point})
	})
	if err != nil || x.job.Cancel {
		return err
	}
	return x.answer(p, r)
}

// short says why not everybody finds a booth. If as many as can be are to be placed, the others are left out of the problem; else the proposal ends here.
func (x *laying) short(ctx context.Context, lost []string) error {
	b, p := &x.r.Body, x.q.problem
	proof, err := layout.Solve(ctx, p, layout.Params{Seed: 1, Threads: 1})
	if err != nil {
		return err
	}
	b.Clashes = x.q.clashes(proof.Shortage)
	for _, id := range lost {
		n, _ := strconv.ParseInt(id, 10, 64)
		b.Left = append(b.Left, n)
	}
	if found := verify.Layout(p, proof); len(found) > 0 {
		b.Findings = found
		return errors.New("the proof that not everybody finds a booth does not pass its check: " + found[0])
	}
	rest := *p
	rest.Exhibitors = slices.DeleteFunc(slices.Clone(p.Exhibitors), func(e layout.Exhibitor) bool { return slices.Contains(lost, e.ID) })
	if !b.Ask.Partial || len(rest.Exhibitors) == 0 {
		b.Status, b.Stop, b.Hash = proof.Status, proof.Stop, p.Hash()
		return nil
	}
	x.q.problem = &rest
	return nil
}

// answer checks what the planner says and puts it into the proposal.
func (x *laying) answer(p *layout.Problem, r *layout.Result) error {
	b := &x.r.Body
	b.Status, b.Stop, b.Method, b.Seconds = r.Status, r.Stop, r.Method, time.Since(x.began).Seconds()
	if r.Bound != nil {
		b.Bound = *r.Bound
	}
	if found := verify.Layout(p, r); len(found) > 0 {
		b.Findings = found[:min(len(found), 20)]
	}
	after, err := layout.Measure(p, r.Assignment)
	if err != nil {
		return err
	}
	b.After = sumOf(after)
	for _, y := range r.Reasons {
		if y.Hard && !slices.Contains(b.Broken, y.Rule) {
			b.Broken = append(b.Broken, y.Rule)
		}
	}
	b.Points = append(b.Points, LayoutPoint{At: int64(b.Seconds * 1000), Hard: r.Hard, Cost: b.After.Soft})
	if x.r.Problem, err = json.Marshal(p); err != nil {
		return err
	}
	x.r.Plan, err = json.Marshal(r)
	return err
}

// sumOf puts a tally into points by rule: the wishes under the rules of placing that they are.
func sumOf(t *layout.Tally) LayoutSum {
	s := LayoutSum{Cost: map[string]int64{}, Soft: t.Soft, Hard: t.Hard, Wrong: len(t.Unsuited), Placed: t.Exhibited}
	for rule, c := range t.Cost {
		if c != 0 && rule != "wishes" {
			s.Cost[rule] = c
		}
	}
	for id, c := range t.Wishes {
		rule, _, _ := strings.Cut(id, "/")
		s.Cost[rule] += c
	}
	return s
}

// point takes what the planner says. It is called from the planner's goroutine.
func (x *laying) point(p layout.Progress) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.done = p.Done
	x.since = append(x.since, LayoutPoint{time.Since(x.began).Milliseconds(), p.Hard, p.Cost})
}

// gather moves what the planner said into the body.
func (x *laying) gather() {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := &x.r.Body
	b.Done, b.Points, x.since = x.done, append(b.Points, x.since...), x.since[:0]
	b.Points = thinned(b.Points)
}

func (x *laying) show(ctx context.Context) error {
	return x.s.showRun(ctx, x.job, &x.r.Body, func(tx *store.Tx, text json.RawMessage) error { return tx.SetLayoutBody(x.r.ID, text) })
}

func (x *laying) fail(tx *store.Tx, why refusal) error { return x.s.fail(tx, x.id, why) }

// end stores how the proposal ended; of one that was cancelled nothing is kept.
func (x *laying) end(tx *store.Tx, state exhibition.RunState) error {
	whole, err := tx.LayoutByID("", x.r.ID)
	if err != nil {
		return err
	}
	r := &LayoutView{LayoutRun: *whole, Body: x.r.Body}
	r.State, r.Body.Done = state, 0
	if state == exhibition.RunDone {
		r.Problem, r.Plan, r.Members = x.r.Problem, x.r.Plan, x.r.Members
	} else {
		r.Members = nil
		r.Body = LayoutBody{Ask: x.r.Body.Ask, By: x.r.Body.By, People: x.r.Body.People, Booths: x.r.Body.Booths}
	}
	if err := r.pack(); err != nil {
		return err
	}
	if err := tx.UpdateLayout(&r.LayoutRun); err != nil {
		return err
	}
	return audit(tx, auth.SystemActor(r.Party), x.s.now(), "layout.solved", store.AuditEntry{Entity: "exhibition", EntityID: r.ExhibitionID, Note: r.Body.Hash})
}
