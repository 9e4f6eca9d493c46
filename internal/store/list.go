package store

import (
	"cmp"
	"crypto/hmac"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/registry"
)

// How a list finds its first page among a million families, whatever the filter:
//
//  1. If some condition is rare (by probing the indexes that could answer it, each for at most rareMax entries), all families that meet it are
//     looked at and sorted. This also gives the exact total.
//  2. Else the families are walked in the order of the list until the page is full: along one index for each state and area asked for, or along
//     one for the whole party. The walk reads at most walkMax index entries.
//  3. If that does not fill the page (a condition that is neither rare nor spread evenly along the order), the narrowest index is read whole.
//
// Columns that must not lead the planner to another index stand as "column || ''", which is true on both engines.

const (
	rareMax     = 2000   // entries of an index that are cheap to read whole
	walkMax     = 20_000 // entries of a covering index read along the order
	walkRowsMax = 4000   // the same when each entry needs its row
	maxCells    = 40     // states × areas that are walked side by side
	maxPage     = 200
)

// order describes a Sort: its column, its direction and the indexes family_<index> and family_cell_<index>.
type order struct {
	column string
	desc   bool
}

var orders = map[Sort]order{
	SortNewest: {"created_at", true}, SortOldest: {"created_at", false}, SortName: {"name_sort", false}, SortNumber: {"number", false},
	SortSubmitted: {"submitted_at", false}, SortValidUntil: {"valid_until", false},
}

var dateColumns = map[DateField]string{DateCreated: "created_at", DateSubmitted: "submitted_at", DateDecided: "decided_at", DateValidUntil: "valid_until"}

// cursor is a place in a list: behind the family with this key and id.
type cursor struct {
	Sort Sort   `json:"s"`
	Key  string `json:"k"`
	ID   int64  `json:"i"`
}

const cursorMAC = 12 // bytes

// encode writes a cursor for a URL. It is signed, so that what comes back is what was given out.
func (tx *Tx) encodeCursor(c cursor) string {
	b, _ := json.Marshal(c) // strings and a number cannot fail
	return base64.RawURLEncoding.EncodeToString(append(tx.db.keys.MAC("cursor", b)[:cursorMAC], b...))
}

func (tx *Tx) decodeCursor(s string, sort Sort) (cursor, error) {
	var c cursor
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) < cursorMAC || !hmac.Equal(tx.db.keys.MAC("cursor", b[cursorMAC:])[:cursorMAC], b[:cursorMAC]) ||
		json.Unmarshal(b[cursorMAC:], &c) != nil || c.Sort != sort {
		return c, fault.New(fault.Invalid, "error.cursor")
	}
	return c, nil
}

// hit is a family found: its sort key and id.
type hit struct {
	key string
	id  int64
}

// search is one run of ListFamilies.
type search struct {
	tx    *Tx
	scope Scope
	q     FamilyQuery
	order order
	desc  bool // direction of the walk: the order's, turned round for a page before a cursor
	at    *cursor
	want  int // hits to find: one more than the page, to know whether there is a next one

	areas []string // wanted, scope included; nil: all
	words []string
	exact []int64 // ids found by a number; nil if the text is words
}

// ListFamilies returns a page of the families that a query selects inside a scope.
func (tx *Tx) ListFamilies(s Scope, q FamilyQuery) (FamilyPage, error) {
	if q.Sort == "" {
		q.Sort = SortNewest
	}
	o, ok := orders[q.Sort]
	if !ok {
		return FamilyPage{}, fault.New(fault.Invalid, "error.invalid")
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, maxPage)
	run := &search{tx: tx, scope: s, q: q, order: o, desc: o.desc, want: q.Limit + 1}
	backwards := q.Before != ""
	if given := cmp.Or(q.After, q.Before); given != "" {
		c, err := tx.decodeCursor(given, q.Sort)
		if err != nil {
			return FamilyPage{}, err
		}
		run.at = &c
		if backwards {
			run.desc = !run.desc
		}
	}
	hits, total, err := run.find()
	if err != nil {
		return FamilyPage{}, fmt.Errorf("listing families: %w", err)
	}
	more := len(hits) > q.Limit
	hits = hits[:min(len(hits), q.Limit)]
	if backwards {
		slices.Reverse(hits)
	}
	page := FamilyPage{Total: total}
	if page.Rows, err = tx.familyRows(hits); err != nil {
		return FamilyPage{}, fmt.Errorf("listing families: %w", err)
	}
	if n := len(hits); n > 0 {
		if more && !backwards || backwards {
			page.Next = tx.encodeCursor(cursor{q.Sort, hits[n-1].key, hits[n-1].id})
		}
		if more && backwards || !backwards && q.After != "" {
			page.Prev = tx.encodeCursor(cursor{q.Sort, hits[0].key, hits[0].id})
		}
	}
	if total < 0 && run.at == nil && !more {
		page.Total = len(hits)
	}
	return page, nil
}

// find returns up to want hits in the direction of the walk, and the total if it is known, else -1.
func (s *search) find() ([]hit, int, error) {
	s.areas = s.q.Areas
	if s.scope.Areas != nil {
		if len(s.areas) == 0 {
			s.areas = s.scope.Areas
		} else {
			s.areas = slices.DeleteFunc(slices.Clone(s.areas), func(a string) bool { return !slices.Contains(s.scope.Areas, a) })
		}
		if len(s.areas) == 0 {
			return nil, 0, nil
		}
	}
	if len(s.areas) == 0 {
		s.areas = nil
	}
	if err := s.readText(); err != nil {
		return nil, -1, err
	}
	// 1. Something rare.
	paths, err := s.paths()
	if err != nil {
		return nil, -1, err
	}
	var narrow *access
	for i := range paths {
		n, err := s.probe(&paths[i], rareMax)
		if err != nil {
			return nil, -1, err
		}
		if n == 0 {
			return nil, 0, nil
		}
		if n <= rareMax && (narrow == nil || n < narrow.n) {
			narrow = &paths[i]
		}
	}
	if narrow != nil {
		return s.readWhole(narrow)
	}
	total, err := s.countCells()
	if err != nil {
		return nil, -1, err
	}
	// 2. Along the order.
	hits, complete, err := s.walk()
	if err != nil || complete {
		return hits, total, err
	}
	// 3. Neither.
	for i := range paths {
		n, err := s.probe(&paths[i], 60_000)
		if err != nil {
			return nil, -1, err
		}
		if n <= 60_000 && (narrow == nil || n < narrow.n) {
			narrow = &paths[i]
		}
	}
	if narrow != nil {
		return s.readWhole(narrow)
	}
	hits, err = s.walkAll()
	return hits, total, err
}

// readText tells a number from words. A registration number, an identity number and a phone are looked up exactly.
func (s *search) readText() error {
	text := strings.TrimSpace(arabic.Digits(s.q.Text))
	if text == "" {
		return nil
	}
	tx, party := s.tx, s.scope.Party
	ids := func(query string, args ...any) error {
		return tx.each(func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			s.exact = append(s.exact, id)
			return err
		}, query, args...)
	}
	if n, ok := registry.ParseNumber(text); ok {
		s.exact = []int64{}
		return ids(`SELECT id FROM family WHERE party = $1 AND number = $2 AND number <> '~'`, string(party), string(n))
	}
	if strings.IndexFunc(text, func(r rune) bool { return r >= '0' && r <= '9' }) >= 0 {
		compact := strings.ToUpper(strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' || r == '\u00a0' {
				return -1
			}
			return r
		}, text))
		try := []Identifier{{string(identity.TypeEgyptianNID), compact}, {string(identity.TypeQatariID), compact}, {string(identity.TypePassport), compact}}
		if p, err := identity.ParsePhone(text, party); err == nil {
			try = append(try, Identifier{"phone", p.Canonical()})
		}
		for _, k := range registry.Codes("formal_kind") {
			try = append(try, Identifier{"formal:" + k, compact})
		}
		var q statement
		q.add("SELECT DISTINCT family_id FROM identifier WHERE party = ? AND (1 = 0", string(party))
		for _, id := range try {
			q.add(" OR blind = ? AND kind = ?", tx.db.keys.Blind(id.Kind, id.Value), id.Kind)
		}
		q.add(") LIMIT 1000")
		if err := ids(q.text(), q.args...); err != nil || len(s.exact) > 0 {
			return err
		}
	}
	for _, w := range arabic.Tokens(text) {
		if !slices.Contains(s.words, w) && len(s.words) < 8 {
			s.words = append(s.words, w)
		}
	}
	if s.words == nil {
		s.exact = []int64{} // signs only: nothing is called so
	}
	return nil
}

// access is an index that can answer one part of the query, as the condition that leads to it.
type access struct {
	name  string
	from  string // "family", or "family_word" with its column family_id
	where func(*statement)
	n     int
}

// paths returns the ways to something rare, most telling first.
func (s *search) paths() ([]access, error) {
	if s.exact != nil {
		return []access{{name: "exact", from: "family", where: func(q *statement) { q.inIDs("id", s.exact) }}}, nil
	}
	var out []access
	party := string(s.scope.Party)
	if len(s.words) > 0 {
		for _, w := range s.words {
			out = append(out, access{name: "word", from: "family_word", where: func(q *statement) {
				q.add(" AND party = ? AND word >= ? AND word < ?", party, w, w+string(utf8.MaxRune))
			}})
		}
	}
	if s.q.EnteredBy != 0 {
		out = append(out, access{name: "entered", from: "family", where: func(q *statement) {
			q.add(" AND entered_by = ?", s.q.EnteredBy)
			s.states(q, "state")
		}})
	}
	if s.q.ReviewerID != 0 {
		out = append(out, access{name: "reviewer", from: "family", where: func(q *statement) {
			q.add(" AND reviewer_id = ? AND reviewer_id > 0", s.q.ReviewerID)
			s.states(q, "state")
		}})
	}
	if s.q.Amendment {
		out = append(out, access{name: "amendment", from: "family", where: func(q *statement) {
			q.add(" AND party = ? AND amendment = 1", party)
			if s.areas != nil {
				q.in("area", s.areas)
			}
		}})
	}
	if c := s.dateColumn(); c != "" && c != s.order.column {
		out = append(out, access{name: "date", from: "family", where: func(q *statement) {
			q.add(" AND party = ?", party)
			s.dates(q, c)
		}})
	}
	if len(s.q.Crafts)+len(s.q.Protections)+len(s.q.Overalls)+len(s.q.Sexes) > 0 {
		crafts := s.q.Crafts
		if len(crafts) == 0 {
			// Every craft that occurs: the index begins with it.
			err := s.tx.each(func(rows *sql.Rows) error {
				var c string
				err := rows.Scan(&c)
				crafts = append(crafts, c)
				return err
			}, `SELECT DISTINCT craft FROM family_count WHERE party = $1`, party)
			if err != nil {
				return nil, err
			}
		}
		protections := s.q.Protections
		if len(protections) == 0 {
			for _, p := range registry.Protections() {
				protections = append(protections, string(p))
			}
		}
		out = append(out, access{name: "traits", from: "family", where: func(q *statement) {
			q.add(" AND party = ?", party)
			q.in("craft", crafts)
			q.in("protection", protections)
			if len(s.q.Overalls) > 0 {
				q.in("overall", s.q.Overalls)
			}
			if len(s.q.Sexes) > 0 {
				q.in("sex", s.q.Sexes)
			}
			s.states(q, "state || ''")
			if s.areas != nil {
				q.in("area || ''", s.areas)
			}
		}})
	}
	if s.areas != nil || len(s.q.States) > 0 {
		out = append(out, access{name: "cell", from: "family", where: func(q *statement) {
			q.add(" AND party = ?", party)
			q.in("state", s.stateList())
			if s.areas != nil {
				q.in("area", s.areas)
			}
		}})
	}
	return out, nil
}

func (s *search) stateList() []string {
	if len(s.q.States) > 0 {
		return s.q.States
	}
	var out []string
	for _, st := range registry.States() {
		out = append(out, string(st))
	}
	return out
}

func (s *search) states(q *statement, expr string) {
	if len(s.q.States) > 0 {
		q.in(expr, s.q.States)
	}
}

func (s *search) dateColumn() string {
	if s.q.From.IsZero() && s.q.To.IsZero() {
		return ""
	}
	return dateColumns[cmp.Or(s.q.DateField, DateCreated)]
}

// dates bounds a column by the query's days. "~" for never lies beyond every last day, and is kept out where there is none.
func (s *search) dates(q *statement, expr string) {
	if !s.q.From.IsZero() {
		q.add(" AND "+expr+" >= ?", s.q.From.String())
	}
	end := never
	if !s.q.To.IsZero() && s.q.To != calendar.Date(3652059) {
		end = s.q.To.AddDays(1).String()
	}
	q.add(" AND "+expr+" < ?", end)
}

// probe counts the entries of a path up to most + 1.
func (s *search) probe(p *access, most int) (int, error) {
	var q statement
	q.add("SELECT count(*) FROM (SELECT 1 FROM " + p.from + " WHERE 1 = 1")
	p.where(&q)
	q.add(" LIMIT ?) x", most+1)
	err := s.tx.row(into(&p.n), q.text(), q.args...)
	return p.n, err
}

// conditions appends every condition of the query on family rows, in a form that leaves the choice of index to another part of the statement.
func (s *search) conditions(q *statement) {
	q.add(" AND party || '' = ?", string(s.scope.Party))
	s.states(q, "state || ''")
	if s.areas != nil {
		q.in("area || ''", s.areas)
	}
	s.rest(q)
	if c := s.dateColumn(); c != "" {
		s.dates(q, c+" || ''")
	}
}

// rest appends the conditions other than party, state, area and dates.
func (s *search) rest(q *statement) {
	for _, c := range []struct {
		column string
		values []string
	}{{"craft", s.q.Crafts}, {"sex", s.q.Sexes}, {"protection", s.q.Protections}, {"overall", s.q.Overalls}} {
		if len(c.values) > 0 {
			q.in(c.column+" || ''", c.values)
		}
	}
	if s.q.EnteredBy != 0 {
		q.add(" AND entered_by + 0 = ?", s.q.EnteredBy)
	}
	if s.q.ReviewerID != 0 {
		q.add(" AND reviewer_id + 0 = ?", s.q.ReviewerID)
	}
	if s.q.NotEnteredBy != 0 {
		q.add(" AND entered_by + 0 <> ? AND submitted_by <> ?", s.q.NotEnteredBy, s.q.NotEnteredBy)
	}
	if s.q.Amendment {
		q.add(" AND amendment + 0 = 1")
	}
	for _, w := range s.words {
		q.add(" AND search LIKE ?", "% "+w+"%") // folded text holds no % and no _
	}
	if s.exact != nil {
		q.inIDs("id + 0", s.exact)
	}
}

// readWhole reads all families of a path, keeps those that meet the whole query, and sorts them.
func (s *search) readWhole(p *access) ([]hit, int, error) {
	var q statement
	q.add("SELECT " + s.order.column + ", id FROM family WHERE ")
	if p.from == "family" {
		q.add("1 = 1")
		p.where(&q)
	} else {
		q.add("id IN (SELECT family_id FROM " + p.from + " WHERE 1 = 1")
		p.where(&q)
		q.add(")")
	}
	s.conditions(&q)
	hits, err := s.hits(nil, &q)
	if err != nil {
		return nil, -1, err
	}
	total := len(hits)
	slices.SortFunc(hits, s.compare)
	if s.at != nil {
		from := hit{s.at.Key, s.at.ID}
		i, found := slices.BinarySearchFunc(hits, from, s.compare)
		if found {
			i++
		}
		hits = hits[i:]
	}
	return hits[:min(len(hits), s.want)], total, nil
}

func (s *search) hits(out []hit, q *statement) ([]hit, error) {
	err := s.tx.each(func(rows *sql.Rows) error {
		var h hit
		err := rows.Scan(&h.key, &h.id)
		out = append(out, h)
		return err
	}, q.text(), q.args...)
	return out, err
}

// compare orders hits in the direction of the walk.
func (s *search) compare(a, b hit) int {
	c := cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
	if s.desc {
		return -c
	}
	return c
}

// covered reports whether the walk's indexes hold every column of the conditions.
func (s *search) covered() bool {
	return len(s.words) == 0 && s.q.EnteredBy == 0 && s.q.ReviewerID == 0 && s.q.NotEnteredBy == 0 && !s.q.Amendment && s.exact == nil &&
		(s.dateColumn() == "" || s.dateColumn() == s.order.column)
}

// unrestricted reports whether party, state, area and the order's own dates are the only conditions.
func (s *search) unrestricted() bool {
	return s.covered() && len(s.q.Crafts)+len(s.q.Sexes)+len(s.q.Protections)+len(s.q.Overalls) == 0
}

// walk goes along the order until the page is full. complete is false if it gave up before.
func (s *search) walk() (hits []hit, complete bool, err error) {
	budget := walkMax
	if !s.covered() {
		budget = walkRowsMax
	}
	var cells [][2]string
	if s.areas != nil || len(s.q.States) > 0 {
		areas := s.areas
		if areas == nil {
			if areas, err = s.knownAreas(); err != nil {
				return nil, false, err
			}
		}
		for _, st := range s.stateList() {
			for _, a := range areas {
				cells = append(cells, [2]string{st, a})
			}
		}
	}
	if len(cells) == 0 || len(cells) > maxCells {
		hits, err = s.walkOne(nil, budget)
		return hits, err == nil && len(hits) >= s.want, err
	}
	// Every cell gives its first hits; the first of all are among them.
	complete = true
	for _, c := range cells {
		mine, err := s.walkOne(&c, budget/len(cells))
		if err != nil {
			return nil, false, err
		}
		if len(mine) < s.want && !s.unrestricted() {
			// The cell may hold more beyond its share of the budget.
			n, err := s.cellSize(c)
			if err != nil {
				return nil, false, err
			}
			complete = complete && n <= budget/len(cells)
		}
		hits = append(hits, mine...)
	}
	slices.SortFunc(hits, s.compare)
	return hits[:min(len(hits), s.want)], complete, nil
}

// walkOne walks the party's index, or the one of a state and area, over at most budget entries.
func (s *search) walkOne(c *[2]string, budget int) ([]hit, error) {
	var q statement
	columns := "id, state, area, craft, sex, protection, overall"
	if !s.covered() {
		columns += ", entered_by, submitted_by, reviewer_id, amendment, search"
		if d := s.dateColumn(); d != "" && d != s.order.column {
			columns += ", " + d
		}
	}
	q.add("SELECT " + s.order.column + ", id FROM (SELECT " + s.order.column + ", " + columns + " FROM family WHERE ")
	s.along(&q, c)
	free := s.unrestricted() && (c != nil || s.areas == nil && len(s.q.States) == 0)
	if free {
		budget = s.want
	}
	q.add(" LIMIT ?) f WHERE 1 = 1", budget)
	if !free {
		if c == nil {
			s.states(&q, "state || ''")
			if s.areas != nil {
				q.in("area || ''", s.areas)
			}
		}
		s.rest(&q)
		if d := s.dateColumn(); d != "" && d != s.order.column {
			s.dates(&q, d+" || ''")
		}
	}
	// The inner order is kept on both engines, where an outer ORDER BY would read the whole budget first.
	q.add(" LIMIT ?", s.want)
	hits, err := s.hits(nil, &q)
	slices.SortFunc(hits, s.compare)
	return hits, err
}

// along appends the conditions and the order that follow an index from the cursor on.
func (s *search) along(q *statement, c *[2]string) {
	q.add("party = ?", string(s.scope.Party))
	if c != nil {
		q.add(" AND state = ? AND area = ?", c[0], c[1])
	}
	if s.dateColumn() == s.order.column {
		s.dates(q, s.order.column)
	}
	sign, dir := ">", ""
	if s.desc {
		sign, dir = "<", " DESC"
	}
	if s.at != nil {
		q.add(" AND ("+s.order.column+", id) "+sign+" (?, ?)", s.at.Key, s.at.ID)
	}
	q.add(" ORDER BY " + s.order.column + dir + ", id" + dir)
}

// walkAll walks the party's index to its end: the last resort, always right.
func (s *search) walkAll() ([]hit, error) { return s.walkOne(nil, 1<<40) }

func (s *search) knownAreas() ([]string, error) {
	var out []string
	err := s.tx.each(func(rows *sql.Rows) error {
		var a string
		err := rows.Scan(&a)
		out = append(out, a)
		return err
	}, `SELECT DISTINCT area FROM family_count WHERE party = $1`, string(s.scope.Party))
	return out, err
}

func (s *search) cellSize(c [2]string) (int, error) {
	var n int
	err := s.tx.row(into(&n), `SELECT coalesce(sum(n), 0) FROM family_count WHERE party = $1 AND state = $2 AND area = $3`,
		string(s.scope.Party), c[0], c[1])
	return n, err
}

// countCells returns the exact number of families if party, state, area and craft are the only conditions, else -1.
func (s *search) countCells() (int, error) {
	if !s.covered() || s.dateColumn() != "" || len(s.q.Sexes)+len(s.q.Protections)+len(s.q.Overalls) > 0 {
		return -1, nil
	}
	var q statement
	q.add("SELECT coalesce(sum(n), 0) FROM family_count WHERE party = ?", string(s.scope.Party))
	s.states(&q, "state")
	if s.areas != nil {
		q.in("area", s.areas)
	}
	if len(s.q.Crafts) > 0 {
		q.in("craft", s.q.Crafts)
	}
	var n int
	err := s.tx.row(into(&n), q.text(), q.args...)
	return n, err
}

// familyRows reads the rows of a page in the order of the hits.
func (tx *Tx) familyRows(hits []hit) ([]FamilyRow, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(hits))
	at := make(map[int64]int, len(hits))
	for i, h := range hits {
		ids[i], at[h.id] = h.id, i
	}
	var q statement
	q.add(`SELECT f.id, f.version, f.number, f.name, f.project, f.state, f.area, f.district, f.craft, f.sex, f.protection, f.entered_by,
		f.reviewer_id, f.created_at, f.submitted_at, f.updated_at, f.decided_at, f.valid_until, f.overall, f.points, f.amendment, x.id_number
		FROM family f JOIN family_fact x ON x.family_id = f.id WHERE 1 = 1`)
	q.inIDs("f.id", ids)
	out := make([]FamilyRow, len(hits))
	err := tx.each(func(rows *sql.Rows) error {
		var r FamilyRow
		var number, state, sex, protection, created, submitted, updated, decided, valid string
		var amendment int64
		var sealed []byte
		err := rows.Scan(&r.ID, &r.Version, &number, &r.Name, &r.Project, &state, &r.Area, &r.District, &r.Craft, &sex, &protection, &r.EnteredBy,
			&r.ReviewerID, &created, &submitted, &updated, &decided, &valid, &r.Overall, &r.Points, &amendment, &sealed)
		if err != nil {
			return err
		}
		plain, err := tx.openID("family_fact", "id_number", r.ID, sealed)
		if err != nil {
			return err
		}
		r.Number, r.State, r.Sex, r.Protection = registry.Number(noNever(number)), registry.State(state), registry.Sex(sex), registry.Protection(protection)
		r.CreatedAt, r.SubmittedAt, r.UpdatedAt, r.DecidedAt = unstamp(created), unstamp(submitted), unstamp(updated), unstamp(decided)
		r.ValidUntil, r.Amendment, r.IDNumber = undate(valid), amendment == 1, string(plain)
		out[at[r.ID]] = r
		return nil
	}, q.text(), q.args...)
	return out, err
}
