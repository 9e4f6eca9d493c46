package exhibition

import (
	"cmp"
	"math"
	"slices"

	"muntija/internal/fault"
)

// Limits are the measures that a plan is checked against, in mm unless said. 0 stands for the usual value, so that a plan says only what its own authority asked
// for. They are the organiser's defaults and no legal advice: civil defence of the place decides.
type Limits struct {
	Aisle        int  `json:"aisle,omitempty"`         // between the open side of a booth and what stands opposite
	MainAisle    int  `json:"main_aisle,omitempty"`    // the same, below which it is only advised against
	Passage      int  `json:"passage,omitempty"`       // the narrowest gap that a person walks through
	ExitReach    int  `json:"exit_reach,omitempty"`    // the way from a booth to the nearest exit
	DeadEnd      int  `json:"dead_end,omitempty"`      // how far one may have to walk back
	ExitClear    int  `json:"exit_clear,omitempty"`    // depth kept free before every door
	Route        int  `json:"route,omitempty"`         // width of the way for wheelchairs
	Cable        int  `json:"cable,omitempty"`         // from a booth to its power point
	Hose         int  `json:"hose,omitempty"`          // from a booth to its water point
	FoodPerfume  int  `json:"food_perfume,omitempty"`  // between food and incense or perfume, when placing
	FoodTextile  int  `json:"food_textile,omitempty"`  // between food and textiles
	SmokeTextile int  `json:"smoke_textile,omitempty"` // between incense or perfume and textiles
	HeavyLoading int  `json:"heavy_loading,omitempty"` // from a loading door to a booth with heavy goods
	People       int  `json:"people,omitempty"`        // at the busiest hour; 0 leaves the number and width of exits unchecked
	NoDeadEnds   bool `json:"no_dead_ends,omitempty"`  // a hall without walls on some side, such as a garden: dead ends are not looked for
}

// usual is what stands for 0. Sources:
//   - Aisle 2.1 m: gangways between stands at trade shows in temporary structures are to be four units of exit wide (2.1 m). MainAisle 3.05 m: halls of North America
//     ask for ten feet.
//   - Passage 915 mm and Route 1,525 mm: 36 in. is the least width of an accessible route (UFAS and ADA 403.5.1), 60 in. lets two wheelchairs pass or one turn.
//   - ExitReach 61 m and DeadEnd 6.1 m: 200 ft and 20 ft, NFPA 101 for assembly without sprinklers. In a tent, 24 m is usual.
//   - exits: 5 mm of door for a person (NFPA 101, 7.3.3.1: 0.2 in.), two from 50 people, three above 500, four above 1,000 (7.4.1.2).
//   - the distances between goods are our own, from the rule that food stands away from incense and textiles.
var usual = Limits{Aisle: 2100, MainAisle: 3050, Passage: 915, ExitReach: 61_000, DeadEnd: 6_100, ExitClear: 2000, Route: 1525, Cable: 30_000, Hose: 20_000,
	FoodPerfume: 8_000, FoodTextile: 3_000, SmokeTextile: 4_000, HeavyLoading: 40_000}

// exitMM is the width of exits for each person, in mm.
const exitMM = 5

// Or returns the limits with the usual values in place of 0.
func (l Limits) Or() Limits {
	have, want := l.fields(), usual.fields()
	for i := range have {
		if *have[i].value == 0 {
			*have[i].value = *want[i].value
		}
	}
	return l
}

// LimitField names one measure of Limits for a form.
type LimitField struct {
	Name      string // as in JSON
	Value     int    // as set, 0 for the usual
	Usual     int
	Low, High int
}

type limitField struct {
	name      string
	value     *int
	low, high int
}

func (l *Limits) fields() []limitField {
	return []limitField{
		{"aisle", &l.Aisle, 900, 10_000}, {"main_aisle", &l.MainAisle, 900, 20_000}, {"passage", &l.Passage, 600, 5_000}, {"exit_reach", &l.ExitReach, 5_000, 200_000},
		{"dead_end", &l.DeadEnd, 1_000, 50_000}, {"exit_clear", &l.ExitClear, 500, 10_000}, {"route", &l.Route, 800, 5_000}, {"cable", &l.Cable, 1_000, 200_000},
		{"hose", &l.Hose, 1_000, 200_000}, {"food_perfume", &l.FoodPerfume, 1, 100_000}, {"food_textile", &l.FoodTextile, 1, 100_000},
		{"smoke_textile", &l.SmokeTextile, 1, 100_000}, {"heavy_loading", &l.HeavyLoading, 1_000, 500_000},
	}
}

// Fields returns the measures in the order of display.
func (l Limits) Fields() []LimitField {
	u := usual.fields()
	out := make([]LimitField, 0, len(u))
	for i, f := range l.fields() {
		out = append(out, LimitField{Name: f.name, Value: *f.value, Usual: *u[i].value, Low: f.low, High: f.high})
	}
	return out
}

// Set changes one measure by its name; false for an unknown one.
func (l *Limits) Set(name string, v int) bool {
	for _, f := range l.fields() {
		if f.name == name {
			*f.value = v
			return true
		}
	}
	return false
}

func (l *Limits) problems(list *problemList) {
	for _, f := range l.fields() {
		if *f.value != 0 && (*f.value < f.low || *f.value > f.high) {
			list.add("limits."+f.name, "problem.range", f.low, f.high)
		}
	}
	if l.People < 0 || l.People > 200_000 {
		list.add("limits.people", "problem.range", 0, 200_000)
	}
}

// PlanRule names what a finding is about. Its text is the end of the message key "plan.rule.…".
type PlanRule string

// The rules of a plan.
const (
	RuleOverlap        PlanRule = "overlap"         // two booths stand on the same floor
	RuleOutside        PlanRule = "outside"         // a booth is not wholly in the hall
	RuleColumn         PlanRule = "column"          // a booth stands on something built
	RuleWall           PlanRule = "wall"            // a booth stands on a wall
	RuleAisleBlocked   PlanRule = "aisle_blocked"   // a booth stands in an aisle
	RuleAisleNarrow    PlanRule = "aisle_narrow"    // a drawn aisle is narrower than the limit
	RuleGangway        PlanRule = "gangway"         // too little room before the open side of a booth
	RuleGangwayAdvice  PlanRule = "gangway_advice"  // the same against the wider limit
	RuleClosed         PlanRule = "closed"          // a booth has no open side
	RuleNoExit         PlanRule = "no_exit"         // nobody can leave the hall
	RuleExitCount      PlanRule = "exit_count"      // too few exits for the people
	RuleExitWidth      PlanRule = "exit_width"      // exits too narrow for the people
	RuleDoorOff        PlanRule = "door_off"        // a door is in no wall
	RuleDoorBlocked    PlanRule = "door_blocked"    // something stands before a door
	RuleEnclosed       PlanRule = "enclosed"        // no way from a booth to an exit
	RuleExitReach      PlanRule = "exit_reach"      // the way to the nearest exit is too long
	RuleDeadEnd        PlanRule = "dead_end"        // a gangway that ends
	RuleRouteBlocked   PlanRule = "route_blocked"   // the drawn way for wheelchairs is too narrow
	RuleWheelchair     PlanRule = "wheelchair"      // an accessible booth that a wheelchair cannot come to
	RulePower          PlanRule = "power"           // a type that needs power has none
	RuleWater          PlanRule = "water"           // a type that needs water has none
	RuleCable          PlanRule = "cable"           // the power point is too far
	RuleHose           PlanRule = "hose"            // the water point is too far
	RuleLoad           PlanRule = "load"            // the booths take more than the points give
	RuleSize           PlanRule = "size"            // not the size of its type
	RuleZoneOverlap    PlanRule = "zone_overlap"    // two countries' pavilions overlap
	RuleServiceOutside PlanRule = "service_outside" // a point of supply is outside of the hall
)

// PlanRules returns the rules in the order of the report.
func PlanRules() []PlanRule {
	return []PlanRule{RuleOverlap, RuleOutside, RuleColumn, RuleWall, RuleAisleBlocked, RuleAisleNarrow, RuleGangway, RuleGangwayAdvice, RuleClosed, RuleNoExit,
		RuleExitCount, RuleExitWidth, RuleDoorOff, RuleDoorBlocked, RuleEnclosed, RuleExitReach, RuleDeadEnd, RuleRouteBlocked, RuleWheelchair, RulePower, RuleWater,
		RuleCable, RuleHose, RuleLoad, RuleSize, RuleZoneOverlap, RuleServiceOutside}
}

// Unit says what the numbers of a finding count. Its text is the end of a message key.
type Unit string

// The units.
const (
	NoUnit  Unit = ""
	Length  Unit = "mm"
	Watts   Unit = "w"
	Persons Unit = "people"
	Pieces  Unit = "pieces"
)

// Finding is one thing that a check found, with what was measured, what is asked and where.
type Finding struct {
	Rule     PlanRule       `json:"rule"`
	Severity fault.Severity `json:"severity"` // Blocking: the plan cannot be released; Warning: look at it
	IDs      []int          `json:"ids"`      // of the elements, the first being the one to move
	Codes    []string       `json:"codes,omitempty"`
	Value    int            `json:"value"` // what was measured
	Limit    int            `json:"limit"` // what is asked
	Unit     Unit           `json:"unit,omitempty"`
	At       Point          `json:"at"`
}

// tolerance is what drawings may overlap without being wrong, in mm: corners of turned booths are rounded.
const tolerance = 4

// checker holds what the checks share: corners are computed once, neighbours are found by a raster of 4 m.
type checker struct {
	p       *Plan
	lim     Limits
	corners [][4]Point
	boxes   []box
	cells   map[[2]int][]int // booths by the cells their box touches
	built   []segment        // outline, walls and columns
	found   []Finding
}

// segment is an edge of something built, with the number of what it belongs to.
type segment struct {
	a, b Point
	id   int
}

const cellMM = 4_000

func newChecker(p *Plan) *checker {
	c := &checker{p: p, lim: p.Limits.Or(), cells: make(map[[2]int][]int, len(p.Booths)*2)}
	c.corners = make([][4]Point, len(p.Booths))
	c.boxes = make([]box, len(p.Booths))
	for i := range p.Booths {
		c.corners[i] = p.Booths[i].Corners()
		c.boxes[i] = bounds(c.corners[i][:])
		eachCell(c.boxes[i], func(key [2]int) { c.cells[key] = append(c.cells[key], i) })
	}
	edges := func(poly []Point, id int) {
		for i, a := range poly {
			c.built = append(c.built, segment{a, poly[(i+1)%len(poly)], id})
		}
	}
	edges(p.Outline, 0)
	for i := range p.Walls {
		w := p.Walls[i].polygon(0)
		edges(w[:], p.Walls[i].ID)
	}
	for i := range p.Columns {
		k := p.Columns[i].corners()
		edges(k[:], p.Columns[i].ID)
	}
	return c
}

func eachCell(b box, fn func([2]int)) {
	for y := floorDiv(b.y0, cellMM); y <= floorDiv(b.y1, cellMM); y++ {
		for x := floorDiv(b.x0, cellMM); x <= floorDiv(b.x1, cellMM); x++ {
			fn([2]int{x, y})
		}
	}
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// polygon is the wall's floor, at least thick mm thick.
func (w *Wall) polygon(thick int) [4]Point {
	dx, dy := float64(w.B.X-w.A.X), float64(w.B.Y-w.A.Y)
	l := math.Hypot(dx, dy)
	if l == 0 {
		l = 1
	}
	half := float64(max(w.Thick, thick)) / 2
	nx, ny := int(math.Round(-dy/l*half)), int(math.Round(dx/l*half))
	return [4]Point{{w.A.X + nx, w.A.Y + ny}, {w.B.X + nx, w.B.Y + ny}, {w.B.X - nx, w.B.Y - ny}, {w.A.X - nx, w.A.Y - ny}}
}

// near calls fn once for each booth whose box may meet b, in the order of the plan.
func (c *checker) near(b box, fn func(i int)) {
	var list []int
	eachCell(b, func(key [2]int) { list = append(list, c.cells[key]...) })
	slices.Sort(list)
	for _, i := range slices.Compact(list) {
		if c.boxes[i].meets(b) {
			fn(i)
		}
	}
}

func (c *checker) add(rule PlanRule, sev fault.Severity, value, limit int, unit Unit, at Point, ids ...int) {
	c.found = append(c.found, Finding{Rule: rule, Severity: sev, IDs: ids, Value: value, Limit: limit, Unit: unit, At: at})
}

// Check returns everything that is wrong or unwise in a plan that [Plan.Problems] accepts, in the order of the rules and then of the booths. It is computed from the
// drawing alone; the same plan gives the same list. Distances walked are measured on a raster (see plan_reach.go) and up to 8 % too long, never too short by
// more than a cell.
func (p *Plan) Check() []Finding {
	c := newChecker(p)
	c.booths()
	c.doors()
	c.drawn()
	c.supply()
	c.reach()
	codes := make(map[int]string, len(p.Booths))
	for i := range p.Booths {
		codes[p.Booths[i].ID] = p.Booths[i].Code
	}
	for i := range c.found {
		f := &c.found[i]
		for _, id := range f.IDs {
			if code, ok := codes[id]; ok {
				f.Codes = append(f.Codes, code)
			}
		}
	}
	rank := map[PlanRule]int{}
	for i, r := range PlanRules() {
		rank[r] = i
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(rank[a.Rule], rank[b.Rule]))
	})
	return c.found
}

// Blocked reports how many findings stand against releasing the plan.
func Blocked(found []Finding) (n int) {
	for _, f := range found {
		if f.Severity == fault.Blocking {
			n++
		}
	}
	return n
}

func (c *checker) booths() {
	p := c.p
	type drawn struct {
		id   int
		poly [4]Point
		box  box
	}
	var columns, walls []drawn
	for i := range p.Columns {
		k := p.Columns[i].corners()
		columns = append(columns, drawn{p.Columns[i].ID, k, bounds(k[:])})
	}
	for i := range p.Walls {
		k := p.Walls[i].polygon(0)
		walls = append(walls, drawn{p.Walls[i].ID, k, bounds(k[:])})
	}
	for i := range p.Booths {
		b, at := &p.Booths[i], Point{p.Booths[i].X, p.Booths[i].Y}
		poly := c.corners[i][:]
		c.near(c.boxes[i], func(j int) {
			if j <= i {
				return
			}
			if d := depth(poly, c.corners[j][:]); d > tolerance {
				c.add(RuleOverlap, fault.Blocking, int(math.Round(d)), 0, Length, between2(at, Point{p.Booths[j].X, p.Booths[j].Y}), b.ID, p.Booths[j].ID)
			}
		})
		if !insidePolygon(p.Outline, poly) {
			shrunk := rectangle(b.X, b.Y, b.Width-2*tolerance, b.Depth-2*tolerance, b.Angle)
			if !insidePolygon(p.Outline, shrunk[:]) {
				c.add(RuleOutside, fault.Blocking, 0, 0, NoUnit, at, b.ID)
			}
		}
		for _, k := range columns {
			if k.box.meets(c.boxes[i]) {
				if d := depth(poly, k.poly[:]); d > tolerance {
					c.add(RuleColumn, fault.Blocking, int(math.Round(d)), 0, Length, at, b.ID, k.id)
				}
			}
		}
		for _, k := range walls {
			if k.box.meets(c.boxes[i]) {
				if d := depth(poly, k.poly[:]); d > tolerance {
					c.add(RuleWall, fault.Blocking, int(math.Round(d)), 0, Length, at, b.ID, k.id)
				}
			}
		}
		for k := range p.Aisles {
			if a := &p.Aisles[k]; overlapsArea(a.Area, poly) {
				c.add(RuleAisleBlocked, fault.Blocking, 0, 0, NoUnit, at, b.ID, a.ID)
			}
		}
		if b.Open == 0 {
			c.add(RuleClosed, fault.Blocking, 0, 0, NoUnit, at, b.ID)
		}
		for _, f := range faceLetters {
			if b.Open&f.face != 0 {
				c.gangway(i, f.face)
			}
		}
		kind, _ := b.Type.Kind()
		if !kind.FreeSize && (b.Width != kind.Width || b.Depth != kind.Depth) && (b.Width != kind.Depth || b.Depth != kind.Width) {
			c.add(RuleSize, fault.Warning, b.Width, kind.Width, Length, at, b.ID)
		}
	}
}

// overlapsArea reports whether a convex polygon and an area, which may be of any shape, share floor by more than the tolerance.
func overlapsArea(area, poly []Point) bool {
	if !bounds(area).meets(bounds(poly)) {
		return false
	}
	m := middle(poly)
	shrunk := make([]Point, len(poly))
	for i, q := range poly { // towards the middle by the tolerance, so that a common edge is no overlap
		shrunk[i] = Point{q.X + sign(int64(m.X-q.X))*tolerance, q.Y + sign(int64(m.Y-q.Y))*tolerance}
	}
	for i, a := range shrunk {
		if inPolygon(area, a) > 0 {
			return true
		}
		b := shrunk[(i+1)%len(shrunk)]
		for j, q := range area {
			if crossing(a, b, q, area[(j+1)%len(area)]) {
				return true
			}
		}
	}
	return inConvex(shrunk, area[0])
}

func between2(a, b Point) Point { return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2} }

// lateral is how far from the ends of an open side a thing may reach into it, in mm: the thickness of partitions and the rounding of corners.
const lateral = 60

// gangway measures the room before one open side, across its whole length: the nearest edge of anything that stands there.
func (c *checker) gangway(i int, f Face) {
	b := &c.p.Booths[i]
	from, to := b.side(f)
	ux, uy := float64(to.X-from.X), float64(to.Y-from.Y)
	l := math.Hypot(ux, uy)
	if l < 1 {
		return
	}
	ux, uy = ux/l, uy/l
	vx, vy := -uy, ux // outwards; see Booth.side
	reach := float64(max(c.lim.Aisle, c.lim.MainAisle))
	gap, by := reach, 0
	look := func(a, q Point, id int, middle *Point) {
		if middle != nil && before(*middle, from, vx, vy) < 0 && max(before(a, from, vx, vy), before(q, from, vx, vy)) <= tolerance {
			return // of one that stands beside
		}
		if v, ok := clip(a, q, from, ux, uy, vx, vy, lateral, l-lateral); ok && v < gap {
			gap, by = v, id
		}
	}
	far := []Point{from, to, {from.X + int(vx*reach), from.Y + int(vy*reach)}, {to.X + int(vx*reach), to.Y + int(vy*reach)}}
	area := bounds(far)
	for _, s := range c.built {
		if area.meets(bounds([]Point{s.a, s.b})) {
			look(s.a, s.b, s.id, nil)
		}
	}
	c.near(area, func(j int) {
		if j == i {
			return
		}
		k, m := c.corners[j], Point{c.p.Booths[j].X, c.p.Booths[j].Y}
		for n := range k {
			look(k[n], k[(n+1)%4], c.p.Booths[j].ID, &m)
		}
	})
	rule, sev, limit := RuleGangway, fault.Blocking, c.lim.Aisle
	value := int(math.Round(gap))
	switch {
	case value >= max(c.lim.Aisle, c.lim.MainAisle):
		return
	case value >= c.lim.Aisle:
		rule, sev, limit = RuleGangwayAdvice, fault.Warning, c.lim.MainAisle
	}
	at := Point{(from.X+to.X)/2 + int(vx*gap/2), (from.Y+to.Y)/2 + int(vy*gap/2)}
	ids := []int{b.ID}
	if by != 0 {
		ids = append(ids, by)
	}
	c.add(rule, sev, value, limit, Length, at, ids...)
}

// before is how far a point is before the line of an open side.
func before(p, origin Point, vx, vy float64) float64 {
	return float64(p.X-origin.X)*vx + float64(p.Y-origin.Y)*vy
}

// clip returns the least v of the part of a segment that lies at low ≤ u ≤ high and v ≥ -tolerance, where u runs along the side from origin and v away from it.
func clip(a, b, origin Point, ux, uy, vx, vy, low, high float64) (float64, bool) {
	ax, ay := float64(a.X-origin.X), float64(a.Y-origin.Y)
	bx, by := float64(b.X-origin.X), float64(b.Y-origin.Y)
	u0, v0, u1, v1 := ax*ux+ay*uy, ax*vx+ay*vy, bx*ux+by*uy, bx*vx+by*vy
	if max(v0, v1) < -tolerance || max(u0, u1) <= low || min(u0, u1) >= high {
		return 0, false
	}
	t0, t1 := 0.0, 1.0
	part := func(start, end, limit float64, below bool) { // keeps the t at which the coordinate is above or below a limit
		d := end - start
		if d == 0 {
			return
		}
		t := (limit - start) / d
		if (d > 0) == below {
			t1 = min(t1, t)
		} else {
			t0 = max(t0, t)
		}
	}
	part(u0, u1, low, false)
	part(u0, u1, high, true)
	part(v0, v1, -tolerance, false)
	if t0 > t1 {
		return 0, false
	}
	return max(0, min(v0+(v1-v0)*t0, v0+(v1-v0)*t1)), true
}

// drawn checks what is drawn besides booths and doors: aisles, routes, zones.
func (c *checker) drawn() {
	for i := range c.p.Aisles {
		a := &c.p.Aisles[i]
		if w := narrowest(a.Area); w < float64(c.lim.Aisle) {
			c.add(RuleAisleNarrow, fault.Blocking, int(w), c.lim.Aisle, Length, middle(a.Area), a.ID)
		}
	}
	for i := range c.p.Zones {
		for j := i + 1; j < len(c.p.Zones); j++ {
			a, b := &c.p.Zones[i], &c.p.Zones[j]
			if a.Kind == CountryZone && b.Kind == CountryZone && shareFloor(a.Area, b.Area) {
				c.add(RuleZoneOverlap, fault.Warning, 0, 0, NoUnit, middle(a.Area), a.ID, b.ID)
			}
		}
	}
	for i := range c.p.Routes {
		r := &c.p.Routes[i]
		for k := 1; k < len(r.Points); k++ {
			a, b := r.Points[k-1], r.Points[k]
			least, by := float64(c.lim.Route)/2, 0
			area := bounds([]Point{a, b}).grown(c.lim.Route)
			for _, s := range c.built {
				if c.doorAt(a, b, s) {
					continue
				}
				if d := segmentDistance(a, b, s.a, s.b); d < least {
					least, by = d, s.id
				}
			}
			c.near(area, func(j int) {
				q := c.corners[j]
				for n := range q {
					if d := segmentDistance(a, b, q[n], q[(n+1)%4]); d < least {
						least, by = d, c.p.Booths[j].ID
					}
				}
				if inConvex(q[:], a) {
					least, by = 0, c.p.Booths[j].ID
				}
			})
			if least*2 < float64(c.lim.Route)-tolerance {
				ids := []int{r.ID}
				if by != 0 {
					ids = append(ids, by)
				}
				c.add(RuleRouteBlocked, fault.Blocking, int(least*2), c.lim.Route, Length, between2(a, b), ids...)
			}
		}
	}
}

// doorAt reports whether a way passes through a door of the wall that s is an edge of, or ends in it.
func (c *checker) doorAt(a, b Point, s segment) bool {
	for i := range c.p.Doors {
		d := &c.p.Doors[i]
		if distance(d.At, s.a, s.b) <= doorReach && distance(d.At, a, b) <= float64(d.Width)/2 {
			return true
		}
	}
	return false
}

// shareFloor reports whether two areas of any shape share floor: their edges cross, or a corner or the middle of an edge of one lies in the other.
func shareFloor(a, b []Point) bool {
	if !bounds(a).meets(bounds(b)) {
		return false
	}
	for i, p := range a {
		q := a[(i+1)%len(a)]
		for j, r := range b {
			if crossing(p, q, r, b[(j+1)%len(b)]) {
				return true
			}
		}
	}
	into := func(in, of []Point) bool {
		for i, p := range of {
			if inPolygon(in, p) > 0 || inPolygon(in, between2(p, of[(i+1)%len(of)])) > 0 {
				return true
			}
		}
		return inPolygon(in, middle(of)) > 0 && inPolygon(of, middle(of)) > 0
	}
	return into(a, b) || into(b, a)
}

// narrowest is the least extent of an area over the directions of its edges: the width of a strip.
func narrowest(area []Point) float64 {
	least := math.Inf(1)
	for i, p := range area {
		q := area[(i+1)%len(area)]
		nx, ny := int64(p.Y-q.Y), int64(q.X-p.X)
		low, high := project(area, nx, ny)
		least = min(least, float64(high-low)/math.Hypot(float64(nx), float64(ny)))
	}
	return least
}

// supply checks power and water: what a type needs, how far it is led, and how much is taken.
func (c *checker) supply() {
	var power, water []Point
	give, known := 0, true
	for i := range c.p.Services {
		s := &c.p.Services[i]
		if inPolygon(c.p.Outline, s.At) < 0 {
			c.add(RuleServiceOutside, fault.Warning, 0, 0, NoUnit, s.At, s.ID)
		}
		if s.Kind == WaterPoint {
			water = append(water, s.At)
			continue
		}
		power = append(power, s.At)
		give += s.Watts
		known = known && s.Watts > 0
	}
	take, first := 0, 0
	for i := range c.p.Booths {
		b, at := &c.p.Booths[i], Point{c.p.Booths[i].X, c.p.Booths[i].Y}
		kind, _ := b.Type.Kind()
		if kind.Power && b.PowerW == 0 {
			c.add(RulePower, fault.Blocking, 0, 0, NoUnit, at, b.ID)
		}
		if kind.Water && !b.Water {
			c.add(RuleWater, fault.Blocking, 0, 0, NoUnit, at, b.ID)
		}
		if b.PowerW > 0 {
			take += b.PowerW
			if first == 0 {
				first = b.ID
			}
			if d := nearest(power, c.corners[i][:]); d > float64(c.lim.Cable) {
				c.add(RuleCable, fault.Warning, length(d), c.lim.Cable, Length, at, b.ID)
			}
		}
		if b.Water {
			if d := nearest(water, c.corners[i][:]); d > float64(c.lim.Hose) {
				c.add(RuleHose, fault.Warning, length(d), c.lim.Hose, Length, at, b.ID)
			}
		}
	}
	if known && len(power) > 0 && take > give {
		c.add(RuleLoad, fault.Blocking, take, give, Watts, power[0], first)
	}
}

// length is a distance in whole mm; no way at all is 0.
func length(d float64) int {
	if math.IsInf(d, 1) {
		return 0
	}
	return int(math.Round(d))
}

func nearest(points []Point, poly []Point) float64 {
	least := math.Inf(1)
	for _, p := range points {
		for i, a := range poly {
			least = min(least, distance(p, a, poly[(i+1)%len(poly)]))
		}
	}
	return least
}
