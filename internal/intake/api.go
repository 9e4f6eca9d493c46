package intake

import "muntija/internal/fault"

// maxTokenDays is maxTokenDays, which this package may not ask.
const maxTokenDays = 366

// Token is what a person asks of a new token of the programming interface.
type Token struct {
	Name   string   `json:"name,omitempty" validate:"required,max=120"`
	Scopes []string `json:"scopes,omitempty" validate:"max=20,dive,max=40"`
	Areas  []string `json:"areas,omitempty" validate:"max=60,dive,max=10"`
	Days   string   `json:"days,omitempty" validate:"required,max=5"`
}

// CheckedToken is a Token as asked for; whether the person may have it is for package auth. No areas: all of the person's.
type CheckedToken struct {
	Name   string
	Scopes []string
	Areas  []string
	Days   int
}

// DecodeToken reads the form.
func DecodeToken(values map[string][]string) (*Token, fault.Problems) {
	return decodeInto[Token](values)
}

// Values returns the fields by their form names, Sets the ticks.
func (t *Token) Values() map[string]string { return valuesOf(t) }

// Sets returns the ticks of the form.
func (t *Token) Sets() map[string][]string {
	return map[string][]string{"scopes": t.Scopes, "areas": t.Areas}
}

// Check returns what is asked for. Fields: name, scopes, areas, days.
func (t *Token) Check(ctx Context) (CheckedToken, fault.Problems) {
	in, c := shapedSmall(ctx, t)
	out := CheckedToken{Name: in.Name, Scopes: in.Scopes, Areas: in.Areas, Days: c.whole("days", in.Days, 1, maxTokenDays)}
	for _, a := range in.Areas {
		c.area("areas", a)
	}
	return out, c.sorted(planFor[Token]())
}
