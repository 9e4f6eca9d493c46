package service_test

import (
	"strconv"
	"sync"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// schemeForm is a sound form of a scheme whose one paid offer costs 300.
func schemeForm(o *testkit.Office, budget, most string) *intake.Scheme {
	return &intake.Scheme{Name: "حقيبة أدوات", NameEN: "Tool kit", Budget: budget, First: o.Clock.Today().String(), Last: o.Clock.Today().AddDays(90).String(), Once: "yes", Order: "points",
		Offers: []intake.Offer{{Kind: "tool_kit", Name: "ماكينة خياطة", Cost: "300", Most: most, Each: "2"}, {Kind: "certificate", Name: "شهادة"}}}
}

// openScheme makes and publishes a scheme by two people and returns its id.
func openScheme(t *testing.T, o *testkit.Office, form *intake.Scheme) int64 {
	t.Helper()
	id, err := o.Incentives.PutScheme(background, testkit.Actor(auth.Coordinator, place.Egypt), 0, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Incentives.Publish(background, testkit.Actor(auth.Administrator, place.Egypt), id, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	return id
}

func scheme(t *testing.T, o *testkit.Office, id int64) *service.SchemeView {
	t.Helper()
	v, err := o.Incentives.Scheme(background, testkit.Actor(auth.Coordinator, place.Egypt), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func ask(scheme int64, offer string) *intake.GrantAsk {
	return &intake.GrantAsk{Offer: strconv.FormatInt(scheme, 10) + "/" + offer, Quantity: "1"}
}

func refused(t *testing.T, err error, kind fault.Kind, what string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

func TestSchemeAndGrants(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	coordinator, admin := testkit.Actor(auth.Coordinator, place.Egypt), testkit.Actor(auth.Administrator, place.Egypt)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	abroad := testkit.Actor(auth.Coordinator, place.Qatar)
	family := o.Family(t, 1, place.Egypt, registry.Approved)
	draft, err := o.Incentives.PutScheme(background, coordinator, 0, schemeForm(o, "700", ""), testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	// Who made it does not publish it; who may not edit does not see it; the other country sees nothing.
	refused(t, o.Incentives.Publish(background, coordinator, draft, testkit.Write(1)), fault.Forbidden, "publishing an own draft")
	_, err = o.Incentives.Scheme(background, worker, draft)
	refused(t, err, fault.NotFound, "a draft for a worker")
	_, err = o.Incentives.Scheme(background, abroad, draft)
	refused(t, err, fault.NotFound, "a scheme of the other country")
	// A rule in the language of the criteria: nobody qualifies who is not a breadwinner.
	rule := criteria.Criterion{Code: "breadwinner", Title: criteria.Text{AR: "عائلة لأسرتها", EN: "Breadwinner"}, Weight: criteria.Hard, Condition: "breadwinner", Confirmed: true}
	if err := o.Incentives.SaveRule(background, coordinator, draft, 1, rule, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	bad := rule
	bad.Condition = "nothing_like_this > 3"
	refused(t, o.Incentives.SaveRule(background, coordinator, draft, 1, bad, testkit.Write(2)), fault.Invalid, "a rule that does not hold")
	refused(t, o.Incentives.Publish(background, admin, draft, testkit.Write(1)), fault.Stale, "an old version")
	if err := o.Incentives.Publish(background, admin, draft, testkit.Write(2)); err != nil {
		t.Fatal(err)
	}
	_, err = o.Incentives.PutScheme(background, coordinator, draft, schemeForm(o, "900", ""), testkit.Write(3))
	refused(t, err, fault.State, "changing what is published")
	refused(t, o.Incentives.SaveRule(background, coordinator, draft, 1, rule, testkit.Write(3)), fault.State, "changing rules of what is published")

	// The family is no breadwinner: the application is refused, and the sheet says why.
	setLead(t, o, family, func(l *registry.LeadProducer) { l.Breadwinner = registry.No })
	_, err = o.Incentives.Apply(background, worker, family, ask(draft, "1"), testkit.Write(0))
	refused(t, err, fault.State, "applying without qualifying")
	e, err := o.Incentives.Assess(background, worker, draft, family)
	if err != nil || e.Result.Overall != criteria.NotEligible || e.Fits() {
		t.Fatalf("got %+v, %v", e, err)
	}
	setLead(t, o, family, func(l *registry.LeadProducer) { l.Breadwinner = registry.Yes })
	id, err := o.Incentives.Apply(background, worker, family, ask(draft, "1"), testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Incentives.Apply(background, worker, family, ask(draft, "1"), testkit.Write(0))
	refused(t, err, fault.Duplicate, "the same benefit twice")
	of, err := o.Incentives.OfFamily(background, worker, family)
	if err != nil || len(of.Grants) != 1 || len(of.Offers) != 2 || !of.Offers[0].Holds || of.Offers[1].Holds {
		t.Fatalf("got %+v, %v", of, err)
	}
	// Money is reserved when somebody else approves it, and spent when it is delivered.
	refused(t, o.Incentives.Decide(background, worker, id, true, "", testkit.Write(1)), fault.Forbidden, "a worker deciding")
	refused(t, o.Incentives.Decide(background, abroad, id, true, "", testkit.Write(1)), fault.NotFound, "the other country deciding")
	if err := o.Incentives.Decide(background, reviewer, id, true, "", testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	if p := scheme(t, o, draft).Account.Purse; p.Reserved != 300_00 || p.Left() != 400_00 {
		t.Errorf("after approving: %+v", p)
	}
	delivery := &intake.Delivery{On: o.Clock.Today().String(), Quantity: "1", Receiver: "فاطمة", Proof: "signature"}
	refused(t, o.Incentives.Deliver(background, worker, id, delivery, 4242, testkit.Write(2)), fault.Invalid, "a proof that is no paper of the family")
	paper := o.Document(t, worker, family, "other")
	if err := o.Incentives.Deliver(background, worker, id, delivery, paper, testkit.Write(2)); err != nil {
		t.Fatal(err)
	}
	if p := scheme(t, o, draft).Account.Purse; p.Spent != 300_00 || p.Reserved != 0 {
		t.Errorf("after delivering: %+v", p)
	}
	refused(t, o.Incentives.Withdraw(background, reviewer, id, &intake.Words{Text: "x"}, testkit.Write(3)), fault.State, "withdrawing what was delivered")
	// A coordinator sees neither who received it nor notes.
	g, err := o.Incentives.Grant(background, coordinator, id)
	if err != nil || g.Delivery.Receiver != "" || g.Delivery.Document != paper {
		t.Errorf("got %+v, %v", g.Delivery, err)
	}
	// The second withdraws: the money is free again.
	second := o.Family(t, 2, place.Egypt, registry.Approved)
	setLead(t, o, second, func(l *registry.LeadProducer) { l.Breadwinner = registry.Yes })
	other, err := o.Incentives.Apply(background, worker, second, ask(draft, "1"), testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Incentives.Decide(background, coordinator, other, true, "", testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	if err := o.Incentives.Withdraw(background, coordinator, other, &intake.Words{Text: "سافرت"}, testkit.Write(2)); err != nil {
		t.Fatal(err)
	}
	if p := scheme(t, o, draft).Account.Purse; p.Reserved != 0 || p.Left() != 400_00 {
		t.Errorf("after withdrawing: %+v", p)
	}
	// A successor closes it when it is published; nothing more is granted of the old one.
	next, err := o.Incentives.Successor(background, coordinator, draft, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Incentives.Publish(background, admin, next, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	if old := scheme(t, o, draft); old.State != programme.SchemeClosed || len(old.Newer) != 1 {
		t.Errorf("the old one: %s", old.State)
	}
	_, err = o.Incentives.Apply(background, worker, second, ask(draft, "1"), testkit.Write(0))
	refused(t, err, fault.State, "applying to what is closed")
}

// setLead changes a family's lead producer behind the forms, with its facts.
func setLead(t *testing.T, o *testkit.Office, id int64, change func(l *registry.LeadProducer)) {
	t.Helper()
	o.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(id)
		if err != nil {
			return err
		}
		change(&f.Record.Lead)
		x.Facts = criteria.FactsOf(f, nil, nil, o.Clock.Today()).AppendBinary(nil)
		return tx.UpdateFamily(f, x)
	})
}

// TestSchemeNotOverspent lets everybody approve at once what the budget holds three times only.
func TestSchemeNotOverspent(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	id := openScheme(t, o, schemeForm(o, "1000", ""))
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	var grants []int64
	for i := range 8 {
		g, err := o.Incentives.Apply(background, worker, o.Family(t, i+1, place.Egypt, registry.Approved), ask(id, "1"), testkit.Write(0))
		if err != nil {
			t.Fatal(err)
		}
		grants = append(grants, g)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(grants))
	for i, g := range grants {
		wg.Go(func() { errs[i] = o.Incentives.Decide(background, reviewer, g, true, "", testkit.Write(1)) })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			refused(t, err, fault.State, "approving more than there is")
		}
	}
	if v := scheme(t, o, id); done != 3 || v.Account.Purse.Reserved != 900_00 || v.Account.Count[programme.GrantProposed] != 5 {
		t.Errorf("got %d approved, %+v", done, v.Account)
	}
	// Together it is the same: what the budget does not hold is left.
	ok, left, err := o.Incentives.ApproveMany(background, reviewer, id, grants, testkit.Write(0))
	if err != nil || ok != 0 || left != 8 {
		t.Errorf("got %d, %d, %v", ok, left, err)
	}
}

func TestSchemeCount(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	coordinator, reviewer := testkit.Actor(auth.Coordinator, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	var families []int64
	for i := range 6 {
		families = append(families, o.Family(t, i+1, place.Egypt, registry.Approved))
		setLead(t, o, families[i], func(l *registry.LeadProducer) { l.Breadwinner = registry.Yes })
	}
	o.Family(t, 7, place.Egypt, registry.Submitted) // not in force
	o.Family(t, 8, place.Qatar, registry.Approved)  // of the other country
	setLead(t, o, families[0], func(l *registry.LeadProducer) { l.Breadwinner = registry.No })
	form := schemeForm(o, "900", "2")
	id, err := o.Incentives.PutScheme(background, coordinator, 0, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	rule := criteria.Criterion{Code: "breadwinner", Title: criteria.Text{AR: "عائلة لأسرتها", EN: "Breadwinner"}, Weight: criteria.Hard, Condition: "breadwinner", Confirmed: true}
	if err := o.Incentives.SaveRule(background, coordinator, id, 1, rule, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	_, err = o.Incentives.Count(background, coordinator, id, 1, true, testkit.Write(0))
	refused(t, err, fault.State, "proposing a draft")
	count := func(propose bool) *service.CountView {
		t.Helper()
		job, err := o.Incentives.Count(background, coordinator, id, 1, propose, testkit.Write(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Jobs.Work(background, job); err != nil {
			t.Fatal(err)
		}
		return scheme(t, o, id).Count
	}
	if r := count(false).Result; r.Weighed != 6 || r.Qualify != 5 || r.Cost != 1500_00 || r.Covered != 2 || r.CoverFor != 600_00 || r.FirstOut == nil || r.LastIn == nil || r.Proposed != 0 {
		t.Errorf("a draft: got %+v", r)
	}
	if err := o.Incentives.Publish(background, testkit.Actor(auth.Administrator, place.Egypt), id, testkit.Write(2)); err != nil {
		t.Fatal(err)
	}
	if r := count(true).Result; r.Proposed != 2 || r.Qualify != 5 {
		t.Errorf("proposed: got %+v", r)
	}
	// Nobody is proposed twice, and what is asked for counts against what is left.
	if r := count(true).Result; r.Proposed != 0 || r.Holding != 2 || r.Qualify != 3 || r.Covered != 0 {
		t.Errorf("again: got %+v", r)
	}
	p, err := o.Incentives.Grants(background, reviewer, service.GrantQuery{Scheme: id, Limit: 10})
	if err != nil || p.Total != 2 || p.Rows[0].Source != programme.Automatic {
		t.Fatalf("got %+v, %v", p, err)
	}
	// The coordinator asked for them: the coordinator does not approve them.
	refused(t, o.Incentives.Decide(background, coordinator, p.Rows[0].ID, true, "", testkit.Write(1)), fault.Forbidden, "approving an own proposal")
	ok, left, err := o.Incentives.ApproveMany(background, reviewer, id, []int64{p.Rows[0].ID, p.Rows[1].ID}, testkit.Write(0))
	if err != nil || ok != 2 || left != 0 {
		t.Errorf("got %d, %d, %v", ok, left, err)
	}
}

func planForm(o *testkit.Office, owner int64) (*intake.Development, *intake.Measure) {
	in := intake.FromTemplate("TX", "ar", owner, o.Clock.Today())
	in.Goal = "مضاعفة المبيعات"
	return in, &intake.Measure{On: o.Clock.Today().String(), Income: "1500", Channels: "١", WorkersFamily: "0"}
}

func TestDevelopmentPlan(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	worker, second := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.SecondActor(auth.FieldWorker, place.Egypt)
	coordinator := testkit.Actor(auth.Coordinator, place.Egypt)
	family := o.Family(t, 1, place.Egypt, registry.Approved)
	in, base := planForm(o, coordinator.UserID)
	_, err := o.Plans.Put(background, second, family, 0, in, base, testkit.Write(0))
	refused(t, err, fault.NotFound, "a plan for a colleague's family")
	wrong := *in
	wrong.Actions = append([]intake.PlanAction{}, in.Actions...)
	wrong.Actions[0].Owner = strconv.FormatInt(testkit.Actor(auth.Coordinator, place.Qatar).UserID, 10)
	_, err = o.Plans.Put(background, worker, family, 0, &wrong, base, testkit.Write(0))
	refused(t, err, fault.Invalid, "an owner of the other country")
	_, err = o.Plans.Put(background, worker, family, 0, in, &intake.Measure{On: base.On}, testkit.Write(0))
	refused(t, err, fault.Invalid, "no baseline")
	id, err := o.Plans.Put(background, worker, family, 0, in, base, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Plans.Put(background, worker, family, 0, in, base, testkit.Write(0))
	refused(t, err, fault.State, "a second open plan")
	v, err := o.Plans.Plan(background, worker, id)
	if err != nil || len(v.Actions) != 6 || v.Measures[0].Values["income"] != 1500_00 || v.Measures[0].Values["channels"] != 1 {
		t.Fatalf("got %+v, %v", v, err)
	}
	if _, given := v.Measures[0].Values["workers_family"]; !given {
		t.Error("a nought was not taken as measured")
	}
	// A coordinator sees counts and no money, and ticks what is theirs.
	c, err := o.Plans.Plan(background, coordinator, id)
	if err != nil || c.SeesMoney || c.Measures[0].Values["channels"] != 1 || c.CanEdit {
		t.Fatalf("got %+v, %v", c, err)
	}
	if _, leaks := c.Measures[0].Values["income"]; leaks {
		t.Error("the coordinator sees the income")
	}
	action := v.Actions[0].ID
	refused(t, o.Plans.Tick(background, second, id, action, true, testkit.Write(1)), fault.NotFound, "a colleague ticking")
	if err := o.Plans.Tick(background, coordinator, id, action, true, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	refused(t, o.Plans.Tick(background, coordinator, id, action, false, testkit.Write(1)), fault.Stale, "an old version")
	refused(t, o.Plans.Measure(background, coordinator, id, &intake.Measure{On: base.On, Income: "1"}, testkit.Write(2)), fault.Forbidden, "a coordinator measuring")
	// Half a year later: what is open is late and in the owner's work, and the project is measured again.
	o.Clock.Set(o.Clock.Now().AddDate(0, 6, 5))
	work, err := o.Plans.Work(background, coordinator)
	if err != nil || work.LateTotal != 5 || len(work.Late) != 5 {
		t.Errorf("got %+v, %v", work, err)
	}
	list, err := o.Plans.List(background, worker, service.PlanQuery{Due: true, Limit: 10})
	if err != nil || len(list.Rows) != 1 || list.Rows[0].Progress.Late != 5 || len(list.Areas) != 1 || list.Areas[0].Done != 1 {
		t.Errorf("got %+v, %v", list, err)
	}
	if err := o.Plans.Measure(background, worker, id, &intake.Measure{On: o.Clock.Today().String(), Income: "٢٢٥٠", Channels: "3"}, testkit.Write(2)); err != nil {
		t.Fatal(err)
	}
	v, err = o.Plans.Plan(background, worker, id)
	if err != nil || len(v.Differences) != 3 || v.Differences[0].Change() != 750_00 || v.ReviewDue(v.Today) {
		t.Fatalf("got %+v, %v", v.Differences, err)
	}
	if n, ok := v.Differences[0].Percent(); n != 50 || !ok {
		t.Errorf("got %d%%", n)
	}
	// Editing keeps what was done.
	edited := intake.FromDevelopment(&v.Plan)
	edited.Actions = edited.Actions[:3]
	if _, err := o.Plans.Put(background, worker, 0, id, edited, nil, testkit.Write(v.Version)); err != nil {
		t.Fatal(err)
	}
	v, err = o.Plans.Plan(background, worker, id)
	if err != nil || len(v.Actions) != 3 || v.Actions[0].DoneOn.IsZero() || len(v.Measures) != 2 {
		t.Fatalf("got %+v, %v", v, err)
	}
	if err := o.Plans.End(background, worker, id, programme.PlanDone, &intake.Words{Text: "تحقق"}, testkit.Write(v.Version)); err != nil {
		t.Fatal(err)
	}
	refused(t, o.Plans.Tick(background, coordinator, id, action, false, testkit.Write(v.Version+1)), fault.State, "after the end")
	_, err = o.Plans.Plan(background, testkit.Actor(auth.FieldWorker, place.Qatar), id)
	refused(t, err, fault.NotFound, "the other country")
	_, err = o.Plans.Plan(background, testkit.Actor(auth.Administrator, place.Egypt), id)
	refused(t, err, fault.Forbidden, "an administrator")
}

// TestPapersInWork looks for a licence that ends soon in the work of who entered the family, and in the list.
func TestPapersInWork(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	family := o.Family(t, 1, place.Egypt, registry.Approved)
	o.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, family)
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(family)
		if err != nil {
			return err
		}
		f.Record.Formal = []registry.FormalItem{{Kind: "temporary_licence", Number: "L1", State: "valid", ExpiresOn: o.Clock.Today().AddDays(20)}}
		f.Record.Lead.IDExpiry = o.Clock.Today().AddDays(900)
		return tx.UpdateFamily(f, x)
	})
	queue := func(actor auth.Actor) *service.Queue {
		w, err := o.Families.Work(background, actor)
		if err != nil {
			t.Fatal(err)
		}
		for i := range w.Queues {
			if w.Queues[i].Key == "papers" {
				return &w.Queues[i]
			}
		}
		return nil
	}
	q := queue(worker)
	if q == nil || q.Total != 1 || len(q.Ends[family]) != 1 || q.Ends[family][0].Kind != "temporary_licence" {
		t.Fatalf("got %+v", q)
	}
	if q := queue(testkit.SecondActor(auth.FieldWorker, place.Egypt)); q.Total != 0 {
		t.Errorf("a colleague has %d", q.Total)
	}
	if q := queue(testkit.Actor(auth.Reviewer, place.Qatar)); q.Total != 0 {
		t.Errorf("the other country has %d", q.Total)
	}
	v, err := o.Families.View(background, worker, family)
	if err != nil || len(v.Ends) != 1 {
		t.Errorf("got %+v, %v", v.Ends, err)
	}
	o.Clock.Set(o.Clock.Now().AddDate(0, 4, 0)) // long over: no renewal any more
	if q := queue(worker); q.Total != 0 {
		t.Errorf("an end of long ago is still reminded of: %+v", q.Ends)
	}
}
