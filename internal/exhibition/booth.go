package exhibition

import (
	"math"
	"strings"
)

// BoothType is the kind of a booth. Its text is stored.
type BoothType string

// The types that exhibitions of productive families use: tables of bazaars, shell stands (2×2 to 3×4 m), shared halves, units of their own.
const (
	Table         BoothType = "table"
	Stand2x2      BoothType = "stand_2x2"
	Stand2x3      BoothType = "stand_2x3"
	Stand3x3      BoothType = "stand_3x3" // the usual smallest shell stand of trade fairs
	Stand3x4      BoothType = "stand_3x4"
	Corner        BoothType = "corner" // two open sides
	SharedHalf    BoothType = "shared_half"
	Kiosk         BoothType = "kiosk"
	Tent          BoothType = "tent"
	FoodUnit      BoothType = "food_unit"
	Demonstration BoothType = "demonstration"
	Pavilion      BoothType = "pavilion"
)

// BoothKind is what holds for every booth of a type.
type BoothKind struct {
	Type         BoothType
	Width, Depth int  // usual size, in mm
	Faces        Face // usual open sides
	Power, Water bool // a booth of the type is of no use without
	FreeSize     bool // the size differs from booth to booth
}

var boothKinds = []BoothKind{
	{Type: Table, Width: 1300, Depth: 660, Faces: Front}, // the 130 × 65 cm table of shared stands, on the 2 cm step
	{Type: Stand2x2, Width: 2000, Depth: 2000, Faces: Front},
	{Type: Stand2x3, Width: 3000, Depth: 2000, Faces: Front},
	{Type: Stand3x3, Width: 3000, Depth: 3000, Faces: Front},
	{Type: Stand3x4, Width: 4000, Depth: 3000, Faces: Front},
	{Type: Corner, Width: 3000, Depth: 3000, Faces: Front | Right},
	{Type: SharedHalf, Width: 1500, Depth: 3000, Faces: Front},
	{Type: Kiosk, Width: 2400, Depth: 2400, Faces: Front, Power: true, FreeSize: true},
	{Type: Tent, Width: 3000, Depth: 3000, Faces: Front, FreeSize: true},
	{Type: FoodUnit, Width: 3000, Depth: 3000, Faces: Front, Power: true, Water: true, FreeSize: true},
	{Type: Demonstration, Width: 4000, Depth: 3000, Faces: Front | Right | Left, Power: true, FreeSize: true},
	{Type: Pavilion, Width: 12000, Depth: 9000, Faces: Front | Right | Back | Left, FreeSize: true},
}

// BoothKinds returns the types in the order of display.
func BoothKinds() []BoothKind { return boothKinds }

// Kind returns what holds for the type; false for an unknown one.
func (t BoothType) Kind() (BoothKind, bool) {
	for _, k := range boothKinds {
		if k.Type == t {
			return k, true
		}
	}
	return BoothKind{}, false
}

// Face is a set of sides of a booth, seen from above with the front at the bottom.
type Face uint8

// The sides.
const (
	Front Face = 1 << iota
	Right
	Back
	Left
)

var faceLetters = []struct {
	face   Face
	letter byte
}{{Front, 'F'}, {Right, 'R'}, {Back, 'B'}, {Left, 'L'}}

// String returns the letters of the sides, such as "FR".
func (f Face) String() string {
	var b strings.Builder
	for _, x := range faceLetters {
		if f&x.face != 0 {
			b.WriteByte(x.letter)
		}
	}
	return b.String()
}

// ParseFaces reads what [Face.String] wrote, in any order; false for other letters.
func ParseFaces(s string) (Face, bool) {
	var f Face
letters:
	for i := range len(s) {
		for _, x := range faceLetters {
			if s[i] == x.letter {
				f |= x.face
				continue letters
			}
		}
		return 0, false
	}
	return f, true
}

// MarshalText writes the letters of the sides.
func (f Face) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the letters of the sides; any other letter is an error.
func (f *Face) UnmarshalText(b []byte) error {
	v, ok := ParseFaces(string(b))
	if !ok {
		return errFaces
	}
	*f = v
	return nil
}

// Booth is one place for one exhibitor: a rectangle on the floor. Lengths are in mm.
type Booth struct {
	ID         int       `json:"id"`   // of the plan, for good: placements name it, also in later versions of the plan
	Code       string    `json:"code"` // what the sign says, such as "A-12"; unique in the hall
	Type       BoothType `json:"type"`
	X          int       `json:"x"` // the middle
	Y          int       `json:"y"`
	Width      int       `json:"w"`               // along the front
	Depth      int       `json:"d"`               // from front to back
	Angle      int       `json:"angle,omitempty"` // degrees clockwise, 0 to 359; at 0 the front looks down the drawing
	Open       Face      `json:"open"`            // sides without a wall
	PowerW     int       `json:"power,omitempty"` // watts that are led to it
	Water      bool      `json:"water,omitempty"`
	Accessible bool      `json:"accessible,omitempty"` // for an exhibitor or helper in a wheelchair
	Extraction bool      `json:"extraction,omitempty"` // of smoke and smell
	Shaded     bool      `json:"shaded,omitempty"`     // out of the sun: dry food and perfume need it outdoors
}

// AreaDM2 returns the floor of the booth in dm², so that 2.25 m² is 225.
func (b *Booth) AreaDM2() int { return b.Width / 10 * (b.Depth / 10) / 100 }

// corner signs of a rectangle in the order front left, front right, back right, back left, as seen by who stands before it looking at it.
// The drawing's y goes down and the front looks down at angle 0.
var cornerSigns = [4][2]int{{-1, 1}, {1, 1}, {1, -1}, {-1, -1}}

// Corners returns the four corners, rounded to whole mm: exactly for the right angles, within a mm for others.
func (b *Booth) Corners() [4]Point { return rectangle(b.X, b.Y, b.Width, b.Depth, b.Angle) }

func rectangle(x, y, w, d, angle int) [4]Point {
	var out [4]Point
	sin, cos, exact := turn(angle)
	for i, s := range cornerSigns {
		dx, dy := s[0]*w/2, s[1]*d/2
		if exact {
			c, n := int(cos), int(sin)
			out[i] = Point{x + dx*c - dy*n, y + dx*n + dy*c}
			continue
		}
		fx, fy := float64(dx), float64(dy)
		out[i] = Point{x + int(math.Round(fx*cos-fy*sin)), y + int(math.Round(fx*sin+fy*cos))}
	}
	return out
}

// turn returns sine and cosine of whole degrees, exact for right angles.
func turn(angle int) (sin, cos float64, exact bool) {
	switch ((angle % 360) + 360) % 360 {
	case 0:
		return 0, 1, true
	case 90:
		return 1, 0, true
	case 180:
		return 0, -1, true
	case 270:
		return -1, 0, true
	}
	s, c := math.Sincos(float64(angle) * math.Pi / 180)
	return s, c, false
}

// side returns the two ends of one side, in the order in which the outside lies on the left hand in the drawing.
func (b *Booth) side(f Face) (Point, Point) {
	c := b.Corners()
	switch f {
	case Front:
		return c[0], c[1]
	case Right:
		return c[1], c[2]
	case Back:
		return c[2], c[3]
	}
	return c[3], c[0]
}
