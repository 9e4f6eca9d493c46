package service

import (
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// The place of an exhibition: a venue or a hall of the host's registry, or words for one that is not drawn yet. It is a part of the terms, so that moving needs the
// keys of both parties; the hall's plan follows it into the room of placing.

// placeOf fills in the names of the place that terms choose from the host's registry, and refuses one that is not there. Who is not of the host sees no registry and may
// keep what stands.
func placeOf(tx *store.Tx, actor auth.Actor, e *exhibition.Exhibition, t *exhibition.Terms) error {
	chosen := t.Site()
	if t.VenueEN = ""; chosen == "" {
		return nil
	}
	var ps fault.Problems
	ps.Add("site", "problem.exhibition.site")
	if actor.Party != t.Host {
		if e == nil {
			return ps.Err()
		}
		for _, known := range []*exhibition.Terms{&e.Terms, pendingTerms(e)} {
			if known != nil && known.Host == t.Host && known.Site() == chosen {
				t.VenueID, t.HallID, t.Venue, t.VenueEN = known.VenueID, known.HallID, known.Venue, known.VenueEN
				return nil
			}
		}
		return ps.Err()
	}
	var hall exhibition.Label
	if t.HallID != 0 {
		h, err := tx.HallByID(t.Host, t.HallID)
		if fault.Is(err, fault.NotFound) {
			return ps.Err()
		}
		if err != nil {
			return err
		}
		t.VenueID, hall = h.VenueID, h.Name
	}
	v, err := tx.VenueByID(t.Host, t.VenueID)
	if fault.Is(err, fault.NotFound) || err == nil && v.Archived && (e == nil || e.Terms.VenueID != v.ID) {
		return ps.Err()
	}
	if err != nil {
		return err
	}
	t.Venue, t.VenueEN = v.Name.AR, v.Name.In("en")
	if hall.AR != "" {
		t.Venue += "، " + hall.AR
		t.VenueEN += ", " + hall.In("en")
	}
	if t.City == "" {
		t.City = v.City.AR
	}
	return nil
}

func pendingTerms(e *exhibition.Exhibition) *exhibition.Terms {
	if e.Pending == nil {
		return nil
	}
	return &e.Pending.Terms
}

// strays returns the halls of an exhibition that are not within terms.
func strays(tx *store.Tx, e *exhibition.Exhibition, t *exhibition.Terms) ([]store.ExhibitionHall, error) {
	halls, err := tx.ExhibitionHalls(e.ID)
	if err != nil {
		return nil, err
	}
	var out []store.ExhibitionHall
	for _, h := range halls {
		within, err := within(tx, t, e.Terms.Host, h.HallID)
		if err != nil {
			return nil, err
		}
		if !within {
			out = append(out, h)
		}
	}
	return out, nil
}

// within reports whether a hall of a party is within terms: the party is the host, and the hall or its venue is the one agreed on.
func within(tx *store.Tx, t *exhibition.Terms, party place.Country, hall int64) (bool, error) {
	if t.Host != party {
		return false, nil
	}
	h, err := tx.HallByID(party, hall)
	if fault.Is(err, fault.NotFound) { // of the party that was the host before
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return t.MayUseHall(h.VenueID, hall), nil
}

// placedElsewhere counts the exhibitors in halls that terms would leave.
func placedElsewhere(tx *store.Tx, e *exhibition.Exhibition, t *exhibition.Terms) (int, error) {
	halls, err := strays(tx, e, t)
	if err != nil || len(halls) == 0 {
		return 0, err
	}
	placed, err := tx.Placements(e.ID)
	n := 0
	for _, p := range placed {
		for _, h := range halls {
			if p.HallID == h.HallID {
				n++
			}
		}
	}
	return n, err
}

// tie brings the halls of an agreed exhibition to its terms: what is not within them goes, with who was placed there, and the hall agreed on comes with its released
// plan. A hall that has none yet is added in the room of placing once its plan is released.
func (s *Exhibitions) tie(tx *store.Tx, actor auth.Actor, e *exhibition.Exhibition) error {
	if e.Status != exhibition.Agreed || e.Pending != nil {
		return nil
	}
	gone, err := strays(tx, e, &e.Terms)
	if err != nil {
		return err
	}
	log := func(action string, c registry.Change) error {
		return audit(tx, actor, s.now(), action, store.AuditEntry{Party: string(e.Terms.Host), Entity: "exhibition", EntityID: e.ID, Changes: []registry.Change{c}})
	}
	for _, h := range gone {
		n, err := tx.EmptyHall(e.ID, h.HallID)
		if err != nil {
			return err
		}
		if err := tx.RemoveExhibitionHall(e.ID, h.HallID); err != nil {
			return err
		}
		if err := log("place.drop", registry.Change{Path: "hall", Old: strconv.FormatInt(h.HallID, 10) + " (" + strconv.FormatInt(n, 10) + ")"}); err != nil {
			return err
		}
	}
	if e.Terms.HallID == 0 {
		return nil
	}
	halls, err := tx.ExhibitionHalls(e.ID)
	if err != nil {
		return err
	}
	for _, h := range halls {
		if h.HallID == e.Terms.HallID {
			return nil
		}
	}
	plans, err := tx.ListPlans(e.Terms.Host, e.Terms.HallID)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if p.State != exhibition.PlanReleased {
			continue
		}
		if err := tx.PutExhibitionHall(&store.ExhibitionHall{ExhibitionID: e.ID, HallID: p.HallID, PlanID: p.ID, AddedBy: actor.UserID, AddedAt: s.now()}); err != nil {
			return err
		}
		return log("place.hall", registry.Change{Path: "plan", New: planText(p.ID)})
	}
	return nil
}
