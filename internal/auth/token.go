package auth

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// TokenScope is a part of the programming interface that a token opens. Its text is stored and stands in the public document.
type TokenScope string

// The scopes. A scope opens routes; what is done behind them is still asked of the owner's role and areas.
const (
	ScopeFamiliesRead      TokenScope = "families:read"
	ScopeFamiliesWrite     TokenScope = "families:write"
	ScopeProductsRead      TokenScope = "products:read"
	ScopeProductsWrite     TokenScope = "products:write"
	ScopeExhibitionsRead   TokenScope = "exhibitions:read"
	ScopeApplicationsWrite TokenScope = "applications:write"
	ScopeFiguresRead       TokenScope = "figures:read"
)

// scopeNeeds names what a person must be allowed to do at all before a token of theirs may have the scope.
var scopeNeeds = map[TokenScope]Action{
	ScopeFamiliesRead: FamilyList, ScopeFamiliesWrite: FamilyEdit, ScopeProductsRead: ProductView, ScopeProductsWrite: ProductEdit,
	ScopeExhibitionsRead: ExhibitionView, ScopeApplicationsWrite: ApplicationEnter, ScopeFiguresRead: FiguresView,
}

// TokenScopes returns the scopes in the order of display.
func TokenScopes() []TokenScope {
	return []TokenScope{ScopeFamiliesRead, ScopeFamiliesWrite, ScopeProductsRead, ScopeProductsWrite, ScopeExhibitionsRead, ScopeApplicationsWrite, ScopeFiguresRead}
}

// ScopesOf returns the scopes that a token of the actor may have.
func ScopesOf(a Actor) []TokenScope {
	return slices.DeleteFunc(TokenScopes(), func(s TokenScope) bool { return !Can(a, scopeNeeds[s]) })
}

// TokenPrefix stands before each token of the programming interface, so that a program that looks for secrets in files finds one.
const TokenPrefix = "muntija_"

// MaxTokenDays is how long a token may live, and MaxTokens how many good ones a person may have.
const (
	MaxTokenDays = 366
	MaxTokens    = 20
)

// APIToken is a key with which a program acts for the person who made it. The key itself is shown once; Hash is of the part behind [TokenPrefix].
type APIToken struct {
	ID, Version int64
	UserID      int64
	Party       place.Country
	Name        string // what it is for, as the person wrote
	Hash        TokenHash
	Scopes      []TokenScope
	Areas       AreaSet // all: whatever the owner has
	CreatedAt   time.Time
	ExpiresAt   time.Time
	UsedAt      time.Time // of the last request, kept to the minute; zero: never
	RevokedAt   time.Time // zero: not
	RevokedBy   int64
}

// NewAPIToken returns the key, shown once, and the hash to keep.
func NewAPIToken() (key string, hash TokenHash) {
	token, hash := NewToken()
	return TokenPrefix + token, hash
}

// HashAPIToken returns the hash under which to look a received key up; false if it cannot be one of ours.
func HashAPIToken(key string) (TokenHash, bool) {
	rest, ok := strings.CutPrefix(key, TokenPrefix)
	if !ok {
		return TokenHash{}, false
	}
	return HashToken(rest)
}

// Good reports whether the token opens anything at now.
func (t *APIToken) Good(now time.Time) bool { return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt) }

// TouchDue reports whether UsedAt should be written again, as [Session.TouchDue].
func (t *APIToken) TouchDue(now time.Time) bool { return now.Sub(t.UsedAt) >= time.Minute }

// Has reports whether the token opens a scope; the empty scope is opened by each.
func (t *APIToken) Has(s TokenScope) bool { return s == "" || slices.Contains(t.Scopes, s) }

// Check returns what is wrong with a token that the actor asks for. Fields: name, scopes, areas, days.
func (t *APIToken) Check(a Actor, now time.Time) fault.Problems {
	var p fault.Problems
	switch n := utf8.RuneCountInString(t.Name); {
	case strings.TrimSpace(t.Name) == "":
		p.Add("name", "problem.required")
	case n > maxName:
		p.Add("name", "problem.too_long", maxName)
	}
	if len(t.Scopes) == 0 {
		p.Add("scopes", "problem.required")
	}
	may := ScopesOf(a)
	for _, s := range t.Scopes {
		if !slices.Contains(may, s) {
			p.Add("scopes", "problem.token.scope")
			break
		}
	}
	for _, code := range t.Areas.Codes() {
		if !a.Areas.Has(code) {
			p.Add("areas", "problem.token.area")
			break
		}
	}
	if !t.Areas.All() && a.Role == Administrator {
		// What an administrator may do reaches over the whole party; a token that says otherwise would mislead its reader.
		p.Add("areas", "problem.token.administrator")
	}
	if t.ExpiresAt.Before(now) || t.ExpiresAt.After(now.AddDate(0, 0, MaxTokenDays+1)) {
		p.Add("days", "problem.token.days", MaxTokenDays)
	}
	return p
}

// Actor returns who acts when the owner's token is used from an address: the owner as they are today, in no more areas than the token names. A closed
// account, or one whose role no longer goes by area while the token does, gives the zero Actor.
func (t *APIToken) Actor(owner *User, address string) Actor {
	a := owner.Actor(address)
	if a.UserID != t.UserID || a.Party != t.Party {
		return Actor{}
	}
	a.Name += " · API · " + t.Name
	if t.Areas.All() {
		return a
	}
	if a.Role == Administrator {
		return Actor{}
	}
	if a.Areas.All() {
		a.Areas = t.Areas
		return a
	}
	a.Areas = SomeAreas(slices.DeleteFunc(a.Areas.Codes(), func(c string) bool { return !t.Areas.Has(c) })...)
	return a
}
