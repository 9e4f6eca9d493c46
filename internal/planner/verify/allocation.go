package verify

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"

	"muntija/internal/planner/model"
)

// Allocation checks a plan against its problem: that no rule is broken, that the objective and the shortfalls are what is claimed, that the prices prove the
// bound, that the values come from the published rule and seed, and that no applicant has justified envy. It returns what is wrong, nothing if all is well.
//
// It recomputes everything from the problem and the stored prices with arithmetic of any size, and shares no code with package allocation. What it
// takes on trust is a bound by search (model.ProofSearch), which only another search can confirm: it then checks the bound of the prices alone and, where the plan has
// prices of places, that of exact knapsacks.
func Allocation(p *model.Problem, pl *model.Plan) []Finding {
	c := &allocationCheck{p: p, pl: pl}
	if pl.Problem != p.Hash() {
		h := p.Hash()
		c.find("problem", "the plan is of another problem: its hash is %s, that of this problem %s", hex.EncodeToString(pl.Problem[:]), hex.EncodeToString(h[:]))
		return c.found
	}
	if pl.Version != model.Version {
		c.find("version", "the plan was made under %q, this program checks %q", pl.Version, model.Version)
		return c.found
	}
	if !c.chosen() {
		return c.found
	}
	c.rows()
	c.objective()
	c.bound()
	c.places()
	c.order()
	return c.found
}

// Finding is one thing that is wrong.
type Finding struct {
	Where string // such as "quota area:07" or "exhibitor f12"
	What  string
}

// String is the finding in one line.
func (f Finding) String() string { return f.Where + ": " + f.What }

// maxFindings ends a check of a plan that is wrong everywhere.
const maxFindings = 100

type allocationCheck struct {
	p     *model.Problem
	pl    *model.Plan
	of    []int32 // exhibitor of each chosen pair
	found []Finding
	short *big.Int // missing places in all
}

func (c *allocationCheck) find(where, what string, args ...any) {
	if len(c.found) < maxFindings {
		c.found = append(c.found, Finding{where, fmt.Sprintf(what, args...)})
	}
}

// chosen checks the list of pairs and each exhibitor's own rules.
func (c *allocationCheck) chosen() bool {
	p := c.p
	if !slices.IsSorted(c.pl.Chosen) {
		c.find("plan", "the chosen pairs are out of order")
		return false
	}
	for k, o := range c.pl.Chosen {
		if o < 0 || int(o) >= len(p.Exh) || (k > 0 && c.pl.Chosen[k-1] == o) {
			c.find("plan", "pair %d is unknown or chosen twice", o)
			return false
		}
	}
	c.of = make([]int32, len(c.pl.Chosen))
	at := 0
	for i := range p.N() {
		from := at
		for at < len(c.pl.Chosen) && c.pl.Chosen[at] < p.Start[i+1] {
			c.of[at] = int32(i)
			at++
		}
		mine := c.pl.Chosen[from:at]
		if len(mine) > p.LimitOf(i) {
			c.find("exhibitor "+p.IDs.At(i), "it has %d places, at most %d are allowed", len(mine), p.LimitOf(i))
		}
		for a := range mine {
			for b := range a {
				x, y := p.Exh[mine[a]], p.Exh[mine[b]]
				for _, pair := range p.Conflicts {
					if pair == [2]uint16{min(x, y), max(x, y)} {
						c.find("exhibitor "+p.IDs.At(i), "it has places at %q and %q, which are in conflict", p.Exhibitions[min(x, y)].ID, p.Exhibitions[max(x, y)].ID)
					}
				}
			}
		}
	}
	return true
}

// member reports whether exhibitor i counts for a group.
func (c *allocationCheck) member(i, group int32) bool {
	return group == model.Everybody || slices.Contains(c.p.Types[c.p.Type[i]], group)
}

// rows adds up the use of every capacity, quota and budget.
func (c *allocationCheck) rows() {
	p := c.p
	booths, metres := make([]int64, p.J()), make([]int64, p.J())
	for _, o := range c.pl.Chosen {
		booths[p.Exh[o]] += p.SizeOf(o)
		metres[p.Exh[o]] += p.MetresOf(o)
	}
	for j, e := range p.Exhibitions {
		if booths[j] > e.Capacity {
			c.find("exhibition "+e.ID, "it is given %d booths of %d", booths[j], e.Capacity)
		}
		if metres[j] > e.Metres {
			c.find("exhibition "+e.ID, "it is given %d square metres of %d", metres[j], e.Metres)
		}
	}
	missing := map[int32]int64{}
	for q, x := range p.Quotas {
		var n int64
		set := c.set(x.Exhibitions)
		for k, o := range c.pl.Chosen {
			if set[p.Exh[o]] && c.member(c.of[k], x.Group) {
				n++
			}
		}
		if n > x.Max {
			c.find("quota "+x.ID, "it has %d places, at most %d are allowed", n, x.Max)
		}
		if n < x.Min {
			missing[int32(q)] = x.Min - n
		}
	}
	for _, x := range p.Budgets {
		var sum int64
		set := c.set(x.Exhibitions)
		for k, o := range c.pl.Chosen {
			if set[p.Exh[o]] && c.member(c.of[k], x.Group) {
				sum += p.CostOf(o)
			}
		}
		if sum > x.Amount {
			c.find("budget "+x.ID, "it is charged %d of %d", sum, x.Amount)
		}
	}
	if p.MustPlace {
		if n := int64(p.N() - len(c.pl.Chosen)); n > 0 {
			missing[-1] = n
		}
	}
	c.short = new(big.Int)
	for q, n := range missing {
		c.short.Add(c.short, big.NewInt(n))
		if !slices.Contains(c.pl.Shortfalls, model.Shortfall{Quota: q, Missing: n}) {
			c.find("shortfalls", "the plan does not say that %s is short of %d", c.quotaName(q), n)
		}
	}
	if len(missing) != len(c.pl.Shortfalls) {
		c.find("shortfalls", "the plan names %d, there are %d", len(c.pl.Shortfalls), len(missing))
	}
	if (len(missing) > 0) != (c.pl.Status == model.Infeasible) {
		c.find("status", "it is %q with %d shortfalls", c.pl.Status, len(missing))
	}
}

func (c *allocationCheck) quotaName(q int32) string {
	if q < 0 {
		return "must_place"
	}
	return fmt.Sprintf("quota %q", c.p.Quotas[q].ID)
}

func (c *allocationCheck) set(list []uint16) []bool {
	out := make([]bool, c.p.J())
	for _, j := range list {
		out[j] = true
	}
	return out
}

// objective adds up the values.
func (c *allocationCheck) objective() {
	sum := new(big.Int)
	for _, o := range c.pl.Chosen {
		sum.Add(sum, big.NewInt(int64(c.p.Value[o])))
	}
	if sum.Cmp(big.NewInt(c.pl.Objective)) != 0 {
		c.find("objective", "it is %s, the plan says %d", sum, c.pl.Objective)
	}
	cost := new(big.Int).Mul(c.short, big.NewInt(c.p.ShortfallPrice()))
	if c.p.Sense == model.Max {
		sum.Sub(sum, cost)
	} else {
		sum.Add(sum, cost)
	}
	if sum.Cmp(big.NewInt(c.pl.Penalised)) != 0 {
		c.find("penalised objective", "it is %s, the plan says %d", sum, c.pl.Penalised)
	}
}

// bound recomputes what the prices prove, by weak duality: the price of every limit times the limit, plus the best that each exhibitor could do at the prices.
func (c *allocationCheck) bound() {
	p, pr := c.p, c.pl.Prices
	if pr == nil || pr.Scale < 1 || len(pr.Booths) != p.J() || len(pr.Metres) != p.J() || len(pr.QuotaMax) != len(p.Quotas) || len(pr.QuotaMin) != len(p.Quotas) || len(pr.Budgets) != len(p.Budgets) {
		c.find("prices", "they are missing or of another problem")
		return
	}
	most := new(big.Int).Mul(big.NewInt(pr.Scale), big.NewInt(p.ShortfallPrice()))
	total := new(big.Int)
	pay := func(where string, price, limit int64) {
		if price < 0 {
			c.find("prices", "that of %s is negative", where)
			return
		}
		if price > 0 && limit == model.Unlimited {
			c.find("prices", "%s has no limit and yet a price", where)
			return
		}
		total.Add(total, new(big.Int).Mul(big.NewInt(price), big.NewInt(limit)))
	}
	for j, e := range p.Exhibitions {
		pay("the booths of "+e.ID, pr.Booths[j], e.Capacity)
		pay("the metres of "+e.ID, pr.Metres[j], e.Metres)
	}
	for q, x := range p.Quotas {
		pay("quota "+x.ID, pr.QuotaMax[q], x.Max)
		if pr.QuotaMin[q] < 0 || big.NewInt(pr.QuotaMin[q]).Cmp(most) > 0 {
			c.find("prices", "that of the minimum of quota %s is not between 0 and the price of a shortfall", x.ID)
		}
		total.Sub(total, new(big.Int).Mul(big.NewInt(pr.QuotaMin[q]), big.NewInt(x.Min)))
	}
	for b, x := range p.Budgets {
		pay("budget "+x.ID, pr.Budgets[b], x.Amount)
	}
	if len(c.found) > 0 {
		return
	}
	best := c.exhibitors()
	total.Add(total, best)
	claimed := model.FloorBound(total, pr.Scale, p.Sense)
	sign := int64(p.Sense)
	if sign*claimed > sign*c.pl.PriceBound {
		c.find("bound", "the prices prove %d, the plan says that they prove %d", claimed, c.pl.PriceBound)
	}
	if sign*c.pl.Penalised > sign*claimed || sign*c.pl.Penalised > sign*c.pl.Bound {
		c.find("bound", "the plan's %d is past its own bound %d", c.pl.Penalised, c.pl.Bound)
	}
	if c.pl.Proof == model.ProofPrices && c.pl.Bound != c.pl.PriceBound {
		c.find("bound", "it is %d, the prices prove %d", c.pl.Bound, c.pl.PriceBound)
	}
	if sign*c.pl.Bound > sign*c.pl.PriceBound {
		c.find("bound", "it is worse than what the prices prove")
	}
	if (c.pl.Status == model.Optimal) != (c.pl.Bound == c.pl.Penalised && len(c.pl.Shortfalls) == 0) {
		c.find("status", "it is %q with a value of %d and a bound of %d", c.pl.Status, c.pl.Penalised, c.pl.Bound)
	}
}

// offer is what an exhibition is worth to an exhibitor at the prices.
type offer struct {
	value int64
	exh   uint16
}

// exhibitors sums the best that each exhibitor could do at the prices, each by a search of its own.
func (c *allocationCheck) exhibitors() *big.Int {
	p, pr := c.p, c.pl.Prices
	quota := make([][]int64, len(p.Types)) // of each type: what the quotas and budgets charge per place and per unit of cost, by exhibition
	travel := make([][]int64, len(p.Types))
	for t := range p.Types {
		quota[t], travel[t] = make([]int64, p.J()), make([]int64, p.J())
		for q, x := range p.Quotas {
			if d := pr.QuotaMax[q] - pr.QuotaMin[q]; d != 0 && (x.Group == model.Everybody || slices.Contains(p.Types[t], x.Group)) {
				for _, j := range x.Exhibitions {
					quota[t][j] += d
				}
			}
		}
		for b, x := range p.Budgets {
			if pr.Budgets[b] != 0 && (x.Group == model.Everybody || slices.Contains(p.Types[t], x.Group)) {
				for _, j := range x.Exhibitions {
					travel[t][j] += pr.Budgets[b]
				}
			}
		}
	}
	sum := new(big.Int)
	var part int64
	clash := make(map[[2]uint16]bool, len(p.Conflicts))
	for _, x := range p.Conflicts {
		clash[x] = true
	}
	var offers []offer
	for i := range p.N() {
		t := p.Type[i]
		offers = offers[:0]
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			j := p.Exh[o]
			v := int64(p.Sense)*int64(p.Value[o])*pr.Scale - p.SizeOf(o)*pr.Booths[j] - p.MetresOf(o)*pr.Metres[j] - quota[t][j] - p.CostOf(o)*travel[t][j]
			if v > 0 || p.MustPlace {
				offers = append(offers, offer{v, j})
			}
		}
		slices.SortFunc(offers, func(a, b offer) int {
			switch {
			case a.value > b.value:
				return -1
			case a.value < b.value:
				return 1
			}
			return int(a.exh) - int(b.exh)
		})
		var best int64
		switch {
		case p.MustPlace:
			best = -p.ShortfallPrice() * pr.Scale
			if len(offers) > 0 {
				best = max(best, offers[0].value)
			}
		case len(clash) == 0:
			for k := range min(len(offers), p.LimitOf(i)) {
				best += offers[k].value
			}
		default:
			best = bestSet(offers, p.LimitOf(i), clash)
		}
		if part += best; part > 1<<60 || part < -1<<60 {
			sum.Add(sum, big.NewInt(part))
			part = 0
		}
	}
	return sum.Add(sum, big.NewInt(part))
}

// bestSet is the largest sum of at most k offers, no two in conflict. Offers are sorted by value, the largest first. After 200,000 steps it gives the sum of the
// k largest, which is never too small.
func bestSet(offers []offer, k int, clash map[[2]uint16]bool) int64 {
	var best int64
	steps := 0
	var taken []uint16
	var walk func(from, left int, sum int64)
	walk = func(from, left int, sum int64) {
		best = max(best, sum)
		steps++
		for at := from; at < len(offers) && left > 0 && steps < 200_000; at++ {
			rest := sum
			for m := at; m < min(len(offers), at+left); m++ {
				rest += offers[m].value
			}
			if rest <= best {
				return
			}
			ok := true
			for _, x := range taken {
				ok = ok && !clash[[2]uint16{min(x, offers[at].exh), max(x, offers[at].exh)}]
			}
			if ok {
				taken = append(taken, offers[at].exh)
				walk(at+1, left-1, sum+offers[at].value)
				taken = taken[:len(taken)-1]
			}
		}
	}
	walk(0, k, 0)
	if steps >= 200_000 {
		best = 0
		for m := range min(len(offers), k) {
			best += offers[m].value
		}
	}
	return best
}
