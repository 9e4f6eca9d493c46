package registry

import "muntija/internal/place"

// Craft is a group of the product taxonomy. The codes are Muntija's own; the crafts come from the cabinet information centre's list of
// Egyptian heritage crafts (2023) and from the practice of Egyptian and Qatari exhibitions.
type Craft struct {
	Code       string
	NameAR     string
	NameEN     string
	Food       bool // needs a health certificate of the handler
	Cosmetic   bool // falls under cosmetic rules
	Exhibited  bool // false: registered, but never on a stand
	ExamplesEG []string
	ExamplesQA []string
}

var crafts = []Craft{
	{Code: "TX", NameAR: "منسوجات يدوية", NameEN: "Hand-woven textiles", Exhibited: true, ExamplesEG: []string{"نسيج أخميم", "فركة نقادة", "منسوجات بدوية"}, ExamplesQA: []string{"سدو"}},
	{Code: "CK", NameAR: "سجاد وكليم", NameEN: "Carpets, kilim", Exhibited: true, ExamplesEG: []string{"كليم فوة", "سجاد حرير ساقية أبو شعرة", "كليم دسيا", "جوبلان"}},
	{Code: "EM", NameAR: "تطريز", NameEN: "Embroidery", Exhibited: true, ExamplesEG: []string{"تُلّي", "تطريز سيناوي", "تطريز سيوي"}, ExamplesQA: []string{"زري", "نقدة", "كورار"}},
	{Code: "KH", NameAR: "خيامية", NameEN: "Appliqué tent-work", Exhibited: true, ExamplesEG: []string{"خيامية"}},
	{Code: "CL", NameAR: "ملابس وعبايات", NameEN: "Clothing, abayas", Exhibited: true, ExamplesEG: []string{"جلابية", "قفطان"}, ExamplesQA: []string{"عبايات", "دراعة", "بشت", "ملابس أطفال"}},
	{Code: "CR", NameAR: "كروشيه ومكرمية", NameEN: "Crochet, macramé", Exhibited: true, ExamplesEG: []string{"كروشيه", "مكرمية"}, ExamplesQA: []string{"كروشيه"}},
	{Code: "PT", NameAR: "فخار وخزف", NameEN: "Pottery, ceramics", Exhibited: true, ExamplesEG: []string{"فخار الفسطاط", "خزف قرية تونس", "فخار النزلة", "خزف جراجوس"}, ExamplesQA: []string{"فخار"}},
	{Code: "GL", NameAR: "زجاج", NameEN: "Glass", Exhibited: true, ExamplesEG: []string{"زجاج منفوخ"}},
	{Code: "MT", NameAR: "نحاس ومعادن", NameEN: "Copper, metal", Exhibited: true, ExamplesEG: []string{"نحاس", "فوانيس"}, ExamplesQA: []string{"دلال", "سيوف"}},
	{Code: "JW", NameAR: "حلي وفضة", NameEN: "Jewellery, silver", Exhibited: true, ExamplesEG: []string{"فضة", "إكسسوارات"}, ExamplesQA: []string{"ذهب", "لؤلؤ"}},
	{Code: "WD", NameAR: "خشب وأرابيسك وصدف", NameEN: "Wood, arabesque, mother-of-pearl", Exhibited: true, ExamplesEG: []string{"خشب حجازة", "أثاث دمياط", "أرابيسك", "صدف"}, ExamplesQA: []string{"نماذج سفن", "حفر على الجبس"}},
	{Code: "LE", NameAR: "جلود", NameEN: "Leather", Exhibited: true, ExamplesEG: []string{"جلود شلاتين", "مشغولات جلدية"}},
	{Code: "PL", NameAR: "خوص وجريد وبامبو", NameEN: "Palm, cane", Exhibited: true, ExamplesEG: []string{"خوص أسوان", "جريد الفيوم"}, ExamplesQA: []string{"خوص", "سفافة"}},
	{Code: "ST", NameAR: "ألباستر وأحجار وبردي", NameEN: "Alabaster, stone, papyrus", Exhibited: true, ExamplesEG: []string{"ألباستر الأقصر", "بردي"}},
	{Code: "PF", NameAR: "عطور وبخور وشموع", NameEN: "Perfume, bukhoor, candles", Cosmetic: true, Exhibited: true, ExamplesEG: []string{"زيوت عطرية", "شموع"}, ExamplesQA: []string{"بخور", "دخون", "عطور"}},
	{Code: "CO", NameAR: "صابون وعناية", NameEN: "Soap, care", Cosmetic: true, Exhibited: true, ExamplesEG: []string{"صابون", "ملح سيوة"}, ExamplesQA: []string{"صابون"}},
	{Code: "FD", NameAR: "أغذية جافة ومحفوظة", NameEN: "Dry and preserved food", Food: true, Exhibited: true, ExamplesEG: []string{"تمور وزيت زيتون", "توابل", "عسل", "مخلل"}, ExamplesQA: []string{"تمور", "بهارات", "عسل", "قهوة"}},
	{Code: "FF", NameAR: "أغذية طازجة ومخبوزات", NameEN: "Fresh food, bakery, sweets", Food: true, Exhibited: true, ExamplesEG: []string{"مخبوزات", "حلويات"}, ExamplesQA: []string{"مأكولات شعبية", "حلويات", "آيس كريم"}},
	{Code: "AR", NameAR: "فنون وهدايا ومطبوعات", NameEN: "Art, gifts, printing", Exhibited: true, ExamplesEG: []string{"لوحات", "أشغال ورقية"}, ExamplesQA: []string{"خط عربي", "هدايا", "توزيعات"}},
	{Code: "TO", NameAR: "ألعاب ودمى", NameEN: "Toys, dolls", Exhibited: true, ExamplesEG: []string{"عرائس"}},
	{Code: "AG", NameAR: "نباتات وزراعة منزلية", NameEN: "Plants", Exhibited: true, ExamplesQA: []string{"ورد"}},
	{Code: "SV", NameAR: "خدمات", NameEN: "Services", ExamplesEG: []string{"تصوير", "تصميم"}, ExamplesQA: []string{"تصميم", "تصوير"}},
	{Code: "LV", NameAR: "إنتاج حيواني", NameEN: "Livestock", ExamplesEG: []string{"تربية أغنام", "تربية دواجن"}},
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

// Examples returns typical products of the group in a country, in Arabic.
func (c Craft) Examples(country place.Country) []string {
	if country == "QA" {
		return c.ExamplesQA
	}
	return c.ExamplesEG
}
