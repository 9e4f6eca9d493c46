package service

import (
	"context"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Catalogue holds what anybody may read: approved products of approved families that consented. It asks for no actor, because it has nothing to hide:
// the store keeps the public rows apart (see the table catalogue), and what leaves public sight leaves them in the same transaction.
type Catalogue struct{ core }

// Seq returns the number of the last change of the catalogue: pages that were drawn at the same number are the same.
func (s *Catalogue) Seq(ctx context.Context) (seq int64, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		seq, err = tx.CatalogueSeq()
		return err
	})
	return seq, err
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
	Type *registry.Taxon // of the party's taxonomy; nil if none was chosen
	More []store.PublicProduct
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
		if p.Record.Type == "" {
			return nil
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

// IDs returns the ids of all public products, newest approvals last, for the sitemap; at most the 50,000 that one sitemap may hold.
func (s *Catalogue) IDs(ctx context.Context) (ids []int64, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		ids, err = tx.PublicIDs(50_000)
		return err
	})
	return ids, err
}

// Selection is what a printed catalogue holds. Empty values do not restrict.
type Selection struct {
	Party place.Country
	Craft string
	Area  string
}

// MaxPrinted is the most products of one printed catalogue: beyond that it is no book but a registry.
const MaxPrinted = 1000

// Printed returns the products of a printed catalogue, by craft, country and area, at most MaxPrinted.
func (s *Catalogue) Printed(ctx context.Context, actor auth.Actor, sel Selection) (out []store.PublicProduct, err error) {
	if err := auth.Allow(actor, auth.CataloguePrint, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		return tx.EachPublicProduct(sel.Party, sel.Craft, sel.Area, MaxPrinted, func(p store.PublicProduct) error {
			out = append(out, p)
			return nil
		})
	})
	order := map[string]int{}
	for i, c := range registry.Crafts() {
		order[c.Code] = i
	}
	slices.SortStableFunc(out, func(a, b store.PublicProduct) int { return order[a.Record.Craft] - order[b.Record.Craft] })
	return out, err
}

// QR returns the code of a product's address.
func (s *Catalogue) QR(address string) (*media.QRCode, error) { return media.QR(address) }

// ProductNumber is how a product is called by people: on its page, in print, on the phone.
func ProductNumber(party place.Country, id int64) string {
	return string(party) + "-P" + strconv.FormatInt(id, 10)
}
