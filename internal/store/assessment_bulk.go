package store

import (
	"database/sql"
	"fmt"

	"muntija/internal/place"
	"muntija/internal/registry"
)

// FactsRow is a family as a run over many of them needs it.
type FactsRow struct {
	ID      int64
	Area    string
	Facts   []byte // opened; criteria.Facts decodes it
	Overall string // outcome of the last assessment
	Points  int
}

// FactsBetween returns the facts of the party's families in the states whose id is above after, and not above upto unless that is 0, by rising
// id, at most limit of them (0: all). A run takes its batches by limit and, inside the transaction that stores them, the same range again by upto.
func (tx *Tx) FactsBetween(party place.Country, states []registry.State, after, upto int64, limit int) ([]FactsRow, error) {
	var q statement
	q.add("SELECT x.family_id, x.area, x.facts, f.overall, f.points FROM family_fact x JOIN family f ON f.id = x.family_id WHERE x.family_id > ? AND x.party = ?",
		after, string(party))
	if upto > 0 {
		q.add(" AND x.family_id <= ?", upto)
	}
	q.in("x.state", stateNames(states))
	q.add(" ORDER BY x.family_id")
	if limit > 0 {
		q.add(" LIMIT ?", limit)
	}
	out := make([]FactsRow, 0, limit)
	err := tx.each(func(rows *sql.Rows) error {
		var r FactsRow
		var sealed sql.RawBytes
		if err := rows.Scan(&r.ID, &r.Area, &sealed, &r.Overall, &r.Points); err != nil {
			return err
		}
		var err error
		r.Facts, err = tx.openID("family_fact", "facts", r.ID, sealed)
		out = append(out, r)
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading facts: %w", err)
	}
	return out, nil
}

// CountFacts counts the families of a party in the states.
func (tx *Tx) CountFacts(party place.Country, states []registry.State) (n int64, err error) {
	var q statement
	q.add("SELECT count(*) FROM family_fact WHERE party = ?", string(party))
	q.in("state", stateNames(states))
	err = tx.row(into(&n), q.text(), q.args...)
	return n, err
}

func stateNames(states []registry.State) []string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	return names
}

// WaiversBetween returns the waivers in force of the party's families whose id is above after and, unless upto is 0, not above it. Few families have
// one, so that a run over many reads them by range and not one by one.
func (tx *Tx) WaiversBetween(party place.Country, after, upto int64) (map[int64][]registry.Waiver, error) {
	var q statement
	q.add(`SELECT w.family_id, w.id, w.criterion, w.exception, w.document_id, w.by_id, w.at, w.uid, w.words FROM waiver w JOIN family f ON f.id = w.family_id
		WHERE w.revoked_at = '' AND w.family_id > ? AND f.party = ?`, after, string(party))
	if upto > 0 {
		q.add(" AND w.family_id <= ?", upto)
	}
	q.add(" ORDER BY w.id")
	out := map[int64][]registry.Waiver{}
	err := tx.each(func(rows *sql.Rows) error {
		var w registry.Waiver
		var at, uid string
		var sealed []byte
		if err := rows.Scan(&w.FamilyID, &w.ID, &w.Criterion, &w.Exception, &w.DocumentID, &w.By, &at, &uid, &sealed); err != nil {
			return err
		}
		reason, err := tx.openRow("waiver", "words", uid, sealed)
		if err != nil {
			return err
		}
		w.At, w.Reason = unstamp(at), string(reason)
		out[w.FamilyID] = append(out[w.FamilyID], w)
		return nil
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading waivers: %w", err)
	}
	return out, nil
}

// SealedAssessment is an assessment with its body sealed: the part of storing that needs no transaction, for runs over many families.
type SealedAssessment struct {
	Assessment
	uid    string
	sealed []byte
}

// SealAssessment makes an assessment ready for [Tx.InsertAssessments]. Its Body is not used afterwards.
func (db *DB) SealAssessment(a Assessment) SealedAssessment {
	uid := newUID()
	s := SealedAssessment{a, uid, db.sealDoc(a.Body, rowPlace("assessment", "body", uid))}
	s.Body = nil
	return s
}

// InsertAssessments stores many assessments. Like [Tx.InsertAssessment] it never changes one that is there; ids are not handed back.
func (tx *Tx) InsertAssessments(as []SealedAssessment) error {
	refs := make([]*SealedAssessment, len(as))
	for i := range as {
		refs[i] = &as[i]
	}
	return tx.insertAssessments(refs, nil)
}

func (tx *Tx) insertAssessments(as []*SealedAssessment, ids func(int64)) error {
	return tx.insertMany("assessment", "family_id, set_id, set_version, at, by_id, cause, overall, points, uid, body", "", 10, len(as), func(i int, c *cells) {
		a := as[i]
		c.num(a.FamilyID)
		c.num(a.SetID)
		c.num(int64(a.SetVersion))
		c.text(stamp(a.At))
		c.num(a.By)
		c.text(a.Cause)
		c.text(a.Overall)
		c.num(int64(a.Points))
		c.text(a.uid)
		c.bytes(a.sealed)
	}, ids)
}

// DeleteCriteriaDraft removes a draft that nobody needs; the stored version must be c.Version, else fault.Stale. A published set is never removed:
// fault.State ("error.criteria_published").
func (tx *Tx) DeleteCriteriaDraft(c *CriteriaSet) error {
	if err := tx.draftSet(c); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM criteria_set WHERE id = $1 AND status = 'draft'`, c.ID); err != nil {
		return fmt.Errorf("deleting criteria draft: %w", err)
	}
	return nil
}
