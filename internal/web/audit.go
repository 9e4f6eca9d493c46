package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var auditRoutes = []route{
	{method: "GET", path: "/audit", access: permit, action: auth.AuditView, handle: (*Server).auditLog},
	{method: "POST", path: "/audit/verify", access: permit, action: auth.AuditVerify, handle: (*Server).verifyAudit},
	{method: "GET", path: "/families/:id/history", access: permit, action: auth.HistoryView, handle: (*Server).familyHistory},
}

// shownEntry is an entry of the log in words.
type shownEntry struct {
	Seq      int64
	At       time.Time
	Who      string // "" for nobody known
	Role     string // message key; "" for nobody
	Address  string
	Action   string
	What     string // the thing, such as "Family 1042"; "" on the thing's own page
	Path     string // where the thing is; "" for nowhere
	Note     string
	Changes  []shownChange
	Withheld int
}

// shownChange is one change in words: label, old → new.
type shownChange struct {
	Label    string
	Old, New shownValue
}

// entityPaths are the things of the log that have a page.
var entityPaths = map[string]string{"family": "/families/", "user": "/users/", "criteria_set": "/criteria/", "import": "/imports/"}

// auditEntities are the kinds of things in the log, in the order of the filter.
var auditEntities = []string{"family", "user", "criteria_set", "import", "job", "audit"}

// auditActions are the actions that the filter offers: what changes or decides, and what shows something protected. The log knows all others too.
var auditActions = []string{"signin.ok", "signin.failed", "signin.locked", "signin.code_failed", "signout", "setup.done", "user.invite", "user.update", "user.close", "user.open",
	"user.reset_link", "user.unlock", "user.password", "user.factor_on", "user.factor_off", "user.factor_clear", "protected.show", "id.reveal", "phone.reveal", "bank.reveal",
	"family.create", "family.edit", "family.submit", "family.amend", "family.withdraw", "family.reopen", "review.take", "review.return", "review.approve", "review.reject",
	"amendment.decide", "criterion.waive", "family.suspend", "family.resume", "family.renew", "family.graduate", "family.expire", "visit.record", "document.add", "document.remove",
	"criteria.draft", "criteria.edit", "criteria.discard", "criteria.publish", "recheck.run", "import.stage", "import.confirm",
	"import.done", "import.undo", "import.file", "import.marked", "audit.verify"}

// actionTitle names an action of the log: by the permission's title, or by the log's own where there is no such permission.
func (w words) actionTitle(action string) string {
	for _, prefix := range []string{"audit.action.", "auth.action."} {
		if w.Has(prefix + action) {
			return w.T(prefix + action)
		}
	}
	return action
}

// entry puts an entry into words. own is set on the page of the thing itself.
func (r *request) entry(e *service.AuditEntry, own bool) shownEntry {
	w := r.words()
	out := shownEntry{Seq: e.Seq, At: e.At, Who: e.ActorName, Address: e.Address, Action: w.actionTitle(e.Action), Withheld: e.Withheld, Note: r.note(w, e)}
	switch {
	case e.Role == string(auth.System):
		out.Who, out.Role = "", "auth.role.system"
	case e.Role != "":
		out.Role = "auth.role." + e.Role
	}
	if !own {
		out.What = e.Entity
		if key := "audit.entity." + e.Entity; w.Has(key) {
			out.What = w.T(key)
		}
		if e.EntityID != 0 {
			out.What += " " + strconv.FormatInt(e.EntityID, 10)
			if p, ok := entityPaths[e.Entity]; ok {
				out.Path = p + strconv.FormatInt(e.EntityID, 10)
			}
		}
	}
	for _, c := range e.Changes {
		if e.Entity == "user" {
			out.Changes = append(out.Changes, r.accountChange(c.Path, c.Old, c.New))
			continue
		}
		out.Changes = append(out.Changes, shownChange{Label: w.auditLabel(c.Path), Old: w.value(c.Path, c.Old), New: w.value(c.Path, c.New)})
	}
	return out
}

// auditLabel names the path of a change: what hangs beside a record has titles of its own.
func (w words) auditLabel(path string) string {
	if key := "audit.path." + path; w.Has(key) {
		return w.T(key)
	}
	return w.label(path)
}

// note puts the note of an entry into words where it is a code or the path of a shown value; else it is shown as it is.
func (r *request) note(w words, e *service.AuditEntry) string {
	kind, detail, _ := strings.Cut(e.Note, ":")
	switch {
	case e.Note == "":
		return ""
	case w.Has("audit.note." + kind):
		return w.T("audit.note."+kind, detail)
	case strings.HasSuffix(e.Action, ".reveal"):
		return w.label(e.Note)
	case w.Has("enum.step."+e.Note) && w.T("enum.step."+e.Note) != w.actionTitle(e.Action): // a step in the life that the action does not name
		return w.T("enum.step." + e.Note)
	case w.Has("step." + e.Note): // a step of the form
		return w.T("step." + e.Note)
	case strings.HasPrefix(e.Action, "document.") && !strings.ContainsFunc(e.Note, unicode.IsLetter):
		return w.T("audit.note.document", e.Note)
	case !strings.ContainsFunc(e.Note, unicode.IsLetter): // numbers of versions
		return e.Note
	}
	return "" // a code without words: the action says enough
}

// accountChange puts a change of an account into words.
func (r *request) accountChange(path, old, new string) shownChange {
	w := r.words()
	value := func(s string) shownValue {
		if s == "" {
			return shownValue{}
		}
		switch path {
		case "role":
			return shownValue{Text: w.T("auth.role." + s)}
		case "locale":
			if w.Has("enum.locale." + s) {
				return shownValue{Text: w.T("enum.locale." + s)}
			}
		case "active":
			return shownValue{Text: w.code("tri", s)}
		case "areas":
			set := auth.ParseAreas(s)
			if set.All() {
				return shownValue{Text: w.T("field.all_areas")}
			}
			return shownValue{Text: w.join(r.areaNames(set))}
		}
		return shownValue{Text: s, LTR: path == "email"}
	}
	return shownChange{Label: w.auditLabel(path), Old: value(old), New: value(new)}
}

// auditBody is the Body of audit/list.
type auditBody struct {
	Entries           []shownEntry
	People            []render.Option
	Actions, Entities []render.Option
	Pager             render.Pager
	Filtered          bool
	Report            *store.AuditReport // of a verification that was just made
	Verify            bool               // the person may verify
}

// auditLog lists the log of the party, newest first.
func (s *Server) auditLog(r *request) error { return s.drawAudit(r, nil) }

func (s *Server) drawAudit(r *request, report *store.AuditReport) error {
	q, form := r.auditQuery()
	page, err := s.svc.Audit.List(r.ctx(), r.actor, q)
	if err != nil {
		return err
	}
	people, err := s.svc.Audit.People(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	body := auditBody{Report: report, Verify: auth.Can(r.actor, auth.AuditVerify), Pager: render.Pager{Total: -1}}
	for _, p := range people {
		body.People = append(body.People, render.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name})
	}
	w := r.words()
	for _, a := range auditActions {
		body.Actions = append(body.Actions, render.Option{Value: a, Label: w.actionTitle(a)})
	}
	for _, e := range auditEntities {
		body.Entities = append(body.Entities, render.Option{Value: e, Label: w.T("audit.entity." + e)})
	}
	for i := range page.Entries {
		body.Entries = append(body.Entries, r.entry(&page.Entries[i], false))
	}
	values := url.Values{}
	for name, v := range form.Values {
		if v != "" {
			values.Set(name, v)
			body.Filtered = true
		}
	}
	link := func() string {
		if len(values) == 0 {
			return "/audit"
		}
		return "/audit?" + values.Encode()
	}
	if q.Before != 0 {
		body.Pager.First = link()
	}
	if page.Next != 0 {
		values.Set("before", strconv.FormatInt(page.Next, 10))
		body.Pager.Next = link()
	}
	return r.page(0, "audit/list", form, body)
}

// auditQuery reads the filter of the log from the address. What cannot be understood is a problem of its field and does not filter.
func (r *request) auditQuery() (store.AuditQuery, *render.Form) {
	query := r.query()
	first := func(name string, most int) string {
		v := strings.TrimSpace(strings.Join(query[name], " "))
		if len(v) > most {
			v = v[:most]
		}
		return strings.ToValidUTF8(strings.ReplaceAll(v, "\x00", ""), "")
	}
	form := &render.Form{Values: map[string]string{}}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(first(name, 19), 10, 64)
		if err != nil || n < 1 {
			return 0
		}
		if name != "before" {
			form.Values[name] = strconv.FormatInt(n, 10)
		}
		return n
	}
	text := func(name string) string {
		v := first(name, 40)
		for _, c := range v { // names of actions and things are plain
			if c != '.' && c != '_' && (c < 'a' || c > 'z') {
				return ""
			}
		}
		form.Values[name] = v
		return v
	}
	date := func(name string) calendar.Date {
		typed := first(name, 60)
		if typed == "" {
			return calendar.Date(0)
		}
		form.Values[name] = typed
		d, _, err := calendar.ParseTyped(typed)
		if err != nil {
			form.Problems.Add(name, "people.date")
			return calendar.Date(0)
		}
		return d
	}
	q := store.AuditQuery{ActorID: number("person"), Action: text("action"), Entity: text("entity"), EntityID: number("number"), Before: number("before"),
		From: date("from"), To: date("to")}
	return q, form
}

// verifyAudit walks the chain and draws the log with what was found.
func (s *Server) verifyAudit(r *request) error {
	report, err := s.svc.Audit.Verify(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	return s.drawAudit(r, report)
}

// historyBody is the Body of audit/family.
type historyBody struct {
	ID           int64
	Name, Number string
	Entries      []shownEntry
	Pager        render.Pager
}

// familyHistory is the log of one family.
func (s *Server) familyHistory(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	var before int64
	if text := strings.Join(r.query()["before"], ""); text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	h, err := s.svc.Audit.History(r.ctx(), r.actor, id, before)
	if err != nil {
		return err
	}
	path := "/families/" + strconv.FormatInt(id, 10) + "/history"
	body := historyBody{ID: h.ID, Name: h.Name, Number: h.Number, Pager: render.Pager{Total: -1}}
	for i := range h.Entries {
		body.Entries = append(body.Entries, r.entry(&h.Entries[i], true))
	}
	if before != 0 {
		body.Pager.First = path
	}
	if h.Next != 0 {
		body.Pager.Next = path + "?before=" + strconv.FormatInt(h.Next, 10)
	}
	return r.page(0, "audit/family", nil, body)
}
