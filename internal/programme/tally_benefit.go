package programme

import (
	"slices"

	"muntija/internal/calendar"
)

// once returns a function that reports whether it is called for the first time with a line.
func once() func(Fact) bool {
	var seen []Fact
	return func(f Fact) bool {
		if slices.Contains(seen, f) {
			return false
		}
		seen = append(seen, f)
		return true
	}
}

// benefits are the lines of a family's grants. What is told to the other country counts families and not grants, so that no cell of many is one family.
func benefits(grants []Grant, kinds []Benefit) []Fact {
	var out []Fact
	first := once()
	for i := range grants {
		g, kind := &grants[i], string(kinds[i])
		out = append(out, Fact{Measure: ByGrant, Code: string(g.State)})
		if g.State == GrantApproved || g.State == GrantDelivered {
			if f := (Fact{Measure: ByBenefit, Code: kind}); first(f) {
				out = append(out, f)
			}
		}
		if g.State != GrantDelivered || g.Delivery.On.IsZero() {
			continue
		}
		month := MonthOf(g.Delivery.On)
		if f := (Fact{Measure: ByHelped, Month: month}); first(f) {
			out = append(out, f)
		}
		if g.Amount > 0 {
			out = append(out, Fact{Measure: ByGiven, Month: month, Code: kind, Amount: int(g.Amount)})
		}
	}
	return out
}

// development are the lines of a family's plans, and the first day on which an action becomes late; zero if there is none.
func development(plans []Plan, today calendar.Date) (out []Fact, due calendar.Date) {
	first := once()
	add := func(m Measure, code string) {
		if f := (Fact{Measure: m, Code: code}); first(f) {
			out = append(out, f)
		}
	}
	for i := range plans {
		p := &plans[i]
		add(ByPlan, string(p.State))
		out = append(out, Fact{Measure: ByPlanned, Month: MonthOf(p.Started)})
		if p.State == PlanStopped {
			continue
		}
		out = append(out, Fact{Measure: ByIncome, Code: incomeSince(p)})
		if p.State == PlanOpen {
			for _, n := range p.Needs {
				add(ByLack, string(n))
			}
		}
		for j := range p.Actions {
			code := "open"
			switch a := &p.Actions[j]; {
			case !a.DoneOn.IsZero():
				code = "done"
			case a.Late(today):
				code = "late"
			default:
				if on := a.Due.AddDays(1); due.IsZero() || on.Before(due) {
					due = on
				}
			}
			out = append(out, Fact{Measure: ByAction, Code: code})
		}
	}
	return out, due
}

// incomeSince says how the income of a plan's project went since its baseline.
func incomeSince(p *Plan) string {
	for _, d := range p.Differences() {
		switch {
		case d.Key != "income" || !d.Both:
		case d.Change() > 0:
			return "up"
		case d.Change() < 0:
			return "down"
		default:
			return "same"
		}
	}
	return "once"
}
