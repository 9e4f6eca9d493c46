package highs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"muntija/internal/fault"
)

// grace is how long a run may go on after its end before it is left to itself.
const grace = 300 * time.Millisecond

// Status says how a solve ended.
type Status uint8

// The statuses.
const (
	Unknown     Status = iota // nothing was decided
	Optimal                   // the values are optimal, within the gaps asked for
	Infeasible                // proven: no values keep all rows
	Unbounded                 // proven: the objective has no end
	TimeLimit                 // the time was over; values and bound as far as it came
	Interrupted               // the context ended; values and bound as far as it came
	Ambiguous                 // infeasible or unbounded, which of them is not known
)

var statusNames = [...]string{"unknown", "optimal", "infeasible", "unbounded", "time_limit", "interrupted", "ambiguous"}

// String returns the status's stable name, as it is stored with a run.
func (s Status) String() string { return statusNames[s] }

// Params are the parameters of one solve. The zero value solves to proven optimality without a limit.
type Params struct {
	TimeLimit  time.Duration  // 0: none
	RelGap     float64        // stop at |value - bound| ≤ RelGap·|value|
	AbsGap     float64        // stop at |value - bound| ≤ AbsGap
	Nodes      int32          // stop after so many nodes of the search tree, which unlike a time limit is the same on every machine; 0: none
	Seed       int32          // of HiGHS's random choices, from 0
	NoPresolve bool           // for problems whose relaxation is easy: looking for reductions can take longer than solving
	Start      []float64      // values of all columns to begin with, or nil; values that break a row are mended if that is easy, else ignored
	Progress   func(Progress) // called while Solve waits, about once a second and at each better point; must be quick
	Log        func(string)   // lines of HiGHS's log
}

// Progress is how far a solve is. Best and Bound are in the sense of the model; an infinite one is not known yet.
type Progress struct {
	Seconds float64
	Best    float64
	Bound   float64
	Nodes   int64
}

// Result is what a solve found. Objective, Bound and Gap are in the sense of the model: for a minimum Bound ≤ Objective.
type Result struct {
	Status    Status
	HasValues bool      // X holds values that keep all rows
	X         []float64 // values of the columns; whole-numbered ones are exactly whole
	Objective float64   // of X
	Bound     float64   // proven: no values are better; ±Inf if nothing is proven
	Gap       float64   // |Objective - Bound| / max(1, |Objective|), Inf without values or bound
	Duals     []float64 // of the rows of a linear programme: change of the objective per unit of the row's bound
	Reduced   []float64 // reduced costs of the columns of a linear programme
	Ray       []float64 // for an infeasible linear programme: multipliers of the rows that prove it, or nil
	Nodes     int64
	Seconds   float64
}

// run is one solve inside of its own instance. It is used by one goroutine; ended is written by another, and what is known so far is read by another.
type run struct {
	began    time.Time
	ended    atomic.Int64 // nanoseconds after began at which the run was to end, 0 while it was not
	mod      api.Module
	shim     api.Module
	full     bool // memory was refused
	log      func(string)
	line     strings.Builder
	progress func(Progress)
	m        *Model
	looked   time.Duration // after began, when a callback's data were last read

	mu     sync.Mutex // guards what follows
	left   bool       // nobody waits for the run any more
	best   []float64  // last improving values
	bestAt float64
	bound  float64
	nodes  int64
}

// Kinds of callback, from HiGHS's HighsCallbackType.
const (
	cbSimplexInterrupt = 1
	cbIPMInterrupt     = 2
	cbImproving        = 4
	cbLogging          = 5
	cbInterrupt        = 6
)

// callback is where HiGHS's callback ends: out and in are its two structures.
func (r *run) callback(ctx context.Context, kind int, out, in uint32) {
	switch kind {
	case cbInterrupt:
		if now := time.Since(r.began); now-r.looked > 100*time.Millisecond { // it comes often
			r.looked = now
			r.note(ctx, out, nil)
		}
	case cbImproving:
		best := []float64{}
		if at, ok := r.item(ctx, out, "mip_solution"); ok {
			if b, ok := r.mod.Memory().Read(at, uint32(8*r.m.Cols())); ok {
				best = floats(b)
			}
		}
		r.note(ctx, out, best)
		r.tell()
	case cbLogging:
		r.note(ctx, out, nil)
		r.tell()
	}
	if r.ended.Load() != 0 && in != 0 {
		r.mod.Memory().WriteUint32Le(in, 1) // user_interrupt, the first field
	}
}

// note keeps what a callback's data says, and better values if there are any.
func (r *run) note(ctx context.Context, out uint32, best []float64) {
	number := func(name string) (uint64, bool) {
		at, ok := r.item(ctx, out, name)
		if !ok {
			return 0, false
		}
		return r.mod.Memory().ReadUint64Le(at)
	}
	bound, hasBound := number("mip_dual_bound")
	nodes, hasNodes := number("mip_node_count")
	value, hasValue := uint64(0), false
	if best != nil {
		value, hasValue = number("objective_function_value")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if hasBound {
		r.bound = math.Float64frombits(bound)
	}
	if hasNodes {
		r.nodes = int64(nodes)
	}
	if len(best) > 0 {
		r.best = best
	}
	if hasValue {
		r.bestAt = math.Float64frombits(value)
	}
}

// tell reports progress to whoever waits.
func (r *run) tell() {
	r.mu.Lock()
	p := Progress{Seconds: time.Since(r.began).Seconds(), Best: r.bestAt, Bound: r.bound, Nodes: r.nodes}
	if r.best == nil {
		p.Best = math.Inf(int(r.m.direction()))
	}
	left := r.left
	r.mu.Unlock()
	if r.progress != nil && !left {
		r.progress(p)
	}
}

// item returns where an item of the callback's data lies.
func (r *run) item(ctx context.Context, out uint32, name string) (uint32, bool) {
	at := r.text(ctx, name)
	defer r.call(ctx, "free", uint64(at))
	p := r.call(ctx, "Highs_getCallbackDataOutItem", uint64(out), uint64(at))
	return uint32(p), p != 0
}

// call calls a function of the module and panics if it fails, which solve turns into an error.
func (r *run) call(ctx context.Context, name string, args ...uint64) uint64 {
	f := r.mod.ExportedFunction(wasmNames[name])
	if f == nil {
		panic(fmt.Errorf("the module has no %s: run go generate", name))
	}
	res, err := f.Call(ctx, args...)
	if err != nil {
		panic(fmt.Errorf("%s: %w", name, err))
	}
	if len(res) == 0 {
		return 0
	}
	return res[0]
}

// need calls a function that returns a HighsStatus and panics at an error (-1).
func (r *run) need(ctx context.Context, name string, args ...uint64) {
	if int32(r.call(ctx, name, args...)) < 0 {
		panic(fmt.Errorf("%s failed", name))
	}
}

func (r *run) alloc(ctx context.Context, size int) uint32 {
	at := uint32(r.call(ctx, "malloc", uint64(max(size, 8))))
	if at == 0 {
		r.full = true
		panic(errors.New("no memory for the model"))
	}
	return at
}

func (r *run) view(at uint32, size int) []byte {
	b, ok := r.mod.Memory().Read(at, uint32(size))
	if !ok {
		panic(errors.New("an address lies outside of the memory"))
	}
	return b
}

func (r *run) text(ctx context.Context, s string) uint32 {
	at := r.alloc(ctx, len(s)+1)
	b := r.view(at, len(s)+1)
	copy(b, s)
	b[len(s)] = 0
	return at
}

func (r *run) floats(ctx context.Context, v []float64) uint64 {
	at := r.alloc(ctx, 8*len(v))
	putFloats(r.view(at, 8*len(v)), v)
	return uint64(at)
}

func (r *run) ints(ctx context.Context, v []int32) uint64 {
	at := r.alloc(ctx, 4*len(v))
	putInts(r.view(at, 4*len(v)), v)
	return uint64(at)
}

// Solve solves a model. It waits for its turn. The error is a fault: Invalid for a model that is none, TooLarge for one that does not fit into the memory,
// Unavailable if the solver cannot run or the context ended before it began; else the Result says how it ended, time limits and interruptions included.
func (s *Solver) Solve(ctx context.Context, m *Model, p Params) (*Result, error) {
	if err := m.Err(); err != nil {
		return nil, err
	}
	if p.Start != nil && len(p.Start) != m.Cols() {
		return nil, fault.Wrap(fmt.Errorf("%d values to begin with for %d columns", len(p.Start), m.Cols()), fault.Invalid, "error.solver_model")
	}
	for _, x := range p.Start {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fault.Wrap(errors.New("a value to begin with is not a number"), fault.Invalid, "error.solver_model")
		}
	}
	if math.IsNaN(p.RelGap) || p.RelGap < 0 || math.IsNaN(p.AbsGap) || p.AbsGap < 0 || p.TimeLimit < 0 || p.Seed < 0 {
		return nil, fault.Wrap(errors.New("a limit or the seed is negative or not a number"), fault.Invalid, "error.solver_model")
	}
	if m.Cols() == 0 { // HiGHS calls such a model empty and does not look at its rows
		res := &Result{Status: Optimal, HasValues: true, X: []float64{}, Duals: make([]float64, m.Rows()), Reduced: []float64{}}
		if _, ok := m.Value(nil, 0); !ok {
			res = &Result{Status: Infeasible, Bound: math.Inf(-int(m.direction())), Gap: Inf}
		}
		return res, nil
	}
	if m.Memory() > int64(s.opt.MemoryMiB)<<20 {
		return nil, fault.New(fault.TooLarge, "error.solver_memory", m.Memory()>>20, s.opt.MemoryMiB)
	}
	began := time.Now() // a time limit counts from here, a compile and waiting for others included
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "error.solver_busy")
	}
	waiting := ctx
	if p.TimeLimit > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, p.TimeLimit)
		defer cancel()
	}
	err := s.Warm(waiting)
	if err == nil && ctx.Err() != nil {
		err = fault.Wrap(ctx.Err(), fault.Unavailable, "error.solver_busy")
	}
	if err != nil {
		<-s.slots
		return nil, err
	}
	if p.TimeLimit > 0 {
		p.TimeLimit = max(p.TimeLimit-time.Since(began), time.Millisecond)
	}
	return s.await(ctx, m, p)
}

// await runs a solve and leaves it to itself when it does not heed its end: long passages of HiGHS look neither at its callbacks nor at the clock. Its place among the
// solves at one time stays taken until it does.
func (s *Solver) await(ctx context.Context, m *Model, p Params) (*Result, error) {
	r := &run{began: time.Now(), log: p.Log, progress: p.Progress, m: m, bound: math.Inf(-int(m.direction()))}
	limited := ctx
	if p.TimeLimit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, p.TimeLimit)
		defer cancel()
	}
	late := make(chan struct{})
	stop := context.AfterFunc(limited, func() {
		r.ended.Store(max(1, int64(time.Since(r.began))))
		time.AfterFunc(grace, func() { close(late) })
	})
	defer stop()
	type outcome struct {
		res *Result
		err error
	}
	done := make(chan outcome, 1)
	s.running.Add(1)
	go func() {
		defer func() {
			s.running.Add(-1)
			<-s.slots
		}()
		res, err := s.solve(ctx, r, p)
		done <- outcome{res, err}
	}()
	var o outcome
	select {
	case o = <-done:
	case <-late:
		o.res = r.cutOff()
	}
	if o.res != nil && o.res.Status == Interrupted && ctx.Err() == nil {
		o.res.Status = TimeLimit
	}
	return o.res, o.err
}

func (s *Solver) solve(ctx context.Context, r *run, p Params) (res *Result, err error) {
	m := r.m
	// The module runs under a context of its own: it is asked to stop, and cut off by the clock, never closed in the middle by wazero.
	inner := context.WithValue(context.WithoutCancel(ctx), runKey{}, r)
	name := "highs-" + strconv.FormatInt(s.serial.Add(1), 10)
	mod, err := s.runtime.InstantiateModule(inner, s.code, wazero.NewModuleConfig().WithName(name).WithStartFunctions())
	if err != nil {
		return nil, fault.Wrap(fmt.Errorf("starting HiGHS: %w", err), fault.Unavailable, "error.solver_unavailable")
	}
	r.mod = mod
	defer func() {
		_ = mod.Close(inner)
		if r.shim != nil {
			_ = r.shim.Close(inner)
		}
	}()
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		e, ok := cause.(error)
		if !ok {
			panic(cause)
		}
		switch {
		case errors.Is(e, errStop):
			res, err = r.cutOff(), nil
		case r.full:
			err = fault.Wrap(e, fault.TooLarge, "error.solver_memory", m.Memory()>>20, s.opt.MemoryMiB)
		default:
			err = fmt.Errorf("running HiGHS: %w", e)
		}
	}()
	r.call(inner, "init")
	h := r.call(inner, "Highs_create")
	if h == 0 {
		panic(errors.New("HiGHS was not created"))
	}
	r.options(inner, h, p)
	r.pass(inner, h)
	if p.Start != nil {
		r.need(inner, "Highs_setSolution", h, r.floats(inner, p.Start), 0, 0, 0)
	}
	if err := s.install(inner, h, name, r); err != nil {
		return nil, err
	}
	runStatus := int32(r.call(inner, "Highs_run", h))
	return r.result(inner, h, runStatus)
}

// install puts the callback into the table of the instance and starts the kinds that are wanted.
func (s *Solver) install(ctx context.Context, h uint64, instance string, r *run) error {
	code, err := s.runtime.CompileModule(ctx, shim(instance, wasmNames["wasmTable"]))
	if err != nil {
		return fmt.Errorf("compiling the callback's shim: %w", err)
	}
	defer code.Close(ctx)
	mod, err := s.runtime.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName("shim-"+instance))
	if err != nil {
		return fmt.Errorf("starting the callback's shim: %w", err)
	}
	r.shim = mod // the function in the table is the shim's: it lives as long as the instance
	slot, err := mod.ExportedFunction(installName).Call(ctx)
	if err != nil {
		return fmt.Errorf("placing the callback: %w", err)
	}
	r.need(ctx, "Highs_setCallback", h, slot[0], 0)
	for _, kind := range []uint64{cbSimplexInterrupt, cbIPMInterrupt, cbImproving, cbLogging, cbInterrupt} {
		r.need(ctx, "Highs_startCallback", h, kind)
	}
	return nil
}

func (r *run) options(ctx context.Context, h uint64, p Params) {
	set := func(f, name string, v uint64) {
		at := r.text(ctx, name)
		if int32(r.call(ctx, f, h, uint64(at), v)) != 0 {
			panic(fmt.Errorf("HiGHS does not take the option %s", name))
		}
		r.call(ctx, "free", uint64(at))
	}
	number := func(name string, v float64) { set("Highs_setDoubleOptionValue", name, math.Float64bits(v)) }
	on := uint64(0)
	if p.Log != nil || p.Progress != nil {
		on = 1 // HiGHS makes its progress known only when it logs
	}
	set("Highs_setBoolOptionValue", "output_flag", on)
	set("Highs_setIntOptionValue", "threads", 1)
	set("Highs_setIntOptionValue", "random_seed", uint64(p.Seed))
	if p.NoPresolve {
		at, off := r.text(ctx, "presolve"), r.text(ctx, "off")
		r.need(ctx, "Highs_setStringOptionValue", h, uint64(at), uint64(off))
	}
	number("mip_rel_gap", p.RelGap)
	number("mip_abs_gap", max(p.AbsGap, 1e-6))
	if p.Nodes > 0 {
		set("Highs_setIntOptionValue", "mip_max_nodes", uint64(p.Nodes))
	}
	if p.TimeLimit > 0 {
		number("time_limit", p.TimeLimit.Seconds())
	}
}

func (r *run) pass(ctx context.Context, h uint64) {
	m := r.m
	const rowwise = 2
	var args []uint64
	for _, v := range [][]float64{m.cost, m.lower, m.upper, m.rowLower, m.rowUpper} {
		args = append(args, r.floats(ctx, v))
	}
	args = append(args, r.ints(ctx, m.start), r.ints(ctx, m.index), r.floats(ctx, m.value))
	head := []uint64{h, uint64(m.Cols()), uint64(m.Rows()), uint64(m.Entries()), rowwise, api.EncodeI32(int32(m.direction())), 0}
	if m.integers == 0 {
		r.need(ctx, "Highs_passLp", append(head, args...)...)
	} else {
		args = append(args, r.ints(ctx, m.integer))
		r.need(ctx, "Highs_passMip", append(head, args...)...)
	}
	for _, at := range args {
		r.call(ctx, "free", at)
	}
}

// Model statuses of HiGHS.
const (
	hsEmpty       = 6
	hsOptimal     = 7
	hsInfeasible  = 8
	hsAmbiguous   = 9
	hsUnbounded   = 10
	hsTimeLimit   = 13
	hsInterrupted = 17
)

func (r *run) result(ctx context.Context, h uint64, runStatus int32) (*Result, error) {
	res := &Result{Seconds: time.Since(r.began).Seconds(), Nodes: r.nodes, Bound: math.Inf(-int(r.m.direction())), Gap: Inf}
	switch status := int32(r.call(ctx, "Highs_getModelStatus", h)); status {
	case hsOptimal, hsEmpty:
		res.Status = Optimal
	case hsInfeasible:
		res.Status = Infeasible
	case hsAmbiguous:
		res.Status = Ambiguous
	case hsUnbounded:
		res.Status = Unbounded
	case hsTimeLimit:
		res.Status = TimeLimit
	case hsInterrupted:
		res.Status = Interrupted
	default:
		if runStatus < 0 {
			return nil, fmt.Errorf("running HiGHS: it failed with model status %d", status)
		}
	}
	if res.Status == TimeLimit && r.ended.Load() != 0 {
		res.Status = Interrupted
	}
	at := uint32(r.alloc(ctx, 16))
	info := func(f, name string) uint64 {
		t := r.text(ctx, name)
		r.call(ctx, f, h, uint64(t), uint64(at))
		r.call(ctx, "free", uint64(t))
		v, _ := r.mod.Memory().ReadUint64Le(at)
		return v
	}
	const feasible = 2
	if res.Status == Infeasible {
		res.Ray = r.ray(ctx, h)
		return res, nil
	}
	if res.Status != Unbounded && res.Status != Ambiguous && uint32(info("Highs_getIntInfoValue", "primal_solution_status")) == feasible {
		n, k := r.m.Cols(), r.m.Rows()
		x, d, y := r.alloc(ctx, 8*n), r.alloc(ctx, 8*n), r.alloc(ctx, 8*k)
		act := r.alloc(ctx, 8*k)
		r.need(ctx, "Highs_getSolution", h, uint64(x), uint64(d), uint64(act), uint64(y))
		res.HasValues, res.X = true, floats(r.view(x, 8*n))
		if r.m.integers == 0 && res.Status == Optimal {
			res.Reduced, res.Duals = floats(r.view(d, 8*n)), floats(r.view(y, 8*k))
		}
	}
	if r.m.integers > 0 {
		res.Bound = math.Float64frombits(info("Highs_getDoubleInfoValue", "mip_dual_bound"))
		if n := int64(info("Highs_getInt64InfoValue", "mip_node_count")); n > 0 {
			res.Nodes = n
		}
	}
	r.finish(res)
	return res, nil
}

// ray returns the proof of infeasibility of a linear programme, nil if HiGHS has none at hand.
func (r *run) ray(ctx context.Context, h uint64) []float64 {
	if r.m.integers > 0 || r.m.Rows() == 0 {
		return nil
	}
	has, at := r.alloc(ctx, 8), r.alloc(ctx, 8*r.m.Rows())
	r.mod.Memory().WriteUint32Le(has, 0)
	if int32(r.call(ctx, "Highs_getDualRay", h, uint64(has), uint64(at))) < 0 {
		return nil
	}
	if ok, _ := r.mod.Memory().ReadUint32Le(has); ok == 0 {
		return nil
	}
	return floats(r.view(at, 8*r.m.Rows()))
}

// cutOff is the result of a run that did not heed its end: the best values that it had reported.
func (r *run) cutOff() *Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = true
	res := &Result{Status: Interrupted, Seconds: time.Since(r.began).Seconds(), Nodes: r.nodes, Bound: r.bound, Gap: Inf}
	if r.best != nil {
		res.HasValues, res.X = true, r.best
	}
	r.finish(res)
	return res
}

// finish makes whole numbers whole, and computes objective and gap from the values and the model.
func (r *run) finish(res *Result) {
	m := r.m
	if res.HasValues {
		for c := range res.X {
			if m.integer[c] == 1 {
				res.X[c] = math.Round(res.X[c])
			}
		}
		for c, x := range res.X {
			res.Objective += m.cost[c] * x
		}
		if res.Status == Optimal && m.integers == 0 {
			res.Bound = res.Objective
		}
		// A bound may not cross the value it bounds by rounding.
		if m.direction() == Minimize {
			res.Bound = math.Min(res.Bound, res.Objective)
		} else {
			res.Bound = math.Max(res.Bound, res.Objective)
		}
		if !math.IsInf(res.Bound, 0) {
			res.Gap = math.Abs(res.Objective-res.Bound) / math.Max(1, math.Abs(res.Objective))
		}
	}
}

func (m *Model) direction() Sense {
	if m.sense == Maximize {
		return Maximize
	}
	return Minimize
}
