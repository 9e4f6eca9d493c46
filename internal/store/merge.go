package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Merge is two registrations that became one, or were one for a while.
type Merge struct {
	ID, Version    int64
	Party          place.Country
	Survivor, Away int64 // families: the one that stayed, and the one that was merged into it
	Number         registry.Number
	PairID         int64
	By             int64
	At             time.Time
	UndoneBy       int64
	UndoneAt       time.Time // zero: the merge stands
	Body           MergeBody
}

// MergeBody is what an undo needs.
type MergeBody struct {
	Before  [2]FamilyState           `json:"before"` // of the survivor and of the other
	After   registry.Record          `json:"after"`  // of the survivor
	Choices map[string]registry.Side `json:"choices,omitempty"`
	Moved   []Moved                  `json:"moved,omitempty"`
	Members []int64                  `json:"members,omitempty"` // exhibitors (associations) of whose members the other family was taken out, since the survivor is one too
	High    map[string]int64         `json:"high"`              // the highest id of each movable table: what is above was added since
	Sums    [2]string                `json:"sums"`              // of all that was stored of both, to prove an undo; see DumpFamily
	Pair    DuplicatePair            `json:"pair"`              // as it stood
	Exact   *bool                    `json:"exact,omitempty"`   // of an undo: whether both are what they were, as the sums say
}

// FamilyState is a family as it stood.
type FamilyState struct {
	Record registry.Record       `json:"record"`
	Status registry.Registration `json:"status"`
	Draft  []byte                `json:"draft,omitempty"` // the open form, if there was one
}

// Moved is one row that went along. From and To are what stands in its column: ids of families, or of exhibitors.
type Moved struct {
	Table  string `json:"t"`
	Column string `json:"c"`
	Key    string `json:"k"`
	From   int64  `json:"f"`
	To     int64  `json:"o"`
	Print  string `json:"p,omitempty"` // of the rest of the row, to see whether it was changed since
}

// movables are the columns that name a family and go along with a merge, with the key of their table. Rows that people can change later have a print.
var movables = []struct {
	table, column, key string
	print              bool
}{
	{"document", "family_id", "id", true}, {"visit", "family_id", "id", true}, {"event", "family_id", "id", false}, {"waiver", "family_id", "id", true},
	{"assessment", "family_id", "id", false}, {"product", "family_id", "id", true}, {"exhibition_link", "family_id", "hash", false},
	{"incentive_grant", "family_id", "id", true}, {"development_plan", "family_id", "id", true},
	{"sheet_import_row", "family_id", "import_id,seq", false}, {"duplicate_hint", "family_id", "id", false},
}

// addable are the movable tables of which new rows of the survivor can go to the other family when a merge is undone.
var addable = []string{"document", "visit", "product"}

// keyWhere is the condition of a key, with arguments from $n on, and the key's values.
func keyWhere(columns, key string, n int) (string, []any, error) {
	names, values := strings.Split(columns, ","), strings.Split(key, ",")
	if len(names) != len(values) {
		return "", nil, fmt.Errorf("the key %q has not the columns %s", key, columns)
	}
	var where []string
	var args []any
	for i, name := range names {
		where = append(where, name+" = $"+strconv.Itoa(n+i))
		if name == "hash" {
			args = append(args, values[i])
			continue
		}
		id, err := strconv.ParseInt(values[i], 10, 64)
		if err != nil {
			return "", nil, fmt.Errorf("the key %q: %w", key, err)
		}
		args = append(args, id)
	}
	return strings.Join(where, " AND "), args, nil
}

func keyColumns(table string) string {
	for _, m := range movables {
		if m.table == table {
			return m.key
		}
	}
	return "id"
}

// printOf is a hash of a row as it is stored, without the columns that a merge itself changes.
func (tx *Tx) printOf(table, key string, but ...string) (string, error) {
	where, args, err := keyWhere(keyColumns(table), key, 1)
	if err != nil {
		return "", err
	}
	rows, err := tx.query(`SELECT * FROM `+table+` WHERE `+where, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for rows.Next() {
		values := make([]sql.RawBytes, len(columns))
		dest := make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return "", err
		}
		for i, v := range values {
			if !slices.Contains(but, columns[i]) {
				fmt.Fprintf(h, "%s %d ", columns[i], len(v))
				h.Write(v)
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), tx.fail(rows.Err())
}

// MarkHigh notes the highest id of each movable table.
func (tx *Tx) MarkHigh(b *MergeBody) error {
	b.High = map[string]int64{}
	for _, m := range movables {
		if m.key != "id" {
			continue
		}
		var high int64
		if err := tx.row(into(&high), `SELECT coalesce(max(id), 0) FROM `+m.table); err != nil {
			return err
		}
		b.High[m.table] = high
	}
	return nil
}

// MoveBeside gives all that hangs beside a family to another one, and returns what it moved. Of takings part in one exhibition and wave by both, those in clash
// must have been looked at before (see [Tx.MergeClashes]): of the two, an open one goes to the survivor and the closed one to the other.
func (tx *Tx) MoveBeside(party place.Country, from, to int64, b *MergeBody) error {
	for _, m := range movables {
		keys, err := tx.keysOf(m.table, m.key, m.column, from)
		if err != nil {
			return err
		}
		for _, k := range keys {
			row := Moved{Table: m.table, Column: m.column, Key: k, From: from, To: to}
			if m.print {
				if row.Print, err = tx.printOf(m.table, k, m.column); err != nil {
					return err
				}
			}
			b.Moved = append(b.Moved, row)
		}
		if _, err := tx.exec(`UPDATE `+m.table+` SET `+m.column+` = $1 WHERE `+m.column+` = $2`, to, from); err != nil {
			return fmt.Errorf("moving rows of %s: %w", m.table, err)
		}
	}
	if err := tx.movePairs(from, to, b); err != nil {
		return err
	}
	if err := tx.moveMemberships(from, to, b); err != nil {
		return err
	}
	return tx.moveExhibitor(party, from, to, b)
}

func (tx *Tx) keysOf(table, key, column string, family int64) ([]string, error) {
	var out []string
	err := tx.each(func(rows *sql.Rows) error {
		var k string
		err := rows.Scan(&k)
		out = append(out, k)
		return err
	}, `SELECT `+textKey(key)+` FROM `+table+` WHERE `+column+` = $1 ORDER BY `+key, family)
	return out, err
}

// textKey is the expression of a key as text.
func textKey(key string) string {
	parts := strings.Split(key, ",")
	for i, p := range parts {
		parts[i] = "CAST(" + p + " AS TEXT)"
	}
	return strings.Join(parts, " || ',' || ")
}

// movePairs lets pairs of the other family with third ones be pairs of the survivor, so that what was decided "different" stays decided. Where the survivor has a
// pair with the third already, the other's stays: lists leave pairs of merged families out.
func (tx *Tx) movePairs(from, to int64, b *MergeBody) error {
	type pair struct{ id, a, b int64 }
	var list []pair
	err := tx.each(func(rows *sql.Rows) error {
		var p pair
		err := rows.Scan(&p.id, &p.a, &p.b)
		list = append(list, p)
		return err
	}, `SELECT id, a_id, b_id FROM duplicate_pair WHERE a_id = $1 OR b_id = $1 ORDER BY id`, from)
	if err != nil {
		return err
	}
	for _, p := range list {
		third := p.a + p.b - from
		if third == to {
			continue
		}
		n, err := tx.exec(`UPDATE duplicate_pair SET a_id = $1, b_id = $2 WHERE id = $3 AND NOT EXISTS (SELECT 1 FROM duplicate_pair q WHERE q.a_id = $1 AND q.b_id = $2)`,
			min(to, third), max(to, third), p.id)
		if err != nil {
			return fmt.Errorf("moving a pair: %w", err)
		}
		if n == 1 {
			b.Moved = append(b.Moved, Moved{Table: "duplicate_pair", Column: "pair", Key: strconv.FormatInt(p.id, 10), From: from, To: to})
		}
	}
	return nil
}

// moveMemberships makes the survivor a member of the associations that the other is a member of.
func (tx *Tx) moveMemberships(from, to int64, b *MergeBody) error {
	keys, err := tx.keysOf("exhibitor_member", "exhibitor_id", "family_id", from)
	if err != nil {
		return err
	}
	for _, k := range keys {
		association, err := strconv.ParseInt(k, 10, 64)
		if err != nil {
			return err
		}
		n, err := tx.exec(`UPDATE exhibitor_member SET family_id = $1 WHERE exhibitor_id = $2 AND family_id = $3
			AND NOT EXISTS (SELECT 1 FROM exhibitor_member m WHERE m.exhibitor_id = $2 AND m.family_id = $1)`, to, association, from)
		if err != nil {
			return err
		}
		if n == 1 {
			b.Moved = append(b.Moved, Moved{Table: "exhibitor_member", Column: "family_id", Key: k, From: from, To: to})
			continue
		}
		if _, err := tx.exec(`DELETE FROM exhibitor_member WHERE exhibitor_id = $1 AND family_id = $2`, association, from); err != nil {
			return err
		}
		b.Members = append(b.Members, association)
	}
	return nil
}

// moveExhibitor moves the exhibitor that the other family is, or its takings part to the exhibitor that the survivor is. What hangs on a taking part (booth, seat,
// badge, attendance, sales, evaluation) goes with it.
func (tx *Tx) moveExhibitor(party place.Country, from, to int64, b *MergeBody) error {
	theirs, err := tx.ExhibitorOfFamily(party, from)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	mine, err := tx.ExhibitorOfFamily(party, to)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil { // the exhibitor itself becomes the survivor's
		keys, err := tx.keysOf("participation", "id", "exhibitor_id", theirs.ID)
		if err != nil {
			return err
		}
		for _, k := range keys {
			b.Moved = append(b.Moved, Moved{Table: "participation", Column: "family_id", Key: k, From: from, To: to})
		}
		b.Moved = append(b.Moved, Moved{Table: "exhibitor", Column: "family_id", Key: strconv.FormatInt(theirs.ID, 10), From: from, To: to})
		if _, err := tx.exec(`UPDATE participation SET family_id = $1 WHERE exhibitor_id = $2`, to, theirs.ID); err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE exhibitor SET family_id = $1 WHERE id = $2`, to, theirs.ID)
		return err
	}
	ours, err := tx.partsOf(mine.ID)
	if err != nil {
		return err
	}
	parts, err := tx.partsOf(theirs.ID)
	if err != nil {
		return err
	}
	for _, p := range parts {
		clash := ours[[2]int64{p.exhibition, p.wave}]
		switch {
		case clash == nil:
			err = tx.movePart(p, theirs.ID, mine.ID, from, to, b)
		case p.state.Ended():
			continue // what is over stays with the registration that is over
		case clash.state.Ended():
			if _, err = tx.exec(`UPDATE participation SET wave = -1 - wave WHERE id = $1`, p.id); err != nil {
				return err
			}
			if err = tx.movePart(clash, mine.ID, theirs.ID, to, from, b); err != nil {
				return err
			}
			if err = tx.movePart(p, theirs.ID, mine.ID, from, to, b); err != nil {
				return err
			}
			_, err = tx.exec(`UPDATE participation SET wave = -1 - wave WHERE id = $1`, p.id)
		default:
			err = fault.New(fault.State, "error.merge.clash")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type part struct {
	id, exhibition, wave int64
	state                exhibition.State
}

func (tx *Tx) partsOf(exhibitor int64) (map[[2]int64]*part, error) {
	out := map[[2]int64]*part{}
	err := tx.each(func(rows *sql.Rows) error {
		var p part
		var state string
		err := rows.Scan(&p.id, &p.exhibition, &p.wave, &state)
		p.state = exhibition.State(state)
		out[[2]int64{p.exhibition, p.wave}] = &p
		return err
	}, `SELECT id, exhibition_id, wave, state FROM participation WHERE exhibitor_id = $1`, exhibitor)
	return out, err
}

func (tx *Tx) movePart(p *part, fromExhibitor, toExhibitor, from, to int64, b *MergeBody) error {
	key := strconv.FormatInt(p.id, 10)
	hash, err := tx.printOf("participation", key, "exhibitor_id", "family_id", "wave")
	if err != nil {
		return err
	}
	b.Moved = append(b.Moved, Moved{Table: "participation", Column: "exhibitor_id", Key: key, From: fromExhibitor, To: toExhibitor, Print: hash},
		Moved{Table: "participation", Column: "family_id", Key: key, From: from, To: to})
	_, err = tx.exec(`UPDATE participation SET exhibitor_id = $1, family_id = $2 WHERE id = $3`, toExhibitor, to, p.id)
	return err
}

// MergeClash is an exhibition that two families take part in, each with an application or a place that is not over.
type MergeClash struct {
	Exhibition int64
	Name       string // as the exhibition's row has it
	A, B       exhibition.State
}

// MergeClashes returns the exhibitions that stand in the way of a merge.
func (tx *Tx) MergeClashes(party place.Country, a, b int64) ([]MergeClash, error) {
	mine, err := tx.ExhibitorOfFamily(party, a)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	theirs, err := tx.ExhibitorOfFamily(party, b)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []MergeClash
	err = tx.each(func(rows *sql.Rows) error {
		var c MergeClash
		var x, y string
		if err := rows.Scan(&c.Exhibition, &c.Name, &x, &y); err != nil {
			return err
		}
		c.A, c.B = exhibition.State(x), exhibition.State(y)
		if !c.A.Ended() && !c.B.Ended() {
			out = append(out, c)
		}
		return nil
	}, `SELECT e.id, e.name, p.state, q.state FROM participation p JOIN participation q ON q.exhibition_id = p.exhibition_id AND q.wave = p.wave
		JOIN exhibition e ON e.id = p.exhibition_id WHERE p.exhibitor_id = $1 AND q.exhibitor_id = $2 ORDER BY e.id, p.wave`, mine.ID, theirs.ID)
	return out, err
}

// ChangedSince returns the rows that a merge moved and that were changed since, and those that are not where it brought them any more.
func (tx *Tx) ChangedSince(m *Merge) (changed, gone []Moved, err error) {
	for _, row := range m.Body.Moved {
		if row.Print == "" {
			continue
		}
		but := []string{row.Column}
		if row.Table == "participation" {
			but = []string{"exhibitor_id", "family_id", "wave"}
		}
		now, err := tx.printOf(row.Table, row.Key, but...)
		if err != nil {
			return nil, nil, err
		}
		where, args, err := keyWhere(keyColumns(row.Table), row.Key, 2)
		if err != nil {
			return nil, nil, err
		}
		var there int64
		if err := tx.row(into(&there), `SELECT count(*) FROM `+row.Table+` WHERE `+row.Column+` = $1 AND `+where, append([]any{row.To}, args...)...); err != nil {
			return nil, nil, err
		}
		switch {
		case there == 0:
			gone = append(gone, row)
		case now != row.Print:
			changed = append(changed, row)
		}
	}
	return changed, gone, nil
}

// MoveBack takes rows back to where they were, as they are now. Rows that are not where the merge brought them stay where they are.
func (tx *Tx) MoveBack(m *Merge) error {
	var parts []Moved
	for _, row := range m.Body.Moved {
		var err error
		switch {
		case row.Table == "duplicate_pair":
			err = tx.movePairBack(row)
		case row.Table == "participation" && row.Column == "exhibitor_id":
			parts = append(parts, row)
		case row.Table == "exhibitor":
			err = tx.moveExhibitorBack(m, row)
		case row.Table == "exhibitor_member":
			_, err = tx.exec(`UPDATE exhibitor_member SET family_id = $1 WHERE exhibitor_id = $2 AND family_id = $3`, row.From, mustID(row.Key), row.To)
		default:
			where, args, kerr := keyWhere(keyColumns(row.Table), row.Key, 3)
			if kerr != nil {
				return kerr
			}
			_, err = tx.exec(`UPDATE `+row.Table+` SET `+row.Column+` = $1 WHERE `+row.Column+` = $2 AND `+where, append([]any{row.From, row.To}, args...)...)
		}
		if err != nil {
			return fmt.Errorf("moving a row of %s back: %w", row.Table, err)
		}
	}
	// Takings part in one exhibition may have changed places, which no order of single steps can turn back: first all step aside.
	for _, row := range parts {
		if _, err := tx.exec(`UPDATE participation SET wave = -1 - wave WHERE id = $1 AND exhibitor_id = $2`, mustID(row.Key), row.To); err != nil {
			return err
		}
	}
	for _, row := range parts {
		if _, err := tx.exec(`UPDATE participation SET wave = -1 - wave, exhibitor_id = $1 WHERE id = $2 AND wave < 0`, row.From, mustID(row.Key)); err != nil {
			return err
		}
	}
	for _, association := range m.Body.Members {
		_, err := tx.exec(`INSERT INTO exhibitor_member (exhibitor_id, family_id) SELECT e.id, $1 FROM exhibitor e WHERE e.id = $2 ON CONFLICT DO NOTHING`, m.Away, association)
		if err != nil {
			return err
		}
	}
	return nil
}

func mustID(key string) int64 {
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return 0 // no row has it
	}
	return id
}

func (tx *Tx) movePairBack(row Moved) error {
	id := mustID(row.Key)
	var a, b int64
	err := tx.row(into(&a, &b), `SELECT a_id, b_id FROM duplicate_pair WHERE id = $1`, id)
	if fault.Is(err, fault.NotFound) { // forgotten by a run since
		return nil
	}
	if err != nil {
		return err
	}
	third := a + b - row.To
	_, err = tx.exec(`UPDATE duplicate_pair SET a_id = $1, b_id = $2 WHERE id = $3 AND (a_id = $4 OR b_id = $4) AND NOT EXISTS (SELECT 1 FROM duplicate_pair q WHERE q.a_id = $1 AND q.b_id = $2)`,
		min(row.From, third), max(row.From, third), id, row.To)
	return err
}

// moveExhibitorBack gives the exhibitor back. What the survivor took part in since stays with the survivor, as an exhibitor of its own.
func (tx *Tx) moveExhibitorBack(m *Merge, row Moved) error {
	id := mustID(row.Key)
	if n, err := tx.exec(`UPDATE exhibitor SET family_id = $1 WHERE id = $2 AND family_id = $3`, row.From, id, row.To); err != nil || n == 0 {
		return err
	}
	var since int64
	if err := tx.row(into(&since), `SELECT count(*) FROM participation WHERE exhibitor_id = $1 AND family_id = $2`, id, row.To); err != nil || since == 0 {
		return err
	}
	e, err := tx.ExhibitorByID(m.Party, id)
	if err != nil {
		return err
	}
	e.ID, e.FamilyID = 0, row.To
	if err := tx.InsertExhibitor(e); err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE participation SET exhibitor_id = $1 WHERE exhibitor_id = $2 AND family_id = $3`, e.ID, id, row.To)
	return err
}

// Added is a row that the survivor got after a merge.
type Added struct {
	Table string
	ID    int64
}

// AddedSince returns the papers, visits and products that the survivor got after a merge.
func (tx *Tx) AddedSince(m *Merge) ([]Added, error) {
	var out []Added
	for _, table := range addable {
		err := tx.each(func(rows *sql.Rows) error {
			a := Added{Table: table}
			err := rows.Scan(&a.ID)
			out = append(out, a)
			return err
		}, `SELECT id FROM `+table+` WHERE family_id = $1 AND id > $2 ORDER BY id`, m.Survivor, m.Body.High[table])
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// GiveAdded gives a row that the survivor got after a merge to the other family. The table is one of those of [Tx.AddedSince].
func (tx *Tx) GiveAdded(m *Merge, a Added) error {
	if !slices.Contains(addable, a.Table) {
		return fault.New(fault.Invalid, "error.invalid")
	}
	n, err := tx.exec(`UPDATE `+a.Table+` SET family_id = $1 WHERE id = $2 AND family_id = $3 AND id > $4`, m.Away, a.ID, m.Survivor, m.Body.High[a.Table])
	return one(n, err, fault.Stale, "error.stale")
}

const mergeColumns = `id, version, party, survivor_id, merged_id, number, pair_id, by_id, at, undone_by, undone_at, uid, body`

// InsertMerge stores a merge and sets its ID and Version 1. A family is merged once at a time: fault.Duplicate.
func (tx *Tx) InsertMerge(m *Merge) error {
	uid := newUID()
	body, err := tx.sealJSON("family_merge", "body", uid, &m.Body)
	if err != nil {
		return err
	}
	err = tx.row(into(&m.ID), `INSERT INTO family_merge (version, party, survivor_id, merged_id, number, pair_id, by_id, at, undone_by, undone_at, uid, body)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, 0, '', $8, $9) RETURNING id`, string(m.Party), m.Survivor, m.Away, orNever(string(m.Number)), m.PairID, m.By, stamp(m.At), uid, body)
	if err != nil {
		return fmt.Errorf("storing a merge: %w", err)
	}
	m.Version = 1
	return nil
}

// EndMerge notes who undid a merge, and whether it is exact. The stored version must be m.Version, else the error is fault.Stale.
func (tx *Tx) EndMerge(m *Merge, by int64, at time.Time) error {
	var uid string
	if err := tx.row(into(&uid), `SELECT uid FROM family_merge WHERE id = $1`, m.ID); err != nil {
		return err
	}
	body, err := tx.sealJSON("family_merge", "body", uid, &m.Body)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE family_merge SET version = version + 1, undone_by = $1, undone_at = $2, body = $3 WHERE id = $4 AND version = $5 AND undone_at = ''`,
		by, stamp(at), body, m.ID, m.Version)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	m.Version++
	m.UndoneBy, m.UndoneAt = by, at
	return nil
}

func (tx *Tx) merges(where string, args ...any) ([]Merge, error) {
	type row struct {
		m                              Merge
		party, number, at, undone, uid string
		body                           []byte
	}
	var list []row
	err := tx.each(func(rows *sql.Rows) error {
		var r row
		m := &r.m
		err := rows.Scan(&m.ID, &m.Version, &r.party, &m.Survivor, &m.Away, &r.number, &m.PairID, &m.By, &r.at, &m.UndoneBy, &r.undone, &r.uid, &r.body)
		list = append(list, r)
		return err
	}, `SELECT `+mergeColumns+` FROM family_merge WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading merges: %w", err)
	}
	out := make([]Merge, 0, len(list))
	for i := range list {
		r := &list[i]
		m := &r.m
		m.Party, m.Number, m.At, m.UndoneAt = place.Country(r.party), registry.Number(noNever(r.number)), unstamp(r.at), unstamp(r.undone)
		if err := tx.openJSON("family_merge", "body", r.uid, r.body, &m.Body); err != nil {
			return nil, err
		}
		out = append(out, *m)
	}
	return out, nil
}

func (tx *Tx) oneMerge(where string, args ...any) (*Merge, error) {
	list, err := tx.merges(where, args...)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

// MergeByID returns a merge of a party, else fault.NotFound.
func (tx *Tx) MergeByID(party place.Country, id int64) (*Merge, error) {
	return tx.oneMerge(`id = $1 AND party = $2`, id, string(party))
}

// MergeOf returns the merge by which a family went into another one, else fault.NotFound.
func (tx *Tx) MergeOf(party place.Country, family int64) (*Merge, error) {
	return tx.oneMerge(`merged_id = $1 AND party = $2 AND undone_at = ''`, family, string(party))
}

// MergesInto returns the standing merges into a family, oldest first.
func (tx *Tx) MergesInto(party place.Country, family int64) ([]Merge, error) {
	return tx.merges(`survivor_id = $1 AND party = $2 AND undone_at = '' ORDER BY id`, family, string(party))
}

// LastMergeOf returns the newest merge of two families, whichever stayed, undone or not; nil if there was none.
func (tx *Tx) LastMergeOf(party place.Country, a, b int64) (*Merge, error) {
	list, err := tx.merges(`party = $1 AND (survivor_id = $2 AND merged_id = $3 OR survivor_id = $3 AND merged_id = $2) ORDER BY id DESC LIMIT 1`, string(party), a, b)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// SurvivorOf returns the family that stands for a merged one today: merges of merges are followed. It is the family itself if it is in no merge.
func (tx *Tx) SurvivorOf(family int64) (int64, error) {
	for range 100 { // a ring cannot be: who is merged takes nobody in
		var next int64
		err := tx.row(into(&next), `SELECT survivor_id FROM family_merge WHERE merged_id = $1 AND undone_at = ''`, family)
		if fault.Is(err, fault.NotFound) {
			return family, nil
		}
		if err != nil {
			return 0, err
		}
		family = next
	}
	return family, nil
}

// PartsOfFamily counts the exhibitions that a family itself takes part in.
func (tx *Tx) PartsOfFamily(party place.Country, family int64) (int, error) {
	var n int64
	err := tx.row(into(&n), `SELECT count(*) FROM participation p JOIN exhibitor e ON e.id = p.exhibitor_id WHERE e.party = $1 AND e.family_id = $2`, string(party), family)
	return int(n), err
}
