package exhibition

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// The plan of a season: which exhibition opens where and in which week. What is wanted stands in parts, one for the rules and one for each exhibition, venue, person
// and budget; a [SeasonDraft] is one answer, made by the planner or by hand; with the keys of both parties it is released and moves the exhibitions' terms.

// Days is a stretch of days, both included, and what is to be said of it.
type Days struct {
	First calendar.Date `json:"first"`
	Last  calendar.Date `json:"last"`
	Note  string        `json:"note,omitempty"`
}

// checkDays adds what is wrong with the stretches of a list.
func checkDays(ps *fault.Problems, field string, list []Days) {
	for i, d := range list {
		at := field + "[" + strconv.Itoa(i) + "]."
		switch {
		case d.First.IsZero():
			ps.Add(at+"first", "problem.required")
		case d.Last.IsZero():
			ps.Add(at+"last", "problem.required")
		case d.Last.Before(d.First):
			ps.Add(at+"last", "problem.exhibition.backwards")
		}
	}
}

// SeasonRule is how one rule of the planner is applied: "ignore", "warn" or "block", and what a breach costs under "warn". Which rules there are is the planner's.
type SeasonRule struct {
	Rule string `json:"rule"`
	Mode string `json:"mode"`
	Cost int    `json:"cost,omitempty"`
}

// SeasonRules are what holds for all exhibitions of a season.
type SeasonRules struct {
	Rules       []SeasonRule `json:"rules,omitempty"` // those that differ from the planner's own settings
	Build       int          `json:"build"`           // days before the first on which the venue is taken already
	Dismantle   int          `json:"dismantle"`       // and after the last
	Gap         int          `json:"gap"`             // days between two editions of one series
	Lead        int          `json:"lead"`            // an exhibition that may still move opens so many days from today at the earliest
	Difference  int          `json:"difference"`      // between the numbers that the parties host; NoLimit: any
	Parallel    int          `json:"parallel"`        // open on one day at most; 0: any
	Seconds     int          `json:"seconds"`         // time limit of a solve
	HolidayDays bool         `json:"holiday_days"`    // holidays of all parties count, not only of the host
}

// NoLimit stands for no limit where 0 is one.
const NoLimit = -1

// DefaultSeasonRules let a coordinator plan with one press: two days to build up and one to clear, two months between editions of a series, a month to prepare, hosting as
// equal as can be.
func DefaultSeasonRules() SeasonRules {
	return SeasonRules{Build: 2, Dismantle: 1, Gap: 60, Lead: 30, Difference: 1, Seconds: 30, HolidayDays: true}
}

// Check returns what is wrong with the rules of a season.
func (r *SeasonRules) Check() fault.Problems {
	var ps fault.Problems
	for _, x := range []struct {
		field     string
		n, lo, hi int
	}{{"build", r.Build, 0, 60}, {"dismantle", r.Dismantle, 0, 60}, {"gap", r.Gap, 0, 730}, {"lead", r.Lead, 0, 365}, {"difference", r.Difference, NoLimit, 200},
		{"parallel", r.Parallel, 0, 200}, {"seconds", r.Seconds, 1, MaxSeconds}} {
		if x.n < x.lo || x.n > x.hi {
			ps.Add(x.field, "problem.range", max(0, x.lo), x.hi)
		}
	}
	return ps
}

// ShowFeatures are what an exhibition may need and a venue may have. The first two follow from the venue's setting.
func ShowFeatures() []string {
	return []string{"roof", "open_air", "water", "power", "loading", "accessible", "late"}
}

// Features returns what a venue's setting says of it.
func (s Setting) Features() []string {
	switch s {
	case Indoor:
		return []string{"roof"}
	case Outdoor:
		return []string{"open_air"}
	}
	return []string{"roof", "open_air"}
}

// SeasonShow is what is wanted of one exhibition. The zero value asks for what its terms say.
type SeasonShow struct {
	Skip        bool     `json:"skip,omitempty"`    // is not planned: it stays beside the board
	Fixed       string   `json:"fixed,omitempty"`   // "yes": stays on its dates; "no": may move; "": fixed if exhibitors count on its dates
	Days        int      `json:"days,omitempty"`    // 0: as in the terms
	Weekday     string   `json:"weekday,omitempty"` // it opens on; "": as in the terms
	Build       int      `json:"build"`             // NoLimit: by the rules of the season
	Dismantle   int      `json:"dismantle"`
	AnyHost     bool     `json:"any_host,omitempty"` // either party may host it
	Venues      []int64  `json:"venues,omitempty"`   // none: any
	Likes       []int64  `json:"likes,omitempty"`    // venues, the one that is liked best first
	Needs       []string `json:"needs,omitempty"`
	Ramadan     string   `json:"ramadan,omitempty"` // "ban", "wish" or ""
	Windows     []Days   `json:"windows,omitempty"`
	Unavailable []Days   `json:"unavailable,omitempty"`
	Prefer      []Days   `json:"prefer,omitempty"` // the first is liked best
	People      []int64  `json:"people,omitempty"`
	Apart       []int64  `json:"apart,omitempty"` // exhibitions that may not be open at the same time
}

// DefaultSeasonShow is what is wanted of an exhibition of which nothing was said.
func DefaultSeasonShow() SeasonShow { return SeasonShow{Build: NoLimit, Dismantle: NoLimit} }

// Check returns what is wrong with the wishes.
func (s *SeasonShow) Check() fault.Problems {
	var ps fault.Problems
	for _, x := range []struct {
		field string
		n, hi int
	}{{"days", s.Days, 120}, {"build", s.Build, 60}, {"dismantle", s.Dismantle, 60}} {
		if x.n < NoLimit || x.n > x.hi {
			ps.Add(x.field, "problem.range", 0, x.hi)
		}
	}
	checkDays(&ps, "windows", s.Windows)
	checkDays(&ps, "unavailable", s.Unavailable)
	checkDays(&ps, "prefer", s.Prefer)
	return ps
}

// SeasonVenue is what a party says of one of its venues for a season.
type SeasonVenue struct {
	Out       bool         `json:"out,omitempty"`    // not offered
	Booths    int          `json:"booths,omitempty"` // 0: reckoned from the floor, see BoothsOf
	Features  []string     `json:"features,omitempty"`
	Rent      int64        `json:"rent,omitempty"` // a day, in minor units of the party's currency
	Blackouts []Days       `json:"blackouts,omitempty"`
	Holds     []SeasonHold `json:"holds,omitempty"`
}

// SeasonHold is a venue's promise to keep days for an exhibition. The lowest rank is the strongest; it is void after Expires.
type SeasonHold struct {
	Exhibition int64         `json:"exhibition"`
	Rank       int           `json:"rank"`
	First      calendar.Date `json:"first"`
	Last       calendar.Date `json:"last"`
	Expires    calendar.Date `json:"expires,omitempty"`
}

// grossBooth is the floor in m² that an exhibitor takes with gangways and services: 5.6 to 27 at known fairs, 10 at most of them.
const grossBooth = 10

// BoothsOf is how many exhibitors fit into a venue: as said, else by its floor; 0 if neither is known.
func (s *SeasonVenue) BoothsOf(v *Venue) int { return cmp.Or(s.Booths, v.FloorM2/grossBooth) }

// Check returns what is wrong with what was said of a venue.
func (s *SeasonVenue) Check() fault.Problems {
	var ps fault.Problems
	checkDays(&ps, "blackouts", s.Blackouts)
	for i, h := range s.Holds {
		at := "holds[" + strconv.Itoa(i) + "]."
		switch {
		case h.Exhibition == 0:
			ps.Add(at+"exhibition", "problem.required")
		case h.First.IsZero():
			ps.Add(at+"first", "problem.required")
		case h.Last.Before(h.First):
			ps.Add(at+"last", "problem.exhibition.backwards")
		case h.Rank < 1 || h.Rank > 9:
			ps.Add(at+"rank", "problem.range", 1, 9)
		}
	}
	return ps
}

// SeasonPerson is one of a party's staff or a speaker, who can be at one exhibition at a time. The other party does not see the name.
type SeasonPerson struct {
	Name string `json:"name"`
	Away []Days `json:"away,omitempty"`
	Gone bool   `json:"gone,omitempty"` // no longer planned with
}

// Check returns what is wrong with a person.
func (s *SeasonPerson) Check() fault.Problems {
	var ps fault.Problems
	checkText(&ps, "name", s.Name, true, 120)
	checkDays(&ps, "away", s.Away)
	return ps
}

// SeasonBudget is what the rents of a party's own venues may come to in a season, in minor units of its currency; 0: no limit.
type SeasonBudget struct {
	Amount int64 `json:"amount"`
}

// DraftState is where a draft of a season's plan stands. Its text is stored.
type DraftState string

// The states.
const (
	SeasonDrafted  DraftState = "draft"
	SeasonReleased DraftState = "released" // holds
	SeasonRetired  DraftState = "retired"  // held until another was released
	SeasonDropped  DraftState = "dropped"
)

// SeasonSpot is one exhibition on the board.
type SeasonSpot struct {
	Exhibition int64  `json:"exhibition"`
	Venue      string `json:"venue"`            // see VenueCode
	Week       int    `json:"week"`             // of the season, from 0
	Locked     bool   `json:"locked,omitempty"` // the planner leaves it where it is
}

// VenueCode names a venue on the board: its number in the registry, or "x" and the exhibition whose terms name it in words only.
func (t *Terms) VenueCode(id int64) string {
	if t.VenueID != 0 {
		return strconv.FormatInt(t.VenueID, 10)
	}
	return "x" + strconv.FormatInt(id, 10)
}

// SeasonRelax is a demand that a draft gives up, in the planner's own words: a rule, and of what.
type SeasonRelax struct {
	Rule       string `json:"rule"`
	Exhibition string `json:"exhibition,omitempty"`
	Other      string `json:"other,omitempty"`
	Person     string `json:"person,omitempty"`
	Series     string `json:"series,omitempty"`
	Party      string `json:"party,omitempty"`
}

// SeasonOverride is one placing by hand that broke a rule which only warns.
type SeasonOverride struct {
	Exhibition int64         `json:"exhibition"`
	Rules      []string      `json:"rules"`
	Party      place.Country `json:"party"`
	By         int64         `json:"by"`
	At         time.Time     `json:"at"`
}

// SeasonKey is a party's key on exactly one list of changes.
type SeasonKey struct {
	Key
	Hash string `json:"hash"`
}

// SeasonDraft is one plan of a season.
type SeasonDraft struct {
	ID, Version int64
	SeasonID    int64
	State       DraftState
	Party       place.Country // of who began it
	By          int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Spots       []SeasonSpot
	Relaxed     []SeasonRelax    `json:",omitempty"`
	Overrides   []SeasonOverride `json:",omitempty"`
	Keys        []SeasonKey      `json:",omitempty"`
	Run         int64            `json:",omitempty"` // whose plan it took last
	Lines       []SeasonLine     `json:",omitempty"` // of a released one: what was signed
	Changes     []SeasonChange   `json:",omitempty"` // and what it changed
	Hash        string           `json:",omitempty"`
	ReleasedAt  time.Time        `json:",omitzero"`
}

// Spot returns where an exhibition stands, nil if it is in the tray.
func (d *SeasonDraft) Spot(id int64) *SeasonSpot {
	for i := range d.Spots {
		if d.Spots[i].Exhibition == id {
			return &d.Spots[i]
		}
	}
	return nil
}

// open refuses what only a draft may do. Any change drops the keys: they were turned on another list.
func (d *SeasonDraft) open(at time.Time) error {
	if d.State != SeasonDrafted {
		return fault.New(fault.State, "error.season_plan.not_draft")
	}
	d.Keys, d.UpdatedAt = nil, at
	return nil
}

// maxOverrides bounds what a draft remembers of its overrides; all of them are in the log.
const maxOverrides = 200

// Put places an exhibition by hand, which locks it there. broken are the rules that warn of it.
func (d *SeasonDraft) Put(s SeasonSpot, broken []string, party place.Country, by int64, at time.Time) error {
	if err := d.open(at); err != nil {
		return err
	}
	d.take(s.Exhibition)
	s.Locked = true
	d.Spots = append(d.Spots, s)
	slices.SortFunc(d.Spots, func(a, b SeasonSpot) int { return cmp.Compare(a.Exhibition, b.Exhibition) })
	if len(broken) > 0 {
		d.Overrides = append(d.Overrides, SeasonOverride{Exhibition: s.Exhibition, Rules: broken, Party: party, By: by, At: at})
		d.Overrides = d.Overrides[max(0, len(d.Overrides)-maxOverrides):]
	}
	return nil
}

func (d *SeasonDraft) take(id int64) {
	d.Spots = slices.DeleteFunc(d.Spots, func(s SeasonSpot) bool { return s.Exhibition == id })
	d.Overrides = slices.DeleteFunc(d.Overrides, func(o SeasonOverride) bool { return o.Exhibition == id })
}

// Clear puts an exhibition back into the tray.
func (d *SeasonDraft) Clear(id int64, at time.Time) error {
	if d.Spot(id) == nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if err := d.open(at); err != nil {
		return err
	}
	d.take(id)
	return nil
}

// Lock says whether the planner may move an exhibition that stands.
func (d *SeasonDraft) Lock(id int64, locked bool, at time.Time) error {
	s := d.Spot(id)
	if s == nil {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if d.State != SeasonDrafted {
		return fault.New(fault.State, "error.season_plan.not_draft")
	}
	s.Locked, d.UpdatedAt = locked, at // a lock changes nothing that is signed
	return nil
}

// Take replaces what stands by a plan of the planner. What was locked stays so.
func (d *SeasonDraft) Take(spots []SeasonSpot, run int64, at time.Time) error {
	if err := d.open(at); err != nil {
		return err
	}
	for i := range spots {
		if old := d.Spot(spots[i].Exhibition); old != nil && old.Venue == spots[i].Venue && old.Week == spots[i].Week {
			spots[i].Locked = old.Locked
		}
	}
	slices.SortFunc(spots, func(a, b SeasonSpot) int { return cmp.Compare(a.Exhibition, b.Exhibition) })
	d.Spots, d.Run = spots, run
	d.Overrides = slices.DeleteFunc(d.Overrides, func(o SeasonOverride) bool { s := d.Spot(o.Exhibition); return s == nil || !s.Locked })
	return nil
}

// Relax gives a demand up, or takes it back.
func (d *SeasonDraft) Relax(r SeasonRelax, back bool, at time.Time) error {
	has := slices.Contains(d.Relaxed, r)
	if has != back {
		return fault.New(fault.State, "error.season_plan.relaxed")
	}
	if err := d.open(at); err != nil {
		return err
	}
	if back {
		d.Relaxed = slices.DeleteFunc(d.Relaxed, func(o SeasonRelax) bool { return o == r })
	} else {
		d.Relaxed = append(d.Relaxed, r)
	}
	return nil
}

// Drop ends a draft.
func (d *SeasonDraft) Drop(at time.Time) error {
	if err := d.open(at); err != nil {
		return err
	}
	d.State = SeasonDropped
	return nil
}

// Signed reports whether a party's key is turned on the list with a hash.
func (d *SeasonDraft) Signed(p place.Country, hash string) bool {
	return slices.ContainsFunc(d.Keys, func(k SeasonKey) bool { return k.Party == p && k.Hash == hash })
}

// Sign turns a party's key on the list with a hash; keys on other lists fall. It reports whether every party has signed.
func (d *SeasonDraft) Sign(k SeasonKey) (all bool, err error) {
	if d.State != SeasonDrafted {
		return false, fault.New(fault.State, "error.season_plan.not_draft")
	}
	if d.Signed(k.Party, k.Hash) {
		return false, fault.New(fault.State, "error.exhibition.key_turned")
	}
	d.Keys = slices.DeleteFunc(d.Keys, func(o SeasonKey) bool { return o.Hash != k.Hash || o.Party == k.Party })
	d.Keys = append(d.Keys, k)
	d.UpdatedAt = k.At
	return len(d.Keys) == len(place.Countries()), nil
}

// Unsign takes a party's key back.
func (d *SeasonDraft) Unsign(p place.Country, at time.Time) error {
	if d.State != SeasonDrafted || !slices.ContainsFunc(d.Keys, func(k SeasonKey) bool { return k.Party == p }) {
		return fault.New(fault.State, "error.season_plan.unsign")
	}
	d.Keys, d.UpdatedAt = slices.DeleteFunc(d.Keys, func(k SeasonKey) bool { return k.Party == p }), at
	return nil
}

// SeasonLine is where and when one exhibition takes place, as both parties read it.
type SeasonLine struct {
	Exhibition int64         `json:"exhibition"`
	Venue      string        `json:"venue"`
	VenueName  Label         `json:"venue_name"`
	City       Label         `json:"city"`
	Host       place.Country `json:"host"`
	First      calendar.Date `json:"first"`
	Last       calendar.Date `json:"last"`
}

// SeasonChangeKind is what a release does to one exhibition.
type SeasonChangeKind string

// The kinds.
const (
	SeasonMoved     SeasonChangeKind = "moved"     // other days
	SeasonVenueNew  SeasonChangeKind = "venue"     // another place
	SeasonBoth      SeasonChangeKind = "both"      // other days and another place
	SeasonAdded     SeasonChangeKind = "added"     // was not in the plan
	SeasonWithdrawn SeasonChangeKind = "withdrawn" // is not in the plan any more
)

// SeasonChange is one line of a list of changes. Old is empty of what is added, New of what is withdrawn.
type SeasonChange struct {
	Kind     SeasonChangeKind `json:"kind"`
	Old, New SeasonLine
}

// Exhibition is whose line it is.
func (c *SeasonChange) Exhibition() int64 { return cmp.Or(c.New.Exhibition, c.Old.Exhibition) }

// CompareSeason returns what changes from what stands to a plan, by first day.
func CompareSeason(stands, plan []SeasonLine) []SeasonChange {
	find := func(list []SeasonLine, id int64) *SeasonLine {
		for i := range list {
			if list[i].Exhibition == id {
				return &list[i]
			}
		}
		return nil
	}
	var out []SeasonChange
	for _, n := range plan {
		o := find(stands, n.Exhibition)
		if o == nil {
			out = append(out, SeasonChange{Kind: SeasonAdded, New: n})
			continue
		}
		days, venue := o.First != n.First || o.Last != n.Last, o.Venue != n.Venue
		kind := map[[2]bool]SeasonChangeKind{{true, false}: SeasonMoved, {false, true}: SeasonVenueNew, {true, true}: SeasonBoth}[[2]bool{days, venue}]
		if kind != "" {
			out = append(out, SeasonChange{Kind: kind, Old: *o, New: n})
		}
	}
	for _, o := range stands {
		if find(plan, o.Exhibition) == nil {
			out = append(out, SeasonChange{Kind: SeasonWithdrawn, Old: o})
		}
	}
	first := func(c SeasonChange) calendar.Date { return max(c.New.First, c.Old.First) }
	slices.SortStableFunc(out, func(a, b SeasonChange) int {
		return cmp.Or(cmp.Compare(first(a), first(b)), cmp.Compare(a.Exhibition(), b.Exhibition()))
	})
	return out
}

// SeasonHash is what both parties sign: the SHA-256 of the whole plan and of what it changes, in hexadecimal.
func SeasonHash(season, draft int64, plan []SeasonLine, changes []SeasonChange) string {
	text, err := json.Marshal([]any{season, draft, plan, changes})
	if err != nil {
		return "" // these types always can be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Move takes the days and the place that a signed plan of the season gives an exhibition. The keys are those that the parties turned on the plan. What was agreed
// changes as by [Exhibition.Propose] and [Exhibition.Agree]; in a proposal the keys turned so far stay, because those parties have signed this change too, and a party
// that has not agreed to the rest of the terms is still asked.
func (e *Exhibition) Move(keys []Key, at time.Time, t Terms, reason string) error {
	for _, d := range Compare(&e.Terms, &t) {
		if !slices.Contains([]string{"host", "city", "venue", "site", "first", "last", "waves"}, d.Field) {
			return fault.New(fault.Internal, "error.internal")
		}
	}
	if e.Pending != nil {
		return fault.New(fault.State, "error.season_plan.pending", e.Terms.Name)
	}
	switch e.Status {
	case Proposed:
		turned := e.Keys
		if err := e.Edit(e.Proposer, at, t); err != nil {
			return err
		}
		e.Keys = turned
		return nil
	case Agreed:
		for i, p := range e.Terms.Parties {
			k := slices.IndexFunc(keys, func(k Key) bool { return k.Party == p })
			if k < 0 {
				return fault.New(fault.State, "error.season_plan.keys")
			}
			var err error
			if i == 0 {
				err = e.Propose(p, keys[k].By, at, t, reason)
			} else {
				err = e.Agree(p, keys[k].By, at)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return e.state("change")
}

// Shift returns the terms with the first day moved: the last day and the waves keep their distance.
func (t *Terms) Shift(first calendar.Date) Terms {
	out, by := *t, calendar.DaysBetween(t.First, first)
	out.First, out.Last = first, t.Last.AddDays(by)
	out.Waves = slices.Clone(t.Waves)
	for i := range out.Waves {
		out.Waves[i].First, out.Waves[i].Last = out.Waves[i].First.AddDays(by), out.Waves[i].Last.AddDays(by)
	}
	return out
}

// WordVenue reports whether a code of a board's venue is that of a place in words, and whose.
func WordVenue(code string) (exhibition int64, ok bool) {
	text, ok := strings.CutPrefix(code, "x")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil
}
