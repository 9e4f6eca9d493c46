package web

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var duplicateRoutes = []route{
	{method: "GET", path: "/duplicates", access: permit, action: auth.DuplicateReview, handle: (*Server).duplicates},
	{method: "POST", path: "/duplicates/run", access: permit, action: auth.DuplicateRun, handle: (*Server).runDuplicates},
	{method: "GET", path: "/duplicates/certain", access: permit, action: auth.DuplicateReview, handle: (*Server).certainPairs},
	{method: "POST", path: "/duplicates/certain", access: permit, action: auth.DuplicateReview, handle: (*Server).decideCertain},
	{method: "GET", path: "/duplicates/sheet", access: permit, action: auth.DuplicateReview, handle: (*Server).pairSheet},
	{method: "POST", path: "/duplicates/sheet", access: permit, action: auth.DuplicateReview, upload: true, handle: (*Server).pairSheetBack},
	{method: "GET", path: "/duplicates/:id", access: permit, action: auth.DuplicateReview, handle: (*Server).duplicatePair},
	{method: "POST", path: "/duplicates/:id", access: permit, action: auth.DuplicateReview, handle: (*Server).decidePair},
}

// pairPart is one field's part of a weight, in words.
type pairPart struct {
	Text string // "given name: the same"
	For  bool   // speaks for one person
	Bits float64
}

// shownPair is a pair in a list.
type shownPair struct {
	ID     int64
	Sides  [2]shownSide
	Chance int // percent
	Parts  []pairPart
	Source store.PairSource
	Group  []shownSide // in a list, of the first pair of a group of more than two families: all of them
	More   bool        // others hang on these
	From   []string    // imports that found it, in words

	Letters [2]string // on the page of a group: of its two families
	Merged  int64     // on the page of a decision: the merge that stands
	Keep    int64     // and whose registration is to stay
}

type shownSide struct {
	service.PairSide
	Place string
}

// duplicateList is the body of duplicate/list.
type duplicateList struct {
	State  store.PairState
	Tabs   []pairTab
	Pairs  []shownPair
	Pager  render.Pager
	CanRun bool
}

type pairTab struct {
	State store.PairState
	N     int
}

func (s *Server) duplicates(r *request) error {
	state := store.PairState(r.c.Query("state", string(store.PairOpen)))
	after, err := strconv.ParseInt(r.c.Query("after", "0"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return r.drawPairs(0, state, after, nil)
}

func (r *request) drawPairs(status int, state store.PairState, after int64, form *render.Form) error {
	list, err := r.s.svc.Duplicates.List(r.ctx(), r.actor, state, after)
	if err != nil {
		return err
	}
	body := duplicateList{State: state, CanRun: auth.Can(r.actor, auth.DuplicateRun), Pager: render.Pager{Total: list.Counts[state]}}
	for _, st := range service.PairStates() {
		body.Tabs = append(body.Tabs, pairTab{st, list.Counts[st]})
	}
	for i := range list.Pairs {
		if !list.Pairs[i].Chained { // the page of the group shows the others
			body.Pairs = append(body.Pairs, r.pair(&list.Pairs[i]))
		}
	}
	path := "/duplicates?state=" + string(state)
	if after != 0 {
		body.Pager.First = path
	}
	if list.Next != 0 {
		body.Pager.Next = path + "&after=" + strconv.FormatInt(list.Next, 10)
	}
	return r.page(status, "duplicate/list", form, body)
}

// certainPage is the body of duplicate/certain.
type certainPage struct {
	From   int // percent
	Froms  []int
	States []store.PairState
	Pairs  []certainPair
	More   bool
}

type certainPair struct {
	shownPair
	Value  string // id:version, of a group several
	Ticked bool
}

func (s *Server) certainPairs(r *request) error {
	from, err := strconv.Atoi(r.c.Query("from", strconv.Itoa(int(service.CertainFrom*100))))
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return r.drawCertain(0, from, nil, nil)
}

func (r *request) drawCertain(status, from int, ticked []string, form *render.Form) error {
	pairs, more, err := r.s.svc.Duplicates.Certain(r.ctx(), r.actor, float64(from)/100)
	if err != nil {
		return err
	}
	body := certainPage{From: from, Froms: []int{99, 98, 95, 90}, States: []store.PairState{store.PairSame, store.PairDifferent, store.PairLater}, More: more}
	for i := range pairs {
		p := &pairs[i]
		value := refText(&p.DuplicatePair)
		if p.Chained { // a group is decided as a whole
			body.Pairs[len(body.Pairs)-1].Value += "," + value
			continue
		}
		body.Pairs = append(body.Pairs, certainPair{shownPair: r.pair(p), Value: value})
	}
	for i := range body.Pairs {
		body.Pairs[i].Ticked = form == nil || slices.Contains(ticked, body.Pairs[i].Value)
	}
	return r.page(status, "duplicate/certain", form, body)
}

func (s *Server) decideCertain(r *request) error {
	ticked := r.values()["pair"]
	state := store.PairState(strings.TrimSpace(r.value("state")))
	var list []service.Decided
	refs, err := parseRefs(ticked)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		list = append(list, service.Decided{PairRef: ref, State: state})
	}
	from, err := strconv.Atoi(r.value("from"))
	if err != nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	done, stale, err := s.svc.Duplicates.DecideAll(r.ctx(), r.actor, list, r.write())
	if ps, ok := problems(err); ok {
		return r.drawCertain(422, from, ticked, &render.Form{Values: map[string]string{"state": string(state)}, Problems: ps})
	}
	if err != nil {
		return err
	}
	return r.decidedAll(done, stale)
}

// decidedAll tells what became of many decisions.
func (r *request) decidedAll(done, stale int) error {
	if stale > 0 {
		return r.redirect("/duplicates", "info", "flash.duplicate.bulk_stale", itoa(int64(done)), itoa(int64(stale)))
	}
	return r.redirect("/duplicates", "success", "flash.duplicate.bulk", itoa(int64(done)))
}

// pairSheet gives the open pairs out as a workbook with a column for decisions.
func (s *Server) pairSheet(r *request) error {
	pairs, err := s.svc.Duplicates.ForSheet(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	var rows []sheet.PairRow
	group, inside := 0, false
	for i := range pairs {
		p := r.pair(&pairs[i])
		switch {
		case p.Group != nil:
			group, inside = group+1, true
		case !pairs[i].Chained:
			inside = false
		}
		row := sheet.PairRow{ID: p.ID, Version: pairs[i].Version, Percent: p.Chance}
		if inside {
			row.Group = group
		}
		for k, side := range []*[3]string{&row.A, &row.B} {
			x := p.Sides[k]
			*side = [3]string{string(x.Number), x.Name, x.Place}
			if x.FamilyID == 0 {
				side[1] = w.T("duplicate.elsewhere")
			}
		}
		var reasons []string
		for _, part := range p.Parts {
			reasons = append(reasons, part.Text)
		}
		row.Reasons = w.join(reasons)
		rows = append(rows, row)
	}
	var out bytes.Buffer
	if err := sheet.WritePairs(&out, rows, r.lang()); err != nil {
		return err
	}
	return r.attachment("duplicates.xlsx", xlsxType, out.Bytes())
}

// mostPairSheet is how large a workbook of decisions may be.
const mostPairSheet = 4 << 20

// pairSheetBack takes the decisions of a workbook. Rows that somebody decided meanwhile are left and counted; a cell that is wrong refuses the whole file.
func (s *Server) pairSheetBack(r *request) error {
	head, err := r.c.FormFile("file")
	var ps fault.Problems
	var rows []sheet.PairRow
	switch {
	case err != nil || head.Size == 0:
		ps.Add("file", "problem.required")
	case head.Size > mostPairSheet:
		ps.Add("file", "error.too_large")
	default:
		f, err := head.Open()
		if err != nil {
			return fmt.Errorf("opening an upload: %w", err)
		}
		defer f.Close()
		if rows, err = sheet.ReadPairs(f, head.Size); err != nil {
			if ps = fileProblems(r.words(), err, "file"); ps == nil {
				return err
			}
		}
	}
	if ps != nil {
		return r.drawPairs(422, store.PairOpen, 0, &render.Form{Problems: ps})
	}
	var list []service.Decided
	for _, row := range rows {
		list = append(list, service.Decided{PairRef: service.PairRef{ID: row.ID, Version: row.Version}, State: store.PairState(row.Decision), Note: row.Note})
	}
	done, stale, err := s.svc.Duplicates.DecideAll(r.ctx(), r.actor, list, r.write())
	if ps, ok := problems(err); ok {
		for i := range ps {
			ps[i].Field = "file"
		}
		return r.drawPairs(422, store.PairOpen, 0, &render.Form{Problems: ps})
	}
	if err != nil {
		return err
	}
	return r.decidedAll(done, stale)
}

func (r *request) pair(v *service.PairView) shownPair {
	w := r.words()
	// never "100 %": it is an estimate
	out := shownPair{ID: v.ID, Source: v.Source, Chance: min(99, int(v.Probability*100))}
	for i := range v.Sides {
		out.Sides[i] = shownSide{v.Sides[i], w.area(v.Sides[i].Area)}
	}
	if v.Group != nil {
		out.More = v.Group.More
		for _, side := range v.Group.Families {
			out.Group = append(out.Group, shownSide{side, w.area(side.Area)})
		}
	}
	for _, h := range v.Hints {
		if from := w.T("duplicate.from.import", h.SourceID, w.shared(h.Reason)); !slices.Contains(out.From, from) {
			out.From = append(out.From, from)
		}
	}
	for _, p := range v.Parts {
		text := w.T("duplicate.field."+p.Field) + w.T("duplicate.colon") + w.T("duplicate.level."+p.Level)
		switch p.Level {
		case "household":
			text = w.T("duplicate.household")
		case "chain":
			text = w.T("duplicate.chain")
		}
		out.Parts = append(out.Parts, pairPart{text, p.Bits > 0, p.Bits})
	}
	slices.SortStableFunc(out.Parts, func(a, b pairPart) int {
		switch {
		case a.For != b.For && a.For:
			return -1
		case a.For != b.For:
			return 1
		case a.Bits*a.Bits > b.Bits*b.Bits:
			return -1
		}
		return 0
	})
	return out
}

func (s *Server) runDuplicates(r *request) error {
	if _, err := s.svc.Duplicates.Run(r.ctx(), r.actor, r.write()); err != nil {
		return err
	}
	return r.redirect("/duplicates", "info", "flash.duplicate.run")
}

// pairPage is the body of duplicate/pair.
type pairPage struct {
	shownPair
	Version   int64
	State     store.PairState
	States    []store.PairState
	Rows      []pairRow
	DecidedBy string
	DecidedAt time.Time
	Whole     bool  // both sides may be seen
	Merge     bool  // the person may merge such pairs, and this one is not merged
	Merged    int64 // the merge that stands; 0 if there is none
}

// pairRow is one thing that the two families say, side by side.
type pairRow struct {
	Label          string
	A, B           shownValue
	MarksA, MarksB []stretch // where the texts differ
	Differ         bool
}

func (s *Server) duplicatePair(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.drawPair(0, id, nil)
}

// comparable are the steps of the form that tell people apart; what they make and own does not.
var comparableSteps = []string{"case", "lead", "guardian", "household", "address", "project"}

func (r *request) drawPair(status int, id int64, form *render.Form) error {
	v, err := r.s.svc.Duplicates.Pair(r.ctx(), r.actor, r.s.svc.Families, id)
	if err != nil {
		return err
	}
	body := pairPage{shownPair: r.pair(v), Version: v.Version, State: v.State, States: []store.PairState{store.PairSame, store.PairDifferent, store.PairLater, store.PairOpen}, DecidedBy: v.DecidedBy, DecidedAt: v.DecidedAt}
	body.Merged = v.MergeID
	body.Merge = auth.Can(r.actor, auth.FamilyMerge) && v.MergeID == 0 && v.State != store.PairDifferent && v.Sides[0].State != registry.Merged && v.Sides[1].State != registry.Merged
	body.Whole = v.Sides[0].View != nil && v.Sides[1].View != nil
	body.Rows = r.sideBySide(v.Sides[0].View, v.Sides[1].View)
	if form == nil {
		form = &render.Form{Values: map[string]string{"state": string(v.State), "note": v.Note}}
		if v.State == store.PairOpen {
			form.Values["state"] = "" // nothing is chosen before a person has looked
		}
	}
	return r.page(status, "duplicate/pair", form, body)
}

// alignedRow is one thing that several families say, a value of each; the zero value of one that does not say it.
type alignedRow struct {
	Label  string
	Values []shownValue
}

// aligned puts the values of families into rows, those of one path together. A family that may not be seen is nil.
func (r *request) aligned(views ...*service.FamilyView) []alignedRow {
	w := r.words()
	var rows []alignedRow
	at := map[string]int{}
	for i, v := range views {
		if v == nil {
			continue
		}
		for _, g := range v.Groups {
			if !slices.Contains(comparableSteps, g.Step) {
				continue
			}
			for _, x := range g.Values {
				k, ok := at[x.Path]
				if !ok {
					k = len(rows)
					at[x.Path] = k
					rows = append(rows, alignedRow{w.label(x.Path), make([]shownValue, len(views))})
				}
				rows[k].Values[i] = w.kind(registry.StripIndex(x.Path), x.Kind, x.Text)
			}
		}
	}
	return rows
}

// sideBySide are the rows of two families, with what differs.
func (r *request) sideBySide(a, b *service.FamilyView) []pairRow {
	var rows []pairRow
	for _, x := range r.aligned(a, b) {
		row := pairRow{Label: x.Label, A: x.Values[0], B: x.Values[1]}
		if a != nil && b != nil {
			row.Differ = row.A.Text != row.B.Text && arabic.NameKey(row.A.Text) != arabic.NameKey(row.B.Text)
			if row.A.Text != "" && row.B.Text != "" {
				row.MarksA, row.MarksB = marks(row.A.Text, row.B.Text)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// longestNote is how many characters a note may have.
const longestNote = 500

func (s *Server) decidePair(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	note := arabic.CleanText(r.value("note"))
	var ps fault.Problems
	if utf8.RuneCountInString(note) > longestNote {
		ps.Add("note", "problem.too_long", longestNote)
	}
	state := store.PairState(strings.TrimSpace(r.value("state")))
	if !slices.Contains(service.PairStates(), state) {
		ps.Add("state", "duplicate.choose")
	}
	if len(ps.Blocking()) == 0 {
		err = s.svc.Duplicates.Decide(r.ctx(), r.actor, id, state, note, r.write())
		if err == nil {
			return r.redirect("/duplicates", "success", "flash.duplicate.decided")
		}
		if !fault.Is(err, fault.Stale) {
			return err
		}
		ps.Add("state", "duplicate.stale") // the page is drawn anew with what the other person decided, and what was typed here
	}
	return r.drawPair(422, id, &render.Form{Values: map[string]string{"state": string(state), "note": note}, Problems: ps})
}
