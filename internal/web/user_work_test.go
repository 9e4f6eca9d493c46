package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// An administrator closes a field worker's account, is told what waits for it, and hands the files to a colleague; in both languages.
func TestHandOverPages(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{locale.Arabic, locale.English} {
		s := familySite(t)
		giver, receiver := testkit.Actor(auth.FieldWorker, place.Egypt), testkit.SecondActor(auth.FieldWorker, place.Egypt)
		draft := s.Family(t, 1, place.Egypt, registry.Draft)
		s.Family(t, 2, place.Egypt, registry.Approved)
		reviewed := s.Family(t, 3, place.Egypt, registry.UnderReview)
		s.Change(t, testkit.Actor(auth.Administrator, place.Egypt), func(u *auth.User) { u.Locale = lang })
		b := s.As(t, auth.Administrator, place.Egypt)
		user := "/users/" + strconv.FormatInt(giver.UserID, 10)
		see := func(path string, status int) *testkit.Page {
			t.Helper()
			p := b.Get(path).Want(status).Check()
			whole(t, p, auth.Administrator, lang)
			return p
		}
		if p := see(user, 200); strings.Contains(string(p.Body), "alert-warning") {
			t.Error("a warning before anything waits in vain")
		}
		b.Post(user+"/close", b.Get(user).Fields(user+"/close")).Want(303)
		if p := see(user, 200); !strings.Contains(string(p.Body), "alert-warning") || len(testkit.Find(p.Doc(), "a", "href="+user+"/work")) == 0 {
			t.Error("no warning that a closed account holds files")
		}
		p := see(user+"/work", 200)
		if len(testkit.Find(p.Doc(), "input", "name=what")) != 3 || len(testkit.Find(p.Doc(), "input", "name=area")) != 1 {
			t.Errorf("the choice: %.800s", p.Text())
		}
		// Nothing chosen is a problem of the field.
		if p := see(user+"/work?next=yes", 422); len(testkit.Find(p.Doc(), "a", "href=#f-what")) == 0 || len(testkit.Find(p.Doc(), "a", "href=#f-area")) == 0 {
			t.Errorf("the summary: %.800s", p.Text())
		}
		see(user+"/work?next=yes&what=nonsense&area=EG-SHG", 422)
		see(user+"/work?next=yes&what=open&area=QA-DA", 409)
		page := user + "/work?" + url.Values{"next": {"yes"}, "what": {"open", "handed_in", "registered"}, "area": {"EG-SHG"}}.Encode()
		p = see(page, 200)
		form := p.Fields(user + "/work")
		cover := "covers." + strconv.FormatInt(receiver.UserID, 10)
		if form.Get(cover) != "3" {
			t.Fatalf("got %v, want three files for the receiver", form)
		}
		if p := b.Post(user+"/work", form).Want(422).Check(); len(testkit.Find(p.Doc(), "a", "href=#f-receiver")) == 0 {
			t.Errorf("nobody chosen: %.800s", p.Text())
		}
		form.Set("receiver", strconv.FormatInt(receiver.UserID, 10))
		form.Set(cover, "2")
		whole(t, b.Post(user+"/work", form).Want(409).Check(), auth.Administrator, lang)
		form.Set(cover, "3")
		b.Post(user+"/work", form).Want(303)
		if p := see(user+"/work", 200); !p.Has("3") || len(testkit.Find(p.Doc(), "input", "name=what")) != 0 {
			t.Errorf("after handing over: %.800s", p.Text())
		}
		s.Change(t, testkit.Actor(auth.Administrator, place.Egypt), func(u *auth.User) { u.Locale = lang })
		for _, path := range []string{at(draft), at(draft, "/history"), "/audit"} {
			see(path, 200)
		}
		if p := s.SignedIn(t, receiver).Get(at(draft)).Want(200); !p.Has(giver.Name) {
			t.Error("the family's page no longer says who began it")
		}
		// A reviewer who leaves.
		reviewer := "/users/" + strconv.FormatInt(testkit.Actor(auth.Reviewer, place.Egypt).UserID, 10)
		p = see(reviewer+"/work", 200)
		b.Post(reviewer+"/reviews", p.Fields(reviewer+"/reviews")).Want(303)
		see(reviewer+"/work", 200)
		if f := s.Load(t, place.Egypt, reviewed); f.Status.State != registry.Submitted {
			t.Errorf("after giving back: %s", f.Status.State)
		}
	}
}

// Accounts and work of the other party do not exist, whatever is sent.
func TestHandOverHostile(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	s.Family(t, 1, place.Egypt, registry.Draft)
	b := s.As(t, auth.Administrator, place.Egypt)
	giver, theirs := testkit.Actor(auth.FieldWorker, place.Egypt).UserID, testkit.Actor(auth.FieldWorker, place.Qatar).UserID
	path := func(id int64, rest string) string { return "/users/" + strconv.FormatInt(id, 10) + rest }
	whole := url.Values{"what": {"open"}, "area": {"EG-SHG"}, "receiver": {"6"}, "covers.6": {"1"}, "version": {"1"}}
	for _, rest := range []string{"/work", "/work?next=yes&what=open&area=QA-DA"} {
		b.Get(path(theirs, rest)).Want(404)
	}
	b.Post(path(theirs, "/work"), whole).Want(404)
	b.Post(path(theirs, "/reviews"), url.Values{}).Want(404)
	for _, h := range hostile {
		for _, field := range []string{"what", "area", "receiver", "covers.6"} {
			form := url.Values{}
			for k, v := range whole {
				form[k] = v
			}
			form[field] = []string{h}
			if p := b.Post(path(giver, "/work"), form); p.Status != 422 && p.Status != 409 {
				t.Errorf("%s = %.30q: got %d", field, h, p.Status)
			} else if strings.Contains(string(p.Body), "<script>alert") {
				t.Errorf("%s = %.30q comes back unescaped", field, h)
			}
		}
		if len(h) > 1_000 { // more than an address may be long
			continue
		}
		if p := b.Get(path(giver, "/work?"+url.Values{"next": {"1"}, "what": {"open", h}, "area": {h}}.Encode())); p.Status >= 500 {
			t.Errorf("choosing %.30q: got %d", h, p.Status)
		}
	}
	if p := b.Post(path(giver, "/work"), url.Values{"what": {"open"}, "area": {"EG-SHG"}, "receiver": {strconv.FormatInt(theirs, 10)}, "covers." + strconv.FormatInt(theirs, 10): {"1"}}); p.Status != 422 {
		t.Errorf("a receiver of the other party: got %d, want 422", p.Status)
	}
	s.View(t, func(tx *store.Tx) error {
		heaps, err := tx.EntriesOf(place.Egypt, giver, registry.States())
		if len(heaps) != 1 || len(heaps[0].IDs) != 1 {
			t.Errorf("something moved: %v", heaps)
		}
		return err
	})
}
