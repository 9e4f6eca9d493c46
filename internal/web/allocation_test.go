package web_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/planner/model"
	"muntija/internal/planner/verify"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
)

// seasonSite is a site with a season of exhibitions whose calls close in a week.
func seasonSite(t testing.TB, exhibitions, applicants int) (*testkit.Site, int64, []*exhibition.Exhibition) {
	t.Helper()
	s := familySite(t)
	var season *exhibition.Season
	var shows []*exhibition.Exhibition
	s.Update(t, func(tx *store.Tx) (err error) {
		season, shows, err = storetest.FillSeason(tx, s.Clock.Today(), exhibitions, applicants, 1)
		return err
	})
	return s, season.ID, shows
}

// setUp is the form of an allocation of all exhibitions.
func setUp(shows []*exhibition.Exhibition) url.Values {
	form := url.Values{"rule": {"fair"}, "bands": {"٥٠ 70"}, "at_most": {"٢"}, "rest_days": {"3"}, "seconds": {"10"}}
	for _, e := range shows {
		form.Add("exhibitions", fmt.Sprint(e.ID))
	}
	return form
}

// work works the queued jobs off.
func work(t testing.TB, s *testkit.Site) {
	t.Helper()
	var jobs []store.Job
	s.View(t, func(tx *store.Tx) error {
		for _, p := range place.Countries() {
			list, err := tx.ListJobs(p, 20)
			if err != nil {
				return err
			}
			jobs = append(jobs, list...)
		}
		return nil
	})
	for _, j := range jobs {
		if err := s.Jobs.Work(t.Context(), j.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAllocationWalk plays both ministries through the pages of an allocation: set up, solve, look, force, sign, letter, and the draw as the public sees it.
func TestAllocationWalk(t *testing.T) {
	s, season, shows := seasonSite(t, 2, 60)
	eg := formsAs(t, s, auth.Coordinator, place.Egypt)
	worker, visitor := formsAs(t, s, auth.FieldWorker, place.Egypt), s.Visitor(t)

	// One family of flesh and blood applies among the others.
	mine := s.Family(t, 1, place.Egypt, registry.Approved)
	u := fmt.Sprintf("/exhibitions/%d", shows[0].ID)
	own := idAtEnd(t, worker.Post(u+"/apply", url.Values{"family": {fmt.Sprint(mine)}, "products": {"كليم"}, "sign": {"نسيج"}, "size": {"2x3"}, "people": {"1"}}).Want(303).Header.Get("Location"))
	at := fmt.Sprintf("/participations/%d", own)
	pressOn(t, eg, at, at+"/screen", url.Values{"outcome": {"fit"}}).Want(303)
	worker.Get(at + "/letter").Want(404)

	page := fmt.Sprintf("/seasons/%d/allocations", season)
	if p := eg.Get("/calendar").Want(200); !p.Has("توزيع العارضين") {
		t.Error("the calendar does not lead to the allocations")
	}
	eg.Get(page).Want(200).Check()
	eg.Get("/seasons/999/allocations").Want(404)
	for field, bad := range map[string]string{"rule": "best", "bands": "70 50", "at_most": "0", "rest_days": "999", "exhibitions": "999", "budget_eg": "12.5", "seconds": "-1"} {
		form := setUp(shows)
		form.Set(field, bad)
		if p := eg.Post(page, form); p.Status != 422 || !strings.Contains(string(p.Body), bad) && field != "exhibitions" && field != "rule" {
			t.Errorf("%s = %s: %d", field, bad, p.Status)
		}
	}
	// A quota over several exhibitions ticks them by name; one that was not chosen is named beside the boxes, and the ticks are kept.
	ticked := setUp(shows[:1])
	ticked["quotas[0].line"], ticked["quotas[0].min"], ticked["quotas[0].where"] = []string{"women"}, []string{"1"}, []string{fmt.Sprint(shows[0].ID), fmt.Sprint(shows[1].ID)}
	if p := eg.Post(page, ticked).Want(422).Check(); !p.Has("ليس بين المعارض المختارة", shows[1].Terms.Name) || strings.Count(string(p.Body), `name="quotas[0].where" value="`+fmt.Sprint(shows[1].ID)+`" checked`) != 1 {
		t.Error("an exhibition that was not chosen is not named, or its tick is lost")
	}
	for _, bad := range []url.Values{{"quotas[0].min": {"NaN"}}, {"quotas[0].min": {"1000000000"}}, {"quotas[0].min": {"9"}, "quotas[0].max": {"3"}}, {"quotas[0].where": {"999"}}, {"quotas[0].where": {"-1", "x"}}, {"quotas[0].line": {"planet:EG"}}, {"metres[0].exhibition": {"999"}, "metres[0].metres": {"50"}},
		{"quotas[1].line": {"women"}, "quotas[1].max": {"9"}}, {"seconds": {"0"}}, {"seconds": {"1000000000"}}, {"at_most": {"NaN"}}} {
		form := setUp(shows)
		form["quotas[0].line"], form["quotas[0].min"] = []string{"women"}, []string{"1"}
		for k, v := range bad {
			form[k] = v
		}
		if p := eg.Post(page, form); p.Status != 422 || !strings.Contains(string(p.Body), `aria-invalid="true"`) && !strings.Contains(string(p.Body), "field-problem") {
			t.Errorf("%v: %d", bad, p.Status)
		}
	}
	for _, h := range hostile {
		for field := range setUp(shows) {
			form := setUp(shows)
			form.Set(field, h)
			if p := eg.Post(page, form); p.Status != 422 {
				t.Errorf("%s = %.20q: %d", field, h, p.Status)
			}
		}
	}
	a := eg.Post(page, setUp(shows)).Want(303).Header.Get("Location")
	eg.Get(a).Want(200).Check()
	id := idAtEnd(t, a)
	draw := fmt.Sprintf("/draws/%d", id)
	if p := visitor.Get(draw).Want(200).Check(); !p.Has("سرية حتى إغلاق باب التقديم") {
		t.Error("the public page does not say that the seed is secret")
	}
	visitor.Get(draw + "/file.json").Want(404)
	eg.Post(a+"/runs", url.Values{"kind": {"plan"}}).Want(409)

	s.Clock.Advance(9 * 24 * time.Hour)
	qa := formsAs(t, s, auth.Coordinator, place.Qatar)
	eg, worker = formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.FieldWorker, place.Egypt)
	run := eg.Post(a+"/runs", url.Values{"kind": {"plan"}}).Want(303).Header.Get("Location")
	eg.Get(run).Want(200).Check()
	eg.Post(a+"/runs", url.Values{"kind": {"plan"}}).Want(409)
	work(t, s)
	if p := qa.Get(run).Want(200).Check(); !p.Has("الأفضل مثبت", "سليم") {
		t.Error("the result does not say that it is proven and checked")
	}
	eg.Get(run + "/list?state=waiting").Want(200).Check()
	for _, h := range hostile {
		if len(h) > 1000 { // more than an address may be long
			continue
		}
		if p := eg.Get(run + "/list?" + url.Values{"state": {h}, "area": {h}, "craft": {h}, "page": {h}, "exhibition": {h}}.Encode()); p.Status != 200 {
			t.Errorf("the list asked with %.20q: %d", h, p.Status)
		}
		if p := visitor.Get(draw + "?" + url.Values{"find": {h}, "page": {h}}.Encode()); p.Status != 200 {
			t.Errorf("the draw asked with %.20q: %d", h, p.Status)
		}
		if p := eg.Post(a+"/runs", url.Values{"kind": {"what_if"}, "more": {h}, "exhibition": {h}, "drop": {h}}); p.Status != 422 && p.Status != 303 {
			t.Errorf("a what-if of %.20q: %d", h, p.Status)
		}
		work(t, s)
	}
	file := eg.Get(run + "/list.xlsx").Want(200)
	if !strings.HasPrefix(string(file.Body), "PK") {
		t.Error("the workbook is none")
	}

	// Nothing of who waits reaches the other party.
	var waits, theirs *exhibition.Participation
	for _, p := range applicants(t, s, shows) {
		switch {
		case p.Traits.Party == place.Egypt && !strings.Contains(string(qa.Get(run+"/list").Body), p.Name+"<"):
			waits = &p
		case p.Traits.Party == place.Qatar:
			theirs = &p
		}
	}
	if waits == nil || theirs == nil {
		t.Fatal("everybody has a place: the test tests nothing")
	}
	qa.Get(fmt.Sprintf("%s/force/%d", run, waits.ID)).Want(404)
	force := fmt.Sprintf("%s/force/%d", run, waits.ID)
	eg.Get(force).Want(200).Check()
	eg.Post(force, url.Values{"way": {"0"}}).Want(422)
	eg.Post(force, url.Values{"way": {"99999999999"}, "text": {"سبب"}}).Want(409)
	over := eg.Post(force, url.Values{"way": {"0"}, "text": {"تكريم"}}).Want(303).Header.Get("Location")
	qa.Get(over).Want(200).Check()
	eg.Get(run + "/compare?with=" + fmt.Sprint(idAtEnd(t, over))).Want(200).Check()
	eg.Get(run + "/compare?with=x").Want(404)

	pressOn(t, eg, run, run+"/sign", nil).Want(303)
	pressOn(t, eg, run, run+"/unsign", nil).Want(303)
	pressOn(t, eg, run, run+"/sign", nil).Want(303)
	pressOn(t, qa, run, run+"/sign", nil).Want(303)
	eg.Get(a).Want(200).Check()

	// The letter is for who speaks with the family, in both languages.
	for _, lang := range []string{"ar", "en"} {
		worker.Get(at + "/letter?lang=" + lang).Want(200).Check()
	}
	if p := worker.Get(at + "/letter?lang=en").Want(200); !p.Has("How to appeal") {
		t.Error("the English letter is not English")
	}
	worker.Get(fmt.Sprintf("/participations/%d/letter", waits.ID)).Want(404)

	// All letters in one go: the coordinator's of the own party only, the worker's of the families it entered.
	eg.Get(a + "/letters?outcome=waiting").Want(200).Check()
	if p := eg.Get(a + "/letters/print?part=1").Want(200); !p.Has(waits.Name) || p.Has(theirs.Name) {
		t.Error("the letters of the coordinator are not those of the own party")
	}
	if p := eg.Get(a + "/letters/print?lang=en").Want(200); !p.Has("How to appeal") || p.Has("طريقة الاعتراض") {
		t.Error("the English letters are not English")
	}
	if p := qa.Get(a + "/letters/print").Want(200); p.Has(waits.Name) || !p.Has(theirs.Name) {
		t.Error("the other party prints letters to people that are not its own")
	}
	if p := worker.Get(a + "/letters/print").Want(200).Check(); strings.Count(string(p.Body), "<article") != 1 {
		t.Error("the worker prints letters of families that somebody else entered")
	}
	for query, status := range map[string]int{"part=2": 404, "part=0": 404, "part=x": 404, "area=EG-XX": 404, "outcome=best&exhibition=x": 200} {
		eg.Get(a + "/letters/print?" + query).Want(status)
	}
	eg.Get(a + "/letters?area=EG-XX&exhibition=99").Want(200).Check()
	visitor.Get(a + "/letters").Want(303)
	qa.Get(at + "/letter").Want(404)
	if p := worker.Get(fmt.Sprintf("/families/%d", mine)).Want(200); !p.Has("الخطاب") {
		t.Error("the family's page does not lead to its letter")
	}
	worker.Get(at).Want(200).Check()

	// The public finds everything that decides, and no name.
	public := visitor.Get(draw).Want(200).Check()
	for _, p := range applicants(t, s, shows) {
		if strings.Contains(string(public.Body), p.Name) {
			t.Fatalf("the public page names %s", p.Name)
		}
	}
	text := visitor.Get(draw + "/file.json").Want(200).Body
	if !json.Valid(text) || strings.Contains(string(text), "مشغل") || strings.Contains(string(text), "women") {
		t.Error("the public file is no JSON, names people or says who counts to which group")
	}
	f, err := model.ReadPlan(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := model.Decode(f.Problem)
	if err != nil {
		t.Fatal(err)
	}
	pl, err := f.For(p)
	if err != nil {
		t.Fatal(err)
	}
	if found := verify.Allocation(p, pl); len(found) > 0 {
		t.Errorf("the public file does not pass: %v", found)
	}
	visitor.Get("/draws").Want(200).Check()
	visitor.Get("/draws/999").Want(404)
}

// TestListsInPages: every applicant of a large exhibition and every exhibitor is on one page of its list, whatever page is asked for, and no page is heavy.
func TestListsInPages(t *testing.T) {
	s, _, shows := seasonSite(t, 1, 400)
	eg := formsAs(t, s, auth.Coordinator, place.Egypt)
	want := map[string]int{fmt.Sprintf("/exhibitions/%d/applications", shows[0].ID): 0, "/exhibitors": 0}
	for _, p := range applicants(t, s, shows) {
		if p.Traits.Party == place.Egypt {
			for at := range want {
				want[at]++
			}
		}
	}
	link := regexp.MustCompile(`href="(/(?:participations|exhibitors)/\d+)"`)
	for at, n := range want {
		if n < 200 {
			t.Fatalf("%d applicants: the test tests nothing", n)
		}
		seen := map[string]bool{}
		for page := 1; page <= (n+49)/50; page++ {
			p := eg.Get(fmt.Sprintf("%s?page=%d", at, page)).Want(200).Check()
			if len(p.Body) >= 60<<10 {
				t.Errorf("%s, page %d: %d bytes", at, page, len(p.Body))
			}
			for _, m := range link.FindAllStringSubmatch(string(p.Body), -1) {
				seen[m[1]] = true
			}
		}
		if len(seen) != n {
			t.Errorf("%s: %d of %d are on a page", at, len(seen), n)
		}
		for _, odd := range []string{"0", "-1", "99999", "x", "99999999999999999999", "%D9%A2", ""} {
			if p := eg.Get(at + "?page=" + odd).Want(200); !link.Match(p.Body) {
				t.Errorf("%s?page=%s is empty", at, odd)
			}
		}
	}
}

// applicants are all participations of exhibitions.
func applicants(t testing.TB, s *testkit.Site, shows []*exhibition.Exhibition) []exhibition.Participation {
	t.Helper()
	var out []exhibition.Participation
	s.View(t, func(tx *store.Tx) error {
		for _, e := range shows {
			list, err := tx.Participations(e.ID, store.ParticipationQuery{})
			if err != nil {
				return err
			}
			out = append(out, list...)
		}
		return nil
	})
	return out
}
