package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

const insertProduct = `INSERT INTO product (version, family_id, party, state, craft, name_ar, name_sort, search, price, currency, round, sheet, entered_by,
	created_at, updated_at, submitted_at, submitted_by, decided_at, decided_by, score, body)
	VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) RETURNING id`

const updateProduct = `UPDATE product SET version = version + 1, state = $3, craft = $4, name_ar = $5, name_sort = $6, search = $7, price = $8, currency = $9,
	round = $10, sheet = $11, entered_by = $12, created_at = $13, updated_at = $14, submitted_at = $15, submitted_by = $16, decided_at = $17, decided_by = $18,
	score = $19, body = $20
	WHERE family_id = $1 AND party = $2 AND id = $21 AND version = $22`

func productColumns(p *registry.Product) ([]any, error) {
	body, err := json.Marshal(&p.Record)
	if err != nil {
		return nil, fmt.Errorf("writing a product: %w", err)
	}
	s := &p.Status
	return []any{p.FamilyID, string(p.Party), string(s.State), p.Record.Craft, p.Record.NameAR, cmp.Or(arabic.SortKey(p.Record.NameAR), nameless),
		foldedWords(p.Record.NameAR, p.Record.NameEN, p.Record.OriginName, p.Record.Materials, p.Record.MaterialsEN), p.Record.Price, p.Record.Currency, int64(s.Round), int64(s.Sheet),
		s.EnteredBy, stamp(s.CreatedAt), stamp(s.UpdatedAt), stampOrNever(s.SubmittedAt), s.SubmittedBy, stampOrNever(s.DecidedAt), s.DecidedBy, int64(s.Score),
		string(body)}, nil
}

// foldedWords is the folded text by which words are found, with a blank before each word so that " word" is a prefix of a word.
func foldedWords(texts ...string) string {
	var words []string
	for _, text := range texts {
		for _, w := range arabic.Tokens(text) {
			if !slices.Contains(words, w) && len(words) < maxWords {
				words = append(words, w)
			}
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}

// InsertProduct stores a new product and sets its ID and Version 1.
func (tx *Tx) InsertProduct(p *registry.Product) error {
	args, err := productColumns(p)
	if err != nil {
		return err
	}
	if err := tx.row(into(&p.ID), insertProduct, args...); err != nil {
		return fmt.Errorf("inserting product: %w", err)
	}
	p.Version = 1
	if err := tx.changed(p.FamilyID); err != nil { // it is found by the words of its products
		return err
	}
	return tx.publish(p.ID)
}

// UpdateProduct stores a product anew. The stored version must be p.Version, else the error is fault.Stale. Version goes up by one. Family and party of a
// product never change.
func (tx *Tx) UpdateProduct(p *registry.Product) error {
	args, err := productColumns(p)
	if err != nil {
		return err
	}
	n, err := tx.exec(updateProduct, append(args, p.ID, p.Version)...)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return fmt.Errorf("updating product: %w", err)
	}
	p.Version++
	if err := tx.changed(p.FamilyID); err != nil {
		return err
	}
	return tx.publish(p.ID)
}

const selectProduct = `SELECT p.id, p.version, p.family_id, p.party, p.state, p.round, p.sheet, p.entered_by, p.created_at, p.updated_at, p.submitted_at,
	p.submitted_by, p.decided_at, p.decided_by, p.score, p.body, f.area`

func scanProduct(rows *sql.Rows, extra ...any) (p registry.Product, area string, err error) {
	var party, state, created, updated, submitted, decided, body string
	st := &p.Status
	err = rows.Scan(append(into(&p.ID, &p.Version, &p.FamilyID, &party, &state, &st.Round, &st.Sheet, &st.EnteredBy, &created, &updated, &submitted, &st.SubmittedBy,
		&decided, &st.DecidedBy, &st.Score, &body, &area), extra...)...)
	if err != nil {
		return p, area, err
	}
	if err := json.Unmarshal([]byte(body), &p.Record); err != nil {
		return p, area, fmt.Errorf("reading product %d: %w", p.ID, err)
	}
	p.Party, st.State = place.Country(party), registry.ProductState(state)
	st.CreatedAt, st.UpdatedAt, st.SubmittedAt, st.DecidedAt = unstamp(created), unstamp(updated), unstamp(submitted), unstamp(decided)
	return p, area, nil
}

// ProductByID returns a product of a family inside the scope, else fault.NotFound.
func (tx *Tx) ProductByID(s Scope, id int64) (*registry.Product, error) {
	var out *registry.Product
	err := tx.each(func(rows *sql.Rows) error {
		p, area, err := scanProduct(rows)
		if err == nil && s.holds(string(p.Party), area) {
			out = &p
		}
		return err
	}, selectProduct+` FROM product p JOIN family f ON f.id = p.family_id WHERE p.id = $1`, id)
	if err == nil && out == nil {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return out, err
}

// ProductsOf returns the products of a family in the order of entry.
func (tx *Tx) ProductsOf(familyID int64) ([]registry.Product, error) {
	var out []registry.Product
	err := tx.each(func(rows *sql.Rows) error {
		p, _, err := scanProduct(rows)
		out = append(out, p)
		return err
	}, selectProduct+` FROM product p JOIN family f ON f.id = p.family_id WHERE p.family_id = $1 ORDER BY p.id`, familyID)
	return out, err
}

// ProductSort is the order of a list of products. Equal keys are ordered by ID.
type ProductSort string

// The orders.
const (
	ProductNewest    ProductSort = "newest" // the default
	ProductName      ProductSort = "name"   // Arabic dictionary order
	ProductSubmitted ProductSort = "submitted"
)

// ProductSorts returns the orders.
func ProductSorts() []ProductSort { return []ProductSort{ProductNewest, ProductName, ProductSubmitted} }

// ProductQuery selects products of a party. Empty lists do not restrict; conditions are joined by "and".
type ProductQuery struct {
	States, Crafts, Areas []string
	FamilyID              int64  // 0: of any
	NotEnteredBy          int64  // 0: nobody is excluded; else neither entered nor handed in by this user (four eyes)
	EnteredBy             int64  // 0: anybody's; else of families that this user entered
	Unscored              int64  // 0: all; else without a score of this user in the round at hand
	Text                  string // words by prefix
	Sort                  ProductSort
	After                 string // cursor
	Limit                 int    // 1–200; 0 means 50
}

// ProductRow is one line of a list of products.
type ProductRow struct {
	registry.Product
	Area    string
	Family  string // lead producer's name
	Project string
	Photo   int64 // the first photograph; 0 if there is none
	Photos  int
	Scores  int // of the round at hand
}

// ProductPage is one page of a list. Next is the cursor of the page behind it.
type ProductPage struct {
	Rows  []ProductRow
	Next  string
	Total int
}

// productCursor is a place in a list of products.
type productCursor struct {
	Sort ProductSort `json:"s"`
	Key  string      `json:"k"`
	ID   int64       `json:"i"`
}

// ListProducts returns a page of the products that a query selects inside a scope.
func (tx *Tx) ListProducts(s Scope, q ProductQuery) (ProductPage, error) {
	q.Sort = cmp.Or(q.Sort, ProductNewest)
	if !slices.Contains(ProductSorts(), q.Sort) {
		return ProductPage{}, fault.New(fault.Invalid, "error.invalid")
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, maxPage)
	var where statement
	where.add(" FROM product p JOIN family f ON f.id = p.family_id WHERE p.party = ?", string(s.Party))
	if s.Areas != nil {
		where.in("f.area", s.Areas)
	}
	for _, x := range []struct {
		column string
		values []string
	}{{"p.state", q.States}, {"p.craft", q.Crafts}, {"f.area", q.Areas}} {
		if len(x.values) > 0 {
			where.in(x.column, x.values)
		}
	}
	if q.FamilyID != 0 {
		where.add(" AND p.family_id = ?", q.FamilyID)
	}
	if q.EnteredBy != 0 {
		where.add(" AND f.entered_by = ?", q.EnteredBy)
	}
	if q.NotEnteredBy != 0 {
		where.add(" AND p.entered_by <> ? AND p.submitted_by <> ?", q.NotEnteredBy, q.NotEnteredBy)
	}
	if q.Unscored != 0 {
		where.add(" AND NOT EXISTS (SELECT 1 FROM product_score c WHERE c.product_id = p.id AND c.round = p.round AND c.member_id = ?)", q.Unscored)
	}
	words := arabic.Tokens(q.Text)
	for _, w := range words[:min(len(words), 8)] {
		where.add(" AND p.search LIKE ?", "% "+w+"%") // a folded word holds neither % nor _
	}
	if len(words) == 0 && strings.TrimSpace(q.Text) != "" {
		return ProductPage{}, nil // signs only: nothing is called so
	}
	var page ProductPage
	if err := tx.row(into(&page.Total), "SELECT count(*)"+where.text(), where.args...); err != nil {
		return page, fmt.Errorf("counting products: %w", err)
	}
	if err := tx.productRows(&where, q, &page); err != nil {
		return page, fmt.Errorf("listing products: %w", err)
	}
	return page, nil
}

// productRows fills the page behind the query's cursor.
func (tx *Tx) productRows(where *statement, q ProductQuery, page *ProductPage) error {
	if q.After != "" {
		var c productCursor
		if err := tx.openCursor(q.After, &c); err != nil || c.Sort != q.Sort {
			return fault.New(fault.Invalid, "error.cursor")
		}
		switch q.Sort {
		case ProductName:
			where.add(" AND (p.name_sort > ? OR p.name_sort = ? AND p.id > ?)", c.Key, c.Key, c.ID)
		case ProductSubmitted:
			where.add(" AND (p.submitted_at > ? OR p.submitted_at = ? AND p.id > ?)", c.Key, c.Key, c.ID)
		default:
			where.add(" AND p.id < ?", c.ID)
		}
	}
	key, order := map[ProductSort]string{ProductName: "p.name_sort", ProductSubmitted: "p.submitted_at"}[q.Sort], " ORDER BY p.id DESC"
	if key != "" {
		order = " ORDER BY " + key + ", p.id"
	} else {
		key = "''"
	}
	where.add(order+" LIMIT ?", q.Limit+1)
	var keys []string
	err := tx.each(func(rows *sql.Rows) error {
		var r ProductRow
		var key string
		p, area, err := scanProduct(rows, &r.Family, &r.Project, &r.Photo, &r.Photos, &r.Scores, &key)
		r.Product, r.Area = p, area
		page.Rows, keys = append(page.Rows, r), append(keys, key)
		return err
	}, selectProduct+`, f.name, f.project,
		coalesce((SELECT h.id FROM product_photo h WHERE h.product_id = p.id ORDER BY h.position LIMIT 1), 0),
		(SELECT count(*) FROM product_photo h WHERE h.product_id = p.id),
		(SELECT count(*) FROM product_score c WHERE c.product_id = p.id AND c.round = p.round), `+key+where.text(), where.args...)
	if err != nil {
		return err
	}
	if len(page.Rows) > q.Limit {
		page.Rows = page.Rows[:q.Limit]
		page.Next = tx.closeCursor(productCursor{q.Sort, keys[q.Limit-1], page.Rows[q.Limit-1].ID})
	}
	return nil
}

// InsertProductEvent appends a step to the history of a product.
func (tx *Tx) InsertProductEvent(e *registry.ProductEvent) error {
	uid := newUID()
	return tx.row(into(&e.ID), `INSERT INTO product_event (product_id, at, by_id, step, from_state, to_state, uid, words)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`, e.ProductID, stamp(e.At), e.By, string(e.Step), string(e.From), string(e.To), uid,
		tx.sealRow("product_event", "words", uid, []byte(e.Note)))
}

// ProductEventsOf returns the history of a product, oldest first.
func (tx *Tx) ProductEventsOf(productID int64) ([]registry.ProductEvent, error) {
	var out []registry.ProductEvent
	err := tx.each(func(rows *sql.Rows) error {
		e := registry.ProductEvent{ProductID: productID}
		var at, step, from, to, uid string
		var sealed []byte
		if err := rows.Scan(&e.ID, &at, &e.By, &step, &from, &to, &uid, &sealed); err != nil {
			return err
		}
		note, err := tx.openRow("product_event", "words", uid, sealed)
		if err != nil {
			return err
		}
		e.At, e.Step, e.From, e.To, e.Note = unstamp(at), registry.ProductStep(step), registry.ProductState(from), registry.ProductState(to), string(note)
		out = append(out, e)
		return nil
	}, `SELECT id, at, by_id, step, from_state, to_state, uid, words FROM product_event WHERE product_id = $1 ORDER BY id`, productID)
	return out, err
}

// InsertProductPhoto stores a photograph at the end of a product's and sets its ID. thumb is the cropped small picture.
func (tx *Tx) InsertProductPhoto(h *registry.ProductPhoto, body, thumb []byte) error {
	err := tx.row(into(&h.ID), `INSERT INTO product_photo (product_id, position, sha256, width, height, size, added_by, added_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`, h.ProductID, int64(h.Position), h.SHA256, int64(h.Width), int64(h.Height), h.Size, h.AddedBy, stamp(h.AddedAt))
	if err != nil {
		return fmt.Errorf("inserting photo: %w", err)
	}
	if _, err := tx.exec(`INSERT INTO product_photo_blob (photo_id, body, thumb) VALUES ($1, $2, $3)`, h.ID, body, thumb); err != nil {
		return fmt.Errorf("inserting photo bytes: %w", err)
	}
	return tx.publish(h.ProductID)
}

// ProductPhotosOf returns the photographs of a product in their order.
func (tx *Tx) ProductPhotosOf(productID int64) ([]registry.ProductPhoto, error) {
	var out []registry.ProductPhoto
	err := tx.each(func(rows *sql.Rows) error {
		h := registry.ProductPhoto{ProductID: productID}
		var added string
		err := rows.Scan(&h.ID, &h.Position, &h.SHA256, &h.Width, &h.Height, &h.Size, &h.AddedBy, &added)
		h.AddedAt = unstamp(added)
		out = append(out, h)
		return err
	}, `SELECT id, position, sha256, width, height, size, added_by, added_at FROM product_photo WHERE product_id = $1 ORDER BY position, id`, productID)
	return out, err
}

// OrderProductPhotos gives the photographs of a product the order of ids, and deletes those that are not among them: a photograph that is taken away is
// gone, bytes and all.
func (tx *Tx) OrderProductPhotos(productID int64, ids []int64) error {
	old, err := tx.ProductPhotosOf(productID)
	if err != nil {
		return err
	}
	for _, h := range old {
		at := slices.Index(ids, h.ID)
		if at >= 0 {
			_, err = tx.exec(`UPDATE product_photo SET position = $2 WHERE id = $1`, h.ID, int64(at+1))
		} else if _, err = tx.exec(`DELETE FROM product_photo_blob WHERE photo_id = $1`, h.ID); err == nil {
			_, err = tx.exec(`DELETE FROM product_photo WHERE id = $1`, h.ID)
		}
		if err != nil {
			return fmt.Errorf("ordering photos: %w", err)
		}
	}
	return tx.publish(productID)
}

// ProductPhoto returns the bytes of a photograph, or of its small picture, with the product it belongs to; fault.NotFound if there is none.
func (tx *Tx) ProductPhoto(id int64, thumb bool) (productID int64, body []byte, err error) {
	column := map[bool]string{false: "body", true: "thumb"}[thumb]
	err = tx.row(into(&productID, &body), `SELECT h.product_id, b.`+column+` FROM product_photo h JOIN product_photo_blob b ON b.photo_id = h.id WHERE h.id = $1`, id)
	return productID, body, err
}

// InsertScore stores what a member gave; a second time in a round it replaces the first.
func (tx *Tx) InsertScore(s *registry.Score) error {
	points, err := json.Marshal(s.Points)
	if err != nil {
		return fmt.Errorf("writing a score: %w", err)
	}
	uid := newUID()
	return tx.row(into(&s.ID), `INSERT INTO product_score (product_id, round, member_id, at, points, uid, words) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (product_id, round, member_id) DO UPDATE SET at = excluded.at, points = excluded.points, uid = excluded.uid, words = excluded.words
		RETURNING id`, s.ProductID, int64(s.Round), s.Member, stamp(s.At), string(points), uid, tx.sealRow("product_score", "words", uid, []byte(s.Note)))
}

// ScoresOf returns the scores of a round of a product, in the order of entry; of all rounds if round is 0.
func (tx *Tx) ScoresOf(productID int64, round int) ([]registry.Score, error) {
	var out []registry.Score
	err := tx.each(func(rows *sql.Rows) error {
		s := registry.Score{ProductID: productID}
		var at, points, uid string
		var sealed []byte
		if err := rows.Scan(&s.ID, &s.Round, &s.Member, &at, &points, &uid, &sealed); err != nil {
			return err
		}
		note, err := tx.openRow("product_score", "words", uid, sealed)
		if err != nil {
			return err
		}
		s.At, s.Note = unstamp(at), string(note)
		if err := json.Unmarshal([]byte(points), &s.Points); err != nil {
			return fmt.Errorf("reading score %d: %w", s.ID, err)
		}
		out = append(out, s)
		return nil
	}, `SELECT id, round, member_id, at, points, uid, words FROM product_score WHERE product_id = $1 AND (round = $2 OR $2 = 0) ORDER BY id`, productID, int64(round))
	return out, err
}

// InsertScoreSheet stores the next version of a party's score sheet and sets its ID. fault.Duplicate if somebody else stored that number.
func (tx *Tx) InsertScoreSheet(s *registry.ScoreSheet) error {
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("writing a score sheet: %w", err)
	}
	return tx.row(into(&s.ID), `INSERT INTO score_sheet (party, number, created_by, created_at, body) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		string(s.Party), int64(s.Number), s.CreatedBy, stamp(s.CreatedAt), string(body))
}

// ScoreSheets returns a party's score sheets, newest first.
func (tx *Tx) ScoreSheets(party place.Country) ([]registry.ScoreSheet, error) {
	var out []registry.ScoreSheet
	err := tx.each(func(rows *sql.Rows) error {
		s := registry.ScoreSheet{Party: party}
		var created, body string
		if err := rows.Scan(&s.ID, &s.Number, &s.CreatedBy, &created, &body); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(body), &s); err != nil {
			return fmt.Errorf("reading score sheet %d: %w", s.ID, err)
		}
		s.CreatedAt = unstamp(created)
		out = append(out, s)
		return nil
	}, `SELECT id, number, created_by, created_at, body FROM score_sheet WHERE party = $1 ORDER BY number DESC`, string(party))
	return out, err
}

// Taxonomy returns a party's product taxonomy in the order of display, empty if it was never filled.
func (tx *Tx) Taxonomy(party place.Country) ([]registry.Taxon, error) {
	var out []registry.Taxon
	err := tx.each(func(rows *sql.Rows) error {
		t := registry.Taxon{Party: party}
		var food, cosmetic, exhibited, active int64
		var needs string
		err := rows.Scan(&t.Code, &t.Version, &t.Parent, &t.NameAR, &t.NameEN, &food, &cosmetic, &exhibited, &needs, &active)
		t.Food, t.Cosmetic, t.Exhibited, t.Active, t.Needs = food == 1, cosmetic == 1, exhibited == 1, active == 1, splitCodes[registry.BoothNeed](needs)
		out = append(out, t)
		return err
	}, `SELECT code, version, parent, name_ar, name_en, food, cosmetic, exhibited, needs, active FROM taxon WHERE party = $1 ORDER BY position, code`, string(party))
	return out, err
}

// PutTaxon stores one line of a taxonomy. Version 0 is a new one (fault.Duplicate if the code is taken); else it must be the stored version (fault.Stale).
func (tx *Tx) PutTaxon(t *registry.Taxon) error {
	if t.Version == 0 {
		_, err := tx.exec(`INSERT INTO taxon (party, code, version, parent, name_ar, name_en, food, cosmetic, exhibited, needs, active, position)
			VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, (SELECT coalesce(max(position), 0) + 1 FROM taxon WHERE party = $1))`, string(t.Party), t.Code, t.Parent,
			t.NameAR, t.NameEN, flag(t.Food), flag(t.Cosmetic), flag(t.Exhibited), joinCodes(t.Needs), flag(t.Active))
		if err != nil {
			return fmt.Errorf("inserting a taxon: %w", err)
		}
		t.Version = 1
		return nil
	}
	n, err := tx.exec(`UPDATE taxon SET version = version + 1, name_ar = $4, name_en = $5, food = $6, cosmetic = $7, exhibited = $8, needs = $9, active = $10
		WHERE party = $1 AND code = $2 AND version = $3`, string(t.Party), t.Code, t.Version, t.NameAR, t.NameEN, flag(t.Food), flag(t.Cosmetic), flag(t.Exhibited),
		joinCodes(t.Needs), flag(t.Active))
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return fmt.Errorf("updating a taxon: %w", err)
	}
	t.Version++
	return nil
}
