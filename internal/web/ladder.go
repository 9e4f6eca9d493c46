package web

import (
	"cmp"
	"slices"
	"strings"

	"muntija/internal/calendar"
	"muntija/internal/registry"
	"muntija/internal/service"
)

// ladderView is where a family stands between the informal economy and the formal one, in words.
type ladderView struct {
	Title      string // of the rung
	Protection string // "" if not for this person
	Cash       string // what climbing may do to the cash support that the household draws; "" if it draws none
	Steps      []ladderStep
	Renewals   []ladderPaper
}

type ladderStep struct {
	Title  string
	Icon   string
	Tone   string // good, bad, wait, off: as the criteria's list has them
	State  string // in words
	Held   string // what proves it
	On     calendar.Date
	Until  calendar.Date
	Needs  []string // what is still missing, each with its alternatives
	Effect string   // what the law gives and asks on this rung
}

type ladderPaper struct {
	Name  string
	Until calendar.Date
	Ended bool
}

func ladderIn(w words, f *service.FamilyView) *ladderView {
	s, party := f.Ladder, f.Party
	if s == nil {
		return nil
	}
	v := &ladderView{Title: w.T("ladder.rung." + s.Rung.Code())}
	if s.Protection != "" {
		v.Protection = w.code("protection", string(s.Protection))
	}
	if s.Cash {
		v.Cash = w.T("ladder.cash." + string(party))
	}
	next, climbs := s.Next()
	for _, step := range s.Steps {
		line := ladderStep{Title: w.T("ladder.rung." + step.Rung.Code()), On: step.On, Until: step.Until}
		var held []string
		for _, d := range step.Demands {
			var open []string
			for _, e := range d.OneOf {
				name := paperName(w, e.Kind)
				switch {
				case e.Held:
					held = append(held, name)
				case e.Asked:
					open = append(open, w.T("ladder.applied", name))
				default:
					open = append(open, name)
				}
			}
			if !d.Met() {
				line.Needs = append(line.Needs, strings.Join(open, " "+w.T("ladder.or")+" "))
			}
		}
		line.Held = w.join(held)
		switch {
		case step.Reached:
			line.Icon, line.Tone, line.State = "circle-check", "good", w.T("ladder.state.reached")
		case step.Lost:
			line.Icon, line.Tone, line.State = "circle-x", "bad", w.T("ladder.state.lost")
		case climbs && step.Rung == next.Rung:
			line.Icon, line.Tone, line.State = "arrow-up", "wait", w.T("ladder.state.next")
		default:
			line.Icon, line.Tone, line.State = "minus", "off", w.T("ladder.state.open")
		}
		if key := "ladder.effect." + string(party) + "." + step.Rung.Code(); w.Has(key) {
			line.Effect = w.T(key)
		}
		v.Steps = append(v.Steps, line)
	}
	for _, e := range s.Renewals {
		v.Renewals = append(v.Renewals, ladderPaper{paperName(w, e.Kind), e.Until, e.Ended})
	}
	// What ends by the file: papers of which no rung speaks, and the identity card.
	for _, e := range f.Ends {
		x := ladderPaper{paperName(w, e.Kind), e.Until, e.Until.Before(f.Today)}
		if !slices.ContainsFunc(v.Renewals, func(y ladderPaper) bool { return y.Until == x.Until && y.Name == x.Name }) {
			v.Renewals = append(v.Renewals, x)
		}
	}
	slices.SortStableFunc(v.Renewals, func(a, b ladderPaper) int { return cmp.Compare(a.Until, b.Until) })
	return v
}

// paperName names what proves a rung: a paper of the form, or something that the registration itself shows.
func paperName(w words, kind string) string {
	if key := "ladder.evidence." + kind; w.Has(key) {
		return w.T(key)
	}
	if registry.InList("document_type", kind) && !registry.InList("formal_kind", kind) {
		return w.code("document_type", kind)
	}
	return w.code("formal_kind", string(registry.FormalKind(kind)))
}
