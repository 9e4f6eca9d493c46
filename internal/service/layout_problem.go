package service

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/planner/layout"
)

// layoutSeat is what the placement of an exhibitor was when a proposal was asked for.
type layoutSeat struct {
	Participation int64 `json:"p"`
	Booth         int   `json:"b,omitempty"` // 0: none
	Version       int64 `json:"v,omitempty"`
}

// LayoutClash is one need that more exhibitors have than booths meet, or the least set of exhibitors whose booths are too few for them.
type LayoutClash struct {
	Rule   string `json:"rule"` // an exhibition.PlaceRule; "together" for several needs at once, "booths" if there are simply too few
	People int    `json:"people"`
	Booths int    `json:"booths"`
	Limit  int    `json:"limit,omitempty"` // of power and size, in the rule's own unit: the least that is asked
}

// layoutQuestion is a hall made ready for the planner. Exhibitors are participations, booths the numbers of the plan.
type layoutQuestion struct {
	problem *layout.Problem
	seats   []layoutSeat
	now     []layout.Placement // who of the problem stands where
	people  map[int64]*exhibition.Occupant
	m       *exhibition.Measured
	blocked map[string][][]exhibition.PlaceRule // by class: booth → what rules it out
	classOf map[int64]string
}

// layoutClass is who is alike as far as a booth by itself is concerned.
type layoutClass struct {
	need    string // feature that the suiting booths have
	wishes  []string
	blocked [][]exhibition.PlaceRule
}

// question makes a hall ready for the planner as the actor may arrange it: who the actor may not place stays where it is, and of the other party's exhibitors nothing counts but
// craft and booth unless the actor is the host's. with is somebody who has no booth and is to be in it; 0: everybody who has none.
func (v *PlaceView) question(actor auth.Actor, t *exhibition.LayoutTerms, with int64) *layoutQuestion {
	q := &layoutQuestion{m: v.measured, people: map[int64]*exhibition.Occupant{}, blocked: map[string][][]exhibition.PlaceRule{}, classOf: map[int64]string{}}
	p := &layout.Problem{Format: layout.Format}
	q.problem = p
	booths := v.Plan.Booths
	loading := q.m.Loading()
	for i := range booths {
		p.Booths = append(p.Booths, layout.Booth{ID: strconv.Itoa(booths[i].ID), Loading: loading[i]})
	}
	pair := func(x exhibition.BoothPair) [2]string { return [2]string{p.Booths[x.A].ID, p.Booths[x.B].ID} }
	for _, x := range q.m.Neighbours() {
		p.Neighbours = append(p.Neighbours, pair(x))
	}
	weight := func(n int) *int64 { w := int64(n); return &w }
	p.Weights = layout.Weights{SameCraft: weight(t.SameCraft), Crowd: weight(t.Crowd), Heavy: weight(t.Heavy), Move: weight(t.Move)}
	if t.Crowd > 0 {
		for _, x := range q.m.Close(t.Radius, t.Walked) {
			p.Near = append(p.Near, pair(x))
		}
	}
	for _, a := range q.m.Apart() {
		k := layout.Keep{A: a.A, B: a.B, Cost: int64(t.Goods)}
		if a.Block {
			k.Cost = 0
		} else if t.Goods == 0 {
			continue
		}
		for _, x := range q.m.Gaps() {
			if x.MM < a.Limit {
				k.Close = append(k.Close, pair(x))
			}
		}
		p.Keep = append(p.Keep, k)
	}
	drawn := slices.ContainsFunc(v.Plan.Zones, func(z exhibition.Zone) bool { return z.Kind == exhibition.CountryZone })
	pavilions := t.Pavilions && !drawn && len(v.Exhibition.Terms.Parties) > 1
	if pavilions {
		for _, x := range q.m.Gaps() {
			if q.m.Across(x) {
				p.Links = append(p.Links, pair(x))
			}
		}
	}
	areas := slices.ContainsFunc(v.Plan.Zones, func(z exhibition.Zone) bool { return z.Kind == exhibition.AreaZone })
	classes := map[exhibition.Occupant]*layoutClass{}
	features := map[string]string{} // suiting booths → feature
	rows := map[string]string{}     // rule and booths → id of costs
	host := v.Exhibition.Terms.Host == actor.Party
	occupants := map[int64]*exhibition.Occupant{}
	for i := range v.placing.Occupants {
		occupants[v.placing.Occupants[i].ID] = &v.placing.Occupants[i]
	}
	order := make([]*PlacePerson, 0, len(v.People))
	for i := range v.People {
		order = append(order, &v.People[i])
	}
	here := func(x *PlacePerson) bool { return x.Placement != nil && x.Placement.HallID == v.Hall.ID }
	slices.SortStableFunc(order, func(a, b *PlacePerson) int { // who stands here first: they are not to lose their booth to others
		rank := func(x *PlacePerson) int {
			if here(x) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	})
	for _, x := range order {
		placed := here(x)
		if x.Placement != nil && !placed || !placed && (!x.Mine || with != 0 && x.ID != with) {
			continue
		}
		o := occupants[x.ID]
		known := x.Own || host
		e := layout.Exhibitor{ID: strconv.FormatInt(x.ID, 10), Craft: o.Craft, Category: o.Goods()}
		seat := layoutSeat{Participation: x.ID}
		if placed {
			booth := strconv.Itoa(x.Placement.Booth)
			seat.Booth, seat.Version = x.Placement.Booth, x.Placement.Version
			q.now = append(q.now, layout.Placement{Exhibitor: e.ID, Booth: booth})
			if t.Stay != exhibition.StayNone {
				e.Home = booth
			}
			if !x.Mine || x.Placement.Locked || t.Stay == exhibition.StayAll {
				e.Pin = booth // a person decided: what the booth lacks is theirs to know
			}
		}
		if known {
			e.Pull, e.Heavy = o.Pull(), o.Weight()
			if o.Association == 0 {
				e.Place = o.Area
			} else if x.Mine {
				e.Association = strconv.FormatInt(o.Association, 10)
			}
			if pavilions && x.Mine {
				e.Pavilion = string(o.Party)
			}
			key := *o
			key.ID, key.Association = 0, min(key.Association, 1)
			if !areas {
				key.Area = ""
			}
			c := classes[key]
			if c == nil {
				c = q.class(o, p, t, features, rows)
				classes[key] = c
			}
			e.Costs = c.wishes
			if e.Pin == "" {
				e.Needs = []string{c.need}
			}
			q.classOf[x.ID], q.blocked[c.need] = c.need, c.blocked
		}
		q.people[x.ID] = o
		q.seats = append(q.seats, seat)
		p.Exhibitors = append(p.Exhibitors, e)
	}
	return q
}

// class judges every booth for an exhibitor as if the hall were empty: what blocks becomes a need, what is advised against a cost.
func (q *layoutQuestion) class(o *exhibition.Occupant, p *layout.Problem, t *exhibition.LayoutTerms, features, rows map[string]string) *layoutClass {
	c := &layoutClass{blocked: make([][]exhibition.PlaceRule, len(p.Booths))}
	advised := map[exhibition.PlaceRule][]int{}
	var suits []int
	for i, found := range q.m.Alone(*o) {
		for _, f := range found {
			switch {
			case f.Severity == fault.Blocking:
				c.blocked[i] = append(c.blocked[i], f.Rule)
			case f.Rule != exhibition.PlaceFar: // it is the weight of heavy goods
				advised[f.Rule] = append(advised[f.Rule], i)
			}
		}
		if len(c.blocked[i]) == 0 {
			suits = append(suits, i)
		}
	}
	text := indexes(suits)
	if features[text] == "" {
		features[text] = "k" + strconv.Itoa(len(features)+1)
		for _, i := range suits {
			p.Booths[i].Features = append(p.Booths[i].Features, features[text])
		}
	}
	c.need = features[text]
	if t.Wishes == 0 {
		return c
	}
	for _, rule := range exhibition.PlaceRules() {
		list := advised[rule]
		if len(list) == 0 {
			continue
		}
		text := string(rule) + " " + indexes(list)
		if rows[text] == "" {
			rows[text] = string(rule) + "/" + strconv.Itoa(len(rows)+1)
			costs := layout.BoothCosts{ID: rows[text], Booths: map[string]int64{}}
			for _, i := range list {
				costs.Booths[p.Booths[i].ID] = int64(t.Wishes)
			}
			p.Costs = append(p.Costs, costs)
		}
		c.wishes = append(c.wishes, rows[text])
	}
	return c
}

func indexes(list []int) string {
	var b strings.Builder
	for _, i := range list {
		b.WriteString(strconv.Itoa(i))
		b.WriteByte(' ')
	}
	return b.String()
}

// clashes says in numbers why not everybody finds a booth: each need by itself that more have than booths meet, and, if it takes several needs together, the exhibitors of a
// proof with their booths.
func (q *layoutQuestion) clashes(short *layout.Shortage) []LayoutClash {
	var out []LayoutClash
	kept := map[string]bool{} // booths of who stays
	for _, x := range q.problem.Exhibitors {
		if x.Pin != "" {
			kept[x.Pin] = true
		}
	}
	var moving []*exhibition.Occupant
	for _, x := range q.problem.Exhibitors {
		if id, _ := strconv.ParseInt(x.ID, 10, 64); x.Pin == "" {
			moving = append(moving, q.people[id])
		}
	}
	free := len(q.problem.Booths) - len(kept)
	if len(moving) > free {
		out = append(out, LayoutClash{Rule: "booths", People: len(moving), Booths: free})
	}
	out = append(out, q.single(moving, kept)...)
	if len(out) == 0 && short != nil {
		return append(out, LayoutClash{Rule: "together", People: len(short.Exhibitors), Booths: len(short.Booths)})
	}
	return out
}

// needRules are the needs that are told by themselves.
var needRules = []exhibition.PlaceRule{exhibition.PlaceCraft, exhibition.PlaceSize, exhibition.PlacePower, exhibition.PlaceWater, exhibition.PlaceAccessible, exhibition.PlaceZoneCountry,
	exhibition.PlaceZoneKept}

// single finds needs that by themselves more exhibitors have than free booths meet. Of power and size, which have degrees, each degree is looked at.
func (q *layoutQuestion) single(moving []*exhibition.Occupant, kept map[string]bool) []LayoutClash {
	var out []LayoutClash
	for _, rule := range needRules {
		// Booths that the rule leaves to each exhibitor: who is left no more than another is at least as needy.
		left := map[int64]int{}
		for _, o := range moving {
			for i, why := range q.blocked[q.classOf[o.ID]] {
				if !kept[q.problem.Booths[i].ID] && !slices.Contains(why, rule) {
					left[o.ID]++
				}
			}
		}
		byLeft := slices.Clone(moving)
		slices.SortStableFunc(byLeft, func(a, b *exhibition.Occupant) int { return cmp.Compare(left[a.ID], left[b.ID]) })
		worst := LayoutClash{}
		group := map[string]bool{} // classes are nested for a rule of degrees, and apart for zones of countries: the union of booths is counted
		union := map[int]bool{}
		for n, o := range byLeft {
			if class := q.classOf[o.ID]; !group[class] {
				group[class] = true
				for i, why := range q.blocked[class] {
					if !kept[q.problem.Booths[i].ID] && !slices.Contains(why, rule) {
						union[i] = true
					}
				}
			}
			if n+1 < len(byLeft) && left[byLeft[n+1].ID] == left[o.ID] {
				continue
			}
			if len(union) == len(q.problem.Booths)-len(kept) {
				break // these do not have the need
			}
			if short := n + 1 - len(union); short > worst.People-worst.Booths {
				worst = LayoutClash{Rule: string(rule), People: n + 1, Booths: len(union), Limit: degree(rule, byLeft[:n+1])}
			}
		}
		if worst.People > 0 {
			out = append(out, worst)
		}
	}
	return out
}

// degree is the least that a group asks of power or size.
func degree(rule exhibition.PlaceRule, who []*exhibition.Occupant) int {
	least := 0
	for _, o := range who {
		n := 0
		switch rule {
		case exhibition.PlacePower:
			n = o.Power()
		case exhibition.PlaceSize:
			n = o.AreaDM2
		}
		if least == 0 || n > 0 && n < least {
			least = n
		}
	}
	return least
}
