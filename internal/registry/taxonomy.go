package registry

import (
	"muntija/internal/fault"
	"muntija/internal/place"
)

// BoothNeed is what a craft asks of its stand, or keeps others away with.
type BoothNeed string

// Taxon is one line of a party's product taxonomy: a group (a code of [Crafts], Parent "") or a type within a group.
//
// The groups and their codes are common to both countries, or a joint exhibition could not be planned by craft; a party sets what its groups need and
// which it uses, and adds types of its own. The taxonomy is kept in the database; [DefaultTaxonomy] is what it is filled with.
type Taxon struct {
	Party     place.Country
	Code      string // of a group: two letters; of a type: the group's, a dash and a number
	Parent    string
	NameAR    string
	NameEN    string
	Food      bool // needs a health certificate of the handler
	Cosmetic  bool // falls under cosmetic rules
	Exhibited bool // may stand on a stand
	Needs     []BoothNeed
	Active    bool // offered in forms
	Version   int64
}

// Name returns the name in a language ("ar" or "en").
func (t *Taxon) Name(lang string) string {
	if lang == "en" && t.NameEN != "" {
		return t.NameEN
	}
	return t.NameAR
}

// Check returns what is wrong with a line of a taxonomy, by the names of its form.
func (t *Taxon) Check() fault.Problems {
	var p fault.Problems
	if t.Parent != "" {
		if _, ok := CraftByCode(t.Parent); !ok {
			p.Add("parent", "problem.choice")
		}
	}
	for _, x := range []struct{ field, text string }{{"name_ar", t.NameAR}, {"name_en", t.NameEN}} {
		if x.text == "" {
			p.Add(x.field, "problem.required")
		}
	}
	for _, n := range t.Needs {
		if !InList("booth_need", string(n)) {
			p.Add("needs", "problem.choice")
		}
	}
	return p
}

// DefaultTaxonomy returns the taxonomy that a party begins with: all groups, and the party's typical products as their types.
func DefaultTaxonomy(party place.Country) []Taxon {
	out := make([]Taxon, 0, len(crafts)+len(craftTypes))
	for _, c := range crafts {
		out = append(out, Taxon{Party: party, Code: c.Code, NameAR: c.NameAR, NameEN: c.NameEN, Food: c.Food, Cosmetic: c.Cosmetic, Exhibited: c.Exhibited,
			Needs: c.Needs, Active: true})
	}
	for _, t := range craftTypes {
		if t.party != party {
			continue
		}
		c := craftIndex[t.parent]
		out = append(out, Taxon{Party: party, Code: t.code, Parent: t.parent, NameAR: t.ar, NameEN: t.en, Food: c.Food, Cosmetic: c.Cosmetic, Exhibited: c.Exhibited,
			Needs: c.Needs, Active: true})
	}
	return out
}

// craftTypes are typical products of each country, in the order of display within a group.
var craftTypes = []struct {
	party                place.Country
	parent, code, ar, en string
}{
	{"EG", "TX", "TX-1", "نسيج أخميم", "Akhmim weaving"},
	{"EG", "TX", "TX-2", "فركة نقادة", "Naqada ferka"},
	{"EG", "TX", "TX-3", "منسوجات بدوية", "Bedouin weaving"},
	{"QA", "TX", "TX-1", "سدو", "Sadu"},
	{"EG", "CK", "CK-1", "كليم فوة", "Fuwa kilim"},
	{"EG", "CK", "CK-2", "سجاد حرير ساقية أبو شعرة", "Saqiyat Abu Shaara silk carpets"},
	{"EG", "CK", "CK-3", "كليم دسيا", "Desya kilim"},
	{"EG", "CK", "CK-4", "جوبلان", "Gobelin tapestry"},
	{"EG", "EM", "EM-1", "تُلّي", "Tally"},
	{"EG", "EM", "EM-2", "تطريز سيناوي", "Sinai embroidery"},
	{"EG", "EM", "EM-3", "تطريز سيوي", "Siwa embroidery"},
	{"QA", "EM", "EM-1", "زري", "Zari"},
	{"QA", "EM", "EM-2", "نقدة", "Naqda"},
	{"QA", "EM", "EM-3", "كورار", "Kurar"},
	{"EG", "KH", "KH-1", "خيامية", "Khayamiya"},
	{"EG", "CL", "CL-1", "جلابية", "Galabiya"},
	{"EG", "CL", "CL-2", "قفطان", "Kaftan"},
	{"QA", "CL", "CL-1", "عبايات", "Abayas"},
	{"QA", "CL", "CL-2", "دراعة", "Daraa"},
	{"QA", "CL", "CL-3", "بشت", "Bisht"},
	{"QA", "CL", "CL-4", "ملابس أطفال", "Children's clothes"},
	{"EG", "CR", "CR-1", "كروشيه", "Crochet"},
	{"EG", "CR", "CR-2", "مكرمية", "Macramé"},
	{"QA", "CR", "CR-1", "كروشيه", "Crochet"},
	{"EG", "PT", "PT-1", "فخار الفسطاط", "Fustat pottery"},
	{"EG", "PT", "PT-2", "خزف قرية تونس", "Tunis village ceramics"},
	{"EG", "PT", "PT-3", "فخار النزلة", "Nazla pottery"},
	{"EG", "PT", "PT-4", "خزف جراجوس", "Garagos ceramics"},
	{"QA", "PT", "PT-1", "فخار", "Pottery"},
	{"EG", "GL", "GL-1", "زجاج منفوخ", "Blown glass"},
	{"EG", "MT", "MT-1", "نحاس", "Copperwork"},
	{"EG", "MT", "MT-2", "فوانيس", "Lanterns"},
	{"QA", "MT", "MT-1", "دلال", "Coffee pots (dallah)"},
	{"QA", "MT", "MT-2", "سيوف", "Swords"},
	{"EG", "JW", "JW-1", "فضة", "Silver"},
	{"EG", "JW", "JW-2", "إكسسوارات", "Accessories"},
	{"QA", "JW", "JW-1", "ذهب", "Gold"},
	{"QA", "JW", "JW-2", "لؤلؤ", "Pearls"},
	{"EG", "WD", "WD-1", "خشب حجازة", "Hegaza woodwork"},
	{"EG", "WD", "WD-2", "أثاث دمياط", "Damietta furniture"},
	{"EG", "WD", "WD-3", "أرابيسك", "Arabesque"},
	{"EG", "WD", "WD-4", "صدف", "Mother-of-pearl"},
	{"QA", "WD", "WD-1", "نماذج سفن", "Model ships"},
	{"QA", "WD", "WD-2", "حفر على الجبس", "Gypsum carving"},
	{"EG", "LE", "LE-1", "جلود شلاتين", "Shalateen leather"},
	{"EG", "LE", "LE-2", "مشغولات جلدية", "Leather goods"},
	{"EG", "PL", "PL-1", "خوص أسوان", "Aswan palm weaving"},
	{"EG", "PL", "PL-2", "جريد الفيوم", "Fayoum palm-rib work"},
	{"QA", "PL", "PL-1", "خوص", "Palm weaving (khous)"},
	{"QA", "PL", "PL-2", "سفافة", "Safafa"},
	{"EG", "ST", "ST-1", "ألباستر الأقصر", "Luxor alabaster"},
	{"EG", "ST", "ST-2", "بردي", "Papyrus"},
	{"EG", "PF", "PF-1", "زيوت عطرية", "Fragrant oils"},
	{"EG", "PF", "PF-2", "شموع", "Candles"},
	{"QA", "PF", "PF-1", "بخور", "Bukhoor"},
	{"QA", "PF", "PF-2", "دخون", "Dukhoon"},
	{"QA", "PF", "PF-3", "عطور", "Perfumes"},
	{"EG", "CO", "CO-1", "صابون", "Soap"},
	{"EG", "CO", "CO-2", "ملح سيوة", "Siwa salt"},
	{"QA", "CO", "CO-1", "صابون", "Soap"},
	{"EG", "FD", "FD-1", "تمور وزيت زيتون", "Dates and olive oil"},
	{"EG", "FD", "FD-2", "توابل", "Spices"},
	{"EG", "FD", "FD-3", "عسل", "Honey"},
	{"EG", "FD", "FD-4", "مخلل", "Pickles"},
	{"QA", "FD", "FD-1", "تمور", "Dates"},
	{"QA", "FD", "FD-2", "بهارات", "Spices"},
	{"QA", "FD", "FD-3", "عسل", "Honey"},
	{"QA", "FD", "FD-4", "قهوة", "Coffee"},
	{"EG", "FF", "FF-1", "مخبوزات", "Bakery"},
	{"EG", "FF", "FF-2", "حلويات", "Sweets"},
	{"QA", "FF", "FF-1", "مأكولات شعبية", "Traditional dishes"},
	{"QA", "FF", "FF-2", "حلويات", "Sweets"},
	{"QA", "FF", "FF-3", "آيس كريم", "Ice cream"},
	{"EG", "AR", "AR-1", "لوحات", "Paintings"},
	{"EG", "AR", "AR-2", "أشغال ورقية", "Paper craft"},
	{"QA", "AR", "AR-1", "خط عربي", "Arabic calligraphy"},
	{"QA", "AR", "AR-2", "هدايا", "Gifts"},
	{"QA", "AR", "AR-3", "توزيعات", "Favours"},
	{"EG", "TO", "TO-1", "عرائس", "Dolls"},
	{"QA", "AG", "AG-1", "ورد", "Roses"},
	{"EG", "SV", "SV-1", "تصوير", "Photography"},
	{"EG", "SV", "SV-2", "تصميم", "Design"},
	{"QA", "SV", "SV-1", "تصميم", "Design"},
	{"QA", "SV", "SV-2", "تصوير", "Photography"},
	{"EG", "LV", "LV-1", "تربية أغنام", "Sheep"},
	{"EG", "LV", "LV-2", "تربية دواجن", "Poultry"},
}
