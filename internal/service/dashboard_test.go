package service_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// counted brings the sums on and holds them to a full count of every family.
func countedOn(t *testing.T, o *testkit.Office) {
	t.Helper()
	for {
		more, err := o.Dashboards.CountOn(background, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
	}
	o.View(t, func(tx *store.Tx) error {
		differ, example, behind, err := tx.CheckFigures()
		if differ != 0 || behind {
			t.Fatalf("%d sums differ from a full count (behind: %v), such as %s", differ, behind, example)
		}
		return err
	})
}

// tallyOf is what a dashboard reads.
func tallyOf(t *testing.T, o *testkit.Office, party place.Country) string {
	t.Helper()
	out := ""
	o.View(t, func(tx *store.Tx) error {
		got, _, err := tx.Tally(store.Scope{Party: party}, 0, 12*3000, o.Clock.Today())
		out = fmt.Sprint(got)
		return err
	})
	return out
}

// TestFiguresFollow walks families of both parties through random histories (saves, decisions, papers, merges and their undoing, an import and its undoing, time that passes) and
// holds the kept sums to a full count, and what a reader gets before they have followed to what it gets after.
func TestFiguresFollow(t *testing.T) {
	o := testkit.Service(t)
	rng := rand.New(rand.NewPCG(3, 14))
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	states := []registry.State{registry.Draft, registry.Submitted, registry.UnderReview, registry.Returned, registry.Approved, registry.Rejected, registry.Suspended, registry.Graduated, registry.Withdrawn}
	n := 100
	more := func(k int) {
		for range k {
			n++
			o.Family(t, n, place.Countries()[rng.IntN(2)], states[rng.IntN(len(states))])
			o.Clock.Advance(time.Duration(rng.IntN(60)) * time.Hour)
		}
	}
	follow := func(what string) {
		t.Helper()
		before := [2]string{tallyOf(t, o, place.Egypt), tallyOf(t, o, place.Qatar)}
		countedOn(t, o)
		if after := [2]string{tallyOf(t, o, place.Egypt), tallyOf(t, o, place.Qatar)}; before != after {
			t.Errorf("after %s a reader got\n%s\nand the sums hold\n%s", what, before, after)
		}
	}
	more(12)
	countedOn(t, o)
	for round := range 6 {
		more(4)
		if round%2 == 0 {
			follow(fmt.Sprintf("round %d", round))
		}
	}
	countedOn(t, o)

	first, second, _ := twice(t, o)
	follow("two alike")
	merge := merged(t, o, reviewer, pairOf(t, o, first, second), first, nil)
	follow("a merge")
	undone(t, o, reviewer, merge, service.UndoChoice{})
	follow("its undoing")

	v := confirmed(t, o, worker, staged(t, o, worker, roster(row(1), row(2), row(3)), byID).ID)
	follow("an import")
	if err := o.Imports.Undo(background, worker, v.ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	worked(t, o, worker, v.ID, service.ImportUndone)
	follow("its undoing")

	grantsFollow(t, o, follow)

	o.Clock.Advance(3 * 365 * 24 * time.Hour) // papers end
	follow("three years")

	if err := o.DB.RecountFigures(background); err != nil {
		t.Fatal(err)
	}
	countedOn(t, o)
}

// grantsFollow walks a grant and a development plan from their beginning to their end.
func grantsFollow(t *testing.T, o *testkit.Office, follow func(string)) {
	t.Helper()
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	sum := func(m programme.Measure, code string) (n int64) {
		o.View(t, func(tx *store.Tx) error {
			got, _, err := tx.Tally(store.Scope{Party: place.Egypt}, 0, 12*3000, o.Clock.Today())
			for k, v := range got {
				if k.Measure == m && k.Code == code {
					n += int64(v)
				}
			}
			return err
		})
		return n
	}
	holds := func(what string, want map[string]int64) {
		t.Helper()
		follow(what)
		got := map[string]int64{}
		for k := range want {
			measure, code, _ := strings.Cut(k, " ")
			got[k] = sum(programme.Measure(measure), code)
		}
		if !maps.Equal(got, want) {
			t.Errorf("after %s: got %v, want %v", what, got, want)
		}
	}
	family := o.Family(t, 900, place.Egypt, registry.Approved)
	x := openScheme(t, o, schemeForm(o, "700", ""))
	var ids []int64
	for _, offer := range []string{"1", "2"} {
		id, err := o.Incentives.Apply(background, worker, family, ask(x, offer), testkit.Write(0))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	offer := scheme(t, o, x).Offers[0]
	holds("two applications", map[string]int64{"grant proposed": 2, "benefit " + string(offer.Kind): 0})
	for _, id := range ids {
		if err := o.Incentives.Decide(background, reviewer, id, true, "", testkit.Write(1)); err != nil {
			t.Fatal(err)
		}
	}
	holds("approving", map[string]int64{"grant proposed": 0, "grant approved": 2, "benefit " + string(offer.Kind): 1, "helped ": 0})
	paper := o.Document(t, worker, family, "other")
	delivery := &intake.Delivery{On: o.Clock.Today().String(), Quantity: "1", Receiver: "فاطمة", Proof: "signature"}
	for _, id := range ids {
		if err := o.Incentives.Deliver(background, worker, id, delivery, paper, testkit.Write(2)); err != nil {
			t.Fatal(err)
		}
	}
	holds("delivering", map[string]int64{"grant delivered": 2, "helped ": 1, "given " + string(offer.Kind): offer.UnitCost})
	board, err := o.Dashboards.Board(background, testkit.Actor(auth.Coordinator, place.Egypt), service.BoardQuery{View: service.ViewProgramme})
	if err != nil {
		t.Fatal(err)
	}
	purse := scheme(t, o, x).Account.Purse
	for _, p := range board.Panels {
		if p.Key == "schemes" && (p.Total.Values[0].N != purse.Spent || p.Total.Values[1].N != purse.Reserved || p.Total.Values[2].N != purse.Left()) {
			t.Errorf("the schemes come to %+v, want %+v", p.Total, purse)
		}
	}
	in, base := planForm(o, worker.UserID)
	plan, err := o.Plans.Put(background, worker, family, 0, in, base, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	holds("a plan", map[string]int64{"plan open": 1, "action open": 6, "income once": 1})
	v, err := o.Plans.Plan(background, worker, plan)
	if err == nil {
		err = o.Plans.Tick(background, worker, plan, v.Actions[0].ID, true, testkit.Write(1))
	}
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(190 * 24 * time.Hour)
	holds("half a year", map[string]int64{"action open": 0, "action done": 1, "action late": 5})
	if err := o.Plans.Measure(background, worker, plan, &intake.Measure{On: o.Clock.Today().String(), Income: "2250"}, testkit.Write(2)); err != nil {
		t.Fatal(err)
	}
	holds("measuring again", map[string]int64{"income once": 0, "income up": 1})
	own, err := o.Dashboards.Board(background, worker, service.BoardQuery{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int64{}
	for _, p := range own.Panels {
		for _, l := range p.Lines {
			for _, v := range l.Values {
				seen[p.Key+" "+l.Code] += v.N
			}
		}
	}
	for k, want := range map[string]int64{"grants delivered": 2, "actions done": 1, "actions late": 5} {
		if seen[k] != want {
			t.Errorf("a worker's own %s: got %d, want %d", k, seen[k], want)
		}
	}
}

// TestDashboardTotals holds the totals of both ministries' dashboards to counts made family by family.
func TestDashboardTotals(t *testing.T) {
	o := testkit.Service(t)
	ids := map[place.Country][]int64{}
	for i, st := range []registry.State{registry.Approved, registry.Approved, registry.Rejected, registry.Approved, registry.Submitted, registry.Draft, registry.Approved, registry.Returned, registry.Approved,
		registry.Approved, registry.Approved, registry.Approved, registry.Graduated} {
		for _, party := range place.Countries() {
			if party == place.Egypt || i < 9 {
				ids[party] = append(ids[party], o.Family(t, 300+10*i+len(party)+int(party[0]), party, st))
			}
		}
	}
	countedOn(t, o)
	for _, party := range place.Countries() {
		want := map[string]int64{}
		for _, id := range ids[party] {
			f := o.Load(t, party, id)
			if f.Status.State == registry.Approved {
				want["registered"]++
				want["craft "+f.Record.Project.Craft]++
				want["area "+f.Record.Address.Area]++
				if f.Record.Lead.Sex == "f" {
					want["women"]++
				}
			}
			if f.Status.State == registry.Submitted || f.Status.State == registry.UnderReview {
				want["waiting"]++
			}
			if !f.Status.SubmittedAt.IsZero() {
				want["handed"]++
			}
		}
		b, err := o.Dashboards.Board(background, testkit.Actor(auth.Analyst, party), service.BoardQuery{View: service.ViewRegistrations})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range b.Tiles {
			if x.Value.N != want[x.Key] {
				t.Errorf("%s %s: got %d, want %d", party, x.Key, x.Value.N, want[x.Key])
			}
		}
		for _, p := range b.Panels {
			sum := int64(0)
			for _, l := range p.Lines {
				n := int64(0)
				for _, v := range l.Values {
					n += v.N
				}
				sum += n
				if p.By == "craft" || p.By == "area" {
					if n != want[p.By+" "+l.Code] {
						t.Errorf("%s %s %s: got %d, want %d", party, p.Key, l.Code, n, want[p.By+" "+l.Code])
					}
				}
			}
			switch p.Key {
			case "areas", "crafts", "approved":
				wanted := want["registered"]
				if p.Key == "approved" && party == place.Egypt {
					wanted++ // who graduated was approved
				}
				if sum != wanted {
					t.Errorf("%s %s: the sum is %d, want %d", party, p.Key, sum, wanted)
				}
			case "handed":
				if sum != want["handed"] {
					t.Errorf("%s handed: got %d, want %d", party, sum, want["handed"])
				}
			case "states":
				if sum != int64(len(ids[party])) {
					t.Errorf("%s states: got %d, want %d", party, sum, len(ids[party]))
				}
			}
		}
		ownTotals(t, o, party, ids[party])
		// The other side sees the same total, or nothing of it.
		other, err := o.Dashboards.Board(background, testkit.Actor(auth.Analyst, party.Other()), service.BoardQuery{View: service.ViewBoth})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range other.Tiles {
			if x.Key == "registered_"+string(party) && !x.Value.Hidden && x.Value.N != want["registered"] {
				t.Errorf("%s as the other sees it: got %d, want %d", party, x.Value.N, want["registered"])
			}
		}
		for _, p := range other.Panels {
			if p.Party != party {
				continue
			}
			if !p.Small {
				t.Errorf("%s of %s is shown whole to the other", p.Key, party)
			}
			for _, l := range p.Lines {
				for i, v := range l.Values {
					if p.Unit == "" && !v.Hidden && v.N > 0 && v.N < programme.SmallCell {
						t.Errorf("%s of %s shows the other %d in line %s, series %s", p.Key, party, v.N, l.Code, p.Series[i])
					}
				}
			}
		}
	}
}

// ownTotals holds the figures of the field worker who entered all families to a count family by family, by sex, state, month and days of waiting.
func ownTotals(t *testing.T, o *testkit.Office, party place.Country, ids []int64) {
	t.Helper()
	worker := testkit.Actor(auth.FieldWorker, party)
	want := map[string]int64{}
	for _, id := range ids {
		f := o.Load(t, party, id)
		if f.Status.EnteredBy != worker.UserID {
			continue
		}
		sex := map[registry.Sex]string{"f": "women", "m": "men"}[f.Record.Lead.Sex]
		want["states "+string(f.Status.State)+" "+sex]++
		if f.Status.SubmittedAt.IsZero() {
			continue
		}
		want["handed "+f.Status.SubmittedAt.UTC().Add(3*time.Hour).Format("2006-01")+" "+sex]++
		if f.Status.State == registry.Submitted || f.Status.State == registry.UnderReview {
			want["ages waiting "+sex]++
		}
	}
	b, err := o.Dashboards.Board(background, worker, service.BoardQuery{View: service.ViewMine})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, p := range b.Panels {
		for _, l := range p.Lines {
			for i, v := range l.Values {
				if v.N == 0 {
					continue
				}
				switch p.Key {
				case "states", "handed":
					got[p.Key+" "+l.Code+" "+p.Series[i]] += v.N
				case "ages":
					got["ages waiting "+p.Series[i]] += v.N
				}
			}
		}
	}
	if len(want) < 5 || !maps.Equal(got, want) {
		t.Errorf("%s, a worker's own: got %v, want %v", party, got, want)
	}
}

// TestDashboardReach holds each role to its own views and areas.
func TestDashboardReach(t *testing.T) {
	o := testkit.Service(t)
	o.Family(t, 1, place.Egypt, registry.Approved)
	for role, want := range map[auth.Role]service.View{auth.FieldWorker: service.ViewMine, auth.Reviewer: service.ViewDecisions, auth.Coordinator: service.ViewExhibitions,
		auth.Analyst: service.ViewRegistrations, auth.Administrator: service.ViewRegistrations} {
		actor := testkit.Actor(role, place.Egypt)
		b, err := o.Dashboards.Board(background, actor, service.BoardQuery{})
		if err != nil || b.View != want {
			t.Errorf("%s: got %v, %v; want %s", role, b, err, want)
		}
		for _, q := range []service.BoardQuery{{View: "nothing"}, {Span: "century"}, {Area: "QA-DA"}} {
			if _, err := o.Dashboards.Board(background, actor, q); err == nil {
				t.Errorf("%s may ask for %+v", role, q)
			}
		}
		if _, err := o.Dashboards.Board(background, actor, service.BoardQuery{View: service.ViewBoth}); (err == nil) != auth.Can(actor, auth.FiguresOther) {
			t.Errorf("%s sees both countries: %v", role, err)
		}
	}
}
