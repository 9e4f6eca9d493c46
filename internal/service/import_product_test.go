package service_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// products lists all products with what an import decides about.
func products(t *testing.T, o *testkit.Office) string {
	t.Helper()
	var b strings.Builder
	o.View(t, func(tx *store.Tx) error {
		for id := int64(1); ; id++ {
			f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
			if fault.Is(err, fault.NotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			have, err := tx.ProductsOf(f.ID)
			if err != nil {
				return err
			}
			for _, p := range have {
				events, err := tx.ProductEventsOf(p.ID)
				if err != nil {
					return err
				}
				empty := registry.ProductRecord{}
				fmt.Fprintf(&b, "%s %d v%d %s %s %d %s events %d", f.Status.Number, p.ID, p.Version, p.Status.State, p.Record.NameAR, p.Record.Price, p.Record.Currency, len(events))
				for _, c := range empty.Changes(&p.Record) {
					fmt.Fprintf(&b, " %s=%s", c.Path[8:], c.New)
				}
				b.WriteByte('\n')
			}
		}
	})
	return b.String()
}

// mapped uploads a workbook and takes the mapping that is proposed.
func mapped(t *testing.T, o *testkit.Office, actor auth.Actor, body []byte, change func(*sheet.SheetMap)) *service.ImportView {
	t.Helper()
	id, err := o.Imports.Stage(background, actor, "منتجات.xlsx", body, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	c, err := o.Imports.Columns(background, actor, id)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Mapping.Sheets {
		for j, h := range testkit.RosterHeader {
			if _, ok := c.Mapping.Sheets[i].Columns[h]; ok && c.Mapping.Sheets[i].Kind == sheet.Families {
				c.Mapping.Sheets[i].Columns[h] = testkit.RosterFields[j]
			}
		}
		change(&c.Mapping.Sheets[i])
	}
	if err := o.Imports.Map(background, actor, id, c.Mapping, testkit.Write(0)); err != nil {
		var f *fault.Error
		errors.As(err, &f)
		t.Fatalf("%v: %+v in %+v", err, f.Problems, c.Mapping)
	}
	return worked(t, o, actor, id, service.ImportReady)
}

func asFound(*sheet.SheetMap) {}

// shopSheet is a roster of products as an association sends it: a title above, no currency, numbers in Arabic digits, a total below.
func shopSheet(rows ...[]string) []byte {
	head := [][]string{{"كشف منتجات الأسر المشاركة في المعرض"}, {}, {"م", "رقم القيد", "اسم المستفيدة", "المنتج", "القسم", "الخامة", "سعر البيع", "الوحدة", "العمل اليدوي", "الوزن", "مدة الصلاحية", "المكونات", "الحساسية"}}
	return testkit.Workbook(testkit.RosterSheet{Name: "المنتجات", Rows: append(head, append(rows, []string{"", "", "الإجمالي", "", "", "", "٩٩٩"})...)})
}

func familyWith(t *testing.T, o *testkit.Office, n int, party place.Country, made ...intake.Product) (id int64, number string) {
	t.Helper()
	id = o.Family(t, n, party, registry.Approved)
	for _, p := range made {
		if _, err := o.Products.Save(background, testkit.Actor(auth.FieldWorker, party), id, 0, p, testkit.Write(0)); err != nil {
			t.Fatal(err)
		}
	}
	o.View(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: party}, id)
		if err == nil {
			number = string(f.Status.Number)
		}
		return err
	})
	return id, number
}

// A list of products goes in: each problem on its cell, what would change by cell; a second time it changes nothing; an undo leaves later work alone.
func TestImportProducts(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	id, number := familyWith(t, o, 1, place.Egypt, honest())
	body := shopSheet(
		[]string{"1", number, "منى", "كِليم", "كليم وسجاد يدوي", "صوف", "٥٠٠ جنيه", "قطعة", "90%"}, // the registry's, dearer
		[]string{"2", number, "منى", "عسل سدر", "أغذية محفوظة وجافة", "عسل", "120", "برطمان", "100%", "500 جم", "730", "عسل نحل طبيعي", "لا يوجد"},
		[]string{"3", number, "منى", "شنطة خوص", "", "خوص", "مائة", "قطعة", "95"},
		[]string{"4", number, "منى", "مربى تين", "أغذية محفوظة وجافة", "تين", "60", "برطمان", "80"}, // food without what its label must say
		[]string{"5", string(registry.MakeNumber(place.Egypt, 2026, 9999)), "سعاد", "مفرش", "", "قطن", "200", "قطعة", "80"},
		[]string{"6", number, "منى", "عسل السدر", "", "", "", "", ""},
		[]string{"7", number, "منى", "عسل سدر", "أغذية محفوظة وجافة", "عسل", "130", "برطمان", "100%"},
	)
	before := products(t, o)
	v := mapped(t, o, worker, body, asFound)
	if v.Counts.ProductsNew != 1 || v.Counts.ProductsChanged != 1 || v.Counts.Skipped != 1 {
		t.Errorf("counts: %+v", v.Counts)
	}
	wantCounts(t, v, "products 2 problem 4 duplicate 1")
	if products(t, o) != before {
		t.Fatal("the dry run changed the registry")
	}
	twice, err := o.Imports.Rows(background, worker, v.ID, service.RowsDuplicate, 0, 10)
	if err != nil || len(twice.Rows) != 1 || len(twice.Rows[0].Problems) != 1 || twice.Rows[0].Problems[0].Field != "product.name_ar" {
		t.Errorf("the second row of a product is said of another cell than its name: %+v, %v", twice, err)
	}
	rows, err := o.Imports.Rows(background, worker, v.ID, service.RowsProblem, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	at := map[int]string{}
	for _, r := range rows.Rows {
		for _, p := range r.Problems {
			at[r.Row] += r.Cell(p) + " " + p.Key + "; "
		}
	}
	for row, want := range map[int][]string{6: {"G6 problem.money"}, 7: {"K7 problem.food_required", "L7 problem.food_required", "M7 problem.food_allergens"}, 8: {"B8 import.problem.unknown_number"},
		9: {"G9 problem.required", "H9 problem.required"}} {
		for _, w := range want {
			if !strings.Contains(at[row], w) {
				t.Errorf("row %d says %q, want %q", row, at[row], w)
			}
		}
	}
	changed, err := o.Imports.Rows(background, worker, v.ID, service.RowsChanged, 0, 10)
	if err != nil || len(changed.Rows) != 2 || changed.Rows[0].Name != "كِليم" {
		t.Fatalf("got %+v, %v", changed, err)
	}
	if c := changed.Rows[0].Changes; !slices.ContainsFunc(c, func(c registry.Change) bool { return c.Path == "product.price" && c.Old == "45000" && c.New == "50000" }) {
		t.Errorf("changes: %+v", c)
	}
	v = confirmed(t, o, worker, v.ID)
	wantCounts(t, v, "products 2 problem 4 duplicate 1")
	after := products(t, o)
	for _, want := range []string{"v2 draft كِليم 50000 EGP", "v1 draft عسل سدر 12000 EGP events 1", "weight=500", "allergens=none", "shelf_days=730", "handmade=100"} {
		if !strings.Contains(after, want) {
			t.Errorf("no %q in\n%s", want, after)
		}
	}
	wantWholeAudit(t, o)
	var out bytes.Buffer
	if _, err := o.Imports.Marked(background, worker, v.ID, locale.Arabic, locale.Default().For(locale.Arabic).T, &out); err != nil {
		t.Fatal(err)
	}
	again := mapped(t, o, worker, out.Bytes(), asFound) // as it came back: what was taken is passed over
	wantCounts(t, again, "problem 4 duplicate 1")
	if again.Counts.Passed != 2 {
		t.Errorf("passed: %+v", again.Counts)
	}
	again = confirmed(t, o, worker, mapped(t, o, worker, body, asFound).ID)
	wantCounts(t, again, "unchanged 2 problem 4 duplicate 1")
	if products(t, o) != after {
		t.Error("the same file changed something")
	}
	// Somebody works on the honey meanwhile.
	o.View(t, func(tx *store.Tx) error {
		have, err := tx.ProductsOf(id)
		if err != nil || len(have) != 2 {
			t.Fatalf("got %d products, %v", len(have), err)
		}
		return err
	})
	honey := intake.Product{NameAR: "عسل سدر", Craft: "FD", Materials: "عسل", Handmade: "100", Unit: "jar", Price: "150", ShelfDays: "730", Ingredients: "عسل", Allergens: []string{"none"}}
	if _, err := o.Products.Save(background, worker, id, 2, honey, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	if err := o.Imports.Undo(background, worker, v.ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	v = worked(t, o, worker, v.ID, service.ImportUndone)
	if v.Counts.Undone != 1 || v.Counts.Conflicts != 1 {
		t.Errorf("the undo says %+v", v.Counts)
	}
	undone := products(t, o)
	for _, want := range []string{"draft كليم 45000 EGP", "v2 draft عسل سدر 15000 EGP"} {
		if !strings.Contains(undone, want) {
			t.Errorf("no %q in\n%s", want, undone)
		}
	}
	kept, err := o.Imports.Rows(background, worker, v.ID, service.RowsConflict, 0, 10)
	if err != nil || len(kept.Rows) != 1 || kept.Rows[0].Name != "عسل سدر" {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	wantWholeAudit(t, o)
}

// Families come with their products in the columns of their row, or on rows below; what a product lacks does not keep its family out.
func TestImportFamiliesWithProducts(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	header := append(slices.Clone(testkit.RosterHeader), "اسم المنتج", "سعر المنتج", "وحدة البيع", "نسبة العمل اليدوي", "خامات المنتج", "اسم المنتج", "سعر المنتج", "وحدة البيع", "نسبة العمل اليدوي", "خامات المنتج")
	with := func(r []string, cells ...string) []string { return append(r, cells...) }
	first := row(1)
	more := make([]string, len(testkit.RosterHeader))
	more[slices.Index(testkit.RosterFields, "lead.id_number")] = first[slices.Index(testkit.RosterFields, "lead.id_number")]
	body := testkit.Workbook(testkit.RosterSheet{Name: "الأسر", Rows: [][]string{header,
		with(first, "كليم", "450", "قطعة", "90", "صوف", "وسادة", "90", "قطعة", "80", "قطن"),
		with(more, "شال", "٣٠٠", "قطعة", "100", "صوف"),
		with(row(2), "سلة", "", "قطعة", "70", "خوص"),
		with(row(3), "طبق", "غال", "قطعة", "70", "خوص"),
		with(row(4)),
	}})
	byKey := func(m *sheet.SheetMap) { m.Key = "lead.id_number" }
	v := mapped(t, o, worker, body, byKey)
	wantCounts(t, v, "new 3 problem 1")
	if v.Counts.ProductsNew != 3 {
		t.Errorf("counts: %+v", v.Counts)
	}
	v = confirmed(t, o, worker, v.ID)
	wantCounts(t, v, "new 3 problem 1")
	after := products(t, o)
	if n := strings.Count(after, "\n"); n != 3 || !strings.Contains(after, "شال 30000 EGP") || !strings.Contains(after, "وسادة 9000 EGP") {
		t.Errorf("products:\n%s", after)
	}
	var out bytes.Buffer
	if _, err := o.Imports.Marked(background, worker, v.ID, locale.Arabic, locale.Default().For(locale.Arabic).T, &out); err != nil {
		t.Fatal(err)
	}
	again := mapped(t, o, worker, out.Bytes(), byKey) // the family whose product lacks its price is looked at again, and nothing of it is new
	wantCounts(t, again, "problem 2")
	cheaper := testkit.Workbook(testkit.RosterSheet{Name: "الأسر", Rows: [][]string{header, with(first, "كليم", "400", "قطعة", "90", "صوف"), with(row(2), "سلة", "75", "قطعة", "70", "خوص")}})
	third := mapped(t, o, worker, cheaper, byKey)
	wantCounts(t, third, "products 2")
	third = confirmed(t, o, worker, third.ID)
	if third.Counts.ProductsNew != 1 || third.Counts.ProductsChanged != 1 {
		t.Errorf("counts: %+v", third.Counts)
	}
	if err := o.Imports.Undo(background, worker, v.ID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	v = worked(t, o, worker, v.ID, service.ImportUndone)
	// The third import changed a product of the first family and gave the second one another: the second family has not changed itself.
	if v.Counts.Undone != 2 || v.Counts.Conflicts != 1 {
		t.Errorf("the undo says %+v", v.Counts)
	}
	if left := products(t, o); strings.Contains(left, " withdrawn ") || strings.Count(left, "\n") != 4 {
		t.Errorf("after the undo:\n%s", left)
	}
	wantWholeAudit(t, o)
}

// Exported products come back without a change in both languages and for both parties, masked or not; and one changed cell is one change.
func TestExportedProductsComeBack(t *testing.T) {
	o := testkit.Service(t)
	for _, party := range place.Countries() {
		worker := testkit.Actor(auth.FieldWorker, party)
		kind := map[place.Country]string{place.Egypt: "CK-2", place.Qatar: "TX-1"}[party]
		other := map[place.Country]string{place.Egypt: "QAR", place.Qatar: "EGP"}[party]
		familyWith(t, o, 11, party,
			intake.Product{NameAR: "كليم يدوي كبير", NameEN: "Large hand-woven kilim", Craft: kind[:2], Type: kind, Materials: "صوف", Handmade: "0", Unit: "square_metre", Price: "1250.75",
				Size: "١٢٠ × ٨٠ سم", Weight: "1500", Abroad: "yes", Currency: other, Capacity: "12", LeadDays: "10", HSCode: "090121", MadeIn: "yes", DescriptionAR: "سطر أول\nوسطر ثان = +حساب", Technique: "نول"},
			intake.Product{NameAR: "=عسل", Craft: "FD", Materials: "عسل", Handmade: "100", Unit: "jar", Price: "85", ShelfDays: "365", Ingredients: "عسل، شمع", Allergens: []string{"nuts", "milk"}},
		)
		withdrawn := o.Family(t, 12, party, registry.Draft)
		p, err := o.Products.Save(background, worker, withdrawn, 0, intake.Product{NameAR: "سلة", Craft: "CK", Materials: "خوص", Handmade: "50", Unit: "piece", Price: "10"}, testkit.Write(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Products.Do(background, worker, p, registry.ProductWithdraw, "", testkit.Write(1)); err != nil {
			t.Fatal(err)
		}
		o.Do(t, worker, withdrawn, registry.StepWithdraw, "family_request") // nothing new may come of her products; that they stand as they are is no error
		for _, lang := range []string{locale.Arabic, locale.English} {
			offer, err := o.Exports.Offer(background, worker, "products", lang)
			if err != nil {
				t.Fatal(err)
			}
			var columns []string
			for _, c := range offer.Columns {
				columns = append(columns, c.Key)
			}
			var out bytes.Buffer
			done, err := o.Exports.Write(background, worker, service.ExportSpec{Kind: "products", Columns: columns, Lang: lang, Format: "xlsx"}, &out)
			if err != nil || done.Rows != 3 {
				t.Fatalf("%d rows, %v", done.Rows, err)
			}
			v := mapped(t, o, worker, out.Bytes(), asFound)
			if rows, err := o.Imports.Rows(background, worker, v.ID, service.RowsChanged, 0, 10); err != nil || len(rows.Rows) > 0 {
				t.Errorf("%s %s: %+v, %v", party, lang, rows.Rows, err)
			}
			wantCounts(t, v, "unchanged 3")
			v = confirmed(t, o, worker, v.ID)
			wantCounts(t, v, "unchanged 3")
		}
		var csv bytes.Buffer
		if _, err := o.Exports.Write(background, worker, service.ExportSpec{Kind: "products", Lang: "ar", Format: "csv"}, &csv); err != nil || !strings.Contains(csv.String(), "كليم يدوي كبير") {
			t.Errorf("CSV: %v in %s", err, csv.String())
		}
	}
	for _, actor := range []auth.Actor{testkit.SecondActor(auth.FieldWorker, place.Egypt), testkit.Actor(auth.Reviewer, place.Egypt, "EG-MT")} {
		var out bytes.Buffer
		if done, err := o.Exports.Write(background, actor, service.ExportSpec{Kind: "products", Lang: "ar", Format: "csv"}, &out); err != nil || done.Rows != 0 {
			t.Errorf("%s gets %d rows, %v", actor.Role, done.Rows, err)
		}
	}
}
