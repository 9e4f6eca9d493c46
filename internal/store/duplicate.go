package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// PairState is what was decided of a pair of families that may be one.
type PairState string

// The states of a pair.
const (
	PairOpen      PairState = "open"
	PairSame      PairState = "same"      // one of the two registrations is to end
	PairDifferent PairState = "different" // remembered: no run asks again
	PairLater     PairState = "later"     // looked at, waits for something
)

// PairPart is one field's part in the weight of a pair. It names a field and a level, never a value.
type PairPart struct {
	Field string  `json:"f"`
	Level string  `json:"l"`
	Bits  float64 `json:"b"`
}

// DuplicatePair is two families that may be one. A is the older one.
type DuplicatePair struct {
	ID, Version int64
	Party       place.Country
	A, B        int64
	Probability float64
	Weight      float64 // bits
	Parts       []PairPart
	State       PairState
	FoundAt     time.Time
	DecidedBy   int64
	DecidedAt   time.Time
	Note        string
	Source      PairSource // who found it first
}

// PairSource is where a pair came from.
type PairSource string

// The sources of pairs.
const (
	FoundAtNight  PairSource = "night"  // the nightly search
	FoundOnDemand PairSource = "asked"  // a search that somebody asked for
	FoundByImport PairSource = "import" // rows of an import
	FoundAtEntry  PairSource = "entry"  // somebody saw it while entering
)

const pairColumns = `id, version, party, a_id, b_id, probability, weight, parts, state, found_at, decided_by, decided_at, uid, note, source`

type pairRow struct {
	p                                        DuplicatePair
	party, parts, state, found, decided, uid string
	source                                   string
	probability, weight                      int64
	note                                     []byte
}

func (r *pairRow) into() []any {
	p := &r.p
	return into(&p.ID, &p.Version, &r.party, &p.A, &p.B, &r.probability, &r.weight, &r.parts, &r.state, &r.found, &p.DecidedBy, &r.decided, &r.uid, &r.note, &r.source)
}

func (tx *Tx) pair(r *pairRow) (*DuplicatePair, error) {
	p := &r.p
	p.Party, p.State, p.FoundAt, p.DecidedAt = place.Country(r.party), PairState(r.state), unstamp(r.found), unstamp(r.decided)
	p.Source = PairSource(r.source)
	p.Probability, p.Weight = float64(r.probability)/1e6, float64(r.weight)/1e3
	if err := json.Unmarshal([]byte(r.parts), &p.Parts); err != nil {
		return nil, fmt.Errorf("reading the parts of pair %d: %w", p.ID, err)
	}
	if len(r.note) > 0 {
		note, err := tx.openRow("duplicate_pair", "note", r.uid, r.note)
		if err != nil {
			return nil, err
		}
		p.Note = string(note)
	}
	return p, nil
}

// findPair keeps what was decided of a pair and brings what a run says of it up to date.
const findPair = `INSERT INTO duplicate_pair (version, party, a_id, b_id, probability, weight, parts, state, found_at, decided_by, decided_at, uid, note, source)
	VALUES (1, $1, $2, $3, $4, $5, $6, 'open', $7, 0, '', $8, $9, $10)
	ON CONFLICT (a_id, b_id) DO UPDATE SET probability = excluded.probability, weight = excluded.weight, parts = excluded.parts, found_at = excluded.found_at`

// FindPairs stores what a run found at a time: new pairs are open, known ones keep what was decided of them.
func (tx *Tx) FindPairs(party place.Country, found []DuplicatePair, at time.Time) error {
	for _, p := range found {
		parts, err := json.Marshal(p.Parts)
		if err != nil {
			return fmt.Errorf("writing the parts of a pair: %w", err)
		}
		_, err = tx.exec(findPair, string(party), min(p.A, p.B), max(p.A, p.B), int64(p.Probability*1e6), int64(p.Weight*1e3), string(parts), stamp(at), newUID(), []byte{}, string(p.Source))
		if err != nil {
			return fmt.Errorf("storing a pair: %w", err)
		}
	}
	return nil
}

// ForgetPairs removes the pairs of a party that nobody has decided on and that no run has seen since: one of the two has changed. It returns how many. A pair that an
// import found by a number that only one person has waits for a person all the same; by a phone alone, which neighbours share, it does not.
func (tx *Tx) ForgetPairs(party place.Country, before time.Time) (int64, error) {
	var q statement
	q.add(forgetPairs, string(party), stamp(before), string(party))
	return tx.exec(q.text(), q.args...)
}

const forgetPairs = `DELETE FROM duplicate_pair WHERE party = ? AND state = 'open' AND found_at < ? AND source <> 'entry' AND NOT EXISTS (SELECT 1 FROM duplicate_hint h
	WHERE h.party = ? AND h.family_id = duplicate_pair.b_id AND h.other_id = duplicate_pair.a_id AND h.state = 'open' AND h.reason <> 'phone')`

// pairScope limits pairs to those of which one family is in the scope.
func (q *statement) pairScope(s Scope) {
	q.add(" FROM duplicate_pair p WHERE p.party = ?", string(s.Party))
	if s.Areas != nil {
		q.add(" AND EXISTS (SELECT 1 FROM family f WHERE f.id IN (p.a_id, p.b_id)")
		q.in("f.area", s.Areas)
		q.add(")")
	}
}

// unmerged leaves out pairs of which a family is merged already: there is nothing to do with them. That of the merge itself is told as "same".
func (q *statement) unmerged() {
	q.add(` AND (p.state IN ('same', 'different') OR NOT EXISTS (SELECT 1 FROM family f WHERE f.id IN (p.a_id, p.b_id) AND f.state = 'merged'))`)
}

// PairByID returns a pair of which one family is in the scope.
func (tx *Tx) PairByID(s Scope, id int64) (*DuplicatePair, error) {
	var q statement
	q.add("SELECT " + pairColumns)
	q.pairScope(s)
	q.add(" AND p.id = ?", id)
	var r pairRow
	if err := tx.row(r.into(), q.text(), q.args...); err != nil {
		return nil, err
	}
	return tx.pair(&r)
}

// ListPairs returns pairs in a state, likeliest first, after a pair with its probability (after 0: from the start).
func (tx *Tx) ListPairs(s Scope, state PairState, after *DuplicatePair, limit int) ([]DuplicatePair, error) {
	var q statement
	q.add("SELECT " + pairColumns)
	q.pairScope(s)
	q.add(" AND p.state = ?", string(state))
	q.unmerged()
	if after != nil {
		ppm := int64(after.Probability*1e6 + .5)
		q.add(" AND (p.probability < ? OR p.probability = ? AND p.id > ?)", ppm, ppm, after.ID)
	}
	q.add(" ORDER BY p.probability DESC, p.id LIMIT ?", limit)
	return tx.pairs(&q)
}

// pairs reads the pairs of a query.
func (tx *Tx) pairs(q *statement) ([]DuplicatePair, error) {
	var rows []pairRow
	err := tx.each(func(sr *sql.Rows) error {
		var r pairRow
		err := sr.Scan(r.into()...)
		r.note = slices.Clone(r.note)
		rows = append(rows, r)
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("listing pairs: %w", err)
	}
	out := make([]DuplicatePair, 0, len(rows))
	for i := range rows {
		p, err := tx.pair(&rows[i])
		if err != nil {
			return nil, err
		}
		out = append(out, *p)
	}
	return out, nil
}

// CountPairs counts the pairs of a scope by state.
func (tx *Tx) CountPairs(s Scope) (map[PairState]int, error) {
	var q statement
	q.add("SELECT p.state, count(*)")
	q.pairScope(s)
	q.unmerged()
	q.add(" GROUP BY p.state")
	out := map[PairState]int{}
	err := tx.each(func(rows *sql.Rows) error {
		var state string
		var n int
		err := rows.Scan(&state, &n)
		out[PairState(state)] = n
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("counting pairs: %w", err)
	}
	return out, nil
}

// DecidePair stores what a person decided. The stored version must be p.Version, else the error is fault.Stale.
func (tx *Tx) DecidePair(p *DuplicatePair) error {
	var uid string
	if err := tx.row(into(&uid), `SELECT uid FROM duplicate_pair WHERE id = $1`, p.ID); err != nil {
		return err
	}
	note := []byte{}
	if p.Note != "" {
		note = tx.sealRow("duplicate_pair", "note", uid, []byte(p.Note))
	}
	n, err := tx.exec(`UPDATE duplicate_pair SET version = version + 1, state = $1, decided_by = $2, decided_at = $3, note = $4 WHERE id = $5 AND version = $6`,
		string(p.State), p.DecidedBy, stamp(p.DecidedAt), note, p.ID, p.Version)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	p.Version++
	return nil
}

// EachRecord calls fn with the families of a party, whatever their state, by rising id after afterID, at most limit of them.
func (tx *Tx) EachRecord(party place.Country, afterID int64, limit int, fn func(id int64, state registry.State, number registry.Number, r *registry.Record) error) error {
	return tx.each(tx.eachRecord(fn), selectRecords+` WHERE f.id > $1 AND f.party = $2 ORDER BY f.id LIMIT $3`, afterID, string(party), limit)
}

const selectRecords = `SELECT f.id, f.state, f.number, r.record FROM family f JOIN family_record r ON r.family_id = f.id`

// eachRecord opens the rows of selectRecords.
func (tx *Tx) eachRecord(fn func(id int64, state registry.State, number registry.Number, r *registry.Record) error) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var id int64
		var state, number string
		var sealed sql.RawBytes
		if err := rows.Scan(&id, &state, &number, &sealed); err != nil {
			return err
		}
		plain, err := tx.openDocID("family_record", "record", id, sealed)
		if err != nil {
			return err
		}
		var r sealedRecord
		if err := readRecord(id, plain, &r); err != nil {
			return err
		}
		return fn(id, registry.State(state), registry.Number(noNever(number)), &r.Record)
	}
}
