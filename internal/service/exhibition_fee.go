package service

import (
	"time"

	"muntija/internal/exhibition"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/store"
)

// FeeView is what an exhibitor pays for a place. Amounts are minor units of In.
type FeeView struct {
	exhibition.Fee
	Due    int64 // of a share: of the sales so far
	In     string
	Borne  int64 // of Due, by an incentive
	Most   int64 // that the incentive bears
	Grant  int64 // that bears it, or would once the place is taken; 0: none
	Scheme string
	Taken  bool // the unit is bound to this place
}

// Left is what the exhibitor pays itself.
func (v *FeeView) Left() int64 { return v.Due - v.Borne }

// feeOf reckons what the exhibitor of a participation pays. Who has a place keeps the grant that it took; who may still get one sees the grant that would bear the fee.
func feeOf(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, sales int64) (*FeeView, error) {
	v := &FeeView{Fee: e.Terms.FeeOf(p.Traits.Party)}
	v.Due, v.In = v.Fee.Due(sales, e.Terms.Currency())
	relief, err := tx.ReliefOf(p.ID)
	if err != nil {
		return nil, err
	}
	var offer programme.Offer
	var x *programme.Scheme
	switch {
	case relief != nil:
		if x, err = tx.SchemeByID(p.Traits.Party, relief.Scheme); err != nil {
			return nil, err
		}
		offer, _ = x.Offer(relief.Offer)
		v.Taken = true
	case p.State.Ended() || p.State.Holds(): // the place was taken without one
		return v, nil
	default:
		if relief, x, offer, err = reliefFor(tx, e, p); err != nil || relief == nil {
			return v, err
		}
	}
	v.Grant, v.Scheme, v.Most, v.Borne = relief.GrantID, x.Name, offer.UnitCost, offer.Bears(v.Due)
	return v, nil
}

// reliefFor finds the oldest grant of a family that bears the fee of its place: of a scheme whose time holds the first day, and in the money of the fee, because two currencies
// are never set off against each other. nil: none, or there is no fee.
func reliefFor(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation) (*store.Relief, *programme.Scheme, programme.Offer, error) {
	none := programme.Offer{}
	fee := e.Terms.FeeOf(p.Traits.Party)
	if p.FamilyID == 0 || fee.Kind == "none" {
		return nil, nil, none, nil
	}
	_, in := fee.Due(0, e.Terms.Currency())
	first, _, _ := e.Terms.Run(p.Wave)
	list, err := tx.Reliefs(p.Traits.Party, p.FamilyID)
	if err != nil {
		return nil, nil, none, err
	}
	for i := range list {
		r := &list[i]
		x, err := tx.SchemeByID(p.Traits.Party, r.Scheme)
		if err != nil {
			return nil, nil, none, err
		}
		offer, ok := x.Offer(r.Offer)
		if !ok || offer.Bears(1) == 0 {
			continue
		}
		if r.Units = min(r.Units, int(r.Amount/offer.UnitCost)); r.Used >= r.Units { // fewer were delivered than approved
			continue
		}
		if x.Currency == in && !first.Before(x.First) && !first.After(x.Last) {
			return r, x, offer, nil
		}
	}
	return nil, nil, none, nil
}

// relieve binds the grant that bears the fee to a place that has just been taken. The store frees it when the place is given up.
func relieve(tx *store.Tx, e *exhibition.Exhibition, p *exhibition.Participation, now time.Time) (grant int64, err error) {
	r, _, _, err := reliefFor(tx, e, p)
	if err != nil || r == nil {
		return 0, err
	}
	if ok, err := tx.TakeRelief(r, p.ID, now); err != nil || !ok {
		return 0, err
	}
	return r.GrantID, nil
}

// PlaceFee is what one exhibitor owes for the place that it has, in minor units of the party's fees.
type PlaceFee struct {
	Due      int64
	Borne    int64 // of Due, by an incentive
	Relieved bool  // an incentive bears it, or a part
}

// Left is what the exhibitor pays itself.
func (f *PlaceFee) Left() int64 { return f.Due - f.Borne }

// feesAt returns how the fees of a party's exhibitors who have a place are reckoned, as [feeOf] does for one: a share is of what was sold. nil if there are none.
func feesAt(tx *store.Tx, e *exhibition.Exhibition, party place.Country) (func(participation, sales int64) PlaceFee, error) {
	fee := e.Terms.FeeOf(party)
	if fee.Kind == "none" {
		return nil, nil
	}
	reliefs, err := tx.ReliefsAt(e.ID, party)
	if err != nil {
		return nil, err
	}
	schemes := map[int64]*programme.Scheme{}
	for _, u := range reliefs {
		if schemes[u.Scheme] == nil {
			if schemes[u.Scheme], err = tx.SchemeByID(party, u.Scheme); err != nil {
				return nil, err
			}
		}
	}
	return func(participation, sales int64) (f PlaceFee) {
		f.Due, _ = fee.Due(sales, e.Terms.Currency())
		if u, ok := reliefs[participation]; ok {
			offer, _ := schemes[u.Scheme].Offer(u.Offer)
			f.Borne, f.Relieved = offer.Bears(f.Due), true
		}
		return f
	}, nil
}

// ReportFees is what the exhibitors of a report owe for their places. All are of one party, so the sums are of one currency: minor units of In.
type ReportFees struct {
	Kind     exhibition.FeeKind
	In       string
	Due      int64
	Borne    int64 // of Due, by incentives
	Relieved int   // exhibitors whose fee an incentive bears, or a part of it
}

// Left is what the exhibitors pay themselves.
func (f *ReportFees) Left() int64 { return f.Due - f.Borne }

// fillFees reckons the fees of the exhibitors of a report.
func (r *Report) fillFees(tx *store.Tx, party place.Country) error {
	e := r.Exhibition
	fee := e.Terms.FeeOf(party)
	r.Fees = ReportFees{Kind: fee.Kind}
	_, r.Fees.In = fee.Due(0, e.Terms.Currency())
	of, err := feesAt(tx, e, party)
	if err != nil || of == nil {
		return err
	}
	for i := range r.Roster {
		x := &r.Roster[i]
		x.PlaceFee = of(x.ID, x.Sales)
		r.Fees.Due += x.Due
		r.Fees.Borne += x.Borne
		if x.Relieved {
			r.Fees.Relieved++
		}
	}
	return nil
}
