package web

import (
	"html/template"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var accountRoutes = []route{
	{method: "GET", path: "/account", access: signedIn, handle: (*Server).account},
	{method: "GET", path: "/account/password", access: signedIn, handle: (*Server).passwordPage},
	{method: "POST", path: "/account/password", access: signedIn, handle: (*Server).changePassword},
	{method: "GET", path: "/account/factor", access: signedIn, handle: (*Server).factorPage},
	{method: "POST", path: "/account/factor", access: signedIn, handle: (*Server).factor},
	{method: "POST", path: "/account/sessions/end", access: signedIn, handle: (*Server).endSession},
	{method: "POST", path: "/account/sessions/others", access: signedIn, handle: (*Server).endOtherSessions},
}

// accountBody is the Body of account/show.
type accountBody struct {
	Me       *service.Account
	Role     string   // message key
	Areas    []string // names; nil for all
	Sessions []service.SessionView
	Others   bool // there are sessions besides this one
	Locales  []render.Option
}

// account is the person's own page: who they are to the system, language, password, second factor, where they are signed in.
func (s *Server) account(r *request) error {
	me, err := s.svc.People.Me(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	sessions, err := s.svc.People.Sessions(r.ctx(), r.actor, r.session.Hash)
	if err != nil {
		return err
	}
	body := accountBody{Me: me, Role: "auth.role." + string(me.Role), Areas: r.areaNames(me.Areas), Sessions: sessions, Others: len(sessions) > 1, Locales: r.localeOptions()}
	return r.page(0, "account/show", &render.Form{Values: map[string]string{"locale": me.Locale}}, body)
}

// localeOptions are the languages, each named in itself.
func (r *request) localeOptions() []render.Option {
	loc := r.s.pages.Locale(r.locale)
	var out []render.Option
	for _, l := range service.Locales {
		out = append(out, render.Option{Value: l, Label: loc.T("enum.locale." + l)})
	}
	return out
}

// areaNames are the names of areas in the person's language; nil for all areas.
func (r *request) areaNames(a auth.AreaSet) []string {
	w := r.words()
	var out []string
	for _, code := range a.Codes() {
		out = append(out, w.area(code))
	}
	return out
}

func (s *Server) passwordPage(r *request) error {
	return r.page(0, "account/password", &render.Form{}, nil)
}

func (s *Server) changePassword(r *request) error {
	in, ps := intake.DecodePasswordChange(r.values())
	if ps = append(ps, in.Check(intake.Context{})...); ps.Err() != nil {
		return r.page(422, "account/password", &render.Form{Problems: ps}, nil)
	}
	err := s.svc.People.ChangePassword(r.ctx(), r.actor, r.session.Hash, in.Current, in.New)
	if status, ps, ok := formProblems(err); ok {
		return r.page(status, "account/password", &render.Form{Problems: ps}, nil)
	} else if err != nil {
		return err
	}
	return r.redirect("/account", "success", "flash.password_changed")
}

// factorBody is the Body of account/factor: one of the two.
type factorBody struct {
	Enrol *service.Enrolment // the factor is being turned on
	App   template.URL       // opens the authenticator app of a phone: our own text, and a scheme that templates do not know
	Me    *service.Account
}

func (s *Server) factorPage(r *request) error { return s.drawFactor(r, 0, "", nil) }

func (s *Server) drawFactor(r *request, status int, ticket string, ps fault.Problems) error {
	me, err := s.svc.People.Me(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	body := factorBody{Me: me}
	if !me.SecondFactor {
		if body.Enrol, err = s.svc.People.EnrolTOTP(r.ctx(), r.actor, ticket); err != nil {
			return err
		}
		body.App = template.URL(body.Enrol.URI) //nolint:gosec // made by package auth, the address in it escaped
	}
	return r.page(status, "account/factor", &render.Form{Problems: ps}, body)
}

// factor does what the button "do" says: on, off, or new recovery codes. Each asks for the password and a code. Codes are shown in the answer itself and
// nowhere again.
func (s *Server) factor(r *request) error {
	in, ps := intake.DecodeSecondFactor(r.values())
	_, _, more := in.Check(intake.Context{})
	ps = append(ps, more...)
	password := r.value("current_password")
	switch {
	case password == "":
		ps.Add("current_password", "problem.required")
	case len(password) > 4096:
		ps.Add("current_password", "problem.too_long", auth.MaxPassword)
	}
	if ps.Err() != nil {
		return s.drawFactor(r, 422, r.value("ticket"), ps)
	}
	var codes []string
	var err error
	switch r.value("do") {
	case "on":
		codes, err = s.svc.People.ConfirmTOTP(r.ctx(), r.actor, r.session.Hash, r.value("ticket"), in.Code, password)
	case "codes":
		codes, err = s.svc.People.RenewRecoveryCodes(r.ctx(), r.actor, in.Code, password)
	case "off":
		err = s.svc.People.DisableTOTP(r.ctx(), r.actor, in.Code, password)
	default:
		return s.drawFactor(r, 422, r.value("ticket"), fault.Problems{{Key: "problem.broken_form"}})
	}
	if status, ps, ok := formProblems(err); ok {
		return s.drawFactor(r, status, r.value("ticket"), ps)
	} else if err != nil {
		return err
	}
	if codes == nil {
		return r.redirect("/account", "success", "flash.factor_off")
	}
	return r.page(0, "account/codes", nil, codes)
}

func (s *Server) endSession(r *request) error {
	if err := s.svc.People.EndSession(r.ctx(), r.actor, r.value("session")); err != nil {
		return err
	}
	return r.redirect("/account", "success", "flash.session_ended")
}

func (s *Server) endOtherSessions(r *request) error {
	if err := s.svc.People.EndOtherSessions(r.ctx(), r.actor, r.session.Hash); err != nil {
		return err
	}
	return r.redirect("/account", "success", "flash.sessions_ended")
}
