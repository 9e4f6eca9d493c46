package store

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	mathbits "math/bits"
	"slices"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/lexicon"
	"muntija/internal/registry"
)

// maxPage is the most families on a page.
const maxPage = 200

// cursor is a place in a list: behind the family with this key and id.
type cursor struct {
	Sort Sort   `json:"s"`
	Key  uint64 `json:"k"`
	ID   int64  `json:"i"`
}

const cursorMAC = 12 // bytes

// closeCursor writes a place in a list for a URL. It is signed, so that what comes back is what was given out.
func (tx *Tx) closeCursor(place any) string {
	b, _ := json.Marshal(place) // strings and numbers cannot fail
	return base64.RawURLEncoding.EncodeToString(append(tx.db.keys.MAC("cursor", b)[:cursorMAC], b...))
}

// openCursor reads what closeCursor wrote.
func (tx *Tx) openCursor(s string, place any) error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) < cursorMAC || !hmac.Equal(tx.db.keys.MAC("cursor", b[cursorMAC:])[:cursorMAC], b[:cursorMAC]) ||
		json.Unmarshal(b[cursorMAC:], place) != nil {
		return fault.New(fault.Invalid, "error.cursor")
	}
	return nil
}

func (tx *Tx) decodeCursor(s string, sort Sort) (cursor, error) {
	var c cursor
	if err := tx.openCursor(s, &c); err != nil || c.Sort != sort {
		return c, fault.New(fault.Invalid, "error.cursor")
	}
	return c, nil
}

// search is one run of ListFamilies over the roll.
type search struct {
	tx    *Tx
	scope Scope
	q     FamilyQuery
	areas []string // wanted, scope included; nil: all
	words lexicon.Query
	exact []int64  // ids found by a number; nil if the text is words
	ends  []uint32 // by family id: the first day in time on which something ends, 0 for none; nil: not asked
}

// ListFamilies returns a page of the families that a query selects inside a scope. It works in View only.
func (tx *Tx) ListFamilies(s Scope, q FamilyQuery) (FamilyPage, error) {
	q.Sort = cmp.Or(q.Sort, SortNewest)
	if !slices.Contains(sorts, q.Sort) {
		return FamilyPage{}, fault.New(fault.Invalid, "error.invalid")
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, maxPage)
	var at *cursor
	backwards := q.Before != ""
	if given := cmp.Or(q.After, q.Before); given != "" {
		c, err := tx.decodeCursor(given, q.Sort)
		if err != nil {
			return FamilyPage{}, err
		}
		at = &c
	}
	run := &search{tx: tx, scope: s, q: q}
	any, err := run.prepare()
	if err != nil {
		return FamilyPage{}, fmt.Errorf("listing families: %w", err)
	}
	if !any {
		return FamilyPage{}, nil
	}
	var page FamilyPage
	var hits []cursor
	err = tx.withRoll(func(r *roll) error {
		o := r.order(run)
		if backwards {
			o.desc = !o.desc
		}
		var ids []uint32
		ids, page.Total = r.find(run, o, at, q.Limit+1)
		for _, id := range ids {
			hits = append(hits, cursor{q.Sort, o.key(id), int64(id)})
		}
		return nil
	})
	if err != nil {
		return FamilyPage{}, fmt.Errorf("listing families: %w", err)
	}
	more := len(hits) > q.Limit
	hits = hits[:min(len(hits), q.Limit)]
	if backwards {
		slices.Reverse(hits)
	}
	if page.Rows, err = tx.familyRows(s, hits); err != nil {
		return FamilyPage{}, fmt.Errorf("listing families: %w", err)
	}
	if n := len(hits); n > 0 {
		if more && !backwards || backwards {
			page.Next = tx.closeCursor(hits[n-1])
		}
		if more && backwards || !backwards && q.After != "" {
			page.Prev = tx.closeCursor(hits[0])
		}
	}
	return page, nil
}

// prepare reads the scope and the text; it returns false if nothing can be found.
func (s *search) prepare() (bool, error) {
	s.areas = s.q.Areas
	if s.scope.Areas != nil {
		if len(s.areas) == 0 {
			s.areas = s.scope.Areas
		} else {
			s.areas = slices.DeleteFunc(slices.Clone(s.areas), func(a string) bool { return !slices.Contains(s.scope.Areas, a) })
		}
		if len(s.areas) == 0 {
			return false, nil
		}
	}
	err := s.readText()
	if q := &s.q; err == nil && q.DateField == DateEnds && !(q.From.IsZero() && q.To.IsZero()) {
		to := q.To
		if to.IsZero() {
			to = farthest
		}
		s.ends, err = s.tx.endingDays(max(q.From, 1), to)
	} else if q.Sort == SortEnds {
		q.Sort = SortValidUntil // nothing else says by which days
	}
	return err == nil && (s.exact == nil || len(s.exact) > 0), err
}

// readText tells a number from words. A registration number, an identity number and a phone are looked up exactly.
func (s *search) readText() (err error) {
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
		if err := ids(`SELECT id FROM family WHERE party = $1 AND number = $2 AND number <> '~'`, string(party), string(n)); err != nil {
			return err
		}
		for i, id := range s.exact { // the number of a registration that was merged leads to the one that stayed
			if s.exact[i], err = tx.SurvivorOf(id); err != nil {
				return err
			}
		}
		return nil
	}
	if (s.q.TextIDs || s.q.TextPhone) && strings.ContainsAny(text, "0123456789") {
		compact := strings.ToUpper(strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' || r == '\u00a0' {
				return -1
			}
			return r
		}, text))
		var try []Identifier
		if s.q.TextIDs {
			try = []Identifier{{string(identity.TypeEgyptianNID), compact}, {string(identity.TypeQatariID), compact}, {string(identity.TypePassport), compact}}
			for _, k := range registry.Codes("formal_kind") {
				try = append(try, Identifier{"formal:" + k, compact})
			}
		}
		if p, err := identity.ParsePhone(text, party); err == nil {
			try = append(try, Identifier{"phone", p.Canonical()})
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
	if s.words = lexicon.Parse(text); s.words.Empty() {
		s.exact = []int64{} // signs only: nothing is called so
	}
	return nil
}

// textKinds are the places of words that the text is looked for in.
func (s *search) textKinds() []wordKind {
	if s.q.NoPlaces {
		return textKinds[:len(textKinds)-1]
	}
	return textKinds
}

// order is how a list is sorted: by a column, then by the sort key of the name if byName, then by id.
type order struct {
	r      *roll
	column []uint64
	days   []uint32 // in place of column
	byName bool
	desc   bool
}

var sorts = []Sort{SortNewest, SortOldest, SortName, SortNumber, SortSubmitted, SortValidUntil, SortEnds}

// order is the order that a run asks for. By SortEnds only families are sorted that meet DateEnds, which have a day.
func (r *roll) order(s *search) order {
	switch s.q.Sort {
	case SortEnds:
		return order{r: r, days: s.ends}
	case SortName:
		return order{r: r, column: r.name, byName: true}
	case SortNumber:
		return order{r: r, column: r.number}
	case SortSubmitted:
		return order{r: r, column: r.submitted}
	case SortValidUntil:
		return order{r: r, days: r.valid}
	}
	return order{r: r, column: r.created, desc: s.q.Sort == SortNewest}
}

func (o *order) key(id uint32) uint64 {
	if o.days != nil {
		return uint64(o.days[id])
	}
	return o.column[id]
}

// before reports whether family a stands before family b.
func (o *order) before(a, b uint32) bool {
	x, y := o.key(a), o.key(b)
	if x == y && o.byName {
		if c := bytes.Compare(o.r.nameOf(a), o.r.nameOf(b)); c != 0 {
			return c < 0 != o.desc
		}
	}
	if x == y {
		return a < b != o.desc
	}
	return x < y != o.desc
}

// behind reports whether a family stands behind a place of the list. A name does not travel in a cursor: it is the family's of today.
func (o *order) behind(id uint32, at *cursor) bool {
	c := cmp.Compare(o.key(id), at.Key)
	if c == 0 && o.byName && at.ID < int64(len(o.r.cell)) && o.r.name[at.ID] == at.Key {
		c = bytes.Compare(o.r.nameOf(id), o.r.nameOf(uint32(at.ID)))
	}
	if c == 0 {
		c = cmp.Compare(int64(id), at.ID)
	}
	return c > 0 != o.desc && c != 0
}

// filter is a query in the numbers of the roll.
type filter struct {
	r                 *roll
	cell, trait       []bool
	entered, reviewer uint32 // 0: anybody
	notEntered        uint32 // 0: nobody is excluded
	nobody            bool   // somebody is asked for who has no family
	more              bool   // there is more to look at than cell and trait
	instants          []uint64
	from, to          uint64 // for instants, half open
	days              []uint32
	fromDay, toDay    uint32 // for days, inclusive
	bits              []uint64
	only              []uint32
}

func (r *roll) filter(s *search) *filter {
	f := r.filterOf(s)
	if !s.words.Empty() {
		f.bits = r.matching(s.words, s.textKinds())
	}
	return f
}

// filterOf is the filter without its words.
func (r *roll) filterOf(s *search) *filter {
	q := &s.q
	some := func(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }
	f := &filter{r: r}
	f.cell = r.cells.accept(func(c rollCell) bool {
		return c.party == string(s.scope.Party) && c.state != string(registry.Merged) && some(q.States, c.state) && (s.areas == nil || slices.Contains(s.areas, c.area)) && (!q.Amendment || c.amendment)
	})
	f.trait = r.traits.accept(func(t rollTrait) bool {
		return some(q.Crafts, t.craft) && some(q.Sexes, t.sex) && some(q.Protections, t.protection) && some(q.Overalls, t.overall)
	})
	user := func(id int64) uint32 { // 0 if the roll does not know the user
		return r.users.index[id]
	}
	if q.EnteredBy != 0 {
		f.entered = user(q.EnteredBy)
		f.nobody = f.nobody || f.entered == 0
	}
	if q.ReviewerID != 0 {
		f.reviewer = user(q.ReviewerID)
		f.nobody = f.nobody || f.reviewer == 0
	}
	f.notEntered = user(q.NotEnteredBy) * uint32(flag(q.NotEnteredBy != 0))
	if !q.From.IsZero() || !q.To.IsZero() {
		switch q.DateField {
		case DateSubmitted:
			f.instants = r.submitted
		case DateDecided:
			f.days = r.decided
		case DateValidUntil:
			f.days = r.valid
		case DateEnds:
			s.ends = append(s.ends, make([]uint32, max(0, len(r.cell)-len(s.ends)))...)
			f.days = s.ends
		default:
			f.instants = r.created
		}
		// Never is no date: it is outside of open ranges too.
		f.from, f.to, f.fromDay, f.toDay = 0, last, 1, lastDay-1
		if !q.From.IsZero() {
			f.from, f.fromDay = dayMicros(q.From), uint32(q.From)
		}
		if !q.To.IsZero() {
			f.to, f.toDay = dayMicros(q.To)+dayMicros(epoch+1), uint32(q.To)
		}
	}
	f.more = f.entered != 0 || f.reviewer != 0 || f.notEntered != 0 || f.instants != nil || f.days != nil
	if s.exact != nil {
		f.only = []uint32{}
		for _, id := range s.exact {
			if id > 0 && id < int64(len(r.cell)) && !slices.Contains(f.only, uint32(id)) {
				f.only = append(f.only, uint32(id))
			}
		}
	}
	return f
}

// dayMicros is the first instant of a day in µs since 1970.
func dayMicros(d calendar.Date) uint64 { return uint64(max(0, int64(d)-int64(epoch))) * 86_400_000_000 }

// meets reports whether a family meets the whole filter but the text.
func (f *filter) meets(id uint32) bool {
	return f.cell[f.r.cell[id]] && f.trait[f.r.trait[id]] && (!f.more || f.meetsMore(id))
}

// meetsMore looks at what fewer filters ask for.
func (f *filter) meetsMore(id uint32) bool {
	r := f.r
	if f.entered != 0 && r.entered[id] != f.entered || f.reviewer != 0 && r.reviewer[id] != f.reviewer ||
		f.notEntered != 0 && (r.entered[id] == f.notEntered || r.handed[id] == f.notEntered) {
		return false
	}
	if f.instants != nil && (f.instants[id] < f.from || f.instants[id] >= f.to) {
		return false
	}
	return f.days == nil || f.days[id] >= f.fromDay && f.days[id] <= f.toDay
}

// each calls visit for every family that meets the filter, from the highest id down if desc.
func (f *filter) each(desc bool, visit func(id uint32)) {
	switch {
	case f.nobody:
	case f.only != nil:
		for _, id := range f.only {
			if f.meets(id) {
				visit(id)
			}
		}
	case f.bits != nil:
		for i, word := range f.bits {
			for ; word != 0; word &= word - 1 {
				if id := uint32(i*64 + mathbits.TrailingZeros64(word)); f.meets(id) {
					visit(id)
				}
			}
		}
	case desc: // newest first fills the page at once, so that all else is turned away by one comparison
		for id := uint32(len(f.r.cell) - 1); id > 0; id-- {
			if f.meets(id) {
				visit(id)
			}
		}
	default:
		for id := range uint32(len(f.r.cell)) {
			if f.meets(id) {
				visit(id)
			}
		}
	}
}

// find returns the first families of a query behind a place, at most want, and how many meet the query in all.
func (r *roll) find(s *search, o order, at *cursor, want int) (ids []uint32, total int) {
	f := r.filter(s)
	defer giveBack(f.bits)
	full, top := false, uint64(0) // the page is full, and the key of its last family
	f.each(o.desc, func(id uint32) {
		total++
		if full {
			if k := o.key(id); k != top && k > top != o.desc {
				return
			}
		}
		if at != nil && !o.behind(id, at) || full && !o.before(id, ids[0]) {
			return
		}
		defer func() {
			if full = len(ids) == want; full {
				top = o.key(ids[0])
			}
		}()
		// ids is a heap with the last of the page on top.
		if len(ids) < want {
			ids = append(ids, id)
			for i := len(ids) - 1; i > 0; {
				up := (i - 1) / 2
				if !o.before(ids[up], ids[i]) {
					break
				}
				ids[up], ids[i] = ids[i], ids[up]
				i = up
			}
			return
		}
		ids[0] = id
		for i := 0; ; {
			down := 2*i + 1
			if down >= len(ids) {
				break
			}
			if down+1 < len(ids) && o.before(ids[down], ids[down+1]) {
				down++
			}
			if !o.before(ids[i], ids[down]) {
				break
			}
			ids[i], ids[down] = ids[down], ids[i]
			i = down
		}
	})
	slices.SortFunc(ids, func(a, b uint32) int {
		switch {
		case a == b:
			return 0
		case o.before(a, b):
			return -1
		}
		return 1
	})
	return ids, total
}

// familyRows reads the rows of a page in the order of the hits. What is not inside the scope (any more) is left out: the roll is not asked about
// permission.
func (tx *Tx) familyRows(scope Scope, hits []cursor) ([]FamilyRow, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(hits))
	at := make(map[int64]int, len(hits))
	for i, h := range hits {
		ids[i], at[h.ID] = h.ID, i
	}
	var q statement
	q.add(`SELECT f.id, f.version, f.number, f.name, f.project, f.state, f.area, f.district, f.craft, f.sex, f.protection, f.entered_by,
		f.reviewer_id, f.created_at, f.submitted_at, f.updated_at, f.decided_at, f.valid_until, f.overall, f.points, f.amendment, f.party, x.id_number
		FROM family f JOIN family_fact x ON x.family_id = f.id WHERE 1 = 1`)
	q.inIDs("f.id", ids)
	out := make([]FamilyRow, len(hits))
	err := tx.each(func(rows *sql.Rows) error {
		var r FamilyRow
		var party, number, state, sex, protection, created, submitted, updated, decided, valid string
		var amendment int64
		var sealed []byte
		err := rows.Scan(&r.ID, &r.Version, &number, &r.Name, &r.Project, &state, &r.Area, &r.District, &r.Craft, &sex, &protection, &r.EnteredBy,
			&r.ReviewerID, &created, &submitted, &updated, &decided, &valid, &r.Overall, &r.Points, &amendment, &party, &sealed)
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
		if scope.holds(party, r.Area) {
			out[at[r.ID]] = r
		}
		return nil
	}, q.text(), q.args...)
	return slices.DeleteFunc(out, func(r FamilyRow) bool { return r.ID == 0 }), err
}
