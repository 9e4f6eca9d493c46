package model

import (
	"math/big"
	"slices"
)

// Status says what a plan is.
type Status string

// The states of a plan.
const (
	Optimal    Status = "optimal"    // no better plan exists
	Feasible   Status = "feasible"   // every rule holds; Gap says how much better another could be
	Infeasible Status = "infeasible" // a minimum or MustPlace is not met; Shortfalls say which
)

// incomplete is what the file of a plan says instead of Infeasible as long as nothing proves that the minima cannot be met.
const incomplete = "incomplete"

// Impossible reports whether the bound proves that no plan meets all minima and places all exhibitors of MustPlace: a plan that did would be worth more.
func (pl *Plan) Impossible(p *Problem) bool {
	sign := int64(p.Sense)
	least := int64(0) // what a plan without shortfalls is worth at least, as maximised
	var values []int64
	for i := range p.N() {
		values = values[:0]
		for o := p.Start[i]; o < p.Start[i+1]; o++ {
			values = append(values, sign*int64(p.Value[o]))
		}
		slices.Sort(values)
		for k, v := range values[:min(len(values), p.LimitOf(i))] {
			if v < 0 || k == 0 && p.MustPlace {
				least += v
			}
		}
	}
	return sign*pl.Bound < least
}

// StatusFor is the status that the plan's file states.
func (pl *Plan) StatusFor(p *Problem) Status {
	if pl.Status == Infeasible && !pl.Impossible(p) {
		return incomplete
	}
	return pl.Status
}

// Unplaced returns the ids of the exhibitors without a place.
func (p *Problem) Unplaced(pl *Plan) (ids []string) {
	has := make([]bool, p.N())
	for _, i := range pl.Of(p) {
		has[i] = true
	}
	for i, ok := range has {
		if !ok {
			ids = append(ids, p.IDs.At(i))
		}
	}
	return ids
}

// Stop says why the solver stopped.
type Stop string

// Why a solver stopped.
const (
	StopProven    Stop = "proven"    // the bound is reached
	StopGap       Stop = "gap"       // the gap asked for is reached
	StopWork      Stop = "work"      // the work allotted to the time limit is done; the same on every machine
	StopTime      Stop = "time"      // the clock ran out before the work was done: the only stop that may differ between runs
	StopCancelled Stop = "cancelled" // somebody stopped it
)

// Prices are dual values in units of value/Scale: what one more unit of a limit is worth. They prove the bound: see [Bound].
type Prices struct {
	Scale    int64
	Booths   []int64 // per exhibition, ≥ 0, per unit of size
	Metres   []int64 // per exhibition, ≥ 0, per square metre
	QuotaMax []int64 // per quota, ≥ 0, per place
	QuotaMin []int64 // per quota, ≥ 0 and ≤ Scale·ShortfallPrice: what one place less of the minimum would be worth
	Budgets  []int64 // per budget, ≥ 0, per unit of cost
}

// NewPrices returns prices of 0 for a problem.
func NewPrices(p *Problem, scale int64) *Prices {
	return &Prices{Scale: scale, Booths: make([]int64, p.J()), Metres: make([]int64, p.J()), QuotaMax: make([]int64, len(p.Quotas)),
		QuotaMin: make([]int64, len(p.Quotas)), Budgets: make([]int64, len(p.Budgets))}
}

// Shortfall is a minimum that is not met, or, with Quota -1, exhibitors of MustPlace without a place.
type Shortfall struct {
	Quota   int32
	Missing int64
}

// Plan is an answer with its proof.
type Plan struct {
	Problem    [32]byte // hash of the problem
	Version    string
	Seed       uint64
	Status     Status
	Chosen     []int32 // pairs, ascending
	Objective  int64   // Σ value of the chosen pairs
	Shortfalls []Shortfall
	Penalised  int64 // Objective less (sense max) or plus (min) ShortfallPrice for each missing place
	Bound      int64 // no plan has a better Penalised value
	Proof      Proof
	Prices     *Prices
	PriceBound int64 // what the prices alone prove; Bound may be better by a search

	// Of an assignment or knapsack problem, if Places is not nil: prices of each exhibitor's one place, in 1/Prices.Scale, which with the exact knapsack of each
	// exhibition at these prices prove PlaceBound (Fisher, Jaikumar and Van Wassenhove 1986).
	Places     []int64
	PlaceBound int64
	Stop       Stop
}

// Proof says what proves the bound.
type Proof string

// The proofs.
const (
	ProofPrices Proof = "prices" // the prices alone, which anybody can recompute
	ProofSearch Proof = "search" // a complete search by branch and bound, or exact knapsacks, which can only be repeated
)

// Gap is how far the bound is from the plan, as a share of the plan's own penalised value; 0 when they meet.
func (pl *Plan) Gap() float64 {
	d := float64(pl.Bound - pl.Penalised)
	if d < 0 {
		d = -d
	}
	if d == 0 {
		return 0
	}
	base := float64(pl.Penalised)
	if base < 0 {
		base = -base
	}
	return d / max(base, 1)
}

// Of returns the exhibitor of each chosen pair, in the order of Chosen.
func (pl *Plan) Of(p *Problem) []int32 {
	out := make([]int32, len(pl.Chosen))
	i := int32(0)
	for k, o := range pl.Chosen {
		if p.Start[i+1] <= o {
			i += int32(1 + firstAbove(p.Start[i+2:], o))
		}
		out[k] = i
	}
	return out
}

// firstAbove is the index of the first start beyond o, found by galloping: chosen pairs are often close.
func firstAbove(start []int32, o int32) int {
	step := 1
	for step < len(start) && start[step-1] <= o {
		step *= 2
	}
	lo := step / 2
	hi := min(step, len(start))
	k, _ := slices.BinarySearchFunc(start[lo:hi], o, func(s, o int32) int {
		if s <= o {
			return -1
		}
		return 1
	})
	return lo + k
}

// FloorBound turns a bound in units of value/scale into units of value, rounding to the safe side for the sense.
func FloorBound(sum *big.Int, scale int64, sense Sense) int64 {
	q, m := new(big.Int), new(big.Int)
	q.DivMod(sum, big.NewInt(scale), m) // rounds towards minus infinity: right for a maximum
	_ = m
	return int64(sense) * q.Int64()
}
