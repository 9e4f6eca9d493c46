package web

import (
	"testing"

	"muntija/internal/place"
)

// Each area of both countries has a square of its own on the map.
func TestMapHasEveryArea(t *testing.T) {
	for _, party := range place.Countries() {
		taken := map[[2]int]string{}
		for _, a := range place.Areas(party) {
			at, ok := grid[a.Code]
			if !ok {
				t.Errorf("%s (%s) is not on the map", a.Code, a.NameEn)
			}
			if other := taken[at]; other != "" {
				t.Errorf("%s lies on %s", a.Code, other)
			}
			taken[at] = a.Code
		}
	}
}
