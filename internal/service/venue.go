package service

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Venues holds the use-cases of places, halls and their plans: drawing, checking, releasing. Who stands where in an exhibition is in Floors.
type Venues struct{ core }

// These bound what a party keeps: more is somebody pressing a button again and again.
const (
	maxVenues = 500
	maxHalls  = 60 // of a venue
	maxPlans  = 200
)

// HallSummary is a hall with the state of its plans, the newest first.
type HallSummary struct {
	exhibition.Hall
	Plans []store.HallPlan
}

// Current returns the plan in use: the released one, else the draft.
func (h HallSummary) Current() *store.HallPlan {
	for i := range h.Plans {
		if h.Plans[i].State == exhibition.PlanReleased {
			return &h.Plans[i]
		}
	}
	if len(h.Plans) > 0 {
		return &h.Plans[0]
	}
	return nil
}

// VenueView is a venue with its halls.
type VenueView struct {
	exhibition.Venue
	Halls    []HallSummary
	Editable bool
}

func (s *Venues) allow(actor auth.Actor, action auth.Action) error {
	if actor.Party == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return auth.Allow(actor, action, auth.Subject{Party: actor.Party})
}

// List returns the venues of the actor's party with their halls.
func (s *Venues) List(ctx context.Context, actor auth.Actor) ([]VenueView, error) {
	if err := s.allow(actor, auth.VenueView); err != nil {
		return nil, err
	}
	var out []VenueView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		venues, err := tx.ListVenues(actor.Party)
		if err != nil {
			return err
		}
		halls, err := hallSummaries(tx, actor, 0)
		if err != nil {
			return err
		}
		out = out[:0]
		for _, v := range venues {
			view := VenueView{Venue: v, Editable: auth.Can(actor, auth.VenueEdit)}
			for _, h := range halls {
				if h.VenueID == v.ID {
					view.Halls = append(view.Halls, h)
				}
			}
			out = append(out, view)
		}
		return nil
	})
	return out, err
}

func hallSummaries(tx *store.Tx, actor auth.Actor, venue int64) ([]HallSummary, error) {
	halls, err := tx.ListHalls(actor.Party, venue)
	if err != nil {
		return nil, err
	}
	plans, err := tx.ListPlans(actor.Party, 0)
	if err != nil {
		return nil, err
	}
	out := make([]HallSummary, 0, len(halls))
	for _, h := range halls {
		x := HallSummary{Hall: h}
		for _, p := range plans {
			if p.HallID == h.ID {
				x.Plans = append(x.Plans, p)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// Venue returns one venue of the actor's party.
func (s *Venues) Venue(ctx context.Context, actor auth.Actor, id int64) (*VenueView, error) {
	if err := s.allow(actor, auth.VenueView); err != nil {
		return nil, err
	}
	var out *VenueView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		v, err := tx.VenueByID(actor.Party, id)
		if err != nil {
			return err
		}
		halls, err := hallSummaries(tx, actor, id)
		if err != nil {
			return err
		}
		out = &VenueView{Venue: *v, Halls: halls, Editable: auth.Can(actor, auth.VenueEdit)}
		return nil
	})
	return out, err
}

// Add stores a new venue and returns its id.
func (s *Venues) Add(ctx context.Context, actor auth.Actor, v exhibition.Venue, w Write) (int64, error) {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return 0, err
	}
	v.Party, v.CreatedBy = actor.Party, actor.UserID
	if err := v.Check().Err(); err != nil {
		return 0, err
	}
	now := s.now()
	v.CreatedAt, v.UpdatedAt = now, now
	res, err := s.once(ctx, actor, "venue.add", w, venueContent(&v), func(tx *store.Tx) (string, error) {
		list, err := tx.ListVenues(actor.Party)
		if err != nil {
			return "", err
		}
		if len(list) >= maxVenues {
			return "", fault.New(fault.State, "error.venue.many", maxVenues)
		}
		row := v
		if err := tx.InsertVenue(&row); err != nil {
			return "", err
		}
		return strconv.FormatInt(row.ID, 10), s.audit(tx, actor, now, "venue.add", "venue", row.ID, v.Area, nil, v.Name.AR)
	})
	return id64(res, err)
}

// venueContent is what tells one save of a venue from another.
func venueContent(v *exhibition.Venue) any {
	return []any{v.ID, v.Area, v.Name, v.City, v.Setting, v.FloorM2, v.Notes, v.Archived}
}

func id64(text string, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

func (s *Venues) audit(tx *store.Tx, actor auth.Actor, at time.Time, action, entity string, id int64, area string, changes []registry.Change, note string) error {
	return audit(tx, actor, at, action, store.AuditEntry{Party: string(actor.Party), Entity: entity, EntityID: id, Area: area, Changes: changes, Note: note})
}

// Save stores the fields of a venue.
func (s *Venues) Save(ctx context.Context, actor auth.Actor, v exhibition.Venue, w Write) error {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return err
	}
	v.Party = actor.Party
	now := s.now()
	_, err := s.once(ctx, actor, "venue.save", w, venueContent(&v), func(tx *store.Tx) (string, error) {
		old, err := tx.VenueByID(actor.Party, v.ID)
		if err != nil {
			return "", err
		}
		if err := v.Check().Err(); err != nil {
			return "", err
		}
		row := v
		row.Version, row.CreatedBy, row.CreatedAt, row.UpdatedAt = w.Version, old.CreatedBy, old.CreatedAt, now
		if err := tx.UpdateVenue(&row); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, now, "venue.save", "venue", v.ID, v.Area, venueChanges(old, &v), v.Name.AR)
	})
	return err
}

func venueChanges(a, b *exhibition.Venue) []registry.Change {
	var out []registry.Change
	add := func(field, old, now string) {
		if old != now {
			out = append(out, registry.Change{Path: field, Old: old, New: now})
		}
	}
	add("venue.name.ar", a.Name.AR, b.Name.AR)
	add("venue.name.en", a.Name.EN, b.Name.EN)
	add("venue.city.ar", a.City.AR, b.City.AR)
	add("venue.city.en", a.City.EN, b.City.EN)
	add("venue.area", a.Area, b.Area)
	add("venue.setting", string(a.Setting), string(b.Setting))
	add("venue.floor", strconv.Itoa(a.FloorM2), strconv.Itoa(b.FloorM2))
	add("venue.notes.ar", a.Notes.AR, b.Notes.AR)
	add("venue.notes.en", a.Notes.EN, b.Notes.EN)
	add("venue.archived", strconv.FormatBool(a.Archived), strconv.FormatBool(b.Archived))
	return out
}

// AddHall stores a new rectangular hall of a venue with a draft of its plan, and returns the plan's id. Sizes are in mm; a hall without a floor is a problem.
func (s *Venues) AddHall(ctx context.Context, actor auth.Actor, venue int64, name exhibition.Label, width, depth int, w Write) (int64, error) {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return 0, err
	}
	h := exhibition.Hall{VenueID: venue, Party: actor.Party, Name: name, CreatedBy: actor.UserID}
	problems := h.Check()
	plan := exhibition.NewPlan(width, depth)
	if width <= 0 {
		problems.Add("hall.width", "problem.plan.size")
	}
	if depth <= 0 {
		problems.Add("hall.depth", "problem.plan.size")
	}
	if width > 0 && depth > 0 {
		for _, p := range plan.Problems() {
			problems.Add("hall.width", p.Key, p.Args...)
		}
	}
	if err := problems.Err(); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "hall.add", w, []any{venue, name, width, depth}, func(tx *store.Tx) (string, error) {
		v, err := tx.VenueByID(actor.Party, venue)
		if err != nil {
			return "", err
		}
		list, err := tx.ListHalls(actor.Party, venue)
		if err != nil {
			return "", err
		}
		if len(list) >= maxHalls {
			return "", fault.New(fault.State, "error.venue.many", maxHalls)
		}
		hall := h
		hall.CreatedAt, hall.UpdatedAt = now, now
		if err := tx.InsertHall(&hall); err != nil {
			return "", err
		}
		row := store.HallPlan{HallID: hall.ID, Party: actor.Party, CreatedBy: actor.UserID, CreatedAt: now}
		if err := fillPlan(&row, plan, plan.Check()); err != nil {
			return "", err
		}
		if err := tx.InsertPlan(&row); err != nil {
			return "", err
		}
		return strconv.FormatInt(row.ID, 10), s.audit(tx, actor, now, "hall.add", "hall", hall.ID, v.Area, nil, name.AR)
	})
	return id64(res, err)
}

// Hall returns one hall of the actor's party.
func (s *Venues) Hall(ctx context.Context, actor auth.Actor, id int64) (*exhibition.Hall, error) {
	if err := s.allow(actor, auth.VenueView); err != nil {
		return nil, err
	}
	var h *exhibition.Hall
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		h, err = tx.HallByID(actor.Party, id)
		return err
	})
	return h, err
}

// RenameHall changes the name of a hall.
func (s *Venues) RenameHall(ctx context.Context, actor auth.Actor, id int64, name exhibition.Label, w Write) error {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "hall.save", w, []any{id, name}, func(tx *store.Tx) (string, error) {
		h, err := tx.HallByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		old := h.Name.AR
		h.Name, h.Version, h.UpdatedAt = name, w.Version, now
		if err := h.Check().Err(); err != nil {
			return "", err
		}
		if err := tx.UpdateHall(h); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, now, "hall.save", "hall", id, "", []registry.Change{{Path: "hall.name.ar", Old: old, New: name.AR}}, name.AR)
	})
	return err
}

// fillPlan puts a drawing with what was found in it into its row.
func fillPlan(row *store.HallPlan, p *exhibition.Plan, found []exhibition.Finding) error {
	body, err := p.JSON()
	if err != nil {
		return fmt.Errorf("writing plan: %w", err)
	}
	row.Body, row.Booths, row.AreaM2, row.Blocked = body, len(p.Booths), p.AreaM2(), exhibition.Blocked(found)
	row.Warned = len(found) - row.Blocked
	return nil
}

// readPlan reads the drawing of a row. One that this version of the program would refuse is an error of ours.
func readPlan(row *store.HallPlan) (*exhibition.Plan, error) {
	p, err := exhibition.ParsePlan(row.Body)
	if err != nil {
		return nil, fmt.Errorf("reading plan %d: %w", row.ID, asInternal(err))
	}
	return p, nil
}

// asInternal makes what would be the person's mistake ours: it is stored data that is broken.
func asInternal(err error) error { return fault.Wrap(err, fault.Internal, "error.internal") }

// PlanView is one plan to look at or to draw.
type PlanView struct {
	Row      store.HallPlan
	Hall     exhibition.Hall
	Venue    exhibition.Venue
	Plan     *exhibition.Plan
	Found    []exhibition.Finding
	Versions []store.HallPlan
	Editable bool // a draft, and the actor may draw
	CanDraft bool // released or retired, there is no draft, and the actor may draw
	Editors  map[int64]string
}

// Plan returns one plan of the actor's party with what its checks find.
func (s *Venues) Plan(ctx context.Context, actor auth.Actor, id int64) (*PlanView, error) {
	if err := s.allow(actor, auth.VenueView); err != nil {
		return nil, err
	}
	var v *PlanView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		v, err = planView(tx, actor, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	v.Found = v.Plan.Check() // outside of the transaction: it takes longer than the reading
	return v, nil
}

func planView(tx *store.Tx, actor auth.Actor, id int64) (*PlanView, error) {
	row, err := tx.PlanByID(actor.Party, id)
	if err != nil {
		return nil, err
	}
	h, err := tx.HallByID(actor.Party, row.HallID)
	if err != nil {
		return nil, err
	}
	venue, err := tx.VenueByID(actor.Party, h.VenueID)
	if err != nil {
		return nil, err
	}
	versions, err := tx.ListPlans(actor.Party, h.ID)
	if err != nil {
		return nil, err
	}
	p, err := readPlan(row)
	if err != nil {
		return nil, err
	}
	v := &PlanView{Row: *row, Hall: *h, Venue: *venue, Plan: p, Versions: versions, CanDraft: row.State != exhibition.PlanDraft && auth.Can(actor, auth.VenueEdit)}
	v.Editable = row.State == exhibition.PlanDraft && auth.Can(actor, auth.VenueEdit)
	ids := []int64{row.UpdatedBy, row.CreatedBy}
	for _, x := range versions {
		v.CanDraft = v.CanDraft && x.State != exhibition.PlanDraft
		ids = append(ids, x.UpdatedBy, x.ReleasedBy)
	}
	v.Editors, err = userNames(tx, ids...)
	return v, err
}

// SavePlan stores a drawing as the draft's next save and returns its version with what the checks find. A save on an older version is fault.Stale; the plan on file is
// then read with Plan, and the person chooses.
func (s *Venues) SavePlan(ctx context.Context, actor auth.Actor, id int64, p *exhibition.Plan, w Write) (int64, []exhibition.Finding, error) {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return 0, nil, err
	}
	if err := p.Problems().Err(); err != nil {
		return 0, nil, err
	}
	found := p.Check()
	version, err := s.changePlan(ctx, actor, id, "plan.save", w, p, func(*exhibition.Plan) (*exhibition.Plan, error) { return p, nil })
	return version, found, err
}

// changePlan changes a draft at the version of w and writes what became of its booths to the audit log.
func (s *Venues) changePlan(ctx context.Context, actor auth.Actor, id int64, op string, w Write, content any,
	change func(*exhibition.Plan) (*exhibition.Plan, error)) (int64, error) {
	now := s.now()
	res, err := s.once(ctx, actor, op, w, []any{id, content}, func(tx *store.Tx) (string, error) {
		row, err := tx.PlanByID(actor.Party, id)
		switch {
		case err != nil:
			return "", err
		case row.State != exhibition.PlanDraft:
			return "", fault.New(fault.State, "error.plan.released")
		case row.Version != w.Version:
			return "", fault.New(fault.Stale, "error.stale")
		}
		old, err := readPlan(row)
		if err != nil {
			return "", err
		}
		work, err := exhibition.ParsePlan(row.Body)
		if err != nil {
			return "", asInternal(err)
		}
		p, err := change(work)
		if err != nil {
			return "", err
		}
		if err := p.Problems().Err(); err != nil {
			return "", err
		}
		row.UpdatedBy, row.UpdatedAt = actor.UserID, now
		if err := fillPlan(row, p, p.Check()); err != nil {
			return "", err
		}
		if len(row.Body) > exhibition.MaxPlanBytes {
			return "", fault.New(fault.TooLarge, "error.too_large")
		}
		if err := tx.UpdatePlan(row); err != nil {
			return "", err
		}
		return strconv.FormatInt(row.Version, 10), s.audit(tx, actor, now, op, "plan", id, "", boothChanges(old, p), "")
	})
	return id64(res, err)
}

// maxLogged bounds how many booths one save names in the audit log.
const maxLogged = 200

// boothChanges are the changes of booths for the audit log, one line for each booth.
func boothChanges(a, b *exhibition.Plan) []registry.Change {
	var out []registry.Change
	say := func(x *exhibition.Booth) string {
		if x == nil {
			return ""
		}
		return fmt.Sprintf("%s %s %d,%d %d×%d %d° %s %dW", x.Code, x.Type, x.X, x.Y, x.Width, x.Depth, x.Angle, x.Open, x.PowerW)
	}
	list := exhibition.BoothChanges(a, b)
	for i, c := range list {
		if i == maxLogged {
			out = append(out, registry.Change{Path: "plan.booths", New: fmt.Sprintf("+%d", len(list)-i)})
			break
		}
		out = append(out, registry.Change{Path: "plan.booth", Old: say(c.From), New: say(c.To)})
	}
	rest := func(p *exhibition.Plan) string {
		x := *p
		x.Booths = nil
		j, err := json.Marshal(&x)
		if err != nil {
			return ""
		}
		return string(j)
	}
	if rest(a) != rest(b) {
		out = append(out, registry.Change{Path: "plan.hall", Old: fmt.Sprintf("%d m²", a.AreaM2()), New: fmt.Sprintf("%d m²", b.AreaM2())})
	}
	return out
}

// SaveBooth changes one booth of a draft, or adds it if its ID is 0, and returns its number.
func (s *Venues) SaveBooth(ctx context.Context, actor auth.Actor, id int64, b exhibition.Booth, w Write) error {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return err
	}
	_, err := s.changePlan(ctx, actor, id, "plan.booth", w, b, func(p *exhibition.Plan) (*exhibition.Plan, error) {
		if b.ID == 0 {
			b := b
			b.ID = p.NextID()
			p.Booths = append(p.Booths, b)
			return p, nil
		}
		old := p.BoothByID(b.ID)
		if old == nil {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		*old = b
		return p, nil
	})
	return err
}

// DeleteBooth removes one booth of a draft.
func (s *Venues) DeleteBooth(ctx context.Context, actor auth.Actor, id int64, booth int, w Write) error {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return err
	}
	_, err := s.changePlan(ctx, actor, id, "plan.booth", w, booth, func(p *exhibition.Plan) (*exhibition.Plan, error) {
		for i := range p.Booths {
			if p.Booths[i].ID == booth {
				p.Booths = append(p.Booths[:i], p.Booths[i+1:]...)
				return p, nil
			}
		}
		return nil, fault.New(fault.NotFound, "error.not_found")
	})
	return err
}

// AddGrid adds rows of booths to a draft and returns how many stand, and how many were left out because they would not have stood free.
func (s *Venues) AddGrid(ctx context.Context, actor auth.Actor, id int64, g exhibition.Grid, w Write) (added, left int, err error) {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return 0, 0, err
	}
	if err := g.Check().Err(); err != nil {
		return 0, 0, err
	}
	_, err = s.changePlan(ctx, actor, id, "plan.grid", w, g, func(p *exhibition.Plan) (*exhibition.Plan, error) {
		var err error
		added, left, err = p.AddGrid(g)
		return p, err
	})
	return added, left, err
}

// SetLimits changes the measures that a draft is checked against.
func (s *Venues) SetLimits(ctx context.Context, actor auth.Actor, id int64, l exhibition.Limits, w Write) error {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return err
	}
	_, err := s.changePlan(ctx, actor, id, "plan.limits", w, l, func(p *exhibition.Plan) (*exhibition.Plan, error) {
		p.Limits = l
		return p, nil
	})
	return err
}

// ReplaceBooths puts a whole list of booths, such as one from a workbook, in place of those of a draft. A booth keeps its number where its code was there before.
func (s *Venues) ReplaceBooths(ctx context.Context, actor auth.Actor, id int64, booths []exhibition.Booth, w Write) error {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return err
	}
	_, err := s.changePlan(ctx, actor, id, "plan.import", w, booths, func(p *exhibition.Plan) (*exhibition.Plan, error) {
		numbers := map[string]int{}
		for i := range p.Booths {
			numbers[exhibition.NormalCode(p.Booths[i].Code)] = p.Booths[i].ID
		}
		next := p.NextID()
		list := make([]exhibition.Booth, len(booths))
		for i, b := range booths {
			code := exhibition.NormalCode(b.Code)
			if b.ID = numbers[code]; b.ID == 0 {
				b.ID = next
				next++
			}
			delete(numbers, code) // of two rows with one code the second is refused for its code, not for its number
			list[i] = b
		}
		p.Booths = list
		return p, nil
	})
	return err
}

// Release makes a draft the plan of its hall. One with findings that block is refused.
func (s *Venues) Release(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	if err := s.allow(actor, auth.VenueRelease); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "plan.release", w, id, func(tx *store.Tx) (string, error) {
		row, err := tx.PlanByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		p, err := readPlan(row)
		if err != nil {
			return "", err
		}
		if n := exhibition.Blocked(p.Check()); n > 0 && row.State == exhibition.PlanDraft {
			return "", fault.New(fault.State, "error.plan.blocked", n)
		}
		row.Version = w.Version
		if err := tx.ReleasePlan(row, actor.UserID, now); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, now, "plan.release", "plan", id, "", nil, strconv.Itoa(row.Number))
	})
	return err
}

// Draft begins the next version of a hall's plan as a copy of one, and returns its id.
func (s *Venues) Draft(ctx context.Context, actor auth.Actor, from int64, w Write) (int64, error) {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "plan.draft", w, from, func(tx *store.Tx) (string, error) {
		source, err := tx.PlanByID(actor.Party, from)
		if err != nil {
			return "", err
		}
		list, err := tx.ListPlans(actor.Party, source.HallID)
		if err != nil {
			return "", err
		}
		if len(list) >= maxPlans {
			return "", fault.New(fault.State, "error.venue.many", maxPlans)
		}
		p, err := readPlan(source)
		if err != nil {
			return "", err
		}
		row := store.HallPlan{HallID: source.HallID, Party: actor.Party, BasedOn: source.Number, CreatedBy: actor.UserID, CreatedAt: now}
		if err := fillPlan(&row, p, p.Check()); err != nil {
			return "", err
		}
		if err := tx.InsertPlan(&row); err != nil {
			return "", err
		}
		return strconv.FormatInt(row.ID, 10), s.audit(tx, actor, now, "plan.draft", "plan", row.ID, "", nil, fmt.Sprintf("%d → %d", source.Number, row.Number))
	})
	return id64(res, err)
}

// DeleteDraft removes a draft. The only plan of a hall stays.
func (s *Venues) DeleteDraft(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, "plan.delete", w, id, func(tx *store.Tx) (string, error) {
		row, err := tx.PlanByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		list, err := tx.ListPlans(actor.Party, row.HallID)
		if err != nil {
			return "", err
		}
		if len(list) == 1 {
			return "", fault.New(fault.State, "error.plan.only")
		}
		row.Version = w.Version
		if err := tx.DeletePlan(row); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, now, "plan.delete", "plan", id, "", nil, strconv.Itoa(row.Number))
	})
	return err
}

// Seed enters the places where exhibitions are known to have been held into an office that has no venue yet, and reports how many.
func (s *Venues) Seed(ctx context.Context, actor auth.Actor) (int, error) {
	if err := s.allow(actor, auth.VenueEdit); err != nil {
		return 0, err
	}
	now, n := s.now(), 0
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		n = 0
		list, err := tx.ListVenues(actor.Party)
		if err != nil || len(list) > 0 {
			return err
		}
		for _, v := range exhibition.KnownVenues(actor.Party) {
			v.CreatedAt, v.UpdatedAt = now, now
			if err := tx.InsertVenue(&v); err != nil {
				return err
			}
			n++
			if err := s.audit(tx, actor, now, "venue.add", "venue", v.ID, v.Area, nil, v.Name.AR); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
