//go:build !race

package matching

const raced = false
