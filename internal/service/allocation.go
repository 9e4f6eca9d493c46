package service

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"sync"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/highs"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/planner/model"
	"muntija/internal/store"
)

// Allocations holds the use-cases of allocations: who goes to which exhibition of a season, proven by the planner and signed by both parties.
//
// The order of things is what makes it fair, and it is held here: [Allocations.Create] commits to a secret seed while every call still takes applications;
// [Allocations.Start] solves only when all calls have closed; the end of the first solve makes the seed public, and from then on nobody may apply and nothing may
// be dropped; [Allocations.Sign] makes a run that passed the independent check into invitations and waiting lists.
type Allocations struct {
	core
	jobs        *Jobs
	exhibitions *Exhibitions
	solver      *highs.Solver

	mu    sync.Mutex
	books []*book // the last few that were opened, the newest first
}

// Warm makes the exact solver ready, for the background of a start. Where it cannot run (executable memory is forbidden) the planner works without the proof that only it
// can give, and its pages say which proof a plan has.
func (s *Allocations) Warm(ctx context.Context) {
	if err := s.solver.Warm(ctx); err != nil {
		s.log.Warn("the exact solver is not available: plans go without its proof", "error", err)
	}
}

// AllocationView is one allocation as a coordinator sees it.
type AllocationView struct {
	exhibition.Allocation
	Season    *exhibition.Season
	Shows     []AllocationShow
	Runs      []RunView
	Current   *RunView // the accepted run, else the newest that is done and may be signed
	Names     map[int64]string
	Open      bool // a call still takes applications, or will
	Waits     int  // candidates' applications that nobody has screened yet
	AtWork    bool // a run of any allocation is at work
	CanRun    bool
	CanSign   bool
	CanLetter bool
	Today     calendar.Date
}

// AllocationShow is an exhibition with the calls to it.
type AllocationShow struct {
	exhibition.Exhibition
	Calls  []exhibition.Call // one for each party that calls
	Counts map[exhibition.State]int
}

// Taking reports whether a call to the exhibition still takes applications, or will.
func (s *AllocationShow) Taking(today calendar.Date) bool {
	return slices.ContainsFunc(s.Calls, func(c exhibition.Call) bool { return c.ClosedAt.IsZero() && !today.After(c.Closes) })
}

// AllocationSetup is what the form of a new allocation offers.
type AllocationSetup struct {
	Season *exhibition.Season
	Shows  []AllocationShow // agreed, of the actor's party, with a call that is still open, not decided by another allocation
	Shut   []AllocationShow // agreed with calls that have closed: too late to commit
	Past   []exhibition.Allocation
	CanRun bool
	Today  calendar.Date
}

// showOf reads an exhibition's calls.
func showOf(tx *store.Tx, e *exhibition.Exhibition) (AllocationShow, error) {
	s := AllocationShow{Exhibition: *e}
	for _, p := range e.Terms.Parties {
		c, err := tx.CallOf(p, e.ID)
		if err != nil {
			return s, err
		}
		if c != nil {
			s.Calls = append(s.Calls, *c)
		}
	}
	return s, nil
}

// Setup returns what a new allocation of a season may decide on, and the allocations there are.
func (s *Allocations) Setup(ctx context.Context, actor auth.Actor, season int64) (*AllocationSetup, error) {
	if err := auth.Allow(actor, auth.AllocationView, partySubject(actor)); err != nil {
		return nil, err
	}
	out := &AllocationSetup{Today: s.today(), CanRun: auth.Can(actor, auth.AllocationRun)}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if out.Season, err = seasonByID(tx, season); err != nil {
			return err
		}
		if out.Past, err = tx.Allocations(actor.Party, season); err != nil {
			return err
		}
		list, err := tx.Exhibitions(actor.Party, store.ExhibitionQuery{SeasonID: season, Statuses: []exhibition.Status{exhibition.Agreed}})
		if err != nil {
			return err
		}
		slices.Reverse(list)
		for i := range list {
			e := &list[i]
			if !e.Has(actor.Party) || !out.Today.Before(e.Terms.First) {
				continue
			}
			taken, err := tx.AllocationOf(e.ID)
			if err != nil {
				return err
			}
			show, err := showOf(tx, e)
			if err != nil {
				return err
			}
			switch {
			case taken != nil || len(show.Calls) == 0:
			case show.Taking(out.Today):
				out.Shows = append(out.Shows, show)
			default:
				out.Shut = append(out.Shut, show)
			}
		}
		return nil
	})
	return out, err
}

// newSeed draws the seed of an allocation's lottery.
func newSeed() []byte {
	seed := make([]byte, 32)
	rand.Read(seed) // never fails: crypto/rand ends the program instead
	return seed
}

// Create sets an allocation up and commits to its seed, while all calls still take applications. It returns the allocation's id.
func (s *Allocations) Create(ctx context.Context, actor auth.Actor, season int64, form *intake.Allocation, w Write) (int64, error) {
	if err := auth.Allow(actor, auth.AllocationRun, partySubject(actor)); err != nil {
		return 0, err
	}
	terms, ps := form.Check(s.context(actor))
	if err := ps.Err(); err != nil {
		return 0, err
	}
	now, seed := s.now(), newSeed()
	res, err := s.once(ctx, actor, "allocation.create", w, []any{season, form}, func(tx *store.Tx) (string, error) {
		if _, err := seasonByID(tx, season); err != nil {
			return "", err
		}
		a := &exhibition.Allocation{SeasonID: season, Terms: terms, Commitment: model.Commit(seed), Party: actor.Party, By: actor.UserID, CreatedAt: now}
		var shows []*exhibition.Exhibition
		for _, id := range terms.Exhibitions {
			e, err := loadExhibition(tx, actor, auth.AllocationRun, id)
			if fault.Is(err, fault.NotFound) || err == nil && (e.Terms.SeasonID != season || !e.Open() || !e.Has(actor.Party)) {
				var ps fault.Problems
				ps.Add("exhibitions", "problem.choice")
				return "", ps.Err()
			}
			if err != nil {
				return "", err
			}
			show, err := showOf(tx, e)
			if err != nil {
				return "", err
			}
			if !show.Taking(officeDay(now)) {
				var ps fault.Problems
				ps.Add("exhibitions", "problem.allocation.closed", e.Terms.Name)
				return "", ps.Err()
			}
			taken, err := tx.AllocationOf(id)
			if err != nil {
				return "", err
			}
			if taken != nil {
				var ps fault.Problems
				ps.Add("exhibitions", "problem.allocation.taken", e.Terms.Name)
				return "", ps.Err()
			}
			if terms.Rule == exhibition.RuleEqual && len(e.Terms.Waves) > 1 {
				var ps fault.Problems
				ps.Add("rule", "problem.allocation.equal_one")
				return "", ps.Err()
			}
			if terms.Rule == exhibition.RuleEqual && len(e.Terms.Directions()) > 2 { // it could not be drawn, and after the calls nothing else could be set up
				var ps fault.Problems
				ps.Add("rule", "problem.allocation.equal_crossing", e.Terms.Name)
				return "", ps.Err()
			}
			for _, p := range place.Countries() {
				if e.Has(p) && !slices.Contains(a.Parties, p) {
					a.Parties = append(a.Parties, p)
				}
			}
			shows = append(shows, e)
		}
		if err := terms.Against(shows).Err(); err != nil {
			return "", err
		}
		if err := tx.InsertAllocation(a, seed); err != nil {
			return "", err
		}
		return strconv.FormatInt(a.ID, 10), s.audit(tx, actor, a, string(auth.AllocationRun), "create")
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

func (s *Allocations) audit(tx *store.Tx, actor auth.Actor, a *exhibition.Allocation, action, note string) error {
	return audit(tx, actor, s.now(), action, store.AuditEntry{Entity: "allocation", EntityID: a.ID, Note: note})
}

// loadRun returns an allocation that the actor may act on, and one of its runs, whole.
func loadRun(tx *store.Tx, actor auth.Actor, action auth.Action, id, run int64) (*exhibition.Allocation, *RunView, error) {
	a, err := loadAllocation(tx, actor, action, id)
	if err != nil {
		return nil, nil, err
	}
	whole, err := tx.RunByID(id, run)
	if err != nil {
		return nil, nil, err
	}
	r, err := readRun(whole)
	return a, r, err
}

// loadAllocation reads an allocation for an action of the actor on it.
func loadAllocation(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*exhibition.Allocation, error) {
	if err := auth.Allow(actor, action, partySubject(actor)); err != nil {
		return nil, err
	}
	return tx.AllocationByID(actor.Party, id)
}

// callsOpen reports whether a call to one of the exhibitions still takes applications, or will.
func callsOpen(tx *store.Tx, a *exhibition.Allocation, today calendar.Date) (bool, error) {
	for _, id := range a.Terms.Exhibitions {
		e, err := tx.ExhibitionByID("", id)
		if err != nil {
			return false, err
		}
		show, err := showOf(tx, e)
		if err != nil {
			return false, err
		}
		if e.Open() && show.Taking(today) {
			return true, nil
		}
	}
	return false, nil
}

// Drop ends an allocation while its outcome cannot be known.
func (s *Allocations) Drop(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	now := s.now()
	_, err := s.once(ctx, actor, "allocation.drop", w, id, func(tx *store.Tx) (string, error) {
		a, err := loadAllocation(tx, actor, auth.AllocationRun, id)
		if err != nil {
			return "", err
		}
		if a.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		open, err := callsOpen(tx, a, officeDay(now))
		if err != nil {
			return "", err
		}
		if err := a.Drop(now, open); err != nil {
			return "", err
		}
		if err := tx.UpdateAllocation(a); err != nil {
			return "", err
		}
		return "", s.audit(tx, actor, a, string(auth.AllocationRun), "drop")
	})
	return err
}

// View returns one allocation of the actor's party.
func (s *Allocations) View(ctx context.Context, actor auth.Actor, id int64) (*AllocationView, error) {
	v := &AllocationView{Today: s.today(), CanRun: auth.Can(actor, auth.AllocationRun), CanSign: auth.Can(actor, auth.AllocationSign), CanLetter: auth.Can(actor, auth.LetterView)}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		a, err := loadAllocation(tx, actor, auth.AllocationView, id)
		if err != nil {
			return err
		}
		v.Allocation = *a
		if v.Season, err = seasonByID(tx, a.SeasonID); err != nil {
			return err
		}
		if v.Open, err = callsOpen(tx, a, v.Today); err != nil {
			return err
		}
		for _, x := range a.Terms.Exhibitions {
			e, err := tx.ExhibitionByID("", x)
			if err != nil {
				return err
			}
			show, err := showOf(tx, e)
			if err != nil {
				return err
			}
			show.Counts = map[exhibition.State]int{}
			list, err := tx.Participations(x, store.ParticipationQuery{Limit: noLimit})
			if err != nil {
				return err
			}
			for _, p := range list {
				show.Counts[p.State]++
			}
			v.Waits += show.Counts[exhibition.Applied]
			v.Shows = append(v.Shows, show)
		}
		busy, err := tx.RunAtWork()
		if err != nil {
			return err
		}
		v.AtWork = busy != nil
		runs, err := tx.Runs(id)
		if err != nil {
			return err
		}
		ids := []int64{a.By}
		for i := range runs {
			r, err := readRun(&runs[i])
			if err != nil {
				return err
			}
			ids = append(ids, r.Body.By)
			for _, k := range r.Body.Keys {
				ids = append(ids, k.By)
			}
			v.Runs = append(v.Runs, *r)
		}
		for i := range v.Runs {
			if r := &v.Runs[i]; r.ID == a.Accepted || a.Accepted == 0 && v.Current == nil && r.State == exhibition.RunDone && r.Kind != exhibition.RunWhatIf {
				v.Current = r
			}
		}
		v.Names, err = userNames(tx, ids...)
		return err
	})
	return v, err
}

// closedByDraw refuses to open a call to an exhibition again, or to take an application, once the seed of its allocation is public.
func closedByDraw(tx *store.Tx, exhibitionID int64) error {
	a, err := tx.AllocationOf(exhibitionID)
	if err == nil && a != nil && !a.Revealed.IsZero() {
		err = fault.New(fault.State, "error.call.drawn")
	}
	return err
}
