package season

import (
	_ "embed"

	"muntija/internal/calendar"
	"muntija/internal/planner/planfile"
)

// Format is the value of "format" in the file of a problem, ResultFormat in that of a result.
const (
	Format       = "muntija.season/1"
	ResultFormat = "muntija.season-plan/1"
)

// Schema is the JSON Schema of the file of a problem, PlanSchema of that of a result.
var (
	//go:embed season.schema.json
	Schema []byte
	//go:embed plan.schema.json
	PlanSchema []byte
)

// Rule names something that a plan may have to keep.
type Rule string

// The rules. The first group is about one exhibition at one venue in one week, the second about exhibitions together.
const (
	Fits        Rule = "fits"         // inside of the season; always kept
	Pinned      Rule = "pin"          // where it is pinned
	Window      Rule = "window"       // open only inside of its windows
	Unavailable Rule = "unavailable"  // not open while it is unavailable
	Closed      Rule = "closed"       // the venue is free of blackouts from the first day of building up to the last of dismantling
	Capacity    Rule = "capacity"     // the venue is large enough
	Features    Rule = "features"     // the venue has what it needs
	Host        Rule = "host"         // the venue is of the party that must host it
	Allowed     Rule = "allowed"      // the venue is one of those that it may use
	Holidays    Rule = "holidays"     // not open on holidays of its calendars
	Ramadan     Rule = "ramadan"      // not open in Ramadan, where that is banned
	Held        Rule = "held"         // not where another exhibition has a live hold of a better or the same rank
	Absent      Rule = "absent"       // its people are there while it is open
	Wish        Rule = "ramadan_wish" // opens in Ramadan, where that is wished
	HoldRank    Rule = "hold_rank"    // at its own hold, the better ranked the better
	Prefer      Rule = "prefer"       // in one of its preferred periods
	Liked       Rule = "liked"        // at the venue that it likes best, the better ranked the better
	Scheduled   Rule = "scheduled"    // takes place, as often as said
	Occupied    Rule = "occupied"     // one exhibition at a time at each venue, building up and dismantling included
	Itself      Rule = "itself"       // the sessions of one exhibition follow one another; always kept
	Busy        Rule = "busy"         // each person, and each pair in conflict, at one exhibition at a time
	Gap         Rule = "series_gap"   // days between the editions of a series
	Balance     Rule = "balance"      // parties host about equally many
	Budget      Rule = "budget"       // rents of a party's venues within its budget
	Parallel    Rule = "parallel"     // not too many open at one time
)

// Mode is what a rule does.
type Mode string

// The modes.
const (
	Ignore Mode = "ignore" // not looked at
	Warn   Mode = "warn"   // may be broken, which costs
	Block  Mode = "block"  // must be kept
)

// Setting is how a rule is applied. Cost is what one breach costs the objective under Warn.
type Setting struct {
	Mode Mode  `json:"mode"`
	Cost int64 `json:"cost"`
}

// Defaults are the settings of the rules that a problem does not set.
var Defaults = map[Rule]Setting{
	Window: {Block, 100}, Unavailable: {Block, 100}, Closed: {Block, 100}, Capacity: {Block, 100}, Features: {Block, 100}, Host: {Block, 100}, Allowed: {Block, 100},
	Pinned: {Block, 100}, Holidays: {Warn, 10}, Ramadan: {Block, 100}, Held: {Block, 100}, Absent: {Block, 100}, Wish: {Warn, 20}, HoldRank: {Warn, 5},
	Prefer: {Warn, 10}, Liked: {Warn, 5}, Scheduled: {Block, 1000}, Occupied: {Block, 1000}, Busy: {Block, 200}, Gap: {Block, 100}, Balance: {Warn, 20}, Budget: {Block, 1}, Parallel: {Block, 100},
}

// Period is a stretch of days: dates, both included, or weeks from 0, both included.
type Period struct {
	From      calendar.Date `json:"from,omitzero"`
	To        calendar.Date `json:"to,omitzero"`
	FirstWeek *int          `json:"first_week,omitempty"`
	LastWeek  *int          `json:"last_week,omitempty"`
	Name      string        `json:"name,omitempty"`
	Cost      int64         `json:"cost,omitempty"` // of a preferred period: what choosing it costs, 0 for the best
}

// Venue is a place for exhibitions, of one party.
type Venue struct {
	ID          string   `json:"id"`
	Party       string   `json:"party,omitempty"`
	Capacity    int64    `json:"capacity,omitempty"` // booths
	Features    []string `json:"features,omitempty"`
	RentPerDay  int64    `json:"rent_per_day,omitempty"` // minor units of Currency
	Currency    string   `json:"currency,omitempty"`
	Unavailable []Period `json:"unavailable,omitempty"`
}

// Person is one of the staff, a speaker, or anything else that can be at one place at a time, such as the students of a curriculum.
type Person struct {
	ID          string   `json:"id"`
	Unavailable []Period `json:"unavailable,omitempty"`
}

// Series is a line of editions.
type Series struct {
	ID      string `json:"id"`
	GapDays int    `json:"gap_days"` // between the last day of one edition and the first of the next
}

// Pin is where an exhibition must be: at a venue, in a week, or both.
type Pin struct {
	Venue string `json:"venue,omitempty"`
	Week  *int   `json:"week,omitempty"`
}

// Exhibition is what is to be placed. It opens on day OpensOn (0 to 6) of a week of the season, stays open for Days days, and takes its venue from BuildDays
// before to DismantleDays after.
type Exhibition struct {
	ID            string   `json:"id"`
	Party         string   `json:"party,omitempty"`
	Host          string   `json:"host,omitempty"`  // party whose venue it needs
	Count         int      `json:"count,omitempty"` // sessions, 1 unless said, such as the lectures of a course
	Days          int      `json:"days,omitempty"`  // 7 unless said
	OpensOn       int      `json:"opens_on,omitempty"`
	BuildDays     int      `json:"build_days,omitempty"`
	DismantleDays int      `json:"dismantle_days,omitempty"`
	Size          int64    `json:"size,omitempty"` // booths
	Needs         []string `json:"needs,omitempty"`
	Venues        []string `json:"venues,omitempty"` // that it may use, all unless said
	Likes         []string `json:"likes,omitempty"`  // venues, the best first
	People        []string `json:"people,omitempty"`
	Series        string   `json:"series,omitempty"`
	Calendars     []string `json:"calendars,omitempty"` // whose holidays it avoids
	Ramadan       string   `json:"ramadan,omitempty"`   // "ban", "wish" or ""
	Windows       []Period `json:"windows,omitempty"`
	Unavailable   []Period `json:"unavailable,omitempty"`
	Prefer        []Period `json:"prefer,omitempty"`
	Pin           *Pin     `json:"pin,omitempty"`
	Weight        int64    `json:"weight,omitempty"` // cost of a session that does not take place, where that may be; the rule's cost unless said
}

// Hold is a venue's promise to keep a period for an exhibition. Of several holds the lowest rank is the strongest. It is void after Expires.
type Hold struct {
	Venue      string        `json:"venue"`
	Exhibition string        `json:"exhibition"`
	Rank       int           `json:"rank"`
	Period     Period        `json:"period"`
	Expires    calendar.Date `json:"expires,omitzero"`
}

// PartyBudget is what the venues of a party may cost, in minor units of one currency.
type PartyBudget struct {
	Party    string `json:"party"`
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

// Problem is a season to be planned. Nothing in the result depends on an id or on the clock.
type Problem struct {
	Format        string              `json:"format"`
	Title         string              `json:"title,omitempty"`
	Start         calendar.Date       `json:"start,omitzero"` // first day of week 0; without it there are no dates, only weeks
	Weeks         int                 `json:"weeks"`
	Today         calendar.Date       `json:"today,omitzero"` // the day on which holds are live or expired
	Calendars     map[string][]Period `json:"calendars,omitempty"`
	Ramadan       []Period            `json:"ramadan,omitempty"`
	Venues        []Venue             `json:"venues"`
	People        []Person            `json:"people,omitempty"`
	Series        []Series            `json:"series,omitempty"`
	Exhibitions   []Exhibition        `json:"exhibitions"`
	Holds         []Hold              `json:"holds,omitempty"`
	Conflicts     [][2]string         `json:"conflicts,omitempty"`
	MaxDifference *int                `json:"max_difference,omitempty"` // between the exhibitions that any two parties host
	MaxParallel   int                 `json:"max_parallel,omitempty"`   // exhibitions open on one day, 0: any
	Budgets       []PartyBudget       `json:"budgets,omitempty"`
	Rules         map[Rule]Setting    `json:"rules,omitempty"`
}

// Placement is one session of an exhibition at a venue in a week.
type Placement struct {
	Exhibition string `json:"exhibition"`
	Venue      string `json:"venue"`
	Week       int    `json:"week"`
}

// Demand is one demand of the problem: a rule applied to an exhibition, a venue, a person, a series, a party. It is what a clash is made of and what a check of
// one move returns. The fields that the rule does not speak of are empty.
type Demand struct {
	Rule       Rule   `json:"rule"`
	Exhibition string `json:"exhibition,omitempty"`
	Other      string `json:"other,omitempty"` // the other exhibition
	Venue      string `json:"venue,omitempty"`
	Alike      int    `json:"alike,omitempty"` // further venues that nothing tells apart from Venue: the demand is on all of them together
	Person     string `json:"person,omitempty"`
	Series     string `json:"series,omitempty"`
	Party      string `json:"party,omitempty"`
	Currency   string `json:"currency,omitempty"`
	Blocks     bool   `json:"blocks"`
	Cost       int64  `json:"cost,omitempty"`
	Enough     bool   `json:"enough,omitempty"` // in a clash: the whole season can be planned if this demand alone is given up
	Sentence   string `json:"sentence,omitempty"`
}

// Result is a plan with what is proven about it.
type Result struct {
	Format     string      `json:"format"`
	Status     string      `json:"status"`               // "optimal", "feasible", "infeasible", "none"
	Stop       string      `json:"stop"`                 // "proven", "gap", "time_limit", "interrupted", "no_solver"
	Objective  *int64      `json:"objective,omitempty"`  // cost of the plan, less is better
	Bound      *int64      `json:"bound,omitempty"`      // proven: no plan costs less
	Gap        *float64    `json:"gap,omitempty"`        // (objective - bound) / max(1, objective)
	Assignment []Placement `json:"assignment,omitempty"` // by exhibition in the order of the problem, then by week
	Unplaced   []string    `json:"unplaced,omitempty"`   // exhibitions with sessions that do not take place
	Reasons    []Demand    `json:"reasons,omitempty"`    // breaches that the plan pays for, or the demands that clash
	Clash      string      `json:"clash,omitempty"`      // of an infeasible season, one of the following
	Seed       int64       `json:"seed"`
	Threads    int         `json:"threads"`
	Solver     string      `json:"solver"`
	Hash       string      `json:"hash"`              // SHA-256 of the problem
	Seconds    float64     `json:"seconds,omitempty"` // by the clock, if whoever writes the file wants that
	Sum        string      `json:"sum,omitempty"`     // see Seal
}

// Seal puts a sum of all of the result but the seconds into it, by which a file that was changed after it was written is told. It is no signature: whoever changes a
// result can make it anew.
func (r *Result) Seal() { r.Sum = r.sealed() }

// Intact reports whether the result is as it was when it was sealed, if it was.
func (r *Result) Intact() bool { return r.Sum == "" || r.Sum == r.sealed() }

func (r Result) sealed() string {
	r.Sum, r.Seconds = "", 0
	return planfile.Hash(r)
}

// What Clash says of the reasons of an infeasible season.
const (
	ClashMinimal   = "minimal"     // each demand is needed: without any one of them the others can hold together
	ClashOutline   = "outline"     // each is needed, given the rules on each exhibition by itself, which are not told
	ClashReduced   = "reduced"     // they clash, and there may be more of them than needed: the time was over
	ClashUndecided = "not_decided" // the time was over before it was known which demands clash
)
