// Package place holds the reference tables of places: the two countries of the registry, their governorates and municipalities, the
// birth codes of the Egyptian national id, and the world's countries as nationalities.
//
// It is a leaf and only tables. An [Area] is identified by its ISO 3166-2 code ("EG-ALX", "QA-DA"), a nationality by its ISO 3166-1 alpha-2
// code ("EG"); those codes are what the database holds. Functions that look a name up take text that arabic.Fold has folded, since a leaf
// cannot fold; a test holds that the folded names here are those of arabic.Fold.
//
// # Limits
//
// Below the governorate (markaz, qism, village) and below the municipality (zone) nothing is coded here. Four governorates are wholly
// urban, see [Area.Urban].
package place

import (
	"slices"
	"strings"
	"sync"
)

// Country is a country that keeps a registry here: a party to the agreement. It is the ISO 3166-1 alpha-2 code; "" is none.
type Country string

// The two parties.
const (
	Egypt Country = "EG"
	Qatar Country = "QA"
)

// Countries returns the parties, Egypt first.
func Countries() []Country { return []Country{Egypt, Qatar} }

// Valid reports whether c is one of the two parties.
func (c Country) Valid() bool { return c == Egypt || c == Qatar }

// Other returns the other party, "" for none.
func (c Country) Other() Country {
	switch c {
	case Egypt:
		return Qatar
	case Qatar:
		return Egypt
	}
	return ""
}

// NameAr returns the Arabic name, "" if c is none.
func (c Country) NameAr() string { n, _ := NationByCode(string(c)); return n.NameAr }

// NameEn returns the English name, "" if c is none.
func (c Country) NameEn() string { n, _ := NationByCode(string(c)); return n.NameEn }

// Area is a governorate of Egypt or a municipality of Qatar.
type Area struct {
	Code      string // ISO 3166-2
	Country   Country
	NameAr    string
	NameEn    string
	BirthCode string   // digits 8 and 9 of the Egyptian national id; "" in Qatar and for abolished governorates
	Aliases   []string // folded names: the official ones first, then what is often typed
	Urban     bool     // has districts only, no markaz or village: Cairo, Alexandria, Port Said, Suez
	Abolished int      // year in which the governorate was dissolved; 0 if it stands
}

// The 27 governorates (by birth code) and the 8 municipalities, then those abolished in 2011. Do not confuse EG-AST (Asyut) with EG-ASN
// (Aswan): a widespread public list swaps them.
var areas = []Area{
	{Code: "EG-C", Country: Egypt, NameAr: "القاهرة", NameEn: "Cairo", BirthCode: "01", Aliases: []string{"القاهره", "cairo", "قاهره", "al qahirah"}, Urban: true},
	{Code: "EG-ALX", Country: Egypt, NameAr: "الإسكندرية", NameEn: "Alexandria", BirthCode: "02", Aliases: []string{"الاسكندريه", "alexandria", "اسكندريه", "al iskandariyah"}, Urban: true},
	{Code: "EG-PTS", Country: Egypt, NameAr: "بورسعيد", NameEn: "Port Said", BirthCode: "03", Aliases: []string{"بورسعيد", "port said", "بور سعيد"}, Urban: true},
	{Code: "EG-SUZ", Country: Egypt, NameAr: "السويس", NameEn: "Suez", BirthCode: "04", Aliases: []string{"السويس", "suez", "سويس"}, Urban: true},
	{Code: "EG-DT", Country: Egypt, NameAr: "دمياط", NameEn: "Damietta", BirthCode: "11", Aliases: []string{"دمياط", "damietta", "dumyat"}},
	{Code: "EG-DK", Country: Egypt, NameAr: "الدقهلية", NameEn: "Dakahlia", BirthCode: "12", Aliases: []string{"الدقهليه", "dakahlia", "دقهليه", "daqahliyah", "dakahleya", "ad daqahliyah"}},
	{Code: "EG-SHR", Country: Egypt, NameAr: "الشرقية", NameEn: "Sharqia", BirthCode: "13", Aliases: []string{"الشرقيه", "sharqia", "شرقيه", "sharkia", "al sharqia", "ash sharqiyah"}},
	{Code: "EG-KB", Country: Egypt, NameAr: "القليوبية", NameEn: "Qalyubia", BirthCode: "14", Aliases: []string{"القليوبيه", "qalyubia", "قليوبيه", "kalyobia", "qalubia", "kalyoubia", "al qalyubiyah"}},
	{Code: "EG-KFS", Country: Egypt, NameAr: "كفر الشيخ", NameEn: "Kafr El Sheikh", BirthCode: "15", Aliases: []string{"كفر الشيخ", "kafr el sheikh", "كفرالشيخ", "kafr elsheikh", "kafr ash shaykh"}},
	{Code: "EG-GH", Country: Egypt, NameAr: "الغربية", NameEn: "Gharbia", BirthCode: "16", Aliases: []string{"الغربيه", "gharbia", "غربيه", "gharbeya", "al gharbiyah"}},
	{Code: "EG-MNF", Country: Egypt, NameAr: "المنوفية", NameEn: "Monufia", BirthCode: "17", Aliases: []string{"المنوفيه", "monufia", "منوفيه", "menoufia"}},
	{Code: "EG-BH", Country: Egypt, NameAr: "البحيرة", NameEn: "Beheira", BirthCode: "18", Aliases: []string{"البحيره", "beheira", "بحيره", "behera", "al buhayrah"}},
	{Code: "EG-IS", Country: Egypt, NameAr: "الإسماعيلية", NameEn: "Ismailia", BirthCode: "19", Aliases: []string{"الاسماعيليه", "ismailia", "الاسماعليه", "اسماعيليه"}},
	{Code: "EG-GZ", Country: Egypt, NameAr: "الجيزة", NameEn: "Giza", BirthCode: "21", Aliases: []string{"الجيزه", "giza", "جيزه"}},
	{Code: "EG-BNS", Country: Egypt, NameAr: "بني سويف", NameEn: "Beni Suef", BirthCode: "22", Aliases: []string{"بني سويف", "beni suef", "بنيسويف", "bani sweif", "bani suwayf"}},
	{Code: "EG-FYM", Country: Egypt, NameAr: "الفيوم", NameEn: "Fayoum", BirthCode: "23", Aliases: []string{"الفيوم", "fayoum", "فيوم", "faiyum"}},
	{Code: "EG-MN", Country: Egypt, NameAr: "المنيا", NameEn: "Minya", BirthCode: "24", Aliases: []string{"المنيا", "minya", "منيا", "menia", "minia", "al minya"}},
	{Code: "EG-AST", Country: Egypt, NameAr: "أسيوط", NameEn: "Asyut", BirthCode: "25", Aliases: []string{"اسيوط", "asyut", "assiut"}},
	{Code: "EG-SHG", Country: Egypt, NameAr: "سوهاج", NameEn: "Sohag", BirthCode: "26", Aliases: []string{"سوهاج", "sohag", "suhag", "suhaj"}},
	{Code: "EG-KN", Country: Egypt, NameAr: "قنا", NameEn: "Qena", BirthCode: "27", Aliases: []string{"قنا", "qena"}},
	{Code: "EG-ASN", Country: Egypt, NameAr: "أسوان", NameEn: "Aswan", BirthCode: "28", Aliases: []string{"اسوان", "aswan"}},
	{Code: "EG-LX", Country: Egypt, NameAr: "الأقصر", NameEn: "Luxor", BirthCode: "29", Aliases: []string{"الاقصر", "luxor", "اقصر"}},
	{Code: "EG-BA", Country: Egypt, NameAr: "البحر الأحمر", NameEn: "Red Sea", BirthCode: "31", Aliases: []string{"البحر الاحمر", "red sea"}},
	{Code: "EG-WAD", Country: Egypt, NameAr: "الوادي الجديد", NameEn: "New Valley", BirthCode: "32", Aliases: []string{"الوادي الجديد", "new valley", "al wadi al gedid", "al wadi al jadid"}},
	{Code: "EG-MT", Country: Egypt, NameAr: "مطروح", NameEn: "Matrouh", BirthCode: "33", Aliases: []string{"مطروح", "matrouh", "مرسي مطروح", "matruh", "marsa matrouh", "marsa matruh"}},
	{Code: "EG-SIN", Country: Egypt, NameAr: "شمال سيناء", NameEn: "North Sinai", BirthCode: "34", Aliases: []string{"شمال سيناء", "north sinai", "شمال سينا"}},
	{Code: "EG-JS", Country: Egypt, NameAr: "جنوب سيناء", NameEn: "South Sinai", BirthCode: "35", Aliases: []string{"جنوب سيناء", "south sinai", "جنوب سينا"}},

	{Code: "QA-DA", Country: Qatar, NameAr: "الدوحة", NameEn: "Doha", Aliases: []string{"الدوحه", "doha", "دوحه", "ad dawhah"}},
	{Code: "QA-RA", Country: Qatar, NameAr: "الريان", NameEn: "Al Rayyan", Aliases: []string{"الريان", "al rayyan", "ريان", "rayyan", "ar rayyan", "al rayan", "ar rayyān"}},
	{Code: "QA-WA", Country: Qatar, NameAr: "الوكرة", NameEn: "Al Wakrah", Aliases: []string{"الوكره", "al wakrah", "وكره", "wakrah", "al wakra"}},
	{Code: "QA-US", Country: Qatar, NameAr: "أم صلال", NameEn: "Umm Salal", Aliases: []string{"ام صلال", "umm salal", "umm slal", "um salal"}},
	{Code: "QA-KH", Country: Qatar, NameAr: "الخور والذخيرة", NameEn: "Al Khor and Al Thakhira", Aliases: []string{"الخور والذخيره", "al khor and al thakhira", "الخور", "al khor", "al khawr", "al khor al thakhira"}},
	{Code: "QA-MS", Country: Qatar, NameAr: "الشمال", NameEn: "Al Shamal", Aliases: []string{"الشمال", "al shamal", "ash shamal", "madinat ash shamal", "madinat al shamal"}},
	{Code: "QA-ZA", Country: Qatar, NameAr: "الضعاين", NameEn: "Al Daayen", Aliases: []string{"الضعاين", "al daayen", "الضعائن", "الظعاين", "al dayeen", "ad daayen", "al dhaayen"}},
	{Code: "QA-SH", Country: Qatar, NameAr: "الشحانية", NameEn: "Al Shahaniya", Aliases: []string{"الشحانيه", "al shahaniya", "شحانيه", "al sheehaniya", "ash shihaniyah", "al shahania", "al sheehania"}},

	{Code: "EG-HU", Country: Egypt, NameAr: "حلوان", NameEn: "Helwan", Aliases: []string{"حلوان", "helwan"}, Abolished: 2011},
	{Code: "EG-SU", Country: Egypt, NameAr: "السادس من أكتوبر", NameEn: "6th of October", Aliases: []string{"السادس من اكتوبر", "6th of october", "6 اكتوبر"}, Abolished: 2011},
}

// standing is how many of areas stand today; the abolished ones come last.
var standing = slices.IndexFunc(areas, func(a Area) bool { return a.Abolished != 0 })

var areaIndex = sync.OnceValue(func() (index struct{ byCode, byBirth, byName map[string]int }) {
	index.byCode, index.byBirth, index.byName = map[string]int{}, map[string]int{}, map[string]int{}
	for i, a := range areas {
		index.byCode[a.Code] = i
		if a.Abolished != 0 {
			continue
		}
		if a.BirthCode != "" {
			index.byBirth[a.BirthCode] = i
		}
		for _, name := range a.Aliases {
			index.byName[name] = i
		}
	}
	return index
})

func at(index map[string]int, key string, n int) (Area, bool) {
	i, ok := index[key]
	if !ok || i >= n {
		return Area{}, false
	}
	return areas[i], true
}

// Areas returns the areas of a country that stand today, Egypt in the order of the birth codes. The slice is the
// caller's; the aliases in it are shared and must not be changed.
func Areas(c Country) []Area {
	var out []Area
	for _, a := range areas[:standing] {
		if a.Country == c {
			out = append(out, a)
		}
	}
	return out
}

// AreaByCode returns the area with an ISO 3166-2 code, if it stands today.
func AreaByCode(code string) (Area, bool) { return at(areaIndex().byCode, code, standing) }

// HistoricArea is AreaByCode that also knows Helwan (EG-HU) and 6th of October (EG-SU), dissolved in 2011. It is for reading old records
// only: neither is a residence today.
func HistoricArea(code string) (Area, bool) { return at(areaIndex().byCode, code, len(areas)) }

// AreaByFolded returns the area of a country (of either, if c is "") with a name or an often typed variant of it, folded by arabic.Fold.
// A leading word governorate, محافظة, بلدية is ignored. The code itself ("eg alx" when folded) is a name too.
func AreaByFolded(c Country, folded string) (Area, bool) {
	for _, word := range []string{"محافظه ", "بلديه ", "مدينه "} {
		folded = strings.TrimPrefix(folded, word)
	}
	for _, word := range []string{" governorate", " municipality", " city"} {
		folded = strings.TrimSuffix(folded, word)
	}
	a, ok := at(areaIndex().byName, folded, standing)
	if !ok {
		a, ok = AreaByCode(strings.ToUpper(strings.Replace(folded, " ", "-", 1)))
	}
	if !ok || c != "" && a.Country != c {
		return Area{}, false
	}
	return a, true
}

// BirthAbroad is the birth code of who was born outside Egypt. It is no area and no residence.
const BirthAbroad = "88"

// AreaByBirthCode returns the governorate whose code the Egyptian national id carries in digits 8 and 9: where the birth was registered,
// which is not where the person lives.
//
// 27 is Qena, but Luxor became a governorate (29) in 2009 only, so that people from Luxor born before carry 27 as well: compare with
// BornIn, never by the code. 88, born abroad, is no area.
func AreaByBirthCode(code string) (Area, bool) { return at(areaIndex().byBirth, code, standing) }

// ValidBirthCode reports whether the Egyptian national id may carry the code: a governorate's or BirthAbroad.
func ValidBirthCode(code string) bool {
	_, ok := AreaByBirthCode(code)
	return ok || code == BirthAbroad
}

// BornIn reports whether a birth code fits a stated governorate of birth; 27 fits Qena and Luxor.
func BornIn(birthCode, area string) bool {
	a, ok := AreaByBirthCode(birthCode)
	return ok && (a.Code == area || a.Code == "EG-KN" && area == "EG-LX")
}
