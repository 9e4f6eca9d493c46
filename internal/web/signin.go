package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// peopleRoutes are the routes of people: the way in (this file, setup.go, link.go), one's own account (account.go), the accounts of a party (user.go), the
// record of what was done (audit.go).
var peopleRoutes = slices.Concat([]route{
	{method: "GET", path: "/signin", handle: (*Server).signInPage},
	{method: "POST", path: "/signin", handle: (*Server).signIn},
	{method: "GET", path: "/signin/second", handle: (*Server).secondPage},
	{method: "POST", path: "/signin/second", handle: (*Server).second},
	{method: "POST", path: "/signout", handle: (*Server).signOut},
}, setupRoutes, linkRoutes, accountRoutes, userRoutes, userWorkRoutes, auditRoutes)

func (s *Server) signInPage(r *request) error {
	if r.session != nil {
		if r.session.Pending {
			return r.c.Redirect("/signin/second", fiber.StatusSeeOther)
		}
		return r.c.Redirect(r.next(), fiber.StatusSeeOther)
	}
	return s.drawSignIn(r, 0, &render.Form{})
}

func (s *Server) drawSignIn(r *request, status int, form *render.Form) error {
	empty, err := s.svc.People.SetupNeeded(r.ctx())
	if err != nil {
		return err
	}
	return r.page(status, "auth/signin", form, render.SignIn{Demo: s.o.Demo, Setup: empty})
}

// next is where to go on after signing in: a path of this site, and not one of the way in.
func (r *request) next() string {
	p := localPath(strings.Join(r.query()["next"], ""), "/")
	if p == "/signin" || strings.HasPrefix(p, "/signin/") || strings.HasPrefix(p, "/signin?") {
		return "/"
	}
	return p
}

// signIn takes address and password. Whatever is wrong, the page says the same.
func (s *Server) signIn(r *request) error {
	in, ps := intake.DecodeSignIn(r.values())
	email, _, more := in.Check(intake.Context{})
	if ps = append(ps, more...); ps.Err() != nil {
		return s.drawSignIn(r, 422, &render.Form{Values: in.Values(), Problems: ps})
	}
	done, err := s.svc.People.SignIn(r.ctx(), email, in.Password, s.clientAddress(r.c), r.c.Get("User-Agent"), r.token)
	if status, ps, ok := formProblems(err); ok {
		return s.drawSignIn(r, status, &render.Form{Values: in.Values(), Problems: ps})
	} else if err != nil {
		return err
	}
	r.startSession(done)
	if done.NeedSecondFactor {
		to := "/signin/second"
		if n := r.next(); n != "/" {
			to += "?next=" + url.QueryEscape(n)
		}
		return r.c.Redirect(to, fiber.StatusSeeOther)
	}
	return r.c.Redirect(r.next(), fiber.StatusSeeOther)
}

// startSession gives the browser the session's token, for as long as a session of the role can last: on a phone the tab of a draft is closed and opened
// again. The server ends it earlier when it is idle.
func (r *request) startSession(done *service.SignedIn) {
	_, life := auth.Lifetime(done.Account.Role)
	r.s.setCookie(r.c, sessionCookie, done.Token, life)
	r.s.setCookie(r.c, guestCookie, "", -1)
}

// formProblems turns what a person did wrong into problems of the form: a wrong password or code, or too many of them (Limited, shown in the form with how long to
// wait). It reports false for every other error.
func formProblems(err error) (status int, ps fault.Problems, ok bool) {
	if ps, ok := problems(err); ok {
		return 422, ps, true
	}
	if fault.Is(err, fault.Limited) {
		f := faultOf(err)
		return 429, fault.Problems{{Key: f.Key, Args: f.Args}}, true
	}
	return 0, nil, false
}

func (s *Server) secondPage(r *request) error {
	if r.session == nil {
		return r.toSignIn()
	}
	if !r.session.Pending {
		return r.c.Redirect(r.next(), fiber.StatusSeeOther)
	}
	return r.page(0, "auth/second", &render.Form{}, nil)
}

func (s *Server) second(r *request) error {
	if r.session == nil || !r.session.Pending {
		return r.c.Redirect("/signin", fiber.StatusSeeOther)
	}
	in, ps := intake.DecodeSecondFactor(r.values())
	_, _, more := in.Check(intake.Context{})
	if ps = append(ps, more...); ps.Err() != nil {
		return r.page(422, "auth/second", &render.Form{Problems: ps}, nil)
	}
	done, err := s.svc.People.SecondFactor(r.ctx(), r.token, in.Code, s.clientAddress(r.c))
	if status, ps, ok := formProblems(err); ok {
		return r.page(status, "auth/second", &render.Form{Problems: ps}, nil)
	} else if fault.Is(err, fault.Unauthenticated) {
		return r.redirect("/signin", "warning", "flash.signin_again")
	} else if err != nil {
		return err
	}
	r.startSession(done)
	return r.c.Redirect(r.next(), fiber.StatusSeeOther)
}

// signOut ends the session and makes the browser forget what it holds of this site.
func (s *Server) signOut(r *request) error {
	if err := s.svc.People.SignOut(r.ctx(), r.token, s.clientAddress(r.c)); err != nil {
		return err
	}
	s.setCookie(r.c, sessionCookie, "", -1)
	r.c.Set("Clear-Site-Data", `"cache"`) // not "storage": drafts that wait for a signal are kept there, encrypted
	return r.redirect("/signin", "success", "flash.signed_out")
}
