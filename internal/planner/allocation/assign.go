package allocation

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"muntija/internal/planner/model"
)

// knapsacks reports whether the problem is a generalised assignment or multiple knapsack problem: one place each, and no limit but the capacities.
func knapsacks(p *model.Problem) bool {
	if len(p.Quotas) > 0 || len(p.Budgets) > 0 || p.J() < 2 || len(p.Exh) > 2_000_000 {
		return false
	}
	if p.Metres != nil {
		for _, e := range p.Exhibitions {
			if e.Metres < model.Unlimited {
				return false
			}
		}
	}
	for i := range p.N() {
		if p.LimitOf(i) != 1 {
			return false
		}
	}
	return true
}

// walker is a local search for assignment problems that passes through plans that are over capacity, at a price per unit that adapts: shifts, swaps, and
// chains in which one job pushes another on (Yagiura, Ibaraki and Glover: An ejection chain approach for the generalized assignment problem, 2004).
type walker struct {
	e      *engine
	at     []int32 // pair of each exhibitor, -1 for none
	cand   [][]int32
	load   []int64
	first  []float64 // the prices of capacity in the bound
	prices *prices
	over   []float64 // price of a unit over capacity, in values
	in     [][]int32 // exhibitors at each exhibition, in any order
	pos    []int32   // position of each exhibitor there
	none   float64   // cost of having no place
	random *rand.Rand
	ticks  int64
	best   []int32
	value  int64 // of best, as maximised and penalised
	has    bool
	excess int64 // of all exhibitions over their capacities
	sum    int64 // of the present plan, as value
}

// assign runs two walks from the prices and keeps the better plan.
func (r *run) assign() {
	const walks = 2
	found := make([]*walker, walks)
	var wg sync.WaitGroup
	gate := make(chan struct{}, r.e.threads)
	share := r.left() / walks
	if r.o.Search != nil {
		share = min(share/8, 10_000_000) // the searcher has the rest, and does more with it
	}
	for k := range walks {
		wg.Add(1)
		go func() {
			defer wg.Done()
			gate <- struct{}{}
			defer func() { <-gate }()
			found[k] = r.walk(uint64(k), share)
		}()
	}
	wg.Wait()
	for _, w := range found {
		r.e.work.Add(w.ticks)
		if !w.has {
			continue
		}
		s := newState(r.e)
		for i, o := range w.best {
			if o >= 0 {
				s.add(int32(i), o)
			}
		}
		r.take(s)
	}
	r.report("exchange")
}

func (r *run) walk(number uint64, budget int64) *walker {
	e := r.e
	p := e.p
	w := &walker{e: e, at: make([]int32, e.n), cand: make([][]int32, e.n), load: make([]int64, e.j), over: make([]float64, e.j), in: make([][]int32, e.j),
		pos: make([]int32, e.n), random: rand.New(rand.NewPCG(r.seed, number)), none: 0}
	if p.MustPlace {
		w.none = float64(e.penalty)
	}
	pr := r.best
	if p.MustPlace {
		w.sum = -int64(e.n) * e.penalty
	}
	for i := range e.n {
		w.at[i] = -1
		base := int(p.Type[i]) * e.j
		var all []candidate
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			if p.SizeOf(o) <= e.limit[p.Exh[o]] {
				all = append(all, candidate{e.adjusted(pr, base, o), o})
			}
		}
		slices.SortFunc(all, func(a, b candidate) int {
			if a.adj != b.adj {
				if a.adj > b.adj {
					return -1
				}
				return 1
			}
			return int(a.o - b.o)
		})
		for _, c := range all[:min(len(all), 10)] {
			w.cand[i] = append(w.cand[i], c.o)
		}
		if len(all) > 0 && (p.MustPlace || all[0].adj > 0) {
			w.set(int32(i), all[0].o)
		}
	}
	for j := range w.over {
		w.over[j] = max(float64(pr.row[j])/float64(e.scale), 0.01*e.typical()/float64(e.scale))
	}
	w.first = slices.Clone(w.over)
	w.prices = pr
	goal := r.floor()
	done := func() bool {
		return r.ctx.Err() != nil || (w.has && (w.value >= goal || float64(goal-w.value) <= r.o.Gap*absFloat(float64(w.value))))
	}
	// Each round anneals twice as slowly as the one before, from the best plan of them all.
	for length := max(budget/31, 1); w.ticks < budget && !done(); length *= 2 {
		w.anneal(min(length, budget-w.ticks), done)
		w.restore()
	}
	return w
}

// anneal is simulated annealing over shifts and swaps, with a search downhill at its end.
func (w *walker) anneal(length int64, done func() bool) {
	p := w.e.p
	hot := 0.1 * w.spread()
	end := w.ticks + length
	start := w.ticks
	temperature := hot
	for w.ticks < end {
		if done() {
			return
		}
		share := float64(w.ticks-start) / float64(length)
		temperature = hot * math.Exp(-share*5.5)
		for range 2000 {
			i := int32(w.random.IntN(len(w.at)))
			old := w.at[i]
			if w.random.IntN(2) == 0 || old < 0 {
				c := w.cand[i]
				if len(c) == 0 {
					continue
				}
				o := c[min(w.random.IntN(len(c)), w.random.IntN(len(c)))]
				if o == old {
					if p.MustPlace {
						continue
					}
					o = -1
				}
				if g := w.shift(i, o); g >= 0 || w.random.Float64() < math.Exp(g/temperature) {
					w.set(i, o)
					w.note()
				}
				continue
			}
			// a swap: with somebody at an exhibition that i would like
			c := w.cand[i]
			list := w.in[p.Exh[c[w.random.IntN(len(c))]]]
			if len(list) == 0 {
				continue
			}
			x := list[w.random.IntN(len(list))]
			if p.Exh[w.at[x]] == p.Exh[old] {
				continue
			}
			a, b := p.Pair(int(i), p.Exh[w.at[x]]), p.Pair(int(x), p.Exh[old])
			if a < 0 || b < 0 {
				continue
			}
			w.ticks++
			if g := w.swap(i, x, a, b); g >= 0 || w.random.Float64() < math.Exp(g/temperature) {
				w.set(i, a)
				w.set(x, b)
				w.note()
			}
		}
		w.adapt(0.8 + 5*share*share)
	}
	w.descend()
	w.note()
}

// swap is what two exhibitors gain by changing places, a and b being their pairs there.
func (w *walker) swap(i, x, a, b int32) float64 {
	p := w.e.p
	here, there := p.Exh[w.at[i]], p.Exh[w.at[x]]
	g := w.worth(a) - w.worth(w.at[i]) + w.worth(b) - w.worth(w.at[x])
	g += w.price(here, w.load[here]) - w.price(here, w.load[here]-p.SizeOf(w.at[i])+p.SizeOf(b))
	g += w.price(there, w.load[there]) - w.price(there, w.load[there]-p.SizeOf(w.at[x])+p.SizeOf(a))
	return g
}

// spread is the temperature at which exhibitors leave their best pair for the third best about as often as not.
func (w *walker) spread() float64 {
	e := w.e
	sum, count := 0.0, 0.0
	for i, c := range w.cand {
		if len(c) >= 3 {
			base := int(e.p.Type[i]) * e.j
			sum += float64(e.adjusted(w.prices, base, c[0])-e.adjusted(w.prices, base, c[2])) / float64(e.scale)
			count++
		}
	}
	return max(sum/max(count, 1), 0.5)
}

func absFloat(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}

// set moves exhibitor i to a pair, or to none with -1.
func (w *walker) set(i, o int32) {
	p := w.e.p
	if old := w.at[i]; old >= 0 {
		j := p.Exh[old]
		w.carry(j, -p.SizeOf(old))
		list := w.in[j]
		last := list[len(list)-1]
		list[w.pos[i]] = last
		w.pos[last] = w.pos[i]
		w.in[j] = list[:len(list)-1]
		w.sum -= w.e.value(old)
	} else if w.e.p.MustPlace {
		w.sum += w.e.penalty
	}
	w.at[i] = o
	if o >= 0 {
		j := p.Exh[o]
		w.carry(j, p.SizeOf(o))
		w.pos[i] = int32(len(w.in[j]))
		w.in[j] = append(w.in[j], i)
		w.sum += w.e.value(o)
	} else if w.e.p.MustPlace {
		w.sum -= w.e.penalty
	}
}

// carry changes the load of an exhibition.
func (w *walker) carry(j uint16, by int64) {
	limit := w.e.limit[j]
	w.excess += max(0, w.load[j]+by-limit) - max(0, w.load[j]-limit)
	w.load[j] += by
}

// price is what being over capacity costs an exhibition at a load.
func (w *walker) price(j uint16, load int64) float64 {
	if load > w.e.limit[j] {
		return w.over[j] * float64(load-w.e.limit[j])
	}
	return 0
}

func (w *walker) worth(o int32) float64 {
	if o < 0 {
		return -w.none
	}
	return float64(w.e.value(o))
}

// shift is what moving i to pair o (or none) gains.
func (w *walker) shift(i, o int32) float64 {
	w.ticks++
	p := w.e.p
	old := w.at[i]
	g := w.worth(o) - w.worth(old)
	if old >= 0 {
		j := p.Exh[old]
		g += w.price(j, w.load[j]) - w.price(j, w.load[j]-p.SizeOf(old))
	}
	if o >= 0 {
		j := p.Exh[o]
		g += w.price(j, w.load[j]) - w.price(j, w.load[j]+p.SizeOf(o))
	}
	return g
}

const tiny = 1e-9

// descend improves until no shift, swap or chain of two does.
func (w *walker) descend() {
	order := make([]int32, len(w.at))
	for k := range order {
		order[k] = int32(k)
	}
	w.random.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	quiet := 0
	for k := 0; quiet < len(order); k++ {
		i := order[k%len(order)]
		if w.improve(i) {
			quiet = 0
		} else {
			quiet++
		}
		if w.ticks > 1<<60 {
			return
		}
	}
}

// improve takes the first move of exhibitor i that gains: a shift, else a swap or a chain through one of its candidates.
func (w *walker) improve(i int32) bool {
	old := w.at[i]
	for _, o := range w.cand[i] {
		if o != old && w.shift(i, o) > tiny {
			w.set(i, o)
			return true
		}
	}
	if old >= 0 && !w.e.p.MustPlace && w.shift(i, -1) > tiny {
		w.set(i, -1)
		return true
	}
	for _, o := range w.cand[i] {
		if o != old && w.chain(i, o) {
			return true
		}
	}
	return false
}

// chain moves i to o and then somebody from there on: to where i came from (a swap), or to another of its candidates.
func (w *walker) chain(i, o int32) bool {
	p := w.e.p
	first := w.shift(i, o)
	j := p.Exh[o]
	old := w.at[i]
	// at best the second move takes back what i costs over capacity and more of what was there; look only where that can pay
	w.set(i, o)
	list := w.in[j]
	for k := 0; k < len(list); k++ {
		x := list[k]
		if x == i {
			continue
		}
		for _, to := range w.cand[x] {
			if to != w.at[x] && first+w.shift(x, to) > tiny {
				w.set(x, to)
				return true
			}
		}
		if old >= 0 {
			if to := p.Pair(int(x), p.Exh[old]); to >= 0 && first+w.shift(x, to) > tiny {
				w.set(x, to)
				return true
			}
		}
		if !p.MustPlace && first+w.shift(x, -1) > tiny {
			w.set(x, -1)
			return true
		}
	}
	w.set(i, old)
	return false
}

// note keeps the plan if it is within capacity and better than the best.
func (w *walker) note() {
	if w.excess == 0 && (!w.has || w.sum > w.value) {
		w.has, w.value = true, w.sum
		w.best = append(w.best[:0], w.at...)
	}
}

// adapt raises the price of exhibitions that are over and lowers the others', so that the walk crosses the border again and again.
func (w *walker) adapt(floor float64) {
	for j := range w.over {
		if w.load[j] > w.e.limit[j] {
			w.over[j] = min(w.over[j]*1.05, w.first[j]*40)
		} else {
			w.over[j] = max(w.over[j]*0.98, w.first[j]*floor)
		}
	}
}

func (w *walker) restore() {
	for i, o := range w.best {
		if w.at[i] != o {
			w.set(int32(i), o)
		}
	}
}
