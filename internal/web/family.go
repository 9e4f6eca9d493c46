package web

import (
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var familyRoutes = []route{
	{method: "GET", path: "/", access: permit, action: auth.WorkView, handle: (*Server).work},
	{method: "GET", path: "/families", access: permit, action: auth.FamilyList, handle: (*Server).families},
	{method: "POST", path: "/families/filters", access: permit, action: auth.FilterSave, handle: (*Server).saveFilter},
	{method: "POST", path: "/families/filters/:id/delete", access: permit, action: auth.FilterSave, handle: (*Server).deleteFilter},
	{method: "GET", path: "/families/:id", access: permit, action: auth.FamilyView, handle: (*Server).family},
	{method: "POST", path: "/families/:id/reveal", access: permit, action: auth.FamilyView, handle: (*Server).reveal},
	{method: "GET", path: "/families/:id/do/:step", access: permit, action: auth.FamilyView, handle: (*Server).stepForm},
	{method: "POST", path: "/families/:id/do/:step", access: permit, action: auth.FamilyView, handle: (*Server).takeStep},
	{method: "GET", path: "/families/:id/waive", access: permit, action: auth.CriterionWaive, handle: (*Server).waiverForm},
	{method: "POST", path: "/families/:id/waive", access: permit, action: auth.CriterionWaive, handle: (*Server).waive},
	{method: "POST", path: "/families/:id/waivers/:waiver/revoke", access: permit, action: auth.CriterionWaive, handle: (*Server).revokeWaiver},
	{method: "GET", path: "/families/:id/sheet", access: permit, action: auth.SheetView, handle: (*Server).sheet},
	{method: "GET", path: "/families/:id/card", access: permit, action: auth.CardView, handle: (*Server).card},
	{method: "GET", path: "/v/:token", handle: (*Server).verifyCard},
}

// familyPage is the Body of family/view.
type familyPage struct {
	*service.FamilyView
	Craft, Area  string // names
	Groups       []groupView
	Checklist    *checklistView // nil if this person does not see it
	Climb        *ladderView    // nil likewise
	Actions      []stepLink
	Amendment    []changeView
	Letters      []service.LetterRef // on placing in exhibitions
	Waivers      []waiverView
	Documents    []documentView
	Life         []eventView
	Reasons      string // of the state, in words
	CanEdit      bool   // the entry is open to this person
	CanAmend     bool
	CanHistory   bool
	CanSheet     bool
	CanCard      bool
	CanVisit     bool
	CanDocument  bool
	ReadsPapers  bool
	CanWaive     bool
	Products     []productLine
	ShowProducts bool
	CanProduct   bool
	CanUnmerge   bool
	Shows        []familyShow          // exhibitions that it applied for
	Incentives   *service.FamilyGrants // nil if not for this person
	Plans        []store.DevelopmentRow
	ShowPlans    bool
	CanPlan      bool
	OfferCount   int  // offers that it could apply for
	NeedsSecond  bool // an own entry waits for somebody else's decision
}

// groupView is one step of the form with its values: single ones, and the rows of its lists.
type groupView struct {
	Key   string
	Items []itemView
	Rows  []rowView
}

type rowView struct {
	Title string
	Items []itemView
}

type itemView struct {
	Label  string
	Value  shownValue
	Reveal string // the path to ask for; "" if there is nothing behind the mask
}

type changeView struct {
	Label    string
	Old, New shownValue
}

type documentView struct {
	ID         int64 // 0: only its kind may be seen
	Type       string
	Picture    bool
	ValidUntil string
	Removed    bool
}

type waiverView struct {
	service.WaiverView
	Title string // of the criterion
}

type eventView struct {
	Step, Name, Reasons, Note string
	At                        time.Time
	From, To                  registry.State
	Sheet                     int64 // the assessment the decision stood on; 0 if none or not for this person
}

// family shows one family as the person may see it, and what they may do about it now.
func (s *Server) family(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Families.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	if v.MergedInto != nil && v.MergedInto.FamilyID != 0 { // its number and its links lead to the registration that stands for it
		to := "/families/" + strconv.FormatInt(v.MergedInto.FamilyID, 10)
		if v.Number == "" {
			return r.redirect(to, "info", "flash.merge.leads_draft")
		}
		return r.redirect(to, "info", "flash.merge.leads", string(v.Number))
	}
	p := r.familyPage(v)
	if p.ShowProducts = v.Can[auth.ProductView]; p.ShowProducts {
		rows, err := s.svc.Products.OfFamily(r.ctx(), r.actor, id)
		if err != nil {
			return err
		}
		p.Products, p.CanProduct = r.productLines(r.words(), rows), v.Can[auth.ProductEdit]
	}
	if v.Can[auth.ExhibitorView] {
		if p.Shows, err = s.familyShows(r, id); err != nil {
			return err
		}
	}
	if v.Can[auth.GrantView] && v.Status.State != registry.Merged {
		if p.Incentives, err = s.svc.Incentives.OfFamily(r.ctx(), r.actor, id); err != nil {
			return err
		}
		for _, o := range p.Incentives.Offers {
			if o.Fits && !o.Holds {
				p.OfferCount++
			}
		}
	}
	if p.ShowPlans = v.Can[auth.PlanView]; p.ShowPlans {
		if p.Plans, p.CanPlan, err = s.svc.Plans.OfFamily(r.ctx(), r.actor, id); err != nil {
			return err
		}
	}
	if p.Letters, err = s.svc.Allocations.LettersOf(r.ctx(), r.actor, id); err != nil {
		return err
	}
	return r.page(0, "family/view", nil, p)
}

func (r *request) familyPage(v *service.FamilyView) *familyPage {
	w := r.words()
	p := &familyPage{FamilyView: v, Craft: w.craft(v.Craft), Area: w.area(v.Area), Groups: groupsIn(w, v.Groups), Actions: stepLinks(v),
		Reasons: reasonsIn(w, v.Status.Reasons), Checklist: checklistIn(w, v), Climb: ladderIn(w, v)}
	can := func(a auth.Action) bool { return v.Can[a] }
	p.CanEdit = v.Status.State.Editable() && can(auth.FamilyEdit)
	p.CanAmend = v.Status.State.Amendable() && can(auth.FamilyAmend) && !v.Status.Amendment
	p.CanHistory, p.CanSheet = can(auth.HistoryView), can(auth.SheetView) && v.Assessment != nil
	p.CanCard = can(auth.CardView) && v.Status.State == registry.Approved
	p.CanVisit, p.CanDocument, p.ReadsPapers = can(auth.VisitRecord), can(auth.DocumentAdd), can(auth.DocumentView)
	p.CanUnmerge = can(auth.FamilyUnmerge)
	p.CanWaive = can(auth.CriterionWaive) && v.Status.State == registry.UnderReview
	waits := v.Status.State == registry.Submitted || v.Status.State == registry.UnderReview || v.Status.Amendment
	p.NeedsSecond = v.OwnEntry && waits && auth.Can(r.actor, auth.ReviewApprove)
	for _, c := range v.Amendment {
		p.Amendment = append(p.Amendment, changeView{w.label(c.Path), w.value(c.Path, c.Old), w.value(c.Path, c.New)})
	}
	for _, d := range v.Documents {
		view := documentView{ID: d.ID, Type: w.code("document_type", string(d.Type)), Picture: strings.HasPrefix(d.MediaType, "image/"), Removed: !d.RemovedAt.IsZero()}
		if !d.ValidUntil.IsZero() {
			view.ValidUntil = w.Both(d.ValidUntil)
		}
		p.Documents = append(p.Documents, view)
	}
	p.Waivers = waiversIn(w, v.Waivers, rulesOf(v))
	for i := len(v.Events) - 1; i >= 0; i-- { // newest first
		p.Life = append(p.Life, eventIn(w, v.Events[i], p.CanSheet))
	}
	return p
}

func reasonsIn(w words, reasons []registry.Reason) string {
	parts := make([]string, len(reasons))
	for i, x := range reasons {
		parts[i] = w.code("reason", string(x))
	}
	return w.join(parts)
}

func eventIn(w words, e service.EventView, sheets bool) eventView {
	out := eventView{Step: w.code("step", string(e.Step)), Name: e.Name, Reasons: reasonsIn(w, e.Reasons), Note: e.Note, At: e.At, From: e.From, To: e.To}
	if sheets {
		out.Sheet = e.AssessmentID
	}
	return out
}

func rulesOf(v *service.FamilyView) *criteria.Set {
	switch {
	case v.Checklist != nil:
		return v.Checklist.Set
	case v.Assessment != nil:
		return v.Assessment.Set
	}
	return nil
}

func waiversIn(w words, in []service.WaiverView, set *criteria.Set) []waiverView {
	var out []waiverView
	for _, x := range in {
		title := x.Criterion
		if set != nil {
			if c, ok := set.Criterion(x.Criterion); ok {
				title = c.Title.In(w.Lang())
			}
		}
		out = append(out, waiverView{x, title})
	}
	return out
}

// groupsIn puts the values of a family into words, lists as rows, sets of ticks as one value.
func groupsIn(w words, in []service.ValueGroup) []groupView {
	out := make([]groupView, 0, len(in))
	for _, g := range in {
		view := groupView{Key: "group." + g.Step}
		set := "" // the set of ticks that the last item collects
		for _, x := range g.Values {
			path := registry.StripIndex(x.Path)
			item := itemView{Value: w.kind(path, x.Kind, x.Text), Label: path}
			if key := "field." + path; w.Has(key) {
				item.Label = w.T(key)
			}
			if x.Sight == auth.Revealable {
				item.Reveal = x.Path
			}
			title, inRow := w.row(x.Path)
			switch {
			case inRow:
				if n := len(view.Rows); n == 0 || view.Rows[n-1].Title != title {
					view.Rows = append(view.Rows, rowView{Title: title})
				}
				last := &view.Rows[len(view.Rows)-1]
				last.Items = append(last.Items, item)
			case strings.HasSuffix(x.Path, "]") && set == path: // the next tick of the same set
				last := &view.Items[len(view.Items)-1]
				last.Value.Text = w.join([]string{last.Value.Text, item.Value.Text})
			default:
				view.Items = append(view.Items, item)
			}
			set = path
		}
		out = append(out, view)
	}
	return out
}

// checklistView is the criteria beside a family: what is open first.
type checklistView struct {
	Overall      criteria.Overall
	Points, Max  int
	Version      int
	Open, Closed []criterionView
	Live         bool // made now; else stored at At
	At           time.Time
}

// criterionView is one criterion in words.
type criterionView struct {
	criteria.Row
	Badge   render.Badge
	Weight  string
	Lacking string // what is missing, in words
	Sure    bool   // confirmed by the ministry
	Waives  bool   // a reviewer may waive it
}

func checklistIn(w words, v *service.FamilyView) *checklistView {
	a := v.Checklist
	if a == nil {
		a = v.Assessment
	}
	if a == nil || a.Result == nil || a.Program == nil {
		return nil
	}
	out := &checklistView{Overall: a.Result.Overall, Points: a.Result.Points, Max: a.Result.MaxPoints, Version: a.Result.Version, Live: v.Checklist != nil, At: a.At}
	for _, row := range a.Program.Sheet(a.Result, w.Lang()) {
		c := criterionIn(w, row)
		if openOutcomes[row.Outcome] {
			out.Open = append(out.Open, c)
		} else {
			out.Closed = append(out.Closed, c)
		}
	}
	return out
}

func criterionIn(w words, row criteria.Row) criterionView {
	row.Limit, row.Applies, row.Change = w.days(row.Limit), w.days(row.Applies), w.days(row.Change)
	for i := range row.Values {
		row.Values[i].Text = w.days(row.Values[i].Text)
	}
	return criterionView{Row: row, Badge: outcomeBadge(w, row.Outcome), Weight: w.T("criteria.weight." + string(row.Weight)), Lacking: w.join(row.Missing), Sure: row.Confirmed,
		Waives: row.Weight == criteria.Hard && (row.Outcome == criteria.NotMet || row.Outcome == criteria.FactsMissing)}
}

// openOutcomes are the outcomes that somebody must still do something about.
var openOutcomes = map[criteria.Outcome]bool{criteria.NotMet: true, criteria.FactsMissing: true, criteria.NeedsReview: true}

var outcomeTones = map[criteria.Outcome]render.Badge{
	criteria.Met:           {Icon: "circle-check", Tone: "good"},
	criteria.NotMet:        {Icon: "circle-x", Tone: "bad"},
	criteria.FactsMissing:  {Icon: "help-circle", Tone: "wait"},
	criteria.NeedsReview:   {Icon: "eye", Tone: "info"},
	criteria.Waived:        {Icon: "hand-stop", Tone: "info"},
	criteria.NotApplicable: {Icon: "minus", Tone: "off"},
}

func outcomeBadge(w words, o criteria.Outcome) render.Badge {
	b := outcomeTones[o]
	b.Text = w.T("criteria.outcome." + string(o))
	return b
}

// revealed is the Body of family/reveal.
type revealed struct {
	ID    int64
	Label string
	Value shownValue
}

// reveal shows one protected value: in its place with htmx, on a page of its own without. The use-case writes it to the audit log first.
func (s *Server) reveal(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	path := r.value("path")
	text, err := s.svc.Families.Reveal(r.ctx(), r.actor, id, path)
	if err != nil {
		return err
	}
	w := r.words()
	body := revealed{ID: id, Label: w.label(path), Value: w.value(path, text)}
	if r.isHTMX() {
		return r.fragment(0, "family/reveal", "revealed", nil, body)
	}
	return r.page(0, "family/reveal", nil, body)
}
