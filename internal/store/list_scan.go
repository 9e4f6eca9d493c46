package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/registry"
)

// scannable reports whether [search.scan] knows all that is asked: words are found in the lists alone.
func (s *search) scannable() bool {
	q := s.q
	known := FamilyQuery{States: q.States, Areas: q.Areas, Crafts: q.Crafts, Sexes: q.Sexes, Protections: q.Protections, Overalls: q.Overalls, EnteredBy: q.EnteredBy,
		ReviewerID: q.ReviewerID, NotEnteredBy: q.NotEnteredBy, From: q.From, To: q.To, DateField: q.DateField, Text: q.Text, TextIDs: q.TextIDs, Amendment: q.Amendment,
		TextPhone: q.TextPhone,
		NoPlaces:  q.NoPlaces, Sort: q.Sort, After: q.After, Before: q.Before, Limit: q.Limit}
	return s.ends == nil && s.words.Empty() && reflect.DeepEqual(known, q)
}

// scan selects families from the table itself, as the roll would: for a command that asks once and ends, for which reading all lists would take more memory than
// the rest of an export. It keeps of each family its id and what it is sorted by.
func (s *search) scan() ([]int64, error) {
	q := &s.q
	column := map[Sort]string{SortName: "name_sort", SortNumber: "number", SortSubmitted: "submitted_at", SortValidUntil: "valid_until"}[q.Sort]
	column = cmp.Or(column, "created_at")
	var st statement
	st.add("SELECT id, "+column+" FROM family WHERE party = ? AND state <> ?", string(s.scope.Party), string(registry.Merged))
	for _, l := range []struct {
		column string
		values []string
	}{{"state", q.States}, {"area", s.areas}, {"craft", q.Crafts}, {"sex", q.Sexes}, {"protection", q.Protections}, {"overall", q.Overalls}} {
		if len(l.values) > 0 {
			st.in(l.column, l.values)
		}
	}
	if q.Amendment {
		st.add(" AND amendment = 1")
	}
	if q.EnteredBy != 0 {
		st.add(" AND entered_by = ?", q.EnteredBy)
	}
	if q.ReviewerID != 0 {
		st.add(" AND reviewer_id = ?", q.ReviewerID)
	}
	if q.NotEnteredBy != 0 {
		st.add(" AND entered_by <> ? AND submitted_by <> ?", q.NotEnteredBy, q.NotEnteredBy)
	}
	if s.exact != nil {
		st.inIDs("id", s.exact)
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		field := map[DateField]string{DateSubmitted: "submitted_at", DateDecided: "decided_at", DateValidUntil: "valid_until"}[q.DateField]
		field = cmp.Or(field, "created_at")
		day := func(d calendar.Date) string { // as it stands in the column, so that texts order as days do
			if q.DateField == DateValidUntil {
				return d.String()
			}
			return stamp(d.Time(time.UTC))
		}
		upto := never // which is no date: it is outside of open ranges too
		if next := q.To.AddDays(1); !next.IsZero() {
			upto = day(next)
		}
		st.add(" AND "+field+" >= ? AND "+field+" < ?", day(max(q.From, 1)), upto)
	}
	type hit struct {
		key uint64 // by a name: where it stands in names
		id  int64
	}
	var hits []hit
	var names []string
	err := s.tx.each(func(rows *sql.Rows) error {
		var h hit
		var by sql.RawBytes
		if err := rows.Scan(&h.id, &by); err != nil {
			return err
		}
		switch q.Sort {
		case SortName:
			h.key = uint64(len(names))
			names = append(names, string(by[:min(len(by), 255)]))
		case SortNumber:
			h.key = serialOf(by)
		case SortValidUntil:
			h.key = uint64(dayOf(by))
		default:
			h.key = micros(by)
		}
		hits = append(hits, h)
		return nil
	}, st.text(), st.args...)
	if err != nil {
		return nil, fmt.Errorf("reading families: %w", err)
	}
	slices.SortFunc(hits, func(a, b hit) int {
		c := cmp.Compare(a.key, b.key)
		if q.Sort == SortName {
			c = cmp.Compare(names[a.key], names[b.key])
		}
		if c = cmp.Or(c, cmp.Compare(a.id, b.id)); q.Sort == SortNewest {
			return -c
		}
		return c
	})
	out := make([]int64, len(hits))
	for i, h := range hits {
		out[i] = h.id
	}
	return out, nil
}
