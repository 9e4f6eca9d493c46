package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// FillSeason, for tests and benchmarks, stores a season that begins some weeks after a day, with exhibitions of both parties, their calls, and applicants that have passed screening: each
// applied for two to four exhibitions. The calls close a week after the day. Two and a half apply for each place. It returns the season and its exhibitions.
func FillSeason(tx *store.Tx, day calendar.Date, exhibitions, applicants int, seed uint64) (*exhibition.Season, []*exhibition.Exhibition, error) {
	r := rand.New(rand.NewPCG(seed, 5))
	at := day.Time(time.UTC)
	s := &exhibition.Season{Name: "موسم الاختبار", NameEN: "Test season", First: day, Last: day.AddDays(40 + 21*exhibitions), Party: "EG", By: 1, CreatedAt: at}
	if err := tx.InsertSeason(s); err != nil {
		return nil, nil, err
	}
	capacity := max(4, applicants*6/(5*exhibitions))
	var shows []*exhibition.Exhibition
	for j := range exhibitions {
		host := []place.Country{"EG", "QA"}[j%2]
		e := &exhibition.Exhibition{Status: exhibition.Agreed, Proposer: "EG", EnteredBy: 1, CreatedAt: at, UpdatedAt: at, Keys: []exhibition.Key{{Party: "EG", By: 1, At: at}, {Party: "QA", By: 2, At: at}},
			Terms: exhibition.Terms{Parties: place.Countries(), Capacity: capacity}}
		e.Terms.Name, e.Terms.NameEN, e.Terms.Host, e.Terms.SeasonID = fmt.Sprintf("معرض الموسم %d", j+1), fmt.Sprintf("Season exhibition %d", j+1), host, s.ID
		e.Terms.City = map[place.Country]string{"EG": "القاهرة", "QA": "الدوحة"}[host]
		e.Terms.First = day.AddDays(30 + 14*j + r.IntN(5))
		e.Terms.Last = e.Terms.First.AddDays(5)
		e.Terms.Quotas = []exhibition.Quota{{By: exhibition.ByParty, Value: "EG", Max: capacity * 6 / 10}, {By: exhibition.ByParty, Value: "QA", Max: capacity * 6 / 10},
			{By: exhibition.ByFirstTime, Min: capacity / 5}, {By: exhibition.ByWomen, Min: capacity / 4}, {By: exhibition.ByCraft, Value: "CR", Max: max(1, capacity/6)}}
		if err := tx.InsertExhibition(e); err != nil {
			return nil, nil, err
		}
		for _, p := range e.Terms.Parties {
			if err := tx.PutCall(&exhibition.Call{ExhibitionID: e.ID, Party: p, Opens: day.AddDays(-10), Closes: day.AddDays(7), By: 1, CreatedAt: at}); err != nil {
				return nil, nil, err
			}
		}
		shows = append(shows, e)
	}
	areas := map[place.Country][]string{"EG": {"EG-C", "EG-GZ", "EG-MT", "EG-SHG"}, "QA": {"QA-DA", "QA-RA", "QA-WA"}}
	crafts := []string{"TX", "CR", "LE", "WD"}
	for i := range applicants {
		party := []place.Country{"EG", "EG", "QA"}[i%3]
		x := &exhibition.Exhibitor{Party: party, Kind: exhibition.Association, Name: fmt.Sprintf("مشغل %d", i+1), NameEN: fmt.Sprintf("Workshop %d", i+1), Area: areas[party][r.IntN(len(areas[party]))],
			Craft: crafts[r.IntN(len(crafts))], Sex: []registry.Sex{"f", "m"}[r.IntN(2)], Disability: r.IntN(20) == 0, EnteredBy: 9999, CreatedAt: at, UpdatedAt: at}
		if err := tx.InsertExhibitor(x); err != nil {
			return nil, nil, err
		}
		first := r.IntN(10) < 3
		for k, j := range r.Perm(exhibitions)[:min(exhibitions, 2+r.IntN(3))] {
			p := &exhibition.Participation{ExhibitionID: shows[j].ID, ExhibitorID: x.ID, State: exhibition.Eligible, Traits: x.Traits(first), Name: x.Name, NameEN: x.NameEN,
				Application: exhibition.Application{Products: "منسوجات وخزف", Sign: x.Name, Needs: exhibition.Needs{Size: exhibition.Sizes()[2+(i+k)%4]}, People: 1 + i%3, Channel: exhibition.ByOfficer},
				EnteredBy:   9999, CreatedAt: at, UpdatedAt: at}
			if err := tx.InsertParticipation(p); err != nil {
				return nil, nil, err
			}
		}
	}
	return s, shows, nil
}
