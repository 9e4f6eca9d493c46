package service

import (
	"muntija/internal/auth"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// membersExport gives each household member a row, with the number of the family. It is for who sees whole households: among them are children.
var membersExport = &exportKind{name: "members", class: auth.ClassHousehold,
	defaults: []string{sheet.FieldNumber, "lead.name", "household.members.name", "household.members.relation", "household.members.sex", "household.members.birth_year", "household.members.works"},
	columns: func(x *exportRun) []exportColumn {
		number := x.numberColumn()
		number.Title = sheet.HeaderFor(sheet.Members, sheet.FieldNumber, x.spec.Lang)
		out := []exportColumn{number, x.nameColumn()}
		for _, f := range sheet.MemberFields() {
			show := sheet.MemberValueOf(f, x.spec.Lang)
			out = append(out, exportColumn{OutColumn: sheet.ColumnFor(sheet.Members, f, x.spec.Lang, partyOf(x.actor)), class: auth.ClassHousehold, least: auth.Revealable,
				value: func(it *exportItem) sheet.Value { return show(it.member) }})
		}
		return append(out, x.recordColumn("address.area"), x.recordColumn("address.district"))
	},
	items: func(_ *exportRun, f *store.SealedFamily) []exportItem {
		out := make([]exportItem, len(f.Record.Household.Members))
		for i := range out {
			out[i] = exportItem{family: f, member: &f.Record.Household.Members[i]}
		}
		return out
	},
}
