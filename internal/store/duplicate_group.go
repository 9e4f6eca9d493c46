package store

import (
	"database/sql"
	"fmt"
	"slices"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// PairGroup is one decision of a whole group of families that may be one.
type PairGroup struct {
	ID, Version int64
	Party       place.Country
	State       PairState // same: of those of Body.Same; different, later: of all
	By          int64
	At          time.Time
	UndoneBy    int64
	UndoneAt    time.Time // zero: the decision stands
	Body        PairGroupBody
}

// PairGroupBody is who was in a group and what was decided of its pairs before.
type PairGroupBody struct {
	Families []int64         `json:"families"`
	Same     []int64         `json:"same,omitempty"` // who is one person
	Keep     int64           `json:"keep,omitempty"` // whose registration is to stay
	Note     string          `json:"note,omitempty"`
	Before   []DuplicatePair `json:"before"`
	Made     []int64         `json:"made,omitempty"`   // pairs that nobody had found, which the decision made
	Merges   []int64         `json:"merges,omitempty"` // by which all were merged in one step, in that order
}

// PairsTouching returns the pairs of a scope in a state that have one of some families, likeliest first, at most limit.
func (tx *Tx) PairsTouching(s Scope, state PairState, families []int64, limit int) ([]DuplicatePair, error) {
	var out []DuplicatePair
	for _, column := range []string{"p.a_id", "p.b_id"} {
		var q statement
		q.add("SELECT " + pairColumns)
		q.pairScope(s)
		q.add(" AND p.state = ?", string(state))
		q.unmerged()
		q.inIDs(column, families)
		q.add(" ORDER BY p.probability DESC, p.id LIMIT ?", limit)
		list, err := tx.pairs(&q)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if !slices.ContainsFunc(out, func(x DuplicatePair) bool { return x.ID == p.ID }) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// PairOf returns the pair of two families, fault.NotFound if they stand in no queue.
func (tx *Tx) PairOf(s Scope, a, b int64) (*DuplicatePair, error) {
	var id int64
	if err := tx.row(into(&id), `SELECT id FROM duplicate_pair WHERE a_id = $1 AND b_id = $2`, min(a, b), max(a, b)); err != nil {
		return nil, err
	}
	return tx.PairByID(s, id)
}

// DropPair removes a pair at a version.
func (tx *Tx) DropPair(p *DuplicatePair) error {
	n, err := tx.exec(`DELETE FROM duplicate_pair WHERE id = $1 AND version = $2`, p.ID, p.Version)
	return one(n, err, fault.Stale, "error.stale")
}

// InsertPairGroup stores a decision and sets its id.
func (tx *Tx) InsertPairGroup(g *PairGroup) error {
	uid := newUID()
	body, err := tx.sealJSON("duplicate_group", "body", uid, &g.Body)
	if err != nil {
		return err
	}
	err = tx.row(into(&g.ID), `INSERT INTO duplicate_group (version, party, state, by_id, at, undone_by, undone_at, uid, body) VALUES (1, $1, $2, $3, $4, 0, '', $5, $6) RETURNING id`,
		string(g.Party), string(g.State), g.By, stamp(g.At), uid, body)
	if err != nil {
		return fmt.Errorf("storing the decision of a group: %w", err)
	}
	g.Version = 1
	return nil
}

// PutPairGroupBody stores the body of a decision. The stored version must be g.Version, else the error is fault.Stale.
func (tx *Tx) PutPairGroupBody(g *PairGroup) error {
	var uid string
	if err := tx.row(into(&uid), `SELECT uid FROM duplicate_group WHERE id = $1`, g.ID); err != nil {
		return err
	}
	body, err := tx.sealJSON("duplicate_group", "body", uid, &g.Body)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE duplicate_group SET version = version + 1, body = $1 WHERE id = $2 AND version = $3`, body, g.ID, g.Version)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	g.Version++
	return nil
}

// EndPairGroup notes who took a decision back. The stored version must be g.Version, else the error is fault.Stale.
func (tx *Tx) EndPairGroup(g *PairGroup, by int64, at time.Time) error {
	n, err := tx.exec(`UPDATE duplicate_group SET version = version + 1, undone_by = $1, undone_at = $2 WHERE id = $3 AND version = $4 AND undone_at = ''`, by, stamp(at), g.ID, g.Version)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	g.Version++
	g.UndoneBy, g.UndoneAt = by, at
	return nil
}

// PairGroupByID returns a decision of a party.
func (tx *Tx) PairGroupByID(party place.Country, id int64) (*PairGroup, error) {
	list, err := tx.pairGroups(`id = $1 AND party = $2`, id, string(party))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

// PairGroups returns the decisions of a party that stand, newest first, at most limit.
func (tx *Tx) PairGroups(party place.Country, limit int) ([]PairGroup, error) {
	return tx.pairGroups(`party = $1 AND undone_at = '' ORDER BY id DESC LIMIT $2`, string(party), limit)
}

func (tx *Tx) pairGroups(where string, args ...any) ([]PairGroup, error) {
	type row struct {
		g                               PairGroup
		party, state, at, undoneAt, uid string
		body                            []byte
	}
	var rows []row
	err := tx.each(func(sr *sql.Rows) error {
		var r row
		err := sr.Scan(&r.g.ID, &r.g.Version, &r.party, &r.state, &r.g.By, &r.at, &r.g.UndoneBy, &r.undoneAt, &r.uid, &r.body)
		rows = append(rows, r)
		return err
	}, `SELECT id, version, party, state, by_id, at, undone_by, undone_at, uid, body FROM duplicate_group WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the decisions of groups: %w", err)
	}
	var out []PairGroup
	for i := range rows {
		r := &rows[i]
		r.g.Party, r.g.State, r.g.At, r.g.UndoneAt = place.Country(r.party), PairState(r.state), unstamp(r.at), unstamp(r.undoneAt)
		if err := tx.openJSON("duplicate_group", "body", r.uid, r.body, &r.g.Body); err != nil {
			return nil, err
		}
		out = append(out, r.g)
	}
	return out, nil
}
