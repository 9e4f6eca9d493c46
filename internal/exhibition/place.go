package exhibition

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// CraftNeed is what a craft asks of a booth and of its neighbours. The table follows the organisers' practice; see CraftNeeds.
type CraftNeed struct {
	PowerW     int  // least power that is led to the booth
	Water      bool // running water and a drain
	Food       bool // stands away from incense and textiles
	FreshFood  bool // is cooked or kept cold: asks for a food unit or a food zone
	Smoke      bool // incense and perfume: away from food and textiles
	Textile    bool // takes up smell and stains, burns
	Heavy      bool // near a loading door
	Fragile    bool
	Wall       bool // hangs: asks for a closed back
	Live       bool // is made before the visitors: asks for room
	NotOnStand bool // registered, but never exhibited
}

// craftNeeds is the column "booth needs, conflicts" of the product taxonomy, by craft code.
var craftNeeds = map[string]CraftNeed{
	"TX": {Textile: true},
	"CK": {Textile: true, Wall: true},
	"EM": {Textile: true},
	"KH": {Textile: true, Wall: true, Live: true},
	"CL": {Textile: true},
	"PT": {Heavy: true, Fragile: true},
	"GL": {Fragile: true},
	"ST": {Heavy: true},
	"PF": {Smoke: true},
	"FD": {Food: true},
	"FF": {Food: true, FreshFood: true, PowerW: 2000, Water: true},
	"AG": {Water: true},
	"SV": {NotOnStand: true},
	"LV": {NotOnStand: true},
}

// CraftNeeds returns what a craft asks for; nothing for one without needs of its own.
func CraftNeeds(craft string) CraftNeed { return craftNeeds[craft] }

// Occupant is an exhibitor as far as placing needs to know: no name, so that it can be handed to the planner.
type Occupant struct {
	ID          int64 // of the participation
	Party       place.Country
	Area        string // governorate or municipality
	Craft       string // code of the main craft
	Association int64  // exhibitors of one association stand side by side; 0 for none
	PowerW      int    // what they asked for, above the craft's
	Water       bool
	Extraction  bool
	Heavy       bool // near a loading door
	AreaDM2     int  // least floor; 0 if nothing was asked
	Accessible  bool
	Disability  bool // may stand in a zone that is kept for people with disabilities
	Live        bool // shows how it is made
}

func (o *Occupant) need() CraftNeed {
	n := CraftNeeds(o.Craft)
	n.PowerW = max(n.PowerW, o.PowerW)
	n.Water = n.Water || o.Water
	n.Live = n.Live || o.Live
	n.Heavy = n.Heavy || o.Heavy
	return n
}

// Placing is who stands where in one hall and wave: booth numbers by occupant. A plan, its occupants and a placing are all that the rules read.
type Placing struct {
	Plan      *Plan
	Occupants []Occupant
	Booth     map[int64]int // occupant → booth; who is not in it has no booth

	floor *floor
}

// PlaceRule names what a verdict on a placing is about. Its text is the end of the message key "place.rule.…".
type PlaceRule string

// The rules of placing.
const (
	PlaceTaken       PlaceRule = "taken"        // somebody stands there
	PlaceUnknown     PlaceRule = "unknown"      // the plan has no such booth
	PlaceCraft       PlaceRule = "craft"        // the craft is not exhibited
	PlaceSize        PlaceRule = "size"         // smaller than asked
	PlacePower       PlaceRule = "power"        // less power than needed
	PlaceWater       PlaceRule = "water"        // no water
	PlaceExtraction  PlaceRule = "extraction"   // no extraction for live work or incense
	PlaceAccessible  PlaceRule = "accessible"   // no accessible booth for who needs one
	PlaceSpare       PlaceRule = "spare"        // an accessible booth for who does not need one
	PlaceFreshFood   PlaceRule = "fresh_food"   // fresh food in neither a food unit nor a food zone
	PlaceZoneCountry PlaceRule = "zone_country" // in another country's pavilion
	PlaceZoneArea    PlaceRule = "zone_area"    // in a zone of another governorate
	PlaceZoneKept    PlaceRule = "zone_kept"    // in a zone that is kept for others
	PlaceOutPavilion PlaceRule = "out_pavilion" // outside of the pavilion of the own country
	PlaceFoodSmoke   PlaceRule = "food_perfume" // food and incense too close
	PlaceFoodTextile PlaceRule = "food_textile"
	PlaceSmokeCloth  PlaceRule = "smoke_textile"
	PlaceSameCraft   PlaceRule = "same_craft" // a direct neighbour sells the same craft from the same place
	PlaceApart       PlaceRule = "apart"      // away from the others of the association
	PlaceFar         PlaceRule = "far"        // heavy goods far from loading
	PlaceWall        PlaceRule = "wall"       // hangs its goods and has no back wall
)

// PlaceRules returns the rules in the order of a report.
func PlaceRules() []PlaceRule {
	return []PlaceRule{PlaceTaken, PlaceUnknown, PlaceCraft, PlaceSize, PlacePower, PlaceWater, PlaceAccessible, PlaceExtraction, PlaceFreshFood, PlaceZoneCountry, PlaceZoneArea,
		PlaceZoneKept, PlaceFoodSmoke, PlaceFoodTextile, PlaceSmokeCloth, PlaceSameCraft, PlaceApart, PlaceFar, PlaceOutPavilion, PlaceSpare, PlaceWall}
}

var placeRank = func() map[PlaceRule]int {
	m := map[PlaceRule]int{}
	for i, r := range PlaceRules() {
		m[r] = i
	}
	return m
}()

// PlaceFinding is one thing that speaks against a placing.
type PlaceFinding struct {
	Rule     PlaceRule
	Severity fault.Severity // Blocking: refused; Warning: a person may decide for it
	Occupant int64
	Booth    int
	Other    int // the booth that it clashes with, 0 for none
	Value    int // what is there, in the rule's own unit: dm², W or mm
	Limit    int // what is asked
}

// floor is what the rules compute of a plan once.
type floor struct {
	index      map[int]int
	neighbours [][]Neighbour
	ways       []Ways
	zones      [][]*Zone
	pavilions  map[place.Country]bool
	loading    bool
	lim        Limits
}

// Measured is a plan that does not change any more with what the rules of placing compute of it, once: the ways through a hall of 150 booths take longer than all else of a
// placing. It is safe for concurrent use.
type Measured struct {
	plan  *Plan
	codes map[int]string
	floor func() *floor
	gaps  func() []BoothPair
	walks func() []BoothPair

	mu    sync.Mutex
	alone map[Occupant][][]PlaceFinding // see Alone
}

// Measure makes a plan ready for placings. Nobody may change it afterwards.
func Measure(p *Plan) *Measured {
	m := &Measured{plan: p, codes: make(map[int]string, len(p.Booths)), floor: sync.OnceValue(func() *floor { return floorOf(p) }),
		gaps: sync.OnceValue(func() []BoothPair { return gapsOf(p) }), walks: sync.OnceValue(func() []BoothPair { return walksOf(p) })}
	for i := range p.Booths {
		m.codes[p.Booths[i].ID] = p.Booths[i].Code
	}
	return m
}

// Plan returns the plan, to be read only.
func (m *Measured) Plan() *Plan { return m.plan }

// Code returns what the sign of a booth says, "" for one that there is not.
func (m *Measured) Code(booth int) string { return m.codes[booth] }

// Placing returns a placing on the plan with nobody in it.
func (m *Measured) Placing() *Placing {
	return &Placing{Plan: m.plan, Booth: map[int64]int{}, floor: m.floor()}
}

func (s *Placing) prepare() *floor {
	if s.floor == nil {
		s.floor = floorOf(s.Plan)
	}
	return s.floor
}

func floorOf(p *Plan) *floor {
	f := &floor{index: make(map[int]int, len(p.Booths)), neighbours: p.Neighbours(), zones: make([][]*Zone, len(p.Booths)), pavilions: map[place.Country]bool{}, lim: p.Limits.Or()}
	for i := range p.Booths {
		f.index[p.Booths[i].ID] = i
		f.zones[i] = p.ZonesOf(&p.Booths[i])
	}
	for i := range p.Zones {
		if p.Zones[i].Kind == CountryZone {
			f.pavilions[p.Zones[i].Party] = true
		}
	}
	f.loading = slices.ContainsFunc(p.Doors, func(d Door) bool { return d.Kind == Loading })
	if f.loading {
		f.ways = p.Distances()
	}
	return f
}

// occupied returns who stands in which booth, by its place in the plan; nil for an empty one.
func (s *Placing) occupied(f *floor) []*Occupant {
	out := make([]*Occupant, len(s.Plan.Booths))
	for i := range s.Occupants {
		o := &s.Occupants[i]
		if n, ok := f.index[s.Booth[o.ID]]; ok {
			out[n] = o
		}
	}
	return out
}

// Judge returns what speaks against an occupant standing in a booth, everybody else staying where they are, in the order of the rules.
func (s *Placing) Judge(occupant int64, booth int) []PlaceFinding {
	f := s.prepare()
	return s.judge(f, s.occupied(f), occupant, booth)
}

// JudgeAll returns the verdicts on every booth of the plan for one occupant, by booth; those against which nothing speaks are left out.
func (s *Placing) JudgeAll(occupant int64) map[int][]PlaceFinding {
	f := s.prepare()
	at := s.occupied(f)
	out := map[int][]PlaceFinding{}
	for i := range s.Plan.Booths {
		if found := s.judge(f, at, occupant, s.Plan.Booths[i].ID); len(found) > 0 {
			out[s.Plan.Booths[i].ID] = found
		}
	}
	return out
}

// Check returns what speaks against the placing as it stands, in the order of the booths.
func (s *Placing) Check() []PlaceFinding {
	f := s.prepare()
	at := s.occupied(f)
	var out []PlaceFinding
	for i := range s.Plan.Booths {
		if o := at[i]; o != nil {
			out = append(out, s.judge(f, at, o.ID, s.Plan.Booths[i].ID)...)
		}
	}
	return out
}

func (s *Placing) judge(f *floor, at []*Occupant, occupant int64, booth int) []PlaceFinding {
	n := slices.IndexFunc(s.Occupants, func(o Occupant) bool { return o.ID == occupant })
	i, ok := f.index[booth]
	if n < 0 || !ok {
		return []PlaceFinding{{Rule: PlaceUnknown, Occupant: occupant, Booth: booth}}
	}
	o, b := &s.Occupants[n], &s.Plan.Booths[i]
	need := o.need()
	var out []PlaceFinding
	add := func(rule PlaceRule, sev fault.Severity, other, value, limit int) {
		out = append(out, PlaceFinding{rule, sev, occupant, booth, other, value, limit})
	}
	if at[i] != nil && at[i].ID != occupant {
		add(PlaceTaken, fault.Blocking, 0, 0, 0)
	}
	if need.NotOnStand {
		add(PlaceCraft, fault.Blocking, 0, 0, 0)
	}
	if a := b.AreaDM2(); a < o.AreaDM2 {
		add(PlaceSize, fault.Blocking, 0, a, o.AreaDM2)
	}
	if b.PowerW < need.PowerW {
		add(PlacePower, fault.Blocking, 0, b.PowerW, need.PowerW)
	}
	if need.Water && !b.Water {
		add(PlaceWater, fault.Blocking, 0, 0, 0)
	}
	if o.Extraction && !b.Extraction {
		add(PlaceExtraction, fault.Warning, 0, 0, 0)
	}
	if o.Accessible && !b.Accessible {
		add(PlaceAccessible, fault.Blocking, 0, 0, 0)
	}
	s.judgeZones(f, i, o, b, need, add)
	s.judgeDistances(f, at, i, o, b, need, add)
	s.judgeNeighbours(f, at, i, o, add)
	if need.Heavy && f.loading {
		if far := f.ways[i].Loading; far < 0 || far > f.lim.HeavyLoading {
			add(PlaceFar, fault.Warning, 0, far, f.lim.HeavyLoading)
		}
	}
	if b.Accessible && !o.Accessible {
		add(PlaceSpare, fault.Warning, 0, 0, 0)
	}
	if need.Wall && b.Open&Back != 0 {
		add(PlaceWall, fault.Warning, 0, 0, 0)
	}
	slices.SortStableFunc(out, func(a, b PlaceFinding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(placeRank[a.Rule], placeRank[b.Rule]))
	})
	return out
}

type addFinding func(rule PlaceRule, sev fault.Severity, other, value, limit int)

func (s *Placing) judgeZones(f *floor, i int, o *Occupant, b *Booth, need CraftNeed, add addFinding) {
	food, home := b.Type == FoodUnit, false
	for _, z := range f.zones[i] {
		switch z.Kind {
		case CountryZone:
			if z.Party != o.Party {
				add(PlaceZoneCountry, fault.Blocking, 0, 0, 0)
			}
			home = home || z.Party == o.Party
		case AreaZone:
			if z.Place != o.Area {
				add(PlaceZoneArea, fault.Warning, 0, 0, 0)
			}
		case DisabilityZone:
			if !o.Accessible && !o.Disability {
				add(PlaceZoneKept, fault.Blocking, 0, 0, 0)
			}
		case FoodZone:
			food = true
			if !need.Food {
				add(PlaceZoneKept, fault.Warning, 0, 0, 0)
			}
		case PerfumeZone:
			if !need.Smoke {
				add(PlaceZoneKept, fault.Warning, 0, 0, 0)
			}
		case AssociationZone:
			if o.Association == 0 {
				add(PlaceZoneKept, fault.Warning, 0, 0, 0)
			}
		case DemonstrationZone:
			if !need.Live {
				add(PlaceZoneKept, fault.Warning, 0, 0, 0)
			}
		case OtherZone:
		}
	}
	if need.FreshFood && !food {
		add(PlaceFreshFood, fault.Warning, 0, 0, 0)
	}
	if f.pavilions[o.Party] && !home {
		add(PlaceOutPavilion, fault.Warning, 0, 0, 0) // the pavilion is to be one piece
	}
}

// judgeDistances looks at everybody within the largest of the distances between goods.
func (s *Placing) judgeDistances(f *floor, at []*Occupant, i int, o *Occupant, b *Booth, need CraftNeed, add addFinding) {
	if !need.Food && !need.Smoke && !need.Textile {
		return
	}
	largest := max(f.lim.FoodPerfume, f.lim.FoodTextile, f.lim.SmokeTextile)
	type worst struct{ other, gap int }
	closest := map[PlaceRule]worst{}
	for j, who := range at {
		if who == nil || j == i || who.ID == o.ID {
			continue
		}
		theirs := CraftNeeds(who.Craft)
		rule, limit := PlaceRule(""), 0
		switch {
		case need.Food && theirs.Smoke || need.Smoke && theirs.Food:
			rule, limit = PlaceFoodSmoke, f.lim.FoodPerfume
		case need.Food && theirs.Textile || need.Textile && theirs.Food:
			rule, limit = PlaceFoodTextile, f.lim.FoodTextile
		case need.Smoke && theirs.Textile || need.Textile && theirs.Smoke:
			rule, limit = PlaceSmokeCloth, f.lim.SmokeTextile
		default:
			continue
		}
		q := &s.Plan.Booths[j]
		// No need to measure what is surely far: half the diagonals are at most half of width and depth together.
		if d := max(abs(q.X-b.X), abs(q.Y-b.Y)); d > largest+(b.Width+b.Depth+q.Width+q.Depth)/2 {
			continue
		}
		if gap := Gap(b, q); gap < limit {
			if w, ok := closest[rule]; !ok || gap < w.gap {
				closest[rule] = worst{q.ID, gap}
			}
		}
	}
	for _, r := range []struct {
		rule  PlaceRule
		sev   fault.Severity
		limit int
	}{{PlaceFoodSmoke, fault.Blocking, f.lim.FoodPerfume}, {PlaceFoodTextile, fault.Warning, f.lim.FoodTextile}, {PlaceSmokeCloth, fault.Warning, f.lim.SmokeTextile}} {
		if w, ok := closest[r.rule]; ok {
			add(r.rule, r.sev, w.other, w.gap, r.limit)
		}
	}
}

func (s *Placing) judgeNeighbours(f *floor, at []*Occupant, i int, o *Occupant, add addFinding) {
	beside, together := false, 0
	for _, n := range f.neighbours[i] {
		who := at[n.Index]
		if who == nil || who.ID == o.ID {
			continue
		}
		if n.Side && who.Craft == o.Craft && who.Area == o.Area && (o.Association == 0 || who.Association != o.Association) {
			add(PlaceSameCraft, fault.Warning, s.Plan.Booths[n.Index].ID, 0, 0)
		}
		beside = beside || o.Association != 0 && who.Association == o.Association
	}
	if o.Association == 0 {
		return
	}
	for _, who := range at {
		if who != nil && who.ID != o.ID && who.Association == o.Association {
			together++
		}
	}
	if together > 0 && !beside {
		add(PlaceApart, fault.Warning, 0, together, 0)
	}
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

// Placement is the booth of one participation, which belongs to one wave. The database holds one placement for each booth of a hall and wave, and one for each
// participation: of two who place at the same moment one is told.
type Placement struct {
	ID, Version     int64
	ExhibitionID    int64
	Wave            int // as in Participation
	HallID          int64
	Booth           int
	ParticipationID int64
	Locked          bool // stays where it is until somebody unlocks it; the planner does not move it either
	By              int64
	At              time.Time
}

// Move puts the exhibitor into another booth; a locked placement stays.
func (s *Placement) Move(hall int64, booth int) error {
	if s.Locked {
		return fault.New(fault.State, "error.place.locked")
	}
	s.HallID, s.Booth = hall, booth
	return nil
}
