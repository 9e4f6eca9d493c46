package service

import (
	"context"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Plans holds the use-cases of development plans: what a project lacks, what is done about it by whom and when, and whether it helped.
type Plans struct{ core }

// DevelopmentView is one plan as a person may see it.
type DevelopmentView struct {
	store.DevelopmentRow
	Today       calendar.Date
	Differences []programme.Difference
	Names       map[int64]string
	Grants      map[int64]store.GrantRow // that actions name
	Visits      []VisitView              // of the family since the plan began
	SeesMoney   bool                     // measures and costs
	CanEdit     bool
	CanAct      map[int64]bool // actions that the person may tick
}

// loadPlan reads a plan within reach.
func loadPlan(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*store.DevelopmentRow, *registry.Family, error) {
	p, err := tx.DevelopmentByID(actor.Party, id)
	if err != nil {
		return nil, nil, err
	}
	f, err := load(tx, actor, action, p.FamilyID)
	return p, f, err
}

// hidePlan takes out what the actor may not see: amounts and income are of class finance.
func hidePlan(actor auth.Actor, p *store.DevelopmentRow) (sees bool) {
	if sees = auth.View(actor.Role, auth.ClassFinance) == auth.Shown; sees {
		return true
	}
	for i := range p.Measures {
		m := &p.Measures[i]
		values := map[programme.MeasureKey]int64{}
		for k, v := range m.Values {
			if !k.Money() {
				values[k] = v
			}
		}
		m.Values, m.Note = values, ""
	}
	for i := range p.Actions {
		p.Actions[i].Cost = 0
	}
	return false
}

// Plan returns one plan.
func (s *Plans) Plan(ctx context.Context, actor auth.Actor, id int64) (*DevelopmentView, error) {
	v := &DevelopmentView{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		p, f, err := loadPlan(tx, actor, auth.PlanView, id)
		if err != nil {
			return err
		}
		*v = DevelopmentView{DevelopmentRow: *p, Today: s.today(), Grants: map[int64]store.GrantRow{}, CanAct: map[int64]bool{}}
		v.SeesMoney = hidePlan(actor, &v.DevelopmentRow)
		v.Progress = v.Plan.Progress(v.Today)
		v.Differences = v.Plan.Differences()
		open := p.State == programme.PlanOpen && f.Status.State != registry.Merged
		v.CanEdit = open && auth.Allow(actor, auth.PlanEdit, subjectOf(f)) == nil
		ids := []int64{p.OwnerID}
		for _, m := range p.Measures {
			ids = append(ids, m.By)
		}
		for _, a := range p.Actions {
			ids = append(ids, a.OwnerID)
			v.CanAct[a.ID] = open && mayTick(actor, &a, f)
		}
		if v.Names, err = userNames(tx, ids...); err != nil {
			return err
		}
		grants, err := tx.Grants(store.Scope{Party: actor.Party}, store.GrantQuery{Family: p.FamilyID, Limit: 100})
		if err != nil {
			return err
		}
		for _, g := range grants {
			v.Grants[g.ID] = g
		}
		if auth.View(actor.Role, auth.ClassVisit) == auth.Shown {
			visits, err := visitsOf(tx, p.FamilyID)
			if err != nil {
				return err
			}
			for _, x := range visits {
				if !x.Date.Before(p.Started) {
					v.Visits = append(v.Visits, x)
				}
			}
		}
		return nil
	})
	return v, err
}

// mayTick reports whether a person may say that an action is done: its owner, and who may edit the plan.
func mayTick(actor auth.Actor, a *programme.PlanAction, f *registry.Family) bool {
	if auth.Allow(actor, auth.PlanEdit, subjectOf(f)) == nil {
		return true
	}
	return actor.SamePerson(a.OwnerID) && auth.Allow(actor, auth.PlanAct, subjectOf(f)) == nil
}

// PlanForm is what the form of a plan needs beside what is typed.
type PlanForm struct {
	FamilyID     int64
	Name, Number string
	Craft, Area  string
	Version      int64
	New          bool
	Owners       []Owner
	Grants       []store.GrantRow // of the family, that an action may name
}

// Form returns what the form of a new plan of a family (plan 0), or of a plan, needs.
func (s *Plans) Form(ctx context.Context, actor auth.Actor, family, plan int64) (*PlanForm, *programme.Plan, error) {
	out := &PlanForm{}
	var p *programme.Plan
	err := s.db.View(ctx, func(tx *store.Tx) error {
		*out, p = PlanForm{New: plan == 0}, nil
		var f *registry.Family
		var err error
		if plan == 0 {
			if f, err = load(tx, actor, auth.PlanEdit, family); err != nil {
				return err
			}
			if err := mayBegin(tx, actor, f); err != nil {
				return err
			}
		} else {
			var row *store.DevelopmentRow
			if row, f, err = loadPlan(tx, actor, auth.PlanEdit, plan); err != nil {
				return err
			}
			if row.State != programme.PlanOpen {
				return fault.New(fault.State, "error.development.ended")
			}
			p, out.Version = &row.Plan, row.Version
		}
		out.FamilyID, out.Name, out.Number, out.Craft, out.Area = f.ID, f.Record.Lead.DisplayName(), string(f.Status.Number), f.Record.Project.Craft, f.Record.Address.Area
		if out.Owners, err = planOwners(tx, actor, f); err != nil {
			return err
		}
		all, err := tx.Grants(store.Scope{Party: actor.Party}, store.GrantQuery{Family: f.ID, Limit: 100})
		for _, g := range all {
			if g.State.Live() {
				out.Grants = append(out.Grants, g)
			}
		}
		return err
	})
	return out, p, err
}

// mayBegin reports whether a plan can be made for a family: it is registered, and has none that is open.
func mayBegin(tx *store.Tx, actor auth.Actor, f *registry.Family) error {
	if f.Status.State != registry.Approved {
		return fault.New(fault.State, "error.development.not_registered")
	}
	list, err := tx.DevelopmentsOf(actor.Party, f.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(p store.DevelopmentRow) bool { return p.State == programme.PlanOpen }) {
		return fault.New(fault.State, "error.development.has_one")
	}
	return nil
}

// planOwners are the people to whom an action may be given: those who may do something about this family.
func planOwners(tx *store.Tx, actor auth.Actor, f *registry.Family) ([]Owner, error) {
	users, err := tx.ListUsers(actor.Party)
	if err != nil {
		return nil, err
	}
	var out []Owner
	for i := range users {
		u := &users[i]
		if u.Active && auth.Allow(u.Actor(""), auth.PlanAct, subjectOf(f)) == nil {
			out = append(out, Owner{ID: u.ID, Name: u.Name, Party: u.Party})
		}
	}
	return out, nil
}

// Put stores a new plan of a family (id 0), with its baseline, or changes one, and returns its id.
func (s *Plans) Put(ctx context.Context, actor auth.Actor, family, id int64, form *intake.Development, baseline *intake.Measure, w Write) (int64, error) {
	in, ps := form.Check(s.context(actor))
	var base programme.Measuring
	if id == 0 {
		var more fault.Problems
		base, more = baseline.Check(s.context(actor))
		if more.Err() == nil && len(base.Values) == 0 {
			more.Add("income", "problem.development.no_measure")
		}
		ps = append(ps, more...)
	}
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "plan.put", w, []any{family, id, form, baseline}, func(tx *store.Tx) (string, error) {
		p := in
		p.Party, p.UpdatedAt = actor.Party, now
		var f *registry.Family
		var err error
		note := "new"
		if id == 0 {
			if f, err = load(tx, actor, auth.PlanEdit, family); err != nil {
				return "", err
			}
			if err := mayBegin(tx, actor, f); err != nil {
				return "", err
			}
			p.FamilyID, p.State, p.OwnerID, p.CreatedAt, p.Started = family, programme.PlanOpen, actor.UserID, now, base.On
			base.By = actor.UserID
			if err := p.AddMeasure(base); err != nil {
				return "", err
			}
			for i := range p.Actions {
				p.Actions[i].ID = 0
			}
		} else {
			var old *store.DevelopmentRow
			if old, f, err = loadPlan(tx, actor, auth.PlanEdit, id); err != nil {
				return "", err
			}
			if old.Version != w.Version {
				return "", fault.New(fault.Stale, "error.stale")
			}
			if old.State != programme.PlanOpen {
				return "", fault.New(fault.State, "error.development.ended")
			}
			note = ""
			p = keepPlan(old.Plan, p, now)
		}
		if err := checkActions(tx, actor, f, &p); err != nil {
			return "", err
		}
		if id == 0 {
			err = tx.InsertDevelopment(&p)
		} else {
			err = tx.UpdateDevelopment(&p)
		}
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(p.ID, 10), planAudit(tx, actor, now, auth.PlanEdit, &p, f, nil, note)
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// keepPlan puts what was typed into a stored plan. Actions that were done stay done; an id that is not of this plan becomes a new action.
func keepPlan(old programme.Plan, in programme.Plan, now time.Time) programme.Plan {
	p := old
	p.Goal, p.Needs, p.NeedNote, p.Review, p.Template, p.UpdatedAt = in.Goal, in.Needs, in.NeedNote, in.Review, in.Template, now
	p.Actions = nil
	used := map[int64]bool{}
	for _, a := range in.Actions {
		i := slices.IndexFunc(old.Actions, func(x programme.PlanAction) bool { return x.ID == a.ID })
		if i < 0 || used[a.ID] {
			a.ID = 0
		} else {
			used[a.ID] = true
			a.DoneOn = old.Actions[i].DoneOn
		}
		p.Actions = append(p.Actions, a)
	}
	return p
}

// checkActions holds owners and grants of actions to what there is.
func checkActions(tx *store.Tx, actor auth.Actor, f *registry.Family, p *programme.Plan) error {
	owners, err := planOwners(tx, actor, f)
	if err != nil {
		return err
	}
	grants, err := tx.Grants(store.Scope{Party: actor.Party}, store.GrantQuery{Family: f.ID, Limit: 100})
	if err != nil {
		return err
	}
	var ps fault.Problems
	if !p.Review.IsZero() && len(p.Measures) > 0 && !p.Review.After(p.Measures[0].On) {
		ps.Add("review", "problem.development.review")
	}
	for i, a := range p.Actions {
		at := "actions[" + strconv.Itoa(i) + "]."
		if !slices.ContainsFunc(owners, func(o Owner) bool { return o.ID == a.OwnerID }) {
			ps.Add(at+"owner", "problem.choice")
		}
		if a.GrantID != 0 && !slices.ContainsFunc(grants, func(g store.GrantRow) bool { return g.ID == a.GrantID && g.State.Live() }) {
			ps.Add(at+"grant", "problem.choice")
		}
	}
	return ps.Err()
}

// change loads a plan at the version of w, changes it and stores it.
func (s *Plans) change(ctx context.Context, actor auth.Actor, id int64, op string, w Write, content any, do func(p *programme.Plan, f *registry.Family, now time.Time) (note string, err error)) error {
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, content}, func(tx *store.Tx) (string, error) {
		row, f, err := loadPlan(tx, actor, auth.PlanView, id)
		if err != nil {
			return "", err
		}
		if row.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		if f.Status.State == registry.Merged {
			return "", fault.New(fault.State, "error.merge.ended")
		}
		p := &row.Plan
		from := p.State
		note, err := do(p, f, now)
		if err != nil {
			return "", err
		}
		p.UpdatedAt = now
		if err := tx.UpdateDevelopment(p); err != nil {
			return "", err
		}
		action := auth.PlanEdit
		if op == "plan.tick" {
			action = auth.PlanAct
		}
		var changes []registry.Change
		if from != p.State {
			changes = stateTurn(string(from), string(p.State))
		}
		return "", planAudit(tx, actor, now, action, p, f, changes, note)
	})
	return err
}

// Tick says that an action is done today, or that it is not.
func (s *Plans) Tick(ctx context.Context, actor auth.Actor, id, action int64, done bool, w Write) error {
	return s.change(ctx, actor, id, "plan.tick", w, []any{action, done}, func(p *programme.Plan, f *registry.Family, now time.Time) (string, error) {
		if p.State != programme.PlanOpen {
			return "", fault.New(fault.State, "error.development.ended")
		}
		i := slices.IndexFunc(p.Actions, func(a programme.PlanAction) bool { return a.ID == action })
		if i < 0 {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		a := &p.Actions[i]
		if !mayTick(actor, a, f) {
			return "", fault.New(fault.Forbidden, "error.forbidden")
		}
		a.DoneOn = 0
		if done {
			a.DoneOn = officeDay(now)
		}
		return "action " + strconv.FormatInt(action, 10) + " " + a.DoneOn.String(), nil
	})
}

// Measure adds a measuring of the project: the same measures again, so that the difference shows.
func (s *Plans) Measure(ctx context.Context, actor auth.Actor, id int64, form *intake.Measure, w Write) error {
	m, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, id, "plan.measure", w, form, func(p *programme.Plan, f *registry.Family, now time.Time) (string, error) {
		if err := auth.Allow(actor, auth.PlanEdit, subjectOf(f)); err != nil {
			return "", err
		}
		m := m
		m.By = actor.UserID
		if err := p.AddMeasure(m); err != nil {
			return "", err
		}
		if p.ReviewDue(m.On) {
			p.Review = m.On.AddDays(180)
		}
		return "measure " + m.On.String(), nil
	})
}

// End ends a plan: done, or stopped. Both say why.
func (s *Plans) End(ctx context.Context, actor auth.Actor, id int64, state programme.PlanState, form *intake.Words, w Write) error {
	reason, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, id, "plan.end", w, []any{state, form}, func(p *programme.Plan, f *registry.Family, now time.Time) (string, error) {
		if err := auth.Allow(actor, auth.PlanEdit, subjectOf(f)); err != nil {
			return "", err
		}
		return "", p.End(state, now, reason)
	})
}

func planAudit(tx *store.Tx, actor auth.Actor, at time.Time, action auth.Action, p *programme.Plan, f *registry.Family, changes []registry.Change, note string) error {
	return audit(tx, actor, at, string(action), store.AuditEntry{Entity: "plan", EntityID: p.ID, Area: f.Record.Address.Area, Changes: changes, Note: note})
}

// OfFamily returns the plans of a family, the newest first, and whether a new one can be begun.
func (s *Plans) OfFamily(ctx context.Context, actor auth.Actor, family int64) (list []store.DevelopmentRow, canBegin bool, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		f, err := load(tx, actor, auth.PlanView, family)
		if err != nil {
			return err
		}
		if list, err = tx.DevelopmentsOf(actor.Party, family); err != nil {
			return err
		}
		for i := range list {
			hidePlan(actor, &list[i])
			list[i].Progress = list[i].Plan.Progress(s.today())
		}
		canBegin = auth.Allow(actor, auth.PlanEdit, subjectOf(f)) == nil && mayBegin(tx, actor, f) == nil
		return nil
	})
	return list, canBegin, err
}

// PlanList is a page of plans with how far all of them have come.
type PlanList struct {
	Rows  []store.DevelopmentRow
	Areas []store.AreaPlans
	Next  int64 // Before of the next page; 0: none
	Today calendar.Date
}

// PlanQuery says which plans are listed.
type PlanQuery struct {
	State  programme.PlanState
	Area   string
	Late   bool // with an action that is late
	Due    bool // to be measured again
	Before int64
	Limit  int
}

// List returns a page of the plans that the actor may see.
func (s *Plans) List(ctx context.Context, actor auth.Actor, q PlanQuery) (*PlanList, error) {
	reach, err := auth.ReachOf(actor, auth.PlanView)
	if err != nil {
		return nil, err
	}
	out := &PlanList{Today: s.today()}
	sq := store.DevelopmentQuery{State: q.State, Area: q.Area, Before: q.Before, Limit: q.Limit + 1}
	if q.Late {
		sq.LateOn = out.Today
	}
	if q.Due {
		sq.DueOn = out.Today
	}
	if reach.OwnOnly {
		sq.EnteredBy = reach.Self
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out.Next = 0
		scope := scopeOf(reach, sq.EnteredBy)
		var err error
		if out.Rows, err = tx.Developments(scope, sq, out.Today); err != nil {
			return err
		}
		if len(out.Rows) > q.Limit {
			out.Rows = out.Rows[:q.Limit]
			out.Next = out.Rows[q.Limit-1].ID
		}
		for i := range out.Rows {
			hidePlan(actor, &out.Rows[i])
		}
		out.Areas, err = tx.DevelopmentFigures(scope, out.Today, sq.EnteredBy)
		return err
	})
	return out, err
}

// PlanWork is what a person owes to development plans.
type PlanWork struct {
	Late      []store.OwnAction // the first of them
	LateTotal int
	Soon      []store.OwnAction // due within two weeks
	SoonTotal int
	Today     calendar.Date
}

// planSoon is how far ahead actions are shown.
const planSoon = 14

// Work returns the actions of the actor that are late, and those that are due soon.
func (s *Plans) Work(ctx context.Context, actor auth.Actor) (*PlanWork, error) {
	out := &PlanWork{Today: s.today()}
	if !auth.Can(actor, auth.PlanAct) {
		return out, nil
	}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if out.Late, out.LateTotal, err = tx.ActionsOwnedBy(actor.Party, actor.UserID, out.Today.AddDays(-1), 6); err != nil {
			return err
		}
		all, n, err := tx.ActionsOwnedBy(actor.Party, actor.UserID, out.Today.AddDays(planSoon), 6+min(6, out.LateTotal))
		if err != nil {
			return err
		}
		out.Soon, out.SoonTotal = nil, n-out.LateTotal
		for _, a := range all {
			if !a.Due.Before(out.Today) && len(out.Soon) < 6 {
				out.Soon = append(out.Soon, a)
			}
		}
		return nil
	})
	return out, err
}
