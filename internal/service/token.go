package service

import (
	"context"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Tokens holds the use-cases of the keys with which programs act for people.
type Tokens struct{ core }

// TokenView is a token as its owner and an administrator see it.
type TokenView struct {
	auth.APIToken
	Owner string
	Mine  bool
	Good  bool // opens something now
}

// MadeToken is a new token with its key, which is nowhere stored and shown once.
type MadeToken struct {
	Key   string
	Token auth.APIToken
}

// Make makes a token of the actor. Sent again with the same key it is refused, because the first key cannot be shown a second time.
func (s *Tokens) Make(ctx context.Context, actor auth.Actor, form *intake.Token, w Write) (*MadeToken, error) {
	if err := auth.Allow(actor, auth.TokenManage, ownSubject(actor)); err != nil {
		return nil, err
	}
	now := s.now()
	in, ps := form.Check(intake.Context{Party: actor.Party, Today: s.today(), Now: now})
	t := auth.APIToken{UserID: actor.UserID, Party: actor.Party, Name: in.Name, Areas: auth.AllAreas(), CreatedAt: now, ExpiresAt: now.AddDate(0, 0, in.Days)}
	for _, scope := range in.Scopes {
		t.Scopes = append(t.Scopes, auth.TokenScope(scope))
	}
	if len(in.Areas) > 0 {
		t.Areas = auth.SomeAreas(in.Areas...)
	}
	if len(ps) == 0 {
		ps = t.Check(actor, now)
	}
	if err := ps.Err(); err != nil {
		return nil, err
	}
	out := &MadeToken{}
	_, err := s.once(ctx, actor, "token.make", w, form, func(tx *store.Tx) (string, error) {
		have, err := tx.Tokens(actor.Party, actor.UserID)
		if err != nil {
			return "", err
		}
		good := 0
		for i := range have {
			if have[i].Good(now) {
				good++
			}
		}
		if good >= auth.MaxTokens {
			return "", fault.New(fault.State, "error.token.many", auth.MaxTokens)
		}
		made := t
		key, hash := auth.NewAPIToken()
		made.Hash = hash
		if err := tx.InsertToken(&made); err != nil {
			return "", err
		}
		out.Key, out.Token = key, made
		return strconv.FormatInt(made.ID, 10), tokenAudit(tx, actor, now, "token.make", &made)
	})
	if err != nil {
		return nil, err
	}
	if out.Key == "" { // the answer to an earlier request: its key went out with it
		return nil, fault.New(fault.State, "error.token.shown")
	}
	return out, nil
}

func ownSubject(actor auth.Actor) auth.Subject {
	return auth.Subject{Party: actor.Party, EnteredBy: actor.UserID}
}

func tokenAudit(tx *store.Tx, actor auth.Actor, at time.Time, action string, t *auth.APIToken) error {
	scopes := make([]string, len(t.Scopes))
	for i, s := range t.Scopes {
		scopes[i] = string(s)
	}
	return audit(tx, actor, at, action, store.AuditEntry{Entity: "token", EntityID: t.ID, Note: t.Name,
		Changes: []registry.Change{{Path: "scopes", Class: string(auth.ClassCase), New: strings.Join(scopes, ",")}, {Path: "areas", Class: string(auth.ClassCase), New: t.Areas.String()}}})
}

// List returns the actor's own tokens, or, for who oversees them, all of the party; the newest first.
func (s *Tokens) List(ctx context.Context, actor auth.Actor) ([]TokenView, error) {
	if err := auth.Allow(actor, auth.TokenManage, ownSubject(actor)); err != nil {
		return nil, err
	}
	user := actor.UserID
	if auth.Can(actor, auth.TokenOversee) {
		user = 0
	}
	now := s.now()
	var out []TokenView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Tokens(actor.Party, user)
		if err != nil {
			return err
		}
		var ids []int64
		for _, t := range list {
			ids = append(ids, t.UserID)
		}
		names, err := userNames(tx, ids...)
		out = make([]TokenView, 0, len(list))
		for _, t := range list {
			out = append(out, TokenView{APIToken: t, Owner: names[t.UserID], Mine: actor.SamePerson(t.UserID), Good: t.Good(now)})
		}
		return err
	})
	return out, err
}

// Revoke ends a token: an own one, or any of the party for who oversees them.
func (s *Tokens) Revoke(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "token.revoke", w, id, func(tx *store.Tx) (string, error) {
		t, err := tx.TokenByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		if !actor.SamePerson(t.UserID) && !auth.Can(actor, auth.TokenOversee) {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		if err := auth.Allow(actor, auth.TokenManage, ownSubject(actor)); err != nil {
			return "", err
		}
		if err := tx.RevokeToken(id, actor.UserID, now); err != nil {
			return "", err
		}
		return "", tokenAudit(tx, actor, now, "token.revoke", t)
	})
	return err
}

// Caller is who uses the programming interface.
type Caller struct {
	Actor auth.Actor
	Token auth.APIToken
}

// Authenticate returns who a key acts for: its owner as they are today, narrowed by the key. Unauthenticated if it opens nothing.
func (s *Tokens) Authenticate(ctx context.Context, key, address string) (*Caller, error) {
	refused := fault.New(fault.Unauthenticated, "error.token.invalid")
	hash, ok := auth.HashAPIToken(key)
	if !ok {
		return nil, refused
	}
	now := s.now()
	out := &Caller{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		t, owner, err := tx.TokenByHash(hash)
		if fault.Is(err, fault.NotFound) {
			return refused
		}
		if err != nil {
			return err
		}
		out.Token, out.Actor = *t, t.Actor(owner, address)
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Who lost the right to have tokens has none that work: the role is today's.
	if !out.Token.Good(now) || !auth.Can(out.Actor, auth.TokenManage) {
		return nil, refused
	}
	if out.Token.TouchDue(now) {
		err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.TouchToken(out.Token.ID, now) })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
