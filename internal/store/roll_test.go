package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muntija/internal/registry"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

// listed returns the ids of the families that a query finds.
func listed(t testing.TB, db *store.DB, q store.FamilyQuery) []int64 {
	t.Helper()
	var out []int64
	storetest.View(t, db, func(tx *store.Tx) error {
		page, err := tx.ListFamilies(storetest.All("EG"), q)
		for _, r := range page.Rows {
			out = append(out, r.ID)
		}
		if page.Total < len(out) {
			t.Errorf("got %d in all and %d on the page", page.Total, len(out))
		}
		return err
	})
	slices.Sort(out)
	return out
}

// bothEngines runs a test on a path that two programs can open at once.
func bothEngines(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "test.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, storetest.PostgresDSN(t)) })
}

// TestListsAcrossPrograms: what one program commits is in the next list of another, be it new, changed, or far more than the notes that are kept.
func TestListsAcrossPrograms(t *testing.T) {
	bothEngines(t, func(t *testing.T, dsn string) {
		keys := storetest.Keys(t)
		here, there := storetest.OpenAt(t, dsn, keys), storetest.OpenAt(t, dsn, keys)
		if got := listed(t, here, store.FamilyQuery{}); len(got) != 0 {
			t.Fatalf("got %v in an empty registry", got)
		}
		var all []*registry.Family
		for i := range 30 {
			f := storetest.Family("EG", i+1)
			storetest.Insert(t, there, f)
			all = append(all, f)
			if got := listed(t, here, store.FamilyQuery{}); len(got) != i+1 || got[i] != f.ID {
				t.Fatalf("after %d inserts elsewhere the list has %v", i+1, got)
			}
		}
		f := all[7]
		f.Record.Lead.GivenName, f.Record.Address.Area = "زمردة", "EG-ASN"
		storetest.Update(t, there, func(tx *store.Tx) error { return tx.UpdateFamily(f, store.FamilyExtra{Overall: "marked"}) })
		for _, q := range []store.FamilyQuery{{Text: "زمرد"}, {Overalls: []string{"marked"}}, {Areas: []string{"EG-ASN"}, Text: "زمردة"}} {
			if got := listed(t, here, q); !slices.Equal(got, []int64{f.ID}) {
				t.Errorf("%+v: got %v, want [%d]", q, got, f.ID)
			}
		}
		storetest.Update(t, there, func(tx *store.Tx) error { return tx.SetOverall(f.ID, "moved", 0) })
		if got := listed(t, here, store.FamilyQuery{Overalls: []string{"moved"}}); !slices.Equal(got, []int64{f.ID}) {
			t.Errorf("after a re-check elsewhere: got %v, want [%d]", got, f.ID)
		}
		// The notes between the last list here and now are forgotten: the roll is read anew.
		driver := "sqlite"
		if strings.HasPrefix(dsn, "postgres") {
			driver = "pgx"
		}
		raw, err := sql.Open(driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		g := storetest.Family("EG", 99)
		storetest.Insert(t, there, g)
		storetest.Update(t, there, func(tx *store.Tx) error { return tx.SetOverall(all[0].ID, "seen", 0) })
		storetest.Update(t, there, func(tx *store.Tx) error { return tx.SetOverall(all[1].ID, "seen", 0) })
		if _, err := raw.Exec(`DELETE FROM family_change WHERE seq < (SELECT max(seq) FROM family_change)`); err != nil {
			t.Fatal(err)
		}
		if got, want := listed(t, here, store.FamilyQuery{Overalls: []string{"seen"}}), []int64{all[0].ID, all[1].ID}; !slices.Equal(got, want) {
			t.Errorf("after the notes were forgotten: got %v, want %v", got, want)
		}
		if got := listed(t, here, store.FamilyQuery{}); len(got) != 31 {
			t.Errorf("got %d families, want 31", len(got))
		}
	})
}

// TestListsOutOfOrder: on PostgreSQL a transaction that began first can commit last; its families are listed all the same.
func TestListsOutOfOrder(t *testing.T) {
	dsn := storetest.PostgresDSN(t)
	db := storetest.OpenAt(t, dsn, storetest.Keys(t))
	a, b := storetest.Family("EG", 1), storetest.Family("EG", 2)
	storetest.Insert(t, db, a, b)
	listed(t, db, store.FamilyQuery{})
	raw, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	tx, err := raw.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`UPDATE family SET overall = 'marked' WHERE id = $1`, `INSERT INTO family_change (family_id) VALUES ($1)`} {
		if _, err := tx.Exec(q, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Update(t, db, func(tx *store.Tx) error { return tx.SetOverall(b.ID, "marked", 1) })
	if got := listed(t, db, store.FamilyQuery{Overalls: []string{"marked"}}); !slices.Equal(got, []int64{b.ID}) {
		t.Fatalf("got %v, want the one that is committed, [%d]", got, b.ID)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, db, store.FamilyQuery{Overalls: []string{"marked"}}); !slices.Equal(got, []int64{a.ID, b.ID}) {
		t.Errorf("got %v, want both, [%d %d]", got, a.ID, b.ID)
	}
}

// TestListsHoldWhatIsCommitted: while many save, correct and fail, a list never shows what was rolled back and always holds what a reader knows to be
// committed.
func TestListsHoldWhatIsCommitted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fail := errors.New("no")
		var mu sync.Mutex
		committed := map[int64]bool{}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := range 40 {
					f := storetest.Family("EG", 1000*w+i+1)
					err := db.Update(t.Context(), func(tx *store.Tx) error {
						f.ID, f.Version = 0, 0
						if err := storetest.Save(tx, f, store.FamilyExtra{Facts: []byte("f")}); err != nil {
							return err
						}
						if i%4 == 3 {
							return fail
						}
						return nil
					})
					if i%4 == 3 {
						if !errors.Is(err, fail) {
							t.Errorf("got %v, want the failure", err)
						}
						continue
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					committed[f.ID] = true
					mu.Unlock()
				}
			})
		}
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for range 2 {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Millisecond):
					}
					mu.Lock()
					known := len(committed)
					mu.Unlock()
					err := db.View(context.Background(), func(tx *store.Tx) error {
						page, err := tx.ListFamilies(storetest.All("EG"), store.FamilyQuery{Limit: 1})
						if err == nil && page.Total < known {
							err = fmt.Errorf("the list has %d families, %d are committed", page.Total, known)
						}
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		close(stop)
		readers.Wait()
		got := listed(t, db, store.FamilyQuery{Limit: 200})
		if len(got) != len(committed) {
			t.Errorf("got %d families, want %d", len(got), len(committed))
		}
		for _, id := range got {
			if !committed[id] {
				t.Errorf("family %d was rolled back and is listed", id)
			}
		}
	})
}

func TestNoListInUpdate(t *testing.T) {
	db := storetest.Open(t)
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ListFamilies(storetest.All("EG"), store.FamilyQuery{})
		return err
	})
	if err == nil {
		t.Error("a list inside Update would show others what is not committed; it must be refused")
	}
}

func TestForgetChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := storetest.Family("EG", 1)
		storetest.Insert(t, db, f)
		storetest.Update(t, db, func(tx *store.Tx) error {
			n, err := tx.ForgetChanges()
			if n != 0 {
				t.Errorf("got %d notes forgotten of one, want none", n)
			}
			return err
		})
	})
}
