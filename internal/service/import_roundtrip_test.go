package service_test

import (
	"bytes"
	"slices"
	"testing"

	"muntija/internal/auth"
	"muntija/internal/identity"
	"muntija/internal/locale"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
	"muntija/internal/testkit"
)

// exported writes families as an export does: every column of the record, the members on a sheet of their own, in a language.
func exported(t *testing.T, families []*registry.Family, lang string) []byte {
	t.Helper()
	party := families[0].Party
	fields := append([]string{sheet.FieldNumber}, sheet.RecordFields(party)...)
	rows := sheet.Sheet{Name: "families", Count: len(families), Rows: func(yield func([]sheet.Value) error) error {
		for _, f := range families {
			row := []sheet.Value{sheet.TextValue(string(f.Status.Number))}
			for _, field := range fields[1:] {
				row = append(row, sheet.ValueOf(field, lang)(&f.Record))
			}
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	}}
	for _, f := range fields {
		rows.Columns = append(rows.Columns, sheet.ColumnFor(sheet.Families, f, lang, party))
	}
	members := sheet.Sheet{Name: "members", Rows: func(yield func([]sheet.Value) error) error {
		for _, f := range families {
			for i := range f.Record.Household.Members {
				row := []sheet.Value{sheet.TextValue(f.Record.Lead.IDNumber)}
				for _, field := range sheet.MemberFields() {
					row = append(row, sheet.MemberValueOf(field, lang)(&f.Record.Household.Members[i]))
				}
				if err := yield(row); err != nil {
					return err
				}
			}
		}
		return nil
	}}
	for _, f := range append([]string{"lead.id_number"}, sheet.MemberFields()...) {
		members.Columns = append(members.Columns, sheet.ColumnFor(sheet.Members, f, lang, party))
	}
	for _, f := range families {
		members.Count += len(f.Record.Household.Members)
	}
	var out bytes.Buffer
	err := sheet.Write(&out, sheet.Workbook{Lang: lang, Say: locale.Default().For(lang).T, Title: "export", At: testkit.Start, Cover: []sheet.Line{}, Sheets: []sheet.Sheet{rows, members}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What was exported comes back without a change, whatever state its families are in, in both languages, for both parties; and one changed cell is one
// change.
func TestExportComesBack(t *testing.T) {
	o := testkit.Service(t)
	for _, party := range place.Countries() {
		actor := testkit.Actor(auth.FieldWorker, party)
		var families []*registry.Family
		for i, state := range []registry.State{registry.Approved, registry.Submitted, registry.Draft, registry.Returned, registry.Suspended} {
			id := o.Family(t, 60+i, party, state)
			o.View(t, func(tx *store.Tx) error {
				f, err := tx.FamilyByID(store.Scope{Party: party}, id)
				families = append(families, f)
				return err
			})
		}
		same := func(m *sheet.SheetMap) {}
		for _, lang := range []string{locale.Arabic, locale.English} {
			v := staged(t, o, actor, exported(t, families, lang), same)
			wantCounts(t, v, "unchanged 5")
			v = confirmed(t, o, actor, v.ID)
			wantCounts(t, v, "unchanged 5")
		}
		wantCounts(t, staged(t, o, actor, exported(t, masked(families), locale.English), same), "unchanged 5")
		families[2].Record.Project.Name = "اسم جديد"
		born := families[0].Record.Household.Members[0].BirthYear
		families[0].Record.Household.Members[0].BirthYear = 1980
		v := staged(t, o, actor, exported(t, families, locale.Arabic), same)
		wantCounts(t, v, "changed 1 amended 1 unchanged 3")
		rows, err := o.Imports.Rows(background, actor, v.ID, "changed", 0, 10)
		if err != nil || len(rows.Rows) != 2 || len(rows.Rows[0].Changes) != 1 || len(rows.Rows[1].Changes) != 1 {
			t.Errorf("got %+v, %v, want one change in each of two rows", rows, err)
		}
		confirmed(t, o, actor, v.ID)
		families[0].Record.Household.Members[0].BirthYear = born // an amendment waits, and the file says what the record says
		wantCounts(t, staged(t, o, actor, exported(t, families, locale.Arabic), same), "unchanged 5")
	}
}

// masked are families as somebody exports them who may not see their numbers.
func masked(families []*registry.Family) []*registry.Family {
	var out []*registry.Family
	for _, f := range families {
		m := *f
		m.Record.Lead.IDNumber = identity.Mask(f.Record.Lead.IDNumber)
		m.Record.Lead.Phones = slices.Clone(f.Record.Lead.Phones)
		for i := range m.Record.Lead.Phones {
			m.Record.Lead.Phones[i].Number = identity.Mask(m.Record.Lead.Phones[i].Number)
		}
		m.Record.Formal = slices.Clone(f.Record.Formal)
		for i := range m.Record.Formal {
			m.Record.Formal[i].Number = identity.Mask(m.Record.Formal[i].Number)
		}
		m.Record.Household.Members = nil // their sheet names families by the identity number
		out = append(out, &m)
	}
	return out
}
