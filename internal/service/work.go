package service

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Work is what waits for a person.
type Work struct {
	Counts store.WorkCounts
	Queues []Queue
}

// Queue is one heap of waiting families: the first of them, and the query of the whole.
type Queue struct {
	Key   string // message key "work.<key>"
	Query store.FamilyQuery
	Rows  []store.FamilyRow
	Total int
	Ends  map[int64][]programme.End // of the queue "papers": what ends, by family
}

// Work returns the actor's queues, the ones with something in them first.
func (s *Families) Work(ctx context.Context, actor auth.Actor) (*Work, error) {
	reach, err := auth.ReachOf(actor, auth.WorkView)
	if err != nil {
		return nil, err
	}
	today := s.today()
	soon := today.AddDays(registry.RenewalWindow)
	state := func(st ...registry.State) []string {
		var out []string
		for _, x := range st {
			out = append(out, string(x))
		}
		return out
	}
	mine := actor.UserID
	ends := store.FamilyQuery{States: state(registry.Approved), DateField: store.DateEnds, From: today.AddDays(-programme.RenewalPast), To: today.AddDays(programme.RenewalNotice), Sort: store.SortEnds}
	myEnds := ends
	myEnds.EnteredBy = mine
	out := &Work{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if out.Counts, err = tx.WorkCounts(scopeOf(reach, mine), mine, soon); err != nil {
			return err
		}
		c := out.Counts
		var queues []Queue
		switch actor.Role {
		case auth.FieldWorker:
			queues = []Queue{
				{Key: "returned", Query: store.FamilyQuery{States: state(registry.Returned), EnteredBy: mine, Sort: store.SortSubmitted}, Total: c.Returned},
				{Key: "drafts", Query: store.FamilyQuery{States: state(registry.Draft), EnteredBy: mine}, Total: c.Drafts},
				{Key: "renewals", Query: store.FamilyQuery{States: state(registry.Approved), EnteredBy: mine, DateField: store.DateValidUntil, To: soon, Sort: store.SortValidUntil}, Total: c.RenewalsDue},
				{Key: "papers", Query: myEnds, Total: -1},
			}
		case auth.Reviewer:
			queues = []Queue{
				{Key: "under_review", Query: store.FamilyQuery{States: state(registry.UnderReview), ReviewerID: mine, Sort: store.SortSubmitted}, Total: c.UnderMyReview},
				{Key: "waiting", Query: store.FamilyQuery{States: state(registry.Submitted), NotEnteredBy: mine, Sort: store.SortSubmitted}, Total: c.WaitingReview},
				{Key: "amendments", Query: store.FamilyQuery{Amendment: true, Sort: store.SortOldest}, Total: c.AmendmentsWait},
				{Key: "renewals", Query: store.FamilyQuery{States: state(registry.Approved), DateField: store.DateValidUntil, To: soon, Sort: store.SortValidUntil}, Total: c.RenewalsDue},
				{Key: "papers", Query: ends, Total: -1},
				{Key: "returned", Query: store.FamilyQuery{States: state(registry.Returned), EnteredBy: mine, Sort: store.SortSubmitted}, Total: c.Returned},
				{Key: "drafts", Query: store.FamilyQuery{States: state(registry.Draft), EnteredBy: mine}, Total: c.Drafts},
			}
		case auth.Coordinator:
			queues = []Queue{{Key: "approved_recently", Query: store.FamilyQuery{States: state(registry.Approved), DateField: store.DateDecided, From: today.AddDays(-30)}, Total: -1}}
		case auth.Analyst:
			queues = []Queue{{Key: "submitted_recently", Query: store.FamilyQuery{DateField: store.DateSubmitted, From: today.AddDays(-7)}, Total: -1}}
		case auth.Administrator:
			queues = []Queue{{Key: "waiting_long", Query: store.FamilyQuery{States: state(registry.Submitted, registry.UnderReview), DateField: store.DateSubmitted, To: today.AddDays(-14), Sort: store.SortSubmitted}, Total: -1}}
		}
		for _, q := range queues {
			if q.Total != 0 {
				query := q.Query
				query.Limit = 6
				page, err := tx.ListFamilies(scopeOf(reach, query.EnteredBy), query)
				if err != nil {
					return err
				}
				q.Rows = page.Rows
				for i := range q.Rows {
					hideRow(actor, &q.Rows[i])
				}
				if q.Total < 0 {
					q.Total = page.Total
				}
				if query.DateField == store.DateEnds {
					ids := make([]int64, len(q.Rows))
					for i := range q.Rows {
						ids[i] = q.Rows[i].ID
					}
					if q.Ends, err = tx.EndingsOf(ids, query.From, query.To); err != nil {
						return err
					}
				}
			}
			out.Queues = append(out.Queues, q)
		}
		return nil
	})
	return out, err
}

// Limits on saved filters.
const (
	maxFilters     = 30
	maxFilterName  = 60
	maxFilterQuery = 1000
)

// SavedFilters returns the actor's named filters of the list of families.
func (s *Families) SavedFilters(ctx context.Context, actor auth.Actor) ([]store.SavedFilter, error) {
	if !auth.Can(actor, auth.FilterSave) {
		return nil, nil
	}
	var out []store.SavedFilter
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		out, err = tx.FiltersOf(actor.UserID, "families")
		return err
	})
	return out, err
}

// SaveFilter keeps a query of the list of families under a name.
func (s *Families) SaveFilter(ctx context.Context, actor auth.Actor, name, query string, w Write) error {
	if !auth.Can(actor, auth.FilterSave) {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	name = strings.TrimSpace(name)
	var p fault.Problems
	switch {
	case name == "":
		p.Add("name", "problem.required")
	case utf8.RuneCountInString(name) > maxFilterName:
		p.Add("name", "problem.too_long", maxFilterName)
	case len(query) > maxFilterQuery:
		p.Add("name", "problem.filter_too_long")
	}
	if err := p.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "filter.save", w, [2]string{name, query}, func(tx *store.Tx) (string, error) {
		have, err := tx.FiltersOf(actor.UserID, "families")
		if err != nil {
			return "", err
		}
		if len(have) >= maxFilters {
			return "", fault.New(fault.State, "error.too_many_filters", maxFilters)
		}
		return "", tx.InsertFilter(&store.SavedFilter{UserID: actor.UserID, Page: "families", Name: name, Query: query, CreatedAt: now})
	})
	return err
}

// DeleteFilter forgets one of the actor's filters.
func (s *Families) DeleteFilter(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	_, err := s.once(ctx, actor, "filter.delete", w, id, func(tx *store.Tx) (string, error) {
		return "", tx.DeleteFilter(actor.UserID, id)
	})
	return err
}
