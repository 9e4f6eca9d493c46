package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// venueBody is the JSON of what no query looks at.
type venueBody struct {
	NameEN string           `json:"name_en,omitempty"`
	City   exhibition.Label `json:"city"`
	Floor  int              `json:"floor,omitempty"`
	Notes  exhibition.Label `json:"notes"`
}

const venueColumns = `id, version, party, area, setting, archived, name, body, created_by, created_at, updated_at`

type venueRow struct {
	v                                              exhibition.Venue
	party, setting, name, body, created, updatedAt string
	archived                                       int64
}

func (r *venueRow) into() []any {
	return into(&r.v.ID, &r.v.Version, &r.party, &r.v.Area, &r.setting, &r.archived, &r.name, &r.body, &r.v.CreatedBy, &r.created, &r.updatedAt)
}

func (r *venueRow) venue() (*exhibition.Venue, error) {
	var b venueBody
	if err := json.Unmarshal([]byte(r.body), &b); err != nil {
		return nil, fmt.Errorf("reading venue %d: %w", r.v.ID, err)
	}
	v := &r.v
	v.Party, v.Setting, v.Archived = place.Country(r.party), exhibition.Setting(r.setting), r.archived == 1
	v.Name, v.City, v.FloorM2, v.Notes = exhibition.Label{AR: r.name, EN: b.NameEN}, b.City, b.Floor, b.Notes
	v.CreatedAt, v.UpdatedAt = unstamp(r.created), unstamp(r.updatedAt)
	return v, nil
}

func venueJSON(v *exhibition.Venue) (string, error) {
	b, err := json.Marshal(venueBody{v.Name.EN, v.City, v.FloorM2, v.Notes})
	return string(b), err
}

// InsertVenue stores a new venue and sets its ID and Version 1. Two venues of a party do not have one Arabic name: fault.Duplicate ("error.duplicate_venue").
func (tx *Tx) InsertVenue(v *exhibition.Venue) error {
	body, err := venueJSON(v)
	if err != nil {
		return err
	}
	err = tx.row(into(&v.ID), `INSERT INTO venue (version, party, area, setting, archived, name, body, created_by, created_at, updated_at)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id`, string(v.Party), v.Area, string(v.Setting), flag(v.Archived), v.Name.AR, body, v.CreatedBy,
		stamp(v.CreatedAt))
	if err != nil {
		return fmt.Errorf("inserting venue: %w", err)
	}
	v.Version = 1
	return nil
}

// UpdateVenue stores a venue anew; the stored version must be v.Version, else fault.Stale.
func (tx *Tx) UpdateVenue(v *exhibition.Venue) error {
	body, err := venueJSON(v)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE venue SET version = version + 1, area = $4, setting = $5, archived = $6, name = $7, body = $8, updated_at = $9
		WHERE id = $1 AND party = $2 AND version = $3`, v.ID, string(v.Party), v.Version, v.Area, string(v.Setting), flag(v.Archived), v.Name.AR, body, stamp(v.UpdatedAt))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return fmt.Errorf("updating venue: %w", err)
	}
	v.Version++
	return nil
}

// VenueByID returns a venue of a party, fault.NotFound if it has none such.
func (tx *Tx) VenueByID(party place.Country, id int64) (*exhibition.Venue, error) {
	var r venueRow
	if err := tx.row(r.into(), `SELECT `+venueColumns+` FROM venue WHERE id = $1 AND party = $2`, id, string(party)); err != nil {
		return nil, err
	}
	return r.venue()
}

// ListVenues returns the venues of a party by name, archived ones last.
func (tx *Tx) ListVenues(party place.Country) ([]exhibition.Venue, error) {
	var out []exhibition.Venue
	err := tx.each(func(rows *sql.Rows) error {
		var r venueRow
		if err := rows.Scan(r.into()...); err != nil {
			return err
		}
		v, err := r.venue()
		if err == nil {
			out = append(out, *v)
		}
		return err
	}, `SELECT `+venueColumns+` FROM venue WHERE party = $1 ORDER BY archived, name`, string(party))
	return out, err
}

const hallColumns = `id, version, venue_id, party, name, name_en, created_by, created_at, updated_at`

func scanHall(scan func(...any) error) (*exhibition.Hall, error) {
	var h exhibition.Hall
	var party, created, updated string
	if err := scan(&h.ID, &h.Version, &h.VenueID, &party, &h.Name.AR, &h.Name.EN, &h.CreatedBy, &created, &updated); err != nil {
		return nil, err
	}
	h.Party, h.CreatedAt, h.UpdatedAt = place.Country(party), unstamp(created), unstamp(updated)
	return &h, nil
}

// InsertHall stores a new hall and sets its ID and Version 1. Two halls of a venue do not have one Arabic name: fault.Duplicate ("error.duplicate_hall").
func (tx *Tx) InsertHall(h *exhibition.Hall) error {
	err := tx.row(into(&h.ID), `INSERT INTO hall (version, venue_id, party, name, name_en, created_by, created_at, updated_at) VALUES (1, $1, $2, $3, $4, $5, $6, $6)
		RETURNING id`, h.VenueID, string(h.Party), h.Name.AR, h.Name.EN, h.CreatedBy, stamp(h.CreatedAt))
	if err != nil {
		return fmt.Errorf("inserting hall: %w", err)
	}
	h.Version = 1
	return nil
}

// UpdateHall stores a hall anew; the stored version must be h.Version, else fault.Stale.
func (tx *Tx) UpdateHall(h *exhibition.Hall) error {
	n, err := tx.exec(`UPDATE hall SET version = version + 1, name = $4, name_en = $5, updated_at = $6 WHERE id = $1 AND party = $2 AND version = $3`,
		h.ID, string(h.Party), h.Version, h.Name.AR, h.Name.EN, stamp(h.UpdatedAt))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return fmt.Errorf("updating hall: %w", err)
	}
	h.Version++
	return nil
}

// HallByID returns a hall of a party, fault.NotFound if it has none such.
func (tx *Tx) HallByID(party place.Country, id int64) (*exhibition.Hall, error) {
	return scanHall(func(dest ...any) error {
		return tx.row(dest, `SELECT `+hallColumns+` FROM hall WHERE id = $1 AND party = $2`, id, string(party))
	})
}

// ListHalls returns the halls of a party's venue by name; venue 0 is all of them.
func (tx *Tx) ListHalls(party place.Country, venue int64) ([]exhibition.Hall, error) {
	var out []exhibition.Hall
	err := tx.each(func(rows *sql.Rows) error {
		h, err := scanHall(rows.Scan)
		if err == nil {
			out = append(out, *h)
		}
		return err
	}, `SELECT `+hallColumns+` FROM hall WHERE party = $1 AND ($2 = 0 OR venue_id = $2) ORDER BY name, id`, string(party), venue)
	return out, err
}

// HallPlan is one version of a hall's plan as it is stored.
type HallPlan struct {
	ID, Version          int64 // Version counts saves
	HallID               int64
	Party                place.Country
	Number               int // of the plan among those of the hall, from 1
	State                exhibition.PlanState
	BasedOn              int    // Number of the plan that it was copied from, 0 for none
	Booths, AreaM2       int    // copies, for lists
	Blocked, Warned      int    // findings at the last save
	Body                 []byte // nil in lists
	CreatedBy, UpdatedBy int64
	ReleasedBy           int64
	CreatedAt, UpdatedAt time.Time
	ReleasedAt           time.Time
}

const planColumns = `id, version, hall_id, party, number, state, based_on, booths, area_m2, blocked, warned, created_by, created_at, updated_by, updated_at,
	released_by, released_at`

func scanPlan(scan func(...any) error, more ...any) (*HallPlan, error) {
	var p HallPlan
	var party, state, created, updated, released string
	dest := into(&p.ID, &p.Version, &p.HallID, &party, &p.Number, &state, &p.BasedOn, &p.Booths, &p.AreaM2, &p.Blocked, &p.Warned, &p.CreatedBy, &created, &p.UpdatedBy,
		&updated, &p.ReleasedBy, &released)
	if err := scan(append(dest, more...)...); err != nil {
		return nil, err
	}
	p.Party, p.State = place.Country(party), exhibition.PlanState(state)
	p.CreatedAt, p.UpdatedAt, p.ReleasedAt = unstamp(created), unstamp(updated), unstamp(released)
	return &p, nil
}

// InsertPlan stores a new draft and sets its ID, Version 1 and the hall's next Number. A hall has one draft: fault.Duplicate ("error.plan.has_draft").
func (tx *Tx) InsertPlan(p *HallPlan) error {
	p.State = exhibition.PlanDraft
	err := tx.row(into(&p.ID, &p.Number), `INSERT INTO hall_plan (version, hall_id, party, number, state, based_on, booths, area_m2, blocked, warned, body, created_by,
		created_at, updated_by, updated_at, released_by, released_at)
		VALUES (1, $1, $2, (SELECT coalesce(max(number), 0) + 1 FROM hall_plan WHERE hall_id = $1), 'draft', $3, $4, $5, $6, $7, $8, $9, $10, $9, $10, 0, '')
		RETURNING id, number`, p.HallID, string(p.Party), p.BasedOn, p.Booths, p.AreaM2, p.Blocked, p.Warned, string(p.Body), p.CreatedBy, stamp(p.CreatedAt))
	if err != nil {
		return fmt.Errorf("inserting plan: %w", err)
	}
	p.Version, p.UpdatedBy, p.UpdatedAt = 1, p.CreatedBy, p.CreatedAt
	return nil
}

// UpdatePlan stores a draft anew; the stored version must be p.Version, else fault.Stale. A released plan is never changed: fault.State ("error.plan.released").
func (tx *Tx) UpdatePlan(p *HallPlan) error {
	n, err := tx.exec(`UPDATE hall_plan SET version = version + 1, booths = $4, area_m2 = $5, blocked = $6, warned = $7, body = $8, updated_by = $9, updated_at = $10
		WHERE id = $1 AND party = $2 AND version = $3 AND state = 'draft'`, p.ID, string(p.Party), p.Version, p.Booths, p.AreaM2, p.Blocked, p.Warned, string(p.Body),
		p.UpdatedBy, stamp(p.UpdatedAt))
	if err != nil {
		return fmt.Errorf("updating plan: %w", err)
	}
	if n == 0 {
		return tx.whyNotDraft(p)
	}
	p.Version++
	return nil
}

func (tx *Tx) whyNotDraft(p *HallPlan) error {
	stored, err := tx.PlanByID(p.Party, p.ID)
	switch {
	case err != nil:
		return err
	case stored.State != exhibition.PlanDraft:
		return fault.New(fault.State, "error.plan.released")
	}
	return fault.New(fault.Stale, "error.stale")
}

// ReleasePlan makes a draft the plan of its hall; the one released before is retired. The stored version must be p.Version.
func (tx *Tx) ReleasePlan(p *HallPlan, by int64, at time.Time) error {
	n, err := tx.exec(`UPDATE hall_plan SET state = 'released', version = version + 1, released_by = $4, released_at = $5
		WHERE id = $1 AND party = $2 AND version = $3 AND state = 'draft'`, p.ID, string(p.Party), p.Version, by, stamp(at))
	if err != nil {
		return fmt.Errorf("releasing plan: %w", err)
	}
	if n == 0 {
		return tx.whyNotDraft(p)
	}
	if _, err := tx.exec(`UPDATE hall_plan SET state = 'retired', version = version + 1 WHERE hall_id = $1 AND state = 'released' AND id <> $2`, p.HallID, p.ID); err != nil {
		return fmt.Errorf("retiring plans: %w", err)
	}
	p.State, p.Version, p.ReleasedBy, p.ReleasedAt = exhibition.PlanReleased, p.Version+1, by, at
	return nil
}

// DeletePlan removes a draft; the stored version must be p.Version.
func (tx *Tx) DeletePlan(p *HallPlan) error {
	n, err := tx.exec(`DELETE FROM hall_plan WHERE id = $1 AND party = $2 AND version = $3 AND state = 'draft'`, p.ID, string(p.Party), p.Version)
	if err != nil {
		return fmt.Errorf("deleting plan: %w", err)
	}
	if n == 0 {
		return tx.whyNotDraft(p)
	}
	return nil
}

// PlanByID returns a plan of a party with its body, fault.NotFound if it has none such.
func (tx *Tx) PlanByID(party place.Country, id int64) (*HallPlan, error) {
	var body string
	p, err := scanPlan(func(dest ...any) error {
		return tx.row(dest, `SELECT `+planColumns+`, body FROM hall_plan WHERE id = $1 AND party = $2`, id, string(party))
	}, &body)
	if err != nil {
		return nil, err
	}
	p.Body = []byte(body)
	return p, nil
}

// ListPlans returns the plans of a hall without their bodies, the newest first; hall 0 is those of every hall of the party.
func (tx *Tx) ListPlans(party place.Country, hall int64) ([]HallPlan, error) {
	var out []HallPlan
	err := tx.each(func(rows *sql.Rows) error {
		p, err := scanPlan(rows.Scan)
		if err == nil {
			out = append(out, *p)
		}
		return err
	}, `SELECT `+planColumns+` FROM hall_plan WHERE party = $1 AND ($2 = 0 OR hall_id = $2) ORDER BY hall_id, number DESC`, string(party), hall)
	return out, err
}
