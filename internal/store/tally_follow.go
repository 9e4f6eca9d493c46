package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
)

// figureClock is the row of figure_clock.
type figureClock struct {
	built                       int64
	seq, assessment, exhibition int64
	day                         calendar.Date    // of the last count
	late                        map[string]int64 // missing number of family_change → when it was missed, in seconds
	helped                      int64            // the last family with a grant or a plan that was taken in since those are counted, -1 when all were
}

// helpedKey is where figureClock.helped stands among the missing numbers, which begin with a letter of their kind and go on with digits. Sums that an earlier release
// had counted have no such key: 0.
const helpedKey = "helped"

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
		c.helped = c.late[helpedKey]
		delete(c.late, helpedKey)
	}
	return &c, err
}

func (tx *Tx) putFigureClock(c *figureClock) error {
	notes := map[string]int64{helpedKey: c.helped}
	maps.Copy(notes, c.late)
	late, err := json.Marshal(notes)
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
	maps.Copy(p.clock.late, c.late)
	if c.helped >= 0 {
		p.clock.helped, p.more = -1, true
		err := tx.each(func(rows *sql.Rows) error {
			err := rows.Scan(&p.clock.helped)
			add(p.clock.helped)
			return err
		}, `SELECT family_id FROM incentive_grant WHERE family_id > $1 UNION SELECT family_id FROM development_plan WHERE family_id > $1 ORDER BY family_id LIMIT $2`, c.helped, tallyBatch)
		return p, err
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
			len(s.from.late) == len(s.to.late) && s.from.helped == s.to.helped
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
		_, err := tx.exec(`INSERT INTO figure_clock (id, built, seq, assessment, exhibition, day, late) VALUES (1, 0, $1, $2, $3, '', $4) ON CONFLICT DO NOTHING`, seq, assessment, show,
			fmt.Sprintf(`{%q: -1}`, helpedKey))
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
		if c == nil || c.built != s.from.built || c.seq != s.from.seq || c.assessment != s.from.assessment || c.exhibition != s.from.exhibition || c.helped != s.from.helped {
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
