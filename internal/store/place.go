package store

import (
	"database/sql"
	"fmt"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// ExhibitionHall is a hall that an exhibition uses, with the plan that it is placed on.
type ExhibitionHall struct {
	ExhibitionID, HallID, PlanID int64
	Version                      int64
	AddedBy                      int64
	AddedAt                      time.Time
}

// PutExhibitionHall adds a hall to an exhibition (Version 0) or puts it onto another plan; then the stored version must be h.Version, else fault.Stale.
func (tx *Tx) PutExhibitionHall(h *ExhibitionHall) error {
	if h.Version == 0 {
		_, err := tx.exec(`INSERT INTO exhibition_hall (exhibition_id, hall_id, plan_id, version, added_by, added_at) VALUES ($1, $2, $3, 1, $4, $5)`,
			h.ExhibitionID, h.HallID, h.PlanID, h.AddedBy, stamp(h.AddedAt))
		if err != nil {
			return fmt.Errorf("adding a hall to an exhibition: %w", err)
		}
		h.Version = 1
		return tx.touchFairs()
	}
	n, err := tx.exec(`UPDATE exhibition_hall SET plan_id = $4, version = version + 1 WHERE exhibition_id = $1 AND hall_id = $2 AND version = $3`,
		h.ExhibitionID, h.HallID, h.Version, h.PlanID)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return fmt.Errorf("changing the plan of an exhibition: %w", err)
	}
	h.Version++
	return tx.touchFairs()
}

// RemoveExhibitionHall takes a hall out of an exhibition, fault.NotFound if it is not in it.
func (tx *Tx) RemoveExhibitionHall(exhibitionID, hall int64) error {
	n, err := tx.exec(`DELETE FROM exhibition_hall WHERE exhibition_id = $1 AND hall_id = $2`, exhibitionID, hall)
	return one(n, err, fault.NotFound, "error.not_found")
}

// ExhibitionHalls returns the halls of an exhibition in the order in which they were added.
func (tx *Tx) ExhibitionHalls(exhibitionID int64) ([]ExhibitionHall, error) {
	var out []ExhibitionHall
	err := tx.each(func(rows *sql.Rows) error {
		var h ExhibitionHall
		var at string
		if err := rows.Scan(&h.ExhibitionID, &h.HallID, &h.PlanID, &h.Version, &h.AddedBy, &at); err != nil {
			return err
		}
		h.AddedAt = unstamp(at)
		out = append(out, h)
		return nil
	}, `SELECT exhibition_id, hall_id, plan_id, version, added_by, added_at FROM exhibition_hall WHERE exhibition_id = $1 ORDER BY added_at, hall_id`, exhibitionID)
	return out, err
}

const placementColumns = `id, version, exhibition_id, wave, hall_id, booth, participation_id, locked, by_id, at`

func scanPlacement(scan func(...any) error) (*exhibition.Placement, error) {
	var p exhibition.Placement
	var locked int64
	var at string
	if err := scan(&p.ID, &p.Version, &p.ExhibitionID, &p.Wave, &p.HallID, &p.Booth, &p.ParticipationID, &locked, &p.By, &at); err != nil {
		return nil, err
	}
	p.Locked, p.At = locked == 1, unstamp(at)
	return &p, nil
}

// InsertPlacement puts an exhibitor into a booth and sets ID and Version 1. fault.Duplicate if the booth is taken in that wave ("error.place.taken") or the exhibitor has
// one already ("error.place.placed").
func (tx *Tx) InsertPlacement(p *exhibition.Placement) error {
	err := tx.row(into(&p.ID), `INSERT INTO placement (version, exhibition_id, wave, hall_id, booth, participation_id, locked, by_id, at)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`, p.ExhibitionID, p.Wave, p.HallID, p.Booth, p.ParticipationID, flag(p.Locked), p.By, stamp(p.At))
	if err != nil {
		return fmt.Errorf("inserting placement: %w", err)
	}
	p.Version = 1
	return tx.touchFairs()
}

// UpdatePlacement moves or locks; the stored version must be p.Version, else fault.Stale.
func (tx *Tx) UpdatePlacement(p *exhibition.Placement) error {
	n, err := tx.exec(`UPDATE placement SET version = version + 1, hall_id = $3, booth = $4, locked = $5, by_id = $6, at = $7 WHERE id = $1 AND version = $2`,
		p.ID, p.Version, p.HallID, p.Booth, flag(p.Locked), p.By, stamp(p.At))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return fmt.Errorf("updating placement: %w", err)
	}
	p.Version++
	return tx.touchFairs()
}

// DeletePlacement empties a booth; the stored version must be p.Version, else fault.Stale.
func (tx *Tx) DeletePlacement(p *exhibition.Placement) error {
	n, err := tx.exec(`DELETE FROM placement WHERE id = $1 AND version = $2`, p.ID, p.Version)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	return tx.touchFairs()
}

// PlacementOf returns the booth of a participation, fault.NotFound if it has none.
func (tx *Tx) PlacementOf(participation int64) (*exhibition.Placement, error) {
	return scanPlacement(func(dest ...any) error {
		return tx.row(dest, `SELECT `+placementColumns+` FROM placement WHERE participation_id = $1`, participation)
	})
}

// Placements returns who stands where in an exhibition, by hall and booth. Who withdrew is not among them: the booth counts as empty, see [Tx.ClearBooth].
func (tx *Tx) Placements(exhibitionID int64) ([]exhibition.Placement, error) {
	var out []exhibition.Placement
	err := tx.each(func(rows *sql.Rows) error {
		p, err := scanPlacement(rows.Scan)
		if err == nil {
			out = append(out, *p)
		}
		return err
	}, `SELECT `+placementColumns+` FROM placement WHERE exhibition_id = $1
		AND EXISTS (SELECT 1 FROM participation p WHERE p.id = participation_id AND p.state = 'accepted') ORDER BY wave, hall_id, booth`, exhibitionID)
	return out, err
}

// ClearBooth drops the placement of an exhibitor who holds no place any more from a booth, so that another can stand there.
func (tx *Tx) ClearBooth(exhibitionID int64, wave int, hall int64, booth int) error {
	_, err := tx.exec(`DELETE FROM placement WHERE exhibition_id = $1 AND wave = $2 AND hall_id = $3 AND booth = $4
		AND NOT EXISTS (SELECT 1 FROM participation p WHERE p.id = participation_id AND p.state = 'accepted')`, exhibitionID, wave, hall, booth)
	if err != nil {
		return fmt.Errorf("clearing a booth: %w", err)
	}
	return nil
}

// EmptyHall takes everybody out of a hall of an exhibition, also who stands locked, and returns how many.
func (tx *Tx) EmptyHall(exhibitionID, hall int64) (int64, error) {
	n, err := tx.exec(`DELETE FROM placement WHERE exhibition_id = $1 AND hall_id = $2`, exhibitionID, hall)
	if err != nil {
		return 0, fmt.Errorf("emptying a hall: %w", err)
	}
	return n, tx.touchFairs()
}

// AssociationsOf returns, for each family that takes part in an exhibition, the association of its party that it is a member of; the first of several.
func (tx *Tx) AssociationsOf(exhibitionID int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	err := tx.each(func(rows *sql.Rows) error {
		var family, association int64
		if err := rows.Scan(&family, &association); err != nil {
			return err
		}
		out[family] = association
		return nil
	}, `SELECT p.family_id, min(m.exhibitor_id) FROM participation p JOIN exhibitor_member m ON m.family_id = p.family_id
		WHERE p.exhibition_id = $1 AND p.family_id <> 0 GROUP BY p.family_id`, exhibitionID)
	return out, err
}

// ReleasedPlans returns the plans of a party that exhibitions can be placed on, with the names of hall and venue, by venue and hall.
func (tx *Tx) ReleasedPlans(party place.Country) ([]ReleasedPlan, error) {
	var out []ReleasedPlan
	err := tx.each(func(rows *sql.Rows) error {
		var p ReleasedPlan
		if err := rows.Scan(&p.PlanID, &p.HallID, &p.Number, &p.Booths, &p.Hall.AR, &p.Hall.EN, &p.Venue); err != nil {
			return err
		}
		out = append(out, p)
		return nil
	}, `SELECT p.id, p.hall_id, p.number, p.booths, h.name, h.name_en, v.name FROM hall_plan p JOIN hall h ON h.id = p.hall_id JOIN venue v ON v.id = h.venue_id
		WHERE p.party = $1 AND p.state = 'released' AND v.archived = 0 ORDER BY v.name, h.name, p.id`, string(party))
	return out, err
}

// ReleasedPlan is a plan to choose.
type ReleasedPlan struct {
	PlanID, HallID int64
	Number, Booths int
	Hall           exhibition.Label
	Venue          string
}
