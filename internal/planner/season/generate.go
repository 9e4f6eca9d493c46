package season

import (
	"fmt"
	"math/rand/v2"

	"muntija/internal/calendar"
)

// Generate makes a season up: the benchmarks and tests stand on it. Windows are a third of the season or less, about a third of the venues suit each exhibition, staff is
// shared, every fourth exhibition is an edition of a series. The same numbers give the same problem. crowded makes the windows short and few venues suit.
func Generate(exhibitions, venues, weeks int, seed uint64, crowded bool) *Problem {
	r := rand.New(rand.NewPCG(seed, 0x5ea5))
	start, _ := calendar.New(2026, 1, 4)
	p := &Problem{Format: Format, Start: start, Weeks: weeks, Today: start.AddDays(-60), Calendars: map[string][]Period{}}
	day := func(n int) calendar.Date { return start.AddDays(n) }
	parties, features := []string{"EG", "QA"}, []string{"power", "water", "loading", "air"}
	for _, c := range parties {
		for k := 0; k < weeks*7; k += 45 {
			d := k + r.IntN(30)
			p.Calendars[c] = append(p.Calendars[c], Period{From: day(d), To: day(d + r.IntN(4))})
		}
	}
	for k := 45; k < weeks*7; k += 354 {
		p.Ramadan = append(p.Ramadan, Period{From: day(k), To: day(k + 29)})
	}
	for v := range venues {
		x := Venue{ID: fmt.Sprintf("v%d", v), Party: parties[v%2], Capacity: int64(20 * (1 + r.IntN(15))), RentPerDay: int64(1000 * r.IntN(9)), Currency: []string{"EGP", "QAR"}[v%2]}
		for _, f := range features {
			if r.IntN(10) < 7 {
				x.Features = append(x.Features, f)
			}
		}
		for range 1 + weeks/30 {
			d := r.IntN(7 * weeks)
			x.Unavailable = append(x.Unavailable, Period{From: day(d), To: day(d + 13)})
		}
		p.Venues = append(p.Venues, x)
	}
	for k := range 1 + exhibitions/3 {
		p.People = append(p.People, Person{ID: fmt.Sprintf("p%d", k)})
	}
	for k := range 1 + exhibitions/8 {
		p.Series = append(p.Series, Series{ID: fmt.Sprintf("s%d", k), GapDays: 21})
	}
	width := max(6, weeks/4)
	if crowded {
		width = 6
	}
	for e := range exhibitions {
		x := Exhibition{ID: fmt.Sprintf("e%d", e), Party: parties[r.IntN(2)], Days: 3 + r.IntN(12), OpensOn: r.IntN(3) * 2, BuildDays: 1 + r.IntN(2), DismantleDays: 1,
			Size: int64(20 + r.IntN(200)), Calendars: parties, Needs: []string{features[r.IntN(4)]}}
		if r.IntN(2) == 0 {
			x.Host = x.Party
		}
		first := r.IntN(max(1, weeks-width-2))
		last := min(first+width, weeks-1)
		x.Windows = []Period{{FirstWeek: &first, LastWeek: &last}}
		mid := first + width/2
		late := mid + 2
		x.Prefer = []Period{{FirstWeek: &mid, LastWeek: &late}, {FirstWeek: &first, LastWeek: &mid, Cost: 3}}
		for range 1 + r.IntN(2) {
			id := p.People[r.IntN(len(p.People))].ID
			if len(x.People) == 0 || x.People[0] != id {
				x.People = append(x.People, id)
			}
		}
		if e%4 == 0 {
			x.Series = p.Series[(e/4)%len(p.Series)].ID
		}
		if r.IntN(5) == 0 {
			x.Ramadan = []string{"ban", "wish"}[r.IntN(2)]
		}
		p.Exhibitions = append(p.Exhibitions, x)
	}
	for e := range exhibitions / 5 {
		first := r.IntN(weeks - 3)
		last := first + 3
		p.Holds = append(p.Holds, Hold{Venue: p.Venues[r.IntN(venues)].ID, Exhibition: p.Exhibitions[e*5].ID, Rank: 1 + r.IntN(3),
			Period: Period{FirstWeek: &first, LastWeek: &last}, Expires: start.AddDays(-90 + r.IntN(120))})
	}
	for range exhibitions / 10 {
		if a, b := r.IntN(exhibitions), r.IntN(exhibitions); a != b {
			p.Conflicts = append(p.Conflicts, [2]string{p.Exhibitions[a].ID, p.Exhibitions[b].ID})
		}
	}
	difference := max(2, exhibitions/10)
	p.MaxDifference = &difference
	return p
}

// GenerateTimetable makes a course timetable up that has a solution, in the measures of the second International Timetabling Competition (track 3, 2007): courses of one to
// seven lectures of one teacher, rooms of different size, curricula whose courses may not meet, periods in which a course is not available. The solution is drawn
// first, and everything else such that it keeps it.
func GenerateTimetable(courses, lectures, rooms, periods, curricula int, seed uint64) *Problem {
	r := rand.New(rand.NewPCG(seed, 0x17c))
	p := &Problem{Format: Format, Weeks: periods}
	for k := range rooms {
		p.Venues = append(p.Venues, Venue{ID: fmt.Sprintf("room%d", k), Capacity: int64(20 + 15*r.IntN(14))})
	}
	for c := range courses {
		p.Exhibitions = append(p.Exhibitions, Exhibition{ID: fmt.Sprintf("course%d", c), Count: lectures / courses})
	}
	for range lectures % courses {
		p.Exhibitions[r.IntN(courses)].Count++
	}
	taken := make([]map[int]bool, periods) // rooms
	for t := range taken {
		taken[t] = map[int]bool{}
	}
	meets := make([]map[int]bool, courses) // periods
	for c := range p.Exhibitions {
		x := &p.Exhibitions[c]
		meets[c] = map[int]bool{}
		smallest := int64(1000)
		for len(meets[c]) < x.Count {
			t, k := r.IntN(periods), r.IntN(rooms)
			if meets[c][t] || taken[t][k] {
				continue
			}
			meets[c][t], taken[t][k] = true, true
			smallest = min(smallest, p.Venues[k].Capacity)
		}
		x.Size = max(1, smallest-int64(r.IntN(20)))
		for range periods / 4 {
			if t := r.IntN(periods); !meets[c][t] {
				x.Unavailable = append(x.Unavailable, Period{FirstWeek: &t, LastWeek: &t})
			}
		}
	}
	group := func(id string, most int) {
		used := map[int]bool{}
		n := 0
		for _, c := range r.Perm(courses) {
			ok := n < most
			for t := range meets[c] {
				ok = ok && !used[t]
			}
			if !ok {
				continue
			}
			for t := range meets[c] {
				used[t] = true
			}
			p.Exhibitions[c].People = append(p.Exhibitions[c].People, id)
			n++
		}
		p.People = append(p.People, Person{ID: id})
	}
	for k := range courses / 2 {
		group(fmt.Sprintf("teacher%d", k), 2)
	}
	for k := range curricula {
		group(fmt.Sprintf("curriculum%d", k), 2+r.IntN(4))
	}
	return p
}
