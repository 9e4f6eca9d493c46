package allocation

import (
	"context"
	"sync"
	"time"

	"muntija/internal/planner/model"
)

// knapsacks reports whether the problem is a generalised assignment or (multiple) knapsack problem: one place each, and no limit but the capacities.
func knapsacks(p *model.Problem) bool {
	if len(p.Quotas) > 0 || len(p.Budgets) > 0 || len(p.Exh) > 2_000_000 {
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

// walkRate is how many ticks a second of the time limit stands for, for each walk: what one core of an ordinary machine does in less than a second.
const walkRate = 38_000_000

// nodeRate is how many nodes of a search for the proof a second of the time limit stands for.
const nodeRate = 60

// rounds is how many times the walks begin anew.
const rounds = 24

// assign answers an assignment problem by walks, one for each thread, whose plans are then improved part by part by exact branches, and now and then asks the searcher for
// the proof. After each round the walks wait for one another, so that the same problem, seed and number of threads give the same plan.
func (r *run) assign() {
	if r.multiple(); r.planned && r.near(r.value) {
		return
	}
	if r.o.Search != nil && len(r.e.p.Exh) <= linearPairs {
		r.within(0.3, func() { r.linear() }) // a searcher that is not ready yet must not take all the time
	}
	l := r.newLosses()
	if r.exhaust(l); r.near(r.value) && r.planned {
		return
	}
	cols := r.newColumns()
	menders, packers := make([]mender, r.e.threads), make([]*packer, r.e.threads)
	walks := make([]*walker, r.e.threads)
	for k := range walks {
		walks[k] = newWalker(l, r.seed, uint64(k))
		walks[k].begin(r.chosen)
		packers[k] = r.newPacker()
	}
	pairs := int64(len(r.e.p.Exh)) // few pairs need no long walks
	length := min(int64(r.o.Time.Seconds()*walkRate*0.6/rounds), pairs*min(20_000, 50*pairs))
	over := func() bool { return r.ctx.Err() != nil }
	for round := range rounds {
		span := length
		if round == 0 { // a first plan soon: a walk that the clock cuts off leaves many without a place
			span /= 6
		}
		var wg sync.WaitGroup
		for k, w := range walks {
			wg.Go(func() {
				from := cheapAgain
				if round == 0 || (round+k)%6 == 0 {
					from = cheap
				}
				w.anneal(span, from, over)
			})
		}
		wg.Wait()
		for _, w := range walks {
			r.adoptWalk(w)
		}
		if packers[0] != nil {
			for k, w := range walks {
				wg.Go(func() { w.repack(packers[k], int64(r.o.Time.Seconds()*repackRate/rounds), over) })
			}
			wg.Wait()
			for _, w := range walks {
				r.adoptWalk(w)
			}
		}
		if cols != nil {
			if round == 0 {
				r.tighten(cols, 400)
			}
			for k, w := range walks {
				wg.Go(func() { w.improve(cols, &menders[k], int64(r.o.Time.Seconds()*branchRate/rounds), over) })
			}
			wg.Wait()
			for k, w := range walks {
				if r.adoptWalk(w); menders[k].all && w.value == r.value {
					r.prove(r.value)
				}
			}
		}
		r.e.work.Add(r.budget / (rounds + 1))
		r.report("exchange")
		if r.near(r.value) || r.ctx.Err() != nil {
			return
		}
		if round%3 == 2 {
			r.meet(walks)
		}
		if round == 1 || round == rounds/3 {
			if r.proveAssignment(0.2); r.near(r.value) {
				return
			}
		}
	}
	r.proveAssignment(0.9)
}

// branchRate is how many entries of knapsacks a second of the time limit stands for.
const branchRate = 250_000_000

// improve mends the best plan of a walk and lets it go on from there.
func (w *walker) improve(c *columns, m *mender, work int64, over func() bool) {
	if !w.has {
		return
	}
	at := make([]int32, len(w.best))
	for i, k := range w.best {
		at[i] = w.option[k].j
	}
	if m.improve(c, w.losses, at, w.next, work, over) == 0 {
		return
	}
	for i, j := range at {
		w.best[i] = w.find(int32(i), j)
	}
	w.take(w.best)
	w.value = w.sum
}

// repackRate is how many entries of knapsacks of repacking a second of the time limit stands for.
const repackRate = 300_000_000

// repack improves the best plan of a walk by a packer and lets it go on from there.
func (w *walker) repack(k *packer, work int64, over func() bool) {
	if !w.has {
		return
	}
	k.begin(func(i int32) int32 { return w.option[w.best[i]].j })
	k.search(w.next, work, over)
	if k.top <= w.value {
		return
	}
	for i := range w.best { // whom no packer looks at takes no room
		w.best[i] = w.find(int32(i), int32(w.e.j))
	}
	for x, j := range k.best {
		i := k.things[x].i
		if j < 0 {
			j = int32(w.e.j)
		}
		if w.best[i] = w.find(i, j); w.best[i] < 0 {
			panic("allocation: an option of a packer is none of the walk")
		}
	}
	w.take(w.best)
	w.value = w.sum
}

// begin gives the walk a plan as its best.
func (w *walker) begin(chosen []int32) {
	if len(chosen) == 0 {
		return
	}
	e := w.e
	at := make([]int32, e.n)
	for i := range at {
		at[i] = int32(e.j)
	}
	i := int32(0)
	for _, o := range chosen {
		for e.p.Start[i+1] <= o {
			i++
		}
		at[i] = int32(e.p.Exh[o])
	}
	for i, j := range at {
		if at[i] = w.find(int32(i), j); at[i] < 0 {
			return // an option that walks do not look at
		}
	}
	w.take(at)
	w.note()
}

// adoptWalk takes the best plan of a walk.
func (r *run) adoptWalk(w *walker) {
	if !w.has || r.planned && w.value <= r.value {
		return
	}
	s := newState(r.e)
	for i, k := range w.best {
		if o := w.option[k].o; o >= 0 {
			s.add(int32(i), o)
		}
	}
	r.take(s)
}

// meet lets every walk go on from its own best plan, and the worst from the best of all.
func (r *run) meet(walks []*walker) {
	best, worst := walks[0], walks[0]
	for _, w := range walks {
		if w.has && (!best.has || w.value > best.value) {
			best = w
		}
		if !w.has || worst.has && w.value < worst.value {
			worst = w
		}
	}
	for _, w := range walks {
		switch {
		case w == worst && best.has:
			w.take(best.best)
		case w.has:
			w.take(w.best)
		}
	}
}

// proveAssignment asks the searcher for the best plan among the pairs that reduced costs leave open, if these are few, for at most a share of what time is left.
func (r *run) proveAssignment(share float64) {
	if r.o.Search == nil || !r.planned || r.near(r.value) || r.ctx.Err() != nil {
		return
	}
	side := r.split(r.reach())
	if n := len(side.free); n > exactPairs || n > 600 && n > 3*r.e.n {
		return
	}
	r.within(share, func() { r.search(side, true) })
}

// within does something in at most a share of what time is left.
func (r *run) within(share float64, do func()) {
	whole := r.ctx
	ctx, cancel := context.WithTimeout(whole, time.Duration(share*float64(time.Until(r.deadline))))
	defer cancel()
	r.ctx = ctx
	defer func() { r.ctx = whole }()
	do()
}
