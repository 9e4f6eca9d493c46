package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"muntija/internal/planner/model"
)

// Draw checks an equal-chance draw of one exhibition from what is published: that the seed is the one committed to, that every quota holds (minima less what is
// listed as unmet), that among candidates of the same groups those with the largest lottery keys were drawn, and that each type has a whole number of places next to
// the number that its chance promises. share is the expected number of places of each type.
func Draw(p *model.Problem, seed []byte, commitment [32]byte, chosen []int32, share []float64, unmet []model.Shortfall) []Finding {
	c := &allocationCheck{p: p, pl: &model.Plan{Chosen: chosen}}
	if sha256.Sum256(seed) != commitment {
		c.find("seed", "its SHA-256 is not the commitment that was published")
	}
	if p.J() != 1 || len(share) != len(p.Types) {
		c.find("draw", "it is not of this problem")
		return c.found
	}
	if !c.chosen() {
		return c.found
	}
	if n := int64(len(chosen)); n > p.Exhibitions[0].Capacity {
		c.find("exhibition "+p.Exhibitions[0].ID, "%d places of %d were drawn", n, p.Exhibitions[0].Capacity)
	}
	for q, x := range p.Quotas {
		var n int64
		for _, i := range c.of {
			if c.member(i, x.Group) {
				n++
			}
		}
		least := x.Min
		for _, s := range unmet {
			if s.Quota == int32(q) {
				least -= s.Missing
			}
		}
		if n < least || n > x.Max {
			c.find("quota "+x.ID, "%d were drawn, between %d and %d are allowed", n, least, x.Max)
		}
	}
	c.keys(seed, share)
	return c.found
}

// keys recomputes the lottery and compares it with what was drawn, type by type.
func (c *allocationCheck) keys(seed []byte, share []float64) {
	p := c.p
	type ticket struct {
		key uint64
		i   int32
		has bool
	}
	drawn := map[int32]bool{}
	for _, i := range c.of {
		drawn[i] = true
	}
	tickets := make([][]ticket, len(p.Types))
	m := hmac.New(sha256.New, seed)
	for i := range int32(p.N()) {
		if p.Start[i] == p.Start[i+1] || p.LimitOf(int(i)) == 0 {
			continue
		}
		m.Reset()
		m.Write([]byte(p.IDs.At(int(i))))
		t := p.Type[i]
		tickets[t] = append(tickets[t], ticket{binary.BigEndian.Uint64(m.Sum(nil)), i, drawn[i]})
	}
	for t, list := range tickets {
		slices.SortFunc(list, func(a, b ticket) int {
			switch {
			case a.key > b.key:
				return -1
			case a.key < b.key:
				return 1
			}
			return int(a.i - b.i)
		})
		places := 0
		waiting := int32(-1)
		for _, x := range list {
			switch {
			case x.has && waiting >= 0:
				c.find("exhibitor "+p.IDs.At(int(waiting)), "its key is larger than that of %q, who has the same groups and was drawn", p.IDs.At(int(x.i)))
			case !x.has && waiting < 0:
				waiting = x.i
			}
			if x.has {
				places++
			}
		}
		if d := float64(places) - share[t]; d <= -1-1e-6 || d >= 1+1e-6 {
			c.find("type of "+p.IDs.At(int(list[0].i)), "%d places were drawn, its chance promises %.3f", places, share[t])
		}
	}
}
