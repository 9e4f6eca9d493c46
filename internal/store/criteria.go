package store

import (
	"database/sql"
	"fmt"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

const setColumns = `id, version, party, number, status, valid_from, valid_to, body, created_by, created_at, updated_at, published_by, published_at`

type setRow struct {
	c                                                    CriteriaSet
	party, status, from, to, created, updated, published string
	body                                                 string
}

func (r *setRow) into() []any {
	return into(&r.c.ID, &r.c.Version, &r.party, &r.c.Number, &r.status, &r.from, &r.to, &r.body, &r.c.CreatedBy, &r.created, &r.updated,
		&r.c.PublishedBy, &r.published)
}

func (r *setRow) set() *CriteriaSet {
	c := &r.c
	c.Party, c.Status, c.ValidFrom, c.ValidTo, c.Body = place.Country(r.party), SetStatus(r.status), undate(r.from), undate(r.to), []byte(r.body)
	c.CreatedAt, c.UpdatedAt, c.PublishedAt = unstamp(r.created), unstamp(r.updated), unstamp(r.published)
	return c
}

// InsertCriteriaSet stores a new draft and sets its ID, Version 1 and the party's next Number.
func (tx *Tx) InsertCriteriaSet(c *CriteriaSet) error {
	c.Status = SetDraft
	err := tx.row(into(&c.ID, &c.Number), `INSERT INTO criteria_set (version, party, number, status, valid_from, valid_to, body, created_by, created_at,
		updated_at, published_by, published_at)
		VALUES (1, $1, (SELECT coalesce(max(number), 0) + 1 FROM criteria_set WHERE party = $1), 'draft', $2, $3, $4, $5, $6, $7, 0, '')
		RETURNING id, number`, string(c.Party), c.ValidFrom.String(), c.ValidTo.String(), string(c.Body), c.CreatedBy, stamp(c.CreatedAt), stamp(c.UpdatedAt))
	if err != nil {
		return fmt.Errorf("inserting criteria set: %w", err)
	}
	c.Version = 1
	return nil
}

// UpdateCriteriaSet stores a draft anew; the stored version must be c.Version, else fault.Stale. A published set is never changed:
// fault.State ("error.criteria_published").
func (tx *Tx) UpdateCriteriaSet(c *CriteriaSet) error {
	if err := tx.draftSet(c); err != nil {
		return err
	}
	_, err := tx.exec(`UPDATE criteria_set SET version = version + 1, valid_from = $2, valid_to = $3, body = $4, updated_at = $5 WHERE id = $1`,
		c.ID, c.ValidFrom.String(), c.ValidTo.String(), string(c.Body), stamp(c.UpdatedAt))
	if err != nil {
		return fmt.Errorf("updating criteria set: %w", err)
	}
	c.Version++
	return nil
}

func (tx *Tx) draftSet(c *CriteriaSet) error {
	stored, err := tx.CriteriaSetByID(c.Party, c.ID)
	switch {
	case err != nil:
		return err
	case stored.Status != SetDraft:
		return fault.New(fault.State, "error.criteria_published")
	case stored.Version != c.Version:
		return fault.New(fault.Stale, "error.stale")
	}
	return nil
}

// PublishCriteriaSet makes a draft valid from c.ValidFrom, as it is in c. A set that was published to hold on that day or after it ends the
// day before; one that would not hold a single day any more is retired.
func (tx *Tx) PublishCriteriaSet(c *CriteriaSet, by int64, at time.Time) error {
	if err := tx.draftSet(c); err != nil {
		return err
	}
	if c.ValidFrom.IsZero() {
		var p fault.Problems
		p.Add("valid_from", "problem.required")
		return p.Err()
	}
	from, before := c.ValidFrom.String(), c.ValidFrom.AddDays(-1).String()
	_, err := tx.exec(`UPDATE criteria_set SET status = 'retired', version = version + 1 WHERE party = $1 AND status = 'published' AND valid_from >= $2
		AND ($3 = '' OR valid_from <= $3)`, string(c.Party), from, c.ValidTo.String())
	if err != nil {
		return fmt.Errorf("retiring criteria sets: %w", err)
	}
	_, err = tx.exec(`UPDATE criteria_set SET valid_to = $3, version = version + 1 WHERE party = $1 AND status = 'published' AND valid_from < $2
		AND (valid_to = '' OR valid_to >= $2)`, string(c.Party), from, before)
	if err != nil {
		return fmt.Errorf("closing criteria sets: %w", err)
	}
	_, err = tx.exec(`UPDATE criteria_set SET status = 'published', version = version + 1, valid_from = $2, valid_to = $3, body = $4, updated_at = $5,
		published_by = $6, published_at = $5 WHERE id = $1`, c.ID, from, c.ValidTo.String(), string(c.Body), stamp(at), by)
	if err != nil {
		return fmt.Errorf("publishing criteria set: %w", err)
	}
	c.Version++
	c.Status, c.PublishedBy, c.PublishedAt, c.UpdatedAt = SetPublished, by, unstamp(stamp(at)), unstamp(stamp(at))
	return nil
}

// CriteriaSetByID returns a set of a party, fault.NotFound if it has none such.
func (tx *Tx) CriteriaSetByID(party place.Country, id int64) (*CriteriaSet, error) {
	var r setRow
	if err := tx.row(r.into(), `SELECT `+setColumns+` FROM criteria_set WHERE id = $1 AND party = $2`, id, string(party)); err != nil {
		return nil, err
	}
	return r.set(), nil
}

// ListCriteriaSets returns the sets of a party, the newest number first.
func (tx *Tx) ListCriteriaSets(party place.Country) ([]CriteriaSet, error) {
	var out []CriteriaSet
	err := tx.each(func(rows *sql.Rows) error {
		var r setRow
		if err := rows.Scan(r.into()...); err != nil {
			return err
		}
		out = append(out, *r.set())
		return nil
	}, `SELECT `+setColumns+` FROM criteria_set WHERE party = $1 ORDER BY number DESC`, string(party))
	return out, err
}

// CriteriaSetOn returns the published set of a party that holds on a day, fault.NotFound if none does.
func (tx *Tx) CriteriaSetOn(party place.Country, on calendar.Date) (*CriteriaSet, error) {
	var r setRow
	err := tx.row(r.into(), `SELECT `+setColumns+` FROM criteria_set WHERE party = $1 AND status = 'published' AND valid_from <= $2
		AND (valid_to = '' OR valid_to >= $2) ORDER BY valid_from DESC, number DESC LIMIT 1`, string(party), on.String())
	if err != nil {
		return nil, err
	}
	return r.set(), nil
}
