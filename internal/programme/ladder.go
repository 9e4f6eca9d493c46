package programme

import (
	"cmp"
	"slices"

	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Rung is a step of the formalisation ladder (سُلَّم التقنين), from 0 to 6; its title is the message "ladder.rung.<code>".
type Rung int

// The rungs, lowest first.
const (
	Unregistered Rung = iota
	Registered        // the registration is approved and in force
	Trained           // a course or aptitude test passed, or the craft proven
	Licensed          // a household, temporary or commercial licence
	Taxed             // a tax card or an entry in the commercial register
	Insured           // social insurance where the law knows it for home producers, and an account to be paid into
	Graduated         // the family no longer needs the programme
)

// Code is the name of the rung in messages, files and the database.
func (r Rung) Code() string {
	return [...]string{"unregistered", "registered", "trained", "licensed", "taxed", "insured", "graduated"}[r]
}

// Rungs returns all rungs, lowest first.
func Rungs() []Rung {
	return []Rung{Unregistered, Registered, Trained, Licensed, Taxed, Insured, Graduated}
}

// RenewalNotice is how many days before its end a paper is reminded of: Qatar's commercial register asks for renewal 30 days ahead.
const RenewalNotice = 30

// Evidence is one thing that proves a rung, as it stands on the day asked about.
type Evidence struct {
	Kind  string        // "approval", "training", "craft_proof", "centre", "graduation", or a registry.FormalKind
	Held  bool          // it is there and in force
	On    calendar.Date // since when; zero: not said
	Until calendar.Date // its last day; zero: it does not end, or nobody said
	Ended bool          // it was held, and is not in force any more
	Asked bool          // it has been applied for
}

// DueSoon reports whether the evidence ends within the days of notice.
func (e Evidence) DueSoon(today calendar.Date) bool {
	return e.Held && !e.Until.IsZero() && calendar.DaysBetween(today, e.Until) <= RenewalNotice
}

// Demand is what a rung asks for: one of its alternatives.
type Demand struct {
	OneOf []Evidence
}

// Met reports whether one alternative is held.
func (d Demand) Met() bool {
	return slices.ContainsFunc(d.OneOf, func(e Evidence) bool { return e.Held })
}

// Step is a rung with its demands.
type Step struct {
	Rung    Rung
	Demands []Demand
	Reached bool
	Lost    bool          // everything was there once, and something has ended
	On      calendar.Date // the day on which the last demand was met; zero: nobody said
	Until   calendar.Date // the last day on which all is in force; zero: no end
}

// Standing is where a family stands on a day.
type Standing struct {
	Rung       Rung // the highest rung reached while the registration is in force
	Steps      []Step
	Protection registry.Protection
	Cash       bool       // somebody in the household draws cash support, which climbing may touch
	Renewals   []Evidence // in force and ending within [RenewalNotice] days, or ended, soonest first
}

// Next returns the lowest rung above the family's that it has not reached, and false at the top. A rung that was passed by (a licence without a
// course) is not asked for again.
func (s Standing) Next() (Step, bool) {
	for _, step := range s.Steps {
		if step.Rung > s.Rung && !step.Reached {
			return step, true
		}
	}
	return Step{}, false
}

// rungs is what proves each rung: all the demands of a list, each by one of its alternatives (domain notes 5.1 and 5.2). In Qatar a home producer is not covered by
// the social insurance of Law 1/2022, which is for regular employment: an account is all that the fifth rung can ask.
var rungs = map[place.Country]map[Rung][][]string{
	place.Egypt: {
		Registered: {{"approval"}},
		Trained:    {{"training", "centre", "craft_proof"}},
		Licensed:   {{"temporary_licence", "commercial_licence", "household_licence"}},
		Taxed:      {{"tax_card", "commercial_register"}},
		Insured:    {{"insurance"}, {"bank_account", "wallet"}},
		Graduated:  {{"graduation"}},
	},
	place.Qatar: {
		Registered: {{"approval"}},
		Trained:    {{"training", "centre", "craft_proof"}},
		Licensed:   {{"household_licence", "commercial_licence"}},
		Taxed:      {{"commercial_register"}},
		Insured:    {{"bank_account"}},
		Graduated:  {{"graduation"}},
	},
}

// Stand computes where a family stands on a day.
func Stand(f *registry.Family, today calendar.Date) Standing {
	s := Standing{Protection: f.Record.Household.Protection()}
	s.Cash = s.Protection == registry.ProtectionCash
	demands := rungs[f.Party]
	registered := false
	for _, r := range Rungs()[1:] {
		step := Step{Rung: r, Reached: true}
		ended, once := false, true
		for _, kinds := range demands[r] {
			var d Demand
			for _, k := range kinds {
				d.OneOf = append(d.OneOf, evidence(f, k, today))
			}
			step.Demands = append(step.Demands, d)
			if best, ok := strongest(d); ok {
				step.On = max(step.On, best.On)
				if !best.Until.IsZero() && (step.Until.IsZero() || best.Until.Before(step.Until)) {
					step.Until = best.Until
				}
				continue
			}
			step.Reached = false
			lapsed := slices.ContainsFunc(d.OneOf, func(e Evidence) bool { return e.Ended })
			ended, once = ended || lapsed, once && lapsed
		}
		if !step.Reached {
			step.On, step.Until = 0, 0
			step.Lost = ended && once
		}
		if r == Registered {
			registered = step.Reached
		}
		if step.Reached && (registered || r == Graduated) {
			s.Rung = r
		}
		s.Steps = append(s.Steps, step)
	}
	s.Renewals = renewals(s.Steps, today)
	return s
}

// strongest returns the alternative in force that holds longest.
func strongest(d Demand) (Evidence, bool) {
	var best Evidence
	for _, e := range d.OneOf {
		if !e.Held || (best.Held && !best.Until.IsZero() && !e.Until.IsZero() && !e.Until.After(best.Until)) || (best.Held && best.Until.IsZero()) {
			continue
		}
		best = e
	}
	return best, best.Held
}

// renewals are the papers that end soon or have ended, where nothing else meets the same demand for longer.
func renewals(steps []Step, today calendar.Date) []Evidence {
	var out []Evidence
	for _, step := range steps {
		for _, d := range step.Demands {
			best, ok := strongest(d)
			if ok && best.DueSoon(today) {
				out = append(out, best)
			}
			if ok {
				continue
			}
			for _, e := range d.OneOf {
				if e.Ended && !e.Until.IsZero() {
					out = append(out, e)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Evidence) int { return cmp.Compare(a.Until, b.Until) })
	return out
}

// evidence finds one kind of proof in a registration.
func evidence(f *registry.Family, kind string, today calendar.Date) Evidence {
	e := Evidence{Kind: kind}
	r := &f.Record
	switch kind {
	case "approval":
		e.Until = f.Status.ValidUntil
		if !f.Status.DecidedAt.IsZero() {
			e.On = calendar.Of(f.Status.DecidedAt)
		}
		switch f.Status.State {
		case registry.Approved:
			e.Held = e.Until.IsZero() || !e.Until.Before(today)
			e.Ended = !e.Held
		case registry.Expired, registry.Suspended, registry.Withdrawn:
			e.Ended = !f.Status.ValidUntil.IsZero() // without a last day it was never approved
		}
		if !e.Held {
			e.On = 0
		}
	case "graduation":
		if e.Held = f.Status.State == registry.Graduated; e.Held && !f.Status.DecidedAt.IsZero() {
			e.On = calendar.Of(f.Status.DecidedAt)
		}
	case "training":
		for _, t := range r.Skills.Training {
			if t.Result == "passed" && (!e.Held || t.Date.Before(e.On)) {
				e.Held, e.On = true, t.Date
			}
		}
	case "centre":
		e.Held = r.Skills.CentreGraduate == "yes"
	case "craft_proof":
		e.Held = r.Skills.CraftProof != "" && r.Skills.CraftProof != "none"
	default:
		for _, item := range r.Formal {
			if string(item.Kind) != kind {
				continue
			}
			switch {
			case item.State == "applied":
				e.Asked = true
			case item.State == "expired", item.State == "withdrawn", !item.ExpiresOn.IsZero() && item.ExpiresOn.Before(today):
				if !e.Held {
					e.Ended, e.Until = true, max(e.Until, item.ExpiresOn)
				}
			case !e.Held || item.ExpiresOn.IsZero() || (!e.Until.IsZero() && item.ExpiresOn.After(e.Until)):
				e = Evidence{Kind: kind, Held: true, On: item.IssuedOn, Until: item.ExpiresOn, Asked: e.Asked}
			}
		}
	}
	return e
}
