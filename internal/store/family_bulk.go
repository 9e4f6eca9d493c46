package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/seal"
)

// Many families at once, for imports: what needs no transaction is done before by any number of goroutines ([DB.ReadyFamily]), and one statement stores
// many rows. What is in the tables afterwards is what one [Tx.InsertFamily] after the other would leave there.

// ReadyFamily is a new family with everything that is stored beside it at its entry, serialised and packed already.
type ReadyFamily struct {
	Family     *registry.Family // not needed any more once it is ready
	Event      registry.Event
	Assessment *Assessment // nil: none is kept; not needed any more once it is ready
	Audit      AuditEntry  // of the family's entry, without changes: all of it is new
	Blinds     []string    // what [DB.Blind] gives for its [IdentifiersOf], in their order, if somebody has asked already

	ID     int64           // set by [Tx.InsertFamilies]
	Number registry.Number // may still be set before it

	party    place.Country
	state    registry.State
	area     string
	idNumber []byte
	columns  cells
	record   []byte // packed
	changes  []byte // packed
	facts    []byte
	blinds   []blindRow
	body     *SealedAssessment // nil: none is kept
	uid      string            // of the event
	words    []byte            // of the event, sealed
	ends     []programme.End   // what has to be renewed
}

var readyFamilies = sync.Pool{New: func() any { return new(ReadyFamily) }}

// NewReady returns an empty one, with the memory of one that was recycled.
func NewReady() *ReadyFamily { return readyFamilies.Get().(*ReadyFamily) }

// Recycle gives one back that is stored and that nobody uses any more.
func (r *ReadyFamily) Recycle() {
	clear(r.idNumber) // a protected value must not linger in a pool
	clear(r.record)
	clear(r.changes)
	clear(r.columns)
	*r = ReadyFamily{idNumber: r.idNumber[:0], record: r.record[:0], changes: r.changes[:0], columns: r.columns[:0]}
	readyFamilies.Put(r)
}

// Where returns whose family it is, where it lives and in which state it is stored.
func (r *ReadyFamily) Where() (party place.Country, area string, state registry.State) {
	return r.party, r.area, r.state
}

// ReadyFamily serialises a family that [Tx.InsertFamilies] is to store. Nothing of what is stored shares memory with what it is made of.
func (db *DB) ReadyFamily(r *ReadyFamily, x FamilyExtra) error {
	f := r.Family
	r.party, r.state, r.area, r.Number = f.Party, f.Status.State, f.Record.Address.Area, f.Status.Number
	r.idNumber = append(r.idNumber[:0], f.Record.Lead.IDNumber...)
	buf := docBuffers.Get().(*[]byte)
	defer docBuffers.Put(buf)
	var err error
	if *buf, err = appendRecord((*buf)[:0], f); err != nil {
		return err
	}
	r.record = appendPacked(slices.Grow(r.record[:0], len(*buf)/3), *buf)
	clear(*buf)
	r.changes = appendEntered(r.changes[:0], r.Audit.Note, r.record)
	r.columns = appendColumns(r.columns[:0], f, x, searchText(&f.Record))
	r.facts, r.blinds, r.Blinds = x.Facts, db.blindRows(f, r.Blinds), nil
	r.ends = dueOf(f)
	for i := range r.ends {
		r.ends[i].Kind = strings.Clone(r.ends[i].Kind)
	}
	if r.Assessment != nil {
		a := db.SealAssessment(*r.Assessment)
		r.body = &a
	}
	r.uid, r.words = db.eventWords(r.Event.Note)
	return nil
}

// State is the state in which the family is entered.
func (r *ReadyFamily) State() registry.State { return r.state }

// numberColumn is where columns has the registration number.
const numberColumn = 4

const familyColumns = `version, party, state, area, district, number, name, name_sort, project, search, craft, sex, protection, overall, points, amendment,
	entered_by, created_at, updated_at, submitted_at, submitted_by, reviewer_id, decided_at, decided_by, valid_until`

// InsertFamilies stores new families with identifiers, assessments, events and audit entries, and sets their ids. It fails as [Tx.InsertFamily] does.
func (tx *Tx) InsertFamilies(rs []*ReadyFamily) error {
	if len(rs) == 0 {
		return nil
	}
	next := 0
	err := tx.insertMany("family", familyColumns, "", 25, len(rs), func(i int, c *cells) {
		r := rs[i]
		r.columns[numberColumn] = cell{s: orNever(string(r.Number))}
		c.num(1)
		*c = append(*c, r.columns...)
	}, func(id int64) {
		rs[next].ID = id
		next++
	})
	if err != nil {
		return err
	}
	for _, r := range rs {
		r.Event.FamilyID, r.Audit.EntityID = r.ID, r.ID
	}
	seals, err := tx.sealAll(rs)
	if err != nil {
		return err
	}
	defer seals.wait() // also after an error: it works on what the caller may recycle
	type owned struct {
		id    int64
		party place.Country
		row   *blindRow
	}
	many := 0
	for _, r := range rs {
		many += len(r.blinds)
	}
	blinds := make([]owned, 0, many)
	bodies := make([]*SealedAssessment, 0, len(rs))
	for _, r := range rs {
		for i := range r.blinds {
			blinds = append(blinds, owned{r.ID, r.party, &r.blinds[i]})
		}
		if r.body != nil {
			r.body.FamilyID = r.ID
			bodies = append(bodies, r.body)
		}
	}
	// Blind indexes are random: in their order, the index of a large registry is gone through once for a kind, and not page by page back and forth. Most rows of a
	// statement are of one kind then, which is handed over once.
	slices.SortFunc(blinds, func(a, b owned) int {
		if a.row.kind != b.row.kind {
			return strings.Compare(a.row.kind, b.row.kind)
		}
		return strings.Compare(a.row.blind, b.row.blind)
	})
	err = tx.insertMany("identifier", "blind, kind, party, family_id, slot", "", 5, len(blinds), func(i int, c *cells) {
		b := &blinds[i]
		c.bytes([]byte(b.row.blind))
		c.text(b.row.kind)
		c.text(string(b.party))
		c.num(b.id)
		c.num(b.row.slot(b.id))
	}, nil)
	if err != nil {
		return err
	}
	type due struct {
		id  int64
		end programme.End
	}
	var ends []due
	for _, r := range rs {
		for _, e := range r.ends {
			ends = append(ends, due{r.ID, e})
		}
	}
	err = tx.insertMany("family_due", "family_id, kind, until", "", 3, len(ends), func(i int, c *cells) {
		c.num(ends[i].id)
		c.text(ends[i].end.Kind)
		c.text(ends[i].end.Until.String())
	}, nil)
	if err != nil {
		return err
	}
	err = tx.insertMany("family_change", "family_id", "", 1, len(rs), func(i int, c *cells) { c.num(rs[i].ID) }, nil)
	if err != nil {
		return err
	}
	assessments := make([]int64, 0, len(bodies))
	if err := tx.insertAssessments(bodies, func(id int64) { assessments = append(assessments, id) }); err != nil {
		return err
	}
	for _, r := range rs {
		if r.body != nil {
			r.Event.AssessmentID, assessments = assessments[0], assessments[1:]
		}
	}
	err = tx.insertMany("event", "family_id, at, by_id, step, from_state, to_state, reasons, assessment_id, uid, words", "", 10, len(rs), func(i int, c *cells) {
		r := rs[i]
		e := &r.Event
		c.num(e.FamilyID)
		c.text(stamp(e.At))
		c.num(e.By)
		c.text(string(e.Step))
		c.text(string(e.From))
		c.text(string(e.To))
		c.text(joinCodes(e.Reasons))
		c.num(e.AssessmentID)
		c.text(r.uid)
		c.bytes(r.words)
	}, nil)
	if err != nil {
		return err
	}
	seals.wait()
	err = tx.insertMany("family_record", "family_id, record", "", 2, len(rs), func(i int, c *cells) {
		c.num(rs[i].ID)
		c.bytes(seals.record[i])
	}, nil)
	if err != nil {
		return err
	}
	err = tx.insertMany("family_fact", "family_id, party, state, area, facts, id_number", "", 6, len(rs), func(i int, c *cells) {
		r := rs[i]
		c.num(r.ID)
		c.text(string(r.party))
		c.text(string(r.state))
		c.text(r.area)
		c.bytes(seals.facts[i])
		c.bytes(seals.idNumber[i])
	}, nil)
	if err != nil {
		return err
	}
	err = tx.insertMany("audit", "seq, at, actor_id, actor_name, role, party, address, action, entity, entity_id, area, changes, hash", "", 13, len(rs), func(i int, c *cells) {
		e := &rs[i].Audit
		c.num(e.Seq)
		c.text(stamp(e.At))
		c.num(e.ActorID)
		c.text(e.ActorName)
		c.text(e.Role)
		c.text(e.Party)
		c.text(e.Address)
		c.text(e.Action)
		c.text(e.Entity)
		c.num(e.EntityID)
		c.text(e.Area)
		c.bytes(seals.changes[i])
		c.bytes(seals.hash[i])
	}, nil)
	if err != nil {
		return fmt.Errorf("appending to the audit log: %w", err)
	}
	tx.chain.seq, tx.chain.hash, tx.chain.dirty = rs[len(rs)-1].Audit.Seq, seals.hash[len(rs)-1], true
	return nil
}

// familySeals are what is sealed to the place of new families, in their order, and the links of the audit log's chain about them.
type familySeals struct {
	record, facts, idNumber, changes, hash [][]byte

	done chan struct{}
}

func (s *familySeals) wait() { <-s.done }

// sealAll seals what depends on the ids of new families, beside the statements that store the rest: one transaction is all that the database does at a time, so what
// can be done outside of it is.
func (tx *Tx) sealAll(rs []*ReadyFamily) (*familySeals, error) {
	if err := tx.loadChain(); err != nil {
		return nil, err
	}
	n := len(rs)
	s := &familySeals{done: make(chan struct{})}
	for _, list := range []*[][]byte{&s.record, &s.facts, &s.idNumber, &s.changes, &s.hash} {
		*list = make([][]byte, n)
	}
	keys, seq, head := tx.db.keys, tx.chain.seq, tx.chain.hash
	go func() {
		defer close(s.done)
		for i, r := range rs {
			s.record[i] = keys.Seal(r.record, seal.Place("family_record", "record", r.ID))
			s.facts[i] = keys.Seal(r.facts, seal.Place("family_fact", "facts", r.ID))
			s.idNumber[i] = keys.Seal(r.idNumber, seal.Place("family_fact", "id_number", r.ID))
			seq++
			r.Audit.Seq = seq
			s.changes[i] = keys.Seal(r.changes, seal.Place("audit", "changes", seq))
			head = chainHash(head, &r.Audit, stamp(r.Audit.At), s.changes[i])
			s.hash[i] = head
		}
	}()
	return s, nil
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
	held, err := tx.heldBlinds(party, blinds)
	if err != nil {
		return nil, err
	}
	for chunk := range slices.Chunk(held, 32) {
		var q statement
		q.add(`SELECT i.blind, i.kind, f.id, f.version, f.state, f.area, f.name, f.number, f.entered_by FROM identifier i JOIN family f ON f.id = i.family_id
			WHERE i.party = ?`, string(party))
		q.inBlinds("i.blind", chunk)
		q.add(" ORDER BY f.id")
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

// heldBlinds returns those of the blind indexes that the registry has: of a roster of new families hardly any. In their order, the index is gone through once.
func (tx *Tx) heldBlinds(party place.Country, blinds []string) ([]string, error) {
	blinds = slices.Clone(blinds)
	slices.Sort(blinds)
	var held []string
	for chunk := range slices.Chunk(slices.Compact(blinds), 128) {
		var q statement
		q.add("SELECT blind FROM identifier WHERE party = ?", string(party))
		q.inBlinds("blind", chunk)
		err := tx.each(func(rows *sql.Rows) error {
			var blind sql.RawBytes
			err := rows.Scan(&blind)
			if n := len(held); n == 0 || held[n-1] != string(blind) {
				held = append(held, string(blind))
			}
			return err
		}, q.text(), q.args...)
		if err != nil {
			return nil, fmt.Errorf("matching identifiers: %w", err)
		}
	}
	slices.Sort(held)
	return slices.Compact(held), nil
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
