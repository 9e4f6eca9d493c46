package service

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// This file is what happens to the work of a person who leaves or changes area: their entries go to a field worker, what they had under review goes
// back to the queue. Without it a draft would wait for ever for somebody who cannot sign in, because a field worker sees own entries only.
//
// A handover moves who looks after a family and writes nothing of its history anew: the events go on naming who began it and who handed it in, and
// say who took it over. So four eyes hold against both.

// StepHandOver is the event of a family that a colleague took over; its By is the receiver. Who moved it stands in the audit log.
const StepHandOver registry.Step = "hand_over"

// HandOverMost is how many families one handover moves. They are one transaction, during which nobody else saves.
const HandOverMost = 1000

// HeapGroup is families that are handed over together.
type HeapGroup string

// The groups, in the order of the page.
const (
	OpenEntries   HeapGroup = "open"       // drafts and returned ones: nobody else can finish them
	HandedIn      HeapGroup = "handed_in"  // wait for a decision; if they are returned, somebody must be there
	OnTheRegister HeapGroup = "registered" // visits, amendments, renewals
)

// HeapGroups returns the groups in the order of the page.
func HeapGroups() []HeapGroup { return []HeapGroup{OpenEntries, HandedIn, OnTheRegister} }

var groupStates = map[HeapGroup][]registry.State{
	OpenEntries:   {registry.Draft, registry.Returned},
	HandedIn:      {registry.Submitted, registry.UnderReview},
	OnTheRegister: {registry.Approved, registry.Suspended, registry.Expired},
}

// States returns the states of the group; nil for an unknown one.
func (g HeapGroup) States() []registry.State { return slices.Clone(groupStates[g]) }

// Receiver is a colleague who may be given families.
type Receiver struct {
	Account
	Covers int // how many of the chosen families lie in their areas
}

// WorkCount is how many families of a state in an area a person looks after.
type WorkCount struct {
	store.Heap
	Count   int
	Outside bool // the person can no longer reach them: the account is closed, has another role, or another area
}

// OpenWork is what a person would leave behind.
type OpenWork struct {
	Account
	Entries   []WorkCount // by area, then state
	Reviews   int         // under review by the person
	Receivers []Receiver  // who covers most first
}

// Held returns how many families the person looks after or has under review.
func (w *OpenWork) Held() int {
	n := w.Reviews
	for _, e := range w.Entries {
		n += e.Count
	}
	return n
}

// Left returns how many entries the person cannot reach and nobody can finish, and reviews that a closed account holds. It is what a page warns of.
func (w *OpenWork) Left() int {
	n := 0
	for _, e := range w.Entries {
		if e.Outside && (slices.Contains(groupStates[OpenEntries], e.State) || slices.Contains(groupStates[HandedIn], e.State)) {
			n += e.Count
		}
	}
	if !w.Active || w.Role != auth.Reviewer {
		n += w.Reviews
	}
	return n
}

// Choice is which of a person's families are meant.
type Choice struct {
	Groups []HeapGroup
	Areas  []string // codes; "" for drafts that name no area yet
}

// Check returns the problems of a choice that names nothing, or a group that does not exist.
func (c Choice) Check() error {
	var ps fault.Problems
	if len(c.Groups) == 0 || slices.ContainsFunc(c.Groups, func(g HeapGroup) bool { return groupStates[g] == nil }) {
		ps.Add("what", "handing.what")
	}
	if len(c.Areas) == 0 {
		ps.Add("area", "handing.area")
	}
	return ps.Err()
}

func (c Choice) states() []registry.State {
	var out []registry.State
	for _, g := range c.Groups {
		out = append(out, groupStates[g]...)
	}
	return out
}

// Holds reports whether the families of a heap are among the chosen.
func (c Choice) Holds(h store.Heap) bool {
	return slices.Contains(c.Areas, h.Area) && slices.Contains(c.states(), h.State)
}

func everyState() []registry.State { return Choice{Groups: HeapGroups()}.states() }

// reaches reports whether a person finds an entry of their own in the area.
func reaches(u *auth.User, area string) bool {
	reach, err := auth.ReachOf(u.Actor(""), auth.FamilyEdit)
	return err == nil && reach.Holds(auth.Subject{Party: u.Party, Area: area, EnteredBy: u.ID})
}

// mayReceive reports whether an account can be given entries of from: an open one of a field worker of the same party.
func mayReceive(u, from *auth.User) bool {
	return u.Active && u.Role == auth.FieldWorker && u.Party == from.Party && u.ID != from.ID
}

// OpenWork counts what a person of the actor's party looks after and has under review, and who may receive it. choice says which families the receivers are
// measured by; the zero Choice stands for all.
func (s *People) OpenWork(ctx context.Context, actor auth.Actor, id int64, choice Choice) (*OpenWork, error) {
	var out *OpenWork
	err := s.db.View(ctx, func(tx *store.Tx) error {
		u, err := userOf(tx, actor, auth.WorkHandOver, id)
		if err != nil {
			return err
		}
		out = &OpenWork{Account: accountOf(u)}
		heaps, err := tx.EntriesOf(u.Party, u.ID, everyState())
		if err != nil {
			return err
		}
		byArea := map[string]int{}
		for _, h := range heaps {
			out.Entries = append(out.Entries, WorkCount{Heap: h.Heap, Count: len(h.IDs), Outside: !reaches(u, h.Area)})
			if len(choice.Groups) == 0 || choice.Holds(h.Heap) {
				byArea[h.Area] += len(h.IDs)
			}
		}
		reviews, err := tx.ReviewsOf(u.Party, u.ID)
		if err != nil {
			return err
		}
		for _, h := range reviews {
			out.Reviews += len(h.IDs)
		}
		if len(heaps) == 0 {
			return nil
		}
		users, err := tx.ListUsers(u.Party)
		if err != nil {
			return err
		}
		for i := range users {
			if !mayReceive(&users[i], u) {
				continue
			}
			r := Receiver{Account: accountOf(&users[i])}
			for area, n := range byArea {
				if reaches(&users[i], area) {
					r.Covers += n
				}
			}
			out.Receivers = append(out.Receivers, r)
		}
		slices.SortFunc(out.Receivers, func(a, b Receiver) int {
			return cmp.Or(cmp.Compare(b.Covers, a.Covers), cmp.Compare(arabic.SortKey(a.Name), arabic.SortKey(b.Name)), cmp.Compare(a.ID, b.ID))
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// HandedOver is what a handover did.
type HandedOver struct {
	Moved int
	Left  int // chosen and not moved: outside of the receiver's areas, over HandOverMost, or changed meanwhile
}

// HandOver makes a field worker look after the chosen families of a colleague who leaves or changes area. Families outside of the
// receiver's areas stay where they are, for another receiver. At most [HandOverMost] are moved at once, the oldest first. Each gets an event and an
// audit entry, the giver's account one more. w.Version is how many families the person at the screen was shown as chosen and covered: if
// that is no longer so, it is Stale.
func (s *People) HandOver(ctx context.Context, actor auth.Actor, from, to int64, choice Choice, w Write) (*HandedOver, error) {
	if _, err := auth.ReachOf(actor, auth.WorkHandOver); err != nil {
		return nil, err
	}
	if err := choice.Check(); err != nil {
		return nil, err
	}
	type item struct {
		id int64
		is store.Heap
	}
	var items []item
	chosen := 0
	pair := func(tx *store.Tx) (giver, receiver *auth.User, err error) {
		if err := stillManager(tx, actor); err != nil {
			return nil, nil, err
		}
		if giver, err = userOf(tx, actor, auth.WorkHandOver, from); err != nil {
			return nil, nil, err
		}
		receiver, err = userOf(tx, actor, auth.WorkHandOver, to)
		if fault.Is(err, fault.NotFound) || err == nil && !mayReceive(receiver, giver) {
			err = fault.Problems{{Field: "receiver", Key: "handing.receiver"}}.Err() // of the other party: the same answer
		}
		return giver, receiver, err
	}
	now := s.now()
	// Which families they are is read from the lists, which an update cannot; that each still is what it was is part of the statement that moves it.
	err := s.db.View(ctx, func(tx *store.Tx) error {
		items, chosen = nil, 0
		giver, receiver, err := pair(tx)
		if err != nil {
			return err
		}
		heaps, err := tx.EntriesOf(giver.Party, giver.ID, choice.states())
		if err != nil {
			return err
		}
		for _, h := range heaps {
			if !choice.Holds(h.Heap) {
				continue
			}
			chosen += len(h.IDs)
			if reaches(receiver, h.Area) {
				for _, id := range h.IDs {
					items = append(items, item{id, h.Heap})
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	covered := len(items)
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.id, b.id) })
	items = items[:min(len(items), HandOverMost)]
	groups, areas := slices.Clone(choice.Groups), slices.Clone(choice.Areas)
	slices.Sort(groups)
	slices.Sort(areas)
	type content struct {
		From, To int64
		Groups   []HeapGroup
		Areas    []string
	}
	moved := 0
	res, err := s.once(ctx, actor, string(auth.WorkHandOver), keyed(actor, w), content{from, to, groups, areas}, func(tx *store.Tx) (string, error) {
		moved = 0
		giver, receiver, err := pair(tx)
		if err != nil {
			return "", err
		}
		if int64(covered) != w.Version {
			return "", fault.New(fault.Stale, "handing.stale")
		}
		if covered == 0 {
			return "", fault.New(fault.State, "handing.none")
		}
		change := []registry.Change{{Path: "field_worker", Class: string(auth.ClassCase), Old: personRef(giver), New: personRef(receiver)}}
		for _, it := range items {
			if !reaches(receiver, it.is.Area) { // another administrator changed the receiver's areas at this moment
				continue
			}
			ok, err := tx.AssignEntry(giver.Party, it.id, giver.ID, receiver.ID, it.is, now)
			if err != nil {
				return "", err
			}
			if !ok {
				continue
			}
			moved++
			e := registry.Event{FamilyID: it.id, At: now, By: receiver.ID, Step: StepHandOver, From: it.is.State, To: it.is.State}
			if err := tx.InsertEvent(&e); err != nil {
				return "", err
			}
			err = audit(tx, actor, now, string(auth.WorkHandOver), store.AuditEntry{Party: string(giver.Party), Entity: "family", EntityID: it.id, Area: it.is.Area, Changes: change})
			if err != nil {
				return "", err
			}
		}
		note := "handed_over:" + strconv.Itoa(moved)
		return strconv.Itoa(moved), userAudit(tx, actor, now, string(auth.WorkHandOver), giver, []registry.Change{{Path: "receiver", Class: classAccount, New: personRef(receiver)}}, note)
	})
	if err != nil {
		return nil, err
	}
	if moved, err = strconv.Atoi(res); err != nil { // also of a request that was answered before
		return nil, err
	}
	return &HandedOver{Moved: moved, Left: max(0, chosen-moved)}, nil
}

// personRef names a person in the audit log: by name, as it was, and by number, which stays.
func personRef(u *auth.User) string { return u.Name + " (" + strconv.FormatInt(u.ID, 10) + ")" }

// ReleaseReviews gives what a person has under review back to the queue, each with an event and an audit entry, and returns how many; at most
// [HandOverMost] at once.
func (s *People) ReleaseReviews(ctx context.Context, actor auth.Actor, id int64, w Write) (int, error) {
	if _, err := auth.ReachOf(actor, auth.WorkHandOver); err != nil {
		return 0, err
	}
	now := s.now()
	var ids []int64
	err := s.db.View(ctx, func(tx *store.Tx) error {
		ids = nil
		u, err := userOf(tx, actor, auth.WorkHandOver, id)
		if err != nil {
			return err
		}
		heaps, err := tx.ReviewsOf(u.Party, u.ID)
		for _, h := range heaps {
			ids = append(ids, h.IDs...)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	slices.Sort(ids)
	ids = ids[:min(len(ids), HandOverMost)]
	res, err := s.once(ctx, actor, string(auth.WorkHandOver)+".reviews", keyed(actor, w), id, func(tx *store.Tx) (string, error) {
		if err := stillManager(tx, actor); err != nil {
			return "", err
		}
		u, err := userOf(tx, actor, auth.WorkHandOver, id)
		if err != nil {
			return "", err
		}
		n := 0
		for _, family := range ids {
			f, err := tx.FamilyByID(store.Scope{Party: u.Party}, family)
			if err != nil {
				return "", err
			}
			if f.Status.State != registry.UnderReview || f.Status.ReviewerID != u.ID { // decided or released meanwhile
				continue
			}
			event, err := f.Release(actor.UserID, now)
			if err != nil {
				return "", err
			}
			extra, err := tx.FamilyExtraOf(f.ID)
			if err != nil {
				return "", err
			}
			if err := tx.UpdateFamily(f, extra); err != nil {
				return "", err
			}
			if err := tx.InsertEvent(&event); err != nil {
				return "", err
			}
			if err := familyAudit(tx, actor, now, string(auth.ReviewRelease), f, lifeChanges(&event), string(registry.StepRelease)); err != nil {
				return "", err
			}
			n++
		}
		if n == 0 {
			return "0", nil
		}
		return strconv.Itoa(n), userAudit(tx, actor, now, string(auth.WorkHandOver), u, nil, "reviews_released:"+strconv.Itoa(n))
	})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(res)
}
