package web_test

import (
	"net/url"
	"strconv"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// pairOn stores a pair and returns the path of its page.
func pairOn(t *testing.T, s *testkit.Site, a, b int64) string {
	t.Helper()
	var id int64
	s.Update(t, func(tx *store.Tx) error {
		err := tx.FindPairs(place.Egypt, []store.DuplicatePair{{A: a, B: b, Probability: .97, Weight: 19}}, testkit.Start)
		if err != nil {
			return err
		}
		pairs, err := tx.ListPairs(store.Scope{Party: place.Egypt}, store.PairOpen, nil, 100)
		for _, p := range pairs {
			if p.A == min(a, b) && p.B == max(a, b) {
				id = p.ID
			}
		}
		return err
	})
	return "/duplicates/" + strconv.FormatInt(id, 10)
}

// TestMergePages merges two registrations on the page, follows the other's number to the one that stays, and undoes it.
func TestMergePages(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	a, b := s.Family(t, 1, place.Egypt, registry.Submitted), s.Family(t, 2, place.Egypt, registry.Submitted)
	path := pairOn(t, s, a, b) + "/merge"
	r := s.As(t, auth.Reviewer, place.Egypt)
	page := r.Get(path).Want(200).Check()
	if !page.Has("يبقى", "اختر القيمة التي تبقى") {
		t.Errorf("the page does not ask: %.600s", page.Text())
	}
	form := page.Fields(path)
	send := func(change url.Values) url.Values {
		out := url.Values{}
		for k, v := range form {
			out[k] = v
		}
		out["idempotency_key"] = []string{testkit.Key()}
		for k, v := range change {
			out[k] = v
		}
		return out
	}
	if form.Get("take.lead.given_name") != "a" || form.Get("keep") != strconv.FormatInt(a, 10) {
		t.Errorf("proposed: %v", form)
	}
	r.Post(path, send(url.Values{"take.lead.given_name": {"both"}})).Want(422).Check()
	r.Post(path, send(url.Values{"version_a": {"99"}})).Want(422).Check()
	r.Post(path, send(url.Values{"keep": {"x"}})).Want(404)
	r.Post(path, send(url.Values{"keep": {"999999"}})).Want(404)
	r.Get(path + "?keep=x").Want(404)
	swapped := r.Get(path + "?keep=" + strconv.FormatInt(b, 10)).Want(200).Check()
	if got := swapped.Fields(path).Get("keep"); got != strconv.FormatInt(b, 10) {
		t.Errorf("the other way round, %s stays", got)
	}
	s.As(t, auth.Reviewer, place.Qatar).Get(path).Want(404).Check()
	s.As(t, auth.FieldWorker, place.Egypt).Get(path).Want(403).Check()
	done := r.Post(path, send(url.Values{"take.lead.given_name": {"b"}})).Want(303)
	merge := done.Header.Get("Location")
	view := r.Get(merge).Want(200).Check()
	old := s.Load(t, place.Egypt, b)
	if !view.Has("ألغِ الدمج", string(old.Status.Number)) {
		t.Errorf("the merge shows %.600s", view.Text())
	}
	if to := r.Get("/families/" + strconv.FormatInt(b, 10)).Want(303).Header.Get("Location"); to != "/families/"+strconv.FormatInt(a, 10) {
		t.Errorf("the merged family leads to %s", to)
	}
	if on := r.Get("/families/" + strconv.FormatInt(a, 10)).Want(200).Check(); !on.Has(string(old.Status.Number)) {
		t.Error("the one that stays does not name the other")
	}
	r.Get(path).Want(200).Check() // says why it cannot be done again
	s.As(t, auth.Reviewer, place.Qatar).Get(merge).Want(404).Check()
	undo := view.Fields(merge + "/undo")
	undo["idempotency_key"] = []string{testkit.Key()}
	bad := url.Values{"idempotency_key": {testkit.Key()}, "version": undo["version"], "version_a": {"1"}, "version_b": {"1"}}
	r.Post(merge+"/undo", bad).Want(422).Check()
	r.Post(merge+"/undo", url.Values{"idempotency_key": {testkit.Key()}, "version": undo["version"], "give": {"document:x"}}).Want(404)
	r.Post(merge+"/undo", undo).Want(303)
	if after := r.Get(merge).Want(200).Check(); !after.Has("حرفًا بحرف") {
		t.Errorf("after the undo: %.600s", after.Text())
	}
	r.Get("/families/" + strconv.FormatInt(b, 10)).Want(200).Check()
}
