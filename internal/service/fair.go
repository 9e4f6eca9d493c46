package service

import (
	"cmp"
	"context"
	"slices"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/store"
)

// Fair is an agreed exhibition as the public sees it. Quotas, fees, calls and who applied are the ministries' own.
type Fair struct {
	ID            int64
	Name, NameEN  string
	Theme         string
	Edition       int
	GuestOfHonour string
	Host          place.Country
	City          string
	Venue         exhibition.Label
	First, Last   calendar.Date
	Hours         exhibition.Hours
	Waves         []exhibition.Wave
	Today         calendar.Date
}

// Over reports whether the last day has passed.
func (f *Fair) Over() bool { return f.Today.After(f.Last) }

// Running reports whether it is on today.
func (f *Fair) Running() bool { return !f.Over() && !f.Today.Before(f.First) }

func fairOf(e *exhibition.Exhibition, today calendar.Date) Fair {
	t := &e.Terms
	return Fair{ID: e.ID, Name: t.Name, NameEN: t.NameEN, Theme: t.Theme, Edition: t.Edition, GuestOfHonour: t.GuestOfHonour, Host: t.Host, City: t.City, Venue: exhibition.Label{AR: t.Venue, EN: t.VenueEN}, First: t.First, Last: t.Last,
		Hours: t.Hours, Waves: t.Waves, Today: today}
}

// shownFairs is how many exhibitions the public's list holds, soonFairs how many stand beside other lists, and fairsKept for how long one stays.
const (
	shownFairs = 60
	soonFairs  = 12
	fairsKept  = 400 // days
)

// Fairs returns the exhibitions that the public may know of: those to come and those of the last year, the nearest first. With soon only the next that are not over.
func (s *Catalogue) Fairs(ctx context.Context, soon bool) (out []Fair, err error) {
	today := s.today()
	from, most := today, soonFairs
	if !soon {
		from, most = today.AddDays(-fairsKept), shownFairs
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.PublicFairs(from, most)
		out = nil
		for i := range list {
			out = append(out, fairOf(&list[i], today))
		}
		return err
	})
	return out, err
}

// FairMaker is a family whose products stand in an exhibition, as the catalogue shows it, with its booth.
type FairMaker struct {
	store.MakerProducts
	Stand Stand
	Wave  int
}

// FairView is an exhibition with the makers who come. A family that did not consent to the catalogue, or has no product in it, is not among them.
type FairView struct {
	Fair
	Makers   []FairMaker
	Products int
}

// Fair returns an exhibition that the public may know of with its makers, by booth; else fault.NotFound.
func (s *Catalogue) Fair(ctx context.Context, id int64) (*FairView, error) {
	var v *FairView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, makers, stands, err := s.fairMakers(tx, id)
		if err != nil {
			return err
		}
		v = &FairView{Fair: fairOf(e, s.today())}
		faces, err := tx.PublicMakers(familiesOf(makers))
		if err != nil {
			return err
		}
		of := byFamily(makers)
		for _, f := range faces {
			m := of[f.Family]
			v.Makers = append(v.Makers, FairMaker{f, stands[m.Participation], m.Wave})
			v.Products += f.Count
		}
		slices.SortStableFunc(v.Makers, func(a, b FairMaker) int {
			return cmp.Or(cmp.Compare(a.Wave, b.Wave), placedFirst(a.Stand, b.Stand), cmp.Compare(a.Stand.HallID, b.Stand.HallID), cmp.Compare(a.Stand.Booth, b.Stand.Booth), cmp.Compare(a.Maker.AR, b.Maker.AR))
		})
		return nil
	})
	return v, err
}

// placedFirst orders those with a booth before those without.
func placedFirst(a, b Stand) int {
	switch {
	case a.Placed() == b.Placed():
		return 0
	case a.Placed():
		return -1
	}
	return 1
}

func (s *Catalogue) fairMakers(tx *store.Tx, id int64) (*exhibition.Exhibition, []store.FairMaker, map[int64]Stand, error) {
	e, err := tx.PublicFair(id)
	if err != nil {
		return nil, nil, nil, err
	}
	makers, err := tx.FairMakers(id)
	if err != nil {
		return nil, nil, nil, err
	}
	stands, err := s.stands(tx, e)
	return e, makers, stands, err
}

// familiesOf returns the families of makers, each once.
func familiesOf(makers []store.FairMaker) []int64 {
	out := make([]int64, 0, len(makers))
	for _, m := range makers {
		if !slices.Contains(out, m.Family) {
			out = append(out, m.Family)
		}
	}
	return out
}

// byFamily names the participation of each family; of one that comes by itself and with an association, the first.
func byFamily(makers []store.FairMaker) map[int64]store.FairMaker {
	out := make(map[int64]store.FairMaker, len(makers))
	for _, m := range makers {
		if _, ok := out[m.Family]; !ok {
			out[m.Family] = m
		}
	}
	return out
}

// FairProducts returns a page of the products that stand in an exhibition, and the booths of their makers by family.
func (s *Catalogue) FairProducts(ctx context.Context, id int64, q store.CatalogueQuery) (fair Fair, list store.CatalogueList, booths map[int64]Stand, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		e, makers, stands, err := s.fairMakers(tx, id)
		if err != nil {
			return err
		}
		fair, booths = fairOf(e, s.today()), map[int64]Stand{}
		for family, m := range byFamily(makers) {
			booths[family] = stands[m.Participation]
		}
		q.Families, q.Chosen = familiesOf(makers), true
		list, err = tx.ListCatalogue(q)
		return err
	})
	return fair, list, booths, err
}

// ProductFair is an exhibition to come where a product can be seen.
type ProductFair struct {
	Fair
	Stand Stand
}

// fairsOf returns where the products of a family can be seen.
func (s *Catalogue) fairsOf(tx *store.Tx, family int64) ([]ProductFair, error) {
	today := s.today()
	found, err := tx.FairsOf(family, today)
	if err != nil {
		return nil, err
	}
	var out []ProductFair
	for _, f := range found {
		e, err := tx.PublicFair(f.ExhibitionID)
		if err != nil {
			return nil, err
		}
		stand, err := s.standOf(tx, e, f.Participation)
		if err != nil {
			return nil, err
		}
		x := ProductFair{fairOf(e, today), stand}
		if first, last, ok := e.Terms.Run(f.Wave); ok {
			x.First, x.Last = first, last
		}
		out = append(out, x)
	}
	return out, nil
}
