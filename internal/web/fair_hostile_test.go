package web_test

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/store"
)

// TestHostileFairForms sends each hostile value in every field of every form on the pages of exhibitions, meetings, venues, plans and placing: an answer below 500, nothing comes back
// unescaped, no page breaks on what was taken, and no text with a control or a direction sign is kept.
func TestHostileFairForms(t *testing.T) {
	t.Parallel()
	s := newFair(t)
	s.Clock.Advance(21 * 24 * time.Hour) // the doors are open: sums and badges are taken
	eg := formsAs(t, s.Site, auth.Coordinator, place.Egypt)
	draft := idAtEnd(t, eg.Post("/exhibitions", showForm(s.Clock.Today().AddDays(60), "9")).Want(303).Header.Get("Location"))
	at := "/participations/" + itoa(s.at[place.Egypt])
	meeting := eg.Post("/meetings", url.Values{"title": {"تنسيق"}, "day": {s.Clock.Today().String()}, "attendees[0].name": {"سلوى"}, "attendees[0].party": {"EG"}}).Want(303).Header.Get("Location")
	plan := post(eg.Browser, "/plans/1/draft", nil).Want(303).Header.Get("Location")
	pages := []string{"/exhibitions/new", s.url(), s.url("/edit"), s.url("/call"), s.url("/apply"), s.url("/applications"), s.url("/floor"), s.url("/checkin"), s.url("/halls"), s.url("/halls/1"), at,
		"/exhibitions/" + itoa(draft), "/exhibitions/" + itoa(draft) + "/edit", "/meetings/new", meeting, "/calendar", "/holidays", "/exhibitors", "/exhibitors/new", "/venues", "/venues/new", "/venues/1", "/venues/1/edit",
		"/halls/1/name", "/plans/1", plan, plan + "/grid", plan + "/limits", plan + "/booths/1", plan + "/booths/new", "/catalogue/print"}
	forms := map[string]url.Values{}
	from := map[string]string{}
	for _, path := range pages {
		p := eg.Get(path)
		if p.Status != 200 {
			t.Logf("%s is not open: %d", path, p.Status)
			continue
		}
		for action, fields := range p.Forms() {
			if _, known := forms[action]; known || strings.HasPrefix(action, "/signout") || strings.HasPrefix(action, "/account") || strings.HasPrefix(action, "/locale") {
				continue
			}
			forms[action], from[action] = fields, path
		}
	}
	if len(forms) < 32 {
		t.Fatalf("only %d forms: %v", len(forms), slices.Sorted(maps.Keys(forms)))
	}
	text := regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f\x{202a}-\x{202e}\x{2066}-\x{2069}]`)
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
			p := eg.Post(action, bad)
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
	for _, path := range pages {
		if p := eg.Get(path); p.Status >= 500 || strings.Contains(string(p.Body), "<script>alert(1)</script>") {
			t.Errorf("%s afterwards: %d", path, p.Status)
		}
	}
	s.View(t, func(tx *store.Tx) error {
		list, err := tx.Exhibitions("", store.ExhibitionQuery{})
		if err != nil {
			return err
		}
		var kept []string
		for _, e := range list {
			kept = append(kept, e.Terms.Name, e.Terms.Venue, e.Terms.Rules, e.Reason, e.Report)
			events, err := tx.ExhibitionEvents(e.ID)
			if err != nil {
				return err
			}
			for _, x := range events {
				kept = append(kept, x.Text)
			}
			people, err := tx.Participations(e.ID, store.ParticipationQuery{})
			if err != nil {
				return err
			}
			for _, p := range people {
				kept = append(kept, p.Name, p.Note, p.Application.Sign, p.Application.Products)
			}
			incidents, err := tx.Incidents(place.Egypt, e.ID)
			if err != nil {
				return err
			}
			for _, x := range incidents {
				kept = append(kept, x.Text)
			}
		}
		venues, err := tx.ListVenues(place.Egypt)
		if err != nil {
			return err
		}
		for _, v := range venues {
			kept = append(kept, v.Name.AR, v.Name.EN, v.City.AR, v.Notes.AR)
		}
		for _, k := range kept {
			if text.MatchString(k) {
				t.Errorf("%q is kept", k)
			}
		}
		placed, err := tx.Placements(s.id)
		if len(placed) > 2 || slices.ContainsFunc(placed, func(p exhibition.Placement) bool { return p.Booth < 1 || p.Booth > 2 }) {
			t.Errorf("placed: %+v", placed)
		}
		return err
	})
}
