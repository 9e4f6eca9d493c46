package layout

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Generate makes a hall up: rows of booths back to back with gangways between, pavilions for about a quarter of the exhibitors, associations, food away from incense and
// textiles. The benchmarks and tests stand on it. The same numbers give the same problem.
func Generate(booths, exhibitors int, seed uint64) *Problem {
	r := rand.New(rand.NewPCG(seed, 0xb007))
	p := &Problem{Format: Format, CrowdRadius: 12, Apart: [][2]string{{"food", "incense"}, {"food", "textiles"}}}
	const length = 20 // booths of a row
	for a := range booths {
		row, col := a/length, a%length
		b := Booth{ID: fmt.Sprintf("b%d", a), Size: []int64{40, 60, 60, 90}[r.IntN(4)], X: int64(300 * col), Y: int64(300*row + 300*(row/2)), Loading: int64(3 * row)}
		for _, f := range []struct {
			name  string
			share int
		}{{"power", 80}, {"water", 45}, {"accessible", 60}} {
			if r.IntN(100) < f.share {
				b.Features = append(b.Features, f.name)
			}
		}
		p.Booths = append(p.Booths, b)
		if col > 0 {
			p.Neighbours = append(p.Neighbours, [2]string{fmt.Sprintf("b%d", a-1), b.ID})
		}
		if row%2 == 1 { // back to back with the row before
			p.Neighbours = append(p.Neighbours, [2]string{fmt.Sprintf("b%d", a-length), b.ID})
		}
	}
	crafts := []string{"pottery", "weaving", "copper", "embroidery", "palm", "oud", "dates", "jewellery"}
	categories := map[string]string{"weaving": "textiles", "embroidery": "textiles", "oud": "incense", "dates": "food"}
	for i := range exhibitors {
		craft := crafts[r.IntN(len(crafts))]
		x := Exhibitor{ID: fmt.Sprintf("x%d", i), Size: 40, Craft: craft, Category: categories[craft], Place: fmt.Sprintf("area%d", r.IntN(12))}
		if r.IntN(5) == 0 {
			x.Size = 60
		}
		switch {
		case craft == "dates" && r.IntN(2) == 0:
			x.Needs = []string{"water"}
		case r.IntN(3) == 0:
			x.Needs = []string{"power"}
		case r.IntN(12) == 0:
			x.Needs = []string{"accessible"}
		}
		if r.IntN(10) == 0 {
			x.Pull = int64(1 + r.IntN(5))
		}
		if craft == "pottery" || craft == "copper" {
			x.Heavy = int64(1 + r.IntN(3))
		}
		// Groups of neighbours in the list; food stands in a pavilion of its own so that it can keep away from the others.
		switch k := i / 25; {
		case craft == "dates":
			x.Pavilion = ""
		case k%4 == 0 && k < 24:
			x.Pavilion = fmt.Sprintf("pavilion%d", k/4)
			x.Needs, x.Size = nil, 40
			x.Category = ""
		case i%40 >= 30 && i%40 < 34:
			x.Association = fmt.Sprintf("association%d", i/40)
			x.Needs, x.Size = nil, 40
		}
		p.Exhibitors = append(p.Exhibitors, x)
	}
	return p
}

// GenerateQAP makes a quadratic assignment problem up: ways on a grid and flows of which a third are not 0, as in the test problems of Nugent, Vollmann and Ruml (1968).
func GenerateQAP(width, height int, seed uint64) *Problem {
	r := rand.New(rand.NewPCG(seed, 0xa9))
	n := width * height
	p := &Problem{Format: Format}
	for a := range n {
		p.Booths = append(p.Booths, Booth{ID: fmt.Sprintf("b%d", a)})
		p.Exhibitors = append(p.Exhibitors, Exhibitor{ID: fmt.Sprintf("x%d", a)})
		ways, flows := make([]int64, n), make([]int64, n)
		for b := range n {
			dx, dy := int64(a%width-b%width), int64(a/width-b/width)
			ways[b] = max(dx, -dx) + max(dy, -dy)
		}
		p.Distances, p.Flows = append(p.Distances, ways), append(p.Flows, flows)
	}
	for i := range n {
		for j := range i {
			if r.IntN(3) == 0 {
				f := int64(1 + r.IntN(9))
				p.Flows[i][j], p.Flows[j][i] = f, f
			}
		}
	}
	return p
}

// GenerateQAPLike makes a quadratic assignment problem up after a family of the library of Burkard, Karisch and Rendl (1997): "tai-a" has symmetric ways and flows from 0 to 99,
// "tai-b" places in clusters and a few very large flows, not symmetric (Taillard 1995), "sko" ways on a grid and flows that are mostly small (Skorin-Kapov 1990).
func GenerateQAPLike(family string, n int, seed uint64) *Problem {
	r := rand.New(rand.NewPCG(seed, 0xa9a))
	p := &Problem{Format: Format}
	xs, ys := make([]float64, n), make([]float64, n)
	for a := range n {
		p.Booths = append(p.Booths, Booth{ID: fmt.Sprintf("b%d", a)})
		p.Exhibitors = append(p.Exhibitors, Exhibitor{ID: fmt.Sprintf("x%d", a)})
		p.Distances, p.Flows = append(p.Distances, make([]int64, n)), append(p.Flows, make([]int64, n))
		if a%8 == 0 {
			xs[a], ys[a] = 1000*r.Float64(), 1000*r.Float64()
		} else {
			xs[a], ys[a] = xs[a-1]+60*r.Float64()-30, ys[a-1]+60*r.Float64()-30
		}
	}
	width := max(1, int(math.Sqrt(float64(n))))
	for i := range n {
		for j := range n {
			if i == j {
				continue
			}
			switch family {
			case "tai-b":
				p.Distances[i][j] = int64(math.Hypot(xs[i]-xs[j], ys[i]-ys[j]))
				p.Flows[i][j] = int64(math.Pow(10, 8*r.Float64()-3))
			case "tai-a":
				if j < i {
					d, f := int64(r.IntN(100)), int64(r.IntN(100))
					p.Distances[i][j], p.Distances[j][i], p.Flows[i][j], p.Flows[j][i] = d, d, f, f
				}
			default:
				dx, dy := int64(i%width-j%width), int64(i/width-j/width)
				p.Distances[i][j] = max(dx, -dx) + max(dy, -dy)
				if f := int64(r.IntN(16) - 5); j < i && f > 0 {
					p.Flows[i][j], p.Flows[j][i] = f, f
				}
			}
		}
	}
	return p
}
