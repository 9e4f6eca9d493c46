package store

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"muntija/internal/place"
	"muntija/internal/registry"
)

// Heap names the families of one state in one area.
type Heap struct {
	State registry.State
	Area  string // "" while a draft names none
}

// WorkHeap is the families of a heap that wait for one person.
type WorkHeap struct {
	Heap
	IDs []int64 // rising
}

// EntriesOf returns the families of a party that a person looks after (entered_by), in the states asked for. It works in View only, because it reads
// the lists in memory: the table has no index by person, and a handover happens a few times a year.
func (tx *Tx) EntriesOf(party place.Country, user int64, states []registry.State) ([]WorkHeap, error) {
	return tx.workOf(party, states, func(r *roll, me uint32, id int) bool { return r.entered[id] == me }, user)
}

// ReviewsOf returns the families of a party that a person has under review. It works in View only.
func (tx *Tx) ReviewsOf(party place.Country, user int64) ([]WorkHeap, error) {
	return tx.workOf(party, []registry.State{registry.UnderReview}, func(r *roll, me uint32, id int) bool { return r.reviewer[id] == me }, user)
}

func (tx *Tx) workOf(party place.Country, states []registry.State, whose func(r *roll, me uint32, id int) bool, user int64) ([]WorkHeap, error) {
	var out []WorkHeap
	err := tx.withRoll(func(r *roll) error {
		me := r.users.index[user]
		if me == 0 || user == 0 {
			return nil // nobody that any family names
		}
		wanted := r.cells.accept(func(c rollCell) bool {
			return c.party == string(party) && slices.Contains(states, registry.State(c.state))
		})
		at := map[Heap]int{}
		for id, n := range r.cell {
			if !wanted[n] || !whose(r, me, id) {
				continue
			}
			c := &r.cells.values[n]
			key := Heap{registry.State(c.state), c.area} // cells also differ in what is no matter here
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, WorkHeap{Heap: key})
			}
			out[i].IDs = append(out[i].IDs, int64(id))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for a person's families: %w", err)
	}
	slices.SortFunc(out, func(a, b WorkHeap) int { return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.State, b.State)) })
	return out, nil
}

// reassign gives a family to another person. The record stays sealed as it is, and of the history nothing is written anew. That it still is whose, what and
// where it was when it was chosen is part of the statement.
const reassign = `UPDATE family SET entered_by = $1, version = version + 1, updated_at = $2
	WHERE id = $3 AND party = $4 AND entered_by = $5 AND state = $6 AND area = $7`

// AssignEntry makes another person look after a family: the entry's owner in permissions and lists. It reports false, and does nothing, if
// the family is no longer from's, or has moved to another state or area since it was looked up. Version goes up by one: who decides on it at
// this moment is shown that it changed.
func (tx *Tx) AssignEntry(party place.Country, id, from, to int64, is Heap, at time.Time) (bool, error) {
	n, err := tx.exec(reassign, to, stamp(at), id, string(party), from, string(is.State), is.Area)
	if err != nil {
		return false, fmt.Errorf("assigning family %d: %w", id, err)
	}
	if n == 0 {
		return false, nil
	}
	return true, tx.changed(id)
}
