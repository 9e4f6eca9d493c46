package web

import "testing"

// A route that stands twice in the table would be answered by its first line only.
func TestRoutesStandOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table() {
		key := r.method + " " + r.path
		if seen[key] {
			t.Errorf("%s stands twice", key)
		}
		seen[key] = true
	}
}
