package service

import (
	"context"
	"fmt"
	"math"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/planner/allocation"
	"muntija/internal/planner/model"
)

// OneMore is what the best plan would gain from one unit more of what limits it: a place of a full exhibition, a place of a full quota or one less of its
// minimum, a journey of a spent budget. The price of the proof says only how much that is at most, and where several prices prove the same bound it may be far
// too high; so it is found by solving again, where that is proven and quick.
type OneMore struct {
	Known bool  `json:"known,omitempty"` // solved again, and both answers are proven best; otherwise Gain is the most that it can be
	Gain  int64 `json:"gain,omitempty"`  // of the plan's value
	Short int64 `json:"short,omitempty"` // how many places fewer minima would be short of; of a bound, how many at most
}

// Nothing reports whether the plan gains nothing, which is proven.
func (m OneMore) Nothing() bool { return m.Gain == 0 && m.Short == 0 }

// worthTime is how long a run may go on finding what one more is worth. What is not found by then is shown as a bound.
const worthTime = 3 * time.Second

// limit is one thing that a plan uses up: its key in RunBody.Worth, its price by the proof for one unit more, and the change that gives one unit more.
type limit struct {
	key    string
	price  float64
	change func(*model.Problem)
}

// limitKey names a limit: 'h' a hall, 'x' a quota's most, 'n' its least, 'b' a budget.
func limitKey(kind byte, index int) string { return fmt.Sprintf("%c%d", kind, index) }

// limits lists what a plan uses up. journey is what one journey costs by the number of a budget.
func (b *book) limits(journey func(id string) int64) []limit {
	var out []limit
	for _, h := range b.ex.Exhibitions() {
		if j := h.Exhibition; int64(h.Places) >= b.p.Exhibitions[j].Capacity {
			out = append(out, limit{limitKey('h', int(j)), h.BoothPrice, func(q *model.Problem) { q.Exhibitions[j].Capacity++ }})
		}
	}
	for k, g := range b.ex.Quotas() {
		q := b.p.Quotas[k]
		if q.Max != model.Unlimited && g.Used >= q.Max {
			out = append(out, limit{limitKey('x', k), g.MaxPrice, func(p *model.Problem) { p.Quotas[k].Max++ }})
		}
		if q.Min > 0 && g.Used == q.Min {
			out = append(out, limit{limitKey('n', k), g.MinPrice, func(p *model.Problem) { p.Quotas[k].Min-- }})
		}
	}
	for k, s := range b.ex.Budgets() {
		if each := journey(b.p.Budgets[k].ID); each > 0 && s.Used+each > b.p.Budgets[k].Amount {
			out = append(out, limit{limitKey('b', k), s.Price * float64(each), func(p *model.Problem) { p.Budgets[k].Amount += each }})
		}
	}
	return out
}

// journeyOf returns what one journey costs, by the id of a budget.
func journeyOf(t *exhibition.AllocationTerms) func(id string) int64 {
	return func(id string) int64 {
		for _, x := range t.Travel {
			if budgetID(x.Party) == id {
				return int64(x.Each)
			}
		}
		return 0
	}
}

// atMost is the most that one unit more can gain: the prices, which do not change with it, prove PriceBound + price for the changed problem.
func (b *book) atMost(x limit) OneMore {
	most := max(0, int64(math.Ceil(x.price))+b.pl.PriceBound-b.pl.Penalised)
	if one := b.p.ShortfallPrice(); len(b.pl.Shortfalls) > 0 && most >= one {
		return OneMore{Short: most / one}
	}
	return OneMore{Gain: most}
}

// worthOf solves a proven plan again with one unit more of each limit that the proof does not show to be worth nothing, until the time is out.
func (b *book) worthOf(ctx context.Context, list []limit, search allocation.Searcher) (map[string]OneMore, error) {
	out := map[string]OneMore{}
	if b.pl.Bound != b.pl.Penalised {
		return out, nil
	}
	until := time.Now().Add(worthTime)
	for _, x := range list {
		if b.atMost(x).Nothing() {
			out[x.key] = OneMore{Known: true}
			continue
		}
		left := time.Until(until)
		if left <= 0 {
			break
		}
		q, err := b.p.With(x.change)
		if err != nil { // one more is no problem that can be asked, such as a capacity at its limit
			continue
		}
		pl, err := allocation.Solve(ctx, q, allocation.Options{Time: left, Until: until, Seed: 1, Search: search})
		if ctx.Err() != nil {
			return nil, context.Canceled
		}
		if err != nil || pl.Bound != pl.Penalised {
			continue
		}
		if m := (OneMore{Known: true, Gain: pl.Objective - b.pl.Objective, Short: unmet(b.pl) - unmet(pl)}); m.Short >= 0 {
			out[x.key] = m
		}
	}
	return out, nil
}

// unmet is how many places the minima of a plan are short of.
func unmet(pl *model.Plan) (n int64) {
	for _, s := range pl.Shortfalls {
		n += s.Missing
	}
	return n
}

// worths is what one more of each limit would gain: as the run found it, or at most, by the proof. What is not used up is not in it.
func (b *book) worths(body *RunBody, t *exhibition.AllocationTerms) map[string]OneMore {
	out := map[string]OneMore{}
	if t.Rule == exhibition.RuleEqual {
		return out
	}
	for _, x := range b.limits(journeyOf(t)) {
		m, ok := body.Worth[x.key]
		if !ok {
			m = b.atMost(x)
		}
		out[x.key] = m
	}
	return out
}
