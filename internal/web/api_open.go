package web

import (
	"reflect"
	"strconv"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/programme"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// apiMe is what a token is.
type apiMe struct {
	Person  string   `json:"person" doc:"Who the token acts for, and its name."`
	Role    string   `json:"role" enum:"reviewer|coordinator|analyst|administrator"`
	Party   string   `json:"party" enum:"EG|QA"`
	Areas   []string `json:"areas" doc:"ISO 3166-2 codes; empty for all areas of the party."`
	Version string   `json:"version" doc:"Of the interface." example:"1"`
}

type apiArea struct {
	Code    string `json:"code" doc:"ISO 3166-2." example:"EG-GZ"`
	Country string `json:"country" enum:"EG|QA"`
	NameAR  string `json:"name_ar"`
	NameEN  string `json:"name_en"`
}

type apiAreas struct {
	Items []apiArea `json:"items"`
}

type apiCode struct {
	Code   string `json:"code" example:"home"`
	NameAR string `json:"name_ar"`
	NameEN string `json:"name_en"`
}

type apiList struct {
	Name  string    `json:"name" example:"sale_channel"`
	Codes []apiCode `json:"codes"`
}

type apiLists struct {
	Items []apiList `json:"items"`
}

// apiPublicProduct is a product of the public catalogue. It names the maker as the catalogue does and nothing else about a person.
type apiPublicProduct struct {
	ID      int64                  `json:"id"`
	Country string                 `json:"country" enum:"EG|QA"`
	Area    string                 `json:"area,omitempty"`
	MakerAR string                 `json:"maker_ar,omitempty"`
	MakerEN string                 `json:"maker_en,omitempty"`
	Since   string                 `json:"since" format:"date-time" doc:"Of the approval."`
	Record  registry.ProductRecord `json:"record"`
	Photos  []string               `json:"photos" doc:"Addresses of the photographs."`
	Page    string                 `json:"page" doc:"Address of its page."`
}

type apiPublicList struct {
	Items []apiPublicProduct `json:"items"`
	Page  apiPage            `json:"page"`
}

var apiMetaRoutes = []apiRoute{
	{method: "GET", path: "/me", id: "getToken", tag: "token", title: "What this token is", ar: "تعريف المفتاح", status: 200, result: reflect.TypeFor[apiMe](), handle: (*Server).apiMeOf},
	apiFigureRoute,
}

var apiOpenRoutes = []apiRoute{
	{method: "GET", path: "/areas", id: "listAreas", tag: "reference", title: "Governorates and municipalities", ar: "المحافظات والبلديات", open: true, status: 200,
		params: []apiParam{{name: "country", text: "Only of one country.", enum: []string{"EG", "QA"}}}, result: reflect.TypeFor[apiAreas](), handle: (*Server).apiAreasOf},
	{method: "GET", path: "/reference", id: "listReferences", tag: "reference", title: "Reference lists", ar: "القوائم المرجعية", open: true, status: 200,
		text: "All code lists of the forms with their words in both languages.", result: reflect.TypeFor[apiLists](), handle: (*Server).apiListsOf},
	{method: "GET", path: "/catalogue/products", id: "listCatalogue", tag: "catalogue", title: "Public catalogue", ar: "دليل المنتجات", open: true, status: 200,
		text: "Approved products of families that consented, newest first.",
		params: []apiParam{{name: "q", text: "Words of name, materials or maker."}, {name: "country", text: "Only of one country.", enum: []string{"EG", "QA"}},
			{name: "craft", many: true, text: "Craft group.", enum: craftCodes()}, {name: "area", text: "ISO 3166-2 code."}, apiCursor, apiLimit},
		result: reflect.TypeFor[apiPublicList](), handle: (*Server).apiCatalogue},
	{method: "GET", path: "/catalogue/products/:id", id: "getCatalogueProduct", tag: "catalogue", title: "One public product", ar: "منتج في الدليل", open: true, status: 200,
		result: reflect.TypeFor[apiPublicProduct](), handle: (*Server).apiCatalogueProduct},
}

func (s *Server) apiMeOf(q *apiRequest) (*apiAnswer, error) {
	out := apiMe{Person: q.actor.Name, Role: string(q.actor.Role), Party: string(q.actor.Party), Areas: []string{}, Version: "1"}
	out.Areas = append(out.Areas, q.actor.Areas.Codes()...)
	return &apiAnswer{body: out}, nil
}

// asked are the countries that a query asks for.
func (q *apiRequest) asked() ([]place.Country, error) {
	if _, err := q.choices("country"); err != nil {
		return nil, err
	}
	if c := q.one("country"); c != "" {
		return []place.Country{place.Country(c)}, nil
	}
	return place.Countries(), nil
}

func (s *Server) apiAreasOf(q *apiRequest) (*apiAnswer, error) {
	countries, err := q.asked()
	if err != nil {
		return nil, err
	}
	out := apiAreas{Items: []apiArea{}}
	for _, c := range countries {
		for _, a := range place.Areas(c) {
			out.Items = append(out.Items, apiArea{Code: a.Code, Country: string(c), NameAR: a.NameAr, NameEN: a.NameEn})
		}
	}
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiListsOf(*apiRequest) (*apiAnswer, error) {
	ar, en := s.pages.Locale(locale.Arabic), s.pages.Locale(locale.English)
	out := apiLists{Items: []apiList{}}
	add := func(name string, codes []string) {
		l := apiList{Name: name, Codes: []apiCode{}}
		for _, c := range codes {
			key := "enum." + name + "." + c
			l.Codes = append(l.Codes, apiCode{c, ar.T(key), en.T(key)})
		}
		out.Items = append(out.Items, l)
	}
	for _, l := range registry.Lists() {
		add(l.Name, l.Values)
	}
	add("state", asTexts(registry.States()))
	add("protection", asTexts(registry.Protections()))
	add("overall", intake.Overalls())
	add("id_type", intake.IDTypes())
	add("size", asTexts(exhibition.Sizes()))
	crafts := apiList{Name: "craft", Codes: []apiCode{}}
	for _, c := range registry.Crafts() {
		crafts.Codes = append(crafts.Codes, apiCode{c.Code, c.NameAR, c.NameEN})
	}
	out.Items = append(out.Items, crafts)
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiCatalogue(q *apiRequest) (*apiAnswer, error) {
	if _, err := q.choices("country"); err != nil {
		return nil, err
	}
	crafts, err := q.choices("craft")
	if err != nil {
		return nil, err
	}
	size, err := q.limit()
	if err != nil {
		return nil, err
	}
	at, err := q.openCursor()
	if err != nil {
		return nil, err
	}
	find := store.CatalogueQuery{Party: place.Country(q.one("country")), Crafts: crafts, Area: q.one("area"), Text: intake.SearchText(q.one("q")), Page: int(at) + 1, Size: min(size, 100)}
	list, err := s.svc.Catalogue.List(q.ctx(), find)
	if err != nil {
		return nil, err
	}
	out := apiPublicList{Items: []apiPublicProduct{}, Page: apiPage{Total: int64(list.Total)}}
	if find.Page < list.Pages {
		out.Page.Next = q.closeCursor(at + 1)
	}
	for i := range list.Products {
		out.Items = append(out.Items, s.apiPublic(q, &list.Products[i]))
	}
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiCatalogueProduct(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	v, err := s.svc.Catalogue.Product(q.ctx(), id)
	if err != nil {
		return nil, err
	}
	return &apiAnswer{body: s.apiPublic(q, &v.PublicProduct)}, nil
}

func (s *Server) apiPublic(q *apiRequest, p *store.PublicProduct) apiPublicProduct {
	base := s.baseURL(q.c)
	out := apiPublicProduct{ID: p.ID, Country: string(p.Party), Area: p.Area, MakerAR: p.Maker.AR, MakerEN: p.Maker.EN, Since: apiInstant(p.Since), Record: p.Record, Photos: []string{},
		Page: base + "/catalogue/products/" + strconv.FormatInt(p.ID, 10)}
	for _, x := range p.Photos {
		out.Photos = append(out.Photos, base+"/catalogue/photos/"+strconv.FormatInt(x.ID, 10))
	}
	return out
}

func apiCountOf(c programme.Count) apiCount {
	return apiCount{Code: c.Code, N: int64(c.N), Women: int64(c.Women), Hidden: c.Hidden, Split: c.Split}
}

func apiCounts(list []programme.Count) []apiCount {
	out := []apiCount{}
	for _, c := range list {
		out = append(out, apiCountOf(c))
	}
	return out
}

// cursorRefused turns what the store says of a cursor that it did not give out into the answer of a bad query.
func (q *apiRequest) cursorRefused(err error) error {
	if fault.Is(err, fault.Invalid) && q.one("cursor") != "" {
		return badParam("cursor", "error.cursor")
	}
	return err
}
