package store

import (
	"encoding/json"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Scope is what a caller may see: one party, and there all areas (nil) or the named ones. What is outside looks as if it did not exist:
// [fault.NotFound]. An empty, non-nil list of areas sees nothing.
type Scope struct {
	Party place.Country
	Areas []string
}

// holds reports whether a row of a party and an area is inside the scope.
func (s Scope) holds(party, area string) bool {
	if string(s.Party) != party {
		return false
	}
	if s.Areas == nil {
		return true
	}
	for _, a := range s.Areas {
		if a == area {
			return true
		}
	}
	return false
}

// FamilyExtra is what the store keeps beside a family for lists and previews: the encoded facts (criteria.Facts) and the outcome of the
// last assessment.
type FamilyExtra struct {
	Facts   []byte
	Overall string // criteria.Overall; "" if never assessed
	Points  int
}

// FamilyRow is one line of a list of families. IDNumber is opened from its sealed column: the caller masks it before it is shown.
type FamilyRow struct {
	ID, Version int64
	Number      registry.Number
	Name        string // lead producer, as typed
	Project     string
	State       registry.State
	Area        string
	District    string
	Craft       string
	Sex         registry.Sex
	Protection  registry.Protection
	EnteredBy   int64
	ReviewerID  int64
	CreatedAt   time.Time
	SubmittedAt time.Time
	UpdatedAt   time.Time
	DecidedAt   time.Time
	ValidUntil  calendar.Date
	Overall     string
	Points      int
	Amendment   bool
	IDNumber    string
}

// Sort is the order of a list of families. Equal keys are ordered by ID.
type Sort string

// The orders. Families without a key (no number, never submitted, never approved) come last in the four ascending ones.
const (
	SortNewest     Sort = "newest" // by the time of entry; the default
	SortOldest     Sort = "oldest"
	SortName       Sort = "name" // Arabic dictionary order of the lead producer's name
	SortNumber     Sort = "number"
	SortSubmitted  Sort = "submitted" // longest waiting first
	SortValidUntil Sort = "valid_until"
	SortEnds       Sort = "ends" // what ends soonest first; with DateEnds only
)

// DateField names the date that FamilyQuery.From and To bound.
type DateField string

// The dates. Instants are compared by their UTC day.
const (
	DateCreated    DateField = "created"
	DateSubmitted  DateField = "submitted"
	DateDecided    DateField = "decided"
	DateValidUntil DateField = "valid_until"
	DateEnds       DateField = "ends" // of any paper or licence that has to be renewed; both bounds are needed
)

// FamilyQuery selects families. A nil or empty list does not restrict; conditions are joined by "and".
type FamilyQuery struct {
	States, Areas, Crafts, Sexes, Protections, Overalls []string

	EnteredBy    int64 // 0: anybody
	ReviewerID   int64 // 0: anybody
	NotEnteredBy int64 // 0: nobody is excluded; else neither entered nor handed in by this user (four eyes)

	From, To  calendar.Date // inclusive; zero: open
	DateField DateField     // "" means DateCreated

	Text      string // words (package lexicon) over names, project, district and village; or exactly a registration number (and see TextIDs)
	TextIDs   bool   // Text may also be an id number, a licence or a phone, for who may see them; else it never matches by them
	TextPhone bool   // Text may be a phone, if TextIDs does not hold already
	NoPlaces  bool   // Text does not match by district and village, for who may not see them
	Amendment bool   // only families with changes that wait for a reviewer

	Sort          Sort
	After, Before string // cursors of a page; at most one of them
	Limit         int    // 1–200; 0 means 50
}

// FamilyPage is one page of a list. Next and Prev are the cursors of its neighbours, "" if there is none.
type FamilyPage struct {
	Rows       []FamilyRow
	Next, Prev string
	Total      int // of all pages
}

// DraftKind says what a draft form is for.
type DraftKind string

// The kinds of draft.
const (
	DraftEntry     DraftKind = "entry"     // the form of a registration that is being entered or was returned
	DraftAmendment DraftKind = "amendment" // changes to a family whose record stands meanwhile
)

// Draft is the form of one family as it was last typed. Form is kept sealed.
type Draft struct {
	FamilyID    int64
	Version     int64 // 0: not stored yet
	Kind        DraftKind
	Form        []byte // JSON of the input
	By          int64
	UpdatedAt   time.Time
	SubmittedAt time.Time // zero: not handed in
}

// Identifier is one value that tells families apart: Kind is "eg_nid", "qid", "passport", "phone" or "formal:<kind>"; Value is canonical.
// The store keeps its blind index only.
type Identifier struct {
	Kind, Value string
}

// IdentifierMatch is a family that holds one of the identifiers asked for. It crosses areas inside a party, never parties: the service
// decides how much of it a person may see.
type IdentifierMatch struct {
	FamilyID  int64
	Kind      string
	State     registry.State
	Area      string
	Name      string
	Number    registry.Number
	EnteredBy int64
}

// Assessment is a stored result of the registration criteria. It is never changed.
type Assessment struct {
	ID         int64
	FamilyID   int64
	SetID      int64
	SetVersion int
	At         time.Time
	By         int64  // user; 0 for the system
	Cause      string // why it was made, such as "submit" or "recheck"
	Overall    string
	Points     int
	Body       []byte // the engine's JSON; kept sealed
}

// SetStatus of a criteria set.
type SetStatus string

// The statuses of a criteria set.
const (
	SetDraft     SetStatus = "draft"
	SetPublished SetStatus = "published"
	SetRetired   SetStatus = "retired"
)

// CriteriaSet is one version of a party's registration criteria. Body is the JSON of criteria.Set.
type CriteriaSet struct {
	ID          int64
	Version     int64 // of the row, counts saves of the draft
	Party       place.Country
	Number      int // 1, 2, … within the party
	Status      SetStatus
	ValidFrom   calendar.Date
	ValidTo     calendar.Date // last day; zero: open
	Body        []byte
	CreatedBy   int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	PublishedBy int64
	PublishedAt time.Time
}

// AuditEntry is one line of the audit log. Seq is given by the log. Changes and Note are kept sealed.
type AuditEntry struct {
	Seq       int64
	At        time.Time
	ActorID   int64
	ActorName string
	Role      string
	Party     string // "" for what belongs to no party
	Address   string // client address, for the log only
	Action    string
	Entity    string // "family", "user", …
	EntityID  int64
	Area      string
	Changes   []registry.Change
	Note      string
}

// AuditQuery selects audit entries, newest first.
type AuditQuery struct {
	ActorID  int64
	Action   string
	Entity   string
	EntityID int64
	Area     string
	From, To calendar.Date // UTC days, inclusive
	Before   int64         // only entries with a smaller Seq; 0: from the newest
	Limit    int           // 1–200; 0 means 50
}

// AuditReport is what [VerifyAudit] found.
type AuditReport struct {
	Entries     int64
	Head        string // hash of the last entry, hex
	FirstBroken int64  // Seq of the first entry that does not hold; 0 if the chain is whole
	Reason      string // stable code: "gap", "hash", "head_missing", "head_mac", "head_seq", "head_hash", "expected"; "" if whole
}

// IdempotencyLife is how long the answer to a submission is kept: a phone may send it again after days without signal.
const IdempotencyLife = 7 * 24 * time.Hour

// SavedFilter is a list filter that a user keeps under a name.
type SavedFilter struct {
	ID        int64
	UserID    int64
	Page      string // which list, such as "families"
	Name      string
	Query     string // the URL query
	CreatedAt time.Time
}

// JobState of a background job.
type JobState string

// The states of a job.
const (
	JobQueued    JobState = "queued"
	JobRunning   JobState = "running"
	JobDone      JobState = "done"
	JobFailed    JobState = "failed"
	JobCancelled JobState = "cancelled"
)

// Job is long work that survives a restart: what it has done is kept in Cursor, in the same transaction as the work.
type Job struct {
	ID          int64
	Kind        string
	Party       place.Country
	State       JobState
	Params      json.RawMessage
	Cursor      json.RawMessage
	Result      json.RawMessage
	Done, Total int64
	By          int64
	CreatedAt   time.Time
	StartedAt   time.Time
	HeartbeatAt time.Time
	FinishedAt  time.Time
	Cancel      bool // asked to stop
	Attempt     int  // counts claims; a runner that lost its claim is told by it
	ErrorKey    string
}

// WorkCounts is what waits for a user, for the page "my work".
type WorkCounts struct {
	Drafts           int // entered by me, not handed in
	Returned         int // entered by me, sent back
	WaitingReview    int // handed in, not by me, in my scope
	UnderMyReview    int
	RenewalsDue      int // approved, last day up to the given day
	AmendmentsWait   int // amendments that wait for a reviewer, not entered by me
	WaitingAllOthers int // under review by others, in my scope
}

// Severity of a [Finding].
type Severity string

// The severities of a finding.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityOK      Severity = "ok"
)

// Finding is one line of a doctor's report. Key is a message key; ID names the first row concerned, 0 if none.
type Finding struct {
	Check    string // stable name of the check
	Severity Severity
	Key      string
	Args     []any
	Count    int64
	ID       int64
}

// Stats are gauges for the metrics page.
type Stats struct {
	Engine                          string
	ReadConns, ReadIdle, WriteQueue int
	Commits, Updates, Retries       int64 // since start; Updates / Commits is the mean size of a shared commit
	SizeBytes                       int64 // of the database; 0 if unknown
	Families                        int64
}
