package exhibition

import (
	"slices"

	"muntija/internal/fault"
)

// AuditVerdict is what an audit says of one rule. Its text is the end of a message key.
type AuditVerdict string

// The verdicts.
const (
	AuditKept   AuditVerdict = "kept"
	AuditBroken AuditVerdict = "broken"
	AuditAdvice AuditVerdict = "advice"    // kept, but less than is advised
	AuditUnsaid AuditVerdict = "unchecked" // the plan does not say what the rule needs
)

// AuditLine is one rule of safety with what was measured in a plan: the worst place of all.
type AuditLine struct {
	Rule    PlanRule
	Verdict AuditVerdict
	Value   int  // the worst that was measured
	AtLeast bool // the true value is no less than Value: it was not measured further
	Limit   int
	Unit    Unit
	Most    bool     // the limit is the most that is allowed, else the least
	Own     bool     // the limit was set for this hall
	Broken  int      // how often the rule is broken
	Codes   []string // booths at the worst or broken places, at most six
	Source  string   // end of the message key of where the limit comes from
}

// auditCodes bounds the booths that a line names.
const auditCodes = 6

// Audit measures a plan against every rule of safety and says of each the worst value, the limit and the verdict, kept or not: what [Plan.Check] finds is what is broken here.
func (p *Plan) Audit() []AuditLine {
	found := p.Check()
	lim, own := p.Limits.Or(), p.Limits
	var out []AuditLine
	add := func(l AuditLine, rules ...PlanRule) *AuditLine {
		l.Rule, l.Verdict = rules[0], AuditKept
		for _, f := range found {
			if !slices.Contains(rules, f.Rule) {
				continue
			}
			if f.Severity == fault.Blocking {
				l.Verdict = AuditBroken
			} else if l.Verdict == AuditKept {
				l.Verdict = AuditAdvice
			}
			l.Broken++
			for _, c := range f.Codes {
				if len(l.Codes) < auditCodes && !slices.Contains(l.Codes, c) {
					l.Codes = append(l.Codes, c)
				}
			}
		}
		out = append(out, l)
		return &out[len(out)-1]
	}
	worst := func(value int, most bool, rules ...PlanRule) int { // of what was found
		for _, f := range found {
			if slices.Contains(rules, f.Rule) {
				if most {
					value = max(value, f.Value)
				} else {
					value = min(value, f.Value)
				}
			}
		}
		return value
	}
	wide := max(lim.Aisle, lim.MainAisle)
	gangway := worst(wide, false, RuleGangway, RuleGangwayAdvice)
	add(AuditLine{Value: gangway, AtLeast: gangway == wide, Limit: lim.Aisle, Unit: Length, Own: own.Aisle != 0, Source: "gangway"}, RuleGangway, RuleGangwayAdvice)
	if len(p.Aisles) > 0 {
		narrow := worst(lim.Aisle, false, RuleAisleNarrow)
		add(AuditLine{Value: narrow, AtLeast: narrow == lim.Aisle, Limit: lim.Aisle, Unit: Length, Own: own.Aisle != 0, Source: "gangway"}, RuleAisleNarrow)
		add(AuditLine{Unit: Pieces, Most: true, Source: "own"}, RuleAisleBlocked)
	}
	exits, width := 0, 0
	for i := range p.Doors {
		if p.Doors[i].Out() {
			exits++
			width += p.Doors[i].Width
		}
	}
	line := add(AuditLine{Value: exits, Limit: exitsFor(lim.People), Unit: Pieces, Source: "exits"}, RuleExitCount, RuleNoExit)
	line.Limit = max(line.Limit, 1)
	if lim.People == 0 && exits > 0 {
		line.Verdict = AuditUnsaid
	}
	line = add(AuditLine{Value: width, Limit: lim.People * exitMM, Unit: Length, Source: "exit_width"}, RuleExitWidth)
	if lim.People == 0 {
		line.Verdict = AuditUnsaid
	}
	far := 0
	if exits > 0 {
		for _, w := range p.Distances() {
			far = max(far, w.Exit)
		}
	}
	line = add(AuditLine{Value: far, Limit: lim.ExitReach, Unit: Length, Most: true, Own: own.ExitReach != 0, Source: "exit_reach"}, RuleExitReach)
	if exits == 0 {
		line.Verdict = AuditUnsaid
	}
	line = add(AuditLine{Limit: lim.Passage, Unit: NoUnit, Own: own.Passage != 0, Source: "passage"}, RuleEnclosed, RuleClosed)
	if exits == 0 && line.Verdict == AuditKept {
		line.Verdict = AuditUnsaid
	}
	line = add(AuditLine{Value: worst(0, true, RuleDeadEnd), Limit: lim.DeadEnd, Unit: Length, Most: true, Own: own.DeadEnd != 0, Source: "dead_end"}, RuleDeadEnd)
	if exits == 0 || lim.NoDeadEnds {
		line.Verdict = AuditUnsaid
	}
	add(AuditLine{Limit: lim.ExitClear, Unit: NoUnit, Own: own.ExitClear != 0, Source: "exit_clear"}, RuleDoorBlocked, RuleDoorOff)
	accessible := slices.ContainsFunc(p.Booths, func(b Booth) bool { return b.Accessible })
	line = add(AuditLine{Limit: lim.Route, Unit: NoUnit, Own: own.Route != 0, Source: "route"}, RuleWheelchair, RuleRouteBlocked)
	if !accessible && len(p.Routes) == 0 {
		line.Verdict = AuditUnsaid
	}
	give, take, known := 0, 0, true
	for i := range p.Services {
		if s := &p.Services[i]; s.Kind == PowerPoint {
			give, known = give+s.Watts, known && s.Watts > 0
		}
	}
	for i := range p.Booths {
		take += p.Booths[i].PowerW
	}
	line = add(AuditLine{Value: take, Limit: give, Unit: Watts, Most: true, Source: "own"}, RuleLoad)
	if !known || give == 0 {
		line.Verdict = AuditUnsaid
	}
	add(AuditLine{Value: worst(0, true, RuleCable), Limit: lim.Cable, Unit: Length, Most: true, Own: own.Cable != 0, Source: "own"}, RuleCable)
	add(AuditLine{Unit: Pieces, Most: true, Source: "own"}, RuleOverlap, RuleOutside, RuleColumn, RuleWall)
	for i := range out { // what counts breaches measures how many there are
		if out[i].Unit == Pieces && out[i].Most {
			out[i].Value = out[i].Broken
		}
	}
	return out
}
