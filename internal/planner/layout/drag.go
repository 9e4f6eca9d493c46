package layout

import (
	"errors"
	"slices"
)

// Moved is what becomes of a layout when somebody is put into another booth.
type Moved struct {
	Possible   bool        // the booth meets the needs of who was moved, and whoever stood there can stand somewhere
	Cost       int64       // change of the objective
	Hard       int         // change of the hard breaches
	Assignment []Placement // the layout after the best repair
	Repaired   []Placement // who else was moved to make room, and where to
}

var errUnknown = errors.New("the layout or the move names something that the problem does not have")

// Floor is a problem made ready for questions about layouts of it, of which it answers one at a time.
type Floor struct {
	p     *Problem
	h     *hall
	who   map[string]int
	where map[string]int
}

// Prepare makes a problem that Check has passed ready.
func Prepare(p *Problem) *Floor {
	f := &Floor{p: p, h: newHall(p), who: map[string]int{}, where: map[string]int{}}
	for i, x := range p.Exhibitors {
		f.who[x.ID] = i
	}
	for a, b := range p.Booths {
		f.where[b.ID] = a
	}
	return f
}

// seat reads where a plan puts the exhibitors, -1 for who has no booth, and which booths are taken.
func (f *Floor) seat(plan []Placement) (at []int, taken []bool, err error) {
	at, taken = slices.Repeat([]int{-1}, f.h.m), make([]bool, f.h.n)
	for _, q := range plan {
		i, okI := f.who[q.Exhibitor]
		a, okA := f.where[q.Booth]
		if !okI || !okA || taken[a] || at[i] >= 0 {
			return nil, nil, errUnknown
		}
		at[i], taken[a] = a, true
	}
	return at, taken, nil
}

// Drag is [Floor.Drag] of one problem.
func Drag(p *Problem, plan []Placement, exhibitor, booth string) (*Moved, error) {
	return Prepare(p).Drag(plan, exhibitor, booth)
}

// Drag puts an exhibitor into a booth. Who stood there goes where it costs least: to a free booth, to the one that became free, or to that of a third who goes to that one. Of
// the exhibitors of the problem the one who is dragged may have had no booth; all others must have one.
func (f *Floor) Drag(plan []Placement, exhibitor, booth string) (*Moved, error) {
	at, taken, err := f.seat(plan)
	if err != nil {
		return nil, err
	}
	h, p := f.h, f.p
	i, okI := f.who[exhibitor]
	a, okA := f.where[booth]
	if !okI || !okA {
		return nil, errUnknown
	}
	for k, b := range at {
		if b < 0 && k != i {
			return nil, errUnknown
		}
	}
	out := &Moved{}
	if at[i] == a {
		out.Possible, out.Assignment = true, plan
		return out, nil
	}
	if !h.allowed[i][a] {
		return out, nil
	}
	before, err := f.Measure(plan)
	if err != nil {
		return nil, err
	}
	if at[i] < 0 { // who has no booth begins in a free one, whether it suits or not
		if at[i] = slices.Index(taken, false); at[i] < 0 {
			return out, nil
		}
	}
	s := newState(h, h.fill(at))
	j, came := s.who[a], s.at[i]
	if j != i { // it is i if the first free booth is the one
		s.swap(i, j) // j, whoever that is, stands where i stood
	}
	if j != i && j < h.m { // else the booth was free: nobody needs another
		to := s.settle(i, j, came)
		if to < 0 {
			return out, nil
		}
		k := s.who[to]
		if k != j {
			s.swap(j, k)
		}
		out.Repaired = append(out.Repaired, Placement{p.Exhibitors[j].ID, p.Booths[to].ID})
		if k != j && k < h.m {
			out.Repaired = append(out.Repaired, Placement{p.Exhibitors[k].ID, p.Booths[came].ID})
		}
	}
	out.Possible, out.Cost, out.Hard = true, s.soft-before.Soft, s.hard-before.Hard
	for x := range h.m {
		out.Assignment = append(out.Assignment, Placement{p.Exhibitors[x].ID, p.Booths[s.at[x]].ID})
	}
	return out, nil
}

// settle returns the booth where j, who stands where i came from, goes best: it stays, changes with a third who can stand there, or takes a free booth; -1 for none.
func (s *state) settle(i, j, came int) int {
	h := s.h
	best, bestSoft, bestHard := -1, int64(0), 0
	for _, b := range h.free[j] {
		k := s.who[b]
		if k == i || k != j && k < h.m && !h.allowed[k][came] {
			continue
		}
		soft, hard := int64(0), 0
		if k != j {
			soft, hard = s.swap(j, k)
		}
		if best < 0 || better(s.hard, s.soft, bestHard, bestSoft) {
			best, bestSoft, bestHard = b, s.soft, s.hard
		}
		if k != j {
			s.undo(j, k, soft, hard)
		}
	}
	return best
}

// Tally is what a layout costs, by rule.
type Tally struct {
	Cost      map[string]int64 // "same_craft", "crowd", "heavy", "move", "wishes" (Problem.Costs), "keep", "flow", "aversion"
	Wishes    map[string]int64 // by the id of Problem.Costs
	Hard      int
	Soft      int64
	Unsuited  []string // exhibitors whose booth does not meet their needs
	Breaches  []Breach // as in a result
	Exhibited int      // exhibitors with a booth
}

// Measure is [Floor.Measure] of one problem.
func Measure(p *Problem, plan []Placement) (*Tally, error) { return Prepare(p).Measure(plan) }

// Measure returns what a layout costs in which exhibitors may be without a booth.
func (f *Floor) Measure(plan []Placement) (*Tally, error) {
	at, _, err := f.seat(plan)
	if err != nil {
		return nil, err
	}
	h, p := f.h, f.p
	t := &Tally{Cost: map[string]int64{}, Wishes: map[string]int64{}}
	nobody := h.m
	s := &state{h: h, at: at, who: slices.Repeat([]int{nobody}, h.n), part: make([]int, len(h.groups)), mark: make([]int, h.n)}
	for i, a := range at {
		if a >= 0 {
			s.who[a] = i
			t.Exhibited++
		}
	}
	rows := map[string]map[string]int64{}
	for _, c := range p.Costs {
		rows[c.ID] = c.Booths
	}
	for i, a := range at {
		if a < 0 {
			continue
		}
		x, b := &p.Exhibitors[i], &p.Booths[a]
		if !h.allowed[i][a] {
			t.Unsuited = append(t.Unsuited, x.ID)
		}
		t.Cost["heavy"] += h.w.heavy * x.Heavy * b.Loading
		if x.Home != "" && x.Home != b.ID {
			t.Cost["move"] += h.w.move
		}
		for _, id := range x.Costs {
			if c := rows[id][b.ID]; c > 0 {
				t.Cost["wishes"] += c
				t.Wishes[id] += c
			}
		}
		for _, n := range h.near[a] {
			if j := s.who[n]; a < n && j != nobody {
				t.Cost["crowd"] += h.w.crowd * h.pull[i] * h.pull[j]
			}
		}
		if h.flow != nil {
			for j, c := range at {
				if c >= 0 {
					t.Cost["flow"] += h.w.flow * h.flow[i][j] * h.way(a, c)
				}
			}
		}
	}
	for g := range h.groups {
		members := h.groups[g].members
		placed := slices.DeleteFunc(slices.Clone(members), func(i int) bool { return at[i] < 0 })
		if len(placed) > 0 {
			h.groups[g].members = placed
			s.part[g] = s.parts(g)
			h.groups[g].members = members
			t.Hard += s.part[g] - 1
		}
	}
	t.Breaches = s.breaches()
	for _, b := range t.Breaches {
		t.Cost[b.Rule] += b.Cost
		if b.Hard && (b.Rule == "apart" || b.Rule == "keep") {
			t.Hard++
		}
	}
	for _, c := range t.Cost {
		t.Soft += c
	}
	return t, nil
}

// Seatless returns who finds no booth that meets the needs even when as many as can be do; of those who compete for booths the first in the list has one.
func Seatless(p *Problem) []string {
	h := newHall(p)
	owner := slices.Repeat([]int{-1}, h.n)
	seen := make([]int, h.n)
	var try func(i, round int) bool
	try = func(i, round int) bool {
		for _, a := range h.free[i] {
			if owner[a] < 0 {
				owner[a] = i
				return true
			}
		}
		for _, a := range h.free[i] {
			if seen[a] == round {
				continue
			}
			seen[a] = round
			if try(owner[a], round) {
				owner[a] = i
				return true
			}
		}
		return false
	}
	var out []string
	for i := range h.m {
		if !try(i, i+1) {
			out = append(out, p.Exhibitors[i].ID)
		}
	}
	return out
}
