package service_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// mutations are the ways in which a family of a crowd differs from one that meets every criterion of Egypt.
var mutations = []func(r *rand.Rand, f *criteria.Facts){
	func(r *rand.Rand, f *criteria.Facts) { f.SetBool(criteria.Literacy, false) },
	func(r *rand.Rand, f *criteria.Facts) { f.Clear(criteria.LiteracyAttested) },
	func(r *rand.Rand, f *criteria.Facts) {
		f.SetDate(criteria.BirthDate, calendar.Of(testkit.Start).AddDays(-365*16-r.IntN(365*12)))
	},
	func(r *rand.Rand, f *criteria.Facts) { f.SetCode(criteria.Nationality, "SD") },
	func(r *rand.Rand, f *criteria.Facts) { f.SetBool(criteria.GuaranteeAccepted, false) },
	func(r *rand.Rand, f *criteria.Facts) { f.Clear(criteria.Guarantee) },
	func(r *rand.Rand, f *criteria.Facts) {
		f.SetCode(criteria.TrainingResult, []string{"failed", "passed"}[r.IntN(2)])
	},
	func(r *rand.Rand, f *criteria.Facts) { f.SetSet(criteria.Consents) },
	func(r *rand.Rand, f *criteria.Facts) { f.SetBool(criteria.Food, true) },
	func(r *rand.Rand, f *criteria.Facts) { f.Cross(0, 1+r.IntN(2), 0) },
	func(r *rand.Rand, f *criteria.Facts) {
		f.SetDate(criteria.IDValidUntil, calendar.Of(testkit.Start).AddDays(r.IntN(60)-30))
	},
	func(r *rand.Rand, f *criteria.Facts) {
		f.SetCode(criteria.IncomeBand, []string{"none", "half_to_one", "above_three"}[r.IntN(3)])
	},
	func(r *rand.Rand, f *criteria.Facts) { f.SetInt(criteria.OwnShare, int64(r.IntN(60))) },
	func(r *rand.Rand, f *criteria.Facts) { f.SetBool(criteria.CentreGraduate, true) },
	func(r *rand.Rand, f *criteria.Facts) {
		p := testkit.Papers(place.Egypt)
		ref, _ := criteria.PaperRef(p[r.IntN(len(p))])
		f.Clear(ref)
	},
	expiring,
	func(r *rand.Rand, f *criteria.Facts) {
		f.AddPaper("health_certificate", calendar.Of(testkit.Start).AddDays(r.IntN(40)-20))
	},
}

// expiring makes one of the papers run out about the day of a preview or a re-check.
func expiring(r *rand.Rand, f *criteria.Facts) {
	p := testkit.Papers(place.Egypt)
	paper := p[r.IntN(len(p))]
	ref, _ := criteria.PaperRef(paper)
	f.Clear(ref)
	f.AddPaper(paper, calendar.Of(testkit.Start).AddDays(r.IntN(30)-10))
}

// crowd registers n families of Egypt in all states and many areas, with facts of every kind and some waivers. Every sixth is as good as it can be, every
// sixth but for a paper that runs out.
func crowd(t testing.TB, o *testkit.Office, n int, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	states := []registry.State{registry.Submitted, registry.UnderReview, registry.Returned, registry.Approved, registry.Suspended, registry.Submitted,
		registry.Approved, registry.Draft, registry.Rejected, registry.Withdrawn, registry.Expired, registry.Graduated}
	areas := []string{"EG-C", "EG-ALX", "EG-GZ", "EG-SHG", "EG-MT", "EG-ASN", ""}
	codes := []string{"age", "literacy", "training", "guarantee", "nationality"}
	ids := make([]int64, n)
	for i := range ids {
		id, err := o.Families.Register(background, worker, testkit.Form(i, place.Egypt), testkit.Write(0))
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = id
	}
	o.Update(t, func(tx *store.Tx) error {
		for i, id := range ids {
			family, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
			if err != nil {
				return err
			}
			x, err := tx.FamilyExtraOf(id)
			if err != nil {
				return err
			}
			var f criteria.Facts
			if err := f.Decode(x.Facts); err != nil {
				return err
			}
			for _, p := range testkit.Papers(place.Egypt) {
				f.AddPaper(p, 0)
			}
			switch i % 6 {
			case 0:
			case 3:
				expiring(r, &f)
			default:
				for range 1 + r.IntN(3) {
					mutations[r.IntN(len(mutations))](r, &f)
				}
			}
			x.Facts = f.AppendBinary(nil)
			x.Overall = string(criteria.Overalls()[r.IntN(4)]) // what the last assessment is said to have been: a preview does not ask, a re-check compares
			family.Status.State, family.Record.Address.Area = states[r.IntN(len(states))], areas[r.IntN(len(areas))]
			if err := tx.UpdateFamily(family, x); err != nil {
				return err
			}
			if r.IntN(8) == 0 {
				w := registry.Waiver{FamilyID: id, Criterion: codes[r.IntN(len(codes))], Reason: "قرار اللجنة", By: testkit.Actor(auth.Reviewer, place.Egypt).UserID,
					At: testkit.Start}
				if r.IntN(4) == 0 { // one that was taken back counts for nothing
					w.RevokedAt, w.RevokedBy = testkit.Start.Add(time.Hour), w.By
				}
				if err := tx.InsertWaiver(&w); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// weighedStates are the states whose families a preview weighs, written down here a second time on purpose.
var weighedStates = []registry.State{registry.Submitted, registry.UnderReview, registry.Returned, registry.Approved, registry.Suspended}

// judged is one family under one version, worked out from the whole assessment and not from the short cuts of a comparison.
type judged struct {
	overall criteria.Overall
	blocks  map[string]criteria.Outcome // hard criteria that stand in the way, by code
}

// judge assesses every family of a party that a preview weighs.
func judge(t testing.TB, o *testkit.Office, party place.Country, set *criteria.Set) (out map[int64]judged, areas map[int64]string) {
	t.Helper()
	p, err := criteria.Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	out, areas = map[int64]judged{}, map[int64]string{}
	rank := map[criteria.Outcome]int{criteria.NeedsReview: 1, criteria.FactsMissing: 2, criteria.NotMet: 3}
	o.View(t, func(tx *store.Tx) error {
		for id := int64(1); ; id++ {
			family, err := tx.FamilyByID(store.Scope{Party: party}, id)
			if fault.Is(err, fault.NotFound) {
				if id > 2000 {
					return nil
				}
				continue
			}
			if err != nil {
				return err
			}
			if !slices.Contains(weighedStates, family.Status.State) {
				continue
			}
			x, err := tx.FamilyExtraOf(id)
			if err != nil {
				return err
			}
			var f criteria.Facts
			if err := f.Decode(x.Facts); err != nil {
				return err
			}
			f.SetDate(criteria.Today, o.Clock.Today())
			all, err := tx.WaiversOf(id)
			if err != nil {
				return err
			}
			var waivers []registry.Waiver
			for _, w := range all {
				if w.RevokedAt.IsZero() {
					waivers = append(waivers, w)
				}
			}
			a := p.Assess(&f, waivers)
			j, worst := judged{blocks: map[string]criteria.Outcome{}}, 0
			for _, res := range a.Results {
				if c, _ := set.Criterion(res.Code); c.Weight == criteria.Hard && rank[res.Outcome] > 0 {
					j.blocks[res.Code] = res.Outcome
					worst = max(worst, rank[res.Outcome])
				}
			}
			j.overall = []criteria.Overall{criteria.Eligible, criteria.ReviewNeeded, criteria.Incomplete, criteria.NotEligible}[worst]
			out[id], areas[id] = j, family.Record.Address.Area
		}
	})
	return out, areas
}

// amend changes a set at random as an editor might, into one that holds.
func amend(r *rand.Rand, set *criteria.Set) {
	pick := func() *criteria.Criterion { return &set.Criteria[r.IntN(len(set.Criteria))] }
	named := func(code string) *criteria.Criterion {
		if c, ok := set.Criterion(code); ok {
			return c
		}
		return pick()
	}
	switch r.IntN(9) {
	case 0:
		for i := range set.Params {
			if p := &set.Params[i]; p.Name == "min_age" {
				p.Alternatives, p.Value = nil, int64(17+r.IntN(8))
			}
		}
	case 1:
		for i := range set.Params {
			if p := &set.Params[i]; p.Name == "guardian_age" {
				p.Value = []int64{21, 25}[r.IntN(2)]
			}
		}
	case 2:
		if len(set.Criteria) > 8 {
			i := r.IntN(len(set.Criteria))
			set.Criteria = slices.Delete(set.Criteria, i, i+1)
		}
	case 3:
		c := pick()
		c.Weight, c.Points = []criteria.Weight{criteria.Hard, criteria.Soft}[r.IntN(2)], 0
	case 4:
		c := named("training")
		c.Condition, c.NeedsReview = "training_result in ['passed', 'failed']", "training_result == 'failed'"
	case 5:
		set.Criteria = append(set.Criteria, criteria.Criterion{Code: fmt.Sprintf("new_%d", r.IntN(1e6)), Title: criteria.Text{AR: "نصيب الأسرة", EN: "Own share"},
			Weight: criteria.Hard, Condition: fmt.Sprintf("own_share >= %d", r.IntN(40)), Citation: criteria.Text{AR: "قرار", EN: "Decree"}})
	case 6:
		set.AgeOn = criteria.AgeOns()[r.IntN(len(criteria.AgeOns()))]
	case 7:
		named("literacy").AppliesWhen = "age < 30"
	case 8:
		c := named("food_health")
		c.AppliesWhen, c.Condition, c.Evidence = "", "!food || document_valid('health_certificate', today)", nil
	}
}

// draftOf makes a draft from the set in force and returns its view.
func draftOf(t testing.TB, o *testkit.Office, actor auth.Actor) *service.SetView {
	t.Helper()
	id, err := o.Criteria.NewDraft(background, actor, inForceOf(t, o, actor), testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	return setOf(t, o, actor, id)
}

// inForceOf returns the id of the set in force in the actor's party.
func inForceOf(t testing.TB, o *testkit.Office, actor auth.Actor) int64 {
	t.Helper()
	list, err := o.Criteria.List(background, actor)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.InForce {
			return x.ID
		}
	}
	t.Fatal("no set is in force")
	return 0
}

func setOf(t testing.TB, o *testkit.Office, actor auth.Actor, id int64) *service.SetView {
	t.Helper()
	v, err := o.Criteria.Set(background, actor, id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func preview(t testing.TB, o *testkit.Office, actor auth.Actor, id int64, q service.PreviewQuery) *service.Preview {
	t.Helper()
	p, err := o.Criteria.Preview(background, actor, id, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPreviewIsWhatEachFamilyWouldGet(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	crowd(t, o, 330, 2026)
	for i := range 6 { // the neighbour's families are nobody's business here
		o.Family(t, 5000+i, place.Qatar, registry.Approved)
	}
	o.Clock.Advance(9 * 24 * time.Hour) // ages, papers and visits are those of the day of the preview, not of the day on which a family was saved
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	d := draftOf(t, o, admin)
	base := setOf(t, o, admin, inForceOf(t, o, admin)).Set
	before, areas := judge(t, o, place.Egypt, base)
	r := rand.New(rand.NewPCG(7, 7))
	moves, seen, pages := map[criteria.Move]int{}, map[criteria.Outcome]bool{}, 0
	for round := range 12 {
		set := *base
		set.Criteria, set.Params = slices.Clone(base.Criteria), slices.Clone(base.Params)
		switch round {
		case 0: // nothing changes
		case 1: // those whom a person must look at
			c, _ := set.Criterion("one_registration")
			c.Weight = criteria.Soft
		case 2: // everybody must be looked at
			c, _ := set.Criterion("nationality")
			c.NeedsReview = "true"
		case 3: // those with a paper that has run out since they were saved
			for i := range set.Criteria {
				set.Criteria[i].Evidence = nil
			}
		default:
			for range round {
				amend(r, &set)
			}
		}
		if err := o.Criteria.SaveDraft(background, admin, d.Row.ID, &set, testkit.Write(d.Row.Version)); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		d = setOf(t, o, admin, d.Row.ID)
		after, _ := judge(t, o, place.Egypt, d.Set)
		want := map[int64]criteria.Move{}
		byArea, entered, left, wasIn, isIn := map[string]service.AreaMoves{}, 0, 0, 0, 0
		for id, from := range before {
			to, a := after[id], byArea[areas[id]]
			a.Area = areas[id]
			a.Total++
			in, out := from.overall == criteria.Eligible, to.overall == criteria.Eligible
			if in {
				wasIn++
			}
			if out {
				isIn++
			}
			switch {
			case !in && out:
				want[id] = criteria.Entered
				entered++
				a.Entered++
			case in && !out:
				want[id] = criteria.Left
				left++
				a.Left++
			}
			byArea[areas[id]] = a
		}
		p := preview(t, o, admin, d.Row.ID, service.PreviewQuery{Fresh: true})
		if p.Total != len(before) || p.Entered != entered || p.Left != left || p.Unchanged != len(before)-entered-left || p.EligibleBefore != wasIn || p.EligibleAfter != isIn {
			t.Errorf("round %d: got %d families, +%d −%d =%d, %d → %d; want %d, +%d −%d, %d → %d", round, p.Total, p.Entered, p.Left, p.Unchanged, p.EligibleBefore,
				p.EligibleAfter, len(before), entered, left, wasIn, isIn)
		}
		if p.EligibleAfter-p.EligibleBefore != p.Entered-p.Left {
			t.Errorf("round %d: the figures do not add up: %+v", round, p)
		}
		if p.Same && entered+left > 0 || round == 0 && !p.Same {
			t.Errorf("round %d: Same is %v with +%d −%d", round, p.Same, entered, left)
		}
		maps.DeleteFunc(byArea, func(_ string, a service.AreaMoves) bool { return a.Entered+a.Left == 0 })
		gotAreas := map[string]service.AreaMoves{}
		for _, a := range p.ByArea {
			gotAreas[a.Area] = a
		}
		if len(gotAreas) != len(p.ByArea) || !maps.Equal(gotAreas, byArea) {
			t.Errorf("round %d: by area got %v, want %v", round, p.ByArea, byArea)
		}
		got := map[int64]criteria.Move{}
		last := int64(0)
		for page := 1; page <= p.Pages; page++ {
			q := preview(t, o, admin, d.Row.ID, service.PreviewQuery{Page: page})
			if q.Page != page || q.Matching != entered+left || page < p.Pages && len(q.Names) != service.PreviewPageSize {
				t.Errorf("round %d, page %d: got page %d of %d with %d names of %d", round, page, q.Page, q.Pages, len(q.Names), q.Matching)
			}
			if page > 1 {
				pages++
			}
			for _, m := range q.Names {
				if m.ID <= last {
					t.Errorf("round %d: family %d comes after %d", round, m.ID, last)
				}
				last = m.ID
				got[m.ID] = m.Move
				moves[m.Move]++
				if m.Name == "" || m.Area != areas[m.ID] || m.From != before[m.ID].overall || m.To != after[m.ID].overall || m.Changed {
					t.Errorf("round %d: got %+v, want %s → %s in %s", round, m, before[m.ID].overall, after[m.ID].overall, areas[m.ID])
				}
				checkWhy(t, &m, base, d.Set, before[m.ID], after[m.ID])
				for _, c := range m.Why {
					seen[c.From.Outcome], seen[c.To.Outcome] = true, true
				}
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("round %d: got %v, want %v", round, got, want)
		}
		// Filters choose among the same names.
		for _, move := range []criteria.Move{criteria.Entered, criteria.Left} {
			for area, n := range byArea {
				q := preview(t, o, admin, d.Row.ID, service.PreviewQuery{Move: move, Area: area})
				wantN := map[criteria.Move]int{criteria.Entered: n.Entered, criteria.Left: n.Left}[move]
				if area != "" && q.Matching != wantN { // no area is no filter
					t.Errorf("round %d: %d in %q: got %d names, want %d", round, move, area, q.Matching, wantN)
				}
			}
		}
		if q := preview(t, o, admin, d.Row.ID, service.PreviewQuery{Page: 999}); q.Page != q.Pages {
			t.Errorf("a page behind the last: got %d of %d", q.Page, q.Pages)
		}
	}
	if moves[criteria.Entered] < 20 || moves[criteria.Left] < 20 || pages == 0 || len(seen) < 6 {
		t.Errorf("the rounds moved %v on %d further pages for %v: too few to show anything", moves, pages, seen)
	}
}

// checkWhy holds the reasons of one move against the criteria that stand in the way under one version only.
func checkWhy(t *testing.T, m *service.Moved, from, to *criteria.Set, before, after judged) {
	t.Helper()
	want := map[string]bool{}
	for code := range before.blocks {
		if _, too := after.blocks[code]; !too {
			want[code] = true
		}
	}
	for code := range after.blocks {
		if _, too := before.blocks[code]; !too {
			want[code] = true
		}
	}
	got := map[string]bool{}
	for _, c := range m.Why {
		code := ""
		if c.N > 0 {
			code = to.Criteria[c.N-1].Code
			if c.Title != to.Criteria[c.N-1].Title {
				t.Errorf("family %d: criterion %d is called %q", m.ID, c.N, c.Title.AR)
			}
			if w := to.Criteria[c.N-1].Weight; c.To.Weight != w {
				t.Errorf("family %d: %s has weight %q, want %q", m.ID, code, c.To.Weight, w)
			}
		} else {
			i := slices.IndexFunc(from.Criteria, func(x criteria.Criterion) bool { return x.Title == c.Title })
			code = from.Criteria[i].Code
			if _, kept := to.Criterion(code); kept || c.To.Outcome != "" {
				t.Errorf("family %d: %s is said to be dropped: %+v", m.ID, code, c)
			}
		}
		if _, old := from.Criterion(code); !old && c.From.Outcome != "" {
			t.Errorf("family %d: %s is new and has %+v before", m.ID, code, c.From)
		}
		if o, ok := before.blocks[code]; ok && c.From.Outcome != o {
			t.Errorf("family %d: %s was %q, want %q", m.ID, code, c.From.Outcome, o)
		}
		if o, ok := after.blocks[code]; ok && c.To.Outcome != o {
			t.Errorf("family %d: %s would be %q, want %q", m.ID, code, c.To.Outcome, o)
		}
		got[code] = true
	}
	if len(got) == 0 || len(got) != len(m.Why) || !maps.Equal(got, want) {
		t.Errorf("family %d, %s → %s: got reasons %v, want %v", m.ID, m.From, m.To, got, want)
	}
}

// A family that was saved or decided after the count is not explained with reasons that do not fit it.
func TestPreviewOfAFamilyThatChanged(t *testing.T) {
	o := testkit.Service(t)
	admin, reviewer := testkit.Actor(auth.Administrator, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	gone, changed, same := o.Family(t, 1, place.Egypt, registry.UnderReview), o.Family(t, 2, place.Egypt, registry.UnderReview), o.Family(t, 3, place.Egypt, registry.UnderReview)
	d := draftOf(t, o, admin)
	c, _ := d.Set.Criterion("contract")
	c.Condition = "own_share > 90"
	if err := o.Criteria.SaveDraft(background, admin, d.Row.ID, d.Set, testkit.Write(d.Row.Version)); err != nil {
		t.Fatal(err)
	}
	if p := preview(t, o, admin, d.Row.ID, service.PreviewQuery{}); p.Left != 3 {
		t.Fatalf("got −%d, want 3", p.Left)
	}
	o.Do(t, reviewer, gone, registry.StepReject, "not_eligible")
	o.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, changed)
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(changed)
		if err != nil {
			return err
		}
		var facts criteria.Facts
		if err := facts.Decode(x.Facts); err != nil {
			return err
		}
		facts.SetInt(criteria.OwnShare, 95)
		x.Facts = facts.AppendBinary(nil)
		return tx.UpdateFamily(f, x)
	})
	p := preview(t, o, admin, d.Row.ID, service.PreviewQuery{})
	if len(p.Names) != 3 {
		t.Fatalf("got %d names, want the count as it was", len(p.Names))
	}
	for _, m := range p.Names {
		if wantChanged := m.ID != same; m.Changed != wantChanged || wantChanged && m.Why != nil || !wantChanged && len(m.Why) != 1 {
			t.Errorf("family %d: got %+v", m.ID, m)
		}
	}
	if p := preview(t, o, admin, d.Row.ID, service.PreviewQuery{Fresh: true}); p.Left != 1 || p.Names[0].Changed {
		t.Errorf("counted anew: got −%d, %+v", p.Left, p.Names)
	}
}

// Without a set in force everybody eligible enters, and there is nothing to compare with.
func TestPreviewOfTheFirstSet(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	o.Family(t, 1, place.Egypt, registry.Approved)
	o.Family(t, 2, place.Egypt, registry.Submitted) // without papers
	d := draftOf(t, o, admin)
	o.Clock.Set(time.Date(1999, 1, 1, 9, 0, 0, 0, time.UTC)) // a day before every validity
	p := preview(t, o, admin, d.Row.ID, service.PreviewQuery{})
	if p.From != nil || p.Entered != 1 || p.Left != 0 || p.Total != 2 || p.EligibleBefore != 0 || p.EligibleAfter != 1 || p.Names[0].Why != nil {
		t.Errorf("got %+v", p)
	}
}

// A preview is one entry in the audit log, however many pages of it are turned; each new count is one more.
func TestPreviewIsRecorded(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	o.Family(t, 1, place.Egypt, registry.Approved)
	d := draftOf(t, o, admin)
	for _, q := range []service.PreviewQuery{{}, {Page: 2}, {Move: criteria.Left}, {Fresh: true}} {
		preview(t, o, admin, d.Row.ID, q)
	}
	o.Clock.Advance(16 * time.Minute) // what was counted is too old
	preview(t, o, admin, d.Row.ID, service.PreviewQuery{})
	page, err := o.Audit.List(background, admin, store.AuditQuery{Action: string(auth.CriteriaPreview)})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Entries) != 3 || !strings.HasSuffix(page.Entries[0].Note, "+0 −0 / 1") {
		t.Errorf("got %d entries, want 3: %+v", len(page.Entries), page.Entries)
	}
}

// BenchmarkPreviewNames turns a page of names with their reasons, of a count that is kept.
func BenchmarkPreviewNames(b *testing.B) {
	o := testkit.Service(b)
	crowd(b, o, 240, 3)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	d := draftOf(b, o, admin)
	d.Set.Criteria[0].Condition = "nationality == 'QA'"
	if err := o.Criteria.SaveDraft(background, admin, d.Row.ID, d.Set, testkit.Write(d.Row.Version)); err != nil {
		b.Fatal(err)
	}
	if p := preview(b, o, admin, d.Row.ID, service.PreviewQuery{}); len(p.Names) != service.PreviewPageSize {
		b.Fatalf("only %d names", len(p.Names))
	}
	for b.Loop() {
		preview(b, o, admin, d.Row.ID, service.PreviewQuery{})
	}
}
