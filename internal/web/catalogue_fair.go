package web

import (
	"net/url"
	"strconv"

	"muntija/internal/calendar"
	"muntija/internal/service"
	"muntija/internal/store"
)

// The catalogue by exhibition: what the public may know of an agreed exhibition, and the makers who come, as far as they consented to the catalogue.

func fairURL(id int64) string { return "/catalogue/exhibitions/" + strconv.FormatInt(id, 10) }

// fairCard is an exhibition in a list.
type fairCard struct {
	URL         string
	Name        string
	Where       string
	First, Last calendar.Date
	Running     bool
	Over        bool
	Stand       standView // of one maker
}

func (w words) fairCard(f *service.Fair) fairCard {
	c := fairCard{URL: publicURL(fairURL(f.ID), nil, w.Name()), Name: w.show(f.Name, f.NameEN), First: f.First, Last: f.Last, Running: f.Running(), Over: f.Over()}
	for _, part := range []string{f.Venue.In(w.Lang()), f.City, w.country(string(f.Host))} {
		switch {
		case part == "":
		case c.Where == "":
			c.Where = part
		default:
			c.Where += w.comma() + part
		}
	}
	return c
}

// fairsPage is the Body of catalogue/fairs.
type fairsPage struct {
	publicHead
	Now, Past []fairCard
}

func (s *Server) catalogueFairs(r *request) error {
	r.publicLocale()
	if same, err := s.unchanged(r); err != nil || same {
		return notModified(r, err)
	}
	fairs, err := s.svc.Catalogue.Fairs(r.ctx(), false)
	if err != nil {
		return err
	}
	w := r.words()
	p := fairsPage{publicHead: s.head(r, "/catalogue/exhibitions", nil, w.T("catalogue.fairs"), w.T("catalogue.fairs_text"), "")}
	for i := range fairs {
		if c := w.fairCard(&fairs[i]); c.Over {
			p.Past = append([]fairCard{c}, p.Past...) // the last one first
		} else {
			p.Now = append(p.Now, c)
		}
	}
	return r.publicPage("catalogue/fairs", p)
}

// makersOnPage keeps the page of a large exhibition under 60 KB.
const makersOnPage = 60

// fairPage is the Body of catalogue/fair.
type fairPage struct {
	publicHead
	Fair        fairCard
	Theme       string
	Guest       string
	Hours       []hoursLine
	Makers      []makerRow
	Count       int
	Products    int
	ProductsURL string
	Page, Pages int
	Prev, Next  string
}

type makerRow struct {
	Name, Craft, Place string
	Stand              standView
	Wave               string
	Count              int
	URL                string // of its newest product
	Photo              int64
}

func (s *Server) catalogueFair(r *request) error {
	r.publicLocale()
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if same, err := s.unchanged(r); err != nil || same {
		return notModified(r, err)
	}
	v, err := s.svc.Catalogue.Fair(r.ctx(), id)
	if err != nil {
		return err
	}
	w := r.words()
	p := fairPage{Fair: w.fairCard(&v.Fair), Theme: v.Theme, Guest: v.GuestOfHonour, Hours: w.hours(v.Hours), Count: len(v.Makers), Products: v.Products, Page: 1,
		ProductsURL: publicURL("/catalogue/products", url.Values{"exhibition": {strconv.FormatInt(id, 10)}}, w.Name()), Pages: max(1, (len(v.Makers)+makersOnPage-1)/makersOnPage)}
	if n, err := strconv.Atoi(r.c.Query("page")); err == nil && n > 1 {
		p.Page = min(n, p.Pages)
	}
	turn := func(n int) string {
		q := url.Values{}
		if n > 1 {
			q.Set("page", strconv.Itoa(n))
		}
		return publicURL(fairURL(id), q, w.Name())
	}
	if p.Page > 1 {
		p.Prev = turn(p.Page - 1)
	}
	if p.Page < p.Pages {
		p.Next = turn(p.Page + 1)
	}
	image := ""
	from := (p.Page - 1) * makersOnPage
	for _, m := range v.Makers[from:min(len(v.Makers), from+makersOnPage)] {
		row := makerRow{Name: makerIn(w, m.Maker), Craft: w.craft(m.Record.Craft), Place: w.area(m.Area) + w.comma() + w.country(string(m.Party)), Stand: w.stand(m.Stand), Count: m.Count,
			URL: publicURL(productURL(m.ID), nil, w.Name()), Photo: firstPhoto(&m.PublicProduct)}
		if len(v.Waves) > 1 && m.Wave < len(v.Waves) {
			if row.Wave = v.Waves[m.Wave].Name; row.Wave == "" {
				row.Wave = w.T("exhibition.wave", m.Wave+1)
			}
		}
		if image == "" && row.Photo != 0 {
			image = photoURL(row.Photo, false)
		}
		p.Makers = append(p.Makers, row)
	}
	q := url.Values{}
	if p.Page > 1 {
		q.Set("page", strconv.Itoa(p.Page))
	}
	p.publicHead = s.head(r, fairURL(id), q, p.Fair.Name, p.Fair.Where+" · "+w.Date(v.First.String())+" – "+w.Date(v.Last.String()), image)
	return r.publicPage("catalogue/fair", p)
}

// exhibitionIn is the exhibition that the address of a list names; what means nothing is left out.
func exhibitionIn(r *request) int64 {
	id, err := strconv.ParseInt(r.c.Query("exhibition"), 10, 64)
	if err != nil || id < 1 {
		return 0
	}
	return id
}

// publicProducts reads a list of the catalogue: of all, or of one exhibition with the booths of its makers by family.
func (s *Server) publicProducts(r *request, q store.CatalogueQuery, exhibition int64) (list store.CatalogueList, of *service.Fair, booths map[int64]service.Stand, err error) {
	if exhibition == 0 {
		list, err = s.svc.Catalogue.List(r.ctx(), q)
		return list, nil, nil, err
	}
	fair, list, booths, err := s.svc.Catalogue.FairProducts(r.ctx(), exhibition, q)
	return list, &fair, booths, err
}

// fairFacets are the exhibitions to come, beside the other filters of a list.
func (s *Server) fairFacets(r *request, chosen int64, at func(id int64) string) ([]facet, error) {
	fairs, err := s.svc.Catalogue.Fairs(r.ctx(), true)
	if err != nil {
		return nil, err
	}
	w := r.words()
	var out []facet
	for i := range fairs {
		f := facet{Name: w.show(fairs[i].Name, fairs[i].NameEN), URL: at(fairs[i].ID), Active: fairs[i].ID == chosen}
		if f.Active {
			f.URL = at(0)
		}
		out = append(out, f)
	}
	return out, nil
}
