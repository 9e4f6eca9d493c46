package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// All is the scope of a whole party.
func All(party place.Country) store.Scope { return store.Scope{Party: party} }

// Run is the suite: what every engine must do alike. open gives a fresh, empty database.
func Run(t *testing.T, open func(t *testing.T) *store.DB) {
	ran := map[string]bool{}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, db *store.DB)
	}{
		{"family", testFamily},
		{"stale", testStale},
		{"scope", testScope},
		{"identifiers", testIdentifiers},
		{"list", testList},
		{"list pages", testListPages},
		{"search", testSearch},
		{"find", testFind},
		{"draft", testDraft},
		{"history", testHistory},
		{"facts", testFacts},
		{"criteria", testCriteria},
		{"audit", testAudit},
		{"people", testPeople},
		{"tries", testTries},
		{"jobs", testJobs},
		{"work", testWork},
		{"assign", testAssign},
		{"duplicates", testDuplicates},
		{"pair groups", testPairGroups},
		{"linkage", testLinkage},
		{"merge", testMerge},
		{"allocations", testAllocations},
		{"season plans", testSeasonPlans},
		{"idempotency", testIdempotency},
		{"shared commit", testSharedCommit},
		{"concurrent", testConcurrent},
		{"transaction", testTransaction},
		{"doctor", testDoctor},
		{"exhibition", testExhibition},
		{"participation", testParticipation},
		{"last place", testLastPlace},
		{"meeting", testMeeting},
		{"activity", testActivity},
		{"import", testImport},
		{"bulk", testBulk},
		{"claim by id", testClaimByID},
		{"product", testProduct},
		{"product list", testProductList},
		{"catalogue", testCatalogue},
		{"tokens", testTokens},
		{"hooks", testHooks},
		{"messages", testMessages},
		{"schemes", testSchemes},
		{"last of a budget", testLastOfBudget},
		{"reliefs", testReliefs},
		{"development", testDevelopment},
		{"endings", testEndings},
		{"venue", testVenue},
		{"plan", testPlan},
		{"placement", testPlacement},
		{"layout", testLayout},
		{"fair", testFair},
		{"export rows", testExportRows},
		{"export files", testExportFiles},
		{"tally", testTally},
	} {
		if ran[test.name] {
			t.Fatalf("%q stands in the suite twice", test.name)
		}
		ran[test.name] = true
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func wantKind(t *testing.T, err error, kind fault.Kind, key string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || key != "" && f.Key != key {
		t.Fatalf("got error %v, want %v %s", err, kind, key)
	}
}

func submit(t *testing.T, f *registry.Family, n int64) {
	t.Helper()
	if _, err := f.Submit(f.Status.EnteredBy, Noon.Add(time.Duration(n)*time.Hour)); err != nil {
		t.Fatal(err)
	}
	f.Status.Number = registry.MakeNumber(f.Party, 2026, n)
}

func testFamily(t *testing.T, db *store.DB) {
	f := Family("EG", 7)
	f.Status.Reasons, f.Status.Note = []registry.Reason{"wrong_data"}, "ملاحظة"
	Insert(t, db, f)
	if f.ID == 0 || f.Version != 1 {
		t.Fatalf("got id %d version %d, want an id and version 1", f.ID, f.Version)
	}
	read := func() (got *registry.Family) {
		View(t, db, func(tx *store.Tx) (err error) {
			got, err = tx.FamilyByID(All("EG"), f.ID)
			return err
		})
		return got
	}
	if got := read(); !reflect.DeepEqual(got, f) {
		t.Fatalf("got %+v\nwant %+v", got, f)
	}
	submit(t, f, 12)
	f.Status.DecidedAt, f.Status.DecidedBy, f.Status.ValidUntil, f.Status.ReviewerID, f.Status.Amendment = Noon, 4, date(2029, 2, 28), 4, true
	f.Record.Lead.GivenName, f.Record.Address.Area = "رقية", "EG-LX"
	Update(t, db, func(tx *store.Tx) error {
		return tx.UpdateFamily(f, store.FamilyExtra{Facts: []byte("other"), Overall: "incomplete", Points: 9})
	})
	if got := read(); !reflect.DeepEqual(got, f) || got.Version != 2 {
		t.Fatalf("got %+v\nwant %+v", got, f)
	}
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.FamilyByNumber(All("EG"), f.Status.Number)
		if err != nil || got.ID != f.ID {
			t.Fatalf("by number: got %v, %v, want family %d", got, err, f.ID)
		}
		x, err := tx.FamilyExtraOf(f.ID)
		if want := (store.FamilyExtra{Facts: []byte("other"), Overall: "incomplete", Points: 9}); err != nil || !reflect.DeepEqual(x, want) {
			t.Fatalf("got %+v, %v, want %+v", x, err, want)
		}
		page, err := tx.ListFamilies(All("EG"), store.FamilyQuery{})
		if err != nil || len(page.Rows) != 1 {
			t.Fatalf("got %+v, %v, want one row", page, err)
		}
		st := f.Status
		want := store.FamilyRow{ID: f.ID, Version: 2, Number: st.Number, Name: f.Record.Lead.DisplayName(), Project: f.Record.Project.Name, State: st.State,
			Area: "EG-LX", District: f.Record.Address.District, Craft: f.Record.Project.Craft, Sex: f.Record.Lead.Sex,
			Protection: f.Record.Household.Protection(), EnteredBy: st.EnteredBy, ReviewerID: 4, CreatedAt: st.CreatedAt, SubmittedAt: st.SubmittedAt,
			UpdatedAt: st.UpdatedAt, DecidedAt: st.DecidedAt, ValidUntil: st.ValidUntil, Overall: "incomplete", Points: 9, Amendment: true,
			IDNumber: f.Record.Lead.IDNumber}
		if got := page.Rows[0]; got != want {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
		_, err = tx.FamilyByID(All("EG"), f.ID+1)
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.FamilyByNumber(All("EG"), "")
		wantKind(t, err, fault.NotFound, "")
		return nil
	})
	for i, want := range []int64{1, 2, 3} {
		Update(t, db, func(tx *store.Tx) error {
			got, err := tx.NextSerial("EG", 2026)
			if got != want {
				t.Errorf("serial %d: got %d, want %d", i, got, want)
			}
			return err
		})
	}
}

func testStale(t *testing.T, db *store.DB) {
	f := Family("EG", 1)
	Insert(t, db, f)
	mine, theirs := *f, *f
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateFamily(&theirs, store.FamilyExtra{}) })
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateFamily(&mine, store.FamilyExtra{}) })
	wantKind(t, err, fault.Stale, "error.stale")
	other := theirs
	other.Party = "QA"
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateFamily(&other, store.FamilyExtra{}) }), fault.NotFound, "")
	gone := theirs
	gone.ID += 100
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateFamily(&gone, store.FamilyExtra{}) }), fault.NotFound, "")
}

func testScope(t *testing.T, db *store.DB) {
	eg, qa := Family("EG", 0), Family("QA", 0)
	Insert(t, db, eg, qa)
	doc := &registry.Document{FamilyID: eg.ID, Type: "photo", MediaType: "image/jpeg", AddedAt: Noon}
	a := &store.Assessment{FamilyID: eg.ID, At: Noon, Body: []byte("{}")}
	Update(t, db, func(tx *store.Tx) error {
		set := &store.CriteriaSet{Party: "EG", Body: []byte("{}")}
		if err := tx.InsertCriteriaSet(set); err != nil {
			return err
		}
		a.SetID = set.ID
		return errors.Join(tx.InsertDocument(doc, []byte("x"), nil), tx.InsertAssessment(a))
	})
	for _, test := range []struct {
		scope store.Scope
		sees  bool
	}{
		{All("EG"), true}, {All("QA"), false}, {store.Scope{}, false},
		{store.Scope{Party: "EG", Areas: []string{}}, false},
		{store.Scope{Party: "EG", Areas: []string{"EG-ASN"}}, false},
		{store.Scope{Party: "EG", Areas: []string{"EG-ASN", "EG-C"}}, true},
		{store.Scope{Party: "QA", Areas: []string{"EG-C"}}, false},
	} {
		View(t, db, func(tx *store.Tx) error {
			_, err1 := tx.FamilyByID(test.scope, eg.ID)
			_, err2 := tx.DocumentByID(test.scope, doc.ID)
			_, err3 := tx.AssessmentByID(test.scope, a.ID)
			for _, err := range []error{err1, err2, err3} {
				if (err == nil) != test.sees || err != nil && !fault.Is(err, fault.NotFound) {
					t.Errorf("%+v: got %v, want seen %v", test.scope, err, test.sees)
				}
			}
			page, err := tx.ListFamilies(test.scope, store.FamilyQuery{})
			if err != nil {
				return err
			}
			if got := slices.ContainsFunc(page.Rows, func(r store.FamilyRow) bool { return r.ID == eg.ID }); got != test.sees {
				t.Errorf("%+v: listed %v, want %v", test.scope, got, test.sees)
			}
			found := false
			err = tx.EachFacts(test.scope, nil, 0, 0, func(id int64, _ string, _ []byte) error { found = found || id == eg.ID; return nil })
			if err != nil || found != test.sees {
				t.Errorf("%+v: facts %v, %v, want %v", test.scope, found, err, test.sees)
			}
			names, err := tx.NamesOf(test.scope, []int64{eg.ID, qa.ID})
			if _, got := names[eg.ID]; got != test.sees {
				t.Errorf("%+v: named %v, want %v", test.scope, got, test.sees)
			}
			return err
		})
	}
}

func testIdentifiers(t *testing.T, db *store.DB) {
	first, second := Family("EG", 1), Family("EG", 2)
	second.Record.Lead.IDNumber = first.Record.Lead.IDNumber
	Insert(t, db, first, second) // drafts may hold the same number
	submit(t, first, 1)
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateFamily(first, store.FamilyExtra{}) })
	submit(t, second, 2)
	again := func() error {
		copied := *second
		return db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateFamily(&copied, store.FamilyExtra{}) })
	}
	wantKind(t, again(), fault.Duplicate, "error.duplicate_identity")
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.MatchIdentifiers("EG", store.IdentifiersOf(second), second.ID)
		want := []store.IdentifierMatch{{FamilyID: first.ID, Kind: "eg_nid", State: registry.Submitted, Area: first.Record.Address.Area,
			Name: first.Record.Lead.DisplayName(), Number: first.Status.Number, EnteredBy: first.Status.EnteredBy}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if got, err := tx.MatchIdentifiers("QA", store.IdentifiersOf(second), 0); len(got) != 0 || err != nil {
			t.Errorf("other party: got %v, %v, want none", got, err)
		}
		return err
	})
	if _, err := first.Withdraw(1, Noon, registry.Verdict{}); err != nil {
		t.Fatal(err)
	}
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateFamily(first, store.FamilyExtra{}) })
	if err := again(); err != nil {
		t.Fatalf("after the first was withdrawn: %v", err)
	}
	number := Family("EG", 3)
	number.Status.Number = first.Status.Number
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertFamily(number, store.FamilyExtra{}) })
	wantKind(t, err, fault.Duplicate, "error.duplicate_number")
}

// fill stores n families of a party in many states and returns them.
func fill(t *testing.T, db *store.DB, n int) []*registry.Family {
	t.Helper()
	var out []*registry.Family
	states := registry.States()
	Update(t, db, func(tx *store.Tx) error {
		out = nil
		for i := range n {
			f := Family("EG", i)
			f.Status.State = states[i%7]
			if i%7 > 0 {
				f.Status.Number, f.Status.SubmittedAt = registry.MakeNumber("EG", 2026, int64(n-i)), Noon.Add(time.Duration(i*37%n)*time.Hour)
				f.Status.SubmittedBy = f.Status.EnteredBy
			}
			if f.Status.State == registry.Approved {
				f.Status.DecidedAt, f.Status.ValidUntil = Noon.Add(time.Duration(i)*time.Hour), date(2029, 1+i%12, 1+i%28)
			}
			if f.Status.State == registry.UnderReview {
				f.Status.ReviewerID = int64(20 + i%3)
			}
			f.Status.Amendment = f.Status.State == registry.Approved && i%2 == 0
			x := store.FamilyExtra{Facts: []byte(fmt.Sprint(i)), Overall: []string{"eligible", "not_eligible", "incomplete", ""}[i%4]}
			if err := Save(tx, f, x); err != nil {
				return err
			}
			out = append(out, f)
		}
		return nil
	})
	return out
}

// testList compares every filter and order with a plain reading of the same families in memory.
func testList(t *testing.T, db *store.DB) {
	families := fill(t, db, 400)
	day := func(at time.Time) string {
		if at.IsZero() {
			return "~"
		}
		return at.UTC().Format("2006-01-02")
	}
	for name, test := range map[string]struct {
		q    store.FamilyQuery
		keep func(f *registry.Family) bool
	}{
		"all":        {store.FamilyQuery{}, func(f *registry.Family) bool { return true }},
		"state":      {store.FamilyQuery{States: []string{"approved"}}, func(f *registry.Family) bool { return f.Status.State == "approved" }},
		"states":     {store.FamilyQuery{States: []string{"approved", "draft"}}, func(f *registry.Family) bool { return f.Status.State == "approved" || f.Status.State == "draft" }},
		"area":       {store.FamilyQuery{Areas: []string{"EG-C"}}, func(f *registry.Family) bool { return f.Record.Address.Area == "EG-C" }},
		"craft":      {store.FamilyQuery{Crafts: []string{"TX"}}, func(f *registry.Family) bool { return f.Record.Project.Craft == "TX" }},
		"sex":        {store.FamilyQuery{Sexes: []string{"m"}}, func(f *registry.Family) bool { return f.Record.Lead.Sex == "m" }},
		"protection": {store.FamilyQuery{Protections: []string{"cash"}}, func(f *registry.Family) bool { return f.Record.Household.Protection() == "cash" }},
		"rare": {store.FamilyQuery{States: []string{"submitted"}, Areas: []string{"EG-C", "EG-GZ"}, Crafts: []string{"TX", "CK"}, Sexes: []string{"f"}},
			func(f *registry.Family) bool {
				return f.Status.State == "submitted" && (f.Record.Address.Area == "EG-C" || f.Record.Address.Area == "EG-GZ") &&
					(f.Record.Project.Craft == "TX" || f.Record.Project.Craft == "CK") && f.Record.Lead.Sex == "f"
			}},
		"overall":   {store.FamilyQuery{Overalls: []string{"incomplete"}}, func(f *registry.Family) bool { return f.ID%4 == families[2].ID%4 }},
		"entered":   {store.FamilyQuery{EnteredBy: 3}, func(f *registry.Family) bool { return f.Status.EnteredBy == 3 }},
		"others":    {store.FamilyQuery{NotEnteredBy: 3, States: []string{"submitted"}}, func(f *registry.Family) bool { return f.Status.EnteredBy != 3 && f.Status.State == "submitted" }},
		"reviewer":  {store.FamilyQuery{ReviewerID: 21}, func(f *registry.Family) bool { return f.Status.ReviewerID == 21 }},
		"amendment": {store.FamilyQuery{Amendment: true}, func(f *registry.Family) bool { return f.Status.Amendment }},
		"submitted between": {store.FamilyQuery{From: date(2026, 3, 3), To: date(2026, 3, 6), DateField: store.DateSubmitted},
			func(f *registry.Family) bool {
				d := day(f.Status.SubmittedAt)
				return d >= "2026-03-03" && d <= "2026-03-06"
			}},
		"submitted from": {store.FamilyQuery{From: date(2026, 3, 9), DateField: store.DateSubmitted},
			func(f *registry.Family) bool {
				return !f.Status.SubmittedAt.IsZero() && day(f.Status.SubmittedAt) >= "2026-03-09"
			}},
		"valid to": {store.FamilyQuery{To: date(2029, 5, 14), DateField: store.DateValidUntil},
			func(f *registry.Family) bool {
				return !f.Status.ValidUntil.IsZero() && !f.Status.ValidUntil.After(date(2029, 5, 14))
			}},
		"created": {store.FamilyQuery{From: date(2026, 3, 1), To: date(2026, 3, 1)}, func(f *registry.Family) bool { return true }},
		"decided": {store.FamilyQuery{From: date(2026, 3, 5), To: date(2026, 3, 10), DateField: store.DateDecided},
			func(f *registry.Family) bool {
				d := day(f.Status.DecidedAt)
				return d >= "2026-03-05" && d <= "2026-03-10"
			}},
		"none": {store.FamilyQuery{Areas: []string{"EG-WAD"}}, func(f *registry.Family) bool { return false }},
	} {
		for _, sort := range []store.Sort{store.SortNewest, store.SortOldest, store.SortName, store.SortNumber, store.SortSubmitted, store.SortValidUntil} {
			var want []int64
			for _, f := range families {
				if test.keep(f) {
					want = append(want, f.ID)
				}
			}
			q := test.q
			q.Sort, q.Limit = sort, 17
			got, total := walkPages(t, db, q)
			if total >= 0 && total != len(want) {
				t.Errorf("%s by %s: got total %d, want %d", name, sort, total, len(want))
			}
			sorted := slices.Clone(got)
			slices.Sort(sorted)
			if !slices.Equal(sorted, want) {
				t.Errorf("%s by %s: got %d families, want %d", name, sort, len(got), len(want))
			}
			byID := map[int64]*registry.Family{}
			for _, f := range families {
				byID[f.ID] = f
			}
			for i := 1; i < len(got); i++ {
				if a, b := sortText(byID[got[i-1]], sort), sortText(byID[got[i]], sort); a > b || a == b && (got[i-1] > got[i]) != (sort == store.SortNewest) {
					t.Fatalf("%s by %s: %q (%d) stands before %q (%d)", name, sort, a, got[i-1], b, got[i])
				}
			}
		}
	}
	holdsFigures(t, db, families)
}

// holdsFigures holds the counts of a registry to a count of its families one by one.
func holdsFigures(t *testing.T, db *store.DB, families []*registry.Family) {
	t.Helper()
	type key struct{ state, area, craft, sex, protection string }
	want, handed, decided := map[key]int{}, map[[2]int]int{}, map[[2]int]int{}
	for _, f := range families {
		r, st := &f.Record, &f.Status
		want[key{string(st.State), r.Address.Area, r.Project.Craft, string(r.Lead.Sex), string(r.Household.Protection())}]++
		if at := st.SubmittedAt.UTC(); !st.SubmittedAt.IsZero() {
			handed[[2]int{at.Year(), int(at.Month())}]++
			if at := st.DecidedAt.UTC(); !st.DecidedAt.IsZero() {
				decided[[2]int{at.Year(), int(at.Month())}]++
			}
		}
	}
	err := db.View(t.Context(), func(tx *store.Tx) error {
		got, err := tx.Figures(store.Scope{Party: families[0].Party})
		if err != nil {
			return err
		}
		for _, c := range got.Cells {
			want[key{c.State, c.Area, c.Craft, c.Sex, c.Protection}] -= c.N
		}
		for k, n := range want {
			if n != 0 {
				t.Errorf("figures: %+v is off by %d", k, n)
			}
		}
		for _, m := range got.Months {
			at := [2]int{m.Year, m.Month}
			handed[at] -= m.Submitted
			decided[at] -= m.Decided
		}
		for at, n := range handed {
			if n != 0 || decided[at] != 0 {
				t.Errorf("figures of %v: handed in off by %d, decided by %d", at, n, decided[at])
			}
		}
		one, err := tx.Figures(store.Scope{Party: families[0].Party, Areas: []string{"EG-C"}})
		if err != nil {
			return err
		}
		for _, c := range one.Cells {
			if c.Area != "EG-C" {
				t.Errorf("figures of one area count %s", c.Area)
			}
		}
		other, err := tx.Figures(store.Scope{Party: place.Qatar})
		if len(other.Cells) != 0 {
			t.Errorf("figures of the other country: %+v", other.Cells)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sortText is the key of a family in an order of which the first letters decide; the order by name is tested by package arabic.
func sortText(f *registry.Family, sort store.Sort) string {
	orNever := func(s string) string {
		if s == "" {
			return "~"
		}
		return s
	}
	switch sort {
	case store.SortNewest:
		return fmt.Sprintf("%020d", int64(1)<<62-f.Status.CreatedAt.UnixNano()/2)
	case store.SortOldest:
		return f.Status.CreatedAt.Format(time.RFC3339Nano)
	case store.SortNumber:
		return orNever(string(f.Status.Number))
	case store.SortSubmitted:
		if f.Status.SubmittedAt.IsZero() {
			return "~"
		}
		return f.Status.SubmittedAt.Format(time.RFC3339Nano)
	case store.SortValidUntil:
		return orNever(f.Status.ValidUntil.String())
	}
	return arabicKey(f)
}

// walkPages reads a list from its first page to its last and back again, and returns the ids in order and the first page's total.
func walkPages(t *testing.T, db *store.DB, q store.FamilyQuery) (ids []int64, total int) {
	t.Helper()
	var pages [][]int64
	var prev string
	for n := 0; ; n++ {
		if n > 1000 {
			t.Fatal("the list does not end")
		}
		var page store.FamilyPage
		View(t, db, func(tx *store.Tx) (err error) {
			page, err = tx.ListFamilies(All("EG"), q)
			return err
		})
		var here []int64
		for _, r := range page.Rows {
			here = append(here, r.ID)
		}
		if n == 0 {
			total = page.Total
			if page.Prev != "" {
				t.Fatal("the first page has a page before it")
			}
		}
		ids, pages, prev = append(ids, here...), append(pages, here), page.Prev
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	for n := len(pages) - 2; n >= 0; n-- {
		if prev == "" {
			t.Fatalf("page %d has no page before it", n+1)
		}
		q.After, q.Before = "", prev
		View(t, db, func(tx *store.Tx) error {
			page, err := tx.ListFamilies(All("EG"), q)
			var here []int64
			for _, r := range page.Rows {
				here = append(here, r.ID)
			}
			if !slices.Equal(here, pages[n]) {
				t.Fatalf("page %d backwards: got %v, want %v", n, here, pages[n])
			}
			prev = page.Prev
			return err
		})
	}
	if prev != "" {
		t.Fatal("backwards the list has a page before the first")
	}
	return ids, total
}

func testListPages(t *testing.T, db *store.DB) {
	fill(t, db, 30)
	View(t, db, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(All("EG"), store.FamilyQuery{Limit: 10})
		if err != nil || page.Total != 30 || page.Next == "" {
			t.Fatalf("got %d rows of %d, %v, want 10 of 30 and a next page", len(page.Rows), page.Total, err)
		}
		for _, bad := range []string{"x", page.Next[1:], strings.ToUpper(page.Next), page.Next + "AAAA", "é"} {
			_, err := tx.ListFamilies(All("EG"), store.FamilyQuery{After: bad})
			wantKind(t, err, fault.Invalid, "error.cursor")
		}
		_, err = tx.ListFamilies(All("EG"), store.FamilyQuery{After: page.Next, Sort: store.SortName})
		wantKind(t, err, fault.Invalid, "error.cursor")
		_, err = tx.ListFamilies(All("EG"), store.FamilyQuery{Sort: "random()"})
		wantKind(t, err, fault.Invalid, "")
		return nil
	})
}

func testSearch(t *testing.T, db *store.DB) {
	a, b, c := Family("EG", 1), Family("EG", 2), Family("EG", 3)
	a.Record.Lead.GivenName, a.Record.Lead.RestOfName = "فَاطِمَة", "أحمد السيد"
	b.Record.Lead.GivenName, b.Record.Lead.RestOfName = "فاطمه", "إبراهيم"
	c.Record.Lead.GivenName, c.Record.Lead.RestOfName, c.Record.Lead.NameEN = "هدى", "علي", "Huda Aly 100%"
	a.Record.Project.Name, b.Record.Project.Name, c.Record.Project.Name = "", "كليم فوة", "خزف"
	a.Record.Address.Village, b.Record.Address.Village, c.Record.Address.Village = "", "", "قرية تونس"
	submit(t, a, 77)
	Insert(t, db, a, b, c)
	find := func(text string, want ...*registry.Family) {
		t.Helper()
		View(t, db, func(tx *store.Tx) error {
			page, err := tx.ListFamilies(All("EG"), store.FamilyQuery{Text: text, TextIDs: true, Sort: store.SortOldest})
			var got, ids []int64
			for _, r := range page.Rows {
				got = append(got, r.ID)
			}
			for _, f := range want {
				ids = append(ids, f.ID)
			}
			if !slices.Equal(got, ids) {
				t.Errorf("%q: got %v, want %v", text, got, ids)
			}
			return err
		})
	}
	find("فاطمة", a, b)
	find("فاط", a, b)
	find("أحمد فاطمه", a)
	find("ابراهيم", b)
	find("كليم", b)
	find("تونس هدي", c)
	find("huda", c)
	find("100", c)
	find("%")
	find("_")
	find("'; DROP TABLE family; --")
	find("اطمة", a, b) // a slip is forgiven if nobody is called so
	find("طمة")
	find("Fatima", a, b)
	find("نداء كليم")
	find(string(a.Status.Number), a)
	find(strings.ToLower(strings.ReplaceAll(string(a.Status.Number), "-", " ")), a)
	find(a.Record.Lead.IDNumber, a)
	find("٢"+a.Record.Lead.IDNumber[1:], a)
	find(b.Record.Lead.Phones[0].Number, b)
	find("0"+strings.TrimPrefix(b.Record.Lead.Phones[0].Number, "+20"), b)
	find(c.Record.Formal[0].Number, c)
	find("29999999999999")
	a.Record.Lead.GivenName = "زهرة"
	a.Record.Lead.IDNumber = "28001010000099"
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateFamily(a, store.FamilyExtra{}) })
	find("فاطمة", b)
	find("زهره", a)
	find("28001010000099", a)
	View(t, db, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(All("QA"), store.FamilyQuery{Text: a.Record.Lead.IDNumber, TextIDs: true})
		if len(page.Rows) != 0 {
			t.Errorf("the other party finds %d families by number, want none", len(page.Rows))
		}
		return err
	})
}

func testDraft(t *testing.T, db *store.DB) {
	f := Family("EG", 1)
	Insert(t, db, f)
	put := func(d *store.Draft) error {
		return db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutDraft(d) })
	}
	View(t, db, func(tx *store.Tx) error {
		d, err := tx.DraftOf(f.ID)
		if d != nil {
			t.Errorf("got a draft before there was one")
		}
		return err
	})
	d := &store.Draft{FamilyID: f.ID, Kind: store.DraftEntry, Form: []byte(`{"a":"ب"}`), By: 3, UpdatedAt: Noon}
	if err := put(d); err != nil || d.Version != 1 {
		t.Fatalf("got version %d, %v, want 1", d.Version, err)
	}
	wantKind(t, put(&store.Draft{FamilyID: f.ID, Kind: store.DraftEntry}), fault.Stale, "error.stale")
	tab := *d
	d.Form, d.SubmittedAt = []byte(`{"a":"ت"}`), Noon
	if err := put(d); err != nil || d.Version != 2 {
		t.Fatalf("got version %d, %v, want 2", d.Version, err)
	}
	wantKind(t, put(&tab), fault.Stale, "error.stale")
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.DraftOf(f.ID)
		if !reflect.DeepEqual(got, d) {
			t.Errorf("got %+v, want %+v", got, d)
		}
		return err
	})
	Update(t, db, func(tx *store.Tx) error { return tx.DeleteDraft(f.ID) })
	wantKind(t, put(d), fault.Stale, "error.stale") // it is gone: the older tab must not bring it back unseen
}

func testHistory(t *testing.T, db *store.DB) {
	f := Family("EG", 1)
	Insert(t, db, f)
	event := registry.Event{FamilyID: f.ID, At: Noon, By: 2, Step: registry.StepReturn, From: registry.UnderReview, To: registry.Returned,
		Reasons: []registry.Reason{"wrong_data", "missing_document"}, Note: "اكتبي العنوان", AssessmentID: 4}
	document := registry.Document{FamilyID: f.ID, Type: "id_card", Number: "28001010000001", IssuedOn: date(2020, 1, 2), ValidUntil: date(2027, 1, 1),
		FileName: "28001010000001.jpg", MediaType: "image/jpeg", Size: 3, SHA256: "ab", AddedBy: 2, AddedAt: Noon}
	visit := registry.Visit{FamilyID: f.ID, Date: date(2026, 3, 2), Kind: "activity", Finding: "active", Note: "تعمل", Lat: "30.1", Lon: "31.2", VisitorID: 2,
		RecordedAt: Noon, Documents: []int64{1, 2}}
	waiver := registry.Waiver{FamilyID: f.ID, Criterion: "literacy", Exception: "graduate", Reason: "شهادة المركز", DocumentID: 1, By: 3, At: Noon}
	set := store.CriteriaSet{Party: "EG", Body: []byte("{}")}
	assessment := store.Assessment{FamilyID: f.ID, SetVersion: 2, At: Noon, By: 3, Cause: "submit", Overall: "eligible", Points: 3, Body: []byte(`{"r":[]}`)}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertCriteriaSet(&set); err != nil {
			return err
		}
		assessment.SetID = set.ID
		return errors.Join(tx.InsertEvent(&event), tx.InsertDocument(&document, []byte("jpg"), []byte("t")), tx.InsertVisit(&visit), tx.InsertWaiver(&waiver),
			tx.InsertAssessment(&assessment))
	})
	check := func(name string, got, want any, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, want)
		}
	}
	read := func() {
		t.Helper()
		View(t, db, func(tx *store.Tx) error {
			events, err := tx.EventsOf(f.ID)
			check("events", events, []registry.Event{event}, err)
			documents, err := tx.DocumentsOf(f.ID)
			check("documents", documents, []registry.Document{document}, err)
			one, err := tx.DocumentByID(All("EG"), document.ID)
			check("document", one, &document, err)
			body, err := tx.DocumentBody(document.ID)
			check("body", string(body), "jpg", err)
			thumb, err := tx.DocumentThumb(document.ID)
			check("thumb", string(thumb), "t", err)
			visits, err := tx.VisitsOf(f.ID)
			check("visits", visits, []registry.Visit{visit}, err)
			waivers, err := tx.WaiversOf(f.ID)
			check("waivers", waivers, []registry.Waiver{waiver}, err)
			latest, err := tx.LatestAssessment(f.ID)
			check("latest", latest, &assessment, err)
			byID, err := tx.AssessmentByID(All("EG"), assessment.ID)
			check("by id", byID, &assessment, err)
			bare := assessment
			bare.Body = nil
			all, err := tx.AssessmentsOf(f.ID)
			check("assessments", all, []store.Assessment{bare}, err)
			none, err := tx.LatestAssessment(f.ID + 1)
			check("none", none, (*store.Assessment)(nil), err)
			return nil
		})
	}
	read()
	document.RemovedAt, waiver.RevokedAt, waiver.RevokedBy = Noon.Add(time.Hour), Noon.Add(time.Hour), 9
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.RemoveDocument(document.ID, document.RemovedAt), tx.RevokeWaiver(f.ID, waiver.ID, 9, waiver.RevokedAt))
	})
	read()
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.RemoveDocument(document.ID, Noon) })
	wantKind(t, err, fault.NotFound, "")
	err = db.Update(t.Context(), func(tx *store.Tx) error { return tx.RevokeWaiver(f.ID, waiver.ID, 9, Noon) })
	wantKind(t, err, fault.NotFound, "")
}

func testFacts(t *testing.T, db *store.DB) {
	families := fill(t, db, 900)
	var want, got []string
	for i, f := range families {
		if f.Status.State == registry.Approved || f.Status.State == registry.Submitted {
			want = append(want, fmt.Sprint(f.ID, f.Record.Address.Area, i))
		}
	}
	states := []registry.State{registry.Approved, registry.Submitted}
	last := int64(0)
	for range 3 { // in three pages
		View(t, db, func(tx *store.Tx) error {
			return tx.EachFacts(All("EG"), states, last, 100, func(id int64, area string, facts []byte) error {
				got, last = append(got, fmt.Sprint(id, area, string(facts))), id
				return nil
			})
		})
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %d, want %d: %.200v\n%.200v", len(got), len(want), got, want)
	}
	stop := errors.New("enough")
	n := 0
	err := db.View(t.Context(), func(tx *store.Tx) error {
		return tx.EachFacts(All("EG"), nil, 0, 0, func(int64, string, []byte) error {
			if n++; n == 300 {
				return stop
			}
			return nil
		})
	})
	if !errors.Is(err, stop) || n != 300 {
		t.Fatalf("got %v after %d, want it to stop after 300", err, n)
	}
	Update(t, db, func(tx *store.Tx) error { return tx.SetOverall(families[0].ID, "needs_review", 8) })
	View(t, db, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(All("EG"), store.FamilyQuery{Overalls: []string{"needs_review"}})
		if len(page.Rows) != 1 || page.Rows[0].Points != 8 || page.Rows[0].Version != 1 {
			t.Errorf("got %+v, want one family, not saved anew", page.Rows)
		}
		return err
	})
}

func testCriteria(t *testing.T, db *store.DB) {
	first := &store.CriteriaSet{Party: "EG", ValidFrom: date(2026, 1, 1), Body: []byte(`{"v":1}`), CreatedBy: 1, CreatedAt: Noon, UpdatedAt: Noon}
	second := &store.CriteriaSet{Party: "EG", ValidFrom: date(2026, 7, 1), Body: []byte(`{"v":2}`), CreatedBy: 1, CreatedAt: Noon, UpdatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.InsertCriteriaSet(first), tx.InsertCriteriaSet(second))
	})
	if first.Number != 1 || second.Number != 2 {
		t.Fatalf("got numbers %d and %d, want 1 and 2", first.Number, second.Number)
	}
	old := *second
	second.Body = []byte(`{"v":3}`)
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateCriteriaSet(second) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateCriteriaSet(&old) }), fault.Stale, "")
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.PublishCriteriaSet(first, 5, Noon), tx.PublishCriteriaSet(second, 5, Noon))
	})
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateCriteriaSet(second) }), fault.State, "error.criteria_published")
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.PublishCriteriaSet(second, 5, Noon) }), fault.State, "")
	View(t, db, func(tx *store.Tx) error {
		for day, want := range map[string]int{"2026-01-01": 1, "2026-06-30": 1, "2026-07-01": 2, "2030-01-01": 2} {
			d := date(2026, 1, 1)
			if err := d.UnmarshalText([]byte(day)); err != nil {
				return err
			}
			got, err := tx.CriteriaSetOn("EG", d)
			if err != nil || got.Number != want || got.PublishedBy != 5 {
				t.Errorf("on %s: got %+v, %v, want number %d", day, got, err, want)
			}
		}
		_, err := tx.CriteriaSetOn("EG", date(2025, 12, 31))
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.CriteriaSetOn("QA", date(2026, 2, 1))
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.CriteriaSetByID("QA", first.ID)
		wantKind(t, err, fault.NotFound, "")
		sets, err := tx.ListCriteriaSets("EG")
		if len(sets) != 2 || sets[0].Number != 2 || string(sets[0].Body) != `{"v":3}` || sets[1].ValidTo != date(2026, 6, 30) {
			t.Errorf("got %+v, want number 2 before number 1 closed on 30 June", sets)
		}
		return err
	})
}

func testAudit(t *testing.T, db *store.DB) {
	entry := func(i int) *store.AuditEntry {
		return &store.AuditEntry{At: Noon.Add(time.Duration(i) * time.Hour), ActorID: int64(i % 3), ActorName: "منى", Role: "reviewer", Party: "EG", Address: "192.0.2.1",
			Action: "family.view", Entity: "family", EntityID: int64(i % 4), Area: []string{"EG-C", "EG-GZ"}[i%2], Note: "سبب",
			Changes: []registry.Change{{Path: "lead.id_number", Class: "identity", Old: "1", New: "2"}}}
	}
	var want []store.AuditEntry
	for i := range 10 {
		e := entry(i)
		Update(t, db, func(tx *store.Tx) error { return tx.Audit(e) })
		want = append([]store.AuditEntry{*e}, want...)
	}
	// An update that fails leaves no entry and no gap.
	fail := errors.New("no")
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return errors.Join(tx.Audit(entry(99)), fail) }); !errors.Is(err, fail) {
		t.Fatalf("got %v, want the error of fn", err)
	}
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ListAudit(All("EG"), store.AuditQuery{})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		for name, c := range map[string]struct {
			s    store.Scope
			q    store.AuditQuery
			want int
		}{
			"party": {All("QA"), store.AuditQuery{}, 0}, "areas": {store.Scope{Party: "EG", Areas: []string{"EG-C"}}, store.AuditQuery{}, 5},
			"actor": {All("EG"), store.AuditQuery{ActorID: 1}, 3}, "entity": {All("EG"), store.AuditQuery{Entity: "family", EntityID: 2}, 2},
			"action": {All("EG"), store.AuditQuery{Action: "x"}, 0}, "limit": {All("EG"), store.AuditQuery{Limit: 4}, 4}, "before": {All("EG"), store.AuditQuery{Before: 4}, 3},
			"day": {All("EG"), store.AuditQuery{From: date(2026, 3, 1), To: date(2026, 3, 1)}, 10}, "next day": {All("EG"), store.AuditQuery{From: date(2026, 3, 2)}, 0},
		} {
			got, err := tx.ListAudit(c.s, c.q)
			if err != nil || len(got) != c.want {
				t.Errorf("%s: got %d entries, %v, want %d", name, len(got), err, c.want)
			}
		}
		return err
	})
	r, err := store.VerifyAudit(t.Context(), db)
	if err != nil || r.Entries != 10 || r.Reason != "" || len(r.Head) != 64 {
		t.Fatalf("got %+v, %v, want a whole chain of 10", r, err)
	}
}

func testPeople(t *testing.T, db *store.DB) {
	u := &auth.User{Email: "a@example.org", Name: "منى", Role: auth.Reviewer, Party: "EG", Areas: auth.SomeAreas("EG-C", "EG-GZ"), Locale: "ar", PasswordHash: "$x",
		TOTPSealed: []byte{1, 2}, TOTPLastStep: 5, RecoveryHashes: [][]byte{{1}, {2, 3}}, Active: true, CreatedAt: Noon, CreatedBy: 1, PasswordAt: Noon, LastSignInAt: Noon}
	v := &auth.User{Email: "b@example.org", Party: "QA", Areas: auth.AllAreas(), Role: auth.Administrator, CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return errors.Join(tx.InsertUser(u), tx.InsertUser(v)) })
	twin := *u
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertUser(&twin) }), fault.Duplicate, "error.duplicate_email")
	stale := *u
	u.Name, u.TOTPSealed, u.RecoveryHashes = "منى علي", nil, nil
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateUser(u) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateUser(&stale) }), fault.Stale, "")
	_, hash := auth.NewToken()
	_, other := auth.NewToken()
	s := &auth.Session{Hash: hash, UserID: u.ID, Pending: true, CreatedAt: Noon, SeenAt: Noon, Address: "192.0.2.1", Agent: "Firefox"}
	s2 := &auth.Session{Hash: other, UserID: u.ID, CreatedAt: Noon.Add(time.Hour), SeenAt: Noon.Add(time.Hour)}
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.InsertSession(s), tx.InsertSession(s2), tx.TouchSession(hash, Noon.Add(time.Minute)))
	})
	s.SeenAt = Noon.Add(time.Minute)
	View(t, db, func(tx *store.Tx) error {
		got, user, err := tx.SessionByHash(hash)
		if err != nil || !reflect.DeepEqual(got, s) || !reflect.DeepEqual(user, u) {
			t.Errorf("got %+v %+v, %v\nwant %+v %+v", got, user, err, s, u)
		}
		byEmail, err := tx.UserByEmail("a@example.org")
		if err != nil || byEmail.ID != u.ID {
			t.Errorf("by e-mail: got %+v, %v", byEmail, err)
		}
		n, err := tx.CountUsers()
		list, err2 := tx.ListUsers("QA")
		all, err3 := tx.ListUsers("")
		names, err4 := tx.UserNames([]int64{u.ID, v.ID, 99})
		sessions, err5 := tx.SessionsOf(u.ID)
		if n != 2 || len(list) != 1 || list[0].ID != v.ID || len(all) != 2 || len(names) != 2 || names[u.ID] != u.Name || len(sessions) != 2 || sessions[0].Hash != other {
			t.Errorf("got %d users, %v, %v, %v, %v", n, list, all, names, sessions)
		}
		_, err6 := tx.UserByEmail("A@example.org")
		wantKind(t, err6, fault.NotFound, "")
		return errors.Join(err, err2, err3, err4, err5)
	})
	for step, want := range map[int64]bool{5: false, 4: false} {
		Update(t, db, func(tx *store.Tx) error {
			got, err := tx.AdvanceTOTPStep(u.ID, step)
			if got != want {
				t.Errorf("step %d: got %v, want %v", step, got, want)
			}
			return err
		})
	}
	Update(t, db, func(tx *store.Tx) error {
		if ok, err := tx.AdvanceTOTPStep(u.ID, 6); !ok || err != nil {
			t.Errorf("step 6: got %v, %v, want true", ok, err)
		}
		n, err := tx.DeleteSessionsOf(u.ID, hash)
		if n != 1 {
			t.Errorf("deleted %d sessions, want 1", n)
		}
		return errors.Join(err, tx.DeleteSession(hash))
	})
	View(t, db, func(tx *store.Tx) error {
		_, _, err := tx.SessionByHash(hash)
		wantKind(t, err, fault.NotFound, "")
		return nil
	})
	_, l1 := auth.NewLink(auth.PasswordReset, u.ID, 1, Noon)
	_, l2 := auth.NewLink(auth.PasswordReset, u.ID, 1, Noon)
	Update(t, db, func(tx *store.Tx) error { return errors.Join(tx.InsertLink(&l1), tx.InsertLink(&l2)) })
	View(t, db, func(tx *store.Tx) error {
		_, err := tx.LinkByHash(l1.Hash)
		wantKind(t, err, fault.NotFound, "") // the newer one replaced it
		got, err := tx.LinkByHash(l2.Hash)
		if err != nil || *got != l2 {
			t.Errorf("got %+v, %v, want %+v", got, err, l2)
		}
		return nil
	})
	if err := l2.Use(auth.PasswordReset, Noon); err != nil {
		t.Fatal(err)
	}
	Update(t, db, func(tx *store.Tx) error { return tx.UseLink(&l2) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UseLink(&l2) }), fault.NotFound, "auth.link.invalid")
	filter := &store.SavedFilter{UserID: u.ID, Page: "families", Name: "أسوان", Query: "area=EG-ASN", CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertFilter(filter) })
	same := *filter
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertFilter(&same) }), fault.Duplicate, "error.duplicate_filter")
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.FiltersOf(u.ID, "families")
		if len(got) != 1 || got[0] != *filter {
			t.Errorf("got %+v, want %+v", got, filter)
		}
		return err
	})
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteFilter(v.ID, filter.ID) }), fault.NotFound, "")
	Update(t, db, func(tx *store.Tx) error { return tx.DeleteFilter(u.ID, filter.ID) })
}

func testTries(t *testing.T, db *store.DB) {
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.RecordFailure("a@x", "192.0.2.1", Noon), tx.RecordFailure("a@x", "192.0.2.2", Noon.Add(time.Second)),
			tx.RecordFailure("b@x", "192.0.2.1", Noon.Add(2*time.Second)))
	})
	tries := func(account, address string) (got auth.Tries) {
		View(t, db, func(tx *store.Tx) (err error) { got, err = tx.TriesOf(account, address); return err })
		return got
	}
	tally := func(n, s int) auth.Tally {
		return auth.Tally{Failures: n, Last: Noon.Add(time.Duration(s) * time.Second)}
	}
	if got, want := tries("a@x", "192.0.2.1"), (auth.Tries{Pair: tally(1, 0), Account: tally(2, 1), Address: tally(2, 2)}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	Update(t, db, func(tx *store.Tx) error { return tx.RecordSuccess("a@x", "192.0.2.1", Noon.Add(time.Minute)) })
	if got, want := tries("a@x", "192.0.2.1"), (auth.Tries{Address: tally(2, 2), Known: true}); got != want {
		t.Errorf("after success: got %+v, want %+v", got, want)
	}
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.RecordCode(7, false, Noon), tx.RecordCode(7, false, Noon.Add(time.Second)))
	})
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.CodeTally(7)
		if got != tally(2, 1) {
			t.Errorf("got %+v, want 2 wrong codes", got)
		}
		return err
	})
	Update(t, db, func(tx *store.Tx) error { return tx.RecordCode(7, true, Noon) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.CodeTally(7)
		if got != (auth.Tally{}) {
			t.Errorf("got %+v, want none", got)
		}
		return err
	})
	Update(t, db, func(tx *store.Tx) error {
		n, err := tx.PurgeTries(Noon.Add(time.Hour))
		if n == 0 {
			t.Error("purged nothing")
		}
		return err
	})
	if got := tries("a@x", "192.0.2.1"); got != (auth.Tries{}) {
		t.Errorf("after the purge: got %+v, want none", got)
	}
}

func testJobs(t *testing.T, db *store.DB) {
	job := &store.Job{Kind: "recheck", Party: "EG", Params: []byte(`{"set":1}`), Total: 10, By: 3, CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertJob(job) })
	claim := func(at time.Time) (j *store.Job) {
		Update(t, db, func(tx *store.Tx) (err error) { j, err = tx.ClaimJob(at, time.Minute); return err })
		return j
	}
	first := claim(Noon)
	if first == nil || first.ID != job.ID || first.Attempt != 1 || string(first.Params) != `{"set":1}` {
		t.Fatalf("got %+v, want the job", first)
	}
	if again := claim(Noon.Add(30 * time.Second)); again != nil {
		t.Fatalf("got %+v while another runs it, want none", again)
	}
	first.Cursor, first.Done = []byte(`{"after":5}`), 5
	Update(t, db, func(tx *store.Tx) error { return tx.ProgressJob(first, Noon.Add(40*time.Second)) })
	second := claim(Noon.Add(2 * time.Minute)) // the first runner is silent
	if second == nil || second.Attempt != 2 || string(second.Cursor) != `{"after":5}` || second.Done != 5 {
		t.Fatalf("got %+v, want the job from its cursor on", second)
	}
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.ProgressJob(first, Noon) }), fault.Stale, "")
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.FinishJob(first, store.JobDone, Noon) }), fault.Stale, "")
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.CancelJob("QA", job.ID, Noon) }), fault.NotFound, "")
	Update(t, db, func(tx *store.Tx) error { return tx.CancelJob("EG", job.ID, Noon) })
	Update(t, db, func(tx *store.Tx) error { return tx.ProgressJob(second, Noon.Add(2*time.Minute)) })
	if !second.Cancel {
		t.Error("the runner is not told to stop")
	}
	Update(t, db, func(tx *store.Tx) error { return tx.FinishJob(second, store.JobCancelled, Noon.Add(3*time.Minute)) })
	waiting := &store.Job{Kind: "recheck", Party: "EG", CreatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.InsertJob(waiting), tx.CancelJob("EG", waiting.ID, Noon))
	})
	if j := claim(Noon.Add(time.Hour)); j != nil {
		t.Errorf("got %+v, want nothing to do", j)
	}
	View(t, db, func(tx *store.Tx) error {
		jobs, err := tx.ListJobs("EG", 10)
		if len(jobs) != 2 || jobs[1].State != store.JobCancelled || jobs[0].State != store.JobCancelled || jobs[1].FinishedAt.IsZero() {
			t.Errorf("got %+v, want two cancelled jobs", jobs)
		}
		_, err2 := tx.JobByID("QA", job.ID)
		wantKind(t, err2, fault.NotFound, "")
		return err
	})
}

func testWork(t *testing.T, db *store.DB) {
	families := fill(t, db, 200)
	var want store.WorkCounts
	until := date(2029, 6, 1)
	const me = 3
	for _, f := range families {
		st := f.Status
		mine := st.EnteredBy == me
		switch {
		case st.State == registry.Draft && mine:
			want.Drafts++
		case st.State == registry.Returned && mine:
			want.Returned++
		case st.State == registry.Submitted && !mine:
			want.WaitingReview++
		case st.State == registry.UnderReview && st.ReviewerID == me:
			want.UnderMyReview++
		case st.State == registry.UnderReview:
			want.WaitingAllOthers++
		}
		if st.State == registry.Approved && !st.ValidUntil.After(until) {
			want.RenewalsDue++
		}
		if st.Amendment && !mine {
			want.AmendmentsWait++
		}
	}
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.WorkCounts(All("EG"), me, until)
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		got, err2 := tx.WorkCounts(store.Scope{Party: "EG", Areas: []string{}}, me, until)
		if got != (store.WorkCounts{}) {
			t.Errorf("without areas: got %+v, want none", got)
		}
		return errors.Join(err, err2)
	})
}

// testAssign compares the heaps of a person with a plain reading, and gives families to another person.
func testAssign(t *testing.T, db *store.DB) {
	families := fill(t, db, 200)
	Insert(t, db, Family("QA", 900))
	const me, other, reviewer = 3, 77, 21
	states := []registry.State{registry.Draft, registry.Submitted, registry.Approved}
	collect := func(in func(st *registry.Registration) bool) map[store.Heap][]int64 {
		out := map[store.Heap][]int64{}
		for _, f := range families {
			if in(&f.Status) {
				key := store.Heap{State: f.Status.State, Area: f.Record.Address.Area}
				out[key] = append(out[key], f.ID)
			}
		}
		return out
	}
	compare := func(what string, want map[store.Heap][]int64, read func(tx *store.Tx) ([]store.WorkHeap, error)) {
		t.Helper()
		View(t, db, func(tx *store.Tx) error {
			heaps, err := read(tx)
			got := map[store.Heap][]int64{}
			for _, h := range heaps {
				got[h.Heap] = h.IDs
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v, want %v", what, got, want)
			}
			return err
		})
	}
	mine := collect(func(st *registry.Registration) bool { return st.EnteredBy == me && slices.Contains(states, st.State) })
	if len(mine) < 3 {
		t.Fatalf("%d heaps: the families of the test are too much alike", len(mine))
	}
	compare("entries", mine, func(tx *store.Tx) ([]store.WorkHeap, error) { return tx.EntriesOf("EG", me, states) })
	compare("reviews", collect(func(st *registry.Registration) bool {
		return st.State == registry.UnderReview && st.ReviewerID == reviewer
	}),
		func(tx *store.Tx) ([]store.WorkHeap, error) { return tx.ReviewsOf("EG", reviewer) })
	none := map[store.Heap][]int64{}
	compare("of the other party", none, func(tx *store.Tx) ([]store.WorkHeap, error) { return tx.EntriesOf("QA", reviewer, states) })
	compare("nobody's", none, func(tx *store.Tx) ([]store.WorkHeap, error) { return tx.EntriesOf("EG", 0, states) })
	compare("of a stranger", none, func(tx *store.Tx) ([]store.WorkHeap, error) { return tx.EntriesOf("EG", 123456, states) })
	compare("no states", none, func(tx *store.Tx) ([]store.WorkHeap, error) { return tx.EntriesOf("EG", me, nil) })

	var key store.Heap
	var id int64
	for k, ids := range mine {
		key, id = k, ids[0]
		break
	}
	at := Noon.Add(48 * time.Hour)
	for name, c := range map[string]struct {
		party place.Country
		id    int64
		from  int64
		is    store.Heap
	}{
		"other party": {"QA", id, me, key}, "not theirs": {"EG", id, me + 1, key}, "other state": {"EG", id, me, store.Heap{State: registry.Rejected, Area: key.Area}},
		"other area": {"EG", id, me, store.Heap{State: key.State, Area: "EG-XX"}}, "no family": {"EG", id + 100000, me, key},
	} {
		Update(t, db, func(tx *store.Tx) error {
			ok, err := tx.AssignEntry(c.party, c.id, c.from, other, c.is, at)
			if ok {
				t.Errorf("%s: moved", name)
			}
			return err
		})
	}
	var before, after *registry.Family
	View(t, db, func(tx *store.Tx) (err error) { before, err = tx.FamilyByID(All("EG"), id); return err })
	Update(t, db, func(tx *store.Tx) error {
		ok, err := tx.AssignEntry("EG", id, me, other, key, at)
		if !ok {
			t.Error("not moved")
		}
		return err
	})
	View(t, db, func(tx *store.Tx) (err error) { after, err = tx.FamilyByID(All("EG"), id); return err })
	want := *before
	want.Version, want.Status.EnteredBy, want.Status.UpdatedAt = before.Version+1, other, at
	if !reflect.DeepEqual(after, &want) {
		t.Errorf("got %+v\nwant %+v", after, &want)
	}
	compare("of the receiver", map[store.Heap][]int64{key: {id}}, func(tx *store.Tx) ([]store.WorkHeap, error) { return tx.EntriesOf("EG", other, states) })
	if mine[key] = mine[key][1:]; len(mine[key]) == 0 {
		delete(mine, key)
	}
	compare("of the giver", mine, func(tx *store.Tx) ([]store.WorkHeap, error) { return tx.EntriesOf("EG", me, states) })
	View(t, db, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(All("EG"), store.FamilyQuery{EnteredBy: other})
		if err != nil || len(page.Rows) != 1 || page.Rows[0].ID != id {
			t.Errorf("the list of the receiver: %+v, %v", page, err)
		}
		return nil
	})
	// Who decides at this moment on the version from before is shown that it changed.
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateFamily(before, store.FamilyExtra{}) }), fault.Stale, "error.stale")
}

func testIdempotency(t *testing.T, db *store.DB) {
	Update(t, db, func(tx *store.Tx) error { return tx.KeepIdempotency(1, "k", []byte("hash"), "/families/1", Noon) })
	View(t, db, func(tx *store.Tx) error {
		got, found, err := tx.IdempotencyHit(1, "k", []byte("hash"))
		if got != "/families/1" || !found || err != nil {
			t.Errorf("got %q, %v, %v, want the answer", got, found, err)
		}
		_, found, err = tx.IdempotencyHit(2, "k", []byte("hash"))
		if found || err != nil {
			t.Errorf("another user: got %v, %v, want nothing", found, err)
		}
		_, _, err = tx.IdempotencyHit(1, "k", []byte("other"))
		wantKind(t, err, fault.Stale, "error.idempotency_reuse")
		return nil
	})
	// The same submission five times at once makes one family.
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			err := db.Update(context.Background(), func(tx *store.Tx) error {
				if _, found, err := tx.IdempotencyHit(1, "five", []byte("h")); found || err != nil {
					return err
				}
				f := Family("EG", 5)
				if err := Save(tx, f, store.FamilyExtra{}); err != nil {
					return err
				}
				return tx.KeepIdempotency(1, "five", []byte("h"), fmt.Sprint(f.ID), Noon)
			})
			if err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	View(t, db, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(All("EG"), store.FamilyQuery{})
		if page.Total != 1 {
			t.Errorf("got %d families, want 1", page.Total)
		}
		return err
	})
	Update(t, db, func(tx *store.Tx) error {
		n, err := tx.PurgeIdempotency(Noon.Add(time.Second))
		if n != 2 {
			t.Errorf("purged %d, want 2", n)
		}
		return err
	})
}

// testSharedCommit lets good updates share commits with ones that fail, panic, break a uniqueness or are given up.
func testSharedCommit(t *testing.T, db *store.DB) {
	var wg sync.WaitGroup
	no := errors.New("no")
	const n = 120
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			errs[i] = db.Update(ctx, func(tx *store.Tx) error {
				f := Family("EG", i)
				if i%6 == 5 {
					f.Status.Number = "EG-2026-000001-00" // the same for all of them
				}
				if err := Save(tx, f, store.FamilyExtra{}); err != nil {
					return err
				}
				switch i % 6 {
				case 1:
					return no
				case 2:
					panic("oh")
				case 3:
					cancel()
					_, err := tx.NextSerial("EG", 2026)
					return err
				case 4:
					tx.KeepIdempotency(1, "same", []byte("h"), "", Noon) // its error is swallowed, which must not save half a family
				}
				return nil
			})
		})
	}
	wg.Wait()
	want := 0
	var numbered, kept int
	for i, err := range errs {
		switch i % 6 {
		case 0:
			if err != nil {
				t.Errorf("good update %d: %v", i, err)
			}
			want++
		case 1:
			if !errors.Is(err, no) {
				t.Errorf("got %v, want its own error", err)
			}
		case 2:
			if err == nil || !strings.Contains(err.Error(), "panic in update: oh") {
				t.Errorf("got %v, want the panic", err)
			}
		case 3:
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("got %v, want unavailable", err)
			}
		case 4:
			if err == nil {
				kept++
			} else {
				wantKind(t, err, fault.Duplicate, "error.duplicate")
			}
		case 5:
			if err == nil {
				numbered++
			} else {
				wantKind(t, err, fault.Duplicate, "error.duplicate_number")
			}
		}
	}
	if numbered != 1 || kept != 1 {
		t.Errorf("got %d with the same number and %d with the same key, want 1 and 1", numbered, kept)
	}
	View(t, db, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(All("EG"), store.FamilyQuery{})
		if page.Total != want+2 {
			t.Errorf("got %d families, want %d", page.Total, want+2)
		}
		return err
	})
	if r, err := store.VerifyAudit(t.Context(), db); err != nil || r.Reason != "" || int(r.Entries) != want+2 {
		t.Errorf("got chain %+v, %v, want %d entries", r, err, want+2)
	}
}

// testConcurrent lets 64 goroutines raise one number in one family with the optimistic version.
func testConcurrent(t *testing.T, db *store.DB) {
	f := Family("EG", 1)
	f.Record.Project.WorkersOther = 0
	Insert(t, db, f)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for try := range 1000 {
				var fam *registry.Family
				err := db.View(context.Background(), func(tx *store.Tx) (err error) { fam, err = tx.FamilyByID(All("EG"), f.ID); return err })
				if err == nil {
					fam.Record.Project.WorkersOther++
					err = db.Update(context.Background(), func(tx *store.Tx) error {
						copied := *fam
						return tx.UpdateFamily(&copied, store.FamilyExtra{})
					})
				}
				if err == nil {
					return
				}
				if !fault.Is(err, fault.Stale) || try == 999 {
					t.Errorf("got %v, want stale only", err)
					return
				}
			}
		})
	}
	wg.Wait()
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.FamilyByID(All("EG"), f.ID)
		if err == nil && (got.Record.Project.WorkersOther != 64 || got.Version != 65) {
			t.Errorf("got %d at version %d, want 64 at version 65", got.Record.Project.WorkersOther, got.Version)
		}
		return err
	})
}

func testTransaction(t *testing.T, db *store.DB) {
	err := db.View(t.Context(), func(tx *store.Tx) error { return tx.InsertFamily(Family("EG", 1), store.FamilyExtra{}) })
	if err == nil {
		t.Error("a write in View succeeded")
	}
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		return db.Update(tx.Context(), func(*store.Tx) error { return nil })
	})
	if err == nil {
		t.Error("an Update in an Update succeeded")
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	ran := false
	wantKind(t, db.Update(done, func(*store.Tx) error { ran = true; return nil }), fault.Unavailable, "")
	if ran {
		t.Error("an update ran whose caller had left")
	}
	wantKind(t, db.View(done, func(tx *store.Tx) error { _, err := tx.CountUsers(); return err }), fault.Unavailable, "")
	// A View is one snapshot.
	View(t, db, func(tx *store.Tx) error {
		before, err := tx.CountUsers()
		if err != nil {
			return err
		}
		Update(t, db, func(w *store.Tx) error { return w.InsertUser(&auth.User{Email: "x@example.org", Party: "EG"}) })
		after, err := tx.CountUsers()
		if before != after {
			t.Errorf("got %d users then %d in one View, want the same", before, after)
		}
		return err
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic in View does not reach the caller")
			}
		}()
		db.View(t.Context(), func(*store.Tx) error { panic("oh") })
	}()
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("after the panic: %v", err)
	}
	if s := db.Stats(t.Context()); s.Engine == "" || s.SizeBytes == 0 || s.Updates == 0 || s.ReadIdle != s.ReadConns {
		t.Errorf("got %+v, want gauges and all connections free", s)
	}
	if err := db.Close(); err != nil {
		t.Fatalf("closing: %v", err)
	}
	wantKind(t, db.Update(t.Context(), func(*store.Tx) error { return nil }), fault.Unavailable, "")
}

func testDoctor(t *testing.T, db *store.DB) {
	families := fill(t, db, 60)
	for i, f := range families {
		if i%2 == 0 {
			f.Record.Address.Area, f.Record.Lead.GivenName = "EG-ASN", "ليلى"
			Update(t, db, func(tx *store.Tx) error { return tx.UpdateFamily(f, store.FamilyExtra{Facts: []byte("f")}) })
		}
	}
	testdoc := &registry.Document{FamilyID: families[0].ID, AddedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertDocument(testdoc, bytes.Repeat([]byte("x"), 100_000), nil) })
	findings, err := db.Doctor(t.Context())
	if err != nil || len(findings) != 8 {
		t.Fatalf("got %d findings, %v, want 8", len(findings), err)
	}
	for _, f := range findings {
		if f.Severity != store.SeverityOK {
			t.Errorf("got %+v, want a healthy database", f)
		}
	}
}
