package intake

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Product is a product as typed.
type Product struct {
	NameAR        string   `json:"name_ar,omitempty" validate:"required,max=120"`
	NameEN        string   `json:"name_en,omitempty" validate:"omitempty,max=120"`
	Craft         string   `json:"craft,omitempty" validate:"required,max=2,code=craft"`
	Type          string   `json:"type,omitempty" validate:"omitempty,max=20"`
	DescriptionAR string   `json:"description_ar,omitempty" validate:"omitempty,max=1500" in:"text"`
	DescriptionEN string   `json:"description_en,omitempty" validate:"omitempty,max=1500" in:"text"`
	Materials     string   `json:"materials,omitempty" validate:"required,max=200"`
	MaterialsEN   string   `json:"materials_en,omitempty" validate:"omitempty,max=200"`
	Technique     string   `json:"technique,omitempty" validate:"omitempty,max=200"`
	TechniqueEN   string   `json:"technique_en,omitempty" validate:"omitempty,max=200"`
	Handmade      string   `json:"handmade,omitempty" validate:"required,max=8"`
	OriginArea    string   `json:"origin_area,omitempty" validate:"omitempty,max=8"`
	OriginName    string   `json:"origin_name,omitempty" validate:"omitempty,max=80"`
	Unit          string   `json:"unit,omitempty" validate:"required,max=20,code=product_unit"`
	Size          string   `json:"size,omitempty" validate:"omitempty,max=80"`
	Weight        string   `json:"weight,omitempty" validate:"omitempty,max=20"`
	Price         string   `json:"price,omitempty" validate:"required,max=20"`
	Currency      string   `json:"currency,omitempty" validate:"omitempty,max=20"`
	Abroad        string   `json:"abroad,omitempty" validate:"omitempty,max=10"`
	Capacity      string   `json:"capacity,omitempty" validate:"omitempty,max=20"`
	LeadDays      string   `json:"lead_days,omitempty" validate:"omitempty,max=20"`
	ShelfDays     string   `json:"shelf_days,omitempty" validate:"omitempty,max=20"`
	Ingredients   string   `json:"ingredients,omitempty" validate:"omitempty,max=600" in:"text"`
	Allergens     []string `json:"allergens,omitempty" validate:"max=20,dive,max=20,code=allergen"`
	HSCode        string   `json:"hs_code,omitempty" validate:"omitempty,max=20"`
	MadeIn        string   `json:"made_in,omitempty" validate:"omitempty,max=10"`
}

// DecodeProduct reads a product's form.
func DecodeProduct(values map[string][]string) (*Product, fault.Problems) {
	return decodeInto[Product](values)
}

// ProductLength returns the most characters that a field of a product's form takes, 0 for a field that there is not.
func ProductLength(field string) int {
	if l := planFor[Product]().byPath[field]; l != nil {
		return l.max
	}
	return 0
}

// ProductLines reports whether a field of a product's form takes several lines.
func ProductLines(field string) bool {
	l := planFor[Product]().byPath[field]
	return l != nil && l.kind == text
}

// ProductRequired reports whether a product cannot be entered without a field. Food has more, see [Product.Check].
func ProductRequired(field string) bool {
	l := planFor[Product]().byPath[field]
	return l != nil && l.required
}

// Values returns the fields by their form names, to draw the form again.
func (p *Product) Values() map[string]string { return valuesOf(p) }

// Sets returns the sets of ticks by their form names.
func (p *Product) Sets() map[string][]string { return map[string][]string{"allergens": p.Allergens} }

// FromProduct is the form of a stored product.
func FromProduct(r *registry.ProductRecord) *Product {
	whole := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return ""
	}
	p := &Product{NameAR: r.NameAR, NameEN: r.NameEN, Craft: r.Craft, Type: r.Type, DescriptionAR: r.DescriptionAR, DescriptionEN: r.DescriptionEN,
		Materials: r.Materials, MaterialsEN: r.MaterialsEN, Technique: r.Technique, TechniqueEN: r.TechniqueEN, OriginArea: r.OriginArea, OriginName: r.OriginName, Unit: string(r.Unit), Size: r.Size,
		Weight: whole(r.Weight), Currency: r.Currency, Abroad: yes(r.Abroad), Capacity: whole(r.Capacity), LeadDays: whole(r.LeadDays),
		ShelfDays: whole(r.ShelfDays), Ingredients: r.Ingredients, HSCode: r.HSCode, MadeIn: yes(r.MadeIn)}
	if r.HandmadeGiven {
		p.Handmade = strconv.Itoa(r.Handmade)
	}
	if r.Price != 0 {
		p.Price = formatMoney(r.Price)
	}
	for _, a := range r.Allergens {
		p.Allergens = append(p.Allergens, string(a))
	}
	return p
}

// maxPrice is the dearest product that is taken, in minor units: a price with too many noughts is a slip of the hand.
const maxPrice = 1_000_000_00

// Check returns the product's record. types are the codes of the party's taxonomy with the group each belongs to.
//
// A price is in the party's own currency; one in the other party's is taken for what is offered abroad, and one in any third is not.
func (p *Product) Check(ctx Context, types map[string]string) (registry.ProductRecord, fault.Problems) {
	in, c := shapedSmall(ctx, p)
	r := registry.ProductRecord{
		NameAR: in.NameAR, NameEN: c.latin("name_en", in.NameEN), Craft: code[string](c, "craft", in.Craft),
		DescriptionAR: in.DescriptionAR, DescriptionEN: in.DescriptionEN, Materials: in.Materials, MaterialsEN: c.latin("materials_en", in.MaterialsEN),
		Technique: in.Technique, TechniqueEN: c.latin("technique_en", in.TechniqueEN),
		OriginArea: c.area("origin_area", in.OriginArea), OriginName: in.OriginName,
		Unit: code[registry.ProductUnit](c, "product_unit", in.Unit), Size: arabic.Digits(in.Size), Weight: c.whole("weight", in.Weight, 1, 500_000),
		Price: c.money("price", in.Price), Abroad: c.yes("abroad", in.Abroad), Capacity: c.whole("capacity", in.Capacity, 1, 100_000),
		LeadDays: c.whole("lead_days", in.LeadDays, 1, 365), ShelfDays: c.whole("shelf_days", in.ShelfDays, 1, 3650), Ingredients: in.Ingredients,
		Allergens: codes[registry.Allergen](c, "allergen", in.Allergens), MadeIn: c.yes("made_in", in.MadeIn),
	}
	r.Handmade, r.HandmadeGiven = c.percent("handmade", in.Handmade)
	if in.Type != "" {
		if group, ok := types[in.Type]; !ok || group != r.Craft {
			c.add("type", "problem.product_type")
		} else {
			r.Type = in.Type
		}
	}
	switch {
	case r.Price > maxPrice:
		c.add("price", "problem.price_max", maxPrice/100)
		r.Price = 0
	case r.Price == 0 && in.Price != "" && len(c.ps.On("price")) == 0:
		c.add("price", "problem.price_zero")
	}
	r.Currency = c.priceCurrency(in.Currency, in.Price, r.Abroad)
	r.HSCode = c.hsCode("hs_code", in.HSCode)
	c.food(&r)
	return r, c.sorted(planFor[Product]())
}

// priceCurrency reads the currency of a price: the chosen one, or one that stands beside the number.
func (c *checker) priceCurrency(chosen, price string, abroad bool) string {
	own, other := Currency(c.Party), Currency(c.Party.Other())
	typed := strings.ToUpper(strings.TrimSpace(cmp.Or(chosen, currencyIn(price), own)))
	switch typed {
	case own:
	case other:
		if !abroad {
			c.add("currency", "problem.product_currency", fault.Key("currency."+other), fault.Key("currency."+own))
			return ""
		}
	default:
		c.add("currency", "problem.product_currency_unknown", fault.Key("currency."+own))
		return ""
	}
	if said := currencyIn(price); said != "" && said != typed {
		c.add("price", "problem.product_currency_two", fault.Key("currency."+said), fault.Key("currency."+typed))
		return ""
	}
	return typed
}

// currencyIn returns the currency that a typed price names, "" if it names none.
func currencyIn(price string) string {
	s := strings.ToLower(price)
	for _, x := range []struct{ code, words string }{{"QAR", "qar ر.ق ريال"}, {"EGP", "egp l.e ج.م جنيه"}} {
		for w := range strings.FieldsSeq(x.words) {
			if strings.Contains(s, w) {
				return x.code
			}
		}
	}
	return ""
}

// hsCode reads a code of the Harmonized System: six digits, with a dot or none, whose chapter (01–97, and 77 is reserved) exists.
func (c *checker) hsCode(name, s string) string {
	if s == "" {
		return ""
	}
	s = strings.NewReplacer(".", "", " ", "", "-", "", "٫", "").Replace(arabic.Digits(s))
	if len(s) != 6 || strings.Trim(s, "0123456789") != "" {
		c.add(name, "problem.hs_code")
		return ""
	}
	if chapter := s[:2]; chapter == "00" || chapter == "77" || chapter > "97" {
		c.add(name, "problem.hs_chapter", chapter)
		return ""
	}
	return s
}

// food asks for what the label of food must say. Of anything else shelf life, ingredients and allergens are dropped.
func (c *checker) food(r *registry.ProductRecord) {
	if slices.Contains(r.Allergens, "none") && len(r.Allergens) > 1 {
		c.add("allergens", "problem.allergen_none")
	}
	craft, ok := registry.CraftByCode(r.Craft)
	if !ok {
		return
	}
	if craft.Code == "LV" {
		c.warn("craft", "problem.product_livestock")
	} else if !craft.Exhibited {
		c.warn("craft", "problem.product_service")
	}
	if !craft.Food {
		r.Allergens = nil
		if !craft.Cosmetic {
			r.ShelfDays, r.Ingredients = 0, ""
		}
		return
	}
	if r.ShelfDays == 0 && len(c.ps.On("shelf_days")) == 0 {
		c.add("shelf_days", "problem.food_required")
	}
	if r.Ingredients == "" {
		c.add("ingredients", "problem.food_required")
	}
	if len(r.Allergens) == 0 && len(c.ps.On("allergens")) == 0 {
		c.add("allergens", "problem.food_allergens")
	}
}

// ProductFilter is the query string of the list of products, as it came.
type ProductFilter struct {
	Text   string   `json:"q,omitempty" validate:"omitempty,max=100"`
	States []string `json:"state,omitempty" validate:"max=20"`
	Crafts []string `json:"craft,omitempty" validate:"max=60"`
	Areas  []string `json:"area,omitempty" validate:"max=60"`
	Sort   string   `json:"sort,omitempty" validate:"omitempty,max=20"`
	After  string   `json:"after,omitempty" validate:"omitempty,max=1000"`
}

// CheckedProductFilter is what a ProductFilter asks for.
type CheckedProductFilter struct {
	Text                  string
	States, Crafts, Areas []string
	Sort, After           string
}

// DecodeProductFilter reads a query; the problems are warnings about what was left out.
func DecodeProductFilter(values map[string][]string, party place.Country, sorts []string) (CheckedProductFilter, fault.Problems) {
	in, ps := decodeInto[ProductFilter](values)
	c := &checker{Context: Context{Party: party}, ps: ps}
	out := CheckedProductFilter{Text: SearchText(in.Text), After: c.cursor("after", in.After)}
	out.States = known[string](c, "state", in.States, func(s string) bool { return slices.Contains(registry.ProductStates(), registry.ProductState(s)) })
	out.Crafts = known[string](c, "craft", in.Crafts, func(s string) bool { _, ok := registry.CraftByCode(s); return ok })
	out.Areas = known[string](c, "area", in.Areas, func(s string) bool { a, ok := place.AreaByCode(s); return ok && a.Country == party })
	if out.Sort = in.Sort; out.Sort != "" && !slices.Contains(sorts, out.Sort) {
		c.warn("sort", "problem.choice")
		out.Sort = ""
	}
	return out, c.ps
}

// Query is the canonical query of the filter, without the place in the list.
func (f CheckedProductFilter) Query() url.Values {
	q := url.Values{}
	addAll(q, "state", f.States)
	addAll(q, "craft", f.Crafts)
	addAll(q, "area", f.Areas)
	for _, x := range [][2]string{{"q", f.Text}, {"sort", f.Sort}} {
		if x[1] != "" {
			q.Set(x[0], x[1])
		}
	}
	return q
}

// Score is what a member of the product committee typed: points by code of the sheet's items, in fields "points[<code>]".
type Score struct {
	Points map[string]string
	Note   string
}

// DecodeScore reads the fields of a sheet from a form.
func DecodeScore(values map[string][]string, sheet *registry.ScoreSheet) (*Score, fault.Problems) {
	note, ps := decodeInto[struct {
		Note string `json:"note,omitempty" validate:"omitempty,max=1000" in:"text"`
	}](values)
	s := &Score{Points: map[string]string{}, Note: note.Note}
	for _, item := range sheet.Items {
		s.Points[item.Code] = first(values["points["+item.Code+"]"])
	}
	return s, ps
}

// Values returns the fields by their form names, to draw the form again.
func (s *Score) Values() map[string]string {
	out := map[string]string{"note": s.Note}
	for code, v := range s.Points {
		out["points["+code+"]"] = v
	}
	return out
}

// Check returns the score, whose product, member and time the caller fills in. A low score of an item without a word of why helps nobody, so it asks for a note.
func (s *Score) Check(sheet *registry.ScoreSheet) (registry.Score, fault.Problems) {
	c := &checker{}
	out := registry.Score{Points: map[string]int{}, Note: s.Note}
	low := false
	for _, item := range sheet.Items {
		name := "points[" + item.Code + "]"
		v := strings.TrimSpace(arabic.Digits(s.Points[item.Code]))
		if v == "" {
			c.add(name, "problem.required")
			continue
		}
		n := c.whole(name, v, 0, registry.MaxPoints)
		out.Points[item.Code] = n
		low = low || n < item.Least
	}
	if low && s.Note == "" && len(c.ps) == 0 {
		c.add("note", "problem.score_note")
	}
	return out, c.ps
}

// ScoreSheet is a score sheet as typed.
type ScoreSheet struct {
	PassMark   string      `json:"pass_mark,omitempty" validate:"required,max=8"`
	MinMembers string      `json:"min_members,omitempty" validate:"required,max=8"`
	Items      []ScoreItem `json:"items,omitempty" validate:"max=12"`
}

// ScoreItem is one line of a score sheet as typed.
type ScoreItem struct {
	TitleAR string `json:"title_ar,omitempty" validate:"omitempty,max=120"`
	TitleEN string `json:"title_en,omitempty" validate:"omitempty,max=120"`
	Weight  string `json:"weight,omitempty" validate:"omitempty,max=8"`
	Least   string `json:"least,omitempty" validate:"omitempty,max=8"`
	Code    string `json:"code,omitempty" validate:"omitempty,max=20"`
}

// DecodeScoreSheet reads a score sheet's form.
func DecodeScoreSheet(values map[string][]string) (*ScoreSheet, fault.Problems) {
	return decodeInto[ScoreSheet](values)
}

// Values returns the fields by their form names, to draw the form again.
func (s *ScoreSheet) Values() map[string]string { return valuesOf(s) }

// FromScoreSheet is the form of a stored sheet.
func FromScoreSheet(s *registry.ScoreSheet) *ScoreSheet {
	out := &ScoreSheet{PassMark: strconv.Itoa(s.PassMark), MinMembers: strconv.Itoa(s.MinMembers)}
	for _, x := range s.Items {
		out.Items = append(out.Items, ScoreItem{TitleAR: x.TitleAR, TitleEN: x.TitleEN, Weight: strconv.Itoa(x.Weight), Least: strconv.Itoa(x.Least), Code: x.Code})
	}
	return out
}

// Check returns the sheet, without party and number. An item that is new gets a code of its own.
func (s *ScoreSheet) Check(ctx Context) (*registry.ScoreSheet, fault.Problems) {
	in, c := shapedSmall(ctx, s)
	out := &registry.ScoreSheet{PassMark: c.whole("pass_mark", in.PassMark, 1, 100), MinMembers: c.whole("min_members", in.MinMembers, 2, 15)}
	used := map[string]bool{}
	for _, x := range in.Items {
		used[x.Code] = true
	}
	next := 1
	for i, x := range in.Items {
		if x.TitleAR == "" && x.TitleEN == "" && x.Weight == "" {
			continue
		}
		c.in("items", i)
		item := registry.ScoreItem{Code: c.slug("code", x.Code), TitleAR: x.TitleAR, TitleEN: x.TitleEN, Weight: c.whole("weight", x.Weight, 1, 100),
			Least: c.whole("least", x.Least, 0, registry.MaxPoints)}
		c.out()
		for item.Code == "" {
			if code := "item" + strconv.Itoa(next); !used[code] {
				item.Code, used[code] = code, true
			}
			next++
		}
		out.Items = append(out.Items, item)
	}
	if len(c.ps.Blocking()) == 0 {
		c.ps = append(c.ps, out.Check()...)
	}
	return out, c.sorted(planFor[ScoreSheet]())
}

// Taxon is one line of the product taxonomy as typed.
type Taxon struct {
	Parent string   `json:"parent,omitempty" validate:"omitempty,max=2"`
	NameAR string   `json:"name_ar,omitempty" validate:"omitempty,max=80"`
	NameEN string   `json:"name_en,omitempty" validate:"omitempty,max=80"`
	Needs  []string `json:"needs,omitempty" validate:"max=20,dive,max=20,code=booth_need"`
	Active string   `json:"active,omitempty" validate:"omitempty,max=10"`
}

// DecodeTaxon reads the form of a line.
func DecodeTaxon(values map[string][]string) (*Taxon, fault.Problems) {
	return decodeInto[Taxon](values)
}

// Values returns the fields by their form names, to draw the form again.
func (t *Taxon) Values() map[string]string { return valuesOf(t) }

// Sets returns the sets of ticks by their form names.
func (t *Taxon) Sets() map[string][]string { return map[string][]string{"needs": t.Needs} }

// FromTaxon is the form of a stored line.
func FromTaxon(t *registry.Taxon) *Taxon {
	out := &Taxon{Parent: t.Parent, NameAR: t.NameAR, NameEN: t.NameEN}
	for _, n := range t.Needs {
		out.Needs = append(out.Needs, string(n))
	}
	if t.Active {
		out.Active = "yes"
	}
	return out
}

// Apply lays what was typed over a line: of a group its needs and whether it is used, of a type its names too.
func (t *Taxon) Apply(ctx Context, to registry.Taxon) (registry.Taxon, fault.Problems) {
	in, c := shapedSmall(ctx, t)
	to.Needs, to.Active = codes[registry.BoothNeed](c, "booth_need", in.Needs), c.yes("active", in.Active)
	if to.Parent != "" {
		to.NameAR, to.NameEN = in.NameAR, c.latin("name_en", in.NameEN)
	}
	if len(c.ps.Blocking()) == 0 {
		c.ps = append(c.ps, to.Check()...)
	}
	return to, c.sorted(planFor[Taxon]())
}
