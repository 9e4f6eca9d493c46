package intake

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/fault"
	"muntija/internal/programme"
)

// Scheme is an incentive scheme as typed, without its rules, which have a form of their own.
type Scheme struct {
	Name   string   `json:"name,omitempty" validate:"required,max=120"`
	NameEN string   `json:"name_en,omitempty" validate:"omitempty,max=120"`
	Text   string   `json:"text,omitempty" validate:"omitempty,max=1500" in:"text"`
	Budget string   `json:"budget,omitempty" validate:"omitempty,max=24"`
	First  string   `json:"first,omitempty" validate:"required,max=40"`
	Last   string   `json:"last,omitempty" validate:"required,max=40"`
	Areas  []string `json:"areas,omitempty" validate:"max=60,dive,max=10"`
	Once   string   `json:"once,omitempty" validate:"omitempty,max=10"`
	Order  string   `json:"order,omitempty" validate:"required,max=10"`
	Offers []Offer  `json:"offers,omitempty" validate:"max=8,dive"`
}

// Offer is one line of a scheme as typed.
type Offer struct {
	N    string `json:"n,omitempty" validate:"omitempty,max=5"`
	Kind string `json:"kind,omitempty" validate:"omitempty,max=30"`
	Name string `json:"name,omitempty" validate:"omitempty,max=120"`
	Cost string `json:"cost,omitempty" validate:"omitempty,max=24"`
	Most string `json:"most,omitempty" validate:"omitempty,max=10"`
	Each string `json:"each,omitempty" validate:"omitempty,max=5"`
}

// DecodeScheme reads the form of a scheme.
func DecodeScheme(values map[string][]string) (*Scheme, fault.Problems) {
	return decodeInto[Scheme](values)
}

// Values returns the fields by their form names.
func (s *Scheme) Values() map[string]string { return valuesOf(s) }

// Sets returns the ticks of the form.
func (s *Scheme) Sets() map[string][]string {
	return planFor[Scheme]().sets(reflect.ValueOf(s).Elem())
}

// FromScheme is the form that describes a scheme.
func FromScheme(s *programme.Scheme) *Scheme {
	out := &Scheme{Name: s.Name, NameEN: s.NameEN, Text: s.Text, First: day(s.First), Last: day(s.Last), Areas: s.Areas, Order: string(s.Order)}
	if s.Budget != 0 {
		out.Budget = formatMoney(s.Budget)
	}
	if s.Once {
		out.Once = "yes"
	}
	for _, o := range s.Offers {
		row := Offer{N: strconv.Itoa(o.N), Kind: string(o.Kind), Name: o.Name, Each: strconv.Itoa(max(1, o.Each))}
		if o.UnitCost != 0 {
			row.Cost = formatMoney(o.UnitCost)
		}
		if o.Most != 0 {
			row.Most = strconv.Itoa(o.Most)
		}
		out.Offers = append(out.Offers, row)
	}
	return out
}

// Check returns the scheme as a draft of the party, in its currency.
func (s *Scheme) Check(ctx Context) (programme.Scheme, fault.Problems) {
	in, c := shapedSmall(ctx, s)
	out := programme.Scheme{Party: ctx.Party, State: programme.SchemeDraft, Currency: Currency(ctx.Party), Name: in.Name, NameEN: c.latin("name_en", in.NameEN), Text: in.Text,
		Budget: c.money("budget", in.Budget), First: c.date("first", in.First), Last: c.date("last", in.Last), Once: c.yes("once", in.Once),
		Order: programme.Order(c.oneOf("order", in.Order, texts(programme.Orders())))}
	for _, a := range in.Areas {
		if code := c.area("areas", a); code != "" && !slices.Contains(out.Areas, code) {
			out.Areas = append(out.Areas, code)
		}
	}
	for i, o := range in.Offers {
		c.in("offers", i)
		if o.Kind == "" && o.Name == "" && o.Cost == "" && o.Most == "" {
			continue
		}
		c.need("kind", o.Kind)
		c.need("name", o.Name)
		line := programme.Offer{N: c.whole("n", o.N, 1, 99), Kind: programme.Benefit(c.oneOf("kind", o.Kind, texts(programme.Benefits()))), Name: o.Name,
			UnitCost: c.money("cost", o.Cost), Most: c.whole("most", o.Most, 1, 1_000_000), Each: max(1, c.whole("each", o.Each, 1, programme.MaxEach))}
		switch {
		case line.Kind.Free() && line.UnitCost > 0:
			c.add("cost", "problem.scheme.free")
		case line.Kind != "" && !line.Kind.Free() && line.UnitCost == 0 && len(c.ps.On(c.field("cost"))) == 0:
			c.add("cost", "problem.scheme.cost")
		}
		if slices.ContainsFunc(out.Offers, func(x programme.Offer) bool { return x.N != 0 && x.N == line.N }) {
			line.N = 0
		}
		out.Offers = append(out.Offers, line)
	}
	c.out()
	out.Number()
	if len(c.ps) == 0 {
		c.ps = append(c.ps, out.Check()...)
	}
	return out, c.sorted(planFor[Scheme]())
}

// GrantAsk is an application for a benefit, entered for a family.
type GrantAsk struct {
	Offer    string `json:"offer,omitempty" validate:"required,max=40"` // "scheme/number"
	Quantity string `json:"quantity,omitempty" validate:"omitempty,max=5"`
	Note     string `json:"note,omitempty" validate:"omitempty,max=600" in:"text"`
}

// DecodeGrantAsk reads the form of an application.
func DecodeGrantAsk(values map[string][]string) (*GrantAsk, fault.Problems) {
	return decodeInto[GrantAsk](values)
}

// Values returns the fields by their form names.
func (g *GrantAsk) Values() map[string]string { return valuesOf(g) }

// Check returns what is asked for.
func (g *GrantAsk) Check(ctx Context) (scheme int64, offer, quantity int, note string, ps fault.Problems) {
	in, c := shapedSmall(ctx, g)
	before, after, _ := strings.Cut(in.Offer, "/")
	scheme, offer = c.ref("offer", before), c.whole("offer", after, 1, 99)
	if in.Offer != "" && (scheme == 0 || offer == 0) && len(c.ps) == 0 {
		c.add("offer", "problem.choice")
	}
	return scheme, offer, max(1, c.whole("quantity", in.Quantity, 1, programme.MaxEach)), in.Note, c.sorted(planFor[GrantAsk]())
}

// Delivery is what was handed over, as typed; the paper that proves it comes beside it.
type Delivery struct {
	On       string `json:"on,omitempty" validate:"required,max=40"`
	Quantity string `json:"quantity,omitempty" validate:"required,max=5"`
	Receiver string `json:"receiver,omitempty" validate:"required,max=120"`
	Proof    string `json:"proof,omitempty" validate:"required,max=20"`
	Note     string `json:"note,omitempty" validate:"omitempty,max=600" in:"text"`
}

// DecodeDelivery reads the form of a delivery.
func DecodeDelivery(values map[string][]string) (*Delivery, fault.Problems) {
	return decodeInto[Delivery](values)
}

// Values returns the fields by their form names.
func (d *Delivery) Values() map[string]string { return valuesOf(d) }

// Check returns the delivery, without the number of its paper.
func (d *Delivery) Check(ctx Context) (programme.Delivery, fault.Problems) {
	in, c := shapedSmall(ctx, d)
	return programme.Delivery{On: c.past("on", in.On), Quantity: c.whole("quantity", in.Quantity, 1, programme.MaxEach), Receiver: in.Receiver,
		Proof: programme.Proof(c.oneOf("proof", in.Proof, texts(programme.Proofs()))), Note: in.Note}, c.sorted(planFor[Delivery]())
}
