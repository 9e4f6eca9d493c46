package auth

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// User is a stored account. Whoever changes role, party, areas, password or activity also deletes the user's sessions.
type User struct {
	ID      int64 // from 1
	Version int64 // counts saves from 1; a save with an older one is stale

	Email  string // the sign-in name, as [SignInName] makes it; unique over both parties
	Name   string
	Role   Role
	Party  place.Country
	Areas  AreaSet // of Party
	Locale string  // "ar" or "en"

	PasswordHash   string   // Argon2id in PHC form; "" until the invitation is used, and then nobody can sign in
	TOTPSealed     []byte   // the TOTP secret, sealed by the caller; nil: no second factor
	TOTPLastStep   int64    // the last accepted time step, so that a code works once; 0: none
	RecoveryHashes [][]byte // of the unused recovery codes

	Active       bool // false: closed; kept because the audit log names it
	CreatedAt    time.Time
	CreatedBy    int64     // 0: the command line or the first visit
	PasswordAt   time.Time // of the last change
	LastSignInAt time.Time // zero: never
}

// Actor returns the person acting from a client address. A closed account gives the zero Actor, which may do nothing.
func (u User) Actor(address string) Actor {
	if !u.Active {
		return Actor{}
	}
	return Actor{UserID: u.ID, Name: u.Name, Role: u.Role, Party: u.Party, Areas: u.Areas, Locale: u.Locale, Address: address}
}

// SecondFactor reports whether signing in asks for a code after the password.
func (u User) SecondFactor() bool { return len(u.TOTPSealed) > 0 }

// SignInName returns the form of an e-mail address under which an account is stored and looked up: trimmed, lower case.
func SignInName(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

const (
	maxEmail = 254 // RFC 5321, 4.5.3.1.3
	maxName  = 120
)

// Check returns what is wrong with the account as an administrator typed it. Fields: email, name, role, party, areas, locale.
func (u User) Check() fault.Problems {
	var p fault.Problems
	if !validEmail(u.Email) {
		p.Add("email", "auth.email.invalid")
	}
	switch n := utf8.RuneCountInString(u.Name); {
	case strings.TrimSpace(u.Name) == "":
		p.Add("name", "auth.name.required")
	case n > maxName || !utf8.ValidString(u.Name):
		p.Add("name", "auth.name.long", maxName)
	}
	if !u.Role.Valid() {
		p.Add("role", "auth.role.unknown")
	}
	party := u.Party.Valid()
	if !party {
		p.Add("party", "auth.party.unknown")
	}
	switch {
	case u.Areas.None():
		p.Add("areas", "auth.areas.required")
	case party && !u.Areas.In(u.Party):
		p.Add("areas", "auth.areas.foreign")
	case u.Role == Administrator && !u.Areas.All():
		// The permission table gives administrators the whole party; an account that says otherwise would mislead its reader.
		p.Add("areas", "auth.areas.administrator")
	}
	if u.Locale != "ar" && u.Locale != "en" {
		p.Add("locale", "auth.locale.unknown")
	}
	return p
}

func validEmail(s string) bool {
	if s != SignInName(s) || len(s) > maxEmail || !utf8.ValidString(s) {
		return false
	}
	a, err := mail.ParseAddress(s)
	// ParseAddress also takes "Name <a@b>"; the stored name is the bare address. Quoted local parts and spaces go with it.
	if err != nil || a.Address != s || a.Name != "" || strings.ContainsAny(s, "\" <>,;:\\") {
		return false
	}
	_, domain, _ := strings.Cut(s, "@")
	return domain != "" && !strings.Contains(domain, "@")
}
