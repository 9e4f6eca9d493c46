package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/store"
)

// Exhibition returns the n-th made exhibition: agreed, joint, with as many places as said.
func Exhibition(n, places int) *exhibition.Exhibition {
	return &exhibition.Exhibition{Status: exhibition.Agreed, Proposer: "EG", EnteredBy: 1, CreatedAt: Noon, UpdatedAt: Noon,
		Keys: []exhibition.Key{{Party: "EG", By: 1, At: Noon}, {Party: "QA", By: 2, At: Noon}},
		Terms: exhibition.Terms{Name: fmt.Sprintf("ديارنا %d", n), Series: "ديارنا", Edition: n, Parties: []place.Country{"EG", "QA"}, Host: "EG", City: "القاهرة",
			First: date(2026, 4, 1+n%20), Last: date(2026, 4, 6+n%20), Capacity: places,
			Quotas: []exhibition.Quota{{By: exhibition.ByParty, Value: "EG", Max: places}, {By: exhibition.ByFirstTime, Min: 1}}}}
}

// Take stores an exhibitor for a stored family and its participation in a state.
func Take(tx *store.Tx, e *exhibition.Exhibition, family int64, party place.Country, state exhibition.State) (*exhibition.Participation, error) {
	x := &exhibition.Exhibitor{Party: party, Kind: exhibition.OneFamily, FamilyID: family, Name: fmt.Sprintf("عارض %d", family), Area: "EG-C", Craft: "TX", Sex: "f", Contact: "هاتف جمعية سري",
		Travel: "white", EnteredBy: 1, CreatedAt: Noon, UpdatedAt: Noon}
	if err := tx.InsertExhibitor(x); err != nil {
		return nil, err
	}
	p := &exhibition.Participation{ExhibitionID: e.ID, ExhibitorID: x.ID, FamilyID: family, State: state, Traits: x.Traits(true), Name: x.Name,
		Application: exhibition.Application{Products: "كليم", Sign: x.Name, People: 2, Channel: exhibition.ByOfficer}, Deadline: Noon.Add(48 * time.Hour), EnteredBy: 1, CreatedAt: Noon, UpdatedAt: Noon}
	return p, tx.InsertParticipation(p)
}

// FillExhibition puts something into every table of exhibitions, about a stored family, and returns a text that must not be readable at rest.
func FillExhibition(tx *store.Tx, family int64, party place.Country) (secrets []string, err error) {
	e := Exhibition(int(family), 5)
	if err := tx.InsertExhibition(e); err != nil {
		return nil, err
	}
	p, err := Take(tx, e, family, party, exhibition.Invited)
	if err != nil {
		return nil, err
	}
	seats, ok, err := tx.TakeSeats(p, e.Terms.Lines(p.Traits))
	if err != nil || !ok {
		return nil, errors.Join(err, errors.New("no place in an empty exhibition"))
	}
	if err := errors.Join(p.Accept(Noon, seats), tx.UpdateParticipation(p)); err != nil {
		return nil, err
	}
	link := store.ExhibitionLink{Kind: "feed", Party: party, UserID: 1, CreatedAt: Noon, ExpiresAt: Noon.AddDate(1, 0, 0)}
	copy(link.Hash[:], fmt.Sprintf("hash of feed %d", family))
	day := e.Terms.First
	_, err = tx.InsertAttendance(e.ID, &exhibition.Attendance{ParticipationID: p.ID, Day: day, At: Noon, By: 1, Way: "camera"})
	return []string{"جمعية سري", "سقط رف"}, errors.Join(err, fillActivity(tx),
		tx.InsertSeason(&exhibition.Season{Name: "موسم", First: day, Last: day, Party: party}),
		tx.PutSeries(&exhibition.Series{Name: fmt.Sprintf("سلسلة %d", family), About: "عن السلسلة", Party: party}),
		tx.PutHoliday(&exhibition.Holiday{Party: party, Name: "عيد", First: day, Last: day}, false),
		tx.InsertExhibitionEvent(&store.ExhibitionEvent{ExhibitionID: e.ID, At: Noon, By: 1, Party: party, Step: "comment", Text: "نتفق"}),
		tx.PutMeeting(&exhibition.Meeting{Title: "اجتماع", Day: day, Party: party, Exhibitions: []int64{e.ID}, Actions: []exhibition.Action{{Text: "حجز", Party: party, OwnerID: 1, Due: day}}}),
		tx.InsertExhibitor(&exhibition.Exhibitor{Party: party, Kind: exhibition.Association, Name: "جمعية", Members: []int64{family}}),
		tx.PutCall(&exhibition.Call{ExhibitionID: e.ID, Party: party, Opens: day.AddDays(-30), Closes: day.AddDays(-10)}),
		tx.InsertExhibitionLink(&link),
		tx.PutSale(e.ID, &exhibition.Sale{ParticipationID: p.ID, Day: day, Amount: 12500, Currency: "EGP", By: 1, At: Noon}),
		tx.PutPackingItem(e.ID, &exhibition.PackingItem{ParticipationID: p.ID, Shipment: 1, Text: "كليم", Quantity: 3, Currency: "EGP"}),
		tx.InsertIncident(&exhibition.Incident{ExhibitionID: e.ID, Party: party, Kind: "safety", Text: "سقط رف", At: Noon, By: 1}),
		tx.PutEvaluation(e.ID, &exhibition.Evaluation{ParticipationID: p.ID, Quality: 4, Again: "yes", By: 1, At: Noon}))
}

func testExhibition(t *testing.T, db *store.DB) {
	e := Exhibition(1, 5)
	later := e.Terms
	later.Capacity = 9
	e.Pending = &exhibition.Change{Terms: later, Party: "QA", By: 2, At: Noon, Keys: []exhibition.Key{{Party: "QA", By: 2, At: Noon}}}
	draft := Exhibition(2, 5)
	draft.Status, draft.Keys = exhibition.Draft, nil
	Update(t, db, func(tx *store.Tx) error { return errors.Join(tx.InsertExhibition(e), tx.InsertExhibition(draft)) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ExhibitionByID("QA", e.ID)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(got, e) {
			t.Errorf("got %+v\nwant %+v", got, e)
		}
		if _, err := tx.ExhibitionByID("QA", draft.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v, want the other party's draft not found", err)
		}
		for party, want := range map[place.Country]int{"EG": 2, "QA": 1, "": 2} {
			list, err := tx.Exhibitions(party, store.ExhibitionQuery{Series: "ديارنا", From: e.Terms.First, To: draft.Terms.Last})
			if err != nil || len(list) != want {
				t.Errorf("%q sees %d (%v), want %d", party, len(list), err, want)
			}
		}
		return nil
	})
	stale := *e
	stale.Version = 7
	err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateExhibition(&stale) })
	wantKind(t, err, fault.Stale, "error.stale")
	testSeries(t, db)
}

// testSeries stores what is said of a series: two who begin at once are told, and so is who saves on an old version.
func testSeries(t *testing.T, db *store.DB) {
	x := exhibition.Series{Name: "سلسلة الاختبار", NameEN: "Test", About: "نبذة", Party: "EG", By: 1, UpdatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return tx.PutSeries(&x) })
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		again := exhibition.Series{Name: x.Name}
		return tx.PutSeries(&again)
	})
	wantKind(t, err, fault.Stale, "error.stale")
	old := x
	x.About = "نبذة أخرى"
	Update(t, db, func(tx *store.Tx) error { return tx.PutSeries(&x) })
	err = db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutSeries(&old) })
	wantKind(t, err, fault.Stale, "error.stale")
	View(t, db, func(tx *store.Tx) error {
		list, err := tx.Series()
		if err != nil {
			return err
		}
		for _, got := range list {
			if got.Name == x.Name && !reflect.DeepEqual(got, x) {
				t.Errorf("got %+v, want %+v", got, x)
			}
		}
		return nil
	})
}

func testParticipation(t *testing.T, db *store.DB) {
	f := Family("EG", 3)
	Insert(t, db, f)
	e := Exhibition(3, 2)
	var p *exhibition.Participation
	Update(t, db, func(tx *store.Tx) error {
		err := tx.InsertExhibition(e)
		if err == nil {
			p, err = Take(tx, e, f.ID, "EG", exhibition.Invited)
		}
		return err
	})
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		twice := *p
		return tx.InsertParticipation(&twice)
	})
	wantKind(t, err, fault.Duplicate, "error.participation.twice")
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		return tx.InsertExhibitor(&exhibition.Exhibitor{Party: "EG", Kind: exhibition.OneFamily, FamilyID: f.ID})
	})
	wantKind(t, err, fault.Duplicate, "error.exhibitor.twice")
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.ParticipationByID("EG", p.ID)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(got, p) {
			t.Errorf("got %+v\nwant %+v", got, p)
		}
		if _, err := tx.ParticipationByID("QA", p.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v, want the other party's exhibitor not found", err)
		}
		due, err := tx.Participations(0, store.ParticipationQuery{DueBefore: Noon.Add(49 * time.Hour)})
		if err != nil || len(due) != 1 {
			t.Errorf("got %d due (%v), want 1", len(due), err)
		}
		x, err := tx.ExhibitorOfFamily("EG", f.ID)
		if err != nil || x.Contact == "" || x.Travel != "white" {
			t.Errorf("got %+v (%v), want what was stored", x, err)
		}
		return nil
	})
	// A day is attended once, a day's sales replace each other by version, and never silently.
	a := &exhibition.Attendance{ParticipationID: p.ID, Day: e.Terms.First, At: Noon, By: 1, Way: "code"}
	for i, want := range []bool{true, false} {
		Update(t, db, func(tx *store.Tx) error {
			got, err := tx.InsertAttendance(e.ID, a)
			if got != want {
				t.Errorf("check-in %d: got %v, want %v", i+1, got, want)
			}
			return err
		})
	}
	s := exhibition.Sale{ParticipationID: p.ID, Day: e.Terms.First, Amount: 100, Currency: "EGP", By: 1, At: Noon}
	second := s
	Update(t, db, func(tx *store.Tx) error { return tx.PutSale(e.ID, &s) })
	err = db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutSale(e.ID, &second) })
	wantKind(t, err, fault.Stale, "error.stale")
	s.Amount = 300
	Update(t, db, func(tx *store.Tx) error { return tx.PutSale(e.ID, &s) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.Sales(e.ID)
		if err != nil || len(got) != 1 || got[0].Amount != 300 || got[0].Version != 2 {
			t.Errorf("got %+v (%v), want one sum of 300", got, err)
		}
		return nil
	})
}

// testLastPlace lets 64 clients accept at once where three places are left: three hold one, each its own number, and nobody holds two.
func testLastPlace(t *testing.T, db *store.DB) {
	const clients, places = 64, 3
	e := Exhibition(4, places)
	list := make([]*exhibition.Participation, clients)
	families := make([]int64, clients)
	for i := range clients {
		f := Family("EG", 100+i)
		Insert(t, db, f)
		families[i] = f.ID
	}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertExhibition(e); err != nil {
			return err
		}
		for i := range list {
			var err error
			if list[i], err = Take(tx, e, families[i], "EG", exhibition.Invited); err != nil {
				return err
			}
		}
		return nil
	})
	var wg sync.WaitGroup
	var held, full, failed atomic.Int64
	for _, p := range list {
		wg.Add(1)
		go func() {
			defer wg.Done()
			took := false
			err := db.Update(context.Background(), func(tx *store.Tx) error {
				took = false
				p, err := tx.ParticipationByID("EG", p.ID)
				if err != nil {
					return err
				}
				seats, ok, err := tx.TakeSeats(p, e.Terms.Lines(p.Traits))
				if err != nil {
					return err
				}
				if took = ok; ok {
					err = p.Accept(Noon, seats)
				} else {
					p.TooLate(Noon)
				}
				return errors.Join(err, tx.UpdateParticipation(p))
			})
			switch {
			case err != nil:
				failed.Add(1)
				t.Errorf("accepting: %v", err)
			case took:
				held.Add(1)
			default:
				full.Add(1)
			}
		}()
	}
	wg.Wait()
	if held.Load() != places || full.Load() != clients-places || failed.Load() != 0 {
		t.Errorf("got %d held, %d full, %d failed; want %d, %d, 0", held.Load(), full.Load(), failed.Load(), places, clients-places)
	}
	View(t, db, func(tx *store.Tx) error {
		for _, line := range []string{"all", "party:EG"} {
			n, err := tx.SeatsTaken(e.ID, 0, line)
			if err != nil || n != places {
				t.Errorf("line %s: got %d (%v), want %d", line, n, err, places)
			}
		}
		accepted, err := tx.Participations(e.ID, store.ParticipationQuery{States: []exhibition.State{exhibition.Accepted}})
		if err != nil || len(accepted) != places {
			t.Errorf("got %d accepted (%v), want %d", len(accepted), err, places)
		}
		return err
	})
	// Who withdraws gives both numbers back.
	Update(t, db, func(tx *store.Tx) error {
		accepted, err := tx.Participations(e.ID, store.ParticipationQuery{States: []exhibition.State{exhibition.Accepted}})
		if err != nil {
			return err
		}
		if err := accepted[0].Withdraw(Noon, ""); err != nil {
			return err
		}
		return tx.UpdateParticipation(&accepted[0])
	})
	View(t, db, func(tx *store.Tx) error {
		n, err := tx.SeatsTaken(e.ID, 0, "all")
		if n != places-1 {
			t.Errorf("got %d places held, want %d", n, places-1)
		}
		return err
	})
}

func testMeeting(t *testing.T, db *store.DB) {
	e := Exhibition(5, 2)
	m := &exhibition.Meeting{Title: "تنسيق", Day: date(2026, 3, 10), Party: "QA", By: 2, CreatedAt: Noon, UpdatedAt: Noon, Attendees: []exhibition.Attendee{{Name: "سلوى", Party: "EG"}},
		Actions: []exhibition.Action{{Text: "حجز القاعة", Party: "EG", OwnerID: 1, Due: date(2026, 3, 20)}, {Text: "قائمة", Party: "QA", Due: date(2026, 3, 15)}}}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertExhibition(e); err != nil {
			return err
		}
		m.Exhibitions = []int64{e.ID}
		return tx.PutMeeting(m)
	})
	m.Actions = m.Actions[:1]
	m.Actions[0].DoneAt, m.Actions[0].DoneBy = Noon, 1
	Update(t, db, func(tx *store.Tx) error { return tx.PutMeeting(m) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.Meetings(e.ID)
		if err != nil || len(got) != 1 || !reflect.DeepEqual(&got[0], m) {
			t.Errorf("got %+v (%v)\nwant %+v", got, err, m)
		}
		open, err := tx.OpenActions("EG")
		if err != nil || len(open) != 0 {
			t.Errorf("got %+v (%v), want nothing left", open, err)
		}
		return nil
	})
}
