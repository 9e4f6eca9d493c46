package service

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/highs"
	"muntija/internal/place"
	"muntija/internal/planner/season"
	"muntija/internal/store"
)

// SeasonPlans holds the use-cases of a season's plan: which joint exhibition opens where and in which week.
//
// Both parties say what they want ([SeasonPlans.PutRules] and its kin), the planner answers with a proof or with the demands that clash ([SeasonPlans.Start]), people
// move things on the board ([SeasonPlans.Move]), and with the keys of both parties the plan is released ([SeasonPlans.Sign]): it then moves the exhibitions' terms.
//
// An exhibition of one party alone is not planned here, because the other party does not see it; it holds its venue like a blackout.
type SeasonPlans struct {
	core
	jobs        *Jobs
	exhibitions *Exhibitions
	solver      *highs.Solver
}

// The kinds of parts. Their texts are stored.
const (
	partRules      = "rules"
	partExhibition = "exhibition"
	partVenue      = "venue"
	partPerson     = "person"
	partBudget     = "budget"
)

// SeasonEntry is an exhibition of a season with what is wanted of it.
type SeasonEntry struct {
	exhibition.Exhibition
	Wish    exhibition.SeasonShow
	Version int64 // of the wishes; 0: nothing was said
	Called  bool  // a call is or was open: exhibitors count on its days
	Begun   bool
	Fixed   bool // stays where its terms say
	Outside bool // fixed on days that are not whole weeks of the season: it cannot be shown
	Week    int  // of its present first day
	OpensOn int  // day of the planner's week
}

// Planned reports whether the planner places the exhibition.
func (e *SeasonEntry) Planned() bool { return !e.Wish.Skip && !e.Outside }

// Days is how long the exhibition is to be open.
func (e *SeasonEntry) Days() int { return max(1, cmp.Or(e.Wish.Days, e.Terms.Days())) }

// SeasonPlace is a venue on the board.
type SeasonPlace struct {
	Code       string
	ID         int64 // in the registry; 0 of a place in words
	Party      place.Country
	Name, City exhibition.Label
	Said       exhibition.SeasonVenue
	Version    int64
	Booths     int // 0: not known
	Features   []string
	Word       int64             // the exhibition whose terms name it in words
	Taken      []exhibition.Days // by exhibitions that are not planned here
	Hidden     bool              // archived or not offered; there only for what is fixed in it
}

// SeasonStaff is a person of a party; the name is empty for the other party.
type SeasonStaff struct {
	ID, Version int64
	Party       place.Country
	exhibition.SeasonPerson
}

// SeasonBook is all that is on file for the plan of a season.
type SeasonBook struct {
	Season       *exhibition.Season
	Today        calendar.Date
	Rules        exhibition.SeasonRules
	RulesVersion int64
	Entries      []SeasonEntry // joint exhibitions, proposed or agreed, by first day
	Places       []SeasonPlace
	People       []SeasonStaff
	Budgets      map[place.Country]*SeasonMoney
	Alone        int // exhibitions of one party alone, or of drafts: not planned here
	Weeks        int
	holidays     []exhibition.Holiday
}

// SeasonMoney is a party's budget.
type SeasonMoney struct {
	exhibition.SeasonBudget
	Version int64
}

// Entry returns an exhibition of the season, nil if it is not planned here.
func (b *SeasonBook) Entry(id int64) *SeasonEntry {
	for i := range b.Entries {
		if b.Entries[i].ID == id {
			return &b.Entries[i]
		}
	}
	return nil
}

// Place returns a venue by its code, nil if there is none.
func (b *SeasonBook) Place(code string) *SeasonPlace {
	for i := range b.Places {
		if b.Places[i].Code == code {
			return &b.Places[i]
		}
	}
	return nil
}

// WeekStart is the first day of a week of the season.
func (b *SeasonBook) WeekStart(week int) calendar.Date { return b.Season.First.AddDays(7 * week) }

// Opens returns the days on which an exhibition is open when it stands in a week.
func (b *SeasonBook) Opens(e *SeasonEntry, week int) (first, last calendar.Date) {
	first = b.WeekStart(week).AddDays(e.OpensOn)
	return first, first.AddDays(e.Days() - 1)
}

// seasonBook reads all that is on file for the plan of a season.
func seasonBook(tx *store.Tx, id int64, today calendar.Date) (*SeasonBook, error) {
	s, err := seasonByID(tx, id)
	if err != nil {
		return nil, err
	}
	b := &SeasonBook{Season: s, Today: today, Rules: exhibition.DefaultSeasonRules(), Budgets: map[place.Country]*SeasonMoney{}, Weeks: (calendar.DaysBetween(s.First, s.Last) + 1) / 7}
	parts, err := tx.SeasonParts(id)
	if err != nil {
		return nil, err
	}
	if err := b.entries(tx, parts); err != nil {
		return nil, err
	}
	if err := b.places(tx, parts); err != nil {
		return nil, err
	}
	for i := range parts {
		p := &parts[i]
		switch p.Kind {
		case partRules:
			b.RulesVersion = p.Version
			err = json.Unmarshal(p.Body, &b.Rules)
		case partPerson:
			x := SeasonStaff{ID: p.ID, Version: p.Version, Party: p.Party}
			err = json.Unmarshal(p.Body, &x.SeasonPerson)
			b.People = append(b.People, x)
		case partBudget:
			x := &SeasonMoney{Version: p.Version}
			err = json.Unmarshal(p.Body, &x.SeasonBudget)
			b.Budgets[p.Party] = x
		}
		if err != nil {
			return nil, fmt.Errorf("reading what was said for season %d: %w", id, err)
		}
	}
	b.holidays, err = tx.Holidays("", s.First, s.Last)
	return b, err
}

// partOf finds what was said of a thing.
func partOf(parts []store.SeasonPart, kind string, ref int64) *store.SeasonPart {
	for i := range parts {
		if parts[i].Kind == kind && parts[i].Ref == ref {
			return &parts[i]
		}
	}
	return nil
}

func (b *SeasonBook) entries(tx *store.Tx, parts []store.SeasonPart) error {
	list, err := tx.Exhibitions("", store.ExhibitionQuery{SeasonID: b.Season.ID})
	if err != nil {
		return err
	}
	called, err := tx.SeasonCalls(b.Season.ID)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for _, e := range list {
		if e.Status != exhibition.Proposed && e.Status != exhibition.Agreed || !e.Joint() {
			if e.Status != exhibition.Cancelled {
				b.Alone++
			}
			continue
		}
		x := SeasonEntry{Exhibition: e, Wish: exhibition.DefaultSeasonShow(), Called: called[e.ID]}
		if p := partOf(parts, partExhibition, e.ID); p != nil {
			x.Version = p.Version
			if err := json.Unmarshal(p.Body, &x.Wish); err != nil {
				return fmt.Errorf("reading the wishes for exhibition %d: %w", e.ID, err)
			}
		}
		b.settle(&x)
		b.Entries = append(b.Entries, x)
	}
	return nil
}

// settle works out what follows from the terms of an exhibition.
func (b *SeasonBook) settle(e *SeasonEntry) {
	from := int(e.Terms.First) - int(b.Season.First)
	e.OpensOn, e.Week = ((from%7)+7)%7, from/7
	e.Begun = e.Status == exhibition.Agreed && !b.Today.Before(e.Terms.First)
	e.Fixed = e.Begun || e.Wish.Fixed == "yes" || e.Wish.Fixed == "" && e.Status == exhibition.Agreed && e.Called
	e.Outside = e.Fixed && (from < 0 || from+e.Terms.Days() > 7*b.Weeks)
	if e.Fixed {
		return
	}
	if day, err := strconv.Atoi(e.Wish.Weekday); err == nil {
		e.OpensOn = (day - int(b.Season.First.Weekday()) + 7) % 7
	}
}

func (b *SeasonBook) places(tx *store.Tx, parts []store.SeasonPart) error {
	used := map[int64]bool{}
	for _, e := range b.Entries {
		used[e.Terms.VenueID] = true
	}
	for _, party := range place.Countries() {
		list, err := tx.ListVenues(party)
		if err != nil {
			return err
		}
		for i := range list {
			v := &list[i]
			x := SeasonPlace{Code: strconv.FormatInt(v.ID, 10), ID: v.ID, Party: party, Name: v.Name, City: v.City, Features: v.Setting.Features()}
			if p := partOf(parts, partVenue, v.ID); p != nil {
				x.Version = p.Version
				if err := json.Unmarshal(p.Body, &x.Said); err != nil {
					return fmt.Errorf("reading what was said of venue %d: %w", v.ID, err)
				}
			}
			x.Booths, x.Hidden = x.Said.BoothsOf(v), v.Archived || x.Said.Out
			if x.Hidden && v.Archived && !used[v.ID] {
				continue
			}
			x.Features = append(x.Features, x.Said.Features...)
			b.Places = append(b.Places, x)
		}
	}
	for i := range b.Entries {
		if e := &b.Entries[i]; e.Terms.VenueID == 0 && (e.Terms.Venue != "" || e.Fixed) {
			x := SeasonPlace{Code: e.Terms.VenueCode(e.ID), Party: e.Terms.Host, Name: exhibition.Label{AR: e.Terms.Venue, EN: e.Terms.VenueEN}, City: exhibition.Label{AR: e.Terms.City}, Word: e.ID,
				Features: exhibition.ShowFeatures()}
			if x.Name.AR == "" {
				x.Name = x.City
			}
			b.Places = append(b.Places, x)
		}
	}
	// What else is on in the venues: exhibitions of one party alone, and those of other seasons.
	around, err := tx.Exhibitions("", store.ExhibitionQuery{From: b.Season.First, To: b.Season.Last})
	if err != nil {
		return err
	}
	for _, e := range around {
		if e.Status != exhibition.Proposed && e.Status != exhibition.Agreed || e.Terms.VenueID == 0 || b.Entry(e.ID) != nil {
			continue
		}
		if p := b.Place(strconv.FormatInt(e.Terms.VenueID, 10)); p != nil {
			p.Taken = append(p.Taken, exhibition.Days{First: e.Terms.First, Last: e.Terms.Last})
		}
	}
	return nil
}

// blockedRules are the rules that cannot be set: without them a board would not be one.
var blockedRules = []season.Rule{season.Pinned, season.Unavailable, season.Allowed, season.Occupied}

// SeasonRuleNames returns the rules that can be set to ignore, warn or block, in the order of display.
func SeasonRuleNames() []string {
	var out []string
	for _, r := range []season.Rule{season.Scheduled, season.Window, season.Prefer, season.Liked, season.Host, season.Capacity, season.Features, season.Closed, season.Held, season.HoldRank, season.Holidays,
		season.Ramadan, season.Wish, season.Busy, season.Absent, season.Gap, season.Balance, season.Budget, season.Parallel} {
		out = append(out, string(r))
	}
	return out
}

// RuleSetting returns how a rule is applied in the season.
func (b *SeasonBook) RuleSetting(rule string) season.Setting {
	for _, r := range b.Rules.Rules {
		if r.Rule == rule {
			return season.Setting{Mode: season.Mode(r.Mode), Cost: int64(r.Cost)}
		}
	}
	return season.Defaults[season.Rule(rule)]
}

// noCapacity stands for a venue whose size is not known: everything fits.
const noCapacity = 1_000_000

// Problem is the planner's problem for a draft. Without a draft nothing is relaxed. pins are what the planner may not move, beside what is fixed by the terms.
func (b *SeasonBook) Problem(d *exhibition.SeasonDraft, pins []exhibition.SeasonSpot) (*season.Problem, error) {
	p := &season.Problem{Format: season.Format, Start: b.Season.First, Weeks: b.Weeks, Today: b.Today, Calendars: map[string][]season.Period{}, MaxParallel: b.Rules.Parallel,
		Rules: map[season.Rule]season.Setting{}}
	for _, name := range SeasonRuleNames() {
		p.Rules[season.Rule(name)] = b.RuleSetting(name)
	}
	for _, r := range blockedRules {
		p.Rules[r] = season.Setting{Mode: season.Block, Cost: season.Defaults[r].Cost}
	}
	if n := b.Rules.Difference; n != exhibition.NoLimit {
		p.MaxDifference = &n
	}
	b.calendars(p)
	known := map[int64]bool{}
	for _, x := range b.People {
		if !x.Gone {
			known[x.ID] = true
			p.People = append(p.People, season.Person{ID: personCode(x.ID), Unavailable: periods(x.Away)})
		}
	}
	for i := range b.Entries {
		if e := &b.Entries[i]; e.Planned() {
			p.Exhibitions = append(p.Exhibitions, b.show(e, known))
			if s := e.Terms.Series; s != "" && !slices.ContainsFunc(p.Series, func(o season.Series) bool { return o.ID == s }) {
				p.Series = append(p.Series, season.Series{ID: s, GapDays: b.Rules.Gap})
			}
		}
	}
	b.venues(p)
	for _, e := range b.Entries {
		for _, other := range e.Wish.Apart {
			if o := b.Entry(other); o != nil && o.Planned() && e.Planned() && o.ID != e.ID {
				pair := [2]string{showCode(min(e.ID, o.ID)), showCode(max(e.ID, o.ID))}
				if !slices.Contains(p.Conflicts, pair) {
					p.Conflicts = append(p.Conflicts, pair)
				}
			}
		}
	}
	for _, party := range place.Countries() {
		if m := b.Budgets[party]; m != nil && m.Amount > 0 {
			p.Budgets = append(p.Budgets, season.PartyBudget{Party: string(party), Currency: exhibition.CurrencyOf(party), Amount: m.Amount})
		}
	}
	for _, pin := range pins {
		i := slices.IndexFunc(p.Exhibitions, func(x season.Exhibition) bool { return x.ID == showCode(pin.Exhibition) })
		if i >= 0 && p.Exhibitions[i].Pin == nil && b.Place(pin.Venue) != nil {
			week := pin.Week
			p.Exhibitions[i].Pin = &season.Pin{Venue: pin.Venue, Week: &week}
		}
	}
	if d != nil {
		for _, r := range d.Relaxed {
			relax(p, &r)
		}
	}
	switch {
	case p.Weeks < 1:
		return nil, fault.New(fault.State, "error.season_plan.short")
	case len(p.Exhibitions) == 0:
		return nil, fault.New(fault.State, "error.season_plan.no_exhibitions")
	case len(p.Venues) == 0:
		return nil, fault.New(fault.State, "error.season_plan.no_venues")
	}
	if err := p.Check(); err != nil {
		return nil, fault.Wrap(err, fault.State, "error.season_plan.problem", b.about(p, err))
	}
	return p, nil
}

func showCode(id int64) string   { return strconv.FormatInt(id, 10) }
func personCode(id int64) string { return "p" + strconv.FormatInt(id, 10) }

// showID is the exhibition of a planner's id, 0 if it is none.
func showID(code string) int64 {
	id, _ := strconv.ParseInt(code, 10, 64)
	return id
}

func periods(list []exhibition.Days) []season.Period {
	var out []season.Period
	for _, d := range list {
		out = append(out, season.Period{From: d.First, To: d.Last})
	}
	return out
}

// calendars fills in the holidays of both parties and Ramadan.
func (b *SeasonBook) calendars(p *season.Problem) {
	for _, party := range place.Countries() {
		p.Calendars[string(party)] = []season.Period{}
	}
	for _, h := range b.holidays {
		p.Calendars[string(h.Party)] = append(p.Calendars[string(h.Party)], season.Period{From: h.First, To: h.Last})
	}
	first, err := b.Season.First.Hijri()
	if err != nil {
		return // before the table begins there is no Ramadan to keep
	}
	for year := first.Year; ; year++ {
		from, err := calendar.Hijri{Year: year, Month: 9, Day: 1}.Date()
		if err != nil || from.After(b.Season.Last) {
			return
		}
		to, err := calendar.Hijri{Year: year, Month: 10, Day: 1}.Date()
		if err != nil {
			return
		}
		p.Ramadan = append(p.Ramadan, season.Period{From: from, To: to.AddDays(-1)})
	}
}

// likedLess is what each further preferred period costs.
const likedLess = 3

// show is an exhibition as the planner knows it.
func (b *SeasonBook) show(e *SeasonEntry, people map[int64]bool) season.Exhibition {
	w := &e.Wish
	x := season.Exhibition{ID: showCode(e.ID), Days: e.Days(), OpensOn: e.OpensOn, BuildDays: b.Rules.Build, DismantleDays: b.Rules.Dismantle, Series: e.Terms.Series}
	if w.Build != exhibition.NoLimit {
		x.BuildDays = w.Build
	}
	if w.Dismantle != exhibition.NoLimit {
		x.DismantleDays = w.Dismantle
	}
	for _, id := range w.People {
		if people[id] {
			x.People = append(x.People, personCode(id))
		}
	}
	for _, party := range e.Terms.Parties {
		if b.Rules.HolidayDays || party == e.Terms.Host {
			x.Calendars = append(x.Calendars, string(party))
		}
	}
	if e.Fixed {
		// What is fixed is not asked what it wishes; it only stands in the way of others.
		week, from := e.Week, 7*e.Week+e.OpensOn
		x.Days, x.Pin, x.Calendars = e.Terms.Days(), &season.Pin{Venue: e.Terms.VenueCode(e.ID), Week: &week}, nil
		x.BuildDays, x.DismantleDays = min(x.BuildDays, from), min(x.DismantleDays, 7*b.Weeks-from-x.Days)
		return x
	}
	x.Size, x.Needs, x.Ramadan = int64(e.Terms.Capacity), w.Needs, w.Ramadan
	if !w.AnyHost {
		x.Host = string(e.Terms.Host)
	}
	for i := range b.Places {
		v := &b.Places[i]
		switch {
		case v.Word != 0 && v.Word != e.ID, v.Hidden, len(w.Venues) > 0 && !slices.Contains(w.Venues, v.ID):
		default:
			x.Venues = append(x.Venues, v.Code)
		}
	}
	if len(x.Venues) == 0 { // all of them were withdrawn: the wish is left out, or nothing could be said of the season
		for i := range b.Places {
			if v := &b.Places[i]; v.Word == e.ID || v.Word == 0 && !v.Hidden {
				x.Venues = append(x.Venues, v.Code)
			}
		}
	}
	for _, id := range w.Likes {
		if code := strconv.FormatInt(id, 10); slices.Contains(x.Venues, code) { // one that was withdrawn, or may not be used, cannot be liked
			x.Likes = append(x.Likes, code)
		}
	}
	x.Windows, x.Unavailable = periods(w.Windows), periods(w.Unavailable)
	if soonest := b.Today.AddDays(b.Rules.Lead); b.Season.First.Before(soonest) {
		x.Unavailable = append(x.Unavailable, season.Period{From: b.Season.First, To: min(soonest.AddDays(-1), b.Season.First.AddDays(7*b.Weeks-1))})
	}
	for i, q := range w.Prefer {
		x.Prefer = append(x.Prefer, season.Period{From: q.First, To: q.Last, Cost: likedLess * int64(i)})
	}
	if len(w.Prefer) == 0 && e.Status == exhibition.Agreed {
		first, last := b.Opens(e, e.Week)
		if first == e.Terms.First {
			x.Prefer = []season.Period{{From: first, To: last}}
		}
	}
	return x
}

// venues fills in the venues that some exhibition may use, with blackouts and holds.
func (b *SeasonBook) venues(p *season.Problem) {
	has := func(id int64) bool {
		return slices.ContainsFunc(p.Exhibitions, func(x season.Exhibition) bool { return x.ID == showCode(id) })
	}
	for i := range b.Places {
		v := &b.Places[i]
		if v.Word != 0 && !has(v.Word) {
			continue
		}
		x := season.Venue{ID: v.Code, Party: string(v.Party), Capacity: int64(v.Booths), Features: v.Features, RentPerDay: v.Said.Rent, Unavailable: append(periods(v.Said.Blackouts), periods(v.Taken)...)}
		if v.Booths == 0 {
			x.Capacity = noCapacity
		}
		if x.RentPerDay > 0 {
			x.Currency = exhibition.CurrencyOf(v.Party)
		}
		p.Venues = append(p.Venues, x)
		if v.Word != 0 { // nobody else may use it, so the hold only says that the exhibition had better stay
			p.Holds = append(p.Holds, season.Hold{Venue: v.Code, Exhibition: showCode(v.Word), Rank: 1, Period: season.Period{From: b.Season.First, To: b.Season.First.AddDays(7*b.Weeks - 1)}})
		}
		for _, h := range v.Said.Holds {
			if has(h.Exhibition) {
				p.Holds = append(p.Holds, season.Hold{Venue: v.Code, Exhibition: showCode(h.Exhibition), Rank: h.Rank, Period: season.Period{From: h.First, To: h.Last}, Expires: h.Expires})
			}
		}
	}
}

// relax gives a demand up in a problem: for the exhibition, person, series or party that it is on where that can be said, else the rule only warns.
func relax(p *season.Problem, r *exhibition.SeasonRelax) {
	rule := season.Rule(r.Rule)
	at := slices.IndexFunc(p.Exhibitions, func(x season.Exhibition) bool { return x.ID == r.Exhibition })
	warn := func() {
		p.Rules[rule] = season.Setting{Mode: season.Warn, Cost: season.Defaults[rule].Cost}
	}
	switch rule {
	case season.Window, season.Unavailable, season.Capacity, season.Features, season.Host, season.Allowed, season.Ramadan, season.Scheduled:
		if at < 0 {
			return
		}
		x := &p.Exhibitions[at]
		switch rule {
		case season.Window:
			x.Windows = nil
		case season.Unavailable:
			x.Unavailable = nil
		case season.Capacity:
			x.Size = 0
		case season.Features:
			x.Needs = nil
		case season.Host:
			x.Host = ""
		case season.Allowed:
			x.Venues = nil
			for _, v := range p.Venues {
				if _, word := exhibition.WordVenue(v.ID); !word || v.ID == "x"+x.ID {
					x.Venues = append(x.Venues, v.ID)
				}
			}
		case season.Liked:
			x.Likes = nil
		case season.Ramadan:
			x.Ramadan = ""
		case season.Scheduled:
			p.Exhibitions = slices.Delete(p.Exhibitions, at, at+1)
			p.Holds = slices.DeleteFunc(p.Holds, func(h season.Hold) bool { return h.Exhibition == r.Exhibition })
			p.Conflicts = slices.DeleteFunc(p.Conflicts, func(q [2]string) bool { return q[0] == r.Exhibition || q[1] == r.Exhibition })
		}
	case season.Busy:
		if r.Person == "" {
			p.Conflicts = slices.DeleteFunc(p.Conflicts, func(q [2]string) bool {
				return q[0] == r.Exhibition && q[1] == r.Other || q[0] == r.Other && q[1] == r.Exhibition
			})
			return
		}
		for i := range p.Exhibitions {
			p.Exhibitions[i].People = slices.DeleteFunc(slices.Clone(p.Exhibitions[i].People), func(x string) bool { return x == r.Person })
		}
	case season.Gap:
		for i := range p.Series {
			if p.Series[i].ID == r.Series {
				p.Series[i].GapDays = 0
			}
		}
	case season.Budget:
		p.Budgets = slices.DeleteFunc(p.Budgets, func(g season.PartyBudget) bool { return g.Party == r.Party })
	case season.Parallel:
		p.MaxParallel = 0
	case season.Closed, season.Held, season.Absent, season.Balance, season.Holidays, season.Wish, season.HoldRank, season.Prefer:
		warn()
	}
}

// RelaxOf is what would have to be given up so that a demand is no more; ok is false of what cannot be given up: one exhibition at a time at one venue, what has begun.
func RelaxOf(d *season.Demand) (r exhibition.SeasonRelax, ok bool) {
	switch d.Rule {
	case season.Fits, season.Itself, season.Occupied, season.Pinned:
		return r, false
	case season.Busy:
		r = exhibition.SeasonRelax{Exhibition: d.Exhibition, Other: d.Other}
		if d.Person != "" {
			r = exhibition.SeasonRelax{Person: d.Person}
		}
	case season.Gap:
		r.Series = d.Series
	case season.Budget:
		r.Party = d.Party
	case season.Closed, season.Held, season.Absent, season.Balance, season.Parallel, season.Holidays, season.Wish, season.HoldRank, season.Prefer:
	default:
		r.Exhibition = d.Exhibition
	}
	r.Rule = string(d.Rule)
	return r, true
}

// hideOthers takes out what is only the other party's: names and absences of its people, rents and budgets of its venues.
func (b *SeasonBook) hideOthers(party place.Country) {
	for i := range b.People {
		if p := &b.People[i]; p.Party != party {
			p.Name, p.Away = "", nil
		}
	}
	for i := range b.Places {
		if v := &b.Places[i]; v.Party != party {
			v.Said.Rent = 0
		}
	}
	for p := range b.Budgets {
		if p != party {
			delete(b.Budgets, p)
		}
	}
}

// Overview is the plan of a season at a glance.
type SeasonOverview struct {
	*SeasonBook
	Drafts  []exhibition.SeasonDraft
	Runs    map[int64]*SeasonRunView // the last one of each draft
	Plan    *exhibition.SeasonDraft  // that holds; nil: none
	AtWork  *store.SeasonRun
	Names   map[int64]string
	CanEdit bool
	CanSign bool
	Party   place.Country
}

// loadBook reads the book of a season for an action of the actor.
func (s *SeasonPlans) loadBook(tx *store.Tx, actor auth.Actor, action auth.Action, id int64) (*SeasonBook, error) {
	if err := auth.Allow(actor, action, partySubject(actor)); err != nil {
		return nil, err
	}
	return seasonBook(tx, id, s.today())
}

// Overview returns what is on file for the plan of a season, its drafts and its plan.
func (s *SeasonPlans) Overview(ctx context.Context, actor auth.Actor, id int64) (*SeasonOverview, error) {
	v := &SeasonOverview{Runs: map[int64]*SeasonRunView{}, CanEdit: auth.Can(actor, auth.SeasonPlanEdit), CanSign: auth.Can(actor, auth.SeasonPlanSign), Party: actor.Party}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		if v.SeasonBook, err = s.loadBook(tx, actor, auth.SeasonPlanView, id); err != nil {
			return err
		}
		v.hideOthers(actor.Party)
		if v.Drafts, err = tx.SeasonDrafts(id); err != nil {
			return err
		}
		if v.Plan, err = tx.SeasonPlan(id); err != nil {
			return err
		}
		if v.AtWork, err = tx.SeasonRunAtWork(); err != nil {
			return err
		}
		var ids []int64
		for _, d := range v.Drafts {
			ids = append(ids, d.By)
			last, err := tx.LastSeasonRun(d.ID)
			if err != nil {
				return err
			}
			if last == nil {
				continue
			}
			if v.Runs[d.ID], err = readSeasonRun(last); err != nil {
				return err
			}
		}
		v.Names, err = userNames(tx, ids...)
		return err
	})
	return v, err
}

// seasonNote is the note of a log entry on a season's plan.
func seasonNote(parts ...string) string { return strings.TrimSpace(strings.Join(parts, " ")) }

func (s *SeasonPlans) audit(tx *store.Tx, actor auth.Actor, season int64, action auth.Action, note string) error {
	return audit(tx, actor, s.now(), string(action), store.AuditEntry{Entity: "season", EntityID: season, Note: note})
}

// Holidays returns the holidays of both parties in the season.
func (b *SeasonBook) Holidays() []exhibition.Holiday { return b.holidays }
