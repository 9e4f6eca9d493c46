package exhibition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// Plan is the drawing of a hall to scale: what is built, and the booths that stand in it. All lengths are whole mm, x to the right and y down, at most
// [MaxCoordinate] from the origin. Every element has a number that is its own in the plan and stays in later versions of it.
//
// The JSON that [Plan.JSON] writes and [ParsePlan] reads is the format for exchange; see [PlanFormat]. What a plan says about safety is computed, never
// stored: [Plan.Check].
type Plan struct {
	Format   string    `json:"format"` // PlanFormat
	Outline  []Point   `json:"outline"`
	Walls    []Wall    `json:"walls,omitempty"`
	Columns  []Column  `json:"columns,omitempty"`
	Doors    []Door    `json:"doors,omitempty"`
	Aisles   []Aisle   `json:"aisles,omitempty"`
	Services []Service `json:"services,omitempty"`
	Routes   []Route   `json:"routes,omitempty"`
	Zones    []Zone    `json:"zones,omitempty"`
	Booths   []Booth   `json:"booths,omitempty"`
	Limits   Limits    `json:"limits"`
}

// PlanFormat names the exchange format and its version. A reader refuses other versions; a new version of the format gets a reader that turns the old one into it.
//
//	{"format": "muntija-plan/1",
//	 "outline": [[0,0],[80000,0],[80000,50000],[0,50000]],                 the floor, mm, closed by itself
//	 "walls":    [{"id":1,"a":[0,20000],"b":[9000,20000],"thick":150}],
//	 "columns":  [{"id":2,"x":20000,"y":25000,"w":600,"d":600,"angle":0}],  x, y the middle
//	 "doors":    [{"id":3,"kind":"entrance|exit|both|loading","at":[40000,0],"width":3000}],
//	 "aisles":   [{"id":4,"area":[[…],…]}],                                nothing may stand in it
//	 "services": [{"id":5,"kind":"power|water","at":[0,9000],"watts":22000}],
//	 "routes":   [{"id":6,"points":[[…],…]}],                              the way for wheelchairs
//	 "zones":    [{"id":7,"kind":"country","party":"QA","title":{"ar":"…","en":"…"},"area":[[…],…]}],
//	 "booths":   [{"id":8,"code":"A-1","type":"stand_3x3","x":2000,"y":2000,"w":3000,"d":3000,"angle":90,"open":"FR","power":2000,"water":true,"accessible":true}],
//	 "limits":   {"aisle":2100,"passage":915,"exit_reach":61000,…}}         see Limits; 0 is the usual
const PlanFormat = "muntija-plan/1"

// Wall is a wall inside of the outline.
type Wall struct {
	ID    int   `json:"id"`
	A     Point `json:"a"`
	B     Point `json:"b"`
	Thick int   `json:"thick"`
}

// Column is something built that stands in the floor: a column, a stair, a fountain.
type Column struct {
	ID    int `json:"id"`
	X     int `json:"x"`
	Y     int `json:"y"`
	Width int `json:"w"`
	Depth int `json:"d"`
	Angle int `json:"angle,omitempty"`
}

func (c *Column) corners() [4]Point { return rectangle(c.X, c.Y, c.Width, c.Depth, c.Angle) }

// DoorKind says what an opening is for. Its text is stored.
type DoorKind string

// The kinds. People leave by exits and by doors that are both; goods come by loading doors, which do not count as a way out.
const (
	Entrance DoorKind = "entrance"
	Exit     DoorKind = "exit"
	BothWays DoorKind = "both"
	Loading  DoorKind = "loading"
)

// DoorKinds returns the kinds in the order of display.
func DoorKinds() []DoorKind { return []DoorKind{Entrance, Exit, BothWays, Loading} }

// Door is an opening in the outline or in a wall.
type Door struct {
	ID    int      `json:"id"`
	Kind  DoorKind `json:"kind"`
	At    Point    `json:"at"` // the middle
	Width int      `json:"width"`
}

// Out reports whether people may leave by the door.
func (d *Door) Out() bool { return d.Kind == Exit || d.Kind == BothWays }

// In reports whether visitors come in by the door.
func (d *Door) In() bool { return d.Kind == Entrance || d.Kind == BothWays }

// Aisle is a part of the floor that is kept free.
type Aisle struct {
	ID   int     `json:"id"`
	Area []Point `json:"area"`
}

// ServiceKind is what a point of supply gives. Its text is stored.
type ServiceKind string

// The kinds.
const (
	PowerPoint ServiceKind = "power"
	WaterPoint ServiceKind = "water"
)

// Service is a point from which power or water is led to booths.
type Service struct {
	ID    int         `json:"id"`
	Kind  ServiceKind `json:"kind"`
	At    Point       `json:"at"`
	Watts int         `json:"watts,omitempty"` // what a power point can give; 0 if it is not known
}

// Route is a way for wheelchairs, drawn as a line along its middle.
type Route struct {
	ID     int     `json:"id"`
	Points []Point `json:"points"`
}

// ZoneKind says whom a part of the hall is for. Its text is stored.
type ZoneKind string

// The kinds.
const (
	CountryZone       ZoneKind = "country"
	AreaZone          ZoneKind = "area" // a governorate or municipality, such as a guest of honour
	AssociationZone   ZoneKind = "association"
	DisabilityZone    ZoneKind = "disability"
	FoodZone          ZoneKind = "food"
	PerfumeZone       ZoneKind = "perfume"
	DemonstrationZone ZoneKind = "demonstration"
	OtherZone         ZoneKind = "other"
)

// ZoneKinds returns the kinds in the order of display.
func ZoneKinds() []ZoneKind {
	return []ZoneKind{CountryZone, AreaZone, AssociationZone, DisabilityZone, FoodZone, PerfumeZone, DemonstrationZone, OtherZone}
}

// Zone is a part of the hall with a purpose: a pavilion of a country, the food court.
type Zone struct {
	ID    int           `json:"id"`
	Kind  ZoneKind      `json:"kind"`
	Party place.Country `json:"party,omitempty"` // of a country's pavilion
	Place string        `json:"place,omitempty"` // area code, of an area's
	Title Label         `json:"title"`
	Area  []Point       `json:"area"`
}

// ZonesOf returns the zones that the middle of a booth lies in, in the order of the plan.
func (p *Plan) ZonesOf(b *Booth) []*Zone {
	var out []*Zone
	for i := range p.Zones {
		if inPolygon(p.Zones[i].Area, Point{b.X, b.Y}) >= 0 {
			out = append(out, &p.Zones[i])
		}
	}
	return out
}

// BoothByID returns a booth of the plan, nil if it has none such.
func (p *Plan) BoothByID(id int) *Booth {
	for i := range p.Booths {
		if p.Booths[i].ID == id {
			return &p.Booths[i]
		}
	}
	return nil
}

// AreaM2 returns the floor in whole m².
func (p *Plan) AreaM2() int { return int(area2(p.Outline) / 2 / 1_000_000) }

// Sizes that a plan may have. They bound what a hostile file can make the checks do.
const (
	MaxCoordinate = 1_000_000 // 1 km
	MaxBooths     = 2_000
	maxElements   = 1_000 // of every other kind
	maxCorners    = 200   // of one polygon
	MaxPlanBytes  = 2 << 20
	minHallM2     = 4
	maxHallM2     = 100_000
)

// NewPlan returns an empty rectangular hall of a size in mm.
func NewPlan(width, depth int) *Plan {
	return &Plan{Format: PlanFormat, Outline: []Point{{0, 0}, {width, 0}, {width, depth}, {0, depth}}}
}

// NextID returns a number that no element has.
func (p *Plan) NextID() int {
	top := 0
	for id := range p.elements() {
		top = max(top, id)
	}
	return top + 1
}

// elements yields the number and the form name of every element that has one.
func (p *Plan) elements() func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		put := func(kind string, n int, id func(i int) int) bool {
			for i := range n {
				if !yield(id(i), fmt.Sprintf("%s[%d]", kind, i)) {
					return false
				}
			}
			return true
		}
		_ = put("walls", len(p.Walls), func(i int) int { return p.Walls[i].ID }) &&
			put("columns", len(p.Columns), func(i int) int { return p.Columns[i].ID }) &&
			put("doors", len(p.Doors), func(i int) int { return p.Doors[i].ID }) &&
			put("aisles", len(p.Aisles), func(i int) int { return p.Aisles[i].ID }) &&
			put("services", len(p.Services), func(i int) int { return p.Services[i].ID }) &&
			put("routes", len(p.Routes), func(i int) int { return p.Routes[i].ID }) &&
			put("zones", len(p.Zones), func(i int) int { return p.Zones[i].ID }) &&
			put("booths", len(p.Booths), func(i int) int { return p.Booths[i].ID })
	}
}

// JSON returns the plan in the exchange format, the same bytes for the same plan.
func (p *Plan) JSON() ([]byte, error) {
	p.Format = PlanFormat
	return json.Marshal(p)
}

// ParsePlan reads the exchange format. The error is of kind TooLarge or Invalid; an Invalid one of a drawing that could be read carries problems whose fields
// name the element, such as "booths[3].code".
func ParsePlan(b []byte) (*Plan, error) {
	if len(b) > MaxPlanBytes {
		return nil, fault.New(fault.TooLarge, "error.too_large")
	}
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "error.plan.format")
	}
	if head.Format != PlanFormat {
		return nil, fault.New(fault.Invalid, "error.plan.version", PlanFormat)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var p Plan
	if err := dec.Decode(&p); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "error.plan.format")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fault.New(fault.Invalid, "error.plan.format")
	}
	if ps := p.Problems(); ps.Err() != nil {
		return nil, ps.Err()
	}
	return &p, nil
}

var codeShape = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._/-]{0,11}$`)

// NormalCode returns a booth code as it is compared: "a-12 " and "A-12" are one.
func NormalCode(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

// maxReported bounds how many problems of a hostile file are told.
const maxReported = 50

// problemList collects problems up to a bound.
type problemList struct{ fault.Problems }

func (l *problemList) add(field, key string, args ...any) {
	if len(l.Problems) < maxReported {
		l.Problems.Add(field, key, args...)
	}
}

func (l *problemList) point(field string, p Point) {
	if p.X < -MaxCoordinate || p.X > MaxCoordinate || p.Y < -MaxCoordinate || p.Y > MaxCoordinate {
		l.add(field, "problem.plan.coordinate", MaxCoordinate)
	}
}

func (l *problemList) length(field string, v, low, high int) {
	if v < low || v > high {
		l.add(field, "problem.range", low, high)
	}
}

func (l *problemList) angle(field string, v int) { l.length(field, v, 0, 359) }

// polygon reports whether the corners are sound: then it is a closed figure that does not cross itself and has a floor.
func (l *problemList) polygon(field string, poly []Point) bool {
	n := len(l.Problems)
	if len(poly) < 3 || len(poly) > maxCorners {
		l.add(field, "problem.plan.corners", maxCorners)
		return false
	}
	for _, p := range poly {
		l.point(field, p)
	}
	if len(l.Problems) > n {
		return false
	}
	if area2(poly) == 0 {
		l.add(field, "problem.plan.no_floor")
		return false
	}
	if !simple(poly) {
		l.add(field, "problem.plan.crosses_itself")
		return false
	}
	return true
}

func (l *problemList) count(field string, n, limit int) {
	if n > limit {
		l.add(field, "problem.plan.too_many", limit)
	}
}

// Problems returns what makes a drawing no drawing: such a plan cannot be kept. What is unsafe or unwise is found by [Plan.Check].
func (p *Plan) Problems() fault.Problems {
	var l problemList
	if l.polygon("outline", p.Outline) {
		if m2 := area2(p.Outline) / 2 / 1_000_000; m2 < minHallM2 || m2 > maxHallM2 {
			l.add("outline", "problem.plan.area", minHallM2, maxHallM2)
		}
	}
	for _, c := range []struct {
		field string
		n     int
	}{{"walls", len(p.Walls)}, {"columns", len(p.Columns)}, {"doors", len(p.Doors)}, {"aisles", len(p.Aisles)}, {"services", len(p.Services)},
		{"routes", len(p.Routes)}, {"zones", len(p.Zones)}} {
		l.count(c.field, c.n, maxElements)
	}
	l.count("booths", len(p.Booths), MaxBooths)
	if len(l.Problems) > 0 {
		return l.Problems
	}
	ids := map[int]bool{}
	for id, field := range p.elements() {
		if id < 1 || id > 1<<30 {
			l.add(field+".id", "problem.plan.id")
		} else if ids[id] {
			l.add(field+".id", "problem.plan.same_id", id)
		}
		ids[id] = true
	}
	for i := range p.Walls {
		w, at := &p.Walls[i], fmt.Sprintf("walls[%d]", i)
		l.point(at, w.A)
		l.point(at, w.B)
		l.length(at+".thick", w.Thick, 10, 5_000)
		if w.A == w.B {
			l.add(at, "problem.plan.no_length")
		}
	}
	for i := range p.Columns {
		c, at := &p.Columns[i], fmt.Sprintf("columns[%d]", i)
		l.point(at, Point{c.X, c.Y})
		l.length(at+".w", c.Width, 50, 50_000)
		l.length(at+".d", c.Depth, 50, 50_000)
		l.angle(at+".angle", c.Angle)
	}
	for i := range p.Doors {
		d, at := &p.Doors[i], fmt.Sprintf("doors[%d]", i)
		l.point(at, d.At)
		l.length(at+".width", d.Width, 500, 30_000)
		if !slices.Contains(DoorKinds(), d.Kind) {
			l.add(at+".kind", "problem.choice")
		}
	}
	for i := range p.Aisles {
		l.polygon(fmt.Sprintf("aisles[%d]", i), p.Aisles[i].Area)
	}
	for i := range p.Services {
		s, at := &p.Services[i], fmt.Sprintf("services[%d]", i)
		l.point(at, s.At)
		l.length(at+".watts", s.Watts, 0, 10_000_000)
		if s.Kind != PowerPoint && s.Kind != WaterPoint {
			l.add(at+".kind", "problem.choice")
		}
	}
	for i := range p.Routes {
		r, at := &p.Routes[i], fmt.Sprintf("routes[%d]", i)
		if len(r.Points) < 2 || len(r.Points) > maxCorners {
			l.add(at, "problem.plan.corners", maxCorners)
		}
		for _, q := range r.Points {
			l.point(at, q)
		}
	}
	for i := range p.Zones {
		p.Zones[i].problems(&l, fmt.Sprintf("zones[%d]", i))
	}
	codes := map[string]int{}
	for i := range p.Booths {
		b, at := &p.Booths[i], fmt.Sprintf("booths[%d]", i)
		b.problems(&l, at)
		code := NormalCode(b.Code)
		if other, ok := codes[code]; ok {
			l.add(at+".code", "problem.plan.same_code", p.Booths[other].Code)
		}
		codes[code] = i
	}
	p.Limits.problems(&l)
	return l.Problems
}

func (z *Zone) problems(l *problemList, at string) {
	l.polygon(at, z.Area)
	if !slices.Contains(ZoneKinds(), z.Kind) {
		l.add(at+".kind", "problem.choice")
	}
	if z.Party != "" && !z.Party.Valid() || z.Kind == CountryZone && z.Party == "" {
		l.add(at+".party", "problem.choice")
	}
	if _, ok := place.AreaByCode(z.Place); z.Place != "" && !ok || z.Kind == AreaZone && z.Place == "" {
		l.add(at+".place", "problem.choice")
	}
	if len([]rune(z.Title.AR)) > 120 || len([]rune(z.Title.EN)) > 120 {
		l.add(at+".title", "problem.too_long", 120)
	}
}

func (b *Booth) problems(l *problemList, at string) {
	l.point(at, Point{b.X, b.Y})
	l.length(at+".w", b.Width, 500, 60_000)
	l.length(at+".d", b.Depth, 500, 60_000)
	if b.Width%2 != 0 || b.Depth%2 != 0 { // corners are whole mm
		l.add(at+".w", "problem.plan.even")
	}
	l.angle(at+".angle", b.Angle)
	l.length(at+".power", b.PowerW, 0, 1_000_000)
	if _, ok := b.Type.Kind(); !ok {
		l.add(at+".type", "problem.choice")
	}
	if !codeShape.MatchString(b.Code) || strings.TrimSpace(b.Code) != b.Code {
		l.add(at+".code", "problem.plan.code")
	}
	if b.Open > Front|Right|Back|Left {
		l.add(at+".open", "problem.choice")
	}
}
