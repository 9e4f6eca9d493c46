package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/store"
)

// An export on the command line is held to what the user may see whom --as names, and stands in the log under that name.
func TestExportAs(t *testing.T) {
	dir := importOffice(t, "")
	file, mapping := rosterFile(t, 3, false)
	run(t, 0, "import", "families", file, "--map", mapping, "--data", dir, "--as", importer)
	withOffice(t, dir, "", func(_ *store.DB, svc *service.Service) {
		for _, u := range []intake.User{{Email: "reviewer@test.example", Name: "مراجعة", Role: "reviewer", Party: "EG", All: "yes"},
			{Email: "doha@test.example", Name: "مراجع", Role: "reviewer", Party: "QA", All: "yes"}, {Email: "elsewhere@test.example", Name: "منسق", Role: "coordinator", Party: "EG", Areas: []string{"EG-C"}}} {
			if _, err := svc.People.Invite(t.Context(), auth.SystemActor(place.Country(u.Party)), &u, service.Write{}); err != nil {
				t.Fatal(err)
			}
		}
	})
	out := t.TempDir()
	n := 0
	export := func(want int, as string, more ...string) string {
		n++
		name := filepath.Join(out, string(rune('a'+n))+".csv")
		said := run(t, want, append([]string{"export", "families", "--out", name, "--columns", "number,lead.id_number,lead.rest_of_name", "--data", dir, "--as", as}, more...)...)
		body, err := os.ReadFile(name)
		if want == 0 && err != nil {
			t.Fatal(err)
		}
		if want != 0 && err == nil {
			t.Errorf("%s left a file behind", as)
		}
		return said + string(body)
	}
	if got := export(0, "reviewer@test.example"); !strings.Contains(got, "3 rows") || !strings.Contains(got, "••••") {
		t.Errorf("without --full: %s", got)
	}
	if got := export(0, "reviewer@test.example", "--full"); !strings.Contains(got, "3 rows") || strings.Contains(got, "••••") {
		t.Errorf("with --full: %s", got)
	}
	for _, as := range []string{"doha@test.example", "elsewhere@test.example"} {
		got := export(0, as)
		if !strings.Contains(got, "0 rows") {
			t.Errorf("%s got %s", as, got)
		}
		if said := strings.Contains(got, `"lead.id_number" is left out`); said != (as == "elsewhere@test.example") {
			t.Errorf("%s has the column or not, and hears %s", as, got)
		}
	}
	export(1, importer, "--full") // whole numbers are not for who enters
	export(1, "nobody@test.example")
	if got := export(1, importer, "--full", "--lang", "ar"); !strings.Contains(got, "صلاحية") {
		t.Errorf("a refusal in Arabic: %s", got)
	}
	if got := export(1, importer, "--full", "--lang", "en"); !strings.Contains(got, "not allowed") {
		t.Errorf("a refusal in English: %s", got)
	}
	run(t, 2, "export", "families", "--out", filepath.Join(out, "x.csv"), "--data", dir)
	for _, bad := range [][]string{{"--out", filepath.Join(out, "x.txt")}, {"--out", filepath.Join(out, "x.csv"), "--lang", "fr"}} {
		run(t, 2, append([]string{"export", "families", "--data", dir, "--as", "reviewer@test.example"}, bad...)...)
		if _, err := os.Stat(bad[1]); err == nil {
			t.Errorf("%v left a file behind", bad)
		}
	}
	withOffice(t, dir, "", func(db *store.DB, _ *service.Service) {
		found := map[string]int{}
		err := db.View(t.Context(), func(tx *store.Tx) error {
			entries, err := tx.ListAudit(store.Scope{Party: place.Egypt}, store.AuditQuery{Limit: 100})
			for _, e := range entries {
				if e.Entity == "export" {
					found[e.Action+" "+e.ActorName]++
				}
			}
			return err
		})
		if err != nil || found["export.run مراجعة"] != 1 || found["export.full مراجعة"] != 1 || found["export.run منسق"] != 1 {
			t.Errorf("the log has %v, %v", found, err)
		}
	})
}
