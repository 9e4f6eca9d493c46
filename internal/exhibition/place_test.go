package exhibition

import (
	"fmt"
	"slices"
	"testing"

	"muntija/internal/fault"
)

// row is a hall with a row of six stands side by side, A-10 to A-15, and two alone, A-20 and A-21, far from it.
func row() *Plan {
	p := hall()
	for i := range 6 {
		p.Booths = append(p.Booths, stand(10+i, 6_500+3000*i, 12_000, 180))
	}
	p.Booths = append(p.Booths, stand(20, 35_000, 25_000, 0), stand(21, 35_000, 5_000, 0))
	return p
}

func TestJudge(t *testing.T) {
	pottery := Occupant{ID: 1, Party: "EG", Area: "EG-C", Craft: "PT"}
	food := Occupant{ID: 2, Party: "EG", Area: "EG-ASN", Craft: "FD"}
	incense := Occupant{ID: 3, Party: "QA", Area: "QA-DA", Craft: "PF"}
	cloth := Occupant{ID: 4, Party: "EG", Area: "EG-SHG", Craft: "TX"}
	same := Occupant{ID: 5, Party: "EG", Area: "EG-C", Craft: "PT"}
	wood := Occupant{ID: 6, Party: "EG", Area: "EG-DT", Craft: "WD"}
	left := []Point{{0, 0}, {20_000, 0}, {20_000, 30_000}, {0, 30_000}}
	for _, test := range []struct {
		name   string
		plan   func(p *Plan)
		people []Occupant
		at     map[int64]int
		who    int64
		booth  int
		want   []string
	}{
		{"nobody else", nil, []Occupant{wood}, nil, 6, 12, nil},
		{"no such booth", nil, []Occupant{wood}, nil, 6, 99, []string{"unknown"}},
		{"taken", nil, []Occupant{wood, cloth}, map[int64]int{4: 12}, 6, 12, []string{"taken"}},
		{"the own booth is not taken", nil, []Occupant{wood}, map[int64]int{6: 12}, 6, 12, nil},
		{"livestock", nil, []Occupant{{ID: 6, Party: "EG", Craft: "LV"}}, nil, 6, 12, []string{"craft"}},
		{"too small", nil, []Occupant{{ID: 6, Party: "EG", Craft: "WD", AreaDM2: 1200}}, nil, 6, 12, []string{"size"}},
		{"power", nil, []Occupant{{ID: 6, Party: "EG", Craft: "WD", PowerW: 1000}}, nil, 6, 12, []string{"power"}},
		{"water", nil, []Occupant{{ID: 6, Party: "EG", Craft: "AG"}}, nil, 6, 12, []string{"water"}},
		{"extraction", nil, []Occupant{{ID: 6, Party: "EG", Craft: "WD", Extraction: true}}, nil, 6, 12, []string{"extraction?"}},
		{"wheelchair", nil, []Occupant{{ID: 6, Party: "EG", Craft: "WD", Accessible: true}}, nil, 6, 12, []string{"accessible"}},
		{"an accessible booth for somebody else", func(p *Plan) { p.Booths[2].Accessible = true }, []Occupant{wood}, nil, 6, 12, []string{"spare?"}},
		{"fresh food outside of the food court", func(p *Plan) { p.Booths[2].PowerW, p.Booths[2].Water = 3000, true }, []Occupant{{ID: 6, Party: "EG", Craft: "FF"}}, nil, 6, 12, []string{"fresh_food?"}},
		{"food beside incense", nil, []Occupant{food, incense}, map[int64]int{3: 13}, 2, 12, []string{"food_perfume"}},
		{"incense beside food", nil, []Occupant{food, incense}, map[int64]int{2: 13}, 3, 12, []string{"food_perfume"}},
		{"food far from incense", nil, []Occupant{food, incense}, map[int64]int{3: 20}, 2, 12, nil},
		{"two booths between are 6 m", nil, []Occupant{food, incense}, map[int64]int{3: 10}, 2, 13, []string{"food_perfume"}},
		{"three booths between are 9 m", nil, []Occupant{food, incense}, map[int64]int{3: 10}, 2, 14, nil},
		{"food beside cloth", nil, []Occupant{food, cloth}, map[int64]int{4: 13}, 2, 12, []string{"food_textile?"}},
		{"incense beside cloth", nil, []Occupant{incense, cloth}, map[int64]int{4: 13}, 3, 12, []string{"smoke_textile?"}},
		{"the same craft of the same place", nil, []Occupant{pottery, same}, map[int64]int{5: 13}, 1, 12, []string{"same_craft?"}},
		{"not if one stands between", nil, []Occupant{pottery, same}, map[int64]int{5: 14}, 1, 12, nil},
		{"not if they are one association's", nil, []Occupant{{ID: 1, Party: "EG", Area: "EG-C", Craft: "PT", Association: 9}, {ID: 5, Party: "EG", Area: "EG-C", Craft: "PT", Association: 9}},
			map[int64]int{5: 13}, 1, 12, nil},
		{"an association apart", nil, []Occupant{{ID: 1, Party: "EG", Craft: "WD", Association: 9}, {ID: 5, Party: "EG", Craft: "PT", Association: 9}},
			map[int64]int{5: 20}, 1, 12, []string{"apart?"}},
		{"another country's pavilion", func(p *Plan) { p.Zones = []Zone{{ID: 30, Kind: CountryZone, Party: "QA", Area: left}} }, []Occupant{wood}, nil, 6, 12, []string{"zone_country"}},
		{"the own pavilion", func(p *Plan) { p.Zones = []Zone{{ID: 30, Kind: CountryZone, Party: "EG", Area: left}} }, []Occupant{wood}, nil, 6, 12, nil},
		{"outside of the own pavilion", func(p *Plan) { p.Zones = []Zone{{ID: 30, Kind: CountryZone, Party: "EG", Area: left}} }, []Occupant{wood}, nil, 6, 20, []string{"out_pavilion?"}},
		{"a zone of another governorate", func(p *Plan) { p.Zones = []Zone{{ID: 30, Kind: AreaZone, Place: "EG-ASN", Area: left}} }, []Occupant{wood}, nil, 6, 12, []string{"zone_area?"}},
		{"a zone for people with disabilities", func(p *Plan) { p.Zones = []Zone{{ID: 30, Kind: DisabilityZone, Area: left}} }, []Occupant{wood}, nil, 6, 12, []string{"zone_kept"}},
		{"heavy goods far from loading", func(p *Plan) { p.Limits.HeavyLoading = 20_000 }, []Occupant{pottery}, nil, 1, 20, []string{"far?"}},
		{"heavy goods near loading", func(p *Plan) { p.Limits.HeavyLoading = 20_000 }, []Occupant{pottery}, nil, 1, 10, nil},
		{"hung goods without a wall", func(p *Plan) { p.Booths[2].Open |= Back }, []Occupant{{ID: 6, Party: "EG", Craft: "CK"}}, nil, 6, 12, []string{"wall?"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := row()
			if test.plan != nil {
				test.plan(p)
			}
			s := Placing{Plan: p, Occupants: test.people, Booth: test.at}
			var got []string
			for _, f := range s.Judge(test.who, test.booth) {
				name := string(f.Rule)
				if f.Severity == fault.Warning {
					name += "?"
				}
				got = append(got, name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			all := s.JudgeAll(test.who)
			if _, ok := s.prepare().index[test.booth]; ok && len(all[test.booth]) != len(got) {
				t.Errorf("JudgeAll has %d findings, Judge %d", len(all[test.booth]), len(got))
			}
		})
	}
}

// TestCheckNamesBoth holds that a placing that is complete is judged from both sides, and that the clash names the other booth and the distance.
func TestCheckNamesBoth(t *testing.T) {
	s := Placing{Plan: row(), Occupants: []Occupant{{ID: 2, Party: "EG", Craft: "FD"}, {ID: 3, Party: "QA", Craft: "PF"}}, Booth: map[int64]int{2: 10, 3: 12}}
	got := s.Check()
	want := []PlaceFinding{{PlaceFoodSmoke, fault.Blocking, 2, 10, 12, 3000, 8000}, {PlaceFoodSmoke, fault.Blocking, 3, 12, 10, 3000, 8000}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestEveryRuleOnce(t *testing.T) {
	for name, list := range map[string][]string{"plan": texts(PlanRules()), "place": texts(PlaceRules())} {
		slices.Sort(list)
		if len(slices.Compact(list)) != len(list) {
			t.Errorf("a rule of %s stands twice", name)
		}
	}
}

func texts[T ~string](list []T) (out []string) {
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

func TestPlacementMove(t *testing.T) {
	s := Placement{HallID: 1, Booth: 2, Locked: true}
	if err := s.Move(1, 3); !fault.Is(err, fault.State) || s.Booth != 2 {
		t.Errorf("a locked placement moved: %v, %+v", err, s)
	}
	s.Locked = false
	if err := s.Move(4, 3); err != nil || s.Booth != 3 || s.HallID != 4 {
		t.Errorf("got %v, %+v", err, s)
	}
}

func BenchmarkJudgeAll1000(b *testing.B) {
	p := thousand(b)
	s := Placing{Plan: p, Booth: map[int64]int{}}
	crafts := []string{"TX", "FD", "PF", "PT", "WD", "EM", "AR"}
	for i := range 900 {
		s.Occupants = append(s.Occupants, Occupant{ID: int64(i + 1), Party: "EG", Area: fmt.Sprintf("EG-%d", i%27), Craft: crafts[i%len(crafts)]})
		if i > 0 {
			s.Booth[int64(i+1)] = p.Booths[i].ID
		}
	}
	for b.Loop() {
		s.JudgeAll(1)
	}
}
