package web

// Routes returns the method and the pattern of every route, for tests that try them all.
func Routes() [][2]string {
	var out [][2]string
	for _, r := range table() {
		out = append(out, [2]string{r.method, r.path})
	}
	return out
}
