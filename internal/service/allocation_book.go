package service

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/planner"
	"muntija/internal/planner/explain"
	"muntija/internal/planner/model"
	"muntija/internal/store"
)

// book is a run made ready for questions. Questions hold mu: the explanations build tables as they are asked.
type book struct {
	run, version int64
	p            *model.Problem
	pl           *model.Plan
	who          *members
	chances      []float64 // of a draw, by exhibitor

	mu    sync.Mutex
	ex    *explain.Book
	owner []int32         // exhibitor of each pair
	pair  map[int64]int32 // by participation
	rows  []bookRow       // made at the first question
}

// bookRow is one candidate at one exhibition.
type bookRow struct {
	pair   int32
	reason explain.Reason
	state  string // "chosen", "waiting", "not"
}

// openBooks is how many runs are kept ready.
const openBooks = 4

// accepted opens the run that an allocation holds to. An allocation without one is not found.
func (s *Allocations) accepted(tx *store.Tx, a *exhibition.Allocation) (*RunView, *book, error) {
	if a == nil || a.Accepted == 0 {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	run, err := tx.RunByID(a.ID, a.Accepted)
	if err != nil {
		return nil, nil, err
	}
	r, err := readRun(run)
	if err != nil {
		return nil, nil, err
	}
	b, err := s.open(run)
	return r, b, err
}

// open makes a run ready for questions, or finds that it is.
func (s *Allocations) open(r *store.AllocationRun) (*book, error) {
	s.mu.Lock()
	for i, b := range s.books {
		if b.run == r.ID && b.version == r.Version {
			s.books = append([]*book{b}, slices.Delete(s.books, i, i+1)...)
			s.mu.Unlock()
			return b, nil
		}
	}
	s.mu.Unlock()
	if r.State != exhibition.RunDone {
		return nil, fault.New(fault.State, "error.allocation.not_done")
	}
	b := &book{run: r.ID, version: r.Version, who: &members{}, pair: map[int64]int32{}}
	if err := readJob(r.Members, b.who); err != nil {
		return nil, err
	}
	if err := b.read(r); err != nil {
		return nil, err
	}
	b.owner = make([]int32, len(b.p.Exh))
	for i, who := range b.who.People {
		for k, id := range who.Pairs {
			o := b.p.Start[i] + int32(k)
			b.owner[o], b.pair[id] = int32(i), o
		}
	}
	b.ex = explain.New(b.p, b.pl)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.books = slices.DeleteFunc(s.books, func(x *book) bool { return x.run == b.run })
	s.books = append([]*book{b}, s.books[:min(len(s.books), openBooks-1)]...)
	return b, nil
}

// read reads problem and plan, or the draw. For a draw the order is that of the lottery keys.
func (b *book) read(r *store.AllocationRun) error {
	p, err := model.Decode(r.Problem)
	if err != nil {
		return err
	}
	if f, err := model.ReadPlan(r.Plan); err == nil {
		b.p = p
		b.pl, err = f.For(p)
		return err
	}
	_, f, err := planner.ReadDraw(r.Plan)
	if err != nil {
		return err
	}
	seed, err := model.SeedHex(f.Seed)
	if err != nil {
		return err
	}
	b.p, err = p.With(func(q *model.Problem) {
		q.Value = slices.Clone(q.Value)
		// it cannot be refused: a draw is of sense max, and its seed was checked when it was drawn
		_ = q.Apply(&model.Policy{Rule: model.RuleDraw, Seed: seed[:], Commitment: model.Commit(seed[:]), Class: make([]uint8, q.N())})
	})
	if err != nil {
		return err
	}
	index := b.p.IDs.Index()
	b.pl = &model.Plan{Prices: model.NewPrices(b.p, 1)}
	for _, id := range f.Drawn {
		b.pl.Chosen = append(b.pl.Chosen, b.p.Start[index[id]])
	}
	slices.Sort(b.pl.Chosen)
	b.chances = make([]float64, b.p.N())
	for _, x := range f.Chances {
		for _, id := range x.Exhibitors {
			b.chances[index[id]] = x.Chance
		}
	}
	return nil
}

// list makes the rows: by exhibition, those with a place first, then the waiting list, each in the order of the rule.
func (b *book) list() []bookRow {
	if b.rows != nil {
		return b.rows
	}
	for i := range b.who.People {
		for k, reason := range b.ex.Family(i) {
			row := bookRow{pair: b.p.Start[i] + int32(k), reason: reason, state: "not"}
			switch {
			case reason.Rule == explain.Placed:
				row.state = "chosen"
			case reason.Waiting > 0:
				row.state = "waiting"
			}
			b.rows = append(b.rows, row)
		}
	}
	order := map[string]int{"chosen": 0, "waiting": 1, "not": 2}
	slices.SortStableFunc(b.rows, func(x, y bookRow) int {
		if c := cmp.Or(cmp.Compare(b.p.Exh[x.pair], b.p.Exh[y.pair]), cmp.Compare(order[x.state], order[y.state])); c != 0 {
			return c
		}
		return b.order(x.pair, y.pair)
	})
	return b.rows
}

// order compares two pairs in the order of the rule.
func (b *book) order(x, y int32) int {
	a, c := b.p.Place(int(b.owner[x]), x), b.p.Place(int(b.owner[y]), y)
	switch {
	case a.Before(c):
		return -1
	case c.Before(a):
		return 1
	}
	return cmp.Compare(x, y)
}

// participation is the application behind a pair.
func (b *book) participation(o int32) int64 {
	i := b.owner[o]
	return b.who.People[i].Pairs[o-b.p.Start[i]]
}

// placeUnit is what one place is worth in the value of a plan under a rule, classUnit one turn, bandUnit one band: see model.Policy.
const (
	placeUnit = 1 << 23
	classUnit = 1 << 18
	bandUnit  = 1 << 12
)

// Worth is a value of a plan in words: whole places, turns of the rotation, bands of merit, and the rest, which the lottery and travel decide.
type Worth struct {
	Total                      int64
	Places, Turns, Bands, Rest int64
}

// WorthOf takes a value apart, with the sign of the whole.
func WorthOf(v int64) Worth {
	w := Worth{Total: v}
	sign := int64(1)
	if v < 0 {
		sign, v = -1, -v
	}
	// A place alone is worth a bit more than its unit, by the turns and bands of who has it: the next larger whole place is not the nearest.
	w.Places, v = v/placeUnit, v%placeUnit
	w.Turns, v = v/classUnit, v%classUnit
	w.Bands, w.Rest = v/bandUnit, v%bandUnit
	w.Places, w.Turns, w.Bands, w.Rest = sign*w.Places, sign*w.Turns, sign*w.Bands, sign*w.Rest
	return w
}

// ResultRow is one candidate at one exhibition as a coordinator sees it. Of the other party's people only who has a place is listed, with name, craft and products.
type ResultRow struct {
	Slot          int
	Exhibition    int64
	Wave          int
	Participation int64
	Own           bool
	Name          string
	Craft, Area   string
	Products      string
	State         string
	Reason        explain.Reason
	Chance        float64 // of a draw
	Pseudonym     string
	Forced        bool // by hand, in an override
}

// ResultHall is how an exhibition, or one of its waves, stands in a run.
type ResultHall struct {
	Slot       int
	Exhibition int64
	Wave       int
	Room       int // places that the run could give
	Places     int
	Applicants int
	More       OneMore // what one place more would gain
}

// Gauge is how a quota stands in a run. One over several exhibitions is Whole and has no Exhibition.
type Gauge struct {
	Slot       int
	Whole      bool
	In         []int64 // of a whole one: which exhibitions; none: all
	Exhibition int64
	Wave       int
	Quota      exhibition.Quota
	Held       int     // places and invitations that the run left alone
	Used       int     // of the run
	Most       OneMore // what one place more of the maximum would gain
	Least      OneMore // what one place less of a minimum that is met would gain
	Missing    int
	Cause      *explain.Cause
	Blocks     []BlockView
}

// TravelGauge is how much of what a party may spend on travel a run spends, in whole units of its currency, and what one journey more would gain.
type TravelGauge struct {
	exhibition.Travelling
	Spent int
	More  OneMore
}

// Percent is how much of the budget is spent.
func (g *TravelGauge) Percent() int { return min(100, 100*g.Spent/max(1, g.Budget)) }

// BlockView is a rule that stands against applicants of an unmet minimum.
type BlockView struct {
	Rule  explain.Rule
	Count int
	Quota *exhibition.Quota
	At    int64 // exhibition; 0 of a quota over several
}

// Percent is how full the quota is, or, if it has no upper bound, how much of its minimum is met.
func (g *Gauge) Percent() int {
	of := g.Quota.Max
	if of == 0 {
		of = g.Quota.Min
	}
	if of == 0 {
		return 0
	}
	return min(100, 100*(g.Held+g.Used)/of)
}

// ResultFilter narrows the list of a run.
type ResultFilter struct {
	Exhibition  int64
	Area, Craft string
	State       string
	Page        int
}

// resultPage is how many rows a page of the list has.
const resultPage = 40

// AllocationResult is a run with its plan.
type AllocationResult struct {
	*exhibition.Allocation
	Run     *RunView
	Season  *exhibition.Season
	Shows   map[int64]*exhibition.Exhibition
	Halls   []ResultHall
	Gauges  []Gauge
	Travel  []TravelGauge
	Rows    []ResultRow
	Total   int // rows that the filter lets through
	Pages   int
	Page    int
	Areas   []string // of the own candidates
	Crafts  []string
	Counts  map[string]int
	Draw    bool
	Forced  *ResultRow // of an override
	Names   map[int64]string
	CanRun  bool
	CanSign bool
}

func (s *Allocations) loadResult(tx *store.Tx, actor auth.Actor, id, run int64) (*AllocationResult, *book, error) {
	a, err := loadAllocation(tx, actor, auth.AllocationView, id)
	if err != nil {
		return nil, nil, err
	}
	whole, err := tx.RunByID(id, run)
	if err != nil {
		return nil, nil, err
	}
	b, err := s.open(whole)
	if err != nil {
		return nil, nil, err
	}
	v := &AllocationResult{Allocation: a, Shows: map[int64]*exhibition.Exhibition{}, Draw: a.Terms.Rule == exhibition.RuleEqual, CanRun: auth.Can(actor, auth.AllocationRun),
		CanSign: auth.Can(actor, auth.AllocationSign)}
	if v.Run, err = readRun(whole); err != nil {
		return nil, nil, err
	}
	if v.Season, err = seasonByID(tx, a.SeasonID); err != nil {
		return nil, nil, err
	}
	for _, x := range a.Terms.Exhibitions {
		if v.Shows[x], err = tx.ExhibitionByID("", x); err != nil {
			return nil, nil, err
		}
	}
	ids := []int64{v.Run.Body.By}
	for _, k := range v.Run.Body.Keys {
		ids = append(ids, k.By)
	}
	v.Names, err = userNames(tx, ids...)
	return v, b, err
}

// Result returns a run that is done: how exhibitions and quotas stand, and a page of the list.
func (s *Allocations) Result(ctx context.Context, actor auth.Actor, id, run int64, f ResultFilter) (*AllocationResult, error) {
	var v *AllocationResult
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var b *book
		var err error
		if v, b, err = s.loadResult(tx, actor, id, run); err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		v.measure(b)
		picked := v.pick(b, actor.Party, f)
		v.Total = len(picked)
		v.Pages = max(1, (len(picked)+resultPage-1)/resultPage)
		v.Page = min(max(1, f.Page), v.Pages)
		from := (v.Page - 1) * resultPage
		if v.Rows, err = s.fillRows(tx, actor, b, picked[from:min(len(picked), from+resultPage)], v); err != nil {
			return err
		}
		if forced := v.Run.Body.Ask.Forced; forced != 0 {
			if o, ok := b.pair[forced]; ok {
				rows, err := s.fillRows(tx, actor, b, []bookRow{{pair: o, state: "chosen"}}, v)
				if err != nil {
					return err
				}
				v.Forced = &rows[0]
			}
		}
		return nil
	})
	return v, err
}

// measure fills in how exhibitions and quotas stand.
func (v *AllocationResult) measure(b *book) {
	worth := b.worths(&v.Run.Body, &v.Terms)
	for _, h := range b.ex.Exhibitions() {
		slot := b.who.Slots[h.Exhibition]
		v.Halls = append(v.Halls, ResultHall{Slot: int(h.Exhibition), Exhibition: slot.Exhibition, Wave: slot.Wave, Room: int(b.p.Exhibitions[h.Exhibition].Capacity), Places: h.Places,
			Applicants: h.Applicants, More: worth[limitKey('h', int(h.Exhibition))]})
	}
	spends := b.ex.Budgets()
	for _, t := range v.Terms.Travel {
		k := slices.IndexFunc(b.p.Budgets, func(x model.Budget) bool { return x.ID == budgetID(t.Party) })
		if k < 0 {
			continue
		}
		held := t.Budget - int(b.p.Budgets[k].Amount) // places and invitations that the run left alone
		v.Travel = append(v.Travel, TravelGauge{Travelling: t, Spent: held + int(spends[k].Used), More: worth[limitKey('b', k)]})
	}
	causes := map[int32]explain.Cause{}
	for _, c := range b.ex.Unmet() {
		causes[c.Quota] = c
	}
	for k, g := range b.ex.Quotas() {
		q := b.who.Quotas[k]
		x := Gauge{Slot: q.Slot, Quota: q.Quota, Held: q.Held, Used: int(g.Used), Most: worth[limitKey('x', k)], Least: worth[limitKey('n', k)], Whole: q.Whole, In: q.In}
		if slot := b.who.Slots[q.Slot]; !q.Whole {
			x.Exhibition, x.Wave = slot.Exhibition, slot.Wave
		}
		x.Missing = max(0, q.Quota.Min-x.Held-x.Used)
		if q.Cut > 0 && x.Missing > 0 {
			x.Blocks = append(x.Blocks, b.quotaBlock(q.Cut-1, 0))
		}
		if c, ok := causes[int32(k)]; ok {
			x.Cause = &c
			for _, bl := range c.Blocks[:min(len(c.Blocks), 3)] {
				y := BlockView{Rule: bl.Rule, Count: bl.Count, At: b.who.Slots[bl.At].Exhibition}
				if bl.Rule == explain.QuotaFull {
					y = b.quotaBlock(int(bl.Index), bl.Count)
				}
				x.Blocks = append(x.Blocks, y)
			}
		}
		v.Gauges = append(v.Gauges, x)
	}
}

// quotaBlock is a full quota that stands against so many.
func (b *book) quotaBlock(index, count int) BlockView {
	q := b.who.Quotas[index]
	y := BlockView{Rule: explain.QuotaFull, Count: count, Quota: &q.Quota}
	if !q.Whole {
		y.At = b.who.Slots[q.Slot].Exhibition
	}
	return y
}

// pick filters the list. Of the other party's people only those with a place are there.
func (v *AllocationResult) pick(b *book, party place.Country, f ResultFilter) []bookRow {
	v.Counts = map[string]int{}
	areas, crafts := map[string]bool{}, map[string]bool{}
	var out []bookRow
	for _, row := range b.list() {
		who := b.who.People[b.owner[row.pair]]
		own := who.Traits.Party == party
		if !own && row.state != "chosen" {
			continue
		}
		if own {
			areas[who.Traits.Area], crafts[who.Traits.Craft] = true, true
		}
		if f.Exhibition != 0 && b.who.Slots[b.p.Exh[row.pair]].Exhibition != f.Exhibition || f.Area != "" && (who.Traits.Area != f.Area || !own) || f.Craft != "" && who.Traits.Craft != f.Craft {
			continue
		}
		v.Counts[row.state]++
		if f.State != "" && row.state != f.State {
			continue
		}
		out = append(out, row)
	}
	v.Areas, v.Crafts = sortedKeys(areas), sortedKeys(crafts)
	return out
}

func sortedKeys(set map[string]bool) []string {
	var out []string
	for k := range set {
		if k != "" {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// fillRows reads the names behind rows.
func (s *Allocations) fillRows(tx *store.Tx, actor auth.Actor, b *book, rows []bookRow, v *AllocationResult) ([]ResultRow, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = b.participation(r.pair)
	}
	byID, err := tx.ParticipationsByID(ids)
	if err != nil {
		return nil, err
	}
	var out []ResultRow
	for i, r := range rows {
		p := byID[ids[i]]
		if p == nil {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		slot := b.who.Slots[b.p.Exh[r.pair]]
		owner := b.owner[r.pair]
		row := ResultRow{Slot: int(b.p.Exh[r.pair]), Exhibition: slot.Exhibition, Wave: slot.Wave, Participation: p.ID, Own: p.Traits.Party == actor.Party, Name: p.Name, Craft: p.Traits.Craft,
			Products: p.Application.Products, State: r.state, Forced: v.Run.Body.Ask.Forced == p.ID}
		if row.Own {
			row.Area, row.Reason, row.Pseudonym = p.Traits.Area, r.reason, b.p.IDs.At(int(owner))
			if b.chances != nil {
				row.Chance = b.chances[owner]
			}
		}
		out = append(out, row)
	}
	return out, nil
}
