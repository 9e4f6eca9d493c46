package service_test

import (
	"slices"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// layoutForm is the form of a proposal, changed.
func layoutForm(change func(*exhibition.LayoutTerms)) *intake.Layout {
	t := exhibition.DefaultLayout()
	t.Seconds = 1
	if change != nil {
		change(&t)
	}
	return intake.FromLayout(&t)
}

// proposed asks for a proposal and works its job off.
func proposed(t testing.TB, o *testkit.Office, actor auth.Actor, id, hall int64, form *intake.Layout) *service.LayoutProposal {
	t.Helper()
	run, err := o.Layouts.Start(t.Context(), actor, id, hall, 0, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.Layouts.Proposal(t.Context(), actor, id, hall, run)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Jobs.Work(t.Context(), p.JobID); err != nil {
		t.Fatal(err)
	}
	if p, err = o.Layouts.Proposal(t.Context(), actor, id, hall, run); err != nil {
		t.Fatal(err)
	}
	return p
}

// needs changes what exhibitors ask of a booth.
func needs(t testing.TB, o *testkit.Office, list []*exhibition.Participation, change func(i int, p *exhibition.Participation)) {
	t.Helper()
	o.Update(t, func(tx *store.Tx) error {
		for i := range list {
			p, err := tx.ParticipationByID("", list[i].ID)
			if err != nil {
				return err
			}
			change(i, p)
			if err := tx.UpdateParticipation(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestLayout: a proposal places everybody by the rules, is taken over in part and then whole, and keeps who is locked where they are.
func TestLayout(t *testing.T) {
	o, e, hall, list, booths := placingOffice(t, 8)
	ctx := t.Context()
	host := testkit.Actor(auth.Coordinator, e.Terms.Host)
	if err := o.Places.Place(ctx, host, e.ID, hall, list[0].ID, booths[3].ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if err := o.Places.Lock(ctx, host, e.ID, hall, list[0].ID, true, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	if err := o.Places.Place(ctx, host, e.ID, hall, list[1].ID, booths[0].ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	p := proposed(t, o, host, e.ID, hall, layoutForm(nil))
	b := &p.Body
	if p.State != exhibition.RunDone || !p.Sound() || b.After.Placed != 8 || b.Before.Placed != 2 || b.After.Hard > 0 || b.After.Wrong > 0 || len(b.Points) == 0 {
		t.Fatalf("the proposal is %s: %+v", p.State, b)
	}
	if p.Then[booths[3].ID] != list[0].ID {
		t.Errorf("who is locked would move: %v", p.Then)
	}
	if placed := placements(t, o, e.ID); len(placed) != 2 {
		t.Fatalf("a proposal has placed somebody: %v", placed)
	}

	// Others may neither see nor take it.
	for _, other := range []auth.Actor{testkit.Actor(auth.Coordinator, e.Terms.Host.Other()), testkit.Actor(auth.Analyst, e.Terms.Host)} {
		if _, err := o.Layouts.Proposal(ctx, other, e.ID, hall, p.ID); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s of %s sees it: %v", other.Role, other.Party, err)
		}
		if err := o.Layouts.Accept(ctx, other, e.ID, hall, p.ID, nil, true, testkit.Write(0)); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s of %s takes it: %v", other.Role, other.Party, err)
		}
	}

	wantFault(t, o.Layouts.Accept(ctx, host, e.ID, hall, p.ID, []int64{999}, false, testkit.Write(0)), fault.Invalid, "error.layout.none")
	if err := o.Layouts.Accept(ctx, host, e.ID, hall, p.ID, []int64{p.Steps[0].Key}, false, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	for _, m := range p.Steps[0].Moves {
		if got := placements(t, o, e.ID)[m.Participation].Booth; got != m.Booth {
			t.Errorf("%d stands in %d, taken was %d", m.Participation, got, m.Booth)
		}
	}
	if err := o.Layouts.Accept(ctx, host, e.ID, hall, p.ID, nil, true, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	for booth, who := range p.Then {
		if got := placements(t, o, e.ID)[who].Booth; got != booth {
			t.Errorf("%d stands in %d, proposed was %d", who, got, booth)
		}
	}
	wantFault(t, o.Layouts.Accept(ctx, host, e.ID, hall, p.ID, nil, true, testkit.Write(0)), fault.Invalid, "error.layout.none")
}

func placements(t testing.TB, o *testkit.Office, id int64) map[int64]exhibition.Placement {
	t.Helper()
	out := map[int64]exhibition.Placement{}
	o.View(t, func(tx *store.Tx) error {
		list, err := tx.Placements(id)
		for _, p := range list {
			out[p.ParticipationID] = p
		}
		return err
	})
	return out
}

// TestLayoutClash: somebody whose booth changed since is named and nothing is taken over; the rest of the proposal still is.
func TestLayoutClash(t *testing.T) {
	o, e, hall, list, booths := placingOffice(t, 6)
	ctx := t.Context()
	host := testkit.Actor(auth.Coordinator, e.Terms.Host)
	p := proposed(t, o, host, e.ID, hall, layoutForm(nil))
	free := slices.IndexFunc(booths, func(b exhibition.Booth) bool { return p.Then[b.ID] == 0 })
	if err := o.Places.Place(ctx, host, e.ID, hall, list[2].ID, booths[free].ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	before := placements(t, o, e.ID)
	wantFault(t, o.Layouts.Accept(ctx, host, e.ID, hall, p.ID, nil, true, testkit.Write(0)), fault.Duplicate, "error.place.moved")
	if after := placements(t, o, e.ID); len(after) != len(before) {
		t.Fatalf("a part was taken over: %v", after)
	}
	again, err := o.Layouts.Proposal(ctx, host, e.ID, hall, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var keys []int64
	for _, s := range again.Steps {
		if stale := s.Moves[0].Participation == list[2].ID; s.Stale != stale {
			t.Errorf("step %d is stale: %v", s.Key, s.Stale)
		}
		if !s.Stale {
			keys = append(keys, s.Key)
		}
	}
	if err := o.Layouts.Accept(ctx, host, e.ID, hall, p.ID, keys, false, testkit.Write(0)); err != nil || len(placements(t, o, e.ID)) != 6 {
		t.Errorf("the rest: %v, %d placed", err, len(placements(t, o, e.ID)))
	}
	// Exchanging two in one step: each goes into the other's booth.
	at := placements(t, o, e.ID)
	a, b := at[list[0].ID], at[list[1].ID]
	swap := []service.PlaceMove{{Participation: a.ParticipationID, Booth: b.Booth, Version: a.Version}, {Participation: b.ParticipationID, Booth: a.Booth, Version: b.Version}}
	if err := o.Places.Arrange(ctx, host, e.ID, hall, 0, swap, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if at = placements(t, o, e.ID); at[list[0].ID].Booth != b.Booth || at[list[1].ID].Booth != a.Booth {
		t.Errorf("after the exchange: %+v", at)
	}
	wantFault(t, o.Places.Arrange(ctx, host, e.ID, hall, 0, swap, testkit.Write(0)), fault.Duplicate, "")
	taken := []service.PlaceMove{{Participation: list[3].ID, Booth: a.Booth, Version: at[list[3].ID].Version}}
	wantFault(t, o.Places.Arrange(ctx, host, e.ID, hall, 0, taken, testkit.Write(0)), fault.Duplicate, "error.place.taken_by")
	guest := testkit.Actor(auth.Coordinator, e.Terms.Host.Other())
	wantFault(t, o.Places.Arrange(ctx, guest, e.ID, hall, 0, []service.PlaceMove{{Participation: ownOf(list, host), Booth: booths[free].ID, Version: 1}}, testkit.Write(0)), fault.NotFound, "")
}

// ownOf is an exhibitor of an actor's party.
func ownOf(list []*exhibition.Participation, actor auth.Actor) int64 {
	for _, p := range list {
		if p.Traits.Party == actor.Party {
			return p.ID
		}
	}
	return 0
}

// TestLayoutShort: more exhibitors need water than booths have it. The proposal says so in numbers and ends, or places the others, as it was asked.
func TestLayoutShort(t *testing.T) {
	o, e, hall, list, booths := placingOffice(t, 8)
	host := testkit.Actor(auth.Coordinator, e.Terms.Host)
	wet := 0
	for _, b := range booths {
		if b.Water {
			wet++
		}
	}
	needs(t, o, list, func(i int, p *exhibition.Participation) { p.Application.Needs.Water = i <= wet })
	p := proposed(t, o, host, e.ID, hall, layoutForm(func(t *exhibition.LayoutTerms) { t.Partial = false }))
	want := service.LayoutClash{Rule: "water", People: wet + 1, Booths: wet}
	if p.State != exhibition.RunDone || p.Body.Status != "infeasible" || p.Sound() || !slices.Contains(p.Body.Clashes, want) {
		t.Fatalf("got %s %+v; want %+v", p.State, p.Body, want)
	}
	p = proposed(t, o, host, e.ID, hall, layoutForm(nil))
	if !p.Sound() || p.Body.After.Placed != 7 || len(p.Left) != 1 || !slices.Contains(p.Body.Clashes, want) {
		t.Fatalf("placing as many as can be: %+v", p.Body)
	}
}

// TestLayoutCancel: of a proposal that is stopped nothing is kept, and another one may begin.
func TestLayoutCancel(t *testing.T) {
	o, e, hall, _, _ := placingOffice(t, 6)
	ctx := t.Context()
	host := testkit.Actor(auth.Coordinator, e.Terms.Host)
	start := func() int64 {
		run, err := o.Layouts.Start(ctx, host, e.ID, hall, 0, layoutForm(func(t *exhibition.LayoutTerms) { t.Seconds = 30 }), testkit.Write(0))
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	o.SetPlanMemory(1 << 10)
	_, err := o.Layouts.Start(ctx, host, e.ID, hall, 0, layoutForm(nil), testkit.Write(0))
	wantFault(t, err, fault.State, "error.plan.memory")
	o.SetPlanMemory(0)
	waiting := start()
	_, err = o.Layouts.Start(ctx, host, e.ID, hall, 0, layoutForm(nil), testkit.Write(0))
	wantFault(t, err, fault.State, "error.layout.busy")
	if err := o.Layouts.Cancel(ctx, host, e.ID, hall, waiting, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if p, err := o.Layouts.Proposal(ctx, host, e.ID, hall, waiting); err != nil || p.State != exhibition.RunCancelled {
		t.Fatalf("cancelled before it began: %+v, %v", p, err)
	}
	running := start()
	p, err := o.Layouts.Proposal(ctx, host, e.ID, hall, running)
	if err != nil {
		t.Fatal(err)
	}
	atWork := false
	o.Jobs.Batch(500, func() { // it is at work
		p, err := o.Layouts.Proposal(ctx, host, e.ID, hall, running)
		atWork = err == nil && p.State == exhibition.RunRunning
		if err := o.Layouts.Cancel(ctx, host, e.ID, hall, running, testkit.Write(0)); err != nil {
			t.Error(err)
		}
	})
	if err := o.Jobs.Work(ctx, p.JobID); err != nil {
		t.Fatal(err)
	}
	p, err = o.Layouts.Proposal(ctx, host, e.ID, hall, running)
	if err != nil || !atWork || p.State != exhibition.RunCancelled || len(p.Plan)+len(p.Problem)+len(p.Body.Points) > 0 || p.Body.Status != "" {
		t.Fatalf("stopped while at work (%v): %+v, %v", atWork, p.LayoutView, err)
	}
	if placed := placements(t, o, e.ID); len(placed) != 0 {
		t.Errorf("placed are %v", placed)
	}
	wantFault(t, o.Layouts.Accept(ctx, host, e.ID, hall, running, nil, true, testkit.Write(0)), fault.State, "error.layout.unsound")
}

// TestDragCost: dragging onto a free booth moves nobody else; onto a taken one it says who makes room, and the whole is done at once.
func TestDragCost(t *testing.T) {
	o, e, hall, list, booths := placingOffice(t, 3)
	ctx := t.Context()
	host := testkit.Actor(auth.Coordinator, e.Terms.Host)
	for i := range 2 {
		if err := o.Places.Place(ctx, host, e.ID, hall, list[i].ID, booths[i].ID, testkit.Write(0)); err != nil {
			t.Fatal(err)
		}
	}
	d, err := o.Layouts.Drag(ctx, host, e.ID, hall, list[2].ID, booths[2].ID)
	if err != nil || !d.Possible || len(d.Moves) != 1 || d.After.Placed != 3 || d.Before.Placed != 2 {
		t.Fatalf("to a free booth: %+v, %v", d, err)
	}
	for _, who := range []int{0, 2} { // who stands in a booth already, and who has none
		if d, err = o.Layouts.Drag(ctx, host, e.ID, hall, list[who].ID, booths[1].ID); err != nil || !d.Possible || len(d.Moves) < 2 || d.Moves[1].Participation != list[1].ID {
			t.Fatalf("to a taken booth: %+v, %v", d, err)
		}
	}
	var moves []service.PlaceMove
	for _, m := range d.Moves {
		moves = append(moves, m.PlaceMove)
	}
	if err := o.Places.Arrange(ctx, host, e.ID, hall, 0, moves, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if at := placements(t, o, e.ID); at[list[2].ID].Booth != booths[1].ID || at[list[1].ID].Booth != d.Moves[1].Booth {
		t.Errorf("after the repair: %+v", at)
	}
	guest := testkit.Actor(auth.Coordinator, e.Terms.Host.Other())
	_, err = o.Layouts.Drag(ctx, guest, e.ID, hall, ownOf(list, host), booths[1].ID)
	wantFault(t, err, fault.NotFound, "")
	_, err = o.Layouts.Drag(ctx, host, e.ID, hall, list[0].ID, 99_999)
	wantFault(t, err, fault.NotFound, "")
}
