package service

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/store"
)

// Audit shows the log that every other use-case writes: who did what, when, from where, old → new. Nothing here changes an entry; the log has no
// such operation.
type Audit struct {
	core
	verifying sync.Mutex
}

// AuditEntry is an entry as one person may see it. Changes of a family hold what the person's role sees of the record.
type AuditEntry struct {
	store.AuditEntry
	Withheld int // changes left out because the role does not see their class
}

// AuditPage is one page of the log, newest first.
type AuditPage struct {
	Entries []AuditEntry
	Next    int64 // for AuditQuery.Before; 0 at the end
}

// Named is a person to choose from in a filter.
type Named struct {
	ID   int64
	Name string
}

// List returns entries of the actor's party. q.Before and the returned Next page through it by key.
func (s *Audit) List(ctx context.Context, actor auth.Actor, q store.AuditQuery) (*AuditPage, error) {
	reach, err := auth.ReachOf(actor, auth.AuditView)
	if err != nil {
		return nil, err
	}
	var page *AuditPage
	err = s.db.View(ctx, func(tx *store.Tx) error {
		page, err = auditPage(tx, actor, store.Scope{Party: reach.Party}, q)
		return err
	})
	return page, err
}

// People returns the accounts of the actor's party by name, for the log's filter.
func (s *Audit) People(ctx context.Context, actor auth.Actor) ([]Named, error) {
	reach, err := auth.ReachOf(actor, auth.AuditView)
	if err != nil {
		return nil, err
	}
	var out []Named
	err = s.db.View(ctx, func(tx *store.Tx) error {
		users, err := tx.ListUsers(reach.Party)
		out = out[:0]
		for i := range users {
			out = append(out, Named{users[i].ID, users[i].Name})
		}
		return err
	})
	slices.SortFunc(out, func(a, b Named) int {
		return cmp.Or(cmp.Compare(arabic.SortKey(a.Name), arabic.SortKey(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return out, err
}

// FamilyHistory is the log of one family.
type FamilyHistory struct {
	ID           int64
	Name, Number string
	AuditPage
}

// History returns what happened to one family, and who looked at its protected numbers, to whom may see the family's history. Values are as the role
// sees them; from where somebody worked is for administrators. before is the Next of the page before, 0 for the first.
func (s *Audit) History(ctx context.Context, actor auth.Actor, familyID, before int64) (*FamilyHistory, error) {
	var out *FamilyHistory
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, err := load(tx, actor, auth.HistoryView, familyID)
		if err != nil {
			return err
		}
		page, err := auditPage(tx, actor, store.Scope{Party: f.Party}, store.AuditQuery{Entity: "family", EntityID: familyID, Before: before})
		if err != nil {
			return err
		}
		if !auth.Can(actor, auth.AuditView) {
			for i := range page.Entries {
				page.Entries[i].Address = ""
			}
		}
		out = &FamilyHistory{ID: f.ID, Name: f.Record.Lead.DisplayName(), Number: string(f.Status.Number), AuditPage: *page}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func auditPage(tx *store.Tx, actor auth.Actor, scope store.Scope, q store.AuditQuery) (*AuditPage, error) {
	if q.Limit < 1 || q.Limit > 200 {
		q.Limit = 15 // the people and actions of the filter take half of a page that stays under 60 KB
	}
	limit := q.Limit
	if q.Limit < 200 {
		q.Limit++ // one more tells whether there is a next page
	}
	rows, err := tx.ListAudit(scope, q)
	if err != nil {
		return nil, err
	}
	page := &AuditPage{}
	if len(rows) > limit || limit == 200 && len(rows) == 200 {
		rows = rows[:limit]
		page.Next = rows[limit-1].Seq
	}
	for _, r := range rows {
		page.Entries = append(page.Entries, seenEntry(actor, r))
	}
	return page, nil
}

// seenEntry leaves of an entry what the actor may see: of families the classes of the role, of everything else all (only administrators get here).
func seenEntry(actor auth.Actor, e store.AuditEntry) AuditEntry {
	out := AuditEntry{AuditEntry: e}
	if e.Entity == "family" {
		out.Changes = seenChanges(actor, e.Changes)
		out.Withheld = len(e.Changes) - len(out.Changes)
	}
	return out
}

// Verify walks the whole chain of hashes and says whether it holds, and where it first does not. The walk is itself an entry, written after it. One runs at
// a time.
func (s *Audit) Verify(ctx context.Context, actor auth.Actor) (*store.AuditReport, error) {
	if err := auth.Allow(actor, auth.AuditVerify, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	if !s.verifying.TryLock() {
		return nil, fault.New(fault.Limited, "people.verify_running")
	}
	defer s.verifying.Unlock()
	report, err := store.VerifyAudit(ctx, s.db)
	if err != nil {
		return nil, err
	}
	note := "whole"
	if report.FirstBroken != 0 || report.Reason != "" {
		note = "broken:" + report.Reason
	}
	now := s.now()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		return audit(tx, actor, now, string(auth.AuditVerify), store.AuditEntry{Entity: "audit", Note: note})
	})
	if err != nil {
		return nil, err
	}
	return &report, nil
}
