package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
	"muntija/internal/web"
)

// fair is an agreed exhibition of both countries in a drawn hall of Egypt, with a consenting family of each that holds a place and has a public product.
type fair struct {
	*testkit.Site
	id, hall int64
	family   map[place.Country]int64
	at       map[place.Country]int64 // participations
	product  map[place.Country]int64
}

// A mark stands in a value that the other country never sees.
const mark = "علامة-لا-تظهر"

func newFair(t testing.TB) *fair {
	t.Helper()
	s := &fair{Site: familySite(t), family: map[place.Country]int64{}, at: map[place.Country]int64{}, product: map[place.Country]int64{}}
	eg, qa := formsAs(t, s.Site, auth.Coordinator, place.Egypt), formsAs(t, s.Site, auth.Coordinator, place.Qatar)
	plan := drawnPlan(t, eg.Browser)
	body := `{"format":"muntija-plan/1","outline":[[0,0],[40000,0],[40000,30000],[0,30000]],"doors":[{"id":9,"kind":"both","at":[20000,0],"width":3000}],
		"booths":[{"id":1,"code":"A-1","type":"stand_3x3","x":9000,"y":9000,"w":3000,"d":3000,"open":"F","accessible":true},{"id":2,"code":"KZ-77","type":"stand_3x3","x":12000,"y":9000,"w":3000,"d":3000,"open":"F","accessible":true}],"limits":{"dead_end":40000}}`
	put(eg.Browser, plan, "1", "draw", []byte(body)).Want(200)
	post(eg.Browser, plan+"/release", url.Values{"version": {"2"}}).Want(303)
	form := showForm(s.Clock.Today().AddDays(20), "4")
	form.Set("site", "hall:1")
	form.Del("venue")
	form.Del("documents")
	s.id = idAtEnd(t, eg.Post("/exhibitions", form).Want(303).Header.Get("Location"))
	pressOn(t, eg, s.url(), s.url("/submit"), nil).Want(303)
	pressOn(t, qa, s.url(), s.url("/agree"), nil).Want(303)
	s.hall = 1
	for i, party := range place.Countries() {
		family := s.Family(t, 1+2*i, party, registry.Approved)
		s.family[party] = family
		s.Update(t, func(tx *store.Tx) error {
			f, err := tx.FamilyByID(store.Scope{Party: party}, family)
			if err != nil {
				return err
			}
			extra, err := tx.FamilyExtraOf(family)
			if err != nil {
				return err
			}
			f.Record.Consents = append(f.Record.Consents, registry.Consent{Scope: registry.ConsentCatalogue, Version: registry.ConsentVersion, Given: true, Date: s.Clock.Today()})
			if err := tx.UpdateFamily(f, extra); err != nil {
				return err
			}
			product := registry.NewProduct(f, 1, s.Clock.Now())
			product.Record = registry.ProductRecord{NameAR: "منتج " + string(party), NameEN: "Product " + string(party), Craft: f.Record.Project.Craft, Materials: "خامة", Handmade: 90, HandmadeGiven: true,
				OriginArea: f.Record.Address.Area, Unit: "piece", Price: 12_500, Currency: "EGP"}
			product.Status.State, product.Status.DecidedAt = registry.ProductApproved, s.Clock.Now()
			if err := tx.InsertProduct(product); err != nil {
				return err
			}
			s.product[party] = product.ID
			x := &exhibition.Exhibitor{CreatedAt: s.Clock.Now(), UpdatedAt: s.Clock.Now(), EnteredBy: testkit.Actor(auth.FieldWorker, party).UserID}
			if err := x.OfFamily(f); err != nil {
				return err
			}
			x.Contact, x.TravelNote, x.Travel = mark+"-هاتف", mark+"-سفر", "white"
			if err := tx.InsertExhibitor(x); err != nil {
				return err
			}
			p := &exhibition.Participation{ExhibitionID: s.id, ExhibitorID: x.ID, FamilyID: family, State: exhibition.Accepted, Traits: x.Traits(true), Name: x.Name, NameEN: x.NameEN, Note: mark + "-ملاحظة",
				Application: exhibition.Application{Products: "معروضات " + string(party), Sign: "لافتة " + string(party), SignEN: "Sign " + string(party), People: 2, Needs: exhibition.Needs{Accessible: true}, Note: mark + "-طلب", Channel: exhibition.ByOfficer},
				EnteredBy:   x.EnteredBy, CreatedAt: s.Clock.Now(), UpdatedAt: s.Clock.Now(), AnsweredAt: s.Clock.Now()}
			s.at[party] = 0
			if err := tx.InsertParticipation(p); err != nil {
				return err
			}
			s.at[party] = p.ID
			return tx.PutPackingItem(s.id, &exhibition.PackingItem{ParticipationID: p.ID, Shipment: 1, Text: mark + "-شحنة", Quantity: 2, Value: 100, Currency: exhibition.CurrencyOf(party), At: s.Clock.Now()})
		})
	}
	for party, booth := range map[place.Country]string{place.Egypt: "1", place.Qatar: "2"} {
		post(eg.Browser, s.url("/halls/1/place"), url.Values{"participation": {itoa(s.at[party])}, "booth": {booth}, "version": {"0"}, "wave": {"1"}}).Want(303)
	}
	return s
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func (s *fair) url(rest ...string) string {
	return "/exhibitions/" + itoa(s.id) + strings.Join(rest, "")
}

// TestBoothShowsEverywhere: what was placed on the plan stands on every list, sheet and answer of the exhibition, for both countries and for the public.
func TestBoothShowsEverywhere(t *testing.T) {
	t.Parallel()
	s := newFair(t)
	eg, qa := formsAs(t, s.Site, auth.Coordinator, place.Egypt), formsAs(t, s.Site, auth.Coordinator, place.Qatar)
	if p := eg.Get(s.url("/halls")).Want(200).Check(); !p.Has("القاعة", "المكان المتفق عليه") {
		t.Error("the hall that was agreed on is not tied to the exhibition")
	}
	for _, b := range []formBrowser{eg, qa} {
		for _, path := range []string{"/roster", "/floor"} {
			if p := b.Get(s.url(path)).Want(200).Check(); !p.Has("A-1", "KZ-77") {
				t.Errorf("%s lacks a booth", path)
			}
		}
		if p := b.Get(s.url("/roster.csv")).Want(200); !bytes.Contains(p.Body, []byte("KZ-77")) {
			t.Error("roster.csv lacks the booth")
		}
	}
	for path, booth := range map[string]string{s.url("/badges"): "KZ-77", s.url("/packing"): "KZ-77", s.url("/report"): "KZ-77", "/participations/" + itoa(s.at[place.Qatar]): "KZ-77"} {
		if p := qa.Get(path).Want(200).Check(); !p.Has(booth) {
			t.Errorf("%s lacks the booth", path)
		}
	}
	token, hash := auth.NewToken()
	s.Update(t, func(tx *store.Tx) error {
		return tx.InsertExhibitionLink(&store.ExhibitionLink{Hash: hash, Kind: "answer", Party: place.Qatar, Participation: s.at[place.Qatar], CreatedAt: s.Clock.Now(), ExpiresAt: s.Clock.Now().Add(time.Hour)})
	})
	guest := s.Visitor(t)
	if p := guest.Get("/answer/" + token).Want(200).Check(); !p.Has("KZ-77") {
		t.Error("the family is not told its booth")
	}

	// In public: the exhibition, its products, a product, the printed catalogue.
	for _, lang := range []string{"ar", "en"} {
		for path, wants := range map[string][]string{"/catalogue/exhibitions": {}, "/catalogue/exhibitions/" + itoa(s.id): {"A-1", "KZ-77"}, "/catalogue/products?exhibition=" + itoa(s.id): {"A-1", "KZ-77"},
			"/catalogue/products/" + itoa(s.product[place.Qatar]): {"KZ-77"}} {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			p := guest.Get(path + sep + "lang=" + lang).Want(200).Check()
			if !p.Has(wants...) {
				t.Errorf("%s in %s lacks %v", path, lang, wants)
			}
			if bytes.Contains(p.Body, []byte(mark)) {
				t.Errorf("%s in %s shows what is nobody's business", path, lang)
			}
		}
	}
	if p := eg.Get("/catalogue/print/book?lang=ar&exhibition=" + itoa(s.id)).Want(200).Check(); !p.Has("بيت العرب", "KZ-77", "A-1") {
		t.Error("the printed catalogue of the exhibition lacks a booth")
	}
	if p := guest.Get("/catalogue/products?party=QA&exhibition=" + itoa(s.id)); p.Has("منتج EG") || !p.Has("منتج QA") {
		t.Error("country and exhibition together show the wrong products")
	}

	// At the door, to a person and to a script.
	badge := regexp.MustCompile(`\d+-\d\d`).FindString(eg.Get(s.url("/badges")).Text())
	s.Clock.Advance(21 * 24 * time.Hour)
	eg = formsAs(t, s.Site, auth.Coordinator, place.Egypt)
	if p := eg.Post(s.url("/checkin"), url.Values{"code": {badge}}).Want(200).Check(); !p.Has("A-1") {
		t.Error("who checks in is not told where to go")
	}
	req, _ := http.NewRequest("POST", "http://example.com"+s.url("/checkin"), strings.NewReader(url.Values{"code": {badge}, "csrf": {eg.CSRF()}}.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if p := eg.Do(req).Want(200); !bytes.Contains(p.Body, []byte(`"booth":"A-1"`)) {
		t.Errorf("the script's answer: %s", p.Body)
	}
}

// TestFairWorkbooks reads the files of an exhibition back: right to left, the rows that the pages show, sums as numbers with their currency, and an entry in the log for each.
func TestFairWorkbooks(t *testing.T) {
	t.Parallel()
	s := newFair(t)
	s.Clock.Advance(21 * 24 * time.Hour)
	eg := formsAs(t, s.Site, auth.Coordinator, place.Egypt)
	at := "/participations/" + itoa(s.at[place.Egypt])
	eg.Post(at+"/sales", url.Values{"day": {s.Clock.Today().String()}, "amount": {"1250.5"}, "version": {"0"}}).Want(303)
	code := regexp.MustCompile(`\d+-\d\d`).FindString(eg.Get(s.url("/badges")).Text())
	eg.Post(s.url("/checkin"), url.Values{"code": {code}}).Want(200)
	for name, wants := range map[string][]string{
		"roster":  {"A-1", "KZ-77", "لافتة QA", "معروضات EG"},
		"packing": {mark + "-شحنة", "EGP", "A-1", "2"},
		"report":  {"1250.5", "EGP", "A-1", "سوهاج"},
	} {
		file := eg.Get(s.url("/", name, ".xlsx")).Want(200)
		book, err := sheet.Open(bytes.NewReader(file.Body), int64(len(file.Body)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all := map[string]bool{}
		for _, sh := range book.Sheets() {
			rows := book.Scan(sh.Index)
			for rows.Next() {
				for _, c := range rows.Cells() {
					all[c.Text] = true
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatalf("%s, %s: %v", name, sh.Name, err)
			}
			rows.Close()
		}
		for _, want := range wants {
			if !all[want] {
				t.Errorf("%s.xlsx has no cell %q", name, want)
			}
		}
		eg.Get(s.url("/", name, ".csv")).Want(200)
		logged := 0
		s.View(t, func(tx *store.Tx) error {
			page, err := tx.ListAudit(store.Scope{Party: place.Egypt}, store.AuditQuery{Action: "exhibition.file"})
			for _, e := range page {
				if strings.HasPrefix(e.Note, name+" ") && e.EntityID == s.id {
					logged++
				}
			}
			return err
		})
		if logged != 2 {
			t.Errorf("%s: %d entries in the log, want 2", name, logged)
		}
	}
	s.As(t, auth.Reviewer, place.Egypt).Get(s.url("/report.xlsx")).Want(403)
	qa := s.As(t, auth.Coordinator, place.Qatar)
	if p := qa.Get(s.url("/report.csv")).Want(200); bytes.Contains(p.Body, []byte("1250")) || bytes.Contains(p.Body, []byte("لافتة EG")) {
		t.Error("the other country's sums are in the report")
	}
}

// listCode is a code of a list, the same for both countries: it tells of nobody.
var listCode = regexp.MustCompile(`^[a-z_0-9]+$`)

// leaves are the texts and numbers of a value that are long enough to be told apart, by where they stand.
func leaves(t testing.TB, v any) map[string]string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var walk func(path string, x any)
	walk = func(path string, x any) {
		switch x := x.(type) {
		case map[string]any:
			for k, y := range x {
				walk(path+"."+k, y)
			}
		case []any:
			for i, y := range x {
				walk(path+"["+strconv.Itoa(i)+"]", y)
			}
		case string:
			if len([]rune(x)) >= 5 && !listCode.MatchString(x) {
				out[path] = x
			}
		}
	}
	walk("", tree)
	return out
}

// TestOtherCountrySeesTheRosterOnly takes every field of the other country's family, exhibitor and participation and looks for its value on every page that the party can
// open around the exhibition, in every role: only the display name, craft, products, sign and booth may stand there.
func TestOtherCountrySeesTheRosterOnly(t *testing.T) {
	t.Parallel()
	s := newFair(t)
	s.Clock.Advance(20 * 24 * time.Hour)
	pages := []string{"/exhibitions", s.url(), s.url("/roster"), s.url("/roster.csv"), s.url("/floor"), s.url("/badges"), s.url("/packing"), s.url("/packing.csv"), s.url("/report"), s.url("/report.csv"), s.url("/applications"),
		s.url("/checkin"), s.url("/halls"), s.url("/halls/1"), s.url("/halls/1/state"), s.url("/halls/1/judge?participation=1"), s.url("/halls/1/print"), s.url("/halls/1/drawing.svg"), "/meetings", "/calendar", "/exhibitors", "/", "/audit", "/work",
		s.url("/call"), s.url("/apply")}
	for _, party := range place.Countries() {
		other := party.Other()
		family := s.Load(t, other, s.family[other])
		var who *exhibition.Exhibitor
		var took *exhibition.Participation
		s.View(t, func(tx *store.Tx) error {
			var err error
			if took, err = tx.ParticipationByID(other, s.at[other]); err == nil {
				who, err = tx.ExhibitorByID(other, took.ExhibitorID)
			}
			return err
		})
		fields := map[string]string{}
		for name, v := range map[string]any{"family": family.Record, "exhibitor": who, "participation": took} {
			for path, text := range leaves(t, v) {
				fields[name+path] = text
			}
		}
		may := []string{took.Name, took.NameEN, took.Application.Products, took.Application.Sign, took.Application.SignEN, "KZ-77", "A-1"}
		for path, text := range fields {
			// What both sides have alike (dates of the fixture, codes and words of lists) tells nothing of the other.
			own := s.Load(t, party, s.family[party])
			if slices.Contains(may, text) || slices.ContainsFunc(slices.Collect(valuesOfMap(leaves(t, own.Record))), func(x string) bool { return x == text || strings.Contains(x, text) }) || strings.Contains(path, "_at") ||
				strings.HasSuffix(path, "At") || strings.HasSuffix(path, "State") || strings.HasSuffix(path, ".channel") {
				delete(fields, path)
			}
		}
		fields["area in words"] = map[place.Country]string{place.Egypt: "سوهاج", place.Qatar: "الريان"}[other]
		if len(fields) < 15 {
			t.Fatalf("only %d fields are looked for", len(fields))
		}
		for _, role := range auth.Roles() {
			b := s.As(t, role, party)
			for _, path := range pages {
				p := b.Get(path)
				if p.Status >= 500 {
					t.Errorf("%s: %d", path, p.Status)
				}
				for field, text := range fields {
					if strings.Contains(string(p.Body), text) {
						t.Errorf("%s of %s sees %s = %q of the other country on %s", role, party, field, text, path)
					}
				}
			}
			if p := b.Get(s.url("/halls/1/state")); p.Status == 200 {
				var drawn struct {
					People []struct{ Party, Area, Needs string }
				}
				if err := json.Unmarshal(p.Body, &drawn); err != nil || len(drawn.People) != 2 {
					t.Fatalf("the drawing: %v, %+v", err, drawn)
				}
				for _, x := range drawn.People {
					if x.Party == string(other) && (x.Area != "" || x.Needs != "" && party != place.Egypt) {
						t.Errorf("%s of %s reads %+v of the other country in the drawing", role, party, x)
					}
				}
			}
			for _, path := range []string{"/participations/" + itoa(s.at[other]), "/exhibitors/" + itoa(took.ExhibitorID), "/families/" + itoa(s.family[other])} {
				if p := b.Get(path); p.Status != 404 && p.Status != 403 {
					t.Errorf("%s of %s opens %s: %d", role, party, path, p.Status)
				}
			}
		}
	}
}

func valuesOfMap(m map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// TestPublicFairConsent: without consent, with the registration suspended, or before the agreement, nothing of a family or an exhibition is public.
func TestPublicFairConsent(t *testing.T) {
	t.Parallel()
	s := newFair(t)
	guest := s.Visitor(t)
	at := "/catalogue/exhibitions/" + itoa(s.id)
	p := guest.Get(at).Want(200)
	tag := p.Header.Get("ETag")
	req, _ := http.NewRequest("GET", "http://example.com"+at, nil)
	req.Header.Set("If-None-Match", tag)
	if p := guest.Do(req); p.Status != 304 {
		t.Errorf("the same page again: %d, want 304", p.Status)
	}
	// A move of the booth is another page.
	eg := formsAs(t, s.Site, auth.Coordinator, place.Egypt)
	post(eg.Browser, s.url("/halls/1/clear"), url.Values{"participation": {itoa(s.at[place.Egypt])}, "version": {"1"}}).Want(303)
	req, _ = http.NewRequest("GET", "http://example.com"+at, nil)
	req.Header.Set("If-None-Match", tag)
	if p := guest.Do(req); p.Status != 200 || p.Has("A-1") {
		t.Errorf("after the booth was emptied: %d", p.Status)
	}
	consent(t, s.Site, s.family[place.Egypt], false)
	name := s.Load(t, place.Egypt, s.family[place.Egypt]).Record.Project.Name
	for _, path := range []string{at, "/catalogue/products?exhibition=" + itoa(s.id)} {
		if p := guest.Get(path).Want(200); p.Has(name) || !p.Has("QA") && path != at {
			t.Errorf("%s shows a family without consent, or lost the other", path)
		}
	}
	if p := eg.Get("/catalogue/print/book?lang=ar&exhibition=" + itoa(s.id)).Want(200); p.Has(name) {
		t.Error("the printed catalogue shows a family without consent")
	}
	// A withdrawn exhibitor leaves the page.
	qa := formsAs(t, s.Site, auth.Coordinator, place.Qatar)
	theirs := "/participations/" + itoa(s.at[place.Qatar])
	pressOn(t, qa, theirs, theirs+"/withdraw", url.Values{"text": {"ظرف"}}).Want(303)
	if p := guest.Get(at).Want(200); p.Has("KZ-77") {
		t.Error("a withdrawn exhibitor is still announced")
	}
	draft := idAtEnd(t, eg.Post("/exhibitions", showForm(s.Clock.Today().AddDays(60), "9")).Want(303).Header.Get("Location"))
	guest.Get("/catalogue/exhibitions/" + itoa(draft)).Want(404)
	guest.Get("/catalogue/products?exhibition=" + itoa(draft)).Want(404)
	for _, bad := range []string{"0", "-1", "abc", "99999999999999999999", "%00"} {
		if p := guest.Get("/catalogue/products?exhibition=" + bad); p.Status != 200 {
			t.Errorf("an exhibition %q in the address: %d, want the whole list", bad, p.Status)
		}
	}
	if p := eg.Post("/catalogue/print", url.Values{"lang": {"ar"}, "exhibition": {itoa(draft)}, "open": {"yes"}}); p.Status != 404 && p.Status != 422 {
		t.Errorf("printing the catalogue of a draft: %d", p.Status)
	}
	for name, value := range map[string]string{"volume": "2", "exhibition": "x"} {
		if p := eg.Post("/catalogue/print", url.Values{"lang": {"ar"}, name: {value}, "open": {"yes"}}); p.Status != 422 {
			t.Errorf("%s = %s: %d, want 422", name, value, p.Status)
		}
	}
}

// TestPlaceOfTerms: the hall of the registry is a part of what both agreed on. Another one needs both keys, and then the booths of the old one are empty.
func TestPlaceOfTerms(t *testing.T) {
	t.Parallel()
	s := newFair(t)
	eg, qa := formsAs(t, s.Site, auth.Coordinator, place.Egypt), formsAs(t, s.Site, auth.Coordinator, place.Qatar)
	second := post(eg.Browser, "/venues/1/halls", url.Values{"hall.name.ar": {"القاعة الثانية"}, "hall.width": {"20"}, "hall.depth": {"20"}}).Want(303).Header.Get("Location")
	version := planVersion(t, eg.Browser, second)
	put(eg.Browser, second, version, "draw2", []byte(`{"format":"muntija-plan/1","outline":[[0,0],[20000,0],[20000,20000],[0,20000]],"doors":[{"id":9,"kind":"both","at":[10000,0],"width":3000}],
		"booths":[{"id":1,"code":"Z-1","type":"stand_3x3","x":9000,"y":9000,"w":3000,"d":3000,"open":"F"}],"limits":{"dead_end":40000}}`)).Want(200)
	post(eg.Browser, second+"/release", url.Values{"version": {planVersion(t, eg.Browser, second)}}).Want(303)
	if p := post(eg.Browser, s.url("/halls"), url.Values{"plan": {strings.TrimPrefix(second, "/plans/")}}); p.Status != 409 {
		t.Errorf("a hall that was not agreed on: %d, want 409", p.Status)
	}
	post(eg.Browser, s.url("/halls/1/drop"), nil).Want(409)
	change := func(b formBrowser, site string) *testkit.Page {
		form := showForm(s.Clock.Today().AddDays(20), "4")
		form.Del("documents")
		form.Set("site", site)
		form.Set("version", versionIn(t, b.Get(s.url("/edit")), s.url("/edit")))
		return b.Post(s.url("/edit"), form)
	}
	if !strings.Contains(string(qa.Get(s.url("/edit")).Want(200).Check().Body), `value="hall:1"`) {
		t.Error("the guest's form does not keep the hall")
	}
	for _, site := range []string{"hall:2", "hall:99", "venue:1", "x:1", "hall:", "hall:-1"} {
		if p := change(qa, site); p.Status != 422 {
			t.Errorf("the guest chooses %q: %d, want 422", site, p.Status)
		}
	}
	for _, site := range []string{"hall:99", "venue:99", "x:1"} {
		change(eg, site).Want(422).Check()
	}
	change(eg, "hall:2").Want(303)
	if p := qa.Get(s.url()).Want(200).Check(); !p.Has("القاعة الثانية", "تُلغى أجنحة") {
		t.Error("the guest is not told what the change does")
	}
	if !eg.Get(s.url("/roster")).Has("A-1") {
		t.Error("a change that waits moved somebody")
	}
	pressOn(t, qa, s.url(), s.url("/agree"), nil).Want(303)
	if p := eg.Get(s.url("/halls")).Want(200).Check(); !p.Has("القاعة الثانية") || eg.Get(s.url("/roster")).Has("A-1") {
		t.Error("the new hall is not there, or booths of the old one stay")
	}
	eg.Get(s.url("/halls/1")).Want(404)
	eg.Get(s.url("/halls/2")).Want(200).Check()
	// Words again, for a place that is not drawn: then any hall may be used.
	change(eg, "").Want(303)
	pressOn(t, qa, s.url(), s.url("/agree"), nil).Want(303)
	eg.Get(s.url("/halls/2")).Want(200)
}

// fairRoutes are the routes of exhibitions, meetings, venues and placing.
func fairRoutes() [][2]string {
	var out [][2]string
	for _, route := range web.Routes() {
		for _, room := range []string{"/exhibitions", "/participations", "/exhibitors", "/meetings", "/activities", "/calendar", "/holidays", "/seasons", "/venues", "/halls", "/plans"} {
			if route[1] == room || strings.HasPrefix(route[1], room+"/") {
				out = append(out, [2]string{route[0], route[1]})
			}
		}
	}
	return out
}

// TestFairPermissionTable asks every route of these rooms in every role of both countries for three exhibitions: one both agreed on, a draft of Egypt, and a draft of Qatar, and compares with
// testdata/fair.golden. A change has no key, so that nothing may change whatever the answer; what is the other country's alone is not there for it.
func TestFairPermissionTable(t *testing.T) {
	t.Parallel()
	s := newFair(t)
	drafts := map[place.Country]int64{}
	for _, party := range place.Countries() {
		b := formsAs(t, s.Site, auth.Coordinator, party)
		form := showForm(s.Clock.Today().AddDays(90), "9")
		form.Set("host", string(party))
		drafts[party] = idAtEnd(t, b.Post("/exhibitions", form).Want(303).Header.Get("Location"))
		b.Post("/meetings", url.Values{"title": {"تنسيق"}, "day": {s.Clock.Today().String()}, "attendees[0].name": {"سلوى"}, "attendees[0].party": {string(party)}}).Want(303)
		b.Post("/activities", workshop(s.Clock.Today(), party)).Want(303)
	}
	browsers := map[string]*testkit.Browser{}
	for _, party := range place.Countries() {
		for _, role := range auth.Roles() {
			browsers[string(party)+string(role)] = s.As(t, role, party)
		}
	}
	stateOf := func() string {
		var b strings.Builder
		s.View(t, func(tx *store.Tx) error {
			list, err := tx.Exhibitions("", store.ExhibitionQuery{})
			if err != nil {
				return err
			}
			for _, e := range list {
				people, err := tx.Participations(e.ID, store.ParticipationQuery{})
				if err != nil {
					return err
				}
				placed, err := tx.Placements(e.ID)
				if err != nil {
					return err
				}
				fmt.Fprintf(&b, "%d v%d %s, %d people, %d placed; ", e.ID, e.Version, e.Status, len(people), len(placed))
			}
			return nil
		})
		return b.String()
	}
	before := stateOf()
	var out strings.Builder
	out.WriteString("# answers to field worker, reviewer, coordinator, analyst, administrator of Egypt | of Qatar\n")
	for _, route := range fairRoutes() {
		method, pattern := route[0], route[1]
		subjects := []struct {
			name  string
			id    int64
			owner place.Country // whose alone it is; "" for both
		}{{"", 1, ""}}
		switch {
		case strings.HasPrefix(pattern, "/exhibitions/:id"):
			subjects = subjects[:0]
			subjects = append(subjects, struct {
				name  string
				id    int64
				owner place.Country
			}{"agreed", s.id, ""})
			for _, p := range place.Countries() {
				subjects = append(subjects, struct {
					name  string
					id    int64
					owner place.Country
				}{"draft of " + string(p), drafts[p], p})
			}
		case strings.HasPrefix(pattern, "/participations/:id"), strings.HasPrefix(pattern, "/exhibitors/:id"):
			subjects = subjects[:0]
			for _, p := range place.Countries() {
				id := s.at[p]
				if strings.HasPrefix(pattern, "/exhibitors") {
					s.View(t, func(tx *store.Tx) error {
						x, err := tx.ParticipationByID(p, id)
						if err == nil {
							id = x.ExhibitorID
						}
						return err
					})
				}
				subjects = append(subjects, struct {
					name  string
					id    int64
					owner place.Country
				}{"of " + string(p), id, p})
			}
		case strings.HasPrefix(pattern, "/venues/:id"), strings.HasPrefix(pattern, "/halls/:id"), strings.HasPrefix(pattern, "/plans/:id"):
			subjects[0].name, subjects[0].owner = "of EG", place.Egypt
		}
		for _, sub := range subjects {
			path := strings.NewReplacer(":id", itoa(sub.id), ":hall", "1", ":n", "1", ":token", "none").Replace(pattern)
			var answers []string
			for _, party := range place.Countries() {
				for _, role := range auth.Roles() {
					var more url.Values
					if sub.owner != "" && sub.owner != party { // what is the other country's is refused also when the request is whole
						more = url.Values{"idempotency_key": {testkit.Key()}, "version": {"1"}, "participation": {itoa(s.at[party])}, "booth": {"1"}, "answer": {"accept"}, "day": {s.Clock.Today().String()}, "amount": {"10"}, "text": {"نص"},
							"name": {"اسم"}, "outcome": {"fit"}, "travel": {"stop"}, "quality": {"4"}, "again": {"yes"}, "deadline": {s.Clock.Today().AddDays(3).String()}, "locked": {"yes"}, "hall.name.ar": {"قاعة"}, "plan": {"1"},
							"area": {map[place.Country]string{place.Egypt: "EG-C", place.Qatar: "QA-DA"}[party]}, "craft": {"TX"}, "contact": {"هاتف"}}
					}
					p := send(browsers[string(party)+string(role)], t, method, path, more)
					if p.Status >= 500 {
						t.Errorf("%s %s as %s of %s: %d", method, path, role, party, p.Status)
					}
					if sub.owner != "" && sub.owner != party && p.Status != 404 && p.Status != 403 && method != http.MethodPut { // a PUT is refused for its body; TestVenuePages holds its address
						t.Errorf("%s %s [%s] as %s of %s: %d, want 404 (or 403 where the role never may)", method, pattern, sub.name, role, party, p.Status)
					}
					answers = append(answers, strconv.Itoa(p.Status))
				}
				if party == place.Egypt {
					answers = append(answers, "|")
				}
			}
			name := pattern
			if sub.name != "" {
				name += "  [" + sub.name + "]"
			}
			fmt.Fprintf(&out, "%-4s %-62s %s\n", method, name, strings.Join(answers, " "))
		}
	}
	if after := stateOf(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	sameAsGolden(t, "fair.golden", out.String())
}
