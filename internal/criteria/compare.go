package criteria

import "muntija/internal/registry"

// Move is what a new version of a set would do to one family.
type Move uint8

// The moves. Only becoming eligible and ceasing to be are moves; the two overall answers say the rest.
const (
	Unchanged Move = iota
	Entered        // not eligible under the old version, eligible under the new
	Left           // eligible under the old version, not under the new
)

// Comparison runs two versions of a set side by side. Criteria that are the same in both are run once, first; when one of them already
// makes a family not eligible, nothing else can, so nothing else is run. It is immutable and safe for concurrent use.
type Comparison struct {
	shared     []pair  // hard in at least one version
	old, new   []*rule // hard criteria of one version only
	ageO, ageN Ref
}

type pair struct {
	r            *rule
	age          Ref
	inOld, inNew bool
}

// Compare prepares the preview of who would enter and who would leave.
func Compare(old, new *Program) *Comparison {
	c := &Comparison{ageO: old.ageOn, ageN: new.ageOn}
	byKey := map[string]*rule{}
	for i := range old.rules {
		byKey[old.rules[i].key] = &old.rules[i]
	}
	done := map[*rule]bool{}
	for i := range new.rules {
		n := &new.rules[i]
		o := byKey[n.key]
		if o == nil || done[o] {
			if n.c.Weight == Hard {
				c.new = append(c.new, n)
			}
			continue
		}
		done[o] = true
		if p := (pair{n, new.ageOn, o.c.Weight == Hard, n.c.Weight == Hard}); p.inOld && p.inNew {
			c.shared = append([]pair{p}, c.shared...) // those that can end the work come first
		} else if p.inOld || p.inNew {
			c.shared = append(c.shared, p)
		}
	}
	for i := range old.rules {
		if o := &old.rules[i]; !done[o] && o.c.Weight == Hard {
			c.old = append(c.old, o)
		}
	}
	return c
}

// Same reports whether the two versions decide alike for every family: then there is nothing to preview.
func (c *Comparison) Same() bool {
	if len(c.old)+len(c.new) > 0 {
		return false
	}
	for _, p := range c.shared {
		if p.inOld != p.inNew {
			return false
		}
	}
	return true
}

// Of returns what both versions say about a family and whether it would enter or leave. Waivers count in both versions.
func (c *Comparison) Of(f *Facts, waivers []registry.Waiver) (from, to Overall, m Move) {
	var wo, wn int
	for i := range c.shared {
		p := &c.shared[i]
		o, _ := p.r.outcome(f, p.age, waiverFor(waivers, p.r.c.Code), nil)
		s := severity(o)
		if p.inOld {
			wo = max(wo, s)
		}
		if p.inNew {
			wn = max(wn, s)
		}
		if wo == overallLevels-1 && wn == overallLevels-1 {
			return NotEligible, NotEligible, Unchanged
		}
	}
	wo = worse(wo, c.old, c.ageO, f, waivers)
	wn = worse(wn, c.new, c.ageN, f, waivers)
	from, to = overalls[wo], overalls[wn]
	switch {
	case from != Eligible && to == Eligible:
		m = Entered
	case from == Eligible && to != Eligible:
		m = Left
	}
	return from, to, m
}

func worse(w int, rules []*rule, age Ref, f *Facts, waivers []registry.Waiver) int {
	for i := range rules {
		if w == overallLevels-1 {
			break
		}
		o, _ := rules[i].outcome(f, age, waiverFor(waivers, rules[i].c.Code), nil)
		w = max(w, severity(o))
	}
	return w
}

// Overall runs only the hard criteria: the answer without its reasons.
func (p *Program) Overall(f *Facts, waivers []registry.Waiver) Overall {
	worst := 0
	for i := range p.rules {
		if r := &p.rules[i]; r.c.Weight == Hard && worst < overallLevels-1 {
			o, _ := r.outcome(f, p.ageOn, waiverFor(waivers, r.c.Code), nil)
			worst = max(worst, severity(o))
		}
	}
	return overalls[worst]
}
