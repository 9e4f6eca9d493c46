package exhibition

import (
	"math"
	"slices"

	"muntija/internal/fault"
)

// The floor as a raster of free and taken cells: how wide the ways are, how far it is to a door, and where a gangway ends. Cells are 250 mm, larger in large halls.
//
// A cell is walkable for a width if the free circle around it is that wide, give or take half a cell. Ways go from cell to cell, also across corners, with the
// weights 5 and 7: up to 8 % longer than the straight line.

const (
	maxCells  = 250_000
	doorReach = 600.0 // how far the middle of a door may be from its wall, in mm
	outward   = 2_000 // how far the floor goes on behind a door
)

type raster struct {
	cell   int // mm
	w, h   int
	x0, y0 int
	taken  []bool
	room   []int32 // distance to the nearest taken cell, in mm
}

// newRaster draws the hall. Outside is taken, doors are openings to a strip behind them.
func newRaster(c *checker) *raster {
	b := bounds(c.p.Outline).grown(outward + 500)
	r := &raster{cell: 250, x0: b.x0, y0: b.y0}
	for {
		r.w, r.h = (b.x1-b.x0)/r.cell+1, (b.y1-b.y0)/r.cell+1
		if r.w*r.h <= maxCells {
			break
		}
		r.cell += 50
	}
	r.taken = make([]bool, r.w*r.h)
	for i := range r.taken {
		r.taken[i] = true
	}
	r.fill(c.p.Outline, false)
	thick := r.cell * 3 / 2 // thinner than a cell would leave holes
	for i := range c.p.Walls {
		k := c.p.Walls[i].polygon(thick)
		r.fill(k[:], true)
	}
	for i := range c.p.Doors {
		if k, ok := c.opening(&c.p.Doors[i], outward); ok {
			r.fill(k[:], false)
		}
	}
	for i := range c.p.Columns {
		k := c.p.Columns[i].corners()
		r.fill(k[:], true)
	}
	for i := range c.corners {
		r.fill(c.corners[i][:], true)
	}
	for x := range r.w { // so that no step leaves the raster
		r.taken[x], r.taken[(r.h-1)*r.w+x] = true, true
	}
	for y := range r.h {
		r.taken[y*r.w], r.taken[y*r.w+r.w-1] = true, true
	}
	r.measure()
	return r
}

// opening is the floor that a door opens: through its wall, and for one in the outline a strip outside. False if the door is in no wall.
func (c *checker) opening(d *Door, out int) ([4]Point, bool) {
	wall, least := segment{}, doorReach
	for _, s := range c.built {
		if k := distance(d.At, s.a, s.b); k < least {
			wall, least = s, k
		}
	}
	if wall.a == wall.b {
		return [4]Point{}, false
	}
	dx, dy := float64(wall.b.X-wall.a.X), float64(wall.b.Y-wall.a.Y)
	l := math.Hypot(dx, dy)
	ux, uy := dx/l, dy/l
	half := float64(d.Width) / 2
	from, to := 900.0, 900.0
	if wall.id == 0 {
		from, to = 300, float64(out)
		if c.insideAt(d.At, -uy, ux) { // the normal looks inwards
			from, to = to, from
		}
	}
	at := func(u, v float64) Point {
		return Point{d.At.X + int(math.Round(ux*u-uy*v)), d.At.Y + int(math.Round(uy*u+ux*v))}
	}
	return [4]Point{at(-half, -from), at(half, -from), at(half, to), at(-half, to)}, true
}

func (c *checker) insideAt(p Point, nx, ny float64) bool {
	return inPolygon(c.p.Outline, Point{p.X + int(math.Round(nx*(doorReach+50))), p.Y + int(math.Round(ny*(doorReach+50)))}) > 0
}

// fill marks the cells whose middle lies in a polygon, row by row.
func (r *raster) fill(poly []Point, taken bool) {
	b := bounds(poly)
	var xs []float64
	for y := max(0, (b.y0-r.y0)/r.cell-1); y <= min(r.h-1, (b.y1-r.y0)/r.cell+1); y++ {
		my := float64(r.y0 + y*r.cell + r.cell/2)
		xs = xs[:0]
		for i, p := range poly {
			q := poly[(i+1)%len(poly)]
			if (float64(p.Y) > my) != (float64(q.Y) > my) {
				xs = append(xs, float64(p.X)+(my-float64(p.Y))*float64(q.X-p.X)/float64(q.Y-p.Y))
			}
		}
		slices.Sort(xs)
		for i := 0; i+1 < len(xs); i += 2 {
			half := float64(r.cell) / 2
			from := max(0, int(math.Ceil((xs[i]-float64(r.x0)-half)/float64(r.cell))))
			to := min(r.w-1, int(math.Floor((xs[i+1]-float64(r.x0)-half)/float64(r.cell))))
			for x := from; x <= to; x++ {
				r.taken[y*r.w+x] = taken
			}
		}
	}
}

// measure computes the exact Euclidean distance of every cell to the nearest taken one (A. Meijster, J. Roerdink, W. Hesselink, "A general algorithm for computing
// distance transforms in linear time", 2000).
func (r *raster) measure() {
	w, h := r.w, r.h
	far := int32(w + h)
	g := make([]int32, w*h)
	for x := range w {
		for y := range h {
			i := y*w + x
			switch {
			case r.taken[i]:
				g[i] = 0
			case y == 0:
				g[i] = far
			default:
				g[i] = g[i-w] + 1
			}
		}
		for y := h - 2; y >= 0; y-- {
			if i := y*w + x; g[i+w] < g[i] {
				g[i] = g[i+w] + 1
			}
		}
	}
	r.room = make([]int32, w*h)
	s, t := make([]int, w), make([]int, w)
	for y := range h {
		row := g[y*w : (y+1)*w]
		f := func(x, i int) int { d := x - i; return d*d + int(row[i])*int(row[i]) }
		sep := func(i, u int) int {
			return (u*u - i*i + int(row[u])*int(row[u]) - int(row[i])*int(row[i])) / (2 * (u - i))
		}
		q := 0
		s[0], t[0] = 0, 0
		for u := 1; u < w; u++ {
			for q >= 0 && f(t[q], s[q]) > f(t[q], u) {
				q--
			}
			if q < 0 {
				q = 0
				s[0] = u
			} else if k := 1 + sep(s[q], u); k < w {
				q++
				s[q], t[q] = u, k
			}
		}
		for u := w - 1; u >= 0; u-- {
			r.room[y*w+u] = int32(math.Sqrt(float64(f(u, s[q]))) * float64(r.cell))
			if u == t[q] {
				q--
			}
		}
	}
}

func (r *raster) index(p Point) int {
	x, y := (p.X-r.x0)/r.cell, (p.Y-r.y0)/r.cell
	if p.X < r.x0 || p.Y < r.y0 || x >= r.w || y >= r.h {
		return -1
	}
	return y*r.w + x
}

func (r *raster) point(i int) Point {
	return Point{r.x0 + i%r.w*r.cell + r.cell/2, r.y0 + i/r.w*r.cell + r.cell/2}
}

// walkable reports whether something of a width in mm passes at a cell.
func (r *raster) walkable(i, width int) bool {
	return !r.taken[i] && int(r.room[i])+r.cell/2 >= width/2
}

// steps of one cell: to the side for 5, across a corner for 7, in fifths of a cell.
func (r *raster) steps() [8]struct{ by, weight int } {
	w := r.w
	return [8]struct{ by, weight int }{{1, 5}, {-1, 5}, {w, 5}, {-w, 5}, {w + 1, 7}, {w - 1, 7}, {-w + 1, 7}, {-w - 1, 7}}
}

// ways are distances from a set of cells over what is walkable, in fifths of a cell; -1 where no way leads.
func (r *raster) ways(from []int, width int) []int32 {
	dist := make([]int32, len(r.taken))
	for i := range dist {
		dist[i] = -1
	}
	var buckets [8][]int32
	left := 0
	for _, i := range from {
		if r.walkable(i, width) && dist[i] < 0 {
			dist[i] = 0
			buckets[0] = append(buckets[0], int32(i))
			left++
		}
	}
	steps := r.steps()
	for d := int32(0); left > 0; d++ {
		slot := &buckets[d&7]
		for n := 0; n < len(*slot); n++ {
			i := int((*slot)[n])
			left--
			if dist[i] != d {
				continue // was reached sooner
			}
			for _, s := range steps {
				j, at := i+s.by, d+int32(s.weight)
				if (dist[j] < 0 || dist[j] > at) && r.walkable(j, width) {
					dist[j] = at
					k := &buckets[at&7]
					*k = append(*k, int32(j))
					left++
				}
			}
		}
		*slot = (*slot)[:0]
	}
	return dist
}

// mm turns a distance of ways into mm.
func (r *raster) mm(d int32) int { return int(d) * r.cell / 5 }

// doorCells are the cells in the middle of the doors of a kind.
func (c *checker) doorCells(r *raster, want func(*Door) bool) []int {
	var out []int
	for i := range c.p.Doors {
		d := &c.p.Doors[i]
		if !want(d) {
			continue
		}
		k, ok := c.opening(d, outward/2)
		if !ok {
			continue
		}
		b := bounds(k[:])
		for y := b.y0; y <= b.y1; y += r.cell {
			for x := b.x0; x <= b.x1; x += r.cell {
				if p := (Point{x, y}); inConvex(k[:], p) {
					if j := r.index(p); j >= 0 && !r.taken[j] {
						out = append(out, j)
					}
				}
			}
		}
	}
	return out
}

// before returns the cells that one stands on when coming out of a booth, one for each open side: the first that is walkable, and how far it is, in mm.
func (c *checker) before(r *raster, i, width int) (cells, far []int) {
	b := &c.p.Booths[i]
	for _, f := range faceLetters {
		if b.Open&f.face == 0 {
			continue
		}
		from, to := b.side(f.face)
		ux, uy := float64(to.X-from.X), float64(to.Y-from.Y)
		l := math.Hypot(ux, uy)
		if l < 1 {
			continue
		}
		vx, vy := -uy/l, ux/l
		m := between2(from, to)
		for v := 0; v <= max(width, 1500)+r.cell; v += r.cell / 2 {
			j := r.index(Point{m.X + int(vx*float64(v)), m.Y + int(vy*float64(v))})
			if j < 0 || r.taken[j] && v > r.cell {
				break // something stands there: what lies behind it is another gangway
			}
			if r.walkable(j, width) {
				cells, far = append(cells, j), append(far, v)
				break
			}
		}
	}
	return cells, far
}

// Ways is how far a booth is from the doors, walked, in mm; -1 where no way leads.
type Ways struct {
	ID                      int
	Entrance, Exit, Loading int
}

// Distances returns the ways of every booth in the order of the plan, for placing and for the planner.
func (p *Plan) Distances() []Ways {
	c := newChecker(p)
	r := newRaster(c)
	entrance := r.ways(c.doorCells(r, (*Door).In), c.lim.Passage)
	exit := r.ways(c.doorCells(r, (*Door).Out), c.lim.Passage)
	loading := r.ways(c.doorCells(r, func(d *Door) bool { return d.Kind == Loading }), c.lim.Passage)
	out := make([]Ways, len(p.Booths))
	for i := range p.Booths {
		cells, far := c.before(r, i, c.lim.Passage)
		out[i] = Ways{p.Booths[i].ID, c.way(r, entrance, cells, far), c.way(r, exit, cells, far), c.way(r, loading, cells, far)}
	}
	return out
}

// way is the shortest way from one of the cells before a booth, -1 for none.
func (c *checker) way(r *raster, dist []int32, cells, far []int) int {
	least := -1
	for n, j := range cells {
		if dist[j] >= 0 {
			if d := r.mm(dist[j]) + far[n]; least < 0 || d < least {
				least = d
			}
		}
	}
	return least
}

// doors checks that doors are in walls, that nothing stands before them, and that they are enough.
func (c *checker) doors() {
	exits, width := 0, 0
	for i := range c.p.Doors {
		d := &c.p.Doors[i]
		k, ok := c.opening(d, 0)
		if !ok {
			c.add(RuleDoorOff, fault.Blocking, 0, int(doorReach), Length, d.At, d.ID)
			continue
		}
		if d.Out() {
			exits++
			width += d.Width
		}
		front := c.clearance(d, k)
		c.near(bounds(front[:]), func(j int) {
			if depth(front[:], c.corners[j][:]) > tolerance {
				c.add(RuleDoorBlocked, fault.Blocking, 0, c.lim.ExitClear, Length, d.At, c.p.Booths[j].ID, d.ID)
			}
		})
		for j := range c.p.Columns {
			q := c.p.Columns[j].corners()
			if depth(front[:], q[:]) > tolerance {
				c.add(RuleDoorBlocked, fault.Warning, 0, c.lim.ExitClear, Length, d.At, c.p.Columns[j].ID, d.ID)
			}
		}
	}
	centre := middle(c.p.Outline)
	if exits == 0 {
		c.add(RuleNoExit, fault.Blocking, 0, 1, Pieces, centre)
		return
	}
	people, need := c.lim.People, exitsFor(c.lim.People)
	if exits < need {
		c.add(RuleExitCount, fault.Blocking, exits, need, Pieces, centre)
	}
	if people > 0 && width < people*exitMM {
		c.add(RuleExitWidth, fault.Blocking, width, people*exitMM, Length, centre)
	}
}

// exitsFor is how many exits so many people need (NFPA 101, 7.4.1.2); 0 if the number is not known or small.
func exitsFor(people int) int {
	switch {
	case people > 1000:
		return 4
	case people > 500:
		return 3
	case people >= 50:
		return 2
	}
	return 0
}

// clearance is the floor inside that is kept free before a door; on both sides of one in an inner wall.
func (c *checker) clearance(d *Door, k [4]Point) [4]Point {
	ux, uy := float64(k[1].X-k[0].X), float64(k[1].Y-k[0].Y)
	l := math.Hypot(ux, uy)
	ux, uy = ux/l, uy/l
	half, far := float64(d.Width)/2, float64(c.lim.ExitClear)
	up, down := far, far
	if onOutline := slices.ContainsFunc(c.built, func(s segment) bool { return s.id == 0 && distance(d.At, s.a, s.b) < doorReach }); onOutline {
		up = 0
		if c.insideAt(d.At, -uy, ux) {
			up, down = down, up
		}
		// At is within doorReach of the wall; what counts is the floor from there.
	}
	at := func(u, v float64) Point {
		return Point{d.At.X + int(math.Round(ux*u-uy*v)), d.At.Y + int(math.Round(uy*u+ux*v))}
	}
	return [4]Point{at(-half, -down), at(half, -down), at(half, up), at(-half, up)}
}

// reach checks the ways out, for everybody and for wheelchairs, and dead ends.
func (c *checker) reach() {
	if !slices.ContainsFunc(c.p.Doors, func(d Door) bool { return d.Out() }) {
		return
	}
	r := newRaster(c)
	exits := c.doorCells(r, (*Door).Out)
	out := r.ways(exits, c.lim.Passage)
	chairs := []int32(nil)
	if slices.ContainsFunc(c.p.Booths, func(b Booth) bool { return b.Accessible }) {
		in := c.doorCells(r, (*Door).In)
		if len(in) == 0 {
			in = exits
		}
		chairs = r.ways(in, c.lim.Route)
	}
	for i := range c.p.Booths {
		b := &c.p.Booths[i]
		if b.Open == 0 {
			continue // said already
		}
		cells, far := c.before(r, i, c.lim.Passage)
		at := Point{b.X, b.Y}
		switch d := c.way(r, out, cells, far); {
		case d < 0:
			c.add(RuleEnclosed, fault.Blocking, 0, c.lim.Passage, Length, at, b.ID)
		case d > c.lim.ExitReach:
			c.add(RuleExitReach, fault.Blocking, d, c.lim.ExitReach, Length, at, b.ID)
		}
		if b.Accessible {
			cells, far := c.before(r, i, c.lim.Route)
			if c.way(r, chairs, cells, far) < 0 {
				c.add(RuleWheelchair, fault.Blocking, 0, c.lim.Route, Length, at, b.ID)
			}
		}
	}
	if !c.lim.NoDeadEnds {
		c.deadEnds(r, out)
	}
}

// deadEnds finds gangways that end. The end of one is a cell that is farther from the exits than all around it. The floor beyond a given distance that hangs together
// with it is a dead end if one front alone leads out of it (a way round has two) and that front is narrower than the place is deep (the corner of a room is no gangway).
func (c *checker) deadEnds(r *raster, out []int32) {
	limit := int32(c.lim.DeadEnd * 5 / r.cell)
	steps := r.steps()
	var tips []int
	for i, d := range out {
		if d <= limit {
			continue
		}
		top := true
		for _, s := range steps {
			if n := out[i+s.by]; n > d || n == d && s.by < 0 { // of equals the last
				top = false
				break
			}
		}
		if top {
			tips = append(tips, i)
		}
	}
	slices.SortStableFunc(tips, func(a, b int) int { return int(out[b] - out[a]) })
	e := &pocket{r: r, out: out, seen: make([]int32, len(out)), front: make([]int32, len(out))}
	var covered []Point
	done := make([]bool, len(out))
	for n, tip := range tips {
		at := r.point(tip)
		if done[tip] { // another end that hangs together with it above its own level: a dead end of its own would be cut off there
			continue
		}
		if slices.ContainsFunc(covered, func(p Point) bool { return math.Hypot(float64(p.X-at.X), float64(p.Y-at.Y)) < float64(c.lim.DeadEnd) }) {
			continue
		}
		if n > maxTips {
			return
		}
		deep, missed := int32(0), 0
		// A column that stands in the front makes two of it: one or two misses are no proof.
		for d := limit; d < out[tip] && missed < 3; d += 20 {
			closed := e.closed(tip, d)
			if d == limit {
				for _, i := range e.cells {
					done[i] = true
				}
			}
			if closed {
				deep, missed = d, 0
			} else {
				missed++
			}
		}
		if deep > 0 {
			covered = append(covered, at)
			var ids []int
			if j := c.nearestBooth(at); j >= 0 {
				ids = append(ids, c.p.Booths[j].ID)
			}
			c.add(RuleDeadEnd, fault.Blocking, r.mm(deep), c.lim.DeadEnd, Length, at, ids...)
		}
	}
}

// maxTips bounds the ends that are looked at: a drawing with more is no hall.
const maxTips = 600

// pocket looks at the floor around the end of a way.
type pocket struct {
	r           *raster
	out         []int32
	seen, front []int32 // the number of the flood that came here
	flood       int32
	queue, edge []int
	cells       []int // of the last flood
}

// closed reports whether the floor that is at most d nearer to the exits than the tip has one way out, narrower than d.
func (e *pocket) closed(tip int, d int32) bool {
	e.flood++
	level := e.out[tip] - d
	steps := e.r.steps()
	e.queue, e.edge, e.cells = append(e.queue[:0], tip), e.edge[:0], append(e.cells[:0], tip)
	e.seen[tip] = e.flood
	for len(e.queue) > 0 {
		i := e.queue[len(e.queue)-1]
		e.queue = e.queue[:len(e.queue)-1]
		onFront := false
		for _, s := range steps {
			j := i + s.by
			switch {
			case e.out[j] < 0 || e.seen[j] == e.flood:
			case e.out[j] > level:
				e.seen[j] = e.flood
				e.queue, e.cells = append(e.queue, j), append(e.cells, j)
			default:
				onFront = true
			}
		}
		if onFront {
			e.edge = append(e.edge, i)
			e.front[i] = e.flood
		}
	}
	if len(e.edge) == 0 {
		return false
	}
	x0, y0, x1, y1 := e.r.w, e.r.h, 0, 0
	reached := 0
	e.queue = append(e.queue[:0], e.edge[0])
	e.front[e.edge[0]] = 0
	for len(e.queue) > 0 {
		i := e.queue[len(e.queue)-1]
		e.queue = e.queue[:len(e.queue)-1]
		reached++
		x, y := i%e.r.w, i/e.r.w
		x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
		for _, s := range steps {
			if j := i + s.by; e.front[j] == e.flood {
				e.front[j] = 0
				e.queue = append(e.queue, j)
			}
		}
	}
	if reached < len(e.edge) {
		return false
	}
	width := math.Hypot(float64(x1-x0+1), float64(y1-y0+1)) * float64(e.r.cell)
	return width < float64(e.r.mm(d))
}

func (c *checker) nearestBooth(p Point) int {
	best, least := -1, math.Inf(1)
	for i := range c.corners {
		if d := nearest([]Point{p}, c.corners[i][:]); d < least {
			best, least = i, d
		}
	}
	return best
}
