package web

import (
	"muntija/internal/exhibition"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// Pages that a family opens on its phone by a link, without an account.
var guestRoutes = []route{
	{method: "GET", path: "/apply/:token", handle: (*Server).guestApplyForm},
	{method: "POST", path: "/apply/:token", handle: (*Server).guestApply},
	{method: "GET", path: "/answer/:token", handle: (*Server).guestAnswerForm},
	{method: "POST", path: "/answer/:token", handle: (*Server).guestAnswer},
	{method: "GET", path: "/feeds/:token", handle: (*Server).feed},
}

func (s *Server) drawGuestApply(r *request, status int, form *render.Form, g *service.Guest, refused string) error {
	b := r.applyPage(g.Exhibition, g.Call)
	b.Token, b.Family, b.Refused, b.Given = r.c.Params("token"), g.Name, refused, g.Participation != nil
	if g.Closed != nil {
		b.Closed, _ = r.refusal(g.Closed)
	}
	r.c.Set("Referrer-Policy", "no-referrer") // the address is the key
	r.c.Set("Cache-Control", "no-store")
	return r.page(status, "guest/apply", form, b)
}

func (s *Server) guestApplyForm(r *request) error {
	g, err := s.svc.Exhibitions.Guest(r.ctx(), "apply", r.c.Params("token"))
	if err != nil {
		return err
	}
	return s.drawGuestApply(r, 0, &render.Form{Values: map[string]string{"people": "1", "size": "2x2"}}, g, "")
}

// guestApply hands a family's own application in. A call that closed meanwhile refuses it, and what was typed stays on the page.
func (s *Server) guestApply(r *request) error {
	token := r.c.Params("token")
	in, bad := intake.DecodeApplication(r.values())
	err := bad.Err()
	if err == nil {
		err = s.svc.Exhibitions.ApplyByLink(r.ctx(), token, in, s.clientAddress(r.c))
	}
	form := &render.Form{Values: in.Values(), Lists: in.Sets()}
	status, refused := 0, ""
	if p, ok := problems(err); ok {
		form.Problems, status = p, 422
	} else if text, ok := r.refusal(err); ok {
		refused, status = text, 409
	} else if err != nil {
		return err
	}
	if status == 0 {
		return r.redirect("/apply/"+token, "success", "flash.guest_applied")
	}
	g, err := s.svc.Exhibitions.Guest(r.ctx(), "apply", token)
	if err != nil {
		return err
	}
	return s.drawGuestApply(r, status, form, g, refused)
}

// answerPage is the Body of guest/answer.
type answerPage struct {
	*applyPage
	P     *exhibition.Participation
	Open  bool
	Late  bool
	Hours []hoursLine
	Fee   string
	Pays  *feeLine
	Stand standView
}

func (s *Server) drawAnswer(r *request, status int, refused string) error {
	g, err := s.svc.Exhibitions.Guest(r.ctx(), "answer", r.c.Params("token"))
	if err != nil {
		return err
	}
	w := r.words()
	b := answerPage{applyPage: r.applyPage(g.Exhibition, nil), P: g.Participation, Hours: w.hours(g.Exhibition.Terms.Hours), Fee: w.fee(g.Fee.Fee), Pays: w.feeLine(g.Fee), Stand: w.stand(g.Stand)}
	b.Token, b.Family, b.Refused = r.c.Params("token"), g.Name, refused
	if first, last, ok := g.Exhibition.Terms.Run(g.Participation.Wave); ok {
		b.First, b.Last = first, last
	}
	b.Late = g.Participation.State == exhibition.Invited && s.svc.Now().After(g.Participation.Deadline)
	b.Open = g.Participation.State == exhibition.Invited && !b.Late && g.Exhibition.Open()
	r.c.Set("Referrer-Policy", "no-referrer")
	r.c.Set("Cache-Control", "no-store")
	return r.page(status, "guest/answer", &render.Form{}, b)
}

func (s *Server) guestAnswerForm(r *request) error { return s.drawAnswer(r, 0, "") }

func (s *Server) guestAnswer(r *request) error {
	token := r.c.Params("token")
	answer := r.value("answer")
	if answer != "accept" && answer != "decline" {
		return s.drawAnswer(r, 422, "")
	}
	state, err := s.svc.Exhibitions.AnswerByLink(r.ctx(), token, answer == "accept", s.clientAddress(r.c))
	if text, ok := r.refusal(err); ok {
		return s.drawAnswer(r, 409, text)
	}
	if err != nil {
		return err
	}
	if state == exhibition.Waiting {
		return r.redirect("/answer/"+token, "warning", "flash.last_taken")
	}
	return r.redirect("/answer/"+token, "success", "flash.guest_answered")
}
