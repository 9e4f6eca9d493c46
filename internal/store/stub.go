// Package store keeps everything Muntija knows, in SQLite or PostgreSQL.
package store

import (
	"context"
	"log/slog"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/seal"
)

type Options struct {
	ReadConns int
	MaxBatch  int
	Log       *slog.Logger
}
type DB struct{}
type Tx struct{}

func Open(ctx context.Context, dsn string, keys *seal.Keyring, o Options) (*DB, error) { panic("soon") }
func HasData(ctx context.Context, dsn string) (bool, error)                            { panic("soon") }
func (db *DB) Close() error                                                            { panic("soon") }
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error                      { panic("soon") }
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error                    { panic("soon") }
func (tx *Tx) Context() context.Context                                                { panic("soon") }

func (tx *Tx) InsertFamily(f *registry.Family, x FamilyExtra) error                { panic("soon") }
func (tx *Tx) UpdateFamily(f *registry.Family, x FamilyExtra) error                { panic("soon") }
func (tx *Tx) FamilyByID(s Scope, id int64) (*registry.Family, error)              { panic("soon") }
func (tx *Tx) FamilyByNumber(s Scope, n registry.Number) (*registry.Family, error) { panic("soon") }
func (tx *Tx) FamilyExtraOf(id int64) (FamilyExtra, error)                         { panic("soon") }
func (tx *Tx) NextSerial(party place.Country, year int) (int64, error)             { panic("soon") }
func (tx *Tx) ListFamilies(s Scope, q FamilyQuery) (FamilyPage, error)             { panic("soon") }

func (tx *Tx) DraftOf(familyID int64) (*Draft, error) { panic("soon") } // nil, nil if there is none
func (tx *Tx) PutDraft(d *Draft) error                { panic("soon") }
func (tx *Tx) DeleteDraft(familyID int64) error       { panic("soon") }

func IdentifiersOf(f *registry.Family) []Identifier { panic("soon") }
func (tx *Tx) MatchIdentifiers(party place.Country, ids []Identifier, excludeFamily int64) ([]IdentifierMatch, error) {
	panic("soon")
}

func (tx *Tx) IdempotencyHit(user int64, key string, bodyHash []byte) (result string, found bool, err error) {
	panic("soon")
}
func (tx *Tx) KeepIdempotency(user int64, key string, bodyHash []byte, result string, now time.Time) error {
	panic("soon")
}
func (tx *Tx) PurgeIdempotency(before time.Time) (int64, error) { panic("soon") }

func (tx *Tx) InsertEvent(e *registry.Event) error                           { panic("soon") }
func (tx *Tx) EventsOf(familyID int64) ([]registry.Event, error)             { panic("soon") }
func (tx *Tx) InsertDocument(d *registry.Document, body, thumb []byte) error { panic("soon") }
func (tx *Tx) DocumentsOf(familyID int64) ([]registry.Document, error)       { panic("soon") }
func (tx *Tx) DocumentByID(s Scope, id int64) (*registry.Document, error)    { panic("soon") }
func (tx *Tx) DocumentBody(id int64) ([]byte, error)                         { panic("soon") }
func (tx *Tx) DocumentThumb(id int64) ([]byte, error)                        { panic("soon") }
func (tx *Tx) RemoveDocument(id int64, at time.Time) error                   { panic("soon") }
func (tx *Tx) InsertVisit(v *registry.Visit) error                           { panic("soon") }
func (tx *Tx) VisitsOf(familyID int64) ([]registry.Visit, error)             { panic("soon") }
func (tx *Tx) InsertWaiver(w *registry.Waiver) error                         { panic("soon") }
func (tx *Tx) WaiversOf(familyID int64) ([]registry.Waiver, error)           { panic("soon") }
func (tx *Tx) RevokeWaiver(id int64, by int64, at time.Time) error           { panic("soon") }

func (tx *Tx) InsertAssessment(a *Assessment) error                  { panic("soon") }
func (tx *Tx) AssessmentByID(s Scope, id int64) (*Assessment, error) { panic("soon") }
func (tx *Tx) LatestAssessment(familyID int64) (*Assessment, error)  { panic("soon") } // nil, nil if there is none
func (tx *Tx) AssessmentsOf(familyID int64) ([]Assessment, error)    { panic("soon") } // newest first, without Body

func (tx *Tx) EachFacts(s Scope, states []registry.State, afterID int64, limit int, fn func(id int64, area string, facts []byte) error) error {
	panic("soon")
}
func (tx *Tx) NamesOf(s Scope, ids []int64) (map[int64]string, error)      { panic("soon") }
func (tx *Tx) SetOverall(familyID int64, overall string, points int) error { panic("soon") } // bulk re-check: no new version of the record

func (tx *Tx) InsertCriteriaSet(c *CriteriaSet) error                              { panic("soon") } // sets ID, Version 1, Number
func (tx *Tx) UpdateCriteriaSet(c *CriteriaSet) error                              { panic("soon") } // drafts only
func (tx *Tx) PublishCriteriaSet(c *CriteriaSet, by int64, at time.Time) error     { panic("soon") } // closes the one before
func (tx *Tx) CriteriaSetByID(party place.Country, id int64) (*CriteriaSet, error) { panic("soon") }
func (tx *Tx) ListCriteriaSets(party place.Country) ([]CriteriaSet, error)         { panic("soon") } // newest number first
func (tx *Tx) CriteriaSetOn(party place.Country, on calendar.Date) (*CriteriaSet, error) {
	panic("soon")
}

func (tx *Tx) Audit(e *AuditEntry) error                             { panic("soon") }
func (tx *Tx) ListAudit(s Scope, q AuditQuery) ([]AuditEntry, error) { panic("soon") }
func VerifyAudit(ctx context.Context, db *DB) (AuditReport, error)   { panic("soon") }

func (tx *Tx) InsertUser(u *auth.User) error                                        { panic("soon") }
func (tx *Tx) UpdateUser(u *auth.User) error                                        { panic("soon") }
func (tx *Tx) UserByID(id int64) (*auth.User, error)                                { panic("soon") }
func (tx *Tx) UserByEmail(email string) (*auth.User, error)                         { panic("soon") }
func (tx *Tx) ListUsers(party place.Country) ([]auth.User, error)                   { panic("soon") } // "" for all
func (tx *Tx) CountUsers() (int, error)                                             { panic("soon") }
func (tx *Tx) UserNames(ids []int64) (map[int64]string, error)                      { panic("soon") }
func (tx *Tx) AdvanceTOTPStep(userID int64, step int64) (bool, error)               { panic("soon") } // false: this step or a later one was used
func (tx *Tx) InsertSession(s *auth.Session) error                                  { panic("soon") }
func (tx *Tx) SessionByHash(hash auth.TokenHash) (*auth.Session, *auth.User, error) { panic("soon") }
func (tx *Tx) SessionsOf(userID int64) ([]auth.Session, error)                      { panic("soon") }
func (tx *Tx) TouchSession(hash auth.TokenHash, at time.Time) error                 { panic("soon") }
func (tx *Tx) DeleteSession(hash auth.TokenHash) error                              { panic("soon") }
func (tx *Tx) DeleteSessionsOf(userID int64, except auth.TokenHash) (int64, error)  { panic("soon") } // zero except: all
func (tx *Tx) PurgeSessions(createdBefore time.Time) (int64, error)                 { panic("soon") }
func (tx *Tx) InsertLink(l *auth.OneTimeLink) error                                 { panic("soon") } // replaces unused ones of the same user and kind
func (tx *Tx) LinkByHash(hash auth.TokenHash) (*auth.OneTimeLink, error)            { panic("soon") }
func (tx *Tx) UseLink(l *auth.OneTimeLink) error                                    { panic("soon") } // once (l.UsedAt set by l.Use); else fault.NotFound
func (tx *Tx) TriesOf(account, address string) (auth.Tries, error)                  { panic("soon") }
func (tx *Tx) RecordFailure(account, address string, at time.Time) error            { panic("soon") }
func (tx *Tx) RecordSuccess(account, address string, at time.Time) error            { panic("soon") } // clears pair and account, remembers the address
func (tx *Tx) CodeTally(userID int64) (auth.Tally, error)                           { panic("soon") } // wrong second-factor codes
func (tx *Tx) RecordCode(userID int64, ok bool, at time.Time) error                 { panic("soon") }
func (tx *Tx) PurgeTries(before time.Time) (int64, error)                           { panic("soon") }

func (tx *Tx) InsertFilter(f *SavedFilter) error                          { panic("soon") }
func (tx *Tx) FiltersOf(userID int64, page string) ([]SavedFilter, error) { panic("soon") }
func (tx *Tx) DeleteFilter(userID, id int64) error                        { panic("soon") }

func (tx *Tx) InsertJob(j *Job) error                                    { panic("soon") }
func (tx *Tx) ClaimJob(now time.Time, stale time.Duration) (*Job, error) { panic("soon") } // nil, nil if nothing waits
func (tx *Tx) ProgressJob(j *Job, now time.Time) error                   { panic("soon") } // Cursor, Result, Done, Total; reloads Cancel
func (tx *Tx) FinishJob(j *Job, state JobState, now time.Time) error     { panic("soon") }
func (tx *Tx) CancelJob(party place.Country, id int64) error             { panic("soon") }
func (tx *Tx) JobByID(party place.Country, id int64) (*Job, error)       { panic("soon") }
func (tx *Tx) ListJobs(party place.Country, limit int) ([]Job, error)    { panic("soon") }

func (tx *Tx) WorkCounts(s Scope, user int64, renewalBy calendar.Date) (WorkCounts, error) {
	panic("soon")
}

func (db *DB) Backup(ctx context.Context, path string) error                 { panic("soon") }
func Restore(ctx context.Context, from, to string, keys *seal.Keyring) error { panic("soon") }
func Move(ctx context.Context, from, to *DB) error                           { panic("soon") }
func (db *DB) Doctor(ctx context.Context) ([]Finding, error)                 { panic("soon") }
func (db *DB) Ready(ctx context.Context) error                               { panic("soon") }
func (db *DB) Stats(ctx context.Context) Stats                               { panic("soon") }
