package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// What both parties say for the plan of a season: rules, wishes of exhibitions, and each party of its own venues, people and budget.

// Book returns what is on file for the plan of a season, as the actor's party may see it.
func (s *SeasonPlans) Book(ctx context.Context, actor auth.Actor, id int64) (*SeasonBook, error) {
	var b *SeasonBook
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if b, err = s.loadBook(tx, actor, auth.SeasonPlanView, id); err == nil {
			b.hideOthers(actor.Party)
		}
		return err
	})
	return b, err
}

// part is a change of one part: said decides on it under the book that is on file.
type part struct {
	kind    string
	ref     int64 // 0 of a new person: the next number
	party   place.Country
	version int64
	note    string
	changes []registry.Change
	body    any
}

// put stores a part. A part that nobody wrote yet is at version 0.
func (s *SeasonPlans) put(ctx context.Context, actor auth.Actor, season int64, op string, content any, w Write, said func(*store.Tx, *SeasonBook) (*part, error)) (int64, error) {
	res, err := s.once(ctx, actor, op, w, []any{season, content}, func(tx *store.Tx) (string, error) {
		b, err := s.loadBook(tx, actor, auth.SeasonPlanEdit, season)
		if err != nil {
			return "", err
		}
		p, err := said(tx, b)
		if err != nil {
			return "", err
		}
		body, err := json.Marshal(p.body)
		if err != nil {
			return "", fmt.Errorf("writing a part of season %d: %w", season, err)
		}
		if p.version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		row := &store.SeasonPart{SeasonID: season, Kind: p.kind, Ref: p.ref, Party: p.party, Body: body}
		parts, err := tx.SeasonParts(season)
		if err != nil {
			return "", err
		}
		if old := partOf(parts, p.kind, p.ref); old != nil {
			row.ID, row.Version = old.ID, old.Version
		}
		if err := tx.PutSeasonPart(row); err != nil {
			return "", err
		}
		return strconv.FormatInt(row.ID, 10), audit(tx, actor, s.now(), string(auth.SeasonPlanEdit), store.AuditEntry{Entity: "season", EntityID: season, Note: p.note, Changes: p.changes})
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// PutRules says how the rules are applied: each change of ignore, warn and block stands in the log.
func (s *SeasonPlans) PutRules(ctx context.Context, actor auth.Actor, season int64, form *intake.SeasonRules, w Write) error {
	rules, ps := form.Check(s.context(actor), SeasonRuleNames())
	if err := ps.Err(); err != nil {
		return err
	}
	_, err := s.put(ctx, actor, season, "season_plan.rules", form, w, func(_ *store.Tx, b *SeasonBook) (*part, error) {
		old := *b
		b.Rules = rules
		var changes []registry.Change
		add := func(path string, was, is any) {
			if x, y := fmt.Sprint(was), fmt.Sprint(is); x != y {
				changes = append(changes, registry.Change{Path: path, Class: string(auth.ClassCase), Old: x, New: y})
			}
		}
		for _, name := range SeasonRuleNames() {
			was, is := old.RuleSetting(name), b.RuleSetting(name)
			add("rules."+name, fmt.Sprintf("%s %d", was.Mode, was.Cost), fmt.Sprintf("%s %d", is.Mode, is.Cost))
		}
		x, y := old.Rules, rules
		add("build", x.Build, y.Build)
		add("dismantle", x.Dismantle, y.Dismantle)
		add("gap", x.Gap, y.Gap)
		add("lead", x.Lead, y.Lead)
		add("difference", x.Difference, y.Difference)
		add("parallel", x.Parallel, y.Parallel)
		add("seconds", x.Seconds, y.Seconds)
		add("holidays", x.HolidayDays, y.HolidayDays)
		return &part{kind: partRules, version: old.RulesVersion, note: "rules", changes: changes, body: rules}, nil
	})
	return err
}

// PutShow says what is wanted of an exhibition. People of the other party that the exhibition needs are not the actor's to take away.
func (s *SeasonPlans) PutShow(ctx context.Context, actor auth.Actor, season, id int64, form *intake.SeasonShow, w Write) error {
	wish, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	_, err := s.put(ctx, actor, season, "season_plan.show", []any{id, form}, w, func(_ *store.Tx, b *SeasonBook) (*part, error) {
		e := b.Entry(id)
		if e == nil {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		x := wish
		var ps fault.Problems
		if len(e.Terms.Waves) > 0 && x.Days != 0 && x.Days != e.Terms.Days() {
			ps.Add("days", "problem.season_plan.waves")
		}
		for _, v := range x.Venues {
			if p := b.Place(strconv.FormatInt(v, 10)); p == nil {
				ps.Add("venues", "problem.choice")
			}
		}
		for i, v := range x.Likes {
			switch field := fmt.Sprintf("like_%d", i+1); {
			case b.Place(strconv.FormatInt(v, 10)) == nil:
				ps.Add(field, "problem.choice")
			case len(x.Venues) > 0 && !slices.Contains(x.Venues, v):
				ps.Add(field, "problem.season_plan.liked_barred")
			}
		}
		x.People = nil
		for _, p := range b.People {
			mine, chosen := p.Party == actor.Party, slices.Contains(wish.People, p.ID)
			if mine && chosen || !mine && slices.Contains(e.Wish.People, p.ID) {
				x.People = append(x.People, p.ID)
			}
		}
		for _, o := range x.Apart {
			if b.Entry(o) == nil || o == id {
				ps.Add("apart", "problem.choice")
			}
		}
		for _, list := range []struct {
			field string
			days  []exhibition.Days
		}{{"windows", x.Windows}, {"prefer", x.Prefer}} {
			for i, d := range list.days {
				if d.Last.Before(b.Season.First) || d.First.After(b.Season.Last) {
					ps.Add(fmt.Sprintf("%s[%d].first", list.field, i), "problem.season_plan.outside")
				}
			}
		}
		return &part{kind: partExhibition, ref: id, version: e.Version, note: "exhibition " + strconv.FormatInt(id, 10), body: x}, ps.Err()
	})
	return err
}

// PutVenue says what a party's own venue offers in a season.
func (s *SeasonPlans) PutVenue(ctx context.Context, actor auth.Actor, season, id int64, form *intake.SeasonVenue, w Write) error {
	said, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	_, err := s.put(ctx, actor, season, "season_plan.venue", []any{id, form}, w, func(_ *store.Tx, b *SeasonBook) (*part, error) {
		v := b.Place(strconv.FormatInt(id, 10))
		if v == nil || v.Party != actor.Party {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		var ps fault.Problems
		for i, h := range said.Holds {
			if b.Entry(h.Exhibition) == nil {
				ps.Add(fmt.Sprintf("holds[%d].exhibition", i), "problem.choice")
			}
		}
		return &part{kind: partVenue, ref: id, party: actor.Party, version: v.Version, note: "venue " + strconv.FormatInt(id, 10), body: said}, ps.Err()
	})
	return err
}

// PutPerson enters one of the own party's people (id 0), or changes what is said of them. It returns their number.
func (s *SeasonPlans) PutPerson(ctx context.Context, actor auth.Actor, season, id int64, form *intake.SeasonPerson, w Write) (int64, error) {
	said, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	return s.put(ctx, actor, season, "season_plan.person", []any{id, form}, w, func(tx *store.Tx, b *SeasonBook) (*part, error) {
		p := &part{kind: partPerson, party: actor.Party, note: "person", body: said}
		if id == 0 {
			p.version = w.Version // a new one is made on nothing
			parts, err := tx.SeasonParts(season)
			for _, x := range parts {
				if x.Kind == partPerson {
					p.ref = max(p.ref, x.Ref)
				}
			}
			p.ref++
			return p, err
		}
		for _, x := range b.People {
			if x.ID == id && x.Party == actor.Party {
				parts, err := tx.SeasonParts(season)
				for _, y := range parts {
					if y.ID == id {
						p.ref = y.Ref
					}
				}
				p.version, p.note = x.Version, "person "+strconv.FormatInt(id, 10)
				return p, err
			}
		}
		return nil, fault.New(fault.NotFound, "error.not_found")
	})
}

// PutBudget says what the rents of the own party's venues may come to.
func (s *SeasonPlans) PutBudget(ctx context.Context, actor auth.Actor, season int64, form *intake.SeasonBudget, w Write) error {
	said, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	_, err := s.put(ctx, actor, season, "season_plan.budget", form, w, func(_ *store.Tx, b *SeasonBook) (*part, error) {
		p := &part{kind: partBudget, ref: int64(1 + slices.Index(place.Countries(), actor.Party)), party: actor.Party, note: "budget", body: said}
		if m := b.Budgets[actor.Party]; m != nil {
			p.version = m.Version
		}
		return p, nil
	})
	return err
}
