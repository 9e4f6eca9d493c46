package web

import (
	"errors"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var mergeGroupRoutes = []route{
	{method: "GET", path: "/duplicates/decisions/:id/merge", access: permit, action: auth.FamilyMerge, handle: (*Server).groupMergeForm},
	{method: "POST", path: "/duplicates/decisions/:id/merge", access: permit, action: auth.FamilyMerge, handle: (*Server).mergeGroup},
	{method: "GET", path: "/duplicates/decisions/:id/unmerge", access: permit, action: auth.FamilyUnmerge, handle: (*Server).groupUnmergeForm},
	{method: "POST", path: "/duplicates/decisions/:id/unmerge", access: permit, action: auth.FamilyUnmerge, handle: (*Server).unmergeGroup},
}

// groupMergePage is the body of duplicate/mergegroup.
type groupMergePage struct {
	ID, Version int64
	Sides       []groupFamily // the one that stays first
	Versions    []int64
	Fields      []groupMergeField // those that differ
	Same        []groupMergeField
	Moves       []service.MoveCount
	Stop        string // in words; "" if it can be done
}

// groupMergeField is one choice. A side that says the same as an earlier one is named beside that one.
type groupMergeField struct {
	Key, Label string
	Options    []groupMergeOption
	List       bool
	All        bool // the rows of all are chosen
	Problems   []string
}

type groupMergeOption struct {
	Index   int
	Letters []string
	Lines   []mergeLine
	Chosen  bool
}

func (s *Server) groupMergeForm(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.drawGroupMerge(0, id, nil, nil)
}

// drawGroupMerge draws the page; choose is what the person had chosen.
func (r *request) drawGroupMerge(status int, id int64, choose map[string]int, form *render.Form) error {
	plan, err := r.s.svc.Duplicates.PlanGroup(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	body := groupMergePage{ID: id, Version: plan.Version, Versions: plan.Versions, Moves: plan.Moves}
	if plan.Stop != nil {
		body.Stop = r.said(plan.Stop)
	}
	for i, side := range plan.Sides {
		body.Sides = append(body.Sides, groupFamily{shownSide: shownSide{side, w.area(side.Area)}, ID: side.FamilyID, Letter: letterOf(w, i)})
	}
	for _, f := range plan.Fields {
		v := groupMergeField{Key: f.Key, Label: w.choiceLabel(f.Key), List: f.List}
		chosen := f.Choose
		if c, ok := choose[f.Key]; ok {
			chosen = c
		}
		v.All = chosen == registry.AllRows
		for i, values := range f.Values {
			lines := w.mergeLines(values, f.Key)
			known := false
			for k := range v.Options {
				if o := &v.Options[k]; sameLines(o.Lines, lines) {
					o.Letters, o.Chosen, known = append(o.Letters, letterOf(w, i)), o.Chosen || i == chosen, true
				}
			}
			if known {
				continue
			}
			if len(v.Options) > 0 && len(lines) == 1 && len(v.Options[0].Lines) == 1 {
				_, lines[0].Marks = marks(v.Options[0].Lines[0].Value.Text, lines[0].Value.Text)
			}
			v.Options = append(v.Options, groupMergeOption{Index: i, Letters: []string{letterOf(w, i)}, Lines: lines, Chosen: i == chosen})
		}
		v.Problems = w.problemsOn(form, f.Key)
		if f.Same {
			body.Same = append(body.Same, v)
		} else {
			body.Fields = append(body.Fields, v)
		}
	}
	return r.page(status, "duplicate/mergegroup", form, body)
}

// choiceLabel names a choice of a merge.
func (w words) choiceLabel(key string) string {
	if w.Has("merge.group." + key) {
		return w.T("merge.group." + key)
	}
	return w.label(key)
}

func sameLines(a, b []mergeLine) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Label != b[i].Label || a[i].Value.Text != b[i].Value.Text {
			return false
		}
	}
	return true
}

// versionsOf reads the versions of families as they were seen.
func versionsOf(values []string) (out []int64) {
	for _, v := range values {
		n, _ := strconv.ParseInt(v, 10, 64) // what is no number is no version that was seen
		out = append(out, n)
	}
	return out
}

func (s *Server) mergeGroup(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	values := r.values()
	c := service.GroupMergeChoice{Choose: map[string]int{}, Versions: versionsOf(values["family_version"])}
	for name := range values {
		key, ok := strings.CutPrefix(name, "take.")
		if !ok {
			continue
		}
		if v := r.value(name); v == "all" {
			c.Choose[key] = registry.AllRows
		} else if c.Choose[key], err = strconv.Atoi(v); err != nil {
			c.Choose[key] = registry.AllRows - 1 // no choice: the problem says so
		}
	}
	err = s.svc.Duplicates.MergeGroup(r.ctx(), r.actor, s.svc.Families, id, c, r.write())
	if err == nil {
		return r.redirect("/duplicates/decisions/"+itoa(id), "success", "flash.merge.group_done")
	}
	form, ok := refusal(err, "keep")
	if !ok {
		return err
	}
	return r.drawGroupMerge(422, id, c.Choose, form)
}

// refusal is what a form says of an error that the person can do something about; field is where it stands if it is of no single field.
func refusal(err error, field string) (*render.Form, bool) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid && f.Kind != fault.Stale && f.Kind != fault.State {
		return nil, false
	}
	form := &render.Form{Problems: f.Problems}
	if len(form.Problems) == 0 {
		form.Problems.Add(field, f.Key, f.Args...)
	}
	return form, true
}

// groupUnmergePage is the body of duplicate/unmergegroup.
type groupUnmergePage struct {
	ID, Version    int64
	Stays          shownSide
	Away           []shownSide
	Versions       []int64
	Later          []laterView
	Kept           map[string]bool
	Changed, Added []mergeRow
	Stop           string
}

func (s *Server) groupUnmergeForm(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.drawGroupUnmerge(0, id, nil, nil)
}

func (r *request) drawGroupUnmerge(status int, id int64, kept []string, form *render.Form) error {
	v, err := r.s.svc.Duplicates.GroupMergeOf(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	body := groupUnmergePage{ID: id, Version: v.Version, Stays: shownSide{v.Stays, w.area(v.Stays.Area)}, Versions: v.Versions, Kept: map[string]bool{}}
	if v.Stop != nil {
		body.Stop = r.said(v.Stop)
	}
	for _, side := range v.Away {
		body.Away = append(body.Away, shownSide{side, w.area(side.Area)})
	}
	for _, l := range v.Later {
		body.Later = append(body.Later, laterView{l.Key, w.choiceLabel(l.Key), w.mergeLines(l.Before, l.Key), w.mergeLines(l.Now, l.Key)})
		body.Kept[l.Key] = form == nil // what somebody changed since stays, unless they say otherwise
	}
	for _, k := range kept {
		body.Kept[k] = true
	}
	body.Changed, body.Added = w.mergeRows(v.Changed), w.mergeRows(v.Added)
	return r.page(status, "duplicate/unmergegroup", form, body)
}

func (s *Server) unmergeGroup(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	values := r.values()
	c := service.UndoGroupChoice{Keep: values["stay"], Versions: versionsOf(values["family_version"])}
	err = s.svc.Duplicates.UndoGroupMerge(r.ctx(), r.actor, s.svc.Families, id, c, r.write())
	if err == nil {
		return r.redirect("/duplicates/decisions/"+itoa(id), "success", "flash.merge.group_undone")
	}
	form, ok := refusal(err, "undo")
	if !ok {
		return err
	}
	return r.drawGroupUnmerge(422, id, values["stay"], form)
}
