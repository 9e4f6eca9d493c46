package service_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
)

// seasonOf fills an office with a season whose calls close in a week, and returns it with the form of an allocation of all its exhibitions.
func seasonOf(t testing.TB, o *testkit.Office, exhibitions, applicants int) (season int64, shows []*exhibition.Exhibition, form *intake.Allocation) {
	t.Helper()
	o.Update(t, func(tx *store.Tx) error {
		s, list, err := storetest.FillSeason(tx, o.Clock.Today(), exhibitions, applicants, 1)
		if err == nil {
			season, shows = s.ID, list
		}
		return err
	})
	terms := exhibition.DefaultAllocation()
	form = intake.FromAllocation(&terms)
	for _, e := range shows {
		form.Exhibitions = append(form.Exhibitions, fmt.Sprint(e.ID))
	}
	return season, shows, form
}

// solved starts a run and works its job off.
func solved(t testing.TB, o *testkit.Office, actor auth.Actor, id int64, ask *intake.RunAsk) *service.RunView {
	t.Helper()
	run, err := o.Allocations.Start(t.Context(), actor, id, ask, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	_, r, err := o.Allocations.Run(t.Context(), actor, id, run)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Jobs.Work(t.Context(), r.JobID); err != nil {
		t.Fatal(err)
	}
	if _, r, err = o.Allocations.Run(t.Context(), actor, id, run); err != nil {
		t.Fatal(err)
	}
	if r.State != exhibition.RunDone || len(r.Body.Findings) > 0 || !r.Body.Checked {
		t.Fatalf("the run is %s: %s %v", r.State, r.Body.Error, r.Body.Findings)
	}
	return r
}

// sign turns the keys of both parties on a run.
func sign(t testing.TB, o *testkit.Office, id, run int64, parties ...auth.Actor) {
	t.Helper()
	for i, actor := range parties {
		_, r, err := o.Allocations.Run(t.Context(), actor, id, run)
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := o.Allocations.Sign(t.Context(), actor, id, run, testkit.Write(r.Version))
		if err != nil || accepted != (i == len(parties)-1) {
			t.Fatalf("signature %d: %v, %v", i+1, accepted, err)
		}
	}
}

// states counts the participations of an exhibition by state.
func states(t testing.TB, o *testkit.Office, id int64) (map[exhibition.State]int, []exhibition.Participation) {
	t.Helper()
	out := map[exhibition.State]int{}
	var list []exhibition.Participation
	o.View(t, func(tx *store.Tx) (err error) {
		list, err = tx.Participations(id, store.ParticipationQuery{Limit: 1 << 20})
		return err
	})
	for _, p := range list {
		out[p.State]++
	}
	return out, list
}

// TestAllocation plays a season: committed before the calls close, solved after, signed by both parties, declined, filled, verified by anybody, planned again.
func TestAllocation(t *testing.T) {
	o := testkit.Service(t)
	ctx := t.Context()
	eg, qa := testkit.Actor(auth.Coordinator, "EG"), testkit.Actor(auth.Coordinator, "QA")
	season, shows, form := seasonOf(t, o, 3, 90)
	id, err := o.Allocations.Create(ctx, eg, season, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Allocations.Create(ctx, qa, season, form, testkit.Write(0)); err == nil {
		t.Fatal("another allocation of the same exhibitions was taken")
	}
	_, err = o.Allocations.Start(ctx, eg, id, &intake.RunAsk{}, testkit.Write(0))
	wantFault(t, err, fault.State, "error.allocation.open")
	draw, err := o.Allocations.Draw(ctx, id, "", 1)
	if err != nil || draw.Seed != nil || draw.Rows != nil {
		t.Fatalf("before the end of the calls the public sees %+v, %v", draw, err)
	}

	o.Clock.Advance(9 * 24 * time.Hour)
	v, err := o.Allocations.View(ctx, eg, id)
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, o.Allocations.Drop(ctx, eg, id, testkit.Write(v.Version)), fault.State, "error.allocation.drop")
	r := solved(t, o, eg, id, &intake.RunAsk{})
	if r.Body.Status != model.Optimal || r.Body.Places == 0 || r.Body.Bound != r.Body.Penalised {
		t.Fatalf("the plan: %+v", r.Body)
	}
	again := solved(t, o, qa, id, &intake.RunAsk{})
	if again.Body.Hash != r.Body.Hash || again.Body.Objective != r.Body.Objective {
		t.Error("the same question has another answer")
	}
	if draw, err = o.Allocations.Draw(ctx, id, "", 1); err != nil || model.Commit(draw.Seed) != draw.Created.Commitment {
		t.Fatalf("the seed that is shown is not the one committed to: %v", err)
	}
	err = o.Exhibitions.PutCall(ctx, eg, shows[0].ID, &intake.Call{Opens: o.Clock.Today().String(), Closes: o.Clock.Today().AddDays(3).String()}, testkit.Write(1))
	wantFault(t, err, fault.State, "error.call.drawn")

	what := solved(t, o, eg, id, &intake.RunAsk{Kind: "what_if", Exhibition: fmt.Sprint(shows[0].ID), More: "5", Drop: []string{service.DropCode(shows[1].ID, "women")}})
	if what.Body.Places < r.Body.Places+1 {
		t.Errorf("five places more: %d, before %d", what.Body.Places, r.Body.Places)
	}
	_, err = o.Allocations.Sign(ctx, eg, id, what.ID, testkit.Write(what.Version))
	wantFault(t, err, fault.State, "error.allocation.unsound")
	both, err := o.Allocations.Compare(ctx, eg, id, r.ID, what.ID)
	if err != nil || both.WonN == 0 || both.WonN-both.LostN != what.Body.Places-r.Body.Places {
		t.Errorf("compared: %d lost, %d won, %v", both.LostN, both.WonN, err)
	}

	// Somebody is forced in, and what it costs is on file.
	res, err := o.Allocations.Result(ctx, eg, id, r.ID, service.ResultFilter{State: "waiting"})
	if err != nil || len(res.Rows) == 0 {
		t.Fatalf("nobody waits: %v", err)
	}
	wantWorth(t, o, eg, id, r.ID)
	waits := res.Rows[len(res.Rows)-1]
	_, err = o.Allocations.Force(ctx, qa, id, r.ID, waits.Participation)
	wantFault(t, err, fault.NotFound, "")
	force, err := o.Allocations.Force(ctx, eg, id, r.ID, waits.Participation)
	if err != nil || !force.Possible || len(force.Ways) == 0 && len(force.Dropped) == 0 {
		t.Fatalf("forcing: %+v, %v", force, err)
	}
	over, err := o.Allocations.Override(ctx, eg, id, r.ID, waits.Participation, 0, &intake.Words{Text: "تكريم من الوزارة"}, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	_, forced, err := o.Allocations.Run(ctx, qa, id, over)
	if err != nil || !forced.Sound() || forced.Body.Ask.Cost != force.Cost.Total || forced.Body.Ask.Reason == "" || forced.Body.Objective+forced.Body.Ask.Cost != r.Body.Objective {
		t.Fatalf("the override: %+v, %v", forced.Body, err)
	}

	// Both sign; the plan becomes invitations and waiting lists.
	_, signed, err := o.Allocations.Run(ctx, eg, id, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if done, err := o.Allocations.Sign(ctx, eg, id, r.ID, testkit.Write(signed.Version)); err != nil || done {
		t.Fatalf("the first signature: %v, %v", done, err)
	}
	_, err = o.Allocations.Sign(ctx, eg, id, over, testkit.Write(forced.Version))
	wantFault(t, err, fault.State, "error.allocation.other_run")
	sign(t, o, id, r.ID, qa)
	invited := 0
	for _, e := range shows {
		n, list := states(t, o, e.ID)
		invited += n[exhibition.Invited]
		if n[exhibition.Eligible] > 0 {
			t.Errorf("%s: %d are neither invited nor waiting", e.Terms.Name, n[exhibition.Eligible])
		}
		for _, y := range e.Terms.Tallies(list, 0) {
			if y.Max > 0 && y.Invited > y.Max {
				t.Errorf("%s: %s has %d invited", e.Terms.Name, y.Line(), y.Invited)
			}
		}
	}
	if invited != r.Body.Places {
		t.Errorf("%d invited, the plan has %d places", invited, r.Body.Places)
	}

	declineFive(t, o, shows, []auth.Actor{eg, qa})
	file, err := o.Allocations.DrawFile(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, file)

	// Planned again: what is mended stays within the cap, and nobody who accepted loses the place.
	mended := solved(t, o, eg, id, &intake.RunAsk{Kind: "replan", Changes: "6", KeepInvited: "yes"})
	if mended.Body.Changes > 6 || mended.Body.Gain < 0 {
		t.Errorf("mended: %d changes, gain %d", mended.Body.Changes, mended.Body.Gain)
	}
	sign(t, o, id, mended.ID, qa, eg)

	letter, err := o.Allocations.Letter(ctx, eg, waits.Participation)
	if err != nil || len(letter.Rows) == 0 || letter.Pseudonym != waits.Pseudonym {
		t.Errorf("the letter: %+v, %v", letter, err)
	}
	_, err = o.Allocations.Letter(ctx, qa, waits.Participation)
	wantFault(t, err, fault.NotFound, "")
}

// declineFive declines the first five invitations and holds that each is filled from the same cell, in the order of the waiting list, by somebody who may.
func declineFive(t testing.TB, o *testkit.Office, shows []*exhibition.Exhibition, coordinators []auth.Actor) {
	t.Helper()
	declined, filled := 0, 0
	for _, e := range shows {
		_, list := states(t, o, e.ID)
		for _, p := range list {
			if p.State != exhibition.Invited || declined == 5 {
				continue
			}
			actor := coordinators[slices.IndexFunc(coordinators, func(a auth.Actor) bool { return a.Party == p.Traits.Party })]
			_, before := states(t, o, e.ID)
			if _, err := o.Exhibitions.Answer(t.Context(), actor, p.ID, false, testkit.Write(p.Version)); err != nil {
				t.Fatal(err)
			}
			declined++
			_, after := states(t, o, e.ID)
			for i := range after {
				j := slices.IndexFunc(before, func(x exhibition.Participation) bool { return x.ID == after[i].ID })
				if after[i].State != exhibition.Invited || before[j].State != exhibition.Waiting {
					continue
				}
				filled++
				cell := e.Terms.Cell(p.Traits)
				if e.Terms.Cell(after[i].Traits) != cell {
					t.Errorf("a place of %s went to %s", cell, e.Terms.Cell(after[i].Traits))
				}
			}
		}
	}
	if declined != 5 || filled == 0 {
		t.Errorf("%d declined, %d filled", declined, filled)
	}
}

// checkFile verifies a published file from its text alone.
func checkFile(t testing.TB, file []byte) {
	t.Helper()
	f, err := model.ReadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := model.Decode(f.Problem)
	if err != nil {
		t.Fatal(err)
	}
	pl, err := f.For(p)
	if err != nil {
		t.Fatal(err)
	}
	if found := verify.Allocation(p, pl); len(found) > 0 {
		t.Errorf("the file does not pass: %v", found)
	}
}

// TestAllocationCancel: a run that is cancelled, before or while it works, leaves nothing, and the next one may begin.
func TestAllocationCancel(t *testing.T) {
	o := testkit.Service(t)
	eg := testkit.Actor(auth.Coordinator, "EG")
	season, shows, form := seasonOf(t, o, 2, 40)
	id, err := o.Allocations.Create(t.Context(), eg, season, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(9 * 24 * time.Hour)
	run, err := o.Allocations.Start(t.Context(), eg, id, &intake.RunAsk{}, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Allocations.Start(t.Context(), eg, id, &intake.RunAsk{}, testkit.Write(0))
	wantFault(t, err, fault.State, "error.allocation.busy")
	if err := o.Allocations.Cancel(t.Context(), eg, id, run, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	_, r, err := o.Allocations.Run(t.Context(), eg, id, run)
	if err != nil || r.State != exhibition.RunCancelled {
		t.Fatalf("cancelled: %+v, %v", r, err)
	}
	// Stopped while it works: nobody has a place, the seed stays secret, and nothing of the question or the answer is on file.
	nothing := func(run int64) {
		t.Helper()
		o.View(t, func(tx *store.Tx) error {
			whole, err := tx.RunByID(id, run)
			if err != nil || whole.State.Moving() || len(whole.Plan) > 0 || bytes.Contains(whole.Body, []byte("points")) || bytes.Contains(whole.Body, []byte("hash")) {
				t.Errorf("of the run is on file: %+v, %v", whole, err)
			}
			return nil
		})
		for _, e := range shows {
			if n, _ := states(t, o, e.ID); n[exhibition.Invited]+n[exhibition.Waiting]+n[exhibition.Accepted] > 0 {
				t.Errorf("half accepted: %v", n)
			}
		}
		if d, err := o.Allocations.Draw(t.Context(), id, "", 1); err != nil || d.Seed != nil || d.Run != 0 {
			t.Errorf("the public sees %+v, %v", d, err)
		}
	}
	nothing(run)
	if run, err = o.Allocations.Start(t.Context(), eg, id, &intake.RunAsk{}, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	_, r, _ = o.Allocations.Run(t.Context(), eg, id, run)
	atWork := false
	o.Jobs.Batch(500, func() {
		_, v, err := o.Allocations.Run(t.Context(), eg, id, run)
		atWork = err == nil && v.State == exhibition.RunRunning
		if err := o.Allocations.Cancel(t.Context(), eg, id, run, testkit.Write(0)); err != nil {
			t.Error(err)
		}
	})
	if err := o.Jobs.Work(t.Context(), r.JobID); err != nil {
		t.Fatal(err)
	}
	if _, r, err = o.Allocations.Run(t.Context(), eg, id, run); err != nil || !atWork || r.State != exhibition.RunCancelled {
		t.Fatalf("stopped while at work (%v): %+v, %v", atWork, r, err)
	}
	nothing(run)
	_, err = o.Allocations.Sign(t.Context(), eg, id, run, testkit.Write(r.Version))
	wantFault(t, err, fault.State, "error.allocation.unsound")
	// A process that dies while it works leaves its run; whoever comes next gives the same answer.
	run, err = o.Allocations.Start(t.Context(), eg, id, &intake.RunAsk{}, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	_, r, _ = o.Allocations.Run(t.Context(), eg, id, run)
	dead, kill := context.WithCancel(t.Context())
	o.Jobs.Batch(500, kill)
	_ = o.Jobs.Work(dead, r.JobID)
	o.Jobs.Batch(500, nil)
	if _, r, err = o.Allocations.Run(t.Context(), eg, id, run); err != nil || r.State != exhibition.RunRunning {
		t.Fatalf("after the process died: %+v, %v", r, err)
	}
	o.Clock.Advance(time.Minute)
	if err := o.Jobs.Work(t.Context(), r.JobID); err != nil {
		t.Fatal(err)
	}
	if _, r, err = o.Allocations.Run(t.Context(), eg, id, run); err != nil || !r.Sound() {
		t.Fatalf("taken up again: %+v, %v", r, err)
	}
}

// TestEqualDraw: an equal-chance draw shows each chance, passes its check, and is refused where it cannot be made.
func TestEqualDraw(t *testing.T) {
	o := testkit.Service(t)
	eg, qa := testkit.Actor(auth.Coordinator, "EG"), testkit.Actor(auth.Coordinator, "QA")
	season, shows, form := seasonOf(t, o, 2, 60)
	form.Rule = "equal"
	_, err := o.Allocations.Create(t.Context(), eg, season, form, testkit.Write(0))
	wantFault(t, err, fault.Invalid, "")
	form.Exhibitions = form.Exhibitions[:1]
	_, err = o.Allocations.Create(t.Context(), eg, season, form, testkit.Write(0)) // party, first time, women and craft cross: nothing is committed that cannot be drawn
	wantFault(t, err, fault.Invalid, "")
	o.Update(t, func(tx *store.Tx) error { // party and craft make two trees
		e := shows[0]
		e.Terms.Quotas = slices.DeleteFunc(e.Terms.Quotas, func(q exhibition.Quota) bool { return q.By != exhibition.ByParty && q.By != exhibition.ByCraft })
		return tx.UpdateExhibition(e)
	})
	id, err := o.Allocations.Create(t.Context(), eg, season, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(9 * 24 * time.Hour)
	r := solved(t, o, eg, id, &intake.RunAsk{})
	sign(t, o, id, r.ID, eg, qa)
	d, err := o.Allocations.Draw(t.Context(), id, "", 1)
	if err != nil || len(d.Rows) == 0 {
		t.Fatalf("the draw: %+v, %v", d, err)
	}
	for _, row := range d.Rows {
		if row.Chance <= 0 || row.Chance > 1 {
			t.Errorf("%s has a chance of %f", row.Pseudonym, row.Chance)
		}
	}
	declineFive(t, o, shows[:1], []auth.Actor{eg, qa})
}

// TestSeasonQuotas: quotas over several exhibitions are refused if they contradict, kept by the plan, shown with their cause, and kept when a declined place is filled.
func TestSeasonQuotas(t *testing.T) {
	o := testkit.Service(t)
	ctx := t.Context()
	eg, qa := testkit.Actor(auth.Coordinator, "EG"), testkit.Actor(auth.Coordinator, "QA")
	season, shows, form := seasonOf(t, o, 3, 90)
	two := fmt.Sprintf("%d %d", shows[0].ID, shows[2].ID)
	for _, bad := range [][]intake.SeasonQuota{
		{{Line: "women", Min: "9", Max: "8"}}, {{Line: "women"}}, {{Line: "women", Min: "9999"}}, {{Line: "women", Max: "٩٩٩٩"}}, {{Line: "party:FR", Min: "1"}}, {{Min: "1"}},
		{{Line: "women", Min: "1", Where: "999"}}, {{Line: "women", Min: "1", Where: "x"}}, {{Line: "women", Min: "1"}, {Line: "women", Max: "9"}}, {{Line: "women", Min: "-1"}},
		{{Line: "women", Min: "30", Where: two}, {Line: "women", Max: "20"}}, {{Line: "women", Max: "1"}}, {{Line: "party:EG", Min: "9000"}},
	} {
		form.Quotas = bad
		_, err := o.Allocations.Create(ctx, eg, season, form, testkit.Write(0))
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: got %v, want it refused", bad, err)
		}
	}
	// No more than six of an area in two exhibitions, and more people with disabilities than applied.
	form.Quotas = []intake.SeasonQuota{{Line: "area:EG-C", Max: "٦", Where: two}, {Line: "disability", Min: "90"}, {Line: "first_time", Min: "5", Max: "60"}}
	form.BudgetEG, form.EachEG = "10000", "2500" // four journeys
	id, err := o.Allocations.Create(ctx, eg, season, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(9 * 24 * time.Hour)
	r := solved(t, o, eg, id, &intake.RunAsk{})
	v, err := o.Allocations.Result(ctx, eg, id, r.ID, service.ResultFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Travel) != 1 || v.Travel[0].Spent != 10000 || v.Travel[0].More.Nothing() || !v.Travel[0].More.Known {
		t.Errorf("what travel costs: %+v", v.Travel)
	}
	whole := v.Gauges[len(v.Gauges)-3:]
	if !whole[0].Whole || len(whole[0].In) != 2 || whole[0].Used > 6 || whole[1].Missing == 0 || whole[1].Cause == nil || !whole[1].Cause.None || whole[2].Missing != 0 {
		t.Errorf("the gauges over several exhibitions: %+v", whole)
	}
	free := solved(t, o, eg, id, &intake.RunAsk{Kind: "what_if", Drop: []string{service.DropCode(0, "0")}})
	if w, err := o.Allocations.Result(ctx, eg, id, free.ID, service.ResultFilter{}); err != nil || len(w.Gauges) != len(v.Gauges)-1 {
		t.Errorf("without the first: %d gauges, %v", len(w.Gauges), err)
	}
	sign(t, o, id, r.ID, qa, eg)
	declineFive(t, o, shows, []auth.Actor{eg, qa})
	count := 0
	for _, e := range []*exhibition.Exhibition{shows[0], shows[2]} {
		_, list := states(t, o, e.ID)
		for _, p := range list {
			if p.Traits.Area == "EG-C" && (p.State == exhibition.Invited || p.State == exhibition.Accepted) {
				count++
			}
		}
	}
	if count > 6 {
		t.Errorf("%d of the area in both exhibitions, at most 6 may be", count)
	}
	// Nobody else of the area is invited by hand past the bound either.
	for i, e := range []*exhibition.Exhibition{shows[0], shows[2]} {
		_, list := states(t, o, e.ID)
		for _, p := range list {
			if count == 6 && p.Traits.Area == "EG-C" && p.State == exhibition.Waiting {
				err := o.Exhibitions.Invite(ctx, eg, p.ID, &intake.Invite{Deadline: o.Clock.Today().AddDays(1).String()}, testkit.Write(p.Version))
				if !fault.Is(err, fault.State) {
					t.Errorf("exhibition %d: a seventh of the area is invited: %v", i, err)
				}
				return
			}
		}
	}
}

// wantWorth compares what one place more in each exhibition is said to gain with what a plan with that place gains.
func wantWorth(t *testing.T, o *testkit.Office, actor auth.Actor, id, run int64) {
	t.Helper()
	v, err := o.Allocations.Result(t.Context(), actor, id, run, service.ResultFilter{})
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for _, h := range v.Halls {
		what := solved(t, o, actor, id, &intake.RunAsk{Kind: "what_if", Exhibition: fmt.Sprint(h.Exhibition), More: "1"})
		if gain := what.Body.Objective - v.Run.Body.Objective; gain != h.More.Gain || h.More.Short != v.Run.Body.Short-what.Body.Short {
			t.Errorf("one place more in %d: said to gain %+v, gains %d", h.Exhibition, h.More, gain)
		}
		if h.Places == h.Room && h.More.Known {
			full++
		}
	}
	if full == 0 {
		t.Error("no exhibition is full")
	}
}

// TestSeasonOfTwelve plans a season of 12 exhibitions with 3,000 applicants, has both parties sign, takes five declines, verifies the draw and reads a letter.
func TestSeasonOfTwelve(t *testing.T) {
	o := testkit.Service(t)
	eg, qa := testkit.Actor(auth.Coordinator, "EG"), testkit.Actor(auth.Coordinator, "QA")
	season, shows, form := seasonOf(t, o, 12, 3000)
	form.Seconds = "60"
	id, err := o.Allocations.Create(t.Context(), eg, season, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(9 * 24 * time.Hour)
	r := solved(t, o, eg, id, &intake.RunAsk{})
	if r.Body.Candidates != 3000 || r.Body.Gap > 0.0005 {
		t.Errorf("%d candidates, gap %f", r.Body.Candidates, r.Body.Gap)
	}
	sign(t, o, id, r.ID, qa, eg)
	declineFive(t, o, shows, []auth.Actor{eg, qa})
	file, err := o.Allocations.DrawFile(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, file)
	res, err := o.Allocations.Result(t.Context(), eg, id, r.ID, service.ResultFilter{State: "waiting", Exhibition: shows[7].ID})
	if err != nil || len(res.Rows) == 0 {
		t.Fatalf("nobody waits: %v", err)
	}
	letter, err := o.Allocations.Letter(t.Context(), eg, res.Rows[0].Participation)
	if err != nil || len(letter.Rows) == 0 || letter.Rows[0].Reason.Applicants == 0 {
		t.Errorf("the letter: %+v, %v", letter, err)
	}
}
