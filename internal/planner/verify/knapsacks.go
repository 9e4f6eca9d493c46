package verify

import (
	"math/big"
	"math/bits"

	"muntija/internal/planner/model"
)

// mostEntries is up to how many entries of a knapsack's table its bound is recomputed.
const mostEntries = 2 << 30

// places recomputes the bound that prices of places prove: with each exhibitor paying for its one place, no exhibition holds a set that is worth more than its best one, so
//
//	bound = Σ price + Σ value of each exhibition's best set at these prices, by dynamic programming over its room
//
// as long as no price is below what an exhibitor without a place is worth.
func (c *allocationCheck) places() {
	p, pl := c.p, c.pl
	if pl.Places == nil {
		return
	}
	sign, scale := int64(p.Sense), pl.Prices.Scale
	if len(pl.Places) != p.N() || scale < 1 || len(p.Quotas) > 0 || len(p.Budgets) > 0 {
		c.find("places", "there are prices of places where they prove nothing")
		return
	}
	least := int64(0)
	if p.MustPlace {
		least = -p.ShortfallPrice()
	}
	sum := new(big.Int)
	for i, price := range pl.Places {
		if p.LimitOf(i) > 1 {
			c.find("exhibitor "+p.IDs.At(i), "it may have more than one place, which prices of places do not allow for")
			return
		}
		if big.NewInt(price).Cmp(new(big.Int).Mul(big.NewInt(least), big.NewInt(scale))) < 0 {
			c.find("exhibitor "+p.IDs.At(i), "its place has the price %d, which is below what it is worth without one", price)
		}
		sum.Add(sum, big.NewInt(price))
	}
	type item struct{ size, gain int64 }
	in := make([][]item, p.J())
	for i := range p.N() {
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			hi, lo := bits.Mul64(uint64(max(p.Value[o], -p.Value[o])), uint64(scale))
			if hi != 0 || lo > 1<<61/uint64(p.N()+1) || max(pl.Places[i], -pl.Places[i]) > 1<<61/int64(p.N()+1) {
				c.find("places", "the numbers are too large to be added")
				return
			}
			if g := sign*int64(p.Value[o])*scale - pl.Places[i]; g > 0 {
				in[p.Exh[o]] = append(in[p.Exh[o]], item{p.SizeOf(o), g})
			}
		}
	}
	for j, items := range in {
		room, all, unit := p.Exhibitions[j].Capacity, int64(0), int64(0)
		for _, x := range items {
			all += x.size
			for a, b := unit, x.size; ; a, b = b, a%b {
				if b == 0 {
					unit = a
					break
				}
			}
		}
		if unit = max(unit, 1); all < room {
			room = all
		}
		room /= unit
		if room > mostEntries/int64(len(items)+1) {
			c.find("exhibition "+p.Exhibitions[j].ID, "its room is too large for its knapsack to be recomputed")
			return
		}
		best := make([]int64, room+1)
		for _, x := range items {
			for s := room; s >= x.size/unit; s-- {
				best[s] = max(best[s], best[s-x.size/unit]+x.gain)
			}
		}
		sum.Add(sum, big.NewInt(best[room]))
	}
	if got := model.FloorBound(sum, scale, p.Sense); got != pl.PlaceBound {
		c.find("places", "their prices prove the bound %d, and %d is claimed", got, pl.PlaceBound)
	}
	if sign*pl.Bound > sign*pl.PlaceBound {
		c.find("bound", "%d is weaker than the %d that prices of places prove", pl.Bound, pl.PlaceBound)
	}
}
