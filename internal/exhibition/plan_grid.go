package exhibition

import (
	"fmt"
	"math"
	"strconv"

	"muntija/internal/fault"
)

// Numbering says in which order the booths of a grid get their numbers. Its text is sent by forms.
type Numbering string

// The orders. By rows the code has the letter of the row (A-1, A-2, B-1), running on it has a prefix alone (P-1, P-2, …); a snake turns round at the end of each row,
// as visitors walk.
const (
	ByRow   Numbering = "row"
	Snake   Numbering = "snake"
	Running Numbering = "running"
)

// Numberings returns the orders in the order of display.
func Numberings() []Numbering { return []Numbering{ByRow, Snake, Running} }

// Grid describes rows of equal booths. Lengths are in mm.
type Grid struct {
	X, Y       int // the left upper corner of the whole
	Type       BoothType
	Width      int // of a booth along its front; 0 is the type's
	Depth      int
	Rows       int
	Columns    int
	Aisle      int  // between rows, and across after each Block
	BackToBack bool // rows in pairs that share a back wall
	Block      int  // booths side by side before an aisle across; 0 for none
	Corners    bool // the ends of blocks are open to the aisle across
	Turned     bool // rows run down the drawing instead of across it
	Prefix     string
	First      int // number of the first booth, 1 if 0
	Numbering  Numbering
	PowerW     int
	Water      bool
	Fit        bool // leave out what would not stand free in the hall
}

// Check returns what is wrong with a description, fields named as in the form.
func (g *Grid) Check() fault.Problems {
	var l problemList
	kind, ok := g.Type.Kind()
	if !ok {
		l.add("grid.type", "problem.choice")
	}
	w, d := g.Width, g.Depth
	if w == 0 {
		w = kind.Width
	}
	if d == 0 {
		d = kind.Depth
	}
	if ok {
		l.length("grid.width", w, 500, 60_000)
		l.length("grid.depth", d, 500, 60_000)
		if w%2 != 0 || d%2 != 0 {
			l.add("grid.width", "problem.plan.even")
		}
	}
	l.length("grid.rows", g.Rows, 1, 100)
	l.length("grid.columns", g.Columns, 1, 200)
	l.length("grid.aisle", g.Aisle, 0, 20_000)
	l.length("grid.block", g.Block, 0, 200)
	l.length("grid.first", g.First, 0, 9_999)
	l.length("grid.power", g.PowerW, 0, 1_000_000)
	l.point("grid.x", Point{g.X, g.Y})
	if g.Rows*g.Columns > MaxBooths {
		l.add("grid.columns", "problem.plan.too_many", MaxBooths)
	}
	if g.Numbering != ByRow && g.Numbering != Snake && g.Numbering != Running {
		l.add("grid.numbering", "problem.choice")
	}
	if g.Prefix != "" && (!codeShape.MatchString(g.Prefix) || len([]rune(g.Prefix)) > 5) {
		l.add("grid.prefix", "problem.plan.prefix")
	}
	return l.Problems
}

// AddGrid adds the booths of a grid to a plan and returns how many were added and how many were left out because they would not have stood free. Codes that are
// taken are passed over. A grid that does not fit and may not leave out is refused with a problem.
func (p *Plan) AddGrid(g Grid) (added, left int, err error) {
	if ps := g.Check(); ps.Err() != nil {
		return 0, 0, ps.Err()
	}
	kind, _ := g.Type.Kind()
	if g.Width == 0 {
		g.Width = kind.Width
	}
	if g.Depth == 0 {
		g.Depth = kind.Depth
	}
	taken := map[string]bool{}
	for i := range p.Booths {
		taken[NormalCode(p.Booths[i].Code)] = true
	}
	c := newChecker(p)
	next := p.NextID()
	var out []Booth
	number := max(1, g.First)
	for row := range g.Rows {
		for n := range g.Columns {
			col := n
			if g.Numbering == Snake && row%2 == 1 {
				col = g.Columns - 1 - n
			}
			b := g.booth(row, col, kind)
			if g.Fit && !c.stands(&b) {
				left++
				continue
			}
			for {
				b.Code = g.code(row, n, number)
				number++
				if !taken[NormalCode(b.Code)] || g.Numbering != Running {
					break
				}
			}
			if taken[NormalCode(b.Code)] {
				var ps fault.Problems
				ps.Add("grid.prefix", "problem.plan.same_code", b.Code)
				return 0, 0, ps.Err()
			}
			taken[NormalCode(b.Code)] = true
			b.ID = next
			next++
			out = append(out, b)
		}
	}
	var ps fault.Problems
	switch {
	case len(p.Booths)+len(out) > MaxBooths:
		ps.Add("grid.columns", "problem.plan.too_many", MaxBooths)
	case len(out) == 0:
		ps.Add("grid.columns", "problem.plan.none_fits")
	}
	for i := range out {
		if pt := (Point{out[i].X, out[i].Y}); pt.X > MaxCoordinate || pt.Y > MaxCoordinate {
			ps.Add("grid.columns", "problem.plan.coordinate", MaxCoordinate)
			break
		}
	}
	if ps.Err() != nil {
		return 0, 0, ps.Err()
	}
	p.Booths = append(p.Booths, out...)
	return len(out), left, nil
}

// booth is the booth of a row and column, without number and code.
func (g *Grid) booth(row, col int, kind BoothKind) Booth {
	b := Booth{Type: g.Type, Width: g.Width, Depth: g.Depth, Open: kind.Faces, PowerW: g.PowerW, Water: g.Water || kind.Water}
	if kind.Power && b.PowerW == 0 {
		b.PowerW = 2000
	}
	pitch := g.Depth + g.Aisle
	along := col*g.Width + g.Width/2
	if g.Block > 0 {
		along += col / g.Block * g.Aisle
	}
	down := row*pitch + g.Depth/2
	b.Angle = 0
	if g.BackToBack {
		down = row/2*(2*g.Depth+g.Aisle) + row%2*g.Depth + g.Depth/2
		if row%2 == 0 {
			b.Angle = 180 // looks up, its back to the next row
		}
	}
	if g.Corners {
		first, last := col == 0, col == g.Columns-1
		if g.Block > 0 {
			first, last = first || col%g.Block == 0, last || col%g.Block == g.Block-1
		}
		left, right := Left, Right // as the drawing shows them; a booth that looks up has them the other way round
		if b.Angle == 180 {
			left, right = Right, Left
		}
		if first {
			b.Open |= left
		}
		if last {
			b.Open |= right
		}
	}
	b.X, b.Y = g.X+along, g.Y+down
	if g.Turned { // mirrored along the diagonal: what looked down looks to the right
		b.X, b.Y = g.X+down, g.Y+along
		b.Angle = (270 + b.Angle) % 360
		if r, l := b.Open&Right, b.Open&Left; (r != 0) != (l != 0) {
			b.Open ^= Right | Left
		}
	}
	return b
}

func (g *Grid) code(row, n, number int) string {
	if g.Numbering == Running {
		return g.Prefix + "-" + strconv.Itoa(number)
	}
	return fmt.Sprintf("%s%s-%d", g.Prefix, letters(row), n+max(1, g.First))
}

// letters are A, B, … Z, AA, AB, … of a row.
func letters(row int) string {
	s := ""
	for row++; row > 0; row = (row - 1) / 26 {
		s = string(rune('A'+(row-1)%26)) + s
	}
	return s
}

// stands reports whether a booth stands free: wholly in the hall, on nothing built, in no drawn aisle, before no door and on no other booth.
func (c *checker) stands(b *Booth) bool {
	k := b.Corners()
	poly, area := k[:], bounds(k[:])
	if !insidePolygon(c.p.Outline, poly) {
		return false
	}
	free := true
	c.near(area, func(j int) { free = free && depth(poly, c.corners[j][:]) <= tolerance })
	for i := range c.p.Columns {
		q := c.p.Columns[i].corners()
		free = free && depth(poly, q[:]) <= tolerance
	}
	for i := range c.p.Walls {
		q := c.p.Walls[i].polygon(0)
		free = free && depth(poly, q[:]) <= tolerance
	}
	for i := range c.p.Aisles {
		free = free && !overlapsArea(c.p.Aisles[i].Area, poly)
	}
	for i := range c.p.Doors {
		if q, ok := c.opening(&c.p.Doors[i], 0); ok {
			front := c.clearance(&c.p.Doors[i], q)
			free = free && depth(poly, front[:]) <= tolerance
		}
	}
	return free
}

// Neighbour is a booth that stands beside another one.
type Neighbour struct {
	Index int  // in Plan.Booths
	Side  bool // side by side; else back to back or front to side
}

// beside is how far apart two booths may stand and still be neighbours, and how much of an edge they must share, in mm.
const (
	besideGap   = 250
	besideShare = 400
)

// Neighbours returns for each booth the booths that share one of its walls, both ways, in the order of the plan.
func (p *Plan) Neighbours() [][]Neighbour {
	c := newChecker(p)
	out := make([][]Neighbour, len(p.Booths))
	for i := range p.Booths {
		b := &p.Booths[i]
		wide := rectangle(b.X, b.Y, b.Width+2*besideGap, max(10, b.Depth-2*besideShare), b.Angle)
		deep := rectangle(b.X, b.Y, max(10, b.Width-2*besideShare), b.Depth+2*besideGap, b.Angle)
		c.near(c.boxes[i].grown(besideGap), func(j int) {
			if j == i {
				return
			}
			switch {
			case depth(wide[:], c.corners[j][:]) > 0:
				out[i] = append(out[i], Neighbour{j, true})
			case depth(deep[:], c.corners[j][:]) > 0:
				out[i] = append(out[i], Neighbour{j, false})
			}
		})
	}
	// Both ways alike, also where a small booth stands at the corner of a large one.
	for i := range out {
		for _, n := range out[i] {
			if !has(out[n.Index], i) {
				out[n.Index] = append(out[n.Index], Neighbour{i, n.Side})
			}
		}
	}
	return out
}

func has(list []Neighbour, i int) bool {
	for _, n := range list {
		if n.Index == i {
			return true
		}
	}
	return false
}

// Gap is the distance between two booths in mm, 0 if they touch.
func Gap(a, b *Booth) int {
	p, q := a.Corners(), b.Corners()
	return int(math.Round(polygonDistance(p[:], q[:])))
}
