package service

import (
	"context"
	"encoding/json"
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
	"muntija/internal/programme"
	"muntija/internal/store"
)

// Calendar is a stretch of days with all that lies in it.
type Calendar struct {
	From, To    calendar.Date
	Seasons     []exhibition.Season
	Exhibitions []exhibition.Exhibition
	Holidays    []exhibition.Holiday
	Meetings    []exhibition.Meeting
	Activities  []programme.Activity // that were not cancelled
	Clashes     []exhibition.Clash
	Today       calendar.Date
	Feed        time.Time // since when the actor has a feed; zero if none
}

// Calendar returns what of the exhibitions, holidays, meetings and activities touches the days from and to.
func (s *Exhibitions) Calendar(ctx context.Context, actor auth.Actor, from, to calendar.Date) (*Calendar, error) {
	if err := auth.Allow(actor, auth.ExhibitionView, partySubject(actor)); err != nil {
		return nil, err
	}
	out := &Calendar{From: from, To: to, Today: s.today()}
	err := s.db.View(ctx, func(tx *store.Tx) error { return s.fillCalendar(tx, actor, out) })
	return out, err
}

// activityReach is how many days before a stretch an activity may have begun that still lies in it.
const activityReach = 62

func (s *Exhibitions) fillCalendar(tx *store.Tx, actor auth.Actor, out *Calendar) error {
	var err error
	if out.Seasons, err = tx.Seasons(); err != nil {
		return err
	}
	if out.Exhibitions, err = tx.Exhibitions(actor.Party, store.ExhibitionQuery{From: out.From, To: out.To}); err != nil {
		return err
	}
	slices.Reverse(out.Exhibitions) // by first day
	if out.Holidays, err = tx.Holidays("", out.From, out.To); err != nil {
		return err
	}
	if auth.Can(actor, auth.MeetingView) {
		all, err := tx.Meetings(0)
		if err != nil {
			return err
		}
		for _, m := range all {
			if !m.Day.Before(out.From) && !m.Day.After(out.To) {
				out.Meetings = append(out.Meetings, m)
			}
		}
	}
	if auth.Can(actor, auth.ActivityView) {
		all, err := tx.Activities(out.From.AddDays(-activityReach), out.To)
		if err != nil {
			return err
		}
		for _, a := range all {
			if a.Status != programme.ActivityCancelled && !a.Last.Before(out.From) {
				out.Activities = append(out.Activities, a)
			}
		}
	}
	out.Clashes = exhibition.Clashes(out.Exhibitions, out.Seasons, out.Holidays)
	out.Feed, err = tx.FeedSince(actor.UserID)
	return err
}

// Seasons returns all seasons.
func (s *Exhibitions) Seasons(ctx context.Context, actor auth.Actor) ([]exhibition.Season, error) {
	if err := auth.Allow(actor, auth.ExhibitionView, partySubject(actor)); err != nil {
		return nil, err
	}
	var out []exhibition.Season
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, err = tx.Seasons()
		return err
	})
	return out, err
}

// PutSeason enters a season, or changes it (id not 0). Seasons belong to both parties.
func (s *Exhibitions) PutSeason(ctx context.Context, actor auth.Actor, id int64, form *intake.Span, w Write) (int64, error) {
	if err := auth.Allow(actor, auth.ExhibitionEdit, partySubject(actor)); err != nil {
		return 0, err
	}
	in, ps := form.Season(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "season.put", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		x := in
		x.Party, x.By, x.CreatedAt = actor.Party, actor.UserID, now
		old := &exhibition.Season{}
		if id == 0 {
			if err := tx.InsertSeason(&x); err != nil {
				return "", err
			}
		} else {
			var err error
			if old, err = seasonByID(tx, id); err != nil {
				return "", err
			}
			x.ID, x.Version, x.Party, x.By, x.CreatedAt = id, w.Version, old.Party, old.By, old.CreatedAt
			if err := tx.UpdateSeason(&x); err != nil {
				return "", err
			}
		}
		return strconv.FormatInt(x.ID, 10), audit(tx, actor, now, string(auth.ExhibitionEdit), store.AuditEntry{Entity: "season", EntityID: x.ID, Note: x.Name, Changes: seasonChanges(old, &x)})
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// Holidays returns the holidays of the actor's party in a year.
func (s *Exhibitions) Holidays(ctx context.Context, actor auth.Actor, year int) ([]exhibition.Holiday, error) {
	if err := auth.Allow(actor, auth.ExhibitionView, partySubject(actor)); err != nil {
		return nil, err
	}
	from, err := calendar.New(year, 1, 1)
	if err != nil {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	var out []exhibition.Holiday
	err = s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, err = tx.Holidays(actor.Party, from, from.AddYears(1).AddDays(-1))
		return err
	})
	return out, err
}

// PutHoliday enters a holiday of the actor's party, or changes it (id not 0): a decree moved it, a moon was sighted.
func (s *Exhibitions) PutHoliday(ctx context.Context, actor auth.Actor, id int64, form *intake.Span, w Write) error {
	in, ps := form.Holiday(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.holiday(ctx, actor, id, "holiday.put", form, w, func(tx *store.Tx, h *exhibition.Holiday) error {
		h.Name, h.NameEN, h.First, h.Last, h.Expected, h.Source = in.Name, in.NameEN, in.First, in.Last, in.Expected, in.Source
		return tx.PutHoliday(h, false)
	})
}

// ConfirmHoliday says that an expected day was announced as it stands.
func (s *Exhibitions) ConfirmHoliday(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.holiday(ctx, actor, id, "holiday.confirm", nil, w, func(tx *store.Tx, h *exhibition.Holiday) error {
		h.Expected = false
		return tx.PutHoliday(h, false)
	})
}

// RemoveHoliday takes a holiday out; seeding does not bring it back.
func (s *Exhibitions) RemoveHoliday(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.holiday(ctx, actor, id, "holiday.remove", nil, w, func(tx *store.Tx, h *exhibition.Holiday) error { return tx.PutHoliday(h, true) })
}

func (s *Exhibitions) holiday(ctx context.Context, actor auth.Actor, id int64, op string, content any, w Write, fn func(*store.Tx, *exhibition.Holiday) error) error {
	if err := auth.Allow(actor, auth.HolidayEdit, partySubject(actor)); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, content}, func(tx *store.Tx) (string, error) {
		h := &exhibition.Holiday{Party: actor.Party}
		if id != 0 {
			var err error
			if h, err = tx.HolidayByID(actor.Party, id); err != nil {
				return "", err
			}
			if h.Version != w.Version {
				return "", fault.New(fault.Stale, "error.stale")
			}
		}
		h.By, h.UpdatedAt = actor.UserID, now
		if err := fn(tx, h); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.HolidayEdit), store.AuditEntry{Entity: "holiday", EntityID: h.ID, Note: h.Name + " " + h.First.String()})
	})
	return err
}

// HolidayRules are a party's rules, as they come with the program.
type HolidayRules struct {
	Party place.Country     `json:"party"`
	Rules []exhibition.Rule `json:"rules"`
}

// holidayYears is how many years ahead the tables reach.
const holidayYears = 3

// SeedHolidays fills the tables of both parties from rules (JSON, a list of [HolidayRules]), for this year and some to come. What is on file, changed or removed
// is left alone, so that it may run at each start.
func (s *Exhibitions) SeedHolidays(ctx context.Context, actor auth.Actor, rules []byte) error {
	var sets []HolidayRules
	if err := json.Unmarshal(rules, &sets); err != nil {
		return fmt.Errorf("reading the rules of holidays: %w", err)
	}
	now := s.now()
	year := officeDay(now).Year()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		for _, set := range sets {
			if err := auth.Allow(actor, auth.HolidayEdit, auth.Subject{Party: set.Party}); err != nil {
				return err
			}
			for _, r := range set.Rules {
				for y := year; y < year+holidayYears; y++ {
					for _, h := range r.In(set.Party, y) {
						h.UpdatedAt = now
						if err := tx.PutHoliday(&h, false); err != nil {
							return err
						}
					}
				}
			}
		}
		return nil
	})
}

// Meetings returns the meetings, the latest first.
func (s *Exhibitions) Meetings(ctx context.Context, actor auth.Actor) ([]exhibition.Meeting, error) {
	if err := auth.Allow(actor, auth.MeetingView, partySubject(actor)); err != nil {
		return nil, err
	}
	var out []exhibition.Meeting
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		out, err = tx.Meetings(0)
		return err
	})
	return out, err
}

// MeetingView is one meeting with the names in it.
type MeetingView struct {
	exhibition.Meeting
	Names       map[int64]string // of people
	Shows       map[int64]string // of exhibitions the actor may see
	Choices     []exhibition.Exhibition
	Owners      []Owner // who may be given an action
	Today       calendar.Date
	CanEdit     bool
	OwnParty    place.Country
	ActorUserID int64
}

// Owner is somebody who may be given an action: a coordinator of either party.
type Owner struct {
	ID    int64
	Name  string
	Party place.Country
}

// Meeting returns one meeting; id 0 gives an empty one to fill in.
func (s *Exhibitions) Meeting(ctx context.Context, actor auth.Actor, id int64) (*MeetingView, error) {
	action := auth.MeetingView
	if id == 0 {
		action = auth.MeetingEdit
	}
	if err := auth.Allow(actor, action, partySubject(actor)); err != nil {
		return nil, err
	}
	v := &MeetingView{Shows: map[int64]string{}, Today: s.today(), CanEdit: auth.Can(actor, auth.MeetingEdit), OwnParty: actor.Party, ActorUserID: actor.UserID}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if id != 0 {
			m, err := tx.MeetingByID(id)
			if err != nil {
				return err
			}
			v.Meeting = *m
		}
		var err error
		if v.Choices, err = tx.Exhibitions(actor.Party, store.ExhibitionQuery{}); err != nil {
			return err
		}
		for _, e := range v.Choices {
			v.Shows[e.ID] = e.Terms.Name
		}
		if v.Owners, err = owners(tx); err != nil {
			return err
		}
		ids := []int64{v.By}
		for _, a := range v.Actions {
			ids = append(ids, a.OwnerID, a.DoneBy)
		}
		v.Names, err = userNames(tx, ids...)
		return err
	})
	return v, err
}

// owners are the coordinators of both parties who work today.
func owners(tx *store.Tx) ([]Owner, error) {
	var out []Owner
	for _, party := range place.Countries() {
		users, err := tx.ListUsers(party)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if u.Role == auth.Coordinator && u.Active {
				out = append(out, Owner{u.ID, u.Name, party})
			}
		}
	}
	return out, nil
}

// PutMeeting enters the minutes of a meeting, or changes them (id not 0). Both parties write them; a clash is shown.
func (s *Exhibitions) PutMeeting(ctx context.Context, actor auth.Actor, id int64, form *intake.Meeting, w Write) (int64, error) {
	if err := auth.Allow(actor, auth.MeetingEdit, partySubject(actor)); err != nil {
		return 0, err
	}
	in, ps := form.Check(s.context(actor))
	if ps.Err() == nil {
		ps = append(ps, in.Check()...)
	}
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "meeting.put", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		m := in
		m.Actions = slices.Clone(in.Actions)
		m.Party, m.By, m.CreatedAt, m.UpdatedAt = actor.Party, actor.UserID, now, now
		done := map[int64]exhibition.Action{}
		if id != 0 {
			old, err := tx.MeetingByID(id)
			if err != nil {
				return "", err
			}
			if old.Version != w.Version {
				return "", fault.New(fault.Stale, "error.stale")
			}
			m.ID, m.Version, m.Party, m.By, m.CreatedAt = old.ID, old.Version, old.Party, old.By, old.CreatedAt
			for _, a := range old.Actions {
				done[a.ID] = a
			}
		}
		for _, x := range m.Exhibitions {
			if _, err := tx.ExhibitionByID(actor.Party, x); err != nil {
				var ps fault.Problems
				ps.Add("exhibitions", "problem.choice")
				return "", ps.Err()
			}
		}
		people, err := owners(tx)
		if err != nil {
			return "", err
		}
		for i := range m.Actions {
			a := &m.Actions[i]
			p := slices.IndexFunc(people, func(o Owner) bool { return o.ID == a.OwnerID })
			old, known := done[a.ID]
			switch {
			case p >= 0:
				a.Party = people[p].Party
			case known && old.OwnerID == a.OwnerID: // left meanwhile
				a.Party = old.Party
			default:
				var ps fault.Problems
				ps.Add(fmt.Sprintf("actions[%d].owner", i), "problem.meeting.owner")
				return "", ps.Err()
			}
			if known {
				a.DoneAt, a.DoneBy = old.DoneAt, old.DoneBy
			} else {
				a.ID = 0
			}
		}
		if err := tx.PutMeeting(&m); err != nil {
			return "", err
		}
		return strconv.FormatInt(m.ID, 10), audit(tx, actor, now, string(auth.MeetingEdit), store.AuditEntry{Entity: "meeting", EntityID: m.ID, Note: m.Title})
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// DoAction marks what somebody of the actor's party had to do as done, or as open again.
func (s *Exhibitions) DoAction(ctx context.Context, actor auth.Actor, meeting, action int64, done bool, w Write) error {
	if err := auth.Allow(actor, auth.MeetingEdit, partySubject(actor)); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "meeting.action", w, []any{meeting, action, done}, func(tx *store.Tx) (string, error) {
		m, err := tx.MeetingByID(meeting)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(m.Actions, func(a exhibition.Action) bool { return a.ID == action })
		if i < 0 {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		if m.Actions[i].Party != actor.Party {
			return "", fault.New(fault.Forbidden, "auth.forbidden")
		}
		m.Actions[i].DoneAt, m.Actions[i].DoneBy = time.Time{}, 0
		if done {
			m.Actions[i].DoneAt, m.Actions[i].DoneBy = now, actor.UserID
		}
		m.UpdatedAt = now
		if err := tx.PutMeeting(m); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.MeetingEdit), store.AuditEntry{Entity: "meeting", EntityID: meeting, Note: "action " + itoa(int(action))})
	})
	return err
}
