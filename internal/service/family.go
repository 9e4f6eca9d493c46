package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Families holds the use-cases of the registry: entering, correcting, handing in, deciding, reading.
type Families struct {
	core
	criteria *Criteria
}

// Editing is a form as it is being filled in: the draft of an entry, or of an amendment to a family whose record stands.
type Editing struct {
	Family     *registry.Family
	Form       *intake.Registration
	Version    int64 // of the draft
	Kind       store.DraftKind
	Problems   fault.Problems // of the whole form, warnings among them
	Checklist  *criteria.Assessment
	Set        *criteria.Set
	Duplicates []Duplicate
	SavedAt    time.Time
	Documents  []registry.Document
	Visits     []VisitView
}

// Saved is the answer to a saved step.
type Saved struct {
	Version    int64
	Problems   fault.Problems // of the step
	Checklist  *criteria.Assessment
	Set        *criteria.Set
	Duplicates []Duplicate
	SavedAt    time.Time
}

// StaleDraft is the error of a step that was typed on an older version of the draft: what is on file now, so that the person can choose.
// It is a fault of kind Stale.
type StaleDraft struct {
	Version int64             // the version on file; saving again with it overwrites knowingly
	Theirs  map[string]string // the values on file of the step's fields that differ from what was sent
	By      string            // who saved them
	At      time.Time
}

// Error implements error without any value of the draft.
func (s *StaleDraft) Error() string { return fmt.Sprintf("draft is at version %d", s.Version) }

// Unwrap makes a StaleDraft a fault of kind Stale.
func (s *StaleDraft) Unwrap() error { return fault.New(fault.Stale, "error.stale_draft") }

func subjectOf(f *registry.Family) auth.Subject {
	return auth.Subject{Party: f.Party, Area: f.Record.Address.Area, EnteredBy: f.Status.EnteredBy}
}

// load reads a family for an action of the actor. What the actor may not even see is NotFound.
func load(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*registry.Family, error) {
	f, err := tx.FamilyByID(store.Scope{Party: actor.Party}, id)
	if err != nil {
		return nil, err
	}
	if err := auth.Allow(actor, action, subjectOf(f)); err != nil {
		return nil, err
	}
	if f.Status.State == registry.Merged && !auth.Reads(action) && action != auth.FamilyUnmerge {
		return nil, fault.New(fault.State, "error.merge.ended")
	}
	return f, nil
}

func (s *Families) check(form *intake.Registration, party place.Country, now time.Time, set *criteria.Set) (registry.Record, fault.Problems) {
	age := 0
	if set != nil {
		for _, p := range set.Params {
			if p.Name == "guardian_age" {
				age = int(p.Value)
			}
		}
	}
	return form.Check(intake.Context{Party: party, Today: officeDay(now), GuardianAge: age, Now: now})
}

// ruleDay is the day whose criteria apply to a record: the application date, today while there is none.
func ruleDay(r *registry.Record, today calendar.Date) calendar.Date {
	if r.Case.ApplicationDate.IsZero() {
		return today
	}
	return r.Case.ApplicationDate
}

// understood is a form with all that was made of it.
type understood struct {
	record    registry.Record
	problems  fault.Problems
	set       *criteria.Set
	program   *criteria.Program
	setID     int64
	facts     *criteria.Facts
	checklist *criteria.Assessment
}

// understand checks a form and assesses what can be read of it. f is the family it belongs to; its record is not changed.
func (s *Families) understand(tx *store.Tx, f *registry.Family, form *intake.Registration, now time.Time) (*understood, error) {
	u := &understood{}
	today := officeDay(now)
	// The application date decides which set applies, and the set has the guardian age that the check needs: read the date first.
	day := today
	if d, _, err := calendar.ParseTyped(form.Case.ApplicationDate); err == nil && !d.IsZero() {
		day = d
	}
	var err error
	if u.set, u.program, u.setID, err = s.criteria.on(tx, f.Party, day); err != nil {
		return nil, err
	}
	u.record, u.problems = s.check(form, f.Party, now, u.set)
	if err := s.assess(tx, u, f, now); err != nil {
		return nil, err
	}
	return u, nil
}

// assess fills in the facts and the checklist of u for the family f with u's record.
func (s *Families) assess(tx *store.Tx, u *understood, f *registry.Family, now time.Time) error {
	g := *f
	g.Record = u.record
	facts, err := s.factsOf(tx, &g, now)
	if err != nil {
		return err
	}
	u.facts = facts
	if u.program == nil {
		return nil
	}
	var waivers []registry.Waiver
	if f.ID != 0 {
		if waivers, err = tx.WaiversOf(f.ID); err != nil {
			return err
		}
	}
	u.checklist = u.program.Assess(u.facts, waivers)
	return nil
}

// factsOf gathers what rules can read about a family: its record, and what stands beside it.
func (s *Families) factsOf(tx *store.Tx, f *registry.Family, now time.Time) (*criteria.Facts, error) {
	var docs []registry.Document
	var visits []registry.Visit
	var err error
	if f.ID != 0 {
		if docs, err = tx.DocumentsOf(f.ID); err != nil {
			return nil, err
		}
		if visits, err = tx.VisitsOf(f.ID); err != nil {
			return nil, err
		}
	}
	facts := criteria.FactsOf(f, docs, visits, officeDay(now))
	person, household, licence := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	if ids := store.IdentifiersOf(f); len(ids) > 0 {
		matches, err := tx.MatchIdentifiers(f.Party, ids, f.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range matches {
			if !m.State.Active() || m.State == registry.Draft {
				continue
			}
			switch {
			case identity.Type(m.Kind).Valid():
				person[m.FamilyID] = true
			case m.Kind == "member":
				household[m.FamilyID] = true
			case strings.HasPrefix(m.Kind, "formal:") && strings.HasSuffix(m.Kind, "licence"):
				licence[m.FamilyID] = true
			}
		}
	}
	facts.Cross(len(person), len(household), len(licence))
	return facts, nil
}

func (u *understood) extra() store.FamilyExtra {
	x := store.FamilyExtra{Facts: u.facts.AppendBinary(nil)}
	if u.program != nil {
		x.Overall, x.Points = string(u.checklist.Overall), u.checklist.Points
	}
	return x
}

// keep stores u's assessment as made by a person for a cause, and returns its id; 0 if the party has no criteria on that day.
func (u *understood) keep(tx *store.Tx, f *registry.Family, by int64, at time.Time, cause string) (int64, error) {
	if u.program == nil {
		return 0, nil
	}
	a := store.Assessment{FamilyID: f.ID, SetID: u.setID, SetVersion: u.set.Version, At: at, By: by, Cause: cause,
		Overall: string(u.checklist.Overall), Points: u.checklist.Points, Body: u.program.AppendJSON(nil, u.checklist)}
	if err := tx.InsertAssessment(&a); err != nil {
		return 0, err
	}
	return a.ID, nil
}

// begin returns a new family of the actor with what can be read of a form.
func (s *Families) begin(actor auth.Actor, now time.Time) *registry.Family {
	return &registry.Family{Party: actor.Party, Status: registry.Registration{State: registry.Draft, EnteredBy: actor.UserID, CreatedAt: now, UpdatedAt: now}}
}

// areaOf returns the valid area that a form names, "" if none.
func (s *Families) areaOf(actor auth.Actor, form *intake.Registration) string {
	return form.Summary(intake.Context{Party: actor.Party, Today: s.today()}).Area
}

func allowCreate(actor auth.Actor, area string) error {
	if area == "" { // not typed yet: handing in checks it
		if _, err := auth.ReachOf(actor, auth.FamilyCreate); err != nil {
			return err
		}
		return nil
	}
	return auth.Allow(actor, auth.FamilyCreate, auth.Subject{Party: actor.Party, Area: area, EnteredBy: actor.UserID})
}

// Known returns the families that already hold an identity number, phone or licence of what was typed, before anything is saved. For a request of
// [Families.Create] that was answered before it returns none: the draft it made would be one of them.
func (s *Families) Known(ctx context.Context, actor auth.Actor, form *intake.Registration, w Write) ([]Duplicate, error) {
	if err := allowCreate(actor, s.areaOf(actor, form)); err != nil {
		return nil, err
	}
	hash, err := contentHash("family.create", form)
	if err != nil {
		return nil, err
	}
	now := s.now()
	var out []Duplicate
	err = s.db.View(ctx, func(tx *store.Tx) error {
		if _, found, err := tx.IdempotencyHit(actor.UserID, onceKey("family.create", w), hash); err != nil || found {
			return err
		}
		f := s.begin(actor, now)
		record, _ := s.check(form, f.Party, now, nil)
		var err error
		out, err = s.duplicates(tx, actor, f, &record)
		return err
	})
	return out, err
}

// Create starts a draft with what has been typed so far and returns the family's id. A draft may be incomplete and wrong.
func (s *Families) Create(ctx context.Context, actor auth.Actor, form *intake.Registration, w Write) (int64, error) {
	if err := allowCreate(actor, s.areaOf(actor, form)); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "family.create", w, form, func(tx *store.Tx) (string, error) {
		f, u, err := s.insert(tx, actor, form, now)
		if err != nil {
			return "", err
		}
		if err := putDraft(tx, f.ID, 0, store.DraftEntry, form, actor.UserID, now); err != nil {
			return "", err
		}
		return strconv.FormatInt(f.ID, 10), familyAudit(tx, actor, now, string(auth.FamilyCreate), f, registry.Diff(&registry.Record{}, &u.record), "")
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

func (s *Families) insert(tx *store.Tx, actor auth.Actor, form *intake.Registration, now time.Time) (*registry.Family, *understood, error) {
	f := s.begin(actor, now)
	u, err := s.understand(tx, f, form, now)
	if err != nil {
		return nil, nil, err
	}
	f.Record = u.record
	if err := tx.InsertFamily(f, u.extra()); err != nil {
		return nil, nil, err
	}
	e := registry.Event{FamilyID: f.ID, At: now, By: actor.UserID, Step: registry.StepCreate, To: registry.Draft}
	return f, u, tx.InsertEvent(&e)
}

func putDraft(tx *store.Tx, familyID, version int64, kind store.DraftKind, form *intake.Registration, by int64, at time.Time) error {
	body, err := json.Marshal(form)
	if err != nil {
		return fmt.Errorf("encoding the draft: %w", err)
	}
	return tx.PutDraft(&store.Draft{FamilyID: familyID, Version: version, Kind: kind, Form: body, By: by, UpdatedAt: at})
}

func readDraft(d *store.Draft) (*intake.Registration, error) {
	form := &intake.Registration{}
	if err := json.Unmarshal(d.Form, form); err != nil {
		return nil, fmt.Errorf("decoding the draft: %w", err)
	}
	return form, nil
}

// Register takes the whole form at once: it creates the family and hands it in, in one transaction. With problems that block, nothing is saved
// and the error carries them.
func (s *Families) Register(ctx context.Context, actor auth.Actor, form *intake.Registration, w Write) (int64, error) {
	if err := allowCreate(actor, s.areaOf(actor, form)); err != nil {
		return 0, err
	}
	now := s.now()
	// Reading the form and the rules takes longer than writing the result, so it happens before the one writer is asked for its turn. What the rules say
	// of others with the same numbers may be some milliseconds old; that no two hold one identity number is the database's own rule.
	var u *understood
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		u, err = s.understand(tx, s.begin(actor, now), form, now)
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := u.problems.Err(); err != nil {
		return 0, err
	}
	changes := registry.Diff(&registry.Record{}, &u.record)
	res, err := s.once(ctx, actor, "family.register", w, form, func(tx *store.Tx) (string, error) {
		f := s.begin(actor, now)
		if err := s.handIn(tx, actor, f, u, now, changes); err != nil {
			return "", err
		}
		return strconv.FormatInt(f.ID, 10), nil
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// handIn submits f with u's record: number, state, assessment, event, audit. f is inserted if it is new.
func (s *Families) handIn(tx *store.Tx, actor auth.Actor, f *registry.Family, u *understood, now time.Time, changes []registry.Change) error {
	f.Record = u.record
	if err := auth.Allow(actor, auth.FamilySubmit, subjectOf(f)); err != nil {
		return err
	}
	event, err := f.Submit(actor.UserID, now)
	if err != nil {
		return err
	}
	if f.Status.Number == "" {
		year := officeDay(now).Year()
		serial, err := tx.NextSerial(f.Party, year)
		if err != nil {
			return err
		}
		f.Status.Number = registry.MakeNumber(f.Party, year, serial)
	}
	if f.ID == 0 {
		err = tx.InsertFamily(f, u.extra())
	} else {
		err = tx.UpdateFamily(f, u.extra())
	}
	if err != nil {
		return err
	}
	assessment, err := u.keep(tx, f, actor.UserID, now, "submit")
	if err != nil {
		return err
	}
	event.FamilyID, event.AssessmentID = f.ID, assessment
	if err := tx.InsertEvent(&event); err != nil {
		return err
	}
	return familyAudit(tx, actor, now, string(auth.FamilySubmit), f, changes, "")
}

// draftFor reads the draft that an actor may edit, with its family. NotFound if nothing is being edited.
func draftFor(tx *store.Tx, actor auth.Actor, id int64) (*registry.Family, *store.Draft, *intake.Registration, error) {
	f, err := load(tx, actor, auth.FamilyView, id)
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := tx.DraftOf(id)
	if err != nil {
		return nil, nil, nil, err
	}
	if d == nil && f.Status.State.Editable() { // a returned or imported one that nobody opened yet
		d = &store.Draft{FamilyID: id, Kind: store.DraftEntry, UpdatedAt: f.Status.UpdatedAt}
		if d.Form, err = json.Marshal(intake.FromRecord(&f.Record)); err != nil {
			return nil, nil, nil, fmt.Errorf("encoding the draft: %w", err)
		}
	}
	if d == nil {
		return nil, nil, nil, fault.New(fault.State, "error.state.edit", f.Status.State.Title())
	}
	action := auth.FamilyEdit
	if d.Kind == store.DraftAmendment {
		action = auth.FamilyAmend
	}
	if err := auth.Allow(actor, action, subjectOf(f)); err != nil {
		return nil, nil, nil, err
	}
	if !d.SubmittedAt.IsZero() {
		return nil, nil, nil, fault.New(fault.State, "error.amendment_waits")
	}
	if d.Kind == store.DraftEntry && !f.Status.State.Editable() {
		return nil, nil, nil, fault.New(fault.State, "error.state.edit", f.Status.State.Title())
	}
	form, err := readDraft(d)
	if err != nil {
		return nil, nil, nil, err
	}
	return f, d, form, nil
}

// Edit opens the form of a draft, a returned registration or an amendment. The form shows protected values, so opening it is audited, once an
// hour for each person and family.
func (s *Families) Edit(ctx context.Context, actor auth.Actor, id int64) (*Editing, error) {
	var ed *Editing
	now := s.now()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, d, form, err := draftFor(tx, actor, id)
		if err != nil {
			return err
		}
		u, err := s.understand(tx, f, form, now)
		if err != nil {
			return err
		}
		ed = &Editing{Family: f, Form: form, Version: d.Version, Kind: d.Kind, Problems: u.problems, Set: u.set, SavedAt: d.UpdatedAt}
		ed.Checklist = u.checklist
		if ed.Duplicates, err = s.duplicates(tx, actor, f, &u.record); err != nil {
			return err
		}
		if ed.Documents, err = tx.DocumentsOf(id); err != nil {
			return err
		}
		ed.Visits, err = visitsOf(tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if ed.Form.Lead.IDNumber != "" || ed.Form.Guardian.IDNumber != "" {
		if err := s.noteShowing(ctx, actor, ed.Family, "form", now); err != nil {
			return nil, err
		}
	}
	return ed, nil
}

// noteShowing writes that protected values of a family were shown. Pages of one form that are opened one after another count once an hour.
func (s *Families) noteShowing(ctx context.Context, actor auth.Actor, f *registry.Family, what string, at time.Time) error {
	key := showing{actor.UserID, f.ID, what, hourOf(at)}
	if !s.criteria.shown.first(key) {
		return nil
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		return familyAudit(tx, actor, at, "protected.show", f, nil, what)
	})
	if err != nil {
		s.criteria.shown.forget(key)
	}
	return err
}

// SaveStep saves what was typed on one step. It is a draft: problems are told, not refused. Typed on an older version, it is refused with a
// StaleDraft that shows what is on file.
func (s *Families) SaveStep(ctx context.Context, actor auth.Actor, id int64, step string, values map[string][]string, w Write) (*Saved, error) {
	st, ok := intake.StepNamed(step)
	if !ok {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	now := s.now()
	var out *Saved
	type content struct {
		ID     int64
		Step   string
		Values map[string][]string
	}
	res, err := s.once(ctx, actor, "family.step", w, content{id, step, values}, func(tx *store.Tx) (string, error) {
		f, d, before, err := draftFor(tx, actor, id)
		if err != nil {
			return "", err
		}
		after, shape := intake.Merge(before, st, values)
		if d.Version != w.Version {
			return "", staleDraft(tx, d, before, after, st)
		}
		u, err := s.saveDraft(tx, actor, f, d, before, after, step, now)
		if err != nil {
			return "", err
		}
		out = &Saved{Version: d.Version + 1, Set: u.set, SavedAt: now, Problems: append(shape, stepProblems(u.problems, step)...)}
		out.Checklist = u.checklist
		out.Duplicates, err = s.duplicates(tx, actor, f, &u.record)
		return strconv.FormatInt(d.Version+1, 10), err
	})
	if err != nil {
		return nil, err
	}
	if out == nil { // the same step sent again: answer with what is on file
		ed, err := s.Edit(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		version, err := strconv.ParseInt(res, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("reading the kept version: %w", err)
		}
		out = &Saved{Version: version, Problems: stepProblems(ed.Problems, step), Checklist: ed.Checklist, Set: ed.Set, Duplicates: ed.Duplicates, SavedAt: ed.SavedAt}
	}
	return out, nil
}

// saveDraft keeps what a draft's form says now; before is what it said. what is for the audit log: the step, or "form" for all of it.
func (s *Families) saveDraft(tx *store.Tx, actor auth.Actor, f *registry.Family, d *store.Draft, before, after *intake.Registration, what string, now time.Time) (*understood, error) {
	u, err := s.understand(tx, f, after, now)
	if err != nil {
		return nil, err
	}
	if err := putDraft(tx, f.ID, d.Version, d.Kind, after, actor.UserID, now); err != nil {
		return nil, err
	}
	if d.Kind == store.DraftAmendment {
		old, _ := s.check(before, f.Party, now, u.set)
		changes := registry.Diff(&old, &u.record)
		if len(changes) == 0 {
			return u, nil
		}
		return u, familyAudit(tx, actor, now, string(auth.FamilyAmend), f, changes, what)
	}
	changes := registry.Diff(&f.Record, &u.record)
	f.Record, f.Status.UpdatedAt = u.record, now
	// A draft may not leave the person's areas: it would vanish from them.
	if err := allowCreate(actor, f.Record.Address.Area); err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return u, nil
	}
	if err := tx.UpdateFamily(f, u.extra()); err != nil {
		return nil, err
	}
	return u, familyAudit(tx, actor, now, string(auth.FamilyEdit), f, changes, what)
}

// Replace saves the whole form of a draft at once and returns its new version and what is wrong with it. It is a draft: problems are told, not refused.
// Made on another version it is Stale.
func (s *Families) Replace(ctx context.Context, actor auth.Actor, id int64, form *intake.Registration, w Write) (version int64, problems fault.Problems, err error) {
	now := s.now()
	res, err := s.once(ctx, actor, "family.form", w, []any{id, w.Version, form}, func(tx *store.Tx) (string, error) {
		f, d, before, err := draftFor(tx, actor, id)
		if err != nil {
			return "", err
		}
		if d.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale_draft")
		}
		if _, err := s.saveDraft(tx, actor, f, d, before, form, "form", now); err != nil {
			return "", err
		}
		return strconv.FormatInt(d.Version+1, 10), nil
	})
	if err != nil {
		return 0, nil, err
	}
	if version, err = strconv.ParseInt(res, 10, 64); err != nil {
		return 0, nil, fmt.Errorf("reading the kept version: %w", err)
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		f, err := load(tx, actor, auth.FamilyView, id)
		if err != nil {
			return err
		}
		u, err := s.understand(tx, f, form, now)
		if err == nil {
			problems = u.problems
		}
		return err
	})
	return version, problems, err
}

func stepProblems(ps fault.Problems, step string) fault.Problems {
	var out fault.Problems
	for _, p := range ps {
		if intake.StepOf(p.Field) == step {
			out = append(out, p)
		}
	}
	return out
}

func staleDraft(tx *store.Tx, d *store.Draft, onFile, sent *intake.Registration, step intake.Step) error {
	stale := &StaleDraft{Version: d.Version, Theirs: map[string]string{}, At: d.UpdatedAt}
	mine := sent.Values()
	theirs := onFile.Values()
	for name, v := range theirs {
		if intake.StepOf(name) == step.Name && mine[name] != v {
			stale.Theirs[name] = v
		}
	}
	for name := range mine {
		if _, ok := theirs[name]; !ok && intake.StepOf(name) == step.Name {
			stale.Theirs[name] = ""
		}
	}
	names, err := userNames(tx, d.By)
	if err != nil {
		return err
	}
	stale.By = names[d.By]
	return stale
}

// Checklist assesses a draft as if the step's values were saved. It saves nothing.
func (s *Families) Checklist(ctx context.Context, actor auth.Actor, id int64, step string, values map[string][]string) (*criteria.Assessment, *criteria.Set, error) {
	st, ok := intake.StepNamed(step)
	if !ok {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	var u *understood
	now := s.now()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, _, form, err := draftFor(tx, actor, id)
		if err != nil {
			return err
		}
		form, _ = intake.Merge(form, st, values)
		u, err = s.understand(tx, f, form, now)
		return err
	})
	if err != nil || u.program == nil {
		return nil, nil, err
	}
	return u.checklist, u.set, nil
}

// Submit hands a draft in: an entry goes to the reviewers, an amendment waits beside the standing record. Problems that block are returned
// with an Invalid error and nothing changes.
func (s *Families) Submit(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	pairs, err := s.pairsAtEntry(ctx, actor, id)
	if err != nil {
		pairs = nil // handed in already, or not the actor's: what follows says so
	}
	_, err = s.once(ctx, actor, "family.submit", w, id, func(tx *store.Tx) (string, error) {
		f, d, form, err := draftFor(tx, actor, id)
		if err != nil {
			return "", err
		}
		if d.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale_draft")
		}
		u, err := s.understand(tx, f, form, now)
		if err != nil {
			return "", err
		}
		if err := u.problems.Err(); err != nil {
			return "", err
		}
		if d.Kind == store.DraftAmendment {
			return "", s.submitAmendment(tx, actor, f, d, u, now)
		}
		if err := s.handIn(tx, actor, f, u, now, registry.Diff(&f.Record, &u.record)); err != nil {
			return "", err
		}
		if err := tx.FindPairs(f.Party, pairs, now); err != nil {
			return "", err
		}
		if d.Version == 0 { // never stored
			return "", nil
		}
		return "", tx.DeleteDraft(id)
	})
	return err
}

func (s *Families) submitAmendment(tx *store.Tx, actor auth.Actor, f *registry.Family, d *store.Draft, u *understood, now time.Time) error {
	changes := registry.Diff(&f.Record, &u.record)
	if len(changes) == 0 {
		return fault.New(fault.State, "error.amendment_empty")
	}
	d.SubmittedAt, d.By, d.UpdatedAt = now, actor.UserID, now
	if err := tx.PutDraft(d); err != nil {
		return err
	}
	f.Status.Amendment, f.Status.UpdatedAt = true, now
	x, err := tx.FamilyExtraOf(f.ID)
	if err != nil {
		return err
	}
	if err := tx.UpdateFamily(f, x); err != nil {
		return err
	}
	e := registry.Event{FamilyID: f.ID, At: now, By: actor.UserID, Step: registry.StepAmend, From: f.Status.State, To: f.Status.State}
	if err := tx.InsertEvent(&e); err != nil {
		return err
	}
	return familyAudit(tx, actor, now, string(auth.FamilyAmend), f, changes, "submit")
}

// Amend opens an amendment of an approved family: the form with the record's values, to be changed and handed in while the record stands.
func (s *Families) Amend(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "family.amend", w, id, func(tx *store.Tx) (string, error) {
		f, err := load(tx, actor, auth.FamilyAmend, id)
		if err != nil {
			return "", err
		}
		if !f.Status.State.Amendable() {
			return "", fault.New(fault.State, "error.state.amend", f.Status.State.Title())
		}
		d, err := tx.DraftOf(id)
		if err != nil {
			return "", err
		}
		if d != nil { // already open: go on with it
			return "", nil
		}
		return "", putDraft(tx, id, 0, store.DraftAmendment, intake.FromRecord(&f.Record), actor.UserID, now)
	})
	return err
}

// DiscardDraft throws an amendment away before it is handed in. Drafts of entries are withdrawn instead, so that they leave a trace.
func (s *Families) DiscardDraft(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "family.discard", w, id, func(tx *store.Tx) (string, error) {
		f, d, _, err := draftFor(tx, actor, id)
		if err != nil {
			return "", err
		}
		if d.Kind != store.DraftAmendment {
			return "", fault.New(fault.State, "error.discard_entry")
		}
		if d.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale_draft")
		}
		if err := tx.DeleteDraft(id); err != nil {
			return "", err
		}
		return "", familyAudit(tx, actor, now, string(auth.FamilyAmend), f, nil, "discard")
	})
	return err
}

// Duplicate is a family that already holds an identifier of the one being entered.
type Duplicate struct {
	Kind      string // identifier kind: "eg_nid", "qid", "passport", "phone", "formal:…"
	FamilyID  int64  // 0 if the actor may not open it
	Number    registry.Number
	Name      string // "" if the actor may not open it
	State     registry.State
	Area      string
	Visible   bool
	Exclusive bool // the number may stand on one active registration only: this one cannot be handed in
}

// duplicates looks for other families of the party with the same identity number, phone or licence. A family out of the actor's reach is told by
// area and state alone, so that the person knows whom to ask and learns nothing more.
func (s *Families) duplicates(tx *store.Tx, actor auth.Actor, f *registry.Family, r *registry.Record) ([]Duplicate, error) {
	if !auth.Can(actor, auth.DuplicateCheck) {
		return nil, nil
	}
	g := *f
	g.Record = *r
	ids := store.IdentifiersOf(&g)
	if len(ids) == 0 {
		return nil, nil
	}
	matches, err := tx.MatchIdentifiers(f.Party, ids, f.ID)
	if err != nil {
		return nil, err
	}
	reach, err := auth.ReachOf(actor, auth.FamilyView)
	if err != nil {
		return nil, err
	}
	var out []Duplicate
	for _, m := range matches {
		d := Duplicate{Kind: m.Kind, State: m.State, Area: m.Area}
		d.Exclusive = identity.Type(m.Kind).Valid() && m.State.Active() && m.State != registry.Draft
		if reach.Holds(auth.Subject{Party: f.Party, Area: m.Area, EnteredBy: m.EnteredBy}) {
			d.FamilyID, d.Number, d.Name, d.Visible = m.FamilyID, m.Number, m.Name, true
		}
		out = append(out, d)
		if len(out) == 20 { // a phone of an association stands on hundreds of files
			break
		}
	}
	return out, nil
}

// IsStale reports whether an error is a clash of versions.
func IsStale(err error) bool {
	var s *StaleDraft
	return errors.As(err, &s) || fault.Is(err, fault.Stale)
}
