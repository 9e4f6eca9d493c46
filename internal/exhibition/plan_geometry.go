package exhibition

import (
	"encoding/json"
	"errors"
	"math"
)

// Point is a place on the floor in mm, x to the right and y down as in a drawing. In JSON it is [x, y].
type Point struct{ X, Y int }

// MarshalJSON writes [x, y].
func (p Point) MarshalJSON() ([]byte, error) { return json.Marshal([2]int{p.X, p.Y}) }

var (
	errPoint = errors.New("a point is [x, y]")
	errFaces = errors.New("open sides are letters of FRBL")
)

// UnmarshalJSON reads [x, y]; fewer or more numbers are an error.
func (p *Point) UnmarshalJSON(b []byte) error {
	var v []int
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if len(v) != 2 {
		return errPoint
	}
	p.X, p.Y = v[0], v[1]
	return nil
}

// Coordinates are at most a million mm, so that products of two differences fit an int64 with room: all decisions below are exact integers.

// cross is twice the signed area of the triangle a, b, c.
func cross(a, b, c Point) int64 {
	return int64(b.X-a.X)*int64(c.Y-a.Y) - int64(b.Y-a.Y)*int64(c.X-a.X)
}

// area2 is twice the area of a polygon, without its sign.
func area2(poly []Point) int64 {
	var s int64
	for i, p := range poly {
		q := poly[(i+1)%len(poly)]
		s += int64(p.X)*int64(q.Y) - int64(q.X)*int64(p.Y)
	}
	if s < 0 {
		return -s
	}
	return s
}

func sign(v int64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// crossing reports whether the segments ab and cd cross in a point inside both.
func crossing(a, b, c, d Point) bool {
	return sign(cross(a, b, c))*sign(cross(a, b, d)) < 0 && sign(cross(c, d, a))*sign(cross(c, d, b)) < 0
}

// between reports whether p, which lies on the line ab, lies within the segment.
func between(a, b, p Point) bool {
	return min(a.X, b.X) <= p.X && p.X <= max(a.X, b.X) && min(a.Y, b.Y) <= p.Y && p.Y <= max(a.Y, b.Y)
}

// touching reports whether two segments have a point in common.
func touching(a, b, c, d Point) bool {
	if crossing(a, b, c, d) {
		return true
	}
	return cross(a, b, c) == 0 && between(a, b, c) || cross(a, b, d) == 0 && between(a, b, d) ||
		cross(c, d, a) == 0 && between(c, d, a) || cross(c, d, b) == 0 && between(c, d, b)
}

// simple reports whether the edges of a polygon meet in their ends only.
func simple(poly []Point) bool {
	n := len(poly)
	for i := range n {
		a, b := poly[i], poly[(i+1)%n]
		if a == b {
			return false
		}
		for j := i + 1; j < n; j++ {
			c, d := poly[j], poly[(j+1)%n]
			switch {
			case j == i+1 || i == 0 && j == n-1: // neighbours share one end; they must not fold back onto each other
				shared, other, far := b, a, d
				if i == 0 && j == n-1 {
					shared, other, far = a, b, c
				}
				if cross(other, shared, far) == 0 && (between(shared, other, far) || between(shared, far, other)) {
					return false
				}
			case touching(a, b, c, d):
				return false
			}
		}
	}
	return true
}

// inPolygon reports where p is: 1 inside, 0 on an edge, -1 outside.
func inPolygon(poly []Point, p Point) int {
	in := false
	for i, a := range poly {
		b := poly[(i+1)%len(poly)]
		c := cross(a, b, p)
		if c == 0 && between(a, b, p) {
			return 0
		}
		if (a.Y > p.Y) != (b.Y > p.Y) && (c > 0) == (b.Y > a.Y) {
			in = !in
		}
	}
	if in {
		return 1
	}
	return -1
}

// insidePolygon reports whether a convex polygon lies wholly in another one; a common edge is inside.
func insidePolygon(outer, inner []Point) bool {
	for _, p := range inner {
		if inPolygon(outer, p) < 0 {
			return false
		}
	}
	for i, a := range inner {
		b := inner[(i+1)%len(inner)]
		for j, c := range outer {
			d := outer[(j+1)%len(outer)]
			if crossing(a, b, c, d) {
				return false
			}
			// A notch whose tip only touches the edge has its next corner strictly inside.
			if inConvex(inner, c) {
				return false
			}
		}
	}
	return true
}

// inConvex reports whether p is strictly inside of a convex polygon.
func inConvex(poly []Point, p Point) bool {
	side := 0
	for i, a := range poly {
		s := sign(cross(a, poly[(i+1)%len(poly)], p))
		if s == 0 || side != 0 && s != side {
			return false
		}
		side = s
	}
	return true
}

// depth returns by how many mm two convex polygons overlap: the shortest way to move one so that they only touch. 0 means that they do not overlap. Whether they
// do is decided in integers (separating axes); only the length is a float.
func depth(a, b []Point) float64 {
	least := math.Inf(1)
	for _, poly := range [2][]Point{a, b} {
		for i, p := range poly {
			q := poly[(i+1)%len(poly)]
			nx, ny := int64(p.Y-q.Y), int64(q.X-p.X)
			if nx == 0 && ny == 0 {
				continue
			}
			aLow, aHigh := project(a, nx, ny)
			bLow, bHigh := project(b, nx, ny)
			over := min(aHigh-bLow, bHigh-aLow)
			if over <= 0 {
				return 0
			}
			least = min(least, float64(over)/math.Hypot(float64(nx), float64(ny)))
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

func project(poly []Point, nx, ny int64) (low, high int64) {
	low, high = math.MaxInt64, math.MinInt64
	for _, p := range poly {
		v := int64(p.X)*nx + int64(p.Y)*ny
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// distance is from p to the segment ab, in mm.
func distance(p, a, b Point) float64 {
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	px, py := float64(p.X-a.X), float64(p.Y-a.Y)
	l := dx*dx + dy*dy
	t := 0.0
	if l > 0 {
		t = min(1, max(0, (px*dx+py*dy)/l))
	}
	return math.Hypot(px-t*dx, py-t*dy)
}

// segmentDistance is the least distance between two segments, in mm.
func segmentDistance(a, b, c, d Point) float64 {
	if touching(a, b, c, d) {
		return 0
	}
	return min(distance(a, c, d), distance(b, c, d), distance(c, a, b), distance(d, a, b))
}

// polygonDistance is the least distance between two polygons, 0 if they meet. One lying inside the other has the distance of their edges.
func polygonDistance(a, b []Point) float64 {
	least := math.Inf(1)
	for i, p := range a {
		q := a[(i+1)%len(a)]
		for j, c := range b {
			least = min(least, segmentDistance(p, q, c, b[(j+1)%len(b)]))
		}
	}
	return least
}

// box is a rectangle along the axes.
type box struct{ x0, y0, x1, y1 int }

func bounds(poly []Point) box {
	b := box{math.MaxInt, math.MaxInt, math.MinInt, math.MinInt}
	for _, p := range poly {
		b.x0, b.y0, b.x1, b.y1 = min(b.x0, p.X), min(b.y0, p.Y), max(b.x1, p.X), max(b.y1, p.Y)
	}
	return b
}

func (b box) grown(by int) box { return box{b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by} }

func (b box) meets(o box) bool {
	return b.x0 <= o.x1 && o.x0 <= b.x1 && b.y0 <= o.y1 && o.y0 <= b.y1
}

func middle(poly []Point) Point {
	b := bounds(poly)
	return Point{(b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2}
}
