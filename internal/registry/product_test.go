package registry

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
)

var productDay = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func sampleProduct(state ProductState) *Product {
	return &Product{ID: 7, FamilyID: 3, Party: "EG", Record: ProductRecord{NameAR: "كليم", Craft: "CK", Materials: "صوف", Price: 45000, Currency: "EGP", Unit: "piece"},
		Status: ProductStatus{State: state, EnteredBy: 1}}
}

// TestProductMoves tries every step in every state.
func TestProductMoves(t *testing.T) {
	f := &Family{ID: 3, Party: "EG", Status: Registration{State: Approved}}
	sheet := DefaultScoreSheet("EG")
	steps := map[ProductStep]func(p *Product) (ProductEvent, error){
		ProductSubmit:   func(p *Product) (ProductEvent, error) { return p.Submit(f, 1, 1, 1, productDay) },
		ProductWithdraw: func(p *Product) (ProductEvent, error) { return p.Withdraw(1, productDay) },
		ProductReopen:   func(p *Product) (ProductEvent, error) { return p.Reopen(1, productDay) },
		ProductApprove: func(p *Product) (ProductEvent, error) {
			e, _, err := p.Decide(sheet, []Score{full(sheet, 1, 5), full(sheet, 2, 5)}, 9, productDay)
			return e, err
		},
		ProductReturn: func(p *Product) (ProductEvent, error) {
			e, _, err := p.Decide(sheet, []Score{full(sheet, 1, 0), full(sheet, 2, 0)}, 9, productDay)
			return e, err
		},
	}
	for _, from := range ProductStates() {
		for step, take := range steps {
			p := sampleProduct(from)
			e, err := take(p)
			if !from.Allows(step) {
				if !fault.Is(err, fault.State) || p.Status.State != from {
					t.Errorf("%s of %s: got %v and state %s, want a refusal", step, from, err, p.Status.State)
				}
				continue
			}
			if err != nil || e.Step != step || e.From != from || e.To != p.Status.State || e.To != productMoves[step].to {
				t.Errorf("%s of %s: got %+v, %v", step, from, e, err)
			}
		}
	}
}

func full(sheet *ScoreSheet, member int64, points int) Score {
	s := Score{Member: member, Points: map[string]int{}}
	for _, i := range sheet.Items {
		s.Points[i.Code] = points
	}
	return s
}

func TestProductSubmitRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		craft  string
		photos int
		family State
		want   string
	}{
		"livestock":     {"LV", 1, Approved, "error.product.never_exhibited"},
		"no photograph": {"CK", 0, Approved, "error.product.no_photo"},
		"rejected":      {"CK", 1, Rejected, "error.product.family"},
		"draft family":  {"CK", 1, Draft, "error.product.family"},
	} {
		p := sampleProduct(ProductDraft)
		p.Record.Craft = c.craft
		_, err := p.Submit(&Family{Status: Registration{State: c.family}}, c.photos, 1, 1, productDay)
		var f *fault.Error
		if !errors.As(err, &f) || f.Key != c.want || p.Status.State != ProductDraft {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TestProductEdit holds that only a material change takes an approved product out of the catalogue.
func TestProductEdit(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *ProductRecord)
		want   ProductState
	}{
		"price":     {func(r *ProductRecord) { r.Price = 99 }, ProductApproved},
		"capacity":  {func(r *ProductRecord) { r.Capacity, r.LeadDays, r.HSCode = 9, 3, "570210" }, ProductApproved},
		"abroad":    {func(r *ProductRecord) { r.Abroad, r.Currency = true, "QAR" }, ProductApproved},
		"nothing":   {func(r *ProductRecord) { r.Allergens = []Allergen{} }, ProductApproved},
		"name":      {func(r *ProductRecord) { r.NameAR = "سجادة" }, ProductDraft},
		"materials": {func(r *ProductRecord) { r.Materials = "بوليستر" }, ProductDraft},
		"allergens": {func(r *ProductRecord) { r.Allergens = []Allergen{"milk"} }, ProductDraft},
		"mark":      {func(r *ProductRecord) { r.MadeIn = true }, ProductDraft},
	} {
		p := sampleProduct(ProductApproved)
		r := p.Record
		c.change(&r)
		if e, err := p.Edit(r, 1, productDay); err != nil || p.Status.State != c.want || e.To != c.want || !reflect.DeepEqual(p.Record, r) {
			t.Errorf("%s: got %+v, %v, state %s, want %s", name, e, err, p.Status.State, c.want)
		}
	}
	for _, s := range []ProductState{ProductSubmitted, ProductWithdrawn} {
		p := sampleProduct(s)
		if _, err := p.Edit(ProductRecord{}, 1, productDay); !fault.Is(err, fault.State) || p.Record.NameAR == "" {
			t.Errorf("editing in %s: got %v, want a refusal", s, err)
		}
	}
}

func TestProductFourEyes(t *testing.T) {
	sheet := DefaultScoreSheet("EG")
	p := sampleProduct(ProductSubmitted)
	p.Status.SubmittedBy = 2
	for _, by := range []int64{1, 2} {
		if _, _, err := p.Decide(sheet, []Score{full(sheet, 4, 5), full(sheet, 5, 5)}, by, productDay); !fault.Is(err, fault.Forbidden) {
			t.Errorf("user %d, who entered or handed it in, decides: %v", by, err)
		}
	}
	_, _, err := p.Decide(sheet, []Score{full(sheet, 4, 5)}, 4, productDay)
	if !fault.Is(err, fault.State) || p.Status.State != ProductSubmitted {
		t.Errorf("one member alone decides: %v", err)
	}
}

func TestScoreResult(t *testing.T) {
	sheet := &ScoreSheet{PassMark: 60, MinMembers: 2, Items: []ScoreItem{{Code: "a", Weight: 70, Least: 2}, {Code: "b", Weight: 30}}}
	score := func(a, b int) Score { return Score{Points: map[string]int{"a": a, "b": b}} }
	for name, c := range map[string]struct {
		scores []Score
		want   ScoreResult
	}{
		"none":        {nil, ScoreResult{Middle: map[string]int{}}},
		"one":         {[]Score{score(5, 5)}, ScoreResult{Members: 1, Total: 10000, Middle: map[string]int{"a": 10, "b": 10}}},
		"exactly 60":  {[]Score{score(3, 3), score(3, 3)}, ScoreResult{Members: 2, Complete: true, Passed: true, Total: 6000, Middle: map[string]int{"a": 6, "b": 6}}},
		"below":       {[]Score{score(3, 3), score(3, 2)}, ScoreResult{Members: 2, Complete: true, Total: 5700, Middle: map[string]int{"a": 6, "b": 5}}},
		"knocked out": {[]Score{score(1, 5), score(2, 5)}, ScoreResult{Members: 2, Complete: true, Total: 5100, Middle: map[string]int{"a": 3, "b": 10}, Low: []string{"a"}}},
		"one sinks not": {[]Score{score(0, 5), score(5, 5), score(5, 5)}, ScoreResult{Members: 3, Complete: true, Passed: true, Total: 7666,
			Middle: map[string]int{"a": 10, "b": 10}}},
		"one lifts not": {[]Score{score(5, 5), score(1, 5), score(1, 5)}, ScoreResult{Members: 3, Complete: true, Total: 6266, Middle: map[string]int{"a": 2, "b": 10},
			Low: []string{"a"}}},
	} {
		if got := sheet.Result(c.scores); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestScoreSheetCheck(t *testing.T) {
	for _, party := range place.Countries() {
		if p := DefaultScoreSheet(party).Check(); len(p) > 0 {
			t.Errorf("the sheet to begin with: %+v", p)
		}
	}
	for want, change := range map[string]func(s *ScoreSheet){
		"problem.score_weights": func(s *ScoreSheet) { s.Items[0].Weight++ },
		"problem.score_items":   func(s *ScoreSheet) { s.Items = nil },
		"problem.score_code":    func(s *ScoreSheet) { s.Items[1].Code = s.Items[0].Code },
		"problem.required":      func(s *ScoreSheet) { s.Items[0].TitleEN = "" },
		"problem.range":         func(s *ScoreSheet) { s.MinMembers = 1 },
	} {
		s := DefaultScoreSheet("QA")
		change(s)
		if p := s.Check(); len(p) != 1 || p[0].Key != want {
			t.Errorf("got %+v, want %s", p, want)
		}
	}
}

func TestConsented(t *testing.T) {
	given := Consent{Scope: ConsentCatalogue, Given: true, Date: 800000}
	for name, c := range map[string]struct {
		consents []Consent
		want     bool
	}{
		"none":     {nil, false},
		"given":    {[]Consent{given}, true},
		"refused":  {[]Consent{{Scope: ConsentCatalogue}}, false},
		"another":  {[]Consent{{Scope: ConsentOwnMinistry, Given: true, Date: 800000}}, false},
		"withdrew": {[]Consent{given, {Scope: ConsentCatalogue}}, false},
	} {
		r := Record{Consents: c.consents}
		f := Family{Record: r, Status: Registration{State: Approved}}
		if got := r.Consented(ConsentCatalogue); got != c.want || f.InCatalogue() != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		f.Status.State = Suspended
		if f.InCatalogue() {
			t.Errorf("%s: a suspended family is in the catalogue", name)
		}
	}
}

func TestMaker(t *testing.T) {
	f := Family{Record: Record{Lead: LeadProducer{GivenName: "هدى", RestOfName: "علي", NameEN: "Hoda Ali"}}}
	if got := f.Maker(); got != (Maker{"هدى علي", "Hoda Ali"}) {
		t.Errorf("without a brand: got %+v", got)
	}
	f.Record.Project.Name = "نول هدى"
	if got := f.Maker(); got != (Maker{"نول هدى", "نول هدى"}) || strings.Contains(got.EN, "Ali") {
		t.Errorf("a brand hides the person's name: got %+v", got)
	}
}

func TestDefaultTaxonomy(t *testing.T) {
	for _, party := range place.Countries() {
		seen := map[string]bool{}
		for _, x := range DefaultTaxonomy(party) {
			if p := x.Check(); len(p) > 0 || seen[x.Code] || x.Party != party {
				t.Errorf("%s: %+v", x.Code, p)
			}
			if x.Parent != "" && !seen[x.Parent] {
				t.Errorf("%s stands before its group", x.Code)
			}
			seen[x.Code] = true
		}
		if len(seen) < len(Crafts())+15 {
			t.Errorf("%s: %d lines", party, len(seen))
		}
	}
}

func TestProductChanges(t *testing.T) {
	a := sampleProduct(ProductDraft).Record
	b := a
	b.Price, b.Allergens = 50000, []Allergen{"milk", "eggs"}
	want := []Change{{"product.price", "product", "45000", "50000"}, {"product.allergens", "product", "", "milk,eggs"}}
	if got := a.Changes(&b); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
