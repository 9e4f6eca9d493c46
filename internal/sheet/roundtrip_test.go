package sheet_test

import (
	"bytes"
	"context"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/testkit"
)

// listKeys are the leaves by which a row of a list is named in a roster.
var listKeys = map[string]string{"formal": "kind", "household.benefits": "programme", "consents": "scope", "skills.training": "kind"}

// column is the roster's field for a form field: rows of coded lists by their code. "" for the code itself and for members, who have a sheet of their own.
func column(field string, values map[string]string) string {
	i := strings.IndexByte(field, '[')
	if i < 0 {
		return field
	}
	list, rest := field[:i], field[strings.IndexByte(field, ']')+2:]
	key, coded := listKeys[list]
	switch {
	case list == "household.members" || coded && rest == key:
		return ""
	case coded:
		return list + "[" + values[field[:strings.IndexByte(field, ']')+2]+key] + "]." + rest
	}
	return field
}

// A whole form, written as a roster by the titles of its fields and choices, comes back as the same form: in both languages, for both parties, by
// excelize's writer and with real dates.
func TestFormsComeBack(t *testing.T) {
	for _, party := range place.Countries() {
		for _, lang := range []string{locale.Arabic, locale.English} {
			l := locale.Default().For(lang)
			var forms []map[string]string
			fields := map[string]bool{}
			sets := map[string][]string{}
			for i := range 5 {
				form := testkit.Form(i, party)
				v := form.Values()
				sets = form.Sets()
				for f := range v {
					if strings.HasPrefix(f, "household.members") || strings.HasSuffix(f, "]") { // ticks are in the sets
						delete(v, f)
					} else if c := column(f, v); c != "" {
						fields[c] = true
					}
				}
				forms = append(forms, v)
			}
			for f := range sets {
				fields[f] = true
			}
			order := slices.Sorted(maps.Keys(fields))
			x := excelize.NewFile()
			for c, f := range order {
				header := sheet.HeaderFor(sheet.Families, f, lang[:2])
				if header == "" {
					t.Fatalf("%s has no header", f)
				}
				set(t, x, c, 1, header)
				for r, v := range forms {
					for name, value := range v {
						if column(name, v) == f {
							set(t, x, c, r+2, written(t, l, f, value))
						}
					}
					if ticks := sets[f]; ticks != nil {
						var titles []string
						for _, s := range ticks {
							titles = append(titles, l.T("enum."+registry.KindOf(f).List+"."+s))
						}
						set(t, x, c, r+2, strings.Join(titles, "، "))
					}
				}
			}
			b, err := x.WriteToBuffer()
			if err != nil {
				t.Fatal(err)
			}
			book, err := sheet.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
			if err != nil {
				t.Fatal(err)
			}
			rosters, err := book.FindRosters()
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range rosters[0].Columns {
				if c.Field != order[c.Index] && c.Field != strings.Replace(order[c.Index], "[0]", "", 1) {
					t.Errorf("%s %s: the column %q is taken for %q, it is %q", party, lang, c.Header, c.Field, order[c.Index])
				}
			}
			n := 0
			err = book.Rows(context.Background(), rosters[0], sheet.Reading{Party: party, Mapping: sheet.Suggest(rosters)}, func(row *sheet.Row) error {
				form, problems := row.Form()
				row.Merge(problems)
				if len(row.Problems) > 0 {
					t.Errorf("%s %s row %d: %v", party, lang, row.N, row.Problems)
				}
				want := testkit.Form(n, party)
				want.Household.Members = nil
				ctx := intake.Context{Party: party, Today: calendar.Of(testkit.Start)}
				got, ps := form.Check(ctx)
				record, _ := want.Check(ctx)
				sortLists(&got)
				sortLists(&record)
				if !reflect.DeepEqual(got, record) {
					t.Errorf("%s %s row %d:\ngot  %+v\nwant %+v\n%v", party, lang, row.N, got, record, ps)
				}
				n++
				return nil
			})
			if err != nil || n != len(forms) {
				t.Errorf("%s %s: %d rows, %v", party, lang, n, err)
			}
		}
	}
}

// sortLists puts rows of coded lists into one order: a roster has them in the order of its columns.
func sortLists(r *registry.Record) {
	slices.SortFunc(r.Formal, func(a, b registry.FormalItem) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	slices.SortFunc(r.Household.Benefits, func(a, b registry.Benefit) int { return strings.Compare(string(a.Programme), string(b.Programme)) })
	slices.SortFunc(r.Skills.Training, func(a, b registry.Training) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	slices.SortFunc(r.Consents, func(a, b registry.Consent) int { return strings.Compare(string(a.Scope), string(b.Scope)) })
}

// written is a form value as a person sees it in a sheet.
func written(t *testing.T, l *locale.Locale, field, value string) any {
	t.Helper()
	switch k := registry.KindOf(field); k.Type {
	case "list":
		return l.T("enum." + k.List + "." + value)
	case "id_type":
		return l.T("enum.id_type." + value)
	case "bool":
		return l.T("enum.tri." + value)
	case "date":
		d, err := time.Parse("2006-01-02", value)
		if err != nil {
			t.Fatal(err)
		}
		return d
	case "area":
		a, _ := place.AreaByCode(value)
		return a.NameAr
	case "craft":
		c, _ := registry.CraftByCode(value)
		return c.NameAR
	case "country":
		n, _ := place.NationByCode(value)
		return n.NameAr
	case "int":
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return value
}

func set(t *testing.T, x *excelize.File, col, row int, v any) {
	t.Helper()
	if err := x.SetCellValue("Sheet1", sheet.Letter(col)+strconv.Itoa(row), v); err != nil {
		t.Fatal(err)
	}
}

// Every field of the form but those of members, who have a sheet of their own, has a header in both languages, in a row of a list too.
func TestEveryFieldHasAHeader(t *testing.T) {
	n := 0
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			at := strings.TrimPrefix(path+"."+name, ".")
			switch {
			case at == "household.members":
			case f.Type.Kind() == reflect.Struct:
				walk(f.Type, at)
			case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
				key, coded := listKeys[at]
				if !coded {
					walk(f.Type.Elem(), at+"[0]")
					continue
				}
				list := registry.KindOf(at + "." + key).List
				for _, code := range registry.Codes(list) {
					walk(f.Type.Elem(), at+"["+code+"]")
				}
			default:
				if i := strings.IndexByte(at, '['); i > 0 && listKeys[at[:i]] == name {
					continue // the code itself
				}
				n++
				for _, lang := range []string{"ar", "en"} {
					if sheet.HeaderFor(sheet.Families, at, lang) == "" {
						t.Errorf("%s has no header in %s", at, lang)
					}
				}
			}
		}
	}
	walk(reflect.TypeFor[intake.Registration](), "")
	if n < 120 {
		t.Errorf("%d fields only", n)
	}
}
