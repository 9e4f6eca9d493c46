package store

import (
	"maps"
	"slices"

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

// Districts returns the names of districts on file in an area, for suggestions while typing. It works in View only.
func (tx *Tx) Districts(party place.Country, area string, limit int) ([]string, error) {
	var out []string
	err := tx.withRoll(func(r *roll) error {
		out = slices.Sorted(maps.Keys(r.districts[[2]string{string(party), area}]))
		return nil
	})
	return out[:min(len(out), limit)], err
}
