package exhibition

import (
	"slices"
	"testing"
)

// An audit says of every rule what was measured, also where it is kept, and breaks where the checks do.
func TestAudit(t *testing.T) {
	p := NewPlan(40_000, 30_000)
	p.Doors = []Door{{ID: 1, Kind: BothWays, At: Point{20_000, 0}, Width: 3000}, {ID: 2, Kind: Exit, At: Point{20_000, 30_000}, Width: 2000}}
	if _, _, err := p.AddGrid(Grid{X: 4_000, Y: 6_000, Type: Stand3x3, Rows: 2, Columns: 6, Aisle: 4_000, Numbering: ByRow}); err != nil {
		t.Fatal(err)
	}
	line := func(rule PlanRule) AuditLine {
		list := p.Audit()
		i := slices.IndexFunc(list, func(l AuditLine) bool { return l.Rule == rule })
		if i < 0 {
			t.Fatalf("the audit lacks %s", rule)
		}
		return list[i]
	}
	if l := line(RuleGangway); l.Verdict != AuditKept || !l.AtLeast || l.Limit != 2100 {
		t.Errorf("wide gangways: %+v", l)
	}
	if l := line(RuleExitReach); l.Verdict != AuditKept || l.Value < 5_000 || l.Value > 40_000 || !l.Most {
		t.Errorf("the way out: %+v", l)
	}
	if l := line(RuleExitWidth); l.Verdict != AuditUnsaid || l.Value != 5_000 {
		t.Errorf("the width of the exits, the people not known: %+v", l)
	}
	p.Limits.People = 1_200
	if l := line(RuleExitWidth); l.Verdict != AuditBroken || l.Limit != 6_000 {
		t.Errorf("the width of the exits for 1,200 people: %+v", l)
	}
	if l := line(RuleExitCount); l.Verdict != AuditBroken || l.Value != 2 || l.Limit != 4 {
		t.Errorf("two exits for 1,200 people: %+v", l)
	}
	p.Booths[6].Y -= 2_500 // towards the first row
	if l := line(RuleGangway); l.Verdict != AuditBroken || l.Value > 1_600 || !slices.Contains(l.Codes, p.Booths[6].Code) && !slices.Contains(l.Codes, p.Booths[0].Code) {
		t.Errorf("a narrow gangway: %+v", l)
	}
}
