package store

import (
	"database/sql"
	"fmt"
	"slices"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
)

// What the public sees of exhibitions: those that are agreed or over, and which families' products stand there. Of a family only products are shown that the catalogue
// shows anyway (table catalogue): its consent decides, here as there.

// fairClock numbers the changes of what the public sees of exhibitions, beside the products' own clock in catalogue_clock.
const fairClock = 2

// touchFairs notes that the public may see something else of exhibitions from now on.
func (tx *Tx) touchFairs() error {
	_, err := tx.exec(`INSERT INTO catalogue_clock (id, seq) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET seq = catalogue_clock.seq + 1`, int64(fairClock))
	return err
}

// PublicSeqs returns the numbers of the last changes of products and of exhibitions, by which public pages that did not change are told.
func (tx *Tx) PublicSeqs() (products, fairs int64, err error) {
	err = tx.row(into(&products, &fairs), `SELECT coalesce((SELECT seq FROM catalogue_clock WHERE id = 1), 0), coalesce((SELECT seq FROM catalogue_clock WHERE id = $1), 0)`, int64(fairClock))
	return products, fairs, err
}

// PublicFairs returns the exhibitions that the public may know of whose last day is not before from, the nearest first.
func (tx *Tx) PublicFairs(from calendar.Date, limit int) ([]exhibition.Exhibition, error) {
	var out []exhibition.Exhibition
	err := tx.each(func(rows *sql.Rows) error {
		e, err := scanExhibition(rows.Scan)
		if err == nil {
			out = append(out, *e)
		}
		return err
	}, `SELECT `+exhibitionColumns+` FROM exhibition WHERE status IN ('agreed', 'closed') AND last >= $1 ORDER BY first, id LIMIT $2`, from.String(), int64(limit))
	return out, err
}

// PublicFair returns an exhibition that the public may know of, else fault.NotFound.
func (tx *Tx) PublicFair(id int64) (*exhibition.Exhibition, error) {
	e, err := tx.ExhibitionByID("", id)
	if err == nil && e.Status != exhibition.Agreed && e.Status != exhibition.Closed {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// FairMaker is a family whose products stand in an exhibition: its own exhibitor, or one of an association that stands for it.
type FairMaker struct {
	Family        int64
	Participation int64
	Wave          int
}

// FairMakers returns the families behind the exhibitors who hold a place in an exhibition.
func (tx *Tx) FairMakers(exhibitionID int64) ([]FairMaker, error) {
	var out []FairMaker
	err := tx.each(func(rows *sql.Rows) error {
		var m FairMaker
		err := rows.Scan(&m.Participation, &m.Wave, &m.Family)
		out = append(out, m)
		return err
	}, `SELECT p.id, p.wave, p.family_id FROM participation p WHERE p.exhibition_id = $1 AND p.state = 'accepted' AND p.family_id <> 0
		UNION ALL SELECT p.id, p.wave, m.family_id FROM participation p JOIN exhibitor_member m ON m.exhibitor_id = p.exhibitor_id
		WHERE p.exhibition_id = $1 AND p.state = 'accepted' AND p.family_id = 0 ORDER BY 1, 3`, exhibitionID)
	return out, err
}

// FairOfFamily is an exhibition in which a family's products stand.
type FairOfFamily struct {
	FairMaker
	ExhibitionID int64
}

// FairsOf returns where a family's products stand, in agreed exhibitions that are not over before a day.
func (tx *Tx) FairsOf(family int64, from calendar.Date) ([]FairOfFamily, error) {
	var out []FairOfFamily
	err := tx.each(func(rows *sql.Rows) error {
		var m FairOfFamily
		var first string
		err := rows.Scan(&m.Family, &m.Participation, &m.Wave, &m.ExhibitionID, &first)
		out = append(out, m)
		return err
	}, `SELECT p.family_id, p.id, p.wave, e.id, e.first FROM participation p JOIN exhibition e ON e.id = p.exhibition_id
		WHERE p.family_id = $1 AND p.family_id <> 0 AND p.state = 'accepted' AND e.status = 'agreed' AND e.last >= $2
		UNION ALL SELECT m.family_id, p.id, p.wave, e.id, e.first FROM exhibitor_member m JOIN participation p ON p.exhibitor_id = m.exhibitor_id
		JOIN exhibition e ON e.id = p.exhibition_id
		WHERE m.family_id = $1 AND p.state = 'accepted' AND p.family_id = 0 AND e.status = 'agreed' AND e.last >= $2 ORDER BY 5, 4 LIMIT 4`, family, from.String())
	return out, err
}

// MakerProducts is the public face of a family: its newest product, and how many it has.
type MakerProducts struct {
	PublicProduct
	Count int
}

// PublicMakers returns the faces of those of the families that have something in the catalogue, in the order given. It works in View only.
func (tx *Tx) PublicMakers(families []int64) ([]MakerProducts, error) {
	s := &tx.db.shelf
	if err := s.refresh(tx); err != nil {
		return nil, fmt.Errorf("reading the catalogue's changes: %w", err)
	}
	counts := map[int64]int{}
	ids := s.newest(families, counts)
	products, err := tx.publicProducts(ids)
	if err != nil {
		return nil, err
	}
	out := make([]MakerProducts, 0, len(products))
	for _, p := range products {
		out = append(out, MakerProducts{p, counts[p.Family]})
	}
	return out, nil
}

// newest returns the newest product of each family that has one, and counts them.
func (s *shelf) newest(families []int64, counts map[int64]int) []int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []int64
	for _, f := range families {
		best := int32(-1)
		for _, at := range s.families[f] {
			if !s.items[at].shown {
				continue
			}
			if counts[f]++; best < 0 || s.newer(at, best) < 0 {
				best = at
			}
		}
		if best >= 0 {
			ids = append(ids, s.items[best].id)
		}
	}
	return ids
}

// ofFamilies is a bit for each product of the families.
func (s *shelf) ofFamilies(families []int64) []uint64 {
	found := make([]uint64, (len(s.items)+63)/64)
	for _, f := range families {
		for _, at := range s.families[f] {
			found[at/64] |= 1 << (at % 64)
		}
	}
	return found
}

// PublicKey names a public product by what books are ordered by.
type PublicKey struct {
	ID     int64
	Family int64
	Craft  string
}

// PublicKeys returns the products of the catalogue that party, craft, area ("": any) and families (nil: any) name, by party, area and id.
func (tx *Tx) PublicKeys(party, craft, area string, families []int64) ([]PublicKey, error) {
	var q statement
	q.add("SELECT product_id, family_id, craft FROM catalogue WHERE shown = 1")
	for _, x := range []struct{ column, value string }{{"party", party}, {"craft", craft}, {"area", area}} {
		if x.value != "" {
			q.add(" AND "+x.column+" = ?", x.value)
		}
	}
	q.add(" ORDER BY party, area, product_id")
	var out []PublicKey
	err := tx.each(func(rows *sql.Rows) error {
		var k PublicKey
		if err := rows.Scan(&k.ID, &k.Family, &k.Craft); err != nil {
			return err
		}
		if families == nil || slices.Contains(families, k.Family) {
			out = append(out, k)
		}
		return nil
	}, q.text(), q.args...)
	return out, err
}

// PublicProducts returns the products with ids, in their order; those that are not in the catalogue (any more) are left out.
func (tx *Tx) PublicProducts(ids []int64) ([]PublicProduct, error) {
	var out []PublicProduct
	for part := range slices.Chunk(ids, 200) {
		products, err := tx.publicProducts(part)
		if err != nil {
			return nil, err
		}
		out = append(out, products...)
	}
	return out, nil
}
