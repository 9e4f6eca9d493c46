package store

import (
	"database/sql"
	"fmt"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
)

// schemeBody is what of a scheme nothing is searched by.
type schemeBody struct {
	NameEN string            `json:"name_en,omitempty"`
	Text   string            `json:"text,omitempty"`
	Budget int64             `json:"budget"`
	Areas  []string          `json:"areas,omitempty"`
	Once   bool              `json:"once,omitempty"`
	Order  programme.Order   `json:"order"`
	Offers []programme.Offer `json:"offers"`
	Rules  []byte            `json:"rules"`
	Reason string            `json:"reason,omitempty"`
}

func schemeBodyOf(s *programme.Scheme) (string, error) {
	return body(schemeBody{s.NameEN, s.Text, s.Budget, s.Areas, s.Once, s.Order, s.Offers, s.Rules, s.Reason})
}

// InsertScheme stores a new scheme and sets its ID and Version 1. It has no purse before [Tx.OpenPurse].
func (tx *Tx) InsertScheme(s *programme.Scheme) error {
	text, err := schemeBodyOf(s)
	if err != nil {
		return err
	}
	err = tx.row(into(&s.ID), `INSERT INTO scheme (version, party, state, edition, follows, name, currency, first, last, created_by, created_at, updated_at, published_by,
		published_at, closed_by, closed_at, body) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id`, string(s.Party), string(s.State),
		s.Edition, s.Follows, s.Name, s.Currency, s.First.String(), s.Last.String(), s.CreatedBy, stamp(s.CreatedAt), stamp(s.UpdatedAt), s.PublishedBy, stamp(s.PublishedAt),
		s.ClosedBy, stamp(s.ClosedAt), text)
	if err != nil {
		return fmt.Errorf("inserting scheme: %w", err)
	}
	s.Version = 1
	return nil
}

// UpdateScheme stores a scheme anew; another version on file is fault.Stale.
func (tx *Tx) UpdateScheme(s *programme.Scheme) error {
	text, err := schemeBodyOf(s)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE scheme SET version = version + 1, state = $3, name = $4, first = $5, last = $6, updated_at = $7, published_by = $8, published_at = $9,
		closed_by = $10, closed_at = $11, body = $12 WHERE id = $1 AND version = $2`, s.ID, s.Version, string(s.State), s.Name, s.First.String(), s.Last.String(), stamp(s.UpdatedAt),
		s.PublishedBy, stamp(s.PublishedAt), s.ClosedBy, stamp(s.ClosedAt), text)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	s.Version++
	return nil
}

// DeleteScheme forgets a draft; another version on file, or one that was published, is fault.Stale.
func (tx *Tx) DeleteScheme(s *programme.Scheme) error {
	n, err := tx.exec(`DELETE FROM scheme WHERE id = $1 AND version = $2 AND state = 'draft'`, s.ID, s.Version)
	return one(n, err, fault.Stale, "error.stale")
}

const schemeColumns = `SELECT id, version, party, state, edition, follows, name, currency, first, last, created_by, created_at, updated_at, published_by, published_at,
	closed_by, closed_at, body FROM scheme WHERE `

func scanScheme(scan func(...any) error) (*programme.Scheme, error) {
	var s programme.Scheme
	var party, state, first, last, created, updated, published, closed, text string
	err := scan(&s.ID, &s.Version, &party, &state, &s.Edition, &s.Follows, &s.Name, &s.Currency, &first, &last, &s.CreatedBy, &created, &updated, &s.PublishedBy, &published,
		&s.ClosedBy, &closed, &text)
	if err != nil {
		return nil, err
	}
	var b schemeBody
	if err := readBody(text, &b); err != nil {
		return nil, err
	}
	s.Party, s.State, s.First, s.Last = place.Country(party), programme.SchemeState(state), undate(first), undate(last)
	s.CreatedAt, s.UpdatedAt, s.PublishedAt, s.ClosedAt = unstamp(created), unstamp(updated), unstamp(published), unstamp(closed)
	s.NameEN, s.Text, s.Budget, s.Areas, s.Once, s.Order, s.Offers, s.Rules, s.Reason = b.NameEN, b.Text, b.Budget, b.Areas, b.Once, b.Order, b.Offers, b.Rules, b.Reason
	return &s, nil
}

// SchemeByID returns a scheme of a party, else fault.NotFound.
func (tx *Tx) SchemeByID(party place.Country, id int64) (*programme.Scheme, error) {
	var s *programme.Scheme
	err := tx.each(func(rows *sql.Rows) (err error) {
		s, err = scanScheme(rows.Scan)
		return err
	}, schemeColumns+`party = $1 AND id = $2`, string(party), id)
	if err == nil && s == nil {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return s, err
}

// Schemes returns the schemes of a party in the states (none: all), the newest first, at most limit.
func (tx *Tx) Schemes(party place.Country, limit int, states ...programme.SchemeState) ([]programme.Scheme, error) {
	var q statement
	q.add(schemeColumns+"party = ?", string(party))
	if len(states) > 0 {
		names := make([]string, len(states))
		for i, s := range states {
			names[i] = string(s)
		}
		q.in("state", names)
	}
	q.add(" ORDER BY id DESC LIMIT ?", limit)
	var out []programme.Scheme
	err := tx.each(func(rows *sql.Rows) error {
		s, err := scanScheme(rows.Scan)
		if err == nil {
			out = append(out, *s)
		}
		return err
	}, q.text(), q.args...)
	return out, err
}

// OpenPurse gives a scheme that is being published its money and its stock.
func (tx *Tx) OpenPurse(s *programme.Scheme) error {
	if _, err := tx.exec(`INSERT INTO scheme_purse (scheme_id, budget, reserved, spent) VALUES ($1, $2, 0, 0)`, s.ID, s.Budget); err != nil {
		return fmt.Errorf("opening the purse: %w", err)
	}
	for _, o := range s.Offers {
		if _, err := tx.exec(`INSERT INTO scheme_stock (scheme_id, offer, most, reserved, delivered) VALUES ($1, $2, $3, 0, 0)`, s.ID, o.N, o.Most); err != nil {
			return fmt.Errorf("opening the stock: %w", err)
		}
	}
	return nil
}

// Reserve takes an amount and a number of pieces of an offer for a grant that is being approved. The row decides: ok is false, and nothing is taken, if the budget or
// the stock does not hold it. Two transactions that reach for the last of it cannot both commit.
func (tx *Tx) Reserve(scheme int64, offer int, quantity int, amount int64) (ok bool, err error) {
	n, err := tx.exec(`UPDATE scheme_stock SET reserved = reserved + $3 WHERE scheme_id = $1 AND offer = $2 AND (most = 0 OR reserved + delivered + $3 <= most)`, scheme, offer, quantity)
	if err != nil || n == 0 {
		return false, err
	}
	if n, err = tx.exec(`UPDATE scheme_purse SET reserved = reserved + $2 WHERE scheme_id = $1 AND reserved + spent + $2 <= budget`, scheme, amount); err != nil {
		return false, err
	}
	if n == 1 {
		return true, nil
	}
	_, err = tx.exec(`UPDATE scheme_stock SET reserved = reserved - $3 WHERE scheme_id = $1 AND offer = $2`, scheme, offer, quantity)
	return false, err
}

// Release gives back what a grant had reserved.
func (tx *Tx) Release(scheme int64, offer int, quantity int, amount int64) error {
	return tx.settle(scheme, offer, quantity, amount, 0, 0)
}

// Spend turns what a grant had reserved into what was delivered and spent, which may be less.
func (tx *Tx) Spend(scheme int64, offer int, quantity int, amount int64, delivered int, spent int64) error {
	return tx.settle(scheme, offer, quantity, amount, delivered, spent)
}

func (tx *Tx) settle(scheme int64, offer int, quantity int, amount int64, delivered int, spent int64) error {
	n, err := tx.exec(`UPDATE scheme_stock SET reserved = reserved - $3, delivered = delivered + $4 WHERE scheme_id = $1 AND offer = $2`, scheme, offer, quantity, delivered)
	if err := one(n, err, fault.Internal, "error.internal"); err != nil {
		return err
	}
	n, err = tx.exec(`UPDATE scheme_purse SET reserved = reserved - $2, spent = spent + $3 WHERE scheme_id = $1`, scheme, amount, spent)
	return one(n, err, fault.Internal, "error.internal")
}

// Account is what is known of a scheme's money and pieces.
type Account struct {
	Purse programme.Purse
	Stock map[int]programme.Stock // by offer
	Asked map[int]int             // pieces proposed and not decided, by offer
	Count map[programme.GrantState]int
}

// AccountOf returns the money, the stock and the grants of a scheme. A draft has its budget only.
func (tx *Tx) AccountOf(s *programme.Scheme) (*Account, error) {
	a := &Account{Purse: programme.Purse{Budget: s.Budget}, Stock: map[int]programme.Stock{}, Asked: map[int]int{}, Count: map[programme.GrantState]int{}}
	err := tx.each(func(rows *sql.Rows) error {
		return rows.Scan(&a.Purse.Budget, &a.Purse.Reserved, &a.Purse.Spent)
	}, `SELECT budget, reserved, spent FROM scheme_purse WHERE scheme_id = $1`, s.ID)
	if err != nil {
		return nil, err
	}
	err = tx.each(func(rows *sql.Rows) error {
		var n int
		var st programme.Stock
		err := rows.Scan(&n, &st.Reserved, &st.Delivered)
		a.Stock[n] = st
		return err
	}, `SELECT offer, reserved, delivered FROM scheme_stock WHERE scheme_id = $1`, s.ID)
	if err != nil {
		return nil, err
	}
	return a, tx.each(func(rows *sql.Rows) error {
		var state string
		var offer, count, pieces int
		var amount int64
		if err := rows.Scan(&state, &offer, &count, &pieces, &amount); err != nil {
			return err
		}
		st := programme.GrantState(state)
		a.Count[st] += count
		if st == programme.GrantProposed {
			a.Asked[offer] += pieces
			a.Purse.Asked += amount
		}
		return nil
	}, `SELECT state, offer, count(*), CAST(sum(quantity) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM incentive_grant WHERE scheme_id = $1 GROUP BY state, offer`, s.ID)
}

// SchemePurse is the money of a published scheme.
type SchemePurse struct {
	ID           int64
	Name, NameEN string
	programme.Purse
}

// Purses returns the money of a party's schemes, the newest first, at most limit.
func (tx *Tx) Purses(party place.Country, limit int) (out []SchemePurse, err error) {
	err = tx.each(func(rows *sql.Rows) error {
		var s SchemePurse
		var text string
		if err := rows.Scan(&s.ID, &s.Name, &text, &s.Budget, &s.Reserved, &s.Spent); err != nil {
			return err
		}
		var b schemeBody
		err := readBody(text, &b)
		s.NameEN = b.NameEN
		out = append(out, s)
		return err
	}, `SELECT s.id, s.name, s.body, p.budget, p.reserved, p.spent FROM scheme s JOIN scheme_purse p ON p.scheme_id = s.id WHERE s.party = $1 AND p.budget > 0 ORDER BY s.id DESC LIMIT $2`, string(party), limit)
	return out, err
}

// grantWords is what of a grant people typed.
type grantWords struct {
	Note     string          `json:"note,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Receiver string          `json:"receiver,omitempty"`
	Proof    programme.Proof `json:"proof,omitempty"`
	Handed   string          `json:"handed,omitempty"`
	Pieces   int             `json:"pieces,omitempty"`
}

func (tx *Tx) sealGrant(uid string, g *programme.Grant) ([]byte, error) {
	d := &g.Delivery
	return tx.sealJSON("incentive_grant", "words", uid, grantWords{g.Note, g.Reason, d.Receiver, d.Proof, d.Note, d.Quantity})
}

func dateOrNone(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// InsertGrant stores a new grant and sets its ID and Version 1. A family that has the same benefit of a scheme that gives it once is fault.Duplicate
// ("error.grant.once").
func (tx *Tx) InsertGrant(g *programme.Grant, kind programme.Benefit) error {
	uid := newUID()
	words, err := tx.sealGrant(uid, g)
	if err != nil {
		return err
	}
	if g.Claimant == 0 {
		g.Claimant = g.FamilyID
	}
	err = tx.row(into(&g.ID), `INSERT INTO incentive_grant (version, party, scheme_id, offer, kind, family_id, claimant_id, once, state, quantity, amount, source, proposed_by, proposed_at,
		decided_by, decided_at, delivered_by, delivered_on, document_id, updated_at, uid, words) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		RETURNING id`, string(g.Party), g.SchemeID, g.Offer, string(kind), g.FamilyID, g.Claimant, flag(g.Once), string(g.State), g.Quantity, g.Amount, string(g.Source), g.ProposedBy,
		stamp(g.ProposedAt), g.DecidedBy, stamp(g.DecidedAt), g.DeliveredBy, dateOrNone(g.Delivery.On), g.Delivery.Document, stamp(g.UpdatedAt), uid, words)
	if err != nil {
		return fmt.Errorf("inserting grant: %w", err)
	}
	g.Version = 1
	return tx.changed(g.FamilyID)
}

// UpdateGrant stores a grant anew; another version on file is fault.Stale.
func (tx *Tx) UpdateGrant(g *programme.Grant) error {
	var uid string
	if err := tx.row(into(&uid), `SELECT uid FROM incentive_grant WHERE id = $1 AND party = $2`, g.ID, string(g.Party)); err != nil {
		return err
	}
	words, err := tx.sealGrant(uid, g)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE incentive_grant SET version = version + 1, state = $3, quantity = $4, amount = $5, decided_by = $6, decided_at = $7, delivered_by = $8, delivered_on = $9,
		document_id = $10, updated_at = $11, words = $12 WHERE id = $1 AND version = $2`, g.ID, g.Version, string(g.State), g.Quantity, g.Amount, g.DecidedBy, stamp(g.DecidedAt), g.DeliveredBy,
		dateOrNone(g.Delivery.On), g.Delivery.Document, stamp(g.UpdatedAt), words)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	g.Version++
	return tx.changed(g.FamilyID)
}

// GrantRow is a grant with what a list shows of its family and scheme.
type GrantRow struct {
	programme.Grant
	Kind      programme.Benefit
	Number    string // of the registration
	Name      string // of the lead producer
	Area      string
	EnteredBy int64 // the family's
	Scheme    string
	SchemeEN  string
	Currency  string
}

// GrantQuery selects grants. Zero values do not restrict.
type GrantQuery struct {
	Scheme, Family int64
	Families       []int64 // nil: any; else of these
	States         []programme.GrantState
	Kinds          []programme.Benefit
	EnteredBy      int64 // families entered by this user
	NotBy          int64 // not proposed by this user: what they may decide
	After          int64 // ids above
	Limit          int   // 0: 50
}

const grantColumns = `SELECT g.id, g.version, g.party, g.scheme_id, g.offer, g.kind, g.family_id, g.claimant_id, g.once, g.state, g.quantity, g.amount, g.source, g.proposed_by, g.proposed_at,
	g.decided_by, g.decided_at, g.delivered_by, g.delivered_on, g.document_id, g.updated_at, g.uid, g.words, f.number, f.name, f.area, f.entered_by, s.name, s.currency, s.body
	FROM incentive_grant g JOIN family f ON f.id = g.family_id JOIN scheme s ON s.id = g.scheme_id WHERE `

// GrantByID returns a grant of a party, else fault.NotFound.
func (tx *Tx) GrantByID(party place.Country, id int64) (*GrantRow, error) {
	list, err := tx.grants(grantColumns+`g.party = $1 AND g.id = $2`, string(party), id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return &list[0], nil
}

func (s *statement) grantsOf(scope Scope, q GrantQuery) {
	s.add("g.party = ?", string(scope.Party))
	if scope.Areas != nil {
		s.in("f.area", scope.Areas)
	}
	if q.Scheme != 0 {
		s.add(" AND g.scheme_id = ?", q.Scheme)
	}
	if q.Family != 0 {
		s.add(" AND g.family_id = ?", q.Family)
	}
	if q.Families != nil {
		s.inIDs("g.family_id", q.Families)
	}
	if q.States != nil {
		names := make([]string, len(q.States))
		for i, st := range q.States {
			names[i] = string(st)
		}
		s.in("g.state", names)
	}
	if q.Kinds != nil {
		names := make([]string, len(q.Kinds))
		for i, k := range q.Kinds {
			names[i] = string(k)
		}
		s.in("g.kind", names)
	}
	if q.EnteredBy != 0 {
		s.add(" AND f.entered_by = ?", q.EnteredBy)
	}
	if q.NotBy != 0 {
		s.add(" AND g.proposed_by <> ?", q.NotBy)
	}
}

// Grants returns grants inside the scope, in the order they were proposed.
func (tx *Tx) Grants(scope Scope, q GrantQuery) ([]GrantRow, error) {
	var s statement
	s.add(grantColumns)
	s.grantsOf(scope, q)
	limit := q.Limit
	if limit == 0 {
		limit = 50
	}
	s.add(" AND g.id > ? ORDER BY g.id LIMIT ?", q.After, limit)
	return tx.grants(s.text(), s.args...)
}

// CountGrants counts the grants that a query selects, without its limit.
func (tx *Tx) CountGrants(scope Scope, q GrantQuery) (n int, err error) {
	var s statement
	s.add("SELECT count(*) FROM incentive_grant g JOIN family f ON f.id = g.family_id WHERE ")
	s.grantsOf(scope, q)
	err = tx.row(into(&n), s.text(), s.args...)
	return n, err
}

func (tx *Tx) grants(query string, args ...any) ([]GrantRow, error) {
	type sealed struct {
		uid   string
		words []byte
	}
	var out []GrantRow
	var hidden []sealed
	err := tx.each(func(rows *sql.Rows) error {
		var g GrantRow
		var x sealed
		var party, kind, state, source, proposed, decided, delivered, updated, number, text string
		var once int64
		err := rows.Scan(&g.ID, &g.Version, &party, &g.SchemeID, &g.Offer, &kind, &g.FamilyID, &g.Claimant, &once, &state, &g.Quantity, &g.Amount, &source, &g.ProposedBy, &proposed,
			&g.DecidedBy, &decided, &g.DeliveredBy, &delivered, &g.Delivery.Document, &updated, &x.uid, &x.words, &number, &g.Name, &g.Area, &g.EnteredBy, &g.Scheme, &g.Currency, &text)
		if err != nil {
			return err
		}
		var b schemeBody
		if err := readBody(text, &b); err != nil {
			return err
		}
		g.Party, g.Kind, g.State, g.Source, g.Once, g.SchemeEN = place.Country(party), programme.Benefit(kind), programme.GrantState(state), programme.Source(source), once == 1, b.NameEN
		g.ProposedAt, g.DecidedAt, g.UpdatedAt, g.Delivery.On, g.Number = unstamp(proposed), unstamp(decided), unstamp(updated), undate(delivered), noNever(number)
		out, hidden = append(out, g), append(hidden, x)
		return nil
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading grants: %w", err)
	}
	for i := range out {
		var w grantWords
		if err := tx.openJSON("incentive_grant", "words", hidden[i].uid, hidden[i].words, &w); err != nil {
			return nil, err
		}
		g := &out[i]
		g.Note, g.Reason, g.Delivery.Receiver, g.Delivery.Proof, g.Delivery.Note, g.Delivery.Quantity = w.Note, w.Reason, w.Receiver, w.Proof, w.Handed, w.Pieces
	}
	return out, nil
}

// Holders returns the families that have an offer of a scheme, or may still get it: nobody is proposed twice.
func (tx *Tx) Holders(scheme int64, offer int) (map[int64]bool, error) {
	out := map[int64]bool{}
	err := tx.each(func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out[id] = true
		return err
	}, `SELECT family_id FROM incentive_grant WHERE scheme_id = $1 AND offer = $2 AND state IN ('proposed', 'approved', 'delivered')`, scheme, offer)
	return out, err
}

// HoldsOffer reports whether a family has an offer of a scheme, or may still get it.
func (tx *Tx) HoldsOffer(scheme int64, offer int, family int64) (bool, error) {
	var n int
	err := tx.row(into(&n), `SELECT count(*) FROM incentive_grant WHERE scheme_id = $1 AND offer = $2 AND family_id = $3 AND state IN ('proposed', 'approved', 'delivered')`,
		scheme, offer, family)
	return n > 0, err
}
