package store

import (
	"database/sql"

	"muntija/internal/place"
)

// SetExtra keeps new facts and a new outcome beside a family, when something next to its record changed: a paper, a visit, a waiver. The record and
// its version stay as they are.
func (tx *Tx) SetExtra(familyID int64, x FamilyExtra) error {
	if _, err := tx.exec(`UPDATE family_fact SET facts = $2 WHERE family_id = $1`, familyID, tx.sealID("family_fact", "facts", familyID, x.Facts)); err != nil {
		return err
	}
	return tx.SetOverall(familyID, x.Overall, x.Points)
}

const selectDistricts = `SELECT DISTINCT district FROM family WHERE party = $1 AND area = $2 AND district <> '' ORDER BY district LIMIT $3`

// Districts returns the names of districts on file in an area, for suggestions while typing.
func (tx *Tx) Districts(party place.Country, area string, limit int) ([]string, error) {
	var out []string
	err := tx.each(func(rows *sql.Rows) error {
		var d string
		if err := rows.Scan(&d); err != nil {
			return err
		}
		out = append(out, d)
		return nil
	}, selectDistricts, string(party), area, limit)
	return out, err
}
