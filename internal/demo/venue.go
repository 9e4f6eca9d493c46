package demo

import (
	"context"
	"fmt"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/place"
)

// hall is a hall of the demo: where it is, and how it is drawn.
type hall struct {
	party        place.Country
	venue        string // English name of a known venue
	name         exhibition.Label
	width, depth int
	draw         func(p *exhibition.Plan) error
	draft        bool // is still being drawn
}

var halls = []hall{
	{place.Egypt, "SME Agency hall, Exhibition Ground", exhibition.Label{AR: "القاعة الكبرى", EN: "Great hall"}, 80_000, 50_000, drawCairo, false},
	{place.Egypt, "Qubba Palace grounds", exhibition.Label{AR: "الساحة الشرقية", EN: "East ground"}, 60_000, 36_000, drawGround, true},
	{place.Qatar, "Doha Exhibition & Convention Center", exhibition.Label{AR: "القاعة 2", EN: "Hall 2"}, 60_000, 40_000, drawDoha, false},
	{place.Qatar, "Museum of Islamic Art garden", exhibition.Label{AR: "الممشى", EN: "Promenade"}, 50_000, 30_000, drawGarden, false},
}

func square(x0, y0, x1, y1 int) []exhibition.Point {
	return []exhibition.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}

// parts gives the elements of a drawing numbers of their own.
type parts struct{ p *exhibition.Plan }

func (d parts) door(kind exhibition.DoorKind, x, y, width int) {
	d.p.Doors = append(d.p.Doors, exhibition.Door{ID: d.p.NextID(), Kind: kind, At: exhibition.Point{X: x, Y: y}, Width: width})
}

func (d parts) supply(kind exhibition.ServiceKind, x, y int) {
	d.p.Services = append(d.p.Services, exhibition.Service{ID: d.p.NextID(), Kind: kind, At: exhibition.Point{X: x, Y: y}})
}

func (d parts) zone(kind exhibition.ZoneKind, party place.Country, title exhibition.Label, area []exhibition.Point) {
	d.p.Zones = append(d.p.Zones, exhibition.Zone{ID: d.p.NextID(), Kind: kind, Party: party, Title: title, Area: area})
}

// drawCairo is 4,000 m² with about 150 stands, columns, a pavilion for each country and a food court at the far wall.
func drawCairo(p *exhibition.Plan) error {
	d := parts{p}
	d.door(exhibition.BothWays, 20_000, 0, 4000)
	d.door(exhibition.BothWays, 60_000, 0, 4000)
	d.door(exhibition.Exit, 8_000, 50_000, 3000)
	d.door(exhibition.Exit, 72_000, 50_000, 3000)
	d.door(exhibition.Exit, 80_000, 25_000, 3000)
	d.door(exhibition.Loading, 0, 25_000, 5000)
	for _, x := range []int{12_500, 27_500, 45_700, 60_700} {
		p.Columns = append(p.Columns, exhibition.Column{ID: p.NextID(), X: x, Y: 17_200, Width: 700, Depth: 700})
	}
	for _, x := range []int{2_000, 35_600, 69_000} {
		d.supply(exhibition.PowerPoint, x, 12_000)
		d.supply(exhibition.PowerPoint, x, 32_000)
	}
	d.supply(exhibition.WaterPoint, 30_000, 49_500)
	d.supply(exhibition.WaterPoint, 48_000, 49_500)
	d.zone(exhibition.CountryZone, place.Egypt, exhibition.Label{AR: "جناح مصر", EN: "Egypt"}, square(3_700, 4_700, 34_300, 38_900))
	d.zone(exhibition.CountryZone, place.Qatar, exhibition.Label{AR: "جناح قطر", EN: "Qatar"}, square(36_900, 4_700, 67_500, 38_900))
	d.zone(exhibition.FoodZone, "", exhibition.Label{AR: "ركن الأغذية", EN: "Food court"}, square(20_700, 42_500, 51_300, 46_300))
	p.Routes = append(p.Routes, exhibition.Route{ID: p.NextID(), Points: []exhibition.Point{{X: 20_000, Y: 0}, {X: 20_000, Y: 2_400}, {X: 35_600, Y: 2_400}, {X: 35_600, Y: 40_600}, {X: 8_000, Y: 40_600}, {X: 8_000, Y: 50_000}}})
	if _, _, err := p.AddGrid(exhibition.Grid{X: 4_000, Y: 5_000, Type: exhibition.Stand3x3, Rows: 8, Columns: 20, Aisle: 3_200, BackToBack: true, Block: 10, Corners: true,
		Numbering: exhibition.ByRow, PowerW: 1000, Fit: true}); err != nil {
		return err
	}
	if _, _, err := p.AddGrid(exhibition.Grid{X: 21_000, Y: 43_000, Type: exhibition.FoodUnit, Rows: 1, Columns: 10, Prefix: "FD", Numbering: exhibition.Running, PowerW: 4000, Water: true}); err != nil {
		return err
	}
	for i := range p.Booths {
		b := &p.Booths[i]
		switch {
		case b.Type == exhibition.FoodUnit:
			b.Angle, b.Extraction = 180, true
		case i%25 == 0: // at the corners of the blocks
			b.Accessible = true
		}
	}
	p.Limits.People = 1_500
	return nil
}

// drawDoha is a hall without columns: stands of 3 × 4 m around a demonstration ground.
func drawDoha(p *exhibition.Plan) error {
	d := parts{p}
	d.door(exhibition.BothWays, 30_000, 0, 5000)
	d.door(exhibition.Exit, 30_000, 40_000, 3000)
	d.door(exhibition.Exit, 60_000, 20_000, 3000)
	d.door(exhibition.Loading, 0, 20_000, 5000)
	for _, x := range []int{4_000, 30_000, 56_000} {
		d.supply(exhibition.PowerPoint, x, 20_000)
	}
	d.supply(exhibition.WaterPoint, 56_000, 36_000)
	if _, _, err := p.AddGrid(exhibition.Grid{X: 6_000, Y: 5_000, Type: exhibition.Stand3x4, Rows: 4, Columns: 11, Aisle: 4_000, BackToBack: true, Corners: true,
		Numbering: exhibition.Snake, PowerW: 1500, Fit: true}); err != nil {
		return err
	}
	_, _, err := p.AddGrid(exhibition.Grid{X: 8_000, Y: 29_000, Type: exhibition.Demonstration, Rows: 1, Columns: 3, Prefix: "D", Numbering: exhibition.Running, PowerW: 3000})
	if err != nil {
		return err
	}
	d.supply(exhibition.WaterPoint, 52_000, 39_500)
	if _, _, err := p.AddGrid(exhibition.Grid{X: 38_000, Y: 34_500, Type: exhibition.FoodUnit, Rows: 1, Columns: 6, Prefix: "F", Numbering: exhibition.Running, PowerW: 4000, Water: true, Fit: true}); err != nil {
		return err
	}
	for i := range p.Booths {
		switch b := &p.Booths[i]; b.Type {
		case exhibition.Demonstration:
			b.X += (b.X - 10_000) / 4_000 * 4_000 // room on both sides
			b.Extraction = true
		case exhibition.FoodUnit:
			b.Angle, b.Extraction = 180, true
		}
	}
	return nil
}

// drawGarden is a promenade under the open sky: tents in a row on each side, kiosks at the end.
func drawGarden(p *exhibition.Plan) error {
	d := parts{p}
	p.Outline = []exhibition.Point{{X: 0, Y: 0}, {X: 50_000, Y: 0}, {X: 50_000, Y: 22_000}, {X: 38_000, Y: 30_000}, {X: 0, Y: 30_000}}
	p.Limits.NoDeadEnds = true
	d.door(exhibition.BothWays, 0, 15_000, 8000)
	d.door(exhibition.BothWays, 50_000, 11_000, 6000)
	d.door(exhibition.Loading, 8_000, 30_000, 5000)
	d.supply(exhibition.PowerPoint, 24_000, 15_000)
	d.supply(exhibition.WaterPoint, 24_000, 29_000)
	if _, _, err := p.AddGrid(exhibition.Grid{X: 8_000, Y: 4_000, Type: exhibition.Tent, Rows: 1, Columns: 10, Numbering: exhibition.ByRow, Fit: true}); err != nil {
		return err
	}
	if _, _, err := p.AddGrid(exhibition.Grid{X: 14_000, Y: 21_000, Type: exhibition.Tent, Rows: 1, Columns: 7, Prefix: "B", Numbering: exhibition.Running, Fit: true}); err != nil {
		return err
	}
	for i := range p.Booths {
		b := &p.Booths[i]
		b.Shaded = true
		if b.Y > 20_000 {
			b.Angle = 180
		}
	}
	return nil
}

// drawGround is a draft with something left to mend: two stands overlap, and a gangway is too narrow.
func drawGround(p *exhibition.Plan) error {
	d := parts{p}
	p.Limits.NoDeadEnds = true
	d.door(exhibition.BothWays, 30_000, 0, 6000)
	d.door(exhibition.Exit, 30_000, 36_000, 4000)
	if _, _, err := p.AddGrid(exhibition.Grid{X: 6_000, Y: 5_000, Type: exhibition.Stand2x3, Rows: 4, Columns: 14, Aisle: 3_200, BackToBack: true, Corners: true, Numbering: exhibition.ByRow,
		Fit: true}); err != nil {
		return err
	}
	p.Booths[3].X += 900
	p.Booths[30].Y += 1_500
	return nil
}

// venues enters the known places of both countries and draws some of their halls.
func (l *loader) venues(ctx context.Context) error {
	for _, party := range place.Countries() {
		actor := l.who(party, auth.Coordinator, "", 0)
		if _, err := l.svc.Venues.Seed(ctx, actor); err != nil {
			return fmt.Errorf("venues of %s: %w", party, err)
		}
		list, err := l.svc.Venues.List(ctx, actor)
		if err != nil {
			return err
		}
		for _, h := range halls {
			for _, v := range list {
				if h.party != party || v.Name.EN != h.venue {
					continue
				}
				if err := l.hall(ctx, actor, v.ID, h); err != nil {
					return fmt.Errorf("the hall %s: %w", h.name.EN, err)
				}
			}
		}
	}
	return nil
}

func (l *loader) hall(ctx context.Context, actor auth.Actor, venue int64, h hall) error {
	id, err := l.svc.Venues.AddHall(ctx, actor, venue, h.name, h.width, h.depth, l.write(0))
	if err != nil {
		return err
	}
	p := exhibition.NewPlan(h.width, h.depth)
	if err := h.draw(p); err != nil {
		return err
	}
	version, _, err := l.svc.Venues.SavePlan(ctx, actor, id, p, l.write(1))
	if err != nil || h.draft {
		return err
	}
	return l.svc.Venues.Release(ctx, actor, id, l.write(version))
}
