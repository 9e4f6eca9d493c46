package allocation

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
)

// curvature is an estimate of how the use of each row answers to each price: the second derivative of the bound, as if it were smooth.
//
// At given prices an exhibitor changes its set when a price moves by its margin, the adjusted value between what it has and what it would have instead.
// Each exhibitor whose margin for one exchange is below a width h stands for 1/(2h) of density at the edge, and adds the outer product of the change in the
// rows that it uses (a kernel estimate of the derivative of demand; the sum over many exhibitors is nearly smooth though each is a step).
type curvature struct {
	size  int
	index []int32 // of a row, -1 when it is not free
	m     []float64
}

func (c *curvature) add(row []int32, coef []float64, weight float64) {
	for a, r := range row {
		if r < 0 {
			continue
		}
		line := c.m[int(r)*c.size : (int(r)+1)*c.size]
		for b, s := range row {
			if s >= 0 {
				line[s] += weight * coef[a] * coef[b]
			}
		}
	}
}

// delta collects the rows of an exchange.
type delta struct {
	row  []int32
	coef []float64
}

func (d *delta) reset() { d.row, d.coef = d.row[:0], d.coef[:0] }

func (d *delta) put(index int32, c float64) {
	if index < 0 || c == 0 {
		return
	}
	for k, r := range d.row {
		if r == index {
			d.coef[k] += c
			return
		}
	}
	d.row, d.coef = append(d.row, index), append(d.coef, c)
}

// pair adds the rows of a pair, with the sign that each has in the bound: minima are bonuses.
func (e *engine) pairRows(d *delta, index []int32, base int, o int32, sign float64) {
	j := int(e.p.Exh[o])
	d.put(index[j], sign*float64(e.p.SizeOf(o)))
	if e.hasMetres {
		d.put(index[e.j+j], sign*float64(e.p.Metres[o]))
	}
	for _, q := range e.list[e.byCell[base+j]:e.byCell[base+j+1]] {
		d.put(index[e.quotaMax+int(q)], sign)
		d.put(index[e.quotaMin+int(q)], -sign)
	}
	if e.hasCost {
		for _, b := range e.budList[e.budCell[base+j]:e.budCell[base+j+1]] {
			d.put(index[e.budgets+int(b)], sign*float64(e.p.Cost[o]))
		}
	}
}

// curve estimates the curvature on the free rows at prices whose sums are refreshed.
func (e *engine) curve(ctx context.Context, pr *prices, free []int, width int64, stride int) *curvature {
	total := &curvature{size: len(free), index: make([]int32, e.rows), m: make([]float64, len(free)*len(free))}
	for r := range total.index {
		total.index[r] = -1
	}
	for k, r := range free {
		total.index[r] = int32(k)
	}
	// The partial sums are of floats, so they are added in an order of their own: a fixed number of parts, whatever the number of threads.
	const parts = 2
	part := make([]*curvature, parts)
	var next atomic.Int64
	var wg sync.WaitGroup
	count := (e.n + stride - 1) / stride
	for range min(e.threads, parts) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				w := int(next.Add(1) - 1)
				if w >= parts {
					return
				}
				c := &curvature{size: len(free), index: total.index, m: make([]float64, len(free)*len(free))}
				part[w] = c
				ch := newChooser(e)
				var d delta
				for k := count * w / parts; k < count*(w+1)/parts; k++ {
					if k&1023 == 0 && ctx.Err() != nil {
						return
					}
					e.flips(pr, ch, c, &d, k*stride, width)
				}
			}
		}()
	}
	wg.Wait()
	e.work.Add(int64(len(e.p.Exh) / stride))
	scale := float64(stride) / (2 * float64(width))
	for _, c := range part {
		for k, v := range c.m {
			total.m[k] += v * scale
		}
	}
	return total
}

// flips adds the exchanges of one exhibitor whose margin is below the width.
func (e *engine) flips(pr *prices, ch *chooser, c *curvature, d *delta, i int, width int64) {
	_, set := ch.choose(pr, i)
	base := int(e.p.Type[i]) * e.j
	k := e.p.LimitOf(i)
	floor, worst := int64(0), int32(-1) // what an outsider has to beat, and whom it replaces
	if len(set) == k {
		floor = math.MaxInt64
		for _, o := range set {
			if v := e.adjusted(pr, base, o); v < floor {
				floor, worst = v, o
			}
		}
	}
	if !e.p.MustPlace {
		for _, o := range set {
			if e.adjusted(pr, base, o) < width {
				d.reset()
				e.pairRows(d, c.index, base, o, 1)
				c.add(d.row, d.coef, 1)
			}
		}
	}
	at := 0
	for o := e.p.Start[i]; o < e.p.Start[i+1]; o++ {
		if at < len(set) && set[at] == o {
			at++
			continue
		}
		v := e.adjusted(pr, base, o)
		if v < -width && !e.p.MustPlace {
			continue
		}
		out, need, ok := worst, floor, true
		for _, s := range set {
			if e.p.Clash(e.p.Exh[s], e.p.Exh[o]) {
				ok = ok && (out == worst || out == s)
				out, need = s, e.adjusted(pr, base, s)
			}
		}
		if ok && need-v < width {
			d.reset()
			e.pairRows(d, c.index, base, o, 1)
			if out >= 0 {
				e.pairRows(d, c.index, base, out, -1)
			}
			c.add(d.row, d.coef, 1)
		}
	}
}

// newton improves prices by damped Newton steps on the smoothed bound (Levenberg and Marquardt), from the best prices so far.
func (d *dual) newton(ctx context.Context, pr *prices, rounds, stride int, width, mu float64, rows []int) {
	e := d.e
	unit := e.unit()
	at := append([]int64(nil), pr.row...)
	ev := e.evaluate(ctx, pr, stride, nil)
	if ctx.Err() != nil {
		return
	}
	if stride == 1 {
		d.note(pr, ev)
	}
	perPlace := unit[e.quotaMax-1+min(1, e.budgets-e.quotaMax)] // value of a typical pair
	h := max(8, width*perPlace)
	var cv *curvature
	var free []int
	for k := 0; k < rounds && ctx.Err() == nil; k++ {
		if cv == nil {
			free = free[:0]
			for _, r := range rows {
				if at[r] > 0 || e.excess(r, ev.used[r]) > 0 {
					free = append(free, r)
				}
			}
			e.refresh(pr)
			cv = e.curve(ctx, pr, free, int64(h), stride)
			if ctx.Err() != nil {
				return
			}
		}
		step := solve(cv, mu, func(k int) float64 { return e.excess(free[k], ev.used[free[k]]) })
		copy(pr.row, at)
		for k, r := range free {
			s := min(max(step[k], -0.3*unit[r]), 0.3*unit[r])
			pr.row[r] = int64(math.Round(min(max(0, float64(at[r])+s), float64(e.maxPrice(r)))))
		}
		trial := e.evaluate(ctx, pr, stride, nil)
		if ctx.Err() != nil {
			return
		}
		if stride == 1 {
			d.note(pr, trial)
		}
		if trial.bound.Cmp(ev.bound) < 0 {
			gain := (toFloat(ev.bound) - toFloat(trial.bound)) / math.Abs(toFloat(ev.bound))
			copy(at, pr.row)
			ev, cv = trial, nil
			mu = max(mu/3, 1e-4)
			h = max(8, h*0.8)
			if gain < 1e-8 {
				break
			}
			continue
		}
		copy(pr.row, at)
		mu *= 5
		if mu > 1e4 {
			break
		}
	}
	copy(pr.row, at)
	e.refresh(pr)
}

// solve returns the damped step (M + mu·diag(M))⁻¹ g by Cholesky's method.
func solve(c *curvature, mu float64, g func(int) float64) []float64 {
	n := c.size
	top := 0.0
	for k := range n {
		top = max(top, c.m[k*n+k])
	}
	l := make([]float64, n*n)
	for a := range n {
		for b := 0; b <= a; b++ {
			l[a*n+b] = c.m[a*n+b]
		}
		l[a*n+a] += mu*c.m[a*n+a] + 1e-9*top + 1e-30
	}
	x := make([]float64, n)
	for a := range n {
		row := l[a*n : a*n+a+1]
		for b := 0; b < a; b++ {
			other := l[b*n : b*n+b+1]
			s := row[b] - dot(row[:b], other[:b])
			row[b] = s / other[b]
		}
		s := row[a] - dot(row[:a], row[:a])
		if s <= 1e-12*top {
			s = top + 1e-30
		}
		row[a] = math.Sqrt(s)
		x[a] = (g(a) - dot(row[:a], x[:a])) / row[a]
	}
	for a := n - 1; a >= 0; a-- {
		x[a] /= l[a*n+a]
		for b := range a {
			x[b] -= l[a*n+b] * x[a]
		}
	}
	return x
}

// dot is written with four sums, which the processor adds side by side.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	n := len(a)
	b = b[:n]
	k := 0
	for ; k+4 <= n; k += 4 {
		s0 += a[k] * b[k]
		s1 += a[k+1] * b[k+1]
		s2 += a[k+2] * b[k+2]
		s3 += a[k+3] * b[k+3]
	}
	for ; k < n; k++ {
		s0 += a[k] * b[k]
	}
	return s0 + s1 + s2 + s3
}
