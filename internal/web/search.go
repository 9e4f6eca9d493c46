package web

import (
	"cmp"
	"net/url"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/lexicon"
	"muntija/internal/place"
	"muntija/internal/service"
)

// The box on every page. Without JavaScript it is a form that leads to the page of results; with it, search.js shows the first results of each kind while
// somebody types.

var searchRoutes = []route{
	{method: "GET", path: "/search", access: permit, action: auth.FamilyList, handle: (*Server).search},
	{method: "GET", path: "/search/suggest", access: permit, action: auth.FamilyList, handle: (*Server).suggest},
}

// How many results of each kind are shown.
const (
	foundOnPage    = 20
	foundInSuggest = 4
	mostAreas      = 3
)

// searchPage is the Body of search/results.
type searchPage struct {
	Text    string // as it was typed
	Groups  []foundGroup
	Results int    // in all groups
	Total   int    // families in the list that All leads to
	All     string // the list of all families that answer; "" if there are no more than are shown
	NoPlace bool   // this person does not search by place
	Numbers bool   // this person searches by number
}

// foundGroup is the results of one kind.
type foundGroup struct {
	Kind  string // message key "search.kind.<Kind>"
	Icon  string
	Items []foundItem
}

// foundItem is one result: a line, what stands below it, and where it leads.
type foundItem struct {
	URL    string
	Title  []markedPart
	Lines  [][]markedPart
	Number string
	State  string // of a registration; "" for others
	Count  int    // of families in a place; 0 for others
}

// markedPart is a piece of a text; On is what was found.
type markedPart struct {
	Text string
	On   bool
}

// marked cuts a text where the query found something in it.
func marked(q lexicon.Query, text string) []markedPart {
	var out []markedPart
	at := 0
	for _, s := range q.Marks(text).Spans {
		if s.From > at {
			out = append(out, markedPart{Text: text[at:s.From]})
		}
		out = append(out, markedPart{text[s.From:s.To], true})
		at = s.To
	}
	if at < len(text) {
		out = append(out, markedPart{Text: text[at:]})
	}
	return out
}

func plain(text string) []markedPart { return []markedPart{{Text: text}} }

func (s *Server) search(r *request) error {
	p, err := r.found(foundOnPage)
	if err != nil {
		return err
	}
	return r.page(0, "search/results", nil, p)
}

// suggest answers with the list that hangs under the box: a fragment for search.js.
func (s *Server) suggest(r *request) error {
	p, err := r.found(foundInSuggest)
	if err != nil {
		return err
	}
	return r.fragment(0, "search/results", "suggest", nil, p)
}

func (r *request) found(limit int) (*searchPage, error) {
	p := &searchPage{Text: intake.SearchText(r.c.Query("q"))}
	f, err := r.s.svc.Search.Find(r.ctx(), r.actor, p.Text, limit)
	if err != nil {
		return nil, err
	}
	w := r.words()
	p.NoPlace = auth.View(r.actor.Role, auth.ClassDistrict) == auth.Hidden
	p.Numbers = auth.View(r.actor.Role, auth.ClassIdentity) >= auth.Revealable
	people := "people"
	if f.Exact {
		people = "number"
	}
	p.group(people, "user", r.families(w, f.Query, f.People))
	p.group("members", "users", r.members(w, f.Query, f.Members))
	p.group("projects", "building-store", r.families(w, f.Query, f.Projects))
	p.group("products", "shopping-bag", r.products(w, f))
	p.group("places", "map-pin", r.places(w, f))
	p.group("villages", "users-group", r.families(w, f.Query, f.Villages))
	if shown := len(f.People) + len(f.Projects) + len(f.Villages); f.Total > shown {
		p.Total, p.All = f.Total, "/families?"+url.Values{"q": {p.Text}}.Encode()
	}
	return p, nil
}

func (p *searchPage) group(kind, icon string, items []foundItem) {
	if len(items) > 0 {
		p.Groups = append(p.Groups, foundGroup{kind, icon, items})
		p.Results += len(items)
	}
}

func (r *request) families(w words, q lexicon.Query, in []service.FoundFamily) []foundItem {
	var out []foundItem
	for _, f := range in {
		x := foundItem{URL: "/families/" + itoa(f.ID), Title: marked(q, f.Name), Number: string(f.Number), State: string(f.State)}
		if f.Name == "" {
			x.Title = plain(w.T("family.nameless"))
		}
		if f.Project != "" {
			x.Lines = append(x.Lines, marked(q, f.Project))
		}
		place := plain(w.area(f.Area))
		for _, name := range []string{f.District, f.Village} {
			if name != "" {
				place = append(append(place, markedPart{Text: w.comma()}), marked(q, name)...)
			}
		}
		if f.Area != "" {
			x.Lines = append(x.Lines, place)
		}
		out = append(out, x)
	}
	return out
}

// members are household members, each leading to the family.
func (r *request) members(w words, q lexicon.Query, in []service.FoundFamily) []foundItem {
	out := r.families(w, q, in)
	for i, f := range in {
		whose := plain(w.T("search.member_of", cmp.Or(f.Name, w.T("family.nameless"))))
		if f.Member.Relation != "" {
			whose[0].Text = w.T("enum.relation."+string(f.Member.Relation)) + w.comma() + whose[0].Text
		}
		out[i].Title, out[i].Lines = marked(q, f.Member.Name), append([][]markedPart{whose}, out[i].Lines...)
	}
	return out
}

func (r *request) products(w words, f *service.Findings) []foundItem {
	var out []foundItem
	for _, row := range f.Products {
		rec := &row.Record
		x := foundItem{URL: "/products/" + itoa(row.ID), Title: marked(f.Query, rec.NameAR)}
		if w.Lang() == "en" && rec.NameEN != "" {
			x.Title = marked(f.Query, rec.NameEN)
		}
		if len(f.Query.Marks(rec.NameAR+" "+rec.NameEN).Spans) == 0 && rec.Materials != "" {
			x.Lines = append(x.Lines, marked(f.Query, rec.Materials))
		}
		x.Lines = append(x.Lines, plain(row.Family))
		out = append(out, x)
	}
	return out
}

// places are the areas and districts that answer, each leading to the list of its families.
func (r *request) places(w words, f *service.Findings) []foundItem {
	var out []foundItem
	if f.Query.Empty() {
		return nil
	}
	for _, a := range place.Areas(r.actor.Party) {
		name := w.area(a.Code)
		m := f.Query.Marks(name)
		if !r.actor.Areas.Has(a.Code) || m.Terms < len(f.Query.Terms) {
			continue
		}
		out = append(out, foundItem{URL: "/families?" + url.Values{"area": {a.Code}}.Encode(), Title: marked(f.Query, name)})
		if len(out) == mostAreas {
			break
		}
	}
	for _, d := range f.Places {
		x := foundItem{URL: "/families?" + url.Values{"area": {d.Area}, "q": {d.District}}.Encode(), Title: marked(f.Query, d.District), Count: d.Families}
		x.Lines = append(x.Lines, plain(w.area(d.Area)))
		out = append(out, x)
	}
	return out
}
