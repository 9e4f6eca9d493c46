package service

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/planner/season"
	"muntija/internal/planner/verify"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// SeasonBoard is a draft on the board of venues and weeks.
type SeasonBoard struct {
	*SeasonBook
	Draft   *exhibition.SeasonDraft
	Found   map[int64][]season.Demand // what the place of an exhibition breaks
	Cost    int64                     // of the whole, by the independent check
	Broken  []season.Rule             // rules that block and that the whole breaks, by the independent check
	Tray    []*SeasonEntry            // planned, and without a place
	Changes []exhibition.SeasonChange // from what stands
	Hash    string                    // of the list of changes: what is signed
	LastRun *SeasonRunView
	Names   map[int64]string
	AtWork  bool
	CanEdit bool
	CanSign bool
	Party   place.Country
	problem *season.Problem
	board   *season.Board
	plan    []season.Placement
}

func (s *SeasonPlans) loadDraft(tx *store.Tx, actor auth.Actor, action auth.Action, id, draft int64) (*exhibition.SeasonDraft, error) {
	if err := auth.Allow(actor, action, partySubject(actor)); err != nil {
		return nil, err
	}
	return tx.SeasonDraftByID(id, draft)
}

// seasonBoard puts a draft on the board, without what its places break (see judge).
func seasonBoard(b *SeasonBook, d *exhibition.SeasonDraft) (*SeasonBoard, error) {
	v := &SeasonBoard{SeasonBook: b, Draft: d, Found: map[int64][]season.Demand{}}
	p, err := b.Problem(d, nil)
	if err != nil {
		return nil, err
	}
	v.problem, v.board = p, season.NewBoard(p)
	placed := map[int64]bool{}
	for _, s := range v.Draft.Spots {
		if e := v.Entry(s.Exhibition); e != nil && e.Planned() && v.Place(s.Venue) != nil && s.Week >= 0 && s.Week < v.Weeks && v.asked(s.Exhibition) {
			placed[s.Exhibition] = true
			v.plan = append(v.plan, season.Placement{Exhibition: showCode(s.Exhibition), Venue: s.Venue, Week: s.Week})
		}
	}
	for i := range v.Entries {
		if e := &v.Entries[i]; e.Planned() && !placed[e.ID] {
			v.Tray = append(v.Tray, e)
		}
	}
	return v, nil
}

// judge works out what the places of the draft break.
func (v *SeasonBoard) judge() {
	for _, q := range v.plan {
		if found := v.board.Check(v.plan, q); len(found) > 0 {
			v.Found[showID(q.Exhibition)] = found
		}
	}
	v.Cost, v.Broken = checkSeason(v.problem, v.plan)
}

// asked reports whether the problem knows an exhibition: a draft may have given it up.
func (v *SeasonBoard) asked(id int64) bool {
	return slices.ContainsFunc(v.problem.Exhibitions, func(x season.Exhibition) bool { return x.ID == showCode(id) })
}

// Spot returns where an exhibition stands on the board, nil if it is in the tray.
func (v *SeasonBoard) Spot(id int64) *exhibition.SeasonSpot {
	if !slices.ContainsFunc(v.plan, func(q season.Placement) bool { return q.Exhibition == showCode(id) }) {
		return nil
	}
	return v.Draft.Spot(id)
}

// checkSeason has the independent checker look at a plan that may be unfinished: what it costs, and the rules that block and that it breaks. That an exhibition is in
// the tray is told by the tray.
func checkSeason(p *season.Problem, plan []season.Placement) (int64, []season.Rule) {
	q := *p
	q.Rules = map[season.Rule]season.Setting{}
	for r, s := range p.Rules {
		q.Rules[r] = s
	}
	q.Rules[season.Scheduled] = season.Setting{Mode: season.Ignore}
	cost, found := verify.SeasonCost(&q, plan)
	var broken []season.Rule
	for _, f := range found {
		rule, _, _ := strings.Cut(f, ":")
		if r := season.Rule(rule); !slices.Contains(broken, r) {
			broken = append(broken, r)
		}
	}
	return cost, broken
}

// lines are the draft as both parties read it, by the order of the exhibitions.
func (v *SeasonBoard) lines() []exhibition.SeasonLine {
	var out []exhibition.SeasonLine
	for i := range v.Entries {
		e := &v.Entries[i]
		s := v.Spot(e.ID)
		if s == nil {
			continue
		}
		p := v.Place(s.Venue)
		l := exhibition.SeasonLine{Exhibition: e.ID, Venue: s.Venue, VenueName: p.Name, City: p.City, Host: p.Party}
		if l.First, l.Last = v.Opens(e, s.Week); e.Fixed {
			l.First, l.Last = e.Terms.First, e.Terms.Last
		}
		out = append(out, l)
	}
	return out
}

// stands are the lines that hold now: of what is agreed its terms, of a proposal the plan that holds.
func (b *SeasonBook) stands(held *exhibition.SeasonDraft) []exhibition.SeasonLine {
	var out []exhibition.SeasonLine
	for i := range b.Entries {
		e := &b.Entries[i]
		var line *exhibition.SeasonLine
		if held != nil {
			if n := slices.IndexFunc(held.Lines, func(l exhibition.SeasonLine) bool { return l.Exhibition == e.ID }); n >= 0 {
				line = &held.Lines[n]
			}
		}
		switch {
		case !e.Planned() && line == nil:
		case e.Status == exhibition.Agreed && (line != nil || e.Planned()):
			t := &e.Terms
			l := exhibition.SeasonLine{Exhibition: e.ID, Venue: t.VenueCode(e.ID), VenueName: exhibition.Label{AR: t.Venue, EN: t.VenueEN}, City: exhibition.Label{AR: t.City}, Host: t.Host, First: t.First, Last: t.Last}
			if p := b.Place(l.Venue); p != nil {
				l.VenueName, l.City = p.Name, p.City
			}
			out = append(out, l)
		case line != nil:
			out = append(out, *line)
		}
	}
	return out
}

// changes fills in what the draft changes, and its hash. What was never in a plan and is in the tray is no change.
func (v *SeasonBoard) changes(held *exhibition.SeasonDraft) {
	lines := v.lines()
	v.Changes = nil
	for _, c := range exhibition.CompareSeason(v.stands(held), lines) {
		if c.Kind == exhibition.SeasonWithdrawn && (held == nil || !slices.ContainsFunc(held.Lines, func(l exhibition.SeasonLine) bool { return l.Exhibition == c.Old.Exhibition })) {
			continue
		}
		v.Changes = append(v.Changes, c)
	}
	v.Hash = exhibition.SeasonHash(v.Season.ID, v.Draft.ID, lines, v.Changes)
}

// Board returns a draft on the board.
func (s *SeasonPlans) Board(ctx context.Context, actor auth.Actor, id, draft int64) (*SeasonBoard, error) {
	var v *SeasonBoard
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		v, err = s.open(tx, actor, id, draft)
		return err
	})
	return v, err
}

// open reads a draft with all that its pages show.
func (s *SeasonPlans) open(tx *store.Tx, actor auth.Actor, id, draft int64) (*SeasonBoard, error) {
	d, err := s.loadDraft(tx, actor, auth.SeasonPlanView, id, draft)
	if err != nil {
		return nil, err
	}
	b, err := seasonBook(tx, id, s.today())
	if err != nil {
		return nil, err
	}
	v, err := seasonBoard(b, d)
	if err != nil {
		return nil, err
	}
	v.judge()
	v.CanEdit, v.CanSign, v.Party = auth.Can(actor, auth.SeasonPlanEdit), auth.Can(actor, auth.SeasonPlanSign), actor.Party
	held, err := tx.SeasonPlan(id)
	if err != nil {
		return nil, err
	}
	if v.changes(held); d.State != exhibition.SeasonDrafted && d.Hash != "" { // what was signed, not what would be now
		v.Changes, v.Hash = d.Changes, d.Hash
	}
	last, err := tx.LastSeasonRun(draft)
	if err != nil {
		return nil, err
	}
	if last != nil {
		if v.LastRun, err = readSeasonRun(last); err != nil {
			return nil, err
		}
	}
	at, err := tx.SeasonRunAtWork()
	if err != nil {
		return nil, err
	}
	v.AtWork = at != nil
	ids := []int64{d.By}
	for _, k := range d.Keys {
		ids = append(ids, k.By)
	}
	for _, o := range d.Overrides {
		ids = append(ids, o.By)
	}
	v.Names, err = userNames(tx, ids...)
	v.hideOthers(actor.Party)
	return v, err
}

// Judged is what speaks against every cell of the board for one exhibition: by venue code, then week; nil where nothing does.
type Judged map[string][][]season.Demand

// Judge returns what speaks against placing an exhibition anywhere, and the book of the season, in which names are found. It is asked whenever an exhibition is taken up, so it
// works out nothing else of the board.
func (s *SeasonPlans) Judge(ctx context.Context, actor auth.Actor, id, draft, show int64) (*SeasonBook, Judged, error) {
	var v *SeasonBoard
	err := s.db.View(ctx, func(tx *store.Tx) error {
		d, err := s.loadDraft(tx, actor, auth.SeasonPlanView, id, draft)
		if err != nil {
			return err
		}
		b, err := seasonBook(tx, id, s.today())
		if err == nil {
			v, err = seasonBoard(b, d)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if !v.asked(show) {
		return nil, nil, fault.New(fault.NotFound, "error.not_found")
	}
	v.hideOthers(actor.Party)
	out := Judged{}
	for i, weeks := range v.board.Cells(v.plan, showCode(show)) {
		out[v.problem.Venues[i].ID] = weeks
	}
	return v.SeasonBook, out, nil
}

// begin stores a new draft: a copy of another, or of the plan that holds, or of what is agreed.
func (s *SeasonPlans) begin(tx *store.Tx, actor auth.Actor, id int64, from *exhibition.SeasonDraft) (*exhibition.SeasonDraft, error) {
	b, err := s.loadBook(tx, actor, auth.SeasonPlanEdit, id)
	if err != nil {
		return nil, err
	}
	now := s.now()
	d := &exhibition.SeasonDraft{SeasonID: id, State: exhibition.SeasonDrafted, Party: actor.Party, By: actor.UserID, CreatedAt: now, UpdatedAt: now}
	if from == nil {
		if from, err = tx.SeasonPlan(id); err != nil {
			return nil, err
		}
	}
	if from != nil {
		d.Spots, d.Relaxed, d.Overrides = from.Spots, from.Relaxed, from.Overrides
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		first, _ := b.Opens(e, e.Week)
		if d.Spot(e.ID) == nil && e.Planned() && b.Place(e.Terms.VenueCode(e.ID)) != nil && (e.Fixed || from == nil && e.Status == exhibition.Agreed && first == e.Terms.First && e.Week >= 0 && e.Week < b.Weeks) {
			d.Spots = append(d.Spots, exhibition.SeasonSpot{Exhibition: e.ID, Venue: e.Terms.VenueCode(e.ID), Week: e.Week})
		}
	}
	if err := tx.InsertSeasonDraft(d); err != nil {
		return nil, err
	}
	return d, s.audit(tx, actor, id, auth.SeasonPlanEdit, seasonNote("draft", strconv.FormatInt(d.ID, 10)))
}

// Begin stores a new draft to be filled by hand (from 0), or a copy of another. It returns its number.
func (s *SeasonPlans) Begin(ctx context.Context, actor auth.Actor, id, from int64, w Write) (int64, error) {
	res, err := s.once(ctx, actor, "season_plan.begin", w, []int64{id, from}, func(tx *store.Tx) (string, error) {
		var old *exhibition.SeasonDraft
		if from != 0 {
			var err error
			if old, err = s.loadDraft(tx, actor, auth.SeasonPlanEdit, id, from); err != nil {
				return "", err
			}
		}
		d, err := s.begin(tx, actor, id, old)
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(d.ID, 10), nil
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// change loads a draft at the version the person saw, lets fn change it, saves it and writes the log.
func (s *SeasonPlans) change(ctx context.Context, actor auth.Actor, id, draft int64, op string, content any, w Write,
	fn func(tx *store.Tx, b *SeasonBook, d *exhibition.SeasonDraft) (note string, err error)) error {
	_, err := s.once(ctx, actor, op, w, []any{id, draft, content}, func(tx *store.Tx) (string, error) {
		d, err := s.loadDraft(tx, actor, auth.SeasonPlanEdit, id, draft)
		if err != nil {
			return "", err
		}
		if d.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		b, err := seasonBook(tx, id, s.today())
		if err != nil {
			return "", err
		}
		note, err := fn(tx, b, d)
		if err != nil {
			return "", err
		}
		if err := tx.UpdateSeasonDraft(d); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, id, auth.SeasonPlanEdit, seasonNote("draft", strconv.FormatInt(draft, 10), note))
	})
	return err
}

// SeasonBlocked is the error of a place that a rule forbids; it carries the demands, so that pages can say them.
type SeasonBlocked struct {
	Demands []season.Demand
	err     error
}

func (e *SeasonBlocked) Error() string { return e.err.Error() }
func (e *SeasonBlocked) Unwrap() error { return e.err }

// Move puts an exhibition on the board. What a rule that blocks forbids is refused; what one that warns of is stored as an override and stands in the log.
func (s *SeasonPlans) Move(ctx context.Context, actor auth.Actor, id, draft int64, form *intake.SeasonMove, w Write) error {
	spot, ps := form.Check(s.context(actor), true)
	if err := ps.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, id, draft, "season_plan.move", form, w, func(tx *store.Tx, b *SeasonBook, d *exhibition.SeasonDraft) (string, error) {
		v, err := seasonBoard(b, d)
		if err != nil {
			return "", err
		}
		if !v.asked(spot.Exhibition) || b.Place(spot.Venue) == nil || spot.Week >= b.Weeks {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		var warns []string
		var blocks []season.Demand
		for _, x := range v.board.Check(v.plan, season.Placement{Exhibition: showCode(spot.Exhibition), Venue: spot.Venue, Week: spot.Week}) {
			if x.Blocks {
				blocks = append(blocks, x)
			} else if !slices.Contains(warns, string(x.Rule)) {
				warns = append(warns, string(x.Rule))
			}
		}
		if len(blocks) > 0 {
			return "", &SeasonBlocked{blocks, fault.New(fault.State, "error.season_plan.blocked")}
		}
		now := s.now()
		if err := d.Put(spot, warns, actor.Party, actor.UserID, now); err != nil {
			return "", err
		}
		if len(warns) > 0 {
			err = audit(tx, actor, now, "season.override", store.AuditEntry{Entity: "season", EntityID: id, Note: seasonNote("draft", strconv.FormatInt(draft, 10), "exhibition", strconv.FormatInt(spot.Exhibition, 10)),
				Changes: []registry.Change{{Path: "rules", Class: string(auth.ClassCase), New: strings.Join(warns, " ")}}})
		}
		return seasonNote("move", strconv.FormatInt(spot.Exhibition, 10), spot.Venue, strconv.Itoa(spot.Week)), err
	})
}

// Clear puts an exhibition back into the tray.
func (s *SeasonPlans) Clear(ctx context.Context, actor auth.Actor, id, draft int64, form *intake.SeasonMove, w Write) error {
	spot, ps := form.Check(s.context(actor), false)
	if err := ps.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, id, draft, "season_plan.clear", form, w, func(_ *store.Tx, b *SeasonBook, d *exhibition.SeasonDraft) (string, error) {
		if e := b.Entry(spot.Exhibition); e != nil && e.Fixed {
			return "", fault.New(fault.State, "error.season_plan.fixed")
		}
		return seasonNote("clear", strconv.FormatInt(spot.Exhibition, 10)), d.Clear(spot.Exhibition, s.now())
	})
}

// Lock says whether the planner may move an exhibition.
func (s *SeasonPlans) Lock(ctx context.Context, actor auth.Actor, id, draft int64, form *intake.SeasonMove, locked bool, w Write) error {
	spot, ps := form.Check(s.context(actor), false)
	if err := ps.Err(); err != nil {
		return err
	}
	return s.change(ctx, actor, id, draft, "season_plan.lock", []any{form, locked}, w, func(_ *store.Tx, _ *SeasonBook, d *exhibition.SeasonDraft) (string, error) {
		return seasonNote("lock", strconv.FormatInt(spot.Exhibition, 10), strconv.FormatBool(locked)), d.Lock(spot.Exhibition, locked, s.now())
	})
}

// Relax gives up one of the demands that clash in the draft's last run (number from 0 of its reasons), as a change of the draft.
func (s *SeasonPlans) Relax(ctx context.Context, actor auth.Actor, id, draft, run int64, number int, w Write) error {
	return s.change(ctx, actor, id, draft, "season_plan.relax", []any{run, number}, w, func(tx *store.Tx, _ *SeasonBook, d *exhibition.SeasonDraft) (string, error) {
		r, err := s.loadRun(tx, actor, auth.SeasonPlanEdit, id, draft, run)
		if err != nil {
			return "", err
		}
		res, err := r.Answer()
		if err != nil {
			return "", err
		}
		if res == nil || number < 0 || number >= len(res.Reasons) {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		x, ok := RelaxOf(&res.Reasons[number])
		if !ok {
			return "", fault.New(fault.State, "error.season_plan.relaxed")
		}
		return seasonNote("relax", x.Rule, x.Exhibition+x.Person+x.Series+x.Party), d.Relax(x, false, s.now())
	})
}

// Restore takes back what was given up (number from 0 of the draft's).
func (s *SeasonPlans) Restore(ctx context.Context, actor auth.Actor, id, draft int64, number int, w Write) error {
	return s.change(ctx, actor, id, draft, "season_plan.restore", number, w, func(_ *store.Tx, _ *SeasonBook, d *exhibition.SeasonDraft) (string, error) {
		if number < 0 || number >= len(d.Relaxed) {
			return "", fault.New(fault.NotFound, "error.not_found")
		}
		x := d.Relaxed[number]
		return seasonNote("restore", x.Rule, x.Exhibition+x.Person+x.Series+x.Party), d.Relax(x, true, s.now())
	})
}

// Drop ends a draft.
func (s *SeasonPlans) Drop(ctx context.Context, actor auth.Actor, id, draft int64, w Write) error {
	return s.change(ctx, actor, id, draft, "season_plan.drop", nil, w, func(_ *store.Tx, _ *SeasonBook, d *exhibition.SeasonDraft) (string, error) {
		return "drop", d.Drop(s.now())
	})
}

// SeasonPair is two drafts side by side.
type SeasonPair struct {
	A, B *SeasonBoard
	Rows []SeasonPairRow
}

// SeasonPairRow is one exhibition in two drafts; nil where it is in the tray.
type SeasonPairRow struct {
	Entry *SeasonEntry
	A, B  *exhibition.SeasonLine
	Same  bool
}

// Compare puts two drafts of a season side by side.
func (s *SeasonPlans) Compare(ctx context.Context, actor auth.Actor, id, a, b int64) (*SeasonPair, error) {
	v := &SeasonPair{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		v.Rows = nil
		var err error
		if v.A, err = s.open(tx, actor, id, a); err != nil {
			return err
		}
		if v.B, err = s.open(tx, actor, id, b); err != nil {
			return err
		}
		one, two := v.A.lines(), v.B.lines()
		find := func(list []exhibition.SeasonLine, id int64) *exhibition.SeasonLine {
			for i := range list {
				if list[i].Exhibition == id {
					return &list[i]
				}
			}
			return nil
		}
		for i := range v.A.Entries {
			e := &v.A.Entries[i]
			r := SeasonPairRow{Entry: e, A: find(one, e.ID), B: find(two, e.ID)}
			r.Same = r.A == nil && r.B == nil || r.A != nil && r.B != nil && r.A.First == r.B.First && r.A.Last == r.B.Last && r.A.Venue == r.B.Venue
			v.Rows = append(v.Rows, r)
		}
		return nil
	})
	return v, err
}
