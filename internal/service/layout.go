package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/planner/layout"
	"muntija/internal/store"
)

// Layouts holds the use-cases of proposals for the booths of a hall: who would stand where, what that costs by rule beside the present placing, and taking it over whole or in
// part. A proposal is a person's question and nothing is changed by it; what is taken over goes through [Places], whose rules hold.
type Layouts struct {
	core
	places *Places
	jobs   *Jobs
}

// LayoutSum is what a placing costs, in points by rule.
type LayoutSum struct {
	Cost   map[string]int64 `json:"cost,omitempty"` // same_craft, crowd, heavy, keep, move; the wishes by their exhibition.PlaceRule
	Soft   int64            `json:"soft"`
	Hard   int              `json:"hard"` // pavilions and associations in pieces, food beside incense
	Wrong  int              `json:"wrong,omitempty"`
	Placed int              `json:"placed"`
}

// LayoutPoint is the best placing at one moment of a run.
type LayoutPoint struct {
	At   int64 `json:"t"` // milliseconds
	Hard int   `json:"h,omitempty"`
	Cost int64 `json:"c"`
}

// LayoutBody is what the pages of a proposal show.
type LayoutBody struct {
	Ask       exhibition.LayoutTerms `json:"ask"`
	By        int64                  `json:"by"`
	People    int                    `json:"people,omitempty"`
	Booths    int                    `json:"booths,omitempty"`
	Done      float64                `json:"done,omitempty"`
	Points    []LayoutPoint          `json:"points,omitempty"`
	Status    string                 `json:"status,omitempty"` // of layout.Result
	Stop      string                 `json:"stop,omitempty"`
	Method    string                 `json:"method,omitempty"`
	Hash      string                 `json:"hash,omitempty"`
	Bound     int64                  `json:"bound,omitempty"`
	Seconds   float64                `json:"seconds,omitempty"`
	Before    LayoutSum              `json:"before"`
	After     LayoutSum              `json:"after"`
	Clashes   []LayoutClash          `json:"clashes,omitempty"`
	Left      []int64                `json:"left,omitempty"`     // participations for which there is no booth
	Broken    []string               `json:"broken,omitempty"`   // rules on several exhibitors that the proposal breaks: "pavilion", "association", "keep"
	Findings  []string               `json:"findings,omitempty"` // of the independent check; none: it passed
	Taken     []int64                `json:"taken,omitempty"`    // participations whose booths were taken over
	TakenBy   int64                  `json:"taken_by,omitempty"`
	TakenAt   time.Time              `json:"taken_at,omitzero"`
	Error     string                 `json:"error,omitempty"`
	ErrorArgs []Said                 `json:"error_args,omitempty"`
}

// LayoutView is a proposal as its pages show it.
type LayoutView struct {
	store.LayoutRun
	Body   LayoutBody
	ByName string
}

// Sound reports whether the proposal may be taken over: done, with a placing that passed the independent check.
func (r *LayoutView) Sound() bool {
	return r.State == exhibition.RunDone && len(r.Plan) > 0 && len(r.Body.Findings) == 0
}

func readLayout(r *store.LayoutRun) (*LayoutView, error) {
	v := &LayoutView{LayoutRun: *r}
	return v, readJob(r.Body, &v.Body)
}

func (r *LayoutView) pack() error {
	text, err := writeJob(&r.Body)
	r.LayoutRun.Body = text
	return err
}

// layoutsOf returns the proposals of the actor's party for a hall and wave.
func layoutsOf(tx *store.Tx, actor auth.Actor, v *PlaceView) ([]LayoutView, error) {
	list, err := tx.Layouts(actor.Party, v.Exhibition.ID, v.Hall.ID, v.Wave)
	if err != nil {
		return nil, err
	}
	var out []LayoutView
	var ids []int64
	for i := range list {
		r, err := readLayout(&list[i])
		if err != nil {
			return nil, err
		}
		out, ids = append(out, *r), append(ids, r.Body.By)
	}
	names, err := userNames(tx, ids...)
	for i := range out {
		out[i].ByName = names[out[i].Body.By]
	}
	return out, err
}

type layoutParams struct {
	Layout int64 `json:"layout"`
}

// Start asks for a proposal and returns its id. One is at work at a time, of whatever hall.
func (s *Layouts) Start(ctx context.Context, actor auth.Actor, id, hall int64, wave int, form *intake.Layout, w Write) (int64, error) {
	if err := s.places.allow(actor, auth.PlaceEdit); err != nil {
		return 0, err
	}
	terms, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "layout.run", w, []any{id, hall, wave, form}, func(tx *store.Tx) (string, error) {
		v, err := s.places.view(tx, actor, id, hall, wave)
		switch {
		case err != nil:
			return "", err
		case !v.CanPlace:
			return "", fault.New(fault.State, "error.floor.not_agreed")
		case len(v.Plan.Booths) == 0:
			return "", fault.New(fault.State, "error.layout.no_booths")
		}
		if err := s.free(tx); err != nil {
			return "", err
		}
		if err := s.fits(layout.Memory(v.question(actor, &terms, 0).problem, layoutThreads)); err != nil {
			return "", err
		}
		job := &store.Job{Kind: JobLayout, Party: actor.Party, By: actor.UserID, CreatedAt: now}
		r := &LayoutView{LayoutRun: store.LayoutRun{Party: actor.Party, ExhibitionID: id, HallID: hall, Wave: wave, State: exhibition.RunQueued, CreatedAt: now}}
		r.Body = LayoutBody{Ask: terms, By: actor.UserID}
		if err := r.pack(); err != nil {
			return "", err
		}
		if err := tx.InsertLayout(&r.LayoutRun); err != nil {
			return "", err
		}
		if job.Params, err = writeJob(layoutParams{r.ID}); err != nil {
			return "", err
		}
		if err := tx.InsertJob(job); err != nil {
			return "", err
		}
		r.JobID = job.ID
		if err := tx.UpdateLayout(&r.LayoutRun); err != nil {
			return "", err
		}
		return strconv.FormatInt(r.ID, 10), s.places.audit(tx, actor, "layout.run", id, nil)
	})
	if fault.Is(err, fault.Duplicate) {
		return 0, fault.New(fault.State, "error.layout.busy")
	}
	if err != nil {
		return 0, err
	}
	s.jobs.nudge()
	return strconv.ParseInt(res, 10, 64)
}

// free refuses a second proposal at work, and frees the place of one whose job ended without a word.
func (s *Layouts) free(tx *store.Tx) error {
	if err := othersAtWork(tx, JobLayout); err != nil {
		return err
	}
	busy, err := tx.LayoutAtWork()
	if err != nil || busy == nil {
		return err
	}
	ended, err := tx.JobEnded(busy.JobID)
	if err != nil {
		return err
	}
	if !ended {
		return fault.New(fault.State, "error.layout.busy")
	}
	return s.fail(tx, busy.ID, refusal{key: "error.job.failed"})
}

// fail ends a proposal with a message.
func (s *Layouts) fail(tx *store.Tx, id int64, why refusal) error {
	whole, err := tx.LayoutByID("", id)
	if err != nil {
		return err
	}
	r, err := readLayout(whole)
	if err != nil {
		return err
	}
	r.State, r.Body.Error, r.Body.ErrorArgs = exhibition.RunFailed, why.key, why.args
	if err := r.pack(); err != nil {
		return err
	}
	return tx.UpdateLayout(&r.LayoutRun)
}

// load reads a proposal of the actor's party and the hall it is for, as it stands now.
func (s *Layouts) load(tx *store.Tx, actor auth.Actor, id, hall, run int64) (*LayoutView, *PlaceView, error) {
	whole, err := tx.LayoutByID(actor.Party, run)
	if err != nil {
		return nil, nil, err
	}
	if whole.ExhibitionID != id || whole.HallID != hall {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	r, err := readLayout(whole)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.places.view(tx, actor, id, hall, whole.Wave)
	return r, v, err
}

// Cancel asks a proposal to stop. Nothing of it is kept.
func (s *Layouts) Cancel(ctx context.Context, actor auth.Actor, id, hall, run int64, w Write) error {
	if err := s.places.allow(actor, auth.PlaceEdit); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "layout.cancel", w, []int64{id, hall, run}, func(tx *store.Tx) (string, error) {
		r, _, err := s.load(tx, actor, id, hall, run)
		if err != nil {
			return "", err
		}
		if !r.State.Moving() {
			return "", fault.New(fault.State, "error.job.cancel")
		}
		if r.State == exhibition.RunQueued { // its job finds it ended and does nothing
			r.State = exhibition.RunCancelled
			if err := tx.UpdateLayout(&r.LayoutRun); err != nil {
				return "", err
			}
		}
		if err := tx.CancelJob(r.Party, r.JobID, now); err != nil && !fault.Is(err, fault.NotFound) {
			return "", err
		}
		return "", s.places.audit(tx, actor, "layout.cancel", id, nil)
	})
	return err
}

// LayoutStep is a change that stands by itself: exhibitors who move along one chain, each into the booth that the one before gives up, or around a circle.
type LayoutStep struct {
	Key   int64 // the least participation of it: what a form names
	Moves []LayoutMove
	Taken bool // was taken over
	Stale bool // somebody of it was placed otherwise since
}

// LayoutMove is one exhibitor's part in a proposal.
type LayoutMove struct {
	PlaceMove
	Person   *PlacePerson // nil: holds no place any more
	From, To string       // codes; From is "" for who had no booth
}

// LayoutProposal is a proposal beside the hall as it stands.
type LayoutProposal struct {
	*LayoutView
	Place *PlaceView
	Steps []LayoutStep
	Then  map[int]int64 // booth → participation, as proposed
	Left  []*PlacePerson
}

// Proposal returns a proposal of the actor's party.
func (s *Layouts) Proposal(ctx context.Context, actor auth.Actor, id, hall, run int64) (*LayoutProposal, error) {
	if err := s.places.allow(actor, auth.PlaceEdit); err != nil {
		return nil, err
	}
	var out *LayoutProposal
	err := s.db.View(ctx, func(tx *store.Tx) error {
		r, v, err := s.load(tx, actor, id, hall, run)
		if err != nil {
			return err
		}
		out, err = propose(r, v)
		return err
	})
	return out, err
}

// propose reads what a proposal would change.
func propose(r *LayoutView, v *PlaceView) (*LayoutProposal, error) {
	out := &LayoutProposal{LayoutView: r, Place: v, Then: map[int]int64{}}
	people := map[int64]*PlacePerson{}
	for i := range v.People {
		people[v.People[i].ID] = &v.People[i]
	}
	for _, id := range r.Body.Left {
		if p := people[id]; p != nil {
			out.Left = append(out.Left, p)
		}
	}
	if len(r.Plan) == 0 {
		return out, nil
	}
	var plan layout.Result
	if err := readJob(r.Plan, &plan); err != nil {
		return nil, err
	}
	var seats []layoutSeat
	if err := readJob(r.Members, &seats); err != nil {
		return nil, err
	}
	seatOf, holder := map[int64]layoutSeat{}, map[int]int64{}
	for _, x := range seats {
		seatOf[x.Participation] = x
		if x.Booth != 0 {
			holder[x.Booth] = x.Participation
		}
	}
	code := func(booth int) string {
		if booth == 0 {
			return ""
		}
		return v.measured.Code(booth)
	}
	moves := map[int64]LayoutMove{}
	for _, a := range plan.Assignment {
		who, _ := strconv.ParseInt(a.Exhibitor, 10, 64)
		booth, _ := strconv.Atoi(a.Booth)
		out.Then[booth] = who
		if was := seatOf[who]; was.Booth != booth {
			moves[who] = LayoutMove{PlaceMove{who, booth, was.Version}, people[who], code(was.Booth), code(booth)}
		}
	}
	out.Steps = chains(moves, func(m LayoutMove) int64 {
		if _, moves := moves[holder[m.Booth]]; moves {
			return holder[m.Booth]
		}
		return 0
	})
	for i := range out.Steps {
		step := &out.Steps[i]
		step.Taken = !slices.ContainsFunc(step.Moves, func(m LayoutMove) bool { return !slices.Contains(r.Body.Taken, m.Participation) })
		step.Stale = !step.Taken && slices.ContainsFunc(step.Moves, func(m LayoutMove) bool {
			switch {
			case m.Person == nil:
				return true
			case m.Person.Placement == nil:
				return m.Version != 0
			}
			return m.Person.Placement.Version != m.Version
		})
	}
	return out, nil
}

// chains groups moves that hang together: who moves into a booth, and who gives it up.
func chains(moves map[int64]LayoutMove, gives func(LayoutMove) int64) []LayoutStep {
	root := map[int64]int64{}
	var find func(id int64) int64
	find = func(id int64) int64 {
		if r, ok := root[id]; ok && r != id {
			root[id] = find(r)
			return root[id]
		}
		return id
	}
	for id, m := range moves {
		if other := gives(m); other != 0 {
			a, b := find(id), find(other)
			root[max(a, b)] = min(a, b)
		}
	}
	ids := make([]int64, 0, len(moves))
	for id := range moves {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	at := map[int64]int{}
	var out []LayoutStep
	for _, id := range ids {
		r := find(id)
		i, ok := at[r]
		if !ok {
			i = len(out)
			at[r] = i
			out = append(out, LayoutStep{Key: r})
		}
		out[i].Moves = append(out[i].Moves, moves[id])
	}
	return out
}

// Accept takes a proposal over: the steps named by their keys, or all that are left of it. The placings go through the same rules as those made by hand; if one of them was
// changed by somebody since, or is against a rule now, nothing is taken over and the message says who.
func (s *Layouts) Accept(ctx context.Context, actor auth.Actor, id, hall, run int64, keys []int64, all bool, w Write) error {
	if err := s.places.allow(actor, auth.PlaceEdit); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "layout.accept", w, []any{id, hall, run, keys, all}, func(tx *store.Tx) (string, error) {
		r, v, err := s.load(tx, actor, id, hall, run)
		if err != nil {
			return "", err
		}
		if !r.Sound() {
			return "", fault.New(fault.State, "error.layout.unsound")
		}
		p, err := propose(r, v)
		if err != nil {
			return "", err
		}
		var moves []PlaceMove
		for _, step := range p.Steps {
			if step.Taken || !all && !slices.Contains(keys, step.Key) {
				continue
			}
			for _, m := range step.Moves {
				if m.Person == nil {
					return "", fault.New(fault.Duplicate, "error.layout.gone", m.To)
				}
				moves = append(moves, m.PlaceMove)
				r.Body.Taken = append(r.Body.Taken, m.Participation)
			}
		}
		if len(moves) == 0 {
			return "", fault.New(fault.Invalid, "error.layout.none")
		}
		if err := s.places.arrange(tx, actor, v, moves); err != nil {
			return "", err
		}
		r.Body.TakenBy, r.Body.TakenAt = actor.UserID, now
		if err := r.pack(); err != nil {
			return "", err
		}
		if err := tx.UpdateLayout(&r.LayoutRun); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, "layout.accept", store.AuditEntry{Party: string(actor.Party), Entity: "exhibition", EntityID: id, Note: fmt.Sprintf("layout %d: %d", run, len(moves))})
	})
	return err
}

// DragCost is what moving one exhibitor into a booth costs, and who else would have to move.
type DragCost struct {
	Place    *PlaceView
	Person   *PlacePerson
	Booth    *exhibition.Booth
	Blocks   []exhibition.PlaceFinding // why the booth does not suit
	Possible bool
	Before   LayoutSum
	After    LayoutSum
	Moves    []LayoutMove // the exhibitor's own first
}

// Drag says what it costs to move an exhibitor into a booth of a hall, by the weights of the last proposal for it or else the usual ones, and the best way to make room.
func (s *Layouts) Drag(ctx context.Context, actor auth.Actor, id, hall, participation int64, booth int) (*DragCost, error) {
	if err := s.places.allow(actor, auth.PlaceEdit); err != nil {
		return nil, err
	}
	var out *DragCost
	var terms exhibition.LayoutTerms
	err := s.db.View(ctx, func(tx *store.Tx) error {
		p, v, err := s.places.placeable(tx, actor, id, hall, participation)
		if err != nil {
			return err
		}
		out = &DragCost{Place: v, Person: p, Booth: v.Plan.BoothByID(booth)}
		if out.Booth == nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		terms = exhibition.DefaultLayout()
		last, err := tx.Layouts(actor.Party, id, hall, v.Wave)
		if err != nil || len(last) == 0 {
			return err
		}
		r, err := readLayout(&last[0])
		if err == nil {
			terms = r.Body.Ask
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, out.solve(actor, &terms)
}

func (d *DragCost) solve(actor auth.Actor, terms *exhibition.LayoutTerms) error {
	v := d.Place
	switch x := d.Person.Placement; {
	case x != nil && x.Locked:
		return fault.New(fault.State, "error.place.locked")
	case x != nil && x.HallID != v.Hall.ID:
		return fault.New(fault.State, "error.place.other_hall")
	}
	for _, f := range v.placing.Judge(d.Person.ID, d.Booth.ID) {
		// Who stands there and what stands near may move; the booth itself does not change.
		if f.Severity == fault.Blocking && f.Rule != exhibition.PlaceTaken && f.Other == 0 {
			d.Blocks = append(d.Blocks, f)
		}
	}
	if len(d.Blocks) > 0 {
		return nil
	}
	terms.Stay, terms.Move = exhibition.StayLocked, 0 // a person moves them: what that costs is no cost of the booth
	q := v.question(actor, terms, d.Person.ID)
	who := strconv.FormatInt(d.Person.ID, 10)
	floor := layout.Prepare(q.problem)
	moved, err := floor.Drag(q.now, who, strconv.Itoa(d.Booth.ID))
	if err != nil {
		return fmt.Errorf("dragging a booth: %w", err)
	}
	before, err := floor.Measure(q.now)
	if err != nil {
		return fmt.Errorf("measuring a placing: %w", err)
	}
	d.Before = sumOf(before)
	if d.Possible = moved.Possible; !moved.Possible {
		return nil
	}
	after, err := floor.Measure(moved.Assignment)
	if err != nil {
		return fmt.Errorf("measuring a placing: %w", err)
	}
	d.After = sumOf(after)
	people := map[string]*PlacePerson{}
	for i := range v.People {
		people[strconv.FormatInt(v.People[i].ID, 10)] = &v.People[i]
	}
	for _, x := range append([]layout.Placement{{Exhibitor: who, Booth: strconv.Itoa(d.Booth.ID)}}, moved.Repaired...) {
		p := people[x.Exhibitor]
		booth, _ := strconv.Atoi(x.Booth)
		m := LayoutMove{PlaceMove: PlaceMove{Participation: p.ID, Booth: booth}, Person: p, To: v.measured.Code(booth)}
		if p.Placement != nil {
			m.Version, m.From = p.Placement.Version, v.measured.Code(p.Placement.Booth)
		}
		if m.From != m.To {
			d.Moves = append(d.Moves, m)
		}
	}
	return nil
}
