package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Merging makes one registration of two that are one person's, and takes it apart again.
//
// The family that stays is the survivor. It takes the values that a person chose and all that hangs beside the other: papers, visits, decisions and their
// assessments, products, waivers, exhibitions with booth, badge, attendance and sales, memberships, application links, marks of imports, and decided pairs. The other
// is kept as it is in the state "merged": it is in no list, figure, export or call, and its number, card and links lead to the survivor.
//
// An undo restores both exactly: each value of the survivor that still is as the merge made it becomes what it was, each row that moved goes back as it
// is, and the other family is what it was, byte for byte (its record, state, dates, numbers). What was changed since the merge is shown, and a person says which value
// stays. Versions go up, the audit log and the histories keep that there was a merge, and assessments are made anew.

// MergePlan is what the page of a merge shows.
type MergePlan struct {
	PairView
	Keep     int // index of the side that stays
	Versions [2]int64
	Fields   []MergeField
	Moves    []MoveCount
	Clashes  []store.MergeClash
	Refused  error // why it cannot be, whatever is chosen; nil if it can
}

// MergeField is one choice with the values as the actor may see them.
type MergeField struct {
	Key    string
	A, B   []FieldValue // of the family that stays, and of the other
	List   bool
	Same   bool
	Choose registry.Side
}

// MoveCount is how many rows of one kind go along.
type MoveCount struct {
	Kind string // end of a message key
	N    int
}

// MergeChoice is what a person decides: which family stays, whose value each field takes, and the versions of the families that they saw.
type MergeChoice struct {
	Keep     int64
	Sides    map[string]registry.Side
	Versions [2]int64 // of the one that stays and of the other
}

// Plan shows a merge of a pair before it is done; keep is the family that stays, 0 lets the program propose: the one that is further in its life, else the older.
func (s *Duplicates) Plan(ctx context.Context, actor auth.Actor, id, keep int64) (*MergePlan, error) {
	reach, err := auth.ReachOf(actor, auth.FamilyMerge)
	if err != nil {
		return nil, err
	}
	var out *MergePlan
	now := s.now()
	err = s.db.View(ctx, func(tx *store.Tx) error {
		p, err := tx.PairByID(scopeOf(reach, 0), id)
		if err != nil {
			return err
		}
		a, b, err := mergeSides(tx, p, keep)
		if err != nil {
			return err
		}
		for _, f := range []*registry.Family{a, b} {
			if auth.Allow(actor, auth.FamilyView, subjectOf(f)) != nil {
				return fault.New(fault.State, "error.merge.elsewhere")
			}
		}
		v, err := pairView(tx, actor, p)
		if err != nil {
			return err
		}
		out = &MergePlan{PairView: *v, Versions: [2]int64{a.Version, b.Version}}
		if a.ID == p.B {
			out.Keep = 1
		}
		if out.Clashes, err = tx.MergeClashes(p.Party, a.ID, b.ID); err != nil {
			return err
		}
		out.Refused = mergeAllowed(tx, actor, p, a, b)
		if out.Refused == nil && len(out.Clashes) > 0 {
			out.Refused = clashFault(out.Clashes)
		}
		out.Fields = mergeFields(actor, a, b, now)
		last, err := tx.LastMergeOf(p.Party, a.ID, b.ID)
		if err != nil {
			return err
		}
		if last != nil && last.Survivor == a.ID { // done before and undone: proposed again as it was chosen then
			for i := range out.Fields {
				if side, ok := last.Body.Choices[out.Fields[i].Key]; ok && (side != registry.KeepBoth || out.Fields[i].List) {
					out.Fields[i].Choose = side
				}
			}
		}
		out.Moves, err = moveCounts(tx, b)
		return err
	})
	return out, err
}

// mergeSides reads the families of a pair, the one that stays first.
func mergeSides(tx *store.Tx, p *store.DuplicatePair, keep int64) (stays, goes *registry.Family, err error) {
	if keep != 0 && keep != p.A && keep != p.B {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	scope := store.Scope{Party: p.Party}
	a, err := tx.FamilyByID(scope, p.A)
	if err != nil {
		return nil, nil, err
	}
	b, err := tx.FamilyByID(scope, p.B)
	if err != nil {
		return nil, nil, err
	}
	if keep == b.ID || keep == 0 && a.Mergeable(b) != nil && b.Mergeable(a) == nil {
		a, b = b, a
	}
	return a, b, nil
}

// mergeAllowed asks the permission and the rules of the lives of both families.
func mergeAllowed(tx *store.Tx, actor auth.Actor, p *store.DuplicatePair, stays, goes *registry.Family) error {
	if err := stays.Mergeable(goes); err != nil {
		return err
	}
	for _, f := range []*registry.Family{stays, goes} {
		if err := auth.Allow(actor, auth.FamilyMerge, subjectOf(f)); err != nil {
			return err
		}
		if err := notTheEnterer(tx, actor, f, auth.FamilyMerge); err != nil {
			return err
		}
		d, err := tx.DraftOf(f.ID)
		if err != nil {
			return err
		}
		if d != nil && d.Kind == store.DraftAmendment {
			return fault.New(fault.State, "error.merge.amendment")
		}
	}
	if p.State == store.PairDifferent {
		return fault.New(fault.State, "error.merge.different")
	}
	// Registered people: one person says that they are one, another one merges.
	if (stays.Status.State.Amendable() || goes.Status.State.Amendable()) && (p.State != store.PairSame || p.DecidedBy == 0 || actor.SamePerson(p.DecidedBy)) {
		return fault.New(fault.Forbidden, "error.merge.second")
	}
	return nil
}

func clashFault(clashes []store.MergeClash) error {
	var names []string
	for _, c := range clashes {
		names = append(names, c.Name)
	}
	return fault.New(fault.State, "error.merge.clash", strings.Join(names, " · "))
}

func mergeFields(actor auth.Actor, a, b *registry.Family, now time.Time) []MergeField {
	shown := func(f *registry.Family) map[string]FieldValue {
		out := map[string]FieldValue{}
		for _, g := range groupsOf(actor, &f.Record, officeDay(now)) {
			for _, v := range g.Values {
				out[v.Path] = v
			}
		}
		return out
	}
	va, vb := shown(a), shown(b)
	var out []MergeField
	for _, f := range registry.MergeFields(&a.Record, &b.Record) {
		m := MergeField{Key: f.Key, List: f.List, Same: f.Same, Choose: f.Choose}
		m.A, m.B = seenValues(f.A, va), seenValues(f.B, vb)
		if len(m.A)+len(m.B) > 0 {
			out = append(out, m)
		}
	}
	return out
}

func seenValues(values []registry.Value, seen map[string]FieldValue) []FieldValue {
	var out []FieldValue
	for _, v := range values {
		if fv, ok := seen[v.Path]; ok {
			out = append(out, fv)
		}
	}
	return out
}

// moveCounts counts what hangs beside a family.
func moveCounts(tx *store.Tx, f *registry.Family) ([]MoveCount, error) {
	docs, err := tx.DocumentsOf(f.ID)
	if err != nil {
		return nil, err
	}
	visits, err := tx.VisitsOf(f.ID)
	if err != nil {
		return nil, err
	}
	events, err := tx.EventsOf(f.ID)
	if err != nil {
		return nil, err
	}
	products, err := tx.ProductsOf(f.ID)
	if err != nil {
		return nil, err
	}
	parts, err := tx.PartsOfFamily(f.Party, f.ID)
	if err != nil {
		return nil, err
	}
	var out []MoveCount
	for _, c := range []MoveCount{{"documents", len(docs)}, {"visits", len(visits)}, {"decisions", len(events)}, {"products", len(products)}, {"exhibitions", parts}} {
		if c.N > 0 {
			out = append(out, c)
		}
	}
	return out, nil
}

func stateOf(tx *store.Tx, f *registry.Family) (store.FamilyState, *store.Draft, error) {
	d, err := tx.DraftOf(f.ID)
	st := store.FamilyState{Record: f.Record.Clone(), Status: f.Status}
	if d != nil {
		st.Draft = d.Form
	}
	return st, d, err
}

// Merge makes one registration of a pair and returns the id of the merge. The pair is "same" afterwards.
func (s *Duplicates) Merge(ctx context.Context, actor auth.Actor, families *Families, id int64, c MergeChoice, w Write) (int64, error) {
	reach, err := auth.ReachOf(actor, auth.FamilyMerge)
	if err != nil {
		return 0, err
	}
	type content struct {
		ID int64
		MergeChoice
	}
	now := s.now()
	res, err := s.once(ctx, actor, string(auth.FamilyMerge), w, content{id, c}, func(tx *store.Tx) (string, error) {
		p, err := tx.PairByID(scopeOf(reach, 0), id)
		if err != nil {
			return "", err
		}
		a, b, err := mergeSides(tx, p, c.Keep)
		if err != nil {
			return "", err
		}
		for _, f := range []*registry.Family{a, b} {
			if auth.Allow(actor, auth.FamilyView, subjectOf(f)) != nil {
				return "", fault.New(fault.State, "error.merge.elsewhere")
			}
		}
		if c.Keep == 0 || a.Version != c.Versions[0] || b.Version != c.Versions[1] {
			return "", fault.New(fault.Stale, "error.merge.stale")
		}
		if err := mergeAllowed(tx, actor, p, a, b); err != nil {
			return "", err
		}
		clashes, err := tx.MergeClashes(p.Party, a.ID, b.ID)
		if err != nil {
			return "", err
		}
		if len(clashes) > 0 {
			return "", clashFault(clashes)
		}
		merged, problems := registry.MergeRecords(&a.Record, &b.Record, c.Sides)
		if err := problems.Err(); err != nil {
			return "", err
		}
		m, err := s.merge(tx, actor, families, p, a, b, merged, c, now)
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(m.ID, 10), nil
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

func (s *Duplicates) merge(tx *store.Tx, actor auth.Actor, families *Families, p *store.DuplicatePair, a, b *registry.Family, record registry.Record, c MergeChoice,
	now time.Time) (*store.Merge, error) {
	m := &store.Merge{Party: a.Party, Survivor: a.ID, Away: b.ID, Number: b.Status.Number, PairID: p.ID, By: actor.UserID, At: now}
	m.Body.Choices, m.Body.Pair = c.Sides, *p
	var draft *store.Draft
	var err error
	if m.Body.Before[0], draft, err = stateOf(tx, a); err != nil {
		return nil, err
	}
	if m.Body.Before[1], _, err = stateOf(tx, b); err != nil {
		return nil, err
	}
	if err := tx.MarkHigh(&m.Body); err != nil {
		return nil, err
	}
	for i, f := range []*registry.Family{a, b} {
		if m.Body.Sums[i], err = tx.SumFamily(f.ID, m.Body.High); err != nil {
			return nil, err
		}
	}
	// First the other lets go of its identity number, then all moves, then the survivor is what it will be.
	gone := b.MergeInto(actor.UserID, now)
	gone.Note = string(a.Status.Number)
	x, err := tx.FamilyExtraOf(b.ID)
	if err != nil {
		return nil, err
	}
	if err := tx.UpdateFamily(b, x); err != nil {
		return nil, err
	}
	if err := tx.MoveBeside(a.Party, b.ID, a.ID, &m.Body); err != nil {
		return nil, err
	}
	before := a.Record
	a.Record = record
	a.Status.UpdatedAt = now
	m.Body.After = record.Clone()
	if draft != nil { // an entry that is open: the form goes on with what the merge made
		if draft.Form, err = json.Marshal(intake.FromRecord(&a.Record)); err != nil {
			return nil, fmt.Errorf("encoding the draft: %w", err)
		}
		draft.By, draft.UpdatedAt = actor.UserID, now
		if err := tx.PutDraft(draft); err != nil {
			return nil, err
		}
	}
	assessment, err := s.settle(tx, actor, families, a, now, "merge")
	if err != nil {
		return nil, err
	}
	event := registry.Event{FamilyID: a.ID, At: now, By: actor.UserID, Step: registry.StepMerge, From: a.Status.State, To: a.Status.State, Note: string(b.Status.Number),
		AssessmentID: assessment}
	for _, e := range []*registry.Event{&event, &gone} {
		if err := tx.InsertEvent(e); err != nil {
			return nil, err
		}
	}
	if p.State != store.PairSame {
		p.State, p.DecidedBy, p.DecidedAt = store.PairSame, actor.UserID, now
		if err := tx.DecidePair(p); err != nil {
			return nil, err
		}
	}
	if err := tx.InsertMerge(m); err != nil {
		return nil, err
	}
	note := "merge:" + strconv.FormatInt(m.ID, 10)
	changes := append(registry.Diff(&before, &a.Record), registry.Change{Path: "merged", Class: string(auth.ClassDecision), New: string(b.Status.Number)})
	changes = append(changes, movedChanges(m)...)
	if err := familyAudit(tx, actor, now, string(auth.FamilyMerge), a, changes, note); err != nil {
		return nil, err
	}
	ended := append(lifeChanges(&registry.Event{From: gone.From, To: gone.To}), registry.Change{Path: "merged_into", Class: string(auth.ClassDecision), New: string(a.Status.Number)})
	return m, familyAudit(tx, actor, now, string(auth.FamilyMerge), b, ended, note)
}

// settle assesses a family anew, stores it and keeps the assessment. It returns the assessment's id.
func (s *Duplicates) settle(tx *store.Tx, actor auth.Actor, families *Families, f *registry.Family, now time.Time, cause string) (int64, error) {
	u, err := families.reassess(tx, f, now)
	if err != nil {
		return 0, err
	}
	if err := tx.UpdateFamily(f, u.extra()); err != nil {
		return 0, err
	}
	if f.Status.State == registry.Draft { // never handed in: nothing was decided on an assessment
		return 0, nil
	}
	return u.keep(tx, f, actor.UserID, now, cause)
}

// movedChanges tells in the audit log how many rows of each table went along.
func movedChanges(m *store.Merge) []registry.Change {
	count := map[string]int{}
	for _, row := range m.Body.Moved {
		if row.Column != "exhibitor_id" {
			count[row.Table]++
		}
	}
	var out []registry.Change
	for _, table := range []string{"document", "visit", "event", "waiver", "assessment", "product", "exhibitor", "participation", "sheet_import_row", "duplicate_pair", "exhibition_link"} {
		if n := count[table]; n > 0 {
			out = append(out, registry.Change{Path: "moved." + table, Class: string(auth.ClassDecision), New: strconv.Itoa(n)})
		}
	}
	return out
}

// MergeView is a merge and what an undo of it would do.
type MergeView struct {
	store.Merge
	Survivor, Other    PairSide
	ByName, UndoneBy   string
	Versions           [2]int64
	Later              []LaterField // values changed since
	Changed            []RowLabel   // rows that moved and were changed since: they go back as they are now
	Gone               []RowLabel   // rows that moved and are not there any more
	Added              []RowLabel   // rows that the survivor got since: they stay, but those that are chosen
	Refused            error        // why it cannot be undone now
	FurtherMergeID     int64        // the merge that must be undone first
	Moves              []MoveCount
	LaterDraft, Undone bool
}

// LaterField is a choice of the merge that was changed since, as the actor may see it.
type LaterField struct {
	Key         string
	Before, Now []FieldValue
}

// RowLabel names a row to a person.
type RowLabel struct {
	Table string
	ID    int64
	Kind  string // a code: of a paper, a visit; "" where Name is enough
	Name  string
	At    time.Time
}

// MergeByID shows a merge to whom may undo it.
func (s *Duplicates) MergeByID(ctx context.Context, actor auth.Actor, id int64) (*MergeView, error) {
	if _, err := auth.ReachOf(actor, auth.FamilyUnmerge); err != nil {
		return nil, err
	}
	var out *MergeView
	now := s.now()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		m, a, b, err := loadMerge(tx, actor, id)
		if err != nil {
			return err
		}
		out = &MergeView{Merge: *m, Versions: [2]int64{a.Version, b.Version}, Undone: !m.UndoneAt.IsZero()}
		out.Survivor = sideOf(a)
		out.Other = sideOf(b)
		names, err := userNames(tx, m.By, m.UndoneBy)
		if err != nil {
			return err
		}
		out.ByName, out.UndoneBy = names[m.By], names[m.UndoneBy]
		for _, c := range movedChanges(m) {
			n, _ := strconv.Atoi(c.New)
			out.Moves = append(out.Moves, MoveCount{strings.TrimPrefix(c.Path, "moved."), n})
		}
		if out.Undone {
			return nil
		}
		if out.Refused = undoable(a, b); out.Refused != nil && a.Status.State == registry.Merged {
			further, err := tx.MergeOf(a.Party, a.ID)
			if err != nil {
				return err
			}
			out.FurtherMergeID = further.ID
		}
		_, later := registry.UndoMerge(&m.Body.Before[0].Record, &m.Body.After, &a.Record, nil)
		out.Later = laterFields(actor, a, later, m.Body.Before[0].Record, now)
		changed, gone, err := tx.ChangedSince(m)
		if err != nil {
			return err
		}
		if out.Changed, err = movedLabels(tx, a, changed); err != nil {
			return err
		}
		if out.Gone, err = movedLabels(tx, a, gone); err != nil {
			return err
		}
		added, err := tx.AddedSince(m)
		if err != nil {
			return err
		}
		out.Added, err = rowLabels(tx, a, added)
		return err
	})
	return out, err
}

func loadMerge(tx *store.Tx, actor auth.Actor, id int64) (m *store.Merge, survivor, other *registry.Family, err error) {
	if m, err = tx.MergeByID(actor.Party, id); err != nil {
		return nil, nil, nil, err
	}
	if survivor, err = tx.FamilyByID(store.Scope{Party: actor.Party}, m.Survivor); err != nil {
		return nil, nil, nil, err
	}
	if other, err = tx.FamilyByID(store.Scope{Party: actor.Party}, m.Away); err != nil {
		return nil, nil, nil, err
	}
	for _, f := range []*registry.Family{survivor, other} {
		if err := auth.Allow(actor, auth.FamilyUnmerge, subjectOf(f)); err != nil {
			return nil, nil, nil, err
		}
	}
	return m, survivor, other, nil
}

// undoable refuses an undo out of order: what the survivor went into must be undone first.
func undoable(survivor, other *registry.Family) error {
	switch {
	case survivor.Status.State == registry.Merged:
		return fault.New(fault.State, "error.merge.further")
	case other.Status.State != registry.Merged:
		return fault.New(fault.State, "error.merge.not_merged")
	}
	return nil
}

func laterFields(actor auth.Actor, now *registry.Family, later []registry.Later, before registry.Record, at time.Time) []LaterField {
	shown := func(r *registry.Record) map[string]FieldValue {
		out := map[string]FieldValue{}
		for _, g := range groupsOf(actor, r, officeDay(at)) {
			for _, v := range g.Values {
				out[v.Path] = v
			}
		}
		return out
	}
	was, is := shown(&before), shown(&now.Record)
	var out []LaterField
	for _, l := range later {
		out = append(out, LaterField{l.Key, seenValues(l.Before, was), seenValues(l.Now, is)})
	}
	return out
}

func movedLabels(tx *store.Tx, f *registry.Family, rows []store.Moved) ([]RowLabel, error) {
	var list []store.Added
	for _, r := range rows {
		id, err := strconv.ParseInt(r.Key, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("reading the key of a moved row: %w", err)
		}
		list = append(list, store.Added{Table: r.Table, ID: id})
	}
	return rowLabels(tx, f, list)
}

// rowLabels names rows of the survivor.
func rowLabels(tx *store.Tx, f *registry.Family, rows []store.Added) ([]RowLabel, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	docs, err := tx.DocumentsOf(f.ID)
	if err != nil {
		return nil, err
	}
	visits, err := tx.VisitsOf(f.ID)
	if err != nil {
		return nil, err
	}
	products, err := tx.ProductsOf(f.ID)
	if err != nil {
		return nil, err
	}
	var out []RowLabel
	for _, r := range rows {
		l := RowLabel{Table: r.Table, ID: r.ID}
		switch r.Table {
		case "document":
			for _, d := range docs {
				if d.ID == r.ID {
					l.Kind, l.At = string(d.Type), d.AddedAt
				}
			}
		case "visit":
			for _, v := range visits {
				if v.ID == r.ID {
					l.Kind, l.At = string(v.Kind), v.RecordedAt
				}
			}
		case "product":
			for _, p := range products {
				if p.ID == r.ID {
					l.Name, l.At = p.Record.NameAR, p.Status.CreatedAt
				}
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// UndoChoice is what a person decides of an undo: which values that were changed since stay, and which rows that were added since go to the other family.
type UndoChoice struct {
	Keep     []string
	Give     []store.Added
	Versions [2]int64 // of the survivor and of the other, as they were seen
}

// Undo takes a merge apart.
func (s *Duplicates) Undo(ctx context.Context, actor auth.Actor, families *Families, id int64, c UndoChoice, w Write) error {
	if _, err := auth.ReachOf(actor, auth.FamilyUnmerge); err != nil {
		return err
	}
	type content struct {
		ID int64
		UndoChoice
	}
	now := s.now()
	_, err := s.once(ctx, actor, string(auth.FamilyUnmerge), w, content{id, c}, func(tx *store.Tx) (string, error) {
		m, a, b, err := loadMerge(tx, actor, id)
		if err != nil {
			return "", err
		}
		if !m.UndoneAt.IsZero() {
			return "", fault.New(fault.State, "error.merge.not_merged")
		}
		if err := undoable(a, b); err != nil {
			return "", err
		}
		if a.Version != c.Versions[0] || b.Version != c.Versions[1] || m.Version != w.Version {
			return "", fault.New(fault.Stale, "error.merge.stale")
		}
		return "", s.undo(tx, actor, families, m, a, b, c, now)
	})
	return err
}

func (s *Duplicates) undo(tx *store.Tx, actor auth.Actor, families *Families, m *store.Merge, a, b *registry.Family, c UndoChoice, now time.Time) error {
	keep := map[string]bool{}
	for _, k := range c.Keep {
		keep[k] = true
	}
	was := &m.Body.Before[0]
	before := a.Record
	record, later := registry.UndoMerge(&was.Record, &m.Body.After, &a.Record, keep)
	for _, g := range c.Give {
		if err := tx.GiveAdded(m, g); err != nil {
			return err
		}
	}
	if err := tx.MoveBack(m); err != nil {
		return err
	}
	// An entry's open form goes back with the record, unless somebody typed in it since.
	d, err := tx.DraftOf(a.ID)
	if err != nil {
		return err
	}
	if d != nil && was.Draft != nil {
		made, err := json.Marshal(intake.FromRecord(&m.Body.After))
		if err != nil {
			return fmt.Errorf("encoding the draft: %w", err)
		}
		if slices.Equal(made, d.Form) {
			d.Form, d.By, d.UpdatedAt = was.Draft, actor.UserID, now
			if err := tx.PutDraft(d); err != nil {
				return err
			}
		}
	}
	if len(later) == 0 && a.Status.UpdatedAt.Equal(m.At) {
		a.Status.UpdatedAt = was.Status.UpdatedAt
	} else {
		a.Status.UpdatedAt = now
	}
	a.Record = record
	// The survivor first: it may hold the identity number that is the other's.
	assessment, err := s.settle(tx, actor, families, a, now, "unmerge")
	if err != nil {
		return err
	}
	back, err := b.Unmerge(actor.UserID, now, m.Body.Before[1].Status)
	if err != nil {
		return err
	}
	back.Note = string(a.Status.Number)
	if back.AssessmentID, err = s.settle(tx, actor, families, b, now, "unmerge"); err != nil {
		if fault.Is(err, fault.Duplicate) { // meanwhile a third registration holds the number
			return fault.Wrap(err, fault.State, "error.merge.number_taken")
		}
		return err
	}
	event := registry.Event{FamilyID: a.ID, At: now, By: actor.UserID, Step: registry.StepUnmerge, From: a.Status.State, To: a.Status.State, Note: string(b.Status.Number),
		AssessmentID: assessment}
	for _, e := range []*registry.Event{&event, &back} {
		if err := tx.InsertEvent(e); err != nil {
			return err
		}
	}
	if err := s.restorePair(tx, m); err != nil {
		return err
	}
	exact := true
	for i, f := range []*registry.Family{a, b} {
		sum, err := tx.SumFamily(f.ID, m.Body.High)
		if err != nil {
			return err
		}
		exact = exact && sum == m.Body.Sums[i]
	}
	m.Body.Exact = &exact
	if err := tx.EndMerge(m, actor.UserID, now); err != nil {
		return err
	}
	note := "merge:" + strconv.FormatInt(m.ID, 10)
	changes := append(registry.Diff(&before, &a.Record), registry.Change{Path: "merged", Class: string(auth.ClassDecision), Old: string(b.Status.Number)},
		registry.Change{Path: "exact", Class: string(auth.ClassDecision), New: yesNo(exact)})
	if err := familyAudit(tx, actor, now, string(auth.FamilyUnmerge), a, changes, note); err != nil {
		return err
	}
	restored := append(lifeChanges(&registry.Event{From: back.From, To: back.To}), registry.Change{Path: "merged_into", Class: string(auth.ClassDecision), Old: string(a.Status.Number)})
	return familyAudit(tx, actor, now, string(auth.FamilyUnmerge), b, restored, note)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// restorePair gives the pair the decision that it had before the merge, unless somebody has decided anew since.
func (s *Duplicates) restorePair(tx *store.Tx, m *store.Merge) error {
	p, err := tx.PairByID(store.Scope{Party: m.Party}, m.PairID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || p.State != store.PairSame || p.DecidedBy != m.By || !p.DecidedAt.Equal(m.At) {
		return err
	}
	was := m.Body.Pair
	p.State, p.Note, p.DecidedBy, p.DecidedAt = was.State, was.Note, was.DecidedBy, was.DecidedAt
	return tx.DecidePair(p)
}
