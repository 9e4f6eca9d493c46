package web

import (
	"regexp"
	"strconv"
	"strings"

	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// shownValue is one value of a record in words. The partial "value" draws it: what people typed is isolated by direction, numbers of papers and
// phones are left-to-right islands.
type shownValue struct {
	Text string
	LTR  bool
}

// words puts values of records into words of one language: for the family page, the review page, the history and an amendment's old → new.
type words struct {
	*locale.Locale
	party place.Country
}

func (r *request) words() words { return words{r.s.pages.Locale(r.locale), r.actor.Party} }

// currencies of the registries: an amount of a record is always in its party's own.
var currencies = map[place.Country]string{place.Egypt: "EGP", place.Qatar: "QAR"}

// ltrPaths are the text values that are numbers of papers, phones, positions or Latin codes, by their last one or two names.
var ltrPaths = map[string]bool{
	"lead.id_number": true, "lead.email": true, "lead.phones.number": true, "lead.disability_card": true, "guardian.id_number": true, "guardian.phone": true,
	"formal.number": true, "address.lat": true, "address.lon": true, "address.accuracy": true, "case.file_no": true, "consents.version": true,
	"lead.name_en": true, "project.name_en": true, "email": true,
}

// value puts the stored text of a form path into words. Paths of what hangs beside a record (state, reasons, documents, visits) are known too; an unknown
// path or code is shown as it is stored, never dropped.
func (w words) value(path, text string) shownValue {
	return w.kind(registry.StripIndex(path), registry.KindOf(path), text)
}

func (w words) kind(path string, k registry.Kind, text string) shownValue {
	if text == "" {
		return shownValue{}
	}
	switch path {
	case "state":
		return shownValue{Text: w.code("state", text)}
	case "reasons":
		return shownValue{Text: w.codes("reason", text)}
	case "documents":
		return shownValue{Text: w.code("document_type", text)}
	case "visits": // "2026-03-02 active"
		day, finding, _ := strings.Cut(text, " ")
		if d := w.Both(day); d != "" {
			day = d
		}
		return shownValue{Text: strings.TrimSuffix(day+" · "+w.code("finding", finding), " · ")}
	case "finance.own_share":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return shownValue{Text: w.Percent(n)}
		}
	case "product.handmade":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return shownValue{Text: w.Percent(n)}
		}
	case "product.price": // its currency is a field of its own
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return shownValue{Text: w.Money(n, "")}
		}
	case "product.allergens":
		return shownValue{Text: w.codes("allergen", text)}
	case "product.state":
		return shownValue{Text: w.code("product_state", text)}
	case "household.members.birth_year", "finance.loans.year": // a year has no groups of three
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return shownValue{Text: strings.NewReplacer(",", "", "٬", "").Replace(w.Num(n))}
		}
	}
	switch k.Type {
	case "int":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return shownValue{Text: w.Num(n)}
		}
	case "money":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return shownValue{Text: w.Money(n, currencies[w.party])}
		}
	case "date":
		if s := w.Both(text); s != "" {
			return shownValue{Text: s}
		}
	case "bool":
		return shownValue{Text: w.code("tri", text)}
	case "list":
		return shownValue{Text: w.code(k.List, text)}
	case "id_type":
		return shownValue{Text: w.code("id_type", text)}
	case "currency":
		if w.Has("currency." + text) {
			return shownValue{Text: w.T("currency." + text)}
		}
	case "area":
		return shownValue{Text: w.area(text)}
	case "craft":
		return shownValue{Text: w.craft(text)}
	case "country":
		return shownValue{Text: w.country(text)}
	}
	// What a mask leaves of a number begins with its bullets.
	return shownValue{Text: text, LTR: ltrPaths[path] || strings.HasPrefix(text, "•")}
}

// code is the title of a value of a code list, the value itself if it has none.
func (w words) code(list, value string) string {
	if key := "enum." + list + "." + value; w.Has(key) {
		return w.T(key)
	}
	return value
}

// codes are the titles of values that stand with commas between them.
func (w words) codes(list, values string) string {
	parts := strings.Split(values, ",")
	for i := range parts {
		parts[i] = w.code(list, parts[i])
	}
	return w.join(parts)
}

// join lists things with the comma of the language.
func (w words) join(parts []string) string {
	if w.Lang() == locale.English {
		return strings.Join(parts, ", ")
	}
	return strings.Join(parts, "، ")
}

// area is the name of a governorate or municipality, an abolished one too, because identity numbers and old papers name them.
func (w words) area(code string) string {
	a, ok := place.HistoricArea(code)
	switch {
	case !ok:
		return code
	case w.Lang() == locale.English:
		return a.NameEn
	}
	return a.NameAr
}

func (w words) craft(code string) string {
	if c, ok := registry.CraftByCode(code); ok {
		return c.Name(w.Lang())
	}
	return code
}

func (w words) country(code string) string {
	n, ok := place.NationByCode(code)
	switch {
	case !ok:
		return code
	case w.Lang() == locale.English:
		return n.NameEn
	}
	return n.NameAr
}

// label names a path: the field's label, with the row before it where the path is in a list: "Member 2: Name".
func (w words) label(path string) string {
	text := path
	if key := "field." + registry.StripIndex(path); w.Has(key) {
		text = w.T(key)
	}
	if title, ok := w.row(path); ok {
		return title + ": " + text
	}
	return text
}

// row is the title of the row that a path is in: "Member 2" for "household.members[1].name". A path that ends in its index is a value of a set and in no row.
func (w words) row(path string) (string, bool) {
	group, rest, ok := strings.Cut(path, "[")
	num, field, closed := strings.Cut(rest, "]")
	n, err := strconv.Atoi(num)
	if !ok || !closed || field == "" || err != nil || !w.Has("row."+group) {
		return "", false
	}
	return w.T("row."+group, n+1), true
}

var isoDay = regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`)

// days writes the dates of a text as people read them: the words of package criteria carry them as 2026-03-02, which an Arabic line would turn
// around and break at its hyphens.
func (w words) days(text string) string {
	return isoDay.ReplaceAllStringFunc(text, func(day string) string {
		if s := w.Date(day); s != "" {
			return s
		}
		return day
	})
}
