package allocation

import (
	"context"
	"math"
	"math/big"
)

// dual is the search for prices at which the bound is low.
type dual struct {
	e     *engine
	best  *big.Int // lowest bound so far, in 1/scale
	price []int64  // row prices of best
	evals int
}

// unit is the scale of price steps of each row: what a typical pair is worth per unit that it uses of the row.
func (e *engine) unit() []float64 {
	var value, size, metres, cost float64
	step := max(1, len(e.p.Exh)/10000)
	count := 0.0
	for o := 0; o < len(e.p.Exh); o += step {
		value += math.Abs(float64(e.p.Value[o]))
		size += float64(e.p.SizeOf(int32(o)))
		metres += float64(e.p.MetresOf(int32(o)))
		cost += float64(e.p.CostOf(int32(o)))
		count++
	}
	value = max(value, count) * float64(e.scale)
	out := make([]float64, e.rows)
	for r := range out {
		switch {
		case r < e.j:
			out[r] = value / max(size, 1)
		case r < e.quotaMax:
			out[r] = value / max(metres, 1)
		case r < e.budgets:
			out[r] = value / count
		default:
			out[r] = value / max(cost, 1)
		}
	}
	return out
}

// excess is the subgradient of a row: positive when the price should rise.
func (e *engine) excess(r int, used int64) float64 {
	if r >= e.quotaMin && r < e.budgets {
		return float64(e.limit[r] - used)
	}
	return float64(used) - float64(e.limit[r])
}

// active lists the rows that can ever bind.
func (e *engine) active() []int {
	var out []int
	for r := range e.limit {
		switch {
		case r >= e.j && r < e.quotaMax && !e.hasMetres, e.limit[r] == model64Unlimited, r >= e.budgets && !e.hasCost:
		case r >= e.quotaMin && r < e.budgets && e.limit[r] == 0:
		default:
			out = append(out, r)
		}
	}
	return out
}

const model64Unlimited = math.MaxInt64

// note keeps prices whose bound on all exhibitors is the lowest.
func (d *dual) note(pr *prices, ev *evaluation) bool {
	d.evals++
	if d.best == nil || ev.bound.Cmp(d.best) < 0 {
		d.best = ev.bound
		d.price = append(d.price[:0], pr.row...)
		return true
	}
	return false
}

// signs is a search by signs alone (Rprop: Riedmiller and Braun 1993): each row has a step of its own that grows while its excess keeps its sign and halves when
// the sign turns. It needs no scale and comes quickly to where the prices of a large problem clear every row; on a small one it stalls at kinks of the
// bound, where descend goes on.
func (d *dual) signs(ctx context.Context, pr *prices, rounds, stride int, start float64, rows []int) {
	e := d.e
	unit := e.unit()
	step := make([]float64, e.rows)
	last := make([]float64, e.rows)
	x := make([]float64, e.rows)
	for _, r := range rows {
		step[r] = unit[r] * start
		x[r] = float64(pr.row[r])
	}
	for k := 0; k < rounds && ctx.Err() == nil; k++ {
		ev := e.evaluate(ctx, pr, stride, nil)
		if ctx.Err() != nil {
			return
		}
		if stride == 1 {
			d.note(pr, ev)
		}
		for _, r := range rows {
			g := e.excess(r, ev.used[r])
			if x[r] == 0 && g < 0 {
				last[r] = 0
				continue
			}
			switch {
			case g*last[r] > 0:
				step[r] = min(step[r]*1.25, unit[r]*2)
			case g*last[r] < 0:
				step[r] = max(step[r]*0.5, 0.6)
				// a turned sign: half a step back is where the zero lies, more or less
			}
			if g > 0 {
				x[r] += step[r]
			} else if g < 0 {
				x[r] = max(0, x[r]-step[r])
			}
			x[r] = min(x[r], float64(e.maxPrice(r)))
			last[r] = g
			pr.row[r] = int64(math.Round(x[r]))
		}
	}
}

// descend is the subgradient method with Polyak's step towards a target (the best plan known) and a deflected direction, from the best prices so far.
func (d *dual) descend(ctx context.Context, pr *prices, rounds int, target float64, rows []int, patience int) {
	e := d.e
	unit := e.unit()
	x := make([]float64, e.rows)
	dir := make([]float64, e.rows)
	for _, r := range rows {
		x[r] = float64(d.price[r])
	}
	copy(pr.row, d.price)
	theta, since := 1.0, 0
	for k := 0; k < rounds && ctx.Err() == nil && theta > 1e-4; k++ {
		ev := e.evaluate(ctx, pr, 1, nil)
		if ctx.Err() != nil {
			return
		}
		before := toFloat(d.best)
		if d.note(pr, ev) && toFloat(d.best) < before-1e-7*math.Abs(before) {
			since = 0
		} else if since++; since >= patience {
			theta, since = theta/2, 0
			for _, r := range rows {
				x[r], dir[r] = float64(d.price[r]), 0
			}
			copy(pr.row, d.price)
			continue
		}
		norm := 0.0
		for _, r := range rows {
			g := e.excess(r, ev.used[r]) * unit[r] // in units of value: rows of all kinds become alike
			dir[r] = g + 0.6*dir[r]
			if x[r] <= 0 && dir[r] < 0 {
				dir[r] = 0
			}
			norm += dir[r] * dir[r]
		}
		if norm == 0 {
			return
		}
		length := theta * max(toFloat(ev.bound)-target, 1) / norm
		for _, r := range rows {
			x[r] = min(max(0, x[r]+length*dir[r]*unit[r]), float64(e.maxPrice(r)))
			pr.row[r] = int64(math.Round(x[r]))
		}
	}
}

func toFloat(b *big.Int) float64 {
	f, _ := new(big.Float).SetInt(b).Float64()
	return f
}
