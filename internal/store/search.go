package store

import (
	"cmp"
	"database/sql"
	"fmt"
	mathbits "math/bits"
	"slices"
	"strings"

	"muntija/internal/lexicon"
	"muntija/internal/registry"
)

// FindQuery is one look into the registry from the box on every page.
type FindQuery struct {
	Text      string
	EnteredBy int64 // 0: anybody
	IDs       bool  // Text may be an id number, a licence or a phone: for who may see them
	Phones    bool  // Text may be a phone
	NoPlaces  bool  // not by district and village
	Products  bool
	Members   bool // by the names of household members
	Limit     int  // of each kind of result: 1–50
}

// FoundFamily is a family with how well it answers, best first.
type FoundFamily struct {
	FamilyRow
	Member registry.Member // who answers, if it is somebody of the household
	Cost   int             // 0: word for word
}

// FoundPlace is a district in which families live.
type FoundPlace struct {
	Area, District string
	Families       int
}

// Findings are the answers, by kind.
type Findings struct {
	Query    lexicon.Query // what was read from the text, to mark it in what is shown
	Exact    bool          // the text was a number; People are who hold it
	People   []FoundFamily
	Members  []FoundFamily // of whom somebody in the household is called so
	Projects []FoundFamily
	Villages []FoundFamily // who live in a place of that name
	Places   []FoundPlace
	Products []ProductRow
	Total    int // families in all that are found by name, project or place
}

const mostFound = 50

// readAhead is how many families are read for each one that is shown, so that the best of them come first.
const readAhead = 6

// Find answers a query inside a scope. It works in View only.
func (tx *Tx) Find(s Scope, q FindQuery) (*Findings, error) {
	q.Limit = min(max(q.Limit, 1), mostFound)
	run := &search{tx: tx, scope: s, q: FamilyQuery{Text: q.Text, TextIDs: q.IDs, TextPhone: q.Phones, NoPlaces: q.NoPlaces, EnteredBy: q.EnteredBy}}
	any, err := run.prepare()
	if err != nil {
		return nil, fmt.Errorf("searching: %w", err)
	}
	out := &Findings{Query: run.words}
	if !any || run.words.Empty() && run.exact == nil {
		return out, nil
	}
	var picks [3][]uint32 // by name, project, place
	var goods, kin []uint32
	err = tx.withRoll(func(r *roll) error {
		f := r.filterOf(run)
		if f.nobody { // somebody's entries who has none
			return nil
		}
		if f.only != nil {
			out.Exact = true
			f.each(true, func(id uint32) { picks[0] = append(picks[0], id) })
			out.Total = len(picks[0])
			return nil
		}
		picks, goods, out.Total = r.pick(f, run, q)
		if !q.NoPlaces {
			out.Places = r.places(f, run)
		}
		// Who is looked for by one name that many bear is most often a lead producer.
		if q.Members && (len(picks[0]) < q.Limit || len(run.words.Terms) > 1) {
			kin = r.pickKin(f, &tx.db.kin, run.words.Terms, picks[0], q.Limit*readAhead)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("searching: %w", err)
	}
	for i, to := range []*[]FoundFamily{&out.People, &out.Projects, &out.Villages} {
		if *to, err = tx.foundFamilies(s, picks[i], run.words, q.Limit, i == 0); err != nil {
			return nil, fmt.Errorf("reading what was found: %w", err)
		}
	}
	if out.Members, err = tx.foundMembers(s, kin, run.words, q.Limit); err != nil {
		return nil, fmt.Errorf("reading the households that were found: %w", err)
	}
	if out.Products, err = tx.foundProducts(s, goods, run.words, q.Limit); err != nil {
		return nil, fmt.Errorf("reading the products that were found: %w", err)
	}
	return out, nil
}

// pick chooses whom to read: the likeliest by name, by project, by place and by product, and counts who is found in all.
func (r *roll) pick(f *filter, run *search, fq FindQuery) (picks [3][]uint32, goods []uint32, total int) {
	for _, slips := range []bool{false, true} {
		terms := make([]*found, len(run.words.Terms))
		for i, t := range run.words.Terms {
			terms[i] = r.findTerm(t, slips)
		}
		picks, total = r.pickFamilies(f, terms, run.textKinds(), fq.Limit)
		if fq.Products {
			goods = r.pickGoods(f, terms, fq.Limit)
		}
		for _, t := range terms {
			t.drop()
		}
		if total+len(goods) > 0 || slips {
			return picks, goods, total
		}
	}
	return picks, goods, total
}

func (r *roll) pickFamilies(f *filter, terms []*found, text []wordKind, limit int) (picks [3][]uint32, total int) {
	name := []wordKind{wordGiven, wordRest}
	kinds := [3][]wordKind{name, {wordProject}, {wordPlace}}
	all := r.every(terms, false, text)
	sure := r.every(terms, true, text)
	if len(terms) >= 3 && empty(all) { // one word of several may be wrong or too much
		giveBack(all)
		all = r.allButOne(terms, text)
	}
	given, givenSure := terms[0].union(r, false, wordGiven), terms[0].union(r, true, wordGiven)
	defer func() {
		for _, b := range [][]uint64{all, sure, given, givenSure} {
			giveBack(b)
		}
	}()
	seen := r.newBits()
	defer giveBack(seen)
	for k := range picks {
		if !slices.Contains(text, kinds[k][0]) {
			continue
		}
		own := r.newBits()
		for _, t := range terms {
			b := t.union(r, false, kinds[k]...)
			or(own, b)
			giveBack(b)
		}
		want := limit * readAhead
		steps := [][][]uint64{{sure, own}, {all, own}}
		if k == 0 { // who is called so comes before whose father is
			steps = [][][]uint64{{sure, givenSure}, {sure, own}, {all, given}, {all, own}}
		}
		for _, step := range steps {
			total += r.pickStep(f, step, seen, want, &picks[k])
		}
		giveBack(own)
	}
	return picks, total
}

// pickStep appends families that are in all sets, newest first, until there are enough, and returns how many there are. Those of earlier steps do not count again.
func (r *roll) pickStep(f *filter, sets [][]uint64, seen []uint64, want int, to *[]uint32) (n int) {
	for i := len(seen) - 1; i >= 0; i-- {
		word := ^seen[i]
		for _, s := range sets {
			word &= s[i]
		}
		for word != 0 {
			bit := 63 - mathbits.LeadingZeros64(word)
			word &^= 1 << bit
			id := uint32(i*64 + bit)
			seen[i] |= 1 << bit
			if id >= uint32(len(r.cell)) || !f.meets(id) {
				continue
			}
			n++
			if len(*to) < want {
				*to = append(*to, id)
			}
		}
	}
	return n
}

// every returns who has all terms in some places.
func (r *roll) every(terms []*found, sure bool, kinds []wordKind) []uint64 {
	all := terms[0].union(r, sure, kinds...)
	for _, t := range terms[1:] {
		b := t.union(r, sure, kinds...)
		and(all, b)
		giveBack(b)
	}
	return all
}

// allButOne returns who has all terms but one at most.
func (r *roll) allButOne(terms []*found, text []wordKind) []uint64 {
	all, one := terms[0].union(r, false, text...), r.newBits()
	for i := range one {
		one[i] = ^uint64(0) // none missing is fewer than one missing
	}
	for _, t := range terms[1:] {
		b := t.union(r, false, text...)
		for i := range b {
			one[i] = one[i]&b[i] | all[i]&^b[i] | one[i]&all[i]&^b[i]
			all[i] &= b[i]
		}
		giveBack(b)
	}
	giveBack(all)
	return one
}

func empty(bits []uint64) bool {
	for _, b := range bits {
		if b != 0 {
			return false
		}
	}
	return true
}

func (r *roll) pickGoods(f *filter, terms []*found, limit int) (goods []uint32) {
	all := r.every(terms, false, []wordKind{wordGoods})
	defer giveBack(all)
	seen := r.newBits()
	defer giveBack(seen)
	r.pickStep(f, [][]uint64{all}, seen, limit*2, &goods)
	return goods
}

// places returns the districts that answer the query, in the areas of the scope, with how many families of the filter live there.
func (r *roll) places(f *filter, run *search) []FoundPlace {
	const most = 5
	type scored struct {
		FoundPlace
		cost int
	}
	var hits []scored
	meant := make([]map[string]bool, len(run.words.Terms))
	for i, t := range run.words.Terms {
		meant[i] = map[string]bool{}
		for _, form := range t.Forms {
			for _, w := range form {
				r.index.lex.Each(w, true, func(n uint32, _ lexicon.Closeness) { meant[i][r.index.lex.Word(n)] = true })
			}
		}
	}
	// To mark a name folds it, which for thousands of districts would take longer than all else: first whether each term is among its words at all.
	may := func(name string) bool {
		words := r.index.districts[name]
		for _, m := range meant {
			if !slices.ContainsFunc(words, func(w string) bool { return m[w] }) {
				return false
			}
		}
		return true
	}
	for at, names := range r.districts {
		if at[0] != string(run.scope.Party) || run.areas != nil && !slices.Contains(run.areas, at[1]) {
			continue
		}
		for name := range names {
			if !may(name) {
				continue
			}
			if m := run.words.Marks(name); m.Terms == len(run.words.Terms) {
				hits = append(hits, scored{FoundPlace{Area: at[1], District: name}, m.Cost*8 + m.Words})
			}
		}
	}
	slices.SortFunc(hits, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.Area, b.Area), cmp.Compare(a.District, b.District))
	})
	var out []FoundPlace
	for _, h := range hits[:min(len(hits), most)] {
		if h.Families = r.inDistrict(f, h.Area, h.District); h.Families > 0 { // who sees own entries only learns of their places only
			out = append(out, h.FoundPlace)
		}
	}
	return out
}

// inDistrict counts the families of the filter that have the words of a district's name in their place, in an area.
func (r *roll) inDistrict(f *filter, area, district string) (n int) {
	var all []uint64
	for _, w := range r.index.districts[district] {
		number, ok := r.index.lex.Number(w)
		if !ok {
			return 0
		}
		var fd found
		r.markHits([]hit{{number, true}}, &fd)
		bits := fd.union(r, true, wordPlace)
		fd.drop()
		if all == nil {
			all = bits
			continue
		}
		and(all, bits)
		giveBack(bits)
	}
	defer giveBack(all)
	inArea := r.cells.accept(func(c rollCell) bool { return c.area == area })
	for i, word := range all {
		for ; word != 0; word &= word - 1 {
			id := uint32(i*64 + mathbits.TrailingZeros64(word))
			if inArea[r.cell[id]] && f.meets(id) {
				n++
			}
		}
	}
	return n
}

// ended are the states of registrations that come behind those that stand.
func ended(s registry.State) bool {
	return s == registry.Withdrawn || s == registry.Rejected || s == registry.Merged
}

// foundFamilies reads families and puts the best first.
func (tx *Tx) foundFamilies(s Scope, ids []uint32, q lexicon.Query, limit int, byName bool) ([]FoundFamily, error) {
	hits := make([]cursor, len(ids))
	for i, id := range ids {
		hits[i].ID = int64(id)
	}
	rows, err := tx.familyRows(s, hits)
	if err != nil {
		return nil, err
	}
	out := make([]FoundFamily, len(rows))
	for i, row := range rows {
		out[i] = FoundFamily{FamilyRow: row}
		text := row.Name
		if !byName {
			text += " " + row.Project
		}
		m := q.Marks(text)
		out[i].Cost = m.Cost * 4
		if byName && !m.First {
			out[i].Cost += 30
		}
		if ended(row.State) {
			out[i].Cost += 3
		}
	}
	return bestFirst(out, limit), nil
}

func bestFirst(found []FoundFamily, limit int) []FoundFamily {
	slices.SortStableFunc(found, func(a, b FoundFamily) int { return cmp.Compare(a.Cost, b.Cost) })
	return found[:min(len(found), limit)]
}

// foundProducts reads the products of families that answer the query.
func (tx *Tx) foundProducts(s Scope, families []uint32, q lexicon.Query, limit int) ([]ProductRow, error) {
	type scored struct {
		ProductRow
		cost int
	}
	var hits []scored
	for part := range slices.Chunk(families, 64) {
		ids := make([]int64, len(part))
		for i, id := range part {
			ids[i] = int64(id)
		}
		var st statement
		st.add(selectProduct + `, f.name, f.project FROM product p JOIN family f ON f.id = p.family_id WHERE 1 = 1`)
		st.inIDs("p.family_id", ids)
		st.add(" ORDER BY p.id DESC LIMIT 2000")
		err := tx.each(func(rows *sql.Rows) error {
			var row ProductRow
			p, area, err := scanProduct(rows, &row.Family, &row.Project)
			if err != nil || !s.holds(string(p.Party), area) {
				return err
			}
			row.Product, row.Area = p, area
			rec := &p.Record
			if m := q.Marks(strings.Join([]string{rec.NameAR, rec.NameEN, rec.OriginName, rec.Materials, rec.MaterialsEN}, " ")); m.Terms == len(q.Terms) {
				hits = append(hits, scored{row, m.Cost*4 + 10*flagInt(len(q.Marks(rec.NameAR+" "+rec.NameEN).Spans) == 0)})
			}
			return nil
		}, st.text(), st.args...)
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(hits, func(a, b scored) int { return cmp.Compare(a.cost, b.cost) })
	var out []ProductRow
	for _, h := range hits[:min(len(hits), limit)] {
		out = append(out, h.ProductRow)
	}
	return out, nil
}

func flagInt(b bool) int { return int(flag(b)) }
