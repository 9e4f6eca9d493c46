package exhibition

import (
	"errors"
	"slices"
	"testing"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var noon = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// jointTerms are the 70/80 split of Bayt al-Arab, 5–11 January 2023, moved to 2027.
func jointTerms(t testing.TB) Terms {
	return Terms{Name: "بيت العرب", Parties: []place.Country{"EG", "QA"}, Host: "EG", City: "القاهرة", First: date(t, "2027-01-05"), Last: date(t, "2027-01-11"), Capacity: 150,
		Hours:  Hours{Daily: Span{600, 1320}, Friday: Span{690, 780}},
		Quotas: []Quota{{By: ByParty, Value: "EG", Max: 70}, {By: ByParty, Value: "QA", Max: 80}, {By: ByFirstTime, Min: 30}},
		Fees:   []Fee{{Party: "EG", Kind: "share", Percent: 10, Currency: "EGP"}}, Documents: []registry.DocumentType{"id_card"}}
}

func keyOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		if len(f.Problems) > 0 {
			return f.Problems[0].Field + " " + f.Problems[0].Key
		}
		return f.Key
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestTwoKeys plays the agreement step by step: want is the status and the message after each.
func TestTwoKeys(t *testing.T) {
	e := &Exhibition{Status: Draft, Proposer: "EG", Terms: jointTerms(t)}
	later := jointTerms(t)
	later.Capacity, later.Last = 160, date(t, "2027-01-18")
	steps := []struct {
		name string
		do   func() error
		want Status
		err  string
		wait int
	}{
		{"a draft is not agreed", func() error { return e.Agree("EG", 1, noon) }, Draft, "error.exhibition.agree", 0},
		{"the other party does not know of it", func() error { return e.Submit("QA", 2, noon) }, Draft, "error.not_found", 0},
		{"proposing turns the first key", func() error { return e.Submit("EG", 1, noon) }, Proposed, "", 1},
		{"one party cannot turn both", func() error { return e.Agree("EG", 3, noon) }, Proposed, "error.exhibition.key_turned", 1},
		{"an edit drops the key", func() error { return e.Edit("QA", noon, later) }, Proposed, "", 2},
		{"a party cannot be edited away by itself", func() error {
			x := later
			x.Parties = []place.Country{"EG"}
			x.Quotas = nil
			return e.Edit("QA", noon, x)
		}, Proposed, "parties problem.exhibition.own_party", 2},
		{"back", func() error { return e.Edit("QA", noon, jointTerms(t)) }, Proposed, "", 2},
		{"second", func() error { return e.Agree("QA", 2, noon) }, Proposed, "", 1},
		{"first again", func() error { return e.Agree("EG", 1, noon) }, Agreed, "", 0},
		{"what is agreed is not edited", func() error { return e.Edit("EG", noon, later) }, Agreed, "error.exhibition.edit", 0},
		{"nothing changed", func() error { return e.Propose("QA", 2, noon, jointTerms(t), "") }, Agreed, "error.exhibition.no_change", 0},
		{"a change waits", func() error { return e.Propose("QA", 2, noon, later, "تمديد أسبوعًا") }, Agreed, "", 1},
		{"the asker does not decide", func() error { return e.Agree("QA", 4, noon) }, Agreed, "error.exhibition.key_turned", 1},
		{"refused: the old terms hold", func() error { return e.Refuse("EG", noon) }, Agreed, "", 0},
		{"again", func() error { return e.Propose("EG", 1, noon, later, "") }, Agreed, "", 1},
		{"agreed by the other", func() error { return e.Agree("QA", 2, noon) }, Agreed, "", 0},
		{"no reason, no cancelling", func() error { return e.Cancel("QA", noon, "") }, Agreed, "reason problem.required", 0},
		{"cancelled", func() error { return e.Cancel("QA", noon, "ظروف") }, Cancelled, "", 0},
		{"cancelled is over", func() error { return e.Propose("EG", 1, noon, jointTerms(t), "") }, Cancelled, "error.exhibition.change", 0},
	}
	for _, s := range steps {
		got := keyOf(s.do())
		if got != s.err || e.Status != s.want || len(e.Waiting()) != s.wait {
			t.Fatalf("%s: got %q, status %s, %d waiting; want %q, %s, %d", s.name, got, e.Status, len(e.Waiting()), s.err, s.want, s.wait)
		}
	}
	if e.Terms.Capacity != 160 || len(e.Keys) != 2 {
		t.Errorf("got capacity %d and %d keys, want the agreed change with two keys", e.Terms.Capacity, len(e.Keys))
	}
}

func TestOnePartyNeedsOneKey(t *testing.T) {
	terms := jointTerms(t)
	terms.Parties, terms.Quotas, terms.Host = []place.Country{"QA"}, nil, "QA"
	terms.Fees = nil
	e := &Exhibition{Status: Draft, Proposer: "QA", Terms: terms}
	if err := e.Submit("QA", 2, noon); err != nil || e.Status != Agreed {
		t.Fatalf("got %v, %s; want it agreed by its one party", err, e.Status)
	}
	more := terms
	more.Capacity = 20
	if err := e.Propose("QA", 2, noon, more, ""); err != nil || e.Pending != nil || e.Terms.Capacity != 20 {
		t.Errorf("got %v, pending %v, capacity %d; want the change at once", err, e.Pending, e.Terms.Capacity)
	}
	if e.VisibleTo("EG") {
		t.Error("the other party sees an exhibition that is not its own")
	}
}

func TestTermsCheck(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(*Terms)
		want string
	}{
		{"sound", func(*Terms) {}, ""},
		{"backwards", func(x *Terms) { x.Last = x.First.AddDays(-1) }, "last problem.exhibition.backwards"},
		{"no places", func(x *Terms) { x.Capacity = 0; x.Quotas = nil }, "capacity problem.exhibition.capacity"},
		{"foreign host", func(x *Terms) { x.Parties = x.Parties[1:]; x.Quotas, x.Fees = nil, nil }, "host problem.exhibition.host"},
		{"waves overlap", func(x *Terms) {
			x.Waves = []Wave{{First: x.First, Last: x.First.AddDays(3)}, {First: x.First.AddDays(3), Last: x.Last}}
		}, "waves[1].first problem.exhibition.wave_overlap"},
		{"a wave outside", func(x *Terms) { x.Waves = []Wave{{First: x.First, Last: x.Last.AddDays(1)}} }, "waves[0].first problem.exhibition.wave_outside"},
		{"more than there is", func(x *Terms) { x.Quotas[0].Max = 151 }, "quotas[0].max problem.exhibition.quota_capacity"},
		{"livestock is never exhibited", func(x *Terms) { x.Quotas = append(x.Quotas, Quota{By: ByCraft, Value: "LV", Max: 3}) }, "quotas[3].value problem.exhibition.quota_value"},
		{"least above most", func(x *Terms) { x.Quotas[0].Min = 71 }, "quotas[0].max problem.exhibition.quota_order"},
		{"leasts above the whole", func(x *Terms) { x.Quotas[0].Min, x.Quotas[0].Max, x.Quotas[1].Min = 75, 75, 80; x.Capacity = 150 }, "quotas[1].min problem.exhibition.quota_sum"},
		{"closing before opening", func(x *Terms) { x.Hours.Daily = Span{1320, 600} }, "hours.daily_to problem.exhibition.hours"},
		{"a fee in the other's money", func(x *Terms) { x.Fees[0].Currency = "QAR" }, "fees[0].currency problem.currency"},
	} {
		terms := jointTerms(t)
		test.do(&terms)
		if got := keyOf(terms.Check().Err()); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestHours: a Friday with its break, a Ramadan night to 03:00, an ordinary day. 1 Ramadan 1448 is 8 February 2027 by Umm al-Qura.
func TestDirections(t *testing.T) {
	for _, c := range []struct {
		parties []place.Country
		by      []Dimension
		want    []Dimension
	}{
		{place.Countries(), nil, nil},
		{place.Countries(), []Dimension{ByArea, ByParty, ByArea, ByParty}, []Dimension{ByParty}},
		{place.Countries()[:1], []Dimension{ByParty, ByArea, ByWomen}, []Dimension{ByArea, ByWomen}},
		{place.Countries(), []Dimension{ByWomen, ByCraft, ByParty}, []Dimension{ByParty, ByCraft, ByWomen}},
	} {
		terms := Terms{Parties: c.parties}
		for _, d := range c.by {
			terms.Quotas = append(terms.Quotas, Quota{By: d, Max: 1})
		}
		if got := terms.Directions(); !slices.Equal(got, c.want) {
			t.Errorf("%v of %v: %v, want %v", c.by, c.parties, got, c.want)
		}
	}
}

func TestHours(t *testing.T) {
	h := Hours{Daily: Span{600, 1320}, Friday: Span{690, 780}, Ramadan: Span{1200, 1620}}
	for _, test := range []struct {
		day, want string
		ramadan   bool
	}{
		{"2027-01-07", "10:00-22:00", false}, {"2027-01-08", "10:00-11:30 13:00-22:00", false}, {"2027-02-07", "10:00-22:00", false},
		{"2027-02-08", "20:00-27:00", true}, {"2027-02-12", "20:00-27:00", true}, {"2027-03-09", "10:00-22:00", false},
	} {
		d := h.On(date(t, test.day))
		got := ""
		for i, s := range d.Spans {
			if i > 0 {
				got += " "
			}
			got += s.From.String() + "-" + s.To.String()
		}
		if got != test.want || d.Ramadan != test.ramadan {
			t.Errorf("%s: got %s (Ramadan %v), want %s (%v)", test.day, got, d.Ramadan, test.want, test.ramadan)
		}
	}
	if got := Minute(1620).Clock(); got != "03:00" {
		t.Errorf("got %s, want 03:00", got)
	}
}

func TestMayInvite(t *testing.T) {
	terms := Terms{Capacity: 4, Quotas: []Quota{{By: ByParty, Value: "EG", Max: 3}, {By: ByFirstTime, Min: 2}}}
	old, fresh := Traits{Party: "EG"}, Traits{Party: "QA", FirstTime: true}
	list := []Participation{{State: Accepted, Traits: old}, {State: Invited, Traits: old}}
	if got := keyOf(terms.MayInvite(list, 0, old)); got != "error.participation.kept" {
		t.Errorf("got %q, want the two places of first-timers kept", got)
	}
	if err := terms.MayInvite(list, 0, fresh); err != nil {
		t.Errorf("got %v, want a first-timer let in", err)
	}
	list = append(list, Participation{State: Accepted, Traits: old})
	terms.Quotas = terms.Quotas[:1]
	if got := keyOf(terms.MayInvite(list, 0, old)); got != "error.participation.quota_full" {
		t.Errorf("got %q, want the party's quota full", got)
	}
	terms.OverInvite = 40
	if err := terms.MayInvite(list, 0, old); err != nil {
		t.Errorf("got %v, want one invited beyond the quota: 3 + 40 %% is 4", err)
	}
	if err := terms.MayInvite(list, 1, old); err != nil {
		t.Errorf("got %v: another wave has its own places", err)
	}
}

func TestParticipationLife(t *testing.T) {
	p := &Participation{State: Applied}
	deadline := noon.Add(48 * time.Hour)
	for _, s := range []struct {
		name string
		do   func() error
		want State
		err  string
	}{
		{"not screened", func() error { return p.Invite(noon, deadline) }, Applied, "error.participation.invite"},
		{"refused without a reason", func() error { return p.Screen(noon, false, nil, "") }, Applied, "reasons problem.reason_required"},
		{"refused", func() error { return p.Screen(noon, false, []Reason{"quality"}, "") }, Refused, ""},
		{"let through after all", func() error { return p.Screen(noon, true, nil, "") }, Eligible, ""},
		{"waits", func() error { return p.Queue(noon, 4) }, Waiting, ""},
		{"a deadline in the past", func() error { return p.Invite(noon, noon) }, Waiting, "deadline problem.participation.deadline"},
		{"invited", func() error { return p.Invite(noon, deadline) }, Invited, ""},
		{"not expired yet", func() error { return p.Expire(deadline) }, Invited, "error.participation.expire"},
		{"too late", func() error { return p.Accept(deadline.Add(time.Second), nil) }, Invited, "error.participation.late"},
		{"expired", func() error { return p.Expire(deadline.Add(time.Second)) }, Expired, ""},
		{"waits again", func() error { return p.Queue(noon, 9) }, Waiting, ""},
		{"invited again", func() error { return p.Invite(noon, deadline) }, Invited, ""},
		{"accepted", func() error { return p.Accept(noon, []Seat{{"all", 1}}) }, Accepted, ""},
		{"twice", func() error { return p.Accept(noon, nil) }, Accepted, "error.participation.accept"},
		{"withdrawn", func() error { return p.Withdraw(noon, "سفر") }, Withdrawn, ""},
		{"gone", func() error { return p.Withdraw(noon, "") }, Withdrawn, "error.participation.withdraw"},
	} {
		if got := keyOf(s.do()); got != s.err || p.State != s.want {
			t.Fatalf("%s: got %q %s, want %q %s", s.name, got, p.State, s.err, s.want)
		}
	}
	if p.Seats != nil {
		t.Error("a withdrawn exhibitor still holds places")
	}
}

// TestPapersThrough: a food exhibitor's certificate that ends on day 4 of 7 is warned of.
func TestPapersThrough(t *testing.T) {
	terms := jointTerms(t)
	ok := registry.Document{Type: "id_card", ValidUntil: date(t, "2030-01-01")}
	for _, test := range []struct {
		name, craft string
		papers      []registry.Document
		want        int
	}{
		{"all there", "TX", []registry.Document{ok}, 0},
		{"missing", "TX", nil, 1},
		{"food without", "FD", []registry.Document{ok}, 1},
		{"food, ends on day 4", "FD", []registry.Document{ok, {Type: "health_certificate", ValidUntil: date(t, "2027-01-08")}}, 1},
		{"food, ends on the last day", "FD", []registry.Document{ok, {Type: "health_certificate", ValidUntil: date(t, "2027-01-11")}}, 0},
		{"an older one beside a newer", "FD", []registry.Document{ok, {Type: "health_certificate", ValidUntil: date(t, "2026-01-08")}, {Type: "health_certificate", ValidUntil: date(t, "2027-06-01")}}, 0},
		{"removed", "TX", []registry.Document{{Type: "id_card", ValidUntil: date(t, "2030-01-01"), RemovedAt: noon}}, 1},
	} {
		if got := terms.PapersThrough(0, test.craft, test.papers); len(got) != test.want {
			t.Errorf("%s: got %v, want %d", test.name, got, test.want)
		}
	}
}

func TestMayRecord(t *testing.T) {
	terms := jointTerms(t)
	d := date(t, "2027-01-06")
	gone := Participation{State: Withdrawn, AnsweredAt: noon, UpdatedAt: time.Date(2027, 1, 7, 10, 0, 0, 0, time.UTC)}
	for _, test := range []struct {
		name string
		p    Participation
		s    Sale
		want string
	}{
		{"in order", Participation{State: Accepted}, Sale{Day: d, Amount: 100, Currency: "EGP"}, ""},
		{"the other's money", Participation{State: Accepted}, Sale{Day: d, Currency: "QAR"}, "currency problem.sale.currency"},
		{"a day before", Participation{State: Accepted}, Sale{Day: date(t, "2027-01-04"), Currency: "EGP"}, "day problem.sale.day"},
		{"tomorrow", Participation{State: Accepted}, Sale{Day: d.AddDays(3), Currency: "EGP"}, "day problem.date_future"},
		{"never came", Participation{State: Declined}, Sale{Day: d, Currency: "EGP"}, "error.sale.no_place"},
		{"withdrew later", gone, Sale{Day: d, Currency: "EGP"}, ""},
		{"withdrew before", gone, Sale{Day: d.AddDays(2), Currency: "EGP"}, "error.sale.no_place"},
	} {
		if got := keyOf(terms.MayRecord(&test.p, test.s, date(t, "2027-01-08"))); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestHolidayRules compares with published days: Sham el-Nessim 2025 on 21 April, Sports Day on the second Tuesday of February, Eid al-Fitr 1447 on 20 March 2026.
func TestHolidayRules(t *testing.T) {
	for _, test := range []struct {
		rule Rule
		year int
		want string
		days int
	}{
		{Rule{Code: "sham", Easter: 1}, 2025, "2025-04-21", 1}, {Rule{Code: "sham", Easter: 1}, 2024, "2024-05-06", 1},
		{Rule{Code: "sports", Month: 2, Nth: 2, Weekday: "tuesday"}, 2025, "2025-02-11", 1},
		{Rule{Code: "fitr", HijriMonth: 10, HijriDay: 1, Days: 3}, 2026, "2026-03-20", 3}, {Rule{Code: "fitr", HijriMonth: 9, HijriDay: 28, UntilMonth: 10, UntilDay: 4}, 2026, "2026-03-17", 7}, {Rule{Code: "xmas", Month: 1, Day: 7}, 2027, "2027-01-07", 1},
	} {
		got := test.rule.In("EG", test.year)
		if len(got) != 1 || got[0].First.String() != test.want || calendar.DaysBetween(got[0].First, got[0].Last)+1 != test.days || got[0].Expected != (test.rule.HijriMonth != 0) {
			t.Errorf("%s %d: got %+v, want %s", test.rule.Code, test.year, got, test.want)
		}
	}
}

func TestClashes(t *testing.T) {
	a := Exhibition{ID: 1, Status: Agreed, Terms: jointTerms(t)}
	b := Exhibition{ID: 2, Status: Draft, Terms: jointTerms(t)}
	b.Terms.Parties, b.Terms.First, b.Terms.Last = b.Terms.Parties[1:], date(t, "2027-01-11"), date(t, "2027-01-20")
	c := b
	c.ID, c.Status = 3, Cancelled
	h := []Holiday{{Party: "EG", Name: "عيد الميلاد", First: date(t, "2027-01-07"), Last: date(t, "2027-01-07")}, {Party: "QA", First: date(t, "2027-01-07"), Last: date(t, "2027-01-07")}}
	got := Clashes([]Exhibition{a, b, c}, nil, h)
	if len(got) != 2 || got[0].Kind != ClashOverlap && got[1].Kind != ClashOverlap || got[0].Kind != ClashHoliday && got[1].Kind != ClashHoliday {
		t.Errorf("got %+v, want one overlap on 11 January and one holiday of the host", got)
	}
}

func TestExhibitorOfFamily(t *testing.T) {
	f := &registry.Family{ID: 5, Party: "EG"}
	f.Record.Project.Craft, f.Record.Project.Name = "TX", "نسيج"
	var e Exhibitor
	if got := keyOf(e.OfFamily(f)); got != "error.exhibitor.not_approved" {
		t.Errorf("got %q, want only registered families", got)
	}
	f.Status.State = registry.Approved
	if err := e.OfFamily(f); err != nil || e.Name != "نسيج" {
		t.Errorf("got %v %q", err, e.Name)
	}
	f.Record.Project.Craft = "LV"
	if got := keyOf(e.OfFamily(f)); got != "error.exhibitor.craft" {
		t.Errorf("got %q, want livestock refused", got)
	}
	e.Travel = "stop"
	if e.MayTravel("EG") != nil || e.MayTravel("QA") == nil {
		t.Error("a stop is for abroad only")
	}
}
