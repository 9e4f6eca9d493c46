package service

import (
	"fmt"
	"sync"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/place"
	"muntija/internal/store"
)

// Criteria holds the use-cases of registration criteria: editing a version, seeing whom it would move, publishing it, re-checking with it.
type Criteria struct {
	core
	jobs *Jobs

	mu       sync.Mutex
	compiled map[compiledKey]*criteria.Program // by set and version of its row; published ones never change

	shown    showings
	previews previews
}

type compiledKey struct {
	id, version int64
}

func newCriteria(c core) *Criteria {
	return &Criteria{core: c, compiled: map[compiledKey]*criteria.Program{}}
}

// maxCompiled bounds the cache: two parties with some versions each, and drafts while they are edited.
const maxCompiled = 64

// on returns the published set of a party that is valid on a day, compiled; all nil if there is none.
func (s *Criteria) on(tx *store.Tx, party place.Country, day calendar.Date) (*criteria.Set, *criteria.Program, int64, error) {
	row, err := tx.CriteriaSetOn(party, day)
	if err != nil || row == nil {
		return nil, nil, 0, err
	}
	p, err := s.program(row)
	if err != nil {
		return nil, nil, 0, err
	}
	return p.Set(), p, row.ID, nil
}

// program compiles a stored set, or takes it from the cache.
func (s *Criteria) program(row *store.CriteriaSet) (*criteria.Program, error) {
	key := compiledKey{row.ID, row.Version}
	s.mu.Lock()
	p := s.compiled[key]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	set, problems := criteria.ParseSet(row.Body)
	if err := problems.Err(); err != nil {
		return nil, fmt.Errorf("reading criteria set %d: %w", row.ID, err)
	}
	p, err := criteria.Compile(set)
	if err != nil {
		return nil, fmt.Errorf("compiling criteria set %d: %w", row.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.compiled) >= maxCompiled {
		clear(s.compiled)
	}
	s.compiled[key] = p
	return p, nil
}

// byID returns a set of any status by its id, compiled.
func (s *Criteria) byID(tx *store.Tx, party place.Country, id int64) (*criteria.Program, error) {
	row, err := tx.CriteriaSetByID(party, id)
	if err != nil {
		return nil, err
	}
	return s.program(row)
}

// showings remembers which showings of protected values were audited within the hour, so that turning the pages of one form is one entry.
// Forgetting is harmless: it costs an entry more.
type showings struct {
	mu   sync.Mutex
	seen map[showing]struct{}
	hour int64
}

type showing struct {
	user, family int64
	what         string
	hour         int64
}

// first notes a showing and reports whether it is the first of its hour.
func (s *showings) first(k showing) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil || s.hour != k.hour || len(s.seen) > 50_000 {
		s.seen, s.hour = map[showing]struct{}{}, k.hour
	}
	if _, ok := s.seen[k]; ok {
		return false
	}
	s.seen[k] = struct{}{}
	return true
}

func (s *showings) forget(k showing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seen, k)
}

// hourOf is the hour that a showing counts in.
func hourOf(t time.Time) int64 { return t.Truncate(time.Hour).Unix() }
