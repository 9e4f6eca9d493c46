package store

import (
	"database/sql"
	"fmt"
	"time"

	"muntija/internal/fault"
	"muntija/internal/registry"
)

// What hangs beside a family: its draft form, documents, visits, events, waivers and assessments. The callers that take a family's id
// alone have found the family inside their scope before.

// DraftOf returns the draft form of a family, nil if there is none.
func (tx *Tx) DraftOf(familyID int64) (*Draft, error) {
	d := Draft{FamilyID: familyID}
	var kind, updated, submitted string
	var sealed []byte
	err := tx.row(into(&d.Version, &kind, &sealed, &d.By, &updated, &submitted),
		`SELECT version, kind, form, by_id, updated_at, submitted_at FROM draft WHERE family_id = $1`, familyID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading draft: %w", err)
	}
	d.Kind, d.UpdatedAt, d.SubmittedAt = DraftKind(kind), unstamp(updated), unstamp(submitted)
	d.Form, err = tx.openDocID("draft", "form", familyID, sealed)
	return &d, err
}

// PutDraft stores a draft form. d.Version is the version that was read, 0 if there was none; if another version is stored, the error is
// fault.Stale and nothing is changed. Version goes up by one.
func (tx *Tx) PutDraft(d *Draft) error {
	sealed := tx.sealDocID("draft", "form", d.FamilyID, d.Form)
	query := `INSERT INTO draft (version, kind, form, by_id, updated_at, submitted_at, family_id) VALUES ($1 + 1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (family_id) DO NOTHING`
	if d.Version > 0 {
		query = `UPDATE draft SET version = $1 + 1, kind = $2, form = $3, by_id = $4, updated_at = $5, submitted_at = $6
			WHERE family_id = $7 AND version = $1`
	}
	n, err := tx.exec(query, d.Version, string(d.Kind), sealed, d.By, stamp(d.UpdatedAt), stamp(d.SubmittedAt), d.FamilyID)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	d.Version++
	return nil
}

// DeleteDraft removes the draft form of a family, if there is one.
func (tx *Tx) DeleteDraft(familyID int64) error {
	_, err := tx.exec(`DELETE FROM draft WHERE family_id = $1`, familyID)
	return err
}

// InsertEvent appends a step to the history of a family and sets its ID.
func (tx *Tx) InsertEvent(e *registry.Event) error {
	uid, words := tx.db.eventWords(e.Note)
	return tx.row(into(&e.ID), `INSERT INTO event (family_id, at, by_id, step, from_state, to_state, reasons, assessment_id, uid, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`, e.FamilyID, stamp(e.At), e.By, string(e.Step), string(e.From),
		string(e.To), joinCodes(e.Reasons), e.AssessmentID, uid, words)
}

// eventWords is the sealed note of an event, under a name of its own. Most events have no note, and then there is nothing to seal.
func (db *DB) eventWords(note string) (uid string, words []byte) {
	if note == "" {
		return "", []byte{}
	}
	uid = newUID()
	return uid, db.keys.Seal([]byte(note), rowPlace("event", "words", uid))
}

// EventsOf returns the history of a family, oldest first.
func (tx *Tx) EventsOf(familyID int64) ([]registry.Event, error) {
	var out []registry.Event
	err := tx.each(func(rows *sql.Rows) error {
		e := registry.Event{FamilyID: familyID}
		var at, step, from, to, reasons, uid string
		var sealed []byte
		if err := rows.Scan(&e.ID, &at, &e.By, &step, &from, &to, &reasons, &e.AssessmentID, &uid, &sealed); err != nil {
			return err
		}
		var note []byte
		if len(sealed) > 0 {
			var err error
			if note, err = tx.openRow("event", "words", uid, sealed); err != nil {
				return err
			}
		}
		e.At, e.Step, e.From, e.To = unstamp(at), registry.Step(step), registry.State(from), registry.State(to)
		e.Reasons, e.Note = splitCodes[registry.Reason](reasons), string(note)
		out = append(out, e)
		return nil
	}, `SELECT id, at, by_id, step, from_state, to_state, reasons, assessment_id, uid, words FROM event WHERE family_id = $1 ORDER BY id`, familyID)
	return out, err
}

// documentWords is the plain text of document.words. The file name is among them: people name files after id numbers.
type documentWords struct {
	Number   string `json:"n,omitempty"`
	FileName string `json:"f,omitempty"`
}

// InsertDocument stores a paper with its bytes and its small picture (nil if there is none) and sets its ID.
func (tx *Tx) InsertDocument(d *registry.Document, body, thumb []byte) error {
	uid := newUID()
	words, err := tx.sealJSON("document", "words", uid, documentWords{d.Number, d.FileName})
	if err != nil {
		return err
	}
	err = tx.row(into(&d.ID), `INSERT INTO document (family_id, type, issued_on, valid_until, media_type, size, sha256, added_by, added_at,
		removed_at, uid, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		d.FamilyID, string(d.Type), d.IssuedOn.String(), d.ValidUntil.String(), d.MediaType, d.Size, d.SHA256, d.AddedBy, stamp(d.AddedAt),
		stamp(d.RemovedAt), uid, words)
	if err != nil {
		return fmt.Errorf("inserting document: %w", err)
	}
	_, err = tx.exec(`INSERT INTO document_blob (document_id, body, thumb) VALUES ($1, $2, $3)`, d.ID,
		tx.sealID("document_blob", "body", d.ID, body), tx.sealID("document_blob", "thumb", d.ID, thumb))
	if err != nil {
		return fmt.Errorf("inserting document bytes: %w", err)
	}
	return nil
}

const documentColumns = `d.id, d.family_id, d.type, d.issued_on, d.valid_until, d.media_type, d.size, d.sha256, d.added_by, d.added_at,
	d.removed_at, d.uid, d.words`

func (tx *Tx) scanDocument(rows *sql.Rows, extra ...any) (d registry.Document, err error) {
	var kind, issued, valid, added, removed, uid string
	var sealed []byte
	err = rows.Scan(append(into(&d.ID, &d.FamilyID, &kind, &issued, &valid, &d.MediaType, &d.Size, &d.SHA256, &d.AddedBy, &added, &removed,
		&uid, &sealed), extra...)...)
	if err != nil {
		return d, err
	}
	var w documentWords
	if err := tx.openJSON("document", "words", uid, sealed, &w); err != nil {
		return d, err
	}
	d.Type, d.IssuedOn, d.ValidUntil, d.AddedAt, d.RemovedAt = registry.DocumentType(kind), undate(issued), undate(valid), unstamp(added), unstamp(removed)
	d.Number, d.FileName = w.Number, w.FileName
	return d, nil
}

// DocumentsOf returns the papers of a family in the order of entry, removed ones among them.
func (tx *Tx) DocumentsOf(familyID int64) ([]registry.Document, error) {
	var out []registry.Document
	err := tx.each(func(rows *sql.Rows) error {
		d, err := tx.scanDocument(rows)
		out = append(out, d)
		return err
	}, `SELECT `+documentColumns+` FROM document d WHERE d.family_id = $1 ORDER BY d.id`, familyID)
	return out, err
}

// DocumentByID returns a paper of a family inside the scope, else fault.NotFound.
func (tx *Tx) DocumentByID(s Scope, id int64) (*registry.Document, error) {
	var out *registry.Document
	err := tx.each(func(rows *sql.Rows) error {
		var party, area string
		d, err := tx.scanDocument(rows, &party, &area)
		if err == nil && s.holds(party, area) {
			out = &d
		}
		return err
	}, `SELECT `+documentColumns+`, f.party, f.area FROM document d JOIN family f ON f.id = d.family_id WHERE d.id = $1`, id)
	if err == nil && out == nil {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return out, err
}

// DocumentBody returns the bytes of a paper; DocumentThumb those of its small picture, empty if there is none.
func (tx *Tx) DocumentBody(id int64) ([]byte, error) { return tx.documentBlob("body", id) }

// DocumentThumb returns the bytes of a paper's small picture, empty if there is none.
func (tx *Tx) DocumentThumb(id int64) ([]byte, error) { return tx.documentBlob("thumb", id) }

func (tx *Tx) documentBlob(column string, id int64) ([]byte, error) {
	var sealed []byte
	if err := tx.row(into(&sealed), `SELECT `+column+` FROM document_blob WHERE document_id = $1`, id); err != nil {
		return nil, err
	}
	return tx.openID("document_blob", column, id, sealed)
}

// RemoveDocument takes a paper out of force. Its bytes stay: papers are never erased by a form.
func (tx *Tx) RemoveDocument(id int64, at time.Time) error {
	n, err := tx.exec(`UPDATE document SET removed_at = $2 WHERE id = $1 AND removed_at = ''`, id, stamp(at))
	return one(n, err, fault.NotFound, "error.not_found")
}

// visitWords is the plain text of visit.words: where a family lives is as personal as its address.
type visitWords struct {
	Note string `json:"n,omitempty"`
	Lat  string `json:"y,omitempty"`
	Lon  string `json:"x,omitempty"`
}

// InsertVisit stores a field visit and sets its ID.
func (tx *Tx) InsertVisit(v *registry.Visit) error {
	uid := newUID()
	words, err := tx.sealJSON("visit", "words", uid, visitWords{v.Note, v.Lat, v.Lon})
	if err != nil {
		return err
	}
	return tx.row(into(&v.ID), `INSERT INTO visit (family_id, on_date, kind, finding, visitor_id, recorded_at, documents, uid, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`, v.FamilyID, v.Date.String(), string(v.Kind), string(v.Finding), v.VisitorID,
		stamp(v.RecordedAt), joinIDs(v.Documents), uid, words)
}

// VisitsOf returns the visits to a family, newest first.
func (tx *Tx) VisitsOf(familyID int64) ([]registry.Visit, error) {
	var out []registry.Visit
	err := tx.each(func(rows *sql.Rows) error {
		v := registry.Visit{FamilyID: familyID}
		var date, kind, finding, recorded, documents, uid string
		var sealed []byte
		if err := rows.Scan(&v.ID, &date, &kind, &finding, &v.VisitorID, &recorded, &documents, &uid, &sealed); err != nil {
			return err
		}
		var w visitWords
		if err := tx.openJSON("visit", "words", uid, sealed, &w); err != nil {
			return err
		}
		v.Date, v.Kind, v.Finding, v.RecordedAt = undate(date), registry.VisitKind(kind), registry.Finding(finding), unstamp(recorded)
		v.Documents, v.Note, v.Lat, v.Lon = splitIDs(documents), w.Note, w.Lat, w.Lon
		out = append(out, v)
		return nil
	}, `SELECT id, on_date, kind, finding, visitor_id, recorded_at, documents, uid, words FROM visit WHERE family_id = $1
		ORDER BY on_date DESC, id DESC`, familyID)
	return out, err
}

// InsertWaiver stores a waiver and sets its ID.
func (tx *Tx) InsertWaiver(w *registry.Waiver) error {
	uid := newUID()
	return tx.row(into(&w.ID), `INSERT INTO waiver (family_id, criterion, exception, document_id, by_id, at, revoked_at, revoked_by, uid, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`, w.FamilyID, w.Criterion, w.Exception, w.DocumentID, w.By, stamp(w.At),
		stamp(w.RevokedAt), w.RevokedBy, uid, tx.sealRow("waiver", "words", uid, []byte(w.Reason)))
}

// WaiversOf returns the waivers of a family in the order of entry, revoked ones among them.
func (tx *Tx) WaiversOf(familyID int64) ([]registry.Waiver, error) {
	var out []registry.Waiver
	err := tx.each(func(rows *sql.Rows) error {
		w := registry.Waiver{FamilyID: familyID}
		var at, revoked, uid string
		var sealed []byte
		err := rows.Scan(&w.ID, &w.Criterion, &w.Exception, &w.DocumentID, &w.By, &at, &revoked, &w.RevokedBy, &uid, &sealed)
		if err != nil {
			return err
		}
		reason, err := tx.openRow("waiver", "words", uid, sealed)
		if err != nil {
			return err
		}
		w.At, w.RevokedAt, w.Reason = unstamp(at), unstamp(revoked), string(reason)
		out = append(out, w)
		return nil
	}, `SELECT id, criterion, exception, document_id, by_id, at, revoked_at, revoked_by, uid, words FROM waiver WHERE family_id = $1
		ORDER BY id`, familyID)
	return out, err
}

// RevokeWaiver ends a waiver of a family; fault.NotFound if it has none such in force.
func (tx *Tx) RevokeWaiver(familyID, id, by int64, at time.Time) error {
	n, err := tx.exec(`UPDATE waiver SET revoked_at = $3, revoked_by = $4 WHERE id = $1 AND family_id = $2 AND revoked_at = ''`,
		id, familyID, stamp(at), by)
	return one(n, err, fault.NotFound, "error.not_found")
}

// InsertAssessment stores an assessment and sets its ID. It is never changed afterwards.
func (tx *Tx) InsertAssessment(a *Assessment) error {
	uid := newUID()
	return tx.row(into(&a.ID), `INSERT INTO assessment (family_id, set_id, set_version, at, by_id, cause, overall, points, uid, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`, a.FamilyID, a.SetID, a.SetVersion, stamp(a.At), a.By, a.Cause, a.Overall,
		a.Points, uid, tx.sealDocRow("assessment", "body", uid, a.Body))
}

const assessmentColumns = `a.id, a.family_id, a.set_id, a.set_version, a.at, a.by_id, a.cause, a.overall, a.points`

func assessmentInto(a *Assessment, at *string) []any {
	return into(&a.ID, &a.FamilyID, &a.SetID, &a.SetVersion, at, &a.By, &a.Cause, &a.Overall, &a.Points)
}

// AssessmentByID returns an assessment of a family inside the scope, else fault.NotFound.
func (tx *Tx) AssessmentByID(s Scope, id int64) (*Assessment, error) {
	var party, area string
	a, err := tx.assessment(into(&party, &area), `SELECT `+assessmentColumns+`, a.uid, a.body, f.party, f.area
		FROM assessment a JOIN family f ON f.id = a.family_id WHERE a.id = $1`, id)
	if err == nil && !s.holds(party, area) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return a, err
}

// LatestAssessment returns the newest assessment of a family, nil if there is none.
func (tx *Tx) LatestAssessment(familyID int64) (*Assessment, error) {
	a, err := tx.assessment(nil, `SELECT `+assessmentColumns+`, a.uid, a.body FROM assessment a WHERE a.family_id = $1
		ORDER BY a.id DESC LIMIT 1`, familyID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return a, err
}

func (tx *Tx) assessment(extra []any, query string, args ...any) (*Assessment, error) {
	var a Assessment
	var at, uid string
	var sealed []byte
	err := tx.row(append(append(assessmentInto(&a, &at), &uid, &sealed), extra...), query, args...)
	if err != nil {
		return nil, err
	}
	a.At = unstamp(at)
	a.Body, err = tx.openDocRow("assessment", "body", uid, sealed)
	return &a, err
}

// AssessmentsOf returns the assessments of a family, newest first, without their bodies.
func (tx *Tx) AssessmentsOf(familyID int64) ([]Assessment, error) {
	var out []Assessment
	err := tx.each(func(rows *sql.Rows) error {
		var a Assessment
		var at string
		if err := rows.Scan(assessmentInto(&a, &at)...); err != nil {
			return err
		}
		a.At = unstamp(at)
		out = append(out, a)
		return nil
	}, `SELECT `+assessmentColumns+` FROM assessment a WHERE a.family_id = $1 ORDER BY a.id DESC`, familyID)
	return out, err
}

// IdempotencyHit tells whether a submission with this key was answered before, and with what. The same key with another body is
// fault.Stale ("error.idempotency_reuse"): the form was changed and sent under the old key.
func (tx *Tx) IdempotencyHit(user int64, key string, bodyHash []byte) (result string, found bool, err error) {
	var hash []byte
	err = tx.row(into(&hash, &result), `SELECT body_hash, result FROM idempotency WHERE user_id = $1 AND key = $2`, user, key)
	switch {
	case fault.Is(err, fault.NotFound):
		return "", false, nil
	case err != nil:
		return "", false, err
	case string(hash) != string(bodyHash):
		return "", false, fault.New(fault.Stale, "error.idempotency_reuse")
	}
	return result, true, nil
}

// KeepIdempotency notes the answer to a submission, in the transaction that did it.
func (tx *Tx) KeepIdempotency(user int64, key string, bodyHash []byte, result string, now time.Time) error {
	_, err := tx.exec(`INSERT INTO idempotency (user_id, key, body_hash, result, created_at) VALUES ($1, $2, $3, $4, $5)`,
		user, key, bodyHash, result, stamp(now))
	return err
}

// PurgeIdempotency forgets answers older than a time (see [IdempotencyLife]) and returns how many.
func (tx *Tx) PurgeIdempotency(before time.Time) (int64, error) {
	return tx.exec(`DELETE FROM idempotency WHERE created_at < $1`, stamp(before))
}
