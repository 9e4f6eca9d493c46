package intake

import (
	"reflect"
	"slices"
	"strconv"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/programme"
)

// Development is a development plan as typed. Of a new one the baseline is in the same form.
type Development struct {
	Template string       `json:"template,omitempty" validate:"omitempty,max=2,code=craft"`
	Goal     string       `json:"goal,omitempty" validate:"required,max=400" in:"text"`
	Needs    []string     `json:"needs,omitempty" validate:"max=20,dive,max=20"`
	NeedNote string       `json:"need_note,omitempty" validate:"omitempty,max=1000" in:"text"`
	Review   string       `json:"review,omitempty" validate:"omitempty,max=40"`
	Actions  []PlanAction `json:"actions,omitempty" validate:"max=30,dive"`
}

// PlanAction is one row of what is to be done. Owner is a user's number, Grant a grant's.
type PlanAction struct {
	ID     string `json:"id,omitempty" validate:"omitempty,max=20"`
	Need   string `json:"need,omitempty" validate:"omitempty,max=20"`
	Text   string `json:"text,omitempty" validate:"omitempty,max=300"`
	Owner  string `json:"owner,omitempty" validate:"omitempty,max=20"`
	Due    string `json:"due,omitempty" validate:"omitempty,max=40"`
	Cost   string `json:"cost,omitempty" validate:"omitempty,max=24"`
	Source string `json:"source,omitempty" validate:"omitempty,max=20"`
	Grant  string `json:"grant,omitempty" validate:"omitempty,max=20"`
}

// DecodeDevelopment reads the form of a plan.
func DecodeDevelopment(values map[string][]string) (*Development, fault.Problems) {
	return decodeInto[Development](values)
}

// Values returns the fields by their form names.
func (d *Development) Values() map[string]string { return valuesOf(d) }

// Sets returns the ticks of the form.
func (d *Development) Sets() map[string][]string {
	return planFor[Development]().sets(reflect.ValueOf(d).Elem())
}

// FromDevelopment is the form that describes a plan.
func FromDevelopment(p *programme.Plan) *Development {
	out := &Development{Template: p.Template, Goal: p.Goal, NeedNote: p.NeedNote, Review: day(p.Review)}
	for _, n := range p.Needs {
		out.Needs = append(out.Needs, string(n))
	}
	for _, a := range p.Actions {
		row := PlanAction{ID: strconv.FormatInt(a.ID, 10), Need: string(a.Need), Text: a.Text, Owner: strconv.FormatInt(a.OwnerID, 10), Due: day(a.Due), Source: string(a.Source)}
		if a.Cost != 0 {
			row.Cost = formatMoney(a.Cost)
		}
		if a.GrantID != 0 {
			row.Grant = strconv.FormatInt(a.GrantID, 10)
		}
		out.Actions = append(out.Actions, row)
	}
	return out
}

// FromTemplate is the form of a new plan with the actions that the template of a product group proposes.
func FromTemplate(craft, lang string, owner int64, today calendar.Date) *Development {
	out := &Development{Template: craft, Review: day(today.AddDays(180))}
	for _, a := range programme.Template(craft) {
		out.Actions = append(out.Actions, PlanAction{Need: string(a.Need), Text: a.In(lang), Owner: strconv.FormatInt(owner, 10), Due: day(today.AddDays(a.Days))})
		if !slices.Contains(out.Needs, string(a.Need)) {
			out.Needs = append(out.Needs, string(a.Need))
		}
	}
	return out
}

// Check returns the plan; whose the actions are is for the service, which knows the people.
func (d *Development) Check(ctx Context) (programme.Plan, fault.Problems) {
	in, c := shapedSmall(ctx, d)
	out := programme.Plan{Template: code[string](c, "craft", in.Template), Goal: in.Goal, NeedNote: in.NeedNote, Review: c.date("review", in.Review)}
	for _, n := range in.Needs {
		if v := programme.Need(c.oneOf("needs", n, texts(programme.Needs()))); v != "" && !slices.Contains(out.Needs, v) {
			out.Needs = append(out.Needs, v)
		}
	}
	for i, a := range in.Actions {
		c.in("actions", i)
		if a.Text == "" && a.Due == "" && a.Need == "" && a.Cost == "" {
			continue
		}
		c.need("need", a.Need)
		c.need("text", a.Text)
		c.need("due", a.Due)
		c.need("owner", a.Owner)
		line := programme.PlanAction{ID: c.ref("id", a.ID), Need: programme.Need(c.oneOf("need", a.Need, texts(programme.Needs()))), Text: a.Text, OwnerID: c.ref("owner", a.Owner),
			Due: c.date("due", a.Due), Cost: c.money("cost", a.Cost), Source: programme.Funding(c.oneOf("source", a.Source, texts(programme.Fundings()))), GrantID: c.ref("grant", a.Grant)}
		if line.Cost > 0 && (line.Source == "" || line.Source == "none") {
			c.add("source", "problem.development.source")
		}
		if line.GrantID != 0 && line.Source == "" {
			line.Source = "grant"
		}
		out.Actions = append(out.Actions, line)
	}
	c.out()
	if len(out.Actions) == 0 && len(c.ps) == 0 {
		c.add("actions", "problem.development.no_action")
	}
	return out, c.sorted(planFor[Development]())
}

// Measure is one measuring of a project as typed. Money is what a month brings; the others are counts.
type Measure struct {
	On            string `json:"on,omitempty" validate:"required,max=40"`
	Income        string `json:"income,omitempty" validate:"omitempty,max=24"`
	Sales         string `json:"sales,omitempty" validate:"omitempty,max=24"`
	Production    string `json:"production,omitempty" validate:"omitempty,max=10"`
	WorkersFamily string `json:"workers_family,omitempty" validate:"omitempty,max=5"`
	WorkersOther  string `json:"workers_other,omitempty" validate:"omitempty,max=5"`
	Products      string `json:"products,omitempty" validate:"omitempty,max=5"`
	Channels      string `json:"channels,omitempty" validate:"omitempty,max=5"`
	Quality       string `json:"quality,omitempty" validate:"omitempty,max=5"`
	Note          string `json:"note,omitempty" validate:"omitempty,max=600" in:"text"`
}

// DecodeMeasure reads the form of a measuring.
func DecodeMeasure(values map[string][]string) (*Measure, fault.Problems) {
	return decodeInto[Measure](values)
}

// Values returns the fields by their form names.
func (m *Measure) Values() map[string]string { return valuesOf(m) }

// Check returns the measuring, without who measured. An empty field was not measured; a nought was.
func (m *Measure) Check(ctx Context) (programme.Measuring, fault.Problems) {
	in, c := shapedSmall(ctx, m)
	out := programme.Measuring{On: c.past("on", in.On), Values: map[programme.MeasureKey]int64{}, Note: in.Note}
	for _, x := range []struct {
		key  programme.MeasureKey
		text string
		most int
	}{{"income", in.Income, 0}, {"sales", in.Sales, 0}, {"production", in.Production, 1_000_000}, {"workers_family", in.WorkersFamily, 99}, {"workers_other", in.WorkersOther, 999},
		{"products", in.Products, 999}, {"channels", in.Channels, 99}, {"quality", in.Quality, 100}} {
		if x.text == "" {
			continue
		}
		before := len(c.ps)
		v := int64(0)
		if x.key.Money() {
			v = c.money(string(x.key), x.text)
		} else {
			v = int64(c.whole(string(x.key), x.text, 0, x.most))
		}
		if len(c.ps) == before {
			out.Values[x.key] = v
		}
	}
	return out, c.sorted(planFor[Measure]())
}
