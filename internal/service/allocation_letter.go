package service

import (
	"context"
	"slices"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/planner/explain"
	"muntija/internal/store"
)

// Letter is what an allocation says to one exhibitor: arithmetic that anybody can repeat from the published file.
type Letter struct {
	Allocation *exhibition.Allocation
	Run        int64
	Hash       string // of the problem
	Exhibitor  int64
	Name       string
	NameEN     string
	Pseudonym  string
	Seed       []byte
	Forced     *RunAsk // if the exhibitor was forced in, or displaced, by hand
	Rows       []LetterRow
	Others     []LetterOther
	At         time.Time
}

// LetterRow is one exhibition where the exhibitor was a candidate.
type LetterRow struct {
	Participation int64
	Exhibition    *exhibition.Exhibition
	Wave          int
	State         exhibition.State // now
	Rank          int              // on the waiting list now
	Reason        explain.Reason
	With          *exhibition.Exhibition   // Conflict: where it has a place at that time
	Quota         *exhibition.Quota        // QuotaFull: which
	Cell          []exhibition.Quota       // the quotas that the exhibitor counts to there
	Whole         []exhibition.SeasonQuota // and those over several exhibitions
	Places        int                      // of the exhibition, given by the run
	Candidates    int                      // of the exhibition
	Chance        float64                  // of a draw
	By            string                   // what of the order decides between it and the last one with a seat: "class", "band", "key", ""
}

// LetterOther is an application that was no candidate, and the single rule that kept it out.
type LetterOther struct {
	Exhibition *exhibition.Exhibition
	Why        string // "refused", "papers", "busy", "enough", "full", "state"
	State      exhibition.State
	Reasons    []exhibition.Reason
	Papers     []exhibition.PaperProblem
}

// Letter returns the letter to the exhibitor of a participation, once an allocation that decided on it holds. It is for who may see that exhibitor, of its party.
func (s *Allocations) Letter(ctx context.Context, actor auth.Actor, participation int64) (*Letter, error) {
	var out *Letter
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, p, err := loadParticipation(tx, actor, auth.LetterView, participation)
		if err != nil {
			return err
		}
		a, err := tx.AllocationOf(e.ID)
		if err != nil {
			return err
		}
		r, b, err := s.accepted(tx, a)
		if err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		d, err := s.desk(tx, a, r, b)
		if err != nil {
			return err
		}
		mine, err := tx.Participations(0, store.ParticipationQuery{Exhibitor: p.ExhibitorID, Limit: noLimit})
		if err != nil {
			return err
		}
		out, err = d.write(tx, mine)
		return err
	})
	return out, err
}

// letterDesk writes the letters of one allocation. Who writes holds the mutex of its book.
type letterDesk struct {
	s     *Allocations
	a     *exhibition.Allocation
	r     *RunView
	b     *book
	seed  []byte
	halls []explain.Hall
	index map[int64]int    // of the people of the book, by exhibitor
	why   map[int64]string // of applications that were no candidates
	shows map[int64]*exhibition.Exhibition
}

func (s *Allocations) desk(tx *store.Tx, a *exhibition.Allocation, r *RunView, b *book) (*letterDesk, error) {
	d := &letterDesk{s: s, a: a, r: r, b: b, halls: b.ex.Exhibitions(), index: make(map[int64]int, len(b.who.People)), why: map[int64]string{}, shows: map[int64]*exhibition.Exhibition{}}
	for i, x := range b.who.People {
		d.index[x.Exhibitor] = i
	}
	for _, x := range b.who.Left {
		d.why[x.Participation] = x.Why
	}
	var err error
	d.seed, err = tx.AllocationSeed(a.ID)
	return d, err
}

func (d *letterDesk) show(tx *store.Tx, id int64) (*exhibition.Exhibition, error) {
	if d.shows[id] == nil {
		e, err := tx.ExhibitionByID("", id)
		if err != nil {
			return nil, err
		}
		d.shows[id] = e
	}
	return d.shows[id], nil
}

// write makes the letter to an exhibitor, whose participations are given: at least one.
func (d *letterDesk) write(tx *store.Tx, mine []exhibition.Participation) (*Letter, error) {
	b, ask, first := d.b, &d.r.Body.Ask, &mine[0]
	l := &Letter{Allocation: d.a, Run: d.r.ID, Hash: d.r.Body.Hash, Exhibitor: first.ExhibitorID, Name: first.Name, NameEN: first.NameEN,
		Pseudonym: d.s.pseudonym(d.a.ID, first.ExhibitorID), At: d.a.AcceptedAt, Seed: d.seed}
	byID := map[int64]*exhibition.Participation{}
	for i := range mine {
		byID[mine[i].ID] = &mine[i]
	}
	halls := d.halls
	i, candidate := d.index[l.Exhibitor]
	seen := map[int64]bool{}
	var err error
	if candidate {
		who := b.who.People[i]
		for k, reason := range b.ex.Family(i) {
			p := byID[who.Pairs[k]]
			if p == nil {
				return nil, fault.New(fault.NotFound, "error.not_found")
			}
			seen[p.ID] = true
			row := LetterRow{Participation: p.ID, Wave: p.Wave, State: p.State, Rank: p.Rank, Reason: reason, Places: halls[reason.Exhibition].Places, Candidates: halls[reason.Exhibition].Applicants,
				By: decides(&reason)}
			if row.Exhibition, err = d.show(tx, p.ExhibitionID); err != nil {
				return nil, err
			}
			if reason.Rule == explain.Conflict {
				if row.With, err = d.show(tx, b.who.Slots[reason.Other].Exhibition); err != nil {
					return nil, err
				}
			}
			if reason.Rule == explain.QuotaFull {
				row.Quota = &b.who.Quotas[reason.Index].Quota
			}
			for _, q := range row.Exhibition.Terms.Quotas {
				if q.Counts(*who.Traits) {
					row.Cell = append(row.Cell, q)
				}
			}
			for _, q := range l.Allocation.Terms.Quotas {
				if q.Covers(p.ExhibitionID) && q.Counts(*who.Traits) {
					row.Whole = append(row.Whole, q)
				}
			}
			if b.chances != nil {
				row.Chance = b.chances[i]
			}
			if ask.Forced == p.ID || slices.Contains(ask.Displaced, p.ID) {
				l.Forced = ask
			}
			l.Rows = append(l.Rows, row)
		}
	}
	for _, p := range mine {
		if seen[p.ID] || !l.Allocation.Has(p.ExhibitionID) {
			continue
		}
		o := LetterOther{Why: d.why[p.ID], State: p.State, Reasons: p.Reasons}
		if o.Exhibition, err = d.show(tx, p.ExhibitionID); err != nil {
			return nil, err
		}
		switch {
		case p.State == exhibition.Refused:
			o.Why = "refused"
		case o.Why == "":
			o.Why = "state"
		case o.Why == "papers":
			if o.Papers, err = papersOf(tx, o.Exhibition, &p); err != nil {
				return nil, err
			}
		}
		l.Others = append(l.Others, o)
	}
	return l, nil
}

// decides says what in the order of the rule parts an applicant from the last one with a seat in its cell.
func decides(r *explain.Reason) string {
	c := r.CutOff
	switch {
	case c == nil:
		return ""
	case c.Class != r.Own.Class:
		return "class"
	case c.Band != r.Own.Band:
		return "band"
	}
	return "key"
}

// HasLetter reports whether there is a letter about a participation that the actor may read.
func (s *Allocations) HasLetter(ctx context.Context, actor auth.Actor, participation int64) (bool, error) {
	has := false
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, _, err := loadParticipation(tx, actor, auth.LetterView, participation)
		if err != nil {
			return err
		}
		a, err := tx.AllocationOf(e.ID)
		has = a != nil && a.Accepted != 0
		return err
	})
	if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return has, err
}

// LetterRef leads to the letters of a family.
type LetterRef struct {
	Participation int64
	Name          string // of the exhibition
	NameEN        string
	At            time.Time
}

// LettersOf returns the letters to a family of the actor's reach, one for each allocation that decided on it.
func (s *Allocations) LettersOf(ctx context.Context, actor auth.Actor, family int64) ([]LetterRef, error) {
	var out []LetterRef
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, err := load(tx, actor, auth.LetterView, family)
		if err != nil {
			return err
		}
		x, err := tx.ExhibitorOfFamily(f.Party, family)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		list, err := tx.Participations(0, store.ParticipationQuery{Exhibitor: x.ID})
		if err != nil {
			return err
		}
		done := map[int64]bool{}
		for _, p := range list {
			a, err := tx.AllocationOf(p.ExhibitionID)
			if err != nil {
				return err
			}
			if a == nil || a.Accepted == 0 || done[a.ID] {
				continue
			}
			done[a.ID] = true
			season, err := seasonByID(tx, a.SeasonID)
			if err != nil {
				return err
			}
			out = append(out, LetterRef{p.ID, season.Name, season.NameEN, a.AcceptedAt})
		}
		return nil
	})
	if fault.Is(err, fault.Forbidden) {
		return nil, nil
	}
	return out, err
}

// Compared is two runs of one allocation side by side.
type Compared struct {
	*AllocationResult // of the first
	Other             *AllocationResult
	Lost, Won         []ResultRow // places that only the first has, that only the second has; of the other party's people as much as everywhere
	LostN, WonN       int
}

// maxCompared is how many changes a page shows of each kind.
const maxCompared = 60

// Compare lays two runs that are done side by side.
func (s *Allocations) Compare(ctx context.Context, actor auth.Actor, id, run, other int64) (*Compared, error) {
	var out *Compared
	err := s.db.View(ctx, func(tx *store.Tx) error {
		a, b, err := s.loadResult(tx, actor, id, run)
		if err != nil {
			return err
		}
		c, d, err := s.loadResult(tx, actor, id, other)
		if err != nil {
			return err
		}
		out = &Compared{AllocationResult: a, Other: c}
		places := func(b *book, v *AllocationResult) map[int64]bookRow {
			b.mu.Lock()
			defer b.mu.Unlock()
			v.measure(b)
			set := map[int64]bookRow{}
			for _, r := range b.list() {
				if r.state == "chosen" {
					set[b.participation(r.pair)] = r
				}
			}
			return set
		}
		left := places(b, a)
		right := left
		if d != b {
			right = places(d, c)
		} else {
			c.Halls, c.Gauges = a.Halls, a.Gauges
		}
		only := func(b *book, v *AllocationResult, mine, theirs map[int64]bookRow) ([]ResultRow, int, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			var rows []bookRow
			for _, r := range b.list() {
				if _, both := theirs[b.participation(r.pair)]; r.state == "chosen" && !both {
					rows = append(rows, r)
				}
			}
			out, err := s.fillRows(tx, actor, b, rows[:min(len(rows), maxCompared)], v)
			return out, len(rows), err
		}
		if out.Lost, out.LostN, err = only(b, a, left, right); err != nil {
			return err
		}
		out.Won, out.WonN, err = only(d, c, right, left)
		return err
	})
	return out, err
}

// Whole returns a run that is done with the whole list as the actor sees it, for a file.
func (s *Allocations) Whole(ctx context.Context, actor auth.Actor, id, run int64) (*AllocationResult, error) {
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
		picked := v.pick(b, actor.Party, ResultFilter{})
		v.Rows, err = s.fillRows(tx, actor, b, picked, v)
		return err
	})
	return v, err
}
