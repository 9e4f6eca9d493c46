package place_test

import (
	"slices"
	"testing"

	"muntija/internal/arabic"
	"muntija/internal/place"
)

func TestAreas(t *testing.T) {
	if got := len(place.Areas(place.Egypt)); got != 27 {
		t.Errorf("Egypt has %d governorates, want 27", got)
	}
	if got := len(place.Areas(place.Qatar)); got != 8 {
		t.Errorf("Qatar has %d municipalities, want 8", got)
	}
	if got := place.Areas("FR"); got != nil {
		t.Errorf("Areas of another country = %v", got)
	}
	codes, names, births := map[string]bool{}, map[string]string{}, map[string]bool{}
	var urban []string
	for _, c := range place.Countries() {
		for _, a := range place.Areas(c) {
			if codes[a.Code] || a.Country != c || a.Code[:2] != string(c) || a.Abolished != 0 {
				t.Errorf("area %+v", a)
			}
			codes[a.Code] = true
			if a.Urban {
				urban = append(urban, a.Code)
			}
			if (len(a.BirthCode) == 2) != (c == place.Egypt) || births[a.BirthCode] && c == place.Egypt {
				t.Errorf("%s: birth code %q", a.Code, a.BirthCode)
			}
			births[a.BirthCode] = true
			if got, want := a.Aliases[:2], []string{arabic.Fold(a.NameAr), arabic.Fold(a.NameEn)}; !slices.Equal(got, want) {
				t.Errorf("%s: folded names %q, want %q", a.Code, got, want)
			}
			for _, alias := range a.Aliases {
				if other := names[alias]; other != "" || arabic.Fold(alias) != alias {
					t.Errorf("%s: alias %q is not folded or is %q's", a.Code, alias, other)
				}
				names[alias] = a.Code
				for _, country := range []place.Country{"", c} {
					if got, ok := place.AreaByFolded(country, alias); !ok || got.Code != a.Code {
						t.Errorf("AreaByFolded(%q, %q) = %v, %v, want %s", country, alias, got.Code, ok, a.Code)
					}
				}
				if _, ok := place.AreaByFolded(c.Other(), alias); ok {
					t.Errorf("AreaByFolded(%q, %q) found an area of the other country", c.Other(), alias)
				}
			}
			if got, ok := place.AreaByCode(a.Code); !ok || got.NameAr != a.NameAr {
				t.Errorf("AreaByCode(%q) = %+v, %v", a.Code, got, ok)
			}
		}
	}
	if want := []string{"EG-C", "EG-ALX", "EG-PTS", "EG-SUZ"}; !slices.Equal(urban, want) {
		t.Errorf("urban governorates %q, want %q", urban, want)
	}
}

func TestAreaByTypedName(t *testing.T) {
	for typed, want := range map[string]string{
		"القاهره": "EG-C", "الأسكندرية": "EG-ALX", "محافظة الإسكندرية": "EG-ALX", "بور سعيد": "EG-PTS", "كفرالشيخ": "EG-KFS", "الإسماعلية": "EG-IS", "بنى سويف": "EG-BNS",
		"الوادى الجديد": "EG-WAD", "مرسى مطروح": "EG-MT", "اسيوط": "EG-AST", "أسوان": "EG-ASN", "الاقصر": "EG-LX", "Cairo Governorate": "EG-C", "eg-alx": "EG-ALX", "بلدية الريان": "QA-RA",
		"AL-RAYYAN": "QA-RA", "Ar Rayyān": "QA-RA", "Umm Slal": "QA-US", "Madinat ash Shamal": "QA-MS", "Al Dayeen": "QA-ZA", "Minia": "EG-MN", "Ash Sharqiyah": "EG-SHR", "Marsa Matrouh": "EG-MT", "الخور": "QA-KH", "الضعائن": "QA-ZA", "حلوان": "", "EG-HU": "", "": "", "خارج الجمهورية": "", "EG": "",
	} {
		got, ok := place.AreaByFolded("", arabic.Fold(typed))
		if got.Code != want || ok != (want != "") {
			t.Errorf("AreaByFolded(%q) = %q, %v, want %q", typed, got.Code, ok, want)
		}
	}
}

func TestAbolished(t *testing.T) {
	for _, code := range []string{"EG-HU", "EG-SU"} {
		if _, ok := place.AreaByCode(code); ok {
			t.Errorf("AreaByCode(%s) finds an abolished governorate", code)
		}
		if a, ok := place.HistoricArea(code); !ok || a.Abolished != 2011 || a.Aliases[0] != arabic.Fold(a.NameAr) || a.Aliases[1] != arabic.Fold(a.NameEn) {
			t.Errorf("HistoricArea(%s) = %+v, %v", code, a, ok)
		}
	}
	if a, ok := place.HistoricArea("EG-AST"); !ok || a.NameEn != "Asyut" {
		t.Errorf("HistoricArea(EG-AST) = %+v", a)
	}
}

func TestBirthCodes(t *testing.T) {
	for code, want := range map[string]string{"01": "EG-C", "25": "EG-AST", "27": "EG-KN", "28": "EG-ASN", "29": "EG-LX", "35": "EG-JS", "88": "", "05": "", "20": "", "": "", "99": ""} {
		a, ok := place.AreaByBirthCode(code)
		if a.Code != want || ok != (want != "") {
			t.Errorf("AreaByBirthCode(%q) = %q, %v, want %q", code, a.Code, ok, want)
		}
		if got := place.ValidBirthCode(code); got != (want != "" || code == "88") {
			t.Errorf("ValidBirthCode(%q) = %v", code, got)
		}
	}
	for _, c := range []struct {
		code, area string
		want       bool
	}{{"27", "EG-KN", true}, {"27", "EG-LX", true}, {"29", "EG-LX", true}, {"29", "EG-KN", false}, {"01", "EG-C", true}, {"01", "EG-GZ", false}, {"88", "EG-C", false}, {"", "", false}} {
		if got := place.BornIn(c.code, c.area); got != c.want {
			t.Errorf("BornIn(%q, %q) = %v, want %v", c.code, c.area, got, c.want)
		}
	}
}

func TestCountry(t *testing.T) {
	for c, want := range map[place.Country]bool{place.Egypt: true, place.Qatar: true, "": false, "eg": false, "SA": false} {
		if got := c.Valid(); got != want {
			t.Errorf("%q.Valid() = %v", c, got)
		}
	}
	if place.Egypt.Other() != place.Qatar || place.Qatar.Other() != place.Egypt || place.Country("SA").Other() != "" {
		t.Error("Other is wrong")
	}
	if got := place.Egypt.NameAr() + place.Qatar.NameEn() + place.Country("").NameAr(); got != "مصرQatar" {
		t.Errorf("names = %q", got)
	}
}

func TestNations(t *testing.T) {
	nations := place.Nations()
	if len(nations) != 249 {
		t.Errorf("%d countries, want the 249 of ISO 3166-1", len(nations))
	}
	for _, n := range nations {
		for how, find := range map[string]func() (place.Nation, bool){
			"code":    func() (place.Nation, bool) { return place.NationByCode(n.Code) },
			"numeric": func() (place.Nation, bool) { return place.NationByNumeric(n.Numeric) },
			"Arabic":  func() (place.Nation, bool) { return place.NationByFolded(arabic.Fold(n.NameAr)) },
			"English": func() (place.Nation, bool) { return place.NationByFolded(arabic.Fold(n.NameEn)) },
		} {
			if got, ok := find(); !ok || got != n {
				t.Errorf("%s by %s = %+v, %v", n.Code, how, got, ok)
			}
		}
		if arabic.Clean(n.NameAr) != n.NameAr || len(n.Numeric) != 3 {
			t.Errorf("%+v", n)
		}
	}
	if !slices.IsSortedFunc(nations, func(a, b place.Nation) int { return slices.Compare([]byte(a.Code), []byte(b.Code)) }) {
		t.Error("nations are not sorted by code")
	}
	for numeric, want := range map[string]string{"634": "QA", "818": "EG", "736": "SD", "729": "SD", "886": "YE", "000": "", "": "", "8": ""} {
		if got, ok := place.NationByNumeric(numeric); got.Code != want || ok != (want != "") {
			t.Errorf("NationByNumeric(%q) = %q, want %q", numeric, got.Code, want)
		}
	}
	for typed, want := range map[string]string{"مصرية": "EG", "قطري": "QA", "السعودية": "SA", "سوريّة": "SY", "عُمان": "OM", "Egyptian": "EG", "U.K.": "", "UK": "GB", "أردنية": "JO", "": "", "المريخ": ""} {
		if got, ok := place.NationByFolded(arabic.Fold(typed)); got.Code != want || ok != (want != "") {
			t.Errorf("NationByFolded(%q) = %q, want %q", typed, got.Code, want)
		}
	}
}
