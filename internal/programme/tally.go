package programme

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/registry"
)

// Measure is a table of figures to which a family counts. Its text is stored.
type Measure string

// The measures. Those that stand for now have no month; those of the course of things have one. Standing ones, but for the state, the waiting and the failing, count
// approved registrations only, the ladder graduated ones as well.
const (
	ByState       Measure = "state"       // registration state
	ByWaiting     Measure = "waiting"     // day of handing in, of what waits for a decision
	ByCraft       Measure = "craft"       // "" not said
	ByProtection  Measure = "protection"  // social protection of the household
	ByMarital     Measure = "marital"     // of the lead producer; "" not said
	ByBreadwinner Measure = "breadwinner" // "yes", "no", ""
	ByDisability  Measure = "disability"  // "yes", "none", ""
	ByRung        Measure = "rung"        // code of the rung
	ByFailing     Measure = "failing"     // code of a criterion that the newest assessment finds not met; a family may count to several
	ByHandedIn    Measure = "handed"      // month of the first handing in
	ByDecided     Measure = "decided"     // month and step (approve, reject, return) of each decision on a registration
	ByTook        Measure = "took"        // month and days, three digits, from handing in to approving or rejecting
	ByReason      Measure = "reason"      // month and reason of each rejection
	ByMove        Measure = "move"        // month and "from>to" rungs
	ByGrant       Measure = "grant"       // state of each grant
	ByBenefit     Measure = "benefit"     // benefits that are approved or delivered, a family once for each
	ByHelped      Measure = "helped"      // month in which a family was given something, once
	ByGiven       Measure = "given"       // month and benefit: the money of what was delivered, in minor units of the party's currency
	ByPlan        Measure = "plan"        // states of development plans, a family once for each
	ByPlanned     Measure = "planned"     // month in which a plan began
	ByLack        Measure = "need"        // needs of the open plans, a family once for each
	ByAction      Measure = "action"      // "done", "late", "open": actions of plans that were not stopped
	ByIncome      Measure = "income"      // "up", "same", "down" since the baseline of a plan, "once": not measured again
)

// Measures returns all measures; their order is stored and only ever added to.
func Measures() []Measure {
	return []Measure{ByState, ByWaiting, ByCraft, ByProtection, ByMarital, ByBreadwinner, ByDisability, ByRung, ByFailing, ByHandedIn, ByDecided, ByTook, ByReason, ByMove,
		ByGrant, ByBenefit, ByHelped, ByGiven, ByPlan, ByPlanned, ByLack, ByAction, ByIncome}
}

// Month is a month as the number of months since the year 0; 0 stands for now.
type Month int

// MonthOf returns the month of a day.
func MonthOf(d calendar.Date) Month {
	y, m, _ := d.YMD()
	return Month(12*y + m - 1)
}

// YM returns year and month, January being 1.
func (m Month) YM() (year, month int) { return int(m) / 12, int(m)%12 + 1 }

// String is the month as 2026-11.
func (m Month) String() string {
	y, n := m.YM()
	return fmt.Sprintf("%04d-%02d", y, n)
}

// Fact is one line to which a family counts.
type Fact struct {
	Measure Measure
	Month   Month // 0: now
	Code    string
	Amount  int // of ByGiven; every other line counts one
}

// Money reports whether the lines of a measure are amounts.
func (m Measure) Money() bool { return m == ByGiven }

// Weight is what the line adds to a sum.
func (f Fact) Weight() int {
	if f.Measure.Money() {
		return f.Amount
	}
	return 1
}

// History is what a tally knows of a family beside its registration.
type History struct {
	Events  []registry.Event // oldest first
	Failing []string         // criteria that its newest assessment finds not met
	Grants  []Grant          // with their Kind in Kinds, at the same place
	Kinds   []Benefit
	Plans   []Plan
}

// tookMost is from how many days on a decision counts as having taken as long.
const tookMost = 366

// OfficeDay is the day at the office, UTC+3 as in the use-cases: what is done after midnight belongs to the new month.
func OfficeDay(t time.Time) calendar.Date { return calendar.Of(t.UTC().Add(3 * time.Hour)) }

// FactsOf returns all lines to which a family counts on a day, and the day on which that changes by time alone, zero if never. It depends on nothing else, so that a
// sum can be mended by taking the old lines off and putting the new ones on. A merged registration counts to nothing.
func FactsOf(f *registry.Family, h History, today calendar.Date) (facts []Fact, due calendar.Date) {
	st := &f.Status
	if st.State == registry.Merged {
		return nil, 0
	}
	now := func(m Measure, code string) { facts = append(facts, Fact{Measure: m, Code: code}) }
	now(ByState, string(st.State))
	waits := st.State == registry.Submitted || st.State == registry.UnderReview
	if waits && !st.SubmittedAt.IsZero() {
		now(ByWaiting, OfficeDay(st.SubmittedAt).String())
	}
	if st.State != registry.Draft && st.State != registry.Withdrawn {
		failing := slices.Clone(h.Failing)
		slices.Sort(failing)
		for _, code := range slices.Compact(failing) {
			now(ByFailing, code)
		}
	}
	stand := Stand(f, today)
	if st.State == registry.Approved {
		r := &f.Record
		now(ByCraft, r.Project.Craft)
		now(ByProtection, string(r.Household.Protection()))
		now(ByMarital, string(r.Lead.MaritalStatus))
		now(ByBreadwinner, string(r.Lead.Breadwinner))
		disability := string(r.Lead.Disability)
		if disability != "" && disability != "none" {
			disability = "yes"
		}
		now(ByDisability, disability)
	}
	if st.State == registry.Approved || st.State == registry.Graduated {
		now(ByRung, stand.Rung.Code())
	}
	facts = append(facts, course(f, h.Events)...)
	for _, m := range stand.Moves(today) {
		facts = append(facts, Fact{Measure: ByMove, Month: MonthOf(m.On), Code: m.From.Code() + ">" + m.To.Code()})
	}
	facts = append(facts, benefits(h.Grants, h.Kinds)...)
	more, late := development(h.Plans, today)
	facts, due = append(facts, more...), stand.changes(today)
	if due.IsZero() || !late.IsZero() && late.Before(due) {
		due = late
	}
	return facts, due
}

// course is what happened to a registration, by month.
func course(f *registry.Family, events []registry.Event) []Fact {
	var out []Fact
	var first, last time.Time // handed in
	for _, e := range events {
		if e.Step == registry.StepSubmit {
			if first.IsZero() {
				first = e.At
			}
			last = e.At
		}
		var month Month
		switch e.Step {
		case registry.StepApprove, registry.StepReject, registry.StepReturn:
			month = MonthOf(OfficeDay(e.At))
			out = append(out, Fact{Measure: ByDecided, Month: month, Code: string(e.Step)})
		default:
			continue
		}
		if e.Step == registry.StepReject {
			for _, r := range e.Reasons {
				out = append(out, Fact{Measure: ByReason, Month: month, Code: string(r)})
			}
		}
		if from := cmp.Or(last, f.Status.SubmittedAt); e.Step != registry.StepReturn && !from.IsZero() && !from.After(e.At) {
			days := min(calendar.DaysBetween(OfficeDay(from), OfficeDay(e.At)), tookMost)
			out = append(out, Fact{Measure: ByTook, Month: month, Code: days3(days)})
		}
	}
	if first = cmp.Or(first, f.Status.SubmittedAt); !first.IsZero() { // an import hands in without a step of its own
		out = append(out, Fact{Measure: ByHandedIn, Month: MonthOf(OfficeDay(first))})
	}
	return out
}

func days3(n int) string {
	s := strconv.Itoa(n)
	for len(s) < 3 {
		s = "0" + s
	}
	return s
}

// Move is a step up or down the ladder.
type Move struct {
	On       calendar.Date
	From, To Rung
}

// Moves returns what the papers on file say of the way up and down, oldest first, up to a day: a rung is reached on the day its last demand was met, but not before the
// registration; a rung is lost on the day after its paper ended. What newer papers have replaced is not known any more, so that it is the way to where the family
// stands now, and not a diary.
func (s Standing) Moves(today calendar.Date) []Move {
	var out []Move
	registered, graduated := s.Steps[Registered-1], s.Steps[Graduated-1]
	start, cur := registered.On, Unregistered
	if registered.Reached && !start.IsZero() && !start.After(today) {
		type reached struct {
			on   calendar.Date
			rung Rung
		}
		var steps []reached
		for _, step := range s.Steps[:Graduated-1] {
			if step.Reached && !step.On.After(today) {
				steps = append(steps, reached{max(step.On, start), step.Rung})
			}
		}
		slices.SortStableFunc(steps, func(a, b reached) int { return cmp.Or(cmp.Compare(a.on, b.on), cmp.Compare(b.rung, a.rung)) })
		for _, x := range steps {
			if x.rung > cur {
				out = append(out, Move{x.on, cur, x.rung})
				cur = x.rung
			}
		}
	}
	if graduated.Reached && !graduated.On.IsZero() && !graduated.On.After(today) {
		from := Registered
		for _, step := range s.Steps[:Graduated-1] {
			if step.Reached {
				from = max(from, step.Rung)
			}
		}
		out = append(out, Move{graduated.On, from, Graduated})
	}
	lost := Move{}
	for _, step := range s.Steps {
		if !step.Lost || step.Rung <= s.Rung {
			continue
		}
		if step.Rung != Registered && !registered.Reached {
			continue // with the registration everything above it went
		}
		for _, d := range step.Demands {
			for _, e := range d.OneOf {
				if on := e.Until.AddDays(1); !d.Met() && e.Ended && !e.Until.IsZero() && !on.After(today) && (start.IsZero() || on.After(start)) && step.Rung >= lost.From {
					lost = Move{on, step.Rung, s.Rung}
				}
			}
		}
	}
	if lost.From != Unregistered {
		out = append(out, lost)
	}
	slices.SortStableFunc(out, func(a, b Move) int { return cmp.Compare(a.On, b.On) })
	return out
}

// changes is the first day on which a paper in force has ended or one dated ahead begins to count; zero if there is none.
func (s Standing) changes(today calendar.Date) calendar.Date {
	var due calendar.Date
	at := func(d calendar.Date) {
		if d.After(today) && (due.IsZero() || d.Before(due)) {
			due = d
		}
	}
	for _, step := range s.Steps {
		at(step.On)
		for _, d := range step.Demands {
			for _, e := range d.OneOf {
				at(e.On)
				if !e.Until.IsZero() {
					at(e.Until.AddDays(1))
				}
			}
		}
	}
	return due
}
