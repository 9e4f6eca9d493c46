package store_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// raw opens the database behind a store's back, as an intruder or an administrator with another tool would.
func raw(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(dsn, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// dsns runs a test with the DSN of an empty database of each engine.
func dsns(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, storetest.PostgresDSN(t)) })
}

// populate puts something into every table and returns values that must not be readable at rest.
func populate(t *testing.T, db *store.DB) (secrets []string) {
	t.Helper()
	for i := range 40 {
		f := storetest.Family([]place.Country{"EG", "QA"}[i%2], i)
		f.Record.Address.Text = fmt.Sprintf("بيت رقم %d خلف المسجد", 7000+i)
		secrets = append(secrets, f.Record.Lead.IDNumber, strings.TrimPrefix(f.Record.Lead.Phones[0].Number, "+"), f.Record.Formal[0].Number, f.Record.Address.Text,
			"below_half")
		storetest.Insert(t, db, f)
		storetest.Update(t, db, func(tx *store.Tx) error {
			set := &store.CriteriaSet{Party: f.Party, Body: []byte("{}")}
			if err := tx.InsertCriteriaSet(set); err != nil {
				return err
			}
			user := &auth.User{Email: fmt.Sprintf("u%d@example.org", i), Party: f.Party}
			if err := tx.InsertUser(user); err != nil {
				return err
			}
			_, hash := auth.NewToken()
			_, link := auth.NewLink(auth.Invitation, user.ID, 1, storetest.Noon)
			id := f.Record.Lead.IDNumber
			note := "ملاحظة عن " + id
			_, err := tx.NextSerial(f.Party, 2026)
			hidden, e := storetest.FillExhibition(tx, f.ID, f.Party)
			secrets = append(secrets, hidden...)
			return errors.Join(err, e, storetest.FillImport(tx, f.Party, user.ID, f.ID, id),
				tx.PutDraft(&store.Draft{FamilyID: f.ID, Kind: store.DraftEntry, Form: []byte(`{"lead":{"id_number":"` + id + `"}}`)}),
				tx.InsertDocument(&registry.Document{FamilyID: f.ID, Number: id, FileName: id + ".jpg"}, []byte("scan of "+id), []byte("small "+id)),
				tx.InsertVisit(&registry.Visit{FamilyID: f.ID, Note: note, Lat: "31.987654"}),
				tx.InsertEvent(&registry.Event{FamilyID: f.ID, Note: note}),
				tx.InsertWaiver(&registry.Waiver{FamilyID: f.ID, Reason: note}),
				tx.InsertAssessment(&store.Assessment{FamilyID: f.ID, SetID: set.ID, Body: []byte(`{"nid":"` + id + `"}`)}),
				tx.InsertFilter(&store.SavedFilter{UserID: user.ID, Name: "x", Query: "q=" + id}),
				tx.InsertJob(&store.Job{Kind: "recheck", Party: f.Party}), storetest.FillExport(tx, user.ID, f.Party, id), storetest.FillOutbox(tx, user.ID, f.Party, id),
				tx.InsertSession(&auth.Session{Hash: hash, UserID: user.ID}), tx.InsertLink(&link),
				tx.RecordFailure(id+"@example.org", "198.51.100.77", storetest.Noon),
				tx.KeepIdempotency(user.ID, "key", []byte("hash"), "/families/1", storetest.Noon))
		})
	}
	storetest.FillProducts(t, db, "سر اللجنة عن المنتج")
	storetest.FillPlaces(t, db)
	storetest.FillReports(t, db)
	storetest.FillPairs(t, db, "سر اللجنة عن الأختين")
	storetest.FillMerge(t, db, "مشروع سر الدمج")
	storetest.FillIncentives(t, db, "سر منحة الأسرة")
	storetest.FillAllocations(t, db, "بذرة لا يعرفها أحد قبل القرعة")
	storetest.FillSeasonPlan(t, db, "المهندسة التي لا يعرفها الطرف الآخر")
	return append(secrets, "31.987654", "198.51.100.77", "سر اللجنة", "سر منحة الأسرة", "المهندسة التي لا يعرفها الطرف الآخر", "بذرة لا يعرفها أحد قبل القرعة")
}

// TestNothingReadableAtRest looks for protected values in the bytes of the files, the write-ahead log among them, and in every table.
func TestNothingReadableAtRest(t *testing.T) {
	dsns(t, func(t *testing.T, dsn string) {
		db := storetest.OpenAt(t, dsn, storetest.Keys(t))
		secrets := populate(t, db)
		var dump bytes.Buffer
		if !strings.HasPrefix(dsn, "postgres") {
			for _, suffix := range []string{"", "-wal"} {
				b, err := os.ReadFile(dsn + suffix)
				if err != nil {
					t.Fatal(err)
				}
				dump.Write(b)
			}
		}
		r := raw(t, dsn)
		for _, table := range store.TableNames() {
			rows, err := r.Query("SELECT * FROM " + table)
			if err != nil {
				t.Fatal(err)
			}
			columns, _ := rows.Columns()
			n := 0
			for rows.Next() {
				values, dest := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					dest[i] = &values[i]
				}
				if err := rows.Scan(dest...); err != nil {
					t.Fatal(err)
				}
				for _, v := range values {
					if b, ok := v.([]byte); ok {
						v = string(b)
					}
					fmt.Fprintln(&dump, v)
				}
				n++
			}
			if n == 0 && table != "family_backlog" { // ids only, and only in a database that is older than it
				t.Errorf("table %s is empty: the test proves nothing about it", table)
			}
			rows.Close()
		}
		text := dump.String()
		for _, s := range secrets {
			if i := strings.Index(text, s); i >= 0 {
				t.Errorf("%q is readable in %q", s, text[max(0, i-60):min(len(text), i+60)])
			}
		}
		if !strings.Contains(text, "فاطم") {
			t.Error("names are not found either: the dump is not what it should be")
		}
	})
}

// TestTamper edits the log with plain SQL and expects the verification to name the place.
func TestTamper(t *testing.T) {
	for name, test := range map[string]struct {
		sql    []string
		seq    int64
		reason string
	}{
		"nothing":           {nil, 0, ""},
		"edited":            {[]string{`UPDATE audit SET actor_name = 'x' WHERE seq = 4`}, 4, "hash"},
		"sealed edited":     {[]string{`UPDATE audit SET changes = (SELECT changes FROM audit WHERE seq = 2) WHERE seq = 3`}, 3, "hash"},
		"deleted":           {[]string{`DELETE FROM audit WHERE seq = 5`}, 5, "gap"},
		"deleted, closed":   {[]string{`DELETE FROM audit WHERE seq = 5`, `UPDATE audit SET seq = 5 WHERE seq = 6`}, 5, "hash"},
		"first deleted":     {[]string{`DELETE FROM audit WHERE seq = 1`}, 1, "gap"},
		"swapped":           {[]string{`UPDATE audit SET seq = 99 WHERE seq = 2`, `UPDATE audit SET seq = 2 WHERE seq = 3`, `UPDATE audit SET seq = 3 WHERE seq = 99`}, 2, "hash"},
		"cut off":           {[]string{`DELETE FROM audit WHERE seq > 7`}, 8, "head_seq"},
		"cut off with head": {[]string{`DELETE FROM audit WHERE seq > 7`, `UPDATE audit_head SET seq = 7, hash = (SELECT hash FROM audit WHERE seq = 7)`}, 7, "head_mac"},
		"all gone":          {[]string{`DELETE FROM audit`}, 1, "head_seq"},
		"head gone":         {[]string{`DELETE FROM audit_head`}, 10, "head_missing"},
		"added behind": {[]string{`INSERT INTO audit SELECT 11, at, actor_id, actor_name, role, party, address, action, entity, entity_id, area, changes, hash
			FROM audit WHERE seq = 10`}, 11, "hash"},
	} {
		t.Run(name, func(t *testing.T) {
			dsns(t, func(t *testing.T, dsn string) {
				keys := storetest.Keys(t)
				db := storetest.OpenAt(t, dsn, keys)
				for i := range 10 {
					storetest.Insert(t, db, storetest.Family("EG", i))
				}
				db.Close()
				r := raw(t, dsn)
				for _, s := range test.sql {
					if _, err := r.Exec(s); err != nil {
						t.Fatal(err)
					}
				}
				got, err := store.VerifyAudit(t.Context(), storetest.OpenAt(t, dsn, keys))
				if err != nil || got.FirstBroken != test.seq || got.Reason != test.reason {
					t.Errorf("got %+v, %v, want %d %s", got, err, test.seq, test.reason)
				}
			})
		})
	}
}

// TestDoctorFinds breaks one thing at a time behind the store's back.
func TestDoctorFinds(t *testing.T) {
	for check, broken := range map[string]string{
		"foreign_keys": `DELETE FROM app_user WHERE id = 1`,
		"audit_chain":  `UPDATE audit SET area = 'EG-X' WHERE seq = 3`,
		"orphans":      `DELETE FROM document_blob WHERE document_id = 3`,
		"records":      `DELETE FROM identifier WHERE family_id = 4`,
		"sealed":       `UPDATE event SET uid = 'x' WHERE id = 6`,
		"audited":      `DELETE FROM audit WHERE entity_id = 5`,
	} {
		t.Run(check, func(t *testing.T) {
			dsn := filepath.Join(t.TempDir(), "test.db")
			db := storetest.OpenAt(t, dsn, storetest.Keys(t))
			populate(t, db)
			if _, err := raw(t, dsn).Exec(broken); err != nil {
				t.Fatal(err)
			}
			findings, err := db.Doctor(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				also := check == "audited" && f.Check == "audit_chain" // a deleted entry breaks the chain too
				if (f.Severity == store.SeverityOK) == (f.Check == check) && !also {
					t.Errorf("got %+v after breaking %s", f, check)
				}
			}
		})
	}
}

func TestBackupAndRestore(t *testing.T) {
	dsns(t, func(t *testing.T, dsn string) {
		keys := storetest.Keys(t)
		db := storetest.OpenAt(t, dsn, keys)
		populate(t, db)
		// Writes go on meanwhile.
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for i := 1000; ; i++ {
				select {
				case <-stop:
					return
				default:
					storetest.Insert(t, db, storetest.Family("EG", i))
				}
			}
		}()
		path := filepath.Join(t.TempDir(), "backup.db")
		err := db.Backup(t.Context(), path)
		close(stop)
		<-ended
		if err != nil {
			t.Fatalf("backup: %v", err)
		}
		if err := db.Backup(t.Context(), path); !fault.Is(err, fault.State) {
			t.Errorf("over a file: got %v, want a refusal", err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("got mode %v, %v, want 0600", info.Mode(), err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		dsns(t, func(t *testing.T, to string) {
			if err := store.Restore(t.Context(), path, to, keys); err != nil {
				t.Fatalf("restore: %v", err)
			}
			if err := store.Restore(t.Context(), path, to, keys); !fault.Is(err, fault.State) {
				t.Errorf("over data: got %v, want a refusal", err)
			}
			restored := storetest.OpenAt(t, to, keys)
			healthy(t, restored)
			storetest.Insert(t, restored, storetest.Family("EG", 999_999)) // ids go on
			storetest.View(t, restored, func(tx *store.Tx) error {
				page, err := tx.ListFamilies(storetest.All("QA"), store.FamilyQuery{})
				if page.Total != 20 {
					t.Errorf("got %d families, want 20", page.Total)
				}
				return err
			})
		})
		after, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(before, after) {
			t.Error("the backup was changed by restoring it")
		}
		after[len(after)/2] ^= 0xff
		damaged := filepath.Join(t.TempDir(), "damaged.db")
		copy(after[4096*3:], bytes.Repeat([]byte{0xaa}, 4096*4))
		if err := os.WriteFile(damaged, after, 0o600); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "new.db")
		if err := store.Restore(t.Context(), damaged, to, keys); err == nil {
			t.Error("a damaged backup was restored")
		}
		if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a failed restore left something: %v", err)
		}
	})
}

func healthy(t *testing.T, db *store.DB) {
	t.Helper()
	findings, err := db.Doctor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Severity != store.SeverityOK {
			t.Errorf("got %+v, want a healthy database", f)
		}
	}
}

func TestMove(t *testing.T) {
	keys := storetest.Keys(t)
	lite := storetest.OpenAt(t, filepath.Join(t.TempDir(), "a.db"), keys)
	populate(t, lite)
	was, err := store.VerifyAudit(t.Context(), lite)
	if err != nil {
		t.Fatal(err)
	}
	pg := storetest.OpenAt(t, storetest.PostgresDSN(t), keys)
	back := storetest.OpenAt(t, filepath.Join(t.TempDir(), "b.db"), keys)
	if err := store.Move(t.Context(), lite, pg); err != nil {
		t.Fatalf("to PostgreSQL: %v", err)
	}
	healthy(t, pg)
	storetest.Insert(t, pg, storetest.Family("EG", 5001))
	if err := store.Move(t.Context(), lite, pg); !fault.Is(err, fault.State) {
		t.Errorf("over data: got %v, want a refusal", err)
	}
	if err := store.Move(t.Context(), pg, back); err != nil {
		t.Fatalf("back: %v", err)
	}
	healthy(t, back)
	a, _ := store.VerifyAudit(t.Context(), pg)
	b, _ := store.VerifyAudit(t.Context(), back)
	if a != b || a.Entries != was.Entries+1 { // one of the family that was entered meanwhile
		t.Errorf("got chains %+v and %+v, want the same %d entries", a, b, was.Entries+1)
	}
}

func TestOpenRefuses(t *testing.T) {
	dsns(t, func(t *testing.T, dsn string) {
		keys := storetest.Keys(t)
		if has, err := store.HasData(t.Context(), dsn); has || err != nil {
			t.Errorf("before: got data %v, %v, want none", has, err)
		}
		db := storetest.OpenAt(t, dsn, keys)
		db.Close()
		if has, err := store.HasData(t.Context(), dsn); !has || err != nil {
			t.Errorf("after: got data %v, %v, want some", has, err)
		}
		key := func(k any) string {
			var f *fault.Error
			if err, _ := k.(error); errors.As(err, &f) {
				return f.Key
			}
			return fmt.Sprint(k)
		}
		_, err := store.Open(t.Context(), dsn, storetest.Keys(t), store.Options{})
		if got, want := key(err), "store.other_keys"; got != want {
			t.Errorf("other keys: got %s, want %s", got, want)
		}
		r := raw(t, dsn)
		if _, err := r.Exec(`INSERT INTO schema_migration (number, name, checksum) VALUES (9000, 'x', 'y')`); err != nil {
			t.Fatal(err)
		}
		_, err = store.Open(t.Context(), dsn, keys, store.Options{})
		if got, want := key(err), "store.newer"; got != want {
			t.Errorf("newer: got %s, want %s", got, want)
		}
		if _, err := r.Exec(`DELETE FROM schema_migration WHERE number = 9000`); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Exec(`UPDATE schema_migration SET checksum = 'y'`); err != nil {
			t.Fatal(err)
		}
		_, err = store.Open(t.Context(), dsn, keys, store.Options{})
		if got, want := key(err), "store.other_schema"; got != want {
			t.Errorf("other schema: got %s, want %s", got, want)
		}
	})
	if _, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "no\x00pe", "x.db"), storetest.Keys(t), store.Options{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("bad path: got %v, want unavailable", err)
	}
}

// TestOddPaths opens files whose names mean something in a URL.
func TestOddPaths(t *testing.T) {
	for _, name := range []string{"قاعدة البيانات.db", "a b?c=d.db", "50%25.db", "x#y&z.db"} {
		path := filepath.Join(t.TempDir(), name)
		db := storetest.OpenAt(t, path, storetest.Keys(t))
		storetest.Insert(t, db, storetest.Family("EG", 1))
		backup := path + ".backup"
		if err := db.Backup(t.Context(), backup); err != nil {
			t.Errorf("%s: backup: %v", name, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGoldenSchema holds the migrated schema to the dump in testdata, so that every change of it shows in a review.
func TestGoldenSchema(t *testing.T) {
	for engine, query := range map[string]string{
		"sqlite": `SELECT type || ' ' || name || char(10) || coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name`,
		"postgres": `SELECT line FROM (
			SELECT 'column ' || table_name || '.' || lpad(ordinal_position::text, 2, '0') || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' '
				|| coalesce(collation_name, '') || ' ' || is_identity AS line FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
			UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace) x
			ORDER BY line COLLATE "C"`,
	} {
		t.Run(engine, func(t *testing.T) {
			dsn := filepath.Join(t.TempDir(), "test.db")
			if engine == "postgres" {
				dsn = storetest.PostgresDSN(t)
			}
			storetest.OpenAt(t, dsn, storetest.Keys(t)).Close()
			rows, err := raw(t, dsn).Query(query)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			var got strings.Builder
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintln(&got, line)
			}
			file := filepath.Join("testdata", "schema."+engine+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("the schema has changed; look at the difference with: go test -run GoldenSchema -update && git diff testdata")
			}
		})
	}
}

// TestKill kills a process in the middle of concurrent saves and looks for every one that was answered.
func TestKill(t *testing.T) {
	if dir := os.Getenv("MUNTIJA_KILL_DIR"); dir != "" {
		killChild(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), "MUNTIJA_KILL_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var answered []string
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		if id, ok := strings.CutPrefix(scanner.Text(), "saved "); ok {
			answered = append(answered, id)
		}
		if len(answered) == 1500 {
			cmd.Process.Kill() // SIGKILL; what it still wrote to the pipe was answered too
		}
	}
	cmd.Wait()
	if len(answered) < 1500 {
		t.Fatalf("the child saved %d only", len(answered))
	}
	keys := openKeys(t, dir)
	db := storetest.OpenAt(t, filepath.Join(dir, "test.db"), keys)
	storetest.View(t, db, func(tx *store.Tx) error {
		for _, line := range answered {
			var id int64
			var nid string
			if _, err := fmt.Sscan(line, &id, &nid); err != nil {
				return err
			}
			f, err := tx.FamilyByID(storetest.All("EG"), id)
			if err != nil || f.Record.Lead.IDNumber != nid {
				t.Fatalf("family %d was answered and is lost: %v", id, err)
			}
		}
		return nil
	})
	healthy(t, db)
}

func killChild(t *testing.T, dir string) {
	db := storetest.OpenAt(t, filepath.Join(dir, "test.db"), openKeys(t, dir))
	var wg sync.WaitGroup
	var mu sync.Mutex
	for g := range 32 {
		wg.Go(func() {
			for i := range 10_000 {
				f := storetest.Family("EG", g*10_000+i)
				err := db.Update(context.Background(), func(tx *store.Tx) error { return storetest.Save(tx, f, store.FamilyExtra{}) })
				if err != nil {
					return
				}
				mu.Lock()
				fmt.Printf("saved %d %s\n", f.ID, f.Record.Lead.IDNumber)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// TestTwoProcesses lets two open databases on the same data write at once, as two servers on PostgreSQL or a server and a command do.
func TestTwoProcesses(t *testing.T) {
	dsns(t, func(t *testing.T, dsn string) {
		keys := storetest.Keys(t)
		dbs := []*store.DB{storetest.OpenAt(t, dsn, keys), storetest.OpenAt(t, dsn, keys)}
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 25 {
					ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
					f := storetest.Family("EG", g*100+i)
					err := dbs[g%2].Update(ctx, func(tx *store.Tx) error {
						n, err := tx.NextSerial("EG", 2026)
						if err != nil {
							return err
						}
						f.Status.Number = registry.MakeNumber("EG", 2026, n)
						return storetest.Save(tx, f, store.FamilyExtra{})
					})
					cancel()
					if err != nil {
						t.Errorf("got %v", err)
						return
					}
				}
			})
		}
		wg.Wait()
		r, err := store.VerifyAudit(t.Context(), dbs[0])
		if err != nil || r.Entries != 200 || r.Reason != "" {
			t.Errorf("got chain %+v, %v, want 200 whole entries", r, err)
		}
		healthy(t, dbs[1])
	})
}

func openKeys(t *testing.T, dir string) *seal.Keyring {
	t.Helper()
	k, err := seal.Open(filepath.Join(dir, "keys", "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}
