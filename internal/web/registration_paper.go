package web

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/criteria"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

// beside is what the pages beside the form share: documents and visits belong to a family in every state, so the way through the form is shown only
// while there is a draft.
type beside struct {
	registrationHead
	Drafting bool // a draft is open: the pages of the form stand around
}

func (s *Server) beside(r *request, page string) (*service.FamilyView, beside, *service.Editing, error) {
	id, err := r.id("id")
	if err != nil {
		return nil, beside{}, nil, err
	}
	v, err := s.svc.Families.View(r.ctx(), r.actor, id)
	if err != nil {
		return nil, beside{}, nil, err
	}
	b := beside{registrationHead: registrationHead{ID: id, Name: v.Name, Number: v.Number, State: v.Status.State, Page: page}}
	if v.Can[auth.FamilyEdit] && (v.Status.State.Editable() || v.Drafting == store.DraftAmendment) {
		ed, err := s.svc.Families.Edit(r.ctx(), r.actor, id)
		if err == nil {
			b.registrationHead, b.Drafting = r.head(ed, page), true
			return v, b, ed, nil
		}
		if !fault.Is(err, fault.State) && !fault.Is(err, fault.Forbidden) {
			return nil, beside{}, nil, err
		}
	}
	return v, b, nil, nil
}

// documentsPage is the Body of registration/documents.
type documentsPage struct {
	beside
	Documents []registry.Document
	Missing   []string // titles of papers that the criteria ask for
	Types     []string
	MaxMB     int64
	CanAdd    bool
	CanRemove bool
}

func (s *Server) listDocuments(r *request) error { return s.drawDocuments(r, 0, nil) }

func (s *Server) drawDocuments(r *request, status int, form *render.Form) error {
	v, b, ed, err := s.beside(r, "documents")
	if err != nil {
		return err
	}
	p := documentsPage{beside: b, Types: intake.Choices("document_type", r.actor.Party), MaxMB: media.DefaultLimits().Bytes >> 20,
		CanAdd: v.Can[auth.DocumentAdd], CanRemove: v.Can[auth.DocumentRemove]}
	for _, d := range v.Documents {
		if d.RemovedAt.IsZero() {
			p.Documents = append(p.Documents, d)
		}
	}
	var a *criteria.Assessment
	switch {
	case ed != nil:
		a = ed.Checklist
	case v.Assessment != nil:
		a = v.Assessment.Result
	}
	p.Missing = missingPapers(a, s.pages.Locale(r.locale).Lang())
	return r.page(status, "registration/documents", form, p)
}

// missingPapers are the titles of papers that criteria wait for.
func missingPapers(a *criteria.Assessment, lang string) []string {
	if a == nil {
		return nil
	}
	var out []string
	for _, res := range a.Results {
		for _, m := range res.Missing {
			if title := m.Title().In(lang); strings.HasPrefix(m.Name(), "documents.") && !slices.Contains(out, title) {
				out = append(out, title)
			}
		}
	}
	return out
}

// addDocument takes one file with what is said about it.
func (s *Server) addDocument(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, ps := intake.DecodeDocument(r.values())
	_, more := in.Check(r.intakeContext(0))
	ps = append(ps, more.Blocking()...)
	redraw := func(status int) error {
		return s.drawDocuments(r, status, &render.Form{Values: in.Values(), Problems: ps})
	}
	file, status, err := r.paper(&ps)
	if err != nil {
		return err
	}
	if len(ps.Blocking()) > 0 {
		return redraw(status)
	}
	_, err = s.svc.Families.AddDocument(r.ctx(), r.actor, id, *in, file, r.write())
	if found, ok := problems(err); ok {
		ps = found
		return redraw(fiber.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return r.redirect(stepURL(id, "documents"), "success", "flash.document_added")
}

// ofFile turns what is wrong with an uploaded file into a problem of its field.
func ofFile(err error, ps *fault.Problems) (status int, ok bool) {
	kind := fault.KindOf(err)
	switch {
	case err == nil:
	case kind == fault.Invalid, kind == fault.TooLarge, kind == fault.Unsupported:
		var f *fault.Error
		if errors.As(err, &f) {
			ps.Add("file", f.Key, f.Args...)
			return statuses[kind], true
		}
	}
	return 0, false
}

// paper takes the uploaded file through package media. What is wrong with it, or its absence, is a problem of the field "file" and the status to answer with.
func (r *request) paper(ps *fault.Problems) (*media.File, int, error) {
	head, err := r.c.FormFile("file")
	if err != nil || head.Size == 0 {
		ps.Add("file", "problem.required")
	}
	if len(ps.Blocking()) > 0 {
		return nil, fiber.StatusUnprocessableEntity, nil
	}
	src, err := head.Open()
	if err != nil {
		return nil, 0, fmt.Errorf("opening an upload: %w", err)
	}
	defer src.Close()
	file, err := media.Process(r.ctx(), src, head.Filename, media.DefaultLimits())
	if status, ok := ofFile(err, ps); ok {
		return nil, status, nil
	}
	return file, 0, err
}

func (s *Server) removeDocument(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	document, err := r.id("document")
	if err != nil {
		return err
	}
	v, err := s.svc.Families.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(v.Documents, func(d registry.Document) bool { return d.ID == document }) {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if err := s.svc.Families.RemoveDocument(r.ctx(), r.actor, document, r.write()); err != nil {
		return err
	}
	return r.redirect(stepURL(id, "documents"), "success", "flash.document_removed")
}

// showDocument sends a paper.
func (s *Server) showDocument(r *request) error { return s.sendDocument(r, false) }

// showThumb sends the small picture of a paper.
func (s *Server) showThumb(r *request) error { return s.sendDocument(r, true) }

func (s *Server) sendDocument(r *request, thumb bool) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	d, body, err := s.svc.Families.Document(r.ctx(), r.actor, id, thumb)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	kind := d.MediaType
	if thumb {
		kind = media.JPEG
	}
	return r.sendPaper(kind, d.FileName, body)
}

// sendPaper sends what somebody uploaded: a picture to look at, anything else to be kept. Whatever it holds, it runs nothing: the policy has no source and a sandbox.
func (r *request) sendPaper(kind, name string, body []byte) error {
	disposition := "attachment"
	if kind == media.JPEG {
		disposition = "inline"
	}
	r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	r.c.Set("Content-Type", kind)
	r.c.Set("Content-Disposition", disposition+"; filename=\"document"+map[string]string{media.JPEG: ".jpg", media.PDF: ".pdf"}[kind]+
		"\"; filename*=UTF-8''"+strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
	return r.c.Send(body)
}

// visitsPage is the Body of registration/visits.
type visitsPage struct {
	beside
	Visits          []service.VisitView
	Kinds, Findings []string
	CanRecord       bool
}

func (s *Server) listVisits(r *request) error {
	return s.drawVisits(r, 0, &render.Form{Values: map[string]string{"date": typedDay(r.intakeContext(0).Today)}})
}

func (s *Server) drawVisits(r *request, status int, form *render.Form) error {
	v, b, _, err := s.beside(r, "visits")
	if err != nil {
		return err
	}
	p := visitsPage{beside: b, Visits: v.Visits, Kinds: intake.Choices("visit_kind", r.actor.Party), Findings: intake.Choices("finding", r.actor.Party),
		CanRecord: v.Can[auth.VisitRecord]}
	return r.page(status, "registration/visits", form, p)
}

func (s *Server) recordVisit(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, ps := intake.DecodeVisit(r.values())
	if len(ps.Blocking()) == 0 {
		err = s.svc.Families.RecordVisit(r.ctx(), r.actor, id, *in, r.write())
		if found, ok := problems(err); ok {
			ps = found
		} else if err != nil {
			return err
		}
	}
	if len(ps.Blocking()) > 0 {
		return s.drawVisits(r, fiber.StatusUnprocessableEntity, &render.Form{Values: in.Values(), Problems: ps})
	}
	return r.redirect(stepURL(id, "visits"), "success", "flash.visit_recorded")
}
