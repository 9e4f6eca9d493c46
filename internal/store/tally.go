package store

import (
	"database/sql"
	"fmt"
	"slices"
	"time"

	"muntija/internal/calendar"
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

// OwnTally counts what one user entered inside the scope, from the lists: state, day of handing in of what waits, month of handing in; and the grants and the actions of
// plans of these families. View only.
func (tx *Tx) OwnTally(s Scope, user int64, today calendar.Date) (Tally, error) {
	out := Tally{}
	err := tx.withRoll(func(r *roll) error {
		mine := r.cells.accept(func(c rollCell) bool { return s.holds(c.party, c.area) })
		who := r.users.index[user]
		if who == 0 {
			return nil
		}
		// Whoever imported a whole registry entered a million: they are counted by numbers, and only the few sums are given names.
		type standing struct{ cell, sex uint32 }
		type handing struct {
			day     calendar.Date
			sex     uint32
			waiting bool
		}
		var sexes dictionary[string]
		sexOf := make([]uint32, len(r.traits.values))
		for i, t := range r.traits.values {
			sexOf[i] = sexes.number(t.sex)
		}
		merged := r.cells.accept(func(c rollCell) bool { return c.state == string(registry.Merged) })
		waits := r.cells.accept(func(c rollCell) bool {
			return c.state == string(registry.Submitted) || c.state == string(registry.UnderReview)
		})
		stand, handed := map[standing]int{}, map[handing]int{}
		for id, cell := range r.cell {
			if cell == 0 || r.entered[id] != who || !mine[cell] || merged[cell] {
				continue
			}
			sex := sexOf[r.trait[id]]
			stand[standing{cell, sex}]++
			if at := r.submitted[id]; at != last {
				handed[handing{programme.OfficeDay(time.UnixMicro(int64(at))), sex, waits[cell]}]++
			}
		}
		for k, n := range stand {
			out[TallyKey{Measure: programme.ByState, Code: r.cells.values[k.cell].state, Sex: sexes.values[k.sex]}] += n
		}
		for k, n := range handed {
			sex := sexes.values[k.sex]
			out[TallyKey{Measure: programme.ByHandedIn, Month: programme.MonthOf(k.day), Sex: sex}] += n
			if k.waiting {
				out[TallyKey{Measure: programme.ByWaiting, Code: k.day.String(), Sex: sex}] += n
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, x := range []struct {
		measure programme.Measure
		text    string
	}{
		{programme.ByGrant, "SELECT g.state AS code, f.sex, count(*) FROM incentive_grant g JOIN family f ON f.id = g.family_id WHERE g.party = ? AND f.entered_by = ?"},
		{programme.ByAction, `SELECT CASE WHEN a.done_on <> '' THEN 'done' WHEN a.due < ? THEN 'late' ELSE 'open' END AS code, f.sex, count(*) FROM plan_action a
			JOIN development_plan p ON p.id = a.plan_id JOIN family f ON f.id = p.family_id WHERE p.state <> 'stopped' AND p.party = ? AND f.entered_by = ?`},
	} {
		var q statement
		args := []any{string(s.Party), user}
		if x.measure == programme.ByAction {
			args = append([]any{today.String()}, args...)
		}
		q.add(x.text, args...)
		if s.Areas != nil {
			q.in("f.area", s.Areas)
		}
		q.add(" AND f.state <> 'merged' GROUP BY code, f.sex")
		err := tx.each(func(rows *sql.Rows) error {
			k := TallyKey{Measure: x.measure}
			var n int
			err := rows.Scan(&k.Code, &k.Sex, &n)
			out[k] += n
			return err
		}, q.text(), q.args...)
		if err != nil {
			return nil, fmt.Errorf("counting what one's families have: %w", err)
		}
	}
	return out, nil
}
