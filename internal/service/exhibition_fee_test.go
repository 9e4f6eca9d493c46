package service_test

import (
	"errors"
	"sync"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/store/storetest"
	"muntija/internal/testkit"
)

// invitedTo makes an exhibition with a fee and invites a family to it.
func invitedTo(t *testing.T, o *testkit.Office, n int, family int64, fee exhibition.Fee) *exhibition.Participation {
	t.Helper()
	e := storetest.Exhibition(n, 9)
	e.Terms.Fees = []exhibition.Fee{fee}
	var p *exhibition.Participation
	o.Update(t, func(tx *store.Tx) error {
		if err := tx.InsertExhibition(e); err != nil {
			return err
		}
		var err error
		if x, none := tx.ExhibitorOfFamily("EG", family); none == nil {
			p = &exhibition.Participation{ExhibitionID: e.ID, ExhibitorID: x.ID, FamilyID: family, State: exhibition.Invited, Traits: x.Traits(false), Name: x.Name, Deadline: o.Clock.Now().AddDate(0, 0, 9),
				EnteredBy: 1, CreatedAt: storetest.Noon, UpdatedAt: storetest.Noon}
			return tx.InsertParticipation(p)
		}
		if p, err = storetest.Take(tx, e, family, "EG", exhibition.Invited); err != nil {
			return err
		}
		p.Deadline = o.Clock.Now().AddDate(0, 0, 9)
		return tx.UpdateParticipation(p)
	})
	return p
}

// granted gives a family an approved grant of a benefit, of a scheme of the whole year.
func granted(t *testing.T, o *testkit.Office, family int64, kind programme.Benefit, unit int64, quantity int, change func(*programme.Scheme)) int64 {
	t.Helper()
	s := storetest.Scheme("EG", 1_000_000, 0)
	s.Areas, s.Offers = nil, []programme.Offer{{N: 1, Kind: kind, Name: "رسوم", UnitCost: unit, Each: 9}}
	if change != nil {
		change(s)
	}
	g := storetest.Grant(s, family)
	o.Update(t, func(tx *store.Tx) error {
		if err := errors.Join(tx.InsertScheme(s), tx.OpenPurse(s)); err != nil {
			return err
		}
		g.SchemeID, g.Quantity, g.Amount, g.State, g.Claimant = s.ID, quantity, unit*int64(quantity), programme.GrantApproved, family
		if _, err := tx.Reserve(s.ID, 1, quantity, g.Amount); err != nil {
			return err
		}
		return tx.InsertGrant(g, kind)
	})
	return g.ID
}

// A grant of a fee waiver bears the fee of a place once, and only where it may: it is bound when the place is taken, freed when it is given up, and not taken back meanwhile.
func TestFeeIsBorne(t *testing.T) {
	o := testkit.Service(t)
	coordinator := testkit.Actor(auth.Coordinator, place.Egypt)
	family := o.Family(t, 1, place.Egypt, registry.Approved)
	fixed := exhibition.Fee{Party: "EG", Kind: "fixed", Amount: 40_000, Deposit: 5_000, Currency: "EGP"}
	pays := func(p *exhibition.Participation) (due, borne, left int64, taken bool) {
		t.Helper()
		v, err := o.Exhibitions.Participant(background, coordinator, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return v.Fee.Due, v.Fee.Borne, v.Fee.Left(), v.Fee.Taken
	}
	want := func(p *exhibition.Participation, what string, borne, left int64, taken bool) {
		t.Helper()
		if _, b, l, k := pays(p); b != borne || l != left || k != taken {
			t.Errorf("%s: borne %d, left %d, bound %v; want %d, %d, %v", what, b, l, k, borne, left, taken)
		}
	}
	accept := func(p *exhibition.Participation) {
		t.Helper()
		v, err := o.Exhibitions.Participant(background, coordinator, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if state, err := o.Exhibitions.Answer(background, coordinator, p.ID, true, testkit.Write(v.Version)); err != nil || state != exhibition.Accepted {
			t.Fatalf("accepting: %s, %v", state, err)
		}
	}
	first, second := invitedTo(t, o, 1, family, fixed), invitedTo(t, o, 2, family, fixed)
	want(first, "without a grant", 0, 40_000, false)
	// None of these fits: other money, other time, another benefit, delivered to nobody's use.
	granted(t, o, family, programme.FeeWaiver, 30_000, 1, func(s *programme.Scheme) { s.Currency = "QAR" })
	granted(t, o, family, programme.FeeWaiver, 30_000, 1, func(s *programme.Scheme) { s.Last = s.First })
	granted(t, o, family, "lodging", 30_000, 1, nil)
	want(first, "with grants that do not fit", 0, 40_000, false)
	grant := granted(t, o, family, programme.FeeWaiver, 30_000, 1, nil)
	want(first, "invited", 30_000, 10_000, false)
	want(second, "invited to both", 30_000, 10_000, false)
	accept(first)
	want(first, "taken", 30_000, 10_000, true)
	want(second, "its one unit is used", 0, 40_000, false)
	accept(second)
	want(second, "taken without", 0, 40_000, false)

	admin := testkit.Actor(auth.Reviewer, place.Egypt)
	v, err := o.Incentives.Grant(background, admin, grant)
	if err != nil || len(v.Uses) != 1 || v.Uses[0].Participation != first.ID {
		t.Fatalf("the grant: %+v, %v", v, err)
	}
	refused(t, o.Incentives.Withdraw(background, admin, grant, &intake.Words{Text: "انتهت الحاجة"}, testkit.Write(v.Version)), fault.State, "taking back a grant that bears a fee")

	// The place is given up: the unit is free, and bears the next fee.
	at, err := o.Exhibitions.Participant(background, coordinator, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Exhibitions.Withdraw(background, coordinator, first.ID, &intake.Words{Text: "ظروف الأسرة"}, testkit.Write(at.Version)); err != nil {
		t.Fatal(err)
	}
	want(first, "given up", 0, 40_000, false)
	third := invitedTo(t, o, 3, family, exhibition.Fee{Party: "EG", Kind: "share", Percent: 10, Currency: "EGP"})
	accept(third)
	want(third, "a share of no sales yet", 0, 0, true)
	o.Update(t, func(tx *store.Tx) error {
		p, err := tx.ParticipationByID("EG", third.ID)
		if err != nil {
			return err
		}
		return tx.PutSale(p.ExhibitionID, &exhibition.Sale{ParticipationID: p.ID, Day: storetest.Exhibition(3, 9).Terms.First, Amount: 450_000, Currency: "EGP", By: 1, At: storetest.Noon})
	})
	want(third, "a tenth of 4,500", 30_000, 15_000, true)

	// The reports add up the same, and the other party's has none of it.
	for _, c := range []struct {
		p    *exhibition.Participation
		want service.ReportFees
	}{{second, service.ReportFees{Kind: "fixed", In: "EGP", Due: 40_000}}, {third, service.ReportFees{Kind: "share", In: "EGP", Due: 45_000, Borne: 30_000, Relieved: 1}}} {
		r, err := o.Exhibitions.Report(background, coordinator, c.p.ExhibitionID)
		if err != nil {
			t.Fatal(err)
		}
		if r.Fees != c.want || len(r.Roster) != 1 || r.Roster[0].Left() != c.want.Left() {
			t.Errorf("the report of exhibition %d: got %+v of %d exhibitors, want %+v", c.p.ExhibitionID, r.Fees, len(r.Roster), c.want)
		}
	}
	// The roster says it of each, to those of the own party who may see the exhibitor.
	for _, c := range []struct {
		who   auth.Actor
		shown bool
	}{{coordinator, true}, {testkit.Actor(auth.Analyst, place.Egypt), true}, {testkit.Actor(auth.Reviewer, place.Egypt), false}, {testkit.Actor(auth.Coordinator, place.Qatar), false}} {
		_, rows, err := o.Exhibitions.Roster(background, c.who, third.ExhibitionID)
		if err != nil || len(rows) != 1 {
			t.Fatalf("the roster for %s of %s: %d rows, %v", c.who.Role, c.who.Party, len(rows), err)
		}
		switch fee := rows[0].Fee; {
		case c.shown && (fee == nil || *fee != service.PlaceFee{Due: 45_000, Borne: 30_000, Relieved: true}):
			t.Errorf("the roster for %s: got %+v", c.who.Role, fee)
		case !c.shown && fee != nil:
			t.Errorf("%s of %s reads what an exhibitor owes", c.who.Role, c.who.Party)
		}
	}
	// The page of the family says where each unit is used. It is suspended, so that nothing is counted for it: these schemes have no rules.
	o.Do(t, admin, family, registry.StepSuspend, "not_active")
	of, err := o.Incentives.OfFamily(background, admin, family)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range of.Grants {
		if want := map[bool]int{true: 1}[g.ID == grant]; len(g.Uses) != want || want == 1 && (g.Uses[0].Participation != third.ID || g.Uses[0].Name != "ديارنا 3" || g.Uses[0].First == 0) {
			t.Errorf("grant %d is used at %+v", g.ID, g.Uses)
		}
	}
	r, err := o.Exhibitions.Report(background, testkit.Actor(auth.Coordinator, place.Qatar), third.ExhibitionID)
	if err != nil || r.Fees.Due != 0 || r.Fees.Borne != 0 {
		t.Errorf("the other party's report: %+v, %v", r, err)
	}
}

// Many places taken at once use each unit once.
func TestFeeIsBorneOnce(t *testing.T) {
	o := testkit.Service(t)
	coordinator := testkit.Actor(auth.Coordinator, place.Egypt)
	family := o.Family(t, 1, place.Egypt, registry.Approved)
	grant := granted(t, o, family, programme.SubsidisedBooth, 20_000, 2, nil)
	var list []*exhibition.Participation
	for n := range 6 {
		list = append(list, invitedTo(t, o, n+1, family, exhibition.Fee{Party: "EG", Kind: "fixed", Amount: 15_000, Currency: "EGP"}))
	}
	var wait sync.WaitGroup
	for _, p := range list {
		wait.Go(func() {
			v, err := o.Exhibitions.Participant(background, coordinator, p.ID)
			if err == nil {
				_, err = o.Exhibitions.Answer(background, coordinator, p.ID, true, testkit.Write(v.Version))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	bound, left := 0, int64(0)
	for _, p := range list {
		v, err := o.Exhibitions.Participant(background, coordinator, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if v.Fee.Taken {
			bound++
			if v.Fee.Grant != grant || v.Fee.Borne != 15_000 { // never more than is due
				t.Errorf("got %+v", v.Fee)
			}
		}
		left += v.Fee.Left()
	}
	if bound != 2 || left != 4*15_000 {
		t.Errorf("%d places are relieved and %d is left to pay, want 2 and 60000", bound, left)
	}
}
