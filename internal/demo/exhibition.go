package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
)

// show is one exhibition of the demo on its way.
type show struct {
	l     *loader
	id    int64
	form  intake.Exhibition
	by    place.Country // who proposes it
	hall  string        // English name of the demo's hall that it is held in; "" for a place in words
	taken []int64       // participations with a place
}

// days from today, as a form has them.
func (l *loader) day(n int) string { return l.today().AddDays(n).String() }

func (l *loader) today() calendar.Date { return calendar.Of(l.now.Add(3 * time.Hour)) }

// hour is a moment of a day, at the office.
func (l *loader) hour(day, hour int) time.Time {
	d := l.today().AddDays(day)
	return time.Date(d.Year(), d.Month(), d.Day(), hour-3, l.rnd.IntN(50), 0, 0, time.UTC)
}

func (l *loader) coordinator(p place.Country) auth.Actor { return l.who(p, auth.Coordinator, "", 0) }

func (l *loader) on(day, hour int, do func(ctx context.Context) error) {
	at := l.hour(day, hour)
	if at.After(l.now) {
		at = l.now
	}
	l.todo = append(l.todo, act{at, do})
}

// planExhibitions makes two seasons with exhibitions in every state, by the use-cases of both ministries' coordinators.
func (l *loader) planExhibitions() {
	seasons := map[string]string{}
	for _, x := range []struct {
		key, name, en string
		from, to, at  int
	}{{"past", "موسم الخريف والصيف الماضي", "Last season", -320, -60, -330}, {"now", "موسم المعارض المشتركة", "Season of joint exhibitions", -59, 230, -90}} {
		l.on(x.at, 10, func(ctx context.Context) error {
			id, err := l.svc.Exhibitions.PutSeason(ctx, l.coordinator("EG"), 0, &intake.Span{Name: x.name, NameEN: x.en, First: l.day(x.from), Last: l.day(x.to)}, l.write(0))
			seasons[x.key] = strconv.FormatInt(id, 10)
			return err
		})
	}
	both, eg, qa := []string{"EG", "QA"}, []string{"EG"}, []string{"QA"}
	split := func(e, q string) []intake.Quota {
		return []intake.Quota{{Line: "party:EG", Max: e}, {Line: "party:QA", Max: q}, {Line: "first_time", Min: "3"}}
	}
	fees := []intake.Fee{{Party: "EG", Kind: "share", Percent: "10", Subsidy: "75"}, {Party: "QA", Kind: "none"}}
	booth := []intake.Fee{{Party: "EG", Kind: "fixed", Amount: "1200", Deposit: "300", Subsidy: "75"}, {Party: "QA", Kind: "none"}} // schemes bear 1,000 of it
	past := l.show("QA", intake.Exhibition{Name: "من الوطن: معرض الدوحة المشترك الأول", NameEN: "From the Homeland: first joint fair in Doha", Series: "من الوطن المشترك", Edition: "1", Theme: "البخور والعبايات",
		Parties: both, Host: "QA", City: "الدوحة", First: l.day(-100), Last: l.day(-96), Capacity: "24", Quotas: split("12", "12"), Fees: fees, Lodging: "visitors", LodgingNights: "6", Travel: "each_party"})
	past.hall = "Hall 2"
	past.agree(seasons, "past", -170)
	past.fill(-160, -150, -130, 16, -101)
	past.place(-110)
	past.run(-100, -96)
	l.on(-94, 11, func(ctx context.Context) error {
		return past.words(ctx, "QA", "أقبل الجمهور على النسيج والبخور، ونفدت منتجات ثلاثة عارضين قبل اليوم الأخير. يُوصى بزيادة أيام الدورة القادمة.", l.svc.Exhibitions.Close)
	})

	running := l.show("QA", intake.Exhibition{Name: "من الوطن: معرض الدوحة المشترك الثاني", NameEN: "From the Homeland: second joint fair in Doha", Series: "من الوطن المشترك", Edition: "2", Theme: "هدايا الشتاء",
		GuestOfHonour: "محافظة سوهاج", Parties: both, Host: "QA", City: "الدوحة", First: l.day(-2), Last: l.day(4), Capacity: "36", Quotas: split("18", "18"), Fees: booth,
		DailyFrom: "10:00", DailyTo: "22:00", FridayFrom: "11:30", FridayTo: "13:00", RamadanFrom: "20:00", RamadanTo: "02:00", Lodging: "visitors", LodgingNights: "8", Travel: "each_party", Documents: []string{"id_card"}})
	running.hall = "Hall 2"
	running.agree(seasons, "now", -70)
	running.fill(-60, -50, -30, 20, -3)
	running.place(-14)
	running.run(-2, 0)
	running.leave(-1)

	next := l.show("EG", intake.Exhibition{Name: "بيت العرب: القاهرة والدوحة", NameEN: "House of the Arabs: Cairo and Doha", Series: "بيت العرب", Edition: "3", Theme: "زينة رمضان", Parties: both, Host: "EG", City: "القاهرة",
		First: l.day(45), Last: l.day(51), Capacity: "150", OverInvite: "10", DailyFrom: "10:00", DailyTo: "22:00", FridayFrom: "11:45", FridayTo: "13:00", RamadanFrom: "20:00", RamadanTo: "03:00",
		Quotas: []intake.Quota{{Line: "party:EG", Max: "70"}, {Line: "party:QA", Max: "80"}, {Line: "first_time", Min: "30"}, {Line: "disability", Min: "8"}, {Line: "area:EG-MT", Min: "2", Max: "6"}}, Fees: booth, Lodging: "out_of_town",
		LodgingNights: "7", Travel: "each_party", Documents: []string{"id_card", "craft_proof"}, Rules: "حضور طوال أيام المعرض، ومنتجات من صنع الأسرة فقط. تقديم الطلب ليس قبولًا."})
	next.hall = "Great hall"
	next.agree(seasons, "now", -40)
	next.call(-20, -20, 20)
	next.apply(-15, 26)
	next.screen(-13, 3)
	next.invite(-12, 2, 8) // nobody answers: these invitations end by themselves
	next.screen(-8, 18)
	next.invite(-6, 14, 12)
	next.answer(-3, 9)
	next.place(-2)
	next.propose(-1)

	proposed := l.show("QA", intake.Exhibition{Name: "ليالي كتارا للأسر المنتجة", NameEN: "Katara nights", Theme: "المأكولات الشعبية", Parties: both, Host: "QA", City: "الدوحة", Venue: "الحي الثقافي كتارا", First: l.day(110), Last: l.day(116),
		Capacity: "60", Quotas: split("30", "30"), Fees: fees, DailyFrom: "16:00", DailyTo: "23:00"})
	proposed.draft(seasons, "now", -9)
	l.on(-8, 12, proposed.step("QA", l.svc.Exhibitions.Submit))
	l.on(-7, 13, func(ctx context.Context) error {
		return l.svc.Exhibitions.Comment(ctx, l.coordinator("EG"), proposed.id, &intake.Words{Text: "نرجو بيان مساحة أجنحة الأطعمة قبل الموافقة."}, l.write(0))
	})

	changing := l.show("EG", intake.Exhibition{Name: "ديارنا العربية", NameEN: "Diyarna Arabiya", Series: "ديارنا", Edition: "64", Theme: "الحرف التراثية", Parties: both, Host: "EG", City: "6 أكتوبر", Venue: "مول العرب", First: l.day(75), Last: l.day(84),
		Capacity: "100", Quotas: split("60", "40"), Fees: fees, DailyFrom: "11:00", DailyTo: "22:00", Waves: []intake.Wave{{Name: "الدفعة الأولى", First: l.day(75), Last: l.day(79)}, {Name: "الدفعة الثانية", First: l.day(80), Last: l.day(84)}}})
	changing.agree(seasons, "now", -30)
	l.on(-4, 11, func(ctx context.Context) error {
		f := changing.form
		f.Last, f.Reason = l.day(91), "تمديد أسبوعًا لكثرة الإقبال المتوقع في إجازة نصف العام."
		f.Waves = []intake.Wave{{Name: "الدفعة الأولى", First: l.day(75), Last: l.day(82)}, {Name: "الدفعة الثانية", First: l.day(83), Last: l.day(91)}}
		v, err := changing.version(ctx)
		if err != nil {
			return err
		}
		return l.svc.Exhibitions.Propose(ctx, l.coordinator("EG"), changing.id, &f, l.write(v))
	})

	l.show("EG", intake.Exhibition{Name: "معرض مارينا الصيفي", NameEN: "Marina summer fair", Series: "ديارنا مارينا", Edition: "12", Parties: eg, Host: "EG", City: "الساحل الشمالي", Venue: "مارينا 5", First: l.day(190), Last: l.day(220), Capacity: "126",
		DailyFrom: "16:00", DailyTo: "26:00"}).draft(seasons, "now", -5)
	alone := l.show("QA", intake.Exhibition{Name: "بازار من الوطن", NameEN: "Bazaar from the Homeland", Parties: qa, Host: "QA", City: "الدوحة", Venue: "حديقة متحف الفن الإسلامي", First: l.day(21), Last: l.day(25), Capacity: "20", DailyFrom: "16:00", DailyTo: "22:00"})
	alone.draft(seasons, "now", -25)
	l.on(-25, 13, alone.step("QA", l.svc.Exhibitions.Submit))
	alone.call(-20, -20, 7)
	off := l.show("EG", intake.Exhibition{Name: "معرض المدارس", NameEN: "Schools fair", Parties: eg, Host: "EG", City: "الجيزة", First: l.day(30), Last: l.day(33), Capacity: "40"})
	off.draft(seasons, "now", -50)
	l.on(-45, 12, func(ctx context.Context) error {
		return off.words(ctx, "EG", "أُجِّل لتعارضه مع امتحانات نصف العام.", l.svc.Exhibitions.Cancel)
	})

	l.allocations(seasons)
	l.planSeason(seasons)

	l.activities()
	l.meet(-171, "اجتماع التحضير لمعرض الدوحة المشترك الأول", past, "اعتماد الحصص مناصفة، ويوفر الطرف القطري المكان والإقامة.", []intake.Action{{Text: "حجز ساحة العرض", Due: l.day(-150), Owner: "QA"}}, true)
	l.meet(-39, "اجتماع تنسيق بيت العرب", next, "حصص 70 لمصر و80 لقطر، وثلاثون مكانًا لمن يشارك أول مرة.", []intake.Action{{Text: "إرسال قائمة العارضين القطريين", Due: l.day(6), Owner: "QA"}, {Text: "تأكيد مسارات الكراسي المتحركة مع إدارة القصر", Due: l.day(-2), Owner: "EG"}}, false)
	l.meet(-10, "اجتماع متابعة الشحن والجمارك", running, "الشحنة الأولى للبيع بتخليص عادي، والثانية للعرض وتعود.", []intake.Action{{Text: "استكمال رموز النظام المنسق في قوائم الشحن", Due: l.day(3), Owner: "EG"}}, false)
}

func (l *loader) show(by place.Country, form intake.Exhibition) *show {
	return &show{l: l, by: by, form: form}
}

func (s *show) version(ctx context.Context) (int64, error) {
	v, err := s.l.svc.Exhibitions.View(ctx, s.l.coordinator(s.by), s.id)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.form.Name, err)
	}
	return v.Version, nil
}

// draft enters the exhibition on a day.
func (s *show) draft(seasons map[string]string, season string, day int) {
	s.l.on(day, 11, func(ctx context.Context) error {
		s.form.Season = seasons[season]
		var err error
		if s.form.Site, err = s.l.site(ctx, place.Country(s.form.Host), s.hall); err != nil {
			return err
		}
		id, err := s.l.svc.Exhibitions.Create(ctx, s.l.coordinator(s.by), &s.form, s.l.write(0))
		s.id = id
		if err != nil {
			return fmt.Errorf("%s: %w", s.form.Name, err)
		}
		return nil
	})
}

// step takes one step of the agreement at the version on file.
func (s *show) step(by place.Country, do func(context.Context, auth.Actor, int64, service.Write) error) func(context.Context) error {
	return func(ctx context.Context) error {
		v, err := s.version(ctx)
		if err != nil {
			return err
		}
		return do(ctx, s.l.coordinator(by), s.id, s.l.write(v))
	}
}

func (s *show) words(ctx context.Context, by place.Country, text string, do func(context.Context, auth.Actor, int64, *intake.Words, service.Write) error) error {
	v, err := s.version(ctx)
	if err != nil {
		return err
	}
	return do(ctx, s.l.coordinator(by), s.id, &intake.Words{Text: text}, s.l.write(v))
}

// agree enters, proposes and agrees within six days.
func (s *show) agree(seasons map[string]string, season string, day int) {
	other := place.Egypt
	if s.by == place.Egypt {
		other = place.Qatar
	}
	s.draft(seasons, season, day)
	s.l.on(day+2, 12, s.step(s.by, s.l.svc.Exhibitions.Submit))
	s.l.on(day+6, 13, s.step(other, s.l.svc.Exhibitions.Agree))
}

// each runs do for the coordinators of the parties that take part.
func (s *show) each(do func(actor auth.Actor) error) error {
	for _, p := range s.form.Parties {
		if err := do(s.l.coordinator(place.Country(p))); err != nil {
			return err
		}
	}
	return nil
}

// call opens the calls of all parties.
func (s *show) call(day, from, to int) {
	s.l.on(day, 10, func(ctx context.Context) error {
		return s.each(func(actor auth.Actor) error {
			return s.l.svc.Exhibitions.PutCall(ctx, actor, s.id, &intake.Call{Opens: s.l.day(from), Closes: s.l.day(to), Rules: "منتجات يدوية من صنع الأسرة. تقديم الطلب ليس قبولًا."}, s.l.write(0))
		})
	})
}

// apply enters n applications of each party's families.
func (s *show) apply(day, n int) {
	s.l.on(day, 12, func(ctx context.Context) error {
		sizes := exhibition.Sizes()
		return s.each(func(actor auth.Actor) error {
			a, err := s.l.svc.Exhibitions.Applying(ctx, actor, s.id, "")
			if err != nil {
				return err
			}
			from := 0
			if len(a.Families) > n {
				from = s.l.rnd.IntN(len(a.Families) - n)
			}
			for i, f := range a.Families[from:min(len(a.Families), from+n)] {
				sign := []rune(f.Project)
				in := intake.Application{Family: strconv.FormatInt(f.ID, 10), Products: "تشكيلة من إنتاج الأسرة: " + f.Project, Sign: string(sign[:min(len(sign), 40)]), Size: string(sizes[1+i%5]), People: strconv.Itoa(1 + i%3)}
				if in.Sign == "" {
					in.Sign = f.Name
				}
				if i%3 == 0 {
					in.Needs = append(in.Needs, "power")
				}
				if i%7 == 0 {
					in.Needs = append(in.Needs, "accessible")
				}
				if i%4 == 1 {
					in.Needs = append(in.Needs, "lodging")
				}
				if len(s.form.Waves) > 0 {
					in.Wave = strconv.Itoa(i % len(s.form.Waves))
				}
				if _, err := s.l.svc.Exhibitions.Apply(ctx, actor, s.id, &in, s.l.write(0)); err != nil {
					return fmt.Errorf("applying for family %d: %w", f.ID, err)
				}
			}
			return nil
		})
	})
}

// rows are a party's participations in a state.
func (s *show) rows(ctx context.Context, actor auth.Actor, state exhibition.State) ([]service.ParticipationRow, error) {
	v, err := s.l.svc.Exhibitions.Selecting(ctx, actor, s.id, []exhibition.State{state})
	if err != nil {
		return nil, err
	}
	return v.Rows, nil
}

// screen lets the first n through and refuses every ninth.
func (s *show) screen(day, n int) {
	s.l.on(day, 10, func(ctx context.Context) error {
		return s.each(func(actor auth.Actor) error {
			rows, err := s.rows(ctx, actor, exhibition.Applied)
			if err != nil {
				return err
			}
			for i, r := range rows[:min(len(rows), n)] {
				in := intake.Screening{Outcome: "fit"}
				if i%9 == 8 {
					in = intake.Screening{Outcome: "refuse", Reasons: []string{"quality"}}
				}
				if err := s.l.svc.Exhibitions.Screen(ctx, actor, r.ID, &in, s.l.write(r.Version)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// invite asks the first n that passed, for some days; two more wait.
func (s *show) invite(day, n, open int) {
	s.l.on(day, 11, func(ctx context.Context) error {
		return s.each(func(actor auth.Actor) error {
			rows, err := s.rows(ctx, actor, exhibition.Eligible)
			if err != nil {
				return err
			}
			for i, r := range rows {
				switch {
				case i < n:
					deadline := min(s.l.today().AddDays(day+open), s.first().AddDays(-1))
					err = s.l.svc.Exhibitions.Invite(ctx, actor, r.ID, &intake.Invite{Deadline: deadline.String()}, s.l.write(r.Version))
				case i < n+2:
					err = s.l.svc.Exhibitions.Queue(ctx, actor, r.ID, s.l.write(r.Version))
				}
				if fault.Is(err, fault.State) { // the places kept for others are not given away
					err = s.l.svc.Exhibitions.Queue(ctx, actor, r.ID, s.l.write(r.Version))
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *show) first() calendar.Date {
	d, err := calendar.Parse(s.form.First)
	if err != nil {
		panic(err)
	}
	return d
}

// answer accepts n invitations of each party; every seventh is declined.
func (s *show) answer(day, n int) {
	s.l.on(day, 14, func(ctx context.Context) error {
		return s.each(func(actor auth.Actor) error {
			rows, err := s.rows(ctx, actor, exhibition.Invited)
			if err != nil {
				return err
			}
			rows = slices.DeleteFunc(rows, func(r service.ParticipationRow) bool { return s.l.clock.now().After(r.Deadline) })
			for i, r := range rows[:min(len(rows), n)] {
				state, err := s.l.svc.Exhibitions.Answer(ctx, actor, r.ID, i%7 != 6, s.l.write(r.Version))
				if err != nil {
					return err
				}
				if state == exhibition.Accepted {
					s.taken = append(s.taken, r.ID)
				}
			}
			return nil
		})
	})
}

// fill takes an exhibition from the call to answered invitations.
func (s *show) fill(open, apply, choose, n, closes int) {
	s.call(open, open, min(closes-5, apply+10))
	s.apply(apply, n)
	s.screen(choose, n)
	s.invite(choose+2, n, 12)
	s.answer(choose+4, n)
}

// site is a hall of the demo as a form of terms names it.
func (l *loader) site(ctx context.Context, party place.Country, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	venues, err := l.svc.Venues.List(ctx, l.coordinator(party))
	if err != nil {
		return "", err
	}
	for _, v := range venues {
		for _, h := range v.Halls {
			if h.Name.EN == name {
				return "hall:" + strconv.FormatInt(h.ID, 10), nil
			}
		}
	}
	return "", fmt.Errorf("there is no hall %q", name)
}

// place puts everybody who holds a place into a booth that suits, as the host's coordinator would: where nothing speaks against it, else where nothing forbids it.
func (s *show) place(day int) {
	s.l.on(day, 15, func(ctx context.Context) error {
		host := place.Country(s.form.Host)
		actor := s.l.coordinator(host)
		floor, err := s.l.svc.Places.Floor(ctx, actor, s.id)
		if err != nil {
			return err
		}
		if len(floor.Halls) != 1 {
			return fmt.Errorf("%s has %d halls", s.form.Name, len(floor.Halls))
		}
		v, err := s.l.svc.Places.View(ctx, actor, s.id, floor.Halls[0].HallID, 0)
		if err != nil {
			return err
		}
		taken := map[int]bool{}
		for _, p := range v.People {
			judged, err := v.Judge(host, p.ID)
			if err != nil {
				return err
			}
			for _, b := range bestBooths(v.Plan, judged, taken) {
				err = s.l.svc.Places.Place(ctx, actor, s.id, v.Hall.ID, p.ID, b, s.l.write(0))
				if err == nil {
					taken[b] = true
				}
				if !fault.Is(err, fault.State) { // a neighbour that came meanwhile speaks against it: the next booth
					break
				}
			}
			if err != nil && !fault.Is(err, fault.State) {
				return fmt.Errorf("placing %s: %w", p.Name, err)
			}
		}
		return nil
	})
}

// propose has the host's coordinator ask for a better layout, which waits for whoever looks.
func (s *show) propose(day int) {
	s.l.on(day, 16, func(ctx context.Context) error {
		actor := s.l.coordinator(place.Country(s.form.Host))
		floor, err := s.l.svc.Places.Floor(ctx, actor, s.id)
		if err != nil {
			return err
		}
		terms := exhibition.DefaultLayout()
		terms.Seconds = 1
		hall := floor.Halls[0].HallID
		run, err := s.l.svc.Layouts.Start(ctx, actor, s.id, hall, 0, intake.FromLayout(&terms), s.l.write(0))
		if err != nil {
			return err
		}
		p, err := s.l.svc.Layouts.Proposal(ctx, actor, s.id, hall, run)
		if err != nil {
			return err
		}
		if err := s.l.svc.Jobs.Work(ctx, p.JobID); err != nil {
			return err
		}
		if p, err = s.l.svc.Layouts.Proposal(ctx, actor, s.id, hall, run); err == nil && !p.Sound() {
			err = fmt.Errorf("layout %d is %s: %s %v", run, p.State, p.Body.Error, p.Body.Clashes)
		}
		return err
	})
}

// bestBooths orders the free booths of a plan for one exhibitor by how many findings speak against them; those that are forbidden are left out.
func bestBooths(p *exhibition.Plan, judged map[int][]exhibition.PlaceFinding, taken map[int]bool) []int {
	var out []int
	for i := range p.Booths {
		id := p.Booths[i].ID
		if !taken[id] && !slices.ContainsFunc(judged[id], func(f exhibition.PlaceFinding) bool { return f.Severity == fault.Blocking }) {
			out = append(out, id)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return len(judged[a]) - len(judged[b]) })
	return out
}

// leave lets one exhibitor of the guest give up its place on an evening. What it sold stays.
func (s *show) leave(day int) {
	s.l.on(day, 22, func(ctx context.Context) error {
		actor := s.l.coordinator(place.Egypt)
		rows, err := s.rows(ctx, actor, exhibition.Accepted)
		if err != nil || len(rows) < 3 {
			return err
		}
		r := rows[2]
		s.taken = slices.DeleteFunc(s.taken, func(id int64) bool { return id == r.ID })
		return s.l.svc.Exhibitions.Withdraw(ctx, actor, r.ID, &intake.Words{Text: "سفر عاجل لظرف عائلي."}, s.l.write(r.Version))
	})
}

// run notes attendance and sales from one day to another, through the use-cases of the door and the stands.
func (s *show) run(from, to int) {
	for d := from; d <= to; d++ {
		s.l.on(d, 11, func(ctx context.Context) error {
			for i, p := range s.taken {
				if (i+d)%11 == 0 { // somebody is always missing
					continue
				}
				if err := s.l.door(ctx, s.id, p); err != nil {
					return err
				}
			}
			return nil
		})
		if d == to && to == 0 { // today's sums come in the evening
			continue
		}
		s.l.on(d, 21, func(ctx context.Context) error {
			return s.each(func(actor auth.Actor) error {
				rows, err := s.rows(ctx, actor, exhibition.Accepted)
				if err != nil {
					return err
				}
				for i, r := range rows {
					if (i+d)%5 == 0 {
						continue
					}
					amount := 120 + s.l.rnd.IntN(160)*10
					in := intake.Sale{Day: s.l.day(d), Amount: strconv.Itoa(amount), Pieces: strconv.Itoa(2 + amount/150), Best: r.Application.Sign}
					if err := s.l.svc.Exhibitions.RecordSale(ctx, actor, r.ID, &in, s.l.write(0)); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
	s.l.on(from-6, 12, func(ctx context.Context) error {
		actor := s.l.coordinator(place.Egypt)
		rows, err := s.rows(ctx, actor, exhibition.Accepted)
		if err != nil {
			return err
		}
		for i, r := range rows[:min(len(rows), 6)] {
			in := intake.PackingItem{Shipment: strconv.Itoa(1 + i%2), Text: r.Application.Sign, HSCode: []string{"570210", "691200", "711319", "330749"}[i%4], Quantity: strconv.Itoa(10 + 5*i), Unit: "قطعة", Value: strconv.Itoa(150 + 40*i),
				Weight: "0.8", Purpose: []string{"sale", "display"}[i%2]}
			if err := s.l.svc.Exhibitions.AddPacking(ctx, actor, r.ID, &in, s.l.write(0)); err != nil {
				return err
			}
		}
		return nil
	})
}

// door checks an exhibitor in as the host's people do, by the code under the badge.
func (l *loader) door(ctx context.Context, id, participation int64) error {
	_, err := l.svc.Exhibitions.CheckIn(ctx, l.coordinator(place.Qatar), id, service.BadgeCode(participation), time.Time{})
	return err
}

// meet enters the minutes of a meeting on a day. An action's owner is named by the party.
func (l *loader) meet(day int, title string, about *show, decisions string, actions []intake.Action, done bool) {
	l.on(day, 13, func(ctx context.Context) error {
		in := intake.Meeting{Title: title, Day: l.day(day), Place: "عبر الاتصال المرئي", Agenda: "الحصص والمكان\nالشحن والإقامة\nما يُنفَّذ قبل الاجتماع القادم", Decisions: decisions,
			Attendees: []intake.Attendee{{Name: "سلوى عبد الغني", Duty: "منسقة المعارض", Party: "EG"}, {Name: "مريم السليطي", Duty: "منسقة المعارض", Party: "QA"}}}
		for _, a := range actions {
			a.Owner = strconv.FormatInt(l.coordinator(place.Country(a.Owner)).UserID, 10)
			in.Actions = append(in.Actions, a)
		}
		if about.id != 0 {
			in.Exhibitions = []string{strconv.FormatInt(about.id, 10)}
		}
		actor := l.coordinator(place.Egypt)
		id, err := l.svc.Exhibitions.PutMeeting(ctx, actor, 0, &in, l.write(0))
		if err != nil || !done {
			return err
		}
		m, err := l.svc.Exhibitions.Meeting(ctx, actor, id)
		if err != nil {
			return err
		}
		for _, a := range m.Actions {
			if err := l.svc.Exhibitions.DoAction(ctx, l.coordinator(a.Party), id, a.ID, true, l.write(0)); err != nil {
				return err
			}
		}
		return nil
	})
}
