package web

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

// formPage is the Body of registration/form: one step of a registration, its first page, or the whole form.
type formPage struct {
	registrationHead
	Version    int64
	Step       string   // the step shown; "start" on the first page, "" with the whole form
	Show       []string // the steps whose fields are shown
	Prev       string   // the page before; "" for none
	Ask        bool     // a first page with families that hold the same numbers: nothing is saved until the person goes on
	Seen       string   // fingerprint of what is shown to look at: sent back, it means go on
	Stay       bool     // just saved, with something to look at
	Duplicates []duplicateView
	Checklist  *criteriaList
	Clash      *draftClash
	Offline    string // key of the copy on the device
	Party      place.Country
	Guardian   guardianView
	Areas      []render.Option
	Nations    []render.Option
	Crafts     []render.Option
	Districts  []string
	Consents   []string // scopes, in the order of their cards
	Today      string   // as typed
}

// registrationHead is what every page of a registration shows above: whose it is, where it stands, and the way through its pages.
type registrationHead struct {
	ID        int64
	Amendment bool
	Name      string
	Number    registry.Number
	State     registry.State
	Reasons   []registry.Reason // of a return
	Note      string
	SavedAt   time.Time
	Steps     []stepView
	At, Of    int // the page's place among the pages
	Done      int // pages complete
	Page      string
}

// stepView is one page in the way through a registration.
type stepView struct {
	Name, Title, URL string // Title is a message key
	State            string // done, current or todo
	Problems         int
	Number           int
}

type guardianView struct {
	Due   string // "yes", "no" or "" while the birth date is not known
	Limit int    // below this age a guardian applies; 0 for never
	Age   int
	On    calendar.Date
}

// Codes returns the values of a code list that the party's form offers.
func (p *formPage) Codes(list string) []string { return intake.Choices(list, p.Party) }

// Need is the mark of a field: "required" or "optional".
func (p *formPage) Need(field string) string {
	if intake.Required(p.Party, field) {
		return "required"
	}
	return "optional"
}

// Long is the option that limits a field to what the form takes.
func (p *formPage) Long(field string) string {
	return fmt.Sprintf("maxlength=%d", intake.MaxLength(field))
}

// Max is the most rows of a list.
func (p *formPage) Max(list string) int { return intake.RowLimits()[list] }

// Whole reports whether the whole form stands on the page.
func (p *formPage) Whole() bool { return p.Step == "" }

// Currency is the party's currency, as the suffix of an amount.
func (p *formPage) Currency() string { return "suffix=" + currencies[p.Party] }

// After is the name of the page that follows.
func (p *formPage) After() string { return pageAfter(p.Step) }

// ConsentVersion is the version of the texts.
func (p *formPage) ConsentVersion() string { return registry.ConsentVersion }

func (r *request) blankPage() *formPage {
	return &formPage{Party: r.actor.Party, Consents: scopeNames(), Today: typedDay(r.intakeContext(0).Today),
		Offline: base64.StdEncoding.EncodeToString(r.s.svc.OfflineKey(r.actor.UserID))}
}

func scopeNames() []string {
	var out []string
	for _, s := range consentScopes {
		out = append(out, string(s))
	}
	return out
}

// stepPage is the page of one step of a draft.
func (r *request) stepPage(ed *service.Editing, step string) *formPage {
	p := r.blankPage()
	p.registrationHead = r.head(ed, step)
	p.Step, p.Show, p.Version = step, []string{step}, ed.Version
	p.Prev = pageBefore(step)
	p.Duplicates = duplicatesOf(r, ed.Duplicates, step)
	p.Checklist = r.checklist(p.ID, step, ed.Checklist, ed.Set)
	p.Guardian = r.guardian(ed)
	p.options(r, ed.Form)
	if step == "address" && ed.Form.Address.Area != "" {
		// Suggestions only: without them the field is typed in full.
		p.Districts, _ = r.s.svc.Families.Districts(r.ctx(), r.actor, ed.Form.Address.Area)
	}
	return p
}

// options fills in the choices that have names in both languages of their own.
func (p *formPage) options(r *request, form *intake.Registration) {
	w := r.words()
	for _, step := range p.Show {
		switch step {
		case firstStep, "address":
			p.Areas = nil
			for _, a := range place.Areas(p.Party) {
				if r.actor.Areas.Has(a.Code) || form.Address.Area == a.Code {
					p.Areas = append(p.Areas, render.Option{Value: a.Code, Label: w.area(a.Code)})
				}
			}
		case "lead":
			p.Nations = append(p.Nations, render.Option{Value: string(p.Party), Label: w.country(string(p.Party))}) // the likely one first
			for _, n := range nations[w.Lang() == locale.English]() {
				if n.Value != string(p.Party) {
					p.Nations = append(p.Nations, n)
				}
			}
		case "project":
			for _, c := range registry.Crafts() {
				label := w.craft(c.Code)
				if ex := c.Examples(p.Party); len(ex) > 0 && w.Lang() == "ar" {
					label += " (" + ex[0] + ")"
				}
				p.Crafts = append(p.Crafts, render.Option{Value: c.Code, Label: label})
			}
		}
	}
}

// nations are the choices of nationality in the order of English (true) and Arabic, sorted once: there are some 250.
var nations = map[bool]func() []render.Option{
	true:  sync.OnceValue(func() []render.Option { return nationOptions(func(n place.Nation) string { return n.NameEn }) }),
	false: sync.OnceValue(func() []render.Option { return nationOptions(func(n place.Nation) string { return n.NameAr }) }),
}

func nationOptions(name func(n place.Nation) string) []render.Option {
	all := slices.Clone(place.Nations())
	slices.SortFunc(all, func(a, b place.Nation) int { return cmp.Compare(arabic.SortKey(name(a)), arabic.SortKey(name(b))) })
	out := make([]render.Option, len(all))
	for i, n := range all {
		out[i] = render.Option{Value: n.Code, Label: name(n)}
	}
	return out
}

// form is what was typed, ready to be drawn.
func (p *formPage) form(form *intake.Registration, ps fault.Problems) *render.Form {
	if slices.Contains(p.Show, "consents") {
		form, ps = consentCards(form, ps, p.Today)
	}
	return &render.Form{Values: form.Values(), Lists: form.Sets(), Rows: form.Rows(), Problems: ps}
}

// consentCards puts the consents in the order of their cards, one for each scope, and their problems with them. A card that is not filled in offers
// today's date.
func consentCards(in *intake.Registration, ps fault.Problems, today string) (*intake.Registration, fault.Problems) {
	out := *in
	out.Consents = make([]intake.Consent, len(consentScopes))
	to := map[string]string{"consents": "consents[0].given"}
	for i, scope := range consentScopes {
		card := intake.Consent{Scope: string(scope), Version: registry.ConsentVersion, Date: today}
		for j, c := range in.Consents {
			if c.Scope == string(scope) {
				card = c
				card.Version = cmp.Or(c.Version, registry.ConsentVersion)
				if c.Given == "" && c.Date == "" {
					card.Date = today
				}
				to[fmt.Sprintf("consents[%d]", j)] = fmt.Sprintf("consents[%d]", i)
			}
		}
		out.Consents[i] = card
	}
	moved := slices.Clone(ps)
	for i := range moved {
		row, field, ok := strings.Cut(moved[i].Field, "].")
		switch {
		case ok && to[row+"]"] != "":
			moved[i].Field = to[row+"]"] + "." + field
		case to[moved[i].Field] != "":
			moved[i].Field = to[moved[i].Field]
		}
	}
	return &out, moved
}

// pages are the pages of a registration in their order: the steps of the form, and what stands beside it.
var pages = func() []string {
	var out []string
	for _, s := range intake.Steps(place.Egypt) {
		out = append(out, s.Name)
	}
	return append(out, "documents", "visits", "review")
}()

func isPage(name string) bool { return slices.Contains(pages, name) }

func pageBefore(name string) string {
	if i := slices.Index(pages, name); i > 0 {
		return pages[i-1]
	}
	return ""
}

func pageAfter(name string) string {
	if i := slices.Index(pages, name); i >= 0 && i+1 < len(pages) {
		return pages[i+1]
	}
	return ""
}

// nextPage is the page after a step. The guardian's is left out where no guardian applies and none is named.
func (r *request) nextPage(ed *service.Editing, step string) string {
	next := pageAfter(step)
	if next == "guardian" && r.guardian(ed).Due == "no" && ed.Form.Guardian == (intake.Guardian{}) {
		return pageAfter(next)
	}
	return next
}

// head is the way through the pages of a draft with what is done and what is wrong.
func (r *request) head(ed *service.Editing, page string) registrationHead {
	f := ed.Family
	h := registrationHead{ID: f.ID, Amendment: ed.Kind == store.DraftAmendment, Number: f.Status.Number, State: f.Status.State, SavedAt: ed.SavedAt, Page: page,
		Name: registry.LeadProducer{GivenName: ed.Form.Lead.GivenName, RestOfName: ed.Form.Lead.RestOfName}.DisplayName()}
	if f.Status.State == registry.Returned {
		h.Reasons, h.Note = f.Status.Reasons, f.Status.Note
	}
	touched, wrong := map[string]bool{}, map[string]int{}
	for name := range ed.Form.Values() {
		touched[intake.StepOf(name)] = true
	}
	for _, p := range ed.Problems.Blocking() {
		wrong[intake.StepOf(p.Field)]++
	}
	touched["documents"] = slices.ContainsFunc(ed.Documents, func(d registry.Document) bool { return d.RemovedAt.IsZero() })
	touched["visits"] = len(ed.Visits) > 0
	for i, name := range pages {
		v := stepView{Name: name, Title: "group." + name, URL: stepURL(f.ID, name), State: "todo", Number: i + 1}
		if i >= len(pages)-3 {
			v.Title = "registration.page." + name
		}
		if touched[name] {
			if v.Problems = wrong[name]; v.Problems == 0 {
				v.State = "done"
				h.Done++
			} else {
				v.URL += "?check=1"
			}
		}
		if name == page {
			v.State, h.At = "current", i+1
		}
		h.Steps = append(h.Steps, v)
	}
	h.Of = len(pages)
	return h
}

// guardian tells whether a guardian applies for the lead producer, by the age that the criteria in force name.
func (r *request) guardian(ed *service.Editing) guardianView {
	var g guardianView
	if ed.Set != nil {
		for _, p := range ed.Set.Params {
			if p.Name == "guardian_age" {
				g.Limit = int(p.Value)
			}
		}
	}
	birth, _, err := calendar.ParseTyped(ed.Form.Lead.BirthDate)
	if g.Limit == 0 {
		g.Due = "no"
		return g
	}
	if err != nil || birth.IsZero() {
		return g
	}
	var errOn error
	if g.On, _, errOn = calendar.ParseTyped(ed.Form.Case.ApplicationDate); errOn != nil || g.On.IsZero() {
		g.On = r.intakeContext(0).Today
	}
	g.Age, g.Due = calendar.AgeOn(birth, g.On), "no"
	if g.Age < g.Limit {
		g.Due = "yes"
	}
	return g
}

// duplicateView is one family that already holds a number of this one, and what to do about it.
type duplicateView struct {
	Kind, Advice string // message keys
	Name, Number string
	Area         string // its name
	State        registry.State
	URL          string // "" if the person may not open it
	Exclusive    bool
}

// duplicatesOf returns the duplicates that a page shows: those of its own numbers; on the review and elsewhere "" gives all.
func duplicatesOf(r *request, ds []service.Duplicate, page string) []duplicateView {
	w := r.words()
	var out []duplicateView
	for _, d := range ds {
		kind, step := "identity", "lead"
		switch {
		case d.Kind == "phone":
			kind = "phone"
		case strings.HasPrefix(d.Kind, "formal:"):
			kind, step = "formal", "formal"
		}
		if page != "review" && page != step {
			continue
		}
		v := duplicateView{Kind: "registration.duplicate." + kind, Name: d.Name, Number: string(d.Number), State: d.State, Exclusive: d.Exclusive}
		if d.Area != "" {
			v.Area = w.area(d.Area)
		}
		switch {
		case !d.Visible:
			v.Advice = "registration.duplicate.ask"
		case kind == "phone":
			v.Advice = "registration.duplicate.shared_phone"
		case d.Exclusive:
			v.Advice = "registration.duplicate.amend"
		case d.State == registry.Draft:
			v.Advice = "registration.duplicate.draft"
		default:
			v.Advice = "registration.duplicate.compare"
		}
		if d.Visible {
			v.URL = "/families/" + itoa(d.FamilyID)
		}
		out = append(out, v)
	}
	return out
}

// seenHash is a fingerprint of what a page shows to look at; "" for nothing. It tells a first press of "save and continue" from a second.
func seenHash(ps fault.Problems, ds []duplicateView) string {
	if len(ps) == 0 && len(ds) == 0 {
		return ""
	}
	h := fnv.New64a()
	for _, p := range ps {
		fmt.Fprintf(h, "%s %s %d\n", p.Field, p.Key, p.Severity)
	}
	for _, d := range ds {
		fmt.Fprintf(h, "%s %s %s\n", d.Kind, d.Number, d.URL)
	}
	return fmt.Sprintf("%x", h.Sum64())
}

// criteriaList is the criteria beside the form: what is met, and what is still asked.
type criteriaList struct {
	ID          int64
	Step        string // "" where there are no fields to follow
	Overall     criteria.Overall
	Met, Of     int // of the criteria that apply
	Points, Max int
	Rows        []criteriaRow
	Swap        bool // a fragment: the line above the form goes along
}

type criteriaRow struct {
	Title, Outcome    string
	Icon, Tone        string
	Soft, Unconfirmed bool
	Points, Max       int
	Reason            string
	Missing           []criteriaLink
}

type criteriaLink struct{ Text, URL string }

// outcomeLooks are the icon and tone of an outcome, beside its word.
var outcomeLooks = map[criteria.Outcome][2]string{
	criteria.Met: {"circle-check", "good"}, criteria.NotMet: {"circle-x", "bad"}, criteria.FactsMissing: {"help-circle", "wait"},
	criteria.NeedsReview: {"eye", "info"}, criteria.Waived: {"hand-stop", "info"}, criteria.NotApplicable: {"minus", "off"},
}

// checklist puts an assessment into words; nil if the party has no criteria.
func (r *request) checklist(id int64, step string, a *criteria.Assessment, set *criteria.Set) *criteriaList {
	v := &criteriaList{ID: id, Step: step}
	if a == nil || set == nil {
		return v
	}
	lang := r.s.pages.Locale(r.locale).Lang()
	v.Overall, v.Points, v.Max = a.Overall, a.Points, a.MaxPoints
	for i := range a.Results {
		res := &a.Results[i]
		c, ok := set.Criterion(res.Code)
		if !ok {
			continue
		}
		row := criteriaRow{Title: c.Title.In(lang), Outcome: "registration.outcome." + string(res.Outcome), Icon: outcomeLooks[res.Outcome][0], Tone: outcomeLooks[res.Outcome][1],
			Soft: c.Weight != criteria.Hard, Unconfirmed: !c.Confirmed, Points: res.Points, Max: c.Points}
		if res.Outcome != criteria.NotApplicable {
			v.Of++
		}
		switch res.Outcome {
		case criteria.Met, criteria.Waived:
			v.Met++
			for _, x := range c.Exceptions {
				if x.Code == res.Exception && res.Exception != "" {
					row.Reason = x.Title.In(lang)
				}
			}
		case criteria.FactsMissing:
			for _, m := range res.Missing {
				row.Missing = append(row.Missing, criteriaLink{m.Title().In(lang), factURL(id, m)})
			}
		case criteria.NotMet:
			row.Reason = r.words().days(seenValues(res, lang))
			if change := res.ChangeText(lang); change != "" {
				row.Reason = strings.TrimPrefix(row.Reason+" · "+r.s.pages.Locale(r.locale).T("registration.change", r.words().days(change)), " · ")
			}
		case criteria.NeedsReview:
			row.Reason = c.Note.In(lang)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// seenValues names the first facts that a rule read, with their values.
func seenValues(res *criteria.Result, lang string) string {
	var parts []string
	for _, x := range res.Read {
		if x.Known && len(parts) < 2 {
			parts = append(parts, x.Ref.Title().In(lang)+": "+x.Text(lang))
		}
	}
	return strings.Join(parts, " · ")
}

// factFields are the fields that facts are read from. A fact that is not here comes from no field of the form.
var factFields = map[criteria.Ref]string{
	criteria.ApplicationDate: "case.application_date", criteria.Channel: "case.channel", criteria.SocialUnit: "case.social_unit", criteria.Association: "case.association",
	criteria.Nationality: "lead.nationality", criteria.BirthDate: "lead.birth_date", criteria.Age: "lead.birth_date", criteria.Sex: "lead.sex",
	criteria.MaritalStatus: "lead.marital_status", criteria.Breadwinner: "lead.breadwinner", criteria.Education: "lead.education", criteria.Literacy: "lead.literacy",
	criteria.LiteracyAttested: "lead.literacy_by", criteria.Disability: "lead.disability", criteria.IDType: "lead.id_type", criteria.IDValidUntil: "lead.id_expiry",
	criteria.GuardianNamed: "guardian.name", criteria.GuardianProven: "guardian.proof", criteria.HouseholdSize: "household.size",
	criteria.Dependents: "household.dependents", criteria.IncomeBand: "household.income_band", criteria.Tenure: "household.tenure",
	criteria.Benefits: "household.benefits[0].programme", criteria.Area: "address.area", criteria.Craft: "project.craft", criteria.Food: "project.craft",
	criteria.Cosmetic: "project.craft", criteria.Stage: "project.stage", criteria.AtHome: "project.at_home", criteria.WorkersFamily: "project.workers_family",
	criteria.WorkersOther: "project.workers_other", criteria.ProductReview: "project.product_review", criteria.ProjectValue: "finance.est_value",
	criteria.OwnShare: "finance.own_share", criteria.CentreGraduate: "skills.centre_graduate", criteria.CraftProof: "skills.craft_proof",
	criteria.TrainingResult: "skills.training[0].result", criteria.TrainingDate: "skills.training[0].date", criteria.Formal: "formal[0].kind",
	criteria.HouseholdLicenceUntil: "formal[0].expires_on", criteria.Guarantee: "finance.guarantee", criteria.GuaranteeAccepted: "finance.guarantee_accepted",
	criteria.ContractAccepted: "finance.contract_accepted", criteria.RunningLoans: "finance.loans[0].lender", criteria.Consents: "consents[0].given",
}

// factURL is where a missing fact is entered; "" if no page of the form has it.
func factURL(id int64, ref criteria.Ref) string {
	switch {
	case strings.HasPrefix(ref.Name(), "documents"):
		return stepURL(id, "documents")
	case ref == criteria.Visits, ref == criteria.LastActiveVisit:
		return stepURL(id, "visits")
	}
	if f := factFields[ref]; f != "" {
		return stepURL(id, intake.StepOf(f)) + "#" + render.FieldID(f)
	}
	return ""
}

// draftClash is a step that was typed on an older version: each field with both values.
type draftClash struct {
	By     string
	At     time.Time
	Fields []draftClashField
}

type draftClashField struct {
	Name, Label  string
	Mine, Theirs shownValue
}

// drawClash shows what differs between what was typed and what stands on file. The person chooses for each field; until then nothing is saved.
func (s *Server) drawClash(r *request, id int64, st intake.Step, values map[string][]string, stale *service.StaleDraft) error {
	ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	mine, shape := intake.Merge(ed.Form, st, values)
	w := r.words()
	clash := &draftClash{By: stale.By, At: stale.At}
	typed, filed, sets := mine.Values(), ed.Form.Values(), map[string]bool{}
	for name := range stale.Theirs {
		if path, ok := setName(name); ok {
			if !sets[path] {
				sets[path] = true
				clash.Fields = append(clash.Fields, draftClashField{Name: path, Label: w.label(path),
					Mine: w.value(path, strings.Join(mine.Sets()[path], ",")), Theirs: w.value(path, strings.Join(ed.Form.Sets()[path], ","))})
			}
			continue
		}
		clash.Fields = append(clash.Fields, draftClashField{Name: name, Label: w.label(name), Mine: w.typed(name, typed[name]), Theirs: w.typed(name, filed[name])})
	}
	slices.SortFunc(clash.Fields, func(a, b draftClashField) int { return cmp.Compare(a.Name, b.Name) })
	for i, f := range clash.Fields {
		if sets[f.Name] {
			clash.Fields[i].Mine = shownValue{Text: w.codes(registry.KindOf(f.Name).List, strings.Join(mine.Sets()[f.Name], ","))}
			clash.Fields[i].Theirs = shownValue{Text: w.codes(registry.KindOf(f.Name).List, strings.Join(ed.Form.Sets()[f.Name], ","))}
		}
	}
	p := r.stepPage(ed, st.Name)
	p.Version, p.Clash = stale.Version, clash
	return r.page(fiber.StatusConflict, "registration/form", p.form(mine, shape), p)
}

// typed puts what stands in a field into words: codes have titles, the rest is as it was typed.
func (w words) typed(name, text string) shownValue {
	switch k := registry.KindOf(name); k.Type {
	case "int", "money", "date":
		return shownValue{Text: text, LTR: true}
	default:
		return w.value(name, text)
	}
}

// choose puts into values what stands on file in the fields where the person chose it on the page of a clash.
func (s *Server) choose(r *request, id int64, values map[string][]string) error {
	var names []string
	for name, v := range r.values() {
		if field, ok := strings.CutPrefix(name, "_choice."); ok && len(v) == 1 && v[0] == "theirs" {
			names = append(names, field)
		}
	}
	if len(names) == 0 {
		return nil
	}
	ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	filed, sets := ed.Form.Values(), ed.Form.Sets()
	step := r.c.Params("step")
	for _, name := range names {
		switch set := sets[name]; {
		case intake.StepOf(name) != step:
		case set != nil:
			values[name] = set
		case filed[name] != "":
			values[name] = []string{filed[name]}
		default:
			delete(values, name)
		}
	}
	return nil
}
