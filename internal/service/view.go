package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/identity"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// FamilyView is a family as one person may see it.
type FamilyView struct {
	ID, Version int64
	Party       place.Country
	Number      registry.Number
	Name        string
	Project     string
	Craft, Area string
	Status      registry.Registration
	Groups      []ValueGroup // by step of the form; hidden values are left out
	Documents   []registry.Document
	Visits      []VisitView
	Waivers     []WaiverView
	Ladder      *programme.Standing // nil if the person does not see the papers that prove it
	Today       calendar.Date       // at the office
	Ends        []programme.End     // what has to be renewed within 30 days, papers of the file among them; likewise
	Events      []EventView
	Assessment  *AssessmentView   // the newest one; nil if there is none or the person may not see it
	Checklist   *AssessmentView   // what the rules say today of a registration that waits for a decision; nil otherwise. It is not stored
	Amendment   []registry.Change // old → new of changes that wait, as far as the person sees their classes
	AmendedBy   string
	AmendedAt   time.Time
	Drafting    store.DraftKind // what is open in a form; "" for nothing
	DraftBy     string
	EnteredBy   string // names
	ReviewerBy  string
	OwnEntry    bool
	Can         map[auth.Action]bool // what this person may do to this family now
	Steps       []registry.Step      // the steps this person may take now
	MergedInto  *MergeLink           // the registration that stands for this one; nil if it was not merged
	Merged      []MergeLink          // the registrations that were merged into this one
}

// MergeLink is the other side of a merge.
type MergeLink struct {
	MergeID  int64
	FamilyID int64 // 0 if the actor may not open it
	Number   registry.Number
	At       time.Time
}

// ValueGroup is the values of one step of the form.
type ValueGroup struct {
	Step   string
	Values []FieldValue
}

// FieldValue is one value as one person may see it. Of a masked one, Text is what the mask leaves.
type FieldValue struct {
	Path  string
	Class auth.Class
	Text  string
	Kind  registry.Kind
	Sight auth.Sight
}

// EventView is one step in the life with the name of the person.
type EventView struct {
	registry.Event
	Name string // "" for the system
}

// AssessmentView is a stored assessment with the set it was made by.
type AssessmentView struct {
	store.Assessment
	Result  *criteria.Assessment
	Set     *criteria.Set
	Program *criteria.Program
	Name    string // who made it
}

// View reads a family as the actor may see it.
func (s *Families) View(ctx context.Context, actor auth.Actor, id int64) (*FamilyView, error) {
	var v *FamilyView
	now := s.now()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, err := load(tx, actor, auth.FamilyView, id)
		if err != nil {
			return err
		}
		v = &FamilyView{ID: f.ID, Version: f.Version, Party: f.Party, Number: f.Status.Number, Name: f.Record.Lead.DisplayName(),
			Project: f.Record.Project.Name, Craft: f.Record.Project.Craft, Area: f.Record.Address.Area, Status: f.Status, OwnEntry: f.OwnEntry(actor.UserID)}
		v.Today = officeDay(now)
		v.Groups = groupsOf(actor, &f.Record, v.Today)
		v.Ladder = standingOf(actor, f, officeDay(now))
		if v.Ladder != nil && f.Status.State != registry.Merged {
			today := officeDay(now)
			ends, err := tx.EndingsOf([]int64{f.ID}, today.AddDays(-programme.RenewalPast), today.AddDays(programme.RenewalNotice))
			if err != nil {
				return err
			}
			v.Ends = ends[f.ID]
		}
		if err := s.viewBeside(tx, actor, f, v, now); err != nil {
			return err
		}
		if err := viewMerges(tx, actor, f, v); err != nil {
			return err
		}
		return s.viewLife(tx, actor, f, v, now)
	})
	return v, err
}

// standingOf is where a family stands on the ladder and in social protection, as far as the actor sees the papers that prove it; nil if not at all.
func standingOf(actor auth.Actor, f *registry.Family, today calendar.Date) *programme.Standing {
	if auth.View(actor.Role, auth.ClassFormal) == auth.Hidden {
		return nil
	}
	st := programme.Stand(f, today)
	if auth.View(actor.Role, auth.ClassProtection) == auth.Hidden {
		st.Protection, st.Cash = "", false
	}
	return &st
}

// viewMerges says which registration stands for this one, and which ones this one stands for.
func viewMerges(tx *store.Tx, actor auth.Actor, f *registry.Family, v *FamilyView) error {
	if f.Status.State == registry.Merged {
		m, err := tx.MergeOf(f.Party, f.ID)
		if err != nil {
			return err
		}
		id, err := tx.SurvivorOf(f.ID)
		if err != nil {
			return err
		}
		stays, err := tx.FamilyByID(store.Scope{Party: f.Party}, id)
		if err != nil {
			return err
		}
		v.MergedInto = &MergeLink{MergeID: m.ID, Number: stays.Status.Number, At: m.At}
		if auth.Allow(actor, auth.FamilyView, subjectOf(stays)) == nil {
			v.MergedInto.FamilyID = stays.ID
		}
		return nil
	}
	merges, err := tx.MergesInto(f.Party, f.ID)
	for _, m := range merges {
		v.Merged = append(v.Merged, MergeLink{MergeID: m.ID, FamilyID: m.Away, Number: m.Number, At: m.At})
	}
	return err
}

func (s *Families) viewBeside(tx *store.Tx, actor auth.Actor, f *registry.Family, v *FamilyView, now time.Time) error {
	var err error
	if sight := auth.View(actor.Role, auth.ClassDocument); sight != auth.Hidden {
		if v.Documents, err = tx.DocumentsOf(f.ID); err != nil {
			return err
		}
		if sight == auth.Masked {
			for i := range v.Documents {
				v.Documents[i] = registry.Document{Type: v.Documents[i].Type, ValidUntil: v.Documents[i].ValidUntil, RemovedAt: v.Documents[i].RemovedAt}
			}
		}
	}
	if sight := auth.View(actor.Role, auth.ClassVisit); sight != auth.Hidden {
		if v.Visits, err = visitsOf(tx, f.ID); err != nil {
			return err
		}
		if sight == auth.Masked {
			for i := range v.Visits {
				v.Visits[i] = VisitView{Visit: registry.Visit{Date: v.Visits[i].Date, Finding: v.Visits[i].Finding, Kind: v.Visits[i].Kind}}
			}
		}
	}
	if auth.Allow(actor, auth.SheetView, subjectOf(f)) == nil {
		if v.Waivers, err = waiverViews(tx, f.ID); err != nil {
			return err
		}
		a, err := tx.LatestAssessment(f.ID)
		if err != nil {
			return err
		}
		if a != nil {
			if v.Assessment, err = s.assessmentView(tx, actor, f.Party, a); err != nil {
				return err
			}
		}
		if f.Status.State == registry.Submitted || f.Status.State == registry.UnderReview {
			u, err := s.reassess(tx, f, now)
			if err != nil {
				return err
			}
			if u.program != nil {
				hideReadings(actor, u.checklist)
				v.Checklist = &AssessmentView{Result: u.checklist, Set: u.set, Program: u.program}
			}
		}
	}
	return nil
}

func (s *Families) assessmentView(tx *store.Tx, actor auth.Actor, party place.Country, a *store.Assessment) (*AssessmentView, error) {
	program, err := s.criteria.byID(tx, party, a.SetID)
	if err != nil {
		return nil, err
	}
	result, err := criteria.DecodeAssessment(a.Body)
	if err != nil {
		return nil, err
	}
	hideReadings(actor, result)
	names, err := userNames(tx, a.By)
	if err != nil {
		return nil, err
	}
	return &AssessmentView{Assessment: *a, Result: result, Set: program.Set(), Program: program, Name: names[a.By]}, nil
}

// viewLife fills in the history, what is being changed, and what the actor may do next.
func (s *Families) viewLife(tx *store.Tx, actor auth.Actor, f *registry.Family, v *FamilyView, now time.Time) error {
	events, err := tx.EventsOf(f.ID)
	if err != nil {
		return err
	}
	d, err := tx.DraftOf(f.ID)
	if err != nil {
		return err
	}
	ids := []int64{f.Status.EnteredBy, f.Status.ReviewerID}
	for _, e := range events {
		ids = append(ids, e.By)
	}
	if d != nil {
		ids = append(ids, d.By)
	}
	names, err := userNames(tx, ids...)
	if err != nil {
		return err
	}
	sight := auth.View(actor.Role, auth.ClassDecision)
	for _, e := range events {
		if sight == auth.Masked {
			e.Note = ""
		}
		v.Events = append(v.Events, EventView{Event: e, Name: names[e.By]})
		if actor.SamePerson(e.By) && hadInHand(e.Step) {
			v.OwnEntry = true
		}
	}
	if sight == auth.Masked {
		v.Status.Note = ""
	}
	v.EnteredBy, v.ReviewerBy = names[f.Status.EnteredBy], names[f.Status.ReviewerID]
	if d != nil {
		v.Drafting, v.DraftBy = d.Kind, names[d.By]
		if d.Kind == store.DraftAmendment && !d.SubmittedAt.IsZero() {
			form, err := readDraft(d)
			if err != nil {
				return err
			}
			record, _ := s.check(form, f.Party, now, nil)
			v.Amendment = seenChanges(actor, registry.Diff(&f.Record, &record))
			v.AmendedBy, v.AmendedAt = names[d.By], d.SubmittedAt
			v.Drafting = ""
		}
	}
	v.Can = map[auth.Action]bool{}
	for _, a := range auth.Actions() {
		v.Can[a] = auth.Allow(actor, a, subjectOf(f)) == nil
	}
	if f.Status.State == registry.Merged {
		for _, a := range auth.Actions() {
			v.Can[a] = v.Can[a] && (auth.Reads(a) || a == auth.FamilyUnmerge)
		}
	}
	if v.OwnEntry {
		for _, a := range auth.Actions() {
			if auth.FourEyes(a) {
				v.Can[a] = false
			}
		}
	}
	today := officeDay(now)
	for _, step := range f.Status.State.Steps() {
		action, ok := stepAction[step]
		if !ok || !v.Can[action] || (step == registry.StepRenew && !f.Renewable(today)) {
			continue
		}
		v.Steps = append(v.Steps, step)
	}
	if f.Status.Amendment && v.Can[auth.AmendDecide] {
		v.Steps = append(v.Steps, registry.StepAmendmentAccept, registry.StepAmendmentReturn)
	}
	return nil
}

// groupsOf shows a record by step of the form, as far as the actor sees the classes of its values.
func groupsOf(actor auth.Actor, r *registry.Record, today calendar.Date) []ValueGroup {
	var out []ValueGroup
	at := map[string]int{}
	masked := map[auth.Class]bool{}
	for _, step := range intake.Steps(actor.Party) {
		at[step.Name] = len(out)
		out = append(out, ValueGroup{Step: step.Name})
	}
	for _, val := range r.Values() {
		class := auth.Class(val.Class)
		fv := FieldValue{Path: val.Path, Class: class, Text: val.Text, Kind: registry.KindOf(val.Path), Sight: auth.View(actor.Role, class)}
		switch fv.Sight {
		case auth.Hidden:
			continue
		case auth.Masked:
			if !maskValue(&fv, r, today, masked) {
				continue
			}
		case auth.Revealable:
			if fv.Kind.Type != "text" { // whose phone it is, not its number: nothing to protect
				fv.Sight = auth.Shown
				break
			}
			fv.Text = Mask(class, val.Text)
		}
		i := at[intake.StepOf(val.Path)]
		out[i].Values = append(out[i].Values, fv)
	}
	kept := out[:0]
	for _, g := range out {
		if len(g.Values) > 0 {
			kept = append(kept, g)
		}
	}
	return kept
}

// Mask returns what a list or a masked field shows of a number: its last four characters.
func Mask(class auth.Class, text string) string {
	switch class {
	case auth.ClassIdentity, auth.ClassPhone, auth.ClassBank:
		return identity.Mask(text)
	}
	return ""
}

// maskValue turns a value into what its class leaves when masked (package auth names it per class), and reports whether anything is left.
// Classes that leave one thing for many values leave it once.
func maskValue(fv *FieldValue, r *registry.Record, today calendar.Date, done map[auth.Class]bool) bool {
	once := func() bool { first := !done[fv.Class]; done[fv.Class] = true; return first }
	switch fv.Class {
	case auth.ClassIdentity, auth.ClassPhone, auth.ClassBank:
		if fv.Kind.Type != "text" {
			return false
		}
		fv.Text = Mask(fv.Class, fv.Text)
		return fv.Text != ""
	case auth.ClassBirth:
		fv.Path, fv.Kind = "lead.age", registry.Kind{Type: "int"}
		fv.Text = itoa(calendar.AgeOn(r.Lead.BirthDate, today))
		return true
	case auth.ClassGuardian:
		fv.Path, fv.Text, fv.Kind = "guardian.present", "yes", registry.Kind{Type: "bool"}
		return once()
	case auth.ClassHealth:
		fv.Path, fv.Text, fv.Kind = "lead.has_disability", "no", registry.Kind{Type: "list", List: "tri"}
		if r.Lead.Disability != "" && r.Lead.Disability != "none" {
			fv.Text = "yes"
		}
		return once()
	case auth.ClassHousehold:
		fv.Path, fv.Text, fv.Kind = "household.members_count", itoa(len(r.Household.Members)), registry.Kind{Type: "int"}
		return once()
	case auth.ClassFinance:
		return fv.Kind.Type == "list" // bands and codes, no amount and no lender
	}
	return false
}

// seenChanges keeps of changes what the actor may see; protected numbers are masked.
func seenChanges(actor auth.Actor, changes []registry.Change) []registry.Change {
	var out []registry.Change
	for _, c := range changes {
		class := auth.Class(c.Class)
		switch auth.View(actor.Role, class) {
		case auth.Hidden, auth.Masked:
			continue
		case auth.Revealable:
			c.Old, c.New = Mask(class, c.Old), Mask(class, c.New)
		}
		out = append(out, c)
	}
	return out
}

// hideReadings takes out of an assessment the facts that the actor may not see, and changes that would name them. Rules and outcomes stay: why a
// family was refused is no secret to who runs the criteria.
func hideReadings(actor auth.Actor, a *criteria.Assessment) {
	hidden := func(r criteria.Ref) bool {
		class, ok := factClass[r.Name()]
		return ok && auth.View(actor.Role, class) < auth.Revealable
	}
	for i := range a.Results {
		res := &a.Results[i]
		res.Read = slices.DeleteFunc(res.Read, func(r criteria.Reading) bool { return hidden(r.Ref) })
		if slices.ContainsFunc(res.Changes, func(c criteria.Change) bool {
			return hidden(c.Ref) || (c.Age > 0 && hidden(criteria.Age)) // the day on which an age is reached tells the birth date
		}) {
			res.Changes = nil
		}
	}
}

// factClass is the permission class of the facts that tell something protected about a person.
var factClass = map[string]auth.Class{
	"birth_date": auth.ClassBirth, "age": auth.ClassBirth, "disability": auth.ClassHealth, "income_band": auth.ClassIncome,
	"benefits": auth.ClassProtection, "marital_status": auth.ClassHousehold, "tenure": auth.ClassHousehold, "guardian_named": auth.ClassGuardian,
	"guardian_proven": auth.ClassGuardian, "project_value": auth.ClassFinance, "own_share": auth.ClassFinance, "running_loans": auth.ClassFinance,
	"guarantee": auth.ClassFinance, "guarantee_accepted": auth.ClassFinance, "contract_accepted": auth.ClassFinance,
	"literacy": auth.ClassDemographic, "education": auth.ClassDemographic, "nationality": auth.ClassDemographic, "sex": auth.ClassDemographic,
}

// Reveal shows one protected value of a family, by its form path. Each showing is written to the audit log before the value leaves.
func (s *Families) Reveal(ctx context.Context, actor auth.Actor, id int64, path string) (string, error) {
	class := auth.Class(registry.ClassOf(path))
	action, ok := auth.RevealAction(class)
	if !ok || strings.ContainsAny(path, "\x00\n") {
		return "", fault.New(fault.NotFound, "error.not_found")
	}
	var text string
	now := s.now()
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		text = ""
		f, err := load(tx, actor, auth.FamilyView, id)
		if err != nil {
			return err
		}
		sight := auth.View(actor.Role, class)
		if sight < auth.Revealable {
			return fault.New(fault.Forbidden, "auth.forbidden")
		}
		if sight == auth.Revealable {
			if err := auth.Allow(actor, action, subjectOf(f)); err != nil {
				return err
			}
		}
		for _, v := range f.Record.Values() {
			if v.Path == path {
				text = v.Text
			}
		}
		if text == "" {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return familyAudit(tx, actor, now, string(action), f, nil, path)
	})
	if err != nil {
		return "", err
	}
	return text, nil
}

// FamilyList is one page of a list of families.
type FamilyList struct {
	Page    store.FamilyPage
	Columns []string // by role, in the order of display
	Query   store.FamilyQuery
	Names   map[int64]string // of the people in the rows
	Saved   []store.SavedFilter
}

// listColumns are the columns of the list per role; what a role may not see has no column.
var listColumns = map[auth.Role][]string{
	auth.FieldWorker:   {"number", "name", "state", "craft", "district", "overall", "updated", "valid_until"},
	auth.Reviewer:      {"number", "name", "id", "state", "area", "craft", "overall", "entered_by", "submitted"},
	auth.Coordinator:   {"number", "name", "project", "craft", "area", "state", "valid_until"},
	auth.Analyst:       {"number", "name", "id", "state", "area", "district", "craft", "sex", "protection", "overall", "decided"},
	auth.Administrator: {"number", "name", "state", "area", "craft", "overall", "entered_by", "updated"},
}

// List returns one page of the families that the actor may see.
func (s *Families) List(ctx context.Context, actor auth.Actor, q store.FamilyQuery) (*FamilyList, error) {
	reach, err := auth.ReachOf(actor, auth.FamilyList)
	if err != nil {
		return nil, err
	}
	out := &FamilyList{Columns: listColumns[actor.Role], Query: q}
	if reach.OwnOnly {
		q.EnteredBy = reach.Self
	}
	q = seenFilters(actor, q)
	err = s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if out.Page, err = tx.ListFamilies(scopeOf(reach, q.EnteredBy), q); err != nil {
			return err
		}
		ids := make([]int64, 0, len(out.Page.Rows))
		for i := range out.Page.Rows {
			hideRow(actor, &out.Page.Rows[i])
			ids = append(ids, out.Page.Rows[i].EnteredBy)
		}
		if out.Names, err = userNames(tx, ids...); err != nil || !auth.Can(actor, auth.FilterSave) {
			return err
		}
		out.Saved, err = tx.FiltersOf(actor.UserID, "families")
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// seenFilters drops filters on what the actor may not see: a list filtered by a hidden value would tell it.
func seenFilters(actor auth.Actor, q store.FamilyQuery) store.FamilyQuery {
	if auth.View(actor.Role, auth.ClassProtection) == auth.Hidden {
		q.Protections = nil
	}
	if auth.View(actor.Role, auth.ClassDemographic) == auth.Hidden {
		q.Sexes = nil
	}
	if q.DateField == store.DateEnds && auth.View(actor.Role, auth.ClassFormal) == auth.Hidden {
		q.DateField, q.From, q.To = "", 0, 0
	}
	q.TextIDs, q.TextPhone, q.NoPlaces = textSight(actor)
	return q
}

// textSight says what a text may be looked for in: numbers of people, phones, districts and villages.
func textSight(actor auth.Actor) (ids, phones, noPlaces bool) {
	ids = auth.View(actor.Role, auth.ClassIdentity) >= auth.Revealable && auth.View(actor.Role, auth.ClassBank) >= auth.Revealable
	return ids, auth.View(actor.Role, auth.ClassPhone) >= auth.Revealable, auth.View(actor.Role, auth.ClassDistrict) == auth.Hidden
}

func hideRow(actor auth.Actor, r *store.FamilyRow) {
	if auth.View(actor.Role, auth.ClassIdentity) == auth.Hidden {
		r.IDNumber = ""
	}
	r.IDNumber = Mask(auth.ClassIdentity, r.IDNumber)
	if auth.View(actor.Role, auth.ClassProtection) == auth.Hidden {
		r.Protection = ""
	}
	if auth.View(actor.Role, auth.ClassDemographic) == auth.Hidden {
		r.Sex = ""
	}
	if auth.View(actor.Role, auth.ClassDistrict) == auth.Hidden {
		r.District = ""
	}
}

// Sheet is the decision sheet of a family: every criterion with the value seen, the limit, the outcome, the version of the rules, and the
// smallest change that would alter the result.
type Sheet struct {
	FamilyID   int64
	Number     registry.Number
	Name       string
	Party      place.Country
	Area       string
	State      registry.State
	Assessment *AssessmentView
	Event      *EventView // the decision that stood on this assessment; nil if none did
	Waivers    []WaiverView
	Others     []store.Assessment // all assessments of the family, newest first, without bodies
}

// Sheet returns the decision sheet on an assessment of a family; 0 means the newest one.
func (s *Families) Sheet(ctx context.Context, actor auth.Actor, id, assessmentID int64) (*Sheet, error) {
	var out *Sheet
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, err := load(tx, actor, auth.SheetView, id)
		if err != nil {
			return err
		}
		out = &Sheet{FamilyID: id, Number: f.Status.Number, Name: f.Record.Lead.DisplayName(), Party: f.Party, Area: f.Record.Address.Area, State: f.Status.State}
		var a *store.Assessment
		if assessmentID == 0 {
			a, err = tx.LatestAssessment(id)
		} else {
			a, err = tx.AssessmentByID(store.Scope{Party: actor.Party}, assessmentID)
		}
		if err != nil {
			return err
		}
		if a == nil || a.FamilyID != id {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if out.Assessment, err = s.assessmentView(tx, actor, f.Party, a); err != nil {
			return err
		}
		if out.Others, err = tx.AssessmentsOf(id); err != nil {
			return err
		}
		if out.Waivers, err = waiverViews(tx, id); err != nil {
			return err
		}
		events, err := tx.EventsOf(id)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.AssessmentID == a.ID && decisions[e.Step] {
				names, err := userNames(tx, e.By)
				if err != nil {
					return err
				}
				if auth.View(actor.Role, auth.ClassDecision) == auth.Masked {
					e.Note = ""
				}
				out.Event = &EventView{Event: e, Name: names[e.By]}
			}
		}
		return nil
	})
	return out, err
}

// Districts returns up to 200 names of districts on file in an area, as suggestions while typing.
func (s *Families) Districts(ctx context.Context, actor auth.Actor, area string) ([]string, error) {
	reach, err := auth.ReachOf(actor, auth.FamilyCreate)
	if err != nil {
		return nil, err
	}
	if !reach.Areas.Has(area) {
		return nil, nil
	}
	var out []string
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out, err = tx.Districts(actor.Party, area, 200)
		return err
	})
	return out, err
}
