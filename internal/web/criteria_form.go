package web

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// The forms of the criteria editor. Field names begin with "set." (head of a set), "params" (its parameters), "rule." (one criterion), "exceptions" (its
// exceptions), "clause." (the open line of the builder) and "publish."; each is the path of the value in criteria.Set behind that word.

// typed is a posted form of the editor.
type typed map[string][]string

func (t typed) get(name string) string {
	if v := t[name]; len(v) > 0 {
		return arabic.Clean(v[0])
	}
	return ""
}

// text is a value of several lines.
func (t typed) text(name string) string {
	if v := t[name]; len(v) > 0 {
		return arabic.CleanText(v[0])
	}
	return ""
}

func (t typed) both(name string) criteria.Text {
	return criteria.Text{AR: t.text(name + ".ar"), EN: t.text(name + ".en")}
}

// date reads a date in either calendar; "" is none.
func (t typed) date(ps *fault.Problems, name string) calendar.Date {
	s := t.get(name)
	if s == "" {
		return 0
	}
	d, _, err := calendar.ParseTyped(s)
	if err != nil {
		key, args := "problem.unreadable", []any(nil)
		if e, ok := err.(*calendar.Error); ok { //nolint:errorlint // ParseTyped returns it bare
			key, args = e.Key, e.Args
		}
		ps.Add(name, key, args...)
	}
	return d
}

func (t typed) number(ps *fault.Problems, name string) int64 {
	s := arabic.Digits(t.get(name))
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		ps.Add(name, "problem.number")
	}
	return n
}

// limits of the repeatable rows of the editor.
var editorRows = map[string]int{"params": 20, "exceptions": 10}

// count returns how many rows of a group were sent: indexes without gaps from 0.
func (t typed) count(group string) int {
	n := 0
	for n < editorRows[group] {
		prefix := group + "[" + strconv.Itoa(n) + "]."
		found := false
		for name := range t {
			if strings.HasPrefix(name, prefix) {
				found = true
				break
			}
		}
		if !found {
			break
		}
		n++
	}
	return n
}

// rows does what a row button asks, and reports whether one was pressed.
func (t typed) rows() bool {
	if group := t.get("_add"); editorRows[group] > 0 {
		if n := t.count(group); n < editorRows[group] {
			t[group+"["+strconv.Itoa(n)+"].code"] = []string{""}
			t[group+"["+strconv.Itoa(n)+"].name"] = []string{""}
		}
		return true
	}
	group, rest, ok := strings.Cut(t.get("_remove"), "[")
	if !ok || editorRows[group] == 0 {
		return false
	}
	at, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
	n := t.count(group)
	if err != nil || at < 0 || at >= n {
		return true
	}
	for i := at; i < n; i++ {
		from, to := group+"["+strconv.Itoa(i+1)+"].", group+"["+strconv.Itoa(i)+"]."
		for name := range t {
			if strings.HasPrefix(name, to) {
				delete(t, name)
			}
		}
		for name, v := range t {
			if rest, ok := strings.CutPrefix(name, from); ok {
				t[to+rest] = v
			}
		}
	}
	return true
}

// form draws again what was typed.
func (t typed) form(ps fault.Problems) *render.Form {
	f := &render.Form{Values: map[string]string{}, Lists: map[string][]string{}, Problems: ps, Rows: map[string]int{}}
	for name, v := range t {
		if len(v) > 0 {
			f.Values[name] = v[0]
		}
		f.Lists[name] = v
	}
	return f
}

// headForm shows the head of a set.
func headForm(set *criteria.Set) *render.Form {
	v := map[string]string{"set.title.ar": set.Title.AR, "set.title.en": set.Title.EN, "set.citation.ar": set.Citation.AR, "set.citation.en": set.Citation.EN,
		"set.valid_from": set.ValidFrom.String(), "set.valid_to": set.ValidTo.String(), "set.age_on": string(set.AgeOn)}
	for i, p := range set.Params {
		row := "params[" + strconv.Itoa(i) + "]."
		v[row+"name"], v[row+"title.ar"], v[row+"title.en"], v[row+"value"] = p.Name, p.Title.AR, p.Title.EN, strconv.FormatInt(p.Value, 10)
	}
	return &render.Form{Values: v}
}

// head reads the head of a set. The values that sources allow for a parameter are not edited here: they go on with its name.
func (t typed) head(old *criteria.Set) (service.SetHead, fault.Problems) {
	var ps fault.Problems
	h := service.SetHead{Title: t.both("set.title"), Citation: t.both("set.citation"), AgeOn: criteria.AgeOn(t.get("set.age_on"))}
	h.ValidFrom, h.ValidTo = t.date(&ps, "set.valid_from"), t.date(&ps, "set.valid_to")
	for i := range t.count("params") {
		row := "params[" + strconv.Itoa(i) + "]."
		p := criteria.Param{Name: t.get(row + "name"), Title: t.both(row + "title"), Value: t.number(&ps, row+"value")}
		for _, o := range old.Params {
			if o.Name == p.Name {
				p.Alternatives = o.Alternatives
			}
		}
		h.Params = append(h.Params, p)
	}
	return h, ps
}

// headProblems puts the problems of a whole set beside the fields of its head. What is wrong inside a criterion (a parameter it names is gone) stands at
// the top, with the criterion's title.
func headProblems(found fault.Problems, set *criteria.Set, lang string) fault.Problems {
	var out fault.Problems
	for _, p := range found {
		switch {
		case strings.HasPrefix(p.Field, "params["):
		case strings.HasPrefix(p.Field, "criteria["):
			p = inOther(p, set, lang)
		default:
			p.Field = "set." + p.Field
		}
		out = append(out, p)
	}
	return out
}

// inOther turns the problem of a criterion that is not on the page into a sentence of the whole form.
func inOther(p fault.Problem, set *criteria.Set, lang string) fault.Problem {
	rest := strings.TrimPrefix(p.Field, "criteria[")
	n, _, _ := strings.Cut(rest, "]")
	i, err := strconv.Atoi(n)
	if err != nil || i >= len(set.Criteria) {
		p.Field = ""
		return p
	}
	return fault.Problem{Key: "problem.ruleset_other", Args: []any{set.Criteria[i].Title.In(lang)}, Severity: p.Severity}
}

// ruleForm shows one criterion.
func ruleForm(c *criteria.Criterion) *render.Form {
	v := map[string]string{"rule.code": c.Code, "rule.title.ar": c.Title.AR, "rule.title.en": c.Title.EN, "rule.weight": string(c.Weight),
		"rule.applies_when": c.AppliesWhen, "rule.condition": c.Condition, "rule.needs_review": c.NeedsReview, "rule.citation.ar": c.Citation.AR,
		"rule.citation.en": c.Citation.EN, "rule.note.ar": c.Note.AR, "rule.note.en": c.Note.EN}
	if c.Points != 0 {
		v["rule.points"] = strconv.Itoa(c.Points)
	}
	for name, on := range map[string]bool{"rule.attestation": c.Attestation, "rule.confirmed": c.Confirmed} {
		if on {
			v[name] = "yes"
		}
	}
	f := &render.Form{Values: v, Lists: map[string][]string{}}
	for _, e := range c.Evidence {
		f.Lists["rule.evidence"] = append(f.Lists["rule.evidence"], string(e))
	}
	for i, e := range c.Exceptions {
		row := "exceptions[" + strconv.Itoa(i) + "]."
		v[row+"code"], v[row+"title.ar"], v[row+"title.en"], v[row+"when"], v[row+"proof"] = e.Code, e.Title.AR, e.Title.EN, e.When, string(e.Proof)
	}
	return f
}

// criterion reads one criterion.
func (t typed) criterion() (criteria.Criterion, fault.Problems) {
	var ps fault.Problems
	c := criteria.Criterion{Code: t.get("rule.code"), Title: t.both("rule.title"), Weight: criteria.Weight(t.get("rule.weight")),
		Points: int(min(max(t.number(&ps, "rule.points"), -1), 1<<20)), AppliesWhen: cleanExpr(t.text("rule.applies_when")), Condition: cleanExpr(t.text("rule.condition")),
		NeedsReview: cleanExpr(t.text("rule.needs_review")), Citation: t.both("rule.citation"), Note: t.both("rule.note"),
		Attestation: t.get("rule.attestation") == "yes", Confirmed: t.get("rule.confirmed") == "yes"}
	if c.Weight != criteria.Points {
		c.Points = 0 // the field is there for every weight, because a page without JavaScript cannot hide it
	}
	for _, e := range t["rule.evidence"] {
		c.Evidence = append(c.Evidence, registry.DocumentType(arabic.Clean(e)))
	}
	for i := range t.count("exceptions") {
		row := "exceptions[" + strconv.Itoa(i) + "]."
		c.Exceptions = append(c.Exceptions, criteria.Exception{Code: t.get(row + "code"), Title: t.both(row + "title"), When: cleanExpr(t.text(row + "when")),
			Proof: registry.DocumentType(t.get(row + "proof"))})
	}
	return c, ps
}

// ruleProblems puts the problems of a whole set beside the fields of the criterion on the page, the one at place i.
func ruleProblems(found fault.Problems, i int, set *criteria.Set, lang string) fault.Problems {
	var out fault.Problems
	mine := fmt.Sprintf("criteria[%d].", i)
	for _, p := range found {
		switch rest, ok := strings.CutPrefix(p.Field, mine); {
		case ok && strings.HasPrefix(rest, "exceptions["):
			p.Field = rest
		case ok:
			p.Field = "rule." + rest
		case strings.HasPrefix(p.Field, "criteria["):
			p = inOther(p, set, lang)
		default:
			p.Field = ""
		}
		out = append(out, p)
	}
	return out
}

// exprFields are the expressions of a criterion that are checked while they are typed.
var exprFields = map[string]bool{"rule.condition": true, "rule.applies_when": true, "rule.needs_review": true}

// cleanExpr is an expression as it is stored: digits of a phone's keyboard become those of the language, quotes of an Arabic keyboard plain ones.
func cleanExpr(s string) string {
	s = strings.NewReplacer("“", "'", "”", "'", "‘", "'", "’", "'", "\r", "").Replace(arabic.CleanText(s))
	return strings.TrimSpace(arabic.Digits(s))
}

// html is where a fragment is written.
func (r *request) html() io.Writer {
	r.c.Set("Content-Type", "text/html; charset=utf-8")
	return r.c.Response().BodyWriter()
}

// builder is the condition of one criterion as lines of field, operation and value, or as typed text. Its whole state stands in the form: the condition itself,
// the join, and the line that is open.
type builder struct {
	set       *criteria.Set
	lang      string
	words     words
	condition string
	text      bool // typed, not built
	simple    bool // the builder can show the condition
	all       bool // all lines must hold, not any
	rows      []criteria.Clause
	open      *openRow
}

// openRow is the line of the builder that is being edited.
type openRow struct {
	Index  int // of the line it replaces; -1: a new one
	Fact   string
	Groups []factGroup // to choose the fact from
	Ops    []render.Option
	Op     string
	Values []render.Option // choices of an enum, a set, a code, papers; nil: typed
	Many   bool            // several of them
	Typed  string
	Hint   string
	Ons    []render.Option // dates on which an age is measured or a paper valid; nil: not asked
	On     string
}

type factGroup struct {
	Title string
	Facts []factChoice
}

type factChoice struct {
	Name, Title, Kind string
	Selected          bool
}

// factGroups returns the facts by group, in the order of the schema.
func factGroups(w words, lang, selected string) []factGroup {
	var out []factGroup
	at := map[string]int{}
	for _, f := range criteria.Schema() {
		i, ok := at[f.Group]
		if !ok {
			i = len(out)
			at[f.Group] = i
			out = append(out, factGroup{Title: w.T("criteria.group." + f.Group)})
		}
		out[i].Facts = append(out[i].Facts, factChoice{f.Name, f.Title.In(lang), w.T("criteria.kind." + f.Kind.String()), f.Name == selected})
	}
	return out
}

// read takes the condition apart.
func (b *builder) read() {
	if b.condition == "" {
		b.simple = true
		return
	}
	rows, all, ok := criteria.Rows(b.condition, b.set.Params)
	if !ok {
		b.text = true
		return
	}
	b.simple, b.rows = true, rows
	if len(rows) > 1 {
		b.all = all
	}
}

// say is a line in words.
func (b *builder) say(c criteria.Clause) string {
	expr, err := criteria.Build([]criteria.Clause{c}, true)
	if err != nil {
		return c.Fact
	}
	return criteria.Describe(expr, b.set, b.lang)
}

// blank opens a line; index -1 is a new one.
func (b *builder) blank(index int) *openRow {
	o := &openRow{Index: index}
	if index >= 0 && index < len(b.rows) {
		c := b.rows[index]
		o.Fact, o.Op, o.On = c.Fact, string(c.Op), c.On
		b.offer(o, c.Values)
		return o
	}
	b.offer(o, nil)
	return o
}

// offer fills in what can be chosen for the open line's fact.
func (b *builder) offer(o *openRow, values []string) {
	o.Groups = factGroups(b.words, b.lang, o.Fact)
	f, ok := criteria.FactByName(o.Fact)
	if !ok {
		return
	}
	for _, op := range f.Kind.Ops() {
		o.Ops = append(o.Ops, render.Option{Value: string(op), Label: b.words.T("criteria.op." + string(op)), Selected: string(op) == o.Op})
	}
	if o.Op == "" || !slices.ContainsFunc(o.Ops, func(x render.Option) bool { return x.Value == o.Op }) {
		o.Op = o.Ops[0].Value
		o.Ops[0].Selected = true
	}
	switch f.Kind {
	case criteria.Bool:
	case criteria.Int, criteria.Money, criteria.Date:
		o.Hint = "ruleset.hint." + f.Kind.String()
		o.Typed = strings.Join(values, " ")
	default:
		o.Many = criteria.ClauseOp(o.Op) == criteria.In || criteria.ClauseOp(o.Op) == criteria.NotIn || strings.HasPrefix(o.Op, "has_a") || o.Op == "has_none"
		for _, v := range f.Options() {
			o.Values = append(o.Values, render.Option{Value: v.Code, Label: v.Title.In(b.lang), Selected: slices.Contains(values, v.Code)})
		}
		if o.Values == nil { // an open code: a country, an area
			o.Hint = "ruleset.hint.code"
			o.Typed = strings.Join(values, " ")
		}
	}
	if f.Kind == criteria.Papers || o.Fact == "age" {
		if o.Fact == "age" {
			o.Ons = append(o.Ons, render.Option{Label: b.words.T("ruleset.on_set"), Selected: o.On == ""})
		}
		for _, d := range criteria.Schema() {
			if d.Kind == criteria.Date && d.NamedDay {
				o.Ons = append(o.Ons, render.Option{Value: d.Name, Label: d.Title.In(b.lang), Selected: d.Name == o.On})
			}
		}
	}
}

// clause reads the open line as it was typed.
func (t typed) clause() criteria.Clause {
	c := criteria.Clause{Fact: t.get("clause.fact"), Op: criteria.ClauseOp(t.get("clause.op")), On: t.get("clause.on")}
	for _, v := range t["clause.values"] {
		if v = arabic.Clean(v); v != "" {
			c.Values = append(c.Values, v)
		}
	}
	if s := arabic.Digits(t.get("clause.typed")); s != "" {
		c.Values = append(c.Values, strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '،' || r == ',' })...)
	}
	f, ok := criteria.FactByName(c.Fact)
	if !ok {
		return c
	}
	switch f.Kind {
	case criteria.Bool:
		c.Values = nil
	case criteria.Date:
		for i, v := range c.Values {
			if d, _, err := calendar.ParseTyped(v); err == nil {
				c.Values[i] = d.String()
			}
		}
	}
	if f.Kind != criteria.Papers && c.Fact != "age" || f.Kind == criteria.Papers && c.Op != criteria.ValidOn {
		c.On = ""
	}
	return c
}

// step does what a button of the builder asks, and reports whether the page is to be drawn again without saving. Buttons: _fact (another fact was chosen),
// _keep (the open line is done), _open=N, _new, _drop=N, _text, _build, _join.
func (b *builder) step(in typed) (changed bool, problems fault.Problems) {
	index, err := strconv.Atoi(in.get("clause.index"))
	if err != nil || index >= len(b.rows) {
		index = -1
	}
	pressed := func(name string) bool { _, ok := in[name]; return ok }
	number := func(name string) (int, bool) {
		n, err := strconv.Atoi(in.get(name))
		return n, err == nil && n >= 0 && n < len(b.rows)
	}
	switch {
	case pressed("_text"):
		b.text = true
		return true, nil
	case pressed("_build"):
		b.text = !b.simple
		if b.text {
			problems.Add("rule.condition", "problem.ruleset_not_simple")
		}
		return true, problems
	case b.text || !b.simple:
		return false, nil
	case pressed("_fact"):
		b.open = &openRow{Index: index, Fact: in.get("clause.fact")}
		b.offer(b.open, nil)
		return true, nil
	case pressed("_new"):
		b.open = b.blank(-1)
		return true, nil
	case pressed("_join"):
		b.all = !b.all
		return true, b.rebuild()
	}
	if n, ok := number("_open"); ok {
		b.open = b.blank(n)
		return true, nil
	}
	if n, ok := number("_drop"); ok {
		b.rows = slices.Delete(b.rows, n, n+1)
		return true, b.rebuild()
	}
	// Saving with a line open takes the line too: nobody should lose it for want of one more press.
	if c := in.clause(); c.Fact != "" && pressed("clause.fact") {
		rows := slices.Clone(b.rows)
		if index >= 0 {
			rows[index] = c
		} else {
			rows = append(rows, c)
		}
		if _, err := criteria.Build(rows, b.all); err != nil {
			b.open = &openRow{Index: index, Fact: c.Fact, Op: string(c.Op), On: c.On}
			b.offer(b.open, c.Values)
			found, _ := problems_(err)
			for _, p := range found {
				problems.Add("clause."+p.Field[strings.LastIndex(p.Field, ".")+1:], p.Key, p.Args...)
			}
			return true, problems
		}
		b.rows = rows
		problems = b.rebuild()
		return pressed("_keep"), problems
	}
	return pressed("_keep"), nil
}

// rebuild writes the condition from the lines.
func (b *builder) rebuild() fault.Problems {
	if len(b.rows) == 0 {
		b.condition = ""
		b.open = b.blank(-1)
		return nil
	}
	expr, err := criteria.Build(b.rows, b.all)
	if err != nil {
		found, _ := problems_(err)
		return found
	}
	b.condition = expr
	return nil
}
