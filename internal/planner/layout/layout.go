// Package layout gives every exhibitor of an exhibition a booth.
//
// [Decode] reads a [Problem] and checks it, [Solve] returns a [Result], [Drag] says what moving one exhibitor costs and how to mend it best.
//
// # Design
//
// What an exhibitor needs of its booth (size, power, water, an accessible place, a list, a pin) is proven possible first, by a matching; if it is not, the result
// names exhibitors whose booths are too few for them (Hall's theorem). From then on no search ever breaks a need: it exchanges the places of two who may both stand where the
// other stands. Three hard rules are on several exhibitors: a pavilion stands in one connected part of the hall, an association side by side, and categories such
// as food and incense are no neighbours. Regions are grown for the groups before the search, and what is kept is not given up for a gain.
//
// Costs are whole numbers: neighbours of one craft from one place, crowd-pullers close together, heavy goods far from the loading gate, flows times ways, aversions
// of neighbours. A quadratic assignment problem (Koopmans and Beckmann 1957) is a layout with a matrix of distances and one of flows and nothing else. Problems of
// up to 400 booths without hard rules on several exhibitors are searched by iterated robust tabu search (tabu.go), all others by annealing. Each thread searches by itself, from seeds of its own; the best
// result counts, the first of several equal ones. The work is counted and not timed: same input, seed, threads and time limit, same bytes, unless the deadline struck,
// which the result says.
//
// # Limits
//
// The bound is that of Gilmore and Lawler for up to 400 booths with flows, an assignment of the booths' own costs for up to 400 without, beyond that each exhibitor's
// cheapest booth; it is weak for neighbours and crowds. Safety of
// the floor plan is not of this package.
package layout

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// tabuBooths is up to how many booths tabu search is used.
const tabuBooths = 400

// Work per second of the time limit and thread, set low enough that an ordinary machine does it in time.
const (
	swapsPerSecond = 250_000     // exchanges of annealing without flows
	tabuPerSecond  = 300_000_000 // rounds of tabu search times the square of the booths, for one layer
	mostSeconds    = 3600
)

// Params are the parameters of a run.
type Params struct {
	TimeLimit time.Duration // deadline; 0: none
	Work      time.Duration // how much work is done: what an ordinary machine does in 0.7 of it; TimeLimit unless said, or else five seconds' worth
	Seed      int64
	Threads   int
	Progress  func(Progress) // told now and then by one of the threads; nil: nobody
}

// Progress is how far a run has come.
type Progress struct {
	Done float64 // share of the work, 0 to 1
	Hard int     // hard breaches of the best layout so far
	Cost int64   // and its cost
}

// Solve lays a hall out that Check has passed. An ended context gives the best layout so far.
func Solve(ctx context.Context, p *Problem, o Params) (*Result, error) {
	o.Threads = max(o.Threads, 1)
	h := newHall(p)
	r := &Result{Format: ResultFormat, Seed: o.Seed, Threads: o.Threads, Method: "matching", Hash: p.Hash()}
	all := make([]int, h.m)
	for i := range all {
		all[i] = i
	}
	matched := h.match(all, func(int) bool { return true })
	for _, a := range matched {
		if a < 0 {
			r.Status, r.Stop, r.Shortage = "infeasible", "proven", h.shortage(matched)
			return r, nil
		}
	}
	until := time.Time{}
	if o.TimeLimit > 0 {
		until = time.Now().Add(o.TimeLimit)
	}
	seconds := min(0.7*cmp.Or(o.Work, o.TimeLimit, 5*time.Second).Seconds(), mostSeconds)
	bound := h.bound()
	type found struct {
		at   []int
		soft int64
		hard int
		late bool
	}
	list := make([]found, o.Threads)
	useTabu := !h.hasHard && h.n <= tabuBooths && (h.flow != nil || h.n <= 60)
	r.Method = "annealing"
	var layers []layer
	if useTabu {
		r.Method = "tabu"
		layers = h.layers()
	}
	var wait sync.WaitGroup
	for k := range list {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(o.Seed), uint64(k)+0x1a7))
			e := &effort{ctx: ctx, until: until}
			if k == 0 && o.Progress != nil {
				e.tell = func(done float64, hard int, soft int64) { o.Progress(Progress{done, hard, soft}) }
			}
			f := &list[k]
			if useTabu {
				f.at, f.soft = h.manyTabu(layers, rng, k, matched, seconds, e)
			} else {
				f.at, f.soft, f.hard = h.manyAnneal(rng, matched, seconds, e)
			}
			f.late = e.late
		})
	}
	wait.Wait()
	best, late := 0, list[0].late
	for k := range list {
		late = late || list[k].late
		if better(list[k].hard, list[k].soft, list[best].hard, list[best].soft) {
			best = k
		}
	}
	r.Stop = "effort"
	switch {
	case ctx.Err() != nil:
		r.Stop = "interrupted"
	case late:
		r.Stop = "time_limit"
	}
	return r, h.result(r, newState(h, list[best].at), bound)
}

// shuffle changes places by chance where needs allow it.
func (h *hall) shuffle(rng *rand.Rand, at []int) {
	for i := range at {
		j := rng.IntN(len(at))
		if (i >= h.m || h.allowed[i][at[j]]) && (j >= h.m || h.allowed[j][at[i]]) {
			at[i], at[j] = at[j], at[i]
		}
	}
}

// manyAnneal anneals from several beginnings, more often the smaller the hall, and goes on beginning anew as long as hard rules stay broken and there is work left.
func (h *hall) manyAnneal(rng *rand.Rand, matched []int, seconds float64, e *effort) ([]int, int64, int) {
	moves := seconds * swapsPerSecond
	if h.flow != nil {
		moves /= math.Max(1, float64(h.m)/20)
	}
	total := int(min(moves, 4000*float64(h.n), 1e9))
	runs := max(1, min(12, 240/h.n))
	part := max(total/runs, 1)
	var best []int
	least, broken := int64(0), 0
	e.all = part * runs
	if tell := e.tell; tell != nil { // the best of all searches counts, not of the one at work
		e.tell = func(done float64, hard int, soft int64) {
			if best != nil && !better(hard, soft, broken, least) {
				hard, soft = broken, least
			}
			tell(done, hard, soft)
		}
	}
	for k := 0; k < runs || broken > 0 && k < runs+2; k++ {
		e.begun = part * k
		at, soft, hard := anneal(h, rng, h.begin(rng, matched), part, e)
		if best == nil || better(hard, soft, broken, least) {
			best, least, broken = at, soft, hard
		}
		if e.over() {
			break
		}
	}
	return best, least, broken
}

// result fills the result from a layout.
func (h *hall) result(r *Result, s *state, bound int64) error {
	r.Status = "feasible"
	if s.hard > 0 {
		r.Status = "broken"
	}
	if bound > s.soft {
		return fmt.Errorf("laying out: the bound %d is above the cost %d", bound, s.soft)
	}
	if bound == s.soft && s.hard == 0 {
		r.Status, r.Stop = "optimal", "proven"
	}
	gap := float64(s.soft-bound) / math.Max(1, float64(s.soft))
	r.Objective, r.Bound, r.Gap, r.Hard = &s.soft, &bound, &gap, s.hard
	for i := range h.m {
		r.Assignment = append(r.Assignment, Placement{h.p.Exhibitors[i].ID, h.p.Booths[s.at[i]].ID})
	}
	r.Reasons = s.breaches()
	return nil
}

// breaches lists the hard rules that a layout breaks and the neighbours that it pays for.
func (s *state) breaches() []Breach {
	h := s.h
	var out []Breach
	name := func(i int) string { return h.p.Exhibitors[i].ID }
	for g, n := range s.part {
		if n > 1 {
			b := Breach{Rule: h.groups[g].rule, Name: h.groups[g].name, Hard: true}
			for _, i := range h.groups[g].members {
				b.Exhibitors = append(b.Exhibitors, name(i))
			}
			out = append(out, b)
		}
	}
	for a := range h.n {
		for _, b := range h.next[a] {
			i, j := s.who[a], s.who[b]
			if a > b || i >= h.m || j >= h.m {
				continue
			}
			if _, hard := h.pair(i, j); hard > 0 {
				out = append(out, Breach{Rule: "apart", Exhibitors: []string{name(i), name(j)}, Hard: true})
			}
			if h.kind[i] >= 0 && h.kind[i] == h.kind[j] && h.w.same > 0 {
				out = append(out, Breach{Rule: "same_craft", Exhibitors: []string{name(i), name(j)}, Cost: h.w.same})
			}
			if h.p.Aversions != nil {
				if c := h.w.aversion * (h.p.Aversions[i][j] + h.p.Aversions[j][i]); c > 0 {
					out = append(out, Breach{Rule: "aversion", Exhibitors: []string{name(i), name(j)}, Cost: c})
				}
			}
		}
		for _, t := range h.close[a] {
			if i, j := s.who[a], s.who[t.booth]; a < t.booth {
				if c, hard := h.kept(i, j, t.rule); c > 0 || hard > 0 {
					out = append(out, Breach{Rule: "keep", Exhibitors: []string{name(i), name(j)}, Hard: hard > 0, Cost: c})
				}
			}
		}
	}
	return out
}

func shortageSentence(people, booths int) string {
	return fmt.Sprintf("these %d exhibitors can stand in these %d booths only: at least %d of them cannot be placed", people, booths, people-booths)
}
