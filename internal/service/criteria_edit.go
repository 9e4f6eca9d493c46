package service

import (
	"context"
	"fmt"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/store"
)

// Seed gives a party its first set of criteria: body is a set as JSON, published as it says itself. A party that has any set, be it a draft, is
// left alone, so that it may run at each start. It reports whether it made one.
func (s *Criteria) Seed(ctx context.Context, actor auth.Actor, body []byte) (made bool, err error) {
	set, problems := criteria.ParseSet(body)
	if set == nil {
		return false, fmt.Errorf("reading the criteria that come with the program: %w", problems.Err())
	}
	if err := s.allow(actor, auth.CriteriaPublish, set.Party); err != nil {
		return false, err
	}
	if _, err := criteria.Compile(set); err != nil {
		return false, fmt.Errorf("compiling the criteria that come with the program: %w", err)
	}
	actor.Party = set.Party
	now := s.now()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		made = false
		rows, err := tx.ListCriteriaSets(set.Party)
		if err != nil || len(rows) > 0 {
			return err
		}
		row := &store.CriteriaSet{Party: set.Party, ValidFrom: set.ValidFrom, ValidTo: set.ValidTo, CreatedBy: actor.UserID, CreatedAt: now, UpdatedAt: now}
		first := *set
		first.Version, first.Status = 1, criteria.Published
		if row.Body, err = first.JSON(); err != nil {
			return err
		}
		if err := tx.InsertCriteriaSet(row); err != nil {
			return err
		}
		if err := tx.PublishCriteriaSet(row, actor.UserID, now); err != nil {
			return err
		}
		made = true
		return audit(tx, actor, now, "criteria.seed", store.AuditEntry{Entity: "criteria_set", EntityID: row.ID})
	})
	return made && err == nil, err
}

// allow asks for an action on the criteria of a party; what belongs to another party is as if it did not exist.
func (s *Criteria) allow(actor auth.Actor, action auth.Action, party place.Country) error {
	if party == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return auth.Allow(actor, action, auth.Subject{Party: party})
}
