package service

import (
	"muntija/internal/auth"
	"muntija/internal/programme"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// grantsExport gives each grant of a family a row, with its scheme, its money and its delivery.
var grantsExport = &exportKind{name: "grants", action: auth.GrantView,
	defaults: []string{sheet.FieldNumber, "lead.name", "address.area", "grant.scheme", "grant.benefit", "grant.offer", "grant.state", "grant.quantity", "grant.amount", "grant.currency",
		"grant.proposed", "grant.decided", "grant.delivered"},
	columns: func(x *exportRun) []exportColumn {
		column := func(key string, kind sheet.OutKind, value func(g *exportedGrant) sheet.Value) exportColumn {
			return exportColumn{OutColumn: sheet.OutColumn{Key: "grant." + key, Title: x.say("field.grant." + key), Kind: kind}, value: func(it *exportItem) sheet.Value { return value(it.grant) }}
		}
		choice := func(key, list string, codes []string, code func(g *exportedGrant) string) exportColumn {
			c := column(key, sheet.OutChoice, func(g *exportedGrant) sheet.Value { return sheet.TextValue(x.say("enum." + list + "." + code(g))) })
			for _, v := range codes {
				c.Choices = append(c.Choices, x.say("enum."+list+"."+v))
			}
			return c
		}
		return []exportColumn{x.numberColumn(), x.nameColumn(), x.recordColumn("project.name"), x.recordColumn("address.area"), x.recordColumn("project.craft"),
			column("id", sheet.OutInt, func(g *exportedGrant) sheet.Value { return sheet.IntValue(g.ID) }),
			column("scheme", sheet.OutText, func(g *exportedGrant) sheet.Value {
				if x.spec.Lang == "en" && g.SchemeEN != "" {
					return sheet.TextValue(g.SchemeEN)
				}
				return sheet.TextValue(g.Scheme)
			}),
			choice("benefit", "benefit", codesOf(programme.Benefits()), func(g *exportedGrant) string { return string(g.Kind) }),
			column("offer", sheet.OutText, func(g *exportedGrant) sheet.Value { return sheet.TextValue(g.offer) }),
			choice("state", "grant_state", codesOf(programme.GrantStates()), func(g *exportedGrant) string { return string(g.State) }),
			choice("source", "grant_source", []string{string(programme.Applied), string(programme.Automatic)}, func(g *exportedGrant) string { return string(g.Source) }),
			column("quantity", sheet.OutInt, func(g *exportedGrant) sheet.Value { return sheet.IntValue(int64(g.Quantity)) }),
			column("amount", sheet.OutMoney, func(g *exportedGrant) sheet.Value { return sheet.MoneyValue(g.Amount) }),
			column("currency", sheet.OutText, func(g *exportedGrant) sheet.Value { return sheet.TextValue(g.Currency) }),
			column("proposed", sheet.OutInstant, func(g *exportedGrant) sheet.Value { return sheet.InstantValue(g.ProposedAt.In(zone)) }),
			column("decided", sheet.OutInstant, func(g *exportedGrant) sheet.Value { return sheet.InstantValue(g.DecidedAt.In(zone)) }),
			column("delivered", sheet.OutDate, func(g *exportedGrant) sheet.Value { return sheet.DateValue(g.Delivery.On) }),
			column("pieces", sheet.OutInt, func(g *exportedGrant) sheet.Value {
				if g.State != programme.GrantDelivered {
					return sheet.Value{}
				}
				return sheet.IntValue(int64(g.Delivery.Quantity))
			})}
	},
	beside: func(x *exportRun, b *openedBatch, tx *store.Tx, ids []int64) error {
		list, err := tx.Grants(store.Scope{Party: x.scope.Party}, store.GrantQuery{Families: ids, Limit: noLimit})
		if err != nil {
			return err
		}
		schemes, err := tx.Schemes(x.scope.Party, noLimit)
		if err != nil {
			return err
		}
		names := map[[2]int64]string{}
		for _, s := range schemes {
			for _, o := range s.Offers {
				names[[2]int64{s.ID, int64(o.N)}] = o.Name
			}
		}
		b.grants = map[int64][]exportedGrant{}
		for _, g := range list {
			b.grants[g.FamilyID] = append(b.grants[g.FamilyID], exportedGrant{g, names[[2]int64{g.SchemeID, int64(g.Offer)}]})
		}
		return nil
	},
	items: func(x *exportRun, f *store.SealedFamily) []exportItem {
		list := x.grants[f.ID]
		out := make([]exportItem, len(list))
		for i := range list {
			out[i] = exportItem{family: f, grant: &list[i]}
		}
		return out
	},
}

// exportedGrant is a grant with the name of what it gives.
type exportedGrant struct {
	store.GrantRow
	offer string
}

// plansExport gives each development plan of a family a row: how far it has come, and what was measured at the beginning and last.
var plansExport = &exportKind{name: "developments", action: auth.PlanView,
	defaults: []string{sheet.FieldNumber, "lead.name", "address.area", "project.craft", "development.state", "development.started", "development.review", "development.done", "development.late", "development.open", "development.cost",
		"development.income_first", "development.income_last", "development.sales_first", "development.sales_last"},
	columns: func(x *exportRun) []exportColumn {
		column := func(key string, kind sheet.OutKind, value func(p *store.DevelopmentRow) sheet.Value) exportColumn {
			return exportColumn{OutColumn: sheet.OutColumn{Key: "development." + key, Title: x.say("field.development." + key), Kind: kind}, value: func(it *exportItem) sheet.Value { return value(it.plan) }}
		}
		finance := func(c exportColumn) exportColumn {
			c.class, c.least = auth.ClassFinance, auth.Shown
			return c
		}
		state := column("state", sheet.OutChoice, func(p *store.DevelopmentRow) sheet.Value {
			return sheet.TextValue(x.say("enum.development_state." + string(p.State)))
		})
		for _, s := range programme.PlanStates() {
			state.Choices = append(state.Choices, x.say("enum.development_state."+string(s)))
		}
		count := func(key string, n func(programme.Progress) int) exportColumn {
			return column(key, sheet.OutInt, func(p *store.DevelopmentRow) sheet.Value { return sheet.IntValue(int64(n(p.Progress))) })
		}
		out := []exportColumn{x.numberColumn(), x.nameColumn(), x.recordColumn("project.name"), x.recordColumn("address.area"), x.recordColumn("project.craft"), state,
			column("goal", sheet.OutText, func(p *store.DevelopmentRow) sheet.Value { return sheet.TextValue(p.Goal) }),
			column("started", sheet.OutDate, func(p *store.DevelopmentRow) sheet.Value { return sheet.DateValue(p.Started) }),
			column("review", sheet.OutDate, func(p *store.DevelopmentRow) sheet.Value { return sheet.DateValue(p.Review) }),
			count("done", func(p programme.Progress) int { return p.Done }), count("late", func(p programme.Progress) int { return p.Late }),
			count("open", func(p programme.Progress) int { return p.Open }),
			finance(column("cost", sheet.OutMoney, func(p *store.DevelopmentRow) sheet.Value {
				sum := int64(0)
				for _, a := range p.Actions {
					sum += a.Cost
				}
				return sheet.MoneyValue(sum)
			}))}
		for _, key := range programme.MeasureKeys() {
			for _, last := range []bool{false, true} {
				name, kind := string(key)+"_first", sheet.OutInt
				if last {
					name = string(key) + "_last"
				}
				if key.Money() {
					kind = sheet.OutMoney
				}
				c := column(name, kind, func(p *store.DevelopmentRow) sheet.Value { return measureIn(p, key, last) })
				if key.Money() {
					c = finance(c)
				}
				out = append(out, c)
			}
		}
		return out
	},
	beside: func(x *exportRun, b *openedBatch, tx *store.Tx, ids []int64) error {
		var err error
		if b.plans, err = tx.DevelopmentsIn(ids); err != nil {
			return err
		}
		for _, list := range b.plans {
			for i := range list {
				list[i].Progress = list[i].Plan.Progress(x.today)
			}
		}
		return nil
	},
	items: func(x *exportRun, f *store.SealedFamily) []exportItem {
		list := x.plans[f.ID]
		out := make([]exportItem, len(list))
		for i := range list {
			out[i] = exportItem{family: f, plan: &list[i]}
		}
		return out
	},
}

// measureIn is one measure of a plan at its beginning or, if it was measured again, last.
func measureIn(p *store.DevelopmentRow, key programme.MeasureKey, last bool) sheet.Value {
	n := len(p.Measures)
	if n == 0 || last && n == 1 {
		return sheet.Value{}
	}
	m := p.Measures[0]
	if last {
		m = p.Measures[n-1]
	}
	v, ok := m.Values[key]
	switch {
	case !ok:
		return sheet.Value{}
	case key.Money():
		return sheet.MoneyValue(v)
	}
	return sheet.IntValue(v)
}

func codesOf[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
