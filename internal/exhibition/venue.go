package exhibition

import (
	"strings"
	"time"

	"muntija/internal/fault"
	"muntija/internal/place"
)

// Label is a name in both languages. Arabic is the one that must be there.
type Label struct {
	AR string `json:"ar"`
	EN string `json:"en,omitempty"`
}

// In returns the name in a language, the Arabic one where there is no other.
func (l Label) In(lang string) string {
	if lang == "en" && l.EN != "" {
		return l.EN
	}
	return l.AR
}

// Setting says whether a venue has a roof. Its text is stored.
type Setting string

// The settings. Outdoor fairs of Doha are held from October to April because of the heat, those of the Egyptian coast from July to September.
const (
	Indoor  Setting = "indoor"
	Outdoor Setting = "outdoor"
	Mixed   Setting = "mixed"
)

// Settings returns the settings in the order of display.
func Settings() []Setting { return []Setting{Indoor, Outdoor, Mixed} }

// Valid reports whether s is a setting.
func (s Setting) Valid() bool { return s == Indoor || s == Outdoor || s == Mixed }

// Venue is a place where exhibitions are held: a building, a mall, a garden. Its halls are drawn; see [Plan].
type Venue struct {
	ID, Version int64
	Party       place.Country
	Area        string // ISO 3166-2 code of the governorate or municipality
	Name, City  Label
	Setting     Setting
	FloorM2     int   // whole floor that can be used, in m²; 0 if it is not known
	Notes       Label // capacity, loading hours, what to ask for
	Archived    bool  // kept for past exhibitions, not offered any more
	CreatedBy   int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// maxFloor is more than any hall of the two countries: Doha's convention centre has about 29,000 m².
const maxFloor = 1_000_000

// Check returns what is wrong with the fields of a venue, named as in its form.
func (v *Venue) Check() fault.Problems {
	var p fault.Problems
	checkText(&p, "venue.name.ar", v.Name.AR, true, 120)
	checkText(&p, "venue.name.en", v.Name.EN, false, 120)
	checkText(&p, "venue.city.ar", v.City.AR, true, 80)
	checkText(&p, "venue.city.en", v.City.EN, false, 80)
	checkText(&p, "venue.notes.ar", v.Notes.AR, false, 1000)
	checkText(&p, "venue.notes.en", v.Notes.EN, false, 1000)
	if a, ok := place.AreaByCode(v.Area); v.Area == "" {
		p.Add("venue.area", "problem.required")
	} else if !ok || a.Country != v.Party {
		p.Add("venue.area", "problem.choice")
	}
	if !v.Setting.Valid() {
		p.Add("venue.setting", "problem.required")
	}
	if v.FloorM2 < 0 || v.FloorM2 > maxFloor {
		p.Add("venue.floor", "problem.range", 0, maxFloor)
	}
	return p
}

func checkText(p *fault.Problems, field, text string, required bool, limit int) {
	switch n := len([]rune(text)); {
	case required && strings.TrimSpace(text) == "":
		p.Add(field, "problem.required")
	case n > limit:
		p.Add(field, "problem.too_long", limit)
	}
}

// Hall is one room or ground of a venue. What stands in it is drawn in plans, of which one is the draft and others are released.
type Hall struct {
	ID, Version int64
	VenueID     int64
	Party       place.Country
	Name        Label
	CreatedBy   int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Check returns what is wrong with the fields of a hall, named as in its form.
func (h *Hall) Check() fault.Problems {
	var p fault.Problems
	checkText(&p, "hall.name.ar", h.Name.AR, true, 120)
	checkText(&p, "hall.name.en", h.Name.EN, false, 120)
	return p
}

// PlanState is where a version of a hall's plan stands. Its text is stored.
type PlanState string

// The states. A released plan never changes: exhibitions place people on it. A change begins as a draft copied from it and becomes the next version.
const (
	PlanDraft    PlanState = "draft"
	PlanReleased PlanState = "released"
	PlanRetired  PlanState = "retired" // another version was released after it; exhibitions that use it keep it
)

// KnownVenues are the places where the exhibitions of both countries are known to have been held, with what reports say of them. A new office begins
// with them; they are its own to change.
func KnownVenues(party place.Country) []Venue {
	var out []Venue
	for _, v := range knownVenues {
		if v.Party == party {
			out = append(out, v)
		}
	}
	return out
}

// Floors are the figures of press reports on fairs that were held there, not surveys.
var knownVenues = []Venue{
	{Party: place.Egypt, Area: "EG-C", Name: Label{"قاعة جهاز تنمية المشروعات، أرض المعارض", "SME Agency hall, Exhibition Ground"}, City: Label{"مدينة نصر، القاهرة", "Nasr City, Cairo"}, Setting: Indoor, FloorM2: 5000,
		Notes: Label{"أقيمت فيها دورات «ديارنا» على مساحة من 3000 إلى 5000 م².", "Diyarna fairs were held here on 3,000 to 5,000 m²."}},
	{Party: place.Egypt, Area: "EG-C", Name: Label{"مركز مصر للمعارض الدولية", "Egypt International Exhibition Center"}, City: Label{"القاهرة الجديدة", "New Cairo"}, Setting: Indoor, FloorM2: 10000,
		Notes: Label{"معرض «تراثنا» على مساحة 10000 م².", "The Turathna fair used 10,000 m²."}},
	{Party: place.Egypt, Area: "EG-C", Name: Label{"كايرو فستيفال سيتي", "Cairo Festival City"}, City: Label{"القاهرة الجديدة", "New Cairo"}, Setting: Indoor, FloorM2: 3500},
	{Party: place.Egypt, Area: "EG-C", Name: Label{"سيتي ستارز", "City Stars"}, City: Label{"مدينة نصر، القاهرة", "Nasr City, Cairo"}, Setting: Indoor, FloorM2: 2000},
	{Party: place.Egypt, Area: "EG-GZ", Name: Label{"مول العرب", "Mall of Arabia"}, City: Label{"6 أكتوبر", "6th of October"}, Setting: Indoor, FloorM2: 3000},
	{Party: place.Egypt, Area: "EG-C", Name: Label{"ساحة قصر القبة", "Qubba Palace grounds"}, City: Label{"القاهرة", "Cairo"}, Setting: Outdoor, FloorM2: 4000,
		Notes: Label{"معرض «بيت العرب» المشترك، يناير 2023.", "The joint fair Bayt al-Arab, January 2023."}},
	{Party: place.Egypt, Area: "EG-MT", Name: Label{"مارينا 5", "Marina 5"}, City: Label{"العلمين", "Alamein"}, Setting: Outdoor, FloorM2: 3000,
		Notes: Label{"موسم الصيف، يوليو إلى سبتمبر.", "Summer season, July to September."}},
	{Party: place.Qatar, Area: "QA-DA", Name: Label{"مركز الدوحة للمعارض والمؤتمرات", "Doha Exhibition & Convention Center"}, City: Label{"الدوحة", "Doha"}, Setting: Indoor, FloorM2: 29000,
		Notes: Label{"بلا أعمدة، ويقسم إلى خمس قاعات.", "Free of columns; divides into five halls."}},
	{Party: place.Qatar, Area: "QA-DA", Name: Label{"مركز قطر الوطني للمؤتمرات", "Qatar National Convention Centre"}, City: Label{"الدوحة", "Doha"}, Setting: Indoor, FloorM2: 40000,
		Notes: Label{"تسع قاعات.", "Nine halls."}},
	{Party: place.Qatar, Area: "QA-DA", Name: Label{"كتارا، الجهة الجنوبية", "Katara, south zone"}, City: Label{"الدوحة", "Doha"}, Setting: Outdoor,
		Notes: Label{"من 20 إلى 30 وحدة صغيرة؛ من أكتوبر إلى أبريل.", "20 to 30 small units; October to April."}},
	{Party: place.Qatar, Area: "QA-DA", Name: Label{"حديقة متحف الفن الإسلامي", "Museum of Islamic Art garden"}, City: Label{"الدوحة", "Doha"}, Setting: Outdoor,
		Notes: Label{"بازار مارس 2024: 20 مشروعًا.", "Bazaar of March 2024: 20 projects."}},
	{Party: place.Qatar, Area: "QA-DA", Name: Label{"سكة الوادي، مشيرب", "Sikkat Al Wadi, Msheireb"}, City: Label{"الدوحة", "Doha"}, Setting: Mixed},
	{Party: place.Qatar, Area: "QA-DA", Name: Label{"سوق واقف", "Souq Waqif"}, City: Label{"الدوحة", "Doha"}, Setting: Mixed},
}
