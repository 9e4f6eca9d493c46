package demo

import (
	"context"
	"strconv"

	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/service"
)

// activity is something both ministries plan: on which day, who proposes it, and how far it came.
type activity struct {
	on     string // its first day; "": day days from now
	day    int
	days   int
	by     place.Country
	fate   programme.ActivityStatus
	form   intake.Activity
	follow []intake.FollowUpIn // Owner is a party here, Due days from now
}

// activities plans things in several strands of the memorandum: some were held, one is late, one was cancelled, one waits for a yes.
func (l *loader) activities() {
	list := []activity{
		{on: "2024-09-15", days: 2, by: place.Egypt, fate: programme.ActivityHeld, form: intake.Activity{Kind: "workshop", Clauses: []string{"15", "17"}, Title: "ورشة برامج إدماج الأسر المنتجة", TitleEN: "Workshop on programmes to integrate families",
			Host: "EG", Place: "القاهرة", Purpose: "تقريب معايير التسجيل ومسارات الإدماج بين البلدين.", Agenda: "عرض المعايير\nزيارة ثلاث أسر\nمقارنة المسارات", Outputs: "قائمة معايير مشتركة ومقترح ببطاقة لكل أسرة.",
			Delegates: []intake.Attendee{{Name: "سلوى عبد الغني", Duty: "منسقة", Party: "EG"}, {Name: "مريم السليطي", Duty: "منسقة", Party: "QA"}}}},
		{on: "2025-02-09", days: 3, by: place.Qatar, fate: programme.ActivityHeld, form: intake.Activity{Kind: "visit", Clauses: []string{"16", "19"}, Title: "زيارة إلى حاضنة مشروعات الأسر", TitleEN: "Visit to the incubator of family projects",
			Host: "QA", Place: "الدوحة", Outputs: "اتفاق على تبادل نماذج خطط التطوير.", Institutions: []intake.SideRow{{Name: "حاضنة مشروعات الأسر", Party: "QA"}}}},
		{on: "2025-10-12", days: 1, by: place.Egypt, fate: programme.ActivityAgreed, form: intake.Activity{Kind: "seminar", Clauses: []string{"18", "6"}, Title: "ندوة المرأة المنتجة", TitleEN: "Seminar on the productive woman", Host: "EG", Place: "الإسكندرية"}},
		{on: "2025-05-04", days: 1, by: place.Qatar, fate: programme.ActivityCancelled, form: intake.Activity{Kind: "visit", Clauses: []string{"33"}, Title: "زيارة واضعي سياسات رعاية كبار السن", TitleEN: "Visit of makers of policy on ageing", Host: "QA"}},
		{on: "2026-01-18", days: 2, by: place.Egypt, fate: programme.ActivityHeld, form: intake.Activity{Kind: "twinning", Clauses: []string{"9"}, Title: "توأمة مركزين لتأهيل الأشخاص ذوي الإعاقة", TitleEN: "Twinning of two rehabilitation centres",
			Host: "EG", Place: "القاهرة", Outputs: "وُقّع اتفاق التوأمة لعامين.", Institutions: []intake.SideRow{{Name: "مركز التأهيل الشامل", Party: "EG"}, {Name: "مركز التأهيل الاجتماعي", Party: "QA"}}},
			follow: []intake.FollowUpIn{{Text: "خطة الزيارات المتبادلة بين المركزين", Owner: "QA", Due: "-12"}, {Text: "تدريب أربعة مدربين", Owner: "EG", Due: "20"}}},
		{on: "2026-03-08", days: 1, by: place.Qatar, fate: programme.ActivityHeld, form: intake.Activity{Kind: "exchange", Clauses: []string{"13", "14"}, Title: "تبادل أدلة الحماية الاجتماعية للأسر المنتجة", TitleEN: "Exchange of guides to social protection", Host: "QA",
			Outputs: "دليلان منشوران."}},
		{day: 24, days: 2, by: place.Qatar, fate: programme.ActivityProposed, form: intake.Activity{Kind: "workshop", Clauses: []string{"11", "12"}, Title: "ورشة التمكين الاقتصادي للأشخاص ذوي الإعاقة", TitleEN: "Workshop on economic empowerment of persons with disabilities", Host: "QA", Place: "الدوحة"}},
	}
	for _, a := range list {
		l.on(-9, 9, func(ctx context.Context) error { return l.activity(ctx, a) })
	}
}

func (l *loader) activity(ctx context.Context, a activity) error {
	first := l.today().AddDays(a.day)
	if a.on != "" {
		var err error
		if first, err = calendar.Parse(a.on); err != nil {
			return err
		}
	}
	if _, last := programme.Term(); first.After(last) || a.fate == programme.ActivityHeld && first.After(l.today()) {
		return nil // a demo of another year has no room for it
	}
	in := a.form
	in.First, in.Last = first.String(), first.AddDays(a.days-1).String()
	for _, f := range a.follow {
		due, err := strconv.Atoi(f.Due)
		if err != nil {
			return err
		}
		in.FollowUps = append(in.FollowUps, intake.FollowUpIn{Text: f.Text, Due: l.day(due), Owner: strconv.FormatInt(l.coordinator(place.Country(f.Owner)).UserID, 10)})
	}
	by := l.coordinator(a.by)
	id, err := l.svc.Activities.Put(ctx, by, 0, &in, l.write(0))
	if err != nil {
		return err
	}
	version := int64(1)
	step := func(p place.Country, s service.ActivityStep, reason string) error {
		err := l.svc.Activities.Step(ctx, l.coordinator(p), id, s, reason, l.write(version))
		version++
		return err
	}
	if a.fate == programme.ActivityCancelled {
		return step(a.by, service.ActivityCancel, "أُجّلت إلى برنامج العام القادم.")
	}
	if a.fate == programme.ActivityProposed {
		return nil
	}
	if err := step(a.by.Other(), service.ActivityAgree, ""); err != nil {
		return err
	}
	if a.fate == programme.ActivityHeld {
		return step(a.by, service.ActivityHold, "")
	}
	return nil
}
