package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// InsertAllocation stores a new allocation with its secret seed and sets its ID and Version 1. An exhibition that another living allocation decides on is
// fault.Duplicate.
func (tx *Tx) InsertAllocation(a *exhibition.Allocation, seed []byte) error {
	text, err := body(a)
	if err != nil {
		return err
	}
	uid := newUID()
	err = tx.row(into(&a.ID), `INSERT INTO allocation (version, season_id, parties, state, created_at, uid, seed, body) VALUES (1, $1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		a.SeasonID, partiesText(a.Parties), a.State(), stamp(a.CreatedAt), uid, tx.sealRow("allocation", "seed", uid, seed), text)
	if err != nil {
		return fmt.Errorf("inserting allocation: %w", err)
	}
	for _, e := range a.Terms.Exhibitions {
		if _, err := tx.exec(`INSERT INTO allocation_exhibition (allocation_id, exhibition_id, live) VALUES ($1, $2, 0)`, a.ID, e); err != nil {
			return fmt.Errorf("taking exhibition %d for an allocation: %w", e, err)
		}
	}
	a.Version = 1
	return nil
}

// UpdateAllocation stores an allocation anew; another version on file is fault.Stale. A dropped one lets its exhibitions go.
func (tx *Tx) UpdateAllocation(a *exhibition.Allocation) error {
	text, err := body(a)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE allocation SET version = version + 1, state = $3, body = $4 WHERE id = $1 AND version = $2`, a.ID, a.Version, a.State(), text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	a.Version++
	if a.Dropped.IsZero() {
		return nil
	}
	_, err = tx.exec(`UPDATE allocation_exhibition SET live = allocation_id WHERE allocation_id = $1`, a.ID)
	return err
}

// AllocationSeed returns the seed of an allocation. It is secret until Revealed.
func (tx *Tx) AllocationSeed(id int64) ([]byte, error) {
	var uid string
	var sealed []byte
	if err := tx.row(into(&uid, &sealed), `SELECT uid, seed FROM allocation WHERE id = $1`, id); err != nil {
		return nil, err
	}
	return tx.openRow("allocation", "seed", uid, sealed)
}

func (tx *Tx) allocations(where string, args ...any) ([]exhibition.Allocation, error) {
	return bodies(tx, func(a *exhibition.Allocation, id, version int64) { a.ID, a.Version = id, version }, `SELECT id, version, body FROM allocation WHERE `+where, args...)
}

// AllocationByID returns an allocation in which a party takes part ("" is any), else fault.NotFound.
func (tx *Tx) AllocationByID(party place.Country, id int64) (*exhibition.Allocation, error) {
	list, err := tx.allocations(`id = $1 AND ($2 = '' OR parties LIKE '%,' || $2 || ',%')`, id, string(party))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

// Allocations returns a party's allocations ("" is any) of a season (0: of all), the newest first, at most 100.
func (tx *Tx) Allocations(party place.Country, season int64) ([]exhibition.Allocation, error) {
	return tx.allocations(`($1 = '' OR parties LIKE '%,' || $1 || ',%') AND ($2 = 0 OR season_id = $2) ORDER BY id DESC LIMIT 100`, string(party), season)
}

// AllocationOf returns the living allocation that decides on an exhibition, nil if there is none.
func (tx *Tx) AllocationOf(exhibitionID int64) (*exhibition.Allocation, error) {
	list, err := tx.allocations(`id = (SELECT allocation_id FROM allocation_exhibition WHERE exhibition_id = $1 AND live = 0)`, exhibitionID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// CandidateCounts counts the applications that an allocation decides on, those with a place and those that wait or may be chosen, and how many exhibitors they are of.
func (tx *Tx) CandidateCounts(id int64) (applications, exhibitors int, err error) {
	err = tx.row(into(&applications, &exhibitors), `SELECT COUNT(*), COUNT(DISTINCT exhibitor_id) FROM participation
		WHERE state IN ('eligible', 'waiting', 'invited', 'accepted') AND exhibition_id IN (SELECT exhibition_id FROM allocation_exhibition WHERE allocation_id = $1)`, id)
	return applications, exhibitors, err
}

// AllocationRun is one run of an allocation. Body is what its pages show, as JSON of the caller; Problem and Plan are the files of package planner/model, under
// pseudonyms; Members, JSON of the caller, says which participations stand behind them.
type AllocationRun struct {
	ID, Version  int64
	AllocationID int64
	Kind         exhibition.RunKind
	State        exhibition.RunState
	JobID        int64
	CreatedAt    time.Time
	Body         json.RawMessage
	Problem      []byte
	Plan         []byte
	Members      []byte
}

func (r *AllocationRun) slot() int64 {
	if r.State.Moving() {
		return 0
	}
	return r.ID
}

// InsertRun stores a new run and sets its ID and Version 1. If another run of any allocation is at work: fault.Duplicate.
func (tx *Tx) InsertRun(r *AllocationRun) error {
	// What is not at work gets its slot once its id is known; -1 is nobody's for longer than this statement.
	slot := int64(-1)
	if r.State.Moving() {
		slot = 0
	}
	err := tx.row(into(&r.ID), `INSERT INTO allocation_run (version, allocation_id, kind, state, slot, job_id, created_at, body, problem, plan, members)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`, r.AllocationID, string(r.Kind), string(r.State), slot, r.JobID, stamp(r.CreatedAt), string(r.Body),
		blobOf(r.Problem), blobOf(r.Plan), blobOf(r.Members))
	if err != nil {
		return fmt.Errorf("inserting a run: %w", err)
	}
	r.Version = 1
	if slot == 0 {
		return nil
	}
	_, err = tx.exec(`UPDATE allocation_run SET slot = id WHERE id = $1`, r.ID)
	return err
}

func blobOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// UpdateRun stores a run anew; another version on file is fault.Stale.
func (tx *Tx) UpdateRun(r *AllocationRun) error {
	n, err := tx.exec(`UPDATE allocation_run SET version = version + 1, state = $3, slot = $4, job_id = $5, body = $6, problem = $7, plan = $8, members = $9
		WHERE id = $1 AND version = $2`, r.ID, r.Version, string(r.State), r.slot(), r.JobID, string(r.Body), blobOf(r.Problem), blobOf(r.Plan), blobOf(r.Members))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	r.Version++
	return nil
}

// SetRunBody stores what the pages of a run show, and leaves its version alone: how far it has come is nobody's change.
func (tx *Tx) SetRunBody(id int64, text json.RawMessage) error {
	_, err := tx.exec(`UPDATE allocation_run SET body = $2 WHERE id = $1`, id, string(text))
	return err
}

const runColumns = `id, version, allocation_id, kind, state, job_id, created_at, body`

func scanRun(scan func(...any) error, more ...any) (*AllocationRun, error) {
	var r AllocationRun
	var kind, state, created, text string
	dest := append([]any{&r.ID, &r.Version, &r.AllocationID, &kind, &state, &r.JobID, &created, &text}, more...)
	if err := scan(dest...); err != nil {
		return nil, err
	}
	r.Kind, r.State, r.CreatedAt, r.Body = exhibition.RunKind(kind), exhibition.RunState(state), unstamp(created), raw(text)
	return &r, nil
}

// RunByID returns a run of an allocation with everything, else fault.NotFound.
func (tx *Tx) RunByID(allocation, id int64) (*AllocationRun, error) {
	var problem, plan, members []byte
	r, err := scanRun(func(dest ...any) error {
		return tx.row(dest, `SELECT `+runColumns+`, problem, plan, members FROM allocation_run WHERE allocation_id = $1 AND id = $2`, allocation, id)
	}, &problem, &plan, &members)
	if err != nil {
		return nil, err
	}
	r.Problem, r.Plan, r.Members = problem, plan, members
	return r, nil
}

// RunHead returns a run without problem, plan and members, else fault.NotFound.
func (tx *Tx) RunHead(allocation, id int64) (*AllocationRun, error) {
	return scanRun(func(dest ...any) error {
		return tx.row(dest, `SELECT `+runColumns+` FROM allocation_run WHERE allocation_id = $1 AND id = $2`, allocation, id)
	})
}

func (tx *Tx) runs(where string, args ...any) ([]AllocationRun, error) {
	var out []AllocationRun
	err := tx.each(func(rows *sql.Rows) error {
		r, err := scanRun(rows.Scan)
		if err == nil {
			out = append(out, *r)
		}
		return err
	}, `SELECT `+runColumns+` FROM allocation_run WHERE `+where, args...)
	return out, err
}

// Runs returns the runs of an allocation without problem, plan and members, the newest first, at most 60.
func (tx *Tx) Runs(allocation int64) ([]AllocationRun, error) {
	return tx.runs(`allocation_id = $1 ORDER BY id DESC LIMIT 60`, allocation)
}

// RunAtWork returns the run that is at work, of whatever allocation; nil if there is none.
func (tx *Tx) RunAtWork() (*AllocationRun, error) {
	list, err := tx.runs(`slot = 0`)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// FamilyMerit returns, for each family of the given parties that has an approved product, the best mark that the committee gave to one of them, in whole
// per cent: what the bands of a rule are in. Products keep hundredths.
func (tx *Tx) FamilyMerit(parties []place.Country) (map[int64]int, error) {
	out := map[int64]int{}
	for _, p := range parties {
		err := tx.each(func(rows *sql.Rows) error {
			var family int64
			var score int
			if err := rows.Scan(&family, &score); err != nil {
				return err
			}
			out[family] = score
			return nil
		}, `SELECT family_id, max(score) / 100 FROM product WHERE party = $1 AND state = 'approved' GROUP BY family_id`, string(p))
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// HeldBefore counts, for each exhibitor, the exhibitions in which it had a place, without the given ones: its turns.
func (tx *Tx) HeldBefore(except []int64) (map[int64]int, error) {
	out := map[int64]int{}
	var s statement
	s.add("SELECT exhibitor_id, count(DISTINCT exhibition_id) FROM participation WHERE state = 'accepted'")
	if len(except) > 0 {
		s.add(" AND NOT (1 = 1")
		s.inIDs("exhibition_id", except)
		s.add(")")
	}
	s.add(" GROUP BY exhibitor_id")
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return err
		}
		out[id] = n
		return nil
	}, s.text(), s.args...)
	return out, err
}

// MembersOf returns the families that each association of a party stands for.
func (tx *Tx) MembersOf(party place.Country) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	err := tx.each(func(rows *sql.Rows) error {
		var id, family int64
		if err := rows.Scan(&id, &family); err != nil {
			return err
		}
		out[id] = append(out[id], family)
		return nil
	}, `SELECT m.exhibitor_id, m.family_id FROM exhibitor_member m JOIN exhibitor x ON x.id = m.exhibitor_id WHERE x.party = $1`, string(party))
	return out, err
}

// WaitingAfter returns a stretch of a wave's waiting list in its order, behind a rank and id.
func (tx *Tx) WaitingAfter(exhibitionID int64, wave, rank int, id int64, limit int) ([]exhibition.Participation, error) {
	var out []exhibition.Participation
	err := tx.each(func(rows *sql.Rows) error {
		p, err := scanParticipation(rows.Scan)
		if err == nil {
			out = append(out, *p)
		}
		return err
	}, `SELECT `+participationColumns+` FROM participation WHERE exhibition_id = $1 AND wave = $2 AND state = 'waiting' AND (rank > $3 OR rank = $3 AND id > $4)
		ORDER BY rank, id LIMIT $5`, exhibitionID, wave, rank, id, limit)
	return out, err
}

// ParticipationsByID returns participations by their ids, in no order; ids that there are none of are left out.
func (tx *Tx) ParticipationsByID(ids []int64) (map[int64]*exhibition.Participation, error) {
	out := make(map[int64]*exhibition.Participation, len(ids))
	for len(ids) > 0 {
		part := ids[:min(len(ids), 512)]
		ids = ids[len(part):]
		var s statement
		s.add("SELECT " + participationColumns + " FROM participation WHERE 1 = 1")
		s.inIDs("id", part)
		err := tx.each(func(rows *sql.Rows) error {
			p, err := scanParticipation(rows.Scan)
			if err == nil {
				out[p.ID] = p
			}
			return err
		}, s.text(), s.args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PapersByFamily returns the papers of the families of a party that are exhibitors: kind and last day only, which is all that the check of papers looks at.
func (tx *Tx) PapersByFamily(party place.Country) (map[int64][]registry.Document, error) {
	out := map[int64][]registry.Document{}
	err := tx.each(func(rows *sql.Rows) error {
		var family int64
		var kind, until string
		if err := rows.Scan(&family, &kind, &until); err != nil {
			return err
		}
		out[family] = append(out[family], registry.Document{FamilyID: family, Type: registry.DocumentType(kind), ValidUntil: undate(until)})
		return nil
	}, `SELECT d.family_id, d.type, d.valid_until FROM document d JOIN exhibitor x ON x.family_id = d.family_id WHERE x.party = $1 AND d.removed_at = ''`, string(party))
	return out, err
}
