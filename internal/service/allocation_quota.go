package service

import (
	"slices"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/store"
)

// seasonTally is how the quotas over several exhibitions of an allocation stand: places held and invitations open. Upper bounds hold for every invitation, whoever makes
// it; lower ones are the plan's, and a place that is given back goes to the same cell.
type seasonTally struct {
	terms *exhibition.AllocationTerms
	used  []int // of each quota
}

// tallySeasonOf counts for the allocation of an exhibition.
func tallySeasonOf(tx *store.Tx, exhibitionID int64) (*seasonTally, error) {
	a, err := tx.AllocationOf(exhibitionID)
	if err != nil {
		return nil, err
	}
	return tallySeason(tx, a)
}

// tallySeason counts for an allocation; without one, or without such quotas, nothing is bounded.
func tallySeason(tx *store.Tx, a *exhibition.Allocation) (*seasonTally, error) {
	if a == nil || len(a.Terms.Quotas) == 0 {
		return &seasonTally{terms: &exhibition.AllocationTerms{}}, nil
	}
	t := &seasonTally{&a.Terms, make([]int, len(a.Terms.Quotas))}
	for _, id := range a.Terms.Exhibitions {
		if !slices.ContainsFunc(a.Terms.Quotas, func(q exhibition.SeasonQuota) bool { return q.Max > 0 && q.Covers(id) }) {
			continue
		}
		list, err := tx.Participations(id, store.ParticipationQuery{States: []exhibition.State{exhibition.Invited, exhibition.Accepted}, Limit: noLimit})
		if err != nil {
			return nil, err
		}
		for i := range list {
			t.add(&list[i], 1)
		}
	}
	return t, nil
}

func (t *seasonTally) add(p *exhibition.Participation, n int) {
	for i, q := range t.terms.Quotas {
		if q.Covers(p.ExhibitionID) && q.Counts(p.Traits) {
			t.used[i] += n
		}
	}
}

// mayInvite returns nil if one more invitation keeps to the upper bounds.
func (t *seasonTally) mayInvite(p *exhibition.Participation) error {
	for i, q := range t.terms.Quotas {
		if q.Max > 0 && q.Covers(p.ExhibitionID) && q.Counts(p.Traits) && t.used[i] >= q.Max {
			return fault.New(fault.State, "error.participation.season_full", fault.Key("enum.quota."+string(q.By)), q.Value, q.Max)
		}
	}
	return nil
}
