package store

import (
	"database/sql"
	"fmt"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
)

// developmentDetail is what of a plan is personal, and what nothing is searched by.
type developmentDetail struct {
	Goal     string                `json:"goal,omitempty"`
	Needs    []programme.Need      `json:"needs,omitempty"`
	NeedNote string                `json:"need_note,omitempty"`
	Measures []programme.Measuring `json:"measures,omitempty"`
	Reason   string                `json:"reason,omitempty"`
}

func (tx *Tx) sealDevelopment(uid string, p *programme.Plan) ([]byte, error) {
	return tx.sealJSON("development_plan", "detail", uid, developmentDetail{p.Goal, p.Needs, p.NeedNote, p.Measures, p.Reason})
}

// InsertDevelopment stores a new development plan with its actions and sets its ID, Version 1 and the ids of the actions.
func (tx *Tx) InsertDevelopment(p *programme.Plan) error {
	uid := newUID()
	detail, err := tx.sealDevelopment(uid, p)
	if err != nil {
		return err
	}
	err = tx.row(into(&p.ID), `INSERT INTO development_plan (version, party, family_id, state, template, owner_id, started, review, created_at, updated_at, uid, detail)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`, string(p.Party), p.FamilyID, string(p.State), p.Template, p.OwnerID, p.Started.String(),
		dateOrNone(p.Review), stamp(p.CreatedAt), stamp(p.UpdatedAt), uid, detail)
	if err != nil {
		return fmt.Errorf("inserting plan: %w", err)
	}
	p.Version = 1
	if err := tx.changed(p.FamilyID); err != nil {
		return err
	}
	return tx.putActions(p)
}

// UpdateDevelopment stores a plan anew with its actions: new ones are added, missing ones forgotten. Another version on file is fault.Stale.
func (tx *Tx) UpdateDevelopment(p *programme.Plan) error {
	var uid string
	if err := tx.row(into(&uid), `SELECT uid FROM development_plan WHERE id = $1 AND party = $2`, p.ID, string(p.Party)); err != nil {
		return err
	}
	detail, err := tx.sealDevelopment(uid, p)
	if err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE development_plan SET version = version + 1, state = $3, template = $4, owner_id = $5, review = $6, updated_at = $7, detail = $8 WHERE id = $1 AND version = $2`,
		p.ID, p.Version, string(p.State), p.Template, p.OwnerID, dateOrNone(p.Review), stamp(p.UpdatedAt), detail)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return err
	}
	p.Version++
	if err := tx.changed(p.FamilyID); err != nil {
		return err
	}
	return tx.putActions(p)
}

func (tx *Tx) putActions(p *programme.Plan) error {
	var keep statement
	keep.add("DELETE FROM plan_action WHERE plan_id = ?", p.ID)
	for _, a := range p.Actions {
		if a.ID != 0 {
			keep.add(" AND id <> ?", a.ID)
		}
	}
	if _, err := tx.exec(keep.text(), keep.args...); err != nil {
		return fmt.Errorf("dropping actions: %w", err)
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		a.PlanID = p.ID
		uid := newUID()
		words := tx.sealRow("plan_action", "words", uid, []byte(a.Text))
		args := []any{p.ID, string(a.Need), a.OwnerID, a.Due.String(), dateOrNone(a.DoneOn), a.Cost, string(a.Source), a.GrantID, uid, words}
		if a.ID == 0 {
			if err := tx.row(into(&a.ID), `INSERT INTO plan_action (plan_id, need, owner_id, due, done_on, cost, source, grant_id, uid, words)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`, args...); err != nil {
				return fmt.Errorf("inserting an action: %w", err)
			}
			continue
		}
		n, err := tx.exec(`UPDATE plan_action SET need = $2, owner_id = $3, due = $4, done_on = $5, cost = $6, source = $7, grant_id = $8, uid = $9, words = $10 WHERE plan_id = $1 AND id = $11`,
			append(args, a.ID)...)
		if err := one(n, err, fault.NotFound, "error.not_found"); err != nil {
			return err
		}
	}
	return nil
}

// DevelopmentRow is a plan with what a list shows of its family. Actions are read by [Tx.DevelopmentByID] only.
type DevelopmentRow struct {
	programme.Plan
	Number    string
	Name      string
	Area      string
	Craft     string
	EnteredBy int64
	Progress  programme.Progress
}

const developmentColumns = `SELECT p.id, p.version, p.party, p.family_id, p.state, p.template, p.owner_id, p.started, p.review, p.created_at, p.updated_at, p.uid, p.detail,
	f.number, f.name, f.area, f.craft, f.entered_by FROM development_plan p JOIN family f ON f.id = p.family_id WHERE `

func (tx *Tx) developments(query string, args ...any) ([]DevelopmentRow, error) {
	type sealed struct {
		uid    string
		detail []byte
	}
	var out []DevelopmentRow
	var hidden []sealed
	err := tx.each(func(rows *sql.Rows) error {
		var p DevelopmentRow
		var x sealed
		var party, state, started, review, created, updated, number string
		err := rows.Scan(&p.ID, &p.Version, &party, &p.FamilyID, &state, &p.Template, &p.OwnerID, &started, &review, &created, &updated, &x.uid, &x.detail, &number, &p.Name, &p.Area,
			&p.Craft, &p.EnteredBy)
		if err != nil {
			return err
		}
		p.Party, p.State, p.Started, p.Review, p.Number = place.Country(party), programme.PlanState(state), undate(started), undate(review), noNever(number)
		p.CreatedAt, p.UpdatedAt = unstamp(created), unstamp(updated)
		out, hidden = append(out, p), append(hidden, x)
		return nil
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading plans: %w", err)
	}
	for i := range out {
		var d developmentDetail
		if err := tx.openJSON("development_plan", "detail", hidden[i].uid, hidden[i].detail, &d); err != nil {
			return nil, err
		}
		p := &out[i]
		p.Goal, p.Needs, p.NeedNote, p.Measures, p.Reason = d.Goal, d.Needs, d.NeedNote, d.Measures, d.Reason
	}
	return out, nil
}

// DevelopmentByID returns a plan of a party with its actions, else fault.NotFound.
func (tx *Tx) DevelopmentByID(party place.Country, id int64) (*DevelopmentRow, error) {
	list, err := tx.developments(developmentColumns+`p.party = $1 AND p.id = $2`, string(party), id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	p := &list[0]
	actions, err := tx.ActionsOf([]int64{id})
	p.Actions = actions[id]
	return p, err
}

// DevelopmentsOf returns the plans of a family with their actions, the newest first.
func (tx *Tx) DevelopmentsOf(party place.Country, family int64) ([]DevelopmentRow, error) {
	list, err := tx.developments(developmentColumns+`p.party = $1 AND p.family_id = $2 ORDER BY p.id DESC`, string(party), family)
	if err != nil {
		return nil, err
	}
	return list, tx.withActions(list)
}

// DevelopmentsIn returns the plans of families with their actions, by family, oldest first.
func (tx *Tx) DevelopmentsIn(families []int64) (map[int64][]DevelopmentRow, error) {
	var q statement
	q.add(developmentColumns + "1 = 1")
	q.inIDs("p.family_id", families)
	q.add(" ORDER BY p.id")
	list, err := tx.developments(q.text(), q.args...)
	if err != nil {
		return nil, err
	}
	if err := tx.withActions(list); err != nil {
		return nil, err
	}
	out := map[int64][]DevelopmentRow{}
	for _, p := range list {
		out[p.FamilyID] = append(out[p.FamilyID], p)
	}
	return out, nil
}

func (tx *Tx) withActions(list []DevelopmentRow) error {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	if len(ids) == 0 {
		return nil
	}
	actions, err := tx.ActionsOf(ids)
	for i := range list {
		list[i].Actions = actions[list[i].ID]
	}
	return err
}

// ActionsOf returns the actions of plans by plan, each by the day it is due.
func (tx *Tx) ActionsOf(plans []int64) (map[int64][]programme.PlanAction, error) {
	var q statement
	q.add("SELECT id, plan_id, need, owner_id, due, done_on, cost, source, grant_id, uid, words FROM plan_action WHERE 1 = 1")
	q.inIDs("plan_id", plans)
	q.add(" ORDER BY due, id")
	out := map[int64][]programme.PlanAction{}
	err := tx.each(func(rows *sql.Rows) error {
		var a programme.PlanAction
		var need, due, done, source, uid string
		var words []byte
		if err := rows.Scan(&a.ID, &a.PlanID, &need, &a.OwnerID, &due, &done, &a.Cost, &source, &a.GrantID, &uid, &words); err != nil {
			return err
		}
		plain, err := tx.openRow("plan_action", "words", uid, words)
		if err != nil {
			return err
		}
		a.Need, a.Due, a.DoneOn, a.Source, a.Text = programme.Need(need), undate(due), undate(done), programme.Funding(source), string(plain)
		out[a.PlanID] = append(out[a.PlanID], a)
		return nil
	}, q.text(), q.args...)
	return out, err
}

// DevelopmentQuery selects plans. Zero values do not restrict.
type DevelopmentQuery struct {
	State     programme.PlanState
	Area      string
	EnteredBy int64         // families entered by this user
	LateOn    calendar.Date // only plans with an action that is late on this day
	DueOn     calendar.Date // only open plans that are to be measured again on this day
	Before    int64         // ids below
	Limit     int           // 0: 50
}

func (s *statement) plansOf(scope Scope, q DevelopmentQuery) {
	s.add("p.party = ?", string(scope.Party))
	if scope.Areas != nil {
		s.in("f.area", scope.Areas)
	}
	if q.State != "" {
		s.add(" AND p.state = ?", string(q.State))
	}
	if q.Area != "" {
		s.add(" AND f.area = ?", q.Area)
	}
	if q.EnteredBy != 0 {
		s.add(" AND f.entered_by = ?", q.EnteredBy)
	}
	if !q.LateOn.IsZero() {
		s.add(" AND p.state = 'open' AND EXISTS (SELECT 1 FROM plan_action a WHERE a.plan_id = p.id AND a.done_on = '' AND a.due < ?)", q.LateOn.String())
	}
	if !q.DueOn.IsZero() {
		s.add(" AND p.state = 'open' AND p.review <> '' AND p.review <= ?", q.DueOn.String())
	}
}

// Developments returns plans inside the scope, the newest first, each with its progress on a day.
func (tx *Tx) Developments(scope Scope, q DevelopmentQuery, today calendar.Date) ([]DevelopmentRow, error) {
	var s statement
	s.add(developmentColumns)
	s.plansOf(scope, q)
	if q.Before != 0 {
		s.add(" AND p.id < ?", q.Before)
	}
	limit := q.Limit
	if limit == 0 {
		limit = 50
	}
	s.add(" ORDER BY p.id DESC LIMIT ?", limit)
	list, err := tx.developments(s.text(), s.args...)
	if err != nil {
		return nil, err
	}
	if err := tx.withActions(list); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Progress = list[i].Plan.Progress(today)
	}
	return list, nil
}

// AreaPlans is how far the plans of one area have come.
type AreaPlans struct {
	Area  string
	Plans int // open ones
	Ended int // done or stopped
	programme.Progress
}

// DevelopmentFigures returns how far the plans inside the scope have come, by area. Actions of stopped plans do not count.
func (tx *Tx) DevelopmentFigures(scope Scope, today calendar.Date, enteredBy int64) ([]AreaPlans, error) {
	at := map[string]*AreaPlans{}
	var order []string
	line := func(area string) *AreaPlans {
		if at[area] == nil {
			at[area] = &AreaPlans{Area: area}
			order = append(order, area)
		}
		return at[area]
	}
	var s statement
	s.add("SELECT f.area, p.state, count(*) FROM development_plan p JOIN family f ON f.id = p.family_id WHERE ")
	s.plansOf(scope, DevelopmentQuery{EnteredBy: enteredBy})
	s.add(" GROUP BY f.area, p.state ORDER BY f.area, p.state")
	err := tx.each(func(rows *sql.Rows) error {
		var area, state string
		var n int
		if err := rows.Scan(&area, &state, &n); err != nil {
			return err
		}
		if l := line(area); state == string(programme.PlanOpen) {
			l.Plans += n
		} else {
			l.Ended += n
		}
		return nil
	}, s.text(), s.args...)
	if err != nil {
		return nil, err
	}
	var q statement
	q.add("SELECT f.area, CASE WHEN a.done_on <> '' THEN 'done' WHEN a.due < ? THEN 'late' ELSE 'open' END AS how, count(*) FROM plan_action a JOIN development_plan p ON p.id = a.plan_id JOIN family f ON f.id = p.family_id WHERE ",
		today.String())
	q.plansOf(scope, DevelopmentQuery{EnteredBy: enteredBy})
	q.add(" AND p.state <> 'stopped' GROUP BY f.area, how ORDER BY f.area, how")
	err = tx.each(func(rows *sql.Rows) error {
		var area, how string
		var n int
		if err := rows.Scan(&area, &how, &n); err != nil {
			return err
		}
		switch l := line(area); how {
		case "done":
			l.Done += n
		case "late":
			l.Late += n
		default:
			l.Open += n
		}
		return nil
	}, q.text(), q.args...)
	out := make([]AreaPlans, 0, len(order))
	for _, a := range order {
		out = append(out, *at[a])
	}
	return out, err
}

// OwnAction is an open action of a person, with the family it is for.
type OwnAction struct {
	programme.PlanAction
	FamilyID int64
	Name     string
	Area     string
}

// ActionsOwnedBy returns the open actions of open plans that a user owes up to a day, the longest due first, and how many there are.
func (tx *Tx) ActionsOwnedBy(party place.Country, user int64, upto calendar.Date, limit int) (list []OwnAction, total int, err error) {
	const from = ` FROM plan_action a JOIN development_plan p ON p.id = a.plan_id JOIN family f ON f.id = p.family_id
		WHERE a.owner_id = $1 AND a.done_on = '' AND a.due <= $2 AND p.state = 'open' AND p.party = $3`
	args := []any{user, upto.String(), string(party)}
	if err := tx.row(into(&total), `SELECT count(*)`+from, args...); err != nil || total == 0 {
		return nil, 0, err
	}
	err = tx.each(func(rows *sql.Rows) error {
		var a OwnAction
		var need, due, uid string
		var words []byte
		if err := rows.Scan(&a.ID, &a.PlanID, &need, &due, &uid, &words, &a.FamilyID, &a.Name, &a.Area); err != nil {
			return err
		}
		plain, err := tx.openRow("plan_action", "words", uid, words)
		a.Need, a.Due, a.Text, a.OwnerID = programme.Need(need), undate(due), string(plain), user
		list = append(list, a)
		return err
	}, `SELECT a.id, a.plan_id, a.need, a.due, a.uid, a.words, p.family_id, f.name, f.area`+from+` ORDER BY a.due, a.id LIMIT $4`, append(args, limit)...)
	return list, total, err
}
