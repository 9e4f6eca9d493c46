package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

func searchFor(text string) string { return "/search?" + url.Values{"q": {text}}.Encode() }

// TestSearchSpellings: a woman on file is found however her name is typed, and what is marked is her name as it stands there.
func TestSearchSpellings(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	id := s.Family(t, 0, place.Egypt, registry.Approved) // هبة الله محمود علي السيد
	other := s.Family(t, 3, place.Egypt, registry.Approved)
	b := s.As(t, auth.Reviewer, place.Egypt)
	for _, c := range []struct{ typed, marked string }{
		{"هبة الله", "هبة"}, {"هبه الله", "هبة"}, {"هبةالله", "هبة"}, {"هبة الله بنت محمود", "محمود"}, {"هِبَة", "هبة"}, {"هب", "هبة"}, {"Hebatallah", "هبة"}, {"Heba", "هبة"},
		{"heba mahmoud", "محمود"}, {"هبة محمود السيد", "السيد"}, {"هبة محمود سيد", "السيد"}, {"هبة الله محمود علي حسن", "هبة"}, {"محمود هبة", "محمود"}, {"هبة الكوثر", "هبة"},
		{"هبة محومد", "محمود"},
	} {
		p := b.Get(searchFor(c.typed)).Want(200).Check()
		if len(testkit.Find(p.Doc(), "a", "href="+at(id))) == 0 {
			t.Errorf("%q does not find her: %.300s", c.typed, p.Text())
			continue
		}
		if !strings.Contains(string(p.Body), "<mark>"+c.marked) {
			t.Errorf("%q: %q is not marked", c.typed, c.marked)
		}
		if strings.Contains(c.typed, "هب") && !strings.HasSuffix(c.typed, "حسن") && len(testkit.Find(p.Doc(), "a", "href="+at(other))) != 0 {
			t.Errorf("%q finds somebody else", c.typed)
		}
	}
	p := b.Get(searchFor("أخميم")).Want(200)
	if !p.Has("مركز أخميم") || len(testkit.Find(p.Doc(), "a", "href="+at(id))) == 0 {
		t.Errorf("the district leads nowhere: %.400s", p.Text())
	}
	if p := b.Get(searchFor("نسيج هبه")).Want(200); len(testkit.Find(p.Doc(), "a", "href="+at(id))) == 0 {
		t.Errorf("the project is not found: %.400s", p.Text())
	}
	p = b.Get(searchFor("ليلي")).Want(200) // her daughter
	if !strings.Contains(string(p.Body), "<mark>ليلى</mark>") || !p.Has("ابنة") || !p.Has("من أسرة هبة الله محمود علي السيد") {
		t.Errorf("the daughter is not shown as one: %.400s", p.Text())
	}
	whole(t, p, auth.Reviewer, locale.Arabic)
	whole(t, b.Get(searchFor("هبة")), auth.Reviewer, locale.Arabic)
	whole(t, b.Get("/search"), auth.Reviewer, locale.Arabic)
	whole(t, b.Get("/search/suggest?q=xyzzy"), auth.Reviewer, locale.Arabic)
}

// TestSearchReach: what is found is what the lists show: own entries, areas, party; numbers and places by the class of the field.
func TestSearchReach(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	own := s.Family(t, 1, place.Egypt, registry.Approved)
	colleague := s.Family(t, 2, place.Egypt, registry.Approved)
	foreign := s.Family(t, 3, place.Qatar, registry.Approved)
	s.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, colleague)
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(colleague)
		if err != nil {
			return err
		}
		f.Status.EnteredBy = testkit.SecondActor(auth.FieldWorker, place.Egypt).UserID
		return tx.UpdateFamily(f, x)
	})
	nid, phone := testkit.Form(1, place.Egypt).Lead.IDNumber, testkit.Form(1, place.Egypt).Lead.Phones[0].Number
	var number string
	s.View(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, own)
		number = string(f.Status.Number)
		return err
	})
	finds := func(b *testkit.Browser, text string, id int64) bool {
		t.Helper()
		page := b.Get(searchFor(text)).Want(200)
		suggested := b.Get("/search/suggest?" + url.Values{"q": {text}}.Encode()).Want(200)
		on, in := len(testkit.Find(page.Doc(), "a", "href="+at(id))) > 0, len(testkit.Find(suggested.Doc(), "a", "href="+at(id))) > 0
		if on != in {
			t.Errorf("%q: the page %v, the suggestions %v", text, on, in)
		}
		return on
	}
	for _, c := range []struct {
		role               auth.Role
		colleague          bool
		nid, phone, places bool
		members            bool // of a household
	}{
		{auth.FieldWorker, false, true, true, true, true}, {auth.Reviewer, true, true, true, true, true}, {auth.Coordinator, true, false, true, true, false},
		{auth.Analyst, true, false, false, true, false}, {auth.Administrator, true, false, false, false, false},
	} {
		b := s.As(t, c.role, place.Egypt)
		for _, x := range []struct {
			text string
			id   int64
			want bool
		}{{"محمود علي السيد", own, true}, {"محمود علي السيد", colleague, c.colleague}, {"محمود", foreign, false}, {"المسند", foreign, false}, {number, own, true}, {nid, own, c.nid},
			{phone, own, c.phone}, {"الكوثر", own, c.places}, {"اخميم", own, c.places}, {"الكوثر", colleague, c.places && c.colleague},
			{"ليلي", own, c.members}, {"Layla", own, c.members}, {"ليلى", colleague, c.members && c.colleague}, {"ليلى", foreign, false}} {
			if got := finds(b, x.text, x.id); got != x.want {
				t.Errorf("%s, %q, family %d: got %v, want %v", c.role, x.text, x.id, got, x.want)
			}
		}
	}
	actor := testkit.Actor(auth.Reviewer, place.Egypt)
	s.Change(t, actor, func(u *auth.User) { u.Areas = auth.SomeAreas("EG-MT") })
	if finds(s.SignedIn(t, actor), "محمود", own) {
		t.Error("a reviewer finds a family of another area")
	}
	if qatari := s.As(t, auth.Reviewer, place.Qatar); finds(qatari, "محمود", own) || finds(qatari, nid, own) || !finds(qatari, "المسند", foreign) {
		t.Error("the other party's search")
	}
}

// TestSearchHostile: any text is answered, at once.
func TestSearchHostile(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	s.Family(t, 1, place.Egypt, registry.Approved)
	b := s.As(t, auth.Reviewer, place.Egypt)
	for _, text := range []string{"", " ", "م", strings.Repeat("م", 500), strings.Repeat("عبد ", 200), "😀", "محمد😀Ali", "\u202eعلي\u202c", "a\x00b", "%", "'; DROP TABLE family; --",
		"<script>alert(1)</script>", "\xff\xfe", strings.Repeat("gh", 200), "EG-2026-000001", "29001010100000"} {
		for _, path := range []string{"/search?", "/search/suggest?"} {
			begun := time.Now()
			p := b.Get(path + url.Values{"q": {text}}.Encode()).Want(200)
			if strings.Contains(string(p.Body), "<script>alert") {
				t.Errorf("%q comes back raw", text)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%.20q took %v", text, took)
			}
		}
	}
}

// TestKnownWhileTyping: who is on file already shows with reasons in words, never stops anybody, and out of reach only with whom to ask.
func TestKnownWhileTyping(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	known := s.Family(t, 1, place.Egypt, registry.Approved) // منى محمود علي السيد, 15/3/1990, Akhmim
	typed := url.Values{"lead.given_name": {"مني"}, "lead.rest_of_name": {"محمود علي السيد"}, "address.area": {"EG-SHG"}, "address.district": {"مركز اخميم"}, "address.village": {"الكوثر"},
		"lead.birth_date": {"15/3/1990"}, "lead.sex": {"f"}}
	before := rowsOf(t, s)
	worker := s.As(t, auth.FieldWorker, place.Egypt)
	p := worker.Post("/registrations/known", typed).Want(200)
	if len(testkit.Find(p.Doc(), "a", "href="+at(known))) == 0 || !p.Has("الاسم كله نفسه، تاريخ الميلاد نفسه، القرية نفسها") {
		t.Fatalf("she is not shown, or not why: %s", p.Text())
	}
	mark := testkit.Find(p.Doc(), "input", "name=_known")
	if len(mark) == 0 {
		t.Fatal("no mark")
	}
	typed.Set("_known", testkit.Attr(mark[0], "value"))
	worker.Post("/registrations/known", typed).Want(204)
	typed.Del("_known")
	typed.Set("lead.birth_date", "15/3/1991")
	typed.Set("lead.rest_of_name", "محمود علي")
	if p := worker.Post("/registrations/known", typed).Want(200); !p.Has("اسم الأب والجد نفسه") || !p.Has("تاريخا الميلاد يختلفان في خانة واحدة") {
		t.Errorf("father and grandfather: %s", p.Text())
	}
	// A number that is on file stands beside it, once.
	typed.Set("lead.phones[0].number", testkit.Form(1, place.Egypt).Lead.Phones[0].Number)
	if p := worker.Post("/registrations/known", typed).Want(200); len(testkit.Find(p.Doc(), "a", "href="+at(known))) != 1 || !p.Has("رقم الهاتف نفسه مسجل من قبل") {
		t.Errorf("by phone and by name: %s", p.Text())
	}
	typed.Del("lead.phones[0].number")
	// A colleague learns whom to ask if it is nearly certain, and nothing of her.
	typed.Set("lead.birth_date", "15/3/1990")
	typed.Set("lead.rest_of_name", "محمود علي السيد")
	colleague := s.SignedIn(t, testkit.SecondActor(auth.FieldWorker, place.Egypt))
	hidden := colleague.Post("/registrations/known", typed).Want(200)
	if strings.Contains(string(hidden.Body), at(known)) || hidden.Has("محمود") || hidden.Has("تاريخ الميلاد") || !hidden.Has("سوهاج") {
		t.Errorf("a colleague without reach reads %s", hidden.Text())
	}
	typed.Del("lead.birth_date")
	typed.Del("address.village")
	typed.Del("address.district")
	if p := colleague.Post("/registrations/known", typed); p.Has("سوهاج") {
		t.Errorf("a name alone tells a colleague that somebody is on file: %s", p.Text())
	}
	if p := s.As(t, auth.FieldWorker, place.Qatar).Post("/registrations/known", url.Values{"lead.given_name": {"منى"}, "lead.rest_of_name": {"محمود علي السيد"},
		"lead.birth_date": {"15/3/1990"}}); p.Status == 200 && p.Has("محمود") {
		t.Error("the other party's people are shown")
	}
	if p := worker.Post("/registrations/known", url.Values{"lead.given_name": {"زينب"}, "lead.rest_of_name": {"جرجس بطرس"}}); strings.Contains(string(p.Body), at(known)) {
		t.Errorf("somebody else is shown: %s", p.Text())
	}
	for _, hostile := range []url.Values{{}, {"lead.given_name": {strings.Repeat("م", 500)}, "lead.rest_of_name": {"😀"}}, {"lead.given_name": {"\x00"}, "lead.rest_of_name": {"\u202e"}}} {
		if p := worker.Post("/registrations/known", hostile); p.Status != 200 && p.Status != 204 {
			t.Errorf("%v: %d", hostile, p.Status)
		}
	}
	if after := rowsOf(t, s); after != before {
		t.Errorf("something was saved: %s, then %s", before, after)
	}
	// Without JavaScript the review says the same.
	draft := url.Values{"case.channel": {"social_unit"}, "case.application_date": {"1/3/2026"}, "lead.id_type": {"eg_nid"}, "lead.given_name": {"منى"}, "lead.rest_of_name": {"محمود علي السيد"},
		"address.area": {"EG-SHG"}, "_seen": {""}, "idempotency_key": {testkit.Key()}}
	to := worker.Post("/registrations", draft).Want(303).Header.Get("Location")
	review := worker.Get(strings.TrimSuffix(to, "lead") + "review").Want(200).Check()
	if len(testkit.Find(review.Doc(), "a", "href="+at(known))) == 0 {
		t.Errorf("the review does not show her: %.900s", review.Text())
	}
	whole(t, review, auth.FieldWorker, locale.Arabic)
	step := worker.Post(strings.TrimSuffix(to, "lead")+"known", url.Values{"_step": {"lead"}, "lead.given_name": {"منى"}, "lead.rest_of_name": {"محمود علي السيد"}, "lead.birth_date": {"15/3/1990"}}).Want(200)
	if len(testkit.Find(step.Doc(), "a", "href="+at(known))) == 0 {
		t.Errorf("the step does not show her: %s", step.Text())
	}
	worker.Post(strings.TrimSuffix(to, "lead")+"known", url.Values{"_step": {"nowhere"}}).Want(404)
}
