package service

import (
	"context"
	"strconv"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Hooks holds the use-cases of the addresses that are told of events.
type Hooks struct {
	core
	couriers *Couriers
}

const (
	maxHooks     = 20
	rotateGrace  = 24 * time.Hour // for which an old secret signs beside the new one
	hooksShown   = 50
	messagesPage = 50
)

// HookView is an address with what became of what was sent there.
type HookView struct {
	store.Hook
	By         string
	Counts     store.OutCounts
	Deliveries []store.Delivery // the newest
}

// MadeHook is a new address, or one with a new secret, which is shown once.
type MadeHook struct {
	ID     int64
	Secret string
}

func hookSubject(actor auth.Actor) auth.Subject { return auth.Subject{Party: actor.Party} }

// List returns the addresses of the actor's party.
func (s *Hooks) List(ctx context.Context, actor auth.Actor) ([]HookView, error) {
	if err := auth.Allow(actor, auth.HookManage, hookSubject(actor)); err != nil {
		return nil, err
	}
	var out []HookView
	err := s.db.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Hooks(actor.Party)
		if err != nil {
			return err
		}
		out = make([]HookView, len(list))
		for i, h := range list {
			out[i].Hook = h
			if out[i].Counts, err = tx.DeliveryCounts(h.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// View returns one address with its last deliveries; only those in a state unless it is "".
func (s *Hooks) View(ctx context.Context, actor auth.Actor, id int64, state store.OutState) (*HookView, error) {
	if err := auth.Allow(actor, auth.HookManage, hookSubject(actor)); err != nil {
		return nil, err
	}
	v := &HookView{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		h, err := tx.HookByID(actor.Party, id)
		if err != nil {
			return err
		}
		v.Hook = *h
		if v.Counts, err = tx.DeliveryCounts(id); err != nil {
			return err
		}
		if v.Deliveries, err = tx.Deliveries(id, state, hooksShown); err != nil {
			return err
		}
		names, err := userNames(tx, h.CreatedBy)
		v.By = names[h.CreatedBy]
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (s *Hooks) check(form *intake.Hook, actor auth.Actor, url bool) (intake.Hook, error) {
	in, ps := form.Check(intake.Context{Party: actor.Party, Today: s.today(), Now: s.now()}, eventTexts())
	if url && len(ps) == 0 {
		if err := s.couriers.poster.CheckURL(in.URL); err != nil {
			ps.Add("url", "problem.hook."+err.Error())
		}
	}
	return in, ps.Err()
}

func eventTexts() []string {
	var out []string
	for _, k := range EventKinds() {
		out = append(out, string(k))
	}
	return out
}

// Add enters an address. Its secret is in the answer and nowhere again.
func (s *Hooks) Add(ctx context.Context, actor auth.Actor, form *intake.Hook, w Write) (*MadeHook, error) {
	if err := auth.Allow(actor, auth.HookManage, hookSubject(actor)); err != nil {
		return nil, err
	}
	in, err := s.check(form, actor, true)
	if err != nil {
		return nil, err
	}
	now := s.now()
	out := &MadeHook{}
	_, err = s.once(ctx, actor, "hook.add", w, form, func(tx *store.Tx) (string, error) {
		have, err := tx.Hooks(actor.Party)
		if err != nil {
			return "", err
		}
		if len(have) >= maxHooks {
			return "", fault.New(fault.State, "error.hook.many", maxHooks)
		}
		h := &store.Hook{Party: actor.Party, Kinds: in.Kinds, State: store.HookOn, CreatedBy: actor.UserID, CreatedAt: now, HookDetail: store.HookDetail{URL: in.URL, Secret: courier.NewSecret()}}
		if err := tx.InsertHook(h); err != nil {
			return "", err
		}
		*out = MadeHook{h.ID, h.Secret}
		return strconv.FormatInt(h.ID, 10), hookAudit(tx, actor, now, "hook.add", h, "", strings.Join(h.Kinds, ","))
	})
	if err != nil {
		return nil, err
	}
	if out.ID == 0 {
		return nil, fault.New(fault.State, "error.hook.shown")
	}
	return out, nil
}

// hookAudit names the host that an address belongs to, not the address: a secret may stand in its path.
func hookAudit(tx *store.Tx, actor auth.Actor, at time.Time, action string, h *store.Hook, old, new string) error {
	host := h.URL
	if _, rest, ok := strings.Cut(host, "://"); ok {
		host, _, _ = strings.Cut(rest, "/")
	}
	return audit(tx, actor, at, action, store.AuditEntry{Entity: "hook", EntityID: h.ID, Note: host, Changes: []registry.Change{{Path: "events", Class: string(auth.ClassCase), Old: old, New: new}}})
}

// change reads an address at the version that the person saw, changes it and stores it.
func (s *Hooks) change(ctx context.Context, actor auth.Actor, id int64, op string, content any, w Write, fn func(tx *store.Tx, h *store.Hook, now time.Time) error) error {
	if err := auth.Allow(actor, auth.HookManage, hookSubject(actor)); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, w.Version, content}, func(tx *store.Tx) (string, error) {
		h, err := tx.HookByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		if h.Version != w.Version {
			return "", fault.New(fault.Stale, "error.stale")
		}
		old := strings.Join(h.Kinds, ",")
		if err := fn(tx, h, now); err != nil {
			return "", err
		}
		if err := tx.UpdateHook(h); err != nil {
			return "", err
		}
		return "", hookAudit(tx, actor, now, op, h, old, strings.Join(h.Kinds, ","))
	})
	return err
}

// Edit changes what an address is told of, and whether it is told at all. What waits for one that is switched off is dropped.
func (s *Hooks) Edit(ctx context.Context, actor auth.Actor, id int64, form *intake.Hook, w Write) error {
	in, err := s.check(form, actor, false)
	if err != nil {
		return err
	}
	return s.change(ctx, actor, id, "hook.edit", form, w, func(tx *store.Tx, h *store.Hook, now time.Time) error {
		h.Kinds, h.State, h.StoppedAt = in.Kinds, store.HookOn, time.Time{}
		if in.Off == "yes" {
			h.State = store.HookOff
			return tx.DropDeliveries(id, now)
		}
		return nil
	})
}

// Rotate gives an address a new secret, shown once; the old one signs beside it for a day.
func (s *Hooks) Rotate(ctx context.Context, actor auth.Actor, id int64, w Write) (*MadeHook, error) {
	out := &MadeHook{}
	err := s.change(ctx, actor, id, "hook.rotate", nil, w, func(_ *store.Tx, h *store.Hook, now time.Time) error {
		h.OldSecret, h.OldUntil, h.Secret = h.Secret, now.Add(rotateGrace), courier.NewSecret()
		*out = MadeHook{id, h.Secret}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if out.ID == 0 {
		return nil, fault.New(fault.State, "error.hook.shown")
	}
	return out, nil
}

// Remove takes an address out, with what waits for it.
func (s *Hooks) Remove(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.change(ctx, actor, id, "hook.remove", nil, w, func(tx *store.Tx, h *store.Hook, now time.Time) error {
		h.State = store.HookRemoved
		return tx.DropDeliveries(id, now)
	})
}

// Ping queues a test event.
func (s *Hooks) Ping(ctx context.Context, actor auth.Actor, id int64, w Write) error {
	return s.one(ctx, actor, id, "hook.ping", nil, w, func(tx *store.Tx, h *store.Hook, now time.Time) error {
		return queueEvent(tx, id, EventPing, now, eventData{Entity: "hook", ID: id, Party: actor.Party})
	})
}

// Resend sends again what was given up or dropped.
func (s *Hooks) Resend(ctx context.Context, actor auth.Actor, id, delivery int64, w Write) error {
	return s.one(ctx, actor, id, "hook.resend", delivery, w, func(tx *store.Tx, h *store.Hook, now time.Time) error {
		if h.State != store.HookOn { // it would be dropped again without a word
			return fault.New(fault.State, "error.hook.off")
		}
		return tx.Resend(id, delivery, now)
	})
}

// one runs a step that leaves the address itself as it is.
func (s *Hooks) one(ctx context.Context, actor auth.Actor, id int64, op string, content any, w Write, fn func(tx *store.Tx, h *store.Hook, now time.Time) error) error {
	if err := auth.Allow(actor, auth.HookManage, hookSubject(actor)); err != nil {
		return err
	}
	now := s.now()
	_, err := s.once(ctx, actor, op, w, []any{id, content}, func(tx *store.Tx) (string, error) {
		h, err := tx.HookByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		if err := fn(tx, h, now); err != nil {
			return "", err
		}
		return "", hookAudit(tx, actor, now, op, h, "", "")
	})
	return err
}
