package web

import (
	"net/url"
	"slices"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

// outboxRoutes are what goes out by itself: events to other programs, messages to families.
var outboxRoutes = []route{
	{method: "GET", path: "/hooks", access: permit, action: auth.HookManage, handle: (*Server).hooks},
	{method: "POST", path: "/hooks", access: permit, action: auth.HookManage, handle: (*Server).addHook},
	{method: "GET", path: "/hooks/:id", access: permit, action: auth.HookManage, handle: (*Server).hook},
	{method: "POST", path: "/hooks/:id", access: permit, action: auth.HookManage, handle: (*Server).editHook},
	{method: "POST", path: "/hooks/:id/secret", access: permit, action: auth.HookManage, handle: (*Server).rotateHook},
	{method: "POST", path: "/hooks/:id/remove", access: permit, action: auth.HookManage, handle: (*Server).removeHook},
	{method: "POST", path: "/hooks/:id/ping", access: permit, action: auth.HookManage, handle: (*Server).pingHook},
	{method: "POST", path: "/hooks/:id/resend/:n", access: permit, action: auth.HookManage, handle: (*Server).resendEvent},
	{method: "GET", path: "/messages", access: permit, action: auth.MessageManage, handle: (*Server).messages},
	{method: "POST", path: "/messages/:id/resend", access: permit, action: auth.MessageManage, handle: (*Server).resendMessage},
	{method: "POST", path: "/message-refusals", access: permit, action: auth.MessageManage, handle: (*Server).refuseMessages},
	{method: "GET", path: "/message-templates", access: permit, action: auth.MessageManage, handle: (*Server).messageTemplate},
	{method: "POST", path: "/message-templates", access: permit, action: auth.MessageManage, handle: (*Server).putTemplate},
}

func hookURL(id int64) string { return "/hooks/" + strconv.FormatInt(id, 10) }

// hooksPage is the Body of outbox/hooks.
type hooksPage struct {
	Rows    []hookRow
	Kinds   []render.Option
	Refused string
}

type hookRow struct {
	service.HookView
	Told []string
	Dead int
	Wait int
	Sent int
}

func (r *request) hookRow(v service.HookView) hookRow {
	w := r.words()
	row := hookRow{HookView: v, Dead: v.Counts[store.OutDead], Wait: v.Counts[store.OutWaiting], Sent: v.Counts[store.OutSent]}
	for _, k := range v.Kinds {
		row.Told = append(row.Told, w.code("event", k))
	}
	return row
}

func (r *request) eventOptions() []render.Option {
	return optionsOf(r.words(), "event", asTexts(service.EventKinds()))
}

func (s *Server) hooks(r *request) error { return s.drawHooks(r, 0, &render.Form{}, "") }

func (s *Server) drawHooks(r *request, status int, form *render.Form, refused string) error {
	list, err := s.svc.Hooks.List(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	b := hooksPage{Kinds: r.eventOptions(), Refused: refused}
	for _, v := range list {
		b.Rows = append(b.Rows, r.hookRow(v))
	}
	return r.page(status, "outbox/hooks", form, b)
}

// hookSecretPage is the Body of outbox/secret.
type hookSecretPage struct {
	ID     int64
	Secret string
}

// addHook shows the new secret in the answer itself and nowhere again.
func (s *Server) addHook(r *request) error {
	in, bad := intake.DecodeHook(r.values())
	err := bad.Err()
	var made *service.MadeHook
	if err == nil {
		made, err = s.svc.Hooks.Add(r.ctx(), r.actor, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawHooks(r, 422, &render.Form{Values: in.Values(), Lists: in.Sets(), Problems: p}, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawHooks(r, 409, &render.Form{Values: in.Values(), Lists: in.Sets()}, text)
	}
	if err != nil {
		return err
	}
	return r.page(0, "outbox/secret", nil, hookSecretPage{made.ID, made.Secret})
}

// hookPage is the Body of outbox/hook.
type hookPage struct {
	hookRow
	Choices []render.Option
	States  []stateLink
	Sample  string
	Refused string
}

type stateLink struct {
	State, URL string
	N          int
	Active     bool
}

// outStates are the states of what is sent, in the order of display.
var outStates = []store.OutState{store.OutWaiting, store.OutSent, store.OutDead, store.OutDropped}

// outState reads the state that a list is asked for; "" for all.
func (r *request) outState() (store.OutState, error) {
	state := store.OutState(r.c.Query("state"))
	if state != "" && !slices.Contains(outStates, state) {
		return "", fault.New(fault.NotFound, "error.not_found")
	}
	return state, nil
}

func stateLinks(path string, counts store.OutCounts, active store.OutState) []stateLink {
	all := 0
	for _, n := range counts {
		all += n
	}
	out := []stateLink{{"all", path, all, active == ""}}
	for _, st := range outStates {
		out = append(out, stateLink{string(st), path + "?state=" + string(st), counts[st], active == st})
	}
	return out
}

func (s *Server) hook(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.drawHook(r, 0, id, nil, "")
}

func (s *Server) drawHook(r *request, status int, id int64, form *render.Form, refused string) error {
	state, err := r.outState()
	if err != nil {
		return err
	}
	v, err := s.svc.Hooks.View(r.ctx(), r.actor, id, state)
	if err != nil {
		return err
	}
	if form == nil {
		off := ""
		if v.State == store.HookOff {
			off = "yes"
		}
		form = &render.Form{Lists: map[string][]string{"kinds": v.Kinds}, Values: map[string]string{"off": off}}
	}
	return r.page(status, "outbox/hook", form, hookPage{hookRow: r.hookRow(*v), Choices: r.eventOptions(), States: stateLinks(hookURL(id), v.Counts, state), Sample: service.SampleEvent(), Refused: refused})
}

func (s *Server) editHook(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, bad := intake.DecodeHook(r.values())
	if err = bad.Err(); err == nil {
		err = s.svc.Hooks.Edit(r.ctx(), r.actor, id, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawHook(r, 422, id, &render.Form{Values: in.Values(), Lists: in.Sets(), Problems: p}, "")
	}
	return s.hookDone(r, id, err, hookURL(id), "flash.hook_saved")
}

// hookDone goes on after a step on an address, or draws its page again with why not.
func (s *Server) hookDone(r *request, id int64, err error, to, flash string) error {
	if text, ok := r.refusal(err); ok {
		return s.drawHook(r, 409, id, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect(to, "success", flash)
}

func (s *Server) rotateHook(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	made, err := s.svc.Hooks.Rotate(r.ctx(), r.actor, id, r.write())
	if err != nil {
		return s.hookDone(r, id, err, "", "")
	}
	return r.page(0, "outbox/secret", nil, hookSecretPage{id, made.Secret})
}

func (s *Server) removeHook(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.hookDone(r, id, s.svc.Hooks.Remove(r.ctx(), r.actor, id, r.write()), "/hooks", "flash.hook_removed")
}

func (s *Server) pingHook(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	return s.hookDone(r, id, s.svc.Hooks.Ping(r.ctx(), r.actor, id, r.write()), hookURL(id), "flash.hook_ping")
}

func (s *Server) resendEvent(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	n, err := r.id("n")
	if err != nil {
		return err
	}
	return s.hookDone(r, id, s.svc.Hooks.Resend(r.ctx(), r.actor, id, n, r.write()), hookURL(id), "flash.outbox_resent")
}

// messagesPage is the Body of outbox/messages.
type messagesPage struct {
	*service.Outbox
	States    []stateLink
	NextURL   string
	Templates []templateRow
	Lacking   []string // channels without a sender that a template in force needs
	Sending   []string
}

type templateRow struct {
	Title string
	Cells []templateCell
}

type templateCell struct {
	Channel, Title, URL string
	Written, Active     bool
}

func (s *Server) messages(r *request) error { return s.drawMessages(r, 0, &render.Form{}) }

func (s *Server) drawMessages(r *request, status int, form *render.Form) error {
	state, err := r.outState()
	if err != nil {
		return err
	}
	before := int64(0)
	if text := r.c.Query("before"); text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	v, err := s.svc.Messages.Outbox(r.ctx(), r.actor, state, before)
	if err != nil {
		return err
	}
	w := r.words()
	b := messagesPage{Outbox: v, States: stateLinks("/messages", v.Counts, state)}
	if v.Next != 0 {
		q := url.Values{"before": {strconv.FormatInt(v.Next, 10)}}
		if state != "" {
			q.Set("state", string(state))
		}
		b.NextURL = withQuery("/messages", q)
	}
	for _, kind := range service.MessageKinds() {
		row := templateRow{Title: w.code("message", string(kind))}
		for _, ch := range courier.Channels() {
			cell := templateCell{Channel: string(ch), Title: w.code("channel_out", string(ch)), URL: templateURL(kind, ch)}
			for _, t := range v.Templates {
				if t.Kind == string(kind) && t.Channel == ch {
					cell.Written, cell.Active = true, t.Active
					if t.Active && !slices.Contains(v.Channels, ch) && !slices.Contains(b.Lacking, cell.Title) {
						b.Lacking = append(b.Lacking, cell.Title)
					}
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		b.Templates = append(b.Templates, row)
	}
	for _, ch := range v.Channels {
		b.Sending = append(b.Sending, w.code("channel_out", string(ch)))
	}
	return r.page(status, "outbox/messages", form, b)
}

func templateURL(kind service.MessageKind, ch courier.Channel) string {
	return withQuery("/message-templates", url.Values{"kind": {string(kind)}, "channel": {string(ch)}})
}

func (s *Server) resendMessage(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Messages.Resend(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/messages", "success", "flash.outbox_resent")
}

func (s *Server) refuseMessages(r *request) error {
	in, bad := intake.DecodeRefusal(r.values())
	err := bad.Err()
	if err == nil {
		err = s.svc.Messages.Refuse(r.ctx(), r.actor, in, r.write())
	}
	if p, ok := problems(err); ok {
		return s.drawMessages(r, 422, &render.Form{Values: map[string]string{"address": in.Address}, Problems: p})
	}
	if err != nil {
		return err
	}
	flash := "flash.refusal_noted"
	if in.Again == "yes" {
		flash = "flash.refusal_ended"
	}
	return r.redirect("/messages", "success", flash)
}

// templatePage is the Body of outbox/template.
type templatePage struct {
	Kind, Channel string
	Title, Over   string
	Version       int64
	Email         bool
	Names         []placeholderView
	Langs         []render.Option
	Preview       *courier.Text
	Refused       string
}

type placeholderView struct{ Name, Text string }

func (r *request) templateAsked(value func(string) string) (service.MessageKind, courier.Channel) {
	return service.MessageKind(value("kind")), courier.Channel(value("channel"))
}

func (s *Server) messageTemplate(r *request) error {
	kind, ch := r.templateAsked(func(n string) string { return r.c.Query(n) })
	t, err := s.svc.Messages.Template(r.ctx(), r.actor, kind, ch)
	if err != nil {
		return err
	}
	active := ""
	if t.Active {
		active = "yes"
	}
	in := &intake.Template{Active: active, Langs: t.Body.Langs, ARSubject: t.Body.AR.Subject, ARText: t.Body.AR.Text, ENSubject: t.Body.EN.Subject, ENText: t.Body.EN.Text}
	return s.drawTemplate(r, 0, kind, ch, t.Version, &render.Form{Values: in.Values()}, nil, "")
}

func (s *Server) drawTemplate(r *request, status int, kind service.MessageKind, ch courier.Channel, version int64, form *render.Form, preview *courier.Text, refused string) error {
	w := r.words()
	b := templatePage{Kind: string(kind), Channel: string(ch), Title: w.code("message", string(kind)), Over: w.code("channel_out", string(ch)), Version: version, Email: ch == courier.Email,
		Langs: optionsOf(w, "message_langs", intake.TemplateLangs()), Preview: preview, Refused: refused}
	for _, p := range kind.Placeholders() {
		b.Names = append(b.Names, placeholderView{"{" + p + "}", w.T("placeholder." + p)})
	}
	return r.page(status, "outbox/template", form, b)
}

// putTemplate saves a template, or, with the button "preview", shows what it would say.
func (s *Server) putTemplate(r *request) error {
	kind, ch := r.templateAsked(r.value)
	in, bad := intake.DecodeTemplate(r.values())
	t, err := s.svc.Messages.Template(r.ctx(), r.actor, kind, ch)
	if err != nil {
		return err
	}
	version := max(0, r.version())
	form := &render.Form{Values: in.Values()}
	if r.value("do") == "preview" {
		text, ps, err := s.svc.Messages.Preview(r.ctx(), r.actor, kind, ch, in)
		if err != nil {
			return err
		}
		if form.Problems = ps; len(ps) > 0 {
			return s.drawTemplate(r, 422, kind, ch, version, form, nil, "")
		}
		return s.drawTemplate(r, 0, kind, ch, version, form, &text, "")
	}
	if err = bad.Err(); err == nil {
		err = s.svc.Messages.PutTemplate(r.ctx(), r.actor, kind, ch, in, service.Write{Key: r.write().Key, Version: version})
	}
	if p, ok := problems(err); ok {
		form.Problems = p
		return s.drawTemplate(r, 422, kind, ch, version, form, nil, "")
	}
	if text, ok := r.refusal(err); ok {
		return s.drawTemplate(r, 409, kind, ch, t.Version, form, nil, text)
	}
	if err != nil {
		return err
	}
	return r.redirect("/messages", "success", "flash.template_saved")
}
