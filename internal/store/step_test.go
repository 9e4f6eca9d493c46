package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"muntija/internal/store"
	"muntija/internal/store/storetest"
)

// TestStepsAreNotFlushed: a step does not wait for the disk; whatever comes after one does, also in the same commit, and after a step that failed.
func TestStepsAreNotFlushed(t *testing.T) {
	db, ctx := storetest.Open(t), t.Context()
	const normal, full = 1, 2
	type update func(context.Context, func(*store.Tx) error) error
	for i, c := range []struct {
		update update
		want   int
		err    error
	}{
		{db.Update, full, nil}, {db.UpdateStep, normal, nil}, {db.UpdateStep, normal, nil}, {db.Update, full, nil}, {db.UpdateStep, normal, errors.New("failed")},
		{db.Update, full, errors.New("failed")}, {db.Update, full, nil},
	} {
		var got int
		err := c.update(ctx, func(tx *store.Tx) (err error) {
			if got, err = tx.Synchronous(); err != nil {
				return err
			}
			return c.err
		})
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("update %d: synchronous %d, want %d; %v, want %v", i, got, c.want, err, c.err)
		}
	}
	// While a step holds the writer, another step and an update queue up behind it and share a commit.
	inside, free, done := make(chan bool), make(chan bool), make(chan int, 2)
	go db.UpdateStep(ctx, func(*store.Tx) error { close(inside); <-free; return nil })
	<-inside
	for i, u := range []update{db.UpdateStep, db.Update} {
		go u(ctx, func(tx *store.Tx) error {
			n, err := tx.Synchronous()
			done <- n
			return err
		})
		for db.Waiting() != i+1 {
			time.Sleep(time.Millisecond)
		}
	}
	close(free)
	if a, b := <-done, <-done; a != full || b != full {
		t.Errorf("a step and an update in one commit: synchronous %d and %d, want %d", a, b, full)
	}
}
