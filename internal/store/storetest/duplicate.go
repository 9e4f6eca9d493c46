package storetest

import (
	"slices"
	"testing"
	"time"

	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// FillPairs stores a pair of the first two families with a note, and a block of sketches that says the same.
func FillPairs(t testing.TB, db *store.DB, note string) {
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.PutLinkage(store.Linkage{Party: "EG", Seq: 1, Filled: store.LinkageFilled}); err != nil {
			return err
		}
		if err := tx.PutLinkageSegment("EG", &store.LinkageSegment{Number: 0, Pending: 1, Body: []byte(note)}); err != nil {
			return err
		}
		if err := tx.FindPairs("EG", []store.DuplicatePair{{A: 1, B: 2, Probability: .9}}, Noon); err != nil {
			return err
		}
		pairs, err := tx.ListPairs(All("EG"), store.PairOpen, nil, 1)
		if err != nil {
			return err
		}
		pairs[0].Note = note
		if err := tx.DecidePair(&pairs[0]); err != nil {
			return err
		}
		return tx.InsertPairGroup(&store.PairGroup{Party: "EG", State: store.PairSame, At: Noon, Body: store.PairGroupBody{Families: []int64{1, 2}, Note: note}})
	})
}

// testPairGroups holds which pairs make a group, and that a decision of one is taken back once.
func testPairGroups(t *testing.T, db *store.DB) {
	a, b, c, d := Family("EG", 1), Family("EG", 2), Family("EG", 3), Family("EG", 4)
	Insert(t, db, a, b, c, d)
	Update(t, db, func(tx *store.Tx) error {
		return tx.FindPairs("EG", []store.DuplicatePair{{A: a.ID, B: b.ID, Probability: .9}, {A: b.ID, B: c.ID, Probability: .95}, {A: c.ID, B: d.ID, Probability: .7}}, Noon)
	})
	var pairs []store.DuplicatePair
	View(t, db, func(tx *store.Tx) (err error) {
		if pairs, err = tx.PairsTouching(All("EG"), store.PairOpen, []int64{b.ID, a.ID}, 10); err != nil {
			return err
		}
		if none, err := tx.PairsTouching(All("QA"), store.PairOpen, []int64{a.ID}, 10); err != nil || len(none) > 0 {
			t.Errorf("the other party's pairs: got %+v, %v", none, err)
		}
		p, err := tx.PairOf(All("EG"), d.ID, c.ID)
		if err != nil || p.A != c.ID || p.B != d.ID {
			t.Errorf("the pair of two: got %+v, %v", p, err)
		}
		_, err = tx.PairOf(All("EG"), a.ID, d.ID)
		wantKind(t, err, fault.NotFound, "")
		return nil
	})
	if len(pairs) != 2 {
		t.Fatalf("got %+v, want two pairs", pairs)
	}
	g := &store.PairGroup{Party: "EG", State: store.PairSame, By: 7, At: Noon, Body: store.PairGroupBody{Families: []int64{a.ID, b.ID, c.ID}, Same: []int64{a.ID, b.ID}, Keep: a.ID, Note: "سألت", Before: pairs}}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertPairGroup(g) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.PairGroupByID("EG", g.ID)
		if err != nil {
			return err
		}
		if got.State != store.PairSame || got.By != 7 || !got.At.Equal(Noon) || got.Body.Keep != a.ID || got.Body.Note != "سألت" || len(got.Body.Before) != 2 || got.Body.Before[0].Version != 1 {
			t.Errorf("got %+v", got)
		}
		_, err = tx.PairGroupByID("QA", g.ID)
		wantKind(t, err, fault.NotFound, "")
		return nil
	})
	stale := *g
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.DropPair(&pairs[0]); err != nil {
			return err
		}
		return tx.EndPairGroup(g, 8, Noon.Add(time.Hour))
	})
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.EndPairGroup(&stale, 9, Noon) })
	wantKind(t, err, fault.Stale, "error.stale")
	View(t, db, func(tx *store.Tx) error {
		list, err := tx.PairGroups("EG", 10)
		if err != nil || len(list) != 0 {
			t.Errorf("decisions that stand: got %+v, %v", list, err)
		}
		return err
	})
}

// testDuplicates holds that a run keeps what was decided, that open pairs that nothing speaks for any more go, and that only who has one of the two in
// their areas sees a pair.
func testDuplicates(t *testing.T, db *store.DB) {
	a, b, c := Family("EG", 1), Family("EG", 2), Family("EG", 3)
	a.Record.Address.Area, b.Record.Address.Area, c.Record.Address.Area = "EG-C", "EG-GZ", "EG-GZ"
	Insert(t, db, a, b, c)
	found := []store.DuplicatePair{
		{A: b.ID, B: a.ID, Probability: .95, Weight: 20.5, Parts: []store.PairPart{{Field: "given_name", Level: "same", Bits: 6.25}}},
		{A: b.ID, B: c.ID, Probability: .99, Weight: 22},
	}
	Update(t, db, func(tx *store.Tx) error { return tx.FindPairs("EG", found, Noon) })
	list := func(s store.Scope, state store.PairState, after *store.DuplicatePair) (out []store.DuplicatePair) {
		t.Helper()
		View(t, db, func(tx *store.Tx) (err error) {
			out, err = tx.ListPairs(s, state, after, 10)
			return err
		})
		return out
	}
	all := list(All("EG"), store.PairOpen, nil)
	if len(all) != 2 || all[0].A != b.ID || all[0].B != c.ID || all[1].A != a.ID || all[1].B != b.ID || all[1].Probability != .95 || all[1].Weight != 20.5 ||
		len(all[1].Parts) != 1 || all[1].Parts[0].Bits != 6.25 || !all[1].FoundAt.Equal(Noon) {
		t.Fatalf("got %+v", all)
	}
	if rest := list(All("EG"), store.PairOpen, &all[0]); len(rest) != 1 || rest[0].ID != all[1].ID {
		t.Errorf("after the first: got %+v", rest)
	}
	for _, test := range []struct {
		scope store.Scope
		want  int
	}{{All("QA"), 0}, {store.Scope{Party: "EG", Areas: []string{"EG-C"}}, 1}, {store.Scope{Party: "EG", Areas: []string{"EG-GZ"}}, 2}, {store.Scope{Party: "EG", Areas: []string{}}, 0}} {
		if got := len(list(test.scope, store.PairOpen, nil)); got != test.want {
			t.Errorf("%+v: got %d pairs, want %d", test.scope, got, test.want)
		}
	}
	p := all[1]
	p.State, p.DecidedBy, p.DecidedAt, p.Note = store.PairDifferent, 7, Noon.Add(time.Hour), "أختان"
	Update(t, db, func(tx *store.Tx) error { return tx.DecidePair(&p) })
	stale := all[1]
	stale.State = store.PairSame
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.DecidePair(&stale) })
	wantKind(t, err, fault.Stale, "error.stale")
	// the next run sees the first pair again, and the second no more; one that an import found by an identity number stays, by a phone it does not
	hint := func(p store.DuplicatePair, reason string) store.DuplicateHint {
		return store.DuplicateHint{Party: "EG", Source: "import", SourceID: 1, Seq: p.B, FamilyID: p.B, OtherID: p.A, Reason: reason, CreatedAt: Noon}
	}
	kept := store.DuplicatePair{A: a.ID, B: c.ID, Probability: .01}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.FindPairs("EG", []store.DuplicatePair{kept}, Noon); err != nil {
			return err
		}
		return tx.PutDuplicateHints([]store.DuplicateHint{hint(kept, "eg_nid"), hint(all[0], "phone")})
	})
	View(t, db, func(tx *store.Tx) error {
		pairs, err := tx.ListPairs(All("EG"), store.PairOpen, nil, 10)
		if err != nil {
			return err
		}
		hints, err := tx.HintsOfPairs(pairs)
		for _, p := range pairs {
			if want := map[bool]string{true: "eg_nid", false: "phone"}[p.A == a.ID]; len(hints[p.ID]) != 1 || hints[p.ID][0].Reason != want {
				t.Errorf("pair %d, %d: got %+v, want %s", p.A, p.B, hints[p.ID], want)
			}
		}
		return err
	})
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.FindPairs("EG", found[:1], Noon.Add(24*time.Hour)); err != nil {
			return err
		}
		n, err := tx.ForgetPairs("EG", Noon.Add(24*time.Hour))
		if n != 1 {
			t.Errorf("forgot %d pairs, want 1", n)
		}
		return err
	})
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.PairByID(All("EG"), p.ID)
		if err != nil {
			return err
		}
		if got.State != store.PairDifferent || got.Note != "أختان" || got.DecidedBy != 7 || got.Version != 2 {
			t.Errorf("after the next run: got %+v", got)
		}
		counts, err := tx.CountPairs(All("EG"))
		if counts[store.PairDifferent] != 1 || counts[store.PairOpen] != 1 {
			t.Errorf("counts: got %v", counts)
		}
		return err
	})
	var ids []int64
	View(t, db, func(tx *store.Tx) error {
		return tx.EachRecord("EG", a.ID, 10, func(id int64, _ registry.State, _ registry.Number, r *registry.Record) error {
			ids = append(ids, id)
			if r.Lead.GivenName == "" {
				t.Errorf("family %d has no name", id)
			}
			return nil
		})
	})
	if len(ids) != 2 || ids[0] != b.ID || ids[1] != c.ID {
		t.Errorf("records: got %v", ids)
	}
}

// testLinkage holds that blocks of sketches come back as they were, that those with waiting families are found, and which families changed since when.
func testLinkage(t *testing.T, db *store.DB) {
	a, b := Family("EG", 1), Family("QA", 2)
	Insert(t, db, a, b)
	var since int64
	View(t, db, func(tx *store.Tx) error {
		l, err := tx.LinkageOf("EG")
		if err != nil || l.Party != "EG" || l.Seq != 0 || l.Filled != 0 || l.Params != nil {
			t.Errorf("before anything: %+v, %v", l, err)
		}
		since, err = tx.NewestChange()
		return err
	})
	Update(t, db, func(tx *store.Tx) error {
		for _, s := range []*store.LinkageSegment{{Number: 0, Pending: 2, Body: []byte("one")}, {Number: 3, Body: []byte("two")}, {Number: 7, Pending: 1, Body: []byte("three")}} {
			if err := tx.PutLinkageSegment("EG", s); err != nil {
				return err
			}
		}
		if err := tx.PutLinkageSegment("QA", &store.LinkageSegment{Number: 0, Pending: 5, Body: []byte("other")}); err != nil {
			return err
		}
		if err := tx.PutLinkageParams("EG", []byte(`{"records":7}`), Noon); err != nil {
			return err
		}
		if err := tx.PutLinkage(store.Linkage{Party: "EG", Seq: since, Filled: store.LinkageFilled}); err != nil {
			return err
		}
		return tx.SetOverall(a.ID, "marked", 1)
	})
	read := func() (out string) {
		View(t, db, func(tx *store.Tx) error {
			out = ""
			return tx.EachLinkageSegment("EG", -1, 10, func(s *store.LinkageSegment) error {
				out += string(s.Body) + " "
				return nil
			})
		})
		return out
	}
	if got := read(); got != "one two three " {
		t.Errorf("blocks: %q", got)
	}
	View(t, db, func(tx *store.Tx) error {
		l, err := tx.LinkageOf("EG")
		if err != nil || l.Seq != since || l.Filled != store.LinkageFilled || string(l.Params) != `{"records":7}` || !l.ParamsAt.Equal(Noon) {
			t.Errorf("got %+v, %v", l, err)
		}
		waiting := ""
		err = tx.PendingLinkage("EG", 10, func(s *store.LinkageSegment) error {
			waiting += string(s.Body) + " "
			return nil
		})
		n, err2 := tx.CountLinkagePending("EG")
		if err != nil || err2 != nil || waiting != "one three " || n != 3 {
			t.Errorf("waiting: %q, %d, %v, %v", waiting, n, err, err2)
		}
		ids, last, whole, err := tx.FamiliesChangedSince(since, 100)
		if err != nil || !whole || last <= since || !slices.Contains(ids, a.ID) {
			t.Errorf("changed: %v up to %d, %v, %v", ids, last, whole, err)
		}
		if _, _, whole, err = tx.FamiliesChangedSince(last+50, 100); err != nil || whole {
			t.Errorf("a database that counts anew: %v, %v", whole, err)
		}
		return nil
	})
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.PutLinkageSegment("EG", &store.LinkageSegment{Number: 0, Body: []byte("new")}); err != nil {
			return err
		}
		return tx.PutLinkageSegment("EG", &store.LinkageSegment{Number: 3})
	})
	if got := read(); got != "new three " {
		t.Errorf("blocks afterwards: %q", got)
	}
	Update(t, db, func(tx *store.Tx) error {
		found := []store.DuplicatePair{{A: a.ID, B: b.ID, Probability: .9, Source: store.FoundAtNight}}
		if err := tx.FindPairs("EG", found, Noon); err != nil {
			return err
		}
		for _, c := range []struct {
			before time.Time
			want   int64
		}{{Noon, 0}, {Noon.Add(time.Second), 1}} {
			if n, err := tx.ForgetPairsOf("EG", []int64{b.ID}, c.before); err != nil || n != c.want {
				t.Errorf("forgot %d pairs of before %v, %v; want %d", n, c.before, err, c.want)
			}
		}
		return nil
	})
}
