package web

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var mergeRoutes = []route{
	{method: "GET", path: "/duplicates/:id/merge", access: permit, action: auth.FamilyMerge, handle: (*Server).mergeForm},
	{method: "POST", path: "/duplicates/:id/merge", access: permit, action: auth.FamilyMerge, handle: (*Server).merge},
	{method: "GET", path: "/merges/:id", access: permit, action: auth.FamilyUnmerge, handle: (*Server).showMerge},
	{method: "POST", path: "/merges/:id/undo", access: permit, action: auth.FamilyUnmerge, handle: (*Server).undoMerge},
}

// mergePage is the body of duplicate/merge.
type mergePage struct {
	PairID   int64
	Stays    shownSide
	Goes     shownSide
	Versions [2]int64
	Fields   []mergeFieldView // those that differ
	Same     []mergeFieldView
	Moves    []service.MoveCount
	Refused  string // in words; "" if it can be done
	CanSwap  bool
}

// mergeFieldView is one choice.
type mergeFieldView struct {
	Key, Label string
	A, B       []mergeLine
	List       bool
	Choose     registry.Side
	Problems   []string
}

// mergeLine is one value of a choice. Label is "" where the choice's own says it.
type mergeLine struct {
	Label string
	Value shownValue
	Marks []stretch
}

func (s *Server) mergeForm(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	keep, err := strconv.ParseInt(r.c.Query("keep", "0"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return r.drawMerge(0, id, keep, nil, nil)
}

// drawMerge draws the page; sides are what the person had chosen.
func (r *request) drawMerge(status int, id, keep int64, sides map[string]registry.Side, form *render.Form) error {
	plan, err := r.s.svc.Duplicates.Plan(r.ctx(), r.actor, id, keep)
	if err != nil {
		return err
	}
	w := r.words()
	pair := r.pair(&plan.PairView)
	body := mergePage{PairID: id, Stays: pair.Sides[plan.Keep], Goes: pair.Sides[1-plan.Keep], Versions: plan.Versions, Moves: plan.Moves}
	body.CanSwap = body.Stays.State != registry.Merged && body.Goes.State != registry.Merged
	if plan.Refused != nil {
		body.Refused = r.said(plan.Refused)
	}
	for _, f := range plan.Fields {
		v := mergeFieldView{Key: f.Key, Label: w.choiceLabel(f.Key), List: f.List, Choose: f.Choose}
		if side, ok := sides[f.Key]; ok {
			v.Choose = side
		}
		v.A, v.B = w.mergeLines(f.A, f.Key), w.mergeLines(f.B, f.Key)
		if len(v.A) == 1 && len(v.B) == 1 {
			v.A[0].Marks, v.B[0].Marks = marks(v.A[0].Value.Text, v.B[0].Value.Text)
		}
		v.Problems = w.problemsOn(form, f.Key)
		if f.Same {
			body.Same = append(body.Same, v)
		} else {
			body.Fields = append(body.Fields, v)
		}
	}
	return r.page(status, "duplicate/merge", form, body)
}

// problemsOn says what is wrong with a field of a form, nil for none.
func (w words) problemsOn(form *render.Form, key string) (out []string) {
	if form == nil {
		return nil
	}
	for _, p := range form.Problems.On(key) {
		out = append(out, w.T(p.Key, p.Args...))
	}
	return out
}

func (w words) mergeLines(values []service.FieldValue, key string) []mergeLine {
	var out []mergeLine
	for _, v := range values {
		l := mergeLine{Value: w.kind(registry.StripIndex(v.Path), v.Kind, v.Text)}
		if v.Path != key {
			l.Label = w.label(v.Path)
		}
		out = append(out, l)
	}
	return out
}

// said puts a refusal into words.
func (r *request) said(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return r.words().T(f.Key, f.Args...)
	}
	return r.words().T("error.internal")
}

func (s *Server) merge(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	c := service.MergeChoice{Sides: map[string]registry.Side{}}
	if c.Keep, err = strconv.ParseInt(r.value("keep"), 10, 64); err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	for i, name := range []string{"version_a", "version_b"} {
		c.Versions[i], _ = strconv.ParseInt(r.value(name), 10, 64) // what is no number is no version that was seen
	}
	for name := range r.values() {
		if key, ok := strings.CutPrefix(name, "take."); ok {
			c.Sides[key] = registry.Side(r.value(name))
		}
	}
	merge, err := s.svc.Duplicates.Merge(r.ctx(), r.actor, s.svc.Families, id, c, r.write())
	if err == nil {
		return r.redirect("/merges/"+strconv.FormatInt(merge, 10), "success", "flash.merge.done")
	}
	form, ok := refusal(err, "keep")
	if !ok {
		return err
	}
	return r.drawMerge(422, id, c.Keep, c.Sides, form)
}

// mergeView is the body of duplicate/merged.
type mergeView struct {
	*service.MergeView
	Stays, Goes shownSide
	Later       []laterView
	Added       []mergeRow
	Changed     []mergeRow
	Gone        []mergeRow
	Refused     string
	Exact       bool
	Given       map[string]bool // ticked
	Kept        map[string]bool
}

type laterView struct {
	Key, Label  string
	Before, Now []mergeLine
}

// mergeRow is a row that moved or was added since, named to a person.
type mergeRow struct {
	Value string // of its box
	Text  string
	At    time.Time
}

func (s *Server) showMerge(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.drawMerged(0, id, nil, nil, nil)
}

func (r *request) drawMerged(status int, id int64, kept, given []string, form *render.Form) error {
	v, err := r.s.svc.Duplicates.MergeByID(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	body := mergeView{MergeView: v, Stays: shownSide{v.Survivor, w.area(v.Survivor.Area)}, Goes: shownSide{v.Other, w.area(v.Other.Area)}, Kept: map[string]bool{}, Given: map[string]bool{},
		Exact: v.Body.Exact != nil && *v.Body.Exact}
	if body.Goes.Number == "" {
		body.Goes.Number = v.Number
	}
	if v.Refused != nil {
		body.Refused = r.said(v.Refused)
	}
	for _, l := range v.Later {
		body.Later = append(body.Later, laterView{l.Key, w.choiceLabel(l.Key), w.mergeLines(l.Before, l.Key), w.mergeLines(l.Now, l.Key)})
		body.Kept[l.Key] = form == nil // what somebody changed since stays, unless they say otherwise
	}
	for _, k := range kept {
		body.Kept[k] = true
	}
	for _, g := range given {
		body.Given[g] = true
	}
	body.Added, body.Changed, body.Gone = w.mergeRows(v.Added), w.mergeRows(v.Changed), w.mergeRows(v.Gone)
	return r.page(status, "duplicate/merged", form, body)
}

// mergeRows names rows to a person.
func (w words) mergeRows(list []service.RowLabel) (out []mergeRow) {
	for _, l := range list {
		text := w.T("merge.row." + l.Table)
		switch {
		case l.Name != "":
			text += w.T("duplicate.colon") + l.Name
		case l.Table == "document":
			text += w.T("duplicate.colon") + w.code("document_type", l.Kind)
		case l.Table == "visit":
			text += w.T("duplicate.colon") + w.code("visit_kind", l.Kind)
		}
		out = append(out, mergeRow{l.Table + ":" + strconv.FormatInt(l.ID, 10), text, l.At})
	}
	return out
}

func (s *Server) undoMerge(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	values := r.values()
	c := service.UndoChoice{Keep: values["stay"]}
	for i, name := range []string{"version_a", "version_b"} {
		c.Versions[i], _ = strconv.ParseInt(r.value(name), 10, 64)
	}
	for _, g := range values["give"] {
		table, row, _ := strings.Cut(g, ":")
		n, err := strconv.ParseInt(row, 10, 64)
		if err != nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		c.Give = append(c.Give, store.Added{Table: table, ID: n})
	}
	err = s.svc.Duplicates.Undo(r.ctx(), r.actor, s.svc.Families, id, c, r.write())
	if err == nil {
		return r.redirect("/merges/"+strconv.FormatInt(id, 10), "success", "flash.merge.undone")
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Stale && f.Kind != fault.State && f.Kind != fault.Invalid {
		return err
	}
	form := &render.Form{}
	form.Problems.Add("undo", f.Key, f.Args...)
	return r.drawMerged(422, id, values["stay"], values["give"], form)
}
