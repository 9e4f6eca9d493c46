package service

import (
	"context"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// Merging a group is the merges of its registrations into the one that stays, one after another in one transaction, with one choice of values over all of them. Its undo takes
// them apart in the opposite order, again in one transaction: each is then exactly what it was, as the sums of each merge prove. A value that was changed since is one choice for
// all of them. Each merge stays one of its own beside that: it has its page, its history, and can be undone alone.

// GroupMergePlan is what the page of a group's merge shows.
type GroupMergePlan struct {
	GroupDecided
	Sides    []PairSide // the one that stays first
	Versions []int64
	Fields   []GroupMergeField
	Moves    []MoveCount // of all that are merged into it
	Stop     error       // why it cannot be, whatever is chosen; nil if it can
}

// GroupMergeField is one choice with the values as the actor may see them.
type GroupMergeField struct {
	Key        string
	Values     [][]FieldValue
	List, Same bool
	Choose     int // index of a side, or registry.AllRows
}

// GroupMergeChoice is what a person decides: whose value each choice takes (see registry.MergeSteps), and the versions of the families that they saw, the one that stays first.
type GroupMergeChoice struct {
	Choose   map[string]int
	Versions []int64
}

// groupSides reads the families of a decision that are one person's and not merged yet, the one that stays first.
func groupSides(tx *store.Tx, actor auth.Actor, g *store.PairGroup) ([]*registry.Family, error) {
	if g.State != store.PairSame || !g.UndoneAt.IsZero() {
		return nil, fault.New(fault.State, "error.duplicate.group_not_same")
	}
	var out []*registry.Family
	for _, id := range append([]int64{g.Body.Keep}, g.Body.Same...) {
		if len(out) > 0 && id == g.Body.Keep {
			continue
		}
		f, err := tx.FamilyByID(store.Scope{Party: g.Party}, id)
		if err != nil {
			return nil, err
		}
		if f.Status.State == registry.Merged && id != g.Body.Keep {
			continue
		}
		if auth.Allow(actor, auth.FamilyView, subjectOf(f)) != nil {
			return nil, fault.New(fault.State, "error.merge.elsewhere")
		}
		out = append(out, f)
	}
	if len(out) < 2 {
		return nil, fault.New(fault.State, "error.duplicate.group_all_merged")
	}
	return out, nil
}

// groupMergeAllowed asks for each of the merges what is asked for a merge of two.
func groupMergeAllowed(tx *store.Tx, actor auth.Actor, scope store.Scope, list []*registry.Family) error {
	for _, goes := range list[1:] {
		p, err := tx.PairOf(scope, list[0].ID, goes.ID)
		if err != nil {
			return err
		}
		if p.State != store.PairSame { // somebody decided anew since
			return fault.New(fault.State, "error.merge.different")
		}
		err = mergeAllowed(tx, actor, p, list[0], goes)
		if fault.Is(err, fault.Forbidden) && slices.ContainsFunc(list, func(f *registry.Family) bool { return f.Status.State.Amendable() }) && p.DecidedBy != 0 && actor.SamePerson(p.DecidedBy) {
			return fault.New(fault.Forbidden, "error.merge.group_second")
		}
		if err != nil {
			return err
		}
		clashes, err := tx.MergeClashes(p.Party, list[0].ID, goes.ID)
		if err != nil {
			return err
		}
		if len(clashes) > 0 {
			return clashFault(clashes)
		}
	}
	return nil
}

func recordsOf(list []*registry.Family) []*registry.Record {
	out := make([]*registry.Record, len(list))
	for i, f := range list {
		out[i] = &f.Record
	}
	return out
}

// PlanGroup shows the merge of a decided group before it is done.
func (s *Duplicates) PlanGroup(ctx context.Context, actor auth.Actor, id int64) (out *GroupMergePlan, err error) {
	reach, err := auth.ReachOf(actor, auth.FamilyMerge)
	if err != nil {
		return nil, err
	}
	now := s.now()
	err = s.db.View(ctx, func(tx *store.Tx) error {
		scope := scopeOf(reach, 0)
		g, err := tx.PairGroupByID(actor.Party, id)
		if err != nil {
			return err
		}
		v, err := groupDecided(tx, actor, scope, g)
		if err != nil {
			return err
		}
		out = &GroupMergePlan{GroupDecided: *v}
		list, err := groupSides(tx, actor, g)
		if fault.Is(err, fault.State) {
			out.Stop = err
			return nil
		}
		if err != nil {
			return err
		}
		if err := groupMergeAllowed(tx, actor, scope, list); err != nil {
			if !fault.Is(err, fault.State) && !fault.Is(err, fault.Forbidden) {
				return err
			}
			out.Stop = err
		}
		shown := make([]map[string]FieldValue, len(list))
		moves := map[string]int{}
		for i, f := range list {
			out.Versions = append(out.Versions, f.Version)
			out.Sides = append(out.Sides, sideOf(f))
			shown[i] = map[string]FieldValue{}
			for _, group := range groupsOf(actor, &f.Record, officeDay(now)) {
				for _, value := range group.Values {
					shown[i][value.Path] = value
				}
			}
			if i == 0 {
				continue
			}
			counts, err := moveCounts(tx, f)
			if err != nil {
				return err
			}
			for _, c := range counts {
				if moves[c.Kind] == 0 {
					out.Moves = append(out.Moves, MoveCount{Kind: c.Kind})
				}
				moves[c.Kind] += c.N
			}
		}
		for i := range out.Moves {
			out.Moves[i].N = moves[out.Moves[i].Kind]
		}
		for _, f := range registry.MergeManyFields(recordsOf(list)) {
			m := GroupMergeField{Key: f.Key, List: f.List, Same: f.Same, Choose: f.Choose}
			seen := 0
			for i := range list {
				m.Values = append(m.Values, seenValues(f.Values[i], shown[i]))
				seen += len(m.Values[i])
			}
			if seen > 0 {
				out.Fields = append(out.Fields, m)
			}
		}
		return nil
	})
	return out, err
}

// MergeGroup makes one registration of all that a decision calls one person's. Nothing is done if one of the merges cannot be.
func (s *Duplicates) MergeGroup(ctx context.Context, actor auth.Actor, families *Families, id int64, c GroupMergeChoice, w Write) error {
	reach, err := auth.ReachOf(actor, auth.FamilyMerge)
	if err != nil {
		return err
	}
	type content struct {
		ID int64
		GroupMergeChoice
	}
	now := s.now()
	_, err = s.once(ctx, actor, "duplicate.group.merge", w, content{id, c}, func(tx *store.Tx) (string, error) {
		scope := scopeOf(reach, 0)
		g, err := tx.PairGroupByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		if _, err := groupDecided(tx, actor, scope, g); err != nil {
			return "", err
		}
		list, err := groupSides(tx, actor, g)
		if err != nil {
			return "", err
		}
		if g.Version != w.Version || !slices.Equal(versionsOf(list), c.Versions) {
			return "", fault.New(fault.Stale, "error.merge.stale")
		}
		if err := groupMergeAllowed(tx, actor, scope, list); err != nil {
			return "", err
		}
		steps, problems := registry.MergeSteps(recordsOf(list), c.Choose)
		if err := problems.Err(); err != nil {
			return "", err
		}
		stays := list[0]
		for i, goes := range list[1:] {
			p, err := tx.PairOf(scope, stays.ID, goes.ID)
			if err != nil {
				return "", err
			}
			// What the merges before this one brought along may clash with it.
			clashes, err := tx.MergeClashes(p.Party, stays.ID, goes.ID)
			if err != nil {
				return "", err
			}
			if len(clashes) > 0 {
				return "", clashFault(clashes)
			}
			record, problems := registry.MergeRecords(&stays.Record, &goes.Record, steps[i])
			if err := problems.Err(); err != nil {
				return "", err
			}
			m, err := s.merge(tx, actor, families, p, stays, goes, record, MergeChoice{Keep: stays.ID, Sides: steps[i]}, now)
			if err != nil {
				return "", err
			}
			g.Body.Merges = append(g.Body.Merges, m.ID)
		}
		if err := tx.PutPairGroupBody(g); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.FamilyMerge), store.AuditEntry{Entity: "duplicate_group", EntityID: g.ID, Note: "merged:" + strconv.Itoa(len(list))})
	})
	return err
}

// GroupMerged is the merges of a group and what the undo of all would do.
type GroupMerged struct {
	GroupDecided
	Stays          PairSide
	Versions       []int64 // of the one that stays and of the others, the last merged first
	Away           []PairSide
	Later          []LaterField
	Changed, Added []RowLabel // rows that moved and were changed since, and that were added since: they go back with their changes, and stay
	Stop           error      // why it cannot be undone now
}

// mergesStanding reads the merges of a group that stand, the last one first, with the families of each.
func mergesStanding(tx *store.Tx, actor auth.Actor, g *store.PairGroup) (merges []*store.Merge, stays *registry.Family, away []*registry.Family, err error) {
	for _, id := range slices.Backward(g.Body.Merges) {
		m, a, b, err := loadMerge(tx, actor, id)
		if err != nil {
			return nil, nil, nil, err
		}
		if m.UndoneAt.IsZero() {
			merges, stays, away = append(merges, m), a, append(away, b)
		}
	}
	if len(merges) == 0 {
		return nil, nil, nil, fault.New(fault.State, "error.merge.not_merged")
	}
	for _, b := range away {
		if err := undoable(stays, b); err != nil {
			return merges, stays, away, err
		}
	}
	return merges, stays, away, nil
}

// GroupMergeOf shows the merges of a group to whom may undo them.
func (s *Duplicates) GroupMergeOf(ctx context.Context, actor auth.Actor, id int64) (out *GroupMerged, err error) {
	reach, err := auth.ReachOf(actor, auth.FamilyUnmerge)
	if err != nil {
		return nil, err
	}
	now := s.now()
	err = s.db.View(ctx, func(tx *store.Tx) error {
		g, err := tx.PairGroupByID(actor.Party, id)
		if err != nil {
			return err
		}
		v, err := groupDecided(tx, actor, scopeOf(reach, 0), g)
		if err != nil {
			return err
		}
		out = &GroupMerged{GroupDecided: *v}
		merges, stays, away, err := mergesStanding(tx, actor, g)
		if err != nil {
			if !fault.Is(err, fault.State) {
				return err
			}
			out.Stop = err
			if stays == nil {
				return nil
			}
		}
		out.Stays, out.Versions = sideOf(stays), []int64{stays.Version}
		record := stays.Record
		var later []registry.Later
		for i, m := range merges {
			out.Away, out.Versions = append(out.Away, sideOf(away[i])), append(out.Versions, away[i].Version)
			var more []registry.Later
			record, more = registry.UndoMerge(&m.Body.Before[0].Record, &m.Body.After, &record, nil)
			for _, l := range more {
				if !slices.ContainsFunc(later, func(x registry.Later) bool { return x.Key == l.Key }) {
					later = append(later, l)
				}
			}
			changed, _, err := tx.ChangedSince(m)
			if err != nil {
				return err
			}
			labels, err := movedLabels(tx, stays, changed)
			if err != nil {
				return err
			}
			out.Changed = append(out.Changed, labels...)
		}
		// What each of them would be in the end: as it was before the first merge.
		first := merges[len(merges)-1].Body.Before[0].Record
		was := map[string][]registry.Value{}
		for _, f := range registry.MergeFields(&first, &stays.Record) {
			was[f.Key] = f.A
		}
		for i := range later {
			later[i].Before = was[later[i].Key]
		}
		out.Later = laterFields(actor, stays, later, first, now)
		added, err := tx.AddedSince(merges[0])
		if err != nil {
			return err
		}
		out.Added, err = rowLabels(tx, stays, added)
		return err
	})
	return out, err
}

// UndoGroupMerge takes all merges of a group apart that stand. keep names the choices whose value of today stays in the registration that stayed; what was added to it since stays
// with it.
func (s *Duplicates) UndoGroupMerge(ctx context.Context, actor auth.Actor, families *Families, id int64, c UndoGroupChoice, w Write) error {
	reach, err := auth.ReachOf(actor, auth.FamilyUnmerge)
	if err != nil {
		return err
	}
	type content struct {
		ID int64
		UndoGroupChoice
	}
	now := s.now()
	_, err = s.once(ctx, actor, "duplicate.group.unmerge", w, content{id, c}, func(tx *store.Tx) (string, error) {
		g, err := tx.PairGroupByID(actor.Party, id)
		if err != nil {
			return "", err
		}
		if _, err := groupDecided(tx, actor, scopeOf(reach, 0), g); err != nil {
			return "", err
		}
		merges, stays, away, err := mergesStanding(tx, actor, g)
		if err != nil {
			return "", err
		}
		if g.Version != w.Version || !slices.Equal(append([]int64{stays.Version}, versionsOf(away)...), c.Versions) {
			return "", fault.New(fault.Stale, "error.merge.stale")
		}
		for i := range merges {
			m, a, b, err := loadMerge(tx, actor, merges[i].ID) // as the undo before this one left them
			if err != nil {
				return "", err
			}
			if err := s.undo(tx, actor, families, m, a, b, UndoChoice{Keep: c.Keep}, now); err != nil {
				return "", err
			}
		}
		g.Body.Merges = nil
		if err := tx.PutPairGroupBody(g); err != nil {
			return "", err
		}
		return "", audit(tx, actor, now, string(auth.FamilyUnmerge), store.AuditEntry{Entity: "duplicate_group", EntityID: g.ID, Note: "unmerged:" + strconv.Itoa(len(merges)+1)})
	})
	return err
}

// sideOf is a family as the pages of a merge show it.
func sideOf(f *registry.Family) PairSide {
	return PairSide{FamilyID: f.ID, Number: f.Status.Number, Name: f.Record.Lead.DisplayName(), Area: f.Record.Address.Area, State: f.Status.State}
}

// versionsOf returns the versions of families, in their order: what a page shows and its form gives back.
func versionsOf(list []*registry.Family) (out []int64) {
	for _, f := range list {
		out = append(out, f.Version)
	}
	return out
}

// UndoGroupChoice is what a person decides of the undo of a group's merges.
type UndoGroupChoice struct {
	Keep     []string
	Versions []int64 // as they were seen, see GroupMerged
}
