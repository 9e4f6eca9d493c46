package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/store"
)

// FillOutbox puts something into each table of the outbox and of tokens. secret must not be readable at rest.
func FillOutbox(tx *store.Tx, user int64, party place.Country, secret string) error {
	_, hash := auth.NewAPIToken()
	h := &store.Hook{Party: party, Kinds: []string{"family.decided"}, State: store.HookOn, CreatedAt: Noon, HookDetail: store.HookDetail{URL: "https://example.org/" + secret, Secret: secret}}
	if err := tx.InsertHook(h); err != nil {
		return err
	}
	return errors.Join(tx.InsertToken(&auth.APIToken{UserID: user, Party: party, Name: "x", Hash: hash, Areas: auth.AllAreas()}),
		tx.InsertDelivery(&store.Delivery{HookID: h.ID, Kind: "family.decided", Entity: "family", EntityID: 1, State: store.OutWaiting, Due: Noon, Body: []byte("{}")}),
		tx.InsertMessage(&store.Message{Party: party, Kind: "family.approved", Channel: courier.SMS, Lang: "ar", State: store.OutWaiting, Due: Noon, MessageDetail: store.MessageDetail{To: secret, Text: "رقمك " + secret}}),
		tx.Refuse(party, courier.SMS, secret, user, Noon), refill(tx.PutTemplate(&store.MessageTemplate{Party: party, Kind: "family.approved", Channel: courier.SMS, UpdatedAt: Noon})))
}

// refill passes over what stands there already.
func refill(err error) error {
	if fault.Is(err, fault.Stale) {
		return nil
	}
	return err
}

func testTokens(t *testing.T, db *store.DB) {
	u := &auth.User{Email: "a@example.org", Party: "EG", Role: auth.Reviewer, Active: true, Areas: auth.AllAreas()}
	_, hash := auth.NewAPIToken()
	k := &auth.APIToken{Party: "EG", Name: "خادم", Hash: hash, Scopes: []auth.TokenScope{auth.ScopeFamiliesRead, auth.ScopeFiguresRead}, Areas: auth.SomeAreas("EG-GZ"), CreatedAt: Noon, ExpiresAt: Noon.AddDate(0, 1, 0)}
	Update(t, db, func(tx *store.Tx) error {
		if err := tx.InsertUser(u); err != nil {
			return err
		}
		k.UserID = u.ID
		return tx.InsertToken(k)
	})
	View(t, db, func(tx *store.Tx) error {
		got, owner, err := tx.TokenByHash(hash)
		if err != nil || !reflect.DeepEqual(got, k) || owner.ID != u.ID {
			t.Errorf("got %+v %v, want %+v", got, err, k)
		}
		_, _, err = tx.TokenByHash(auth.TokenHash{1})
		wantKind(t, err, fault.NotFound, "")
		_, err = tx.TokenByID("QA", k.ID)
		wantKind(t, err, fault.NotFound, "")
		if list, err := tx.Tokens("EG", 0); err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
		if list, err := tx.Tokens("EG", u.ID+1); err != nil || len(list) != 0 {
			t.Errorf("of somebody else: %v %v", list, err)
		}
		return nil
	})
	later := Noon.Add(time.Hour)
	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.TouchToken(k.ID, later), tx.RevokeToken(k.ID, 9, later))
	})
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.TokenByID("EG", k.ID)
		if err != nil || !got.UsedAt.Equal(later) || !got.RevokedAt.Equal(later) || got.RevokedBy != 9 || got.Good(later) {
			t.Errorf("revoked: %+v %v", got, err)
		}
		return nil
	})
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.RevokeToken(k.ID, 9, later) }), fault.State, "error.token.revoked")
	same := *k
	if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertToken(&same) }); err == nil {
		t.Error("two tokens have one hash")
	}
}

func testHooks(t *testing.T, db *store.DB) {
	h := &store.Hook{Party: "EG", Kinds: []string{"family.decided", "family.submitted"}, State: store.HookOn, CreatedBy: 3, CreatedAt: Noon,
		HookDetail: store.HookDetail{URL: "https://example.org/x", Secret: "whsec_x", OldSecret: "whsec_y", OldUntil: Noon}}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertHook(h) })
	View(t, db, func(tx *store.Tx) error {
		got, err := tx.HookByID("EG", h.ID)
		if err != nil || !reflect.DeepEqual(got, h) {
			t.Errorf("got %+v %v\nwant %+v", got, err, h)
		}
		_, err = tx.HookByID("QA", h.ID)
		wantKind(t, err, fault.NotFound, "")
		for kind, want := range map[string]int{"family.decided": 1, "family.submitted": 1, "family": 0, "decided": 0} {
			if ids, err := tx.HooksFor("EG", kind); err != nil || len(ids) != want {
				t.Errorf("%s: %v %v", kind, ids, err)
			}
		}
		if ids, err := tx.HooksFor("QA", "family.decided"); err != nil || len(ids) != 0 {
			t.Errorf("the other party: %v %v", ids, err)
		}
		return nil
	})
	add := func(entity int64, due time.Time) *store.Delivery {
		d := &store.Delivery{HookID: h.ID, Kind: "family.decided", Entity: "family", EntityID: entity, At: Noon, Body: []byte(`{"x":1}`), State: store.OutWaiting, Due: due}
		Update(t, db, func(tx *store.Tx) error { return tx.InsertDelivery(d) })
		return d
	}
	first, second, other, later := add(1, Noon), add(1, Noon), add(2, Noon), add(3, Noon.Add(time.Hour))
	due := func(at time.Time) (ids []int64) {
		View(t, db, func(tx *store.Tx) error {
			list, err := tx.DueDeliveries(at, 10)
			for _, d := range list {
				ids = append(ids, d.ID)
			}
			return err
		})
		return ids
	}
	if got, want := due(Noon), []int64{first.ID, other.ID}; !reflect.DeepEqual(got, want) {
		t.Errorf("due: %v, want %v: of one object the first only", got, want)
	}
	claim := func(d *store.Delivery) (ok bool) {
		Update(t, db, func(tx *store.Tx) (err error) {
			ok, err = tx.ClaimDelivery(d, Noon.Add(time.Minute))
			return err
		})
		return ok
	}
	again := *first
	if !claim(first) || claim(&again) {
		t.Error("one delivery was taken twice")
	}
	if got, want := due(Noon), []int64{other.ID}; !reflect.DeepEqual(got, want) {
		t.Errorf("while one is under way: %v, want %v", got, want)
	}
	if got := due(Noon.Add(2 * time.Minute)); len(got) != 2 || got[0] != other.ID || got[1] != first.ID {
		t.Errorf("after its lease: %v", got)
	}
	first.State, first.EndedAt, first.Answer = store.OutDead, Noon, 500
	first.Error = "status 500"
	Update(t, db, func(tx *store.Tx) error { return tx.SettleDelivery(first) })
	if got, want := due(Noon), []int64{second.ID, other.ID}; !reflect.DeepEqual(got, want) {
		t.Errorf("after a dead one: %v, want %v", got, want)
	}
	View(t, db, func(tx *store.Tx) error {
		n, err := tx.DeliveryCounts(h.ID)
		if err != nil || n[store.OutDead] != 1 || n[store.OutWaiting] != 3 {
			t.Errorf("counts %v %v", n, err)
		}
		dead, err := tx.Deliveries(h.ID, store.OutDead, 5)
		if err != nil || len(dead) != 1 || dead[0].Answer != 500 || dead[0].Error != "status 500" || dead[0].UID != first.UID || string(dead[0].Body) != `{"x":1}` {
			t.Errorf("dead %+v %v", dead, err)
		}
		return nil
	})
	Update(t, db, func(tx *store.Tx) error { return tx.Resend(h.ID, first.ID, Noon) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.Resend(h.ID, first.ID, Noon) }), fault.State, "")
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.Resend(h.ID+1, later.ID, Noon) }), fault.State, "")
	h.State, h.Kinds = store.HookOff, []string{"ping"}
	stale := *h
	Update(t, db, func(tx *store.Tx) error { return errors.Join(tx.UpdateHook(h), tx.DropDeliveries(h.ID, Noon)) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateHook(&stale) }), fault.Stale, "error.stale")
	if got := due(Noon.AddDate(1, 0, 0)); len(got) != 0 {
		t.Errorf("switched off: %v", got)
	}
	Update(t, db, func(tx *store.Tx) error {
		n, err := tx.PurgeOutbox(Noon.Add(time.Second))
		if n != 4 {
			t.Errorf("purged %d, want 4", n)
		}
		return err
	})
}

func testMessages(t *testing.T, db *store.DB) {
	m := &store.Message{Party: "EG", Kind: "family.approved", Channel: courier.SMS, Lang: "ar", Entity: "family", EntityID: 7, Area: "EG-GZ", State: store.OutWaiting, Due: Noon, CreatedAt: Noon,
		MessageDetail: store.MessageDetail{To: "+201000000001", Subject: "s", Text: "نص"}}
	Update(t, db, func(tx *store.Tx) error { return tx.InsertMessage(m) })
	View(t, db, func(tx *store.Tx) error {
		list, err := tx.DueMessages(Noon, []courier.Channel{courier.SMS, courier.Email}, 5)
		if err != nil || len(list) != 1 || !reflect.DeepEqual(&list[0], m) {
			t.Errorf("got %+v %v\nwant %+v", list, err, m)
		}
		for _, none := range [][]courier.Channel{nil, {courier.Email}} {
			if list, err := tx.DueMessages(Noon, none, 5); err != nil || len(list) != 0 {
				t.Errorf("%v: %v %v", none, list, err)
			}
		}
		if list, err := tx.Messages("QA", "", 0, 5); err != nil || len(list) != 0 {
			t.Errorf("the other party: %v %v", list, err)
		}
		return nil
	})
	again := *m
	Update(t, db, func(tx *store.Tx) error {
		a, err := tx.ClaimMessage(m, Noon.Add(time.Minute))
		b, err2 := tx.ClaimMessage(&again, Noon.Add(time.Minute))
		if !a || b {
			t.Errorf("claims %v %v", a, b)
		}
		m.State, m.EndedAt, m.Error = store.OutDead, Noon, "unreachable"
		return errors.Join(err, err2, tx.SettleMessage(m))
	})
	View(t, db, func(tx *store.Tx) error {
		n, err := tx.MessageCounts("EG")
		if err != nil || n[store.OutDead] != 1 {
			t.Errorf("counts %v %v", n, err)
		}
		return nil
	})
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.ResendMessage("QA", m.ID, Noon) }), fault.State, "")
	Update(t, db, func(tx *store.Tx) error { return tx.ResendMessage("EG", m.ID, Noon) })

	Update(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.Refuse("EG", courier.Email, "Mona@example.org", 1, Noon), tx.Refuse("EG", courier.Email, "mona@example.org", 1, Noon))
	})
	refused := func(party place.Country, channel courier.Channel, to string) (yes bool) {
		View(t, db, func(tx *store.Tx) (err error) {
			yes, err = tx.Refused(party, channel, to)
			return err
		})
		return yes
	}
	if !refused("EG", courier.Email, "mona@EXAMPLE.org") || refused("QA", courier.Email, "mona@example.org") || refused("EG", courier.SMS, "mona@example.org") {
		t.Error("a refusal holds for its party, channel and address")
	}
	Update(t, db, func(tx *store.Tx) error {
		if n, err := tx.Refusals("EG"); err != nil || n != 1 {
			t.Errorf("%d refusals, %v", n, err)
		}
		return tx.Unrefuse("EG", courier.Email, "mona@example.org")
	})
	if refused("EG", courier.Email, "mona@example.org") {
		t.Error("a refusal that was taken back holds")
	}

	w := &store.MessageTemplate{Party: "EG", Kind: "family.approved", Channel: courier.SMS, Active: true, UpdatedBy: 4, UpdatedAt: Noon,
		Body: store.TemplateBody{Langs: "both", AR: courier.Text{Text: "قُبل"}, EN: courier.Text{Text: "approved"}}}
	Update(t, db, func(tx *store.Tx) error { return tx.PutTemplate(w) })
	second := *w
	second.Version = 0
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutTemplate(&second) }), fault.Stale, "")
	old := *w
	Update(t, db, func(tx *store.Tx) error { return tx.PutTemplate(w) })
	wantKind(t, db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutTemplate(&old) }), fault.Stale, "")
	View(t, db, func(tx *store.Tx) error {
		list, err := tx.Templates("EG", "family.approved")
		if err != nil || len(list) != 1 || !reflect.DeepEqual(&list[0], w) {
			t.Errorf("got %+v %v\nwant %+v", list, err, w)
		}
		if list, err := tx.Templates("QA", ""); err != nil || len(list) != 0 {
			t.Errorf("the other party: %v %v", list, err)
		}
		return nil
	})
}
