package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

const jobColumns = `id, kind, party, state, params, cursor_at, result, done, total, by_id, created_at, started_at, heartbeat_at, finished_at, cancel,
	attempt, error_key`

type jobRow struct {
	j                                                                           Job
	party, state, params, cursor, result, created, started, heartbeat, finished string
	cancel                                                                      int64
}

func (r *jobRow) into() []any {
	j := &r.j
	return into(&j.ID, &j.Kind, &r.party, &r.state, &r.params, &r.cursor, &r.result, &j.Done, &j.Total, &j.By, &r.created, &r.started, &r.heartbeat,
		&r.finished, &r.cancel, &j.Attempt, &j.ErrorKey)
}

func (r *jobRow) job() *Job {
	j := &r.j
	j.Party, j.State, j.Cancel = place.Country(r.party), JobState(r.state), r.cancel == 1
	j.Params, j.Cursor, j.Result = raw(r.params), raw(r.cursor), raw(r.result)
	j.CreatedAt, j.StartedAt, j.HeartbeatAt, j.FinishedAt = unstamp(r.created), unstamp(r.started), unstamp(r.heartbeat), unstamp(r.finished)
	return j
}

func raw(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	return json.RawMessage(s)
}

// InsertJob queues a job and sets its ID. Params hold no personal data: they are stored in the clear.
func (tx *Tx) InsertJob(j *Job) error {
	j.State = JobQueued
	return tx.row(into(&j.ID), `INSERT INTO job (kind, party, state, params, cursor_at, result, done, total, by_id, created_at, started_at,
		heartbeat_at, finished_at, cancel, attempt, error_key)
		VALUES ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, '', '', '', 0, 0, '') RETURNING id`,
		j.Kind, string(j.Party), string(j.Params), string(j.Cursor), string(j.Result), j.Done, j.Total, j.By, stamp(j.CreatedAt))
}

// ClaimJob takes a job that waits, or one whose runner has not shown a sign of life for stale, and marks it as running; nil if there is none. What a
// person asked for goes before what the program planned (somebody looks at the page), and the older before the newer. Attempt goes up by one: a runner that lost its claim is told so by [Tx.ProgressJob].
func (tx *Tx) ClaimJob(now time.Time, stale time.Duration) (*Job, error) {
	return tx.claim(now, `SELECT `+jobColumns+` FROM job WHERE state = 'queued' OR state = 'running' AND heartbeat_at < $1
		ORDER BY CASE by_id WHEN 0 THEN 1 ELSE 0 END, id LIMIT 1`, stamp(now.Add(-stale)))
}

func (tx *Tx) claim(now time.Time, query string, args ...any) (*Job, error) {
	var r jobRow
	err := tx.row(r.into(), query, args...)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claiming a job: %w", err)
	}
	j := r.job()
	if j.StartedAt.IsZero() {
		j.StartedAt = now
	}
	j.State, j.HeartbeatAt = JobRunning, now
	j.Attempt++
	_, err = tx.exec(`UPDATE job SET state = 'running', started_at = $2, heartbeat_at = $3, attempt = $4 WHERE id = $1`, j.ID, stamp(j.StartedAt), stamp(now), j.Attempt)
	return j, err
}

// JobBefore returns when the last job of a kind and party was queued that is done and came before another; the zero time: none.
func (tx *Tx) JobBefore(kind string, party place.Country, id int64) (time.Time, error) {
	var at string
	err := tx.row(into(&at), `SELECT created_at FROM job WHERE kind = $1 AND party = $2 AND state = 'done' AND id < $3 ORDER BY id DESC LIMIT 1`, kind, string(party), id)
	if fault.Is(err, fault.NotFound) {
		return time.Time{}, nil
	}
	return unstamp(at), err
}

// ProgressJob stores how far a job has come (Cursor, Result, Done, Total) in the transaction of the work itself, and reloads Cancel.
// fault.Stale means that another runner has claimed the job: stop without another word.
func (tx *Tx) ProgressJob(j *Job, now time.Time) error {
	var cancel int64
	err := tx.row(into(&cancel), `UPDATE job SET cursor_at = $3, result = $4, done = $5, total = $6, heartbeat_at = $7
		WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING cancel`,
		j.ID, j.Attempt, string(j.Cursor), string(j.Result), j.Done, j.Total, stamp(now))
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Stale, "error.stale")
	}
	j.Cancel, j.HeartbeatAt = cancel == 1, now
	return err
}

// FinishJob ends a job as done, failed (with j.ErrorKey) or cancelled; fault.Stale if another runner has claimed it.
func (tx *Tx) FinishJob(j *Job, state JobState, now time.Time) error {
	n, err := tx.exec(`UPDATE job SET state = $3, cursor_at = $4, result = $5, done = $6, total = $7, finished_at = $8, heartbeat_at = $8, error_key = $9
		WHERE id = $1 AND attempt = $2 AND state = 'running'`,
		j.ID, j.Attempt, string(state), string(j.Cursor), string(j.Result), j.Done, j.Total, stamp(now), j.ErrorKey)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	j.State, j.FinishedAt = state, now
	return nil
}

// CancelJob asks a running job of a party to stop and ends one that waits; fault.NotFound if there is no such unfinished job.
func (tx *Tx) CancelJob(party place.Country, id int64, now time.Time) error {
	n, err := tx.exec(`UPDATE job SET cancel = 1, finished_at = CASE state WHEN 'queued' THEN $3 ELSE '' END,
		state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
		WHERE id = $1 AND party = $2 AND state IN ('queued', 'running')`, id, string(party), stamp(now))
	return one(n, err, fault.NotFound, "error.not_found")
}

// JobByID returns a job of a party, fault.NotFound if it has none such.
func (tx *Tx) JobByID(party place.Country, id int64) (*Job, error) {
	var r jobRow
	if err := tx.row(r.into(), `SELECT `+jobColumns+` FROM job WHERE id = $1 AND party = $2`, id, string(party)); err != nil {
		return nil, err
	}
	return r.job(), nil
}

// ListJobs returns the newest jobs of a party.
func (tx *Tx) ListJobs(party place.Country, limit int) ([]Job, error) {
	var out []Job
	err := tx.each(func(rows *sql.Rows) error {
		var r jobRow
		if err := rows.Scan(r.into()...); err != nil {
			return err
		}
		out = append(out, *r.job())
		return nil
	}, `SELECT `+jobColumns+` FROM job WHERE party = $1 ORDER BY id DESC LIMIT $2`, string(party), max(1, min(limit, 200)))
	return out, err
}

// WorkCounts counts what waits for a user inside the scope. It works in View only.
func (tx *Tx) WorkCounts(s Scope, user int64, renewalBy calendar.Date) (WorkCounts, error) {
	var w WorkCounts
	err := tx.withRoll(func(r *roll) error {
		me := r.users.index[user]
		mine := r.cells.accept(func(c rollCell) bool { return s.holds(c.party, c.area) })
		due := uint32(renewalBy)
		for id, n := range r.cell {
			if !mine[n] {
				continue
			}
			c := &r.cells.values[n]
			own := me != 0 && r.entered[id] == me
			switch registry.State(c.state) {
			case registry.Draft:
				w.Drafts += int(flag(own))
			case registry.Returned:
				w.Returned += int(flag(own))
			case registry.Submitted:
				w.WaitingReview += int(flag(!own && (me == 0 || r.handed[id] != me)))
			case registry.UnderReview:
				under := me != 0 && r.reviewer[id] == me
				w.UnderMyReview += int(flag(under))
				w.WaitingAllOthers += int(flag(!under))
			case registry.Approved:
				w.RenewalsDue += int(flag(r.valid[id] <= due))
			}
			w.AmendmentsWait += int(flag(c.amendment && !own))
		}
		return nil
	})
	return w, err
}
