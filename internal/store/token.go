package store

import (
	"database/sql"
	"fmt"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/place"
)

const tokenColumns = `k.id, k.version, k.user_id, k.party, k.name, k.hash, k.scopes, k.areas, k.created_at, k.expires_at, k.used_at, k.revoked_at, k.revoked_by`

type tokenRow struct {
	t                                                             auth.APIToken
	party, hash, scopes, areas, created, expires, used, revokedAt string
}

func (r *tokenRow) into() []any {
	t := &r.t
	return into(&t.ID, &t.Version, &t.UserID, &r.party, &t.Name, &r.hash, &r.scopes, &r.areas, &r.created, &r.expires, &r.used, &r.revokedAt, &t.RevokedBy)
}

func (r *tokenRow) token() *auth.APIToken {
	t := &r.t
	t.Party, t.Hash, t.Scopes, t.Areas = place.Country(r.party), parseHash(r.hash), splitCodes[auth.TokenScope](r.scopes), auth.ParseAreas(r.areas)
	t.CreatedAt, t.ExpiresAt, t.UsedAt, t.RevokedAt = unstamp(r.created), unstamp(r.expires), unstamp(r.used), unstamp(r.revokedAt)
	return t
}

// InsertToken stores a token of the programming interface and sets its ID and Version 1.
func (tx *Tx) InsertToken(t *auth.APIToken) error {
	err := tx.row(into(&t.ID), `INSERT INTO api_token (version, user_id, party, name, hash, scopes, areas, created_at, expires_at, used_at, revoked_at, revoked_by)
		VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, '', '', 0) RETURNING id`, t.UserID, string(t.Party), t.Name, hexHash(t.Hash), joinCodes(t.Scopes), t.Areas.String(),
		stamp(t.CreatedAt), stamp(t.ExpiresAt))
	if err != nil {
		return fmt.Errorf("inserting token: %w", err)
	}
	t.Version = 1
	return nil
}

// RevokeToken ends a token for good; fault.State ("error.token.revoked") if it has ended so before.
func (tx *Tx) RevokeToken(id, by int64, at time.Time) error {
	n, err := tx.exec(`UPDATE api_token SET version = version + 1, revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at = ''`, id, stamp(at), by)
	return one(n, err, fault.State, "error.token.revoked")
}

// TouchToken notes when a token was last used.
func (tx *Tx) TouchToken(id int64, at time.Time) error {
	_, err := tx.exec(`UPDATE api_token SET used_at = $2 WHERE id = $1`, id, stamp(at))
	return err
}

// TokenByHash returns a token and its owner, fault.NotFound if there is none. Whether it is still good is the caller's question.
func (tx *Tx) TokenByHash(hash auth.TokenHash) (*auth.APIToken, *auth.User, error) {
	var k tokenRow
	var u userRow
	err := tx.row(append(k.into(), u.into()...), `SELECT `+tokenColumns+`, `+userColumns+` FROM api_token k JOIN app_user u ON u.id = k.user_id WHERE k.hash = $1`, hexHash(hash))
	if err != nil {
		return nil, nil, err
	}
	return k.token(), u.user(), nil
}

// TokenByID returns a token of a party, fault.NotFound if there is none.
func (tx *Tx) TokenByID(party place.Country, id int64) (*auth.APIToken, error) {
	var k tokenRow
	if err := tx.row(k.into(), `SELECT `+tokenColumns+` FROM api_token k WHERE k.id = $1 AND k.party = $2`, id, string(party)); err != nil {
		return nil, err
	}
	return k.token(), nil
}

// Tokens returns the tokens of a party, the newest first; of one user if user is not 0.
func (tx *Tx) Tokens(party place.Country, user int64) ([]auth.APIToken, error) {
	var out []auth.APIToken
	err := tx.each(func(rows *sql.Rows) error {
		var k tokenRow
		if err := rows.Scan(k.into()...); err != nil {
			return err
		}
		out = append(out, *k.token())
		return nil
	}, `SELECT `+tokenColumns+` FROM api_token k WHERE k.party = $1 AND (k.user_id = $2 OR $2 = 0) ORDER BY k.id DESC`, string(party), user)
	return out, err
}
