package exhibition

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muntija/internal/fault"
)

// hall is 40 × 30 m with an entrance above, an exit below and a loading door at the left.
func hall() *Plan {
	p := NewPlan(40_000, 30_000)
	p.Doors = []Door{{ID: 1, Kind: BothWays, At: Point{20_000, 0}, Width: 3000}, {ID: 2, Kind: Exit, At: Point{20_000, 30_000}, Width: 2000},
		{ID: 3, Kind: Loading, At: Point{0, 15_000}, Width: 4000}}
	p.Services = []Service{{ID: 4, Kind: PowerPoint, At: Point{10_000, 15_000}}, {ID: 5, Kind: WaterPoint, At: Point{10_000, 15_000}}}
	return p
}

func stand(id, x, y, angle int) Booth {
	return Booth{ID: id, Code: fmt.Sprintf("A-%d", id), Type: Stand3x3, X: x, Y: y, Width: 3000, Depth: 3000, Angle: angle, Open: Front}
}

func rulesOf(found []Finding) (out []string) {
	for _, f := range found {
		s := string(f.Rule)
		if f.Severity == fault.Warning {
			s += "?"
		}
		out = append(out, s)
	}
	return out
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(p *Plan)
		want   []string
	}{
		{"an empty hall", func(*Plan) {}, nil},
		{"one stand in the middle", func(p *Plan) { p.Booths = []Booth{stand(10, 20_000, 15_000, 0)} }, nil},
		{"two that touch", func(p *Plan) { p.Booths = []Booth{stand(10, 20_000, 15_000, 0), stand(11, 23_000, 15_000, 0)} }, nil},
		{"two that overlap", func(p *Plan) { p.Booths = []Booth{stand(10, 20_000, 15_000, 0), stand(11, 22_500, 15_000, 0)} }, []string{"overlap"}},
		{"one turned into another", func(p *Plan) { p.Booths = []Booth{stand(10, 20_000, 15_000, 0), stand(11, 23_400, 15_000, 45)} }, []string{"overlap", "gangway"}},
		{"over the wall", func(p *Plan) { p.Booths = []Booth{stand(10, 38_600, 15_000, 0)} }, []string{"outside", "gangway"}},
		{"at the wall", func(p *Plan) { p.Booths = []Booth{stand(10, 38_500, 15_000, 0)} }, nil},
		{"its front to the wall", func(p *Plan) { p.Booths = []Booth{stand(10, 38_500, 15_000, 270)} }, []string{"gangway", "enclosed"}},
		{"a narrow gangway", func(p *Plan) { p.Booths = []Booth{stand(10, 20_000, 12_000, 0), stand(11, 20_000, 17_000, 180)} }, []string{"gangway", "gangway"}},
		{"a gangway below the advice", func(p *Plan) { p.Booths = []Booth{stand(10, 20_000, 12_000, 0), stand(11, 20_000, 17_500, 180)} }, []string{"gangway_advice?", "gangway_advice?"}},
		{"before the exit", func(p *Plan) { p.Booths = []Booth{stand(10, 20_000, 27_000, 180)} }, []string{"door_blocked"}},
		{"on a column", func(p *Plan) {
			p.Columns = []Column{{ID: 9, X: 20_000, Y: 15_000, Width: 600, Depth: 600}}
			p.Booths = []Booth{stand(10, 21_000, 15_000, 0)}
		}, []string{"column"}},
		{"on a wall", func(p *Plan) {
			p.Walls = []Wall{{ID: 9, A: Point{0, 20_000}, B: Point{15_000, 20_000}, Thick: 200}}
			p.Booths = []Booth{stand(10, 10_000, 19_000, 180)}
		}, []string{"wall"}},
		{"in an aisle", func(p *Plan) {
			p.Aisles = []Aisle{{ID: 9, Area: []Point{{0, 14_000}, {40_000, 14_000}, {40_000, 17_000}, {0, 17_000}}}}
			p.Booths = []Booth{stand(10, 20_000, 13_000, 180)}
		}, []string{"aisle_blocked"}},
		{"a narrow aisle", func(p *Plan) {
			p.Aisles = []Aisle{{ID: 9, Area: []Point{{0, 14_000}, {40_000, 14_000}, {40_000, 16_000}, {0, 16_000}}}}
		}, []string{"aisle_narrow"}},
		{"no exit", func(p *Plan) { p.Doors = p.Doors[2:] }, []string{"no_exit"}},
		{"a door in the middle of the floor", func(p *Plan) { p.Doors[0].At = Point{20_000, 9_000} }, []string{"door_off"}},
		{"too few exits for the people", func(p *Plan) { p.Limits.People = 900 }, []string{"exit_count"}},
		{"exits too narrow", func(p *Plan) {
			p.Limits.People = 1400
			p.Doors = append(p.Doors, Door{ID: 6, Kind: Exit, At: Point{40_000, 5000}, Width: 900}, Door{ID: 7, Kind: Exit, At: Point{40_000, 25_000}, Width: 900})
		}, []string{"exit_width"}},
		{"no open side", func(p *Plan) {
			p.Booths = []Booth{stand(10, 20_000, 15_000, 0)}
			p.Booths[0].Open = 0
		}, []string{"closed"}},
		{"walled in", func(p *Plan) {
			p.Walls = []Wall{{ID: 9, A: Point{0, 20_000}, B: Point{10_000, 20_000}, Thick: 200}, {ID: 12, A: Point{10_000, 20_000}, B: Point{10_000, 30_000}, Thick: 200}}
			p.Booths = []Booth{stand(10, 5_000, 23_000, 0)}
		}, []string{"enclosed"}},
		{"a way too long", func(p *Plan) {
			p.Limits.ExitReach = 5000
			p.Booths = []Booth{stand(10, 3_000, 3_000, 0)}
		}, []string{"exit_reach"}},
		{"a dead end", func(p *Plan) {
			p.Walls = []Wall{{ID: 9, A: Point{0, 27_000}, B: Point{17_000, 27_000}, Thick: 200}}
		}, []string{"dead_end"}},
		{"a garden has none", func(p *Plan) {
			p.Limits.NoDeadEnds = true
			p.Walls = []Wall{{ID: 9, A: Point{0, 27_000}, B: Point{17_000, 27_000}, Thick: 200}}
		}, nil},
		{"a route beside a stand", func(p *Plan) {
			p.Booths = []Booth{stand(10, 20_000, 15_000, 0)}
			p.Routes = []Route{{ID: 9, Points: []Point{{20_000, 0}, {20_000, 8_000}, {22_000, 8_000}, {22_000, 20_000}}}}
		}, []string{"route_blocked"}},
		{"a wheelchair does not pass", func(p *Plan) {
			p.Walls = []Wall{{ID: 9, A: Point{0, 20_000}, B: Point{10_000, 20_000}, Thick: 200}, {ID: 12, A: Point{10_000, 20_000}, B: Point{10_000, 29_000}, Thick: 200}}
			p.Limits.DeadEnd = 30_000
			p.Booths = []Booth{stand(10, 5_000, 23_000, 0)}
			p.Booths[0].Accessible = true
		}, []string{"wheelchair"}},
		{"food without power and water", func(p *Plan) {
			p.Booths = []Booth{stand(10, 20_000, 15_000, 0)}
			p.Booths[0].Type = FoodUnit
		}, []string{"power", "water"}},
		{"supply too far", func(p *Plan) {
			p.Booths = []Booth{stand(10, 38_000, 3_000, 0)}
			p.Booths[0].PowerW, p.Booths[0].Water = 3000, true
			p.Limits.Cable = 20_000
		}, []string{"cable?", "hose?"}},
		{"more power than there is", func(p *Plan) {
			p.Booths = []Booth{stand(10, 12_000, 15_000, 0)}
			p.Booths[0].PowerW, p.Services[0].Watts = 3000, 2000
		}, []string{"load"}},
		{"not its size", func(p *Plan) {
			p.Booths = []Booth{stand(10, 20_000, 15_000, 0)}
			p.Booths[0].Width = 3200
		}, []string{"size?"}},
		{"two pavilions on one floor", func(p *Plan) {
			p.Zones = []Zone{{ID: 9, Kind: CountryZone, Party: "EG", Area: []Point{{0, 0}, {20_000, 0}, {20_000, 20_000}, {0, 20_000}}},
				{ID: 10, Kind: CountryZone, Party: "QA", Area: []Point{{19_000, 0}, {30_000, 0}, {30_000, 20_000}, {19_000, 20_000}}}}
		}, []string{"zone_overlap?"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := hall()
			test.change(p)
			if ps := p.Problems(); len(ps) > 0 {
				t.Fatalf("no drawing: %+v", ps)
			}
			if got := rulesOf(p.Check()); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestFindingTells holds that a finding says what was measured, what is asked, which booths and where.
func TestFindingTells(t *testing.T) {
	p := hall()
	p.Booths = []Booth{stand(10, 20_000, 12_000, 0), stand(11, 20_000, 16_900, 180)}
	found := p.Check()
	want := Finding{Rule: RuleGangway, IDs: []int{10, 11}, Codes: []string{"A-10", "A-11"}, Value: 1900, Limit: 2100, Unit: Length, At: Point{20_000, 14_450}}
	if len(found) != 2 || !reflect.DeepEqual(found[0], want) {
		t.Fatalf("got %+v\nwant first %+v", found, want)
	}
	if Blocked(found) != 2 {
		t.Errorf("got %d blocked, want 2", Blocked(found))
	}
}

func TestGeometry(t *testing.T) {
	square := []Point{{0, 0}, {10, 0}, {10, 10}, {0, 10}}
	lshape := []Point{{0, 0}, {10, 0}, {10, 4}, {4, 4}, {4, 10}, {0, 10}}
	for _, test := range []struct {
		name string
		got  any
		want any
	}{
		{"area", area2(square), int64(200)},
		{"area, the other way round", area2([]Point{{0, 10}, {10, 10}, {10, 0}, {0, 0}}), int64(200)},
		{"inside", inPolygon(lshape, Point{2, 8}), 1},
		{"in the notch", inPolygon(lshape, Point{8, 8}), -1},
		{"on the edge", inPolygon(lshape, Point{4, 7}), 0},
		{"on a corner", inPolygon(lshape, Point{4, 4}), 0},
		{"level with a corner", inPolygon(lshape, Point{-3, 4}), -1},
		{"simple", simple(lshape), true},
		{"a bow tie", simple([]Point{{0, 0}, {10, 10}, {10, 0}, {0, 10}}), false},
		{"folded back", simple([]Point{{0, 0}, {10, 0}, {4, 0}, {4, 5}}), false},
		{"a corner twice", simple([]Point{{0, 0}, {0, 0}, {10, 0}, {0, 10}}), false},
		{"touching itself", simple([]Point{{0, 0}, {10, 0}, {5, 5}, {10, 10}, {0, 10}, {5, 5}}), false},
		{"inside of an L", insidePolygon(lshape, []Point{{0, 0}, {4, 0}, {4, 10}, {0, 10}}), true},
		{"across its notch", insidePolygon(lshape, []Point{{1, 1}, {9, 1}, {9, 9}, {1, 9}}), false},
		{"all corners in and still outside", insidePolygon(lshape, []Point{{0, 10}, {10, 0}, {10, 4}, {4, 10}}), false},
		{"apart", depth(square, []Point{{20, 0}, {30, 0}, {30, 10}, {20, 10}}), 0.0},
		{"a common edge", depth(square, []Point{{10, 0}, {20, 0}, {20, 10}, {10, 10}}), 0.0},
		{"a common corner", depth(square, []Point{{10, 10}, {20, 10}, {20, 20}, {10, 20}}), 0.0},
		{"two in", depth(square, []Point{{8, 0}, {20, 0}, {20, 10}, {8, 10}}), 2.0},
		{"one within the other", depth(square, []Point{{4, 4}, {6, 4}, {6, 6}, {4, 6}}), 6.0},
		{"corners at 90°", rectangle(100, 100, 40, 20, 90), [4]Point{{90, 80}, {90, 120}, {110, 120}, {110, 80}}},
		{"corners at 180°", rectangle(0, 0, 40, 20, 180), [4]Point{{20, -10}, {-20, -10}, {-20, 10}, {20, 10}}},
		{"corners at 45°", rectangle(0, 0, 2000, 2000, 45), [4]Point{{-1414, 0}, {0, 1414}, {1414, 0}, {0, -1414}}},
		{"distance of segments", segmentDistance(Point{0, 0}, Point{10, 0}, Point{13, 4}, Point{20, 4}), 5.0},
		{"crossing segments", segmentDistance(Point{0, 0}, Point{10, 10}, Point{0, 10}, Point{10, 0}), 0.0},
		{"floor division", []int{floorDiv(-1, 4), floorDiv(-4, 4), floorDiv(7, 4)}, []int{-1, -1, 1}},
	} {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, test.got, test.want)
		}
	}
}

// TestOverlapAgainstPoints compares the decision of depth with points thrown onto both rectangles: a point that is clearly in both means an overlap.
func TestOverlapAgainstPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	overlaps := 0
	for range 3000 {
		make4 := func() Booth {
			return Booth{X: r.IntN(6000), Y: r.IntN(6000), Width: 1000 + 2*r.IntN(1500), Depth: 1000 + 2*r.IntN(1500), Angle: r.IntN(360)}
		}
		a, b := make4(), make4()
		p, q := a.Corners(), b.Corners()
		d := depth(p[:], q[:])
		if d > 0 {
			overlaps++
		}
		for range 60 {
			pt := Point{r.IntN(8000) - 1000, r.IntN(8000) - 1000}
			if inConvex(p[:], pt) && inConvex(q[:], pt) && d == 0 {
				t.Fatalf("%v lies in %v and %v, and they do not overlap", pt, p, q)
			}
		}
		if (d > 0) != (depth(q[:], p[:]) > 0) {
			t.Fatalf("overlap of %v and %v depends on their order", p, q)
		}
		if (d == 0) != (polygonDistance(p[:], q[:]) > 0) && !inConvex(p[:], q[0]) && !inConvex(q[:], p[0]) && d > 2 {
			t.Fatalf("overlap by %v and distance %v of %v and %v", d, polygonDistance(p[:], q[:]), p, q)
		}
	}
	if overlaps < 500 {
		t.Errorf("only %d overlaps were tried", overlaps)
	}
}

// TestGridStandsFree holds that what a grid makes never overlaps, is inside, and has codes and numbers of its own, whatever is asked for.
func TestGridStandsFree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	made := 0
	for n := range 400 {
		p := hall()
		p.Columns = []Column{{ID: 6, X: 13_000, Y: 11_000, Width: 800, Depth: 800, Angle: r.IntN(360)}}
		p.Outline = []Point{{0, 0}, {40_000, 0}, {40_000, 30_000}, {20_000 + r.IntN(10_000), 30_000}, {20_000, 22_000}, {0, 22_000}}
		kinds := BoothKinds()
		g := Grid{X: r.IntN(8000) - 2000, Y: r.IntN(8000) - 2000, Type: kinds[r.IntN(len(kinds))].Type, Rows: 1 + r.IntN(6), Columns: 1 + r.IntN(10), Aisle: r.IntN(4000),
			BackToBack: r.IntN(2) == 0, Block: r.IntN(5), Corners: r.IntN(2) == 0, Turned: r.IntN(2) == 0, Fit: true, Numbering: Numberings()[r.IntN(3)], Prefix: "P"}
		added, left, err := p.AddGrid(g)
		var f *fault.Error
		if err != nil {
			if !errors.As(err, &f) || f.Problems[0].Key != "problem.plan.none_fits" {
				t.Fatalf("grid %d %+v: %v", n, g, err)
			}
			continue
		}
		made += added
		if added+left != g.Rows*g.Columns || added != len(p.Booths) {
			t.Fatalf("grid %+v: %d added and %d left out of %d", g, added, left, g.Rows*g.Columns)
		}
		if ps := p.Problems(); len(ps) > 0 {
			t.Fatalf("grid %+v: no drawing: %+v", g, ps)
		}
		for _, f := range p.Check() {
			switch f.Rule {
			case RuleOverlap, RuleOutside, RuleColumn, RuleWall, RuleAisleBlocked, RuleDoorBlocked:
				t.Fatalf("grid %+v: %+v", g, f)
			}
		}
	}
	if made < 2000 {
		t.Errorf("only %d booths were made", made)
	}
}

func TestGridFaces(t *testing.T) {
	p := NewPlan(60_000, 40_000)
	g := Grid{X: 5000, Y: 5000, Type: Stand3x3, Rows: 2, Columns: 4, Aisle: 3000, BackToBack: true, Block: 2, Corners: true, Numbering: ByRow}
	if _, _, err := p.AddGrid(g); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range p.Booths {
		b := &p.Booths[i]
		got = append(got, fmt.Sprintf("%s %d,%d %d° %s", b.Code, b.X, b.Y, b.Angle, b.Open))
	}
	want := []string{"A-1 6500,6500 180° FR", "A-2 9500,6500 180° FL", "A-3 15500,6500 180° FR", "A-4 18500,6500 180° FL",
		"B-1 6500,9500 0° FL", "B-2 9500,9500 0° FR", "B-3 15500,9500 0° FL", "B-4 18500,9500 0° FR"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// Turned: what looked down looks to the right; open ends stay at the ends.
	q := NewPlan(60_000, 40_000)
	g.Turned = true
	if _, _, err := q.AddGrid(g); err != nil {
		t.Fatal(err)
	}
	for i := range q.Booths {
		for _, f := range q.Booths[i].Open.String() {
			face, _ := ParseFaces(string(f))
			a, b := q.Booths[i].side(face)
			m := between2(a, b)
			for j := range q.Booths {
				if k := q.Booths[j].Corners(); j != i && inPolygon(k[:], m) >= 0 {
					t.Errorf("%s opens to the wall of %s", q.Booths[i].Code, q.Booths[j].Code)
				}
			}
		}
	}
}

func TestNeighbours(t *testing.T) {
	p := hall()
	p.Booths = []Booth{stand(10, 20_000, 12_000, 180), stand(11, 23_000, 12_000, 180), stand(12, 20_000, 15_000, 0), stand(13, 23_000, 15_000, 0), stand(14, 28_000, 15_000, 0)}
	want := [][]Neighbour{{{1, true}, {2, false}}, {{0, true}, {3, false}}, {{0, false}, {3, true}}, {{1, false}, {2, true}}, nil}
	if got := p.Neighbours(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDistances(t *testing.T) {
	p := hall()
	p.Booths = []Booth{stand(10, 20_000, 10_000, 0), stand(11, 6_000, 15_000, 90)}
	got := p.Distances()
	// The front of the second one is at x = 7,500, its back at 4,500.
	if l := got[1].Loading; l < 3_900 || l > 5_500 {
		t.Errorf("got %d mm to the loading door, want about 5,000", l)
	}
	if e := got[0].Exit; e < 11_000 || e > 17_000 {
		t.Errorf("got %d mm to the nearest exit, want about 14,000", e)
	}
	if got[0].Entrance < 0 {
		t.Error("no way to the entrance")
	}
	p.Doors = nil
	if got := p.Distances(); got[0] != (Ways{10, -1, -1, -1}) {
		t.Errorf("without doors: got %v", got[0])
	}
}

func TestParsePlan(t *testing.T) {
	p := hall()
	p.Booths = []Booth{stand(10, 20_000, 15_000, 0)}
	p.Booths[0].Open = Front | Left
	p.Zones = []Zone{{ID: 9, Kind: CountryZone, Party: "QA", Title: Label{"قطر", "Qatar"}, Area: []Point{{0, 0}, {9000, 0}, {9000, 9000}}}}
	b, err := p.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParsePlan(b)
	if err != nil || !reflect.DeepEqual(got, p) {
		t.Fatalf("got %+v, %v\nwant %+v", got, err, p)
	}
	swap := func(old, new string) []byte { return []byte(strings.Replace(string(b), old, new, 1)) }
	for _, test := range []struct {
		name  string
		body  []byte
		field string // of the first problem, or the key of the error
	}{
		{"nothing", nil, "error.plan.format"},
		{"no object", []byte(`[]`), "error.plan.format"},
		{"another version", swap("muntija-plan/1", "muntija-plan/2"), "error.plan.version"},
		{"an unknown field", swap(`"outline"`, `"roof":1,"outline"`), "error.plan.format"},
		{"more after the end", append(slices.Clone(b), '{'), "error.plan.format"},
		{"a point of three", swap("[40000,0]", "[40000,0,1]"), "error.plan.format"},
		{"a broken number", swap("[40000,0]", "[4e99,0]"), "error.plan.format"},
		{"no floor", []byte(`{"format":"muntija-plan/1","outline":[],"limits":{}}`), "outline"},
		{"a hall of size 0", []byte(`{"format":"muntija-plan/1","outline":[[0,0],[0,0],[0,0],[0,0]],"limits":{}}`), "outline"},
		{"a hall that is a line", []byte(`{"format":"muntija-plan/1","outline":[[0,0],[9000,0],[18000,0]],"limits":{}}`), "outline"},
		{"a hall as small as a table", []byte(`{"format":"muntija-plan/1","outline":[[0,0],[1000,0],[1000,1000]],"limits":{}}`), "outline"},
		{"too far away", swap("[40000,30000]", "[40000000,30000]"), "outline"},
		{"the same number twice", swap(`"id":10`, `"id":1`), "booths[0].id"},
		{"an unknown type", swap("stand_3x3", "castle"), "booths[0].type"},
		{"an odd width", swap(`"w":3000`, `"w":3001`), "booths[0].w"},
		{"no width", swap(`"w":3000`, `"w":0`), "booths[0].w"},
		{"an angle", swap(`"d":3000`, `"d":3000,"angle":360`), "booths[0].angle"},
		{"an empty code", swap(`"code":"A-10"`, `"code":""`), "booths[0].code"},
		{"a code with a mark", swap(`"code":"A-10"`, `"code":"<b>"`), "booths[0].code"},
		{"sides", swap(`"open":"FL"`, `"open":"X"`), "error.plan.format"},
		{"a country", swap(`"party":"QA"`, `"party":"XX"`), "zones[0].party"},
		{"a limit", swap(`"limits":{}`, `"limits":{"aisle":1}`), "limits.aisle"},
		{"too large", make([]byte, MaxPlanBytes+1), "error.too_large"},
	} {
		_, err := ParsePlan(test.body)
		var f *fault.Error
		if !errors.As(err, &f) {
			t.Errorf("%s: got %v, want an error of package fault", test.name, err)
			continue
		}
		got := f.Key
		if len(f.Problems) > 0 {
			got = f.Problems[0].Field
		}
		if got != test.field {
			t.Errorf("%s: got %s, want %s", test.name, got, test.field)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	p := hall()
	p.Booths = []Booth{stand(10, 20_000, 15_000, 30)}
	b, _ := p.JSON()
	f.Add(b)
	f.Add([]byte(`{"format":"muntija-plan/1","outline":[[0,0],[3000,0],[3000,3000]],"limits":{}}`))
	f.Add([]byte(`{"format":"muntija-plan/1","outline":[[-1000000,-1000000],[1000000,1000000],[1000000,999900]],"doors":[{"id":1,"kind":"exit","at":[0,0],"width":900}],"limits":{}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePlan(b)
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		found := p.Check()
		if again := p.Check(); !reflect.DeepEqual(found, again) {
			t.Fatal("two checks of one plan differ")
		}
		p.Distances()
		p.Neighbours()
		out, err := p.JSON()
		if err != nil {
			t.Fatal(err)
		}
		q, err := ParsePlan(out)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if x, _ := json.Marshal(q); !reflect.DeepEqual(x, out) {
			t.Fatal("written twice, two texts")
		}
	})
}

// thousand is a hall with 1,000 stands in rows, back to back.
func thousand(tb testing.TB) *Plan {
	tb.Helper()
	p := NewPlan(170_000, 136_000)
	for i := range 8 {
		p.Doors = append(p.Doors, Door{ID: i + 1, Kind: BothWays, At: Point{10_000 + 20_000*i, 0}, Width: 4000}, Door{ID: i + 21, Kind: Exit, At: Point{10_000 + 20_000*i, 136_000}, Width: 4000})
	}
	p.Limits.ExitReach = 90_000
	added, _, err := p.AddGrid(Grid{X: 4000, Y: 5000, Type: Stand3x3, Rows: 25, Columns: 40, Aisle: 4000, BackToBack: true, Block: 10, Corners: true, Numbering: ByRow})
	if err != nil || added != 1000 {
		tb.Fatalf("made %d booths, %v", added, err)
	}
	return p
}

// TestCheckOfAThousand: a large hall that is right has no findings. How long it takes is a matter of BenchmarkCheck1000 and of the section "plan" of make bench.
func TestCheckOfAThousand(t *testing.T) {
	if found := thousand(t).Check(); Blocked(found) > 0 {
		t.Errorf("%d findings against a plan that is right, first %+v", Blocked(found), found[0])
	}
}

func BenchmarkCheck1000(b *testing.B) {
	p := thousand(b)
	for b.Loop() {
		p.Check()
	}
}
