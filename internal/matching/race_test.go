//go:build race

package matching

// raced reports that the race detector runs, which makes all ten times slower: then the quality is held on a part of the sets, as one run of each kind shows all it can of races.
const raced = true
