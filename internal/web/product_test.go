package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// productForm is an honest product as the form sends it.
func productForm() url.Values {
	return url.Values{"name_ar": {"كليم فوة"}, "name_en": {"Fuwa kilim"}, "craft": {"CK"}, "materials": {"صوف"}, "handmade": {"٩٠"}, "unit": {"piece"}, "price": {"١٬٢٥٠٫٥٠"},
		"currency": {"EGP"}, "weight": {"2500"}, "hs_code": {"5702.10"}, "made_in": {"yes"}}
}

// keyed is a form with a fresh idempotency key, as each drawn page has one.
func keyed(form url.Values) url.Values {
	out := url.Values{"idempotency_key": {testkit.Key()}}
	for k, v := range form {
		if k != "idempotency_key" {
			out[k] = v
		}
	}
	return out
}

func productID(t *testing.T, location string) int64 {
	t.Helper()
	id, err := strconv.ParseInt(strings.TrimPrefix(location, "/products/"), 10, 64)
	if err != nil {
		t.Fatalf("redirected to %q, want a product", location)
	}
	return id
}

func productAt(id int64, more ...string) string {
	return "/products/" + strconv.FormatInt(id, 10) + strings.Join(more, "")
}

func versionOf(t *testing.T, s *testkit.Site, id int64) string {
	t.Helper()
	var v int64
	s.View(t, func(tx *store.Tx) error {
		p, err := tx.ProductByID(store.Scope{Party: place.Egypt}, id)
		if err == nil {
			v = p.Version
		}
		return err
	})
	return strconv.FormatInt(v, 10)
}

// consenting is an approved family that agreed to the catalogue.
func consenting(t *testing.T, s *testkit.Site, i int) int64 {
	t.Helper()
	id := s.Family(t, i, place.Egypt, registry.Approved)
	consent(t, s, id, true)
	return id
}

func consent(t *testing.T, s *testkit.Site, id int64, given bool) {
	t.Helper()
	s.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, id)
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(id)
		if err != nil {
			return err
		}
		kept := f.Record.Consents[:0:0]
		for _, c := range f.Record.Consents {
			if c.Scope != registry.ConsentCatalogue {
				kept = append(kept, c)
			}
		}
		c := registry.Consent{Scope: registry.ConsentCatalogue, Version: registry.ConsentVersion, Given: given}
		if given {
			c.Date = s.Clock.Today()
		}
		f.Record.Consents = append(kept, c)
		return tx.UpdateFamily(f, x)
	})
}

// approve walks a product through the committee.
func approve(t *testing.T, s *testkit.Site, id int64) {
	t.Helper()
	points := url.Values{"version": {versionOf(t, s, id)}}
	for _, item := range registry.DefaultScoreSheet(place.Egypt).Items {
		points.Set("points["+item.Code+"]", "٤")
	}
	s.As(t, auth.Reviewer, place.Egypt).Post(productAt(id, "/score"), keyed(points)).Want(303)
	early := s.As(t, auth.Reviewer, place.Egypt).Post(productAt(id, "/decide"), keyed(url.Values{"version": {versionOf(t, s, id)}}))
	if early.Status != 409 {
		t.Errorf("decided on one member's score: %d, want 409", early.Status)
	}
	s.As(t, auth.Coordinator, place.Egypt).Post(productAt(id, "/score"), keyed(points)).Want(303)
	s.As(t, auth.Coordinator, place.Egypt).Post(productAt(id, "/decide"), keyed(url.Values{"version": {versionOf(t, s, id)}})).Want(303)
}

// TestProductWalk enters a product, adds photographs, orders them, hands it in, scores it by two members, finds it in the catalogue, and loses it there when
// the family takes its consent back.
func TestProductWalk(t *testing.T) {
	s := familySite(t)
	family := consenting(t, s, 1)
	worker := s.As(t, auth.FieldWorker, place.Egypt)
	worker.Get(at(family)).Want(200).Check()
	worker.Get(at(family, "/products/new")).Want(200).Check()
	id := productID(t, worker.Post(at(family, "/products"), keyed(productForm())).Want(303).Header.Get("Location"))
	page := worker.Get(productAt(id)).Want(200).Check()
	if !page.Has("كليم فوة", "1,250.50", "2.5 كغم", "570210") {
		t.Errorf("the product's page lacks something: %.600s", page.Text())
	}
	none := worker.Post(productAt(id, "/do/submit"), keyed(url.Values{"version": {"1"}}))
	if none.Status != 409 || !strings.Contains(none.Text(), "صورة") {
		t.Errorf("handed in without a photograph: %d", none.Status)
	}
	worker.Upload(productAt(id, "/photos"), keyed(nil), "file", "a.png", testkit.PNG(600, 400)).Want(303)
	worker.Upload(productAt(id, "/photos"), keyed(nil), "file", "b.png", testkit.PNG(300, 500)).Want(303)
	bad := worker.Upload(productAt(id, "/photos"), keyed(nil), "file", "c.png", []byte("<script>alert(1)</script>"))
	if bad.Status != 415 && bad.Status != 422 {
		t.Errorf("a script as a photograph: %d", bad.Status)
	}
	var photos []registry.ProductPhoto
	order := func() []int64 {
		s.View(t, func(tx *store.Tx) (err error) {
			photos, err = tx.ProductPhotosOf(id)
			return err
		})
		return []int64{photos[0].ID, photos[1].ID}
	}
	before := order()
	worker.Post(productAt(id, "/photos/", strconv.FormatInt(before[1], 10), "/earlier"), keyed(nil)).Want(303)
	if after := order(); after[0] != before[1] || after[1] != before[0] {
		t.Errorf("order: got %v of %v, want it turned around", after, before)
	}
	if img := worker.Get("/product-thumbs/" + strconv.FormatInt(before[0], 10)); img.Status != 200 || img.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("small picture: %d %s", img.Status, img.Header.Get("Content-Type"))
	}
	visitor := s.Visitor(t)
	photo := "/catalogue/photos/" + strconv.FormatInt(before[0], 10)
	public := "/catalogue/products/" + strconv.FormatInt(id, 10)
	for _, path := range []string{public, photo} {
		visitor.Get(path).Want(404)
	}
	worker.Post(productAt(id, "/do/submit"), keyed(url.Values{"version": {versionOf(t, s, id)}})).Want(303)
	if closed := worker.Post(productAt(id), keyed(productForm())); closed.Status != 409 {
		t.Errorf("changed while it is before the committee: %d", closed.Status)
	}
	if own := worker.Post(productAt(id, "/score"), keyed(nil)); own.Status != 403 {
		t.Errorf("a field worker scores: %d", own.Status)
	}
	s.As(t, auth.Reviewer, place.Egypt).Get("/products/committee").Want(200).Check()
	approve(t, s, id)

	home := visitor.Get("/catalogue?lang=ar").Want(200).Check()
	if !home.Has("كليم فوة") {
		t.Error("the first page of the catalogue lacks the product")
	}
	list := visitor.Get("/catalogue/products?lang=en&q=" + url.QueryEscape("كِلِيم")).Want(200).Check()
	if !list.Has("Fuwa kilim", "Made", "EGP") && !list.Has("Fuwa kilim") {
		t.Errorf("search: %.400s", list.Text())
	}
	detail := visitor.Get(public + "?lang=ar").Want(200).Check()
	if !detail.Has("كليم فوة", "صنع في مصر") || !strings.Contains(string(detail.Body), `property="og:image"`) {
		t.Errorf("the public page lacks something: %.500s", detail.Text())
	}
	form := testkit.Form(1, place.Egypt)
	for _, secret := range []string{form.Lead.IDNumber, form.Lead.RestOfName, strings.TrimPrefix(form.Lead.Phones[0].Number, "+20")} {
		for _, p := range []*testkit.Page{home, list, detail} {
			if strings.Contains(string(p.Body), secret) {
				t.Errorf("%s shows %q", p.Path, secret)
			}
		}
	}
	if len(detail.Header.Values("Set-Cookie")) > 0 || strings.Contains(string(detail.Body), `name="csrf"`) {
		t.Error("a public page carries a cookie or a token: it could not be kept by caches")
	}
	visitor.Header.Set("If-None-Match", detail.Header.Get("ETag"))
	visitor.Get(public + "?lang=ar").Want(304)
	visitor.Header.Del("If-None-Match")
	visitor.Get(photo).Want(200)
	if !strings.Contains(string(visitor.Get("/sitemap.xml").Want(200).Body), public) {
		t.Error("the sitemap lacks the product")
	}

	consent(t, s, family, false)
	for _, path := range []string{public, photo} {
		visitor.Get(path).Want(404)
	}
	if visitor.Get("/catalogue?lang=ar").Has("كليم فوة") || visitor.Get("/catalogue/products?q=كليم").Has("كليم فوة") || strings.Contains(string(visitor.Get("/sitemap.xml").Body), public) {
		t.Error("the product is still shown after the family took its consent back")
	}
	if p := worker.Get(productAt(id)).Want(200); !p.Has("لم توافق الأسرة") {
		t.Error("the office is not told why the public does not see the product")
	}
}

// TestProductRefusals sends what cannot be taken: a message, nothing saved, never 500.
func TestProductRefusals(t *testing.T) {
	s := familySite(t)
	family := s.Family(t, 1, place.Egypt, registry.Approved)
	worker := s.As(t, auth.FieldWorker, place.Egypt)
	for name, c := range map[string]struct {
		field string
		value []string
		key   string
	}{
		"other currency":  {"currency", []string{"QAR"}, "problem.product_currency"},
		"third currency":  {"currency", []string{"USD"}, "problem.product_currency_unknown"},
		"two currencies":  {"price", []string{"120 ريال"}, "problem.product_currency_two"},
		"no price":        {"price", []string{""}, "problem.required"},
		"nothing":         {"price", []string{"0"}, "problem.price_zero"},
		"negative":        {"price", []string{"-5"}, "problem.money"},
		"noughts":         {"price", []string{"99999999999"}, ""},
		"craft":           {"craft", []string{"ZZ"}, "problem.choice"},
		"type of another": {"type", []string{"FD-1"}, "problem.product_type"},
		"hs code":         {"hs_code", []string{"12"}, "problem.hs_code"},
		"hs chapter":      {"hs_code", []string{"770000"}, ""},
		"share":           {"handmade", []string{"101"}, ""},
		"area":            {"origin_area", []string{"QA-DA"}, "problem.choice"},
		"unit":            {"unit", []string{"barrel"}, "problem.choice"},
		"name":            {"name_ar", []string{strings.Repeat("أ", 500)}, ""},
		"control":         {"materials", []string{"a\x00b"}, ""},
		"not English":     {"name_en", []string{"كليم"}, "problem.latin"},
	} {
		form := productForm()
		form[c.field] = c.value
		if c.field == "price" && name == "two currencies" {
			form["currency"] = []string{"EGP"}
		}
		p := worker.Post(at(family, "/products"), keyed(form))
		if p.Status != 422 {
			t.Errorf("%s: %d, want 422", name, p.Status)
			continue
		}
		p.Check()
	}
	food := productForm()
	food["craft"] = []string{"FD"}
	if p := worker.Post(at(family, "/products"), keyed(food)); p.Status != 422 || !p.Has("مطلوب لكل منتج غذائي") {
		t.Errorf("food without a label: %d", p.Status)
	}
	abroad := productForm()
	abroad["currency"], abroad["abroad"] = []string{"QAR"}, []string{"yes"}
	worker.Post(at(family, "/products"), keyed(abroad)).Want(303)
	s.View(t, func(tx *store.Tx) error {
		list, err := tx.ProductsOf(family)
		if len(list) != 1 || list[0].Record.Currency != "QAR" {
			t.Errorf("%d products are saved, want the one that is for sale abroad", len(list))
		}
		return err
	})
	for _, h := range hostile {
		h = h[:min(len(h), 1500)] // a longer address is refused before it is read
		for _, path := range []string{"/catalogue?lang=", "/catalogue/products?q=", "/catalogue/products?page=", "/catalogue/products?craft=", "/catalogue/products?area=", "/catalogue/products?party=",
			"/products?q=", "/products?after=", "/products/committee?after=", "/products/taxonomy/line?code="} {
			for _, b := range []*testkit.Browser{s.Visitor(t), s.As(t, auth.Reviewer, place.Egypt), s.As(t, auth.Administrator, place.Egypt)} {
				if p := b.Get(path + url.QueryEscape(h)); p.Status >= 500 {
					t.Errorf("%s%.20q: %d", path, h, p.Status)
				}
			}
		}
	}
}

// TestProductStale lets two people change one product: the second is told, and what they typed stays on the page.
func TestProductStale(t *testing.T) {
	s := familySite(t)
	family := s.Family(t, 1, place.Egypt, registry.Approved)
	worker, reviewer := s.As(t, auth.FieldWorker, place.Egypt), s.As(t, auth.Reviewer, place.Egypt)
	id := productID(t, worker.Post(at(family, "/products"), keyed(productForm())).Want(303).Header.Get("Location"))
	mine, theirs := productForm(), productForm()
	mine["version"], theirs["version"] = []string{"1"}, []string{"1"}
	theirs["price"], mine["name_ar"] = []string{"99"}, []string{"كليم آخر"}
	reviewer.Post(productAt(id), keyed(theirs)).Want(303)
	p := worker.Post(productAt(id), keyed(mine)).Want(409)
	if !p.Has("غيّر شخص آخر") || !strings.Contains(string(p.Body), "كليم آخر") {
		t.Errorf("the clash is not shown: %.400s", p.Text())
	}
	worker.Post(productAt(id), keyed(p.Fields(productAt(id)))).Want(303)
}

func TestScoreSheetAndTaxonomy(t *testing.T) {
	s := familySite(t)
	admin, reviewer := s.As(t, auth.Administrator, place.Egypt), s.As(t, auth.Reviewer, place.Egypt)
	page := admin.Get("/products/sheet").Want(200).Check()
	form := page.Fields("/products/sheet")
	form.Set("pass_mark", "70")
	if p := reviewer.Post("/products/sheet", keyed(form)); p.Status != 403 {
		t.Errorf("a reviewer changes the sheet: %d", p.Status)
	}
	wrong := url.Values{}
	for k, v := range form {
		wrong[k] = v
	}
	wrong["items[0].weight"] = []string{"31"}
	if p := admin.Post("/products/sheet", keyed(wrong)); p.Status != 422 || !p.Has("101") {
		t.Errorf("weights of 101: %d", p.Status)
	}
	admin.Post("/products/sheet", keyed(form)).Want(303)
	admin.Post("/products/sheet", keyed(form)).Want(409) // on the version before
	sheets, err := s.Products.Sheets(t.Context(), testkit.Actor(auth.Administrator, place.Egypt))
	if err != nil || len(sheets) != 2 || sheets[0].PassMark != 70 || sheets[1].PassMark != 60 {
		t.Fatalf("got %+v, %v", sheets, err)
	}
	admin.Get("/products/taxonomy").Want(200).Check()
	line := url.Values{"parent": {"PT"}, "name_ar": {"فخار قنا"}, "name_en": {"Qena pottery"}, "needs": {"heavy", "fragile"}, "active": {"yes"}}
	admin.Post("/products/taxonomy/line", keyed(line)).Want(303)
	if p := reviewer.Get("/products/taxonomy").Want(200); !p.Has("فخار قنا") {
		t.Error("the new type is not on the page")
	}
	code := "PT-5"
	edit := admin.Get("/products/taxonomy/line?code=" + code).Want(200).Check().Fields("/products/taxonomy/line")
	edit.Set("name_ar", "فخار قنا الأحمر")
	admin.Post("/products/taxonomy/line", keyed(edit)).Want(303)
	lines, err := s.Products.Taxonomy(t.Context(), testkit.Actor(auth.Administrator, place.Egypt))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, x := range lines {
		found = found || x.Code == code && x.NameAR == "فخار قنا الأحمر" && len(x.Needs) == 2
	}
	if !found {
		t.Error("the type was not changed")
	}
	if _, err := s.Products.SaveTaxon(t.Context(), testkit.Actor(auth.Administrator, place.Qatar), code, intake.Taxon{}, testkit.Write(0)); err == nil {
		t.Error("the other country changes a type of this one")
	}
}

// TestPrintedCatalogue opens the book in both languages, and holds that a PDF is only offered where something can make it.
func TestPrintedCatalogue(t *testing.T) {
	s := familySite(t)
	family := consenting(t, s, 1)
	worker, coordinator := s.As(t, auth.FieldWorker, place.Egypt), s.As(t, auth.Coordinator, place.Egypt)
	id := productID(t, worker.Post(at(family, "/products"), keyed(productForm())).Want(303).Header.Get("Location"))
	worker.Upload(productAt(id, "/photos"), keyed(nil), "file", "a.png", testkit.PNG(60, 40)).Want(303)
	worker.Post(productAt(id, "/do/submit"), keyed(url.Values{"version": {versionOf(t, s, id)}})).Want(303)
	approve(t, s, id)
	form := coordinator.Get("/catalogue/print").Want(200).Check()
	if !form.Has("Chromium") || strings.Contains(string(form.Body), "إعداد ملف PDF</button>") {
		t.Error("a server without Chromium offers a PDF, or does not say why not")
	}
	if p := coordinator.Post("/catalogue/print", keyed(url.Values{"lang": {"ar"}})); p.Status != 409 {
		t.Errorf("a PDF without a printer: %d, want 409", p.Status)
	}
	coordinator.Post("/catalogue/print", keyed(url.Values{"lang": {"ar"}, "open": {"yes"}})).Want(303)
	for lang, words := range map[string][]string{"ar": {"كليم فوة", "صنع في مصر", "سجاد وكليم"}, "en": {"Fuwa kilim", "Made in Egypt", "Carpets, kilim"}} {
		book := coordinator.Get("/catalogue/print/book?lang=" + lang).Want(200).Check()
		if !book.Has(words...) || !strings.Contains(string(book.Body), "<svg viewBox") {
			t.Errorf("%s: the book lacks something: %.400s", lang, book.Text())
		}
	}
	if p := coordinator.Get("/catalogue/print/book?lang=ar&craft=PT").Want(200); p.Has("كليم فوة") {
		t.Error("a book of pottery holds a kilim")
	}
	for _, q := range []string{"", "?lang=fr", "?lang=ar&craft=ZZ", "?lang=ar&area=XX", "?lang=ar&party=FR"} {
		coordinator.Get("/catalogue/print/book" + q).Want(404)
	}
	coordinator.Get("/catalogue/print/99/pdf").Want(404)
}
