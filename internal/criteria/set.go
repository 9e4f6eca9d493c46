package criteria

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Status of a version of a set. Only a draft is edited; a published version never changes again.
type Status string

// The statuses.
const (
	Draft     Status = "draft"
	Published Status = "published"
)

// Weight says what a criterion decides.
type Weight string

// The weights.
const (
	Hard   Weight = "hard"   // must be met, waived or not applicable
	Soft   Weight = "soft"   // shown to the reviewer, decides nothing
	Points Weight = "points" // adds its points when met
)

// AgeOn names the day on which "age" is measured.
type AgeOn string

// The days on which age may be measured; Egypt's rule says "at the time of the application".
const (
	AgeOnApplication AgeOn = "application"
	AgeOnSubmission  AgeOn = "submission"
	AgeOnClosing     AgeOn = "round_closing"
	AgeOnAssessment  AgeOn = "assessment"
)

var ageOnRef = map[AgeOn]Ref{AgeOnApplication: ApplicationDate, AgeOnSubmission: SubmissionDate, AgeOnClosing: RoundClosing, AgeOnAssessment: Today}

// AgeOns returns the days on which age may be measured, in the order of display.
func AgeOns() []AgeOn {
	return []AgeOn{AgeOnApplication, AgeOnSubmission, AgeOnClosing, AgeOnAssessment}
}

// Set is one version of a party's registration criteria: data with a source and a time of validity, edited by the ministry, never code.
type Set struct {
	Party     place.Country `json:"party"`
	Version   int           `json:"version"` // from 1; the store keeps it unique per party
	Status    Status        `json:"status"`
	Title     Text          `json:"title"`
	ValidFrom calendar.Date `json:"valid_from"`         // first day
	ValidTo   calendar.Date `json:"valid_to,omitempty"` // last day; zero: until replaced
	Citation  Text          `json:"citation"`
	AgeOn     AgeOn         `json:"age_on"`
	Params    []Param       `json:"params,omitempty"`
	Criteria  []Criterion   `json:"criteria"`
}

// Param is a number that several rules share or on which sources disagree, such as the age below which a guardian applies.
type Param struct {
	Name         string        `json:"name"` // in expressions: params.<name>
	Title        Text          `json:"title"`
	Value        int64         `json:"value"`
	Alternatives []Alternative `json:"alternatives,omitempty"` // the values allowed, each with its source; empty: any
}

// Alternative is one value of a parameter that a source gives.
type Alternative struct {
	Value  int64 `json:"value"`
	Source Text  `json:"source"`
}

// Criterion is one rule of a set.
type Criterion struct {
	Code        string                  `json:"code"` // stable across versions: waivers and reports refer to it
	Title       Text                    `json:"title"`
	Weight      Weight                  `json:"weight"`
	Points      int                     `json:"points,omitempty"`
	AppliesWhen string                  `json:"applies_when,omitempty"` // empty: to everyone
	Condition   string                  `json:"condition"`
	NeedsReview string                  `json:"needs_review,omitempty"` // when true, a person looks although the condition is met
	Evidence    []registry.DocumentType `json:"evidence,omitempty"`     // papers that must be on file and in force, beside the condition
	Exceptions  []Exception             `json:"exceptions,omitempty"`
	Attestation bool                    `json:"attestation,omitempty"` // an officer vouches for it: the form asks who and when
	Citation    Text                    `json:"citation"`
	Note        Text                    `json:"note"`
	Confirmed   bool                    `json:"confirmed"` // false: not yet confirmed by the ministry, and marked so on every screen
}

// Exception excuses from the condition of a criterion. It holds when When does (empty: always) and its proof is on file and in force.
type Exception struct {
	Code  string                `json:"code"`
	Title Text                  `json:"title"`
	When  string                `json:"when,omitempty"`
	Proof registry.DocumentType `json:"proof"`
}

// Limits on a set.
const (
	MaxCriteria   = 60
	maxParams     = 30
	maxExceptions = 10
	maxText       = 600 // code points of a title, note or citation
	maxSetBytes   = 512 << 10
)

var codeRE = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// ParseSet reads a set as JSON: strictly, because what it decides is people's registrations. Unknown names, wrong types and anything that
// Check finds are problems; with a problem that blocks, the set is nil.
func ParseSet(data []byte) (*Set, fault.Problems) {
	var p fault.Problems
	if len(data) > maxSetBytes {
		p.Add("", "criteria.set.too_large", maxSetBytes>>10)
		return nil, p
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var s Set
	err := d.Decode(&s)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows the set")
		}
	}
	if err != nil {
		p.Add(jsonField(err), "criteria.set.json", jsonOffset(err, d))
		return nil, p
	}
	p = s.Check()
	if p.Blocking() != nil {
		return nil, p
	}
	return &s, p
}

func jsonField(err error) string {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return t.Field
	}
	if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
		return strings.Trim(name, `"`)
	}
	return ""
}

func jsonOffset(err error, d *json.Decoder) int64 {
	var s *json.SyntaxError
	var t *json.UnmarshalTypeError
	switch {
	case errors.As(err, &s):
		return s.Offset
	case errors.As(err, &t):
		return t.Offset
	}
	return d.InputOffset()
}

// JSON writes the set as ParseSet reads it.
func (s *Set) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the criteria set: %w", err)
	}
	return append(b, '\n'), nil
}

func paramValues(params []Param) map[string]int64 {
	m := make(map[string]int64, len(params))
	for _, p := range params {
		m[p.Name] = p.Value
	}
	return m
}

// Criterion returns the criterion with a code.
func (s *Set) Criterion(code string) (*Criterion, bool) {
	for i := range s.Criteria {
		if s.Criteria[i].Code == code {
			return &s.Criteria[i], true
		}
	}
	return nil, false
}

// Check returns every problem of the set, with field names such as "criteria[3].condition"; problems of an expression carry the place in
// its text, counted from 1, as their first argument.
func (s *Set) Check() fault.Problems {
	var p fault.Problems
	if !s.Party.Valid() {
		p.Add("party", "criteria.set.party")
	}
	if s.Version < 1 {
		p.Add("version", "criteria.set.version")
	}
	if s.Status != Draft && s.Status != Published {
		p.Add("status", "criteria.set.status")
	}
	if s.ValidFrom.IsZero() {
		p.Add("valid_from", "problem.required")
	}
	if !s.ValidTo.IsZero() && s.ValidTo.String() < s.ValidFrom.String() {
		p.Add("valid_to", "criteria.set.period")
	}
	if _, ok := ageOnRef[s.AgeOn]; !ok {
		p.Add("age_on", "criteria.set.age_on")
	}
	checkText(&p, "title", s.Title, true)
	checkText(&p, "citation", s.Citation, true)
	s.checkParams(&p)
	switch {
	case len(s.Criteria) == 0:
		p.Add("criteria", "criteria.set.empty")
	case len(s.Criteria) > MaxCriteria:
		p.Add("criteria", "criteria.set.too_many", MaxCriteria)
		return p
	}
	seen := map[string]bool{}
	for i := range s.Criteria {
		c := &s.Criteria[i]
		field := fmt.Sprintf("criteria[%d].", i)
		checkCode(&p, field+"code", c.Code, seen)
		c.check(&p, field, s.Params)
	}
	return p
}

func (s *Set) checkParams(p *fault.Problems) {
	if len(s.Params) > maxParams {
		p.Add("params", "criteria.set.too_many", maxParams)
	}
	seen := map[string]bool{}
	for i, x := range s.Params {
		field := fmt.Sprintf("params[%d].", i)
		checkCode(p, field+"name", x.Name, seen)
		checkText(p, field+"title", x.Title, true)
		allowed := len(x.Alternatives) == 0
		for j, a := range x.Alternatives {
			checkText(p, fmt.Sprintf("%salternatives[%d].source", field, j), a.Source, true)
			allowed = allowed || a.Value == x.Value
		}
		if !allowed || x.Value > maxCount || x.Value < -maxCount {
			p.Add(field+"value", "criteria.set.param_value")
		}
	}
}

func (c *Criterion) check(p *fault.Problems, field string, params []Param) {
	checkText(p, field+"title", c.Title, true)
	checkText(p, field+"citation", c.Citation, c.Confirmed)
	checkText(p, field+"note", c.Note, false)
	switch c.Weight {
	case Hard, Soft:
		if c.Points != 0 {
			p.Add(field+"points", "criteria.set.points_unused")
		}
	case Points:
		if c.Points < 1 || c.Points > 1000 {
			p.Add(field+"points", "criteria.set.points_range", 1, 1000)
		}
	default:
		p.Add(field+"weight", "criteria.set.weight")
	}
	checkExpr(p, field+"condition", c.Condition, true, params)
	checkExpr(p, field+"applies_when", c.AppliesWhen, false, params)
	checkExpr(p, field+"needs_review", c.NeedsReview, false, params)
	for j, t := range c.Evidence {
		if _, ok := PaperRef(t); !ok || slices.Index(c.Evidence, t) != j {
			p.Add(fmt.Sprintf("%sevidence[%d]", field, j), "criteria.set.document")
		}
	}
	if len(c.Exceptions) > maxExceptions {
		p.Add(field+"exceptions", "criteria.set.too_many", maxExceptions)
	}
	seen := map[string]bool{}
	for j, x := range c.Exceptions {
		f := fmt.Sprintf("%sexceptions[%d].", field, j)
		checkCode(p, f+"code", x.Code, seen)
		checkText(p, f+"title", x.Title, true)
		checkExpr(p, f+"when", x.When, false, params)
		if _, ok := PaperRef(x.Proof); !ok {
			p.Add(f+"proof", "criteria.set.document")
		}
	}
}

func checkCode(p *fault.Problems, field, code string, seen map[string]bool) {
	switch {
	case !codeRE.MatchString(code):
		p.Add(field, "criteria.set.code")
	case seen[code]:
		p.Add(field, "criteria.set.code_twice")
	}
	seen[code] = true
}

func checkText(p *fault.Problems, field string, t Text, required bool) {
	if required && strings.TrimSpace(t.AR) == "" {
		p.Add(field+".ar", "problem.required")
	}
	if required && strings.TrimSpace(t.EN) == "" {
		p.Warn(field+".en", "criteria.set.no_english")
	}
	for lang, s := range map[string]string{"ar": t.AR, "en": t.EN} {
		if utf8.RuneCountInString(s) > maxText {
			p.Add(field+"."+lang, "criteria.set.text_too_long", maxText)
		}
	}
}

func checkExpr(p *fault.Problems, field, src string, required bool, params []Param) {
	if src == "" && !required {
		return
	}
	for _, x := range CheckCondition(src, params) {
		p.Add(field, x.Key, append([]any{x.Offset + 1}, x.Args...)...)
	}
}
