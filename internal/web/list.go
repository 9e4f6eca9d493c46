package web

import (
	"net/url"
	"slices"
	"strconv"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

// listRows is how many families one page of the list shows when nobody asks for another number: what stays light on a phone's line.
const listRows = 25

// listFilter is the filter of the list page: what package intake reads, and "not entered by me", which the queue of waiting registrations asks.
type listFilter struct {
	intake.CheckedFilter
	NotMine bool
}

// query is the canonical query of the filter, without the place in the list.
func (f listFilter) query() url.Values {
	c := f.CheckedFilter
	if c.Limit == listRows {
		c.Limit = 50 // what intake leaves out
	} else if c.Limit == 50 {
		q := c.Query()
		q.Set("limit", "50")
		return f.mark(q)
	}
	return f.mark(c.Query())
}

func (f listFilter) mark(q url.Values) url.Values {
	if f.NotMine {
		q.Set("not_mine", "yes")
	}
	return q
}

// readFilter reads a query; the problems are warnings about what was left out.
func readFilter(party place.Country, today calendar.Date, values map[string][]string) (*intake.FamilyFilter, listFilter, fault.Problems) {
	in, problems := intake.DecodeFamilyFilter(values)
	c, more := in.Check(intake.Context{Party: party, Today: today})
	if in.Limit == "" {
		c.Limit = listRows
	}
	f := listFilter{CheckedFilter: c, NotMine: len(values["not_mine"]) > 0 && values["not_mine"][0] == "yes"}
	return in, f, append(problems, more...)
}

// store is the filter as the store asks it.
func (f listFilter) store(actor auth.Actor) store.FamilyQuery {
	q := service.FamilyQueryOf(f.CheckedFilter, actor.UserID)
	if f.NotMine {
		q.NotEnteredBy = actor.UserID
	}
	return q
}

func asTexts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, x := range in {
		out[i] = string(x)
	}
	return out
}

func listURL(f listFilter) string { return withQuery("/families", f.query()) }

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// listPage is the Body of family/list.
type listPage struct {
	Columns                  []columnView
	Rows                     []listRow
	Total                    int
	First, Prev, Next        string
	Chips                    []chip
	Sets                     []tickSet
	Sorts, DateFields, Who   []render.Option
	WhoReviews               []render.Option
	Saved                    []savedView
	Query                    string // of the filter, to be kept under a name
	Clear                    string
	Warnings                 []string
	Filtered                 bool
	Amendment                bool
	NotMine                  bool
	Open                     bool // the filters stand open
	CanSave, CanCreate       bool
	Export                   string // where this list goes out; "" if the person may not
	SaveProblem              bool
	ShowReviewer, ShowPeople bool
}

type columnView struct {
	Key  string
	Sort *render.Sort // nil if the column does not sort
}

type listRow struct {
	ID        int64
	Amendment bool
	Cells     []cellView
}

// cellView is one cell. State and Overall are shown as badges.
type cellView struct {
	Label   string
	Text    string
	LTR     bool
	State   string
	Overall string
	Link    string
	Head    bool
}

type chip struct{ Text, URL string }

type tickSet struct {
	Name, Legend string
	Options      []render.Option
}

type savedView struct {
	ID        int64
	Name, URL string
	Active    bool
}

// families is the list of the families that the person may see.
func (s *Server) families(r *request) error {
	return s.drawList(r, 0, r.query(), &render.Form{})
}

// drawList draws the list of a query. form brings the problems of keeping a filter, if that is where the person comes from.
func (s *Server) drawList(r *request, status int, values map[string][]string, form *render.Form) error {
	today := calendar.Of(s.svc.Now().In(zoneOf(r.actor.Party)))
	in, f, warnings := readFilter(r.actor.Party, today, values)
	list, err := s.svc.Families.List(r.ctx(), r.actor, f.store(r.actor))
	if err != nil {
		return err
	}
	w := r.words()
	q := f.query()
	name := form.Value("name")
	form.Values, form.Lists = in.Values(), in.Sets()
	form.Values["name"] = name
	p := &listPage{Total: list.Page.Total, Query: q.Encode(), Clear: "/families", Filtered: f.active(), Amendment: f.Amendment, NotMine: f.NotMine,
		CanSave: auth.Can(r.actor, auth.FilterSave), CanCreate: auth.Can(r.actor, auth.FamilyCreate), SaveProblem: len(form.Problems) > 0,
		ShowReviewer: r.actor.Role == auth.Reviewer, ShowPeople: r.actor.Role != auth.FieldWorker}
	if auth.Can(r.actor, auth.ExportRun) {
		p.Export = withQuery("/families/export", q)
	}
	for _, x := range warnings {
		p.Warnings = append(p.Warnings, filterLabel(w, x.Field)+": "+w.T(x.Key, x.Args...))
	}
	p.Columns = columnsIn(list.Columns, f)
	for _, row := range list.Page.Rows {
		p.Rows = append(p.Rows, rowIn(w, r.actor, list.Columns, row, list.Names))
	}
	p.Next, p.Prev = placeURL(q, "after", list.Page.Next), placeURL(q, "before", list.Page.Prev)
	if f.After != "" || f.Before != "" {
		p.First = withQuery("/families", q)
	}
	p.Chips = f.chips(w, list.Names)
	p.Sets = f.sets(w, r.actor)
	p.Sorts, p.DateFields = optionsOf(w, "sort", intake.Sorts()), optionsOf(w, "date_field", intake.DateFields())
	p.Who, p.WhoReviews = f.who(w, f.EnteredBy, list.Names), f.who(w, f.Reviewer, list.Names)
	for _, x := range list.Saved {
		p.Saved = append(p.Saved, savedView{ID: x.ID, Name: x.Name, URL: "/families?" + x.Query, Active: x.Query == p.Query})
	}
	return r.page(status, "family/list", form, p)
}

// filterLabel is the title of a filter's field.
func filterLabel(w words, field string) string { return w.T("field." + registry.StripIndex(field)) }

// active reports whether anything is filtered.
func (f listFilter) active() bool {
	q := f.query()
	for _, k := range []string{"sort", "limit"} {
		q.Del(k)
	}
	return len(q) > 0
}

func placeURL(q url.Values, name, cursor string) string {
	if cursor == "" {
		return ""
	}
	with := url.Values{name: {cursor}}
	for k, v := range q {
		with[k] = v
	}
	return withQuery("/families", with)
}

// columnSorts are the columns that sort, and by which order of the store.
var columnSorts = map[string]string{"name": "name", "number": "number", "submitted": "submitted", "valid_until": "valid_until"}

func columnsIn(names []string, f listFilter) []columnView {
	var out []columnView
	for _, name := range names {
		col := columnView{Key: "field.col." + name}
		if by := columnSorts[name]; by != "" {
			sorted := f
			sorted.Sort = by
			col.Sort = &render.Sort{Key: col.Key, URL: listURL(sorted)}
			if f.Sort == by {
				col.Sort.Dir = "asc"
			}
		}
		out = append(out, col)
	}
	return out
}

func rowIn(w words, actor auth.Actor, columns []string, row store.FamilyRow, names map[int64]string) listRow {
	out := listRow{ID: row.ID, Amendment: row.Amendment}
	for _, col := range columns {
		c := cellView{Label: w.T("field.col." + col)}
		switch col {
		case "name":
			c.Head, c.Text = true, row.Name
			if c.Text == "" {
				c.Text = w.T("family.nameless")
			}
		case "number":
			c.Text, c.LTR = string(row.Number), true
		case "id":
			c.Text, c.LTR = row.IDNumber, true
		case "state":
			c.State = string(row.State)
		case "overall":
			c.Overall = row.Overall
		case "project":
			c.Text = row.Project
		case "area":
			c.Text = w.area(row.Area)
		case "district":
			c.Text = row.District
		case "craft":
			c.Text = w.craft(row.Craft)
		case "sex":
			if row.Sex != "" {
				c.Text = w.code("sex", string(row.Sex))
			}
		case "protection":
			if row.Protection != "" {
				c.Text = w.code("protection", string(row.Protection))
			}
		case "entered_by":
			c.Text = names[row.EnteredBy]
			if row.EnteredBy != 0 {
				c.Link = listURL(listFilter{CheckedFilter: intake.CheckedFilter{EnteredBy: row.EnteredBy, Sort: intake.Sorts()[0], Limit: listRows}})
			}
		case "submitted":
			c.Text = w.Date(row.SubmittedAt.In(zoneOf(actor.Party)))
			if row.SubmittedAt.IsZero() {
				c.Text = ""
			}
		case "updated":
			c.Text = w.Date(row.UpdatedAt.In(zoneOf(actor.Party)))
		case "decided":
			if !row.DecidedAt.IsZero() {
				c.Text = w.Date(row.DecidedAt.In(zoneOf(actor.Party)))
			}
		case "valid_until":
			c.Text = w.Date(row.ValidUntil)
		}
		out.Cells = append(out.Cells, c)
	}
	return out
}

// chips are the parts of the filter, each with the list without it.
func (f listFilter) chips(w words, names map[int64]string) []chip {
	var out []chip
	q := f.query()
	without := func(key, value string) string {
		rest := url.Values{}
		for k, vs := range q {
			for _, v := range vs {
				if k != key || v != value {
					rest.Add(k, v)
				}
			}
		}
		return withQuery("/families", rest)
	}
	add := func(key, value, text string) {
		out = append(out, chip{w.T("field."+key) + ": " + text, without(key, value)})
	}
	if f.Text != "" {
		add("q", f.Text, f.Text)
	}
	for _, x := range f.States {
		add("state", string(x), w.code("state", string(x)))
	}
	for _, x := range f.Areas {
		add("area", x, w.area(x))
	}
	for _, x := range f.Crafts {
		add("craft", x, w.craft(x))
	}
	for _, x := range f.Sexes {
		add("sex", string(x), w.code("sex", string(x)))
	}
	for _, x := range f.Protections {
		add("protection", string(x), w.code("protection", string(x)))
	}
	for _, x := range f.Overalls {
		add("overall", x, w.code("overall", x))
	}
	for _, x := range []struct {
		key string
		id  int64
		me  bool
	}{{"entered_by", f.EnteredBy, f.Mine}, {"reviewer", f.Reviewer, f.MyReviews}} {
		if x.me {
			add(x.key, "me", w.T("families.me"))
		} else if x.id != 0 {
			add(x.key, strconv.FormatInt(x.id, 10), personIn(w, x.id, names))
		}
	}
	if f.Amendment {
		out = append(out, chip{w.T("field.amendment"), without("amendment", "yes")})
	}
	if f.NotMine {
		out = append(out, chip{w.T("families.not_mine"), without("not_mine", "yes")})
	}
	if f.DateField != "" {
		rest := f
		rest.DateField, rest.From, rest.To = "", 0, 0
		text := w.code("date_field", f.DateField) + ":"
		if !f.From.IsZero() {
			text += " " + w.T("families.from", w.Date(f.From))
		}
		if !f.To.IsZero() {
			text += " " + w.T("families.to", w.Date(f.To))
		}
		if !f.From.IsZero() || !f.To.IsZero() {
			out = append(out, chip{text, listURL(rest)})
		}
	}
	return out
}

func personIn(w words, id int64, names map[int64]string) string {
	if n := names[id]; n != "" {
		return n
	}
	return w.T("families.person", id)
}

// sets are the ticks of the filter: only what this person may see, and only their areas.
func (f listFilter) sets(w words, actor auth.Actor) []tickSet {
	out := []tickSet{tickSetOf(w, "state", "state", asTexts(registry.States()), asTexts(f.States))}
	if reach, err := auth.ReachOf(actor, auth.FamilyList); err == nil {
		set := tickSet{Name: "area", Legend: "field.area"}
		for _, a := range place.Areas(actor.Party) {
			if reach.Areas.Has(a.Code) {
				set.Options = append(set.Options, render.Option{Value: a.Code, Label: w.area(a.Code), Selected: slices.Contains(f.Areas, a.Code)})
			}
		}
		if len(set.Options) > 1 {
			out = append(out, set)
		}
	}
	crafts := tickSet{Name: "craft", Legend: "field.craft"}
	for _, c := range registry.Crafts() {
		crafts.Options = append(crafts.Options, render.Option{Value: c.Code, Label: c.Name(w.Lang()), Selected: slices.Contains(f.Crafts, c.Code)})
	}
	out = append(out, crafts, tickSetOf(w, "overall", "overall", intake.Overalls(), f.Overalls))
	if auth.View(actor.Role, auth.ClassProtection) != auth.Hidden {
		out = append(out, tickSetOf(w, "protection", "protection", asTexts(registry.Protections()), asTexts(f.Protections)))
	}
	if auth.View(actor.Role, auth.ClassDemographic) != auth.Hidden {
		out = append(out, tickSetOf(w, "sex", "sex", registry.Codes("sex"), asTexts(f.Sexes)))
	}
	return out
}

func tickSetOf(w words, name, list string, values, chosen []string) tickSet {
	set := tickSet{Name: name, Legend: "field." + name, Options: optionsOf(w, list, values)}
	for i := range set.Options {
		set.Options[i].Selected = slices.Contains(chosen, set.Options[i].Value)
	}
	return set
}

func optionsOf(w words, list string, values []string) []render.Option {
	out := make([]render.Option, len(values))
	for i, v := range values {
		out[i] = render.Option{Value: v, Label: w.code(list, v)}
	}
	return out
}

// who are the people of a filter: me, and whoever is asked for now.
func (f listFilter) who(w words, id int64, names map[int64]string) []render.Option {
	out := []render.Option{{Value: "me", Label: w.T("families.me")}}
	if id != 0 {
		out = append(out, render.Option{Value: strconv.FormatInt(id, 10), Label: personIn(w, id, names)})
	}
	return out
}

// saveFilter keeps the filter under a name. What is kept is the canonical query, not what was sent.
func (s *Server) saveFilter(r *request) error {
	values, err := url.ParseQuery(r.value("query"))
	if err != nil {
		values = url.Values{}
	}
	today := calendar.Of(s.svc.Now().In(zoneOf(r.actor.Party)))
	_, f, _ := readFilter(r.actor.Party, today, values)
	name := arabic.Clean(r.value("name"))
	err = s.svc.Families.SaveFilter(r.ctx(), r.actor, name, f.query().Encode(), r.write())
	if p, ok := problems(err); ok {
		return s.drawList(r, 422, f.query(), &render.Form{Values: map[string]string{"name": name}, Problems: p})
	}
	if err != nil {
		return err
	}
	return r.redirect(listURL(f), "success", "flash.filter_saved", name)
}

// deleteFilter forgets a kept filter and goes back to the list as it was.
func (s *Server) deleteFilter(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if err := s.svc.Families.DeleteFilter(r.ctx(), r.actor, id, r.write()); err != nil {
		return err
	}
	return r.redirect("/families", "success", "flash.filter_deleted")
}
