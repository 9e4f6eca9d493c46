package service

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/media"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/store"
)

// Me returns the actor's own account.
func (s *People) Me(ctx context.Context, actor auth.Actor) (*Account, error) {
	var a Account
	err := s.db.View(ctx, func(tx *store.Tx) error {
		u, err := self(tx, actor)
		if err == nil {
			a = accountOf(u)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// self reads the actor's own account.
func self(tx *store.Tx, actor auth.Actor) (*auth.User, error) {
	if err := auth.Allow(actor, auth.ProfileEdit, auth.Subject{Party: actor.Party, EnteredBy: actor.UserID}); err != nil {
		return nil, err
	}
	u, err := tx.UserByID(actor.UserID)
	if err != nil {
		return nil, err
	}
	if !u.Active {
		return nil, errSession()
	}
	return u, nil
}

// confirm asks a signed-in person for the password again, under the same limits as signing in: an open screen is not its owner. A wrong one is a
// problem of the field current_password.
func (s *People) confirm(ctx context.Context, actor auth.Actor, password string) (*auth.User, error) {
	me, err := s.Me(ctx, actor)
	if err != nil {
		return nil, err
	}
	u, _, err := s.checkPassword(ctx, me.Email, password, actor.Address)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, fault.Problems{{Field: "current_password", Key: "auth.password.wrong"}}.Err()
	}
	return u, nil
}

// ChangePassword sets a new password and ends the person's sessions but the one named by keep.
func (s *People) ChangePassword(ctx context.Context, actor auth.Actor, keep auth.TokenHash, old, new string) error {
	u, err := s.confirm(ctx, actor, old)
	if err != nil {
		return err
	}
	if err := auth.CheckPassword("new_password", new, u.Name, u.Email).Err(); err != nil {
		return err
	}
	hash, err := auth.HashPassword(ctx, new)
	if err != nil {
		return err
	}
	seen := u.PasswordHash
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := self(tx, actor)
		if err != nil {
			return err
		}
		if u.PasswordHash != seen {
			return fault.New(fault.Stale, "error.stale")
		}
		u.PasswordHash, u.PasswordAt = hash, now
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		if _, err := tx.DeleteSessionsOf(u.ID, keep); err != nil {
			return err
		}
		return userAudit(tx, actor, now, "user.password", u, nil, "own")
	})
}

// SetLocale changes the person's language.
func (s *People) SetLocale(ctx context.Context, actor auth.Actor, locale string) error {
	if !slices.Contains(Locales, locale) {
		return fault.Problems{{Field: "locale", Key: "auth.locale.unknown"}}.Err()
	}
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := self(tx, actor)
		if err != nil || u.Locale == locale {
			return err
		}
		old := *u
		u.Locale = locale
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		return userAudit(tx, actor, now, "user.locale", u, accountChanges(&old, u), "")
	})
}

// Enrolment is a second factor that the person is setting up.
type Enrolment struct {
	Text   string // the secret for typing into an app
	URI    string // otpauth://…
	QR     *media.QRCode
	Ticket string // sealed: the form sends it back, so that nothing is stored before the app has proved itself
}

// enrolFor is how long a person may take to set up the app.
const enrolFor = 30 * time.Minute

func enrolPlace(userID int64) []byte { return seal.Place("enrolment", "totp", userID) }

// EnrolTOTP begins a second factor, or, given the ticket of one that is being set up, shows it again. Nothing is stored.
func (s *People) EnrolTOTP(ctx context.Context, actor auth.Actor, ticket string) (*Enrolment, error) {
	me, err := s.Me(ctx, actor)
	if err != nil {
		return nil, err
	}
	if me.SecondFactor {
		return nil, fault.New(fault.State, "people.factor_on")
	}
	now := s.now()
	var e auth.Enrolment
	if secret, ok := s.openTicket(me.ID, ticket, now); ok {
		e = auth.EnrolmentOf(me.Email, secret)
	} else {
		if e, err = auth.EnrolTOTP(me.Email); err != nil {
			return nil, err
		}
		plain := binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))
		ticket = base64.RawURLEncoding.EncodeToString(s.keys.Seal(append(plain, e.Secret...), enrolPlace(me.ID)))
	}
	qr, err := media.QR(e.URI)
	if err != nil {
		return nil, err
	}
	return &Enrolment{Text: e.Text, URI: e.URI, QR: qr, Ticket: ticket}, nil
}

func (s *People) openTicket(userID int64, ticket string, now time.Time) (secret []byte, ok bool) {
	if ticket == "" || len(ticket) > 200 {
		return nil, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil {
		return nil, false
	}
	plain, err := s.keys.Open(sealed, enrolPlace(userID))
	if err != nil || len(plain) < 8+16 {
		return nil, false
	}
	began := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
	return plain[8:], now.Sub(began) < enrolFor && !began.After(now.Add(time.Minute))
}

// ConfirmTOTP turns the second factor on once the app has shown a right code, and returns the recovery codes, which are shown once. It asks for the password
// again and ends the person's sessions but the one named by keep.
func (s *People) ConfirmTOTP(ctx context.Context, actor auth.Actor, keep auth.TokenHash, ticket, code, password string) ([]string, error) {
	if _, err := s.confirm(ctx, actor, password); err != nil {
		return nil, err
	}
	now := s.now()
	secret, ok := s.openTicket(actor.UserID, ticket, now)
	if !ok {
		return nil, fault.Problems{{Field: "code", Key: "people.enrolment_old"}}.Err()
	}
	step, ok := auth.VerifyTOTP(secret, code, 0, now)
	if !ok {
		return nil, fault.Problems{{Field: "code", Key: "auth.code.wrong"}}.Err()
	}
	codes, hashes := auth.NewRecoveryCodes()
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := self(tx, actor)
		if err != nil {
			return err
		}
		if u.SecondFactor() {
			return fault.New(fault.State, "people.factor_on")
		}
		u.TOTPSealed, u.TOTPLastStep, u.RecoveryHashes = s.keys.Seal(secret, totpPlace(u.ID)), step, hashes
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		if _, err := tx.DeleteSessionsOf(u.ID, keep); err != nil {
			return err
		}
		return userAudit(tx, actor, now, "user.factor_on", u, nil, "")
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// DisableTOTP turns the second factor off. It asks for the password and a code again.
func (s *People) DisableTOTP(ctx context.Context, actor auth.Actor, code, password string) error {
	return s.withCode(ctx, actor, code, password, "user.factor_off", func(u *auth.User) {
		u.TOTPSealed, u.TOTPLastStep, u.RecoveryHashes = nil, 0, nil
	})
}

// RenewRecoveryCodes makes new recovery codes, to be shown once; the old ones stop working. It asks for the password and a code again.
func (s *People) RenewRecoveryCodes(ctx context.Context, actor auth.Actor, code, password string) ([]string, error) {
	codes, hashes := auth.NewRecoveryCodes()
	err := s.withCode(ctx, actor, code, password, "user.recovery_new", func(u *auth.User) { u.RecoveryHashes = hashes })
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// withCode changes the actor's second factor after password and code were given again.
func (s *People) withCode(ctx context.Context, actor auth.Actor, code, password, action string, change func(*auth.User)) error {
	if _, err := s.confirm(ctx, actor, password); err != nil {
		return err
	}
	now := s.now()
	var wrong error
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		wrong = nil
		u, err := self(tx, actor)
		if err != nil {
			return err
		}
		if !u.SecondFactor() {
			return fault.New(fault.State, "people.factor_off")
		}
		note, err := s.takeCode(tx, u, code, now)
		if fault.Is(err, fault.Invalid) {
			wrong = err
			return userAudit(tx, actor, now, actionCodeFailed, u, nil, "")
		} else if err != nil {
			return err
		}
		change(u)
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		return userAudit(tx, actor, now, action, u, []registry.Change(nil), note)
	})
	if err != nil {
		return err
	}
	return wrong
}

// SessionView is one signed-in browser of a person.
type SessionView struct {
	Key       string // names it in a form; no token can be made from it
	CreatedAt time.Time
	SeenAt    time.Time
	Address   string
	Agent     string
	Current   bool
	Pending   bool
}

func sessionKey(h auth.TokenHash) string { return hex.EncodeToString(h[:12]) }

// sessionsOf returns the sessions of u that are still good, the current one first.
func sessionsOf(tx *store.Tx, u *auth.User, current auth.TokenHash, now time.Time) ([]SessionView, error) {
	rows, err := tx.SessionsOf(u.ID)
	if err != nil {
		return nil, err
	}
	var out []SessionView
	for _, r := range rows {
		if r.Check(u.Role, now) != nil {
			continue
		}
		v := SessionView{Key: sessionKey(r.Hash), CreatedAt: r.CreatedAt, SeenAt: r.SeenAt, Address: r.Address, Agent: r.Agent, Current: r.Hash == current, Pending: r.Pending}
		if v.Current {
			out = slices.Insert(out, 0, v)
		} else {
			out = append(out, v)
		}
	}
	return out, nil
}

// Sessions returns the person's own sessions.
func (s *People) Sessions(ctx context.Context, actor auth.Actor, current auth.TokenHash) ([]SessionView, error) {
	now := s.now()
	var out []SessionView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		u, err := self(tx, actor)
		if err != nil {
			return err
		}
		out, err = sessionsOf(tx, u, current, now)
		return err
	})
	return out, err
}

// EndSession ends one of the person's own sessions, by [SessionView.Key]. One that has ended already is no error.
func (s *People) EndSession(ctx context.Context, actor auth.Actor, key string) error {
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := self(tx, actor)
		if err != nil {
			return err
		}
		rows, err := tx.SessionsOf(u.ID)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if sessionKey(r.Hash) == key {
				if err := tx.DeleteSession(r.Hash); err != nil {
					return err
				}
				return userAudit(tx, actor, now, "session.end", u, nil, "")
			}
		}
		return nil
	})
}

// EndOtherSessions ends the person's sessions but the one named by keep.
func (s *People) EndOtherSessions(ctx context.Context, actor auth.Actor, keep auth.TokenHash) error {
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := self(tx, actor)
		if err != nil {
			return err
		}
		n, err := tx.DeleteSessionsOf(u.ID, keep)
		if err != nil || n == 0 {
			return err
		}
		return userAudit(tx, actor, now, "session.end", u, nil, "others")
	})
}
