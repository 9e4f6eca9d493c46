package programme

import (
	"slices"
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

var grantNoon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func soundScheme(t testing.TB) *Scheme {
	return &Scheme{Party: place.Egypt, State: SchemeDraft, Edition: 1, Name: "حقيبة أدوات", Currency: "EGP", Budget: 100_000, First: day(t, "2026-01-01"), Last: day(t, "2026-12-31"),
		Order: ByNeed, Offers: []Offer{{N: 1, Kind: "tool_kit", Name: "ماكينة", UnitCost: 30_000, Each: 1}}, CreatedBy: 1}
}

func TestSchemeLife(t *testing.T) {
	s := soundScheme(t)
	today := day(t, "2026-11-28")
	if s.Open(today) {
		t.Error("a draft is open")
	}
	if err := s.Publish(2, grantNoon, today); err != nil || s.State != SchemePublished {
		t.Fatalf("got %v", err)
	}
	if err := s.Edit(); !fault.Is(err, fault.State) {
		t.Errorf("editing what is published: got %v, want a refusal", err)
	}
	if err := s.Publish(2, grantNoon, today); !fault.Is(err, fault.State) {
		t.Errorf("twice: got %v, want a refusal", err)
	}
	for d, want := range map[string]bool{"2025-12-31": false, "2026-01-01": true, "2026-12-31": true, "2027-01-01": false} {
		if got := s.Open(day(t, d)); got != want {
			t.Errorf("open on %s: got %v", d, got)
		}
	}
	n := s.Successor(3, grantNoon)
	n.Offers[0].UnitCost = 1
	if s.Offers[0].UnitCost != 30_000 || n.State != SchemeDraft || n.Edition != 2 || n.Follows != s.ID {
		t.Errorf("got %+v", n)
	}
	if err := s.Close(2, grantNoon, "انتهى"); err != nil || s.Open(today) {
		t.Errorf("got %v, open %v", err, s.Open(today))
	}
	if err := s.Close(2, grantNoon, "مرة أخرى"); !fault.Is(err, fault.State) {
		t.Errorf("closing twice: got %v", err)
	}
	late := soundScheme(t)
	if err := late.Publish(2, grantNoon, day(t, "2027-01-01")); !fault.Is(err, fault.State) {
		t.Errorf("a time that is over: got %v", err)
	}
}

func TestSchemeCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Scheme)
		field  string
	}{
		"sound":           {func(*Scheme) {}, ""},
		"backwards":       {func(s *Scheme) { s.Last = s.First.AddDays(-1) }, "last"},
		"nothing offered": {func(s *Scheme) { s.Offers = nil }, "offers"},
		"too dear":        {func(s *Scheme) { s.Offers[0].UnitCost = s.Budget + 1 }, "budget"},
		"no money":        {func(s *Scheme) { s.Budget = 0 }, "budget"},
		"free things need none": {func(s *Scheme) {
			s.Budget, s.Offers[0] = 0, Offer{N: 1, Kind: "certificate"}
		}, ""},
	} {
		s := soundScheme(t)
		c.change(s)
		ps := s.Check()
		if got := len(ps.On(c.field)) > 0; (c.field == "") != (len(ps) == 0) || c.field != "" && !got {
			t.Errorf("%s: got %+v", name, ps)
		}
	}
}

func TestOfferNumbersStay(t *testing.T) {
	s := &Scheme{Offers: []Offer{{Name: "جديد"}, {N: 2, Name: "قديم"}}}
	s.Number()
	if s.Offers[0].N != 3 || s.Offers[1].N != 2 {
		t.Errorf("got %+v, want the old number kept and the next one given", s.Offers)
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		p     Purse
		o     Offer
		st    Stock
		asked int
		want  int
	}{
		{Purse{Budget: 100}, Offer{UnitCost: 30}, Stock{}, 0, 3},
		{Purse{Budget: 100, Reserved: 30, Spent: 30}, Offer{UnitCost: 30}, Stock{}, 0, 1},
		{Purse{Budget: 100, Asked: 90}, Offer{UnitCost: 30}, Stock{}, 3, 0},
		{Purse{Budget: 100}, Offer{UnitCost: 30, Most: 5}, Stock{Reserved: 2, Delivered: 2}, 0, 1},
		{Purse{}, Offer{}, Stock{}, 0, -1},
		{Purse{}, Offer{Most: 5}, Stock{Reserved: 1}, 2, 2},
		{Purse{Budget: 100, Asked: 500}, Offer{UnitCost: 30}, Stock{}, 0, 0},
	} {
		if got := Covers(c.p, c.o, c.st, c.asked); got != c.want {
			t.Errorf("%+v %+v %+v: got %d, want %d", c.p, c.o, c.st, got, c.want)
		}
	}
}

func TestRank(t *testing.T) {
	d := func(s string) calendar.Date { return day(t, s) }
	list := []Candidate{{Family: 1, Need: 3, Points: 9, Applied: d("2026-03-01")}, {Family: 2, Need: 0, Points: 1, Applied: d("2026-05-01")}, {Family: 3, Need: 0, Points: 5},
		{Family: 4, Need: 0, Points: 5, Applied: d("2026-04-01")}, {Family: 5, Need: 0, Points: 5, Applied: d("2026-04-01")}}
	for order, want := range map[Order][]int64{ByNeed: {4, 5, 3, 2, 1}, ByPoints: {1, 4, 5, 3, 2}, ByDate: {1, 4, 5, 2, 3}} {
		for range 3 {
			slices.Reverse(list)
			Rank(order, list)
			var got []int64
			for _, c := range list {
				got = append(got, c.Family)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", order, got, want)
			}
		}
	}
}

func TestGrantLife(t *testing.T) {
	g := &Grant{State: GrantProposed, Quantity: 3, Amount: 300, ProposedBy: 7}
	if err := g.Approve(7, grantNoon); !fault.Is(err, fault.Forbidden) {
		t.Errorf("by who proposed it: got %v", err)
	}
	if err := g.Deliver(7, grantNoon, Delivery{On: day(t, "2026-11-28"), Quantity: 1}, 100); !fault.Is(err, fault.State) {
		t.Errorf("before approval: got %v", err)
	}
	if err := g.Approve(8, grantNoon); err != nil {
		t.Fatal(err)
	}
	if err := g.Refuse(8, grantNoon, "x"); !fault.Is(err, fault.State) {
		t.Errorf("refusing what is approved: got %v", err)
	}
	for name, d := range map[string]Delivery{"none": {On: day(t, "2026-11-28")}, "more": {On: day(t, "2026-11-28"), Quantity: 4}, "before the approval": {On: day(t, "2026-11-27"), Quantity: 1}} {
		if err := g.Deliver(9, grantNoon, d, 100); !fault.Is(err, fault.Invalid) || g.State != GrantApproved {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := g.Deliver(9, grantNoon, Delivery{On: day(t, "2026-11-28"), Quantity: 2}, 100); err != nil || g.Amount != 200 || g.State != GrantDelivered {
		t.Errorf("got %v, %+v", err, g)
	}
	if err := g.Withdraw(8, grantNoon, "x"); !fault.Is(err, fault.State) {
		t.Errorf("withdrawing what was delivered: got %v", err)
	}
}

func TestPlan(t *testing.T) {
	today := day(t, "2026-11-28")
	p := &Plan{State: PlanOpen, Review: today, Actions: []PlanAction{{ID: 1, Due: today.AddDays(-1)}, {ID: 2, Due: today}, {ID: 3, Due: today.AddDays(-9), DoneOn: today.AddDays(-10)}}}
	if got, want := p.Progress(today), (Progress{Done: 1, Late: 1, Open: 1}); got != want || got.Percent() != 33 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if n := p.Next(); n == nil || n.ID != 1 {
		t.Errorf("next: got %+v", n)
	}
	if !p.ReviewDue(today) || p.ReviewDue(today.AddDays(-1)) {
		t.Error("the day of measuring again is its first day")
	}
	base := Measuring{On: today.AddDays(-100), Values: map[MeasureKey]int64{"income": 1000_00, "workers_family": 0, "channels": 1}}
	if err := p.AddMeasure(base); err != nil {
		t.Fatal(err)
	}
	if got := p.Differences(); len(got) != 3 || got[0].Both {
		t.Errorf("one measuring: got %+v", got)
	}
	if err := p.AddMeasure(Measuring{On: base.On.AddDays(-1), Values: base.Values}); !fault.Is(err, fault.Invalid) {
		t.Errorf("before the baseline: got %v", err)
	}
	if err := p.AddMeasure(Measuring{On: today}); !fault.Is(err, fault.Invalid) {
		t.Errorf("nothing measured: got %v", err)
	}
	if err := p.AddMeasure(Measuring{On: today, Values: map[MeasureKey]int64{"income": 1500_00, "workers_family": 2, "quality": 60}}); err != nil {
		t.Fatal(err)
	}
	var keys []MeasureKey
	for _, d := range p.Differences() {
		keys = append(keys, d.Key)
		n, ok := d.Percent()
		switch d.Key {
		case "income":
			if d.Change() != 500_00 || n != 50 || !ok {
				t.Errorf("income: got %+v", d)
			}
		case "workers_family":
			if d.Change() != 2 || ok {
				t.Errorf("from nothing there is no share: got %d", n)
			}
		case "channels", "quality":
			if d.Both {
				t.Errorf("%s was measured once", d.Key)
			}
		}
	}
	if !slices.Equal(keys, []MeasureKey{"income", "workers_family", "channels", "quality"}) {
		t.Errorf("got %v", keys)
	}
	if err := p.End(PlanStopped, grantNoon, "انتقلت"); err != nil {
		t.Fatal(err)
	}
	if err := p.AddMeasure(Measuring{On: today, Values: base.Values}); !fault.Is(err, fault.State) {
		t.Errorf("after the end: got %v", err)
	}
}

func TestTemplates(t *testing.T) {
	for _, c := range registry.Crafts() {
		list := Template(c.Code)
		if len(list) < 5 {
			t.Errorf("%s has %d actions", c.Code, len(list))
		}
		for _, a := range list {
			if !slices.Contains(Needs(), a.Need) || a.AR == "" || a.EN == "" || a.Days < 1 || a.Days > 365 {
				t.Errorf("%s: %+v", c.Code, a)
			}
		}
	}
	if Template("??") != nil {
		t.Error("a group that there is not has a template")
	}
}

func TestEnds(t *testing.T) {
	item := func(kind, until, state string) registry.FormalItem {
		x := registry.FormalItem{Kind: registry.FormalKind(kind), State: registry.FormalState(state)}
		if until != "" {
			x.ExpiresOn = day(t, until)
		}
		return x
	}
	for name, c := range map[string]struct {
		change func(*registry.Family)
		want   string
	}{
		"approved": {func(*registry.Family) {}, "approval 2028-12-31"},
		"a draft":  {func(f *registry.Family) { f.Status = registry.Registration{State: registry.Draft} }, ""},
		"a licence": {func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("household_licence", "2027-01-05", "valid")}
		}, "approval 2028-12-31 household_licence 2027-01-05"},
		"the best of two": {func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("household_licence", "2027-01-05", "valid"), item("commercial_licence", "2029-01-05", "valid")}
		}, "approval 2028-12-31 commercial_licence 2029-01-05"},
		"one without an end": {func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("household_licence", "2027-01-05", "valid"), item("commercial_licence", "", "valid")}
		}, "approval 2028-12-31"},
		"applied for": {func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("commercial_register", "2027-01-05", "applied")}
		}, "approval 2028-12-31"},
		"no rung asks for it": {func(f *registry.Family) {
			f.Record.Formal = []registry.FormalItem{item("food_permit", "2027-02-05", "valid")}
			f.Record.Lead.IDExpiry = day(t, "2030-01-01")
		}, "approval 2028-12-31 identity 2030-01-01 food_permit 2027-02-05"},
	} {
		f := approved(t, place.Qatar)
		c.change(f)
		got := ""
		for _, e := range Ends(f) {
			if got != "" {
				got += " "
			}
			got += e.Kind + " " + e.Until.String()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
