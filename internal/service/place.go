package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Places holds the use-cases of who stands where in an exhibition: its halls, the booths of its exhibitors, the rules.
//
// The host's coordinator arranges the floor and may place everybody; a coordinator of the other party places the exhibitors of the own party. What each sees of the
// other's exhibitors is the roster of an agreed exhibition: display name, craft and booth.
type Places struct{ core }

// PlaceHall is one hall of an exhibition.
type PlaceHall struct {
	store.ExhibitionHall
	Hall   exhibition.Label
	Number int // of the plan
	Booths int
	Placed int
}

// PlaceFloor is an exhibition with its halls.
type PlaceFloor struct {
	Exhibition exhibition.Exhibition
	Halls      []PlaceHall
	Choices    []store.ReleasedPlan // plans of the host that may be added or changed to, for who may arrange
	CanArrange bool                 // may choose halls: the host's coordinator
	CanPlace   bool
	Accepted   int // exhibitors who hold a place
	Placed     int
}

// visible reads an exhibition that the actor may see the placing of: its own party's, or, of the other's, an agreed one in which the party takes part.
func (s *Places) visible(tx *store.Tx, actor auth.Actor, id int64) (*exhibition.Exhibition, error) {
	e, err := tx.ExhibitionByID(actor.Party, id)
	if err != nil {
		return nil, err
	}
	if e.Terms.Host != actor.Party && e.Proposer != actor.Party && e.Status != exhibition.Agreed && e.Status != exhibition.Closed {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return e, nil
}

func arranges(actor auth.Actor, e *exhibition.Exhibition) bool {
	return auth.Can(actor, auth.PlaceEdit) && actor.Party == e.Terms.Host && e.Status == exhibition.Agreed
}

func mayPlace(actor auth.Actor, e *exhibition.Exhibition) bool {
	return auth.Can(actor, auth.PlaceEdit) && e.Has(actor.Party) && e.Status == exhibition.Agreed
}

func (s *Places) allow(actor auth.Actor, action auth.Action) error {
	if actor.Party == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return auth.Allow(actor, action, auth.Subject{Party: actor.Party})
}

// Floor returns the halls of an exhibition.
func (s *Places) Floor(ctx context.Context, actor auth.Actor, id int64) (*PlaceFloor, error) {
	if err := s.allow(actor, auth.PlaceView); err != nil {
		return nil, err
	}
	var out *PlaceFloor
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, err := s.visible(tx, actor, id)
		if err != nil {
			return err
		}
		out = &PlaceFloor{Exhibition: *e, CanArrange: arranges(actor, e), CanPlace: mayPlace(actor, e)}
		halls, err := tx.ExhibitionHalls(id)
		if err != nil {
			return err
		}
		placed, err := tx.Placements(id)
		if err != nil {
			return err
		}
		out.Placed = len(placed)
		people, err := tx.Participations(id, store.ParticipationQuery{States: []exhibition.State{exhibition.Accepted}})
		if err != nil {
			return err
		}
		out.Accepted = len(people)
		for _, h := range halls {
			plan, hall, err := hallOf(tx, e, h)
			if err != nil {
				return err
			}
			x := PlaceHall{ExhibitionHall: h, Hall: hall.Name, Number: plan.Number, Booths: plan.Booths}
			for _, p := range placed {
				if p.HallID == h.HallID {
					x.Placed++
				}
			}
			out.Halls = append(out.Halls, x)
		}
		if out.CanArrange {
			all, err := tx.ReleasedPlans(e.Terms.Host)
			if err != nil {
				return err
			}
			for _, c := range all {
				ok, err := within(tx, &e.Terms, e.Terms.Host, c.HallID)
				if err != nil {
					return err
				}
				if ok {
					out.Choices = append(out.Choices, c)
				}
			}
		}
		return nil
	})
	return out, err
}

// hallOf reads the plan and the hall that an exhibition uses; they are the host's, whoever looks.
func hallOf(tx *store.Tx, e *exhibition.Exhibition, h store.ExhibitionHall) (*store.HallPlan, *exhibition.Hall, error) {
	plan, err := tx.PlanByID(e.Terms.Host, h.PlanID)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the plan of hall %d: %w", h.HallID, err)
	}
	hall, err := tx.HallByID(e.Terms.Host, h.HallID)
	if err != nil {
		return nil, nil, fmt.Errorf("reading hall %d: %w", h.HallID, err)
	}
	return plan, hall, nil
}

// UsePlan adds the hall of a released plan to an exhibition, or puts a hall that is in it onto that plan. Booths in which somebody stands must be in the new plan.
func (s *Places) UsePlan(ctx context.Context, actor auth.Actor, id, plan int64, w Write) error {
	if err := s.allow(actor, auth.PlaceEdit); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "place.hall", w, []any{id, plan}, func(tx *store.Tx) (string, error) {
		e, err := s.arranged(tx, actor, id)
		if err != nil {
			return "", err
		}
		row, err := tx.PlanByID(e.Terms.Host, plan)
		if err != nil {
			return "", err
		}
		if row.State == exhibition.PlanDraft {
			return "", fault.New(fault.State, "error.floor.unreleased")
		}
		if ok, err := within(tx, &e.Terms, e.Terms.Host, row.HallID); err != nil || !ok {
			if err == nil {
				err = fault.New(fault.State, "error.floor.other_hall", e.Terms.Venue)
			}
			return "", err
		}
		p, err := readPlan(row)
		if err != nil {
			return "", err
		}
		halls, err := tx.ExhibitionHalls(id)
		if err != nil {
			return "", err
		}
		h := store.ExhibitionHall{ExhibitionID: id, HallID: row.HallID, AddedBy: actor.UserID, AddedAt: now}
		for _, x := range halls {
			if x.HallID == row.HallID {
				h = x
			}
		}
		placed, err := tx.Placements(id)
		if err != nil {
			return "", err
		}
		var lost []string
		for _, x := range placed {
			if x.HallID == row.HallID && p.BoothByID(x.Booth) == nil {
				lost = append(lost, strconv.Itoa(x.Booth))
			}
		}
		if len(lost) > 0 {
			return "", fault.New(fault.State, "error.floor.lost", strings.Join(lost, ", "))
		}
		old := h.PlanID
		h.PlanID = plan
		if old == plan {
			return "", nil
		}
		if err := tx.PutExhibitionHall(&h); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, "place.hall", id, []registry.Change{{Path: "plan", Old: planText(old), New: planText(plan)}})
	})
	return err
}

func planText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func (s *Places) audit(tx *store.Tx, actor auth.Actor, action string, id int64, changes []registry.Change) error {
	return audit(tx, actor, s.now(), action, store.AuditEntry{Party: string(actor.Party), Entity: "exhibition", EntityID: id, Changes: changes})
}

// arranged reads an exhibition whose halls the actor may choose.
func (s *Places) arranged(tx *store.Tx, actor auth.Actor, id int64) (*exhibition.Exhibition, error) {
	e, err := s.visible(tx, actor, id)
	switch {
	case err != nil:
		return nil, err
	case e.Status != exhibition.Agreed:
		return nil, fault.New(fault.State, "error.floor.not_agreed")
	case !arranges(actor, e):
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return e, nil
}

// DropHall takes a hall out of an exhibition in which nobody stands.
func (s *Places) DropHall(ctx context.Context, actor auth.Actor, id, hall int64, w Write) error {
	if err := s.allow(actor, auth.PlaceEdit); err != nil {
		return err
	}
	_, err := s.once(ctx, actor, "place.drop", w, []any{id, hall}, func(tx *store.Tx) (string, error) {
		e, err := s.arranged(tx, actor, id)
		if err != nil {
			return "", err
		}
		if e.Terms.HallID == hall {
			return "", fault.New(fault.State, "error.floor.other_hall", e.Terms.Venue)
		}
		placed, err := tx.Placements(id)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(placed, func(p exhibition.Placement) bool { return p.HallID == hall }) {
			return "", fault.New(fault.State, "error.floor.occupied")
		}
		if err := tx.RemoveExhibitionHall(id, hall); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, "place.drop", id, []registry.Change{{Path: "hall", Old: strconv.FormatInt(hall, 10)}})
	})
	return err
}

// PlacePerson is one exhibitor as the placing page shows it. Of the other party's it holds what the roster does: name and craft, and the booth. The host, who places
// everybody, is told what they asked of a booth; where they come from, nobody of the other party.
type PlacePerson struct {
	exhibition.Occupant
	Name, NameEN string
	Wave         int
	Placement    *exhibition.Placement // nil: has no booth yet
	Mine         bool                  // the actor may place
	Own          bool                  // of the actor's party
}

// PlaceView is one hall of an exhibition with who stands where in one wave.
type PlaceView struct {
	Exhibition exhibition.Exhibition
	Hall       exhibition.Hall
	Row        store.HallPlan
	Plan       *exhibition.Plan
	Wave       int
	People     []PlacePerson // of the wave, by name; also those in other halls
	Findings   []exhibition.PlaceFinding
	CanPlace   bool
	Layouts    []LayoutView // proposals of the actor's party for this hall and wave, the newest first; for who may place
	placing    *exhibition.Placing
	measured   *exhibition.Measured
}

// At returns who stands in a booth of the hall, nil if it is empty.
func (v *PlaceView) At(booth int) *PlacePerson {
	for i := range v.People {
		if p := v.People[i].Placement; p != nil && p.HallID == v.Hall.ID && p.Booth == booth {
			return &v.People[i]
		}
	}
	return nil
}

// Judge returns the verdicts on every booth of the hall for one exhibitor, by booth; what has none is fine. Of an exhibitor of whom the actor's party may not know what it
// needs there are none: fault.NotFound.
func (v *PlaceView) Judge(party place.Country, participation int64) (map[int][]exhibition.PlaceFinding, error) {
	if !v.tells(participation, party) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	return v.placing.JudgeAll(participation), nil
}

// View returns one hall of an exhibition with who stands where in a wave.
func (s *Places) View(ctx context.Context, actor auth.Actor, id, hall int64, wave int) (*PlaceView, error) {
	if err := s.allow(actor, auth.PlaceView); err != nil {
		return nil, err
	}
	var v *PlaceView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if v, err = s.view(tx, actor, id, hall, wave); err != nil || !v.CanPlace {
			return err
		}
		v.Layouts, err = layoutsOf(tx, actor, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	v.Findings = slices.DeleteFunc(v.placing.Check(), func(f exhibition.PlaceFinding) bool { return !v.tells(f.Occupant, actor.Party) })
	return v, nil
}

// tells reports whether a party may read what a booth lacks for an exhibitor: its own, and the host of everybody's.
func (v *PlaceView) tells(participation int64, party place.Country) bool {
	if v.Exhibition.Terms.Host == party {
		return true
	}
	return slices.ContainsFunc(v.People, func(p PlacePerson) bool { return p.ID == participation && p.Own })
}

func (s *Places) view(tx *store.Tx, actor auth.Actor, id, hall int64, wave int) (*PlaceView, error) {
	e, err := s.visible(tx, actor, id)
	if err != nil {
		return nil, err
	}
	if wave < 0 || wave >= e.Terms.WaveCount() {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	halls, err := tx.ExhibitionHalls(id)
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(halls, func(h store.ExhibitionHall) bool { return h.HallID == hall })
	if n < 0 {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	row, h, err := hallOf(tx, e, halls[n])
	if err != nil {
		return nil, err
	}
	v := &PlaceView{Exhibition: *e, Hall: *h, Row: *row, Wave: wave, CanPlace: mayPlace(actor, e)}
	plan, err := s.measured(row)
	if err != nil {
		return nil, err
	}
	v.Plan, v.placing, v.measured = plan.Plan(), plan.Placing(), plan
	list, err := tx.Participations(id, store.ParticipationQuery{States: []exhibition.State{exhibition.Accepted}})
	if err != nil {
		return nil, err
	}
	placed, err := tx.Placements(id)
	if err != nil {
		return nil, err
	}
	associations, err := tx.AssociationsOf(id)
	if err != nil {
		return nil, err
	}
	standing := make(map[int64]*exhibition.Placement, len(placed))
	for i := range placed {
		standing[placed[i].ParticipationID] = &placed[i]
	}
	for i := range list {
		p := &list[i]
		if p.Wave != wave {
			continue
		}
		x := PlacePerson{Occupant: occupant(p, associations[p.FamilyID]), Name: p.Name, NameEN: p.NameEN, Wave: p.Wave}
		x.Own = p.Traits.Party == actor.Party
		x.Mine = v.CanPlace && (p.Traits.Party == actor.Party || e.Terms.Host == actor.Party)
		if x.Placement = standing[p.ID]; x.Placement != nil && x.Placement.HallID == hall {
			v.placing.Booth[p.ID] = x.Placement.Booth
		}
		v.placing.Occupants = append(v.placing.Occupants, x.Occupant)
		if !x.Own {
			x.Occupant = seenAbroad(x.Occupant, e.Terms.Host == actor.Party)
		}
		v.People = append(v.People, x)
	}
	return v, nil
}

// seenAbroad leaves of an occupant what the other party sees. The host is told what was asked of a booth.
func seenAbroad(o exhibition.Occupant, host bool) exhibition.Occupant {
	if !host {
		return exhibition.Occupant{ID: o.ID, Party: o.Party, Craft: o.Craft}
	}
	o.Area, o.Disability, o.Association = "", false, 0
	return o
}

// socket is what "needs power" means in watts: one socket of a stand.
const socket = 500

// occupant is a participation as the rules of placing see it.
func occupant(p *exhibition.Participation, association int64) exhibition.Occupant {
	n := p.Application.Needs
	o := exhibition.Occupant{ID: p.ID, Party: p.Traits.Party, Area: p.Traits.Area, Craft: p.Traits.Craft, Association: association, Water: n.Water, Extraction: n.Extraction,
		Heavy: n.Loading, Accessible: n.Accessible, Disability: p.Traits.Disability, Live: n.Live}
	if n.Power || n.Live {
		o.PowerW = socket
	}
	// A table is smaller than the shares of a stand that Size.Square counts in: 1.3 × 0.66 m.
	if n.Size != "" && n.Size != "table" {
		o.AreaDM2 = n.Size.Square() * 10
	}
	return o
}

// Place puts an exhibitor into a booth of a hall, or moves it there; w.Version is the placement's version, 0 for the first. What the rules block is refused with the first
// reason; warnings are the coordinator's to weigh. Of two who want one booth at the same moment the second is told.
func (s *Places) Place(ctx context.Context, actor auth.Actor, id, hall, participation int64, booth int, w Write) error {
	if err := s.allow(actor, auth.PlaceEdit); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "place.put", w, []any{id, hall, participation, booth}, func(tx *store.Tx) (string, error) {
		p, v, err := s.placeable(tx, actor, id, hall, participation)
		if err != nil {
			return "", err
		}
		b := v.Plan.BoothByID(booth)
		if b == nil {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		if who := v.At(booth); who != nil && who.ID != participation {
			return "", fault.New(fault.Duplicate, "error.place.taken")
		}
		for _, f := range v.placing.Judge(participation, booth) {
			if f.Severity == fault.Blocking {
				return "", &fault.Error{Kind: fault.State, Key: "error.place.refused", Args: []any{placeReason(f)}, Err: nil}
			}
		}
		old := ""
		if p.Placement != nil {
			old = boothText(p.Placement)
		}
		return "", s.put(tx, actor, v, p, b, old, w.Version, now)
	})
	return err
}

// put writes one exhibitor into a booth that nobody stands in; version is that of its placement, 0 if it has none. old is the booth it comes from, for the log.
func (s *Places) put(tx *store.Tx, actor auth.Actor, v *PlaceView, p *PlacePerson, b *exhibition.Booth, old string, version int64, now time.Time) error {
	id, hall := v.Exhibition.ID, v.Hall.ID
	if err := tx.ClearBooth(id, v.Wave, hall, b.ID); err != nil {
		return err
	}
	switch x := p.Placement; {
	case x == nil && version != 0:
		return fault.New(fault.Stale, "error.stale")
	case x == nil:
		n := exhibition.Placement{ExhibitionID: id, Wave: v.Wave, HallID: hall, Booth: b.ID, ParticipationID: p.ID, By: actor.UserID, At: now}
		if err := tx.InsertPlacement(&n); err != nil {
			return err
		}
	case x.Version != version:
		return fault.New(fault.Duplicate, "error.place.placed")
	default:
		if err := x.Move(hall, b.ID); err != nil {
			return err
		}
		x.By, x.At = actor.UserID, now
		if err := tx.UpdatePlacement(x); err != nil {
			return err
		}
	}
	n := exhibition.Placement{HallID: hall, Booth: b.ID}
	return s.audit(tx, actor, "place.put", id, []registry.Change{{Path: "participation", New: strconv.FormatInt(p.ID, 10)}, {Path: "plan.booth", Old: old, New: boothText(&n) + " " + b.Code}})
}

// PlaceMove is one exhibitor's part in a change of several booths at once.
type PlaceMove struct {
	Participation int64
	Booth         int
	Version       int64 // of the placement that the change was made on, 0 if there was none
}

// Arrange puts several exhibitors of one wave into booths of a hall at once, also into each other's: all of them or nobody. What holds for [Places.Place] holds for each in the
// arrangement that comes of it.
func (s *Places) Arrange(ctx context.Context, actor auth.Actor, id, hall int64, wave int, moves []PlaceMove, w Write) error {
	if err := s.allow(actor, auth.PlaceEdit); err != nil {
		return err
	}
	_, err := s.once(ctx, actor, "place.arrange", w, []any{id, hall, wave, moves}, func(tx *store.Tx) (string, error) {
		v, err := s.view(tx, actor, id, hall, wave)
		if err != nil {
			return "", err
		}
		return "", s.arrange(tx, actor, v, moves)
	})
	return err
}

// maxArranged bounds one arrangement: more exhibitors than the largest plan has booths are not moved at once.
const maxArranged = exhibition.MaxBooths

func (s *Places) arrange(tx *store.Tx, actor auth.Actor, v *PlaceView, moves []PlaceMove) error {
	if v.Exhibition.Status != exhibition.Agreed {
		return fault.New(fault.State, "error.floor.not_agreed")
	}
	if len(moves) == 0 || len(moves) > maxArranged {
		return fault.New(fault.Invalid, "error.place.choose")
	}
	people := map[int64]*PlacePerson{}
	for i := range v.People {
		people[v.People[i].ID] = &v.People[i]
	}
	after := maps.Clone(v.placing.Booth)
	target := map[int]bool{}
	for _, m := range moves {
		p, b := people[m.Participation], v.Plan.BoothByID(m.Booth)
		switch {
		case b == nil || p == nil || !p.Mine:
			return fault.New(fault.NotFound, "error.not_found")
		case (p.Placement == nil) != (m.Version == 0) || p.Placement != nil && p.Placement.Version != m.Version:
			return fault.New(fault.Duplicate, "error.place.moved", p.Name)
		case target[m.Booth] || p.Placement != nil && p.Placement.HallID == v.Hall.ID && p.Placement.Booth == m.Booth:
			return fault.New(fault.Invalid, "error.place.choose")
		case p.Placement != nil && p.Placement.Locked:
			return fault.New(fault.State, "error.place.locked")
		}
		target[m.Booth], after[p.ID] = true, m.Booth
	}
	for id, booth := range after {
		if target[booth] && !slices.ContainsFunc(moves, func(m PlaceMove) bool { return m.Participation == id }) {
			return fault.New(fault.Duplicate, "error.place.taken_by", v.Plan.BoothByID(booth).Code)
		}
	}
	v.placing.Booth = after
	for _, m := range moves {
		for _, f := range v.placing.Judge(m.Participation, m.Booth) {
			if f.Severity == fault.Blocking {
				return fault.New(fault.State, "error.place.refused_at", people[m.Participation].Name, v.Plan.BoothByID(m.Booth).Code, placeReason(f))
			}
		}
	}
	now := s.now()
	// Who gives a booth up to another steps aside first: a booth is given once, also in the middle of a change.
	old := map[int64]string{}
	for _, m := range moves {
		x := people[m.Participation].Placement
		if x == nil {
			continue
		}
		old[m.Participation] = boothText(x)
		if x.HallID != v.Hall.ID || !target[x.Booth] {
			continue
		}
		x.Booth, x.By, x.At = -int(x.ID), actor.UserID, now
		if err := tx.UpdatePlacement(x); err != nil {
			return err
		}
	}
	for _, m := range moves {
		p, version := people[m.Participation], int64(0)
		if p.Placement != nil {
			version = p.Placement.Version
		}
		if err := s.put(tx, actor, v, p, v.Plan.BoothByID(m.Booth), old[m.Participation], version, now); err != nil {
			return err
		}
	}
	return nil
}

// placeReason is a finding as a message argument: shown in the reader's language, without its numbers.
func placeReason(f exhibition.PlaceFinding) fault.Key {
	return fault.Key("enum.place_short." + string(f.Rule))
}

func boothText(p *exhibition.Placement) string { return fmt.Sprintf("%d/%d", p.HallID, p.Booth) }

// placeable reads an exhibitor that the actor may place in a hall.
func (s *Places) placeable(tx *store.Tx, actor auth.Actor, id, hall, participation int64) (*PlacePerson, *PlaceView, error) {
	p, err := tx.ParticipationByID("", participation)
	if err != nil {
		return nil, nil, err
	}
	if p.ExhibitionID != id {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	v, err := s.view(tx, actor, id, hall, p.Wave)
	if err != nil {
		return nil, nil, err
	}
	e := &v.Exhibition
	switch {
	case p.Traits.Party != actor.Party && e.Terms.Host != actor.Party:
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	case e.Status != exhibition.Agreed:
		return nil, nil, fault.New(fault.State, "error.floor.not_agreed")
	case p.State != exhibition.Accepted && p.Traits.Party == actor.Party:
		return nil, nil, fault.New(fault.State, "error.place.state", p.State.Title())
	}
	for i := range v.People {
		if v.People[i].ID == participation {
			return &v.People[i], v, nil
		}
	}
	return nil, nil, fault.New(fault.NotFound, "error.not_found")
}

// Clear takes an exhibitor out of its booth; w.Version is the placement's version. A locked one stays.
func (s *Places) Clear(ctx context.Context, actor auth.Actor, id, hall, participation int64, w Write) error {
	return s.change(ctx, actor, "place.clear", id, hall, participation, w, func(tx *store.Tx, p *exhibition.Placement) error {
		if p.Locked {
			return fault.New(fault.State, "error.place.locked")
		}
		return tx.DeletePlacement(p)
	})
}

// Lock pins an exhibitor to its booth, or loosens it; w.Version is the placement's version.
func (s *Places) Lock(ctx context.Context, actor auth.Actor, id, hall, participation int64, locked bool, w Write) error {
	op := "place.lock"
	if !locked {
		op = "place.unlock"
	}
	return s.change(ctx, actor, op, id, hall, participation, w, func(tx *store.Tx, p *exhibition.Placement) error {
		p.Locked = locked
		return tx.UpdatePlacement(p)
	})
}

func (s *Places) change(ctx context.Context, actor auth.Actor, op string, id, hall, participation int64, w Write, fn func(*store.Tx, *exhibition.Placement) error) error {
	if err := s.allow(actor, auth.PlaceEdit); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, hall, participation}, func(tx *store.Tx) (string, error) {
		p, _, err := s.placeable(tx, actor, id, hall, participation)
		if err != nil {
			return "", err
		}
		x := p.Placement
		if x == nil || x.Version != w.Version || x.HallID != hall {
			return "", fault.New(fault.Stale, "error.stale")
		}
		x.By, x.At = actor.UserID, now
		text := boothText(x)
		if err := fn(tx, x); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, op, id, []registry.Change{{Path: "participation", Old: strconv.FormatInt(participation, 10)}, {Path: "plan.booth", Old: text}})
	})
	return err
}
