package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/service"
	"muntija/internal/store"
	"muntija/internal/web/render"
)

var productRoutes = []route{
	{method: "GET", path: "/products", access: permit, action: auth.ProductView, handle: (*Server).products},
	{method: "GET", path: "/products/committee", access: permit, action: auth.ProductScore, handle: (*Server).committee},
	{method: "GET", path: "/products/sheet", access: permit, action: auth.ProductView, handle: (*Server).scoreSheet},
	{method: "POST", path: "/products/sheet", access: permit, action: auth.ScoreSheetEdit, handle: (*Server).saveScoreSheet},
	{method: "GET", path: "/products/taxonomy", access: permit, action: auth.ProductView, handle: (*Server).taxonomy},
	{method: "GET", path: "/products/taxonomy/line", access: permit, action: auth.TaxonomyEdit, handle: (*Server).taxonForm},
	{method: "POST", path: "/products/taxonomy/line", access: permit, action: auth.TaxonomyEdit, handle: (*Server).saveTaxon},
	{method: "GET", path: "/families/:id/products/new", access: permit, action: auth.ProductEdit, handle: (*Server).newProduct},
	{method: "POST", path: "/families/:id/products", access: permit, action: auth.ProductEdit, handle: (*Server).createProduct},
	{method: "GET", path: "/products/:id", access: permit, action: auth.ProductView, handle: (*Server).product},
	{method: "POST", path: "/products/:id", access: permit, action: auth.ProductEdit, handle: (*Server).saveProduct},
	{method: "GET", path: "/products/:id/edit", access: permit, action: auth.ProductEdit, handle: (*Server).editProduct},
	{method: "POST", path: "/products/:id/do/:step", access: permit, action: auth.ProductEdit, handle: (*Server).stepProduct},
	{method: "POST", path: "/products/:id/photos", access: permit, action: auth.ProductEdit, upload: true, handle: (*Server).addPhoto},
	{method: "POST", path: "/products/:id/photos/:photo/:move", access: permit, action: auth.ProductEdit, handle: (*Server).movePhoto},
	{method: "POST", path: "/products/:id/score", access: permit, action: auth.ProductScore, handle: (*Server).scoreProduct},
	{method: "POST", path: "/products/:id/decide", access: permit, action: auth.ProductDecide, handle: (*Server).decideProduct},
	{method: "GET", path: "/product-photos/:id", access: permit, action: auth.ProductView, handle: (*Server).productPhoto},
	{method: "GET", path: "/product-thumbs/:id", access: permit, action: auth.ProductView, handle: (*Server).productThumb},
}

func staffProductURL(id int64) string { return "/products/" + strconv.FormatInt(id, 10) }

// productLine is one product in a list of the office.
type productLine struct {
	ID     int64
	Name   string
	State  registry.ProductState
	Craft  string
	Family string // maker's name
	Area   string
	Price  string
	Photo  int64
	Photos int
	Scores int
	Waits  string // since when it waits for the committee
}

func (r *request) productLine(w words, x *store.ProductRow) productLine {
	l := productLine{ID: x.ID, Name: x.Record.Name(w.Lang()), State: x.Status.State, Craft: w.craft(x.Record.Craft), Family: x.Family, Area: w.area(x.Area),
		Price: w.Money(x.Record.Price, x.Record.Currency), Photo: x.Photo, Photos: x.Photos, Scores: x.Scores}
	if x.Status.State == registry.ProductSubmitted {
		l.Waits = w.Relative(x.Status.SubmittedAt, r.s.svc.Now())
	}
	return l
}

func (r *request) productLines(w words, rows []store.ProductRow) []productLine {
	out := make([]productLine, len(rows))
	for i := range rows {
		out[i] = r.productLine(w, &rows[i])
	}
	return out
}

// productsPage is the Body of product/list.
type productsPage struct {
	Lines    []productLine
	Total    int
	Next     string
	First    string
	Chips    []chip
	Sets     []tickSet
	Sorts    []render.Option
	Warnings []string
	Filtered bool
	CanScore bool
	CanPrint bool

	CanExport bool
	Text      string
	Sort      string
}

func (s *Server) products(r *request) error {
	sorts := asTexts(store.ProductSorts())
	f, warnings := intake.DecodeProductFilter(r.query(), r.actor.Party, sorts)
	list, err := s.svc.Products.List(r.ctx(), r.actor, store.ProductQuery{States: f.States, Crafts: f.Crafts, Areas: f.Areas, Text: f.Text, Sort: store.ProductSort(f.Sort),
		After: f.After, Limit: listRows})
	if err != nil {
		return err
	}
	w := r.words()
	q := f.Query()
	p := productsPage{Lines: r.productLines(w, list.Rows), Total: list.Total, Text: f.Text, Sort: f.Sort, Sorts: optionsOf(w, "product_sort", sorts),
		Filtered: len(q) > 0, CanScore: auth.Can(r.actor, auth.ProductScore), CanPrint: auth.Can(r.actor, auth.CataloguePrint), CanExport: auth.Can(r.actor, auth.ExportRun)}
	for _, x := range warnings {
		p.Warnings = append(p.Warnings, w.T(x.Key, x.Args...))
	}
	if list.Next != "" {
		with := url.Values{"after": {list.Next}}
		for k, v := range q {
			with[k] = v
		}
		p.Next = withQuery("/products", with)
	}
	if f.After != "" {
		p.First = withQuery("/products", q)
	}
	p.Sets = productSets(w, r.actor, f)
	p.Chips = productChips(w, f)
	return r.page(0, "product/list", &render.Form{Values: map[string]string{"q": f.Text, "sort": f.Sort}}, p)
}

func productSets(w words, actor auth.Actor, f intake.CheckedProductFilter) []tickSet {
	states := tickSetOf(w, "state", "product_state", asTexts(registry.ProductStates()), f.States)
	crafts := tickSet{Name: "craft", Legend: "field.craft"}
	for _, c := range registry.Crafts() {
		crafts.Options = append(crafts.Options, render.Option{Value: c.Code, Label: c.Name(w.Lang()), Selected: slices.Contains(f.Crafts, c.Code)})
	}
	out := []tickSet{states, crafts}
	if reach, err := auth.ReachOf(actor, auth.ProductView); err == nil {
		areas := tickSet{Name: "area", Legend: "field.area"}
		for _, a := range place.Areas(actor.Party) {
			if reach.Areas.Has(a.Code) {
				areas.Options = append(areas.Options, render.Option{Value: a.Code, Label: w.area(a.Code), Selected: slices.Contains(f.Areas, a.Code)})
			}
		}
		if len(areas.Options) > 1 {
			out = append(out, areas)
		}
	}
	return out
}

func productChips(w words, f intake.CheckedProductFilter) []chip {
	var out []chip
	q := f.Query()
	add := func(key, value, text string) {
		rest := url.Values{}
		for k, vs := range q {
			for _, v := range vs {
				if k != key || v != value {
					rest.Add(k, v)
				}
			}
		}
		out = append(out, chip{text, withQuery("/products", rest)})
	}
	if f.Text != "" {
		add("q", f.Text, w.T("catalogue.quoted", f.Text))
	}
	for _, x := range f.States {
		add("state", x, w.code("product_state", x))
	}
	for _, x := range f.Crafts {
		add("craft", x, w.craft(x))
	}
	for _, x := range f.Areas {
		add("area", x, w.area(x))
	}
	return out
}

// committeePage is the Body of product/committee.
type committeePage struct {
	Lines  []productLine
	Total  int
	Next   string
	Others []productLine // wait too, and this member has scored them
}

func (s *Server) committee(r *request) error {
	mine, all, err := s.svc.Products.Queue(r.ctx(), r.actor, r.c.Query("after"))
	if err != nil {
		return err
	}
	w := r.words()
	p := committeePage{Lines: r.productLines(w, mine.Rows), Total: mine.Total}
	if mine.Next != "" {
		p.Next = withQuery("/products/committee", url.Values{"after": {mine.Next}})
	}
	for i := range all.Rows {
		if !slices.ContainsFunc(mine.Rows, func(x store.ProductRow) bool { return x.ID == all.Rows[i].ID }) && all.Rows[i].Scores > 0 {
			p.Others = append(p.Others, r.productLine(w, &all.Rows[i]))
		}
	}
	return r.page(0, "product/committee", nil, p)
}

// productPage is the Body of product/show.
type productPage struct {
	*service.ProductView
	Title     string
	CraftName string
	AreaName  string
	PriceText string
	Facts     []publicFact
	Food      []publicFact
	Edit      bool // the form is open to this person
	Submit    bool
	Withdraw  bool
	Reopen    bool
	ScoreOpen bool
	Decide    bool // there are scores enough to record the result
	Points    []pointsView
	Rows      []scoreRow
	Life      []productLife
	ResultPct int64
	MaxMB     int64
	PublicURL string
	Moves     bool // photographs can be ordered
	Waiting   string
	Round     int
}

// pointsView is one item of the sheet in the score form.
type pointsView struct {
	Name    string // of the field
	Title   string
	Weight  int
	Least   int
	Options []render.Option
	Problem string
	ID      string
}

// scoreRow is one item of the sheet with what members gave.
type scoreRow struct {
	Title  string
	Weight int
	Middle string
	Low    bool
}

type productLife struct {
	service.ProductEventView
	Step string
}

func (s *Server) product(r *request) error { return s.drawProduct(r, 0, nil) }

func (s *Server) drawProduct(r *request, status int, form *render.Form) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Products.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	return r.page(status, "product/show", form, s.productPage(r, v, form))
}

func (s *Server) productPage(r *request, v *service.ProductView, form *render.Form) *productPage {
	w := r.words()
	rec, st := &v.Record, v.Status.State
	p := &productPage{ProductView: v, Title: rec.Name(w.Lang()), CraftName: w.craft(rec.Craft), AreaName: w.area(v.Area), PriceText: w.Money(rec.Price, rec.Currency),
		MaxMB: media.DefaultLimits().Bytes >> 20, Round: v.Status.Round, ResultPct: int64(v.Result.Total / 100)}
	edit := v.Can[auth.ProductEdit]
	p.Edit, p.Moves = edit && st.Editable(), edit && st.Editable()
	p.Submit, p.Withdraw, p.Reopen = edit && st.Allows(registry.ProductSubmit), edit && st.Allows(registry.ProductWithdraw), edit && st.Allows(registry.ProductReopen)
	p.ScoreOpen = st == registry.ProductSubmitted && v.Can[auth.ProductScore]
	p.Decide = st == registry.ProductSubmitted && v.Can[auth.ProductDecide] && v.Result.Complete
	if v.Public {
		p.PublicURL = productURL(v.ID)
	}
	p.Facts, p.Food = w.productFacts(rec)
	for _, item := range v.Sheet.Items {
		name := "points[" + item.Code + "]"
		pv := pointsView{Name: name, ID: render.FieldID(name), Title: item.Title(w.Lang()), Weight: item.Weight, Least: item.Least}
		chosen := form.Value(name)
		if form == nil && v.Mine != nil {
			chosen = strconv.Itoa(v.Mine.Points[item.Code])
		}
		for n := range registry.MaxPoints + 1 {
			text := strconv.Itoa(n)
			pv.Options = append(pv.Options, render.Option{Value: text, Label: w.Num(int64(n)), Selected: chosen == text})
		}
		if form != nil {
			for _, x := range form.Problems.On(name) {
				pv.Problem = w.T(x.Key, x.Args...)
			}
		}
		p.Points = append(p.Points, pv)
		if half, ok := v.Result.Middle[item.Code]; ok && len(v.Scores) > 0 {
			text := w.Num(int64(half / 2))
			if half%2 == 1 {
				text = w.T("product.half", half/2)
			}
			p.Rows = append(p.Rows, scoreRow{Title: item.Title(w.Lang()), Weight: item.Weight, Middle: text, Low: slices.Contains(v.Result.Low, item.Code)})
		}
	}
	for i := len(v.Events) - 1; i >= 0; i-- { // newest first
		p.Life = append(p.Life, productLife{v.Events[i], w.code("product_step", string(v.Events[i].Step))})
	}
	return p
}

// productFacts are the fields of a record in words, for the office.
func (w words) productFacts(rec *registry.ProductRecord) (facts, food []publicFact) {
	add := func(to *[]publicFact, key, text string) {
		if text != "" {
			*to = append(*to, publicFact{"product." + key, text})
		}
	}
	add(&facts, "name_en", rec.NameEN)
	add(&facts, "materials", rec.Materials)
	add(&facts, "materials_en", rec.MaterialsEN)
	add(&facts, "technique", rec.Technique)
	add(&facts, "technique_en", rec.TechniqueEN)
	if rec.HandmadeGiven {
		add(&facts, "handmade", w.Percent(int64(rec.Handmade)))
	}
	add(&facts, "origin", w.originOf(rec))
	add(&facts, "unit", w.code("product_unit", string(rec.Unit)))
	add(&facts, "size", rec.Size)
	add(&facts, "weight", w.grams(rec.Weight))
	if rec.Capacity > 0 {
		add(&facts, "capacity", w.T("product.capacity_value", rec.Capacity, w.code("product_unit", string(rec.Unit))))
	}
	if rec.LeadDays > 0 {
		add(&facts, "lead_days", w.N("product.days", rec.LeadDays))
	}
	add(&facts, "hs_code", rec.HSCode)
	if rec.Abroad {
		add(&facts, "abroad", w.T("form.yes"))
	}
	if rec.ShelfDays > 0 {
		add(&food, "shelf_days", w.N("product.days", rec.ShelfDays))
	}
	add(&food, "ingredients", rec.Ingredients)
	if len(rec.Allergens) > 0 {
		parts := make([]string, len(rec.Allergens))
		for i, a := range rec.Allergens {
			parts[i] = w.code("allergen", string(a))
		}
		add(&food, "allergens", w.join(parts))
	}
	return facts, food
}

// productForm is the Body of product/form.
type productForm struct {
	ID         int64 // 0: a new one
	FamilyID   int64
	Maker      string
	Action     string
	Back       string
	Version    int64
	Approved   bool // a material change takes it out of the catalogue
	Crafts     []render.Option
	Types      []render.Option
	Areas      []render.Option
	Units      []string
	Currencies []render.Option
	Allergens  []string
	MadeIn     string // message key of the mark's label
}

func (s *Server) newProduct(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	f, err := s.svc.Families.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	in := intake.Product{Craft: f.Craft, OriginArea: f.Area, Currency: intake.Currency(r.actor.Party), Unit: "piece", MadeIn: "yes"}
	return s.drawProductForm(r, 0, &render.Form{Values: in.Values()}, productForm{FamilyID: id, Maker: f.Name, Action: familyURL(id) + "/products", Back: familyURL(id)})
}

func (s *Server) editProduct(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Products.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	switch {
	case !v.Can[auth.ProductEdit]:
		return fault.New(fault.Forbidden, "error.forbidden")
	case !v.Status.State.Editable():
		return fault.New(fault.State, "error.product_state.edit", v.Status.State.Title())
	}
	in := intake.FromProduct(&v.Record)
	return s.drawProductForm(r, 0, &render.Form{Values: in.Values(), Lists: in.Sets()}, productFormOf(v))
}

func productFormOf(v *service.ProductView) productForm {
	return productForm{ID: v.ID, FamilyID: v.FamilyID, Maker: v.Family, Action: staffProductURL(v.ID), Back: staffProductURL(v.ID), Version: v.Version,
		Approved: v.Status.State == registry.ProductApproved}
}

func (s *Server) drawProductForm(r *request, status int, form *render.Form, p productForm) error {
	lines, err := s.svc.Products.Taxonomy(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	for i := range lines {
		t := &lines[i]
		switch {
		case !t.Active && form.Value("craft") != t.Code && form.Value("type") != t.Code:
		case t.Parent == "":
			p.Crafts = append(p.Crafts, render.Option{Value: t.Code, Label: t.Name(w.Lang())})
		default:
			p.Types = append(p.Types, render.Option{Value: t.Code, Label: w.craft(t.Parent) + " – " + t.Name(w.Lang())})
		}
	}
	slices.SortStableFunc(p.Types, func(a, b render.Option) int {
		return slices.IndexFunc(p.Crafts, groupIs(a)) - slices.IndexFunc(p.Crafts, groupIs(b))
	})
	for _, a := range place.Areas(r.actor.Party) {
		p.Areas = append(p.Areas, render.Option{Value: a.Code, Label: w.area(a.Code)})
	}
	for _, party := range []place.Country{r.actor.Party, r.actor.Party.Other()} {
		c := intake.Currency(party)
		p.Currencies = append(p.Currencies, render.Option{Value: c, Label: w.T("currency." + c)})
	}
	p.Units, p.Allergens = registry.Codes("product_unit"), registry.Codes("allergen")
	p.MadeIn = "catalogue.made_in." + string(r.actor.Party)
	return r.page(status, "product/form", form, p)
}

func groupIs(o render.Option) func(render.Option) bool {
	return func(g render.Option) bool { return len(o.Value) > 2 && g.Value == o.Value[:2] }
}

func (s *Server) createProduct(r *request) error {
	family, err := r.id("id")
	if err != nil {
		return err
	}
	in, ps := intake.DecodeProduct(r.values())
	var id int64
	if err = ps.Err(); err == nil {
		id, err = s.svc.Products.Save(r.ctx(), r.actor, family, 0, *in, r.write())
	}
	if found, ok := problems(err); ok {
		f, err := s.svc.Families.View(r.ctx(), r.actor, family)
		if err != nil {
			return err
		}
		return s.drawProductForm(r, fiber.StatusUnprocessableEntity, &render.Form{Values: in.Values(), Lists: in.Sets(), Problems: found},
			productForm{FamilyID: family, Maker: f.Name, Action: familyURL(family) + "/products", Back: familyURL(family)})
	}
	if err != nil {
		return err
	}
	return r.redirect(staffProductURL(id), "success", "flash.product.created")
}

func (s *Server) saveProduct(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	in, ps := intake.DecodeProduct(r.values())
	if err = ps.Err(); err == nil {
		_, err = s.svc.Products.Save(r.ctx(), r.actor, 0, id, *in, r.write())
	}
	found, invalid := problems(err)
	if stale := fault.Is(err, fault.Stale); invalid || stale {
		v, err := s.svc.Products.View(r.ctx(), r.actor, id)
		if err != nil {
			return err
		}
		status := fiber.StatusUnprocessableEntity
		if stale { // what was typed stays; what stands now is a click away, and saving again is a choice
			found.Add("", "problem.product_stale")
			status = fiber.StatusConflict
		}
		return s.drawProductForm(r, status, &render.Form{Values: in.Values(), Lists: in.Sets(), Problems: found}, productFormOf(v))
	}
	if err != nil {
		return err
	}
	return r.redirect(staffProductURL(id), "success", "flash.product.saved")
}

// productFlash says what a step did.
var productFlash = map[registry.ProductStep]string{registry.ProductSubmit: "flash.product.submitted", registry.ProductWithdraw: "flash.product.withdrawn",
	registry.ProductReopen: "flash.product.reopened"}

func (s *Server) stepProduct(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	step := registry.ProductStep(r.c.Params("step"))
	if productFlash[step] == "" {
		return fault.New(fault.NotFound, "error.not_found")
	}
	if err := s.svc.Products.Do(r.ctx(), r.actor, id, step, "", r.write()); err != nil {
		return err
	}
	return r.redirect(staffProductURL(id), "success", productFlash[step])
}

func (s *Server) addPhoto(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	v, err := s.svc.Products.View(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	if !v.Can[auth.ProductEdit] {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	var ps fault.Problems
	redraw := func(status int) error { return s.drawProduct(r, status, &render.Form{Problems: ps}) }
	head, err := r.c.FormFile("file")
	if err != nil || head.Size == 0 {
		ps.Add("file", "problem.required")
		return redraw(fiber.StatusUnprocessableEntity)
	}
	src, err := head.Open()
	if err != nil {
		return fmt.Errorf("opening an upload: %w", err)
	}
	defer src.Close()
	file, err := media.Process(r.ctx(), src, head.Filename, media.DefaultLimits())
	if err == nil {
		_, err = s.svc.Products.AddPhoto(r.ctx(), r.actor, id, file, r.write())
	}
	if status, ok := ofFile(err, &ps); ok {
		return redraw(status)
	}
	if err != nil {
		return err
	}
	return r.redirect(staffProductURL(id)+"#photos", "success", "flash.product.photo_added")
}

func (s *Server) movePhoto(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	photo, err := r.id("photo")
	if err != nil {
		return err
	}
	place := 0
	if move := r.c.Params("move"); move == string(service.PhotoTo) {
		if place, err = strconv.Atoi(arabic.Digits(r.value("place"))); err != nil {
			return fault.New(fault.Invalid, "error.invalid")
		}
	}
	if err := s.svc.Products.MovePhoto(r.ctx(), r.actor, id, photo, service.PhotoMove(r.c.Params("move")), place, r.write()); err != nil {
		return err
	}
	if r.wantsJSON() { // a drag: the page stands as it was dropped
		return r.c.SendStatus(fiber.StatusNoContent)
	}
	return r.redirect(staffProductURL(id)+"#photos", "", "")
}

func (s *Server) productPhoto(r *request) error { return s.sendProductPhoto(r, false) }
func (s *Server) productThumb(r *request) error { return s.sendProductPhoto(r, true) }

func (s *Server) sendProductPhoto(r *request, thumb bool) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	body, err := s.svc.Products.Photo(r.ctx(), r.actor, id, thumb)
	if err != nil {
		return err
	}
	r.c.Set("Cache-Control", "private, no-cache")
	return s.sendPicture(r, `"`+strconv.FormatInt(id, 36)+`"`, body)
}

// scoreProduct keeps the member's points. Problems draw the page again with what was chosen.
func (s *Server) scoreProduct(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	sent := map[string][]string{}
	for k, v := range r.values() {
		if k != "csrf" && k != "key" && k != "version" {
			sent[k] = v
		}
	}
	err = s.svc.Products.Score(r.ctx(), r.actor, id, sent, r.write())
	if ps, ok := problems(err); ok {
		v, err := s.svc.Products.View(r.ctx(), r.actor, id)
		if err != nil {
			return err
		}
		in, _ := intake.DecodeScore(sent, v.Sheet)
		form := &render.Form{Values: in.Values(), Problems: ps}
		return r.page(fiber.StatusUnprocessableEntity, "product/show", form, s.productPage(r, v, form))
	}
	if err != nil {
		return err
	}
	return r.redirect(staffProductURL(id), "success", "flash.product.scored")
}

func (s *Server) decideProduct(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	state, err := s.svc.Products.Decide(r.ctx(), r.actor, id, r.write())
	if err != nil {
		return err
	}
	key := "flash.product.approved"
	if state == registry.ProductReturned {
		key = "flash.product.returned"
	}
	return r.redirect(staffProductURL(id), "success", key)
}

// sheetForm is the Body of product/sheet.
type sheetForm struct {
	Sheets  []registry.ScoreSheet // newest first
	Current *registry.ScoreSheet
	CanEdit bool
}

func (s *Server) scoreSheet(r *request) error { return s.drawScoreSheet(r, 0, nil, nil) }

func (s *Server) drawScoreSheet(r *request, status int, in *intake.ScoreSheet, ps fault.Problems) error {
	sheets, err := s.svc.Products.Sheets(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	if in == nil {
		in = intake.FromScoreSheet(&sheets[0])
	}
	p := sheetForm{Sheets: sheets, Current: &sheets[0], CanEdit: auth.Can(r.actor, auth.ScoreSheetEdit)}
	form := &render.Form{Values: in.Values(), Problems: ps, Rows: map[string]int{"items": min(len(in.Items)+1, 12)}}
	return r.page(status, "product/sheet", form, p)
}

func (s *Server) saveScoreSheet(r *request) error {
	in, ps := intake.DecodeScoreSheet(r.values())
	err := ps.Err()
	if err == nil {
		_, err = s.svc.Products.NewSheet(r.ctx(), r.actor, *in, r.write())
	}
	if found, ok := problems(err); ok {
		return s.drawScoreSheet(r, fiber.StatusUnprocessableEntity, in, found)
	}
	if err != nil {
		return err
	}
	return r.redirect("/products/sheet", "success", "flash.product.sheet_saved")
}

// taxonomyPage is the Body of product/taxonomy.
type taxonomyPage struct {
	Groups  []taxonGroup
	CanEdit bool
}

type taxonGroup struct {
	taxonView
	Types []taxonView
}

type taxonView struct {
	registry.Taxon
	Needs string
	URL   string
}

func (s *Server) taxonomy(r *request) error {
	lines, err := s.svc.Products.Taxonomy(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	p := taxonomyPage{CanEdit: auth.Can(r.actor, auth.TaxonomyEdit)}
	at := map[string]int{}
	for _, t := range lines {
		v := taxonView{Taxon: t, URL: withQuery("/products/taxonomy/line", url.Values{"code": {t.Code}})}
		parts := make([]string, len(t.Needs))
		for i, n := range t.Needs {
			parts[i] = w.code("booth_need", string(n))
		}
		v.Needs = w.join(parts)
		if t.Parent == "" {
			at[t.Code] = len(p.Groups)
			p.Groups = append(p.Groups, taxonGroup{taxonView: v})
		}
	}
	for _, t := range lines {
		if i, ok := at[t.Parent]; ok && t.Parent != "" {
			p.Groups[i].Types = append(p.Groups[i].Types, taxonView{Taxon: t, URL: withQuery("/products/taxonomy/line", url.Values{"code": {t.Code}})})
		}
	}
	return r.page(0, "product/taxonomy", nil, p)
}

// taxonPage is the Body of product/taxon.
type taxonPage struct {
	Code    string // "" for a new type
	Title   string
	Group   bool
	Version int64
	Crafts  []render.Option
	Needs   []string
}

func (s *Server) taxonForm(r *request) error {
	code := r.c.Query("code")
	in := &intake.Taxon{Parent: r.c.Query("parent"), Active: "yes"}
	return s.drawTaxon(r, 0, code, in, nil, code != "")
}

// drawTaxon draws the form of one line; stored fills it with what is on file.
func (s *Server) drawTaxon(r *request, status int, code string, in *intake.Taxon, ps fault.Problems, stored bool) error {
	lines, err := s.svc.Products.Taxonomy(r.ctx(), r.actor)
	if err != nil {
		return err
	}
	w := r.words()
	p := taxonPage{Code: code, Title: w.T("taxonomy.new"), Needs: registry.Codes("booth_need")}
	for i := range lines {
		t := &lines[i]
		if t.Parent == "" {
			p.Crafts = append(p.Crafts, render.Option{Value: t.Code, Label: t.Name(w.Lang())})
		}
		if code == "" || t.Code != code {
			continue
		}
		p.Title, p.Group, p.Version = t.Name(w.Lang()), t.Parent == "", t.Version
		if stored {
			in = intake.FromTaxon(t)
		}
	}
	if code != "" && p.Title == w.T("taxonomy.new") {
		return fault.New(fault.NotFound, "error.not_found")
	}
	return r.page(status, "product/taxon", &render.Form{Values: in.Values(), Lists: in.Sets(), Problems: ps}, p)
}

func (s *Server) saveTaxon(r *request) error {
	code := r.value("code")
	in, ps := intake.DecodeTaxon(r.values())
	err := ps.Err()
	if err == nil {
		_, err = s.svc.Products.SaveTaxon(r.ctx(), r.actor, code, *in, r.write())
	}
	if found, ok := problems(err); ok {
		return s.drawTaxon(r, fiber.StatusUnprocessableEntity, code, in, found, false)
	}
	if err != nil {
		return err
	}
	return r.redirect("/products/taxonomy", "success", "flash.product.taxon_saved")
}
