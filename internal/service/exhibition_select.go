package service

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Selecting is the exhibitors of a party in an exhibition, as the page of selection shows them.
type Selecting struct {
	Exhibition *exhibition.Exhibition
	Call       *exhibition.Call
	Rows       []ParticipationRow
	Tallies    [][]exhibition.Tally
	Today      calendar.Date
	CanDecide  bool
	CanEnter   bool
}

// ParticipationRow is one exhibitor in a list. What speaks against it is there once [Exhibitions.Warn] has looked.
type ParticipationRow struct {
	exhibition.Participation
	Papers []exhibition.PaperProblem // what will not do on the last day
	Travel exhibition.TravelList
}

// Selecting returns the applications of the actor's reach. Nobody's papers are opened: that costs what a page shows, in [Exhibitions.Warn].
func (s *Exhibitions) Selecting(ctx context.Context, actor auth.Actor, id int64, states []exhibition.State) (*Selecting, error) {
	reach, err := auth.ReachOf(actor, auth.ExhibitorView)
	if err != nil {
		return nil, err
	}
	out := &Selecting{Today: s.today(), CanDecide: auth.Can(actor, auth.SelectionDecide), CanEnter: auth.Can(actor, auth.ApplicationEnter)}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		e, err := loadExhibition(tx, actor, auth.ExhibitionView, id)
		if err != nil {
			return err
		}
		out.Exhibition = e
		if out.Call, err = tx.CallOf(actor.Party, id); err != nil {
			return err
		}
		all, err := tx.Participations(id, store.ParticipationQuery{Limit: noLimit})
		if err != nil {
			return err
		}
		for w := range e.Terms.WaveCount() {
			out.Tallies = append(out.Tallies, e.Terms.Tallies(all, w))
		}
		for _, p := range all {
			if p.Traits.Party != actor.Party || !reach.Holds(auth.Subject{Party: p.Traits.Party, Area: p.Traits.Area, EnteredBy: p.EnteredBy}) ||
				len(states) > 0 && !slices.Contains(states, p.State) {
				continue
			}
			out.Rows = append(out.Rows, ParticipationRow{Participation: p})
		}
		slices.SortStableFunc(out.Rows, func(a, b ParticipationRow) int {
			return cmp.Or(cmp.Compare(stateOrder(a.State), stateOrder(b.State)), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Name, b.Name))
		})
		return nil
	})
	return out, err
}

// Warn fills in what speaks against those of a page's rows, as [Exhibitions.Selecting] gave them, who may still come: papers that end before the last day, and the
// ministry's note on travel where the host is abroad.
func (s *Exhibitions) Warn(ctx context.Context, actor auth.Actor, e *exhibition.Exhibition, rows []ParticipationRow) error {
	return s.db.View(ctx, func(tx *store.Tx) error { return warn(tx, actor, &e.Terms, rows) })
}

func warn(tx *store.Tx, actor auth.Actor, t *exhibition.Terms, rows []ParticipationRow) error {
	var families, exhibitors []int64
	for i := range rows {
		if r := &rows[i]; !r.State.Ended() {
			exhibitors = append(exhibitors, r.ExhibitorID)
			if r.FamilyID != 0 {
				families = append(families, r.FamilyID)
			}
		}
	}
	papers := map[int64][]registry.Document{}
	for part := range slices.Chunk(families, 500) {
		found, err := tx.DocumentsIn(part)
		if err != nil {
			return err
		}
		maps.Copy(papers, found)
	}
	travel := map[int64]exhibition.TravelList{}
	if t.Host != actor.Party {
		var err error
		if travel, err = tx.TravelNotes(actor.Party, exhibitors); err != nil {
			return err
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.State.Ended() {
			continue
		}
		if r.FamilyID != 0 {
			r.Papers = t.PapersThrough(r.Wave, r.Traits.Craft, papers[r.FamilyID])
		}
		r.Travel = travel[r.ExhibitorID]
	}
	return nil
}

// FamilyShow is one exhibition that a family applied for, with what of its papers will not do on the last day.
type FamilyShow struct {
	exhibition.Participation
	Terms  exhibition.Terms
	Papers []exhibition.PaperProblem // of one that is not over
}

// OfFamily returns the exhibitions of a family's exhibitor, the latest first. Papers are looked at while it may still come.
func (s *Exhibitions) OfFamily(ctx context.Context, actor auth.Actor, family int64) ([]FamilyShow, error) {
	var out []FamilyShow
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := load(tx, actor, auth.FamilyView, family); err != nil {
			return err
		}
		x, err := tx.ExhibitorOfFamily(actor.Party, family)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := auth.Allow(actor, auth.ExhibitorView, exhibitorSubject(x)); err != nil {
			return err
		}
		list, err := tx.Participations(0, store.ParticipationQuery{Party: actor.Party, Exhibitor: x.ID})
		if err != nil {
			return err
		}
		for _, p := range list {
			e, err := tx.ExhibitionByID(actor.Party, p.ExhibitionID)
			if err != nil {
				return err
			}
			show := FamilyShow{Participation: p, Terms: e.Terms}
			if e.Open() && !p.State.Ended() && !e.Terms.Last.Before(s.today()) {
				if show.Papers, err = papersOf(tx, e, &p); err != nil {
					return err
				}
			}
			out = append(out, show)
		}
		slices.SortStableFunc(out, func(a, b FamilyShow) int { return cmp.Compare(b.Terms.First, a.Terms.First) })
		return nil
	})
	return out, err
}

// stateOrder puts first what waits for a decision.
func stateOrder(s exhibition.State) int {
	return slices.Index([]exhibition.State{exhibition.Applied, exhibition.Eligible, exhibition.Waiting, exhibition.Invited, exhibition.Accepted, exhibition.Declined, exhibition.Expired,
		exhibition.Withdrawn, exhibition.Refused}, s)
}

// Participant is one exhibitor in one exhibition, with all that its page shows.
type Participant struct {
	exhibition.Participation
	Exhibition *exhibition.Exhibition
	Exhibitor  *exhibition.Exhibitor
	Papers     []exhibition.PaperProblem
	Past       int // other exhibitions with a place
	Sales      []exhibition.Sale
	Days       []exhibition.Attendance
	Packing    []exhibition.PackingItem
	Evaluation *exhibition.Evaluation
	Stand      Stand
	Fee        *FeeView
	Today      calendar.Date
	Can        map[auth.Action]bool
}

func participationSubject(p *exhibition.Participation) auth.Subject {
	return auth.Subject{Party: p.Traits.Party, Area: p.Traits.Area, EnteredBy: p.EnteredBy}
}

// loadParticipation reads an exhibitor's participation and its exhibition for an action of the actor.
func loadParticipation(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*exhibition.Exhibition, *exhibition.Participation, error) {
	p, err := tx.ParticipationByID(actor.Party, id)
	if err != nil {
		return nil, nil, err
	}
	if err := auth.Allow(actor, action, participationSubject(p)); err != nil {
		return nil, nil, err
	}
	e, err := tx.ExhibitionByID(actor.Party, p.ExhibitionID)
	return e, p, err
}

// Participant returns one exhibitor of the actor's reach.
func (s *Exhibitions) Participant(ctx context.Context, actor auth.Actor, id int64) (*Participant, error) {
	out := &Participant{Today: s.today(), Can: map[auth.Action]bool{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, p, err := loadParticipation(tx, actor, auth.ExhibitorView, id)
		if err != nil {
			return err
		}
		out.Participation, out.Exhibition = *p, e
		if out.Exhibitor, err = tx.ExhibitorByID(actor.Party, p.ExhibitorID); err != nil {
			return err
		}
		if auth.Allow(actor, auth.ExhibitorManage, exhibitorSubject(out.Exhibitor)) != nil { // the ministry's own words
			out.Exhibitor.Contact, out.Exhibitor.TravelNote = "", ""
		}
		if out.Past, err = tx.PastParticipations(p.ExhibitorID, e.ID); err != nil {
			return err
		}
		if out.Papers, err = papersOf(tx, e, p); err != nil {
			return err
		}
		if p.State.Holds() {
			if out.Stand, err = s.standOf(tx, e, id); err != nil {
				return err
			}
		}
		sales, err := tx.Sales(e.ID)
		if err != nil {
			return err
		}
		sold := int64(0)
		for _, x := range sales {
			if x.ParticipationID == id {
				out.Sales, sold = append(out.Sales, x), sold+x.Amount
			}
		}
		if out.Fee, err = feeOf(tx, e, p, sold); err != nil {
			return err
		}
		days, err := tx.Attendances(e.ID)
		if err != nil {
			return err
		}
		for _, x := range days {
			if x.ParticipationID == id {
				out.Days = append(out.Days, x)
			}
		}
		items, err := tx.PackingItems(actor.Party, e.ID)
		if err != nil {
			return err
		}
		for _, x := range items {
			if x.ParticipationID == id {
				out.Packing = append(out.Packing, x)
			}
		}
		evals, err := tx.Evaluations(e.ID)
		if x, ok := evals[id]; ok && auth.Can(actor, auth.EvaluationRecord) {
			out.Evaluation = &x
		}
		for _, a := range auth.Actions() {
			out.Can[a] = auth.Allow(actor, a, participationSubject(p)) == nil
		}
		return err
	})
	return out, err
}

// papersOf returns what of a family's papers will not do on the last day of its wave. Of an association nothing is known.
func papersOf(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation) ([]exhibition.PaperProblem, error) {
	if p.FamilyID == 0 {
		return nil, nil
	}
	docs, err := tx.DocumentsOf(p.FamilyID)
	if err != nil {
		return nil, err
	}
	return e.Terms.PapersThrough(p.Wave, p.Traits.Craft, docs), nil
}

// step changes one participation of an open exhibition by a rule, at the version the person saw.
func (s *Exhibitions) step(ctx context.Context, actor auth.Actor, action auth.Action, id int64, op string, content any, w Write, note string,
	fn func(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) error) error {
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, content}, func(tx *store.Tx) (string, error) {
		e, p, err := loadParticipation(tx, actor, action, id)
		if err != nil {
			return "", err
		}
		if err := openFor(e, actor.Party); err != nil {
			return "", err
		}
		if p.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		from := p.State
		if err := fn(tx, e, p, now); err != nil {
			return "", err
		}
		if err := tx.UpdateParticipation(p); err != nil {
			return "", err
		}
		if from.Holds() && !p.State.Holds() {
			if err := s.fill(tx, actor, e, p, now); err != nil {
				return "", err
			}
		}
		return "", participationAudit(tx, actor, now, string(action), p, from, note)
	})
	return err
}

// Screen lets an application through or refuses it with reasons.
func (s *Exhibitions) Screen(ctx context.Context, actor auth.Actor, id int64, form *intake.Screening, w Write) error {
	fit, reasons, note, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.step(ctx, actor, auth.SelectionDecide, id, "selection.screen", form, w, "screen", func(_ *store.Tx, _ *exhibition.Exhibition, p *exhibition.Participation, now time.Time) error {
		return p.Screen(now, fit, reasons, note)
	})
}

// Queue puts an exhibitor at the end of the waiting list.
func (s *Exhibitions) Queue(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.step(ctx, actor, auth.SelectionDecide, id, "selection.queue", nil, w, "queue", func(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) error {
		list, err := tx.Participations(e.ID, store.ParticipationQuery{States: []exhibition.State{exhibition.Waiting}, Limit: noLimit})
		if err != nil {
			return err
		}
		last := 0
		for _, o := range list {
			last = max(last, o.Rank)
		}
		return p.Queue(now, last)
	})
}

// Invite asks an exhibitor, up to a deadline, within the quotas.
func (s *Exhibitions) Invite(ctx context.Context, actor auth.Actor, id int64, form *intake.Invite, w Write) error {
	deadline, ps := form.Check(s.context(actor), zone)
	if err := ps.Err(); err != nil {
		return err
	}
	return s.step(ctx, actor, auth.SelectionDecide, id, "selection.invite", form, w, "invite", func(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) error {
		first, _, ok := e.Terms.Run(p.Wave)
		if !ok {
			return fault.New(fault.State, "error.participation.invite", p.State.Title())
		}
		if !officeDay(deadline).Before(first) {
			var ps fault.Problems
			ps.Add("deadline", "problem.participation.deadline_late")
			return ps.Err()
		}
		list, err := tx.Participations(e.ID, store.ParticipationQuery{Limit: noLimit})
		if err != nil {
			return err
		}
		if err := e.Terms.MayInvite(list, p.Wave, p.Traits); err != nil {
			return err
		}
		season, err := tallySeasonOf(tx, e.ID)
		if err != nil {
			return err
		}
		if err := season.mayInvite(p); err != nil {
			return err
		}
		return p.Invite(now, deadline)
	})
}

// InviteAll invites every exhibitor that passed screening, in the order of their applications, as far as the quotas reach; the rest are put on the waiting list. It
// returns how many were invited and how many wait.
func (s *Exhibitions) InviteAll(ctx context.Context, actor auth.Actor, id int64, form *intake.Invite, w Write) (invited, queued int, err error) {
	deadline, ps := form.Check(s.context(actor), zone)
	if err := ps.Err(); err != nil {
		return 0, 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "selection.invite_all", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		invited, queued := 0, 0
		e, err := loadOpen(tx, actor, auth.SelectionDecide, id)
		if err != nil {
			return "", err
		}
		reach, err := auth.ReachOf(actor, auth.SelectionDecide)
		if err != nil {
			return "", err
		}
		if !officeDay(deadline).Before(e.Terms.First) {
			var ps fault.Problems
			ps.Add("deadline", "problem.participation.deadline_late")
			return "", ps.Err()
		}
		list, err := tx.Participations(id, store.ParticipationQuery{Limit: noLimit})
		if err != nil {
			return "", err
		}
		season, err := tallySeasonOf(tx, id)
		if err != nil {
			return "", err
		}
		last := 0
		for _, p := range list {
			last = max(last, p.Rank)
		}
		order := make([]*exhibition.Participation, 0, len(list))
		for i := range list {
			if p := &list[i]; p.State == exhibition.Eligible && reach.Holds(participationSubject(p)) {
				order = append(order, p)
			}
		}
		slices.SortStableFunc(order, func(a, b *exhibition.Participation) int { return cmp.Compare(a.ID, b.ID) })
		for _, p := range order {
			from := p.State
			if e.Terms.MayInvite(list, p.Wave, p.Traits) == nil && season.mayInvite(p) == nil {
				err = p.Invite(now, deadline)
				season.add(p, 1)
				invited++
			} else {
				err = p.Queue(now, last)
				last++
				queued++
			}
			if err != nil {
				return "", err
			}
			if err := tx.UpdateParticipation(p); err != nil {
				return "", err
			}
			if err := participationAudit(tx, actor, now, string(auth.SelectionDecide), p, from, "invite_all"); err != nil {
				return "", err
			}
		}
		return strconv.Itoa(invited) + " " + strconv.Itoa(queued), nil
	})
	if err == nil {
		_, err = fmt.Sscan(res, &invited, &queued)
	}
	return invited, queued, err
}

// Answer accepts or declines an invitation on the exhibitor's behalf.
func (s *Exhibitions) Answer(ctx context.Context, actor auth.Actor, id int64, accept bool, w Write) (exhibition.State, error) {
	now := s.now()
	state, err := s.once(ctx, actor, "invitation.answer", w, []any{id, accept}, func(tx *store.Tx) (string, error) {
		e, p, err := loadParticipation(tx, actor, auth.InvitationAnswer, id)
		if err != nil {
			return "", err
		}
		if p.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		err = s.answer(tx, actor, e, p, accept, "", now)
		return string(p.State), err
	})
	return exhibition.State(state), err
}

// answer is the one way in which a place is taken. The numbers on the lines of the quotas decide: two who reach for the last one cannot both commit. Who comes
// too late for a place is first on the waiting list, which is an answer and not an error; its page says so.
func (s *Exhibitions) answer(tx *store.Tx, actor auth.Actor, e *exhibition.Exhibition, p *exhibition.Participation, accept bool, note string, now time.Time) error {
	if err := openFor(e, p.Traits.Party); err != nil {
		return err
	}
	from := p.State
	if !accept {
		if err := p.Decline(now, note); err != nil {
			return err
		}
	} else {
		probe := *p
		if err := probe.Accept(now, nil); err != nil {
			return err
		}
		seats, ok, err := tx.TakeSeats(p, e.Terms.Lines(p.Traits))
		if err != nil {
			return err
		}
		if ok {
			err = p.Accept(now, seats)
		} else {
			p.TooLate(now)
		}
		if err != nil {
			return err
		}
	}
	if err := tx.UpdateParticipation(p); err != nil {
		return err
	}
	if p.State.Holds() {
		grant, err := relieve(tx, e, p, now)
		if err != nil {
			return err
		}
		if grant != 0 {
			if err := audit(tx, actor, now, string(auth.InvitationAnswer), store.AuditEntry{Entity: "grant", EntityID: grant, Area: p.Traits.Area, Note: "participation:" + strconv.FormatInt(p.ID, 10)}); err != nil {
				return err
			}
		}
	}
	if p.State == exhibition.Declined {
		if err := s.fill(tx, actor, e, p, now); err != nil {
			return err
		}
	}
	return participationAudit(tx, actor, now, string(auth.InvitationAnswer), p, from, note)
}

// refillLife is how long an exhibitor that moves up has to answer, if the exhibition does not begin sooner.
const refillLife = 5 * 24 * time.Hour

// answerBy is until when an invitation of now to a wave can be answered: the given life, if the wave does not begin sooner. Once it has begun there is a day to say
// yes, while there is one left; ok is false if there is none.
func answerBy(t *exhibition.Terms, wave int, now time.Time, life time.Duration) (deadline time.Time, ok bool) {
	first, last, _ := t.Run(wave)
	deadline = now.Add(life)
	if begins := intake.EndOf(first.AddDays(-1), zone); deadline.After(begins) {
		deadline = begins
	}
	if !deadline.After(now) {
		if officeDay(now) >= last {
			return deadline, false
		}
		deadline = intake.EndOf(officeDay(now), zone)
	}
	return deadline, true
}

// fillStretch is how much of a waiting list is looked at at once: mostly the next is among the first few.
const fillStretch = 100

// fill invites the first on the waiting list of the cell that p left, if the upper bounds allow it and what a signed plan says of each exhibitor (how many
// exhibitions, days of rest) as well. The list moves by itself, in the order of the plan if there was one.
func (s *Exhibitions) fill(tx *store.Tx, actor auth.Actor, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) error {
	deadline, ok := answerBy(&e.Terms, p.Wave, now, refillLife)
	if !ok {
		return nil
	}
	plan, err := tx.AllocationOf(e.ID)
	if err != nil {
		return err
	}
	// The same cell: neither a quota of the exhibition nor one over several moves.
	cellOf := func(x exhibition.Traits) string {
		if plan == nil {
			return e.Terms.Cell(x)
		}
		return e.Terms.Cell(x) + "/" + plan.Terms.Cell(e.ID, x)
	}
	season, err := tallySeason(tx, plan)
	if err != nil {
		return err
	}
	cell := cellOf(p.Traits)
	rank, id := -1, int64(0)
	for {
		stretch, err := tx.WaitingAfter(e.ID, p.Wave, rank, id, fillStretch)
		if err != nil || len(stretch) == 0 {
			return err
		}
		for i := range stretch {
			next := &stretch[i]
			rank, id = next.Rank, next.ID
			if cellOf(next.Traits) != cell {
				continue
			}
			if free, err := s.freeFor(tx, plan, e, next); err != nil || !free {
				if err != nil {
					return err
				}
				continue
			}
			list, err := tx.Participations(e.ID, store.ParticipationQuery{States: []exhibition.State{exhibition.Invited, exhibition.Accepted}, Limit: noLimit})
			if err != nil {
				return err
			}
			if e.Terms.MayReplace(list, p.Wave, next.Traits) != nil || season.mayInvite(next) != nil {
				return nil
			}
			from := next.State
			if err := next.Invite(now, deadline); err != nil {
				return err
			}
			if err := tx.UpdateParticipation(next); err != nil {
				return err
			}
			return participationAudit(tx, actor, now, string(auth.SelectionDecide), next, from, "waiting_list")
		}
	}
}

// freeFor reports whether a signed plan lets an exhibitor have one exhibition more. Without a plan it does.
func (s *Exhibitions) freeFor(tx *store.Tx, plan *exhibition.Allocation, e *exhibition.Exhibition, p *exhibition.Participation) (bool, error) {
	if plan == nil || plan.Accepted == 0 {
		return true, nil
	}
	mine, err := tx.Participations(0, store.ParticipationQuery{Exhibitor: p.ExhibitorID, States: []exhibition.State{exhibition.Invited, exhibition.Accepted}})
	if err != nil {
		return false, err
	}
	var held [][2]calendar.Date
	for _, m := range mine {
		if m.ID == p.ID || !plan.Has(m.ExhibitionID) {
			continue
		}
		other, err := tx.ExhibitionByID("", m.ExhibitionID)
		if err != nil {
			return false, err
		}
		first, last, _ := other.Terms.Run(m.Wave)
		held = append(held, [2]calendar.Date{first, last})
	}
	first, last, _ := e.Terms.Run(p.Wave)
	return plan.Terms.MayHold(held, first, last), nil
}

// noLimit reads a list whole: what is counted must not be cut off.
const noLimit = 1 << 30

// Withdraw takes an exhibitor out. Its sales and days stay on file, and the place goes to the waiting list.
func (s *Exhibitions) Withdraw(ctx context.Context, actor auth.Actor, id int64, form *intake.Words, w Write) error {
	text, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	return s.step(ctx, actor, auth.InvitationAnswer, id, "participation.withdraw", text, w, "withdraw", func(_ *store.Tx, _ *exhibition.Exhibition, p *exhibition.Participation, now time.Time) error {
		return p.Withdraw(now, text)
	})
}

// AnswerLink makes a link behind which a family answers its invitation. An older one ends.
func (s *Exhibitions) AnswerLink(ctx context.Context, actor auth.Actor, id int64, w Write) (token string, err error) {
	now := s.now()
	token, hash := auth.NewToken()
	made := false
	_, err = s.once(ctx, actor, "invitation.link", w, id, func(tx *store.Tx) (string, error) {
		made = true
		_, p, err := loadParticipation(tx, actor, auth.InvitationAnswer, id)
		if err != nil {
			return "", err
		}
		if p.State != exhibition.Invited {
			return "", fault.New(fault.State, "error.participation.accept", p.State.Title())
		}
		if _, err := tx.RevokeExhibitionLinks("answer", 0, id, 0, 0, now); err != nil {
			return "", err
		}
		err = tx.InsertExhibitionLink(&store.ExhibitionLink{Hash: hash, Kind: "answer", Party: actor.Party, Participation: id, CreatedBy: actor.UserID, CreatedAt: now, ExpiresAt: p.Deadline})
		if err != nil {
			return "", err
		}
		return "", participationAudit(tx, actor, now, string(auth.InvitationAnswer), p, p.State, "link")
	})
	return shownOnce(token, made, err)
}

// expireInvitations ends the invitations whose deadline has passed, and lets the waiting lists move. It works in small transactions and reports how many ended.
func (s *Exhibitions) expireInvitations(ctx context.Context) (int64, error) {
	total := int64(0)
	for {
		now := s.now()
		var due []exhibition.Participation
		err := s.db.View(ctx, func(tx *store.Tx) (err error) {
			due, err = tx.Participations(0, store.ParticipationQuery{DueBefore: now, Limit: 50})
			return err
		})
		if err != nil || len(due) == 0 {
			return total, err
		}
		ended := 0
		err = s.db.Update(ctx, func(tx *store.Tx) error {
			ended = 0
			for _, d := range due {
				p, err := tx.ParticipationByID("", d.ID)
				if err != nil {
					return err
				}
				if p.State != exhibition.Invited || !now.After(p.Deadline) { // answered since it was listed
					continue
				}
				e, err := tx.ExhibitionByID("", p.ExhibitionID)
				if err != nil {
					return err
				}
				system := auth.SystemActor(p.Traits.Party)
				if err := auth.Allow(system, auth.InvitationExpire, participationSubject(p)); err != nil {
					return err
				}
				from := p.State
				if err := p.Expire(now); err != nil {
					return err
				}
				if err := tx.UpdateParticipation(p); err != nil {
					return err
				}
				if e.Open() {
					if err := s.fill(tx, system, e, p, now); err != nil {
						return err
					}
				}
				if err := participationAudit(tx, system, now, string(auth.InvitationExpire), p, from, ""); err != nil {
					return err
				}
				ended++
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		if total += int64(ended); ended == 0 {
			return total, nil
		}
	}
}

// MostExhibitors is how many exhibitors [Exhibitions.Exhibitors] reads.
const MostExhibitors = 2000

// Exhibitors returns the exhibitors that the actor may see, associations first, and whether there are more than it read.
func (s *Exhibitions) Exhibitors(ctx context.Context, actor auth.Actor) (out []exhibition.Exhibitor, more bool, err error) {
	reach, err := auth.ReachOf(actor, auth.ExhibitorView)
	if err != nil {
		return nil, false, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Exhibitors(store.Scope{Party: reach.Party}, "", MostExhibitors+1)
		more = len(list) > MostExhibitors
		out = nil
		for _, x := range list[:min(len(list), MostExhibitors)] {
			if reach.Holds(exhibitorSubject(&x)) {
				out = append(out, x)
			}
		}
		return err
	})
	slices.SortStableFunc(out, func(a, b exhibition.Exhibitor) int { return cmp.Compare(a.Kind, b.Kind) })
	return out, more, err
}

// ExhibitorView is one exhibitor with its past.
type ExhibitorView struct {
	exhibition.Exhibitor
	Families  []string // registration numbers of an association's
	Past      []exhibition.Participation
	Shows     map[int64]string // names of the exhibitions
	CanManage bool
}

// Exhibitor returns one exhibitor of the actor's reach.
func (s *Exhibitions) Exhibitor(ctx context.Context, actor auth.Actor, id int64) (*ExhibitorView, error) {
	v := &ExhibitorView{Shows: map[int64]string{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		x, err := loadExhibitor(tx, actor, auth.ExhibitorView, id)
		if err != nil {
			return err
		}
		v.Exhibitor, v.CanManage = *x, auth.Allow(actor, auth.ExhibitorManage, exhibitorSubject(x)) == nil
		if !v.CanManage {
			v.Contact, v.TravelNote = "", ""
		}
		for _, m := range x.Members {
			f, err := tx.FamilyByID(store.Scope{Party: actor.Party}, m)
			if err != nil {
				return err
			}
			v.Families = append(v.Families, string(f.Status.Number))
		}
		if v.Past, err = tx.Participations(0, store.ParticipationQuery{Party: actor.Party, Exhibitor: id}); err != nil {
			return err
		}
		for _, p := range v.Past {
			e, err := tx.ExhibitionByID(actor.Party, p.ExhibitionID)
			if err != nil {
				return err
			}
			v.Shows[e.ID] = e.Terms.Name
		}
		return nil
	})
	return v, err
}

// PutAssociation enters an association that stands for families, or changes it (id not 0), and returns its id.
func (s *Exhibitions) PutAssociation(ctx context.Context, actor auth.Actor, id int64, form *intake.Association, w Write) (int64, error) {
	in, numbers, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	if err := auth.Allow(actor, auth.ExhibitorManage, auth.Subject{Party: actor.Party, Area: in.Area, EnteredBy: actor.UserID}); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "exhibitor.put", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		x := in
		x.EnteredBy, x.CreatedAt, x.UpdatedAt = actor.UserID, now, now
		if id != 0 {
			old, err := loadExhibitor(tx, actor, auth.ExhibitorManage, id)
			if err != nil {
				return "", err
			}
			if old.Kind != exhibition.Association {
				return "", fault.New(fault.NotFound, "error.not_found")
			}
			if old.Version != w.Version {
				return "", fault.New(fault.Stale, "error.stale")
			}
			x.ID, x.Version, x.EnteredBy, x.CreatedAt, x.Travel, x.TravelNote = old.ID, old.Version, old.EnteredBy, old.CreatedAt, old.Travel, old.TravelNote
		}
		for _, n := range numbers {
			number, ok := registry.ParseNumber(n)
			var f *registry.Family
			var err error
			if ok {
				f, err = tx.FamilyByNumber(store.Scope{Party: actor.Party}, number)
			}
			if !ok || fault.Is(err, fault.NotFound) || err == nil && f.Status.State != registry.Approved {
				var ps fault.Problems
				ps.Add("members", "problem.exhibitor.member", n)
				return "", ps.Err()
			}
			if err != nil {
				return "", err
			}
			x.Members = append(x.Members, f.ID)
		}
		var err error
		if id == 0 {
			err = tx.InsertExhibitor(&x)
		} else {
			err = tx.UpdateExhibitor(&x)
		}
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(x.ID, 10), audit(tx, actor, now, string(auth.ExhibitorManage), store.AuditEntry{Entity: "exhibitor", EntityID: x.ID, Area: x.Area, Note: x.Name})
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// NoteTravel puts the ministry's note on who may represent the country abroad on an exhibitor.
func (s *Exhibitions) NoteTravel(ctx context.Context, actor auth.Actor, id int64, form *intake.TravelNote, w Write) error {
	list, note, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "exhibitor.travel", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		x, err := loadExhibitor(tx, actor, auth.ExhibitorManage, id)
		if err != nil {
			return "", err
		}
		if x.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		old := x.Travel
		x.Travel, x.TravelNote, x.UpdatedAt = list, note, now
		if err := tx.UpdateExhibitor(x); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.ExhibitorManage), store.AuditEntry{Entity: "exhibitor", EntityID: id, Area: x.Area, Note: note,
			Changes: []registry.Change{{Path: "travel_list", Class: string(auth.ClassDecision), Old: string(old), New: string(list)}}})
	})
	return err
}
