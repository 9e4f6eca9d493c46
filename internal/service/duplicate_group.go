package service

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Three registrations of one woman are three pairs. The queue shows them as one group where the likeliest of its pairs stands, and a person decides on all of it in one step: which of
// them are one person and which registration is to stay, or that they are all different people, or later. The decision is stored with what had been decided of each pair before, and
// is taken back as a whole. It merges nothing: that is a step of its own, of the whole group (merge_group.go) or of single pairs (merge.go).

// mostGroup is how many families a group shows. What hangs on a larger one comes up when these are decided.
const mostGroup = 8

// PairGroupView is a group as a person may see it.
type PairGroupView struct {
	Pairs    []PairView // among the families, likeliest first; the first one names the group
	Families []PairSide // in the order of their ids; those out of the actor's reach without id and name
	IDs      []int64    // of the families
	More     bool       // others hang on these
}

// groupOf returns the pairs that hang together with one, in its state: those among the families that the likeliest of them lead to, likeliest first, and whether there were too many.
func groupOf(tx *store.Tx, scope store.Scope, from *store.DuplicatePair) (pairs []store.DuplicatePair, families []int64, more bool, err error) {
	const limit = 64
	families = []int64{from.A, from.B}
	for asked := 0; asked < len(families); {
		list, err := tx.PairsTouching(scope, from.State, families[asked:], limit)
		if err != nil {
			return nil, nil, false, err
		}
		asked = len(families)
		slices.SortFunc(list, likelier)
		for i := range list {
			for _, id := range []int64{list[i].A, list[i].B} {
				switch {
				case slices.Contains(families, id):
				case len(families) == mostGroup:
					more = true
				default:
					families = append(families, id)
				}
			}
			if !slices.ContainsFunc(pairs, func(p store.DuplicatePair) bool { return p.ID == list[i].ID }) {
				pairs = append(pairs, list[i])
			}
		}
	}
	pairs = slices.DeleteFunc(pairs, func(p store.DuplicatePair) bool {
		return !slices.Contains(families, p.A) || !slices.Contains(families, p.B)
	})
	slices.SortFunc(pairs, likelier)
	slices.Sort(families)
	return pairs, families, more, nil
}

// likelier is the order of the queue.
func likelier(a, b store.DuplicatePair) int {
	switch {
	case a.Probability > b.Probability:
		return -1
	case a.Probability < b.Probability:
		return 1
	}
	return int(a.ID - b.ID)
}

// groupsAfter returns groups of a state in the order of their likeliest pairs, after one of these, at most limit of them. Each group is whole, and stands once. It looks at most at
// so many pairs that a queue of very large groups is not read to its end for one page.
func groupsAfter(tx *store.Tx, scope store.Scope, state store.PairState, after *store.DuplicatePair, limit int, fn func(pairs []store.DuplicatePair, families []int64, more bool) error) (next bool, err error) {
	const batch = 100
	seen := map[int64]bool{} // pairs of groups that were shown, or belong to one that was shown on an earlier page
	for shown := 0; ; {
		list, err := tx.ListPairs(scope, state, after, batch)
		if err != nil {
			return false, err
		}
		for i := range list {
			if after = &list[i]; seen[after.ID] {
				continue
			}
			pairs, families, more, err := groupOf(tx, scope, after)
			if err != nil {
				return false, err
			}
			for _, p := range pairs {
				seen[p.ID] = true
			}
			if len(pairs) == 0 || pairs[0].ID != after.ID && !more {
				continue // its likeliest pair stands on an earlier page
			}
			if shown == limit {
				return true, nil
			}
			shown++
			if err := fn(pairs, families, more); err != nil {
				return false, err
			}
		}
		if len(list) < batch {
			return false, nil
		}
	}
}

// grouped reports whether the pairs of a state hang together for those who look at them: what was decided stands for itself.
func grouped(state store.PairState) bool { return state == store.PairOpen || state == store.PairLater }

// errEnough ends a walk over groups.
var errEnough = errors.New("enough groups")

// pagesOf walks over the groups of a state that hang together for people, else over single pairs.
func pagesOf(tx *store.Tx, scope store.Scope, state store.PairState, after *store.DuplicatePair, limit int, fn func(pairs []store.DuplicatePair, families []int64, more bool) error) (bool, error) {
	if grouped(state) {
		return groupsAfter(tx, scope, state, after, limit, fn)
	}
	list, err := tx.ListPairs(scope, state, after, limit+1)
	if err != nil {
		return false, err
	}
	for i := range list[:min(len(list), limit)] {
		if err := fn(list[i:i+1], []int64{list[i].A, list[i].B}, false); err != nil {
			return false, err
		}
	}
	return len(list) > limit, nil
}

// groupViews reads the pairs of a group; the first one tells of the group, if it is more than a pair.
func groupViews(tx *store.Tx, actor auth.Actor, pairs []store.DuplicatePair, families []int64, more bool) ([]PairView, error) {
	var out []PairView
	for i := range pairs {
		v, err := pairView(tx, actor, &pairs[i])
		if err != nil {
			return nil, err
		}
		v.Chained = i > 0
		out = append(out, *v)
	}
	if len(families) > 2 {
		out[0].Group = &PairGroupView{IDs: families, More: more, Families: sidesOf(out, families)}
	}
	return out, nil
}

// Group returns the group of a pair with what the actor may see of its families.
func (s *Duplicates) Group(ctx context.Context, actor auth.Actor, families *Families, pair int64) (*PairGroupView, error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return nil, err
	}
	out := &PairGroupView{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		*out = PairGroupView{}
		scope := scopeOf(reach, 0)
		p, err := tx.PairByID(scope, pair)
		if err != nil {
			return err
		}
		if !grouped(p.State) {
			return fault.New(fault.NotFound, "error.not_found")
		}
		pairs, ids, more, err := groupOf(tx, scope, p)
		if err != nil {
			return err
		}
		if len(pairs) == 0 { // one of the two is merged
			return fault.New(fault.NotFound, "error.not_found")
		}
		out.IDs, out.More = ids, more
		for i := range pairs {
			v, err := pairView(tx, actor, &pairs[i])
			if err != nil {
				return err
			}
			out.Pairs = append(out.Pairs, *v)
		}
		out.Families = sidesOf(out.Pairs, ids)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, s.see(ctx, actor, families, out.Families)
}

// sidesOf returns the families of some pairs, once each.
func sidesOf(pairs []PairView, ids []int64) []PairSide {
	out := make([]PairSide, len(ids))
	for i := range pairs {
		for k, id := range []int64{pairs[i].A, pairs[i].B} {
			out[slices.Index(ids, id)] = pairs[i].Sides[k]
		}
	}
	return out
}

// see reads the whole of the families that the actor may open.
func (s *Duplicates) see(ctx context.Context, actor auth.Actor, families *Families, sides []PairSide) error {
	for i := range sides {
		if sides[i].FamilyID == 0 {
			continue
		}
		var err error
		if sides[i].View, err = families.View(ctx, actor, sides[i].FamilyID); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// GroupDecision is what a person says of a group.
type GroupDecision struct {
	State store.PairState // same, different or later
	Same  []int64         // families that are one person
	Keep  int64           // the one of them whose registration is to stay
	Note  string
	Pairs []PairRef // all pairs of the group as they were seen
}

// problems returns what is wrong with a decision on these families.
func (d *GroupDecision) problems(families []int64) (ps fault.Problems) {
	switch d.State {
	case store.PairDifferent, store.PairLater:
		return nil
	case store.PairSame:
	default:
		ps.Add("state", "duplicate.choose")
		return ps
	}
	slices.Sort(d.Same)
	d.Same = slices.Compact(d.Same)
	switch {
	case len(d.Same) < 2:
		ps.Add("same", "duplicate.group_two")
	case slices.ContainsFunc(d.Same, func(id int64) bool { return !slices.Contains(families, id) }):
		ps.Add("same", "problem.choice")
	case !slices.Contains(d.Same, d.Keep):
		ps.Add("keep", "duplicate.group_keep")
	}
	return ps
}

// DecideGroup stores a decision on the group of a pair in one step and returns its id. Of those that are one person each pair with the one that stays is "same", and is made if nobody had
// found it; a pair of one of them and another family is "different". Pairs among the others stay as they are. The error is fault.Stale if the group is not as it was seen.
func (s *Duplicates) DecideGroup(ctx context.Context, actor auth.Actor, pair int64, d GroupDecision, w Write) (int64, error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return 0, err
	}
	type content struct {
		ID int64
		GroupDecision
	}
	now := s.now()
	res, err := s.once(ctx, actor, "duplicate.group", w, content{pair, d}, func(tx *store.Tx) (string, error) {
		scope := scopeOf(reach, 0)
		p, err := tx.PairByID(scope, pair)
		if err != nil {
			return "", err
		}
		if !grouped(p.State) {
			return "", fault.New(fault.Stale, "error.stale")
		}
		pairs, families, _, err := groupOf(tx, scope, p)
		if err != nil {
			return "", err
		}
		if len(pairs) != len(d.Pairs) {
			return "", fault.New(fault.Stale, "error.stale")
		}
		for i := range pairs {
			if !slices.Contains(d.Pairs, PairRef{pairs[i].ID, pairs[i].Version}) {
				return "", fault.New(fault.Stale, "error.stale")
			}
		}
		if err := d.problems(families).Err(); err != nil {
			return "", err
		}
		g := &store.PairGroup{Party: actor.Party, State: d.State, By: actor.UserID, At: now}
		g.Body = store.PairGroupBody{Families: families, Same: d.Same, Keep: d.Keep, Note: d.Note}
		if d.State != store.PairSame {
			g.Body.Same, g.Body.Keep = nil, 0
		}
		made, err := s.missingPairs(ctx, tx, actor, scope, &d, now)
		if err != nil {
			return "", err
		}
		for _, p := range made {
			g.Body.Made = append(g.Body.Made, p.ID)
		}
		for _, p := range append(pairs, made...) {
			state := saidOf(g, &p)
			if state == "" {
				continue
			}
			g.Body.Before = append(g.Body.Before, p)
			if err := decidePair(tx, actor, scope, PairRef{p.ID, p.Version}, state, d.Note, now); err != nil {
				return "", err
			}
		}
		if err := tx.InsertPairGroup(g); err != nil {
			return "", err
		}
		err = audit(tx, actor, now, string(auth.DuplicateReview), store.AuditEntry{Entity: "duplicate_group", EntityID: g.ID, Note: string(g.State) + ":" + strconv.Itoa(len(families))})
		return strconv.FormatInt(g.ID, 10), err
	})
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(res, 10, 64)
}

// missingPairs puts the pairs with the registration that is to stay into the queue which nobody had found: who is one person with two others need not look like both.
func (s *Duplicates) missingPairs(ctx context.Context, tx *store.Tx, actor auth.Actor, scope store.Scope, d *GroupDecision, now time.Time) (made []store.DuplicatePair, err error) {
	if d.State != store.PairSame {
		return nil, nil
	}
	for _, id := range d.Same {
		if id == d.Keep {
			continue
		}
		known, err := tx.PairKnown(id, d.Keep)
		if err != nil {
			return nil, err
		}
		if known {
			continue
		}
		families, err := openedFamilies(tx, actor.Party, []int64{id, d.Keep})
		if err != nil {
			return nil, err
		}
		if families[id] == nil || families[d.Keep] == nil {
			return nil, fault.New(fault.NotFound, "error.not_found")
		}
		p, err := compared(ctx, families[min(id, d.Keep)], families[max(id, d.Keep)])
		if err != nil {
			return nil, err
		}
		p.Source = store.FoundOnDemand
		if err := tx.FindPairs(actor.Party, []store.DuplicatePair{p}, now); err != nil {
			return nil, err
		}
		stored, err := tx.PairOf(scope, id, d.Keep)
		if err != nil {
			return nil, err
		}
		made = append(made, *stored)
	}
	return made, nil
}

// GroupDecided is a decision on a group and what became of it.
type GroupDecided struct {
	store.PairGroup
	ByName, UndoneBy string
	Families         []PairSide
	Pairs            []PairView // as they stand
	Refused          error      // why it cannot be taken back now
}

// GroupDecisions returns the newest decisions on groups that stand and that the actor may take back.
func (s *Duplicates) GroupDecisions(ctx context.Context, actor auth.Actor) ([]GroupDecided, error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return nil, err
	}
	var out []GroupDecided
	err = s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		list, err := tx.PairGroups(actor.Party, pairPage)
		for i := range list {
			v, err := groupDecided(tx, actor, scopeOf(reach, 0), &list[i])
			switch {
			case fault.Is(err, fault.NotFound): // another area's
			case err != nil:
				return err
			default:
				out = append(out, *v)
			}
		}
		return err
	})
	return out, err
}

// GroupDecided returns one decision.
func (s *Duplicates) GroupDecided(ctx context.Context, actor auth.Actor, id int64) (out *GroupDecided, err error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		g, err := tx.PairGroupByID(actor.Party, id)
		if err != nil {
			return err
		}
		out, err = groupDecided(tx, actor, scopeOf(reach, 0), g)
		return err
	})
	return out, err
}

func groupDecided(tx *store.Tx, actor auth.Actor, scope store.Scope, g *store.PairGroup) (*GroupDecided, error) {
	v := &GroupDecided{PairGroup: *g, Families: make([]PairSide, len(g.Body.Families))}
	for i, id := range g.Body.Families {
		f, err := tx.FamilyByID(store.Scope{Party: g.Party}, id)
		if err != nil {
			return nil, err
		}
		v.Families[i] = PairSide{Area: f.Record.Address.Area, State: f.Status.State}
		if auth.Allow(actor, auth.FamilyView, subjectOf(f)) == nil {
			v.Families[i].FamilyID, v.Families[i].Number, v.Families[i].Name = f.ID, f.Status.Number, f.Record.Lead.DisplayName()
		}
		if f.Status.State == registry.Merged && slices.Contains(g.Body.Same, id) && v.UndoneAt.IsZero() {
			v.Refused = fault.New(fault.State, "error.duplicate.group_merged")
		}
	}
	found := 0
	for i := range g.Body.Before {
		p, err := tx.PairByID(scope, g.Body.Before[i].ID)
		if fault.Is(err, fault.NotFound) { // gone with a merge, or out of reach
			continue
		}
		if err != nil {
			return nil, err
		}
		found++
		pv, err := pairView(tx, actor, p)
		if err != nil {
			return nil, err
		}
		v.Pairs = append(v.Pairs, *pv)
	}
	if found == 0 && !slices.ContainsFunc(v.Families, func(s PairSide) bool { return s.FamilyID != 0 }) {
		return nil, fault.New(fault.NotFound, "error.not_found")
	}
	names, err := userNames(tx, g.By, g.UndoneBy)
	v.ByName, v.UndoneBy = names[g.By], names[g.UndoneBy]
	return v, err
}

// UndoGroup takes a decision on a group back: each pair is what it was before, but for those on which somebody has decided anew since, which it counts. What was merged since must be taken
// apart first.
func (s *Duplicates) UndoGroup(ctx context.Context, actor auth.Actor, id int64, w Write) (kept int, err error) {
	reach, err := auth.ReachOf(actor, auth.DuplicateReview)
	if err != nil {
		return 0, err
	}
	now := s.now()
	res, err := s.once(ctx, actor, "duplicate.group.undo", w, id, func(tx *store.Tx) (string, error) {
		kept := 0
		scope := scopeOf(reach, 0)
		g, err := tx.PairGroupByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		v, err := groupDecided(tx, actor, scope, g)
		switch {
		case err != nil:
			return "", err
		case !g.UndoneAt.IsZero():
			return "", fault.New(fault.State, "error.duplicate.group_undone")
		case v.Refused != nil:
			return "", v.Refused
		case g.Version != w.Version:
			return "", fault.New(fault.Stale, "error.stale")
		}
		for _, was := range g.Body.Before {
			same, err := undecide(tx, actor, scope, g, &was, now)
			if err != nil {
				return "", err
			}
			if !same {
				kept++
			}
		}
		if err := tx.EndPairGroup(g, actor.UserID, now); err != nil {
			return "", err
		}
		err = audit(tx, actor, now, string(auth.DuplicateReview), store.AuditEntry{Entity: "duplicate_group", EntityID: g.ID, Note: "undone"})
		return strconv.Itoa(kept), err
	})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(res)
}

// saidOf is what a decision says of a pair: "" if nothing.
func saidOf(g *store.PairGroup, p *store.DuplicatePair) store.PairState {
	if g.State != store.PairSame {
		return g.State
	}
	switch a, b := slices.Contains(g.Body.Same, p.A), slices.Contains(g.Body.Same, p.B); {
	case a && b:
		return store.PairSame
	case a || b:
		return store.PairDifferent
	}
	return ""
}

// undecide makes one pair of a decision what it was, and reports whether it could: not if somebody has decided on it since.
func undecide(tx *store.Tx, actor auth.Actor, scope store.Scope, g *store.PairGroup, was *store.DuplicatePair, now time.Time) (bool, error) {
	p, err := tx.PairByID(scope, was.ID)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil || p.State != saidOf(g, was) || p.DecidedBy != g.By || !p.DecidedAt.Equal(g.At) {
		return false, err
	}
	if slices.Contains(g.Body.Made, p.ID) {
		return true, tx.DropPair(p)
	}
	before := p.State
	p.State, p.Note, p.DecidedBy, p.DecidedAt = was.State, was.Note, was.DecidedBy, was.DecidedAt
	if err := tx.DecidePair(p); err != nil {
		return false, err
	}
	return true, pairAudit(tx, actor, p, before, now)
}

// consistent reports whether many decisions can all be true: if A is B and B is C, then A is not different from C.
func consistent(pairs []store.DuplicatePair) bool {
	one := map[int64]int64{}
	find := func(id int64) int64 {
		for one[id] != 0 && one[id] != id {
			id = one[id]
		}
		return id
	}
	for _, p := range pairs {
		if p.State == store.PairSame {
			a, b := find(p.A), find(p.B)
			one[max(a, b)] = min(a, b)
		}
	}
	for _, p := range pairs {
		if p.State == store.PairDifferent && find(p.A) == find(p.B) {
			return false
		}
	}
	return true
}
