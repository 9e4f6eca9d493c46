package allocation

import (
	"context"
	"math"
	"math/big"
	"slices"
	"time"

	"muntija/internal/planner/model"
)

// Programme is a linear programme in variables between 0 and Upper for a Searcher: maximise Obj·x with each row between its bounds.
type Programme struct {
	Obj          []float64
	Upper        []float64
	Whole        bool // the variables with Upper 1 take 0 or 1 only
	Row          []ProgrammeRow
	Lower, Limit []float64
	From         []float64 // a feasible point to begin with; nil if none
	Nodes        int32     // most nodes of the search tree; 0: no limit
	Gap          float64   // stop when the bound is so near, in units of Obj
	Seed         uint64
}

// ProgrammeRow is the coefficients of a row.
type ProgrammeRow struct {
	Index []int32
	Coef  []float64
}

// Searched is what a Searcher found.
type Searched struct {
	Found bool
	X     []float64
	Bound float64   // no point has a larger value; +Inf if nothing is known
	Duals []float64 // of the rows when not Whole: what one more unit of the limit is worth
}

// Searcher solves programmes until the context ends. It returns an error when it cannot run at all, and the solve then goes on without.
type Searcher func(ctx context.Context, p *Programme) (*Searched, error)

// Sizes up to which the searcher is asked.
const (
	linearPairs = 120_000 // pairs of a linear programme over the whole problem
	corePairs   = 2_500   // pairs that are free in a core
	exactPairs  = 16_000  // pairs that are free in a search for the proof
)

// core lets the searcher improve the plan and the bound: a linear programme for the prices of small problems; cores, in which only pairs near the edge
// are free; and the complete search over all pairs that reduced costs do not decide, which proves the optimum.
func (r *run) core() {
	e := r.e
	if r.o.Search == nil || r.ctx.Err() != nil || r.near(r.value) {
		return
	}
	small := len(e.p.Exh) <= linearPairs
	ctx, cancel := context.WithTimeout(r.ctx, time.Until(r.deadline)*19/20) // a search does not end on the dot
	defer cancel()
	whole := r.ctx
	r.ctx = ctx
	defer func() { r.ctx = whole }()
	if small && !r.linear() {
		return
	}
	sizes := []int{corePairs / 4, corePairs, 2 * corePairs}
	for _, size := range sizes {
		if r.near(r.value) || r.ctx.Err() != nil {
			return
		}
		if small && !r.search(r.atPrices(size), false) {
			return
		}
		if r.near(r.value) || r.ctx.Err() != nil {
			return
		}
		if !r.search(r.asPlanned(r.doubt(size)), false) {
			return
		}
		if small {
			r.again()
		}
		if small && !r.near(r.value) {
			if side := r.split(r.reach()); len(side.free) <= exactPairs && len(side.free) < 4*size {
				r.search(side, true)
			}
		}
	}
	if small && !r.near(r.value) {
		if side := r.split(r.reach()); len(side.free) <= exactPairs {
			r.search(side, true)
		}
	}
}

// again improves the plan by exchanges at the new prices.
func (r *run) again() {
	if knapsacks(r.e.p) || r.near(r.value) {
		return
	}
	s := newState(r.e)
	s.construct(r.ctx, r.best, r.widest())
	s.load(r.chosen)
	for r.ctx.Err() == nil && r.left() > 0 && !r.near(s.value) {
		if s.exchange(r.ctx, (r.floor()-s.value+1)*r.e.scale, func() bool { return r.left() > 0 && !r.near(s.value) }) == 0 {
			break
		}
	}
	r.take(s)
}

// load makes a state hold exactly some pairs.
func (s *state) load(chosen []int32) {
	p := s.e.p
	i := int32(0)
	for o := range int32(len(p.Exh)) {
		for p.Start[i+1] <= o {
			i++
		}
		if s.has(o) {
			s.drop(i, o)
		}
	}
	i = 0
	for _, o := range chosen {
		for p.Start[i+1] <= o {
			i++
		}
		s.add(i, o)
	}
	s.log = s.log[:0]
}

// built is a programme over some free pairs, the others being fixed in or out.
type built struct {
	pr    *Programme
	free  []int32
	fixed []int32
	value int64 // of the fixed pairs, less the penalties of all minima (and of all exhibitors with MustPlace) that the variables give back
	row   []int32
}

// build makes the programme. fixedIn are pairs that are chosen beside the free ones; free is ascending.
func (r *run) build(free, fixedIn []int32, whole bool) *built {
	e := r.e
	p := e.p
	s := newState(e)
	i := int32(0)
	for _, o := range fixedIn {
		for p.Start[i+1] <= o {
			i++
		}
		s.add(i, o)
	}
	b := &built{pr: &Programme{Whole: whole, Seed: r.seed}, free: free, fixed: fixedIn, value: s.value}
	rows := make([]ProgrammeRow, e.rows)
	use := func(row int, x int32, coef float64) {
		rows[row].Index, rows[row].Coef = append(rows[row].Index, x), append(rows[row].Coef, coef)
	}
	var own []ProgrammeRow
	var ownLimit []float64
	for from := 0; from < len(free); {
		for p.Start[i+1] <= free[from] || p.Start[i] > free[from] {
			if p.Start[i] > free[from] {
				i = 0
			} else {
				i++
			}
		}
		to := from
		base := int(p.Type[i]) * e.j
		var line ProgrammeRow
		for ; to < len(free) && free[to] < p.Start[i+1]; to++ {
			o, x := free[to], int32(to)
			j := int(p.Exh[o])
			b.pr.Obj, b.pr.Upper = append(b.pr.Obj, float64(e.value(o))), append(b.pr.Upper, 1)
			use(j, x, float64(p.SizeOf(o)))
			if e.hasMetres {
				use(e.j+j, x, float64(p.Metres[o]))
			}
			for _, q := range e.list[e.byCell[base+j]:e.byCell[base+j+1]] {
				use(e.quotaMax+int(q), x, 1)
				use(e.quotaMin+int(q), x, 1)
			}
			if e.hasCost {
				for _, q := range e.budList[e.budCell[base+j]:e.budCell[base+j+1]] {
					use(e.budgets+int(q), x, float64(p.Cost[o]))
				}
			}
			line.Index, line.Coef = append(line.Index, x), append(line.Coef, 1)
			for k := from; k < to; k++ {
				if p.Clash(p.Exh[free[k]], p.Exh[o]) {
					own = append(own, ProgrammeRow{Index: []int32{int32(k), x}, Coef: []float64{1, 1}})
					ownLimit = append(ownLimit, 1)
				}
			}
		}
		if room := p.LimitOf(int(i)) - int(s.of[i]); to-from > room || p.MustPlace {
			own, ownLimit = append(own, line), append(ownLimit, float64(room))
			if p.MustPlace && s.of[i] == 0 {
				// a place takes the penalty back
				for k := from; k < to; k++ {
					b.pr.Obj[k] += float64(e.penalty)
				}
			}
		}
		from = to
	}
	b.row = make([]int32, e.rows)
	for row := range rows {
		b.row[row] = -1
		if len(rows[row].Index) == 0 {
			continue
		}
		room := float64(e.limit[row] - s.used[row])
		switch {
		case row >= e.quotaMin && row < e.budgets:
			if room <= 0 {
				continue
			}
			// met counts places up to the minimum, each of which takes a penalty back: met ≤ Σ x
			x := int32(len(b.pr.Obj))
			b.pr.Obj, b.pr.Upper = append(b.pr.Obj, float64(e.penalty)), append(b.pr.Upper, room)
			line := ProgrammeRow{Index: append([]int32{x}, rows[row].Index...), Coef: []float64{1}}
			for _, c := range rows[row].Coef {
				line.Coef = append(line.Coef, -c)
			}
			b.add(row, line, 0)
		case e.limit[row] < math.MaxInt64:
			b.add(row, rows[row], room)
		}
	}
	for k := range own {
		b.add(-1, own[k], ownLimit[k])
	}
	return b
}

func (b *built) add(row int, line ProgrammeRow, limit float64) {
	if row >= 0 {
		b.row[row] = int32(len(b.pr.Row))
	}
	b.pr.Row, b.pr.Lower, b.pr.Limit = append(b.pr.Row, line), append(b.pr.Lower, math.Inf(-1)), append(b.pr.Limit, limit)
}

// linear solves the relaxation of the whole problem and takes its duals as prices, rounded; the bound is then recomputed from the integers.
func (r *run) linear() bool {
	e := r.e
	all := make([]int32, len(e.p.Exh))
	for o := range all {
		all[o] = int32(o)
	}
	b := r.build(all, nil, false)
	got, err := r.o.Search(r.ctx, b.pr)
	if err != nil {
		return false
	}
	if got.Duals != nil {
		pr := e.newPrices()
		for row, k := range b.row {
			if k >= 0 {
				v := math.Round(got.Duals[k] * float64(e.scale))
				pr.row[row] = int64(min(max(v, 0), float64(e.maxPrice(row))))
			}
		}
		ev := e.evaluate(r.ctx, pr, 1, nil)
		if r.ctx.Err() == nil && ev.bound.Cmp(r.bound) < 0 {
			r.best, r.bound = pr, ev.bound
			r.report("bound")
		}
	}
	return true
}

// losses calls f for each pair with what an exhibitor loses at the prices, in 1/scale, when the pair's state is turned: in if it is out of its best set, out
// if it is in. Unlike margins they are exact.
func (r *run) losses(f func(o int32, loss int64, in bool)) {
	e := r.e
	p := e.p
	ch := newChooser(e)
	nothing := int64(0)
	if p.MustPlace {
		nothing = -e.penalty * e.scale
	}
	var set []int32
	for i := range e.n {
		best, chosen := ch.choose(r.best, i)
		set = append(set[:0], chosen...)
		k := p.LimitOf(i)
		base := int(p.Type[i]) * e.j
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			in := slices.Contains(set, o)
			v := e.adjusted(r.best, base, o)
			var other int64
			switch {
			case k == 0:
				f(o, math.MaxInt64/4, false)
				continue
			case k == 1 && !in:
				other = v
			case k == 1:
				other = nothing
				for x := p.Start[i]; x < p.Start[i+1]; x++ {
					if x != o {
						other = max(other, e.adjusted(r.best, base, x))
					}
				}
			default:
				ch.cand = ch.cand[:0]
				for x := p.Start[i]; x < p.Start[i+1]; x++ {
					if x == o || (!in && p.Clash(p.Exh[x], p.Exh[o])) {
						continue
					}
					if w := e.adjusted(r.best, base, x); w > 0 {
						ch.cand = append(ch.cand, candidate{w, x})
					}
				}
				room := k
				if !in {
					room--
				}
				if room > 0 {
					other, _ = ch.from(room)
				}
				if !in {
					other += v
				}
			}
			f(o, best-other, in)
		}
	}
}

// side is the free pairs and those that are fixed in.
type side struct{ free, in []int32 }

// reach is up to which loss a pair can be part of a plan that is better by 1, in 1/scale, and 1 more.
func (r *run) reach() int64 {
	d := new(big.Int).Mul(big.NewInt(r.value), big.NewInt(r.e.scale))
	d.Sub(r.bound, d)
	return d.Int64() - r.e.scale + 1
}

func (r *run) split(limit int64) side {
	var out side
	r.losses(func(o int32, loss int64, in bool) {
		switch {
		case loss < limit:
			out.free = append(out.free, o)
		case in:
			out.in = append(out.in, o)
		}
	})
	return out
}

// doubt returns about so many pairs, those that turn at the least loss.
func (r *run) doubt(count int) []int32 {
	e := r.e
	var list []entry
	if len(e.p.Exh) <= 500_000 {
		r.losses(func(o int32, loss int64, _ bool) { list = append(list, entry{margin: loss, o: o}) })
	} else {
		s := newState(e)
		ch := newChooser(e)
		width := int64(0.05 * e.typical())
		for i := range int32(e.n) {
			s.margins(r.best, ch, i, func(o int32, margin int64, _ bool) {
				if margin < width && margin > -width {
					list = append(list, entry{margin: max(margin, -margin), i: i, o: o})
				}
			})
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return byMargin(b, a) })
	list = list[:min(count, len(list))]
	out := make([]int32, len(list))
	for k, n := range list {
		out[k] = n.o
	}
	slices.Sort(out)
	return out
}

// asPlanned fixes the pairs that are not free as in the plan.
func (r *run) asPlanned(free []int32) side {
	out := side{free: free}
	at := 0
	for _, o := range r.chosen {
		for at < len(free) && free[at] < o {
			at++
		}
		if at == len(free) || free[at] != o {
			out.in = append(out.in, o)
		}
	}
	return out
}

// atPrices frees about so many pairs, those that turn at the least loss, and fixes the others as at the prices, whatever the plan. Rows that the fixed pairs
// alone would break make it free everything of their exhibitors.
func (r *run) atPrices(count int) side {
	var all []int64
	r.losses(func(_ int32, loss int64, _ bool) { all = append(all, loss) })
	slices.Sort(all)
	out := r.split(all[min(count, len(all)-1)] + 1)
	s := newState(r.e)
	p := r.e.p
	kept := out.in[:0]
	i := int32(0)
	for _, o := range out.in {
		for p.Start[i+1] <= o {
			i++
		}
		if s.open(i, o) && s.fits(i, o) {
			s.add(i, o)
			kept = append(kept, o)
		} else {
			out.free = append(out.free, o)
		}
	}
	out.in = kept
	slices.Sort(out.free)
	return out
}

// search solves the programme over the free pairs. An exact search takes the pairs that reduced costs decide as decided, and its bound is that of all plans;
// otherwise only the plan can gain. It reports whether the searcher works.
func (r *run) search(x side, exact bool) bool {
	if len(x.free) == 0 && !exact {
		return true
	}
	b := r.build(r.compatible(x.free, x.in), x.in, true)
	if len(b.free) == 0 { // only one other plan is left
		r.adopt(b, nil)
		r.prove(r.value)
		return true
	}
	b.pr.Nodes = 2000
	if len(b.free) < 1000 {
		b.pr.Nodes = 300
	}
	if exact {
		b.pr.Nodes = 100_000
		if knapsacks(r.e.p) {
			b.pr.Nodes = int32(r.o.Time.Seconds() * nodeRate)
		}
	} else {
		if len(b.free) >= 300 {
			b.pr.Gap = max(r.o.Gap, 0.0005) / 2 * math.Abs(float64(r.value))
		}
		r.begin(b)
	}
	got, err := r.o.Search(r.ctx, b.pr)
	if err != nil {
		return false
	}
	if got.Found {
		r.adopt(b, got.X)
	}
	if exact && !math.IsInf(got.Bound, 1) {
		bound := r.value
		if !math.IsInf(got.Bound, -1) {
			bound = max(bound, int64(math.Floor(got.Bound+1e-5*max(1, math.Abs(got.Bound)*1e-6)))+b.value)
		}
		r.prove(bound)
	}
	r.report("core")
	return true
}

// prove takes a bound from a complete search.
func (r *run) prove(bound int64) {
	if bound < r.floor() {
		r.searched, r.proof = bound, model.ProofSearch
	}
}

// begin gives the present plan to the programme as a first point.
func (r *run) begin(b *built) {
	e := r.e
	b.pr.From = make([]float64, len(b.pr.Obj))
	for k, o := range b.free {
		if _, ok := slices.BinarySearch(r.chosen, o); ok {
			b.pr.From[k] = 1
		}
	}
	for row := e.quotaMin; row < e.budgets; row++ {
		k := b.row[row]
		if k < 0 {
			continue
		}
		line := b.pr.Row[k]
		met := 0.0
		for _, x := range line.Index[1:] {
			met += b.pr.From[x]
		}
		b.pr.From[line.Index[0]] = min(met, b.pr.Upper[line.Index[0]])
	}
}

// compatible leaves out free pairs that clash with a fixed one of the same exhibitor.
func (r *run) compatible(free, in []int32) []int32 {
	p := r.e.p
	if len(p.Conflicts) == 0 {
		return free
	}
	out := free[:0:0]
	i := int32(0)
	for _, o := range free {
		for p.Start[i+1] <= o {
			i++
		}
		from, _ := slices.BinarySearch(in, p.Start[i])
		ok := true
		for k := from; k < len(in) && in[k] < p.Start[i+1]; k++ {
			ok = ok && !p.Clash(p.Exh[in[k]], p.Exh[o])
		}
		if ok {
			out = append(out, o)
		}
	}
	return out
}

// adopt takes a point of a programme as the plan, if every rule holds.
func (r *run) adopt(b *built, x []float64) {
	p := r.e.p
	s := newState(r.e)
	all := slices.Clone(b.fixed)
	for k, o := range b.free {
		if x[k] > 0.5 {
			all = append(all, o)
		}
	}
	slices.Sort(all)
	i := int32(0)
	for _, o := range all {
		for p.Start[i+1] <= o {
			i++
		}
		if !s.open(i, o) || !s.fits(i, o) {
			return
		}
		s.add(i, o)
	}
	r.take(s)
}
