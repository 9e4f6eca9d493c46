package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/store"
)

// Activities are the use-cases of what both ministries do under the memorandum: both read all of it, and what, when and where hold by the yes of both.
type Activities struct {
	core
}

// ActivityList is the activities of the memorandum with the minutes of meetings and the exhibitions that serve its clauses too.
type ActivityList struct {
	Activities  []programme.Activity // by first day, the latest first; those of meetings have no ID
	Meetings    map[int]int64        // place in Activities → the meeting whose minutes it is
	Papers      map[int64][]programme.Paper
	Exhibitions []exhibition.Exhibition // of both parties, agreed or closed
	Today       calendar.Date
	CanEdit     bool
}

// Joint counts the activities of a year, 0 for the whole term.
func (l *ActivityList) Joint(year int) *programme.Joint {
	return programme.Gather(l.Activities, l.Papers, year, l.Today)
}

// List returns all activities of the memorandum's term.
func (s *Activities) List(ctx context.Context, actor auth.Actor) (*ActivityList, error) {
	if err := auth.Allow(actor, auth.ActivityView, partySubject(actor)); err != nil {
		return nil, err
	}
	out := &ActivityList{Today: s.today(), CanEdit: auth.Can(actor, auth.ActivityEdit), Meetings: map[int]int64{}}
	from, to := programme.Term()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if out.Activities, err = tx.Activities(from, to); err != nil {
			return err
		}
		if out.Papers, err = tx.Papers(0); err != nil {
			return err
		}
		meetings, err := tx.Meetings(0)
		if err != nil {
			return err
		}
		of := map[int64]bool{}
		var minutes []exhibition.Meeting
		for _, m := range meetings {
			if !m.Day.Before(from) && !m.Day.After(to) && !of[m.ID] {
				of[m.ID] = true
				minutes = append(minutes, m)
			}
		}
		out.addMinutes(minutes)
		list, err := tx.Exhibitions(actor.Party, store.ExhibitionQuery{Statuses: []exhibition.Status{exhibition.Agreed, exhibition.Closed}, From: from, To: to})
		for _, e := range list {
			if e.Has(place.Egypt) && e.Has(place.Qatar) { // one of a single country is no joint one
				out.Exhibitions = append(out.Exhibitions, e)
			}
		}
		return err
	})
	return out, err
}

func (l *ActivityList) addMinutes(meetings []exhibition.Meeting) {
	type line struct {
		a  programme.Activity
		of int64
	}
	var lines []line
	for _, a := range l.Activities {
		lines = append(lines, line{a, 0})
	}
	for i := range meetings {
		lines = append(lines, line{programme.OfMeeting(&meetings[i], l.Today), meetings[i].ID})
	}
	slices.SortStableFunc(lines, func(x, y line) int { return int(y.a.First) - int(x.a.First) })
	l.Activities = l.Activities[:0:0]
	for i, x := range lines {
		l.Activities = append(l.Activities, x.a)
		if x.of != 0 {
			l.Meetings[i] = x.of
		}
	}
}

// ActivityView is one activity with the names in it.
type ActivityView struct {
	programme.Activity
	Papers  []programme.Paper // that were not taken out
	Names   map[int64]string
	Owners  []Owner // who may be given a follow-up
	Today   calendar.Date
	CanEdit bool
	Own     place.Country // the party of the reader
}

// Activity returns one activity; id 0 gives an empty one to fill in.
func (s *Activities) Activity(ctx context.Context, actor auth.Actor, id int64) (*ActivityView, error) {
	action := auth.ActivityView
	if id == 0 {
		action = auth.ActivityEdit
	}
	if err := auth.Allow(actor, action, partySubject(actor)); err != nil {
		return nil, err
	}
	v := &ActivityView{Today: s.today(), CanEdit: auth.Can(actor, auth.ActivityEdit), Own: actor.Party}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if id != 0 {
			a, err := tx.ActivityByID(id)
			if err != nil {
				return err
			}
			v.Activity = *a
			papers, err := tx.Papers(id)
			if err != nil {
				return err
			}
			for _, p := range papers[id] {
				if p.RemovedAt.IsZero() {
					v.Papers = append(v.Papers, p)
				}
			}
		}
		if v.Owners, err = owners(tx); err != nil {
			return err
		}
		ids := []int64{v.By}
		for _, k := range v.Keys {
			ids = append(ids, k.By)
		}
		for _, f := range v.FollowUps {
			ids = append(ids, f.OwnerID, f.DoneBy)
		}
		for _, p := range v.Papers {
			ids = append(ids, p.By)
		}
		v.Names, err = userNames(tx, ids...)
		return err
	})
	return v, err
}

// Put enters an activity, or changes it (id not 0). Who changes what both agreed on proposes it anew; a clash is shown.
func (s *Activities) Put(ctx context.Context, actor auth.Actor, id int64, form *intake.Activity, w Write) (int64, error) {
	if err := auth.Allow(actor, auth.ActivityEdit, partySubject(actor)); err != nil {
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
	key := exhibition.Key{Party: actor.Party, By: actor.UserID, At: now}
	res, err := s.once(ctx, actor, "activity.put", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		a := &programme.Activity{Lead: actor.Party, By: actor.UserID, CreatedAt: now, Status: programme.ActivityProposed, Keys: []exhibition.Key{key}}
		if id != 0 {
			var err error
			if a, err = loadActivity(tx, id, w); err != nil {
				return "", err
			}
		}
		before := *a
		next := in
		next.FollowUps = slices.Clone(in.FollowUps)
		if err := giveOut(tx, next.FollowUps, before.FollowUps); err != nil {
			return "", err
		}
		if err := a.Revise(next, key); err != nil {
			return "", err
		}
		if err := tx.PutActivity(a); err != nil {
			return "", err
		}
		return strconv.FormatInt(a.ID, 10), audit(tx, actor, now, string(auth.ActivityEdit), store.AuditEntry{Entity: "activity", EntityID: a.ID, Note: a.Title,
			Changes: textChanges([][3]string{{"title", before.Title, a.Title}, {"kind", string(before.Kind), string(a.Kind)}, {"first", before.First.String(), a.First.String()},
				{"last", before.Last.String(), a.Last.String()}, {"host", string(before.Host), string(a.Host)}, {"place", before.Place, a.Place}, {"clauses", fmt.Sprint(before.Clauses), fmt.Sprint(a.Clauses)},
				{"outputs", before.Outputs, a.Outputs}, {"status", string(before.Status), string(a.Status)}})})
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// giveOut sets the party of each follow-up by its owner: a coordinator of either party, or who had it before and left meanwhile.
func giveOut(tx *store.Tx, list, before []programme.FollowUp) error {
	people, err := owners(tx)
	if err != nil {
		return err
	}
	var ps fault.Problems
	for i := range list {
		f := &list[i]
		p := slices.IndexFunc(people, func(o Owner) bool { return o.ID == f.OwnerID })
		old := slices.IndexFunc(before, func(o programme.FollowUp) bool { return o.No == f.No && o.OwnerID == f.OwnerID })
		switch {
		case p >= 0:
			f.Party = people[p].Party
		case old >= 0:
			f.Party = before[old].Party
		default:
			ps.Add(fmt.Sprintf("followups[%d].owner", i), "problem.meeting.owner")
		}
	}
	return ps.Err()
}

func loadActivity(tx *store.Tx, id int64, w Write) (*programme.Activity, error) {
	a, err := tx.ActivityByID(id)
	if err != nil {
		return nil, err
	}
	if a.Version != w.Version {
		return nil, fault.New(fault.Stale, "error.stale")
	}
	return a, nil
}

// ActivityStep is what may be done to an activity at one press.
type ActivityStep string

// The steps.
const (
	ActivityAgree  ActivityStep = "agree"
	ActivityHold   ActivityStep = "hold"
	ActivityCancel ActivityStep = "cancel"
)

// Step agrees to an activity, says that it was held, or cancels it with a reason, at the version that the person saw.
func (s *Activities) Step(ctx context.Context, actor auth.Actor, id int64, step ActivityStep, reason string, w Write) error {
	if err := auth.Allow(actor, auth.ActivityEdit, partySubject(actor)); err != nil {
		return err
	}
	if step == ActivityCancel && reason == "" {
		var ps fault.Problems
		ps.Add("reason", "problem.required")
		return ps.Err()
	}
	now := s.now()
	_, err := s.once(ctx, actor, "activity.step", w, []any{id, step, reason}, func(tx *store.Tx) (string, error) {
		a, err := loadActivity(tx, id, w)
		if err != nil {
			return "", err
		}
		switch step {
		case ActivityAgree:
			err = a.Agree(exhibition.Key{Party: actor.Party, By: actor.UserID, At: now})
		case ActivityHold:
			err = a.Hold(officeDay(now), now)
		case ActivityCancel:
			err = a.Cancel(reason, now)
		default:
			err = fault.New(fault.NotFound, "error.not_found")
		}
		if err != nil {
			return "", err
		}
		if err := tx.PutActivity(a); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.ActivityEdit), store.AuditEntry{Entity: "activity", EntityID: id, Note: string(step) + " " + reason})
	})
	return err
}

// DoFollowUp marks a follow-up of the actor's party as done, or as open again.
func (s *Activities) DoFollowUp(ctx context.Context, actor auth.Actor, id int64, no int, done bool, w Write) error {
	if err := auth.Allow(actor, auth.ActivityEdit, partySubject(actor)); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "activity.follow_up", w, []any{id, no, done}, func(tx *store.Tx) (string, error) {
		a, err := tx.ActivityByID(id)
		if err != nil {
			return "", err
		}
		if err := a.Done(no, done, exhibition.Key{Party: actor.Party, By: actor.UserID, At: now}); err != nil {
			return "", err
		}
		if err := tx.PutActivity(a); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.ActivityEdit), store.AuditEntry{Entity: "activity", EntityID: id, Note: "follow-up " + itoa(no)})
	})
	return err
}

// maxPapers bounds the documents of one activity; those taken out count, so that nobody fills the disk by adding and removing.
const maxPapers = 60

// AddPaper stores a document of an activity. The file has been through package media.
func (s *Activities) AddPaper(ctx context.Context, actor auth.Actor, id int64, in *intake.PaperIn, file *media.File, w Write) error {
	if err := auth.Allow(actor, auth.ActivityEdit, partySubject(actor)); err != nil {
		return err
	}
	fields, ps := in.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "activity.paper", w, []any{id, in, file.SHA256}, func(tx *store.Tx) (string, error) {
		if _, err := tx.ActivityByID(id); err != nil {
			return "", err
		}
		papers, err := tx.Papers(id)
		if err != nil {
			return "", err
		}
		if len(papers[id]) >= maxPapers {
			return "", fault.New(fault.State, "error.too_many_documents", maxPapers)
		}
		p := fields
		p.ActivityID, p.FileName, p.MediaType, p.Size, p.SHA256, p.By, p.Party, p.At = id, file.Name, file.Type, int64(len(file.Body)), file.SHA256, actor.UserID, actor.Party, now
		if err := tx.InsertPaper(&p, file.Body); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.ActivityEdit), store.AuditEntry{Entity: "activity", EntityID: id, Note: "document " + strconv.FormatInt(p.ID, 10)})
	})
	return err
}

// Paper returns a document of an activity with its bytes. Each reading is audited.
func (s *Activities) Paper(ctx context.Context, actor auth.Actor, id, paper int64) (*programme.Paper, []byte, error) {
	if err := auth.Allow(actor, auth.ActivityView, partySubject(actor)); err != nil {
		return nil, nil, err
	}
	var p *programme.Paper
	var bytes []byte
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if p, err = paperOf(tx, id, paper); err != nil {
			return err
		}
		bytes, err = tx.PaperBytes(paper)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		return audit(tx, actor, s.now(), string(auth.ActivityView), store.AuditEntry{Entity: "activity", EntityID: id, Note: "document " + strconv.FormatInt(paper, 10)})
	})
	return p, bytes, err
}

func paperOf(tx *store.Tx, id, paper int64) (*programme.Paper, error) {
	papers, err := tx.Papers(id)
	if err != nil {
		return nil, err
	}
	for _, p := range papers[id] {
		if p.ID == paper && p.RemovedAt.IsZero() {
			return &p, nil
		}
	}
	return nil, fault.New(fault.NotFound, "error.not_found")
}

// RemovePaper takes a document out of an activity. Only the party that entered it may; it stays on file.
func (s *Activities) RemovePaper(ctx context.Context, actor auth.Actor, id, paper int64, w Write) error {
	if err := auth.Allow(actor, auth.ActivityEdit, partySubject(actor)); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "activity.paper_out", w, []any{id, paper}, func(tx *store.Tx) (string, error) {
		p, err := paperOf(tx, id, paper)
		if err != nil {
			return "", err
		}
		if p.Party != actor.Party {
			return "", fault.New(fault.Forbidden, "auth.forbidden")
		}
		p.RemovedAt = now
		if err := tx.RemovePaper(p); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.ActivityEdit), store.AuditEntry{Entity: "activity", EntityID: id, Note: "document out " + strconv.FormatInt(paper, 10)})
	})
	return err
}

// Took notes that the joint report of a year went out as a file.
func (s *Activities) Took(ctx context.Context, actor auth.Actor, year int) error {
	if err := auth.Allow(actor, auth.ActivityView, partySubject(actor)); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		return audit(tx, actor, s.now(), string(auth.ActivityView), store.AuditEntry{Entity: "activity", Note: "joint report " + itoa(year) + " xlsx"})
	})
}

// ActivityWork is what waits for a coordinator in activities.
type ActivityWork struct {
	Agree     []programme.Activity // the yes of the party is missing
	FollowUps []ActivityFollowUp   // of the actor, the most urgent first
}

// ActivityFollowUp is a follow-up with its activity.
type ActivityFollowUp struct {
	programme.FollowUp
	ActivityID int64
	Title      string
}

// fillActivities adds what waits in activities.
func (w *ExhibitionWork) fillActivities(tx *store.Tx, actor auth.Actor) error {
	list, err := tx.ActivitiesToDo(actor.Party)
	if err != nil {
		return err
	}
	for i := range list {
		a := &list[i]
		if a.Waits(actor.Party) {
			w.Activities.Agree = append(w.Activities.Agree, *a)
		}
		for _, f := range a.FollowUps {
			if f.Open() && f.OwnerID == actor.UserID && a.Status != programme.ActivityCancelled {
				w.Activities.FollowUps = append(w.Activities.FollowUps, ActivityFollowUp{f, a.ID, a.Title})
			}
		}
	}
	slices.SortFunc(w.Activities.FollowUps, func(x, y ActivityFollowUp) int { return int(x.Due) - int(y.Due) })
	return nil
}
