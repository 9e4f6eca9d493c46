// Package auth says who people are and what they may do: users, roles, areas, the permission table, passwords, sessions, second factors.
//
// A newcomer starts at permission.go, the one table of who may do what, and class.go, the one table of who sees which field. Everything
// else serves these two: a request becomes an [Actor], and each use-case asks [Allow] before it does anything and [View] before
// it shows anything. No other package compares roles.
//
// # Design
//
// A person belongs to one party (Egypt or Qatar) and to a set of areas of that party. A permission is an action, a role and a [Scope]: own
// entries, own areas, or the whole party. An entry of one's own belongs to one's areas while it names none. What lies outside the party or the scope is answered as not found, so that nobody learns of
// a family by trying numbers in an address. The golden text in testdata prints both tables whole: a change of permission is
// a change of that file, and is reviewed there.
//
// The package is pure: it has no SQL, no HTTP and no clock. It defines what the store keeps ([User], [Session], [OneTimeLink], [Tally]) and the
// rules over it. Secrets are kept so that a copy of the database is of no use: passwords as Argon2id, tokens and recovery codes as SHA-256 of
// at least 112 random bits, TOTP secrets sealed by the caller with package seal.
//
// The rules follow OWASP ASVS 5.0 (chapters 6, 7 and 8), RFC 9106 (Argon2), RFC 6238 (TOTP).
//
// # Limits
//
// The roles are fixed: an office that needs another one changes the table, not a screen. A person with two duties has two accounts. An administrator
// serves one party; the first administrator of each party is made on the command line or by the first visit.
package auth

import (
	"slices"
	"strings"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// Role is what a person does in the office. Its text is stored and must not change.
type Role string

// The roles. System is the program itself: jobs and the command line. No user has it.
const (
	FieldWorker   Role = "field_worker"  // الباحث الميداني: enters families and visits them
	Reviewer      Role = "reviewer"      // المراجع: checks, decides
	Coordinator   Role = "coordinator"   // المنسق: exhibitions; names, crafts and projects only
	Analyst       Role = "analyst"       // المحلل: statistics, reads only
	Administrator Role = "administrator" // مدير النظام: users, criteria, audit
	System        Role = "system"
)

// Roles returns the roles that a user can have, in the order of display.
func Roles() []Role { return []Role{FieldWorker, Reviewer, Coordinator, Analyst, Administrator} }

// Valid reports whether a user can have the role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// AreaSet is the areas of one party that a person works in: all of them, or some by code. The zero value is none.
type AreaSet struct {
	all   bool
	codes []string // sorted, without repeats
}

// AllAreas is every area of the party, also those that are added later.
func AllAreas() AreaSet { return AreaSet{all: true} }

// SomeAreas is the areas with the given ISO 3166-2 codes.
func SomeAreas(codes ...string) AreaSet {
	c := slices.Clone(codes)
	slices.Sort(c)
	return AreaSet{codes: slices.Compact(c)}
}

// ParseAreas reads what [AreaSet.String] wrote. Blank codes are skipped.
func ParseAreas(s string) AreaSet {
	if s == "*" {
		return AllAreas()
	}
	return SomeAreas(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })...)
}

// String returns the stored form: "*" for all, else the codes with commas, such as "EG-C,EG-GZ".
func (a AreaSet) String() string {
	if a.all {
		return "*"
	}
	return strings.Join(a.codes, ",")
}

// All reports whether the set is every area.
func (a AreaSet) All() bool { return a.all }

// None reports whether the set is empty.
func (a AreaSet) None() bool { return !a.all && len(a.codes) == 0 }

// Codes returns the codes in order; nil for all areas.
func (a AreaSet) Codes() []string { return slices.Clone(a.codes) }

// Has reports whether the area is in the set. The empty code (no area known yet) is only in the set of all.
func (a AreaSet) Has(code string) bool {
	if a.all {
		return true
	}
	_, ok := slices.BinarySearch(a.codes, code)
	return ok && code != ""
}

// In reports whether every code of the set is an area of the party. ISO 3166-2 codes begin with the country's.
func (a AreaSet) In(party place.Country) bool {
	for _, c := range a.codes {
		if !strings.HasPrefix(c, string(party)+"-") {
			return false
		}
	}
	return true
}

// Actor is who does something: a signed-in person, or the program itself. It is made anew for each request from the stored user, so that
// a changed role or a closed account counts at once. The zero Actor may do nothing.
type Actor struct {
	UserID  int64 // 0 for the program
	Name    string
	Role    Role
	Party   place.Country // "" only for the program: every party
	Areas   AreaSet
	Locale  string // "ar" or "en"
	Address string // the client's IP address, for the audit log; "" for the program
}

// SystemActor is the program acting for one party, or for every party if party is "".
func SystemActor(party place.Country) Actor {
	return Actor{Name: "system", Role: System, Party: party, Areas: AllAreas(), Locale: "ar"}
}

// known reports whether the actor is anybody at all.
func (a Actor) known() bool {
	if a.Role == System {
		return a.UserID == 0
	}
	return a.UserID > 0 && a.Role.Valid() && a.Party != ""
}

// SamePerson reports whether the actor is the user with the given number. The program is nobody's same person.
func (a Actor) SamePerson(userID int64) bool { return a.UserID != 0 && a.UserID == userID }

// Subject is the thing that an action is done to, in the three facts that permission depends on.
type Subject struct {
	Party     place.Country
	Area      string // ISO 3166-2 code; "" while a draft has none, or for things that lie in no area
	EnteredBy int64  // the user who entered it, or who owns it (a saved filter)
}

// Can reports whether the actor may do the action to anything at all. Use it to show or leave out a button or a menu entry; [Allow] decides.
func Can(a Actor, action Action) bool {
	return a.known() && grant(action, a.Role) != None
}

// Reach is the part of the registry that an action of an actor extends to; lists are filtered by it in the database.
//
// In SQL: party = Party, and (area in Areas, or area is empty and entered_by = Self), and, if OwnOnly, entered_by = Self.
type Reach struct {
	Party   place.Country // "" only for the program: every party
	Areas   AreaSet
	Self    int64 // whose entries belong to the reach also while they have no area yet; 0 for the program
	OwnOnly bool  // nothing but the entries of Self
}

// Holds reports whether the subject lies in the reach. It is what the store's filter must compute.
func (r Reach) Holds(s Subject) bool {
	if r.Party != "" && r.Party != s.Party {
		return false
	}
	own := r.Self != 0 && r.Self == s.EnteredBy
	if r.OwnOnly && !own {
		return false
	}
	return r.Areas.Has(s.Area) || own && s.Area == ""
}

// ReachOf returns how far the action of the actor extends; Forbidden or Unauthenticated if nowhere.
func ReachOf(a Actor, action Action) (Reach, error) {
	if !a.known() {
		return Reach{}, fault.New(fault.Unauthenticated, "error.unauthenticated")
	}
	switch grant(action, a.Role) {
	case Own:
		return Reach{Party: a.Party, Areas: a.Areas, Self: a.UserID, OwnOnly: true}, nil
	case Areas:
		return Reach{Party: a.Party, Areas: a.Areas, Self: a.UserID}, nil
	case Party:
		return Reach{Party: a.Party, Areas: AllAreas(), Self: a.UserID}, nil
	}
	return Reach{}, fault.New(fault.Forbidden, "error.forbidden")
}

// Allow returns nil if the actor may do the action to the subject, and else what to answer:
//
//   - Unauthenticated: nobody is signed in;
//   - Forbidden: the role never does this; or the person can see the subject but may not do this to it; or it is their own entry and the
//     action needs a second person; or a new family is put into an area that is not theirs;
//   - NotFound: the subject is of the other party or outside what the person can see. It reads like a number that does not exist.
func Allow(a Actor, action Action, s Subject) error {
	reach, err := ReachOf(a, action)
	if err != nil {
		return err
	}
	if !reach.Holds(s) {
		sameParty := reach.Party == "" || reach.Party == s.Party
		if action == FamilyCreate && sameParty {
			return fault.New(fault.Forbidden, "auth.other_area") // nothing exists yet that could be leaked
		}
		if seen, err := ReachOf(a, FamilyView); err == nil && seen.Holds(s) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		return fault.New(fault.NotFound, "error.not_found")
	}
	if actions[action].fourEyes && a.SamePerson(s.EnteredBy) {
		return fault.New(fault.Forbidden, "error.four_eyes")
	}
	return nil
}

// AllowManage returns nil if the actor may change target's account. Nobody changes their own role, areas or activity: an administrator who could
// would lock everybody out or hide a trace; another administrator does it.
func AllowManage(a Actor, target User) error {
	if err := Allow(a, UserManage, Subject{Party: target.Party}); err != nil {
		return err
	}
	if a.SamePerson(target.ID) {
		return fault.New(fault.Forbidden, "auth.own_account")
	}
	return nil
}
