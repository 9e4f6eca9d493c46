package layout

import (
	"math"
	"math/rand/v2"
)

// fields are a layer laid out for speed: ways are kept between exhibitors instead of booths, so that every sum runs along rows.
type fields struct {
	f, ft []int64 // flows, and flows the other way; row by row
	d, dt []int64 // ways from where i stands to where j stands, and the other way
	same  bool    // both are symmetric: ft and dt are f and d
}

// searcher is a robust tabu search (Taillard 1991). The changes that all exchanges would make are kept in a table; after an exchange those without one of the two are mended in
// constant time, from two numbers for each exhibitor, in the same pass that looks for the next exchange.
type searcher struct {
	h      *hall
	n      int
	layers []fields
	source []layer
	rng    *rand.Rand
	at     []int
	cost   int64
	delta  []int64 // of exhibitors r < s
	until  []int   // exhibitor, booth → round up to which going there is forbidden
	round  int
	bound  bool // some may not stand everywhere
	u, w   [][]int64
}

func newSearcher(h *hall, layers []layer, rng *rand.Rand) *searcher {
	n := h.n
	t := &searcher{h: h, n: n, source: layers, rng: rng, delta: make([]int64, n*n), until: make([]int, n*n), u: make([][]int64, 2*len(layers)), w: make([][]int64, 2*len(layers))}
	for k := range t.u {
		t.u[k], t.w[k] = make([]int64, n), make([]int64, n)
	}
	for _, l := range layers {
		x := fields{f: make([]int64, n*n), d: make([]int64, n*n), same: true}
		for i := range n {
			copy(x.f[i*n:], l.f[i])
			for j := range n {
				x.same = x.same && l.f[i][j] == l.f[j][i] && l.d[i][j] == l.d[j][i]
			}
		}
		x.ft, x.dt = x.f, x.d
		if !x.same {
			x.ft, x.dt = make([]int64, n*n), make([]int64, n*n)
			for i := range n {
				for j := range n {
					x.ft[i*n+j] = l.f[j][i]
				}
			}
		}
		t.layers = append(t.layers, x)
	}
	for _, free := range h.free {
		t.bound = t.bound || len(free) < n
	}
	return t
}

// begin puts the exhibitors somewhere and computes the table.
func (t *searcher) begin(at []int) {
	n := t.n
	t.at = append(t.at[:0], at...)
	t.cost = newState(t.h, at).soft
	for k := range t.layers {
		x, d := &t.layers[k], t.source[k].d
		for i, a := range at {
			for j, b := range at {
				x.d[i*n+j] = d[a][b]
				if !x.same {
					x.dt[i*n+j] = d[b][a]
				}
			}
		}
	}
	for r := range n {
		for s := r + 1; s < n; s++ {
			t.delta[r*n+s] = t.full(r, s)
		}
	}
}

// full computes what exchanging r and s changes.
func (t *searcher) full(r, s int) int64 {
	n, sum := t.n, int64(0)
	if lin := t.h.linear; lin != nil {
		a, b := t.at[r], t.at[s]
		if r < t.h.m {
			sum += lin[r][b] - lin[r][a]
		}
		if s < t.h.m {
			sum += lin[s][a] - lin[s][b]
		}
	}
	for k := range t.layers {
		x := &t.layers[k]
		along := func(f, d []int64) (sum int64) {
			fr, fs, dr, ds := f[r*n:r*n+n], f[s*n:s*n+n], d[r*n:r*n+n], d[s*n:s*n+n]
			for i, v := range fr {
				sum += (v - fs[i]) * (ds[i] - dr[i])
			}
			return sum - (fr[r]-fs[r])*(ds[r]-dr[r]) - (fr[s]-fs[s])*(ds[s]-dr[s])
		}
		part := along(x.f, x.d)
		if x.same {
			part *= 2
		} else {
			part += along(x.ft, x.dt)
		}
		rr, ss, rs, sr := r*n+r, s*n+s, r*n+s, s*n+r
		sum += part + (x.f[rr]-x.f[ss])*(x.d[ss]-x.d[rr]) + (x.f[rs]-x.f[sr])*(x.d[sr]-x.d[rs])
	}
	return sum
}

// exchange lets p and q change places and prepares the numbers from which the table is mended.
func (t *searcher) exchange(p, q int) {
	n := t.n
	t.at[p], t.at[q] = t.at[q], t.at[p]
	swap := func(d []int64) {
		dp, dq := d[p*n:p*n+n], d[q*n:q*n+n]
		for k := range dp {
			dp[k], dq[k] = dq[k], dp[k]
		}
		for k := 0; k < n*n; k += n {
			d[k+p], d[k+q] = d[k+q], d[k+p]
		}
	}
	for k := range t.layers {
		x := &t.layers[k]
		swap(x.d)
		difference(t.u[2*k], x.f[p*n:p*n+n], x.f[q*n:q*n+n])
		difference(t.w[2*k], x.d[p*n:p*n+n], x.d[q*n:q*n+n])
		if x.same {
			for i, v := range t.u[2*k] {
				t.u[2*k][i] = 2 * v
			}
			continue
		}
		swap(x.dt)
		difference(t.u[2*k+1], x.ft[p*n:p*n+n], x.ft[q*n:q*n+n])
		difference(t.w[2*k+1], x.dt[p*n:p*n+n], x.dt[q*n:q*n+n])
	}
}

func difference(out, a, b []int64) {
	for k, v := range a {
		out[k] = v - b[k]
	}
}

// run makes rounds exchanges, each the best that is not forbidden, even if it worsens. An exchange is forbidden if it puts both back where they stood less than a random number of
// rounds ago, unless it gives a better layout than best costs. It puts the best layout into best and returns its cost.
func (t *searcher) run(rounds int, best []int, bestCost int64, e *effort) int64 {
	n, m := t.n, t.h.m
	for k := range t.until {
		t.until[k] = 0
	}
	t.round = 0
	p, q := -1, -1 // who changed places last
	for end := t.round + rounds; t.round < end; {
		if t.round++; t.round&31 == 0 && e.over() {
			break
		}
		bp, bq, least := -1, -1, int64(math.MaxInt64)
		for r := range n {
			row := t.delta[r*n : r*n+n]
			if p >= 0 {
				if r == p || r == q {
					for s := r + 1; s < n; s++ {
						row[s] = t.full(r, s)
					}
				} else {
					for k := range t.layers {
						mendRow(row[r+1:], t.u[2*k][r], t.w[2*k][r], t.u[2*k][r+1:], t.w[2*k][r+1:])
						if !t.layers[k].same {
							mendRow(row[r+1:], t.u[2*k+1][r], t.w[2*k+1][r], t.u[2*k+1][r+1:], t.w[2*k+1][r+1:])
						}
					}
					if p > r {
						row[p] = t.full(r, p)
					}
					if q > r {
						row[q] = t.full(r, q)
					}
				}
			}
			if r >= m {
				continue // nobodies change nothing among themselves
			}
			a := t.at[r]
			from := t.until[r*n : r*n+n]
			for s := r + 1; s < n; s++ {
				v := row[s]
				if v >= least {
					continue
				}
				b := t.at[s]
				if from[b] >= t.round && t.until[s*n+a] >= t.round && t.cost+v >= bestCost {
					continue
				}
				if t.bound && (!t.h.allowed[r][b] || s < m && !t.h.allowed[s][a]) {
					continue
				}
				bp, bq, least = r, s, v
			}
		}
		if p, q = bp, bq; p < 0 {
			continue
		}
		a, b := t.at[p], t.at[q]
		t.until[p*n+a] = t.round + 9*n/10 + t.rng.IntN(max(1, 2*n/10+1))
		t.until[q*n+b] = t.round + 9*n/10 + t.rng.IntN(max(1, 2*n/10+1))
		t.exchange(p, q)
		if t.cost += least; t.cost < bestCost {
			bestCost = t.cost
			copy(best, t.at)
		}
	}
	return bestCost
}

// mendRow adds what the last exchange changes: (u − u(s))·(w(s) − w) for each s.
func mendRow(row []int64, u, w int64, us, ws []int64) {
	us, ws = us[:len(row)], ws[:len(row)]
	for s := range row {
		row[s] += (u - us[s]) * (ws[s] - w)
	}
}

// perturb lets some exhibitors change places in a circle.
func (t *searcher) perturb(at []int, count int) {
	who := t.rng.Perm(t.n)[:count]
	for k := range count - 1 {
		i, j := who[k], who[k+1]
		if (i >= t.h.m || t.h.allowed[i][at[j]]) && (j >= t.h.m || t.h.allowed[j][at[i]]) {
			at[i], at[j] = at[j], at[i]
		}
	}
}

// mostVain is after how many passes through all sizes of changes, none of which found anything better, a search begins anew.
const mostVain = 3

// manyTabu searches, changes the places of a few of the best layout or of the last one by chance, more of them the longer nothing better is found, and searches again
// (iterated tabu search: Misevicius 2005; Benlic and Hao 2013). Threads of odd number make ten times as many searches, each a tenth as long: what flows without order is served by
// long ones, what flows along lines by short ones.
func (h *hall) manyTabu(layers []layer, rng *rand.Rand, number int, matched []int, seconds float64, e *effort) ([]int, int64) {
	total := int(seconds * tabuPerSecond / float64(max(1, len(layers))*h.n*h.n))
	total = min(total, 50_000_000)
	if h.n <= 12 {
		total = min(total, 20_000) // every layout of so few booths has been seen by then
	}
	t := newSearcher(h, layers, rng)
	long := 200 * h.n
	if number%2 == 1 {
		long = 4 * h.n
	}
	long = min(max(long, 100), max(total, 1))
	at := h.begin(rng, matched)
	h.shuffle(rng, at)
	best, least := append([]int(nil), at...), int64(math.MaxInt64)
	home, near := append([]int(nil), at...), int64(math.MaxInt64) // best since the last new beginning
	last := append([]int(nil), at...)
	few, most := min(h.n, max(3, h.n/12)), max(min(h.n, 3), h.n/2)
	count, vain := few, 0
	for done := 0; done < total; done += long {
		t.begin(at)
		cost := t.run(min(long, total-done), last, math.MaxInt64, e)
		if cost < near {
			near, count, vain = cost, few, 0
			copy(home, last)
		} else if count++; count > most {
			count, vain = few, vain+1
		}
		if near < least {
			least = near
			copy(best, home)
		}
		if e.over() {
			break
		}
		switch {
		case vain == mostVain:
			copy(at, h.begin(rng, matched))
			h.shuffle(rng, at)
			near, vain = math.MaxInt64, 0
			continue
		case rng.IntN(2) == 0:
			copy(at, home)
		default:
			copy(at, last)
		}
		t.perturb(at, count)
	}
	return best, least
}
