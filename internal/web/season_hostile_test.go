package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// plannedSeason is a site with a season that is planned: a venue and a person of each party, joint exhibitions, a draft that the planner filled and one in which demands clash.
type plannedSeason struct {
	*testkit.Site
	eg, qa formBrowser
	season int64
	shows  []int64
	venues map[place.Country]int64
	people map[place.Country]int64
	plan   string // the page of the plan
	board  string // the draft that was filled
	clash  string // the page of the run that names what clashes
}

func newPlannedSeason(t testing.TB) *plannedSeason {
	t.Helper()
	s := &plannedSeason{Site: familySite(t), venues: map[place.Country]int64{}, people: map[place.Country]int64{}}
	s.eg, s.qa = formsAs(t, s.Site, auth.Coordinator, place.Egypt), formsAs(t, s.Site, auth.Coordinator, place.Qatar)
	today, now := s.Clock.Today(), s.Clock.Now()
	s.Update(t, func(tx *store.Tx) error {
		season := &exhibition.Season{Name: "موسم", First: today, Last: today.AddDays(26*7 - 1), Party: place.Egypt, By: 1, CreatedAt: now}
		if err := tx.InsertSeason(season); err != nil {
			return err
		}
		s.season = season.ID
		for _, p := range place.Countries() {
			v := &exhibition.Venue{Party: p, Area: map[place.Country]string{place.Egypt: "EG-C", place.Qatar: "QA-DA"}[p], Name: exhibition.Label{AR: "قاعة " + string(p)}, City: exhibition.Label{AR: "مدينة"}, Setting: exhibition.Indoor,
				FloorM2: 1000, CreatedAt: now, UpdatedAt: now}
			if err := tx.InsertVenue(v); err != nil {
				return err
			}
			s.venues[p] = v.ID
		}
		for i := range 3 {
			e := &exhibition.Exhibition{Status: exhibition.Agreed, Proposer: place.Egypt, EnteredBy: 1, CreatedAt: now, UpdatedAt: now, Keys: []exhibition.Key{{Party: place.Egypt, By: 1, At: now}, {Party: place.Qatar, By: 2, At: now}},
				Terms: exhibition.Terms{Name: fmt.Sprintf("معرض %d", i), Parties: place.Countries(), Host: place.Countries()[i%2], SeasonID: season.ID, First: today.AddDays(63), Last: today.AddDays(68), Capacity: 50}}
			if err := tx.InsertExhibition(e); err != nil {
				return err
			}
			s.shows = append(s.shows, e.ID)
		}
		return nil
	})
	s.plan = "/seasons/" + itoa(s.season) + "/plan"
	for party, b := range map[place.Country]formBrowser{place.Egypt: s.eg, place.Qatar: s.qa} {
		b.Post(s.plan+"/people", url.Values{"name": {"موظفة " + string(party)}}).Want(303)
	}
	s.View(t, func(tx *store.Tx) error {
		parts, err := tx.SeasonParts(s.season)
		for _, p := range parts {
			s.people[p.Party] = p.ID
		}
		return err
	})
	s.board = strings.Split(s.started(t), "/runs/")[0]
	// One day on which six cannot stand: the next run names the demands.
	day := today.AddDays(70).String()
	s.eg.Post(s.plan+"/exhibitions/"+itoa(s.shows[0]), url.Values{"version": {"0"}, "windows[0].first": {day}, "windows[0].last": {day}}).Want(303)
	s.clash = s.started(t)
	return s
}

// started presses the button that has the planner fill a new draft, works the job off and returns the page of the run.
func (s *plannedSeason) started(t testing.TB) string {
	t.Helper()
	page := s.eg.Post(s.plan+"/start", nil).Want(303).Header.Get("Location")
	var season, draft, run int64
	if _, err := fmt.Sscanf(page, "/seasons/%d/plan/drafts/%d/runs/%d", &season, &draft, &run); err != nil {
		t.Fatal(page, err)
	}
	v, err := s.SeasonPlans.Run(t.Context(), testkit.Actor(auth.Coordinator, place.Egypt), season, draft, run)
	if err == nil {
		err = s.Jobs.Work(t.Context(), v.Run.JobID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// state is all that is on file for the season, in one text.
func (s *plannedSeason) state(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	s.View(t, func(tx *store.Tx) error {
		parts, err := tx.SeasonParts(s.season)
		if err != nil {
			return err
		}
		for _, p := range parts {
			fmt.Fprintf(&b, "%s %d %s v%d %s\n", p.Kind, p.Ref, p.Party, p.Version, p.Body)
		}
		drafts, err := tx.SeasonDrafts(s.season)
		if err != nil {
			return err
		}
		for i := range drafts {
			text, err := json.Marshal(&drafts[i])
			if err != nil {
				return err
			}
			last, err := tx.LastSeasonRun(drafts[i].ID)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "draft %d v%d %s", drafts[i].ID, drafts[i].Version, text)
			if last != nil {
				fmt.Fprintf(&b, " run %d v%d %s", last.ID, last.Version, last.State)
			}
			b.WriteByte('\n')
		}
		for _, id := range s.shows {
			e, err := tx.ExhibitionByID(place.Egypt, id)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "exhibition %d v%d %s %v\n", id, e.Version, e.Status, e.Terms)
		}
		return nil
	})
	return b.String()
}

// TestSeasonBadInput sends what no form offers, one thing at a time: each is refused with the status that fits and a message, and nothing is changed.
func TestSeasonBadInput(t *testing.T) {
	t.Parallel()
	s := newPlannedSeason(t)
	show, own, theirs := s.plan+"/exhibitions/"+itoa(s.shows[1]), s.plan+"/venues/"+itoa(s.venues["EG"]), s.plan+"/venues/"+itoa(s.venues["QA"])
	person, stranger := s.plan+"/people/"+itoa(s.people["EG"]), s.plan+"/people/"+itoa(s.people["QA"])
	draft := strings.Split(s.clash, "/runs/")[0]
	version := func(board string) string {
		return versionIn(t, s.eg.Get(board), board+"/drop")
	}
	// The other draft of the season holds no run of this one, and another season no draft of this.
	s.eg.Post("/seasons", url.Values{"name": {"موسم آخر"}, "first": {s.Clock.Today().AddDays(400).String()}, "last": {s.Clock.Today().AddDays(500).String()}}).Want(303)
	other := strings.Replace(s.board, "/seasons/"+itoa(s.season)+"/", "/seasons/"+itoa(s.season+1)+"/", 1)
	foreign := strings.Replace(s.clash, draft, s.board, 1)
	spot := func(venue, week string) url.Values {
		return url.Values{"exhibition": {itoa(s.shows[0])}, "venue": {venue}, "week": {week}, "version": {version(s.board)}}
	}
	rows := func(group string, n int) url.Values {
		out := url.Values{}
		for i := range n {
			out.Set(fmt.Sprintf("%s[%d].first", group, i), s.Clock.Today().AddDays(20+2*i).String())
		}
		return out
	}
	venue := itoa(s.venues["EG"])
	long := strings.Repeat("1", 400)
	before := s.state(t)
	for _, x := range []struct {
		path string
		form url.Values
		want int
	}{
		{s.plan + "/budget", url.Values{"amount": {"-5"}}, 422},
		{s.plan + "/budget", url.Values{"amount": {"1e9"}}, 422},
		{s.plan + "/budget", url.Values{"amount": {long}}, 422},
		{s.plan + "/rules", url.Values{"rules[0].rule": {"pinned"}, "rules[0].mode": {"ignore"}}, 422}, // cannot be set
		{s.plan + "/rules", url.Values{"rules[0].rule": {"window"}, "rules[0].mode": {"perhaps"}}, 422},
		{s.plan + "/rules", url.Values{"rules[0].rule": {"window"}, "rules[0].mode": {"warn"}, "rules[0].cost": {"100001"}}, 422},
		{s.plan + "/rules", url.Values{"rules[0].rule": {"window"}, "rules[0].mode": {"warn"}, "rules[1].rule": {"window"}, "rules[1].mode": {"block"}}, 422},
		{s.plan + "/rules", url.Values{"seconds": {"999999"}}, 422},
		{s.plan + "/rules", url.Values{"gap": {"NaN"}}, 422},
		{s.plan + "/rules", url.Values{"version": {"9"}}, 409},
		{show, url.Values{"days": {"0"}}, 422},
		{show, url.Values{"days": {"121"}}, 422},
		{show, url.Values{"weekday": {"8"}}, 422},
		{show, url.Values{"fixed": {"maybe"}}, 422},
		{show, url.Values{"ramadan": {"<script>alert(1)</script>"}}, 422},
		{show, url.Values{"venues": {"99999"}}, 422},
		{show, url.Values{"venues": {"' OR 1=1 --"}}, 422},
		{show, url.Values{"needs": {"wings"}}, 422},
		{show, url.Values{"apart": {itoa(s.shows[1])}}, 422}, // from itself
		{show, url.Values{"apart": {"99999"}}, 422},
		{show, url.Values{"windows[0].first": {"31/02/2027"}, "windows[0].last": {"01/03/2027"}}, 422},
		{show, url.Values{"windows[0].first": {s.Clock.Today().AddDays(90).String()}, "windows[0].last": {s.Clock.Today().AddDays(80).String()}}, 422},
		{show, url.Values{"windows[0].first": {"2001-01-01"}, "windows[0].last": {"2001-02-01"}}, 422}, // outside the season
		{show, url.Values{"windows[0].last": {s.Clock.Today().AddDays(80).String()}}, 422},
		{show, rows("windows", 21), 422},
		{s.plan + "/exhibitions/99999", nil, 404},
		{s.plan + "/exhibitions/0", nil, 404},
		{s.plan + "/exhibitions/x", nil, 404},
		{own, url.Values{"booths": {"-1"}}, 422},
		{own, url.Values{"booths": {"20001"}}, 422},
		{own, url.Values{"rent": {"abc"}}, 422},
		{own, url.Values{"features": {"roof\x00"}}, 422},
		{own, url.Values{"holds[0].exhibition": {"99999"}, "holds[0].first": {s.Clock.Today().String()}, "holds[0].last": {s.Clock.Today().String()}}, 422},
		{own, url.Values{"holds[0].exhibition": {itoa(s.shows[0])}}, 422},
		{own, url.Values{"holds[0].exhibition": {itoa(s.shows[0])}, "holds[0].first": {s.Clock.Today().String()}, "holds[0].last": {s.Clock.Today().String()}, "holds[0].rank": {"10"}}, 422},
		{theirs, url.Values{"booths": {"5"}}, 404},
		{s.plan + "/people", url.Values{"name": {""}}, 422},
		{s.plan + "/people", url.Values{"name": {strings.Repeat("أ", 121)}}, 422},
		{s.plan + "/people", url.Values{"name": {"هالة"}, "away[0].first": {"أمس"}}, 422},
		{person, url.Values{"name": {"هالة"}, "version": {"7"}}, 409},
		{stranger, url.Values{"name": {"هالة"}, "version": {"1"}}, 404},
		{s.plan + "/people/99999", url.Values{"name": {"هالة"}}, 404},
		{s.plan + "/drafts", url.Values{"from": {"99999"}}, 404},
		{s.plan + "/drafts", url.Values{"from": {"-1"}}, 404},
		{s.plan + "/drafts", url.Values{"from": {"<script>"}}, 404},
		{"/seasons/99999/plan/start", nil, 404},
		{"/seasons/99999/plan/drafts", nil, 404},
		{s.board + "/move", spot("99999", "10"), 404},
		{s.board + "/move", spot(venue, "26"), 404},
		{s.board + "/move", spot(venue, "-1"), 422},
		{s.board + "/move", spot(venue, "999"), 422},
		{s.board + "/move", spot("", "10"), 422},
		{s.board + "/move", spot(long, "10"), 422},
		{s.board + "/move", spot(itoa(s.venues["QA"]), "10"), 409}, // of the other host
		{s.board + "/move", url.Values{"exhibition": {"99999"}, "venue": {venue}, "week": {"10"}, "version": {version(s.board)}}, 404},
		{s.board + "/move", url.Values{"exhibition": {"x"}, "venue": {venue}, "week": {"10"}, "version": {version(s.board)}}, 422},
		{s.board + "/move", url.Values{"exhibition": {itoa(s.shows[0])}, "venue": {venue}, "week": {"10"}, "version": {"99"}}, 409},
		{s.board + "/move", url.Values{"exhibition": {itoa(s.shows[0])}, "venue": {venue}, "week": {"10"}}, 409},
		{other + "/move", spot(venue, "10"), 404},
		{s.board + "/clear", url.Values{"exhibition": {"99999"}, "version": {version(s.board)}}, 404},
		{s.board + "/clear", url.Values{"version": {version(s.board)}}, 422},
		{s.board + "/lock", url.Values{"exhibition": {itoa(s.shows[0])}, "locked": {"perhaps"}, "version": {version(s.board)}}, 404},
		{s.board + "/lock", url.Values{"exhibition": {"99999"}, "locked": {"yes"}, "version": {version(s.board)}}, 404},
		{s.board + "/solve", url.Values{"version": {"99"}}, 409},
		{s.board + "/restore", url.Values{"number": {"0"}, "version": {version(s.board)}}, 404},
		{s.board + "/restore", url.Values{"number": {"x"}, "version": {version(s.board)}}, 404},
		{s.board + "/drop", url.Values{"version": {"99"}}, 409},
		{s.board + "/sign", url.Values{"hash": {"another list"}, "version": {version(s.board)}}, 409},
		{s.board + "/unsign", url.Values{"version": {version(s.board)}}, 409},
		{s.clash + "/relax", url.Values{"number": {"99"}, "version": {version(draft)}}, 404},
		{s.clash + "/relax", url.Values{"number": {"-1"}, "version": {version(draft)}}, 404},
		{s.clash + "/relax", url.Values{"number": {"0"}, "version": {"99"}}, 409},
		{foreign + "/relax", url.Values{"number": {"0"}, "version": {version(s.board)}}, 404},
		{s.clash + "/take", url.Values{"version": {version(draft)}}, 409}, // there is no plan to take
		{s.clash + "/cancel", nil, 409},                                   // it has ended
		{foreign + "/take", url.Values{"version": {version(s.board)}}, 404},
	} {
		form := url.Values{"version": {"0"}} // nothing was said yet
		maps.Copy(form, x.form)
		p := s.eg.Post(x.path, form)
		if p.Status != x.want {
			t.Errorf("%s with %v: %d, want %d", x.path, x.form, p.Status, x.want)
		}
		if p.Status != 404 && len(testkit.Find(p.Doc(), "div", "role=alert"))+len(testkit.Find(p.Doc(), "section", "role=alert")) == 0 || strings.TrimSpace(p.Text()) == "" {
			t.Errorf("%s with %v: %d without a message", x.path, x.form, p.Status)
		}
		if after := s.state(t); after != before {
			t.Fatalf("%s with %v changes\n%s\nto\n%s", x.path, x.form, before, after)
		}
	}
	for path, want := range map[string]int{
		"/seasons/99999/plan": 404, "/seasons/x/plan": 404, s.plan + "/exhibitions/99999": 404, theirs: 404, stranger: 404, s.plan + "/drafts/99999": 404, other: 404, other + "/changes": 404, other + "/plan.xlsx": 404,
		s.board + "/judge": 404, s.board + "/judge?exhibition=99999": 404, s.board + "/judge?exhibition=%00": 404, s.board + "?exhibition=99999": 404, s.board + "?exhibition=%3Cscript%3E": 200,
		s.board + "/compare": 404, s.board + "/compare?with=x": 404, s.board + "/compare?with=99999": 404, foreign: 404, s.board + "/runs/99999": 404, s.board + "/runs/x": 404,
	} {
		if p := s.eg.Get(path); p.Status != want || strings.Contains(string(p.Body), "<script>alert(1)</script>") {
			t.Errorf("%s: %d, want %d", path, p.Status, want)
		}
	}
}

// TestHostileSeasonForms sends each hostile value in every field of every form on the pages of a season's plan: an answer below 500, nothing comes back unescaped, no page breaks on what
// was taken, and no text with a control or a direction sign is kept.
func TestHostileSeasonForms(t *testing.T) {
	t.Parallel()
	s := newPlannedSeason(t)
	draft := strings.Split(s.clash, "/runs/")[0]
	pages := []string{s.plan, s.plan + "/rules", s.plan + "/exhibitions/" + itoa(s.shows[1]), s.plan + "/venues/" + itoa(s.venues["EG"]), s.plan + "/people/new", s.plan + "/people/" + itoa(s.people["EG"]), s.board, s.board + "/changes",
		draft, s.clash, s.board + "/compare?with=" + draft[strings.LastIndexByte(draft, '/')+1:]}
	forms, from := map[string]url.Values{}, map[string]string{}
	for _, path := range pages {
		p := s.eg.Get(path).Want(200)
		for action, fields := range p.Forms() {
			if _, known := forms[action]; known || !strings.HasPrefix(action, s.plan) {
				continue
			}
			forms[action], from[action] = fields, path
		}
	}
	if len(forms) < 14 {
		t.Fatalf("only %d forms: %v", len(forms), slices.Sorted(maps.Keys(forms)))
	}
	for _, action := range slices.Sorted(maps.Keys(forms)) {
		for i, h := range hostile {
			bad := url.Values{}
			for name, v := range forms[action] {
				switch name {
				case "csrf", "idempotency_key":
				case "version": // the honest one most of the time, so that the form gets as far as it can
					if bad[name] = v; i%5 == 4 {
						bad[name] = []string{h}
					}
				default:
					bad[name] = []string{h}
				}
			}
			if len(bad) == 0 || len(bad) == 1 && bad.Has("version") {
				continue // one button: nothing is typed
			}
			p := s.eg.Post(action, bad)
			if p.Status >= 500 {
				t.Errorf("%s (on %s) with %.30q: %d", action, from[action], h, p.Status)
			}
			if strings.Contains(string(p.Body), "<script>alert(1)</script>") {
				t.Errorf("%s with %.30q comes back unescaped", action, h)
			}
			if p.Header.Get("X") != "" || p.Header.Get("Set-Cookie") == "x=1" {
				t.Errorf("%s with %.30q writes a header", action, h)
			}
		}
	}
	for _, path := range append(pages, s.board+"/plan.xlsx") {
		if p := s.eg.Get(path); p.Status != 200 || strings.Contains(string(p.Body), "<script>alert(1)</script>") {
			t.Errorf("%s afterwards: %d", path, p.Status)
		}
	}
	if k := regexp.MustCompile(`\\u00[01]|\\u202[a-e]|\\u206[6-9]|[\x{202a}-\x{202e}\x{2066}-\x{2069}]`).FindString(s.state(t)); k != "" {
		t.Errorf("%q is kept", k)
	}
}
