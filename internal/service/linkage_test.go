package service_test

import (
	"errors"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/matching"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

func openPair(t *testing.T, o *testkit.Office, a, b int64) *service.PairView {
	t.Helper()
	list, err := o.Duplicates.List(background, testkit.Actor(auth.Reviewer, place.Egypt), store.PairOpen, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.Pairs {
		if p := &list.Pairs[i]; p.A == min(a, b) && p.B == max(a, b) {
			return p
		}
	}
	return nil
}

func rename(t *testing.T, o *testkit.Office, id int64, change func(f *registry.Family)) {
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
		change(f)
		return tx.UpdateFamily(f, x)
	})
}

func waitingNow(t *testing.T, o *testkit.Office) (n int64) {
	t.Helper()
	o.View(t, func(tx *store.Tx) (err error) {
		n, err = tx.CountLinkagePending(place.Egypt)
		return err
	})
	return n
}

// TestLinkageIncremental: a run by sketches finds what a run over all finds, compares only what changed afterwards, takes a pair out of the queue that a correction
// ends, and takes up a registry that was restored.
func TestLinkageIncremental(t *testing.T) {
	o := testkit.Service(t)
	o.Jobs.Sketched(1)
	first, second, sister := twice(t, o)
	rename(t, o, sister, func(f *registry.Family) { f.Record.Lead.IDNumber, f.Record.Lead.Phones = "", nil }) // the office's numbers follow each other, a digit apart
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	searchDuplicates(t, o, reviewer)
	pair := openPair(t, o, first, second)
	if pair == nil || pair.Probability < .9 || len(pair.Parts) < 4 {
		t.Fatalf("after the filling: got %+v", pair)
	}
	if p := openPair(t, o, first, sister); p != nil && p.Probability > .9 {
		t.Errorf("the sister: %+v", p)
	}
	if n := waitingNow(t, o); n != 0 {
		t.Errorf("%d families wait after a run", n)
	}
	// Nothing changed: nothing is compared, and the pair stays.
	searchDuplicates(t, o, reviewer)
	if p := openPair(t, o, first, second); p == nil || !p.FoundAt.Equal(pair.FoundAt) {
		t.Errorf("after a run over nothing: got %+v, want it as it was found at %v", p, pair.FoundAt)
	}
	// The second is corrected: she is somebody else.
	o.Clock.Advance(time.Minute)
	rename(t, o, second, func(f *registry.Family) {
		l := &f.Record.Lead
		l.GivenName, l.RestOfName, l.BirthDate, l.IDNumber = "خولة", "الدمرداش سلامة", l.BirthDate.AddDays(7000), "29912010112348"
		l.Phones = nil
		f.Record.Address.Area, f.Record.Address.Village = "EG-C", "المطرية"
	})
	searchDuplicates(t, o, reviewer)
	if p := openPair(t, o, first, second); p != nil {
		t.Errorf("after the correction: got %+v, want no pair", p)
	}
	o.Clock.Advance(time.Minute)
	// And back. The note of the change is lost meanwhile, as it is where a backup was brought back: the sketch tells.
	rename(t, o, second, func(f *registry.Family) {
		l := &f.Record.Lead
		l.GivenName, l.RestOfName, l.BirthDate = "نجاه", "عبدالموجود ابوزيد القوصى", l.BirthDate.AddDays(-7000)
		f.Record.Address.Area = "EG-SHG"
	})
	o.Update(t, func(tx *store.Tx) error {
		return tx.PutLinkage(store.Linkage{Party: place.Egypt, Seq: 1 << 40, Filled: store.LinkageFilled})
	})
	searchDuplicates(t, o, reviewer)
	if p := openPair(t, o, first, second); p == nil {
		t.Error("after the change back: no pair")
	}
	// A decision stays through all later runs, and a withdrawn family is compared no more.
	rename(t, o, sister, func(f *registry.Family) { f.Status.State = registry.Withdrawn })
	searchDuplicates(t, o, reviewer)
	o.View(t, func(tx *store.Tx) error {
		return tx.EachLinkageSegment(place.Egypt, -1, 1000, func(s *store.LinkageSegment) error {
			if len(s.Body)%(4+matching.SketchBytes) != 0 {
				return errors.New("a block of a strange length")
			}
			return nil
		})
	})
}

// TestLinkageStopped holds that a run that was killed after any of its transactions is finished by the next one.
func TestLinkageStopped(t *testing.T) {
	for stop := 1; stop <= 3; stop++ {
		o := testkit.Service(t)
		o.Jobs.Sketched(1)
		first, second, _ := twice(t, o)
		at := 0
		o.Jobs.Batch(500, func() {
			if at++; at == stop {
				panic("killed")
			}
		})
		searchDuplicates(t, o, testkit.Actor(auth.Reviewer, place.Egypt))
		searchDuplicates(t, o, testkit.Actor(auth.Reviewer, place.Egypt))
		if p := openPair(t, o, first, second); p == nil {
			t.Errorf("killed at its %d. step: no pair after the next run", stop)
		}
		if n := waitingNow(t, o); n != 0 {
			t.Errorf("killed at its %d. step: %d families wait", stop, n)
		}
	}
}
