package store

import (
	"database/sql"
	"fmt"
	"slices"

	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
)

// dueOf is what is stored of what a family holds and has to renew. The registration itself has its last day in the family's row.
func dueOf(f *registry.Family) []programme.End {
	return oneOfKind(slices.DeleteFunc(programme.Ends(f), func(e programme.End) bool { return e.Kind == "approval" }))
}

// oneOfKind keeps of each kind the end that is last.
func oneOfKind(list []programme.End) []programme.End {
	out := list[:0]
	for _, e := range list {
		i := slices.IndexFunc(out, func(x programme.End) bool { return x.Kind == e.Kind })
		switch {
		case i < 0:
			out = append(out, e)
		case e.Until.After(out[i].Until):
			out[i] = e
		}
	}
	return out
}

// farthest stands for no upper bound.
var farthest = func() calendar.Date {
	d, err := calendar.New(9999, 12, 31)
	if err != nil {
		panic(err)
	}
	return d
}()

// replaceDue brings family_due up to date with a record that is being stored; most saves change nothing there.
func (tx *Tx) replaceDue(f *registry.Family) error {
	want := dueOf(f)
	var have []programme.End
	err := tx.each(func(rows *sql.Rows) error {
		var e programme.End
		var until string
		err := rows.Scan(&e.Kind, &until)
		e.Until = undate(until)
		have = append(have, e)
		return err
	}, `SELECT kind, until FROM family_due WHERE family_id = $1`, f.ID)
	if err != nil {
		return fmt.Errorf("reading what ends: %w", err)
	}
	same := len(have) == len(want) && !slices.ContainsFunc(want, func(e programme.End) bool { return !slices.Contains(have, e) })
	if same {
		return nil
	}
	if len(have) > 0 {
		if _, err := tx.exec(`DELETE FROM family_due WHERE family_id = $1`, f.ID); err != nil {
			return fmt.Errorf("dropping what ends: %w", err)
		}
	}
	return tx.insertDue(f.ID, want)
}

func (tx *Tx) insertDue(id int64, list []programme.End) error {
	for _, e := range list {
		_, err := tx.exec(`INSERT INTO family_due (family_id, kind, until) VALUES ($1, $2, $3)`, id, e.Kind, e.Until.String())
		if err != nil {
			return fmt.Errorf("inserting what ends: %w", err)
		}
	}
	return nil
}

// Backlog returns families whose record has not been looked through for what ends, at most limit.
func (tx *Tx) Backlog(limit int) (ids []int64, err error) {
	err = tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT family_id FROM family_backlog ORDER BY family_id LIMIT $1`, limit)
	return ids, err
}

// CountBacklog counts the families of [Tx.Backlog].
func (tx *Tx) CountBacklog() (n int64, err error) {
	err = tx.row(into(&n), `SELECT count(*) FROM family_backlog`)
	return n, err
}

// WorkBacklog writes what ends for families of the backlog and takes them off it.
func (tx *Tx) WorkBacklog(ids []int64) error {
	parties := map[int64]place.Country{}
	var q statement
	q.add("SELECT id, party FROM family WHERE 1 = 1")
	q.inIDs("id", ids)
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		var p string
		err := rows.Scan(&id, &p)
		parties[id] = place.Country(p)
		return err
	}, q.text(), q.args...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		f, err := tx.FamilyByID(Scope{Party: parties[id]}, id)
		if err != nil {
			return err
		}
		if err := tx.replaceDue(f); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM family_backlog WHERE family_id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

// endings is what ends from one day to another: what the record says, and papers that no later one of their type has replaced.
const endings = `SELECT family_id, kind, until FROM family_due WHERE until >= $1 AND until <= $2
	UNION ALL SELECT d.family_id, d.type, d.valid_until FROM document d WHERE d.valid_until <> '' AND d.removed_at = '' AND d.valid_until >= $1 AND d.valid_until <= $2
		AND NOT EXISTS (SELECT 1 FROM document e WHERE e.family_id = d.family_id AND e.type = d.type AND e.removed_at = '' AND (e.valid_until = '' OR e.valid_until > d.valid_until))`

// endingDays returns by family id, of whatever party, the first day between two on which something ends for it; 0 where nothing does.
func (tx *Tx) endingDays(from, to calendar.Date) ([]uint32, error) {
	days := []uint32{}
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		var kind sql.RawBytes
		var until string
		if err := rows.Scan(&id, &kind, &until); err != nil {
			return err
		}
		if n := int(id) + 1 - len(days); n > 0 {
			days = append(days, make([]uint32, n+len(days)/2)...)
		}
		if day := uint32(undate(until)); day > 0 && (days[id] == 0 || day < days[id]) {
			days[id] = day
		}
		return nil
	}, endings, from.String(), to.String())
	return days, err
}

// EndingFamilies returns registered families of a party for which something ends between two days, their registration included, of larger ids than after, in their order.
func (tx *Tx) EndingFamilies(party place.Country, from, to calendar.Date, after int64, limit int) (ids []int64, err error) {
	err = tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT f.id FROM family f WHERE f.party = $3 AND f.state = $4 AND f.id > $5
		AND (f.valid_until >= $1 AND f.valid_until <= $2 OR f.id IN (SELECT x.family_id FROM (`+endings+`) x)) ORDER BY f.id LIMIT $6`, from.String(), to.String(), string(party), string(registry.Approved), after, limit)
	return ids, err
}

// EndingsOf returns what ends between two days for families, each by day.
func (tx *Tx) EndingsOf(ids []int64, from, to calendar.Date) (map[int64][]programme.End, error) {
	out := map[int64][]programme.End{}
	if len(ids) == 0 {
		return out, nil
	}
	var q statement
	q.add("SELECT family_id, kind, until FROM (SELECT family_id, kind, until FROM family_due WHERE until >= ? AND until <= ?", from.String(), to.String())
	q.inIDs("family_id", ids)
	q.add(` UNION ALL SELECT d.family_id, d.type, d.valid_until FROM document d WHERE d.valid_until <> '' AND d.removed_at = '' AND d.valid_until >= ? AND d.valid_until <= ?
		AND NOT EXISTS (SELECT 1 FROM document e WHERE e.family_id = d.family_id AND e.type = d.type AND e.removed_at = '' AND (e.valid_until = '' OR e.valid_until > d.valid_until))`,
		from.String(), to.String())
	q.inIDs("d.family_id", ids)
	q.add(") x ORDER BY family_id, until, kind")
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		var e programme.End
		var until string
		if err := rows.Scan(&id, &e.Kind, &until); err != nil {
			return err
		}
		e.Until = undate(until)
		if !slices.Contains(out[id], e) {
			out[id] = append(out[id], e)
		}
		return nil
	}, q.text(), q.args...)
	return out, err
}
