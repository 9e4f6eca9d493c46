package web

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

var userRoutes = []route{
	{method: "GET", path: "/users", access: permit, action: auth.UserList, handle: (*Server).users},
	{method: "GET", path: "/users/new", access: permit, action: auth.UserManage, handle: (*Server).newUser},
	{method: "POST", path: "/users/new", access: permit, action: auth.UserManage, handle: (*Server).inviteUser},
	{method: "GET", path: "/users/other", access: permit, action: auth.UserManage, handle: (*Server).newOther},
	{method: "POST", path: "/users/other", access: permit, action: auth.UserManage, handle: (*Server).inviteOther},
	{method: "GET", path: "/users/:id", access: permit, action: auth.UserList, handle: (*Server).user},
	{method: "POST", path: "/users/:id", access: permit, action: auth.UserManage, handle: (*Server).updateUser},
	{method: "POST", path: "/users/:id/close", access: permit, action: auth.UserManage, handle: (*Server).closeUser},
	{method: "POST", path: "/users/:id/open", access: permit, action: auth.UserManage, handle: (*Server).openUser},
	{method: "POST", path: "/users/:id/link", access: permit, action: auth.UserManage, handle: (*Server).resetUser},
	{method: "POST", path: "/users/:id/sessions", access: permit, action: auth.UserManage, handle: (*Server).endUserSessions},
	{method: "POST", path: "/users/:id/factor", access: permit, action: auth.UserManage, handle: (*Server).clearFactor},
	{method: "POST", path: "/users/:id/unlock", access: permit, action: auth.UserManage, handle: (*Server).unlockUser},
}

// accountStates are the states of accounts in the order of the filter, with their badge.
var accountStates = []struct{ name, icon, tone string }{{"active", "circle-check", "good"}, {"invited", "mail", "wait"}, {"closed", "lock", "off"}}

func (r *request) accountBadge(a *service.Account) render.Badge {
	for _, s := range accountStates {
		if s.name == a.State() {
			return render.Badge{Text: r.s.pages.Locale(r.locale).T("enum.account_state." + s.name), Icon: s.icon, Tone: s.tone}
		}
	}
	return render.Badge{Text: a.State()}
}

// usersBody is the Body of user/list.
type usersBody struct {
	Rows          []userRow
	Roles, States []render.Option
	Pager         render.Pager
	Filtered      bool
	Other         place.Country // the other party, while it has no account and one may be made; else ""
}

type userRow struct {
	service.Account
	Role  string // message key
	Areas []string
	State render.Badge
}

// users lists the accounts of the party.
func (s *Server) users(r *request) error {
	q := r.query()
	first := func(name string) string { return strings.TrimSpace(strings.Join(q[name], " ")) }
	query := service.UserQuery{Text: first("q"), Role: auth.Role(first("role")), State: first("state")}
	if len(query.Text) > 200 {
		query.Text = strings.ToValidUTF8(query.Text[:200], "")
	}
	if !query.Role.Valid() {
		query.Role = ""
	}
	form := &render.Form{Values: map[string]string{"q": query.Text, "role": string(query.Role)}}
	body := usersBody{Roles: r.roleOptions()}
	known := false
	for _, st := range accountStates {
		body.States = append(body.States, render.Option{Value: st.name, Label: s.pages.Locale(r.locale).T("enum.account_state." + st.name)})
		known = known || st.name == query.State
	}
	if !known {
		query.State = ""
	}
	form.Values["state"] = query.State
	query.After, _ = strconv.ParseInt(first("after"), 10, 64)
	page, err := s.svc.People.Users(r.ctx(), r.actor, query)
	if err != nil {
		return err
	}
	for i := range page.Rows {
		a := &page.Rows[i]
		body.Rows = append(body.Rows, userRow{Account: *a, Role: "auth.role." + string(a.Role), Areas: r.areaNames(a.Areas), State: r.accountBadge(a)})
	}
	body.Filtered = query.Text != "" || query.Role != "" || query.State != ""
	link := func(after int64) string {
		v := url.Values{}
		for name, value := range form.Values {
			if value != "" {
				v.Set(name, value)
			}
		}
		if after != 0 {
			v.Set("after", strconv.FormatInt(after, 10))
		}
		if len(v) == 0 {
			return "/users"
		}
		return "/users?" + v.Encode()
	}
	body.Pager.Total = page.Total
	if page.Next != 0 {
		body.Pager.Next = link(page.Next)
	}
	if query.After != 0 {
		body.Pager.First = link(0)
	}
	empty, err := s.svc.People.OtherIsEmpty(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	if empty {
		body.Other = r.actor.Party.Other()
	}
	return r.page(0, "user/list", form, body)
}

func (r *request) roleOptions() []render.Option {
	loc := r.s.pages.Locale(r.locale)
	var out []render.Option
	for _, role := range auth.Roles() {
		out = append(out, render.Option{Value: string(role), Label: loc.T("auth.role." + string(role)), Hint: loc.T("hint.role." + string(role))})
	}
	return out
}

func (r *request) areaOptions(party place.Country) []render.Option {
	w := r.words()
	var out []render.Option
	for _, a := range place.Areas(party) {
		out = append(out, render.Option{Value: a.Code, Label: w.area(a.Code)})
	}
	return out
}

// userFormBody is the Body of user/new and the form's part of user/show.
type userFormBody struct {
	RoleChoices, AreaChoices, LocaleChoices []render.Option
	Other                                   place.Country // the form is for the first administrator of this other party
}

func (r *request) userForm(other place.Country) userFormBody {
	return userFormBody{RoleChoices: r.roleOptions(), AreaChoices: r.areaOptions(r.actor.Party), LocaleChoices: r.localeOptions(), Other: other}
}

func (s *Server) newUser(r *request) error {
	return r.page(0, "user/new", &render.Form{Values: map[string]string{"locale": service.Locales[0]}}, r.userForm(""))
}

func (s *Server) newOther(r *request) error {
	empty, err := s.svc.People.OtherIsEmpty(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	if !empty {
		return fault.New(fault.State, "people.other_has_users")
	}
	return r.page(0, "user/new", &render.Form{Values: map[string]string{"locale": service.Locales[0]}}, r.userForm(r.actor.Party.Other()))
}

func (s *Server) inviteUser(r *request) error { return s.invite(r, "", s.svc.People.Invite) }

func (s *Server) inviteOther(r *request) error {
	return s.invite(r, r.actor.Party.Other(), s.svc.People.InviteOther)
}

type inviting = func(ctx context.Context, actor auth.Actor, in *intake.User, w service.Write) (*service.Handover, error)

func (s *Server) invite(r *request, other place.Country, do inviting) error {
	in, ps := intake.DecodeUser(r.values())
	in.Party = "" // the use-case says whose it is
	redraw := func(ps fault.Problems) error {
		return r.page(422, "user/new", &render.Form{Values: in.Values(), Lists: in.Sets(), Problems: ps}, r.userForm(other))
	}
	if ps.Err() != nil {
		return redraw(ps)
	}
	link, err := do(r.ctx(), r.actor, in, r.write())
	if ps, ok := problems(err); ok {
		return redraw(ps)
	} else if err != nil {
		return err
	}
	return s.drawHandover(r, link, in.Name, other)
}

// handoverBody is the Body of user/link: a one-time link, shown in the answer itself and nowhere again.
type handoverBody struct {
	*service.Handover
	Name, URL string
	Reset     bool
	Other     place.Country
}

func (s *Server) drawHandover(r *request, link *service.Handover, name string, other place.Country) error {
	body := handoverBody{Handover: link, Name: name, Reset: link.Kind == auth.PasswordReset, Other: other}
	if link.Token != "" {
		body.URL = s.baseURL(r.c) + "/link/" + link.Token
	}
	return r.page(0, "user/link", nil, body)
}

// userBody is the Body of user/show.
type userBody struct {
	*service.UserView
	userFormBody
	RoleKey string
	Badge   render.Badge
	Areas   []string         // names; nil for all
	Theirs  *service.Account // after a clash: what is on file now
	Changes []shownChange    // after a clash: on file → typed
	Held    int              // families that they look after and reviews that they have under way
	Left    int              // of Held, what nobody can finish as things stand
}

func (s *Server) user(r *request) error { return s.drawUser(r, 0, nil) }

// drawUser draws an account's page. form is what was typed; nil shows what is stored.
func (s *Server) drawUser(r *request, status int, form *render.Form) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.People.User(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	body := userBody{UserView: v, userFormBody: r.userForm(""), RoleKey: "auth.role." + string(v.Role), Badge: r.accountBadge(&v.Account), Areas: r.areaNames(v.Account.Areas)}
	if form == nil {
		form = formOf(&v.Account)
	} else if status == 409 {
		body.Changes = r.clash(formOf(&v.Account), form)
	}
	form.Disabled = !v.Manage
	if auth.Can(r.actor, auth.WorkHandOver) {
		w, err := s.svc.People.OpenWork(r.ctx(), r.actor, id, service.Choice{})
		if err != nil {
			return err
		}
		body.Held, body.Left = w.Held(), w.Left()
	}
	return r.page(status, "user/show", form, body)
}

func formOf(a *service.Account) *render.Form {
	f := &render.Form{Values: map[string]string{"name": a.Name, "email": a.Email, "role": string(a.Role), "locale": a.Locale}, Lists: map[string][]string{"areas": a.Areas.Codes()}}
	if a.Areas.All() {
		f.Values["all_areas"] = "yes"
	}
	return f
}

// clash lists the fields in which what is on file differs from what was typed, for the person to choose.
func (r *request) clash(stored, typed *render.Form) []shownChange {
	var out []shownChange
	value := func(f *render.Form, name string) string {
		if name != "areas" {
			return f.Values[name]
		}
		if f.Values["all_areas"] == "yes" {
			return auth.AllAreas().String()
		}
		return auth.SomeAreas(f.Lists["areas"]...).String()
	}
	for _, name := range []string{"name", "email", "role", "areas", "locale"} {
		if a, b := value(stored, name), value(typed, name); a != b {
			out = append(out, r.accountChange(name, a, b))
		}
	}
	return out
}

// updateUser saves the form. Two administrators at once: the second sees both values and saves again, or leaves it.
func (s *Server) updateUser(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, ps := intake.DecodeUser(r.values())
	in.Party = ""
	form := &render.Form{Values: in.Values(), Lists: in.Sets(), Problems: ps}
	if ps.Err() != nil {
		return s.drawUser(r, 422, form)
	}
	err = s.svc.People.UpdateUser(r.ctx(), r.actor, id, in, r.write())
	if ps, ok := problems(err); ok {
		form.Problems = ps
		return s.drawUser(r, 422, form)
	} else if fault.Is(err, fault.Stale) {
		return s.drawUser(r, 409, form)
	} else if err != nil {
		return err
	}
	return r.redirect("/users/"+strconv.FormatInt(id, 10), "success", "flash.user_saved")
}

func (s *Server) closeUser(r *request) error {
	return s.manageUser(r, "flash.user_closed", func(id int64) error { return s.svc.People.SetActive(r.ctx(), r.actor, id, false, r.write()) })
}

func (s *Server) openUser(r *request) error {
	return s.manageUser(r, "flash.user_opened", func(id int64) error { return s.svc.People.SetActive(r.ctx(), r.actor, id, true, r.write()) })
}

func (s *Server) endUserSessions(r *request) error {
	return s.manageUser(r, "flash.sessions_ended", func(id int64) error { return s.svc.People.EndSessions(r.ctx(), r.actor, id, r.write()) })
}

func (s *Server) clearFactor(r *request) error {
	return s.manageUser(r, "flash.factor_cleared", func(id int64) error { return s.svc.People.ClearSecondFactor(r.ctx(), r.actor, id, r.write()) })
}

func (s *Server) unlockUser(r *request) error {
	return s.manageUser(r, "flash.unlocked", func(id int64) error { return s.svc.People.Unlock(r.ctx(), r.actor, id, r.write()) })
}

func (s *Server) manageUser(r *request, done string, do func(id int64) error) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		return err
	}
	return r.redirect("/users/"+strconv.FormatInt(id, 10), "success", done)
}

func (s *Server) resetUser(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	link, err := s.svc.People.ResetLink(r.ctx(), r.actor, id, r.write())
	if err != nil {
		return err
	}
	v, err := s.svc.People.User(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	return s.drawHandover(r, link, v.Name, "")
}
