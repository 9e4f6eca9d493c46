package store

import (
	"cmp"
	"database/sql"
	"fmt"
	mathbits "math/bits"
	"slices"
	"strings"

	"muntija/internal/lexicon"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Likely is what is typed of a person, to find who may be the same.
type Likely struct {
	Given, Rest string
	Place       string // district and village
	Area        string
}

// LikelySame returns the families of a party whose names come near, likeliest first, at most limit, for a closer look: the given name in any spelling and a
// part of the rest, or most of the rest. It works in View only.
func (tx *Tx) LikelySame(s Scope, l Likely, limit int) ([]int64, error) {
	given, rest, place := lexicon.Parse(l.Given), lexicon.Parse(l.Rest), lexicon.Parse(l.Place)
	if given.Empty() || rest.Empty() {
		return nil, nil
	}
	type candidate struct {
		id    uint32
		score float32
	}
	var best []candidate
	var floor float32
	byScore := func(a, b candidate) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.id, a.id)) }
	err := tx.withRoll(func(r *roll) error {
		first := r.findTerm(given.Terms[0], true)
		base := first.union(r, false, wordGiven, wordRest)
		sure := first.union(r, true, wordGiven)
		first.drop()
		defer giveBack(base)
		defer giveBack(sure)
		type weighed struct {
			bits   []uint64
			weight float32
		}
		var others []weighed
		for _, q := range []struct {
			lexicon.Query
			kinds []wordKind
		}{{rest, []wordKind{wordGiven, wordRest}}, {place, []wordKind{wordPlace}}} {
			for _, t := range q.Terms {
				f := r.findTerm(t, true)
				bits := f.union(r, false, q.kinds...)
				f.drop()
				n := 0
				for _, b := range bits {
					n += mathbits.OnesCount64(b)
				}
				if n == 0 {
					giveBack(bits)
					continue
				}
				// A word that few have says more: log2 of one over its share.
				others = append(others, weighed{bits, float32(mathbits.Len(uint(max(2, r.count/n))))})
			}
		}
		defer func() {
			for _, o := range others {
				giveBack(o.bits)
			}
		}()
		inParty := r.cells.accept(func(c rollCell) bool {
			return c.party == string(s.Party) && c.state != string(registry.Withdrawn) && c.state != string(registry.Merged)
		})
		inArea := r.cells.accept(func(c rollCell) bool { return c.area == l.Area })
		for i, word := range base {
			some := uint64(0)
			for _, o := range others {
				some |= o.bits[i]
			}
			for word &= some; word != 0; word &= word - 1 {
				bit := mathbits.TrailingZeros64(word)
				id := uint32(i*64 + bit)
				if id >= uint32(len(r.cell)) || !inParty[r.cell[id]] {
					continue
				}
				c := candidate{id: id}
				for _, o := range others {
					if o.bits[i]>>bit&1 == 1 {
						c.score += o.weight
					}
				}
				if inArea[r.cell[id]] {
					c.score += 3
				}
				if sure[i]>>bit&1 == 1 {
					c.score += 2
				}
				if c.score < floor {
					continue
				}
				if best = append(best, c); len(best) == 8*limit { // a name that very many bear
					slices.SortFunc(best, byScore)
					best = best[:limit]
					floor = best[limit-1].score
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the same person: %w", err)
	}
	slices.SortFunc(best, byScore)
	var out []int64
	for _, c := range best[:min(len(best), limit)] {
		out = append(out, int64(c.id))
	}
	return out, nil
}

// NameShare returns how many families of all there are, and a function that says how many have a word of a name, in this very spelling. It works in View only,
// and the function as long.
func (tx *Tx) NameShare(words []string) (families int, having map[string]int, err error) {
	having = map[string]int{}
	err = tx.withRoll(func(r *roll) error {
		families = r.count
		for _, w := range words {
			n, ok := r.index.lex.Number(w)
			if !ok { // a compound is known by its second part if it was typed apart: عبد الرحمن
				rest, _ := strings.CutPrefix(w, "عبد")
				if n, ok = r.index.lex.Number(rest); !ok {
					continue
				}
			}
			for _, b := range r.index.bags[n] {
				if b.kind == wordGiven || b.kind == wordRest {
					having[w] += int(b.n)
				}
			}
		}
		return nil
	})
	return families, having, err
}

// LikelyRecord is a family that is looked at more closely.
type LikelyRecord struct {
	IdentifierMatch // Kind is ""
	Record          registry.Record
}

// LikelyRecords reads the families of a party with some ids, whatever their area, without those that were withdrawn or merged, and without those that a person has called
// different from the family other (0: none).
func (tx *Tx) LikelyRecords(party place.Country, ids []int64, other int64) ([]LikelyRecord, error) {
	apart := map[int64]bool{other: true}
	if other != 0 {
		err := tx.each(func(rows *sql.Rows) error {
			var a, b int64
			err := rows.Scan(&a, &b)
			apart[a], apart[b] = true, true
			return err
		}, `SELECT a_id, b_id FROM duplicate_pair WHERE (a_id = $1 OR b_id = $1) AND state = 'different'`, other)
		if err != nil {
			return nil, fmt.Errorf("reading who is different: %w", err)
		}
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return apart[id] })
	out := make([]LikelyRecord, 0, len(ids))
	for part := range slices.Chunk(ids, 64) {
		var q statement
		q.add(`SELECT f.id, f.state, f.area, f.name, f.number, f.entered_by, r.record FROM family f JOIN family_record r ON r.family_id = f.id WHERE 1 = 1`)
		q.inIDs("f.id", part)
		q.add(" AND f.party || '' = ?", string(party))
		err := tx.each(func(rows *sql.Rows) error {
			var l LikelyRecord
			var state, number string
			var sealed sql.RawBytes
			if err := rows.Scan(&l.FamilyID, &state, &l.Area, &l.Name, &number, &l.EnteredBy, &sealed); err != nil {
				return err
			}
			l.State, l.Number = registry.State(state), registry.Number(noNever(number))
			plain, err := tx.openDocID("family_record", "record", l.FamilyID, sealed)
			if err != nil {
				return err
			}
			var r sealedRecord
			if err := readRecord(l.FamilyID, plain, &r); err != nil {
				return err
			}
			l.Record = r.Record
			if l.State != registry.Withdrawn && l.State != registry.Merged {
				out = append(out, l)
			}
			return nil
		}, q.text(), q.args...)
		if err != nil {
			return nil, fmt.Errorf("reading likely families: %w", err)
		}
	}
	return out, nil
}
