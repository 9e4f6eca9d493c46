package store

import (
	"context"
	"database/sql"
	"time"
)

// SQLite copies the write-ahead log into the database file whenever the log passes a thousand pages, inside the commit that made it pass: under load that is
// every third commit, with two more flushes each, while everybody waits. Here a goroutine does it on a connection of its own, beside the writer (a PASSIVE
// checkpoint takes no lock that a writer wants). As long as commits never pause, such a checkpoint never catches the log's end, and the log would
// grow without end; past walLimit pages the writer itself begins it anew between two commits, which is quick because nearly all is copied.
const (
	checkpointEvery = 250 * time.Millisecond
	commitsFew      = 40      // commits: below it a checkpoint waits for a pause,
	writtenFew      = 300_000 // and so it does below so many values: a commit of an import has a thousand times as many as that of a save
	walLimit        = 24_000  // pages, about 100 MB
)

// checkpointLoop runs until the database is closed.
func (db *DB) checkpointLoop() {
	defer close(db.checkpoints)
	ctx := context.Background()
	pool, err := sql.Open(db.d.driver, db.d.writeDSN)
	if err != nil {
		db.log.Error("no connection for checkpoints; the log of SQLite will grow", "error", err)
		return
	}
	pool.SetMaxOpenConns(1)
	defer pool.Close()
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	var seen, done, doneWritten int64 // commits at the last look; commits and values written at the last checkpoint
	for {
		select {
		case <-db.stop:
			return
		case <-tick.C:
		}
		commits := db.commits.Load()
		quiet := commits == seen
		seen = commits
		written := db.written.Load()
		if commits == done || (!quiet && commits-done < commitsFew && written-doneWritten < writtenFew) {
			continue
		}
		var busy, pages, copied int64
		if err := pool.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &copied); err != nil {
			db.log.Warn("checkpoint failed", "error", err)
			continue
		}
		done, doneWritten = commits, written
		if pages > walLimit {
			db.walTooLong.Store(true)
		}
	}
}

// restartLog begins the write-ahead log anew. It is called by the writer between two commits.
func (db *DB) restartLog() {
	if !db.walTooLong.CompareAndSwap(true, false) {
		return
	}
	if err := db.writer.run("PRAGMA wal_checkpoint(RESTART)"); err != nil {
		db.log.Warn("restarting the log failed", "error", err)
	}
}
