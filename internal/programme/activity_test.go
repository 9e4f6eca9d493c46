package programme

import (
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
)

var (
	noon = time.Date(2025, 4, 1, 12, 0, 0, 0, time.UTC)
	egy  = exhibition.Key{Party: place.Egypt, By: 1, At: noon}
	qat  = exhibition.Key{Party: place.Qatar, By: 2, At: noon}
)

func on(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func aVisit(t *testing.T) *Activity {
	return &Activity{ID: 1, ActivityTerms: ActivityTerms{Kind: KindVisit, Clauses: []int{7, 13}, Title: "زيارة", First: on(t, "2025-04-10"), Last: on(t, "2025-04-12"), Host: place.Qatar},
		Lead: place.Egypt, Status: ActivityProposed, Keys: []exhibition.Key{egy}}
}

func TestClausesAreOfOneStrandEach(t *testing.T) {
	n := 0
	for _, s := range Strands() {
		for _, c := range Clauses(s) {
			if StrandOf(c) != s {
				t.Errorf("clause %d is of %s, want %s", c, StrandOf(c), s)
			}
			n++
		}
	}
	if n != 36 || len(Clauses("")) != 36 {
		t.Errorf("%d clauses in strands, %d in all, want 36 as in the domain notes", n, len(Clauses("")))
	}
	if len(Clauses(Families)) != 9 || StrandOf(13) != Families || StrandOf(21) != Families || StrandOf(0) != "" || StrandOf(37) != "" {
		t.Error("the strand of productive families is rows 13 to 21")
	}
}

func TestAgreement(t *testing.T) {
	a := aVisit(t)
	if err := a.Hold(on(t, "2025-04-11"), noon); !fault.Is(err, fault.State) {
		t.Errorf("held before both agreed: %v", err)
	}
	if err := a.Agree(egy); !fault.Is(err, fault.State) {
		t.Errorf("one party said yes twice: %v", err)
	}
	if err := a.Agree(qat); err != nil || a.Status != ActivityAgreed {
		t.Fatalf("%v, %s", err, a.Status)
	}
	// What came of it does not touch the agreement, what was agreed on does.
	same := *a
	same.Agenda = "يوم أول"
	if err := a.Revise(same, qat); err != nil || a.Status != ActivityAgreed || a.Agenda == "" {
		t.Errorf("%v, %s", err, a.Status)
	}
	moved := *a
	moved.Last = on(t, "2025-04-13")
	if err := a.Revise(moved, qat); err != nil || a.Status != ActivityProposed || a.Waits(place.Qatar) || !a.Waits(place.Egypt) {
		t.Errorf("%v, %s: want a proposal of Qatar that waits for Egypt", err, a.Status)
	}
	if err := a.Agree(egy); err != nil {
		t.Fatal(err)
	}
	if err := a.Hold(on(t, "2025-04-09"), noon); !fault.Is(err, fault.State) {
		t.Errorf("held before its first day: %v", err)
	}
	if err := a.Hold(on(t, "2025-04-10"), noon); err != nil || a.Progress(on(t, "2025-09-01")) != ActivityHeld {
		t.Errorf("%v, %s", err, a.Status)
	}
	moved = *a
	moved.Host = place.Egypt
	if err := a.Revise(moved, egy); !fault.Is(err, fault.State) || a.Host != place.Qatar {
		t.Errorf("what was held was moved: %v", err)
	}
	if err := a.Cancel("x", noon); !fault.Is(err, fault.State) {
		t.Errorf("what was held was cancelled: %v", err)
	}
}

func TestFollowUpsKeepTheirNumbers(t *testing.T) {
	a := aVisit(t)
	next := *a
	next.FollowUps = []FollowUp{{Text: "ب", Party: place.Qatar, Due: on(t, "2025-06-01")}, {Text: "أ", Party: place.Egypt, Due: on(t, "2025-05-01")}}
	if err := a.Revise(next, egy); err != nil {
		t.Fatal(err)
	}
	if a.FollowUps[0].Text != "أ" || a.FollowUps[0].No != 2 || a.FollowUps[1].No != 1 {
		t.Fatalf("%+v, want them by day with numbers in the order of entry", a.FollowUps)
	}
	if err := a.Done(2, true, qat); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the other party did it: %v", err)
	}
	if err := a.Done(2, true, egy); err != nil || a.OpenOf(place.Egypt) != 0 || a.OpenOf(place.Qatar) != 1 {
		t.Errorf("%v, %d and %d open", err, a.OpenOf(place.Egypt), a.OpenOf(place.Qatar))
	}
	// The done row is deleted in the form, the open one too, and a new one claims the number of the done one twice.
	next = *a
	next.FollowUps = []FollowUp{{No: 2, Text: "أ", Party: place.Egypt, Due: on(t, "2025-05-01")}, {No: 2, Text: "ج", Party: place.Egypt, Due: on(t, "2025-07-01")}}
	if err := a.Revise(next, egy); err != nil {
		t.Fatal(err)
	}
	if len(a.FollowUps) != 2 || a.FollowUps[0].Open() || a.FollowUps[1].No != 3 || !a.FollowUps[1].Open() {
		t.Errorf("%+v, want the done one as it was and a new open one", a.FollowUps)
	}
	next = *a
	next.FollowUps = nil
	if err := a.Revise(next, egy); err != nil || len(a.FollowUps) != 1 || a.FollowUps[0].No != 2 {
		t.Errorf("%v, %+v: want what was done to stay", err, a.FollowUps)
	}
}

func TestGather(t *testing.T) {
	today := on(t, "2025-05-01")
	held, late, next, off, other := aVisit(t), aVisit(t), aVisit(t), aVisit(t), aVisit(t)
	held.ID, held.Status, held.Outputs = 1, ActivityHeld, "تقرير"
	held.FollowUps = []FollowUp{{No: 1, Party: place.Egypt, Due: on(t, "2025-04-20")}, {No: 2, Party: place.Egypt, Due: on(t, "2025-04-20"), DoneAt: noon}, {No: 3, Party: place.Qatar, Due: today}}
	late.ID, late.Status, late.Clauses = 2, ActivityAgreed, []int{13, 14}
	next.ID, next.First, next.Last = 3, on(t, "2025-06-01"), on(t, "2025-06-01")
	off.ID, off.Status = 4, ActivityCancelled
	other.ID, other.First, other.Last = 5, on(t, "2024-12-31"), on(t, "2025-01-02")
	papers := map[int64][]Paper{1: {{From: place.Qatar}, {From: place.Egypt, RemovedAt: noon}}, 4: {{From: place.Egypt}}}
	j := Gather([]Activity{*held, *late, *next, *off, *other}, papers, 2025, today)
	want := Tally{Planned: 3, Held: 1, Late: 1, Cancelled: 1, Proposed: 1, Outputs: 1, Papers: 1, Done: 1, Open: 2, Overdue: 1}
	if j.Total != want {
		t.Errorf("total %+v\nwant  %+v", j.Total, want)
	}
	if w, f := j.Strands[Women], j.Strands[Families]; w.Planned != 2 || f.Planned != 3 || w.Held != 1 || f.Late != 1 {
		t.Errorf("women %+v, families %+v", w, f)
	}
	if j.Clauses[13].Planned != 3 || j.Clauses[14].Planned != 1 || j.Clauses[7].Planned != 2 || j.Clauses[36].Planned != 0 {
		t.Error("clauses are counted wrong")
	}
	if j.Hosts[place.Qatar] != 3 || j.Given[place.Qatar] != 1 || j.Given[place.Egypt] != 0 {
		t.Errorf("hosts %v, given %v", j.Hosts, j.Given)
	}
	if all := Gather([]Activity{*held, *other}, papers, 0, today); all.Total.Planned != 2 || all.Total.Late != 1 {
		t.Errorf("of all years %+v", all.Total)
	}
}
