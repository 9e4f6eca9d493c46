package exhibition

import (
	"slices"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// AllocationRule is the published rule by which an allocation puts applicants in order. The texts of the first four are those of package planner/model.
type AllocationRule string

// The rules. The first is the default; package planner/model says what each reads.
const (
	RuleFair     AllocationRule = "fair"     // rotation class, then merit in bands, then the lottery
	RulePoints   AllocationRule = "points"   // merit in bands, then the lottery
	RuleRotation AllocationRule = "rotation" // rotation class, then the lottery
	RuleLottery  AllocationRule = "draw"     // the lottery alone
	RuleEqual    AllocationRule = "equal"    // an equal-chance draw of one exhibition: the smallest chance as large as the quotas allow
)

// AllocationRules returns the rules in the order of display.
func AllocationRules() []AllocationRule {
	return []AllocationRule{RuleFair, RulePoints, RuleRotation, RuleLottery, RuleEqual}
}

// Banded reports whether the rule reads merit.
func (r AllocationRule) Banded() bool { return r == RuleFair || r == RulePoints }

// Travelling is what one party may spend on sending its exhibitors to the other country, in whole units of its own currency. Each 0: no limit.
type Travelling struct {
	Party  place.Country `json:"party"`
	Budget int           `json:"budget,omitempty"`
	Each   int           `json:"each,omitempty"` // for one exhibitor and exhibition
}

// FloorLimit is how many square metres of stands there are at one exhibition, for each of its waves.
type FloorLimit struct {
	Exhibition int64 `json:"exhibition"`
	Metres     int   `json:"metres"`
}

// AllocationTerms are what is published of an allocation before the calls close: which exhibitions, and how is chosen. Places are those of the exhibitions; their quotas hold beside
// those over several of them that stand here.
type AllocationTerms struct {
	Exhibitions []int64        `json:"exhibitions"` // ascending
	Rule        AllocationRule `json:"rule"`
	Bands       []int          `json:"bands,omitempty"` // lower edges of the bands above the lowest, ascending
	AtMost      int            `json:"at_most"`         // exhibitions for each exhibitor
	RestDays    int            `json:"rest_days,omitempty"`
	Travel      []Travelling   `json:"travel,omitempty"`
	Metres      []FloorLimit   `json:"metres,omitempty"`
	Quotas      []SeasonQuota  `json:"quotas,omitempty"` // over several exhibitions
	Seconds     int            `json:"seconds"`          // time limit of a solve
}

// Limits of what may be set up.
const (
	MaxRest    = 60
	MaxSeconds = 300
	maxBands   = 20
)

// DefaultAllocation is what the form offers: the rule order of the default policy, bands of ten points from fifty on, two exhibitions each, a week of rest.
func DefaultAllocation() AllocationTerms {
	return AllocationTerms{Rule: RuleFair, Bands: []int{50, 60, 70, 80, 90}, AtMost: 2, RestDays: 7, Seconds: 20}
}

// Check returns what is wrong with the terms.
func (t *AllocationTerms) Check() fault.Problems {
	var ps fault.Problems
	if len(t.Exhibitions) == 0 {
		ps.Add("exhibitions", "problem.allocation.exhibitions")
	}
	if !slices.Contains(AllocationRules(), t.Rule) {
		ps.Add("rule", "problem.choice")
	}
	if t.Rule == RuleEqual && len(t.Exhibitions) > 1 {
		ps.Add("rule", "problem.allocation.equal_one")
	}
	for i, b := range t.Bands {
		if b < 1 || b > 100 || i > 0 && t.Bands[i-1] >= b {
			ps.Add("bands", "problem.allocation.bands")
			break
		}
	}
	if len(t.Bands) > maxBands {
		ps.Add("bands", "problem.allocation.bands")
	}
	if t.Rule.Banded() && len(t.Bands) == 0 {
		ps.Add("bands", "problem.required")
	}
	if t.Rule == RuleEqual && (len(t.Metres) > 0 || len(t.Travel) > 0) {
		ps.Add("rule", "problem.allocation.equal_plain")
	}
	if t.AtMost < 1 {
		ps.Add("at_most", "problem.required")
	}
	for _, x := range t.Travel {
		if (x.Budget > 0) != (x.Each > 0) {
			ps.Add(field(x.Each == 0, "each_", "budget_")+strings.ToLower(string(x.Party)), "problem.allocation.travel")
		}
	}
	t.checkQuotas(&ps)
	return ps
}

// MetresOf returns the square metres of stands at an exhibition, 0 if they are not limited.
func (t *AllocationTerms) MetresOf(exhibition int64) int {
	for _, x := range t.Metres {
		if x.Exhibition == exhibition {
			return x.Metres
		}
	}
	return 0
}

// TravelOf returns the limits of a party.
func (t *AllocationTerms) TravelOf(p place.Country) Travelling {
	for _, x := range t.Travel {
		if x.Party == p {
			return x
		}
	}
	return Travelling{Party: p}
}

// Allocation decides who goes to which of some exhibitions of a season. It is set up while the calls are open, with a secret seed whose hash is published at once;
// it is solved after the calls have closed; with the signatures of all parties one of its runs becomes invitations and waiting lists.
type Allocation struct {
	ID, Version int64
	SeasonID    int64
	Parties     []place.Country // whose exhibitors it chooses: who must sign
	Terms       AllocationTerms
	Commitment  [32]byte  // SHA-256 of the seed
	Revealed    time.Time // when the seed became public: at the end of the first solve
	Accepted    int64     // the run that holds; 0: none yet
	AcceptedAt  time.Time
	Dropped     time.Time
	Party       place.Country // of who set it up
	By          int64
	CreatedAt   time.Time
}

// State is where an allocation is, for its badge.
func (a *Allocation) State() string {
	switch {
	case !a.Dropped.IsZero():
		return "dropped"
	case a.Accepted != 0:
		return "accepted"
	case !a.Revealed.IsZero():
		return "solved"
	}
	return "committed"
}

// Has reports whether an exhibition is decided by this allocation.
func (a *Allocation) Has(exhibition int64) bool {
	return a.Terms.has(exhibition)
}

// Drop ends an allocation before anybody could know its outcome: as long as its seed is secret and a call is open. Later there is no choosing between seeds.
func (a *Allocation) Drop(at time.Time, open bool) error {
	if !a.Dropped.IsZero() || !a.Revealed.IsZero() || !open {
		return fault.New(fault.State, "error.allocation.drop")
	}
	a.Dropped = at
	return nil
}

// RunKind is what a run of an allocation answers.
type RunKind string

// The kinds of run. All but what-ifs may be signed.
const (
	RunPlan     RunKind = "plan"     // the best plan
	RunWhatIf   RunKind = "what_if"  // the best plan if places or quotas were others: to look at only
	RunOverride RunKind = "override" // another run, with one exhibitor forced in
	RunReplan   RunKind = "replan"   // the accepted plan, mended with pins and a cap on changes
)

// RunState is where a run is.
type RunState string

// The states of a run.
const (
	RunQueued    RunState = "queued"
	RunRunning   RunState = "running"
	RunDone      RunState = "done"
	RunCancelled RunState = "cancelled"
	RunFailed    RunState = "failed"
)

// Moving reports whether a run is still at work.
func (s RunState) Moving() bool { return s == RunQueued || s == RunRunning }

// MayHold reports whether an exhibitor who holds or was offered the given exhibitions (first and last day of each) may be offered one more under the terms:
// at most so many, no overlapping days, days of rest between.
func (t *AllocationTerms) MayHold(held [][2]calendar.Date, first, last calendar.Date) bool {
	if len(held) >= t.AtMost {
		return false
	}
	for _, h := range held {
		if !first.After(h[1].AddDays(t.RestDays)) && !h[0].After(last.AddDays(t.RestDays)) {
			return false
		}
	}
	return true
}

// MayReplace returns nil if one more invitation keeps to the upper bounds. It is the rule for who takes a place that was given back in the same cell, and for a plan
// that all parties signed: there no lower bound moves, or the plan says which one is not met.
func (t *Terms) MayReplace(list []Participation, wave int, x Traits) error {
	for _, y := range t.Tallies(list, wave) {
		if y.By == "" || y.Counts(x) {
			if limit := y.Max + y.Max*t.OverInvite/100; y.Max > 0 && y.Held+y.Invited >= limit {
				return fault.New(fault.State, "error.participation.quota_full", quotaKey(y.Quota), y.Value, y.Max)
			}
		}
	}
	return nil
}

// Stand puts an eligible or waiting exhibitor at a place of the waiting list, or takes back an invitation that is not answered: what a signed plan says.
func (p *Participation) Stand(at time.Time, rank int) error {
	if p.State != Eligible && p.State != Waiting && p.State != Invited {
		return p.state("queue")
	}
	p.State, p.Rank, p.UpdatedAt = Waiting, rank, at
	return nil
}
