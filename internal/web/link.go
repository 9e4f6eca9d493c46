package web

import (
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var linkRoutes = []route{
	{method: "GET", path: "/link/:token", handle: (*Server).linkPage},
	{method: "POST", path: "/link/:token", handle: (*Server).acceptLink},
}

// link looks the one-time link of the address up: an invitation or a reset. The page speaks the language of the account unless the visitor chose another.
func (s *Server) link(r *request) (*service.LinkView, error) {
	v, err := s.svc.People.Link(r.ctx(), r.c.Params("token"))
	if err != nil {
		return nil, err
	}
	if v.Kind == auth.FirstSetUp {
		return nil, fault.New(fault.NotFound, "auth.link.invalid")
	}
	if r.session == nil && !locale.Valid(r.c.Cookies("locale")) && locale.Valid(v.Locale) {
		r.locale = v.Locale
	}
	return v, nil
}

func (s *Server) drawLink(r *request, status int, v *service.LinkView, ps fault.Problems) error {
	body := render.Invitation{Name: v.Name, Email: v.Email, Reset: v.Kind == auth.PasswordReset}
	return r.page(status, "auth/invitation", &render.Form{Problems: ps}, body)
}

func (s *Server) linkPage(r *request) error {
	v, err := s.link(r)
	if err != nil {
		return err
	}
	return s.drawLink(r, 0, v, nil)
}

// acceptLink sets the password.
func (s *Server) acceptLink(r *request) error {
	v, err := s.link(r)
	if err != nil {
		return err
	}
	in, ps := intake.DecodeNewPassword(r.values())
	if ps = append(ps, in.Check(intake.Context{})...); ps.Err() != nil {
		return s.drawLink(r, 422, v, ps)
	}
	err = s.svc.People.AcceptLink(r.ctx(), r.c.Params("token"), in.New, s.clientAddress(r.c))
	if ps, ok := problems(err); ok {
		return s.drawLink(r, 422, v, ps)
	} else if err != nil {
		return err
	}
	return r.redirect("/signin", "success", "flash.password_set")
}
