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

// SeasonPart is what was said of one thing for a season: Kind and Ref name the thing, Body is JSON of the caller. It is sealed: it may name people, and tell what a
// party pays.
type SeasonPart struct {
	ID, Version int64
	SeasonID    int64
	Kind        string
	Ref         int64
	Party       place.Country // whose it is; "" of both
	Body        []byte
}

// PutSeasonPart stores a part: a new one if its ID is 0, and then it is fault.Stale if somebody else began to speak of the thing meanwhile; else the version on file
// must be its own.
func (tx *Tx) PutSeasonPart(p *SeasonPart) error {
	uid := newUID()
	sealed := tx.sealRow("season_part", "body", uid, p.Body)
	if p.ID == 0 {
		err := tx.row(into(&p.ID), `INSERT INTO season_part (version, season_id, kind, ref, party, uid, body) VALUES (1, $1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING RETURNING id`, p.SeasonID, p.Kind, p.Ref, string(p.Party), uid, sealed)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Stale, "error.stale")
		}
		p.Version = 1
		return err
	}
	n, err := tx.exec(`UPDATE season_part SET version = version + 1, uid = $3, body = $4 WHERE id = $1 AND version = $2`, p.ID, p.Version, uid, sealed)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	p.Version++
	return nil
}

// SeasonParts returns all that was said for a season, in the order in which it was begun.
func (tx *Tx) SeasonParts(season int64) ([]SeasonPart, error) {
	var out []SeasonPart
	var uids []string
	err := tx.each(func(rows *sql.Rows) error {
		p := SeasonPart{SeasonID: season}
		var party, uid string
		if err := rows.Scan(&p.ID, &p.Version, &p.Kind, &p.Ref, &party, &uid, &p.Body); err != nil {
			return err
		}
		p.Party = place.Country(party)
		out, uids = append(out, p), append(uids, uid)
		return nil
	}, `SELECT id, version, kind, ref, party, uid, body FROM season_part WHERE season_id = $1 ORDER BY id`, season)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if out[i].Body, err = tx.openRow("season_part", "body", uids[i], out[i].Body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// holds is 0 of the draft that holds, of which a season has one.
func holds(d *exhibition.SeasonDraft) int64 {
	if d.State == exhibition.SeasonReleased {
		return 0
	}
	return d.ID
}

// InsertSeasonDraft stores a new draft and sets its ID and Version 1.
func (tx *Tx) InsertSeasonDraft(d *exhibition.SeasonDraft) error {
	text, err := body(d)
	if err != nil {
		return err
	}
	// A draft gets its own number once it is known; -1 is nobody's for longer than this statement.
	if err := tx.row(into(&d.ID), `INSERT INTO season_draft (version, season_id, state, holds, body) VALUES (1, $1, $2, -1, $3) RETURNING id`, d.SeasonID, string(d.State), text); err != nil {
		return fmt.Errorf("inserting a draft of a season: %w", err)
	}
	d.Version = 1
	_, err = tx.exec(`UPDATE season_draft SET holds = id WHERE id = $1`, d.ID)
	return err
}

// UpdateSeasonDraft stores a draft anew; another version on file is fault.Stale. A second released plan of a season is fault.Duplicate.
func (tx *Tx) UpdateSeasonDraft(d *exhibition.SeasonDraft) error {
	text, err := body(d)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE season_draft SET version = version + 1, state = $3, holds = $4, body = $5 WHERE id = $1 AND version = $2`, d.ID, d.Version, string(d.State), holds(d), text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	d.Version++
	return nil
}

func (tx *Tx) seasonDrafts(where string, args ...any) ([]exhibition.SeasonDraft, error) {
	return bodies(tx, func(d *exhibition.SeasonDraft, id, version int64) { d.ID, d.Version = id, version }, `SELECT id, version, body FROM season_draft WHERE `+where, args...)
}

// SeasonDraftByID returns a draft of a season, else fault.NotFound.
func (tx *Tx) SeasonDraftByID(season, id int64) (*exhibition.SeasonDraft, error) {
	list, err := tx.seasonDrafts(`season_id = $1 AND id = $2`, season, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

// SeasonDrafts returns the drafts of a season, the newest first, at most 60.
func (tx *Tx) SeasonDrafts(season int64) ([]exhibition.SeasonDraft, error) {
	return tx.seasonDrafts(`season_id = $1 ORDER BY id DESC LIMIT 60`, season)
}

// SeasonPlan returns the plan of a season that holds, nil if there is none.
func (tx *Tx) SeasonPlan(season int64) (*exhibition.SeasonDraft, error) {
	list, err := tx.seasonDrafts(`season_id = $1 AND holds = 0`, season)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// SeasonRun is one run of the planner for a draft. Body is what its page shows, as JSON of the caller; Problem and Result are the files of package planner/season.
type SeasonRun struct {
	ID, Version int64
	DraftID     int64
	State       exhibition.RunState
	JobID       int64
	CreatedAt   time.Time
	Body        json.RawMessage
	Problem     []byte
	Result      []byte
}

func (r *SeasonRun) slot() int64 {
	if r.State.Moving() {
		return 0
	}
	return r.ID
}

// InsertSeasonRun stores a new run that is to be worked off and sets its ID and Version 1. If another is at work: fault.Duplicate.
func (tx *Tx) InsertSeasonRun(r *SeasonRun) error {
	err := tx.row(into(&r.ID), `INSERT INTO season_run (version, draft_id, state, slot, job_id, created_at, body, problem, result) VALUES (1, $1, $2, 0, $3, $4, $5, $6, $7) RETURNING id`,
		r.DraftID, string(r.State), r.JobID, stamp(r.CreatedAt), string(r.Body), blobOf(r.Problem), blobOf(r.Result))
	if err != nil {
		return fmt.Errorf("inserting a run of a season: %w", err)
	}
	r.Version = 1
	return nil
}

// UpdateSeasonRun stores a run anew; another version on file is fault.Stale.
func (tx *Tx) UpdateSeasonRun(r *SeasonRun) error {
	n, err := tx.exec(`UPDATE season_run SET version = version + 1, state = $3, slot = $4, job_id = $5, body = $6, problem = $7, result = $8 WHERE id = $1 AND version = $2`,
		r.ID, r.Version, string(r.State), r.slot(), r.JobID, string(r.Body), blobOf(r.Problem), blobOf(r.Result))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	r.Version++
	return nil
}

// SetSeasonRunBody stores what the page of a run shows, and leaves its version alone: how far it has come is nobody's change.
func (tx *Tx) SetSeasonRunBody(id int64, text json.RawMessage) error {
	_, err := tx.exec(`UPDATE season_run SET body = $2 WHERE id = $1`, id, string(text))
	return err
}

func (tx *Tx) seasonRuns(where string, args ...any) ([]SeasonRun, error) {
	var out []SeasonRun
	err := tx.each(func(rows *sql.Rows) error {
		var r SeasonRun
		var state, created, text string
		if err := rows.Scan(&r.ID, &r.Version, &r.DraftID, &state, &r.JobID, &created, &text, &r.Problem, &r.Result); err != nil {
			return err
		}
		r.State, r.CreatedAt, r.Body = exhibition.RunState(state), unstamp(created), raw(text)
		out = append(out, r)
		return nil
	}, `SELECT id, version, draft_id, state, job_id, created_at, body, problem, result FROM season_run WHERE `+where, args...)
	return out, err
}

// SeasonRunByID returns a run of a draft, else fault.NotFound.
func (tx *Tx) SeasonRunByID(draft, id int64) (*SeasonRun, error) {
	list, err := tx.seasonRuns(`draft_id = $1 AND id = $2`, draft, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

// LastSeasonRun returns the newest run of a draft, nil if there is none.
func (tx *Tx) LastSeasonRun(draft int64) (*SeasonRun, error) {
	list, err := tx.seasonRuns(`draft_id = $1 ORDER BY id DESC LIMIT 1`, draft)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// SeasonRunAtWork returns the run that is at work, of whatever season; nil if there is none.
func (tx *Tx) SeasonRunAtWork() (*SeasonRun, error) {
	list, err := tx.seasonRuns(`slot = 0`)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// SeasonCalls returns the exhibitions of a season to which a party calls or has called: exhibitors count on their days.
func (tx *Tx) SeasonCalls(season int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out[id] = true
		return err
	}, `SELECT DISTINCT c.exhibition_id FROM exhibition_call c JOIN exhibition e ON e.id = c.exhibition_id WHERE e.season_id = $1`, season)
	return out, err
}
