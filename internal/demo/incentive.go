package demo

import (
	"context"
	"fmt"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
)

// incentives makes schemes with grants in every state, and development plans with actions that are done, late and to come.
func (l *loader) incentives() {
	kit := &intake.Scheme{Name: "حقيبة أدوات للمعيلات", NameEN: "Tool kits for women who provide", Budget: "90000", First: l.day(-100), Last: l.day(200), Once: "yes", Order: "need",
		Text: "أدوات عمل ومقعد تدريبي للأسرة التي تعولها صاحبة المشروع، حتى تزيد إنتاجها.",
		Offers: []intake.Offer{{Kind: "tool_kit", Name: "حقيبة أدوات بحسب الحرفة", Cost: "4500", Each: "1"}, {Kind: "training_seat", Name: "دورة تسعير وتسويق", Cost: "800", Most: "40", Each: "2"},
			{Kind: "certificate", Name: "شهادة تقدير"}}}
	fairs := &intake.Scheme{Name: "دعم المشاركة في المعارض", NameEN: "Support for taking part in fairs", Budget: "60000", First: l.day(-100), Last: l.day(260), Once: "yes", Order: "date",
		Text:   "إعفاء من رسوم المشاركة أو جناح مدعوم لمن يعرض لأول مرة.",
		Offers: []intake.Offer{{Kind: "fee_waiver", Name: "إعفاء من رسوم المشاركة", Cost: "1000"}, {Kind: "subsidised_booth", Name: "جناح بنصف القيمة", Cost: "1500", Most: "20"}, {Kind: "lodging", Name: "إقامة ليلة", Cost: "600", Each: "5"}}}
	home := &intake.Scheme{Name: "من الرخصة المنزلية إلى السجل التجاري", NameEN: "From a home licence to the register", Budget: "40000", First: l.day(-90), Last: l.day(250), Once: "yes", Order: "points",
		Text:   "رسوم السجل التجاري وجناح مدعوم لمن أتم سنته الأولى بالرخصة المنزلية.",
		Offers: []intake.Offer{{Kind: "subsidised_booth", Name: "جناح مدعوم في من الوطن", Cost: "1200"}, {Kind: "loan_referral", Name: "إحالة إلى بنك التنمية"}}}
	breadwinner := criteria.Criterion{Code: "breadwinner", Title: criteria.Text{AR: "عائل الأسرة", EN: "Provides for the family"}, Weight: criteria.Hard, Condition: "breadwinner", Confirmed: true}
	many := criteria.Criterion{Code: "dependents", Title: criteria.Text{AR: "يعول ثلاثة أو أكثر", EN: "Has three dependents or more"}, Weight: criteria.Points, Points: 10, Condition: "dependents >= 3", Confirmed: true}
	consent := criteria.Criterion{Code: "growing", Title: criteria.Text{AR: "مشروع قائم", EN: "A project at work"}, Weight: criteria.Hard, Condition: "stage in ['operating', 'growing']", Confirmed: true}
	for i, x := range []struct {
		party place.Country
		form  *intake.Scheme
		rules []criteria.Criterion
	}{{place.Egypt, kit, []criteria.Criterion{breadwinner, many}}, {place.Egypt, fairs, []criteria.Criterion{consent}}, {place.Qatar, home, []criteria.Criterion{consent, many}}} {
		var id int64
		l.on(-99, 9+i, func(ctx context.Context) (err error) {
			id, err = l.scheme(ctx, x.party, x.form, x.rules)
			return err
		})
		l.on(-98, 9+i, func(ctx context.Context) error {
			return l.svc.Incentives.Publish(ctx, l.who(x.party, auth.Administrator, "", 0), id, l.write(int64(1+len(x.rules))))
		})
		l.on(-80, 9+i, func(ctx context.Context) error { return l.propose(ctx, x.party, id) })
		l.on(-70, 11+i, func(ctx context.Context) error { return l.decideGrants(ctx, x.party, id) })
		l.on(-40, 11+i, func(ctx context.Context) error { return l.deliver(ctx, x.party, id) })
	}
	l.on(-20, 10, func(ctx context.Context) error { // one that is only a draft yet
		draft := *kit
		draft.Name, draft.NameEN, draft.Budget, draft.First, draft.Last = "معدات تغليف للأغذية المنزلية", "Packing machines for home-made food", "150000", l.day(10), l.day(375)
		draft.Offers = []intake.Offer{{Kind: "tool_kit", Name: "ماكينة تغليف", Cost: "7500", Each: "1"}}
		food := criteria.Criterion{Code: "food", Title: criteria.Text{AR: "منتج غذائي", EN: "Makes food"}, Weight: criteria.Hard, Condition: "food", Confirmed: true}
		_, err := l.scheme(ctx, place.Egypt, &draft, []criteria.Criterion{food})
		return err
	})
	l.on(-60, 12, l.developments)
}

func (l *loader) scheme(ctx context.Context, party place.Country, form *intake.Scheme, rules []criteria.Criterion) (int64, error) {
	actor := l.coordinator(party)
	id, err := l.svc.Incentives.PutScheme(ctx, actor, 0, form, l.write(0))
	if err != nil {
		return 0, fmt.Errorf("scheme %q: %w", form.NameEN, err)
	}
	for i, c := range rules {
		if err := l.svc.Incentives.SaveRule(ctx, actor, id, i+1, c, l.write(int64(i+1))); err != nil {
			return 0, fmt.Errorf("rule %s: %w", c.Code, err)
		}
	}
	return id, nil
}

// propose lets the program propose the first offer to all who qualify, and enters some applications by hand for the others.
func (l *loader) propose(ctx context.Context, party place.Country, id int64) error {
	job, err := l.svc.Incentives.Count(ctx, l.coordinator(party), id, 1, true, l.write(0))
	if err != nil {
		return err
	}
	if err := l.svc.Jobs.Work(ctx, job); err != nil {
		return err
	}
	rows, err := l.registered(ctx, party)
	if err != nil {
		return err
	}
	n := 0
	for i, f := range rows {
		if n == 9 || i%4 != 0 {
			continue
		}
		actor, ok := l.owner(f.EnteredBy)
		if !ok {
			continue
		}
		_, err := l.svc.Incentives.Apply(ctx, actor, f.ID, &intake.GrantAsk{Offer: strconv.FormatInt(id, 10) + "/2", Quantity: "1", Note: "طلبت صاحبة المشروع ذلك في زيارة المتابعة"}, l.write(0))
		if err != nil && !fault.Is(err, fault.State) { // most others do not qualify
			return err
		}
		if err == nil {
			n++
		}
	}
	return nil
}

// decideGrants approves two of three, refuses some and leaves the rest waiting.
func (l *loader) decideGrants(ctx context.Context, party place.Country, id int64) error {
	reviewer := l.who(party, auth.Reviewer, "", 0)
	p, err := l.svc.Incentives.Grants(ctx, reviewer, service.GrantQuery{Scheme: id, State: programme.GrantProposed, Limit: 60})
	if err != nil {
		return err
	}
	for i, g := range p.Rows {
		switch {
		case i%7 == 6:
			err = l.svc.Incentives.Decide(ctx, reviewer, g.ID, false, "لديها أدوات كافية كما ظهر في الزيارة", l.write(g.Version))
		case i%7 < 4:
			err = l.svc.Incentives.Decide(ctx, reviewer, g.ID, true, "", l.write(g.Version))
		}
		if err != nil && !fault.Is(err, fault.State) {
			return err
		}
	}
	return nil
}

// deliver hands over half of what is approved, each with its signed receipt, and withdraws one.
func (l *loader) deliver(ctx context.Context, party place.Country, id int64) error {
	reviewer := l.who(party, auth.Reviewer, "", 0)
	p, err := l.svc.Incentives.Grants(ctx, reviewer, service.GrantQuery{Scheme: id, State: programme.GrantApproved, Limit: 60})
	if err != nil {
		return err
	}
	for i, g := range p.Rows {
		actor, ok := l.owner(g.EnteredBy)
		switch {
		case i == 3:
			err = l.svc.Incentives.Withdraw(ctx, reviewer, g.ID, &intake.Words{Text: "انتقلت الأسرة إلى عنوان آخر ولم ترد"}, l.write(g.Version))
		case ok && i%2 == 0:
			var paper int64
			paper, err = l.svc.Families.AddDocument(ctx, actor, g.FamilyID, intake.Document{Type: "other"}, l.picture("contract", i), l.write(0))
			if err == nil {
				err = l.svc.Incentives.Deliver(ctx, actor, g.ID, &intake.Delivery{On: l.day(-40), Quantity: "1", Receiver: g.Name, Proof: "signature"}, paper, l.write(g.Version))
			}
		}
		if err != nil {
			return fmt.Errorf("delivering grant %d: %w", g.ID, err)
		}
	}
	return nil
}

// developments begins plans from the template of each craft, some months ago; some actions are done since, others are late.
func (l *loader) developments(ctx context.Context) error {
	for _, party := range place.Countries() {
		rows, err := l.registered(ctx, party)
		if err != nil {
			return err
		}
		n := 0
		for i, f := range rows {
			actor, ok := l.owner(f.EnteredBy)
			if !ok || i%5 != 1 || n == 12 {
				continue
			}
			n++
			form := intake.FromTemplate(f.Craft, "ar", actor.UserID, l.today().AddDays(-60))
			form.Goal, form.NeedNote = "زيادة المبيعات بمقدار الثلث والبيع في معرضين على الأقل خلال عام", "مكان العمل ضيق، والأدوات قديمة"
			form.Actions[0].Cost, form.Actions[0].Source = "2500", "ministry"
			income := 900 + 150*(i%9)
			base := &intake.Measure{On: l.day(-60), Income: strconv.Itoa(income), Sales: strconv.Itoa(income * 2), Production: strconv.Itoa(20 + i%30), WorkersFamily: strconv.Itoa(1 + i%3),
				WorkersOther: "0", Products: strconv.Itoa(3 + i%4), Channels: "1", Quality: strconv.Itoa(55 + i%20)}
			id, err := l.svc.Plans.Put(ctx, actor, f.ID, 0, form, base, l.write(0))
			if err != nil {
				return fmt.Errorf("a plan for family %d: %w", f.ID, err)
			}
			if n%3 == 0 {
				continue
			}
			l.later(actor, id, n, income)
		}
	}
	return nil
}

// later ticks the first actions of a plan and, for some, measures the project again.
func (l *loader) later(actor auth.Actor, id int64, n, income int) {
	l.after = append(l.after, func(ctx context.Context) error {
		v, err := l.svc.Plans.Plan(ctx, actor, id)
		if err != nil {
			return err
		}
		version := v.Version
		for i := range min(1+n%3, len(v.Actions)) {
			if err := l.svc.Plans.Tick(ctx, actor, id, v.Actions[i].ID, true, l.write(version)); err != nil {
				return err
			}
			version++
		}
		if n%2 == 0 {
			return nil
		}
		more := &intake.Measure{On: l.day(-3), Income: strconv.Itoa(income * 13 / 10), Sales: strconv.Itoa(income * 27 / 10), Production: strconv.Itoa(30 + n), WorkersFamily: "2", WorkersOther: "1",
			Products: strconv.Itoa(5 + n%3), Channels: "3", Quality: strconv.Itoa(68 + n)}
		return l.svc.Plans.Measure(ctx, actor, id, more, l.write(version))
	})
}

// registered are the families in force of a party, the oldest first.
func (l *loader) registered(ctx context.Context, party place.Country) ([]store.FamilyRow, error) {
	list, err := l.svc.Families.List(ctx, l.who(party, auth.Reviewer, "", 0), store.FamilyQuery{States: []string{string(registry.Approved)}, Sort: store.SortOldest, Limit: 120})
	if err != nil {
		return nil, err
	}
	return list.Page.Rows, nil
}

// owner is the worker who entered a family, unless they have left.
func (l *loader) owner(user int64) (auth.Actor, bool) {
	for _, p := range l.people {
		if p.id == user && p.Role == auth.FieldWorker && !p.left {
			return l.actor(p), true
		}
	}
	return auth.Actor{}, false
}
