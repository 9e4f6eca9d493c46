package service

import (
	"bytes"
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// rosterRow is a record of a roster on its way into the registry.
type rosterRow struct {
	seq      int64
	sheet, n int
	keyField string // by which the family is looked for
	key      string
	form     *intake.Registration // as it was sent
	weak     []string             // fields that the row does not say itself: read out of the identity number, or a constant of the mapping
	blanks   []string             // fields to be emptied
	record   *registry.Record     // what the checks made of the form; nil once the family is made ready, see recheck
	problems []sheet.CellProblem
	products []sheet.Product // of the family; of a row of a sheet of products, the one
	joined   []joinedRow     // rows that go on with it: below, and on sheets of members
	product  bool            // a row of a sheet of products
	at       map[string]int  // field → column of the sheet, for problems that are found behind the reading
	from     []memberSource  // of the members that do not stand on the row itself
	earlier  int64           // the record of the file with the same key, 0 if there is none; the row itself if that one was taken before
	above    int             // row of earlier, if it stands on the same sheet
}

// recordPool holds records of rows that are done: an import makes a hundred thousand of two kilobytes each, and needs a few thousand at a time.
var recordPool = sync.Pool{New: func() any { return new(registry.Record) }}

func newRecord(r *registry.Record) *registry.Record {
	rec := recordPool.Get().(*registry.Record)
	*rec = *r
	return rec
}

// dropRecord gives the record back when nobody has it any more.
func (r *rosterRow) dropRecord() {
	if r.record != nil {
		*r.record = registry.Record{}
		recordPool.Put(r.record)
		r.record = nil
	}
}

// done gives back what a row that is stored was made of.
func (r *rosterRow) done() {
	r.dropRecord()
	intake.Recycle(r.form)
	r.form = nil
}

// whole reports whether the row may be handed in.
func (r *rosterRow) whole() bool { _, w := sound(r.problems); return w }

// rules gives the criteria of a party by day, read once for a job.
type rules struct {
	load  func(day calendar.Date) (ruleSet, error)
	known map[calendar.Date]ruleSet
}

type ruleSet struct {
	set     *criteria.Set
	program *criteria.Program
	id      int64
	age     int // of the guardian
}

func (s *Imports) rules(ctx context.Context, party place.Country) *rules {
	return &rules{known: map[calendar.Date]ruleSet{}, load: func(day calendar.Date) (r ruleSet, err error) {
		err = s.db.View(ctx, func(tx *store.Tx) error {
			r.set, r.program, r.id, err = s.families.criteria.on(tx, party, day)
			return err
		})
		if r.set != nil {
			for _, p := range r.set.Params {
				if p.Name == "guardian_age" {
					r.age = int(p.Value)
				}
			}
		}
		return r, err
	}}
}

func (r *rules) on(day calendar.Date) (ruleSet, error) {
	if have, ok := r.known[day]; ok {
		return have, nil
	}
	rs, err := r.load(day)
	if err == nil {
		r.known[day] = rs
	}
	return rs, err
}

// rosterReader reads the records of all tables of a file in order.
type rosterReader struct {
	party   place.Country
	mapping sheet.Mapping
	today   calendar.Date
	rules   *rules
	from    int64 // rows up to this one are done: they are counted, not handed on
	emit    func(*rosterRow) error
	counts  *ImportCounts

	seq     int64
	keys    map[keySum]firstRow     // key → its first row
	passed  map[keySum]bool         // keys of rows that were taken before
	members map[string][]memberLine // key → rows of the sheets of members that no family of the file took yet
	order   []memberKey             // the same, in order
	key     string                  // field of the key of the sheet at hand
	at      map[string]int          // columns of the sheet at hand, by field
	held    *rosterRow              // a row that may go on below
	cells   map[string]sheet.Ref    // of held
}

// keySum stands for a key that was met: 128 bits with a secret of this run, so that nobody makes two keys alike, without a pointer, so that the collector
// does not go through a key for every row that was read.
type keySum [2]uint64

// firstRow is where a key was met first: the record and its row. Both are below the million rows that a sheet has, times the sheets of a file.
type firstRow struct {
	seq   uint32
	place uint32 // sheet<<20 | row-1
}

// row is its row of the sheet.
func (f firstRow) row() int { return int(f.place&(1<<rowBits-1)) + 1 }

const rowBits = 20 // 1,048,576 rows

func sheetRow(r *rosterRow) uint32 { return uint32(r.sheet)<<rowBits | uint32(r.n-1) }

var keySeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func keySumOf(parts ...string) (sum keySum) {
	for i := range sum {
		var h maphash.Hash
		h.SetSeed(keySeeds[i])
		for _, p := range parts {
			h.WriteString(p)
			h.WriteByte('\x1f')
		}
		sum[i] = h.Sum64()
	}
	return sum
}

// read reads a file. Sheets of members are read first, so that a family comes with its members, and those of products last, since they may name families of the file.
func (rd *rosterReader) read(ctx context.Context, body []byte) error {
	book, err := sheet.Open(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return err
	}
	rosters, err := book.FindRosters()
	if err != nil {
		return err
	}
	rd.keys, rd.passed, rd.members = map[keySum]firstRow{}, map[keySum]bool{}, map[string][]memberLine{}
	for _, kind := range []sheet.RosterKind{sheet.Members, sheet.Families, sheet.Products} {
		for i := range rosters {
			ros := rosters[i]
			ros.Remember(rd.mapping)
			sm, ok := rd.mapping.For(&ros)
			if !ok || sm.Skip || ros.Kind != kind {
				continue
			}
			take := rd.family
			switch kind {
			case sheet.Members:
				take = rd.member
			case sheet.Products:
				take = rd.product
			}
			rd.at, rd.key = columnsAt(&ros, &sm), sm.Key
			several := goesOn(sm)
			err := book.Rows(ctx, ros, sheet.Reading{Party: rd.party, Mapping: rd.mapping}, func(row *sheet.Row) error {
				switch row.Skip {
				case "":
					return take(ros.Sheet, &sm, row, several)
				case sheet.SkipDone:
					rd.counts.Passed++
					rd.pass(&sm, row)
				case sheet.SkipEnd:
					rd.counts.Cut = true
				default:
					rd.counts.Skipped++
				}
				return nil
			})
			if err != nil {
				return err
			}
			if err := rd.flush(); err != nil {
				return err
			}
		}
	}
	return rd.leftMembers()
}

// pass remembers a row that a marked workbook says was taken before: a row that repeats it is a duplicate still.
func (rd *rosterReader) pass(sm *sheet.SheetMap, row *sheet.Row) {
	if sm.Kind == sheet.Members {
		return // many rows have the key of a family, which stands on a row of its own
	}
	form, _ := row.Form()
	field, key := keyOf(sm, row, form)
	key = canonical(field, key, form)
	switch {
	case sm.Kind == sheet.Products:
		for _, p := range row.Products() {
			rd.passed[productKey(&p, field, key)] = true
		}
	case key != "":
		rd.passed[keySumOf(field, key)] = true
	}
}

// productKey is by what a row of a sheet of products is known in its file.
func productKey(p *sheet.Product, field, key string) keySum {
	if p.ID != "" {
		return keySumOf("product", p.ID)
	}
	return keySumOf("product", field, key, arabic.Fold(p.Form.NameAR))
}

// first notes a row under its key, and that an earlier row of the file had it.
func (rd *rosterReader) first(r *rosterRow, key keySum) {
	if rd.passed[key] {
		r.earlier = r.seq // there is no record to name: the row above was passed over
		return
	}
	if first, ok := rd.keys[key]; ok {
		r.earlier = int64(first.seq)
		if place := sheetRow(r); first.place>>rowBits == place>>rowBits {
			r.above = first.row()
		}
		return
	}
	rd.keys[key] = firstRow{uint32(r.seq), sheetRow(r)}
}

// goesOn reports whether a family of such a sheet may stand on several rows: one for each member, course or loan.
func goesOn(sm sheet.SheetMap) bool {
	for _, field := range sm.Columns {
		for _, list := range []string{"household.members.", "household.benefits.", "skills.training.", "finance.loans.", "product."} {
			if strings.HasPrefix(registry.StripIndex(field), list) {
				return true
			}
		}
	}
	return false
}

// keyOf is the value by which a row's family is looked for: the chosen key, or what else the row has of the kind, the surest first.
func keyOf(sm *sheet.SheetMap, row *sheet.Row, form *intake.Registration) (field, key string) {
	if row.Key != "" {
		return sm.Key, row.Key
	}
	if form.Lead.IDNumber != "" {
		return "lead.id_number", form.Lead.IDNumber
	}
	if form.Case.FileNo != "" {
		return "case.file_no", form.Case.FileNo
	}
	return "", ""
}

// canonical is a key as the registry has it.
func canonical(field, key string, form *intake.Registration) string {
	if field == "lead.id_number" {
		if n, err := identity.Parse(identity.Type(form.Lead.IDType), key, 0); err == nil {
			return n.Canonical
		}
	}
	return key
}

func (rd *rosterReader) family(at int, sm *sheet.SheetMap, row *sheet.Row, several bool) error {
	form, shape := row.Form()
	row.Merge(shape)
	products := row.Products()
	blocked := row.Blocked()
	if !sm.BlankErases {
		for i := range products {
			products[i].Blanks = nil
		}
	}
	r := &rosterRow{sheet: at, n: row.N, form: form, products: products, at: rd.at}
	r.keyField, r.key = keyOf(sm, row, form)
	r.key = canonical(r.keyField, r.key, form)
	if several {
		if h := rd.held; h != nil && h.sheet == at && r.key != "" && h.key == r.key && h.keyField == r.keyField && !blocked &&
			(h.form.Continues(form) || len(products) > 0 && h.form.Agrees(form)) {
			h.joinRow(form, memberSource{sheet: at, n: row.N, key: -1, at: rd.at}, row.Problems)
			h.joined = append(h.joined, joinedRow(row.N))
			for _, p := range products {
				h.products = append(h.products, p.Moved(len(h.products)))
			}
			return nil
		}
		if err := rd.flush(); err != nil {
			return err
		}
	}
	r.weak = append(r.weak, row.Derived...)
	if len(products) > 0 && form.Project.Activity == "" {
		form.Project.Activity = products[0].Form.NameAR
		r.weak = append(r.weak, "project.activity")
	}
	for field := range sm.Constants {
		if ref, ok := row.Cells[field]; !ok || ref.Raw == "" {
			r.weak = append(r.weak, field)
		}
	}
	if sm.BlankErases {
		for field, ref := range row.Cells {
			if ref.Raw == "" && form.Field(field) == "" { // not what follows from the identity number or is the same for all rows
				r.blanks = append(r.blanks, field)
			}
		}
		slices.Sort(r.blanks)
	}
	r.problems = slices.Clone(row.Problems)
	if several {
		rd.held, rd.cells = r, maps.Clone(row.Cells)
		return nil
	}
	return rd.finish(r, row.Cells)
}

// flush hands on the row that was held back.
func (rd *rosterReader) flush() error {
	r := rd.held
	if r == nil {
		return nil
	}
	rd.held = nil
	return rd.finish(r, rd.cells)
}

// finish checks a record and hands it on.
func (rd *rosterReader) finish(r *rosterRow, cells map[string]sheet.Ref) error {
	rd.seq++
	r.seq = rd.seq
	rd.counts.Rows++
	if r.key == "" && !slices.ContainsFunc(r.problems, func(p sheet.CellProblem) bool {
		return p.Severity == fault.Blocking && (p.Field == "lead.id_number" || p.Field == sheet.FieldNumber)
	}) {
		r.problems = append(r.problems, cellProblem(-1, rd.key, "import.problem.no_key"))
	}
	if r.key != "" {
		rd.first(r, keySumOf(r.keyField, r.key))
	}
	if len(rd.members) > 0 { // the sheet of members may know the family by another of its numbers
		for _, k := range []string{r.keyField + "\x1f" + r.key, "lead.id_number\x1f" + canonical("lead.id_number", r.form.Lead.IDNumber, r.form),
			"case.file_no\x1f" + r.form.Case.FileNo, sheet.FieldNumber + "\x1f" + cells[sheet.FieldNumber].Raw} {
			if ms := rd.members[k]; ms != nil {
				r.take(ms)
				delete(rd.members, k)
			}
		}
	}
	if r.seq <= rd.from {
		return nil
	}
	if r.form.Case.Channel == "" {
		r.form.Case.Channel = "import"
		r.weak = append(r.weak, "case.channel")
	}
	if err := rd.check(r, cells); err != nil {
		return err
	}
	return rd.emit(r)
}

// check runs the checks of the form over a row and puts each problem at its cell.
func (rd *rosterReader) check(r *rosterRow, cells map[string]sheet.Ref) error {
	day := rd.today
	if d, err := calendar.Parse(r.form.Case.ApplicationDate); err == nil && !d.IsZero() {
		day = d
	}
	rs, err := rd.rules.on(day)
	if err != nil {
		return err
	}
	rec, ps := r.form.Check(intake.Context{Party: rd.party, Today: rd.today, GuardianAge: rs.age})
	r.record = newRecord(&rec)
	if len(ps) > 0 {
		row := sheet.Row{Cells: cells, Problems: r.problems}
		row.Merge(ps)
		r.problems = row.Problems
	}
	return nil
}

// product takes a row of a sheet of products.
func (rd *rosterReader) product(at int, sm *sheet.SheetMap, row *sheet.Row, _ bool) error {
	form, _ := row.Form()
	rd.seq++
	rd.counts.Rows++
	r := &rosterRow{seq: rd.seq, sheet: at, n: row.N, form: form, record: new(registry.Record), product: true, products: row.Products(), problems: slices.Clone(row.Problems), at: rd.at}
	r.keyField, r.key = keyOf(sm, row, form)
	r.key = canonical(r.keyField, r.key, form)
	if len(r.products) == 0 {
		r.problems = append(r.problems, cellProblem(-1, "product.name_ar", "import.problem.no_product"))
	} else {
		p := &r.products[0]
		if !sm.BlankErases {
			p.Blanks = nil
		}
		rd.first(r, productKey(p, r.keyField, r.key))
	}
	if r.seq <= rd.from {
		return nil
	}
	return rd.emit(r)
}

// columnsAt says in which column of a sheet each field stands.
func columnsAt(ros *sheet.Roster, sm *sheet.SheetMap) map[string]int {
	out := map[string]int{}
	for _, c := range ros.Columns {
		field, ok := sm.Columns[c.Header]
		if !ok {
			field = c.Field
		}
		if field == "" || field == sheet.FieldIgnore {
			continue
		}
		for _, name := range []string{field, registry.StripIndex(field)} {
			if _, taken := out[name]; !taken {
				out[name] = c.Index
			}
		}
	}
	for field, from := range map[string]string{"lead.given_name": sheet.FieldName, "lead.rest_of_name": sheet.FieldName, "lead.id_type": "lead.id_number"} {
		if col, ok := out[from]; ok {
			if _, own := out[field]; !own {
				out[field] = col
			}
		}
	}
	return out
}

// place puts problems that are about a field, and not yet on a cell, on the cell of the field.
func (r *rosterRow) place(ps []sheet.CellProblem) {
	for i := range ps {
		if p := &ps[i]; p.Col < 0 && p.Field != "" && !r.placeMember(p) {
			if col, ok := r.at[p.Field]; ok {
				p.Col = col
			} else if plain := registry.StripIndex(p.Field); plain != p.Field && r.oneColumn(plain) {
				p.Col = r.at[plain]
			}
		}
	}
}

// oneColumn reports whether a single column holds the rows of a list's field, so that a problem of any row is of its cell.
func (r *rosterRow) oneColumn(plain string) bool {
	n := 0
	for field := range r.at {
		if registry.StripIndex(field) == plain && field != plain {
			n++
		}
	}
	_, ok := r.at[plain]
	return ok && n <= 1
}
