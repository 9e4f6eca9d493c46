package service_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/seal"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

var background = context.Background()

const (
	home     = "192.0.2.7"
	stranger = "198.51.100.9"
	newPass  = "Copper-river.41 sails"
)

// signIn signs a person in and fails the test if that does not work.
func signIn(t *testing.T, o *testkit.Office, email, password string) *service.SignedIn {
	t.Helper()
	got, err := o.People.SignIn(background, email, password, home, "Firefox", "")
	if err != nil {
		t.Fatalf("signing %s in: %v", email, err)
	}
	return got
}

func messageOf(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return fmt.Sprint(err)
	}
	if len(f.Problems) > 0 {
		return f.Problems[0].Field + ":" + f.Problems[0].Key
	}
	return f.Key
}

func TestSignIn(t *testing.T) {
	o := testkit.Service(t)
	email := testkit.Email(auth.Reviewer, place.Egypt, 1)
	got := signIn(t, o, "  "+strings.ToUpper(email)+" ", testkit.Password)
	if got.NeedSecondFactor || got.Session.Pending || got.Account.Email != email {
		t.Errorf("got %+v", got)
	}
	actor, session, err := o.People.Authenticate(background, got.Token, home)
	if err != nil || actor.UserID != got.Account.ID || actor.Role != auth.Reviewer || session.Pending {
		t.Fatalf("Authenticate = %+v, %+v, %v", actor, session, err)
	}
	// The database keeps no token.
	for _, suffix := range []string{"", "-wal"} {
		if raw, err := os.ReadFile(o.Path + suffix); err == nil && strings.Contains(string(raw), got.Token) {
			t.Errorf("the database file %q holds a token", suffix)
		}
	}
	// Signing in again with the old token in hand ends the old session.
	again, err := o.People.SignIn(background, email, testkit.Password, home, "Firefox", got.Token)
	if err != nil {
		t.Fatal(err)
	}
	if again.Token == got.Token {
		t.Error("the token stays the same at a new sign-in")
	}
	if _, _, err := o.People.Authenticate(background, got.Token, home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old token: got %v, want Unauthenticated", err)
	}
	if err := o.People.SignOut(background, again.Token, home); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.People.Authenticate(background, again.Token, home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after signing out: got %v, want Unauthenticated", err)
	}
	for _, bad := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("\x00", 43)} {
		if _, _, err := o.People.Authenticate(background, bad, home); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("token %q: got %v, want Unauthenticated", bad, err)
		}
		if err := o.People.SignOut(background, bad, home); err != nil {
			t.Errorf("signing out with %q: %v", bad, err)
		}
	}
}

// Whatever is wrong, the answer is the same, and nothing of an unknown address is kept in the clear.
func TestSignInRefusals(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	closed := testkit.SecondActor(auth.FieldWorker, place.Egypt)
	v, err := o.People.User(background, admin, closed.UserID)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.People.SetActive(background, admin, closed.UserID, false, testkit.Write(v.Version)); err != nil {
		t.Fatal(err)
	}
	h, err := o.People.Invite(background, admin, userForm("invited@test.example"), testkit.Write(0))
	if err != nil || h.Token == "" {
		t.Fatal(h, err)
	}
	for name, email := range map[string]string{
		"wrong password": testkit.Email(auth.Analyst, place.Egypt, 1), "unknown": "nobody.secret@elsewhere.example", "closed": v.Email, "invited": "invited@test.example",
		"hostile": "a\x00b'; DROP TABLE app_user --", "not UTF-8": "\xff\xfe@x", "long": strings.Repeat("x", 400) + "@test.example", "empty": "",
	} {
		password := testkit.Password
		if name == "wrong password" {
			password = "wrong"
		}
		got, err := o.People.SignIn(background, email, password, home, "x", "")
		if got != nil || messageOf(err) != ":auth.signin.failed" || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, %v; want the one refusal", name, got, err)
		}
	}
	var entries []store.AuditEntry
	o.View(t, func(tx *store.Tx) error {
		var err error
		entries, err = tx.ListAudit(store.Scope{}, store.AuditQuery{})
		return err
	})
	failed := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "signin.") {
			failed++
			if !strings.HasPrefix(e.Note, "unknown:") || strings.Contains(e.Note, "nobody") || e.Address != home || e.ActorID != 0 {
				t.Errorf("entry of an unknown account: %+v", e)
			}
		}
	}
	if failed != 5 {
		t.Errorf("got %d entries of unknown accounts, want 5", failed)
	}
	for _, suffix := range []string{"", "-wal"} {
		if raw, err := os.ReadFile(o.Path + suffix); err == nil && strings.Contains(string(raw), "nobody.secret") {
			t.Errorf("the database file %q holds an unknown address in the clear", suffix)
		}
	}
}

func TestLockOut(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	email := testkit.Email(auth.Reviewer, place.Egypt, 1)
	signIn(t, o, email, testkit.Password) // home is known now
	try := func(email, password, address string) error {
		_, err := o.People.SignIn(background, email, password, address, "", "")
		return err
	}
	for i := range 5 {
		if err := try(email, "wrong", stranger); messageOf(err) != ":auth.signin.failed" {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	// Now even the right password waits, from there; an unknown account is treated alike.
	if err := try(email, testkit.Password, stranger); !fault.Is(err, fault.Limited) {
		t.Errorf("got %v, want Limited", err)
	}
	for range 5 {
		try("nobody@test.example", "wrong", "203.0.113.5")
	}
	if err := try("nobody@test.example", "wrong", "203.0.113.5"); !fault.Is(err, fault.Limited) {
		t.Errorf("unknown account: got %v, want Limited", err)
	}
	// The person's own address is not held up by the stranger's.
	if err := try(email, testkit.Password, home); err != nil {
		t.Errorf("from home: %v", err)
	}
	o.Clock.Advance(time.Hour)
	if err := try(email, testkit.Password, stranger); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	// Both kinds of failure stand in the log of the party.
	page, err := o.Audit.List(background, testkit.Actor(auth.Administrator, place.Egypt), store.AuditQuery{Action: "signin.locked"})
	if err != nil || len(page.Entries) == 0 || page.Entries[0].Address != stranger || page.Entries[0].ActorID != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
}

// A burst of tries sent at once is not let in by counts read too early.
func TestLockOutInParallel(t *testing.T) {
	o := testkit.Service(t)
	email := testkit.Email(auth.Analyst, place.Qatar, 1)
	var looked atomic.Int32
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if _, err := o.People.SignIn(background, email, "wrong", stranger, "", ""); fault.Is(err, fault.Invalid) {
				looked.Add(1)
			}
		})
	}
	wg.Wait()
	if n := looked.Load(); n < 5 || n > 7 { // four free, the fifth makes wait; two are looked at at a time
		t.Errorf("%d of 40 passwords were looked at, want 5 to 7", n)
	}
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	email := testkit.Email(auth.FieldWorker, place.Egypt, 1)
	signIn(t, o, email, testkit.Password)
	for range 7 {
		o.People.SignIn(background, email, "wrong", home, "", "")
	}
	if _, err := o.People.SignIn(background, email, testkit.Password, home, "", ""); !fault.Is(err, fault.Limited) {
		t.Fatalf("got %v, want Limited", err)
	}
	if err := o.People.Unlock(background, admin, worker.UserID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	signIn(t, o, email, testkit.Password)
}

func TestSessionsEnd(t *testing.T) {
	for _, c := range []struct {
		role auth.Role
		step time.Duration
		good int // how many steps of that length the session lasts
	}{
		{auth.Administrator, 29 * time.Minute, 16}, // 8 hours in all
		{auth.Administrator, 30 * time.Minute, 0},
		{auth.Reviewer, 59 * time.Minute, 12},
		{auth.Reviewer, time.Hour, 0},
		{auth.FieldWorker, 11 * time.Hour, 15},
		{auth.FieldWorker, 12 * time.Hour, 0},
	} {
		o := testkit.Service(t)
		in := signIn(t, o, testkit.Email(c.role, place.Qatar, 1), testkit.Password)
		n := 0
		for n < 100 {
			o.Clock.Advance(c.step)
			if _, _, err := o.People.Authenticate(background, in.Token, home); err != nil {
				if !fault.Is(err, fault.Unauthenticated) {
					t.Fatal(err)
				}
				break
			}
			n++
		}
		if n != c.good {
			t.Errorf("%s every %v: lasted %d steps, want %d", c.role, c.step, n, c.good)
		}
	}
}

func userForm(email string) *intake.User {
	return &intake.User{Name: "سلمى عادل", Email: email, Role: "reviewer", Areas: []string{"EG-GZ"}, Locale: "ar"}
}

func TestInvite(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	w := testkit.Write(0)
	h, err := o.People.Invite(background, admin, userForm("Salma@Test.example"), w)
	if err != nil || h.Token == "" || h.Kind != auth.Invitation {
		t.Fatalf("got %+v, %v", h, err)
	}
	// The same request again makes nothing new, and does not show the link again.
	again, err := o.People.Invite(background, admin, userForm("Salma@Test.example"), w)
	if err != nil || again.UserID != h.UserID || again.Token != "" {
		t.Errorf("again: got %+v, %v", again, err)
	}
	if _, err := o.People.Invite(background, admin, userForm("salma@test.example"), testkit.Write(0)); messageOf(err) != "email:auth.email.taken" {
		t.Errorf("the same address: got %v", err)
	}
	v, err := o.People.Link(background, h.Token)
	if err != nil || v.Email != "salma@test.example" || v.Kind != auth.Invitation {
		t.Fatalf("Link = %+v, %v", v, err)
	}
	for password, want := range map[string]string{"short": "new_password:auth.password.short", "salma@test.example": "new_password:auth.password.context"} {
		if err := o.People.AcceptLink(background, h.Token, password, home); messageOf(err) != want {
			t.Errorf("%q: got %v, want %s", password, err, want)
		}
	}
	if err := o.People.AcceptLink(background, h.Token, newPass, home); err != nil {
		t.Fatal(err)
	}
	in := signIn(t, o, "salma@test.example", newPass)
	if in.Account.Areas.String() != "EG-GZ" || in.Account.Role != auth.Reviewer || in.Account.Party != place.Egypt {
		t.Errorf("got %+v", in.Account)
	}
	if err := o.People.AcceptLink(background, h.Token, newPass+"2", home); messageOf(err) != "auth.link.invalid" {
		t.Errorf("a used link: got %v", err)
	}
	// A link ends.
	late, err := o.People.Invite(background, admin, userForm("late@test.example"), testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(73 * time.Hour)
	if _, err := o.People.Link(background, late.Token); messageOf(err) != "auth.link.invalid" {
		t.Errorf("an old link: got %v", err)
	}
	fresh, err := o.People.ResetLink(background, admin, late.UserID, testkit.Write(0))
	if err != nil || fresh.Kind != auth.Invitation {
		t.Fatalf("got %+v, %v", fresh, err)
	}
	newer, err := o.People.ResetLink(background, admin, late.UserID, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.People.Link(background, fresh.Token); messageOf(err) != "auth.link.invalid" {
		t.Errorf("a link that a newer one replaced: got %v", err)
	}
	if _, err := o.People.Link(background, newer.Token); err != nil {
		t.Error(err)
	}
}

func TestInviteProblems(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	for name, c := range map[string]struct {
		change func(*intake.User)
		field  string
	}{
		"no name":         {func(u *intake.User) { u.Name = "" }, "name"},
		"bad address":     {func(u *intake.User) { u.Email = "a@b@c" }, "email"},
		"unknown role":    {func(u *intake.User) { u.Role = "root" }, "role"},
		"the program":     {func(u *intake.User) { u.Role = "system" }, "role"},
		"other party":     {func(u *intake.User) { u.Party = "QA" }, "party"},
		"other areas":     {func(u *intake.User) { u.Areas = []string{"QA-DA"} }, "areas"},
		"no areas":        {func(u *intake.User) { u.Areas = nil }, "areas"},
		"some areas, all": {func(u *intake.User) { u.Role = "administrator" }, "areas"},
		"locale":          {func(u *intake.User) { u.Locale = "fr" }, "locale"},
	} {
		form := userForm("x@test.example")
		c.change(form)
		_, err := o.People.Invite(background, admin, form, testkit.Write(0))
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Problems.On(c.field)) == 0 {
			t.Errorf("%s: got %v, want a problem of %s", name, err, c.field)
		}
	}
	page, err := o.People.Users(background, admin, service.UserQuery{})
	if err != nil || page.All != 8 {
		t.Errorf("got %+v, %v; want the eight of the office", page, err)
	}
}

// What no role but the administrator's may do, and what an administrator may not do to the other party or to themselves.
func TestManageIsRefused(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	foreign := testkit.Actor(auth.Reviewer, place.Qatar)
	all := map[string]func(a auth.Actor, id int64) error{
		"view": func(a auth.Actor, id int64) error { _, err := o.People.User(background, a, id); return err },
		"update": func(a auth.Actor, id int64) error {
			return o.People.UpdateUser(background, a, id, userForm("y@test.example"), testkit.Write(1))
		},
		"close": func(a auth.Actor, id int64) error {
			return o.People.SetActive(background, a, id, false, testkit.Write(1))
		},
		"reset": func(a auth.Actor, id int64) error {
			_, err := o.People.ResetLink(background, a, id, testkit.Write(0))
			return err
		},
		"factor": func(a auth.Actor, id int64) error {
			return o.People.ClearSecondFactor(background, a, id, testkit.Write(0))
		},
		"sessions": func(a auth.Actor, id int64) error { return o.People.EndSessions(background, a, id, testkit.Write(0)) },
		"unlock":   func(a auth.Actor, id int64) error { return o.People.Unlock(background, a, id, testkit.Write(0)) },
	}
	for name, do := range all {
		if err := do(admin, foreign.UserID); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s across parties: got %v, want NotFound", name, err)
		}
		if err := do(admin, 999); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of nobody: got %v, want NotFound", name, err)
		}
		for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Coordinator, auth.Analyst} {
			if err := do(testkit.Actor(role, place.Egypt), admin.UserID); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by %s: got %v, want Forbidden", name, role, err)
			}
		}
		if err := do(auth.Actor{}, admin.UserID); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s by nobody: got %v, want Unauthenticated", name, err)
		}
		if name == "view" {
			continue
		}
		if err := do(admin, admin.UserID); messageOf(err) != "auth.own_account" {
			t.Errorf("%s of the own account: got %v", name, err)
		}
	}
	if _, err := o.People.Users(background, testkit.Actor(auth.Reviewer, place.Egypt), service.UserQuery{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the list by a reviewer: got %v", err)
	}
	if _, err := o.People.InviteOther(background, admin, userForm("z@test.example"), testkit.Write(0)); messageOf(err) != "people.other_has_users" {
		t.Errorf("a second administrator of the other party: got %v", err)
	}
}

// Two administrators who close each other's account at once: one of them stays.
func TestAdministratorsCannotBothGo(t *testing.T) {
	o := testkit.Service(t)
	one, two := testkit.Actor(auth.Administrator, place.Egypt), testkit.SecondActor(auth.Administrator, place.Egypt)
	version := func(id int64) int64 {
		v, err := o.People.User(background, one, id)
		if err != nil {
			t.Fatal(err)
		}
		return v.Version
	}
	v1, v2 := version(one.UserID), version(two.UserID)
	var errs [2]error
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = o.People.SetActive(background, one, two.UserID, false, testkit.Write(v2)) })
	wg.Go(func() { errs[1] = o.People.SetActive(background, two, one.UserID, false, testkit.Write(v1)) })
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("got %v and %v, want exactly one to succeed", errs[0], errs[1])
	}
}

func TestUpdateUser(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	email := testkit.Email(auth.Reviewer, place.Egypt, 1)
	in := signIn(t, o, email, testkit.Password)
	id := in.Account.ID
	before, err := o.People.User(background, admin, id)
	if err != nil {
		t.Fatal(err)
	}
	if len(before.Sessions) != 1 || before.Sessions[0].Address != home || !before.Manage {
		t.Errorf("got %+v", before)
	}
	form := &intake.User{Name: before.Name, Email: before.Email, Role: "reviewer", Areas: []string{"EG-ALX"}, Locale: "ar"}
	w := testkit.Write(before.Version)
	// A sign-in in between does not make the form stale.
	signIn(t, o, email, testkit.Password)
	if err := o.People.UpdateUser(background, admin, id, form, w); err != nil {
		t.Fatal(err)
	}
	if err := o.People.UpdateUser(background, admin, id, form, w); err != nil {
		t.Errorf("the same request again: %v", err)
	}
	// A new area ends the sessions.
	if _, _, err := o.People.Authenticate(background, in.Token, home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after a change of areas: got %v", err)
	}
	// Another administrator, with the page of before.
	stale := testkit.SecondActor(auth.Administrator, place.Egypt)
	form.Role = "analyst"
	if err := o.People.UpdateUser(background, stale, id, form, testkit.Write(before.Version)); !fault.Is(err, fault.Stale) {
		t.Errorf("got %v, want Stale", err)
	}
	after, err := o.People.User(background, admin, id)
	if err != nil || after.Areas.String() != "EG-ALX" || after.Role != auth.Reviewer {
		t.Fatalf("got %+v, %v", after, err)
	}
	// A change of role counts for a session at once.
	in = signIn(t, o, email, testkit.Password)
	o.Update(t, func(tx *store.Tx) error {
		u, err := tx.UserByID(id)
		if err != nil {
			return err
		}
		u.Role = auth.Analyst
		return tx.UpdateUser(u)
	})
	actor, _, err := o.People.Authenticate(background, in.Token, home)
	if err != nil || actor.Role != auth.Analyst {
		t.Errorf("got %+v, %v", actor, err)
	}
	// Closing ends all, and what is in the log says old → new and holds no hash.
	if after, err = o.People.User(background, admin, id); err != nil {
		t.Fatal(err)
	}
	if err := o.People.SetActive(background, admin, id, false, testkit.Write(after.Version)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.People.Authenticate(background, in.Token, home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after closing: got %v", err)
	}
	if _, err := o.People.ResetLink(background, admin, id, testkit.Write(0)); !fault.Is(err, fault.State) {
		t.Errorf("a link for a closed account: got %v", err)
	}
	page, err := o.Audit.List(background, admin, store.AuditQuery{Entity: "user", EntityID: id})
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v", page.Entries)
	for _, want := range []string{"{Path:areas Class:account Old:* New:EG-ALX}", "{Path:active Class:account Old:yes New:no}"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s: %s", want, text)
		}
	}
	if strings.Contains(text, "argon2") {
		t.Error("the log holds a hash")
	}
}

func TestUsersList(t *testing.T) {
	o := testkit.Service(t)
	admin := testkit.Actor(auth.Administrator, place.Egypt)
	if _, err := o.People.Invite(background, admin, userForm("waiting@test.example"), testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		q    service.UserQuery
		want int
	}{
		"all": {service.UserQuery{}, 9}, "role": {service.UserQuery{Role: auth.Reviewer}, 3}, "invited": {service.UserQuery{State: "invited"}, 1},
		"closed": {service.UserQuery{State: "closed"}, 0}, "folded name": {service.UserQuery{Text: "ايمان"}, 1}, "address": {service.UserQuery{Text: "WAITING@"}, 1},
		"nothing": {service.UserQuery{Text: "لا أحد"}, 0}, "hostile": {service.UserQuery{Text: "%'\x00"}, 0},
	} {
		page, err := o.People.Users(background, admin, c.q)
		if err != nil || len(page.Rows) != c.want || page.Total != c.want {
			t.Errorf("%s: got %d of %d, %v; want %d", name, len(page.Rows), page.Total, err, c.want)
			continue
		}
		for _, a := range page.Rows {
			if a.Party != place.Egypt {
				t.Errorf("%s: lists %s of %s", name, a.Email, a.Party)
			}
		}
	}
	var seen []int64
	q := service.UserQuery{Limit: 4}
	for {
		page, err := o.People.Users(background, admin, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Rows {
			seen = append(seen, a.ID)
		}
		if q.After = page.Next; q.After == 0 {
			break
		}
	}
	once := map[int64]bool{}
	for _, id := range seen {
		once[id] = true
	}
	if len(seen) != 9 || len(once) != 9 {
		t.Errorf("paging saw %v", seen)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	email := testkit.Email(auth.Analyst, place.Qatar, 1)
	here, other := signIn(t, o, email, testkit.Password), signIn(t, o, email, testkit.Password)
	actor, session, err := o.People.Authenticate(background, here.Token, home)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"wrong old": {"wrong", newPass, "current_password:auth.password.wrong"},
		"weak":      {testkit.Password, "123456789012345", "new_password:auth.password.common"},
	} {
		if err := o.People.ChangePassword(background, *actor, session.Hash, c.old, c.new); messageOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	if err := o.People.ChangePassword(background, *actor, session.Hash, testkit.Password, newPass); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.People.Authenticate(background, here.Token, home); err != nil {
		t.Errorf("this session: %v", err)
	}
	if _, _, err := o.People.Authenticate(background, other.Token, home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the other session: got %v", err)
	}
	if _, err := o.People.SignIn(background, email, testkit.Password, home, "", ""); messageOf(err) != ":auth.signin.failed" {
		t.Errorf("the old password: got %v", err)
	}
	signIn(t, o, email, newPass)
	// Guessing the password at an open screen is held up too.
	for range 6 {
		err = o.People.ChangePassword(background, *actor, session.Hash, "wrong", newPass)
	}
	if !fault.Is(err, fault.Limited) {
		t.Errorf("after many wrong ones: got %v, want Limited", err)
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	email := testkit.Email(auth.Administrator, place.Qatar, 1)
	here, other := signIn(t, o, email, testkit.Password), signIn(t, o, email, testkit.Password)
	actor, session, err := o.People.Authenticate(background, here.Token, home)
	if err != nil {
		t.Fatal(err)
	}
	e, err := o.People.EnrolTOTP(background, *actor, "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := o.People.EnrolTOTP(background, *actor, e.Ticket); err != nil || again.Text != e.Text {
		t.Errorf("drawn again: %+v, %v", again, err)
	}
	if !strings.HasPrefix(e.QR.SVGPath(), "m") {
		t.Errorf("QR path: %.20q", e.QR.SVGPath())
	}
	code := func() string { return totpCode(t, e.Text, o.Clock.Now()) }
	confirm := func(ticket, code, password string) error {
		_, err := o.People.ConfirmTOTP(background, *actor, session.Hash, ticket, code, password)
		return err
	}
	wrong := "000000"
	if code() == wrong {
		wrong = "000001"
	}
	if err := confirm(e.Ticket, wrong, testkit.Password); messageOf(err) != "code:auth.code.wrong" {
		t.Errorf("wrong code: %v", err)
	}
	if err := confirm(e.Ticket, code(), "wrong"); messageOf(err) != "current_password:auth.password.wrong" {
		t.Errorf("wrong password: %v", err)
	}
	// A ticket is good for its owner only.
	stranger, err := o.People.EnrolTOTP(background, testkit.Actor(auth.Reviewer, place.Qatar), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "x", e.Ticket + "AA", stranger.Ticket} {
		if err := confirm(bad, totpCode(t, stranger.Text, o.Clock.Now()), testkit.Password); messageOf(err) != "code:people.enrolment_old" {
			t.Errorf("ticket %.10q: %v", bad, err)
		}
	}
	recovery, err := o.People.ConfirmTOTP(background, *actor, session.Hash, e.Ticket, code(), testkit.Password)
	if err != nil || len(recovery) != 10 {
		t.Fatalf("got %v, %v", recovery, err)
	}
	if _, _, err := o.People.Authenticate(background, other.Token, home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("another session after turning it on: got %v", err)
	}

	// Signing in owes a code now; the pending session is good for nothing else.
	pending := signIn(t, o, email, testkit.Password)
	if !pending.NeedSecondFactor {
		t.Fatal("no second factor asked")
	}
	who, s, err := o.People.Authenticate(background, pending.Token, home)
	if err != nil || !s.Pending || who.UserID != 0 || auth.Can(*who, auth.WorkView) {
		t.Fatalf("pending: got %+v, %+v, %v", who, s, err)
	}
	// The code of the enrolment was used up by it.
	if _, err := o.People.SecondFactor(background, pending.Token, code(), home); messageOf(err) != "code:auth.code.wrong" {
		t.Errorf("the code of the enrolment: got %v", err)
	}
	o.Clock.Advance(time.Minute)
	good := code()
	done, err := o.People.SecondFactor(background, pending.Token, arabicDigits(good), home)
	if err != nil {
		t.Fatal(err)
	}
	if done.Token == pending.Token {
		t.Error("the token stays the same after the second factor")
	}
	if _, _, err := o.People.Authenticate(background, pending.Token, home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the pending token: got %v", err)
	}
	if who, _, err := o.People.Authenticate(background, done.Token, home); err != nil || who.UserID != actor.UserID {
		t.Errorf("got %+v, %v", who, err)
	}
	// The same code a second time.
	pending = signIn(t, o, email, testkit.Password)
	if _, err := o.People.SecondFactor(background, pending.Token, good, home); messageOf(err) != "code:auth.code.wrong" {
		t.Errorf("a code twice: got %v", err)
	}
	// A recovery code works once.
	if _, err := o.People.SecondFactor(background, pending.Token, strings.ToLower(recovery[4]), home); err != nil {
		t.Fatal(err)
	}
	pending = signIn(t, o, email, testkit.Password)
	if _, err := o.People.SecondFactor(background, pending.Token, recovery[4], home); messageOf(err) != "code:auth.recovery.wrong" {
		t.Errorf("a recovery code twice: got %v", err)
	}
	// Guessing codes is held up, however many sessions are begun.
	for range 4 {
		pending = signIn(t, o, email, testkit.Password)
		_, err = o.People.SecondFactor(background, pending.Token, wrong, home)
	}
	if !fault.Is(err, fault.Limited) {
		t.Errorf("after many wrong codes: got %v, want Limited", err)
	}
	o.Clock.Advance(11 * time.Minute)
	if _, err := o.People.SecondFactor(background, pending.Token, code(), home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a pending session after eleven minutes: got %v", err)
	}

	// Off again, by a code and the password.
	if err := o.People.DisableTOTP(background, *actor, wrong, testkit.Password); messageOf(err) != "code:auth.code.wrong" {
		t.Errorf("off with a wrong code: %v", err)
	}
	o.Clock.Advance(time.Hour)
	fresh, err := o.People.RenewRecoveryCodes(background, *actor, recovery[0], testkit.Password)
	if err != nil || len(fresh) != 10 || fresh[0] == recovery[0] {
		t.Fatalf("got %v, %v", fresh, err)
	}
	if err := o.People.DisableTOTP(background, *actor, recovery[1], testkit.Password); messageOf(err) != "code:auth.recovery.wrong" {
		t.Errorf("off with an old recovery code: %v", err)
	}
	if err := o.People.DisableTOTP(background, *actor, code(), testkit.Password); err != nil {
		t.Fatal(err)
	}
	if in := signIn(t, o, email, testkit.Password); in.NeedSecondFactor {
		t.Error("a code is asked after turning it off")
	}
}

func TestClearSecondFactor(t *testing.T) {
	o := testkit.Service(t)
	worker := testkit.Actor(auth.FieldWorker, place.Egypt)
	e, err := o.People.EnrolTOTP(background, worker, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.People.ConfirmTOTP(background, worker, auth.TokenHash{}, e.Ticket, totpCode(t, e.Text, o.Clock.Now()), testkit.Password); err != nil {
		t.Fatal(err)
	}
	if err := o.People.ClearSecondFactor(background, testkit.Actor(auth.Administrator, place.Egypt), worker.UserID, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if in := signIn(t, o, testkit.Email(auth.FieldWorker, place.Egypt, 1), testkit.Password); in.NeedSecondFactor {
		t.Error("a code is still asked")
	}
}

// totpCode is what an authenticator app shows, by RFC 6238 on its own: package auth's code makes none.
func totpCode(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return hotp(key, uint64(at.Unix()/30))
}

// hotp is RFC 4226, section 5.3.
func hotp(key []byte, counter uint64) string {
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, counter))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

func arabicDigits(s string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '٠' }, s)
}

func TestOwnSessions(t *testing.T) {
	o := testkit.Service(t)
	email := testkit.Email(auth.Coordinator, place.Egypt, 1)
	first, second, third := signIn(t, o, email, testkit.Password), signIn(t, o, email, testkit.Password), signIn(t, o, email, testkit.Password)
	actor, session, err := o.People.Authenticate(background, second.Token, home)
	if err != nil {
		t.Fatal(err)
	}
	list, err := o.People.Sessions(background, *actor, session.Hash)
	if err != nil || len(list) != 3 || !list[0].Current || list[1].Current {
		t.Fatalf("got %+v, %v", list, err)
	}
	// Somebody else's key ends nothing.
	if err := o.People.EndSession(background, testkit.Actor(auth.Analyst, place.Egypt), list[0].Key); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.People.Authenticate(background, second.Token, home); err != nil {
		t.Errorf("ended by a stranger: %v", err)
	}
	if err := o.People.EndSession(background, *actor, list[1].Key); err != nil {
		t.Fatal(err)
	}
	if err := o.People.EndOtherSessions(background, *actor, session.Hash); err != nil {
		t.Fatal(err)
	}
	for i, in := range []*service.SignedIn{first, third} {
		if _, _, err := o.People.Authenticate(background, in.Token, home); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("session %d: got %v", i, err)
		}
	}
	if _, _, err := o.People.Authenticate(background, second.Token, home); err != nil {
		t.Errorf("this session: %v", err)
	}
}

func TestSetLocale(t *testing.T) {
	o := testkit.Service(t)
	a := testkit.Actor(auth.Analyst, place.Egypt)
	if err := o.People.SetLocale(background, a, "ar-u-nu-arab"); err != nil {
		t.Fatal(err)
	}
	if me, err := o.People.Me(background, a); err != nil || me.Locale != "ar-u-nu-arab" {
		t.Errorf("got %+v, %v", me, err)
	}
	if err := o.People.SetLocale(background, a, "<script>"); messageOf(err) != "locale:auth.locale.unknown" {
		t.Errorf("got %v", err)
	}
	if err := o.People.SetLocale(background, auth.Actor{}, "en"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("nobody: got %v", err)
	}
}

// empty returns a service on a database without accounts.
func empty(t *testing.T) *service.Service {
	t.Helper()
	dir := t.TempDir()
	keys, err := seal.Open(filepath.Join(dir, "k", "key"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(background, filepath.Join(dir, "m.db"), keys, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return service.New(service.Deps{DB: db, Keys: keys, Clock: func() time.Time { return testkit.Start }})
}

func TestSetup(t *testing.T) {
	t.Parallel()
	svc := empty(t)
	if need, err := svc.People.SetupNeeded(background); err != nil || !need {
		t.Fatalf("SetupNeeded = %v, %v", need, err)
	}
	old, err := svc.People.SetupLink(background)
	if err != nil {
		t.Fatal(err)
	}
	link, err := svc.People.SetupLink(background)
	if err != nil {
		t.Fatal(err)
	}
	form := &intake.User{Name: "إيمان شوقي", Email: "eman@test.example", Party: "EG", Locale: "ar"}
	if err := svc.People.Setup(background, old.Token, form, newPass, home); messageOf(err) != "auth.link.invalid" {
		t.Errorf("a link that a newer one replaced: got %v", err)
	}
	if err := svc.People.AcceptLink(background, link.Token, newPass, home); messageOf(err) != "auth.link.invalid" {
		t.Errorf("a set-up link as an invitation: got %v", err)
	}
	for name, c := range map[string]struct {
		form     intake.User
		password string
		want     string
	}{
		"no party": {intake.User{Name: "إيمان", Email: "e@test.example"}, newPass, "party:auth.party.unknown"},
		"weak":     {intake.User{Name: "إيمان", Email: "e@test.example", Party: "QA"}, "password1234", "new_password:auth.password.common"},
		"no name":  {intake.User{Email: "e@test.example", Party: "QA"}, newPass, "name:problem.required"},
	} {
		if err := svc.People.Setup(background, link.Token, &c.form, c.password, home); messageOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, messageOf(err), c.want)
		}
	}
	// Of two at once, one makes the account.
	errs := make([]error, 3)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = svc.People.Setup(background, link.Token, form, newPass, home) })
	}
	wg.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else if messageOf(err) != "auth.link.invalid" {
			t.Errorf("got %v", err)
		}
	}
	if good != 1 {
		t.Errorf("%d of 3 made the first account, want 1", good)
	}
	if _, err := svc.People.SetupLink(background); !fault.Is(err, fault.State) {
		t.Errorf("a link after set-up: got %v", err)
	}
	in, err := svc.People.SignIn(background, "eman@test.example", newPass, home, "", "")
	if err != nil || in.Account.Role != auth.Administrator || !in.Account.Areas.All() || in.Account.Party != place.Egypt {
		t.Fatalf("got %+v, %v", in, err)
	}

	// The first administrator opens the other party's door, once; both logs have it.
	actor, _, err := svc.People.Authenticate(background, in.Token, home)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := svc.People.OtherIsEmpty(background, *actor); err != nil || !ok {
		t.Errorf("OtherIsEmpty = %v, %v", ok, err)
	}
	other := &intake.User{Name: "ناصر المري", Email: "nasser@test.example", Role: "field_worker", Areas: []string{"EG-C"}, Locale: "ar"}
	h, err := svc.People.InviteOther(background, *actor, other, testkit.Write(0))
	if err != nil || h.Token == "" {
		t.Fatalf("got %+v, %v", h, err)
	}
	if _, err := svc.People.InviteOther(background, *actor, &intake.User{Name: "آخر", Email: "b@test.example"}, testkit.Write(0)); messageOf(err) != "people.other_has_users" {
		t.Errorf("a second time: got %v", err)
	}
	if err := svc.People.AcceptLink(background, h.Token, newPass+"!", home); err != nil {
		t.Fatal(err)
	}
	theirs, err := svc.People.SignIn(background, "nasser@test.example", newPass+"!", home, "", "")
	if err != nil || theirs.Account.Party != place.Qatar || theirs.Account.Role != auth.Administrator || !theirs.Account.Areas.All() {
		t.Fatalf("got %+v, %v", theirs, err)
	}
	nasser, _, err := svc.People.Authenticate(background, theirs.Token, home)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []auth.Actor{*actor, *nasser} {
		page, err := svc.Audit.List(background, a, store.AuditQuery{Action: "user.invite"})
		if err != nil || len(page.Entries) != 1 || page.Entries[0].ActorID != actor.UserID {
			t.Errorf("the log of %s: %+v, %v", a.Party, page, err)
		}
	}
	if _, err := svc.People.User(background, *actor, theirs.Account.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("who made it sees it: %v", err)
	}
}

// The command line acts as the program, without a form and its key.
func TestProgramMakesUsers(t *testing.T) {
	svc := empty(t)
	program := auth.SystemActor(place.Qatar)
	h, err := svc.People.Invite(background, program, &intake.User{Name: "نورة", Email: "noura@test.example", Role: "administrator"}, service.Write{})
	if err != nil || h.Token == "" {
		t.Fatalf("got %+v, %v", h, err)
	}
	id, err := svc.People.UserIDByEmail(background, program, " Noura@test.example")
	if err != nil || id != h.UserID {
		t.Errorf("got %d, %v", id, err)
	}
	if _, err := svc.People.UserIDByEmail(background, auth.SystemActor(place.Egypt), "noura@test.example"); !fault.Is(err, fault.NotFound) {
		t.Errorf("across parties: got %v", err)
	}
	if _, err := svc.People.ResetLink(background, auth.SystemActor(""), id, service.Write{}); err != nil {
		t.Error(err)
	}
	if err := svc.People.Unlock(background, program, id, service.Write{}); err != nil {
		t.Error(err)
	}
	page, err := svc.People.Users(background, auth.SystemActor(""), service.UserQuery{})
	if err != nil || page.All != 1 {
		t.Errorf("got %+v, %v", page, err)
	}
}

// Authenticate is asked at every request; the target is 1,000 a second beside everything else.
func BenchmarkAuthenticate(b *testing.B) {
	o := testkit.Service(b)
	in, err := o.People.SignIn(background, testkit.Email(auth.Reviewer, place.Egypt, 1), testkit.Password, home, "", "")
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := o.People.Authenticate(background, in.Token, home); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
