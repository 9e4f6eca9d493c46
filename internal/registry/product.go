package registry

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"muntija/internal/calendar"
	"muntija/internal/fault"
	"muntija/internal/place"
)

// Product (منتج) is one thing that a family makes and offers. ID is 0 until it is stored; Version counts saves from 1.
//
// It is entered for a family, handed in, scored by members of a product committee (see [ScoreSheet]) and then approved or returned by the rule of
// the sheet. Only an approved product of an approved family that consented is shown in public.
type Product struct {
	ID       int64         `json:"-"`
	Version  int64         `json:"-"`
	FamilyID int64         `json:"-"`
	Party    place.Country `json:"-"` // of the family; never changes
	Record   ProductRecord `json:"-"` // what the form asks
	Status   ProductStatus `json:"-"`
}

// ProductRecord is what the form of a product asks, as checked values. Its JSON form is the stored document. Nothing in it is personal: who makes
// the product stands with the family.
type ProductRecord struct {
	NameAR        string      `json:"name_ar,omitempty"`
	NameEN        string      `json:"name_en,omitempty"`
	Craft         string      `json:"craft,omitempty"` // a code of Crafts
	Type          string      `json:"type,omitempty"`  // a code of the party's taxonomy under Craft; "" for none
	DescriptionAR string      `json:"description_ar,omitempty"`
	DescriptionEN string      `json:"description_en,omitempty"`
	Materials     string      `json:"materials,omitempty"`
	MaterialsEN   string      `json:"materials_en,omitempty"`
	Technique     string      `json:"technique,omitempty"`
	TechniqueEN   string      `json:"technique_en,omitempty"`
	Handmade      int         `json:"handmade,omitempty"` // per cent of the work, 0–100
	HandmadeGiven bool        `json:"handmade_given,omitempty"`
	OriginArea    string      `json:"origin_area,omitempty"` // ISO 3166-2
	OriginName    string      `json:"origin_name,omitempty"` // geographical name, such as فوة or السدو القطري
	Unit          ProductUnit `json:"unit,omitempty"`
	Size          string      `json:"size,omitempty"`     // in the maker's words, such as "120 × 80 سم"
	Weight        int         `json:"weight,omitempty"`   // grams of one unit, packed
	Price         int64       `json:"price,omitempty"`    // minor units of Currency, of one unit
	Currency      string      `json:"currency,omitempty"` // EGP or QAR
	Abroad        bool        `json:"abroad,omitempty"`   // offered for sale abroad: then the price may be in the other party's currency
	Capacity      int         `json:"capacity,omitempty"` // units a month
	LeadDays      int         `json:"lead_days,omitempty"`
	ShelfDays     int         `json:"shelf_days,omitempty"` // days that food keeps
	Ingredients   string      `json:"ingredients,omitempty"`
	Allergens     []Allergen  `json:"allergens,omitempty"`
	HSCode        string      `json:"hs_code,omitempty"` // Harmonized System, six digits
	MadeIn        bool        `json:"made_in,omitempty"` // carries the mark "Made in Egypt / صنع في مصر" or that of Qatar
}

type (
	// ProductUnit is what the price is for.
	ProductUnit string
	// Allergen is one of the substances that food labels must name (Codex Alimentarius CXS 1-1985, 4.2.1.4), or "none".
	Allergen string
)

// MaxPhotos is the most photographs that a product shows.
const MaxPhotos = 8

// Name returns the product's name in a language ("ar" or "en"); the Arabic one where there is no English.
func (r *ProductRecord) Name(lang string) string {
	if lang == "en" && r.NameEN != "" {
		return r.NameEN
	}
	return r.NameAR
}

// Description returns the description in a language, "" if there is none in it.
func (r *ProductRecord) Description(lang string) string {
	if lang == "en" {
		return r.DescriptionEN
	}
	return r.DescriptionAR
}

// In returns a text in a language: the English one where it is asked for and there is one, else the Arabic.
func In(lang, ar, en string) string {
	if lang == "en" && en != "" {
		return en
	}
	return ar
}

// Material reports whether a change from r to other touches what the committee judged: everything but the terms of trade (price, capacity, lead
// time, sale abroad, HS code). A material change of an approved product needs a new approval.
func (r *ProductRecord) Material(other *ProductRecord) bool {
	a, b := *r, *other
	for _, x := range []*ProductRecord{&a, &b} {
		x.Price, x.Currency, x.Abroad, x.Capacity, x.LeadDays, x.HSCode = 0, "", false, 0, 0, ""
		if len(x.Allergens) == 0 {
			x.Allergens = nil
		}
	}
	return !reflect.DeepEqual(a, b)
}

// ProductFields returns the fields of the form of a product, in its order.
func ProductFields() []string {
	var out []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[ProductRecord]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "handmade_given" {
			out = append(out, name)
		}
	}
	return out
}

// Recall takes back what an import did to a product that nobody has touched since: record and state are again what they were.
func (p *Product) Recall(record ProductRecord, before ProductStatus, by int64, at time.Time) ProductEvent {
	e := ProductEvent{ProductID: p.ID, At: at, By: by, Step: ProductEdit, From: p.Status.State, To: before.State}
	p.Record, p.Status = record, before
	p.Status.UpdatedAt = at
	return e
}

// Changes returns what differs between two records, by the names of the form. The texts are as stored.
func (r *ProductRecord) Changes(to *ProductRecord) []Change {
	var out []Change
	a, b := reflect.ValueOf(r).Elem(), reflect.ValueOf(to).Elem()
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		was, is := textOf(a.Field(i)), textOf(b.Field(i))
		if was != is && name != "handmade_given" {
			out = append(out, Change{Path: "product." + name, Class: ClassOfProduct, Old: was, New: is})
		}
	}
	return out
}

// ClassOfProduct is the permission class of everything in a product's record.
const ClassOfProduct = "product"

func textOf(v reflect.Value) string {
	switch {
	case v.IsZero():
		return ""
	case v.Kind() == reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = v.Index(i).String()
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v.Interface())
}

// ProductStatus is where a product is in its life.
type ProductStatus struct {
	State       ProductState
	Round       int // how often it was handed in; scores belong to a round
	Sheet       int // number of the score sheet of the round; 0 before the first
	EnteredBy   int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	SubmittedAt time.Time
	SubmittedBy int64
	DecidedAt   time.Time
	DecidedBy   int64
	Score       int // of the last decision, hundredths of a per cent: 7250 is 72.5 %
}

// ProductState is the state of a product.
type ProductState string

// The states of a product.
const (
	ProductDraft     ProductState = "draft"
	ProductSubmitted ProductState = "submitted" // before the committee
	ProductReturned  ProductState = "returned"  // back with the committee's remarks
	ProductApproved  ProductState = "approved"
	ProductWithdrawn ProductState = "withdrawn" // no longer made, or not offered
)

// ProductStates returns every state in the order of display.
func ProductStates() []ProductState {
	return []ProductState{ProductDraft, ProductSubmitted, ProductReturned, ProductApproved, ProductWithdrawn}
}

// Title is the state's title as an argument of a message.
func (s ProductState) Title() fault.Key { return fault.Key("enum.product_state." + string(s)) }

// Editable reports whether the form is open. Before the committee nothing changes: members must score the same thing.
func (s ProductState) Editable() bool {
	return s == ProductDraft || s == ProductReturned || s == ProductApproved
}

// ProductStep is a move in the life of a product, or another dated thing of its history.
type ProductStep string

// The steps of a product.
const (
	ProductCreate   ProductStep = "create"
	ProductEdit     ProductStep = "edit"
	ProductSubmit   ProductStep = "submit"
	ProductApprove  ProductStep = "approve"
	ProductReturn   ProductStep = "return"
	ProductWithdraw ProductStep = "withdraw"
	ProductReopen   ProductStep = "reopen"
)

// ProductEvent is one step in the life of a product.
type ProductEvent struct {
	ID        int64
	ProductID int64
	At        time.Time
	By        int64
	Step      ProductStep
	From, To  ProductState
	Note      string
}

// ProductPhoto is one photograph of a product. Photographs of products are shown in public, so nobody's face belongs on them.
type ProductPhoto struct {
	ID            int64
	ProductID     int64
	Position      int // from 1, without gaps
	SHA256        string
	Width, Height int
	Size          int64
	AddedBy       int64
	AddedAt       time.Time
}

var productMoves = map[ProductStep]struct {
	from []ProductState
	to   ProductState
}{
	ProductSubmit:   {[]ProductState{ProductDraft, ProductReturned}, ProductSubmitted},
	ProductApprove:  {[]ProductState{ProductSubmitted}, ProductApproved},
	ProductReturn:   {[]ProductState{ProductSubmitted}, ProductReturned},
	ProductWithdraw: {[]ProductState{ProductDraft, ProductSubmitted, ProductReturned, ProductApproved}, ProductWithdrawn},
	ProductReopen:   {[]ProductState{ProductWithdrawn}, ProductDraft},
}

// Allows reports whether a product in state s can take the step.
func (s ProductState) Allows(step ProductStep) bool {
	return slices.Contains(productMoves[step].from, s)
}

func (p *Product) move(step ProductStep, by int64, at time.Time) (ProductEvent, error) {
	if !p.Status.State.Allows(step) {
		return ProductEvent{}, fault.New(fault.State, "error.product_state."+string(step), p.Status.State.Title())
	}
	e := ProductEvent{ProductID: p.ID, At: at, By: by, Step: step, From: p.Status.State, To: productMoves[step].to}
	p.Status.State, p.Status.UpdatedAt = e.To, at
	return e, nil
}

// NewProduct returns a draft of a family's product.
func NewProduct(f *Family, by int64, at time.Time) *Product {
	return &Product{FamilyID: f.ID, Party: f.Party, Status: ProductStatus{State: ProductDraft, EnteredBy: by, CreatedAt: at, UpdatedAt: at}}
}

// Edit replaces the record. A material change of an approved product makes it a draft again, so that it leaves the catalogue until the committee
// has seen it; the terms of trade change while it stays.
func (p *Product) Edit(record ProductRecord, by int64, at time.Time) (ProductEvent, error) {
	if !p.Status.State.Editable() {
		return ProductEvent{}, fault.New(fault.State, "error.product_state.edit", p.Status.State.Title())
	}
	e := ProductEvent{ProductID: p.ID, At: at, By: by, Step: ProductEdit, From: p.Status.State, To: p.Status.State}
	if p.Status.State == ProductApproved && p.Record.Material(&record) {
		e.To, p.Status.State = ProductDraft, ProductDraft
	}
	p.Record, p.Status.UpdatedAt = record, at
	return e, nil
}

// Repicture notes that the photographs changed: what the committee approved is no longer what is shown, as in [Product.Edit].
func (p *Product) Repicture(by int64, at time.Time) (ProductEvent, error) {
	if !p.Status.State.Editable() {
		return ProductEvent{}, fault.New(fault.State, "error.product_state.edit", p.Status.State.Title())
	}
	e := ProductEvent{ProductID: p.ID, At: at, By: by, Step: ProductEdit, From: p.Status.State, To: p.Status.State}
	if p.Status.State == ProductApproved {
		e.To, p.Status.State = ProductDraft, ProductDraft
	}
	p.Status.UpdatedAt = at
	return e, nil
}

// Submit hands the product in to the committee, to be scored by a sheet. Livestock is registered and never exhibited, so it has no place in the
// catalogue; a product without a photograph cannot be judged; and only a family whose registration is under way or stands offers anything.
func (p *Product) Submit(f *Family, photos, sheet int, by int64, at time.Time) (ProductEvent, error) {
	switch c, ok := CraftByCode(p.Record.Craft); {
	case !ok || c.Code == "LV":
		return ProductEvent{}, fault.New(fault.State, "error.product.never_exhibited")
	case photos == 0:
		return ProductEvent{}, fault.New(fault.State, "error.product.no_photo")
	case f.Status.State != Approved && f.Status.State != Submitted && f.Status.State != UnderReview:
		return ProductEvent{}, fault.New(fault.State, "error.product.family", f.Status.State.Title())
	}
	e, err := p.move(ProductSubmit, by, at)
	if err != nil {
		return e, err
	}
	p.Status.Round++
	p.Status.Sheet, p.Status.SubmittedAt, p.Status.SubmittedBy = sheet, at, by
	return e, nil
}

// OwnEntry reports whether a person entered or handed in the product: then they may not score it (four eyes).
func (p *Product) OwnEntry(user int64) bool {
	return user != 0 && (p.Status.EnteredBy == user || p.Status.SubmittedBy == user)
}

// Decide ends a round by the rule of the sheet: what the scores say, nothing else. Whoever records the result decides nothing, but must not be the
// one who entered the product.
func (p *Product) Decide(sheet *ScoreSheet, scores []Score, by int64, at time.Time) (ProductEvent, ScoreResult, error) {
	if p.OwnEntry(by) {
		return ProductEvent{}, ScoreResult{}, fault.New(fault.Forbidden, "error.four_eyes")
	}
	if p.Status.State != ProductSubmitted {
		return ProductEvent{}, ScoreResult{}, fault.New(fault.State, "error.product_state.score", p.Status.State.Title())
	}
	r := sheet.Result(scores)
	if !r.Complete {
		return ProductEvent{}, r, fault.New(fault.State, "error.product.too_few_scores", sheet.MinMembers, len(scores))
	}
	step := ProductApprove
	if !r.Passed {
		step = ProductReturn
	}
	e, err := p.move(step, by, at)
	if err != nil {
		return e, r, err
	}
	p.Status.DecidedAt, p.Status.DecidedBy, p.Status.Score = at, by, r.Total
	return e, r, nil
}

// Withdraw takes the product out of the offer.
func (p *Product) Withdraw(by int64, at time.Time) (ProductEvent, error) {
	return p.move(ProductWithdraw, by, at)
}

// Reopen makes a withdrawn product a draft again.
func (p *Product) Reopen(by int64, at time.Time) (ProductEvent, error) {
	return p.move(ProductReopen, by, at)
}

// Consented reports whether the newest declaration of a scope on the record gives consent. A consent that was taken back counts at once.
func (r *Record) Consented(scope ConsentScope) bool {
	given := false
	var last calendar.Date
	for _, c := range r.Consents {
		switch {
		case c.Scope != scope:
		case !c.Given: // a refusal bears no date and is meant to hold
			return false
		case !c.Date.Before(last):
			given, last = true, c.Date
		}
	}
	return given
}

// Maker is the name under which a family is shown in public: its brand, exactly as on the booth sign, and only where it has none the lead producer's name.
type Maker struct{ AR, EN string }

// Maker returns the family's public name.
func (f *Family) Maker() Maker {
	m := Maker{AR: f.Record.Project.Name, EN: f.Record.Project.NameEN}
	if m.AR == "" {
		m.AR = f.Record.Lead.DisplayName()
	}
	if m.EN == "" && f.Record.Project.Name == "" {
		m.EN = f.Record.Lead.NameEN
	}
	if m.EN == "" {
		m.EN = m.AR
	}
	return m
}

// InCatalogue reports whether the public may see the family's approved products: its registration stands and it consented.
func (f *Family) InCatalogue() bool {
	return f.Status.State == Approved && f.Record.Consented(ConsentCatalogue)
}
