//go:build !race

package cli_test

const raceOn = false
