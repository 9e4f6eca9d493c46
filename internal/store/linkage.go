package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Linkage is how far the sketches of a party's families are.
type Linkage struct {
	Party    place.Country
	Seq      int64  // last change that was taken in
	Filled   int64  // last family of the filling; LinkageFilled when it is done
	Params   []byte // weights of the last run over all, JSON; nil: there was none
	ParamsAt time.Time
}

// LinkageFilled is Linkage.Filled when all families have been read.
const LinkageFilled = -1

// LinkageSegment is a block of sketches of families with consecutive ids. What stands in Body is the caller's.
type LinkageSegment struct {
	Number  int64
	Pending int64
	Body    []byte
}

// LinkageOf returns how far a party is; the zero value with the party before anything was done.
func (tx *Tx) LinkageOf(party place.Country) (Linkage, error) {
	l := Linkage{Party: party}
	var params, at string
	err := tx.row(into(&l.Seq, &l.Filled, &params, &at), `SELECT seq, filled, params, params_at FROM linkage WHERE party = $1`, string(party))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return l, fmt.Errorf("reading how far the sketches are: %w", err)
	}
	if params != "" {
		l.Params, l.ParamsAt = []byte(params), unstamp(at)
	}
	return l, nil
}

// PutLinkage notes how far a party is. The weights stay as they are.
func (tx *Tx) PutLinkage(l Linkage) error {
	_, err := tx.exec(`INSERT INTO linkage (party, seq, filled, params, params_at) VALUES ($1, $2, $3, '', '')
		ON CONFLICT (party) DO UPDATE SET seq = excluded.seq, filled = excluded.filled`, string(l.Party), l.Seq, l.Filled)
	return err
}

// PutLinkageParams keeps the weights that a run over all families found.
func (tx *Tx) PutLinkageParams(party place.Country, params []byte, at time.Time) error {
	_, err := tx.exec(`INSERT INTO linkage (party, seq, filled, params, params_at) VALUES ($1, 0, 0, $2, $3)
		ON CONFLICT (party) DO UPDATE SET params = excluded.params, params_at = excluded.params_at`, string(party), string(params), stamp(at))
	return err
}

// CountFamilies counts the families of a party, whatever their state.
func (tx *Tx) CountFamilies(party place.Country) (n int64, err error) {
	err = tx.row(into(&n), `SELECT count(*) FROM family_fact WHERE party = $1`, string(party))
	return n, err
}

func linkagePlace(party place.Country, number int64) string {
	return string(party) + "/" + strconv.FormatInt(number, 10)
}

// EachLinkageSegment calls fn with the blocks of a party by rising number after one, at most limit of them. The body is valid until fn returns.
func (tx *Tx) EachLinkageSegment(party place.Country, after int64, limit int, fn func(s *LinkageSegment) error) error {
	var s LinkageSegment
	return tx.eachSegment(party, &s, fn, `SELECT segment, pending, body FROM linkage_segment WHERE party = $1 AND segment > $2 ORDER BY segment LIMIT $3`, string(party), after, limit)
}

// PendingLinkage calls fn with the first blocks that hold families which have not been compared yet, at most limit of them.
func (tx *Tx) PendingLinkage(party place.Country, limit int, fn func(s *LinkageSegment) error) error {
	var s LinkageSegment
	return tx.eachSegment(party, &s, fn, `SELECT segment, pending, body FROM linkage_segment WHERE party = $1 AND pending > 0 ORDER BY segment LIMIT $2`, string(party), limit)
}

func (tx *Tx) eachSegment(party place.Country, s *LinkageSegment, fn func(s *LinkageSegment) error, query string, args ...any) error {
	return tx.each(func(rows *sql.Rows) error {
		var sealed sql.RawBytes
		if err := rows.Scan(&s.Number, &s.Pending, &sealed); err != nil {
			return err
		}
		var err error
		if s.Body, err = tx.openRow("linkage_segment", "body", linkagePlace(party, s.Number), sealed); err != nil {
			return err
		}
		return fn(s)
	}, query, args...)
}

// LinkageSegment returns one block; an empty one if there is none.
func (tx *Tx) LinkageSegment(party place.Country, number int64) (*LinkageSegment, error) {
	out := &LinkageSegment{Number: number}
	err := tx.eachSegment(party, out, func(*LinkageSegment) error { return nil },
		`SELECT segment, pending, body FROM linkage_segment WHERE party = $1 AND segment = $2`, string(party), number)
	return out, err
}

// PutLinkageSegment stores a block in place of what was there. One without a body goes.
func (tx *Tx) PutLinkageSegment(party place.Country, s *LinkageSegment) error {
	if len(s.Body) == 0 {
		_, err := tx.exec(`DELETE FROM linkage_segment WHERE party = $1 AND segment = $2`, string(party), s.Number)
		return err
	}
	_, err := tx.exec(`INSERT INTO linkage_segment (party, segment, pending, body) VALUES ($1, $2, $3, $4)
		ON CONFLICT (party, segment) DO UPDATE SET pending = excluded.pending, body = excluded.body`, string(party), s.Number, s.Pending,
		tx.sealRow("linkage_segment", "body", linkagePlace(party, s.Number), s.Body))
	if err != nil {
		return fmt.Errorf("storing sketches: %w", err)
	}
	return nil
}

// CountLinkagePending returns how many families of a party have not been compared yet.
func (tx *Tx) CountLinkagePending(party place.Country) (n int64, err error) {
	err = tx.row(into(&n), `SELECT coalesce(sum(pending), 0) FROM linkage_segment WHERE party = $1 AND pending > 0`, string(party))
	return n, err
}

// lateChanges is how far behind a number of family_change an earlier one may be committed, where that can be.
const lateChanges = 1000

// FamiliesChangedSince returns the families that were written after a change, each once, and the number of the last change among them: at most limit changes are read. whole is
// false if the changes after that number are not all there any more: then nothing but reading all families tells.
func (tx *Tx) FamiliesChangedSince(seq int64, limit int) (ids []int64, last int64, whole bool, err error) {
	var newest, oldest int64
	if err := tx.row(into(&newest, &oldest), newestChange); err != nil {
		return nil, 0, false, err
	}
	if seq > newest || oldest > seq+1 && newest > seq {
		return nil, newest, false, nil
	}
	from := seq
	if !tx.db.d.ordered {
		from -= lateChanges
		limit += lateChanges
	}
	last = seq
	err = tx.each(func(rows *sql.Rows) error {
		var n, id int64
		err := rows.Scan(&n, &id)
		last = max(last, n)
		ids = append(ids, id)
		return err
	}, `SELECT seq, family_id FROM family_change WHERE seq > $1 ORDER BY seq LIMIT $2`, from, limit)
	slices.Sort(ids)
	return slices.Compact(ids), last, true, err
}

// NewestChange returns the number of the last change of a family.
func (tx *Tx) NewestChange() (newest int64, err error) {
	var oldest int64
	err = tx.row(into(&newest, &oldest), newestChange)
	return newest, err
}

// EachRecordOf calls fn with the families of a party that have one of the ids, whatever their state.
func (tx *Tx) EachRecordOf(party place.Country, ids []int64, fn func(id int64, state registry.State, number registry.Number, r *registry.Record) error) error {
	for part := range slices.Chunk(ids, 64) {
		var q statement
		q.add(selectRecords)
		q.add(" WHERE 1 = 1")
		q.inIDs("f.id", part)
		q.add(" AND f.party || '' = ?", string(party))
		if err := tx.each(tx.eachRecord(fn), q.text(), q.args...); err != nil {
			return fmt.Errorf("reading families: %w", err)
		}
	}
	return nil
}

// ForgetPairsOf removes the open pairs of some families that nobody has decided on and that were not found since: one of the two has changed. See [Tx.ForgetPairs].
func (tx *Tx) ForgetPairsOf(party place.Country, families []int64, before time.Time) (n int64, err error) {
	for part := range slices.Chunk(families, 64) {
		for _, column := range []string{"a_id", "b_id"} {
			var q statement
			q.add(forgetPairs, string(party), stamp(before), string(party))
			q.inIDs(column, part)
			k, err := tx.exec(q.text(), q.args...)
			if err != nil {
				return n, fmt.Errorf("forgetting pairs: %w", err)
			}
			n += k
		}
	}
	return n, nil
}

// PairKnown reports whether two families stand in the queue, whatever was decided of them.
func (tx *Tx) PairKnown(a, b int64) (bool, error) {
	var n int64
	err := tx.row(into(&n), `SELECT count(*) FROM duplicate_pair WHERE a_id = $1 AND b_id = $2`, min(a, b), max(a, b))
	return n > 0, err
}
