package service_test

import (
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
)

// pairOf stores a pair as a run finds it.
func pairOf(t *testing.T, o *testkit.Office, a, b int64) (id int64) {
	t.Helper()
	o.Update(t, func(tx *store.Tx) error {
		return tx.FindPairs(place.Egypt, []store.DuplicatePair{{A: a, B: b, Probability: .97, Weight: 20, Source: store.FoundAtNight}}, o.Clock.Now())
	})
	o.View(t, func(tx *store.Tx) error {
		list, err := tx.ListPairs(store.Scope{Party: place.Egypt}, store.PairOpen, nil, 100)
		for _, p := range list {
			if p.A == min(a, b) && p.B == max(a, b) {
				id = p.ID
			}
		}
		return err
	})
	if id == 0 {
		t.Fatalf("no pair of %d and %d", a, b)
	}
	return id
}

// stored is all that is stored of families, sealed values opened. What was added after high stays out.
func stored(t *testing.T, o *testkit.Office, high map[string]int64, ids ...int64) string {
	t.Helper()
	var out strings.Builder
	o.View(t, func(tx *store.Tx) error {
		out.Reset()
		for _, id := range ids {
			b, err := tx.DumpFamily(id, high)
			if err != nil {
				return err
			}
			out.Write(b)
		}
		return nil
	})
	return out.String()
}

func merged(t *testing.T, o *testkit.Office, actor auth.Actor, pair, keep int64, sides map[string]registry.Side) int64 {
	t.Helper()
	plan, err := o.Duplicates.Plan(background, actor, pair, keep)
	if err != nil || plan.Refused != nil {
		t.Fatalf("the plan: %v, refused %v", err, plan.Refused)
	}
	w := testkit.Write(0)
	var id int64
	for range 2 { // sent twice, done once
		if id, err = o.Duplicates.Merge(background, actor, o.Families, pair, service.MergeChoice{Keep: keep, Sides: sides, Versions: plan.Versions}, w); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

func undone(t *testing.T, o *testkit.Office, actor auth.Actor, id int64, c service.UndoChoice) *service.MergeView {
	t.Helper()
	v, err := o.Duplicates.MergeByID(background, actor, id)
	if err != nil || v.Refused != nil {
		t.Fatalf("the merge: %v, refused %v", err, v.Refused)
	}
	c.Versions = v.Versions
	w := testkit.Write(v.Version)
	for range 2 {
		if err := o.Duplicates.Undo(background, actor, o.Families, id, c, w); err != nil {
			t.Fatal(err)
		}
	}
	v, err = o.Duplicates.MergeByID(background, actor, id)
	if err != nil || !v.Undone || v.Body.Exact == nil {
		t.Fatalf("after the undo: %+v, %v", v, err)
	}
	return v
}

func numberOf(t *testing.T, o *testkit.Office, id int64) registry.Number {
	return o.Load(t, place.Egypt, id).Status.Number
}

func listed(t *testing.T, o *testkit.Office, text string) (ids []int64) {
	t.Helper()
	o.View(t, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(store.Scope{Party: place.Egypt}, store.FamilyQuery{Text: text})
		ids = nil
		for _, r := range page.Rows {
			ids = append(ids, r.ID)
		}
		return err
	})
	return ids
}

// TestMergeAndUndo merges two registrations of one woman with all that hangs on them and takes them apart months later: both are then byte for byte what they were.
func TestMergeAndUndo(t *testing.T) {
	o := testkit.Service(t)
	first, second, _ := twice(t, o)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	for _, id := range []int64{first, second} {
		o.Document(t, worker, id, "photo")
		o.Visit(t, worker, id, "active")
		o.Update(t, func(tx *store.Tx) error { _, err := storetest.FillExhibition(tx, id, place.Egypt); return err })
	}
	third := o.Family(t, 9, place.Egypt, registry.Submitted)
	pair, other := pairOf(t, o, first, second), pairOf(t, o, second, third)
	if err := o.Duplicates.Decide(background, reviewer, other, store.PairDifferent, "سألتهما", testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	before := stored(t, o, nil, first, second)
	a, b := o.Load(t, place.Egypt, first), o.Load(t, place.Egypt, second)

	id := merged(t, o, reviewer, pair, first, map[string]registry.Side{"lead.given_name": registry.KeepB, "lead.id_type": registry.KeepB, "lead.phones": registry.KeepBoth})
	stays, gone := o.Load(t, place.Egypt, first), o.Load(t, place.Egypt, second)
	if stays.Record.Lead.GivenName != b.Record.Lead.GivenName || stays.Record.Lead.RestOfName != a.Record.Lead.RestOfName || stays.Record.Lead.IDNumber != b.Record.Lead.IDNumber {
		t.Errorf("the record that stays: %+v", stays.Record.Lead)
	}
	if stays.Status.State != a.Status.State || gone.Status.State != registry.Merged {
		t.Errorf("states %s and %s", stays.Status.State, gone.Status.State)
	}
	// its number leads on, and it is in no list
	if got := listed(t, o, string(b.Status.Number)); len(got) != 1 || got[0] != first {
		t.Errorf("the number of the merged one finds %v, want %d", got, first)
	}
	for _, got := range listed(t, o, "") {
		if got == second {
			t.Error("the merged family is in the list")
		}
	}
	v, err := o.Families.View(background, reviewer, second)
	if err != nil || v.MergedInto == nil || v.MergedInto.FamilyID != first || len(v.Steps) != 0 || v.Can[auth.DocumentAdd] {
		t.Errorf("the merged family shows %+v, %v", v, err)
	}
	if v, err = o.Families.View(background, reviewer, first); err != nil || len(v.Merged) != 1 || v.Merged[0].Number != b.Status.Number || len(v.Documents) != 2 || len(v.Visits) != 2 {
		t.Errorf("the survivor shows %+v, %v", v.Merged, err)
	}
	if _, err := o.Families.AddDocument(background, worker, second, intake.Document{Type: "photo"}, testkit.Paper(), testkit.Write(0)); !fault.Is(err, fault.State) {
		t.Errorf("a paper for the merged one: %v", err)
	}
	o.View(t, func(tx *store.Tx) error {
		p, err := tx.PairByID(store.Scope{Party: place.Egypt}, other)
		if err != nil {
			return err
		}
		if p.A != first || p.B != third || p.State != store.PairDifferent {
			t.Errorf("the decision on the third is now %+v", p)
		}
		x, err := tx.ExhibitorOfFamily(place.Egypt, first)
		if err != nil {
			return err
		}
		n, err := tx.PartsOfFamily(place.Egypt, first)
		if n != 2 {
			t.Errorf("exhibitor %d takes part in %d exhibitions, want 2", x.ID, n)
		}
		return err
	})

	o.Clock.Advance(100 * 24 * time.Hour)
	u := undone(t, o, reviewer, id, service.UndoChoice{})
	if !*u.Body.Exact {
		t.Error("the undo says that it is not exact")
	}
	if after := stored(t, o, u.Body.High, first, second); after != before {
		t.Errorf("after the undo:\n%s", firstDifference(before, after))
	}
	// undone, and merged again: the page proposes what was chosen
	plan, err := o.Duplicates.Plan(background, reviewer, pair, first)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range plan.Fields {
		if f.Key == "lead.given_name" && f.Choose != registry.KeepB {
			t.Errorf("%s is proposed as %q", f.Key, f.Choose)
		}
	}
	undone(t, o, reviewer, merged(t, o, reviewer, pair, first, nil), service.UndoChoice{})
	if after := stored(t, o, u.Body.High, first, second); after != before {
		t.Errorf("after the second undo:\n%s", firstDifference(before, after))
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return "before " + x[i] + "\nafter  " + strings.Join(y[min(i, len(y)):min(i+1, len(y))], "")
		}
	}
	return "more lines"
}

// What was changed since is shown and stays where the person says so; what was added since stays with the survivor, or goes where the person says.
func TestUndoWithLaterEdits(t *testing.T) {
	o := testkit.Service(t)
	first, second, _ := twice(t, o)
	worker, reviewer := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt)
	doc := o.Document(t, worker, second, "photo")
	pair := pairOf(t, o, first, second)
	a := o.Load(t, place.Egypt, first)
	id := merged(t, o, reviewer, pair, first, map[string]registry.Side{"lead.given_name": registry.KeepB})
	o.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, first)
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(first)
		f.Record.Lead.GivenName, f.Record.Project.Name = "نجوى", "مشروع جديد"
		if err != nil {
			return err
		}
		return tx.UpdateFamily(f, x)
	})
	papers := testkit.Papers(place.Egypt)
	stay, give := o.Document(t, worker, first, papers[0]), o.Document(t, worker, first, papers[1])
	v, err := o.Duplicates.MergeByID(background, reviewer, id)
	if err != nil || len(v.Later) != 2 || len(v.Added) != 2 {
		t.Fatalf("the undo shows later %+v, added %+v, %v", v.Later, v.Added, err)
	}
	stale := service.UndoChoice{Versions: [2]int64{1, 1}}
	if err := o.Duplicates.Undo(background, reviewer, o.Families, id, stale, testkit.Write(v.Version)); !fault.Is(err, fault.Stale) {
		t.Errorf("an undo of what was not seen: %v", err)
	}
	undone(t, o, reviewer, id, service.UndoChoice{Keep: []string{"project.name"}, Give: []store.Added{{Table: "document", ID: give}}})
	f := o.Load(t, place.Egypt, first)
	if f.Record.Lead.GivenName != a.Record.Lead.GivenName || f.Record.Project.Name != "مشروع جديد" {
		t.Errorf("after the undo: %q, %q", f.Record.Lead.GivenName, f.Record.Project.Name)
	}
	o.View(t, func(tx *store.Tx) error {
		for family, want := range map[int64][]int64{first: {stay}, second: {doc, give}} {
			docs, err := tx.DocumentsOf(family)
			if err != nil {
				return err
			}
			var got []int64
			for _, d := range docs {
				got = append(got, d.ID)
			}
			if len(got) != len(want) || got[0] != want[0] || got[len(got)-1] != want[len(want)-1] {
				t.Errorf("family %d has papers %v, want %v", family, got, want)
			}
		}
		return nil
	})
}

// Merges of merges are undone in their order, the last one first.
func TestMergesOfMerges(t *testing.T) {
	o := testkit.Service(t)
	first, second, third := twice(t, o)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	before := stored(t, o, nil, first, second, third)
	x := merged(t, o, reviewer, pairOf(t, o, second, third), second, nil)
	y := merged(t, o, reviewer, pairOf(t, o, first, second), first, nil)
	if got := listed(t, o, string(numberOf(t, o, third))); len(got) != 1 || got[0] != first {
		t.Errorf("the number of the third leads to %v, want %d", got, first)
	}
	v, err := o.Duplicates.MergeByID(background, reviewer, x)
	if err != nil || v.FurtherMergeID != y || v.Refused == nil {
		t.Fatalf("the inner merge: %+v, %v", v, err)
	}
	if err := o.Duplicates.Undo(background, reviewer, o.Families, x, service.UndoChoice{Versions: v.Versions}, testkit.Write(v.Version)); !fault.Is(err, fault.State) {
		t.Errorf("undone out of order: %v", err)
	}
	undone(t, o, reviewer, y, service.UndoChoice{})
	u := undone(t, o, reviewer, x, service.UndoChoice{})
	if after := stored(t, o, u.Body.High, first, second, third); withoutPairs(after) != withoutPairs(before) {
		t.Error(firstDifference(withoutPairs(before), withoutPairs(after)))
	}
}

func withoutPairs(s string) string {
	var out []string
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, "duplicate_pair ") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// TestMergeRules holds who may merge what.
func TestMergeRules(t *testing.T) {
	o := testkit.Service(t)
	first, second, _ := twice(t, o)
	approved, withdrawn := o.Family(t, 20, place.Egypt, registry.Approved), o.Family(t, 21, place.Egypt, registry.Withdrawn)
	reviewer, colleague := testkit.Actor(auth.Reviewer, place.Egypt), testkit.SecondActor(auth.Reviewer, place.Egypt)
	refused := func(actor auth.Actor, pair, keep int64, key string) {
		t.Helper()
		plan, err := o.Duplicates.Plan(background, actor, pair, keep)
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.Duplicates.Merge(background, actor, o.Families, pair, service.MergeChoice{Keep: keep, Versions: plan.Versions}, testkit.Write(0))
		if plan.Refused == nil || !strings.Contains(plan.Refused.Error(), key) || err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("got %v and %v, want %s", plan.Refused, err, key)
		}
	}
	pair := pairOf(t, o, first, approved)
	refused(reviewer, pair, first, "error.merge.other_way")
	refused(reviewer, pair, approved, "error.merge.second")
	if err := o.Duplicates.Decide(background, reviewer, pair, store.PairSame, "", testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	refused(reviewer, pair, approved, "error.merge.second") // four eyes
	refused(reviewer, pairOf(t, o, second, withdrawn), withdrawn, "error.merge.stays")
	for _, role := range []auth.Role{auth.FieldWorker, auth.Coordinator, auth.Analyst, auth.Administrator} {
		if _, err := o.Duplicates.Plan(background, testkit.Actor(role, place.Egypt), pair, approved); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s sees the plan: %v", role, err)
		}
	}
	if _, err := o.Duplicates.Plan(background, testkit.Actor(auth.Reviewer, place.Qatar), pair, approved); !fault.Is(err, fault.NotFound) {
		t.Errorf("the other party sees the plan: %v", err)
	}
	if _, err := o.Duplicates.Merge(background, colleague, o.Families, pair, service.MergeChoice{Keep: approved, Versions: [2]int64{1, 1}}, testkit.Write(0)); !fault.Is(err, fault.Stale) {
		t.Errorf("a merge of what was not seen: %v", err)
	}
	// Both of them have a place in one exhibition.
	e := storetest.Exhibition(40, 5)
	o.Update(t, func(tx *store.Tx) error {
		if err := tx.InsertExhibition(e); err != nil {
			return err
		}
		for _, id := range []int64{first, approved} {
			if _, err := storetest.Take(tx, e, id, place.Egypt, exhibition.Invited); err != nil {
				return err
			}
		}
		return nil
	})
	refused(colleague, pair, approved, "error.merge.clash")
}
