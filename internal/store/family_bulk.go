package store

import (
	"database/sql"
	"fmt"
	"slices"
	"sync"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
)

// Many families at once, for imports: what needs no transaction is done before by any number of goroutines ([DB.ReadyFamily]), and one statement stores
// many rows. What is in the tables afterwards is what one [Tx.InsertFamily] after the other would leave there.

// ReadyFamily is a new family with everything that is stored beside it at its entry, serialised already.
type ReadyFamily struct {
	Family     *registry.Family
	Event      registry.Event
	Assessment *Assessment // nil: none is kept
	Audit      AuditEntry

	columns []any
	record  []byte
	facts   []byte
	blinds  []blindRow
	changes []byte
	body    SealedAssessment
}

// ReadyFamily serialises a family that [Tx.InsertFamilies] is to store. Its registration number may still be set before that; nothing else may change.
func (db *DB) ReadyFamily(r *ReadyFamily, x FamilyExtra) error {
	f := r.Family
	var err error
	if r.record, err = writeRecord(f); err != nil {
		return err
	}
	if r.changes, err = writeChanges(&r.Audit); err != nil {
		return err
	}
	r.columns = columns(f, x, searchText(&f.Record))
	r.facts, r.blinds = x.Facts, db.blindRows(f)
	if r.Assessment != nil {
		r.body = db.SealAssessment(*r.Assessment)
	}
	return nil
}

// Blinds returns the blind indexes of the family's identifiers, the file number among them, as [Tx.MatchBlinds] takes them.
func (r *ReadyFamily) Blinds() []string {
	out := make([]string, len(r.blinds))
	for i, b := range r.blinds {
		out[i] = b.blind
	}
	return out
}

// numberColumn is where columns has the registration number.
const numberColumn = 4

// perStatement is how many of so many rows of so many values the next statement inserts: a power of two, so that few texts are prepared, and no more than
// that the cost of a statement does not show.
func perStatement(values, rows int) int {
	n := 1
	for 2*n <= rows && 2*n*values <= 500 && n < 64 {
		n *= 2
	}
	return n
}

// insertMany inserts rows by statements of many rows each. returning, if not nil, takes the ids in the order of the rows.
func (tx *Tx) insertMany(table, names string, values, rows int, row func(i int, args []any) []any, ids func(id int64)) error {
	args := make([]any, 0, perStatement(values, rows)*values)
	for from, n := 0, 0; from < rows; from += n {
		n = perStatement(values, rows-from)
		args = args[:0]
		for i := from; i < from+n; i++ {
			args = row(i, args)
		}
		query := insertText(table, names, values, n, ids != nil)
		if ids == nil {
			if _, err := tx.exec(query, args...); err != nil {
				return fmt.Errorf("inserting into %s: %w", table, err)
			}
			continue
		}
		got := make([]int64, 0, n)
		err := tx.each(func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			got = append(got, id)
			return err
		}, query, args...)
		if err != nil {
			return fmt.Errorf("inserting into %s: %w", table, err)
		}
		if len(got) != n {
			return fmt.Errorf("inserting into %s: %d of %d ids came back", table, len(got), n)
		}
		slices.Sort(got) // both engines number the rows of a statement as they stand; neither promises to hand the numbers back so
		for _, id := range got {
			ids(id)
		}
	}
	return nil
}

// insertText is kept for each shape: the texts are as few as the statements that are prepared.
func insertText(table, names string, values, rows int, returning bool) string {
	key := insertShape{table, rows, returning}
	if text, ok := insertTexts.Load(key); ok {
		return text.(string)
	}
	text := makeInsert(table, names, values, rows, returning)
	insertTexts.Store(key, text)
	return text
}

type insertShape struct {
	table     string
	rows      int
	returning bool
}

var insertTexts sync.Map // insertShape → string

func makeInsert(table, names string, values, rows int, returning bool) string {
	b := make([]byte, 0, 64+rows*values*6)
	b = append(b, "INSERT INTO "+table+" ("+names+") VALUES "...)
	n := 0
	for i := range rows {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, '(')
		for j := range values {
			if j > 0 {
				b = append(b, ", "...)
			}
			n++
			b = fmt.Appendf(b, "$%d", n)
		}
		b = append(b, ')')
	}
	if returning {
		b = append(b, " RETURNING id"...)
	}
	return string(b)
}

const familyColumns = `version, party, state, area, district, number, name, name_sort, project, search, craft, sex, protection, overall, points, amendment,
	entered_by, created_at, updated_at, submitted_at, submitted_by, reviewer_id, decided_at, decided_by, valid_until`

// InsertFamilies stores new families with identifiers, assessments, events and audit entries, and sets their ids. It fails as [Tx.InsertFamily] does.
func (tx *Tx) InsertFamilies(rs []*ReadyFamily) error {
	if len(rs) == 0 {
		return nil
	}
	next := 0
	err := tx.insertMany("family", familyColumns, 25, len(rs), func(i int, args []any) []any {
		r := rs[i]
		r.columns[numberColumn] = orNever(string(r.Family.Status.Number))
		return append(append(args, int64(1)), r.columns...)
	}, func(id int64) {
		rs[next].Family.ID, rs[next].Family.Version = id, 1
		next++
	})
	if err != nil {
		return err
	}
	keys := tx.db.keys
	err = tx.insertMany("family_record", "family_id, record", 2, len(rs), func(i int, args []any) []any {
		id := rs[i].Family.ID
		return append(args, id, tx.sealDocID("family_record", "record", id, rs[i].record))
	}, nil)
	if err != nil {
		return err
	}
	err = tx.insertMany("family_fact", "family_id, party, state, area, facts, id_number", 6, len(rs), func(i int, args []any) []any {
		f := rs[i].Family
		return append(args, f.ID, string(f.Party), string(f.Status.State), f.Record.Address.Area, keys.Seal(rs[i].facts, seal.Place("family_fact", "facts", f.ID)),
			keys.Seal([]byte(f.Record.Lead.IDNumber), seal.Place("family_fact", "id_number", f.ID)))
	}, nil)
	if err != nil {
		return err
	}
	type owned struct {
		id    int64
		party place.Country
		row   blindRow
	}
	var blinds []owned
	var bodies []SealedAssessment
	for _, r := range rs {
		for _, b := range r.blinds {
			blinds = append(blinds, owned{r.Family.ID, r.Family.Party, b})
		}
		if r.Assessment != nil {
			r.body.FamilyID = r.Family.ID
			bodies = append(bodies, r.body)
		}
	}
	err = tx.insertMany("identifier", "family_id, kind, blind, party, holds", 5, len(blinds), func(i int, args []any) []any {
		b := &blinds[i]
		return append(args, b.id, b.row.kind, []byte(b.row.blind), string(b.party), b.row.holds)
	}, nil)
	if err != nil {
		return err
	}
	err = tx.insertMany("family_change", "family_id", 1, len(rs), func(i int, args []any) []any { return append(args, rs[i].Family.ID) }, nil)
	if err != nil {
		return err
	}
	assessments := make([]int64, 0, len(bodies))
	if err := tx.insertAssessments(bodies, func(id int64) { assessments = append(assessments, id) }); err != nil {
		return err
	}
	for _, r := range rs {
		r.Event.FamilyID, r.Audit.EntityID = r.Family.ID, r.Family.ID
		if r.Assessment != nil {
			r.Event.AssessmentID, assessments = assessments[0], assessments[1:]
		}
	}
	at := newStamps()
	err = tx.insertMany("event", "family_id, at, by_id, step, from_state, to_state, reasons, assessment_id, uid, words", 10, len(rs), func(i int, args []any) []any {
		e, uid := &rs[i].Event, newUID()
		return append(args, e.FamilyID, at(e.At), e.By, string(e.Step), string(e.From), string(e.To), joinCodes(e.Reasons), e.AssessmentID, uid,
			keys.Seal([]byte(e.Note), rowPlace("event", "words", uid)))
	}, nil)
	if err != nil {
		return err
	}
	return tx.auditMany(len(rs), func(i int) (*AuditEntry, []byte) { return &rs[i].Audit, rs[i].changes })
}

// auditMany appends n entries to the log, each with its changes written already; see [Tx.Audit].
func (tx *Tx) auditMany(n int, entry func(i int) (*AuditEntry, []byte)) error {
	if err := tx.loadChain(); err != nil {
		return err
	}
	seq, head, stamps := tx.chain.seq, tx.chain.hash, newStamps()
	err := tx.insertMany("audit", "seq, at, actor_id, actor_name, role, party, address, action, entity, entity_id, area, changes, hash", 13, n, func(i int, args []any) []any {
		e, plain := entry(i)
		seq++
		e.Seq = seq
		sealed, at := tx.sealDocID("audit", "changes", seq, plain), stamps(e.At)
		head = chainHash(head, e, at, sealed)
		return append(args, e.Seq, at, e.ActorID, e.ActorName, e.Role, e.Party, e.Address, e.Action, e.Entity, e.EntityID, e.Area, sealed, head)
	}, nil)
	if err != nil {
		return fmt.Errorf("appending to the audit log: %w", err)
	}
	tx.chain.seq, tx.chain.hash, tx.chain.dirty = seq, head, true
	return nil
}

// loadChain reads the end of the audit chain once for a commit.
func (tx *Tx) loadChain() error {
	if tx.chain.loaded {
		return nil
	}
	err := tx.row(into(&tx.chain.seq, &tx.chain.hash), `SELECT seq, hash FROM audit_head WHERE id = 1`)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("reading the head of the audit log: %w", err)
	}
	tx.chain.loaded = true
	return nil
}

// NextSerials gives n serials of a country and a year and returns the first.
func (tx *Tx) NextSerials(party place.Country, year int, n int64) (int64, error) {
	var last int64
	err := tx.row(into(&last), `INSERT INTO serial (party, year, last) VALUES ($1, $2, $3)
		ON CONFLICT (party, year) DO UPDATE SET last = serial.last + $3 RETURNING last`, string(party), year, n)
	return last - n + 1, err
}

// BlindMatch is a family that holds an identifier, found by its blind index.
type BlindMatch struct {
	IdentifierMatch
	Version int64
}

// Blind returns the blind index of an identifier, as [Tx.MatchBlinds] takes it.
func (db *DB) Blind(id Identifier) string { return string(db.keys.Blind(id.Kind, id.Value)) }

// MatchBlinds returns, by blind index, the families of a party that hold one of these identifiers, by rising id; at most 50 for each. It is
// [Tx.MatchIdentifiers] for the rows of an import: one query for many.
func (tx *Tx) MatchBlinds(party place.Country, blinds []string) (map[string][]BlindMatch, error) {
	out := map[string][]BlindMatch{}
	for chunk := range slices.Chunk(blinds, 32) {
		var q statement
		q.add(`SELECT i.blind, i.kind, f.id, f.version, f.state, f.area, f.name, f.number, f.entered_by FROM identifier i JOIN family f ON f.id = i.family_id
			WHERE i.party = ?`, string(party))
		q.add(" AND i.blind IN (")
		n := 1
		for n < len(chunk) {
			n *= 2
		}
		for i := range n {
			if i > 0 {
				q.add(", ")
			}
			q.add("?", []byte(chunk[min(i, len(chunk)-1)]))
		}
		q.add(") ORDER BY f.id")
		err := tx.each(func(rows *sql.Rows) error {
			var blind sql.RawBytes
			var m BlindMatch
			var state, number string
			if err := rows.Scan(&blind, &m.Kind, &m.FamilyID, &m.Version, &state, &m.Area, &m.Name, &number, &m.EnteredBy); err != nil {
				return err
			}
			m.State, m.Number = registry.State(state), registry.Number(noNever(number))
			if have := out[string(blind)]; len(have) < 50 {
				out[string(blind)] = append(have, m)
			}
			return nil
		}, q.text(), q.args...)
		if err != nil {
			return nil, fmt.Errorf("matching identifiers: %w", err)
		}
	}
	return out, nil
}

// FamiliesByNumber returns where the registration numbers of a party lead.
func (tx *Tx) FamiliesByNumber(party place.Country, numbers []string) (map[string]BlindMatch, error) {
	out := map[string]BlindMatch{}
	for chunk := range slices.Chunk(numbers, 64) {
		var q statement
		q.add(`SELECT id, version, state, area, name, number, entered_by FROM family WHERE party = ? AND number <> '~'`, string(party))
		q.in("number", chunk)
		err := tx.each(func(rows *sql.Rows) error {
			m := BlindMatch{IdentifierMatch: IdentifierMatch{Kind: "number"}}
			var state, number string
			if err := rows.Scan(&m.FamilyID, &m.Version, &state, &m.Area, &m.Name, &number, &m.EnteredBy); err != nil {
				return err
			}
			m.State, m.Number = registry.State(state), registry.Number(number)
			out[number] = m
			return nil
		}, q.text(), q.args...)
		if err != nil {
			return nil, fmt.Errorf("finding registration numbers: %w", err)
		}
	}
	return out, nil
}
