package store_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

// identifiersBefore makes of a database what a release before step 0021 would have left: identifiers under their family, with a mark at those that are held.
var identifiersBefore = []string{
	`CREATE TABLE before (family_id BIGINT NOT NULL, kind TEXT NOT NULL, blind %[1]s NOT NULL, party TEXT NOT NULL, holds BIGINT NOT NULL)`,
	`INSERT INTO before (family_id, kind, blind, party, holds) SELECT family_id, kind, blind, party, CASE WHEN slot = 0 THEN 1 ELSE 0 END FROM identifier`,
	`DROP TABLE identifier`,
	`CREATE TABLE identifier (family_id BIGINT NOT NULL REFERENCES family (id), kind TEXT NOT NULL, blind %[1]s NOT NULL, party TEXT NOT NULL, holds BIGINT NOT NULL,
		PRIMARY KEY (family_id, kind, blind))`,
	`CREATE INDEX identifier_blind ON identifier (blind, kind, party)`,
	`CREATE UNIQUE INDEX identifier_one ON identifier (party, kind, blind) WHERE holds = 1`,
	`INSERT INTO identifier (family_id, kind, blind, party, holds) SELECT family_id, kind, blind, party, holds FROM before`,
	`DROP TABLE before`,
	`DROP TABLE family_due`,
	`CREATE TABLE family_due (family_id BIGINT NOT NULL REFERENCES family (id), kind TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (family_id, kind))`,
	`CREATE INDEX family_due_until ON family_due (until, family_id)`,
	`INSERT INTO family_due (family_id, kind, until) VALUES (1, 'identity_card', '2027-01-01'), (1, 'licence', '2026-12-01')`,
	`DELETE FROM schema_migration WHERE number = 21`,
}

// TestIdentifiersOfAnEarlierRelease opens a database of a release before step 0021: families are found by their numbers as before, and a number that is held still keeps others out.
func TestIdentifiersOfAnEarlierRelease(t *testing.T) {
	dsns(t, func(t *testing.T, dsn string) {
		keys := storetest.Keys(t)
		db := storetest.OpenAt(t, dsn, keys)
		first, draft := storetest.Family("EG", 1), storetest.Family("EG", 2)
		draft.Record.Lead.IDNumber = first.Record.Lead.IDNumber
		if _, err := first.Submit(1, storetest.Noon); err != nil {
			t.Fatal(err)
		}
		first.Status.Number = registry.MakeNumber("EG", 2026, 1)
		storetest.Insert(t, db, first, draft)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		count := func(db *sql.DB, table string) (n int) {
			if err := db.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		old := raw(t, dsn)
		want := count(old, "identifier")
		blob := "BLOB"
		if db.Engine() == "postgres" {
			blob = "BYTEA"
		}
		for _, text := range identifiersBefore {
			if _, err := old.Exec(fmt.Sprintf(text+"%.0[1]s", blob)); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}

		db = storetest.OpenAt(t, dsn, keys)
		if got := count(raw(t, dsn), "identifier"); got != want || want < 4 {
			t.Errorf("got %d identifiers, want %d", got, want)
		}
		if got := count(raw(t, dsn), "family_due"); got != 2 {
			t.Errorf("got %d ends, want 2", got)
		}
		storetest.View(t, db, func(tx *store.Tx) error {
			got, err := tx.MatchIdentifiers("EG", store.IdentifiersOf(draft)[:1], 0)
			if len(got) != 2 || got[0].FamilyID != first.ID || got[1].FamilyID != draft.ID {
				t.Errorf("got %+v, want both families", got)
			}
			return err
		})
		if _, err := draft.Submit(1, storetest.Noon); err != nil {
			t.Fatal(err)
		}
		draft.Status.Number = registry.MakeNumber("EG", 2026, 2)
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateFamily(draft, store.FamilyExtra{}) }); !fault.Is(err, fault.Duplicate) {
			t.Errorf("a second registration with the number: %v, want a duplicate", err)
		}
		findings, err := db.Doctor(t.Context())
		if err != nil || slices.ContainsFunc(findings, func(f store.Finding) bool { return f.Severity == store.SeverityError }) {
			t.Errorf("doctor: %+v, %v", findings, err)
		}
	})
}

// TestManyBesideOthers: families that fail together take nothing of the updates with them that share their commit.
func TestManyBesideOthers(t *testing.T) {
	dsns(t, func(t *testing.T, dsn string) {
		db := storetest.OpenAt(t, dsn, storetest.Keys(t))
		family := func(i int, number string) *registry.Family {
			f := storetest.Family("EG", i)
			if _, err := f.Submit(1, storetest.Noon); err != nil {
				t.Fatal(err)
			}
			f.Record.Lead.IDNumber, f.Status.Number = number, registry.MakeNumber("EG", 2026, int64(i))
			return f
		}
		const held = "29001010101011"
		storetest.Insert(t, db, family(1, held))
		many := func(tx *store.Tx) error {
			var rs []*store.ReadyFamily
			for i := range 20 {
				number := fmt.Sprint(29001010200000 + i)
				if i == 19 {
					number = held
				}
				r := &store.ReadyFamily{Family: family(100+i, number), Event: registry.Event{At: storetest.Noon}, Audit: store.AuditEntry{At: storetest.Noon, Entity: "family"}}
				if err := db.ReadyFamily(r, store.FamilyExtra{}); err != nil {
					return err
				}
				rs = append(rs, r)
			}
			return tx.InsertFamilies(rs)
		}
		inside, free, done := make(chan bool), make(chan bool), make(chan error, 3)
		go db.Update(t.Context(), func(*store.Tx) error { close(inside); <-free; return nil })
		<-inside
		one := func(f *registry.Family) func(*store.Tx) error {
			return func(tx *store.Tx) error { return storetest.Save(tx, f, store.FamilyExtra{}) }
		}
		for i, fn := range []func(*store.Tx) error{one(family(2, "29001010101012")), many, one(family(3, "29001010101013"))} {
			go func() { done <- db.Update(t.Context(), fn) }()
			for db.Waiting() != i+1 {
				time.Sleep(time.Millisecond)
			}
		}
		close(free)
		failed := 0
		for range 3 {
			if err := <-done; err != nil {
				if failed++; !fault.Is(err, fault.Duplicate) {
					t.Errorf("got %v, want a duplicate", err)
				}
			}
		}
		storetest.View(t, db, func(tx *store.Tx) error {
			p, err := tx.ListFamilies(storetest.All("EG"), store.FamilyQuery{Limit: 200})
			if failed != 1 || len(p.Rows) != 3 {
				t.Errorf("%d of three updates failed and %d families are there, want 1 and 3", failed, len(p.Rows))
			}
			return err
		})
	})
}
