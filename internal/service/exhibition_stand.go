package service

import (
	"fmt"
	"sync"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/store"
)

// Stand is where an exhibitor stands in an exhibition: the hall's name and what the sign of the booth says, such as "A-12". The zero value has no booth yet.
type Stand struct {
	HallID int64
	Hall   exhibition.Label
	Booth  int // number in the plan
	Code   string
}

// Placed reports whether there is a booth.
func (s Stand) Placed() bool { return s.Code != "" }

// planCache keeps the plans that exhibitions use, with what was measured of them. A released plan never changes, so that what was read once holds; the door asks fifty
// times a second, and each placing asks for the ways through the hall.
type planCache struct {
	mu    sync.Mutex
	plans map[int64]*exhibition.Measured
}

// maxKeptPlans bounds the plans in memory: more halls are not in use at one time.
const maxKeptPlans = 32

func (k *planCache) kept(plan int64) *exhibition.Measured {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.plans[plan]
}

func (k *planCache) keep(plan int64, m *exhibition.Measured) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.plans == nil || len(k.plans) >= maxKeptPlans {
		k.plans = map[int64]*exhibition.Measured{}
	}
	k.plans[plan] = m
}

// planIn returns the plan that an exhibition uses in a hall.
func (c *core) planIn(tx *store.Tx, e *exhibition.Exhibition, h store.ExhibitionHall) (*exhibition.Measured, error) {
	if m := c.plans.kept(h.PlanID); m != nil {
		return m, nil
	}
	row, err := tx.PlanByID(e.Terms.Host, h.PlanID)
	if err != nil {
		return nil, fmt.Errorf("reading the plan of hall %d: %w", h.HallID, err)
	}
	return c.measured(row)
}

// measured reads the drawing of a row, unless it is in memory.
func (c *core) measured(row *store.HallPlan) (*exhibition.Measured, error) {
	if m := c.plans.kept(row.ID); m != nil {
		return m, nil
	}
	p, err := readPlan(row)
	if err != nil {
		return nil, err
	}
	m := exhibition.Measure(p)
	if row.State != exhibition.PlanDraft {
		c.plans.keep(row.ID, m)
	}
	return m, nil
}

// stands returns where the exhibitors of an exhibition stand, by participation. Whoever may read the roster may read it: the booth is part of what each party sees of
// the other's exhibitors.
func (c *core) stands(tx *store.Tx, e *exhibition.Exhibition) (map[int64]Stand, error) {
	placed, err := tx.Placements(e.ID)
	if err != nil || len(placed) == 0 {
		return nil, err
	}
	return c.standsOf(tx, e, placed)
}

// standOf returns where one exhibitor stands.
func (c *core) standOf(tx *store.Tx, e *exhibition.Exhibition, participation int64) (Stand, error) {
	p, err := tx.PlacementOf(participation)
	if fault.Is(err, fault.NotFound) {
		return Stand{}, nil
	}
	if err != nil {
		return Stand{}, err
	}
	found, err := c.standsOf(tx, e, []exhibition.Placement{*p})
	return found[participation], err
}

func (c *core) standsOf(tx *store.Tx, e *exhibition.Exhibition, placed []exhibition.Placement) (map[int64]Stand, error) {
	halls, err := tx.ExhibitionHalls(e.ID)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Stand, len(placed))
	for _, h := range halls {
		var plan *exhibition.Measured
		var name exhibition.Label
		for _, p := range placed {
			if p.HallID != h.HallID {
				continue
			}
			if plan == nil {
				if plan, err = c.planIn(tx, e, h); err != nil {
					return nil, err
				}
				hall, err := tx.HallByID(e.Terms.Host, h.HallID)
				if err != nil {
					return nil, fmt.Errorf("reading hall %d: %w", h.HallID, err)
				}
				name = hall.Name
			}
			out[p.ParticipationID] = Stand{HallID: h.HallID, Hall: name, Booth: p.Booth, Code: plan.Code(p.Booth)}
		}
	}
	return out, nil
}
