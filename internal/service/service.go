// Package service holds the use-cases: what the pages, the Excel import and the command line all call.
//
// # Design
//
// A use-case checks permission, opens one transaction, asks the domain rule, saves, and writes the audit entry, in this order and nowhere
// else. Below it are pure domain packages and package store; above it nothing knows SQL.
//
// Every write names a [Write]: an idempotency key, so that a request sent again (a phone on a poor line) has no second effect and gives the
// first answer, and the version that the change was made on, so that a clash is shown and never overwritten. A function given to the store
// may run twice (group commit, serialisation retry): nothing in it touches anything but the transaction and its own variables.
//
// Protected values (identity and bank numbers, phones, health, income) leave this package only through the permission table of package auth:
// hidden, masked, or shown; each showing of a protected number is itself an audit entry.
package service

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/courier"
	"muntija/internal/fault"
	"muntija/internal/highs"
	"muntija/internal/registry"
	"muntija/internal/seal"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// Deps is what a Service stands on.
type Deps struct {
	DB    *store.DB
	Keys  *seal.Keyring
	Clock func() time.Time // time.Now when nil; one reading per use-case
	Log   *slog.Logger     // slog.Default when nil; never given personal data

	// PlanCache is a folder for the planner's compiled code, so that only the first start of all compiles it; "" keeps none.
	PlanCache string

	PlanMemory int64 // how many bytes a solve of the planner may take; 1.2 GB when 0

	// Words gives the words of a language ("ar" or "en") for workbooks that the program writes. The keys themselves when nil.
	Words func(lang string) sheet.Say

	// Poster sends events to other programs; Senders hands messages on, by channel. A channel without a sender keeps its messages waiting.
	Poster  courier.Poster
	Senders map[courier.Channel]courier.Sender

	KeepUploads time.Duration // how long a roster is kept that nobody confirms; 30 days when 0
}

// Service is the door to all use-cases. It is safe for concurrent use.
type Service struct {
	Exhibitions *Exhibitions
	Families    *Families
	Criteria    *Criteria
	People      *People
	Audit       *Audit
	Jobs        *Jobs
	Products    *Products
	Imports     *Imports
	Catalogue   *Catalogue
	Duplicates  *Duplicates

	Venues  *Venues
	Places  *Places
	Layouts *Layouts

	Dashboards *Dashboards
	Reports    *Reports

	core

	Exports *Exports
	Search  *Search

	Allocations *Allocations

	Tokens      *Tokens
	Hooks       *Hooks
	Messages    *Messages
	Couriers    *Couriers
	Activities  *Activities
	SeasonPlans *SeasonPlans
	Incentives  *Incentives
	Plans       *Plans
}

// core is what the use-cases share.
type core struct {
	db    *store.DB
	keys  *seal.Keyring
	clock func() time.Time
	log   *slog.Logger
	words func(lang string) sheet.Say

	plans      *planCache
	planMemory int64
}

// New returns a Service. Jobs do not run before Jobs.Start.
func New(d Deps) *Service {
	if d.Clock == nil {
		d.Clock = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if d.Words == nil {
		d.Words = func(string) sheet.Say { return func(key string, _ ...any) string { return key } }
	}
	c := core{db: d.DB, keys: d.Keys, clock: d.Clock, log: d.Log, words: d.Words, plans: &planCache{}, planMemory: d.PlanMemory}
	s := &Service{core: c, Venues: &Venues{core: c}, Places: &Places{core: c}}
	s.Criteria = newCriteria(c)
	s.Families = &Families{core: c, criteria: s.Criteria}
	s.People = newPeople(c)
	s.Audit = &Audit{core: c}
	s.Products = &Products{core: c}
	s.Catalogue = &Catalogue{core: c}
	s.Jobs = newJobs(c, s.Criteria)
	s.Criteria.jobs = s.Jobs
	s.Exhibitions = &Exhibitions{core: c, families: s.Families}
	s.Jobs.exhibitions = s.Exhibitions
	s.Imports = &Imports{core: c, families: s.Families, jobs: s.Jobs, batch: importBatch, keep: cmp.Or(d.KeepUploads, keepUploads)}
	s.Jobs.imports = s.Imports
	s.Duplicates = &Duplicates{core: c, jobs: s.Jobs}
	s.Exports = &Exports{core: c, jobs: s.Jobs, criteria: s.Criteria, atOnce: exportAtOnce}
	s.Jobs.exports = s.Exports
	s.Search = &Search{core: c}
	s.Tokens = &Tokens{core: c}
	s.Couriers = newCouriers(c, d.Poster, d.Senders)
	s.Hooks = &Hooks{core: c, couriers: s.Couriers}
	s.Messages = &Messages{core: c, couriers: s.Couriers}
	s.Dashboards = &Dashboards{core: c, criteria: s.Criteria}
	s.Reports = &Reports{core: c, jobs: s.Jobs, dashboards: s.Dashboards}
	s.Jobs.reports = s.Reports
	s.Allocations = &Allocations{core: c, jobs: s.Jobs, exhibitions: s.Exhibitions, solver: highs.New(highs.Options{CacheDir: d.PlanCache})}
	s.Jobs.allocations = s.Allocations
	s.Activities = &Activities{core: c}
	s.Layouts = &Layouts{core: c, places: s.Places, jobs: s.Jobs}
	s.Jobs.layouts = s.Layouts
	s.SeasonPlans = &SeasonPlans{core: c, jobs: s.Jobs, exhibitions: s.Exhibitions, solver: s.Allocations.solver}
	s.Jobs.seasons = s.SeasonPlans
	s.Incentives = &Incentives{core: c, jobs: s.Jobs, criteria: s.Criteria, families: s.Families}
	s.Jobs.incentives = s.Incentives
	s.Plans = &Plans{core: c}
	return s
}

// Write is what a client says beside every change.
type Write struct {
	Key     string // idempotency key: unique per intended change, at most 64 characters
	Version int64  // version the change was made on; 0 where nothing is changed
}

func (c *core) now() time.Time { return c.clock().UTC().Truncate(time.Millisecond) }

// zone is where the office's days begin: Cairo and Doha are both east of UTC, and a day that has begun in the office must not be "in the
// future". Doha keeps UTC+3 all year and Cairo is UTC+2 or UTC+3, so UTC+3 is right or one hour early.
var zone = time.FixedZone("UTC+3", 3*60*60)

// officeDay returns the day that it is at the office.
func officeDay(t time.Time) calendar.Date { return calendar.Of(t.In(zone)) }

func (c *core) today() calendar.Date { return officeDay(c.clock()) }

// once runs a write that has no second effect when it is sent again: fn's result is kept under the actor and the key. The same key with
// other content is refused.
func (c *core) once(ctx context.Context, actor auth.Actor, op string, w Write, content any, fn func(tx *store.Tx) (string, error)) (string, error) {
	if w.Key == "" || len(w.Key) > 64 {
		return "", fault.New(fault.Invalid, "error.no_key")
	}
	hash, err := contentHash(op, content)
	if err != nil {
		return "", err
	}
	now := c.now()
	key := onceKey(op, w)
	var result string
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		var found bool
		var err error
		if result, found, err = tx.IdempotencyHit(actor.UserID, key, hash); err != nil || found {
			return err
		}
		if result, err = fn(tx); err != nil {
			return err
		}
		return tx.KeepIdempotency(actor.UserID, key, hash, result, now)
	})
	return result, err
}

// onceKey is the key of one operation: two forms of one page carry the same key.
func onceKey(op string, w Write) string { return op + ":" + w.Key }

func contentHash(op string, content any) ([]byte, error) {
	body, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("hashing the content of %s: %w", op, err)
	}
	h := sha256.New()
	h.Write([]byte(op))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil), nil
}

// audit appends an entry by the actor, and puts what is to be told of it into the outbox.
func audit(tx *store.Tx, actor auth.Actor, at time.Time, action string, e store.AuditEntry) error {
	e.At, e.Action = at, action
	e.ActorID, e.ActorName, e.Role, e.Address = actor.UserID, actor.Name, string(actor.Role), actor.Address
	if e.Party == "" {
		e.Party = string(actor.Party)
	}
	if err := tx.Audit(&e); err != nil {
		return err
	}
	return announce(tx, at, &e)
}

func familyAudit(tx *store.Tx, actor auth.Actor, at time.Time, action string, f *registry.Family, changes []registry.Change, note string) error {
	return audit(tx, actor, at, action, store.AuditEntry{Party: string(f.Party), Entity: "family", EntityID: f.ID, Area: f.Record.Address.Area,
		Changes: changes, Note: note})
}

// scopeOf turns a reach into the store's filter. enteredBy is whose entries the query asks for, 0 for anybody's: own entries are within reach also
// while they have no area yet.
func scopeOf(r auth.Reach, enteredBy int64) store.Scope {
	sc := store.Scope{Party: r.Party, Areas: r.Areas.Codes()}
	if enteredBy != 0 && enteredBy == r.Self && sc.Areas != nil {
		sc.Areas = append(sc.Areas, "")
	}
	return sc
}

// userNames returns the names of users by id, for histories.
func userNames(tx *store.Tx, ids ...int64) (map[int64]string, error) {
	names, err := tx.UserNames(ids)
	if err != nil {
		return nil, fmt.Errorf("reading the names of users: %w", err)
	}
	return names, nil
}

// CSRFKey returns the key that form tokens are made with.
func (s *Service) CSRFKey() []byte { return s.keys.Derive("csrf") }

// CursorKey returns the key that places in lists of the programming interface are signed with.
func (s *Service) CursorKey() []byte { return s.keys.Derive("api-cursor") }

// OfflineKey returns the key with which a person's browser keeps unsent form values on the device. It is the same at every sign-in of the
// person and never stored on the device, so that what stays behind on a shared phone can be read by nobody else.
func (s *Service) OfflineKey(user int64) []byte {
	return s.keys.Derive(fmt.Sprintf("offline/%d", user))
}

// Ready reports whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return s.db.Ready(ctx) }

// Now returns the time of the service's clock.
func (s *Service) Now() time.Time { return s.now() }
