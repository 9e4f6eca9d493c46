package service

import (
	"context"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// VisitView is a visit with the name of the visitor.
type VisitView struct {
	registry.Visit
	Visitor string
}

// WaiverView is a waiver with the names of the people.
type WaiverView struct {
	registry.Waiver
	Decider, Revoker string
}

func visitsOf(tx *store.Tx, id int64) ([]VisitView, error) {
	visits, err := tx.VisitsOf(id)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, v := range visits {
		ids = append(ids, v.VisitorID)
	}
	names, err := userNames(tx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]VisitView, len(visits))
	for i, v := range visits {
		out[i] = VisitView{Visit: v, Visitor: names[v.VisitorID]}
	}
	return out, nil
}

func waiverViews(tx *store.Tx, id int64) ([]WaiverView, error) {
	rows, err := tx.WaiversOf(id)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, w := range rows {
		ids = append(ids, w.By, w.RevokedBy)
	}
	names, err := userNames(tx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]WaiverView, len(rows))
	for i, w := range rows {
		out[i] = WaiverView{Waiver: w, Decider: names[w.By], Revoker: names[w.RevokedBy]}
	}
	return out, nil
}

// refresh stores the facts and the outcome of a family anew after something beside its record changed: a paper, a visit, a waiver. The record
// keeps its version, because nobody's form is out of date by it.
func (s *Families) refresh(tx *store.Tx, f *registry.Family, now time.Time) error {
	u, err := s.reassess(tx, f, now)
	if err != nil {
		return err
	}
	return tx.SetExtra(f.ID, u.extra())
}

// AddDocument stores a paper or photograph of a family and returns its id. The file has been through package media.
func (s *Families) AddDocument(ctx context.Context, actor auth.Actor, id int64, in intake.Document, file *media.File, w Write) (int64, error) {
	now := s.now()
	fields, problems := in.Check(intake.Context{Party: actor.Party, Today: officeDay(now), Now: now})
	if err := problems.Err(); err != nil {
		return 0, err
	}
	type content struct {
		ID     int64
		In     intake.Document
		SHA256 string
	}
	res, err := s.once(ctx, actor, "document.add", w, content{id, in, file.SHA256}, func(tx *store.Tx) (string, error) {
		f, err := load(tx, actor, auth.DocumentAdd, id)
		if err != nil {
			return "", err
		}
		docs, err := tx.DocumentsOf(id)
		if err != nil {
			return "", err
		}
		if len(docs) >= maxDocuments {
			return "", fault.New(fault.State, "error.too_many_documents", maxDocuments)
		}
		for _, d := range docs {
			if d.SHA256 == file.SHA256 && d.Type == fields.Type && d.RemovedAt.IsZero() {
				return strconv.FormatInt(d.ID, 10), nil // the same picture once more
			}
		}
		d := fields
		d.FamilyID, d.FileName, d.MediaType, d.Size, d.SHA256, d.AddedBy, d.AddedAt = id, file.Name, file.Type, int64(len(file.Body)), file.SHA256, actor.UserID, now
		if err := tx.InsertDocument(&d, file.Body, file.Thumb); err != nil {
			return "", err
		}
		if err := s.refresh(tx, f, now); err != nil {
			return "", err
		}
		change := []registry.Change{{Path: "documents", Class: string(auth.ClassDocument), New: string(d.Type)}}
		return strconv.FormatInt(d.ID, 10), familyAudit(tx, actor, now, string(auth.DocumentAdd), f, change, strconv.FormatInt(d.ID, 10))
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// maxDocuments bounds the papers of one family; removed ones count, so that nobody fills the disk by adding and removing.
const maxDocuments = 60

// Document reads a stored paper, or its small picture. Each reading of the paper itself is audited.
func (s *Families) Document(ctx context.Context, actor auth.Actor, documentID int64, thumb bool) (*registry.Document, []byte, error) {
	var d *registry.Document
	var f *registry.Family
	var body []byte
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if d, err = tx.DocumentByID(store.Scope{Party: actor.Party}, documentID); err != nil {
			return err
		}
		if f, err = load(tx, actor, auth.DocumentView, d.FamilyID); err != nil {
			return err
		}
		if thumb {
			body, err = tx.DocumentThumb(documentID)
		} else {
			body, err = tx.DocumentBody(documentID)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if !thumb {
		if err := s.noteShowing(ctx, actor, f, "document "+strconv.FormatInt(documentID, 10), s.now()); err != nil {
			return nil, nil, err
		}
	}
	return d, body, nil
}

// RemoveDocument takes a paper out of force. It stays on file for the record of past decisions.
func (s *Families) RemoveDocument(ctx context.Context, actor auth.Actor, documentID int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "document.remove", w, documentID, func(tx *store.Tx) (string, error) {
		d, err := tx.DocumentByID(store.Scope{Party: actor.Party}, documentID)
		if err != nil {
			return "", err
		}
		f, err := load(tx, actor, auth.DocumentRemove, d.FamilyID)
		if err != nil {
			return "", err
		}
		if !d.RemovedAt.IsZero() {
			return "", nil
		}
		if err := tx.RemoveDocument(documentID, now); err != nil {
			return "", err
		}
		if err := s.refresh(tx, f, now); err != nil {
			return "", err
		}
		change := []registry.Change{{Path: "documents", Class: string(auth.ClassDocument), Old: string(d.Type)}}
		return "", familyAudit(tx, actor, now, string(auth.DocumentRemove), f, change, strconv.FormatInt(documentID, 10))
	})
	return err
}

// RecordVisit adds a dated field visit.
func (s *Families) RecordVisit(ctx context.Context, actor auth.Actor, id int64, in intake.Visit, w Write) error {
	now := s.now()
	visit, problems := in.Check(intake.Context{Party: actor.Party, Today: officeDay(now), Now: now})
	if err := problems.Err(); err != nil {
		return err
	}
	_, err := s.once(ctx, actor, "visit.record", w, in, func(tx *store.Tx) (string, error) {
		f, err := load(tx, actor, auth.VisitRecord, id)
		if err != nil {
			return "", err
		}
		v := visit
		v.FamilyID, v.VisitorID, v.RecordedAt = id, actor.UserID, now
		if err := tx.InsertVisit(&v); err != nil {
			return "", err
		}
		if err := s.refresh(tx, f, now); err != nil {
			return "", err
		}
		change := []registry.Change{{Path: "visits", Class: string(auth.ClassVisit), New: v.Date.String() + " " + string(v.Finding)}}
		return "", familyAudit(tx, actor, now, string(auth.VisitRecord), f, change, "")
	})
	return err
}

// Waive records that a criterion need not be met by a family: who, why, and the paper that proves it. The paper must be the family's own and in
// force; where the criterion names the exception, it must be of the kind the exception asks for.
func (s *Families) Waive(ctx context.Context, actor auth.Actor, id int64, in intake.Waiver, w Write) error {
	waiver, problems := in.Check()
	if err := problems.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "criterion.waive", w, in, func(tx *store.Tx) (string, error) {
		f, err := load(tx, actor, auth.CriterionWaive, id)
		if err != nil {
			return "", err
		}
		if err := notTheEnterer(tx, actor, f, auth.CriterionWaive); err != nil {
			return "", err
		}
		if f.Status.State != registry.UnderReview {
			return "", fault.New(fault.State, "error.state.waive", f.Status.State.Title())
		}
		x := waiver
		x.FamilyID, x.By, x.At = id, actor.UserID, now
		if err := s.checkWaiver(tx, f, &x, now); err != nil {
			return "", err
		}
		if err := tx.InsertWaiver(&x); err != nil {
			return "", err
		}
		if err := s.refresh(tx, f, now); err != nil {
			return "", err
		}
		change := []registry.Change{{Path: "waivers", Class: string(auth.ClassDecision), New: x.Criterion}, {Path: "note", Class: string(auth.ClassDecision), New: x.Reason}}
		return "", familyAudit(tx, actor, now, string(auth.CriterionWaive), f, change, "")
	})
	return err
}

func (s *Families) checkWaiver(tx *store.Tx, f *registry.Family, x *registry.Waiver, now time.Time) error {
	var p fault.Problems
	set, _, _, err := s.criteria.on(tx, f.Party, ruleDay(&f.Record, officeDay(now)))
	if err != nil {
		return err
	}
	if set == nil {
		return fault.New(fault.State, "error.no_criteria")
	}
	c, ok := set.Criterion(x.Criterion)
	if !ok {
		p.Add("criterion", "problem.enum")
		return p.Err()
	}
	var proof registry.DocumentType
	if x.Exception != "" {
		found := false
		for _, e := range c.Exceptions {
			if e.Code == x.Exception {
				found, proof = true, e.Proof
			}
		}
		if !found {
			p.Add("exception", "problem.enum")
			return p.Err()
		}
	}
	existing, err := tx.WaiversOf(f.ID)
	if err != nil {
		return err
	}
	for _, w := range existing {
		if w.Criterion == x.Criterion && w.RevokedAt.IsZero() {
			return fault.New(fault.State, "error.waived_already")
		}
	}
	docs, err := tx.DocumentsOf(f.ID)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if d.ID != x.DocumentID || !d.RemovedAt.IsZero() {
			continue
		}
		if proof != "" && d.Type != proof {
			p.Add("document_id", "problem.waiver_proof")
			return p.Err()
		}
		return nil
	}
	p.Add("document_id", "problem.waiver_document")
	return p.Err()
}

// RevokeWaiver takes a waiver back while the registration is under review.
func (s *Families) RevokeWaiver(ctx context.Context, actor auth.Actor, id, waiverID int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "waiver.revoke", w, [2]int64{id, waiverID}, func(tx *store.Tx) (string, error) {
		f, err := load(tx, actor, auth.CriterionWaive, id)
		if err != nil {
			return "", err
		}
		if f.Status.State != registry.UnderReview {
			return "", fault.New(fault.State, "error.state.waive", f.Status.State.Title())
		}
		rows, err := tx.WaiversOf(id)
		if err != nil {
			return "", err
		}
		for _, x := range rows {
			if x.ID != waiverID || !x.RevokedAt.IsZero() {
				continue
			}
			if err := tx.RevokeWaiver(id, waiverID, actor.UserID, now); err != nil {
				return "", err
			}
			if err := s.refresh(tx, f, now); err != nil {
				return "", err
			}
			change := []registry.Change{{Path: "waivers", Class: string(auth.ClassDecision), Old: x.Criterion}}
			return "", familyAudit(tx, actor, now, string(auth.CriterionWaive), f, change, "revoke")
		}
		return "", fault.New(fault.NotFound, "error.not_found")
	})
	return err
}
