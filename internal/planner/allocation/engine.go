package allocation

import (
	"context"
	"math/big"
	"math/bits"
	"sync"
	"sync/atomic"

	"muntija/internal/planner/model"
)

// engine is a problem made ready for solving: every limit is a row, and the rows of a pair are known from its exhibition and the type of its exhibitor.
//
// Rows are numbered: booths of exhibition j at j; metres at J+j; then quota maxima, quota minima and budgets.
type engine struct {
	p       *model.Problem
	n, j    int
	sign    int64 // +1 for max, -1 for min: inside, everything is maximised
	scale   int64 // prices are in 1/scale of a value
	penalty int64 // of one missing place, in values
	factor  factors
	threads int

	quotaMax, quotaMin, budgets int // first row of each kind
	rows                        int
	limit                       []int64 // right side of each row

	hasMetres, hasCost bool
	byCell             []uint32 // quota rows of (type, exhibition): list[byCell[t*J+j]:byCell[t*J+j+1]]
	list               []int32
	budCell            []uint32
	budList            []int32

	work atomic.Int64 // pairs looked at: the clock that is the same on every machine
}

// maxCells bounds types × exhibitions, for which a price is kept.
const maxCells = 64 << 20

// Memory is an estimate of the bytes that solving needs beside the problem itself.
func Memory(p *model.Problem, threads int) int64 {
	cells := int64(len(p.Types)) * int64(p.J())
	walks := int64(0)
	if knapsacks(p) {
		walks = int64(p.N()) * (int64(p.J()) + 40*int64(min(mostOptions, p.J()+1)) + 64*int64(threads))
	}
	if knapsacks(p) {
		walks += int64(len(p.Exh))*32 + min(int64(threads)*8*mostTable, 8*int64(threads)*largestKnapsack(p)) + mostTotal/2
	}
	return walks + cells*(8+4+16) + int64(p.N())*40 + int64(len(p.Exh))*2 + int64(threads)<<20
}

// largestKnapsack is the entries of the largest table of exact knapsacks, more or less.
func largestKnapsack(p *model.Problem) int64 {
	most := int64(0)
	for _, e := range p.Exhibitions {
		most = max(most, min(e.Capacity, mostTable))
	}
	return most * int64(p.N()+1)
}

func newEngine(p *model.Problem, threads int) *engine {
	e := &engine{p: p, n: p.N(), j: p.J(), sign: int64(p.Sense), penalty: p.ShortfallPrice(), factor: factorsOf(p), threads: max(1, threads)}
	e.quotaMax = 2 * e.j
	e.quotaMin = e.quotaMax + len(p.Quotas)
	e.budgets = e.quotaMin + len(p.Quotas)
	e.rows = e.budgets + len(p.Budgets)
	e.limit = make([]int64, e.rows)
	for j, x := range p.Exhibitions {
		e.limit[j], e.limit[e.j+j] = x.Capacity, x.Metres
		e.hasMetres = e.hasMetres || (p.Metres != nil && x.Metres < model.Unlimited)
	}
	for q, x := range p.Quotas {
		e.limit[e.quotaMax+q], e.limit[e.quotaMin+q] = x.Max, x.Min
	}
	for b, x := range p.Budgets {
		e.limit[e.budgets+b] = x.Amount
	}
	e.hasCost = p.Cost != nil && len(p.Budgets) > 0
	e.buildCells()
	e.scale = e.chooseScale()
	return e
}

// buildCells lists for each cell (type, exhibition) the quotas and budgets that count it.
func (e *engine) buildCells() {
	p := e.p
	fill := func(count func(add func(cell int, row int32))) ([]uint32, []int32) {
		start := make([]uint32, len(p.Types)*e.j+1)
		count(func(cell int, _ int32) { start[cell+1]++ })
		for c := 1; c < len(start); c++ {
			start[c] += start[c-1]
		}
		list := make([]int32, start[len(start)-1])
		at := append([]uint32(nil), start...)
		count(func(cell int, row int32) {
			list[at[cell]] = row
			at[cell]++
		})
		return start, list
	}
	e.byCell, e.list = fill(func(add func(int, int32)) {
		for q, x := range p.Quotas {
			if x.Min == 0 && x.Max == model.Unlimited {
				continue
			}
			for t := range p.Types {
				if p.In(int32(t), x.Group) {
					for _, j := range x.Exhibitions {
						add(t*e.j+int(j), int32(q))
					}
				}
			}
		}
	})
	if !e.hasCost {
		return
	}
	e.budCell, e.budList = fill(func(add func(int, int32)) {
		for b, x := range p.Budgets {
			for t := range p.Types {
				if p.In(int32(t), x.Group) {
					for _, j := range x.Exhibitions {
						add(t*e.j+int(j), int32(b))
					}
				}
			}
		}
	})
}

// chooseScale returns the finest scale, a power of two up to 2^16, at which no sum of adjusted values overflows 63 bits.
func (e *engine) chooseScale() int64 {
	places := uint64(0)
	for i := range e.n {
		places += uint64(min(e.p.LimitOf(i), int(e.p.Start[i+1]-e.p.Start[i])))
	}
	overlap := uint64(1)
	for c := 1; c < len(e.byCell); c++ {
		overlap = max(overlap, uint64(e.byCell[c]-e.byCell[c-1])+1)
	}
	for s := 16; s > 0; s-- {
		hi, lo := bits.Mul64(uint64(e.penalty)<<s*overlap, places+uint64(e.n))
		if hi == 0 && lo < 1<<61 && uint64(e.penalty)<<s < 1<<60/overlap {
			return 1 << s
		}
	}
	return 1
}

// maxPrice is the largest price of a row: for minima the price of a shortfall, beyond which it would prove nothing; for the others what cannot overflow
// when it is multiplied with a size, and more than any place could pay.
func (e *engine) maxPrice(row int) int64 {
	most := e.penalty * e.scale
	if row >= e.quotaMin && row < e.budgets {
		return most
	}
	unit := e.factor.quota
	switch {
	case row < e.j:
		unit = e.factor.size
	case row < e.quotaMax:
		unit = e.factor.metres
	case row >= e.budgets:
		unit = e.factor.cost
	}
	return min(16*most, (1<<58)/unit)
}

// factors are the most that the price of a row is multiplied with: the largest size, metres or cost of a pair, and for quotas how many a pair counts to.
type factors struct{ size, metres, quota, cost int64 }

func factorsOf(p *model.Problem) factors {
	largest := func(column []int32) int64 {
		most := int64(1)
		for _, x := range column {
			most = max(most, int64(x))
		}
		return most
	}
	return factors{largest(p.Size), largest(p.Metres), int64(len(p.Quotas) + 1), largest(p.Cost) * int64(len(p.Budgets)+1)}
}

// value is the value of a pair as it is maximised.
func (e *engine) value(o int32) int64 { return e.sign * int64(e.p.Value[o]) }

// prices holds the price of each row and the sums of them that a pair pays.
type prices struct {
	row  []int64
	cell []int64 // quota prices of (type, exhibition)
	bud  []int64 // budget price of (type, exhibition) per unit of cost
}

func (e *engine) newPrices() *prices {
	pr := &prices{row: make([]int64, e.rows), cell: make([]int64, len(e.p.Types)*e.j)}
	if e.hasCost {
		pr.bud = make([]int64, len(e.p.Types)*e.j)
	}
	return pr
}

// refresh recomputes the sums after row prices changed.
func (e *engine) refresh(pr *prices) {
	for c := range pr.cell {
		var sum int64
		for _, q := range e.list[e.byCell[c]:e.byCell[c+1]] {
			sum += pr.row[e.quotaMax+int(q)] - pr.row[e.quotaMin+int(q)]
		}
		pr.cell[c] = sum
	}
	for c := range pr.bud {
		var sum int64
		for _, b := range e.budList[e.budCell[c]:e.budCell[c+1]] {
			sum += pr.row[e.budgets+int(b)]
		}
		pr.bud[c] = sum
	}
}

// adjusted is the value of a pair less what it pays, in 1/scale.
func (e *engine) adjusted(pr *prices, base int, o int32) int64 {
	j := int(e.p.Exh[o])
	v := e.value(o)*e.scale - pr.cell[base+j]
	if e.p.Size != nil {
		v -= int64(e.p.Size[o]) * pr.row[j]
	} else {
		v -= pr.row[j]
	}
	if e.hasMetres {
		v -= int64(e.p.Metres[o]) * pr.row[e.j+j]
	}
	if e.hasCost {
		v -= int64(e.p.Cost[o]) * pr.bud[base+j]
	}
	return v
}

// evaluation is the answer of all exhibitors to prices.
type evaluation struct {
	best  int64   // Σ of the best adjusted sum of each exhibitor, in 1/scale
	used  []int64 // use of each row by those choices; quota maxima and minima both count
	bound *big.Int
	free  int64 // exhibitors of MustPlace that stay without a place
}

const chunkSize = 4096

// evaluate lets each exhibitor (every stride-th one) choose its best set at the prices. record, if given, gets the chosen pairs of each chunk.
// The result does not depend on the number of threads.
func (e *engine) evaluate(ctx context.Context, pr *prices, stride int, record func(chunk int, chosen []int32)) *evaluation {
	e.refresh(pr)
	total := &evaluation{used: make([]int64, e.rows)}
	count := (e.n + stride - 1) / stride
	chunks := (count + chunkSize - 1) / chunkSize
	var next atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	workers := min(e.threads, chunks)
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ch := newChooser(e)
			used := make([]int64, e.rows)
			var best, work, free int64
			var chosen []int32
			for {
				c := int(next.Add(1) - 1)
				if c >= chunks || ctx.Err() != nil {
					break
				}
				chosen = chosen[:0]
				for k := c * chunkSize; k < min(count, (c+1)*chunkSize); k++ {
					i := k * stride
					sum, set := ch.choose(pr, i)
					best += sum
					work += int64(e.p.Start[i+1] - e.p.Start[i])
					if len(set) == 0 && e.p.MustPlace {
						free++
					}
					base := int(e.p.Type[i]) * e.j
					for _, o := range set {
						e.use(used, base, o, 1)
					}
					if record != nil {
						chosen = append(chosen, set...)
					}
				}
				if record != nil {
					record(c, chosen)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			total.best += best
			total.free += free
			for r, u := range used {
				total.used[r] += u
			}
			e.work.Add(work)
		}()
	}
	wg.Wait()
	if stride > 1 {
		for r := range total.used {
			total.used[r] *= int64(stride)
		}
	}
	total.bound = e.bound(pr, total.best, int64(stride))
	return total
}

// use adds a pair to (or with -1 takes it from) the rows it uses.
func (e *engine) use(used []int64, base int, o int32, sign int64) {
	j := int(e.p.Exh[o])
	used[j] += sign * e.p.SizeOf(o)
	if e.hasMetres {
		used[e.j+j] += sign * int64(e.p.Metres[o])
	}
	for _, q := range e.list[e.byCell[base+j]:e.byCell[base+j+1]] {
		used[e.quotaMax+int(q)] += sign
		used[e.quotaMin+int(q)] += sign
	}
	if e.hasCost {
		for _, b := range e.budList[e.budCell[base+j]:e.budCell[base+j+1]] {
			used[e.budgets+int(b)] += sign * int64(e.p.Cost[o])
		}
	}
}

// bound is Σ price·limit (minima negative) plus the exhibitors' sum: by weak duality no plan has a larger penalised value. In 1/scale.
func (e *engine) bound(pr *prices, best, stride int64) *big.Int {
	sum := new(big.Int).Mul(big.NewInt(best), big.NewInt(stride))
	var t big.Int
	for r, price := range pr.row {
		if price == 0 {
			continue
		}
		t.Mul(big.NewInt(price), big.NewInt(e.limit[r]))
		if r >= e.quotaMin && r < e.budgets {
			sum.Sub(sum, &t)
		} else {
			sum.Add(sum, &t)
		}
	}
	return sum
}

// store turns row prices into those of a plan.
func (e *engine) store(pr *prices) *model.Prices {
	out := model.NewPrices(e.p, e.scale)
	copy(out.Booths, pr.row[:e.j])
	copy(out.Metres, pr.row[e.j:2*e.j])
	copy(out.QuotaMax, pr.row[e.quotaMax:e.quotaMin])
	copy(out.QuotaMin, pr.row[e.quotaMin:e.budgets])
	copy(out.Budgets, pr.row[e.budgets:])
	return out
}
