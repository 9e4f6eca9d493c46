package storetest

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muntija/internal/arabic"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/store"
)

// Many returns the path of an SQLite database with n families, made by plain SQL, and its keys. It is made once in MUNTIJA_BENCH_DIR (by default a
// folder of the test) and kept there. The families are spread as real ones are: unevenly over areas and crafts, drafts among the newest, terms
// that end, names that many share. They have no record: lists, counts, facts and searches work, forms do not.
func Many(t testing.TB, n int) (path string, keys *seal.Keyring) {
	t.Helper()
	dir := os.Getenv("MUNTIJA_BENCH_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	path = filepath.Join(dir, fmt.Sprintf("families-%d.db", n))
	keys, err := seal.Open(filepath.Join(dir, "keys", "keys.json"))
	if err != nil {
		t.Fatalf("making keys: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		return path, keys
	}
	tmp := path + ".making"
	os.Remove(tmp)
	db, err := store.Open(t.Context(), tmp, keys, store.Options{})
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	db.Close()
	begun := time.Now()
	if err := fillMany(tmp, keys, n); err != nil {
		t.Fatalf("filling: %v", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		t.Fatal(err)
	}
	t.Logf("made %d families in %v", n, time.Since(begun).Round(time.Second))
	return path, keys
}

func fillMany(path string, keys *seal.Keyring, n int) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=cache_size(-200000)&_pragma=temp_store(file)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		if err == nil {
			if _, err = db.Exec(query, args...); err != nil {
				err = fmt.Errorf("%.60s: %w", query, err)
			}
		}
	}
	// Indexes are made at the end, in one pass each.
	rows, err := db.Query(`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('family', 'identifier') AND sql IS NOT NULL`)
	if err != nil {
		return err
	}
	indexes := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return err
		}
		indexes[name] = text
	}
	rows.Close()
	for name := range indexes {
		exec("DROP INDEX " + name)
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	family, err := tx.Prepare(`INSERT INTO family (id, version, party, state, area, district, number, name, name_sort, project, search, craft, sex, protection,
		overall, points, amendment, entered_by, created_at, updated_at, submitted_at, submitted_by, reviewer_id, decided_at, decided_by, valid_until)
		VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 5, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	fact, err := tx.Prepare(`INSERT INTO family_fact (family_id, party, state, area, facts, id_number) VALUES (?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	identifier, err := tx.Prepare(`INSERT INTO identifier (blind, kind, party, slot, family_id) VALUES (?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	skew := func(n int) int { u := r.Float64(); return int(u * u * float64(n)) } // small numbers are more frequent
	start := time.Date(2021, 1, 1, 8, 0, 0, 0, time.UTC)
	step := 5 * 365 * 24 * time.Hour / time.Duration(n)
	areasEG := strings.Fields("EG-C EG-GZ EG-ALX EG-SHG EG-MN EG-DK EG-SHR EG-BH EG-GH EG-KB EG-AST EG-FYM EG-MNF EG-KN EG-BNS EG-KFS EG-ASN EG-DT EG-IS EG-LX EG-PTS EG-SUZ EG-MT EG-WAD EG-BA EG-SIN EG-JS")
	areasQA := strings.Fields("QA-DA QA-RA QA-WA QA-KH QA-US QA-SH QA-ZA QA-MS")
	surnames := make([]string, 400)
	for i := range surnames {
		surnames[i] = []string{"ال", "أبو ", "عبد ", ""}[i%4] + fathers[i%len(fathers)] + string([]rune("بتثجحخدرزسشصضطظعغفقكلمنهوي")[i%26]) + string([]rune("اويةن")[i%5])
	}
	protections, overalls := registry.Protections(), []string{"eligible", "not_eligible", "incomplete", "needs_review"}
	crafts := registry.Crafts()
	facts := make([]byte, 160)
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
	for i := range n {
		id := int64(i + 1)
		party, area, kind := "EG", areasEG[skew(len(areasEG))], "eg_nid"
		if i%10 == 9 {
			party, area, kind = "QA", areasQA[skew(len(areasQA))], "qid"
		}
		created := start.Add(time.Duration(i) * step)
		age := float64(n-i) / float64(n)
		state, u := "approved", r.Float64()
		switch {
		case u < 0.03 || age < 0.05 && u < 0.4:
			state = "draft"
		case u < 0.05 || age < 0.05 && u < 0.6:
			state = "submitted"
		case u < 0.06:
			state = "under_review"
		case u < 0.08:
			state = "returned"
		case u < 0.14:
			state = "rejected"
		case u < 0.145:
			state = "suspended"
		case u < 0.16:
			state = "withdrawn"
		case u < 0.162:
			state = "graduated"
		case age > 0.6 && u < 0.6:
			state = "expired"
		}
		number, submitted, decided, valid, submittedBy, reviewer := "~", "~", "~", "~", int64(0), int64(0)
		entered := int64(1 + skew(600))
		if state != "draft" {
			at := created.Add(time.Duration(r.IntN(240)) * time.Hour)
			number, submitted, submittedBy = string(registry.MakeNumber("EG", at.Year(), id)), stamp(at), entered
			if party == "QA" {
				number = string(registry.MakeNumber("QA", at.Year(), id))
			}
			if state != "submitted" && state != "under_review" {
				at = at.Add(time.Duration(r.IntN(720)) * time.Hour)
				decided = stamp(at)
				valid = at.AddDate(3, 0, -1).Format("2006-01-02")
			}
		}
		if state == "under_review" {
			reviewer = int64(700 + r.IntN(60))
		}
		name := given[skew(len(given))] + " " + fathers[skew(len(fathers))] + " " + surnames[skew(len(surnames))]
		project := "مشغل " + villages[r.IntN(len(villages))] + " " + surnames[r.IntN(len(surnames))]
		seen := map[string]bool{}
		search := ""
		for _, w := range append(arabic.Tokens(name), arabic.Tokens(project)...) {
			if !seen[w] {
				seen[w] = true
				search += " " + w
			}
		}
		sex := []string{"f", "f", "f", "f", "m"}[r.IntN(5)]
		craft := crafts[skew(len(crafts))].Code
		overall := overalls[skew(4)]
		if state == "draft" {
			overall = "incomplete"
		}
		protection := string(protections[skew(len(protections))])
		amendment := 0
		if state == "approved" && r.IntN(300) == 0 {
			amendment = 1
		}
		if _, err := family.Exec(id, party, state, area, "مركز "+villages[i%len(villages)], number, name, arabic.SortKey(name), project, search, craft, sex, protection,
			overall, amendment, entered, stamp(created), stamp(created), submitted, submittedBy, reviewer, decided, reviewer, valid); err != nil {
			return err
		}
		idNumber := fmt.Sprintf("2%013d", i)
		if _, err := fact.Exec(id, party, state, area, keys.Seal(facts, seal.Place("family_fact", "facts", id)),
			keys.Seal([]byte(idNumber), seal.Place("family_fact", "id_number", id))); err != nil {
			return err
		}
		slot := id
		if state != "draft" && state != "rejected" && state != "withdrawn" {
			slot = 0
		}
		if _, err := identifier.Exec(keys.Blind(kind, idNumber), kind, party, slot, id); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, text := range indexes {
		exec(text)
	}
	return err
}
