package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/testkit"
	"muntija/internal/web"
)

// rowsOf counts everything that a request without an idempotency key must leave alone.
func rowsOf(t testing.TB, s *testkit.Site) string {
	t.Helper()
	var b strings.Builder
	s.View(t, func(tx *store.Tx) error {
		for _, party := range place.Countries() {
			page, err := tx.ListFamilies(store.Scope{Party: party}, store.FamilyQuery{Limit: 200})
			if err != nil {
				return err
			}
			for _, r := range page.Rows {
				fmt.Fprintf(&b, "%d:%d:%s ", r.ID, r.Version, r.State)
			}
			sets, err := tx.ListCriteriaSets(party)
			if err != nil {
				return err
			}
			jobs, err := tx.ListJobs(party, 100)
			if err != nil {
				return err
			}
			users, err := tx.ListUsers(party)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "sets %d jobs %d users %d; ", len(sets), len(jobs), len(users))
		}
		return nil
	})
	return b.String()
}

// send makes a request with the form token of the session and no idempotency key.
func send(b *testkit.Browser, t testing.TB, method, path string, more ...url.Values) *testkit.Page {
	t.Helper()
	form := url.Values{"csrf": {b.CSRF()}}
	for _, m := range more {
		for k, v := range m {
			form[k] = v
		}
	}
	var body *strings.Reader
	if method == http.MethodGet {
		body = strings.NewReader("")
	} else {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, "http://example.com"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.Do(req)
}

// TestPermissionTable tries every route as every role (and as nobody) on a family of the own entry, of a colleague's, of an area that is not theirs and of
// the other country, and compares the answers with testdata/permission.golden, which a reviewer reads. A change has no idempotency key, so that whatever the
// answer is, nothing may have changed. MUNTIJA_UPDATE=1 writes the file anew.
func TestPermissionTable(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	own := s.Family(t, 1, place.Egypt, registry.Approved)
	colleague := s.Family(t, 2, place.Egypt, registry.UnderReview)
	foreign := s.Family(t, 3, place.Qatar, registry.Approved)
	// The colleague's entry: handed over to the second field worker.
	s.Update(t, func(tx *store.Tx) error {
		f, err := tx.FamilyByID(store.Scope{Party: place.Egypt}, colleague)
		if err != nil {
			return err
		}
		x, err := tx.FamilyExtraOf(colleague)
		if err != nil {
			return err
		}
		f.Status.EnteredBy, f.Status.SubmittedBy = testkit.SecondActor(auth.FieldWorker, place.Egypt).UserID, testkit.SecondActor(auth.FieldWorker, place.Egypt).UserID
		return tx.UpdateFamily(f, x)
	})
	subjects := []struct {
		name string
		id   int64
		area bool // the person works in another area
	}{{"own", own, false}, {"colleague's", colleague, false}, {"other area", own, true}, {"other country", foreign, false}}

	before := rowsOf(t, s)
	var b strings.Builder
	b.WriteString("# answers to: nobody | field worker | reviewer | coordinator | analyst | administrator\n")
	for _, route := range web.Routes() {
		method, pattern := route[0], route[1]
		byFamily := strings.HasPrefix(pattern, "/families/:id") || strings.HasPrefix(pattern, "/registrations/:id")
		for i, sub := range subjects {
			if !byFamily && i > 0 {
				break
			}
			path := pattern
			if byFamily {
				path = strings.Replace(path, ":id", strconv.FormatInt(sub.id, 10), 1)
			}
			path = strings.NewReplacer(":step", "project", ":document", "1", ":waiver", "1", ":token", "none", ":who", "1", ":photo", "1", ":move", "first", ":id", "1", ":n", "1", ":run", "1").Replace(path)
			if strings.Contains(pattern, "/do/:step") {
				path = strings.Replace(path, "/do/project", "/do/approve", 1)
			}
			var answers []string
			for _, role := range append([]auth.Role{""}, auth.Roles()...) {
				browser := s.Visitor(t)
				if role != "" {
					actor := testkit.Actor(role, place.Egypt)
					areas := auth.AllAreas()
					if sub.area {
						areas = auth.SomeAreas("EG-MT")
					}
					if role != auth.Administrator {
						s.Change(t, actor, func(u *auth.User) { u.Areas = areas })
					}
					browser = s.SignedIn(t, actor)
				}
				// What belongs to the other country is refused also when the request is whole.
				var more url.Values
				if sub.name == "other country" && role != "" {
					more = url.Values{"idempotency_key": {testkit.Key()}, "version": {"1"}, "reasons": {"other"}}
				}
				page := send(browser, t, method, path, more)
				if page.Status >= 500 {
					t.Errorf("%s %s as %q: %d", method, path, role, page.Status)
				}
				answers = append(answers, strconv.Itoa(page.Status))
			}
			name := pattern
			if byFamily {
				name += "  [" + sub.name + "]"
			}
			fmt.Fprintf(&b, "%-4s %-66s %s\n", method, name, strings.Join(answers, " "))
			if sub.name == "other country" {
				for i, a := range answers[1:] {
					if a != "404" && a != "403" {
						t.Errorf("%s %s of the other country as %s: %s, want 404 (or 403 where the role never may)", method, pattern, auth.Roles()[i], a)
					}
				}
			}
		}
	}
	if after := rowsOf(t, s); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	sameAsGolden(t, "permission.golden", b.String())
}

// sameAsGolden compares a text with a file under testdata, line by line. MUNTIJA_UPDATE=1 writes the file anew.
func sameAsGolden(t *testing.T, name, text string) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	if os.Getenv("MUNTIJA_UPDATE") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := strings.Split(text, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(wanted)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(wanted) {
			w = wanted[i]
		}
		if g != w {
			t.Errorf("line %d:\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// TestFieldTable plants a marker in a value of every protected class and looks for it in each page of each role: it may stand there only if the table of
// classes shows it. Neither country ever sees a marker of the other.
func TestFieldTable(t *testing.T) {
	t.Parallel()
	s := familySite(t)
	form := testkit.Form(40, place.Egypt)
	form.Lead.LiteracyBy, form.Guardian.Name, form.Guardian.Relation = "علامة-شاهد", "علامة-ولي", "father"
	form.Guardian.IDType, form.Guardian.IDNumber, form.Guardian.Proof = "eg_nid", "26001010100015", "court_order"
	form.Lead.Disability, form.Lead.DisabilityCard = "mobility", "KH77665544"
	form.Household.Members[0].Name = "علامة-فرد"
	form.Address.Street, form.Address.Village, form.Address.Landmark = "علامة-شارع", "علامة-قرية", "علامة-معلم"
	form.Finance.Loans = append(form.Finance.Loans, loanOf("علامة-مقرض"))
	form.Formal = append(form.Formal, formalOf("bank_account", "EG800002000156789012345180002"))
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	id, err := s.Families.Register(t.Context(), worker, form, testkit.Write(0))
	if err != nil {
		var f *fault.Error
		errors.As(err, &f)
		t.Fatalf("%v: %+v", err, f.Problems)
	}
	markers := map[string]auth.Class{
		form.Lead.IDNumber: auth.ClassIdentity, "26001010100015": auth.ClassIdentity, strings.TrimPrefix(form.Lead.Phones[0].Number, "+20"): auth.ClassPhone,
		"EG800002000156789012345180002": auth.ClassBank, "علامة-ولي": auth.ClassGuardian, "KH77665544": auth.ClassHealth, "علامة-فرد": auth.ClassHousehold,
		"علامة-شارع": auth.ClassAddress, "علامة-معلم": auth.ClassAddress, "علامة-قرية": auth.ClassDistrict, form.Address.Lat: auth.ClassGPS, "علامة-مقرض": auth.ClassFinance,
		"علامة-شاهد": auth.ClassDemographic,
	}
	pages := []string{at(id), at(id, "/sheet"), at(id, "/history"), at(id, "/card"), "/families", "/", "/audit", "/families?q=" + url.QueryEscape(form.Lead.GivenName)}
	seen := map[auth.Class]bool{}
	for _, party := range place.Countries() {
		for _, role := range auth.Roles() {
			browser := s.As(t, role, party)
			for _, path := range pages {
				text := string(browser.Get(path).Body)
				for marker, class := range markers {
					if !strings.Contains(text, marker) {
						continue
					}
					seen[class] = true
					if party != place.Egypt {
						t.Errorf("%s of the other country sees %s on %s", role, class, path)
					} else if auth.View(role, class) != auth.Shown {
						t.Errorf("%s sees %s (%s) on %s, and the table says %s", role, class, marker, path, auth.View(role, class))
					}
				}
			}
		}
	}
	for _, class := range []auth.Class{auth.ClassGuardian, auth.ClassHousehold, auth.ClassAddress, auth.ClassDistrict, auth.ClassFinance, auth.ClassHealth, auth.ClassGPS, auth.ClassDemographic} {
		if !seen[class] {
			t.Errorf("nobody sees %s anywhere: the markers do not reach the pages", class)
		}
	}
	if seen[auth.ClassIdentity] || seen[auth.ClassBank] {
		t.Error("a number that is only shown on demand stands on a page")
	}
}
