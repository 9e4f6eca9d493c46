package registry

import "muntija/internal/place"

// Craft is a group of the product taxonomy. The codes are Muntija's own; the crafts come from the cabinet information centre's list of
// Egyptian heritage crafts (2023) and from the practice of Egyptian and Qatari exhibitions.
type Craft struct {
	Code      string
	NameAR    string
	NameEN    string
	Food      bool        // needs a health certificate of the handler
	Cosmetic  bool        // falls under cosmetic rules
	Exhibited bool        // false: registered, but never on a stand
	Needs     []BoothNeed // of a stand
}

var crafts = []Craft{
	{Code: "TX", NameAR: "منسوجات يدوية", NameEN: "Hand-woven textiles", Exhibited: true, Needs: []BoothNeed{"no_flame", "no_oil"}},
	{Code: "CK", NameAR: "سجاد وكليم", NameEN: "Carpets, kilim", Exhibited: true, Needs: []BoothNeed{"wall"}},
	{Code: "EM", NameAR: "تطريز", NameEN: "Embroidery", Exhibited: true},
	{Code: "KH", NameAR: "خيامية", NameEN: "Appliqué tent-work", Exhibited: true, Needs: []BoothNeed{"live"}},
	{Code: "CL", NameAR: "ملابس وعبايات", NameEN: "Clothing, abayas", Exhibited: true, Needs: []BoothNeed{"fitting"}},
	{Code: "CR", NameAR: "كروشيه ومكرمية", NameEN: "Crochet, macramé", Exhibited: true},
	{Code: "PT", NameAR: "فخار وخزف", NameEN: "Pottery, ceramics", Exhibited: true, Needs: []BoothNeed{"fragile", "heavy"}},
	{Code: "GL", NameAR: "زجاج", NameEN: "Glass", Exhibited: true, Needs: []BoothNeed{"fragile"}},
	{Code: "MT", NameAR: "نحاس ومعادن", NameEN: "Copper, metal", Exhibited: true, Needs: []BoothNeed{"noise"}},
	{Code: "JW", NameAR: "حلي وفضة", NameEN: "Jewellery, silver", Exhibited: true, Needs: []BoothNeed{"security"}},
	{Code: "WD", NameAR: "خشب وأرابيسك وصدف", NameEN: "Wood, arabesque, mother-of-pearl", Exhibited: true, Needs: []BoothNeed{"dust"}},
	{Code: "LE", NameAR: "جلود", NameEN: "Leather", Exhibited: true, Needs: []BoothNeed{"odour"}},
	{Code: "PL", NameAR: "خوص وجريد وبامبو", NameEN: "Palm, cane", Exhibited: true},
	{Code: "ST", NameAR: "ألباستر وأحجار وبردي", NameEN: "Alabaster, stone, papyrus", Exhibited: true, Needs: []BoothNeed{"heavy"}},
	{Code: "PF", NameAR: "عطور وبخور وشموع", NameEN: "Perfume, bukhoor, candles", Cosmetic: true, Exhibited: true, Needs: []BoothNeed{"smoke"}},
	{Code: "CO", NameAR: "صابون وعناية", NameEN: "Soap, care", Cosmetic: true, Exhibited: true},
	{Code: "FD", NameAR: "أغذية جافة ومحفوظة", NameEN: "Dry and preserved food", Food: true, Exhibited: true, Needs: []BoothNeed{"shade"}},
	{Code: "FF", NameAR: "أغذية طازجة ومخبوزات", NameEN: "Fresh food, bakery, sweets", Food: true, Exhibited: true, Needs: []BoothNeed{"power", "water", "cold", "waste"}},
	{Code: "AR", NameAR: "فنون وهدايا ومطبوعات", NameEN: "Art, gifts, printing", Exhibited: true},
	{Code: "TO", NameAR: "ألعاب ودمى", NameEN: "Toys, dolls", Exhibited: true},
	{Code: "AG", NameAR: "نباتات وزراعة منزلية", NameEN: "Plants", Exhibited: true, Needs: []BoothNeed{"water"}},
	{Code: "SV", NameAR: "خدمات", NameEN: "Services"},
	{Code: "LV", NameAR: "إنتاج حيواني", NameEN: "Livestock"},
}

var craftIndex = func() map[string]*Craft {
	m := make(map[string]*Craft, len(crafts))
	for i := range crafts {
		m[crafts[i].Code] = &crafts[i]
	}
	return m
}()

// Crafts returns the groups of the product taxonomy in the order of display.
func Crafts() []Craft { return crafts }

// CraftByCode returns the group with the given code.
func CraftByCode(code string) (Craft, bool) {
	c, ok := craftIndex[code]
	if !ok {
		return Craft{}, false
	}
	return *c, true
}

// Name returns the group's name in the given language ("ar" or "en").
func (c Craft) Name(lang string) string {
	if lang == "en" {
		return c.NameEN
	}
	return c.NameAR
}

// Examples returns typical products of the group in a country, in Arabic: the types of its first taxonomy.
func (c Craft) Examples(country place.Country) []string {
	var out []string
	for _, t := range craftTypes {
		if t.parent == c.Code && t.party == country {
			out = append(out, t.ar)
		}
	}
	return out
}
