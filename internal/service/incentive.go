package service

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Incentives holds the use-cases of incentive schemes and their grants.
//
// A scheme's rules are a criteria.Set of its own, kept inside the scheme: the same language, editor and decision sheet as those of registration. A published scheme
// never changes; one that is to change gets a successor, which closes it when it is published. Money is reserved where a grant is approved and spent where it is
// delivered, by rows of the database that cannot hold more than the budget (store.Reserve).
type Incentives struct {
	core
	jobs     *Jobs
	criteria *Criteria
	families *Families
}

// maxSchemes bounds the list of schemes that is shown.
const maxSchemes = 200

// SchemeRow is one line of the list of schemes.
type SchemeRow struct {
	programme.Scheme
	Account store.Account
	Open    bool // today
}

// SchemeView is one scheme to read or to edit.
type SchemeView struct {
	programme.Scheme
	Set         *criteria.Set  // its rules
	Problems    fault.Problems // of the rules; a draft that is saved has warnings at most
	Account     store.Account
	Open        bool
	CreatedName string
	PublishName string
	ClosedName  string
	Older       *programme.Scheme // what it follows; nil: nothing
	Newer       []programme.Scheme
	Count       *CountView // the newest count; nil: none was made
	CanEdit     bool
	CanPublish  bool
	SecondOnly  bool // it could be published, by somebody else than this person
	CanClose    bool
	CanCount    bool
	CanPropose  bool // the program may propose to all who qualify
	CanDraft    bool
	CanDecide   bool
}

// rulesOfScheme reads the rules of a scheme with what the scheme knows better.
func rulesOfScheme(s *programme.Scheme) (*criteria.Set, fault.Problems, error) {
	set, problems := criteria.ParseSet(s.Rules)
	if set == nil {
		set = new(criteria.Set)
		if err := json.Unmarshal(s.Rules, set); err != nil {
			return nil, nil, fmt.Errorf("reading the rules of scheme %d: %w", s.ID, err)
		}
	}
	return set, problems, nil
}

// setRules writes the rules into the scheme, with its name and time. What is stored can be read again.
func setRules(s *programme.Scheme, set *criteria.Set) error {
	set.Party, set.Version, set.Status = s.Party, max(1, s.Edition), criteria.Draft
	set.Title = criteria.Text{AR: s.Name, EN: s.NameEN}
	set.Citation = set.Title
	for i := range set.Criteria {
		if c := &set.Criteria[i]; c.Citation.AR == "" { // its source is the scheme itself
			c.Citation = set.Title
		}
	}
	set.ValidFrom, set.ValidTo, set.AgeOn = s.First, s.Last, criteria.AgeOnAssessment
	body, err := set.JSON()
	if err != nil {
		return err
	}
	if _, problems := criteria.ParseSet(body); problems.Err() != nil {
		return problems.Err()
	}
	s.Rules = body
	return nil
}

// firstRules are the rules that a new scheme begins with: a citizen, which every registered family is.
func firstRules(s *programme.Scheme) *criteria.Set {
	return &criteria.Set{Criteria: []criteria.Criterion{{Code: "citizen", Title: criteria.Text{AR: "من مواطني الدولة", EN: "A citizen of the country"}, Weight: criteria.Hard,
		Condition: "nationality == '" + string(s.Party) + "'", Confirmed: true}}}
}

// loadScheme reads a scheme of the actor's party; a draft is not found by who may not edit.
func loadScheme(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*programme.Scheme, error) {
	s, err := tx.SchemeByID(actor.Party, id)
	if err != nil {
		return nil, err
	}
	if _, err := auth.ReachOf(actor, action); err != nil {
		return nil, err
	}
	if s.State == programme.SchemeDraft && !auth.Can(actor, auth.SchemeEdit) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return s, nil
}

func schemeSubject(s *programme.Scheme) auth.Subject {
	return auth.Subject{Party: s.Party, EnteredBy: s.CreatedBy}
}

// Schemes returns the schemes of the actor's party, the newest first, with their money.
func (s *Incentives) Schemes(ctx context.Context, actor auth.Actor) ([]SchemeRow, error) {
	if _, err := auth.ReachOf(actor, auth.SchemeView); err != nil {
		return nil, err
	}
	today := s.today()
	var out []SchemeRow
	err := s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		list, err := tx.Schemes(actor.Party, maxSchemes)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].State == programme.SchemeDraft && !auth.Can(actor, auth.SchemeEdit) {
				continue
			}
			a, err := tx.AccountOf(&list[i])
			if err != nil {
				return err
			}
			out = append(out, SchemeRow{list[i], *a, list[i].Open(today)})
		}
		return nil
	})
	return out, err
}

// Scheme returns one scheme of the actor's party.
func (s *Incentives) Scheme(ctx context.Context, actor auth.Actor, id int64) (*SchemeView, error) {
	v := &SchemeView{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		x, err := loadScheme(tx, actor, auth.SchemeView, id)
		if err != nil {
			return err
		}
		*v = SchemeView{Scheme: *x, Open: x.Open(s.today())}
		if v.Set, v.Problems, err = rulesOfScheme(x); err != nil {
			return err
		}
		a, err := tx.AccountOf(x)
		if err != nil {
			return err
		}
		v.Account = *a
		draft := x.State == programme.SchemeDraft
		v.CanEdit = draft && auth.Can(actor, auth.SchemeEdit)
		v.CanDraft = !draft && auth.Can(actor, auth.SchemeEdit)
		ready := draft && v.Problems.Err() == nil && x.Check().Err() == nil && auth.Can(actor, auth.SchemePublish)
		v.CanPublish = ready && auth.Allow(actor, auth.SchemePublish, schemeSubject(x)) == nil
		v.SecondOnly = ready && !v.CanPublish
		v.CanClose = x.State == programme.SchemePublished && auth.Can(actor, auth.SchemePublish)
		v.CanCount = x.State != programme.SchemeClosed && v.Problems.Err() == nil && len(x.Offers) > 0 && auth.Can(actor, auth.SchemeCount)
		v.CanPropose = v.CanCount && v.Open && auth.Can(actor, auth.GrantPropose)
		v.CanDecide = v.Open && auth.Can(actor, auth.GrantDecide)
		names, err := userNames(tx, x.CreatedBy, x.PublishedBy, x.ClosedBy)
		if err != nil {
			return err
		}
		v.CreatedName, v.PublishName, v.ClosedName = names[x.CreatedBy], names[x.PublishedBy], names[x.ClosedBy]
		if x.Follows != 0 {
			if v.Older, err = tx.SchemeByID(actor.Party, x.Follows); err != nil {
				return err
			}
		}
		all, err := tx.Schemes(actor.Party, maxSchemes)
		if err != nil {
			return err
		}
		for _, y := range all {
			if y.Follows == x.ID && (y.State != programme.SchemeDraft || auth.Can(actor, auth.SchemeEdit)) {
				v.Newer = append(v.Newer, y)
			}
		}
		if auth.Can(actor, auth.SchemeCount) {
			v.Count, err = lastCount(tx, actor, x)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// PutScheme stores a new draft (id 0) or changes one, and returns its id.
func (s *Incentives) PutScheme(ctx context.Context, actor auth.Actor, id int64, form *intake.Scheme, w Write) (int64, error) {
	if err := auth.Allow(actor, auth.SchemeEdit, auth.Subject{Party: actor.Party}); err != nil {
		return 0, err
	}
	in, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "scheme.put", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		x := in
		x.UpdatedAt = now
		if id == 0 {
			x.Edition, x.CreatedBy, x.CreatedAt = 1, actor.UserID, now
			if err := setRules(&x, firstRules(&x)); err != nil {
				return "", err
			}
			if err := tx.InsertScheme(&x); err != nil {
				return "", err
			}
			return strconv.FormatInt(x.ID, 10), schemeAudit(tx, actor, now, auth.SchemeEdit, &x, schemeChanges(&programme.Scheme{}, &x), "new")
		}
		old, err := loadScheme(tx, actor, auth.SchemeEdit, id)
		if err != nil {
			return "", err
		}
		if err := editable(old, w); err != nil {
			return "", err
		}
		set, _, err := rulesOfScheme(old)
		if err != nil {
			return "", err
		}
		x.ID, x.Version, x.Edition, x.Follows, x.CreatedBy, x.CreatedAt = old.ID, old.Version, old.Edition, old.Follows, actor.UserID, old.CreatedAt
		if err := setRules(&x, set); err != nil {
			return "", err
		}
		if err := tx.UpdateScheme(&x); err != nil {
			return "", err
		}
		return strconv.FormatInt(id, 10), schemeAudit(tx, actor, now, auth.SchemeEdit, &x, schemeChanges(old, &x), "")
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

func editable(x *programme.Scheme, w Write) error {
	if err := x.Edit(); err != nil {
		return err
	}
	if x.Version != w.Version {
		return fault.New(fault.Stale, "error.stale")
	}
	return nil
}

// editRules changes the rules of a draft and stores them if the whole set then holds.
func (s *Incentives) editRules(ctx context.Context, actor auth.Actor, id int64, op string, w Write, content any, change func(*criteria.Set) error) error {
	if err := auth.Allow(actor, auth.SchemeEdit, auth.Subject{Party: actor.Party}); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, content}, func(tx *store.Tx) (string, error) {
		x, err := loadScheme(tx, actor, auth.SchemeEdit, id)
		if err != nil {
			return "", err
		}
		if err := editable(x, w); err != nil {
			return "", err
		}
		set, _, err := rulesOfScheme(x)
		if err != nil {
			return "", err
		}
		before := flatten(set)
		if err := change(set); err != nil {
			return "", err
		}
		x.CreatedBy, x.UpdatedAt = actor.UserID, now
		if err := setRules(x, set); err != nil {
			return "", err
		}
		if err := tx.UpdateScheme(x); err != nil {
			return "", err
		}
		return "", schemeAudit(tx, actor, now, auth.SchemeEdit, x, before.changes(flatten(set)), op)
	})
	return err
}

// SaveRule replaces the rule at a place, from 0; the place behind the last adds one.
func (s *Incentives) SaveRule(ctx context.Context, actor auth.Actor, id int64, at int, c criteria.Criterion, w Write) error {
	return s.editRules(ctx, actor, id, "scheme.rule", w, []any{at, c}, func(set *criteria.Set) error { return putCriterion(set, at, c) })
}

// RemoveRule takes the rule at a place out. The last one stays: a scheme without rules would be for everybody.
func (s *Incentives) RemoveRule(ctx context.Context, actor auth.Actor, id int64, at int, w Write) error {
	return s.editRules(ctx, actor, id, "scheme.rule.remove", w, at, func(set *criteria.Set) error { return dropCriterion(set, at) })
}

// Publish freezes a draft and gives it its money. What it follows is closed in the same breath.
func (s *Incentives) Publish(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "scheme.publish", w, id, func(tx *store.Tx) (string, error) {
		x, err := loadScheme(tx, actor, auth.SchemePublish, id)
		if err != nil {
			return "", err
		}
		if err := auth.Allow(actor, auth.SchemePublish, schemeSubject(x)); err != nil {
			return "", err
		}
		if x.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		if _, problems, err := rulesOfScheme(x); err != nil || problems.Err() != nil {
			return "", fault.New(fault.State, "error.scheme.incomplete")
		}
		if err := x.Publish(actor.UserID, now, officeDay(now)); err != nil {
			return "", err
		}
		if err := tx.UpdateScheme(x); err != nil {
			return "", err
		}
		if err := tx.OpenPurse(x); err != nil {
			return "", err
		}
		if x.Follows != 0 {
			old, err := tx.SchemeByID(x.Party, x.Follows)
			if err != nil {
				return "", err
			}
			if old.State == programme.SchemePublished {
				if err := s.close(tx, actor, old, now, "→ "+strconv.FormatInt(x.ID, 10)); err != nil {
					return "", err
				}
			}
		}
		return "", schemeAudit(tx, actor, now, auth.SchemePublish, x, stateTurn("draft", "published"), "")
	})
	return err
}

// Close ends a published scheme with a reason. What was approved is still delivered; what was only proposed can no longer be approved.
func (s *Incentives) Close(ctx context.Context, actor auth.Actor, id int64, form *intake.Words, w Write) error {
	reason, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "scheme.close", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		x, err := loadScheme(tx, actor, auth.SchemePublish, id)
		if err != nil {
			return "", err
		}
		if x.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		return "", s.close(tx, actor, x, now, reason)
	})
	return err
}

func (s *Incentives) close(tx *store.Tx, actor auth.Actor, x *programme.Scheme, now time.Time, reason string) error {
	if err := x.Close(actor.UserID, now, reason); err != nil {
		return err
	}
	if err := tx.UpdateScheme(x); err != nil {
		return err
	}
	return schemeAudit(tx, actor, now, auth.SchemePublish, x, stateTurn("published", "closed"), reason)
}

// Discard forgets a draft.
func (s *Incentives) Discard(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "scheme.discard", w, id, func(tx *store.Tx) (string, error) {
		x, err := loadScheme(tx, actor, auth.SchemeEdit, id)
		if err != nil {
			return "", err
		}
		if err := editable(x, w); err != nil {
			return "", err
		}
		if err := tx.DeleteScheme(x); err != nil {
			return "", err
		}
		return "", schemeAudit(tx, actor, now, auth.SchemeEdit, x, nil, "discard")
	})
	return err
}

// Successor makes a draft that is to replace a scheme, and returns its id.
func (s *Incentives) Successor(ctx context.Context, actor auth.Actor, id int64, w Write) (int64, error) {
	now := s.now()
	res, err := s.once(ctx, actor, "scheme.successor", w, id, func(tx *store.Tx) (string, error) {
		old, err := loadScheme(tx, actor, auth.SchemeEdit, id)
		if err != nil {
			return "", err
		}
		if old.State == programme.SchemeDraft {
			return "", fault.New(fault.State, "error.scheme.not_open")
		}
		all, err := tx.Schemes(actor.Party, maxSchemes, programme.SchemeDraft)
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(all, func(x programme.Scheme) bool { return x.Follows == id }); i >= 0 {
			return strconv.FormatInt(all[i].ID, 10), nil // there is one already
		}
		n := old.Successor(actor.UserID, now)
		set, _, err := rulesOfScheme(old)
		if err != nil {
			return "", err
		}
		if err := setRules(n, set); err != nil {
			return "", err
		}
		if err := tx.InsertScheme(n); err != nil {
			return "", err
		}
		return strconv.FormatInt(n.ID, 10), schemeAudit(tx, actor, now, auth.SchemeEdit, n, nil, strconv.FormatInt(id, 10)+" → "+strconv.FormatInt(n.ID, 10))
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// Eligibility is a family held against the rules of a scheme, today.
type Eligibility struct {
	Scheme programme.Scheme
	*AssessmentView
	FamilyID int64
	Name     string
	Number   registry.Number
	Holds    map[int]bool // offers that the family has or may still get
	InArea   bool
	Approved bool // the registration is in force
}

// Fits reports whether the family may have something of the scheme.
func (e *Eligibility) Fits() bool {
	return e.InArea && e.Approved && (e.Result.Overall == criteria.Eligible || e.Result.Overall == criteria.ReviewNeeded)
}

// eligible assesses a family for a scheme by its facts as they were last saved, with today's date.
func (s *Incentives) eligible(tx *store.Tx, x *programme.Scheme, f *registry.Family, facts []byte) (*Eligibility, error) {
	program, err := s.criteria.ofScheme(x)
	if err != nil {
		return nil, err
	}
	var v criteria.Facts
	if err := v.Decode(facts); err != nil {
		return nil, fmt.Errorf("facts of family %d: %w", f.ID, err)
	}
	now := s.now()
	v.SetDate(criteria.Today, officeDay(now))
	e := &Eligibility{Scheme: *x, FamilyID: f.ID, Name: f.Record.Lead.DisplayName(), Number: f.Status.Number, InArea: x.In(f.Record.Address.Area),
		Approved: f.Status.State == registry.Approved, Holds: map[int]bool{}}
	e.AssessmentView = &AssessmentView{Result: program.Assess(&v, nil), Set: program.Set(), Program: program}
	e.At, e.AssessmentView.FamilyID = now, f.ID
	for _, o := range x.Offers {
		if e.Holds[o.N], err = tx.HoldsOffer(x.ID, o.N, f.ID); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Assess returns the decision sheet of a family for a scheme: why, or why not.
func (s *Incentives) Assess(ctx context.Context, actor auth.Actor, scheme, family int64) (*Eligibility, error) {
	var e *Eligibility
	err := s.db.View(ctx, func(tx *store.Tx) error {
		f, err := load(tx, actor, auth.GrantView, family)
		if err != nil {
			return err
		}
		x, err := loadScheme(tx, actor, auth.SchemeView, scheme)
		if err != nil {
			return err
		}
		extra, err := tx.FamilyExtraOf(family)
		if err != nil {
			return err
		}
		if e, err = s.eligible(tx, x, f, extra.Facts); err != nil {
			return err
		}
		hideReadings(actor, e.Result)
		return nil
	})
	return e, err
}

func stateTurn(from, to string) []registry.Change {
	return []registry.Change{{Path: "state", Class: string(auth.ClassDecision), Old: from, New: to}}
}

func schemeAudit(tx *store.Tx, actor auth.Actor, at time.Time, action auth.Action, x *programme.Scheme, changes []registry.Change, note string) error {
	return audit(tx, actor, at, string(action), store.AuditEntry{Entity: "scheme", EntityID: x.ID, Changes: changes, Note: note})
}

// schemeChanges lists what differs, old → new.
func schemeChanges(old, x *programme.Scheme) []registry.Change {
	fields := func(s *programme.Scheme) [][2]string {
		out := [][2]string{{"name", s.Name}, {"name_en", s.NameEN}, {"text", s.Text}, {"budget", strconv.FormatInt(s.Budget, 10) + " " + s.Currency}, {"first", s.First.String()},
			{"last", s.Last.String()}, {"areas", fmt.Sprint(s.Areas)}, {"once", strconv.FormatBool(s.Once)}, {"order", string(s.Order)}}
		for i := range programme.MaxOffers {
			text := ""
			if i < len(s.Offers) {
				o := s.Offers[i]
				text = fmt.Sprintf("%s · %s · %d · %d · %d", o.Kind, o.Name, o.UnitCost, o.Most, o.Each)
			}
			out = append(out, [2]string{"offers." + strconv.Itoa(i+1), text})
		}
		return out
	}
	var out []registry.Change
	before := fields(old)
	for i, f := range fields(x) {
		if before[i][1] != f[1] {
			out = append(out, registry.Change{Path: f[0], Old: before[i][1], New: f[1]})
		}
	}
	return out
}
