package sheet

import (
	"reflect"
	"strconv"
	"strings"
	"sync"

	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// Own columns of coded lists stop here: a family with a fourth phone has it in no column.
const (
	phoneColumns = 3
	loanColumns  = 2
)

// RecordFields returns the fields of a family that a workbook has a column for, in the order of the form, each a column that reading takes for this very
// field. Rows of coded lists are named by their code, the household members have a sheet of their own ([MemberFields]).
func RecordFields(party place.Country) []string {
	var out []string
	var walk func(t reflect.Type, path string)
	walk = func(t reflect.Type, path string) {
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			at := strings.TrimPrefix(path+"."+name, ".")
			switch {
			case f.Tag.Get("class") == "-" || at == "household.members":
			case f.Type == reflect.TypeFor[calendar.Date]():
				out = append(out, at)
			case f.Type.Kind() == reflect.Struct:
				walk(f.Type, at)
			case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
				d, coded := discriminators[at]
				if coded {
					for _, code := range registry.CodesFor(d[1], string(party)) {
						walk(f.Type.Elem(), at+"["+code+"]")
					}
					continue
				}
				n := loanColumns
				if at == "lead.phones" {
					n = phoneColumns
				}
				for k := range n {
					walk(f.Type.Elem(), at+"["+strconv.Itoa(k)+"]")
				}
			default:
				if list, rest, ok := strings.Cut(path, "["); ok && rest != "" && discriminators[list][0] == name {
					continue // the code itself
				}
				out = append(out, at)
			}
		}
	}
	walk(reflect.TypeFor[registry.Record](), "")
	return out
}

// MemberFields returns the fields of a household member, in the order of the form.
func MemberFields() []string {
	var out []string
	t := reflect.TypeFor[registry.Member]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out = append(out, "household.members."+name)
	}
	return out
}

// ProductFields returns the fields of a product, in the order of the form.
func ProductFields() []string {
	out := registry.ProductFields()
	for i, f := range out {
		out[i] = productList + "." + f
	}
	return out
}

// ColumnFor returns the column of a field: its header in a language ("ar" or "en"), what it holds, and for a choice the titles of the party's codes.
func ColumnFor(kind RosterKind, field, lang string, party place.Country) OutColumn {
	c := OutColumn{Key: field, Title: HeaderFor(kind, field, lang)}
	p, _ := parseField(field)
	k := registry.KindOf(field)
	switch k.Type {
	case "int":
		c.Kind = OutInt
	case "money":
		c.Kind = OutMoney
	case "date":
		c.Kind = OutDate
	case "bool":
		c.Kind = OutBool
		c.Choices = []string{titleIn("tri", "yes", lang), titleIn("tri", "no", lang)}
	case "currency":
		c.Kind, c.Choices = OutChoice, []string{intake.Currency(party)}
		if p.list == productList {
			c.Choices = append(c.Choices, intake.Currency(party.Other()))
		}
	case "area":
		c.Kind = OutChoice
		for _, a := range place.Areas(party) {
			c.Choices = append(c.Choices, areaName(a, lang))
		}
	case "craft":
		c.Kind = OutChoice
		for _, craft := range registry.Crafts() {
			c.Choices = append(c.Choices, craft.Name(lang))
		}
	case "id_type":
		c.Kind = OutChoice
		for _, code := range intake.IDTypes() {
			c.Choices = append(c.Choices, titleIn("id_type", code, lang))
		}
	case "country":
		c.Width = 18
	case "list":
		c.Kind = OutChoice
		if field == "project.channels" || p.list == productList && p.leaf == "allergens" { // several in one cell: a drop-down would take one only
			c.Kind, c.Width = OutText, 28
			break
		}
		for _, code := range registry.CodesFor(k.List, string(party)) {
			c.Choices = append(c.Choices, titleIn(k.List, code, lang))
		}
	default:
		if p.list == productList && strings.HasPrefix(p.leaf, "description") {
			c.Width = 40
		}
		if numbered(&target{field: field, path: p}) {
			c.Kind = OutID
		}
		switch field {
		case FieldNumber, "case.round", "case.file_no", "lead.email", "address.zone", "address.lat", "address.lon", "address.accuracy", "lead.name_en", "project.name_en":
			c.Kind = OutID
			if field == "lead.email" || field == "lead.name_en" || field == FieldNumber {
				c.Width = 24
			}
		}
	}
	return c
}

func titleIn(list, code, lang string) string {
	ar, en := choiceTitle(list, code)
	if lang == "en" {
		return en
	}
	return ar
}

func areaName(a place.Area, lang string) string {
	if lang == "en" {
		return a.NameEn
	}
	return a.NameAr
}

// ValueOf returns the function that takes a field's value out of a record, as [ColumnFor] shows it: codes by their titles, sets joined. What is not there
// is a blank cell.
func ValueOf(field, lang string) func(*registry.Record) Value {
	if field == FieldName {
		return func(r *registry.Record) Value { return TextValue(r.Lead.DisplayName()) }
	}
	p, ok := parseField(field)
	if !ok {
		return func(*registry.Record) Value { return Value{} }
	}
	show := shower(registry.KindOf(field), lang)
	t := reflect.TypeFor[registry.Record]()
	if p.list == "" {
		at := indexOf(t, p.leaf)
		if field == "finance.own_share" { // 0 % is an answer
			return func(r *registry.Record) Value {
				if r.Finance.OwnShare == 0 && !r.Finance.OwnShareGiven {
					return Value{}
				}
				return IntValue(int64(r.Finance.OwnShare))
			}
		}
		return func(r *registry.Record) Value { return show(reflect.ValueOf(r).Elem().FieldByIndex(at)) }
	}
	list := indexOf(t, p.list)
	row := t.FieldByIndex(list).Type.Elem()
	leaf := indexOf(row, p.leaf)
	if p.code == "" {
		n := max(p.index, 0)
		return func(r *registry.Record) Value {
			rows := reflect.ValueOf(r).Elem().FieldByIndex(list)
			if n >= rows.Len() {
				return Value{}
			}
			return show(rows.Index(n).FieldByIndex(leaf))
		}
	}
	code := indexOf(row, discriminators[p.list][0])
	return func(r *registry.Record) Value {
		rows := reflect.ValueOf(r).Elem().FieldByIndex(list)
		for i := range rows.Len() {
			if one := rows.Index(i); one.FieldByIndex(code).String() == p.code {
				return show(one.FieldByIndex(leaf))
			}
		}
		return Value{}
	}
}

// MemberValueOf returns the function that takes a field's value out of a household member; see [ValueOf].
func MemberValueOf(field, lang string) func(*registry.Member) Value {
	show := shower(registry.KindOf(field), lang)
	at := indexOf(reflect.TypeFor[registry.Member](), strings.TrimPrefix(field, "household.members."))
	return func(m *registry.Member) Value { return show(reflect.ValueOf(m).Elem().FieldByIndex(at)) }
}

// ProductValueOf returns the function that takes a field's value out of a product; see [ValueOf].
func ProductValueOf(field, lang string) func(*registry.ProductRecord) Value {
	show := shower(registry.KindOf(field), lang)
	leaf := strings.TrimPrefix(registry.StripIndex(field), productList+".")
	if leaf == "handmade" { // 0 % is an answer
		return func(r *registry.ProductRecord) Value {
			if !r.HandmadeGiven {
				return Value{}
			}
			return IntValue(int64(r.Handmade))
		}
	}
	at := indexOf(reflect.TypeFor[registry.ProductRecord](), leaf)
	return func(r *registry.ProductRecord) Value { return show(reflect.ValueOf(r).Elem().FieldByIndex(at)) }
}

// indexOf is the place of a path of JSON names in a struct.
func indexOf(t reflect.Type, path string) []int {
	var out []int
	for name := range strings.SplitSeq(path, ".") {
		for i := range t.NumField() {
			if have, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); have == name {
				out = append(out, i)
				t = t.Field(i).Type
				break
			}
		}
	}
	return out
}

// shower returns the function that turns a value of a record into one of a cell.
func shower(k registry.Kind, lang string) func(reflect.Value) Value {
	text := func(v reflect.Value) Value { return TextValue(v.String()) }
	titled := func(titles map[string]string) func(reflect.Value) Value {
		return func(v reflect.Value) Value {
			code := v.String()
			if t, ok := titles[code]; ok {
				return TextValue(t)
			}
			return TextValue(code)
		}
	}
	titles := map[string]string{}
	switch k.Type {
	case "int":
		return func(v reflect.Value) Value {
			if v.Int() == 0 {
				return Value{}
			}
			return IntValue(v.Int())
		}
	case "money":
		return func(v reflect.Value) Value {
			if v.Int() == 0 {
				return Value{}
			}
			return MoneyValue(v.Int())
		}
	case "date":
		return func(v reflect.Value) Value { return DateValue(calendar.Date(v.Int())) }
	case "bool":
		return func(v reflect.Value) Value { return BoolValue(v.Bool()) }
	case "area":
		for _, party := range place.Countries() {
			for _, a := range place.Areas(party) {
				titles[a.Code] = areaName(a, lang)
			}
		}
		return titled(titles)
	case "craft":
		for _, c := range registry.Crafts() {
			titles[c.Code] = c.Name(lang)
		}
		return titled(titles)
	case "country":
		for _, n := range place.Nations() {
			titles[n.Code] = n.NameAr
			if lang == "en" {
				titles[n.Code] = n.NameEn
			}
		}
		return titled(titles)
	case "id_type":
		for _, code := range intake.IDTypes() {
			titles[code] = titleIn("id_type", code, lang)
		}
		return titled(titles)
	case "list":
		for _, code := range registry.Codes(k.List) {
			titles[code] = titleIn(k.List, code, lang)
		}
		one := titled(titles)
		joint := "، "
		if lang == "en" {
			joint = ", "
		}
		return func(v reflect.Value) Value {
			if v.Kind() != reflect.Slice {
				return one(v)
			}
			parts := make([]string, v.Len())
			for i := range parts {
				parts[i] = one(v.Index(i)).s
			}
			return TextValue(strings.Join(parts, joint))
		}
	}
	return text
}

// Title returns the title of a code in a language, as exports write it and reading takes it.
func Title(list, code, lang string) string { return titleIn(list, code, lang) }

var requiredFields = sync.OnceValue(func() map[place.Country]map[string]bool {
	m := map[place.Country]map[string]bool{}
	for _, party := range place.Countries() {
		m[party] = map[string]bool{}
		for _, f := range append(RecordFields(party), MemberFields()...) {
			m[party][f] = intake.Required(party, f) && !strings.Contains(f, "[")
		}
		for _, f := range registry.ProductFields() {
			m[party][productList+"."+f] = intake.ProductRequired(f)
		}
	}
	return m
})
