package service

import (
	"slices"

	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// What the two ministries see of each other: sums, the other side's with small numbers hidden (package programme). A course by months is shown without its total, always
// by the same months whatever was asked for, so that no two pages differ by somebody's neighbour.

// bothSums reads what the exhibitions of the board's months came to for both sides.
func (x *boardMaker) bothSums() (ours, theirs []store.ShowSum, err error) {
	from, to := firstOf(x.b.First), firstOf(x.b.Last+1).AddDays(-1)
	if ours, err = x.tx.ShowSums(store.Scope{Party: x.actor.Party}, from, to); err == nil {
		theirs, err = x.tx.ShowSums(store.Scope{Party: x.actor.Party.Other()}, from, to)
	}
	return ours, theirs, err
}

// otherSeries are the series of a panel of the other country.
var otherSeries = []string{"all", "women"}

// cellsOf turns a panel by sex into cells of all and of women.
func cellsOf(p *Panel) []programme.Count {
	out := make([]programme.Count, len(p.Lines))
	for i, l := range p.Lines {
		out[i] = programme.Count{Code: l.Code, N: int(lineSum(l)), Women: int(l.Values[0].N)}
	}
	return out
}

func countLine(c programme.Count) PanelLine {
	l := PanelLine{Code: c.Code, Values: []PanelValue{{N: int64(c.N), Hidden: c.Hidden}, {N: int64(c.Women), Hidden: c.Hidden || !c.Split}}}
	return l
}

// hide puts what may be shown in place of what is known.
func (p *Panel) hide(cells []programme.Count, total *programme.Count) {
	p.Series, p.Small, p.Total = slices.Clone(otherSeries), true, nil
	named := map[string]PanelLine{}
	for _, l := range p.Lines {
		named[l.Code] = l
	}
	if p.By == "area" || p.By == "craft" || p.By == "reason" { // ordered by size
		programme.HiddenLast(cells)
	}
	for i, c := range cells {
		l := countLine(c)
		l.Name, l.NameEN = named[c.Code].Name, named[c.Code].NameEN
		p.Lines[i] = l
	}
	if total != nil {
		l := countLine(*total)
		p.Total = &l
	}
}

// alike gives a panel of the own country the series of the other's, so that the two compare.
func (p *Panel) alike() {
	cells := cellsOf(p)
	total := programme.Count{Split: true}
	for i := range cells {
		cells[i].Split = true
		total.N, total.Women = total.N+cells[i].N, total.Women+cells[i].Women
	}
	summed := p.Total != nil
	p.hide(cells, nil)
	if p.Small = false; summed {
		l := countLine(total)
		p.Total = &l
	}
}

// both puts the two countries side by side.
func (x *boardMaker) both() error {
	b := x.b
	b.Span, b.Area = "12m", ""
	b.First, b.Last, _ = b.Span.Months(x.today)
	own, other := x.actor.Party, x.actor.Party.Other()
	ours, state, err := x.tx.Tally(store.Scope{Party: own}, b.First, b.Last, x.today)
	if err != nil {
		return err
	}
	theirs, _, err := x.tx.Tally(store.Scope{Party: other}, b.First, b.Last, x.today)
	if err != nil {
		return err
	}
	b.State = state
	standingOf := func(party place.Country, t store.Tally) ([]Panel, error) {
		areas, err := x.areas(store.Scope{Party: party})
		if err != nil {
			return nil, err
		}
		rungs := codes(t, "rungs", "rung", rungCodes(), func(k store.TallyKey) (string, bool) {
			return k.Code, k.Measure == programme.ByRung && k.Code != programme.Graduated.Code() // who graduated is not among the registered any more
		})
		return []Panel{areas, codes(t, "crafts", "craft", nil, standing(programme.ByCraft)), rungs}, nil
	}
	mine, err := standingOf(own, ours)
	if err != nil {
		return err
	}
	hers, err := standingOf(other, theirs)
	if err != nil {
		return err
	}
	total, cells := programme.Suppress(cellsOf(&hers[0]), cellsOf(&hers[1]), cellsOf(&hers[2]))
	for i := range hers {
		hers[i].hide(cells[i], &total)
	}
	registered := count(ours, inState(registry.Approved))
	b.Tiles = append(b.Tiles, Tile{Key: "registered_" + string(own), Value: PanelValue{N: registered}}, Tile{Key: "registered_" + string(other), Value: PanelValue{N: int64(total.N), Hidden: total.Hidden}},
		Tile{Key: "women_" + string(own), Value: PanelValue{N: count(ours, func(k store.TallyKey) bool { return inState(registry.Approved)(k) && k.Sex == "f" })}},
		Tile{Key: "women_" + string(other), Value: PanelValue{N: int64(total.Women), Hidden: !total.Split}})
	course := func(t store.Tally) []Panel {
		return []Panel{x.monthly(t, "handed", programme.ByHandedIn, ""), x.monthly(t, "approved", programme.ByDecided, string(registry.StepApprove)), x.reasons(t)}
	}
	ourCourse, herCourse := course(ours), course(theirs)
	for i := range herCourse {
		p := &herCourse[i]
		p.hide(programme.SuppressAlone(cellsOf(p)), nil)
	}
	side := func(party place.Country, list []Panel) {
		for i := range list {
			if list[i].Party = party; party == own {
				list[i].alike()
			}
			x.add(list[i])
		}
	}
	for i := range mine {
		side(own, mine[i:i+1])
		side(other, hers[i:i+1])
	}
	for i := range ourCourse {
		side(own, ourCourse[i:i+1])
		side(other, herCourse[i:i+1])
	}
	x.bothProgramme(ours, theirs, side)
	times, herTimes := x.times(ours), x.times(theirs)
	hideTimes(&herTimes, x, theirs)
	times.Series = herTimes.Series // so that the two compare
	for i := range times.Lines {
		times.Lines[i].Values = times.Lines[i].Values[:len(times.Series)]
	}
	times.Party, herTimes.Party = own, other
	x.add(times)
	x.add(herTimes)
	return x.bothShows(own, other)
}

// hideTimes leaves out the months in which the times of few decisions would be those of somebody.
func hideTimes(p *Panel, x *boardMaker, t store.Tally) {
	p.Series, p.Small = p.Series[:2], true
	for i := range p.Lines {
		l := &p.Lines[i]
		l.Values = l.Values[:2]
		_, _, n := timesOf(t, func(k store.TallyKey) bool { return k.Month.String() == l.Code })
		if n > 0 && n < 2*programme.SmallCell {
			l.Values = []PanelValue{{Hidden: true}, {Hidden: true}}
		}
	}
}

// bothShows is who came to the exhibitions that both take part in, and what each sold there; sums of few exhibitors are hidden.
func (x *boardMaker) bothShows(own, other place.Country) error {
	list, _, err := x.shows(store.Scope{Party: own})
	if err != nil {
		return err
	}
	ours, theirs, err := x.bothSums()
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(e exhibition.Exhibition) bool { return !e.Joint() })
	value := func(s *store.ShowSum) int64 { return s.Amount }
	for _, side := range []struct {
		party place.Country
		sums  []store.ShowSum
	}{{own, ours}, {other, theirs}} {
		p := showPanel("exhibitors", "", list, bySex, func(e *exhibition.Exhibition) []PanelValue { return sexSums(side.sums, e.ID, came, heads) })
		if side.party == other {
			p.hide(programme.SuppressAlone(cellsOf(&p)), nil)
		} else {
			p.sum()
			p.alike()
		}
		p.Party = side.party
		x.add(p)
	}
	for _, host := range place.Countries() {
		currency := exhibition.CurrencyOf(host)
		for _, side := range []struct {
			party place.Country
			sums  []store.ShowSum
		}{{own, ours}, {other, theirs}} {
			p := showPanel("sales", currency, list, []string{"all"}, func(e *exhibition.Exhibition) []PanelValue {
				if e.Terms.Currency() != currency {
					return nil
				}
				n, sold := int64(0), int64(0)
				for i := range side.sums {
					if s := &side.sums[i]; s.ExhibitionID == e.ID && came(s) {
						n, sold = n+int64(s.N), sold+value(s)
					}
				}
				if side.party == other && n > 0 && n < programme.SmallCell {
					return []PanelValue{{Hidden: true}}
				}
				return []PanelValue{{N: sold}}
			})
			if len(p.Lines) == 0 {
				continue
			}
			p.Party, p.Small = side.party, side.party == other
			if !p.Small {
				p.sum()
			}
			x.add(p)
		}
	}
	return nil
}
