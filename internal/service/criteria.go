package service

import (
	"fmt"
	"sync"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/store"
)

// Criteria holds the use-cases of registration criteria: editing a version, seeing whom it would move, publishing it, re-checking with it.
type Criteria struct {
	core
	jobs *Jobs

	mu       sync.Mutex
	valid    map[validKey]validSet             // the set in force per party and day, for validFor
	compiled map[compiledKey]*criteria.Program // by set and version of its row; published ones never change

	shown    showings
	previews previews
}

type validKey struct {
	party place.Country
	day   calendar.Date
}

type validSet struct {
	program *criteria.Program // nil: none is in force
	id      int64
	read    time.Time
}

// validFor is how long the answer to "which set is in force" is kept: every save asks it, it changes some times a year, and another process that publishes one is
// noticed within this time. In this process a publication is noticed at once.
const validFor = time.Second

type compiledKey struct {
	id, version int64
}

func newCriteria(c core) *Criteria {
	return &Criteria{core: c, compiled: map[compiledKey]*criteria.Program{}, valid: map[validKey]validSet{}}
}

// maxCompiled bounds the cache: two parties with some versions each, and drafts while they are edited.
const maxCompiled = 64

// on returns the published set of a party that is valid on a day, compiled; all nil if there is none.
func (s *Criteria) on(tx *store.Tx, party place.Country, day calendar.Date) (*criteria.Set, *criteria.Program, int64, error) {
	key := validKey{party, day}
	now := time.Now() // how old a cached answer is has nothing to do with the clock of the use-case
	s.mu.Lock()
	v, ok := s.valid[key]
	s.mu.Unlock()
	if !ok || now.Sub(v.read) > validFor {
		row, err := tx.CriteriaSetOn(party, day)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, nil, 0, err
		}
		v = validSet{read: now}
		if row != nil {
			if v.program, err = s.program(row); err != nil {
				return nil, nil, 0, err
			}
			v.id = row.ID
		}
		s.mu.Lock()
		if len(s.valid) > 4096 {
			clear(s.valid)
		}
		s.valid[key] = v
		s.mu.Unlock()
	}
	if v.program == nil {
		return nil, nil, 0, nil
	}
	return v.program.Set(), v.program, v.id, nil
}

// forget drops what is known of the sets in force, after one was published.
func (s *Criteria) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.valid)
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

// ofScheme compiles the rules of an incentive scheme, or takes them from the cache, in which schemes have negative ids.
func (s *Criteria) ofScheme(x *programme.Scheme) (*criteria.Program, error) {
	return s.program(&store.CriteriaSet{ID: -x.ID, Version: x.Version, Body: x.Rules})
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
