package criteria

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"muntija/internal/fault"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Clause is one line of the rule builder: a fact, an operation, values.
type Clause struct {
	Fact   string   `json:"fact"`
	Op     ClauseOp `json:"op"`
	Values []string `json:"values,omitempty"` // numbers, dates, codes; "params.<name>" for numbers; a named date for dates
	On     string   `json:"on,omitempty"`     // a date fact: where the age is measured, or a document must be valid; age: "" is the set's
}

// ClauseOp is the operation of a clause.
type ClauseOp string

// The operations.
const (
	IsTrue  ClauseOp = "is_true"
	IsFalse ClauseOp = "is_false"
	Eq      ClauseOp = "eq"
	Ne      ClauseOp = "ne"
	Lt      ClauseOp = "lt"
	Le      ClauseOp = "le"
	Gt      ClauseOp = "gt"
	Ge      ClauseOp = "ge"
	In      ClauseOp = "in"
	NotIn   ClauseOp = "not_in"
	Has     ClauseOp = "has"
	HasNot  ClauseOp = "has_not"
	HasAny  ClauseOp = "has_any"
	HasAll  ClauseOp = "has_all"
	HasNone ClauseOp = "has_none"
	OnFile  ClauseOp = "on_file"
	NotFile ClauseOp = "not_on_file"
	ValidOn ClauseOp = "valid_on"
)

var numberOps = []ClauseOp{Ge, Le, Gt, Lt, Eq, Ne}

// Ops returns the operations that the builder offers for a kind of fact, the usual one first.
func (k Kind) Ops() []ClauseOp {
	switch k {
	case Bool:
		return []ClauseOp{IsTrue, IsFalse}
	case Enum, Code:
		return []ClauseOp{Eq, Ne, In, NotIn}
	case Multi:
		return []ClauseOp{Has, HasNot, HasAny, HasAll, HasNone}
	case Papers:
		return []ClauseOp{OnFile, NotFile, ValidOn}
	}
	return numberOps
}

var opSigns = map[ClauseOp]string{Eq: operators.Equals, Ne: operators.NotEquals, Lt: operators.Less, Le: operators.LessEquals,
	Gt: operators.Greater, Ge: operators.GreaterEquals}

var signText = map[ClauseOp]string{Eq: "==", Ne: "!=", Lt: "<", Le: "<=", Gt: ">", Ge: ">="}

// MaxClauses is the most clauses that the builder takes.
const MaxClauses = 20

// Build writes the expression of clauses of which all (or any) must hold. What a clause lacks is a problem of "rows[i].fact", ".op",
// ".values" or ".on"; the expression itself still wants CheckCondition, which knows the parameters.
func Build(rows []Clause, all bool) (string, error) {
	var p fault.Problems
	if len(rows) == 0 {
		p.Add("rows", "problem.required")
	}
	if len(rows) > MaxClauses {
		p.Add("rows", "criteria.set.too_many", MaxClauses)
		return "", p.Err()
	}
	var parts []string
	for i, c := range rows {
		s, field := c.expr()
		if field != "" {
			p.Add(fmt.Sprintf("rows[%d].%s", i, field), "criteria.row."+field)
		}
		parts = append(parts, s)
	}
	if err := p.Err(); err != nil {
		return "", err
	}
	if all {
		return strings.Join(parts, " && "), nil
	}
	return strings.Join(parts, " || "), nil
}

// expr writes a clause; field names what is wrong with it.
func (c Clause) expr() (s, field string) {
	f := factByName[c.Fact]
	if f == nil {
		return "", "fact"
	}
	if !slices.Contains(f.Kind.Ops(), c.Op) {
		return "", "op"
	}
	if on, ok := FactByName(c.On); c.On != "" && (!ok || on.Kind != Date) {
		return "", "on"
	}
	if (c.Op == ValidOn) != (c.On != "") && c.Fact != "age" {
		return "", "on"
	}
	many := c.Op == In || c.Op == NotIn || c.Op == HasAny || c.Op == HasAll || c.Op == HasNone
	if f.Kind == Bool && len(c.Values) != 0 || f.Kind != Bool && !many && len(c.Values) != 1 || many && len(c.Values) == 0 {
		return "", "values"
	}
	vals := make([]string, len(c.Values))
	for i, v := range c.Values {
		var ok bool
		if vals[i], ok = f.literal(v); !ok {
			return "", "values"
		}
	}
	list := "[" + strings.Join(vals, ", ") + "]"
	switch c.Op {
	case IsTrue:
		return f.Name, ""
	case IsFalse:
		return "!" + f.Name, ""
	case In:
		return f.Name + " in " + list, ""
	case NotIn:
		return "!(" + f.Name + " in " + list + ")", ""
	case Has:
		return vals[0] + " in " + f.Name, ""
	case HasNot:
		return "!(" + vals[0] + " in " + f.Name + ")", ""
	case HasAny:
		return "has_any(" + f.Name + ", " + list + ")", ""
	case HasAll:
		return "has_all(" + f.Name + ", " + list + ")", ""
	case HasNone:
		return "!has_any(" + f.Name + ", " + list + ")", ""
	case OnFile:
		return "has_document(" + vals[0] + ")", ""
	case NotFile:
		return "!has_document(" + vals[0] + ")", ""
	case ValidOn:
		return "document_valid(" + vals[0] + ", " + c.On + ")", ""
	}
	name := f.Name
	if c.On != "" {
		name = "age_on(" + c.On + ")"
	}
	return name + " " + signText[c.Op] + " " + vals[0], ""
}

// literal writes a value of the builder as CEL.
func (f *Fact) literal(v string) (string, bool) {
	switch f.Kind {
	case Int, Money:
		if name, ok := strings.CutPrefix(v, "params."); ok && codeRE.MatchString(name) {
			return v, true
		}
		n, err := strconv.ParseInt(v, 10, 64)
		return strconv.FormatInt(n, 10), err == nil
	case Date:
		if g := factByName[v]; g != nil && g.Kind == Date {
			return v, true
		}
		_, ok := parseDay(v)
		return "date('" + v + "')", ok
	}
	return "'" + v + "'", f.knows(v)
}

// Rows turns an expression back into clauses of the builder; ok is false if the builder cannot express it. Build(Rows(x)) means the same
// as x.
func Rows(src string, params []Param) (rows []Clause, all, ok bool) {
	tree, problems := parse(src, paramValues(params))
	if problems != nil {
		return nil, false, false
	}
	root := tree.NativeRep().Expr()
	join := operators.LogicalAnd
	if isCall(root, operators.LogicalOr) {
		join = operators.LogicalOr
	}
	for _, e := range flatten(root, join, nil) {
		c, ok := clauseOf(e)
		if !ok || len(rows) == MaxClauses {
			return nil, false, false
		}
		if _, field := c.expr(); field != "" {
			return nil, false, false
		}
		rows = append(rows, c)
	}
	return rows, join == operators.LogicalAnd, true
}

func isCall(e ast.Expr, name string) bool {
	return e.Kind() == ast.CallKind && e.AsCall().FunctionName() == name && !e.AsCall().IsMemberFunction()
}

func flatten(e ast.Expr, join string, out []ast.Expr) []ast.Expr {
	if isCall(e, join) {
		for _, a := range e.AsCall().Args() {
			out = flatten(a, join, out)
		}
		return out
	}
	return append(out, e)
}

func clauseOf(e ast.Expr) (Clause, bool) {
	if e.Kind() == ast.IdentKind {
		return Clause{Fact: e.AsIdent(), Op: IsTrue}, true
	}
	if e.Kind() != ast.CallKind || e.AsCall().IsMemberFunction() {
		return Clause{}, false
	}
	call := e.AsCall()
	args := call.Args()
	switch name := call.FunctionName(); name {
	case operators.LogicalNot:
		c, ok := clauseOf(args[0])
		neg := map[ClauseOp]ClauseOp{IsTrue: IsFalse, In: NotIn, Has: HasNot, HasAny: HasNone, OnFile: NotFile}[c.Op]
		c.Op = neg
		return c, ok && neg != ""
	case operators.In:
		switch {
		case args[1].Kind() == ast.ListKind && args[0].Kind() == ast.IdentKind:
			vals, ok := texts(args[1])
			return Clause{Fact: args[0].AsIdent(), Op: In, Values: vals}, ok
		case args[1].Kind() == ast.IdentKind:
			s, ok := stringLit(args[0])
			o := Has
			if isDocuments(args[1]) {
				o = OnFile
			}
			return Clause{Fact: args[1].AsIdent(), Op: o, Values: []string{s}}, ok
		}
	case "has_any", "has_all":
		if args[0].Kind() == ast.IdentKind && args[1].Kind() == ast.ListKind {
			vals, ok := texts(args[1])
			return Clause{Fact: args[0].AsIdent(), Op: ClauseOp(name), Values: vals}, ok
		}
	case "document_valid_on":
		s, ok := stringLit(args[1])
		if ok && isDocuments(args[0]) && args[2].Kind() == ast.IdentKind {
			return Clause{Fact: "documents", Op: ValidOn, Values: []string{s}, On: args[2].AsIdent()}, true
		}
	default:
		for o, sign := range opSigns {
			if sign != name {
				continue
			}
			v, ok := scalar(args[1])
			c := Clause{Op: o, Values: []string{v}}
			switch a := args[0]; {
			case a.Kind() == ast.IdentKind:
				c.Fact = a.AsIdent()
			case isCall(a, "age_between") && a.AsCall().Args()[0].Kind() == ast.IdentKind && a.AsCall().Args()[0].AsIdent() == "birth_date" &&
				a.AsCall().Args()[1].Kind() == ast.IdentKind:
				c.Fact, c.On = "age", a.AsCall().Args()[1].AsIdent()
			default:
				return c, false
			}
			return c, ok
		}
	}
	return Clause{}, false
}

// scalar returns the builder's text of a literal, a parameter or a date fact.
func scalar(e ast.Expr) (string, bool) {
	switch e.Kind() {
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.Int:
			return strconv.FormatInt(int64(v), 10), true
		case types.String:
			return string(v), true
		}
	case ast.IdentKind:
		f := factByName[e.AsIdent()]
		return e.AsIdent(), f != nil && f.Kind == Date
	case ast.SelectKind:
		if s := e.AsSelect(); s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "params" && !s.IsTestOnly() {
			return "params." + s.FieldName(), true
		}
	case ast.CallKind:
		if isCall(e, "date") {
			return stringLit(e.AsCall().Args()[0])
		}
	}
	return "", false
}

func texts(list ast.Expr) ([]string, bool) {
	var out []string
	for _, e := range list.AsList().Elements() {
		s, ok := stringLit(e)
		if !ok || strings.ContainsFunc(s, unicode.IsControl) {
			return nil, false
		}
		out = append(out, s)
	}
	return out, len(out) > 0
}
