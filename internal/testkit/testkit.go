// Package testkit is what tests of several packages stand on: a whole office on a database of its own ([Service]), people to act in it ([Actor]),
// forms to hand in ([Form]), families walked to a state ([Office.Family]), the pages with a signed-in browser ([Web]) and checks of their HTML.
//
// # Design
//
// Everything is real: the store is SQLite in a temporary folder, keys are made, criteria are those that come with the program, passwords are
// hashed. Only the clock is the test's: it stands still until the test moves it ([Clock]). A test gets its own database in a few milliseconds, because
// the empty office is made once per process and copied.
//
// The people are the same in every office and have the same ids, so that [Actor] needs no database: for each party one of every role, and a
// second field worker and reviewer ([SecondActor]), since half of the rules are about two people.
//
// # Limits
//
// Tests inside package service or web cannot import this package, as it imports them; they stand in service_test and web_test.
package testkit

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muntija/fixtures"
	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/highs"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/seal"
	"muntija/internal/service"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// Start is the instant at which every test's clock begins: a Monday noon at the office.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Password is the password of everybody in a test's office.
const Password = "Heron-94-lantern_wheat"

// Clock is a clock that a test sets. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time that was set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to an instant, also backwards.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Today returns the civil day of the clock at the office.
func (c *Clock) Today() calendar.Date { return calendar.Of(c.Now().Add(3 * time.Hour)) }

// Office is a service on a database of its own, with people and criteria of both parties.
type Office struct {
	*service.Service
	DB    *store.DB
	Keys  *seal.Keyring
	Clock *Clock
	Path  string // of the SQLite file
	Log   *slog.Logger
}

// Service returns an office that ends with the test. Its clock stands at [Start].
func Service(t testing.TB) *Office {
	t.Helper()
	dir := t.TempDir()
	p, err := pattern()
	if err != nil {
		t.Fatal("testkit: ", err)
	}
	path, keyPath := filepath.Join(dir, "muntija.db"), filepath.Join(dir, "muntija.key")
	if err := os.WriteFile(path, p.db, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyPath, p.key, 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := open(path, keyPath)
	if err != nil {
		t.Fatal("testkit: ", err)
	}
	t.Cleanup(func() {
		if err := o.DB.Close(); err != nil {
			t.Error("testkit: closing the store: ", err)
		}
	})
	return o
}

func open(path, keyPath string) (*Office, error) {
	keys, err := seal.Open(keyPath)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(context.Background(), path, keys, store.Options{CacheKB: 2048})
	if err != nil {
		return nil, err
	}
	o := &Office{DB: db, Keys: keys, Clock: &Clock{now: Start}, Path: path, Log: slog.New(slog.DiscardHandler)}
	o.Service = service.New(service.Deps{DB: db, Keys: keys, Clock: o.Clock.Now, Log: o.Log, PlanCache: highs.UserCache(),
		Words: func(lang string) sheet.Say { return locale.Default().For(lang).T }})
	return o, nil
}

// made is an office as files.
type made struct{ db, key []byte }

// pattern is the empty office that every test gets a copy of, made once per process.
var pattern = sync.OnceValues(func() (made, error) {
	var m made
	dir, err := os.MkdirTemp("", "muntija-testkit-")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	path, keyPath := filepath.Join(dir, "muntija.db"), filepath.Join(dir, "muntija.key")
	o, err := open(path, keyPath)
	if err != nil {
		return m, err
	}
	if err := o.furnish(); err != nil {
		return m, err
	}
	if err := o.DB.Close(); err != nil {
		return m, err
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		return m, fmt.Errorf("the store left a write-ahead log behind: a copy of its file would lack it")
	}
	if m.db, err = os.ReadFile(path); err != nil {
		return m, err
	}
	m.key, err = os.ReadFile(keyPath)
	return m, err
})

// furnish puts people and criteria into an empty office.
func (o *Office) furnish() error {
	ctx := context.Background()
	hash, err := auth.HashPassword(ctx, Password)
	if err != nil {
		return err
	}
	for _, u := range people {
		u := u
		want := u.ID
		u.PasswordHash, u.PasswordAt, u.CreatedAt = hash, Start, Start
		if err := o.DB.Update(ctx, func(tx *store.Tx) error { return tx.InsertUser(&u) }); err != nil {
			return err
		}
		if u.ID != want {
			return fmt.Errorf("%s got id %d, want %d", u.Email, u.ID, want)
		}
	}
	for _, party := range place.Countries() {
		body, err := fixtures.Criteria(string(party))
		if err != nil {
			return err
		}
		if made, err := o.Criteria.Seed(ctx, auth.SystemActor(party), body); err != nil || !made {
			return fmt.Errorf("seeding the criteria of %s: made %v, %w", party, made, err)
		}
	}
	return nil
}

// seats are the people of each party in the order of their ids.
var seats = []struct {
	role auth.Role
	name map[place.Country]string
}{
	{auth.FieldWorker, map[place.Country]string{"EG": "فاطمة حسن", "QA": "نورة الكعبي"}},
	{auth.Reviewer, map[place.Country]string{"EG": "محمود فؤاد", "QA": "خالد المهندي"}},
	{auth.Coordinator, map[place.Country]string{"EG": "سلوى عبد الغني", "QA": "مريم السليطي"}},
	{auth.Analyst, map[place.Country]string{"EG": "كريم منصور", "QA": "حمد النعيمي"}},
	{auth.Administrator, map[place.Country]string{"EG": "إيمان شوقي", "QA": "عائشة المري"}},
	{auth.FieldWorker, map[place.Country]string{"EG": "سيد عبد الرحيم", "QA": "لطيفة الهاجري"}},
	{auth.Reviewer, map[place.Country]string{"EG": "هالة زكريا", "QA": "جاسم الكواري"}},
	{auth.Administrator, map[place.Country]string{"EG": "طارق نجيب", "QA": "ناصر البوعينين"}},
}

// people are the accounts of every office; ids follow the order.
var people = func() []auth.User {
	var out []auth.User
	for i, party := range place.Countries() {
		for j, s := range seats {
			n := 1
			if j >= len(auth.Roles()) {
				n = 2
			}
			out = append(out, auth.User{ID: int64(i*len(seats) + j + 1), Email: Email(s.role, party, n), Name: s.name[party], Role: s.role, Party: party,
				Areas: auth.AllAreas(), Locale: "ar", Active: true})
		}
	}
	return out
}()

// Email returns the sign-in name of the n-th (1 or 2) person of a role: "reviewer2.eg@test.example".
func Email(role auth.Role, party place.Country, n int) string {
	number := ""
	if n > 1 {
		number = strconv.Itoa(n)
	}
	return auth.SignInName(string(role) + number + "." + string(party) + "@test.example")
}

// Actor returns the first person of a role in a party, acting in all areas of the party, or in the named ones only. It is the same person, with the
// same id, in every office. [auth.System] gives the program.
func Actor(role auth.Role, party place.Country, areas ...string) auth.Actor {
	return actor(role, party, 1, areas)
}

// SecondActor is [Actor] for the second field worker, reviewer or administrator of a party.
func SecondActor(role auth.Role, party place.Country, areas ...string) auth.Actor {
	return actor(role, party, 2, areas)
}

func actor(role auth.Role, party place.Country, n int, areas []string) auth.Actor {
	if role == auth.System {
		return auth.SystemActor(party)
	}
	email := Email(role, party, n)
	for _, u := range people {
		if u.Email == email {
			a := u.Actor("192.0.2.1")
			if len(areas) > 0 {
				a.Areas = auth.SomeAreas(areas...)
			}
			return a
		}
	}
	panic("testkit: no such person: " + email)
}

var keys atomic.Int64

// Key returns an idempotency key that no other call returned.
func Key() string { return fmt.Sprintf("test-key-%09d", keys.Add(1)) }

// Write returns what a client says beside a change of something at a version, with a fresh key.
func Write(version int64) service.Write { return service.Write{Key: Key(), Version: version} }

// Update runs fn in a write transaction of the office's store and fails the test on an error.
func (o *Office) Update(t testing.TB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := o.DB.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// View runs fn in a read transaction of the office's store and fails the test on an error.
func (o *Office) View(t testing.TB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := o.DB.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}
