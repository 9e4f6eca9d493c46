package service

import (
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/store"
)

// What incentives and development plans amount to. Budgets are those of the schemes; everything else follows the families.

// actionCodes and incomeCodes are the lines of ByAction and ByIncome in the order of display.
var (
	actionCodes = []string{"done", "open", "late"}
	incomeCodes = []string{"up", "same", "down", "once"}
)

func (x *boardMaker) programme() error {
	t := x.tally
	currency := exhibition.CurrencyOf(x.actor.Party)
	of := func(m programme.Measure, codes ...string) func(store.TallyKey) bool {
		return func(k store.TallyKey) bool {
			return k.Measure == m && (len(codes) == 0 || slices.Contains(codes, k.Code))
		}
	}
	x.tile("granted", count(t, of(programme.ByGrant, string(programme.GrantApproved), string(programme.GrantDelivered))), nil)
	x.b.Tiles = append(x.b.Tiles, Tile{Key: "given", Unit: currency, Value: PanelValue{N: count(t, of(programme.ByGiven))}})
	x.tile("plans_open", count(t, of(programme.ByPlan, string(programme.PlanOpen))), nil)
	x.tile("income_up", count(t, of(programme.ByIncome, "up")), nil)
	if x.b.Area == "" { // a scheme has one purse for all areas
		schemes, err := x.schemes(currency)
		if err != nil {
			return err
		}
		if len(schemes.Lines) > 0 {
			x.add(schemes)
		}
	}
	x.add(x.benefits(t))
	x.add(codes(t, "grants", "grant_state", codesOf(programme.GrantStates()), standing(programme.ByGrant)))
	x.add(x.monthly(t, "helped", programme.ByHelped, ""))
	given := codes(t, "given", "benefit", codesOf(programme.Benefits()), func(k store.TallyKey) (string, bool) { return k.Code, k.Measure == programme.ByGiven })
	given.Unit = currency
	x.add(given)
	x.add(x.plans(t))
	x.add(x.monthly(t, "planned", programme.ByPlanned, ""))
	x.add(codes(t, "needs", "development_need", codesOf(programme.Needs()), standing(programme.ByLack)))
	x.add(codes(t, "actions", "plan_action", actionCodes, standing(programme.ByAction)))
	x.add(codes(t, "income", "income", incomeCodes, standing(programme.ByIncome)))
	return nil
}

// benefits is how many families have which benefit. A family may have several, so that there is no total.
func (x *boardMaker) benefits(t store.Tally) Panel {
	p := codes(t, "benefits", "benefit", codesOf(programme.Benefits()), standing(programme.ByBenefit))
	p.Total = nil
	return p
}

// plans is how many families have a plan in which state. One may have had several.
func (x *boardMaker) plans(t store.Tally) Panel {
	p := codes(t, "plans", "development_state", codesOf(programme.PlanStates()), standing(programme.ByPlan))
	p.Total = nil
	return p
}

// schemes is the money of the newest schemes: the three parts make up the budget.
func (x *boardMaker) schemes(currency string) (Panel, error) {
	p := Panel{Key: "schemes", Chart: "bars", By: "scheme", Series: []string{"spent", "reserved", "left"}, Unit: currency}
	purses, err := x.tx.Purses(x.actor.Party, maxSchemes)
	if err != nil {
		return p, err
	}
	for _, s := range purses {
		p.Lines = append(p.Lines, PanelLine{Code: strconv.FormatInt(s.ID, 10), Name: s.Name, NameEN: s.NameEN, Values: []PanelValue{{N: s.Spent}, {N: s.Reserved}, {N: s.Left()}}})
	}
	p.sum()
	return p, nil
}

// bothProgramme is what incentives and plans amount to on both sides. Of the other side families are counted, each cell for itself.
func (x *boardMaker) bothProgramme(ours, theirs store.Tally, side func(place.Country, []Panel)) {
	own, other := x.actor.Party, x.actor.Party.Other()
	panels := func(t store.Tally) []Panel {
		return []Panel{x.benefits(t), x.plans(t)}
	}
	mine, hers := panels(ours), panels(theirs)
	for i := range mine {
		hers[i].hide(programme.SuppressAlone(cellsOf(&hers[i])), nil)
		side(own, mine[i:i+1])
		side(other, hers[i:i+1])
	}
}

// ownProgramme adds what the actor's own families have of incentives and plans.
func (x *boardMaker) ownProgramme() {
	if auth.Can(x.actor, auth.GrantView) {
		x.add(codes(x.tally, "grants", "grant_state", codesOf(programme.GrantStates()), standing(programme.ByGrant)))
	}
	if auth.Can(x.actor, auth.PlanView) {
		x.add(codes(x.tally, "actions", "plan_action", actionCodes, standing(programme.ByAction)))
	}
}
