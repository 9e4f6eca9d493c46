package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// PublicProduct is a product as the public sees it. There is nothing else of it, of its family or of its makers in the table that public pages read.
type PublicProduct struct {
	ID     int64                  `json:"-"`
	Party  place.Country          `json:"-"`
	Area   string                 `json:"-"` // of the family: governorate or municipality
	Family int64                  `json:"-"` // so that its other products can be found
	Since  time.Time              `json:"-"` // of the approval
	Maker  registry.Maker         `json:"maker"`
	Record registry.ProductRecord `json:"record"`
	Photos []PublicPhoto          `json:"photos"`
}

// PublicPhoto is one photograph of a public product.
type PublicPhoto struct {
	ID     int64 `json:"id"`
	Width  int   `json:"w"`
	Height int   `json:"h"`
}

// publish brings the public row of a product up to date.
func (tx *Tx) publish(productID int64) error {
	var p *registry.Product
	err := tx.each(func(rows *sql.Rows) error {
		read, _, err := scanProduct(rows)
		p = &read
		return err
	}, selectProduct+` FROM product p JOIN family f ON f.id = p.family_id WHERE p.id = $1`, productID)
	if err != nil || p == nil {
		return err
	}
	if p.Status.State != registry.ProductApproved {
		return tx.unpublish(p.ID)
	}
	f, err := tx.FamilyByID(Scope{Party: p.Party}, p.FamilyID)
	if err != nil {
		return err
	}
	return tx.publishProduct(p, f)
}

// publishFamily does so for all products of a family, whose registration, consent, name or area may have changed.
func (tx *Tx) publishFamily(f *registry.Family) error {
	var ids []int64
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT id FROM product WHERE family_id = $1 AND state = 'approved' ORDER BY id`, f.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		p, err := tx.ProductByID(Scope{Party: f.Party}, id)
		if err != nil {
			return err
		}
		if err := tx.publishProduct(p, f); err != nil {
			return err
		}
	}
	return nil
}

// publishProduct writes the public row of an approved product, or takes it away if its family is not to be shown.
func (tx *Tx) publishProduct(p *registry.Product, f *registry.Family) error {
	if !f.InCatalogue() {
		return tx.unpublish(p.ID)
	}
	photos, err := tx.ProductPhotosOf(p.ID)
	if err != nil {
		return err
	}
	x := PublicProduct{Maker: f.Maker(), Record: p.Record}
	for _, h := range photos {
		x.Photos = append(x.Photos, PublicPhoto{h.ID, h.Width, h.Height})
	}
	body, err := json.Marshal(&x)
	if err != nil {
		return fmt.Errorf("writing a public product: %w", err)
	}
	area, since := f.Record.Address.Area, stamp(p.Status.DecidedAt)
	var oldArea, oldSince, oldBody string
	err = tx.row(into(&oldArea, &oldSince, &oldBody), `SELECT area, since, body FROM catalogue WHERE product_id = $1 AND shown = 1`, p.ID)
	if err == nil && oldArea == area && oldSince == since && oldBody == string(body) {
		return nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	seq, err := tx.nextPublication()
	if err != nil {
		return err
	}
	r := &p.Record
	_, err = tx.exec(`INSERT INTO catalogue (product_id, seq, shown, family_id, party, area, craft, search, since, body)
		VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (product_id) DO UPDATE SET seq = excluded.seq, shown = 1, area = excluded.area, craft = excluded.craft, search = excluded.search,
		since = excluded.since, body = excluded.body`, p.ID, seq, p.FamilyID, string(p.Party), area, r.Craft,
		foldedWords(r.NameAR, r.NameEN, r.OriginName, r.Materials, r.MaterialsEN, r.Technique, r.TechniqueEN, x.Maker.AR, x.Maker.EN), since, string(body))
	if err != nil {
		return fmt.Errorf("publishing product %d: %w", p.ID, err)
	}
	return nil
}

// unpublish takes a product out of public sight, with everything that was shown of it.
func (tx *Tx) unpublish(productID int64) error {
	var shown int64
	err := tx.row(into(&shown), `SELECT shown FROM catalogue WHERE product_id = $1`, productID)
	if fault.Is(err, fault.NotFound) || err == nil && shown == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	seq, err := tx.nextPublication()
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE catalogue SET seq = $2, shown = 0, area = '', search = '', body = '' WHERE product_id = $1`, productID, seq)
	return err
}

// nextPublication numbers the changes of the catalogue. The one row orders them as they are committed, so that a reader who has seen a number has seen
// all below it.
func (tx *Tx) nextPublication() (seq int64, err error) {
	err = tx.row(into(&seq), `INSERT INTO catalogue_clock (id, seq) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET seq = catalogue_clock.seq + 1 RETURNING seq`)
	return seq, err
}

const selectPublic = `SELECT product_id, party, area, family_id, since, body FROM catalogue WHERE shown = 1`

func scanPublic(rows *sql.Rows) (x PublicProduct, err error) {
	var party, since, body string
	if err := rows.Scan(&x.ID, &party, &x.Area, &x.Family, &since, &body); err != nil {
		return x, err
	}
	if err := json.Unmarshal([]byte(body), &x); err != nil {
		return x, fmt.Errorf("reading public product %d: %w", x.ID, err)
	}
	x.Party, x.Since = place.Country(party), unstamp(since)
	return x, nil
}

// PublicProductByID returns a product that is in the catalogue now, else fault.NotFound.
func (tx *Tx) PublicProductByID(id int64) (*PublicProduct, error) {
	found, err := tx.publicProducts([]int64{id})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// PublicProductsOf returns the products of a family that are in the catalogue now, newest first, at most limit.
func (tx *Tx) PublicProductsOf(family int64, limit int) ([]PublicProduct, error) {
	var out []PublicProduct
	err := tx.each(func(rows *sql.Rows) error {
		x, err := scanPublic(rows)
		out = append(out, x)
		return err
	}, selectPublic+` AND family_id = $1 ORDER BY since DESC, product_id DESC LIMIT $2`, family, int64(limit))
	return out, err
}

// publicProducts returns the products with ids, in their order; those that are not in the catalogue (any more) are left out.
func (tx *Tx) publicProducts(ids []int64) ([]PublicProduct, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var q statement
	q.add(selectPublic)
	q.inIDs("product_id", ids)
	found := make(map[int64]PublicProduct, len(ids))
	err := tx.each(func(rows *sql.Rows) error {
		x, err := scanPublic(rows)
		found[x.ID] = x
		return err
	}, q.text(), q.args...)
	if err != nil {
		return nil, err
	}
	out := make([]PublicProduct, 0, len(ids))
	for _, id := range ids {
		if x, ok := found[id]; ok {
			out = append(out, x)
		}
	}
	return out, nil
}

// PublicPhotoBytes returns the bytes of a photograph, or of its small picture, if its product is in the catalogue now; else fault.NotFound.
func (tx *Tx) PublicPhotoBytes(id int64, thumb bool) ([]byte, error) {
	column := map[bool]string{false: "body", true: "thumb"}[thumb]
	var body []byte
	err := tx.row(into(&body), `SELECT b.`+column+` FROM product_photo h JOIN product_photo_blob b ON b.photo_id = h.id
		JOIN catalogue c ON c.product_id = h.product_id WHERE h.id = $1 AND c.shown = 1`, id)
	return body, err
}

// hasWord reports whether a folded text has a word that begins so.
func hasWord(search, word string) bool { return strings.Contains(search, " "+word) }

// PublicIDs returns the ids of the products of the catalogue, rising, at most limit.
func (tx *Tx) PublicIDs(limit int) ([]int64, error) {
	var out []int64
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	}, `SELECT product_id FROM catalogue WHERE shown = 1 ORDER BY product_id LIMIT $1`, int64(limit))
	return out, err
}

// InsertPrint keeps the PDF that a job of a party made, and forgets all but the newest keep of the party.
func (tx *Tx) InsertPrint(party place.Country, jobID int64, body []byte, keep int, now time.Time) error {
	_, err := tx.exec(`INSERT INTO catalogue_print (job_id, party, created_at, body) VALUES ($1, $2, $3, $4)`, jobID, string(party), stamp(now), body)
	if err != nil {
		return fmt.Errorf("keeping a printed catalogue: %w", err)
	}
	_, err = tx.exec(`DELETE FROM catalogue_print WHERE party = $1 AND job_id NOT IN (SELECT job_id FROM catalogue_print WHERE party = $1 ORDER BY job_id DESC LIMIT $2)`,
		string(party), int64(keep))
	return err
}

// PrintBody returns the PDF that a job of a party made, fault.NotFound if there is none (any more).
func (tx *Tx) PrintBody(party place.Country, jobID int64) (body []byte, err error) {
	err = tx.row(into(&body), `SELECT body FROM catalogue_print WHERE job_id = $1 AND party = $2`, jobID, string(party))
	return body, err
}

// PrintSizes returns the bytes of the PDFs of a party that are still kept, by job.
func (tx *Tx) PrintSizes(party place.Country) (map[int64]int64, error) {
	out := map[int64]int64{}
	err := tx.each(func(rows *sql.Rows) error {
		var id, n int64
		err := rows.Scan(&id, &n)
		out[id] = n
		return err
	}, `SELECT job_id, length(body) FROM catalogue_print WHERE party = $1`, string(party))
	return out, err
}
