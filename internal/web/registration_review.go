package web

import (
	"errors"

	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/web/render"
)

// reviewPage is the Body of registration/review: everything that stands between a draft and its handing in.
type reviewPage struct {
	registrationHead
	Version    int64
	Refused    string // why the last try was refused; "" if there was none
	Problems   []reviewProblem
	Warnings   []reviewProblem
	Duplicates []duplicateView
	Known      knownView
	Checklist  *criteriaList
	Missing    []string
	Groups     []reviewGroup
	Changes    []reviewChange // an amendment: what it changes
	Ready      bool           // nothing blocks
	Papers     int
	VisitCount int
}

// reviewProblem is one problem with the way to its field.
type reviewProblem struct{ Step, Label, Text, URL string }

type reviewGroup struct {
	Step, URL string
	Values    []reviewValue
}

type reviewValue struct {
	Label string
	shownValue
}

type reviewChange struct {
	Label    string
	Old, New shownValue
}

func (s *Server) reviewRegistration(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawReview(r, id, 0, nil)
}

// drawReview draws the review; refused is why the draft was not handed in.
func (s *Server) drawReview(r *request, id int64, status int, refused error) error {
	ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	w := r.words()
	p := reviewPage{registrationHead: r.head(ed, "review"), Version: ed.Version, Duplicates: duplicatesOf(r, ed.Duplicates, "review"),
		Checklist: r.checklist(id, "", ed.Checklist, ed.Set), Missing: missingPapers(ed.Checklist, w.Lang()), VisitCount: len(ed.Visits)}
	known, err := s.svc.Families.KnownAlready(r.ctx(), r.actor, id, "", nil)
	if err != nil {
		return err
	}
	known.Numbers = nil // shown already
	p.Known = r.known(known)
	for _, d := range ed.Documents {
		if d.RemovedAt.IsZero() {
			p.Papers++
		}
	}
	for _, x := range ed.Problems {
		item := reviewProblem{Step: intake.StepOf(x.Field), Text: w.T(x.Key, x.Args...)}
		if item.Step != "" {
			item.Label = w.label(x.Field)
			item.URL = stepURL(id, item.Step) + "?check=1#" + problemID(x.Field)
		}
		if x.Severity == fault.Blocking {
			p.Problems = append(p.Problems, item)
		} else {
			p.Warnings = append(p.Warnings, item)
		}
	}
	p.Ready = len(p.Problems) == 0
	for _, d := range p.Duplicates {
		p.Ready = p.Ready && !d.Exclusive
	}
	ctx := r.intakeContext(0)
	record, _ := ed.Form.Check(ctx)
	p.Groups = r.reviewGroups(id, &record)
	if p.Amendment {
		changes := registry.Diff(&ed.Family.Record, &record)
		for _, c := range changes {
			p.Changes = append(p.Changes, reviewChange{w.label(c.Path), w.value(c.Path, c.Old), w.value(c.Path, c.New)})
		}
		p.Ready = p.Ready && len(changes) > 0
	}
	var f *fault.Error
	if errors.As(refused, &f) {
		p.Refused = w.T(f.Key, f.Args...)
		if f.Kind == fault.Invalid {
			p.Refused = w.T("registration.refused")
		}
	}
	return r.page(status, "registration/review", nil, p)
}

// problemID is the id of the element that a problem is about on its step: the consents as a whole have none of their own.
func problemID(field string) string {
	if field == "consents" {
		field = "consents[0].given"
	}
	return render.FieldID(field)
}

// reviewGroups shows what will be handed in, by step. It is the person's own form: nothing in it is masked.
func (r *request) reviewGroups(id int64, record *registry.Record) []reviewGroup {
	w := r.words()
	at := map[string]int{}
	var out []reviewGroup
	for _, st := range intake.Steps(r.actor.Party) {
		at[st.Name] = len(out)
		out = append(out, reviewGroup{Step: st.Name, URL: stepURL(id, st.Name)})
	}
	for _, v := range record.Values() {
		i, ok := at[intake.StepOf(v.Path)]
		if !ok {
			continue
		}
		out[i].Values = append(out[i].Values, reviewValue{w.label(v.Path), w.value(v.Path, v.Text)})
	}
	kept := out[:0]
	for _, g := range out {
		if len(g.Values) > 0 {
			kept = append(kept, g)
		}
	}
	return kept
}
