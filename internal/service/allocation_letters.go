package service

import (
	"cmp"
	"context"
	"slices"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/store"
)

// LettersInPart is how many letters are printed at once: about 250 sheets, and a page of half a megabyte.
const LettersInPart = 100

// LetterFilter says whose letters are meant. Empty values do not restrict.
type LetterFilter struct {
	Exhibition int64  // who applied to it
	Area       string // of the exhibitor
	Outcome    string // "chosen", "waiting" or "not": the best of an exhibitor's outcomes
}

// LetterOutcomes are the outcomes that letters may be of, the best first.
func LetterOutcomes() []string { return []string{"chosen", "waiting", "not"} }

// LetterSheaf is the letters of an allocation to the exhibitors that the actor speaks with, by area and name, in parts.
type LetterSheaf struct {
	*exhibition.Allocation
	Season  *exhibition.Season
	Shows   []*exhibition.Exhibition
	Areas   []string
	Counts  map[string]int // by outcome, of those that exhibition and area let through
	Total   int
	Parts   []LetterPart
	Letters []*Letter // of the part that was asked for
}

// LetterPart is one part, with the areas and names that it begins and ends with.
type LetterPart struct {
	N, First, Last int // number of the part; of its first and last letter, from 1
	From, To       string
}

// Letters returns the sheaf of an allocation that holds, with the letters of one part (from 1; 0: none). A part that there is not is not found.
func (s *Allocations) Letters(ctx context.Context, actor auth.Actor, id int64, f LetterFilter, part int) (*LetterSheaf, error) {
	var out *LetterSheaf
	err := s.db.View(ctx, func(tx *store.Tx) error {
		reach, err := auth.ReachOf(actor, auth.LetterView)
		if err != nil {
			return err
		}
		a, err := tx.AllocationByID(actor.Party, id)
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
		out = &LetterSheaf{Allocation: a}
		if out.Season, err = seasonByID(tx, a.SeasonID); err != nil {
			return err
		}
		return out.gather(tx, d, reach, f, part)
	})
	return out, err
}

// addressee is who gets a letter.
type addressee struct {
	list    []exhibition.Participation // in the exhibitions of the allocation
	outcome string
}

func (v *LetterSheaf) gather(tx *store.Tx, d *letterDesk, reach auth.Reach, f LetterFilter, part int) error {
	people := map[int64]*addressee{}
	for _, x := range v.Terms.Exhibitions {
		e, err := d.show(tx, x)
		if err != nil {
			return err
		}
		v.Shows = append(v.Shows, e)
		list, err := tx.Participations(x, store.ParticipationQuery{Party: reach.Party, Limit: noLimit})
		if err != nil {
			return err
		}
		for _, p := range list {
			if !reach.Holds(participationSubject(&p)) {
				continue
			}
			if people[p.ExhibitorID] == nil {
				people[p.ExhibitorID] = &addressee{}
			}
			people[p.ExhibitorID].list = append(people[p.ExhibitorID].list, p)
		}
	}
	best := d.outcomes()
	areas, order := map[string]bool{}, []*addressee{}
	v.Counts = map[string]int{}
	for id, x := range people {
		area := x.list[0].Traits.Area
		areas[area] = true
		if f.Area != "" && f.Area != area || f.Exhibition != 0 && !slices.ContainsFunc(x.list, func(p exhibition.Participation) bool { return p.ExhibitionID == f.Exhibition }) {
			continue
		}
		x.outcome = cmp.Or(best[id], "not")
		v.Counts[x.outcome]++
		if f.Outcome == "" || f.Outcome == x.outcome {
			order = append(order, x)
		}
	}
	v.Areas, v.Total = sortedKeys(areas), len(order)
	slices.SortFunc(order, func(x, y *addressee) int {
		p, q := &x.list[0], &y.list[0]
		return cmp.Or(cmp.Compare(p.Traits.Area, q.Traits.Area), cmp.Compare(p.Name, q.Name), cmp.Compare(p.ExhibitorID, q.ExhibitorID))
	})
	for from := 0; from < len(order); from += LettersInPart {
		to := min(len(order), from+LettersInPart)
		v.Parts = append(v.Parts, LetterPart{len(v.Parts) + 1, from + 1, to, order[from].list[0].Name, order[to-1].list[0].Name})
	}
	if part == 0 {
		return nil
	}
	if part < 0 || part > len(v.Parts) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	for _, x := range order[(part-1)*LettersInPart : min(len(order), part*LettersInPart)] {
		l, err := d.write(tx, x.list)
		if err != nil {
			return err
		}
		v.Letters = append(v.Letters, l)
	}
	return nil
}

// outcomes is the best of each candidate's outcomes.
func (d *letterDesk) outcomes() map[int64]string {
	best := make(map[int64]string, len(d.b.who.People))
	for _, row := range d.b.list() {
		id := d.b.who.People[d.b.owner[row.pair]].Exhibitor
		if was, ok := best[id]; !ok || slices.Index(LetterOutcomes(), row.state) < slices.Index(LetterOutcomes(), was) {
			best[id] = row.state
		}
	}
	return best
}
