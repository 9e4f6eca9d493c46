package web

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"muntija/internal/exhibition"
)

// boothFill are the colours of booth types in drawings, light enough for dark letters on them (7:1). static/js/plan-draw.js has the same.
var boothFill = map[exhibition.BoothType]string{"table": "#f3e3c3", "stand_2x2": "#f6e7d8", "stand_2x3": "#f6e7d8", "stand_3x3": "#f6e7d8", "stand_3x4": "#f6e7d8", "corner": "#f9d9b8",
	"shared_half": "#efe3d2", "kiosk": "#dbe7f0", "tent": "#e6ecd2", "food_unit": "#f7d4cc", "demonstration": "#dcebe6", "pavilion": "#e8e0f0"}

// margin is how far a picture goes beyond the hall, in mm: for the names of doors and the scale.
const margin = 2_500

// pictured is the part of the floor that a picture shows.
func pictured(p *exhibition.Plan) (x0, y0, x1, y1 int) {
	x0, y0, x1, y1 = p.Outline[0].X, p.Outline[0].Y, p.Outline[0].X, p.Outline[0].Y
	for _, q := range p.Outline {
		x0, y0, x1, y1 = min(x0, q.X), min(y0, q.Y), max(x1, q.X), max(y1, q.Y)
	}
	return x0 - margin, y0 - margin, x1 + margin, y1 + margin
}

// pictureWidth is the width of pictures in pages, so that their place is kept while they load.
const pictureWidth = 1600

func pictureHeight(p *exhibition.Plan) int {
	x0, y0, x1, y1 := pictured(p)
	return pictureWidth * (y1 - y0) / (x1 - x0)
}

// drawSVG draws a plan as a picture, for printing and for browsers without JavaScript. It has presentation attributes only: the policy forbids styles. names stands below the
// codes of booths, such as the exhibitors; the booths framed stand out.
func drawSVG(p *exhibition.Plan, w words, names map[int]string, framed map[int]bool) []byte {
	var b bytes.Buffer
	x0, y0, x1, y1 := pictured(p)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %d %d %d" font-family="IBM Plex Sans Arabic, Noto Sans Arabic, sans-serif" role="img">`, x0, y0, x1-x0, y1-y0)
	fmt.Fprintf(&b, `<polygon points="%s" fill="#fffdf9" stroke="#2a211c" stroke-width="200"/>`, points(p.Outline))
	for i := range p.Zones {
		z := &p.Zones[i]
		fmt.Fprintf(&b, `<polygon points="%s" fill="#1d5c57" fill-opacity=".07" stroke="#1d5c57" stroke-width="60" stroke-dasharray="400 250"/>`, points(z.Area))
		if title := z.Title.In(w.Lang()); title != "" {
			at := topLeft(z.Area)
			text(&b, at.X, at.Y-200, 600, "start", "#1d5c57", title)
		}
	}
	for i := range p.Aisles {
		fmt.Fprintf(&b, `<polygon points="%s" fill="#e8b04a" fill-opacity=".18"/>`, points(p.Aisles[i].Area))
	}
	for i := range p.Routes {
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="#1d5c57" stroke-width="220" stroke-opacity=".5"/>`, points(p.Routes[i].Points))
	}
	for i := range p.Walls {
		k := &p.Walls[i]
		fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#2a211c" stroke-width="%d"/>`, k.A.X, k.A.Y, k.B.X, k.B.Y, k.Thick)
	}
	for i := range p.Columns {
		k := &p.Columns[i]
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" transform="rotate(%d %d %d)" fill="#5c4f46"/>`, k.X-k.Width/2, k.Y-k.Depth/2, k.Width, k.Depth, k.Angle, k.X, k.Y)
	}
	for i := range p.Doors {
		d := &p.Doors[i]
		fill := map[exhibition.DoorKind]string{"entrance": "#1f6339", "exit": "#9c1c1c", "both": "#1f6339", "loading": "#7a4d00"}[d.Kind]
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="%d" fill="%s"/>`, d.At.X, d.At.Y, 450, fill)
		text(&b, d.At.X, d.At.Y-700, 520, "middle", fill, w.T("enum.plan_door."+string(d.Kind))+" "+w.metre(d.Width))
	}
	for i := range p.Services {
		s := &p.Services[i]
		fill := map[exhibition.ServiceKind]string{"power": "#7a4d00", "water": "#1d4f8f"}[s.Kind]
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="500" height="500" fill="%s"/>`, s.At.X-250, s.At.Y-250, fill)
	}
	for i := range p.Booths {
		drawBooth(&b, &p.Booths[i], names, framed[p.Booths[i].ID])
	}
	// The scale: ten metres.
	fmt.Fprintf(&b, `<path d="M%d %dh10000m-10000 -300v600m10000 -600v600" stroke="#2a211c" stroke-width="80" fill="none"/>`, x0+margin, y1-margin/3)
	text(&b, x0+margin+5000, y1-margin/3-350, 600, "middle", "#2a211c", w.metre(10_000))
	b.WriteString("</svg>")
	return b.Bytes()
}

func drawBooth(b *bytes.Buffer, x *exhibition.Booth, names map[int]string, framed bool) {
	fmt.Fprintf(b, `<g transform="translate(%d %d)"><g transform="rotate(%d)"><rect x="%d" y="%d" width="%d" height="%d" fill="%s" stroke="#8c7b6a" stroke-width="30"/>`,
		x.X, x.Y, x.Angle, -x.Width/2, -x.Depth/2, x.Width, x.Depth, boothFill[x.Type])
	w, d := x.Width/2, x.Depth/2
	if framed {
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#b3541e" stroke-width="260"/>`, 130-w, 130-d, x.Width-260, x.Depth-260)
	}
	for _, wall := range []struct {
		face exhibition.Face
		path string
	}{{exhibition.Front, fmt.Sprintf("M%d %dH%d", -w, d, w)}, {exhibition.Right, fmt.Sprintf("M%d %dV%d", w, -d, d)}, {exhibition.Back, fmt.Sprintf("M%d %dH%d", -w, -d, w)},
		{exhibition.Left, fmt.Sprintf("M%d %dV%d", -w, -d, d)}} {
		if x.Open&wall.face == 0 {
			fmt.Fprintf(b, `<path d="%s" stroke="#2a211c" stroke-width="90"/>`, wall.path)
		}
	}
	b.WriteString(`</g>`)
	size := min(x.Width, x.Depth) / 4
	if name := names[x.ID]; name != "" {
		text(b, 0, -size/4, size, "middle", "#2a211c", x.Code)
		lines := wrapName(name, max(6, x.Width*10/max(1, size*5)))
		for i, l := range lines {
			text(b, 0, size/2+size*3/5*i+size/8, size*3/5, "middle", "#2a211c", l)
		}
	} else {
		text(b, 0, size/3, size, "middle", "#2a211c", x.Code)
	}
	b.WriteString(`</g>`)
}

// wrapName breaks a name into at most two lines of about width letters.
func wrapName(name string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(name) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	lines = append(lines, line)
	if len(lines) > 2 {
		lines = []string{lines[0], lines[1] + "…"}
	}
	return lines
}

func points(poly []exhibition.Point) string {
	var b strings.Builder
	for i, p := range poly {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d,%d", p.X, p.Y)
	}
	return b.String()
}

func topLeft(poly []exhibition.Point) exhibition.Point {
	at := poly[0]
	for _, p := range poly {
		at.X, at.Y = min(at.X, p.X), min(at.Y, p.Y)
	}
	return at
}

func text(b *bytes.Buffer, x, y, size int, anchor, fill, s string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="%d" text-anchor="%s" fill="%s" unicode-bidi="plaintext">%s</text>`, x, y, size, anchor, fill, html.EscapeString(s))
}
