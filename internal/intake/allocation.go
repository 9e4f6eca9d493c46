package intake

import (
	"slices"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Allocation is the set-up of an allocation as typed.
type Allocation struct {
	Exhibitions []string      `json:"exhibitions,omitempty" validate:"max=100,dive,max=20"`
	Rule        string        `json:"rule,omitempty" validate:"required,max=20"`
	Bands       string        `json:"bands,omitempty" validate:"omitempty,max=120"`
	AtMost      string        `json:"at_most,omitempty" validate:"required,max=10"`
	RestDays    string        `json:"rest_days,omitempty" validate:"omitempty,max=10"`
	BudgetEG    string        `json:"budget_eg,omitempty" validate:"omitempty,max=16"`
	EachEG      string        `json:"each_eg,omitempty" validate:"omitempty,max=16"`
	BudgetQA    string        `json:"budget_qa,omitempty" validate:"omitempty,max=16"`
	EachQA      string        `json:"each_qa,omitempty" validate:"omitempty,max=16"`
	Metres      []FloorLimit  `json:"metres,omitempty" validate:"max=100,dive"`
	Quotas      []SeasonQuota `json:"quotas,omitempty" validate:"max=20,dive"`
	Seconds     string        `json:"seconds,omitempty" validate:"omitempty,max=10"`
}

// SeasonQuota is one row of the quotas over several exhibitions. Where names the exhibitions ticked by their ids, "3 5 8"; blank is all of
// them.
type SeasonQuota struct {
	Line  string `json:"line,omitempty" validate:"omitempty,max=40"`
	Where string `json:"where,omitempty" validate:"omitempty,max=800"`
	Min   string `json:"min,omitempty" validate:"omitempty,max=10"`
	Max   string `json:"max,omitempty" validate:"omitempty,max=10"`
}

// Places are the ids in Where.
func (q SeasonQuota) Places() []string { return numbersIn(q.Where) }

// FloorLimit is one row of the square metres of stands.
type FloorLimit struct {
	Exhibition string `json:"exhibition,omitempty" validate:"omitempty,max=20"`
	Metres     string `json:"metres,omitempty" validate:"omitempty,max=10"`
}

// maxTravel is the largest budget that is taken, in whole units of a currency.
const maxTravel = 10_000_000

// maxSeasonPlaces is the largest bound of a quota over several exhibitions: a hundred of them with 5,000 places each.
const maxSeasonPlaces = 500_000

// DecodeAllocation reads the form of a set-up. Rows of quotas that were left empty are not there: what is wrong with a row is said by its place.
func DecodeAllocation(values map[string][]string) (*Allocation, fault.Problems) {
	flat := make(map[string][]string, len(values))
	for name, v := range values {
		if flat[name] = v; len(v) > 1 && strings.HasPrefix(name, "quotas[") && strings.HasSuffix(name, "].where") { // one for each tick
			flat[name] = []string{strings.Join(v, " ")}
		}
	}
	a, ps := decodeInto[Allocation](flat)
	if len(ps) == 0 {
		a.Quotas = filledRows(a.Quotas)
	}
	return a, ps
}

// Values returns the fields by their form names.
func (a *Allocation) Values() map[string]string { return valuesOf(a) }

// FromAllocation is the form that describes terms.
func FromAllocation(t *exhibition.AllocationTerms) *Allocation {
	a := &Allocation{Rule: string(t.Rule), AtMost: number(t.AtMost), RestDays: number(t.RestDays), Seconds: number(t.Seconds)}
	var bands []string
	for _, b := range t.Bands {
		bands = append(bands, strconv.Itoa(b))
	}
	a.Bands = strings.Join(bands, " ")
	for _, id := range t.Exhibitions {
		a.Exhibitions = append(a.Exhibitions, strconv.FormatInt(id, 10))
	}
	eg, qa := t.TravelOf(place.Egypt), t.TravelOf(place.Qatar)
	for _, q := range t.Quotas {
		var in []string
		for _, id := range q.In {
			in = append(in, strconv.FormatInt(id, 10))
		}
		a.Quotas = append(a.Quotas, SeasonQuota{q.Line(), strings.Join(in, " "), number(q.Min), number(q.Max)})
	}
	a.BudgetEG, a.EachEG, a.BudgetQA, a.EachQA = number(eg.Budget), number(eg.Each), number(qa.Budget), number(qa.Each)
	return a
}

// Check returns the terms. Whether they make sense together is for [exhibition.AllocationTerms.Check], which is asked too.
func (a *Allocation) Check(ctx Context) (exhibition.AllocationTerms, fault.Problems) {
	in, c := shapedSmall(ctx, a)
	t := exhibition.AllocationTerms{Rule: exhibition.AllocationRule(c.oneOf("rule", in.Rule, texts(exhibition.AllocationRules()))), AtMost: c.whole("at_most", in.AtMost, 1, 20),
		RestDays: c.whole("rest_days", in.RestDays, 0, exhibition.MaxRest), Seconds: c.whole("seconds", in.Seconds, 1, exhibition.MaxSeconds)}
	if in.Seconds == "" {
		t.Seconds = exhibition.DefaultAllocation().Seconds
	}
	for _, x := range in.Exhibitions {
		if id := c.ref("exhibitions", x); id != 0 && !slices.Contains(t.Exhibitions, id) {
			t.Exhibitions = append(t.Exhibitions, id)
		}
	}
	slices.Sort(t.Exhibitions)
	if t.Rule.Banded() {
		for _, x := range numbersIn(in.Bands) {
			n, err := strconv.Atoi(x)
			if err != nil || n < 1 || n > 100 {
				c.add("bands", "problem.allocation.bands")
				break
			}
			t.Bands = append(t.Bands, n)
		}
	}
	for _, x := range []exhibition.Travelling{{Party: place.Egypt, Budget: c.whole("budget_eg", in.BudgetEG, 0, maxTravel), Each: c.whole("each_eg", in.EachEG, 0, maxTravel)},
		{Party: place.Qatar, Budget: c.whole("budget_qa", in.BudgetQA, 0, maxTravel), Each: c.whole("each_qa", in.EachQA, 0, maxTravel)}} {
		if x.Budget > 0 || x.Each > 0 {
			t.Travel = append(t.Travel, x)
		}
	}
	for i, m := range in.Metres {
		c.in("metres", i)
		if n := c.whole("metres", m.Metres, 0, 1_000_000); n > 0 {
			id := c.ref("exhibition", m.Exhibition)
			if !slices.Contains(t.Exhibitions, id) {
				c.add("metres", "problem.allocation.metres_where")
			}
			t.Metres = append(t.Metres, exhibition.FloorLimit{Exhibition: id, Metres: n})
		}
	}
	for i, q := range in.Quotas {
		c.in("quotas", i)
		if q == (SeasonQuota{}) {
			continue
		}
		c.need("line", q.Line)
		x := exhibition.SeasonQuota{Quota: exhibition.Quota{Min: c.whole("min", q.Min, 0, maxSeasonPlaces), Max: c.whole("max", q.Max, 0, maxSeasonPlaces)}}
		by, value, _ := strings.Cut(q.Line, ":")
		if by != "" {
			x.By, x.Value = exhibition.Dimension(c.oneOf("line", by, texts(exhibition.Dimensions()))), value
		}
		for _, n := range q.Places() {
			if id := c.ref("where", n); id != 0 && !slices.Contains(x.In, id) {
				x.In = append(x.In, id)
			}
		}
		slices.Sort(x.In)
		t.Quotas = append(t.Quotas, x)
	}
	c.out()
	ps := c.sorted(planFor[Allocation]())
	if ps.Err() == nil {
		ps = append(ps, t.Check()...)
	}
	return t, ps
}

// numbersIn takes a list of numbers apart, with digits of any script between blanks and commas.
func numbersIn(s string) []string {
	return strings.FieldsFunc(arabic.Digits(s), func(r rune) bool { return strings.ContainsRune(" ,،;؛\t", r) })
}

// RunAsk is what a what-if or a re-planning changes, as typed.
type RunAsk struct {
	Kind        string   `json:"kind,omitempty" validate:"omitempty,max=20"`
	Exhibition  string   `json:"exhibition,omitempty" validate:"omitempty,max=20"`
	More        string   `json:"more,omitempty" validate:"omitempty,max=10"`
	Drop        []string `json:"drop,omitempty" validate:"max=60,dive,max=80"` // "12 party:EG"
	Changes     string   `json:"changes,omitempty" validate:"omitempty,max=10"`
	KeepInvited string   `json:"keep_invited,omitempty" validate:"omitempty,max=10"`
}

// DecodeRunAsk reads the form of a run.
func DecodeRunAsk(values map[string][]string) (*RunAsk, fault.Problems) {
	return decodeInto[RunAsk](values)
}

// Values returns the fields by their form names.
func (a *RunAsk) Values() map[string]string { return valuesOf(a) }

// Asked is a checked RunAsk.
type Asked struct {
	Kind        exhibition.RunKind
	Exhibition  int64 // of More
	More        int   // places more
	Drop        []string
	Changes     int
	KeepInvited bool
}

// Check returns what is asked.
func (a *RunAsk) Check(ctx Context) (Asked, fault.Problems) {
	in, c := shapedSmall(ctx, a)
	out := Asked{Kind: exhibition.RunKind(c.oneOf("kind", in.Kind, []string{string(exhibition.RunPlan), string(exhibition.RunWhatIf), string(exhibition.RunReplan)})),
		Exhibition: c.ref("exhibition", in.Exhibition), More: c.whole("more", in.More, 0, 5000), Drop: in.Drop, Changes: c.whole("changes", in.Changes, 0, 5000),
		KeepInvited: c.yes("keep_invited", in.KeepInvited)}
	if out.Kind == "" {
		out.Kind = exhibition.RunPlan
	}
	switch out.Kind {
	case exhibition.RunWhatIf:
		if out.More == 0 && len(out.Drop) == 0 {
			c.add("more", "problem.allocation.what_if")
		}
		if out.More > 0 && out.Exhibition == 0 {
			c.add("exhibition", "problem.required")
		}
	case exhibition.RunReplan:
		c.need("changes", in.Changes)
	}
	return out, c.sorted(planFor[RunAsk]())
}
