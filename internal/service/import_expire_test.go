package service_test

import (
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// An upload that nobody confirms goes after its time, bytes and findings with it, and the log says so; a confirmed one stays.
func TestImportExpires(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	done := confirmed(t, o, worker, staged(t, o, worker, roster(row(1)), byID).ID)
	left := staged(t, o, worker, roster(row(2), row(3, "lead.id_number", "1")), byID)
	if want := left.CreatedAt.Add(30 * 24 * time.Hour); !left.ExpiresAt.Equal(want) || !done.ExpiresAt.IsZero() {
		t.Errorf("expires at %v, want %v; a confirmed one at %v", left.ExpiresAt, want, done.ExpiresAt)
	}
	purge := func() {
		o.Update(t, func(tx *store.Tx) error {
			return tx.InsertJob(&store.Job{Kind: service.JobPurge, CreatedAt: o.Clock.Now()})
		})
		runJobs(t, o)
	}
	o.Clock.Advance(29 * 24 * time.Hour)
	purge()
	if _, err := o.Imports.Import(background, worker, left.ID); err != nil {
		t.Fatalf("a day before its time: %v", err)
	}
	o.Clock.Advance(2 * 24 * time.Hour)
	purge()
	if _, err := o.Imports.Import(background, worker, left.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("after its time: %v", err)
	}
	if _, _, err := o.Imports.File(background, worker, done.ID); err != nil {
		t.Errorf("the confirmed one: %v", err)
	}
	o.View(t, func(tx *store.Tx) error {
		if _, err := tx.ImportFile(&store.Import{ID: left.ID, Size: left.Size}); err == nil {
			t.Error("its bytes are still there")
		}
		rows, err := tx.ImportRows(&store.Import{ID: left.ID}, store.ImportRowQuery{})
		if err != nil || len(rows) > 0 {
			t.Errorf("%d rows of its journal are still there, %v", len(rows), err)
		}
		entries, err := tx.ListAudit(store.Scope{Party: place.Egypt}, store.AuditQuery{Limit: 50})
		n := 0
		for _, e := range entries {
			if e.Action == "import.expired" && e.EntityID == left.ID {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d entries of the log say so", n)
		}
		return err
	})
	wantWholeAudit(t, o)
}
