package criteria

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// feminine facts take the feminine verb in Arabic.
var feminine = []Ref{Nationality, MaritalStatus, Disability, IncomeBand, Tenure, Channel, Area, Craft, Stage, TrainingResult, ProjectValue,
	OwnShare, Benefits, Formal, Consents}

type verbs struct{ m, f, en string }

var compareWords = map[op]verbs{
	opEq: {"هو", "هي", "is"}, opNe: {"ليس", "ليست", "is not"},
	opLt: {"يقل عن", "تقل عن", "is less than"}, opLe: {"لا يزيد على", "لا تزيد على", "is at most"},
	opGt: {"يزيد على", "تزيد على", "is more than"}, opGe: {"لا يقل عن", "لا تقل عن", "is at least"},
}

var dateWords = map[op]verbs{
	opEq: {"هو", "هو", "is"}, opNe: {"ليس", "ليس", "is not"},
	opLt: {"قبل", "قبل", "is before"}, opLe: {"ليس بعد", "ليس بعد", "is not after"},
	opGt: {"بعد", "بعد", "is after"}, opGe: {"ليس قبل", "ليس قبل", "is not before"},
}

var opposite = map[op]op{opEq: opNe, opNe: opEq, opLt: opGe, opGe: opLt, opGt: opLe, opLe: opGt}

// unit is a counted noun: Arabic one, two (after a preposition), few (3–10), many (11–99), hundreds; English one and other.
type unit struct{ one, two, few, many, en, ens string }

var (
	unitYears = unit{"سنة واحدة", "سنتين", "سنوات", "سنة", "year", "years"}
	unitDays  = unit{"يوم واحد", "يومين", "أيام", "يومًا", "day", "days"}
	units     = map[Ref]unit{
		Age: unitYears, HouseholdSize: {"فرد واحد", "فردين", "أفراد", "فردًا", "person", "people"},
		Dependents:    {"فرد واحد", "فردين", "أفراد", "فردًا", "person", "people"},
		WorkersFamily: {"عامل واحد", "عاملين", "عمال", "عاملًا", "worker", "workers"},
		WorkersOther:  {"عامل واحد", "عاملين", "عمال", "عاملًا", "worker", "workers"},
		RunningLoans:  {"قرض واحد", "قرضين", "قروض", "قرضًا", "loan", "loans"},
		Visits:        {"زيارة واحدة", "زيارتين", "زيارات", "زيارة", "visit", "visits"},
	}
)

func (u unit) count(n int64, lang string) string {
	s := strconv.FormatInt(n, 10)
	if lang == "en" {
		if n == 1 {
			return s + " " + u.en
		}
		return s + " " + u.ens
	}
	switch h := n % 100; {
	case n == 1:
		return u.one
	case n == 2:
		return u.two
	case h >= 3 && h <= 10:
		return s + " " + u.few
	case h >= 11:
		return s + " " + u.many
	}
	return s + " " + strings.TrimSuffix(strings.TrimSuffix(u.many, "ًا"), "ً")
}

// words puts a compiled rule into plain words of one language.
type words struct{ lang string }

func (w words) t(ar, en string) string {
	if w.lang == "en" {
		return en
	}
	return ar
}

// Describe renders an expression in plain words ("ar" or "en"), for example «السن في تاريخ تقديم الطلب لا يقل عن 18 سنة». Parts that only
// CEL understands are shown as they stand. An expression with problems is returned as it stands.
func Describe(src string, s *Set, lang string) string {
	sc := scope{ageOn: ApplicationDate}
	if s != nil {
		sc.params = paramValues(s.Params)
		if r, ok := ageOnRef[s.AgeOn]; ok {
			sc.ageOn = r
		}
	}
	x, err := compile(src, sc)
	if err != nil {
		return src
	}
	return words{lang}.cond(x.root, false, false)
}

// cond renders a condition, or its negation; inner puts brackets around what has parts.
func (w words) cond(n *node, neg, inner bool) string {
	switch n.op {
	case opConst:
		if (n.k == int64(yes)) != neg {
			return w.t("دائمًا", "always")
		}
		return w.t("أبدًا", "never")
	case opFact:
		if neg {
			return n.ref.fact().No.In(w.lang)
		}
		return n.ref.fact().Yes.In(w.lang)
	case opNot:
		return w.cond(n.kids[0], !neg, inner)
	case opAnd, opOr:
		sep := w.t("، و", ", and ")
		if (n.op == opOr) != neg {
			sep = w.t("، أو ", ", or ")
		}
		parts := make([]string, len(n.kids))
		for i, k := range n.kids {
			parts[i] = w.cond(k, neg, true)
		}
		s := strings.Join(parts, sep)
		if inner {
			s = "(" + s + ")"
		}
		return s
	case opIf:
		s := w.t("إذا ", "if ") + w.cond(n.kids[0], false, true) + w.t(" فإن ", " then ") + w.cond(n.kids[1], neg, true) +
			w.t("، وإلا فإن ", ", otherwise ") + w.cond(n.kids[2], neg, true)
		if inner {
			s = "(" + s + ")"
		}
		return s
	case opIn:
		vals := make([]string, len(n.list))
		for i, k := range n.list {
			vals[i] = w.constant(n.kids[0], n.fact, k)
		}
		return w.value(n.kids[0]) + " " + w.either(neg, w.t("ليس من بين: ", "is none of: "), w.t("من بين: ", "is one of: ")) + w.list(vals)
	case opHasAny, opHasAll:
		return w.has(n, neg)
	case opHeld:
		return w.either(neg, w.t("لا يوجد في الملف: ", "not on file: "), w.t("يوجد في الملف: ", "on file: ")) + n.ref.Title().In(w.lang)
	case opHeldOn:
		on := w.value(n.kids[0])
		return w.either(neg, w.t("لا يوجد في الملف ما هو سارٍ في "+on+": ", "not on file and valid on "+on+": "),
			w.t("يوجد في الملف وسارٍ في "+on+": ", "on file and valid on "+on+": ")) + n.ref.Title().In(w.lang)
	case opSlow:
		return w.either(neg, w.t("لا يتحقق: ", "not: "), "") + "«" + n.slow.src + "»"
	}
	return w.compare(n, neg)
}

func (w words) either(neg bool, a, b string) string {
	if neg {
		return a
	}
	return b
}

func (w words) list(vals []string) string { return strings.Join(vals, w.t("، ", ", ")) }

func (w words) has(n *node, neg bool) string {
	f := n.ref.fact()
	var vals []string
	for m := uint64(n.k); m != 0; m &= m - 1 {
		vals = append(vals, f.Values[bits.TrailingZeros64(m)].Title.In(w.lang))
	}
	var verb string
	switch {
	case len(vals) == 1:
		verb = w.either(neg, w.t("لا تشمل: ", "do not include: "), w.t("تشمل: ", "include: "))
	case n.op == opHasAny:
		verb = w.either(neg, w.t("لا تشمل أيًّا من: ", "include none of: "), w.t("تشمل واحدًا على الأقل من: ", "include at least one of: "))
	default:
		verb = w.either(neg, w.t("لا تشمل كل ما يأتي: ", "do not include all of: "), w.t("تشمل كل ما يأتي: ", "include all of: "))
	}
	return f.Title.In(w.lang) + " " + verb + w.list(vals)
}

func (w words) compare(n *node, neg bool) string {
	o := n.op
	if neg {
		o = opposite[o]
	}
	a, b := n.kids[0], n.kids[1]
	if a.op == opNum && b.op != opNum { // 18 <= age reads as age >= 18
		a, b = b, a
		o = map[op]op{opEq: opEq, opNe: opNe, opLt: opGt, opGt: opLt, opLe: opGe, opGe: opLe}[o]
	}
	if b.op == opNum && a.op == opVal && n.fact != nil && n.fact.Name == "disability" && n.fact.code(b.k) == "none" { // else "is not none"
		return w.either(o == opEq, w.t("لا توجد إعاقة", "no disability"), w.t("توجد إعاقة", "there is a disability"))
	}
	table := compareWords
	if isDay(a) {
		table = dateWords
	}
	v := table[o]
	verb := w.t(v.m, v.en)
	if w.lang != "en" && a.op == opVal && slices.Contains(feminine, a.ref) {
		verb = v.f
	}
	right := w.value(b)
	if b.op == opNum {
		right = w.constant(a, n.fact, b.k)
	}
	return w.value(a) + " " + verb + " " + right
}

func isDay(n *node) bool {
	return n.op == opVal && n.ref.fact().Kind == Date || n.op == opAddDay || n.op == opAddYear
}

// constant renders a number that a is compared with.
func (w words) constant(a *node, f *Fact, k int64) string {
	switch {
	case f != nil:
		return f.valueTitle(f.code(k), w.lang)
	case isDay(a):
		return dayText(k)
	case a.op == opAge:
		return unitYears.count(k, w.lang)
	case a.op == opDays:
		return unitDays.count(k, w.lang)
	case a.op == opVal:
		return w.number(a.ref, k)
	}
	return strconv.FormatInt(k, 10)
}

func (w words) number(r Ref, k int64) string {
	switch u, ok := units[r]; {
	case ok && k >= 0:
		return u.count(k, w.lang)
	case r == OwnShare:
		return strconv.FormatInt(k, 10) + "%"
	}
	return r.text(k, w.lang)
}

// value renders what is compared.
func (w words) value(n *node) string {
	switch n.op {
	case opNum:
		if n.k >= minDay && n.k <= maxDay {
			return dayText(n.k) // plain numbers that stand alone are days: numbers are rendered beside what they are compared with
		}
		return strconv.FormatInt(n.k, 10)
	case opVal:
		return n.ref.Title().In(w.lang)
	case opAge:
		if n.kids[0].op == opVal && n.kids[0].ref == BirthDate {
			return w.t("السن في ", "age on ") + w.value(n.kids[1])
		}
		return w.t("عدد السنوات من ", "years from ") + w.value(n.kids[0]) + w.t(" إلى ", " to ") + w.value(n.kids[1])
	case opDays:
		return w.t("عدد الأيام من ", "days from ") + w.value(n.kids[0]) + w.t(" إلى ", " to ") + w.value(n.kids[1])
	case opAddDay, opAddYear:
		u, k := unitDays, n.k
		if n.op == opAddYear {
			u = unitYears
		}
		if k < 0 {
			return u.count(-k, w.lang) + w.t(" قبل ", " before ") + w.value(n.kids[0])
		}
		return w.t("مرور ", "") + u.count(k, w.lang) + w.t(" على ", " after ") + w.value(n.kids[0])
	}
	return ""
}

// Text puts one change into words; from is the reading of the fact in the result that the change belongs to.
func (c Change) Text(from Reading, lang string) string {
	w := words{lang}
	f := c.Ref.fact()
	title := c.Ref.Title().In(lang)
	switch f.Kind {
	case Papers:
		switch {
		case !c.Known:
			return w.t("خلوّ الملف من: ", "no longer on file: ") + title
		case from.Known && c.n > from.n:
			return w.t("تجديد: ", "renewing: ") + title
		case from.Known:
			return w.t("انتهاء سريان: ", "expiry of: ") + title
		}
		return w.t("تقديم: ", "providing: ") + title
	case Bool:
		if c.n != 0 {
			return f.Yes.In(lang)
		}
		return f.No.In(lang)
	case Multi:
		return w.setChange(c, from, title)
	case Enum, Code:
		if c.Op == Other {
			return w.compare(&node{op: opNe, kids: []*node{{op: opVal, ref: c.Ref}, {op: opNum, k: from.n}}, fact: f}, false)
		}
		return w.compare(&node{op: opEq, kids: []*node{{op: opVal, ref: c.Ref}, {op: opNum, k: c.n}}, fact: f}, false)
	}
	if f.NamedDay && c.Op == AtLeast {
		s := title + w.t(": ", ": ") + dayText(c.n) + w.t(" أو بعده", " or later")
		if c.Age > 0 {
			s += w.t("، حين يبلغ السن ", ", when the age reaches ") + unitYears.count(int64(c.Age), lang)
		}
		return s
	}
	o := map[ChangeOp]op{ToValue: opEq, AtLeast: opGe, AtMost: opLe}[c.Op]
	return w.compare(&node{op: o, kids: []*node{{op: opVal, ref: c.Ref}, {op: opNum, k: c.n}}}, false)
}

func (w words) setChange(c Change, from Reading, title string) string {
	names := func(mask int64) string { return c.Ref.text(mask, w.lang) }
	old := from.n
	if !from.Known {
		old = 0
		if c.n == 0 {
			return w.t("تسجيل أنه لا شيء في: ", "recording none in: ") + title
		}
	}
	var parts []string
	if add := c.n &^ old; add != 0 {
		parts = append(parts, w.t("إضافة «", "adding “")+names(add)+w.t("» إلى ", "” to ")+title)
	}
	if del := old &^ c.n; del != 0 {
		parts = append(parts, w.t("حذف «", "removing “")+names(del)+w.t("» من ", "” from ")+title)
	}
	return strings.Join(parts, w.t("، و", ", and "))
}
