package storetest

import (
	"fmt"
	"slices"
	"testing"

	"muntija/internal/registry"
	"muntija/internal/store"
)

// testFind looks through the box on every page: by name, project, place and product, in a scope, after corrections.
func testFind(t *testing.T, db *store.DB) {
	a, b, c, q := Family("EG", 1), Family("EG", 2), Family("EG", 3), Family("QA", 4)
	name := func(f *registry.Family, given, rest, project, district, village string) {
		l := &f.Record.Lead
		l.GivenName, l.RestOfName, l.NameEN = given, rest, ""
		f.Record.Project.Name, f.Record.Project.NameEN = project, ""
		f.Record.Address.District, f.Record.Address.Village = district, village
	}
	name(a, "فاطمة", "محمد عبد الله الشناوي", "مخبز النور", "مركز أخميم", "الكوثر")
	name(b, "محمد", "أحمد بن علي", "نول فاطمة", "مركز أخميم", "نيدة")
	name(c, "هدى", "إبراهيم", "خزف", "مركز إسنا", "الكوثر")
	name(q, "فاطمة", "علي المسند", "دخون", "", "")
	a.Record.Address.Area, b.Record.Address.Area, c.Record.Address.Area = "EG-SHG", "EG-SHG", "EG-LXR"
	Insert(t, db, a, b, c, q)
	p := Product(a, 1)
	Update(t, db, func(tx *store.Tx) error { return tx.InsertProduct(p) })
	type answer struct{ people, projects, villages, products []int64 }
	find := func(s store.Scope, fq store.FindQuery) (out answer, f *store.Findings) {
		t.Helper()
		fq.Limit, fq.Products = 10, true
		View(t, db, func(tx *store.Tx) error {
			var err error
			if f, err = tx.Find(s, fq); err != nil {
				return err
			}
			out = answer{}
			for _, x := range []struct {
				from []store.FoundFamily
				to   *[]int64
			}{{f.People, &out.people}, {f.Projects, &out.projects}, {f.Villages, &out.villages}} {
				for _, r := range x.from {
					*x.to = append(*x.to, r.ID)
				}
			}
			for _, r := range f.Products {
				out.products = append(out.products, r.ID)
			}
			return nil
		})
		return out, f
	}
	ids := func(fs ...*registry.Family) (out []int64) {
		for _, f := range fs {
			out = append(out, f.ID)
		}
		return out
	}
	want := func(text string, people, projects, villages []int64) {
		t.Helper()
		got, _ := find(All("EG"), store.FindQuery{Text: text})
		if !slices.Equal(got.people, people) || !slices.Equal(got.projects, projects) || !slices.Equal(got.villages, villages) {
			t.Errorf("%q: got %+v, want %v, %v, %v", text, got, people, projects, villages)
		}
	}
	want("فاطمه", ids(a), ids(b), nil)
	want("Fatma", ids(a), ids(b), nil)
	want("محمد", ids(b, a), nil, nil) // who is called so, then whose father is
	want("عبدالله", ids(a), nil, nil)
	want("محمد احمد علي", ids(b), nil, nil)
	want("فاطمة بنت محمد شناوي", ids(a), nil, nil)
	want("فاطنة محمد", ids(a, b), nil, nil)         // her name, and his with hers on the project
	want("فاطمة محمد الزهراء", ids(a, b), nil, nil) // one word of three too much
	want("هدي كوثر", ids(c), nil, nil)
	want("الكوثر", nil, nil, ids(c, a))
	want("مخبز", nil, ids(a), nil)
	want("لا أحد هنا", nil, nil, nil)
	if got, f := find(All("EG"), store.FindQuery{Text: "اخميم"}); len(f.Places) != 1 || f.Places[0].Families != 2 || f.Total != 2 || len(got.villages) != 2 {
		t.Errorf("a district: %+v, %+v", got, f.Places)
	}
	if got, f := find(All("EG"), store.FindQuery{Text: "الكوثر", NoPlaces: true}); len(got.villages) != 0 || len(f.Places) != 0 || f.Total != 0 {
		t.Errorf("places that may not be seen: %+v", got)
	}
	if got, f := find(store.Scope{Party: "EG", Areas: []string{"EG-LXR"}}, store.FindQuery{Text: "الكوثر"}); !slices.Equal(got.villages, ids(c)) || f.Total != 1 {
		t.Errorf("an area: %+v", got)
	}
	if got, _ := find(All("QA"), store.FindQuery{Text: "فاطمة"}); !slices.Equal(got.people, ids(q)) || got.projects != nil {
		t.Errorf("the other party: %+v", got)
	}
	if got, _ := find(All("EG"), store.FindQuery{Text: "فاطمة", EnteredBy: 99_999}); got.people != nil || got.projects != nil {
		t.Errorf("nobody's entries: %+v", got)
	}
	const word = "كليم"
	if got, _ := find(All("EG"), store.FindQuery{Text: word}); !slices.Equal(got.products, []int64{p.ID}) {
		t.Errorf("%q: got products %v, want %d", word, got.products, p.ID)
	}
	if got, _ := find(All("QA"), store.FindQuery{Text: word}); got.products != nil {
		t.Errorf("%q: the other party finds %v", word, got.products)
	}
	p.Record.NameAR = "زنبيل"
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateProduct(p) })
	if got, _ := find(All("EG"), store.FindQuery{Text: "زنبيل"}); !slices.Equal(got.products, []int64{p.ID}) {
		t.Errorf("after a product was renamed: %v", got.products)
	}
	a.Record.Lead.GivenName = "زهرة"
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateFamily(a, store.FamilyExtra{}) })
	want("فاطمة محمد الشناوي", ids(a, b), nil, nil) // but for one word
	want("فاطمة شناوي", nil, nil, nil)
	want("زهره", ids(a), nil, nil)
	if got, _ := find(All("EG"), store.FindQuery{Text: "زنبيل"}); !slices.Equal(got.products, []int64{p.ID}) {
		t.Errorf("after the family was renamed: %v", got.products)
	}
	// Somebody of the household, in another spelling; after a change, which no reading of all families tells.
	members := func(s store.Scope, text string) (out []string) {
		t.Helper()
		if err := db.HearOfMembers(t.Context()); err != nil {
			t.Fatal(err)
		}
		View(t, db, func(tx *store.Tx) error {
			f, err := tx.Find(s, store.FindQuery{Text: text, Limit: 10, Members: true})
			if err != nil {
				return err
			}
			out = nil
			for _, x := range f.Members {
				out = append(out, fmt.Sprint(x.ID, " ", x.Member.Name))
			}
			return nil
		})
		return out
	}
	expect := func(s store.Scope, text string, want ...string) {
		t.Helper()
		if got := members(s, text); !slices.Equal(got, want) {
			t.Errorf("members called %q: got %q, want %q", text, got, want)
		}
	}
	rename := func(f *registry.Family, names ...string) {
		f.Record.Household.Members = nil
		for _, n := range names {
			f.Record.Household.Members = append(f.Record.Household.Members, registry.Member{Name: n, Relation: "daughter"})
		}
		Update(t, db, func(tx *store.Tx) error { return tx.UpdateFamily(f, store.FamilyExtra{}) })
	}
	rename(a, "سلوى عبد الرحمن", "يوسف عبد الرحمن")
	rename(q, "سلوى ناصر")
	salwa := fmt.Sprint(a.ID, " سلوى عبد الرحمن")
	expect(All("EG"), "سلوي عبدالرحمن", salwa)
	expect(All("EG"), "salwa", salwa)
	expect(All("EG"), "سلوى يوسف") // each word in another member's name
	expect(store.Scope{Party: "EG", Areas: []string{"EG-LXR"}}, "سلوى")
	expect(All("QA"), "سلوى", fmt.Sprint(q.ID, " سلوى ناصر"))
	rename(a, "شادية عبد الرحمن")
	expect(All("EG"), "سلوى")
	expect(All("EG"), "شاديه", fmt.Sprint(a.ID, " شادية عبد الرحمن"))
	View(t, db, func(tx *store.Tx) error { // who may not see households
		f, err := tx.Find(All("EG"), store.FindQuery{Text: "شادية", Limit: 10})
		if err == nil && (len(f.Members) > 0 || f.Total > 0) {
			t.Errorf("members without the right: %+v", f.Members)
		}
		return err
	})
	// Who may be the same.
	likely := func(l store.Likely) (out []int64) {
		t.Helper()
		View(t, db, func(tx *store.Tx) error {
			ids, err := tx.LikelySame(All("EG"), l, 10)
			if err != nil {
				return err
			}
			records, err := tx.LikelyRecords("EG", ids, 0)
			out = nil
			for _, r := range records {
				out = append(out, r.FamilyID)
			}
			return err
		})
		return out
	}
	if got := likely(store.Likely{Given: "زهره", Rest: "محمد عبدالله", Area: "EG-SHG"}); !slices.Equal(got, ids(a)) {
		t.Errorf("likely the same: got %v, want %d", got, a.ID)
	}
	if got := likely(store.Likely{Given: "زهرة", Rest: "جرجس"}); got != nil {
		t.Errorf("a given name alone: %v", got)
	}
	if got := likely(store.Likely{Given: "فاطمة", Rest: "علي"}); got != nil {
		t.Errorf("the other party's: %v", got)
	}
}
