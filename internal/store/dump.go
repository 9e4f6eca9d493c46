package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// dumped are the tables that hold something of one family, with what of them is sealed. but names columns that are no part of what a family is: versions, and what
// assessments make anew (outcome, points, the facts of the day).
var dumped = []struct {
	table, where, order string
	sealed              []string // opened under the row's uid, or under the family's id if the table has none
	grows               bool     // rows above the given highest id are left out: they were added since
	but                 []string
}{
	{"family", "id = $1", "id", nil, false, []string{"version", "overall", "points"}},
	{"family_record", "family_id = $1", "family_id", []string{"record"}, false, nil},
	{"family_fact", "family_id = $1", "family_id", []string{"id_number"}, false, []string{"facts"}},
	{"identifier", "family_id = $1", "kind, blind", nil, false, nil},
	{"family_due", "family_id = $1", "kind", nil, false, nil},
	{"incentive_grant", "family_id = $1", "id", []string{"words"}, true, nil},
	{"development_plan", "family_id = $1", "id", []string{"detail"}, true, nil},
	{"draft", "family_id = $1", "family_id", []string{"form"}, false, []string{"version", "by_id", "updated_at"}},
	{"document", "family_id = $1", "id", []string{"words"}, true, nil},
	{"visit", "family_id = $1", "id", []string{"words"}, true, nil},
	{"event", "family_id = $1", "id", []string{"words"}, true, nil},
	{"waiver", "family_id = $1", "id", []string{"words"}, true, nil},
	{"assessment", "family_id = $1", "id", []string{"body"}, true, nil},
	{"product", "family_id = $1", "id", nil, true, []string{"version"}},
	{"exhibitor", "family_id = $1", "id", []string{"detail"}, false, []string{"version"}},
	{"exhibitor_member", "family_id = $1", "exhibitor_id", nil, false, nil},
	{"participation", "exhibitor_id IN (SELECT id FROM exhibitor WHERE family_id = $1)", "id", nil, false, []string{"version"}},
	{"exhibition_link", "family_id = $1", "hash", nil, false, nil},
	{"sheet_import_row", "family_id = $1", "import_id, seq", nil, false, []string{"body"}},
	{"duplicate_hint", "family_id = $1", "id", nil, false, nil},
	{"duplicate_pair", "a_id = $1 OR b_id = $1", "id", []string{"note"}, false, []string{"version"}},
}

// DumpFamily writes all that is stored of a family, row by row, as text: column=value with sealed values opened. high leaves out rows that were added since (nil:
// none is). Two dumps are equal if, and only if, everything but versions, outcomes and facts of the day is.
func (tx *Tx) DumpFamily(id int64, high map[string]int64) ([]byte, error) {
	var out strings.Builder
	for _, d := range dumped {
		query, args := `SELECT * FROM `+d.table+` WHERE (`+d.where+`)`, []any{id}
		if d.grows && high != nil {
			query += ` AND id <= $2`
			args = append(args, high[d.table])
		}
		var columns []string
		err := tx.each(func(rows *sql.Rows) error {
			var err error
			if columns == nil {
				if columns, err = rows.Columns(); err != nil {
					return err
				}
			}
			values := make([]sql.RawBytes, len(columns))
			dest := make([]any, len(columns))
			for i := range values {
				dest[i] = &values[i]
			}
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			uid := ""
			if i := slices.Index(columns, "uid"); i >= 0 {
				uid = string(values[i])
			}
			out.WriteString(d.table)
			for i, c := range columns {
				if slices.Contains(d.but, c) {
					continue
				}
				v := []byte(values[i])
				if slices.Contains(d.sealed, c) && len(v) > 0 {
					if uid != "" {
						v, err = tx.openRow(d.table, c, uid, v)
					} else {
						v, err = tx.openID(d.table, c, id, v)
					}
					if err != nil {
						return err
					}
				}
				fmt.Fprintf(&out, " %s=%q", c, v)
			}
			out.WriteByte('\n')
			return nil
		}, query+` ORDER BY `+d.order, args...)
		if err != nil {
			return nil, fmt.Errorf("dumping %s of family %d: %w", d.table, id, err)
		}
	}
	return []byte(out.String()), nil
}

// SumFamily is a hash of [Tx.DumpFamily].
func (tx *Tx) SumFamily(id int64, high map[string]int64) (string, error) {
	b, err := tx.DumpFamily(id, high)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}
