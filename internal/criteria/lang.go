package criteria

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/parser"
)

// Limits on one expression. They are far above what an office writes and far below what would slow a server down.
const (
	MaxExprLength = 2000 // code points
	maxExprNodes  = 400
	maxExprDepth  = 32
	maxExprCost   = 20_000 // CEL cost units of one evaluation
)

// ExprProblem is what is wrong with an expression, at a place in its text.
type ExprProblem struct {
	Offset int    // code points from the start of the text
	Key    string // message key "criteria.expr.…"
	Args   []any
}

// env is built once: declaring the facts and functions takes milliseconds. Parameters are a map, so that one environment serves all sets.
var env = sync.OnceValue(func() *cel.Env {
	date, text := cel.TimestampType, cel.StringType
	papers, list := cel.MapType(text, date), cel.ListType(text)
	opts := []cel.EnvOption{
		cel.ClearMacros(), // no comprehensions: the cost of an expression is bounded by its length
		cel.Macros(
			parser.NewGlobalMacro("age_on", 1, func(eh parser.ExprHelper, _ ast.Expr, a []ast.Expr) (ast.Expr, *common.Error) {
				return eh.NewCall("age_between", eh.NewIdent("birth_date"), a[0]), nil
			}),
			parser.NewGlobalMacro("has_document", 1, func(eh parser.ExprHelper, _ ast.Expr, a []ast.Expr) (ast.Expr, *common.Error) {
				return eh.NewCall(operators.In, a[0], eh.NewIdent("documents")), nil
			}),
			parser.NewGlobalMacro("document_valid", 2, func(eh parser.ExprHelper, _ ast.Expr, a []ast.Expr) (ast.Expr, *common.Error) {
				return eh.NewCall("document_valid_on", eh.NewIdent("documents"), a[0], a[1]), nil
			}),
		),
		cel.ParserExpressionSizeLimit(MaxExprLength), cel.ExpressionNodeLimit(maxExprNodes), cel.ParserRecursionLimit(maxExprDepth),
		cel.ParserErrorRecoveryLimit(4), cel.DefaultUTCTimeZone(true),
		cel.Variable("params", cel.MapType(text, cel.IntType)), cel.Variable("age", cel.IntType), cel.Variable("documents", papers),
		cel.Function("date", cel.Overload("date_string", []*cel.Type{text}, date, cel.UnaryBinding(func(v ref.Val) ref.Val {
			d, ok := parseDay(string(v.(types.String)))
			if !ok {
				return types.NewErr("no such date")
			}
			return types.Timestamp{Time: timeOf(d)}
		}))),
		cel.Function("age_between", cel.Overload("age_between_dates", []*cel.Type{date, date}, cel.IntType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return types.Int(ageOn(celDay(a), celDay(b))) }))),
		cel.Function("days_between", cel.Overload("days_between_dates", []*cel.Type{date, date}, cel.IntType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return types.Int(celDay(b) - celDay(a)) }))),
		cel.Function("add_days", cel.Overload("add_days_date_int", []*cel.Type{date, cel.IntType}, date,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				return celShift(a, b, maxShiftDays, func(d, n int64) int64 { return d + n })
			}))),
		cel.Function("add_years", cel.Overload("add_years_date_int", []*cel.Type{date, cel.IntType}, date,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return celShift(a, b, maxShiftYears, addYears) }))),
		cel.Function("has_any", cel.Overload("has_any_list", []*cel.Type{list, list}, cel.BoolType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return celHas(a, b, true) }))),
		cel.Function("has_all", cel.Overload("has_all_list", []*cel.Type{list, list}, cel.BoolType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return celHas(a, b, false) }))),
		cel.Function("document_valid_on", cel.Overload("document_valid_on_map", []*cel.Type{papers, text, date}, cel.BoolType,
			cel.FunctionBinding(celPaperValid))),
	}
	for i := range schema {
		opts = append(opts, cel.Variable(schema[i].Name, celType(schema[i].Kind)))
	}
	e, err := cel.NewEnv(opts...)
	if err != nil {
		panic(fmt.Sprintf("criteria: the language does not build: %v", err)) // a mistake in the lines above; any test finds it
	}
	return e
})

// The furthest that add_years and add_days move a day at once.
const (
	maxShiftYears = 100
	maxShiftDays  = 36525
)

func celType(k Kind) *cel.Type {
	switch k {
	case Bool:
		return cel.BoolType
	case Int, Money:
		return cel.IntType
	case Date:
		return cel.TimestampType
	case Multi:
		return cel.ListType(cel.StringType)
	}
	return cel.StringType
}

func celDay(v ref.Val) int64 { return dayOfTime(v.(types.Timestamp).Time) }

func celShift(a, b ref.Val, limit int64, f func(d, n int64) int64) ref.Val {
	n := int64(b.(types.Int))
	d := celDay(a)
	if n < -limit || n > limit || d < minDay-2*maxShiftDays || d > maxDay+2*maxShiftDays {
		return types.NewErr("shift out of range")
	}
	return types.Timestamp{Time: timeOf(f(d, n))}
}

func celHas(set, wanted ref.Val, any bool) ref.Val {
	s := set.(traits.Lister)
	for it := wanted.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		if (s.Contains(it.Next()) == types.True) == any {
			return types.Bool(any)
		}
	}
	return types.Bool(!any)
}

func celPaperValid(args ...ref.Val) ref.Val {
	until, ok := args[0].(traits.Mapper).Find(args[1])
	if !ok {
		return types.False
	}
	t, ok := until.(types.Timestamp)
	if !ok {
		return types.NewErr("not a date")
	}
	return types.Bool(!t.Before(args[2].(types.Timestamp).Time))
}

// parse checks an expression and returns CEL's checked tree, or the problems in order of place.
func parse(src string, params map[string]int64) (*cel.Ast, []ExprProblem) {
	if n := utf8.RuneCountInString(src); n > MaxExprLength {
		return nil, []ExprProblem{{MaxExprLength, "criteria.expr.too_long", []any{MaxExprLength}}}
	}
	if !utf8.ValidString(src) || strings.ContainsRune(src, 0) {
		return nil, []ExprProblem{{0, "criteria.expr.syntax", nil}}
	}
	if strings.TrimSpace(src) == "" {
		return nil, []ExprProblem{{0, "criteria.expr.empty", nil}}
	}
	tree, iss := env().Compile(src)
	if iss.Err() != nil {
		var out []ExprProblem
		for _, e := range iss.Errors() {
			p := classify(e)
			p.Offset = offset(src, e.Location)
			if !slices.ContainsFunc(out, func(q ExprProblem) bool { return q.Offset == p.Offset && q.Key == p.Key }) {
				out = append(out, p)
			}
		}
		slices.SortStableFunc(out, func(a, b ExprProblem) int { return a.Offset - b.Offset })
		return nil, out[:min(len(out), 8)]
	}
	l := linter{tree: tree.NativeRep(), src: src, params: params}
	l.walk(l.tree.Expr(), 0)
	if l.problems != nil {
		return nil, l.problems[:min(len(l.problems), 8)]
	}
	return tree, nil
}

var (
	undeclaredRE = regexp.MustCompile(`undeclared reference to '([^']*)'`)
	overloadRE   = regexp.MustCompile(`found no matching overload for '([^']*)'`)
)

// classify turns CEL's English messages into message keys.
func classify(e *common.Error) ExprProblem {
	switch {
	case strings.Contains(e.Message, "recursion") || strings.Contains(e.Message, "depth") || strings.Contains(e.Message, "node"):
		return ExprProblem{Key: "criteria.expr.too_complex"}
	case undeclaredRE.MatchString(e.Message):
		return ExprProblem{Key: "criteria.expr.unknown_name", Args: []any{undeclaredRE.FindStringSubmatch(e.Message)[1]}}
	case overloadRE.MatchString(e.Message):
		name := strings.Trim(strings.ReplaceAll(overloadRE.FindStringSubmatch(e.Message)[1], "@in", "in"), "_")
		return ExprProblem{Key: "criteria.expr.wrong_types", Args: []any{strings.Trim(name, "_")}}
	case strings.HasPrefix(e.Message, "Syntax error"):
		return ExprProblem{Key: "criteria.expr.syntax"}
	}
	return ExprProblem{Key: "criteria.expr.refused"}
}

// offset turns CEL's line and column (in code points) into code points from the start.
func offset(src string, loc common.Location) int {
	if loc == nil {
		return 0
	}
	n, line := 0, 1
	for _, c := range src {
		if line == loc.Line() {
			break
		}
		if c == '\n' {
			line++
		}
		n++
	}
	return min(n+max(loc.Column(), 0), utf8.RuneCountInString(src))
}

// linter finds what CEL's types cannot: values that no list holds, dates that do not exist, parameters that the set does not have.
type linter struct {
	tree     *ast.AST
	src      string
	params   map[string]int64
	problems []ExprProblem
}

func (l *linter) add(e ast.Expr, key string, args ...any) {
	l.problems = append(l.problems, ExprProblem{offset(l.src, l.tree.SourceInfo().GetStartLocation(e.ID())), key, args})
}

func (l *linter) walk(e ast.Expr, depth int) {
	if depth == maxExprDepth*2 {
		l.add(e, "criteria.expr.too_complex")
		return
	}
	switch e.Kind() {
	case ast.CallKind:
		c := e.AsCall()
		args := c.Args()
		switch c.FunctionName() {
		case operators.Equals, operators.NotEquals:
			l.values(args[0], args[1])
			l.values(args[1], args[0])
		case operators.In, "has_any", "has_all":
			l.values(args[0], args[1])
			l.values(args[1], args[0])
		case "document_valid_on":
			l.values(args[0], args[1])
		case "date":
			if s, ok := stringLit(args[0]); ok {
				if _, ok := parseDay(s); !ok {
					l.add(args[0], "criteria.expr.bad_date", s)
				}
			}
		case operators.Index:
			l.values(args[0], args[1])
			if args[0].Kind() == ast.IdentKind && args[0].AsIdent() == "params" {
				if s, ok := stringLit(args[1]); ok {
					l.param(e, s)
				}
			}
		}
		if c.IsMemberFunction() {
			l.walk(c.Target(), depth+1)
		}
		for _, a := range args {
			l.walk(a, depth+1)
		}
	case ast.ListKind:
		for _, x := range e.AsList().Elements() {
			l.walk(x, depth+1)
		}
	case ast.MapKind:
		for _, x := range e.AsMap().Entries() {
			l.walk(x.AsMapEntry().Key(), depth+1)
			l.walk(x.AsMapEntry().Value(), depth+1)
		}
	case ast.SelectKind:
		s := e.AsSelect()
		if s.Operand().Kind() == ast.IdentKind {
			switch s.Operand().AsIdent() {
			case "params":
				l.param(e, s.FieldName())
			case "documents":
				if _, ok := paperByName[s.FieldName()]; !ok {
					l.add(e, "criteria.expr.unknown_value", s.FieldName(), "documents")
				}
			}
		}
		l.walk(s.Operand(), depth+1)
	}
}

func (l *linter) param(e ast.Expr, name string) {
	if _, ok := l.params[name]; !ok {
		l.add(e, "criteria.expr.unknown_param", name)
	}
}

// values checks the literals that a fact is compared with.
func (l *linter) values(fact, with ast.Expr) {
	if fact.Kind() != ast.IdentKind {
		return
	}
	f := factByName[fact.AsIdent()]
	if f == nil || f.Kind != Enum && f.Kind != Code && f.Kind != Multi && f.Kind != Papers {
		return
	}
	elems := []ast.Expr{with}
	if with.Kind() == ast.ListKind {
		elems = with.AsList().Elements()
	}
	for _, e := range elems {
		if s, ok := stringLit(e); ok && !f.knows(s) {
			l.add(e, "criteria.expr.unknown_value", s, f.Name)
		}
	}
}

func stringLit(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

// Check parses and type-checks an expression for the editor. It returns "bool", "int", "date", "text", "list" or "other", and what is
// wrong, in order of place; with problems the type is "". Params are the parameters of the set.
func Check(src string, params []Param) (typ string, problems []ExprProblem) {
	tree, problems := parse(src, paramValues(params))
	if problems != nil {
		return "", problems
	}
	switch t := tree.OutputType(); {
	case t.IsExactType(cel.BoolType):
		return "bool", nil
	case t.IsExactType(cel.IntType):
		return "int", nil
	case t.IsExactType(cel.TimestampType):
		return "date", nil
	case t.IsExactType(cel.StringType):
		return "text", nil
	case t.Kind() == types.ListKind:
		return "list", nil
	}
	return "other", nil
}

// CheckCondition is Check for a place that needs a yes or no.
func CheckCondition(src string, params []Param) []ExprProblem {
	typ, problems := Check(src, params)
	if problems == nil && typ != "bool" {
		problems = []ExprProblem{{0, "criteria.expr.not_bool", []any{typ}}}
	}
	return problems
}

// slow evaluates an expression by CEL itself; missing facts are CEL's unknown attributes.
type slow struct {
	src    string
	prog   cel.Program
	refs   []Ref // facts named, papers one by one when they are named by a literal
	params map[string]int64
	ageOn  Ref
	lits   literals
}

// literals of an expression, where the search for changes starts.
type literals struct {
	texts   []string
	numbers []int64
}

func (l *literals) collect(e ast.Expr) {
	switch e.Kind() {
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.String:
			l.texts = append(l.texts, string(v))
		case types.Int:
			l.numbers = append(l.numbers, int64(v))
		}
	case ast.CallKind:
		if e.AsCall().IsMemberFunction() {
			l.collect(e.AsCall().Target())
		}
		for _, a := range e.AsCall().Args() {
			l.collect(a)
		}
	case ast.ListKind:
		for _, x := range e.AsList().Elements() {
			l.collect(x)
		}
	}
}

func newSlow(tree *cel.Ast, src string, sc scope) (*slow, error) {
	p, err := env().Program(tree, cel.EvalOptions(cel.OptPartialEval), cel.CostLimit(maxExprCost))
	if err != nil {
		return nil, fmt.Errorf("planning %q: %w", src, err)
	}
	s := &slow{src: src, prog: p, params: sc.params, ageOn: sc.ageOn}
	s.refs = astRefs(tree.NativeRep().Expr(), sc.ageOn, nil)
	s.lits.collect(tree.NativeRep().Expr())
	for _, v := range sc.params {
		s.lits.numbers = append(s.lits.numbers, v)
	}
	slices.Sort(s.lits.numbers) // one order whatever the map's
	return s, nil
}

// activation lets CEL read a facts vector in place.
type activation struct {
	f *Facts
	s *slow
}

// Parent implements interpreter.Activation.
func (a activation) Parent() cel.Activation { return nil }

// ResolveName implements interpreter.Activation.
func (a activation) ResolveName(name string) (any, bool) {
	switch name {
	case "params":
		return a.s.params, true
	case "age":
		b, _ := a.f.get(BirthDate)
		d, _ := a.f.get(a.s.ageOn)
		return ageOn(b, d), true
	case "documents":
		m := make(map[string]time.Time)
		for i, v := range documentsFact.Values {
			if a.f.held>>i&1 == 1 {
				m[v.Code] = timeOf(int64(a.f.until[i]))
			}
		}
		return m, true
	}
	f := factByName[name]
	if f == nil {
		return nil, false
	}
	n := a.f.n[f.Ref]
	switch f.Kind {
	case Bool:
		return n != 0, true
	case Date:
		return timeOf(n), true
	case Enum, Code:
		return f.code(n), true
	case Multi:
		out := []string{}
		for i, v := range f.Values {
			if n>>i&1 == 1 {
				out = append(out, v.Code)
			}
		}
		return out, true
	}
	return n, true
}

func (s *slow) truth(f *Facts) tri {
	var unknown []*cel.AttributePatternType
	for _, r := range s.refs {
		if missing(f, r, s.ageOn) {
			unknown = append(unknown, cel.AttributePattern(r.Name()))
		}
	}
	vars, err := cel.PartialVars(activation{f, s}, unknown...)
	if err != nil {
		return broken
	}
	out, _, err := s.prog.Eval(vars)
	switch {
	case err != nil:
		return broken
	case types.IsUnknown(out):
		return unknowable
	case out == types.True:
		return yes
	case out == types.False:
		return no
	}
	return broken
}

// missing reports whether a reference of an expression cannot be read. Papers can always be read.
func missing(f *Facts, r, ageOn Ref) bool {
	if r == Age {
		return !f.Known(BirthDate) || !f.Known(ageOn)
	}
	return r < numFacts && !f.Known(r)
}

// astRefs collects the references that an expression names, each once, in order.
func astRefs(e ast.Expr, ageOn Ref, out []Ref) []Ref {
	add := func(r Ref) {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	switch e.Kind() {
	case ast.IdentKind:
		if f := factByName[e.AsIdent()]; f != nil && f.Ref != Documents {
			add(f.Ref)
			if f.Ref == Age {
				add(BirthDate)
				add(ageOn)
			}
		}
	case ast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			out = astRefs(c.Target(), ageOn, out)
		}
		for _, a := range c.Args() {
			if s, ok := stringLit(a); ok {
				if r, paper := paperByName[s]; paper && slices.ContainsFunc(c.Args(), isDocuments) {
					add(r)
				}
			}
			out = astRefs(a, ageOn, out)
		}
	case ast.ListKind:
		for _, x := range e.AsList().Elements() {
			out = astRefs(x, ageOn, out)
		}
	case ast.MapKind:
		for _, x := range e.AsMap().Entries() {
			out = astRefs(x.AsMapEntry().Key(), ageOn, out)
			out = astRefs(x.AsMapEntry().Value(), ageOn, out)
		}
	case ast.SelectKind:
		s := e.AsSelect()
		if r, ok := paperByName[s.FieldName()]; ok && isDocuments(s.Operand()) {
			add(r)
		}
		out = astRefs(s.Operand(), ageOn, out)
	}
	return out
}

func isDocuments(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "documents" }
