package exhibition

import (
	"math"
	"slices"

	"muntija/internal/fault"
)

// Stay says who keeps the booth that a person gave them when a hall is laid out. Its text is stored.
type Stay string

// The choices.
const (
	StayAll    Stay = "all"    // everybody who has a booth
	StayLocked Stay = "locked" // who is locked to it
	StayNone   Stay = "none"   // nobody but who is locked: moving somebody costs nothing
)

// Stays returns the choices in the order of display.
func Stays() []Stay { return []Stay{StayAll, StayLocked, StayNone} }

// LayoutTerms are what a proposal for the booths of a hall is asked. The weights are what a breach of each wish costs, in points; 0 leaves a wish out.
type LayoutTerms struct {
	Stay      Stay `json:"stay"`
	Pavilions bool `json:"pavilions"` // the exhibitors of each country in one piece, where no pavilion is drawn
	Partial   bool `json:"partial"`   // place as many as can be; else say that not all can be placed, and stop
	Walked    bool `json:"walked"`    // distances along the gangways; else straight
	Radius    int  `json:"radius"`    // metres within which two crowd-pullers are too close
	Seconds   int  `json:"seconds"`   // work that is allotted

	SameCraft int `json:"same_craft"` // two neighbours with the same craft from the same place
	Crowd     int `json:"crowd"`      // two crowd-pullers within Radius, times both pulls
	Heavy     int `json:"heavy"`      // each metre from the loading door to heavy goods
	Goods     int `json:"goods"`      // food too close to textiles, incense too close to textiles
	Wishes    int `json:"wishes"`     // a booth that lacks what is advised: wall, extraction, the right zone
	Move      int `json:"move"`       // somebody who had a booth is given another
}

// DefaultLayout is what the form of a proposal offers.
func DefaultLayout() LayoutTerms {
	return LayoutTerms{Stay: StayLocked, Pavilions: true, Partial: true, Walked: true, Radius: 12, Seconds: 5, SameCraft: 100, Crowd: 5, Heavy: 2, Goods: 60, Wishes: 40, Move: 10}
}

// Bounds of what a proposal may be asked.
const (
	MaxLayoutSeconds = 120
	MaxLayoutWeight  = 1000
	MaxCrowdRadius   = 30 // metres
)

// crowd-pullers: who makes the goods before the visitors, and who cooks. Their pulls are our own: what organisers seat apart.
const (
	livePull = 3
	foodPull = 2
)

// Pull is how much an exhibitor draws the crowd, 0 for most.
func (o *Occupant) Pull() int64 {
	n := o.need()
	switch {
	case n.Live:
		return livePull
	case n.FreshFood:
		return foodPull
	}
	return 0
}

// Power is what the exhibitor needs, in watts.
func (o *Occupant) Power() int { return o.need().PowerW }

// Weight is how heavy an exhibitor's goods are: 1 if they are to stand near loading.
func (o *Occupant) Weight() int64 {
	if o.need().Heavy {
		return 1
	}
	return 0
}

// Goods is what of the rules of distance an exhibitor's goods fall under: "food", "smoke", "textile" or "".
func (o *Occupant) Goods() string {
	switch n := o.need(); {
	case n.Food:
		return "food"
	case n.Smoke:
		return "smoke"
	case n.Textile:
		return "textile"
	}
	return ""
}

// Apart is a rule of distance between goods.
type Apart struct {
	A, B  string // of Occupant.Goods
	Rule  PlaceRule
	Limit int  // mm between booths
	Block bool // else it is advice
}

// Apart returns the rules of distance between goods, with the limits of the plan.
func (m *Measured) Apart() []Apart {
	lim := m.floor().lim
	return []Apart{{"food", "smoke", PlaceFoodSmoke, lim.FoodPerfume, true}, {"food", "textile", PlaceFoodTextile, lim.FoodTextile, false}, {"smoke", "textile", PlaceSmokeCloth, lim.SmokeTextile, false}}
}

// Alone returns what speaks against an occupant in each booth of the plan if nobody else stood in the hall, in the order of the plan.
// Nobody may change what it returns: it is kept for the next who is alike.
func (m *Measured) Alone(o Occupant) [][]PlaceFinding {
	o.ID = 0
	m.mu.Lock()
	defer m.mu.Unlock()
	if out := m.alone[o]; out != nil {
		return out
	}
	f := m.floor()
	s := &Placing{Plan: m.plan, Occupants: []Occupant{o}, floor: f}
	at := make([]*Occupant, len(m.plan.Booths))
	out := make([][]PlaceFinding, len(m.plan.Booths))
	for i := range m.plan.Booths {
		out[i] = s.judge(f, at, o.ID, m.plan.Booths[i].ID)
	}
	if m.alone == nil || len(m.alone) >= maxAlone {
		m.alone = map[Occupant][][]PlaceFinding{}
	}
	m.alone[o] = out
	return out
}

// maxAlone bounds how many kinds of exhibitors are kept for one plan.
const maxAlone = 256

// BoothPair is two booths by their places in Plan.Booths, A before B, and how far they are from each other in mm.
type BoothPair struct{ A, B, MM int }

// Neighbours returns the pairs of booths that share a wall, side by side or back to back.
func (m *Measured) Neighbours() []BoothPair {
	var out []BoothPair
	for i, list := range m.floor().neighbours {
		for _, n := range list {
			if i < n.Index {
				out = append(out, BoothPair{A: i, B: n.Index})
			}
		}
	}
	return out
}

// Loading returns the way from each booth to the nearest loading door in whole metres, in the order of the plan; 0 for all if the hall has none.
func (m *Measured) Loading() []int64 {
	f := m.floor()
	out := make([]int64, len(m.plan.Booths))
	if !f.loading {
		return out
	}
	for i, w := range f.ways {
		if out[i] = int64(w.Loading+999) / 1000; w.Loading < 0 {
			out[i] = int64(maxHallM2) / 100 // no way leads there: as far as anything
		}
	}
	return out
}

// across is how far apart the booths on both sides of a gangway may be and still be one pavilion, in mm.
const across = 4_500

// Gaps returns the pairs of booths less than 8 m (or the plan's own largest distance between goods) from each other, with the gap between them. What is within a gangway of
// each other hangs together: [Measured.Across].
func (m *Measured) Gaps() []BoothPair { return m.gaps() }

// Across reports whether a gap is no wider than a gangway.
func (m *Measured) Across(p BoothPair) bool { return p.MM <= max(across, m.floor().lim.MainAisle) }

func gapsOf(p *Plan) []BoothPair {
	c := newChecker(p)
	largest := max(c.lim.FoodPerfume, c.lim.FoodTextile, c.lim.SmokeTextile, c.lim.MainAisle, across)
	var out []BoothPair
	for i := range p.Booths {
		c.near(c.boxes[i].grown(largest), func(j int) {
			if j > i {
				if gap := Gap(&p.Booths[i], &p.Booths[j]); gap <= largest {
					out = append(out, BoothPair{i, j, gap})
				}
			}
		})
	}
	return out
}

// Close returns the pairs of booths that are at most so far from each other: along the gangways from front to front, or straight from middle to middle.
func (m *Measured) Close(metres int, walked bool) []BoothPair {
	limit := min(metres, MaxCrowdRadius) * 1000
	var out []BoothPair
	if walked {
		for _, w := range m.walks() {
			if w.MM <= limit {
				out = append(out, w)
			}
		}
		return out
	}
	for i := range m.plan.Booths {
		a := &m.plan.Booths[i]
		for j := i + 1; j < len(m.plan.Booths); j++ {
			b := &m.plan.Booths[j]
			if d := int(math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y))); d <= limit {
				out = append(out, BoothPair{i, j, d})
			}
		}
	}
	return out
}

// walksOf are the pairs of booths at most MaxCrowdRadius from each other along the gangways.
func walksOf(p *Plan) []BoothPair {
	c := newChecker(p)
	r := newRaster(c)
	type front struct{ booth, far int }
	fronts := map[int][]front{} // cell → booths that open to it
	cells, far := make([][]int, len(p.Booths)), make([][]int, len(p.Booths))
	for i := range p.Booths {
		cells[i], far[i] = c.before(r, i, c.lim.Passage)
		for n, cell := range cells[i] {
			fronts[cell] = append(fronts[cell], front{i, far[i][n]})
		}
	}
	limit := int32(MaxCrowdRadius * 1000 * 5 / r.cell)
	w := walker{r: r, dist: slices.Repeat([]int32{-1}, len(r.taken)), width: c.lim.Passage}
	var out []BoothPair
	best := make([]int, len(p.Booths))
	for i := range p.Booths {
		var reached []int
		for n, cell := range cells[i] {
			w.from(cell, limit, func(at int, d int32) {
				for _, f := range fronts[at] {
					if f.booth <= i {
						continue
					}
					mm := r.mm(d) + far[i][n] + f.far
					if best[f.booth] == 0 {
						reached = append(reached, f.booth)
						best[f.booth] = mm + 1
					}
					best[f.booth] = min(best[f.booth], mm+1)
				}
			})
		}
		slices.Sort(reached)
		for _, j := range reached {
			if mm := best[j] - 1; mm <= MaxCrowdRadius*1000 {
				out = append(out, BoothPair{i, j, mm})
			}
			best[j] = 0
		}
	}
	return out
}

// walker finds ways from one cell that are not longer than a limit, again and again.
type walker struct {
	r       *raster
	dist    []int32
	width   int
	buckets [8][]int32
	seen    []int32
}

// from visits every cell within limit (in fifths of a cell), with its distance.
func (w *walker) from(cell int, limit int32, visit func(at int, d int32)) {
	if !w.r.walkable(cell, w.width) {
		return
	}
	steps := w.r.steps()
	w.dist[cell], w.seen = 0, append(w.seen[:0], int32(cell))
	w.buckets[0] = append(w.buckets[0], int32(cell))
	for d, left := int32(0), 1; left > 0; d++ {
		slot := &w.buckets[d&7]
		for n := 0; n < len(*slot); n++ {
			i := int((*slot)[n])
			left--
			if w.dist[i] != d {
				continue // was reached sooner
			}
			visit(i, d)
			for _, s := range steps {
				j, at := i+s.by, d+int32(s.weight)
				if at > limit || w.dist[j] >= 0 && w.dist[j] <= at || !w.r.walkable(j, w.width) {
					continue
				}
				if w.dist[j] < 0 {
					w.seen = append(w.seen, int32(j))
				}
				w.dist[j] = at
				w.buckets[at&7] = append(w.buckets[at&7], int32(j))
				left++
			}
		}
		*slot = (*slot)[:0]
	}
	for _, i := range w.seen {
		w.dist[i] = -1
	}
}

// Problems returns what is wrong with the terms.
func (t *LayoutTerms) Problems() (ps fault.Problems) {
	if t.SameCraft+t.Crowd+t.Heavy+t.Goods+t.Wishes == 0 {
		ps.Add("same_craft", "problem.layout.nothing")
	}
	return ps
}
