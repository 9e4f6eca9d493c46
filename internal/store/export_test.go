package store

// TableNames returns the tables of data, for tests that look into all of them.
func TableNames() []string {
	var out []string
	for _, t := range tables {
		out = append(out, t.name)
	}
	return out
}
