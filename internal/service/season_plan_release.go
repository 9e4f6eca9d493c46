package service

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/store"
)

// Sign turns the key of the actor's party on exactly the list of changes that has the hash. With the last key the plan is released: it moves the exhibitions' terms, and
// the plan that held before is retired. It reports whether that happened.
//
// The keys are those of the exhibitions' terms too: both parties have signed these very days and places, so what was agreed changes as by a wish and its agreement, and
// nothing else of the terms does ([exhibition.Exhibition.Move]).
func (s *SeasonPlans) Sign(ctx context.Context, actor auth.Actor, id, draft int64, hash string, w Write) (released bool, err error) {
	now := s.now()
	res, err := s.once(ctx, actor, "season_plan.sign", w, []any{id, draft, hash}, func(tx *store.Tx) (string, error) {
		if err := auth.Allow(actor, auth.SeasonPlanSign, partySubject(actor)); err != nil {
			return "", err
		}
		v, err := s.open(tx, actor, id, draft)
		if err != nil {
			return "", err
		}
		d := v.Draft
		switch {
		case d.State != exhibition.SeasonDrafted:
			return "", fault.New(fault.State, "error.season_plan.not_draft")
		case d.Version != w.Version || v.Hash != hash:
			return "", fault.New(fault.Stale, "error.stale")
		case len(v.plan) == 0:
			return "", fault.New(fault.State, "error.season_plan.empty")
		case len(v.Broken) > 0:
			return "", fault.New(fault.State, "error.season_plan.broken", fault.Key("enum.season_rule."+string(v.Broken[0])))
		}
		if err := s.mayMove(tx, v); err != nil { // the second key must not find what the first could have been told
			return "", err
		}
		all, err := d.Sign(exhibition.SeasonKey{Key: exhibition.Key{Party: actor.Party, By: actor.UserID, At: now}, Hash: hash})
		if err != nil {
			return "", err
		}
		if err := s.audit(tx, actor, id, auth.SeasonPlanSign, seasonNote("draft", strconv.FormatInt(draft, 10), hash)); err != nil {
			return "", err
		}
		if !all {
			return "", tx.UpdateSeasonDraft(d)
		}
		if err := s.release(tx, actor, v, now); err != nil {
			return "", err
		}
		return "released", s.audit(tx, actor, id, auth.SeasonPlanSign, seasonNote("released", strconv.FormatInt(draft, 10), hash))
	})
	return res == "released", err
}

// Unsign takes the key of the actor's party back as long as the other's is missing.
func (s *SeasonPlans) Unsign(ctx context.Context, actor auth.Actor, id, draft int64, w Write) error {
	_, err := s.once(ctx, actor, "season_plan.unsign", w, []int64{id, draft}, func(tx *store.Tx) (string, error) {
		d, err := s.loadDraft(tx, actor, auth.SeasonPlanSign, id, draft)
		if err != nil {
			return "", err
		}
		if d.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		if err := d.Unsign(actor.Party, s.now()); err != nil {
			return "", err
		}
		if err := tx.UpdateSeasonDraft(d); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, id, auth.SeasonPlanSign, seasonNote("unsign", strconv.FormatInt(draft, 10)))
	})
	return err
}

// moved returns the terms that a line of the plan gives an exhibition.
func (v *SeasonBoard) moved(e *SeasonEntry, l *exhibition.SeasonLine) exhibition.Terms {
	t := e.Terms.Shift(l.First)
	if len(t.Waves) == 0 {
		t.Last = l.Last
	}
	p := v.Place(l.Venue)
	if p == nil || p.Word != 0 || p.ID == t.VenueID {
		return t
	}
	t.VenueID, t.HallID, t.Venue, t.VenueEN, t.City, t.Host = p.ID, 0, p.Name.AR, p.Name.In("en"), p.City.AR, p.Party
	return t
}

// moving calls fn with each exhibition whose terms the plan changes.
func (v *SeasonBoard) moving(fn func(e *SeasonEntry, t *exhibition.Terms) error) error {
	lines := v.lines()
	for i := range lines {
		e := v.Entry(lines[i].Exhibition)
		if e.Fixed {
			continue
		}
		t := v.moved(e, &lines[i])
		if len(exhibition.Compare(&e.Terms, &t)) == 0 {
			continue
		}
		if err := fn(e, &t); err != nil {
			return err
		}
	}
	return nil
}

// mayMove refuses a plan whose terms could not be changed: a change that waits for a key, a call that would close after the first day, places that are held.
func (s *SeasonPlans) mayMove(tx *store.Tx, v *SeasonBoard) error {
	return v.moving(func(e *SeasonEntry, t *exhibition.Terms) error {
		if e.Pending != nil {
			return fault.New(fault.State, "error.season_plan.pending", e.Terms.Name)
		}
		for _, p := range e.Terms.Parties {
			c, err := tx.CallOf(p, e.ID)
			if err != nil {
				return err
			}
			if c != nil && !c.Closes.Before(t.First) {
				return fault.New(fault.State, "error.season_plan.call", e.Terms.Name)
			}
		}
		if t.Check().Err() != nil {
			return fault.New(fault.State, "error.season_plan.terms", e.Terms.Name)
		}
		return heldFits(tx, &e.Exhibition, t)
	})
}

// release makes the plan hold.
func (s *SeasonPlans) release(tx *store.Tx, actor auth.Actor, v *SeasonBoard, now time.Time) error {
	d := v.Draft
	var keys []exhibition.Key
	for _, k := range d.Keys {
		keys = append(keys, k.Key)
	}
	lines, changes, hash := v.lines(), v.Changes, v.Hash
	err := v.moving(func(e *SeasonEntry, t *exhibition.Terms) error {
		x := e.Exhibition
		diffs := exhibition.Compare(&x.Terms, t)
		if err := x.Move(keys, now, *t, ""); err != nil {
			if _, bad := problemsOf(err); bad {
				return fault.New(fault.State, "error.season_plan.terms", e.Terms.Name)
			}
			return err
		}
		if err := tx.UpdateExhibition(&x); err != nil {
			return err
		}
		if err := s.exhibitions.seatAgain(tx, &x); err != nil {
			return err
		}
		if err := s.exhibitions.tie(tx, actor, &x); err != nil {
			return err
		}
		if err := s.exhibitions.note(tx, actor, &x, "season", "", diffs); err != nil {
			return err
		}
		return s.exhibitions.exhibitionAudit(tx, actor, &x, string(auth.SeasonPlanSign), "season plan "+strconv.FormatInt(d.ID, 10), changesOf(diffs)...)
	})
	if err != nil {
		return err
	}
	old, err := tx.SeasonPlan(d.SeasonID)
	if err != nil {
		return err
	}
	if old != nil {
		old.State = exhibition.SeasonRetired
		if err := tx.UpdateSeasonDraft(old); err != nil {
			return err
		}
	}
	d.State, d.Lines, d.Changes, d.Hash, d.ReleasedAt, d.UpdatedAt = exhibition.SeasonReleased, slices.Clone(lines), changes, hash, now, now
	return tx.UpdateSeasonDraft(d)
}

func problemsOf(err error) (fault.Problems, bool) {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		return f.Problems, len(f.Problems) > 0
	}
	return nil, false
}
