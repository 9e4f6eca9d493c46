package intake

import (
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/registry"
)

// FamilyFilter is the query string of the list of families, as it came. Lists are sent once for each value: state=draft&state=returned.
type FamilyFilter struct {
	Text        string   `json:"q,omitempty" validate:"omitempty,max=100"`
	States      []string `json:"state,omitempty" validate:"max=60"`
	Areas       []string `json:"area,omitempty" validate:"max=60"`
	Crafts      []string `json:"craft,omitempty" validate:"max=60"`
	Sexes       []string `json:"sex,omitempty" validate:"max=60"`
	Protections []string `json:"protection,omitempty" validate:"max=60"`
	Overalls    []string `json:"overall,omitempty" validate:"max=60"`
	EnteredBy   string   `json:"entered_by,omitempty" validate:"omitempty,max=20"`
	Reviewer    string   `json:"reviewer,omitempty" validate:"omitempty,max=20"`
	Amendment   string   `json:"amendment,omitempty" validate:"omitempty,max=10"`
	DateField   string   `json:"date_field,omitempty" validate:"omitempty,max=20"`
	From        string   `json:"from,omitempty" validate:"omitempty,max=40"`
	To          string   `json:"to,omitempty" validate:"omitempty,max=40"`
	Sort        string   `json:"sort,omitempty" validate:"omitempty,max=20"`
	After       string   `json:"after,omitempty" validate:"omitempty,max=400"`
	Before      string   `json:"before,omitempty" validate:"omitempty,max=400"`
	Limit       string   `json:"limit,omitempty" validate:"omitempty,max=10"`
}

// CheckedFilter is what a FamilyFilter asks for. Empty lists and zero values ask for nothing.
type CheckedFilter struct {
	Text        string // words, or a number; see [SearchText]
	States      []registry.State
	Areas       []string
	Crafts      []string
	Sexes       []registry.Sex
	Protections []registry.Protection
	Overalls    []string // of [Overalls]
	EnteredBy   int64
	Reviewer    int64
	Mine        bool   // entered_by=me: the person who asks
	MyReviews   bool   // reviewer=me
	Amendment   bool   // only families with changes that wait
	DateField   string // one of [DateFields], the first if From or To is set
	From, To    calendar.Date
	Sort        string // one of [Sorts], the first by default
	After       string // cursor, checked by the store
	Before      string
	Limit       int // rows of a page: 10 to 200, 50 by default
}

// Overalls are the outcomes of a family's assessment; titles are "enum.overall.<value>".
func Overalls() []string { return []string{"eligible", "not_eligible", "incomplete", "needs_review"} }

// DateFields are the dates that a list can be limited by; titles are "enum.date_field.<value>".
func DateFields() []string { return []string{"created", "submitted", "decided", "valid_until", "ends"} }

// Sorts are the orders of the list; titles are "enum.sort.<value>".
func Sorts() []string {
	return []string{"newest", "oldest", "name", "number", "submitted", "valid_until", "ends"}
}

// DecodeFamilyFilter reads a query string.
func DecodeFamilyFilter(values map[string][]string) (*FamilyFilter, fault.Problems) {
	return decodeInto[FamilyFilter](values)
}

// Values returns the single fields by their form names, Sets the lists, to draw the filter again.
func (f *FamilyFilter) Values() map[string]string { return valuesOf(f) }

// Sets returns the chosen values of the lists by their form names.
func (f *FamilyFilter) Sets() map[string][]string {
	return planFor[FamilyFilter]().sets(reflect.ValueOf(f).Elem())
}

// Check returns what can be asked for. It is tolerant: an old bookmark with a value that is no longer known still opens a list, and a
// warning says what was left out. Nothing blocks.
func (f *FamilyFilter) Check(ctx Context) (CheckedFilter, fault.Problems) {
	pl := planFor[FamilyFilter]()
	in := *f
	pl.shape(reflect.ValueOf(&in).Elem(), ctx.Party)
	c := &checker{Context: ctx}
	out := CheckedFilter{
		Text: SearchText(in.Text),
		States: known[registry.State](c, "state", in.States, func(s string) bool {
			return slices.Contains(registry.States(), registry.State(s))
		}),
		Areas:  known[string](c, "area", in.Areas, func(s string) bool { return (&checker{Context: ctx}).area("", s) == s }),
		Crafts: known[string](c, "craft", in.Crafts, func(s string) bool { return choices()[ctx.Party]["craft"][s] }),
		Sexes:  known[registry.Sex](c, "sex", in.Sexes, func(s string) bool { return choices()[ctx.Party]["sex"][s] }),
		Protections: known[registry.Protection](c, "protection", in.Protections, func(s string) bool {
			return slices.Contains(registry.Protections(), registry.Protection(s))
		}),
		Overalls:  known[string](c, "overall", in.Overalls, func(s string) bool { return slices.Contains(Overalls(), s) }),
		Amendment: c.yes("amendment", in.Amendment),
		DateField: c.oneOf("date_field", in.DateField, DateFields()),
		From:      c.date("from", in.From),
		To:        c.date("to", in.To),
		Sort:      c.oneOf("sort", in.Sort, Sorts()),
		After:     c.cursor("after", in.After),
		Before:    c.cursor("before", in.Before),
		Limit:     c.whole("limit", in.Limit, 10, 200),
	}
	out.EnteredBy, out.Mine = c.person("entered_by", in.EnteredBy)
	out.Reviewer, out.MyReviews = c.person("reviewer", in.Reviewer)
	if !out.From.IsZero() && !out.To.IsZero() && out.To.Before(out.From) {
		c.add("to", "problem.range_backwards")
		out.To = 0
	}
	if out.DateField == "" && (!out.From.IsZero() || !out.To.IsZero()) {
		out.DateField = DateFields()[0]
	}
	if out.Sort == "" {
		out.Sort = Sorts()[0]
	}
	if out.Limit == 0 {
		out.Limit = 50
	}
	if out.After != "" {
		out.Before = ""
	}
	for i := range c.ps {
		c.ps[i].Severity = fault.Warning
	}
	return out, c.sorted(pl)
}

func known[T ~string](c *checker, name string, values []string, ok func(string) bool) []T {
	var out []T
	for _, s := range values {
		if ok(s) {
			out = append(out, T(s))
		} else {
			c.add(name, "problem.filter_unknown")
		}
	}
	return out
}

// person reads a user's number, or "me".
func (c *checker) person(name, s string) (id int64, me bool) {
	switch s {
	case "":
		return 0, false
	case "me":
		return 0, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		c.add(name, "problem.filter_unknown")
		return 0, false
	}
	return n, false
}

// cursor is an opaque text of the store: URL-safe base64 with a dot at most.
func (c *checker) cursor(name, s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=") != "" || len(s) > 400 {
		c.add(name, "problem.filter_unknown")
		return ""
	}
	return s
}

// Query returns the filter as a canonical query, without its place in the list: what a saved filter keeps. Decoding and checking it gives the same
// filter again.
func (f CheckedFilter) Query() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", f.Text)
	addAll(q, "state", f.States)
	addAll(q, "area", f.Areas)
	addAll(q, "craft", f.Crafts)
	addAll(q, "sex", f.Sexes)
	addAll(q, "protection", f.Protections)
	addAll(q, "overall", f.Overalls)
	set("entered_by", person(f.EnteredBy, f.Mine))
	set("reviewer", person(f.Reviewer, f.MyReviews))
	set("amendment", tick(f.Amendment))
	set("date_field", f.DateField)
	set("from", day(f.From))
	set("to", day(f.To))
	if f.Sort != Sorts()[0] {
		set("sort", f.Sort)
	}
	if f.Limit != 50 {
		set("limit", number(f.Limit))
	}
	return q
}

func addAll[T ~string](q url.Values, name string, values []T) {
	for _, v := range values {
		q.Add(name, string(v))
	}
}

func person(id int64, me bool) string {
	switch {
	case me:
		return "me"
	case id > 0:
		return strconv.FormatInt(id, 10)
	}
	return ""
}

// SearchText returns what is searched for: the typed text clean, with ASCII digits, at most 100 characters. How words and numbers are looked
// up is the store's business.
func SearchText(s string) string {
	if len(s) > 2000 {
		s = strings.ToValidUTF8(s[:2000], "")
	}
	s = arabic.Digits(arabic.Clean(s))
	if utf8.RuneCountInString(s) > 100 {
		s = arabic.Clean(string([]rune(s)[:100]))
	}
	return s
}
