package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
)

// Sums of very many families, kept beside them.
//
// # Design
//
// A save notes that a family changed (family_change, which the lists need anyway) and does nothing else for figures. [DB.CountOn] follows those notes: for each family
// it takes the lines off to which it counted ([programme.FactsOf], kept sealed in figure_family) and puts the new ones on. A reader ([Tx.Tally]) adds the few families
// that are not taken in yet in memory, so that a figure holds all that was committed before, as lists do; only behind a large import it lags, and says by how much.
//
// # Limits
//
// What a family counted to in the past is not kept: a merge or an import undone changes past months as well. A million families are counted from the beginning in
// some minutes, in the background, while everything else goes on.

// TallyKey is one sum: of a measure, in a month (0: now), for a code and a sex of the lead producer ("f", "m", "" not said).
type TallyKey struct {
	Measure programme.Measure
	Month   programme.Month
	Code    string
	Sex     string
}

// Tally is sums by their keys. No sum in it is 0.
type Tally map[TallyKey]int

// TallyState says how far the sums have followed the registry.
type TallyState struct {
	Ready  bool  // a count from the beginning is complete
	Behind int64 // changes that a reader did not get: 0 but after a large import
}

// cellKey is a row of figure_cell.
type cellKey struct {
	party, area string
	TallyKey
}

// counted is what one family counts to.
type counted struct {
	id               int64
	party, area, sex string
	facts            []programme.Fact
	due              calendar.Date
}

// to adds the family's lines, times n, to sums.
func (c *counted) to(sums map[cellKey]int, n int) {
	for _, f := range c.facts {
		k := TallyKey{f.Measure, f.Month, f.Code, c.sex}
		sums[cellKey{c.party, "", k}] += n
		if c.area != "" {
			sums[cellKey{c.party, c.area, k}] += n
		}
	}
}

// countedVersion is the first byte of what figure_family.facts holds.
const countedVersion = 1

func (c *counted) encode() []byte {
	b := make([]byte, 0, 32+10*len(c.facts))
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = append(b, countedVersion)
	text(c.party)
	text(c.area)
	text(c.sex)
	measures := programme.Measures()
	for _, f := range c.facts {
		b = append(b, byte(slices.Index(measures, f.Measure)))
		b = binary.AppendUvarint(b, uint64(f.Month))
		text(f.Code)
	}
	return b
}

func (c *counted) decode(b []byte) error {
	broken := fmt.Errorf("what family %d counts to is broken", c.id)
	number := func() (uint64, bool) {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return 0, false
		}
		b = b[size:]
		return n, true
	}
	text := func(to *string) bool {
		n, ok := number()
		if !ok || n > uint64(len(b)) {
			return false
		}
		*to, b = string(b[:n]), b[n:]
		return true
	}
	if len(b) == 0 || b[0] != countedVersion {
		return broken
	}
	b = b[1:]
	if !text(&c.party) || !text(&c.area) || !text(&c.sex) {
		return broken
	}
	measures := programme.Measures()
	for len(b) > 0 {
		var f programme.Fact
		if int(b[0]) >= len(measures) {
			return broken
		}
		f.Measure, b = measures[b[0]], b[1:]
		month, ok := number()
		if !ok || !text(&f.Code) {
			return broken
		}
		f.Month = programme.Month(month)
		c.facts = append(c.facts, f)
	}
	return nil
}

// countAnew computes what families count to on a day; at most 256 ids.
func (tx *Tx) countAnew(ids []int64, today calendar.Date) ([]counted, error) {
	families := make(map[int64]*registry.Family, len(ids))
	var q statement
	q.add(selectFamily + "1 = 1")
	q.inIDs("f.id", ids)
	err := tx.each(func(rows *sql.Rows) error {
		f, _, err := tx.scanFamily(rows.Scan)
		if err == nil {
			families[f.ID] = f
		}
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading families: %w", err)
	}
	history := make(map[int64]*programme.History, len(ids))
	of := func(id int64) *programme.History {
		if history[id] == nil {
			history[id] = &programme.History{}
		}
		return history[id]
	}
	q = statement{}
	q.add("SELECT family_id, at, step, reasons FROM event WHERE step IN ('submit', 'approve', 'reject', 'return')")
	q.inIDs("family_id", ids)
	q.add(" ORDER BY family_id, id")
	err = tx.each(func(rows *sql.Rows) error {
		var e registry.Event
		var at, step, reasons string
		err := rows.Scan(&e.FamilyID, &at, &step, &reasons)
		e.At, e.Step, e.Reasons = unstamp(at), registry.Step(step), splitCodes[registry.Reason](reasons)
		h := of(e.FamilyID)
		h.Events = append(h.Events, e)
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading histories: %w", err)
	}
	q = statement{}
	q.add("SELECT family_id, uid, body FROM assessment WHERE id IN (SELECT max(id) FROM assessment WHERE 1 = 1")
	q.inIDs("family_id", ids)
	q.add(" GROUP BY family_id)")
	err = tx.each(func(rows *sql.Rows) error {
		var id int64
		var uid string
		var sealed sql.RawBytes
		if err := rows.Scan(&id, &uid, &sealed); err != nil {
			return err
		}
		body, err := tx.openDocRow("assessment", "body", uid, sealed)
		if err != nil {
			return err
		}
		of(id).Failing, err = criteria.Failing(body)
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading assessments: %w", err)
	}
	out := make([]counted, 0, len(ids))
	for _, id := range ids {
		c := counted{id: id}
		if f := families[id]; f != nil {
			c.party, c.area, c.sex = string(f.Party), f.Record.Address.Area, string(f.Record.Lead.Sex)
			c.facts, c.due = programme.FactsOf(f, *of(id), today)
		}
		out = append(out, c)
	}
	return out, nil
}

// countedBefore returns what families counted to when they were last taken in.
func (tx *Tx) countedBefore(ids []int64) (map[int64]*counted, error) {
	out := make(map[int64]*counted, len(ids))
	var q statement
	q.add("SELECT family_id, facts FROM figure_family WHERE 1 = 1")
	q.inIDs("family_id", ids)
	err := tx.each(func(rows *sql.Rows) error {
		var c counted
		var sealed sql.RawBytes
		if err := rows.Scan(&c.id, &sealed); err != nil {
			return err
		}
		plain, err := tx.openID("figure_family", "facts", c.id, sealed)
		if err == nil {
			err = c.decode(plain)
		}
		out[c.id] = &c
		return err
	}, q.text(), q.args...)
	return out, err
}

// figureClock is the row of figure_clock.
type figureClock struct {
	built                       int64
	seq, assessment, exhibition int64
	day                         calendar.Date    // of the last count
	late                        map[string]int64 // missing number of family_change → when it was missed, in seconds
}

// clock reads how far the sums are; nil if nothing was ever counted.
func (tx *Tx) figureClock() (*figureClock, error) {
	var c figureClock
	var late, day string
	err := tx.row(into(&c.built, &c.seq, &c.assessment, &c.exhibition, &day, &late), `SELECT built, seq, assessment, exhibition, day, late FROM figure_clock WHERE id = 1`)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err == nil {
		c.day, c.late = undate(day), map[string]int64{}
		err = json.Unmarshal([]byte(late), &c.late)
	}
	return &c, err
}

func (tx *Tx) putFigureClock(c *figureClock) error {
	late, err := json.Marshal(c.late)
	if err != nil {
		return fmt.Errorf("writing the clock of figures: %w", err)
	}
	_, err = tx.exec(`UPDATE figure_clock SET built = $1, seq = $2, assessment = $3, exhibition = $4, day = $5, late = $6 WHERE id = 1`, c.built, c.seq, c.assessment, c.exhibition, c.day.String(), string(late))
	return err
}

// RecountFigures forgets all sums, so that [DB.CountOn] counts from the beginning.
func (db *DB) RecountFigures(ctx context.Context) error {
	return db.Update(ctx, func(tx *Tx) error {
		for _, q := range []string{`DELETE FROM figure_cell`, `DELETE FROM figure_family`, `DELETE FROM figure_show`, `DELETE FROM figure_clock`} {
			if _, err := tx.exec(q); err != nil {
				return err
			}
		}
		return nil
	})
}

// pending is what has changed since the sums were last brought on: at most so many families, and the clock after them.
type pending struct {
	ids   []int64
	shows []int64 // exhibitions
	clock figureClock
	more  bool // there is more to do after these
}

// tallyBatch is how many families are read at once and taken in by one step; a count from the beginning takes longer steps, in which more families share a sum.
const (
	tallyBatch = 256
	buildBatch = 2048
)

// noteOnce appends ids to a list, each once.
func noteOnce(to *[]int64) func(int64) {
	seen := map[int64]bool{}
	return func(id int64) {
		if !seen[id] {
			seen[id] = true
			*to = append(*to, id)
		}
	}
}

// pendingAfter finds what is to be taken in next.
func (tx *Tx) pendingAfter(c *figureClock, today calendar.Date, most int) (*pending, error) {
	p := &pending{clock: *c}
	add := noteOnce(&p.ids)
	if c.built >= 0 {
		err := tx.each(func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			add(id)
			return err
		}, `SELECT id FROM family WHERE id > $1 ORDER BY id LIMIT $2`, c.built, buildBatch)
		if err != nil {
			return nil, err
		}
		p.clock.built, p.more = -1, true
		if len(p.ids) > 0 {
			p.clock.built = p.ids[len(p.ids)-1]
			return p, nil
		}
		return p, tx.each(func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			p.shows = append(p.shows, id)
			return err
		}, `SELECT id FROM exhibition ORDER BY id`)
	}
	p.clock.late = map[string]int64{}
	for k, v := range c.late {
		p.clock.late[k] = v
	}
	for _, x := range []struct {
		kind, from, column string
		at                 *int64
		add                func(int64)
	}{
		{"c", `SELECT seq, family_id FROM family_change`, "seq", &p.clock.seq, add},
		{"a", `SELECT id, family_id FROM assessment`, "id", &p.clock.assessment, add},
		{"x", `SELECT seq, exhibition_id FROM exhibition_change`, "seq", &p.clock.exhibition, noteOnce(&p.shows)},
	} {
		n, before := 0, *x.at
		err := tx.each(func(rows *sql.Rows) error {
			var seq, id int64
			if err := rows.Scan(&seq, &id); err != nil {
				return err
			}
			if !tx.db.d.ordered {
				for s := max(before+1, seq-1000); s < seq; s++ { // another transaction may still bring it
					p.clock.late[fmt.Sprint(x.kind, s)] = time.Now().Unix()
				}
				before = seq
			}
			x.add(id)
			*x.at = seq
			n++
			return nil
		}, x.from+` WHERE `+x.column+` > $1 ORDER BY `+x.column+` LIMIT $2`, *x.at, most)
		p.more = p.more || n == most
		if err == nil {
			err = tx.lateOnes(p, x.kind, x.from, x.column, x.add)
		}
		if err != nil {
			return nil, err
		}
	}
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		add(id)
		return err
	}, `SELECT family_id FROM figure_family WHERE due <= $1 AND due <> '~' LIMIT $2`, today.String(), most)
	return p, err
}

// lateOnes looks for numbers that were missed before.
func (tx *Tx) lateOnes(p *pending, kind, from, column string, add func(int64)) error {
	var missing []int64
	for k, since := range p.clock.late {
		if n, ok := strings.CutPrefix(k, kind); ok {
			var seq int64
			if _, err := fmt.Sscan(n, &seq); err != nil || time.Since(time.Unix(since, 0)) > holeLife {
				delete(p.clock.late, k)
				continue
			}
			missing = append(missing, seq)
		}
	}
	slices.Sort(missing)
	for part := range slices.Chunk(missing, tallyBatch) {
		var q statement
		q.add(from + " WHERE 1 = 1")
		q.inIDs(column, part)
		err := tx.each(func(rows *sql.Rows) error {
			var seq, id int64
			err := rows.Scan(&seq, &id)
			add(id)
			delete(p.clock.late, fmt.Sprint(kind, seq))
			return err
		}, q.text(), q.args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// step is one stretch of families, counted anew outside of the transaction that stores it.
type tallyStep struct {
	from   figureClock
	to     figureClock
	rows   []counted
	deltas map[cellKey]int
	shows  map[int64][]ShowSum
	more   bool
	empty  bool
}

// CountOn takes in what has changed, at most about so many families, and reports whether there is more. Only one process at a time gets on: of two, one finds the clock
// moved and does nothing. today is the day at the office.
func (db *DB) CountOn(ctx context.Context, today calendar.Date, most int) (more bool, err error) {
	for done := 0; ; {
		s, err := db.nextTally(ctx, today, min(most, tallyBatch))
		if err != nil || s == nil {
			return false, err
		}
		if s.empty {
			return false, nil
		}
		if err := db.storeTally(ctx, s); err != nil {
			return false, err
		}
		if done += max(1, len(s.rows)); !s.more || done >= most || ctx.Err() != nil {
			return s.more, ctx.Err()
		}
	}
}

func (db *DB) nextTally(ctx context.Context, today calendar.Date, most int) (s *tallyStep, err error) {
	begin := false
	err = db.View(ctx, func(tx *Tx) error {
		s, begin = nil, false
		c, err := tx.figureClock()
		if err != nil {
			return err
		}
		if c == nil {
			begin = true
			return nil
		}
		var newest, oldest int64
		if err := tx.row(into(&newest, &oldest), newestChange); err != nil {
			return err
		}
		if c.built < 0 && c.seq < newest && c.seq+1 < oldest {
			begin = true // notes that were needed are gone
			return nil
		}
		p, err := tx.pendingAfter(c, today, most)
		if err != nil {
			return err
		}
		s = &tallyStep{from: *c, to: p.clock, more: p.more, deltas: map[cellKey]int{}}
		s.to.day = today
		for part := range slices.Chunk(p.ids, tallyBatch) {
			rows, err := tx.tallyOf(part, today, s.deltas)
			if err != nil {
				return err
			}
			s.rows = append(s.rows, rows...)
		}
		if s.shows, err = tx.countShows(p.shows); err != nil {
			return err
		}
		s.empty = len(s.rows) == 0 && len(s.shows) == 0 && s.from.built == s.to.built && s.from.seq == s.to.seq && s.from.assessment == s.to.assessment && s.from.exhibition == s.to.exhibition &&
			len(s.from.late) == len(s.to.late)
		return nil
	})
	if err != nil || !begin {
		return s, err
	}
	if err := db.beginTally(ctx); err != nil {
		return nil, err
	}
	return db.nextTally(ctx, today, most)
}

// beginTally starts a count from the beginning: what changes from here on is taken in after it.
func (db *DB) beginTally(ctx context.Context) error {
	if err := db.RecountFigures(ctx); err != nil {
		return err
	}
	return db.Update(ctx, func(tx *Tx) error {
		var seq, oldest, assessment int64
		if err := tx.row(into(&seq, &oldest), newestChange); err != nil {
			return err
		}
		if err := tx.row(into(&assessment), `SELECT coalesce(max(id), 0) FROM assessment`); err != nil {
			return err
		}
		var show int64
		if err := tx.row(into(&show), `SELECT coalesce(max(seq), 0) FROM exhibition_change`); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO figure_clock (id, built, seq, assessment, exhibition, day, late) VALUES (1, 0, $1, $2, $3, '', '{}') ON CONFLICT DO NOTHING`, seq, assessment, show)
		return err
	})
}

// tallyOf counts families anew and adds to deltas what has become different.
func (tx *Tx) tallyOf(ids []int64, today calendar.Date, deltas map[cellKey]int) ([]counted, error) {
	rows, err := tx.countAnew(ids, today)
	if err != nil {
		return nil, err
	}
	before, err := tx.countedBefore(ids)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].to(deltas, 1)
		if old := before[rows[i].id]; old != nil {
			old.to(deltas, -1)
		}
	}
	return rows, nil
}

// errMoved says that another process has brought the sums on.
var errMoved = errors.New("the sums were brought on by somebody else")

func (db *DB) storeTally(ctx context.Context, s *tallyStep) error {
	err := db.Update(ctx, func(tx *Tx) error {
		c, err := tx.figureClock()
		if err != nil {
			return err
		}
		if c == nil || c.built != s.from.built || c.seq != s.from.seq || c.assessment != s.from.assessment || c.exhibition != s.from.exhibition {
			return errMoved
		}
		if err := tx.putCounted(s.rows); err != nil {
			return err
		}
		if err := tx.addCells(s.deltas); err != nil {
			return err
		}
		if err := tx.putShows(s.shows); err != nil {
			return err
		}
		return tx.putFigureClock(&s.to)
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	return err
}

func (tx *Tx) putCounted(rows []counted) error {
	for from, size := 0, 0; from < len(rows); from += size {
		size = perStatement(3, len(rows)-from)
		var q statement
		q.add("INSERT INTO figure_family (family_id, due, facts) VALUES ")
		for i := from; i < from+size; i++ {
			c := &rows[i]
			due := never
			if !c.due.IsZero() {
				due = c.due.String()
			}
			if i > from {
				q.add(", ")
			}
			q.add("(?, ?, ?)", c.id, due, tx.sealID("figure_family", "facts", c.id, c.encode()))
		}
		q.add(" ON CONFLICT (family_id) DO UPDATE SET due = excluded.due, facts = excluded.facts")
		if _, err := tx.exec(q.text(), q.args...); err != nil {
			return fmt.Errorf("noting what families count to: %w", err)
		}
	}
	return nil
}

// addCells adds differences to the sums.
func (tx *Tx) addCells(deltas map[cellKey]int) error {
	keys := make([]cellKey, 0, len(deltas))
	for k, n := range deltas {
		if n != 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b cellKey) int { // in the order of the table: fewer pages are touched twice
		return cmp.Or(cmp.Compare(a.party, b.party), cmp.Compare(a.area, b.area), cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Sex, b.Sex))
	})
	down := false
	for from, size := 0, 0; from < len(keys); from += size {
		size = perStatement(7, len(keys)-from)
		var q statement
		q.add("INSERT INTO figure_cell (party, area, measure, month, code, sex, n) VALUES ")
		for i, k := range keys[from : from+size] {
			if i > 0 {
				q.add(", ")
			}
			down = down || deltas[k] < 0
			q.add("(?, ?, ?, ?, ?, ?, ?)", k.party, k.area, string(k.Measure), int64(k.Month), k.Code, k.Sex, int64(deltas[k]))
		}
		q.add(" ON CONFLICT (party, area, measure, month, code, sex) DO UPDATE SET n = figure_cell.n + excluded.n")
		if _, err := tx.exec(q.text(), q.args...); err != nil {
			return fmt.Errorf("adding to the sums: %w", err)
		}
	}
	if !down {
		return nil
	}
	_, err := tx.exec(`DELETE FROM figure_cell WHERE n = 0`)
	return err
}

// overlayMost is how many changes a reader takes in on top of the stored sums.
const overlayMost = 256

// Tally returns the sums inside the scope as they are in the transaction's snapshot, of the standing measures and of the months from first to last.
func (tx *Tx) Tally(s Scope, first, last programme.Month, today calendar.Date) (Tally, TallyState, error) {
	out, state := Tally{}, TallyState{}
	c, err := tx.figureClock()
	if err != nil || c == nil {
		return out, state, err
	}
	state.Ready = c.built < 0
	var q statement
	q.add("SELECT measure, month, code, sex, sum(n) FROM figure_cell WHERE party = ?", string(s.Party))
	if s.Areas == nil {
		q.add(" AND area = ''")
	} else {
		q.in("area", s.Areas)
	}
	q.add(" AND (month = 0 OR month BETWEEN ? AND ?) GROUP BY measure, month, code, sex", int64(first), int64(last))
	err = tx.each(func(rows *sql.Rows) error {
		var k TallyKey
		var measure string
		var month int64
		var n int
		err := rows.Scan(&measure, &month, &k.Code, &k.Sex, &n)
		k.Measure, k.Month = programme.Measure(measure), programme.Month(month)
		out[k] += n
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, state, fmt.Errorf("reading the sums: %w", err)
	}
	if !state.Ready {
		return out, state, nil
	}
	deltas, behind, err := tx.overlay(c, today)
	state.Behind = behind
	for k, n := range deltas {
		if k.party != string(s.Party) || k.Month != 0 && (k.Month < first || k.Month > last) {
			continue
		}
		if s.Areas == nil && k.area == "" || s.Areas != nil && k.area != "" && slices.Contains(s.Areas, k.area) {
			out[k.TallyKey] += n
		}
	}
	for k, n := range out {
		if n == 0 {
			delete(out, k)
		}
	}
	return out, state, err
}

// overlay counts what the sums have not taken in yet; nothing, and how many changes, if that would take long.
func (tx *Tx) overlay(c *figureClock, today calendar.Date) (deltas map[cellKey]int, behind int64, err error) {
	p, err := tx.pendingAfter(c, today, overlayMost)
	if err != nil {
		return nil, 0, err
	}
	if p.more {
		err = tx.row(into(&behind), `SELECT count(*) FROM family_change WHERE seq > $1`, c.seq)
		return nil, max(1, behind), err
	}
	deltas = map[cellKey]int{}
	for part := range slices.Chunk(p.ids, tallyBatch) {
		if _, err := tx.tallyOf(part, today, deltas); err != nil {
			return nil, 0, err
		}
	}
	return deltas, 0, nil
}

// TallyByArea returns the sums of one code of a standing measure by area, which takes the place of the code.
func (tx *Tx) TallyByArea(s Scope, m programme.Measure, code string, today calendar.Date) (Tally, error) {
	out := Tally{}
	c, err := tx.figureClock()
	if err != nil || c == nil {
		return out, err
	}
	var q statement
	q.add("SELECT area, sex, n FROM figure_cell WHERE party = ? AND measure = ? AND month = 0 AND code = ?", string(s.Party), string(m), code)
	areas := s.Areas
	if areas == nil {
		for _, a := range place.Areas(s.Party) {
			areas = append(areas, a.Code)
		}
	}
	q.in("area", areas)
	err = tx.each(func(rows *sql.Rows) error {
		k := TallyKey{Measure: m}
		var n int
		err := rows.Scan(&k.Code, &k.Sex, &n)
		out[k] += n
		return err
	}, q.text(), q.args...)
	if err != nil || c.built >= 0 {
		return out, err
	}
	deltas, _, err := tx.overlay(c, today)
	for k, n := range deltas {
		if k.party == string(s.Party) && k.area != "" && k.Measure == m && k.Code == code && slices.Contains(areas, k.area) {
			out[TallyKey{Measure: m, Code: k.area, Sex: k.Sex}] += n
		}
	}
	return out, err
}

// OwnTally counts what one user entered inside the scope, from the lists: state, day of handing in of what waits, month of handing in. View only.
func (tx *Tx) OwnTally(s Scope, user int64) (Tally, error) {
	out := Tally{}
	err := tx.withRoll(func(r *roll) error {
		mine := r.cells.accept(func(c rollCell) bool { return s.holds(c.party, c.area) })
		who := r.users.index[user]
		if who == 0 {
			return nil
		}
		for id, cell := range r.cell {
			if cell == 0 || r.entered[id] != who || !mine[cell] {
				continue
			}
			c, sex := r.cells.values[cell], r.traits.values[r.trait[id]].sex
			if c.state == string(registry.Merged) {
				continue
			}
			out[TallyKey{Measure: programme.ByState, Code: c.state, Sex: sex}]++
			if r.submitted[id] == last {
				continue
			}
			handed := programme.OfficeDay(time.UnixMicro(int64(r.submitted[id])))
			out[TallyKey{Measure: programme.ByHandedIn, Month: programme.MonthOf(handed), Sex: sex}]++
			if c.state == string(registry.Submitted) || c.state == string(registry.UnderReview) {
				out[TallyKey{Measure: programme.ByWaiting, Code: handed.String(), Sex: sex}]++
			}
		}
		return nil
	})
	return out, err
}

// CheckFigures compares the kept sums with a count of every family and returns how many differ; behind is true if the sums have not taken in everything yet, and nothing
// was compared. It takes minutes for a million families.
func (tx *Tx) CheckFigures() (differ int64, example string, behind bool, err error) {
	c, err := tx.figureClock()
	if err != nil || c == nil || c.built >= 0 {
		return 0, "", true, err
	}
	p, err := tx.pendingAfter(c, c.day, 1)
	if err != nil || p.more || len(p.ids) > 0 {
		return 0, "", true, err
	}
	differ, example, err = tx.fullCount(c.day)
	return differ, example, false, err
}

// fullCount counts every family from its record and returns how many sums of figure_cell differ from that, with one of them in words.
func (tx *Tx) fullCount(today calendar.Date) (differ int64, example string, err error) {
	want := map[cellKey]int{}
	for after := int64(0); ; {
		var ids []int64
		err := tx.each(func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}, `SELECT id FROM family WHERE id > $1 ORDER BY id LIMIT $2`, after, tallyBatch)
		if err != nil {
			return 0, "", err
		}
		if len(ids) == 0 {
			break
		}
		rows, err := tx.countAnew(ids, today)
		if err != nil {
			return 0, "", err
		}
		for i := range rows {
			rows[i].to(want, 1)
		}
		after = ids[len(ids)-1]
	}
	note := func(k cellKey, got, want int) {
		if differ++; differ == 1 {
			example = fmt.Sprintf("%s %s %s %s %s %s: %d for %d", k.party, k.area, k.Measure, k.Month, k.Code, k.Sex, got, want)
		}
	}
	err = tx.each(func(rows *sql.Rows) error {
		var k cellKey
		var measure string
		var month int64
		var n int
		err := rows.Scan(&k.party, &k.area, &measure, &month, &k.Code, &k.Sex, &n)
		k.Measure, k.Month = programme.Measure(measure), programme.Month(month)
		if want[k] != n {
			note(k, n, want[k])
		}
		delete(want, k)
		return err
	}, `SELECT party, area, measure, month, code, sex, n FROM figure_cell`)
	for k, n := range want {
		if n != 0 {
			note(k, 0, n)
		}
	}
	return differ, example, err
}
