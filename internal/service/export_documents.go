package service

import (
	"slices"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// dueDays is how far ahead a paper that runs out is listed.
const dueDays = 90

// duePaper is a paper that has run out or soon will.
type duePaper struct {
	title string
	until calendar.Date
}

// documentsExport lists what has run out or will within 90 days: papers on file, licences and cards of the formal status, the identity card. A row for each, the
// earliest of a family first, with the phone to call.
var documentsExport = &exportKind{name: "documents", class: auth.ClassDocument,
	defaults: []string{sheet.FieldNumber, "lead.name", "lead.phones[0].number", "address.area", "address.district", "state", "paper", "paper_until", "paper_days"},
	columns: func(x *exportRun) []exportColumn {
		column := func(key string, kind sheet.OutKind, width float64, value func(it *exportItem) sheet.Value) exportColumn {
			return exportColumn{OutColumn: sheet.OutColumn{Key: key, Title: x.say("field.export." + key), Kind: kind, Width: width}, value: value}
		}
		out := []exportColumn{x.numberColumn(), x.nameColumn(), x.recordColumn("lead.phones[0].number"), x.recordColumn("address.area"), x.recordColumn("address.district"), x.recordColumn("project.craft")}
		out = append(out, x.statusColumns()[:2]...)
		return append(out,
			column("paper", sheet.OutText, 34, func(it *exportItem) sheet.Value { return sheet.TextValue(it.paper.title) }),
			column("paper_until", sheet.OutDate, 0, func(it *exportItem) sheet.Value { return sheet.DateValue(it.paper.until) }),
			column("paper_days", sheet.OutInt, 0, func(it *exportItem) sheet.Value { return sheet.IntValue(int64(it.paper.until - x.today)) }))
	},
	beside: func(_ *exportRun, b *openedBatch, tx *store.Tx, ids []int64) error {
		var err error
		b.papers, err = tx.DocumentsIn(ids)
		return err
	},
	items: func(x *exportRun, f *store.SealedFamily) []exportItem {
		var due []duePaper
		add := func(until calendar.Date, title string) {
			if !until.IsZero() && until <= x.today.AddDays(dueDays) {
				due = append(due, duePaper{title, until})
			}
		}
		for _, d := range x.papers[f.ID] {
			add(d.ValidUntil, x.say("enum.document_type."+string(d.Type)))
		}
		for _, i := range f.Record.Formal {
			if i.State == registry.FormalState("valid") && auth.View(x.actor.Role, auth.ClassFormal) >= auth.Revealable {
				add(i.ExpiresOn, sheet.Title("formal_kind", string(i.Kind), x.spec.Lang))
			}
		}
		if auth.View(x.actor.Role, auth.ClassIdentityType) >= auth.Revealable {
			add(f.Record.Lead.IDExpiry, sheet.Title("id_type", f.Record.Lead.IDType, x.spec.Lang))
		}
		slices.SortStableFunc(due, func(a, b duePaper) int { return int(a.until - b.until) })
		out := make([]exportItem, len(due))
		for i := range due {
			out[i] = exportItem{family: f, paper: &due[i]}
		}
		return out
	},
}
