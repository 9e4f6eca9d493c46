package web

import (
	"encoding/xml"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/locale"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

// The catalogue is the public face: no sign-in, no cookie, the same page for everybody in a language. The language is part of the address (?lang=en), so
// that a shared link shows what its sender saw; without it the browser's own counts.
var catalogueRoutes = []route{
	{method: "GET", path: "/catalogue", handle: (*Server).catalogueHome},
	{method: "GET", path: "/catalogue/products", handle: (*Server).catalogueList},
	{method: "GET", path: "/catalogue/products/:id", handle: (*Server).catalogueProduct},
	{method: "GET", path: "/catalogue/exhibitions", handle: (*Server).catalogueFairs},
	{method: "GET", path: "/catalogue/exhibitions/:id", handle: (*Server).catalogueFair},
	{method: "GET", path: "/catalogue/photos/:id", handle: (*Server).cataloguePhoto},
	{method: "GET", path: "/catalogue/thumbs/:id", handle: (*Server).catalogueThumb},
	{method: "GET", path: "/sitemap.xml", handle: (*Server).sitemap},
}

// publicHead is what every page of the catalogue says about itself to browsers and to those who draw a preview of a link.
type publicHead struct {
	Title       string
	Description string
	Canonical   string // absolute
	Arabic      string // the same page in each language, absolute
	English     string
	Other       string // the other language, relative
	Image       string // absolute; "" for none
	Home, List  string // with the language
	Query       string // of the search box
}

// publicLocale chooses the language: the address, else the visitor's cookie, else what the browser asks for.
func (r *request) publicLocale() {
	r.locale = localeOf(r.c)
	if l := r.c.Query("lang"); locale.Valid(l) {
		r.locale = strings.Clone(l)
	}
}

// publicURL is an address of the catalogue in a language.
func publicURL(path string, q url.Values, lang string) string {
	with := url.Values{"lang": {lang}}
	for k, v := range q {
		if k != "lang" {
			with[k] = v
		}
	}
	return path + "?" + with.Encode()
}

// head describes the page at path with the query that means something to it.
func (s *Server) head(r *request, path string, q url.Values, title, description, image string) publicHead {
	base, lang := s.baseURL(r.c), s.pages.Locale(r.locale).Name()
	other := locale.English
	if lang == locale.English {
		other = locale.Arabic
	}
	h := publicHead{Title: title, Description: description, Arabic: base + publicURL(path, q, locale.Arabic), English: base + publicURL(path, q, locale.English),
		Other: publicURL(path, q, other), Home: publicURL("/catalogue", nil, lang), List: "/catalogue/products"}
	h.Canonical = base + publicURL(path, q, lang)
	if image != "" {
		h.Image = base + image
	}
	return h
}

// unchanged answers 304 if the visitor has the page as it is. Everything on a page follows from the last change of the catalogue and of exhibitions, the day, the
// language, the address and the program itself. Caches may keep a page and must ask each time, so that what was withdrawn is shown by none.
func (s *Server) unchanged(r *request) (bool, error) {
	e, err := s.svc.Catalogue.Edition(r.ctx())
	if err != nil {
		return false, err
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.baseURL(r.c) + r.c.OriginalURL() + s.assets.Path("css/app.css") + e.Day.String()))
	tag := `W/"` + strconv.FormatInt(e.Products, 36) + "." + strconv.FormatInt(e.Fairs, 36) + "-" + r.locale + "-" + strconv.FormatUint(h.Sum64(), 36) + `"`
	r.c.Set("Cache-Control", "public, no-cache")
	r.c.Set("ETag", tag)
	r.c.Set("Vary", "Accept-Language, Cookie")
	return r.c.Get("If-None-Match") == tag, nil
}

// publicPage draws a page of the catalogue. It sets no cookie and carries no token: there is nothing to send on it.
func (r *request) publicPage(name string, body any) error {
	p := &render.Page{Path: r.c.OriginalURL(), Now: r.s.svc.Now(), Body: body, Demo: r.s.o.Demo != nil}
	return r.send(0, name, "", p, p)
}

// productCard is a product in a grid.
type productCard struct {
	ID    int64
	URL   string
	Name  string
	Maker string
	Craft string
	Place string
	Price string
	Photo int64  // 0: none
	Booth string // in an exhibition
}

func (r *request) card(w words, p *store.PublicProduct) productCard {
	return productCard{ID: p.ID, URL: publicURL(productURL(p.ID), nil, w.Name()), Name: p.Record.Name(w.Lang()), Maker: makerIn(w, p.Maker), Craft: w.craft(p.Record.Craft),
		Place: w.area(p.Area) + w.comma() + w.country(string(p.Party)), Price: w.Money(p.Record.Price, p.Record.Currency), Photo: firstPhoto(p)}
}

func (r *request) cards(w words, products []store.PublicProduct) []productCard {
	out := make([]productCard, len(products))
	for i := range products {
		out[i] = r.card(w, &products[i])
	}
	return out
}

func firstPhoto(p *store.PublicProduct) int64 {
	if len(p.Photos) == 0 {
		return 0
	}
	return p.Photos[0].ID
}

func makerIn(w words, m registry.Maker) string {
	if w.Lang() == locale.English {
		return m.EN
	}
	return m.AR
}

func (w words) comma() string {
	if w.Lang() == locale.English {
		return ", "
	}
	return "، "
}

func productURL(id int64) string { return "/catalogue/products/" + strconv.FormatInt(id, 10) }

// facet is one choice of a filter, with how many products it would show.
type facet struct {
	Code, Name, URL string
	Count           int
	Active          bool
	Photo           int64
}

// homePage is the Body of catalogue/home.
type homePage struct {
	publicHead
	Total   int
	Crafts  []facet
	Parties []facet
	Areas   map[string][]facet // by country
	Newest  []productCard
	Fairs   []fairCard
}

func (s *Server) catalogueHome(r *request) error {
	r.publicLocale()
	if same, err := s.unchanged(r); err != nil || same {
		return notModified(r, err)
	}
	list, err := s.svc.Catalogue.List(r.ctx(), store.CatalogueQuery{Size: 12})
	if err != nil {
		return err
	}
	faces, err := s.svc.Catalogue.Faces(r.ctx())
	if err != nil {
		return err
	}
	w := r.words()
	p := homePage{Total: list.Total, Areas: map[string][]facet{}}
	p.publicHead = s.head(r, "/catalogue", nil, w.T("catalogue.title"), w.T("catalogue.intro"), "")
	at := func(key, value string) string {
		return publicURL("/catalogue/products", url.Values{key: {value}}, w.Name())
	}
	for _, c := range registry.Crafts() {
		if n := list.Crafts[c.Code]; n > 0 {
			f := facet{Code: c.Code, Name: c.Name(w.Lang()), URL: at("craft", c.Code), Count: n, Photo: faces[c.Code]}
			p.Crafts = append(p.Crafts, f)
		}
	}
	for _, party := range place.Countries() {
		p.Parties = append(p.Parties, facet{Code: string(party), Name: w.country(string(party)), URL: at("party", string(party)), Count: list.Parties[string(party)]})
		for _, a := range place.Areas(party) {
			if n := list.Areas[a.Code]; n > 0 {
				p.Areas[string(party)] = append(p.Areas[string(party)], facet{Code: a.Code, Name: w.area(a.Code), URL: at("area", a.Code), Count: n})
			}
		}
	}
	fairs, err := s.svc.Catalogue.Fairs(r.ctx(), true)
	if err != nil {
		return err
	}
	for i := range fairs[:min(len(fairs), 4)] {
		p.Fairs = append(p.Fairs, w.fairCard(&fairs[i]))
	}
	p.Newest = r.cards(w, list.Products)
	if len(p.Newest) > 0 && p.Newest[0].Photo != 0 {
		p.Image = s.baseURL(r.c) + photoURL(p.Newest[0].Photo, false)
	}
	return r.publicPage("catalogue/home", p)
}

// notModified ends a request whose page the visitor has, or that failed.
func notModified(r *request, err error) error {
	if err != nil {
		return err
	}
	return r.c.SendStatus(fiber.StatusNotModified)
}

// listQuery is a list of the catalogue as the address asks for it. What means nothing is left out: a link that somebody cut short still shows a list.
func listQuery(r *request) store.CatalogueQuery {
	q := store.CatalogueQuery{Text: arabic.Clean(cut(r.c.Query("q"), 100)), ByName: r.c.Query("sort") == "name", Size: 24}
	if p := place.Country(strings.Clone(r.c.Query("party"))); p.Valid() {
		q.Party = p
	}
	for _, c := range r.query()["craft"] {
		if _, ok := registry.CraftByCode(c); ok && !slices.Contains(q.Crafts, c) {
			q.Crafts = append(q.Crafts, c)
		}
	}
	if a, ok := place.AreaByCode(r.c.Query("area")); ok {
		q.Area = a.Code
	}
	if n, err := strconv.Atoi(r.c.Query("page")); err == nil && n > 1 && n <= 1_000_000 {
		q.Page = n
	}
	return q
}

// cut returns at most n bytes of a text, without breaking a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return strings.Clone(s)
	}
	return strings.ToValidUTF8(s[:n], "")
}

// values is the canonical query of a list, without its page.
func values(q store.CatalogueQuery) url.Values {
	v := url.Values{}
	for _, x := range [][2]string{{"q", q.Text}, {"party", string(q.Party)}, {"area", q.Area}} {
		if x[1] != "" {
			v.Set(x[0], x[1])
		}
	}
	for _, c := range q.Crafts {
		v.Add("craft", c)
	}
	if q.ByName {
		v.Set("sort", "name")
	}
	return v
}

// publicList is the Body of catalogue/list.
type publicList struct {
	publicHead
	Heading    string
	Total      int
	Page       int
	Pages      int
	Cards      []productCard
	Crafts     []facet
	Areas      []facet
	Parties    []facet
	Chips      []chip
	Prev, Next string
	SortName   string // the same list by name, and newest first
	SortNew    string
	ByName     bool
	Clear      string
	Hidden     [][2]string // of the search form
	Fairs      []facet
	Fair       *fairCard // whose products these are
}

func (s *Server) catalogueList(r *request) error {
	r.publicLocale()
	if same, err := s.unchanged(r); err != nil || same {
		return notModified(r, err)
	}
	q, fairID := listQuery(r), exhibitionIn(r)
	w := r.words()
	list, fair, booths, err := s.publicProducts(r, q, fairID)
	if err != nil {
		return err
	}
	const path = "/catalogue/products"
	at := func(q store.CatalogueQuery, fair int64) url.Values {
		v := values(q)
		if fair != 0 {
			v.Set("exhibition", strconv.FormatInt(fair, 10))
		}
		return v
	}
	with := func(change func(q *store.CatalogueQuery)) string {
		other := q
		change(&other)
		return publicURL(path, at(other, fairID), w.Name())
	}
	p := publicList{Total: list.Total, Page: max(q.Page, 1), Pages: max(list.Pages, 1), Cards: r.cards(w, list.Products), ByName: q.ByName,
		SortName: with(func(q *store.CatalogueQuery) { q.ByName = true }), SortNew: with(func(q *store.CatalogueQuery) { q.ByName = false }),
		Clear: publicURL(path, nil, w.Name())}
	for i := range p.Cards {
		p.Cards[i].Booth = booths[list.Products[i].Family].Code
	}
	if fair != nil {
		card := w.fairCard(fair)
		p.Fair = &card
		p.Chips = append(p.Chips, chip{card.Name, publicURL(path, at(q, 0), w.Name())})
	}
	p.facets(w, q, &list, with)
	if fairID != 0 {
		p.Hidden = append(p.Hidden, [2]string{"exhibition", strconv.FormatInt(fairID, 10)})
	}
	if p.Fairs, err = s.fairFacets(r, fairID, func(id int64) string { return publicURL(path, at(q, id), w.Name()) }); err != nil {
		return err
	}
	p.Heading = w.T("catalogue.all")
	if len(p.Chips) > 0 {
		parts := make([]string, len(p.Chips))
		for i, c := range p.Chips {
			parts[i] = c.Text
		}
		p.Heading = strings.Join(parts, " · ")
	}
	v := at(q, fairID)
	if p.Page > 1 {
		v.Set("page", strconv.Itoa(p.Page))
	}
	image := ""
	if len(p.Cards) > 0 && p.Cards[0].Photo != 0 {
		image = photoURL(p.Cards[0].Photo, false)
	}
	p.publicHead = s.head(r, path, v, p.Heading, w.N("catalogue.count", list.Total), image)
	p.Query = q.Text
	turn := func(n int) string {
		v := at(q, fairID)
		if n > 1 {
			v.Set("page", strconv.Itoa(n))
		}
		return publicURL(path, v, w.Name())
	}
	if p.Page > 1 {
		p.Prev = turn(min(p.Page-1, p.Pages))
	}
	if p.Page < p.Pages {
		p.Next = turn(p.Page + 1)
	}
	return r.publicPage("catalogue/list", p)
}

// facets fills in the choices beside the list and the chips of what is chosen.
func (p *publicList) facets(w words, q store.CatalogueQuery, list *store.CatalogueList, with func(func(*store.CatalogueQuery)) string) {
	if q.Text != "" {
		p.Chips = append(p.Chips, chip{w.T("catalogue.quoted", q.Text), with(func(q *store.CatalogueQuery) { q.Text = "" })})
	}
	for _, c := range registry.Crafts() {
		on := slices.Contains(q.Crafts, c.Code)
		without := slices.DeleteFunc(slices.Clone(q.Crafts), func(x string) bool { return x == c.Code })
		if on {
			p.Chips = append(p.Chips, chip{c.Name(w.Lang()), with(func(q *store.CatalogueQuery) { q.Crafts = without })})
		}
		if n := list.Crafts[c.Code]; n > 0 || on {
			next := append(without, c.Code)
			if on {
				next = without
			}
			p.Crafts = append(p.Crafts, facet{Code: c.Code, Name: c.Name(w.Lang()), Count: n, Active: on, URL: with(func(q *store.CatalogueQuery) { q.Crafts = next })})
		}
	}
	for _, party := range place.Countries() {
		on := q.Party == party
		if on {
			p.Chips = append(p.Chips, chip{w.country(string(party)), with(func(q *store.CatalogueQuery) { q.Party = "" })})
		}
		p.Parties = append(p.Parties, facet{Code: string(party), Name: w.country(string(party)), Count: list.Parties[string(party)], Active: on,
			URL: with(func(q *store.CatalogueQuery) {
				q.Party = party
				if on {
					q.Party = ""
				}
				if !strings.HasPrefix(q.Area, string(party)) {
					q.Area = ""
				}
			})})
		for _, a := range place.Areas(party) {
			on := q.Area == a.Code
			if on {
				p.Chips = append(p.Chips, chip{w.area(a.Code), with(func(q *store.CatalogueQuery) { q.Area = "" })})
			}
			if n := list.Areas[a.Code]; n > 0 || on {
				p.Areas = append(p.Areas, facet{Code: a.Code, Name: w.area(a.Code), Count: n, Active: on, URL: with(func(q *store.CatalogueQuery) {
					q.Area = a.Code
					if on {
						q.Area = ""
					}
				})})
			}
		}
	}
	p.Hidden = nil
	for k, vs := range values(q) {
		for _, v := range vs {
			if k != "q" {
				p.Hidden = append(p.Hidden, [2]string{k, v})
			}
		}
	}
	slices.SortFunc(p.Hidden, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
}

// publicProduct is the Body of catalogue/product.
type publicProduct struct {
	publicHead
	ID          int64
	Number      string
	Name        string
	OtherName   string // in the other language
	OtherLang   string
	Maker       string
	Place       string
	PlaceURL    string
	Craft       string
	CraftURL    string
	Price       string
	Unit        string
	Text        string
	MadeIn      string
	Photos      []store.PublicPhoto
	Facts       []publicFact
	Food        []publicFact
	More        []productCard
	QRBox       string
	QRPath      string
	Address     string // short, what the code carries
	Share       []shareLink
	Handmade    int
	HasHandmade bool
	Fairs       []fairCard // where it can be seen
}

type publicFact struct{ Key, Text string }

type shareLink struct{ Key, Icon, URL string }

func (s *Server) catalogueProduct(r *request) error {
	r.publicLocale()
	id, err := r.id("id")
	if err != nil {
		return err
	}
	if same, err := s.unchanged(r); err != nil || same {
		return notModified(r, err)
	}
	v, err := s.svc.Catalogue.Product(r.ctx(), id)
	if err != nil {
		return err
	}
	p, err := s.publicProduct(r, v)
	if err != nil {
		return err
	}
	return r.publicPage("catalogue/product", p)
}

func (s *Server) publicProduct(r *request, v *service.PublicView) (*publicProduct, error) {
	w := r.words()
	rec := &v.Record
	p := &publicProduct{ID: v.ID, Number: service.ProductNumber(v.Party, v.ID), Name: rec.Name(w.Lang()), Maker: makerIn(w, v.Maker), Place: w.area(v.Area) + w.comma() + w.country(string(v.Party)),
		PlaceURL: publicURL("/catalogue/products", url.Values{"area": {v.Area}}, w.Name()), Craft: w.craft(rec.Craft),
		CraftURL: publicURL("/catalogue/products", url.Values{"craft": {rec.Craft}}, w.Name()), Price: w.Money(rec.Price, rec.Currency), Unit: w.code("product_unit", string(rec.Unit)),
		Text: rec.Description(w.Lang()), Photos: v.Photos, More: r.cards(w, v.More), Handmade: rec.Handmade, HasHandmade: rec.HandmadeGiven}
	if other := rec.NameEN; w.Lang() == locale.Arabic && other != "" {
		p.OtherName, p.OtherLang = other, "en"
	} else if w.Lang() == locale.English && rec.NameEN != "" {
		p.OtherName, p.OtherLang = rec.NameAR, "ar"
	}
	if rec.MadeIn {
		p.MadeIn = w.T("catalogue.made_in." + string(v.Party))
	}
	for i := range v.Fairs {
		card := w.fairCard(&v.Fairs[i].Fair)
		card.Stand = w.stand(v.Fairs[i].Stand)
		p.Fairs = append(p.Fairs, card)
	}
	fact := func(to *[]publicFact, key, text string) {
		if text != "" {
			*to = append(*to, publicFact{"product." + key, text})
		}
	}
	if v.Type != nil {
		fact(&p.Facts, "type", v.Type.Name(w.Lang()))
	}
	fact(&p.Facts, "materials", registry.In(w.Lang(), rec.Materials, rec.MaterialsEN))
	fact(&p.Facts, "technique", registry.In(w.Lang(), rec.Technique, rec.TechniqueEN))
	fact(&p.Facts, "origin", w.originOf(rec))
	fact(&p.Facts, "size", w.sizeOf(rec.Size))
	fact(&p.Facts, "weight", w.grams(rec.Weight))
	if rec.Capacity > 0 {
		fact(&p.Facts, "capacity", w.T("product.capacity_value", rec.Capacity, w.code("product_unit", string(rec.Unit))))
	}
	if rec.LeadDays > 0 {
		fact(&p.Facts, "lead_days", w.N("product.days", rec.LeadDays))
	}
	if rec.ShelfDays > 0 {
		fact(&p.Food, "shelf_days", w.N("product.days", rec.ShelfDays))
	}
	fact(&p.Food, "ingredients", rec.Ingredients)
	if len(rec.Allergens) > 0 {
		fact(&p.Food, "allergens", w.codes("allergen", strings.Join(asTexts(rec.Allergens), ",")))
	}
	image := ""
	if len(v.Photos) > 0 {
		image = photoURL(v.Photos[0].ID, false)
	}
	about := p.Text
	if about == "" {
		about = p.Craft + " · " + p.Maker + " · " + p.Place
	}
	p.publicHead = s.head(r, productURL(v.ID), nil, p.Name, cut(about, 300), image)
	p.Address = s.baseURL(r.c) + productURL(v.ID)
	qr, err := s.svc.Catalogue.QR(p.Address)
	if err != nil {
		return nil, err
	}
	p.QRBox, p.QRPath = qr.ViewBox(), qr.SVGPath()
	text := url.QueryEscape(p.Name + " – " + p.Maker)
	link := url.QueryEscape(p.Canonical)
	p.Share = []shareLink{
		{"catalogue.share.whatsapp", "brand-whatsapp", "https://wa.me/?text=" + text + "%20" + link},
		{"catalogue.share.mail", "mail", "mailto:?subject=" + strings.ReplaceAll(text, "+", "%20") + "&body=" + link},
	}
	return p, nil
}

// originOf is where a product comes from: its geographical name, and the governorate or municipality.
func (w words) originOf(rec *registry.ProductRecord) string {
	var parts []string
	if rec.OriginName != "" {
		parts = append(parts, rec.OriginName)
	}
	if rec.OriginArea != "" {
		parts = append(parts, w.area(rec.OriginArea))
	}
	return strings.Join(parts, w.comma())
}

var sizeWords = map[string]*strings.Replacer{
	locale.English: strings.NewReplacer("سم", "cm", "مم", "mm", "متر", "m", "ارتفاع", "height", "قطر", "diameter", "طول", "length", "مقاسات", "several sizes"),
	locale.Arabic:  strings.NewReplacer("cm", "سم", "mm", "مم", "height", "ارتفاع", "diameter", "قطر", "length", "طول"),
}

// sizeOf writes a size with the words for measures of the reader's language; the rest stays as typed.
func (w words) sizeOf(size string) string { return sizeWords[w.Name()].Replace(size) }

// grams writes a weight as people say it.
func (w words) grams(n int) string {
	switch {
	case n == 0:
		return ""
	case n < 1000:
		return w.T("product.grams", n)
	case n%1000 == 0:
		return w.T("product.kilos", n/1000)
	}
	return w.T("product.kilos_part", locale.Raw(strconv.FormatFloat(float64(n)/1000, 'f', -1, 64)))
}

func photoURL(id int64, thumb bool) string {
	if thumb {
		return "/catalogue/thumbs/" + strconv.FormatInt(id, 10)
	}
	return "/catalogue/photos/" + strconv.FormatInt(id, 10)
}

func (s *Server) cataloguePhoto(r *request) error { return s.sendPublicPhoto(r, false) }
func (s *Server) catalogueThumb(r *request) error { return s.sendPublicPhoto(r, true) }

// sendPublicPhoto sends a picture of a product that is in the catalogue now. A browser may show it for a minute without asking again: a list of two dozen
// pictures should not ask two dozen times, and one that was withdrawn is gone soon.
func (s *Server) sendPublicPhoto(r *request, thumb bool) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	body, err := s.svc.Catalogue.Photo(r.ctx(), id, thumb)
	if err != nil {
		return err
	}
	r.c.Set("Cache-Control", "public, max-age=60, must-revalidate")
	r.c.Set("Cross-Origin-Resource-Policy", "cross-origin") // previews of shared links show it
	return s.sendPicture(r, `"`+strconv.FormatInt(id, 36)+`"`, body)
}

// sendPicture sends a JPEG that never changes under its tag.
func (s *Server) sendPicture(r *request, tag string, body []byte) error {
	r.c.Set("ETag", tag)
	if r.c.Get("If-None-Match") == tag {
		return r.c.SendStatus(fiber.StatusNotModified)
	}
	if len(body) == 0 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	r.c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	r.c.Set("Content-Type", media.JPEG)
	return r.c.Send(body)
}

// sitemap lists the pages of the catalogue for search engines (sitemaps.org 0.9).
func (s *Server) sitemap(r *request) error {
	ids, err := s.svc.Catalogue.IDs(r.ctx())
	if err != nil {
		return err
	}
	type entry struct {
		Loc string `xml:"loc"`
	}
	type urlset struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URL     []entry  `xml:"url"`
	}
	base := s.baseURL(r.c)
	set := urlset{URL: []entry{{base + "/catalogue"}, {base + "/catalogue/products"}, {base + "/catalogue/exhibitions"}}}
	fairs, err := s.svc.Catalogue.Fairs(r.ctx(), false)
	if err != nil {
		return err
	}
	for i := range fairs {
		set.URL = append(set.URL, entry{base + fairURL(fairs[i].ID)})
	}
	for _, id := range ids {
		set.URL = append(set.URL, entry{base + productURL(id)})
	}
	body, err := xml.Marshal(set)
	if err != nil {
		return err
	}
	r.c.Set("Content-Type", "application/xml; charset=utf-8")
	r.c.Set("Cache-Control", "public, max-age=3600")
	return r.c.Send(append([]byte(xml.Header), body...))
}
