package service

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/store"
)

const (
	courierPoll  = 2 * time.Second // how soon what another process queued is sent
	courierLease = time.Minute     // for one try: longer than a try may take
	courierBatch = 32              // looked at together
	courierHands = 4               // tries at once
	keepOutbox   = 30 * 24 * time.Hour
)

// Couriers takes what stands in the outbox to where it goes. A try is taken in one transaction, made outside of any, and its outcome stored in another: a process that
// is killed in between leaves a try whose lease ends, and it is made again, with the same id (at least once). Several processes may run it on one database.
type Couriers struct {
	core
	poster  courier.Poster
	senders map[courier.Channel]courier.Sender

	mu   sync.Mutex
	stop context.CancelFunc
	done chan struct{}
}

func newCouriers(c core, p courier.Poster, senders map[courier.Channel]courier.Sender) *Couriers {
	s := &Couriers{core: c, poster: p, senders: map[courier.Channel]courier.Sender{}}
	maps.Copy(s.senders, senders)
	return s
}

// SetSender gives a channel its sender, before Start.
func (s *Couriers) SetSender(c courier.Channel, sender courier.Sender) { s.senders[c] = sender }

// Channels returns the channels that have a sender.
func (s *Couriers) Channels() []courier.Channel {
	return slices.DeleteFunc(courier.Channels(), func(c courier.Channel) bool { return s.senders[c] == nil })
}

// Start begins to send, until Stop is called or ctx ends. It fails if it runs already.
func (s *Couriers) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return errors.New("the couriers run already")
	}
	ctx, s.stop = context.WithCancel(ctx)
	s.done = make(chan struct{})
	go s.loop(ctx, s.done)
	return nil
}

// Stop ends the sending and waits for the tries under way.
func (s *Couriers) Stop() {
	s.mu.Lock()
	stop, done := s.stop, s.done
	s.stop, s.done = nil, nil
	s.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
}

func (s *Couriers) loop(ctx context.Context, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(courierPoll)
	defer tick.Stop()
	for {
		for ctx.Err() == nil {
			n, err := s.Round(ctx)
			if err != nil && ctx.Err() == nil {
				s.log.Error("looking through the outbox", "error", err)
			}
			if n < courierBatch || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Round makes one try of everything that is due, up to a batch, and returns how many tries it made.
func (s *Couriers) Round(ctx context.Context) (int, error) {
	now := s.now()
	var events []store.Delivery
	var messages []store.Message
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if events, err = tx.DueDeliveries(now, courierBatch); err != nil {
			return err
		}
		messages, err = tx.DueMessages(now, s.Channels(), courierBatch)
		return err
	})
	if err != nil {
		return 0, err
	}
	var tries []func() error
	for i := range events {
		tries = append(tries, func() error { return s.tryEvent(ctx, &events[i]) })
	}
	for i := range messages {
		tries = append(tries, func() error { return s.tryMessage(ctx, &messages[i]) })
	}
	errs := make([]error, len(tries))
	hands := make(chan struct{}, courierHands)
	var all sync.WaitGroup
	for i, try := range tries {
		hands <- struct{}{}
		all.Go(func() {
			defer func() { <-hands }()
			errs[i] = try()
		})
	}
	all.Wait()
	return len(tries), errors.Join(errs...)
}

func (s *Couriers) tryEvent(ctx context.Context, d *store.Delivery) error {
	now := s.now()
	var hook *store.Hook
	mine := false
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		mine = false
		claimed := *d
		var err error
		if hook, err = tx.HookByID("", d.HookID); err != nil {
			return err
		}
		if mine, err = tx.ClaimDelivery(&claimed, now.Add(courierLease)); err == nil && mine {
			*d = claimed
		}
		return err
	})
	if err != nil || !mine {
		return err
	}
	if hook.State != store.HookOn && d.Kind != string(EventPing) {
		d.State, d.EndedAt = store.OutDropped, now
	} else {
		secrets := []string{hook.Secret}
		if hook.OldSecret != "" && now.Before(hook.OldUntil) {
			secrets = append(secrets, hook.OldSecret)
		}
		var failed error
		d.Answer, failed = s.poster.Post(ctx, courier.Event{ID: d.UID, URL: hook.URL, Body: d.Body, Secrets: secrets}, now)
		if d.State, d.Due, d.EndedAt, d.Error = s.outcome(failed, d.Tries); d.Answer == http.StatusGone {
			d.State, d.Due, d.EndedAt = store.OutDead, now, now
		}
	}
	return s.db.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := tx.SettleDelivery(d); err != nil || d.State != store.OutDead {
			return err
		}
		return stopHook(tx, d, s.now())
	})
}

// stopHook switches an address off that says that it is gone, or that took nothing in the two days for which an event was tried: what waits for it is dropped, and a person
// switches it on again (Standard Webhooks 1.0, "Disabling endpoints").
func stopHook(tx *store.Tx, d *store.Delivery, now time.Time) error {
	took, err := tx.HookTookSince(d.HookID, d.At)
	if err != nil || took && d.Answer != http.StatusGone {
		return err
	}
	hook, err := tx.HookByID("", d.HookID)
	if err != nil || hook.State != store.HookOn {
		return err
	}
	hook.State, hook.StoppedAt = store.HookOff, now
	if err := tx.UpdateHook(hook); err != nil {
		return err
	}
	if err := tx.DropDeliveries(hook.ID, now); err != nil {
		return err
	}
	return hookAudit(tx, auth.SystemActor(hook.Party), now, "hook.stop", hook, strings.Join(hook.Kinds, ","), "")
}

func (s *Couriers) tryMessage(ctx context.Context, m *store.Message) error {
	now := s.now()
	mine, refused := false, false
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		mine = false
		claimed := *m
		var err error
		if refused, err = tx.Refused(m.Party, m.Channel, m.To); err != nil {
			return err
		}
		if mine, err = tx.ClaimMessage(&claimed, now.Add(courierLease)); err == nil && mine {
			*m = claimed
		}
		return err
	})
	if err != nil || !mine {
		return err
	}
	if refused {
		m.State, m.EndedAt = store.OutDropped, now
	} else {
		failed := s.senders[m.Channel].Send(ctx, courier.Message{ID: m.UID, Channel: m.Channel, To: m.To, Lang: m.Lang, Subject: m.Subject, Text: m.Text})
		m.State, m.Due, m.EndedAt, m.Error = s.outcome(failed, m.Tries)
		if errors.Is(failed, courier.ErrRefused) {
			m.State, m.EndedAt = store.OutDead, now
		}
	}
	return s.db.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.SettleMessage(m) })
}

// outcome is what a try leads to: sent, tried again later, or given up.
func (s *Couriers) outcome(failed error, tries int) (state store.OutState, due, ended time.Time, text string) {
	now := s.now()
	switch {
	case failed == nil:
		return store.OutSent, now, now, ""
	case tries >= courier.MaxTries:
		return store.OutDead, now, now, failed.Error()
	}
	return store.OutWaiting, now.Add(courier.Wait(tries, rand.Float64())), time.Time{}, failed.Error()
}
