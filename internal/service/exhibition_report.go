package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/store"
)

// Report is what an exhibition came to, for the actor's party: who came, how often, and what was sold. Sums are of one currency each.
type Report struct {
	Exhibition *exhibition.Exhibition
	Groups     []ReportGroup // by craft, area, sex, first-timers
	Days       []ReportDay
	Total      ReportLine
	Editions   []ReportEdition // of the same series, the oldest first
	Currency   string
	Fees       ReportFees
	Roster     []ReportExhibitor
	Came       []exhibition.Attendance // of the roster, by day
	Sold       []exhibition.Sale       // of the roster, by day
}

// ReportGroup is one way to divide the exhibitors.
type ReportGroup struct {
	By    string // "craft", "area", "sex", "first_time"
	Lines []ReportLine
}

// ReportLine is one part.
type ReportLine struct {
	Value      string
	Exhibitors int
	Days       int   // days of presence
	Sales      int64 // minor units of the report's currency
}

// ReportDay is one day of the run.
type ReportDay struct {
	Day     calendar.Date
	Present int
	Sales   int64
}

// ReportEdition is one edition of the series.
type ReportEdition struct {
	ID         int64
	Name       string
	Edition    int
	First      calendar.Date
	Exhibitors int
	FirstTime  int
	Women      int
	Days       int
	Sales      int64
	Currency   string // of Sales: editions in two countries are not added
}

// ReportExhibitor is one line of the roster with its numbers.
type ReportExhibitor struct {
	exhibition.Participation
	Days  int
	Sales int64
	Stand Stand
	PlaceFee
}

// Report returns the report of an agreed or closed exhibition over the exhibitors of the actor's party and areas. Who withdrew counts with what was sold before.
func (s *Exhibitions) Report(ctx context.Context, actor auth.Actor, id int64) (*Report, error) {
	out := &Report{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, err := loadExhibition(tx, actor, auth.ReportView, id)
		if err != nil {
			return err
		}
		if e.Status != exhibition.Agreed && e.Status != exhibition.Closed {
			return fault.New(fault.State, "error.exhibition.not_open", e.Status.Title())
		}
		out.Exhibition, out.Currency = e, e.Terms.Currency()
		if err := out.fill(tx, actor, e); err != nil {
			return err
		}
		stands, err := s.stands(tx, e)
		if err != nil {
			return err
		}
		for i := range out.Roster {
			out.Roster[i].Stand = stands[out.Roster[i].ID]
		}
		if err := out.fillFees(tx, actor.Party); err != nil {
			return err
		}
		if e.Terms.Series == "" {
			return nil
		}
		list, err := tx.Exhibitions(actor.Party, store.ExhibitionQuery{Series: e.Terms.Series, Statuses: []exhibition.Status{exhibition.Agreed, exhibition.Closed}, Limit: 60})
		if err != nil {
			return err
		}
		for i := range list {
			o := &list[i]
			if !o.Has(actor.Party) {
				continue
			}
			var r Report
			if err := r.fill(tx, actor, o); err != nil {
				return err
			}
			line := ReportEdition{ID: o.ID, Name: o.Terms.Name, Edition: o.Terms.Edition, First: o.Terms.First, Exhibitors: r.Total.Exhibitors, Days: r.Total.Days, Sales: r.Total.Sales, Currency: o.Terms.Currency()}
			for _, x := range r.Roster {
				if x.Traits.FirstTime {
					line.FirstTime++
				}
				if x.Traits.Sex == "f" {
					line.Women++
				}
			}
			out.Editions = append(out.Editions, line)
		}
		slices.SortStableFunc(out.Editions, func(a, b ReportEdition) int { return cmp.Compare(a.First, b.First) })
		return nil
	})
	return out, err
}

func (r *Report) fill(tx *store.Tx, actor auth.Actor, e *exhibition.Exhibition) error {
	list, err := tx.Participations(e.ID, store.ParticipationQuery{Party: actor.Party, States: []exhibition.State{exhibition.Accepted, exhibition.Withdrawn}})
	if err != nil {
		return err
	}
	sales, err := tx.Sales(e.ID)
	if err != nil {
		return err
	}
	attended, err := tx.Attendances(e.ID)
	if err != nil {
		return err
	}
	currency := e.Terms.Currency()
	sold, days, perDay := map[int64]int64{}, map[int64]int{}, map[calendar.Date]*ReportDay{}
	for d := e.Terms.First; !d.After(e.Terms.Last) && len(perDay) <= 370; d = d.AddDays(1) {
		perDay[d] = &ReportDay{Day: d}
	}
	mine := map[int64]bool{}
	for _, p := range list {
		mine[p.ID] = auth.Allow(actor, auth.ExhibitorView, participationSubject(&p)) == nil
	}
	for _, x := range sales {
		if !mine[x.ParticipationID] || x.Currency != currency { // the rule keeps others out; they would not be added anyway
			continue
		}
		r.Sold = append(r.Sold, x)
		sold[x.ParticipationID] += x.Amount
		if d := perDay[x.Day]; d != nil {
			d.Sales += x.Amount
		}
	}
	for _, a := range attended {
		if !mine[a.ParticipationID] {
			continue
		}
		r.Came = append(r.Came, a)
		days[a.ParticipationID]++
		if d := perDay[a.Day]; d != nil {
			d.Present++
		}
	}
	groups := map[string]map[string]*ReportLine{}
	add := func(by, value string, x *ReportExhibitor) {
		if groups[by] == nil {
			groups[by] = map[string]*ReportLine{}
		}
		l := groups[by][value]
		if l == nil {
			l = &ReportLine{Value: value}
			groups[by][value] = l
		}
		l.Exhibitors++
		l.Days += x.Days
		l.Sales += x.Sales
	}
	for i := range list {
		p := &list[i]
		if !mine[p.ID] || p.State == exhibition.Withdrawn && sold[p.ID] == 0 && days[p.ID] == 0 {
			continue
		}
		x := ReportExhibitor{Participation: *p, Days: days[p.ID], Sales: sold[p.ID]}
		r.Roster = append(r.Roster, x)
		r.Total.Exhibitors++
		r.Total.Days += x.Days
		r.Total.Sales += x.Sales
		add("craft", p.Traits.Craft, &x)
		add("area", p.Traits.Area, &x)
		if p.Traits.Sex != "" {
			add("sex", string(p.Traits.Sex), &x)
		}
		first := "no"
		if p.Traits.FirstTime {
			first = "yes"
		}
		add("first_time", first, &x)
	}
	for _, by := range []string{"craft", "area", "sex", "first_time"} {
		g := ReportGroup{By: by}
		for _, l := range groups[by] {
			g.Lines = append(g.Lines, *l)
		}
		slices.SortFunc(g.Lines, func(a, b ReportLine) int {
			return cmp.Or(cmp.Compare(b.Exhibitors, a.Exhibitors), cmp.Compare(a.Value, b.Value))
		})
		r.Groups = append(r.Groups, g)
	}
	for _, d := range perDay {
		r.Days = append(r.Days, *d)
	}
	slices.SortFunc(r.Days, func(a, b ReportDay) int { return cmp.Compare(a.Day, b.Day) })
	return nil
}

// Took notes in the audit log that a list of an exhibition went out as a file; what says which, in which format and how long.
func (s *Exhibitions) Took(ctx context.Context, actor auth.Actor, action auth.Action, id int64, what string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		e, err := loadExhibition(tx, actor, action, id)
		if err != nil {
			return err
		}
		return s.exhibitionAudit(tx, actor, e, "exhibition.file", what)
	})
}

// feedLife is how long a calendar feed works before it must be renewed.
const feedLife = 2 * 365 * 24 * time.Hour

// MakeFeed makes the actor's secret calendar address; an older one ends.
func (s *Exhibitions) MakeFeed(ctx context.Context, actor auth.Actor, w Write) (token string, err error) {
	if !auth.Can(actor, auth.FeedManage) {
		return "", fault.New(fault.Forbidden, "auth.forbidden")
	}
	now := s.now()
	token, hash := auth.NewToken()
	made := false
	_, err = s.once(ctx, actor, "feed.make", w, nil, func(tx *store.Tx) (string, error) {
		made = true
		if _, err := tx.RevokeExhibitionLinks("feed", actor.UserID, 0, 0, 0, now); err != nil {
			return "", err
		}
		err := tx.InsertExhibitionLink(&store.ExhibitionLink{Hash: hash, Kind: "feed", Party: actor.Party, UserID: actor.UserID, CreatedBy: actor.UserID, CreatedAt: now, ExpiresAt: now.Add(feedLife)})
		if err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.FeedManage), store.AuditEntry{Entity: "user", EntityID: actor.UserID, Note: "make"})
	})
	return shownOnce(token, made, err)
}

// RevokeFeed ends the actor's calendar address.
func (s *Exhibitions) RevokeFeed(ctx context.Context, actor auth.Actor, w Write) error {
	if !auth.Can(actor, auth.FeedManage) {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	now := s.now()
	_, err := s.once(ctx, actor, "feed.revoke", w, nil, func(tx *store.Tx) (string, error) {
		if _, err := tx.RevokeExhibitionLinks("feed", actor.UserID, 0, 0, 0, now); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.FeedManage), store.AuditEntry{Entity: "user", EntityID: actor.UserID, Note: "revoke"})
	})
	return err
}

// Feed returns what the calendar behind a secret address holds: the exhibitions that its user may see today, one year back and two ahead, with the holidays of
// both parties. A closed account's feed is closed.
func (s *Exhibitions) Feed(ctx context.Context, token string) (*Calendar, string, error) {
	hash, ok := auth.HashToken(token)
	if !ok {
		return nil, "", fault.New(fault.NotFound, "error.not_found")
	}
	now := s.now()
	today := officeDay(now)
	out := &Calendar{From: today.AddYears(-1), To: today.AddYears(2), Today: today}
	locale := ""
	err := s.db.View(ctx, func(tx *store.Tx) error {
		l, err := tx.ExhibitionLinkByHash("feed", hash)
		if err != nil {
			return err
		}
		u, err := tx.UserByID(l.UserID)
		if err != nil {
			return err
		}
		if !u.Active || now.After(l.ExpiresAt) {
			return fault.New(fault.NotFound, "error.not_found")
		}
		locale = u.Locale
		return s.fillCalendar(tx, auth.Actor{UserID: u.ID, Name: u.Name, Role: u.Role, Party: u.Party, Areas: u.Areas, Locale: u.Locale}, out)
	})
	return out, locale, err
}

// ExhibitionWork is what waits for a person in exhibitions.
type ExhibitionWork struct {
	Agree    []exhibition.Exhibition // the key of the party is missing
	Running  []exhibition.Exhibition // on today
	ToClose  []exhibition.Exhibition // over, not closed
	Calls    []WorkCall              // take applications today
	Screen   []ScreenCount           // applications that nobody has looked at
	Answers  []exhibition.Participation
	Shows    map[int64]string
	Actions  []exhibition.Action // open actions of the actor, or of nobody yet
	Meetings map[int64]string
	Today    calendar.Date

	Activities ActivityWork
}

// WorkCall is a call with its exhibition's name.
type WorkCall struct {
	exhibition.Call
	Name string
}

// ScreenCount is how many applications of one exhibition nobody has looked at.
type ScreenCount struct {
	ID   int64
	Name string
	N    int
}

// Empty reports whether nothing waits.
func (w *ExhibitionWork) Empty() bool {
	return len(w.Agree)+len(w.Running)+len(w.ToClose)+len(w.Calls)+len(w.Screen)+len(w.Answers)+len(w.Actions)+len(w.Activities.Agree)+len(w.Activities.FollowUps) == 0
}

// Work returns the actor's queues of exhibitions.
func (s *Exhibitions) Work(ctx context.Context, actor auth.Actor) (*ExhibitionWork, error) {
	out := &ExhibitionWork{Today: s.today(), Shows: map[int64]string{}, Meetings: map[int64]string{}}
	if !auth.Can(actor, auth.ExhibitionView) {
		return out, nil
	}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Exhibitions(actor.Party, store.ExhibitionQuery{Statuses: []exhibition.Status{exhibition.Proposed, exhibition.Agreed}})
		if err != nil {
			return err
		}
		for _, e := range list {
			out.Shows[e.ID] = e.Terms.Name
			if auth.Can(actor, auth.ExhibitionAgree) && slices.Contains(e.Waiting(), actor.Party) {
				out.Agree = append(out.Agree, e)
			}
			switch phase := e.Phase(out.Today); {
			case !e.Has(actor.Party):
			case phase == exhibition.PhaseRunning:
				out.Running = append(out.Running, e)
			case phase == exhibition.PhaseOver && auth.Can(actor, auth.ExhibitionEdit):
				out.ToClose = append(out.ToClose, e)
			}
		}
		if auth.Can(actor, auth.ApplicationEnter) {
			if err := out.fillExhibitors(tx, actor); err != nil {
				return err
			}
		}
		if auth.Can(actor, auth.ActivityEdit) {
			if err := out.fillActivities(tx, actor); err != nil {
				return err
			}
		}
		if !auth.Can(actor, auth.MeetingEdit) {
			return nil
		}
		actions, err := tx.OpenActions(actor.Party)
		if err != nil {
			return err
		}
		for _, a := range actions {
			if a.OwnerID != actor.UserID && a.OwnerID != 0 {
				continue
			}
			m, err := tx.MeetingByID(a.MeetingID)
			if err != nil {
				return err
			}
			out.Meetings[a.MeetingID] = m.Title
			out.Actions = append(out.Actions, a)
		}
		return nil
	})
	return out, err
}

func (w *ExhibitionWork) fillExhibitors(tx *store.Tx, actor auth.Actor) error {
	calls, err := tx.OpenCalls(actor.Party, w.Today)
	if err != nil {
		return err
	}
	for _, c := range calls {
		if name, ok := w.Shows[c.ExhibitionID]; ok {
			w.Calls = append(w.Calls, WorkCall{c, name})
		}
	}
	reach, err := auth.ReachOf(actor, auth.InvitationAnswer)
	if err != nil {
		return nil
	}
	list, err := tx.Participations(0, store.ParticipationQuery{Party: actor.Party, States: []exhibition.State{exhibition.Applied, exhibition.Invited}})
	if err != nil {
		return err
	}
	screen := map[int64]int{}
	for _, p := range list {
		if _, open := w.Shows[p.ExhibitionID]; !open || !reach.Holds(participationSubject(&p)) {
			continue
		}
		if p.State == exhibition.Applied {
			screen[p.ExhibitionID]++
		} else if len(w.Answers) < 12 {
			w.Answers = append(w.Answers, p)
		}
	}
	if auth.Can(actor, auth.SelectionDecide) {
		for id, n := range screen {
			w.Screen = append(w.Screen, ScreenCount{id, w.Shows[id], n})
		}
		slices.SortFunc(w.Screen, func(a, b ScreenCount) int { return cmp.Compare(a.ID, b.ID) })
	}
	slices.SortFunc(w.Answers, func(a, b exhibition.Participation) int { return a.Deadline.Compare(b.Deadline) })
	return nil
}

// FeedEntries turns a calendar into the entries of a feed. base is the address of the site; holiday and country are the words for them.
func (c *Calendar) FeedEntries(base string, holiday func(exhibition.Holiday) string, country func(place.Country) string) []exhibition.Entry {
	var out []exhibition.Entry
	for _, e := range c.Exhibitions {
		where := e.Terms.Venue
		if e.Terms.City != "" {
			if where != "" {
				where += ", "
			}
			where += e.Terms.City
		}
		out = append(out, exhibition.Entry{UID: fmt.Sprintf("exhibition-%d@muntija", e.ID), First: e.Terms.First, Last: e.Terms.Last, Summary: e.Terms.Name, Place: where, Text: country(e.Terms.Host),
			URL: fmt.Sprintf("%s/exhibitions/%d", base, e.ID), Stamp: e.UpdatedAt, Tentative: e.Status == exhibition.Draft || e.Status == exhibition.Proposed,
			Cancelled: e.Status == exhibition.Cancelled, Sequence: e.Version})
	}
	for _, h := range c.Holidays {
		out = append(out, exhibition.Entry{UID: fmt.Sprintf("holiday-%d@muntija", h.ID), First: h.First, Last: h.Last, Summary: holiday(h), Stamp: h.UpdatedAt, Tentative: h.Expected, Sequence: h.Version})
	}
	for _, m := range c.Meetings {
		out = append(out, exhibition.Entry{UID: fmt.Sprintf("meeting-%d@muntija", m.ID), First: m.Day, Last: m.Day, Summary: m.Title, Place: m.Place, URL: fmt.Sprintf("%s/meetings/%d", base, m.ID),
			Stamp: m.UpdatedAt, Sequence: m.Version})
	}
	for _, a := range c.Activities {
		out = append(out, exhibition.Entry{UID: fmt.Sprintf("activity-%d@muntija", a.ID), First: a.First, Last: a.Last, Summary: a.Title, Place: a.Place, Text: country(a.Host), URL: fmt.Sprintf("%s/activities/%d", base, a.ID),
			Stamp: a.UpdatedAt, Tentative: a.Status == programme.ActivityProposed, Sequence: a.Version})
	}
	return out
}
