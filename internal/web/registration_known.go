package web

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/registry"
	"muntija/internal/service"
)

// knownView is what the registry may hold already of who is being entered: while it is typed, and on the review.
type knownView struct {
	Numbers []duplicateView
	Likely  []likelyView
	Mark    string // fingerprint, so that an answer that says nothing new is not read out again
	Live    bool   // in place of the list above the form
}

// Count is how many families may be this one.
func (v knownView) Count() int { return len(v.Numbers) + len(v.Likely) }

// likelyView is one family that may be the one that is being entered.
type likelyView struct {
	URL, Name, Number, Area string
	State                   registry.State
	Sure                    string // message key: how likely
	Reasons                 string // in words, "" if the person may not know them
}

// knownSteps are the pages whose fields say who somebody is.
var knownSteps = []string{firstStep, "lead", "address"}

// Knows reports whether the page looks for who is being typed.
func (p *formPage) Knows() bool { return slices.Contains(knownSteps, p.Step) }

func (s *Server) knownNew(r *request) error {
	known, err := s.svc.Families.KnownAlready(r.ctx(), r.actor, 0, "", r.values())
	return r.drawKnown(known, err)
}

func (s *Server) knownStep(r *request) error {
	id, step, values, err := r.stepFields()
	if err != nil {
		return err
	}
	known, err := s.svc.Families.KnownAlready(r.ctx(), r.actor, id, step, values)
	return r.drawKnown(known, err)
}

// drawKnown answers with what is known, or with nothing if the page shows it already.
func (r *request) drawKnown(known *service.KnownAlready, err error) error {
	if err != nil {
		return err
	}
	v := r.known(known)
	v.Live = true
	if v.Mark == r.value("_known") {
		return r.c.SendStatus(fiber.StatusNoContent)
	}
	return r.fragment(0, "registration/form", "known-live", nil, v)
}

func (r *request) known(k *service.KnownAlready) knownView {
	w := r.words()
	v := knownView{Numbers: duplicatesOf(r, k.Numbers, "review")}
	h := fnv.New64a()
	for _, d := range v.Numbers {
		fmt.Fprintf(h, "%s %s %s\n", d.Kind, d.Number, d.URL)
	}
	for _, l := range k.Likely {
		x := likelyView{Area: w.area(l.Area), State: l.State, Sure: "likely.possible"}
		if l.Probability >= .9 {
			x.Sure = "likely.very"
		}
		if l.Visible {
			x.URL, x.Name, x.Number = "/families/"+itoa(l.FamilyID), l.Name, string(l.Number)
			var reasons []string
			for _, reason := range l.Reasons {
				reasons = append(reasons, w.T("likely.remark."+reason))
			}
			x.Reasons = strings.Join(reasons, w.comma())
		}
		fmt.Fprintf(h, "%s %s %s %s\n", x.URL, x.Area, x.Sure, x.Reasons)
		v.Likely = append(v.Likely, x)
	}
	if v.Count() > 0 {
		v.Mark = fmt.Sprintf("%x", h.Sum64())
	}
	return v
}
