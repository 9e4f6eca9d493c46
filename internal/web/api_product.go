package web

import (
	"reflect"
	"strconv"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
)

// apiProduct is one product of a family.
type apiProduct struct {
	ID       int64                  `json:"id" example:"77"`
	Version  int64                  `json:"version"`
	FamilyID int64                  `json:"family_id"`
	Family   string                 `json:"family,omitempty" doc:"The lead producer's name."`
	Area     string                 `json:"area,omitempty"`
	State    string                 `json:"state" ar:"الحالة" example:"approved"`
	Record   registry.ProductRecord `json:"record" doc:"Price in minor units of its currency."`
	Public   bool                   `json:"public,omitempty" doc:"Stands in the public catalogue now."`
	Photos   int64                  `json:"photos" doc:"How many photographs there are."`
}

type apiProductList struct {
	Items []apiProduct `json:"items"`
	Page  apiPage      `json:"page"`
}

var apiProductRoutes = []apiRoute{
	{method: "GET", path: "/products", id: "listProducts", tag: "products", title: "List products", ar: "قائمة المنتجات", scope: auth.ScopeProductsRead, status: 200,
		params: []apiParam{{name: "q", text: "Words of the name."}, {name: "state", many: true, text: "State of the product.", enum: asTexts(registry.ProductStates())},
			{name: "craft", many: true, text: "Craft group.", enum: craftCodes()}, {name: "area", many: true, text: "ISO 3166-2 code of the family's area."},
			{name: "sort", text: "The order.", enum: asTexts(store.ProductSorts())}, apiCursor, apiLimit},
		result: reflect.TypeFor[apiProductList](), handle: (*Server).apiProducts},
	{method: "GET", path: "/families/:id/products", id: "listFamilyProducts", tag: "products", title: "Products of a family", ar: "منتجات أسرة", scope: auth.ScopeProductsRead, status: 200,
		result: reflect.TypeFor[apiProductList](), handle: (*Server).apiProductsOf},
	{method: "POST", path: "/families/:id/products", id: "createProduct", tag: "products", title: "Enter a product", ar: "إضافة منتج", scope: auth.ScopeProductsWrite, status: 201, tagged: true,
		body: reflect.TypeFor[intake.Product](), result: reflect.TypeFor[apiProduct](), more: []int{403, 409}, handle: (*Server).apiCreateProduct},
	{method: "GET", path: "/products/:id", id: "getProduct", tag: "products", title: "One product", ar: "منتج", scope: auth.ScopeProductsRead, status: 200, tagged: true,
		result: reflect.TypeFor[apiProduct](), handle: (*Server).apiGetProduct},
	{method: "PUT", path: "/products/:id", id: "putProduct", tag: "products", title: "Correct a product", ar: "تصحيح منتج", scope: auth.ScopeProductsWrite, status: 200, tagged: true, match: true,
		text: "Replaces the form. A correction of an approved product sends it back to the committee.", body: reflect.TypeFor[intake.Product](), result: reflect.TypeFor[apiProduct](),
		more: []int{403, 409}, handle: (*Server).apiPutProduct},
}

func apiProductRow(r store.ProductRow) apiProduct {
	return apiProduct{ID: r.ID, Version: r.Version, FamilyID: r.FamilyID, Family: r.Family, Area: r.Area, State: string(r.Status.State), Record: r.Record, Photos: int64(r.Photos)}
}

func (s *Server) apiProducts(q *apiRequest) (*apiAnswer, error) {
	var find store.ProductQuery
	var err error
	if find.States, err = q.choices("state"); err != nil {
		return nil, err
	}
	if find.Crafts, err = q.choices("craft"); err != nil {
		return nil, err
	}
	if _, err = q.choices("sort"); err != nil {
		return nil, err
	}
	if find.Limit, err = q.limit(); err != nil {
		return nil, err
	}
	find.Areas, find.Text, find.Sort, find.After = q.query()["area"], intake.SearchText(q.one("q")), store.ProductSort(q.one("sort")), q.one("cursor")
	list, err := s.svc.Products.List(q.ctx(), q.actor, find)
	if err != nil {
		return nil, q.cursorRefused(err)
	}
	out := apiProductList{Items: []apiProduct{}, Page: apiPage{Total: int64(list.Total), Next: list.Next}}
	for _, r := range list.Rows {
		out.Items = append(out.Items, apiProductRow(r))
	}
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiProductsOf(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	rows, err := s.svc.Products.OfFamily(q.ctx(), q.actor, id)
	if err != nil {
		return nil, err
	}
	out := apiProductList{Items: []apiProduct{}, Page: apiPage{Total: int64(len(rows))}}
	for _, r := range rows {
		out.Items = append(out.Items, apiProductRow(r))
	}
	return &apiAnswer{body: out}, nil
}

func (s *Server) apiProductAt(q *apiRequest, id int64) (*apiAnswer, error) {
	v, err := s.svc.Products.View(q.ctx(), q.actor, id)
	if err != nil {
		return nil, err
	}
	return &apiAnswer{body: apiProductView(v), version: v.Version}, nil
}

func apiProductView(v *service.ProductView) apiProduct {
	return apiProduct{ID: v.ID, Version: v.Version, FamilyID: v.FamilyID, Family: v.Family, Area: v.Area, State: string(v.Status.State), Record: v.Record, Public: v.Public, Photos: int64(len(v.Photos))}
}

func (s *Server) apiGetProduct(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return s.apiProductAt(q, id)
}

func (s *Server) apiCreateProduct(q *apiRequest) (*apiAnswer, error) {
	family, err := q.id("id")
	if err != nil {
		return nil, err
	}
	id, err := s.svc.Products.Save(q.ctx(), q.actor, family, 0, *q.body.(*intake.Product), q.write())
	if err != nil {
		return nil, err
	}
	a, err := s.apiProductAt(q, id)
	if err != nil {
		return nil, err
	}
	a.location = "/products/" + strconv.FormatInt(id, 10)
	return a, nil
}

func (s *Server) apiPutProduct(q *apiRequest) (*apiAnswer, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	if _, err := s.svc.Products.Save(q.ctx(), q.actor, 0, id, *q.body.(*intake.Product), q.write()); err != nil {
		return nil, err
	}
	return s.apiProductAt(q, id)
}
