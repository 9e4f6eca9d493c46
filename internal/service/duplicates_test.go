package service_test

import (
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/matching"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// twice registers a woman twice: the second time with another spelling and with two digits of her identity number exchanged. The third is her sister.
func twice(t *testing.T, o *testkit.Office) (first, second, sister int64) {
	t.Helper()
	for i, change := range []func(l *registry.LeadProducer){
		func(l *registry.LeadProducer) {
			l.GivenName, l.RestOfName = "نجاة", "عبد الموجود أبو زيد القوصي"
		},
		func(l *registry.LeadProducer) {
			l.GivenName, l.RestOfName = "نجاه", "عبدالموجود ابوزيد القوصى"
		},
		func(l *registry.LeadProducer) {
			l.GivenName, l.RestOfName = "سهير", "عبد الموجود أبو زيد القوصي"
			l.BirthDate = l.BirthDate.AddDays(1500)
		},
	} {
		id := o.Family(t, i+1, place.Egypt, registry.Submitted)
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
			return tx.UpdateFamily(f, x)
		})
		*[]*int64{&first, &second, &sister}[i] = id
	}
	return first, second, sister
}

func searchDuplicates(t *testing.T, o *testkit.Office, actor auth.Actor) {
	t.Helper()
	if err := o.Jobs.Start(background); err != nil {
		t.Fatal(err)
	}
	defer o.Jobs.Stop()
	id, err := o.Duplicates.Run(background, actor, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	until(t, o, id, func(v *service.JobView) bool { return v.Ended() })
}

// TestDuplicatesQueue walks a pair from the search to the decision that is remembered.
func TestDuplicatesQueue(t *testing.T) {
	o := testkit.Service(t)
	first, second, _ := twice(t, o)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	searchDuplicates(t, o, reviewer)
	list, err := o.Duplicates.List(background, reviewer, store.PairOpen, 0)
	if err != nil {
		t.Fatal(err)
	}
	var pair *service.PairView
	for i := range list.Pairs {
		p := &list.Pairs[i]
		if p.A == first && p.B == second {
			pair = p
		} else if p.Probability > .9 {
			t.Errorf("pair of %d and %d with probability %v: they are two", p.A, p.B, p.Probability)
		}
	}
	if pair == nil || pair.Probability < .9 || len(pair.Parts) < 4 || pair.Sides[0].Name == "" {
		t.Fatalf("got %+v, want the pair of %d and %d", list.Pairs, first, second)
	}
	w := testkit.Write(pair.Version)
	for range 2 { // sent twice, done once
		if err := o.Duplicates.Decide(background, reviewer, pair.ID, store.PairDifferent, "سألتهما", w); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Duplicates.Decide(background, reviewer, pair.ID, store.PairSame, "", testkit.Write(pair.Version)); !fault.Is(err, fault.Stale) {
		t.Errorf("a decision on an older version: got %v, want stale", err)
	}
	searchDuplicates(t, o, reviewer)
	got, err := o.Duplicates.Pair(background, reviewer, o.Families, pair.ID)
	if err != nil || got.State != store.PairDifferent || got.Note != "سألتهما" || got.DecidedBy == "" || got.Sides[0].View == nil || got.Sides[1].View == nil {
		t.Errorf("after the next search: got %+v, %v", got, err)
	}
	history, err := o.Audit.History(background, testkit.Actor(auth.Administrator, place.Egypt), first, 0)
	if err != nil {
		t.Fatal(err)
	}
	decided := 0
	for _, e := range history.Entries {
		if e.Action == string(auth.DuplicateReview) {
			decided++
		}
	}
	if decided != 1 {
		t.Errorf("%d entries of the decision in the log of the first family, want 1", decided)
	}
}

// TestDuplicatesReach holds that the queue shows nothing from out of reach.
func TestDuplicatesReach(t *testing.T) {
	o := testkit.Service(t)
	first, second, _ := twice(t, o)
	o.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, second)
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(second)
		if err != nil {
			return err
		}
		f.Record.Address.Area = "EG-KN"
		return tx.UpdateFamily(f, x)
	})
	searchDuplicates(t, o, testkit.Actor(auth.Reviewer, place.Egypt))
	sohag := testkit.Actor(auth.Reviewer, place.Egypt, "EG-SHG")
	list, err := o.Duplicates.List(background, sohag, store.PairOpen, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, p := range list.Pairs {
		if p.A != first || p.B != second {
			continue
		}
		found = true
		if p.Sides[0].FamilyID != first || p.Sides[1].FamilyID != 0 || p.Sides[1].Name != "" || p.Sides[1].Number != "" || p.Sides[1].Area != "EG-KN" {
			t.Errorf("sides: got %+v", p.Sides)
		}
		v, err := o.Duplicates.Pair(background, sohag, o.Families, p.ID)
		if err != nil || v.Sides[1].View != nil || v.Sides[0].View == nil {
			t.Errorf("page of the pair: got %+v, %v", v, err)
		}
		for _, other := range []auth.Actor{testkit.Actor(auth.Reviewer, place.Egypt, "EG-C"), testkit.Actor(auth.Reviewer, place.Qatar)} {
			if _, err := o.Duplicates.Pair(background, other, o.Families, p.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("reviewer of %v %v: got %v, want not found", other.Party, other.Areas, err)
			}
		}
	}
	if !found {
		t.Errorf("the pair over two areas is not in the queue: %+v", list.Pairs)
	}
	for _, role := range []auth.Role{auth.FieldWorker, auth.Coordinator, auth.Analyst, auth.Administrator} {
		if _, err := o.Duplicates.List(background, testkit.Actor(role, place.Egypt), store.PairOpen, 0); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: got %v, want forbidden", role, err)
		}
	}
	result, families, err := o.Duplicates.Search(background, auth.SystemActor(place.Egypt), matching.Options{}, false)
	if err != nil || families < 3 {
		t.Fatalf("got %d families, %v", families, err)
	}
	for _, p := range result.Pairs {
		if !strings.HasPrefix(p.A, "EG") || !strings.HasPrefix(p.B, "EG") {
			t.Errorf("pair %s, %s: want registration numbers", p.A, p.B)
		}
	}
}

// TestPairAtEntry hands in a registration although the form showed who she probably is: the pair waits in the queue, and a search does not take it out.
func TestPairAtEntry(t *testing.T) {
	o := testkit.Service(t)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	first := o.Family(t, 1, place.Egypt, registry.Submitted)
	other := o.Family(t, 2, place.Egypt, registry.Submitted)
	again, err := o.Families.Create(background, worker, testkit.Form(12, place.Egypt), testkit.Write(0)) // the same woman with another number
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Families.Submit(background, worker, again, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	pairs := func() (out []service.PairView) {
		list, err := o.Duplicates.List(background, reviewer, store.PairOpen, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list.Pairs {
			if p.Source == store.FoundAtEntry {
				out = append(out, p)
			}
		}
		return out
	}
	got := pairs()
	if len(got) != 1 || got[0].A != first || got[0].B != again || got[0].Probability < .5 || len(got[0].Parts) < 4 {
		t.Fatalf("got %+v, want the pair of %d and %d, and none of %d", got, first, again, other)
	}
	searchDuplicates(t, o, reviewer)
	if got := pairs(); len(got) != 1 {
		t.Errorf("after a search: got %+v", got)
	}
}

// TestGroupDecision decides on a group, merges what was called one, and takes the decision back when the merge is undone: what somebody decided anew since stays.
func TestGroupDecision(t *testing.T) {
	o := testkit.Service(t)
	var ids []int64
	for i := range 4 {
		ids = append(ids, o.Family(t, i+1, place.Egypt, registry.Submitted))
	}
	first, second := pairOf(t, o, ids[0], ids[1]), pairOf(t, o, ids[1], ids[2])
	alone := pairOf(t, o, ids[0], ids[3])
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	group, err := o.Duplicates.Group(background, reviewer, o.Families, second)
	if err != nil || len(group.Pairs) != 3 || len(group.IDs) != 4 || group.Families[3].View == nil {
		t.Fatalf("got %+v, %v", group, err)
	}
	var seen []service.PairRef
	for _, p := range group.Pairs {
		seen = append(seen, service.PairRef{ID: p.ID, Version: p.Version})
	}
	d := service.GroupDecision{State: store.PairSame, Same: ids[:3], Keep: ids[0], Note: "هي واحدة", Pairs: seen}
	for _, role := range []auth.Role{auth.FieldWorker, auth.Coordinator, auth.Analyst, auth.Administrator} {
		if _, err := o.Duplicates.DecideGroup(background, testkit.Actor(role, place.Egypt), first, d, testkit.Write(0)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: got %v, want forbidden", role, err)
		}
	}
	w := testkit.Write(0)
	var id int64
	for range 2 { // sent twice, done once
		if id, err = o.Duplicates.DecideGroup(background, reviewer, first, d, w); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.Duplicates.DecideGroup(background, reviewer, first, d, testkit.Write(0)); !fault.Is(err, fault.Stale) {
		t.Errorf("decided again: got %v, want stale", err)
	}
	merge := merged(t, o, reviewer, first, ids[0], nil)
	if _, err := o.Duplicates.UndoGroup(background, reviewer, id, testkit.Write(1)); !fault.Is(err, fault.State) {
		t.Errorf("taken back while a merge stands: got %v, want state", err)
	}
	undone(t, o, reviewer, merge, service.UndoChoice{})
	view, err := o.Duplicates.Pair(background, reviewer, o.Families, alone)
	if err != nil || view.State != store.PairDifferent {
		t.Fatalf("the pair with the other: got %+v, %v", view, err)
	}
	if err := o.Duplicates.Decide(background, reviewer, alone, store.PairLater, "", testkit.Write(view.Version)); err != nil {
		t.Fatal(err)
	}
	kept, err := o.Duplicates.UndoGroup(background, reviewer, id, testkit.Write(1))
	if err != nil || kept != 1 {
		t.Fatalf("taken back: kept %d, %v, want the one that was decided anew", kept, err)
	}
	list, err := o.Duplicates.List(background, reviewer, store.PairOpen, 0)
	if err != nil || len(list.Pairs) != 2 || list.Pairs[0].Group == nil || !list.Pairs[1].Chained || len(list.Pairs[0].Group.IDs) != 3 {
		t.Errorf("the queue: got %+v, %v", list, err)
	}
	// decisions that cannot all be true
	var refs []service.Decided
	for i, p := range list.Pairs {
		refs = append(refs, service.Decided{PairRef: service.PairRef{ID: p.ID, Version: p.Version}, State: []store.PairState{store.PairSame, store.PairSame}[i]})
	}
	third := pairOf(t, o, ids[0], ids[2])
	refs = append(refs, service.Decided{PairRef: service.PairRef{ID: third, Version: 1}, State: store.PairDifferent})
	if _, _, err := o.Duplicates.DecideAll(background, reviewer, refs, testkit.Write(0)); !fault.Is(err, fault.Invalid) {
		t.Errorf("decisions that contradict each other: got %v, want invalid", err)
	}
}
