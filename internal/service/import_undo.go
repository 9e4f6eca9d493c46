package service

import (
	"context"
	"encoding/json"
	"fmt"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// What an undo made of a row. The texts are stored.
const (
	undoDone     = "undone"
	undoConflict = "conflict" // the family was saved since: it is left as it is
)

// undoBatch is small: each family is loaded and saved by itself.
const undoBatch = 100

// importUndo goes the journal backwards. Rows that are done say so, so that it needs no cursor to go on.
func (s *Imports) importUndo(ctx context.Context, job *store.Job) error {
	im, _, err := s.importer(ctx, job)
	if err != nil {
		return err
	}
	counts, err := countsOf(im.m)
	if err != nil {
		return err
	}
	before := im.m.DoneSeq + 1
	for {
		now := s.now()
		next, sum, upto, n := *job, counts.copy(), before, 0
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			next, sum, upto = *job, counts.copy(), before
			rows, err := tx.ImportRows(im.m, store.ImportRowQuery{Outcomes: []string{string(RowNew), string(RowDraft), string(RowChanged), string(RowAmended), string(RowProducts)}, Undo: []string{""},
				Before: before, Limit: undoBatch, Bodies: true, Descended: true})
			if err != nil {
				return err
			}
			if n = len(rows); n == 0 {
				return nil
			}
			for i := range rows {
				r := &rows[i]
				upto = r.Seq
				if r.FamilyVersion == 0 && Outcome(r.Outcome) != RowProducts {
					continue
				}
				done, err := im.takeBack(tx, r)
				if err != nil {
					return fmt.Errorf("row %d: %w", r.Row, err)
				}
				if r.Undo = undoConflict; done {
					r.Undo = undoDone
					sum.Undone++
				} else {
					sum.Conflicts++
				}
			}
			if err := tx.PutImportRows(im.m, rows); err != nil {
				return err
			}
			next.Done += int64(n)
			next.Total = max(next.Total, next.Done)
			return tx.ProgressJob(&next, now)
		})
		if err != nil {
			return err
		}
		*job, counts, before = next, sum, upto
		if s.onBatch != nil {
			s.onBatch()
		}
		if n < undoBatch {
			break
		}
	}
	counts, err = s.undoCounts(ctx, im.m, counts)
	if err != nil {
		return err
	}
	job.Total = job.Done
	return s.jobs.finish(ctx, job, store.JobDone, func(tx *store.Tx) error {
		if err := tx.CloseHints(im.m, undoDone); err != nil {
			return err
		}
		if err := im.settle(tx, ImportUndone, counts, s.now()); err != nil {
			return err
		}
		return importAudit(tx, im.actor, s.now(), "import.undone", im.m, fmt.Sprintf("undone %d, kept %d", counts.Undone, counts.Conflicts))
	})
}

// undoCounts counts from the journal: a run that was killed does not know what it counted.
func (s *Imports) undoCounts(ctx context.Context, m *store.Import, c ImportCounts) (ImportCounts, error) {
	err := s.db.View(ctx, func(tx *store.Tx) error {
		for _, x := range []struct {
			undo string
			n    *int64
		}{{undoDone, &c.Undone}, {undoConflict, &c.Conflicts}} {
			rows, err := tx.ImportRows(m, store.ImportRowQuery{Undo: []string{x.undo}})
			if err != nil {
				return err
			}
			*x.n = int64(len(rows))
		}
		return nil
	})
	return c, err
}

// takeBack undoes one row, family and products. It reports false if one of them was saved since: then that work counts more, and the row stays as it is.
func (im *importer) takeBack(tx *store.Tx, r *store.ImportRow) (bool, error) {
	f, err := tx.FamilyByID(store.Scope{Party: im.m.Party}, r.FamilyID)
	if err != nil {
		return false, err
	}
	if f.Version != r.FamilyVersion && r.FamilyVersion != 0 {
		return false, nil
	}
	body, err := bodyOf(r)
	if err != nil {
		return false, err
	}
	products, ok, err := im.productsOf(tx, f, body.Products)
	if err != nil || !ok {
		return false, err
	}
	switch Outcome(r.Outcome) {
	case RowProducts:
	case RowNew, RowDraft:
		ok, err = im.takeBackNew(tx, f)
	case RowAmended:
		ok, err = im.takeBackAmendment(tx, f)
	default:
		ok, err = im.takeBackChange(tx, f, body.Before)
	}
	if err != nil || !ok {
		return false, err
	}
	return true, im.takeBackProducts(tx, f, products, body.Products)
}

// takeBackNew withdraws a family that the import entered: what was in the registry leaves a trace. Its number and its identity number are free again.
func (im *importer) takeBackNew(tx *store.Tx, f *registry.Family) (bool, error) {
	draft, err := tx.DraftOf(f.ID)
	if err != nil || draft != nil { // somebody has opened and saved the form
		return false, err
	}
	if auth.Allow(im.actor, auth.FamilyWithdraw, subjectOf(f)) != nil {
		return false, nil
	}
	event, err := f.Withdraw(im.actor.UserID, im.now, registry.Verdict{Note: im.note()})
	if fault.Is(err, fault.State) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	x, err := tx.FamilyExtraOf(f.ID)
	if err != nil {
		return false, err
	}
	if err := tx.UpdateFamily(f, x); err != nil {
		return false, err
	}
	event.FamilyID = f.ID
	if err := tx.InsertEvent(&event); err != nil {
		return false, err
	}
	return true, familyAudit(tx, im.actor, im.now, string(auth.ImportUndo), f, lifeChanges(&event), im.note())
}

// takeBackAmendment drops an amendment that no reviewer has decided on.
func (im *importer) takeBackAmendment(tx *store.Tx, f *registry.Family) (bool, error) {
	draft, err := tx.DraftOf(f.ID)
	if err != nil || draft == nil || draft.Kind != store.DraftAmendment || draft.By != im.actor.UserID || !f.Status.Amendment {
		return false, err
	}
	if err := tx.DeleteDraft(f.ID); err != nil {
		return false, err
	}
	f.Status.Amendment, f.Status.UpdatedAt = false, im.now
	x, err := tx.FamilyExtraOf(f.ID)
	if err != nil {
		return false, err
	}
	if err := tx.UpdateFamily(f, x); err != nil {
		return false, err
	}
	return true, familyAudit(tx, im.actor, im.now, string(auth.ImportUndo), f, nil, im.note())
}

// takeBackChange puts a draft or a returned registration back to what it was.
func (im *importer) takeBackChange(tx *store.Tx, f *registry.Family, before *beforeRow) (bool, error) {
	if before == nil || auth.Allow(im.actor, auth.FamilyEdit, subjectOf(f)) != nil {
		return false, nil
	}
	var event *registry.Event
	if f.Status.State != before.Status.State {
		e, err := f.Recall(im.actor.UserID, im.now, before.Status)
		if fault.Is(err, fault.State) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		event = &e
	}
	changes := registry.Diff(&f.Record, &before.Record)
	u, err := im.understand(tx, f, before.Record)
	if err != nil {
		return false, err
	}
	f.Record, f.Status.UpdatedAt = before.Record, im.now
	draft, err := tx.DraftOf(f.ID)
	if err != nil {
		return false, err
	}
	if len(before.Form) > 0 {
		d := &store.Draft{FamilyID: f.ID, Kind: store.DraftEntry, Form: json.RawMessage(before.Form), By: im.actor.UserID, UpdatedAt: im.now}
		if draft != nil {
			d.Version = draft.Version
		}
		if err := tx.PutDraft(d); err != nil {
			return false, err
		}
	} else if draft != nil { // opened and saved since
		return false, nil
	}
	if err := tx.UpdateFamily(f, u.extra()); err != nil {
		return false, err
	}
	if event != nil {
		event.FamilyID = f.ID
		if err := tx.InsertEvent(event); err != nil {
			return false, err
		}
		changes = append(changes, lifeChanges(event)...)
	}
	return true, familyAudit(tx, im.actor, im.now, string(auth.ImportUndo), f, changes, im.note())
}
