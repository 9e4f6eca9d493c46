package exhibition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Dimension is what a quota divides places by.
type Dimension string

// The dimensions. Craft is the product category of registry.Crafts.
const (
	ByParty       Dimension = "party"
	ByArea        Dimension = "area"
	ByCraft       Dimension = "craft"
	ByFirstTime   Dimension = "first_time"  // never exhibited before
	ByDisability  Dimension = "disability"  // Diyarna 2022 kept places for 40 exhibitors of disability organisations
	ByAssociation Dimension = "association" // an association that stands for many families
	ByWomen       Dimension = "women"       // the lead producer is a woman
)

// Dimensions returns the dimensions in the order of display.
func Dimensions() []Dimension {
	return []Dimension{ByParty, ByArea, ByCraft, ByFirstTime, ByDisability, ByAssociation, ByWomen}
}

// Valued reports whether a quota of the dimension names a value: which party, which area, which craft. The others are yes or no.
func (d Dimension) Valued() bool { return d == ByParty || d == ByArea || d == ByCraft }

// Quota is how many places of each wave there are for a group: at least Min kept for it, at most Max. Max 0 is no upper bound.
type Quota struct {
	By    Dimension `json:"by"`
	Value string    `json:"value,omitempty"` // of a valued dimension
	Min   int       `json:"min,omitempty"`
	Max   int       `json:"max,omitempty"`
}

// Line names a quota line: "party:EG", "first_time".
func (q Quota) Line() string {
	if q.By.Valued() {
		return string(q.By) + ":" + q.Value
	}
	return string(q.By)
}

// Directions are the dimensions in which the quotas divide the places, in the order of display. An area lies in its party, so that both together are one; the only party of an
// exhibition divides nothing.
func (t *Terms) Directions() []Dimension {
	var out []Dimension
	for _, d := range Dimensions() {
		has := slices.ContainsFunc(t.Quotas, func(q Quota) bool { return q.By == d })
		if has && !(d == ByParty && len(t.Parties) < 2) && !(d == ByArea && slices.Contains(out, ByParty)) {
			out = append(out, d)
		}
	}
	return out
}

// String is the quota as codes and numbers: "party:EG 0–70".
func (q Quota) String() string {
	upper := "∞"
	if q.Max > 0 {
		upper = strconv.Itoa(q.Max)
	}
	return q.Line() + " " + strconv.Itoa(q.Min) + "–" + upper
}

// Traits are what quotas look at in an exhibitor.
type Traits struct {
	Party       place.Country `json:"party"`
	Area        string        `json:"area,omitempty"`
	Craft       string        `json:"craft,omitempty"`
	Sex         registry.Sex  `json:"sex,omitempty"`
	FirstTime   bool          `json:"first_time,omitempty"`
	Disability  bool          `json:"disability,omitempty"`
	Association bool          `json:"association,omitempty"`
}

// Counts reports whether an exhibitor counts to a quota.
func (q Quota) Counts(x Traits) bool {
	switch q.By {
	case ByParty:
		return string(x.Party) == q.Value
	case ByArea:
		return x.Area == q.Value
	case ByCraft:
		return x.Craft == q.Value
	case ByFirstTime:
		return x.FirstTime
	case ByDisability:
		return x.Disability
	case ByAssociation:
		return x.Association
	case ByWomen:
		return x.Sex == registry.Female
	}
	return false
}

// all is the line of the whole capacity.
const all = "all"

// Line is one row of numbered places: an exhibitor who counts to it takes one of 1..Max.
type Line struct {
	Name string
	Max  int
}

// Lines returns the rows on which an exhibitor takes a place: the whole wave, and each quota with an upper bound that they count to. The database lets one
// exhibitor stand on each number of a line, so that no bound is ever exceeded.
func (t *Terms) Lines(x Traits) []Line {
	out := []Line{{all, t.Capacity}}
	for _, q := range t.Quotas {
		if q.Max > 0 && q.Counts(x) {
			out = append(out, Line{q.Line(), q.Max})
		}
	}
	return out
}

// Cell names the quotas that an exhibitor counts to. Who gives a place back makes room for the next in the same cell, so that no bound, upper or lower, moves.
func (t *Terms) Cell(x Traits) string {
	names := []string{}
	for _, q := range t.Quotas {
		if q.Counts(x) {
			names = append(names, q.Line())
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return all
	}
	return strings.Join(slices.Compact(names), "+")
}

// Tally is how a quota stands.
type Tally struct {
	Quota
	Held    int // accepted
	Invited int // asked, not answered yet
	Waiting int
}

// Short is how many places kept for the group are still open.
func (t Tally) Short() int { return max(0, t.Min-t.Held) }

// Full reports whether nobody else of the group may come.
func (t Tally) Full() bool { return t.Max > 0 && t.Held >= t.Max }

// Tallies counts participations of one wave by quota, the whole wave first (its Quota has no dimension).
func (t *Terms) Tallies(list []Participation, wave int) []Tally {
	out := []Tally{{Quota: Quota{Max: t.Capacity}}}
	for _, q := range t.Quotas {
		out = append(out, Tally{Quota: q})
	}
	for i := range list {
		p := &list[i]
		if p.Wave != wave {
			continue
		}
		for j := range out {
			if out[j].By != "" && !out[j].Counts(p.Traits) {
				continue
			}
			switch {
			case p.State.Holds():
				out[j].Held++
			case p.State == Invited:
				out[j].Invited++
			case p.State == Waiting:
				out[j].Waiting++
			}
		}
	}
	return out
}

// MayInvite returns nil if an invitation to an exhibitor keeps to the bounds: held and open invitations together stay within each upper bound, raised by
// OverInvite per cent; and the places kept for others are not given away.
func (t *Terms) MayInvite(list []Participation, wave int, x Traits) error {
	tallies := t.Tallies(list, wave)
	kept := 0 // places of lower bounds that this exhibitor does not count to
	for _, y := range tallies {
		if y.By == "" || y.Counts(x) {
			if limit := y.Max + y.Max*t.OverInvite/100; y.Max > 0 && y.Held+y.Invited >= limit {
				return fault.New(fault.State, "error.participation.quota_full", quotaKey(y.Quota), y.Value, y.Max)
			}
			continue
		}
		kept = max(kept, y.Min-y.Held-y.Invited)
	}
	if whole := tallies[0]; kept > 0 && whole.Held+whole.Invited+kept >= whole.Max {
		return fault.New(fault.State, "error.participation.kept", kept)
	}
	return nil
}

func quotaKey(q Quota) fault.Key {
	if q.By == "" {
		return "enum.quota.all"
	}
	return fault.Key("enum.quota." + string(q.By))
}

func (t *Terms) checkQuotas(ps *fault.Problems) {
	seen := map[string]bool{}
	least := map[Dimension]int{}
	for i, q := range t.Quotas {
		name := fmt.Sprintf("quotas[%d].", i)
		if !slices.Contains(Dimensions(), q.By) {
			ps.Add(name+"by", "problem.choice")
			continue
		}
		if q.By.Valued() && !q.sound(t.Parties) {
			ps.Add(name+"value", "problem.exhibition.quota_value")
		}
		switch {
		case q.Min == 0 && q.Max == 0:
			ps.Add(name+"max", "problem.exhibition.quota_empty")
		case q.Max > 0 && q.Min > q.Max:
			ps.Add(name+"max", "problem.exhibition.quota_order")
		case q.Min > t.Capacity || q.Max > t.Capacity:
			ps.Add(name+"max", "problem.exhibition.quota_capacity", t.Capacity)
		}
		if seen[q.Line()] {
			ps.Add(name+"by", "problem.twice")
		}
		seen[q.Line()] = true
		if q.By.Valued() {
			if least[q.By] += q.Min; least[q.By] > t.Capacity && t.Capacity > 0 {
				ps.Add(name+"min", "problem.exhibition.quota_sum", t.Capacity)
			}
		}
	}
}

// sound reports whether the value of a valued quota exists.
func (q Quota) sound(parties []place.Country) bool {
	switch q.By {
	case ByParty:
		return slices.Contains(parties, place.Country(q.Value))
	case ByArea:
		a, ok := place.AreaByCode(q.Value)
		return ok && slices.Contains(parties, a.Country)
	case ByCraft:
		c, ok := registry.CraftByCode(q.Value)
		return ok && c.Exhibited
	}
	return q.Value == ""
}
