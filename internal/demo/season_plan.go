package demo

import (
	"context"
	"fmt"
	"strconv"

	"muntija/fixtures"
	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/intake"
	"muntija/internal/place"
)

// planSeason gives the season some exhibitions whose dates are still open, says what both parties want, and has the planner fill the board: who looks at the demo finds a
// plan to move about and to sign.
func (l *loader) planSeason(seasons map[string]string) {
	both := []string{"EG", "QA"}
	open := func(host, name, en, city string, first, days int, capacity, at string) *show {
		s := l.show(place.Country(host), intake.Exhibition{Name: name, NameEN: en, Parties: both, Host: host, City: city, First: l.day(first), Last: l.day(first + days - 1), Capacity: capacity,
			Quotas: []intake.Quota{{Line: "first_time", Min: "4"}}, DailyFrom: "10:00", DailyTo: "22:00", Travel: "each_party"})
		s.agree(seasons, at, -22)
		return s
	}
	// Entered as the offices wrote them down: some overlap, one lies in another's days of building up.
	desert := open("QA", "معرض حرف البادية في الدوحة", "Desert crafts in Doha", "الدوحة", 121, 6, "30", "now")
	silk := open("EG", "معرض الحرير والتلّي في سوهاج والقاهرة", "Silk and tally from Sohag in Cairo", "القاهرة", 124, 10, "80", "now")
	children := open("EG", "معرض لعب الأطفال اليدوية", "Handmade toys", "القاهرة", 130, 7, "60", "now")
	pottery := open("QA", "معرض الخزف والفخار المشترك", "Joint pottery fair", "الدوحة", 144, 8, "90", "now")
	summer := open("EG", "سوق الصيف المشترك في الساحل", "Joint summer market on the coast", "العلمين", 165, 14, "70", "now")
	season := func() int64 { id, _ := strconv.ParseInt(seasons["now"], 10, 64); return id }
	l.on(-6, 10, func(ctx context.Context) error {
		// As at each start of the server: the planner is to know the holidays of the season's years.
		if err := l.svc.Exhibitions.SeedHolidays(ctx, auth.SystemActor(""), fixtures.Holidays()); err != nil {
			return fmt.Errorf("holidays of the season: %w", err)
		}
		days := func(first, last int, note string) intake.DayRow {
			return intake.DayRow{First: l.day(first), Last: l.day(last), Note: note}
		}
		p := l.svc.SeasonPlans
		for _, x := range []struct {
			party place.Country
			name  string
			away  []intake.DayRow
			at    []*show
		}{{"EG", "المهندسة هالة منصور، فريق التجهيز", []intake.DayRow{days(150, 156, "إجازة")}, []*show{silk, children}}, {"QA", "د. خالد العمادي، متحدث", nil, []*show{desert, pottery}}} {
			actor := l.coordinator(x.party)
			id, err := p.PutPerson(ctx, actor, season(), 0, &intake.SeasonPerson{Name: x.name, Away: x.away}, l.write(0))
			if err != nil {
				return fmt.Errorf("people of the season: %w", err)
			}
			for _, s := range x.at {
				wish := exhibition.DefaultSeasonShow()
				form := intake.FromSeasonShow(&wish)
				form.People = []string{strconv.FormatInt(id, 10)}
				if s == children { // not so soon that the days to prepare run out while one looks at the demo
					form.Windows = []intake.DayRow{days(75, 215, "ليتسع الوقت للدعوة والتجهيز")}
				}
				if s == silk {
					form.Windows = []intake.DayRow{days(118, 175, "إجازة منتصف العام وما بعدها")}
				}
				if s == pottery {
					form.Needs, form.Ramadan = []string{"roof"}, "ban"
				}
				if err := p.PutShow(ctx, actor, season(), s.id, form, l.write(0)); err != nil {
					return fmt.Errorf("wishes for %s: %w", s.form.Name, err)
				}
			}
		}
		wish := exhibition.DefaultSeasonShow()
		form := intake.FromSeasonShow(&wish)
		form.Needs, form.Prefer = []string{"open_air"}, []intake.DayRow{days(160, 200, "موسم الساحل")}
		if err := p.PutShow(ctx, l.coordinator("EG"), season(), summer.id, form, l.write(0)); err != nil {
			return fmt.Errorf("wishes for %s: %w", summer.form.Name, err)
		}
		return l.venueOffers(ctx, season(), silk.id)
	})
	l.on(-5, 9, func(ctx context.Context) error {
		actor := l.coordinator("EG")
		draft, run, err := l.svc.SeasonPlans.Plan(ctx, actor, season(), l.write(0))
		if err != nil {
			return fmt.Errorf("planning the season: %w", err)
		}
		v, err := l.svc.SeasonPlans.Run(ctx, actor, season(), draft, run)
		if err != nil {
			return err
		}
		return l.svc.Jobs.Work(ctx, v.Run.JobID)
	})
}

// venueOffers says what three venues of the season offer.
func (l *loader) venueOffers(ctx context.Context, season, held int64) error {
	for _, x := range []struct {
		party place.Country
		name  string
		form  intake.SeasonVenue
	}{
		{"EG", "City Stars", intake.SeasonVenue{Rent: "30000", Features: []string{"power", "accessible", "late"}, Holds: []intake.SeasonHold{{Exhibition: strconv.FormatInt(held, 10), First: l.day(120), Last: l.day(140), Rank: "1", Expires: l.day(60)}}}},
		{"EG", "Cairo Festival City", intake.SeasonVenue{Rent: "42000", Features: []string{"power", "accessible", "late", "loading"}, Blackouts: []intake.DayRow{{First: l.day(128), Last: l.day(134), Note: "موسم تخفيضات"}}}},
		{"QA", "Souq Waqif", intake.SeasonVenue{Booths: "35", Features: []string{"late", "power"}}},
	} {
		actor := l.coordinator(x.party)
		list, err := l.svc.Venues.List(ctx, actor)
		if err != nil {
			return err
		}
		for _, v := range list {
			if v.Name.EN != x.name {
				continue
			}
			if err := l.svc.SeasonPlans.PutVenue(ctx, actor, season, v.ID, &x.form, l.write(0)); err != nil {
				return fmt.Errorf("what %s offers: %w", x.name, err)
			}
		}
	}
	return nil
}
