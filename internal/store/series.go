package store

import (
	"muntija/internal/exhibition"
	"muntija/internal/fault"
)

// PutSeries stores what is said of a series: a new one if its ID is 0 (if somebody else began to speak of it meanwhile, it is fault.Stale), else the version on
// file must be its own.
func (tx *Tx) PutSeries(s *exhibition.Series) error {
	text, err := body(s)
	if err != nil {
		return err
	}
	if s.ID == 0 {
		err := tx.row(into(&s.ID), `INSERT INTO series (version, name, body) VALUES (1, $1, $2) ON CONFLICT DO NOTHING RETURNING id`, s.Name, text)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Stale, "error.stale")
		}
		s.Version = 1
		return err
	}
	n, err := tx.exec(`UPDATE series SET version = version + 1, body = $3 WHERE id = $1 AND version = $2`, s.ID, s.Version, text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	s.Version++
	return nil
}

// Series returns all that is said of series, by name.
func (tx *Tx) Series() ([]exhibition.Series, error) {
	return bodies(tx, func(s *exhibition.Series, id, version int64) { s.ID, s.Version = id, version }, `SELECT id, version, body FROM series ORDER BY name`)
}
