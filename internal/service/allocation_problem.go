package service

import (
	"bytes"
	"cmp"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/planner/model"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// slotOf is one exhibition of the planner's problem: an exhibition, or one of its waves, as it stood when the problem was made.
type slotOf struct {
	Exhibition int64 `json:"e"`
	Wave       int   `json:"w,omitempty"`
}

// quotaOf is what a quota of the problem is: a line of the terms of one slot, or one over several exhibitions.
type quotaOf struct {
	Slot  int              `json:"s"`
	Quota exhibition.Quota `json:"q"` // as agreed; the problem's own bounds are less what is held
	Held  int              `json:"h,omitempty"`
	Whole bool             `json:"a,omitempty"`  // over several exhibitions: Slot is 0
	In    []int64          `json:"in,omitempty"` // which; none: all of the allocation
	Cut   int              `json:"c,omitempty"`  // 1 + the quota that leaves no more than the minimum of this one, for what is held
}

// person is who an exhibitor of the problem is. Pairs are its participations in the order of the problem's slots.
type person struct {
	Exhibitor int64              `json:"x"`
	Pairs     []int64            `json:"a"`
	Traits    *exhibition.Traits `json:"t"` // as it counts to quotas in every exhibition: those of its latest application
}

// left is an application that passed screening and is no candidate: why.
type left struct {
	Participation int64  `json:"a"`
	Why           string `json:"w"` // "papers", "busy", "enough", "full", "travel"
}

// members says who and what stands behind the pseudonyms of a problem. It holds numbers only.
type members struct {
	Slots  []slotOf  `json:"slots"`
	Quotas []quotaOf `json:"quotas"`
	People []person  `json:"people"` // in the order of the problem
	Left   []left    `json:"left,omitempty"`
	Before []int64   `json:"before,omitempty"` // of a re-planning: participations that had a place or an invitation
	Pins   []int64   `json:"pins,omitempty"`
}

// pseudonym is the name of an exhibitor in one allocation: 60 bits that nobody can trace without the keys of this installation, and nobody could have chosen.
func (c *core) pseudonym(allocation, exhibitor int64) string {
	sum := c.keys.MAC("pseudonym", fmt.Appendf(nil, "%d/%d", allocation, exhibitor))
	s := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:8]))
	return s[:4] + "-" + s[4:8] + "-" + s[8:12]
}

// rotation class: the fewer turns an exhibitor has had, the larger.
func turnClass(turns int) uint8 { return uint8(max(0, 3-turns)) }

// candidate is an application on its way into the problem.
type candidate struct {
	p    *exhibition.Participation
	slot int
}

// snapshot gathers the problem of an allocation from the tables: it belongs to one transaction.
type snapshot struct {
	s    *Allocations
	tx   *store.Tx
	a    *exhibition.Allocation
	ask  *RunAsk
	seed []byte

	shows  []*exhibition.Exhibition
	out    members
	spans  [][2]calendar.Date // of the slots
	room   []int              // of the slots
	lists  [][]exhibition.Participation
	merit  map[int64]int
	turns  map[int64]int
	papers map[int64][]registry.Document
	groups map[int64][]int64            // families of associations
	held   map[int64][][2]calendar.Date // days on which exhibitors are elsewhere, outside of the allocation
	mine   map[int64][]stay             // places and invitations inside of it that stay
	lines  []string                     // quota lines, by group
	kept   []stay                       // who keeps a place outside of the problem, also where no room is left
}

// stay is a place or an invitation that the problem does not move.
type stay struct {
	p    exhibition.Participation
	days [2]calendar.Date
	away bool // the other country is host
}

// load reads what the problem is made of.
func (n *snapshot) load() error {
	tx, a := n.tx, n.a
	n.papers, n.groups, n.held, n.mine = map[int64][]registry.Document{}, map[int64][]int64{}, map[int64][][2]calendar.Date{}, map[int64][]stay{}
	var from, to calendar.Date
	for _, id := range a.Terms.Exhibitions {
		e, err := tx.ExhibitionByID("", id)
		if err != nil {
			return err
		}
		if !e.Open() {
			continue // cancelled meanwhile
		}
		list, err := tx.Participations(id, store.ParticipationQuery{Limit: noLimit})
		if err != nil {
			return err
		}
		for w := range e.Terms.WaveCount() {
			first, last, _ := e.Terms.Run(w)
			n.out.Slots = append(n.out.Slots, slotOf{id, w})
			n.spans = append(n.spans, [2]calendar.Date{first, last})
			n.shows = append(n.shows, e)
			n.lists = append(n.lists, list)
			if from.IsZero() || first < from {
				from = first
			}
			to = max(to, last)
		}
	}
	if len(n.out.Slots) == 0 {
		return fault.New(fault.State, "error.allocation.no_exhibition")
	}
	var err error
	if n.merit, err = tx.FamilyMerit(a.Parties); err != nil {
		return err
	}
	if n.turns, err = tx.HeldBefore(a.Terms.Exhibitions); err != nil {
		return err
	}
	for _, p := range a.Parties {
		papers, err := tx.PapersByFamily(p)
		if err != nil {
			return err
		}
		for id, x := range papers {
			n.papers[id] = x
		}
		of, err := tx.MembersOf(p)
		if err != nil {
			return err
		}
		for id, x := range of {
			n.groups[id] = x
		}
	}
	return n.loadHeld(from, to)
}

// loadHeld reads who is elsewhere: in exhibitions outside of the allocation that touch its days, and places inside of it that the problem does not move.
func (n *snapshot) loadHeld(from, to calendar.Date) error {
	around, err := n.tx.Exhibitions("", store.ExhibitionQuery{From: from, To: to, Limit: noLimit})
	if err != nil {
		return err
	}
	stays := []exhibition.State{exhibition.Accepted, exhibition.Invited}
	for i := range around {
		e := &around[i]
		if n.a.Has(e.ID) || e.Status == exhibition.Cancelled {
			continue
		}
		list, err := n.tx.Participations(e.ID, store.ParticipationQuery{States: stays, Limit: noLimit})
		if err != nil {
			return err
		}
		for _, p := range list {
			first, last, _ := e.Terms.Run(p.Wave)
			n.held[p.ExhibitorID] = append(n.held[p.ExhibitorID], [2]calendar.Date{first, last})
		}
	}
	if n.ask.Kind == exhibition.RunReplan {
		return nil // there they are part of the question
	}
	for k, slot := range n.out.Slots {
		for _, p := range n.lists[k] {
			if p.Wave == slot.Wave && slices.Contains(stays, p.State) {
				n.mine[p.ExhibitorID] = append(n.mine[p.ExhibitorID], stay{p, n.spans[k], n.shows[k].Terms.Host != p.Traits.Party})
			}
		}
	}
	return nil
}

// stays reports whether a participation keeps its place outside of the problem.
func (n *snapshot) stays(p *exhibition.Participation) bool {
	return n.ask.Kind != exhibition.RunReplan && (p.State == exhibition.Accepted || p.State == exhibition.Invited)
}

// candidates picks who may be chosen: screened, with papers that are valid through the last day, not elsewhere on these days.
func (n *snapshot) candidates() map[int64][]candidate {
	out := map[int64][]candidate{}
	leave := func(p *exhibition.Participation, why string) {
		n.out.Left = append(n.out.Left, left{p.ID, why})
	}
	keep := 0
	for k, slot := range n.out.Slots {
		e := n.shows[k]
		taken := 0
		for i := range n.lists[k] {
			if p := &n.lists[k][i]; p.Wave == slot.Wave && n.stays(p) {
				n.kept = append(n.kept, stay{p: *p})
				taken++
			}
		}
		room := e.Terms.Capacity + n.ask.more(slot.Exhibition) - taken
		for i := range n.lists[k] {
			p := &n.lists[k][i]
			if p.Wave != slot.Wave {
				continue
			}
			moving := n.ask.Kind == exhibition.RunReplan && (p.State == exhibition.Accepted || p.State == exhibition.Invited)
			if p.State != exhibition.Eligible && p.State != exhibition.Waiting && !moving {
				continue
			}
			var days [][2]calendar.Date
			for _, m := range n.mine[p.ExhibitorID] {
				days = append(days, m.days)
			}
			first, last := n.spans[k][0], n.spans[k][1]
			switch {
			case room <= 0:
				leave(p, "full")
			case !moving && p.FamilyID != 0 && len(e.Terms.PapersThrough(p.Wave, p.Traits.Craft, n.papers[p.FamilyID])) > 0:
				leave(p, "papers")
			case len(days) >= n.a.Terms.AtMost:
				leave(p, "enough")
			case !n.a.Terms.MayHold(days, first, last) || slices.ContainsFunc(n.held[p.ExhibitorID], func(h [2]calendar.Date) bool { return h[0] <= last && first <= h[1] }):
				leave(p, "busy")
			default:
				if moving {
					n.out.Before = append(n.out.Before, p.ID)
					if p.State == exhibition.Accepted || n.ask.KeepInvited {
						n.out.Pins = append(n.out.Pins, p.ID)
					}
				}
				out[p.ExhibitorID] = append(out[p.ExhibitorID], candidate{p, keep})
			}
		}
		if room <= 0 { // the planner takes no exhibition without room
			continue
		}
		n.out.Slots[keep], n.spans[keep], n.shows[keep], n.lists[keep] = slot, n.spans[k], e, n.lists[k]
		n.room = append(n.room, room)
		keep++
	}
	n.out.Slots, n.spans, n.shows, n.lists = n.out.Slots[:keep], n.spans[:keep], n.shows[:keep], n.lists[:keep]
	return out
}

// points is what the committee thought of an exhibitor's best product, of an association's best family.
func (n *snapshot) points(p *exhibition.Participation) int32 {
	if p.FamilyID != 0 {
		return int32(n.merit[p.FamilyID])
	}
	best := 0
	for _, f := range n.groups[p.ExhibitorID] {
		best = max(best, n.merit[f])
	}
	return int32(best)
}

// problem makes the file of the problem and who stands behind it.
func (n *snapshot) problem() ([]byte, *members, error) {
	if err := n.load(); err != nil {
		return nil, nil, err
	}
	people := n.candidates()
	if len(people) == 0 {
		return nil, nil, fault.New(fault.State, "error.allocation.nobody")
	}
	pr := &model.Problem{Sense: model.Max, AtMost: int32(n.a.Terms.AtMost), RestDays: int32(n.a.Terms.RestDays), Start: []int32{0}}
	limited := false
	for k, slot := range n.out.Slots {
		x := model.Exhibition{ID: slotID(slot), Capacity: int64(n.room[k]), Metres: model.Unlimited, FirstDay: unixDay(n.spans[k][0]), LastDay: unixDay(n.spans[k][1])}
		if m := n.a.Terms.MetresOf(slot.Exhibition); m > 0 {
			x.Metres, limited = max(0, int64(m)*10-n.heldMetres(k)), true
		}
		pr.Exhibitions = append(pr.Exhibitions, x)
	}
	n.quotas(pr)
	budgets := n.budgets(pr)
	ids := make([]int64, 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	names := make(map[int64]string, len(ids))
	for _, id := range ids {
		names[id] = n.s.pseudonym(n.a.ID, id)
	}
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(names[a], names[b]) })
	types := map[string]int32{}
	var class []uint8
	for _, id := range ids {
		list := people[id]
		slices.SortFunc(list, func(a, b candidate) int { return cmp.Compare(a.slot, b.slot) })
		newest := list[0].p
		for _, c := range list {
			if c.p.ID > newest.ID {
				newest = c.p
			}
		}
		who := person{Exhibitor: id, Traits: &newest.Traits}
		pr.IDs.Append(names[id])
		pr.Type = append(pr.Type, n.typeOf(pr, types, newest.Traits))
		pr.Limit = append(pr.Limit, int32(n.a.Terms.AtMost-len(n.mine[id])))
		class = append(class, turnClass(n.turns[id]))
		for _, c := range list {
			pr.Exh = append(pr.Exh, uint16(c.slot))
			pr.Value = append(pr.Value, n.points(c.p))
			if limited {
				pr.Metres = append(pr.Metres, int32(c.p.Application.Needs.Size.Square()))
			}
			if budgets {
				cost := 0
				if n.shows[c.slot].Terms.Host != who.Traits.Party {
					cost = n.a.Terms.TravelOf(who.Traits.Party).Each
				}
				pr.Cost = append(pr.Cost, int32(cost))
			}
			who.Pairs = append(who.Pairs, c.p.ID)
		}
		pr.Start = append(pr.Start, int32(len(pr.Exh)))
		n.out.People = append(n.out.People, who)
	}
	if n.a.Terms.Rule != exhibition.RuleEqual {
		policy := &model.Policy{Rule: model.Rule(n.a.Terms.Rule), Seed: n.seed, Commitment: n.a.Commitment, Class: class}
		for _, b := range n.a.Terms.Bands {
			policy.Bands = append(policy.Bands, int32(b))
		}
		if err := pr.Apply(policy); err != nil {
			return nil, nil, err
		}
	} else {
		for o := range pr.Value { // every place is worth the same
			pr.Value[o] = 1
		}
	}
	if err := pr.Freeze(); err != nil {
		return nil, nil, err
	}
	var text bytes.Buffer
	if err := model.WriteProblem(&text, pr); err != nil {
		return nil, nil, err
	}
	return text.Bytes(), &n.out, nil
}

func (n *snapshot) heldMetres(k int) int64 {
	sum := int64(0)
	for i := range n.lists[k] {
		if p := &n.lists[k][i]; p.Wave == n.out.Slots[k].Wave && n.stays(p) {
			sum += int64(p.Application.Needs.Size.Square())
		}
	}
	return sum
}

// slotID names an exhibition or its wave in the file: "12", "12.2".
func slotID(s slotOf) string {
	if s.Wave == 0 {
		return fmt.Sprint(s.Exhibition)
	}
	return fmt.Sprintf("%d.%d", s.Exhibition, s.Wave+1)
}

// unixDay counts days from 1970, as the planner does.
func unixDay(d calendar.Date) int32 { return int32(d.Time(time.UTC).Unix() / 86400) }

// quotas adds the quotas of every slot and those over several, less what is held. Groups have numbers for names: the file is public, and who counts to which group is not.
func (n *snapshot) quotas(pr *model.Problem) {
	for k, slot := range n.out.Slots {
		for _, q := range n.shows[k].Terms.Quotas {
			if n.ask.drops(slot.Exhibition, q.Line()) {
				continue
			}
			held := 0
			for i := range n.lists[k] {
				if p := &n.lists[k][i]; p.Wave == slot.Wave && n.stays(p) && q.Counts(p.Traits) {
					held++
				}
			}
			n.quota(pr, quotaOf{Slot: k, Quota: q, Held: held}, []uint16{uint16(k)}, n.room[k])
		}
	}
	for i, q := range n.a.Terms.Quotas {
		if n.ask.drops(0, strconv.Itoa(i)) {
			continue
		}
		var set []uint16
		room, held := 0, 0
		for k, slot := range n.out.Slots {
			if q.Covers(slot.Exhibition) {
				set, room = append(set, uint16(k)), room+n.room[k]
			}
		}
		for j := range n.kept {
			if p := &n.kept[j].p; q.Covers(p.ExhibitionID) && q.Counts(p.Traits) {
				held++
			}
		}
		if len(set) > 0 {
			n.quota(pr, quotaOf{Quota: q.Quota, Held: held, Whole: true, In: q.In}, set, room)
		}
	}
	// What is held already may leave a quota less than another keeps for the same group: the smaller minimum is what can still be asked for.
	for i := range pr.Quotas {
		for j, o := range pr.Quotas {
			if q := &pr.Quotas[i]; i != j && q.Group == o.Group && o.Max < q.Min && !slices.ContainsFunc(q.Exhibitions, func(x uint16) bool { return !slices.Contains(o.Exhibitions, x) }) {
				q.Min, n.out.Quotas[i].Cut = o.Max, j+1
			}
		}
	}
}

// quota adds one quota over a set of slots that have so much room.
func (n *snapshot) quota(pr *model.Problem, of quotaOf, set []uint16, room int) {
	line := of.Quota.Line()
	g := slices.Index(n.lines, line)
	if g < 0 {
		g = len(n.lines)
		n.lines = append(n.lines, line)
		pr.Groups = append(pr.Groups, fmt.Sprintf("g%02d", g+1))
	}
	x := model.Quota{ID: fmt.Sprintf("q%02d", len(pr.Quotas)+1), Exhibitions: set, Group: int32(g), Max: model.Unlimited}
	if of.Quota.Max > 0 {
		x.Max = int64(max(0, of.Quota.Max-of.Held))
	}
	x.Min = min(int64(max(0, of.Quota.Min-of.Held)), int64(room), x.Max)
	pr.Quotas = append(pr.Quotas, x)
	n.out.Quotas = append(n.out.Quotas, of)
}

// budgetID names the travel budget of a party in the file.
func budgetID(p place.Country) string { return "b" + string(p) }

// budgets adds what each party may spend on travel, and reports whether any does.
func (n *snapshot) budgets(pr *model.Problem) bool {
	var all []uint16
	for k := range n.out.Slots {
		all = append(all, uint16(k))
	}
	for _, t := range n.a.Terms.Travel {
		if t.Budget == 0 {
			continue
		}
		line := "party:" + string(t.Party)
		g := slices.Index(n.lines, line)
		if g < 0 {
			g = len(n.lines)
			n.lines = append(n.lines, line)
			pr.Groups = append(pr.Groups, fmt.Sprintf("g%02d", g+1))
		}
		spent := 0
		for _, list := range n.mine {
			for i := range list {
				if list[i].away && list[i].p.Traits.Party == t.Party {
					spent += t.Each
				}
			}
		}
		pr.Budgets = append(pr.Budgets, model.Budget{ID: budgetID(t.Party), Exhibitions: all, Group: int32(g), Amount: int64(max(0, t.Budget-spent))})
	}
	return len(pr.Budgets) > 0
}

// typeOf numbers the combination of groups that an exhibitor counts to.
func (n *snapshot) typeOf(pr *model.Problem, types map[string]int32, x exhibition.Traits) int32 {
	var groups []int32
	key := ""
	for g, line := range n.lines {
		by, value, _ := strings.Cut(line, ":")
		if (exhibition.Quota{By: exhibition.Dimension(by), Value: value}).Counts(x) {
			groups = append(groups, int32(g))
			key += line + " "
		}
	}
	t, ok := types[key]
	if !ok {
		t = int32(len(pr.Types))
		types[key] = t
		pr.Types = append(pr.Types, groups)
	}
	return t
}
