package web_test

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/testkit"
)

// workshop is the form of a workshop on a day, hosted by a party.
func workshop(day calendar.Date, host place.Country) url.Values {
	return url.Values{"kind": {"workshop"}, "clauses": {"15", "11"}, "title": {"ورشة إدماج الأسر"}, "title_en": {"Workshop on integration"}, "first": {day.String()}, "host": {string(host)}, "place": {"القاهرة"}}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	eg, qa := formsAs(t, s, auth.Coordinator, place.Egypt), formsAs(t, s, auth.Coordinator, place.Qatar)
	analyst := s.As(t, auth.Analyst, place.Qatar)
	today := s.Clock.Today()
	if p := eg.Get("/activities").Want(200); !p.Has("لا أنشطة بعد") {
		t.Error("an empty list says nothing")
	}
	for _, bad := range []url.Values{
		{"kind": {"party"}, "title": {"x"}, "first": {today.String()}, "host": {"EG"}, "clauses": {"15"}},
		{"kind": {"visit"}, "title": {"x"}, "first": {today.String()}, "host": {"EG"}},
		{"kind": {"visit"}, "title": {"x"}, "first": {today.String()}, "host": {"EG"}, "clauses": {"37"}},
		{"kind": {"visit"}, "title": {"x"}, "first": {"2031-01-01"}, "host": {"EG"}, "clauses": {"15"}},
		{"kind": {"visit"}, "title": {"x"}, "first": {today.String()}, "last": {today.AddDays(-1).String()}, "host": {"EG"}, "clauses": {"15"}},
		{"kind": {"twinning"}, "title": {"x"}, "first": {today.String()}, "host": {"EG"}, "clauses": {"9"}, "institutions[0].name": {"دار"}, "institutions[0].party": {"EG"}},
		{"kind": {"visit"}, "title": {"x"}, "first": {today.String()}, "host": {"EG"}, "clauses": {"15"}, "followups[0].text": {"ترجمة"}, "followups[0].due": {today.String()}, "followups[0].owner": {"987654"}},
		{"title": {strings.Repeat("ط", 300)}},
	} {
		if p := eg.Post("/activities", bad); p.Status != 422 {
			t.Errorf("%v: %d, want 422", bad, p.Status)
		}
	}

	form := workshop(today, place.Egypt)
	owner := strconv.FormatInt(testkit.Actor(auth.Coordinator, place.Qatar).UserID, 10)
	form.Set("followups[0].text", "ترجمة الدليل")
	form.Set("followups[0].owner", owner)
	form.Set("followups[0].due", today.AddDays(9).String())
	u := eg.Post("/activities", form).Want(303).Header.Get("Location")
	eg.Get(u).Want(200).Check()
	version := func() string { return versionIn(t, eg.Get(u+"/edit"), u+"/edit") }
	// force sends a step that the page does not offer.
	force := func(b formBrowser, step string, more url.Values) *testkit.Page {
		f := url.Values{"version": {version()}}
		for k, v := range more {
			f[k] = v
		}
		return b.Post(u+step, f)
	}
	force(eg, "/hold", nil).Want(409) // not agreed yet
	force(eg, "/agree", nil).Want(409)
	if p := qa.Get("/"); !p.Has("ورشة إدماج الأسر") || !p.Has("ترجمة الدليل") {
		t.Error("the other party's work does not name the proposal and its follow-up")
	}
	pressOn(t, qa, u, u+"/agree", nil).Want(303)

	// What both agreed on is proposed anew by who changes it; what came of it is not.
	change := func(b formBrowser, version string, set map[string]string) *testkit.Page {
		f := workshop(today, place.Egypt)
		f.Set("followups[0].no", "1")
		f.Set("followups[0].text", "ترجمة الدليل")
		f.Set("followups[0].owner", owner)
		f.Set("followups[0].due", today.AddDays(9).String())
		f.Set("version", version)
		for k, v := range set {
			f.Set(k, v)
		}
		return b.Post(u+"/edit", f)
	}
	v := version()
	change(eg, v, map[string]string{"agenda": "يوم واحد"}).Want(303)
	if p := change(qa, v, map[string]string{"agenda": "يومان"}); p.Status != 409 || !p.Has("يومان") || !p.Has("يوم واحد") {
		t.Errorf("a save on the old version: %d, want 409 with both texts", p.Status)
	}
	force(eg, "/agree", nil).Want(409) // it is agreed still
	change(eg, version(), map[string]string{"place": "الإسكندرية"}).Want(303)
	force(eg, "/hold", nil).Want(409)
	pressOn(t, qa, u, u+"/agree", nil).Want(303)
	force(eg, "/followups/1", url.Values{"done": {"yes"}}).Want(403) // it is Qatar's
	pressOn(t, qa, u, u+"/followups/1", url.Values{"done": {"yes"}}).Want(303)
	if qa.Get("/").Has("ترجمة الدليل") {
		t.Error("a done follow-up still waits")
	}
	pressOn(t, eg, u, u+"/hold", nil).Want(303)
	change(eg, version(), map[string]string{"place": "أسوان"}).Want(409)
	change(eg, version(), map[string]string{"place": "الإسكندرية", "outputs": "دليل مشترك"}).Want(303)
	if p := force(eg, "/cancel", url.Values{"text": {"ألغي"}}); p.Status != 409 {
		t.Errorf("cancelling what was held: %d, want 409", p.Status)
	}

	if !analyst.Get("/calendar").Has("ورشة إدماج الأسر") || s.As(t, auth.FieldWorker, place.Egypt).Get("/calendar").Has("ورشة إدماج الأسر") {
		t.Error("the calendar shows activities to those who may read them, and to nobody else")
	}

	// Another one is cancelled, with a reason.
	second := eg.Post("/activities", workshop(today.AddDays(3), place.Qatar)).Want(303).Header.Get("Location")
	pressOn(t, eg, second, second+"/cancel", nil).Want(422)
	pressOn(t, qa, second, second+"/cancel", url.Values{"text": {"تعذر السفر"}}).Want(303)
	if !eg.Get(second).Has("تعذر السفر") {
		t.Error("the reason is not shown")
	}

	// The report of the year counts it once in each strand, and goes out as a workbook.
	year := strconv.Itoa(today.Year())
	for _, b := range []*testkit.Browser{eg.Browser, analyst} {
		p := b.Get("/activities/report?year=" + year).Want(200)
		p.Check()
		if !p.Has("دليل مشترك") || !p.Has("الأشخاص ذوو الإعاقة") {
			t.Error("the report does not tell what came of the workshop")
		}
		if x := b.Get("/activities/report.xlsx?year=" + year).Want(200); !bytes.HasPrefix(x.Body, []byte("PK")) {
			t.Error("the workbook is none")
		}
	}
	for _, bad := range []string{"2023", "2027", "x", "", "-1"} {
		eg.Get("/activities/report?year=" + bad).Want(404)
	}
	for _, q := range []string{"?strand=families&year=" + year + "&kind=workshop&state=held", "?state=cancelled"} {
		if p := analyst.Get("/activities" + q).Want(200); !p.Has("ورشة إدماج الأسر") {
			t.Errorf("%s does not find it", q)
		}
	}
	if p := analyst.Get("/activities?strand=elderly").Want(200); p.Has("ورشة إدماج الأسر") || !p.Has("لا نشاط بهذه الشروط") {
		t.Error("a strand without activities shows one")
	}
	analyst.Get("/activities?strand=%00&year=9e9&kind='--&state=x").Want(200).Check()
}
