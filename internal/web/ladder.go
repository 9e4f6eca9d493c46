package web

import (
	"strings"

	"muntija/internal/calendar"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
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

func ladderIn(w words, party place.Country, s *programme.Standing) *ladderView {
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
	return v
}

// paperName names what proves a rung: a paper of the form, or something that the registration itself shows.
func paperName(w words, kind string) string {
	if key := "ladder.evidence." + kind; w.Has(key) {
		return w.T(key)
	}
	return w.code("formal_kind", string(registry.FormalKind(kind)))
}
