package service

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// People holds the use-cases of accounts: setting up, signing in, one's own account, and managing the accounts of one's party.
//
// This file is what an administrator does; people_signin.go is the way in, people_self.go a person's own account. All rules (who, how long,
// how often) are package auth's.
//
// Passwords are hashed before a transaction begins: hashing takes as long as fifty commits. What an administrator hands over is a one-time
// link, shown once; the database has only its hash, also when the same request comes again.
type People struct {
	core
	turns chan struct{} // who may look at a password now, see turn
}

func newPeople(c core) *People { return &People{core: c, turns: make(chan struct{}, 2)} }

// Locales are the languages an account can have: Arabic with the digits 0-9, Arabic with ٠-٩, English (the names of package locale).
var Locales = []string{"ar", "ar-u-nu-arab", "en"}

// Account is an account as administrators see it: everything but secrets.
type Account struct {
	ID      int64
	Version int64 // of what its form shows, see accountVersion

	Email, Name string
	Role        auth.Role
	Party       place.Country
	Areas       auth.AreaSet
	Locale      string

	Active       bool
	Invited      bool // has no password yet
	SecondFactor bool
	Recovery     int // unused recovery codes

	CreatedAt, PasswordAt, LastSignInAt time.Time // the last two zero for never
	CreatedBy                           int64
}

// State returns "closed", "invited" or "active".
func (a Account) State() string {
	switch {
	case !a.Active:
		return "closed"
	case a.Invited:
		return "invited"
	}
	return "active"
}

func accountOf(u *auth.User) Account {
	return Account{ID: u.ID, Version: accountVersion(u), Email: u.Email, Name: u.Name, Role: u.Role, Party: u.Party, Areas: u.Areas, Locale: u.Locale,
		Active: u.Active, Invited: u.PasswordHash == "", SecondFactor: u.SecondFactor(), Recovery: len(u.RecoveryHashes),
		CreatedAt: u.CreatedAt, PasswordAt: u.PasswordAt, LastSignInAt: u.LastSignInAt, CreatedBy: u.CreatedBy}
}

// accountVersion is a digest of what an account's form shows. The row's own version also counts sign-ins, and a person who signs in must not make
// the form stale that an administrator has open.
func accountVersion(u *auth.User) int64 {
	h := fnv.New64a()
	for _, s := range []string{u.Email, u.Name, string(u.Role), string(u.Party), u.Areas.String(), u.Locale, strconv.FormatBool(u.Active)} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return int64(h.Sum64()>>1) | 1
}

// userAudit appends an entry about an account, to the log of the account's party.
func userAudit(tx *store.Tx, actor auth.Actor, at time.Time, action string, u *auth.User, changes []registry.Change, note string) error {
	return audit(tx, actor, at, action, store.AuditEntry{Party: string(u.Party), Entity: "user", EntityID: u.ID, Changes: changes, Note: note})
}

// classAccount is the class of changes of accounts in the audit log. Package auth does not know it: administrators alone read such entries.
const classAccount = "account"

// accountChanges is what differs between two states of an account. Hashes and secrets are never in it.
func accountChanges(old, new *auth.User) []registry.Change {
	var out []registry.Change
	add := func(path, a, b string) {
		if a != b {
			out = append(out, registry.Change{Path: path, Class: classAccount, Old: a, New: b})
		}
	}
	yes := func(u *auth.User) string {
		switch {
		case u.ID == 0:
			return ""
		case u.Active:
			return "yes"
		}
		return "no"
	}
	add("name", old.Name, new.Name)
	add("email", old.Email, new.Email)
	add("role", string(old.Role), string(new.Role))
	add("areas", old.Areas.String(), new.Areas.String())
	add("locale", old.Locale, new.Locale)
	add("active", yes(old), yes(new))
	return out
}

// UserQuery selects accounts of a party.
type UserQuery struct {
	Text  string    // words of the name or a part of the e-mail address
	Role  auth.Role // "" for all
	State string    // "active", "closed", "invited"; "" for all
	After int64     // the last account of the page before; 0 for the first page
	Limit int       // 1–200; 0 means 50
}

// UserPage is one page of accounts in the order of their names.
type UserPage struct {
	Rows  []Account
	Next  int64 // for UserQuery.After; 0 at the end
	Total int   // that the query selects
	All   int   // accounts of the party
}

// Users lists the accounts of the actor's party; for the program, of every party if it acts for none.
func (s *People) Users(ctx context.Context, actor auth.Actor, q UserQuery) (*UserPage, error) {
	reach, err := auth.ReachOf(actor, auth.UserList)
	if err != nil {
		return nil, err
	}
	var users []auth.User
	err = s.db.View(ctx, func(tx *store.Tx) error {
		users, err = tx.ListUsers(reach.Party)
		return err
	})
	if err != nil {
		return nil, err
	}
	// An office has hundreds of accounts, so they are filtered and sorted here: names are folded as families' are, without an index of their own.
	type sorted struct {
		key string
		a   Account
	}
	var found []sorted
	words := strings.Fields(arabic.Fold(q.Text))
	part := auth.SignInName(q.Text)
	for i := range users {
		a := accountOf(&users[i])
		if q.Role != "" && a.Role != q.Role || q.State != "" && a.State() != q.State {
			continue
		}
		if part != "" && !hasWords(arabic.Fold(a.Name), words) && !strings.Contains(a.Email, part) {
			continue
		}
		found = append(found, sorted{arabic.SortKey(a.Name), a})
	}
	slices.SortFunc(found, func(x, y sorted) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.a.ID, y.a.ID)) })
	page := &UserPage{Total: len(found), All: len(users)}
	limit := q.Limit
	if limit < 1 || limit > 200 {
		limit = 50
	}
	if q.After != 0 {
		i := slices.IndexFunc(found, func(k sorted) bool { return k.a.ID == q.After })
		found = found[i+1:] // from the start if it is gone
	}
	for i, k := range found {
		if i == limit {
			page.Next = page.Rows[i-1].ID
			break
		}
		page.Rows = append(page.Rows, k.a)
	}
	return page, nil
}

func hasWords(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return len(words) > 0
}

// UserView is one account with what is around it.
type UserView struct {
	Account
	CreatedByName string
	Sessions      []SessionView
	CodeWait      time.Duration // until the next code of the second factor is looked at; 0 for now
	Own           bool          // it is the actor's own: another administrator manages it
	Manage        bool          // the actor may change it
}

// User returns one account of the actor's party.
func (s *People) User(ctx context.Context, actor auth.Actor, id int64) (*UserView, error) {
	now := s.now()
	var v *UserView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		u, err := userOf(tx, actor, auth.UserList, id)
		if err != nil {
			return err
		}
		v = &UserView{Account: accountOf(u), Own: actor.SamePerson(u.ID), Manage: auth.AllowManage(actor, *u) == nil}
		if u.CreatedBy != 0 {
			names, err := userNames(tx, u.CreatedBy)
			if err != nil {
				return err
			}
			v.CreatedByName = names[u.CreatedBy]
		}
		tally, err := tx.CodeTally(u.ID)
		if err != nil {
			return err
		}
		v.CodeWait = auth.ThrottleCode(tally, now)
		v.Sessions, err = sessionsOf(tx, u, auth.TokenHash{}, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// userOf reads an account for an action of the actor. One of the other party is NotFound.
func userOf(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*auth.User, error) {
	if _, err := auth.ReachOf(actor, action); err != nil {
		return nil, err // before anything is read: who may not manage anybody learns nothing of numbers
	}
	u, err := tx.UserByID(id)
	if err != nil {
		return nil, err
	}
	if err := auth.Allow(actor, action, auth.Subject{Party: u.Party}); err != nil {
		return nil, err
	}
	return u, nil
}

// managed reads an account that the actor is about to change, and makes sure that the actor still is what they were when the request came in: two
// administrators who close each other's account at the same moment must not both succeed.
func managed(tx *store.Tx, actor auth.Actor, id int64) (*auth.User, error) {
	if err := stillManager(tx, actor); err != nil {
		return nil, err
	}
	u, err := userOf(tx, actor, auth.UserManage, id)
	if err != nil {
		return nil, err
	}
	if err := auth.AllowManage(actor, *u); err != nil {
		return nil, err
	}
	return u, nil
}

func stillManager(tx *store.Tx, actor auth.Actor) error {
	if _, err := auth.ReachOf(actor, auth.UserManage); err != nil || actor.Role == auth.System {
		return err
	}
	me, err := tx.UserByID(actor.UserID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil || !me.Active || me.Role != actor.Role || me.Party != actor.Party {
		return fault.New(fault.Unauthenticated, "auth.session.expired")
	}
	return nil
}

// Handover is a one-time link for the actor to hand over. It is shown once.
type Handover struct {
	UserID    int64
	Kind      auth.LinkKind
	Token     string // "" if this very request was answered before: the link was shown then
	ExpiresAt time.Time
}

// keyed returns w with an idempotency key: the program's own calls (command line) have no form that carries one.
func keyed(actor auth.Actor, w Write) Write {
	if w.Key == "" && actor.Role == auth.System {
		w.Key, _ = auth.NewToken()
	}
	return w
}

func roleNames() []string {
	var out []string
	for _, r := range auth.Roles() {
		out = append(out, string(r))
	}
	return out
}

// account checks what was typed about an account of a party.
func (s *People) account(in *intake.User, party place.Country, now time.Time) (auth.User, fault.Problems) {
	form := *in
	if form.Role == string(auth.Administrator) && len(form.Areas) == 0 {
		form.All = "yes" // the role serves the whole party; nothing else could be meant
	}
	c, ps := form.Check(intake.Context{Party: party, Today: officeDay(now), Now: now}, roleNames(), Locales)
	u := auth.User{Email: auth.SignInName(c.Email), Name: c.Name, Role: auth.Role(c.Role), Party: party, Areas: auth.SomeAreas(c.Areas...), Locale: c.Locale, Active: true}
	if c.AllAreas {
		u.Areas = auth.AllAreas()
	}
	plain := u
	plain.Locale = "ar" // the choice of digits is part of our locales, and checked above
	for _, p := range plain.Check() {
		if len(ps.On(p.Field)) == 0 {
			ps = append(ps, p)
		}
	}
	return u, ps
}

// taken turns the store's refusal of a second account with one address into a problem of the field.
func taken(err error) error {
	if fault.Is(err, fault.Duplicate) {
		return fault.Problems{{Field: "email", Key: "auth.email.taken"}}.Err()
	}
	return err
}

// Invite makes an account of the actor's party and a link with which its person sets the first password. w.Version is not read.
func (s *People) Invite(ctx context.Context, actor auth.Actor, in *intake.User, w Write) (*Handover, error) {
	if err := auth.Allow(actor, auth.UserManage, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	now := s.now()
	u, ps := s.account(in, actor.Party, now)
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return s.invite(ctx, actor, u, keyed(actor, w), now, func(tx *store.Tx) error { return stillManager(tx, actor) })
}

// InviteOther makes the first administrator of the other party, for as long as that party has no account at all: somebody must open its door, and the
// command line may be in the other country. It is the only act across parties. The audit logs of both have it.
func (s *People) InviteOther(ctx context.Context, actor auth.Actor, in *intake.User, w Write) (*Handover, error) {
	if err := auth.Allow(actor, auth.UserManage, auth.Subject{Party: actor.Party}); err != nil {
		return nil, err
	}
	other := actor.Party.Other()
	if !other.Valid() {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	now := s.now()
	form := *in
	form.Role, form.Party, form.Areas, form.All = string(auth.Administrator), string(other), nil, "yes"
	u, ps := s.account(&form, other, now)
	if err := ps.Err(); err != nil {
		return nil, err
	}
	return s.invite(ctx, actor, u, keyed(actor, w), now, func(tx *store.Tx) error {
		if err := stillManager(tx, actor); err != nil {
			return err
		}
		theirs, err := tx.ListUsers(other)
		if err != nil {
			return err
		}
		if len(theirs) > 0 {
			return fault.New(fault.State, "people.other_has_users")
		}
		return nil
	})
}

// OtherIsEmpty reports whether the other party has no account yet, so that [People.InviteOther] may be offered.
func (s *People) OtherIsEmpty(ctx context.Context, actor auth.Actor) (bool, error) {
	other := actor.Party.Other()
	if !auth.Can(actor, auth.UserManage) || !other.Valid() {
		return false, nil
	}
	var n int
	err := s.db.View(ctx, func(tx *store.Tx) error {
		users, err := tx.ListUsers(other)
		n = len(users)
		return err
	})
	return n == 0, err
}

func (s *People) invite(ctx context.Context, actor auth.Actor, account auth.User, w Write, now time.Time, allowed func(*store.Tx) error) (*Handover, error) {
	token, link := auth.NewLink(auth.Invitation, 0, actor.UserID, now)
	account.CreatedAt, account.CreatedBy = now, actor.UserID
	content := []string{account.Email, account.Name, string(account.Role), string(account.Party), account.Areas.String(), account.Locale}
	fresh := false
	id, err := s.once(ctx, actor, "user.invite", w, content, func(tx *store.Tx) (string, error) {
		if err := allowed(tx); err != nil {
			return "", err
		}
		if _, err := tx.UserByEmail(account.Email); err == nil {
			return "", fault.New(fault.Duplicate, "auth.email.taken")
		} else if !fault.Is(err, fault.NotFound) {
			return "", err
		}
		u, l := account, link
		if err := tx.InsertUser(&u); err != nil {
			return "", err
		}
		l.UserID = u.ID
		if err := tx.InsertLink(&l); err != nil {
			return "", err
		}
		changes := accountChanges(&auth.User{}, &u)
		if err := userAudit(tx, actor, now, "user.invite", &u, changes, string(auth.Invitation)); err != nil {
			return "", err
		}
		if actor.Party != "" && actor.Party != u.Party { // also in the log of who did it
			e := store.AuditEntry{Party: string(actor.Party), Entity: "user", EntityID: u.ID, Note: "first_administrator:" + string(u.Party)}
			if err := audit(tx, actor, now, "user.invite", e); err != nil {
				return "", err
			}
		}
		fresh = true
		return strconv.FormatInt(u.ID, 10), nil
	})
	if err != nil {
		return nil, taken(err)
	}
	out := &Handover{Kind: auth.Invitation}
	if out.UserID, err = strconv.ParseInt(id, 10, 64); err != nil {
		return nil, err
	}
	if fresh {
		out.Token, out.ExpiresAt = token, link.ExpiresAt
	}
	return out, nil
}

// UpdateUser changes name, e-mail address, role, areas and language of another person's account. w.Version is [Account.Version]. A new role, area or
// address ends the account's sessions.
func (s *People) UpdateUser(ctx context.Context, actor auth.Actor, id int64, in *intake.User, w Write) error {
	if _, err := auth.ReachOf(actor, auth.UserManage); err != nil {
		return err
	}
	now := s.now()
	party := actor.Party
	if party == "" { // the program, acting for every party
		if err := s.db.View(ctx, func(tx *store.Tx) error {
			u, err := userOf(tx, actor, auth.UserManage, id)
			if err == nil {
				party = u.Party
			}
			return err
		}); err != nil {
			return err
		}
	}
	form, ps := s.account(in, party, now)
	content := []string{form.Email, form.Name, string(form.Role), form.Areas.String(), form.Locale, strconv.FormatInt(id, 10)}
	_, err := s.once(ctx, actor, "user.update", keyed(actor, w), content, func(tx *store.Tx) (string, error) {
		u, err := managed(tx, actor, id)
		if err != nil {
			return "", err
		}
		if err := ps.Err(); err != nil { // not before it is known that the account is one of the actor's
			return "", err
		}
		if accountVersion(u) != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		old := *u
		u.Name, u.Email, u.Role, u.Areas, u.Locale = form.Name, form.Email, form.Role, form.Areas, form.Locale
		changes := accountChanges(&old, u)
		if len(changes) == 0 {
			return "", nil
		}
		if u.Email != old.Email {
			if _, err := tx.UserByEmail(u.Email); err == nil {
				return "", fault.New(fault.Duplicate, "auth.email.taken")
			} else if !fault.Is(err, fault.NotFound) {
				return "", err
			}
		}
		if err := tx.UpdateUser(u); err != nil {
			return "", err
		}
		if old.Role != u.Role || old.Areas.String() != u.Areas.String() || old.Email != u.Email {
			if _, err := tx.DeleteSessionsOf(id, auth.TokenHash{}); err != nil {
				return "", err
			}
		}
		return "", userAudit(tx, actor, now, "user.update", u, changes, "")
	})
	return taken(err)
}

// SetActive closes or opens another person's account. Closing ends its sessions; the account stays, because the audit log names it.
func (s *People) SetActive(ctx context.Context, actor auth.Actor, id int64, active bool, w Write) error {
	action := "user.close"
	if active {
		action = "user.open"
	}
	return s.manage(ctx, actor, action, id, w, func(tx *store.Tx, u *auth.User, now time.Time) ([]registry.Change, error) {
		if accountVersion(u) != w.Version {
			return nil, fault.New(fault.Stale, "error.stale")
		}
		if u.Active == active {
			return nil, nil
		}
		old := *u
		u.Active = active
		if err := tx.UpdateUser(u); err != nil {
			return nil, err
		}
		if _, err := tx.DeleteSessionsOf(id, auth.TokenHash{}); err != nil {
			return nil, err
		}
		return accountChanges(&old, u), nil
	})
}

// ClearSecondFactor takes the second factor off another person's account, for who has lost both phone and recovery codes. It ends the account's
// sessions.
func (s *People) ClearSecondFactor(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.manage(ctx, actor, "user.factor_clear", id, w, func(tx *store.Tx, u *auth.User, now time.Time) ([]registry.Change, error) {
		u.TOTPSealed, u.TOTPLastStep, u.RecoveryHashes = nil, 0, nil
		if err := tx.UpdateUser(u); err != nil {
			return nil, err
		}
		if err := tx.RecordCode(u.ID, true, now); err != nil {
			return nil, err
		}
		_, err := tx.DeleteSessionsOf(id, auth.TokenHash{})
		return nil, err
	})
}

// EndSessions signs another person out everywhere.
func (s *People) EndSessions(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.manage(ctx, actor, "user.sessions_end", id, w, func(tx *store.Tx, u *auth.User, _ time.Time) ([]registry.Change, error) {
		_, err := tx.DeleteSessionsOf(u.ID, auth.TokenHash{})
		return nil, err
	})
}

// Unlock forgets the failed tries that make a person wait: wrong codes, wrong passwords counted for the account as a whole, and those
// from the addresses from which the person has signed in before. Tries from other addresses keep their own count: whoever
// guesses there goes on waiting.
func (s *People) Unlock(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.manage(ctx, actor, "user.unlock", id, w, func(tx *store.Tx, u *auth.User, now time.Time) ([]registry.Change, error) {
		if err := tx.RecordCode(u.ID, true, now); err != nil {
			return nil, err
		}
		entries, err := tx.ListAudit(store.Scope{Party: u.Party}, store.AuditQuery{ActorID: u.ID, Action: actionSignIn, Limit: 50})
		if err != nil {
			return nil, err
		}
		addresses := map[string]bool{"": true} // an empty address clears the account's own count
		for _, e := range entries {
			addresses[e.Address] = true
		}
		for a := range addresses {
			if err := tx.RecordSuccess(u.Email, a, now); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// manage runs one change of another person's account, with its audit entry.
func (s *People) manage(ctx context.Context, actor auth.Actor, action string, id int64, w Write,
	change func(tx *store.Tx, u *auth.User, now time.Time) ([]registry.Change, error)) error {
	now := s.now()
	_, err := s.once(ctx, actor, action, keyed(actor, w), id, func(tx *store.Tx) (string, error) {
		u, err := managed(tx, actor, id)
		if err != nil {
			return "", err
		}
		changes, err := change(tx, u, now)
		if err != nil {
			return "", err
		}
		return "", userAudit(tx, actor, now, action, u, changes, "")
	})
	return err
}

// ResetLink makes a new link for another person's account: an invitation as long as they have no password, else one to set a new password.
// Older links of the account stop working.
func (s *People) ResetLink(ctx context.Context, actor auth.Actor, id int64, w Write) (*Handover, error) {
	now := s.now()
	token, hash := auth.NewToken()
	var out *Handover
	_, err := s.once(ctx, actor, "user.reset_link", keyed(actor, w), id, func(tx *store.Tx) (string, error) {
		u, err := managed(tx, actor, id)
		if err != nil {
			return "", err
		}
		if !u.Active {
			return "", fault.New(fault.State, "people.closed_account")
		}
		kind := auth.PasswordReset
		if u.PasswordHash == "" {
			kind = auth.Invitation
		}
		_, link := auth.NewLink(kind, u.ID, actor.UserID, now)
		link.Hash = hash
		if err := tx.InsertLink(&link); err != nil {
			return "", err
		}
		out = &Handover{UserID: u.ID, Kind: kind, Token: token, ExpiresAt: link.ExpiresAt}
		return "", userAudit(tx, actor, now, "user.reset_link", u, nil, string(kind))
	})
	if err != nil {
		return nil, err
	}
	if out == nil {
		out = &Handover{UserID: id}
	}
	return out, nil
}

// ActorByEmail is the person with a sign-in name, acting: for the command line, whose user holds the key file anyway. A closed account is NotFound.
func (s *People) ActorByEmail(ctx context.Context, program auth.Actor, email string) (auth.Actor, error) {
	id, err := s.UserIDByEmail(ctx, program, email)
	if err != nil {
		return auth.Actor{}, err
	}
	var u *auth.User
	err = s.db.View(ctx, func(tx *store.Tx) error {
		u, err = tx.UserByID(id)
		return err
	})
	if err == nil && !u.Active {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return auth.Actor{}, err
	}
	return u.Actor(""), nil
}

// UserIDByEmail finds an account by its sign-in name, for the command line.
func (s *People) UserIDByEmail(ctx context.Context, actor auth.Actor, email string) (int64, error) {
	reach, err := auth.ReachOf(actor, auth.UserList)
	if err != nil {
		return 0, err
	}
	var id int64
	err = s.db.View(ctx, func(tx *store.Tx) error {
		u, err := tx.UserByEmail(auth.SignInName(email))
		if err != nil {
			return err
		}
		if reach.Party != "" && u.Party != reach.Party {
			return fault.New(fault.NotFound, "error.not_found")
		}
		id = u.ID
		return nil
	})
	return id, err
}
