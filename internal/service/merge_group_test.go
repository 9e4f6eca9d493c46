package service_test

import (
	"slices"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
)

// TestGroupMerge merges a group of four in one step, of which nothing is done if one of them cannot be, and takes it apart again: byte for byte what it was, and with what was changed since.
func TestGroupMerge(t *testing.T) {
	o := testkit.Service(t)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	var ids []int64
	for i := range 4 {
		id := o.Family(t, i+1, place.Egypt, registry.Submitted)
		o.Document(t, worker, id, "photo")
		o.Visit(t, worker, id, "active")
		if i < 3 {
			o.Update(t, func(tx *store.Tx) error { _, err := storetest.FillExhibition(tx, id, place.Egypt); return err })
		}
		ids = append(ids, id)
	}
	first := pairOf(t, o, ids[0], ids[1])
	pairOf(t, o, ids[1], ids[2])
	pairOf(t, o, ids[0], ids[3])
	group, err := o.Duplicates.Group(background, reviewer, o.Families, first)
	if err != nil {
		t.Fatal(err)
	}
	d := service.GroupDecision{State: store.PairSame, Same: slices.Clone(ids), Keep: ids[1]}
	for _, p := range group.Pairs {
		d.Pairs = append(d.Pairs, service.PairRef{ID: p.ID, Version: p.Version})
	}
	id, err := o.Duplicates.DecideGroup(background, reviewer, first, d, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	before := stored(t, o, nil, ids...)
	var was []*registry.Family
	for _, f := range ids {
		was = append(was, o.Load(t, place.Egypt, f))
	}
	plan, err := o.Duplicates.PlanGroup(background, reviewer, id)
	if err != nil || plan.Stop != nil || len(plan.Sides) != 4 || plan.Sides[0].FamilyID != ids[1] {
		t.Fatalf("the plan: %+v, %v", plan, err)
	}
	for _, role := range []auth.Role{auth.FieldWorker, auth.Coordinator, auth.Analyst, auth.Administrator} {
		if _, err := o.Duplicates.PlanGroup(background, testkit.Actor(role, place.Egypt), id); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s plans: got %v, want forbidden", role, err)
		}
	}
	if _, err := o.Duplicates.PlanGroup(background, testkit.Actor(auth.Reviewer, place.Qatar), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("the other party plans: got %v, want not found", err)
	}
	third := slices.IndexFunc(plan.Sides, func(s service.PairSide) bool { return s.FamilyID == ids[2] })
	c := service.GroupMergeChoice{Choose: map[string]int{"lead.given_name": third, "lead.phones": registry.AllRows}, Versions: plan.Versions}
	for name, bad := range map[string]service.GroupMergeChoice{
		"a side that is none":    {Choose: map[string]int{"lead.given_name": 4}, Versions: plan.Versions},
		"all of a single value":  {Choose: map[string]int{"lead.given_name": registry.AllRows}, Versions: plan.Versions},
		"versions of the others": {Choose: c.Choose, Versions: plan.Versions[1:]},
	} {
		if err := o.Duplicates.MergeGroup(background, reviewer, o.Families, id, bad, testkit.Write(plan.Version)); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Stale) {
			t.Errorf("%s: got %v, want refused", name, err)
		}
	}
	if after := stored(t, o, nil, ids...); after != before {
		t.Fatal("a refused merge changed something")
	}
	merge := func() *service.GroupMerged {
		t.Helper()
		plan, err := o.Duplicates.PlanGroup(background, reviewer, id)
		if err != nil || plan.Stop != nil {
			t.Fatalf("the plan: %v, %v", plan.Stop, err)
		}
		c.Versions = plan.Versions
		w := testkit.Write(plan.Version)
		for range 2 { // sent twice, done once
			if err := o.Duplicates.MergeGroup(background, reviewer, o.Families, id, c, w); err != nil {
				t.Fatal(err)
			}
		}
		v, err := o.Duplicates.GroupMergeOf(background, reviewer, id)
		if err != nil || v.Stop != nil || len(v.Away) != 3 {
			t.Fatalf("merged: %+v, %v", v, err)
		}
		return v
	}
	v := merge()
	stays := o.Load(t, place.Egypt, ids[1])
	if stays.Record.Lead.GivenName != was[2].Record.Lead.GivenName || stays.Record.Lead.RestOfName != was[1].Record.Lead.RestOfName || len(stays.Record.Lead.Phones) < 2 {
		t.Errorf("the record that stays: %+v", stays.Record.Lead)
	}
	o.View(t, func(tx *store.Tx) error {
		docs, err := tx.DocumentsOf(ids[1])
		if len(docs) != 4 {
			t.Errorf("%d papers moved together, want 4", len(docs))
		}
		return err
	})
	for _, f := range []int64{ids[0], ids[2], ids[3]} {
		if o.Load(t, place.Egypt, f).Status.State != registry.Merged {
			t.Errorf("family %d is not merged", f)
		}
		if got := listed(t, o, string(numberOf(t, o, f))); len(got) != 1 || got[0] != ids[1] {
			t.Errorf("the number of %d finds %v", f, got)
		}
	}
	if _, err := o.Duplicates.UndoGroup(background, reviewer, id, testkit.Write(v.Version)); !fault.Is(err, fault.State) {
		t.Errorf("decision taken back while it is merged: got %v, want state", err)
	}
	o.Clock.Advance(200 * 24 * time.Hour)
	undo := func(v *service.GroupMerged, keep ...string) {
		t.Helper()
		w := testkit.Write(v.Version)
		for range 2 {
			if err := o.Duplicates.UndoGroupMerge(background, reviewer, o.Families, id, service.UndoGroupChoice{Keep: keep, Versions: v.Versions}, w); err != nil {
				t.Fatal(err)
			}
		}
	}
	var high map[string]int64
	o.View(t, func(tx *store.Tx) error {
		m, err := tx.MergeByID(place.Egypt, v.Body.Merges[0])
		high = m.Body.High
		return err
	})
	undo(v)
	if after := stored(t, o, high, ids...); after != before {
		t.Errorf("after the undo it is not what it was:\n%s\n%s", after, before)
	}
	for _, m := range v.Body.Merges {
		got, err := o.Duplicates.MergeByID(background, reviewer, m)
		if err != nil || !got.Undone || got.Body.Exact == nil || !*got.Body.Exact {
			t.Errorf("merge %d: undone %v, %v, want exactly", m, got.Undone, err)
		}
	}
	if err := o.Duplicates.UndoGroupMerge(background, reviewer, o.Families, id, service.UndoGroupChoice{Versions: v.Versions}, testkit.Write(v.Version+1)); !fault.Is(err, fault.State) {
		t.Errorf("undone again: got %v, want state", err)
	}
	// Changed since: one value stays, the other goes back to what it was before the first of the merges.
	merge()
	o.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, ids[1])
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(f.ID)
		if err != nil {
			return err
		}
		f.Record.Lead.GivenName, f.Record.Lead.RestOfName = "كوثر", "عبد المنعم السيد"
		return tx.UpdateFamily(f, x)
	})
	v, err = o.Duplicates.GroupMergeOf(background, reviewer, id)
	if err != nil || v.Stop != nil || len(v.Later) != 2 || v.Later[0].Key != "lead.given_name" || v.Later[0].Before[0].Text != was[1].Record.Lead.GivenName || v.Later[0].Now[0].Text != "كوثر" {
		t.Fatalf("changed since: %+v, %v", v.Later, err)
	}
	undo(v, "lead.rest_of_name")
	got := o.Load(t, place.Egypt, ids[1]).Record.Lead
	if got.GivenName != was[1].Record.Lead.GivenName || got.RestOfName != "عبد المنعم السيد" {
		t.Errorf("after the undo with a change: %s %s", got.GivenName, got.RestOfName)
	}
	for i, f := range ids {
		if i != 1 && o.Load(t, place.Egypt, f).Record.Lead.DisplayName() != was[i].Record.Lead.DisplayName() {
			t.Errorf("family %d is not what it was", f)
		}
	}
}
