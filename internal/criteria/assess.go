package criteria

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Outcome of one criterion for one family.
type Outcome string

// The outcomes.
const (
	Met           Outcome = "met"
	NotMet        Outcome = "not_met"
	FactsMissing  Outcome = "facts_missing"  // cannot be said yet: facts or papers are not on file
	NeedsReview   Outcome = "needs_review"   // a person must look
	Waived        Outcome = "waived"         // not met, and somebody decided that it need not be
	NotApplicable Outcome = "not_applicable" // the rule is not about this family
)

// Outcomes returns the outcomes in the order of display.
func Outcomes() []Outcome {
	return []Outcome{Met, NotMet, FactsMissing, NeedsReview, Waived, NotApplicable}
}

// Overall is what the hard criteria together say.
type Overall string

// The overall answers, best first; the worst hard criterion decides. Incomplete stands above NeedsReview because a reviewer is not
// troubled with a file that is not complete.
const (
	Eligible      Overall = "eligible"
	ReviewNeeded  Overall = "needs_review"
	Incomplete    Overall = "incomplete"
	NotEligible   Overall = "not_eligible"
	overallLevels         = 4
)

var overalls = [overallLevels]Overall{Eligible, ReviewNeeded, Incomplete, NotEligible}

// Overalls returns the overall answers, best first.
func Overalls() []Overall { return overalls[:] }

// severity of an outcome as an index into overalls.
func severity(o Outcome) int {
	switch o {
	case NotMet:
		return 3
	case FactsMissing:
		return 2
	case NeedsReview:
		return 1
	}
	return 0
}

// Assessment is what a set said about a family on a day. It is stored with the decision and never computed again.
type Assessment struct {
	Party     place.Country
	Version   int           // of the set
	On        calendar.Date // the day it was made: the fact "today"
	Overall   Overall
	Points    int // earned
	MaxPoints int // that the set can give
	Results   []Result
}

// Result is the outcome of one criterion with everything that explains it.
type Result struct {
	Code      string
	Outcome   Outcome
	Points    int       // earned
	Exception string    // code of the exception that holds; Outcome is Met then
	Waiver    *Waiver   // if Outcome is Waived
	Read      []Reading // the facts the rule read, as they were
	Missing   []Ref     // what is not on file, if Outcome is FactsMissing
	// Changes is the smallest change that would alter the outcome; empty if none was found, and for criteria that are met or not
	// applicable, which is most of them: Program.Changes and Program.Sheet find theirs from the readings when somebody asks.
	Changes []Change
}

// Waiver is what a result keeps of a decision that a criterion need not be met.
type Waiver struct {
	ID         int64     `json:"id"`
	By         int64     `json:"by"` // user
	At         time.Time `json:"at"`
	Reason     string    `json:"reason"`
	DocumentID int64     `json:"document,omitempty"`
	Exception  string    `json:"exception,omitempty"`
}

// Program is a set made ready to run. It is immutable and safe for concurrent use; compile once per version and keep it.
type Program struct {
	set       *Set
	ageOn     Ref
	rules     []rule
	reads     []Ref    // every fact that some rule reads, without the age
	readKeys  [][]byte // their names in JSON
	maxPoints int
}

type rule struct {
	c          *Criterion
	cond       *expr
	applies    *expr // nil: to everyone
	review     *expr // nil: never
	exceptions []exception
	evidence   []*node // opHeldOn(paper, today)
	reads      []Ref
	readIndex  []byte // reads as positions in Program.reads, in JSON
	ageAt      *node  // the age that the rule measures, nil if none
	key        string // equal keys: equal outcomes on equal facts
	papers     []Ref  // document types that the condition names
	met        goal   // becomes met
	undone     goal   // stops being met
	reviewed   goal   // becomes met and needs no review
	applicable goal   // becomes applicable
	void       goal   // becomes met or not applicable, when it is unknown whether it applies
}

type exception struct {
	code  string
	when  *expr // nil: always
	proof *node
	both  *node
}

// Set returns the set that the program runs. It must not be changed.
func (p *Program) Set() *Set { return p.set }

// Compile checks a set and makes it ready to run. The set must not be changed afterwards.
func Compile(s *Set) (*Program, error) {
	if err := s.Check().Err(); err != nil {
		return nil, err
	}
	p := &Program{set: s, ageOn: ageOnRef[s.AgeOn]}
	sc := scope{paramValues(s.Params), p.ageOn}
	for i := range s.Criteria {
		r, err := compileRule(&s.Criteria[i], sc)
		if err != nil {
			return nil, fmt.Errorf("compiling criterion %s: %w", s.Criteria[i].Code, err)
		}
		p.rules = append(p.rules, *r)
		p.maxPoints += s.Criteria[i].Points
	}
	for i := range p.rules {
		p.rules[i].readIndex = p.index(p.rules[i].reads)
	}
	return p, nil
}

// index gives the facts a rule reads their place in the stored list of all facts read.
func (p *Program) index(reads []Ref) []byte {
	var b []byte
	for _, x := range reads {
		if x == Age {
			continue
		}
		at := slices.Index(p.reads, x)
		if at < 0 {
			at = len(p.reads)
			p.reads = append(p.reads, x)
			p.readKeys = append(p.readKeys, []byte(`["`+x.Name()+`",`))
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(at), 10)
	}
	return b
}

func held(t registry.DocumentType) *node {
	r, _ := PaperRef(t)
	return &node{op: opHeldOn, ref: r, kids: []*node{{op: opVal, ref: Today}}}
}

func compileRule(c *Criterion, sc scope) (*rule, error) {
	r := &rule{c: c}
	optional := func(src string) (*expr, error) {
		if src == "" {
			return nil, nil
		}
		x, err := compile(src, sc)
		if err == nil {
			r.addReads(x.refs)
		}
		return x, err
	}
	var err error
	if r.applies, err = optional(c.AppliesWhen); err != nil {
		return nil, err
	}
	if r.cond, err = optional(c.Condition); err != nil {
		return nil, err
	}
	satisfied := &node{op: opOr, kids: []*node{r.cond.root}}
	for _, x := range c.Exceptions {
		e := exception{code: x.Code, proof: held(x.Proof)}
		if e.when, err = optional(x.When); err != nil {
			return nil, err
		}
		r.addReads([]Ref{e.proof.ref})
		e.both = e.proof
		if e.when != nil {
			e.both = &node{op: opAnd, kids: []*node{e.when.root, e.proof}}
		}
		satisfied.kids = append(satisfied.kids, e.both)
		r.exceptions = append(r.exceptions, e)
	}
	if r.review, err = optional(c.NeedsReview); err != nil {
		return nil, err
	}
	all := &node{op: opAnd, kids: []*node{satisfied}}
	for _, t := range c.Evidence {
		n := held(t)
		r.evidence = append(r.evidence, n)
		r.addReads([]Ref{n.ref})
		all.kids = append(all.kids, n)
	}
	r.reads = slices.DeleteFunc(r.reads, func(x Ref) bool { return x == Age }) // read once, as the rule measures it
	for _, x := range []*expr{r.cond, r.applies, r.review} {
		if x != nil && r.ageAt == nil {
			r.ageAt = findAge(x.root, sc.ageOn)
		}
	}
	if r.ageAt != nil {
		r.reads = append([]Ref{Age}, r.reads...)
	}
	var applies, review *node
	if r.applies != nil {
		applies = r.applies.root
	}
	if r.review != nil {
		review = &node{op: opNot, kids: []*node{r.review.root}}
	}
	for _, x := range r.cond.refs {
		if _, ok := x.paper(); ok {
			r.papers = append(r.papers, x)
		}
	}
	r.met = newGoal(conj(applies, all), sc.ageOn)
	r.undone = newGoal(all, sc.ageOn)
	r.reviewed = newGoal(conj(applies, all, review), sc.ageOn)
	if applies != nil {
		r.applicable = newGoal(applies, sc.ageOn)
		r.void = newGoal(&node{op: opOr, kids: []*node{{op: opNot, kids: []*node{applies}}, conj(applies, all)}}, sc.ageOn)
	}
	r.key = ruleKey(c, sc, r)
	return r, nil
}

func conj(ns ...*node) *node {
	out := &node{op: opAnd}
	for _, n := range ns {
		if n != nil {
			out.kids = append(out.kids, n)
		}
	}
	return out
}

func (r *rule) addReads(refs []Ref) {
	for _, x := range refs {
		if !slices.Contains(r.reads, x) {
			r.reads = append(r.reads, x)
		}
	}
}

// findAge returns the first age that a rule measures, so that the sheet can show "17" and not only a birth date.
func findAge(n *node, ageOn Ref) *node {
	switch {
	case n.op == opAge && n.kids[0].op == opVal && n.kids[0].ref == BirthDate:
		return n
	case n.op == opSlow && slices.Contains(n.slow.refs, Age):
		return &node{op: opAge, kids: []*node{{op: opVal, ref: BirthDate}, {op: opVal, ref: ageOn}}}
	}
	for _, k := range n.kids {
		if a := findAge(k, ageOn); a != nil {
			return a
		}
	}
	return nil
}

// ruleKey spells everything that the outcome of a rule depends on, beside the facts and waivers.
func ruleKey(c *Criterion, sc scope, r *rule) string {
	used := map[string]int64{}
	for name, v := range sc.params {
		used[name] = v
	}
	uses := func(src string) bool { return strings.Contains(src, "params") }
	if !uses(c.Condition) && !uses(c.AppliesWhen) && !uses(c.NeedsReview) &&
		!slices.ContainsFunc(c.Exceptions, func(x Exception) bool { return uses(x.When) }) {
		used = nil
	}
	on := Ref(0)
	if slices.ContainsFunc([]string{c.AppliesWhen, c.Condition, c.NeedsReview, fmt.Sprint(c.Exceptions)}, func(s string) bool { return strings.Contains(s, "age") }) {
		on = sc.ageOn
	}
	type exc struct{ code, when, proof string }
	var xs []exc
	for _, x := range c.Exceptions {
		xs = append(xs, exc{x.Code, x.When, string(x.Proof)})
	}
	return fmt.Sprintf("%q %q %q %q %q %q %v %d", c.Code, c.AppliesWhen, c.Condition, c.NeedsReview, c.Evidence, xs, used, on)
}

// outcome runs a rule. Missing is filled only if asked for, through miss.
func (r *rule) outcome(f *Facts, ageOn Ref, waiver *registry.Waiver, miss *[]Ref) (o Outcome, exc string) {
	lacking := func(x *expr) Outcome {
		if miss != nil {
			for _, ref := range x.refs {
				if ref != Age && missing(f, ref, ageOn) && !slices.Contains(*miss, ref) {
					*miss = append(*miss, ref)
				}
			}
		}
		return FactsMissing
	}
	if r.applies != nil {
		switch r.applies.root.truth(f) {
		case no:
			return NotApplicable, ""
		case unknowable:
			return lacking(r.applies), ""
		case broken:
			return NeedsReview, ""
		}
	}
	t := r.cond.root.truth(f)
	if t != yes {
		for i := range r.exceptions {
			if r.exceptions[i].both.truth(f) == yes {
				t, exc = yes, r.exceptions[i].code
				break
			}
		}
	}
	if t == yes {
		o = Met
		for _, n := range r.evidence {
			if n.truth(f) != yes {
				o = FactsMissing
				if miss == nil || waiver != nil {
					break
				}
				*miss = append(*miss, n.ref)
			}
		}
		if o == Met && r.review != nil && r.review.root.truth(f) != no {
			o = NeedsReview
		}
	}
	switch {
	case o == Met:
		return Met, exc
	case waiver != nil:
		return Waived, ""
	case o != "":
		return o, exc
	case t == no && !r.papersWould(f, miss):
		return NotMet, ""
	case t == no:
		return FactsMissing, ""
	case t == unknowable:
		return lacking(r.cond), ""
	}
	return NeedsReview, ""
}

// papersWould reports whether the condition fails only because papers that it names are not on file or have expired: then they are
// missing, and nobody is refused for what can still be brought.
func (r *rule) papersWould(f *Facts, miss *[]Ref) bool {
	if len(r.papers) == 0 {
		return false
	}
	g := scratches.Get().(*Facts)
	defer dropScratch(g)
	*g = *f
	var lacking []Ref
	for _, x := range r.papers {
		today, _ := f.get(Today)
		if until, ok := f.get(x); !ok || until < today {
			g.put(x, noExpiry, true)
			lacking = append(lacking, x)
		}
	}
	if *g == *f || r.cond.root.truth(g) == no {
		return false
	}
	if miss != nil {
		*miss = append(*miss, lacking...)
	}
	return true
}

// scratches are facts to try values on, used again: a run over a country's families makes two for each.
var scratches = sync.Pool{New: func() any { return new(Facts) }}

func dropScratch(f *Facts) {
	*f = Facts{}
	scratches.Put(f)
}

// waiverFor returns the waiver in force for a criterion, nil if none.
func waiverFor(ws []registry.Waiver, code string) *registry.Waiver {
	for i := range ws {
		if ws[i].Criterion == code && ws[i].RevokedAt.IsZero() {
			return &ws[i]
		}
	}
	return nil
}

// Assess runs the set on a family's facts and the waivers decided for it. The fact Today must be set: papers are in force or not on it.
func (p *Program) Assess(f *Facts, waivers []registry.Waiver) *Assessment {
	var a Assessment
	p.AssessInto(&a, f, waivers)
	return &a
}

// AssessInto is Assess into an assessment whose memory is used again, for runs over many families.
func (p *Program) AssessInto(a *Assessment, f *Facts, waivers []registry.Waiver) {
	results := a.Results
	if cap(results) < len(p.rules) {
		results = make([]Result, len(p.rules))
	}
	results = results[:len(p.rules)]
	*a = Assessment{Party: p.set.Party, Version: p.set.Version, MaxPoints: p.maxPoints, Results: results}
	if today, ok := f.get(Today); ok {
		a.On = calendar.Date(today)
	}
	scratch := scratches.Get().(*Facts) // the search for changes tries values in place
	defer dropScratch(scratch)
	*scratch = *f
	worst := 0
	for i := range p.rules {
		r := &p.rules[i]
		res := &results[i]
		*res = Result{Code: r.c.Code, Read: res.Read[:0], Missing: res.Missing[:0], Changes: res.Changes[:0]}
		w := waiverFor(waivers, r.c.Code)
		res.Outcome, res.Exception = r.outcome(scratch, p.ageOn, w, &res.Missing)
		if res.Outcome == Waived {
			res.Missing = res.Missing[:0]
			res.Waiver = &Waiver{ID: w.ID, By: w.By, At: w.At, Reason: w.Reason, DocumentID: w.DocumentID, Exception: w.Exception}
		}
		if res.Outcome == Met {
			res.Points = r.c.Points
			a.Points += r.c.Points
		}
		if r.c.Weight == Hard {
			worst = max(worst, severity(res.Outcome))
		}
		for _, ref := range r.reads {
			rd := scratch.Read(ref)
			if ref == Age {
				rd.n, rd.Known = r.ageAt.value(scratch)
			}
			res.Read = append(res.Read, rd)
		}
		if res.Outcome != Met && res.Outcome != NotApplicable {
			res.Changes = r.changes(scratch, res.Outcome, res.Changes)
		}
	}
	a.Overall = overalls[worst]
}

// Result returns the result of a criterion.
func (a *Assessment) Result(code string) (*Result, bool) {
	for i := range a.Results {
		if a.Results[i].Code == code {
			return &a.Results[i], true
		}
	}
	return nil, false
}
