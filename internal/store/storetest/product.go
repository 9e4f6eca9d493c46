package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Product returns the n-th made product of a stored family: a draft.
func Product(f *registry.Family, n int) *registry.Product {
	p := registry.NewProduct(f, 3, Noon.Add(time.Duration(n)*time.Minute))
	crafts := []string{"TX", "PT", "FD"}
	p.Record = registry.ProductRecord{NameAR: fmt.Sprintf("كليم رقم %d", n), NameEN: fmt.Sprintf("Kilim %d", n), Craft: crafts[n%len(crafts)], Materials: "صوف وقطن",
		Handmade: 90, HandmadeGiven: true, OriginArea: f.Record.Address.Area, OriginName: "فُوَّة", Unit: "piece", Price: int64(1000 + n), Currency: "EGP", Capacity: 12,
		Allergens: []registry.Allergen{"milk", "nuts"}, MadeIn: true}
	return p
}

// approved is a family whose approved products the public sees.
func approved(f *registry.Family) *registry.Family {
	f.Status.State, f.Status.DecidedAt = registry.Approved, Noon
	f.Record.Consents = []registry.Consent{{Scope: registry.ConsentOwnMinistry, Given: true, Date: date(2026, 1, 1)}, {Scope: registry.ConsentCatalogue, Given: true, Date: date(2026, 1, 1)}}
	return f
}

func testProduct(t *testing.T, db *store.DB) {
	eg, qa := Family("EG", 1), Family("QA", 1)
	Insert(t, db, eg, qa)
	p := Product(eg, 4)
	Update(t, db, func(tx *store.Tx) error { return tx.InsertProduct(p) })
	if p.ID == 0 || p.Version != 1 {
		t.Fatalf("got id %d version %d, want an id and version 1", p.ID, p.Version)
	}
	mine, theirs := *p, *p
	theirs.Record.Price = 77
	theirs.Status = registry.ProductStatus{State: registry.ProductReturned, Round: 2, Sheet: 3, EnteredBy: 3, CreatedAt: Noon, UpdatedAt: Noon, SubmittedAt: Noon, SubmittedBy: 3,
		DecidedAt: Noon, DecidedBy: 4, Score: 5250}
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateProduct(&theirs) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateProduct(&mine) }), fault.Stale, "error.stale")
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ProductByID(All("EG"), p.ID)
		if err != nil || !reflect.DeepEqual(got, &theirs) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, &theirs)
		}
		_, err = tx.ProductByID(All("QA"), p.ID)
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.ProductByID(store.Scope{Party: "EG", Areas: []string{"EG-XX"}}, p.ID)
		wantKind(t, err, fault.NotFound, "")
		return nil
	})

	merit := Product(eg, 4)
	merit.Status = registry.ProductStatus{State: registry.ProductApproved, Round: 1, Sheet: 3, EnteredBy: 3, CreatedAt: Noon, UpdatedAt: Noon, SubmittedAt: Noon, SubmittedBy: 3, DecidedAt: Noon, DecidedBy: 4, Score: 7250}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertProduct(merit) })
	View(t, db, func(tx *store.Tx) error {
		if got, err := tx.FamilyMerit([]place.Country{"EG", "QA"}); err != nil || len(got) != 1 || got[eg.ID] != 72 { // whole per cent; what was returned does not count
			t.Errorf("the marks of families: got %v, %v, want 72", got, err)
		}
		return nil
	})

	e := registry.ProductEvent{ProductID: p.ID, At: Noon, By: 4, Step: registry.ProductReturn, From: registry.ProductSubmitted, To: registry.ProductReturned, Note: "التشطيب"}
	s := registry.Score{ProductID: p.ID, Round: 2, Member: 4, At: Noon, Points: map[string]int{"quality": 3}, Note: "جيد"}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertProductEvent(&e); err != nil {
			return err
		}
		if err := tx.InsertScore(&s); err != nil {
			return err
		}
		again := s
		again.Points, again.At = map[string]int{"quality": 5}, Noon.Add(time.Hour)
		if err := tx.InsertScore(&again); err != nil {
			return err
		}
		if again.ID != s.ID {
			t.Errorf("a second score of a member got id %d, want %d: it replaces the first", again.ID, s.ID)
		}
		s = again
		other := registry.Score{ProductID: p.ID, Round: 1, Member: 4, At: Noon, Points: map[string]int{"quality": 1}}
		return tx.InsertScore(&other)
	})
	View(t, db, func(tx *store.Tx) error {
		events, err := tx.ProductEventsOf(p.ID)
		if err != nil || !reflect.DeepEqual(events, []registry.ProductEvent{e}) {
			t.Errorf("events: got %+v, %v", events, err)
		}
		scores, err := tx.ScoresOf(p.ID, 2)
		if err != nil || !reflect.DeepEqual(scores, []registry.Score{s}) {
			t.Errorf("scores: got %+v, %v, want %+v", scores, err, s)
		}
		if all, err := tx.ScoresOf(p.ID, 0); err != nil || len(all) != 2 {
			t.Errorf("scores of all rounds: got %d, %v, want 2", len(all), err)
		}
		return nil
	})

	sheet := registry.DefaultScoreSheet("EG")
	sheet.CreatedAt, sheet.CreatedBy = Noon, 5
	Update(t, db, func(tx *store.Tx) error { return tx.InsertScoreSheet(sheet) })
	twice := *sheet
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertScoreSheet(&twice) }), fault.Duplicate, "")
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ScoreSheets("EG")
		if err != nil || !reflect.DeepEqual(got, []registry.ScoreSheet{*sheet}) {
			t.Errorf("sheets: got %+v, %v\nwant %+v", got, err, *sheet)
		}
		return nil
	})

	var jobs []store.Job
	Update(t, db, func(tx *store.Tx) error {
		jobs = make([]store.Job, 4)
		for i := range jobs {
			jobs[i] = store.Job{Kind: "catalogue", Party: "EG", CreatedAt: Noon}
			if err := tx.InsertJob(&jobs[i]); err != nil {
				return err
			}
			if err := tx.InsertPrint("EG", jobs[i].ID, []byte("%PDF-"), 3, Noon); err != nil {
				return err
			}
		}
		return nil
	})
	View(t, db, func(tx *store.Tx) error {
		sizes, err := tx.PrintSizes("EG")
		if err != nil || len(sizes) != 3 || sizes[jobs[0].ID] != 0 || sizes[jobs[3].ID] != 5 {
			t.Errorf("prints: got %v, %v, want the newest three", sizes, err)
		}
		_, err = tx.PrintBody("QA", jobs[3].ID)
		wantKind(t, err, fault.NotFound, "")
		return nil
	})

	line := registry.Taxon{Party: "EG", Code: "TX-9", Parent: "TX", NameAR: "نول", NameEN: "Loom", Exhibited: true, Needs: []registry.BoothNeed{"wall", "live"}, Active: true}
	Update(t, db, func(tx *store.Tx) error { return tx.PutTaxon(&line) })
	stale := line
	line.NameEN, line.Active = "Handloom", false
	Update(t, db, func(tx *store.Tx) error { return tx.PutTaxon(&line) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutTaxon(&stale) }), fault.Stale, "")
	stale.Version = 0
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutTaxon(&stale) }), fault.Duplicate, "")
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.Taxonomy("EG")
		if err != nil || !reflect.DeepEqual(got, []registry.Taxon{line}) {
			t.Errorf("taxonomy: got %+v, %v, want %+v", got, err, line)
		}
		if other, err := tx.Taxonomy("QA"); err != nil || other != nil {
			t.Errorf("taxonomy of the other party: got %v, %v, want none", other, err)
		}
		return nil
	})
}

func testProductList(t *testing.T, db *store.DB) {
	eg, qa := Family("EG", 1), Family("QA", 1)
	Insert(t, db, eg, qa)
	Update(t, db, func(tx *store.Tx) error {
		for n := range 23 {
			p := Product(eg, n)
			if n%2 == 0 {
				p.Status.State, p.Status.Round, p.Status.SubmittedAt, p.Status.SubmittedBy = registry.ProductSubmitted, 1, Noon.Add(-time.Duration(n)*time.Hour), 3
			}
			if err := tx.InsertProduct(p); err != nil {
				return err
			}
			if n == 2 {
				if err := tx.InsertScore(&registry.Score{ProductID: p.ID, Round: 1, Member: 4, At: Noon, Points: map[string]int{}}); err != nil {
					return err
				}
			}
		}
		return tx.InsertProduct(Product(qa, 1))
	})
	for _, sort := range store.ProductSorts() {
		View(t, db, func(tx *store.Tx) error {
			seen, pages := map[int64]bool{}, 0
			q := store.ProductQuery{Sort: sort, Limit: 5}
			for {
				page, err := tx.ListProducts(All("EG"), q)
				if err != nil {
					return err
				}
				if page.Total != 23 {
					t.Fatalf("%s: total %d, want 23", sort, page.Total)
				}
				for _, r := range page.Rows {
					if seen[r.ID] || r.Party != "EG" || r.Area != eg.Record.Address.Area || r.Family == "" {
						t.Fatalf("%s: row %+v twice or of somebody else", sort, r)
					}
					seen[r.ID] = true
				}
				pages++
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			if len(seen) != 23 || pages != 5 {
				t.Errorf("%s: %d products on %d pages, want 23 on 5", sort, len(seen), pages)
			}
			return nil
		})
	}
	View(t, db, func(tx *store.Tx) error {
		for _, c := range []struct {
			name string
			q    store.ProductQuery
			want int
		}{
			{"state", store.ProductQuery{States: []string{"submitted"}}, 12}, {"craft", store.ProductQuery{Crafts: []string{"PT"}}, 8},
			{"words", store.ProductQuery{Text: "كليم 7"}, 1}, {"folded words", store.ProductQuery{Text: "فوه"}, 23}, {"no word", store.ProductQuery{Text: "%"}, 0},
			{"another's entries", store.ProductQuery{NotEnteredBy: 3}, 0}, {"unscored", store.ProductQuery{States: []string{"submitted"}, Unscored: 4}, 11},
			{"family", store.ProductQuery{FamilyID: qa.ID}, 0}, {"area", store.ProductQuery{Areas: []string{"EG-XX"}}, 0},
		} {
			page, err := tx.ListProducts(All("EG"), c.q)
			if err != nil || page.Total != c.want || len(page.Rows) != c.want {
				t.Errorf("%s: got %d of %d, %v, want %d", c.name, len(page.Rows), page.Total, err, c.want)
			}
		}
		_, err := tx.ListProducts(All("EG"), store.ProductQuery{After: "bm90aGluZw"})
		wantKind(t, err, fault.Invalid, "error.cursor")
		return nil
	})
}

// testCatalogue walks a product in and out of the public's sight.
func testCatalogue(t *testing.T, db *store.DB) {
	eg, qa := approved(Family("EG", 1)), approved(Family("QA", 2))
	Insert(t, db, eg, qa)
	list := func(q store.CatalogueQuery) (out store.CatalogueList) {
		t.Helper()
		View(t, db, func(tx *store.Tx) (err error) {
			out, err = tx.ListCatalogue(q)
			return err
		})
		return out
	}
	if got := list(store.CatalogueQuery{}); got.Total != 0 {
		t.Fatalf("an empty catalogue has %d products", got.Total)
	}
	var all []*registry.Product
	Update(t, db, func(tx *store.Tx) error {
		all = nil
		for n := range 30 {
			f := eg
			if n%10 == 9 {
				f = qa
			}
			p := Product(f, n)
			p.Status.State, p.Status.DecidedAt = registry.ProductApproved, Noon.Add(time.Duration(n)*time.Hour)
			if n == 0 {
				p.Status.State = registry.ProductSubmitted
			}
			all = append(all, p)
			if err := tx.InsertProduct(p); err != nil {
				return err
			}
		}
		return nil
	})
	got := list(store.CatalogueQuery{Size: 10})
	if got.Total != 29 || got.Pages != 3 || len(got.Products) != 10 || got.Parties["EG"] != 26 || got.Parties["QA"] != 3 || got.Crafts["TX"] != 9 {
		t.Fatalf("got %d products on %d pages, %v %v", got.Total, got.Pages, got.Parties, got.Crafts)
	}
	if first := got.Products[0]; first.ID != all[29].ID || first.Maker.AR != qa.Record.Project.Name || first.Party != "QA" || first.Area != qa.Record.Address.Area {
		t.Errorf("newest first: got %+v", first)
	}
	for _, c := range []struct {
		name string
		q    store.CatalogueQuery
		want int
	}{
		{"country", store.CatalogueQuery{Party: "QA"}, 3}, {"craft", store.CatalogueQuery{Crafts: []string{"PT", "FD"}}, 20}, {"area", store.CatalogueQuery{Area: eg.Record.Address.Area}, 26},
		{"word", store.CatalogueQuery{Text: "فوه صوف"}, 29}, {"two words", store.CatalogueQuery{Text: "كليم 12"}, 1}, {"no such word", store.CatalogueQuery{Text: "زجاج"}, 0},
		{"signs", store.CatalogueQuery{Text: "؟!"}, 0}, {"behind the last page", store.CatalogueQuery{Page: 99}, 29},
	} {
		if got := list(c.q); got.Total != c.want || c.q.Page == 99 && len(got.Products) != 0 {
			t.Errorf("%s: got %d products, want %d", c.name, got.Total, c.want)
		}
	}
	names := list(store.CatalogueQuery{ByName: true, Size: 100})
	if !slices.IsSortedFunc(names.Products, func(a, b store.PublicProduct) int {
		return strings.Compare(arabic.SortKey(a.Record.NameAR), arabic.SortKey(b.Record.NameAR))
	}) {
		t.Error("by name: not in order")
	}

	photo := registry.ProductPhoto{ProductID: all[1].ID, Position: 1, SHA256: "a", Width: 4, Height: 3, Size: 4, AddedBy: 3, AddedAt: Noon}
	second := registry.ProductPhoto{ProductID: all[1].ID, Position: 2, SHA256: "b", Width: 4, Height: 3, Size: 4, AddedBy: 3, AddedAt: Noon}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertProductPhoto(&photo, []byte("body"), []byte("thumb")); err != nil {
			return err
		}
		return tx.InsertProductPhoto(&second, []byte("body2"), []byte("thumb2"))
	})
	public := func() (x *store.PublicProduct, err error) {
		err = db.View(t.Context(), func(tx *store.Tx) (err error) {
			x, err = tx.PublicProductByID(all[1].ID)
			return err
		})
		return x, err
	}
	x, err := public()
	if err != nil || len(x.Photos) != 2 || x.Photos[0] != (store.PublicPhoto{ID: photo.ID, Width: 4, Height: 3}) || x.Record.NameAR != all[1].Record.NameAR {
		t.Fatalf("got %+v, %v", x, err)
	}
	Update(t, db, func(tx *store.Tx) error { return tx.OrderProductPhotos(all[1].ID, []int64{second.ID}) })
	if x, err = public(); err != nil || len(x.Photos) != 1 || x.Photos[0].ID != second.ID {
		t.Fatalf("after a photograph was taken away: %+v, %v", x, err)
	}
	bytesOf := func(id int64) (body []byte, err error) {
		err = db.View(t.Context(), func(tx *store.Tx) (err error) {
			body, err = tx.PublicPhotoBytes(id, false)
			return err
		})
		return body, err
	}
	if body, err := bytesOf(second.ID); err != nil || string(body) != "body2" {
		t.Errorf("photo: got %q, %v", body, err)
	}
	_, err = bytesOf(photo.ID)
	wantKind(t, err, fault.NotFound, "")

	// The family takes its consent back: nothing is left, at once, and it all returns with the consent.
	save := func(change func(f *registry.Family)) {
		t.Helper()
		change(eg)
		Update(t, db, func(tx *store.Tx) error { f := *eg; return tx.UpdateFamily(&f, store.FamilyExtra{}) })
		eg.Version++
	}
	gone := func(why string) {
		t.Helper()
		if got := list(store.CatalogueQuery{}); got.Total != 3 || got.Parties["EG"] != 0 {
			t.Errorf("%s: %d products are left, want those of the other family: 3", why, got.Total)
		}
		_, err := public()
		wantKind(t, err, fault.NotFound, "")
		_, err = bytesOf(second.ID)
		wantKind(t, err, fault.NotFound, "")
		View(t, db, func(tx *store.Tx) error {
			keys, err := tx.PublicKeys("", "", "", nil)
			for _, k := range keys {
				if k.Family == eg.ID {
					t.Errorf("%s: product %d is still given out", why, k.ID)
				}
			}
			if err != nil {
				return err
			}
			makers, err := tx.PublicMakers([]int64{eg.ID})
			if len(makers) > 0 {
				t.Errorf("%s: the family still has a face in exhibitions", why)
			}
			return err
		})
	}
	save(func(f *registry.Family) { f.Record.Consents[1].Given = false })
	gone("without consent")
	save(func(f *registry.Family) { f.Record.Consents[1].Given = true })
	if got := list(store.CatalogueQuery{Text: "كليم"}); got.Total != 29 {
		t.Errorf("with consent again: %d products, want 29", got.Total)
	}
	save(func(f *registry.Family) { f.Status.State = registry.Suspended })
	gone("suspended")
	save(func(f *registry.Family) { f.Status.State, f.Record.Project.Name = registry.Approved, "اسم جديد" })
	if got := list(store.CatalogueQuery{Text: "جديد"}); got.Total != 26 || got.Products[0].Maker.AR != "اسم جديد" {
		t.Errorf("after a new name: %d products, want 26", got.Total)
	}
	all[5].Status.State = registry.ProductWithdrawn
	Update(t, db, func(tx *store.Tx) error { p := *all[5]; return tx.UpdateProduct(&p) })
	if got := list(store.CatalogueQuery{Party: "EG"}); got.Total != 25 {
		t.Errorf("after one was withdrawn: %d products, want 25", got.Total)
	}
}

// FillProducts puts something into every table of products and the catalogue; note stands where what people write about a product is kept.
func FillProducts(t testing.TB, db *store.DB, note string) {
	t.Helper()
	f := approved(Family("EG", 900))
	Insert(t, db, f)
	Update(t, db, func(tx *store.Tx) error {
		p := Product(f, 1)
		p.Status.State, p.Status.DecidedAt = registry.ProductApproved, Noon
		if err := tx.InsertProduct(p); err != nil {
			return err
		}
		job := store.Job{Kind: "catalogue", Party: "EG", CreatedAt: Noon}
		if err := tx.InsertJob(&job); err != nil {
			return err
		}
		return errors.Join(
			tx.InsertPrint("EG", job.ID, []byte("%PDF-"), 3, Noon),
			tx.InsertProductPhoto(&registry.ProductPhoto{ProductID: p.ID, Position: 1, AddedAt: Noon}, []byte("body"), []byte("thumb")),
			tx.InsertProductEvent(&registry.ProductEvent{ProductID: p.ID, At: Noon, Step: registry.ProductCreate, Note: note}),
			tx.InsertScore(&registry.Score{ProductID: p.ID, Round: 1, Member: 2, At: Noon, Points: map[string]int{"quality": 4}, Note: note}),
			tx.InsertScoreSheet(registry.DefaultScoreSheet("EG")),
			tx.PutTaxon(&registry.Taxon{Party: "EG", Code: "TX", NameAR: "منسوجات", NameEN: "Textiles"}))
	})
}
