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

// boothCodes keeps the signs of the booths of plans in use. A released plan never changes, so that what was read once holds; the door asks fifty times a second.
type boothCodes struct {
	mu   sync.Mutex
	plan map[int64]map[int]string
}

// maxKeptPlans bounds the plans in memory: more halls are not in use at one time.
const maxKeptPlans = 64

func (k *boothCodes) kept(plan int64) map[int]string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.plan[plan]
}

func (k *boothCodes) keep(plan int64, codes map[int]string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.plan == nil || len(k.plan) >= maxKeptPlans {
		k.plan = map[int64]map[int]string{}
	}
	k.plan[plan] = codes
}

// codesOf returns the signs of the booths of the plan that an exhibition uses in a hall, by number.
func (c *core) codesOf(tx *store.Tx, e *exhibition.Exhibition, h store.ExhibitionHall) (map[int]string, error) {
	if codes := c.booths.kept(h.PlanID); codes != nil {
		return codes, nil
	}
	row, err := tx.PlanByID(e.Terms.Host, h.PlanID)
	if err != nil {
		return nil, fmt.Errorf("reading the plan of hall %d: %w", h.HallID, err)
	}
	p, err := readPlan(row)
	if err != nil {
		return nil, err
	}
	codes := make(map[int]string, len(p.Booths))
	for i := range p.Booths {
		codes[p.Booths[i].ID] = p.Booths[i].Code
	}
	if row.State != exhibition.PlanDraft {
		c.booths.keep(h.PlanID, codes)
	}
	return codes, nil
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
		var codes map[int]string
		var name exhibition.Label
		for _, p := range placed {
			if p.HallID != h.HallID {
				continue
			}
			if codes == nil {
				if codes, err = c.codesOf(tx, e, h); err != nil {
					return nil, err
				}
				hall, err := tx.HallByID(e.Terms.Host, h.HallID)
				if err != nil {
					return nil, fmt.Errorf("reading hall %d: %w", h.HallID, err)
				}
				name = hall.Name
			}
			out[p.ParticipationID] = Stand{HallID: h.HallID, Hall: name, Booth: p.Booth, Code: codes[p.Booth]}
		}
	}
	return out, nil
}
