package web_test

import (
	"net/url"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/testkit"
)

// A number that is on file already is shown before anything is saved; going on begins the draft, once. Out of reach it is told without a name.
func TestKnownNumberBeforeSaving(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	known := s.Family(t, 1, place.Egypt, registry.Approved)
	old := testkit.Form(1, place.Egypt)
	first := url.Values{"case.channel": {"social_unit"}, "case.application_date": {"1/3/2026"}, "lead.given_name": {"هبة"}, "lead.rest_of_name": {"محمود"}, "lead.id_type": {"eg_nid"},
		"lead.id_number": {old.Lead.IDNumber}, "lead.phones[0].number": {"٠١٠٩٩٩٩٩٩٩٩"}, "address.area": {"EG-SHG"}, "_seen": {""}, "idempotency_key": {testkit.Key()}}
	before := rowsOf(t, s)
	worker := s.As(t, auth.FieldWorker, place.Egypt)
	p := worker.Post("/registrations", first).Want(409).Check()
	whole(t, p, auth.FieldWorker, locale.Arabic)
	if len(testkit.Find(p.Doc(), "a", "href="+at(known))) == 0 || !strings.Contains(string(p.Body), old.Lead.IDNumber) {
		t.Errorf("the page does not lead to the family on file, or lost what was typed: %.600s", p.Text())
	}
	other := s.SignedIn(t, testkit.SecondActor(auth.FieldWorker, place.Egypt)).Post("/registrations", first).Want(409).Check()
	if strings.Contains(string(other.Body), at(known)) || other.Has("محمود علي السيد") {
		t.Error("a colleague without reach learns who it is")
	}
	if after := rowsOf(t, s); after != before {
		t.Errorf("something was saved: %s, then %s", before, after)
	}
	seen := p.Fields("/registrations").Get("_seen")
	if seen == "" {
		t.Fatal("the page does not say what was seen")
	}
	first.Set("_seen", seen)
	to := worker.Post("/registrations", first).Want(303).Header.Get("Location")
	if again := worker.Post("/registrations", first).Want(303).Header.Get("Location"); again != to {
		t.Errorf("the same request again leads to %s, first to %s", again, to)
	}
	// Sent again because the answer was lost, without what was seen: the draft is there, and is no duplicate of itself.
	first.Set("_seen", "")
	if again := worker.Post("/registrations", first).Want(303).Header.Get("Location"); again != to {
		t.Errorf("a retry leads to %s, first to %s", again, to)
	}
}

// A step that is not possible says so, not that somebody changed the data.
func TestImpossibleStep(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	id := s.Family(t, 2, place.Egypt, registry.Approved)
	reviewer := s.As(t, auth.Reviewer, place.Egypt)
	p := reviewer.Get(at(id, "/do/renew"))
	if p.Status != 409 || p.Has("تغيّرت البيانات") || !p.Has("لا يمكن ذلك الآن") {
		t.Errorf("renewing too early: got %d, %.300s", p.Status, p.Text())
	}
}
