package service_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// openSeason fills an office with a season of half a year, two venues of each party, and joint exhibitions to which nobody was called yet, all agreed on for the same days.
func openSeason(t testing.TB, o *testkit.Office, exhibitions int) (season int64, shows []*exhibition.Exhibition, venues map[place.Country][]int64) {
	t.Helper()
	venues = map[place.Country][]int64{}
	o.Update(t, func(tx *store.Tx) error {
		day := o.Clock.Today()
		s := &exhibition.Season{Name: "موسم", First: day, Last: day.AddDays(26*7 - 1), Party: "EG", By: 1, CreatedAt: o.Clock.Now()}
		if err := tx.InsertSeason(s); err != nil {
			return err
		}
		season = s.ID
		for _, p := range place.Countries() {
			area := map[place.Country]string{"EG": "EG-C", "QA": "QA-DA"}[p]
			for i := range 2 {
				v := &exhibition.Venue{Party: p, Area: area, Name: exhibition.Label{AR: fmt.Sprintf("قاعة %s %d", p, i)}, City: exhibition.Label{AR: "مدينة"}, Setting: exhibition.Indoor, FloorM2: 1000, CreatedAt: o.Clock.Now(), UpdatedAt: o.Clock.Now()}
				if err := tx.InsertVenue(v); err != nil {
					return err
				}
				venues[p] = append(venues[p], v.ID)
			}
		}
		for i := range exhibitions {
			host := place.Countries()[i%2]
			e := &exhibition.Exhibition{Status: exhibition.Agreed, Proposer: "EG", EnteredBy: 1, CreatedAt: o.Clock.Now(), UpdatedAt: o.Clock.Now(), Keys: []exhibition.Key{{Party: "EG", By: 1, At: o.Clock.Now()}, {Party: "QA", By: 2, At: o.Clock.Now()}}}
			e.Terms = exhibition.Terms{Name: fmt.Sprintf("معرض %d", i), Parties: place.Countries(), Host: host, SeasonID: season, First: day.AddDays(63), Last: day.AddDays(68), Capacity: 50}
			if err := tx.InsertExhibition(e); err != nil {
				return err
			}
			shows = append(shows, e)
		}
		return nil
	})
	return season, shows, venues
}

// planned has the planner fill a new draft, and returns the draft and the run.
func planned(t testing.TB, o *testkit.Office, actor auth.Actor, season int64) (int64, *service.SeasonRunPage) {
	t.Helper()
	draft, run, err := o.SeasonPlans.Plan(t.Context(), actor, season, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	return draft, seasonWorked(t, o, actor, season, draft, run)
}

func seasonWorked(t testing.TB, o *testkit.Office, actor auth.Actor, season, draft, run int64) *service.SeasonRunPage {
	t.Helper()
	v, err := o.SeasonPlans.Run(t.Context(), actor, season, draft, run)
	if err == nil {
		err = o.Jobs.Work(t.Context(), v.Run.JobID)
	}
	if err == nil {
		v, err = o.SeasonPlans.Run(t.Context(), actor, season, draft, run)
	}
	if err != nil {
		t.Fatal(err)
	}
	if v.Run.State != exhibition.RunDone || len(v.Run.Body.Findings) > 0 {
		t.Fatalf("the run is %s: %s %v", v.Run.State, v.Run.Body.Error, v.Run.Body.Findings)
	}
	return v
}

func boardOf(t testing.TB, o *testkit.Office, actor auth.Actor, season, draft int64) *service.SeasonBoard {
	t.Helper()
	v, err := o.SeasonPlans.Board(t.Context(), actor, season, draft)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSeasonPlan walks a season from the first press to the release: a proven plan, a move by hand, both keys on one list, and the exhibitions' terms follow.
func TestSeasonPlan(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	eg, qa := testkit.Actor(auth.Coordinator, place.Egypt), testkit.Actor(auth.Coordinator, place.Qatar)
	season, shows, venues := openSeason(t, o, 4)
	draft, run := planned(t, o, eg, season)
	if b := run.Run.Body; b.Status != "optimal" || b.Placed != 4 || !b.Taken || b.Bound != b.Objective {
		t.Fatalf("the run came to %+v", b)
	}
	v := boardOf(t, o, qa, season, draft)
	if len(v.Tray) != 0 || len(v.Broken) != 0 {
		t.Fatalf("the board has a tray of %d and breaks %v", len(v.Tray), v.Broken)
	}

	// One of the other party's venues cannot take an exhibition of this host; a cell of its own can.
	move := func(actor auth.Actor, show int64, venue int64, week int) error {
		return o.SeasonPlans.Move(t.Context(), actor, season, draft, &intake.SeasonMove{Exhibition: fmt.Sprint(show), Venue: fmt.Sprint(venue), Week: fmt.Sprint(week)}, testkit.Write(boardOf(t, o, actor, season, draft).Draft.Version))
	}
	var blocked *service.SeasonBlocked
	if err := move(eg, shows[0].ID, venues["QA"][0], 20); !errors.As(err, &blocked) || !fault.Is(err, fault.State) || blocked.Demands[0].Rule != "host" {
		t.Errorf("into the other country: %v", err)
	}
	_, judged, err := o.SeasonPlans.Judge(t.Context(), eg, season, draft, shows[0].ID)
	if err != nil || len(judged[fmt.Sprint(venues["QA"][0])][20]) == 0 {
		t.Errorf("the judge of that cell: %v, %v", judged[fmt.Sprint(venues["QA"][0])][20], err)
	}
	stale := boardOf(t, o, eg, season, draft).Draft.Version
	if err := move(qa, shows[0].ID, venues["EG"][1], 20); err != nil { // not on its agreed dates: a warning, which is stored
		t.Fatal(err)
	}
	if err := o.SeasonPlans.Clear(t.Context(), eg, season, draft, &intake.SeasonMove{Exhibition: fmt.Sprint(shows[1].ID)}, testkit.Write(stale)); !fault.Is(err, fault.Stale) {
		t.Errorf("a change on an older version: %v", err)
	}
	v = boardOf(t, o, eg, season, draft)
	if len(v.Draft.Overrides) != 1 || !slices.Contains(v.Draft.Overrides[0].Rules, "prefer") || v.Draft.Overrides[0].Party != "QA" {
		t.Errorf("overrides: %+v", v.Draft.Overrides)
	}
	if s := v.Spot(shows[0].ID); s == nil || !s.Locked || s.Week != 20 {
		t.Errorf("the exhibition stands at %+v", s)
	}

	// The first key, a change that drops it, both keys.
	if _, err := o.SeasonPlans.Sign(t.Context(), eg, season, draft, "another list", testkit.Write(v.Draft.Version)); !fault.Is(err, fault.Stale) {
		t.Errorf("a key on another list: %v", err)
	}
	sign := func(actor auth.Actor, want bool) {
		t.Helper()
		b := boardOf(t, o, actor, season, draft)
		released, err := o.SeasonPlans.Sign(t.Context(), actor, season, draft, b.Hash, testkit.Write(b.Draft.Version))
		if err != nil || released != want {
			t.Fatalf("signing as %s: %v, %v", actor.Party, released, err)
		}
	}
	sign(eg, false)
	if err := move(qa, shows[0].ID, venues["EG"][0], 20); err != nil {
		t.Fatal(err)
	}
	if v = boardOf(t, o, eg, season, draft); len(v.Draft.Keys) != 0 {
		t.Errorf("keys after a change: %+v", v.Draft.Keys)
	}
	sign(eg, false)
	sign(qa, true)
	first, last := calendar.Date(0), calendar.Date(0)
	o.View(t, func(tx *store.Tx) error {
		e, err := tx.ExhibitionByID("QA", shows[0].ID)
		if err != nil {
			return err
		}
		first, last = e.Terms.First, e.Terms.Last
		if e.Status != exhibition.Agreed || e.Pending != nil || len(e.Keys) != 2 || e.Terms.VenueID != venues["EG"][0] || e.Terms.Capacity != 50 {
			t.Errorf("the exhibition after the release: %+v", e)
		}
		events, err := tx.ExhibitionEvents(e.ID)
		if err != nil || !slices.ContainsFunc(events, func(x store.ExhibitionEvent) bool { return x.Step == "season" && len(x.Diffs) > 0 }) {
			t.Errorf("its history: %+v, %v", events, err)
		}
		return nil
	})
	if w := v.WeekStart(20); first.Before(w) || first.After(w.AddDays(6)) || calendar.DaysBetween(first, last) != 5 {
		t.Errorf("it is held from %s to %s, want six days in the week of %s", first, last, w)
	}
	over, err := o.SeasonPlans.Overview(t.Context(), qa, season)
	if err != nil || over.Plan == nil || over.Plan.ID != draft || len(over.Plan.Changes) == 0 {
		t.Fatalf("the plan that holds: %+v, %v", over.Plan, err)
	}
	if err := move(eg, shows[0].ID, venues["EG"][1], 21); !fault.Is(err, fault.State) {
		t.Errorf("moving on a released plan: %v", err)
	}
	// A copy changes nothing until something is moved; taking one off the board withdraws it.
	next, err := o.SeasonPlans.Begin(t.Context(), eg, season, draft, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if b := boardOf(t, o, eg, season, next); len(b.Changes) != 0 {
		t.Errorf("a copy changes %+v", b.Changes)
	}
	if err := o.SeasonPlans.Clear(t.Context(), eg, season, next, &intake.SeasonMove{Exhibition: fmt.Sprint(shows[0].ID)}, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	if b := boardOf(t, o, eg, season, next); len(b.Changes) != 1 || b.Changes[0].Kind != exhibition.SeasonWithdrawn || len(b.Tray) != 1 {
		t.Errorf("after taking one off: %+v", b.Changes)
	}
	pair, err := o.SeasonPlans.Compare(t.Context(), qa, season, draft, next)
	if err != nil || len(pair.Rows) != 4 || pair.Rows[0].Same == (pair.Rows[0].Entry.ID == shows[0].ID) {
		t.Errorf("two drafts side by side: %+v, %v", pair, err)
	}
}

// TestSeasonClash asks for what cannot be: the planner names the demands, one is given up by one press in the draft only, and then there is a plan.
func TestSeasonClash(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	eg := testkit.Actor(auth.Coordinator, place.Egypt)
	season, shows, _ := openSeason(t, o, 2)
	day := o.Clock.Today()
	window := []intake.DayRow{{First: day.AddDays(70).String(), Last: day.AddDays(90).String()}}
	person, err := o.SeasonPlans.PutPerson(t.Context(), eg, season, 0, &intake.SeasonPerson{Name: "هالة", Away: window}, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	wish := exhibition.DefaultSeasonShow()
	form := intake.FromSeasonShow(&wish)
	form.Windows, form.People = window, []string{fmt.Sprint(person)}
	if err := o.SeasonPlans.PutShow(t.Context(), eg, season, shows[0].ID, form, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	draft, run := planned(t, o, eg, season)
	if run.Result == nil || run.Result.Status != "infeasible" || run.Result.Clash != "minimal" || run.Run.Body.Taken {
		t.Fatalf("the run came to %+v", run.Run.Body)
	}
	number := slices.IndexFunc(run.Result.Reasons, func(d seasonDemand) bool { return d.Rule == "window" })
	if number < 0 || len(run.Result.Reasons) != 3 {
		t.Fatalf("the demands that clash: %+v", run.Result.Reasons)
	}
	if !run.Result.Reasons[number].Enough {
		t.Error("that giving up the window is enough is not said")
	}
	d := boardOf(t, o, eg, season, draft).Draft
	if err := o.SeasonPlans.Relax(t.Context(), eg, season, draft, run.Run.ID, number, testkit.Write(d.Version)); err != nil {
		t.Fatal(err)
	}
	again, err := o.SeasonPlans.Start(t.Context(), eg, season, draft, true, testkit.Write(d.Version+1))
	if err != nil {
		t.Fatal(err)
	}
	if v := seasonWorked(t, o, eg, season, draft, again); !v.Run.Body.Taken || v.Run.Body.Placed != 2 {
		t.Errorf("after giving up the window: %+v", v.Run.Body)
	}
	if b, err := o.SeasonPlans.Book(t.Context(), eg, season); err != nil || len(b.Entry(shows[0].ID).Wish.Windows) != 1 {
		t.Errorf("the wish itself has changed: %v", err)
	}
}

// seasonDemand is the planner's demand, as results carry it.
type seasonDemand = service.SeasonDemand

// TestSeasonParties holds what one party does not see of the other, and what it may not touch.
func TestSeasonParties(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	eg, qa := testkit.Actor(auth.Coordinator, place.Egypt), testkit.Actor(auth.Coordinator, place.Qatar)
	season, shows, venues := openSeason(t, o, 2)
	person, err := o.SeasonPlans.PutPerson(t.Context(), eg, season, 0, &intake.SeasonPerson{Name: "هالة منصور"}, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.SeasonPlans.PutVenue(t.Context(), eg, season, venues["EG"][0], &intake.SeasonVenue{Rent: "30000"}, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	if err := o.SeasonPlans.PutBudget(t.Context(), eg, season, &intake.SeasonBudget{Amount: "500000"}, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	wish := exhibition.DefaultSeasonShow()
	form := intake.FromSeasonShow(&wish)
	form.People = []string{fmt.Sprint(person)}
	if err := o.SeasonPlans.PutShow(t.Context(), eg, season, shows[0].ID, form, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	b, err := o.SeasonPlans.Book(t.Context(), qa, season)
	if err != nil {
		t.Fatal(err)
	}
	if b.People[0].Name != "" || b.Budgets["EG"] != nil || b.Place(fmt.Sprint(venues["EG"][0])).Said.Rent != 0 {
		t.Errorf("the other party sees %+v, %+v", b.People, b.Budgets)
	}
	for name, err := range map[string]error{
		"venue": o.SeasonPlans.PutVenue(t.Context(), qa, season, venues["EG"][0], &intake.SeasonVenue{}, testkit.Write(1)),
		"person": func() error {
			_, err := o.SeasonPlans.PutPerson(t.Context(), qa, season, person, &intake.SeasonPerson{Name: "x"}, testkit.Write(1))
			return err
		}(),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("the other party's %s: %v, want not found", name, err)
		}
	}
	// The other party's wishes leave the people of this one where they are.
	form.People, form.Needs = nil, []string{"roof"}
	if err := o.SeasonPlans.PutShow(t.Context(), qa, season, shows[0].ID, form, testkit.Write(1)); err != nil {
		t.Fatal(err)
	}
	if b, err = o.SeasonPlans.Book(t.Context(), eg, season); err != nil || !slices.Equal(b.Entry(shows[0].ID).Wish.People, []int64{person}) {
		t.Errorf("people after the other party saved: %v, %v", b.Entry(shows[0].ID).Wish, err)
	}
	// A change of a rule stands in the log.
	rules := b.Rules
	rules.Rules = []exhibition.SeasonRule{{Rule: "held", Mode: "warn", Cost: 7}}
	if err := o.SeasonPlans.PutRules(t.Context(), qa, season, intake.FromSeasonRules(&rules), testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	found := false
	o.View(t, func(tx *store.Tx) error {
		list, err := tx.ListAudit(store.Scope{Party: "QA"}, store.AuditQuery{Limit: 50})
		for _, e := range list {
			for _, c := range e.Changes {
				found = found || c.Path == "rules.held" && strings.HasPrefix(c.Old, "block") && c.New == "warn 7"
			}
		}
		return err
	})
	if !found {
		t.Error("the change of a rule is not in the log")
	}
	if _, err := o.SeasonPlans.Overview(t.Context(), testkit.Actor(auth.FieldWorker, place.Egypt), season); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a field worker sees the plan: %v", err)
	}
}

// TestSeasonCancel stops a run: nothing of it is kept, and another may begin.
func TestSeasonCancel(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	eg := testkit.Actor(auth.Coordinator, place.Egypt)
	season, _, _ := openSeason(t, o, 2)
	draft, run, err := o.SeasonPlans.Plan(t.Context(), eg, season, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.SeasonPlans.Plan(t.Context(), eg, season, testkit.Write(0)); !fault.Is(err, fault.State) {
		t.Errorf("a second run beside it: %v", err)
	}
	before := boardOf(t, o, eg, season, draft)
	if err := o.SeasonPlans.CancelRun(t.Context(), eg, season, draft, run, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	v, err := o.SeasonPlans.Run(t.Context(), eg, season, draft, run)
	if err == nil {
		err = o.Jobs.Work(t.Context(), v.Run.JobID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if v, err = o.SeasonPlans.Run(t.Context(), eg, season, draft, run); err != nil || v.Run.State != exhibition.RunCancelled || v.Result != nil {
		t.Errorf("the stopped run: %+v, %v", v.Run, err)
	}
	if after := boardOf(t, o, eg, season, draft); after.Draft.Version != before.Draft.Version {
		t.Error("the board has changed")
	}
	// Stopped while it works, and killed while it works: the board is as it was, and then somebody works the run off.
	if run, err = o.SeasonPlans.Start(t.Context(), eg, season, draft, true, testkit.Write(before.Draft.Version)); err != nil {
		t.Fatal(err)
	}
	look := func() *service.SeasonRunPage {
		t.Helper()
		v, err := o.SeasonPlans.Run(t.Context(), eg, season, draft, run)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	atWork := false
	o.Jobs.Batch(500, func() {
		atWork = look().Run.State == exhibition.RunRunning
		if err := o.SeasonPlans.CancelRun(t.Context(), eg, season, draft, run, testkit.Write(0)); err != nil {
			t.Error(err)
		}
	})
	if err := o.Jobs.Work(t.Context(), look().Run.JobID); err != nil {
		t.Fatal(err)
	}
	if v := look(); !atWork || v.Run.State != exhibition.RunCancelled || v.Result != nil || v.Run.Body.HasPlan || len(v.Run.Body.Points)+len(v.Run.Problem) > 0 {
		t.Errorf("stopped while at work (%v): %+v", atWork, v.Run)
	}
	if after := boardOf(t, o, eg, season, draft); after.Draft.Version != before.Draft.Version {
		t.Error("the board has changed")
	}
	// Killed while it works, and then stopped: the run does not stand in the way of the next one.
	if run, err = o.SeasonPlans.Start(t.Context(), eg, season, draft, true, testkit.Write(before.Draft.Version)); err != nil {
		t.Fatalf("another run: %v", err)
	}
	gone, fell := context.WithCancel(t.Context())
	o.Jobs.Batch(500, fell)
	_ = o.Jobs.Work(gone, look().Run.JobID)
	o.Jobs.Batch(500, nil)
	if err := o.SeasonPlans.CancelRun(t.Context(), eg, season, draft, run, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(time.Minute)
	if err := o.Jobs.Work(t.Context(), look().Run.JobID); err != nil {
		t.Fatal(err)
	}
	if v := look(); v.Run.State != exhibition.RunCancelled || v.Result != nil {
		t.Errorf("stopped after its process died: %s", v.Run.State)
	}
	if run, err = o.SeasonPlans.Start(t.Context(), eg, season, draft, true, testkit.Write(before.Draft.Version)); err != nil {
		t.Fatalf("another run: %v", err)
	}
	dead, kill := context.WithCancel(t.Context())
	o.Jobs.Batch(500, kill)
	_ = o.Jobs.Work(dead, look().Run.JobID)
	o.Jobs.Batch(500, nil)
	if after := boardOf(t, o, eg, season, draft); after.Draft.Version != before.Draft.Version || look().Run.State != exhibition.RunRunning {
		t.Errorf("killed: the board has changed, or the run is %s", look().Run.State)
	}
	o.Clock.Advance(time.Minute)
	if err := o.Jobs.Work(t.Context(), look().Run.JobID); err != nil {
		t.Fatal(err)
	}
	if v := look(); !v.Run.Sound() || !v.Run.Body.Taken {
		t.Errorf("taken up again: %+v", v.Run)
	}
}

// TestPlanMemory: a solve that does not fit into memory is refused before it begins, by each kind, and none begins beside another.
func TestPlanMemory(t *testing.T) {
	o := testkit.Service(t)
	eg := testkit.Actor(auth.Coordinator, place.Egypt)
	season, _, _ := openSeason(t, o, 2)
	other, _, form := seasonOf(t, o, 1, 10)
	id, err := o.Allocations.Create(t.Context(), eg, other, form, testkit.Write(0))
	if err != nil {
		t.Fatal(err)
	}
	o.Clock.Advance(9 * 24 * time.Hour)
	o.SetPlanMemory(1 << 10)
	_, _, err = o.SeasonPlans.Plan(t.Context(), eg, season, testkit.Write(0))
	wantFault(t, err, fault.State, "error.plan.memory")
	_, err = o.Allocations.Start(t.Context(), eg, id, &intake.RunAsk{}, testkit.Write(0))
	wantFault(t, err, fault.State, "error.plan.memory")
	o.SetPlanMemory(0)
	if _, _, err = o.SeasonPlans.Plan(t.Context(), eg, season, testkit.Write(0)); err != nil {
		t.Fatal(err)
	}
	_, err = o.Allocations.Start(t.Context(), eg, id, &intake.RunAsk{}, testkit.Write(0))
	wantFault(t, err, fault.State, "error.season_plan.busy")
}

// TestSeasonLikes: an exhibition goes to the venue that is liked best, to the next where that one is not offered, and what cannot be meant is said beside its field.
func TestSeasonLikes(t *testing.T) {
	t.Parallel()
	o := testkit.Service(t)
	eg := testkit.Actor(auth.Coordinator, place.Egypt)
	season, shows, venues := openSeason(t, o, 1)
	own := venues["EG"]
	version := int64(0)
	put := func(change func(f *intake.SeasonShow)) error {
		wish := exhibition.DefaultSeasonShow()
		form := intake.FromSeasonShow(&wish)
		form.AnyHost = "yes"
		change(form)
		return o.SeasonPlans.PutShow(t.Context(), eg, season, shows[0].ID, form, testkit.Write(version))
	}
	for _, c := range []struct {
		field  string
		change func(f *intake.SeasonShow)
	}{
		{"like_1", func(f *intake.SeasonShow) { f.Like1 = "999999" }},
		{"like_2", func(f *intake.SeasonShow) { f.Like1, f.Like2 = fmt.Sprint(own[0]), fmt.Sprint(own[0]) }},
		{"like_1", func(f *intake.SeasonShow) {
			f.Like1, f.Venues = fmt.Sprint(own[0]), []string{fmt.Sprint(venues["QA"][0])}
		}},
		{"like_3", func(f *intake.SeasonShow) { f.Like3 = "x" }},
	} {
		var wrong *fault.Error
		if err := put(c.change); !errors.As(err, &wrong) || len(wrong.Problems.On(c.field)) == 0 {
			t.Errorf("%s: %v", c.field, err)
		}
	}
	for _, list := range [][2]int64{{own[0], venues["QA"][0]}, {venues["QA"][0], own[0]}} {
		if err := put(func(f *intake.SeasonShow) { f.Like1, f.Like2 = fmt.Sprint(list[0]), fmt.Sprint(list[1]) }); err != nil {
			t.Fatal(err)
		}
		version++
		_, run := planned(t, o, eg, season)
		if run.Result == nil || len(run.Result.Assignment) != 1 || run.Result.Assignment[0].Venue != fmt.Sprint(list[0]) || *run.Result.Objective != 0 {
			t.Errorf("with %v liked it came to %+v", list, run.Result)
		}
		if b, err := o.SeasonPlans.Book(t.Context(), eg, season); err != nil || !slices.Equal(b.Entry(shows[0].ID).Wish.Likes, list[:]) {
			t.Errorf("what was put: %+v, %v", b.Entry(shows[0].ID).Wish, err)
		}
	}
}
