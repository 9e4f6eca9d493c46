// Package instance makes allocation problems of any size from a seed, for tests and benchmarks: seasons as the ministries plan them, single exhibitions
// with quota trees, and the generalised assignment problems of the literature.
//
// # Design
//
// A season has exhibitions over 52 weeks of 5 to 15 days, exhibitors with a party, an area, a category, a mark for first-timers and one for disability,
// merit of 1 to 1,000 points that falls with distance, one to three booths, and twice to three times as much demand as room. Quotas cross: each exhibition
// bounds parties, areas and categories from above and first-timers and disability from below; the season bounds areas. Travel has a budget per party.
//
// Types A to E of generalised assignment follow the usual recipe (Chu and Beasley 1997 for A to D; Laguna, Kelly, González-Velarde and Glover 1995 for E), multiple knapsacks
// that of Martello and Toth 1990.
package instance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"muntija/internal/planner/model"
)

// Areas and categories of the generator: 27 governorates and 8 municipalities; sectors of crafts and food.
const (
	egyptAreas = 27
	qatarAreas = 8
	categories = 12
)

// Season returns a season of n exhibitors and j exhibitions.
func Season(n, j int, seed uint64) *model.Problem {
	r := rand.New(rand.NewPCG(seed, 0x5ea50))
	p := &model.Problem{Sense: model.Max, AtMost: 3, RestDays: 3}
	areas := egyptAreas + qatarAreas
	where := make([]int, j)
	for e := range j {
		first := int32(20454 + r.IntN(52)*7)
		where[e] = r.IntN(areas)
		room := int64(float64(n)/float64(j)*(0.3+0.6*r.Float64())) + 2
		p.Exhibitions = append(p.Exhibitions, model.Exhibition{ID: fmt.Sprintf("e%03d", e+1), Capacity: room, Metres: room * 5, FirstDay: first, LastDay: first + 4 + int32(r.IntN(11))})
	}
	// groups: parties 0-1, areas, categories, first-timers, disability
	p.Groups = append(p.Groups, "party:EG", "party:QA")
	for a := range areas {
		p.Groups = append(p.Groups, fmt.Sprintf("area:%02d", a+1))
	}
	for c := range categories {
		p.Groups = append(p.Groups, fmt.Sprintf("category:%02d", c+1))
	}
	first, disability := int32(len(p.Groups)), int32(len(p.Groups)+1)
	p.Groups = append(p.Groups, "first-timer", "disability")
	all := make([]uint16, j)
	for e := range all {
		all[e] = uint16(e)
	}
	quota := func(id string, set []uint16, g int32, least, most int64) {
		p.Quotas = append(p.Quotas, model.Quota{ID: id, Exhibitions: set, Group: g, Min: least, Max: most})
	}
	var total int64
	for e, x := range p.Exhibitions {
		set, c := []uint16{uint16(e)}, x.Capacity
		total += c
		quota("qatar at "+x.ID, set, 1, 0, c/4+1)
		quota("first-timers at "+x.ID, set, first, c/10, model.Unlimited)
		quota("disability at "+x.ID, set, disability, c/40, model.Unlimited)
		quota("food at "+x.ID, set, int32(2+areas), 0, c/6+1)
		quota("textiles at "+x.ID, set, int32(2+areas+1), 0, c/6+1)
		quota("near at "+x.ID, set, int32(2+where[e]), 0, c/3+1)
	}
	for a := range areas {
		quota("area "+p.Groups[2+a], all, int32(2+a), total/int64(areas)/8, total/int64(areas)*3)
	}
	weight := make([]float64, areas)
	sum := 0.0
	for a := range weight {
		weight[a] = 0.3 + 2*r.Float64()
		if a >= egyptAreas {
			weight[a] = 0.25
		}
		sum += weight[a]
	}
	b := typer{p: p, seen: map[[5]int32]int32{}}
	p.Start = append(p.Start, 0)
	each := min(20, max(2, j/3))
	room := n*each + n*each/50 + 64 // without it the columns would be copied as they grow, and the peak of memory would not be the solver's
	p.Exh, p.Value, p.Size = make([]uint16, 0, room), make([]int32, 0, room), make([]int32, 0, room)
	p.Metres, p.Cost = make([]int32, 0, room), make([]int32, 0, room)
	perm := make([]uint16, j)
	for e := range perm {
		perm[e] = uint16(e)
	}
	var travel int64
	for i := range n {
		x := r.Float64() * sum
		a := 0
		for a < areas-1 && x > weight[a] {
			x -= weight[a]
			a++
		}
		party := int32(0)
		if a >= egyptAreas {
			party = 1
		}
		key := [5]int32{party, int32(2 + a), int32(2 + areas + int(float64(categories)*r.Float64()*r.Float64())), -1, -1}
		if r.IntN(100) < 30 {
			key[3] = first
		}
		if r.IntN(100) < 5 {
			key[4] = disability
		}
		p.Type = append(p.Type, b.of(key))
		p.IDs.Append(fmt.Sprintf("f%07d", i+1))
		merit := 100 + r.IntN(700)
		m := each/2 + r.IntN(each)
		m = min(m, j)
		for k := range m { // the first m of a random order
			o := k + r.IntN(j-k)
			perm[k], perm[o] = perm[o], perm[k]
		}
		chosen := append([]uint16(nil), perm[:m]...)
		sortExh(chosen)
		size := int32(1 + max(0, r.IntN(10)-7))
		for _, e := range chosen {
			distance := int32(math.Abs(float64(where[e]-a))) * 37 % 400
			p.Exh = append(p.Exh, e)
			p.Value = append(p.Value, int32(merit+r.IntN(200))*size-distance/4+100)
			p.Size = append(p.Size, size)
			p.Metres = append(p.Metres, size*4+int32(r.IntN(3)))
			p.Cost = append(p.Cost, 10+distance)
			travel += int64(10 + distance)
		}
		p.Start = append(p.Start, int32(len(p.Exh)))
	}
	mean := travel / int64(len(p.Exh))
	p.Budgets = append(p.Budgets, model.Budget{ID: "travel EG", Exhibitions: all, Group: 0, Amount: total * mean * 5 / 10},
		model.Budget{ID: "travel QA", Exhibitions: all, Group: 1, Amount: total * mean / 10})
	return must(p)
}

func must(p *model.Problem) *model.Problem {
	if err := p.Freeze(); err != nil {
		panic(err) // a fault of the generator
	}
	return p
}

func sortExh(s []uint16) {
	for k := 1; k < len(s); k++ {
		for m := k; m > 0 && s[m-1] > s[m]; m-- {
			s[m-1], s[m] = s[m], s[m-1]
		}
	}
}

// typer numbers the combinations of groups.
type typer struct {
	p    *model.Problem
	seen map[[5]int32]int32
}

func (b *typer) of(key [5]int32) int32 {
	t, ok := b.seen[key]
	if !ok {
		t = int32(len(b.p.Types))
		b.seen[key] = t
		var groups []int32
		for _, g := range key {
			if g >= 0 {
				groups = append(groups, g)
			}
		}
		b.p.Types = append(b.p.Types, groups)
	}
	return t
}

// Single returns one exhibition with n applicants for a number of places, and two quota trees: party and area, sector and craft, each level with minima
// and maxima.
func Single(n, places int, seed uint64) *model.Problem {
	r := rand.New(rand.NewPCG(seed, 0x51e))
	p := &model.Problem{Sense: model.Max, AtMost: 1, Exhibitions: []model.Exhibition{{ID: "joint", Capacity: int64(places), Metres: model.Unlimited}}}
	areas := egyptAreas + qatarAreas
	p.Groups = append(p.Groups, "party:EG", "party:QA", "sector:1", "sector:2", "sector:3", "sector:4")
	for a := range areas {
		p.Groups = append(p.Groups, fmt.Sprintf("area:%02d", a+1))
	}
	for c := range categories * 2 {
		p.Groups = append(p.Groups, fmt.Sprintf("craft:%02d", c+1))
	}
	set := []uint16{0}
	quota := func(g int, least, most int) {
		p.Quotas = append(p.Quotas, model.Quota{ID: p.Groups[g], Exhibitions: set, Group: int32(g), Min: int64(least), Max: int64(most)})
	}
	quota(0, places*4/10, places*6/10)
	quota(1, places*3/10, places*5/10)
	for s := range 4 {
		quota(2+s, places/10, places/3)
	}
	for a := range areas {
		quota(6+a, places/300, places/12+1)
	}
	for c := range categories * 2 {
		quota(6+areas+c, places/200, places/10+1)
	}
	b := typer{p: p, seen: map[[5]int32]int32{}}
	p.Start = append(make([]int32, 0, n+1), 0)
	p.Type, p.Exh, p.Value = make([]int32, 0, n), make([]uint16, n), make([]int32, 0, n)
	for i := range n {
		a := int(float64(areas) * r.Float64() * (0.5 + r.Float64()/2))
		party := int32(0)
		if a >= egyptAreas || r.IntN(8) == 0 {
			a = egyptAreas + r.IntN(qatarAreas)
			party = 1
		}
		craft := r.IntN(categories * 2)
		p.Type = append(p.Type, b.of([5]int32{party, int32(6 + a), int32(2 + craft%4), int32(6 + areas + craft), -1}))
		p.IDs.Append(fmt.Sprintf("f%07d", i+1))
		p.Value = append(p.Value, int32(1+r.IntN(1000000)))
		p.Start = append(p.Start, int32(i+1))
	}
	for t, groups := range p.Types {
		p.Types[t] = sorted(groups)
	}
	return must(p)
}

func sorted(g []int32) []int32 {
	for k := 1; k < len(g); k++ {
		for m := k; m > 0 && g[m-1] > g[m]; m-- {
			g[m-1], g[m] = g[m], g[m-1]
		}
	}
	return g
}

// Assignment returns a generalised assignment problem of type 'A' to 'E' with so many agents (exhibitions) and jobs (exhibitors), to be minimised.
func Assignment(kind byte, agents, jobs int, seed uint64) *model.Problem {
	r := rand.New(rand.NewPCG(seed, uint64(kind)))
	p := &model.Problem{Sense: model.Min, MustPlace: true, AtMost: 1, Types: [][]int32{{}}, Start: []int32{0}}
	size := make([][]int32, jobs)
	load, cheapest := make([]int64, agents), make([]int64, agents)
	for i := range jobs {
		size[i] = make([]int32, agents)
		at := 0
		for a := range agents {
			var s, c int32
			switch kind {
			case 'A', 'B', 'C':
				s, c = int32(5+r.IntN(21)), int32(10+r.IntN(41))
			case 'D':
				s = int32(1 + r.IntN(100))
				c = 111 - s + int32(r.IntN(21)-10)
			default: // E
				s = int32(1 - 10*math.Log(1-r.Float64()))
				c = int32(1000/float64(s) - 10*r.Float64())
			}
			size[i][a] = s
			load[a] += int64(s)
			p.Exh, p.Value, p.Size = append(p.Exh, uint16(a)), append(p.Value, c), append(p.Size, s)
			if row := p.Value[len(p.Value)-1-a:]; c < row[at] {
				at = a
			}
		}
		cheapest[at] += int64(size[i][at])
		p.Start = append(p.Start, int32(len(p.Exh)))
		p.Type = append(p.Type, 0)
		p.IDs.Append(fmt.Sprintf("job%d", i+1))
	}
	same := int64(0.6*15*float64(jobs)/float64(agents) + 0.4*float64(slices.Max(cheapest)))
	for a := range agents {
		room := max(1, load[a]*8/10/int64(agents))
		switch kind {
		case 'A':
			room = same
		case 'B':
			room = same * 7 / 10
		}
		p.Exhibitions = append(p.Exhibitions, model.Exhibition{ID: fmt.Sprintf("agent%d", a+1), Capacity: room, Metres: model.Unlimited})
	}
	return must(p)
}

// Knapsacks returns a multiple knapsack problem with so many knapsacks (exhibitions) of half of all sizes together and items (exhibitors) of kind 'U', values by chance; 'W', near their
// sizes; or 'S', their sizes and 100 more.
func Knapsacks(kind byte, knapsacks, items int, seed uint64) *model.Problem {
	r := rand.New(rand.NewPCG(seed, uint64(kind)))
	p := &model.Problem{Sense: model.Max, AtMost: 1, Types: [][]int32{{}}, Start: []int32{0}}
	total := int64(0)
	for i := range items {
		s := int32(10 + r.IntN(991))
		v := s + 100
		switch kind {
		case 'U':
			v = int32(10 + r.IntN(991))
		case 'W':
			v = max(1, s+int32(r.IntN(201)-100))
		}
		total += int64(s)
		for k := range knapsacks {
			p.Exh, p.Value, p.Size = append(p.Exh, uint16(k)), append(p.Value, v), append(p.Size, s)
		}
		p.Start = append(p.Start, int32(len(p.Exh)))
		p.Type = append(p.Type, 0)
		p.IDs.Append(fmt.Sprintf("item%d", i+1))
	}
	for k := range knapsacks {
		p.Exhibitions = append(p.Exhibitions, model.Exhibition{ID: fmt.Sprintf("knapsack%d", k+1), Capacity: total / 2 / int64(knapsacks), Metres: model.Unlimited})
	}
	return must(p)
}
