package service

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// importer works one job of an import off.
type importer struct {
	s     *Imports
	actor auth.Actor
	m     *store.Import
	words *importWords
	now   time.Time // of the job: what it does does not depend on when it comes to a row
	today calendar.Date
	rules *rules
	types *[]registry.Taxon // of the party's product taxonomy, once a product asks
	work  workspace

	entering entering     // in a dry run
	alike    alike        // in a dry run
	apart    *apart       // in a run
	met      *atomic.Bool // rows of the last batch were in the registry: the next ones are looked up before their transaction, which saves it work
}

// workspace is what making a family ready uses again for the next one.
type workspace struct {
	family registry.Family
	facts  criteria.Facts
	result criteria.Assessment
	body   []byte // of the assessment
}

// found is what the registry has of some rows.
type found struct {
	blinds  map[string][]store.BlindMatch
	numbers map[string]store.BlindMatch
}

// idOf is the identifier of a row's key; false for a registration number.
func (r *rosterRow) idOf() (store.Identifier, bool) {
	switch r.keyField {
	case "lead.id_number":
		kind := r.form.Lead.IDType
		if kind == "" {
			kind = string(identity.TypeEgyptianNID)
			if len(r.key) == 11 {
				kind = string(identity.TypeQatariID)
			}
		}
		return store.Identifier{Kind: kind, Value: r.key}, true
	case "case.file_no":
		return store.FileNo(r.key), true
	}
	return store.Identifier{}, false
}

// blindsOf returns the blind indexes by which a row may meet a family: its key, and whatever tells families apart.
func (im *importer) blindsOf(r *rosterRow) []string {
	ids := store.IdentifiersIn(r.record)
	if id, ok := r.idOf(); ok && !slices.Contains(ids, id) {
		ids = append(ids, id)
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = im.s.db.Blind(id)
	}
	return out
}

// look asks the registry about rows in one go. blinds are those of blindsOf for each row.
func (im *importer) look(tx *store.Tx, rows []*rosterRow, blinds [][]string) (found, error) {
	var f found
	var all, numbers []string
	for i, r := range rows {
		all = append(all, blinds[i]...)
		if r.keyField == sheet.FieldNumber && r.key != "" {
			numbers = append(numbers, r.key)
		}
	}
	var err error
	if len(all) > 0 {
		if f.blinds, err = tx.MatchBlinds(im.m.Party, all); err != nil {
			return f, err
		}
	}
	if len(numbers) > 0 {
		f.numbers, err = tx.FamiliesByNumber(im.m.Party, numbers)
	}
	return f, err
}

// any reports whether the registry has a family that a row is about or shares a number with.
func (f found) any() bool { return len(f.blinds)+len(f.numbers) > 0 }

// apart is what a run knows of the registry without asking it, which takes as long as a tenth of storing: the dry run met nobody there with a number of the file, and since
// then nothing has changed but by this run itself. nil: nothing is known, and the registry is asked about each batch.
type apart struct {
	at  int64    // the last change of the registry that is known of, which is the run's own
	own blindSet // the numbers of the rows that the run has stored
}

// mostOwn bounds the numbers that a run keeps in mind, at about 16 bytes each. After that the registry is asked.
const mostOwn = 400_000

// still returns what is known at the beginning of a transaction: nil if anybody else has changed a family. It changes nothing of u.
func (u *apart) still(tx *store.Tx) (*apart, error) {
	if u == nil || len(u.own) > mostOwn {
		return nil, nil
	}
	at, ordered, err := tx.LastChange()
	if err != nil || at != u.at || !ordered {
		return nil, err
	}
	return &apart{at: at, own: u.own}, nil
}

// met reports whether a row that the run has stored has a number.
func (u *apart) met(blind string) bool { return u != nil && u.own.has(blind) }

// note keeps the numbers of rows in mind that are stored.
func (u *apart) note(rows [][]string) {
	for _, blinds := range rows {
		for _, blind := range blinds {
			u.own.add(blind)
		}
	}
}

// blindSet holds blind indexes, each by what stands in for it. Two that begin alike by chance are no harm: a row that is thought to be met is decided about in its transaction.
type blindSet map[uint64]struct{}

func (s blindSet) add(blind string) { s[standIn(blind)] = struct{}{} }

func (s blindSet) has(blind string) bool {
	_, ok := s[standIn(blind)]
	return ok
}

// match finds the family that a row is about. An ended registration is met by its own number only: the person may apply anew.
func (im *importer) match(r *rosterRow, w found) (*store.BlindMatch, *sheet.CellProblem) {
	if r.keyField == sheet.FieldNumber {
		if m, ok := w.numbers[r.key]; ok {
			return &m, nil
		}
		p := cellProblem(-1, sheet.FieldNumber, "import.problem.unknown_number")
		return nil, &p
	}
	id, ok := r.idOf()
	if !ok || len(w.blinds) == 0 {
		return nil, nil
	}
	var all []store.BlindMatch
	for _, m := range w.blinds[im.s.db.Blind(id)] {
		if m.Kind == id.Kind && m.State.Active() {
			all = append(all, m)
		}
	}
	reach, err := auth.ReachOf(im.actor, auth.FamilyView)
	if err != nil {
		return nil, nil
	}
	mine := func(m store.BlindMatch) bool {
		return reach.Holds(auth.Subject{Party: im.m.Party, Area: m.Area, EnteredBy: m.EnteredBy})
	}
	if r.keyField == "case.file_no" { // other senders count from 1 too
		all = slices.DeleteFunc(all, func(m store.BlindMatch) bool { return !mine(m) })
	}
	if len(all) == 0 {
		return nil, nil
	}
	// A registration that was handed in holds the number; among drafts, the sender's own.
	slices.SortStableFunc(all, func(a, b store.BlindMatch) int {
		rank := func(m store.BlindMatch) int {
			switch {
			case m.State != registry.Draft && r.keyField != "case.file_no":
				return 0
			case m.EnteredBy == im.actor.UserID:
				return 1
			case mine(m):
				return 2
			}
			return 3
		}
		return rank(a) - rank(b)
	})
	if r.keyField == "case.file_no" && len(all) > 1 && all[1].EnteredBy == all[0].EnteredBy {
		p := cellProblem(-1, "case.file_no", "import.problem.ambiguous_file_no")
		return nil, &p
	}
	return &all[0], nil
}

// decision is what is to become of a row.
type decision struct {
	outcome  Outcome
	problems []sheet.CellProblem
	family   *registry.Family // that is there already; nil for a new one
	draft    *store.Draft     // its open form, if there is one
	form     *intake.Registration
	record   *registry.Record // shared with the row
	changes  []registry.Change
	handIn   bool
	hints    []store.DuplicateHint

	products       []productDecision // that are written
	productChanges []registry.Change
}

func (d *decision) problem(col int, field, key string, args ...any) *decision {
	d.outcome = RowProblem
	d.problems = append(d.problems, cellProblem(col, field, key, args...))
	return d
}

// decide says what is to become of a row. It changes nothing.
func (im *importer) decide(tx *store.Tx, r *rosterRow, w found) (*decision, error) {
	d, err := im.decideFamily(tx, r, w)
	if err == nil && len(r.products) > 0 && d.outcome != RowProblem && d.outcome != RowDuplicate {
		err = im.decideProducts(tx, r, d)
	}
	if d.outcome == RowProblem && !r.product {
		d.problems = lackLess(d.problems)
	}
	r.place(d.problems)
	im.entering.add(r, d)
	return d, err
}

// lackLess makes warnings of what a row only lacks, where something else keeps it out: by itself it would not.
func lackLess(ps []sheet.CellProblem) []sheet.CellProblem {
	if ok, _ := sound(ps); ok {
		return ps
	}
	ps = slices.Clone(ps)
	for i := range ps {
		if missing[ps[i].Key] {
			ps[i].Severity = fault.Warning
		}
	}
	return ps
}

// keyOtherArea is the problem of a row whose area is not the sender's.
const keyOtherArea = "import.problem.other_area"

// keyRowTwiceAt is the problem of a row whose number an earlier row of the same sheet has: its arguments are that row and its record.
const keyRowTwiceAt = "import.problem.row_twice_at"

// keyProductTwiceAt is the same of a row whose product an earlier row has.
const keyProductTwiceAt = "import.problem.product_twice_at"

func (im *importer) decideFamily(tx *store.Tx, r *rosterRow, w found) (*decision, error) {
	d := &decision{problems: r.problems, record: r.record, form: r.form}
	if ok, _ := sound(r.problems); !ok {
		d.outcome = RowProblem
		if area := r.record.Address.Area; area != "" && allowCreate(im.actor, area) != nil { // not only when all else is mended
			d.problem(-1, "address.area", keyOtherArea)
		}
		return d, nil
	}
	if r.earlier > 0 {
		d.outcome = RowDuplicate
		field, key, at := r.keyField, "import.problem.row_twice", keyRowTwiceAt
		if r.product { // many rows have the number of a family
			if field, key, at = "product.name_ar", "import.problem.product_twice", keyProductTwiceAt; r.products[0].ID != "" {
				field = sheet.FieldProduct
			}
		}
		twice := cellProblem(-1, field, key)
		if r.above > 0 {
			twice = cellProblem(-1, field, at, strconv.Itoa(r.above), r.earlier)
		}
		d.problems = append(d.problems, twice)
		if r.earlier != r.seq {
			d.hints = append(d.hints, im.hint(r, 0, r.earlier, "key"))
		}
		return d, nil
	}
	if r.product {
		return d, im.productRow(tx, r, d, w)
	}
	m, p := im.match(r, w)
	if p != nil {
		d.outcome = RowProblem
		d.problems = append(d.problems, *p)
		return d, nil
	}
	if m != nil {
		done, err := im.existing(tx, r, d, m)
		if err != nil || done {
			return d, err
		}
	}
	return im.fresh(r, d, w), nil
}

// fresh decides about a row whose family is not in the registry.
func (im *importer) fresh(r *rosterRow, d *decision, w found) *decision {
	switch {
	case r.membersOnly():
		return d.problem(-1, r.keyField, "import.problem.no_family")
	case r.record.Lead.GivenName == "":
		return d.problem(-1, "lead.given_name", "import.problem.no_name")
	}
	if err := allowCreate(im.actor, r.record.Address.Area); err != nil {
		return d.problem(-1, "address.area", keyOtherArea)
	}
	d.outcome = RowDraft
	d.handIn = im.words.HandIn && r.whole() &&
		auth.Allow(im.actor, auth.FamilySubmit, auth.Subject{Party: im.m.Party, Area: r.record.Address.Area, EnteredBy: im.actor.UserID}) == nil
	if len(w.blinds) > 0 {
		im.beside(r, d, w)
	}
	if d.handIn {
		d.outcome = RowNew
	}
	return d
}

// beside tells a new family of those of the registry that have a number of it.
func (im *importer) beside(r *rosterRow, d *decision, w found) {
	for _, n := range numbersIn(r.record) {
		for _, m := range w.blinds[im.s.db.Blind(n.Identifier)] {
			if m.Kind != n.Kind || !tells(m.Kind) {
				continue
			}
			if len(d.hints) < 20 { // the phone of an association stands on hundreds of files
				d.hints = append(d.hints, im.hint(r, m.FamilyID, 0, m.Kind))
			}
			d.warn(n.field, keyFamilyShares)
			if identity.Type(m.Kind).Valid() && m.State.Active() && m.State != registry.Draft && d.handIn {
				d.handIn = false
				d.warn(n.field, keyHeld)
			}
		}
	}
}

func (im *importer) hint(r *rosterRow, other, otherSeq int64, reason string) store.DuplicateHint {
	return store.DuplicateHint{Party: im.m.Party, Source: "import", SourceID: im.m.ID, Seq: r.seq, OtherID: other, OtherSeq: otherSeq, Reason: reason, CreatedAt: im.now}
}

// existing decides about a row whose family is there. done is false if the row turns out to be about somebody else.
func (im *importer) existing(tx *store.Tx, r *rosterRow, d *decision, m *store.BlindMatch) (done bool, err error) {
	f, err := load(tx, im.actor, auth.FamilyView, m.FamilyID)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) {
		d.hints = append(d.hints, im.hint(r, m.FamilyID, 0, "key"))
		d.problem(-1, r.keyField, "import.problem.elsewhere", m.State.Title())
		return true, nil
	}
	if err != nil {
		return true, err
	}
	old, typed := &f.Record.Lead, &r.record.Lead
	if r.keyField != "lead.id_number" && old.IDNumber != "" && typed.IDNumber != "" && (old.IDNumber != typed.IDNumber || old.IDType != typed.IDType) {
		if r.keyField == "case.file_no" {
			return false, nil // another sender's file of the same number
		}
		d.problem(-1, "lead.id_number", "import.problem.other_person")
		return true, nil
	}
	d.family = f
	if d.draft, err = tx.DraftOf(f.ID); err != nil {
		return true, err
	}
	base, baseRecord := intake.FromRecord(&f.Record), f.Record
	waits := d.draft != nil && d.draft.Kind == store.DraftAmendment
	if d.draft != nil && (d.draft.Kind == store.DraftEntry || !d.draft.SubmittedAt.IsZero()) {
		if base, err = readDraft(d.draft); err != nil {
			return true, err
		}
		if waits {
			if baseRecord, _, err = im.check(base); err != nil {
				return true, err
			}
		}
	}
	form, err := im.laid(base, r)
	if err != nil {
		return true, err
	}
	record, ps, err := im.check(form)
	if err != nil {
		return true, err
	}
	d.form, d.record, d.changes = form, &record, registry.Diff(&baseRecord, &record)
	if waits && len(d.changes) > 0 { // what says the same as the record that stands is no news either
		if stands, err := im.saysNothing(r, &f.Record); err != nil || stands {
			d.outcome, d.problems, d.changes = RowUnchanged, nil, nil
			return true, err
		}
	}
	d.problems = slices.DeleteFunc(slices.Clone(d.problems), func(p sheet.CellProblem) bool { return missing[p.Key] && p.Severity == fault.Blocking }) // the family has it already
	if len(d.changes) == 0 {
		d.outcome, d.problems = RowUnchanged, nil
		return true, nil
	}
	for _, p := range ps {
		if p.Severity == fault.Blocking {
			p.Field = r.ownField(form, p.Field)
			d.problems = append(d.problems, sheet.CellProblem{Col: -1, Problem: p})
		}
	}
	switch state := f.Status.State; {
	case waits:
		d.problem(-1, "", "import.problem.amendment_waits")
	case state.Editable():
		im.edit(r, d, ps)
	case state.Amendable():
		if auth.Allow(im.actor, auth.FamilyAmend, subjectOf(f)) != nil {
			d.problem(-1, "", "import.problem.not_allowed")
		} else if ps.Err() != nil {
			d.outcome = RowProblem
		} else {
			d.outcome = RowAmended
		}
	default:
		d.problem(-1, "", "import.problem.state", state.Title())
	}
	return true, nil
}

// saysNothing reports whether a row laid over a record leaves it as it is.
func (im *importer) saysNothing(r *rosterRow, old *registry.Record) (bool, error) {
	form, err := im.laid(intake.FromRecord(old), r)
	if err != nil {
		return false, err
	}
	record, _, err := im.check(form)
	return err == nil && len(registry.Diff(old, &record)) == 0, err
}

// edit decides about a change of a draft or a returned registration.
func (im *importer) edit(r *rosterRow, d *decision, ps fault.Problems) {
	s := subjectOf(d.family)
	if auth.Allow(im.actor, auth.FamilyEdit, s) != nil {
		d.problem(-1, "", "import.problem.not_allowed")
		return
	}
	if allowCreate(im.actor, d.record.Address.Area) != nil { // a draft may not leave the person's areas
		d.problem(-1, "address.area", keyOtherArea)
		return
	}
	d.outcome = RowChanged
	s.Area = d.record.Address.Area
	d.handIn = im.words.HandIn && ps.Err() == nil && auth.Allow(im.actor, auth.FamilySubmit, s) == nil
}

// laid is a form with what the row says laid over it.
func (im *importer) laid(base *intake.Registration, r *rosterRow) (*intake.Registration, error) {
	typed := *r.form
	for _, field := range r.weak {
		if base.Field(field) != "" {
			typed.SetField(field, "")
		}
	}
	// A whole name in one cell is cut where it can be; the registry's cut stands if the name is the same.
	whole := func(f *intake.Registration) string { return arabic.Fold(f.Lead.GivenName + " " + f.Lead.RestOfName) }
	if whole(&typed) == whole(base) {
		typed.Lead.GivenName, typed.Lead.RestOfName = base.Lead.GivenName, base.Lead.RestOfName
	}
	canon := intake.FromRecord(r.record)
	out, err := copyForm(base)
	if err != nil {
		return nil, err
	}
	out.Lay(&typed, canon)
	for _, field := range r.blanks {
		out.SetField(field, "")
	}
	return out, nil
}

// copyForm is a form that shares no list with the other.
func copyForm(f *intake.Registration) (*intake.Registration, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("copying a form: %w", err)
	}
	out := &intake.Registration{}
	if err := json.Unmarshal(b, out); err != nil {
		return nil, fmt.Errorf("copying a form: %w", err)
	}
	return out, nil
}

// check runs the checks of the form as of the job's day.
func (im *importer) check(form *intake.Registration) (registry.Record, fault.Problems, error) {
	day := im.today
	if d, err := calendar.Parse(form.Case.ApplicationDate); err == nil && !d.IsZero() {
		day = d
	}
	rs, err := im.rules.on(day)
	if err != nil {
		return registry.Record{}, nil, err
	}
	rec, ps := form.Check(intake.Context{Party: im.m.Party, Today: im.today, GuardianAge: rs.age, Now: im.now})
	return rec, ps, nil
}
