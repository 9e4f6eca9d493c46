package service

import (
	"cmp"
	"context"
	"slices"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/store"
)

// PublicDraw is what anybody may know of an allocation: the promise made before the calls closed, and, once it holds, everything that decided, under pseudonyms.
// Nothing in it is personal: a pseudonym is known to its family, by its letter, and to nobody else.
type PublicDraw struct {
	ID        int64
	Season    *exhibition.Season
	Terms     exhibition.AllocationTerms
	State     string
	Shows     []PublicShow
	Created   *exhibition.Allocation
	Seed      []byte // nil while it is secret
	Run       int64  // the run that holds; 0: none yet
	Hash      string
	Places    int
	Overrides []PublicOverride
	Rows      []PublicRow
	Total     int
	Page      int
	Pages     int
	Find      string
	Draw      bool
	Mended    bool // planned again after declines: who had a place kept it, whatever the order
}

// PublicShow is one exhibition of an allocation.
type PublicShow struct {
	ID           int64
	Name, NameEN string
	Places       int
	Candidates   int
}

// PublicOverride is a decision by hand: who, and what it cost the plan.
type PublicOverride struct {
	Pseudonym string
	Cost      Worth
}

// PublicRow is one pseudonym at one exhibition.
type PublicRow struct {
	Pseudonym  string
	Exhibition int64
	Wave       int
	Class      int
	Band       int
	Key        uint64
	Chosen     bool
	Waiting    int
	Chance     float64
}

// publicPage is how many rows the public list shows at once.
const publicPage = 60

// Draws returns the allocations, the newest first, for everybody.
func (s *Allocations) Draws(ctx context.Context) ([]PublicDraw, error) {
	var out []PublicDraw
	err := s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Allocations("", 0)
		if err != nil {
			return err
		}
		out = nil
		for i := range list {
			d, err := publicDraw(tx, &list[i])
			if err != nil {
				return err
			}
			out = append(out, *d)
		}
		return nil
	})
	return out, err
}

func publicDraw(tx *store.Tx, a *exhibition.Allocation) (*PublicDraw, error) {
	d := &PublicDraw{ID: a.ID, Terms: a.Terms, State: a.State(), Created: a, Run: a.Accepted, Draw: a.Terms.Rule == exhibition.RuleEqual}
	var err error
	if d.Season, err = seasonByID(tx, a.SeasonID); err != nil {
		return nil, err
	}
	for _, id := range a.Terms.Exhibitions {
		e, err := tx.ExhibitionByID("", id)
		if err != nil {
			return nil, err
		}
		d.Shows = append(d.Shows, PublicShow{ID: id, Name: e.Terms.Name, NameEN: e.Terms.NameEN})
	}
	return d, nil
}

// Draw returns one allocation for everybody, with a page of its list; find narrows it to a pseudonym.
func (s *Allocations) Draw(ctx context.Context, id int64, find string, page int) (*PublicDraw, error) {
	var d *PublicDraw
	err := s.db.View(ctx, func(tx *store.Tx) error {
		a, err := tx.AllocationByID("", id)
		if err != nil {
			return err
		}
		if d, err = publicDraw(tx, a); err != nil {
			return err
		}
		d.Find = find
		if !a.Revealed.IsZero() {
			if d.Seed, err = tx.AllocationSeed(id); err != nil {
				return err
			}
		}
		if a.Accepted == 0 {
			return nil
		}
		r, b, err := s.accepted(tx, a)
		if err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		d.Hash, d.Places, d.Mended = r.Body.Hash, r.Body.Places, r.Kind == exhibition.RunReplan
		if o, ok := b.pair[r.Body.Ask.Forced]; ok {
			d.Overrides = append(d.Overrides, PublicOverride{b.p.IDs.At(int(b.owner[o])), WorthOf(r.Body.Ask.Cost)})
		}
		d.fill(b, page)
		return nil
	})
	return d, err
}

func (d *PublicDraw) fill(b *book, page int) {
	for _, h := range b.ex.Exhibitions() {
		i := slices.IndexFunc(d.Shows, func(x PublicShow) bool { return x.ID == b.who.Slots[h.Exhibition].Exhibition })
		d.Shows[i].Places += h.Places
		d.Shows[i].Candidates += h.Applicants
	}
	var all []PublicRow
	for _, row := range b.list() {
		owner := int(b.owner[row.pair])
		name := b.p.IDs.At(owner)
		if d.Find != "" && name != d.Find {
			continue
		}
		slot := b.who.Slots[b.p.Exh[row.pair]]
		x := PublicRow{Pseudonym: name, Exhibition: slot.Exhibition, Wave: slot.Wave, Class: row.reason.Own.Class, Band: row.reason.Own.Band, Key: row.reason.Own.Key, Chosen: row.state == "chosen",
			Waiting: row.reason.Waiting}
		if b.chances != nil {
			x.Chance = b.chances[owner]
		}
		all = append(all, x)
	}
	d.Total = len(all)
	d.Pages = max(1, (len(all)+publicPage-1)/publicPage)
	d.Page = cmp.Or(min(max(1, page), d.Pages), 1)
	from := (d.Page - 1) * publicPage
	d.Rows = all[from:min(len(all), from+publicPage)]
}

// DrawFile returns the file of an allocation that holds: problem, plan, seed and commitment, as "muntija plan verify" reads it.
func (s *Allocations) DrawFile(ctx context.Context, id int64) ([]byte, error) {
	var file []byte
	err := s.db.View(ctx, func(tx *store.Tx) error {
		a, err := tx.AllocationByID("", id)
		if err != nil {
			return err
		}
		if a.Accepted == 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		run, err := tx.RunByID(id, a.Accepted)
		if err != nil {
			return err
		}
		file = run.Plan
		return nil
	})
	return file, err
}
