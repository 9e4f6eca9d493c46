package service

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"muntija/internal/matching"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// queuePairs puts what the import noticed into the queue of families that may be one: each row that became a family beside another that has a number of it. It
// writes nothing twice, so that an import taken up again may do it anew.
func (im *importer) queuePairs(ctx context.Context) error {
	for after, more := int64(0), true; more; {
		last := after
		err := im.s.db.Update(ctx, func(tx *store.Tx) error {
			last = after
			hints, err := tx.PairHints("import", im.m.ID, after, pairsAtOnce)
			if err != nil {
				return err
			}
			more = len(hints) == pairsAtOnce
			var ids []int64
			for _, h := range hints {
				last = h.ID
				ids = append(ids, h.FamilyID, h.OtherID)
			}
			families, err := openedFamilies(tx, im.m.Party, ids)
			if err != nil {
				return err
			}
			var found []store.DuplicatePair
			for _, h := range hints {
				a, b := families[h.OtherID], families[h.FamilyID]
				if a == nil || b == nil || h.OtherID == h.FamilyID {
					continue
				}
				p, err := compared(ctx, a, b)
				if err != nil {
					return err
				}
				found = append(found, p)
			}
			return tx.FindPairs(im.m.Party, found, im.now)
		})
		if err != nil {
			return fmt.Errorf("queueing pairs: %w", err)
		}
		after = last
	}
	return nil
}

func openedFamilies(tx *store.Tx, party place.Country, ids []int64) (map[int64]*registry.Family, error) {
	sealed, err := tx.FamiliesByID(store.Scope{Party: party}, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*registry.Family, len(sealed))
	for _, f := range sealed {
		if err := f.Open(); err != nil {
			return nil, err
		}
		out[f.ID] = &f.Family
	}
	return out, nil
}

// compared is a pair as the nightly search would weigh it if the registry held these two alone; the search weighs it anew among all.
func compared(ctx context.Context, a, b *registry.Family) (store.DuplicatePair, error) {
	p := store.DuplicatePair{A: a.ID, B: b.ID, Source: store.FoundByImport}
	set, err := matching.NewSet([]matching.Record{personOf(strconv.FormatInt(a.ID, 10), &a.Record), personOf(strconv.FormatInt(b.ID, 10), &b.Record)})
	if err != nil {
		return p, err
	}
	result, err := set.Link(ctx, matching.Options{Threshold: math.SmallestNonzeroFloat64, Threads: 1})
	if err != nil || len(result.Pairs) == 0 {
		return p, err
	}
	pairWeight(&p, &result.Pairs[0])
	return p, nil
}
