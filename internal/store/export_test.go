package store

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
