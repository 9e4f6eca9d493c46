package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"muntija/internal/fault"
	"muntija/internal/seal"
)

// tables are all tables of data in the order of their references. The sums of figures and the notes of what changed are no data: they are made anew. Of meta only the fingerprint of the keys is kept, and each database has its own.
var tables = []struct {
	name  string
	order string
	id    bool // has an id column that counts
}{
	{"app_user", "id", true}, {"session", "hash", false}, {"one_time_link", "hash", false}, {"sign_in_try", "who", false},
	{"saved_filter", "id", true}, {"family", "id", true}, {"family_record", "family_id", false}, {"family_fact", "family_id", false},
	{"identifier", "blind, kind, party, slot", false}, {"serial", "party, year", false}, {"draft", "family_id", false},
	{"idempotency", "user_id, key", false}, {"criteria_set", "id", true}, {"assessment", "id", true}, {"document", "id", true},
	{"document_blob", "document_id", false}, {"visit", "id", true}, {"event", "id", true}, {"waiver", "id", true}, {"audit", "seq", false},
	{"audit_head", "id", false}, {"job", "id", true}, {"duplicate_pair", "id", true}, {"family_merge", "id", true}, {"duplicate_group", "id", true},
	{"linkage", "party", false}, {"linkage_segment", "party, segment", false},
	{"export_layout", "id", true}, {"export_file", "id", true}, {"export_block", "file_id, n", false},
	{"season", "id", true}, {"series", "id", true}, {"holiday", "id", true}, {"exhibition", "id", true}, {"exhibition_event", "id", true}, {"meeting", "id", true},
	{"meeting_exhibition", "meeting_id, exhibition_id", false}, {"meeting_action", "id", true}, {"exhibitor", "id", true},
	{"exhibitor_member", "exhibitor_id, family_id", false}, {"exhibition_call", "id", true}, {"participation", "id", true},
	{"seat", "exhibition_id, wave, line, number", false}, {"exhibition_link", "hash", false}, {"attendance", "participation_id, day", false},
	{"sale", "participation_id, day", false}, {"packing_item", "id", true}, {"incident", "id", true}, {"evaluation", "participation_id", false},
	{"taxon", "party, code", false}, {"product", "id", true}, {"product_photo", "id", true}, {"product_photo_blob", "photo_id", false},
	{"product_event", "id", true}, {"score_sheet", "id", true}, {"product_score", "id", true}, {"catalogue", "product_id", false},
	{"catalogue_clock", "id", false}, {"catalogue_print", "job_id", false},
	{"sheet_import", "id", true}, {"sheet_import_part", "import_id, part", false}, {"sheet_import_row", "import_id, seq", false},
	{"sheet_mapping", "user_id, shape", false}, {"duplicate_hint", "id", true},
	{"venue", "id", true}, {"hall", "id", true}, {"hall_plan", "id", true},
	{"exhibition_hall", "exhibition_id, hall_id", false}, {"placement", "id", true},
	{"api_token", "id", true}, {"hook", "id", true}, {"hook_delivery", "id", true}, {"message_template", "party, kind, channel", false}, {"message", "id", true},
	{"message_refusal", "party, channel, blind", false},
	{"report_plan", "id", true}, {"report_edition", "id", true}, {"report_pdf", "edition_id, lang", false},
	{"scheme", "id", true}, {"scheme_purse", "scheme_id", false}, {"scheme_stock", "scheme_id, offer", false}, {"incentive_grant", "id", true}, {"grant_use", "grant_id, number", false},
	{"development_plan", "id", true}, {"plan_action", "id", true}, {"family_due", "family_id, kind", false}, {"family_backlog", "family_id", false},
	{"allocation", "id", true}, {"allocation_exhibition", "allocation_id, exhibition_id", false}, {"allocation_run", "id", true},
	{"activity", "id", true}, {"activity_paper", "id", true}, {"activity_paper_blob", "paper_id", false},
	{"layout_run", "id", true},
	{"season_part", "id", true}, {"season_draft", "id", true}, {"season_run", "id", true},
}

// Backup writes a consistent copy of the database as an SQLite file, while reads and writes go on. The file must not exist; it appears when it is
// whole and on the disk, readable by the owner only. It is no use without the key file, which is not in it.
func (db *DB) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.State, "store.file_exists", path)
	}
	tmp := path + ".part"
	removeFiles(tmp)
	defer removeFiles(tmp)
	if db.path != "" {
		if err := vacuumInto(ctx, db.path, tmp); err != nil {
			return fmt.Errorf("copying the database: %w", err)
		}
	} else {
		to, err := Open(ctx, tmp, db.keys, Options{ReadConns: 1})
		if err != nil {
			return err
		}
		err = Move(ctx, db, to)
		if err := errors.Join(err, to.Close()); err != nil {
			return fmt.Errorf("copying the database: %w", err)
		}
	}
	return placeFile(tmp, path)
}

// vacuumInto copies an SQLite database as one snapshot. Readers and the writer are not held up.
func vacuumInto(ctx context.Context, from, to string) error {
	if err := prepareFile(to); err != nil { // so that its mode is right from the first byte; VACUUM INTO takes an empty file
		return err
	}
	d, _ := chooseDialect(from, Options{})
	db, err := sql.Open(d.driver, d.copyDSN)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, to)
	return translate(err)
}

// placeFile flushes a finished file and gives it its name; it never replaces another.
func placeFile(tmp, path string) error {
	f, err := os.OpenFile(tmp, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("flushing %s: %w", path, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("flushing %s: %w", path, err)
	}
	if err := os.Link(tmp, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fault.Wrap(err, fault.State, "store.file_exists", path)
		}
		return fmt.Errorf("placing %s: %w", path, err)
	}
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		d.Sync() // not every system can flush a folder
		d.Close()
	}
	return nil
}

func removeFiles(path string) {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		os.Remove(path + suffix)
	}
}

// Restore brings a backup file into an empty database at the DSN to, on either engine. The backup is checked first (files, audit chain) and
// never changed; one of an older binary is migrated on the way.
func Restore(ctx context.Context, from, to string, keys *seal.Keyring) error {
	if _, err := os.Stat(from); err != nil {
		return fault.Wrap(err, fault.NotFound, "store.open", from)
	}
	d, path := chooseDialect(to, Options{})
	full, err := HasData(ctx, to)
	if err != nil {
		return err
	}
	if info, err := os.Lstat(path); full || path != "" && err == nil && info.Size() > 0 {
		return fault.New(fault.State, "store.not_empty", safeDSN(to))
	}
	stage := path + ".part"
	if path == "" {
		dir, err := os.MkdirTemp("", d.name)
		if err != nil {
			return fmt.Errorf("making a folder for the restore: %w", err)
		}
		defer os.RemoveAll(dir)
		stage = filepath.Join(dir, "restore.db")
	}
	removeFiles(stage)
	defer removeFiles(stage)
	if err := vacuumInto(ctx, from, stage); err != nil {
		return fault.Wrap(err, fault.Invalid, "store.bad_backup", from)
	}
	src, err := Open(ctx, stage, keys, Options{ReadConns: 1})
	if err != nil {
		return err
	}
	err = checkBackup(ctx, src, from)
	if err == nil && path == "" {
		var target *DB
		if target, err = Open(ctx, to, keys, Options{}); err == nil {
			err = errors.Join(Move(ctx, src, target), target.Close())
		}
	}
	if err := errors.Join(err, src.Close()); err != nil {
		return err
	}
	if path == "" {
		return nil
	}
	os.Remove(path) // an empty file
	return placeFile(stage, path)
}

func checkBackup(ctx context.Context, db *DB, name string) error {
	return db.View(ctx, func(tx *Tx) error {
		var integrity string
		if err := tx.row(into(&integrity), db.d.integrity); err != nil {
			return err
		}
		report, err := tx.verifyAudit()
		if err != nil {
			return err
		}
		if integrity != "ok" || report.Reason != "" {
			return fault.New(fault.Invalid, "store.bad_backup", name)
		}
		return nil
	})
}

// Move copies everything from one database to another, empty one, in one transaction on each side: what goes on being written to from meanwhile is not
// in the copy. Rows keep their ids. Before it commits it compares the number of rows of every table and checks the audit chain of the copy.
// Both must be open under the same keys.
func Move(ctx context.Context, from, to *DB) error {
	return from.View(ctx, func(src *Tx) error {
		return to.Update(ctx, func(dst *Tx) error {
			for _, t := range tables {
				var n int64
				if err := dst.row(into(&n), "SELECT count(*) FROM "+t.name); err != nil {
					return err
				}
				if n > 0 {
					return fault.New(fault.State, "store.not_empty", t.name)
				}
			}
			for _, t := range tables {
				if err := copyTable(src, dst, t.name, t.order); err != nil {
					return fmt.Errorf("copying %s: %w", t.name, err)
				}
				if t.id && to.d.sequence != "" {
					var next int64
					if err := dst.row(into(&next), strings.ReplaceAll(to.d.sequence, "%[1]s", t.name)); err != nil {
						return fmt.Errorf("setting the sequence of %s: %w", t.name, err)
					}
				}
			}
			want, err := src.verifyAudit()
			if err != nil {
				return err
			}
			got, err := dst.verifyAudit()
			if err != nil {
				return err
			}
			if got != want {
				return fmt.Errorf("audit chain of the copy is %+v, of the source %+v", got, want)
			}
			return nil
		})
	})
}

// copyTable copies the rows of a table in chunks of one statement.
func copyTable(src, dst *Tx, table, order string) error {
	const maxArgs = 900
	rows, err := src.query("SELECT * FROM " + table + " ORDER BY " + order)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	perInsert := max(1, maxArgs/len(columns))
	var args []any
	insert := func() error {
		if len(args) == 0 {
			return nil
		}
		var q statement
		q.add("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
		marks := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ") + ")"
		for i := 0; i < len(args); i += len(columns) {
			if i > 0 {
				q.add(", ")
			}
			q.add(marks, args[i:i+len(columns)]...)
		}
		_, err := dst.exec(q.text(), q.args...)
		args = args[:0]
		return err
	}
	var read, size int64
	for rows.Next() {
		values := make([]any, len(columns))
		dest := make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		read++
		for i, v := range values {
			b, ok := v.([]byte)
			if ok && b == nil { // SQLite's driver gives an empty value so, which the other would take for NULL
				values[i] = []byte{}
			}
			size += int64(len(b))
		}
		args = append(args, values...)
		// Papers are large: a few of them are a statement's worth.
		if len(args)/len(columns) >= perInsert || size > 4<<20 {
			size = 0
			if err := insert(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return src.fail(err)
	}
	if err := insert(); err != nil {
		return err
	}
	var written int64
	if err := dst.row(into(&written), "SELECT count(*) FROM "+table); err != nil {
		return err
	}
	if written != read {
		return fmt.Errorf("%d of %d rows arrived", written, read)
	}
	return nil
}

// Ready returns nil if the database answers within ctx.
func (db *DB) Ready(ctx context.Context) error {
	select {
	case <-db.stop:
		return fault.New(fault.Unavailable, "error.unavailable")
	default:
	}
	return db.View(ctx, func(tx *Tx) error {
		var n int
		return tx.row(into(&n), `SELECT count(*) FROM schema_migration`)
	})
}

// Stats returns gauges for the metrics page. What cannot be had within ctx is 0.
func (db *DB) Stats(ctx context.Context) Stats {
	s := Stats{Engine: db.d.name, ReadConns: cap(db.readers.free), ReadIdle: len(db.readers.free), WriteQueue: len(db.queue),
		Commits: db.commits.Load(), Updates: db.updates.Load(), Retries: db.retries.Load()}
	err := db.View(ctx, func(tx *Tx) error {
		if err := tx.row(into(&s.SizeBytes), db.d.size); err != nil {
			return err
		}
		if n, ok := db.roll.size(); ok {
			s.Families = int64(n)
			return nil
		}
		return tx.row(into(&s.Families), `SELECT count(*) FROM family`)
	})
	if err != nil {
		db.log.WarnContext(ctx, "store: no gauges", "error", err)
	}
	return s
}
