package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/testkit"
)

func schemeValues(s *testkit.Site) url.Values {
	today := s.Clock.Today()
	return url.Values{"name": {"حقيبة أدوات"}, "name_en": {"Tool kit"}, "budget": {"٧٠٠"}, "first": {today.String()}, "last": {today.AddDays(60).String()}, "once": {"yes"}, "order": {"need"},
		"offers[0].kind": {"tool_kit"}, "offers[0].name": {"ماكينة <b>خياطة</b>"}, "offers[0].cost": {"300"}, "offers[0].each": {"1"}}
}

// TestSchemePages goes the way of a scheme: made, given a rule, published by another, applied for, counted, approved, delivered with a picture.
func TestSchemePages(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	family := s.Family(t, 1, place.Egypt, registry.Approved)
	coordinator, admin := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Administrator, place.Egypt)
	worker, reviewer := formsAs(t, s, auth.FieldWorker, place.Egypt), formsAs(t, s, auth.Reviewer, place.Egypt)
	coordinator.Get("/schemes").Want(200).Check()
	coordinator.Get("/schemes/new").Want(200).Check()
	bad := schemeValues(s)
	bad.Set("budget", "100")
	bad.Set("last", "1999-01-01")
	bad.Set("offers[1].kind", "certificate")
	page := coordinator.Post("/schemes", bad).Want(422).Check()
	if page.Fields("/schemes").Get("offers[0].name") != bad.Get("offers[0].name") {
		t.Error("what was typed is lost")
	}
	coordinator.Post("/schemes", schemeValues(s)).Want(303)
	const at = "/schemes/1"
	draft := coordinator.Get(at).Want(200).Check()
	if !strings.Contains(string(draft.Body), "ماكينة &lt;b&gt;خياطة&lt;/b&gt;") {
		t.Error("what was typed is not shown as text")
	}
	worker.Get(at).Want(404)
	formsAs(t, s, auth.Coordinator, place.Qatar).Get(at).Want(404)
	// The editor of criteria, on a scheme.
	rule := at + "/criteria/2/edit"
	form := coordinator.Get(rule).Want(200).Check().Forms()[rule]
	for k, v := range map[string]string{"rule.title.ar": "في مرحلة العمل", "rule.code": "stage", "rule.mode": "text", "rule.condition": "stage in ['operating', 'growing', 'idea']", "rule.weight": "hard"} {
		form.Set(k, v)
	}
	form.Del("_keep")
	form.Del("_new")
	for k := range form {
		if strings.HasPrefix(k, "_") || strings.HasPrefix(k, "clause.") {
			form.Del(k)
		}
	}
	coordinator.Post(rule, form).Want(303)
	coordinator.Post(at+"/check", url.Values{"expr": {"rule.condition"}, "rule.condition": {"nothing > 3"}}).Want(200)
	if !coordinator.Get(at).Want(200).Check().Has("في مرحلة العمل") {
		t.Error("the rule does not stand on the page")
	}
	coordinator.Post(at+"/publish", url.Values{"version": {"2"}}).Want(403)
	pressOn(t, admin, at, at+"/publish", nil).Want(303)
	worker.Get(at).Want(200).Check()
	coordinator.Get(at + "/edit").Want(409)

	apply := at2(family, "grants")
	page = worker.Get(apply).Want(200).Check()
	if !page.Has("حقيبة أدوات") {
		t.Errorf("the family's page does not offer it: %.300s", page.Text())
	}
	worker.Post(apply, url.Values{"offer": {"x/y"}, "quantity": {"1"}}).Want(422).Check()
	worker.Post(apply, url.Values{"offer": {"1/77"}, "quantity": {"1"}}).Want(409).Check()
	worker.Post(apply, url.Values{"offer": {"1/1"}, "quantity": {"9"}}).Want(422).Check()
	worker.Post(apply, url.Values{"offer": {"1/1"}, "quantity": {"1"}, "note": {"تحتاجها"}}).Want(303)
	worker.Post(apply, url.Values{"offer": {"1/1"}, "quantity": {"1"}}).Want(409).Check()
	for _, b := range []formBrowser{worker, reviewer, coordinator, admin, formsAs(t, s, auth.Analyst, place.Egypt)} {
		for _, path := range []string{"/schemes", at, "/grants", "/grants?state=proposed&scheme=1", "/grants/1", at2(family, "grants"), at2(family, "schemes/1"), at2(family, ""), "/"} {
			b.Get(path).Want(200).Check()
		}
	}
	reviewer.Get("/grants?scheme=99").Want(404)
	reviewer.Get("/grants?after=-4").Want(404)
	// The count runs as a job; its page says that it waits.
	pressOn(t, coordinator, at, at+"/count", url.Values{"offer": {"1"}}).Want(303)
	coordinator.Get(at).Want(200).Check()
	// It asks again for that part alone: a whole page in its place would never show the answer.
	coordinator.Header.Set("HX-Request", "true")
	part := coordinator.Get(at).Want(200)
	coordinator.Header.Del("HX-Request")
	if text := string(part.Body); strings.Contains(text, "<html") || !strings.HasPrefix(strings.TrimSpace(text), `<div class="card-body" id="scheme-count" data-poll="`+at+`"`) {
		t.Errorf("the part that is asked for: got %.300s", text)
	}
	coordinator.Post(at+"/count", url.Values{"offer": {"77"}}).Want(404)

	reviewer.Post("/grants/1/decide", url.Values{"version": {"1"}, "text": {""}}).Want(422).Check()
	pressOn(t, reviewer, "/grants/1", "/grants/1/decide", url.Values{"approve": {"yes"}}).Want(303)
	deliver := url.Values{"idempotency_key": {testkit.Key()}, "version": {"2"}, "on": {s.Clock.Today().String()}, "quantity": {"1"}, "receiver": {"مستلمة-الحافز"}, "proof": {"photo"}}
	worker.Upload("/grants/1/deliver", deliver, "file", "x.txt", []byte("not a picture")).Want(415).Check()
	worker.Upload("/grants/1/deliver", url.Values{"version": {"2"}, "on": {"2999-01-01"}, "quantity": {"1"}, "receiver": {"مستلمة-الحافز"}, "proof": {"photo"}}, "file", "x.png", testkit.PNG(40, 40)).Want(422).Check()
	worker.Upload("/grants/1/deliver", deliver, "file", "x.png", testkit.PNG(40, 40)).Want(303)
	page = worker.Get("/grants/1").Want(200).Check()
	if !page.Has("مستلمة-الحافز") {
		t.Error("who received it is not shown")
	}
	if formsAs(t, s, auth.Coordinator, place.Egypt).Get("/grants/1").Has("مستلمة-الحافز") {
		t.Error("a coordinator sees who received it")
	}
	reviewer.Post("/grants/1/withdraw", url.Values{"version": {"3"}, "text": {"x"}}).Want(409).Check()
	pressOn(t, coordinator, at, at+"/close", url.Values{"text": {"انتهى"}}).Want(303)
	coordinator.Get(at).Want(200).Check()
	pressOn(t, coordinator, at, at+"/successor", nil).Want(303)
	coordinator.Get("/schemes/2").Want(200).Check()
	coordinator.Get("/schemes/2/edit").Want(200).Check()
	pressOn(t, coordinator, "/schemes/2", "/schemes/2/delete", nil).Want(303)
	coordinator.Get("/schemes/2").Want(404)
}

func at2(id int64, rest string) string {
	if rest == "" {
		return at(id)
	}
	return at(id, "/", rest)
}

// TestDevelopmentPages goes the way of a plan: begun from a template, ticked, measured again, ended.
func TestDevelopmentPages(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	family := s.Family(t, 1, place.Egypt, registry.Approved)
	worker, coordinator := formsAs(t, s, auth.FieldWorker, place.Egypt), formsAs(t, s, auth.Coordinator, place.Egypt)
	worker.Get("/developments").Want(200).Check()
	fresh, save := at2(family, "developments/new"), at2(family, "developments")
	page := worker.Get(fresh + "?template=PT").Want(200).Check()
	form := page.Fields(save)
	if form.Get("template") != "PT" || form.Get("actions[0].text") == "" {
		t.Fatalf("the template is not in the form: %v", form)
	}
	worker.Post(save, form).Want(422).Check() // no goal, no baseline
	form.Set("goal", "مضاعفة <i>المبيعات</i>")
	form.Set("income", "١٬٥٠٠٫٥٠")
	form.Set("channels", "x")
	again := worker.Post(save, form).Want(422).Check()
	if again.Fields(save).Get("income") != "١٬٥٠٠٫٥٠" {
		t.Error("what was typed is lost")
	}
	form.Set("channels", "2")
	worker.Post(save, form).Want(303)
	const at = "/developments/1"
	page = worker.Get(at).Want(200).Check()
	if !strings.Contains(string(page.Body), "مضاعفة &lt;i&gt;المبيعات&lt;/i&gt;") {
		t.Error("what was typed is not shown as text")
	}
	coordinator.Get(at).Want(200).Check()
	if coordinator.Get(at).Has("1,500.50") {
		t.Error("a coordinator sees the income")
	}
	formsAs(t, s, auth.Administrator, place.Egypt).Get(at).Want(403)
	formsAs(t, s, auth.FieldWorker, place.Qatar).Get(at).Want(404)
	worker.Get(fresh).Want(409)
	for _, path := range []string{at + "/edit", at + "/measure", "/developments?show=late", "/developments?show=due&area=EG-C", at2(family, ""), "/"} {
		worker.Get(path).Want(200).Check()
	}
	worker.Get("/developments?before=-1").Want(404)
	pressOn(t, worker, at, at+"/actions/1", nil).Want(303)
	worker.Post(at+"/actions/1", url.Values{"version": {"1"}, "done": {"yes"}}).Want(409).Check()
	worker.Post(at+"/actions/999", url.Values{"version": {"2"}, "done": {"yes"}}).Want(404)
	s.Clock.Set(s.Clock.Now().AddDate(0, 7, 0))
	worker = formsAs(t, s, auth.FieldWorker, place.Egypt)
	worker.Post(at+"/measure", url.Values{"version": {"2"}, "on": {"1999-01-01"}, "income": {"5"}}).Want(422).Check()
	pressOn(t, worker, at+"/measure", at+"/measure", url.Values{"income": {"3001"}, "channels": {"4"}}).Want(303)
	if !worker.Get(at).Want(200).Check().Has("3,001", "4") {
		t.Error("what was measured is not shown")
	}
	if !worker.Get("/").Want(200).Check().Has("إجراءات متأخرة") {
		t.Error("late actions do not stand in the owner's work")
	}
	pressOn(t, worker, at+"/edit", at+"/edit", url.Values{"goal": {"هدف جديد"}}).Want(303)
	worker.Post(at+"/end", url.Values{"version": {"4"}, "state": {"open"}, "text": {"x"}}).Want(400 + 22)
	worker.Post(at+"/end", url.Values{"version": {strconv.Itoa(4)}, "state": {"done"}, "text": {"تحقق"}}).Want(303)
	worker.Get(at).Want(200).Check()
	worker.Get(at + "/edit").Want(409)
}
