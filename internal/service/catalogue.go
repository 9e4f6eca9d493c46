package service

import (
	"context"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Catalogue holds what anybody may read: approved products of approved families that consented. It asks for no actor, because it has nothing to hide:
// the store keeps the public rows apart (see the table catalogue), and what leaves public sight leaves them in the same transaction.
type Catalogue struct{ core }

// Edition tells public pages apart: those that were drawn at the same numbers of changes, on the same day, are the same.
type Edition struct {
	Products, Fairs int64
	Day             calendar.Date
}

// Edition returns the present one.
func (s *Catalogue) Edition(ctx context.Context) (e Edition, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		e.Products, e.Fairs, err = tx.PublicSeqs()
		return err
	})
	e.Day = s.today()
	return e, err
}

// List returns a page of the catalogue.
func (s *Catalogue) List(ctx context.Context, q store.CatalogueQuery) (out store.CatalogueList, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out, err = tx.ListCatalogue(q)
		return err
	})
	return out, err
}

// Faces returns for each craft the photograph of its newest product that has one.
func (s *Catalogue) Faces(ctx context.Context) (faces map[string]int64, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		faces, err = tx.CatalogueFaces()
		return err
	})
	return faces, err
}

// PublicView is one product with others of its maker.
type PublicView struct {
	store.PublicProduct
	Type  *registry.Taxon // of the party's taxonomy; nil if none was chosen
	More  []store.PublicProduct
	Fairs []ProductFair // to come, where it can be seen
}

// Product returns a product that is in the catalogue now, else NotFound.
func (s *Catalogue) Product(ctx context.Context, id int64) (*PublicView, error) {
	v := &PublicView{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		p, err := tx.PublicProductByID(id)
		if err != nil {
			return err
		}
		v.PublicProduct = *p
		more, err := tx.PublicProductsOf(p.Family, 9)
		if err != nil {
			return err
		}
		for _, x := range more {
			if x.ID != id && len(v.More) < 8 {
				v.More = append(v.More, x)
			}
		}
		if v.Fairs, err = s.fairsOf(tx, p.Family); err != nil || p.Record.Type == "" {
			return err
		}
		lines, err := taxonomy(tx, p.Party)
		for i := range lines {
			if lines[i].Code == p.Record.Type {
				v.Type = &lines[i]
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Photo returns the bytes of a photograph of a public product, or of its small picture.
func (s *Catalogue) Photo(ctx context.Context, id int64, thumb bool) (body []byte, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		body, err = tx.PublicPhotoBytes(id, thumb)
		return err
	})
	return body, err
}

// IDs returns the ids of all public products, newest approvals last, for the sitemap, which may hold 50,000 addresses with those of other pages.
func (s *Catalogue) IDs(ctx context.Context) (ids []int64, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		ids, err = tx.PublicIDs(49_900)
		return err
	})
	return ids, err
}

// Selection is what a printed catalogue holds. Empty values do not restrict.
type Selection struct {
	Party      place.Country
	Craft      string
	Area       string
	Exhibition int64 `json:",omitempty"` // only what stands in it
	Volume     int   `json:",omitempty"` // of a selection that is more than one book, from 1; 0 is 1
}

// MaxPrinted is the most products of one printed catalogue: what is more is printed in volumes.
const MaxPrinted = 1000

// PrintedBook is what one printed catalogue holds.
type PrintedBook struct {
	Products        []store.PublicProduct // by craft, country and area
	Booths          map[int64]Stand       // by family, of an exhibition's book
	Fair            *Fair
	Volume, Volumes int
	Total           int // products of all volumes
}

// Printed returns the products of a printed catalogue. The volumes of a long one follow each other by craft; one that there is not is a problem.
func (s *Catalogue) Printed(ctx context.Context, actor auth.Actor, sel Selection) (*PrintedBook, error) {
	if err := auth.Allow(actor, auth.CataloguePrint, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	var b *PrintedBook
	err := s.db.View(ctx, func(tx *store.Tx) error {
		b = &PrintedBook{Booths: map[int64]Stand{}, Volume: max(1, sel.Volume)}
		keys, err := s.printed(tx, sel, b)
		if err != nil {
			return err
		}
		order := map[string]int{}
		for i, c := range registry.Crafts() {
			order[c.Code] = i
		}
		slices.SortStableFunc(keys, func(a, b store.PublicKey) int { return order[a.Craft] - order[b.Craft] })
		b.Total, b.Volumes = len(keys), max(1, (len(keys)+MaxPrinted-1)/MaxPrinted)
		if b.Volume > b.Volumes {
			var ps fault.Problems
			ps.Add("volume", "problem.catalogue.volume", b.Volumes)
			return ps.Err()
		}
		keys = keys[(b.Volume-1)*MaxPrinted : min(len(keys), b.Volume*MaxPrinted)]
		ids := make([]int64, len(keys))
		for i, k := range keys {
			ids[i] = k.ID
		}
		b.Products, err = tx.PublicProducts(ids)
		return err
	})
	return b, err
}

// printed returns the products that a selection names, and fills in the exhibition of one.
func (s *Catalogue) printed(tx *store.Tx, sel Selection, b *PrintedBook) ([]store.PublicKey, error) {
	var families []int64
	if sel.Exhibition != 0 {
		e, makers, stands, err := s.fairMakers(tx, sel.Exhibition)
		if err != nil {
			return nil, err
		}
		fair := fairOf(e, s.today())
		b.Fair, families = &fair, familiesOf(makers)
		for family, m := range byFamily(makers) {
			b.Booths[family] = stands[m.Participation]
		}
	}
	return tx.PublicKeys(string(sel.Party), sel.Craft, sel.Area, families)
}

// QR returns the code of a product's address.
func (s *Catalogue) QR(address string) (*media.QRCode, error) { return media.QR(address) }

// ProductNumber is how a product is called by people: on its page, in print, on the phone.
func ProductNumber(party place.Country, id int64) string {
	return string(party) + "-P" + strconv.FormatInt(id, 10)
}
