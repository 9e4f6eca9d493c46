package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/metrics"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/testkit"
	"muntija/internal/web"
	"muntija/internal/web/render"
	"muntija/static"
	"muntija/views"
)

type familyAssets struct{ *static.Set }

func (a familyAssets) Asset(hashed string) (web.Asset, bool) {
	f, ok := a.Open(hashed)
	return web.Asset{Body: f.Body, Gzip: f.Gzip, Type: f.Type, ETag: f.ETag}, ok
}

// sitePages are parsed once for all tests: parsing and escaping them took half of the time of this package's tests.
var sitePages = sync.OnceValues(func() (*render.Engine, error) {
	return render.New(views.Files, familyAssets{static.Files()}, locale.Default())
})

// familySite is an office with all pages.
func familySite(t testing.TB) *testkit.Site {
	t.Helper()
	return testkit.Web(t, func(svc *service.Service) (testkit.App, error) {
		pages, err := sitePages()
		if err != nil {
			return nil, err
		}
		s, err := web.New(web.Options{Service: svc, Pages: pages, Assets: familyAssets{static.Files()}, Bundle: locale.Default(), Metrics: metrics.New("test"),
			Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})), RequestTimeout: time.Minute})
		if err != nil {
			return nil, err
		}
		return s.App(), nil
	})
}

func at(id int64, rest ...string) string {
	return "/families/" + strconv.FormatInt(id, 10) + strings.Join(rest, "")
}

func english(s *testkit.Site, t testing.TB, role auth.Role) *testkit.Browser {
	t.Helper()
	actor := testkit.Actor(role, place.Egypt)
	s.Change(t, actor, func(u *auth.User) { u.Locale = locale.English })
	return s.SignedIn(t, actor)
}

var unsaid = regexp.MustCompile(`⟦[^⟧]*⟧|\b(?:enum|field|group|step)\.[a-z_.]+`)

// whole holds that every message of a page is there.
func whole(t *testing.T, p *testkit.Page, role auth.Role, lang string) {
	t.Helper()
	if keys := unsaid.FindAllString(p.Text(), -1); keys != nil {
		slices.Sort(keys)
		t.Errorf("%s as %s (%s): messages are missing: %v", p.Path, role, lang, slices.Compact(keys))
	}
}

// Every role sees the pages of every state whole, and nothing that its classes hide.
func TestFamilyPagesOfEveryState(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	number := testkit.Form(3, place.Egypt).Lead.IDNumber
	for i, state := range []registry.State{registry.Draft, registry.Submitted, registry.UnderReview, registry.Returned, registry.Approved, registry.Rejected,
		registry.Suspended, registry.Withdrawn, registry.Graduated} {
		id := s.Family(t, i+1, place.Egypt, state)
		for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Coordinator, auth.Analyst, auth.Administrator} {
			for _, lang := range []string{locale.Arabic, locale.English} {
				s.Change(t, testkit.Actor(role, place.Egypt), func(u *auth.User) { u.Locale = lang })
				b := s.As(t, role, place.Egypt)
				page := b.Get(at(id)).Want(200).Check()
				whole(t, page, role, lang)
				if strings.Contains(string(page.Body), number) {
					t.Errorf("as %s: the identity number stands on the page unasked", role)
				}
				for _, rest := range []string{"/sheet", "/card"} {
					if p := b.Get(at(id, rest)); p.Status == 200 {
						whole(t, p.Check(), role, lang)
					}
				}
				for _, path := range []string{"/", "/families"} {
					whole(t, b.Get(path).Want(200).Check(), role, lang)
				}
			}
		}
	}
}

func TestRevealIsAskedForAndRecorded(t *testing.T) {
	s := familySite(t)
	id := s.Family(t, 1, place.Egypt, registry.UnderReview)
	number := testkit.Form(1, place.Egypt).Lead.IDNumber
	b := s.As(t, auth.Reviewer, place.Egypt)
	if page := b.Get(at(id)).Want(200); strings.Contains(string(page.Body), number) {
		t.Error("the number stands on the page before anybody asked")
	}
	if page := b.Post(at(id, "/reveal"), url.Values{"path": {"lead.id_number"}}).Want(200).Check(); !page.Has(number) {
		t.Errorf("without a script: got %.500s, want the number", page.Text())
	}
	b.Header = http.Header{"Hx-Request": {"true"}}
	if page := b.Post(at(id, "/reveal"), url.Values{"path": {"lead.id_number"}}).Want(200); !page.Has(number) || strings.Contains(string(page.Body), "<html") {
		t.Errorf("for htmx: got %.500s, want a fragment with the number", page.Body)
	}
	b.Header = nil
	for name, path := range map[string]string{"not protected": "lead.given_name", "no such field": "lead.secret", "empty": "", "NUL": "lead.id_number\x00",
		"no such row": "lead.phones[29].number", "bidi": "lead.\u202eid_number"} {
		if got := b.Post(at(id, "/reveal"), url.Values{"path": {path}}).Status; got != 404 {
			t.Errorf("%s: got status %d, want 404", name, got)
		}
	}
	for _, role := range []auth.Role{auth.Coordinator, auth.Analyst, auth.Administrator} {
		page := s.As(t, role, place.Egypt).Post(at(id, "/reveal"), url.Values{"path": {"lead.id_number"}})
		if page.Status < 400 || strings.Contains(string(page.Body), number) {
			t.Errorf("as %s: got status %d, want a refusal", role, page.Status)
		}
	}
}

func TestDecisions(t *testing.T) {
	s := familySite(t)
	b := english(s, t, auth.Reviewer)
	id := s.Family(t, 1, place.Egypt, registry.Submitted)
	take := func(page *testkit.Page, step registry.Step, change url.Values) *testkit.Page {
		t.Helper()
		form := page.Fields(at(id, "/do/", string(step)))
		for k, v := range change {
			form[k] = v
		}
		return b.Post(at(id, "/do/", string(step)), form)
	}
	state := func(want registry.State) {
		t.Helper()
		if got := s.Load(t, place.Egypt, id).Status.State; got != want {
			t.Fatalf("got state %s, want %s", got, want)
		}
	}
	take(b.Get(at(id)).Want(200), registry.StepTake, nil).Want(303)
	state(registry.UnderReview)
	// A return asks for a reason, and keeps what was typed.
	page := take(b.Get(at(id, "/do/return")).Want(200).Check(), registry.StepReturn, url.Values{"note": {"the scan is blurred"}}).Want(422).Check()
	if !page.Has("Choose at least one reason", "the scan is blurred") {
		t.Errorf("without a reason: got %.900s", page.Text())
	}
	state(registry.UnderReview)
	// The papers are missing: the approval is not offered, and refused to who sends it anyway.
	page = b.Get(at(id, "/do/approve")).Want(200).Check()
	if !page.Has("This cannot be done now") {
		t.Errorf("approving without papers: got %.900s", page.Text())
	}
	b.Post(at(id, "/do/approve"), url.Values{"version": {strconv.FormatInt(s.Load(t, place.Egypt, id).Version, 10)}, "idempotency_key": {testkit.Key()}}).Want(409).Check()
	state(registry.UnderReview)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	for _, p := range testkit.Papers(place.Egypt) {
		s.Document(t, worker, id, p)
	}
	s.Visit(t, worker, id, "active")
	page = take(b.Get(at(id, "/do/approve")).Want(200).Check(), registry.StepApprove, url.Values{"note": {"seen at home"}}).Want(303)
	state(registry.Approved)
	if page = page.Follow().Want(200).Check(); !page.Has("The family is registered.", "seen at home") {
		t.Errorf("after the approval: got %.900s", page.Text())
	}
	// What the state does not allow is explained, before and after.
	if page := b.Get(at(id, "/do/take")).Want(409); !page.Has("Approved") {
		t.Errorf("taking an approved one: got %.600s", page.Text())
	}
	b.Get(at(id, "/do/expire")).Want(404)
	b.Get(at(id, "/do/x%00y")).Want(404)
}

// Two reviewers decide on the same family: the second sees what happened and chooses again.
func TestDecisionClash(t *testing.T) {
	s := familySite(t)
	b := english(s, t, auth.Reviewer)
	id := s.Family(t, 1, place.Egypt, registry.Approved)
	form := b.Get(at(id, "/do/suspend")).Want(200).Fields(at(id, "/do/suspend"))
	s.Do(t, testkit.SecondActor(auth.Reviewer, place.Egypt), id, registry.StepSuspend, "licence_lost")
	s.Do(t, testkit.SecondActor(auth.Reviewer, place.Egypt), id, registry.StepResume)
	form["reasons"] = []string{"not_active"}
	page := b.Post(at(id, "/do/suspend"), form).Want(409).Check()
	if !page.Has("Somebody changed this family meanwhile", "Licence", "Suspension lifted", "Suspend") {
		t.Errorf("the clash: got %.1500s", page.Text())
	}
	if got := s.Load(t, place.Egypt, id).Status.State; got != registry.Approved {
		t.Fatalf("the clash was saved: state %s", got)
	}
	again := page.Fields(at(id, "/do/suspend"))
	if got := again["reasons"]; len(got) != 1 || got[0] != "not_active" {
		t.Errorf("the form drawn again has the reasons %q, want what was chosen", got)
	}
	b.Post(at(id, "/do/suspend"), again).Want(303)
	if got := s.Load(t, place.Egypt, id).Status.State; got != registry.Suspended {
		t.Errorf("deciding again: got state %s, want suspended", got)
	}
}

// Nobody decides on an own entry, and a form sent five times is one decision.
func TestDecisionFourEyesAndOnce(t *testing.T) {
	s := familySite(t)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	own, err := s.Families.Register(context.Background(), reviewer, testkit.Form(7, place.Egypt), testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	b := s.SignedIn(t, reviewer)
	b.Get(at(own, "/do/take")).Want(403)
	b.Post(at(own, "/do/take"), url.Values{"version": {"1"}, "idempotency_key": {testkit.Key()}}).Want(403)
	id := s.Family(t, 1, place.Egypt, registry.Submitted)
	form := b.Get(at(id)).Fields(at(id, "/do/take"))
	for range 5 {
		b.Post(at(id, "/do/take"), form).Want(303)
	}
	events := 0
	v, err := s.Families.View(context.Background(), reviewer, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range v.Events {
		if e.Step == registry.StepTake {
			events++
		}
	}
	if events != 1 {
		t.Errorf("got %d times taken, want 1", events)
	}
}

func TestWaiver(t *testing.T) {
	s := familySite(t)
	b := english(s, t, auth.Reviewer)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	form := testkit.Form(1, place.Egypt)
	form.Lead.Literacy, form.Lead.LiteracyBy = "no", ""
	id, err := s.Families.Register(context.Background(), worker, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range testkit.Papers(place.Egypt) {
		s.Document(t, worker, id, p)
	}
	paper := s.Document(t, worker, id, "other")
	s.Visit(t, worker, id, "active")
	s.Do(t, testkit.Actor(auth.Reviewer, place.Egypt), id, registry.StepTake)
	page := b.Get(at(id, "/waive")).Want(200).Check()
	fields := page.Fields(at(id, "/waive"))
	v, err := s.Families.View(context.Background(), testkit.Actor(auth.Reviewer, place.Egypt), id)
	if err != nil {
		t.Fatal(err)
	}
	code := ""
	for _, r := range v.Checklist.Result.Results {
		if c, ok := v.Checklist.Set.Criterion(r.Code); ok && c.Weight == "hard" && r.Outcome == "not_met" {
			code = r.Code
		}
	}
	if code == "" {
		t.Fatal("no hard criterion asks for literacy")
	}
	post := func(change url.Values) *testkit.Page {
		t.Helper()
		form := url.Values{"criterion": {code}, "document_id": {strconv.FormatInt(paper, 10)}, "reason": {"She keeps her accounts with her daughter."}, "idempotency_key": {testkit.Key()}}
		for _, k := range []string{"csrf", "version"} {
			form[k] = fields[k]
		}
		for k, v := range change {
			form[k] = v
		}
		return b.Post(at(id, "/waive"), form)
	}
	other := s.Document(t, testkit.Actor(auth.FieldWorker, place.Qatar), s.Family(t, 1, place.Qatar, registry.Submitted), "other")
	for name, change := range map[string]url.Values{
		"no reason":             {"reason": {""}},
		"short reason":          {"reason": {"so"}},
		"long reason":           {"reason": {strings.Repeat("س", 1001)}},
		"NUL":                   {"reason": {"a reason that\x00 is long enough"}},
		"no paper":              {"document_id": {""}},
		"the other party's":     {"document_id": {strconv.FormatInt(other, 10)}},
		"no number":             {"document_id": {"9e9"}},
		"no such criterion":     {"criterion": {"no_such"}},
		"hostile criterion":     {"criterion": {"<script>"}},
		"two criteria":          {"criterion": {code, "other"}},
		"an unknown exception":  {"exception": {"none_such"}},
		"criterion of 1 MB - 1": {"criterion": {strings.Repeat("x", 5000)}},
	} {
		if page := post(change); page.Status != 422 {
			t.Errorf("%s: got status %d, want 422: %.300s", name, page.Status, page.Text())
		} else if name != "NUL" && len(testkit.Find(page.Check().Doc(), "div", "id=summary")) != 1 {
			t.Errorf("%s: no summary of problems: %.400s", name, page.Text())
		}
	}
	if v, err = s.Families.View(context.Background(), testkit.Actor(auth.Reviewer, place.Egypt), id); err != nil || len(v.Waivers) != 0 {
		t.Fatalf("got %d waivers after refused ones (%v), want none", len(v.Waivers), err)
	}
	page = post(nil).Want(303).Follow().Want(200).Check()
	if !page.Has("The waiver was recorded.", "She keeps her accounts with her daughter.", "Waived") {
		t.Errorf("after the waiver: got %.1500s", page.Text())
	}
	if v, err = s.Families.View(context.Background(), testkit.Actor(auth.Reviewer, place.Egypt), id); err != nil || len(v.Waivers) != 1 {
		t.Fatalf("got %d waivers (%v), want 1", len(v.Waivers), err)
	}
	revoke := at(id, "/waivers/", strconv.FormatInt(v.Waivers[0].ID, 10), "/revoke")
	b.Post(revoke, page.Fields(revoke)).Want(303)
	b.Post(revoke, url.Values{"idempotency_key": {testkit.Key()}}).Want(404)
	b.Post(at(id, "/waivers/99999/revoke"), url.Values{"idempotency_key": {testkit.Key()}}).Want(404)
}

// Whatever comes with a decision, the answer is a page that says what is wrong, and nothing is saved.
func TestHostileDecisions(t *testing.T) {
	s := familySite(t)
	b := s.As(t, auth.Reviewer, place.Egypt)
	id := s.Family(t, 1, place.Egypt, registry.UnderReview)
	foreign := s.Family(t, 1, place.Qatar, registry.UnderReview)
	version := strconv.FormatInt(s.Load(t, place.Egypt, id).Version, 10)
	base := func() url.Values {
		return url.Values{"version": {version}, "idempotency_key": {testkit.Key()}, "reasons": {"not_eligible"}, "note": {"ok"}}
	}
	for name, c := range map[string]struct {
		change url.Values
		want   int
	}{
		"unknown reason":        {url.Values{"reasons": {"because"}}, 422},
		"markup as reason":      {url.Values{"reasons": {"<img src=x>"}}, 422},
		"NUL in reason":         {url.Values{"reasons": {"not_eligible\x00"}}, 422},
		"no reason":             {url.Values{"reasons": nil}, 422},
		"other without a note":  {url.Values{"reasons": {"other"}, "note": {""}}, 422},
		"NUL in note":           {url.Values{"note": {"a\x00b"}}, 422},
		"invalid UTF-8":         {url.Values{"note": {"\xff\xfe"}}, 422},
		"over-long note":        {url.Values{"note": {strings.Repeat("ن", 1001)}}, 422},
		"note twice":            {url.Values{"note": {"a", "b"}}, 422},
		"no version":            {url.Values{"version": nil}, 409},
		"version of words":      {url.Values{"version": {"one"}}, 409},
		"version out of range":  {url.Values{"version": {"99999999999999999999"}}, 409},
		"negative version":      {url.Values{"version": {"-1"}}, 409},
		"another version":       {url.Values{"version": {"1234"}}, 409},
		"no key":                {url.Values{"idempotency_key": {""}}, 422},
		"over-long key":         {url.Values{"idempotency_key": {strings.Repeat("k", 65)}}, 422},
		"no form token":         {url.Values{"csrf": {""}}, 403},
		"a token made up":       {url.Values{"csrf": {strings.Repeat("A", 43)}}, 403},
		"hostile hidden fields": {url.Values{"version": {"7"}, "seen_state": {"\"><script>"}, "seen_event": {"-9999999999999999999"}}, 409},
	} {
		form := base()
		for k, v := range c.change {
			form[k] = v
		}
		page := b.Post(at(id, "/do/reject"), form)
		if page.Status != c.want {
			t.Errorf("%s: got status %d, want %d: %.300s", name, page.Status, c.want, page.Text())
		}
		page.Check()
		if got := s.Load(t, place.Egypt, id).Status.State; got != registry.UnderReview {
			t.Fatalf("%s: was saved: state %s", name, got)
		}
	}
	for _, path := range []string{at(foreign), at(foreign, "/sheet"), at(foreign, "/card"), at(foreign, "/do/reject"), at(foreign, "/waive"), "/families/0", "/families/-1",
		"/families/9999999", "/families/99999999999999999999", "/families/x", "/families/%00", "/families/1%2f2", at(id, "/sheet?a=0"), at(id, "/sheet?a=x"), at(id, "/sheet?a=999999"), at(id, "/do/fly")} {
		if page := b.Get(path); page.Status != 404 {
			t.Errorf("%s: got status %d, want 404", path, page.Status)
		} else {
			page.Check()
		}
	}
	for _, path := range []string{at(foreign, "/do/reject"), at(foreign, "/waive"), at(foreign, "/reveal"), at(foreign, "/waivers/1/revoke")} {
		form := base()
		form["path"], form["criterion"], form["reason"], form["document_id"] = []string{"lead.id_number"}, []string{"age"}, []string{"long enough a reason"}, []string{"1"}
		if page := b.Post(path, form); page.Status != 404 {
			t.Errorf("POST %s of the other party: got status %d, want 404", path, page.Status)
		}
	}
	if got := s.Load(t, place.Qatar, foreign).Status.State; got != registry.UnderReview {
		t.Errorf("the other party's family is now %s", got)
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	b := english(s, t, auth.Reviewer)
	if page := b.Get("/families").Want(200).Check(); !page.Has("No family on file yet") {
		t.Errorf("an empty list: got %.600s", page.Text())
	}
	states := []registry.State{registry.Submitted, registry.Submitted, registry.UnderReview, registry.Approved, registry.Withdrawn}
	ids := make([]int64, len(states))
	for i, state := range states {
		ids[i] = s.Family(t, i+1, place.Egypt, state)
	}
	s.Family(t, 1, place.Qatar, registry.Approved)
	count := func(path string) int {
		t.Helper()
		return len(testkit.Find(b.Get(path).Want(200).Check().Doc(), "th", "scope=row"))
	}
	number := string(s.Load(t, place.Egypt, ids[0]).Status.Number)
	for path, want := range map[string]int{
		"/families": 5, "/families?state=submitted": 2, "/families?state=submitted&state=approved": 3, "/families?state=rejected": 0, "/families?craft=TX": 5,
		"/families?craft=PT": 0, "/families?area=EG-SHG": 5, "/families?area=EG-C": 0, "/families?area=QA-RA": 5, "/families?sex=f": 5, "/families?sex=m": 0,
		"/families?entered_by=me": 0, "/families?reviewer=me": 2, "/families?not_mine=yes": 5, "/families?amendment=yes": 0, "/families?q=" + number: 1,
		"/families?date_field=created&from=2000-01-01": 5, "/families?date_field=valid_until&to=2001-01-01": 0,
		"/families?state=nonsense": 5, "/families?sort=%00&limit=abc&from=%E2%80%AE&to=x&craft=%27--": 5, "/families?q=%00%00": 5, "/families?q=%FF%FE": 0,
		"/families?state=submitted&sort=name&limit=200": 2, "/families?" + strings.Repeat("state=draft&", 900): 0,
	} {
		if got := count(path); got != want {
			t.Errorf("%.120s: got %d families, want %d", path, got, want)
		}
	}
	page := b.Get("/families?state=rejected").Want(200)
	if !page.Has("No family matches", "State: Rejected") {
		t.Errorf("a filter without families: got %.900s", page.Text())
	}
	if page := b.Get("/families?state=nonsense").Want(200); !page.Has("Part of the filter was left out") {
		t.Errorf("an unknown value: got %.600s", page.Text())
	}
	// By key through all pages, forth and back.
	next, seen := "/families?limit=10&sort=name", 0
	for range 6 {
		s.Family(t, 20+seen, place.Egypt, registry.Submitted)
		seen++
	}
	var pages []string
	rows := 0
	for next != "" && len(pages) < 5 {
		pages = append(pages, next)
		page := b.Get(next).Want(200).Check()
		rows += len(testkit.Find(page.Doc(), "th", "scope=row"))
		next = ""
		for _, a := range testkit.Find(page.Doc(), "a", "rel=next") {
			next = testkit.Attr(a, "href")
		}
	}
	if rows != 11 || len(pages) != 2 {
		t.Errorf("got %d families on %d pages, want 11 on 2", rows, len(pages))
	}
	back := testkit.Find(b.Get(pages[1]).Doc(), "a", "rel=prev")
	if len(back) != 1 || len(testkit.Find(b.Get(testkit.Attr(back[0], "href")).Want(200).Doc(), "th", "scope=row")) != 10 {
		t.Error("the way back does not lead to the first page")
	}
	if got := b.Get("/families?after=nonsense").Status; got >= 500 {
		t.Errorf("a cursor made up: got status %d", got)
	}
}

func TestSavedFilters(t *testing.T) {
	s := familySite(t)
	b := english(s, t, auth.Reviewer)
	query := "state=submitted&area=EG-SHG&not_mine=yes"
	save := func(name, query string) *testkit.Page {
		t.Helper()
		return b.Post("/families/filters", url.Values{"name": {name}, "query": {query}, "idempotency_key": {testkit.Key()}})
	}
	page := save("Sohag \u202ewaiting\x00", query).Want(303).Follow().Want(200).Check()
	if !page.Has("Sohag waiting", "State: Submitted", "Not entered by me") {
		t.Errorf("after saving: got %.900s", page.Text())
	}
	for name, p := range map[string]*testkit.Page{"no name": save("  ", query), "long name": save(strings.Repeat("ن", 61), query)} {
		if p.Want(422).Check(); len(testkit.Find(p.Doc(), "div", "id=summary")) != 1 || !p.Has("State: Submitted") {
			t.Errorf("%s: the list is not drawn again with its filter: %.600s", name, p.Text())
		}
	}
	save("nonsense", "%zz&state=<script>&after=x").Want(303)
	filters, err := s.Families.SavedFilters(context.Background(), testkit.Actor(auth.Reviewer, place.Egypt))
	if err != nil || len(filters) != 2 {
		t.Fatalf("got %d filters (%v), want 2", len(filters), err)
	}
	for _, f := range filters {
		if f.Name == "nonsense" && f.Query != "" {
			t.Errorf("a query that means nothing was kept as %q", f.Query)
		}
	}
	path := "/families/filters/" + strconv.FormatInt(filters[0].ID, 10) + "/delete"
	s.SignedIn(t, testkit.SecondActor(auth.Reviewer, place.Egypt)).Post(path, url.Values{"idempotency_key": {testkit.Key()}})
	if left, _ := s.Families.SavedFilters(context.Background(), testkit.Actor(auth.Reviewer, place.Egypt)); len(left) != 2 {
		t.Error("a colleague deleted somebody else's filter")
	}
	b.Post(path, url.Values{"idempotency_key": {testkit.Key()}}).Want(303)
	if left, _ := s.Families.SavedFilters(context.Background(), testkit.Actor(auth.Reviewer, place.Egypt)); len(left) != 1 {
		t.Errorf("got %d filters after forgetting one, want 1", len(left))
	}
}

// The lists that the tiles of "my work" lead to hold as many families as the tiles say.
func TestWorkLeadsToItsLists(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	for i, state := range []registry.State{registry.Draft, registry.Submitted, registry.Submitted, registry.UnderReview, registry.Returned, registry.Approved} {
		s.Family(t, i+1, place.Egypt, state)
	}
	if _, err := s.Families.Register(context.Background(), testkit.Actor(auth.Reviewer, place.Egypt), testkit.Form(30, place.Egypt), testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Coordinator, auth.Analyst, auth.Administrator} {
		b := english(s, t, role)
		tiles := testkit.Find(b.Get("/").Want(200).Check().Doc(), "a", "class")
		checked := 0
		for _, a := range tiles {
			if !strings.HasPrefix(testkit.Attr(a, "class"), "tile") {
				continue
			}
			checked++
			count := testkit.Text(testkit.Find(a, "span", "class=tile-count")[0])
			rows := len(testkit.Find(b.Get(testkit.Attr(a, "href")).Want(200).Doc(), "th", "scope=row"))
			if got := strconv.Itoa(rows); got != count {
				t.Errorf("%s: %s says %s, its list %s has %s", role, testkit.Text(a), count, testkit.Attr(a, "href"), got)
			}
		}
		if checked == 0 {
			t.Errorf("%s has no queue", role)
		}
	}
}

func TestCardAndVerification(t *testing.T) {
	s := familySite(t)
	id := s.Family(t, 1, place.Egypt, registry.Approved)
	b := english(s, t, auth.Coordinator)
	page := b.Get(at(id, "/card")).Want(200).Check()
	token := ""
	for _, a := range testkit.Find(page.Doc(), "a") {
		if _, after, ok := strings.Cut(testkit.Attr(a, "href"), "/v/"); ok {
			token = after
		}
	}
	if token == "" || len(testkit.Find(page.Doc(), "path")) != 1 {
		t.Fatalf("the card has no code: %.900s", page.Text())
	}
	visitor := s.Visitor(t)
	visitor.Header = http.Header{"Accept-Language": {"en"}}
	number := string(s.Load(t, place.Egypt, id).Status.Number)
	page = visitor.Get("/v/" + token).Want(200).Check()
	form := testkit.Form(1, place.Egypt)
	if !page.Has("The registration is valid", number) || page.Has(form.Lead.RestOfName) || page.Has(form.Lead.IDNumber) {
		t.Errorf("a valid card: got %.900s", page.Text())
	}
	s.Do(t, testkit.Actor(auth.Reviewer, place.Egypt), id, registry.StepSuspend, "not_active")
	page = visitor.Get("/v/" + token).Want(200).Check()
	if !page.Has("not valid today", "Suspended") || page.Has(form.Lead.GivenName) {
		t.Errorf("the card of a suspended family: got %.900s", page.Text())
	}
	b.Get(at(id, "/card")).Want(409)
	bad := []byte(token)
	bad[20] ^= 1
	for _, x := range []string{string(bad), "x", strings.Repeat("A", 103), strings.Repeat("A", 5000), "%00", "%E2%80%AE", "..%2f..%2fetc"} {
		if page := visitor.Get("/v/" + x); page.Status != 404 || strings.Contains(page.Text(), number) {
			t.Errorf("token %.20s: got status %d, want 404", x, page.Status)
		}
	}
}

// An amendment waits beside the record, old and new side by side, and becomes the record by a second person's word.
func TestAmendment(t *testing.T) {
	s := familySite(t)
	ctx, worker := context.Background(), testkit.Actor(auth.FieldWorker, place.Egypt)
	id := s.Family(t, 1, place.Egypt, registry.Approved)
	if err := s.Families.Amend(ctx, worker, id, testkit.Write(s.Load(t, place.Egypt, id).Version)); err != nil {
		t.Fatal(err)
	}
	e, err := s.Families.Edit(ctx, worker, id)
	if err != nil {
		t.Fatal(err)
	}
	form := *e.Form
	form.Project.Name = "Loom of Akhmim"
	step, _ := intake.StepNamed("project")
	values := url.Values{}
	for k, v := range form.Values() {
		if intake.StepOf(k) == step.Name {
			values.Set(k, v)
		}
	}
	for k, vs := range form.Sets() {
		values[k] = vs
	}
	saved, err := s.Families.SaveStep(ctx, worker, id, "project", values, testkit.Write(e.Version))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Families.Submit(ctx, worker, id, testkit.Write(saved.Version)); err != nil {
		t.Fatal(err)
	}
	b := english(s, t, auth.Reviewer)
	old := s.Load(t, place.Egypt, id).Record.Project.Name
	page := b.Get(at(id)).Want(200).Check()
	if !page.Has("Changes waiting for review", old, "Loom of Akhmim") {
		t.Errorf("the waiting change: got %.2000s", page.Text())
	}
	page = b.Get(at(id, "/do/amendment_accept")).Want(200).Check()
	b.Post(at(id, "/do/amendment_accept"), page.Fields(at(id, "/do/amendment_accept"))).Want(303)
	if got := s.Load(t, place.Egypt, id).Record.Project.Name; got != "Loom of Akhmim" {
		t.Errorf("after accepting: got project %q", got)
	}
	b.Get(at(id, "/do/amendment_accept")).Want(409)
}

func TestPagesNeedASession(t *testing.T) {
	s := familySite(t)
	id := s.Family(t, 1, place.Egypt, registry.Approved)
	for _, path := range []string{"/", "/families", at(id), at(id, "/sheet"), at(id, "/card"), at(id, "/do/suspend"), at(id, "/waive")} {
		page := s.Visitor(t).Do(httptest.NewRequest(http.MethodGet, path, nil))
		if page.Status != 303 || !strings.HasPrefix(page.Header.Get("Location"), "/signin") {
			t.Errorf("%s: got status %d to %q, want the sign-in page", path, page.Status, page.Header.Get("Location"))
		}
	}
}
