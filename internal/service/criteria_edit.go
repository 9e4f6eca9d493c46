package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// maxDrafts bounds the drafts that a party keeps at once: more is somebody pressing a button again and again.
const maxDrafts = 20

// SetSummary is one line of the list of criteria sets.
type SetSummary struct {
	store.CriteriaSet
	Title, Citation criteria.Text
	Criteria        int
	Unconfirmed     int  // criteria that the ministry has not confirmed yet
	InForce         bool // registrations of today are checked with it
}

// SetView is one set to read or to edit.
type SetView struct {
	Row         store.CriteriaSet
	Set         *criteria.Set
	Problems    fault.Problems // of the whole set; a draft that is saved has warnings at most
	InForce     bool
	Editable    bool   // a draft, and the actor may edit
	CanPublish  bool   // a draft without problems, and the actor may publish
	CanPreview  bool   // the actor may see whom it would move
	CanRecheck  bool   // in force, and the actor may re-check with it
	CanDraft    bool   // the actor may make a new draft from it
	CreatedBy   string // names; "" for the program
	PublishedBy string
}

// allow asks for an action on the criteria of a party; what belongs to another party is as if it did not exist.
func (s *Criteria) allow(actor auth.Actor, action auth.Action, party place.Country) error {
	if party == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return auth.Allow(actor, action, auth.Subject{Party: party})
}

// readSet reads the body of a stored set with what its row knows better: number, status and validity. A body that does not hold any more, because
// the language of rules moved on, is given with its problems.
func readSet(row *store.CriteriaSet) (*criteria.Set, fault.Problems, error) {
	set, problems := criteria.ParseSet(row.Body)
	if set == nil {
		set = new(criteria.Set)
		if err := json.Unmarshal(row.Body, set); err != nil {
			return nil, nil, fmt.Errorf("reading criteria set %d: %w", row.ID, err)
		}
	}
	set.Party, set.Version, set.ValidFrom, set.ValidTo = row.Party, row.Number, row.ValidFrom, row.ValidTo
	set.Status = criteria.Published
	if row.Status == store.SetDraft {
		set.Status = criteria.Draft
	}
	return set, problems, nil
}

// inForce reports whether a row is what registrations of a day are checked with. rows are all sets of the party.
func inForce(rows []store.CriteriaSet, day calendar.Date) int64 {
	var best *store.CriteriaSet
	for i := range rows {
		r := &rows[i]
		if r.Status != store.SetPublished || r.ValidFrom.After(day) || !r.ValidTo.IsZero() && r.ValidTo.Before(day) {
			continue
		}
		if best == nil || r.ValidFrom.After(best.ValidFrom) || r.ValidFrom == best.ValidFrom && r.Number > best.Number {
			best = r
		}
	}
	if best == nil {
		return 0
	}
	return best.ID
}

// List returns the sets of the actor's party, the newest first. Everybody who works under the rules may read them; drafts are for who edits.
func (s *Criteria) List(ctx context.Context, actor auth.Actor) ([]SetSummary, error) {
	if err := s.allow(actor, auth.CriteriaView, actor.Party); err != nil {
		return nil, err
	}
	var out []SetSummary
	err := s.db.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.ListCriteriaSets(actor.Party)
		if err != nil {
			return err
		}
		out = out[:0]
		now := inForce(rows, s.today())
		for i := range rows {
			if rows[i].Status == store.SetDraft && !auth.Can(actor, auth.CriteriaEdit) {
				continue
			}
			set, _, err := readSet(&rows[i])
			if err != nil {
				return err
			}
			x := SetSummary{CriteriaSet: rows[i], Title: set.Title, Citation: set.Citation, Criteria: len(set.Criteria), InForce: rows[i].ID == now}
			for _, c := range set.Criteria {
				if !c.Confirmed {
					x.Unconfirmed++
				}
			}
			out = append(out, x)
		}
		return nil
	})
	return out, err
}

// Set returns one set of the actor's party. A draft is NotFound to who may not edit.
func (s *Criteria) Set(ctx context.Context, actor auth.Actor, id int64) (*SetView, error) {
	if err := s.allow(actor, auth.CriteriaView, actor.Party); err != nil {
		return nil, err
	}
	var v *SetView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		row, err := visibleSet(tx, actor, id)
		if err != nil {
			return err
		}
		rows, err := tx.ListCriteriaSets(actor.Party)
		if err != nil {
			return err
		}
		v = &SetView{Row: *row, InForce: inForce(rows, s.today()) == id}
		if v.Set, v.Problems, err = readSet(row); err != nil {
			return err
		}
		draft := row.Status == store.SetDraft
		v.Editable = draft && auth.Can(actor, auth.CriteriaEdit)
		v.CanPublish = draft && v.Problems.Err() == nil && auth.Can(actor, auth.CriteriaPublish)
		v.CanPreview = draft && v.Problems.Err() == nil && auth.Can(actor, auth.CriteriaPreview)
		v.CanRecheck = v.InForce && auth.Can(actor, auth.RecheckRun)
		v.CanDraft = auth.Can(actor, auth.CriteriaEdit)
		names, err := userNames(tx, row.CreatedBy, row.PublishedBy)
		if err != nil {
			return err
		}
		v.CreatedBy, v.PublishedBy = names[row.CreatedBy], names[row.PublishedBy]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

func visibleSet(tx *store.Tx, actor auth.Actor, id int64) (*store.CriteriaSet, error) {
	row, err := tx.CriteriaSetByID(actor.Party, id)
	if err != nil {
		return nil, err
	}
	if row.Status == store.SetDraft && !auth.Can(actor, auth.CriteriaEdit) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return row, nil
}

// NewDraft begins a new version as a copy of a set of the party, of any status, and returns its id.
func (s *Criteria) NewDraft(ctx context.Context, actor auth.Actor, from int64, w Write) (int64, error) {
	if err := s.allow(actor, auth.CriteriaEdit, actor.Party); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "criteria.draft", w, from, func(tx *store.Tx) (string, error) {
		source, err := tx.CriteriaSetByID(actor.Party, from)
		if err != nil {
			return "", err
		}
		rows, err := tx.ListCriteriaSets(actor.Party)
		if err != nil {
			return "", err
		}
		drafts, number := 0, 0
		for _, r := range rows {
			number = max(number, r.Number)
			if r.Status == store.SetDraft {
				drafts++
			}
		}
		if drafts >= maxDrafts {
			return "", fault.New(fault.State, "error.ruleset.drafts", maxDrafts)
		}
		set, _, err := readSet(source)
		if err != nil {
			return "", err
		}
		set.Version, set.Status, set.ValidFrom, set.ValidTo = number+1, criteria.Draft, officeDay(now), 0
		row := &store.CriteriaSet{Party: actor.Party, ValidFrom: set.ValidFrom, CreatedBy: actor.UserID, CreatedAt: now, UpdatedAt: now}
		if row.Body, err = set.JSON(); err != nil {
			return "", err
		}
		if err := tx.InsertCriteriaSet(row); err != nil {
			return "", err
		}
		err = audit(tx, actor, now, "criteria.draft", store.AuditEntry{Entity: "criteria_set", EntityID: row.ID, Note: fmt.Sprintf("%d → %d", source.Number, row.Number)})
		return strconv.FormatInt(row.ID, 10), err
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// draft reads a set that the actor may edit at the version of w.
func draft(tx *store.Tx, actor auth.Actor, id int64, w Write) (*store.CriteriaSet, *criteria.Set, error) {
	row, err := tx.CriteriaSetByID(actor.Party, id)
	switch {
	case err != nil:
		return nil, nil, err
	case row.Status != store.SetDraft:
		return nil, nil, fault.New(fault.State, "error.criteria_published")
	case row.Version != w.Version:
		return nil, nil, fault.New(fault.Stale, "error.stale")
	}
	set, _, err := readSet(row)
	return row, set, err
}

// edit changes a draft by change and stores it if the whole set then holds; else the error carries the problems, with fields as criteria.Set.Check names
// them. So every stored draft can be read, previewed and published.
func (s *Criteria) edit(ctx context.Context, actor auth.Actor, id int64, op string, w Write, content any, change func(*criteria.Set) error) error {
	if err := s.allow(actor, auth.CriteriaEdit, actor.Party); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, content}, func(tx *store.Tx) (string, error) {
		row, set, err := draft(tx, actor, id, w)
		if err != nil {
			return "", err
		}
		before := flatten(set)
		if err := change(set); err != nil {
			return "", err
		}
		set.Party, set.Version, set.Status = row.Party, row.Number, criteria.Draft
		if row.Body, err = set.JSON(); err != nil {
			return "", err
		}
		if _, problems := criteria.ParseSet(row.Body); problems.Err() != nil { // Check, and that what is stored can be read again
			return "", problems.Err()
		}
		row.ValidFrom, row.ValidTo, row.UpdatedAt = set.ValidFrom, set.ValidTo, now
		if err := tx.UpdateCriteriaSet(row); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.CriteriaEdit), store.AuditEntry{Entity: "criteria_set", EntityID: id, Note: op,
			Changes: before.changes(flatten(set))})
	})
	return err
}

// SaveDraft replaces a whole draft. Party, number and status are the row's, whatever set says.
func (s *Criteria) SaveDraft(ctx context.Context, actor auth.Actor, id int64, set *criteria.Set, w Write) error {
	return s.edit(ctx, actor, id, "criteria.save", w, set, func(old *criteria.Set) error {
		*old = *set
		return nil
	})
}

// SetHead is what stands above the criteria of a set.
type SetHead struct {
	Title, Citation    criteria.Text
	ValidFrom, ValidTo calendar.Date
	AgeOn              criteria.AgeOn
	Params             []criteria.Param
}

// SaveHead replaces title, source, validity, the day of the age, and the parameters of a draft.
func (s *Criteria) SaveHead(ctx context.Context, actor auth.Actor, id int64, h SetHead, w Write) error {
	return s.edit(ctx, actor, id, "criteria.head", w, h, func(set *criteria.Set) error {
		set.Title, set.Citation, set.ValidFrom, set.ValidTo, set.AgeOn, set.Params = h.Title, h.Citation, h.ValidFrom, h.ValidTo, h.AgeOn, h.Params
		return nil
	})
}

// SaveCriterion replaces the criterion at a place, from 0; the place behind the last adds one.
func (s *Criteria) SaveCriterion(ctx context.Context, actor auth.Actor, id int64, at int, c criteria.Criterion, w Write) error {
	return s.edit(ctx, actor, id, "criteria.criterion", w, []any{at, c}, func(set *criteria.Set) error { return putCriterion(set, at, c) })
}

func putCriterion(set *criteria.Set, at int, c criteria.Criterion) error {
	switch {
	case at >= 0 && at < len(set.Criteria):
		set.Criteria[at] = c
	case at == len(set.Criteria):
		set.Criteria = append(set.Criteria, c)
	default:
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

// RemoveCriterion takes the criterion at a place out of a draft. The last one stays: a set without criteria would let everybody in.
func (s *Criteria) RemoveCriterion(ctx context.Context, actor auth.Actor, id int64, at int, w Write) error {
	return s.edit(ctx, actor, id, "criteria.remove", w, at, func(set *criteria.Set) error { return dropCriterion(set, at) })
}

func dropCriterion(set *criteria.Set, at int) error {
	if at < 0 || at >= len(set.Criteria) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	set.Criteria = slices.Delete(set.Criteria, at, at+1)
	return nil
}

// MoveCriterion moves a criterion up (-1) or down (1) in the order in which people read them; the order decides nothing. At the end of the list it stays.
func (s *Criteria) MoveCriterion(ctx context.Context, actor auth.Actor, id int64, at, by int, w Write) error {
	if by != -1 && by != 1 {
		return fault.New(fault.Invalid, "error.invalid")
	}
	return s.edit(ctx, actor, id, "criteria.move", w, []int{at, by}, func(set *criteria.Set) error {
		if at < 0 || at >= len(set.Criteria) {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if to := at + by; to >= 0 && to < len(set.Criteria) {
			set.Criteria[at], set.Criteria[to] = set.Criteria[to], set.Criteria[at]
		}
		return nil
	})
}

// DeleteDraft throws a draft away. What was published is never removed.
func (s *Criteria) DeleteDraft(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	if err := s.allow(actor, auth.CriteriaEdit, actor.Party); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "criteria.discard", w, []int64{id, w.Version}, func(tx *store.Tx) (string, error) {
		row, _, err := draft(tx, actor, id, w)
		if err != nil {
			return "", err
		}
		if err := tx.DeleteCriteriaDraft(row); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, "criteria.discard", store.AuditEntry{Entity: "criteria_set", EntityID: id, Note: strconv.Itoa(row.Number)})
	})
	return err
}

// ExpressionCheck is what the editor says of an expression while it is typed.
type ExpressionCheck struct {
	Type     string // "bool" and so on; "" with problems
	Problems []criteria.ExprProblem
	Words    criteria.Text // the expression in plain words; empty with problems
	Rows     []criteria.Clause
	All      bool // of Rows: all must hold, not any
	Simple   bool // the builder can show it as Rows
}

// CheckExpression checks a condition as it would stand in a set of the actor's party: with its parameters and its day of the age. It saves nothing.
func (s *Criteria) CheckExpression(ctx context.Context, actor auth.Actor, id int64, expr string) (*ExpressionCheck, error) {
	if err := s.allow(actor, auth.CriteriaEdit, actor.Party); err != nil {
		return nil, err
	}
	v, err := s.Set(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return checkExpression(expr, v.Set), nil
}

func checkExpression(expr string, set *criteria.Set) *ExpressionCheck {
	c := &ExpressionCheck{Problems: criteria.CheckCondition(expr, set.Params)}
	if len(c.Problems) > 0 {
		return c
	}
	c.Type = "bool"
	c.Words = criteria.Text{AR: criteria.Describe(expr, set, "ar"), EN: criteria.Describe(expr, set, "en")}
	c.Rows, c.All, c.Simple = criteria.Rows(expr, set.Params)
	return c
}

// Seed gives a party its first set of criteria: body is a set as JSON, published as it says itself. A party that has any set, be it a draft, is
// left alone, so that it may run at each start. It reports whether it made one.
func (s *Criteria) Seed(ctx context.Context, actor auth.Actor, body []byte) (made bool, err error) {
	set, problems := criteria.ParseSet(body)
	if set == nil {
		return false, fmt.Errorf("reading the criteria that come with the program: %w", problems.Err())
	}
	if err := s.allow(actor, auth.CriteriaPublish, set.Party); err != nil {
		return false, err
	}
	set.Version, set.Status = 1, criteria.Published
	if _, err := criteria.Compile(set); err != nil {
		return false, fmt.Errorf("compiling the criteria that come with the program: %w", err)
	}
	text, err := set.JSON()
	if err != nil {
		return false, err
	}
	actor.Party = set.Party
	now := s.now()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		made = false
		rows, err := tx.ListCriteriaSets(set.Party)
		if err != nil || len(rows) > 0 {
			return err
		}
		row := &store.CriteriaSet{Party: set.Party, ValidFrom: set.ValidFrom, ValidTo: set.ValidTo, Body: bytes.Clone(text), CreatedBy: actor.UserID,
			CreatedAt: now, UpdatedAt: now}
		if err := tx.InsertCriteriaSet(row); err != nil {
			return err
		}
		if err := tx.PublishCriteriaSet(row, actor.UserID, now); err != nil {
			return err
		}
		made = true
		return audit(tx, actor, now, "criteria.seed", store.AuditEntry{Entity: "criteria_set", EntityID: row.ID})
	})
	s.forget()
	return made && err == nil, err
}

// flat is a set as leaves by path, for the audit log: "criteria.age.condition", with the code of a criterion in place of its number, so that moving
// one is one change and not twenty.
type flat struct {
	order []string
	value map[string]string
}

func flatten(set *criteria.Set) flat {
	f := flat{value: map[string]string{}}
	var codes []string
	for _, c := range set.Criteria {
		codes = append(codes, c.Code)
	}
	f.put("order", strings.Join(codes, " "))
	// Through JSON, so that a new field of a set cannot be forgotten here. A set that was read from JSON always becomes JSON again.
	body, err := json.Marshal(set)
	var tree map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err == nil && d.Decode(&tree) == nil {
		f.walk("", tree)
	}
	return f
}

func (f *flat) put(path, value string) {
	if _, seen := f.value[path]; !seen {
		f.order = append(f.order, path)
	}
	f.value[path] = value
}

func (f *flat) walk(path string, v any) {
	under := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			f.walk(under(name), v[name])
		}
	case []any:
		for i, x := range v {
			name := strconv.Itoa(i + 1)
			if m, ok := x.(map[string]any); ok {
				for _, key := range []string{"code", "name"} {
					if s, ok := m[key].(string); ok {
						name = s
					}
				}
			}
			f.walk(under(name), x)
		}
	default:
		f.put(path, fmt.Sprint(v))
	}
}

// changes lists what differs, old → new.
func (f flat) changes(to flat) []registry.Change {
	var out []registry.Change
	for _, p := range to.order {
		if f.value[p] != to.value[p] {
			out = append(out, registry.Change{Path: p, Old: f.value[p], New: to.value[p]})
		}
	}
	for _, p := range f.order {
		if _, kept := to.value[p]; !kept {
			out = append(out, registry.Change{Path: p, Old: f.value[p]})
		}
	}
	return out
}
