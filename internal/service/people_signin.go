package service

import (
	"context"
	"encoding/hex"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/store"
)

// The actions that people.go and this file write to the audit log beside those of package auth.
const (
	actionSignIn     = "signin.ok"       // signed in, second factor included
	actionPassword   = "signin.password" // right password, the second factor is owed
	actionFailed     = "signin.failed"
	actionLocked     = "signin.locked" // failed, and the next try must wait
	actionCodeFailed = "signin.code_failed"
	actionSignOut    = "signout"
)

// SetupNeeded reports whether there is no account at all.
func (s *People) SetupNeeded(ctx context.Context) (bool, error) {
	var n int
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		n, err = tx.CountUsers()
		return err
	})
	return n == 0, err
}

// SetupLink makes the one-time link of the first set-up, for the terminal, while there is no account; afterwards it is a fault of kind State. A link
// made before stops working.
func (s *People) SetupLink(ctx context.Context) (*Handover, error) {
	now := s.now()
	token, link := auth.NewLink(auth.FirstSetUp, 0, 0, now)
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.CountUsers()
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.State, "people.set_up")
		}
		l := link
		if err := tx.InsertLink(&l); err != nil {
			return err
		}
		return audit(tx, auth.SystemActor(""), now, "setup.link", store.AuditEntry{Entity: "user"})
	})
	if err != nil {
		return nil, err
	}
	return &Handover{Kind: auth.FirstSetUp, Token: token, ExpiresAt: link.ExpiresAt}, nil
}

// SetupProblems returns what is wrong with the form of the first account, for a page that has problems of its own to show with them.
func (s *People) SetupProblems(in *intake.User, password string) fault.Problems {
	_, ps := s.firstAccount(in, password, s.now())
	return ps
}

func (s *People) firstAccount(in *intake.User, password string, now time.Time) (auth.User, fault.Problems) {
	form := *in
	form.Role, form.Areas, form.All = string(auth.Administrator), nil, "yes"
	party := place.Country(form.Party)
	var ps fault.Problems
	if !party.Valid() {
		ps.Add("party", "auth.party.unknown")
		form.Party, party = "", place.Egypt // so that the rest is checked in one go
	}
	u, more := s.account(&form, party, now)
	ps = append(ps, more...)
	return u, append(ps, auth.CheckPassword("new_password", password, u.Name, u.Email)...)
}

// Setup makes the first account: an administrator of the party that in names, with all areas. It works once, with the link of [People.SetupLink].
func (s *People) Setup(ctx context.Context, token string, in *intake.User, password, address string) error {
	if _, err := s.Link(ctx, token); err != nil {
		return err
	}
	now := s.now()
	u, ps := s.firstAccount(in, password, now)
	if err := ps.Err(); err != nil {
		return err
	}
	hash, err := auth.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	u.PasswordHash, u.PasswordAt, u.CreatedAt = hash, now, now
	return s.db.Update(ctx, func(tx *store.Tx) error {
		link, err := openLink(tx, token, now)
		if err != nil {
			return err
		}
		if link.Kind != auth.FirstSetUp {
			return errLink()
		}
		if err := tx.UseLink(link); err != nil {
			return err
		}
		first := u
		if err := tx.InsertUser(&first); err != nil {
			return err
		}
		return userAudit(tx, first.Actor(address), now, "setup.done", &first, accountChanges(&auth.User{}, &first), "")
	})
}

func errLink() error { return fault.New(fault.NotFound, "auth.link.invalid") }

// openLink reads the link of a token and marks it used, in the struct only. Whatever is wrong with it, the answer is the same.
func openLink(tx *store.Tx, token string, now time.Time) (*auth.OneTimeLink, error) {
	hash, ok := auth.HashToken(token)
	if !ok {
		return nil, errLink()
	}
	link, err := tx.LinkByHash(hash)
	if fault.Is(err, fault.NotFound) {
		return nil, errLink()
	} else if err != nil {
		return nil, err
	}
	if err := link.Use(link.Kind, now); err != nil {
		return nil, err
	}
	if link.Kind == auth.FirstSetUp {
		n, err := tx.CountUsers()
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, errLink()
		}
	}
	return link, nil
}

// linkUser reads the open account that a link belongs to.
func linkUser(tx *store.Tx, link *auth.OneTimeLink) (*auth.User, error) {
	u, err := tx.UserByID(link.UserID)
	if fault.Is(err, fault.NotFound) {
		return nil, errLink()
	} else if err != nil {
		return nil, err
	}
	// An invitation is for an account without a password; once it has one, an older invitation must not change it.
	if !u.Active || link.Kind == auth.Invitation && u.PasswordHash != "" {
		return nil, errLink()
	}
	return u, nil
}

// LinkView is what the page of a one-time link shows.
type LinkView struct {
	Kind        auth.LinkKind
	Name, Email string // of the account; empty for the first set-up
	Locale      string
}

// Link looks at a one-time link without using it.
func (s *People) Link(ctx context.Context, token string) (*LinkView, error) {
	now := s.now()
	var v *LinkView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		link, err := openLink(tx, token, now)
		if err != nil {
			return err
		}
		v = &LinkView{Kind: link.Kind}
		if link.Kind == auth.FirstSetUp {
			return nil
		}
		u, err := linkUser(tx, link)
		if err != nil {
			return err
		}
		v.Name, v.Email, v.Locale = u.Name, u.Email, u.Locale
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// AcceptLink sets the password of the account that an invitation or a reset is for, ends its sessions and forgets its failed tries. The person then
// signs in, with the second factor if the account has one.
func (s *People) AcceptLink(ctx context.Context, token, password, address string) error {
	v, err := s.Link(ctx, token)
	if err != nil {
		return err
	}
	if v.Kind == auth.FirstSetUp {
		return errLink()
	}
	if err := auth.CheckPassword("new_password", password, v.Name, v.Email).Err(); err != nil {
		return err
	}
	hash, err := auth.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		link, err := openLink(tx, token, now)
		if err != nil {
			return err
		}
		u, err := linkUser(tx, link)
		if err != nil {
			return err
		}
		if err := tx.UseLink(link); err != nil {
			return err
		}
		u.PasswordHash, u.PasswordAt = hash, now
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		if _, err := tx.DeleteSessionsOf(u.ID, auth.TokenHash{}); err != nil {
			return err
		}
		if err := tx.RecordSuccess(u.Email, address, now); err != nil {
			return err
		}
		return userAudit(tx, u.Actor(address), now, "user.password", u, nil, string(link.Kind))
	})
}

// turn waits until this process may look at a password. Two are looked at at a time, as many as package auth hashes: so a thousand tries sent at
// once meet the counts that the ones before them left, and are not all let in by a count read too early.
func (s *People) turn(ctx context.Context) (done func(), err error) {
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// checkPassword looks at the password of an account, within the policy on tries, in the same time whether the account exists or not. A wrong one is
// counted and audited, and is (nil, "", nil); newHash is not empty if the stored hash should be replaced.
func (s *People) checkPassword(ctx context.Context, email, password, address string) (u *auth.User, newHash string, err error) {
	done, err := s.turn(ctx)
	if err != nil {
		return nil, "", err
	}
	defer done()
	now := s.now()
	email = auth.SignInName(email)
	searchable := len(email) <= 254 && utf8.ValidString(email) && !strings.ContainsRune(email, 0)
	var tries auth.Tries
	err = s.db.View(ctx, func(tx *store.Tx) error {
		u = nil
		var err error
		if tries, err = tx.TriesOf(email, address); err != nil || !searchable {
			return err
		}
		u, err = tx.UserByEmail(email)
		if fault.Is(err, fault.NotFound) {
			u = nil
			return nil
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if wait := auth.Throttle(tries, now); wait > 0 {
		return nil, "", fault.New(fault.Limited, "auth.signin.wait", seconds(wait))
	}
	stored := ""
	if u != nil && u.Active {
		stored = u.PasswordHash
	}
	ok, rehash, err := auth.VerifyPassword(ctx, password, stored)
	if err != nil {
		return nil, "", err
	}
	if !ok {
		return nil, "", s.countFailure(ctx, email, u, address)
	}
	if rehash {
		if newHash, err = auth.HashPassword(ctx, password); err != nil {
			return nil, "", err
		}
	}
	return u, newHash, nil
}

// countFailure counts a wrong password. Of an account that does not exist the log keeps a keyed hash: people type their password into the field of the
// address, and other people's addresses are no business of ours.
func (s *People) countFailure(ctx context.Context, email string, u *auth.User, address string) error {
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.RecordFailure(email, address, now); err != nil {
			return err
		}
		tries, err := tx.TriesOf(email, address)
		if err != nil {
			return err
		}
		action := actionFailed
		if auth.Throttle(tries, now) > 0 {
			action = actionLocked
		}
		nobody := auth.Actor{Address: address}
		if u == nil {
			return audit(tx, nobody, now, action, store.AuditEntry{Entity: "user", Note: "unknown:" + hex.EncodeToString(s.keys.Blind("sign-in", email)[:8])})
		}
		return userAudit(tx, nobody, now, action, u, nil, "")
	})
}

// refused is the one answer to a wrong address, a wrong password and a closed account.
func refused() error { return fault.Problems{{Key: "auth.signin.failed"}}.Err() }

// SignedIn is a begun session.
type SignedIn struct {
	Token            string // for the cookie
	Session          auth.Session
	Account          Account
	NeedSecondFactor bool // the session is good for nothing but [People.SecondFactor]
}

// SignIn begins a session. Failures are Invalid with one problem that says the same for every cause, or Limited with the seconds to wait.
// old is the token that the browser sent, if any: that session ends (against session fixation).
func (s *People) SignIn(ctx context.Context, email, password, address, agent, old string) (*SignedIn, error) {
	u, newHash, err := s.checkPassword(ctx, email, password, address)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, refused()
	}
	now := s.now()
	token, hash := auth.NewToken()
	oldHash, hasOld := auth.HashToken(old)
	seen := u.PasswordHash
	var out *SignedIn
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		out = nil
		u, err := tx.UserByID(u.ID)
		if err != nil {
			return err
		}
		if !u.Active || u.PasswordHash != seen { // closed or changed in the last tenth of a second
			return refused()
		}
		if hasOld {
			if err := tx.DeleteSession(oldHash); err != nil {
				return err
			}
		}
		session := auth.Session{Hash: hash, UserID: u.ID, Pending: u.SecondFactor(), CreatedAt: now, SeenAt: now, Address: address, Agent: cut(agent, 200)}
		if err := tx.InsertSession(&session); err != nil {
			return err
		}
		if newHash != "" {
			u.PasswordHash = newHash
		}
		action := actionPassword
		if !session.Pending {
			action = actionSignIn
			u.LastSignInAt = now
			if err := tx.RecordSuccess(u.Email, address, now); err != nil {
				return err
			}
		}
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		if err := userAudit(tx, u.Actor(address), now, action, u, nil, ""); err != nil {
			return err
		}
		out = &SignedIn{Token: token, Session: session, Account: accountOf(u), NeedSecondFactor: session.Pending}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// cut shortens what a client calls itself to at most n bytes of valid text.
func cut(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

func totpPlace(userID int64) []byte { return seal.Place("app_user", "totp", userID) }

// SecondFactor finishes a sign-in with a code of the authenticator app or a recovery code. The session goes on under a new token. A wrong or used code is
// Invalid with a problem of the field "code"; too many are Limited.
func (s *People) SecondFactor(ctx context.Context, token, code, address string) (*SignedIn, error) {
	old, ok := auth.HashToken(token)
	if !ok {
		return nil, errSession()
	}
	now := s.now()
	fresh, hash := auth.NewToken()
	var out *SignedIn
	var wrong error
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		out, wrong = nil, nil
		session, u, err := tx.SessionByHash(old)
		if fault.Is(err, fault.NotFound) {
			return errSession()
		} else if err != nil {
			return err
		}
		if !session.Pending || !u.Active || session.Check(u.Role, now) != nil {
			return errSession()
		}
		note, err := s.takeCode(tx, u, code, now)
		if fault.Is(err, fault.Invalid) { // the failure is counted, so this transaction must not be undone
			wrong = err
			return userAudit(tx, auth.Actor{Address: address}, now, actionCodeFailed, u, nil, "")
		} else if err != nil {
			return err
		}
		if err := tx.DeleteSession(old); err != nil {
			return err
		}
		next := *session
		next.Hash, next.Pending, next.SeenAt = hash, false, now
		if err := tx.InsertSession(&next); err != nil {
			return err
		}
		if err := tx.RecordSuccess(u.Email, address, now); err != nil {
			return err
		}
		u.LastSignInAt = now
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		if err := userAudit(tx, u.Actor(address), now, actionSignIn, u, nil, note); err != nil {
			return err
		}
		out = &SignedIn{Token: fresh, Session: next, Account: accountOf(u)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, wrong
	}
	return out, nil
}

func errSession() error { return fault.New(fault.Unauthenticated, "auth.session.expired") }

// takeCode checks a code of u's second factor and uses it up: the time step in the database at once, a recovery code in u, which the caller saves. A wrong
// one is counted and is Invalid; the transaction is to be kept then. note says which kind it was.
func (s *People) takeCode(tx *store.Tx, u *auth.User, code string, now time.Time) (note string, err error) {
	tally, err := tx.CodeTally(u.ID)
	if err != nil {
		return "", err
	}
	if wait := auth.ThrottleCode(tally, now); wait > 0 {
		return "", fault.New(fault.Limited, "auth.signin.wait", seconds(wait))
	}
	bad := func(key string) error {
		if err := tx.RecordCode(u.ID, false, now); err != nil {
			return err
		}
		return fault.Problems{{Field: "code", Key: key}}.Err()
	}
	secret, err := s.keys.Open(u.TOTPSealed, totpPlace(u.ID))
	if err != nil {
		return "", err
	}
	if rest, ok := auth.UseRecoveryCode(u.RecoveryHashes, code); ok {
		u.RecoveryHashes = rest
		return "recovery", tx.RecordCode(u.ID, true, now)
	}
	step, ok := auth.VerifyTOTP(secret, code, u.TOTPLastStep, now)
	if !ok {
		if utf8.RuneCountInString(code) > 12 {
			return "", bad("auth.recovery.wrong")
		}
		return "", bad("auth.code.wrong")
	}
	if first, err := tx.AdvanceTOTPStep(u.ID, step); err != nil {
		return "", err
	} else if !first {
		return "", bad("auth.code.wrong")
	}
	u.TOTPLastStep = step
	return "", tx.RecordCode(u.ID, true, now)
}

// Authenticate returns who a session's token belongs to. It is asked at every request: one query, and at most once a minute a write. The actor is as the
// account is now, so that a change of role counts at once. While the second factor is owed (session.Pending), the actor is the zero Actor, which
// may do nothing. A token that is not or no longer good is Unauthenticated.
func (s *People) Authenticate(ctx context.Context, token, address string) (*auth.Actor, *auth.Session, error) {
	hash, ok := auth.HashToken(token)
	if !ok {
		return nil, nil, errSession()
	}
	now := s.now()
	var session *auth.Session
	var u *auth.User
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		session, u, err = tx.SessionByHash(hash)
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, nil, errSession()
	case err != nil:
		return nil, nil, err
	case !u.Active:
		return nil, nil, errSession()
	}
	if err := session.Check(u.Role, now); err != nil {
		return nil, nil, err
	}
	if session.Pending {
		return &auth.Actor{}, session, nil
	}
	if session.TouchDue(now) {
		err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.TouchSession(hash, now) })
		if err != nil { // the person is signed in all the same
			s.log.WarnContext(ctx, "noting the use of a session failed", "error", err)
		}
		session.SeenAt = now
	}
	actor := u.Actor(address)
	return &actor, session, nil
}

// SignOut ends the session of a token. A token that is no good is no error.
func (s *People) SignOut(ctx context.Context, token, address string) error {
	hash, ok := auth.HashToken(token)
	if !ok {
		return nil
	}
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		_, u, err := tx.SessionByHash(hash)
		if fault.Is(err, fault.NotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if err := tx.DeleteSession(hash); err != nil {
			return err
		}
		return userAudit(tx, u.Actor(address), now, actionSignOut, u, []registry.Change(nil), "")
	})
}
