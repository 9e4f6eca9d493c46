package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"muntija/internal/planner/model"
)

// order checks, for a plan under a published rule, the commitment of the seed, each lottery key, each weight, and that nobody has justified envy.
func (c *allocationCheck) order() {
	p := c.p
	y := p.Policy
	if y == nil {
		return
	}
	if sha256.Sum256(y.Seed) != y.Commitment {
		c.find("seed", "its SHA-256 is not the commitment that was published")
		return
	}
	for i := range p.N() {
		m := hmac.New(sha256.New, y.Seed)
		m.Write([]byte(p.IDs.At(i)))
		if binary.BigEndian.Uint64(m.Sum(nil)) != y.Key[i] {
			c.find("exhibitor "+p.IDs.At(i), "its lottery key is not HMAC-SHA256(seed, id)")
		}
	}
	c.weights()
	c.envy()
}

// weights checks that a larger weight never goes to a later place in the order: class, then band, then the upper bits of the key.
func (c *allocationCheck) weights() {
	p, y := c.p, c.p.Policy
	shift := 0
	for o := range p.Value {
		for p.CostOf(int32(o))>>shift > 15 {
			shift++
		}
	}
	for i := range p.N() {
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			class, band := 0, 0
			if y.Rule == model.RuleFair || y.Rule == model.RuleRotation {
				class = int(y.Class[i])
			}
			if y.Rule == model.RuleFair || y.Rule == model.RulePoints {
				for _, edge := range y.Bands {
					if y.Points[o] >= edge {
						band++
					}
				}
			}
			want := (1<<19+class<<14+band<<8+int(y.Key[i]>>56))*16 + int(15-p.CostOf(o)>>shift)
			if int(p.Value[o]) != want {
				c.find("exhibitor "+p.IDs.At(i), "its weight at %q is %d, by the rule it is %d", p.Exhibitions[p.Exh[o]].ID, p.Value[o], want)
				return
			}
		}
	}
}

// claim is an applicant of one cell in the order of the rule.
type claim struct {
	place  model.Place
	i, o   int32
	has    bool
	burden [3]int64 // size, metres, cost
}

// envy checks that in each cell (an exhibition and all groups that any quota counts) nobody stands before somebody who has a place and could have had it in the
// same way: room under its own limit, no conflict, no more space or travel.
func (c *allocationCheck) envy() {
	p := c.p
	cells := map[[2]int32][]claim{}
	for i := range int32(p.N()) {
		places := 0
		first, _ := slices.BinarySearch(c.pl.Chosen, p.Start[i])
		for k := first; k < len(c.pl.Chosen) && c.pl.Chosen[k] < p.Start[i+1]; k++ {
			places++
		}
		mine := c.pl.Chosen[first : first+places]
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			has := slices.Contains(mine, o)
			if !has && (places >= p.LimitOf(int(i)) || c.clashes(mine, o)) {
				continue // it has as many as it may, or is elsewhere then: no claim
			}
			key := [2]int32{int32(p.Exh[o]), p.Type[i]}
			cells[key] = append(cells[key], claim{p.Place(int(i), o), i, o, has, [3]int64{p.SizeOf(o), p.MetresOf(o), p.CostOf(o)}})
		}
	}
	for _, list := range cells {
		slices.SortFunc(list, func(a, b claim) int {
			if a.place.Before(b.place) {
				return -1
			}
			return 1
		})
		var waiting []claim
		for _, x := range list {
			if !x.has {
				waiting = append(waiting, x)
				continue
			}
			for _, w := range waiting[:min(len(waiting), 50)] {
				if w.burden[0] <= x.burden[0] && w.burden[1] <= x.burden[1] && w.burden[2] <= x.burden[2] {
					c.find("exhibitor "+p.IDs.At(int(w.i)), "it stands before %q in the order at %q, which has a place there that it could have had", p.IDs.At(int(x.i)), p.Exhibitions[p.Exh[x.o]].ID)
				}
			}
		}
	}
	slices.SortFunc(c.found, func(a, b Finding) int {
		if a.Where != b.Where {
			if a.Where < b.Where {
				return -1
			}
			return 1
		}
		return 0
	})
}

func (c *allocationCheck) clashes(mine []int32, o int32) bool {
	for _, x := range mine {
		if c.p.Clash(c.p.Exh[x], c.p.Exh[o]) {
			return true
		}
	}
	return false
}
