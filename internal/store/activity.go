package store

import (
	"database/sql"
	"fmt"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
)

// PutActivity stores an activity: a new one if its ID is 0, else the version on file must be its own.
func (tx *Tx) PutActivity(a *programme.Activity) error {
	text, err := body(a)
	if err != nil {
		return err
	}
	eg, qa := a.OpenOf(place.Egypt), a.OpenOf(place.Qatar)
	if a.ID == 0 {
		err := tx.row(into(&a.ID), `INSERT INTO activity (version, first, status, open_eg, open_qa, body) VALUES (1, $1, $2, $3, $4, $5) RETURNING id`,
			a.First.String(), string(a.Status), eg, qa, text)
		if err != nil {
			return fmt.Errorf("inserting activity: %w", err)
		}
		a.Version = 1
		return nil
	}
	n, err := tx.exec(`UPDATE activity SET version = version + 1, first = $3, status = $4, open_eg = $5, open_qa = $6, body = $7 WHERE id = $1 AND version = $2`,
		a.ID, a.Version, a.First.String(), string(a.Status), eg, qa, text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	a.Version++
	return nil
}

func (tx *Tx) activities(where string, args ...any) ([]programme.Activity, error) {
	return bodies(tx, func(a *programme.Activity, id, version int64) { a.ID, a.Version = id, version }, `SELECT id, version, body FROM activity `+where+` ORDER BY first DESC, id DESC`, args...)
}

// ActivityByID returns an activity, else fault.NotFound.
func (tx *Tx) ActivityByID(id int64) (*programme.Activity, error) {
	list, err := tx.activities(`WHERE id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

// Activities returns the activities whose first day lies between two days, the latest first.
func (tx *Tx) Activities(from, to calendar.Date) ([]programme.Activity, error) {
	return tx.activities(`WHERE first >= $1 AND first <= $2`, from.String(), to.String())
}

// ActivitiesToDo returns the activities in which a party waits to say yes or has follow-ups to do.
func (tx *Tx) ActivitiesToDo(party place.Country) ([]programme.Activity, error) {
	if party == place.Egypt {
		return tx.activities(`WHERE status = $1 OR open_eg > 0`, string(programme.ActivityProposed))
	}
	return tx.activities(`WHERE status = $1 OR open_qa > 0`, string(programme.ActivityProposed))
}

// InsertPaper stores a document of an activity and sets its ID.
func (tx *Tx) InsertPaper(p *programme.Paper, bytes []byte) error {
	text, err := body(p)
	if err != nil {
		return err
	}
	err = tx.row(into(&p.ID), `INSERT INTO activity_paper (activity_id, removed_at, body) VALUES ($1, '', $2) RETURNING id`, p.ActivityID, text)
	if err != nil {
		return fmt.Errorf("inserting a document of an activity: %w", err)
	}
	_, err = tx.exec(`INSERT INTO activity_paper_blob (paper_id, body) VALUES ($1, $2)`, p.ID, tx.sealID("activity_paper_blob", "body", p.ID, bytes))
	return err
}

// RemovePaper takes a document of an activity out of sight. It stays on file.
func (tx *Tx) RemovePaper(p *programme.Paper) error {
	n, err := tx.exec(`UPDATE activity_paper SET removed_at = $2 WHERE id = $1 AND removed_at = ''`, p.ID, stamp(p.RemovedAt))
	return one(n, err, fault.NotFound, "error.not_found")
}

// Papers returns the documents of activities in the order of entry, by the activity; of one if its id is not 0. Removed ones are among them.
func (tx *Tx) Papers(activityID int64) (map[int64][]programme.Paper, error) {
	out := map[int64][]programme.Paper{}
	err := tx.each(func(rows *sql.Rows) error {
		var p programme.Paper
		var id, of int64
		var removed, text string
		if err := rows.Scan(&id, &of, &removed, &text); err != nil {
			return err
		}
		if err := readBody(text, &p); err != nil {
			return err
		}
		p.ID, p.ActivityID, p.RemovedAt = id, of, unstamp(removed)
		out[of] = append(out[of], p)
		return nil
	}, `SELECT id, activity_id, removed_at, body FROM activity_paper WHERE $1 = 0 OR activity_id = $1 ORDER BY id`, activityID)
	return out, err
}

// PaperBytes returns the bytes of a document of an activity.
func (tx *Tx) PaperBytes(id int64) ([]byte, error) {
	var sealed []byte
	if err := tx.row(into(&sealed), `SELECT body FROM activity_paper_blob WHERE paper_id = $1`, id); err != nil {
		return nil, err
	}
	return tx.openID("activity_paper_blob", "body", id, sealed)
}
