package criteria

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// tri is Kleene's strong three-valued truth, and broken: CEL could not compute (overflow, division by zero). The outcome of a criterion
// whose rule broke is "needs review".
type tri uint8

const (
	no tri = iota
	yes
	unknowable
	broken
)

func truthOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

type op uint8

const (
	opConst   op = iota // k: truth
	opFact              // ref: an answer
	opNot               // kids[0]
	opAnd               // kids
	opOr                // kids
	opIf                // kids[0] ? kids[1] : kids[2]
	opEq                // kids: two numbers
	opNe                //
	opLt                //
	opLe                //
	opGt                //
	opGe                //
	opIn                // kids[0] among list
	opHasAny            // ref: set, k: bits
	opHasAll            // ref: set, k: bits
	opHeld              // ref: paper
	opHeldOn            // ref: paper, kids[0]: day
	opSlow              // slow
	opNum               // k: number, day or position in a list
	opVal               // ref: number, day, or position
	opAge               // kids: birth, on
	opDays              // kids: from, to
	opAddDay            // kids[0] + k days
	opAddYear           // kids[0] + k years
)

// node is one step of a compiled rule. It is a plain tree walked by a switch: on rules of this size that is as quick as closures, and the
// same tree is searched for changes and put into words.
type node struct {
	op   op
	ref  Ref
	k    int64
	kids []*node
	list []int64
	slow *slow
	fact *Fact // of what kids[0] of a comparison means, for words: nil for plain numbers and days
}

// truth evaluates a condition.
func (n *node) truth(f *Facts) tri {
	switch n.op {
	case opConst:
		return tri(n.k)
	case opFact:
		if f.known>>n.ref&1 == 0 {
			return unknowable
		}
		return tri(f.n[n.ref])
	case opNot:
		switch t := n.kids[0].truth(f); t {
		case no:
			return yes
		case yes:
			return no
		default:
			return t
		}
	case opAnd:
		out := yes
		for _, k := range n.kids {
			switch t := k.truth(f); t {
			case no:
				return no
			case yes:
			default:
				out = max(out, t)
			}
		}
		return out
	case opOr:
		out := no
		for _, k := range n.kids {
			switch t := k.truth(f); t {
			case yes:
				return yes
			case no:
			default:
				out = max(out, t)
			}
		}
		return out
	case opIf:
		switch t := n.kids[0].truth(f); t {
		case yes:
			return n.kids[1].truth(f)
		case no:
			return n.kids[2].truth(f)
		default:
			return t
		}
	case opIn:
		v, ok := n.kids[0].value(f)
		if !ok {
			return unknowable
		}
		return truthOf(slices.Contains(n.list, v))
	case opHasAny:
		if f.known>>n.ref&1 == 0 {
			return unknowable
		}
		return truthOf(f.n[n.ref]&n.k != 0)
	case opHasAll:
		if f.known>>n.ref&1 == 0 {
			return unknowable
		}
		return truthOf(f.n[n.ref]&n.k == n.k)
	case opHeld:
		_, ok := f.get(n.ref)
		return truthOf(ok)
	case opHeldOn:
		on, ok := n.kids[0].value(f)
		if !ok {
			return unknowable
		}
		until, ok := f.get(n.ref)
		return truthOf(ok && until >= on)
	case opSlow:
		return n.slow.truth(f)
	}
	a, ok := n.kids[0].value(f)
	if !ok {
		return unknowable
	}
	b, ok := n.kids[1].value(f)
	if !ok {
		return unknowable
	}
	switch n.op {
	case opEq:
		return truthOf(a == b)
	case opNe:
		return truthOf(a != b)
	case opLt:
		return truthOf(a < b)
	case opLe:
		return truthOf(a <= b)
	case opGt:
		return truthOf(a > b)
	}
	return truthOf(a >= b)
}

// value evaluates a number or day; false if a fact is missing.
func (n *node) value(f *Facts) (int64, bool) {
	switch n.op {
	case opNum:
		return n.k, true
	case opVal:
		return f.n[n.ref], f.known>>n.ref&1 == 1
	}
	a, ok := n.kids[0].value(f)
	if !ok {
		return 0, false
	}
	switch n.op {
	case opAddDay:
		return a + n.k, true
	case opAddYear:
		return addYears(a, n.k), true
	}
	b, ok := n.kids[1].value(f)
	if !ok {
		return 0, false
	}
	if n.op == opAge {
		return ageOn(a, b), true
	}
	return b - a, true
}

// scope is what an expression may name beside the facts.
type scope struct {
	params map[string]int64
	ageOn  Ref // the named date on which "age" is measured
}

// expr is a compiled expression.
type expr struct {
	src  string
	root *node
	refs []Ref
}

// fast reports whether the whole expression is evaluated by this package, and not by CEL.
func (x *expr) fast() bool { return x.root.op != opSlow }

// compile checks a condition and compiles it; what the fast evaluator does not know is left to CEL whole, never in part, because CEL's
// errors must meet CEL's own connectives.
func compile(src string, sc scope) (*expr, error) {
	tree, problems := parse(src, sc.params)
	if problems != nil {
		return nil, fmt.Errorf("expression %q: %s at %d", src, problems[0].Key, problems[0].Offset)
	}
	if !tree.OutputType().IsExactType(types.BoolType) {
		return nil, fmt.Errorf("expression %q is not a condition", src)
	}
	c := compiler{scope: sc, tree: tree.NativeRep()}
	x := &expr{src: src, root: c.cond(c.tree.Expr()), refs: astRefs(c.tree.Expr(), sc.ageOn, nil)}
	if x.root == nil {
		s, err := newSlow(tree, src, sc)
		if err != nil {
			return nil, err
		}
		x.root = &node{op: opSlow, slow: s}
	}
	return x, nil
}

type compiler struct {
	scope
	tree *ast.AST
}

func (c *compiler) is(e ast.Expr, t *types.Type) bool {
	got := c.tree.GetType(e.ID())
	return got != nil && got.IsExactType(t)
}

var comparisons = map[string]op{operators.Equals: opEq, operators.NotEquals: opNe, operators.Less: opLt, operators.LessEquals: opLe,
	operators.Greater: opGt, operators.GreaterEquals: opGe}

// cond compiles a condition; nil if it is outside the fast subset.
func (c *compiler) cond(e ast.Expr) *node {
	switch e.Kind() {
	case ast.LiteralKind:
		if b, ok := e.AsLiteral().(types.Bool); ok {
			return &node{op: opConst, k: int64(truthOf(bool(b)))}
		}
	case ast.IdentKind:
		if f := factByName[e.AsIdent()]; f != nil && f.Kind == Bool {
			return &node{op: opFact, ref: f.Ref}
		}
	case ast.CallKind:
		return c.call(e.AsCall())
	}
	return nil
}

func (c *compiler) call(call ast.CallExpr) *node {
	args := call.Args()
	if call.IsMemberFunction() {
		return nil
	}
	switch name := call.FunctionName(); name {
	case operators.LogicalNot, operators.LogicalAnd, operators.LogicalOr, operators.Conditional:
		n := &node{op: map[string]op{operators.LogicalNot: opNot, operators.LogicalAnd: opAnd, operators.LogicalOr: opOr,
			operators.Conditional: opIf}[name]}
		for _, a := range args {
			k := c.cond(a)
			if k == nil {
				return nil
			}
			if k.op == n.op && (n.op == opAnd || n.op == opOr) {
				n.kids = append(n.kids, k.kids...) // a && (b && c) is one list
			} else {
				n.kids = append(n.kids, k)
			}
		}
		return n
	case operators.In:
		return c.in(args[0], args[1])
	case "has_any", "has_all":
		if args[0].Kind() != ast.IdentKind || args[1].Kind() != ast.ListKind {
			return nil
		}
		f := factByName[args[0].AsIdent()]
		if f == nil || f.Kind != Multi {
			return nil
		}
		mask, ok := c.consts(args[1], f)
		if !ok {
			return nil
		}
		n := &node{op: opHasAny, ref: f.Ref}
		if name == "has_all" {
			n.op = opHasAll
		}
		for _, i := range mask {
			n.k |= 1 << i
		}
		return n
	case "document_valid_on":
		s, ok := stringLit(args[1])
		if !ok || !isDocuments(args[0]) {
			return nil
		}
		on := c.num(args[2], nil)
		if on == nil {
			return nil
		}
		return &node{op: opHeldOn, ref: paperByName[s], kids: []*node{on}}
	default:
		if o, ok := comparisons[name]; ok {
			return c.compare(o, args[0], args[1])
		}
	}
	return nil
}

func (c *compiler) compare(o op, a, b ast.Expr) *node {
	switch {
	case c.is(a, types.IntType) && c.is(b, types.IntType), c.is(a, types.TimestampType) && c.is(b, types.TimestampType):
		x, y := c.num(a, nil), c.num(b, nil)
		if x == nil || y == nil {
			return nil
		}
		return &node{op: o, kids: []*node{x, y}}
	case o != opEq && o != opNe:
		return nil
	case c.is(a, types.BoolType) && c.is(b, types.BoolType):
		if b.Kind() != ast.LiteralKind {
			a, b = b, a
		}
		x := c.cond(a)
		if x == nil || b.Kind() != ast.LiteralKind {
			return nil
		}
		if (b.AsLiteral() == types.True) == (o == opEq) {
			return x
		}
		return &node{op: opNot, kids: []*node{x}}
	case c.is(a, types.StringType) && c.is(b, types.StringType):
		if a.Kind() == ast.LiteralKind {
			a, b = b, a
		}
		f := listed(a)
		if f == nil {
			return nil
		}
		y := c.num(b, f)
		if y == nil {
			return nil
		}
		return &node{op: o, kids: []*node{{op: opVal, ref: f.Ref}, y}, fact: f}
	}
	return nil
}

// listed returns the Enum or Code fact that e names, nil if none.
func listed(e ast.Expr) *Fact {
	if e.Kind() == ast.IdentKind {
		if f := factByName[e.AsIdent()]; f != nil && (f.Kind == Enum || f.Kind == Code) {
			return f
		}
	}
	return nil
}

func (c *compiler) in(elem, container ast.Expr) *node {
	if isDocuments(container) {
		if s, ok := stringLit(elem); ok {
			return &node{op: opHeld, ref: paperByName[s]}
		}
		return nil
	}
	if container.Kind() == ast.IdentKind {
		f := factByName[container.AsIdent()]
		if s, ok := stringLit(elem); ok && f != nil && f.Kind == Multi {
			return &node{op: opHasAny, ref: f.Ref, k: 1 << codeIndex[f.Ref][s]}
		}
		return nil
	}
	if container.Kind() != ast.ListKind {
		return nil
	}
	f := listed(elem)
	var x *node
	switch {
	case f != nil:
		x = &node{op: opVal, ref: f.Ref}
	case c.is(elem, types.IntType) || c.is(elem, types.TimestampType):
		x = c.num(elem, nil)
	}
	list, ok := c.consts(container, f)
	if x == nil || !ok {
		return nil
	}
	return &node{op: opIn, kids: []*node{x}, list: list, fact: f}
}

// consts returns the raw numbers of a list of constants; f gives their meaning if they are strings.
func (c *compiler) consts(e ast.Expr, f *Fact) ([]int64, bool) {
	var out []int64
	for _, x := range e.AsList().Elements() {
		n := c.num(x, f)
		if n == nil || n.op != opNum {
			return nil, false
		}
		out = append(out, n.k)
	}
	return out, true
}

// num compiles a number, a day, or (with f) a value of a list; nil if it is outside the fast subset.
func (c *compiler) num(e ast.Expr, f *Fact) *node {
	switch e.Kind() {
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.Int:
			return &node{op: opNum, k: int64(v)}
		case types.String:
			if f != nil {
				if n, ok := f.codeOf(string(v)); ok {
					return &node{op: opNum, k: n}
				}
			}
		}
	case ast.IdentKind:
		g := factByName[e.AsIdent()]
		switch {
		case g == nil || f != nil:
		case g.Ref == Age:
			return &node{op: opAge, kids: []*node{{op: opVal, ref: BirthDate}, {op: opVal, ref: c.ageOn}}}
		case g.Kind == Int || g.Kind == Money || g.Kind == Date:
			return &node{op: opVal, ref: g.Ref}
		}
	case ast.SelectKind:
		if s := e.AsSelect(); s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "params" && !s.IsTestOnly() {
			return &node{op: opNum, k: c.params[s.FieldName()]}
		}
	case ast.CallKind:
		call := e.AsCall()
		args := call.Args()
		if call.IsMemberFunction() {
			return nil
		}
		switch name := call.FunctionName(); name {
		case "date":
			if s, ok := stringLit(args[0]); ok {
				if d, ok := parseDay(s); ok {
					return &node{op: opNum, k: d}
				}
			}
		case "age_between", "days_between":
			a, b := c.num(args[0], nil), c.num(args[1], nil)
			if a == nil || b == nil {
				return nil
			}
			if name == "age_between" {
				return &node{op: opAge, kids: []*node{a, b}}
			}
			return &node{op: opDays, kids: []*node{a, b}}
		case "add_days", "add_years":
			// One shift of a fact or literal stays far inside CEL's range of times; longer chains are left to CEL.
			a, n := c.num(args[0], nil), c.num(args[1], nil)
			if a == nil || n == nil || n.op != opNum || a.op != opVal && a.op != opNum {
				return nil
			}
			switch {
			case name == "add_days" && n.k >= -maxShiftDays && n.k <= maxShiftDays:
				return &node{op: opAddDay, k: n.k, kids: []*node{a}}
			case name == "add_years" && n.k >= -maxShiftYears && n.k <= maxShiftYears:
				return &node{op: opAddYear, k: n.k, kids: []*node{a}}
			}
		}
	}
	return nil
}
