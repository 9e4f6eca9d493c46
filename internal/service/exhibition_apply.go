package service

import (
	"context"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// PutCall opens a party's call for exhibitors to an agreed exhibition, or changes its window and rules.
func (s *Exhibitions) PutCall(ctx context.Context, actor auth.Actor, id int64, form *intake.Call, w Write) error {
	in, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "call.put", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		e, err := loadOpen(tx, actor, auth.CallManage, id)
		if err != nil {
			return "", err
		}
		if err := in.Check(&e.Terms).Err(); err != nil {
			return "", err
		}
		if err := closedByDraw(tx, id); err != nil {
			return "", err
		}
		c, err := tx.CallOf(actor.Party, id)
		if err != nil {
			return "", err
		}
		if c == nil {
			c = &exhibition.Call{ExhibitionID: id, Party: actor.Party, By: actor.UserID, CreatedAt: now}
		} else if c.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		c.Opens, c.Closes, c.Rules, c.ClosedAt = in.Opens, in.Closes, in.Rules, time.Time{}
		if err := tx.PutCall(c); err != nil {
			return "", err
		}
		if err := s.note(tx, actor, e, "call", c.Opens.String()+" – "+c.Closes.String(), nil); err != nil {
			return "", err
		}
		return "", s.exhibitionAudit(tx, actor, e, string(auth.CallManage), c.Opens.String()+"/"+c.Closes.String())
	})
	return err
}

// CloseCall ends a party's call before its last day.
func (s *Exhibitions) CloseCall(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	_, err := s.once(ctx, actor, "call.close", w, id, func(tx *store.Tx) (string, error) {
		e, err := loadOpen(tx, actor, auth.CallManage, id)
		if err != nil {
			return "", err
		}
		c, err := tx.CallOf(actor.Party, id)
		if err != nil {
			return "", err
		}
		if c == nil {
			return "", fault.New(fault.State, "error.call.none")
		}
		if err := c.Close(s.now(), s.today()); err != nil {
			return "", err
		}
		if err := tx.PutCall(c); err != nil {
			return "", err
		}
		return "", s.exhibitionAudit(tx, actor, e, string(auth.CallManage), "close")
	})
	return err
}

// Applying is what the form of an application needs to know.
type Applying struct {
	Exhibition *exhibition.Exhibition
	Call       *exhibition.Call
	Families   []store.FamilyRow // that the actor may apply for, at most 200
	Groups     []exhibition.Exhibitor
	Today      calendar.Date
}

// Applying returns what the officer's form offers. text narrows the families.
func (s *Exhibitions) Applying(ctx context.Context, actor auth.Actor, id int64, text string) (*Applying, error) {
	out := &Applying{Today: s.today()}
	reach, err := auth.ReachOf(actor, auth.ApplicationEnter)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if out.Exhibition, err = loadOpen(tx, actor, auth.ExhibitionView, id); err != nil {
			return err
		}
		if out.Call, err = tx.CallOf(actor.Party, id); err != nil {
			return err
		}
		q := store.FamilyQuery{States: []string{string(registry.Approved)}, Text: text, Sort: store.SortName, Limit: 200}
		if reach.OwnOnly {
			q.EnteredBy = reach.Self
		}
		page, err := tx.ListFamilies(scopeOf(reach, q.EnteredBy), q)
		if err != nil {
			return err
		}
		for _, r := range page.Rows {
			if c, ok := registry.CraftByCode(r.Craft); ok && c.Exhibited {
				out.Families = append(out.Families, r)
			}
		}
		if auth.Can(actor, auth.ExhibitorManage) {
			out.Groups, err = tx.Exhibitors(scopeOf(reach, 0), exhibition.Association, 200)
		}
		return err
	})
	return out, err
}

// exhibitorOf returns the exhibitor of a family, entering it or bringing it up to date from the registry.
func exhibitorOf(tx *store.Tx, f *registry.Family, by int64, now time.Time) (*exhibition.Exhibitor, error) {
	x, err := tx.ExhibitorOfFamily(f.Party, f.ID)
	if fault.Is(err, fault.NotFound) {
		x = &exhibition.Exhibitor{EnteredBy: f.Status.EnteredBy, CreatedAt: now, UpdatedAt: now}
		if x.EnteredBy == 0 {
			x.EnteredBy = by
		}
		if err := x.OfFamily(f); err != nil {
			return nil, err
		}
		return x, tx.InsertExhibitor(x)
	}
	if err != nil {
		return nil, err
	}
	if err := x.OfFamily(f); err != nil {
		return nil, err
	}
	x.UpdatedAt = now
	return x, tx.UpdateExhibitor(x)
}

// enter stores an application: the one rule for officers and families alike.
func (s *Exhibitions) enter(tx *store.Tx, e *exhibition.Exhibition, call *exhibition.Call, x *exhibition.Exhibitor, in intake.Applied, by int64, now time.Time) (*exhibition.Participation, error) {
	if call == nil {
		return nil, fault.New(fault.State, "error.call.none")
	}
	if err := call.Take(officeDay(now)); err != nil {
		return nil, err
	}
	if err := closedByDraw(tx, e.ID); err != nil {
		return nil, err
	}
	if _, _, ok := e.Terms.Run(in.Wave); !ok {
		var ps fault.Problems
		ps.Add("wave", "problem.choice")
		return nil, ps.Err()
	}
	if err := x.MayTravel(e.Terms.Host); err != nil {
		return nil, err
	}
	others, err := tx.Participations(e.ID, store.ParticipationQuery{Exhibitor: x.ID})
	if err != nil {
		return nil, err
	}
	for _, o := range others { // the same family is not in both waves
		if o.Wave != in.Wave && !o.State.Ended() {
			return nil, fault.New(fault.Duplicate, "error.participation.other_wave")
		}
	}
	past, err := tx.PastParticipations(x.ID, e.ID)
	if err != nil {
		return nil, err
	}
	p := &exhibition.Participation{ExhibitionID: e.ID, Wave: in.Wave, ExhibitorID: x.ID, FamilyID: x.FamilyID, State: exhibition.Applied, Traits: x.Traits(past == 0), Name: x.Name, NameEN: x.NameEN,
		Application: in.Application, EnteredBy: x.EnteredBy, CreatedAt: now, UpdatedAt: now}
	if by != 0 && x.Kind == exhibition.Association {
		p.EnteredBy = by
	}
	return p, tx.InsertParticipation(p)
}

// Apply hands an application in, by an officer for a family or an association. A closed call refuses it; what was typed is the page's to keep.
func (s *Exhibitions) Apply(ctx context.Context, actor auth.Actor, id int64, form *intake.Application, w Write) (int64, error) {
	in, ps := form.Check(s.context(actor), exhibition.ByOfficer)
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "application.enter", w, []any{id, form}, func(tx *store.Tx) (string, error) {
		e, err := loadOpen(tx, actor, auth.ExhibitionView, id)
		if err != nil {
			return "", err
		}
		call, err := tx.CallOf(actor.Party, id)
		if err != nil {
			return "", err
		}
		var x *exhibition.Exhibitor
		if in.Family != 0 {
			f, err := load(tx, actor, auth.ApplicationEnter, in.Family)
			if err != nil {
				return "", err
			}
			if x, err = exhibitorOf(tx, f, actor.UserID, now); err != nil {
				return "", err
			}
		} else if x, err = loadExhibitor(tx, actor, auth.ApplicationEnter, in.Exhibitor); err != nil {
			return "", err
		}
		p, err := s.enter(tx, e, call, x, in, actor.UserID, now)
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(p.ID, 10), participationAudit(tx, actor, now, string(auth.ApplicationEnter), p, "", "")
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// participationAudit writes a step in the life of a participation.
func participationAudit(tx *store.Tx, actor auth.Actor, at time.Time, action string, p *exhibition.Participation, from exhibition.State, note string) error {
	var changes []registry.Change
	if from != p.State {
		changes = append(changes, registry.Change{Path: "state", Class: string(auth.ClassDecision), Old: string(from), New: string(p.State)})
	}
	return audit(tx, actor, at, action, store.AuditEntry{Party: string(p.Traits.Party), Entity: "participation", EntityID: p.ID, Area: p.Traits.Area, Changes: changes, Note: note})
}

func exhibitorSubject(x *exhibition.Exhibitor) auth.Subject {
	return auth.Subject{Party: x.Party, Area: x.Area, EnteredBy: x.EnteredBy}
}

func loadExhibitor(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*exhibition.Exhibitor, error) {
	x, err := tx.ExhibitorByID(actor.Party, id)
	if err != nil {
		return nil, err
	}
	return x, auth.Allow(actor, action, exhibitorSubject(x))
}

// linkLife is how long a family's application link works, unless the call closes earlier. A link to an invitation ends with its deadline.
const linkLife = 60 * 24 * time.Hour

// ApplyLink makes a link behind which a family fills in its own application, without an account. An older one of the family in the call ends.
func (s *Exhibitions) ApplyLink(ctx context.Context, actor auth.Actor, id, family int64, w Write) (token string, err error) {
	now := s.now()
	token, hash := auth.NewToken()
	made := false
	_, err = s.once(ctx, actor, "application.link", w, []int64{id, family}, func(tx *store.Tx) (string, error) {
		made = true
		if _, err := loadOpen(tx, actor, auth.ExhibitionView, id); err != nil {
			return "", err
		}
		f, err := load(tx, actor, auth.ApplicationEnter, family)
		if err != nil {
			return "", err
		}
		if err := new(exhibition.Exhibitor).OfFamily(f); err != nil {
			return "", err
		}
		call, err := tx.CallOf(actor.Party, id)
		if err != nil {
			return "", err
		}
		if call == nil {
			return "", fault.New(fault.State, "error.call.none")
		}
		if err := call.Take(officeDay(now)); err != nil {
			return "", err
		}
		if _, err := tx.RevokeExhibitionLinks("apply", 0, 0, call.ID, family, now); err != nil {
			return "", err
		}
		err = tx.InsertExhibitionLink(&store.ExhibitionLink{Hash: hash, Kind: "apply", Party: actor.Party, CallID: call.ID, FamilyID: family, CreatedBy: actor.UserID, CreatedAt: now, ExpiresAt: now.Add(linkLife)})
		if err != nil {
			return "", err
		}
		return "", familyAudit(tx, actor, now, string(auth.ApplicationEnter), f, nil, "link")
	})
	return shownOnce(token, made, err)
}

// shownOnce is the token of a link that was just made. Sent again, the form gets no second look: only the hash was kept.
func shownOnce(token string, made bool, err error) (string, error) {
	if err == nil && !made {
		err = fault.New(fault.State, "error.link.shown")
	}
	if err != nil {
		return "", err
	}
	return token, nil
}

// Guest is what stands behind a link that a family opened: an application form, or an invitation to answer. It shows the family its own name, nothing else.
type Guest struct {
	Exhibition    *exhibition.Exhibition
	Call          *exhibition.Call // of an application link
	Participation *exhibition.Participation
	Name          string
	Craft         string
	Party         place.Country
	Today         calendar.Date
	Closed        error    // why nothing can be handed in any more; nil: it can
	Stand         Stand    // of an accepted invitation
	Fee           *FeeView // of an invitation
}

func (s *Exhibitions) guest(tx *store.Tx, kind, token string, now time.Time) (*store.ExhibitionLink, *Guest, error) {
	hash, ok := auth.HashToken(token)
	if !ok {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	l, err := tx.ExhibitionLinkByHash(kind, hash)
	if err != nil {
		return nil, nil, err
	}
	g := &Guest{Party: l.Party, Today: officeDay(now)}
	if kind == "answer" {
		if g.Participation, err = tx.ParticipationByID(l.Party, l.Participation); err != nil {
			return nil, nil, err
		}
		g.Name, g.Craft = g.Participation.Name, g.Participation.Traits.Craft
		if g.Exhibition, err = tx.ExhibitionByID(l.Party, g.Participation.ExhibitionID); err == nil && g.Participation.State.Holds() {
			g.Stand, err = s.standOf(tx, g.Exhibition, g.Participation.ID)
		}
		if err == nil {
			g.Fee, err = feeOf(tx, g.Exhibition, g.Participation, 0)
		}
		return l, g, err
	}
	if now.After(l.ExpiresAt) {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	if g.Call, err = tx.CallByID(l.CallID); err != nil {
		return nil, nil, err
	}
	if g.Exhibition, err = tx.ExhibitionByID(l.Party, g.Call.ExhibitionID); err != nil {
		return nil, nil, err
	}
	f, err := tx.FamilyByID(store.Scope{Party: l.Party}, l.FamilyID)
	if err != nil {
		return nil, nil, err
	}
	g.Name, g.Craft = f.Record.Lead.DisplayName(), f.Record.Project.Craft
	if g.Closed = openFor(g.Exhibition, l.Party); g.Closed == nil {
		g.Closed = g.Call.Take(g.Today)
	}
	x, err := tx.ExhibitorOfFamily(l.Party, l.FamilyID)
	if fault.Is(err, fault.NotFound) {
		return l, g, nil
	}
	if err != nil {
		return nil, nil, err
	}
	list, err := tx.Participations(g.Exhibition.ID, store.ParticipationQuery{Exhibitor: x.ID})
	if len(list) > 0 {
		g.Participation = &list[0]
	}
	return l, g, err
}

// Guest opens a family's link. kind is "apply" or "answer".
func (s *Exhibitions) Guest(ctx context.Context, kind, token string) (*Guest, error) {
	var g *Guest
	now := s.now()
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		_, g, err = s.guest(tx, kind, token, now)
		return err
	})
	return g, err
}

// ApplyByLink hands in the application of a family that opened its link. A second sending of the same form changes nothing: the family has applied.
func (s *Exhibitions) ApplyByLink(ctx context.Context, token string, form *intake.Application, address string) error {
	now := s.now()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		l, g, err := s.guest(tx, "apply", token, now)
		if err != nil {
			return err
		}
		if g.Participation != nil {
			return fault.New(fault.Duplicate, "error.participation.twice")
		}
		in, ps := form.Check(intake.Context{Party: l.Party, Today: g.Today, Now: now}, exhibition.ByLink)
		if err := ps.Err(); err != nil {
			return err
		}
		if g.Closed != nil {
			return g.Closed
		}
		f, err := tx.FamilyByID(store.Scope{Party: l.Party}, l.FamilyID)
		if err != nil {
			return err
		}
		x, err := exhibitorOf(tx, f, l.CreatedBy, now)
		if err != nil {
			return err
		}
		p, err := s.enter(tx, g.Exhibition, g.Call, x, in, 0, now)
		if err != nil {
			return err
		}
		guest := auth.SystemActor(l.Party)
		guest.Name, guest.Address = "link", address
		return participationAudit(tx, guest, now, string(auth.ApplicationEnter), p, "", "link")
	})
}

// AnswerByLink accepts or declines an invitation on the family's own phone.
func (s *Exhibitions) AnswerByLink(ctx context.Context, token string, accept bool, address string) (exhibition.State, error) {
	now := s.now()
	state := exhibition.State("")
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		l, g, err := s.guest(tx, "answer", token, now)
		if err != nil {
			return err
		}
		guest := auth.SystemActor(l.Party)
		guest.Name, guest.Address = "link", address
		if g.Participation.State == exhibition.Accepted && accept || g.Participation.State == exhibition.Declined && !accept {
			state = g.Participation.State // sent again
			return nil
		}
		err = s.answer(tx, guest, g.Exhibition, g.Participation, accept, "", now)
		state = g.Participation.State
		return err
	})
	return state, err
}
