package web

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var duplicateGroupRoutes = []route{
	{method: "GET", path: "/duplicates/groups/:id", access: permit, action: auth.DuplicateReview, handle: (*Server).pairGroup},
	{method: "POST", path: "/duplicates/groups/:id", access: permit, action: auth.DuplicateReview, handle: (*Server).decideGroup},
	{method: "GET", path: "/duplicates/decisions", access: permit, action: auth.DuplicateReview, handle: (*Server).groupDecisions},
	{method: "GET", path: "/duplicates/decisions/:id", access: permit, action: auth.DuplicateReview, handle: (*Server).groupDecided},
	{method: "POST", path: "/duplicates/decisions/:id/undo", access: permit, action: auth.DuplicateReview, handle: (*Server).undoGroup},
}

// groupPage is the body of duplicate/group.
type groupPage struct {
	ID       int64 // of the pair that names it
	Families []groupFamily
	Rows     []groupRow
	Pairs    []shownPair
	Seen     []string // id:version of each pair
	States   []store.PairState
	More     bool
	Whole    bool // every family may be seen
}

// groupFamily is one family of a group, with what is chosen of it.
type groupFamily struct {
	shownSide
	ID         int64 // also of one that may not be opened
	Letter     string
	Same, Keep bool
}

// groupRow is one thing that the families say, side by side.
type groupRow struct {
	Label  string
	Cells  []groupCell
	Differ bool
}

type groupCell struct {
	Value shownValue
	Marks []stretch // where the text differs from the first one that says anything
}

func (s *Server) pairGroup(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return r.drawGroup(0, id, nil, nil)
}

func (r *request) drawGroup(status int, id int64, d *service.GroupDecision, form *render.Form) error {
	g, err := r.s.svc.Duplicates.Group(r.ctx(), r.actor, r.s.svc.Families, id)
	if err != nil {
		return err
	}
	w := r.words()
	body := groupPage{ID: id, More: g.More, Whole: true, States: []store.PairState{store.PairSame, store.PairDifferent, store.PairLater}}
	var views []*service.FamilyView
	for i := range g.Families {
		f := groupFamily{shownSide: shownSide{g.Families[i], w.area(g.Families[i].Area)}, ID: g.IDs[i], Letter: letterOf(w, i)}
		f.Same = d == nil || slices.Contains(d.Same, f.ID)
		f.Keep = d != nil && d.Keep == f.ID
		body.Whole = body.Whole && g.Families[i].View != nil
		body.Families, views = append(body.Families, f), append(views, g.Families[i].View)
	}
	body.Rows = r.besides(views)
	for i := range g.Pairs {
		p := r.pair(&g.Pairs[i])
		for k, id := range []int64{g.Pairs[i].A, g.Pairs[i].B} {
			p.Letters[k] = letterOf(w, slices.Index(g.IDs, id))
		}
		body.Pairs = append(body.Pairs, p)
		body.Seen = append(body.Seen, refText(&g.Pairs[i].DuplicatePair))
	}
	return r.page(status, "duplicate/group", form, body)
}

// letterOf names a family of a group on its page.
func letterOf(w words, i int) string {
	letters := []rune(w.T("duplicate.letters"))
	return string(letters[i%len(letters)])
}

// besides are the rows of a group's families, with what differs from the first one that says anything; what differs comes first.
func (r *request) besides(views []*service.FamilyView) []groupRow {
	var rows []groupRow
	for _, x := range r.aligned(views...) {
		row, first := groupRow{Label: x.Label, Cells: make([]groupCell, len(views))}, ""
		for i, value := range x.Values {
			c := &row.Cells[i]
			c.Value = value
			switch {
			case value.Text == "":
			case first == "":
				first = value.Text
			default:
				row.Differ = row.Differ || arabic.NameKey(first) != arabic.NameKey(value.Text)
				_, c.Marks = marks(first, value.Text)
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b groupRow) int {
		switch {
		case a.Differ == b.Differ:
			return 0
		case a.Differ:
			return -1
		}
		return 1
	})
	return rows
}

// refText names a pair as it was seen: "12:1".
func refText(p *store.DuplicatePair) string {
	return strconv.FormatInt(p.ID, 10) + ":" + strconv.FormatInt(p.Version, 10)
}

// parseRefs reads what [refText] wrote, also several with commas.
func parseRefs(list []string) ([]service.PairRef, error) {
	var out []service.PairRef
	for _, v := range list {
		for one := range strings.SplitSeq(v, ",") {
			a, b, _ := strings.Cut(one, ":")
			id, err1 := strconv.ParseInt(a, 10, 64)
			version, err2 := strconv.ParseInt(b, 10, 64)
			if err1 != nil || err2 != nil {
				return nil, fault.New(fault.NotFound, "error.not_found")
			}
			out = append(out, service.PairRef{ID: id, Version: version})
		}
	}
	return out, nil
}

func (s *Server) decideGroup(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	d := service.GroupDecision{State: store.PairState(strings.TrimSpace(r.value("state"))), Note: arabic.CleanText(r.value("note"))}
	if d.Pairs, err = parseRefs(r.values()["pair"]); err != nil {
		return err
	}
	for _, v := range r.values()["same"] {
		family, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		d.Same = append(d.Same, family)
	}
	d.Keep, _ = strconv.ParseInt(r.value("keep"), 10, 64) // none: the problem says so
	form := &render.Form{Values: map[string]string{"state": string(d.State), "note": d.Note}}
	if utf8.RuneCountInString(d.Note) > longestNote {
		form.Problems.Add("note", "problem.too_long", longestNote)
		return r.drawGroup(422, id, &d, form)
	}
	group, err := s.svc.Duplicates.DecideGroup(r.ctx(), r.actor, id, d, r.write())
	switch ps, ok := problems(err); {
	case ok:
		form.Problems = ps
	case fault.Is(err, fault.Stale):
		form.Problems.Add("state", "duplicate.group_stale") // drawn anew as it is now, with what was chosen here
	case err != nil:
		return err
	default:
		return r.redirect("/duplicates/decisions/"+itoa(group), "success", "flash.duplicate.decided")
	}
	return r.drawGroup(422, id, &d, form)
}

// groupDecidedPage is the body of duplicate/decided.
type groupDecidedPage struct {
	ID, Version      int64
	State            store.PairState
	Same, Others     []shownSide // who is one person, the one that stays first; the others
	ByName, UndoneBy string
	At, UndoneAt     time.Time
	Note             string
	Merges           []shownPair // of the one that stays with each other one
	CanMerge         bool
	MergeAll         bool // some are not merged yet
	Together         bool // merged in one step, which stands: it is undone in one
	Refused          string
}

func (s *Server) groupDecided(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	g, err := s.svc.Duplicates.GroupDecided(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	return r.page(0, "duplicate/decided", nil, r.decidedPage(g))
}

func (r *request) decidedPage(g *service.GroupDecided) groupDecidedPage {
	w := r.words()
	b := groupDecidedPage{ID: g.ID, Version: g.Version, State: g.State, ByName: g.ByName, UndoneBy: g.UndoneBy, At: g.At, UndoneAt: g.UndoneAt, Note: g.Body.Note,
		CanMerge: auth.Can(r.actor, auth.FamilyMerge)}
	for i, id := range g.Body.Families {
		side := shownSide{g.Families[i], w.area(g.Families[i].Area)}
		switch {
		case id == g.Body.Keep:
			b.Same = slices.Insert(b.Same, 0, side)
		case slices.Contains(g.Body.Same, id):
			b.Same = append(b.Same, side)
		default:
			b.Others = append(b.Others, side)
		}
	}
	for i := range g.Pairs {
		p := &g.Pairs[i]
		if g.UndoneAt.IsZero() && p.State == store.PairSame && (p.A == g.Body.Keep || p.B == g.Body.Keep) {
			shown := r.pair(p)
			shown.Merged, shown.Keep = p.MergeID, g.Body.Keep
			if p.B == g.Body.Keep {
				shown.Sides[0], shown.Sides[1] = shown.Sides[1], shown.Sides[0]
			}
			b.Merges = append(b.Merges, shown)
		}
	}
	for _, m := range b.Merges {
		b.MergeAll = b.MergeAll || m.Merged == 0
	}
	b.MergeAll = b.MergeAll && b.CanMerge
	b.Together = len(g.Body.Merges) > 0 && g.Refused != nil && auth.Can(r.actor, auth.FamilyUnmerge)
	if g.Refused != nil {
		b.Refused = r.said(g.Refused)
	}
	return b
}

func (s *Server) groupDecisions(r *request) error {
	list, err := s.svc.Duplicates.GroupDecisions(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	var body struct{ List []groupDecidedPage }
	for i := range list {
		body.List = append(body.List, r.decidedPage(&list[i]))
	}
	return r.page(0, "duplicate/decisions", nil, body)
}

func (s *Server) undoGroup(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	kept, err := s.svc.Duplicates.UndoGroup(r.ctx(), r.actor, id, r.write())
	switch {
	case err != nil && (fault.Is(err, fault.Stale) || fault.Is(err, fault.State)):
		return r.redirect("/duplicates/decisions/"+itoa(id), "warning", "flash.duplicate.group_not_undone")
	case err != nil:
		return err
	case kept > 0:
		return r.redirect("/duplicates/decisions/"+itoa(id), "info", "flash.duplicate.group_undone_but", itoa(int64(kept)))
	}
	return r.redirect("/duplicates", "success", "flash.duplicate.group_undone")
}
