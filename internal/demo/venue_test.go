package demo

import (
	"testing"

	"muntija/internal/exhibition"
)

// TestHalls holds that what the demo releases can be released, and that what it leaves as a draft has something to mend.
func TestHalls(t *testing.T) {
	for _, h := range halls {
		p := exhibition.NewPlan(h.width, h.depth)
		if err := h.draw(p); err != nil {
			t.Fatalf("%s: %v", h.name.EN, err)
		}
		if ps := p.Problems(); len(ps) > 0 {
			t.Errorf("%s: %+v", h.name.EN, ps)
		}
		found := p.Check()
		if n := exhibition.Blocked(found); (n > 0) != h.draft {
			t.Errorf("%s: %d booths, %d findings that block: %+v", h.name.EN, len(p.Booths), n, found[:min(len(found), 6)])
		}
		if h.name.EN == "Great hall" && (len(p.Booths) < 140 || p.AreaM2() != 4000) {
			t.Errorf("the great hall has %d booths on %d m²", len(p.Booths), p.AreaM2())
		}
	}
}
