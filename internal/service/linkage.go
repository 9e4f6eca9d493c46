package service

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"muntija/internal/matching"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// A registry that is small is compared whole each time. A large one keeps a sketch of each family (package matching), in blocks, and a run compares those families alone that
// were entered or changed since the last one: it first brings the sketches up to date from family_change, then lets all sketches pass by once for some thousand waiting
// families, reads whom that finds, and compares these in full. So it takes seconds after an import, and no more memory for a million families than for some thousand.
//
// Saving a family does nothing for it. Which families wait stands in the blocks themselves, in the same transaction as their sketches, and is taken back in the transaction that
// stores what was found: a run that was killed goes on where it stopped.

const (
	linkageSpan  = 1024 // families in a block, by id
	linkageEntry = 4 + matching.SketchBytes
	linkageFrom  = 5_000  // families from which a party is compared by sketches
	linkageOnce  = 10_000 // families that one passing by of the sketches is for
	linkageRead  = 2_000  // changes, and families of the first filling, in one transaction
	linkageScan  = 32     // blocks in one reading
	linkageFound = 0.5    // probability from which a pair comes into the queue
)

// sketched is one family of a block.
type sketched struct {
	id      int64
	pending bool
	sketch  matching.Sketch
}

// readSketches reads the body of a block.
func readSketches(s *store.LinkageSegment) ([]sketched, error) {
	if len(s.Body)%linkageEntry != 0 {
		return nil, fmt.Errorf("the block %d of sketches has %d bytes", s.Number, len(s.Body))
	}
	out := make([]sketched, 0, len(s.Body)/linkageEntry)
	for b := s.Body; len(b) > 0; b = b[linkageEntry:] {
		out = append(out, sketched{s.Number*linkageSpan + int64(binary.LittleEndian.Uint16(b)), b[2] == 1, matching.ReadSketch(b[4:])})
	}
	return out, nil
}

// writeSketches makes a block of families in the order of their ids.
func writeSketches(number int64, list []sketched) *store.LinkageSegment {
	s := &store.LinkageSegment{Number: number, Body: make([]byte, 0, len(list)*linkageEntry)}
	for i := range list {
		x := &list[i]
		s.Body = binary.LittleEndian.AppendUint16(s.Body, uint16(x.id-number*linkageSpan))
		flag := byte(0)
		if x.pending {
			flag = 1
			s.Pending++
		}
		s.Body = append(s.Body, flag, 0)
		s.Body = x.sketch.AppendTo(s.Body)
	}
	return s
}

// matchable reports whether a family is compared with others: it is not ended in another's, and there is something by which to compare.
func matchable(state registry.State, r *registry.Record) bool {
	return state != registry.Withdrawn && state != registry.Merged && (r.Lead.GivenName != "" || r.Lead.RestOfName != "" || r.Lead.IDNumber != "")
}

// upToDate brings the sketches of a party up to date. It may be stopped at any time and goes on later.
func (j *Jobs) upToDate(ctx context.Context, party place.Country, beat func() error) error {
	for {
		done := false
		err := j.db.Update(ctx, func(tx *store.Tx) error {
			l, err := tx.LinkageOf(party)
			if err != nil {
				return err
			}
			if l.Filled != store.LinkageFilled {
				return j.fill(tx, &l)
			}
			ids, last, whole, err := tx.FamiliesChangedSince(l.Seq, linkageRead)
			if err != nil {
				return err
			}
			if !whole { // a restored database counts anew, and long ago is forgotten: what is not as it was shows by its sketch
				l.Filled, l.Seq = 0, last
				return tx.PutLinkage(l)
			}
			if done = last == l.Seq; done {
				return nil
			}
			if err := j.sketch(tx, party, ids); err != nil {
				return err
			}
			l.Seq = last
			return tx.PutLinkage(l)
		})
		if err != nil || done {
			return err
		}
		if err := beat(); err != nil {
			return err
		}
	}
}

// fill reads the next families of the first filling. Changes that come meanwhile are taken in afterwards: the number of the last one is noted before the first family is read.
func (j *Jobs) fill(tx *store.Tx, l *store.Linkage) error {
	if l.Filled == 0 {
		newest, err := tx.NewestChange()
		if err != nil {
			return err
		}
		l.Seq = newest
	}
	var ids []int64
	var records []matching.Record
	err := tx.EachRecord(l.Party, l.Filled, linkageRead, func(id int64, state registry.State, _ registry.Number, r *registry.Record) error {
		ids = append(ids, id)
		if matchable(state, r) {
			records = append(records, personOf(strconv.FormatInt(id, 10), r))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := putSketches(tx, l.Party, ids, records); err != nil {
		return err
	}
	if len(ids) < linkageRead {
		l.Filled = store.LinkageFilled
	} else {
		l.Filled = ids[len(ids)-1]
	}
	return tx.PutLinkage(*l)
}

// sketch makes the sketches of some families anew.
func (j *Jobs) sketch(tx *store.Tx, party place.Country, ids []int64) error {
	var records []matching.Record
	err := tx.EachRecordOf(party, ids, func(id int64, state registry.State, _ registry.Number, r *registry.Record) error {
		if matchable(state, r) {
			records = append(records, personOf(strconv.FormatInt(id, 10), r))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return putSketches(tx, party, ids, records)
}

// putSketches puts the sketches of families into their blocks. A family whose sketch is new waits for the next comparison; one without a record goes.
func putSketches(tx *store.Tx, party place.Country, ids []int64, records []matching.Record) error {
	sketches, err := matching.Sketches(records)
	if err != nil {
		return err
	}
	fresh := make(map[int64]*matching.Sketch, len(records))
	for i := range records {
		id, err := strconv.ParseInt(records[i].ID, 10, 64)
		if err != nil {
			return err
		}
		fresh[id] = &sketches[i]
	}
	for from := 0; from < len(ids); {
		number := ids[from] / linkageSpan
		to := from
		for to < len(ids) && ids[to]/linkageSpan == number {
			to++
		}
		block, err := tx.LinkageSegment(party, number)
		if err != nil {
			return err
		}
		list, err := readSketches(block)
		if err != nil {
			return err
		}
		at := make(map[int64]int, len(list))
		for i := range list {
			at[list[i].id] = i
		}
		changed := false
		var gone []int64
		for _, id := range ids[from:to] {
			i, known := at[id]
			k := fresh[id]
			switch {
			case k == nil && known:
				gone = append(gone, id)
			case k == nil || known && list[i].sketch == *k:
			case known:
				list[i].sketch, list[i].pending, changed = *k, true, true
			default:
				list, changed = append(list, sketched{id, true, *k}), true
			}
		}
		if changed || len(gone) > 0 {
			list = slices.DeleteFunc(list, func(x sketched) bool { return slices.Contains(gone, x.id) })
			slices.SortFunc(list, func(a, b sketched) int { return cmp.Compare(a.id, b.id) })
			if err := tx.PutLinkageSegment(party, writeSketches(number, list)); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// linkageParams returns the weights of the last run over all families, or those before any.
func linkageParams(tx *store.Tx, party place.Country) (*matching.Params, error) {
	l, err := tx.LinkageOf(party)
	if err != nil || l.Params == nil {
		return matching.DefaultParams(), err
	}
	return matching.ParseParams(l.Params)
}

// errStopped says that somebody asked a job to end.
var errStopped = errors.New("the job is to end")

// waiting compares the families that wait with all others, some thousand at a time, and stores what it finds. It returns how many pairs that were.
func (j *Jobs) waiting(ctx context.Context, job *store.Job, source store.PairSource, beat func() error) (pairs int64, err error) {
	for {
		var ids []int64
		var fresh []matching.Sketch
		var params *matching.Params
		err := j.db.View(ctx, func(tx *store.Tx) error {
			ids, fresh = ids[:0], fresh[:0]
			if params, err = linkageParams(tx, job.Party); err != nil {
				return err
			}
			return tx.PendingLinkage(job.Party, linkageOnce/64, func(s *store.LinkageSegment) error {
				list, err := readSketches(s)
				for i := range list {
					if list[i].pending && len(ids) < linkageOnce {
						ids, fresh = append(ids, list[i].id), append(fresh, list[i].sketch)
					}
				}
				return err
			})
		})
		if err != nil || len(ids) == 0 {
			return pairs, err
		}
		found, err := j.hunt(ctx, job.Party, ids, fresh, params, source, beat)
		if err != nil {
			return pairs, err
		}
		if err := j.storeFound(ctx, job.Party, ids, fresh, found); err != nil {
			return pairs, err
		}
		pairs += int64(len(found))
		job.Done += int64(len(ids))
		if err := beat(); err != nil {
			return pairs, err
		}
	}
}

// hunt lets all sketches of a party pass by, reads whom that finds, and compares them.
func (j *Jobs) hunt(ctx context.Context, party place.Country, ids []int64, fresh []matching.Sketch, params *matching.Params, source store.PairSource,
	beat func() error) ([]store.DuplicatePair, error) {
	h := matching.NewHunt(ids, fresh)
	var batch []sketched
	for after := int64(-1); ; {
		n, last := 0, after
		batch = batch[:0]
		err := j.db.View(ctx, func(tx *store.Tx) error {
			n, last, batch = 0, after, batch[:0]
			return tx.EachLinkageSegment(party, after, linkageScan, func(s *store.LinkageSegment) error {
				list, err := readSketches(s)
				batch = append(batch, list...)
				n, last = n+1, s.Number
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		for i := range batch {
			h.See(batch[i].id, &batch[i].sketch)
		}
		after = last
		if n < linkageScan {
			break
		}
		if err := beat(); err != nil {
			return nil, err
		}
	}
	near := h.Found()
	if len(near) == 0 {
		return nil, nil
	}
	var wanted []int64
	for _, x := range near {
		wanted = append(wanted, x[0], x[1])
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	var records []matching.Record
	at := make(map[int64]int, len(wanted))
	for part := range slices.Chunk(wanted, linkageRead) {
		kept := len(records)
		err := j.db.View(ctx, func(tx *store.Tx) error {
			records = records[:kept]
			return tx.EachRecordOf(party, part, func(id int64, state registry.State, _ registry.Number, r *registry.Record) error {
				if matchable(state, r) {
					at[id] = len(records)
					records = append(records, personOf(strconv.FormatInt(id, 10), r))
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
		if err := beat(); err != nil {
			return nil, err
		}
	}
	var pairs [][2]int
	for _, x := range near {
		a, oka := at[x[0]]
		b, okb := at[x[1]]
		if oka && okb {
			pairs = append(pairs, [2]int{a, b})
		}
	}
	result, err := params.Compare(records, pairs, h, linkageFound)
	if err != nil {
		return nil, err
	}
	return pairsOf(result, source)
}

// pairsOf makes rows of the queue from pairs of families that are named by their ids.
func pairsOf(list []matching.Pair, source store.PairSource) ([]store.DuplicatePair, error) {
	out := make([]store.DuplicatePair, 0, len(list))
	for i := range list {
		d := store.DuplicatePair{Source: source}
		pairWeight(&d, &list[i])
		var err error
		if d.A, err = strconv.ParseInt(list[i].A, 10, 64); err != nil {
			return nil, err
		}
		if d.B, err = strconv.ParseInt(list[i].B, 10, 64); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// storeFound puts pairs into the queue, takes out those of these families that were not found again, and notes that the families have been compared, unless they changed meanwhile.
func (j *Jobs) storeFound(ctx context.Context, party place.Country, ids []int64, fresh []matching.Sketch, found []store.DuplicatePair) error {
	at := j.now()
	for batch := range slices.Chunk(found, pairsAtOnce) {
		if err := j.db.Update(ctx, func(tx *store.Tx) error { return tx.FindPairs(party, batch, at) }); err != nil {
			return err
		}
	}
	sums := make([]uint32, len(fresh))
	for i := range fresh {
		sums[i] = fresh[i].Sum()
	}
	for from := 0; from < len(ids); {
		to := min(from+linkageSpan, len(ids))
		for to < len(ids) && ids[to]/linkageSpan == ids[to-1]/linkageSpan {
			to++
		}
		err := j.db.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.ForgetPairsOf(party, ids[from:to], at); err != nil {
				return err
			}
			return compareDone(tx, party, ids[from:to], sums[from:to])
		})
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// compareDone takes back that families wait, if their sketches still have these sums. Their ids rise.
func compareDone(tx *store.Tx, party place.Country, ids []int64, sums []uint32) error {
	for from := 0; from < len(ids); {
		number := ids[from] / linkageSpan
		block, err := tx.LinkageSegment(party, number)
		if err != nil {
			return err
		}
		list, err := readSketches(block)
		if err != nil {
			return err
		}
		i := 0
		for ; from < len(ids) && ids[from]/linkageSpan == number; from++ {
			for i < len(list) && list[i].id < ids[from] {
				i++
			}
			if i < len(list) && list[i].id == ids[from] && list[i].sketch.Sum() == sums[from] {
				list[i].pending = false
			}
		}
		if err := tx.PutLinkageSegment(party, writeSketches(number, list)); err != nil {
			return err
		}
	}
	return nil
}
