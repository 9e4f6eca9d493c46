package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Scheme is a published scheme of a party with one paid offer of 100.00 and one free one.
func Scheme(party place.Country, budget int64, most int) *programme.Scheme {
	currency := "EGP"
	if party == place.Qatar {
		currency = "QAR"
	}
	return &programme.Scheme{Party: party, State: programme.SchemePublished, Edition: 1, Name: "حقيبة أدوات", NameEN: "Tool kit", Text: "لمن بدأ", Currency: currency, Budget: budget,
		First: date(2026, 1, 1), Last: date(2026, 12, 31), Once: true, Order: programme.ByNeed, Rules: []byte(`{"criteria":[]}`), CreatedBy: 1, CreatedAt: Noon, UpdatedAt: Noon,
		PublishedBy: 2, PublishedAt: Noon, Areas: []string{"EG-C"},
		Offers: []programme.Offer{{N: 1, Kind: "tool_kit", Name: "ماكينة", UnitCost: 10_000, Most: most, Each: 3}, {N: 2, Kind: "certificate", Name: "شهادة", Each: 1}}}
}

// Grant is a proposed grant of a scheme's first offer.
func Grant(s *programme.Scheme, family int64) *programme.Grant {
	return &programme.Grant{Party: s.Party, SchemeID: s.ID, Offer: 1, FamilyID: family, Once: s.Once, State: programme.GrantProposed, Quantity: 1, Amount: s.Offers[0].UnitCost,
		Source: programme.Applied, Note: "طلبت", ProposedBy: 1, ProposedAt: Noon, UpdatedAt: Noon}
}

// FillIncentives puts something into the tables of incentives and development plans; secret is what must not be readable.
func FillIncentives(t testing.TB, db *store.DB, secret string) {
	f := Family("EG", 4242)
	f.Record.Lead.IDExpiry = date(2027, 1, 1)
	Insert(t, db, f)
	s := Scheme("EG", 1_000_000, 0)
	Update(t, db, func(tx *store.Tx) error {
		if err := errors.Join(tx.InsertScheme(s), tx.OpenPurse(s)); err != nil {
			return err
		}
		g := Grant(s, 1)
		g.Note, g.Delivery.Receiver = secret, secret
		if err := tx.InsertGrant(g, "tool_kit"); err != nil {
			return err
		}
		e := Exhibition(4242, 1)
		if err := tx.InsertExhibition(e); err != nil {
			return err
		}
		place, err := Take(tx, e, f.ID, "EG", exhibition.Accepted)
		if err != nil {
			return err
		}
		if ok, err := tx.TakeRelief(&store.Relief{GrantID: g.ID, Units: 1}, place.ID, Noon); err != nil || !ok {
			return errors.Join(err, errors.New("no unit of a new grant"))
		}
		p := &programme.Plan{Party: "EG", FamilyID: 1, State: programme.PlanOpen, Goal: secret, Started: date(2026, 3, 1), OwnerID: 1, CreatedAt: Noon, UpdatedAt: Noon,
			Actions: []programme.PlanAction{{Need: "training", Text: secret, OwnerID: 1, Due: date(2026, 4, 1)}}}
		return tx.InsertDevelopment(p)
	})
}

func testSchemes(t *testing.T, db *store.DB) {
	f := Family("EG", 1)
	Insert(t, db, f)
	s := Scheme("EG", 25_000, 0)
	s.State = programme.SchemeDraft
	Update(t, db, func(tx *store.Tx) error { return tx.InsertScheme(s) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.SchemeByID("EG", s.ID)
		if err != nil {
			return err
		}
		want := *s
		want.CreatedAt, want.UpdatedAt, want.PublishedAt = got.CreatedAt, got.UpdatedAt, got.PublishedAt
		if !reflect.DeepEqual(got, &want) {
			t.Errorf("got %+v\nwant %+v", got, &want)
		}
		_, err = tx.SchemeByID("QA", s.ID)
		wantKind(t, err, fault.NotFound, "")
		return nil
	})
	stale := *s
	s.State = programme.SchemePublished
	Update(t, db, func(tx *store.Tx) error { return errors.Join(tx.UpdateScheme(s), tx.OpenPurse(s)) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateScheme(&stale) }), fault.Stale, "error.stale")
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.DeleteScheme(s) }), fault.Stale, "error.stale")

	g := Grant(s, f.ID)
	g.Quantity, g.Amount = 2, 20_000
	Update(t, db, func(tx *store.Tx) error { return tx.InsertGrant(g, "tool_kit") })
	again := Grant(s, f.ID)
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertGrant(again, "tool_kit") }), fault.Duplicate, "error.grant.once")
	account := func(want programme.Purse, stock programme.Stock) {
		t.Helper()
		View(t, db, func(tx *store.Tx) error {
			a, err := tx.AccountOf(s)
			if err == nil && (a.Purse != want || a.Stock[1] != stock) {
				t.Errorf("got %+v %+v, want %+v %+v", a.Purse, a.Stock[1], want, stock)
			}
			return err
		})
	}
	account(programme.Purse{Budget: 25_000, Asked: 20_000}, programme.Stock{})
	Update(t, db, func(tx *store.Tx) error {
		ok, err := tx.Reserve(s.ID, 1, 2, 20_000)
		if !ok {
			t.Error("the budget holds it")
		}
		return errors.Join(err, g.Approve(2, Noon), tx.UpdateGrant(g))
	})
	account(programme.Purse{Budget: 25_000, Reserved: 20_000}, programme.Stock{Reserved: 2})
	Update(t, db, func(tx *store.Tx) error {
		ok, err := tx.Reserve(s.ID, 1, 1, 10_000)
		if ok {
			t.Error("5,000 are left and 10,000 were taken")
		}
		return err
	})
	account(programme.Purse{Budget: 25_000, Reserved: 20_000}, programme.Stock{Reserved: 2})
	// One of two was delivered: the rest is free again.
	Update(t, db, func(tx *store.Tx) error {
		err := g.Deliver(3, Noon, programme.Delivery{On: date(2026, 3, 2), Quantity: 1, Receiver: "فاطمة", Proof: "signature", Document: 9}, 10_000)
		return errors.Join(err, tx.Spend(s.ID, 1, 2, 20_000, 1, 10_000), tx.UpdateGrant(g))
	})
	account(programme.Purse{Budget: 25_000, Spent: 10_000}, programme.Stock{Delivered: 1})
	View(t, db, func(tx *store.Tx) error {
		row, err := tx.GrantByID("EG", g.ID)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(row.Delivery, g.Delivery) || row.Amount != 10_000 || row.Name == "" || row.SchemeEN != "Tool kit" || row.Kind != "tool_kit" {
			t.Errorf("got %+v", row)
		}
		_, err = tx.GrantByID("QA", g.ID)
		wantKind(t, err, fault.NotFound, "")
		for _, c := range []struct {
			scope store.Scope
			q     store.GrantQuery
			want  int
		}{
			{All("EG"), store.GrantQuery{}, 1}, {All("QA"), store.GrantQuery{}, 0}, {All("EG"), store.GrantQuery{Scheme: s.ID + 1}, 0}, {All("EG"), store.GrantQuery{Family: f.ID}, 1},
			{store.Scope{Party: "EG", Areas: []string{"EG-MT"}}, store.GrantQuery{}, 0}, {All("EG"), store.GrantQuery{States: []programme.GrantState{programme.GrantProposed}}, 0},
			{All("EG"), store.GrantQuery{Kinds: []programme.Benefit{"tool_kit", "lodging"}}, 1}, {All("EG"), store.GrantQuery{NotBy: 1}, 0}, {All("EG"), store.GrantQuery{After: g.ID}, 0},
			{All("EG"), store.GrantQuery{Families: []int64{f.ID, 77}}, 1}, {All("EG"), store.GrantQuery{EnteredBy: f.Status.EnteredBy + 1}, 0},
		} {
			list, err := tx.Grants(c.scope, c.q)
			if err != nil || len(list) != c.want {
				t.Errorf("%+v: got %d, %v, want %d", c.q, len(list), err, c.want)
			}
		}
		return nil
	})
	// A refused one is no claim any more: the family may be proposed again.
	other := Family("EG", 2)
	Insert(t, db, other)
	first := Grant(s, other.ID)
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.InsertGrant(first, "tool_kit"), first.Refuse(2, Noon, "لا"), tx.UpdateGrant(first), tx.InsertGrant(Grant(s, other.ID), "tool_kit"))
	})
	// What is spent can be no more than the budget, whatever a program would write.
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.Spend(s.ID, 1, 0, 0, 0, 20_000) }); err == nil {
		t.Error("more was spent than the budget holds")
	}
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.Release(s.ID, 1, 5, 0) }); err == nil {
		t.Error("more was given back than was reserved")
	}
}

// testReliefs binds units of grants to places at two exhibitions and reads them back by exhibition, by grant and by family; a place that is given up frees its unit.
func testReliefs(t *testing.T, db *store.DB) {
	f, other := Family("EG", 301), Family("QA", 302)
	Insert(t, db, f)
	Insert(t, db, other)
	s := Scheme("EG", 1_000_000, 0)
	s.Offers = []programme.Offer{{N: 1, Kind: programme.FeeWaiver, Name: "رسوم", UnitCost: 40_000, Each: 2}}
	g := Grant(s, f.ID)
	shows := []*exhibition.Exhibition{Exhibition(301, 5), Exhibition(302, 5)}
	var places []*exhibition.Participation
	Update(t, db, func(tx *store.Tx) error {
		places = nil
		if err := errors.Join(tx.InsertScheme(s), tx.OpenPurse(s)); err != nil {
			return err
		}
		g.SchemeID, g.Quantity, g.Amount, g.State = s.ID, 2, 80_000, programme.GrantApproved
		if err := tx.InsertGrant(g, programme.FeeWaiver); err != nil {
			return err
		}
		for i, e := range shows {
			if err := tx.InsertExhibition(e); err != nil {
				return err
			}
			if i == 0 {
				if _, err := Take(tx, e, other.ID, "QA", exhibition.Accepted); err != nil { // without a grant
					return err
				}
				p, err := Take(tx, e, f.ID, "EG", exhibition.Accepted)
				if err != nil {
					return err
				}
				places = append(places, p)
				continue
			}
			p := *places[0]
			p.ID, p.Version, p.ExhibitionID = 0, 0, e.ID
			if err := tx.InsertParticipation(&p); err != nil {
				return err
			}
			places = append(places, &p)
		}
		list, err := tx.Reliefs("EG", f.ID)
		if err != nil || len(list) != 1 || list[0].Units != 2 || list[0].Amount != 80_000 || list[0].Used != 0 {
			t.Errorf("before: got %+v, %v", list, err)
		}
		for i, p := range places {
			r := list[0]
			if ok, err := tx.TakeRelief(&r, p.ID, Noon); err != nil || !ok || r.Number != i+1 {
				t.Errorf("unit %d: got %d, %v, %v", i+1, r.Number, ok, err)
			}
		}
		return nil
	})
	at := func(what string, e *exhibition.Exhibition, party place.Country, want map[int64]int) {
		t.Helper()
		View(t, db, func(tx *store.Tx) error {
			got, err := tx.ReliefsAt(e.ID, party)
			if len(got) != len(want) {
				t.Errorf("%s: got %+v", what, got)
			}
			for id, number := range want {
				if r := got[id]; r.GrantID != g.ID || r.Scheme != s.ID || r.Offer != 1 || r.Number != number {
					t.Errorf("%s: got %+v", what, r)
				}
			}
			return err
		})
	}
	at("the first exhibition", shows[0], "EG", map[int64]int{places[0].ID: 1})
	at("the second", shows[1], "EG", map[int64]int{places[1].ID: 2})
	at("the other party's", shows[0], "QA", nil)
	uses := func(want ...int64) {
		t.Helper()
		View(t, db, func(tx *store.Tx) error {
			of, err := tx.UsesOf(g.ID)
			if err != nil {
				return err
			}
			all, err := tx.UsesOfFamily("EG", f.ID)
			if err != nil {
				return err
			}
			if len(of) != len(want) || len(all) != len(want) {
				t.Errorf("used at %+v and %+v, want %v", of, all, want)
				return nil
			}
			for i, id := range want {
				if of[i] != all[i] || of[i].Participation != id || of[i].Grant != g.ID || !of[i].At.Equal(Noon) {
					t.Errorf("use %d: got %+v and %+v", i, of[i], all[i])
				}
			}
			if hers, err := tx.UsesOfFamily("QA", f.ID); err != nil || len(hers) != 0 {
				t.Errorf("the other party's: %+v, %v", hers, err)
			}
			return nil
		})
	}
	uses(places[0].ID, places[1].ID)
	Update(t, db, func(tx *store.Tx) error {
		p, err := tx.ParticipationByID("EG", places[0].ID)
		if err != nil {
			return err
		}
		p.State = exhibition.Withdrawn
		return tx.UpdateParticipation(p)
	})
	at("a place that was given up", shows[0], "EG", nil)
	uses(places[1].ID)
}

// testLastOfBudget lets many approve at once where the budget holds seven and the stock five.
func testLastOfBudget(t *testing.T, db *store.DB) {
	const clients, budget, most = 48, 7, 5
	for name, c := range map[string]struct {
		most, want int
	}{"budget": {0, budget}, "stock": {most, most}} {
		s := Scheme("EG", budget*10_000+9_999, c.most)
		s.Name += name
		grants := make([]*programme.Grant, clients)
		Update(t, db, func(tx *store.Tx) error { return errors.Join(tx.InsertScheme(s), tx.OpenPurse(s)) })
		for i := range grants {
			f := Family("EG", 100*c.want+i)
			Insert(t, db, f)
			grants[i] = Grant(s, f.ID)
			Update(t, db, func(tx *store.Tx) error { return tx.InsertGrant(grants[i], "tool_kit") })
		}
		var wg sync.WaitGroup
		var got, full atomic.Int64
		for _, g := range grants {
			wg.Go(func() {
				var took bool
				err := db.Update(context.Background(), func(tx *store.Tx) error {
					row, err := tx.GrantByID("EG", g.ID)
					if err != nil {
						return err
					}
					if took, err = tx.Reserve(s.ID, 1, 1, 10_000); err != nil || !took {
						return err
					}
					return errors.Join(row.Approve(2, Noon), tx.UpdateGrant(&row.Grant))
				})
				switch {
				case err != nil:
					t.Errorf("%s: %v", name, err)
				case took:
					got.Add(1)
				default:
					full.Add(1)
				}
			})
		}
		wg.Wait()
		if int(got.Load()) != c.want || int(full.Load()) != clients-c.want {
			t.Errorf("%s: got %d approved and %d not, want %d and %d", name, got.Load(), full.Load(), c.want, clients-c.want)
		}
		View(t, db, func(tx *store.Tx) error {
			a, err := tx.AccountOf(s)
			if err == nil && (a.Purse.Reserved != int64(c.want)*10_000 || a.Count[programme.GrantApproved] != c.want || a.Stock[1].Reserved != c.want) {
				t.Errorf("%s: got %+v", name, a)
			}
			return err
		})
	}
}

func testDevelopment(t *testing.T, db *store.DB) {
	f, g := Family("EG", 1), Family("QA", 2)
	Insert(t, db, f, g)
	today := date(2026, 6, 1)
	p := &programme.Plan{Party: "EG", FamilyID: f.ID, State: programme.PlanOpen, Template: "TX", Goal: "مضاعفة المبيعات", Needs: []programme.Need{"training"}, Started: date(2026, 3, 1),
		Review: date(2026, 5, 30), OwnerID: 1, CreatedAt: Noon, UpdatedAt: Noon,
		Measures: []programme.Measuring{{On: date(2026, 3, 1), By: 1, Values: map[programme.MeasureKey]int64{"income": 150_000}}},
		Actions: []programme.PlanAction{{Need: "training", Text: "دورة", OwnerID: 7, Due: date(2026, 4, 1), Cost: 50_000, Source: "ministry"},
			{Need: "equipment", Text: "نول", OwnerID: 7, Due: date(2026, 7, 1)}, {Need: "pricing", Text: "تسعير", OwnerID: 8, Due: date(2026, 3, 15), DoneOn: date(2026, 3, 14)}}}
	theirs := &programme.Plan{Party: "QA", FamilyID: g.ID, State: programme.PlanOpen, Started: date(2026, 3, 1), OwnerID: 2, CreatedAt: Noon, UpdatedAt: Noon}
	Update(t, db, func(tx *store.Tx) error { return errors.Join(tx.InsertDevelopment(p), tx.InsertDevelopment(theirs)) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.DevelopmentByID("EG", p.ID)
		if err != nil {
			return err
		}
		if got.Goal != p.Goal || !reflect.DeepEqual(got.Measures, p.Measures) || len(got.Actions) != 3 || got.Actions[0].Text != "تسعير" || got.Actions[1].Cost != 50_000 || got.Name == "" {
			t.Errorf("got %+v", got)
		}
		_, err = tx.DevelopmentByID("QA", p.ID)
		wantKind(t, err, fault.NotFound, "")
		own, n, err := tx.ActionsOwnedBy("EG", 7, today, 5)
		if err != nil || n != 1 || len(own) != 1 || own[0].Text != "دورة" || own[0].FamilyID != f.ID {
			t.Errorf("owed: got %+v, %d, %v", own, n, err)
		}
		fig, err := tx.DevelopmentFigures(All("EG"), today, 0)
		if err != nil || len(fig) != 1 || fig[0].Plans != 1 || fig[0].Progress != (programme.Progress{Done: 1, Late: 1, Open: 1}) {
			t.Errorf("figures: got %+v, %v", fig, err)
		}
		for _, c := range []struct {
			scope store.Scope
			q     store.DevelopmentQuery
			want  int
		}{
			{All("EG"), store.DevelopmentQuery{}, 1}, {All("QA"), store.DevelopmentQuery{}, 1}, {All("EG"), store.DevelopmentQuery{LateOn: today}, 1}, {All("EG"), store.DevelopmentQuery{LateOn: date(2026, 4, 1)}, 0},
			{All("EG"), store.DevelopmentQuery{DueOn: today}, 1}, {All("EG"), store.DevelopmentQuery{DueOn: date(2026, 5, 29)}, 0}, {All("QA"), store.DevelopmentQuery{DueOn: today}, 0},
			{All("EG"), store.DevelopmentQuery{State: programme.PlanDone}, 0}, {All("EG"), store.DevelopmentQuery{Before: p.ID}, 0}, {All("EG"), store.DevelopmentQuery{Area: "EG-MT"}, 0},
			{All("EG"), store.DevelopmentQuery{EnteredBy: f.Status.EnteredBy}, 1},
		} {
			list, err := tx.Developments(c.scope, c.q, today)
			if err != nil || len(list) != c.want {
				t.Errorf("%+v: got %d, %v, want %d", c.q, len(list), err, c.want)
			}
		}
		return nil
	})
	stale := *p
	p.Actions = p.Actions[:2]
	p.Actions[0].DoneOn = today
	p.State = programme.PlanStopped
	Update(t, db, func(tx *store.Tx) error { return tx.UpdateDevelopment(p) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateDevelopment(&stale) }), fault.Stale, "error.stale")
	View(t, db, func(tx *store.Tx) error {
		list, err := tx.DevelopmentsOf("EG", f.ID)
		if err != nil || len(list) != 1 || len(list[0].Actions) != 2 || list[0].Actions[0].DoneOn != today {
			t.Errorf("got %+v, %v", list, err)
		}
		_, n, err := tx.ActionsOwnedBy("EG", 7, date(2027, 1, 1), 5)
		if n != 0 {
			t.Errorf("a stopped plan owes %d actions", n)
		}
		return err
	})
}

// testEndings holds what ends soon to the records and papers, after every kind of write.
func testEndings(t *testing.T, db *store.DB) {
	soon := func(f *registry.Family, kind string, until calendar.Date) {
		f.Status.State = registry.Approved
		f.Record.Formal = []registry.FormalItem{{Kind: registry.FormalKind(kind), Number: "1", State: "valid", ExpiresOn: until}}
		f.Record.Lead.IDExpiry = date(2040, 1, 1)
	}
	a, b, c, d := Family("EG", 1), Family("EG", 2), Family("EG", 3), Family("EG", 4)
	soon(a, "temporary_licence", date(2026, 3, 20))
	soon(b, "temporary_licence", date(2027, 3, 20))
	soon(c, "bank_account", 0)
	soon(d, "bank_account", 0)
	Insert(t, db, a, b, c, d)
	from, to := date(2026, 1, 1), date(2026, 3, 31)
	list := func(want ...int64) {
		t.Helper()
		View(t, db, func(tx *store.Tx) error {
			page, err := tx.ListFamilies(All("EG"), store.FamilyQuery{DateField: store.DateEnds, From: from, To: to, Sort: store.SortOldest})
			var got []int64
			for _, r := range page.Rows {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, want) || page.Total != len(want) {
				t.Errorf("got %v of %d, want %v", got, page.Total, want)
			}
			return err
		})
	}
	list(a.ID)
	soon(a, "temporary_licence", date(2028, 3, 20))
	soon(b, "temporary_licence", date(2026, 3, 31))
	paper := &registry.Document{FamilyID: c.ID, Type: "health_certificate", ValidUntil: date(2026, 2, 1), AddedAt: Noon}
	renewed := &registry.Document{FamilyID: d.ID, Type: "health_certificate", ValidUntil: date(2026, 2, 1), AddedAt: Noon}
	newer := &registry.Document{FamilyID: d.ID, Type: "health_certificate", ValidUntil: date(2027, 2, 1), AddedAt: Noon}
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.UpdateFamily(a, store.FamilyExtra{}), tx.UpdateFamily(b, store.FamilyExtra{}), tx.InsertDocument(paper, nil, nil), tx.InsertDocument(renewed, nil, nil),
			tx.InsertDocument(newer, nil, nil))
	})
	list(b.ID, c.ID)
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.EndingsOf([]int64{a.ID, b.ID, c.ID}, from, to)
		want := map[int64][]programme.End{b.ID: {{Kind: "temporary_licence", Until: date(2026, 3, 31)}}, c.ID: {{Kind: "health_certificate", Until: date(2026, 2, 1)}}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		return err
	})
	View(t, db, func(tx *store.Tx) error { // page by page, for reminders; of the other party none
		for _, q := range []struct {
			party place.Country
			after int64
			want  []int64
		}{{"EG", 0, []int64{b.ID}}, {"EG", b.ID, []int64{c.ID}}, {"EG", c.ID, nil}, {"QA", 0, nil}} {
			if got, err := tx.EndingFamilies(q.party, from, to, q.after, 1); err != nil || !slices.Equal(got, q.want) {
				t.Errorf("families of %s after %d: got %v, %v; want %v", q.party, q.after, got, err, q.want)
			}
		}
		return nil
	})
	Update(t, db, func(tx *store.Tx) error { return tx.RemoveDocument(paper.ID, Noon) })
	list(b.ID)
	// In bulk, as an import stores them.
	e := Family("EG", 5)
	soon(e, "temporary_licence", date(2026, 3, 25))
	r := &store.ReadyFamily{Family: e}
	if err := db.ReadyFamily(r, store.FamilyExtra{}); err != nil {
		t.Fatal(err)
	}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertFamilies([]*store.ReadyFamily{r}) })
	e.ID = r.ID
	list(b.ID, e.ID)
	View(t, db, func(tx *store.Tx) error { // soonest first, page by page
		q := store.FamilyQuery{DateField: store.DateEnds, To: to, Sort: store.SortEnds, Limit: 1}
		first, err := tx.ListFamilies(All("EG"), q)
		if err != nil || len(first.Rows) != 1 || first.Rows[0].ID != e.ID || first.Next == "" {
			t.Fatalf("got %+v, %v, want family %d first", first.Rows, err, e.ID)
		}
		q.After = first.Next
		second, err := tx.ListFamilies(All("EG"), q)
		if err != nil || len(second.Rows) != 1 || second.Rows[0].ID != b.ID {
			t.Errorf("got %+v, %v, want family %d second", second.Rows, err, b.ID)
		}
		ids, err := tx.FamilyIDs(All("EG"), store.FamilyQuery{DateField: store.DateEnds, From: from, To: to, Sort: store.SortEnds})
		if err != nil || !slices.Equal(ids, []int64{e.ID, b.ID}) {
			t.Errorf("selected: got %v, %v", ids, err)
		}
		_, err = tx.ListFamilies(All("EG"), store.FamilyQuery{Sort: store.SortEnds}) // without days it is another order, not an error
		return err
	})
}
