package intake

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// User is a user's form, as an administrator fills it in.
type User struct {
	Name   string   `json:"name,omitempty" validate:"required,max=120"`
	Email  string   `json:"email,omitempty" validate:"required,max=254,email"`
	Role   string   `json:"role,omitempty" validate:"required,max=40"`
	Party  string   `json:"party,omitempty" validate:"omitempty,max=10"`
	Areas  []string `json:"areas,omitempty" validate:"max=60,dive,max=10"`
	All    string   `json:"all_areas,omitempty" validate:"omitempty,max=10"`
	Locale string   `json:"locale,omitempty" validate:"omitempty,max=20"`
}

// CheckedUser is a sound User. Either AllAreas or at least one area; the first locale offered if none was chosen.
type CheckedUser struct {
	Name     string
	Email    string // lower case: the name of the account
	Role     string
	Party    place.Country
	Areas    []string
	AllAreas bool
	Locale   string
}

// DecodeUser reads a user's form.
func DecodeUser(values map[string][]string) (*User, fault.Problems) { return decodeInto[User](values) }

// Values returns the fields by their form names, to draw the form again.
func (u *User) Values() map[string]string { return valuesOf(u) }

// Sets returns the ticks of the areas, to draw the form again.
func (u *User) Sets() map[string][]string { return planFor[User]().sets(reflect.ValueOf(u).Elem()) }

// Check returns the user, always of the context's party: an administrator makes accounts of their own country only. The roles and locales to choose from are given: packages auth and locale know them.
func (u *User) Check(ctx Context, roles, locales []string) (CheckedUser, fault.Problems) {
	in, c := shapedSmall(ctx, u)
	out := CheckedUser{
		Name:     c.personName("name", in.Name),
		Email:    strings.ToLower(in.Email),
		Role:     c.oneOf("role", in.Role, roles),
		Party:    ctx.Party,
		AllAreas: c.yes("all_areas", in.All),
		Locale:   c.oneOf("locale", in.Locale, locales),
	}
	if in.Party != "" && in.Party != string(ctx.Party) {
		c.add("party", "problem.choice")
	}
	if in.Locale == "" && len(locales) > 0 {
		out.Locale = locales[0]
	}
	for _, a := range in.Areas {
		if a = c.area("areas", a); a != "" && !slices.Contains(out.Areas, a) {
			out.Areas = append(out.Areas, a)
		}
	}
	switch {
	case out.AllAreas:
		out.Areas = nil
	case len(in.Areas) == 0:
		c.add("areas", "problem.areas_needed")
	}
	return out, c.sorted(planFor[User]())
}

func (c *checker) oneOf(name, s string, values []string) string {
	if s == "" {
		return ""
	}
	if !slices.Contains(values, s) {
		c.add(name, "problem.choice")
		return ""
	}
	return s
}

// PasswordChange is a signed-in person's new password. Whether it is strong enough is for package auth to say.
type PasswordChange struct {
	Current string `json:"current_password,omitempty" validate:"required,max=512" in:"secret"`
	New     string `json:"new_password,omitempty" validate:"required,max=512" in:"secret"`
	Again   string `json:"repeat_password,omitempty" validate:"required,max=512" in:"secret"`
}

// DecodePasswordChange reads the form.
func DecodePasswordChange(values map[string][]string) (*PasswordChange, fault.Problems) {
	return decodeInto[PasswordChange](values)
}

// Check returns the problems: a field left empty, two new passwords that differ, a new one that is the old one.
func (p *PasswordChange) Check(ctx Context) fault.Problems {
	in, c := shapedSmall(ctx, p)
	c.repeated(in.New, in.Again)
	if in.New != "" && in.New == in.Current {
		c.add("new_password", "problem.password_same")
	}
	return c.sorted(planFor[PasswordChange]())
}

func (c *checker) repeated(password, again string) {
	if password != "" && again != "" && password != again {
		c.add("repeat_password", "problem.password_differs")
	}
}

// NewPassword is the first password of an account, or one after a reset, set through a one-time link.
type NewPassword struct {
	New   string `json:"new_password,omitempty" validate:"required,max=512" in:"secret"`
	Again string `json:"repeat_password,omitempty" validate:"required,max=512" in:"secret"`
}

// DecodeNewPassword reads the form.
func DecodeNewPassword(values map[string][]string) (*NewPassword, fault.Problems) {
	return decodeInto[NewPassword](values)
}

// Check returns the problems: a field left empty, two passwords that differ.
func (p *NewPassword) Check(ctx Context) fault.Problems {
	in, c := shapedSmall(ctx, p)
	c.repeated(in.New, in.Again)
	return c.sorted(planFor[NewPassword]())
}

// SignIn is the sign-in form.
type SignIn struct {
	Email    string `json:"email,omitempty" validate:"required,max=254"`
	Password string `json:"password,omitempty" validate:"required,max=512" in:"secret"`
	Next     string `json:"next,omitempty" validate:"omitempty,max=500"`
}

// DecodeSignIn reads the form.
func DecodeSignIn(values map[string][]string) (*SignIn, fault.Problems) {
	return decodeInto[SignIn](values)
}

// Values returns the fields by their form names, the password never, to draw the form again.
func (s *SignIn) Values() map[string]string { return valuesOf(s) }

// Check returns the account's name in lower case and where to go on, "/" unless Next is a path of our own. A text that is no address at all
// is not told apart from an unknown account.
func (s *SignIn) Check(ctx Context) (email, next string, problems fault.Problems) {
	in, c := shapedSmall(ctx, s)
	return strings.ToLower(in.Email), LocalPath(in.Next), c.sorted(planFor[SignIn]())
}

// LocalPath returns s if it is a path on this site, else "/": an open redirect would lend our name to a stranger's page.
func LocalPath(s string) string {
	if len(s) == 0 || s[0] != '/' || len(s) > 1 && (s[1] == '/' || s[1] == '\\') || len(s) > 500 {
		return "/"
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '\\' || s[i] >= 0x7F {
			return "/"
		}
	}
	return s
}

// SecondFactor is the code of an authenticator, or a recovery code.
type SecondFactor struct {
	Code string `json:"code,omitempty" validate:"required,max=40"`
}

// DecodeSecondFactor reads the form.
func DecodeSecondFactor(values map[string][]string) (*SecondFactor, fault.Problems) {
	return decodeInto[SecondFactor](values)
}

// Check returns the code without spaces and dashes, digits as ASCII, letters as capitals. A code of six digits is a
// one-time code; anything else is taken for a recovery code.
func (s *SecondFactor) Check(ctx Context) (code string, oneTime bool, problems fault.Problems) {
	in, c := shapedSmall(ctx, s)
	oneTime = true
	var b strings.Builder
	for _, r := range arabic.Digits(in.Code) {
		switch {
		case unicode.IsSpace(r) || r == '-':
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			oneTime = false
			b.WriteRune(unicode.ToUpper(r))
		default:
			c.add("code", "problem.code")
			return "", false, c.sorted(planFor[SecondFactor]())
		}
	}
	if in.Code != "" && b.Len() < 6 {
		c.add("code", "problem.code")
	}
	return b.String(), oneTime && b.Len() == 6, c.sorted(planFor[SecondFactor]())
}

// shapedSmall returns a clean copy of a small input and a checker that holds the problems of its shape.
func shapedSmall[T any](ctx Context, in *T) (*T, *checker) {
	clean := *in
	ps := planFor[T]().shape(reflect.ValueOf(&clean).Elem(), ctx.Party)
	return &clean, &checker{Context: ctx, ps: ps}
}

func (c *checker) sorted(pl *plan) fault.Problems { return pl.sortProblems(c.ps) }
