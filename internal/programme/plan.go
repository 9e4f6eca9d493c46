package programme

import (
	"cmp"
	"slices"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Need is what a project lacks; its title is "enum.development_need.<code>".
type Need string

// Needs returns all needs in the order of display (domain notes 5.4).
func Needs() []Need {
	return []Need{"training", "equipment", "design", "packaging", "pricing", "marketing", "licence", "finance", "quality"}
}

// Funding says who pays an action; its title is "enum.development_source.<code>".
type Funding string

// Fundings returns who may pay, in the order of display.
func Fundings() []Funding {
	return []Funding{"family", "ministry", "grant", "association", "bank", "donor", "none"}
}

// MeasureKey names what is measured, the same at the beginning and later; its title is "enum.development_measure.<key>".
type MeasureKey string

// MeasureKeys returns all measures in the order of display.
func MeasureKeys() []MeasureKey {
	return []MeasureKey{"income", "sales", "production", "workers_family", "workers_other", "products", "channels", "quality"}
}

// Money reports whether a measure is an amount a month in minor units of the party's currency; the others are counts, quality is 0 to 100.
func (k MeasureKey) Money() bool { return k == "income" || k == "sales" }

// Measuring is one measuring of a project on a day. A key that is not in Values was not measured.
type Measuring struct {
	On     calendar.Date        `json:"on"`
	By     int64                `json:"by"`
	Values map[MeasureKey]int64 `json:"values"`
	Note   string               `json:"note,omitempty"`
}

// PlanState is where a development plan stands; its title is "enum.development_state.<state>".
type PlanState string

// The states of a plan.
const (
	PlanOpen    PlanState = "open"
	PlanDone    PlanState = "done"
	PlanStopped PlanState = "stopped"
)

// PlanStates returns all states in the order of display.
func PlanStates() []PlanState { return []PlanState{PlanOpen, PlanDone, PlanStopped} }

// PlanAction is one thing to be done for a project.
type PlanAction struct {
	ID      int64
	PlanID  int64
	Need    Need
	Text    string // sealed
	OwnerID int64
	Due     calendar.Date
	DoneOn  calendar.Date // zero: open
	Cost    int64         // minor units of the party's currency; 0: none
	Source  Funding
	GrantID int64 // the grant that pays it; 0: none
}

// Late reports whether the action is open and its day has passed.
func (a *PlanAction) Late(today calendar.Date) bool { return a.DoneOn.IsZero() && a.Due.Before(today) }

// Plan is the development plan of a family's project (خطة تطوير المشروع).
type Plan struct {
	ID, Version int64
	Party       place.Country
	FamilyID    int64
	State       PlanState
	Template    string // product group whose template it began with; "" for none
	Goal        string
	Needs       []Need
	NeedNote    string
	Started     calendar.Date
	Review      calendar.Date // when it is to be measured again
	Measures    []Measuring   // by day; the first is the baseline
	Actions     []PlanAction
	OwnerID     int64 // who made it
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Reason      string // why it was stopped, or what it came to
}

// MaxActions bounds the actions of a plan, MaxMeasures its measurings.
const (
	MaxActions  = 30
	MaxMeasures = 24
)

// Progress is how far a plan or several have come.
type Progress struct {
	Done, Late, Open int // Open: not done and not late
}

// Total is the number of actions.
func (p Progress) Total() int { return p.Done + p.Late + p.Open }

// Percent is the share of actions that is done, rounded down.
func (p Progress) Percent() int {
	if p.Total() == 0 {
		return 0
	}
	return p.Done * 100 / p.Total()
}

// Progress counts the actions of a plan on a day.
func (p *Plan) Progress(today calendar.Date) Progress {
	var out Progress
	for i := range p.Actions {
		switch a := &p.Actions[i]; {
		case !a.DoneOn.IsZero():
			out.Done++
		case a.Late(today):
			out.Late++
		default:
			out.Open++
		}
	}
	return out
}

// Next returns the open action that is due first; nil if there is none.
func (p *Plan) Next() *PlanAction {
	var next *PlanAction
	for i := range p.Actions {
		if a := &p.Actions[i]; a.DoneOn.IsZero() && (next == nil || a.Due.Before(next.Due)) {
			next = a
		}
	}
	return next
}

// ReviewDue reports whether the project is to be measured again.
func (p *Plan) ReviewDue(today calendar.Date) bool {
	return p.State == PlanOpen && !p.Review.IsZero() && !p.Review.After(today)
}

// AddMeasure adds a measuring; one of the same day is replaced. The first measuring stays the first: nothing is measured before the baseline.
func (p *Plan) AddMeasure(m Measuring) error {
	if p.State != PlanOpen {
		return fault.New(fault.State, "error.development.ended")
	}
	var ps fault.Problems
	if len(p.Measures) > 0 && m.On.Before(p.Measures[0].On) {
		ps.Add("on", "problem.development.before_baseline")
	}
	if len(m.Values) == 0 {
		ps.Add("income", "problem.development.no_measure")
	}
	i := slices.IndexFunc(p.Measures, func(x Measuring) bool { return x.On == m.On })
	if i < 0 && len(p.Measures) >= MaxMeasures {
		ps.Add("on", "problem.development.measures", MaxMeasures)
	}
	if err := ps.Err(); err != nil {
		return err
	}
	if i >= 0 {
		p.Measures[i] = m
		return nil
	}
	p.Measures = append(p.Measures, m)
	slices.SortStableFunc(p.Measures, func(a, b Measuring) int { return cmp.Compare(a.On, b.On) })
	return nil
}

// Difference is one measure at the beginning and at the last measuring.
type Difference struct {
	Key      MeasureKey
	From, To int64
	Both     bool // measured both times; else only one of them is given
	HasFrom  bool
}

// Change is To − From where both were measured.
func (d Difference) Change() int64 { return d.To - d.From }

// Percent is the change against the beginning, rounded towards zero; ok is false where it says nothing.
func (d Difference) Percent() (n int, ok bool) {
	if !d.Both || d.From <= 0 {
		return 0, false
	}
	return int((d.To - d.From) * 100 / d.From), true
}

// Differences compares the baseline with the last measuring, in the order of the measures; what was never measured is left out.
func (p *Plan) Differences() []Difference {
	if len(p.Measures) == 0 {
		return nil
	}
	first, last := p.Measures[0], p.Measures[len(p.Measures)-1]
	var out []Difference
	for _, k := range MeasureKeys() {
		from, had := first.Values[k]
		to, has := last.Values[k]
		if len(p.Measures) == 1 {
			to, has = 0, false
		}
		if had || has {
			out = append(out, Difference{Key: k, From: from, To: to, Both: had && has, HasFrom: had})
		}
	}
	return out
}

// End ends the plan: done, or stopped with a reason.
func (p *Plan) End(state PlanState, at time.Time, reason string) error {
	if p.State != PlanOpen {
		return fault.New(fault.State, "error.development.ended")
	}
	if state != PlanDone && state != PlanStopped {
		return fault.New(fault.Invalid, "error.invalid")
	}
	p.State, p.UpdatedAt, p.Reason = state, at, reason
	return nil
}
