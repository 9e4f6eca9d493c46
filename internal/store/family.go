package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// sealedRecord is the plain text of family_record.record: everything about a family that is not in the columns of its row.
type sealedRecord struct {
	Record  registry.Record   `json:"record"`
	Reasons []registry.Reason `json:"reasons,omitempty"`
	Note    string            `json:"note,omitempty"`
}

const insertFamily = `INSERT INTO family (version, party, state, area, district, number, name, name_sort, project, search, craft, sex,
	protection, overall, points, amendment, entered_by, created_at, updated_at, submitted_at, submitted_by, reviewer_id, decided_at,
	decided_by, valid_until)
	VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
	RETURNING id`

const updateFamily = `UPDATE family SET version = version + 1, state = $2, area = $3, district = $4, number = $5, name = $6, name_sort = $7,
	project = $8, search = $9, craft = $10, sex = $11, protection = $12, overall = $13, points = $14, amendment = $15, entered_by = $16,
	created_at = $17, updated_at = $18, submitted_at = $19, submitted_by = $20, reviewer_id = $21, decided_at = $22, decided_by = $23,
	valid_until = $24
	WHERE party = $1 AND id = $25 AND version = $26`

// columns returns the values of a family's row in the order of insertFamily.
func columns(f *registry.Family, x FamilyExtra, search string) []any {
	return appendColumns(make(cells, 0, 26), f, x, search).values()
}

func appendColumns(c cells, f *registry.Family, x FamilyExtra, search string) cells {
	r, s := &f.Record, &f.Status
	name := r.Lead.DisplayName()
	sort := arabic.SortKey(name)
	if sort == "" {
		sort = nameless
	}
	valid := never
	if !s.ValidUntil.IsZero() {
		valid = s.ValidUntil.String()
	}
	for _, text := range [...]string{string(f.Party), string(s.State), r.Address.Area, r.Address.District, orNever(string(s.Number)), name, sort, r.Project.Name,
		search, r.Project.Craft, string(r.Lead.Sex), string(r.Household.Protection()), x.Overall} {
		c.text(text)
	}
	c.num(int64(x.Points))
	c.num(flag(s.Amendment))
	c.num(s.EnteredBy)
	c.text(stamp(s.CreatedAt))
	c.text(stamp(s.UpdatedAt))
	c.text(stampOrNever(s.SubmittedAt))
	c.num(s.SubmittedBy)
	c.num(s.ReviewerID)
	c.text(stampOrNever(s.DecidedAt))
	c.num(s.DecidedBy)
	c.text(valid)
	return c
}

// searchText is the folded text by which words are found, with a blank before each word so that " word" is a prefix of a word.
func searchText(r *registry.Record) string {
	words := searchWords(r)
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}

// maxWords bounds the words of one family in the index; names and villages have far fewer.
const maxWords = 40

// searchWords are the different folded words of names, project and village.
func searchWords(r *registry.Record) []string {
	var out []string
	for _, text := range []string{r.Lead.GivenName, r.Lead.RestOfName, r.Lead.NameEN, r.Project.Name, r.Project.NameEN, r.Address.Village} {
		for _, w := range arabic.Tokens(text) {
			if !slices.Contains(out, w) && len(out) < maxWords {
				out = append(out, w)
			}
		}
	}
	return out
}

// InsertFamily stores a new family with its identifiers and sets its ID and Version 1. It fails with fault.Duplicate
// ("error.duplicate_identity") if it is handed in already and its identity number is held by another active registration.
func (tx *Tx) InsertFamily(f *registry.Family, x FamilyExtra) error {
	search := searchText(&f.Record)
	var id int64
	if err := tx.row(into(&id), insertFamily, columns(f, x, search)...); err != nil {
		return fmt.Errorf("inserting family: %w", err)
	}
	record, facts, number, err := tx.sealFamily(id, f, x)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO family_record (family_id, record) VALUES ($1, $2)`, id, record); err != nil {
		return fmt.Errorf("inserting record: %w", err)
	}
	_, err = tx.exec(`INSERT INTO family_fact (family_id, party, state, area, facts, id_number) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, string(f.Party), string(f.Status.State), f.Record.Address.Area, facts, number)
	if err != nil {
		return fmt.Errorf("inserting facts: %w", err)
	}
	if err := tx.insertIdentifiers(id, f.Party, tx.blindRows(f)); err != nil {
		return err
	}
	if err := tx.insertDue(id, dueOf(f)); err != nil {
		return err
	}
	if err := tx.changed(id); err != nil {
		return err
	}
	f.ID, f.Version = id, 1
	return nil
}

// UpdateFamily stores a family anew. The stored version must be f.Version, else the error is fault.Stale: somebody else saved meanwhile.
// Version goes up by one. The party of a family never changes.
func (tx *Tx) UpdateFamily(f *registry.Family, x FamilyExtra) error {
	var version int64
	var party string
	err := tx.row(into(&version, &party), `SELECT version, party FROM family WHERE id = $1`, f.ID)
	if err != nil {
		return err
	}
	if party != string(f.Party) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if version != f.Version {
		return fault.New(fault.Stale, "error.stale")
	}
	search := searchText(&f.Record)
	n, err := tx.exec(updateFamily, append(columns(f, x, search), f.ID, f.Version)...)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return fmt.Errorf("updating family: %w", err)
	}
	record, facts, number, err := tx.sealFamily(f.ID, f, x)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE family_record SET record = $2 WHERE family_id = $1`, f.ID, record); err != nil {
		return fmt.Errorf("updating record: %w", err)
	}
	_, err = tx.exec(`UPDATE family_fact SET state = $2, area = $3, facts = $4, id_number = $5 WHERE family_id = $1`,
		f.ID, string(f.Status.State), f.Record.Address.Area, facts, number)
	if err != nil {
		return fmt.Errorf("updating facts: %w", err)
	}
	if err := tx.replaceIdentifiers(f); err != nil {
		return err
	}
	if err := tx.replaceDue(f); err != nil {
		return err
	}
	if err := tx.changed(f.ID); err != nil {
		return err
	}
	if err := tx.publishFamily(f); err != nil {
		return err
	}
	f.Version++
	return nil
}

func (tx *Tx) sealFamily(id int64, f *registry.Family, x FamilyExtra) (record, facts, number []byte, err error) {
	plain, err := writeRecord(f)
	if err != nil {
		return nil, nil, nil, err
	}
	return tx.sealDocID("family_record", "record", id, plain), tx.sealID("family_fact", "facts", id, x.Facts),
		tx.sealID("family_fact", "id_number", id, []byte(f.Record.Lead.IDNumber)), nil
}

// SetOverall notes the outcome of a later assessment in the lists. The record and its version stay as they are: a re-check is no save.
func (tx *Tx) SetOverall(familyID int64, overall string, points int) error {
	n, err := tx.exec(`UPDATE family SET overall = $2, points = $3 WHERE id = $1`, familyID, overall, int64(points))
	if err := one(n, err, fault.NotFound, "error.not_found"); err != nil {
		return err
	}
	return tx.changed(familyID)
}

const selectFamily = `SELECT f.id, f.version, f.party, f.state, f.area, f.number, f.amendment, f.entered_by, f.created_at, f.updated_at,
	f.submitted_at, f.submitted_by, f.reviewer_id, f.decided_at, f.decided_by, f.valid_until, r.record
	FROM family f JOIN family_record r ON r.family_id = f.id WHERE `

// FamilyByID returns a family inside the scope, else fault.NotFound.
func (tx *Tx) FamilyByID(s Scope, id int64) (*registry.Family, error) {
	return tx.family(s, selectFamily+`f.id = $1`, id)
}

// FamilyByNumber returns the family with a registration number inside the scope, else fault.NotFound.
func (tx *Tx) FamilyByNumber(s Scope, n registry.Number) (*registry.Family, error) {
	if n == "" {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return tx.family(s, selectFamily+`f.party = $1 AND f.number = $2 AND f.number <> '~'`, string(s.Party), string(n))
}

func (tx *Tx) family(s Scope, query string, args ...any) (*registry.Family, error) {
	f, area, err := tx.scanFamily(func(dest ...any) error { return tx.row(dest, query, args...) })
	if err != nil {
		return nil, err
	}
	if !s.holds(string(f.Party), area) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return f, nil
}

// scanFamily reads a row of selectFamily, and the area that its column says.
func (tx *Tx) scanFamily(scan func(...any) error) (*registry.Family, string, error) {
	var f registry.Family
	var party, state, area, number, created, updated, submitted, decided, valid string
	var amendment int64
	var sealed []byte
	st := &f.Status
	err := scan(&f.ID, &f.Version, &party, &state, &area, &number, &amendment, &st.EnteredBy, &created, &updated, &submitted,
		&st.SubmittedBy, &st.ReviewerID, &decided, &st.DecidedBy, &valid, &sealed)
	if err != nil {
		return nil, "", err
	}
	plain, err := tx.openDocID("family_record", "record", f.ID, sealed)
	if err != nil {
		return nil, "", err
	}
	var r sealedRecord
	if err := readRecord(f.ID, plain, &r); err != nil {
		return nil, "", err
	}
	f.Party, f.Record = place.Country(party), r.Record
	st.State, st.Number, st.Amendment = registry.State(state), registry.Number(noNever(number)), amendment == 1
	st.CreatedAt, st.UpdatedAt, st.SubmittedAt, st.DecidedAt = unstamp(created), unstamp(updated), unstamp(submitted), unstamp(decided)
	st.ValidUntil, st.Reasons, st.Note = undate(valid), r.Reasons, r.Note
	return &f, area, nil
}

// FamilyExtraOf returns what the store keeps beside a family.
func (tx *Tx) FamilyExtraOf(id int64) (FamilyExtra, error) {
	var x FamilyExtra
	var sealed []byte
	err := tx.row(into(&x.Overall, &x.Points, &sealed),
		`SELECT f.overall, f.points, x.facts FROM family f JOIN family_fact x ON x.family_id = f.id WHERE f.id = $1`, id)
	if err != nil {
		return x, err
	}
	x.Facts, err = tx.openID("family_fact", "facts", id, sealed)
	return x, err
}

// NextSerial gives the next serial of a country and a year, from 1 without gaps among committed registrations.
func (tx *Tx) NextSerial(party place.Country, year int) (int64, error) {
	var n int64
	err := tx.row(into(&n), `INSERT INTO serial (party, year, last) VALUES ($1, $2, 1)
		ON CONFLICT (party, year) DO UPDATE SET last = serial.last + 1 RETURNING last`, string(party), year)
	return n, err
}

// IdentifiersOf returns the values by which a family is told from others: the lead producer's identity number, the phones, and the
// numbers of formal-status items. The guardian's are not among them: one guardian may stand for several.
func IdentifiersOf(f *registry.Family) []Identifier { return IdentifiersIn(&f.Record) }

// IdentifiersIn is IdentifiersOf for a record that is no family yet.
func IdentifiersIn(r *registry.Record) []Identifier {
	out := make([]Identifier, 0, 4)
	add := func(kind, value string) {
		id := Identifier{kind, value}
		if kind != "" && value != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	add(r.Lead.IDType, r.Lead.IDNumber)
	for _, p := range r.Lead.Phones {
		add("phone", p.Number)
	}
	for _, item := range r.Formal {
		add("formal:"+string(item.Kind), item.Number)
	}
	return out
}

// blindRow is one row of the table identifier.
type blindRow struct {
	kind  string
	blind string // bytes
	holds bool   // the identity number of an active registration: one to a person
}

// slot is where the identifier of a family stands beside the same one of others: who holds it stands at 0, and the database lets nobody else stand there.
func (r *blindRow) slot(family int64) int64 {
	if r.holds {
		return 0
	}
	return family
}

func (tx *Tx) blindRows(f *registry.Family) []blindRow { return tx.db.blindRows(f, nil) }

// blindRows are the identifiers of a family as they are stored; known are the blind indexes of the first ones, if somebody made them already.
func (db *DB) blindRows(f *registry.Family, known []string) []blindRow {
	ids := IdentifiersOf(f)
	known = known[:min(len(known), len(ids))]
	if id := FileNo(f.Record.Case.FileNo); id.Value != "" {
		ids = append(ids, id)
	}
	out := make([]blindRow, len(ids))
	for i, id := range ids {
		var blind string
		if i < len(known) {
			blind = known[i]
		} else {
			blind = db.Blind(id)
		}
		out[i] = blindRow{id.Kind, blind, identity.Type(id.Kind).Valid() && holdsIdentity(f.Status.State)}
	}
	return out
}

// FileNo is the file number of whoever sent the family, as an identifier: an import finds families by it. Several senders use the same numbers, so that it
// tells no two families apart and [IdentifiersOf] leaves it out.
func FileNo(number string) Identifier { return Identifier{"file_no", number} }

// holdsIdentity reports whether a registration in this state keeps others with the same identity number out: it is active and not a draft,
// for a draft may hold anything.
func holdsIdentity(s registry.State) bool { return s.Active() && s != registry.Draft }

func (tx *Tx) insertIdentifiers(id int64, party place.Country, rows []blindRow) error {
	if len(rows) == 0 {
		return nil
	}
	var s statement
	s.add("INSERT INTO identifier (blind, kind, party, slot, family_id) VALUES ")
	for i, r := range rows {
		if i > 0 {
			s.add(", ")
		}
		s.add("(?, ?, ?, ?, ?)", []byte(r.blind), r.kind, string(party), r.slot(id), id)
	}
	if _, err := tx.exec(s.text(), s.args...); err != nil {
		return fmt.Errorf("inserting identifiers: %w", err)
	}
	return nil
}

// replaceIdentifiers brings the identifiers of a stored family up to date; most saves change none.
func (tx *Tx) replaceIdentifiers(f *registry.Family) error {
	old := map[blindRow]bool{}
	err := tx.each(func(rows *sql.Rows) error {
		var r blindRow
		var blind []byte
		var slot int64
		if err := rows.Scan(&r.kind, &blind, &slot); err != nil {
			return err
		}
		r.blind, r.holds = string(blind), slot == 0
		old[r] = true
		return nil
	}, `SELECT kind, blind, slot FROM identifier WHERE family_id = $1`, f.ID)
	if err != nil {
		return fmt.Errorf("reading identifiers: %w", err)
	}
	rows := tx.blindRows(f)
	same := len(rows) == len(old)
	for _, r := range rows {
		same = same && old[r]
	}
	if same {
		return nil
	}
	if _, err := tx.exec(`DELETE FROM identifier WHERE family_id = $1`, f.ID); err != nil {
		return fmt.Errorf("deleting identifiers: %w", err)
	}
	return tx.insertIdentifiers(f.ID, f.Party, rows)
}

// MatchIdentifiers returns the other families of the party that hold one of the identifiers, ordered by family. A family appears once for
// each kind that it shares.
func (tx *Tx) MatchIdentifiers(party place.Country, ids []Identifier, excludeFamily int64) ([]IdentifierMatch, error) {
	var out []IdentifierMatch
	for _, id := range ids {
		err := tx.each(func(rows *sql.Rows) error {
			m := IdentifierMatch{Kind: id.Kind}
			var state, number string
			if err := rows.Scan(&m.FamilyID, &state, &m.Area, &m.Name, &number, &m.EnteredBy); err != nil {
				return err
			}
			m.State, m.Number = registry.State(state), registry.Number(noNever(number))
			if m.FamilyID != excludeFamily && !slices.Contains(out, m) {
				out = append(out, m)
			}
			return nil
		}, `SELECT f.id, f.state, f.area, f.name, f.number, f.entered_by FROM identifier i JOIN family f ON f.id = i.family_id
			WHERE i.blind = $1 AND i.kind = $2 AND i.party = $3 ORDER BY f.id LIMIT 50`,
			tx.db.keys.Blind(id.Kind, id.Value), id.Kind, string(party))
		if err != nil {
			return nil, fmt.Errorf("matching identifiers: %w", err)
		}
	}
	out, err := tx.followMerges(party, out, excludeFamily)
	slices.SortStableFunc(out, func(a, b IdentifierMatch) int { return int(a.FamilyID - b.FamilyID) })
	return out, err
}

// followMerges puts the registrations that stayed in the place of those that were merged into them: what either held is one person's.
func (tx *Tx) followMerges(party place.Country, list []IdentifierMatch, except int64) ([]IdentifierMatch, error) {
	out := make([]IdentifierMatch, 0, len(list))
	for _, m := range list {
		if m.State == registry.Merged {
			id, err := tx.SurvivorOf(m.FamilyID)
			if err != nil {
				return nil, err
			}
			var state, number string
			err = tx.row(into(&m.FamilyID, &state, &m.Area, &m.Name, &number, &m.EnteredBy), `SELECT id, state, area, name, number, entered_by FROM family WHERE id = $1 AND party = $2`,
				id, string(party))
			if err != nil {
				return nil, err
			}
			m.State, m.Number = registry.State(state), registry.Number(noNever(number))
		}
		if m.FamilyID != except && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out, nil
}

// EachFacts calls fn with the encoded facts of families in the scope and the states (nil: all), by rising id after afterID, at most limit
// of them (0: all). facts is reused: it is good until fn returns. Reading and unsealing overlap with fn.
func (tx *Tx) EachFacts(s Scope, states []registry.State, afterID int64, limit int, fn func(id int64, area string, facts []byte) error) error {
	var q statement
	q.add("SELECT family_id, area, facts FROM family_fact WHERE family_id > ? AND party = ?", afterID, string(s.Party))
	if states != nil {
		names := make([]string, len(states))
		for i, st := range states {
			names[i] = string(st)
		}
		q.in("state", names)
	}
	if s.Areas != nil {
		q.in("area", s.Areas)
	}
	q.add(" ORDER BY family_id")
	if limit > 0 {
		q.add(" LIMIT ?", limit)
	}
	type item struct {
		id    int64
		area  string
		facts []byte
		err   error
	}
	const chunk = 256
	full, free := make(chan []item, 2), make(chan []item, 3)
	for range 3 {
		free <- make([]item, 0, chunk)
	}
	stop := make(chan struct{})
	ended := make(chan error, 1)
	// The reader is the only one that touches the connection until it has ended.
	go func() {
		defer close(full)
		err := func() error {
			rows, err := tx.query(q.text(), q.args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			batch := <-free
			areas := map[string]string{} // 35 different ones: no string for each row
			var rawArea, sealed sql.RawBytes
			for rows.Next() {
				var it item
				if err := rows.Scan(&it.id, &rawArea, &sealed); err != nil {
					return err
				}
				name, ok := areas[string(rawArea)]
				if !ok {
					name = string(rawArea)
					areas[name] = name
				}
				it.area = name
				it.facts, it.err = tx.openID("family_fact", "facts", it.id, sealed)
				batch = append(batch, it)
				if len(batch) == chunk {
					select {
					case full <- batch:
					case <-stop:
						return nil
					}
					batch = (<-free)[:0]
				}
			}
			if err := rows.Err(); err != nil {
				return tx.fail(err)
			}
			select {
			case full <- batch:
			case <-stop:
			}
			return nil
		}()
		ended <- err
	}()
	var err error
	for batch := range full {
		for _, it := range batch {
			if err == nil {
				err = it.err
			}
			if err == nil {
				err = fn(it.id, it.area, it.facts)
			}
			if err != nil {
				close(stop)
				free <- nil // lets the reader leave if it waits for an empty batch
				for range full {
				}
				<-ended
				return err
			}
		}
		free <- batch
	}
	return <-ended
}

// NamesOf returns the names of families in the scope by id, for the preview of a new criteria set.
func (tx *Tx) NamesOf(s Scope, ids []int64) (map[int64]string, error) {
	out := make(map[int64]string, len(ids))
	for part := range slices.Chunk(ids, 256) {
		var q statement
		q.add("SELECT id, name FROM family WHERE 1 = 1")
		q.inIDs("id", part)
		q.add(" AND party || '' = ?", string(s.Party))
		if s.Areas != nil {
			q.in("area || ''", s.Areas)
		}
		err := tx.each(func(rows *sql.Rows) error {
			var id int64
			var name string
			if err := rows.Scan(&id, &name); err != nil {
				return err
			}
			out[id] = name
			return nil
		}, q.text(), q.args...)
		if err != nil {
			return nil, fmt.Errorf("reading names: %w", err)
		}
	}
	return out, nil
}
