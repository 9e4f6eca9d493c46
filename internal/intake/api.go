package intake

import (
	"strings"

	"muntija/internal/fault"
)

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
	if len(in.Scopes) == 0 {
		c.add("scopes", "problem.required")
	}
	for _, a := range in.Areas {
		c.area("areas", a)
	}
	return out, c.sorted(planFor[Token]())
}

// Hook is an address that is told of events. Off switches it off.
type Hook struct {
	URL   string   `json:"url,omitempty" validate:"omitempty,max=500"`
	Kinds []string `json:"kinds,omitempty" validate:"max=30,dive,max=40"`
	Off   string   `json:"off,omitempty" validate:"omitempty,max=5"`
}

// DecodeHook reads the form.
func DecodeHook(values map[string][]string) (*Hook, fault.Problems) { return decodeInto[Hook](values) }

// Values returns the fields by their form names, Sets the ticks.
func (h *Hook) Values() map[string]string { return valuesOf(h) }

// Sets returns the ticks of the form.
func (h *Hook) Sets() map[string][]string { return map[string][]string{"kinds": h.Kinds} }

// Check returns the form cleaned; kinds are what there is to choose from. Whether anything may be sent to the address is for package courier. Fields: kinds.
func (h *Hook) Check(ctx Context, kinds []string) (Hook, fault.Problems) {
	in, c := shapedSmall(ctx, h)
	for _, k := range in.Kinds {
		c.oneOf("kinds", k, kinds)
	}
	if len(in.Kinds) == 0 {
		c.add("kinds", "problem.required")
	}
	return *in, c.sorted(planFor[Hook]())
}

// Template is what is written to a family on an event, in both languages.
type Template struct {
	Active    string `json:"active,omitempty" validate:"omitempty,max=5"`
	Langs     string `json:"langs,omitempty" validate:"required,max=5"`
	ARSubject string `json:"ar_subject,omitempty" validate:"omitempty,max=200"`
	ARText    string `json:"ar_text,omitempty" validate:"omitempty,max=1000" in:"text"`
	ENSubject string `json:"en_subject,omitempty" validate:"omitempty,max=200"`
	ENText    string `json:"en_text,omitempty" validate:"omitempty,max=1000" in:"text"`
}

// TemplateLangs are the choices of the languages that a message is sent in.
func TemplateLangs() []string { return []string{"ar", "en", "both"} }

// DecodeTemplate reads the form.
func DecodeTemplate(values map[string][]string) (*Template, fault.Problems) {
	return decodeInto[Template](values)
}

// Values returns the fields by their form names.
func (t *Template) Values() map[string]string { return valuesOf(t) }

// Check returns the form cleaned; what a text may say is for package courier. Fields: langs.
func (t *Template) Check(ctx Context) (Template, fault.Problems) {
	in, c := shapedSmall(ctx, t)
	c.oneOf("langs", in.Langs, TemplateLangs())
	return *in, c.sorted(planFor[Template]())
}

// Refusal is a number or an e-mail address that wants no messages, or, with Again, wants them again.
type Refusal struct {
	Address string `json:"address,omitempty" validate:"required,max=254"`
	Again   string `json:"again,omitempty" validate:"omitempty,max=5"`
}

// CheckedRefusal is a Refusal with the number in its international form.
type CheckedRefusal struct {
	Address string
	Email   bool
	Again   bool
}

// DecodeRefusal reads the form.
func DecodeRefusal(values map[string][]string) (*Refusal, fault.Problems) {
	return decodeInto[Refusal](values)
}

// Check returns the address. Fields: address.
func (r *Refusal) Check(ctx Context) (CheckedRefusal, fault.Problems) {
	in, c := shapedSmall(ctx, r)
	out := CheckedRefusal{Address: in.Address, Again: c.yes("again", in.Again)}
	if strings.Contains(in.Address, "@") {
		out.Email = true
	} else if in.Address != "" {
		out.Address = c.phone("address", in.Address)
	}
	return out, c.sorted(planFor[Refusal]())
}
