package exhibition

import (
	"slices"
	"testing"
)

// Ways between booths are the same from both ends, never shorter than straight, and agree with what is close.
func TestCloseBooths(t *testing.T) {
	p := NewPlan(40_000, 30_000)
	p.Doors = []Door{{ID: 1, Kind: BothWays, At: Point{20_000, 0}, Width: 3000}, {ID: 2, Kind: Loading, At: Point{20_000, 30_000}, Width: 3000}}
	if _, _, err := p.AddGrid(Grid{X: 4_000, Y: 6_000, Type: Stand3x3, Rows: 4, Columns: 8, Aisle: 4_000, BackToBack: true, Numbering: ByRow}); err != nil {
		t.Fatal(err)
	}
	m := Measure(p)
	at := func(code string) int { return slices.IndexFunc(p.Booths, func(b Booth) bool { return b.Code == code }) }
	far := func(list []BoothPair, a, b string) int {
		i, j := min(at(a), at(b)), max(at(a), at(b))
		for _, x := range list {
			if x.A == i && x.B == j {
				return x.MM
			}
		}
		return -1
	}
	walked, straight := m.Close(MaxCrowdRadius, true), m.Close(MaxCrowdRadius, false)
	// Side by side one walks from front to front; back to back round the row, though the backs touch.
	if d := far(walked, "A-1", "A-2"); d < 2_500 || d > 4_500 {
		t.Errorf("side by side it is %d mm from front to front", d)
	}
	if near, round := far(straight, "A-4", "B-4"), far(walked, "A-4", "B-4"); near != 3_000 || round < 20_000 {
		t.Errorf("back to back: straight %d, walked %d", near, round)
	}
	for _, list := range [][]BoothPair{m.Close(6, true), m.Close(6, false)} {
		for _, x := range list {
			if x.MM > 6_000 || x.A >= x.B {
				t.Errorf("within 6 m is %+v", x)
			}
		}
	}
	across := func(a, b string) bool {
		return slices.ContainsFunc(m.Gaps(), func(x BoothPair) bool { return x.A == min(at(a), at(b)) && x.B == max(at(a), at(b)) && m.Across(x) })
	}
	if !across("B-3", "C-3") || across("A-1", "D-8") {
		t.Error("what faces each other over a gangway hangs together, what is far apart does not")
	}
	load := m.Loading()
	if load[at("D-4")] >= load[at("A-4")] || load[at("D-4")] < 1 {
		t.Errorf("loading: D-4 %d m, A-4 %d m", load[at("D-4")], load[at("A-4")])
	}
}

// What is said of a booth by itself is what a placing with nobody else in it says.
func TestAlone(t *testing.T) {
	p := hall()
	o := Occupant{ID: 7, Party: "EG", Area: "EG-C", Craft: "FF", Accessible: true}
	m := Measure(p)
	for range 2 {
		got := m.Alone(o)
		s := Placing{Plan: p, Occupants: []Occupant{o}, Booth: map[int64]int{}}
		for i := range p.Booths {
			want := s.Judge(7, p.Booths[i].ID)
			if len(got[i]) != len(want) || len(want) == 0 {
				t.Errorf("%s: got %v, want %v", p.Booths[i].Code, got[i], want)
			}
		}
	}
}
