package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// showForm is the form of a joint exhibition of both parties in Cairo.
func showForm(first calendar.Date, places string) url.Values {
	return url.Values{"name": {"بيت العرب"}, "parties": {"EG", "QA"}, "host": {"EG"}, "city": {"القاهرة"}, "venue": {"أرض المعارض"}, "first": {first.String()}, "last": {first.AddDays(6).String()},
		"series": {"بيت العرب"}, "capacity": {places}, "daily_from": {"١٠:٠٠"}, "daily_to": {"22:00"}, "friday_from": {"11:30"}, "friday_to": {"13:00"}, "ramadan_from": {"20:00"}, "ramadan_to": {"03:00"},
		"quotas[0].line": {"party:QA"}, "quotas[0].max": {places}, "fees[0].party": {"EG"}, "fees[0].kind": {"share"}, "fees[0].percent": {"10"}, "fees[1].party": {"QA"}, "documents": {"id_card"}}
}

// formBrowser is a browser whose forms carry a fresh idempotency key each, as drawn pages do.
type formBrowser struct{ *testkit.Browser }

// Post sends a form with a key.
func (k formBrowser) Post(path string, form url.Values) *testkit.Page {
	whole := url.Values{"idempotency_key": {testkit.Key()}}
	for name, v := range form {
		whole[name] = v
	}
	return k.Browser.Post(path, whole)
}

func formsAs(t testing.TB, s *testkit.Site, role auth.Role, party place.Country) formBrowser {
	t.Helper()
	return formBrowser{s.As(t, role, party)}
}

// versionIn reads the version that a form of a page carries.
func versionIn(t testing.TB, p *testkit.Page, action string) string {
	t.Helper()
	v := p.Fields(action).Get("version")
	if v == "" {
		t.Fatalf("%s has no form for %s with a version", p.Path, action)
	}
	return v
}

func idAtEnd(t testing.TB, location string) int64 {
	t.Helper()
	m := regexp.MustCompile(`/(\d+)$`).FindStringSubmatch(location)
	if m == nil {
		t.Fatalf("no number at the end of %q", location)
	}
	id, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// pressOn sends the form of a page for an action, as drawn, with more values.
func pressOn(t testing.TB, b formBrowser, page, action string, more url.Values) *testkit.Page {
	t.Helper()
	form := b.Get(page).Want(200).Fields(action)
	if len(form) == 0 {
		t.Fatalf("%s has no form for %s", page, action)
	}
	for k, v := range more {
		form[k] = v
	}
	return b.Post(action, form)
}

// agreed makes an exhibition that both parties agreed on, and returns its id.
func agreed(t testing.TB, s *testkit.Site, first calendar.Date, places string) int64 {
	t.Helper()
	eg, qa := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Coordinator, place.Qatar)
	id := idAtEnd(t, eg.Post("/exhibitions", showForm(first, places)).Want(303).Header.Get("Location"))
	u := fmt.Sprintf("/exhibitions/%d", id)
	qa.Get(u).Want(404)
	pressOn(t, eg, u, u+"/submit", nil).Want(303)
	pressOn(t, qa, u, u+"/agree", nil).Want(303)
	return id
}

// TestExhibitionWalk plays both ministries through the pages: propose, meet, agree, call, apply, screen, invite, accept, badge, check in, sell, report, close.
func TestExhibitionWalk(t *testing.T) {
	s := familySite(t)
	today := s.Clock.Today()
	eg, qa := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Coordinator, place.Qatar)
	worker := formsAs(t, s, auth.FieldWorker, place.Egypt)
	mine := s.Family(t, 1, place.Egypt, registry.Approved)
	theirs := s.Family(t, 3, place.Qatar, registry.Approved)
	id := agreed(t, s, today.AddDays(20), "2")
	u := fmt.Sprintf("/exhibitions/%d", id)
	eg.Get(u).Want(200).Check()
	if !eg.Get(u).Has("متفق عليه") {
		t.Fatal("both keys are turned and the page does not say so")
	}

	// A change waits for the other party, is refused, asked again, agreed.
	longer := showForm(today.AddDays(20), "3")
	longer.Set("version", versionIn(t, eg.Get(u+"/edit"), u+"/edit"))
	longer.Set("reason", "إقبال كبير")
	eg.Post(u+"/edit", longer).Want(303)
	page := qa.Get(u).Want(200).Check()
	if !page.Has("إقبال كبير", "تغيير ينتظر") {
		t.Error("the other party does not see the change that waits")
	}
	if p := pressOn(t, eg, u, u+"/comments", url.Values{"text": {"نرجو الرد"}}); p.Status != 303 {
		t.Errorf("a comment: %d", p.Status)
	}
	pressOn(t, qa, u, u+"/refuse", url.Values{"text": {"القاعة لا تتسع"}}).Want(303)
	longer.Set("version", versionIn(t, eg.Get(u+"/edit"), u+"/edit"))
	eg.Post(u+"/edit", longer).Want(303)
	pressOn(t, qa, u, u+"/agree", nil).Want(303)

	// Minutes with an action for the other ministry.
	owner := strconv.FormatInt(testkit.Actor(auth.Coordinator, place.Qatar).UserID, 10)
	minutes := eg.Post("/meetings", url.Values{"title": {"تنسيق المعرض"}, "day": {today.String()}, "exhibitions": {strconv.FormatInt(id, 10)}, "attendees[0].name": {"سلوى"}, "attendees[0].party": {"EG"},
		"decisions": {"القاعة ثلاثة"}, "actions[0].text": {"إرسال قائمة العارضين"}, "actions[0].owner": {owner}, "actions[0].due": {today.AddDays(5).String()}}).Want(303).Header.Get("Location")
	qa.Get(minutes).Want(200).Check()
	if !qa.Get("/").Has("إرسال قائمة العارضين") || eg.Get("/").Has("إرسال قائمة العارضين") {
		t.Error("the action stands in the wrong person's work")
	}
	pressOn(t, qa, minutes, minutes+"/actions/1", nil).Want(303)
	if qa.Get("/").Has("إرسال قائمة العارضين") {
		t.Error("a done action still waits")
	}

	// Calls, an application typed by a worker, one by the family behind a link.
	for _, b := range []formBrowser{eg, qa} {
		pressOn(t, b, u+"/call", u+"/call", url.Values{"opens": {today.String()}, "closes": {today.AddDays(10).String()}}).Want(303)
	}
	apply := url.Values{"products": {"كليم يدوي"}, "sign": {"نسيج أخميم"}, "size": {"2x3"}, "people": {"2"}, "needs": {"power"}}
	bad := url.Values{"family": {strconv.FormatInt(mine, 10)}, "sign": {strings.Repeat("ط", 60)}}
	if p := worker.Post(u+"/apply", bad); p.Status != 422 || !strings.Contains(string(p.Body), "ططططط") {
		t.Errorf("a bad application: %d, want 422 with what was typed", p.Status)
	}
	apply.Set("family", strconv.FormatInt(theirs, 10))
	worker.Post(u+"/apply", apply).Want(404)
	apply.Set("family", strconv.FormatInt(mine, 10))
	mineAt := worker.Post(u+"/apply", apply).Want(303).Header.Get("Location")
	if p := worker.Post(u+"/apply", apply); p.Status != 409 {
		t.Errorf("applying twice: %d, want 409", p.Status)
	}
	worker.Get(mineAt).Want(200).Check()
	link := formsAs(t, s, auth.FieldWorker, place.Qatar).Post(u+"/links", url.Values{"family": {strconv.FormatInt(theirs, 10)}}).Want(200)
	path := regexp.MustCompile(`/apply/[\w-]+`).FindString(string(link.Body))
	guest := formBrowser{s.Visitor(t)}
	guest.Get(path).Want(200).Check()
	own := url.Values{"products": {"سدو"}, "sign": {"سدو الدوحة"}, "size": {"2x2"}, "people": {"1"}}
	if p := guest.Post(path, own); p.Status != 422 || !strings.Contains(string(p.Body), "سدو الدوحة") {
		t.Errorf("without reading the rules: %d, want 422 with what was typed", p.Status)
	}
	own.Set("agree", "yes")
	guest.Post(path, own).Want(303)
	if !guest.Get(path).Has("وصل طلبكم") {
		t.Error("the family is not told that its application arrived")
	}

	// Screening, invitation, answers.
	pressOn(t, eg, mineAt, mineAt+"/screen", url.Values{"outcome": {"refuse"}}).Want(422)
	pressOn(t, eg, mineAt, mineAt+"/screen", url.Values{"outcome": {"fit"}}).Want(303)
	eg.Get(u + "/applications").Want(200).Check()
	pressOn(t, eg, mineAt, mineAt+"/invite", url.Values{"deadline": {today.AddDays(7).String()}}).Want(303)
	pressOn(t, worker, mineAt, mineAt+"/answer", url.Values{"answer": {"accept"}}).Want(303)
	qaPage := qa.Get(u + "/applications").Want(200)
	theirsAt := regexp.MustCompile(`/participations/\d+`).FindString(string(qaPage.Body))
	pressOn(t, qa, theirsAt, theirsAt+"/screen", url.Values{"outcome": {"fit"}}).Want(303)
	qa.Post(u+"/invite", url.Values{"deadline": {today.AddDays(7).String()}}).Want(303)
	shown := pressOn(t, qa, theirsAt, theirsAt+"/link", nil).Want(200)
	answer := regexp.MustCompile(`/answer/[\w-]+`).FindString(string(shown.Body))
	guest.Get(answer).Want(200).Check()
	guest.Post(answer, url.Values{"answer": {"accept"}}).Want(303)
	if !guest.Get(answer).Has("مكانكم محجوز") {
		t.Error("the family is not told that its place is kept")
	}
	eg.Get(theirsAt).Want(404)

	// What the other country sees of the roster: name, craft, products, sign.
	roster := eg.Get(u + "/roster").Want(200).Check()
	if !roster.Has("سدو الدوحة", "نسيج أخميم") {
		t.Error("the roster of an agreed exhibition lacks an exhibitor")
	}
	qatari := s.Load(t, place.Qatar, theirs)
	for _, secret := range []string{qatari.Record.Lead.IDNumber, qatari.Record.Lead.Phones[0].Number, "/families/" + strconv.FormatInt(theirs, 10),
		qatari.Record.Formal[0].Number, qatari.Record.Lead.BirthDate.String(), qatari.Record.Project.Capacity} {
		if secret != "" && strings.Contains(string(roster.Body)+string(eg.Get(u+"/floor").Body)+string(eg.Get(u+"/roster.csv").Body), secret) {
			t.Errorf("the other country sees %q", secret)
		}
	}

	// The floor: badges, check-in, sales in the host's currency.
	badges := eg.Get(u + "/badges").Want(200).Check()
	code := regexp.MustCompile(`\d+-\d\d`).FindString(badges.Text())
	eg.Get(mineAt).Want(200)
	packed := pressOn(t, eg, mineAt, mineAt+"/packing", url.Values{"item": {"كليم"}, "hs_code": {"5702.10"}, "quantity": {"١٢"}, "value": {"850"}, "weight": {"2.5"}, "purpose": {"display"}})
	packed.Want(303)
	if p := eg.Get(u + "/packing.csv").Want(200); !strings.Contains(string(p.Body), "570210,") || !strings.Contains(string(p.Body), "10200,EGP") {
		t.Errorf("the packing list: %s", p.Body)
	}
	if p := eg.Post(u+"/checkin", url.Values{"code": {code}}); p.Status != 409 {
		t.Errorf("check-in before the first day: %d, want 409", p.Status)
	}
	s.Clock.Advance(21 * 24 * time.Hour)
	eg, qa, worker = formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Coordinator, place.Qatar), formsAs(t, s, auth.FieldWorker, place.Egypt)
	if p := eg.Post(u+"/checkin", url.Values{"code": {code}}).Want(200).Check(); !p.Has("سُجِّل الحضور") {
		t.Error("check-in says nothing")
	}
	if p := eg.Post(u+"/checkin", url.Values{"code": {code}}).Want(200); !p.Has("سُجِّل حضوره اليوم من قبل") {
		t.Error("a second check-in is not told apart")
	}
	eg.Post(u+"/checkin", url.Values{"code": {"12-99"}}).Want(409)
	day := today.AddDays(21).String()
	if p := worker.Post(mineAt+"/sales", url.Values{"day": {day}, "amount": {"1250"}, "currency": {"QAR"}, "version": {"0"}}); p.Status != 422 || !p.Has("بعملة البلد المضيف") {
		t.Errorf("sales in the other's money: %d", p.Status)
	}
	worker.Post(mineAt+"/sales", url.Values{"day": {day}, "amount": {"١٬٢٥٠"}, "version": {"0"}}).Want(303)
	if p := worker.Post(mineAt+"/sales", url.Values{"day": {day}, "amount": {"5"}, "version": {"0"}}); p.Status != 409 {
		t.Errorf("a sum over another's: %d, want 409", p.Status)
	}
	eg.Post(u+"/incidents", url.Values{"kind": {"safety"}, "text": {"سلك مكشوف"}}).Want(303)
	eg.Get(u + "/floor").Want(200).Check()
	if qa.Get(u+"/floor").Has("سلك مكشوف") || qa.Get(u+"/floor").Has("1,250") {
		t.Error("the other country sees incidents or sums")
	}

	// One withdraws: its sales stay.
	pressOn(t, eg, mineAt, mineAt+"/withdraw", url.Values{"text": {"ظرف عائلي"}}).Want(303)
	report := eg.Get(u + "/report").Want(200).Check()
	if !report.Has("1,250") {
		t.Error("the sales of a withdrawn exhibitor are gone from the report")
	}
	eg.Post(mineAt+"/evaluation", url.Values{"quality": {"4"}, "again": {"yes"}, "version": {"0"}}).Want(303)
	s.Clock.Advance(8 * 24 * time.Hour)
	eg = formsAs(t, s, auth.Coordinator, place.Egypt)
	pressOn(t, eg, u, u+"/close", url.Values{"text": {"معرض ناجح"}}).Want(303)
	eg.Post(mineAt+"/sales", url.Values{"day": {day}, "amount": {"9"}, "version": {"1"}}).Want(409)
	for _, p := range []string{"/exhibitions", "/calendar", "/calendar?view=timeline", "/holidays", "/exhibitors", "/meetings", "/meetings/new", "/exhibitions/new", u + "/packing", "/exhibitors/new"} {
		eg.Get(p).Want(200).Check()
	}
}

// TestCallClosesUnderTheForm: the application typed while the call closed is refused with a message, and what was typed stands on the page.
func TestCallClosesUnderTheForm(t *testing.T) {
	s := familySite(t)
	id := agreed(t, s, s.Clock.Today().AddDays(30), "5")
	u := fmt.Sprintf("/exhibitions/%d", id)
	eg, worker := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.FieldWorker, place.Egypt)
	family := s.Family(t, 1, place.Egypt, registry.Approved)
	pressOn(t, eg, u+"/call", u+"/call", url.Values{"opens": {s.Clock.Today().String()}, "closes": {s.Clock.Today().AddDays(9).String()}}).Want(303)
	worker.Get(u + "/apply").Want(200).Check()
	pressOn(t, eg, u, u+"/call/close", nil).Want(303)
	p := worker.Post(u+"/apply", url.Values{"family": {strconv.FormatInt(family, 10)}, "products": {"كتبته طويلًا"}, "sign": {"لافتة"}, "size": {"2x2"}, "people": {"1"}})
	if p.Status != 409 || !p.Has("أُغلق باب التقديم", "كتبته طويلًا") {
		t.Errorf("got %d, want 409 that says the call is closed and keeps what was typed", p.Status)
	}
}

// TestLastPlaceByManyClients: 64 phones accept at once where two places are left. Two hold a place, the others are told that they wait, nobody gets an error.
func TestLastPlaceByManyClients(t *testing.T) {
	s := familySite(t)
	const clients = 64
	id := agreed(t, s, s.Clock.Today().AddDays(30), "2")
	paths := make([]string, clients)
	s.Update(t, func(tx *store.Tx) error {
		e, err := tx.ExhibitionByID(place.Egypt, id)
		if err != nil {
			return err
		}
		for i := range paths {
			x := &exhibition.Exhibitor{Party: place.Egypt, Kind: exhibition.Association, Name: fmt.Sprintf("جمعية %d", i), Area: "EG-C", Craft: "TX"}
			if err := tx.InsertExhibitor(x); err != nil {
				return err
			}
			p := &exhibition.Participation{ExhibitionID: e.ID, ExhibitorID: x.ID, State: exhibition.Invited, Traits: x.Traits(true), Name: x.Name, Deadline: s.Clock.Now().Add(48 * time.Hour), Application: exhibition.Application{People: 1}}
			if err := tx.InsertParticipation(p); err != nil {
				return err
			}
			token, hash := auth.NewToken()
			paths[i] = "/answer/" + token
			if err := tx.InsertExhibitionLink(&store.ExhibitionLink{Hash: hash, Kind: "answer", Party: place.Egypt, Participation: p.ID, CreatedAt: s.Clock.Now(), ExpiresAt: p.Deadline}); err != nil {
				return err
			}
		}
		return nil
	})
	browsers := make([]formBrowser, clients)
	for i := range browsers {
		browsers[i] = formBrowser{s.Visitor(t)}
		browsers[i].Get(paths[i]).Want(200)
	}
	var wg sync.WaitGroup
	var held, waits atomic.Int64
	for i, b := range browsers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if p := b.Post(paths[i], url.Values{"answer": {"accept"}}); p.Status != 303 {
				t.Errorf("client %d: %d", i, p.Status)
				return
			}
			switch p := b.Get(paths[i]); {
			case p.Has("مكانكم محجوز"):
				held.Add(1)
			case p.Has("قائمة الانتظار"):
				waits.Add(1)
			}
		}()
	}
	wg.Wait()
	if held.Load() != 2 || waits.Load() != clients-2 {
		t.Errorf("got %d held and %d waiting, want 2 and %d", held.Load(), waits.Load(), clients-2)
	}
}

// TestCalendarFeed: a secret address gives the calendar until it is revoked, and nothing of the other party's drafts.
func TestCalendarFeed(t *testing.T) {
	s := familySite(t)
	first := s.Clock.Today().AddDays(40)
	agreed(t, s, first, "5")
	eg := formsAs(t, s, auth.Coordinator, place.Egypt)
	alone := showForm(first, "4")
	alone.Set("name", "معرض سري")
	eg.Post("/exhibitions", alone).Want(303)
	feedOf := func(b formBrowser) string {
		p := b.Post("/calendar/feed", nil).Want(200)
		return regexp.MustCompile(`/feeds/[\w-]+`).FindString(string(p.Body))
	}
	qa := formsAs(t, s, auth.Coordinator, place.Qatar)
	path, own := feedOf(qa), feedOf(eg)
	p := s.Visitor(t).Get(path)
	if p.Status != http.StatusOK || !strings.Contains(string(p.Body), "SUMMARY:بيت العرب") || strings.Contains(string(p.Body), "معرض سري") {
		t.Errorf("the feed: %d %s", p.Status, p.Body)
	}
	if p := s.Visitor(t).Get(own); !strings.Contains(string(p.Body), "معرض سري") || !strings.Contains(string(p.Body), "STATUS:TENTATIVE") {
		t.Error("the own draft is not in the own feed")
	}
	qa.Post("/calendar/feed/revoke", nil).Want(303)
	s.Visitor(t).Get(path).Want(404)
}
