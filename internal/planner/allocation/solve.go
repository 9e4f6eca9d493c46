package allocation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"time"

	"muntija/internal/planner/model"
	"muntija/internal/planner/planfile"
)

// Options are what a run may spend and what it aims at.
type Options struct {
	Time     time.Duration  // 30 s if zero; becomes an amount of work, with the clock behind it as a last resort
	Until    time.Time      // when the clock strikes; after Time from now on if zero
	Seed     uint64         // of the walks of local search; never of a lottery
	Threads  int            // 2 if zero; only the plans of assignment problems depend on it
	Gap      float64        // stop when the bound is this near, as a share; 0 goes on until proven or out of work
	Memory   int64          // bytes that solving may take beside the problem; 1.2 GB if zero
	Search   Searcher       // proves small problems and the doubtful core of large ones; nil: "no proof" beyond what prices prove
	Progress func(Progress) // called now and then from the solving goroutine
}

// Progress is where a run stands.
type Progress struct {
	Phase   string // bound, plan, exchange, core
	Bound   int64  // as in Plan.Bound; 0 while unknown
	Value   int64  // as in Plan.Penalised
	HasPlan bool
	Done    float64 // share of the allotted work, 0 to 1
}

// ErrMemory says that solving would take more memory than it may.
var ErrMemory = errors.New("the problem does not fit into memory")

// workRate is how much work, in pairs looked at, a second of the time limit stands for. It is what a slow machine does, so that the work is nearly always
// done before the clock is out, and the answer is then the same on every machine.
const workRate = 10_000_000

// run is one solve.
type run struct {
	e        *engine
	o        Options
	ctx      context.Context
	deadline time.Time
	budget   int64
	seed     uint64
	bound    *big.Int // penalised, maximised, in 1/scale
	best     *prices
	proof    model.Proof
	searched int64 // bound by search, in values as maximised; only with proof search

	places     []int64 // prices of places that prove placeBound by exact knapsacks; nil if none do
	placeBound int64   // as maximised

	chosen  []int32
	value   int64
	planned bool
	state   *state // of the exchange phase, with its near lists up to a margin of width
	width   int64
}

// memoryFault is an [ErrMemory] with the message that says why.
func memoryFault(key string, args ...any) error {
	f := planfile.At("", key, args...)
	f.Kind = ErrMemory
	return f
}

// Solve answers a frozen problem. It returns a plan also when it is cancelled or out of time; Plan.Stop says so. An error means that there is none: the
// problem does not fit into memory, or the context ended before the first plan.
func Solve(ctx context.Context, p *model.Problem, o Options) (*model.Plan, error) {
	o = o.withDefaults()
	if cells := int64(len(p.Types)) * int64(p.J()); cells > maxCells {
		return nil, memoryFault("planfile.memory_cells", len(p.Types), p.J(), maxCells)
	}
	if need := Memory(p, o.Threads); need > o.Memory {
		return nil, memoryFault("planfile.memory", need>>20, o.Memory>>20)
	}
	deadline := o.Until
	if deadline.IsZero() {
		deadline = time.Now().Add(o.Time)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	r := &run{e: newEngine(p, o.Threads), o: o, ctx: ctx, deadline: deadline, budget: int64(o.Time.Seconds() * workRate), seed: o.Seed, proof: model.ProofPrices}
	if t, ok := growTrees(p); ok {
		r.flow(t)
		r.settle()
		return r.plan(), nil
	}
	r.boundPhase()
	if r.best == nil {
		return nil, fmt.Errorf("no plan yet: %w", context.Cause(ctx))
	}
	if knapsacks(p) {
		r.refine()
		if r.assign(); r.planned {
			r.settle()
			return r.plan(), nil
		}
	} else if r.season(); r.planned && !r.near(r.value) {
		r.refine()
		r.again()
	}
	if !r.planned {
		r.greedy()
	}
	r.core()
	if r.state != nil && r.ctx.Err() == nil && !r.near(r.value) {
		r.state.load(r.chosen)
		r.shake(r.state, r.width)
	}
	r.settle()
	return r.plan(), nil
}

func (o Options) withDefaults() Options {
	if o.Time <= 0 {
		o.Time = 30 * time.Second
	}
	if o.Threads <= 0 {
		o.Threads = 2
	}
	if o.Memory <= 0 {
		o.Memory = 1200 << 20
	}
	return o
}

// flow answers one exhibition with two trees exactly.
func (r *run) flow(t *trees) {
	e := r.e
	e.scale = 1
	chosen, pr := e.solveFlow(t)
	ev := e.evaluate(context.Background(), pr, 1, nil)
	r.best, r.bound = pr, ev.bound
	s := newState(e)
	i := int32(0)
	for _, o := range chosen {
		for e.p.Start[i+1] <= o {
			i++
		}
		s.add(i, o)
	}
	r.take(s)
}

// left is the work that remains.
func (r *run) left() int64 { return r.budget - r.e.work.Load() }

func (r *run) report(phase string) {
	if r.o.Progress == nil {
		return
	}
	p := Progress{Phase: phase, HasPlan: r.planned, Done: math.Min(1, float64(r.e.work.Load())/float64(max(r.budget, 1)))}
	if r.bound != nil {
		p.Bound = model.FloorBound(r.bound, r.e.scale, r.e.p.Sense)
	}
	p.Value = r.e.sign * r.value
	r.o.Progress(p)
}

// boundPhase finds prices with a low bound: on every 64th exhibitor first, then on more and more, by signs and Newton steps. When time is short it leaves four
// tenths of it for the plan.
func (r *run) boundPhase() {
	e := r.e
	ctx, cancel := context.WithTimeout(r.ctx, time.Until(r.deadline)*6/10)
	defer cancel()
	rows := e.active()
	pr := e.newPrices()
	d := &dual{e: e}
	first := true
	for _, stride := range []int{64, 16, 4, 1} {
		if stride > 1 && e.n/stride < 4000 {
			continue
		}
		if first {
			d.signs(ctx, pr, 40, stride, 0.1, rows)
			first = false
		}
		if len(rows) <= manyRows {
			d.newton(ctx, pr, 40, stride, 0.1, 0.1, rows)
		} else {
			d.signs(ctx, pr, 60, stride, 0.02, rows)
		}
		r.keep(d)
		r.report("bound")
	}
	if d.best == nil {
		ev := e.evaluate(r.ctx, pr, 1, nil)
		if r.ctx.Err() != nil {
			return
		}
		d.note(pr, ev)
		r.keep(d)
	}
}

// manyRows is up to how many rows the Newton step's matrix is factored.
const manyRows = 6000

// refine goes on with the prices where the bound of a small problem has kinks, by the subgradient method towards the plan's value.
func (r *run) refine() {
	e := r.e
	rows := e.active()
	if len(e.p.Exh) > 400_000 || len(rows) > manyRows || r.ctx.Err() != nil {
		return
	}
	pr := e.newPrices()
	copy(pr.row, r.best.row)
	d := &dual{e: e, best: r.bound, price: slices.Clone(r.best.row)}
	if knapsacks(e.p) { // exhibitions that are all alike change their applicants at once, and signs and Newton steps do not leave prices of nothing
		for _, lower := range []float64{0.4, 0.2, 0.1, 0.03, 0.01} {
			best := toFloat(d.best)
			d.descend(r.ctx, pr, 60, best-math.Abs(best)*lower, rows, 8)
			copy(pr.row, d.price)
		}
	}
	for k := range 3 {
		target := toFloat(d.best) - math.Abs(toFloat(d.best))*0.002/float64(int(1)<<(2*k))
		if r.planned {
			target = max(target, float64(r.value)*float64(e.scale))
		}
		d.descend(r.ctx, pr, 60, target, rows, 5)
		copy(pr.row, d.price)
		d.newton(r.ctx, pr, 12, 1, 0.02, 0.3, rows)
		r.keep(d)
		if r.ctx.Err() != nil {
			return
		}
	}
	r.report("bound")
}

// keep takes the best prices of a search.
func (r *run) keep(d *dual) {
	if d.best == nil || (r.bound != nil && d.best.Cmp(r.bound) >= 0) {
		return
	}
	pr := r.e.newPrices()
	copy(pr.row, d.price)
	r.e.refresh(pr)
	r.best, r.bound = pr, d.best
}

// floor is the bound in whole values, as maximised.
func (r *run) floor() int64 {
	q := new(big.Int)
	q.Div(r.bound, big.NewInt(r.e.scale))
	b := q.Int64()
	if r.proof == model.ProofSearch {
		b = min(b, r.searched)
	}
	return b
}

// near reports whether the plan is as near to the bound as was asked.
func (r *run) near(value int64) bool {
	gap := r.floor() - value
	return gap <= 0 || float64(gap) <= r.o.Gap*math.Abs(float64(value))
}

// take keeps the plan of a state if it is better.
func (r *run) take(s *state) {
	if r.planned && s.value <= r.value {
		return
	}
	r.planned, r.value = true, s.value
	r.chosen = r.chosen[:0]
	for w, bits := range s.taken {
		for b := bits; b != 0; b &= b - 1 {
			r.chosen = append(r.chosen, int32(w<<6+trailing(b)))
		}
	}
}

// season is the heuristic for the general problem: construct, fill, exchange.
func (r *run) season() {
	e := r.e
	width := r.widest()
	s := newState(e)
	s.construct(r.ctx, r.best, width)
	if r.ctx.Err() != nil {
		return
	}
	s.fill()
	r.take(s)
	r.report("plan")
	for r.ctx.Err() == nil && r.left() > 0 && !r.near(s.value) {
		// margins beyond the gap cannot be part of a better plan (reduced cost fixing), so the lists shrink as the plan improves
		limit := min(width, (r.floor()-s.value+1)*e.scale)
		found := s.exchange(r.ctx, limit, func() bool { return r.left() > 0 && !r.near(s.value) })
		r.take(s)
		r.report("exchange")
		if found == 0 {
			break
		}
	}
	r.state, r.width = s, width
}

// widest is up to which margin pairs are kept in lists: all of a small problem, the nearest of a large one.
func (r *run) widest() int64 {
	e := r.e
	if len(e.p.Exh) <= 300_000 {
		return int64(1) << 61
	}
	return int64(0.1 * e.typical())
}

// typical is the value of a typical pair, in 1/scale.
func (e *engine) typical() float64 {
	sum, count := 0.0, 0.0
	for o := 0; o < len(e.p.Value); o += max(1, len(e.p.Value)/10000) {
		sum += math.Abs(float64(e.p.Value[o]))
		count++
	}
	return max(1, sum/count) * float64(e.scale)
}

// greedy is the plan when the clock ran out before any other: in the order of the file, what fits.
func (r *run) greedy() {
	s := newState(r.e)
	p := r.e.p
	for i := range int32(r.e.n) {
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			if s.gain(i, o) > 0 && s.open(i, o) && s.fits(i, o) {
				s.add(i, o)
			}
		}
		s.log = s.log[:0]
	}
	r.take(s)
}

// plan is the answer.
func (r *run) plan() *model.Plan {
	e := r.e
	p := e.p
	pl := &model.Plan{Problem: p.Hash(), Version: model.Version, Seed: r.seed, Chosen: r.chosen, Penalised: e.sign * r.value, Proof: r.proof,
		Prices: e.store(r.best), PriceBound: model.FloorBound(r.bound, e.scale, p.Sense), Bound: e.sign * r.floor()}
	if r.places != nil {
		pl.Places, pl.PlaceBound = r.places, e.sign*r.placeBound
	}
	used := make([]int64, e.rows)
	placed := 0
	i := int32(0)
	last := int32(-1)
	for _, o := range r.chosen {
		for p.Start[i+1] <= o {
			i++
		}
		if i != last {
			placed, last = placed+1, i
		}
		e.use(used, int(p.Type[i])*e.j, o, 1)
		pl.Objective += int64(p.Value[o])
	}
	for q := range p.Quotas {
		if missing := e.limit[e.quotaMin+q] - used[e.quotaMin+q]; missing > 0 {
			pl.Shortfalls = append(pl.Shortfalls, model.Shortfall{Quota: int32(q), Missing: missing})
		}
	}
	if p.MustPlace && placed < e.n {
		pl.Shortfalls = append(pl.Shortfalls, model.Shortfall{Quota: -1, Missing: int64(e.n - placed)})
	}
	switch {
	case len(pl.Shortfalls) > 0:
		pl.Status = model.Infeasible
	case pl.Bound == pl.Penalised:
		pl.Status = model.Optimal
	default:
		pl.Status = model.Feasible
	}
	switch {
	case pl.Bound == pl.Penalised:
		pl.Stop = model.StopProven
	case r.near(r.value):
		pl.Stop = model.StopGap
	case errors.Is(r.ctx.Err(), context.DeadlineExceeded):
		pl.Stop = model.StopTime
	case r.ctx.Err() != nil:
		pl.Stop = model.StopCancelled
	default:
		pl.Stop = model.StopWork
	}
	return pl
}
