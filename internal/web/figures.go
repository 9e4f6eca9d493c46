package web

import (
	"fmt"
	"net/url"

	"muntija/internal/auth"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/service"
)

var figureRoutes = []route{
	{method: "GET", path: "/figures", access: permit, action: auth.FiguresView, handle: (*Server).figures},
}

// figuresPage is the Body of figures/show.
type figuresPage struct {
	*service.Figures
	Country string
	Tables  []figureTable
	Course  figureCourse
	Took    []figureLine
	Map     figureMap
	Theirs  *theirFigures // nil for who works on one country only
}

type theirFigures struct {
	Country    string
	Registered figureLine
	Tables     []figureTable
	Map        figureMap
}

// figureTable is one breakdown: a title, and a line for each value.
type figureTable struct {
	ID, Title string
	Lines     []figureLine
}

type figureLine struct {
	Name, URL string
	Few       string // what stands for a number that is not to be shown
	programme.Count
	Bar   int // percent of the longest line
	Share int // percent led by women; -1 if not to be shown
}

// figureCourse is the picture of the last months, as bars of at most 100.
type figureCourse struct {
	Months []figureMonth
	Width  int
}

type figureMonth struct {
	Label              string
	Submitted, Decided int
	X, Y, High         int // of the bar of what was handed in
	X2, Y2, High2      int // of the bar of what was decided
}

// figureMap is a tile grid: each area one square, about where it lies. Squares of one size do not make deserts look important.
type figureMap struct {
	Width, Height int
	Tiles         []figureTile
}

type figureTile struct {
	X, Y, TextX, NameY, CountY int
	Name, Count                string
	Tone                       int // 0 to 4
}

// grid is column and row of each area on the map: our own outline, north above.
var grid = map[string][2]int{
	"EG-MT": {0, 0}, "EG-ALX": {1, 0}, "EG-BH": {2, 0}, "EG-KFS": {3, 0}, "EG-DT": {4, 0}, "EG-PTS": {5, 0}, "EG-SIN": {6, 0},
	"EG-MNF": {2, 1}, "EG-GH": {3, 1}, "EG-DK": {4, 1}, "EG-IS": {5, 1}, "EG-JS": {6, 1},
	"EG-GZ": {2, 2}, "EG-KB": {3, 2}, "EG-SHR": {4, 2}, "EG-SUZ": {5, 2},
	"EG-FYM": {2, 3}, "EG-C": {3, 3}, "EG-BA": {5, 3},
	"EG-WAD": {1, 4}, "EG-BNS": {2, 4}, "EG-MN": {3, 4}, "EG-AST": {4, 4},
	"EG-SHG": {3, 5}, "EG-KN": {4, 5}, "EG-LX": {4, 6}, "EG-ASN": {3, 6},
	"QA-MS": {1, 0}, "QA-KH": {1, 1}, "QA-US": {0, 2}, "QA-ZA": {1, 2}, "QA-SH": {0, 3}, "QA-DA": {1, 3}, "QA-RA": {0, 4}, "QA-WA": {1, 4},
}

// tileW and tileH are a square of the map in units of its drawing.
const tileW, tileH = 96, 60

func (s *Server) figures(r *request) error {
	f, err := s.svc.Families.Figures(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	p := &figuresPage{Figures: f, Country: w.country(string(f.Party))}
	link := ""
	if auth.Can(r.actor, auth.FamilyList) {
		link = "/families?"
	}
	listed := func(field string) func(string) string {
		return func(code string) string {
			if link == "" || code == "" {
				return ""
			}
			q := url.Values{"state": {string(registry.Approved)}}
			q.Set(field, code)
			return link + q.Encode()
		}
	}
	p.Tables = []figureTable{
		tableOf(w, "state", w.T("figures.by_state"), f.States, func(c string) string { return w.code("state", c) }, listed("state")),
		tableOf(w, "area", w.T("figures.by_area"), f.Areas, w.areaOrNone, listed("area")),
		tableOf(w, "craft", w.T("figures.by_craft"), f.Crafts, w.craftOrNone, listed("craft")),
	}
	if f.Protections != nil {
		p.Tables = append(p.Tables, tableOf(w, "protection", w.T("figures.by_protection"), f.Protections, func(c string) string { return w.code("protection", c) }, listed("protection")))
	}
	p.Course = courseOf(w, f)
	most := 0
	for _, x := range f.Waited {
		most = max(most, x.N)
	}
	from := 0
	for _, x := range f.Waited {
		name := w.T("figures.longer", from)
		if x.UpTo > 0 {
			name = w.T("figures.days", from, x.UpTo)
		}
		p.Took = append(p.Took, figureLine{Name: name, Count: programme.Count{N: x.N}, Bar: percent(x.N, most), Share: -1})
		from = x.UpTo + 1
	}
	p.Map = mapOf(w, f.Party, f.Areas)
	if o := f.Other; o != nil {
		none := func(string) string { return "" }
		title := func(key string) string { return w.T(key) + " · " + w.country(string(o.Party)) } // a landmark's name is its own
		p.Theirs = &theirFigures{Country: w.country(string(o.Party)), Registered: tableOf(w, "", "", []programme.Count{o.Registered}, none, none).Lines[0], Map: mapOf(w, o.Party, o.Areas),
			Tables: []figureTable{tableOf(w, "their-area", title("figures.by_area"), o.Areas, w.areaOrNone, none), tableOf(w, "their-craft", title("figures.by_craft"), o.Crafts, w.craftOrNone, none)}}
	}
	return r.page(0, "figures/show", nil, p)
}

func (w words) areaOrNone(code string) string {
	if code == "" {
		return w.T("figures.none")
	}
	return w.area(code)
}

func (w words) craftOrNone(code string) string {
	if code == "" {
		return w.T("figures.none")
	}
	return w.craft(code)
}

func percent(n, of int) int {
	if of == 0 {
		return 0
	}
	return (200*n + of) / (2 * of)
}

// share is how many of a hundred are led by women; -1 if it is not to be shown or there is nobody.
func share(c programme.Count) int {
	if c.Hidden || !c.Split || c.N == 0 {
		return -1
	}
	return percent(c.Women, c.N)
}

func tableOf(w words, id, title string, counts []programme.Count, name, link func(string) string) figureTable {
	t := figureTable{ID: id, Title: title}
	most := 0
	for _, c := range counts {
		most = max(most, c.N)
	}
	for _, c := range counts {
		few := ""
		if c.Hidden {
			few = w.T("figures.few", programme.SmallCell)
		}
		t.Lines = append(t.Lines, figureLine{Few: few, Name: name(c.Code), URL: link(c.Code), Count: c, Bar: percent(c.N, most), Share: share(c)})
	}
	return t
}

func courseOf(w words, f *service.Figures) figureCourse {
	most := 1
	for _, m := range f.Months {
		most = max(most, m.Submitted, m.Decided)
	}
	c := figureCourse{Width: 12 * len(f.Months)}
	for i, m := range f.Months {
		a, b := percent(m.Submitted, most), percent(m.Decided, most)
		c.Months = append(c.Months, figureMonth{Label: fmt.Sprintf("%s %d", w.T(fmt.Sprintf("month.%d", m.Month)), m.Year), Submitted: m.Submitted, Decided: m.Decided,
			X: 12 * i, Y: 105 - a, High: a, X2: 12*i + 5, Y2: 105 - b, High2: b})
	}
	return c
}

func mapOf(w words, party place.Country, counts []programme.Count) figureMap {
	var m figureMap
	at := map[string]programme.Count{}
	most := 0
	for _, c := range counts {
		at[c.Code] = c
		most = max(most, c.N)
	}
	for _, a := range place.Areas(party) {
		g, ok := grid[a.Code]
		if !ok {
			continue
		}
		c := at[a.Code]
		t := figureTile{X: g[0] * tileW, Y: g[1] * tileH, Name: w.area(a.Code), Count: w.Num(int64(c.N))}
		t.TextX, t.NameY, t.CountY = t.X+(tileW-4)/2, t.Y+22, t.Y+44
		if c.Hidden {
			t.Count = w.T("figures.few", programme.SmallCell)
		} else if c.N > 0 {
			t.Tone = min(4, 1+4*c.N/(most+1))
		}
		m.Width, m.Height = max(m.Width, t.X+tileW), max(m.Height, t.Y+tileH)
		m.Tiles = append(m.Tiles, t)
	}
	return m
}
