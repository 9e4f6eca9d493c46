package demo

import (
	"context"
	"fmt"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/intake"
	"muntija/internal/place"
)

// round is exhibitions whose exhibitors are chosen together.
type round struct {
	l     *loader
	shows []*show
	id    int64
}

// allocations makes two rounds of the season: one that was committed, solved, signed by both parties and answered; and one whose calls are still open, with
// applicants that passed screening, for whoever looks at the demo to set up and solve.
func (l *loader) allocations(seasons map[string]string) {
	both := []string{"EG", "QA"}
	quotas := func(each string) []intake.Quota {
		return []intake.Quota{{Line: "party:EG", Max: each}, {Line: "party:QA", Max: each}, {Line: "first_time", Min: "6"}, {Line: "women", Min: "8"}, {Line: "disability", Min: "2"}, {Line: "craft:TX", Max: "7"}}
	}
	exhibition := func(host, name, en, city, venue string, first int, places, each string) *show {
		return l.show(place.Country(host), intake.Exhibition{Name: name, NameEN: en, Parties: both, Host: host, City: city, Venue: venue, First: l.day(first), Last: l.day(first + 5), Capacity: places,
			Quotas: quotas(each), DailyFrom: "10:00", DailyTo: "22:00", Travel: "each_party"})
	}
	done := &round{l: l, shows: []*show{exhibition("EG", "سوق الربيع المشترك في القاهرة", "Joint spring market in Cairo", "القاهرة", "حديقة الأزهر", 58, "30", "18"),
		exhibition("QA", "سوق الربيع المشترك في الدوحة", "Joint spring market in Doha", "الدوحة", "درب الساعي", 68, "26", "16")}}
	done.prepare(seasons, -56, -46, -24, -35, -28)
	done.commit(-45, seasons)
	done.solve(-20)
	done.answer(-16)
	open := &round{l: l, shows: []*show{exhibition("QA", "مهرجان الحرف في كتارا", "Crafts festival at Katara", "الدوحة", "الحي الثقافي كتارا", 96, "28", "17"),
		exhibition("EG", "مهرجان الحرف في الإسكندرية", "Crafts festival in Alexandria", "الإسكندرية", "حدائق المنتزه", 108, "24", "15")}}
	open.prepare(seasons, -32, -22, 6, -12, -6)
}

// prepare brings the exhibitions to agreement, opens and closes the calls, and lets families apply and be screened.
func (r *round) prepare(seasons map[string]string, agree, opens, closes, apply, screen int) {
	for _, s := range r.shows {
		s.agree(seasons, "now", agree)
		s.call(opens, opens, closes)
		s.apply(apply, 55)
		s.screen(screen, 55)
	}
}

// commit publishes rule and hash.
func (r *round) commit(day int, seasons map[string]string) {
	r.l.on(day, 12, func(ctx context.Context) error {
		terms := exhibition.DefaultAllocation()
		terms.RestDays = 3
		form := intake.FromAllocation(&terms)
		form.BudgetEG, form.EachEG, form.BudgetQA, form.EachQA = "330000", "22000", "40000", "3200"
		form.Quotas = []intake.SeasonQuota{{Line: "first_time", Min: "20"}, {Line: "association", Max: "8"}, {Line: "area:EG-C", Max: "9"}} // over both exhibitions together
		for _, s := range r.shows {
			form.Exhibitions = append(form.Exhibitions, strconv.FormatInt(s.id, 10))
		}
		season, err := strconv.ParseInt(seasons["now"], 10, 64)
		if err != nil {
			return err
		}
		r.id, err = r.l.svc.Allocations.Create(ctx, r.l.coordinator(place.Egypt), season, form, r.l.write(0))
		return err
	})
}

// run starts a run and works its job off.
func (r *round) run(ctx context.Context, ask *intake.RunAsk) (int64, error) {
	actor := r.l.coordinator(place.Egypt)
	id, err := r.l.svc.Allocations.Start(ctx, actor, r.id, ask, r.l.write(0))
	if err != nil {
		return 0, err
	}
	_, v, err := r.l.svc.Allocations.Run(ctx, actor, r.id, id)
	if err != nil {
		return 0, err
	}
	if err := r.l.svc.Jobs.Work(ctx, v.JobID); err != nil {
		return 0, err
	}
	if _, v, err = r.l.svc.Allocations.Run(ctx, actor, r.id, id); err == nil && v.State != exhibition.RunDone {
		err = fmt.Errorf("run %d is %s: %s", id, v.State, v.Body.Error)
	}
	return id, err
}

// solve finds the plan on a day, asks one question beside it, and has both parties sign on the two days after.
func (r *round) solve(day int) {
	run := int64(0)
	r.l.on(day, 12, func(ctx context.Context) (err error) {
		if run, err = r.run(ctx, &intake.RunAsk{Kind: "plan"}); err != nil {
			return err
		}
		_, err = r.run(ctx, &intake.RunAsk{Kind: "what_if", Exhibition: strconv.FormatInt(r.shows[0].id, 10), More: "10", Drop: []string{strconv.FormatInt(r.shows[0].id, 10) + " party:EG"}})
		return err
	})
	for i, p := range place.Countries() {
		r.l.on(day+1+i, 11, func(ctx context.Context) error {
			actor := r.l.coordinator(p)
			_, v, err := r.l.svc.Allocations.Run(ctx, actor, r.id, run)
			if err != nil {
				return err
			}
			_, err = r.l.svc.Allocations.Sign(ctx, actor, r.id, run, r.l.write(v.Version))
			return err
		})
	}
}

// answer lets those who were invited accept, and every ninth decline: the waiting lists move in the order of the plan.
func (r *round) answer(day int) {
	for _, s := range r.shows {
		r.l.on(day, 15, func(ctx context.Context) error {
			return s.each(func(actor auth.Actor) error {
				rows, err := s.rows(ctx, actor, exhibition.Invited)
				if err != nil {
					return err
				}
				for i, p := range rows {
					if _, err := r.l.svc.Exhibitions.Answer(ctx, actor, p.ID, i%9 != 4, r.l.write(p.Version)); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}
