package store

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// Import is an uploaded roster and how far its import has come. Its id is the number that people name it by.
type Import struct {
	ID          int64
	Version     int64
	Party       place.Country
	By          int64
	State       string // of package service
	Size        int64  // of the file in bytes
	SHA256      string // of the file, hex
	Words       []byte // JSON: file name, mapping, choices; kept sealed
	Counts      json.RawMessage
	DoneSeq     int64 // the last row that is in the registry
	JobID       int64 // the job at work on it, or the last one
	CreatedAt   time.Time
	ConfirmedAt time.Time // zero: not yet
	FinishedAt  time.Time // zero: not yet

	uid string
}

// ImportRow is the journal's line of one row of a roster.
type ImportRow struct {
	Seq           int64 // counts the records of the file from 1
	Sheet         int   // sheet.Info index
	Row           int   // number in the sheet, from 1
	Outcome       string
	FamilyID      int64 // 0: none
	FamilyVersion int64 // of the family when the import had written it; 0: it wrote nothing
	Undo          string
	Body          []byte // JSON; kept sealed; empty if there is nothing to say
}

// importPart is how many bytes of a file stand in one row.
const importPart = 512 << 10

const importColumns = `id, version, party, by_id, state, size, sha256, uid, words, counts, done_seq, job_id, created_at, confirmed_at, finished_at`

// InsertImport stores an upload with its bytes and sets its ID.
func (tx *Tx) InsertImport(m *Import, file []byte) error {
	m.uid, m.Size, m.Version = newUID(), int64(len(file)), 1
	err := tx.row(into(&m.ID), `INSERT INTO sheet_import (version, party, by_id, state, size, sha256, uid, words, counts, done_seq, job_id, created_at, confirmed_at,
		finished_at) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, '', '') RETURNING id`, string(m.Party), m.By, m.State, m.Size, m.SHA256, m.uid,
		tx.sealRow("sheet_import", "words", m.uid, m.Words), string(m.Counts), stamp(m.CreatedAt))
	if err != nil {
		return fmt.Errorf("inserting import: %w", err)
	}
	for part := 0; len(file) > 0; part++ {
		n := min(importPart, len(file))
		_, err := tx.exec(`INSERT INTO sheet_import_part (import_id, part, body) VALUES ($1, $2, $3)`, m.ID, part,
			tx.sealRow("sheet_import_part", "body", m.uid+"/"+strconv.Itoa(part), file[:n]))
		if err != nil {
			return fmt.Errorf("inserting the bytes of an import: %w", err)
		}
		file = file[n:]
	}
	return nil
}

// UpdateImport stores state, words, counts, progress and times. The stored version must be m.Version, else fault.Stale; it goes up by one.
func (tx *Tx) UpdateImport(m *Import) error {
	n, err := tx.exec(`UPDATE sheet_import SET version = version + 1, state = $3, words = $4, counts = $5, done_seq = $6, job_id = $7, confirmed_at = $8, finished_at = $9
		WHERE id = $1 AND version = $2`, m.ID, m.Version, m.State, tx.sealRow("sheet_import", "words", m.uid, m.Words), string(m.Counts), m.DoneSeq, m.JobID,
		stamp(m.ConfirmedAt), stamp(m.FinishedAt))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	m.Version++
	return nil
}

// ImportByID returns an import of a party, else fault.NotFound.
func (tx *Tx) ImportByID(party place.Country, id int64) (*Import, error) {
	out, err := tx.imports(`WHERE party = $1 AND id = $2`, string(party), id)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &out[0], nil
}

// ListImports returns the newest imports of a party, of one person unless by is 0.
func (tx *Tx) ListImports(party place.Country, by int64, limit int) ([]Import, error) {
	return tx.imports(`WHERE party = $1 AND ($2 = 0 OR by_id = $2) ORDER BY id DESC LIMIT $3`, string(party), by, limit)
}

// ImportsOfFile returns the imports of a party of exactly these bytes, newest first.
func (tx *Tx) ImportsOfFile(party place.Country, sha256 string) ([]Import, error) {
	return tx.imports(`WHERE party = $1 AND sha256 = $2 ORDER BY id DESC LIMIT 20`, string(party), sha256)
}

// UnconfirmedImports returns the imports of all parties that were uploaded before a time and that nobody has confirmed, oldest first, a hundred at most.
func (tx *Tx) UnconfirmedImports(before time.Time) ([]Import, error) {
	return tx.imports(`WHERE confirmed_at = '' AND done_seq = 0 AND created_at < $1 ORDER BY id LIMIT 100`, stamp(before))
}

// DeleteImport deletes an import with its bytes, its journal and its hints. It is for one that has not touched the registry.
func (tx *Tx) DeleteImport(m *Import) error {
	if err := tx.ForgetImportRows(m); err != nil {
		return fmt.Errorf("deleting the journal of an import: %w", err)
	}
	if _, err := tx.exec(`DELETE FROM sheet_import_part WHERE import_id = $1`, m.ID); err != nil {
		return fmt.Errorf("deleting the bytes of an import: %w", err)
	}
	n, err := tx.exec(`DELETE FROM sheet_import WHERE id = $1 AND version = $2 AND done_seq = 0`, m.ID, m.Version)
	return one(n, err, fault.Stale, "error.stale")
}

func (tx *Tx) imports(where string, args ...any) ([]Import, error) {
	var out []Import
	err := tx.each(func(rows *sql.Rows) error {
		var m Import
		var party, counts, created, confirmed, finished string
		var sealed sql.RawBytes
		if err := rows.Scan(&m.ID, &m.Version, &party, &m.By, &m.State, &m.Size, &m.SHA256, &m.uid, &sealed, &counts, &m.DoneSeq, &m.JobID, &created, &confirmed,
			&finished); err != nil {
			return err
		}
		var err error
		m.Words, err = tx.openRow("sheet_import", "words", m.uid, sealed)
		m.Party, m.Counts = place.Country(party), raw(counts)
		m.CreatedAt, m.ConfirmedAt, m.FinishedAt = unstamp(created), unstamp(confirmed), unstamp(finished)
		out = append(out, m)
		return err
	}, `SELECT `+importColumns+` FROM sheet_import `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading imports: %w", err)
	}
	return out, nil
}

// ImportFile returns the bytes of an import as they were sent.
func (tx *Tx) ImportFile(m *Import) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(int(m.Size))
	part := 0
	err := tx.each(func(rows *sql.Rows) error {
		var sealed sql.RawBytes
		if err := rows.Scan(&sealed); err != nil {
			return err
		}
		plain, err := tx.openRow("sheet_import_part", "body", m.uid+"/"+strconv.Itoa(part), sealed)
		out.Write(plain)
		part++
		return err
	}, `SELECT body FROM sheet_import_part WHERE import_id = $1 ORDER BY part`, m.ID)
	if err == nil && int64(out.Len()) != m.Size {
		err = fault.New(fault.Internal, "error.internal")
	}
	if err == nil && tx.db.d.shrink != "" { // nobody reads the file again soon, and what comes now needs the memory
		err = tx.c.run(tx.db.d.shrink)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the bytes of an import: %w", err)
	}
	return out.Bytes(), nil
}

// ForgetImportRows empties the journal of an import that has not touched the registry, before its rows are looked at anew.
func (tx *Tx) ForgetImportRows(m *Import) error {
	if _, err := tx.exec(`DELETE FROM duplicate_hint WHERE source = 'import' AND source_id = $1`, m.ID); err != nil {
		return err
	}
	_, err := tx.exec(`DELETE FROM sheet_import_row WHERE import_id = $1 AND seq > $2`, m.ID, m.DoneSeq)
	return err
}

// nothing is the body of a row of which nothing is to be said; an empty value would be NULL to one of the drivers.
var nothing = []byte{0}

// PutImportRows writes lines of the journal; a line that is there already is replaced.
func (tx *Tx) PutImportRows(m *Import, rows []ImportRow) error {
	return tx.insertMany("sheet_import_row", "import_id, seq, sheet, row_no, outcome, family_id, family_version, undo, body",
		` ON CONFLICT (import_id, seq) DO UPDATE SET outcome = excluded.outcome,
			family_id = excluded.family_id, family_version = excluded.family_version, undo = excluded.undo, body = excluded.body`,
		9, len(rows), func(i int, c *cells) {
			r := &rows[i]
			body := nothing
			if len(r.Body) > 0 {
				body = tx.sealDocRow("sheet_import_row", "body", m.uid+"/"+strconv.FormatInt(r.Seq, 10), r.Body)
			}
			c.num(m.ID)
			c.num(r.Seq)
			c.num(int64(r.Sheet))
			c.num(int64(r.Row))
			c.text(r.Outcome)
			c.num(r.FamilyID)
			c.num(r.FamilyVersion)
			c.text(r.Undo)
			c.bytes(body)
		}, nil)
}

// ImportRowQuery selects lines of the journal.
type ImportRowQuery struct {
	Outcomes  []string // nil: all
	Undo      []string // nil: all
	Seqs      []int64  // nil: all
	After     int64    // only lines with a greater Seq
	Before    int64    // only lines with a smaller Seq, from the end; 0: from the beginning
	Limit     int      // 0: all
	Bodies    bool     // with their bodies
	WithBody  bool     // only lines that have something to say
	Descended bool     // from the end
}

// ImportRows returns lines of the journal of an import in the order of the file, or from its end.
func (tx *Tx) ImportRows(m *Import, q ImportRowQuery) ([]ImportRow, error) {
	var s statement
	s.add(`SELECT seq, sheet, row_no, outcome, family_id, family_version, undo, body FROM sheet_import_row WHERE import_id = ?`, m.ID)
	if q.Outcomes != nil {
		s.in("outcome", q.Outcomes)
	}
	if q.Undo != nil {
		s.in("undo", q.Undo)
	}
	if q.Seqs != nil {
		s.inIDs("seq", q.Seqs)
	}
	if q.After > 0 {
		s.add(" AND seq > ?", q.After)
	}
	if q.Before > 0 {
		s.add(" AND seq < ?", q.Before)
	}
	if q.WithBody {
		s.add(" AND length(body) > 1")
	}
	s.add(" ORDER BY seq")
	if q.Descended {
		s.add(" DESC")
	}
	if q.Limit > 0 {
		s.add(" LIMIT ?", q.Limit)
	}
	var out []ImportRow
	err := tx.each(func(rows *sql.Rows) error {
		var r ImportRow
		var sealed sql.RawBytes
		if err := rows.Scan(&r.Seq, &r.Sheet, &r.Row, &r.Outcome, &r.FamilyID, &r.FamilyVersion, &r.Undo, &sealed); err != nil {
			return err
		}
		var err error
		if q.Bodies && len(sealed) > 1 {
			r.Body, err = tx.openDocRow("sheet_import_row", "body", m.uid+"/"+strconv.FormatInt(r.Seq, 10), sealed)
		}
		out = append(out, r)
		return err
	}, s.text(), s.args...)
	if err != nil {
		return nil, fmt.Errorf("reading the journal of an import: %w", err)
	}
	return out, nil
}

// PutMapping remembers what a person said about rosters of a shape. Body is kept sealed.
func (tx *Tx) PutMapping(user int64, shape string, body []byte, at time.Time) error {
	_, err := tx.exec(`INSERT INTO sheet_mapping (user_id, shape, body, used_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, shape) DO UPDATE SET body = excluded.body, used_at = excluded.used_at`, user, shape,
		tx.sealRow("sheet_mapping", "body", strconv.FormatInt(user, 10)+"/"+shape, body), stamp(at))
	return err
}

// MappingOf returns what a person said about rosters of a shape, nil if nothing.
func (tx *Tx) MappingOf(user int64, shape string) ([]byte, error) {
	var sealed []byte
	err := tx.row(into(&sealed), `SELECT body FROM sheet_mapping WHERE user_id = $1 AND shape = $2`, user, shape)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return tx.openRow("sheet_mapping", "body", strconv.FormatInt(user, 10)+"/"+shape, sealed)
}

// DuplicateHint is a pair that somebody should look at: a row of an import (with the family it became, if any) and a family or another row.
type DuplicateHint struct {
	ID        int64
	Party     place.Country
	Source    string // "import"
	SourceID  int64  // the import's number
	Seq       int64  // the row
	FamilyID  int64  // 0: the row became none
	OtherID   int64  // the family that it looks like; 0: it is another row
	OtherSeq  int64  // the other row; 0: it is a family
	Reason    string // "key", or the kind of the shared identifier
	CreatedAt time.Time
}

// PutDuplicateHints queues pairs; one that waits already is left as it is.
func (tx *Tx) PutDuplicateHints(hints []DuplicateHint) error {
	return tx.insertMany("duplicate_hint", "party, source, source_id, seq, family_id, other_id, other_seq, reason, state, created_at",
		` ON CONFLICT (source, source_id, seq, other_id, other_seq, reason) DO UPDATE SET family_id = excluded.family_id`,
		10, len(hints), func(i int, c *cells) {
			h := &hints[i]
			c.text(string(h.Party))
			c.text(h.Source)
			c.num(h.SourceID)
			c.num(h.Seq)
			c.num(h.FamilyID)
			c.num(h.OtherID)
			c.num(h.OtherSeq)
			c.text(h.Reason)
			c.text("open")
			c.text(stamp(h.CreatedAt))
		}, nil)
}

// DuplicateHintsOf returns the pairs that a source queued, in the order of its rows.
func (tx *Tx) DuplicateHintsOf(source string, sourceID int64, limit int) ([]DuplicateHint, error) {
	return tx.hints(`WHERE source = $1 AND source_id = $2 ORDER BY seq, id LIMIT $3`, source, sourceID, limit)
}

func (tx *Tx) hints(where string, args ...any) ([]DuplicateHint, error) {
	var out []DuplicateHint
	err := tx.each(func(rows *sql.Rows) error {
		var h DuplicateHint
		var party, created string
		err := rows.Scan(&h.ID, &party, &h.Source, &h.SourceID, &h.Seq, &h.FamilyID, &h.OtherID, &h.OtherSeq, &h.Reason, &created)
		h.Party, h.CreatedAt = place.Country(party), unstamp(created)
		out = append(out, h)
		return err
	}, `SELECT id, party, source, source_id, seq, family_id, other_id, other_seq, reason, created_at FROM duplicate_hint `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading hints: %w", err)
	}
	return out, nil
}

// PairHints returns hints of a source whose row became a family and that name another one, after a hint, oldest first: each is a pair for the queue.
func (tx *Tx) PairHints(source string, sourceID, after int64, limit int) ([]DuplicateHint, error) {
	return tx.hints(`WHERE source = $1 AND source_id = $2 AND id > $3 AND family_id <> 0 AND other_id <> 0 AND state = 'open' ORDER BY id LIMIT $4`,
		source, sourceID, after, limit)
}

// HintsOfPairs returns the hints from which pairs came, by the id of the pair.
func (tx *Tx) HintsOfPairs(pairs []DuplicatePair) (map[int64][]DuplicateHint, error) {
	out := map[int64][]DuplicateHint{}
	if len(pairs) == 0 {
		return out, nil
	}
	ids := make([]int64, len(pairs))
	for i := range pairs {
		ids[i] = pairs[i].ID
	}
	var q statement
	q.add(`SELECT p.id, h.id, h.source, h.source_id, h.seq, h.reason FROM duplicate_pair p JOIN duplicate_hint h ON h.party = p.party AND h.family_id = p.b_id AND h.other_id = p.a_id
		WHERE h.state = 'open'`)
	q.inIDs("p.id", ids)
	q.add(" ORDER BY h.id")
	err := tx.each(func(rows *sql.Rows) error {
		var pair int64
		var h DuplicateHint
		err := rows.Scan(&pair, &h.ID, &h.Source, &h.SourceID, &h.Seq, &h.Reason)
		out[pair] = append(out[pair], h)
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading where pairs came from: %w", err)
	}
	return out, nil
}

// closeHints ends the hints of an import's rows that an undo took back.
const closeHints = `UPDATE duplicate_hint SET state = 'undone' WHERE source = 'import' AND source_id = $1 AND state = 'open' AND seq IN
	(SELECT seq FROM sheet_import_row WHERE import_id = $1 AND undo = $2)`

// dropHintedPairs takes pairs out of the queue whose hints are closed.
const dropHintedPairs = `DELETE FROM duplicate_pair WHERE state = 'open' AND id IN (SELECT p.id FROM duplicate_hint h
	JOIN duplicate_pair p ON p.a_id = h.other_id AND p.b_id = h.family_id WHERE h.source = 'import' AND h.source_id = $1 AND h.state = 'undone')`

// CloseHints ends what an import queued about rows that an undo took back (they say so by undo): the hints stay as a trace, the pairs that nobody decided on leave
// the queue.
func (tx *Tx) CloseHints(m *Import, undo string) error {
	if _, err := tx.exec(closeHints, m.ID, undo); err != nil {
		return fmt.Errorf("closing hints: %w", err)
	}
	if _, err := tx.exec(dropHintedPairs, m.ID); err != nil {
		return fmt.Errorf("closing pairs: %w", err)
	}
	return nil
}

// ClaimJobByID takes one job, as [Tx.ClaimJob] takes the oldest; nil if another runner has it or it has ended.
func (tx *Tx) ClaimJobByID(id int64, now time.Time, stale time.Duration) (*Job, error) {
	return tx.claim(now, `SELECT `+jobColumns+` FROM job WHERE id = $2 AND (state = 'queued' OR state = 'running' AND heartbeat_at < $1)`, stamp(now.Add(-stale)), id)
}

// JobEnded reports whether nothing more will happen to a job.
func (tx *Tx) JobEnded(id int64) (bool, error) {
	var state string
	err := tx.row(into(&state), `SELECT state FROM job WHERE id = $1`, id)
	return state != string(JobQueued) && state != string(JobRunning), err
}
