package store

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"

	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/programme"
	"muntija/internal/registry"
)

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
		sums[cellKey{c.party, "", k}] += n * f.Weight()
		if c.area != "" {
			sums[cellKey{c.party, c.area, k}] += n * f.Weight()
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
		if f.Measure.Money() {
			b = binary.AppendUvarint(b, uint64(f.Amount))
		}
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
		if f.Measure.Money() {
			amount, ok := number()
			if !ok {
				return broken
			}
			f.Amount = int(amount)
		}
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
	q = statement{}
	q.add("SELECT family_id, kind, state, amount, delivered_on FROM incentive_grant WHERE 1 = 1")
	q.inIDs("family_id", ids)
	q.add(" ORDER BY id")
	err = tx.each(func(rows *sql.Rows) error {
		var g programme.Grant
		var kind, state, delivered string
		err := rows.Scan(&g.FamilyID, &kind, &state, &g.Amount, &delivered)
		g.State, g.Delivery.On = programme.GrantState(state), undate(delivered)
		h := of(g.FamilyID)
		h.Grants, h.Kinds = append(h.Grants, g), append(h.Kinds, programme.Benefit(kind))
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, fmt.Errorf("reading grants: %w", err)
	}
	plans, err := tx.DevelopmentsIn(ids)
	if err != nil {
		return nil, err
	}
	for id, list := range plans {
		h := of(id)
		for i := range list {
			h.Plans = append(h.Plans, list[i].Plan)
		}
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
