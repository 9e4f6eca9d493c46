package web

import (
	"errors"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/web/render"
)

var setupRoutes = []route{
	{method: "GET", path: "/setup/:token", handle: (*Server).setupPage},
	{method: "POST", path: "/setup/:token", handle: (*Server).setUp},
}

func faultOf(err error) *fault.Error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.Internal, "error.internal")
}

func setupBody() render.Setup {
	var b render.Setup
	for _, c := range place.Countries() {
		b.Parties = append(b.Parties, string(c))
	}
	return b
}

// setupPage opens with the one-time link that the terminal printed.
func (s *Server) setupPage(r *request) error {
	v, err := s.svc.People.Link(r.ctx(), r.c.Params("token"))
	if err != nil {
		return err
	}
	if v.Kind != auth.FirstSetUp {
		return fault.New(fault.NotFound, "auth.link.invalid")
	}
	return r.page(0, "auth/setup", &render.Form{}, setupBody())
}

// setUp makes the first administrator.
func (s *Server) setUp(r *request) error {
	in, ps := intake.DecodeUser(r.values())
	pw, more := intake.DecodeNewPassword(r.values())
	ps = append(ps, more...)
	ps = append(ps, pw.Check(intake.Context{})...)
	redraw := func(ps fault.Problems) error {
		return r.page(422, "auth/setup", &render.Form{Values: in.Values(), Problems: ps}, setupBody())
	}
	if _, err := s.svc.People.Link(r.ctx(), r.c.Params("token")); err != nil {
		return err
	}
	if ps.Err() != nil {
		for _, p := range s.svc.People.SetupProblems(in, pw.New) { // all that is wrong at once
			if len(ps.On(p.Field)) == 0 {
				ps = append(ps, p)
			}
		}
		return redraw(ps)
	}
	err := s.svc.People.Setup(r.ctx(), r.c.Params("token"), in, pw.New, s.clientAddress(r.c))
	if ps, ok := problems(err); ok {
		return redraw(ps)
	} else if err != nil {
		return err
	}
	return r.redirect("/signin", "success", "flash.set_up")
}
