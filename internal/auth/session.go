package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"muntija/internal/fault"
)

// TokenHash is the SHA-256 of a token: what the database keeps. A token has 256 random bits, so a fast hash is enough (ASVS 5.0, 7.2 and 6.5).
type TokenHash [sha256.Size]byte

const tokenBytes = 32

// NewToken returns a fresh random token, 43 characters of base64url for a cookie or a link, and its hash for the database.
func NewToken() (token string, hash TokenHash) {
	var b [tokenBytes]byte
	rand.Read(b[:]) // never fails (crypto/rand, since Go 1.24)
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, sha256.Sum256([]byte(token))
}

// HashToken returns the hash under which to look a received token up; false if it cannot be one of ours.
func HashToken(token string) (TokenHash, bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return TokenHash{}, false
	}
	// The decoder skips line ends, so the length of what comes out counts too.
	if b, err := base64.RawURLEncoding.Strict().DecodeString(token); err != nil || len(b) != tokenBytes {
		return TokenHash{}, false
	}
	return sha256.Sum256([]byte(token)), true
}

// Session is one signed-in browser, or one that has given the password and still owes the second factor. A new one, with a new token, is
// made at each step of signing in, and the old row deleted (against session fixation). Signing out deletes the row.
type Session struct {
	Hash      TokenHash // key
	UserID    int64
	Pending   bool      // the second factor is still owed: good for nothing but giving it
	CreatedAt time.Time // of the sign-in; a second factor does not move it
	SeenAt    time.Time // of the last request, kept to the minute (see TouchDue)
	Address   string    // client's IP address at sign-in, shown to the person in the list of their sessions
	Agent     string    // what the browser calls itself, at most 200 bytes
}

// pendingFor is how long a password is good for while the code is looked up.
const pendingFor = 10 * time.Minute

// Lifetime returns after how long without a request, and how long after sign-in, a session of the role ends.
//
// A field worker is in villages with a poor signal, on their own phone, and sees own entries only: one working day idle, a week in all, so that a
// draft begun in the morning can be sent in the evening. Offices share desks and see whole areas: an hour idle, a working day in all; an
// administrator half an hour (ASVS 5.0, 7.3; NIST SP 800-63B asks for at most an hour idle and a day in all where a second factor is used).
func Lifetime(role Role) (idle, absolute time.Duration) {
	switch role {
	case FieldWorker:
		return 12 * time.Hour, 7 * 24 * time.Hour
	case Administrator:
		return 30 * time.Minute, 8 * time.Hour
	}
	return time.Hour, 12 * time.Hour
}

// Check returns nil if the session of a user with this role is still good at now, else Unauthenticated.
func (s Session) Check(role Role, now time.Time) error {
	idle, absolute := Lifetime(role)
	if s.Pending {
		idle, absolute = pendingFor, pendingFor
	}
	if now.Sub(s.SeenAt) >= idle || now.Sub(s.CreatedAt) >= absolute {
		return fault.New(fault.Unauthenticated, "auth.session.expired")
	}
	return nil
}

// TouchDue reports whether SeenAt should be written again. Once a minute is exact enough and spares a write at each request.
func (s Session) TouchDue(now time.Time) bool { return now.Sub(s.SeenAt) >= time.Minute }

// ExpiredBefore returns the creation time before which every session has ended, whatever its role: the nightly clean-up deletes those.
func ExpiredBefore(now time.Time) time.Time {
	_, longest := Lifetime(FieldWorker)
	return now.Add(-longest)
}

const csrfNonce = 16

// CSRFToken returns a token for the forms of a session, made with a key that the caller derives for this purpose alone. Each
// is different, so that a compressed page does not give it away byte by byte (BREACH); all of one session are good while it lasts.
func CSRFToken(key []byte, session TokenHash) string {
	var b [csrfNonce + sha256.Size]byte
	rand.Read(b[:csrfNonce])
	copy(b[csrfNonce:], csrfSum(key, session, b[:csrfNonce]))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// CheckCSRF reports, in constant time, whether the token was made by [CSRFToken] with the same key for the same session.
func CheckCSRF(key []byte, session TokenHash, token string) bool {
	if len(token) != base64.RawURLEncoding.EncodedLen(csrfNonce+sha256.Size) {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != csrfNonce+sha256.Size {
		return false
	}
	return hmac.Equal(csrfSum(key, session, b[:csrfNonce]), b[csrfNonce:])
}

func csrfSum(key []byte, session TokenHash, nonce []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("muntija/csrf/v1\x00"))
	h.Write(nonce)
	h.Write(session[:])
	return h.Sum(nil)
}

// LinkKind is what a one-time link is for. Its text is stored.
type LinkKind string

// The kinds of link.
const (
	FirstSetUp    LinkKind = "first_set_up"   // makes the first administrator; printed on the terminal
	Invitation    LinkKind = "invitation"     // a new user sets a password
	PasswordReset LinkKind = "password_reset" // made by an administrator, handed over by them
)

// Lasts returns how long a link of the kind is good. An invitation may wait over a weekend; a reset is handed over at once.
func (k LinkKind) Lasts() time.Duration {
	switch k {
	case Invitation:
		return 72 * time.Hour
	case FirstSetUp:
		return 24 * time.Hour
	}
	return time.Hour
}

// OneTimeLink is a stored link that opens one page once. A new link for the same user and kind replaces older ones.
type OneTimeLink struct {
	Hash      TokenHash // key
	Kind      LinkKind
	UserID    int64 // 0 for FirstSetUp
	CreatedBy int64 // 0: the program
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero: not yet
}

// NewLink returns a link and the token that its address carries.
func NewLink(kind LinkKind, userID, by int64, now time.Time) (token string, link OneTimeLink) {
	token, hash := NewToken()
	return token, OneTimeLink{Hash: hash, Kind: kind, UserID: userID, CreatedBy: by, CreatedAt: now, ExpiresAt: now.Add(kind.Lasts())}
}

// Use marks the link as used, for the purpose kind. It refuses a used or expired link and one for another purpose, all in the same words.
func (l *OneTimeLink) Use(kind LinkKind, now time.Time) error {
	if l.Kind != kind || !l.UsedAt.IsZero() || !now.Before(l.ExpiresAt) {
		return fault.New(fault.NotFound, "auth.link.invalid")
	}
	l.UsedAt = now
	return nil
}

// Valid reports whether [OneTimeLink.Use] would take the link, without using it: for showing its page.
func (l OneTimeLink) Valid(kind LinkKind, now time.Time) bool { return l.Use(kind, now) == nil }
