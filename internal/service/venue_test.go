package service_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
)

var venueOf = exhibition.Venue{Area: "EG-C", Name: exhibition.Label{AR: "أرض المعارض", EN: "Exhibition Ground"}, City: exhibition.Label{AR: "القاهرة"}, Setting: exhibition.Indoor, FloorM2: 4000}

// drawnHall returns a draft of 40 × 30 m with doors and a row of six stands.
func drawnHall(t testing.TB, o *testkit.Office, actor auth.Actor) (plan, version int64) {
	t.Helper()
	v := venueOf
	if actor.Party == "QA" {
		v.Area = "QA-DA"
	}
	venue, err := o.Venues.Add(t.Context(), actor, v, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	plan, err = o.Venues.AddHall(t.Context(), actor, venue, exhibition.Label{AR: "القاعة"}, 40_000, 30_000, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	p := exhibition.NewPlan(40_000, 30_000)
	p.Doors = []exhibition.Door{{ID: 1, Kind: exhibition.BothWays, At: exhibition.Point{X: 20_000}, Width: 3000}, {ID: 2, Kind: exhibition.Exit, At: exhibition.Point{X: 20_000, Y: 30_000}, Width: 3000}}
	if _, _, err := p.AddGrid(exhibition.Grid{X: 5_000, Y: 8_000, Type: exhibition.Stand3x3, Rows: 2, Columns: 6, Aisle: 4_000, Numbering: exhibition.ByRow}); err != nil {
		t.Fatal(err)
	}
	version, found, err := o.Venues.SavePlan(t.Context(), actor, plan, p, testkit.Write(1))
	if err != nil || exhibition.Blocked(found) > 0 {
		t.Fatalf("saving: %v, %+v", err, found)
	}
	return plan, version
}

func wantFault(t testing.TB, err error, kind fault.Kind, key string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || key != "" && f.Key != key {
		t.Fatalf("got %v, want %v %s", err, kind, key)
	}
}

func TestPlanLife(t *testing.T) {
	o := testkit.Service(t)
	coordinator := testkit.Actor(auth.Coordinator, "EG")
	plan, version := drawnHall(t, o, coordinator)
	ctx := t.Context()

	// Nobody else draws; the other country does not know that it exists.
	for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Analyst, auth.Administrator} {
		_, _, err := o.Venues.SavePlan(ctx, testkit.Actor(role, "EG"), plan, exhibition.NewPlan(9000, 9000), testkit.Write(version))
		wantFault(t, err, fault.Forbidden, "")
	}
	stranger := testkit.Actor(auth.Coordinator, "QA")
	_, err := o.Venues.Plan(ctx, stranger, plan)
	wantFault(t, err, fault.NotFound, "")
	_, _, err = o.Venues.SavePlan(ctx, stranger, plan, exhibition.NewPlan(9000, 9000), testkit.Write(version))
	wantFault(t, err, fault.NotFound, "")

	// The same request again has no second effect; another on the old version is told.
	v, err := o.Venues.Plan(ctx, coordinator, plan)
	if err != nil || !v.Editable {
		t.Fatalf("got %+v, %v", v, err)
	}
	v.Plan.Booths[0].Y += 500
	w := testkit.Write(version)
	for range 2 {
		if got, _, err := o.Venues.SavePlan(ctx, coordinator, plan, v.Plan, w); err != nil || got != version+1 {
			t.Fatalf("got version %d, %v, want %d", got, err, version+1)
		}
	}
	_, _, err = o.Venues.SavePlan(ctx, coordinator, plan, v.Plan, testkit.Write(version))
	wantFault(t, err, fault.Stale, "error.stale")
	version++

	// What blocks keeps the plan from being released.
	v.Plan.Booths[0].X += 1500
	if version, _, err = o.Venues.SavePlan(ctx, coordinator, plan, v.Plan, testkit.Write(version)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, o.Venues.Release(ctx, coordinator, plan, testkit.Write(version)), fault.State, "error.plan.blocked")
	v.Plan.Booths[0].X -= 1500
	if version, _, err = o.Venues.SavePlan(ctx, coordinator, plan, v.Plan, testkit.Write(version)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, o.Venues.DeleteDraft(ctx, coordinator, plan, testkit.Write(version)), fault.State, "error.plan.only")
	if err := o.Venues.Release(ctx, coordinator, plan, testkit.Write(version)); err != nil {
		t.Fatal(err)
	}
	_, _, err = o.Venues.SavePlan(ctx, coordinator, plan, v.Plan, testkit.Write(version+1))
	wantFault(t, err, fault.State, "error.plan.released")

	next, err := o.Venues.Draft(ctx, coordinator, plan, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Venues.Draft(ctx, coordinator, plan, testkit.Write(0))
	wantFault(t, err, fault.Duplicate, "error.plan.has_draft")
	if err := o.Venues.DeleteDraft(ctx, coordinator, next, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}

	// Each save stands in the audit log with the booths that moved.
	page, err := o.Audit.List(ctx, testkit.Actor(auth.Administrator, "EG"), store.AuditQuery{Entity: "plan", EntityID: plan})
	if err != nil || len(page.Entries) < 5 {
		t.Fatalf("got %d entries, %v", len(page.Entries), err)
	}
}

func TestHallWithoutFloor(t *testing.T) {
	o := testkit.Service(t)
	actor := testkit.Actor(auth.Coordinator, "EG")
	venue, err := o.Venues.Add(t.Context(), actor, venueOf, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{0, 0}, {0, 20_000}, {20_000, -5}, {1_000, 1_000}, {900_000, 900_000}, {5_000_000, 10_000}} {
		_, err := o.Venues.AddHall(t.Context(), actor, venue, exhibition.Label{AR: "القاعة"}, size[0], size[1], testkit.Write(0))
		wantFault(t, err, fault.Invalid, "error.invalid")
	}
	v, err := o.Venues.Venue(t.Context(), actor, venue)
	if err != nil || len(v.Halls) != 0 {
		t.Errorf("got %d halls, %v, want none", len(v.Halls), err)
	}
	_, err = o.Venues.Add(t.Context(), actor, venueOf, testkit.Write(0))
	wantFault(t, err, fault.Duplicate, "error.duplicate_venue")
}

// TestPlanClash holds that of 32 people who save the same version one is taken and everybody else is told.
func TestPlanClash(t *testing.T) {
	o := testkit.Service(t)
	actor := testkit.Actor(auth.Coordinator, "EG")
	plan, version := drawnHall(t, o, actor)
	var wg sync.WaitGroup
	var saved, stale atomic.Int64
	for i := range 32 {
		wg.Go(func() {
			v, err := o.Venues.Plan(context.Background(), actor, plan)
			if err != nil {
				t.Error(err)
				return
			}
			v.Plan.Booths[0].Y += 10 * (i + 1)
			switch _, _, err := o.Venues.SavePlan(context.Background(), actor, plan, v.Plan, testkit.Write(version)); {
			case err == nil:
				saved.Add(1)
			case fault.Is(err, fault.Stale):
				stale.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if saved.Load() != 1 || stale.Load() != 31 {
		t.Errorf("%d saved and %d were told, want 1 and 31", saved.Load(), stale.Load())
	}
}

// placingOffice is an agreed exhibition of both countries, the host's hall in it, and exhibitors who hold places.
func placingOffice(t testing.TB, people int) (o *testkit.Office, e *exhibition.Exhibition, hall int64, list []*exhibition.Participation, booths []exhibition.Booth) {
	t.Helper()
	o = testkit.Service(t)
	e = storetest.Exhibition(1, people)
	host := testkit.Actor(auth.Coordinator, e.Terms.Host)
	plan, version := drawnHall(t, o, host)
	if err := o.Venues.Release(t.Context(), host, plan, testkit.Write(version)); err != nil {
		t.Fatal(err)
	}
	for i := range people {
		party := e.Terms.Parties[i%len(e.Terms.Parties)]
		f := storetest.Family(party, 500+i)
		o.Update(t, func(tx *store.Tx) error {
			if i == 0 {
				if err := tx.InsertExhibition(e); err != nil {
					return err
				}
			}
			if err := storetest.Save(tx, f, store.FamilyExtra{}); err != nil {
				return err
			}
			p, err := storetest.Take(tx, e, f.ID, party, exhibition.Accepted)
			list = append(list, p)
			return err
		})
	}
	if err := o.Places.UsePlan(t.Context(), host, e.ID, plan, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	f, err := o.Places.Floor(t.Context(), host, e.ID)
	if err != nil || len(f.Halls) != 1 || f.Accepted != people {
		t.Fatalf("got %+v, %v", f, err)
	}
	v, err := o.Venues.Plan(t.Context(), host, plan)
	if err != nil {
		t.Fatal(err)
	}
	return o, e, f.Halls[0].HallID, list, v.Plan.Booths
}

func TestPlacing(t *testing.T) {
	o, e, hall, list, booths := placingOffice(t, 6)
	ctx := t.Context()
	host, guest := testkit.Actor(auth.Coordinator, e.Terms.Host), testkit.Actor(auth.Coordinator, e.Terms.Host.Other())
	of := func(party string, n int) *exhibition.Participation {
		for _, p := range list {
			if string(p.Traits.Party) == party {
				if n == 0 {
					return p
				}
				n--
			}
		}
		t.Fatalf("no exhibitor %d of %s", n, party)
		return nil
	}
	own, theirs := of(string(e.Terms.Host), 0), of(string(e.Terms.Host.Other()), 0)

	// The host places everybody, the guest its own, nobody else anybody.
	wantFault(t, o.Places.Place(ctx, guest, e.ID, hall, own.ID, booths[0].ID, testkit.Write(0)), fault.NotFound, "")
	wantFault(t, o.Places.Place(ctx, testkit.Actor(auth.Analyst, e.Terms.Host), e.ID, hall, own.ID, booths[0].ID, testkit.Write(0)), fault.Forbidden, "")
	if err := o.Places.Place(ctx, host, e.ID, hall, own.ID, booths[0].ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if err := o.Places.Place(ctx, guest, e.ID, hall, theirs.ID, booths[4].ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, o.Places.Place(ctx, guest, e.ID, hall, of(string(e.Terms.Host.Other()), 1).ID, booths[0].ID, testkit.Write(0)), fault.Duplicate, "error.place.taken")
	wantFault(t, o.Places.Place(ctx, host, e.ID, hall, own.ID, 99_999, testkit.Write(1)), fault.NotFound, "")
	wantFault(t, o.Places.Place(ctx, host, e.ID, hall, own.ID, booths[2].ID, testkit.Write(7)), fault.Duplicate, "error.place.placed")

	// Locked stays; unlocked moves and is cleared.
	if err := o.Places.Lock(ctx, host, e.ID, hall, own.ID, true, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, o.Places.Place(ctx, host, e.ID, hall, own.ID, booths[2].ID, testkit.Write(2)), fault.State, "error.place.locked")
	wantFault(t, o.Places.Clear(ctx, host, e.ID, hall, own.ID, testkit.Write(2)), fault.State, "error.place.locked")
	if err := o.Places.Lock(ctx, host, e.ID, hall, own.ID, false, testkit.Write(2)); err != nil {
		t.Fatal(err)
	}
	if err := o.Places.Place(ctx, host, e.ID, hall, own.ID, booths[2].ID, testkit.Write(3)); err != nil {
		t.Fatal(err)
	}
	v, err := o.Places.View(ctx, guest, e.ID, hall, 0)
	if err != nil || v.At(booths[2].ID) == nil || v.At(booths[0].ID) != nil {
		t.Fatalf("got %+v, %v", v, err)
	}
	if p := v.At(booths[2].ID); p.Mine || p.Name != own.Name {
		t.Errorf("the guest sees %+v", p)
	}
	wantFault(t, o.Places.DropHall(ctx, host, e.ID, hall, testkit.Write(0)), fault.State, "error.floor.occupied")
	if err := o.Places.Clear(ctx, host, e.ID, hall, own.ID, testkit.Write(4)); err != nil {
		t.Fatal(err)
	}

	// Every step stands in the audit log.
	page, err := o.Audit.List(ctx, testkit.Actor(auth.Administrator, e.Terms.Host), store.AuditQuery{Entity: "exhibition", EntityID: e.ID})
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]int{}
	for _, x := range page.Entries {
		steps[x.Action]++
	}
	if steps["place.put"] < 2 || steps["place.lock"] != 1 || steps["place.unlock"] != 1 || steps["place.clear"] != 1 || steps["place.hall"] != 1 {
		t.Errorf("the log has %v", steps)
	}
	if _, err := o.Places.View(ctx, host, e.ID, hall, 99); !fault.Is(err, fault.NotFound) {
		t.Errorf("a wave that there is not: %v", err)
	}
}

// TestPlaceRace holds that 64 clients who want one booth for twelve exhibitors leave one in it.
func TestPlaceRace(t *testing.T) {
	o, e, hall, list, booths := placingOffice(t, 12)
	host := testkit.Actor(auth.Coordinator, e.Terms.Host)
	var wg sync.WaitGroup
	var placed atomic.Int64
	for i := range 64 {
		wg.Go(func() {
			err := o.Places.Place(context.Background(), host, e.ID, hall, list[i%len(list)].ID, booths[3].ID, service.Write{Key: fmt.Sprintf("race-%d", i)})
			switch {
			case err == nil:
				placed.Add(1)
			case !fault.Is(err, fault.Duplicate) && !fault.Is(err, fault.Stale):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	v, err := o.Places.View(t.Context(), host, e.ID, hall, 0)
	if err != nil {
		t.Fatal(err)
	}
	in := 0
	for _, p := range v.People {
		if p.Placement != nil {
			in++
		}
	}
	if placed.Load() != 1 || in != 1 {
		t.Errorf("%d clients placed and %d stand, want 1 and 1", placed.Load(), in)
	}
}
