package service

import (
	"context"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Exhibitions holds the use-cases of exhibitions: what the two parties agree on, who takes part, and the floor.
type Exhibitions struct {
	core
	families *Families
}

// ExhibitionView is one exhibition as a person may see it.
type ExhibitionView struct {
	exhibition.Exhibition
	Phase    exhibition.Phase
	Events   []ExhibitionEventView
	Names    map[int64]string // of the people who turned keys or asked for changes
	Changes  []exhibition.Diff
	Meetings []exhibition.Meeting
	Call     *exhibition.Call // of the actor's party
	Season   *exhibition.Season
	Clashes  []exhibition.Clash
	Others   map[int64]string // names of exhibitions that clashes tell of
	Tallies  [][]exhibition.Tally
	Counts   map[exhibition.State]int // of the actor's party
	Can      map[auth.Action]bool
	CanAgree bool // the key of the actor's party is missing
	Loses    int  // exhibitors who lose their booth if the pending change is agreed to: it moves to another hall
	Today    calendar.Date
}

// ExhibitionEventView is an event with the name of who did it.
type ExhibitionEventView struct {
	store.ExhibitionEvent
	Name string
}

func partySubject(actor auth.Actor) auth.Subject { return auth.Subject{Party: actor.Party} }

// loadExhibition reads an exhibition for an action of the actor on it.
func loadExhibition(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*exhibition.Exhibition, error) {
	if err := auth.Allow(actor, action, partySubject(actor)); err != nil {
		return nil, err
	}
	return tx.ExhibitionByID(actor.Party, id)
}

// loadOpen is loadExhibition for what happens only in agreed exhibitions of the actor's party.
func loadOpen(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*exhibition.Exhibition, error) {
	e, err := loadExhibition(tx, actor, action, id)
	if err != nil {
		return nil, err
	}
	return e, openFor(e, actor.Party)
}

func openFor(e *exhibition.Exhibition, party place.Country) error {
	if !e.Has(party) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if !e.Open() {
		return fault.New(fault.State, "error.exhibition.not_open", e.Status.Title())
	}
	return nil
}

func (s *Exhibitions) exhibitionAudit(tx *store.Tx, actor auth.Actor, e *exhibition.Exhibition, action string, note string, changes ...registry.Change) error {
	return audit(tx, actor, s.now(), action, store.AuditEntry{Entity: "exhibition", EntityID: e.ID, Note: note, Changes: changes})
}

// changesOf is a difference of terms as the audit log keeps it.
func changesOf(diffs []exhibition.Diff) []registry.Change {
	var out []registry.Change
	for _, d := range diffs {
		out = append(out, registry.Change{Path: d.Field, Class: string(auth.ClassCase), Old: d.Old, New: d.New})
	}
	return out
}

// List returns the exhibitions that the actor's party may see.
func (s *Exhibitions) List(ctx context.Context, actor auth.Actor, q store.ExhibitionQuery) ([]exhibition.Exhibition, error) {
	if err := auth.Allow(actor, auth.ExhibitionView, partySubject(actor)); err != nil {
		return nil, err
	}
	var out []exhibition.Exhibition
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		out, err = tx.Exhibitions(actor.Party, q)
		return err
	})
	return out, err
}

// View returns one exhibition with its history and how it stands.
func (s *Exhibitions) View(ctx context.Context, actor auth.Actor, id int64) (*ExhibitionView, error) {
	v := &ExhibitionView{Today: s.today(), Can: map[auth.Action]bool{}, Others: map[int64]string{}, Counts: map[exhibition.State]int{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, err := loadExhibition(tx, actor, auth.ExhibitionView, id)
		if err != nil {
			return err
		}
		v.Exhibition, v.Phase = *e, e.Phase(v.Today)
		events, err := tx.ExhibitionEvents(id)
		if err != nil {
			return err
		}
		ids := []int64{e.EnteredBy}
		for _, x := range events {
			ids = append(ids, x.By)
		}
		for _, k := range e.Keys {
			ids = append(ids, k.By)
		}
		if e.Pending != nil {
			ids = append(ids, e.Pending.By)
			v.Changes = exhibition.Compare(&e.Terms, &e.Pending.Terms)
			if v.Loses, err = placedElsewhere(tx, e, &e.Pending.Terms); err != nil {
				return err
			}
		}
		if v.Names, err = userNames(tx, ids...); err != nil {
			return err
		}
		for _, x := range events {
			v.Events = append(v.Events, ExhibitionEventView{x, v.Names[x.By]})
		}
		if auth.Can(actor, auth.MeetingView) {
			if v.Meetings, err = tx.Meetings(id); err != nil {
				return err
			}
		}
		if v.Call, err = tx.CallOf(actor.Party, id); err != nil {
			return err
		}
		if err := s.viewAround(tx, actor, v); err != nil {
			return err
		}
		list, err := tx.Participations(id, store.ParticipationQuery{Limit: noLimit})
		if err != nil {
			return err
		}
		for w := range e.Terms.WaveCount() {
			v.Tallies = append(v.Tallies, e.Terms.Tallies(list, w))
		}
		for _, p := range list {
			if p.Traits.Party == actor.Party {
				v.Counts[p.State]++
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, a := range auth.Actions() {
		v.Can[a] = auth.Can(actor, a)
	}
	v.CanAgree = v.Can[auth.ExhibitionAgree] && slices.Contains(v.Waiting(), actor.Party)
	return v, nil
}

// viewAround fills in the season and what else is on at the time.
func (s *Exhibitions) viewAround(tx *store.Tx, actor auth.Actor, v *ExhibitionView) error {
	seasons, err := tx.Seasons()
	if err != nil {
		return err
	}
	for i := range seasons {
		if seasons[i].ID == v.Terms.SeasonID {
			v.Season = &seasons[i]
		}
	}
	around, err := tx.Exhibitions(actor.Party, store.ExhibitionQuery{From: v.Terms.First, To: v.Terms.Last})
	if err != nil {
		return err
	}
	holidays, err := tx.Holidays(v.Terms.Host, v.Terms.First, v.Terms.Last)
	if err != nil {
		return err
	}
	for _, o := range around {
		v.Others[o.ID] = o.Terms.Name
	}
	for _, c := range exhibition.Clashes(around, seasons, holidays) {
		if c.Other == v.ID {
			c.Exhibition, c.Other = c.Other, c.Exhibition
		}
		if c.Exhibition == v.ID {
			v.Clashes = append(v.Clashes, c)
		}
	}
	return nil
}

// context is what forms of the actor's party are checked in.
func (c *core) context(actor auth.Actor) intake.Context {
	return intake.Context{Party: actor.Party, Today: c.today(), Now: c.now()}
}

// terms reads a form of terms and checks them whole.
func (s *Exhibitions) terms(actor auth.Actor, form *intake.Exhibition) (exhibition.Terms, error) {
	t, ps := form.Check(s.context(actor))
	if ps.Err() == nil {
		ps = append(ps, formNames(t.Check())...)
	}
	return t, ps.Err()
}

// formNames turns the fields of package exhibition into those of the form where they differ.
func formNames(ps fault.Problems) fault.Problems {
	names := map[string]string{"hours.daily_to": "daily_to", "hours.friday_to": "friday_to", "hours.ramadan_to": "ramadan_to"}
	for i := range ps {
		if n, ok := names[ps[i].Field]; ok {
			ps[i].Field = n
		}
		for _, end := range []string{".by", ".value"} {
			if n := len(ps[i].Field) - len(end); n > 0 && ps[i].Field[n:] == end {
				ps[i].Field = ps[i].Field[:n] + ".line"
			}
		}
	}
	return ps
}

// season refuses terms whose season there is not.
func seasonExists(tx *store.Tx, t *exhibition.Terms) error {
	if t.SeasonID == 0 {
		return nil
	}
	seasons, err := tx.Seasons()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(seasons, func(s exhibition.Season) bool { return s.ID == t.SeasonID }) {
		var ps fault.Problems
		ps.Add("season", "problem.choice")
		return ps.Err()
	}
	return nil
}

// Create enters a draft of an exhibition and returns its id. Only the actor's party sees it until it is proposed.
func (s *Exhibitions) Create(ctx context.Context, actor auth.Actor, form *intake.Exhibition, w Write) (int64, error) {
	if err := auth.Allow(actor, auth.ExhibitionEdit, partySubject(actor)); err != nil {
		return 0, err
	}
	t, err := s.terms(actor, form)
	if err == nil && !slices.Contains(t.Parties, actor.Party) {
		var ps fault.Problems
		ps.Add("parties", "problem.exhibition.own_party")
		err = ps.Err()
	}
	if err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "exhibition.create", w, form, func(tx *store.Tx) (string, error) {
		t := t
		if err := seasonExists(tx, &t); err != nil {
			return "", err
		}
		if err := placeOf(tx, actor, nil, &t); err != nil {
			return "", err
		}
		e := &exhibition.Exhibition{Status: exhibition.Draft, Proposer: actor.Party, EnteredBy: actor.UserID, Terms: t, CreatedAt: now, UpdatedAt: now}
		if err := tx.InsertExhibition(e); err != nil {
			return "", err
		}
		if err := s.note(tx, actor, e, "create", "", nil); err != nil {
			return "", err
		}
		return strconv.FormatInt(e.ID, 10), s.exhibitionAudit(tx, actor, e, string(auth.ExhibitionEdit), "create", changesOf(exhibition.Compare(&exhibition.Terms{}, &t))...)
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// note adds to the history that both parties read.
func (s *Exhibitions) note(tx *store.Tx, actor auth.Actor, e *exhibition.Exhibition, step, text string, diffs []exhibition.Diff) error {
	return tx.InsertExhibitionEvent(&store.ExhibitionEvent{ExhibitionID: e.ID, At: s.now(), By: actor.UserID, Party: actor.Party, Step: step, Text: text, Diffs: diffs})
}

// change loads an exhibition at the version the person saw, lets fn change it, saves it and writes it into the history and the log.
func (s *Exhibitions) change(ctx context.Context, actor auth.Actor, action auth.Action, id int64, step string, content any, w Write,
	fn func(tx *store.Tx, e *exhibition.Exhibition) (text string, diffs []exhibition.Diff, err error)) error {
	type whole struct {
		ID   int64
		Body any
	}
	_, err := s.once(ctx, actor, "exhibition."+step, w, whole{id, content}, func(tx *store.Tx) (string, error) {
		e, err := loadExhibition(tx, actor, action, id)
		if err != nil {
			return "", err
		}
		if e.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		from := e.Status
		text, diffs, err := fn(tx, e)
		if err != nil {
			return "", err
		}
		if err := tx.UpdateExhibition(e); err != nil {
			return "", err
		}
		if err := s.note(tx, actor, e, step, text, diffs); err != nil {
			return "", err
		}
		changes := changesOf(diffs)
		if from != e.Status {
			changes = append(changes, registry.Change{Path: "state", Class: string(auth.ClassDecision), Old: string(from), New: string(e.Status)})
		}
		return "", s.exhibitionAudit(tx, actor, e, string(action), step, changes...)
	})
	return err
}

// Edit replaces the terms before they are agreed on; keys turned so far fall.
func (s *Exhibitions) Edit(ctx context.Context, actor auth.Actor, id int64, form *intake.Exhibition, w Write) error {
	t, err := s.terms(actor, form)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, auth.ExhibitionEdit, id, "edit", form, w, func(tx *store.Tx, e *exhibition.Exhibition) (string, []exhibition.Diff, error) {
		t := t
		if err := seasonExists(tx, &t); err != nil {
			return "", nil, err
		}
		if err := placeOf(tx, actor, e, &t); err != nil {
			return "", nil, err
		}
		diffs := exhibition.Compare(&e.Terms, &t)
		return form.Reason, diffs, e.Edit(actor.Party, s.now(), t)
	})
}

// Propose asks to change agreed terms. Places that are held already are not taken away: no bound goes below them.
func (s *Exhibitions) Propose(ctx context.Context, actor auth.Actor, id int64, form *intake.Exhibition, w Write) error {
	t, err := s.terms(actor, form)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, auth.ExhibitionEdit, id, "change", form, w, func(tx *store.Tx, e *exhibition.Exhibition) (string, []exhibition.Diff, error) {
		t := t
		if err := seasonExists(tx, &t); err != nil {
			return "", nil, err
		}
		if err := placeOf(tx, actor, e, &t); err != nil {
			return "", nil, err
		}
		if err := heldFits(tx, e, &t); err != nil {
			return "", nil, err
		}
		diffs := exhibition.Compare(&e.Terms, &t)
		if err := e.Propose(actor.Party, actor.UserID, s.now(), t, form.Reason); err != nil {
			return "", nil, err
		}
		if err := s.seatAgain(tx, e); err != nil {
			return "", nil, err
		}
		return form.Reason, diffs, s.tie(tx, actor, e)
	})
}

// heldFits refuses terms that would take away places which exhibitors hold.
func heldFits(tx *store.Tx, e *exhibition.Exhibition, t *exhibition.Terms) error {
	list, err := tx.Participations(e.ID, store.ParticipationQuery{States: []exhibition.State{exhibition.Accepted}})
	if err != nil || len(list) == 0 {
		return err
	}
	for w := range max(e.Terms.WaveCount(), t.WaveCount()) {
		for _, y := range t.Tallies(list, w) {
			if y.Max > 0 && y.Held > y.Max || y.Held > 0 && w >= t.WaveCount() {
				return fault.New(fault.State, "error.exhibition.seats", y.Held)
			}
		}
	}
	for _, p := range list {
		if !slices.Contains(t.Parties, p.Traits.Party) {
			return fault.New(fault.State, "error.exhibition.seats", len(list))
		}
	}
	return nil
}

// seatAgain gives everybody who holds a place the numbers of the lines as they are now, when terms changed under them.
func (s *Exhibitions) seatAgain(tx *store.Tx, e *exhibition.Exhibition) error {
	if e.Pending != nil {
		return nil
	}
	list, err := tx.Participations(e.ID, store.ParticipationQuery{States: []exhibition.State{exhibition.Accepted}})
	if err != nil {
		return err
	}
	if err := tx.ClearSeats(e.ID); err != nil {
		return err
	}
	for i := range list {
		p := &list[i]
		seats, ok, err := tx.TakeSeats(p, e.Terms.Lines(p.Traits))
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.State, "error.exhibition.seats", len(list))
		}
		p.Seats = seats
		if err := tx.UpdateParticipation(p); err != nil {
			return err
		}
	}
	return nil
}

// Submit shows a draft to the other party and turns the key of the actor's.
func (s *Exhibitions) Submit(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.change(ctx, actor, auth.ExhibitionAgree, id, "submit", nil, w, func(tx *store.Tx, e *exhibition.Exhibition) (string, []exhibition.Diff, error) {
		if err := e.Submit(actor.Party, actor.UserID, s.now()); err != nil {
			return "", nil, err
		}
		return "", nil, s.tie(tx, actor, e)
	})
}

// Agree turns the key of the actor's party, on a proposal or on a pending change.
func (s *Exhibitions) Agree(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.change(ctx, actor, auth.ExhibitionAgree, id, "agree", nil, w, func(tx *store.Tx, e *exhibition.Exhibition) (string, []exhibition.Diff, error) {
		pending := e.Pending
		if pending == nil {
			if err := e.Agree(actor.Party, actor.UserID, s.now()); err != nil {
				return "", nil, err
			}
			return "", nil, s.tie(tx, actor, e)
		}
		diffs := exhibition.Compare(&e.Terms, &pending.Terms)
		if err := heldFits(tx, e, &pending.Terms); err != nil {
			return "", nil, err
		}
		if err := e.Agree(actor.Party, actor.UserID, s.now()); err != nil {
			return "", nil, err
		}
		if err := s.seatAgain(tx, e); err != nil {
			return "", nil, err
		}
		return "", diffs, s.tie(tx, actor, e)
	})
}

// Refuse sends a proposal back, or drops a pending change, with a reason that both parties read.
func (s *Exhibitions) Refuse(ctx context.Context, actor auth.Actor, id int64, form *intake.Words, w Write) error {
	text, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, auth.ExhibitionAgree, id, "refuse", text, w, func(_ *store.Tx, e *exhibition.Exhibition) (string, []exhibition.Diff, error) {
		return text, nil, e.Refuse(actor.Party, s.now())
	})
}

// Cancel says that an exhibition will not take place.
func (s *Exhibitions) Cancel(ctx context.Context, actor auth.Actor, id int64, form *intake.Words, w Write) error {
	text, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, auth.ExhibitionAgree, id, "cancel", text, w, func(_ *store.Tx, e *exhibition.Exhibition) (string, []exhibition.Diff, error) {
		return text, nil, e.Cancel(actor.Party, s.now(), text)
	})
}

// Close ends an exhibition whose days are over, with the organisers' words on it.
func (s *Exhibitions) Close(ctx context.Context, actor auth.Actor, id int64, form *intake.Words, w Write) error {
	text, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, auth.ExhibitionEdit, id, "close", text, w, func(_ *store.Tx, e *exhibition.Exhibition) (string, []exhibition.Diff, error) {
		return text, nil, e.Close(actor.Party, s.now(), s.today(), text)
	})
}

// Comment adds a remark to the discussion of an exhibition.
func (s *Exhibitions) Comment(ctx context.Context, actor auth.Actor, id int64, form *intake.Words, w Write) error {
	text, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	type content struct {
		ID   int64
		Text string
	}
	_, err := s.once(ctx, actor, "exhibition.comment", w, content{id, text}, func(tx *store.Tx) (string, error) {
		e, err := loadExhibition(tx, actor, auth.ExhibitionEdit, id)
		if err != nil {
			return "", err
		}
		if err := s.note(tx, actor, e, "comment", text, nil); err != nil {
			return "", err
		}
		return "", s.exhibitionAudit(tx, actor, e, string(auth.ExhibitionEdit), "comment")
	})
	return err
}
