package intake

import (
	"slices"
	"strconv"
	"strings"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Decision is what a person sends with a step in the life of a registration: the version they saw, reasons, a note and the key that
// makes a form sent twice one decision. [Stamp] reads version and key.
type Decision struct {
	Version string   `json:"version,omitempty" validate:"omitempty,max=20"`
	Reasons []string `json:"reasons,omitempty" validate:"max=20,dive,max=40,code=reason"`
	Note    string   `json:"note,omitempty" validate:"omitempty,max=1000" in:"text"`
	Key     string   `json:"key,omitempty" validate:"omitempty,max=64"`
}

// DecodeDecision reads a decision's form.
func DecodeDecision(values map[string][]string) (*Decision, fault.Problems) {
	return decodeInto[Decision](values)
}

// Values returns the fields by their form names, to draw the form again.
func (d *Decision) Values() map[string]string { return valuesOf(d) }

// Check returns the verdict. Which steps need a reason is a rule of package registry; here the reason "other" needs a note that says which.
func (d *Decision) Check() (registry.Verdict, fault.Problems) {
	in, c := shapedSmall(Context{Party: place.Egypt}, d) // the reasons are the same in both countries
	out := registry.Verdict{Reasons: codes[registry.Reason](c, "reason", in.Reasons), Note: in.Note}
	if slices.Contains(out.Reasons, "other") && in.Note == "" {
		c.add("note", "problem.note_required")
	}
	return out, c.sorted(planFor[Decision]())
}

// Stamp reads what every form that changes something carries: the version that it was drawn from (0 on a form for something new) and its key.
// Both are the program's own values, so one that cannot be read means a broken page.
func Stamp(values map[string][]string) (version int64, key string, problems fault.Problems) {
	c := &checker{}
	if v := first(values["version"]); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			c.add("", "problem.broken_form")
		} else {
			version = n
		}
	}
	return version, c.idempotencyKey(first(values["key"])), c.ps
}

func first(values []string) string {
	if len(values) != 1 { // a form sends each once
		return ""
	}
	return values[0]
}

// idempotencyKey is made by the page that drew the form: 8 to 64 letters, digits, - or _. Without one nothing guards a double sending, so it
// is required.
func (c *checker) idempotencyKey(s string) string {
	if len(s) < 8 || len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		c.add("", "problem.broken_form")
		return ""
	}
	return s
}
