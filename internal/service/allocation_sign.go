package service

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/model"
	"muntija/internal/store"
)

// ForceView is what forcing one exhibitor into one exhibition would cost.
type ForceView struct {
	*AllocationResult
	Row      ResultRow
	Possible bool
	Placed   bool // it has a place already
	Cost     Worth
	Dropped  []ResultRow // places of the exhibitor itself that would go
	Ways     []ForceWay  // how others could make room, the cheapest first; none needed if empty
}

// ForceWay is one way to make room.
type ForceWay struct {
	Cost Worth
	Rows []ResultRow
}

// Force returns what forcing a participation of the actor's party into a run would cost, and whom it would displace.
func (s *Allocations) Force(ctx context.Context, actor auth.Actor, id, run, participation int64) (*ForceView, error) {
	var v *ForceView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if err := auth.Allow(actor, auth.AllocationRun, partySubject(actor)); err != nil {
			return err
		}
		res, b, err := s.loadResult(tx, actor, id, run)
		if err != nil {
			return err
		}
		v = &ForceView{AllocationResult: res}
		b.mu.Lock()
		defer b.mu.Unlock()
		o, ok := b.pair[participation]
		if !ok || b.who.People[b.owner[o]].Traits.Party != actor.Party || res.Draw {
			return fault.New(fault.NotFound, "error.not_found")
		}
		names := func(pairs []int32) ([]ResultRow, error) {
			rows := make([]bookRow, len(pairs))
			for i, x := range pairs {
				rows[i] = bookRow{pair: x, state: "chosen"}
			}
			return s.fillRows(tx, actor, b, rows, res)
		}
		row, err := names([]int32{o})
		if err != nil {
			return err
		}
		v.Row = row[0]
		for _, r := range b.list() {
			if r.pair == o {
				v.Row.Reason, v.Row.State = r.reason, r.state
			}
		}
		v.Placed = v.Row.State == "chosen"
		f := b.ex.Force(int(b.owner[o]), o)
		v.Possible, v.Cost = f.Possible, WorthOf(f.Cost)
		if v.Dropped, err = names(f.Dropped); err != nil {
			return err
		}
		for _, w := range f.Displace {
			rows, err := names(w.Pairs)
			if err != nil {
				return err
			}
			v.Ways = append(v.Ways, ForceWay{WorthOf(w.Cost), rows})
		}
		return nil
	})
	return v, err
}

// Override makes another run of a run, with a participation of the actor's party forced in by one of the ways of [Allocations.Force] (from 0), for a reason that
// stays on file beside the cost. It returns the new run's id; both parties still have to sign it.
func (s *Allocations) Override(ctx context.Context, actor auth.Actor, id, run, participation int64, way int, form *intake.Words, w Write) (int64, error) {
	reason, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "allocation.override", w, []any{id, run, participation, way, reason}, func(tx *store.Tx) (string, error) {
		a, base, err := loadRun(tx, actor, auth.AllocationRun, id, run)
		if err != nil {
			return "", err
		}
		if a.Accepted != 0 || !base.Sound() || a.Terms.Rule == exhibition.RuleEqual {
			return "", fault.New(fault.State, "error.allocation.override")
		}
		b, err := s.open(&base.AllocationRun)
		if err != nil {
			return "", err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		o, ok := b.pair[participation]
		if !ok || b.who.People[b.owner[o]].Traits.Party != actor.Party {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		f := b.ex.Force(int(b.owner[o]), o)
		if _, placed := slices.BinarySearch(b.pl.Chosen, o); placed || !f.Possible || way < 0 || len(f.Displace) > 0 && way >= len(f.Displace) {
			return "", fault.New(fault.State, "error.allocation.force")
		}
		gone, cost := slices.Clone(f.Dropped), f.Cost
		ask := RunAsk{Kind: exhibition.RunOverride, Base: run, Forced: participation, Reason: reason}
		if len(f.Displace) > 0 {
			gone, cost = append(gone, f.Displace[way].Pairs...), f.Displace[way].Cost
			for _, x := range f.Displace[way].Pairs {
				ask.Displaced = append(ask.Displaced, b.participation(x))
			}
		}
		ask.Cost = cost
		chosen := slices.DeleteFunc(slices.Clone(b.pl.Chosen), func(x int32) bool { return slices.Contains(gone, x) })
		chosen = append(chosen, o)
		slices.Sort(chosen)
		pl := allocation.Rate(b.p, chosen, b.pl)
		pl.Stop = model.StopWork // the search did not make this plan
		found, err := checkPlan(b.p, pl, exhibition.RunOverride)
		if err != nil {
			return "", err
		}
		r := &RunView{AllocationRun: store.AllocationRun{AllocationID: id, Kind: exhibition.RunOverride, State: exhibition.RunDone, CreatedAt: now, Problem: base.Problem, Members: base.Members}}
		r.Body = RunBody{Ask: ask, Party: actor.Party, By: actor.UserID, Candidates: base.Body.Candidates, Pairs: base.Body.Pairs, Left: base.Body.Left, Hash: base.Body.Hash}
		answer := &answered{result: pl, chosen: len(chosen), checked: found}
		for _, x := range pl.Shortfalls {
			answer.unmet += x.Missing
		}
		answer.describe(&r.Body)
		r.Body.Points = nil
		var file bytes.Buffer
		if err := model.WritePlan(&file, b.p, pl, model.Run{Threads: 1, Solver: "muntija " + model.Version}, nil, base.Problem); err != nil {
			return "", err
		}
		r.Plan = file.Bytes()
		if err := r.pack(); err != nil {
			return "", err
		}
		if err := tx.InsertRun(&r.AllocationRun); err != nil {
			return "", err
		}
		return strconv.FormatInt(r.ID, 10), s.audit(tx, actor, a, string(auth.AllocationRun), "override: "+reason)
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// Sign turns the key of the actor's party on a run. With the last one the run holds: who has a place is invited, the others wait in the order of the rule.
func (s *Allocations) Sign(ctx context.Context, actor auth.Actor, id, run int64, w Write) (accepted bool, err error) {
	now := s.now()
	res, err := s.once(ctx, actor, "allocation.sign", w, []int64{id, run}, func(tx *store.Tx) (string, error) {
		a, r, err := loadRun(tx, actor, auth.AllocationSign, id, run)
		if err != nil {
			return "", err
		}
		switch {
		case !a.Dropped.IsZero() || !r.Sound():
			return "", fault.New(fault.State, "error.allocation.unsound")
		case a.Accepted != 0 && r.Kind != exhibition.RunReplan || a.Accepted >= r.ID:
			return "", fault.New(fault.State, "error.allocation.accepted")
		case r.Signed(actor.Party):
			return "", fault.New(fault.State, "error.exhibition.key_turned")
		case r.Version != w.Version:
			return "", fault.New(fault.Stale, "error.stale")
		}
		if other, err := signedBefore(tx, a, run, actor); err != nil {
			return "", err
		} else if other {
			return "", fault.New(fault.State, "error.allocation.other_run")
		}
		r.Body.Keys = append(r.Body.Keys, exhibition.Key{Party: actor.Party, By: actor.UserID, At: now})
		if err := r.pack(); err != nil {
			return "", err
		}
		if err := tx.UpdateRun(&r.AllocationRun); err != nil {
			return "", err
		}
		if err := s.audit(tx, actor, a, string(auth.AllocationSign), "sign"); err != nil {
			return "", err
		}
		for _, p := range a.Parties {
			if !r.Signed(p) {
				return "", nil
			}
		}
		a.Accepted, a.AcceptedAt = r.ID, now
		if err := tx.UpdateAllocation(a); err != nil {
			return "", err
		}
		if err := s.apply(tx, actor, a, &r.AllocationRun, now); err != nil {
			return "", err
		}
		return "accepted", s.audit(tx, actor, a, string(auth.AllocationSign), "accepted")
	})
	return res == "accepted", err
}

// signedBefore reports whether the actor's party has signed another run that still could be accepted: one party signs one plan. [Allocations.Unsign] takes it back.
func signedBefore(tx *store.Tx, a *exhibition.Allocation, run int64, actor auth.Actor) (bool, error) {
	runs, err := tx.Runs(a.ID)
	if err != nil {
		return false, err
	}
	for i := range runs {
		r, err := readRun(&runs[i])
		if err != nil {
			return false, err
		}
		if r.ID != run && r.ID > a.Accepted && r.Signed(actor.Party) {
			return true, nil
		}
	}
	return false, nil
}

// Unsign takes back the key of the actor's party as long as the other's is missing.
func (s *Allocations) Unsign(ctx context.Context, actor auth.Actor, id, run int64, w Write) error {
	_, err := s.once(ctx, actor, "allocation.unsign", w, []int64{id, run}, func(tx *store.Tx) (string, error) {
		a, r, err := loadRun(tx, actor, auth.AllocationSign, id, run)
		if err != nil {
			return "", err
		}
		if a.Accepted >= r.ID || !r.Signed(actor.Party) {
			return "", fault.New(fault.State, "error.allocation.unsign")
		}
		if r.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		r.Body.Keys = slices.DeleteFunc(r.Body.Keys, func(k exhibition.Key) bool { return k.Party == actor.Party })
		if err := r.pack(); err != nil {
			return "", err
		}
		if err := tx.UpdateRun(&r.AllocationRun); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, a, string(auth.AllocationSign), "unsign")
	})
	return err
}

// answerLife is how long an exhibitor that a plan chose has to answer, if the exhibition does not begin sooner.
const answerLife = 7 * 24 * time.Hour

// applying is one exhibition into which a signed plan is written.
type applying struct {
	e      *exhibition.Exhibition
	list   []exhibition.Participation
	at     map[int64]int // index in list
	ranked map[int]int   // last rank given, by wave
	freed  []int         // chosen ones that are not there any more: their places are filled
}

// apply writes a signed plan into the exhibitions, under the same upper bounds as any invitation. Who was chosen and has withdrawn meanwhile leaves the place to the
// waiting list.
func (s *Allocations) apply(tx *store.Tx, actor auth.Actor, a *exhibition.Allocation, run *store.AllocationRun, now time.Time) error {
	b, err := s.open(run)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	shows, order := map[int64]*applying{}, []*applying{}
	for _, slot := range b.who.Slots {
		if shows[slot.Exhibition] != nil {
			continue
		}
		x := &applying{at: map[int64]int{}, ranked: map[int]int{}}
		if x.e, err = tx.ExhibitionByID("", slot.Exhibition); err != nil {
			return err
		}
		if x.list, err = tx.Participations(slot.Exhibition, store.ParticipationQuery{Limit: noLimit}); err != nil {
			return err
		}
		for i := range x.list {
			x.at[x.list[i].ID] = i
		}
		if x.e.Open() {
			shows[slot.Exhibition], order = x, append(order, x)
		}
	}
	season, err := tallySeason(tx, a)
	if err != nil {
		return err
	}
	save := func(p *exhibition.Participation, from exhibition.State) error {
		if err := tx.UpdateParticipation(p); err != nil {
			return err
		}
		if from == p.State {
			return nil
		}
		return participationAudit(tx, actor, now, string(auth.SelectionDecide), p, from, "allocation "+strconv.FormatInt(run.ID, 10))
	}
	rows := b.list()
	// Invitations that a mended plan takes back come first, so that there is room for who is new.
	for pass := range 2 {
		for _, row := range rows {
			slot := b.who.Slots[b.p.Exh[row.pair]]
			x := shows[slot.Exhibition]
			if x == nil {
				continue
			}
			p := &x.list[x.at[b.participation(row.pair)]]
			from := p.State
			chosen := row.state == "chosen"
			if pass == 0 && !chosen && from == exhibition.Invited {
				season.add(p, -1)
			}
			p.Traits = *b.who.People[b.owner[row.pair]].Traits
			switch {
			case pass == 0 && !chosen && (from == exhibition.Eligible || from == exhibition.Waiting || from == exhibition.Invited):
				x.ranked[p.Wave]++
				if err := p.Stand(now, x.ranked[p.Wave]); err != nil {
					return err
				}
			case pass == 1 && chosen && (from == exhibition.Eligible || from == exhibition.Waiting):
				deadline, ok := answerBy(&x.e.Terms, p.Wave, now, answerLife)
				if !ok {
					return fault.New(fault.State, "error.allocation.begun", x.e.Terms.Name)
				}
				if err := x.e.Terms.MayReplace(x.list, p.Wave, p.Traits); err != nil {
					return err
				}
				if err := season.mayInvite(p); err != nil {
					return err
				}
				season.add(p, 1)
				if err := p.Invite(now, deadline); err != nil {
					return err
				}
			case pass == 1 && chosen && from.Ended():
				x.freed = append(x.freed, x.at[p.ID])
				continue
			default:
				continue
			}
			if err := save(p, from); err != nil {
				return err
			}
		}
	}
	for _, x := range order {
		// Who waits and was no candidate, for papers or days, stays behind those whom the plan put in order.
		for i := range x.list {
			p := &x.list[i]
			if _, candidate := b.pair[p.ID]; candidate || p.State != exhibition.Waiting {
				continue
			}
			x.ranked[p.Wave]++
			if err := p.Stand(now, x.ranked[p.Wave]); err != nil {
				return err
			}
			if err := save(p, exhibition.Waiting); err != nil {
				return err
			}
		}
		for _, i := range x.freed {
			if err := s.exhibitions.fill(tx, actor, x.e, &x.list[i], now); err != nil {
				return err
			}
		}
	}
	return nil
}
