package service_test

import (
	"slices"
	"sync"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// handing is an office with a field worker's families in several states, for one who leaves.
type handing struct {
	*testkit.Office
	admin, giver, receiver auth.Actor
	byState                map[registry.State]int64
}

func handingOffice(t *testing.T) *handing {
	t.Helper()
	h := &handing{Office: testkit.Service(t), admin: testkit.Actor(auth.Administrator, place.Egypt), giver: testkit.Actor(auth.FieldWorker, place.Egypt),
		receiver: testkit.SecondActor(auth.FieldWorker, place.Egypt), byState: map[registry.State]int64{}}
	for i, state := range []registry.State{registry.Draft, registry.Returned, registry.Submitted, registry.UnderReview, registry.Approved, registry.Withdrawn} {
		h.byState[state] = h.Family(t, i+1, place.Egypt, state)
	}
	h.Family(t, 1, place.Qatar, registry.Draft)
	return h
}

func (h *handing) work(t *testing.T, choice service.Choice) *service.OpenWork {
	t.Helper()
	w, err := h.People.OpenWork(background, h.admin, h.giver.UserID, choice)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// everything is the choice of all that a person has.
func everything(w *service.OpenWork) service.Choice {
	c := service.Choice{Groups: service.HeapGroups()}
	for _, e := range w.Entries {
		if !slices.Contains(c.Areas, e.Area) {
			c.Areas = append(c.Areas, e.Area)
		}
	}
	return c
}

func receiverOf(w *service.OpenWork, id int64) *service.Receiver {
	for i := range w.Receivers {
		if w.Receivers[i].ID == id {
			return &w.Receivers[i]
		}
	}
	return nil
}

func (h *handing) entriesOf(t *testing.T, user int64) map[registry.State]int {
	t.Helper()
	out := map[registry.State]int{}
	h.View(t, func(tx *store.Tx) error {
		heaps, err := tx.EntriesOf(place.Egypt, user, registry.States())
		for _, e := range heaps {
			out[e.State] += len(e.IDs)
		}
		return err
	})
	return out
}

func TestOpenWork(t *testing.T) {
	h := handingOffice(t)
	w := h.work(t, service.Choice{})
	if w.Held() != 5 || w.Left() != 0 || w.Reviews != 0 { // the withdrawn one needs nobody
		t.Errorf("got %d held, %d left, %d reviews; want 5, 0, 0", w.Held(), w.Left(), w.Reviews)
	}
	r := receiverOf(w, h.receiver.UserID)
	if len(w.Receivers) != 1 || r == nil || r.Covers != 5 {
		t.Errorf("got %+v, want the other field worker alone, who covers all five", w.Receivers)
	}
	// Other areas: what waits for the person is out of reach.
	h.Change(t, h.giver, func(u *auth.User) { u.Areas = auth.SomeAreas("EG-MT") })
	if w = h.work(t, service.Choice{}); w.Left() != 4 {
		t.Errorf("after a change of areas: got %d left, want the draft, the returned and both handed in", w.Left())
	}
	h.Change(t, h.giver, func(u *auth.User) { u.Areas, u.Active = auth.AllAreas(), false })
	if w = h.work(t, service.Choice{}); w.Left() != 4 {
		t.Errorf("a closed account: got %d left, want 4", w.Left())
	}
	// Receivers are measured by the choice.
	if w = h.work(t, service.Choice{Groups: []service.HeapGroup{service.OpenEntries}, Areas: everything(w).Areas}); receiverOf(w, h.receiver.UserID).Covers != 2 {
		t.Errorf("got %+v, want two open entries", w.Receivers)
	}
	h.Change(t, h.receiver, func(u *auth.User) { u.Active = false })
	if w = h.work(t, service.Choice{}); len(w.Receivers) != 0 {
		t.Errorf("a closed account is offered: %+v", w.Receivers)
	}
	reviewer, err := h.People.OpenWork(background, h.admin, testkit.Actor(auth.Reviewer, place.Egypt).UserID, service.Choice{})
	if err != nil || reviewer.Reviews != 1 || reviewer.Left() != 0 {
		t.Errorf("the reviewer: got %+v, %v; want one under review, none left", reviewer, err)
	}
}

func TestHandOver(t *testing.T) {
	h := handingOffice(t)
	w := h.work(t, service.Choice{})
	choice, write := everything(w), testkit.Write(int64(receiverOf(w, h.receiver.UserID).Covers))
	done, err := h.People.HandOver(background, h.admin, h.giver.UserID, h.receiver.UserID, choice, write)
	if err != nil || done.Moved != 5 || done.Left != 0 {
		t.Fatalf("got %+v, %v; want five moved", done, err)
	}
	// The same request again is answered the same and moves nothing.
	if again, err := h.People.HandOver(background, h.admin, h.giver.UserID, h.receiver.UserID, choice, write); err != nil || again.Moved != 5 {
		t.Errorf("again: got %+v, %v", again, err)
	}
	if got := h.entriesOf(t, h.giver.UserID); got[registry.Withdrawn] != 1 || len(got) != 1 {
		t.Errorf("left with the giver: %v, want the withdrawn one", got)
	}
	for state, id := range h.byState {
		if state == registry.Withdrawn {
			continue
		}
		v, err := h.Families.View(background, h.receiver, id)
		if err != nil {
			t.Errorf("%s: the receiver does not see it: %v", state, err)
			continue
		}
		last := v.Events[len(v.Events)-1]
		if last.Step != service.StepHandOver || last.By != h.receiver.UserID || last.From != state || last.To != state {
			t.Errorf("%s: last event %+v", state, last)
		}
		if v.Events[0].By != h.giver.UserID {
			t.Errorf("%s: the history no longer says who began it: %+v", state, v.Events[0])
		}
		if _, err := h.Families.View(background, h.giver, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: the giver still sees it: %v", state, err)
		}
		log, err := h.Audit.List(background, h.admin, store.AuditQuery{Entity: "family", EntityID: id, Action: string(auth.WorkHandOver)})
		if err != nil || len(log.Entries) != 1 {
			t.Errorf("%s: %d entries of the log, %v; want one", state, len(log.Entries), err)
		}
	}
	log, err := h.Audit.List(background, h.admin, store.AuditQuery{Entity: "user", EntityID: h.giver.UserID, Action: string(auth.WorkHandOver)})
	if err != nil || len(log.Entries) != 1 || log.Entries[0].Note != "handed_over:5" {
		t.Errorf("the giver's account: %+v, %v", log, err)
	}
	// The receiver finishes what was begun, and the reviewer decides.
	returned := h.byState[registry.Returned]
	if err := h.Families.Submit(background, h.receiver, returned, testkit.Write(0)); err != nil {
		t.Errorf("the receiver submits the returned one: %v", err)
	}
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	h.Do(t, reviewer, h.byState[registry.UnderReview], registry.StepApprove)
	report, err := store.VerifyAudit(background, h.DB)
	if err != nil || report.FirstBroken != 0 {
		t.Errorf("the chain: %+v, %v", report, err)
	}
}

// Whoever had an entry in hand never decides on it, also as a reviewer later: the one who began it, one in between, and the one who has it.
func TestHandOverKeepsFourEyes(t *testing.T) {
	h := handingOffice(t)
	hand := func(from, to auth.Actor) {
		t.Helper()
		w, err := h.People.OpenWork(background, h.admin, from.UserID, service.Choice{})
		if err != nil {
			t.Fatal(err)
		}
		r := receiverOf(w, to.UserID)
		if _, err := h.People.HandOver(background, h.admin, from.UserID, to.UserID, everything(w), testkit.Write(int64(r.Covers))); err != nil {
			t.Fatal(err)
		}
	}
	third := testkit.Actor(auth.Coordinator, place.Egypt)
	h.Change(t, third, func(u *auth.User) { u.Role = auth.FieldWorker })
	hand(h.giver, h.receiver)
	hand(h.receiver, testkit.Actor(auth.FieldWorker, place.Egypt)) // back
	hand(h.giver, h.receiver)
	third.Role = auth.FieldWorker
	hand(h.receiver, third)
	id := h.byState[registry.Submitted]
	for name, a := range map[string]auth.Actor{"who began and submitted it": h.giver, "who had it in between": h.receiver, "who has it": third} {
		h.Change(t, a, func(u *auth.User) { u.Role = auth.Reviewer })
		a.Role = auth.Reviewer
		v, err := h.Families.View(background, a, id)
		if err != nil {
			t.Fatal(err)
		}
		if v.Can[auth.ReviewTake] || !v.OwnEntry {
			t.Errorf("%s is offered the decision", name)
		}
		err = h.Families.Do(background, a, id, registry.StepTake, intake.Decision{}, testkit.Write(v.Version))
		if messageOf(err) != "error.four_eyes" {
			t.Errorf("%s takes it into review: got %v, want four eyes", name, err)
		}
	}
}

func TestHandOverIsRefused(t *testing.T) {
	h := handingOffice(t)
	w := h.work(t, service.Choice{})
	all, covers := everything(w), int64(receiverOf(w, h.receiver.UserID).Covers)
	foreign, reviewer := testkit.Actor(auth.FieldWorker, place.Qatar), testkit.Actor(auth.Reviewer, place.Egypt)
	h.Change(t, testkit.Actor(auth.Coordinator, place.Egypt), func(u *auth.User) { u.Role, u.Active = auth.FieldWorker, false })
	elsewhere := testkit.Actor(auth.Analyst, place.Egypt)
	h.Change(t, elsewhere, func(u *auth.User) { u.Role, u.Areas = auth.FieldWorker, auth.SomeAreas("EG-MT") })
	for name, c := range map[string]struct {
		from, to int64
		choice   service.Choice
		version  int64
		want     string
	}{
		"receiver of the other party": {h.giver.UserID, foreign.UserID, all, covers, "receiver:handing.receiver"},
		"nobody":                      {h.giver.UserID, 9999, all, covers, "receiver:handing.receiver"},
		"no number":                   {h.giver.UserID, 0, all, covers, "receiver:handing.receiver"},
		"themselves":                  {h.giver.UserID, h.giver.UserID, all, covers, "receiver:handing.receiver"},
		"a reviewer":                  {h.giver.UserID, reviewer.UserID, all, covers, "receiver:handing.receiver"},
		"a closed account":            {h.giver.UserID, testkit.Actor(auth.Coordinator, place.Egypt).UserID, all, covers, "receiver:handing.receiver"},
		"other areas":                 {h.giver.UserID, elsewhere.UserID, all, 0, ":handing.none"},
		"giver of the other party":    {foreign.UserID, h.receiver.UserID, all, covers, ":error.not_found"},
		"no files":                    {h.giver.UserID, h.receiver.UserID, service.Choice{Areas: all.Areas}, covers, "what:handing.what"},
		"a group that is none":        {h.giver.UserID, h.receiver.UserID, service.Choice{Groups: []service.HeapGroup{"x'"}, Areas: all.Areas}, covers, "what:handing.what"},
		"no areas":                    {h.giver.UserID, h.receiver.UserID, service.Choice{Groups: all.Groups}, covers, "area:handing.area"},
		"areas of the other party":    {h.giver.UserID, h.receiver.UserID, service.Choice{Groups: all.Groups, Areas: []string{"QA-DA"}}, 0, ":handing.none"},
		"another number":              {h.giver.UserID, h.receiver.UserID, all, covers - 1, ":handing.stale"},
		"no number of files":          {h.giver.UserID, h.receiver.UserID, all, -1, ":handing.stale"},
	} {
		_, err := h.People.HandOver(background, h.admin, c.from, c.to, c.choice, testkit.Write(c.version))
		if got := messageOf(err); got != c.want && ":"+got != c.want {
			t.Errorf("%s: got %v, want %s", name, got, c.want)
		}
	}
	for _, role := range []auth.Role{auth.FieldWorker, auth.Reviewer, auth.Coordinator, auth.Analyst} {
		a := testkit.Actor(role, place.Egypt)
		if _, err := h.People.HandOver(background, a, h.giver.UserID, h.receiver.UserID, all, testkit.Write(covers)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by %s: got %v, want Forbidden", role, err)
		}
		if _, err := h.People.ReleaseReviews(background, a, reviewer.UserID, testkit.Write(0)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("reviews by %s: got %v, want Forbidden", role, err)
		}
		if _, err := h.People.OpenWork(background, a, h.giver.UserID, service.Choice{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the page by %s: got %v, want Forbidden", role, err)
		}
	}
	if _, err := h.People.ReleaseReviews(background, testkit.Actor(auth.Administrator, place.Qatar), reviewer.UserID, testkit.Write(0)); !fault.Is(err, fault.NotFound) {
		t.Errorf("reviews of the other party: got %v, want NotFound", err)
	}
	if got := h.entriesOf(t, h.receiver.UserID); len(got) != 0 {
		t.Errorf("a refused handover moved %v", got)
	}
	if got := h.Load(t, place.Egypt, h.byState[registry.UnderReview]).Status.State; got != registry.UnderReview {
		t.Errorf("a refused release left it %s", got)
	}
}

// A receiver with some of the areas takes what lies there; the rest stays for another.
func TestHandOverByAreas(t *testing.T) {
	h := handingOffice(t)
	for i, area := range []string{"EG-MT", "EG-MT", ""} {
		form := testkit.Form(40+i, place.Egypt)
		form.Address.Area, form.Address.District = area, ""
		if _, err := h.Families.Create(background, h.giver, form, testkit.Write(0)); err != nil {
			t.Fatal(err)
		}
	}
	h.Change(t, h.receiver, func(u *auth.User) { u.Areas = auth.SomeAreas("EG-MT") })
	w := h.work(t, service.Choice{})
	covers := receiverOf(w, h.receiver.UserID).Covers
	if covers != 3 { // a draft that names no area yet can be anybody's
		t.Fatalf("covers %d of 8, want 3", covers)
	}
	done, err := h.People.HandOver(background, h.admin, h.giver.UserID, h.receiver.UserID, everything(w), testkit.Write(3))
	if err != nil || done.Moved != 3 || done.Left != 5 {
		t.Errorf("got %+v, %v; want 3 moved and 5 left", done, err)
	}
	if got := h.entriesOf(t, h.receiver.UserID); got[registry.Draft] != 3 || len(got) != 1 {
		t.Errorf("the receiver has %v, want three drafts", got)
	}
}

// While a handover goes on, the giver withdraws a family, a reviewer decides on another, and a second administrator hands the same over: each family ends
// with one of the two colleagues, nothing is lost, and the answers add up.
func TestHandOverAtOnce(t *testing.T) {
	h := handingOffice(t)
	for i := range 20 {
		h.Family(t, 30+i, place.Egypt, registry.Submitted)
	}
	w := h.work(t, service.Choice{})
	choice, covers := everything(w), int64(receiverOf(w, h.receiver.UserID).Covers)
	second := testkit.SecondActor(auth.Administrator, place.Egypt)
	var moved [2]int
	var errs [2]error
	var wg sync.WaitGroup
	for i, admin := range []auth.Actor{h.admin, second} {
		wg.Go(func() {
			done, err := h.People.HandOver(background, admin, h.giver.UserID, h.receiver.UserID, choice, testkit.Write(covers))
			if errs[i] = err; err == nil {
				moved[i] = done.Moved
			}
		})
	}
	withdrawn := h.byState[registry.Submitted]
	version := h.Load(t, place.Egypt, withdrawn).Version
	var withdrew error
	wg.Go(func() {
		withdrew = h.Families.Do(background, h.giver, withdrawn, registry.StepWithdraw, intake.Decision{Reasons: []string{"family_request"}}, testkit.Write(version))
	})
	wg.Wait()
	for i, err := range errs {
		if err != nil && !fault.Is(err, fault.Stale) && !fault.Is(err, fault.State) {
			t.Errorf("administrator %d: %v", i, err)
		}
	}
	if withdrew != nil && !fault.Is(withdrew, fault.Stale) && !fault.Is(withdrew, fault.NotFound) {
		t.Errorf("the withdrawal: %v", withdrew)
	}
	total := 0
	for _, n := range h.entriesOf(t, h.receiver.UserID) {
		total += n
	}
	if total != moved[0]+moved[1] {
		t.Errorf("the receiver has %d; the answers said %d and %d", total, moved[0], moved[1])
	}
	switch moved := moved[0] + moved[1]; { // a withdrawal that came first makes the number that the administrators were shown stale
	case moved == 0 && (withdrew != nil || !fault.Is(errs[0], fault.Stale) || !fault.Is(errs[1], fault.Stale)):
		t.Errorf("nothing moved: %v, %v, withdrawal %v", errs[0], errs[1], withdrew)
	case moved > 0 && moved != 25 && (moved != 24 || withdrew != nil):
		t.Errorf("%d moved, withdrawal %v; want all 25, or all but the withdrawn one", moved, withdrew)
	}
}

func TestReleaseReviews(t *testing.T) {
	h := handingOffice(t)
	reviewer := testkit.Actor(auth.Reviewer, place.Egypt)
	more := h.Family(t, 20, place.Egypt, registry.UnderReview)
	h.Change(t, reviewer, func(u *auth.User) { u.Active = false })
	w, err := h.People.OpenWork(background, h.admin, reviewer.UserID, service.Choice{})
	if err != nil || w.Left() != 2 {
		t.Fatalf("got %+v, %v; want two that a closed account holds", w, err)
	}
	write := testkit.Write(0)
	for range 2 { // the same request again is answered the same
		if n, err := h.People.ReleaseReviews(background, h.admin, reviewer.UserID, write); err != nil || n != 2 {
			t.Fatalf("got %d, %v; want 2", n, err)
		}
	}
	for _, id := range []int64{h.byState[registry.UnderReview], more} {
		f := h.Load(t, place.Egypt, id)
		if f.Status.State != registry.Submitted || f.Status.ReviewerID != 0 {
			t.Errorf("family %d: %+v", id, f.Status)
		}
		log, err := h.Audit.List(background, h.admin, store.AuditQuery{Entity: "family", EntityID: id, Action: string(auth.ReviewRelease)})
		if err != nil || len(log.Entries) != 1 || log.Entries[0].ActorID != h.admin.UserID {
			t.Errorf("the log of %d: %+v, %v", id, log, err)
		}
	}
	if n, err := h.People.ReleaseReviews(background, h.admin, reviewer.UserID, testkit.Write(0)); err != nil || n != 0 {
		t.Errorf("with nothing left: got %d, %v", n, err)
	}
	other := testkit.SecondActor(auth.Reviewer, place.Egypt)
	h.Do(t, other, more, registry.StepTake)
	h.Do(t, other, more, registry.StepApprove)
}
