package registry

import (
	"reflect"
	"strings"
	"sync"
	"unicode"
)

// Kind says how a leaf of the record is read and shown.
type Kind struct {
	Type string // text, int, money, date, bool, list, area, craft, country, id_type, currency
	List string // for Type list: the name of the code list
}

// KindOf returns the kind of a form path, with or without indexes; the fields of a product stand under "product". Unknown paths are text.
func KindOf(path string) Kind {
	if k, ok := kinds()[StripIndex(path)]; ok {
		return k
	}
	return Kind{Type: "text"}
}

// Leaves whose Go type does not tell what they are.
var kindByPath = map[string]string{
	"address.area": "area", "project.craft": "craft", "lead.nationality": "country", "lead.id_type": "id_type", "guardian.id_type": "id_type",
	"product.craft": "craft", "product.origin_area": "area", "product.price": "money", "product.currency": "currency",
	"finance.est_value": "money", "finance.loans.amount": "money", "finance.currency": "currency", "finance.loans.currency": "currency",
}

var kinds = sync.OnceValue(func() map[string]Kind {
	m := make(map[string]Kind, 128)
	var visit func(t reflect.Type, path string)
	visit = func(t reflect.Type, path string) {
		switch {
		case isStringer(t):
			m[path] = Kind{Type: "date"} // calendar.Date is the only one
		case t.Kind() == reflect.Struct:
			for _, f := range fieldsOf(t) {
				visit(t.Field(f.index).Type, join(path, f.name))
			}
		case t.Kind() == reflect.Slice:
			visit(t.Elem(), path)
		case kindByPath[path] != "":
			m[path] = Kind{Type: kindByPath[path]}
		case t.Kind() == reflect.Bool:
			m[path] = Kind{Type: "bool"}
		case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
			m[path] = Kind{Type: "int"}
		case t.PkgPath() != "": // a named string type: its list has the type's name
			m[path] = Kind{Type: "list", List: snake(t.Name())}
		default:
			m[path] = Kind{Type: "text"}
		}
	}
	visit(reflect.TypeFor[Record](), "")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[ProductRecord]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		visit(f.Type, "product."+name)
	}
	return m
})

func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
