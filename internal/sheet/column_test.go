package sheet_test

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"

	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/testkit"
)

// Records written with every column come back as the same records: export, then import, gives no change. In both languages, for both parties.
func TestRecordsComeBack(t *testing.T) {
	for _, party := range place.Countries() {
		for _, lang := range []string{"ar", "en"} {
			ctx := intake.Context{Party: party, Today: calendar.Of(testkit.Start)}
			var records []registry.Record
			for i := range 6 {
				form := testkit.Form(i, party)
				form.Household.Members = nil
				r, _ := form.Check(ctx)
				records = append(records, r)
			}
			fields := sheet.RecordFields(party)
			w := sheet.Workbook{Lang: lang, Say: locale.Default().For(lang).T, Title: "t", At: madeAt, Cover: []sheet.Line{}}
			s := sheet.Sheet{Name: "x", Count: len(records), Rows: func(yield func([]sheet.Value) error) error {
				for i := range records {
					row := make([]sheet.Value, len(fields))
					for c, f := range fields {
						row[c] = sheet.ValueOf(f, lang)(&records[i])
					}
					if err := yield(row); err != nil {
						return err
					}
				}
				return nil
			}}
			for _, f := range fields {
				c := sheet.ColumnFor(sheet.Families, f, lang, party)
				if c.Title == "" {
					t.Errorf("%s has no header", f)
				}
				s.Columns = append(s.Columns, c)
			}
			w.Sheets = []sheet.Sheet{s}
			book := opened(t, written2(t, w))
			rosters, err := book.FindRosters()
			if err != nil || len(rosters) != 1 {
				t.Fatalf("%d rosters, %v", len(rosters), err)
			}
			for _, c := range rosters[0].Columns {
				if want := strings.Replace(fields[c.Index], "phones[0]", "phones", 1); c.Field != fields[c.Index] && c.Field != want {
					t.Errorf("%s %s: %q is taken for %q, it is %q", party, lang, c.Header, c.Field, fields[c.Index])
				}
			}
			n := 0
			err = book.Rows(context.Background(), rosters[0], sheet.Reading{Party: party, Mapping: sheet.Suggest(rosters)}, func(row *sheet.Row) error {
				form, problems := row.Form()
				row.Merge(problems)
				if len(row.Problems) > 0 {
					t.Errorf("%s %s row %d: %v", party, lang, row.N, row.Problems)
				}
				got, _ := form.Check(ctx)
				sortLists(&got)
				want := records[n]
				sortLists(&want)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s %s row %d: %v", party, lang, row.N, registry.Diff(&want, &got))
				}
				n++
				return nil
			})
			if err != nil || n != len(records) {
				t.Errorf("%s %s: %d rows, %v", party, lang, n, err)
			}
		}
	}
}

// A blank template is found for what it is, by all its columns, and its example is passed over.
func TestTemplates(t *testing.T) {
	for _, kind := range sheet.Kinds() {
		for _, party := range place.Countries() {
			for _, lang := range []string{"ar", "en"} {
				var b bytes.Buffer
				if err := sheet.WriteTemplate(&b, kind, party, lang, nil, locale.Default().For(lang).T, madeAt); err != nil {
					t.Fatal(err)
				}
				book := opened(t, b.Bytes())
				rosters, err := book.FindRosters()
				if err != nil || len(rosters) != 1 || rosters[0].Kind != kind || rosters[0].HeaderTo != 1 {
					t.Fatalf("%s %s %s: %+v, %v", kind, party, lang, rosters, err)
				}
				fields := sheet.TemplateFields(kind, party)
				for _, c := range rosters[0].Columns {
					if want := strings.Replace(fields[c.Index], "phones[0]", "phones", 1); c.Field != fields[c.Index] && c.Field != want {
						t.Errorf("%s %s %s: %q is taken for %q, it is %q", kind, party, lang, c.Header, c.Field, fields[c.Index])
					}
				}
				err = book.Rows(context.Background(), rosters[0], sheet.Reading{Party: party, Mapping: sheet.Suggest(rosters)}, func(row *sheet.Row) error {
					if row.Skip != sheet.SkipExample {
						t.Errorf("row %d is read: %v", row.N, row.Values)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if kind == sheet.Families && party == place.Egypt && lang == "ar" {
					keep(t, b.Bytes())
				}
				example := map[string]string{}
				for s := book.Scan(rosters[0].Sheet); s.Next() && s.Row() < 3; {
					for _, c := range s.Cells() {
						example[fields[c.Col]] = c.Text
					}
				}
				for field, code := range map[string]string{"lead.id_type": map[place.Country]string{place.Egypt: "eg_nid", place.Qatar: "qid"}[party], "household.members.relation": "daughter", "household.members.sex": "f",
					"lead.sex": "f", "lead.marital_status": "married"} {
					list := strings.TrimPrefix(field, "lead.")
					if got, shown := example[field]; shown && sheet.CodeOf(strings.TrimPrefix(list, "household.members."), got) != code {
						t.Errorf("%s %s %s: the example says %s of %s", kind, party, lang, got, field)
					}
				}
			}
		}
	}
}
