package web_test

import (
	"bytes"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// TestDuplicatePages shows a pair, refuses bad decisions, shows a clash and keeps a good decision.
func TestDuplicatePages(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	a, b := s.Family(t, 1, place.Egypt, registry.Approved), s.Family(t, 2, place.Egypt, registry.Submitted)
	var pair int64
	s.Update(t, func(tx *store.Tx) error {
		err := tx.FindPairs(place.Egypt, []store.DuplicatePair{{A: a, B: b, Probability: .97, Weight: 19, Parts: []store.PairPart{
			{Field: "given_name", Level: "slip", Bits: 3.5}, {Field: "id_number", Level: "differs", Bits: -4.5}, {Field: "household", Level: "household", Bits: -2}}}}, testkit.Start)
		if err != nil {
			return err
		}
		pairs, err := tx.ListPairs(store.Scope{Party: place.Egypt}, store.PairOpen, nil, 1)
		if err == nil {
			pair = pairs[0].ID
		}
		return err
	})
	path := "/duplicates/" + strconv.FormatInt(pair, 10)
	r := s.As(t, auth.Reviewer, place.Egypt)
	list := r.Get("/duplicates").Want(200).Check()
	if !list.Has("97٪") && !list.Has("٩٧٪") {
		t.Errorf("the list does not show the chance: %.600s", list.Text())
	}
	page := r.Get(path).Want(200).Check()
	for _, text := range []string{"الفرق زلة واحدة", "ما يشتركان فيه يناسب أيضًا شخصين من بيت واحد"} {
		if !page.Has(text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	form := page.Fields(path)
	for name, change := range map[string]url.Values{
		"nothing chosen": {"state": {""}},
		"unknown state":  {"state": {"merged"}},
		"long note":      {"state": {"same"}, "note": {strings.Repeat("م", 501)}},
	} {
		sent := url.Values{"version": form["version"], "idempotency_key": {testkit.Key()}}
		for k, v := range change {
			sent[k] = v
		}
		r.Post(path, sent).Want(422).Check()
		_ = name
	}
	r.Post(path, url.Values{"state": {"later"}, "note": {"تنقص صورة البطاقة"}, "version": form["version"], "idempotency_key": {testkit.Key()}}).Want(303)
	clash := r.Post(path, url.Values{"state": {"same"}, "note": {"هما واحدة"}, "version": form["version"], "idempotency_key": {testkit.Key()}}).Want(422).Check()
	if !clash.Has("قرر شخص آخر", "هما واحدة") {
		t.Errorf("the clash does not show what was typed: %.600s", clash.Text())
	}
	if later := r.Get("/duplicates?state=later").Want(200).Check(); !later.Has("قارن بينهما") {
		t.Error("the pair is not among those put off")
	}
	for _, bad := range []string{"/duplicates?state=x", "/duplicates?after=x", "/duplicates?after=99999", "/duplicates/0", "/duplicates/99999"} {
		r.Get(bad).Want(404).Check()
	}
	s.As(t, auth.Reviewer, place.Qatar).Get(path).Want(404).Check()
	r.Post("/duplicates/run", url.Values{"idempotency_key": {testkit.Key()}}).Want(303)
}

// TestCertainPairs decides many pairs at once: each is listed, what somebody else decided meanwhile stays, and nothing is decided without a tick.
func TestCertainPairs(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	var ids []int64
	for i := range 7 {
		ids = append(ids, s.Family(t, i+1, place.Egypt, registry.Submitted))
	}
	s.Update(t, func(tx *store.Tx) error {
		return tx.FindPairs(place.Egypt, []store.DuplicatePair{{A: ids[0], B: ids[1], Probability: .999}, {A: ids[2], B: ids[3], Probability: .995}, {A: ids[4], B: ids[5], Probability: .999}, {A: ids[5], B: ids[6], Probability: .93}}, testkit.Start)
	})
	r := s.As(t, auth.Reviewer, place.Egypt)
	if list := r.Get("/duplicates").Want(200).Check(); !list.Has("قد تكون لشخص واحد") {
		t.Error("pairs with a family in common are no group")
	}
	page := r.Get("/duplicates/certain").Want(200).Check()
	form := page.Fields("/duplicates/certain")
	if len(form["pair"]) != 2 {
		t.Fatalf("listed from 99 %%: %v", form["pair"])
	}
	if more := r.Get("/duplicates/certain?from=90").Want(200).Check().Fields("/duplicates/certain"); len(more["pair"]) != 3 || !strings.Contains(strings.Join(more["pair"], " "), ",") { // the group as a whole
		t.Errorf("listed from 90 %%: %v", more["pair"])
	}
	for _, bad := range []string{"10", "x", "101"} {
		r.Get("/duplicates/certain?from=" + bad).Want(404)
	}
	send := func(pairs []string, state string) *testkit.Page {
		return r.Post("/duplicates/certain", url.Values{"from": {"99"}, "pair": pairs, "state": {state}, "idempotency_key": {testkit.Key()}})
	}
	send(nil, "same").Want(422).Check()
	send(form["pair"], "").Want(422).Check()
	send(form["pair"], "open").Want(422).Check()
	send([]string{"1"}, "same").Want(404)
	first, _, _ := strings.Cut(form["pair"][0], ":")
	r.Post("/duplicates/"+first, url.Values{"state": {"later"}, "version": {"1"}, "idempotency_key": {testkit.Key()}}).Want(303)
	if done := send(form["pair"], "same").Want(303).Follow().Check(); !done.Has("لأن غيرك بتّ فيها") {
		t.Errorf("the clash is not told: %.300s", done.Text())
	}
	states := map[store.PairState]int{}
	s.View(t, func(tx *store.Tx) (err error) {
		states, err = tx.CountPairs(store.Scope{Party: place.Egypt})
		return err
	})
	if states[store.PairLater] != 1 || states[store.PairSame] != 1 || states[store.PairOpen] != 2 {
		t.Errorf("states %v", states)
	}
}

// TestPairSheet sends the queue out as a workbook and takes its decisions back, and refuses a row that somebody decided meanwhile.
func TestPairSheet(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	a, b, c := s.Family(t, 1, place.Egypt, registry.Submitted), s.Family(t, 2, place.Egypt, registry.Submitted), s.Family(t, 3, place.Egypt, registry.Submitted)
	s.Update(t, func(tx *store.Tx) error {
		return tx.FindPairs(place.Egypt, []store.DuplicatePair{{A: a, B: b, Probability: .999}, {A: b, B: c, Probability: .93}}, testkit.Start)
	})
	r := s.As(t, auth.Reviewer, place.Egypt)
	if out := r.Get("/duplicates/sheet").Want(200); !strings.HasPrefix(string(out.Body), "PK") {
		t.Fatal("no workbook")
	}
	s.As(t, auth.Analyst, place.Egypt).Get("/duplicates/sheet").Want(403)
	book := func(rows ...sheet.PairRow) []byte {
		var b bytes.Buffer
		if err := sheet.WritePairs(&b, rows, "ar"); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	send := func(body []byte) *testkit.Page {
		return r.Upload("/duplicates/sheet", url.Values{"idempotency_key": {testkit.Key()}}, "file", "pairs.xlsx", body)
	}
	send([]byte("no workbook")).Want(422).Check()
	send(book(sheet.PairRow{ID: 1, Version: 1})).Want(422).Check()
	send(book(sheet.PairRow{ID: 1, Version: 1, Decision: "different", Note: "سألتهما"}, sheet.PairRow{ID: 2, Version: 7, Decision: "same"})).Want(303)
	s.View(t, func(tx *store.Tx) error {
		p, err := tx.PairByID(store.Scope{Party: place.Egypt}, 1)
		if err != nil {
			return err
		}
		q, err := tx.PairByID(store.Scope{Party: place.Egypt}, 2)
		if err == nil && (p.State != store.PairDifferent || p.Note != "سألتهما" || q.State != store.PairOpen) {
			t.Errorf("got %+v and %+v", p, q)
		}
		return err
	})
}

// TestPairGroup decides on three registrations of one woman and one of another in one step, and takes it back.
func TestPairGroup(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	var ids []int64
	for i := range 4 {
		ids = append(ids, s.Family(t, i+1, place.Egypt, registry.Submitted))
	}
	s.Update(t, func(tx *store.Tx) error {
		return tx.FindPairs(place.Egypt, []store.DuplicatePair{{A: ids[0], B: ids[1], Probability: .9}, {A: ids[1], B: ids[2], Probability: .95}, {A: ids[2], B: ids[3], Probability: .7}}, testkit.Start)
	})
	r := s.As(t, auth.Reviewer, place.Egypt)
	list := r.Get("/duplicates").Want(200).Check()
	path := "/duplicates/groups/2"
	if !list.Has("4 تسجيلات") && !list.Has("٤ تسجيلات") || !strings.Contains(string(list.Body), path) {
		t.Fatalf("the group is not in the queue: %.900s", list.Text())
	}
	page := r.Get(path).Want(200).Check()
	form := page.Fields(path)
	if len(form["pair"]) != 3 || len(form["same"]) != 4 {
		t.Fatalf("the form of the group: %v", form)
	}
	send := func(v url.Values) *testkit.Page {
		v.Set("idempotency_key", testkit.Key())
		return r.Post(path, v)
	}
	same := []string{itoa(ids[0]), itoa(ids[1]), itoa(ids[2])}
	for _, bad := range []url.Values{
		{"pair": form["pair"]},
		{"pair": form["pair"], "state": {"same"}, "same": same},
		{"pair": form["pair"], "state": {"same"}, "same": same[:1], "keep": same[:1]},
		{"pair": form["pair"], "state": {"same"}, "same": same, "keep": {itoa(ids[3])}},
		{"pair": form["pair"], "state": {"same"}, "same": append(same, "99"), "keep": same[:1]},
		{"pair": form["pair"][:2], "state": {"different"}},
		{"pair": {"2:9", "1:1", "3:1"}, "state": {"different"}},
		{"pair": form["pair"], "state": {"different"}, "note": {strings.Repeat("ن", 501)}},
	} {
		send(bad).Want(422).Check()
	}
	send(url.Values{"pair": {"x"}, "state": {"different"}}).Want(404)
	decided := send(url.Values{"pair": form["pair"], "state": {"same"}, "same": same, "keep": {same[0]}, "note": {"رأيتها"}}).Want(303).Follow().Check()
	if !decided.Has("رأيتها", "التسجيل الذي يبقى") {
		t.Errorf("the decision: %.900s", decided.Text())
	}
	states := func() map[store.PairState]int {
		var out map[store.PairState]int
		s.View(t, func(tx *store.Tx) (err error) {
			out, err = tx.CountPairs(store.Scope{Party: place.Egypt})
			return err
		})
		return out
	}
	if got := states(); got[store.PairSame] != 3 || got[store.PairDifferent] != 1 || got[store.PairOpen] != 0 { // the first and the third are a pair too
		t.Errorf("after the decision: %v", got)
	}
	r.Get(path).Want(404)
	r.Get("/duplicates/decisions").Want(200).Check()
	// all of them in one step, and apart again
	merge, apart := "/duplicates/decisions/1/merge", "/duplicates/decisions/1/unmerge"
	if !strings.Contains(string(decided.Body), merge) {
		t.Errorf("no way to the merge: %.900s", decided.Text())
	}
	together := r.Get(merge).Want(200).Check()
	choice := together.Fields(merge)
	if len(choice["family_version"]) != 3 || !together.Has("ادمج المجموعة") {
		t.Fatalf("the form of the merge: %v", choice)
	}
	post := func(path string, v url.Values, change func(v url.Values)) *testkit.Page {
		v = maps.Clone(v)
		change(v)
		v.Set("idempotency_key", testkit.Key())
		return r.Post(path, v)
	}
	post(merge, choice, func(v url.Values) { v.Set("take.lead.given_name", "7") }).Want(422).Check()
	post(merge, choice, func(v url.Values) { v.Set("take.lead.given_name", "🙂") }).Want(422).Check()
	post(merge, choice, func(v url.Values) { v["family_version"] = []string{"9", "x"} }).Want(422).Check()
	r.Get(apart).Want(200).Check() // nothing to undo, and it says so
	one := post(merge, choice, func(v url.Values) { v.Set("take.lead.given_name", "1") }).Want(303).Follow().Check()
	if !one.Has("صارت التسجيلات تسجيلًا واحدًا") || !strings.Contains(string(one.Body), apart) || strings.Contains(string(one.Body), merge) {
		t.Errorf("after the merge: %.900s", one.Text())
	}
	r.Get(merge).Want(200).Check() // nothing left to merge, and it says so
	back := r.Get(apart).Want(200).Check().Fields(apart)
	post(apart, back, func(v url.Values) { v.Set("version", "1") }).Want(422).Check()
	post(apart, back, func(url.Values) {}).Want(303).Follow().Check()
	if got := s.Load(t, place.Egypt, ids[1]).Status.State; got != registry.Submitted {
		t.Errorf("after the undo: %s", got)
	}
	other := s.As(t, auth.Reviewer, place.Qatar)
	for _, hidden := range []string{path, "/duplicates/decisions/1", merge, apart} {
		other.Get(hidden).Want(404).Check()
	}
	other.Post("/duplicates/decisions/1/undo", url.Values{"version": {"1"}, "idempotency_key": {testkit.Key()}}).Want(404)
	r.Post("/duplicates/decisions/1/undo", url.Values{"version": {"7"}, "idempotency_key": {testkit.Key()}}).Want(303)
	r.Post("/duplicates/decisions/1/undo", url.Values{"version": {"3"}, "idempotency_key": {testkit.Key()}}).Want(303)
	if got := states(); got[store.PairOpen] != 3 || len(got) != 1 {
		t.Errorf("after the undo: %v", got)
	}
	r.Get("/duplicates/decisions/1").Want(200).Check()
	r.Get(path).Want(200).Check()
}
