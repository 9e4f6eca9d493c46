package store

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
)

const userColumns = `u.id, u.version, u.email, u.name, u.role, u.party, u.areas, u.locale, u.password_hash, u.totp, u.totp_step, u.recovery,
	u.active, u.created_at, u.created_by, u.password_at, u.sign_in_at`

// userRow collects a user's columns and turns them into a user.
type userRow struct {
	u                                                         auth.User
	role, party, areas, recovery, created, passwordAt, signIn string
	active                                                    int64
}

func (r *userRow) into() []any {
	u := &r.u
	return into(&u.ID, &u.Version, &u.Email, &u.Name, &r.role, &r.party, &r.areas, &u.Locale, &u.PasswordHash, &u.TOTPSealed, &u.TOTPLastStep,
		&r.recovery, &r.active, &r.created, &u.CreatedBy, &r.passwordAt, &r.signIn)
}

func (r *userRow) user() *auth.User {
	u := &r.u
	u.Role, u.Party, u.Areas, u.Active = auth.Role(r.role), place.Country(r.party), auth.ParseAreas(r.areas), r.active == 1
	u.CreatedAt, u.PasswordAt, u.LastSignInAt = unstamp(r.created), unstamp(r.passwordAt), unstamp(r.signIn)
	if len(u.TOTPSealed) == 0 {
		u.TOTPSealed = nil
	}
	for h := range strings.SplitSeq(r.recovery, ",") {
		if b, err := hex.DecodeString(h); err == nil && len(b) > 0 {
			u.RecoveryHashes = append(u.RecoveryHashes, b)
		}
	}
	return u
}

func userArgs(u *auth.User) []any {
	hashes := make([]string, len(u.RecoveryHashes))
	for i, h := range u.RecoveryHashes {
		hashes[i] = hex.EncodeToString(h)
	}
	return []any{u.Email, u.Name, string(u.Role), string(u.Party), u.Areas.String(), u.Locale, u.PasswordHash, u.TOTPSealed, u.TOTPLastStep,
		strings.Join(hashes, ","), flag(u.Active), stamp(u.CreatedAt), u.CreatedBy, stamp(u.PasswordAt), stamp(u.LastSignInAt)}
}

// InsertUser stores a new account and sets its ID and Version 1; fault.Duplicate ("error.duplicate_email") if the sign-in name is taken.
func (tx *Tx) InsertUser(u *auth.User) error {
	err := tx.row(into(&u.ID), `INSERT INTO app_user (version, email, name, role, party, areas, locale, password_hash, totp, totp_step, recovery,
		active, created_at, created_by, password_at, sign_in_at)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id`, userArgs(u)...)
	if err != nil {
		return fmt.Errorf("inserting user: %w", err)
	}
	u.Version = 1
	return nil
}

// UpdateUser stores an account anew; the stored version must be u.Version, else fault.Stale. Version goes up by one.
func (tx *Tx) UpdateUser(u *auth.User) error {
	n, err := tx.exec(`UPDATE app_user SET version = version + 1, email = $1, name = $2, role = $3, party = $4, areas = $5, locale = $6,
		password_hash = $7, totp = $8, totp_step = $9, recovery = $10, active = $11, created_at = $12, created_by = $13, password_at = $14,
		sign_in_at = $15 WHERE id = $16 AND version = $17`, append(userArgs(u), u.ID, u.Version)...)
	if err := one(n, err, fault.Stale, "error.stale"); err != nil {
		return fmt.Errorf("updating user: %w", err)
	}
	u.Version++
	return nil
}

// UserByID returns an account, fault.NotFound if there is none.
func (tx *Tx) UserByID(id int64) (*auth.User, error) {
	var r userRow
	if err := tx.row(r.into(), `SELECT `+userColumns+` FROM app_user u WHERE u.id = $1`, id); err != nil {
		return nil, err
	}
	return r.user(), nil
}

// UserByEmail returns the account with a sign-in name as [auth.SignInName] makes it, fault.NotFound if there is none.
func (tx *Tx) UserByEmail(email string) (*auth.User, error) {
	var r userRow
	if err := tx.row(r.into(), `SELECT `+userColumns+` FROM app_user u WHERE u.email = $1`, email); err != nil {
		return nil, err
	}
	return r.user(), nil
}

// ListUsers returns the accounts of a party ("": of both) by sign-in name.
func (tx *Tx) ListUsers(party place.Country) ([]auth.User, error) {
	var out []auth.User
	err := tx.each(func(rows *sql.Rows) error {
		var r userRow
		if err := rows.Scan(r.into()...); err != nil {
			return err
		}
		out = append(out, *r.user())
		return nil
	}, `SELECT `+userColumns+` FROM app_user u WHERE u.party = $1 OR $1 = '' ORDER BY u.email`, string(party))
	return out, err
}

// CountUsers returns how many accounts there are.
func (tx *Tx) CountUsers() (int, error) {
	var n int
	err := tx.row(into(&n), `SELECT count(*) FROM app_user`)
	return n, err
}

// UserNames returns the names of accounts by id, for histories and lists.
func (tx *Tx) UserNames(ids []int64) (map[int64]string, error) {
	out := make(map[int64]string, len(ids))
	for part := range slices.Chunk(ids, 256) {
		var q statement
		q.add("SELECT id, name FROM app_user WHERE 1 = 1")
		q.inIDs("id", part)
		err := tx.each(func(rows *sql.Rows) error {
			var id int64
			var name string
			err := rows.Scan(&id, &name)
			out[id] = name
			return err
		}, q.text(), q.args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AdvanceTOTPStep notes an accepted time step of the second factor. It reports false if this step or a later one was noted before: the code
// has been used.
func (tx *Tx) AdvanceTOTPStep(userID, step int64) (bool, error) {
	n, err := tx.exec(`UPDATE app_user SET totp_step = $2 WHERE id = $1 AND totp_step < $2`, userID, step)
	return n == 1, err
}

func hexHash(h auth.TokenHash) string { return hex.EncodeToString(h[:]) }

func parseHash(s string) (h auth.TokenHash) {
	b, err := hex.DecodeString(s)
	if err == nil && len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

// InsertSession stores a session.
func (tx *Tx) InsertSession(s *auth.Session) error {
	_, err := tx.exec(`INSERT INTO session (hash, user_id, pending, created_at, seen_at, address, agent) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		hexHash(s.Hash), s.UserID, flag(s.Pending), stamp(s.CreatedAt), stamp(s.SeenAt), s.Address, s.Agent)
	return err
}

const sessionColumns = `s.hash, s.user_id, s.pending, s.created_at, s.seen_at, s.address, s.agent`

type sessionRow struct {
	s                   auth.Session
	hash, created, seen string
	pending             int64
}

func (r *sessionRow) into() []any {
	return into(&r.hash, &r.s.UserID, &r.pending, &r.created, &r.seen, &r.s.Address, &r.s.Agent)
}

func (r *sessionRow) session() *auth.Session {
	r.s.Hash, r.s.Pending, r.s.CreatedAt, r.s.SeenAt = parseHash(r.hash), r.pending == 1, unstamp(r.created), unstamp(r.seen)
	return &r.s
}

// SessionByHash returns a session and its user, fault.NotFound if there is none. Whether it is still good is the caller's question.
func (tx *Tx) SessionByHash(hash auth.TokenHash) (*auth.Session, *auth.User, error) {
	var s sessionRow
	var u userRow
	err := tx.row(append(s.into(), u.into()...), `SELECT `+sessionColumns+`, `+userColumns+` FROM session s JOIN app_user u ON u.id = s.user_id
		WHERE s.hash = $1`, hexHash(hash))
	if err != nil {
		return nil, nil, err
	}
	return s.session(), u.user(), nil
}

// SessionsOf returns the sessions of a user, the last used first.
func (tx *Tx) SessionsOf(userID int64) ([]auth.Session, error) {
	var out []auth.Session
	err := tx.each(func(rows *sql.Rows) error {
		var s sessionRow
		if err := rows.Scan(s.into()...); err != nil {
			return err
		}
		out = append(out, *s.session())
		return nil
	}, `SELECT `+sessionColumns+` FROM session s WHERE s.user_id = $1 ORDER BY s.seen_at DESC, s.hash`, userID)
	return out, err
}

// TouchSession notes that a session was used.
func (tx *Tx) TouchSession(hash auth.TokenHash, at time.Time) error {
	_, err := tx.exec(`UPDATE session SET seen_at = $2 WHERE hash = $1`, hexHash(hash), stamp(at))
	return err
}

// DeleteSession ends a session. One that is not there is no error.
func (tx *Tx) DeleteSession(hash auth.TokenHash) error {
	_, err := tx.exec(`DELETE FROM session WHERE hash = $1`, hexHash(hash))
	return err
}

// DeleteSessionsOf ends all sessions of a user but one (the zero hash: all) and returns how many.
func (tx *Tx) DeleteSessionsOf(userID int64, except auth.TokenHash) (int64, error) {
	return tx.exec(`DELETE FROM session WHERE user_id = $1 AND hash <> $2`, userID, hexHash(except))
}

// PurgeSessions deletes sessions that began before a time and returns how many.
func (tx *Tx) PurgeSessions(createdBefore time.Time) (int64, error) {
	return tx.exec(`DELETE FROM session WHERE created_at < $1`, stamp(createdBefore))
}

// InsertLink stores a one-time link. Unused older links of the same user and kind are deleted: only the newest works.
func (tx *Tx) InsertLink(l *auth.OneTimeLink) error {
	_, err := tx.exec(`DELETE FROM one_time_link WHERE user_id = $1 AND kind = $2 AND used_at = ''`, l.UserID, string(l.Kind))
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO one_time_link (hash, kind, user_id, created_by, created_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		hexHash(l.Hash), string(l.Kind), l.UserID, l.CreatedBy, stamp(l.CreatedAt), stamp(l.ExpiresAt), stamp(l.UsedAt))
	return err
}

// LinkByHash returns a one-time link, used or not, fault.NotFound if there is none.
func (tx *Tx) LinkByHash(hash auth.TokenHash) (*auth.OneTimeLink, error) {
	l := auth.OneTimeLink{Hash: hash}
	var kind, created, expires, used string
	err := tx.row(into(&kind, &l.UserID, &l.CreatedBy, &created, &expires, &used),
		`SELECT kind, user_id, created_by, created_at, expires_at, used_at FROM one_time_link WHERE hash = $1`, hexHash(hash))
	if err != nil {
		return nil, err
	}
	l.Kind, l.CreatedAt, l.ExpiresAt, l.UsedAt = auth.LinkKind(kind), unstamp(created), unstamp(expires), unstamp(used)
	return &l, nil
}

// UseLink stores that a link was used at l.UsedAt (set by its Use). Of two that try at once, one gets fault.NotFound ("auth.link.invalid").
func (tx *Tx) UseLink(l *auth.OneTimeLink) error {
	n, err := tx.exec(`UPDATE one_time_link SET used_at = $2 WHERE hash = $1 AND used_at = ''`, hexHash(l.Hash), stamp(l.UsedAt))
	return one(n, err, fault.NotFound, "auth.link.invalid")
}

// tryKey names a count of failed sign-ins. Addresses and typed account names, which may be anything, are kept as keyed hashes only.
func (tx *Tx) tryKey(kind string, parts ...string) string {
	return kind + ":" + hex.EncodeToString(tx.db.keys.MAC("sign-in:"+kind, []byte(strings.Join(parts, "\x00")))[:16])
}

// TriesOf returns the failed sign-ins that count against an account name (known or not) from an address.
func (tx *Tx) TriesOf(account, address string) (t auth.Tries, err error) {
	keys := []string{tx.tryKey("pair", account, address), tx.tryKey("account", account), tx.tryKey("address", address), tx.tryKey("known", account, address)}
	err = tx.each(func(rows *sql.Rows) error {
		var who, last string
		var n int
		if err := rows.Scan(&who, &n, &last); err != nil {
			return err
		}
		tally := auth.Tally{Failures: n, Last: unstamp(last)}
		switch slices.Index(keys, who) {
		case 0:
			t.Pair = tally
		case 1:
			t.Account = tally
		case 2:
			t.Address = tally
		case 3:
			t.Known = true
		}
		return nil
	}, `SELECT who, failures, last_at FROM sign_in_try WHERE who IN ($1, $2, $3, $4)`, keys[0], keys[1], keys[2], keys[3])
	return t, err
}

// RecordFailure counts a failed sign-in under the pair, the account and the address.
func (tx *Tx) RecordFailure(account, address string, at time.Time) error {
	for _, who := range []string{tx.tryKey("pair", account, address), tx.tryKey("account", account), tx.tryKey("address", address)} {
		if err := tx.bumpTry(who, at); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) bumpTry(who string, at time.Time) error {
	var t auth.Tally
	var last string
	err := tx.row(into(&t.Failures, &last), `SELECT failures, last_at FROM sign_in_try WHERE who = $1`, who)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	t.Last = unstamp(last)
	t = t.Failed(at)
	_, err = tx.exec(`INSERT INTO sign_in_try (who, failures, last_at) VALUES ($1, $2, $3)
		ON CONFLICT (who) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at`, who, t.Failures, stamp(at))
	return err
}

// RecordSuccess forgets the failures of the account and of the account from this address, and remembers the address as known for the account.
func (tx *Tx) RecordSuccess(account, address string, at time.Time) error {
	_, err := tx.exec(`DELETE FROM sign_in_try WHERE who IN ($1, $2)`, tx.tryKey("pair", account, address), tx.tryKey("account", account))
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO sign_in_try (who, failures, last_at) VALUES ($1, 0, $2) ON CONFLICT (who) DO UPDATE SET last_at = excluded.last_at`,
		tx.tryKey("known", account, address), stamp(at))
	return err
}

// CodeTally returns a user's wrong codes of the second factor since the last right one.
func (tx *Tx) CodeTally(userID int64) (auth.Tally, error) {
	var t auth.Tally
	var last string
	err := tx.row(into(&t.Failures, &last), `SELECT failures, last_at FROM sign_in_try WHERE who = $1`, codeKey(userID))
	if fault.Is(err, fault.NotFound) {
		return t, nil
	}
	t.Last = unstamp(last)
	return t, err
}

func codeKey(userID int64) string { return fmt.Sprintf("code:%d", userID) }

// RecordCode counts a wrong code of the second factor; a right one clears the count.
func (tx *Tx) RecordCode(userID int64, ok bool, at time.Time) error {
	if !ok {
		return tx.bumpTry(codeKey(userID), at)
	}
	_, err := tx.exec(`DELETE FROM sign_in_try WHERE who = $1`, codeKey(userID))
	return err
}

// PurgeTries forgets counts and known addresses that were last used before a time, and returns how many.
func (tx *Tx) PurgeTries(before time.Time) (int64, error) {
	return tx.exec(`DELETE FROM sign_in_try WHERE last_at < $1`, stamp(before))
}

// InsertFilter keeps a list filter and sets its ID; fault.Duplicate ("error.duplicate_filter") if the user has one of this name there. The
// query is kept sealed: people look for id numbers.
func (tx *Tx) InsertFilter(f *SavedFilter) error {
	uid := newUID()
	return tx.row(into(&f.ID), `INSERT INTO saved_filter (user_id, page, name, uid, query, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		f.UserID, f.Page, f.Name, uid, tx.sealRow("saved_filter", "query", uid, []byte(f.Query)), stamp(f.CreatedAt))
}

// FiltersOf returns the filters a user keeps for a list, by name.
func (tx *Tx) FiltersOf(userID int64, page string) ([]SavedFilter, error) {
	var out []SavedFilter
	err := tx.each(func(rows *sql.Rows) error {
		f := SavedFilter{UserID: userID, Page: page}
		var uid, created string
		var sealed []byte
		if err := rows.Scan(&f.ID, &f.Name, &uid, &sealed, &created); err != nil {
			return err
		}
		query, err := tx.openRow("saved_filter", "query", uid, sealed)
		f.Query, f.CreatedAt = string(query), unstamp(created)
		out = append(out, f)
		return err
	}, `SELECT id, name, uid, query, created_at FROM saved_filter WHERE user_id = $1 AND page = $2 ORDER BY name`, userID, page)
	return out, err
}

// DeleteFilter deletes a filter of a user, fault.NotFound if the user has none such.
func (tx *Tx) DeleteFilter(userID, id int64) error {
	n, err := tx.exec(`DELETE FROM saved_filter WHERE user_id = $1 AND id = $2`, userID, id)
	return one(n, err, fault.NotFound, "error.not_found")
}
