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

// LayoutRun is one proposal for the booths of a hall in one wave of an exhibition, made for a party. Body is what its pages show, as JSON of the caller; Problem and Plan are
// the files of package planner/layout, with participations for exhibitors; Members, JSON of the caller, is what the placements were.
type LayoutRun struct {
	ID, Version  int64
	Party        place.Country
	ExhibitionID int64
	HallID       int64
	Wave         int
	State        exhibition.RunState
	JobID        int64
	CreatedAt    time.Time
	Body         json.RawMessage
	Problem      []byte
	Plan         []byte
	Members      []byte
}

func (r *LayoutRun) slot() int64 {
	if r.State.Moving() {
		return 0
	}
	return r.ID
}

// InsertLayout stores a new proposal, which is to be at work, and sets its ID and Version 1. If another one is at work: fault.Duplicate.
func (tx *Tx) InsertLayout(r *LayoutRun) error {
	err := tx.row(into(&r.ID), `INSERT INTO layout_run (version, party, exhibition_id, hall_id, wave, state, slot, job_id, created_at, body, problem, plan, members)
		VALUES (1, $1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10, $11) RETURNING id`, string(r.Party), r.ExhibitionID, r.HallID, r.Wave, string(r.State), r.JobID, stamp(r.CreatedAt),
		string(r.Body), blobOf(r.Problem), blobOf(r.Plan), blobOf(r.Members))
	if err != nil {
		return fmt.Errorf("inserting a layout: %w", err)
	}
	r.Version = 1
	return nil
}

// UpdateLayout stores a proposal anew; another version on file is fault.Stale.
func (tx *Tx) UpdateLayout(r *LayoutRun) error {
	n, err := tx.exec(`UPDATE layout_run SET version = version + 1, state = $3, slot = $4, job_id = $5, body = $6, problem = $7, plan = $8, members = $9
		WHERE id = $1 AND version = $2`, r.ID, r.Version, string(r.State), r.slot(), r.JobID, string(r.Body), blobOf(r.Problem), blobOf(r.Plan), blobOf(r.Members))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	r.Version++
	return nil
}

// SetLayoutBody stores what the pages of a proposal show, and leaves its version alone: how far it has come is nobody's change.
func (tx *Tx) SetLayoutBody(id int64, text json.RawMessage) error {
	_, err := tx.exec(`UPDATE layout_run SET body = $2 WHERE id = $1`, id, string(text))
	return err
}

const layoutColumns = `id, version, party, exhibition_id, hall_id, wave, state, job_id, created_at, body`

func scanLayout(scan func(...any) error, more ...any) (*LayoutRun, error) {
	var r LayoutRun
	var party, state, created, text string
	dest := append([]any{&r.ID, &r.Version, &party, &r.ExhibitionID, &r.HallID, &r.Wave, &state, &r.JobID, &created, &text}, more...)
	if err := scan(dest...); err != nil {
		return nil, err
	}
	r.Party, r.State, r.CreatedAt, r.Body = place.Country(party), exhibition.RunState(state), unstamp(created), raw(text)
	return &r, nil
}

// LayoutByID returns a proposal of a party with everything, of any party if that is "", else fault.NotFound.
func (tx *Tx) LayoutByID(party place.Country, id int64) (*LayoutRun, error) {
	var problem, plan, members []byte
	r, err := scanLayout(func(dest ...any) error {
		return tx.row(dest, `SELECT `+layoutColumns+`, problem, plan, members FROM layout_run WHERE id = $1 AND ($2 = '' OR party = $2)`, id, string(party))
	}, &problem, &plan, &members)
	if err != nil {
		return nil, err
	}
	r.Problem, r.Plan, r.Members = problem, plan, members
	return r, nil
}

func (tx *Tx) layouts(where string, args ...any) ([]LayoutRun, error) {
	var out []LayoutRun
	err := tx.each(func(rows *sql.Rows) error {
		r, err := scanLayout(rows.Scan)
		if err == nil {
			out = append(out, *r)
		}
		return err
	}, `SELECT `+layoutColumns+` FROM layout_run WHERE `+where, args...)
	return out, err
}

// Layouts returns a party's proposals for a hall of an exhibition in a wave, without problem, plan and members, the newest first, at most 20.
func (tx *Tx) Layouts(party place.Country, exhibitionID, hall int64, wave int) ([]LayoutRun, error) {
	return tx.layouts(`exhibition_id = $1 AND hall_id = $2 AND party = $3 AND wave = $4 ORDER BY id DESC LIMIT 20`, exhibitionID, hall, string(party), wave)
}

// LayoutAtWork returns the proposal that is at work, nil if there is none.
func (tx *Tx) LayoutAtWork() (*LayoutRun, error) {
	list, err := tx.layouts(`slot = 0`)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}
