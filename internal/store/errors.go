package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"muntija/internal/fault"
)

// duplicates maps what an engine names in a broken uniqueness to the message for the person: PostgreSQL names the index, SQLite the
// first column of it.
var duplicates = []struct{ index, column, key string }{
	{"identifier_apart", "identifier.blind", "error.duplicate_identity"},
	{"family_number_key", "family.party", "error.duplicate_number"},
	{"app_user_email", "app_user.email", "error.duplicate_email"},
	{"saved_filter_name", "saved_filter.user_id", "error.duplicate_filter"},
	{"participation_once", "participation.exhibition_id", "error.participation.twice"},
	{"exhibition_call_party", "exhibition_call.exhibition_id", "error.call.twice"},
	{"exhibitor_family", "exhibitor.party", "error.exhibitor.twice"},
	{"venue_name", "venue.party", "error.duplicate_venue"},
	{"hall_name", "hall.venue_id", "error.duplicate_hall"},
	{"hall_plan_draft", "hall_plan.hall_id", "error.plan.has_draft"},
	{"placement_booth", "placement.exhibition_id", "error.place.taken"},
	{"incentive_grant_once", "incentive_grant.scheme_id", "error.grant.once"},
	{"placement_once", "placement.participation_id", "error.place.placed"},
}

// translate turns what the drivers say into the program's kinds of error. It is the only place that knows the drivers' codes.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Wrap(err, fault.NotFound, "error.not_found")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch code := lite.Code(); {
		case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || code == sqlite3.SQLITE_CONSTRAINT_ROWID:
			_, column, _ := strings.Cut(lite.Error(), "constraint failed: UNIQUE constraint failed: ")
			return duplicate(err, func(i int) bool { return strings.HasPrefix(column, duplicates[i].column) })
		case code&0xff == sqlite3.SQLITE_BUSY, code&0xff == sqlite3.SQLITE_LOCKED, code&0xff == sqlite3.SQLITE_INTERRUPT,
			code&0xff == sqlite3.SQLITE_FULL, code&0xff == sqlite3.SQLITE_IOERR:
			return fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case pg.Code == "23505":
			return duplicate(err, func(i int) bool { return pg.ConstraintName == duplicates[i].index })
		case retryCode(pg.Code), strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "57"), strings.HasPrefix(pg.Code, "08"):
			return fault.Wrap(err, fault.Unavailable, "error.unavailable")
		}
		return err
	}
	if gone(err) {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return err
}

func duplicate(err error, is func(i int) bool) error {
	for i, d := range duplicates {
		if is(i) {
			return fault.Wrap(err, fault.Duplicate, d.key)
		}
	}
	return fault.Wrap(err, fault.Duplicate, "error.duplicate")
}

// retryCode reports PostgreSQL's "could not serialise" and "deadlock": the transaction is run again.
func retryCode(code string) bool { return code == "40001" || code == "40P01" }

// retriable reports whether the same transaction may succeed if it is run again as it was.
func retriable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return retryCode(pg.Code)
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}

// gone reports whether the connection is of no use any more.
func gone(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Severity == "FATAL" || strings.HasPrefix(pg.Code, "08")
	}
	var connect *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.As(err, &connect) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "broken pipe") ||
		strings.Contains(err.Error(), "connection reset") || strings.Contains(err.Error(), "unexpected EOF")
}
