package store

import (
	"fmt"
	"strings"
)

// TableNames returns the tables of data, for tests that look into all of them.
func TableNames() []string {
	var out []string
	for _, t := range tables {
		out = append(out, t.name)
	}
	return out
}

// Synchronous is how SQLite's commits wait for the disk: 1 NORMAL, 2 FULL.
func (tx *Tx) Synchronous() (n int, err error) {
	err = tx.row(into(&n), "PRAGMA synchronous")
	return n, err
}

// Waiting is how many updates wait for the writer.
func (db *DB) Waiting() int { return len(db.queue) }

// InsertAndRead stores rows of texts, numbers and bytes in a table made for it and reads them back in the order in which they were inserted.
func (tx *Tx) InsertAndRead(table, types string, rows [][]any) (out [][]any, err error) {
	names := ""
	for i := range types {
		kind := map[byte]string{'t': "TEXT", 'n': "BIGINT", 'b': "$blob"}[types[i]]
		names += fmt.Sprintf(", c%d %s", i, tx.db.d.tokens.Replace(kind))
	}
	if _, err := tx.exec(tx.db.d.tokens.Replace("CREATE TABLE "+table+" (id $id") + names + ")"); err != nil {
		return nil, err
	}
	var ids []int64
	err = tx.insertMany(table, columnNames(len(types)), "", len(types), len(rows), func(i int, c *cells) {
		for _, v := range rows[i] {
			switch v := v.(type) {
			case string:
				c.text(v)
			case int64:
				c.num(v)
			case []byte:
				c.bytes(v)
			}
		}
	}, func(id int64) { ids = append(ids, id) })
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		row := make([]any, len(types))
		dest := make([]any, len(types))
		for i := range row {
			dest[i] = &row[i]
		}
		err := tx.row(dest, "SELECT "+columnNames(len(types))+" FROM "+table+" WHERE id = $1", id)
		if err != nil {
			return nil, err
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok && len(b) == 0 {
				row[i] = []byte{} // one driver gives nil
			}
		}
		out = append(out, row)
	}
	return out, nil
}

func columnNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("c", i)
	}
	return strings.Join(names, ", ")
}

// Handed is how many values a statement for such rows is handed.
func Handed(table string, values int, rows [][]any) int {
	var c cells
	for _, r := range rows {
		for _, v := range r {
			switch v := v.(type) {
			case string:
				c.text(v)
			case int64:
				c.num(v)
			}
		}
	}
	return len(c.shape(table, "", values).pick(nil, c, values))
}
