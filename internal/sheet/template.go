package sheet

import (
	"io"
	"strings"
	"time"

	"muntija/internal/place"
	"muntija/internal/registry"
)

// templateFields are the columns of the blank templates. A template asks for what offices know of a family when they send a list; every other field of
// [RecordFields] is taken too if somebody adds its column.
var templateFields = map[RosterKind]string{
	Families: `lead.name case.file_no lead.id_type lead.id_number lead.id_expiry lead.birth_date lead.sex lead.nationality lead.marital_status lead.breadwinner lead.education lead.literacy lead.literacy_by lead.disability
		lead.phones[0].number lead.phones[1].number lead.email address.area address.district address.village address.zone address.street address.building address.text
		household.size household.dependents household.tenure household.income_band project.name project.craft project.activity project.stage project.at_home project.workers_family project.workers_other
		project.capacity project.sales_band project.channels project.equipment project.materials formal[household_licence].number formal[household_licence].expires_on
		formal[commercial_register].number formal[tax_card].number formal[food_permit].number formal[food_permit].expires_on finance.est_value
		product.name_ar product.materials product.handmade product.unit product.price product[1].name_ar product[1].materials product[1].handmade product[1].unit product[1].price
		case.channel case.application_date case.social_unit case.association consents[own_ministry].given consents[own_ministry].date consents[own_ministry].how`,
	Products: `number lead.id_number case.file_no product.id product.name_ar product.name_en product.craft product.type product.description_ar product.description_en product.materials product.technique
		product.handmade product.origin_area product.origin_name product.unit product.size product.weight product.price product.currency product.abroad product.capacity product.lead_days
		product.shelf_days product.ingredients product.allergens product.hs_code product.made_in`,
	Members: `number lead.id_number case.file_no household.members.name household.members.relation household.members.sex household.members.birth_year household.members.works`,
}

// onlyParty are columns that one party alone asks for.
var onlyParty = map[string]place.Country{"address.village": place.Egypt, "case.social_unit": place.Egypt, "case.association": place.Egypt, "lead.literacy": place.Egypt, "lead.literacy_by": place.Egypt,
	"address.zone": place.Qatar, "address.street": place.Qatar, "address.building": place.Qatar, "formal[household_licence].number": place.Qatar, "formal[household_licence].expires_on": place.Qatar}

// templateRows is down to which row the drop-downs and the input help of a template go.
const templateRows = 5000

// TemplateFields returns the columns of the blank template of a kind.
func TemplateFields(kind RosterKind, party place.Country) []string {
	var out []string
	for f := range strings.FieldsSeq(templateFields[kind]) {
		if only, ok := onlyParty[f]; !ok || only == party {
			out = append(out, f)
		}
	}
	return out
}

// WriteTemplate writes the blank workbook in which a list of a kind is filled in: a sheet with a column for each field, drop-downs from the code lists, input help, one
// row as an example that reading passes over, and a first sheet that says how.
//
// types is the party's product taxonomy, nil for the one that a party begins with.
func WriteTemplate(w io.Writer, kind RosterKind, party place.Country, lang string, types []registry.Taxon, say Say, at time.Time) error {
	if types == nil {
		types = registry.DefaultTaxonomy(party)
	}
	fields := TemplateFields(kind, party)
	cols := make([]OutColumn, len(fields))
	example := make([]Value, len(fields))
	for i, f := range fields {
		cols[i] = ColumnFor(kind, f, lang, party)
		cols[i].Required = requiredFields()[party][f] && (kind == Products || !strings.HasPrefix(f, "product.")) || f == FieldName || kind != Families && f == FieldNumber
		if f == "product.type" {
			cols[i].Kind, cols[i].Choices = OutChoice, TypeTitles(types, lang)
		}
		cols[i].Note = helpOf(f, say)
		example[i] = exampleOf(f, kind, party, lang, cols[i])
	}
	name := say("enum.export_kind." + string(kind))
	return Write(w, Workbook{Lang: lang, Say: say, Title: say("sheet.template.title", name), At: at, Plain: true,
		Cover: []Line{{say("sheet.template.step", 1), say("sheet.template.fill")}, {say("sheet.template.step", 2), say("sheet.template.required")},
			{say("sheet.template.step", 3), say("sheet.template.text")}, {say("sheet.template.step", 4), say("sheet.template.example")},
			{say("sheet.template.step", 5), say("sheet.template.upload")}},
		Sheets: []Sheet{{Name: name, Columns: cols, Count: 1, Spare: templateRows, Example: 1, Rows: func(yield func([]Value) error) error { return yield(example) }}}})
}

// TypeTitles returns the names of the types of a taxonomy that forms offer, in a language.
func TypeTitles(types []registry.Taxon, lang string) []string {
	var out []string
	for i := range types {
		if t := &types[i]; t.Parent != "" && t.Active {
			out = append(out, t.Name(lang))
		}
	}
	return out
}

// helpOf is the input help of a field: the hint of the form, and how its kind of value is written.
func helpOf(field string, say Say) string {
	plain := field
	if i := strings.IndexByte(field, '['); i >= 0 {
		plain = field[:i] + field[strings.IndexByte(field, ']')+1:]
	}
	var parts []string
	if hint := say("hint." + plain); !strings.HasPrefix(hint, "⟦") {
		parts = append(parts, hint)
	}
	switch field {
	case FieldName:
		parts = append(parts, say("sheet.template.help.name"))
	case "project.channels", "product.allergens":
		parts = append(parts, say("sheet.template.help.several"))
	case FieldProduct:
		parts = append(parts, say("sheet.template.help.product"))
	case "product.weight":
		parts = append(parts, say("sheet.template.help.weight"))
	case FieldNumber:
		parts = append(parts, say("sheet.template.help.key"))
	}
	return strings.Join(parts, " ")
}

// exampleTexts, exampleCodes and exampleNumbers are the row that shows how a template is filled in: one weaver and what is hers, so that the columns agree with each other.
// The people of examples are made up; their numbers have no valid check. Texts stand in Arabic and English, Qatar's where they differ.
var (
	exampleTexts = map[string][2]string{FieldName: {"منى أحمد علي حسن", "Mona Ahmed Ali Hassan"}, "case.file_no": {"115/2026", "115/2026"}, "lead.nationality": {"مصر", "Egypt"},
		"address.district": {"أخميم", "Akhmim"}, "address.village": {"الحواويش", "Al Hawawish"}, "address.zone": {"25", "25"}, "address.street": {"840", "840"}, "address.building": {"12", "12"},
		"project.name": {"خيوط النيل", "Nile Threads"}, "project.activity": {"نسيج يدوي وكليم", "Hand weaving and kilims"}, "household.members.name": {"سارة محمود", "Sara Mahmoud"},
		"lead.phones[0].number": {"01001234567", "01001234567"}, "product.name_ar": {"كليم يدوي", "كليم يدوي"}, "product.name_en": {"Hand-woven kilim", "Hand-woven kilim"},
		"product.materials": {"صوف غنم", "صوف غنم"}, "lead.literacy_by": {"هدى سيد، باحثة الوحدة", "Hoda Sayed, social worker"}}
	exampleQatar = map[string][2]string{"lead.nationality": {"قطر", "Qatar"}, "address.district": {"المنصورة", "Al Mansoura"}, "project.name": {"بيت السدو", "Bait Al Sadu"},
		"project.activity": {"نسيج السدو", "Sadu weaving"}, "lead.phones[0].number": {"33123456", "33123456"}, "product.name_ar": {"سدو يدوي", "سدو يدوي"}, "product.name_en": {"Hand-woven sadu", "Hand-woven sadu"}}
	exampleCodes = map[string]string{"lead.marital_status": "married", "lead.education": "technical", "household.members.relation": "daughter", "household.income_band": "below_half",
		"project.stage": "operating", "project.sales_band": "low"}
	exampleNumbers = map[string]int64{"household.size": 5, "household.dependents": 3, "project.workers_family": 2, "project.workers_other": 1, "household.members.birth_year": 2010,
		"product.handmade": 90, "product.weight": 1200, "product.capacity": 20, "product.lead_days": 7}
	exampleArea = map[place.Country]string{place.Egypt: "EG-SHG", place.Qatar: "QA-DA"}
)

// exampleOf is the value of a field in the example.
func exampleOf(field string, kind RosterKind, party place.Country, lang string, c OutColumn) Value {
	t, ok := exampleTexts[field]
	if q, differs := exampleQatar[field]; differs && party == place.Qatar {
		t = q
	}
	n := 0
	if lang == "en" {
		n = 1
	}
	list, code := registry.KindOf(field).List, exampleCodes[field]
	if field == "lead.id_type" {
		list, code = "id_type", map[place.Country]string{place.Egypt: "eg_nid", place.Qatar: "qid"}[party]
	}
	first := field == TemplateFields(kind, party)[0]
	switch {
	case first && ok:
		return TextValue(ExampleWord(lang) + ": " + t[n])
	case first:
		return TextValue(ExampleWord(lang))
	case ok:
		return TextValue(t[n])
	case code != "":
		return TextValue(titleIn(list, code, lang))
	case field == "address.area":
		for _, a := range place.Areas(party) {
			if a.Code == exampleArea[party] {
				return TextValue(areaName(a, lang))
			}
		}
	case strings.HasPrefix(field, "product[") || field == "product.type" || field == "product.abroad" || field == "product.made_in" || field == "product.origin_area":
	case c.Kind == OutChoice || c.Kind == OutBool:
		if len(c.Choices) > 0 {
			return TextValue(c.Choices[0])
		}
	case c.Kind == OutDate && field == "lead.birth_date":
		return DateValue(day(1990, 3, 15))
	case field == "product.price":
		return MoneyValue(450_00)
	case exampleNumbers[field] > 0:
		return IntValue(exampleNumbers[field])
	case field == "project.channels":
		joint := "، "
		if lang == "en" {
			joint = ", "
		}
		return TextValue(titleIn("sale_channel", "home", lang) + joint + titleIn("sale_channel", "market", lang))
	}
	return Value{}
}
