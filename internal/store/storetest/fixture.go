// Package storetest is the suite that every engine of package store must pass, and the helpers to open databases for tests.
//
// [Open] gives a fresh SQLite database. [Each] runs a test on SQLite, and on PostgreSQL if MUNTIJA_TEST_PG holds the URL of a server on
// which databases may be made; without it that half is skipped visibly. [Run] is the suite.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/store"
)

// Keys returns fresh keys in a folder of the test.
func Keys(t testing.TB) *seal.Keyring {
	t.Helper()
	k, err := seal.Open(filepath.Join(t.TempDir(), "keys", "keys.json"))
	if err != nil {
		t.Fatalf("making keys: %v", err)
	}
	return k
}

// Open returns a fresh SQLite database that is closed with the test.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return OpenAt(t, filepath.Join(t.TempDir(), "test.db"), Keys(t))
}

// OpenAt opens the database at dsn; it is closed with the test.
func OpenAt(t testing.TB, dsn string, keys *seal.Keyring) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, keys, store.Options{})
	if err != nil {
		t.Fatalf("opening %s: %v", dsn, err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// PostgresDSN makes an empty database on the server of MUNTIJA_TEST_PG and returns its URL; it is dropped with the test. Without a server the
// test is skipped.
func PostgresDSN(t testing.TB) string {
	t.Helper()
	server := os.Getenv("MUNTIJA_TEST_PG")
	if server == "" {
		t.Skip("no PostgreSQL: MUNTIJA_TEST_PG is not set")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatalf("opening the server: %v", err)
	}
	name := fmt.Sprintf("muntija_test_%d_%s", os.Getpid(), rand.Text()[:8])
	if _, err := admin.Exec(`CREATE DATABASE "` + name + `" TEMPLATE template0 ENCODING 'UTF8'`); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(`DROP DATABASE "` + name + `" WITH (FORCE)`); err != nil {
			t.Errorf("dropping the database: %v", err)
		}
		admin.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("reading the server's URL: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

// Each runs a test on a fresh database of each engine.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, Open(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, OpenAt(t, PostgresDSN(t), Keys(t))) })
}

// Update runs fn and fails the test on an error.
func Update(t testing.TB, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Update(context.Background(), fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// View runs fn and fails the test on an error.
func View(t testing.TB, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.View(context.Background(), fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// Noon is the moment at which the families of this package are made.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

var (
	given    = []string{"فاطمة", "محمد", "أحمد", "عائشة", "مريم", "عبد الرحمن", "زينب", "خالد", "نورة", "إبراهيم", "سعاد", "حمد"}
	fathers  = []string{"علي", "حسن", "محمود", "سالم", "يوسف", "راشد", "عبد الله", "مبارك", "السيد", "الكواري"}
	villages = []string{"تونس", "النزلة", "أخميم", "نقادة", "فوة", "حجازة", "جراجوس"}
	// AreasEG and AreasQA are areas that the made families are in.
	AreasEG = []string{"EG-C", "EG-GZ", "EG-ALX", "EG-FYM", "EG-SHG", "EG-ASN", "EG-LX", "EG-KFS"}
	AreasQA = []string{"QA-DA", "QA-RA", "QA-WA", "QA-KH"}
)

// Family returns the n-th made family of a party: a draft with an identity number, a phone, a licence number and household of its own. The
// same n gives the same family.
func Family(party place.Country, n int) *registry.Family {
	areas, idType, id, phone := AreasEG, "eg_nid", fmt.Sprintf("2%013d", 8_010_100_000_000+int64(n)%1_000_000_000), fmt.Sprintf("+2010%08d", n)
	if party == "QA" {
		areas, idType, id, phone = AreasQA, "qid", fmt.Sprintf("285634%05d", n%100_000), fmt.Sprintf("+974%08d", 33_000_000+n)
	}
	sex := registry.Female
	if n%3 == 0 {
		sex = registry.Male
	}
	crafts := registry.Crafts()
	f := &registry.Family{Party: party}
	f.Record.Case = registry.Case{Channel: "field_visit", ApplicationDate: date(2026, 2, 1+n%28), Round: "2026-1", FileNo: fmt.Sprintf("ملف/%d", n)}
	f.Record.Lead = registry.LeadProducer{
		GivenName: given[n%len(given)], RestOfName: fathers[n/7%len(fathers)] + " " + fathers[n/31%len(fathers)], IDType: idType, IDNumber: id,
		BirthDate: date(1980, 1+n%12, 1+n%28), Sex: sex, Nationality: string(party), Literacy: registry.Yes,
		Phones: []registry.Phone{{Number: phone, Use: "own", WhatsApp: true}},
	}
	f.Record.Household = registry.Household{Size: 4, IncomeBand: "below_half", Members: []registry.Member{
		{Name: given[(n+1)%len(given)], Relation: "daughter", Sex: "f", BirthYear: 2010}, {Name: given[(n+2)%len(given)], Relation: "son", Sex: "m", BirthYear: 2012}}}
	if n%4 == 0 {
		f.Record.Household.Benefits = []registry.Benefit{{Programme: "takaful", Status: "current", Since: date(2024, 1, 1)}}
	}
	f.Record.Address = registry.Address{Area: areas[n%len(areas)], District: "مركز " + villages[n/3%len(villages)], Village: villages[n/5%len(villages)], Street: fmt.Sprintf("شارع %d", n)}
	f.Record.Project = registry.Project{Name: "مشغل " + villages[n%len(villages)], Craft: crafts[n%len(crafts)].Code, Stage: "operating", AtHome: registry.Yes}
	f.Record.Formal = []registry.FormalItem{{Kind: "bank_account", Number: fmt.Sprintf("EG3800190005000000002631800%02d%04d", n%97, n%10_000), State: "valid"}}
	f.Record.Consents = []registry.Consent{{Scope: registry.ConsentOwnMinistry, Version: registry.ConsentVersion, Given: true, Date: date(2026, 2, 1), How: "signature"}}
	at := Noon.Add(time.Duration(n) * time.Second)
	f.Status = registry.Registration{State: registry.Draft, EnteredBy: int64(1 + n%9), CreatedAt: at, UpdatedAt: at}
	return f
}

func date(y, m, d int) calendar.Date {
	out, err := calendar.New(y, m, d)
	if err != nil {
		panic(err)
	}
	return out
}

// Insert stores families with an audit entry each, as a use-case would.
func Insert(t testing.TB, db *store.DB, families ...*registry.Family) {
	t.Helper()
	Update(t, db, func(tx *store.Tx) error {
		for _, f := range families {
			if err := Save(tx, f, store.FamilyExtra{Facts: []byte("facts"), Overall: "eligible", Points: 5}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Save stores a new family with its audit entry.
func Save(tx *store.Tx, f *registry.Family, x store.FamilyExtra) error {
	if err := tx.InsertFamily(f, x); err != nil {
		return err
	}
	return tx.Audit(&store.AuditEntry{At: f.Status.CreatedAt, ActorID: f.Status.EnteredBy, ActorName: "باحثة", Role: "field_worker", Party: string(f.Party),
		Address: "192.0.2.7", Action: "family.create", Entity: "family", EntityID: f.ID, Area: f.Record.Address.Area,
		Changes: []registry.Change{{Path: "lead.id_number", Class: "identity", New: f.Record.Lead.IDNumber},
			{Path: "lead.phones[0].number", Class: "phone", New: f.Record.Lead.Phones[0].Number}}, Note: "رقم " + f.Record.Lead.IDNumber})
}

// arabicKey is the order of names.
func arabicKey(f *registry.Family) string { return arabic.SortKey(f.Record.Lead.DisplayName()) }
